//! Takings and instruments as they travel.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use chrono::{DateTime, SubsecRound, Utc};
use uuid::Uuid;

use super::{Answer, Answers, LONGEST_FILE};
use crate::{
    RunId,
    moment::Moment,
    record::{
        Kind, Merged, Record, RecordError,
        fields::{Fields, only_change, order},
        wire::{self, LONGEST_NAME},
    },
    restriction::Restriction,
};

/// Longest note on a taking, in bytes.
pub const LONGEST_NOTE: usize = 64 * 1024;
/// Most answers of a taking.
const MOST_ANSWERS: usize = 4096;

/// One taking of an instrument, finished or paused, with whether it is on hold. Scores are worked out from the answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRecord {
    /// Which one.
    pub id: RunId,
    /// Id of the instrument.
    pub instrument: String,
    /// Version of the instrument.
    pub instrument_version: String,
    /// When it was begun.
    pub started: Moment,
    /// When it was finished; `None` while it is paused.
    pub finished: Option<Moment>,
    /// The statement at which the person is, from 0.
    pub position: u32,
    /// The person's own note.
    pub note: String,
    /// When answers or date were last put right.
    pub corrected: Option<DateTime<Utc>>,
    /// Answers so far.
    pub answers: Answers,
    /// Whether it is on hold.
    pub hold: Option<Restriction>,
}

impl RunRecord {
    /// With times to the millisecond, as they are kept.
    #[must_use]
    pub fn rounded(self) -> Self {
        Self {
            started: wire::round(self.started),
            finished: self.finished.map(wire::round),
            corrected: self.corrected.map(|corrected| corrected.trunc_subsecs(3)),
            hold: self.hold.map(|hold| Restriction {
                since: wire::round(hold.since),
                ..hold
            }),
            ..self
        }
    }

    fn check(&self) -> Result<(), RecordError> {
        wire::check_moment(&self.started)?;
        self.finished.as_ref().map_or(Ok(()), wire::check_moment)?;
        self.corrected.map_or(Ok(()), wire::check_instant)?;
        wire::check_hold(self.hold.as_ref())?;
        wire::within(self.instrument.len(), LONGEST_NAME)?;
        wire::within(self.instrument_version.len(), LONGEST_NAME)?;
        wire::within(self.note.len(), LONGEST_NOTE)?;
        wire::within(self.answers.len(), MOST_ANSWERS)?;
        let mut items = self.answers.keys();
        items.try_for_each(|item| wire::within(item.len(), LONGEST_NAME))
    }
}

type RunParts = (
    Uuid,
    String,
    String,
    wire::MomentParts,
    Option<wire::MomentParts>,
    u32,
    Option<i64>,
    Vec<(String, Option<u8>)>,
    Option<wire::HoldParts>,
    String,
);

impl Record for RunRecord {
    const KIND: Kind = Kind::Run;
    const VERSION: u16 = 1;

    fn encode(&self) -> Result<Vec<u8>, RecordError> {
        self.check()?;
        let answer = |answer: &Answer| match answer {
            Answer::Value(value) => Some(*value),
            Answer::Skipped => None,
        };
        let answers: Vec<(&str, Option<u8>)> = self
            .answers
            .iter()
            .map(|(item, given)| (item.as_str(), answer(given)))
            .collect();
        wire::encode(&(
            self.id.0,
            &self.instrument,
            &self.instrument_version,
            wire::moment_parts(&self.started),
            self.finished.as_ref().map(wire::moment_parts),
            self.position,
            self.corrected.map(|corrected| corrected.timestamp_millis()),
            answers,
            self.hold.as_ref().map(wire::hold_parts),
            &self.note,
        ))
    }

    fn decode(_: u16, body: &[u8]) -> Result<Self, RecordError> {
        let parts: RunParts = wire::decode(body)?;
        let (id, instrument, instrument_version, started, finished, position, corrected, answers, hold, note) =
            parts;
        let answer = |given: Option<u8>| given.map_or(Answer::Skipped, Answer::Value);
        let record = Self {
            id: RunId(id),
            instrument,
            instrument_version,
            started: wire::moment(started)?,
            finished: finished.map(wire::moment).transpose()?,
            position,
            note,
            corrected: corrected.map(wire::instant).transpose()?,
            answers: answers
                .into_iter()
                .map(|(item, given)| (item, answer(given)))
                .collect(),
            hold: hold.map(wire::hold).transpose()?,
        };
        record.check()?;
        Ok(record)
    }

