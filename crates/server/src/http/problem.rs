//! Every refusal leaves as problem details (RFC 9457), whoever refused: a handler, a limit, the router, or a panic.

use std::any::Any;

use axum::{
    body::Body,
    extract::{Path, rejection::PathRejection},
    http::{
        HeaderValue,
        header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER},
    },
    response::{IntoResponse, Response},
};
use maud::html;
use regie_protocol::{Problem, ProblemCode};

use super::{language::Asked, observe::RequestId, page::Page};
use crate::error::Refusal;

/// Puts a problem in place of whatever a refusal says.
pub(super) fn tell(id: RequestId, response: Response) -> Response {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let (mut parts, _) = response.into_parts();
    let refusal = parts
        .extensions
        .get::<Refusal>()
        .copied()
        .unwrap_or_else(|| ProblemCode::of_status(status.as_u16()).into());
    let problem = Problem {
        room: refusal.room,
        ..Problem::new(refusal.code, Some(format!("urn:uuid:{id}")))
    };
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    parts.headers.remove(CONTENT_LENGTH);
    let media = HeaderValue::from_static(Problem::MEDIA_TYPE);
    parts.headers.insert(CONTENT_TYPE, media);
    if let Some(wait) = refusal.retry_after {
        // Whole seconds, and never one too early.
        let seconds = wait.as_secs() + 1;
        parts.headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    parts.status = refusal.status();
    Response::from_parts(parts, Body::from(body))
}

/// What a panic says stays inside.
pub(super) fn after_panic(_: Box<dyn Any + Send>) -> Response {
    Refusal::from(ProblemCode::Internal).into_response()
}

/// What a code means: where the `type` of a problem leads.
#[utoipa::path(
    get, path = "/problems/{code}", tag = "openness",
    params(("code" = String, Path, description = "A code of a problem"), Asked),
    responses(
        (status = 200, content_type = "text/html", body = String),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn explain(
    Asked(language): Asked,
    code: Result<Path<String>, PathRejection>,
) -> Result<Response, Refusal> {
    let Path(id) = code?;
    let code = ProblemCode::find(&id).ok_or(ProblemCode::NotFound)?;
    let page = Page {
        language,
        path: &format!("/problems/{id}"),
        title: code.id(),
    };
    Ok(page.answer(&html! {
        h1 { (code.status()) " " (code.id()) }
        p { (code.text().in_language(language)) }
    }))
}
