//! A file or folder that a person brings in: what it is, by what stands in it, and everything it holds.

use std::{
    fmt,
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek},
    path::Path,
};

use chrono_tz::Tz;
use sha2::{Digest, Sha256};

use crate::{
    ArchiveError, Reason,
    journals::{
        EachItem,
        day_one::{self, Look, Media},
        daylio,
        folder::{self, Folder},
    },
    model::{Item, LeftOut},
    pack::CHECKSUMS,
    read::{self, DATA, EachArriving, read_archive},
    seal::{self, Lock, Secret},
    unpack::{Limits, Unpacked},
};

/// Largest file that is looked into: a life's diary with its photos.
const LARGEST: u64 = 256 << 30;
/// The page that every archive of Regie has, in English.
const README: &str = "README.txt";
/// JSON files of a zip that are looked into for journals: one for each journal that a person keeps.
const MOST_JOURNALS: usize = 200;

/// A source that can be read from any place.
pub trait ReadSeek: Read + Seek + Send {}
impl<T: Read + Seek + Send> ReadSeek for T {}

/// Where something comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// Regie's own archive.
    Regie,
    /// Day One.
    DayOne,
    /// Daylio.
    Daylio,
    /// A folder or a zip of Markdown and text files.
    Files,
}

/// What is read of a whole file or folder to know it again: SHA-256, for a folder of names and contents.
pub type Fingerprint = [u8; 32];

type Zip = Unpacked<Box<dyn ReadSeek>>;

/// Something that can be taken in.
pub struct Incoming {
    /// Where it comes from.
    pub origin: Origin,
    /// To tell whether it is still the same.
    pub fingerprint: Fingerprint,
    source: Source,
}

enum Source {
    Own(Zip),
    DayOne(File),
    /// With the names of its journals, and what lies beside them.
    DayOneZip(Zip, Vec<String>, Media),
    /// One that was unpacked already.
    DayOneFolder(Folder, Vec<String>, Media),
    Daylio(File),
    Notes(Folder),
    NotesZip(Zip),
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

impl Incoming {
    /// Recognises a file or a folder. `stopped` is asked now and then, for reading all of a large file takes a while.
    ///
    /// # Errors
    /// [`Reason::Unknown`] for what no reader here knows, [`Reason::Locked`] for what needs a secret, and every fault that shows
    /// before the first record is read.
    pub fn open(
        path: &Path,
        secret: Option<&Secret>,
        stopped: &dyn Fn() -> bool,
    ) -> Result<Self, ArchiveError> {
        match path.metadata()?.is_dir() {
            true => open_folder(path, stopped),
            false => open_file(path, secret, stopped),
        }
    }

