//! The envelope of sealed columns: XChaCha20-Poly1305, bound to table, column, row and format.
//!
//! A sealed value is the format's number, a fresh random nonce, then the ciphertext with its tag. A wrapped data key
//! has the id of the key that wrapped it before the nonce.

use std::fmt;

use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use zeroize::Zeroizing;

use super::{KeyError, Secret};

const FORMAT: u8 = 1;
const NONCE_BYTES: usize = 24;
const KEY_ID_BYTES: usize = 8;

/// Where a sealed value stands; a value that is moved elsewhere does not open.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    table: &'a str,
    column: &'a str,
    row: &'a [u8],
}

impl<'a> Place<'a> {
    /// A column of the row with this key.
    #[must_use]
    pub const fn new(table: &'a str, column: &'a str, row: &'a [u8]) -> Self {
        Self { table, column, row }
    }

    fn associated_data(&self) -> Vec<u8> {
        bound(
            &[
                b"regie/1/column",
                self.table.as_bytes(),
                self.column.as_bytes(),
                self.row,
            ],
            FORMAT,
        )
    }
}

/// Parts behind their lengths, so that no two lists of parts give the same bytes.
fn bound(parts: &[&[u8]], format: u8) -> Vec<u8> {
    let mut bytes = vec![format];
    for part in parts {
        bytes.extend((part.len() as u64).to_le_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}

/// The key of all sealed columns of a deployment. It rests in the database, wrapped.
#[derive(Debug)]
pub struct DataKey(Secret);

impl DataKey {
    /// A new random data key, for a new database.
    ///
    /// # Errors
    /// [`KeyError::Randomness`] when the operating system gives none.
    pub fn make_random() -> Result<Self, KeyError> {
        Secret::make_random().map(Self)
    }

    /// Seals a value for one place.
    ///
    /// # Errors
    /// [`KeyError::Randomness`] when no nonce can be made.
    pub fn seal(&self, place: Place<'_>, value: &[u8]) -> Result<Vec<u8>, KeyError> {
        Ok([
            [FORMAT].as_slice(),
            &seal(&self.0, &place.associated_data(), value)?,
        ]
        .concat())
    }

    /// Opens what [`Self::seal`] made for this place.
    ///
    /// # Errors
    /// [`KeyError::WrongKey`] for another key, place or format, or altered bytes.
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        match sealed.split_first() {
            Some((&FORMAT, sealed)) => open(&self.0, &place.associated_data(), sealed),
            _ => Err(KeyError::WrongKey),
        }
    }
}

/// Which key made a wrap: a hash of it, that tells nothing of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyId([u8; KEY_ID_BYTES]);

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyId(…)")
    }
}

/// A key outside the database. It wraps the data key and touches no data.
#[derive(Debug)]
pub struct WrappingKey {
    secret: Secret,
    id: KeyId,
}

impl WrappingKey {
    /// A wrapping key of these bytes.
    #[must_use]
    pub fn new(secret: Secret) -> Self {
        let hash = secret.derive("regie/1/key-id");
        let mut id = [0; KEY_ID_BYTES];
        id.iter_mut().zip(hash.iter()).for_each(|(id, byte)| *id = *byte);
        Self {
            secret,
            id: KeyId(id),
        }
    }

    /// Which key this is.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    pub(crate) const fn secret(&self) -> &Secret {
        &self.secret
    }

    /// Wraps a data key.
    ///
    /// # Errors
    /// [`KeyError::Randomness`] when no nonce can be made.
    pub fn wrap_key(&self, data: &DataKey) -> Result<Vec<u8>, KeyError> {
        let sealed = seal(&self.secret, &self.associated_data(), data.0.expose())?;
        Ok([[FORMAT].as_slice(), self.id.0.as_slice(), &sealed].concat())
    }

    /// Opens what [`Self::wrap_key`] made.
    ///
    /// # Errors
    /// [`KeyError::WrongKey`] for another key or altered bytes.
    pub fn unwrap_key(&self, wrapped: &[u8]) -> Result<DataKey, KeyError> {
        if wrapped_by(wrapped)? != self.id {
            return Err(KeyError::WrongKey);
        }
        let sealed = wrapped.get(1 + KEY_ID_BYTES..).unwrap_or_default();
        let opened = open(&self.secret, &self.associated_data(), sealed)?;
        let bytes = Zeroizing::new(<[u8; 32]>::try_from(opened.as_slice()).map_err(|_| KeyError::WrongKey)?);
        Ok(DataKey(Secret::from_bytes(&bytes)))
    }

    fn associated_data(&self) -> Vec<u8> {
        bound(&[b"regie/1/data-key", &self.id.0], FORMAT)
    }
}

