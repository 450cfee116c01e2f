//! The whole vault as it stood at one moment, for whoever takes it along while writing goes on.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use regie_domain::{EntryId, diary::Entry, restriction::Restriction};
use rusqlite::{Connection, params};
use uuid::Uuid;

use crate::{
    DATABASE, Vault, VaultError, attachment, database, diary,
    meter::{self, Run},
    restriction,
};

/// A state of the vault, read over a connection of its own. It ends by itself when the vault is closed: its key lives no
/// longer than that of the vault.
#[derive(Debug)]
pub struct Snapshot {
    connection: Arc<Mutex<Option<Connection>>>,
    folder: PathBuf,
}

/// The snapshot of a vault that may be in use.
#[derive(Debug, Default)]
pub(crate) struct Taken(Weak<Mutex<Option<Connection>>>);

impl Taken {
    fn is_read(&self) -> bool {
        self.0.strong_count() > 0
    }

    /// Closes its connection, which drops its key; whoever reads next is refused.
    pub(crate) fn end(&self) {
        if let Some(shared) = self.0.upgrade() {
            *shared.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }
}

/// Whoever drops a vault without closing it drops every key all the same.
impl Drop for Taken {
    fn drop(&mut self) {
        self.end();
    }
}

/// Entries or runs of these days (`yyyymmdd`), both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// The first.
    pub from: i32,
    /// The last.
    pub to: i32,
}

impl Default for Days {
    fn default() -> Self {
        Self {
            from: i32::MIN,
            to: i32::MAX,
        }
    }
}

/// Where the next page of runs begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunsFrom {
    /// Finished ones after this place, oldest first.
    Finished(i64),
    /// Paused ones after this row.
    Paused(i64),
}

const RUN_DAY: &str = "CAST(strftime('%Y%m%d', coalesce(finished_ms, started_ms) / 1000 + \
                       coalesce(finished_offset_s, started_offset_s), 'unixepoch') AS INTEGER)";

impl Vault {
    /// The vault as it is now. As long as it is held, what is deleted stays in the vault's log, and is emptied after.
    ///
    /// # Errors
    /// [`VaultError::VaultInUse`] while another one is held; what the database says.
    pub fn snapshot(&mut self) -> Result<Snapshot, VaultError> {
        if self.snapshot.is_read() {
            return Err(VaultError::VaultInUse);
        }
        let connection = database::open_to_read(&self.folder.join(DATABASE), &self.database_key)?;
        // The first read decides which state is seen.
        connection.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema;")?;
        let shared = Arc::new(Mutex::new(Some(connection)));
        self.snapshot = Taken(Arc::downgrade(&shared));
        Ok(Snapshot {
            connection: shared,
            folder: self.folder.clone(),
        })
    }

    /// How many entries and runs lie in these days.
    ///
    /// # Errors
    /// What the database says.
    pub fn count_days(&self, days: Days) -> Result<(u32, u32), VaultError> {
        count_days(&self.connection, days)
    }

    /// Moves the log into the database and empties it; as soon as nobody reads an earlier state any more.
    pub(crate) fn empty_log(&mut self) -> Result<(), VaultError> {
        self.log_waits = self.snapshot.is_read();
        if self.log_waits {
            return Ok(());
        }
        database::checkpoint(&self.connection)
    }

    /// Empties a log that had to wait.
    pub(crate) fn empty_log_at_last(&mut self) -> Result<(), VaultError> {
        if self.log_waits { self.empty_log() } else { Ok(()) }
    }

    pub(crate) fn is_read(&self) -> bool {
        self.snapshot.is_read()
    }
}

impl Snapshot {
    /// Ends it; also without, when the last one who holds it lets go.
    pub fn close(self) {}

    /// At most `limit` entries of these days behind a place, oldest first, each with its place; `i64::MIN` begins.
    ///
    /// # Errors
    /// [`VaultError::VaultInUse`] when the vault was closed meanwhile; what the database says.
    pub fn entries(&self, days: Days, after: i64, limit: u32) -> Result<Vec<(i64, Entry)>, VaultError> {
        self.read(|connection| {
            let mut query = connection.prepare_cached(include_str!("../sql/entries_along.sql"))?;
            let rows = query.query_and_then(params![after, days.from, days.to, limit], |row| {
                let id = EntryId(Uuid::from_bytes(row.get(1)?));
                let mut entry = diary::whole_entry(row, id, 2)?;
                entry.attachments = attachment::along::named(connection, id)?;
                Ok((row.get(0)?, entry))
            })?;
            rows.collect()
        })
    }

