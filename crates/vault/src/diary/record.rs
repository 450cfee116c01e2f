//! An entry as a record that travels.

use std::borrow::Cow;

use regie_domain::{EntryId, diary::EntryRecord, search::Indexer};
use rusqlite::{Connection, OptionalExtension, Transaction};
use uuid::Uuid;

use super::{Prepared, entry_of};
use crate::{
    VaultError, restriction,
    sync::{Row, there},
};

/// The entry with this id, as it travels.
pub(crate) fn read(connection: &Connection, id: Uuid) -> Result<Row, VaultError> {
    let dying: Option<bool> = connection
        .prepare_cached("SELECT deleted_ms IS NOT NULL FROM diary_entry WHERE id = ?1")?
        .query_row([id.as_bytes()], |row| row.get(0))
        .optional()?;
    match dying {
        None => Ok(Row::Gone),
        Some(true) => Ok(Row::Dying),
        Some(false) => there(&EntryRecord::new(
            entry_of(connection, EntryId(id))?,
            restriction::of(connection, id.as_bytes())?,
        )),
    }
}

/// Writes it, whatever stood there; one that was being deleted is there again. The caret stays where it was.
pub(crate) fn write(
    transaction: &Transaction<'_>,
    record: EntryRecord,
    indexer: &mut Indexer,
) -> Result<(), VaultError> {
    let (mut entry, hold) = record.into_parts();
    let id = entry.id.0;
    entry.caret = transaction
        .prepare_cached("SELECT caret FROM diary_entry WHERE id = ?1")?
        .query_row([id.as_bytes()], |row| row.get::<_, Option<u32>>(0))
        .optional()?
        .flatten();
    transaction
        .prepare_cached("UPDATE diary_entry SET deleted_ms = NULL WHERE id = ?1 AND deleted_ms IS NOT NULL")?
        .execute([id.as_bytes()])?;
    Prepared::of(Cow::Owned(entry), indexer)?.put(transaction)?;
    restriction::hold(transaction, id.as_bytes(), hold.as_ref())
}
