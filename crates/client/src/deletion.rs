//! Deleting for good: a kind, a period, everything.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use regie_crypto::Passphrase;
use regie_vault::{
    Vault, VaultError,
    aside::Aside,
    backup::{self, Backup},
    deletion::{Kind, Period},
    rename_durably,
};
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{AsideRow, Client, ClientError, Stage, State, backup::folder_elsewhere, profile::ProfileFile};

/// The name of a vault that is being removed with all that belongs to it. One that is found at the start of the program
/// is gone on with.
const ERASING: &str = "erasing";

/// What is to be deleted.
#[derive(Clone, Debug, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DeletionRequest {
    /// Which kinds, by their technical names.
    pub kinds: Vec<String>,
    /// The first day, ISO 8601; `None` for no bound.
    pub from: Option<String>,
    /// The last day, included, ISO 8601; `None` for no bound.
    pub to: Option<String>,
    /// Whether it leaves the backups within reach at once too.
    pub backups_too: bool,
}

/// What a deletion would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DeletionPlanView {
    /// How many records would go.
    pub count: u32,
    /// How many backups lie on this device.
    pub copies: u32,
    /// The day on which the last local copy goes when backups are left as they are, ISO 8601.
    pub copies_until: Option<String>,
    /// The chosen folder, when it is out of reach.
    pub out_of_reach: Option<String>,
    /// How many vaults were set aside: it stays in those.
    pub set_aside: u32,
}

/// What a deletion did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DeletedView {
    /// How many records went.
    pub count: u32,
    /// The day on which the last local copy goes, ISO 8601; `None` when there is none any more.
    pub copies_until: Option<String>,
    /// The chosen folder, when it is out of reach: copies in it are cleaned when it is back.
    pub out_of_reach: Option<String>,
    /// Vaults that were set aside, which may still hold it until the person deletes them.
    pub set_aside: Vec<AsideRow>,
}

impl Client {
    /// What a deletion would do; nothing is deleted.
    ///
    /// # Errors
    /// [`ClientError::Malformed`] for an unknown kind or a day that is none; [`ClientError::Locked`].
    pub fn plan_deletion(&self, request: &DeletionRequest) -> Result<DeletionPlanView, ClientError> {
        let (kinds, period) = request.read()?;
        let aside = self.set_aside()?.len();
        let later = self.cleaned_by();
        self.with_vault(|vault| {
            let counts = kinds.iter().map(|kind| vault.count_in_period(*kind, period));
            let copies = Backup::list(&self.backups_folder())?;
            let copies = copies.iter().filter(|copy| vault.owns(copy)).count();
            let folder = folder_elsewhere(vault)?.filter(|folder| !folder.is_dir());
            Ok(DeletionPlanView {
                count: counts.sum::<Result<u32, VaultError>>()?,
                copies: u32::try_from(copies).unwrap_or(u32::MAX),
                copies_until: (copies > 0).then(|| later.to_string()),
                out_of_reach: folder.map(|folder| folder.display().to_string()),
                set_aside: u32::try_from(aside).unwrap_or(u32::MAX),
            })
        })
    }

    /// Deletes for good what lies in a period; there is no way back.
    ///
    /// # Errors
    /// As [`Client::plan_deletion`], or what the disk says.
    pub fn delete_period(&self, request: &DeletionRequest) -> Result<DeletedView, ClientError> {
        let (kinds, period) = request.read()?;
        let list = self.deletions_file();
        let clean_by = if request.backups_too {
            self.clock.now().at.date_naive()
        } else {
            self.cleaned_by()
        };
        let count = self.with_vault(|vault| Ok(vault.delete_period(&kinds, period, &list, clean_by)?))?;
        // It is gone. What is left to do is promised in the vault, told where trouble with backups is told, and tried again.
        let rest = if request.backups_too {
            self.clean_now()
        } else {
            self.with_vault(|vault| Ok(vault.list_deletions(&list)?))
        };
        if let Err(error) = rest {
            tracing::warn!(%error, "the backups could not all be cleaned");
            self.state().backup_went_wrong(error);
        }
        self.deleted(count)
    }

    fn deleted(&self, count: u32) -> Result<DeletedView, ClientError> {
        self.with_vault(|vault| {
            let out_of_reach = self.out_of_reach(vault)?;
            Ok(DeletedView {
                count,
                copies_until: self.deleted_until(vault)?.map(|day| day.to_string()),
                out_of_reach: out_of_reach.map(|folder| folder.display().to_string()),
                set_aside: self.set_aside()?,
            })
        })
    }

    /// Takes what was deleted so far out of the backups within reach now, instead of on the day that was said.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the disk says; it can be gone on with.
    pub fn clean_backups(&self) -> Result<DeletedView, ClientError> {
        self.clean_now()?;
        self.deleted(0)
    }

    /// Where copies lie that deleting everything leaves alone: they are the person's own.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the database says.
    pub fn copies_elsewhere(&self) -> Result<Option<PathBuf>, ClientError> {
        self.with_vault(|vault| folder_elsewhere(vault))
    }

