//! A published text with all its versions, as a page or as Markdown: what the privacy statement and the terms have in common.

use axum::response::Response;
use maud::{PreEscaped, html};
use pulldown_cmark::{Event, Parser};
use regie_protocol::{Language, Text};

use super::{
    App, contacts,
    page::{Page, written},
};

pub(super) const MARKDOWN: &str = "text/markdown";
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

/// A kind of text, with the number and the day of each version, oldest first.
pub(super) struct Published {
    /// Its address, without a version.
    pub(super) path: &'static str,
    pub(super) title: Text,
    pub(super) versions: Vec<(u32, &'static str)>,
}

impl Published {
    /// One version of it.
    pub(super) fn answer(
        &self,
        app: &App,
        version: u32,
        text: &'static str,
        language: Language,
        markdown: bool,
    ) -> Response {
        if markdown {
            return written(language, "text/markdown; charset=utf-8", text.to_owned());
        }
        let (path, lang) = (self.path, language.code());
        let page = Page {
            language,
            path: &format!("{path}/{version}"),
            title: self.title.in_language(language),
        };
        page.answer(&html! {
            article { (PreEscaped(rendered(text))) }
            (contacts::section(&app.config.register.operator, language))
            nav aria-label=(VERSIONS.in_language(language)) {
                h2 { (VERSIONS.in_language(language)) }
                ul {
                    @for (number, date) in self.versions.iter().rev() {
                        li {
                            a href={ (path) "/" (number) "?lang=" (lang) } aria-current=[(*number == version).then_some("page")] {
                                (VERSION.in_language(language)) " " (number)
                            }
                            ", " time { (date) }
                        }
                    }
                }
                p { a href={ (path) "/" (version) ".md?lang=" (lang) } { (AS_MARKDOWN.in_language(language)) } }
            }
        })
    }
}

/// The version that a path names, and whether `.md` stands behind it. Each version has one address: no sign and no leading zero before
/// its number.
pub(super) fn named(name: &str) -> Option<(u32, bool)> {
    let number = name.strip_suffix(".md").unwrap_or(name);
    let read: u32 = number.parse().ok()?;
    (read.to_string() == number).then_some((read, number != name))
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

    #[test]
    fn each_version_has_one_address() {
        assert_eq!(named("2"), Some((2, false)));
        assert_eq!(named("2.md"), Some((2, true)));
        for name in ["", "02", "+2", "x", "2.md.md", "-1", "99999999999"] {
            assert_eq!(named(name), None, "{name}");
        }
    }
}
