//! The encrypted vault: one SQLCipher file and its key file in one folder.
//!
//! The only crate that opens SQLCipher. Every write is one durable transaction; every write of health data
//! takes a [`consent::Consent`]. A vault that does not open is never deleted, moved or overwritten.

pub mod account;
mod ahead;
mod copy;
mod database;
mod diary_months;
mod erase;
mod files;
pub mod instruments;
mod keys;
mod migrations;
mod place;
mod rekey;
mod replace;
mod schema;
mod time;
mod ways;

pub mod aside;
pub mod attachment;
pub mod backup;
pub mod consent;
pub mod data_map;
pub mod deletion;
pub mod diary;
pub mod error;
pub mod import;
pub mod memory;
pub mod meter;
pub mod restriction;
pub mod search;
pub mod settings;
pub mod snapshot;
pub mod sync;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use regie_crypto::{Key, Passphrase, recovery::RecoveryCode};
use regie_protocol::Notices;
use rusqlite::{Connection, Transaction, TransactionBehavior};

pub use error::VaultError;
pub use files::{
    create_for_person, create_private_folder, rename_durably, write_atomically, write_for_person,
};
pub use rekey::Successor;

use backup::Secret;
use keys::KeyFile;
pub use keys::RecoveryWay;
use settings::Setting;

/// The schema that this program writes.
pub const NEWEST_SCHEMA: i32 = migrations::NEWEST;

/// Name of the database inside the vault's folder.
const DATABASE: &str = "vault.db";

/// An open vault. Dropping it closes the file; [`Vault::close`] does so and tells.
pub struct Vault {
    connection: Connection,
    folder: PathBuf,
    key_file: KeyFile,
    database_key: Key,
    /// Whether a row was changed since the last commit.
    touched: Arc<AtomicBool>,
    /// Whether the vault knows that something was written since the last backup.
    changed: bool,
    /// How often something was written since it was opened.
    writes: u64,
    snapshot: snapshot::Taken,
    /// Whether the log is to be emptied as soon as no snapshot is held.
    log_waits: bool,
    /// What choices are about.
    notices: Notices,
    /// A number of a request that was taken in another transaction, and no request had yet.
    numbered: Option<u64>,
    /// Whether something was written that need not be on the disk yet.
    unhurried: bool,
}

/// What a look through a vault's file takes; the vault may be used meanwhile.
pub struct Inspection {
    path: PathBuf,
    key: Key,
}

impl Inspection {
    /// Whether every page is as it was written. A page that is being written at that moment may seem damaged: what is
    /// found without holding the vault is to be looked at again while holding it.
    ///
    /// # Errors
    /// What the file system says.
    pub fn is_whole(&self) -> Result<bool, VaultError> {
        database::is_whole_file(&self.path, &self.key)
    }
}

/// What lies in a folder, as far as can be told without a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// No vault.
    Nothing,
    /// A vault that can be tried.
    Vault,
    /// A vault that cannot be opened, and why.
    Broken(VaultError),
}

impl Vault {
    /// Looks at a folder without changing a byte in it.
    #[must_use]
    pub fn presence(folder: &Path) -> Presence {
        if !folder.exists() {
            return Presence::Nothing;
        }
        match KeyFile::load(folder) {
            Ok(_) if folder.join(DATABASE).exists() => Presence::Vault,
            Ok(_) => Presence::Broken(VaultError::VaultMissing),
            Err(error) => Presence::Broken(error),
        }
    }

    /// Makes a new vault with what `fill` puts into it, whole or not at all.
    ///
    /// # Errors
    /// [`VaultError::VaultExists`] when the folder is there already; what the file system or `fill` says.
    pub fn create(
        folder: &Path,
        passphrase: &Passphrase,
        code: &RecoveryCode,
        fill: impl FnOnce(&mut Self) -> Result<(), VaultError>,
    ) -> Result<Self, VaultError> {
        Self::create_with(folder, passphrase, RecoveryWay::Code(code), fill)
    }

