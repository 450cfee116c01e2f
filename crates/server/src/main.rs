//! The one binary.

use axum::Router;
use chrono::Utc;
use regie_protocol::signed::Moment;
use regie_server::{
    Options,
    config::Work,
    operator::{self, Desk},
};

fn main() -> anyhow::Result<()> {
    let options = Options::from_arguments();
    match &options.work {
        None => Ok(regie_server::run(&options, Router::new())?),
        Some(Work::Operator(work)) => Ok(operator::run(
            work,
            &mut Desk {
                out: &mut std::io::stdout(),
                now: Moment::at(Utc::now())?,
                ask: &mut operator::ask_on_terminal,
                work: operator::WORK,
            },
        )?),
    }
}
