//! Opening SQLCipher: the key first, then a look that changes nothing, then the settings for durable work.

use std::fs;
use std::path::Path;

use regie_crypto::Key;
use rusqlite::{Connection, OpenFlags, config::DbConfig};
use zeroize::Zeroizing;

use crate::{VaultError, memory, migrations, search};

/// Up to this many pages the whole file is checked at opening, in under 10 ms. A larger one is looked through in the
/// background ([`is_whole_file`]); SQLCipher authenticates each page that is read, so damage is never taken for content.
const CHECKED_PAGES: i64 = 512;

/// SQLCipher's own default.
const PAGE_BYTES: u64 = 4096;

/// Opens an existing database; on any error not one byte of it has changed.
pub(crate) fn open(path: &Path, key: &Key) -> Result<Connection, VaultError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    memory::guard()?;
    let connection = Connection::open_with_flags(path, flags)?;
    // Until all is found in order, not even a log left by a power cut is moved into the file.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    set_key(&connection, key)?;
    look(&connection)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    configure(&connection)?;
    Ok(connection)
}

/// Makes a new database at a path where there is none.
pub(crate) fn create(path: &Path, key: &Key) -> Result<Connection, VaultError> {
    let connection = create_bare(path, key)?;
    configure(&connection)?;
    Ok(connection)
}

/// The same without any setting, to be filled page by page.
pub(crate) fn create_bare(path: &Path, key: &Key) -> Result<Connection, VaultError> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    memory::guard()?;
    let connection = Connection::open_with_flags(path, flags)?;
    set_key(&connection, key)?;
    Ok(connection)
}

pub(crate) fn close(connection: Connection) -> Result<(), VaultError> {
    checkpoint(&connection)?;
    connection.close().map_err(|(_, error)| error.into())
}

/// Moves the log into the database and empties it, so that what was deleted is in neither.
pub(crate) fn checkpoint(connection: &Connection) -> Result<(), VaultError> {
    let busy: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy { Err(VaultError::VaultInUse) } else { Ok(()) }
}

fn set_key(connection: &Connection, key: &Key) -> Result<(), VaultError> {
    let hex = Zeroizing::new(data_encoding::HEXLOWER.encode(key.expose()));
    let mut sql = Zeroizing::new(String::with_capacity(hex.len() + 64));
    sql.push_str("PRAGMA cipher_log_level = NONE; PRAGMA cipher_memory_security = OFF; PRAGMA key = \"x'");
    sql.push_str(&hex);
    sql.push_str("'\";");
    Ok(connection.execute_batch(&sql)?)
}

/// The key is known to be right, so whatever cannot be read now is damage.
fn look(connection: &Connection) -> Result<(), VaultError> {
    let version = migrations::version(connection).map_err(damage)?;
    if version > migrations::NEWEST {
        return Err(VaultError::VaultNewer);
    }
    let pages: i64 = connection
        .query_row("PRAGMA page_count", [], |row| row.get(0))
        .map_err(|error| damage(error.into()))?;
    if version == 0 || is_cut_off(connection, pages) || pages <= CHECKED_PAGES && !is_whole(connection)? {
        return Err(VaultError::VaultDamaged);
    }
    Ok(())
}

/// Whether the file ends before its last page. With a log beside it, pages may still be in there.
fn is_cut_off(connection: &Connection, pages: i64) -> bool {
    let length = |path: &str| fs::metadata(path).map_or(0, |file| file.len());
    connection.path().is_some_and(|path| {
        length(&format!("{path}-wal")) == 0 && length(path) < pages.unsigned_abs() * PAGE_BYTES
    })
}

/// A further connection to a database that is in use, for reading alone.
pub(crate) fn open_to_read(path: &Path, key: &Key) -> Result<Connection, VaultError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    set_key(&connection, key)?;
    // Nothing of what is sorted or gathered goes into a file.
    connection.execute_batch("PRAGMA temp_store = MEMORY;")?;
    Ok(connection)
}

/// Whether every page of a file that is in use is as it was written.
pub(crate) fn is_whole_file(path: &Path, key: &Key) -> Result<bool, VaultError> {
    is_whole(&open_to_read(path, key)?)
}

/// Whether every page is as it was written.
pub(crate) fn is_whole(connection: &Connection) -> Result<bool, VaultError> {
    let mut faults = connection.prepare("PRAGMA cipher_integrity_check")?;
    Ok(!faults.exists([])?)
}

fn damage(error: VaultError) -> VaultError {
    match error {
        VaultError::Database(_) | VaultError::NotFound => VaultError::VaultDamaged,
        other => other,
    }
}

fn configure(connection: &Connection) -> Result<(), VaultError> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    // A prepared statement keeps its plan whatever its values; else it would be prepared anew at each use.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(64);
    search::add_relevance_to(connection)?;
    // An acknowledged save survives a power cut: every commit is synced (fullfsync: also on Apple's disks). So many KiB hold the
    // indexes of a long life: each page that is not there is read and decrypted.
    Ok(connection.execute_batch(
        "PRAGMA cache_size = -8192;
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA fullfsync = ON;
         PRAGMA checkpoint_fullfsync = ON;
         PRAGMA secure_delete = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA foreign_keys = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA cell_size_check = ON;",
    )?)
}
