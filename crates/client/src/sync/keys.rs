//! The keys of the account's epochs, as syncing uses them.

use std::collections::BTreeMap;

use regie_crypto::{account::AccountKey, head::HeadKeys, record::RecordKey};
use regie_protocol::{signed::EpochHeader, sync::Envelope};
use regie_vault::Vault;

use crate::ClientError;

use super::damaged;

/// An epoch's keys.
pub(super) struct Epoch {
    pub(super) account: AccountKey,
    pub(super) header: EpochHeader,
    pub(super) records: RecordKey,
    pub(super) heads: HeadKeys,
}

/// All epochs that this device has the keys of, read from the vault when one is missing.
#[derive(Default)]
pub(super) struct EpochKeys(BTreeMap<u64, Epoch>);

impl EpochKeys {
    /// An epoch's keys; `None` where this device does not have them.
    pub(super) fn of(&mut self, vault: &Vault, epoch: u64) -> Result<Option<&Epoch>, ClientError> {
        if !self.0.contains_key(&epoch) {
            self.read(vault)?;
        }
        Ok(self.0.get(&epoch))
    }

    /// The same, of an epoch that this device took part in.
    pub(super) fn own(&mut self, vault: &Vault, epoch: u64) -> Result<&Epoch, ClientError> {
        self.of(vault, epoch)?.ok_or(damaged())
    }

    /// An epoch's keys that were read before.
    pub(super) fn read_before(&self, epoch: u64) -> Result<&Epoch, ClientError> {
        self.0.get(&epoch).ok_or(damaged())
    }

    /// The content of an envelope of an epoch that was read; `None` where it does not open.
    pub(super) fn open(&self, envelope: &Envelope) -> Option<Vec<u8>> {
        let epoch = self.0.get(&envelope.label.epoch)?;
        epoch.records.open(envelope).ok().map(|content| content.to_vec())
    }

    /// The headers of the first so many epochs, oldest first.
    pub(super) fn headers(&self, upto: usize) -> Vec<EpochHeader> {
        self.0
            .values()
            .take(upto)
            .map(|epoch| epoch.header.clone())
            .collect()
    }

    fn read(&mut self, vault: &Vault) -> Result<(), ClientError> {
        for kept in vault.epochs()? {
            let header = EpochHeader::from_bytes(&kept.header).map_err(|_| damaged())?;
            let epoch = Epoch {
                records: RecordKey::derive(&kept.key)?,
                heads: HeadKeys::derive(&kept.key)?,
                account: kept.key,
                header,
            };
            self.0.insert(epoch.account.epoch(), epoch);
        }
        Ok(())
    }
}
