//! An entry as a record that travels.

use std::borrow::Cow;

use regie_domain::{EntryId, diary::EntryRecord, search::Indexer};
use rusqlite::{Connection, OptionalExtension, Transaction};
use uuid::Uuid;

use super::{Prepared, whole_entry};
use crate::{
    VaultError, attachment, restriction,
    sync::{Row, there},
};

/// The entry with this id, as it travels.
pub(crate) fn read(connection: &Connection, id: Uuid) -> Result<Row, VaultError> {
    let mut query = connection.prepare_cached(include_str!("../../sql/entry_that_travels.sql"))?;
    let mut rows = query.query([id.as_bytes()])?;
    let Some(row) = rows.next()? else {
        return Ok(Row::Gone);
    };
    let (dying, names, is_held): (bool, bool, bool) = (row.get(0)?, row.get(1)?, row.get(2)?);
    if dying {
        return Ok(Row::Dying);
    }
    let mut entry = whole_entry(row, EntryId(id), 3)?;
    if names {
        // What can still be taken back counts as named.
        entry.attachments = attachment::named(connection, EntryId(id), true)?;
    }
    let hold = match is_held {
        true => restriction::of(connection, id.as_bytes())?,
        false => None,
    };
    there(&EntryRecord::new(entry, hold))
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
    let (id, named) = (entry.id, std::mem::take(&mut entry.attachments));
    Prepared::of(Cow::Owned(entry), indexer)?.put(transaction)?;
    attachment::set_named(transaction, id, &named)?;
    restriction::hold(transaction, id.0.as_bytes(), hold.as_ref())
}
