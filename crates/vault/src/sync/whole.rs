//! A whole set that came, beside what is here.

use std::collections::HashSet;

use regie_protocol::sync::RecordId;
use rusqlite::params;

use super::{Syncing, local::Local, outbox};
use crate::VaultError;

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
