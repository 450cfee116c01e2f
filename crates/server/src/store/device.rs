//! Devices: added, listed, signed out; the number of each one's last change.

use super::account::prove;
use super::tx::{Row, Tx, values};
use super::{AccountId, Author, DeviceId, Moment, NewEpoch, Store, StoreError, Way, Wrap};
use super::{epoch, epoch::Ways, log};

/// So many days a device that was signed out stays in the list.
const KEPT_DAYS: i64 = 90;

/// A device that joins or is added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDevice {
    /// Its random id.
    pub device: DeviceId,
    /// Ed25519: signs requests.
    pub sign_key: [u8; 32],
    /// X25519: the account key is sealed to it.
    pub seal_key: [u8; 32],
    /// Its name, sealed under the account key.
    pub name_sealed: Vec<u8>,
    /// What it runs on, sealed under the account key.
    pub platform_sealed: Vec<u8>,
}

/// A device in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// What it brought.
    pub device: NewDevice,
    /// When it came.
    pub added_day: i64,
    /// When it was used last.
    pub used_day: i64,
    /// When it was signed out.
    pub signed_out_day: Option<i64>,
}

/// What checking a request needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceKeys {
    /// Checks its signature.
    pub sign_key: [u8; 32],
    /// When it was used last: [`Store::note_use`] is due once a day.
    pub used_day: i64,
    /// The number of its last change.
    pub last_number: i64,
}

/// Which devices to sign out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// One of them.
    One(DeviceId),
    /// All but one.
    AllBut(DeviceId),
    /// All.
    All,
}

impl Store {
    /// All devices, the newest first, with those that were signed out lately.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn devices(&self, account: AccountId) -> Result<Vec<Device>, StoreError> {
        self.peek(move |tx| {
            Box::pin(async move {
                let find =
                    "SELECT device_id, sign_key, seal_key, name_sealed, platform_sealed, added_day, used_day,
                        signed_out_day
                    FROM device WHERE account_id = ?1 ORDER BY added_day DESC, device_id";
                tx.rows(find, values![account])
                    .await?
                    .iter()
                    .map(listed)
                    .collect()
            })
        })
        .await
    }

    /// The keys of a device that may speak.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when it is unknown or was signed out.
    pub async fn device_keys(&self, account: AccountId, device: DeviceId) -> Result<DeviceKeys, StoreError> {
        self.glance(move |tx| {
            Box::pin(async move {
                let find = "SELECT sign_key, used_day, last_number FROM device
                    WHERE account_id = ?1 AND device_id = ?2 AND signed_out_day IS NULL";
                let row = tx.row(find, values![account, device]).await?;
                let row = row.ok_or(StoreError::NotFound)?;
                Ok(DeviceKeys {
                    sign_key: row.get(0)?,
                    used_day: row.get(1)?,
                    last_number: row.get(2)?,
                })
            })
        })
        .await
    }

    /// Adds a device, with its wrap of the epoch that is.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when there is another epoch, [`StoreError::Exists`] when the id is taken, and what
    /// [`Author`] says.
    pub async fn add_device(
        &self,
        account: AccountId,
        author: Author,
        new: NewDevice,
        at_epoch: i64,
        wrap: Vec<u8>,
        now: Moment,
    ) -> Result<(), StoreError> {
        self.write(move |tx| {
            let (new, wrap) = (new.clone(), wrap.clone());
            Box::pin(async move {
                prove(tx, account, author).await?;
                epoch::require_current(tx, account, at_epoch).await?;
                put(tx, account, &new, now).await?;
                // Where the wraps went with the copy, it holds the key already.
                if epoch::has_wraps(tx, account).await? {
                    let wrap = Wrap {
                        way: Way::Device(new.device),
                        sealed: wrap,
                    };
                    epoch::put_wraps(tx, account, at_epoch, &[wrap]).await?;
                }
                log::append(tx, account, "device.added", &new.device.0, now).await
            })
        })
        .await
    }

    /// Gives a device another name; one that was signed out keeps the one that it had.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such device in the account, and what [`Author`] says.
    pub async fn rename_device(
        &self,
        account: AccountId,
        author: Author,
        device: DeviceId,
        name_sealed: Vec<u8>,
        now: Moment,
    ) -> Result<(), StoreError> {
        self.write(move |tx| {
            let name = name_sealed.clone();
            Box::pin(async move {
                prove(tx, account, author).await?;
                let set = "UPDATE device SET name_sealed = ?3
                    WHERE account_id = ?1 AND device_id = ?2 AND signed_out_day IS NULL";
                if tx.run(set, values![account, device, name]).await? != 1 {
                    return Err(StoreError::NotFound);
                }
                log::append(tx, account, "device.renamed", author.as_bytes(), now).await
            })
        })
        .await
    }

    /// Signs devices out, with a new epoch when one was lost or stolen. They are refused from the next request on.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when nobody is to be signed out and no epoch begins, [`StoreError::Stale`] and [`StoreError::WrapsDiffer`]
    /// for the epoch, and what [`Author`] says.
    pub async fn sign_out(
        &self,
        account: AccountId,
        author: Author,
        who: Who,
        epoch: Option<NewEpoch>,
        now: Moment,
    ) -> Result<(), StoreError> {
        self.write(move |tx| {
            let epoch = epoch.clone();
            Box::pin(async move {
                prove(tx, account, author).await?;
                match refuse_devices(tx, account, who, now).await {
                    // Whoever was signed out before is shut out by the epoch that follows.
                    Err(StoreError::NotFound) if epoch.is_some() => {}
                    done => done?,
                }
                if let Some(epoch) = &epoch {
                    let ways = Ways::that_are(tx, account).await?;
                    epoch::begin(tx, account, epoch, ways, author, now).await?;
                }
                log::append(tx, account, "device.signed-out", author.as_bytes(), now).await
            })
        })
        .await
    }

    /// Records the number of a device's request by itself, for a change that the store knows nothing of.
    ///
    /// # Errors
    /// [`StoreError::Repeated`] when the number is not above the last one, [`StoreError::NotFound`] when the device may
    /// not speak.
    pub async fn note_number(
        &self,
        account: AccountId,
        device: DeviceId,
        number: i64,
    ) -> Result<(), StoreError> {
        self.write(move |tx| Box::pin(advance(tx, account, device, number)))
            .await
    }

    /// Notes the day of use of a device and its account.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn note_use(
        &self,
        account: AccountId,
        device: DeviceId,
        now: Moment,
    ) -> Result<(), StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                let used = "UPDATE device SET used_day = ?3 WHERE account_id = ?1 AND device_id = ?2 AND used_day < ?3";
                tx.run(used, values![account, device, now.day()]).await?;
                let seen = "UPDATE account SET seen_day = ?2 WHERE account_id = ?1 AND seen_day < ?2";
                tx.run(seen, values![account, now.day()]).await?;
                Ok(())
            })
        })
        .await
    }

    /// Forgets what has had its time: mailboxes of devices, devices signed out 90 days ago, begun logins of yesterday, old codes
    /// and counts. Gives how many rows went.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sweep(&self, now: Moment) -> Result<u64, StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                let mut gone = 0;
                let yesterday = now.plus(-86_400);
                for (forget, until) in [
                    ("DELETE FROM pairing WHERE ends_at <= ?1", now.0),
                    (
                        "DELETE FROM device WHERE signed_out_day <= ?1",
                        now.day() - KEPT_DAYS,
                    ),
                    ("DELETE FROM login_begun WHERE begun_at <= ?1", yesterday.0),
                    (
                        "DELETE FROM mail_code WHERE purpose IN ('verify', 'recover') AND expires_at <= ?1",
                        now.0,
                    ),
                    ("DELETE FROM rate WHERE period <= ?1", yesterday.0),
                ] {
                    gone += tx.run(forget, values![until]).await?;
                }
                Ok(gone)
            })
        })
        .await
    }
}

