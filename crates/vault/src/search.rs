//! The search index: diary entries and the notes on checks, in the order of their dates.

pub(crate) mod behind;
mod relevance;

use regie_domain::{
    RunId,
    search::{Indexed, Query},
};
use rusqlite::{Connection, OptionalExtension, Transaction, named_params, params};
use uuid::Uuid;

use crate::{
    Vault, VaultError,
    diary::{self, ListedEntry},
    place::{self, Kind},
    settings::{self, Setting},
};

pub use relevance::add_to as add_relevance_to;

/// So many hits are ranked; of more, the newest ones.
pub const RANKED: usize = 2000;
/// Counts up with the rules by which text is indexed: an index of other rules is made anew.
pub(crate) const RULES: u32 = 3;

/// FTS5's own default, in bytes.
const GATHERED: u32 = 1 << 20;
const GATHERED_IN_BULK: u32 = 16 << 20;
/// Fewer records than this are written as they come: each time that the index becomes one piece, later saves merge further.
const BULK: usize = 2_000;
/// Making one piece of the index takes about this part of the time that writing it takes.
const GOOD_PART: u32 = 8;

/// What a search found, most relevant first.
#[derive(Clone, Debug, PartialEq)]
pub struct Hits {
    /// Where they are.
    pub places: Vec<i64>,
    /// Number of hits that were ranked; at most [`RANKED`].
    pub ranked: usize,
    /// There are older hits that were not looked at.
    pub older: bool,
}

/// A record that a search leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A diary entry, with its Markdown.
    Entry(ListedEntry, String),
    /// A finished run with a note.
    Run(RunId),
}

impl Vault {
    /// Hits of a query, most relevant first; equally relevant ones newest first.
    ///
    /// # Errors
    /// What the database says.
    pub fn search(&self, query: &Query) -> Result<Hits, VaultError> {
        find(&self.connection, query)
    }

    /// What lies at these places, without what is gone.
    ///
    /// # Errors
    /// What the database says.
    pub fn targets(&self, places: &[i64]) -> Result<Vec<Target>, VaultError> {
        // Prepared once: to look a statement up takes a good part of what it takes to run it.
        let mut entries = self.entries_at()?;
        let mut runs = self
            .connection
            .prepare_cached("SELECT id FROM meter_run WHERE place = ?1 AND deleted_ms IS NULL")?;
        let mut targets = Vec::with_capacity(places.len());
        for place in places {
            targets.extend(match Kind::at(*place) {
                Some(Kind::Entry) => entries
                    .at(*place)?
                    .map(|(entry, markdown)| Target::Entry(entry, markdown)),
                Some(Kind::Run) => runs
                    .query_row([place], |row| {
                        Ok(Target::Run(RunId(Uuid::from_bytes(row.get(0)?))))
                    })
                    .optional()?,
                None => None,
            });
        }
        Ok(targets)
    }
}

/// As [`Vault::search`], on a connection with [`add_relevance_to`].
///
/// # Errors
/// What the database says.
pub fn find(connection: &Connection, query: &Query) -> Result<Hits, VaultError> {
    let longer = query.longer_beginning();
    let sql = if longer.is_some() {
        include_str!("../sql/search_longer.sql")
    } else {
        include_str!("../sql/search.sql")
    };
    let limit = i64::try_from(RANKED + 1).unwrap_or(i64::MAX);
    let mut search = connection.prepare_cached(sql)?;
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, f64>(1)?));
    let mut hits: Vec<(i64, f64)> = match longer {
        None => search
            .query_map(params![query.to_fts5(), limit], read)?
            .collect::<Result<_, _>>()?,
        Some(longer) => {
            let mut forms = query.longer_forms().into_iter().map(|form| format!(" {form} "));
            let mut form = || forms.next().unwrap_or_else(|| "\u{0}".into());
            search
                .query_map(
                    named_params! {
                        ":query": query.to_fts5(),
                        ":limit": limit,
                        ":beginning": format!(" {longer}"),
                        ":form1": form(),
                        ":form2": form(),
                        ":form3": form(),
                        ":form4": form(),
                    },
                    read,
                )?
                .collect::<Result<_, _>>()?
        }
    };
    let older = hits.len() > RANKED;
    hits.truncate(RANKED);
    // Stable: hits come newest first.
    hits.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    Ok(Hits {
        ranked: hits.len(),
        places: hits.into_iter().map(|(place, _)| place).collect(),
        older,
    })
}

/// Puts a record into the index.
pub(crate) fn add(connection: &Connection, place: i64, indexed: &Indexed) -> Result<(), VaultError> {
    connection
        .prepare_cached(include_str!("../sql/add_to_search.sql"))?
        .execute(params![
            place,
            indexed.title,
            indexed.tags,
            indexed.words,
            indexed.stems
        ])?;
    Ok(())
}

