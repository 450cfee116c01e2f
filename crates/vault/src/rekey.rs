//! "Somebody knew it": another vault key, passphrase and recovery code, and the database written anew under them.

use std::fs;
use std::path::Path;

use regie_crypto::{Key, Passphrase, recovery::RecoveryCode};
use uuid::Uuid;

use crate::{
    DATABASE, Vault, VaultError, copy, database,
    keys::{KeyFile, RecoveryWay},
    replace,
    settings::{self, Setting},
};

/// A vault under another key, whole, that has not taken the place of the present one yet.
#[derive(Debug)]
pub struct Successor {
    pub(crate) key_file: KeyFile,
    pub(crate) database_key: Key,
}

impl Vault {
    /// Writes the vault anew under another key. `progress` hears how many percent are done. `written_down` is the new
    /// recovery code as it will be shown.
    ///
    /// # Errors
    /// What the database or the file system says; the present vault is untouched, and no piece of the other stays.
    pub fn make_successor(
        &self,
        passphrase: &Passphrase,
        code: &RecoveryCode,
        written_down: &str,
        progress: &mut dyn FnMut(u32),
    ) -> Result<Successor, VaultError> {
        let place = replace::begin(&self.folder)?;
        let made = self.make_successor_in(&place, passphrase, code, written_down, progress);
        if made.is_err() {
            // The first failure is the one to tell.
            let _ = fs::remove_dir_all(&place);
        }
        made
    }

    fn make_successor_in(
        &self,
        place: &Path,
        passphrase: &Passphrase,
        code: &RecoveryCode,
        written_down: &str,
        progress: &mut dyn FnMut(u32),
    ) -> Result<Successor, VaultError> {
        let (key_file, vault_key) = KeyFile::make(passphrase, RecoveryWay::Code(code))?;
        let database_key = key_file.database_key(&vault_key)?;
        key_file.save(place)?;
        let database = place.join(DATABASE);
        copy::copy(&self.connection, &database, &database_key, progress)?;
        let connection = database::open(&database, &database_key)?;
        let mut vault = Self::of(connection, place, key_file.clone(), &database_key)?;
        let mut replaced = vault.replaced_keys()?;
        replaced.push(self.key_file.vault());
        vault.write(|transaction| {
            settings::put(transaction, Setting::ReplacedKeys, &replaced)?;
            settings::put(transaction, Setting::RecoveryCode, &written_down)
        })?;
        vault.close()?;
        Ok(Successor {
            key_file,
            database_key,
        })
    }

    /// Lets a successor take the place of the closed vault in a folder. That one is kept beside it under a name, or
    /// removed, its keys first.
    ///
    /// # Errors
    /// What the file system says. One of the two vaults is there then, whole.
    pub fn install(folder: &Path, successor: Successor, keep_as: Option<&str>) -> Result<Self, VaultError> {
        replace::take_place(folder, keep_as)?;
        let connection = database::open(&folder.join(DATABASE), &successor.database_key)?;
        Self::of(connection, folder, successor.key_file, &successor.database_key)
    }

    /// Vault keys that somebody may know, and under which local backups may still lie.
    ///
    /// # Errors
    /// What the database says.
    pub fn replaced_keys(&self) -> Result<Vec<Uuid>, VaultError> {
        Ok(self.setting(Setting::ReplacedKeys)?.unwrap_or_default())
    }
}
