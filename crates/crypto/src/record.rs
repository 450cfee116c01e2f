//! Sealing records: under the key of an epoch, bound to all that stands on the envelope, and filled up so that few different sizes are seen.

use regie_protocol::{
    signed::AccountId,
    sync::{Envelope, Label, envelope::padded_length},
};
use zeroize::Zeroizing;

use crate::{
    CryptoError, Key,
    account::AccountKey,
    seal::{open, seal},
};

/// Behind the content, before what fills it up.
const END: u8 = 0x80;

/// The key of an account's records of one epoch.
pub struct RecordKey {
    account: AccountId,
    epoch: u64,
    key: Key,
}

impl RecordKey {
    /// Of an epoch's account key.
    ///
    /// # Errors
    /// Never in practice.
    pub fn derive(key: &AccountKey) -> Result<Self, CryptoError> {
        Ok(Self {
            account: key.account(),
            epoch: key.epoch(),
            key: key.derive_record_key()?,
        })
    }

    /// Which epoch's.
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Seals a record's content with a fresh nonce. The label's epoch has to be this one's.
    ///
    /// # Errors
    /// [`CryptoError::Parameters`] for another epoch, or for more than an envelope holds; [`CryptoError::Randomness`].
    pub fn seal(&self, label: Label, content: &[u8]) -> Result<Envelope, CryptoError> {
        if label.epoch != self.epoch {
            return Err(CryptoError::Parameters);
        }
        let filled = fill_up(content).ok_or(CryptoError::Parameters)?;
        let sealed = seal(&self.key, &filled, &label.bound_to(self.account)?)?;
        let envelope = Envelope { label, sealed };
        // Too long is told here, not by whoever it is sent to.
        envelope.to_bytes()?;
        Ok(envelope)
    }

    /// Opens an envelope of this account and epoch.
    ///
    /// # Errors
    /// [`CryptoError::WrongKey`] for anything else: another record's, another account's, altered, or filled up in another way.
    pub fn open(&self, envelope: &Envelope) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        if envelope.label.epoch != self.epoch {
            return Err(CryptoError::WrongKey);
        }
        let bound = envelope.label.bound_to(self.account)?;
        let mut content = open(&self.key, &envelope.sealed, &bound)?;
        let length = content_length(&content).ok_or(CryptoError::WrongKey)?;
        content.truncate(length);
        Ok(content)
    }
}

/// The content, its end, and zeros.
fn fill_up(content: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let length = padded_length(content.len().checked_add(1)?)?;
    let mut filled = Zeroizing::new(Vec::with_capacity(length));
    filled.extend_from_slice(content);
    filled.push(END);
    filled.resize(length, 0);
    Some(filled)
}

/// Nothing where it was filled up otherwise than [`fill_up`] does.
fn content_length(filled: &[u8]) -> Option<usize> {
    let end = filled.iter().rposition(|byte| *byte != 0)?;
    let is_end = filled.get(end) == Some(&END);
    (is_end && padded_length(end.checked_add(1)?)? == filled.len()).then_some(end)
}

impl std::fmt::Debug for RecordKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RecordKey(epoch {})", self.epoch)
    }
}
