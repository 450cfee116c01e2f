//! Instruments that were brought along as a file.

pub(crate) mod record;

use regie_domain::moment::Moment;
use rusqlite::{Connection, Transaction, params};

use crate::{Vault, VaultError, time};

/// One of them, as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredInstrument {
    /// Permanent name.
    pub id: String,
    /// Version.
    pub version: String,
    /// When it was added.
    pub added: Moment,
    /// The file itself, checked before.
    pub file: String,
}

impl Vault {
    /// Keeps an instrument.
    ///
    /// # Errors
    /// What the database says, also when it is there already.
    pub fn add_instrument(&mut self, instrument: &StoredInstrument) -> Result<(), VaultError> {
        self.write(|transaction| put(transaction, instrument))
    }

    /// All of them, in the order in which they came.
    ///
    /// # Errors
    /// What the database says.
    pub fn instruments(&self) -> Result<Vec<StoredInstrument>, VaultError> {
        let mut query = self.connection.prepare_cached(
            "SELECT id, version, added_ms, added_offset_s, added_zone, file FROM instrument ORDER BY added_ms, rowid",
        )?;
        let rows = query.query_and_then([], |row| {
            Ok(StoredInstrument {
                id: row.get(0)?,
                version: row.get(1)?,
                added: time::moment(row.get(2)?, row.get(3)?, row.get(4)?)?,
                file: row.get(5)?,
            })
        })?;
        rows.collect()
    }

    /// Removes one.
    ///
    /// # Errors
    /// [`VaultError::NotFound`]; what the database says.
    pub fn remove_instrument(&mut self, id: &str, version: &str) -> Result<(), VaultError> {
        self.write(|transaction| {
            let removed = transaction.execute(
                "DELETE FROM instrument WHERE id = ?1 AND version = ?2",
                [id, version],
            )?;
            if removed == 0 {
                Err(VaultError::NotFound)
            } else {
                Ok(())
            }
        })
    }

    /// Number of runs that need an instrument, also deleted ones that can still come back.
    ///
    /// # Errors
    /// What the database says.
    pub fn count_runs_with(&self, id: &str, version: &str) -> Result<u32, VaultError> {
        Ok(self
            .connection
            .prepare_cached(
                "SELECT count(*) FROM meter_run WHERE instrument = ?1 AND instrument_version = ?2",
            )?
            .query_row([id, version], |row| row.get(0))?)
    }
}

pub(crate) fn put(transaction: &Transaction<'_>, instrument: &StoredInstrument) -> Result<(), VaultError> {
    let (added_ms, added_offset_s) = time::columns(&instrument.added);
    transaction.execute(
        "INSERT INTO instrument (id, version, added_ms, added_offset_s, added_zone, file)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            instrument.id,
            instrument.version,
            added_ms,
            added_offset_s,
            instrument.added.zone,
            instrument.file
        ],
    )?;
    Ok(())
}

/// Whether this version of it is here.
pub(crate) fn is_there(connection: &Connection, one: &StoredInstrument) -> Result<bool, VaultError> {
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM instrument WHERE id = ?1 AND version = ?2)")?
        .query_row([&one.id, &one.version], |row| row.get(0))?)
}

/// Removes one that no run needs.
pub(crate) fn remove_unused(
    transaction: &Transaction<'_>,
    id: &str,
    version: &str,
) -> Result<(), VaultError> {
    transaction.execute(
        "DELETE FROM instrument WHERE id = ?1 AND version = ?2
         AND NOT EXISTS (SELECT 1 FROM meter_run WHERE instrument = ?1 AND instrument_version = ?2)",
        [id, version],
    )?;
    Ok(())
}
