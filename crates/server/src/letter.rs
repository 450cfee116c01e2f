//! A mail as it waits in the line: what it is about, to whom, and in which language. Its words are made when it goes out.

use regie_protocol::Language;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// What a mail is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The code that proves the address of somebody who joins.
    JoinCode,
    /// Somebody wanted to join with an address that has an account.
    AddressTaken,
    /// A device was added.
    DeviceAdded,
    /// Devices were signed out.
    DeviceSignedOut,
    /// There is a new passphrase.
    PassphraseChanged,
    /// There is a new recovery code.
    CodeChanged,
    /// The recovery code was used to get in.
    CodeUsed,
    /// The copy on the server was withdrawn.
    CopyWithdrawn,
    /// There is a second factor, or another one.
    FactorSet,
    /// The second factor is gone.
    FactorLifted,
    /// The second factor is to be lifted after its notice.
    LiftBegun,
    /// A device objected to that.
    LiftStopped,
    /// The code with which somebody who lost the rest deletes the account.
    DeletionCode,
    /// The account is to be deleted after its notice.
    DeletionBegun,
    /// A device objected to that.
    DeletionStopped,
    /// The account is gone; the last mail there is.
    AccountErased,
}

/// A mail that waits. It is sealed where it waits.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct Letter {
    /// What it is about.
    #[zeroize(skip)]
    pub kind: Kind,
    /// In which language.
    #[zeroize(skip)]
    pub language: Language,
    /// To which address.
    pub to: String,
    /// The code in it, as it is to be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

impl Letter {
    /// As it is stored.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads what was stored; `None` for what a later version stored.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

impl std::fmt::Debug for Letter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Letter({:?})", self.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_read_back_and_prints_neither_address_nor_code() {
        let letter = Letter {
            kind: Kind::JoinCode,
            language: Language::Nl,
            to: "anne@example.org".into(),
            code: Some("ABCD-EFGH".into()),
        };
        assert_eq!(Letter::from_bytes(&letter.to_bytes()), Some(letter.clone()));
        assert_eq!(format!("{letter:?}"), "Letter(JoinCode)");
        assert_eq!(
            letter.to_bytes(),
            br#"{"kind":"join-code","language":"nl","to":"anne@example.org","code":"ABCD-EFGH"}"#
        );
    }
}
