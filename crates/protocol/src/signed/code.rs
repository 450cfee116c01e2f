//! The code of an invitation: 128 random bits and 12 check bits, as seven groups of four signs.

use std::fmt;

use crc::{CRC_12_CDMA2000, Crc};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{SignedError, signs};

const BYTES: usize = 16;
/// Signs of a code, without what parts its groups.
pub const SIGNS: usize = 28;
const CONTEXT: &str = "regie/1/invitation code";
/// It finds every change within twelve bits in a row: each wrong sign, and each two neighbours that changed places.
static CHECK: Crc<u16> = Crc::<u16>::new(&CRC_12_CDMA2000);

/// A code. Whoever holds it may join; it is compared by its hash alone.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct InvitationCode([u8; BYTES]);

/// What the server and the root know of a code. The code is random, so a fast hash hides it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CodeHash(pub [u8; 32]);

impl InvitationCode {
    /// The code of these random bytes.
    #[must_use]
    pub const fn from_random(bytes: [u8; BYTES]) -> Self {
        Self(bytes)
    }

    /// Reads a code as typed: case, look-alikes, spaces and hyphens do not matter.
    ///
    /// # Errors
    /// [`SignedError::Mistyped`] when it cannot have been issued.
    pub fn parse(typed: &str) -> Result<Self, SignedError> {
        let mut signs = signs::tidy(typed);
        if signs.len() != SIGNS {
            return Err(SignedError::Mistyped);
        }
        // 28 signs are 140 bits; a last one fills the eighteenth byte.
        signs.push('0');
        let bytes = signs::alphabet()?
            .decode(signs.as_bytes())
            .map(Zeroizing::new)
            .map_err(|_| SignedError::Mistyped)?;
        let (secret, check) = bytes.split_first_chunk().ok_or(SignedError::Mistyped)?;
        let code = Self(*secret);
        if check == code.check() {
            Ok(code)
        } else {
            Err(SignedError::Mistyped)
        }
    }

    /// The seven groups, upper case, with hyphens between.
    ///
    /// # Errors
    /// Never in practice; the alphabet is checked by a test.
    pub fn written(&self) -> Result<Zeroizing<String>, SignedError> {
        let mut bytes = Zeroizing::new(self.0.to_vec());
        bytes.extend(self.check());
        let mut signs = Zeroizing::new(signs::alphabet()?.encode(&bytes));
        signs.truncate(SIGNS);
        Ok(signs::grouped(&signs))
    }

    /// What others may know of it.
    #[must_use]
    pub fn hash(&self) -> CodeHash {
        CodeHash(blake3::derive_key(CONTEXT, &self.0))
    }

    /// Twelve bits, from the left.
    fn check(&self) -> [u8; 2] {
        (CHECK.checksum(&self.0) << 4).to_be_bytes()
    }
}

impl fmt::Debug for InvitationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InvitationCode(…)")
    }
}

impl fmt::Debug for CodeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALPHABET: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    fn plain(code: &InvitationCode) -> String {
        code.written().expect("a code").replace('-', "")
    }

    fn refused(typed: &str) -> bool {
        InvitationCode::parse(typed).err() == Some(SignedError::Mistyped)
    }

    proptest! {
        #[test]
        fn a_code_is_read_back_however_it_was_typed(secret: [u8; BYTES], lower: bool, separator in "[ -]{0,3}") {
            let code = InvitationCode::from_random(secret);
            let mut typed = format!(" {}\n", code.written()?.replace('-', &separator));
            if lower { typed = typed.to_lowercase().replace('0', "o").replace('1', "i"); }
            prop_assert_eq!(InvitationCode::parse(&typed)?.0, secret);
            let typed = code.written()?.replace('0', "O").replace('1', "L").replace('-', "–");
            prop_assert_eq!(InvitationCode::parse(&typed)?.0, secret);
        }

        #[test]
        fn every_wrong_sign_and_every_pair_of_swapped_neighbours_is_told(secret: [u8; BYTES]) {
            let right = plain(&InvitationCode::from_random(secret));
            for place in 0..SIGNS {
                for sign in ALPHABET.chars().filter(|sign| right.chars().nth(place) != Some(*sign)) {
                    let mut wrong = right.clone();
                    wrong.replace_range(place..=place, &sign.to_string());
                    prop_assert!(refused(&wrong), "{} for {}", wrong, right);
                }
            }
            for place in 1..SIGNS {
                let mut signs: Vec<char> = right.chars().collect();
                signs.swap(place - 1, place);
                let wrong: String = signs.into_iter().collect();
                prop_assert!(wrong == right || refused(&wrong), "{} for {}", wrong, right);
            }
        }

        #[test]
        fn codes_of_other_secrets_have_other_hashes(one: [u8; BYTES], other: [u8; BYTES]) {
            let hashes = [one, other].map(|secret| InvitationCode::from_random(secret).hash());
            prop_assert_eq!(hashes[0] == hashes[1], one == other);
        }
    }

    #[test]
    fn nonsense_is_a_typing_error() {
        let code = plain(&InvitationCode::from_random([9; BYTES]));
        let short: String = code.chars().skip(1).collect();
        let long = format!("{code}0");
        for typed in [
            "",
            "ü",
            &short,
            &long,
            &code.replace('9', "U"),
            &"é".repeat(14),
            &"0".repeat(28),
        ] {
            assert!(refused(typed) || typed == code, "{typed}");
        }
        assert!(refused(&format!("U{short}")));
    }
}
