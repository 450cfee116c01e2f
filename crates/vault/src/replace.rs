//! Putting another vault in a vault's stead, so that a crash at any point leaves the one or the other.
//!
//! The successor is made in full in a folder of its own. It then gets the name that means "whole", the present vault
//! steps aside, and the successor takes its name. [`settle`] ends at the next start what a crash interrupted.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{VaultError, files};

/// A successor that is being made: worthless until it is whole.
pub(crate) fn unfinished(folder: &Path) -> PathBuf {
    folder.with_extension("unfinished")
}

/// A successor that is whole.
fn next(folder: &Path) -> PathBuf {
    folder.with_extension("next")
}

/// A vault whose stead was taken, and that nobody needs any more.
fn replaced(folder: &Path) -> PathBuf {
    folder.with_extension("replaced")
}

/// An empty folder to make a successor in.
pub(crate) fn begin(folder: &Path) -> Result<PathBuf, VaultError> {
    let place = unfinished(folder);
    if place.exists() {
        fs::remove_dir_all(&place)?;
    }
    files::create_private_folder(&place)?;
    Ok(place)
}

/// Puts a finished successor in the place of a vault, which is kept under a name beside it or, without one, removed.
pub(crate) fn take_place(folder: &Path, keep_as: Option<&str>) -> Result<(), VaultError> {
    let parent = folder.parent().ok_or(VaultError::ReadOnlyFolder)?;
    files::sync_folder(&unfinished(folder))?;
    fs::rename(unfinished(folder), next(folder))?;
    files::sync_folder(parent)?;
    if folder.exists() {
        let aside = keep_as.map_or_else(|| replaced(folder), |name| parent.join(name));
        fs::rename(folder, aside)?;
        files::sync_folder(parent)?;
    }
    fs::rename(next(folder), folder)?;
    // It is there: what fails from here on is no reason to say otherwise, and is ended at the next start.
    let _ = files::sync_folder(parent);
    let _ = remove_replaced(folder);
    Ok(())
}

/// Ends what a crash interrupted: a whole successor of a vault that has stepped aside takes its place, and everything
/// else that was begun is undone.
pub(crate) fn settle(folder: &Path) -> Result<(), VaultError> {
    let next = next(folder);
    if !folder.exists() && next.exists() {
        fs::rename(&next, folder)?;
    } else if !folder.exists() && replaced(folder).exists() {
        fs::rename(replaced(folder), folder)?;
    }
    for left in [next, unfinished(folder)] {
        if left.exists() {
            fs::remove_dir_all(left)?;
        }
    }
    remove_replaced(folder)
}

/// Removes whatever was to take a vault's place or has left it.
pub(crate) fn erase_begun(folder: &Path) -> Result<(), VaultError> {
    for left in [unfinished(folder), next(folder), replaced(folder)] {
        if left.exists() {
            crate::erase::erase_vault(&left)?;
        }
    }
    Ok(())
}

fn remove_replaced(folder: &Path) -> Result<(), VaultError> {
    let replaced = replaced(folder);
    if replaced.exists() {
        crate::erase::erase_vault(&replaced)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(folder: &Path, content: &str) {
        fs::create_dir_all(folder).expect("a folder");
        fs::write(folder.join("content"), content).expect("writes");
    }

    fn names(parent: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(parent)
            .expect("a folder")
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_crash_between_any_two_steps_leaves_the_old_vault_or_the_new_one() {
        let kept = Some("set-aside");
        for (stage, keep_as, expected) in [
            ("making", kept, "old"),
            ("whole", kept, "old"),
            ("stepped aside", kept, "new"),
            ("stepped aside", None, "new"),
            ("taken", None, "new"),
        ] {
            let parent = tempfile::tempdir().expect("a folder");
            let folder = parent.path().join("vault");
            let place = folder.clone();
            vault(&place, "old");
            match stage {
                "making" => vault(&unfinished(&folder), "half"),
                "whole" => vault(&next(&folder), "new"),
                _ => {
                    let aside = keep_as.map_or_else(|| replaced(&folder), |name| parent.path().join(name));
                    fs::rename(&folder, aside).expect("renames");
                    vault(if stage == "taken" { &folder } else { &place }, "new");
                    if stage == "stepped aside" {
                        fs::rename(&folder, next(&folder)).expect("renames");
                    }
                }
            }
            settle(&folder).expect("settles");
            let content = fs::read_to_string(folder.join("content")).expect("reads");
            assert_eq!(content, expected, "{stage}");
            let aside = stage == "stepped aside" && keep_as.is_some();
            let expected = if aside {
                vec!["set-aside", "vault"]
            } else {
                vec!["vault"]
            };
            assert_eq!(names(parent.path()), expected, "{stage}");
        }
    }
}