/// Which key made a wrap.
pub(crate) fn wrapped_by(wrapped: &[u8]) -> Result<KeyId, KeyError> {
    match wrapped.split_first() {
        Some((&FORMAT, rest)) => rest
            .first_chunk::<KEY_ID_BYTES>()
            .map(|id| KeyId(*id))
            .ok_or(KeyError::WrongKey),
        _ => Err(KeyError::WrongKey),
    }
}

fn seal(key: &Secret, aad: &[u8], msg: &[u8]) -> Result<Vec<u8>, KeyError> {
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce).map_err(|_| KeyError::Randomness)?;
    let sealed = XChaCha20Poly1305::new(key.expose().into())
        .encrypt(&XNonce::from(nonce), Payload { msg, aad })
        .map_err(|_| KeyError::WrongKey)?;
    Ok([nonce.as_slice(), &sealed].concat())
}

fn open(key: &Secret, aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let (nonce, msg) = sealed
        .split_first_chunk::<NONCE_BYTES>()
        .ok_or(KeyError::WrongKey)?;
    XChaCha20Poly1305::new(key.expose().into())
        .decrypt(&XNonce::from(*nonce), Payload { msg, aad })
        .map(Zeroizing::new)
        .map_err(|_| KeyError::WrongKey)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_sealed_value_opens_in_its_own_place_alone_and_only_whole(
            value: Vec<u8>, row: Vec<u8>, at: prop::sample::Index, flip in 1u8..
        ) {
            let key = DataKey::make_random()?;
            let place = Place::new("contact", "email", &row);
            let sealed = key.seal(place, &value)?;
            let opened = key.open(place, &sealed)?;
            prop_assert_eq!(opened.as_slice(), value.as_slice());
            let again = key.seal(place, &value)?;
            prop_assert_ne!(&again, &sealed, "a fresh nonce each time");

            let longer = [row.as_slice(), b"!"].concat();
            for elsewhere in [
                Place::new("contact", "phone", &row),
                Place::new("outbox", "email", &row),
                Place::new("contactemail", "", &row),
                Place::new("contact", "email", &longer),
            ] {
                prop_assert!(key.open(elsewhere, &sealed).is_err());
            }
            prop_assert!(DataKey::make_random()?.open(place, &sealed).is_err());
            let at = at.index(sealed.len());
            prop_assert!(key.open(place, sealed.get(..at).unwrap_or_default()).is_err());
            let mut altered = sealed;
            if let Some(byte) = altered.get_mut(at) { *byte ^= flip; }
            prop_assert!(key.open(place, &altered).is_err());
        }

        #[test]
        fn a_wrapped_key_opens_by_its_wrapping_key_alone_and_only_whole(at: prop::sample::Index, flip in 1u8..) {
            let wrapping = WrappingKey::new(Secret::make_random()?);
            let data = DataKey::make_random()?;
            let wrapped = wrapping.wrap_key(&data)?;
            let unwrapped = wrapping.unwrap_key(&wrapped)?;
            prop_assert_eq!(unwrapped.0.expose(), data.0.expose());
            prop_assert!(WrappingKey::new(Secret::make_random()?).unwrap_key(&wrapped).is_err());
            let at = at.index(wrapped.len());
            let mut altered = wrapped;
            if let Some(byte) = altered.get_mut(at) { *byte ^= flip; }
            prop_assert!(wrapping.unwrap_key(&altered).is_err());
        }
    }

    /// A file of the first format, which every later version must open.
    #[test]
    fn what_the_first_format_sealed_still_opens() {
        let vector: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/vectors/columns-1.json")).unwrap();
        let bytes = |name: &str| {
            data_encoding::HEXLOWER
                .decode(vector[name].as_str().unwrap().as_bytes())
                .unwrap()
        };
        let wrapping = WrappingKey::new(Secret::from_bytes(&bytes("wrapping_key").try_into().unwrap()));
        let data = wrapping.unwrap_key(&bytes("wrapped_data_key")).unwrap();
        let row = bytes("row");
        let place = Place::new(
            vector["table"].as_str().unwrap(),
            vector["column"].as_str().unwrap(),
            &row,
        );
        let opened = data.open(place, &bytes("sealed")).unwrap();
        assert_eq!(opened.as_slice(), vector["value"].as_str().unwrap().as_bytes());
    }
}
