//! Changes of an account: passphrase, recovery code, the copy on the server. Each is one transaction.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use regie_protocol::{
    Problem, ProblemCode,
    account::{
        change::{
            CodeChangeRequest, CopyRequest, PassphraseBeginRequest, PassphraseBeginResponse,
            PassphraseRequest, PassphraseResponse, TermsRequest,
        },
        path,
    },
    signed::{Fields, Reader, SignedError},
};

use super::{
    body::Body,
    device::{epoch, epoch_by, wraps},
    erase::backups_until,
    join::{code_keys, credential, register, sealed},
    notice::Notice,
    proof::Proven,
    seal::Sealed,
    signed::Signed,
};
use crate::{
    error::Refusal,
    http::{App, language::Asked},
    letter::Kind,
    store::{AccountId, Author, CredentialId, Replacement},
};

/// For how long a new passphrase may take, in seconds.
const GOOD: i64 = 30 * 60;

/// A new passphrase that was begun.
struct Ticket {
    account: AccountId,
    credential: CredentialId,
}

impl Sealed for Ticket {
    const PURPOSE: &'static str = "passphrase";

    fn fields(&self) -> Fields {
        Fields::default().bytes(&self.account.0).bytes(&self.credential.0)
    }

    fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        Ok(Self {
            account: AccountId(fields.bytes()?),
            credential: CredentialId(fields.bytes()?),
        })
    }
}

/// Begins a new passphrase.
#[utoipa::path(
    post, path = path::PASSPHRASE_BEGIN, tag = "account", request_body = PassphraseBeginRequest,
    responses(
        (status = 200, body = PassphraseBeginResponse),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn passphrase_begin(
    State(app): State<Arc<App>>,
    proven: Proven,
    Body(request): Body<PassphraseBeginRequest>,
) -> Result<Json<PassphraseBeginResponse>, Refusal> {
    let (credential, registration) = register(&app, &request.registration)?;
    let ticket = Ticket {
        account: proven.account,
        credential,
    };
    Ok(Json(PassphraseBeginResponse {
        registration,
        ticket: ticket.seal(&app.accounts.keys, app.now().plus(GOOD))?,
    }))
}

/// A new passphrase, with everything that changes with it.
#[utoipa::path(
    post, path = path::PASSPHRASE, tag = "account", request_body = PassphraseRequest, params(Asked),
    responses(
        (status = 200, body = PassphraseResponse),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn passphrase(
    State(app): State<Arc<App>>,
    proven: Proven,
    Asked(language): Asked,
    Body(request): Body<PassphraseRequest>,
) -> Result<Json<PassphraseResponse>, Refusal> {
    let (now, account) = (app.now(), proven.account);
    let ticket = Ticket::open(&app.accounts.keys, now, &request.ticket)
        .filter(|ticket| ticket.account == account)
        .ok_or(ProblemCode::ProofNeeded)?;
    if request.after_generation != proven.generation {
        return Err(ProblemCode::Stale.into());
    }
    let replacement = Replacement {
        after_generation: request.after_generation,
        credential_id: ticket.credential,
        credential: credential(&request.credential)?,
        code: request.code.map(code_keys).transpose()?,
        epoch: request.epoch.map(|one| epoch(one, account)).transpose()?,
        wraps: wraps(request.wraps)?,
    };
    let notice = Notice::ahead(&app, account, Kind::PassphraseChanged, language, now).await?;
    let outcome = app
        .accounts
        .store
        .replace_credential(account, Author::Proven, replacement, now)
        .await;
    let generation = notice.of(&app, outcome).await?;
    Ok(Json(PassphraseResponse { generation }))
}

/// A new recovery code.
#[utoipa::path(
    post, path = path::CODE, tag = "account", request_body = CodeChangeRequest, params(Asked),
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn code(
    State(app): State<Arc<App>>,
    proven: Proven,
    Asked(language): Asked,
    Body(request): Body<CodeChangeRequest>,
) -> Result<StatusCode, Refusal> {
    let (now, account) = (app.now(), proven.account);
    let (code, wrap) = (code_keys(request.code)?, sealed(request.wrap)?);
    let notice = Notice::ahead(&app, account, Kind::CodeChanged, language, now).await?;
    let outcome = app
        .accounts
        .store
        .replace_code(account, Author::Proven, code, request.epoch, wrap, now)
        .await;
    notice.of(&app, outcome).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The person agrees to the terms in force. The version that they joined with holds until then.
#[utoipa::path(
    post, path = path::TERMS, tag = "account", request_body = TermsRequest,
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn terms(
    State(app): State<Arc<App>>,
    Signed(caller, request): Signed<TermsRequest>,
) -> Result<StatusCode, Refusal> {
    let newest = app.newest_terms();
    if request.version < newest {
        return Err(ProblemCode::TermsOutdated.into());
    }
    // Nobody agrees to what is not published here.
    if request.version > newest {
        return Err(ProblemCode::Malformed.into());
    }
    let store = &app.accounts.store;
    store
        .accept_terms(caller.account, caller.author(), newest.into(), app.now())
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether an encrypted copy is wanted here. Where not, what is there goes.
#[utoipa::path(
    post, path = path::COPY, tag = "account", request_body = CopyRequest, params(Asked),
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn copy(
    State(app): State<Arc<App>>,
    Asked(language): Asked,
    Signed(caller, request): Signed<CopyRequest>,
) -> Result<StatusCode, Refusal> {
    let (store, now, account) = (&app.accounts.store, app.now(), caller.account);
    let (ledger, until) = (Arc::clone(&app.accounts.ledger), backups_until(&app, now));
    if request.wanted {
        let epoch = request.epoch.map(|one| epoch_by(&caller, one)).transpose()?;
        store
            .want_copy(account, caller.author(), epoch, ledger, now, until)
            .await?;
    } else {
        let notice = Notice::ahead(&app, account, Kind::CopyWithdrawn, language, now).await?;
        let outcome = store
            .withdraw_copy(account, caller.author(), ledger, now, until)
            .await;
        notice.of(&app, outcome).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
