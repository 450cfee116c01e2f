//! The recovery code: what a person writes down, in case the passphrase is forgotten.
//!
//! 160 random bits and 20 check bits, as nine groups of four signs of Crockford's base 32: no `I L O U`, any
//! case, and look-alikes are read as what was meant. The check bits tell a typing error from a wrong code
//! before any key is tried. See docs/adr/0002.

use std::fmt;

use data_encoding::{Encoding, Specification};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{CryptoError, make_random};

const ENTROPY_BYTES: usize = 20;
const CHECK_BYTES: usize = 3;
const GROUP_SIGNS: usize = 4;
/// Number of groups of a code.
pub const GROUPS: usize = 9;
const SIGNS: usize = GROUPS * GROUP_SIGNS;

/// A recovery code. Its entropy is uniform, so a fast derivation from it is enough.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct RecoveryCode([u8; ENTROPY_BYTES]);

impl RecoveryCode {
    /// A new random code.
    ///
    /// # Errors
    /// [`CryptoError::Randomness`] when the operating system gives none.
    pub fn make_random() -> Result<Self, CryptoError> {
        make_random().map(Self)
    }

    /// Reads a code as typed: spaces, hyphens and case do not matter.
    ///
    /// # Errors
    /// [`CryptoError::MistypedCode`] when it cannot have been issued.
    pub fn parse(typed: &str) -> Result<Self, CryptoError> {
        let signs = tidy(typed);
        let (entropy, check) = signs
            .split_at_checked(SIGNS - GROUP_SIGNS)
            .ok_or(CryptoError::MistypedCode)?;
        let bytes = Zeroizing::new(
            alphabet()?
                .decode(entropy.as_bytes())
                .map_err(|_| CryptoError::MistypedCode)?,
        );
        let code = Self(
            bytes
                .as_slice()
                .try_into()
                .map_err(|_| CryptoError::MistypedCode)?,
        );
        if *code.check_signs()? == *canonical(check)? {
            Ok(code)
        } else {
            Err(CryptoError::MistypedCode)
        }
    }

    /// The nine groups, upper case.
    ///
    /// # Errors
    /// Never in practice; the alphabet is checked by a test.
    pub fn groups(&self) -> Result<Vec<Zeroizing<String>>, CryptoError> {
        let mut signs = Zeroizing::new(String::with_capacity(SIGNS));
        alphabet()?.encode_append(&self.0, &mut signs);
        signs.push_str(&self.check_signs()?);
        let bytes = signs.as_bytes().chunks(GROUP_SIGNS);
        Ok(bytes
            .map(|group| Zeroizing::new(String::from_utf8_lossy(group).into_owned()))
            .collect())
    }

    /// Whether one group, as typed, is the group at this position (from 0).
    #[must_use]
    pub fn has_group(&self, position: usize, typed: &str) -> bool {
        let Ok(groups) = self.groups() else { return false };
        let typed = canonical(&tidy(typed));
        groups
            .get(position)
            .zip(typed.ok())
            .is_some_and(|(group, typed)| **group == *typed)
    }

    /// The random part, for derivation.
    #[must_use]
    pub const fn expose(&self) -> &[u8] {
        &self.0
    }

    fn check_signs(&self) -> Result<Zeroizing<String>, CryptoError> {
        let digest = blake3::derive_key("nl.regie recovery code check v1", &self.0);
        let bytes = digest
            .first_chunk::<CHECK_BYTES>()
            .ok_or(CryptoError::MistypedCode)?;
        let mut signs = Zeroizing::new(alphabet()?.encode(bytes));
        signs.truncate(GROUP_SIGNS);
        Ok(signs)
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(…)")
    }
}

fn tidy(typed: &str) -> Zeroizing<String> {
    let mut signs = Zeroizing::new(String::with_capacity(typed.len()));
    signs.extend(
        typed
            .chars()
            .filter(|sign| !sign.is_whitespace() && !"-–·.".contains(*sign)),
    );
    signs
}

/// The signs as issued: upper case, look-alikes replaced.
fn canonical(signs: &str) -> Result<Zeroizing<String>, CryptoError> {
    let replace = |sign: char| match sign.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let canonical: Zeroizing<String> = Zeroizing::new(signs.chars().map(replace).collect());
    if canonical.len() == GROUP_SIGNS {
        Ok(canonical)
    } else {
        Err(CryptoError::MistypedCode)
    }
}

/// Crockford's base 32, <https://www.crockford.com/base32.html>.
fn alphabet() -> Result<Encoding, CryptoError> {
    let mut specification = Specification::new();
    specification.symbols.push_str("0123456789ABCDEFGHJKMNPQRSTVWXYZ");
    specification
        .translate
        .from
        .push_str("abcdefghjkmnpqrstvwxyzoOiIlL");
    specification
        .translate
        .to
        .push_str("ABCDEFGHJKMNPQRSTVWXYZ001111");
    specification.check_trailing_bits = false;
    specification.encoding().map_err(|_| CryptoError::MistypedCode)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(code: &RecoveryCode) -> String {
        let groups = code.groups().unwrap_or_default();
        groups
            .iter()
            .map(|group| group.as_str())
            .collect::<Vec<_>>()
            .join("-")
    }

    proptest! {
        #[test]
        fn a_code_is_read_back_however_it_was_typed(entropy: [u8; ENTROPY_BYTES], lower: bool, separator in "[ -]{0,3}") {
            let code = RecoveryCode(entropy);
            let mut typed = written(&code).replace('-', &separator);
            if lower { typed = typed.to_lowercase().replace('0', "o").replace('1', "l"); }
            let read = RecoveryCode::parse(&typed)?;
            prop_assert_eq!(read.expose(), &entropy);
            for (position, group) in code.groups()?.iter().enumerate() {
                prop_assert!(code.has_group(position, &group.to_lowercase()));
            }
        }

        #[test]
        fn a_single_wrong_sign_is_a_typing_error(entropy: [u8; ENTROPY_BYTES], place in 0..SIGNS, sign in "[0-9A-HJKMNP-TV-Z]") {
            let right = tidy(&written(&RecoveryCode(entropy))).to_string();
            let mut wrong = right.clone();
            wrong.replace_range(place..=place, &sign);
            // 20 check bits: a chance of one in a million is within the design, and outside what a test may meet.
            prop_assert_eq!(RecoveryCode::parse(&wrong).is_ok(), wrong == right);
        }
    }

    #[test]
    fn nonsense_is_a_typing_error() {
        for typed in ["", "ABCD", "ü", &"é".repeat(40), &"0".repeat(35), &"0".repeat(37)] {
            assert_eq!(
                RecoveryCode::parse(typed).err(),
                Some(CryptoError::MistypedCode),
                "{typed}"
            );
        }
    }
}
