//! The one binary.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use axum::Router;
use regie_server::{
    Config, Options, admin, backup,
    config::Work,
    opening,
    operator::{self, Desk},
    receipt,
};

/// A stream that waits holds two buffers of 8 KiB, of which it writes a few hundred bytes: here each lies on pages of its own, and a page
/// that was never written takes no memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
                now: operator::now()?,
                ask: &mut operator::ask_on_terminal,
                work: operator::WORK,
            },
        )?,
        Some(Work::VerifyReceipt(what)) => receipt::verify(what, &mut io::stdout())?,
        Some(Work::Admin(work)) => at_once(options, async |config, environment, out| {
            Ok(admin::run(work, config, environment, opening::now(), out).await?)
        })?,
        Some(Work::Backup(work)) => at_once(options, async |config, environment, out| {
            Ok(backup::back_up(work, config, environment, opening::now(), out).await?)
        })?,
        Some(Work::Restore(work)) => at_once(options, async |config, environment, out| {
            Ok(backup::restore(work, config, environment, opening::now(), out).await?)
        })?,
    }
    Ok(())
}

/// Does one thing beside the service, with its configuration.
fn at_once(
    options: &Options,
    act: impl AsyncFnOnce(
        &Config,
        opening::Environment<'_>,
        &mut io::Stdout,
    ) -> Result<(), Box<dyn std::error::Error>>,
) -> Result<(), Box<dyn std::error::Error>> {
    let config = Config::of_this_process(options)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(act(&config, &opening::of_this_process, &mut io::stdout()))
}
