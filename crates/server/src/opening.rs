//! Opening what accounts rest on: keys, store, ledger and deployment, in this order, and nothing of it half.

use std::{
    fs, io,
    path::Path,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use regie_protocol::signed::{self, Deployment, Signed};

use crate::{
    accounts::{Accounts, Deployed},
    config::{Config, Database, DeploymentFile},
    error::ServerError,
    keys::{KeyError, Keys},
    store::{FileLedger, Ledger, Moment, Store, StoreError},
};

/// Longest file that is read as a deployment.
const LONGEST: u64 = 64 * 1024;

/// Where keys come from when not from their file.
pub type Environment<'a> = &'a (dyn Fn(&str) -> Option<String> + Sync);

/// The environment of this process.
#[must_use]
pub fn of_this_process(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Now, as the store counts.
#[must_use]
pub fn now() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Moment(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

/// Opens everything, and does again what the ledger says before anybody is served.
///
/// # Errors
/// What cannot be opened, or does not belong together.
pub async fn open(config: &Config, environment: Environment<'_>) -> Result<Accounts, ServerError> {
    let (keys, made) = keys(config, environment).await?;
    let store = match store(config, &keys).await {
        Err(StoreError::WrongKey) if made => {
            // Another instance was the first on this database: its keys are the ones.
            fs::remove_file(&config.keys)?;
            return Err(ServerError::OtherKeys(config.keys.clone()));
        }
        opened => opened?,
    };
    let ledger = ledger(config)?;
    let reaches = ledger.reaches().map_err(|error| ledger_fault(config, error))?;
    let needed = store.ledger_reached().await?;
    if reaches < needed {
        return Err(ServerError::LedgerTooShort {
            file: config.ledger.clone(),
            reaches,
            needed,
        });
    }
    let erased = store.replay(&*ledger).await?;
    if erased > 0 {
        tracing::info!(accounts = erased, "erased again, as the ledger says");
    }
    store.note_ledger(reaches).await?;
    Ok(Accounts {
        deployed: deployed(&config.deployment, &keys)?,
        opaque: keys.opaque_setup().map_err(|error| keys_fault(config, error))?,
        store: Arc::new(store),
        keys: Arc::new(keys),
        ledger,
    })
}

/// The keys: of the environment where it names them, else of their file. A file is made only where nothing was ever
/// kept, since with other keys nothing that is there would open. Tells whether it was made.
///
/// # Errors
/// When they cannot be read, or are not there beside a database.
pub async fn keys(config: &Config, environment: Environment<'_>) -> Result<(Keys, bool), ServerError> {
    let fault = |error| keys_fault(config, error);
    if let Some(keys) = Keys::from_environment(environment).map_err(fault)? {
        return Ok((keys, false));
    }
    match Keys::read_file(&config.keys) {
        Err(KeyError::Io(io::ErrorKind::NotFound)) => {}
        read => return Ok((read.map_err(fault)?, false)),
    }
    if !is_new(&config.database).await? {
        return Err(ServerError::KeysGone(config.keys.clone()));
    }
    let keys = Keys::make().map_err(fault)?;
    match keys.write_file(&config.keys) {
        // Another process was quicker.
        Err(KeyError::Exists) => Ok((Keys::read_file(&config.keys).map_err(fault)?, false)),
        written => {
            written.map_err(fault)?;
            tracing::info!(file = %config.keys.display(), "new keys were made");
            Ok((keys, true))
        }
    }
}

/// Whether nothing was ever kept.
///
/// # Errors
/// When the database does not answer.
pub async fn is_new(database: &Database) -> Result<bool, ServerError> {
    Ok(match database {
        Database::Sqlite(file) => !file.try_exists()?,
        Database::Postgres { url, .. } => Store::is_new_postgres(url.expose()).await?,
    })
}

/// The store alone.
///
/// # Errors
/// As [`Store::open_sqlite`].
pub async fn store(config: &Config, keys: &Keys) -> Result<Store, StoreError> {
    match &config.database {
        Database::Sqlite(file) => Store::open_sqlite(file, keys).await,
        Database::Postgres { url, .. } => Store::open_postgres(url.expose(), keys).await,
    }
}

/// The ledger alone.
///
/// # Errors
/// When it cannot be used.
pub fn ledger(config: &Config) -> Result<Arc<FileLedger>, ServerError> {
    let opened = FileLedger::open(&config.ledger);
    Ok(Arc::new(opened.map_err(|error| ledger_fault(config, error))?))
}

fn keys_fault(config: &Config, error: KeyError) -> ServerError {
    ServerError::Keys {
        file: config.keys.clone(),
        error,
    }
}

pub(crate) fn ledger_fault(config: &Config, error: crate::store::LedgerError) -> ServerError {
    ServerError::Ledger {
        file: config.ledger.clone(),
        error,
    }
}

/// The deployment that is installed, checked against the root of the configuration and the keys of this server.
fn deployed(from: &DeploymentFile, keys: &Keys) -> Result<Option<Deployed>, ServerError> {
    if !from.file.try_exists()? {
        tracing::warn!("nobody can join: no deployment is installed");
        return Ok(None);
    }
    let bytes = read_short(&from.file)?;
    let deployed = read_deployment(&bytes, from, keys)?;
    let moment = u64::try_from(now().0).unwrap_or_default();
    if let Err(error) = deployed.deployment.period.check_at(signed::Moment(moment)) {
        tracing::warn!(%error, "apps will not accept the deployment");
    }
    Ok(Some(deployed))
}

pub(crate) fn read_short(file: &Path) -> Result<Vec<u8>, ServerError> {
    if fs::metadata(file)?.len() > LONGEST {
        return Err(ServerError::Deployment("it is too long".to_owned()));
    }
    Ok(fs::read(file)?)
}

/// What a signed deployment says, when the configured root vouches for it and it names the keys of this server.
pub(crate) fn read_deployment(
    bytes: &[u8],
    from: &DeploymentFile,
    keys: &Keys,
) -> Result<Deployed, ServerError> {
    let fault = |reason: &dyn std::fmt::Display| ServerError::Deployment(reason.to_string());
    let root = from.root.ok_or_else(|| {
        fault(&"say whose word is taken for it: deployment.root is the root's public key (regie-server operator show)")
    })?;
    let signed = Signed::<Deployment>::from_bytes(bytes).map_err(|error| fault(&error))?;
    let deployment = signed.open_at_any_time(&root).map_err(|error| fault(&error))?;
    let own = keys.public().map_err(|error| fault(&error))?;
    let named = &deployment.keys;
    for (name, same) in [
        ("receipts", own.receipts == named.receipts),
        ("tickets", own.tickets == named.tickets),
        ("opaque", own.opaque == named.opaque),
    ] {
        if !same {
            return Err(fault(&format!(
                "its key for {name} is not the one that this server holds (regie-server admin keys shows them)"
            )));
        }
    }
    Ok(Deployed {
        root,
        deployment,
        signed,
    })
}
