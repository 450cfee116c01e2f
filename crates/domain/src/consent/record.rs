//! The history of choices, as it travels.
//!
//! It is one record that only grows. Merging is a union: no choice that was ever made is lost, a withdrawal least of all.
//!
//! **What holds** is the last choice about a purpose, so their order is what matters, and that is told by what a device knew,
//! never by a clock: a clock that is wrong by years must not give a consent back. A choice that stands before another in
//! the history of any device was known to whoever made the other, which therefore counts. Of choices made without knowing of each other,
//! **a withdrawal holds**, even where the consent says that it is younger: the person can give it again in one tap, but what was
//! done with data after a withdrawal cannot be undone (GDPR art. 7.3). So nothing is ever used on a consent that any device
//! of the person knew to be withdrawn. Two consents without knowledge of each other: the one to the later version
//! holds; two withdrawals: either.
//!
//! **A choice that speaks of "this device" is about that device** and does not travel: see [`travels`]. Yes to keeping things
//! on a telephone is no yes for a computer at work, and a no there leaves the telephone alone.

use regie_protocol::purpose::{CopyOnServer, KeepOnDevice, Marker};

use crate::{
    moment::Moment,
    record::{
        Kind, Merged, Record, RecordError,
        fields::order,
        wire::{self, LONGEST_NAME},
    },
};

/// More choices than a person makes in a life.
const MOST_CHOICES: usize = 4096;

/// One choice of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Id of the purpose.
    pub purpose: String,
    /// Version of the purpose that the person read.
    pub purpose_version: u32,
    /// Version of the statement that held then; 0 where that was not kept yet.
    pub statement_version: u32,
    /// Whether it was given or withdrawn.
    pub given: bool,
    /// When, and in which zone.
    pub at: Moment,
}

/// The choices about each purpose, in the order of the purposes' ids; about one purpose the oldest first and the one that
/// holds last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    events: Vec<Event>,
}

/// Whether choices about a purpose travel: not those about what a device keeps for itself, nor those about the copy, which a server tells each
/// device, and without which nothing would travel.
#[must_use]
pub fn travels(purpose: &str) -> bool {
    ![KeepOnDevice::PURPOSE.id, CopyOnServer::PURPOSE.id].contains(&purpose)
}

impl History {
    /// Those of these choices that travel. About each purpose they come oldest first.
    #[must_use]
    pub fn new(events: impl IntoIterator<Item = Event>) -> Self {
        let mut history = Self::default();
        for event in events {
            let event = Event {
                at: wire::round(event.at),
                ..event
            };
            if travels(&event.purpose) && !history.events.contains(&event) {
                history.events.push(event);
            }
        }
        history
            .events
            .sort_by(|one, other| one.purpose.cmp(&other.purpose));
        history
    }

    /// All of them.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The choice about a purpose that holds; `None` when there was none.
    #[must_use]
    pub fn last(&self, purpose: &str) -> Option<&Event> {
        self.of(purpose).last()
    }

    fn of(&self, purpose: &str) -> &[Event] {
        let start = self
            .events
            .partition_point(|event| event.purpose.as_str() < purpose);
        let end = self
            .events
            .partition_point(|event| event.purpose.as_str() <= purpose);
        self.events.get(start..end).unwrap_or_default()
    }
}

type EventParts = (String, u32, u32, bool, wire::MomentParts);

impl Record for History {
    const KIND: Kind = Kind::Consent;
    const VERSION: u16 = 1;

    fn encode(&self) -> Result<Vec<u8>, RecordError> {
        wire::within(self.events.len(), MOST_CHOICES)?;
        for event in &self.events {
            wire::within(event.purpose.len(), LONGEST_NAME)?;
            wire::check_moment(&event.at)?;
        }
        let parts = |event: &Event| {
            (
                event.purpose.clone(),
                event.purpose_version,
                event.statement_version,
                event.given,
                (
                    event.at.at.timestamp_millis(),
                    event.at.at.offset().local_minus_utc(),
                    event.at.zone.clone(),
                ),
            )
        };
        let events: Vec<EventParts> = self.events.iter().map(parts).collect();
        wire::encode(&events)
    }

    fn decode(_: u16, body: &[u8]) -> Result<Self, RecordError> {
        let events: Vec<EventParts> = wire::decode(body)?;
        wire::within(events.len(), MOST_CHOICES)?;
        let event = |(purpose, purpose_version, statement_version, given, at): EventParts| {
            wire::within(purpose.len(), LONGEST_NAME)?;
            Ok(Event {
                purpose,
                purpose_version,
                statement_version,
                given,
                at: wire::moment(at)?,
            })
        };
        let events: Result<Vec<_>, RecordError> = events.into_iter().map(event).collect();
        Ok(Self::new(events?))
    }

    /// Both histories; the base is not needed, for what both knew stands in both.
    fn join(_: Option<&Self>, one: &Self, other: &Self) -> Merged<Self> {
        let mut purposes: Vec<&str> = [one, other]
            .into_iter()
            .flat_map(|history| history.events.iter().map(|event| event.purpose.as_str()))
            .collect();
        purposes.sort_unstable();
        purposes.dedup();
        let joined = purposes
            .into_iter()
            .flat_map(|purpose| union(one.of(purpose), other.of(purpose)));
        Merged::plain(Self {
            events: joined.collect(),
        })
    }

    /// There is one for each account.
    fn name(&self) -> Option<Vec<u8>> {
        Some(Vec::new())
    }
}

/// Both histories of one purpose: what they have in common, what only the one side has, and the side whose last choice holds.
fn union(one: &[Event], other: &[Event]) -> Vec<Event> {
    let (first, then) = if holds(one, other) {
        (other, one)
    } else {
        (one, other)
    };
    let common = first
        .iter()
        .zip(then)
        .take_while(|(first, then)| first == then)
        .count();
    let only_first = first.iter().skip(common).filter(|event| !then.contains(event));
    let (before, after) = (then.iter().take(common), then.iter().skip(common));
    before.chain(only_first).chain(after).cloned().collect()
}

/// Whether the last choice of `one` holds against that of `other`.
fn holds(one: &[Event], other: &[Event]) -> bool {
    let (Some(ours), Some(theirs)) = (one.last(), other.last()) else {
        return other.is_empty();
    };
    if ours == theirs {
        // The same choice holds; the longer history is the one that knew more.
        return one.len() >= other.len();
    }
    match (other.contains(ours), one.contains(theirs)) {
        (true, false) => false,
        (false, true) => true,
        _ => rank(ours) >= rank(theirs),
    }
}

fn rank(event: &Event) -> (bool, u32, u32, (i64, i32, &str)) {
    (
        !event.given,
        event.purpose_version,
        event.statement_version,
        order(&event.at),
    )
}
