//! Copying a database page by page with SQLite's backup interface, under the same key or under another.
//!
//! Every page is authenticated when it is read, so that a damaged vault is never copied over a good backup.

use std::fs;
use std::path::Path;

use regie_crypto::Key;
use rusqlite::{
    Connection,
    backup::{Backup, StepResult},
};

use crate::{VaultError, database};

/// Pages between two words about progress: about a megabyte.
const STEP: i32 = 256;

/// Makes a whole and consistent copy at a path where there is none. `progress` hears how many percent are done; no
/// piece of the copy stays when it fails.
pub(crate) fn copy(
    from: &Connection,
    to: &Path,
    key: &Key,
    progress: &mut dyn FnMut(u32),
) -> Result<(), VaultError> {
    let copied = copy_pages(from, to, key, progress);
    if copied.is_err() {
        // The first failure is the one to tell.
        let _ = fs::remove_file(to);
    }
    copied
}

fn copy_pages(
    from: &Connection,
    to: &Path,
    key: &Key,
    progress: &mut dyn FnMut(u32),
) -> Result<(), VaultError> {
    let mut target = database::create_bare(to, key)?;
    {
        let backup = Backup::new(from, &mut target)?;
        loop {
            let done = match backup.step(STEP)? {
                StepResult::Done => true,
                StepResult::More => false,
                _ => return Err(VaultError::VaultInUse),
            };
            let pages = backup.progress();
            let copied = i64::from(pages.pagecount - pages.remaining) * 100;
            let percent = copied / i64::from(pages.pagecount.max(1));
            progress(u32::try_from(percent).unwrap_or(100));
            if done {
                break;
            }
        }
    }
    target.close().map_err(|(_, error)| error)?;
    let file = fs::File::options().write(true).open(to)?;
    Ok(file.sync_all()?)
}
