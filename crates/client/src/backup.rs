//! Backups: made by themselves after a day with changes, kept elsewhere too where the person wants it, and restored.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, MutexGuard, PoisonError, TryLockError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use chrono::{DateTime, FixedOffset, NaiveDate, TimeDelta};
use regie_crypto::{Passphrase, recovery::RecoveryCode};
use regie_vault::{
    Vault, VaultError,
    backup::{self, Backup, Secret, Unpacked},
    deletion::{Deletions, Due},
    settings::Setting,
};
use serde::{Deserialize, Serialize};
use specta::Type;
use uuid::Uuid;

use crate::{Client, ClientError, State, strength};

/// How many backups are kept in one place.
const KEPT: usize = 7;
/// After so many days what was deleted leaves the local backups, when the person did not want it sooner.
pub(crate) const CLEANED_AFTER: TimeDelta = TimeDelta::days(30);

/// When a copy goes to the folder that the person chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum BackupSchedule {
    /// Only when the person says so.
    #[default]
    ByHand,
    /// After each day with changes.
    Daily,
    /// Once a week.
    Weekly,
}

/// Where backups go besides; a setting in the vault.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Plan {
    folder: Option<PathBuf>,
    schedule: BackupSchedule,
    copied: Option<NaiveDate>,
}

/// Copying to the chosen folder under way, apart from everything else: a stick may be slow, and a folder on another
/// computer may never answer.
pub(crate) struct Copying {
    folder: PathBuf,
    work: JoinHandle<Result<bool, VaultError>>,
}

/// Looking after copies, one at a time, so that who waits for the vault gets it in between. One that fails does not keep
/// the others from it.
#[derive(Default)]
pub(crate) struct Care {
    copies: Vec<Backup>,
    list: Deletions,
    /// Up to which deletion they are to be clean now.
    wanted: Option<u64>,
    renewed: u32,
    trouble: Option<ClientError>,
}

impl Care {
    fn note<T>(&mut self, outcome: Result<T, impl Into<ClientError>>) -> Option<T> {
        match outcome {
            Ok(value) => Some(value),
            Err(error) => {
                self.trouble.get_or_insert(error.into());
                None
            }
        }
    }
}

/// What there is of backups.
#[derive(Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct BackupsView {
    /// On this device, newest first.
    pub local: Vec<BackupRow>,
    /// Where they lie.
    pub folder: String,
    /// How many are kept in one place.
    pub kept: u32,
    /// Whether anything was written since the newest.
    pub changed: bool,
    /// The folder or stick that the person chose.
    pub elsewhere: Option<ElsewhereView>,
    /// The day on which the last local copy of something deleted goes, ISO 8601; `None` when there is none.
    pub deleted_until: Option<String>,
    /// Whether the last backup that was due could not be made.
    pub failed: bool,
}

/// One backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct BackupRow {
    /// Name of its file.
    pub name: String,
    /// When it was made, RFC 3339.
    pub made_at: String,
    /// Size in bytes.
    pub bytes: u32,
}

/// A folder or stick of the person's.
#[derive(Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ElsewhereView {
    /// Where.
    pub folder: String,
    /// Whether it is there at this moment.
    pub reachable: bool,
    /// When the newest copy in it was made, RFC 3339; `None` when there is none or it is out of reach.
    pub newest: Option<String>,
    /// When a copy goes there.
    pub schedule: BackupSchedule,
}

/// What came of a backup made by hand.
#[derive(Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct BackedUpView {
    /// What there is now.
    pub backups: BackupsView,
    /// Whether a copy also went to the chosen folder; `None` when none is chosen.
    pub copied: Option<bool>,
}

/// Which backup.
#[derive(Clone, Debug, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum BackupChoice {
    /// One on this device.
    Local {
        /// Name of its file.
        name: String,
    },
    /// The file that was chosen in a dialog.
    Chosen,
}

/// How the person opens a backup.
pub enum BackupSecret {
    /// With the passphrase of that time.
    Passphrase(Passphrase),
    /// With the recovery code of that time, and a new passphrase.
    Code(String, Passphrase),
}

