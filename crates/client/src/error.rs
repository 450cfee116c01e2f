//! What a use case can answer instead of a result.

use regie_crypto::CryptoError;
use regie_vault::VaultError;

use crate::{AccountError, AttachmentError};

/// Every variant leaves what was stored as it was; none carries content, a key or a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// The vault is locked.
    #[error("locked")]
    Locked,
    /// The passphrase is wrong.
    #[error("wrong passphrase")]
    WrongPassphrase {
        /// Seconds until the next try is accepted.
        wait_seconds: u32,
    },
    /// The recovery code is well formed and wrong.
    #[error("wrong recovery code")]
    WrongRecoveryCode {
        /// Seconds until the next try is accepted.
        wait_seconds: u32,
    },
    /// A try before the wait was over; it was not looked at.
    #[error("too soon")]
    TooSoon {
        /// Seconds until the next try is accepted.
        wait_seconds: u32,
    },
    /// The recovery code has a typing error.
    #[error("recovery code mistyped")]
    MistypedRecoveryCode,
    /// The new passphrase is too easy to guess.
    #[error("passphrase too weak")]
    WeakPassphrase,
    /// No keychain answers here, or it does not have the key.
    #[error("no keychain")]
    NoKeychain,
    /// Not the public key of a recipient.
    #[error("not a recipient")]
    BadRecipient,
    /// The person stopped it, or locking did.
    #[error("stopped")]
    Stopped,
    /// Not a link that may be opened.
    #[error("not a web address")]
    BadLink,
    /// Nothing that can be a name.
    #[error("not a name")]
    BadName,
    /// Somebody here has that name.
    #[error("name taken")]
    NameTaken,
    /// The request does not fit the present stage.
    #[error("not possible now")]
    NotNow,
    /// A text that was handed in cannot be what it should be.
    #[error("malformed request")]
    Malformed,
    /// Why a file is not taken as a photo or recording.
    #[error(transparent)]
    Attachment(AttachmentError),
    /// What became of an account, or of asking its server.
    #[error(transparent)]
    Account(AccountError),
    /// The vault's own answer.
    #[error(transparent)]
    Vault(VaultError),
}

impl From<AccountError> for ClientError {
    fn from(error: AccountError) -> Self {
        Self::Account(error)
    }
}

impl From<AttachmentError> for ClientError {
    fn from(error: AttachmentError) -> Self {
        Self::Attachment(error)
    }
}

impl From<VaultError> for ClientError {
    fn from(error: VaultError) -> Self {
        Self::Vault(error)
    }
}

impl From<CryptoError> for ClientError {
    fn from(error: CryptoError) -> Self {
        match error {
            CryptoError::MistypedCode => Self::MistypedRecoveryCode,
            CryptoError::OtherServer => Self::Account(AccountError::OtherServer),
            other => Self::Vault(other.into()),
        }
    }
}

impl From<std::io::Error> for ClientError {
    fn from(error: std::io::Error) -> Self {
        Self::Vault(error.into())
    }
}
