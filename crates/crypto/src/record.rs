//! Sealing records: under the key of an epoch, bound to all that stands on the envelope, and filled up so that few different sizes are seen.

use regie_protocol::{
    signed::AccountId,
    sync::{Envelope, Label, RecordId, envelope::padded_length, limits::LONGEST_ENVELOPE},
};
use zeroize::Zeroizing;

use crate::{
    CryptoError, Key,
    account::AccountKey,
    seal::{open, seal},
};

/// Behind the content, before what fills it up.
const END: u8 = 0x80;
/// What stands on an envelope takes less.
const MOST_AROUND: usize = 1024;

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
        if envelope.sealed.len() > LONGEST_ENVELOPE - MOST_AROUND {
            // Too long is told here, not by whoever it is sent to.
            envelope.to_bytes()?;
        }
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

/// The id of what there is one of in an account, whichever device makes it first: it follows from its kind and name, under a key of the
/// account's first epoch, which every device has.
///
/// # Errors
/// Never in practice.
pub fn derive_record_id(first: &AccountKey, kind: u16, name: &[u8]) -> Result<RecordId, CryptoError> {
    let key = first.part("regie/1/name")?;
    let mut hasher = blake3::Hasher::new_keyed(key.expose());
    hasher.update(&kind.to_be_bytes()).update(name);
    let mut id = [0; 16];
    hasher.finalize_xof().fill(&mut id);
    Ok(RecordId(id))
}

impl std::fmt::Debug for RecordKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RecordKey(epoch {})", self.epoch)
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, option, prelude::*, sample::Index};
    use regie_protocol::sync::{
        EnvelopeHash, RecordId, Revision,
        envelope::{SEAL_BYTES, SMALLEST_CONTENT},
        limits::LONGEST_ENVELOPE,
    };

    use super::*;

    fn account_key(account: u8, epoch: u64) -> AccountKey {
        AccountKey::from_key(AccountId([account; 16]), epoch, Key::from_bytes([1; 32]))
    }

    fn key() -> RecordKey {
        RecordKey::derive(&account_key(2, 3)).expect("a key")
    }

    fn labels() -> impl Strategy<Value = Label> {
        (any::<([u8; 16], [u8; 16], bool)>(), option::of(any::<[u8; 32]>())).prop_map(
            |((id, revision, deleted), parent)| Label {
                epoch: 3,
                id: RecordId(id),
                revision: Revision(revision),
                parent: parent.map(EnvelopeHash),
                deleted,
            },
        )
    }

    proptest! {
        #[test]
        fn what_was_sealed_opens_and_shows_nothing_of_its_length_within_a_step(
            label in labels(), content in vec(any::<u8>(), 0..5_000)
        ) {
            let envelope = key().seal(label, &content)?;
            prop_assert_eq!(&*key().open(&envelope)?, &content);
            let size = envelope.sealed.len() - SEAL_BYTES;
            prop_assert_eq!(Some(size), padded_length(content.len() + 1));
            let read = Envelope::from_bytes(&envelope.to_bytes()?)?;
            prop_assert_eq!(&*key().open(&read)?, &content);
            prop_assert_ne!(key().seal(label, &content)?.sealed, envelope.sealed, "a fresh nonce each time");
        }

        #[test]
        fn content_that_ends_like_what_fills_it_up_comes_back_whole(zeros in 0_usize..40, ends in 0_usize..40) {
            let content = [vec![7; 1000], vec![END; ends], vec![0; zeros]].concat();
            let envelope = key().seal(label(), &content)?;
            prop_assert_eq!(&*key().open(&envelope)?, &content);
        }

        #[test]
        fn an_envelope_with_any_byte_altered_does_not_open(label in labels(), at: Index, flip in 1_u8..) {
            let bytes = key().seal(label, b"content")?.to_bytes()?;
            let mut altered = bytes.clone();
            altered[at.index(bytes.len())] ^= flip;
            let opened = Envelope::from_bytes(&altered).map(|envelope| key().open(&envelope).is_ok());
            prop_assert!(!opened.unwrap_or(false));
        }

        #[test]
        fn an_envelope_under_another_label_does_not_open(label in labels(), other in labels()) {
            let envelope = key().seal(label, b"content")?;
            let swaps: [fn(&mut Label, &Label); 4] = [
                |label, other| label.id = other.id,
                |label, other| label.revision = other.revision,
                |label, other| label.parent = other.parent,
                |label, _| label.deleted = !label.deleted,
            ];
            for swap in swaps {
                let mut swapped = envelope.clone();
                swap(&mut swapped.label, &other);
                prop_assert!(key().open(&swapped).is_err() || swapped.label == label);
            }
        }

        #[test]
        fn whatever_fills_up_is_what_would_have_been_filled_up(bytes in vec(prop_oneof![Just(0), Just(END), any::<u8>()], 0..1_200)) {
            if let Some(length) = content_length(&bytes) {
                prop_assert_eq!(fill_up(&bytes[..length]).map(|filled| filled.to_vec()), Some(bytes));
            }
        }
    }

    fn label() -> Label {
        Label {
            epoch: 3,
            id: RecordId([4; 16]),
            revision: Revision([5; 16]),
            parent: None,
            deleted: false,
        }
    }

    #[test]
    fn an_envelope_is_of_one_account_and_one_epoch() {
        let envelope = key().seal(label(), b"content").expect("seals");
        for (account, epoch) in [(9, 3), (2, 4)] {
            let other = RecordKey::derive(&account_key(account, epoch)).expect("a key");
            assert!(other.open(&envelope).is_err());
        }
        // The same bytes under a label that names the other epoch, with one and the same account key.
        let later = RecordKey::derive(&account_key(2, 4)).expect("a key");
        let mut renamed = envelope;
        renamed.label.epoch = 4;
        assert!(later.open(&renamed).is_err() && key().open(&renamed).is_err());
        assert_eq!(later.seal(label(), b"content"), Err(CryptoError::Parameters));
    }

    #[test]
    fn what_was_filled_up_in_another_way_is_refused() {
        let bound = label().bound_to(AccountId([2; 16])).expect("bytes");
        let opens = |filled: &[u8]| {
            let sealed = seal(&key().key, filled, &bound).expect("seals");
            let envelope = Envelope {
                label: label(),
                sealed,
            };
            key().open(&envelope).is_ok()
        };
        let right = fill_up(b"content").expect("fits");
        assert_eq!(right.len(), SMALLEST_CONTENT);
        assert!(opens(&right));
        assert!(!opens(&[right.as_slice(), &[0]].concat()), "longer than the step");
        assert!(!opens(&right[..SMALLEST_CONTENT - 1]), "shorter");
        assert!(!opens(&[0; SMALLEST_CONTENT]), "no end");
        let mut noise = right.to_vec();
        noise[SMALLEST_CONTENT - 1] = 1;
        assert!(!opens(&noise), "something behind the end");
        let mut further = vec![0; 2048];
        further[3] = END;
        assert!(!opens(&further), "a step too far");
        assert!(!opens(&[]));
    }

    #[test]
    fn an_entry_of_two_mebibytes_fits_and_more_than_an_envelope_holds_is_told() {
        let long = vec![b'a'; 2 * 1024 * 1024 + 4_096];
        assert!(key().seal(label(), &long).is_ok());
        let too_long = vec![b'a'; LONGEST_ENVELOPE];
        assert_eq!(key().seal(label(), &too_long), Err(CryptoError::Parameters));
    }
}
