//! Making backups, and copying them to the chosen folder, so that nobody waits for it who need not.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use chrono::{DateTime, FixedOffset, TimeDelta};
use regie_vault::{
    Vault, VaultError,
    attachment::elsewhere::Elsewhere,
    backup::{self, Backup, Unpacked},
    deletion::Deletions,
    settings::Setting,
};
use uuid::Uuid;

use super::{BackupSchedule, KEPT, Plan, plan};
use crate::{Client, ClientError, State};

/// A folder that was out of reach is looked for again after so long.
const TRIED_EVERY: TimeDelta = TimeDelta::minutes(5);

/// Copying to the chosen folder under way, apart from everything else: a stick may be slow, and a folder on another
/// computer may never answer.
pub(crate) struct Copying {
    folder: PathBuf,
    work: JoinHandle<Result<bool, VaultError>>,
}

impl Client {
    /// Copies the database for a backup; what is left to do needs no key.
    fn begin_backup(&self, vault: &mut Vault) -> Result<Unpacked, VaultError> {
        let folder = self.backups_folder();
        backup::tidy(&folder, None)?;
        vault.list_deletions(&self.deletions_file())?;
        let mark = Deletions::load(&self.deletions_file())?.mark();
        vault.begin_backup(&folder, self.clock.now().at, mark)
    }

    fn end_backup(&self, vault: &mut Vault, made: &Backup, writes: u64) -> Result<(), VaultError> {
        if !vault.owns(made) {
            return Ok(());
        }
        vault.mark_backed_up(writes)?;
        let now = self.clock.now().at;
        keep_newest(vault.key_id(), &self.backups_folder(), Some(made), now)
    }

    /// Makes a backup while the vault is held, and lets the oldest go beyond those that are kept.
    pub(super) fn make_backup(&self, vault: &mut Vault) -> Result<(), VaultError> {
        let _room = self.packing();
        let made = self.begin_backup(vault)?.pack()?;
        self.end_backup(vault, &made, vault.writes())
    }

    /// The same; the vault is free again while the backup is packed.
    pub(super) fn make_backup_apart(&self) -> Result<Backup, ClientError> {
        let (made, writes) = {
            let mut state = self.state();
            let vault = state.vault.as_mut().ok_or(ClientError::Locked)?;
            let room = self.packing();
            let unpacked = self.begin_backup(vault)?;
            let writes = vault.writes();
            drop(state);
            let made = unpacked.pack()?;
            drop(room);
            (made, writes)
        };
        self.with_vault(|vault| Ok(self.end_backup(vault, &made, writes)?))?;
        Ok(made)
    }

    /// The backup before a change of schema.
    pub(crate) fn back_up_before_migration(&self, vault: &Vault) -> Result<(), VaultError> {
        let folder = self.backups_folder();
        backup::tidy(&folder, None)?;
        let mark = Deletions::load(&self.deletions_file())?.mark();
        vault.back_up(&folder, self.clock.now().at, mark).map(|_| ())
    }

    /// Whether something was written that no backup of today has: one is made at the end of work, once a day.
    pub(super) fn backup_is_due(&self, vault: &Vault) -> Result<bool, VaultError> {
        let today = self.clock.now().at.date_naive();
        let local = Backup::list(&self.backups_folder())?;
        let made_today = |copy: &Backup| vault.owns(copy) && copy.made().date_naive() == today;
        Ok(vault.changed_since_backup() && !local.iter().any(made_today))
    }

    /// Closes a vault, which drops its keys, and leaves its backup to [`Client::finish_packing`] when one is due. The
    /// oldest backups stay until the vault has been opened again: without its key nobody can tell that it is whole.
    pub(crate) fn close_with_backup(&self, state: &mut State, vault: Vault) -> Result<(), VaultError> {
        let due = self.backup_is_due(&vault).and_then(|due| {
            let list = Deletions::load(&self.deletions_file())?;
            Ok((due && state.whole != Some(false)).then(|| list.mark()))
        });
        // While another backup is being packed, locking does not wait: there will be one after unlocking.
        match (due, self.packing.try_lock()) {
            (Ok(Some(mark)), Ok(mut left)) => {
                let now = self.clock.now().at;
                *left = Some(vault.close_for_backup(&self.backups_folder(), now, mark)?);
                Ok(())
            }
            (Ok(_), _) => vault.close(),
            (Err(error), _) => {
                // Nothing keeps anybody from locking.
                tracing::warn!(%error, "the backup that was due could not be made");
                state.backup_went_wrong(error.into());
                vault.close()
            }
        }
    }