    /// The same with the account's code as the way in beside the passphrase, as further devices have it.
    ///
    /// # Errors
    /// As [`Vault::create`].
    pub fn create_with(
        folder: &Path,
        passphrase: &Passphrase,
        recovery: RecoveryWay<'_>,
        fill: impl FnOnce(&mut Self) -> Result<(), VaultError>,
    ) -> Result<Self, VaultError> {
        if folder.exists() {
            return Err(VaultError::VaultExists);
        }
        let parent = folder.parent().ok_or(VaultError::ReadOnlyFolder)?;
        let unfinished = folder.with_extension("unfinished");
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished)?;
        }
        let made = Self::create_unfinished(&unfinished, passphrase, recovery, fill).and_then(|key| {
            fs::rename(&unfinished, folder)
                .map(|()| key)
                .map_err(VaultError::from)
        });
        if made.is_err() {
            // The first failure is the one to tell.
            let _ = fs::remove_dir_all(&unfinished);
        }
        let (key_file, database_key) = made?;
        files::sync_folder(parent)?;
        let connection = database::open(&folder.join(DATABASE), &database_key)?;
        Self::of(connection, folder, key_file, &database_key)
    }

    fn create_unfinished(
        folder: &Path,
        passphrase: &Passphrase,
        recovery: RecoveryWay<'_>,
        fill: impl FnOnce(&mut Self) -> Result<(), VaultError>,
    ) -> Result<(KeyFile, Key), VaultError> {
        create_private_folder(folder)?;
        let (key_file, vault_key) = KeyFile::make(passphrase, recovery)?;
        key_file.save(folder)?;
        let database_key = key_file.database_key(&vault_key)?;
        let mut connection = database::create(&folder.join(DATABASE), &database_key)?;
        migrations::migrate(&mut connection)?;
        let mut vault = Self::of(connection, folder, key_file.clone(), &database_key)?;
        vault.ensure_deletion_key()?;
        fill(&mut vault)?;
        vault.close()?;
        files::sync_folder(folder)?;
        Ok((key_file, database_key))
    }

    /// Opens a vault with the passphrase.
    ///
    /// # Errors
    /// A different one for each cause; nothing on disk has changed then.
    pub fn open(folder: &Path, passphrase: &Passphrase) -> Result<Self, VaultError> {
        Self::unlock(folder, Secret::Passphrase(passphrase), |_| Ok(()))
    }

    /// Opens a vault by any way in; with the recovery code, a new passphrase replaces the forgotten one.
    /// `before_migration` is called when the vault is of an older schema, and may keep a copy of it.
    ///
    /// # Errors
    /// A different one for each cause; the vault and the ways into it are as they were then.
    pub fn unlock(
        folder: &Path,
        secret: Secret<'_>,
        before_migration: impl FnOnce(&Self) -> Result<(), VaultError>,
    ) -> Result<Self, VaultError> {
        let (key_file, whole) = Self::load_key_file(folder)?;
        let vault_key = key_file.open(secret)?;
        let database_key = key_file.database_key(&vault_key)?;
        let connection = database::open(&folder.join(DATABASE), &database_key)?;
        let mut vault = Self::of(connection, folder, key_file, &database_key)?;
        vault.ensure_deletion_key()?;
        if migrations::version(&vault.connection)? < migrations::NEWEST {
            before_migration(&vault)?;
        }
        migrations::migrate(&mut vault.connection)?;
        match secret {
            Secret::Code { passphrase, .. } => {
                vault.key_file = vault.key_file.with_passphrase(&vault_key, passphrase)?;
                vault.key_file.replace(folder)?;
            }
            // What cannot be made good now must not keep a vault closed that opens.
            _ if !whole => {
                let _ = vault.key_file.replace(folder);
            }
            _ => {}
        }
        vault.settle_codes(&vault_key)?;
        // A file that cannot be removed now must not keep a vault closed that opens.
        let _ = vault.settle_attachments();
        Ok(vault)
    }

    /// A look through the whole file that needs the vault no more, and may take seconds.
    #[must_use]
    pub fn inspection(&self) -> Inspection {
        Inspection {
            path: self.folder.join(DATABASE),
            key: self.database_key.duplicate(),
        }
    }

    fn of(
        mut connection: Connection,
        folder: &Path,
        key_file: KeyFile,
        database_key: &Key,
    ) -> Result<Self, VaultError> {
        let touched = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&touched);
        // Not told of tables without row numbers, such as the settings: these make no backup necessary.
        connection.update_hook(Some(move |_, _: &str, _: &str, _| {
            told.store(true, Ordering::Relaxed)
        }))?;
        let mut vault = Self {
            connection,
            folder: folder.to_owned(),
            key_file,
            database_key: database_key.duplicate(),
            touched,
            changed: false,
            writes: 0,
            snapshot: snapshot::Taken::default(),
            log_waits: false,
            notices: Notices::SHIPPED,
            numbered: None,
            unhurried: false,
        };
        vault.changed = vault.setting(Setting::ChangedSinceBackup)?.unwrap_or(false);
        Ok(vault)
    }

    /// Ends at the start of the program what a crash interrupted: a vault that was taking another's place.
    ///
    /// # Errors
    /// What the file system says.
    pub fn settle(folder: &Path) -> Result<(), VaultError> {
        let (beside, within) = (
            Self::attachments_folder(folder),
            aside::attachments_within(folder),
        );
        if within.exists() && !beside.exists() {
            std::fs::rename(within, beside)?;
        }
        replace::settle(folder)
    }

    /// Removes what a crash interrupted, when the vault itself is to go.
    ///
    /// # Errors
    /// What the file system says.
    pub fn erase_begun(folder: &Path) -> Result<(), VaultError> {
        replace::erase_begun(folder)
    }

    /// Whether a recovery code belongs to the vault in this folder.
    ///
    /// # Errors
    /// [`VaultError::WrongRecoveryCode`], or what is wrong with the key file.
    pub fn check_recovery_code(folder: &Path, code: &RecoveryCode) -> Result<(), VaultError> {
        let (key_file, _) = Self::load_key_file(folder)?;
        key_file.open_with_recovery_code(code).map(|_| ())
    }

    fn load_key_file(folder: &Path) -> Result<(KeyFile, bool), VaultError> {
        let loaded = KeyFile::load(folder)?;
        if folder.join(DATABASE).exists() {
            Ok(loaded)
        } else {
            Err(VaultError::VaultMissing)
        }
    }

    /// Size on disk in bytes: database, log, both key files, and the files of attachments.
    #[must_use]
    pub fn bytes_on_disk(&self) -> u64 {
        let database = self.folder.join(DATABASE);
        let [one, other] = KeyFile::paths(&self.folder);
        let files = [database.with_extension("db-wal"), database, one, other];
        files
            .iter()
            .filter_map(|file| fs::metadata(file).ok())
            .map(|data| data.len())
            .sum::<u64>()
            .saturating_add(self.attachment_bytes())
    }

    /// Whether every page is as it was written.
    ///
    /// # Errors
    /// What the database says.
    pub fn is_whole(&self) -> Result<bool, VaultError> {
        database::is_whole(&self.connection)
    }

    /// Closes the file; all is in the database itself afterwards.
    ///
    /// # Errors
    /// When the last log cannot be moved into the database; nothing is lost then.
    pub fn close(self) -> Result<(), VaultError> {
        self.snapshot.end();
        database::close(self.connection)
    }

    /// One durable transaction: all of it, or nothing.
    fn write<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        self.write_or(work)
    }

    /// The same with an error of another's.
    fn write_or<T, E: From<VaultError>>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(VaultError::from)?;
        let result = work(&transaction)?;
        let changed = self.touched.swap(false, Ordering::Relaxed);
        if changed && !self.changed {
            settings::put(&transaction, Setting::ChangedSinceBackup, &true)?;
        }
        transaction.commit().map_err(VaultError::from)?;
        self.changed |= changed;
        self.writes += u64::from(changed);
        Ok(result)
    }

    /// One transaction that need not be on the disk yet when it returns: a power cut may take it back, a crash does not. It is there at the
    /// latest with the next durable one, or [`Vault::make_durable`].
    fn write_unhurried<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        self.connection.execute_batch("PRAGMA synchronous = NORMAL")?;
        let done = self.write(work);
        self.unhurried = true;
        self.connection.execute_batch("PRAGMA synchronous = FULL")?;
        done
    }

    /// What was written without waiting for the disk is on it from here on.
    ///
    /// # Errors
    /// What the file system says.
    pub fn make_durable(&mut self) -> Result<(), VaultError> {
        if self.unhurried {
            let log = self.folder.join(DATABASE).with_extension("db-wal");
            // Windows lets only those wait who may write.
            fs::File::options().write(true).open(log)?.sync_all()?;
            self.unhurried = false;
        }
        Ok(())
    }

    /// Whether anything of the person's was written since the last backup.
    #[must_use]
    pub const fn changed_since_backup(&self) -> bool {
        self.changed
    }

    /// How often something was written since it was opened.
    #[must_use]
    pub const fn writes(&self) -> u64 {
        self.writes
    }

    /// Tells that all that was written up to a point ([`Vault::writes`]) is in a backup.
    ///
    /// # Errors
    /// What the database says.
    pub fn mark_backed_up(&mut self, writes: u64) -> Result<(), VaultError> {
        if self.changed && self.writes == writes {
            self.write(|transaction| settings::remove(transaction, Setting::ChangedSinceBackup))?;
            self.changed = false;
        }
        Ok(())
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passphrase() -> Passphrase {
        Passphrase::new("kaars muur zwemt lachend".into())
    }

    pub(crate) fn new_vault(folder: &Path) -> Vault {
        let code = RecoveryCode::make_random().expect("a code");
        Vault::create(folder, &passphrase(), &code, |_| Ok(())).expect("a vault")
    }

    #[test]
    fn a_vault_from_a_newer_version_is_told_and_not_changed() {
        let parent = tempfile::tempdir().expect("a folder");
        let folder = parent.path().join("vault");
        let vault = new_vault(&folder);
        vault
            .connection
            .pragma_update(None, "user_version", migrations::NEWEST + 1)
            .expect("sets");
        vault.close().expect("closes");
        let before = fs::read(folder.join(DATABASE)).expect("reads");
        assert_eq!(
            Vault::open(&folder, &passphrase()).err(),
            Some(VaultError::VaultNewer)
        );
        assert_eq!(fs::read(folder.join(DATABASE)).expect("reads"), before);
    }

    #[test]
    fn a_vault_that_cannot_be_filled_is_not_made() {
        let parent = tempfile::tempdir().expect("a folder");
        let folder = parent.path().join("vault");
        let code = RecoveryCode::make_random().expect("a code");
        let made = Vault::create(&folder, &passphrase(), &code, |_| Err(VaultError::DiskFull));
        assert_eq!(made.err(), Some(VaultError::DiskFull));
        assert_eq!(fs::read_dir(parent.path()).expect("reads").count(), 0);
    }

    #[test]
    fn the_database_is_as_durable_and_as_forgetful_as_promised() {
        let parent = tempfile::tempdir().expect("a folder");
        let vault = new_vault(&parent.path().join("vault"));
        let text = |pragma: &str| -> String {
            let value = vault
                .connection
                .pragma_query_value(None, pragma, |row| row.get::<_, rusqlite::types::Value>(0));
            match value.expect("a value") {
                rusqlite::types::Value::Text(text) => text,
                rusqlite::types::Value::Integer(number) => number.to_string(),
                other => panic!("{pragma} is {other:?}"),
            }
        };
        let full = "2";
        for (pragma, value) in [
            ("journal_mode", "wal"),
            ("synchronous", full),
            ("secure_delete", "1"),
            ("foreign_keys", "1"),
            ("temp_store", full),
        ] {
            assert_eq!(text(pragma), value, "{pragma}");
        }
        let forgetful: i64 = vault
            .connection
            .query_row(
                "SELECT v FROM search_config WHERE k = 'secure-delete'",
                [],
                |row| row.get(0),
            )
            .expect("a value");
        assert_eq!(forgetful, 1);
    }

    #[test]
    fn every_column_of_a_new_vault_is_in_the_data_map() {
        let parent = tempfile::tempdir().expect("a folder");
        let vault = new_vault(&parent.path().join("vault"));
        let mut query = vault
            .connection
            .prepare(
                "SELECT t.name, c.name FROM pragma_table_list AS t JOIN pragma_table_info(t.name) AS c
                 WHERE t.schema = 'main' AND t.name NOT LIKE 'sqlite_%' AND t.type IN ('table', 'virtual')",
            )
            .expect("a query");
        let columns = query
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .expect("rows");
        let columns: Vec<(String, String)> = columns.collect::<Result<_, _>>().expect("columns");
        assert!(columns.len() > 30);
        for (table, column) in columns {
            assert!(data_map::fields_of(&table).contains(&column), "{table}.{column}");
        }
    }
}