    /// Whether this is the passphrase of the open vault; wrong ones are counted as at the lock.
    ///
    /// # Errors
    /// [`ClientError::WrongPassphrase`], [`ClientError::TooSoon`], [`ClientError::Locked`].
    pub fn prove(&self, passphrase: &Passphrase) -> Result<(), ClientError> {
        self.with_proof(|vault| vault.check_passphrase(passphrase))
    }

    /// Removes the vault, vaults that were set aside, all backups on this device, the keychain's entry and what the
    /// device remembers. The program is as new afterwards. What is left of a crash on the way goes at the next start.
    ///
    /// # Errors
    /// [`ClientError::WrongPassphrase`], [`ClientError::TooSoon`], [`ClientError::Locked`], or what the disk says.
    pub fn delete_everything(&self, passphrase: &Passphrase) -> Result<Stage, ClientError> {
        self.prove(passphrase)?;
        let mut state = self.state();
        let vault = state.vault.take().ok_or(ClientError::Locked)?;
        // Before anything else: after a crash nobody would know the name of the keychain's entry.
        if vault.has_keychain() {
            self.forget_in_keychain(vault.key_id());
        }
        self.close_asides(None);
        // The log need not be kept: it goes too.
        drop(vault);
        rename_durably(&self.vault_folder(), &self.vault_folder().with_file_name(ERASING))?;
        (state.rehearse, state.chosen_backup, state.report) = (None, None, None);
        (state.done, state.begun) = Default::default();
        self.finish_erasing(&mut state)?;
        drop(state);
        Ok(self.stage())
    }

    /// Goes on with deleting everything for everybody for whom it was begun. Only while the vault is closed and the
    /// profile held.
    ///
    /// # Errors
    /// What the file system says about the folder of the one who is here; another's must not keep them out.
    pub(crate) fn finish_erasing(&self, state: &mut State) -> Result<(), VaultError> {
        let mut folders = self.everybodys_folders(state);
        if !folders.contains(&self.profile) {
            folders.push(self.profile.clone());
        }
        let begun = folders.iter().filter(|folder| folder.join(ERASING).exists());
        let mut own = Ok(());
        for folder in begun {
            let here = self.person_folder();
            match self.erase_person(state, folder) {
                Ok(()) if state.chosen.is_none() || here == *folder => self.settle(state, None),
                Ok(()) => {}
                Err(error) => {
                    tracing::warn!(%error, "deleting everything is not finished");
                    if here == *folder {
                        own = Err(error);
                    }
                }
            }
        }
        own
    }

    /// Removes all that is one person's. The folder that says that this was begun goes last.
    fn erase_person(&self, state: &mut State, folder: &Path) -> Result<(), VaultError> {
        let (vault, erasing) = (folder.join("vault"), folder.join(ERASING));
        backup::kill_keys(&erasing);
        // What does not go must not keep the rest here.
        let mut outcome = backup::erase_folder(&folder.join("backups"));
        // Their keys are gone with those of the vault.
        let attachments = Vault::attachments_folder(&vault);
        if attachments.exists() {
            outcome = outcome.and(fs::remove_dir_all(attachments).map_err(VaultError::from));
        }
        for aside in Aside::list(&vault)? {
            outcome = outcome.and(aside.remove());
        }
        for file in ["deletions", "device.json"].map(|name| folder.join(name)) {
            if file.exists() {
                outcome = outcome.and(fs::remove_file(file).map_err(VaultError::from));
            }
        }
        outcome.and(Vault::erase_begun(&vault))?;
        self.strike_off(state, folder)?;
        backup::erase_vault(&erasing)?;
        if *folder != self.profile {
            // Where files that are not Regie's lie, the folder stays.
            let _ = fs::remove_dir(folder);
            let _ = fs::remove_dir(self.profile.join("people"));
        }
        Ok(())
    }

    /// Takes whoever has that folder off the list of people. After the last one the profile is as new.
    fn strike_off(&self, state: &mut State, folder: &Path) -> Result<(), VaultError> {
        let mut file = state.file.clone();
        file.people
            .retain(|person| person.folder(&self.profile) != folder);
        if file.people.is_empty() {
            ProfileFile::remove(&self.profile)?;
            file = ProfileFile::default();
        } else {
            file.save(&self.profile)?;
        }
        state.file = file;
        Ok(())
    }
}

impl DeletionRequest {
    fn read(&self) -> Result<(Vec<Kind>, Period), ClientError> {
        let kind = |name: &String| Kind::ALL.into_iter().find(|kind| kind.store() == name);
        let kinds: Option<Vec<Kind>> = self.kinds.iter().map(kind).collect();
        let day = |text: &Option<String>| -> Result<Option<NaiveDate>, ClientError> {
            let parsed = text.as_deref().map(str::parse).transpose();
            parsed.map_err(|_| ClientError::Malformed)
        };
        let period = Period {
            from: day(&self.from)?,
            to: day(&self.to)?,
        };
        let kinds = kinds.filter(|kinds| !kinds.is_empty());
        Ok((kinds.ok_or(ClientError::Malformed)?, period))
    }
}
