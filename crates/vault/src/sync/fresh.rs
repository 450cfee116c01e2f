//! What came and is nowhere here: most of a first sync. It is known by one look, so that nothing else has to be looked up, and its rows
//! are written in the order of their dates, whatever the order in which they came.

use std::thread;

use regie_domain::{
    diary::{Entry, Glance, glance, plain_text},
    record::{AnyRecord, Kind},
    restriction::Restriction,
    search::Indexer,
};
use regie_protocol::purpose::KeepOnDevice;
use rusqlite::params;

use super::{Known, Syncing, put_known, rows};
use crate::{VaultError, ahead::hand_over, attachment, consent::Consent, diary, restriction, search};

/// Fewer are written as they are.
const MANY: usize = 64;

/// Whether an id or a row is anywhere: known, on its way, waiting, or there.
const IS_ANYWHERE: &str = "SELECT EXISTS (SELECT 1 FROM sync_record WHERE id = ?1)
        OR EXISTS (SELECT 1 FROM sync_push_record WHERE id = ?1)
        OR EXISTS (SELECT 1 FROM sync_change WHERE id = ?1)
        OR EXISTS (SELECT 1 FROM sync_record WHERE kind = ?2 AND local = ?3)
        OR EXISTS (SELECT 1 FROM sync_push_record WHERE kind = ?2 AND local = ?3)
        OR EXISTS (SELECT 1 FROM sync_change WHERE kind = ?2 AND local = ?3)
        OR EXISTS (SELECT 1 FROM diary_entry WHERE id = ?3)
        OR EXISTS (SELECT 1 FROM meter_run WHERE id = ?3)";

impl Syncing<'_> {
    /// Takes in an entry or a run that is new here, as [`super::Outcome::Take`] would; its row is written with the others of
    /// [`Syncing::write_fresh`]. `false`, and nothing was done, for whatever may be here, or is of another kind.
    ///
    /// # Errors
    /// As [`Syncing::take_in`].
    pub fn take_if_new(
        &mut self,
        consent: &Consent<KeepOnDevice>,
        theirs: &Known,
        content: &[u8],
    ) -> Result<bool, VaultError> {
        if theirs.deleted || !matches!(Kind::of(theirs.kind), Some(Kind::Entry | Kind::Run)) {
            return Ok(false);
        }
        // What cannot be read is kept as it came, elsewhere.
        let Ok(record) = AnyRecord::read(content) else {
            return Ok(false);
        };
        if record.kind().number() != theirs.kind {
            return Ok(false);
        }
        let local = rows::local_of(&record);
        let is_anywhere: bool = self
            .transaction
            .prepare_cached(IS_ANYWHERE)?
            .query_row(params![theirs.id.0, theirs.kind, local], |row| row.get(0))?;
        if is_anywhere {
            return Ok(false);
        }
        if !self.quiet {
            consent.check(self.transaction)?;
        }
        self.quietly()?;
        put_known(self.transaction, theirs, Some(&local))?;
        self.fresh.push(record);
        Ok(true)
    }

    /// Writes the rows of what was new, oldest first. Whatever looks at rows comes after it.
    ///
    /// # Errors
    /// [`VaultError::TooLarge`]; what the database says.
    pub fn write_fresh(&mut self) -> Result<(), VaultError> {
        let mut fresh = std::mem::take(&mut self.fresh);
        if fresh.is_empty() {
            return Ok(());
        }
        self.erasing.unindex(self.transaction)?;
        fresh.sort_by_key(date);
        let mut indexer = Indexer::default();
        if fresh.len() < MANY {
            let mut seen = fresh.into_iter().map(Seen::of);
            return seen.try_for_each(|one| self.write_one(one, &mut indexer));
        }
        let (mut ready, seen) = hand_over();
        thread::scope(|scope| {
            // Refused when writing has failed.
            scope.spawn(move || {
                fresh
                    .into_iter()
                    .map(Seen::of)
                    .try_for_each(|one| ready.give(one))
            });
            seen.into_iter()
                .try_for_each(|one| self.write_one(one, &mut indexer))
        })
    }

    fn write_one(&mut self, one: Seen, indexer: &mut Indexer) -> Result<(), VaultError> {
        let (mut entry, hold, glance) = match one {
            Seen::Entry(entry, hold, glance) => (*entry, hold, glance),
            Seen::Other(other) => return rows::write(self.transaction, *other, indexer),
        };
        // Where the caret stood is each device's own.
        entry.caret = None;
        let named = std::mem::take(&mut entry.attachments);
        self.unindexed
            .push(diary::add_unindexed(self.transaction, &entry, &glance)?);
        if !named.is_empty() {
            attachment::set_named(self.transaction, entry.id, &named)?;
        }
        if let Some(hold) = hold {
            restriction::put(self.transaction, entry.id.0.as_bytes(), &hold)?;
        }
        Ok(())
    }

    /// What was written without an index is indexed, or left for later.
    pub(super) fn index_fresh(&mut self) -> Result<(), VaultError> {
        self.write_fresh()?;
        search::behind::add_new(self.transaction, std::mem::take(&mut self.unindexed))
    }
}

/// A record with what the list shows of it, which is worked out beside the writing where there are many.
enum Seen {
    Entry(Box<Entry>, Option<Restriction>, Glance),
    Other(Box<AnyRecord>),
}

impl Seen {
    fn of(record: AnyRecord) -> Self {
        match record {
            AnyRecord::Entry(record) => {
                let (entry, hold) = record.into_parts();
                let glance = glance(&entry.own_title, &plain_text(&entry.markdown));
                Self::Entry(Box::new(entry), hold, glance)
            }
            other => Self::Other(Box::new(other)),
        }
    }
}

fn date(record: &AnyRecord) -> i64 {
    let at = match record {
        AnyRecord::Entry(entry) => &entry.entry().written,
        AnyRecord::Run(run) => run.finished.as_ref().unwrap_or(&run.started),
        _ => return 0,
    };
    at.at.timestamp_millis()
}
