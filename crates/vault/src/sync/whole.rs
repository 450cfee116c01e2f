//! A whole set that came, beside what is here.

use std::collections::HashSet;

use regie_protocol::sync::{EnvelopeHash, RecordId, Revision};
use rusqlite::params;

use super::{Known, Syncing, chain, local::Local, outbox, parent, read_known};
use crate::{Vault, VaultError};

impl Vault {
    /// Goes through what lies aside of headers above a place, in order of the ids, each beside what is known of it: in one query, and
    /// without the envelopes.
    ///
    /// # Errors
    /// What the database or `each` says.
    pub fn each_aside<E: From<VaultError>>(
        &self,
        above: u64,
        mut each: impl FnMut(&Known, Option<&Known>) -> Result<(), E>,
    ) -> Result<(), E> {
        let above = chain::number(above)?;
        let mut query = self
            .connection
            .prepare_cached(
                "SELECT aside.id, aside.kind, aside.revision, aside.hash, aside.parent, aside.deleted,
                     record.kind, record.revision, record.hash, record.parent, record.deleted
                 FROM sync_aside AS aside LEFT JOIN sync_record AS record ON record.id = aside.id
                 WHERE aside.sequence > ?1 ORDER BY aside.id",
            )
            .map_err(VaultError::from)?;
        let mut rows = query.query([above]).map_err(VaultError::from)?;
        while let Some(row) = rows.next().map_err(VaultError::from)? {
            let theirs = read_known(row)?;
            let known = known_beside(row, &theirs)?;
            each(&theirs, known.as_ref())?;
        }
        Ok(())
    }
}

fn known_beside(row: &rusqlite::Row<'_>, theirs: &Known) -> Result<Option<Known>, VaultError> {
    let Some(kind) = row.get::<_, Option<u16>>(6)? else {
        return Ok(None);
    };
    Ok(Some(Known {
        id: theirs.id,
        kind,
        revision: Revision(row.get(7)?),
        hash: EnvelopeHash(row.get(8)?),
        parent: parent(row, 9)?,
        deleted: row.get(10)?,
    }))
}

impl Syncing<'_> {
    /// Of what lies aside only these records stay.
    ///
    /// # Errors
    /// What the database says.
    pub fn keep_asides(&mut self, listed: &[RecordId]) -> Result<(), VaultError> {
        let listed: HashSet<_> = listed.iter().map(|id| id.0).collect();
        let mut query = self.transaction.prepare_cached("SELECT id FROM sync_aside")?;
        let all: Vec<[u8; 16]> = query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for id in all.into_iter().filter(|id| !listed.contains(id)) {
            self.transaction
                .prepare_cached("DELETE FROM sync_aside WHERE id = ?1")?
                .execute([id])?;
        }
        Ok(())
    }

    /// What is known, and is not among what came of headers above a place.
    ///
    /// # Errors
    /// What the database says.
    pub fn known_beside_asides(&self, above: u64) -> Result<Vec<RecordId>, VaultError> {
        let mut query = self.transaction.prepare_cached(
            "SELECT id FROM sync_record AS record WHERE NOT EXISTS (
                 SELECT 1 FROM sync_aside WHERE id = record.id AND sequence > ?1
             ) ORDER BY id",
        )?;
        let rows = query.query_map([chain::number(above)?], |row| Ok(RecordId(row.get(0)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Other devices do not know this record any more: what is here of it, or its tombstone, waits under the revision that it has.
    ///
    /// # Errors
    /// What the database says.
    pub fn send_unknown_again(&mut self, id: RecordId) -> Result<(), VaultError> {
        self.transaction
            .prepare_cached(
                "INSERT INTO sync_change (kind, local, times, id, revision)
                 SELECT CASE WHEN local IS NULL THEN ?2 ELSE kind END, coalesce(local, ?3), 1, id, revision
                 FROM sync_record WHERE id = ?1
                 ON CONFLICT (kind, local) DO UPDATE SET id = excluded.id",
            )?
            .execute(params![id.0, outbox::TOMBSTONE, Local::tombstone(id.0)])?;
        // Without a row that says what is known it would be new here; the tombstone of what nobody knows is nothing.
        self.transaction
            .prepare_cached("DELETE FROM sync_record WHERE id = ?1 AND deleted = 0")?
            .execute([id.0])?;
        Ok(())
    }
}
