//! One process per profile, by a lock on a file in it.

use std::fs::{File, TryLockError};
use std::path::Path;

use regie_vault::{VaultError, create_private_folder};

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
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(VaultError::VaultInUse),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }
}