    /// Hands out everything that it holds; the same items in the same order each time. `zone`: where clocks are taken to have
    /// hung that name no zone.
    ///
    /// # Errors
    /// Those of `each`, and [`ArchiveError::Bad`]. What was handed out before a fault is not to be kept.
    pub fn read(&mut self, zone: Tz, each: EachItem<'_>) -> Result<(), ArchiveError> {
        match &mut self.source {
            Source::Own(zip) => {
                zip.rewind();
                read_archive(zip, each).map(drop)
            }
            Source::DayOne(file) => day_one::read(from_start(file)?, "", zone, &Media::default(), each),
            Source::DayOneZip(zip, journals, media) => {
                zip.rewind();
                for journal in &*journals {
                    day_one::read(zip.part(journal)?, journal, zone, media, each)?;
                }
                leave_out(zip.names(), journals, each)
            }
            Source::DayOneFolder(folder, journals, media) => {
                for journal in &*journals {
                    day_one::read(folder.file(journal)?, journal, zone, media, each)?;
                }
                leave_out(folder.names(), journals, each)
            }
            Source::Daylio(file) => daylio::read(from_start(file)?, "", zone, each),
            Source::Notes(folder) => folder.read(zone, each),
            Source::NotesZip(zip) => {
                zip.rewind();
                folder::read_zip(zip, zone, each)
            }
        }
    }
}

impl Incoming {
    /// Hands out the bytes of the photos and recordings that entries of [`Incoming::read`] name, and perhaps of some that none names.
    /// They come as they lie in the file: what they are is still to be found out, up to a limit, as of any file.
    ///
    /// # Errors
    /// Those of `each`, and [`ArchiveError::Bad`].
    pub fn attachments(&mut self, each: EachArriving<'_>) -> Result<(), ArchiveError> {
        match &mut self.source {
            Source::Own(zip) => {
                zip.rewind();
                read::attachments(zip, each)
            }
            Source::DayOneZip(zip, _, media) => {
                zip.rewind();
                (media.files()).try_for_each(|(arriving, name)| match zip.part(name) {
                    Ok(mut part) => read::hand_out(arriving, name, &mut part, each),
                    Err(error) => read::hand_out(arriving, name, &mut read::Unopened(Some(error)), each),
                })
            }
            Source::DayOneFolder(folder, _, media) => {
                (media.files()).try_for_each(|(arriving, name)| match folder.file(name) {
                    Ok(mut part) => read::hand_out(arriving, name, &mut part, each),
                    Err(error) => read::hand_out(arriving, name, &mut read::Unopened(Some(error)), each),
                })
            }
            Source::DayOne(_) | Source::Daylio(_) | Source::Notes(_) | Source::NotesZip(_) => Ok(()),
        }
    }
}

/// Names what lies beside journals and does not come along.
fn leave_out<'n>(
    names: impl Iterator<Item = &'n str>,
    journals: &[String],
    each: EachItem<'_>,
) -> Result<(), ArchiveError> {
    let foreign = |name: &&str| folder::is_foreign(name) && !journals.iter().any(|journal| journal == name);
    for _ in names.filter(foreign) {
        each(Item::LeftOut(LeftOut::ForeignFile))?;
    }
    Ok(())
}

fn from_start(file: &mut File) -> io::Result<&mut File> {
    file.rewind()?;
    Ok(file)
}

fn open_file(
    path: &Path,
    secret: Option<&Secret>,
    stopped: &dyn Fn() -> bool,
) -> Result<Incoming, ArchiveError> {
    // A pipe or a device would keep whoever opens it waiting.
    let kind = path.metadata()?;
    if !kind.is_file() {
        return Err(ArchiveError::bad("", Reason::Unknown));
    }
    if kind.len() > LARGEST {
        return Err(ArchiveError::bad("", Reason::TooLarge));
    }
    let mut file = File::open(path)?;
    let fingerprint = fingerprint(&mut file, stopped)?;
    let mut start = Vec::new();
    from_start(&mut file)?.take(64).read_to_end(&mut start)?;
    file.rewind()?;

    let (origin, source) = if seal::lock_of(&mut file)? != Lock::Open {
        let mut opened = seal::open(file, secret)?;
        let mut inside = [0; 4];
        let read = opened.read_exact(&mut inside).and_then(|()| opened.rewind());
        read.map_err(|error| ArchiveError::reading("", error))?;
        if !is_zip(&inside) {
            return Err(ArchiveError::bad("", Reason::Unknown));
        }
        open_zip(Box::new(opened))?
    } else if is_zip(&start) {
        open_zip(Box::new(file))?
    } else {
        open_text(file)?
    };
    Ok(Incoming {
        origin,
        fingerprint,
        source,
    })
}

/// Parts, or the end of the list when there are none.
fn is_zip(start: &[u8]) -> bool {
    start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06")
}

fn open_text(mut file: File) -> Result<(Origin, Source), ArchiveError> {
    let look = day_one::look(from_start(&mut file)?)?;
    if look == Look::Journal {
        return Ok((Origin::DayOne, Source::DayOne(file)));
    }
    if daylio::is_daylio(from_start(&mut file)?) {
        return Ok((Origin::Daylio, Source::Daylio(file)));
    }
    let mut start = String::new();
    let is_text = from_start(&mut file)?
        .take(256)
        .read_to_string(&mut start)
        .is_ok();
    let is_object = is_text && start.trim_start_matches('\u{feff}').trim_start().starts_with('{');
    let reason = match look {
        Look::Broken if is_object => Reason::Damaged,
        _ => Reason::Unknown,
    };
    Err(ArchiveError::bad("", reason))
}

