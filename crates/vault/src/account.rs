//! The account of this vault: its keys, its devices, this device's own keys, what waits for a network, and every request that was made.

use chrono::{DateTime, Utc};
use regie_crypto::{
    Key,
    account::{AccountKey, DevicePublic},
    device::DeviceKeys,
    make_random,
    seal::{OpeningKey, Vouch},
};
use regie_protocol::signed::{AccountId, DeviceId, SealingKey};
use rusqlite::{OptionalExtension, Row, Transaction, params};
use zeroize::Zeroizing;

use crate::{Vault, VaultError, time};

/// Whether this device takes part in the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// It does.
    Takes,
    /// The passphrase or the code was changed on another device, and was not entered here yet.
    Behind,
    /// A new passphrase was set here by the recovery code, and the server does not know it yet.
    Recovering,
    /// It was signed out, is a copy, or the account is gone.
    Out,
}

impl Part {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Takes, "takes"),
        (Self::Behind, "behind"),
        (Self::Recovering, "recovering"),
        (Self::Out, "out"),
    ];

    fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(part, _)| *part == self)
            .map_or("out", |(_, name)| name)
    }

    fn find(name: &str) -> Self {
        Self::ALL
            .iter()
            .find(|(_, known)| *known == name)
            .map_or(Self::Out, |(part, _)| *part)
    }
}

/// The account, as this device knows it.
#[derive(Debug)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// The operator's root that was confirmed.
    pub root: [u8; 32],
    /// The deployment as that root signed it.
    pub deployment: Vec<u8>,
    /// Where the server is.
    pub address: String,
    /// The person's e-mail address.
    pub email: String,
    /// What they want to be called.
    pub name: String,
    /// A number, where they gave one.
    pub phone: Option<String>,
    /// Days since 1970.
    pub since_day: i64,
    /// Which passphrase it is.
    pub generation: i64,
    /// What the passphrase's wrap is sealed to: derived here, never taken from a server.
    pub passphrase_key: SealingKey,
    /// What that seal is vouched for with.
    pub passphrase_vouch: Vouch,
    /// What the code's wrap is sealed to.
    pub code_key: SealingKey,
    /// What that seal is vouched for with.
    pub code_vouch: Vouch,
    /// Whether the organisation's place has ended.
    pub seat_ended: bool,
    /// Whether the second factor is on.
    pub has_factor: bool,
    /// Since when a copy is wanted on the server, in days since 1970.
    pub copy_day: Option<i64>,
    /// Whether this device takes part.
    pub part: Part,
    /// When the server answered last.
    pub contact: Option<DateTime<Utc>>,
}

/// The key of an epoch with the header that began it.
#[derive(Debug)]
pub struct KeptEpoch {
    /// The key.
    pub key: AccountKey,
    /// [`regie_protocol::signed::EpochHeader`].
    pub header: Vec<u8>,
}

/// This device with its name.
#[derive(Debug)]
pub struct OwnDevice {
    /// Its keys.
    pub keys: DeviceKeys,
    /// What it is called.
    pub name: String,
}

/// A request that the app made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// When.
    pub at: DateTime<Utc>,
    /// What for.
    pub purpose: String,
    /// Which kind of content it took along.
    pub content: String,
    /// Bytes of body.
    pub sent: u32,
    /// Bytes of body of the answer, where one came.
    pub received: Option<u32>,
}

impl Vault {
    /// The account.
    ///
    /// # Errors
    /// What the database says.
    pub fn account(&self) -> Result<Option<Account>, VaultError> {
        let mut query = self.connection.prepare_cached(
            "SELECT id, root, deployment, address, email, name, phone, since_day, generation, passphrase_key,
                    passphrase_vouch, code_key, code_vouch, seat_ended, has_factor, copy_day, state, contact_ms
             FROM account",
        )?;
        query.query_row([], |row| Ok(read(row))).optional()?.transpose()
    }