/// What a change of keys did to copies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CopiesView {
    /// Copies that now open with the new passphrase.
    pub renewed: u32,
    /// The chosen folder, when it is out of reach: copies in it open with the old passphrase until it is back.
    pub out_of_reach: Option<String>,
}

impl Client {
    /// What there is of backups.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the disk says.
    pub fn backups(&self) -> Result<BackupsView, ClientError> {
        let state = self.state();
        let vault = state.vault.as_ref().ok_or(ClientError::Locked)?;
        self.backups_view(vault, state.backup_failed)
    }

    /// The backups on this device, also without an open vault.
    ///
    /// # Errors
    /// What the file system says.
    pub fn local_backups(&self) -> Result<Vec<BackupRow>, ClientError> {
        Ok(Backup::list(&self.backups_folder())?.iter().map(row).collect())
    }

    /// Makes a backup now, also in the chosen folder when it is there.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the disk says.
    pub fn back_up_now(&self) -> Result<BackedUpView, ClientError> {
        let made = self.make_backup_apart()?;
        let plan = self.with_vault(|vault| plan(vault))?;
        let copied = plan.folder.map(|folder| {
            let copied = self.copying(&made, folder.clone())()?;
            if copied {
                self.with_vault(|vault| self.note_copied(vault, &folder))?;
            }
            Ok::<_, ClientError>(copied)
        });
        let copied = copied.transpose()?;
        let mut state = self.state();
        state.backup_failed = false;
        let vault = state.vault.as_ref().ok_or(ClientError::Locked)?;
        Ok(BackedUpView {
            backups: self.backups_view(vault, false)?,
            copied,
        })
    }

    /// Takes a folder, chosen in a dialog of the system, for copies, and puts the first one into it.
    ///
    /// # Errors
    /// What the disk says; the choice before it holds then.
    pub fn set_backup_folder(&self, folder: &Path) -> Result<BackedUpView, ClientError> {
        let before = self.with_vault(|vault| {
            let before = plan(vault)?;
            let chosen = Plan {
                folder: Some(folder.to_owned()),
                copied: None,
                schedule: before.schedule,
            };
            vault.set_setting(Setting::BackupPlan, &chosen)?;
            Ok(before)
        })?;
        let made = self.back_up_now();
        if !matches!(&made, Ok(view) if view.copied == Some(true)) {
            self.with_vault(|vault| Ok(vault.set_setting(Setting::BackupPlan, &before)?))?;
        }
        made
    }

    /// Chooses when copies go to the chosen folder.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the disk says.
    pub fn set_backup_schedule(&self, schedule: BackupSchedule) -> Result<BackupsView, ClientError> {
        self.with_vault(|vault| {
            let changed = Plan {
                schedule,
                ..plan(vault)?
            };
            Ok(vault.set_setting(Setting::BackupPlan, &changed)?)
        })?;
        self.backups()
    }

    /// Puts no more copies into the chosen folder; those that are there stay.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the disk says.
    pub fn forget_backup_folder(&self) -> Result<BackupsView, ClientError> {
        self.with_vault(|vault| Ok(vault.clear_setting(Setting::BackupPlan)?))?;
        self.backups()
    }

    /// Looks at a file that was chosen in a dialog of the system, and remembers it for [`Client::restore`].
    ///
    /// # Errors
    /// [`VaultError::NotABackup`], [`VaultError::BackupDamaged`], [`VaultError::VaultNewer`], or what the disk says.
    pub fn choose_backup(&self, path: &Path) -> Result<BackupRow, ClientError> {
        let backup = Backup::read(path)?;
        self.state().chosen_backup = Some(path.to_owned());
        Ok(row(&backup))
    }

