//! An instrument as a record that travels.

use regie_domain::meter::InstrumentRecord;
use rusqlite::{Connection, Transaction};

use super::{StoredInstrument, put};
use crate::{
    VaultError,
    sync::{Row, there},
    time,
};

/// A version of an instrument, as it travels.
pub(crate) fn read(connection: &Connection, id: &str, version: &str) -> Result<Row, VaultError> {
    let mut query = connection.prepare_cached(
        "SELECT added_ms, added_offset_s, added_zone, file FROM instrument WHERE id = ?1 AND version = ?2",
    )?;
    let mut rows = query.query_and_then([id, version], |row| {
        there(&InstrumentRecord {
            id: id.to_owned(),
            version: version.to_owned(),
            added: time::moment(row.get(0)?, row.get(1)?, row.get(2)?)?,
            file: row.get(3)?,
        })
    })?;
    rows.next().unwrap_or(Ok(Row::Gone))
}

/// Writes it, whatever stood there.
pub(crate) fn write(transaction: &Transaction<'_>, one: InstrumentRecord) -> Result<(), VaultError> {
    transaction.execute(
        "DELETE FROM instrument WHERE id = ?1 AND version = ?2",
        [&one.id, &one.version],
    )?;
    put(
        transaction,
        &StoredInstrument {
            id: one.id,
            version: one.version,
            added: one.added,
            file: one.file,
        },
    )
}
