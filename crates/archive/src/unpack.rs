//! A zip that somebody else made, read in place: nothing of it is written to disk, and nothing is unpacked before the whole list
//! of what it holds has been looked through.
//!
//! What bounds it: the number of parts is known before the first is read; parts lie beside each other, so that what they unpack to
//! grows with the file; none unpacks to more than it says, and the sum of all that is read is limited.

mod name;
mod paged;

use std::{
    collections::HashSet,
    io::{self, Read, Seek},
};

use zip::{
    CompressionMethod, ZipReadOptions,
    read::{ArchiveOffset, Config, OwnedZipFileEntry},
    result::ZipError,
    unstable::read::ZipIterable,
};

use self::paged::Paged;
use crate::{ArchiveError, Reason, read::Parts};

pub(crate) use self::name::check_name;

/// Fixed part of the header before each part.
const LOCAL_HEADER: u64 = 30;
/// The kind of file in a Unix mode.
const KIND: u32 = 0o170_000;
const REGULAR: u32 = 0o100_000;
const FOLDER: u32 = 0o040_000;
const LINK: u32 = 0o120_000;

/// What a file from elsewhere may ask for at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Parts, folders included.
    pub files: usize,
    /// Bytes that all reading together may unpack.
    pub bytes_unpacked_total: u64,
    /// Bytes that one part may unpack to.
    pub bytes_per_part: u64,
    /// How many times its size a part of more than [`Limits::UNSUSPECTED`] may unpack to.
    pub ratio: u64,
    /// Bytes of the list of parts.
    pub bytes_of_list: u64,
}

impl Limits {
    /// A life's diary: an entry every day for a hundred years is 36,500 files.
    pub const LIFE: Self = Self {
        files: 200_000,
        bytes_unpacked_total: 8 << 30,
        bytes_per_part: 4 << 30,
        ratio: 250,
        bytes_of_list: 48 << 20,
    };

    /// Up to this size nobody minds how well something was packed.
    pub const UNSUSPECTED: u64 = 4 << 20;
}

/// A zip whose list of parts has been found sound.
pub struct Unpacked<R> {
    reader: Paged<R>,
    /// By name.
    parts: Vec<Part>,
    limits: Limits,
    unpacked: u64,
}

struct Part {
    name: Box<str>,
    entry: OwnedZipFileEntry,
    /// Where the next part begins, or the list.
    end: u64,
}

impl<R: Read + Seek> Unpacked<R> {
    /// Looks through the list of parts.
    ///
    /// # Errors
    /// The first fault found, with the part in which it is.
    pub fn open(reader: R, limits: Limits) -> Result<Self, ArchiveError> {
        let config = Config {
            archive_offset: ArchiveOffset::Known(0),
        };
        let mut zip = ZipIterable::try_new(Paged::new(reader), config).map_err(|error| refusal(error, ""))?;
        if zip.len() > limits.files {
            return Err(ArchiveError::bad("", Reason::TooManyFiles));
        }
        let mut found = Found::default();
        let mut files = zip.files().map_err(|error| refusal(error, ""))?;
        for entry in &mut files {
            found.add(entry.map_err(|error| refusal(error, ""))?.into(), &limits)?;
        }
        let parts = found.finish()?;
        // The iterator hands its reader back only by reference; what lies in it is taken out by swapping.
        let reader = files.reader_mut().take();
        Ok(Self {
            reader,
            parts,
            limits,
            unpacked: 0,
        })
    }

    /// Names of all parts that are files, in order of their bytes.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().map(|part| &*part.name)
    }

    /// How many parts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Whether a part of this name is there.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_ok()
    }

    /// Bytes that a part says it unpacks to; reading holds it to that.
    #[must_use]
    pub fn size(&self, name: &str) -> Option<u64> {
        let part = self.parts.get(self.find(name).ok()?)?;
        Some(part.entry.size())
    }

    /// Begins counting anew what is unpacked, for another reading of the whole.
    pub fn rewind(&mut self) {
        self.unpacked = 0;
    }

    /// Opens a part. Its checksum has been compared once it was read to its end. Errors of the reader carry an [`ArchiveError`]:
    /// see [`ArchiveError::reading`].
    ///
    /// # Errors
    /// [`Reason::Missing`]; [`Reason::Damaged`] when it does not begin where the list says.
    pub fn part(&mut self, name: &str) -> Result<impl Read + use<'_, R>, ArchiveError> {
        let index = self
            .find(name)
            .map_err(|_| ArchiveError::bad(name, Reason::Missing))?;
        let Some(part) = self.parts.get(index) else {
            return Err(ArchiveError::bad(name, Reason::Missing));
        };
        let (size, packed) = (part.entry.size(), part.entry.compressed_size());
        let reader = part
            .entry
            .as_ref()
            .with_reader(&mut self.reader, ZipReadOptions::new())
            .map_err(|error| refusal(error, name))?;
        let ends = reader.data_start().and_then(|start| start.checked_add(packed));
        if ends.is_none_or(|ends| ends > part.end) {
            return Err(ArchiveError::bad(name, Reason::Damaged));
        }
        Ok(PartReader {
            name: &part.name,
            reader,
            left: size,
            grows: part.entry.compression() != CompressionMethod::Stored,
            unpacked: &mut self.unpacked,
            most: self.limits.bytes_unpacked_total,
        })
    }

    fn find(&self, name: &str) -> Result<usize, usize> {
        self.parts.binary_search_by(|part| (*part.name).cmp(name))
    }
}

