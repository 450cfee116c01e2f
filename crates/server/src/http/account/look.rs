//! What is looked at: the deployment, a nonce, the account itself, its log.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
};
use regie_protocol::{
    Problem, ProblemCode,
    account::{
        AccountResponse, DeploymentResponse, LogLine, LogResponse, NEWEST, NonceResponse, OLDEST, Seat, path,
    },
    statement,
    wire::{Blob, Fixed},
};
use serde::Deserialize;

use super::{
    device::After,
    signed::{Asks, nonce},
};
use crate::{
    accounts::Deployed,
    error::Refusal,
    http::App,
    store::{AccountId, CodePurpose, DeviceId, LogEntry, SeatState, StoreError},
};

/// Lines of the log on one page.
const PAGE: i64 = 100;

/// The deployment; without one nobody can join, or know whose server this is.
pub(super) fn deployed(app: &App) -> Result<&Deployed, Refusal> {
    let deployed = app.accounts.deployed.as_ref();
    deployed.ok_or_else(|| ProblemCode::NotReady.into())
}

/// Whose server it is, and what it speaks.
#[utoipa::path(
    get, path = path::DEPLOYMENT, tag = "account",
    responses(
        (status = 200, body = DeploymentResponse),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn deployment(State(app): State<Arc<App>>) -> Result<Json<DeploymentResponse>, Refusal> {
    let deployed = deployed(&app)?;
    let revocations = match app.accounts.store.revocations().await {
        Ok(list) => Some(Blob(list.statement)),
        Err(StoreError::NotFound) => None,
        Err(error) => return Err(error.into()),
    };
    Ok(Json(DeploymentResponse {
        oldest: OLDEST,
        newest: NEWEST,
        deployment: Blob(deployed.signed.to_bytes()?),
        root: Fixed(*deployed.root.as_bytes()),
        revocations,
        terms_version: app.newest_terms(),
        statement_version: statement::newest().version,
    }))
}

/// For which device.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ForDevice {
    #[param(value_type = String)]
    device: Fixed<16>,
}

/// A nonce for a device: anybody may have one, and it says nothing.
#[utoipa::path(
    get, path = path::NONCE, tag = "account", params(ForDevice),
    responses(
        (status = 200, body = NonceResponse),
        (status = 400, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn nonce_for(
    State(app): State<Arc<App>>,
    device: Result<Query<ForDevice>, QueryRejection>,
) -> Result<Json<NonceResponse>, Refusal> {
    let Query(ForDevice { device }) = device?;
    let nonce = nonce(&app, DeviceId(device.0))?;
    Ok(Json(NonceResponse { nonce }))
}

/// The account as its own device sees it.
#[utoipa::path(
    get, path = path::ACCOUNT, tag = "account",
    responses(
        (status = 200, body = AccountResponse),
        (status = 401, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn account(
    State(app): State<Arc<App>>,
    Asks(caller): Asks,
) -> Result<Json<AccountResponse>, Refusal> {
    let (store, id) = (&app.accounts.store, caller.account);
    let account = store.account(id).await?;
    let contact = store.contact(id).await?;
    let seat = match store.seat_state(id, app.now()).await? {
        SeatState::Lasts => Seat::Taken,
        SeatState::Ended(_) => Seat::Ended,
    };
    let factor = store.factor(id).await?;
    Ok(Json(AccountResponse {
        created_day: account.created_day,
        email: contact.email.clone(),
        name: contact.name.clone(),
        phone: contact.phone.clone(),
        generation: account.credential_generation,
        epoch: store.epoch(id).await?,
        statement_version: account.statement_version,
        terms_version: account.terms_version,
        terms_at: account.terms_at.0,
        newest_terms: app.newest_terms(),
        copy_since_day: account.copy_consented_day,
        has_factor: factor.is_some(),
        factor_codes_left: factor.map_or(0, |factor| factor.codes_left),
        lifts_factor_at: announced(&app, id, CodePurpose::LiftFactor).await?,
        deletes_at: announced(&app, id, CodePurpose::Delete).await?,
        seat,
    }))
}

/// When what was announced is due.
async fn announced(app: &App, account: AccountId, purpose: CodePurpose) -> Result<Option<i64>, Refusal> {
    match app.accounts.store.announced(account, purpose).await {
        Ok(due) => Ok(Some(due.0)),
        Err(StoreError::NotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The account's own log.
#[utoipa::path(
    get, path = path::LOG, tag = "account", params(After),
    responses(
        (status = 200, body = LogResponse),
        (status = 401, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn log(
    State(app): State<Arc<App>>,
    after: Result<Query<After>, QueryRejection>,
    Asks(caller): Asks,
) -> Result<Json<LogResponse>, Refusal> {
    let Query(After { after }) = after?;
    let entries = app.accounts.store.log(caller.account, after, PAGE).await?;
    Ok(Json(LogResponse {
        entries: entries.into_iter().map(line).collect(),
    }))
}

fn line(entry: LogEntry) -> LogLine {
    LogLine {
        number: entry.number,
        at: entry.at.0,
        what: entry.action,
        who: Blob(entry.actor),
        hash: Fixed(entry.hash),
    }
}
