//! Sealing: to a public key by HPKE (RFC 9180: X25519, HKDF-SHA-256, ChaCha20-Poly1305), and under a key by XChaCha20-Poly1305.
//!
//! Anybody can seal to a public key, a server too. Where the holder must know that one of their own did it, both ends share a further
//! secret, which goes in as HPKE's pre-shared key ([`Vouch`]).

use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use hpke::{
    Deserializable, Kem, OpModeR, OpModeS, PskBundle, Serializable, aead::ChaCha20Poly1305, kdf::HkdfSha256,
    kem::X25519HkdfSha256,
};
use regie_protocol::signed::SealingKey;
use zeroize::Zeroizing;

use crate::{CryptoError, Key, make_random, random::Generator};

type Suite = X25519HkdfSha256;
type Secret = <Suite as Kem>::PrivateKey;

const ENCAPSULATED: usize = 32;
const NONCE_BYTES: usize = 24;
const VOUCH: &[u8] = b"regie/1/vouch";

/// The secret half of a pair to seal to.
pub struct OpeningKey(Key);

/// What proves to whoever opens that one of their own sealed: a secret that both ends know, and no server.
#[derive(Debug)]
pub struct Vouch(Key);

impl OpeningKey {
    /// A new random key.
    ///
    /// # Errors
    /// [`CryptoError::Randomness`].
    pub fn make_random() -> Result<Self, CryptoError> {
        Key::make_random().map(Self)
    }

    /// The key of these bytes, which must be random or derived from something secret.
    #[must_use]
    pub const fn from_key(key: Key) -> Self {
        Self(key)
    }

    /// Its bytes, for keeping it.
    #[must_use]
    pub const fn expose(&self) -> &[u8; Key::BYTES] {
        self.0.expose()
    }

    /// The public half.
    ///
    /// # Errors
    /// Never in practice.
    pub fn sealing_key(&self) -> Result<SealingKey, CryptoError> {
        let public = Suite::sk_to_pk(&self.secret()?).to_bytes();
        let bytes = <[u8; 32]>::try_from(public.as_slice()).map_err(|_| CryptoError::Parameters)?;
        Ok(SealingKey(bytes))
    }

    /// Opens what was sealed to it with the same info, associated data and vouch.
    ///
    /// # Errors
    /// [`CryptoError::WrongKey`] for anything else.
    pub fn open(
        &self,
        sealed: &[u8],
        info: &[u8],
        associated: &[u8],
        vouch: Option<&Vouch>,
    ) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let (encapsulated, sealed) = sealed
            .split_at_checked(ENCAPSULATED)
            .ok_or(CryptoError::WrongKey)?;
        let encapsulated =
            <Suite as Kem>::EncappedKey::from_bytes(encapsulated).map_err(|_| CryptoError::WrongKey)?;
        let mode = match vouch {
            Some(vouch) => OpModeR::Psk(vouch.bundle()?),
            None => OpModeR::Base,
        };
        hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, Suite>(
            &mode,
            &self.secret()?,
            &encapsulated,
            info,
            sealed,
            associated,
        )
        .map(Zeroizing::new)
        .map_err(|_| CryptoError::WrongKey)
    }

    fn secret(&self) -> Result<Secret, CryptoError> {
        Secret::from_bytes(self.0.expose()).map_err(|_| CryptoError::Parameters)
    }
}

impl Vouch {
    /// The vouch of a key that both ends derived.
    #[must_use]
    pub const fn from_key(key: Key) -> Self {
        Self(key)
    }

    /// Its bytes, for keeping it.
    #[must_use]
    pub const fn expose(&self) -> &[u8; Key::BYTES] {
        self.0.expose()
    }

    fn bundle(&self) -> Result<PskBundle<'_>, CryptoError> {
        PskBundle::new(self.0.expose(), VOUCH).map_err(|_| CryptoError::Parameters)
    }
}

/// Seals bytes to a public key.
///
/// # Errors
/// [`CryptoError::Randomness`]; [`CryptoError::Parameters`] for what is no public key.
pub fn seal_to(
    to: &SealingKey,
    bytes: &[u8],
    info: &[u8],
    associated: &[u8],
    vouch: Option<&Vouch>,
) -> Result<Vec<u8>, CryptoError> {
    let public = <Suite as Kem>::PublicKey::from_bytes(&to.0).map_err(|_| CryptoError::Parameters)?;
    let mode = match vouch {
        Some(vouch) => OpModeS::Psk(vouch.bundle()?),
        None => OpModeS::Base,
    };
    let (encapsulated, sealed) = hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, Suite>(
        &mode,
        &public,
        info,
        bytes,
        associated,
        &mut Generator::make()?,
    )
    .map_err(|_| CryptoError::Parameters)?;
    Ok([encapsulated.to_bytes().as_slice(), &sealed].concat())
}

