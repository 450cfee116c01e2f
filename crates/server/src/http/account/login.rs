//! Login by passphrase: OPAQUE (docs/adr/0011). Up to the last answer nothing tells an address that has an account from one that
//! nobody has; and each login that was begun counts as a failure until its last message arrives and holds.

use std::sync::Arc;

use axum::{Json, extract::State};
use opaque_ke::{
    CredentialFinalization, CredentialRequest, ServerLogin, ServerLoginParameters, ServerRegistration,
};
use rand_core_06::OsRng;
use regie_protocol::{
    Problem, ProblemCode,
    account::{
        login::{LoginBeginRequest, LoginBeginResponse, LoginRequest, LoginResponse},
        path,
    },
    opaque::Suite,
    signed::{Fields, Reader, SignedError},
    wire::{Blob, Fixed},
};

use super::{
    body::{Body, From},
    factor,
    limits::{self, too_many},
    proof::{self, By},
    refused::internal,
    seal::{Sealed, tried},
};
use crate::{
    error::Refusal,
    http::App,
    keys::{AddressHash, NetworkHash},
    store::{AccountId, AttemptId, Begun, Login, Moment, StoreError, Subject, Way},
};

/// For how long a login may take, in seconds.
pub(super) const GOOD: i64 = 5 * 60;

/// Who began a login. Of fixed length, whoever it was.
pub(super) struct Began {
    is_known: bool,
    /// That of an account; made of the address where nobody has it.
    account: AccountId,
    address: AddressHash,
    attempt: AttemptId,
    generation: i64,
}

impl Began {
    /// The account that is asked for; one that is nobody's where nobody has the address.
    pub(super) const fn account(&self) -> AccountId {
        self.account
    }

    /// The account, where somebody has the address.
    pub(super) fn known(&self) -> Option<AccountId> {
        self.is_known.then_some(self.account)
    }

    fn subject(&self) -> Subject {
        if self.is_known {
            Subject::Account(self.account)
        } else {
            Subject::Unknown(self.address)
        }
    }

    pub(super) fn fields(&self) -> Fields {
        Fields::default()
            .bytes(&[u8::from(self.is_known)])
            .bytes(&self.account.0)
            .bytes(&self.address.0)
            .bytes(&self.attempt.0)
            .bytes(&self.generation.to_be_bytes())
    }

    pub(super) fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        Ok(Self {
            is_known: fields.bytes::<1>()? == [1],
            account: AccountId(fields.bytes()?),
            address: AddressHash(fields.bytes()?),
            attempt: AttemptId(fields.bytes()?),
            generation: i64::from_be_bytes(fields.bytes()?),
        })
    }
}

/// A login by passphrase that was begun.
struct Ticket {
    began: Began,
    state: Vec<u8>,
}

impl Sealed for Ticket {
    const PURPOSE: &'static str = "login";

    fn fields(&self) -> Fields {
        self.began.fields().bytes(&self.state)
    }

    fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        Ok(Self {
            began: Began::read(fields)?,
            state: fields.any_bytes()?,
        })
    }
}

/// Looks for who has an address and counts a login as begun: the same statements in the same order, whether or not somebody has it.
pub(super) async fn begun(
    app: &App,
    email: &str,
    network: NetworkHash,
    now: Moment,
) -> Result<(Began, Option<Login>), Refusal> {
    let address = app.accounts.keys.index.address(email);
    let login = app.accounts.store.find_login(address).await?;
    let mut began = Began {
        is_known: login.is_some(),
        account: login.as_ref().map_or(nobody(&address), |login| login.account),
        address,
        attempt: AttemptId([0; 16]),
        generation: login.as_ref().map_or(0, |login| login.generation),
    };
    let store = &app.accounts.store;
    match store
        .begin_login(began.subject(), network, limits::LOGIN, now)
        .await?
    {
        Begun::Counted(attempt) => began.attempt = attempt,
        Begun::TooMany(until) => return Err(too_many(until, now)),
    }
    Ok((began, login))
}

/// An id that no account has.
fn nobody(address: &AddressHash) -> AccountId {
    let mut id = [0; 16];
    id.iter_mut().zip(address.0).for_each(|(id, byte)| *id = byte);
    AccountId(id)
}