fn open_zip(file: Box<dyn ReadSeek>) -> Result<(Origin, Source), ArchiveError> {
    let mut zip = Unpacked::open(file, Limits::LIFE)?;
    // One of these alone may stand in any zip; an archive that lacks one of them is still an archive, and refused as such.
    let marks = [DATA, CHECKSUMS, README];
    if marks.iter().filter(|mark| zip.has(mark)).count() >= 2 {
        return Ok((Origin::Regie, Source::Own(zip)));
    }
    let names: Vec<_> = journal_names(zip.names()).map(str::to_owned).collect();
    let mut journals = Vec::new();
    for name in names {
        if day_one::look(zip.part(&name)?)? == Look::Journal {
            journals.push(name);
        }
    }
    if !journals.is_empty() {
        let media = Media::of(zip.names());
        return Ok((Origin::DayOne, Source::DayOneZip(zip, journals, media)));
    }
    let has_notes = zip.names().any(folder::is_note);
    match has_notes {
        true => Ok((Origin::Files, Source::NotesZip(zip))),
        false => Err(ArchiveError::bad("", Reason::Unknown)),
    }
}

fn open_folder(path: &Path, stopped: &dyn Fn() -> bool) -> Result<Incoming, ArchiveError> {
    let folder = Folder::open(path, Limits::LIFE)?;
    let mut journals = Vec::new();
    for name in journal_names(folder.names()) {
        if day_one::look(folder.file(name)?)? == Look::Journal {
            journals.push(name.to_owned());
        }
    }
    if journals.is_empty() && !folder.names().any(folder::is_note) {
        return Err(ArchiveError::bad("", Reason::Unknown));
    }
    let fingerprint = folder_fingerprint(&folder, stopped)?;
    let (origin, source) = match journals.is_empty() {
        true => (Origin::Files, Source::Notes(folder)),
        false => {
            let media = Media::of(folder.names());
            (Origin::DayOne, Source::DayOneFolder(folder, journals, media))
        }
    };
    Ok(Incoming {
        origin,
        fingerprint,
        source,
    })
}

/// JSON at the top, or one folder below it where somebody packed the folder anew.
fn journal_names<'n>(names: impl Iterator<Item = &'n str>) -> impl Iterator<Item = &'n str> {
    let is_journal = |name: &&str| {
        let end = name.rsplit('.').next().unwrap_or_default();
        end.eq_ignore_ascii_case("json") && name.split('/').count() <= 2 && !name.starts_with("__MACOSX/")
    };
    names.filter(is_journal).take(MOST_JOURNALS)
}

fn fingerprint(file: &mut File, stopped: &dyn Fn() -> bool) -> Result<Fingerprint, ArchiveError> {
    let mut hash = Sha256::new();
    add(&mut hash, from_start(file)?, stopped)?;
    Ok(hash.finalize().into())
}

fn folder_fingerprint(folder: &Folder, stopped: &dyn Fn() -> bool) -> Result<Fingerprint, ArchiveError> {
    let mut hash = Sha256::new();
    for name in folder.names() {
        hash.update((name.len() as u64).to_le_bytes());
        hash.update(name);
        let mut content = Sha256::new();
        add(&mut content, folder.file(name)?, stopped)?;
        hash.update(content.finalize());
    }
    Ok(hash.finalize().into())
}

fn add(hash: &mut Sha256, reader: impl Read, stopped: &dyn Fn() -> bool) -> Result<(), ArchiveError> {
    let mut reader = BufReader::with_capacity(256 * 1024, reader);
    loop {
        if stopped() {
            return Err(ArchiveError::Stopped);
        }
        let piece = reader.fill_buf()?;
        if piece.is_empty() {
            return Ok(());
        }
        hash.update(piece);
        let count = piece.len();
        reader.consume(count);
    }
}
