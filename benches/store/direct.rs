//! The baselines: the vault's schema, statements and settings on SQLCipher with a key, and on plain SQLite without
//! one, with nothing between them and rusqlite.
//!
//! The wiping of freed memory that SQLCipher was asked for holds for the whole process, so for the plain file too.

use std::path::Path;

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
const KEY: &str = "\
PRAGMA cipher_log_level = NONE;
PRAGMA cipher_memory_security = ON;
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
const STATEMENT_CACHE: usize = 64;

/// A database with nothing around it.
pub(super) struct Direct(Connection);

impl Direct {
    /// Makes a database with the corpus in it: one transaction an entry, as a life writes them.
    pub(super) fn fill(path: &Path, with_key: bool, corpus: &Corpus, ids: &[Uuid]) -> anyhow::Result<Self> {
        let mut filling = Self::open(path, with_key)?;
        for migration in MIGRATIONS {
            filling.0.execute_batch(migration)?;
        }
        // What is in the file is the same without waiting for the disk each time.
        filling.0.execute_batch("PRAGMA synchronous = OFF")?;
        for (text, id) in corpus.texts().iter().zip(ids) {
            filling.insert(*id, &Prepared::of(text))?;
        }
        filling.0.close().map_err(|(_, error)| error)?;
        place::sync(path)?;
        Self::open(path, with_key)
    }

    fn open(path: &Path, with_key: bool) -> anyhow::Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        if with_key {
            let key = if std::env::var("X").unwrap_or_default().contains('m') { KEY.replace("security = ON", "security = OFF") } else { KEY.to_owned() };
            connection.execute_batch(&key)?;
        }
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        if std::env::var("X").unwrap_or_default().contains('q') { connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?; }
        connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
        connection.execute_batch(SETTINGS)?;
        Ok(Self(connection))
    }

    fn insert(&mut self, id: Uuid, entry: &Prepared<'_>) -> anyhow::Result<()> {
        let written = &entry.text.written;
        let transaction = self
            .0
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
        let x = std::env::var("X").unwrap_or_default();
        if x.contains('d') {
            transaction.prepare_cached("DELETE FROM diary_search WHERE rowid = ?1")?.execute([seq])?;
        }
        if x.contains('s') {
            transaction.prepare_cached("INSERT INTO setting (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value")?.execute(["diary_place", "\"0123456789012345678901234567890123456789\""])?;
        }
        if x.contains('c') {
            for _ in 0..2 {
            let _r: Option<i64> = rusqlite::OptionalExtension::optional(transaction.prepare_cached("SELECT seq, given, purpose_version FROM consent_event WHERE purpose = ?1 ORDER BY seq DESC LIMIT 1")?.query_row(["x"], |r| r.get(0)))?;
            }
        }
        if x.contains('p') {
            let words = regie_domain::diary::plain_text(&entry.text.markdown);
            std::hint::black_box(regie_domain::diary::glance(&words));
        }
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
        let mut query = self.0.prepare_cached(NEWEST)?;
        let rows = query.query_map(params![i64::MAX, i64::MAX, 50], |row| <Row>::try_from(row))?;
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        Ok(std::hint::black_box(rows).len())
    }

    fn open_one(&mut self, id: Uuid) -> anyhow::Result<usize> {
        type Row = (i64, i32, String, i64, Option<i64>, String);
        let mut query = self.0.prepare_cached(OPEN_ONE)?;
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
        assert!(
            database.contains(
                "PRAGMA cipher_log_level = NONE; PRAGMA cipher_memory_security = ON; PRAGMA key = "
            )
        );
        assert!(database.contains(&format!(
            "set_prepared_statement_cache_capacity({STATEMENT_CACHE})"
        )));
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
