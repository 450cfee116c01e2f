//! One line and one count for each request: route, status, time and a random number. No address, no query, no body.

use std::{fmt, time::Instant};

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderValue, Method},
    response::Response,
};
use uuid::Uuid;

use super::metrics;

/// The random number of a request, under which it stands in the log.
#[derive(Clone, Copy, Debug)]
pub struct RequestId(Uuid);

impl fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A request that is under way.
pub(super) struct Observed {
    id: RequestId,
    method: &'static str,
    matched: Option<MatchedPath>,
    began: Instant,
}

impl Observed {
    /// Gives the request its number.
    pub(super) fn begin(request: &mut Request) -> Self {
        let id = RequestId(Uuid::new_v4());
        request.extensions_mut().insert(id);
        Self {
            id,
            method: name(request.method()),
            matched: request.extensions().get::<MatchedPath>().cloned(),
            began: Instant::now(),
        }
    }

    pub(super) const fn id(&self) -> RequestId {
        self.id
    }

    /// Counts it, writes its line, and tells its number to whoever asked.
    pub(super) fn end(self, response: &mut Response) {
        let (id, method) = (self.id, self.method);
        let (took, status) = (self.began.elapsed(), response.status().as_u16());
        let route = self.matched.as_ref().map_or("none", MatchedPath::as_str);
        metrics::count(method, route, status, took);
        let milliseconds = took.as_micros() as f64 / 1000.0;
        tracing::info!(request = %id, method, route, status, milliseconds, "request");
        if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
            response.headers_mut().insert("x-request-id", value);
        }
    }
}

/// The method, if it is one: whoever calls may put any word there.
fn name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
