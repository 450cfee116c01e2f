//! What every page of the server looks like. It has no cookie, no script, and nothing from elsewhere.

use axum::{
    http::{
        HeaderName, HeaderValue,
        header::{CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE, VARY},
    },
    response::{IntoResponse, Response},
};
use maud::{DOCTYPE, Markup, html};
use regie_protocol::Language;

/// How long a page may be shown without asking again, in seconds by `max-age`.
const KEPT: &str = "public, max-age=300";

/// A page about to be written.
pub(super) struct Page<'a> {
    pub(super) language: Language,
    /// Its own address, for the other language.
    pub(super) path: &'a str,
    pub(super) title: &'a str,
}

impl Page<'_> {
    /// The page around this text.
    pub(super) fn answer(&self, text: &Markup) -> Response {
        let (other, name) = match self.language {
            Language::Nl => ("en", "In English"),
            Language::En => ("nl", "In het Nederlands"),
        };
        let page = html! {
            (DOCTYPE)
            html lang=(self.language.code()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (self.title) " – Regie" }
                    link rel="stylesheet" href="/style.css";
                }
                body {
                    header { a href={ (self.path) "?lang=" (other) } lang=(other) hreflang=(other) { (name) } }
                    main { (text) }
                }
            }
        };
        written(self.language, "text/html; charset=utf-8", page.into_string())
    }
}

/// An answer in a language that was asked for.
pub(super) fn written(language: Language, media: &'static str, text: String) -> Response {
    let headers: [(HeaderName, HeaderValue); 4] = [
        (CONTENT_TYPE, HeaderValue::from_static(media)),
        (CONTENT_LANGUAGE, HeaderValue::from_static(language.code())),
        (VARY, HeaderValue::from_static("accept, accept-language")),
        (CACHE_CONTROL, HeaderValue::from_static(KEPT)),
    ];
    (headers, text).into_response()
}

/// The one sheet of styles.
#[utoipa::path(get, path = "/style.css", tag = "openness", responses((status = 200, content_type = "text/css", body = String)))]
pub(super) async fn style() -> Response {
    let headers = [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, KEPT)];
    (headers, include_str!("style.css")).into_response()
}
