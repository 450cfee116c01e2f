//! What comes in: journals of other programs as they are, and files that are wrong on purpose.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

mod hostile;
mod journals;
mod odd;
#[path = "../support/mod.rs"]
mod support;

use std::{
    fs,
    path::{Path, PathBuf},
};

use chrono_tz::Tz;
use regie_archive::{
    ArchiveError, Reason,
    incoming::{Incoming, Origin},
    model::{Entry, Item, LeftOut},
};

const HOME: Tz = chrono_tz::Europe::Amsterdam;

/// A folder of `tests/` in the project.
fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests")
        .join(name)
}

/// Everything that a file or folder holds; read twice, for a preview and the import see the same.
fn take_in(path: &Path) -> Result<(Origin, Vec<Item>), ArchiveError> {
    let mut incoming = Incoming::open(path, None, &|| false)?;
    let mut read = || {
        let mut items = Vec::new();
        incoming.read(HOME, &mut |item| {
            items.push(item);
            Ok(())
        })?;
        Ok::<_, ArchiveError>(items)
    };
    let items = read()?;
    assert_eq!(read()?, items);
    Ok((incoming.origin, items))
}

/// Part and reason of a refusal.
fn refusal(path: &Path) -> (String, Reason) {
    match take_in(path) {
        Err(ArchiveError::Bad { part, reason }) => (part, reason),
        other => panic!("{}: {other:?}", path.display()),
    }
}

/// What came in, and what did not.
fn sorted(items: Vec<Item>) -> (Vec<Entry>, Vec<LeftOut>) {
    let (mut entries, mut left_out) = (Vec::new(), Vec::new());
    for item in items {
        match item {
            Item::Entry(entry) => entries.push(entry),
            Item::LeftOut(why) => left_out.push(why),
            other => panic!("{other:?}"),
        }
    }
    (entries, left_out)
}

/// Bytes as a file of their own.
fn written(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    path
}
