//! Checks in the vault: paused ones with their answers so far, and finished ones.

pub(crate) mod record;

use chrono::{DateTime, FixedOffset, Utc};
use regie_domain::{
    RunId,
    meter::{Answer, Answers, LONGEST_NOTE},
    moment::Moment,
    record::Kind,
    restriction::Use,
};
use regie_protocol::purpose::KeepOnDevice;
use rusqlite::{Connection, Row, Transaction, params};
use uuid::Uuid;

use crate::{
    Vault, VaultError,
    consent::Consent,
    restriction::usable,
    search,
    sync::{base, local::Local},
    time,
};

/// One taking of an instrument.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Which one.
    pub id: RunId,
    /// Id of the instrument.
    pub instrument: String,
    /// Version of the instrument.
    pub instrument_version: String,
    /// When it was begun.
    pub started: Moment,
    /// When it was finished; `None` while it is paused.
    pub finished: Option<Moment>,
    /// The statement at which the person is, from 0.
    pub position: u32,
    /// The person's own note.
    pub note: String,
    /// When answers or date were last put right.
    pub corrected: Option<DateTime<Utc>>,
    /// Answers so far.
    pub answers: Answers,
}

/// A finished taking as a trend needs it.
#[derive(Clone, Debug, PartialEq)]
pub struct Taken {
    /// When it was finished, as the clock there said.
    pub at: DateTime<FixedOffset>,
    /// What was answered.
    pub answers: Answers,
}

pub(crate) const COLUMNS: &str = "id, instrument, instrument_version, started_ms, started_offset_s, started_zone, \
                       finished_ms, finished_offset_s, finished_zone, position, note, corrected_ms";

impl Vault {
    /// Keeps a new run with the answers that it has: one that begins, or a whole one.
    ///
    /// # Errors
    /// [`VaultError::NoConsent`]; [`VaultError::TooLarge`]; what the database says.
    pub fn add_run(&mut self, consent: &Consent<KeepOnDevice>, run: &Run) -> Result<(), VaultError> {
        self.write(|transaction| {
            consent.check(transaction)?;
            put_run(transaction, run)
        })
    }

    /// Stores one answer and where the person goes on; durable when it returns.
    ///
    /// # Errors
    /// [`VaultError::NoConsent`]; [`VaultError::NotFound`] when the check is finished or gone.
    pub fn save_answer(
        &mut self,
        consent: &Consent<KeepOnDevice>,
        run: RunId,
        item: &str,
        answer: Answer,
        position: u32,
    ) -> Result<(), VaultError> {
        self.write(|transaction| {
            consent.check(transaction)?;
            keep_base(transaction, run)?;
            let open = transaction.execute(
                "UPDATE meter_run SET position = ?2 WHERE id = ?1 AND finished_ms IS NULL AND deleted_ms IS NULL",
                params![run.0.as_bytes(), position],
            )?;
            found(open)?;
            put_answer(transaction, run, item, answer)
        })
    }

    /// Finishes a paused check.
    ///
    /// # Errors
    /// [`VaultError::NoConsent`]; [`VaultError::NotFound`] when it is finished already or gone.
    pub fn finish_run(
        &mut self,
        consent: &Consent<KeepOnDevice>,
        run: RunId,
        finished: &Moment,
    ) -> Result<(), VaultError> {
        let (ms, offset_s) = time::columns(finished);
        self.write(|transaction| {
            consent.check(transaction)?;
            keep_base(transaction, run)?;
            found(transaction.execute(
                "UPDATE meter_run SET finished_ms = ?2, finished_offset_s = ?3, finished_zone = ?4
                 WHERE id = ?1 AND finished_ms IS NULL AND deleted_ms IS NULL",
                params![run.0.as_bytes(), ms, offset_s, finished.zone],
            )?)?;
            search::index_run(transaction, run)
        })
    }

    /// Changes the note on a finished check.
    ///
    /// # Errors
    /// [`VaultError::NoConsent`]; [`VaultError::NotFound`]; [`VaultError::TooLarge`].
    pub fn annotate_run(
        &mut self,
        consent: &Consent<KeepOnDevice>,
        run: RunId,
        note: &str,
    ) -> Result<(), VaultError> {
        if note.len() > LONGEST_NOTE {
            return Err(VaultError::TooLarge);
        }
        self.write(|transaction| {
            consent.check(transaction)?;
            keep_base(transaction, run)?;
            found(transaction.execute(
                "UPDATE meter_run SET note = ?2 WHERE id = ?1 AND finished_ms IS NOT NULL AND deleted_ms IS NULL",
                params![run.0.as_bytes(), note],
            )?)?;
            search::index_run(transaction, run)
        })
    }

