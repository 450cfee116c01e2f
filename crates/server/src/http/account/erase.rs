//! Erasing an account: the ledger first, then every row, then a receipt that anybody can check.

use std::sync::Arc;

use axum::{Json, extract::State};
use regie_protocol::{
    Language, Problem, ProblemCode,
    account::{
        change::{EraseRequest, EraseResponse},
        path,
    },
    signed::{self, DeploymentId, Erased, Receipt, Signed, SigningKey, receipt},
    wire::Blob,
};

use super::{body::Body, look::deployed, proof::Proof, refused::internal, signed::outward};
use crate::{
    error::Refusal,
    http::{App, language::Asked},
    letter::{Kind, Letter},
    store::{AccountId, LedgerEntry, Moment, StoreError, What},
};

/// Erases the account of somebody who just proved who they are. Sent again it is answered as before, as long as the proof is good.
#[utoipa::path(
    post, path = path::ERASE, tag = "account", request_body = EraseRequest, params(Asked),
    responses(
        (status = 200, body = EraseResponse),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn erase(
    State(app): State<Arc<App>>,
    proof: Proof,
    Asked(language): Asked,
    Body(request): Body<EraseRequest>,
) -> Result<Json<EraseResponse>, Refusal> {
    let reference = request.reference.0;
    if reference.len() > receipt::LONGEST_REFERENCE {
        return Err(ProblemCode::Malformed.into());
    }
    let account = proof.account;
    if let Some(entry) = erased_before(&app, account).await? {
        return given(&app, &entry, reference);
    }
    proof.hold(&app).await?;
    let entry = erase_whole(&app, account, language).await?;
    given(&app, &entry, reference)
}

/// When the last backup has gone that could hold what is there now.
pub(super) fn backups_until(app: &App, now: Moment) -> Moment {
    app.config.backup.gone_after(now)
}

/// Erases an account to its last row, and puts the last mail to it in the line.
pub(super) async fn erase_whole(
    app: &Arc<App>,
    account: AccountId,
    language: Language,
) -> Result<LedgerEntry, Refusal> {
    // Without a deployment there is no receipt; better to know it before.
    deployed(app)?;
    let app = Arc::clone(app);
    // Once begun it goes on, also where whoever asked is gone, or the time for a request is over.
    let work = tokio::spawn(async move {
        let (store, now) = (&app.accounts.store, app.now());
        let until = backups_until(&app, now);
        let to = store.contact(account).await?.email.clone();
        let ledger = Arc::clone(&app.accounts.ledger);
        store.erase_account(account, ledger, now, until).await?;
        let letter = Letter {
            kind: Kind::AccountErased,
            language,
            to,
            code: None,
        };
        store
            .put_mail(AccountId::make_random()?, letter.to_bytes(), now)
            .await?;
        Ok::<_, StoreError>(LedgerEntry {
            account,
            what: What::Erased,
            at: now,
            backups_until: until,
        })
    });
    Ok(work.await.map_err(|_| internal("erasing"))??)
}

/// What the ledger says of an account that was erased, as long as it does; nothing for one that is there.
pub(super) async fn erased_before(app: &App, account: AccountId) -> Result<Option<LedgerEntry>, Refusal> {
    match app.accounts.store.account(account).await {
        Err(StoreError::NotFound) => {}
        found => {
            found?;
            return Ok(None);
        }
    }
    let ledger = Arc::clone(&app.accounts.ledger);
    let entries = tokio::task::spawn_blocking(move || ledger.entries())
        .await
        .map_err(|_| internal("ledger"))?
        .map_err(|_| internal("ledger"))?;
    let is_it = |entry: &LedgerEntry| entry.account == account && entry.what == What::Erased;
    Ok(entries.into_iter().rfind(is_it))
}

/// A receipt for what the ledger says.
pub(super) fn given(
    app: &App,
    entry: &LedgerEntry,
    reference: Vec<u8>,
) -> Result<Json<EraseResponse>, Refusal> {
    let DeploymentId(deployment) = deployed(app)?.deployment.id;
    let receipt = Receipt {
        deployment: DeploymentId(deployment),
        reference,
        account: Receipt::account_hash(signed::AccountId(entry.account.0)),
        what: Erased::Account,
        at: outward(entry.at),
        backups_until: outward(entry.backups_until),
    };
    let key = SigningKey::from_seed(app.accounts.keys.receipts.expose());
    Ok(Json(EraseResponse {
        receipt: Blob(Signed::sign(&receipt, &key)?.to_bytes()?),
    }))
}
