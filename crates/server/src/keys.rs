//! The keys that lie outside the database, and what they do to what lies in it.
//!
//! One file that only the service may read, or the environment by the same names ([`file`]). A column is sealed under
//! a data key that rests in the database, wrapped by a key from here ([`columns`]); an address is found by a keyed hash
//! ([`index`]).

use std::fmt;
use std::io;

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

pub mod columns;
pub mod file;
pub mod index;
mod public;

pub use columns::{DataKey, KeyId, Place, WrappingKey};
pub use index::{AddressHash, IndexKey, NetworkHash, NumberHash, SubjectHash};

/// What can go wrong with keys. Says nothing about the values involved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A key that the service needs is neither in the file nor in the environment.
    #[error("the key {0} is missing")]
    Missing(&'static str),
    /// A key is there and cannot be one.
    #[error("the key {0} is not 32 bytes in base64url")]
    Malformed(&'static str),
    /// A line of the file names nothing that the service knows.
    #[error("line {0} of the key file is not understood")]
    UnknownLine(usize),
    /// Others than the service may read the file.
    #[error("the key file can be read by others; its permissions must be 0600")]
    NotPrivate,
    /// There is a file already; keys are never written over.
    #[error("there is a key file already")]
    Exists,
    /// The file cannot be read or written.
    #[error("the key file: {0}")]
    Io(io::ErrorKind),
    /// Another key, another place, altered bytes, or a format of a later version.
    #[error("the key does not fit")]
    WrongKey,
    /// The operating system gave no randomness.
    #[error("no randomness from the operating system")]
    Randomness,
}

/// 32 secret bytes: wiped when dropped, never printed. They rest on the heap, so that handing them on copies none.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Secret(Box<[u8; Self::BYTES]>);

impl Secret {
    /// Length in bytes.
    pub const BYTES: usize = 32;

    /// A new random secret.
    ///
    /// # Errors
    /// [`KeyError::Randomness`] when the operating system gives none.
    pub fn make_random() -> Result<Self, KeyError> {
        let mut bytes = Zeroizing::new([0; Self::BYTES]);
        getrandom::fill(bytes.as_mut_slice()).map_err(|_| KeyError::Randomness)?;
        Ok(Self::from_bytes(&bytes))
    }

    /// Copies bytes in; the caller wipes its own.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; Self::BYTES]) -> Self {
        let mut own = Box::new([0; Self::BYTES]);
        own.copy_from_slice(bytes);
        Self(own)
    }

    /// The same secret once more.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self::from_bytes(&self.0)
    }

    /// The raw bytes, for handing to a cipher.
    #[must_use]
    pub const fn expose(&self) -> &[u8; Self::BYTES] {
        &self.0
    }

    /// Another secret for one use; what is known of it tells nothing of this one.
    pub(crate) fn derive(&self, purpose: &'static str) -> Zeroizing<[u8; Self::BYTES]> {
        Zeroizing::new(blake3::derive_key(purpose, self.expose()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Every key that the service holds outside its database.
#[derive(Debug)]
pub struct Keys {
    /// Wraps the data key of sealed columns.
    pub columns: WrappingKey,
    /// The wrapping key before it, while it is being replaced.
    pub columns_before: Option<WrappingKey>,
    /// Hashes addresses, and what else is found without being stored.
    pub index: IndexKey,
    /// OPAQUE's set-up, as its library writes it.
    pub opaque: OpaqueSetup,
    /// Signs receipts of deletion.
    pub receipts: Secret,
    /// Opens tickets of deletion that devices sealed to the server.
    pub tickets: Secret,
    /// Seals backups.
    pub backups: Secret,
    /// Makes the nonces that devices sign.
    pub nonces: Secret,
}

impl Keys {
    /// New random keys around a set-up for OPAQUE, which only its library can make.
    ///
    /// # Errors
    /// [`KeyError::Randomness`] when the operating system gives none.
    pub fn make_random(opaque: OpaqueSetup) -> Result<Self, KeyError> {
        Ok(Self {
            columns: WrappingKey::new(Secret::make_random()?),
            columns_before: None,
            index: IndexKey::new(Secret::make_random()?),
            opaque,
            receipts: Secret::make_random()?,
            tickets: Secret::make_random()?,
            backups: Secret::make_random()?,
            nonces: Secret::make_random()?,
        })
    }

    /// The data key from its wrap, and the same key wrapped anew when the wrap is from before a replacement.
    ///
    /// # Errors
    /// [`KeyError::WrongKey`] when neither key made the wrap.
    pub fn open_data_key(&self, wrapped: &[u8]) -> Result<(DataKey, Option<Vec<u8>>), KeyError> {
        let id = columns::wrapped_by(wrapped)?;
        if id == self.columns.id() {
            return Ok((self.columns.unwrap_key(wrapped)?, None));
        }
        let before = self.columns_before.as_ref().filter(|key| key.id() == id);
        let data = before.ok_or(KeyError::WrongKey)?.unwrap_key(wrapped)?;
        let anew = self.columns.wrap_key(&data)?;
        Ok((data, Some(anew)))
    }
}

/// OPAQUE's set-up in its own library's form.
#[derive(Clone)]
pub struct OpaqueSetup(Zeroizing<Vec<u8>>);

impl OpaqueSetup {
    /// Takes bytes over.
    #[must_use]
    pub const fn from_bytes(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// The raw bytes, for handing to OPAQUE's library.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for OpaqueSetup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpaqueSetup(…)")
    }
}

#[cfg(test)]
pub(crate) fn for_tests() -> Keys {
    Keys::make().expect("keys")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_prints_itself() {
        let keys = Keys {
            columns: WrappingKey::new(Secret::from_bytes(&[11; 32])),
            columns_before: Some(WrappingKey::new(Secret::from_bytes(&[12; 32]))),
            index: IndexKey::new(Secret::from_bytes(&[13; 32])),
            opaque: OpaqueSetup::from_bytes(Zeroizing::new(vec![14; 128])),
            receipts: Secret::from_bytes(&[15; 32]),
            tickets: Secret::from_bytes(&[16; 32]),
            backups: Secret::from_bytes(&[17; 32]),
            nonces: Secret::from_bytes(&[18; 32]),
        };
        let printed = format!("{keys:?}");
        assert_eq!(printed.matches("Secret(…)").count(), 7, "{printed}");
        assert!(!printed.chars().any(|sign| sign.is_ascii_digit()), "{printed}");
    }

    #[test]
    fn the_outside_key_is_replaced_without_touching_what_is_sealed() {
        let mut keys = for_tests();
        let data = DataKey::make_random().unwrap();
        let wrapped = keys.columns.wrap_key(&data).unwrap();
        let place = Place::new("contact", "email", b"row");
        let sealed = data.seal(place, b"a@example.org").unwrap();
        assert!(keys.open_data_key(&wrapped).unwrap().1.is_none());

        let new = WrappingKey::new(Secret::make_random().unwrap());
        keys.columns_before = Some(std::mem::replace(&mut keys.columns, new));
        let anew = keys.open_data_key(&wrapped).unwrap().1.expect("wrapped anew");
        keys.columns_before = None;
        assert_eq!(keys.open_data_key(&wrapped).unwrap_err(), KeyError::WrongKey);
        let (data, again) = keys.open_data_key(&anew).unwrap();
        assert!(again.is_none());
        assert_eq!(data.open(place, &sealed).unwrap().as_slice(), b"a@example.org");
    }
}
