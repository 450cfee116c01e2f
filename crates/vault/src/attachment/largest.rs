//! The largest photos and recordings, for whoever makes room.

use regie_domain::{EntryId, moment::Moment};
use uuid::Uuid;

use super::{AFTER_MANIFEST, MANIFEST, Named, manifest};
use crate::{Vault, VaultError, time};

/// One of them, with the newest entry that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Large {
    /// What it is, as that entry names it.
    pub named: Named,
    /// Which entry.
    pub entry: EntryId,
    /// Its title, or its first line.
    pub title: String,
    /// When it was begun.
    pub written: Moment,
}

impl Vault {
    /// So many attachments that entries name, the largest first.
    ///
    /// # Errors
    /// What the database says.
    pub fn largest_attachments(&self, limit: u32) -> Result<Vec<Large>, VaultError> {
        // Of what is not grouped by, SQLite gives the row that has the greatest moment.
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT {MANIFEST}, n.description, e.id, e.title, max(e.written_ms), e.written_offset_s, e.written_zone
             FROM attachment AS a JOIN attachment_of AS n ON n.attachment = a.id JOIN diary_entry AS e ON e.id = n.entry
             WHERE n.let_go_ms IS NULL AND e.deleted_ms IS NULL
             GROUP BY a.id ORDER BY a.bytes DESC, a.id LIMIT ?1"
        ))?;
        let rows = query.query_and_then([limit], |row| {
            let column = |number: usize| AFTER_MANIFEST + number;
            let manifest = manifest(row)?;
            Ok(Large {
                named: Named {
                    place: self.place_of(&manifest)?,
                    manifest,
                    description: row.get(column(0))?,
                },
                entry: EntryId(Uuid::from_bytes(row.get(column(1))?)),
                title: row.get(column(2))?,
                written: time::moment(row.get(column(3))?, row.get(column(4))?, row.get(column(5))?)?,
            })
        })?;
        rows.collect()
    }

    /// How many attachments entries name, and how many bytes their originals are.
    ///
    /// # Errors
    /// What the database says.
    pub fn attachments_in_all(&self) -> Result<(u32, u64), VaultError> {
        let (count, bytes): (u32, i64) = self
            .connection
            .prepare_cached(
                "SELECT count(*), coalesce(sum(bytes), 0) FROM attachment AS a WHERE EXISTS (
                     SELECT 1 FROM attachment_of AS n JOIN diary_entry AS e ON e.id = n.entry
                     WHERE n.attachment = a.id AND n.let_go_ms IS NULL AND e.deleted_ms IS NULL
                 )",
            )?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok((count, u64::try_from(bytes).map_err(|_| VaultError::VaultDamaged)?))
    }
}
