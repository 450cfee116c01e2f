//! Joining. The address is proven before anything tells whether it is taken: an employer holds invitations too.

use std::sync::Arc;

use axum::{Json, extract::State};
use opaque_ke::{RegistrationRequest, RegistrationUpload, ServerRegistration};
use regie_protocol::{
    Problem, ProblemCode,
    account::{
        device::{Epoch, Identity},
        join::{
            CodeKeys, Credential, InvitationRequest, InvitationResponse, JoinBeginRequest, JoinBeginResponse,
            JoinRequest, JoinResponse,
        },
        path,
    },
    opaque::Suite,
    signed::{Fields, Reader, Signed, SignedError, VerifyingKey},
    statement,
    wire::Blob,
};

use super::{
    address,
    body::{Body, From},
    device,
    limits::Limit,
    look::deployed,
    mailed::{MailedCode, is_same},
    refused::internal,
    seal::{Sealed, tried},
    signed::nonce,
};
use crate::{
    error::Refusal,
    http::App,
    letter::Kind,
    store::{self, AccountId, CodeHash, CredentialId, Moment, NewAccount, SecretHash, StoreError},
};

/// For how long a ticket is good, in seconds: the mail has to arrive.
const GOOD: i64 = 30 * 60;
/// What is sealed for the account's own devices is no longer than this.
const LONGEST_SEALED: usize = 4096;
const LONGEST_STATEMENT: usize = 64 * 1024;
const LONGEST_NAME: usize = 80;
const LONGEST_PHONE: usize = 32;

/// What holds a joining together until its code comes back.
struct Ticket {
    invitation: SecretHash,
    account: AccountId,
    credential: CredentialId,
    code: CodeHash,
    email: String,
}

impl Sealed for Ticket {
    const PURPOSE: &'static str = "join";

    fn fields(&self) -> Fields {
        Fields::default()
            .bytes(&self.invitation.0)
            .bytes(&self.account.0)
            .bytes(&self.credential.0)
            .bytes(&self.code.0)
            .text(&self.email)
    }

    fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        Ok(Self {
            invitation: SecretHash(fields.bytes()?),
            account: AccountId(fields.bytes()?),
            credential: CredentialId(fields.bytes()?),
            code: CodeHash(fields.bytes()?),
            email: fields.text()?,
        })
    }
}

