//! What the server can be asked, as OpenAPI: made of the routes themselves, so that it cannot say anything else.

use std::sync::{Arc, LazyLock};

use axum::{
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{App, account, health, page, problem, recipients, security, statement, terms};

#[derive(OpenApi)]
#[openapi(
    info(title = "Regie", description = "A server that keeps what devices hand it sealed, and cannot read it."),
    tags(
        (name = "openness", description = "What anybody may read, without login"),
        (name = "operation", description = "For whoever runs the server"),
        (name = "account", description = "For the app: joining, proving who one is, devices, changes, deletion"),
    ),
)]
struct Document;

static WRITTEN: LazyLock<String> = LazyLock::new(|| {
    let (_, document) = routes().split_for_parts();
    document.to_pretty_json().unwrap_or_default()
});

/// Every route that is for others, with what it says of itself.
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
