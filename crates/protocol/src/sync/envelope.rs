//! A record as it travels and rests with a server: what it is called, and what is sealed.

use crate::signed::{AccountId, Fields, Reader, SignedError, canonical, header::HIGHEST};

use super::limits::LONGEST_ENVELOPE;

/// The form of envelopes that this program writes.
pub const VERSION: u64 = 1;
/// What is sealed is filled up to this at least.
pub const SMALLEST_CONTENT: usize = 1024;
/// What sealing adds: a nonce of 24 bytes in front, a tag of 16 behind.
pub const SEAL_BYTES: usize = 40;
const HASH_CONTEXT: &str = "regie/1/envelope";

/// A record's random id. It tells neither kind nor age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId(pub [u8; 16]);

/// Names a writing: random, made by the device that wrote it, and kept when the same writing is sealed anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub [u8; 16]);

/// The hash of an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnvelopeHash(pub [u8; 32]);

/// What stands on an envelope, for the server to read and bound to what is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    /// Under whose key it is sealed.
    pub epoch: u64,
    /// Which record.
    pub id: RecordId,
    /// Which writing of it.
    pub revision: Revision,
    /// The envelope that the writing was made from; nothing for the first.
    pub parent: Option<EnvelopeHash>,
    /// Whether the record is deleted: what is sealed is a tombstone.
    pub deleted: bool,
}

/// One record, sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope {
    /// What stands on it.
    pub label: Label,
    /// The nonce, then what was sealed, then the tag.
    pub sealed: Vec<u8>,
}

impl Label {
    fn append_to(&self, fields: Fields) -> Fields {
        let parent = self.parent.map_or(Vec::new(), |hash| hash.0.to_vec());
        fields
            .number(VERSION)
            .number(self.epoch)
            .bytes(&self.id.0)
            .bytes(&self.revision.0)
            .bytes(&parent)
            .number(self.deleted.into())
    }

    fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        if fields.number()? != VERSION {
            return Err(SignedError::Version);
        }
        Ok(Self {
            epoch: fields.number()?,
            id: RecordId(fields.bytes()?),
            revision: Revision(fields.bytes()?),
            parent: match fields.any_bytes()? {
                none if none.is_empty() => None,
                hash => Some(EnvelopeHash(hash.try_into().map_err(|_| SignedError::Malformed)?)),
            },
            deleted: fields.flag()?,
        })
    }

    /// What is bound to the sealed bytes (associated data): the account, and all that stands on the envelope.
    ///
    /// # Errors
    /// Never in practice.
    pub fn bound_to(&self, account: AccountId) -> Result<Vec<u8>, SignedError> {
        canonical::encode(self.append_to(Fields::default().bytes(&account.0)))
    }
}

impl Envelope {
    fn fields(&self) -> Fields {
        self.label.append_to(Fields::default()).bytes(&self.sealed)
    }

    fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        Ok(Self {
            label: Label::read(fields)?,
            sealed: fields.any_bytes()?,
        })
    }

    /// A size that was not filled up would tell more than it may.
    fn check(&self) -> Result<(), SignedError> {
        if self.label.epoch == 0 || self.label.epoch > HIGHEST {
            return Err(SignedError::Senseless("epoch"));
        }
        let content = self.sealed.len().checked_sub(SEAL_BYTES);
        if content.is_none_or(|length| padded_length(length) != Some(length)) {
            return Err(SignedError::Senseless("size"));
        }
        Ok(())
    }

    /// The envelope as it travels, at most [`LONGEST_ENVELOPE`].
    ///
    /// # Errors
    /// [`SignedError::TooLong`]; [`SignedError::Senseless`] for what was not filled up.
    pub fn to_bytes(&self) -> Result<Vec<u8>, SignedError> {
        self.check()?;
        let bytes = canonical::encode(self.fields())?;
        if bytes.len() > LONGEST_ENVELOPE {
            return Err(SignedError::TooLong);
        }
        Ok(bytes)
    }

    /// Reads an envelope. Whether it is what it says shows when it is opened.
    ///
    /// # Errors
    /// [`SignedError::Version`] for a later form; everything else that [`Envelope::to_bytes`] would not have written.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SignedError> {
        if bytes.len() > LONGEST_ENVELOPE {
            return Err(SignedError::TooLong);
        }
        canonical::check_parts(bytes, 8)?;
        let envelope = canonical::decode_long(bytes, Self::read, Self::fields)?;
        envelope.check()?;
        Ok(envelope)
    }

    /// Its hash.
    ///
    /// # Errors
    /// As [`Envelope::to_bytes`].
    pub fn hash(&self) -> Result<EnvelopeHash, SignedError> {
        Ok(EnvelopeHash::of(&self.to_bytes()?))
    }
}

impl EnvelopeHash {
    /// Of an envelope as it travels.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(blake3::derive_key(HASH_CONTEXT, bytes))
    }
}

/// How long something becomes that is filled up: at least [`SMALLEST_CONTENT`], else by Padmé (Nikitin and others, "Reducing metadata leakage from
/// encrypted files and communication with PURBs", 2019), which adds at most an eighth and leaves few different sizes. Nothing beyond what an
/// envelope holds.
#[must_use]
pub const fn padded_length(length: usize) -> Option<usize> {
    if length > LONGEST_ENVELOPE {
        return None;
    }
    let length = if length < SMALLEST_CONTENT {
        SMALLEST_CONTENT
    } else {
        length
    };
    // As many of the highest bits stay as it takes to write the exponent.
    let exponent = length.ilog2();
    let kept = exponent.ilog2() + 1;
    let mask = (1_usize << (exponent - kept)) - 1;
    Some((length + mask) & !mask)
}

impl std::fmt::Debug for Envelope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Envelope({} bytes sealed)", self.sealed.len())
    }
}
