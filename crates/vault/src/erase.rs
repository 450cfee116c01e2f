//! Removing a whole vault: its keys first, so that what is left of it after a crash opens for nobody.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use crate::{VaultError, keys::KeyFile};

/// Removes a vault's folder. The key files are overwritten before anything is unlinked; one that cannot be overwritten
/// is unlinked all the same.
pub(crate) fn erase_vault(folder: &Path) -> Result<(), VaultError> {
    kill_keys(folder);
    Ok(fs::remove_dir_all(folder)?)
}

/// Overwrites both copies of a vault's key file, as far as the disk allows: nobody opens it any more.
pub(crate) fn kill_keys(folder: &Path) {
    for path in KeyFile::paths(folder) {
        let _ = overwrite(&path);
    }
}

/// Overwrites a file's bytes in place, and waits for the disk.
pub(crate) fn overwrite(path: &Path) -> io::Result<()> {
    let length = fs::metadata(path)?.len();
    let mut file = File::options().write(true).open(path)?;
    io::copy(&mut io::Read::take(io::repeat(0), length), &mut file)?;
    file.flush()?;
    file.sync_all()
}
