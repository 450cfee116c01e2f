//! Numbered migrations, the same for both engines but for the names of types. A shipped one is never edited.

use super::StoreError;

/// For SQLite.
pub(crate) const SQLITE: &[&str] = &[
    include_str!("../../migrations/sqlite/0001.sql"),
    include_str!("../../migrations/sqlite/0003.sql"),
];
/// For PostgreSQL.
pub(crate) const POSTGRES: &[&str] = &[
    include_str!("../../migrations/postgres/0001.sql"),
    include_str!("../../migrations/postgres/0003.sql"),
];

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
                .replace(") STRICT, WITHOUT ROWID;", ");");
            assert_eq!(&translated, postgres);
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
