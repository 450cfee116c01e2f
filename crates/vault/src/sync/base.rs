//! What was last agreed on, kept from the first change until the other devices know that one: what a merge rests on. And both
//! texts from before a merge, for a month.

use chrono::{DateTime, Utc};
use regie_domain::{EntryId, RunId, record::Kind};
use regie_protocol::sync::RecordId;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use uuid::Uuid;

use super::{
    Syncing,
    local::Local,
    rows::{self, Row},
};
use crate::{Vault, VaultError, time};

/// Both contents from before a merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Originals {
    /// When they were merged here.
    pub merged: DateTime<Utc>,
    /// What stood here.
    pub mine: Vec<u8>,
    /// What came.
    pub theirs: Vec<u8>,
}

/// To be called before a row that travels is changed. At the first change since devices agreed, its content is what they agreed
/// on; at the first one since it was sealed, it is what was sealed. Where nothing is synced this is one look into an empty table.
pub(crate) fn keep(transaction: &Transaction<'_>, kind: Kind, local: &Local) -> Result<(), VaultError> {
    if !marks(transaction)? || differs(transaction, kind, local)? {
        return Ok(());
    }
    let sealed: Option<[u8; 16]> = transaction
        .prepare_cached(
            "SELECT id FROM sync_push_record WHERE kind = ?1 AND local = ?2 AND content IS NULL AND deleted = 0",
        )?
        .query_row(params![kind.number(), local], |row| row.get(0))
        .optional()?;
    let agreed: Option<[u8; 16]> = transaction
        .prepare_cached("SELECT id FROM sync_record WHERE kind = ?1 AND local = ?2 AND deleted = 0")?
        .query_row(params![kind.number(), local], |row| row.get(0))
        .optional()?;
    if sealed.is_none() && agreed.is_none() {
        return Ok(());
    }
    let Row::There(content) = rows::read(transaction, kind, local)? else {
        return Ok(());
    };
    match (sealed, agreed) {
        (Some(id), _) => transaction
            .prepare_cached("UPDATE sync_push_record SET content = ?2 WHERE id = ?1")?
            .execute(params![id, content])?,
        (None, Some(id)) => put(transaction, RecordId(id), &content)?,
        (None, None) => 0,
    };
    Ok(())
}

/// To be called when an entry or a run was added. No trigger does it: with one an INSERT begins a savepoint, at which FTS5 writes
/// out what it has gathered; so would one that selects what it inserts.
pub(crate) fn added(transaction: &Transaction<'_>, kind: Kind, local: &Local) -> Result<(), VaultError> {
    if marks(transaction)? {
        transaction
            .prepare_cached(
                "INSERT INTO sync_change (kind, local, times) VALUES (?1, ?2, 1) ON CONFLICT (kind, local) DO NOTHING",
            )?
            .execute(params![kind.number(), local])?;
    }
    Ok(())
}

/// Whether what is written now is this device's own writing, for others to hear of.
pub(crate) fn marks(connection: &Connection) -> Result<bool, VaultError> {
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM sync_state WHERE marks = 1)")?
        .query_row([], |row| row.get(0))?)
}

/// Whether the row is known to differ from what was agreed on, or sealed. What only goes again does not.
fn differs(connection: &Connection, kind: Kind, local: &Local) -> Result<bool, VaultError> {
    Ok(connection
        .prepare_cached(
            "SELECT EXISTS (
                 SELECT 1 FROM sync_change AS change WHERE kind = ?1 AND local = ?2 AND NOT EXISTS (
                     SELECT 1 FROM sync_record WHERE kind = ?1 AND local = ?2 AND revision = change.revision
                 )
             )",
        )?
        .query_row(params![kind.number(), local], |row| row.get(0))?)
}

pub(super) fn put(transaction: &Transaction<'_>, id: RecordId, content: &[u8]) -> Result<usize, VaultError> {
    Ok(transaction
        .prepare_cached(
            "INSERT INTO sync_base (id, content) VALUES (?1, ?2)
             ON CONFLICT (id) DO UPDATE SET content = excluded.content",
        )?
        .execute(params![id.0, content])?)
}