fn listed(row: &Row) -> Result<Device, StoreError> {
    Ok(Device {
        device: NewDevice {
            device: row.get(0)?,
            sign_key: row.get(1)?,
            seal_key: row.get(2)?,
            name_sealed: row.get(3)?,
            platform_sealed: row.get(4)?,
        },
        added_day: row.get(5)?,
        used_day: row.get(6)?,
        signed_out_day: row.get(7)?,
    })
}

pub(crate) async fn put(
    tx: &mut dyn Tx,
    account: AccountId,
    new: &NewDevice,
    now: Moment,
) -> Result<(), StoreError> {
    let insert =
        "INSERT INTO device (account_id, device_id, sign_key, seal_key, name_sealed, platform_sealed,
            added_day, used_day, last_number, signed_out_day)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, 0, NULL) ON CONFLICT (account_id, device_id) DO NOTHING";
    let values = values![
        account,
        new.device,
        new.sign_key,
        new.seal_key,
        new.name_sealed.as_slice(),
        new.platform_sealed.as_slice(),
        now.day(),
    ];
    match tx.run(insert, values).await? {
        1 => Ok(()),
        _ => Err(StoreError::Exists),
    }
}

/// Compares and increases the number of a device's last change.
pub(crate) async fn advance(
    tx: &mut dyn Tx,
    account: AccountId,
    device: DeviceId,
    number: i64,
) -> Result<(), StoreError> {
    let advance = "UPDATE device SET last_number = ?3
        WHERE account_id = ?1 AND device_id = ?2 AND signed_out_day IS NULL AND last_number < ?3";
    if tx.run(advance, values![account, device, number]).await? == 1 {
        return Ok(());
    }
    may_advance(tx, account, device, number)
        .await
        .and(Err(StoreError::Repeated))
}

/// Whether a device may speak, and did not send this number or a later one before.
pub(crate) async fn may_advance(
    tx: &mut dyn Tx,
    account: AccountId,
    device: DeviceId,
    number: i64,
) -> Result<(), StoreError> {
    let find = "SELECT last_number FROM device
        WHERE account_id = ?1 AND device_id = ?2 AND signed_out_day IS NULL";
    let row = tx.row(find, values![account, device]).await?;
    if row.ok_or(StoreError::NotFound)?.get::<i64>(0)? < number {
        Ok(())
    } else {
        Err(StoreError::Repeated)
    }
}

pub(crate) async fn refuse_devices(
    tx: &mut dyn Tx,
    account: AccountId,
    who: Who,
    now: Moment,
) -> Result<(), StoreError> {
    let find = "SELECT device_id FROM device WHERE account_id = ?1 AND signed_out_day IS NULL";
    let rows = tx.rows(find, values![account]).await?;
    let mut refused = 0;
    for row in &rows {
        let device: DeviceId = row.get(0)?;
        let is_meant = match who {
            Who::One(one) => device == one,
            Who::AllBut(one) => device != one,
            Who::All => true,
        };
        if !is_meant {
            continue;
        }
        refused += 1;
        let out = "UPDATE device SET signed_out_day = ?3 WHERE account_id = ?1 AND device_id = ?2";
        tx.run(out, values![account, device, now.day()]).await?;
        let forget = "DELETE FROM wrap WHERE account_id = ?1 AND way = ?2";
        tx.run(forget, values![account, Way::Device(device).name()])
            .await?;
    }
    if refused == 0 {
        Err(StoreError::NotFound)
    } else {
        Ok(())
    }
}
