//! Login by recovery code: the code's own key signs what the server handed out.

use std::sync::{Arc, LazyLock};

use axum::{Json, extract::State};
use regie_protocol::{
    Problem, ProblemCode,
    account::{
        login::{
            CODE_CONTEXT, CodeLoginBeginRequest, CodeLoginBeginResponse, CodeLoginRequest, LoginResponse,
        },
        path,
    },
    signed::{Fields, Reader, Signature, SignedError, SigningKey, VerifyingKey},
};

use super::{
    body::{Body, From},
    factor,
    login::{Began, GOOD, begun, welcome},
    notice::Notice,
    proof::By,
    seal::{Sealed, tried},
};
use crate::{
    error::Refusal,
    http::{App, language::Asked},
    letter::Kind,
    store::StoreError,
};

/// A login by recovery code that was begun.
struct Ticket(Began);

impl Sealed for Ticket {
    const PURPOSE: &'static str = "code login";

    fn fields(&self) -> Fields {
        self.0.fields()
    }

    fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        Began::read(fields).map(Self)
    }
}

/// Begins a login by recovery code.
#[utoipa::path(
    post, path = path::CODE_LOGIN_BEGIN, tag = "account", request_body = CodeLoginBeginRequest,
    responses(
        (status = 200, body = CodeLoginBeginResponse),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn begin(
    State(app): State<Arc<App>>,
    From(network): From,
    Body(request): Body<CodeLoginBeginRequest>,
) -> Result<Json<CodeLoginBeginResponse>, Refusal> {
    let now = app.now();
    let (began, _) = begun(&app, &request.email, network, now).await?;
    let ticket = Ticket(began).seal(&app.accounts.keys, now.plus(GOOD))?;
    Ok(Json(CodeLoginBeginResponse { ticket }))
}

/// Ends a login by recovery code.
#[utoipa::path(
    post, path = path::CODE_LOGIN, tag = "account", request_body = CodeLoginRequest, params(Asked),
    responses(
        (status = 200, body = LoginResponse),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn login(
    State(app): State<Arc<App>>,
    Asked(language): Asked,
    Body(request): Body<CodeLoginRequest>,
) -> Result<Json<LoginResponse>, Refusal> {
    let (now, began) = (app.now(), knows_code(&app, &request).await?);
    let second = factor::Given {
        typed: request.factor.as_deref(),
        with: tried(&request.ticket.0),
    };
    let account = began.known().ok_or(ProblemCode::LoginFailed)?;
    let notice = Notice::ahead(&app, account, Kind::CodeUsed, language, now).await?;
    let outcome = welcome(&app, &began, By::Code, second).await;
    notice.of(&app, outcome).await.map(Json)
}

/// Whose recovery code this last message proves to be known.
pub(super) async fn knows_code(app: &App, request: &CodeLoginRequest) -> Result<Began, Refusal> {
    let Ticket(began) =
        Ticket::open(&app.accounts.keys, app.now(), &request.ticket).ok_or(ProblemCode::LoginFailed)?;
    // For an address that nobody has, a key is asked too: one that signed nothing.
    let key = match app.accounts.store.login_of(began.account()).await {
        Ok(login) => login.code.auth_key,
        Err(StoreError::NotFound) => *NOBODYS,
        Err(error) => return Err(error.into()),
    };
    VerifyingKey::from_bytes(&key)
        .and_then(|key| {
            key.verify(
                CODE_CONTEXT,
                &request.ticket.0,
                &Signature::from_bytes(request.signature.0),
            )
        })
        .map_err(|_| ProblemCode::LoginFailed)?;
    Ok(began)
}

/// A key for whom there is none, so that checking takes as long. A signature that fits it opens nothing either.
static NOBODYS: LazyLock<[u8; 32]> =
    LazyLock::new(|| *SigningKey::from_seed(&[1; 32]).verifying_key().as_bytes());
