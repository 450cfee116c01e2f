//! What came and is nowhere here: most of a first sync. It is known by one look, so that nothing else has to be looked up, and its rows
//! are written in the order of their dates, whatever the order in which they came.

use regie_domain::{
    record::{AnyRecord, Kind},
    search::Indexer,
};
use regie_protocol::purpose::KeepOnDevice;
use rusqlite::params;

use super::{Known, Syncing, put_known, rows};
use crate::{VaultError, attachment, consent::Consent, diary, restriction, search};

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
        for record in fresh {
            match record {
                AnyRecord::Entry(record) => {
                    let (mut entry, hold) = record.into_parts();
                    // Where the caret stood is each device's own.
                    entry.caret = None;
                    let named = std::mem::take(&mut entry.attachments);
                    self.unindexed
                        .push(diary::add_unindexed(self.transaction, &entry)?);
                    if !named.is_empty() {
                        attachment::set_named(self.transaction, entry.id, &named)?;
                    }
                    if let Some(hold) = hold {
                        restriction::put(self.transaction, entry.id.0.as_bytes(), &hold)?;
                    }
                }
                other => rows::write(self.transaction, other, &mut indexer)?,
            }
        }
        Ok(())
    }

    /// What was written without an index is indexed, or left for later.
    pub(super) fn index_fresh(&mut self) -> Result<(), VaultError> {
        self.write_fresh()?;
        search::behind::add_new(self.transaction, std::mem::take(&mut self.unindexed))
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
