//! Backups: made by themselves after a day with changes, kept elsewhere too where the person wants it, and restored.

mod care;
mod making;

use std::path::{Path, PathBuf};

use chrono::{NaiveDate, TimeDelta};
use regie_crypto::{Passphrase, recovery::RecoveryCode};
use regie_protocol::sync::BlobId;
use regie_vault::{
    Vault, VaultError,
    aside::Aside,
    attachment::{Place, elsewhere::Elsewhere},
    backup::{Backup, Secret},
    deletion::Deletions,
    settings::Setting,
};
use serde::{Deserialize, Serialize};
use specta::Type;
use uuid::Uuid;

pub(crate) use making::Copying;

use making::own;

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
    /// Vaults that were set aside, newest first.
    pub aside: Vec<AsideRow>,
    /// Whether the last backup that was due could not be made.
    pub failed: bool,
    /// Whether that was since the vault is damaged.
    pub damaged: bool,
}

/// A vault that was set aside. Whatever was in it is still in it, also what was deleted later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AsideRow {
    /// Name of its folder.
    pub name: String,
    /// When it was set aside, ISO 8601.
    pub day: String,
    /// Size in bytes.
    pub bytes: u32,
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
    /// Whether some copy could not follow: it is tried again every day.
    pub failed: bool,
}

