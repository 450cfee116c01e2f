//! Reading Regie's own archive back: first every checksum, then `data.json`, record by record. Whatever is not exactly format 1 or 2 is
//! refused, and memory holds one record, however large the archive. Photos and recordings are held to their hashes one by one: a damaged
//! one keeps nothing else back.

use std::{
    cell::Cell,
    io::{self, BufReader, Read},
    rc::Rc,
};

use data_encoding::HEXLOWER_PERMISSIVE;
use serde_json::error::Category;
use sha2::{Digest, Sha256};

use crate::{
    ArchiveError, Reason,
    limits::LONGEST_RECORD,
    model::{Attachment, Item, Moment},
    pack::{CHECKSUMS, is_plain},
    source::Each,
};

mod content;
mod data;

pub use self::content::{Arriving, EachArriving, attachments};
pub(crate) use self::content::{Unopened, hand_out};

/// Name of the part that is read.
pub const DATA: &str = crate::parts::json::NAME;
/// How the names of photos and recordings begin.
const ATTACHMENTS: &str = "attachments/";
/// Longest list of checksums: 200,000 parts and more.
const LONGEST_CHECKSUMS: u64 = 32 * 1024 * 1024;

/// The parts of an archive, whatever holds them. Whoever unpacks keeps to bounds of size and number.
pub trait Parts {
    /// Opens a part for reading.
    ///
    /// # Errors
    /// [`Reason::Missing`] when it is not there; whatever else keeps it from being read.
    fn open(&mut self, name: &str) -> Result<Box<dyn Read + '_>, ArchiveError>;
}

/// What an archive says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// The program that wrote it, with its version.
    pub program: String,
    /// When it was made.
    pub made: Moment,
    /// First and last day, when it holds a period only.
    pub period: Option<(chrono::NaiveDate, chrono::NaiveDate)>,
    /// Only what the person gave.
    pub given_only: bool,
}

/// Checks every part but photos and recordings, then hands out all records: instruments before results, the rest as it was written.
///
/// # Errors
/// As [`verify`] and [`read`].
pub fn read_archive(parts: &mut dyn Parts, each: Each<'_, Item>) -> Result<Heading, ArchiveError> {
    verify(parts)?;
    read(parts, each)
}

/// Compares every part with its checksum, but for photos and recordings: of each of them `data.json`, which is compared, tells the hash
/// that [`attachments`] holds it to.
///
/// # Errors
/// With the name of the part: [`Reason::Altered`] when it differs or `data.json` has no checksum, [`Reason::Missing`] when it is
/// not there, [`Reason::Damaged`] when it cannot be read; [`Reason::BadShape`] when the list itself is none.
pub fn verify(parts: &mut dyn Parts) -> Result<(), ArchiveError> {
    let list = checksums(parts)?;
    let mut has_data = false;
    let mut buffer = vec![0; 64 * 1024];
    for line in list.lines() {
        let (expected, name) = entry(line).ok_or_else(|| ArchiveError::bad(CHECKSUMS, Reason::BadShape))?;
        if name.starts_with(ATTACHMENTS) {
            continue;
        }
        if digest(parts, name, &mut buffer)? != expected {
            return Err(ArchiveError::bad(name, Reason::Altered));
        }
        has_data |= name == DATA;
    }
    if has_data {
        Ok(())
    } else {
        Err(ArchiveError::bad(DATA, Reason::Altered))
    }
}

fn checksums(parts: &mut dyn Parts) -> Result<String, ArchiveError> {
    let mut list = String::new();
    let part = parts.open(CHECKSUMS)?;
    let reading = |error| ArchiveError::reading(CHECKSUMS, error);
    part.take(LONGEST_CHECKSUMS + 1)
        .read_to_string(&mut list)
        .map_err(reading)?;
    if list.len() as u64 > LONGEST_CHECKSUMS {
        return Err(ArchiveError::bad(CHECKSUMS, Reason::TooLarge));
    }
    Ok(list)
}

/// `HASH  NAME` or, as some tools write it, `HASH *NAME`.
fn entry(line: &str) -> Option<([u8; 32], &str)> {
    let (hash, name) = line.split_at_checked(64)?;
    let name = name.strip_prefix("  ").or_else(|| name.strip_prefix(" *"))?;
    let hash = HEXLOWER_PERMISSIVE.decode(hash.as_bytes()).ok()?;
    is_plain(name).then_some((hash.try_into().ok()?, name))
}

fn digest(parts: &mut dyn Parts, name: &str, buffer: &mut [u8]) -> Result<[u8; 32], ArchiveError> {
    let mut part = parts.open(name)?;
    let mut digest = Sha256::new();
    loop {
        match part.read(buffer) {
            Ok(0) => return Ok(digest.finalize().into()),
            Ok(count) => digest.update(buffer.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(ArchiveError::reading(name, error)),
        }
    }
}

/// Hands out the records of `data.json` without looking at checksums. Choices and settings come as one
/// [`LeftOut::SettingsAndChoices`](crate::model::LeftOut).
///
/// # Errors
/// Those of `each`; for `data.json`: [`Reason::Newer`] for a later format, [`Reason::BadShape`] for other fields or values than the
/// format has, [`Reason::TooLarge`] for a record longer than one can be, [`Reason::Damaged`] where it is no JSON or ends too early.
pub fn read(parts: &mut dyn Parts, each: Each<'_, Item>) -> Result<Heading, ArchiveError> {
    read_with(parts, each, &mut |_| {})
}

fn read_with(
    parts: &mut dyn Parts,
    each: Each<'_, Item>,
    attachment: &mut dyn FnMut(Attachment),
) -> Result<Heading, ArchiveError> {
    let room = Rc::new(Cell::new(LONGEST_RECORD));
    let rationed = Rationed {
        from: BufReader::with_capacity(64 * 1024, parts.open(DATA)?),
        room: Rc::clone(&room),
    };
    let mut json = serde_json::Deserializer::from_reader(rationed);
    let mut stopped = None;
    let document = data::Document {
        room: &room,
        each,
        attachment,
        stopped: &mut stopped,
    };
    let heading = document.read(&mut json);
    if let Some(error) = stopped {
        return Err(error);
    }
    let heading = heading.map_err(|error| misread(error, &room))?;
    json.end().map_err(|error| misread(error, &room))?;
    Ok(heading)
}

fn misread(error: serde_json::Error, room: &Cell<u64>) -> ArchiveError {
    if room.get() == 0 {
        return ArchiveError::bad(DATA, Reason::TooLarge);
    }
    match error.classify() {
        Category::Io => ArchiveError::reading(DATA, error.into()),
        Category::Data => ArchiveError::bad(DATA, Reason::BadShape),
        Category::Syntax | Category::Eof => ArchiveError::bad(DATA, Reason::Damaged),
    }
}

/// Gives so many bytes and then fails; whoever reads a record grants it anew.
struct Rationed<R> {
    from: BufReader<R>,
    room: Rc<Cell<u64>>,
}

impl<R: Read> Read for Rationed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(buffer)?;
        let left = self.room.get().checked_sub(count as u64);
        self.room.set(left.unwrap_or(0));
        match left {
            Some(_) => Ok(count),
            None => Err(io::ErrorKind::FileTooLarge.into()),
        }
    }
}
