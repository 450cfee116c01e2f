//! What can go wrong with a file that leaves or comes in.

use thiserror::Error;

/// What went wrong, and in which part of the file. No message carries what a person wrote.
#[derive(Debug, Error)]
pub enum ArchiveError {
    /// The person stopped it, or it was stopped by locking.
    #[error("stopped")]
    Stopped,
    /// The disk said no.
    #[error("the disk")]
    Disk(#[from] std::io::Error),
    /// Whoever hands the records out or takes them in refused; the caller knows why.
    #[error("refused")]
    Refused,
    /// The file cannot be taken in.
    #[error("{reason:?} in {part:?}")]
    Bad {
        /// Name of the part inside the file; empty: the file as a whole.
        part: String,
        /// Why.
        reason: Reason,
    },
}

/// Why a file cannot be taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nothing that Regie knows how to read.
    Unknown,
    /// It ends too early, or is damaged.
    Damaged,
    /// It is encrypted, and no passphrase or key was given.
    Locked,
    /// The passphrase or key does not fit.
    WrongSecret,
    /// It asks for far more work to open than a passphrase needs.
    TooCostly,
    /// Made by a newer Regie.
    Newer,
    /// It holds other fields or values than its format allows.
    BadShape,
    /// What stands in it is not what was written: a checksum differs.
    Altered,
    /// It is larger, or unpacks to more, than a life's diary could be.
    TooLarge,
    /// It holds more files than a life's diary could have.
    TooManyFiles,
    /// A name inside it leads elsewhere.
    BadName,
    /// It holds a link.
    Link,
    /// A part that has to be there is missing.
    Missing,
}

impl ArchiveError {
    /// A fault in a part of the file.
    #[must_use]
    pub fn bad(part: &str, reason: Reason) -> Self {
        Self::Bad {
            part: part.to_owned(),
            reason,
        }
    }

    /// An error of reading a part: the fault that it carries, or else what it tells. What the system did not say itself was
    /// found in the bytes.
    #[must_use]
    pub fn reading(part: &str, error: std::io::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(own) => own,
            Err(error) if error.raw_os_error().is_some() => Self::Disk(error),
            Err(_) => Self::bad(part, Reason::Damaged),
        }
    }
}
