//! Where an export reads.

use std::{borrow::Cow, io::Read};

use regie_domain::meter::Instrument;
use regie_protocol::Language;
use uuid::Uuid;

use crate::{
    ArchiveError,
    model::{self, Choice, Entry, Media, Restriction, Run, Settings},
};

/// Takes one record after the other; an error ends the reading.
pub type Each<'a, T> = &'a mut dyn FnMut(T) -> Result<(), ArchiveError>;

/// A photo or a recording that goes out.
pub struct Held<'r> {
    /// Which one.
    pub id: Uuid,
    /// What it is.
    pub media: Media,
    /// Dots of a line and lines of the whole photo.
    pub size: Option<(u32, u32)>,
    /// How long a recording lasts.
    pub milliseconds: Option<u64>,
    /// What of it is at hand.
    pub bytes: Bytes<'r>,
}

/// What is at hand of a photo or a recording.
pub enum Bytes<'r> {
    /// All of it.
    Whole(&'r mut dyn Read),
    /// A small picture of a photo.
    Preview(&'r mut dyn Read),
    /// Nothing.
    None,
}

/// Takes one photo or recording after the other; an error ends the reading.
pub type EachHeld<'a> = &'a mut dyn FnMut(Held<'_>) -> Result<(), ArchiveError>;

/// What is to go out, and nothing else: whoever hands it out has chosen the period and the kinds. Each call begins anew, and
/// all see the same state of the vault. A call fails with [`ArchiveError::Stopped`] soon after the person stopped the export.
pub trait Source {
    /// Diary entries, oldest first.
    ///
    /// # Errors
    /// Those of `each`, and whatever keeps records from being read.
    fn entries(&self, each: Each<'_, Entry>) -> Result<(), ArchiveError>;

    /// The photos and recordings that these entries name, each once, always in the same order.
    ///
    /// # Errors
    /// As [`Source::entries`].
    fn attachments(&self, each: EachHeld<'_>) -> Result<(), ArchiveError>;

    /// A small picture of a photo, as JPEG, for a page to look at; nothing of a recording, or where none is at hand.
    ///
    /// # Errors
    /// Whatever keeps it from being read.
    fn preview(&self, id: Uuid) -> Result<Option<Vec<u8>>, ArchiveError>;

    /// Checks, pulses and check-ins, oldest first.
    ///
    /// # Errors
    /// As [`Source::entries`].
    fn runs(&self, each: Each<'_, Run>) -> Result<(), ArchiveError>;

    /// Instruments that were brought along.
    fn instruments(&self) -> &[model::Instrument];

    /// Every instrument at hand, also Regie's own, to score and name results by.
    fn catalogue(&self) -> &[Cow<'static, Instrument>];

    /// Choices about purposes, oldest first.
    fn choices(&self) -> &[Choice];

    /// Whether everything is restricted.
    fn restriction(&self) -> Option<&Restriction>;

    /// Settings and reminders.
    fn settings(&self) -> &Settings;
}

/// What all parts say about the export itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// When it was made.
    pub made: model::Moment,
    /// Version of the program, such as `0.1.0`.
    pub program: String,
    /// Language of texts that a person reads.
    pub language: Language,
    /// First and last day (ISO 8601) when it holds a period only.
    pub period: Option<(chrono::NaiveDate, chrono::NaiveDate)>,
    /// Only what the person gave, for another party (GDPR art. 20): without scores, choices and settings.
    pub given_only: bool,
}
