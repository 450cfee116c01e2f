//! Whether it runs, and whether it can work.

use std::sync::{Arc, atomic::Ordering};

use axum::{Json, extract::State};
use regie_protocol::{Problem, ProblemCode};
use serde::Serialize;

use super::App;
use crate::error::Refusal;

/// How the server is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Health {
    /// `alive` or `ready`.
    status: &'static str,
}

/// Whether the program runs.
#[utoipa::path(get, path = "/health", tag = "operation", responses((status = 200, body = Health)))]
pub(super) async fn health() -> Json<Health> {
    Json(Health { status: "alive" })
}

/// Whether it can work: everything that it needs is there, and it is not about to stop.
#[utoipa::path(
    get, path = "/ready", tag = "operation",
    responses((status = 200, body = Health), (status = 503, body = Problem, content_type = "application/problem+json")),
)]
pub(super) async fn ready(State(app): State<Arc<App>>) -> Result<Json<Health>, Refusal> {
    let mut ready = !app.stopping.load(Ordering::Relaxed);
    for needed in &app.readiness {
        if !needed.works().await {
            tracing::warn!(needed = needed.name(), "not ready");
            ready = false;
        }
    }
    if ready {
        Ok(Json(Health { status: "ready" }))
    } else {
        Err(ProblemCode::NotReady.into())
    }
}
