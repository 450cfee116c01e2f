//! Numbered migrations, the same for both engines but for the names of types. A shipped one is never edited.

use super::tx::{Row, Tx, values};
use super::{AccountId, Head, StoreError, chain};

/// For SQLite.
pub(crate) const SQLITE: &[&str] = &[
    include_str!("../../migrations/sqlite/0001.sql"),
    include_str!("../../migrations/sqlite/0002.sql"),
    include_str!("../../migrations/sqlite/0003.sql"),
    include_str!("../../migrations/sqlite/0004.sql"),
];
/// For PostgreSQL.
pub(crate) const POSTGRES: &[&str] = &[
    include_str!("../../migrations/postgres/0001.sql"),
    include_str!("../../migrations/postgres/0002.sql"),
    include_str!("../../migrations/postgres/0003.sql"),
    include_str!("../../migrations/postgres/0004.sql"),
];
/// Since when accounts have heads, and how an epoch's header was hashed then.
const HEADS: i64 = 2;
const EPOCH_HEADER: &str = "regie/1/epoch header";
/// So many accounts are read at once.
const PAGE: i64 = 500;

/// Which schema a database has.
pub(crate) const VERSION: &str = "SELECT version FROM schema_version";

/// The table that tells which schema there is, for SQLite.
pub(crate) const SQLITE_BEGIN: &str =
    "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;
     INSERT INTO schema_version (version) SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM schema_version);";
/// The same for PostgreSQL.
pub(crate) const POSTGRES_BEGIN: &str =
    "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL PRIMARY KEY);
     INSERT INTO schema_version (version) SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM schema_version);";

/// The migrations that a database still needs.
pub(crate) fn plan_from(
    version: i64,
    all: &'static [&'static str],
) -> Result<impl Iterator<Item = &'static str>, StoreError> {
    let done = usize::try_from(version).map_err(|_| StoreError::Damaged)?;
    if done > all.len() {
        return Err(StoreError::Newer);
    }
    Ok(all.iter().skip(done).copied())
}

/// What statements alone cannot bring to the newest schema, in the same transaction as they.
pub(crate) async fn complete(tx: &mut dyn Tx, from: i64) -> Result<(), StoreError> {
    if from < HEADS {
        put_heads(tx).await?;
    }
    Ok(())
}

/// The head of a chain that was there before heads were is its last epoch.
async fn put_heads(tx: &mut dyn Tx) -> Result<(), StoreError> {
    let last = "SELECT account_id, sequence, bytes FROM header h WHERE account_id > ?1
            AND sequence = (SELECT MAX(sequence) FROM header WHERE account_id = h.account_id)
        ORDER BY account_id LIMIT ?2";
    let mut after = Vec::new();
    loop {
        let rows = tx.rows(last, values![after, PAGE]).await?;
        let Some(until) = rows.last() else {
            return Ok(());
        };
        after = until.get(0)?;
        for row in &rows {
            put_head(tx, row).await?;
        }
    }
}

async fn put_head(tx: &mut dyn Tx, row: &Row) -> Result<(), StoreError> {
    let (account, sequence): (AccountId, i64) = (row.get(0)?, row.get(1)?);
    let hash = blake3::derive_key(EPOCH_HEADER, &row.get::<Vec<u8>>(2)?);
    chain::put_head(tx, account, &Head { sequence, hash }).await
}

/// The schema that this version writes.
pub(crate) const fn newest(all: &[&str]) -> i64 {
    all.len() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_engines_have_the_same_migrations_but_for_the_names_of_types() {
        assert_eq!(SQLITE.len(), POSTGRES.len());
        for (sqlite, postgres) in SQLITE.iter().zip(POSTGRES) {
            let translated = sqlite
                .replace(" INTEGER", " BIGINT")
                .replace(" BLOB", " BYTEA")
                .replace(") STRICT, WITHOUT ROWID;", ");")
                .replace(") STRICT;", ");");
            // How PostgreSQL lays a column down has no word in SQLite.
            let is_told = |line: &&str| !line.ends_with(" SET STORAGE EXTERNAL;");
            let told: Vec<_> = postgres.lines().filter(is_told).collect();
            assert_eq!(translated.lines().collect::<Vec<_>>(), told);
        }
    }

    #[test]
    fn a_database_of_a_later_version_is_refused() {
        assert!(matches!(
            plan_from(newest(SQLITE) + 1, SQLITE).err(),
            Some(StoreError::Newer)
        ));
        assert_eq!(plan_from(newest(SQLITE), SQLITE).unwrap().count(), 0);
    }
}
