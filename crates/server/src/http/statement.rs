//! The privacy statement, at hand without login: the same text that the app carries (V28, H17).

use std::sync::Arc;

use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::HeaderMap,
    response::Response,
};
use maud::{PreEscaped, html};
use pulldown_cmark::{Event, Parser};
use regie_protocol::{
    Language, Problem, ProblemCode, Text,
    statement::{self, Statement},
};

use super::{
    App, contacts,
    language::{Asked, wants},
    page::{Page, written},
};
use crate::error::Refusal;

const MARKDOWN: &str = "text/markdown";
const TITLE: Text = Text {
    nl: "Privacyverklaring",
    en: "Privacy statement",
};
const VERSIONS: Text = Text {
    nl: "Alle versies",
    en: "All versions",
};
const VERSION: Text = Text {
    nl: "Versie",
    en: "Version",
};
const AS_MARKDOWN: Text = Text {
    nl: "Deze versie als Markdown",
    en: "This version as Markdown",
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
    let number = name.strip_suffix(".md").unwrap_or(&name);
    // Each version has one address: no sign and no leading zero before its number.
    let read = number
        .parse()
        .ok()
        .filter(|read: &u32| read.to_string() == number);
    let found = read
        .and_then(statement::in_version)
        .ok_or(ProblemCode::NotFound)?;
    let markdown = number != name || wants(&headers, MARKDOWN, "text/html");
    Ok(answer(&app, found, language, markdown))
}

fn answer(app: &App, statement: &Statement, language: Language, markdown: bool) -> Response {
    if markdown {
        let text = statement.markdown(language).to_owned();
        return written(language, "text/markdown; charset=utf-8", text);
    }
    let (number, lang) = (statement.version, language.code());
    let page = Page {
        language,
        path: &format!("/statement/{number}"),
        title: TITLE.in_language(language),
    };
    page.answer(&html! {
        article { (PreEscaped(rendered(statement.markdown(language)))) }
        (contacts::section(&app.config.register.operator, language))
        nav aria-label=(VERSIONS.in_language(language)) {
            h2 { (VERSIONS.in_language(language)) }
            ul {
                @for one in statement::ALL.iter().rev() {
                    li {
                        a href={ "/statement/" (one.version) "?lang=" (lang) } aria-current=[(one.version == number).then_some("page")] {
                            (VERSION.in_language(language)) " " (one.version)
                        }
                        ", " time { (one.date) }
                    }
                }
            }
            p { a href={ "/statement/" (number) ".md?lang=" (lang) } { (AS_MARKDOWN.in_language(language)) } }
        }
    })
}

/// The text as HTML. HTML in it would be shown as text, and is not there.
fn rendered(markdown: &str) -> String {
    let events = Parser::new(markdown).map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        other => other,
    });
    let mut html = String::with_capacity(markdown.len() * 5 / 4);
    pulldown_cmark::html::push_html(&mut html, events);
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_rendered_holds_no_html_of_the_texts_own() {
        let html = rendered("# A\n\n<script>x</script> and <b>y</b>\n\n- **z**");
        assert!(!html.contains("<script") && !html.contains("<b>"), "{html}");
        assert!(html.contains("<h1>A</h1>") && html.contains("<strong>z</strong>"));
    }
}
