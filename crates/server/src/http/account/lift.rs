//! A second factor that is lost: two of passphrase, recovery code and a device lift it at once, passphrase or code alone after a notice
//! in which any device can object (docs/adr/0013). Nobody at the operator can.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use regie_protocol::{
    Language, Problem, ProblemCode,
    account::{
        change::{Announced, FactorLiftRequest, NoticeResponse, ObjectRequest},
        path,
    },
};

use super::{
    code::knows_code,
    limits::Limit,
    login::{current, knows_passphrase, settle},
    notice::Notice,
    refused::internal,
    signed::{Caller, MaybeSigned, Signed},
};
use crate::{
    error::Refusal,
    http::{App, language::Asked},
    letter::Kind,
    store::{AccountId, Author, CodeHash, CodePurpose, MailCode, Moment},
};

/// How long a notice is, in seconds.
const NOTICE: i64 = 14 * 24 * 60 * 60;

/// Lifts the second factor without it, or begins the notice of that.
#[utoipa::path(
    post, path = path::FACTOR_LIFT, tag = "account", request_body = FactorLiftRequest, params(Asked),
    responses(
        (status = 200, body = NoticeResponse),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn lift(
    State(app): State<Arc<App>>,
    Asked(language): Asked,
    MaybeSigned(caller, request): MaybeSigned<FactorLiftRequest>,
) -> Result<Json<NoticeResponse>, Refusal> {
    let (store, now) = (&app.accounts.store, app.now());
    let (account, known) = shown(&app, caller, &request, now).await?;
    if store.factor(account).await?.is_none() {
        return Ok(Json(NoticeResponse { due: None }));
    }
    if known < 2 {
        let due = announce(&app, account, CodePurpose::LiftFactor, language, now).await?;
        return Ok(Json(NoticeResponse { due: Some(due.0) }));
    }
    let author = caller.map_or(Author::Proven, |caller| caller.author());
    let notice = Notice::ahead(&app, account, Kind::FactorLifted, language, now).await?;
    let outcome = store.set_factor(account, author, None, now).await;
    notice.of(&app, outcome).await?;
    Ok(Json(NoticeResponse { due: None }))
}

/// Whose passphrase, code and device a request shows, and how many of the three. All are of one account, or it is refused.
async fn shown(
    app: &App,
    caller: Option<Caller>,
    request: &FactorLiftRequest,
    now: Moment,
) -> Result<(AccountId, usize), Refusal> {
    let mut logins = Vec::new();
    if let Some(passphrase) = &request.passphrase {
        logins.push(knows_passphrase(app, passphrase)?);
    }
    if let Some(code) = &request.code {
        logins.push(knows_code(app, code).await?);
    }
    let account = logins.first().ok_or(ProblemCode::Malformed)?.account();
    let is_one = logins.iter().all(|login| login.known() == Some(account))
        && caller.is_none_or(|caller| caller.account == account);
    if !is_one {
        return Err(ProblemCode::LoginFailed.into());
    }
    for login in &logins {
        current(app, login).await?;
    }
    Limit::LiftByAccount.count(app, &account.0, now).await?;
    for login in &logins {
        settle(app, login).await?;
    }
    Ok((account, logins.len() + usize::from(caller.is_some())))
}

/// Announces something to the address and, by the account itself, to all devices.
pub(super) async fn announce(
    app: &App,
    account: AccountId,
    purpose: CodePurpose,
    language: Language,
    now: Moment,
) -> Result<Moment, Refusal> {
    let kind = match purpose {
        CodePurpose::LiftFactor => Kind::LiftBegun,
        _ => Kind::DeletionBegun,
    };
    // Nobody is ever told what has this hash.
    let mut hash = [0; 32];
    getrandom::fill(&mut hash).map_err(|_| internal("randomness"))?;
    let code = MailCode {
        purpose,
        hash: CodeHash(hash),
        expires: now.plus(NOTICE),
        tries: 1,
        language,
    };
    let notice = Notice::ahead(app, account, kind, language, now).await?;
    let outcome = app.accounts.store.announce(account, code, now).await;
    notice.of(app, outcome).await
}

/// A device objects to what was announced.
#[utoipa::path(
    post, path = path::OBJECT, tag = "account", request_body = ObjectRequest, params(Asked),
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn object(
    State(app): State<Arc<App>>,
    Asked(language): Asked,
    Signed(caller, request): Signed<ObjectRequest>,
) -> Result<StatusCode, Refusal> {
    let (now, account) = (app.now(), caller.account);
    let (purpose, kind) = match request.to {
        Announced::FactorLift => (CodePurpose::LiftFactor, Kind::LiftStopped),
        Announced::Deletion => (CodePurpose::Delete, Kind::DeletionStopped),
    };
    let notice = Notice::ahead(&app, account, kind, language, now).await?;
    let store = &app.accounts.store;
    let outcome = store.object(account, caller.author(), purpose, now).await;
    notice.of(&app, outcome).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lifts a second factor whose notice has passed.
pub(crate) async fn lift_due(app: &App, account: AccountId, language: Language) -> Result<(), Refusal> {
    let now = app.now();
    let notice = Notice::ahead(app, account, Kind::FactorLifted, language, now).await?;
    let outcome = match app.accounts.store.lift_due_factor(account, now).await {
        Ok(true) => Ok(()),
        // Somebody objected meanwhile.
        Ok(false) => Err(Refusal::from(ProblemCode::Stale)),
        Err(error) => Err(error.into()),
    };
    notice.of(app, outcome).await
}
