//! Requests that a device signs (docs/adr/0012), and the nonces for them.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, HeaderValue},
};
use data_encoding::BASE64URL_NOPAD;
use regie_protocol::{
    ProblemCode,
    account::header,
    signed::{self, BodyHash, Moment as SignedMoment, Nonce, Signature, VerifyingKey},
    wire::Blob,
};
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::{
    error::Refusal,
    http::App,
    keys::Keys,
    store::{AccountId, Author, DeviceId, Moment, StoreError},
};

/// What nonces are made by.
pub(in crate::http) struct NonceKey(Zeroizing<[u8; 32]>);

impl NonceKey {
    pub(in crate::http) fn of(keys: &Keys) -> Self {
        Self(keys.nonces.derive("regie/1/nonces"))
    }

    fn mac(&self, device: DeviceId, at: SignedMoment) -> Result<[u8; 32], Refusal> {
        let input = Nonce::input(signed::DeviceId(device.0), at)?;
        Ok(*blake3::keyed_hash(&self.0, &input).as_bytes())
    }
}

/// A device that signed its request.
#[derive(Clone, Copy)]
pub(super) struct Caller {
    pub(super) account: AccountId,
    pub(super) device: DeviceId,
    pub(super) number: i64,
    /// By what its signatures are checked.
    pub(super) key: VerifyingKey,
}

impl Caller {
    /// As the store notes who changes something: with the number of the request.
    pub(super) const fn author(&self) -> Author {
        Author::Device {
            device: self.device,
            number: self.number,
        }
    }
}

/// A signed request with a body.
pub(super) struct Signed<T>(pub(super) Caller, pub(super) T);

/// A signed request without one.
pub(super) struct Asks(pub(super) Caller);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Signed<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Refusal> {
        let headers = request.headers().clone();
        let (caller, body) = check(request, app).await?;
        // By the same rules as a body that nobody signed.
        let mut whole = Request::new(body.into());
        *whole.headers_mut() = headers;
        let axum::Json(value) = axum::Json::<T>::from_request(whole, app).await?;
        Ok(Self(caller, value))
    }
}

impl FromRequest<Arc<App>> for Asks {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Refusal> {
        check(request, app).await.map(|(caller, _)| Self(caller))
    }
}

/// A request with a body that a device may sign and need not.
pub(super) struct MaybeSigned<T>(pub(super) Option<Caller>, pub(super) T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for MaybeSigned<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Refusal> {
        if request.headers().contains_key(header::SIGNATURE) {
            let Signed(caller, value) = Signed::from_request(request, app).await?;
            return Ok(Self(Some(caller), value));
        }
        let axum::Json(value) = axum::Json::<T>::from_request(request, app).await?;
        Ok(Self(None, value))
    }
}

/// What a request says of who signed it.
struct Claim {
    account: AccountId,
    device: DeviceId,
    number: i64,
    nonce: Nonce,
    signature: Signature,
}

impl Claim {
    fn read(headers: &HeaderMap) -> Option<Self> {
        let text = |name| headers.get(name)?.to_str().ok();
        let number = text(header::NUMBER)?;
        let read = number.parse::<i64>().ok()?;
        Some(Self {
            account: AccountId(bytes(headers, header::ACCOUNT)?),
            device: DeviceId(bytes(headers, header::DEVICE)?),
            // One number has one form: what is signed is the number, not its digits.
            number: (read > 0 && read.to_string() == number).then_some(read)?,
            nonce: Nonce::from_bytes(&decoded(headers, header::NONCE)?).ok()?,
            signature: Signature::from_bytes(bytes(headers, header::SIGNATURE)?),
        })
    }
}

pub(super) fn decoded(headers: &HeaderMap, name: &str) -> Option<Vec<u8>> {
    BASE64URL_NOPAD.decode(headers.get(name)?.as_bytes()).ok()
}

fn bytes<const N: usize>(headers: &HeaderMap, name: &str) -> Option<[u8; N]> {
    decoded(headers, name)?.try_into().ok()
}

/// Who signed a request, and its body. The nonce is asked before anything that costs the database something.
pub(super) async fn check(request: Request, app: &Arc<App>) -> Result<(Caller, Bytes), Refusal> {
    let claim = Claim::read(request.headers()).ok_or(ProblemCode::NotSigned)?;
    let now = app.now();
    let expected = app.nonces.mac(claim.device, claim.nonce.at)?;
    if !claim.nonce.has_mac(&expected) || !claim.nonce.is_fresh(outward(now)) {
        return Err(ProblemCode::NonceStale.into());
    }
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let body = Bytes::from_request(request, app).await?;
    let store = &app.accounts.store;
    let device = match store.device_keys(claim.account, claim.device).await {
        Err(StoreError::NotFound) => return Err(ProblemCode::SignedOut.into()),
        found => found?,
    };
    let said = signed::Request {
        method: method.as_str(),
        target: uri.path_and_query().map_or("/", |target| target.as_str()),
        body: BodyHash::of(&body),
        account: signed::AccountId(claim.account.0),
        device: signed::DeviceId(claim.device.0),
        number: claim.number.unsigned_abs(),
        nonce: claim.nonce,
    };
    let key = VerifyingKey::from_bytes(&device.sign_key)
        .and_then(|key| said.verify(&key, &claim.signature).map(|()| key))
        .map_err(|_| ProblemCode::NotSigned)?;
    if device.used_day < now.day() {
        // In a box: once a day.
        Box::pin(store.note_use(claim.account, claim.device, now)).await?;
    }
    let caller = Caller {
        account: claim.account,
        device: claim.device,
        number: claim.number,
        key,
    };
    Ok((caller, body))
}

/// A nonce for a device. Anybody may have one: it says when it was made, and nothing else.
pub(super) fn nonce(app: &App, device: DeviceId) -> Result<Blob, Refusal> {
    let at = outward(app.now());
    let mac = app.nonces.mac(device, at)?;
    Ok(Blob(Nonce { at, mac }.to_bytes()))
}

/// A moment of the store as statements carry it.
pub(super) fn outward(moment: Moment) -> SignedMoment {
    SignedMoment(u64::try_from(moment.0).unwrap_or_default())
}

/// The device that a request says it was signed by.
pub(in crate::http) fn signing_device(headers: &HeaderMap) -> Option<DeviceId> {
    let is_signed = headers.contains_key(header::SIGNATURE);
    is_signed
        .then(|| bytes(headers, header::DEVICE).map(DeviceId))
        .flatten()
}

/// Puts a fresh nonce into every answer to a signed request, also where it was refused.
pub(in crate::http) fn bring_nonce(app: &App, device: Option<DeviceId>, answer: &mut HeaderMap) {
    let fresh = device.and_then(|device| nonce(app, device).ok());
    if let Some(nonce) = fresh
        && let Ok(value) = HeaderValue::from_str(&BASE64URL_NOPAD.encode(&nonce.0))
    {
        answer.insert(header::NONCE, value);
    }
}
