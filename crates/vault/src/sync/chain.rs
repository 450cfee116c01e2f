//! The head of the account's chain, the hashes of the headers before it, the devices on its roll.

use chrono::{DateTime, Utc};
use regie_crypto::account::DevicePublic;
use regie_protocol::signed::{DeviceId, HeaderHash, SealingKey};
use rusqlite::{Connection, OptionalExtension, params};

use super::Syncing;
use crate::{Vault, VaultError, time};

/// So many hashes of headers are kept.
pub const HASHES: u64 = 10_000;

/// The head that this device has verified, with the sum of all that it vouches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Which header of the chain it is.
    pub sequence: u64,
    /// Its hash.
    pub hash: HeaderHash,
    /// As it travels.
    pub header: Vec<u8>,
    /// The sum over everything that other devices know. It never leaves the device.
    pub sum: [u8; 32],
}

impl Vault {
    /// The head; `None` before the first one was verified.
    ///
    /// # Errors
    /// What the database says.
    pub fn sync_head(&self) -> Result<Option<Head>, VaultError> {
        head(&self.connection)
    }

    /// The hash of a header, of the newest [`HASHES`].
    ///
    /// # Errors
    /// What the database says.
    pub fn header_hash(&self, sequence: u64) -> Result<Option<HeaderHash>, VaultError> {
        let hash: Option<[u8; 32]> = self
            .connection
            .prepare_cached("SELECT hash FROM sync_header WHERE sequence = ?1")?
            .query_row([number(sequence)?], |row| row.get(0))
            .optional()?;
        Ok(hash.map(HeaderHash))
    }

    /// The devices of the account as of the head, in order of their ids.
    ///
    /// # Errors
    /// What the database says.
    pub fn roll(&self) -> Result<Vec<DevicePublic>, VaultError> {
        let mut query = self
            .connection
            .prepare_cached("SELECT device, sign_key, seal_key FROM sync_roll ORDER BY device")?;
        let rows = query.query_map([], |row| {
            Ok(DevicePublic {
                device: DeviceId(row.get(0)?),
                sign_key: row.get(1)?,
                seal_key: SealingKey(row.get(2)?),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// When the sum was last made anew from the rows.
    ///
    /// # Errors
    /// What the database says.
    pub fn last_summed(&self) -> Result<Option<DateTime<Utc>>, VaultError> {
        let at: Option<i64> = self
            .connection
            .prepare_cached("SELECT summed_ms FROM sync_state")?
            .query_row([], |row| row.get::<_, Option<i64>>(0))
            .optional()?
            .flatten();
        at.map(time::utc).transpose()
    }

    /// Whether what came from elsewhere was verified at the head; until then it is shown as not yet checked.
    ///
    /// # Errors
    /// What the database says.
    pub fn is_checked(&self) -> Result<bool, VaultError> {
        let unchecked: Option<bool> = self
            .connection
            .prepare_cached("SELECT unchecked FROM sync_state")?
            .query_row([], |row| row.get(0))
            .optional()?;
        Ok(unchecked != Some(true))
    }
}

impl Syncing<'_> {
    /// Notes the head. What it vouches for is checked, and nothing lies aside any more.
    ///
    /// # Errors
    /// What the database says.
    pub fn set_head(&mut self, head: &Head) -> Result<(), VaultError> {
        self.transaction
            .prepare_cached(
                "UPDATE sync_state SET sequence = ?1, hash = ?2, header = ?3, sum = ?4, unchecked = 0, tip = NULL",
            )?
            .execute(params![
                number(head.sequence)?,
                head.hash.0,
                head.header,
                head.sum
            ])?;
        self.forget_asides()
    }

    /// As [`Vault::sync_head`].
    ///
    /// # Errors
    /// What the database says.
    pub fn head(&self) -> Result<Option<Head>, VaultError> {
        head(self.transaction)
    }

    /// Keeps hashes of headers, and lets those go that are older than the newest [`HASHES`].
    ///
    /// # Errors
    /// What the database says.
    pub fn note_headers(&mut self, headers: &[(u64, HeaderHash)]) -> Result<(), VaultError> {
        for (sequence, hash) in headers {
            self.transaction
                .prepare_cached(
                    "INSERT INTO sync_header (sequence, hash) VALUES (?1, ?2)
                     ON CONFLICT (sequence) DO UPDATE SET hash = excluded.hash",
                )?
                .execute(params![number(*sequence)?, hash.0])?;
        }
        self.transaction
            .prepare_cached(
                "DELETE FROM sync_header WHERE sequence <= (SELECT max(sequence) FROM sync_header) - ?1",
            )?
            .execute([number(HASHES)?])?;
        Ok(())
    }

    /// Keeps which devices are on the roll.
    ///
    /// # Errors
    /// What the database says.
    pub fn set_roll(&mut self, devices: &[DevicePublic]) -> Result<(), VaultError> {
        self.transaction.execute("DELETE FROM sync_roll", [])?;
        for device in devices {
            self.transaction
                .prepare_cached("INSERT INTO sync_roll (device, sign_key, seal_key) VALUES (?1, ?2, ?3)")?
                .execute(params![device.device.0, device.sign_key, device.seal_key.0])?;
        }
        Ok(())
    }

    /// Keeps a sum that was made anew from the rows.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] without a head.
    pub fn set_sum(&mut self, sum: &[u8; 32], at: DateTime<Utc>) -> Result<(), VaultError> {
        let changed = self
            .transaction
            .prepare_cached("UPDATE sync_state SET sum = ?1, summed_ms = ?2 WHERE sequence IS NOT NULL")?
            .execute(params![sum, at.timestamp_millis()])?;
        if changed == 0 {
            return Err(VaultError::NotFound);
        }
        Ok(())
    }

    /// From here on what comes is shown before it is verified, and marked so until the head is noted.
    ///
    /// # Errors
    /// What the database says.
    pub fn show_unchecked(&mut self) -> Result<(), VaultError> {
        self.transaction
            .execute("UPDATE sync_state SET unchecked = 1", [])?;
        Ok(())
    }
}

fn head(connection: &Connection) -> Result<Option<Head>, VaultError> {
    let mut query = connection
        .prepare_cached("SELECT sequence, hash, header, sum FROM sync_state WHERE sequence IS NOT NULL")?;
    let mut rows = query.query_and_then([], |row| {
        let sequence: i64 = row.get(0)?;
        Ok(Head {
            sequence: u64::try_from(sequence).map_err(|_| VaultError::VaultDamaged)?,
            hash: HeaderHash(row.get(1)?),
            header: row.get(2)?,
            sum: row.get(3)?,
        })
    })?;
    rows.next().transpose()
}

/// SQLite's numbers have a sign.
pub(super) fn number(sequence: u64) -> Result<i64, VaultError> {
    i64::try_from(sequence).map_err(|_| VaultError::TooLarge)
}
