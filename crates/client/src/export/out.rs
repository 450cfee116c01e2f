//! The file that goes out: written beside its place, and there only when it is whole.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use regie_vault::{create_for_person, rename_durably};
use uuid::Uuid;

use super::Job;

const BEGIN: &str = ".regie-";
const END: &str = ".part";

/// The name of the file under way, in the folder of the one that it will be.
pub(super) fn beside(path: &Path) -> PathBuf {
    path.with_file_name(format!("{BEGIN}{}{END}", Uuid::new_v4().simple()))
}

/// Removes what a crash left there. No other file is ever touched, whatever name was noted.
pub(super) fn remove_unfinished(beside: &Path) -> io::Result<()> {
    let name = beside.file_name().and_then(|name| name.to_str());
    let id = name.and_then(|name| name.strip_prefix(BEGIN)?.strip_suffix(END));
    if id.is_none_or(|id| Uuid::try_parse(id).is_err()) {
        return Ok(());
    }
    match fs::remove_file(beside) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// A file under way. Dropped before it is kept, it leaves nothing.
pub(super) struct Out {
    file: File,
    beside: PathBuf,
    path: PathBuf,
    kept: bool,
}

impl Out {
    /// Begins a file that only its owner can read, which is to take the place of `path`.
    pub(super) fn create(beside: PathBuf, path: &Path) -> io::Result<Self> {
        Ok(Self {
            file: create_for_person(&beside)?,
            beside,
            path: path.to_owned(),
            kept: false,
        })
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Lets it take its place, durably; its size in bytes.
    pub(super) fn keep(mut self) -> io::Result<u64> {
        self.file.sync_all()?;
        let bytes = self.file.metadata()?.len();
        rename_durably(&self.beside, &self.path)?;
        self.kept = true;
        Ok(bytes)
    }
}

impl Drop for Out {
    fn drop(&mut self) {
        if !self.kept {
            // The first failure is the one to tell.
            let _ = fs::remove_file(&self.beside);
        }
    }
}

/// Ends writing soon after the job was stopped, whoever writes.
pub(super) struct Stoppable<W> {
    to: W,
    job: Arc<Job>,
}

impl<W: Write> Stoppable<W> {
    pub(super) fn of(to: W, job: &Arc<Job>) -> Self {
        Self {
            to,
            job: Arc::clone(job),
        }
    }
}

impl<W: Write> Write for Stoppable<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.job.go_on().map_err(|_| io::ErrorKind::ConnectionAborted)?;
        self.to.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