    /// Restores a backup: opens and checks all of it, applies later deletions, and only then sets the present vault
    /// aside, if there is one, under the name that is returned. The restored vault is open afterwards.
    ///
    /// # Errors
    /// As [`Client::unlock`], and what is wrong with the backup; nothing has been replaced then.
    pub fn restore(
        &self,
        choice: &BackupChoice,
        secret: &BackupSecret,
    ) -> Result<Option<String>, ClientError> {
        let code = match secret {
            BackupSecret::Passphrase(_) => None,
            BackupSecret::Code(typed, new) => {
                strength::require_enough(new)?;
                Some(RecoveryCode::parse(typed)?)
            }
        };
        let secret = match (secret, &code) {
            (BackupSecret::Code(_, passphrase), Some(code)) => Secret::Code { code, passphrase },
            (BackupSecret::Passphrase(passphrase) | BackupSecret::Code(_, passphrase), _) => {
                Secret::Passphrase(passphrase)
            }
        };
        let mut state = self.state();
        self.hold_profile(&mut state)?;
        let was_open = state.vault.is_some();
        let backup = self.chosen(&state, choice)?;
        self.finish_packing(&mut state);
        let (folder, now) = (self.vault_folder(), self.clock.now());
        let mut present = state.vault.take();
        let prepared = self.attempt(&mut state, || {
            Vault::prepare_restore(&backup, secret, &folder, |vault| {
                if present.is_none() && matches!(secret, Secret::Passphrase(_)) {
                    // Locked, and the same passphrase opens it: what it knows is worth as much as when it is open.
                    present = Vault::unlock(&folder, secret, |_| Err(VaultError::VaultInUse)).ok();
                }
                self.go_on_from(vault, present.as_mut())
            })
        });
        let successor = match prepared {
            Ok(successor) => successor,
            Err(error) => {
                state.vault = present.filter(|_| was_open);
                return Err(error);
            }
        };
        if let Some(present) = present {
            present.close()?;
        }
        let there = folder.exists();
        let aside = there.then(|| Vault::name_aside(&folder, now.at.date_naive()));
        let aside = aside.transpose()?;
        state.vault = Some(Vault::install(&folder, successor, aside.as_deref())?);
        state.begin_session(now.at.to_utc());
        state.chosen_backup = None;
        Ok(aside)
    }

    /// A restore goes back in time, but not behind a deletion, a promise about one, or a choice about consent.
    fn go_on_from(&self, restored: &mut Vault, present: Option<&mut Vault>) -> Result<(), VaultError> {
        restored.clear_setting(Setting::BackupAtLock)?;
        if let Some(present) = present {
            match self.finish_deletions(present, self.clock.now().at.to_utc()) {
                // It is what a backup is restored for.
                Err(VaultError::VaultDamaged | VaultError::Database(_)) => {
                    tracing::warn!("deletions in a damaged vault could not be made final");
                }
                other => other?,
            }
            match carry(restored, present) {
                Err(VaultError::VaultDamaged | VaultError::Database(_)) => {
                    tracing::warn!("choices in a damaged vault could not be read");
                }
                other => other?,
            }
        }
        restored.apply_deletions(&Deletions::load(&self.deletions_file())?)?;
        self.keep_promises(restored)
    }

    pub(crate) fn backups_folder(&self) -> PathBuf {
        self.vault_folder().with_file_name("backups")
    }

    pub(crate) fn deletions_file(&self) -> PathBuf {
        self.vault_folder().with_file_name("deletions")
    }

    fn chosen(&self, state: &State, choice: &BackupChoice) -> Result<Backup, ClientError> {
        Ok(match choice {
            BackupChoice::Chosen => Backup::read(state.chosen_backup.as_deref().ok_or(ClientError::NotNow)?)?,
            // Found by its name among those that are there: no path is made of what the page says.
            BackupChoice::Local { name } => Backup::list(&self.backups_folder())?
                .into_iter()
                .find(|backup| row(backup).name == *name)
                .ok_or(VaultError::NotFound)?,
        })
    }

    fn backups_view(&self, vault: &Vault, failed: bool) -> Result<BackupsView, ClientError> {
        let folder = self.backups_folder();
        let elsewhere = |folder: PathBuf, schedule| -> Result<ElsewhereView, ClientError> {
            let reachable = folder.is_dir();
            let copies = own(vault.key_id(), &folder, self.clock.now().at).unwrap_or_default();
            let newest = copies.first();
            Ok(ElsewhereView {
                folder: folder.display().to_string(),
                reachable,
                newest: newest.map(|copy| copy.made().to_rfc3339()),
                schedule,
            })
        };
        let plan = plan(vault)?;
        Ok(BackupsView {
            local: self.local_backups()?,
            folder: folder.display().to_string(),
            kept: u32::try_from(KEPT).unwrap_or(u32::MAX),
            changed: vault.changed_since_backup(),
            elsewhere: plan
                .folder
                .map(|folder| elsewhere(folder, plan.schedule))
                .transpose()?,
            deleted_until: self.deleted_until(vault)?.map(|day| day.to_string()),
            failed,
        })
    }

