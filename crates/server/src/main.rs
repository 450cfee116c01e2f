//! The one binary.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use axum::Router;
use chrono::Utc;
use regie_protocol::signed::Moment;
use regie_server::{
    Options,
    config::Work,
    operator::{self, Desk},
};

fn main() -> ExitCode {
    match run(&Options::from_arguments()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            // The reason alone: where in the program it arose helps nobody who sets a server up.
            let _nobody_reads_it = writeln!(io::stderr(), "regie-server: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Box<dyn std::error::Error>> {
    match &options.work {
        None => regie_server::run(options, Router::new())?,
        Some(Work::Operator(work)) => operator::run(
            work,
            &mut Desk {
                out: &mut io::stdout(),
                now: Moment(u64::try_from(Utc::now().timestamp())?),
                ask: &mut operator::ask_on_terminal,
                work: operator::WORK,
            },
        )?,
    }
    Ok(())
}
