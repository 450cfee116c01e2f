//! The one binary.

use axum::Router;
use regie_server::Options;

fn main() -> anyhow::Result<()> {
    Ok(regie_server::run(&Options::from_arguments(), Router::new())?)
}