/// Begins a login by passphrase.
#[utoipa::path(
    post, path = path::LOGIN_BEGIN, tag = "account", request_body = LoginBeginRequest,
    responses(
        (status = 200, body = LoginBeginResponse),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn begin(
    State(app): State<Arc<App>>,
    From(network): From,
    Body(request): Body<LoginBeginRequest>,
) -> Result<Json<LoginBeginResponse>, Refusal> {
    let (now, keys) = (app.now(), &app.accounts.keys);
    let message =
        CredentialRequest::<Suite>::deserialize(&request.request.0).map_err(|_| ProblemCode::Malformed)?;
    let (began, login) = begun(&app, &request.email, network, now).await?;
    let made_up = keys.index.pseudo_credential(&began.address);
    let credential = login.as_ref().map_or(made_up, |login| login.credential_id.0);
    let record = login.map(|login| ServerRegistration::<Suite>::deserialize(&login.credential.record));
    let record = record.transpose().map_err(|_| StoreError::Damaged)?;
    let started = ServerLogin::start(
        &mut OsRng,
        &app.accounts.opaque,
        record,
        message,
        &credential,
        ServerLoginParameters::default(),
    )
    .map_err(|_| internal("OPAQUE"))?;
    let ticket = Ticket {
        began,
        state: started.state.serialize().to_vec(),
    };
    Ok(Json(LoginBeginResponse {
        response: Blob(started.message.serialize().to_vec()),
        ticket: ticket.seal(keys, now.plus(GOOD))?,
    }))
}

/// Ends a login by passphrase.
#[utoipa::path(
    post, path = path::LOGIN, tag = "account", request_body = LoginRequest,
    responses(
        (status = 200, body = LoginResponse),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn login(
    State(app): State<Arc<App>>,
    Body(request): Body<LoginRequest>,
) -> Result<Json<LoginResponse>, Refusal> {
    let began = knows_passphrase(&app, &request)?;
    let second = factor::Given {
        typed: request.factor.as_deref(),
        with: tried(&request.ticket.0),
    };
    welcome(&app, &began, By::Passphrase, second).await.map(Json)
}

/// Whose passphrase this last message proves to be known.
pub(super) fn knows_passphrase(app: &App, request: &LoginRequest) -> Result<Began, Refusal> {
    let ticket =
        Ticket::open(&app.accounts.keys, app.now(), &request.ticket).ok_or(ProblemCode::LoginFailed)?;
    let state = ServerLogin::<Suite>::deserialize(&ticket.state).map_err(|_| internal("OPAQUE"))?;
    CredentialFinalization::deserialize(&request.finalization.0)
        .and_then(|message| state.finish(message, ServerLoginParameters::default()))
        .map_err(|_| ProblemCode::LoginFailed)?;
    Ok(ticket.began)
}

/// What is kept of whom a login is for, when the passphrase is still the one with which it was begun.
pub(super) async fn current(app: &App, began: &Began) -> Result<Login, Refusal> {
    match app.accounts.store.login_of(began.account).await {
        Ok(login) if began.is_known && login.generation == began.generation => Ok(login),
        Ok(_) | Err(StoreError::NotFound) => Err(ProblemCode::LoginFailed.into()),
        Err(error) => Err(error.into()),
    }
}

/// A login came to its end: it counts as a failure no more, and its last message is taken once.
pub(super) async fn settle(app: &App, began: &Began) -> Result<(), Refusal> {
    match app
        .accounts
        .store
        .settle_login(began.subject(), began.attempt)
        .await
    {
        Err(StoreError::NotFound) => Err(ProblemCode::LoginFailed.into()),
        settled => Ok(settled?),
    }
}

/// What somebody is answered who proved to be who they say, once the second factor holds too.
pub(super) async fn welcome(
    app: &App,
    began: &Began,
    by: By,
    second: factor::Given<'_>,
) -> Result<LoginResponse, Refusal> {
    let (store, now, account) = (&app.accounts.store, app.now(), began.account);
    let login = current(app, began).await?;
    let with_factor = factor::check(app, account, second, now).await?;
    settle(app, began).await?;
    let (way, action) = match by {
        By::Passphrase => (Way::Passphrase, "login.passphrase"),
        By::Code => (Way::Code, "login.code"),
    };
    store.append_log(account, action, b"login".to_vec(), now).await?;
    let (epoch, wrap) = wrap(app, account, way).await?;
    let epochs = store.epochs(account, 0).await?;
    let epochs = epochs.into_iter().filter(|one| one.number <= epoch);
    Ok(LoginResponse {
        account: Fixed(account.0),
        generation: login.generation,
        epoch,
        wrap,
        epochs: epochs.map(|one| Blob(one.statement)).collect(),
        for_devices: Blob(login.code.for_devices),
        passphrase_key: Fixed(login.credential.passphrase_key),
        code_key: Fixed(login.code.seal_key),
        proof: proof::give(app, account, login.generation, by, with_factor, now)?,
    })
}

/// The epoch that is with its wrap for one way; an empty one where the wraps went with the copy.
pub(super) async fn wrap(app: &App, account: AccountId, way: Way) -> Result<(i64, Blob), Refusal> {
    match app.accounts.store.wrap(account, way).await {
        Ok((epoch, sealed)) => Ok((epoch, Blob(sealed))),
        Err(StoreError::NotFound) => Ok((app.accounts.store.epoch(account).await?, Blob::default())),
        Err(error) => Err(error.into()),
    }
}