    /// Keeps what is known of the account now.
    ///
    /// # Errors
    /// What the database says.
    pub fn set_account(&mut self, account: &Account) -> Result<(), VaultError> {
        self.write(|transaction| put(transaction, account))
    }

    /// The vault becomes one of the account's: all of it at once.
    ///
    /// # Errors
    /// What the database says.
    pub fn enter_account(
        &mut self,
        account: &Account,
        epochs: &[KeptEpoch],
        devices: &[DevicePublic],
        own: &OwnDevice,
    ) -> Result<(), VaultError> {
        self.numbered = None;
        self.write(|transaction| {
            put(transaction, account)?;
            put_epochs(transaction, epochs)?;
            put_devices(transaction, devices)?;
            put_own(transaction, own)
        })
    }

    /// The account keys of all epochs, the newest first.
    ///
    /// # Errors
    /// What the database says.
    pub fn epochs(&self) -> Result<Vec<KeptEpoch>, VaultError> {
        let Some(account) = self.account()? else {
            return Ok(Vec::new());
        };
        let mut query = self
            .connection
            .prepare_cached("SELECT number, key, header FROM account_epoch ORDER BY number DESC")?;
        let rows = query.query_and_then([], |row| {
            let number: i64 = row.get(0)?;
            let number = u64::try_from(number).map_err(|_| VaultError::VaultDamaged)?;
            Ok(KeptEpoch {
                key: AccountKey::from_key(account.id, number, secret(row, 1)?),
                header: row.get(2)?,
            })
        })?;
        rows.collect()
    }

    /// The newest epoch whose key is here.
    ///
    /// # Errors
    /// What the database says.
    pub fn newest_epoch(&self) -> Result<Option<u64>, VaultError> {
        let newest: Option<i64> = self
            .connection
            .prepare_cached("SELECT max(number) FROM account_epoch")?
            .query_row([], |row| row.get(0))?;
        let newest = newest.map(u64::try_from).transpose();
        newest.map_err(|_| VaultError::VaultDamaged)
    }

    /// Keeps further epochs.
    ///
    /// # Errors
    /// What the database says.
    pub fn add_epochs(&mut self, epochs: &[KeptEpoch]) -> Result<(), VaultError> {
        self.write(|transaction| put_epochs(transaction, epochs))
    }

    /// The devices of the account that this one checked.
    ///
    /// # Errors
    /// What the database says.
    pub fn known_devices(&self) -> Result<Vec<DevicePublic>, VaultError> {
        let mut query = self
            .connection
            .prepare_cached("SELECT id, sign_key, seal_key FROM account_device ORDER BY id")?;
        let rows = query.query_and_then([], |row| {
            Ok(DevicePublic {
                device: DeviceId(row.get(0)?),
                sign_key: row.get(1)?,
                seal_key: SealingKey(row.get(2)?),
            })
        })?;
        rows.collect()
    }

    /// Keeps which devices were checked.
    ///
    /// # Errors
    /// What the database says.
    pub fn set_known_devices(&mut self, devices: &[DevicePublic]) -> Result<(), VaultError> {
        self.write(|transaction| put_devices(transaction, devices))
    }

