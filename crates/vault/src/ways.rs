//! The ways into an open vault, and how they change: passphrase, recovery code, keychain.

use std::path::Path;

use regie_crypto::{Key, Passphrase, recovery::RecoveryCode};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{
    Vault, VaultError,
    backup::Secret,
    keys::{KeyFile, RecoveryWay},
    settings::{self, Setting},
};

impl Vault {
    /// Which vault key the vault in this folder is under, and whether the keychain is a way in.
    ///
    /// # Errors
    /// What is wrong with the key file.
    pub fn keychain_way(folder: &Path) -> Result<(Uuid, bool), VaultError> {
        let (key_file, _) = KeyFile::load(folder)?;
        Ok((key_file.vault(), key_file.has_keychain()))
    }

    /// Which vault key this vault is under.
    #[must_use]
    pub const fn key_id(&self) -> Uuid {
        self.key_file.vault()
    }

    /// Whether this is the passphrase.
    ///
    /// # Errors
    /// [`VaultError::WrongPassphrase`].
    pub fn check_passphrase(&self, passphrase: &Passphrase) -> Result<(), VaultError> {
        self.key_file.open_with_passphrase(passphrase).map(|_| ())
    }

    /// Changes the passphrase. After a crash the old or the new one opens the vault.
    ///
    /// # Errors
    /// [`VaultError::WrongPassphrase`], or what the file system says; the old one holds then.
    pub fn change_passphrase(&mut self, current: &Passphrase, new: &Passphrase) -> Result<(), VaultError> {
        let vault_key = self.key_file.open_with_passphrase(current)?;
        self.replace_key_file(self.key_file.with_passphrase(&vault_key, new)?)
    }

    /// Follows what was changed on another device: a new passphrase, and the account's code as it is now. Both are proven before.
    ///
    /// # Errors
    /// As [`Vault::change_passphrase`].
    pub fn follow_account(
        &mut self,
        current: &Passphrase,
        new: Option<&Passphrase>,
        code: Option<&Key>,
    ) -> Result<(), VaultError> {
        let vault_key = self.key_file.open_with_passphrase(current)?;
        let mut key_file = self.key_file.clone();
        if let Some(new) = new {
            key_file = key_file.with_passphrase(&vault_key, new)?;
        }
        if let Some(code) = code {
            key_file = key_file.with_recovery(&vault_key, RecoveryWay::OfAccount(code))?;
        }
        self.replace_key_file(key_file)?;
        // A code that was not rehearsed yet may have been replaced.
        self.settle_codes(&vault_key)
    }

    /// Makes another recovery code the valid one. `written_down` is the code as it will be shown, kept in the vault
    /// until it has been rehearsed. After a crash the code that the vault can show, or the old one, is the valid one.
    ///
    /// # Errors
    /// [`VaultError::WrongPassphrase`], or what the disk says; the old one holds then.
    pub fn change_recovery_code(
        &mut self,
        passphrase: &Passphrase,
        code: &RecoveryCode,
        written_down: &str,
    ) -> Result<(), VaultError> {
        let vault_key = self.key_file.open_with_passphrase(passphrase)?;
        self.write(|transaction| settings::put(transaction, Setting::NextRecoveryCode, &written_down))?;
        self.replace_key_file(self.key_file.with_recovery(&vault_key, RecoveryWay::Code(code))?)?;
        // It is in force: what cannot be noted now is settled at the next opening.
        let _ = self.promote_code(written_down);
        Ok(())
    }

    /// Lets a key that the platform's keychain keeps open the vault too, or no longer.
    ///
    /// # Errors
    /// [`VaultError::WrongPassphrase`], or what the file system says.
    pub fn allow_keychain(&mut self, passphrase: &Passphrase, keychain: &Key) -> Result<(), VaultError> {
        let vault_key = self.key_file.open_with_passphrase(passphrase)?;
        self.replace_key_file(self.key_file.with_keychain(&vault_key, keychain)?)
    }

    /// Closes the way in by the keychain.
    ///
    /// # Errors
    /// What the file system says.
    pub fn refuse_keychain(&mut self) -> Result<(), VaultError> {
        if self.key_file.has_keychain() {
            self.replace_key_file(self.key_file.without_keychain())?;
        }
        Ok(())
    }

    /// Whether the keychain is a way in.
    #[must_use]
    pub const fn has_keychain(&self) -> bool {
        self.key_file.has_keychain()
    }

    /// Settles which recovery code the vault may show: one that opens the key file, or none. After a crash in the
    /// middle of a change that is the new one or the old one; in a restored backup the code may have changed since.
    pub(crate) fn settle_codes(&mut self, vault_key: &Key) -> Result<(), VaultError> {
        let fits = |written: &str| {
            RecoveryCode::parse(written)
                .ok()
                .and_then(|code| self.key_file.open_with_recovery_code(&code).ok())
                .is_some_and(|opened| opened.expose() == vault_key.expose())
        };
        let next: Option<Zeroizing<String>> = self.setting(Setting::NextRecoveryCode)?;
        let present: Option<Zeroizing<String>> = self.setting(Setting::RecoveryCode)?;
        let present_fits = present.as_ref().is_none_or(|code| fits(code));
        match next {
            Some(next) if fits(&next) => return self.promote_code(&next),
            Some(_) => self.clear_setting(Setting::NextRecoveryCode)?,
            None => {}
        }
        if !present_fits {
            self.clear_setting(Setting::RecoveryCode)?;
        }
        Ok(())
    }

    fn promote_code(&mut self, written_down: &str) -> Result<(), VaultError> {
        self.write(|transaction| {
            settings::put(transaction, Setting::RecoveryCode, &written_down)?;
            settings::remove(transaction, Setting::NextRecoveryCode)
        })?;
        self.empty_log()
    }

    fn replace_key_file(&mut self, key_file: KeyFile) -> Result<(), VaultError> {
        key_file.replace(&self.folder)?;
        self.key_file = key_file;
        Ok(())
    }
}

impl KeyFile {
    /// The vault key, by any way in.
    pub(crate) fn open(&self, secret: Secret<'_>) -> Result<Key, VaultError> {
        match secret {
            Secret::Passphrase(passphrase) => self.open_with_passphrase(passphrase),
            Secret::Code { code, .. } => self.open_with_recovery_code(code),
            Secret::Keychain(key) => self.open_with_keychain(key),
        }
    }
}