pub(super) fn of(connection: &Connection, id: RecordId) -> Result<Option<Vec<u8>>, VaultError> {
    Ok(connection
        .prepare_cached("SELECT content FROM sync_base WHERE id = ?1")?
        .query_row([id.0], |row| row.get(0))
        .optional()?)
}

pub(super) fn forget(transaction: &Transaction<'_>, id: RecordId) -> Result<(), VaultError> {
    transaction
        .prepare_cached("DELETE FROM sync_base WHERE id = ?1")?
        .execute([id.0])?;
    Ok(())
}

pub(super) fn forget_originals(transaction: &Transaction<'_>, id: RecordId) -> Result<(), VaultError> {
    transaction
        .prepare_cached("DELETE FROM sync_original WHERE id = ?1")?
        .execute([id.0])?;
    Ok(())
}

impl Vault {
    /// Both texts of an entry from before its last merge, as contents; `None` when there was none, or it is a month ago.
    ///
    /// # Errors
    /// What the database says.
    pub fn entry_originals(&self, id: EntryId) -> Result<Option<Originals>, VaultError> {
        originals(&self.connection, Kind::Entry, id.0)
    }

    /// The same of a run.
    ///
    /// # Errors
    /// What the database says.
    pub fn run_originals(&self, id: RunId) -> Result<Option<Originals>, VaultError> {
        originals(&self.connection, Kind::Run, id.0)
    }

    /// Forgets originals of merges from before a moment, also in the log.
    ///
    /// # Errors
    /// What the database says.
    pub fn forget_originals(&mut self, before: DateTime<Utc>) -> Result<(), VaultError> {
        let before = before.timestamp_millis();
        let any: bool = self
            .connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM sync_original WHERE merged_ms < ?1)")?
            .query_row([before], |row| row.get(0))?;
        if !any {
            return Ok(());
        }
        self.write(|transaction| {
            transaction.execute("DELETE FROM sync_original WHERE merged_ms < ?1", [before])?;
            Ok(())
        })?;
        self.empty_log()
    }
}

impl Syncing<'_> {
    /// Keeps both contents from before a merge.
    pub(super) fn put_originals(&mut self, id: RecordId, originals: &Originals) -> Result<(), VaultError> {
        put_originals(self.transaction, id, originals)
    }
}

fn put_originals(
    transaction: &Transaction<'_>,
    id: RecordId,
    originals: &Originals,
) -> Result<(), VaultError> {
    transaction
        .prepare_cached(
            "INSERT INTO sync_original (id, merged_ms, mine, theirs) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (id) DO UPDATE SET merged_ms = excluded.merged_ms, mine = excluded.mine,
                 theirs = excluded.theirs",
        )?
        .execute(params![
            id.0,
            originals.merged.timestamp_millis(),
            originals.mine,
            originals.theirs
        ])?;
    Ok(())
}

/// Keeps both contents from before an entry was brought together under the pen. One that no other device knows came from none.
pub(crate) fn keep_originals(
    transaction: &Transaction<'_>,
    entry: EntryId,
    originals: &Originals,
) -> Result<(), VaultError> {
    match record_of(transaction, entry)? {
        Some(id) => put_originals(transaction, id, originals),
        None => Ok(()),
    }
}

/// Under which record other devices know an entry.
pub(super) fn record_of(connection: &Connection, entry: EntryId) -> Result<Option<RecordId>, VaultError> {
    let record: Option<[u8; 16]> = connection
        .prepare_cached("SELECT id FROM sync_record WHERE kind = ?1 AND local = ?2")?
        .query_row(params![Kind::Entry.number(), Local::id(entry.0)], |row| {
            row.get(0)
        })
        .optional()?;
    Ok(record.map(RecordId))
}

fn originals(connection: &Connection, kind: Kind, id: Uuid) -> Result<Option<Originals>, VaultError> {
    let mut query = connection.prepare_cached(
        "SELECT merged_ms, mine, theirs FROM sync_original
         WHERE id = (SELECT id FROM sync_record WHERE kind = ?1 AND local = ?2)",
    )?;
    let mut rows = query.query_and_then(params![kind.number(), Local::id(id)], |row| {
        Ok(Originals {
            merged: time::utc(row.get(0)?)?,
            mine: row.get(1)?,
            theirs: row.get(2)?,
        })
    })?;
    rows.next().transpose()
}
