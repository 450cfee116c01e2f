//! The baselines: the vault's schema, statements and settings on SQLCipher with a key, and on plain SQLite without
//! one, with nothing between them and rusqlite.

use std::path::{Path, PathBuf};

use anyhow::Context;
use regie_domain::diary::day_of;
use regie_vault::search;
use rusqlite::{
    Connection, OpenFlags, OptionalExtension, Row, Transaction, TransactionBehavior, config::DbConfig,
    named_params, params,
};
use uuid::Uuid;

use super::{Prepared, Store};
use crate::corpus::Corpus;
use crate::place;

const MIGRATIONS: &[&str] = &[
    include_str!("../../crates/vault/migrations/0001.sql"),
    include_str!("../../crates/vault/migrations/0002.sql"),
    include_str!("../../crates/vault/migrations/0003.sql"),
    include_str!("../../crates/vault/migrations/0004.sql"),
    include_str!("../../crates/vault/migrations/0005.sql"),
    include_str!("../../crates/vault/migrations/0006.sql"),
    include_str!("../../crates/vault/migrations/0007.sql"),
];
const ADD_ENTRY: &str = include_str!("../../crates/vault/sql/add_entry.sql");
const ADD_TO_SEARCH: &str = include_str!("../../crates/vault/sql/add_to_search.sql");
const OPEN_ONE: &str = include_str!("../../crates/vault/sql/open_entry.sql");
const SEARCH: &str = include_str!("../../crates/vault/sql/search.sql");
const FREE_PLACE: &str = "SELECT max(place) FROM diary_entry WHERE place BETWEEN ?1 AND ?2";
const GATHER: &str = "INSERT INTO search (search, rank) VALUES ('hashsize', ?1)";
const OPTIMIZE: &str = "INSERT INTO search (search) VALUES ('optimize')";
const KNOWN: &str = "SELECT place, written_ms, deleted_ms IS NOT NULL FROM diary_entry WHERE id = ?1";
const TAG: &str = "SELECT id FROM tag WHERE folded = ?1";
const ADD_TAG: &str = "INSERT INTO tag (name, folded) VALUES (?1, ?2)";
const TAG_ENTRY: &str = "INSERT INTO diary_tag (tag, place) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
const DELETE: &str =
    "UPDATE diary_entry SET deleted_ms = ?2 WHERE id = ?1 AND deleted_ms IS NULL RETURNING place";
const FORGET_WORDS: &str = "DELETE FROM search WHERE rowid = ?1";
const NEWEST: &str = "\
SELECT e.place, e.id, e.written_ms, e.written_offset_s, e.written_zone, e.edited_ms, e.mood, e.title, e.preview, \
    (SELECT group_concat(name, char(31)) FROM diary_tag JOIN tag ON tag.id = diary_tag.tag WHERE diary_tag.place = e.place) \
    AS tags \
FROM diary_entry AS e WHERE e.place > ?1 AND e.place < ?2 AND e.deleted_ms IS NULL ORDER BY e.place DESC LIMIT ?3";
const AT_PLACE: &str = "\
SELECT e.place, e.id, e.written_ms, e.written_offset_s, e.written_zone, e.edited_ms, e.mood, e.title, e.preview, \
    (SELECT group_concat(name, char(31)) FROM diary_tag JOIN tag ON tag.id = diary_tag.tag WHERE diary_tag.place = e.place) \
    AS tags, e.markdown FROM diary_entry AS e WHERE e.place = ?1 AND e.deleted_ms IS NULL";
const KEY: &str = "\
PRAGMA key = \"x'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'\";";
const SETTINGS: &str = "\
PRAGMA cache_size = -8192;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA fullfsync = ON;
PRAGMA checkpoint_fullfsync = ON;
PRAGMA secure_delete = ON;
PRAGMA temp_store = MEMORY;
PRAGMA foreign_keys = ON;
PRAGMA trusted_schema = OFF;
PRAGMA cell_size_check = ON;";

/// A row of the list.
type Listed = (
    i64,
    [u8; 16],
    i64,
    i32,
    String,
    i64,
    Option<u8>,
    String,
    String,
    Option<String>,
);

/// A database file with the corpus in it.
pub(crate) struct Filled {
    path: PathBuf,
    key: &'static str,
    ids: Vec<Uuid>,
}

/// A database with nothing around it.
pub(crate) struct Direct {
    connection: Connection,
    path: PathBuf,
    key: String,
    ids: Vec<Uuid>,
}

