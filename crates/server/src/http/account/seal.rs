//! What the server hands out and gets back: sealed under a key of its own (XChaCha20-Poly1305), bound to its purpose and to the
//! moment until which it is good. So a login under way needs no table, and nobody reads or alters it on its way.

use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use regie_protocol::{
    signed::{Fields, Reader, SignedError, canonical},
    wire::Blob,
};
use zeroize::Zeroizing;

use super::refused::internal;
use crate::{
    error::Refusal,
    keys::Keys,
    store::{CodeHash, Moment},
};

const KEY: &str = "regie/1/handed out";
const TRIED: &str = "regie/1/tried";
const NONCE_BYTES: usize = 24;

/// Something that is handed out. One that must not tell what is in it by its length has fields of fixed lengths alone.
pub(super) trait Sealed: Sized {
    /// Its purpose: what was sealed for another one does not open.
    const PURPOSE: &'static str;

    fn fields(&self) -> Fields;

    fn read(fields: &mut Reader) -> Result<Self, SignedError>;

    /// Seals it until a moment.
    fn seal(&self, keys: &Keys, until: Moment) -> Result<Blob, Refusal> {
        let plain = Zeroizing::new(canonical::encode(self.fields())?);
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| internal("randomness"))?;
        let aad = bound::<Self>(until);
        let payload = Payload {
            msg: &plain,
            aad: &aad,
        };
        let sealed = cipher(keys)
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| internal("sealing"))?;
        Ok(Blob([until.0.to_be_bytes().as_slice(), &nonce, &sealed].concat()))
    }

    /// Opens it; nothing for what was altered, is for another purpose, or had its time.
    fn open(keys: &Keys, now: Moment, sealed: &Blob) -> Option<Self> {
        let (until, rest) = sealed.0.split_first_chunk()?;
        let until = Moment(i64::from_be_bytes(*until));
        let (nonce, msg) = rest.split_first_chunk::<NONCE_BYTES>()?;
        let aad = bound::<Self>(until);
        let payload = Payload { msg, aad: &aad };
        let plain = cipher(keys)
            .decrypt(&XNonce::from(*nonce), payload)
            .map(Zeroizing::new)
            .ok()?;
        if until <= now {
            return None;
        }
        canonical::decode(&plain, Self::read, Self::fields).ok()
    }
}

fn bound<T: Sealed>(until: Moment) -> Vec<u8> {
    [until.0.to_be_bytes().as_slice(), T::PURPOSE.as_bytes()].concat()
}

fn cipher(keys: &Keys) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new((&*keys.nonces.derive(KEY)).into())
}

/// By what the uses of something that was handed out are counted: its bytes, which nobody can vary.
pub(super) fn tried(what: &[u8]) -> CodeHash {
    CodeHash(blake3::derive_key(TRIED, what))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::keys;

    #[derive(Debug, PartialEq)]
    struct One(Vec<u8>);
    #[derive(Debug, PartialEq)]
    struct Other(Vec<u8>);

    macro_rules! sealed {
        ($name:ident, $purpose:literal) => {
            impl Sealed for $name {
                const PURPOSE: &'static str = $purpose;
                fn fields(&self) -> Fields {
                    Fields::default().bytes(&self.0)
                }
                fn read(fields: &mut Reader) -> Result<Self, SignedError> {
                    fields.any_bytes().map(Self)
                }
            }
        };
    }
    sealed!(One, "one");
    sealed!(Other, "other");

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn what_was_handed_out_opens_whole_for_its_purpose_in_its_time_by_its_key(
            value: Vec<u8>, at: prop::sample::Index, flip in 1u8..
        ) {
            let (keys, others) = (keys::for_tests(), keys::for_tests());
            let until = Moment(100);
            let sealed = One(value.clone()).seal(&keys, until).expect("seals");
            prop_assert_eq!(One::open(&keys, Moment(99), &sealed), Some(One(value)));
            prop_assert_eq!(One::open(&keys, until, &sealed), None);
            prop_assert_eq!(Other::open(&keys, Moment(99), &sealed), None);
            prop_assert_eq!(One::open(&others, Moment(99), &sealed), None);
            let mut altered = sealed.clone();
            altered.0[at.index(sealed.0.len())] ^= flip;
            prop_assert_eq!(One::open(&keys, Moment(0), &altered), None);
            let cut = Blob(sealed.0[..at.index(sealed.0.len())].to_vec());
            prop_assert_eq!(One::open(&keys, Moment(0), &cut), None);
        }
    }
}
