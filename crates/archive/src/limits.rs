//! How much a record that comes in may hold: what the program itself allows, so that nothing larger is ever kept in memory.

use std::{collections::BTreeMap, fmt, marker::PhantomData};

use chrono::Datelike;
use regie_domain::{
    diary::{LONGEST_BYTES, LONGEST_TAG, LONGEST_TITLE, MOST_TAGS, Mood},
    meter::LONGEST_FILE,
};
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};

use crate::model::{Attached, Attachment, Choice, Entry, Instrument, Media, Moment, Restriction, Run};

/// Longest note with a result, in bytes.
pub const LONGEST_NOTE: usize = 64 * 1024;
/// Longest reason for a restriction, in bytes.
pub const LONGEST_REASON: usize = 64 * 1024;
/// Most answers in a result.
pub const MOST_ANSWERS: usize = 150;
/// Most photos and recordings of an entry: 24 that a person adds, four times as many where devices added some apart.
pub const MOST_ATTACHED: usize = 96;
/// Longest description of one of them, in bytes.
pub const LONGEST_DESCRIPTION: usize = 2_000;
/// Most photos and recordings of an archive: as many as it has parts at most.
pub const MOST_ATTACHMENTS: usize = 200_000;
/// Largest photo, in bytes.
pub const LARGEST_PHOTO: u64 = 32 * 1024 * 1024;
/// Largest recording, in bytes.
pub const LARGEST_SOUND: u64 = 64 * 1024 * 1024;
/// Longest name of an instrument, a version, a statement or a time zone, in bytes.
pub const LONGEST_NAME: usize = 64;

/// Bytes of JSON that one record may take: six for each byte of its longest text, as `\u0000` needs, and as much again as
/// anything else in it can take.
pub const LONGEST_RECORD: u64 = 6 * (LONGEST_BYTES as u64 + 320 * 1024);

/// Whether a record is one that the program itself could have written.
pub trait Limited {
    /// Whether all of it lies within what the program allows.
    fn is_within_limits(&self) -> bool;
}

impl Limited for Moment {
    fn is_within_limits(&self) -> bool {
        let zone = |sign: u8| sign.is_ascii_alphanumeric() || b"/_+-".contains(&sign);
        (1..=9999).contains(&self.at.year())
            && (1..=LONGEST_NAME).contains(&self.zone.len())
            && self.zone.bytes().all(zone)
    }
}

impl Limited for Restriction {
    fn is_within_limits(&self) -> bool {
        self.since.is_within_limits() && self.reason.len() <= LONGEST_REASON
    }
}

impl<T: Limited> Limited for Option<T> {
    fn is_within_limits(&self) -> bool {
        self.as_ref().is_none_or(Limited::is_within_limits)
    }
}

impl Limited for Entry {
    fn is_within_limits(&self) -> bool {
        self.written.is_within_limits()
            && (1..=9999).contains(&self.edited.year())
            && self.title.len() <= LONGEST_TITLE
            && self.mood.is_none_or(|mood| Mood::new(mood).is_some())
            && self.tags.len() <= MOST_TAGS
            && self.tags.iter().all(|tag| (1..=LONGEST_TAG).contains(&tag.len()))
            && self.markdown.len() <= LONGEST_BYTES
            && self.attachments.len() <= MOST_ATTACHED
            && self.attachments.iter().enumerate().all(|(at, one)| {
                let before = self.attachments.get(..at).unwrap_or_default();
                one.description.len() <= LONGEST_DESCRIPTION && before.iter().all(|other| other.id != one.id)
            })
            && self.restriction.is_within_limits()
    }
}

impl Limited for Attachment {
    fn is_within_limits(&self) -> bool {
        let content = self.content.as_ref().is_none_or(|content| {
            let hash = content.sha256.as_bytes();
            let hexadecimal = |sign: &u8| sign.is_ascii_digit() || (b'a'..=b'f').contains(sign);
            content.part == self.part()
                && content.bytes <= largest(self.media)
                && hash.len() == 64
                && hash.iter().all(hexadecimal)
                && (!content.preview || self.media.is_photo())
        });
        let photo = self.media.is_photo();
        content
            && photo == self.width.is_some()
            && photo == self.height.is_some()
            && photo != self.milliseconds.is_some()
    }
}

/// How many bytes an attachment may have.
pub(crate) const fn largest(media: Media) -> u64 {
    match media {
        Media::Jpeg => LARGEST_PHOTO,
        Media::Opus | Media::Aac | Media::Mp3 => LARGEST_SOUND,
    }
}

impl Limited for Run {
    fn is_within_limits(&self) -> bool {
        is_name(&self.instrument)
            && is_name(&self.instrument_version)
            && self.started.is_within_limits()
            && self.finished.is_within_limits()
            && usize::try_from(self.position).is_ok_and(|position| position <= MOST_ANSWERS)
            && self.note.len() <= LONGEST_NOTE
            && self.answers.len() <= MOST_ANSWERS
            && self.answers.keys().all(|id| is_name(id))
            && self.corrected.is_none_or(|at| (1..=9999).contains(&at.year()))
            && (self.corrected.is_none() || self.finished.is_some())
            && self.restriction.is_within_limits()
    }
}

impl Limited for Instrument {
    fn is_within_limits(&self) -> bool {
        is_name(&self.id)
            && is_name(&self.version)
            && self.added.is_within_limits()
            && self.file.len() <= LONGEST_FILE
    }
}

impl Limited for Choice {
    fn is_within_limits(&self) -> bool {
        is_name(&self.purpose) && self.at.is_within_limits()
    }
}

fn is_name(name: &str) -> bool {
    let sign = |sign: u8| sign.is_ascii_alphanumeric() || b"._-".contains(&sign);
    (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(sign)
}

/// Tags, no more than an entry can have.
pub(crate) fn tags<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    from.deserialize_seq(Few(MOST_TAGS, PhantomData))
}

/// What an entry names, no more than it can.
pub(crate) fn attached<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Attached>, D::Error> {
    from.deserialize_seq(Few(MOST_ATTACHED, PhantomData))
}

/// A list that is refused at the first one too many.
struct Few<T>(usize, PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Few<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a short list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Vec<T>, A::Error> {
        let mut list = Vec::new();
        while let Some(one) = from.next_element()? {
            if list.len() == self.0 {
                return Err(A::Error::custom("too many"));
            }
            list.push(one);
        }
        Ok(list)
    }
}

/// Answers, no more than an instrument can ask for, each statement once.
pub(crate) fn answers<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, Option<u8>>, D::Error> {
    struct Answers;
    impl<'de> Visitor<'de> for Answers {
        type Value = BTreeMap<String, Option<u8>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("answers")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
            let mut answers = BTreeMap::new();
            while let Some((id, answer)) = from.next_entry()? {
                if answers.len() == MOST_ANSWERS || answers.insert(id, answer).is_some() {
                    return Err(A::Error::custom("too many answers"));
                }
            }
            Ok(answers)
        }
    }
    from.deserialize_map(Answers)
}