impl Client {
    /// What there is of backups.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the disk says.
    pub fn backups(&self) -> Result<BackupsView, ClientError> {
        self.backups_view(&self.state())
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
        let (plan, blobs) = self.with_vault(|vault| Ok((plan(vault)?, vault.blobs()?)))?;
        let copied = plan.folder.map(|folder| {
            let copied = self.copying(&made, blobs, folder.clone())()?;
            if copied {
                self.with_vault(|vault| self.note_copied(vault, &folder))?;
            }
            Ok::<_, ClientError>(copied)
        });
        let copied = copied.transpose()?;
        let mut state = self.state();
        state.backup_trouble = None;
        Ok(BackedUpView {
            backups: self.backups_view(&state)?,
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
        // It knows the vault as it is now: with one from before, it would go on from what that vault never knew.
        let _closing = self.end_sync();
        let mut state = self.state();
        self.ready(&mut state)?;
        let was_open = state.vault.is_some();
        let backup = self.chosen(&state, choice)?;
        self.finish_packing(&mut state);
        let seen = self.generation_seen(&backup)?;
        let backup = backup.after_generation(seen);
        // A damaged vault that cannot tell must not stand in the way.
        let own_place = state
            .vault
            .as_ref()
            .and_then(|vault| folder_elsewhere(vault).ok()?);
        let (folder, now) = (self.vault_folder(), self.clock.now());
        let mut present = state.vault.take();
        let prepared = self.attempt(&mut state, || {
            Vault::prepare_restore(&backup, secret, &folder, |vault| {
                if present.is_none() && matches!(secret, Secret::Passphrase(_)) {
                    // Locked, and the same passphrase opens it: what it knows is worth as much as when it is open.
                    present = Vault::unlock(&folder, secret, |_| Err(VaultError::VaultInUse)).ok();
                }
                self.go_on_from(vault, present.as_mut())?;
                if matches!(choice, BackupChoice::Chosen) {
                    distrust(vault, own_place.as_deref())?;
                }
                Ok(())
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
        let vault = Vault::install(&folder, successor, aside.as_deref())?;
        state.vault = Some(vault.with_notices(self.notices));
        state.begin_session(now.at.to_utc());
        state.chosen_backup = None;
        self.close_asides(None);
        drop(state);
        if let (BackupChoice::Chosen, Some(beside)) = (choice, backup.path().parent()) {
            let beside = Elsewhere::beside(beside, backup.vault());
            let fetched = self.fetch_beside(&beside, |place| *place != Place::Here);
            if let Err(error) = fetched {
                // The text is back; a server that has them sends them, or the folder once it is chosen for copies.
                tracing::warn!(%error, "not all photos and recordings came along");
            }
        }
        Ok(aside)
    }

    /// Fetches files of attachments that are elsewhere, the vault free between two chunks. One that is damaged is passed over.
    fn fetch_beside(&self, from: &Elsewhere, wanted: impl Fn(&Place) -> bool) -> Result<(), ClientError> {
        let known = self.with_vault(|vault| Ok(vault.attachments()?))?;
        for (manifest, _) in known.into_iter().filter(|(_, place)| wanted(place)) {
            let Some(mut copied) = from.open(BlobId(manifest.blob.id))? else {
                continue;
            };
            let Some((blob, here)) = self.with_vault(|vault| Ok(vault.begin_coming(manifest.id)?))? else {
                continue;
            };
            for place in (0..blob.chunks()).filter(|place| !here.contains(place)) {
                let kept = copied
                    .chunk(&blob, place)
                    .map_err(ClientError::from)
                    .and_then(|sealed| {
                        self.with_vault(|vault| Ok(vault.keep_chunk(manifest.id, place, &sealed)?))
                    });
                match kept {
                    Err(ClientError::Vault(VaultError::VaultDamaged)) => {
                        self.with_vault(|vault| Ok(vault.stop_coming(manifest.id)?))?;
                        break;
                    }
                    kept => kept?,
                }
            }
        }
        Ok(())
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
        self.syncs_as_restored(restored)?;
        self.keep_promises(restored)
    }

    /// Deletes a vault that was set aside, for good. Returns those that are left.
    ///
    /// # Errors
    /// [`ClientError::Locked`]; [`VaultError::NotFound`] for a name that none has; what the file system says.
    pub fn delete_aside(&self, name: &str) -> Result<Vec<AsideRow>, ClientError> {
        let state = self.state();
        state.vault.as_ref().ok_or(ClientError::Locked)?;
        // Found by its name among those that are there: no path is made of what the page says.
        let found = Aside::list(&self.vault_folder())?;
        let aside = found.iter().find(|aside| aside.name() == name);
        aside.ok_or(VaultError::NotFound)?.remove()?;
        self.set_aside()
    }

    /// Vaults that were set aside.
    pub(crate) fn set_aside(&self) -> Result<Vec<AsideRow>, ClientError> {
        let found = Aside::list(&self.vault_folder())?;
        let row = |aside: &Aside| AsideRow {
            name: aside.name().into(),
            day: aside.day().to_string(),
            bytes: u32::try_from(aside.bytes()).unwrap_or(u32::MAX),
        };
        Ok(found.iter().map(row).collect())
    }

    /// The keychain is no way into a vault that was set aside. `present` is a key that is in the keychain rightly.
    /// Trouble is tried again with the next care.
    pub(crate) fn close_asides(&self, present: Option<Uuid>) {
        let found = Aside::list(&self.vault_folder()).unwrap_or_default();
        for aside in found.iter().filter(|aside| aside.has_keychain()) {
            if let Some(id) = aside.vault().filter(|id| Some(*id) != present) {
                self.forget_in_keychain(id);
            }
            if let Err(error) = aside.refuse_keychain() {
                tracing::warn!(%error, "a vault that was set aside still has a wrap for the keychain");
            }
        }
    }

    /// The highest generation of key files of a backup's vault on this computer and beside the backup.
    fn generation_seen(&self, backup: &Backup) -> Result<u64, ClientError> {
        let mut seen = Vault::generation_seen(&self.vault_folder(), backup.vault())?;
        let beside = backup.path().parent().map(Path::to_owned);
        for folder in std::iter::once(self.backups_folder()).chain(beside) {
            let copies = Backup::list(&folder).unwrap_or_default();
            let same = copies.iter().filter(|copy| copy.vault() == backup.vault());
            seen = seen.max(same.map(Backup::generation).max().unwrap_or_default());
        }
        Ok(seen)
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

    fn backups_view(&self, state: &State) -> Result<BackupsView, ClientError> {
        let vault = state.vault.as_ref().ok_or(ClientError::Locked)?;
        let failed = state.backup_trouble.is_some();
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
            aside: self.set_aside()?,
            failed,
            damaged: failed && (state.backup_met_damage() || state.whole == Some(false)),
        })
    }
}

/// A backup from a file may be anybody's: it names no folder to write to that was not chosen here in a dialog, and no
/// keys whose copies are to be removed.
fn distrust(vault: &mut Vault, own_place: Option<&Path>) -> Result<(), VaultError> {
    let plan: Plan = vault.setting(Setting::BackupPlan)?.unwrap_or_default();
    if plan.folder.is_some() && plan.folder.as_deref() != own_place {
        vault.clear_setting(Setting::BackupPlan)?;
    }
    if !vault.replaced_keys()?.is_empty() {
        vault.clear_setting(Setting::ReplacedKeys)?;
    }
    Ok(())
}

fn plan(vault: &Vault) -> Result<Plan, ClientError> {
    Ok(vault.setting(Setting::BackupPlan)?.unwrap_or_default())
}

/// Where copies go besides, when the person chose a place.
pub(crate) fn folder_elsewhere(vault: &Vault) -> Result<Option<PathBuf>, ClientError> {
    Ok(plan(vault)?.folder)
}

/// What a restored vault takes over from the one whose place it takes.
fn carry(restored: &mut Vault, present: &Vault) -> Result<(), VaultError> {
    restored.set_setting(Setting::CleaningDue, &present.cleaning_due()?)?;
    restored.carry_choices(present)?;
    restored.carry_restrictions(present)
}

fn row(backup: &Backup) -> BackupRow {
    let name = backup.path().file_name().unwrap_or_default();
    BackupRow {
        name: name.to_string_lossy().into_owned(),
        made_at: backup.made().to_rfc3339(),
        bytes: u32::try_from(backup.bytes()).unwrap_or(u32::MAX),
    }
}
