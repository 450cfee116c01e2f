//! Where things are kept and sent: the database, the deployment, mails and backups.

use std::{fmt, path::PathBuf};

use lettre::message::Mailbox;
use regie_protocol::signed::VerifyingKey;
use serde::Deserialize;

use crate::store::Moment;

/// A text that may hold a password: it is never printed.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Hidden(String);

impl Hidden {
    /// Takes a text over.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden(…)")
    }
}

/// Where accounts are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// In a file beside everything else.
    Sqlite(PathBuf),
    /// In PostgreSQL.
    Postgres {
        /// With user and password.
        url: Hidden,
        /// Host and name alone, for showing.
        shown: String,
    },
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(file) => write!(f, "SQLite {}", file.display()),
            Self::Postgres { shown, .. } => write!(f, "PostgreSQL {shown}"),
        }
    }
}

/// What the operator's root said of this server, and whose word is taken for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentFile {
    /// The signed deployment.
    pub file: PathBuf,
    /// The root's public key. It stands in the configuration and is not taken from whatever is installed: whoever may
    /// write into the data folder must not be able to put another root in its place.
    pub root: Option<VerifyingKey>,
}

/// How mails go out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mail {
    /// Each becomes a file.
    Folder(PathBuf),
    /// By a server for mail.
    Smtp {
        /// With user and password, in the form that its library reads.
        url: Hidden,
        /// Scheme, host and port alone, for showing.
        shown: String,
        /// Whom they come from.
        from: Mailbox,
    },
}

impl fmt::Display for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "folder {}", folder.display()),
            Self::Smtp { shown, .. } => f.write_str(shown),
        }
    }
}

/// Where backups go, how often, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// The folder; without one none are made by themselves.
    pub folder: Option<PathBuf>,
    /// So many days later a backup is gone, and is not restored any more.
    pub keep_days: u32,
    /// So often one is made.
    pub every_hours: u32,
}

impl Backup {
    /// When the last backup has gone that could hold what is there now. It is what a row of the ledger notes.
    #[must_use]
    pub fn gone_after(&self, now: Moment) -> Moment {
        now.plus((i64::from(self.keep_days) + 1) * 86_400)
    }
}
