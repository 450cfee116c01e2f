//! In which language, and in which form, an answer is wanted.

use std::str::FromStr as _;

use axum::{
    extract::{FromRequestParts, Query},
    http::{HeaderMap, HeaderName, header::ACCEPT, header::ACCEPT_LANGUAGE, request::Parts},
};
use regie_protocol::Language;
use serde::Deserialize;

use crate::error::Refusal;

/// The language that a request asks for: by `?lang=`, else by `Accept-Language`, else English.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked(pub(super) Language);

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Asking {
    /// `nl` or `en`; without it the language that `Accept-Language` prefers.
    #[param(value_type = Option<String>, example = "nl")]
    lang: Option<Language>,
}

impl utoipa::IntoParams for Asked {
    fn into_params(
        place: impl Fn() -> Option<utoipa::openapi::path::ParameterIn>,
    ) -> Vec<utoipa::openapi::path::Parameter> {
        Asking::into_params(place)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let Query(asking) = Query::<Asking>::try_from_uri(&parts.uri)?;
        Ok(Self(asking.lang.unwrap_or_else(|| preferred(&parts.headers))))
    }
}

fn preferred(headers: &HeaderMap) -> Language {
    let wishes = wishes(headers, &ACCEPT_LANGUAGE);
    let speaks = |tag: &str, language: Language| {
        let primary = tag.split('-').next().unwrap_or_default();
        match language {
            Language::Nl => primary.eq_ignore_ascii_case("nl"),
            Language::En => primary.eq_ignore_ascii_case("en"),
        }
    };
    wishes
        .iter()
        .find_map(|tag| Language::ALL.into_iter().find(|&language| speaks(tag, language)))
        .unwrap_or(Language::En)
}

/// Whether Markdown is wanted before a page.
pub(super) fn wants(headers: &HeaderMap, media: &str, rather_than: &str) -> bool {
    let wishes = wishes(headers, &ACCEPT);
    let place = |media: &str| wishes.iter().position(|wish| wish == media);
    match (place(media), place(rather_than)) {
        (Some(one), Some(other)) => one < other,
        (one, _) => one.is_some(),
    }
}

/// What a header of wishes lists, the dearest first; what has no weight is not wanted at all (RFC 9110, 12.4.2).
fn wishes(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    let values = headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let mut weighed: Vec<(String, f32)> = values
        .flat_map(|value| value.split(','))
        .map(|wish| {
            let mut parts = wish.split(';').map(str::trim);
            let what = parts.next().unwrap_or_default().to_ascii_lowercase();
            let weight = parts.find_map(|part| part.strip_prefix("q="));
            let weight = weight.map_or(1.0, |text| f32::from_str(text).unwrap_or(0.0));
            (what, weight)
        })
        .filter(|(what, weight)| !what.is_empty() && *weight > 0.0)
        .collect();
    weighed.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    weighed.into_iter().map(|(what, _)| what).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().expect("a value"))])
    }

    #[test]
    fn the_language_that_is_liked_best_and_spoken_is_answered() {
        for (wish, language) in [
            ("nl", Language::Nl),
            ("nl-BE,en;q=0.5", Language::Nl),
            ("en;q=0.5, NL;q=0.8", Language::Nl),
            ("de, fr;q=0.9, nl;q=0.1", Language::Nl),
            ("nl;q=0, en", Language::En),
            ("en-GB,nl;q=0.9", Language::En),
            ("de", Language::En),
            ("nl;q=x", Language::En),
            (";;,,q=", Language::En),
        ] {
            assert_eq!(preferred(&asking(ACCEPT_LANGUAGE, wish)), language, "{wish}");
        }
        assert_eq!(preferred(&HeaderMap::new()), Language::En);
    }

    #[test]
    fn markdown_comes_to_whoever_likes_it_better() {
        for (wish, markdown) in [
            ("text/markdown", true),
            ("text/markdown, text/html;q=0.9", true),
            ("text/html,*/*;q=0.8", false),
            ("text/html, text/markdown;q=0.5", false),
            ("*/*", false),
        ] {
            let headers = asking(ACCEPT, wish);
            assert_eq!(wants(&headers, "text/markdown", "text/html"), markdown, "{wish}");
        }
    }
}
