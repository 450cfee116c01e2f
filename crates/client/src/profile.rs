//! One process per profile, by a lock on a file in it.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use regie_vault::{VaultError, create_private_folder};

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