    /// Puts answers and date of a finished check right, all in one transaction.
    ///
    /// # Errors
    /// [`VaultError::NoConsent`]; [`VaultError::NotFound`] when it is not finished, or gone.
    pub fn correct_run(
        &mut self,
        consent: &Consent<KeepOnDevice>,
        run: RunId,
        answers: &Answers,
        finished: &Moment,
        now: DateTime<Utc>,
    ) -> Result<(), VaultError> {
        let (ms, offset_s) = time::columns(finished);
        self.write(|transaction| {
            consent.check(transaction)?;
            keep_base(transaction, run)?;
            let (place, before_ms): (Option<i64>, i64) = transaction
                .prepare_cached(
                    "SELECT place, finished_ms FROM meter_run
                     WHERE id = ?1 AND finished_ms IS NOT NULL AND deleted_ms IS NULL",
                )?
                .query_row([run.0.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let moved = before_ms != ms;
            if let Some(place) = place
                && moved
            {
                // The place is the date: the index leads to the new one.
                search::remove(transaction, place)?;
            }
            transaction
                .prepare_cached(
                    "UPDATE meter_run SET finished_ms = ?2, finished_offset_s = ?3, finished_zone = ?4,
                         corrected_ms = ?5, place = CASE WHEN ?6 THEN NULL ELSE place END
                     WHERE id = ?1",
                )?
                .execute(params![
                    run.0.as_bytes(),
                    ms,
                    offset_s,
                    finished.zone,
                    now.timestamp_millis(),
                    moved
                ])?;
            transaction
                .prepare_cached("DELETE FROM meter_answer WHERE run_id = ?1")?
                .execute([run.0.as_bytes()])?;
            for (item, answer) in answers {
                put_answer(transaction, run, item, *answer)?;
            }
            search::index_run(transaction, run)
        })
    }

    /// Deletes a check so that it can still be taken back until [`Vault::finish_deletions`].
    ///
    /// # Errors
    /// [`VaultError::NotFound`] when there is none.
    pub fn delete_run(&mut self, run: RunId, now: DateTime<Utc>) -> Result<(), VaultError> {
        self.write(|transaction| {
            found(transaction.execute(
                "UPDATE meter_run SET deleted_ms = ?2 WHERE id = ?1 AND deleted_ms IS NULL",
                params![run.0.as_bytes(), now.timestamp_millis()],
            )?)?;
            search::index_run(transaction, run)
        })
    }

    /// Takes a deletion back.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] when it is gone for good.
    pub fn undelete_run(&mut self, run: RunId) -> Result<(), VaultError> {
        self.write(|transaction| {
            found(transaction.execute(
                "UPDATE meter_run SET deleted_ms = NULL WHERE id = ?1 AND deleted_ms IS NOT NULL",
                [run.0.as_bytes()],
            )?)?;
            search::index_run(transaction, run)
        })
    }

    /// One check with its answers.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] when there is none, or it is deleted.
    pub fn run(&self, id: RunId) -> Result<Run, VaultError> {
        run_of(&self.connection, id)
    }

    /// The check that was paused last, of those that may be offered.
    ///
    /// # Errors
    /// What the database says.
    pub fn paused_run(&self) -> Result<Option<Run>, VaultError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM meter_run WHERE finished_ms IS NULL AND deleted_ms IS NULL AND {}
             ORDER BY started_ms DESC LIMIT 1",
            usable(Use::Suggest, "id")
        );
        Ok(self.runs(&sql, [])?.pop())
    }

