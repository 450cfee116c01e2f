//! What a server answered, read and turned into what the engine knows. Nothing of it is trusted here.

use regie_protocol::{
    account::device::device_of,
    signed::{self, DeviceId, DevicePublic, Entry},
    sync::{Envelope, EnvelopeHash, HeaderBytes, RecordId, SealedRecord},
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
    /// The envelope as it came, and its hash.
    pub(super) bytes: Vec<u8>,
    pub(super) hash: EnvelopeHash,
    /// Number of its kind and its content, once it was opened.
    pub(super) kind: u16,
    pub(super) content: Vec<u8>,
}

impl Held {
    pub(super) fn read(headers: &[HeaderBytes], records: Vec<SealedRecord>) -> Result<Self, AccountError> {
        let headers = headers.iter().map(HeaderBytes::header).collect::<Result<_, _>>();
        let records = records
            .into_iter()
            .map(HeldRecord::read)
            .collect::<Result<_, _>>();
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
    pub(super) fn read(sealed: SealedRecord) -> Result<Self, AccountError> {
        Ok(Self {
            sequence: sealed.sequence,
            envelope: sealed.read_envelope().map_err(|_| AccountError::BadAnswer)?,
            hash: EnvelopeHash::of(&sealed.envelope),
            bytes: sealed.envelope,
            kind: 0,
            content: Vec::new(),
        })
    }

    /// What other devices know with it.
    pub(super) const fn known(&self) -> Known {
        let label = &self.envelope.label;
        Known {
            id: label.id,
            kind: self.kind,
            revision: label.revision,
            hash: self.hash,
            parent: label.parent,
            deleted: label.deleted,
        }
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
