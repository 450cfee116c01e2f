//! Counts for whoever runs the server: route, method, status and time, and nothing about anybody.
//!
//! They are never where the public is: beside everything else only while nobody but this machine gets there, otherwise on
//! an address of their own or nowhere.

use std::{
    sync::{Mutex, OnceLock, PoisonError},
    time::Duration,
};

use axum::{Router, http::header::CONTENT_TYPE, response::IntoResponse, routing::get};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::{
    config::{Config, Metrics},
    error::ServerError,
};

const REQUESTS: &str = "regie_http_requests_total";
const STREAMS: &str = "regie_live_streams";
const PUSHES: &str = "regie_sync_pushes_total";
const SECONDS: &str = "regie_http_request_seconds";
/// The bounds between which times are counted, in seconds.
const BOUNDS: [f64; 9] = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

static COUNTED: OnceLock<PrometheusHandle> = OnceLock::new();
/// Held while it begins: two servers may start in one process.
static BEGINNING: Mutex<()> = Mutex::new(());

/// Begins to count in this process; a second call changes nothing.
pub(crate) fn begin() -> Result<(), ServerError> {
    let _held = BEGINNING.lock().unwrap_or_else(PoisonError::into_inner);
    if COUNTED.get().is_some() {
        return Ok(());
    }
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full(SECONDS.into()), &BOUNDS)
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(|error| ServerError::Metrics(error.to_string()))?;
    metrics::describe_counter!(REQUESTS, "Requests that were answered");
    metrics::describe_gauge!(STREAMS, "Streams that are open");
    metrics::describe_counter!(PUSHES, "Pushes of devices, by what became of them");
    metrics::describe_histogram!(SECONDS, metrics::Unit::Seconds, "Time until the answer began");
    let _begun_already = COUNTED.set(handle);
    Ok(())
}

pub(super) fn count(method: &'static str, route: &str, status: u16, took: Duration) {
    let labels = [
        ("method", method.to_owned()),
        ("route", route.to_owned()),
        ("status", status.to_string()),
    ];
    metrics::counter!(REQUESTS, &labels).increment(1);
    let route = [("route", route.to_owned())];
    metrics::histogram!(SECONDS, &route).record(took.as_secs_f64());
}

/// One push more, that was stored or came second.
pub(super) fn pushed(outcome: &'static str) {
    metrics::counter!(PUSHES, "outcome" => outcome).increment(1);
}

/// One stream more.
pub(crate) fn stream_opened() {
    metrics::gauge!(STREAMS).increment(1.0);
}

/// One stream less.
pub(crate) fn stream_closed() {
    metrics::gauge!(STREAMS).decrement(1.0);
}

/// Tidies what was counted; called once in a while.
pub(crate) fn tidy() {
    if let Some(counted) = COUNTED.get() {
        counted.run_upkeep();
    }
}

/// The route for metrics, for an address of their own.
pub(crate) fn router() -> Router {
    Router::new().route("/metrics", get(written))
}

/// The routes, and the metrics beside them where only this machine gets.
pub(super) fn beside(config: &Config, routes: Router) -> Router {
    match config.metrics {
        Metrics::Beside => routes.merge(router()),
        Metrics::Off | Metrics::Apart(_) => routes,
    }
}

async fn written() -> impl IntoResponse {
    let text = COUNTED.get().map(PrometheusHandle::render).unwrap_or_default();
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text)
}
