//! What syncing costs: the program as it ships, over loopback, with the server as it ships in a process of its own. Beside it, in the same
//! run, stands the least that does the same: plain entries into a plain table, an import of the same entries, the same transactions by hand.

mod attachment;
mod bare;
mod change;
mod devices;
mod floor;
mod load;
mod whole;

use std::ffi::OsString;

use regie_protocol::signed::VerifyingKey;

use crate::corpus::Corpus;
use crate::figure::Report;
use crate::server::{SHORT, running::Postgres};

/// How much is done.
#[derive(Clone, Copy)]
struct Sizes {
    /// Samples of each figure.
    rounds: usize,
    /// Changes that are waited for on another device.
    changes: usize,
    /// Times that a server is asked what is new.
    questions: usize,
    /// So many clients push and pull at most, and so many requests are asked for of what a whole sample has.
    clients: usize,
    part: usize,
}

impl Sizes {
    fn of_this_run() -> Self {
        if std::env::var_os(SHORT).is_some() {
            eprintln!("{SHORT} is set: the figures say that all of it works, and nothing more");
            return Self {
                rounds: 1,
                changes: 2,
                questions: 5,
                clients: 16,
                part: 20,
            };
        }
        Self {
            rounds: 3,
            changes: 21,
            questions: 50,
            clients: 512,
            part: 1,
        }
    }
}

/// `sync.*`, and of `server.*` what syncing asks: printed as they are taken.
pub(crate) fn measure(corpus: &Corpus, report: &mut Report) -> anyhow::Result<()> {
    // As in the app, for every database of this process; before any is open.
    regie_vault::memory::guard()?;
    let sizes = Sizes::of_this_run();
    let postgres = Postgres::start()?;
    whole::measure(corpus, &postgres, sizes, report)?;
    change::measure(corpus, &postgres, sizes, report)?;
    attachment::measure(&postgres, sizes, report)?;
    load::measure(&postgres, sizes, report)
}

/// What a further process of this program does for a measurement.
pub(crate) fn part(arguments: &[OsString]) -> anyhow::Result<()> {
    let arguments: Vec<_> = arguments.iter().map(|word| word.to_string_lossy()).collect();
    let words: Vec<&str> = arguments.iter().map(AsRef::as_ref).collect();
    match words.as_slice() {
        [floor::PART, address, file] => floor::serve(address, file),
        [whole::PART, server, root, email, folder] => whole::first_sync(server, root, email, folder),
        [attachment::PART, root, folder] => attachment::carry_apart(root, folder),
        _ => anyhow::bail!("not a part of a measurement"),
    }
}

/// The key of a server, as a further process is told it.
fn root(hex: &str) -> anyhow::Result<VerifyingKey> {
    let root = data_encoding::HEXLOWER.decode(hex.as_bytes())?;
    let root = root.try_into().map_err(|_| anyhow::anyhow!("no key"))?;
    Ok(VerifyingKey::from_bytes(&root)?)
}
