//! Backups: the whole store as it stood at one moment, sealed by age under a key outside it, and back again.
//!
//! Both engines write the same, so a backup of either fills either. What was erased since stays erased: a backup tells how
//! far the ledger reached, is restored only beside a ledger that reaches as far, and the ledger is done again before
//! anybody is served.

mod file;
mod keep;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use chrono::DateTime;
use clap::Args;
use thiserror::Error;

use crate::{
    admin::AT_THE_MACHINE,
    config::{Config, ConfigError, Database},
    error::ServerError,
    keys::{KeyError, Keys},
    opening::{self, Environment},
    store::{Ledger, LedgerError, Moment, Store, StoreError, dump},
};

pub(crate) use keep::{forget_old, is_due};

/// Making a backup now.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct BackUp {
    /// The folder for it; backup.folder, if it is left out.
    #[arg(long)]
    pub out: Option<PathBuf>,
}

/// Bringing one back.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct Restore {
    /// The backup.
    pub file: PathBuf,
    /// Reads all of it and changes nothing.
    #[arg(long)]
    pub only_check: bool,
}

/// Why there is no backup, or nothing was restored.
#[derive(Debug, Error)]
pub enum BackupError {
    /// The configuration does not hold.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Keys, store or ledger cannot be used.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The store.
    #[error("the store: {0}")]
    Store(#[from] StoreError),
    /// The keys.
    #[error("the keys: {0}")]
    Keys(#[from] KeyError),
    /// The ledger.
    #[error("the ledger: {0}")]
    Ledger(#[from] LedgerError),
    /// Nobody said where to.
    #[error("say where to: --out FOLDER, or backup.folder in the configuration")]
    NoFolder,
    /// It is no backup of this server, or it is damaged.
    #[error("this is no backup that these keys made, or it is damaged")]
    NotOurs,
    /// It is of a later version.
    #[error("the backup was made by a later version")]
    Newer,
    /// Its time is over.
    #[error(
        "the time of this backup is over: who was deleted since may stand in it, and the ledger has forgotten them"
    )]
    Over,
    /// There is something already.
    #[error("there is a database already ({0}): a backup fills only an empty place")]
    NotEmpty(Database),
    /// The ledger does not reach as far.
    #[error(
        "the ledger has had {reaches} rows, and {needed} when the backup was made: put the newest one back first"
    )]
    LedgerTooShort {
        /// How many rows it ever had.
        reaches: u64,
        /// How many it had then.
        needed: u64,
    },
    /// The disk.
    #[error(transparent)]
    System(#[from] io::Error),
}

/// What the first piece of a backup tells of it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Head {
    /// Which schema the rows are of.
    schema: i64,
    /// When it was made.
    made: i64,
    /// Until when it may be restored.
    until: i64,
    /// How many rows the ledger had before it was made.
    ledger: u64,
}

/// What is backed up, and with what.
pub(crate) struct Origin<'a> {
    pub(crate) store: &'a Store,
    pub(crate) keys: &'a Keys,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) config: &'a Config,
}

/// Makes a backup in a folder, whole or not at all; gives its file and how many rows it has.
pub(crate) async fn make(
    from: Origin<'_>,
    folder: &Path,
    now: Moment,
) -> Result<(PathBuf, u64), BackupError> {
    // The ledger first: an erasure meanwhile stands in both, or in the ledger alone.
    let reached = from.ledger.reaches()?;
    from.store.note_ledger(reached).await?;
    let until = now.plus(i64::from(from.config.backup.keep_days) * 86_400);
    let head = Head {
        schema: from.store.schema_version().await?,
        made: now.0,
        until: until.0,
        ledger: reached,
    };
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    // Made with permissions 0600.
    let unfinished = tempfile::Builder::new()
        .prefix(keep::UNFINISHED)
        .tempfile_in(folder)?;
    let rows = file::write(from.store, from.keys, &head, unfinished.reopen()?).await?;
    unfinished.as_file().sync_all()?;
    let path = folder.join(keep::name(now, until));
    unfinished.persist_noclobber(&path).map_err(|error| error.error)?;
    if cfg!(unix) {
        fs::File::open(folder)?.sync_all()?;
    }
    Ok((path, rows))
}