    /// Copies the database for a backup; what is left to do needs no key.
    fn begin_backup(&self, vault: &mut Vault) -> Result<Unpacked, VaultError> {
        let folder = self.backups_folder();
        backup::tidy(&folder, None)?;
        vault.list_deletions(&self.deletions_file())?;
        let mark = Deletions::load(&self.deletions_file())?.mark();
        vault.begin_backup(&folder, self.clock.now().at, mark)
    }

    fn end_backup(&self, vault: &mut Vault, made: &Backup, writes: u64) -> Result<(), VaultError> {
        vault.mark_backed_up(writes)?;
        let now = self.clock.now().at;
        keep_newest(vault.key_id(), &self.backups_folder(), Some(made), now)
    }

    /// Makes a backup while the vault is held, and lets the oldest go beyond those that are kept.
    fn make_backup(&self, vault: &mut Vault) -> Result<(), VaultError> {
        let _room = self.packing();
        let made = self.begin_backup(vault)?.pack()?;
        self.end_backup(vault, &made, vault.writes())
    }

    /// The same; the vault is free again while the backup is packed.
    fn make_backup_apart(&self) -> Result<Backup, ClientError> {
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
    fn backup_is_due(&self, vault: &Vault) -> Result<bool, VaultError> {
        let today = self.clock.now().at.date_naive();
        let local = Backup::list(&self.backups_folder())?;
        let made_today = |copy: &Backup| vault.owns(copy) && copy.made().date_naive() == today;
        Ok(vault.changed_since_backup() && !local.iter().any(made_today))
    }

    /// Closes a vault, which drops its keys, and leaves its backup to [`Client::finish_packing`] when one is due. The
    /// oldest backups stay until the vault has been opened again: without its key nobody can tell that it is whole.
    pub(crate) fn close_with_backup(&self, vault: Vault) -> Result<(), VaultError> {
        let due = self.backup_is_due(&vault).and_then(|due| {
            let list = Deletions::load(&self.deletions_file())?;
            Ok(due.then(|| list.mark()))
        });
        // While another backup is being packed, locking does not wait: there will be one after unlocking.
        match (due, self.packing.try_lock()) {
            (Ok(Some(mark)), Ok(mut left)) => {
                let now = self.clock.now().at;
                *left = Some(vault.close_for_backup(&self.backups_folder(), now, mark)?);
                Ok(())
            }
            (due, _) => vault.close().and(due.map(|_| ())),
        }
    }

    /// Packs the backup that locking left to do; before the vault's files are touched again, and before the program ends.
    pub(crate) fn finish_packing(&self, state: &mut State) {
        state.backup_failed |= !self.pack_what_is_left();
    }

    /// Whether that went well.
    pub(crate) fn pack_what_is_left(&self) -> bool {
        let mut left = self.packing();
        let Some(unpacked) = left.take() else {
            return true;
        };
        let packed = unpacked.pack();
        if let Err(error) = &packed {
            tracing::warn!(%error, "the backup that was due could not be made");
        }
        packed.is_ok()
    }

    fn packing(&self) -> MutexGuard<'_, Option<Unpacked>> {
        self.packing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Copies a backup to the chosen folder; whether that was possible. A folder that is out of reach is no error: a
    /// stick may lie in a drawer. Needs neither the vault nor its key.
    fn copying(
        &self,
        backup: &Backup,
        folder: PathBuf,
    ) -> impl FnOnce() -> Result<bool, VaultError> + Send + 'static {
        let (backup, now) = (backup.clone(), self.clock.now().at);
        let one_at_a_time = Arc::clone(&self.copying);
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
            Ok(true)
        }
    }

    fn note_copied(&self, vault: &mut Vault, folder: &Path) -> Result<(), ClientError> {
        let plan = plan(vault)?;
        if plan.folder.as_deref() == Some(folder) {
            let copied = Some(self.clock.now().at.date_naive());
            vault.set_setting(Setting::BackupPlan, &Plan { copied, ..plan })?;
        }
        Ok(())
    }

    /// Begins to copy the newest backup to the chosen folder, when that is due.
    fn copy_when_due(&self) -> Result<(), ClientError> {
        let now = self.clock.now().at;
        let mut state = self.state();
        let vault = state.vault.as_ref().ok_or(ClientError::Locked)?;
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
        if let (true, None, Some(folder), Some(newest)) =
            (due, &state.copying, plan.folder, newest.into_iter().next())
        {
            let work = thread::spawn(self.copying(&newest, folder.clone()));
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
            state.backup_failed = true;
        }
    }

    /// Whatever copies within reach still need: present keys, replacement after "somebody knew it", cleaning that is
    /// due. Each part can be interrupted and is gone on with the next time.
    pub(crate) fn care_for_copies(&self, vault: &mut Vault) -> Result<CopiesView, ClientError> {
        let mut care = self.begin_care(vault);
        while let Some(copy) = care.copies.pop() {
            self.care_for(vault, &copy, &mut care);
        }
        self.end_care(vault, &care)
    }

    /// The same; the vault is free between two copies.
    pub(crate) fn look_after_copies(&self) -> Result<CopiesView, ClientError> {
        /// So long, for whoever waits, or this thread would have it back first.
        const PAUSE: Duration = Duration::from_millis(1);
        let mut care = self.with_vault(|vault| Ok(self.begin_care(vault)))?;
        while let Some(copy) = care.copies.pop() {
            thread::sleep(PAUSE);
            self.with_vault(|vault| {
                self.care_for(vault, &copy, &mut care);
                Ok(())
            })?;
        }
        self.with_vault(|vault| self.end_care(vault, &care))
    }

    fn begin_care(&self, vault: &mut Vault) -> Care {
        let mut care = Care::default();
        care.note(vault.list_deletions(&self.deletions_file()));
        {
            let _room = self.packing();
            care.note(backup::tidy(&self.backups_folder(), None));
        }
        care.note(self.tidy_elsewhere(vault));
        care.note(self.replace_known_copies(vault));
        care.note(self.let_oldest_go(vault));
        if let Some(list) = care.note(Deletions::load(&self.deletions_file())) {
            care.list = list;
            care.note(self.keep_promises(vault));
            let today = self.clock.now().at.date_naive();
            let due = care.note(vault.cleaning_due()).unwrap_or_default();
            let due = due.iter().filter(|due| due.day <= today);
            care.wanted = due.map(|due| due.count).max();
        }
        for folder in self.folders_in_reach(vault, &mut care) {
            let copies = care.note(Backup::list(&folder)).unwrap_or_default();
            care.copies
                .extend(copies.into_iter().filter(|copy| vault.owns(copy)));
        }
        care
    }

    fn care_for(&self, vault: &Vault, copy: &Backup, care: &mut Care) {
        if !vault.owns(copy) || !copy.path().exists() {
            return;
        }
        if let Some(renewed) = care.note(vault.renew_keys(copy)) {
            care.renewed += u32::from(renewed);
        }
        if care
            .wanted
            .is_some_and(|wanted| care.list.known_at(copy.deletions()) < wanted)
        {
            care.note(vault.clean(copy, &care.list));
        }
    }

    fn end_care(&self, vault: &mut Vault, care: &Care) -> Result<CopiesView, ClientError> {
        let out_of_reach = self.out_of_reach(vault)?;
        if let Some(error) = care.trouble {
            return Err(error);
        }
        if let (Some(wanted), None) = (care.wanted, &out_of_reach) {
            let mut left = vault.cleaning_due()?;
            left.retain(|due| due.count > wanted);
            vault.set_setting(Setting::CleaningDue, &left)?;
        }
        Ok(CopiesView {
            renewed: care.renewed,
            out_of_reach: out_of_reach.map(|folder| folder.display().to_string()),
        })
    }

    /// Removes pieces of this vault's copies from the chosen folder, unless a copy is on its way there.
    fn tidy_elsewhere(&self, vault: &Vault) -> Result<(), ClientError> {
        let free = match self.copying.try_lock() {
            Ok(free) => free,
            Err(TryLockError::Poisoned(free)) => free.into_inner(),
            Err(TryLockError::WouldBlock) => return Ok(()),
        };
        if let Some(folder) = plan(vault)?.folder {
            let mut ours = vault.replaced_keys()?;
            ours.push(vault.key_id());
            backup::tidy(&folder, Some(&ours))?;
        }
        drop(free);
        Ok(())
    }

    /// What was made at a lock is more than is kept: the oldest go now that the vault is seen to be whole.
    fn let_oldest_go(&self, vault: &Vault) -> Result<(), VaultError> {
        let (folder, now) = (self.backups_folder(), self.clock.now().at);
        if own(vault.key_id(), &folder, now)?.len() <= KEPT {
            return Ok(());
        }
        if !vault.is_whole()? {
            return Err(VaultError::VaultDamaged);
        }
        keep_newest(vault.key_id(), &folder, None, now)
    }

    /// Local copies under a key that somebody may know go, once there is one under the present key.
    fn replace_known_copies(&self, vault: &mut Vault) -> Result<(), ClientError> {
        let known = vault.replaced_keys()?;
        if known.is_empty() {
            return Ok(());
        }
        let local = Backup::list(&self.backups_folder())?;
        if !local.iter().any(|copy| vault.owns(copy)) {
            self.make_backup(vault)?;
        }
        let plan = plan(vault)?;
        let reachable = plan.folder.iter().filter(|folder| folder.is_dir());
        for folder in std::iter::once(&self.backups_folder()).chain(reachable) {
            for copy in Backup::list(folder)? {
                if known.contains(&copy.vault()) {
                    copy.remove()?;
                }
            }
        }
        if self.out_of_reach(vault)?.is_none() {
            vault.clear_setting(Setting::ReplacedKeys)?;
        }
        Ok(())
    }

    /// The day on which backups are cleaned of what is deleted now and left to its day.
    pub(crate) fn cleaned_by(&self) -> NaiveDate {
        self.clock.now().at.date_naive() + CLEANED_AFTER
    }

    /// By when what is deleted now, one record at a time, has left the copies on this device; `None` when there are none.
    pub(crate) fn leaves_copies_by(&self, vault: &Vault) -> Option<String> {
        let copies = Backup::list(&self.backups_folder()).unwrap_or_default();
        let held = copies.iter().any(|copy| vault.owns(copy));
        held.then(|| self.cleaned_by().to_string())
    }

    /// Takes all that is on the list out of the backups within reach now.
    pub(crate) fn clean_now(&self) -> Result<(), ClientError> {
        let today = self.clock.now().at.date_naive();
        self.with_vault(|vault| {
            vault.list_deletions(&self.deletions_file())?;
            let list = Deletions::load(&self.deletions_file())?;
            Ok(vault.promise_cleaning(today, &list)?)
        })?;
        self.look_after_copies().map(|_| ())
    }

    /// Sees to it that there is a day for everything deleted that a copy on this device still holds: a vault that was
    /// restored has forgotten its promises, and may have those of another computer.
    pub(crate) fn keep_promises(&self, vault: &mut Vault) -> Result<(), VaultError> {
        vault.list_deletions(&self.deletions_file())?;
        let list = Deletions::load(&self.deletions_file())?;
        let mut due = vault.cleaning_due()?;
        let before = due.len();
        due.retain(|due| due.count <= list.count());
        let promised = due.iter().map(|due| due.count).max().unwrap_or_default();
        let copies = Backup::list(&self.backups_folder())?;
        let known = copies.iter().filter(|copy| vault.owns(copy));
        let known = known.map(|copy| list.known_at(copy.deletions())).min();
        if known.is_some_and(|known| known.max(promised) < list.count()) {
            let (day, count) = (self.cleaned_by(), list.count());
            due.retain(|due| due.day != day);
            due.push(Due { day, count });
        } else if due.len() == before {
            return Ok(());
        }
        vault.set_setting(Setting::CleaningDue, &due)
    }

    /// The day on which the last local copy of something deleted goes.
    pub(crate) fn deleted_until(&self, vault: &Vault) -> Result<Option<NaiveDate>, ClientError> {
        let list = Deletions::load(&self.deletions_file())?;
        let copies = Backup::list(&self.backups_folder())?;
        let known = copies
            .iter()
            .filter(|copy| vault.owns(copy))
            .map(|copy| list.known_at(copy.deletions()))
            .min();
        let due = vault.cleaning_due()?;
        let held = due
            .iter()
            .filter(|due| known.is_some_and(|known| known < due.count));
        Ok(held.map(|due| due.day).max())
    }

    fn folders_in_reach(&self, vault: &Vault, care: &mut Care) -> Vec<PathBuf> {
        let chosen = care.note(plan(vault)).and_then(|plan| plan.folder);
        let reachable = chosen.filter(|folder| folder.is_dir());
        std::iter::once(self.backups_folder()).chain(reachable).collect()
    }

    pub(crate) fn out_of_reach(&self, vault: &Vault) -> Result<Option<PathBuf>, ClientError> {
        Ok(plan(vault)?.folder.filter(|folder| !folder.is_dir()))
    }

    /// What is due some time after unlocking, and once a day; trouble is told in the view, and tried again.
    pub(crate) fn daily_care(&self) {
        let today = self.clock.now().at.date_naive();
        let was_changed = {
            let mut state = self.state();
            if state.vault.is_none() || state.cared_on == Some(today) {
                return;
            }
            let first = state.cared_on.replace(today).is_none();
            first && state.changed_at_unlock
        };
        let cared = self.look_after_copies().map(|_| ());
        let backed_up = match self.with_vault(|vault| Ok(was_changed && self.backup_is_due(vault)?)) {
            Ok(true) => self.make_backup_apart().map(|_| ()),
            other => other.map(|_| ()),
        };
        let outcomes = [cared, backed_up, self.copy_when_due()];
        let failed = outcomes.into_iter().filter_map(Result::err);
        let failed = failed
            .filter(|error| *error != ClientError::Locked)
            .inspect(|error| {
                tracing::warn!(%error, "the backups could not be looked after");
            });
        let failed = failed.count() > 0;
        self.state().backup_failed = failed;
    }
}

