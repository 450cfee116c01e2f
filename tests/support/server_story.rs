//! The server as it ships, with a few routes more: to see what becomes of panics, slowness and bodies.

use std::time::Duration;

use axum::{
    Json, Router,
    routing::{get, post},
};
use regie_server::Options;

fn main() {
    let more = Router::new()
        .route("/story/panic", get(panics))
        .route("/story/slow", get(async || answer_after(400).await))
        .route("/story/stuck", get(async || answer_after(60_000).await))
        .route("/story/body", post(async |body: String| body.len().to_string()))
        .route(
            "/story/json",
            post(async |Json(body): Json<serde_json::Value>| Json(body)),
        );
    if let Err(error) = regie_server::run(&Options::from_arguments(), more) {
        eprintln!("Error: {error}");
        std::process::exit(1);
    }
}

async fn panics() -> &'static str {
    panic!("what a stranger wrote");
}

async fn answer_after(milliseconds: u64) -> &'static str {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    "at last"
}
