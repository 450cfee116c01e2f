//! Locking and unlocking.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use regie_crypto::{Passphrase, recovery::RecoveryCode};
use regie_vault::{Vault, VaultError, backup::Secret, settings::Setting};

use crate::{
    Client, ClientError, Stage, State, diary::UNDO_WINDOW, export, reminder, strength, sync::Closing,
};

/// Minutes without input after which the vault locks, unless the person chose otherwise.
pub(crate) const DEFAULT_LOCK_MINUTES: u32 = 5;
/// Wrong tries that cost no waiting.
const FREE_TRIES: u32 = 3;
const LONGEST_WAIT_SECONDS: u32 = 60;
/// How often is looked whether a step of syncing has ended.
const STOPPING: Duration = Duration::from_millis(5);
/// So long before it locks by itself, the page is told.
const TOLD_BEFORE: TimeDelta = TimeDelta::seconds(3);
/// So long after unlocking, what is not urgent may begin.
pub(crate) const SETTLED_IN: TimeDelta = TimeDelta::seconds(5);

/// Slows guessing at the keyboard: after three wrong tries 1, 2, 4 … 60 seconds. Measured by a clock that nobody can
/// set, and remembered over a restart.
pub(crate) struct Attempts {
    failed: u32,
    since: Instant,
}

impl Attempts {
    pub(crate) fn resume(failed: u32) -> Self {
        Self {
            failed,
            since: Instant::now(),
        }
    }

    pub(crate) fn wait_seconds(&self) -> u32 {
        let Some(doublings) = self.failed.checked_sub(FREE_TRIES) else {
            return 0;
        };
        let wait = 1u32
            .checked_shl(doublings)
            .filter(|wait| *wait > 0)
            .map_or(LONGEST_WAIT_SECONDS, |wait| wait.min(LONGEST_WAIT_SECONDS));
        let left = Duration::from_secs(wait.into()).saturating_sub(self.since.elapsed());
        u32::try_from(left.as_millis().div_ceil(1000)).unwrap_or(LONGEST_WAIT_SECONDS)
    }
}

impl Client {
    /// Opens the vault with the passphrase.
    ///
    /// # Errors
    /// [`ClientError::WrongPassphrase`] with the wait that follows, [`ClientError::TooSoon`] before it is over, or what is wrong
    /// with the files.
    pub fn unlock(&self, passphrase: &Passphrase) -> Result<Stage, ClientError> {
        self.try_to_open(Secret::Passphrase(passphrase))
    }

    /// Whether a recovery code is the right one, before a new passphrase is asked for.
    ///
    /// # Errors
    /// [`ClientError::MistypedRecoveryCode`], [`ClientError::WrongRecoveryCode`], [`ClientError::TooSoon`], or what is wrong with
    /// the files.
    pub fn check_recovery_code(&self, typed: &str) -> Result<(), ClientError> {
        let code = RecoveryCode::parse(typed)?;
        let folder = self.vault_folder();
        self.attempt(&mut self.state(), || Vault::check_recovery_code(&folder, &code))
    }

    /// Opens the vault with the recovery code and sets a new passphrase.
    ///
    /// # Errors
    /// As [`Client::check_recovery_code`], and [`ClientError::WeakPassphrase`].
    pub fn unlock_with_recovery_code(&self, typed: &str, new: &Passphrase) -> Result<Stage, ClientError> {
        let code = RecoveryCode::parse(typed)?;
        strength::require_enough(new)?;
        let stage = self.try_to_open(Secret::Code {
            code: &code,
            passphrase: new,
        })?;
        self.account_has_to_follow()?;
        Ok(stage)
    }

