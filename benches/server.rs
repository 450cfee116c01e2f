//! What a server costs: logins, erasures, quiet streams, signed requests, its start. It runs as it ships, in a process of its own, on
//! either store; beside it, in the same run and on the same store, stands the least that does the same.

pub(crate) mod asking;
pub(crate) mod direct;
mod erase;
mod idle;
mod login;
mod opaque;
mod requests;
pub(crate) mod running;

use std::ffi::OsString;
use std::time::Duration;

use crate::corpus::Corpus;
use crate::figure::{Bar, Figure, Report, in_ms, median};
use running::{Engine, Place, Postgres};

/// With this in the environment every size is small: to see that all of it works, not to measure.
pub(crate) const SHORT: &str = "REGIE_SHORT";
const SLOWEST_START_MS: f64 = 1000.0;

/// How much is done.
#[derive(Clone, Copy)]
struct Sizes {
    /// Samples of each figure; one more is taken first and left out.
    rounds: usize,
    /// Rows of an account that is erased.
    rows: usize,
    /// Streams that stay open.
    streams: usize,
    /// How long clients ask, for one sample.
    asking: Duration,
}

impl Sizes {
    fn of_this_run() -> Self {
        if std::env::var_os(SHORT).is_some() {
            eprintln!("{SHORT} is set: the figures say that all of it works, and nothing more");
            return Self {
                rounds: 1,
                rows: 2_000,
                streams: 100,
                asking: Duration::from_millis(200),
            };
        }
        Self {
            rounds: 5,
            rows: 100_000,
            streams: 10_000,
            asking: Duration::from_secs(3),
        }
    }
}

/// `server.*`: printed as they are taken.
pub(crate) fn measure(_: &Corpus, report: &mut Report) -> anyhow::Result<()> {
    let sizes = Sizes::of_this_run();
    let postgres = Postgres::start()?;
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let name = |sqlite, on_postgres| engine.name(sqlite, on_postgres);
        if report.wants(name("server.start", "server.start_pg")) {
            report.print(&start(engine, &postgres, sizes)?)?;
        }
        if report.wants(name("server.login", "server.login_pg")) {
            report.print(&login::measure(engine, &postgres, sizes)?)?;
        }
        let erasing = [
            name("server.erase", "server.erase_pg"),
            name("server.erase_wait", "server.erase_wait_pg"),
        ];
        if erasing.iter().any(|name| report.wants(name)) {
            for figure in erase::measure(engine, &postgres, sizes)? {
                report.print(&figure)?;
            }
        }
        requests::measure(engine, &postgres, sizes, report)?;
    }
    if report.wants("server.idle") {
        report.print(&idle::measure(&postgres, sizes)?)?;
    }
    Ok(())
}

/// What a further process of this program does for a measurement.
pub(crate) fn part(arguments: &[OsString]) -> anyhow::Result<()> {
    let arguments: Vec<_> = arguments.iter().map(|word| word.to_string_lossy()).collect();
    let words: Vec<&str> = arguments.iter().map(AsRef::as_ref).collect();
    match words.as_slice() {
        [idle::PART, address] => idle::hold(address),
        [direct::PART, address, store] => direct::serve(address, store),
        _ => anyhow::bail!("not a part of a measurement"),
    }
}

/// From the start of the process to the first `/ready`.
fn start(engine: Engine, postgres: &Postgres, sizes: Sizes) -> anyhow::Result<Figure> {
    let place = Place::make(engine, postgres)?;
    let mut took = Vec::new();
    for round in 0..=sizes.rounds {
        let started = place.start()?;
        if round > 0 {
            took.push(in_ms(started.took));
        }
    }
    Ok(Figure {
        name: engine.name("server.start", "server.start_pg"),
        unit: "ms",
        ours: median(took),
        baseline: Some(SLOWEST_START_MS),
        bar: Bar::times(1.0),
        beside: "the longest that is allowed".into(),
    })
}
