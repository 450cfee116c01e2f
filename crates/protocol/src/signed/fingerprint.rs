//! The fingerprint of the root, as people compare it: eight groups of four signs.

use std::{fmt, str::FromStr};

use super::{SignedError, VerifyingKey, signs};

const BYTES: usize = 20;
const CONTEXT: &str = "regie/1/fingerprint";

/// 160 bits of a digest of a public key: finding another key with the same is out of reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint([u8; BYTES]);

impl Fingerprint {
    pub(super) fn of(key: &VerifyingKey) -> Self {
        let digest = blake3::derive_key(CONTEXT, key.as_bytes());
        let mut bytes = [0; BYTES];
        bytes.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        Self(bytes)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let alphabet = signs::alphabet().map_err(|_| fmt::Error)?;
        f.write_str(&signs::grouped(&alphabet.encode(&self.0)))
    }
}

impl FromStr for Fingerprint {
    type Err = SignedError;

    /// Reads it as typed: case, look-alikes, spaces and hyphens do not matter.
    fn from_str(typed: &str) -> Result<Self, SignedError> {
        let bytes = signs::alphabet()?
            .decode(signs::tidy(typed).as_bytes())
            .map_err(|_| SignedError::Mistyped)?;
        bytes.try_into().map(Self).map_err(|_| SignedError::Mistyped)
    }
}

#[cfg(test)]
mod tests {
    use crate::signed::SigningKey;

    #[test]
    fn a_fingerprint_is_eight_groups_of_four_and_is_read_as_people_type_it() {
        let root = SigningKey::from_seed(&[1; 32]).verifying_key().fingerprint();
        let shown = root.to_string();
        assert!(shown.split('-').all(|group| group.len() == 4), "{shown}");
        assert_eq!(shown.split('-').count(), 8);
        let typed = shown.to_lowercase().replace('0', "o").replace('1', "l");
        assert_eq!(typed.replace('-', " ").parse(), Ok(root));
        let other = SigningKey::from_seed(&[2; 32]).verifying_key().fingerprint();
        assert_ne!(other, root);
    }
}