    /// This device, where it takes part.
    ///
    /// # Errors
    /// What the database says.
    pub fn own_device(&self) -> Result<Option<OwnDevice>, VaultError> {
        let mut query = self
            .connection
            .prepare_cached("SELECT id, sign_seed, opening_key, name FROM own_device")?;
        let read = |row: &Row<'_>| -> Result<OwnDevice, VaultError> {
            let opening = OpeningKey::from_key(secret(row, 2)?);
            Ok(OwnDevice {
                keys: DeviceKeys::from_parts(DeviceId(row.get(0)?), secret(row, 1)?, opening),
                name: row.get(3)?,
            })
        };
        query.query_row([], |row| Ok(read(row))).optional()?.transpose()
    }

    /// What this device is called now; nothing where it has no keys.
    ///
    /// # Errors
    /// What the database says.
    pub fn rename_own_device(&mut self, name: &str) -> Result<(), VaultError> {
        let is_same = self.own_device()?.is_none_or(|own| own.name == name);
        if is_same {
            return Ok(());
        }
        self.write(|transaction| {
            transaction.execute("UPDATE own_device SET name = ?1", [name])?;
            Ok(())
        })
    }

    /// The number of the next request that changes something. It is on the disk before anybody may send it: no number is used twice.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] when this is no device of an account.
    pub fn next_number(&mut self) -> Result<u64, VaultError> {
        match self.numbered.take() {
            Some(number) => Ok(number),
            None => self.write(take_number),
        }
    }

    /// The number that was taken last. What only reads bears it, for nobody notes that one.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] when this is no device of an account.
    pub fn last_number(&self) -> Result<u64, VaultError> {
        let number: i64 = self
            .connection
            .prepare_cached("SELECT number FROM own_device")?
            .query_row([], |row| row.get(0))?;
        u64::try_from(number).map_err(|_| VaultError::VaultDamaged)
    }

    /// Forgets this device's keys, also in the log: it is a copy, was restored, or was signed out.
    ///
    /// # Errors
    /// What the database says.
    pub fn forget_own_device(&mut self) -> Result<(), VaultError> {
        if self.own_device()?.is_none() {
            return Ok(());
        }
        self.numbered = None;
        self.write(|transaction| {
            transaction.execute("DELETE FROM own_device", [])?;
            transaction.execute("UPDATE account SET state = ?1", [Part::Out.name()])?;
            Ok(())
        })?;
        self.empty_log()
    }

    /// What waits for a network, the oldest first.
    ///
    /// # Errors
    /// What the database says.
    pub fn waiting_changes(&self) -> Result<Vec<String>, VaultError> {
        let mut query = self
            .connection
            .prepare_cached("SELECT what FROM account_change ORDER BY at_ms, what")?;
        let rows = query.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Lets something wait for a network.
    ///
    /// # Errors
    /// What the database says.
    pub fn let_wait(&mut self, what: &str, at: DateTime<Utc>) -> Result<(), VaultError> {
        self.write(|transaction| {
            let sql = "INSERT INTO account_change (what, at_ms) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
            transaction.execute(sql, params![what, at.timestamp_millis()])?;
            Ok(())
        })
    }

    /// It was done, or something else holds now.
    ///
    /// # Errors
    /// What the database says.
    pub fn waits_no_more(&mut self, what: &str) -> Result<(), VaultError> {
        self.write(|transaction| {
            transaction.execute("DELETE FROM account_change WHERE what = ?1", [what])?;
            Ok(())
        })
    }

    /// Notes requests, and forgets those from before a moment. Nobody waits for the disk: until [`Vault::make_durable`] or another transaction
    /// a power cut may take them; a crash does not.
    ///
    /// # Errors
    /// What the database says.
    pub fn note_requests(&mut self, requests: &[Request], before: DateTime<Utc>) -> Result<(), VaultError> {
        self.write_unhurried(|transaction| {
            for request in requests {
                transaction
                    .prepare_cached(
                        "INSERT INTO request (id, at_ms, purpose, content, sent, received)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    )?
                    .execute(params![
                        make_random::<16>()?,
                        request.at.timestamp_millis(),
                        request.purpose,
                        request.content,
                        request.sent,
                        request.received
                    ])?;
            }
            transaction
                .prepare_cached("DELETE FROM request WHERE at_ms < ?1")?
                .execute([before.timestamp_millis()])?;
            Ok(())
        })
    }

    /// Every request since a moment, the newest first.
    ///
    /// # Errors
    /// What the database says.
    pub fn requests_since(&self, since: DateTime<Utc>) -> Result<Vec<Request>, VaultError> {
        let mut query = self.connection.prepare_cached(
            "SELECT at_ms, purpose, content, sent, received FROM request WHERE at_ms >= ?1 ORDER BY at_ms DESC, id",
        )?;
        let rows = query.query_and_then([since.timestamp_millis()], |row| {
            Ok(Request {
                at: time::utc(row.get(0)?)?,
                purpose: row.get(1)?,
                content: row.get(2)?,
                sent: row.get(3)?,
                received: row.get(4)?,
            })
        })?;
        rows.collect()
    }
}

fn read(row: &Row<'_>) -> Result<Account, VaultError> {
    let contact: Option<i64> = row.get(17)?;
    let part: String = row.get(16)?;
    Ok(Account {
        id: AccountId(row.get(0)?),
        root: row.get(1)?,
        deployment: row.get(2)?,
        address: row.get(3)?,
        email: row.get(4)?,
        name: row.get(5)?,
        phone: row.get(6)?,
        since_day: row.get(7)?,
        generation: row.get(8)?,
        passphrase_key: SealingKey(row.get(9)?),
        passphrase_vouch: Vouch::from_key(secret(row, 10)?),
        code_key: SealingKey(row.get(11)?),
        code_vouch: Vouch::from_key(secret(row, 12)?),
        seat_ended: row.get(13)?,
        has_factor: row.get(14)?,
        copy_day: row.get(15)?,
        part: Part::find(&part),
        contact: contact.map(time::utc).transpose()?,
    })
}

fn secret(row: &Row<'_>, column: usize) -> Result<Key, VaultError> {
    let bytes: Zeroizing<[u8; Key::BYTES]> = Zeroizing::new(row.get(column)?);
    Ok(Key::from_bytes(*bytes))
}

fn put(transaction: &Transaction<'_>, account: &Account) -> Result<(), VaultError> {
    transaction.execute(
        "INSERT OR REPLACE INTO account (one, id, root, deployment, address, email, name, phone, since_day,
            generation, passphrase_key, passphrase_vouch, code_key, code_vouch, seat_ended, has_factor, copy_day,
            state, contact_ms)
         VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
        params![
            account.id.0,
            account.root,
            account.deployment,
            account.address,
            account.email,
            account.name,
            account.phone,
            account.since_day,
            account.generation,
            account.passphrase_key.0,
            account.passphrase_vouch.expose(),
            account.code_key.0,
            account.code_vouch.expose(),
            account.seat_ended,
            account.has_factor,
            account.copy_day,
            account.part.name(),
            account.contact.map(|at| at.timestamp_millis()),
        ],
    )?;
    Ok(())
}