    /// Those that wait to be gone on with, the one begun last first.
    ///
    /// # Errors
    /// What the database says.
    pub fn paused_runs(&self) -> Result<Vec<Run>, VaultError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM meter_run WHERE finished_ms IS NULL AND deleted_ms IS NULL ORDER BY started_ms DESC"
        );
        self.runs(&sql, [])
    }

    /// Finished takings of an instrument between two moments (milliseconds since 1970, both included) that may be points of a
    /// trend, oldest first.
    ///
    /// # Errors
    /// What the database says.
    pub fn taken_between(
        &self,
        instrument: &str,
        version: &str,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Vec<Taken>, VaultError> {
        self.taken(
            &include_str!("../sql/taken_between.sql").replace("USABLE", &usable(Use::Trend, "run.id")),
            params![instrument, version, from_ms, to_ms],
        )
    }

    /// At most `limit` finished takings of an instrument before a moment (milliseconds since 1970) that others may be
    /// compared with, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub fn taken_before(
        &self,
        instrument: &str,
        version: &str,
        before_ms: i64,
        limit: u32,
    ) -> Result<Vec<Taken>, VaultError> {
        self.taken(
            &include_str!("../sql/taken_before.sql").replace("USABLE", &usable(Use::Compare, "id")),
            params![instrument, version, before_ms, limit],
        )
    }

    /// Names and versions of the instruments that have results for a trend, in order of their names.
    ///
    /// # Errors
    /// What the database says.
    pub fn instruments_taken(&self) -> Result<Vec<(String, String)>, VaultError> {
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT DISTINCT instrument, instrument_version FROM meter_run
             WHERE finished_ms IS NOT NULL AND deleted_ms IS NULL AND {} ORDER BY instrument, instrument_version",
            usable(Use::Trend, "id")
        ))?;
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// When the first and the newest result of a trend were finished, milliseconds since 1970; `None` without any.
    ///
    /// # Errors
    /// What the database says.
    pub fn span_of_results(&self) -> Result<Option<(i64, i64)>, VaultError> {
        let span: (Option<i64>, Option<i64>) = self
            .connection
            .prepare_cached(&format!(
                "SELECT min(finished_ms), max(finished_ms) FROM meter_run
                 WHERE finished_ms IS NOT NULL AND deleted_ms IS NULL AND {}",
                usable(Use::Trend, "id")
            ))?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(span.0.zip(span.1))
    }

    /// When an instrument was finished last, whatever its version; what is on hold tells nothing.
    ///
    /// # Errors
    /// What the database says.
    pub fn last_taken(&self, instrument: &str) -> Result<Option<DateTime<FixedOffset>>, VaultError> {
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT finished_ms, finished_offset_s FROM meter_run
             WHERE instrument = ?1 AND finished_ms IS NOT NULL AND deleted_ms IS NULL AND {}
             ORDER BY finished_ms DESC LIMIT 1",
            usable(Use::Remind, "id")
        ))?;
        let mut rows = query.query_and_then([instrument], |row| {
            Ok(time::moment(row.get(0)?, row.get(1)?, String::new())?.at)
        })?;
        rows.next().transpose()
    }

    /// The newest finished check that may be offered.
    ///
    /// # Errors
    /// What the database says.
    pub fn newest_run(&self) -> Result<Option<Run>, VaultError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM meter_run WHERE finished_ms IS NOT NULL AND deleted_ms IS NULL AND {}
             ORDER BY finished_ms DESC, id DESC LIMIT 1",
            usable(Use::Suggest, "id")
        );
        Ok(self.runs(&sql, [])?.pop())
    }

    /// Number of results that are on hold, each by itself.
    ///
    /// # Errors
    /// What the database says.
    pub fn results_on_hold(&self) -> Result<u32, VaultError> {
        let count = "SELECT count(*) FROM restriction JOIN meter_run ON meter_run.id = restriction.record
                     WHERE finished_ms IS NOT NULL AND deleted_ms IS NULL";
        Ok(self
            .connection
            .prepare_cached(count)?
            .query_row([], |row| row.get(0))?)
    }

    /// At most `limit` finished checks, newest first: of all, or of those that come after one in this order.
    ///
    /// # Errors
    /// What the database says.
    pub fn finished_runs(&self, after: Option<RunId>, limit: u32) -> Result<Vec<Run>, VaultError> {
        let rest = if after.is_some() {
            "AND (finished_ms, id) < (SELECT finished_ms, id FROM meter_run WHERE id = ?2)"
        } else {
            "AND ?2 IS NULL"
        };
        let sql = format!(
            "SELECT {COLUMNS} FROM meter_run WHERE finished_ms IS NOT NULL AND deleted_ms IS NULL {rest}
             ORDER BY finished_ms DESC, id DESC LIMIT ?1"
        );
        self.runs(&sql, params![limit, after.map(|run| *run.0.as_bytes())])
    }

    /// Checks that were finished from one moment up to another, in milliseconds since 1970, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub fn finished_runs_between(&self, from_ms: i64, to_ms: i64) -> Result<Vec<Run>, VaultError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM meter_run WHERE finished_ms BETWEEN ?1 AND ?2 AND deleted_ms IS NULL
             ORDER BY finished_ms DESC"
        );
        self.runs(&sql, [from_ms, to_ms])
    }

    /// Number of checks, paused ones included.
    ///
    /// # Errors
    /// What the database says.
    pub fn count_runs(&self) -> Result<u32, VaultError> {
        let count = "SELECT count(*) FROM meter_run WHERE deleted_ms IS NULL";
        Ok(self
            .connection
            .prepare_cached(count)?
            .query_row([], |row| row.get(0))?)
    }

    fn runs(&self, sql: &str, params: impl rusqlite::Params) -> Result<Vec<Run>, VaultError> {
        let mut query = self.connection.prepare_cached(sql)?;
        let rows = query.query_and_then(params, |row| whole_run(&self.connection, row))?;
        rows.collect()
    }

    /// Rows of finished_ms, finished_offset_s, item, value, those of one taking next to each other.
    fn taken(&self, sql: &str, params: impl rusqlite::Params) -> Result<Vec<Taken>, VaultError> {
        let mut query = self.connection.prepare_cached(sql)?;
        let mut rows = query.query(params)?;
        let mut all: Vec<Taken> = Vec::new();
        let mut last: Option<i64> = None;
        while let Some(row) = rows.next()? {
            let key: i64 = row.get(0)?;
            if last != Some(key) {
                last = Some(key);
                all.push(Taken {
                    at: time::moment(row.get(1)?, row.get(2)?, String::new())?.at,
                    answers: Answers::new(),
                });
            }
            let item: Option<String> = row.get(3)?;
            if let (Some(taken), Some(item)) = (all.last_mut(), item) {
                taken.answers.insert(item, answer(row.get(4)?));
            }
        }
        Ok(all)
    }
}

