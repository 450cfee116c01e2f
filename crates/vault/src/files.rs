//! Small files that must never be half written: temporary file, fsync, rename, fsync of the folder.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Replaces a file of Regie's own atomically and durably: after a power cut it holds the old bytes or the new ones.
///
/// # Errors
/// What the file system says; the old file is then untouched and no temporary one stays.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension("new");
    let written = write_durably(&temporary, bytes).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // The first failure is the one to tell.
        let _ = fs::remove_file(&temporary);
    }
    written?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// Writes a file where the person said, over the one whose replacement they confirmed, and leaves no piece of it when
/// that fails.
///
/// # Errors
/// What the file system says.
pub fn write_for_person(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_durably(path, bytes).inspect_err(|_| {
        // The first failure is the one to tell.
        let _ = fs::remove_file(path);
    })
}

fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = open_private(path)?;
    file.set_len(0)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// A new file that only its owner can read, in the place of whatever bore its name: a link that somebody put into a
/// shared folder is not followed.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    if path.symlink_metadata().is_ok() {
        fs::remove_file(path)?;
    }
    private().create_new(true).open(path)
}

/// A new file of the person's, that only they can read; nothing is there under its name.
///
/// # Errors
/// What the file system says.
pub fn create_for_person(path: &Path) -> io::Result<File> {
    private().create_new(true).open(path)
}

/// A file that only its owner can read, with what is in it.
pub(crate) fn open_private(path: &Path) -> io::Result<File> {
    private().create(true).truncate(false).open(path)
}

fn private() -> fs::OpenOptions {
    let mut options = File::options();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes additions and renames in a folder durable (Windows does so by itself).
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()
    } else {
        Ok(())
    }
}

/// Renames within one folder; it is on the disk when it returns.
///
/// # Errors
/// What the file system says.
pub fn rename_durably(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    to.parent().map_or(Ok(()), sync_folder)
}

/// Creates a folder that only its owner can look into.
///
/// # Errors
/// What the file system says.
pub fn create_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