fn put_epochs(transaction: &Transaction<'_>, epochs: &[KeptEpoch]) -> Result<(), VaultError> {
    let mut insert = transaction
        .prepare_cached("INSERT OR REPLACE INTO account_epoch (number, key, header) VALUES (?1, ?2, ?3)")?;
    for epoch in epochs {
        let number = i64::try_from(epoch.key.epoch()).map_err(|_| VaultError::TooLarge)?;
        insert.execute(params![number, epoch.key.expose().expose(), epoch.header])?;
    }
    Ok(())
}

fn put_devices(transaction: &Transaction<'_>, devices: &[DevicePublic]) -> Result<(), VaultError> {
    transaction.execute("DELETE FROM account_device", [])?;
    let mut insert = transaction
        .prepare_cached("INSERT INTO account_device (id, sign_key, seal_key) VALUES (?1, ?2, ?3)")?;
    for device in devices {
        insert.execute(params![device.device.0, device.sign_key, device.seal_key.0])?;
    }
    Ok(())
}

pub(crate) fn take_number(transaction: &Transaction<'_>) -> Result<u64, VaultError> {
    let number: i64 = transaction
        .prepare_cached("UPDATE own_device SET number = number + 1 RETURNING number")?
        .query_row([], |row| row.get(0))?;
    u64::try_from(number).map_err(|_| VaultError::VaultDamaged)
}