    /// At most `limit` runs of these days, finished ones by their dates, and then the paused ones; with where the next page
    /// begins. `RunsFrom::Finished(i64::MIN)` begins; an empty page of paused ones is the end.
    ///
    /// # Errors
    /// As [`Snapshot::entries`].
    pub fn runs(&self, days: Days, from: RunsFrom, limit: u32) -> Result<(Vec<Run>, RunsFrom), VaultError> {
        self.read(|connection| {
            let (sql, after) = runs_along(from);
            let mut query = connection.prepare_cached(&sql)?;
            let mut last = after;
            let rows = query.query_and_then(params![after, days.from, days.to, limit], |row| {
                last = row.get("key")?;
                meter::whole_run(connection, row)
            })?;
            let runs: Vec<Run> = rows.collect::<Result<_, VaultError>>()?;
            let next = match (from, runs.is_empty()) {
                (RunsFrom::Finished(_), true) => return Ok((runs, RunsFrom::Paused(i64::MIN))),
                (RunsFrom::Finished(_), false) => RunsFrom::Finished(last),
                (RunsFrom::Paused(_), _) => RunsFrom::Paused(last),
            };
            Ok((runs, next))
        })
    }

    /// How many entries and runs lie in these days.
    ///
    /// # Errors
    /// As [`Snapshot::entries`].
    pub fn counts(&self, days: Days) -> Result<(u32, u32), VaultError> {
        self.read(|connection| count_days(connection, days))
    }

    /// What is restricted: records by their marks, and everything as `None`.
    ///
    /// # Errors
    /// As [`Snapshot::entries`].
    pub fn restrictions(&self) -> Result<HashMap<Option<Uuid>, Restriction>, VaultError> {
        self.read(|connection| Ok(restriction::all(connection)?.into_iter().collect()))
    }

    pub(crate) fn attachment_file(&self, blob: [u8; 16]) -> PathBuf {
        attachment::file::path(&self.folder, blob)
    }

    pub(crate) fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        let held = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        work(held.as_ref().ok_or(VaultError::VaultInUse)?)
    }
}

fn runs_along(from: RunsFrom) -> (String, i64) {
    let columns = meter::COLUMNS;
    let (key, living, after) = match from {
        RunsFrom::Finished(place) => ("place", "finished_ms IS NOT NULL", place),
        RunsFrom::Paused(row) => ("rowid", "finished_ms IS NULL", row),
    };
    let sql = format!(
        "SELECT {columns}, {key} AS key FROM meter_run WHERE {key} > ?1 AND {living} AND deleted_ms IS NULL
         AND {RUN_DAY} BETWEEN ?2 AND ?3 ORDER BY {key} LIMIT ?4"
    );
    (sql, after)
}

fn count_days(connection: &Connection, days: Days) -> Result<(u32, u32), VaultError> {
    let entries = "SELECT count(*) FROM diary_entry WHERE deleted_ms IS NULL AND day BETWEEN ?1 AND ?2";
    let runs =
        format!("SELECT count(*) FROM meter_run WHERE deleted_ms IS NULL AND {RUN_DAY} BETWEEN ?1 AND ?2");
    let count = |sql: &str| connection.query_row(sql, [days.from, days.to], |row| row.get(0));
    Ok((count(entries)?, count(&runs)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::new_vault;

    #[test]
    fn a_page_is_read_from_where_the_last_one_ended_and_nothing_is_sorted() {
        let folder = tempfile::tempdir().expect("a folder");
        let vault = new_vault(&folder.path().join("vault"));
        let (finished, _) = runs_along(RunsFrom::Finished(0));
        let (paused, _) = runs_along(RunsFrom::Paused(0));
        for sql in [include_str!("../sql/entries_along.sql"), &finished, &paused] {
            let mut plan = vault
                .connection
                .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
                .expect("a plan");
            let steps = plan.query_map([0, 0, 0, 0], |row| row.get(3)).expect("steps");
            let steps: Vec<String> = steps.collect::<Result<_, _>>().expect("steps");
            assert!(
                steps.iter().all(|step| !step.contains("TEMP B-TREE")),
                "{steps:?}"
            );
        }
    }
}
