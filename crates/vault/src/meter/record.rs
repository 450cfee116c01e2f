//! A run as a record that travels.

use regie_domain::{RunId, meter::RunRecord};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use uuid::Uuid;

use super::{Run, put_answer, put_run, run_of};
use crate::{
    VaultError, restriction, search,
    sync::{Row, there},
    time,
};

/// The run with this id, as it travels.
pub(crate) fn read(connection: &Connection, id: Uuid) -> Result<Row, VaultError> {
    let dying: Option<bool> = connection
        .prepare_cached("SELECT deleted_ms IS NOT NULL FROM meter_run WHERE id = ?1")?
        .query_row([id.as_bytes()], |row| row.get(0))
        .optional()?;
    match dying {
        None => Ok(Row::Gone),
        Some(true) => Ok(Row::Dying),
        Some(false) => {
            let run = run_of(connection, RunId(id))?;
            let record = RunRecord {
                id: run.id,
                instrument: run.instrument,
                instrument_version: run.instrument_version,
                started: run.started,
                finished: run.finished,
                position: run.position,
                note: run.note,
                corrected: run.corrected,
                answers: run.answers,
                hold: restriction::of(connection, id.as_bytes())?,
            };
            there(&record.rounded())
        }
    }
}

/// Writes it, whatever stood there; one that was being deleted is there again.
pub(crate) fn write(transaction: &Transaction<'_>, record: RunRecord) -> Result<(), VaultError> {
    let hold = record.hold;
    let run = Run {
        id: record.id,
        instrument: record.instrument,
        instrument_version: record.instrument_version,
        started: record.started,
        finished: record.finished,
        position: record.position,
        note: record.note,
        corrected: record.corrected,
        answers: record.answers,
    };
    let place: Option<Option<i64>> = transaction
        .prepare_cached("SELECT place FROM meter_run WHERE id = ?1")?
        .query_row([run.id.0.as_bytes()], |row| row.get(0))
        .optional()?;
    match place {
        None => put_run(transaction, &run)?,
        Some(place) => {
            // The place is the date: the index leads to the one that it gets.
            if let Some(place) = place {
                search::remove(transaction, place)?;
            }
            replace(transaction, &run)?;
        }
    }
    restriction::hold(transaction, run.id.0.as_bytes(), hold.as_ref())
}

fn replace(transaction: &Transaction<'_>, run: &Run) -> Result<(), VaultError> {
    let (started_ms, started_offset_s) = time::columns(&run.started);
    let finished = run.finished.as_ref().map(time::columns);
    transaction
        .prepare_cached(
            "UPDATE meter_run SET instrument = ?2, instrument_version = ?3, started_ms = ?4, started_offset_s = ?5,
                 started_zone = ?6, finished_ms = ?7, finished_offset_s = ?8, finished_zone = ?9, position = ?10,
                 note = ?11, corrected_ms = ?12, deleted_ms = NULL, place = NULL
             WHERE id = ?1",
        )?
        .execute(params![
            run.id.0.as_bytes(),
            run.instrument,
            run.instrument_version,
            started_ms,
            started_offset_s,
            run.started.zone,
            finished.map(|(ms, _)| ms),
            finished.map(|(_, offset_s)| offset_s),
            run.finished.as_ref().map(|moment| &moment.zone),
            run.position,
            run.note,
            run.corrected.map(|at| at.timestamp_millis())
        ])?;
    transaction
        .prepare_cached("DELETE FROM meter_answer WHERE run_id = ?1")?
        .execute([run.id.0.as_bytes()])?;
    for (item, answer) in &run.answers {
        put_answer(transaction, run.id, item, *answer)?;
    }
    search::index_run(transaction, run.id)
}