    /// The note by sentences, the rest field by field and answer by answer; of two dates the earlier. But a taking that was
    /// gone on with on two devices, with different answers to the same statement, is not mixed: the result would be one that
    /// nobody gave. The finished one stays, or the one that came farther, and both are kept as originals.
    fn join(base: Option<&Self>, one: &Self, other: &Self) -> Merged<Self> {
        let mut fields = Fields::default();
        let (answers, disputed) = answers(base, one, other);
        let was_finished = base.is_some_and(|base| base.finished.is_some());
        let taken_twice = disputed && !was_finished;
        let farther = farther(one, other);
        if disputed {
            fields.give_way();
        }
        let date = |moment: &Moment| {
            let (ms, offset_s, zone) = order(moment);
            (ms, offset_s, zone.to_owned())
        };
        let value = Self {
            id: one.id.min(other.id),
            instrument: one.instrument.clone(),
            instrument_version: one.instrument_version.clone(),
            started: fields.lower(
                (base.map(|base| &base.started), &one.started, &other.started),
                date,
            ),
            finished: if taken_twice {
                farther.finished.clone()
            } else {
                let finished = (base.map(|base| &base.finished), &one.finished, &other.finished);
                fields.lower(finished, |moment| (moment.is_none(), moment.as_ref().map(date)))
            },
            position: if taken_twice {
                farther.position
            } else {
                let position = (base.map(|base| &base.position), &one.position, &other.position);
                Fields::silently(position, |position| Reverse(*position))
            },
            note: fields.note(
                base.map(|base| base.note.as_str()),
                &one.note,
                &other.note,
                LONGEST_NOTE,
            ),
            corrected: one.corrected.max(other.corrected),
            answers: if taken_twice {
                farther.answers.clone()
            } else {
                answers
            },
            hold: fields.hold((base.map(|base| &base.hold), &one.hold, &other.hold)),
        };
        fields.into(value, None)
    }
}

/// The finished one, or the one with more answers.
fn farther<'a>(one: &'a RunRecord, other: &'a RunRecord) -> &'a RunRecord {
    let reached = |run: &RunRecord| (run.finished.is_some(), run.answers.len(), run.position);
    if reached(one) >= reached(other) {
        one
    } else {
        other
    }
}

/// Answer by answer, and whether both sides changed the same one: then a given answer stays before a skipped one, and the lower
/// before the higher.
fn answers(base: Option<&RunRecord>, one: &RunRecord, other: &RunRecord) -> (Answers, bool) {
    let items: BTreeSet<&String> = one.answers.keys().chain(other.answers.keys()).collect();
    let rank = |given: Option<&Answer>| match given {
        Some(Answer::Value(value)) => (0, *value),
        Some(Answer::Skipped) => (1, 0),
        None => (2, 0),
    };
    let (mut merged, mut disputed) = (Answers::new(), false);
    for item in items {
        let before = base.and_then(|base| base.answers.get(item));
        let (one, other) = (one.answers.get(item), other.answers.get(item));
        let kept = only_change(Some(&before), &one, &other)
            .copied()
            .unwrap_or_else(|| {
                disputed = true;
                if rank(one) <= rank(other) { one } else { other }
            });
        if let Some(answer) = kept {
            merged.insert(item.clone(), *answer);
        }
    }
    (merged, disputed)
}

/// An instrument that was brought along, as it came. Whoever takes it in checks the file as any that is added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstrumentRecord {
    /// Permanent name.
    pub id: String,
    /// Version.
    pub version: String,
    /// When it was added.
    pub added: Moment,
    /// The file itself.
    pub file: String,
}

type InstrumentParts = (String, String, wire::MomentParts, String);

impl InstrumentRecord {
    fn check(&self) -> Result<(), RecordError> {
        wire::check_moment(&self.added)?;
        wire::within(self.id.len(), LONGEST_NAME)?;
        wire::within(self.version.len(), LONGEST_NAME)?;
        wire::within(self.file.len(), LONGEST_FILE)
    }
}

impl Record for InstrumentRecord {
    const KIND: Kind = Kind::Instrument;
    const VERSION: u16 = 1;

    fn encode(&self) -> Result<Vec<u8>, RecordError> {
        self.check()?;
        wire::encode(&(
            &self.id,
            &self.version,
            wire::moment_parts(&self.added),
            &self.file,
        ))
    }

    fn decode(_: u16, body: &[u8]) -> Result<Self, RecordError> {
        let (id, version, added, file): InstrumentParts = wire::decode(body)?;
        let record = Self {
            id,
            version,
            added: wire::moment(added)?,
            file,
        };
        record.check()?;
        Ok(record)
    }

    /// A version of an instrument never changes: of two files that call themselves the same, the one that was added first
    /// stays whole, and results are worked out with that one.
    fn join(base: Option<&Self>, one: &Self, other: &Self) -> Merged<Self> {
        let mut fields = Fields::default();
        let first = fields.lower((base, one, other), |record| {
            let (ms, offset_s, zone) = order(&record.added);
            (ms, offset_s, zone.to_owned(), record.file.clone())
        });
        // The same file twice is nothing that gave way.
        if one.file == other.file {
            Merged::plain(first)
        } else {
            fields.into(first, None)
        }
    }

    fn name(&self) -> Option<Vec<u8>> {
        wire::encode(&(&self.id, &self.version)).ok()
    }
}
