//! Numbered migrations. A shipped one is never edited; `tests/vectors` keeps a vault of each schema.

use rusqlite::{Connection, TransactionBehavior};

use crate::{VaultError, search};

const ALL: &[&str] = &[
    include_str!("../migrations/0001.sql"),
    include_str!("../migrations/0002.sql"),
    include_str!("../migrations/0003.sql"),
    include_str!("../migrations/0004.sql"),
    include_str!("../migrations/0005.sql"),
    include_str!("../migrations/0006.sql"),
    include_str!("../migrations/0007.sql"),
];

/// The schema that this version writes.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "a handful of migrations"
)]
pub(crate) const NEWEST: i32 = ALL.len() as i32;

/// The schema of a database; 0 for an empty one.
pub(crate) fn version(connection: &Connection) -> Result<i32, VaultError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// Brings a database to the newest schema in one transaction.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), VaultError> {
    let from = version(connection)?;
    if from == NEWEST && !search::is_stale(connection)? {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    for migration in ALL
        .iter()
        .skip(usize::try_from(from).map_err(|_| VaultError::VaultDamaged)?)
    {
        transaction.execute_batch(migration)?;
    }
    search::make_anew(&transaction)?;
    transaction.pragma_update(None, "user_version", NEWEST)?;
    Ok(transaction.commit()?)
}
