//! The baselines: the vault's schema, statements and settings on SQLCipher with a key, and on plain SQLite without
//! one, with nothing between them and rusqlite.

use std::path::{Path, PathBuf};

use anyhow::Context;
use rusqlite::{Connection, OpenFlags, config::DbConfig, named_params, params};
use uuid::Uuid;

use super::{Prepared, Store};
use crate::corpus::Corpus;
use crate::place;

const MIGRATIONS: &[&str] = &[include_str!("../../crates/vault/migrations/0001.sql")];
const SAVE_ENTRY: &str = include_str!("../../crates/vault/sql/save_entry.sql");
const ADD_WORDS: &str = "INSERT INTO diary_search (rowid, words) VALUES (?1, ?2)";
const NEWEST: &str = "\
SELECT seq, id, written_ms, written_offset_s, written_zone, edited_ms, title, preview FROM diary_entry
WHERE deleted_ms IS NULL AND (written_ms, seq) < (?1, ?2)
ORDER BY written_ms DESC, seq DESC LIMIT ?3";
const OPEN_ONE: &str = "\
SELECT written_ms, written_offset_s, written_zone, edited_ms, caret, markdown
FROM diary_entry WHERE id = ?1 AND deleted_ms IS NULL";
const GUARD: &str = "PRAGMA cipher_log_level = NONE; PRAGMA cipher_memory_security = ON;";
const KEY: &str = "\
PRAGMA key = \"x'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'\";";
const SETTINGS: &str = "\
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA fullfsync = ON;
PRAGMA checkpoint_fullfsync = ON;
PRAGMA secure_delete = ON;
PRAGMA temp_store = MEMORY;
PRAGMA foreign_keys = ON;
PRAGMA trusted_schema = OFF;
PRAGMA cell_size_check = ON;";

/// A database file with the corpus in it.
pub(super) struct Filled {
    path: PathBuf,
    with_key: bool,
    ids: Vec<Uuid>,
}

/// A database with nothing around it.
pub(super) struct Direct {
    connection: Connection,
    ids: Vec<Uuid>,
}

impl Filled {
    /// Writes the corpus: one transaction an entry, as a life writes them. The file comes out the same without
    /// waiting for the disk and guarding memory each time.
    pub(super) fn make(path: &Path, with_key: bool, corpus: &Corpus) -> anyhow::Result<Self> {
        let mut direct = Direct::connect(path, if with_key { KEY } else { "" })?;
        for migration in MIGRATIONS {
            direct.connection.execute_batch(migration)?;
        }
        direct.connection.execute_batch("PRAGMA synchronous = OFF")?;
        for text in corpus.texts() {
            let id = Uuid::now_v7();
            direct.insert(id, &Prepared::of(text))?;
            direct.ids.push(id);
        }
        direct.connection.close().map_err(|(_, error)| error)?;
        place::sync(path)?;
        Ok(Self {
            path: path.to_owned(),
            with_key,
            ids: direct.ids,
        })
    }

    /// Opens the file with the vault's settings.
    pub(super) fn open(self) -> anyhow::Result<Direct> {
        let key = if self.with_key {
            format!("{GUARD}{KEY}")
        } else {
            String::new()
        };
        let connected = Direct::connect(&self.path, &key)?;
        Ok(Direct {
            ids: self.ids,
            ..connected
        })
    }
}

impl Direct {
    fn connect(path: &Path, key: &str) -> anyhow::Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.execute_batch(key)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.set_prepared_statement_cache_capacity(64);
        connection.execute_batch(SETTINGS)?;
        Ok(Self {
            connection,
            ids: Vec::new(),
        })
    }

    fn insert(&mut self, id: Uuid, entry: &Prepared<'_>) -> anyhow::Result<()> {
        let written = &entry.text.written;
        let transaction = self
            .connection
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let seq: i64 = transaction.prepare_cached(SAVE_ENTRY)?.query_row(
            named_params! {
                ":id": id.as_bytes(),
                ":written_ms": written.at.timestamp_millis(),
                ":written_offset_s": written.at.offset().local_minus_utc(),
                ":written_zone": written.zone,
                ":edited_ms": written.at.timestamp_millis(),
                ":caret": 0,
                ":title": entry.glance.title,
                ":preview": entry.glance.preview,
                ":markdown": entry.text.markdown,
            },
            |row| row.get(0),
        )?;
        transaction
            .prepare_cached(ADD_WORDS)?
            .execute(params![seq, entry.words])?;
        Ok(transaction.commit()?)
    }
}

impl Store for Direct {
    fn add(&mut self, entry: &Prepared<'_>) -> anyhow::Result<()> {
        self.insert(Uuid::now_v7(), entry)
    }

    fn newest50(&mut self) -> anyhow::Result<usize> {
        type Row = (i64, [u8; 16], i64, i32, String, i64, String, String);
        let mut query = self.connection.prepare_cached(NEWEST)?;
        let rows = query.query_map(params![i64::MAX, i64::MAX, 50], |row| <Row>::try_from(row))?;
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        Ok(std::hint::black_box(rows).len())
    }

    fn entries(&self) -> usize {
        self.ids.len()
    }

    fn open_one(&mut self, at: usize) -> anyhow::Result<usize> {
        type Row = (i64, i32, String, i64, Option<i64>, String);
        let id = self.ids.get(at).context("no such entry")?;
        let mut query = self.connection.prepare_cached(OPEN_ONE)?;
        let row = query.query_row([id.as_bytes()], |row| <Row>::try_from(row))?;
        Ok(std::hint::black_box(row).5.len())
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

    fn in_one_line(text: &str) -> String {
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_baseline_runs_the_statements_of_the_vault() {
        let diary = vault("src/diary.rs").replace("{LISTED}", listed(&vault("src/diary.rs")));
        for statement in [ADD_WORDS, NEWEST, OPEN_ONE] {
            assert!(diary.contains(&in_one_line(statement)), "{statement}");
        }
        let database = vault("src/database.rs");
        assert!(database.contains(&in_one_line(SETTINGS)));
        assert!(database.contains(&format!("{GUARD} PRAGMA key = ")));
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

    fn listed(diary: &str) -> &str {
        let (_, rest) = diary.split_once("const LISTED: &str = \"").expect("the columns");
        rest.split_once('"').expect("their end").0
    }
}
