//! Keys, seals, MACs and sums of a made-up world. They keep nothing secret; they differ where real ones would.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use regie_sync::{EnvelopeHash, Header, HeaderHash, RecordId, Revision, Roll};

/// What a record says: sentences by number.
pub type Content = BTreeSet<u32>;

pub fn hash(parts: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    parts.hash(&mut hasher);
    hasher.finish()
}

fn wide(parts: impl Hash) -> [u8; 32] {
    let mut bytes = [0; 32];
    let (first, second) = (hash((1, &parts)), hash((2, &parts)));
    bytes[..8].copy_from_slice(&first.to_be_bytes());
    bytes[8..16].copy_from_slice(&second.to_be_bytes());
    bytes
}

/// A record as it travels. Whoever has the key can tell whether it was altered; the content lies open, for a toy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    pub epoch: u64,
    pub id: RecordId,
    pub revision: Revision,
    pub parent: Option<EnvelopeHash>,
    pub deleted: bool,
    pub content: Content,
    /// Of a confirmed deletion of many: its number and how many.
    pub bulk: Option<(u64, u64)>,
    pub nonce: u64,
    pub tag: u64,
}

impl Envelope {
    fn said(&self) -> u64 {
        hash((
            (self.epoch, self.id, self.revision, self.parent, self.deleted),
            (&self.content, self.bulk, self.nonce),
        ))
    }

    pub fn seal(mut self, key: u64) -> Self {
        self.tag = hash((key, "record", self.said()));
        self
    }

    pub fn opens(&self, key: u64) -> bool {
        self.tag == hash((key, "record", self.said()))
    }

    pub fn hash(&self) -> EnvelopeHash {
        EnvelopeHash(wide((self.said(), self.tag)))
    }

    pub fn number(&self, key: u64) -> u128 {
        number(key, self.id, self.revision, self.hash())
    }
}

/// What a record adds to the sum.
pub fn number(key: u64, id: RecordId, revision: Revision, envelope: EnvelopeHash) -> u128 {
    let bytes = wide((key, "sum", id, revision, envelope));
    u128::from_be_bytes(bytes[..16].try_into().expect("16 bytes"))
}

/// A header as it travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    pub header: Header,
    pub roll: u64,
    pub mac: u64,
    pub signature: u64,
    /// The key of the epoch that it begins. A device reads it only if it was sealed to it, or after a login.
    pub key: Option<u64>,
}

fn said(header: &Header, roll: u64) -> u64 {
    let kind = format!("{:?}", header.kind);
    hash((
        (header.account, header.sequence, header.before, header.device),
        (header.records, kind, roll),
    ))
}

impl Signed {
    pub fn make(mut header: Header, roll: u64, key: u64, sum: u128, signing: [u8; 32]) -> Self {
        let said = said(&header, roll);
        let mac = hash((key, "header", said, sum));
        let signature = hash((signing, said, mac));
        header.hash = HeaderHash(wide((said, mac, signature)));
        Self {
            header,
            roll,
            mac,
            signature,
            key: None,
        }
    }

    /// The hash that its bytes have, whatever it says of itself.
    pub fn rehash(mut self) -> Self {
        let said = said(&self.header, self.roll);
        self.header.hash = HeaderHash(wide((said, self.mac, self.signature)));
        self
    }

    pub fn is_by(&self, signing: [u8; 32]) -> bool {
        self.signature == hash((signing, said(&self.header, self.roll), self.mac))
    }

    pub fn vouches(&self, key: u64, sum: u128) -> bool {
        self.mac == hash((key, "header", said(&self.header, self.roll), sum))
    }
}

pub fn roll_hash(roll: &Roll) -> u64 {
    hash((roll.epochs(), format!("{:?}", roll.devices())))
}
