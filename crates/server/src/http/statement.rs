//! The privacy statement, at hand without login: the same text that the app carries (V28, H17).

use std::sync::Arc;

use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::HeaderMap,
    response::Response,
};
use regie_protocol::{
    Language, Problem, ProblemCode, Text,
    statement::{self, Statement},
};

use super::{
    App,
    language::{Asked, wants},
    published::{MARKDOWN, Published, named},
};
use crate::error::Refusal;

const TITLE: Text = Text {
    nl: "Privacyverklaring",
    en: "Privacy statement",
};
/// The statement in force, as a page or as Markdown.
#[utoipa::path(
    get, path = "/statement", tag = "openness", params(Asked),
    responses((status = 200, content((String = "text/html"), (String = "text/markdown")))),
)]
pub(super) async fn newest(
    State(app): State<Arc<App>>,
    Asked(language): Asked,
    headers: HeaderMap,
) -> Response {
    answer(
        &app,
        statement::newest(),
        language,
        wants(&headers, MARKDOWN, "text/html"),
    )
}

/// The statement in force as Markdown.
#[utoipa::path(
    get, path = "/statement.md", tag = "openness", params(Asked),
    responses((status = 200, content_type = "text/markdown", body = String)),
)]
pub(super) async fn newest_as_markdown(State(app): State<Arc<App>>, Asked(language): Asked) -> Response {
    answer(&app, statement::newest(), language, true)
}

/// One published version; as Markdown when `.md` stands behind it.
#[utoipa::path(
    get, path = "/statement/{version}", tag = "openness",
    params(("version" = String, Path, description = "A version, such as `2` or `2.md`", example = "2"), Asked),
    responses(
        (status = 200, content((String = "text/html"), (String = "text/markdown"))),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn in_version(
    State(app): State<Arc<App>>,
    version: Result<Path<String>, PathRejection>,
    Asked(language): Asked,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let Path(name) = version?;
    let (number, as_markdown) = named(&name).ok_or(ProblemCode::NotFound)?;
    let found = statement::in_version(number).ok_or(ProblemCode::NotFound)?;
    let markdown = as_markdown || wants(&headers, MARKDOWN, "text/html");
    Ok(answer(&app, found, language, markdown))
}

fn answer(app: &App, found: &'static Statement, language: Language, markdown: bool) -> Response {
    let published = Published {
        path: "/statement",
        title: TITLE,
        versions: statement::ALL.iter().map(|one| (one.version, one.date)).collect(),
    };
    published.answer(app, found.version, found.markdown(language), language, markdown)
}
