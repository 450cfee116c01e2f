//! The code that is mailed: eight signs that are easily typed, 40 random bits.

use regie_protocol::{Language, signed::signs};
use zeroize::Zeroizing;

use super::refused::internal;
use crate::{
    error::Refusal,
    keys::Keys,
    letter::{Kind, Letter},
    store::{AccountId, CodeHash},
};

const KEY: &str = "regie/1/mailed code";
const BYTES: usize = 5;

pub(super) struct MailedCode(Zeroizing<[u8; BYTES]>);

impl MailedCode {
    pub(super) fn make_random() -> Result<Self, Refusal> {
        let mut bytes = Zeroizing::new([0; BYTES]);
        getrandom::fill(bytes.as_mut_slice()).map_err(|_| internal("randomness"))?;
        Ok(Self(bytes))
    }

    /// Reads what was typed: case, look-alikes, spaces and hyphens do not matter.
    pub(super) fn parse(typed: &str) -> Option<Self> {
        let signs = signs::tidy(typed);
        let bytes = signs::alphabet()
            .ok()?
            .decode(signs.as_bytes())
            .map(Zeroizing::new)
            .ok()?;
        let bytes = <[u8; BYTES]>::try_from(bytes.as_slice()).ok()?;
        Some(Self(Zeroizing::new(bytes)))
    }

    /// As it stands in the mail.
    pub(super) fn written(&self) -> Result<Zeroizing<String>, Refusal> {
        let signs = Zeroizing::new(signs::alphabet()?.encode(self.0.as_slice()));
        Ok(signs::grouped(&signs))
    }

    /// The mail to an address: with the code where the address is free. Where it is somebody's, nobody is ever told the code.
    pub(super) fn letter(
        &self,
        is_taken: bool,
        [free, taken]: [Kind; 2],
        to: String,
        language: Language,
    ) -> Result<Letter, Refusal> {
        // Either way, so that both take as long.
        let written = self.written()?.to_string();
        let (kind, code) = if is_taken {
            (taken, None)
        } else {
            (free, Some(written))
        };
        Ok(Letter {
            kind,
            language,
            to,
            code,
        })
    }

    /// Under a key, since it is short; and for one account.
    pub(super) fn hash(&self, keys: &Keys, account: AccountId) -> CodeHash {
        let input = [account.0.as_slice(), self.0.as_slice()].concat();
        CodeHash(*blake3::keyed_hash(&keys.nonces.derive(KEY), &input).as_bytes())
    }
}

/// In constant time.
pub(super) fn is_same(one: CodeHash, other: CodeHash) -> bool {
    blake3::Hash::from_bytes(one.0) == blake3::Hash::from_bytes(other.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys;

    #[test]
    fn a_mailed_code_is_eight_signs_and_is_read_however_it_was_typed() {
        let (keys, account) = (keys::for_tests(), AccountId([1; 16]));
        let code = MailedCode::make_random().expect("a code");
        let hash = code.hash(&keys, account);
        let written = code.written().expect("signs").to_string();
        assert_eq!(written.len(), 9);
        let plain = written.replace('-', "");
        for typed in [
            &written,
            &plain,
            &plain.to_lowercase(),
            &format!(" {} ", plain.replace('0', "o")),
        ] {
            let read = MailedCode::parse(typed).expect("a code");
            assert!(is_same(read.hash(&keys, account), hash), "{typed}");
        }
        assert!(!is_same(code.hash(&keys, AccountId([2; 16])), hash));
        assert!(!is_same(code.hash(&keys::for_tests(), account), hash));
        for wrong in ["", "ABCD", &format!("{plain}0"), "ABCD-EFGU"] {
            assert!(MailedCode::parse(wrong).is_none(), "{wrong}");
        }
    }
}
