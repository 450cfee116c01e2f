//! The store: one contract, two engines. An SQLite file needs no set-up; PostgreSQL serves several instances.
//!
//! Each method is one whole transaction, and its statements are written once ([`tx`]); an engine only runs them. What
//! docs/adr/0013 marks as sealed is sealed and opened here, so that no caller can forget it. Every method that needs
//! the time takes it.

use std::path::Path;
use std::sync::Arc;

use crate::keys::{DataKey, IndexKey, KeyError, Keys, Place};

mod account;
mod blob;
mod chain;
mod credential;
mod device;
pub(crate) mod dump;
mod epoch;
mod erase;
mod ids;
mod invitation;
mod job;
mod ledger;
mod live;
mod log;
mod login;
mod mail;
mod migrations;
mod pairing;
mod postgres;
mod pull;
mod reach;
mod register;
mod sqlite;
mod staff;
pub(crate) mod tx;

#[cfg(test)]
mod catalogue;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod erasure_tests;
#[cfg(test)]
mod kill_tests;
#[cfg(test)]
mod migrating_tests;
#[cfg(test)]
pub(crate) mod testing;

pub use account::{Account, Author, Contact, Identity, Joined, NewAccount};
pub use blob::{BlobPage, BlobRoom, BlobState, NewChunks, StoredBlob};
pub use chain::{Head, HeaderKind, NewHeader, NewPush, NewRecord, NewRestart, Pushed};
pub use credential::{CodeKeys, Factor, Login, NewCredential, NewFactor, Replacement};
pub use device::{Device, DeviceKeys, NewDevice, Who};
pub use epoch::{Epoch, NewEpoch, Way, Wrap};
pub use erase::Erasing;
pub use ids::{
    AccountId, AttemptId, BlobId, CodeHash, CredentialId, DeviceId, Instance, MailId, Moment, OrganisationId,
    Pseudonym, RecordId, SeatId, SecretHash, Serial, StaffId, TokenHash,
};
pub use invitation::{Invitation, Organisation, SeatState};
pub use job::Counted;
pub use ledger::{FileLedger, Ledger, LedgerEntry, LedgerError, What};
pub use live::{Mark, News};
pub use log::{LogEntry, StaffLogEntry, is_unbroken, is_unbroken_staff};
pub use login::{Begun, LoginLimits, Subject};
pub use mail::{CodePurpose, Mail, MailCode, Taken};
pub use pairing::{Added, Pairing, PairingEnd, Side};
pub use pull::{PageById, PageDown, PageLimits, PageUp, Pulled, Standing, StoredHeader, StoredRecord};
pub use staff::{Certificate, Revocations, Staff};

use live::Teller;
use tx::{Acting, Tx};

/// Why a method did nothing. Whatever it is, nothing was changed. Says nothing about the values involved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// No such account, device or other thing; or it is there no more.
    #[error("not found")]
    NotFound,
    /// The id is taken.
    #[error("there is one already")]
    Exists,
    /// Another account has this address.
    #[error("the address is taken")]
    AddressTaken,
    /// No invitation has this secret.
    #[error("the invitation is unknown")]
    InvitationUnknown,
    /// The invitation became a seat already.
    #[error("the invitation was used")]
    InvitationUsed,
    /// The invitation is not valid any more, or not yet.
    #[error("the invitation is not valid now")]
    InvitationEnded,
    /// Something changed since it was read: another generation, another epoch.
    #[error("it changed meanwhile")]
    Stale,
    /// A change that this device sent already, or one before it.
    #[error("the change was sent before")]
    Repeated,
    /// The wraps of a new epoch are not one for each device that stays, the passphrase and the code.
    #[error("the wraps do not fit the devices")]
    WrapsDiffer,
    /// The account keeps no copy here.
    #[error("no copy is kept")]
    NoCopy,
    /// It is under the key of another epoch than the one that is.
    #[error("the epoch is another one")]
    EpochEnded,
    /// The chain's head is another one than what follows it says.
    #[error("the head is another one")]
    HeadMoved,
    /// A header does not stand where it says, or what comes with it cannot belong to it.
    #[error("it does not fit into the chain")]
    Misplaced,
    /// Other bytes lie in a chunk's place, or the blob is cut in another way.
    #[error("the blob is another one")]
    BlobDiffers,
    /// A blob that is to be kept is not there whole.
    #[error("the blob is not whole")]
    BlobNotWhole,
    /// The account has no room for another blob.
    #[error("no room for another blob")]
    NoRoom,
    /// Too many blobs of the account are open.
    #[error("too many blobs are open")]
    TooManyOpen,
    /// The database is of a later version.
    #[error("the database is of a later version")]
    Newer,
    /// A value in the database cannot have been written by this program.
    #[error("the database is damaged")]
    Damaged,
    /// The database cannot be reached, or is too busy.
    #[error("the database cannot be reached")]
    Unavailable,
    /// The engine refused a statement, by its own code.
    #[error("the database refused: {0}")]
    Database(String),
    /// The keys do not fit the database.
    #[error("the keys do not fit the database")]
    WrongKey,
    /// The operating system gave no randomness.
    #[error("no randomness from the operating system")]
    Randomness,
    /// Another transaction was in the way; the engine begins anew.
    #[doc(hidden)]
    #[error("another transaction was in the way")]
    Contended,
}

