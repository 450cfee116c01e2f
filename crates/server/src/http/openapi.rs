//! What the server can be asked, as OpenAPI: made of the routes themselves, so that it cannot say anything else.

use std::sync::{Arc, LazyLock};

use axum::{
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use regie_protocol::{Problem, ProblemCode};
use utoipa::{
    OpenApi,
    openapi::{ContentBuilder, OpenApi as Described, Ref, ResponseBuilder, path::Operation},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{App, account, health, page, problem, recipients, security, statement, terms};

#[derive(OpenApi)]
#[openapi(
    info(title = "Regie", description = "A server that keeps what devices hand it sealed, and cannot read it."),
    tags(
        (name = "openness", description = "What anybody may read, without login"),
        (name = "operation", description = "For whoever runs the server"),
        (name = "account", description = "For the app: joining, proving who one is, devices, changes, deletion"),
        (name = "sync", description = "For the app: what devices push and pull, sealed; messages are CBOR, described with docs/adr/0014"),
    ),
)]
struct Document;

static WRITTEN: LazyLock<String> = LazyLock::new(|| {
    let (_, mut document) = routes().merge(account::sync_routes()).split_for_parts();
    complete(&mut document);
    document.to_pretty_json().unwrap_or_default()
});

/// What holds for every route is said of every route: what the limits answer, and what cannot be read.
fn complete(document: &mut Described) {
    for item in document.paths.paths.values_mut() {
        for operation in [&mut item.get, &mut item.post].into_iter().flatten() {
            let mut codes = vec![ProblemCode::TimedOut, ProblemCode::TooManyRequests];
            let takes_body = operation.request_body.is_some();
            if takes_body || operation.parameters.is_some() {
                codes.push(ProblemCode::BadRequest);
            }
            if takes_body {
                codes.extend([ProblemCode::BodyTooLarge, ProblemCode::UnsupportedMedia]);
            }
            codes.into_iter().for_each(|code| may_refuse(operation, code));
        }
    }
}

fn may_refuse(operation: &mut Operation, code: ProblemCode) {
    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem")));
    let refusal = ResponseBuilder::new()
        .description(Problem::new(code, None).title)
        .content(Problem::MEDIA_TYPE, problem.build());
    let responses = &mut operation.responses.responses;
    responses
        .entry(code.status().to_string())
        .or_insert_with(|| refusal.build().into());
}

/// Every route that is for others, with what it says of itself; those of sync stand apart, for their bodies may be longer.
pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(health::health))
        .routes(routes!(health::ready))
        .routes(routes!(security::security_txt))
        .routes(routes!(statement::newest))
        .routes(routes!(statement::newest_as_markdown))
        .routes(routes!(statement::in_version))
        .routes(routes!(terms::newest))
        .routes(routes!(terms::newest_as_markdown))
        .routes(routes!(terms::in_version))
        .routes(routes!(recipients::register))
        .routes(routes!(problem::explain))
        .routes(routes!(page::style))
        .routes(routes!(document))
        .merge(account::routes())
}

/// This description.
#[utoipa::path(
    get, path = "/openapi.json", tag = "openness",
    responses((status = 200, content_type = "application/json", body = serde_json::Value)),
)]
async fn document() -> Response {
    ([(CONTENT_TYPE, "application/json")], WRITTEN.as_str()).into_response()
}
