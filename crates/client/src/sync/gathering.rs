//! What is done for many at once: pages that come are kept some together, for each transaction touches every part of the tables; and
//! what waits is counted now and then, not with each push.

use std::time::{Duration, Instant};

use regie_protocol::signed::HeaderHash;
use regie_sync::{Ask, Change, Effect, Write};
use regie_vault::Vault;

use crate::{Client, ClientError};

use super::{
    Running,
    answers::HeldRecord,
    checking::kept_header,
    taking::{hashes_of, lay_aside, progress_of},
};

/// So many pages are kept together at most, and so many bytes of envelopes; the first ones alone, so that something is there to read.
const PAGES: u32 = 8;
const BYTES: usize = 8 << 20;
/// A page waits no longer than this where another one came: a slow network shows what it brings.
const LONGEST: Duration = Duration::from_secs(1);

/// More than so many changes are not counted each time, but as often as this.
const MANY: u32 = 2_000;
const COUNT_AGAIN: Duration = Duration::from_secs(10);

/// Pages that came, were checked, and are to be kept, with where the engine stands after the last of them. Where they are lost they are
/// asked for again: the engine then stands where it did before the first.
#[derive(Default)]
pub(super) struct Gathered {
    records: Vec<HeldRecord>,
    headers: Vec<(u64, HeaderHash)>,
    tip: Option<Vec<u8>>,
    progress: Option<Vec<u8>>,
    shown: bool,
    since: Option<Instant>,
    pages: u32,
    bytes: usize,
    /// How often pages were kept.
    kept: u32,
}

impl Gathered {
    /// Twice as many each time.
    fn is_enough(&self) -> bool {
        let pages = 1_u32
            .checked_shl(self.kept)
            .map_or(PAGES, |pages| pages.min(PAGES));
        let waits = self.since.is_some_and(|since| since.elapsed() >= LONGEST);
        self.pages >= pages || self.bytes >= BYTES || waits
    }
}

/// Whether pages may lie gathered while this is done: it looks at nothing that they would change.
pub(super) const fn may_wait(effect: &Effect) -> bool {
    match effect {
        Effect::Write(write) => matches!(write.change, Change::KeepPage { .. }),
        Effect::Ask(_, ask) => matches!(ask, Ask::Up { .. } | Ask::Down { .. } | Ask::Headers { .. }),
        Effect::Check(_) | Effect::WakeAt(_) | Effect::Show(_) | Effect::Tell(_) => true,
        _ => false,
    }
}

impl Client {
    /// Takes the page that came last to those that are to be kept, and keeps them when they are enough.
    pub(super) fn gather_page(
        &self,
        running: &mut Running,
        write: &Write,
        shown: bool,
    ) -> Result<(), ClientError> {
        if running.gathered.pages > 0 && running.gathered.shown != shown {
            self.keep_gathered(running)?;
        }
        let held = running.held.take().unwrap_or_default();
        let gathered = &mut running.gathered;
        gathered.headers.extend(hashes_of(&held.headers)?);
        if let Some(last) = held.headers.last() {
            gathered.tip = Some(kept_header(last)?);
        }
        gathered.bytes += held
            .records
            .iter()
            .map(|record| record.bytes.len())
            .sum::<usize>();
        gathered.records.extend(held.records);
        gathered.progress = Some(progress_of(write)?);
        gathered.since.get_or_insert_with(Instant::now);
        gathered.shown = shown;
        gathered.pages += 1;
        if running.gathered.is_enough() {
            self.keep_gathered(running)?;
        }
        Ok(())
    }

    /// Keeps the pages that are gathered, in one transaction with where the engine stands after them.
    pub(super) fn keep_gathered(&self, running: &mut Running) -> Result<(), ClientError> {
        if running.gathered.pages == 0 {
            return Ok(());
        }
        let kept = running.gathered.kept.saturating_add(1);
        let gathered = std::mem::replace(
            &mut running.gathered,
            Gathered {
                kept,
                ..Gathered::default()
            },
        );
        let (list, clean_by) = (self.deletions_file(), self.cleaned_by());
        self.with_vault(|vault| {
            self.note_unhurried(vault);
            let shown = gathered.shown.then(|| vault.consent()).transpose()?;
            vault.sync((&list, clean_by), |syncing| {
                lay_aside(syncing, gathered.records, shown.as_ref())?;
                syncing.note_headers(&gathered.headers)?;
                if let Some(tip) = &gathered.tip {
                    syncing.set_tip(tip)?;
                }
                if gathered.shown {
                    syncing.show_unchecked()?;
                }
                if let Some(progress) = &gathered.progress {
                    syncing.set_progress(progress)?;
                }
                Ok(())
            })
        })
    }
}

/// How many changes wait. Many are counted now and then only: an outbox of a whole life would be gone through with each push.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    pub(super) number: u64,
    counted: Instant,
}

impl Waiting {
    /// Counts, unless there are many and they were counted a moment ago.
    pub(super) fn count(vault: &Vault, before: Option<Self>) -> Result<Self, ClientError> {
        let few = vault.changes_waiting_at_most(MANY)?;
        if few >= MANY {
            match before {
                Some(before) if before.counted.elapsed() < COUNT_AGAIN => {
                    return Ok(Self {
                        number: before.number.max(MANY.into()),
                        ..before
                    });
                }
                _ => {
                    return Ok(Self {
                        number: vault.changes_waiting()?.into(),
                        counted: Instant::now(),
                    });
                }
            }
        }
        Ok(Self {
            number: few.into(),
            counted: Instant::now(),
        })
    }
}

impl Running {
    /// Counts what waits after a change.
    pub(super) fn count(&mut self, vault: &Vault, change: &Change) -> Result<(), ClientError> {
        match change {
            Change::StorePush => {
                let push = self.engine.snapshot().push.as_ref();
                self.on_its_way = push.map_or(0, |push| push.records);
            }
            Change::NotePush(_) => {
                let arrived = std::mem::take(&mut self.on_its_way);
                self.waiting.number = self.waiting.number.saturating_sub(arrived);
            }
            Change::TakeIn(_) | Change::DropPush | Change::DropAside { .. } => {}
            // Nothing of it waits, or does so no more.
            _ => return Ok(()),
        }
        self.waiting = Waiting::count(vault, Some(self.waiting))?;
        Ok(())
    }
}