impl From<KeyError> for StoreError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Randomness => Self::Randomness,
            _ => Self::WrongKey,
        }
    }
}

/// Accounts and what belongs to them, on either engine.
pub struct Store {
    engine: Engine,
    held: Arc<Held>,
    teller: Teller,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.engine {
            Engine::Sqlite(_) => "Store(SQLite)",
            Engine::Postgres(_) => "Store(PostgreSQL)",
        })
    }
}

/// What is done on PostgreSQL lies in a box: it is large, and whatever waits for it is moved about on either engine.
enum Engine {
    Sqlite(sqlite::Sqlite),
    Postgres(postgres::Postgres),
}

/// The keys that methods need: to seal a column, and to hash what is only counted.
pub(crate) struct Held {
    data: DataKey,
    index: IndexKey,
}

impl Held {
    fn seal(&self, table: &str, column: &str, row: &[u8], value: &[u8]) -> Result<Vec<u8>, StoreError> {
        Ok(self.data.seal(Place::new(table, column, row), value)?)
    }

    fn open(&self, table: &str, column: &str, row: &[u8], sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        let opened = self.data.open(Place::new(table, column, row), sealed)?;
        Ok(opened.to_vec())
    }

    fn open_text(&self, table: &str, column: &str, row: &[u8], sealed: &[u8]) -> Result<String, StoreError> {
        String::from_utf8(self.open(table, column, row, sealed)?).map_err(|_| StoreError::Damaged)
    }
}

impl Store {
    /// Opens or makes an SQLite file, brings it to the newest schema, and opens or makes its data key.
    ///
    /// # Errors
    /// [`StoreError::WrongKey`] when the keys are another database's, [`StoreError::Newer`] when it is of a later
    /// version, and what the engine says.
    pub async fn open_sqlite(path: &Path, keys: &Keys) -> Result<Self, StoreError> {
        let teller = Teller::new(keys);
        let sqlite = sqlite::Sqlite::open(path, teller.clone())?;
        Self::open(Engine::Sqlite(sqlite), keys, teller).await
    }

    /// The same with PostgreSQL, by a URL or in its `key=value` form. With `sslmode=require` the connection is TLS,
    /// against the system's certificates.
    ///
    /// # Errors
    /// As [`Self::open_sqlite`].
    pub async fn open_postgres(url: &str, keys: &Keys) -> Result<Self, StoreError> {
        let teller = Teller::new(keys);
        let postgres = postgres::Postgres::open(url, teller.clone()).await?;
        Self::open(Engine::Postgres(postgres), keys, teller).await
    }

