//! Changing the ways in: passphrase, recovery code, keychain, and everything at once when somebody knew it.

use std::sync::atomic::Ordering;

use chrono::{NaiveDate, TimeDelta};
use regie_crypto::{Key, Passphrase, recovery::RecoveryCode};
use regie_vault::{Vault, VaultError, backup::Secret, settings::Setting};
use serde::Serialize;
use specta::Type;
use uuid::Uuid;

use crate::{Client, ClientError, CopiesView, RecoveryCodeView, Stage, recovery, strength};

/// After so long the person is offered to check the recovery code once more.
const CHECKED_EVERY: TimeDelta = TimeDelta::days(91);
/// After so long the offer comes again when it was put off.
const PUT_OFF_FOR: TimeDelta = TimeDelta::days(14);

/// Quick unlock by the platform's keychain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct QuickUnlockView {
    /// Whether a keychain answers here; without one it is not offered.
    pub available: bool,
    /// Whether it is on.
    pub on: bool,
}

/// What came of another recovery code, and of "somebody knew it".
#[derive(Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct NewKeysView {
    /// The new recovery code.
    pub code: RecoveryCodeView,
    /// What became of copies.
    pub copies: CopiesView,
}

impl Client {
    /// Changes the passphrase. Copies within reach open with the new one too; which are not is told.
    ///
    /// # Errors
    /// [`ClientError::WrongPassphrase`], [`ClientError::TooSoon`], [`ClientError::WeakPassphrase`], or what the disk
    /// says; the old passphrase holds then.
    pub fn change_passphrase(
        &self,
        current: &Passphrase,
        new: &Passphrase,
    ) -> Result<CopiesView, ClientError> {
        self.change_passphrase_with_factor(current, new, None)
    }

    pub(crate) fn change_passphrase_here(
        &self,
        current: &Passphrase,
        new: &Passphrase,
    ) -> Result<CopiesView, ClientError> {
        strength::require_enough(new)?;
        self.with_proof(|vault| vault.change_passphrase(current, new))?;
        Ok(self.copies_after_new_keys(&mut self.state()))
    }

    /// Makes a new recovery code the valid one, and shows it. The old one is worth nothing from now on.
    ///
    /// # Errors
    /// As [`Client::change_passphrase`].
    pub fn new_recovery_code(&self, passphrase: &Passphrase) -> Result<NewKeysView, ClientError> {
        self.make_new_recovery_code(passphrase, None)
    }

    pub(crate) fn make_new_recovery_code(
        &self,
        passphrase: &Passphrase,
        factor: Option<&str>,
    ) -> Result<NewKeysView, ClientError> {
        let code = RecoveryCode::make_random()?;
        let written_down = recovery::joined(&code)?;
        if self.follows_account()? {
            self.account_code(passphrase, &code, factor)?;
        }
        self.with_proof(|vault| vault.change_recovery_code(passphrase, &code, &written_down))?;
        let mut state = self.state();
        state.rehearse = None;
        Ok(NewKeysView {
            copies: self.copies_after_new_keys(&mut state),
            code: recovery::view(&mut state, &code)?,
        })
    }

    /// Checks a recovery code against the vault itself, without keeping it: the program does not know the code any more,
    /// so the whole code is asked, not two groups of it.
    ///
    /// # Errors
    /// As [`Client::check_recovery_code`].
    pub fn confirm_recovery_code(&self, typed: &str) -> Result<(), ClientError> {
        self.check_recovery_code(typed)?;
        let due = self.clock.now().at.date_naive() + CHECKED_EVERY;
        self.with_vault(|vault| Ok(vault.set_setting(Setting::RecoveryCheckDue, &due)?))
    }

    /// Puts the offer to check the recovery code off.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the disk says.
    pub fn put_off_recovery_check(&self) -> Result<(), ClientError> {
        let due = self.clock.now().at.date_naive() + PUT_OFF_FOR;
        self.with_vault(|vault| Ok(vault.set_setting(Setting::RecoveryCheckDue, &due)?))
    }

    /// "Somebody knew it": another vault key, another passphrase, another recovery code, and the whole vault written
    /// anew. Local copies that open with the old ones are replaced by one new copy.
    ///
    /// # Errors
    /// As [`Client::change_passphrase`]; before the last step everything is as it was.
    pub fn replace_all_keys(
        &self,
        current: &Passphrase,
        new: &Passphrase,
    ) -> Result<NewKeysView, ClientError> {
        self.make_all_keys_new(current, new, None)
    }

    pub(crate) fn make_all_keys_new(
        &self,
        current: &Passphrase,
        new: &Passphrase,
        factor: Option<&str>,
    ) -> Result<NewKeysView, ClientError> {
        strength::require_enough(new)?;
        let code = RecoveryCode::make_random()?;
        let written_down = recovery::joined(&code)?;
        let _shown = Progress::begin(self);
        let old = self.with_proof(|vault| {
            vault.check_passphrase(current)?;
            Ok(vault.key_id())
        })?;
        // The server first: were it the other way round, a server that refuses would leave two passphrases.
        let everywhere = match self.follows_account()? {
            true => Some(self.account_all_new(current, new, &code, factor)?),
            false => None,
        };
        let keys = {
            let mut state = self.state();
            let vault = state.vault.as_mut().ok_or(ClientError::Locked)?;
            self.finish_deletions(vault, self.clock.now().at.to_utc())?;
            let successor = vault.make_successor(new, &code, &written_down, &mut |percent| {
                self.progress.store(percent, Ordering::Relaxed);
            })?;
            let vault = state.vault.take().ok_or(ClientError::Locked)?;
            vault.close()?;
            let vault = Vault::install(&self.vault_folder(), successor, None)?;
            state.vault = Some(vault.with_notices(self.notices));
            state.rehearse = None;
            NewKeysView {
                copies: self.copies_after_new_keys(&mut state),
                code: recovery::view(&mut state, &code)?,
            }
        };
        if let Some(everywhere) = everywhere {
            self.keep_all_new(everywhere)?;
        }
        if self.keychain.forget(&name_of(old)).is_err() {
            tracing::debug!("no keychain to forget the old key");
        }
        Ok(keys)
    }