fn plan(vault: &Vault) -> Result<Plan, ClientError> {
    Ok(vault.setting(Setting::BackupPlan)?.unwrap_or_default())
}

/// Where copies go besides, when the person chose a place.
pub(crate) fn folder_elsewhere(vault: &Vault) -> Result<Option<PathBuf>, ClientError> {
    Ok(plan(vault)?.folder)
}

/// A vault's copies in a folder, newest first. What was made in the future was made while the clock was ahead, and is
/// older than it says. A stick may hold other people's copies: these are not counted.
fn own(vault: Uuid, folder: &Path, now: DateTime<FixedOffset>) -> Result<Vec<Backup>, VaultError> {
    let mut copies = Backup::list(folder)?;
    copies.retain(|copy| copy.vault() == vault);
    copies.sort_by_key(|copy| copy.made() > now);
    Ok(copies)
}

/// Lets the oldest go, and never the one just made.
fn keep_newest(
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

/// What a restored vault takes over from the one whose place it takes.
fn carry(restored: &mut Vault, present: &Vault) -> Result<(), VaultError> {
    restored.set_setting(Setting::CleaningDue, &present.cleaning_due()?)?;
    restored.carry_choices(present)
}

fn row(backup: &Backup) -> BackupRow {
    let name = backup.path().file_name().unwrap_or_default();
    BackupRow {
        name: name.to_string_lossy().into_owned(),
        made_at: backup.made().to_rfc3339(),
        bytes: u32::try_from(backup.bytes()).unwrap_or(u32::MAX),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use regie_domain::moment::Moment;
    use regie_protocol::Language;

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