    /// Whether nothing was ever kept in this PostgreSQL.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn is_new_postgres(url: &str) -> Result<bool, StoreError> {
        postgres::Postgres::connect(url)?.is_new().await
    }

    async fn open(engine: Engine, keys: &Keys, teller: Teller) -> Result<Self, StoreError> {
        let wrapped = keys.columns.wrap_key(&DataKey::make_random()?)?;
        let stored = engine
            .write(move |tx| {
                let wrapped = wrapped.clone();
                Box::pin(async move { data_key(tx, wrapped).await })
            })
            .await?;
        let (data, anew) = keys.open_data_key(&stored)?;
        if let Some(anew) = anew {
            engine
                .write(move |tx| {
                    let anew = anew.clone();
                    Box::pin(async move {
                        tx.run("UPDATE data_key SET wrapped = ?1", tx::values![anew])
                            .await?;
                        Ok(())
                    })
                })
                .await?;
        }
        let index = IndexKey::new(keys.index.secret().duplicate());
        Ok(Self {
            engine,
            held: Arc::new(Held { data, index }),
            teller,
        })
    }

    /// The schema that the database has. Answers only when the database does: this is what ready means.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the database does not answer.
    pub async fn schema_version(&self) -> Result<i64, StoreError> {
        self.peek(|tx| Box::pin(async move { tx.count(migrations::VERSION, tx::values![]).await }))
            .await
    }

    /// Takes erased rows out of the database's own files: SQLite's log is emptied, PostgreSQL's tables are vacuumed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when somebody reads what would go.
    pub async fn purge(&self) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.purge().await,
            Engine::Postgres(postgres) => postgres.purge().await,
        }
    }

    /// Several statements that happen together or not at all, as if nothing else happened meanwhile.
    async fn write<R, F>(&self, act: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: for<'t> Fn(&'t mut dyn Tx) -> Acting<'t, R> + Send + Sync + 'static,
    {
        self.engine.write(act).await
    }

    /// One statement that changes something by itself: spares the other two journeys of a transaction.
    async fn single<R, F>(&self, act: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: for<'t> Fn(&'t mut dyn Tx) -> Acting<'t, R> + Send + Sync + 'static,
    {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.write(act).await,
            Engine::Postgres(postgres) => Box::pin(postgres.single(act)).await,
        }
    }

    /// One query, or several that may see different moments.
    async fn peek<R, F>(&self, act: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: for<'t> Fn(&'t mut dyn Tx) -> Acting<'t, R> + Send + Sync + 'static,
    {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.peek(act).await,
            Engine::Postgres(postgres) => Box::pin(postgres.single(act)).await,
        }
    }

    /// Several queries that see one moment.
    async fn snapshot<R, F>(&self, act: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: for<'t> Fn(&'t mut dyn Tx) -> Acting<'t, R> + Send + Sync + 'static,
    {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.snapshot(act).await,
            Engine::Postgres(postgres) => Box::pin(postgres.snapshot(act)).await,
        }
    }

    /// A query by a key that finds a row, or a page of short ones. On SQLite it runs on the thread that asks: nothing goes here that reads
    /// much, such as what people wrote.
    async fn glance<R, F>(&self, act: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: for<'t> Fn(&'t mut dyn Tx) -> Acting<'t, R> + Send + Sync + 'static,
    {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.glance(act).await,
            Engine::Postgres(postgres) => Box::pin(postgres.single(act)).await,
        }
    }
}

impl Engine {
    async fn write<R, F>(&self, act: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: for<'t> Fn(&'t mut dyn Tx) -> Acting<'t, R> + Send + Sync + 'static,
    {
        match self {
            Self::Sqlite(sqlite) => sqlite.write(act).await,
            Self::Postgres(postgres) => Box::pin(postgres.write(act)).await,
        }
    }
}

/// The data key that rests in the database; the first to come puts theirs.
async fn data_key(tx: &mut dyn Tx, wrapped: Vec<u8>) -> Result<Vec<u8>, StoreError> {
    let insert = "INSERT INTO data_key (one, wrapped) VALUES (1, ?1) ON CONFLICT (one) DO NOTHING";
    tx.run(insert, tx::values![wrapped]).await?;
    let row = tx.row("SELECT wrapped FROM data_key", tx::values![]).await?;
    row.ok_or(StoreError::Damaged)?.get(0)
}