    /// Packs the backup that locking left to do; before the vault's files are touched again, and before the program ends.
    pub(crate) fn finish_packing(&self, state: &mut State) {
        if let Err(error) = self.pack_what_is_left() {
            state.backup_went_wrong(error.into());
        }
    }

    /// The same for whoever must not hold the state meanwhile.
    pub(crate) fn pack_what_is_left(&self) -> Result<(), VaultError> {
        let mut left = self.packing();
        let Some(unpacked) = left.take() else {
            return Ok(());
        };
        let packed = unpacked.pack().map(|_| ());
        packed.inspect_err(|error| tracing::warn!(%error, "the backup that was due could not be made"))
    }

    pub(super) fn packing(&self) -> MutexGuard<'_, Option<Unpacked>> {
        self.packing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Copies a backup to the chosen folder, and what lacks there of the files of these blobs; whether that was possible. A folder that is
    /// out of reach is no error: a stick may lie in a drawer. Needs neither the vault nor its key.
    pub(super) fn copying(
        &self,
        backup: &Backup,
        blobs: HashSet<[u8; 16]>,
        folder: PathBuf,
    ) -> impl FnOnce() -> Result<bool, VaultError> + Send + 'static {
        let (backup, now) = (backup.clone(), self.clock.now().at);
        let one_at_a_time = Arc::clone(&self.copying);
        let originals = Vault::attachments_folder(&self.vault_folder());
        move || {
            let _held = one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
            if !folder.is_dir() {
                return Ok(false);
            }
            backup::tidy(&folder, Some(&[backup.vault()]))?;
            let name = backup.path().file_name().unwrap_or_default();
            if !folder.join(name).exists() {
                backup.copy_to(&folder)?;
            }
            keep_newest(backup.vault(), &folder, Some(&backup), now)?;
            // Text first: on a stick that is nearly full it is what there is room for.
            Elsewhere::beside(&folder, backup.vault()).bring(&originals, &blobs)?;
            Ok(true)
        }
    }

    pub(super) fn note_copied(&self, vault: &mut Vault, folder: &Path) -> Result<(), ClientError> {
        let plan = plan(vault)?;
        if plan.folder.as_deref() == Some(folder) {
            let copied = Some(self.clock.now().at.date_naive());
            vault.set_setting(Setting::BackupPlan, &Plan { copied, ..plan })?;
        }
        Ok(())
    }

    /// Begins to copy the newest backup to the chosen folder, when that is due; every few minutes, since a stick may
    /// come at any time.
    pub(crate) fn copy_when_due(&self, state: &mut State) -> Result<(), ClientError> {
        let now = self.clock.now().at;
        let rested = |tried| now.to_utc() - tried >= TRIED_EVERY;
        let Some(vault) = state.vault.as_ref() else {
            return Ok(());
        };
        if state.copying.is_some() || !state.copy_tried.is_none_or(rested) {
            return Ok(());
        }
        state.copy_tried = Some(now.to_utc());
        let plan = plan(vault)?;
        let age = plan.copied.map(|day| now.date_naive() - day);
        // A day in the future was noted while the clock was ahead.
        let older = |days| age.is_none_or(|age| age >= TimeDelta::days(days) || age < TimeDelta::zero());
        let due = match plan.schedule {
            BackupSchedule::ByHand => false,
            BackupSchedule::Daily => older(1),
            BackupSchedule::Weekly => older(7),
        };
        let newest = own(vault.key_id(), &self.backups_folder(), now)?;
        if let (true, Some(folder), Some(newest)) = (due, plan.folder, newest.into_iter().next()) {
            let work = thread::spawn(self.copying(&newest, vault.blobs()?, folder.clone()));
            state.copying = Some(Copying { folder, work });
        }
        Ok(())
    }

    /// Takes note of a copy that has come to its end.
    pub(crate) fn end_copying(&self, state: &mut State) {
        let Some(done) = state.copying.take_if(|copying| copying.work.is_finished()) else {
            return;
        };
        let copied = done
            .work
            .join()
            .unwrap_or(Err(VaultError::Io(io::ErrorKind::Other)));
        let noted = match (copied, state.vault.as_mut()) {
            (Ok(true), Some(vault)) => self.note_copied(vault, &done.folder),
            (copied, _) => copied.map(|_| ()).map_err(ClientError::from),
        };
        if let Err(error) = noted {
            tracing::warn!(%error, "the backup could not be copied");
            state.backup_went_wrong(error);
        }
    }
}

