//! How a person is reached. Whoever takes the address over gets every mail, so another one asks for a fresh login, a code from its own
//! mailbox and a device of the account; the address before is told.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use regie_protocol::{
    Problem, ProblemCode,
    account::{
        contact::{AddressBeginRequest, AddressBeginResponse, AddressRequest, ContactRequest},
        path,
    },
    signed::{Fields, Reader, SignedError},
};
use zeroize::Zeroizing;

use super::{
    address,
    body::Body,
    join::{name, phone},
    limits::Limit,
    mailed::{MailedCode, is_same},
    notice::Notice,
    proof::Proof,
    seal::{Sealed, tried},
    signed::Signed,
};
use crate::{
    error::Refusal,
    http::{App, language::Asked},
    letter::Kind,
    store::{AccountId, CodeHash, StoreError},
};

/// For how long a ticket is good, in seconds: the mail has to arrive.
const GOOD: i64 = 30 * 60;

/// Another address that was begun.
struct Ticket {
    proof: Proof,
    code: CodeHash,
    email: Zeroizing<String>,
}

impl Sealed for Ticket {
    const PURPOSE: &'static str = "address";

    fn fields(&self) -> Fields {
        self.proof.fields().bytes(&self.code.0).text(&self.email)
    }

    fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        Ok(Self {
            proof: Proof::read(fields)?,
            code: CodeHash(fields.bytes()?),
            email: Zeroizing::new(fields.text()?),
        })
    }
}

/// Name and number.
#[utoipa::path(
    post, path = path::CONTACT, tag = "account", request_body = ContactRequest,
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn set(
    State(app): State<Arc<App>>,
    Signed(caller, request): Signed<ContactRequest>,
) -> Result<StatusCode, Refusal> {
    let (name, phone) = (name(&request.name)?, phone(request.phone.as_deref())?);
    let store = &app.accounts.store;
    store
        .set_contact(caller.account, caller.author(), name, phone, app.now())
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Begins another address: a mail goes to it. Answer, time and statements are the same whether or not somebody has it.
#[utoipa::path(
    post, path = path::ADDRESS_BEGIN, tag = "account", request_body = AddressBeginRequest, params(Asked),
    responses(
        (status = 200, body = AddressBeginResponse),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn begin(
    State(app): State<Arc<App>>,
    proof: Proof,
    Asked(language): Asked,
    Body(request): Body<AddressBeginRequest>,
) -> Result<Json<AddressBeginResponse>, Refusal> {
    let (now, keys, store) = (app.now(), &app.accounts.keys, &app.accounts.store);
    let account = proof.hold(&app).await?.account;
    let email = Zeroizing::new(address::mailable(&request.email)?.to_owned());
    let address = keys.index.address(&email);
    Limit::AddressByAccount.count(&app, &account.0, now).await?;
    Limit::AddressByAddress.count(&app, &address.0, now).await?;
    // The same one written otherwise is the account's own.
    let is_taken = match store.account_by_address(address).await {
        Ok(owner) => owner != account,
        Err(StoreError::NotFound) => false,
        Err(error) => return Err(error.into()),
    };
    // Where the address is taken, nobody is ever told this code.
    let code = MailedCode::make_random()?;
    let letter = code.letter(
        is_taken,
        [Kind::AddressCode, Kind::AddressNotFree],
        email.to_string(),
        language,
    )?;
    store
        .put_mail(AccountId::make_random()?, letter.to_bytes(), now)
        .await?;
    let ticket = Ticket {
        proof,
        code: code.hash(keys, account),
        email,
    };
    Ok(Json(AddressBeginResponse {
        ticket: ticket.seal(keys, now.plus(GOOD))?,
    }))
}

/// The new address, by the code from its mail. The one before is told.
#[utoipa::path(
    post, path = path::ADDRESS, tag = "account", request_body = AddressRequest, params(Asked),
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn confirm(
    State(app): State<Arc<App>>,
    Asked(language): Asked,
    Signed(caller, request): Signed<AddressRequest>,
) -> Result<StatusCode, Refusal> {
    let (now, keys, account) = (app.now(), &app.accounts.keys, caller.account);
    let ticket = Ticket::open(keys, now, &request.ticket)
        .filter(|ticket| ticket.proof.account == account)
        .ok_or(ProblemCode::MailCodeWrong)?;
    ticket.proof.hold(&app).await?;
    Limit::AddressByTicket
        .count(&app, &tried(&request.ticket.0).0, now)
        .await?;
    let code = MailedCode::parse(&request.mail_code).ok_or(ProblemCode::MailCodeWrong)?;
    if !is_same(code.hash(keys, account), ticket.code) {
        return Err(ProblemCode::MailCodeWrong.into());
    }
    let store = &app.accounts.store;
    // Its answer was lost: there is nothing more to tell.
    if store.contact(account).await?.email == *ticket.email {
        return Ok(StatusCode::NO_CONTENT);
    }
    let notice = Notice::ahead(&app, account, Kind::AddressChanged, language, now).await?;
    let outcome = store
        .set_address(account, caller.author(), ticket.email, now)
        .await;
    // Somebody else joined with it meanwhile. They had its code too, so that nobody learns of a stranger here.
    let outcome = outcome.map_err(|error| match error {
        StoreError::AddressTaken => ProblemCode::Stale.into(),
        error => Refusal::from(error),
    });
    notice.of(&app, outcome).await?;
    Ok(StatusCode::NO_CONTENT)
}
