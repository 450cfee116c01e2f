//! What a person has to say about one record, and which entry a record is here.

use regie_domain::{EntryId, record::Kind};
use regie_protocol::sync::RecordId;
use rusqlite::{OptionalExtension, params};

use super::{
    base,
    local::Local,
    outbox,
    rows::{self, Row},
};
use crate::{Vault, VaultError};

/// A record about which the person is asked ([`super::Syncing::answer`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Which one.
    pub id: RecordId,
    /// Its content: what is here, or, where it was deleted here, what came.
    pub content: Vec<u8>,
    /// Whether it was deleted here and is there elsewhere; else it is the other way round.
    pub deleted_here: bool,
}

impl Vault {
    /// The records about which the person is asked, in order of their ids.
    ///
    /// # Errors
    /// What the database says.
    pub fn asked(&self) -> Result<Vec<Asked>, VaultError> {
        let mut query = self.connection.prepare_cached(
            "SELECT change.id, change.kind, change.local, later.content FROM sync_change AS change
             LEFT JOIN sync_later AS later ON later.id = change.id
             WHERE change.asked = 1 AND change.id IS NOT NULL ORDER BY change.id",
        )?;
        let rows = query.query_map([], |row| {
            let (id, kind): ([u8; 16], u16) = (row.get(0)?, row.get(1)?);
            let (local, later): (Local, Option<Vec<u8>>) = (row.get(2)?, row.get(3)?);
            Ok((RecordId(id), kind, local, later))
        })?;
        let mut asked = Vec::new();
        for row in rows {
            let (id, kind, local, later) = row?;
            let deleted_here = later.is_some();
            let here = match kind {
                outbox::TOMBSTONE => Row::Gone,
                kind => rows::read(&self.connection, super::own_kind(kind)?, &local)?,
            };
            let content = match (later, here) {
                (Some(content), _) | (None, Row::There(content)) => content,
                (None, Row::Dying | Row::Gone) => continue,
            };
            asked.push(Asked {
                id,
                content,
                deleted_here,
            });
        }
        Ok(asked)
    }

    /// Which entry a record is here.
    ///
    /// # Errors
    /// What the database says.
    pub fn entry_of(&self, id: RecordId) -> Result<Option<EntryId>, VaultError> {
        let local: Option<Local> = self
            .connection
            .prepare_cached(
                "SELECT local FROM sync_record WHERE id = ?1 AND kind = ?2 AND local IS NOT NULL",
            )?
            .query_row(params![id.0, Kind::Entry.number()], |row| row.get(0))
            .optional()?;
        local.map(|local| local.as_id().map(EntryId)).transpose()
    }

    /// The person has read both texts from before a merge, and wants no more of them; also in the log.
    ///
    /// # Errors
    /// What the database says.
    pub fn forget_entry_originals(&mut self, id: EntryId) -> Result<(), VaultError> {
        self.write(|transaction| {
            base::record_of(transaction, id)?
                .map_or(Ok(()), |record| base::forget_originals(transaction, record))
        })?;
        self.empty_log()
    }
}