    /// Closes the vault and drops every key; deletions that could still be taken back become final. Nothing else is
    /// waited for: a backup that is due is packed by the next [`Client::tick`].
    ///
    /// # Errors
    /// When a deletion could not be made final or the last log could not be moved into the database; the vault is closed
    /// and whole all the same.
    pub fn lock(&self) -> Result<(), ClientError> {
        // Whatever is on its way out or in ends first: it may hold the vault.
        self.stop_export();
        let _closing = self.end_sync();
        let mut state = self.state();
        let farewell = std::mem::take(&mut state.begun).farewell();
        (state.chosen_import, state.exported) = (None, None);
        state.rehearse = None;
        state.hiding = crate::hide::Hiding::default();
        let Some(mut vault) = state.vault.take() else {
            return Ok(());
        };
        self.note_what_waits(&mut vault);
        if let Some(farewell) = farewell {
            self.tell(&mut vault, &farewell);
        }
        state.done = reminder::Done::seen(&vault);
        let finished = self.finish_deletions(&mut vault, self.clock.now().at.to_utc());
        self.close_with_backup(&mut state, vault)?;
        Ok(finished?)
    }

    /// Ends what is on its way and forgets where syncing stood, which belongs to the vault that is open; nothing begins as long as what is
    /// returned lives. To be called while the vault is not held.
    pub(crate) fn end_sync(&self) -> Closing<'_> {
        let closing = self.sync.close();
        self.account.stop();
        while !self.sync.try_to_forget() {
            // A request may have begun just then.
            std::thread::sleep(STOPPING);
            self.account.stop();
        }
        closing
    }

    /// Tells that the person is there.
    pub fn touch(&self) {
        self.state().touched = self.clock.now().at.to_utc();
    }

    /// Whether Regie locks within seconds unless the person does something: time to keep what is under the pen.
    #[must_use]
    pub fn is_about_to_lock(&self) -> bool {
        let now = self.clock.now().at.to_utc();
        let state = self.state();
        let vault = state.vault.as_ref();
        vault.is_some_and(|vault| locks_in(vault, state.touched, now) <= TOLD_BEFORE)
    }

    /// What is due by the passing of time: final deletion, and locking after idle time. To be called about once a
    /// second; returns whether the vault was locked.
    ///
    /// # Errors
    /// When a deletion could not be made final; it is tried again. Never when the vault was locked: what shows it must go.
    pub fn tick(&self) -> Result<bool, ClientError> {
        let now = self.clock.now().at.to_utc();
        let mut state = self.state();
        let touched = state.touched;
        self.end_copying(&mut state);
        let Some(vault) = state.vault.as_mut() else {
            drop(state);
            if let Err(error) = self.pack_what_is_left() {
                self.state().backup_went_wrong(error.into());
            }
            return Ok(false);
        };
        if locks_in(vault, touched, now) <= TimeDelta::zero() {
            drop(state);
            if let Err(error) = self.lock() {
                tracing::warn!(%error, "the vault closed with a warning");
            }
            return Ok(true);
        }
        let finished = self
            .finish_deletions(vault, now - UNDO_WINDOW)
            .and_then(|()| self.forget_imports(vault));
        let settled_in = now - state.opened >= SETTLED_IN;
        drop(state);
        if settled_in {
            self.daily_care();
            let copied = self.copy_when_due(&mut self.state());
            copied?;
        }
        finished?;
        Ok(false)
    }

    /// Sets the vault aside under a new name, so that a new one can be begun. Nothing is deleted.
    ///
    /// # Errors
    /// [`ClientError::NotNow`] while the vault is open or when there is none; what the file system says.
    pub fn start_over(&self) -> Result<String, ClientError> {
        let mut state = self.state();
        self.ready(&mut state)?;
        self.finish_packing(&mut state);
        let folder = self.vault_folder();
        if state.vault.is_some() || !folder.exists() {
            return Err(ClientError::NotNow);
        }
        let name = Vault::set_aside(&folder, self.clock.now().at.date_naive())?;
        self.close_asides(None);
        self.remember_failures(&mut state, 0);
        state.device.first_run_step = crate::FirstRunStep::Welcome;
        state.device.save(&self.person_folder())?;
        Ok(name)
    }

    pub(crate) fn try_to_open(&self, secret: Secret<'_>) -> Result<Stage, ClientError> {
        let mut state = self.state();
        if state.vault.is_none() {
            self.ready(&mut state)?;
            self.finish_packing(&mut state);
            let folder = self.vault_folder();
            Vault::settle(&folder)?;
            let open = || Vault::unlock(&folder, secret, |vault| self.back_up_before_migration(vault));
            let mut vault = self.attempt(&mut state, open)?;
            let now = self.clock.now().at.to_utc();
            // Whoever has the key may read, whatever the disk says: what fails is tried again.
            let finished = self
                .finish_deletions(&mut vault, now)
                .and_then(|()| self.keep_promises(&mut vault))
                .and_then(|()| vault.note_backup_at_lock(&self.backups_folder()))
                .and_then(|()| export::remove_unfinished(&mut vault));
            if let Err(error) = finished {
                tracing::warn!(%error, "what was left to do at unlocking will be tried again");
            }
            state.vault = Some(vault.with_notices(self.notices));
            state.begin_session(now);
        }
        drop(state);
        self.try_to_mirror();
        // There may be something that was not sent before it was locked.
        self.sync.written();
        Ok(self.stage())
    }

    /// Makes deletions up to a moment final, and sees to it that they leave the backups too.
    pub(crate) fn finish_deletions(&self, vault: &mut Vault, until: DateTime<Utc>) -> Result<(), VaultError> {
        vault.finish_deletions(until, &self.deletions_file(), self.cleaned_by())
    }

    /// Refuses before the wait is over, counts what is wrong, forgets the count when it is right.
    pub(crate) fn attempt<T>(
        &self,
        state: &mut State,
        work: impl FnOnce() -> Result<T, VaultError>,
    ) -> Result<T, ClientError> {
        if state.chosen.is_none() {
            return Err(ClientError::NotNow);
        }
        let wait_seconds = state.attempts.wait_seconds();
        if wait_seconds > 0 {
            return Err(ClientError::TooSoon { wait_seconds });
        }
        match work() {
            Ok(value) => {
                self.remember_failures(state, 0);
                Ok(value)
            }
            Err(error @ (VaultError::WrongPassphrase | VaultError::WrongRecoveryCode)) => {
                self.remember_failures(state, state.attempts.failed.saturating_add(1));
                let wait_seconds = state.attempts.wait_seconds();
                Err(match error {
                    VaultError::WrongPassphrase => ClientError::WrongPassphrase { wait_seconds },
                    _ => ClientError::WrongRecoveryCode { wait_seconds },
                })
            }
            Err(other) => Err(other.into()),
        }
    }

    fn remember_failures(&self, state: &mut State, failed: u32) {
        state.attempts = Attempts::resume(failed);
        if state.device.failed_unlocks != failed {
            state.device.failed_unlocks = failed;
            if let Err(error) = state.device.save(&self.person_folder()) {
                tracing::warn!(%error, "the number of wrong tries could not be stored");
            }
        }
    }
}

/// Until it locks by itself. A clock set back counts as time passed: the lock errs on the safe side.
fn locks_in(vault: &Vault, touched: DateTime<Utc>, now: DateTime<Utc>) -> TimeDelta {
    let minutes = lock_after_minutes(vault).unwrap_or(DEFAULT_LOCK_MINUTES);
    if now < touched - TimeDelta::minutes(1) {
        return TimeDelta::zero();
    }
    touched + TimeDelta::minutes(minutes.into()) - now
}

pub(crate) fn lock_after_minutes(vault: &Vault) -> Result<u32, ClientError> {
    Ok(vault
        .setting(Setting::LockAfterMinutes)?
        .unwrap_or(DEFAULT_LOCK_MINUTES))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_a_minute() {
        let waits: Vec<_> = [0, 2, 3, 4, 6, 9, 40, u32::MAX]
            .map(|failed| Attempts::resume(failed).wait_seconds())
            .into();
        assert_eq!(waits, [0, 0, 1, 2, 8, 60, 60, 60]);
    }
}
