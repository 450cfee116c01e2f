//! Headers that hold a browser to what a page of ours is, and where a hole is reported.

use std::{sync::Arc, time::SystemTime};

use axum::{
    extract::State,
    http::{
        HeaderMap, HeaderName, HeaderValue,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
            X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
        },
    },
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Days, SecondsFormat, Utc};

use super::App;

/// A page of ours is text and one sheet of styles from this server: no script, no picture, no form, nothing from elsewhere.
static HEADERS: [(HeaderName, HeaderValue); 6] = [
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
];

pub(super) fn put_headers(app: &App, headers: &mut HeaderMap) {
    headers.reserve(HEADERS.len() + 2);
    for (name, value) in &HEADERS {
        headers.insert(name, value.clone());
    }
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    // Never for this machine's own name, which other programs share.
    if app.config.is_public() {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(STRICT_TRANSPORT_SECURITY, year);
    }
}

/// How long what security.txt says may be relied on; it is written anew for each request.
const HOLDS: Days = Days::new(90);

/// Where a hole is reported (RFC 9116).
#[utoipa::path(
    get, path = "/.well-known/security.txt", tag = "openness",
    responses((status = 200, content_type = "text/plain", body = String)),
)]
pub(super) async fn security_txt(State(app): State<Arc<App>>) -> Response {
    let contact = &app.config.register.operator.security;
    let email = contact.email.as_ref().map(|email| format!("mailto:{email}"));
    let mut lines: Vec<String> = [email, contact.web.clone()]
        .into_iter()
        .flatten()
        .map(|way| format!("Contact: {way}"))
        .collect();
    let now = DateTime::<Utc>::from(SystemTime::now());
    let expires = now.checked_add_days(HOLDS).unwrap_or(now);
    lines.push(format!(
        "Expires: {}",
        expires.to_rfc3339_opts(SecondsFormat::Secs, true)
    ));
    lines.push("Preferred-Languages: nl, en".into());
    if let Some(url) = &app.config.public_url {
        lines.push(format!("Canonical: {url}.well-known/security.txt"));
    }
    lines.push(String::new());
    ([(CONTENT_TYPE, "text/plain; charset=utf-8")], lines.join("\n")).into_response()
}
