//! The terms of use, at hand without login: the same text that the app carries (L1).

use std::sync::Arc;

use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::HeaderMap,
    response::Response,
};
use regie_protocol::{Language, Problem, ProblemCode, Text, terms::Terms};

use super::{
    App,
    language::{Asked, wants},
    published::{MARKDOWN, Published, named},
};
use crate::error::Refusal;

const TITLE: Text = Text {
    nl: "Gebruiksvoorwaarden",
    en: "Terms of use",
};
/// The terms in force, as a page or as Markdown.
#[utoipa::path(
    get, path = "/terms", tag = "openness", params(Asked),
    responses((status = 200, content((String = "text/html"), (String = "text/markdown")))),
)]
pub(super) async fn newest(
    State(app): State<Arc<App>>,
    Asked(language): Asked,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let markdown = wants(&headers, MARKDOWN, "text/html");
    in_force(&app, language, markdown)
}

/// The terms in force as Markdown.
#[utoipa::path(
    get, path = "/terms.md", tag = "openness", params(Asked),
    responses((status = 200, content_type = "text/markdown", body = String)),
)]
pub(super) async fn newest_as_markdown(
    State(app): State<Arc<App>>,
    Asked(language): Asked,
) -> Result<Response, Refusal> {
    in_force(&app, language, true)
}

/// One published version; as Markdown when `.md` stands behind it.
#[utoipa::path(
    get, path = "/terms/{version}", tag = "openness",
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
    let found = app.terms().iter().find(|one| one.version == number);
    let found = found.ok_or(ProblemCode::NotFound)?;
    let markdown = as_markdown || wants(&headers, MARKDOWN, "text/html");
    Ok(answer(&app, found, language, markdown))
}

fn in_force(app: &App, language: Language, markdown: bool) -> Result<Response, Refusal> {
    let newest = app.terms().last().ok_or(ProblemCode::NotFound)?;
    Ok(answer(app, newest, language, markdown))
}

fn answer(app: &App, found: &'static Terms, language: Language, markdown: bool) -> Response {
    let published = Published {
        path: "/terms",
        title: TITLE,
        versions: app.terms().iter().map(|one| (one.version, one.date)).collect(),
    };
    published.answer(app, found.version, found.markdown(language), language, markdown)
}