    /// How many percent of the vault have been written anew; `None` while nothing of the kind is under way.
    #[must_use]
    pub fn key_progress(&self) -> Option<u32> {
        let percent = self.progress.load(Ordering::Relaxed);
        (percent <= 100).then_some(percent)
    }

    /// Whether quick unlock is possible here, and on.
    #[must_use]
    pub fn quick_unlock(&self) -> QuickUnlockView {
        QuickUnlockView {
            available: self.keychain.answers(),
            on: self.quick_unlock_is_on(),
        }
    }

    /// Whether the keychain can open this vault; answered at once, without asking the keychain.
    #[must_use]
    pub fn quick_unlock_is_on(&self) -> bool {
        Vault::keychain_way(&self.vault_folder()).is_ok_and(|(_, on)| on)
    }

    /// Switches quick unlock on, which the passphrase allows.
    ///
    /// # Errors
    /// As [`Client::change_passphrase`]; [`ClientError::NoKeychain`] when none keeps the key.
    pub fn switch_quick_unlock_on(&self, passphrase: &Passphrase) -> Result<QuickUnlockView, ClientError> {
        let key = Key::make_random()?;
        let name = self.with_proof(|vault| {
            vault.check_passphrase(passphrase)?;
            Ok(name_of(vault.key_id()))
        })?;
        self.keychain
            .keep(&name, key.expose())
            .map_err(|_| ClientError::NoKeychain)?;
        self.with_vault(|vault| Ok(vault.allow_keychain(passphrase, &key)?))?;
        Ok(self.quick_unlock())
    }

    /// Switches quick unlock off.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the disk says.
    pub fn switch_quick_unlock_off(&self) -> Result<QuickUnlockView, ClientError> {
        let name = self.with_vault(|vault| {
            vault.refuse_keychain()?;
            Ok(name_of(vault.key_id()))
        })?;
        // Without its wrap in the key file, a key that stays in the keychain opens nothing.
        if self.keychain.forget(&name).is_err() {
            tracing::warn!("the keychain kept a key that opens nothing any more");
        }
        Ok(self.quick_unlock())
    }

    /// Opens the vault with the key in the keychain.
    ///
    /// # Errors
    /// [`ClientError::NoKeychain`] when it does not answer or holds another key; what is wrong with the files.
    pub fn unlock_quickly(&self) -> Result<Stage, ClientError> {
        let (id, on) = Vault::keychain_way(&self.vault_folder())?;
        if !on {
            return Err(ClientError::NoKeychain);
        }
        let kept = self.keychain.find(&name_of(id)).ok().flatten();
        let kept = kept.ok_or(ClientError::NoKeychain)?;
        let bytes = <[u8; Key::BYTES]>::try_from(kept.as_slice()).map_err(|_| ClientError::NoKeychain)?;
        let key = Key::from_bytes(bytes);
        let opened = self.try_to_open(Secret::Keychain(&key));
        opened.map_err(|error| match error {
            ClientError::Vault(VaultError::NotInKeychain) => ClientError::NoKeychain,
            other => other,
        })
    }

    pub(crate) fn forget_in_keychain(&self, id: Uuid) {
        if self.keychain.forget(&name_of(id)).is_err() {
            tracing::debug!("no keychain to forget a key");
        }
    }

    /// Works with the open vault where the passphrase is asked once more: wrong ones are counted as at the lock.
    pub(crate) fn with_proof<T>(
        &self,
        work: impl FnOnce(&mut Vault) -> Result<T, VaultError>,
    ) -> Result<T, ClientError> {
        let mut state = self.state();
        let mut vault = state.vault.take().ok_or(ClientError::Locked)?;
        let worked = self.attempt(&mut state, || work(&mut vault));
        state.vault = Some(vault);
        worked
    }
}

/// Shows that a vault is being written anew, until it is dropped.
struct Progress<'a>(&'a Client);

impl<'a> Progress<'a> {
    fn begin(client: &'a Client) -> Self {
        client.progress.store(0, Ordering::Relaxed);
        Self(client)
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        self.0.progress.store(u32::MAX, Ordering::Relaxed);
    }
}

/// Whether the person is to be offered a check of the recovery code.
pub(crate) fn check_is_due(vault: &Vault, today: NaiveDate) -> Result<bool, ClientError> {
    let due: Option<NaiveDate> = vault.setting(Setting::RecoveryCheckDue)?;
    Ok(recovery::is_rehearsed(vault)? && due.is_none_or(|due| due <= today))
}

/// Remembers that the code was rehearsed.
pub(crate) fn code_was_rehearsed(vault: &mut Vault, today: NaiveDate) -> Result<(), ClientError> {
    Ok(vault.set_setting(Setting::RecoveryCheckDue, &(today + CHECKED_EVERY))?)
}

fn name_of(id: Uuid) -> String {
    format!("vault {id}")
}
