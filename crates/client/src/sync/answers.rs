//! What a server answered, read and turned into what the engine knows. Nothing of it is trusted here.

use regie_protocol::{
    account::device::device_of,
    signed::{self, DeviceId, DevicePublic, Entry},
    sync::{Envelope, HeaderBytes, RecordId, SealedRecord},
};
use regie_sync::{Device, Header, HeaderKind, Roll};
use regie_vault::sync::Known;

use crate::AccountError;

use super::as_device;

/// A page that came, until it is kept or dropped.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) headers: Vec<signed::Header>,
    pub(super) records: Vec<HeldRecord>,
    /// All that the server has, where that was asked: what lies aside and is not among it goes.
    pub(super) listed: Option<Vec<RecordId>>,
}

/// A record of a page.
#[derive(Debug)]
pub(super) struct HeldRecord {
    pub(super) sequence: u64,
    pub(super) envelope: Envelope,
    /// Number of its kind, once it was opened.
    pub(super) kind: u16,
}

impl Held {
    pub(super) fn read(headers: &[HeaderBytes], records: &[SealedRecord]) -> Result<Self, AccountError> {
        let headers = headers.iter().map(HeaderBytes::header).collect::<Result<_, _>>();
        let records = records.iter().map(HeldRecord::read).collect::<Result<_, _>>();
        Ok(Self {
            headers: headers.map_err(|_| AccountError::BadAnswer)?,
            records: records?,
            listed: None,
        })
    }

    pub(super) fn engine_headers(&self) -> Result<Vec<Header>, AccountError> {
        self.headers.iter().map(header).collect()
    }
}

impl HeldRecord {
    pub(super) fn read(sealed: &SealedRecord) -> Result<Self, AccountError> {
        Ok(Self {
            sequence: sealed.sequence,
            envelope: sealed.read_envelope().map_err(|_| AccountError::BadAnswer)?,
            kind: 0,
        })
    }

    /// What other devices know with it.
    pub(super) fn known(&self) -> Result<Known, AccountError> {
        let label = &self.envelope.label;
        Ok(Known {
            id: label.id,
            kind: self.kind,
            revision: label.revision,
            hash: self.envelope.hash().map_err(|_| AccountError::BadAnswer)?,
            parent: label.parent,
            deleted: label.deleted,
        })
    }
}

/// A header, for the engine.
pub(super) fn header(header: &signed::Header) -> Result<Header, AccountError> {
    let (records, kind) = match header {
        signed::Header::Epoch(epoch) => {
            let statement = epoch.statement();
            let sealed_to = statement
                .ways
                .iter()
                .filter_map(|way| device_of(&way.way).map(DeviceId));
            let kind = HeaderKind::Epoch {
                number: statement.number,
                sealed_to: sealed_to.collect(),
            };
            (statement.records, kind)
        }
        signed::Header::Change(change) => {
            let statement = change.statement();
            let kind = HeaderKind::Change {
                epoch: statement.epoch,
                entries: statement.entries.iter().map(entry).collect(),
            };
            (statement.records, kind)
        }
    };
    Ok(Header {
        account: header.account(),
        sequence: header.sequence(),
        before: header.before(),
        hash: header.hash().map_err(|_| AccountError::BadAnswer)?,
        device: header.device(),
        records,
        kind,
    })
}

fn entry(entry: &Entry) -> regie_sync::Entry {
    match entry {
        Entry::Joined(public) => regie_sync::Entry::Joined(as_device(public)),
        Entry::Out(device) => regie_sync::Entry::Out(*device),
        Entry::Restart(head) => regie_sync::Entry::Restart {
            sequence: head.sequence,
            hash: head.hash,
        },
    }
}

/// A roll, for the engine.
pub(super) fn roll(roll: &signed::Roll) -> Roll {
    Roll::claimed(roll.epochs().to_vec(), roll.devices().map(as_device))
}

/// The engine's device, as headers name it.
pub(super) fn public(device: &Device) -> DevicePublic {
    DevicePublic {
        device: device.id,
        sign_key: device.signing,
        seal_key: signed::SealingKey(device.sealing),
    }
}