impl Filled {
    /// Writes the corpus, some entries a transaction, without waiting for the disk: the file comes out the same.
    pub(crate) fn make(path: &Path, with_key: bool, corpus: &Corpus) -> anyhow::Result<Self> {
        let key = if with_key { KEY } else { "" };
        let mut direct = Direct::make(path, key)?;
        direct.connection.execute_batch("PRAGMA synchronous = OFF")?;
        for texts in corpus.texts().chunks(crate::profile::AT_ONCE) {
            let entries: Vec<_> = texts.iter().map(Prepared::of).collect();
            direct.ids.extend(entries.iter().map(|entry| entry.id));
            direct.write(|transaction| {
                entries
                    .iter()
                    .try_for_each(|entry| insert(transaction, entry, true))
            })?;
        }
        direct.connection.close().map_err(|(_, error)| error)?;
        place::sync(path)?;
        Ok(Self {
            path: path.to_owned(),
            key,
            ids: direct.ids,
        })
    }

    /// Opens the file with the vault's settings.
    pub(crate) fn open(self) -> anyhow::Result<Direct> {
        let connected = Direct::connect(&self.path, self.key)?;
        Ok(Direct {
            ids: self.ids,
            ..connected
        })
    }
}

impl Direct {
    /// An empty database with a key.
    pub(super) fn empty(path: &Path) -> anyhow::Result<Self> {
        Self::make(path, KEY)
    }

    /// The database, for other statements than those here.
    pub(crate) fn into_connection(self) -> Connection {
        self.connection
    }

    fn make(path: &Path, key: &str) -> anyhow::Result<Self> {
        let direct = Self::connect(path, key)?;
        for migration in MIGRATIONS {
            direct.connection.execute_batch(migration)?;
        }
        Ok(direct)
    }

