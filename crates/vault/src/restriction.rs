//! What the person has put on hold, and the one condition by which queries leave it out.

pub(crate) mod record;

use regie_domain::{
    record::Kind,
    restriction::{LONGEST_REASON, Restriction, Use, may_use},
};
use rusqlite::{Connection, Row, Transaction, params};
use uuid::Uuid;

use crate::{
    Vault, VaultError,
    sync::{base, local::Local},
    time,
};

/// Stands for everything.
pub(crate) const ALL: &[u8] = &[];

impl Vault {
    /// Whether a record, or with `None` everything, is on hold.
    ///
    /// # Errors
    /// What the database says.
    pub fn restriction(&self, record: Option<Uuid>) -> Result<Option<Restriction>, VaultError> {
        of(&self.connection, mark(record.as_ref()))
    }

    /// All that is on hold, the newest first; `None` stands for everything.
    ///
    /// # Errors
    /// What the database says.
    pub fn restrictions(&self) -> Result<Vec<(Option<Uuid>, Restriction)>, VaultError> {
        all(&self.connection)
    }

    /// Puts a record, or with `None` everything, on hold; what is on hold already gets the new reason. It needs no
    /// consent: it takes uses away, and adds none.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] when there is no such record; [`VaultError::TooLarge`]; what the database says.
    pub fn restrict(&mut self, record: Option<Uuid>, restriction: &Restriction) -> Result<(), VaultError> {
        if restriction.reason.len() > LONGEST_REASON {
            return Err(VaultError::TooLarge);
        }
        self.write(|transaction| {
            if let Some(record) = record
                && !exists(transaction, record)?
            {
                return Err(VaultError::NotFound);
            }
            put(transaction, mark(record.as_ref()), restriction)
        })
    }

    /// Lifts it, and forgets the reason, also in the log; nothing happens when it is not on hold.
    ///
    /// # Errors
    /// What the database says.
    pub fn lift(&mut self, record: Option<Uuid>) -> Result<(), VaultError> {
        self.write(|transaction| forget(transaction, mark(record.as_ref())))?;
        self.empty_log()
    }

    /// Takes over what is on hold in the vault whose place this one takes. What was released there after a backup was made
    /// stays on hold here: that errs on the side of rest.
    ///
    /// # Errors
    /// What the database says.
    pub fn carry_restrictions(&mut self, from: &Self) -> Result<(), VaultError> {
        for (record, restriction) in from.restrictions()?.into_iter().rev() {
            match self.restrict(record, &restriction) {
                // The record came after the backup.
                Ok(()) | Err(VaultError::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Whether anything may be used for this at all.
    ///
    /// # Errors
    /// What the database says.
    pub fn may_use_anything(&self, what: Use) -> Result<bool, VaultError> {
        Ok(may_use(what, false, self.restriction(None)?.is_some()))
    }

    /// Whether a record may be used for this.
    ///
    /// # Errors
    /// What the database says.
    pub fn may_use(&self, what: Use, record: Uuid) -> Result<bool, VaultError> {
        let (one, all) = (self.restriction(Some(record))?, self.restriction(None)?);
        Ok(may_use(what, one.is_some(), all.is_some()))
    }
}

/// The condition under which a record may be used, for a query in which `id` is its id.
pub(crate) fn usable(what: Use, id: &str) -> String {
    let mut conditions = Vec::new();
    if !may_use(what, true, false) {
        conditions.push(format!("{id} NOT IN (SELECT record FROM restriction)"));
    }
    if !may_use(what, false, true) {
        conditions.push("NOT EXISTS (SELECT 1 FROM restriction WHERE record = x'')".to_owned());
    }
    if conditions.is_empty() {
        "TRUE".to_owned()
    } else {
        conditions.join(" AND ")
    }
}

/// Puts a record on hold, without asking whether it is there.
pub(crate) fn put(
    transaction: &Transaction<'_>,
    record: &[u8],
    restriction: &Restriction,
) -> Result<(), VaultError> {
    let (since_ms, since_offset_s) = time::columns(&restriction.since);
    keep_base(transaction, record)?;
    transaction
        .prepare_cached(
            "INSERT INTO restriction (record, since_ms, since_offset_s, since_zone, reason)
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (record) DO UPDATE SET reason = excluded.reason",
        )?
        .execute(params![
            record,
            since_ms,
            since_offset_s,
            restriction.since.zone,
            restriction.reason
        ])?;
    Ok(())
}

/// Puts a record on hold as another device has it, or releases it.
pub(crate) fn hold(
    transaction: &Transaction<'_>,
    record: &[u8],
    hold: Option<&Restriction>,
) -> Result<(), VaultError> {
    forget(transaction, record)?;
    hold.map_or(Ok(()), |hold| put(transaction, record, hold))
}

/// A record that goes leaves no mark of having been on hold.
pub(crate) fn forget(transaction: &Transaction<'_>, record: &[u8]) -> Result<(), VaultError> {
    keep_base(transaction, record)?;
    transaction
        .prepare_cached("DELETE FROM restriction WHERE record = ?1")?
        .execute([record])?;
    Ok(())
}

/// Whether something is on hold, by its mark.
pub(crate) fn of(connection: &Connection, record: &[u8]) -> Result<Option<Restriction>, VaultError> {
    let mut query = connection.prepare_cached(
        "SELECT since_ms, since_offset_s, since_zone, reason FROM restriction WHERE record = ?1",
    )?;
    let mut rows = query.query_and_then([record], restriction)?;
    rows.next().transpose()
}

/// Being on hold travels with the record that is.
fn keep_base(transaction: &Transaction<'_>, record: &[u8]) -> Result<(), VaultError> {
    let Ok(id) = Uuid::from_slice(record) else {
        return base::keep(transaction, Kind::Hold, &Local::only());
    };
    for kind in [Kind::Entry, Kind::Run] {
        base::keep(transaction, kind, &Local::id(id))?;
    }
    Ok(())
}

fn mark(record: Option<&Uuid>) -> &[u8] {
    record.map_or(ALL, |record| record.as_bytes())
}

fn exists(connection: &Connection, record: Uuid) -> Result<bool, VaultError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM diary_entry WHERE id = ?1 AND deleted_ms IS NULL)
                   OR EXISTS (SELECT 1 FROM meter_run WHERE id = ?1 AND deleted_ms IS NULL)";
    Ok(connection
        .prepare_cached(sql)?
        .query_row([record.as_bytes()], |row| row.get(0))?)
}

/// As [`Vault::restrictions`].
pub(crate) fn all(connection: &Connection) -> Result<Vec<(Option<Uuid>, Restriction)>, VaultError> {
    let mut query = connection.prepare_cached(
        "SELECT since_ms, since_offset_s, since_zone, reason, record FROM restriction ORDER BY seq DESC",
    )?;
    let rows = query.query_and_then([], |row| {
        let record: Vec<u8> = row.get(4)?;
        let record = match record.as_slice() {
            [] => None,
            bytes => Some(Uuid::from_slice(bytes).map_err(|_| VaultError::VaultDamaged)?),
        };
        Ok((record, restriction(row)?))
    })?;
    rows.collect()
}

fn restriction(row: &Row<'_>) -> Result<Restriction, VaultError> {
    Ok(Restriction {
        since: time::moment(row.get(0)?, row.get(1)?, row.get(2)?)?,
        reason: row.get(3)?,
    })
}
