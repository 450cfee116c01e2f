//! Key derivation: slow from what a person remembers, fast from what is already random.

use argon2::{Algorithm, Argon2, Params, Version};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroize;

use crate::{CryptoError, Key, Passphrase};

/// Cost of Argon2id (RFC 9106), kept beside each wrap so that it can grow with the hardware.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Cost {
    /// The second recommended option of RFC 9106: 64 MiB, three passes; one lane suits phones.
    pub const STANDARD: Self = Self {
        memory_kib: 64 * 1024,
        passes: 3,
        lanes: 1,
    };

    /// Bounds: below the floor a stolen file would be cheap to guess at, above the ceiling a hostile key file
    /// could exhaust the machine.
    const fn is_acceptable(self) -> bool {
        self.memory_kib >= 46 * 1024
            && self.memory_kib <= 1024 * 1024
            && self.passes >= 1
            && self.passes <= 16
            && self.lanes >= 1
            && self.lanes <= 4
    }
}

/// Length of the random salt of a passphrase wrap, in bytes.
pub const SALT_BYTES: usize = 16;

/// Argon2id over a passphrase.
///
/// # Errors
/// [`CryptoError::Parameters`] when the cost is outside the accepted bounds.
pub fn derive_from_passphrase(
    passphrase: &Passphrase,
    salt: &[u8; SALT_BYTES],
    cost: Cost,
) -> Result<Key, CryptoError> {
    if !cost.is_acceptable() {
        return Err(CryptoError::Parameters);
    }
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(Key::BYTES))
        .map_err(|_| CryptoError::Parameters)?;
    fill(|bytes| {
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.expose().as_bytes(), salt, bytes)
            .map_err(|_| CryptoError::Parameters)
    })
}

/// HKDF-SHA-256 (RFC 5869) over key material that is already random; `info` names the use.
///
/// # Errors
/// Never for 32 bytes of output; the signature keeps the promise checkable.
pub fn derive_subkey(material: &[u8], salt: &[u8], info: &[u8]) -> Result<Key, CryptoError> {
    fill(|bytes| {
        Hkdf::<Sha256>::new(Some(salt), material)
            .expand(info, bytes)
            .map_err(|_| CryptoError::Parameters)
    })
}

fn fill(derive: impl FnOnce(&mut [u8; Key::BYTES]) -> Result<(), CryptoError>) -> Result<Key, CryptoError> {
    let mut bytes = [0; Key::BYTES];
    let key = derive(&mut bytes).map(|()| Key::from_bytes(bytes));
    bytes.zeroize();
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hkdf_matches_rfc_5869_test_case_1() {
        let key = derive_subkey(
            &[0x0b; 22],
            &(0..=0x0c).collect::<Vec<u8>>(),
            &(0xf0..=0xf9).collect::<Vec<u8>>(),
        );
        let expected = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf";
        assert_eq!(
            data_encoding::HEXLOWER.encode(key.map(|key| *key.expose()).unwrap_or_default().as_slice()),
            expected
        );
    }

    #[test]
    fn costs_outside_the_bounds_are_refused_before_any_work() {
        let passphrase = Passphrase::new("x".into());
        for cost in [
            Cost {
                memory_kib: 1024,
                ..Cost::STANDARD
            },
            Cost {
                memory_kib: u32::MAX,
                ..Cost::STANDARD
            },
            Cost {
                passes: 0,
                ..Cost::STANDARD
            },
            Cost {
                passes: 1_000_000,
                ..Cost::STANDARD
            },
            Cost {
                lanes: 0,
                ..Cost::STANDARD
            },
        ] {
            let result = derive_from_passphrase(&passphrase, &[0; SALT_BYTES], cost);
            assert_eq!(result.err(), Some(CryptoError::Parameters), "{cost:?}");
        }
    }
}