impl<R: Read + Seek> Parts for Unpacked<R> {
    fn open(&mut self, name: &str) -> Result<Box<dyn Read + '_>, ArchiveError> {
        Ok(Box::new(self.part(name)?))
    }
}

/// What the list held so far.
#[derive(Default)]
struct Found {
    /// With the number of bytes that each takes at least.
    parts: Vec<(Part, u64)>,
    folded: HashSet<String>,
    list_starts: Option<u64>,
}

impl Found {
    fn add(&mut self, entry: OwnedZipFileEntry, limits: &Limits) -> Result<(), ArchiveError> {
        let name = check_name(entry.name_raw())
            .map_err(|reason| ArchiveError::bad(&String::from_utf8_lossy(entry.name_raw()), reason))?;
        let refuse = |reason| Err(ArchiveError::bad(name, reason));
        let starts = *self.list_starts.get_or_insert(entry.central_header_start());
        if entry.central_header_start().saturating_sub(starts) > limits.bytes_of_list {
            return Err(ArchiveError::bad("", Reason::TooLarge));
        }
        let is_folder = name.ends_with('/');
        match entry.unix_mode().map_or(0, |mode| mode & KIND) {
            0 => {}
            REGULAR if !is_folder => {}
            FOLDER if is_folder => {}
            LINK => return refuse(Reason::Link),
            _ => return refuse(Reason::BadShape),
        }
        if entry.encrypted() {
            return refuse(Reason::Locked);
        }
        if !matches!(
            entry.compression(),
            CompressionMethod::Stored | CompressionMethod::Deflated
        ) {
            return refuse(Reason::Unknown);
        }
        let (size, packed) = (entry.size(), entry.compressed_size());
        if size > limits.bytes_per_part
            || (size > Limits::UNSUSPECTED && size / limits.ratio > packed)
            || (is_folder && size > 0)
        {
            return refuse(Reason::TooLarge);
        }
        // File systems of Windows and macOS hold these for one; which would be meant?
        if !self.folded.insert(name.trim_end_matches('/').to_lowercase()) {
            return refuse(Reason::BadName);
        }
        let least = LOCAL_HEADER
            .saturating_add(entry.name_raw().len() as u64)
            .saturating_add(packed);
        let name = name.into();
        self.parts.push((Part { name, entry, end: 0 }, least));
        Ok(())
    }

    /// Parts that lie in each other are how a small file unpacks to a huge one.
    fn finish(mut self) -> Result<Vec<Part>, ArchiveError> {
        drop(self.folded);
        self.parts
            .sort_by_key(|(part, _)| std::cmp::Reverse(part.entry.header_start()));
        let mut next = self.list_starts.unwrap_or_default();
        for (part, least) in &mut self.parts {
            let starts = part.entry.header_start();
            if starts.checked_add(*least).is_none_or(|ends| ends > next) {
                return Err(ArchiveError::bad(&part.name, Reason::Damaged));
            }
            part.end = next;
            next = starts;
        }
        let mut parts: Vec<_> = (self.parts.into_iter().map(|(part, _)| part))
            .filter(|part| !part.name.ends_with('/'))
            .collect();
        parts.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        Ok(parts)
    }
}

/// Holds a part to the size that it was said to have.
struct PartReader<'a, Z> {
    name: &'a str,
    reader: Z,
    left: u64,
    grows: bool,
    unpacked: &'a mut u64,
    most: u64,
}

impl<Z: Read> Read for PartReader<'_, Z> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let bad = |reason| io::Error::other(ArchiveError::bad(self.name, reason));
        let count = (self.reader.read(buffer)).map_err(|error| io::Error::other(damage(error, self.name)))?;
        // What is stored is no more than the file itself: a life's photos may be more than all its text could unpack to.
        if self.grows {
            *self.unpacked = self.unpacked.saturating_add(count as u64);
        }
        if *self.unpacked > self.most {
            return Err(bad(Reason::TooLarge));
        }
        self.left = self
            .left
            .checked_sub(count as u64)
            .ok_or_else(|| bad(Reason::Damaged))?;
        if count == 0 && self.left > 0 {
            return Err(bad(Reason::Damaged));
        }
        Ok(count)
    }
}

/// zip tells a wrong checksum from other damage by its words alone; a test watches them.
fn damage(error: io::Error, part: &str) -> ArchiveError {
    match error.kind() == io::ErrorKind::InvalidData && error.to_string() == "Invalid checksum" {
        true => ArchiveError::bad(part, Reason::Altered),
        false => ArchiveError::reading(part, error),
    }
}

fn refusal(error: ZipError, part: &str) -> ArchiveError {
    match error {
        ZipError::Io(error) => damage(error, part),
        ZipError::UnsupportedArchive(_) | ZipError::CompressionMethodNotSupported(_) => {
            ArchiveError::bad(part, Reason::Unknown)
        }
        _ => ArchiveError::bad(part, Reason::Damaged),
    }
}
