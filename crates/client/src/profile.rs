//! The profile: what everybody who uses Regie in this account of the computer shares. One process per profile, by a lock on a
//! file in it; the names of the people; tray and window. No content.
//!
//! The first person's files lie in the profile's folder itself, everybody else's in a folder of their own below it. Whatever
//! belongs to a person hangs under [`Person::folder`].

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use regie_vault::{VaultError, create_private_folder, write_atomically};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Times 50 ms: a process that is just ending still holds its lock for a moment.
const PATIENCE: u32 = 10;

/// Holds a profile folder until dropped, or until the process ends in whatever way.
pub(crate) struct ProfileLock(#[expect(dead_code, reason = "held, not read")] File);

impl ProfileLock {
    pub(crate) fn acquire(folder: &Path) -> Result<Self, VaultError> {
        create_private_folder(folder)?;
        let file = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(folder.join("regie.lock"))?;
        for _ in 0..PATIENCE {
            match file.try_lock() {
                Ok(()) => return Ok(Self(file)),
                Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(50)),
                Err(TryLockError::Error(error)) => return Err(error.into()),
            }
        }
        Err(VaultError::VaultInUse)
    }
}

/// Somebody who uses Regie here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Person {
    pub(crate) id: Uuid,
    /// As they gave it.
    pub(crate) name: String,
    /// The first person: their files stay where they were before there was a second one.
    #[serde(default)]
    pub(crate) first: bool,
}

impl Person {
    /// Where everything of this person lies: vault, backups, device file, vaults that were set aside.
    pub(crate) fn folder(&self, profile: &Path) -> PathBuf {
        if self.first {
            profile.to_owned()
        } else {
            profile.join("people").join(self.id.to_string())
        }
    }
}

/// Where the window stood, in logical pixels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WindowPlace {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Inner width.
    pub width: f64,
    /// Inner height.
    pub height: f64,
    /// It filled the screen; the other numbers are those from before.
    pub maximised: bool,
}

/// The file `profile.json`. Names apart, losing it loses nothing; a broken one is begun again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ProfileFile {
    /// Empty as long as there is one person only.
    pub(crate) people: Vec<Person>,
    /// Whether there is an icon in the tray, and Regie goes on there when its window closes.
    pub(crate) tray: bool,
    pub(crate) window: Option<WindowPlace>,
}

impl ProfileFile {
    pub(crate) fn load(folder: &Path) -> Self {
        let read = fs::read(path(folder)).ok();
        let mut file: Self = read
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        file.people.extend(unlisted(folder, &file.people));
        file
    }

    pub(crate) fn save(&self, folder: &Path) -> Result<(), VaultError> {
        let bytes = serde_json::to_vec_pretty(self).map_err(|_| VaultError::TooLarge)?;
        Ok(write_atomically(&path(folder), &bytes)?)
    }

    pub(crate) fn remove(folder: &Path) -> Result<(), VaultError> {
        match fs::remove_file(path(folder)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Whoever is alone needs no chooser.
    pub(crate) fn is_shared(&self) -> bool {
        self.people.len() > 1
    }
}

/// People whose folders are there and whose names were lost with the file: nobody's vault may become unreachable.
fn unlisted(profile: &Path, listed: &[Person]) -> Vec<Person> {
    let folders = fs::read_dir(profile.join("people"))
        .into_iter()
        .flatten()
        .flatten();
    let lost: Vec<_> = folders
        .filter_map(|folder| folder.file_name().to_str()?.parse::<Uuid>().ok())
        .filter(|id| !listed.iter().any(|person| person.id == *id))
        .collect();
    let nobody_first = !lost.is_empty() && !listed.iter().any(|person| person.first);
    let first = (nobody_first && profile.join("vault").exists()).then_some((Uuid::nil(), true));
    let others = lost.into_iter().map(|id| (id, false));
    first
        .into_iter()
        .chain(others)
        .map(|(id, first)| Person {
            id,
            name: format!("{:04x}", id.as_u128() >> 112),
            first,
        })
        .collect()
}

fn path(folder: &Path) -> PathBuf {
    folder.join("profile.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_the_file_is_in_the_data_map() {
        let value = serde_json::to_value(ProfileFile::default()).expect("json");
        let fields: Vec<_> = value.as_object().expect("an object").keys().cloned().collect();
        assert_eq!(regie_vault::data_map::fields_of("profile file"), fields);
    }

    #[test]
    fn a_lost_file_loses_names_and_nobodys_vault() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("vault")).expect("a folder");
        assert!(
            !ProfileFile::load(folder.path()).is_shared(),
            "alone before and after"
        );
        let other = Uuid::new_v4();
        fs::create_dir_all(folder.path().join("people").join(other.to_string())).expect("a folder");
        fs::write(path(folder.path()), b"{\"people\": 7").expect("writes");
        let file = ProfileFile::load(folder.path());
        let folders: Vec<_> = file.people.iter().map(|one| one.folder(folder.path())).collect();
        let own = folder.path().join("people").join(other.to_string());
        assert_eq!(folders, [folder.path().to_owned(), own]);
    }
}
