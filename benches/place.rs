//! Where measurements happen: on the disk that holds the build, never in memory, where a sync would cost nothing.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::Context;
use tempfile::TempDir;

const MEMORY: &str = "/dev/shm";
const PREFIX: &str = "regie-bench-";

/// The folder of the release binaries.
pub(crate) fn binaries() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe()?;
    program
        .parent()
        .map(Path::to_owned)
        .context("this program lies nowhere")
}

/// Takes the machine for one run: two at once would measure each other. Held until dropped; clears what a run that
/// was cut short has left.
pub(crate) fn alone() -> anyhow::Result<File> {
    let folder = folder()?;
    let lock = File::create(folder.join("lock"))?;
    lock.try_lock().context("another measurement is running")?;
    for parent in [folder.as_path(), Path::new(MEMORY)] {
        let left = fs::read_dir(parent).into_iter().flatten().flatten();
        for item in left.filter(|item| item.file_name().to_string_lossy().starts_with(PREFIX)) {
            fs::remove_dir_all(item.path())?;
        }
    }
    Ok(lock)
}

fn folder() -> anyhow::Result<PathBuf> {
    let folder = binaries()?.join("bench");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// A folder on disk that goes when dropped.
pub(crate) fn on_disk() -> anyhow::Result<TempDir> {
    Ok(tempfile::Builder::new().prefix(PREFIX).tempdir_in(folder()?)?)
}

/// A folder in memory, to fill a vault where every save need not wait for the disk; `None` where there is none.
pub(crate) fn in_memory() -> Option<TempDir> {
    tempfile::Builder::new().prefix(PREFIX).tempdir_in(MEMORY).ok()
}

/// Copies a folder and everything in it.
pub(crate) fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for item in fs::read_dir(from)? {
        let item = item?;
        let target = to.join(item.file_name());
        if item.file_type()?.is_dir() {
            copy(&item.path(), &target)?;
        } else {
            fs::copy(item.path(), &target)?;
            sync(&target)?;
        }
    }
    Ok(())
}

/// Waits until a file is on the disk, so that nothing is still being written when the clock runs.
pub(crate) fn sync(file: &Path) -> anyhow::Result<()> {
    Ok(File::open(file)?.sync_all()?)
}
