//! Devices of an account, and the epochs of its key.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
};
use regie_protocol::{
    Problem, ProblemCode,
    account::{
        device::{
            Device, DeviceAddRequest, DeviceAddResponse, DeviceKeys, DevicesResponse, Epoch, EpochsResponse,
            RenameRequest, SignOutRequest, Which, Wrap,
        },
        path,
    },
    signed::{EpochHeader, Header},
    wire::{Blob, Fixed},
};
use serde::Deserialize;

use super::{
    body::Body,
    join::{identity, said, sealed, verifying},
    login::wrap,
    notice::Notice,
    proof::Proven,
    signed::{Asks, Caller, Signed, nonce},
    sync,
};
use crate::{
    error::Refusal,
    http::{App, language::Asked},
    letter::Kind,
    store::{self, AccountId, Author, DeviceId, StoreError, Way, Who},
};

/// All devices, with those that were signed out lately.
#[utoipa::path(
    get, path = path::DEVICES, tag = "account",
    responses(
        (status = 200, body = DevicesResponse),
        (status = 401, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Asks(caller): Asks,
) -> Result<Json<DevicesResponse>, Refusal> {
    let store = &app.accounts.store;
    let login = store.login_of(caller.account).await?;
    let devices = store.devices(caller.account).await?;
    Ok(Json(DevicesResponse {
        devices: devices.into_iter().map(listed).collect(),
        passphrase_key: Fixed(login.credential.passphrase_key),
        code_key: Fixed(login.code.seal_key),
    }))
}

/// Adds a device of somebody who just proved who they are. Sent again with the same key it is answered as before.
#[utoipa::path(
    post, path = path::DEVICES, tag = "account", request_body = DeviceAddRequest, params(Asked),
    responses(
        (status = 200, body = DeviceAddResponse),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn add(
    State(app): State<Arc<App>>,
    proven: Proven,
    Asked(language): Asked,
    Body(request): Body<DeviceAddRequest>,
) -> Result<Json<DeviceAddResponse>, Refusal> {
    let (store, now, account) = (&app.accounts.store, app.now(), proven.account);
    let new = device(request.device)?;
    let (id, key) = (new.device, new.sign_key);
    let wrap = sealed(request.wrap)?;
    let notice = Notice::ahead(&app, account, Kind::DeviceAdded, language, now).await?;
    let added = store
        .add_device(account, Author::Proven, new, request.epoch, wrap, now)
        .await;
    let is_the_same = match &added {
        Err(StoreError::Exists | StoreError::Stale) => {
            let there = store.device_keys(account, id).await;
            there.is_ok_and(|there| there.sign_key == key)
        }
        _ => false,
    };
    match notice.of(&app, added).await {
        Err(_) if is_the_same => {}
        told => told?,
    }
    Ok(Json(DeviceAddResponse {
        nonce: nonce(&app, id)?,
    }))
}

/// Signs devices out, with a new epoch where one was lost or stolen.
#[utoipa::path(
    post, path = path::SIGN_OUT, tag = "account", request_body = SignOutRequest, params(Asked),
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn sign_out(
    State(app): State<Arc<App>>,
    Asked(language): Asked,
    Signed(caller, request): Signed<SignOutRequest>,
) -> Result<StatusCode, Refusal> {
    let (now, account) = (app.now(), caller.account);
    let who = match request.which {
        Which::One(device) => Who::One(DeviceId(device.0)),
        Which::Others => Who::AllBut(caller.device),
        Which::All => Who::All,
    };
    let epoch = request.epoch.map(|one| epoch_by(&caller, one)).transpose()?;
    let notice = Notice::ahead(&app, account, Kind::DeviceSignedOut, language, now).await?;
    let outcome = app
        .accounts
        .store
        .sign_out(account, caller.author(), who, epoch, now)
        .await;
    notice.of(&app, outcome.map_err(not_there)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives a device another name, which the server cannot read.
#[utoipa::path(
    post, path = path::RENAME, tag = "account", request_body = RenameRequest,
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn rename(
    State(app): State<Arc<App>>,
    Signed(caller, request): Signed<RenameRequest>,
) -> Result<StatusCode, Refusal> {
    let (device, name) = (DeviceId(request.device.0), sealed(request.name)?);
    let store = &app.accounts.store;
    let outcome = store
        .rename_device(caller.account, caller.author(), device, name, app.now())
        .await;
    outcome.map_err(not_there)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who asks was there a moment ago: what is not found is whom they meant.
fn not_there(error: StoreError) -> Refusal {
    match error {
        StoreError::NotFound => ProblemCode::NotFound.into(),
        error => error.into(),
    }
}

/// After which epoch or line.
#[derive(Clone, Copy, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct After {
    /// What is known already; without it, nothing.
    #[serde(default)]
    pub(super) after: i64,
}

/// The epochs after one that the device knows, with its own wrap.
#[utoipa::path(
    get, path = path::EPOCHS, tag = "account", params(After),
    responses(
        (status = 200, body = EpochsResponse),
        (status = 401, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn epochs(
    State(app): State<Arc<App>>,
    after: Result<Query<After>, QueryRejection>,
    Asks(caller): Asks,
) -> Result<Json<EpochsResponse>, Refusal> {
    let Query(After { after }) = after?;
    let (epoch, wrap) = wrap(&app, caller.account, Way::Device(caller.device)).await?;
    let store = &app.accounts.store;
    let epochs = store.epochs(caller.account, after).await?;
    let epochs = epochs.into_iter().filter(|one| one.number <= epoch);
    let gone = !store.has_wraps(caller.account).await?;
    // It holds that key by now, as its asking for later ones tells: what was for it alone need not lie here.
    if gone && after >= epoch && !wrap.0.is_empty() {
        store.took_wrap(caller.account, caller.device, epoch).await?;
    }
    Ok(Json(EpochsResponse {
        epochs: epochs.map(|one| Blob(one.statement)).collect(),
        epoch,
        wrap,
        gone,
    }))
}

/// A device as the store takes it.
pub(super) fn device(given: DeviceKeys) -> Result<store::NewDevice, Refusal> {
    Ok(store::NewDevice {
        device: DeviceId(given.device.0),
        sign_key: verifying(given.sign_key.0)?,
        seal_key: given.seal_key.0,
        name_sealed: sealed(given.name)?,
        platform_sealed: sealed(given.platform)?,
    })
}

fn listed(found: store::Device) -> Device {
    Device {
        keys: DeviceKeys {
            device: Fixed(found.device.device.0),
            sign_key: Fixed(found.device.sign_key),
            seal_key: Fixed(found.device.seal_key),
            name: Blob(found.device.name_sealed),
            platform: Blob(found.device.platform_sealed),
        },
        added_day: found.added_day,
        used_day: found.used_day,
        signed_out_day: found.signed_out_day,
    }
}

/// An epoch that a device begins, as the store takes it.
pub(super) fn epoch_by(caller: &Caller, given: Epoch) -> Result<store::NewEpoch, Refusal> {
    let (epoch, headers) = read_epoch(given, caller.account)?;
    headers.iter().try_for_each(|header| sync::by(caller, header))?;
    Ok(epoch)
}

/// An epoch of an account as the store takes it. Whether its MAC holds only devices can tell.
pub(super) fn epoch(given: Epoch, account: AccountId) -> Result<store::NewEpoch, Refusal> {
    read_epoch(given, account).map(|(epoch, _)| epoch)
}

/// An epoch, and the headers that it brings.
fn read_epoch(given: Epoch, account: AccountId) -> Result<(store::NewEpoch, Vec<Header>), Refusal> {
    let bytes = said(given.statement)?;
    let header = EpochHeader::from_bytes(&bytes).map_err(|_| ProblemCode::Malformed)?;
    let header = Header::Epoch(header);
    sync::of_account(account, &header)?;
    if i64::try_from(header.epoch()) != Ok(given.number) {
        return Err(ProblemCode::Malformed.into());
    }
    let (mut headers, mut vouching) = (Vec::new(), None);
    if let Some(bytes) = given.set {
        let (behind, placed) = sync::vouching(account, &header, bytes.0)?;
        headers.push(behind);
        vouching = Some(placed);
    }
    let epoch = store::NewEpoch {
        number: given.number,
        statement: sync::placed(&header, bytes)?,
        vouching,
        wraps: wraps(given.wraps)?,
        identity: identity(given.identity)?,
    };
    headers.push(header);
    Ok((epoch, headers))
}

/// Wraps as the store takes them.
pub(super) fn wraps(given: Vec<Wrap>) -> Result<Vec<store::Wrap>, Refusal> {
    let one = |wrap: Wrap| -> Result<store::Wrap, Refusal> {
        Ok(store::Wrap {
            way: Way::parse(&wrap.way).ok_or(ProblemCode::Malformed)?,
            sealed: sealed(wrap.sealed)?,
        })
    };
    given.into_iter().map(one).collect()
}
