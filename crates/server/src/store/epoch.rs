//! Epochs of an account key, its wraps, one for each device that stays, the passphrase and the code, and the keys for other people.

use super::account::prove;
use regie_protocol::account::device as wire;

use super::tx::{Row, Tx, values};
use super::{AccountId, Author, DeviceId, Identity, Moment, NewHeader, Store, StoreError, chain, log};

/// A way to the account key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Way {
    /// A device's own key.
    Device(DeviceId),
    /// The key from OPAQUE's export key.
    Passphrase,
    /// The key from the recovery code.
    Code,
}

impl Way {
    pub(crate) fn name(self) -> String {
        match self {
            Self::Device(device) => wire::way_of(device.0),
            Self::Passphrase => wire::PASSPHRASE.to_owned(),
            Self::Code => wire::CODE.to_owned(),
        }
    }

    /// The way of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            wire::PASSPHRASE => Some(Self::Passphrase),
            wire::CODE => Some(Self::Code),
            _ => wire::device_of(name).map(|id| Self::Device(DeviceId(id))),
        }
    }
}

/// The account key, sealed to one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrap {
    /// Which way opens it.
    pub way: Way,
    /// HPKE's bytes.
    pub sealed: Vec<u8>,
}

/// An epoch that begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEpoch {
    /// One more than the last.
    pub number: i64,
    /// The statement that begins it, as it follows the account's head.
    pub statement: NewHeader,
    /// The header behind it, which vouches under the new key for the records that are there; none where there are none.
    pub vouching: Option<NewHeader>,
    /// One wrap for each device that stays, the passphrase and the code; those of the devices alone where the others went with the copy.
    pub wraps: Vec<Wrap>,
    /// The keys for other people.
    pub identity: Identity,
}

/// An epoch that began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Epoch {
    /// Which one.
    pub number: i64,
    /// The statement that began it.
    pub statement: Vec<u8>,
}

impl Store {
    /// The epochs after a number, oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn epochs(&self, account: AccountId, after: i64) -> Result<Vec<Epoch>, StoreError> {
        self.peek(move |tx| Box::pin(read(tx, account, after))).await
    }

    /// The number of the epoch that is.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such account.
    pub async fn epoch(&self, account: AccountId) -> Result<i64, StoreError> {
        self.glance(move |tx| {
            Box::pin(async move {
                match current(tx, account).await? {
                    0 => Err(StoreError::NotFound),
                    number => Ok(number),
                }
            })
        })
        .await
    }

    /// The wrap of the epoch that is, for one way, with the epoch's number.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none.
    pub async fn wrap(&self, account: AccountId, way: Way) -> Result<(i64, Vec<u8>), StoreError> {
        self.peek(move |tx| {
            Box::pin(async move {
                let find = "SELECT epoch, sealed FROM wrap WHERE account_id = ?1 AND way = ?2
                    AND epoch = (SELECT MAX(number) FROM epoch WHERE account_id = ?1)";
                let row = tx.row(find, values![account, way.name()]).await?;
                let row = row.ok_or(StoreError::NotFound)?;
                Ok((row.get(0)?, row.get(1)?))
            })
        })
        .await
    }

    /// Whether a further device finds a wrap by passphrase or code: they go with the copy.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn has_wraps(&self, account: AccountId) -> Result<bool, StoreError> {
        self.peek(move |tx| Box::pin(has_wraps(tx, account))).await
    }

    /// A device holds the key of an epoch. Where the wraps went with the copy, its own lies there no longer than this.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn took_wrap(
        &self,
        account: AccountId,
        device: DeviceId,
        epoch: i64,
    ) -> Result<(), StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                if has_wraps(tx, account).await? {
                    return Ok(());
                }
                let forget = "DELETE FROM wrap WHERE account_id = ?1 AND way = ?2 AND epoch <= ?3";
                tx.run(forget, values![account, Way::Device(device).name(), epoch])
                    .await
                    .map(|_| ())
            })
        })
        .await
    }

    /// Begins an epoch. The wraps of the one before go: its key lies sealed in the new statement.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when the epoch that is is not the one before, [`StoreError::HeadMoved`] when the head is not, [`StoreError::Misplaced`] when it leaves the records
    /// that are there without a header that vouches for them, [`StoreError::WrapsDiffer`], and what [`Author`] says.
    pub async fn begin_epoch(
        &self,
        account: AccountId,
        author: Author,
        epoch: NewEpoch,
        now: Moment,
    ) -> Result<(), StoreError> {
        self.write(move |tx| {
            let epoch = epoch.clone();
            Box::pin(async move {
                prove(tx, account, author).await?;
                let ways = Ways::that_are(tx, account).await?;
                begin(tx, account, &epoch, ways, author, now).await
            })
        })
        .await
    }
}

