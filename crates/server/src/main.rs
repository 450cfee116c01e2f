//! The one binary.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use axum::Router;
use regie_server::Options;

fn main() -> ExitCode {
    match regie_server::run(&Options::from_arguments(), Router::new()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The reason alone: where in the program it arose helps nobody who sets a server up.
            let _nobody_reads_it = writeln!(io::stderr(), "regie-server: {error}");
            ExitCode::FAILURE
        }
    }
}
