//! Vaults that were set aside: closed and whole, beside the present one, until the person deletes them.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use uuid::Uuid;

use crate::{Vault, VaultError, erase, files, keys::KeyFile};

const NAME: &str = "set-aside-";

/// A vault that was set aside.
#[derive(Debug)]
pub struct Aside {
    folder: PathBuf,
    name: String,
    day: NaiveDate,
    /// With whether both copies are whole and equal; `None` when neither can be read.
    keys: Option<(KeyFile, bool)>,
}

impl Aside {
    /// Those beside a vault, newest first.
    ///
    /// # Errors
    /// What the file system says.
    pub fn list(vault: &Path) -> Result<Vec<Self>, VaultError> {
        let Some(parent) = vault.parent().filter(|parent| parent.exists()) else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for entry in fs::read_dir(parent)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let day = name.strip_prefix(NAME).and_then(|rest| rest.get(..10));
            if let Some(day) = day.and_then(|day| day.parse().ok())
                && entry.file_type()?.is_dir()
            {
                let folder = entry.path();
                let keys = KeyFile::load(&folder).ok();
                found.push(Self {
                    folder,
                    name,
                    day,
                    keys,
                });
            }
        }
        found.sort_by(|one, other| (other.day, &other.name).cmp(&(one.day, &one.name)));
        Ok(found)
    }

    /// Name of its folder.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When it was set aside.
    #[must_use]
    pub const fn day(&self) -> NaiveDate {
        self.day
    }

    /// Size on disk in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let files = |folder: &Path| crate::attachment::file::bytes_in(folder);
        files(&self.folder).saturating_add(files(&attachments_within(&self.folder)))
    }

    /// Which vault key it is under, as far as that can be read.
    #[must_use]
    pub fn vault(&self) -> Option<Uuid> {
        self.keys.as_ref().map(|(file, _)| file.vault())
    }

    /// Whether the keychain is a way in.
    #[must_use]
    pub fn has_keychain(&self) -> bool {
        self.keys.as_ref().is_some_and(|(file, _)| file.has_keychain())
    }

    /// Closes the way in by the keychain.
    ///
    /// # Errors
    /// What the file system says; it can be tried again.
    pub fn refuse_keychain(&self) -> Result<(), VaultError> {
        match &self.keys {
            Some((file, _)) if file.has_keychain() => file.bare().save(&self.folder),
            _ => Ok(()),
        }
    }

    /// Removes it, keys first.
    ///
    /// # Errors
    /// What the file system says.
    pub fn remove(&self) -> Result<(), VaultError> {
        erase::erase_vault(&self.folder)
    }
}

impl Vault {
    /// Moves a vault aside under a name that no other has; returns that name.
    ///
    /// # Errors
    /// What the file system says; the vault is then where it was.
    pub fn set_aside(folder: &Path, day: NaiveDate) -> Result<String, VaultError> {
        let parent = folder.parent().ok_or(VaultError::NotFound)?;
        let name = Self::name_aside(folder, day)?;
        // Its files go along. What a crash leaves here is put back by [`Vault::settle`].
        let (beside, within) = (Self::attachments_folder(folder), attachments_within(folder));
        if beside.exists() {
            fs::rename(&beside, &within)?;
        }
        files::rename_durably(folder, &parent.join(&name))?;
        Ok(name)
    }

    /// A name beside a vault under which it can be set aside.
    ///
    /// # Errors
    /// [`VaultError::VaultExists`] when all are taken.
    pub fn name_aside(folder: &Path, day: NaiveDate) -> Result<String, VaultError> {
        let parent = folder.parent().ok_or(VaultError::NotFound)?;
        let plain = format!("{NAME}{day}");
        let numbered = (2..1000).map(|number| format!("{plain}-{number}"));
        let free = std::iter::once(plain.clone())
            .chain(numbered)
            .find(|name| !parent.join(name).exists());
        free.ok_or(VaultError::VaultExists)
    }

    /// As [`Vault::renew_keys`], for a vault that was set aside.
    ///
    /// # Errors
    /// What the file system says; it opens with the old or with the present passphrase then.
    pub fn renew_keys_aside(&self, aside: &Aside) -> Result<bool, VaultError> {
        let Some((theirs, whole)) = &aside.keys else {
            return Ok(false);
        };
        if theirs.vault() != self.key_file.vault() {
            return Ok(false);
        }
        let newer = if theirs.is_older_than(&self.key_file) {
            &self.key_file
        } else if *whole {
            return Ok(false);
        } else {
            theirs
        };
        newer.bare().save(&aside.folder)?;
        Ok(true)
    }

    /// The highest generation among the key files of a vault that lie in a folder or were set aside beside it.
    ///
    /// # Errors
    /// What the file system says.
    pub fn generation_seen(folder: &Path, vault: Uuid) -> Result<u64, VaultError> {
        let present = KeyFile::load(folder).ok().map(|(file, _)| file);
        let aside = Aside::list(folder)?;
        let aside = aside.into_iter().filter_map(|aside| Some(aside.keys?.0));
        let all = present.into_iter().chain(aside);
        let seen = all
            .filter(|file| file.vault() == vault)
            .map(|file| file.generation());
        Ok(seen.max().unwrap_or_default())
    }
}

/// Where the files of a vault's attachments are once it was set aside.
pub(crate) fn attachments_within(folder: &Path) -> PathBuf {
    folder.join("attachments")
}