/// Whether an invitation may be used now, and what the root signed of it.
#[utoipa::path(
    post, path = path::INVITATION, tag = "account", request_body = InvitationRequest,
    responses(
        (status = 200, body = InvitationResponse),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 410, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn invitation(
    State(app): State<Arc<App>>,
    Body(request): Body<InvitationRequest>,
) -> Result<Json<InvitationResponse>, Refusal> {
    let invitation = usable(&app, SecretHash(request.invitation.0), app.now()).await?;
    Ok(Json(InvitationResponse {
        invitation: Blob(invitation.to_bytes()?),
    }))
}

/// An invitation that may be used now. What the root did not sign is none, whatever stands in the table.
async fn usable(
    app: &App,
    secret: SecretHash,
    now: Moment,
) -> Result<Signed<regie_protocol::signed::Invitation>, Refusal> {
    let root = deployed(app)?.root;
    let invitation = app.accounts.store.usable_invitation(secret, now).await?;
    match invitation.open_at_any_time(&root) {
        Ok(_) => Ok(invitation),
        Err(_) => Err(ProblemCode::InvitationUnknown.into()),
    }
}

/// Begins joining: a mail goes to the address. Answer, time and statements are the same whether or not somebody has it.
#[utoipa::path(
    post, path = path::JOIN_BEGIN, tag = "account", request_body = JoinBeginRequest,
    responses(
        (status = 200, body = JoinBeginResponse),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn begin(
    State(app): State<Arc<App>>,
    From(network): From,
    Body(request): Body<JoinBeginRequest>,
) -> Result<Json<JoinBeginResponse>, Refusal> {
    let (now, keys, store) = (app.now(), &app.accounts.keys, &app.accounts.store);
    let email = address::mailable(&request.email)?.to_owned();
    let (invitation, account) = (SecretHash(request.invitation.0), AccountId(request.account.0));
    usable(&app, invitation, now).await?;
    let (credential, registration) = register(&app, &request.registration)?;
    let address = keys.index.address(&email);
    Limit::JoinByNetwork.count(&app, &network.0, now).await?;
    Limit::JoinByAddress.count(&app, &address.0, now).await?;
    let is_taken = match store.account_by_address(address).await {
        Ok(_) => true,
        Err(StoreError::NotFound) => false,
        Err(error) => return Err(error.into()),
    };
    // Where the address is taken, nobody is ever told this code.
    let code = MailedCode::make_random()?;
    let letter = code.letter(
        is_taken,
        [Kind::JoinCode, Kind::AddressTaken],
        email.clone(),
        request.language,
    )?;
    store
        .put_mail(AccountId::make_random()?, letter.to_bytes(), now)
        .await?;
    let ticket = Ticket {
        invitation,
        account,
        credential,
        code: code.hash(keys, account),
        email,
    };
    Ok(Json(JoinBeginResponse {
        registration,
        ticket: ticket.seal(keys, now.plus(GOOD))?,
    }))
}

/// Begins a registration with OPAQUE under a credential id that nobody used before: answers under one that is in use would be a way
/// to ask about guesses.
pub(super) fn register(app: &App, request: &Blob) -> Result<(CredentialId, Blob), Refusal> {
    let request =
        RegistrationRequest::<Suite>::deserialize(&request.0).map_err(|_| ProblemCode::Malformed)?;
    let credential = CredentialId::make_random()?;
    let started = ServerRegistration::<Suite>::start(&app.accounts.opaque, request, &credential.0)
        .map_err(|_| internal("OPAQUE"))?;
    Ok((credential, Blob(started.message.serialize().to_vec())))
}

/// Joins, all or nothing. Sent again as it was, it is answered as before.
#[utoipa::path(
    post, path = path::JOIN, tag = "account", request_body = JoinRequest,
    responses(
        (status = 200, body = JoinResponse),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 410, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn join(
    State(app): State<Arc<App>>,
    Body(request): Body<JoinRequest>,
) -> Result<Json<JoinResponse>, Refusal> {
    let (now, keys) = (app.now(), &app.accounts.keys);
    let root = deployed(&app)?.root;
    if !request.adult {
        return Err(ProblemCode::TooYoung.into());
    }
    if request.statement_version < statement::newest().version || request.terms_version < app.newest_terms() {
        return Err(ProblemCode::TermsOutdated.into());
    }
    let ticket = Ticket::open(keys, now, &request.ticket).ok_or(ProblemCode::MailCodeWrong)?;
    Limit::JoinByTicket
        .count(&app, &tried(&request.ticket.0).0, now)
        .await?;
    let code = MailedCode::parse(&request.mail_code).ok_or(ProblemCode::MailCodeWrong)?;
    if !is_same(code.hash(keys, ticket.account), ticket.code) {
        return Err(ProblemCode::MailCodeWrong.into());
    }
    let new = new_account(ticket, request)?;
    let device = new.device.device;
    let joined = app.accounts.store.create_account(new, now).await?;
    joined
        .invitation
        .open_at_any_time(&root)
        .map_err(|_| ProblemCode::InvitationEnded)?;
    Ok(Json(JoinResponse {
        invitation: Blob(joined.invitation.to_bytes()?),
        nonce: nonce(&app, device)?,
    }))
}

fn new_account(ticket: Ticket, request: JoinRequest) -> Result<NewAccount, Refusal> {
    let (name, phone) = (name(&request.name)?, phone(request.phone.as_deref())?);
    Ok(NewAccount {
        account: ticket.account,
        credential_id: ticket.credential,
        contact: store::Contact {
            email: ticket.email,
            name,
            phone,
        },
        credential: credential(&request.credential)?,
        code: code_keys(request.code)?,
        epoch: first(request.epoch, ticket.account)?,
        device: device::device(request.device)?,
        invitation: ticket.invitation,
        statement_version: request.statement_version.into(),
        terms_version: request.terms_version.into(),
        copy_consented: request.copy,
    })
}

fn first(given: Epoch, account: AccountId) -> Result<store::NewEpoch, Refusal> {
    let epoch = device::epoch(given, account)?;
    if epoch.number == 1 {
        Ok(epoch)
    } else {
        Err(ProblemCode::Malformed.into())
    }
}

/// What a person wants to be called.
pub(super) fn name(typed: &str) -> Result<String, Refusal> {
    text(typed, LONGEST_NAME)
}

/// A number, where a person gives one.
pub(super) fn phone(typed: Option<&str>) -> Result<Option<String>, Refusal> {
    typed.map(|phone| text(phone, LONGEST_PHONE)).transpose()
}

/// A line that a person typed about themselves.
fn text(typed: &str, longest: usize) -> Result<String, Refusal> {
    let text = typed.trim();
    if text.is_empty() || text.chars().count() > longest || text.chars().any(char::is_control) {
        return Err(ProblemCode::Malformed.into());
    }
    Ok(text.to_owned())
}

/// A passphrase's half of login.
pub(super) fn credential(given: &Credential) -> Result<store::NewCredential, Refusal> {
    let upload =
        RegistrationUpload::<Suite>::deserialize(&given.record.0).map_err(|_| ProblemCode::Malformed)?;
    Ok(store::NewCredential {
        record: ServerRegistration::finish(upload).serialize().to_vec(),
        passphrase_key: given.passphrase_key.0,
    })
}

/// A recovery code's half.
pub(super) fn code_keys(given: CodeKeys) -> Result<store::CodeKeys, Refusal> {
    Ok(store::CodeKeys {
        auth_key: verifying(given.auth_key.0)?,
        seal_key: given.seal_key.0,
        for_devices: sealed(given.for_devices)?,
    })
}

pub(super) fn identity(given: Identity) -> Result<store::Identity, Refusal> {
    Ok(store::Identity {
        sign_key: verifying(given.sign_key.0)?,
        seal_key: given.seal_key.0,
        statement: said(given.statement)?,
    })
}

/// A key that signatures can be checked by.
pub(super) fn verifying(bytes: [u8; 32]) -> Result<[u8; 32], Refusal> {
    match VerifyingKey::from_bytes(&bytes) {
        Ok(_) => Ok(bytes),
        Err(_) => Err(ProblemCode::Malformed.into()),
    }
}

/// Something small that the server cannot read.
pub(super) fn sealed(blob: Blob) -> Result<Vec<u8>, Refusal> {
    bounded(blob, LONGEST_SEALED)
}

/// A statement of the account's own device.
pub(super) fn said(blob: Blob) -> Result<Vec<u8>, Refusal> {
    bounded(blob, LONGEST_STATEMENT)
}

pub(super) fn bounded(blob: Blob, longest: usize) -> Result<Vec<u8>, Refusal> {
    if (1..=longest).contains(&blob.0.len()) {
        Ok(blob.0)
    } else {
        Err(ProblemCode::Malformed.into())
    }
}
