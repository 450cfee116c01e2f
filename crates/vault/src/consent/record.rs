//! The choices as a record that travels.

use regie_domain::consent::{Event, History, travels};
use rusqlite::{Connection, Transaction, params};

use super::{choices, moment};
use crate::{
    VaultError,
    sync::{Row, there},
};

/// The choices that travel.
pub(crate) fn read(connection: &Connection) -> Result<Row, VaultError> {
    there(&history(connection)?)
}

fn history(connection: &Connection) -> Result<History, VaultError> {
    let events = choices(connection)?.into_iter().map(|event| Event {
        purpose: event.purpose,
        purpose_version: event.purpose_version,
        statement_version: event.statement_version,
        given: event.given,
        at: event.at,
    });
    Ok(History::new(events))
}

/// Writes the choices about each purpose in their order: the last one holds. Those that stand as they stood stay; with
/// them the proofs that were given out on them.
pub(crate) fn write(transaction: &Transaction<'_>, history: &History) -> Result<(), VaultError> {
    let mut events = history.events();
    while let Some(first) = events.first() {
        let count = events.partition_point(|event| event.purpose <= first.purpose);
        let (of_purpose, rest) = events.split_at_checked(count).unwrap_or((events, &[]));
        write_purpose(transaction, &first.purpose, of_purpose)?;
        events = rest;
    }
    Ok(())
}

fn write_purpose(transaction: &Transaction<'_>, purpose: &str, events: &[Event]) -> Result<(), VaultError> {
    if !travels(purpose) {
        return Ok(());
    }
    let rows: Vec<(i64, Event)> = rows(transaction, purpose)?;
    let same = rows
        .iter()
        .zip(events)
        .take_while(|((_, row), event)| row == *event)
        .count();
    if let Some((seq, _)) = rows.get(same) {
        transaction.execute(
            "DELETE FROM consent_event WHERE purpose = ?1 AND seq >= ?2",
            params![purpose, seq],
        )?;
    }
    for event in events.iter().skip(same) {
        transaction
            .prepare_cached(
                "INSERT INTO consent_event (purpose, purpose_version, given, at, zone, statement_version)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                event.purpose,
                event.purpose_version,
                event.given,
                event.at.at.to_rfc3339(),
                event.at.zone,
                event.statement_version
            ])?;
    }
    Ok(())
}

/// As they travel: to the millisecond.
fn rows(transaction: &Transaction<'_>, purpose: &str) -> Result<Vec<(i64, Event)>, VaultError> {
    let mut query = transaction.prepare_cached(
        "SELECT seq, purpose_version, statement_version, given, at, zone FROM consent_event
         WHERE purpose = ?1 ORDER BY seq",
    )?;
    let rows = query.query_and_then([purpose], |row| {
        let at: String = row.get(4)?;
        let at = moment(&at).ok_or(VaultError::VaultDamaged)?;
        let event = Event {
            purpose: purpose.to_owned(),
            purpose_version: row.get(1)?,
            statement_version: row.get(2)?,
            given: row.get(3)?,
            at: regie_domain::moment::Moment {
                at,
                zone: row.get(5)?,
            },
        };
        let rounded = History::new([event]).events().first().cloned();
        Ok((row.get(0)?, rounded.ok_or(VaultError::VaultDamaged)?))
    })?;
    rows.collect()
}