/// Makes a backup now, and forgets those whose time is over.
///
/// # Errors
/// Why there is none.
pub async fn back_up(
    what: &BackUp,
    config: &Config,
    environment: Environment<'_>,
    now: Moment,
    out: &mut (dyn io::Write + Send),
) -> Result<(), BackupError> {
    let folder = what.out.as_ref().or(config.backup.folder.as_ref());
    let folder = folder.ok_or(BackupError::NoFolder)?;
    let (keys, _) = opening::keys(config, environment).await?;
    let store = opening::store(config, &keys).await?;
    let ledger = opening::ledger(config)?;
    note(&store, "backup.made", now).await?;
    let from = Origin {
        store: &store,
        keys: &keys,
        ledger,
        config,
    };
    let (path, rows) = make(from, folder, now).await?;
    writeln!(out, "{}: {rows} rows", path.display())?;
    let gone = forget_old(folder, &config.backup, now)?;
    if gone > 0 {
        writeln!(out, "{gone} older ones are gone, for their time was over")?;
    }
    Ok(())
}

/// Fills an empty place with a backup, and does again what the ledger says.
///
/// # Errors
/// Why nothing was restored.
pub async fn restore(
    what: &Restore,
    config: &Config,
    environment: Environment<'_>,
    now: Moment,
    out: &mut (dyn io::Write + Send),
) -> Result<(), BackupError> {
    crate::serve::prepare_data(config)?;
    let (keys, made) = opening::keys(config, environment).await?;
    if made {
        // Keys that were made just now open nothing.
        fs::remove_file(&config.keys)?;
        return Err(ServerError::KeysGone(config.keys.clone()).into());
    }
    let identity = file::identity(&keys)?;
    let proof = file::proof_key(&keys);
    let (head, rows) = file::check(&what.file, &identity, &proof)?;
    writeln!(out, "A backup of {}, {rows} rows.", date(head.made))?;
    let longest = i64::from(config.backup.keep_days) * 86_400;
    if now.0 > head.until.min(head.made.saturating_add(longest)) {
        return Err(BackupError::Over);
    }
    let reaches = opening::ledger(config)?.reaches()?;
    if reaches < head.ledger {
        return Err(BackupError::LedgerTooShort {
            reaches,
            needed: head.ledger,
        });
    }
    if what.only_check {
        writeln!(
            out,
            "It is whole, and the ledger reaches as far. Nothing was changed."
        )?;
        return Ok(());
    }
    if !opening::is_new(&config.database).await? {
        return Err(BackupError::NotEmpty(config.database.clone()));
    }
    let path = what.file.clone();
    let source: dump::Source = Arc::new(move || file::pieces(&path, &identity, &proof));
    match &config.database {
        Database::Sqlite(file) => {
            let filled = dump::fill_sqlite(file, head.schema, source).await;
            if filled.is_err() {
                remove_database(file);
            }
            filled?;
        }
        Database::Postgres { url, .. } => dump::fill_postgres(url.expose(), head.schema, source).await?,
    }
    // Opening it does again what the ledger says.
    let accounts = opening::open(config, environment).await?;
    note(&accounts.store, "backup.restored", now).await?;
    writeln!(out, "Restored. Who was deleted since is deleted again.")?;
    Ok(())
}

/// Writes into the log of the staff what somebody did at the machine.
async fn note(store: &Store, action: &'static str, now: Moment) -> Result<(), StoreError> {
    let noted = store.append_staff_log(action, AT_THE_MACHINE, Vec::new(), now);
    noted.await.map(|_| ())
}

/// Takes an empty database away whose filling failed; that failure is the one to tell.
fn remove_database(file: &Path) {
    for end in ["", "-wal", "-shm"] {
        let mut name = file.as_os_str().to_owned();
        name.push(end);
        let _ = fs::remove_file(name);
    }
}

fn date(seconds: i64) -> String {
    DateTime::from_timestamp(seconds, 0)
        .map(|date| date.format("%Y-%m-%d %H:%M UTC").to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
