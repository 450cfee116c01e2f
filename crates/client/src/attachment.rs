//! Photos and recordings of entries. What is taken of a file is never the file itself, but its picture or its sound alone.

mod not_here;
pub(crate) mod photo;
mod recording;
pub(crate) mod sound;
mod work;

use std::io::Read;

use serde::Serialize;
use specta::Type;

pub use not_here::NotHereView;
pub use recording::{RecordingPiece, RecordingRules, RecordingView};
pub use work::{
    AddedFiles, AttachmentKind, AttachmentPlace, AttachmentSettings, AttachmentView, LargeRow, LargestView,
};
pub(crate) use work::{MOST_READ, keeps_all, take_photo, take_sound, views};

/// The preview of a photo has room for so many bytes: its chunk has 24 KiB, of which filling takes one.
const PREVIEW_BYTES: usize = 24 * 1024 - 1;

/// Why a file is not taken. Nothing was stored, and nothing of the file stands in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// It is none of the kinds that are taken.
    #[error("not a kind that is taken")]
    Unknown,
    /// It is of a kind that has a name and is not read.
    #[error("{0} is not read")]
    Kind(&'static str),
    /// It has more bytes, or its picture more dots, than are taken.
    #[error("too large")]
    TooLarge,
    /// It lasts longer than a recording may.
    #[error("too long")]
    TooLong,
    /// It is of a kind that is taken, and cannot be read to its end.
    #[error("damaged")]
    Damaged,
}

/// Why a file is not taken, as it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum AttachmentError {
    /// Neither a photo nor a recording that is taken.
    #[error("not a kind that is taken")]
    Unknown,
    /// Of a kind with a name that is not read.
    #[error("{name} is not read")]
    Kind {
        /// The name.
        name: &'static str,
    },
    /// More bytes or dots than are taken.
    #[error("too large")]
    TooLarge,
    /// A recording that lasts too long.
    #[error("too long")]
    TooLong,
    /// It cannot be read to its end.
    #[error("damaged")]
    Damaged,
    /// The entry has as many as it may have.
    #[error("the entry is full")]
    Full,
}

impl From<Refused> for AttachmentError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Unknown => Self::Unknown,
            Refused::Kind(name) => Self::Kind { name },
            Refused::TooLarge => Self::TooLarge,
            Refused::TooLong => Self::TooLong,
            Refused::Damaged => Self::Damaged,
        }
    }
}

/// The bytes of a file; no more of it is read than may be taken.
fn read(source: impl Read, most: u64) -> Result<Vec<u8>, Refused> {
    let mut bytes = Vec::new();
    let read = source.take(most + 1).read_to_end(&mut bytes);
    let read = read.map_err(|_| Refused::Damaged)?;
    if u64::try_from(read).unwrap_or(u64::MAX) > most {
        return Err(Refused::TooLarge);
    }
    Ok(bytes)
}

/// Takes a file apart on a thread of its own, so that a reader that panics ends that thread and nothing else.
fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refused> + Send + 'static,
) -> Result<T, Refused> {
    let thread = std::thread::Builder::new().name("attachment".to_owned());
    let thread = thread.spawn(work).map_err(|_| Refused::Damaged)?;
    thread.join().unwrap_or(Err(Refused::Damaged))
}

/// What a file is that is read as no photo and no recording, where people have a name for it.
fn named(bytes: &[u8]) -> Refused {
    let brand = bytes.get(4..12).and_then(|head| head.strip_prefix(b"ftyp"));
    match (bytes, brand) {
        (_, Some(b"heic" | b"heix" | b"hevc" | b"hevx" | b"heim" | b"heis" | b"mif1" | b"msf1")) => {
            Refused::Kind("HEIC")
        }
        (_, Some(b"avif" | b"avis")) => Refused::Kind("AVIF"),
        (_, Some(_)) => Refused::Kind("MP4"),
        ([b'G', b'I', b'F', b'8', ..], _) => Refused::Kind("GIF"),
        ([b'%', b'P', b'D', b'F', ..], _) => Refused::Kind("PDF"),
        ([b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..], _) => Refused::Kind("TIFF"),
        ([b'B', b'M', ..], _) => Refused::Kind("BMP"),
        ([b'f', b'L', b'a', b'C', ..], _) => Refused::Kind("FLAC"),
        ([b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..], _) => Refused::Kind("WAV"),
        _ => Refused::Unknown,
    }
}
