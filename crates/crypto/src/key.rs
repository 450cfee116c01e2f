//! Secrets in memory: wiped when dropped, never printed, never serialised, never copied by accident.

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{CryptoError, make_random};

/// A 256-bit symmetric key. It rests on the heap, so that handing it on copies no byte of it.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Key(Box<[u8; Self::BYTES]>);

impl Key {
    /// Length in bytes.
    pub const BYTES: usize = 32;

    /// A new random key.
    ///
    /// # Errors
    /// [`CryptoError::Randomness`] when the operating system gives none.
    pub fn make_random() -> Result<Self, CryptoError> {
        make_random().map(Self::from_bytes)
    }

    /// Takes bytes over; the caller wipes its own copy.
    #[must_use]
    pub fn from_bytes(mut bytes: [u8; Self::BYTES]) -> Self {
        let key = Self::copied(&bytes);
        bytes.zeroize();
        key
    }

    /// The same key once more.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self::copied(&self.0)
    }

    /// The raw bytes, for handing to a cipher.
    #[must_use]
    pub const fn expose(&self) -> &[u8; Self::BYTES] {
        &self.0
    }

    fn copied(bytes: &[u8; Self::BYTES]) -> Self {
        let mut key = Box::new([0; Self::BYTES]);
        key.copy_from_slice(bytes);
        Self(key)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// A passphrase in Unicode normal form C, so that one accent typed in two ways is one passphrase.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Normalises and takes over what was typed.
    #[must_use]
    pub fn new(typed: String) -> Self {
        let typed = Zeroizing::new(typed);
        // Reserved up front: a growing string would leave unwiped pieces behind.
        let mut normal = Zeroizing::new(String::with_capacity(typed.len() * 3 + 8));
        normal.extend(typed.nfc());
        Self(normal)
    }

    /// The normalised text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_print() {
        let printed = format!(
            "{:?} {:?}",
            Key::from_bytes([7; 32]),
            Passphrase::new("geheim".into())
        );
        assert!(!printed.contains('7') && !printed.contains("geheim"), "{printed}");
    }

    #[test]
    fn an_accent_typed_in_two_ways_is_one_passphrase() {
        assert_eq!(
            Passphrase::new("caf\u{e9}".into()).expose(),
            Passphrase::new("cafe\u{301}".into()).expose()
        );
    }
}
