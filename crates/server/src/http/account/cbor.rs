//! Signed requests whose body is CBOR, and answers of the same kind.

use std::sync::Arc;

use axum::{
    extract::{FromRequest, Request},
    http::{HeaderMap, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use regie_protocol::{
    ProblemCode,
    signed::SignedError,
    sync::{MEDIA_TYPE, Wire},
};

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, schema::Type},
};

use super::signed::{Caller, check};
use crate::{error::Refusal, http::App};

/// What a device that signed its request says.
pub(super) struct Said<T>(pub(super) Caller, pub(super) T);

/// What it is answered.
pub(super) struct Told<T>(pub(super) T);

/// A message as the description of the server has it: bytes, of which only devices know what is in them.
pub(super) struct Message;

impl PartialSchema for Message {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)))
            .into()
    }
}

impl ToSchema for Message {}

impl<T: Wire> FromRequest<Arc<App>> for Said<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Refusal> {
        let is_cbor = is_cbor(request.headers());
        let (caller, body) = check(request, app).await?;
        if !is_cbor {
            return Err(ProblemCode::UnsupportedMedia.into());
        }
        let said = T::from_bytes(&body).map_err(unread)?;
        Ok(Self(caller, said))
    }
}

impl<T: Wire> IntoResponse for Told<T> {
    fn into_response(self) -> Response {
        match self.0.into_bytes() {
            Ok(bytes) => ([(CONTENT_TYPE, MEDIA_TYPE)], bytes).into_response(),
            Err(error) => Refusal::from(error).into_response(),
        }
    }
}

/// Why something of a request cannot be read. Before the first version there was none, so another one is a later one.
pub(super) fn unread(error: SignedError) -> Refusal {
    match error {
        SignedError::Version => ProblemCode::ServerTooOld,
        _ => ProblemCode::Malformed,
    }
    .into()
}

fn is_cbor(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next());
    kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case(MEDIA_TYPE))
}