    fn connect(path: &Path, key: &str) -> anyhow::Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.execute_batch(key)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.set_prepared_statement_cache_capacity(64);
        search::add_relevance_to(&connection)?;
        connection.execute_batch(SETTINGS)?;
        Ok(Self {
            connection,
            path: path.to_owned(),
            key: key.to_owned(),
            ids: Vec::new(),
        })
    }

    /// All entries in one transaction, indexed by their words alone.
    pub(super) fn import(&mut self, entries: &[Prepared<'_>]) -> anyhow::Result<()> {
        self.write(|transaction| {
            let gather = |bytes: u32| transaction.prepare_cached(GATHER)?.execute([bytes]);
            gather(16 << 20)?;
            entries
                .iter()
                .try_for_each(|entry| insert(transaction, entry, false))?;
            gather(1 << 20)?;
            transaction.execute(OPTIMIZE, [])?;
            Ok(())
        })
    }

    fn write(&mut self, work: impl FnOnce(&Transaction<'_>) -> anyhow::Result<()>) -> anyhow::Result<()> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        work(&transaction)?;
        Ok(transaction.commit()?)
    }

    fn read(&self, id: &[u8]) -> anyhow::Result<usize> {
        type Opened = (
            i64,
            i32,
            String,
            i64,
            Option<i64>,
            Option<u8>,
            String,
            Option<String>,
            String,
        );
        let mut query = self.connection.prepare_cached(OPEN_ONE)?;
        let row = query.query_row([id], |row| <Opened>::try_from(row))?;
        Ok(std::hint::black_box(row).8.len())
    }
}

fn insert(transaction: &Transaction<'_>, entry: &Prepared<'_>, stems: bool) -> anyhow::Result<()> {
    let written = &entry.text.written;
    let first = written.at.timestamp_millis() << 16;
    let known = transaction.prepare_cached(KNOWN)?.exists([entry.id.as_bytes()])?;
    anyhow::ensure!(!known, "a new id");
    let greatest: Option<i64> = transaction
        .prepare_cached(FREE_PLACE)?
        .query_row([first, first + 8191], |row| row.get(0))?;
    let place = greatest.map_or(first, |place| place + 1);
    transaction.prepare_cached(ADD_ENTRY)?.execute(named_params! {
        ":place": place,
        ":id": entry.id.as_bytes(),
        ":written_ms": written.at.timestamp_millis(),
        ":written_offset_s": written.at.offset().local_minus_utc(),
        ":written_zone": written.zone,
        ":edited_ms": written.at.timestamp_millis(),
        ":caret": 0,
        ":day": day_of(written),
        ":mood": None::<u8>,
        ":own_title": entry.text.title,
        ":title": entry.glance.title,
        ":preview": entry.glance.preview,
        ":markdown": entry.text.markdown,
    })?;
    for tag in &entry.text.tags {
        let known = transaction
            .prepare_cached(TAG)?
            .query_row([tag], |row| row.get(0))
            .optional()?;
        let id: i64 = match known {
            Some(id) => id,
            None => transaction.prepare_cached(ADD_TAG)?.insert([tag, tag])?,
        };
        transaction.prepare_cached(TAG_ENTRY)?.execute([id, place])?;
    }
    let indexed = &entry.indexed;
    let stems = if stems { indexed.stems.as_str() } else { "" };
    transaction.prepare_cached(ADD_TO_SEARCH)?.execute(params![
        place,
        indexed.title,
        indexed.tags,
        indexed.words,
        stems
    ])?;
    Ok(())
}

impl Store for Direct {
    fn reopen(&mut self) -> anyhow::Result<()> {
        self.connection = Self::connect(&self.path, &self.key)?.connection;
        Ok(())
    }

    fn add(&mut self, entry: &Prepared<'_>) -> anyhow::Result<()> {
        self.write(|transaction| insert(transaction, entry, true))
    }

    fn newest50(&mut self) -> anyhow::Result<usize> {
        let mut query = self.connection.prepare_cached(NEWEST)?;
        let rows = query.query_map(params![i64::MIN, i64::MAX, 50], |row| <Listed>::try_from(row))?;
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        Ok(std::hint::black_box(rows).len())
    }

    fn entries(&self) -> usize {
        self.ids.len()
    }

    fn open_one(&mut self, at: usize) -> anyhow::Result<usize> {
        self.read(self.ids.get(at).context("no such entry")?.as_bytes())
    }

    /// The statements of the vault, for the first 50 hits.
    fn search(&mut self, query: &super::Sought) -> anyhow::Result<usize> {
        let mut search = self.connection.prepare_cached(SEARCH)?;
        let hits = search.query_map(params![query.fts5, i64::try_from(search::RANKED)? + 1], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, f64>(1)?))
        })?;
        let mut hits = hits.collect::<Result<Vec<_>, _>>()?;
        hits.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        let mut found = 0;
        for (place, _) in hits.iter().take(50) {
            let mut at_place = self.connection.prepare_cached(AT_PLACE)?;
            let read = |row: &Row<'_>| Ok((<Listed>::try_from(row)?, row.get::<_, String>(10)?));
            found += usize::from(
                !std::hint::black_box(at_place.query_row([place], read)?)
                    .1
                    .is_empty(),
            );
        }
        Ok(found)
    }

    fn delete(&mut self, at: usize) -> anyhow::Result<()> {
        let id = *self.ids.get(at).context("no such entry")?;
        self.write(|transaction| {
            let place: i64 = transaction
                .prepare_cached(DELETE)?
                .query_row(params![id.as_bytes(), 1], |row| row.get(0))?;
            transaction.prepare_cached(FORGET_WORDS)?.execute([place])?;
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn vault(file: &str) -> String {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../crates/vault")
            .join(file);
        in_one_line(&fs::read_to_string(path).expect("reads"))
    }

    /// Without the line breaks of a string that goes on over several lines.
    fn in_one_line(text: &str) -> String {
        let text = text.replace("\\\n", "\n");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn listed_columns(sql: &str) -> &str {
        let columns = sql
            .split_once("SELECT ")
            .and_then(|(_, rest)| rest.split_once(" FROM diary_entry AS e"));
        columns.expect("the columns").0
    }

    #[test]
    fn the_baseline_runs_the_statements_of_the_vault() {
        let vaults = vault("src/diary.rs") + &vault("src/place.rs") + &vault("src/search.rs");
        let columns = listed_columns(NEWEST);
        let at_place = AT_PLACE.split_once(columns).expect("the same columns").1;
        for statement in [
            FREE_PLACE,
            GATHER,
            OPTIMIZE,
            KNOWN,
            TAG,
            ADD_TAG,
            TAG_ENTRY,
            DELETE,
            FORGET_WORDS,
            at_place,
            columns,
        ] {
            assert!(vaults.contains(&in_one_line(statement)), "{statement}");
        }
        let database = vault("src/database.rs");
        assert!(database.contains(&in_one_line(SETTINGS)));
        let baseline = in_one_line(include_str!("direct.rs"));
        let configure = database.split_once("fn configure").expect("the settings").1;
        for setting in configure
            .split(';')
            .filter(|line| line.contains(" connection.set_"))
        {
            let (_, setting) = setting.split_once("connection.").expect("a call");
            assert!(baseline.contains(setting), "{setting}");
        }
    }

    #[test]
    fn the_baseline_has_every_migration_of_the_vault() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/vault/migrations");
        assert_eq!(fs::read_dir(folder).expect("reads").count(), MIGRATIONS.len());
    }
}
