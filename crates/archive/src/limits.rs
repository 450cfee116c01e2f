//! How much a record that comes in may hold: what the program itself allows, so that nothing larger is ever kept in memory.

use std::{collections::BTreeMap, fmt};

use chrono::Datelike;
use regie_domain::{
    diary::{LONGEST_BYTES, LONGEST_TAG, LONGEST_TITLE, MOST_TAGS, Mood},
    meter::LONGEST_FILE,
};
use serde::{
    Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};

use crate::model::{Choice, Entry, Instrument, Moment, Restriction, Run};

/// Longest note with a result, in bytes.
pub const LONGEST_NOTE: usize = 64 * 1024;
/// Longest reason for a restriction, in bytes.
pub const LONGEST_REASON: usize = 64 * 1024;
/// Most answers in a result.
pub const MOST_ANSWERS: usize = 150;
/// Longest name of an instrument, a version, a statement or a time zone, in bytes.
pub const LONGEST_NAME: usize = 64;

/// Bytes of JSON that one record may take: six for each byte of its longest text, as `\u0000` needs, and as much again as
/// anything else in it can take.
pub const LONGEST_RECORD: u64 = 6 * (LONGEST_BYTES as u64 + 256 * 1024);

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
            && self.restriction.is_within_limits()
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
    struct Tags;
    impl<'de> Visitor<'de> for Tags {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("tags")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Vec<String>, A::Error> {
            let mut tags = Vec::new();
            while let Some(tag) = from.next_element()? {
                if tags.len() == MOST_TAGS {
                    return Err(A::Error::custom("too many tags"));
                }
                tags.push(tag);
            }
            Ok(tags)
        }
    }
    from.deserialize_seq(Tags)
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