fn put_own(transaction: &Transaction<'_>, own: &OwnDevice) -> Result<(), VaultError> {
    transaction.execute(
        "INSERT OR REPLACE INTO own_device (one, id, sign_seed, opening_key, name, number) VALUES (1, ?1, ?2, ?3, ?4, 0)",
        params![
            own.keys.id().0,
            own.keys.seed().expose(),
            own.keys.opening().expose(),
            own.name
        ],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::new_vault;

    fn account() -> Account {
        let vouch = || Vouch::from_key(Key::make_random().expect("a key"));
        Account {
            id: AccountId([1; 16]),
            root: [2; 32],
            deployment: vec![3; 200],
            address: "https://regie.example".into(),
            email: "iemand@voorbeeld.example".into(),
            name: "Iemand".into(),
            phone: None,
            since_day: 20_000,
            generation: 1,
            passphrase_key: SealingKey([4; 32]),
            passphrase_vouch: vouch(),
            code_key: SealingKey([5; 32]),
            code_vouch: vouch(),
            seat_ended: false,
            has_factor: false,
            copy_day: Some(20_000),
            part: Part::Takes,
            contact: None,
        }
    }

    #[test]
    fn an_account_is_read_as_it_was_kept_and_its_device_can_be_forgotten_apart() {
        let parent = tempfile::tempdir().expect("a folder");
        let mut vault = new_vault(&parent.path().join("vault"));
        assert!(vault.account().expect("reads").is_none());
        let key = AccountKey::from_key(AccountId([1; 16]), 1, Key::from_bytes([6; 32]));
        let own = OwnDevice {
            keys: DeviceKeys::make_random().expect("keys"),
            name: "Laptop".into(),
        };
        let public = own.keys.public().expect("keys");
        let epoch = KeptEpoch {
            key,
            header: vec![7; 10],
        };
        vault
            .enter_account(&account(), &[epoch], &[public], &own)
            .expect("enters");
        let read = vault.account().expect("reads").expect("an account");
        assert_eq!((read.part, read.copy_day), (Part::Takes, Some(20_000)));
        let epochs = vault.epochs().expect("reads");
        assert_eq!(epochs[0].key.expose().expose(), &[6; 32]);
        assert_eq!(vault.known_devices().expect("reads"), [public]);
        let kept = vault.own_device().expect("reads").expect("a device");
        assert_eq!(kept.keys.public(), Ok(public));
        assert_eq!([vault.next_number(), vault.next_number()], [Ok(1), Ok(2)]);
        assert_eq!(vault.last_number(), Ok(2));

        vault.forget_own_device().expect("forgets");
        assert!(vault.own_device().expect("reads").is_none());
        assert_eq!(vault.next_number(), Err(VaultError::NotFound));
        let read = vault.account().expect("reads").expect("an account");
        assert_eq!(read.part, Part::Out);
        assert_eq!(
            vault.epochs().expect("reads").len(),
            1,
            "what it could read it can"
        );
    }

    #[test]
    fn requests_are_kept_for_a_time_and_make_no_backup_necessary() {
        let parent = tempfile::tempdir().expect("a folder");
        let mut vault = new_vault(&parent.path().join("vault"));
        let day = |day: i64| DateTime::from_timestamp(day * 86_400, 0).expect("a day");
        let request = |at| Request {
            at,
            purpose: "account".into(),
            content: "nothing".into(),
            sent: 0,
            received: Some(10),
        };
        let changed = vault.changed_since_backup();
        for at in [1, 50, 91] {
            vault
                .note_requests(&[request(day(at))], day(at - 90))
                .expect("notes");
        }
        assert_eq!(
            vault.requests_since(day(0)).expect("reads"),
            [request(day(91)), request(day(50)), request(day(1))]
        );
        vault.note_requests(&[request(day(92))], day(2)).expect("notes");
        assert_eq!(vault.requests_since(day(0)).expect("reads").len(), 3);
        assert_eq!(vault.requests_since(day(91)).expect("reads").len(), 2);
        vault.let_wait("copy", day(1)).expect("keeps");
        vault.let_wait("copy", day(2)).expect("keeps");
        assert_eq!(vault.waiting_changes().expect("reads"), ["copy"]);
        vault.waits_no_more("copy").expect("forgets");
        assert!(vault.waiting_changes().expect("reads").is_empty());
        assert_eq!(vault.changed_since_backup(), changed);
    }
}
