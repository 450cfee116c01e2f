//! Files that are there whole or not at all, and that only the operator can read.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::OperatorError;

/// Keeps other runs away from a root until it is dropped.
pub(super) fn lock(folder: &Path) -> Result<File, OperatorError> {
    let path = folder.join("lock");
    let file = private()
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(|error| OperatorError::disk(&path, error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OperatorError::Busy),
        Err(TryLockError::Error(error)) => Err(OperatorError::disk(&path, error)),
    }
}

/// Makes sure that nothing bears this name, not even a link that leads nowhere.
pub(super) fn must_be_free(path: &Path) -> Result<(), OperatorError> {
    match path.symlink_metadata() {
        Ok(_) => Err(OperatorError::Exists(path.to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(OperatorError::disk(path, error)),
    }
}

/// Writes a file that was not there.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), OperatorError> {
    must_be_free(path)?;
    replace(path, bytes)
}

/// Writes a file in the place of the one before.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), OperatorError> {
    let unfinished = beside(path);
    let written = remove(&unfinished)
        .and_then(|()| write(&unfinished, bytes))
        .and_then(|()| fs::rename(&unfinished, path));
    if let Err(error) = written {
        // The first failure is the one to tell.
        let _ = fs::remove_file(&unfinished);
        return Err(OperatorError::disk(path, error));
    }
    sync_parent(path)
}

/// Writes a file into a folder that [`write_new_folder`] is making: the whole appears only when its last file is on the disk.
pub(super) fn write_inside(path: &Path, bytes: &[u8]) -> Result<(), OperatorError> {
    write(path, bytes).map_err(|error| OperatorError::disk(path, error))
}

/// Makes a folder that was not there, with all that is in it. What a killed run left of one goes first.
pub(super) fn write_new_folder(
    path: &Path,
    fill: impl FnOnce(&Path) -> Result<(), OperatorError>,
) -> Result<(), OperatorError> {
    must_be_free(path)?;
    let unfinished = beside(path);
    let at = |error| OperatorError::disk(path, error);
    remove(&unfinished).map_err(at)?;
    let filled = folder(&unfinished)
        .and_then(|()| fill(&unfinished))
        .and_then(|()| sync(&unfinished))
        .and_then(|()| fs::rename(&unfinished, path).map_err(at));
    if filled.is_err() {
        // The first failure is the one to tell.
        let _ = remove(&unfinished);
    }
    filled?;
    sync_parent(path)
}

/// Makes a folder that only the operator can look into.
pub(super) fn folder(path: &Path) -> Result<(), OperatorError> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(path)
        .map_err(|error| OperatorError::disk(path, error))
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".unfinished");
    path.with_file_name(name)
}

fn remove(path: &Path) -> std::io::Result<()> {
    match path.symlink_metadata() {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = private().create_new(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes the names in a folder durable (Windows does so by itself).
pub(super) fn sync(folder: &Path) -> Result<(), OperatorError> {
    if cfg!(unix) {
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(|error| OperatorError::disk(folder, error))?;
    }
    Ok(())
}

fn sync_parent(path: &Path) -> Result<(), OperatorError> {
    match path.parent() {
        Some(parent) if parent != Path::new("") => sync(parent),
        _ => sync(Path::new(".")),
    }
}