fn answers(connection: &Connection, run: RunId) -> Result<Answers, VaultError> {
    let mut query = connection.prepare_cached("SELECT item, value FROM meter_answer WHERE run_id = ?1")?;
    let rows = query.query_map([run.0.as_bytes()], |row| Ok((row.get(0)?, answer(row.get(1)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Adds a run that is not there yet.
pub(crate) fn put_run(transaction: &Transaction<'_>, run: &Run) -> Result<(), VaultError> {
    if run.note.len() > LONGEST_NOTE {
        return Err(VaultError::TooLarge);
    }
    let (started_ms, started_offset_s) = time::columns(&run.started);
    let finished = run.finished.as_ref().map(time::columns);
    transaction
        .prepare_cached(
            "INSERT INTO meter_run (
                 id, instrument, instrument_version, started_ms, started_offset_s, started_zone,
                 finished_ms, finished_offset_s, finished_zone, position, note, corrected_ms
             ) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
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
    for (item, answer) in &run.answers {
        put_answer(transaction, run.id, item, *answer)?;
    }
    base::added(transaction, Kind::Run, &Local::id(run.id.0))?;
    search::index_run(transaction, run.id)
}

/// As [`Vault::run`], within a transaction too.
pub(crate) fn run_of(connection: &Connection, id: RunId) -> Result<Run, VaultError> {
    let sql = format!("SELECT {COLUMNS} FROM meter_run WHERE id = ?1 AND deleted_ms IS NULL");
    let mut query = connection.prepare_cached(&sql)?;
    let mut rows = query.query_and_then([id.0.as_bytes()], |row| whole_run(connection, row))?;
    rows.next().unwrap_or(Err(VaultError::NotFound))
}

fn keep_base(transaction: &Transaction<'_>, run: RunId) -> Result<(), VaultError> {
    base::keep(transaction, Kind::Run, &Local::id(run.0))
}

fn put_answer(
    transaction: &Transaction<'_>,
    run: RunId,
    item: &str,
    answer: Answer,
) -> Result<(), VaultError> {
    let value = match answer {
        Answer::Value(value) => Some(value),
        Answer::Skipped => None,
    };
    transaction
        .prepare_cached(
            "INSERT INTO meter_answer (run_id, item, value) VALUES (?1, ?2, ?3)
             ON CONFLICT (run_id, item) DO UPDATE SET value = excluded.value",
        )?
        .execute(params![run.0.as_bytes(), item, value])?;
    Ok(())
}

fn answer(value: Option<u8>) -> Answer {
    value.map_or(Answer::Skipped, Answer::Value)
}

fn found(changed: usize) -> Result<(), VaultError> {
    if changed == 0 {
        Err(VaultError::NotFound)
    } else {
        Ok(())
    }
}

/// A row of [`COLUMNS`], with its answers.
pub(crate) fn whole_run(connection: &Connection, row: &Row<'_>) -> Result<Run, VaultError> {
    let finished: Option<i64> = row.get("finished_ms")?;
    let finished = finished
        .map(|ms| time::moment(ms, row.get("finished_offset_s")?, row.get("finished_zone")?))
        .transpose()?;
    let id = RunId(Uuid::from_bytes(row.get("id")?));
    Ok(Run {
        id,
        instrument: row.get("instrument")?,
        instrument_version: row.get("instrument_version")?,
        started: time::moment(
            row.get("started_ms")?,
            row.get("started_offset_s")?,
            row.get("started_zone")?,
        )?,
        finished,
        position: row.get("position")?,
        note: row.get("note")?,
        corrected: row
            .get::<_, Option<i64>>("corrected_ms")?
            .map(time::utc)
            .transpose()?,
        answers: answers(connection, id)?,
    })
}
