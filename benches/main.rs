//! The measurements: `./bench start`, `./bench store`, `./bench window`,
//! `./bench export`, `./bench server`, `./bench sync`, `./bench all`.
//!
//! Each figure is the median of several samples, taken in turns with a baseline in the same run, so that a busy
//! machine slows both alike. A figure over its bar is printed as such and fails nothing; only a measurement that
//! could not be taken ends with an error.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "figures are what this program is for"
)]

mod corpus;
mod export;
mod figure;
mod place;
mod profile;
mod server;
mod start;
mod store;
mod sync;
mod texts;
mod window;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use corpus::Corpus;
use figure::Report;

/// As in the app, so that its price is in every figure.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

const NAMES: &str = "\
start   the real window: start.lock, start.memory, start.today, start.binary, start.deb
store   the vault: store.memory, store.unlock, store.newest50, store.open_one, store.search_*, store.add, store.delete,
        store.import; from 100,000 entries on also grown.*: against a vault of a tenth
export  taking everything along: export.archive, export.memory, export.cancel, export.import
window  moving through a long diary: window.month, window.scroll
server  the server on SQLite and, as *_pg, on PostgreSQL: server.start, server.login, server.erase, server.erase_wait,
        server.requests_1, _64, _512; server.idle. REGIE_SHORT=1 makes all of it small; --only PART takes those figures
        alone that have it in their names, as in --only erase or --only requests_64_pg
sync    two devices and the server over loopback: sync.upload, sync.download, sync.first50, server.cpu, sync.memory;
        sync.one_change, sync.nothing_new, sync.nothing_new_asks; sync.attachment, sync.attachment_memory; many clients with batches of 1 and of 200 records, also
        *_pg: server.push_1x1, _64x1, _512x1, _1x200, _64x200, _512x200, server.push_p99, and server.pull_* likewise.
        --only takes parts of names as above: --only upload,download or --only push_64x200; REGIE_SHORT=1 makes it small
all     all of them

./bench NAME [--entries N] [--corpus FILE] [--only PART] [--json] [--deb]";

#[derive(Parser)]
#[command(name = "bench", about = "Regie's measurements, each beside its bar")]
struct Arguments {
    /// What to measure; without it, a list of what there is.
    name: Option<Name>,
    /// Number of diary entries in the vault.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    entries: u32,
    /// Texts as JSON lines {"id","date","lang","title","body","tags"}; made up when absent.
    #[arg(long, value_name = "FILE")]
    corpus: Option<PathBuf>,
    /// Of the figures of `store`, `server` and `sync` those alone that have this in their names.
    #[arg(long, value_name = "PART")]
    only: Option<String>,
    /// Greatest memory of a session; for `store` itself.
    #[arg(long, hide = true, num_args = 0.., value_name = "ARGUMENT")]
    memory_of: Option<Vec<std::ffi::OsString>>,
    /// A further process of a measurement; for `server` itself.
    #[arg(long, hide = true, num_args = 0.., value_name = "ARGUMENT")]
    server_part: Option<Vec<std::ffi::OsString>>,
    /// A further process of a measurement; for `sync` itself.
    #[arg(long, hide = true, num_args = 0.., value_name = "ARGUMENT")]
    sync_part: Option<Vec<std::ffi::OsString>>,
    /// One JSON object a line instead of a table.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Name {
    Start,
    Store,
    Window,
    Export,
    Server,
    Sync,
    All,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(session) = &arguments.memory_of {
        return match store::session(session) {
            Ok(mib) => {
                println!("{mib}");
                ExitCode::SUCCESS
            }
            Err(error) => {
                eprintln!("bench: {error:#}");
                ExitCode::FAILURE
            }
        };
    }
    let part = match (&arguments.server_part, &arguments.sync_part) {
        (Some(part), _) => Some(server::part(part)),
        (None, Some(part)) => Some(sync::part(part)),
        (None, None) => None,
    };
    if let Some(done) = part {
        return match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("bench: {error:#}");
                ExitCode::FAILURE
            }
        };
    }
    let Some(name) = arguments.name else {
        println!("{NAMES}");
        return ExitCode::SUCCESS;
    };
    match measure(name, &arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Takes a group of figures.
type Measure = fn(&Corpus, &mut Report) -> anyhow::Result<()>;

/// Takes what was asked for; whether all of it could be measured.
fn measure(name: Name, arguments: &Arguments) -> anyhow::Result<bool> {
    let _alone = place::alone()?;
    let entries = usize::try_from(arguments.entries)?;
    let corpus = match &arguments.corpus {
        Some(file) => Corpus::read(file, entries)?,
        None => Corpus::generate(entries),
    };
    let mut report = Report::new(arguments.json, entries, arguments.only.clone());
    let groups = [
        (Name::Store, store::measure as Measure),
        (Name::Start, start::measure),
        (Name::Window, window::measure),
        (Name::Export, export::measure),
        (Name::Server, server::measure),
        (Name::Sync, sync::measure),
    ];
    let mut whole = true;
    for (group, take) in groups {
        if name != group && name != Name::All {
            continue;
        }
        if let Err(error) = take(&corpus, &mut report) {
            eprintln!("bench: could not be measured: {error:#}");
            whole = false;
        }
    }
    Ok(whole)
}