/// Takes a record out of the index; nothing happens when it is not there.
pub(crate) fn remove(connection: &Connection, place: i64) -> Result<(), VaultError> {
    connection
        .prepare_cached("DELETE FROM search WHERE rowid = ?1")?
        .execute([place])?;
    Ok(())
}

/// Writes so many records to the index in one go. When they are a good part of it, more is gathered in memory before it
/// is written out, and at the end all becomes one piece: merging large pieces later would make a single save wait.
pub(crate) fn in_bulk<T>(
    transaction: &Transaction<'_>,
    records: usize,
    work: impl FnOnce() -> Result<T, VaultError>,
) -> Result<T, VaultError> {
    if records < BULK {
        return work();
    }
    let all: u32 = transaction
        .prepare_cached("SELECT count(*) FROM diary_entry")?
        .query_row([], |row| row.get(0))?;
    if u32::try_from(records).is_ok_and(|records| records < all / GOOD_PART) {
        return work();
    }
    gather(transaction, GATHERED_IN_BULK)?;
    let done = work()?;
    gather(transaction, GATHERED)?;
    transaction.execute("INSERT INTO search (search) VALUES ('optimize')", [])?;
    Ok(done)
}

/// So many bytes are gathered in memory from now on before they are written out.
fn gather(transaction: &Transaction<'_>, bytes: u32) -> Result<(), VaultError> {
    transaction
        .prepare_cached("INSERT INTO search (search, rank) VALUES ('hashsize', ?1)")?
        .execute([bytes])?;
    Ok(())
}

/// Brings the index in line with a run as it stands now. To be called in each transaction that finishes a run, changes its
/// note, deletes it or takes that back.
pub(crate) fn index_run(transaction: &Transaction<'_>, run: RunId) -> Result<(), VaultError> {
    let sql = "SELECT place, finished_ms, note FROM meter_run WHERE id = ?1 AND finished_ms IS NOT NULL";
    let found: Option<(Option<i64>, i64, String)> = transaction
        .prepare_cached(sql)?
        .query_row([run.0.as_bytes()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let Some((place, finished_ms, note)) = found else {
        return Ok(());
    };
    let place = match place {
        Some(place) => place,
        None => {
            let place = place::free(transaction, Kind::Run, finished_ms)?;
            transaction
                .prepare_cached("UPDATE meter_run SET place = ?2 WHERE id = ?1")?
                .execute(params![run.0.as_bytes(), place])?;
            place
        }
    };
    remove(transaction, place)?;
    let deleted: bool = transaction
        .prepare_cached("SELECT deleted_ms IS NOT NULL FROM meter_run WHERE id = ?1")?
        .query_row([run.0.as_bytes()], |row| row.get(0))?;
    if deleted || note.trim().is_empty() {
        return Ok(());
    }
    add(transaction, place, &Indexed::of("", &[], &note))
}

/// Whether the index was made by other rules than today's.
pub(crate) fn is_stale(connection: &Connection) -> Result<bool, VaultError> {
    Ok(settings::get::<u32>(connection, Setting::SearchRules)? != Some(RULES))
}

/// Makes the whole index anew.
pub(crate) fn make_anew(transaction: &Transaction<'_>) -> Result<(), VaultError> {
    // Row by row each word would be looked up and taken out.
    let schema: String =
        transaction.query_row("SELECT sql FROM sqlite_schema WHERE name = 'search'", [], |row| {
            row.get(0)
        })?;
    transaction.execute_batch("DROP TABLE search")?;
    transaction.execute_batch(&schema)?;
    transaction.execute(
        "INSERT INTO search (search, rank) VALUES ('secure-delete', 1)",
        [],
    )?;
    let all = |sql: &str| -> Result<Vec<rusqlite::types::Value>, VaultError> {
        let mut query = transaction.prepare(sql)?;
        let rows = query.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    };
    in_bulk(transaction, usize::MAX, || {
        for place in all("SELECT place FROM diary_entry WHERE deleted_ms IS NULL ORDER BY place")? {
            if let rusqlite::types::Value::Integer(place) = place {
                diary::index_again(transaction, place)?;
            }
        }
        for id in all("SELECT id FROM meter_run WHERE finished_ms IS NOT NULL ORDER BY finished_ms")? {
            if let rusqlite::types::Value::Blob(id) = id {
                let id = Uuid::from_slice(&id).map_err(|_| VaultError::VaultDamaged)?;
                index_run(transaction, RunId(id))?;
            }
        }
        Ok(())
    })?;
    behind::is_made_anew(transaction)?;
    settings::put(transaction, Setting::SearchRules, &RULES)
}
