//! A record as it travels and rests with a server: what it is called, and what is sealed.

use crate::signed::{AccountId, Fields, Reader, SignedError, canonical, header::HIGHEST};

use super::{limits::LONGEST_ENVELOPE, padding::padme};

/// The form of envelopes that this program writes.
pub const VERSION: u64 = 1;
/// What is sealed is filled up to this at least.
pub const SMALLEST_CONTENT: usize = 1024;
/// What sealing adds: a nonce of 24 bytes in front, a tag of 16 behind.
pub const SEAL_BYTES: usize = 40;
const HASH_CONTEXT: &str = "regie/1/envelope";

/// A record's random id. It tells neither kind nor age; those that one push gave begin alike.
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

/// How long a record's content becomes that is filled up: at least [`SMALLEST_CONTENT`], else by [`padme`]. Nothing beyond what an envelope holds.
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
    // Not far above an envelope's length: it fits.
    #[expect(clippy::cast_possible_truncation, reason = "bounded above")]
    match padme(length as u64) {
        Some(padded) => Some(padded as usize),
        None => None,
    }
}

impl std::fmt::Debug for Envelope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Envelope({} bytes sealed)", self.sealed.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn envelope(content: usize, parent: bool) -> Envelope {
        Envelope {
            label: Label {
                epoch: 1,
                id: RecordId([1; 16]),
                revision: Revision([2; 16]),
                parent: parent.then_some(EnvelopeHash([3; 32])),
                deleted: false,
            },
            sealed: vec![4; content + SEAL_BYTES],
        }
    }

    proptest! {
        #[test]
        fn few_sizes_are_seen_and_little_is_added(length in 0_usize..=LONGEST_ENVELOPE) {
            let padded = padded_length(length).expect("a length");
            prop_assert!(padded >= length.max(SMALLEST_CONTENT));
            prop_assert_eq!(padded_length(padded), Some(padded), "a step stays a step");
            prop_assert!(padded - length.max(SMALLEST_CONTENT) <= length.max(SMALLEST_CONTENT) / 16);
            prop_assert!(padded_length(length + 1).is_none_or(|next| next >= padded));
        }

        #[test]
        fn whatever_stands_on_it_an_envelope_is_read_as_it_was_written(
            epoch in 1_u64..=HIGHEST, id: [u8; 16], revision: [u8; 16], parent: Option<[u8; 32]>, deleted: bool, size in 0_usize..5_000
        ) {
            let written = Envelope {
                label: Label {
                    epoch, id: RecordId(id), revision: Revision(revision), parent: parent.map(EnvelopeHash), deleted,
                },
                sealed: vec![5; padded_length(size).expect("a length") + SEAL_BYTES],
            };
            let bytes = written.to_bytes()?;
            prop_assert_eq!(&Envelope::from_bytes(&bytes)?, &written);
            prop_assert_eq!(written.hash()?, EnvelopeHash::of(&bytes));
        }
    }

    #[test]
    fn sizes_go_up_in_steps_of_padme() {
        let steps = [
            (0, 1024),
            (1024, 1024),
            (1025, 1088),
            (1089, 1152),
            (2048, 2048),
            (2049, 2176),
        ];
        for (length, padded) in steps {
            assert_eq!(padded_length(length), Some(padded), "{length}");
        }
        // Steps grow with the length.
        assert_eq!(padded_length(1_234_567), Some(1_245_184));
        assert_eq!(
            padded_length(2 * 1024 * 1024 + 1),
            Some(2 * 1024 * 1024 + 64 * 1024)
        );
        assert_eq!(padded_length(LONGEST_ENVELOPE + 1), None);
        let mut seen: Vec<_> = (0..=2 * 1024 * 1024).filter_map(padded_length).collect();
        seen.dedup();
        assert!(seen.len() < 260, "{}", seen.len());
    }

    #[test]
    fn an_envelope_has_the_size_that_was_worked_out_and_a_limit() {
        assert_eq!(envelope(1024, true).to_bytes().map(|bytes| bytes.len()), Ok(1139));
        let longest = (0..)
            .map(|step| LONGEST_ENVELOPE - 200 - step)
            .find(|size| padded_length(*size) == Some(*size));
        assert!(envelope(longest.expect("a size"), true).to_bytes().is_ok());
        assert_eq!(
            envelope(LONGEST_ENVELOPE, true).to_bytes(),
            Err(SignedError::TooLong)
        );
        assert_eq!(
            Envelope::from_bytes(&vec![0; LONGEST_ENVELOPE + 1]),
            Err(SignedError::TooLong)
        );
    }

    #[test]
    fn what_was_not_filled_up_or_is_of_another_form_is_no_envelope() {
        for wrong in [0, 1023, 1025, 2049] {
            assert_eq!(
                envelope(wrong, false).to_bytes(),
                Err(SignedError::Senseless("size")),
                "{wrong}"
            );
        }
        let short = Envelope {
            sealed: vec![0; SEAL_BYTES - 1],
            ..envelope(1024, false)
        };
        assert_eq!(short.to_bytes(), Err(SignedError::Senseless("size")));
        let mut none = envelope(1024, false);
        none.label.epoch = 0;
        assert_eq!(none.to_bytes(), Err(SignedError::Senseless("epoch")));
        let mut bytes = envelope(1024, false).to_bytes().expect("bytes");
        bytes[1] = 2;
        assert_eq!(Envelope::from_bytes(&bytes), Err(SignedError::Version));
    }

    #[test]
    fn what_is_bound_names_the_account_and_all_that_stands_on_the_envelope() {
        let (label, account) = (envelope(1024, true).label, AccountId([8; 16]));
        let bound = |label: Label, account| label.bound_to(account).expect("bytes");
        let changes: [fn(&mut Label); 5] = [
            |label| label.epoch = 2,
            |label| label.id = RecordId([9; 16]),
            |label| label.revision = Revision([9; 16]),
            |label| label.parent = None,
            |label| label.deleted = true,
        ];
        for change in changes {
            let mut other = label;
            change(&mut other);
            assert_ne!(bound(other, account), bound(label, account));
        }
        assert_ne!(bound(label, AccountId([9; 16])), bound(label, account));
    }
}
