//! Where measurements happen: on the disk that holds the build, never in memory, where a sync would cost nothing.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::Context;
use tempfile::TempDir;

/// The folder of the release binaries.
pub(crate) fn binaries() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe()?;
    program
        .parent()
        .map(Path::to_owned)
        .context("this program lies nowhere")
}

/// A folder on disk that goes when dropped.
pub(crate) fn on_disk() -> anyhow::Result<TempDir> {
    let parent = binaries()?.join("bench");
    fs::create_dir_all(&parent)?;
    Ok(tempfile::tempdir_in(parent)?)
}

/// A folder in memory, to fill a vault where every save need not wait for the disk; `None` where there is none.
pub(crate) fn in_memory() -> Option<TempDir> {
    tempfile::tempdir_in("/dev/shm").ok()
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
