//! Wrapping one key under another with XChaCha20-Poly1305, bound to its context.

use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use zeroize::Zeroizing;

use crate::{CryptoError, Key, make_random};

const NONCE_BYTES: usize = 24;
/// Length of a wrapped key: nonce, key, tag.
pub const WRAPPED_BYTES: usize = NONCE_BYTES + Key::BYTES + 16;

/// Wraps `key` under `wrapping`; `context` must be the same when it is opened.
///
/// # Errors
/// [`CryptoError::Randomness`] when no nonce can be made.
pub fn wrap_key(wrapping: &Key, key: &Key, context: &[u8]) -> Result<Vec<u8>, CryptoError> {
    let nonce = make_random::<NONCE_BYTES>()?;
    let sealed = XChaCha20Poly1305::new(wrapping.expose().into())
        .encrypt(
            &XNonce::from(nonce),
            Payload {
                msg: key.expose(),
                aad: context,
            },
        )
        .map_err(|_| CryptoError::Parameters)?;
    Ok([nonce.as_slice(), &sealed].concat())
}

/// Opens what [`wrap_key`] made.
///
/// # Errors
/// [`CryptoError::WrongKey`] for another key, another context or altered bytes.
pub fn unwrap_key(wrapping: &Key, wrapped: &[u8], context: &[u8]) -> Result<Key, CryptoError> {
    let (nonce, sealed) = wrapped
        .split_first_chunk::<NONCE_BYTES>()
        .ok_or(CryptoError::WrongKey)?;
    let opened = XChaCha20Poly1305::new(wrapping.expose().into())
        .decrypt(
            &XNonce::from(*nonce),
            Payload {
                msg: sealed,
                aad: context,
            },
        )
        .map(Zeroizing::new)
        .map_err(|_| CryptoError::WrongKey)?;
    let bytes =
        Zeroizing::new(<[u8; Key::BYTES]>::try_from(opened.as_slice()).map_err(|_| CryptoError::WrongKey)?);
    Ok(Key::from_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_wrap_opens_only_with_its_key_its_context_and_all_its_bytes(
            wrapping: [u8; 32], key: [u8; 32], context: Vec<u8>, place in 0..WRAPPED_BYTES, flip in 1u8..
        ) {
            let wrapping = Key::from_bytes(wrapping);
            let wrapped = wrap_key(&wrapping, &Key::from_bytes(key), &context)?;
            prop_assert_eq!(wrapped.len(), WRAPPED_BYTES);
            let opened = unwrap_key(&wrapping, &wrapped, &context)?;
            prop_assert_eq!(opened.expose(), &key);

            let mut altered = wrapped.clone();
            if let Some(byte) = altered.get_mut(place) { *byte ^= flip; }
            prop_assert!(unwrap_key(&wrapping, &altered, &context).is_err());
            prop_assert!(unwrap_key(&wrapping, &wrapped, &[context.as_slice(), b"!"].concat()).is_err());
            prop_assert!(unwrap_key(&Key::make_random()?, &wrapped, &context).is_err());
            prop_assert!(unwrap_key(&wrapping, wrapped.get(..place).unwrap_or_default(), &context).is_err());
        }
    }
}
