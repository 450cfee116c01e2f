//! Bringing a new device to an account by one that is there: a mailbox for minutes, and the one request that adds the device.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use regie_protocol::{
    Problem, ProblemCode,
    account::{
        pairing::{
            EndRequest, Ending, EnterRequest, FinishRequest, LASTS, LONGEST_PARCEL, LONGEST_SAID,
            LookRequest, LookResponse, OpenRequest, OpenResponse, PARCEL, SayRequest, WAITS,
        },
        path,
    },
    wire::{Blob, Fixed},
};

use super::{
    body::{Body, From},
    device::device,
    join::{bounded, sealed},
    limits::Limit,
    notice::Notice,
    proof::Proven,
    refused::internal,
    signed::{Caller, MaybeSigned, Signed},
};
use crate::{
    error::Refusal,
    http::{App, language::Asked},
    letter::Kind,
    store::{Added, Moment, PairingEnd, Side, StoreError, TokenHash},
};

const TOKEN: &str = "regie/1/pairing token";
/// How numbers grow where many wait: from, how many there are, how often one is tried.
const NUMBERS: [(u32, u32, usize); 3] = [(1000, 9000, 6), (10_000, 90_000, 6), (100_000, 900_000, 6)];

/// Opens a mailbox for a new device.
#[utoipa::path(
    post, path = path::PAIR, tag = "account", request_body = OpenRequest,
    responses(
        (status = 200, body = OpenResponse),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn open(
    State(app): State<Arc<App>>,
    From(network): From,
    Body(request): Body<OpenRequest>,
) -> Result<Json<OpenResponse>, Refusal> {
    let now = app.now();
    Limit::PairByNetwork.count(&app, &network.0, now).await?;
    let token: [u8; 32] = random()?;
    for (from, many, tries) in NUMBERS {
        for _ in 0..tries {
            let number = from + u32::from_be_bytes(random()?) % many;
            let message = request.commitment.0.to_vec();
            let ends = now.plus(LASTS);
            let store = &app.accounts.store;
            match store.open_pairing(number, hash(&token), message, now, ends).await {
                Err(StoreError::Exists) => {}
                opened => {
                    opened?;
                    return Ok(Json(OpenResponse {
                        number,
                        token: Fixed(token),
                        seconds: LASTS,
                    }));
                }
            }
        }
    }
    Err(ProblemCode::NotReady.into())
}

/// A device of an account comes to a mailbox.
#[utoipa::path(
    post, path = path::PAIR_ENTER, tag = "account", request_body = EnterRequest,
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn enter(
    State(app): State<Arc<App>>,
    Signed(caller, request): Signed<EnterRequest>,
) -> Result<StatusCode, Refusal> {
    let (now, account) = (app.now(), caller.account);
    Limit::PairByAccount.count(&app, &account.0, now).await?;
    let entered = app
        .accounts
        .store
        .enter_pairing(request.number, account, caller.author(), now)
        .await;
    match entered {
        Err(StoreError::Exists) => Err(ProblemCode::PairingUsed.into()),
        entered => done(entered),
    }
}

/// What was said last.
#[utoipa::path(
    post, path = path::PAIR_LOOK, tag = "account", request_body = LookRequest,
    responses(
        (status = 200, body = LookResponse),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn look(
    State(app): State<Arc<App>>,
    MaybeSigned(caller, request): MaybeSigned<LookRequest>,
) -> Result<Json<LookResponse>, Refusal> {
    let (now, side) = (app.now(), side(caller, request.token)?);
    let found = app
        .accounts
        .store
        .look_at_pairing(request.number, side, now)
        .await;
    let said = found.map_err(missing)?;
    Ok(Json(LookResponse {
        step: said.step,
        message: Blob(said.message),
        ended: said.ended.map(outward),
        seconds: left(said.ends, now),
    }))
}

/// Says the next step.
#[utoipa::path(
    post, path = path::PAIR_SAY, tag = "account", request_body = SayRequest,
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn say(
    State(app): State<Arc<App>>,
    MaybeSigned(caller, request): MaybeSigned<SayRequest>,
) -> Result<StatusCode, Refusal> {
    let side = side(caller, request.token)?;
    // The last step comes with the device, and with nothing less.
    if !(2..PARCEL).contains(&request.step) {
        return Err(ProblemCode::Malformed.into());
    }
    let message = bounded(request.message, LONGEST_SAID)?;
    let store = &app.accounts.store;
    done(
        store
            .say_in_pairing(request.number, side, request.step, message, app.now())
            .await,
    )
}

/// Ends a mailbox; one that is not there has ended.
#[utoipa::path(
    post, path = path::PAIR_END, tag = "account", request_body = EndRequest,
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn end(
    State(app): State<Arc<App>>,
    MaybeSigned(caller, request): MaybeSigned<EndRequest>,
) -> Result<StatusCode, Refusal> {
    let (side, why) = (side(caller, request.token)?, inward(request.why));
    let store = &app.accounts.store;
    match store.end_pairing(request.number, side, why, app.now()).await {
        Err(StoreError::NotFound) => Ok(StatusCode::NO_CONTENT),
        ended => done(ended),
    }
}

/// Adds the new device and leaves it what it needs. Sent again it is answered as before.
#[utoipa::path(
    post, path = path::PAIR_FINISH, tag = "account", request_body = FinishRequest, params(Asked),
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn finish(
    State(app): State<Arc<App>>,
    proven: Proven,
    Asked(language): Asked,
    Signed(caller, request): Signed<FinishRequest>,
) -> Result<StatusCode, Refusal> {
    let (store, now, account) = (&app.accounts.store, app.now(), caller.account);
    if proven.account != account {
        return Err(ProblemCode::ProofNeeded.into());
    }
    let new = device(request.device)?;
    let (id, key) = (new.device, new.sign_key);
    let added = Added {
        device: new,
        epoch: request.epoch,
        wrap: sealed(request.wrap)?,
        step: PARCEL,
        message: bounded(request.message, LONGEST_PARCEL)?,
        waits: now.plus(WAITS),
    };
    let notice = Notice::ahead(&app, account, Kind::DeviceAdded, language, now).await?;
    let outcome = store
        .finish_pairing(request.number, account, caller.author(), added, now)
        .await;
    let is_there = match &outcome {
        Err(StoreError::Exists | StoreError::Stale | StoreError::NotFound) => {
            let there = store.device_keys(account, id).await;
            there.is_ok_and(|there| there.sign_key == key)
        }
        _ => false,
    };
    match notice.of(&app, outcome.map_err(missing)).await {
        Err(_) if is_there => {}
        told => told?,
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Who comes: a device that signed, or whoever has the token.
fn side(caller: Option<Caller>, token: Option<Fixed<32>>) -> Result<Side, Refusal> {
    match (caller, token) {
        (Some(caller), None) => Ok(Side::There(caller.account, caller.author())),
        (None, Some(token)) => Ok(Side::New(hash(&token.0))),
        (None, None) => Err(ProblemCode::NotSigned.into()),
        (Some(_), Some(_)) => Err(ProblemCode::Malformed.into()),
    }
}

/// Only this hash is stored: whoever has the database is not the new device.
fn hash(token: &[u8; 32]) -> TokenHash {
    TokenHash(blake3::derive_key(TOKEN, token))
}

fn random<const N: usize>() -> Result<[u8; N], Refusal> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| internal("randomness"))?;
    Ok(bytes)
}

/// Who signed was there a moment ago: what is not found is the mailbox.
fn missing(error: StoreError) -> Refusal {
    match error {
        StoreError::NotFound => ProblemCode::PairingUnknown.into(),
        error => error.into(),
    }
}

fn done(outcome: Result<(), StoreError>) -> Result<StatusCode, Refusal> {
    outcome.map_err(missing)?;
    Ok(StatusCode::NO_CONTENT)
}

const fn left(ends: Moment, now: Moment) -> i64 {
    ends.0.saturating_sub(now.0)
}

const fn outward(end: PairingEnd) -> Ending {
    match end {
        PairingEnd::Done => Ending::Done,
        PairingEnd::WrongCode => Ending::WrongCode,
        PairingEnd::Differ => Ending::Differ,
        PairingEnd::Stopped => Ending::Stopped,
        PairingEnd::Untaken => Ending::Untaken,
        PairingEnd::Damaged => Ending::Damaged,
    }
}

const fn inward(end: Ending) -> PairingEnd {
    match end {
        Ending::Done => PairingEnd::Done,
        Ending::WrongCode => PairingEnd::WrongCode,
        Ending::Differ => PairingEnd::Differ,
        Ending::Stopped => PairingEnd::Stopped,
        Ending::Untaken => PairingEnd::Untaken,
        Ending::Damaged => PairingEnd::Damaged,
    }
}
