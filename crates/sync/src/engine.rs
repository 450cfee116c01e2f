//! The engine itself.

use crate::{Effect, Event, Rhythm, Snapshot, Time};

/// One device's side of sync.
#[derive(Clone, Debug)]
pub struct Engine {
    snapshot: Snapshot,
    rhythm: Rhythm,
}

impl Engine {
    /// An engine that goes on from what is stored. The seed should be random. Its first event is [`Event::Started`].
    #[must_use]
    pub fn open(snapshot: Snapshot, seed: u64) -> Self {
        Self {
            snapshot,
            rhythm: Rhythm::seeded(seed),
        }
    }

    /// What is to be done, given what happened.
    pub fn handle(&mut self, now: Time, _event: Event) -> Vec<Effect> {
        self.rhythm.see(now);
        Vec::new()
    }

    /// Where the engine stands.
    #[must_use]
    pub const fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }
}