/// A vault's copies in a folder, newest first. What was made in the future was made while the clock was ahead, and is
/// older than it says. A stick may hold other people's copies: these are not counted.
pub(super) fn own(vault: Uuid, folder: &Path, now: DateTime<FixedOffset>) -> Result<Vec<Backup>, VaultError> {
    let mut copies = Backup::list(folder)?;
    copies.retain(|copy| copy.vault() == vault);
    copies.sort_by_key(|copy| copy.made() > now);
    Ok(copies)
}

/// Lets the oldest go, and never the one just made.
pub(super) fn keep_newest(
    vault: Uuid,
    folder: &Path,
    made: Option<&Backup>,
    now: DateTime<FixedOffset>,
) -> Result<(), VaultError> {
    let made = made.and_then(|made| made.path().file_name());
    let mut copies = own(vault, folder, now)?;
    copies.sort_by_key(|copy| copy.path().file_name() != made);
    copies.iter().skip(KEPT).try_for_each(Backup::remove)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use regie_crypto::Passphrase;
    use regie_domain::moment::Moment;
    use regie_protocol::Language;

    use std::time::Duration;

    use super::*;
    use crate::Clock;

    struct Tomorrow(Arc<Mutex<TimeDelta>>);

    impl Clock for Tomorrow {
        fn now(&self) -> Moment {
            let start = DateTime::parse_from_rfc3339("2026-11-23T21:14:00+01:00").expect("a moment");
            Moment {
                at: start + *self.0.lock().expect("a clock"),
                zone: "Europe/Amsterdam".into(),
            }
        }

        fn system_language(&self) -> Language {
            Language::Nl
        }
    }

    #[test]
    fn a_copy_that_never_ends_keeps_nobody_from_locking_and_is_noted_when_it_does() {
        let (parent, stick) = (
            tempfile::tempdir().expect("a folder"),
            tempfile::tempdir().expect("a folder"),
        );
        let time = Arc::new(Mutex::new(TimeDelta::zero()));
        let client = Client::new(&parent.path().join("profile"), Tomorrow(Arc::clone(&time)));
        let passphrase = Passphrase::new("kaars muur zwemt lachend".into());
        client.create_vault(&passphrase, &[]).expect("a vault");
        client.set_backup_folder(stick.path()).expect("copies");
        client.set_backup_schedule(BackupSchedule::Daily).expect("stores");
        *time.lock().expect("a clock") = TimeDelta::days(1);
        client.touch();

        let slow = client.copying.lock().expect("the way to the stick");
        client.tick().expect("ticks");
        assert!(client.state().copying.is_some(), "it is on its way");
        client.lock().expect("locks");
        assert!(!client.is_open());
        client.unlock(&passphrase).expect("unlocks");
        drop(slow);
        while client.state().copying.is_some() {
            thread::sleep(Duration::from_millis(10));
            client.tick().expect("ticks");
        }
        let copied = client.with_vault(|vault| plan(vault)).expect("a plan").copied;
        assert_eq!(copied.map(|day| day.to_string()).as_deref(), Some("2026-11-24"));
    }
}
