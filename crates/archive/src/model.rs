//! What stands in `data.json`, format 2: the records of a person, each complete in itself. docs/export-format.md describes
//! it for whoever reads it without Regie.
//!
//! These are the forms of a file that may be read in twenty years. They change by a new format number, never by themselves
//! with the types that the program works with.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::limits;

/// The format that this program writes. It reads format 1 too, which knows no attachments.
pub const FORMAT: u32 = 2;

/// A moment as it was lived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moment {
    /// RFC 3339 with the offset that held there and then, to the millisecond.
    pub at: DateTime<FixedOffset>,
    /// IANA name of the time zone, such as `Europe/Amsterdam`.
    pub zone: String,
}

/// Kept and readable, and used for nothing else until it is lifted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Restriction {
    /// Since when.
    pub since: Moment,
    /// Why, in the person's words; may be empty.
    pub reason: String,
}

/// A diary entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Entry {
    /// Which one; permanent.
    pub id: Uuid,
    /// When and where it was begun.
    pub written: Moment,
    /// When it was last saved.
    pub edited: DateTime<Utc>,
    /// The title that the person gave; empty when they gave none.
    pub title: String,
    /// How they felt, from 1 (heavy) to 5 (light); absent when they did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mood: Option<u8>,
    /// Tags.
    #[serde(deserialize_with = "limits::tags")]
    pub tags: Vec<String>,
    /// CommonMark, exactly as saved.
    pub markdown: String,
    /// Photos and recordings, in the order in which the entry shows them.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "limits::attached"
    )]
    pub attachments: Vec<Attached>,
    /// Absent unless its use is restricted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restriction: Option<Restriction>,
}

/// A photo or a recording that an entry names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attached {
    /// Which one; permanent.
    pub id: Uuid,
    /// What the person wrote about it, also for who cannot see it; may be empty.
    pub description: String,
}

/// What a photo or a recording is encoded as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Media {
    /// A photo, as JPEG.
    #[serde(rename = "image/jpeg")]
    Jpeg,
    /// A recording, as Opus in Ogg.
    #[serde(rename = "audio/ogg")]
    Opus,
    /// A recording, as AAC in ADTS.
    #[serde(rename = "audio/aac")]
    Aac,
    /// A recording, as MP3.
    #[serde(rename = "audio/mpeg")]
    Mp3,
}

impl Media {
    /// Whether it is a photo; else it is a recording.
    #[must_use]
    pub const fn is_photo(self) -> bool {
        matches!(self, Self::Jpeg)
    }

    /// How the name of its part ends.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Opus => "opus",
            Self::Aac => "aac",
            Self::Mp3 => "mp3",
        }
    }
}

/// A photo or a recording, and the part that holds its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Attachment {
    /// Which one; permanent.
    pub id: Uuid,
    /// What it is.
    #[serde(rename = "type")]
    pub media: Media,
    /// Dots of a line of a whole photo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Lines of a whole photo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// How long a recording lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub milliseconds: Option<u64>,
    /// Its bytes; absent where the archive has none, since the device that wrote it had none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Content>,
}

impl Attachment {
    /// Name of the part that holds its bytes.
    #[must_use]
    pub fn part(&self) -> String {
        format!("attachments/{}.{}", self.id, self.media.ending())
    }

    /// Whether only a small picture of a photo is there, or nothing.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        self.content.as_ref().is_none_or(|content| content.preview)
    }
}

/// The bytes of an attachment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// Name of the part.
    pub part: String,
    /// How many bytes it has.
    pub bytes: u64,
    /// SHA-256 of them, in hexadecimal.
    pub sha256: String,
    /// `true`: not the whole photo, but a small picture in its place.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub preview: bool,
}

/// A check, a pulse or a check-in, begun or finished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Run {
    /// Which one; permanent.
    pub id: Uuid,
    /// Permanent name of the instrument, such as `vitality-16`.
    pub instrument: String,
    /// Version of the instrument that was taken.
    pub instrument_version: String,
    /// When it was begun.
    pub started: Moment,
    /// When it was finished; absent while it is paused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished: Option<Moment>,
    /// The statement to go on at, from 0.
    pub position: u32,
    /// The person's own note; empty when there is none.
    pub note: String,
    /// Answers by statement; `null` where it was passed over on purpose. Statements not reached are absent.
    #[serde(deserialize_with = "limits::answers")]
    pub answers: BTreeMap<String, Option<u8>>,
    /// When its answers were last put right after it was finished; absent when never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected: Option<DateTime<Utc>>,
    /// Absent unless its use is restricted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restriction: Option<Restriction>,
}

/// An instrument that the person or an operator brought along as a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Instrument {
    /// Permanent name.
    pub id: String,
    /// Version.
    pub version: String,
    /// When it was added.
    pub added: Moment,
    /// The file, as it came (docs/instruments.md).
    pub file: String,
}

/// What a person did with a purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentAct {
    /// Switched on.
    Given,
    /// Switched off, or not switched on when it was asked.
    Withdrawn,
    /// Switched off where the ground is a legitimate interest.
    Objected,
}

/// One choice, in the order in which they were made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Choice {
    /// Permanent name of the purpose.
    pub purpose: String,
    /// Version of its text that the person read.
    pub purpose_version: u32,
    /// Version of the privacy statement then in force; 0: not known.
    pub statement_version: u32,
    /// What they did.
    pub act: ConsentAct,
    /// When.
    pub at: Moment,
}

/// A setting or reminder, for reading only: name and value as the program knows them.
pub type Settings = BTreeMap<String, serde_json::Value>;

/// One thing that comes out of an archive or another journal.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A diary entry.
    Entry(Entry),
    /// A check, a pulse or a check-in.
    Run(Run),
    /// An instrument; comes before the runs that need it.
    Instrument(Instrument),
    /// Something that does not come along.
    LeftOut(LeftOut),
}

/// Why something does not come along.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LeftOut {
    /// A photo, a recording or another attachment that is not there, or of a kind that is not taken.
    Attachment,
    /// A photo or a recording that is damaged, or is not what was written.
    Damaged,
    /// A place, weather, steps and the like.
    Circumstance,
    /// Nothing is written in it.
    Empty,
    /// Its date cannot be read.
    NoDate,
    /// It is longer than an entry can be.
    TooLong,
    /// More tags than an entry can have, or longer ones: the entry comes along, these tags do not.
    Tags,
    /// A file of a kind that is no journal.
    ForeignFile,
    /// An instrument, or a result, that this program cannot read.
    UnknownInstrument,
    /// Settings and choices about consent: those made here hold.
    SettingsAndChoices,
}