pub(super) async fn read(tx: &mut dyn Tx, account: AccountId, after: i64) -> Result<Vec<Epoch>, StoreError> {
    let find = "SELECT e.number, COALESCE(e.beside, h.bytes) FROM epoch e
        LEFT JOIN header h ON h.account_id = e.account_id AND h.sequence = e.sequence
        WHERE e.account_id = ?1 AND e.number > ?2 ORDER BY e.number";
    let epoch = |mut row: Row| {
        Ok(Epoch {
            number: row.get(0)?,
            statement: row.take(1)?,
        })
    };
    let rows = tx.rows(find, values![account, after]).await?;
    rows.into_iter().map(epoch).collect()
}

pub(crate) async fn current(tx: &mut dyn Tx, account: AccountId) -> Result<i64, StoreError> {
    let find = "SELECT COALESCE(MAX(number), 0) FROM epoch WHERE account_id = ?1";
    tx.count(find, values![account]).await
}

pub(crate) async fn require_current(
    tx: &mut dyn Tx,
    account: AccountId,
    number: i64,
) -> Result<(), StoreError> {
    if current(tx, account).await? == number {
        Ok(())
    } else {
        Err(StoreError::Stale)
    }
}

/// To whom the key of an epoch is sealed here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ways {
    /// The devices that stay, the passphrase and the code.
    All,
    /// The devices that stay: the others went with the copy, and come back with it alone.
    Devices,
}

impl Ways {
    /// Those of the epoch that is.
    pub(crate) async fn that_are(tx: &mut dyn Tx, account: AccountId) -> Result<Self, StoreError> {
        Ok(match has_wraps(tx, account).await? {
            true => Self::All,
            false => Self::Devices,
        })
    }
}

/// Begins an epoch after the one that is, and publishes its keys for other people.
pub(crate) async fn begin(
    tx: &mut dyn Tx,
    account: AccountId,
    epoch: &NewEpoch,
    ways: Ways,
    author: Author,
    now: Moment,
) -> Result<(), StoreError> {
    require_current(tx, account, epoch.number.saturating_sub(1)).await?;
    tx.run("DELETE FROM wrap WHERE account_id = ?1", values![account])
        .await?;
    put(tx, account, epoch, ways).await?;
    for action in ["epoch.begun", "identity.changed"] {
        log::append(tx, account, action, author.as_bytes(), now).await?;
    }
    Ok(())
}

/// Puts an epoch whose wraps are exactly those that are needed: nobody is left behind by mistake.
pub(crate) async fn put(
    tx: &mut dyn Tx,
    account: AccountId,
    epoch: &NewEpoch,
    ways: Ways,
) -> Result<(), StoreError> {
    let devices = "SELECT device_id FROM device WHERE account_id = ?1 AND signed_out_day IS NULL";
    let rows = tx.rows(devices, values![account]).await?;
    let mut needed = match ways {
        Ways::All => vec![Way::Passphrase, Way::Code],
        Ways::Devices => Vec::new(),
    };
    for row in &rows {
        needed.push(Way::Device(row.get(0)?));
    }
    needed.sort_unstable();
    let mut given: Vec<Way> = epoch.wraps.iter().map(|wrap| wrap.way).collect();
    given.sort_unstable();
    if given != needed {
        return Err(StoreError::WrapsDiffer);
    }
    chain::begin_epoch(tx, account, &epoch.statement, epoch.vouching.as_ref()).await?;
    let insert = "INSERT INTO epoch (account_id, number, sequence) VALUES (?1, ?2, ?3)";
    tx.run(insert, values![account, epoch.number, epoch.statement.sequence])
        .await?;
    put_wraps(tx, account, epoch.number, &epoch.wraps).await?;
    put_identity(tx, account, &epoch.identity).await
}

async fn put_identity(tx: &mut dyn Tx, account: AccountId, identity: &Identity) -> Result<(), StoreError> {
    let put = "INSERT INTO identity (account_id, sign_key, seal_key, statement) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (account_id) DO UPDATE
        SET sign_key = excluded.sign_key, seal_key = excluded.seal_key, statement = excluded.statement";
    let values = values![
        account,
        identity.sign_key,
        identity.seal_key,
        identity.statement.as_slice()
    ];
    tx.run(put, values).await.map(|_| ())
}

/// Whether the epoch that is has its wraps: they go with the copy on the server, and only a new epoch brings them all back.
pub(crate) async fn has_wraps(tx: &mut dyn Tx, account: AccountId) -> Result<bool, StoreError> {
    let find = "SELECT COUNT(*) FROM wrap WHERE account_id = ?1 AND way = ?2";
    Ok(tx.count(find, values![account, Way::Passphrase.name()]).await? > 0)
}

/// Puts wraps of an epoch in the place of those that are there.
pub(crate) async fn put_wraps(
    tx: &mut dyn Tx,
    account: AccountId,
    epoch: i64,
    wraps: &[Wrap],
) -> Result<(), StoreError> {
    let put = "INSERT INTO wrap (account_id, epoch, way, sealed) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (account_id, epoch, way) DO UPDATE SET sealed = excluded.sealed";
    for wrap in wraps {
        let values = values![account, epoch, wrap.way.name(), wrap.sealed.as_slice()];
        tx.run(put, values).await?;
    }
    Ok(())
}