/// Seals bytes under a key.
///
/// # Errors
/// [`CryptoError::Randomness`].
pub fn seal(key: &Key, bytes: &[u8], associated: &[u8]) -> Result<Vec<u8>, CryptoError> {
    let nonce = make_random::<NONCE_BYTES>()?;
    let payload = Payload {
        msg: bytes,
        aad: associated,
    };
    let sealed = XChaCha20Poly1305::new(key.expose().into())
        .encrypt(&XNonce::from(nonce), payload)
        .map_err(|_| CryptoError::Parameters)?;
    Ok([nonce.as_slice(), &sealed].concat())
}

/// Opens what [`seal`] made.
///
/// # Errors
/// [`CryptoError::WrongKey`] for another key, other associated data or altered bytes.
pub fn open(key: &Key, sealed: &[u8], associated: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    let (nonce, sealed) = sealed
        .split_first_chunk::<NONCE_BYTES>()
        .ok_or(CryptoError::WrongKey)?;
    let payload = Payload {
        msg: sealed,
        aad: associated,
    };
    XChaCha20Poly1305::new(key.expose().into())
        .decrypt(&XNonce::from(*nonce), payload)
        .map(Zeroizing::new)
        .map_err(|_| CryptoError::WrongKey)
}

impl std::fmt::Debug for OpeningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OpeningKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_sealed_to_a_key_opens_with_it_and_everything_else_that_went_in(
            bytes: Vec<u8>, info: Vec<u8>, associated: Vec<u8>, vouched: bool, place: usize, flip in 1_u8..
        ) {
            let key = OpeningKey::make_random()?;
            let vouch = Vouch::from_key(Key::make_random()?);
            let vouch = vouched.then_some(&vouch);
            let sealed = seal_to(&key.sealing_key()?, &bytes, &info, &associated, vouch)?;
            prop_assert_eq!(&*key.open(&sealed, &info, &associated, vouch)?, &bytes);

            let mut altered = sealed.clone();
            let place = place % altered.len();
            if let Some(byte) = altered.get_mut(place) { *byte ^= flip; }
            // X25519 ignores the highest bit of a point (RFC 7748, 5), and HPKE binds the bytes all the same.
            prop_assert!(key.open(&altered, &info, &associated, vouch).is_err());
            let more = [associated.as_slice(), b"!"].concat();
            prop_assert!(key.open(&sealed, &info, &more, vouch).is_err());
            prop_assert!(key.open(&sealed, &more, &associated, vouch).is_err() || more == info);
            prop_assert!(OpeningKey::make_random()?.open(&sealed, &info, &associated, vouch).is_err());
            let other = Vouch::from_key(Key::make_random()?);
            prop_assert!(key.open(&sealed, &info, &associated, Some(&other)).is_err());
            prop_assert_eq!(key.open(&sealed, &info, &associated, None).is_ok(), !vouched);
        }

        #[test]
        fn what_was_sealed_under_a_key_opens_with_it_alone(bytes: Vec<u8>, associated: Vec<u8>, place: usize, flip in 1_u8..) {
            let key = Key::make_random()?;
            let sealed = seal(&key, &bytes, &associated)?;
            prop_assert_eq!(&*open(&key, &sealed, &associated)?, &bytes);
            let mut altered = sealed.clone();
            let place = place % altered.len();
            if let Some(byte) = altered.get_mut(place) { *byte ^= flip; }
            prop_assert!(open(&key, &altered, &associated).is_err());
            prop_assert!(open(&Key::make_random()?, &sealed, &associated).is_err());
            prop_assert!(open(&key, &sealed, &[associated.as_slice(), b"!"].concat()).is_err());
        }
    }

    #[test]
    fn a_public_key_under_which_everybody_knows_the_secret_is_refused() {
        assert!(seal_to(&SealingKey([0; 32]), b"x", b"", b"", None).is_err());
        let key = OpeningKey::make_random().expect("a key");
        assert!(key.open(&[0; 80], b"", b"", None).is_err());
        assert!(key.open(&[0; 31], b"", b"", None).is_err());
    }
}
