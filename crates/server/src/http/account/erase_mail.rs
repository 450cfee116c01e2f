//! Deleting an account whose passphrase and recovery code are lost: by a code that is mailed to the verified address, and after a notice in
//! which any device can object. Nothing becomes readable by it.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use regie_protocol::{
    Language, Problem, ProblemCode,
    account::{
        change::{EraseMailBeginRequest, EraseMailRequest, NoticeResponse},
        path,
    },
};

use super::{
    address,
    body::{Body, From},
    erase::erase_whole,
    lift::announce,
    limits::Limit,
    mailed::MailedCode,
};
use crate::{
    error::Refusal,
    http::{App, language::Asked},
    keys::AddressHash,
    letter::{Kind, Letter},
    store::{AccountId, CodePurpose, MailCode, Moment, StoreError, Taken},
};

/// For how long a mailed code is good, in seconds, and how often it may be typed wrong.
const GOOD: i64 = 30 * 60;
const TRIES: i64 = 5;

/// Sends a code to an address, where somebody has it.
#[utoipa::path(
    post, path = path::ERASE_MAIL_BEGIN, tag = "account", request_body = EraseMailBeginRequest, params(Asked),
    responses(
        (status = 204),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn begin(
    State(app): State<Arc<App>>,
    From(network): From,
    Asked(language): Asked,
    Body(request): Body<EraseMailBeginRequest>,
) -> Result<StatusCode, Refusal> {
    let now = app.now();
    let address = app
        .accounts
        .keys
        .index
        .address(address::mailable(&request.email)?);
    Limit::MailByNetwork.count(&app, &network.0, now).await?;
    Limit::MailByAddress.count(&app, &address.0, now).await?;
    // After the answer: its time tells nobody whether there is somebody.
    tokio::spawn(async move {
        if let Err(refusal) = send_code(&app, address, language, now).await {
            tracing::error!(code = refusal.code.id(), "a code could not be sent");
        }
    });
    Ok(StatusCode::NO_CONTENT)
}

async fn send_code(app: &App, address: AddressHash, language: Language, now: Moment) -> Result<(), Refusal> {
    let (store, Some(account)) = (&app.accounts.store, somebody(app, address).await?) else {
        return Ok(());
    };
    let code = MailedCode::make_random()?;
    let kept = MailCode {
        purpose: CodePurpose::Recover,
        hash: code.hash(&app.accounts.keys, account),
        expires: now.plus(GOOD),
        tries: TRIES,
        language,
    };
    store.put_mail_code(account, kept).await?;
    let letter = Letter {
        kind: Kind::DeletionCode,
        language,
        to: store.contact(account).await?.email.clone(),
        code: Some(code.written()?.to_string()),
    };
    store.put_mail(account, letter.to_bytes(), now).await?;
    Ok(())
}

/// Begins the notice of deletion, by the mailed code.
#[utoipa::path(
    post, path = path::ERASE_MAIL, tag = "account", request_body = EraseMailRequest, params(Asked),
    responses(
        (status = 200, body = NoticeResponse),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn confirm(
    State(app): State<Arc<App>>,
    From(network): From,
    Asked(language): Asked,
    Body(request): Body<EraseMailRequest>,
) -> Result<Json<NoticeResponse>, Refusal> {
    let (now, keys) = (app.now(), &app.accounts.keys);
    let code = MailedCode::parse(&request.mail_code).ok_or(ProblemCode::MailCodeWrong)?;
    let address = keys.index.address(address::mailable(&request.email)?);
    Limit::MailByNetwork.count(&app, &network.0, now).await?;
    // Where nobody has the address, as much is asked.
    let account = match somebody(&app, address).await? {
        Some(account) => account,
        None => AccountId::make_random()?,
    };
    let taken = app
        .accounts
        .store
        .take_mail_code(account, CodePurpose::Recover, code.hash(keys, account), now)
        .await?;
    if taken != Taken::Right {
        return Err(ProblemCode::MailCodeWrong.into());
    }
    let due = announce(&app, account, CodePurpose::Delete, language, now).await?;
    Ok(Json(NoticeResponse { due: Some(due.0) }))
}

async fn somebody(app: &App, address: AddressHash) -> Result<Option<AccountId>, Refusal> {
    match app.accounts.store.account_by_address(address).await {
        Ok(account) => Ok(Some(account)),
        Err(StoreError::NotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Erases an account whose notice has passed.
pub(crate) async fn delete_due(
    app: &Arc<App>,
    account: AccountId,
    language: Language,
) -> Result<(), Refusal> {
    erase_whole(app, account, language).await.map(|_| ())
}
