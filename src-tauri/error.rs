//! What the window is told when a command fails; it has the words for each code.

use regie_client::ClientError;
use regie_vault::VaultError;
use serde::Serialize;
use specta::Type;

/// Why a command failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(tag = "code", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum UiError {
    /// The vault is locked.
    Locked,
    /// The passphrase is wrong.
    WrongPassphrase { wait_seconds: u32 },
    /// A try before the wait was over.
    TooSoon { wait_seconds: u32 },
    /// The recovery code has a typing error.
    RecoveryCodeMistyped,
    /// The recovery code is another one's.
    WrongRecoveryCode { wait_seconds: u32 },
    /// The new passphrase is too easy to guess.
    WeakPassphrase,
    /// The key file is gone.
    KeyFileMissing,
    /// Both copies of the key file are damaged.
    KeyFileDamaged,
    /// The vault's file is gone.
    VaultMissing,
    /// The vault's file is damaged.
    VaultDamaged,
    /// The vault is from a newer version.
    VaultNewer,
    /// Another window has this profile.
    VaultInUse,
    /// The disk is full.
    DiskFull,
    /// The folder cannot be written to.
    ReadOnlyFolder,
    /// No keychain answers, or it does not have the key.
    NoKeychain,
    /// Not a backup of Regie.
    NotABackup,
    /// A backup that is not as it was made.
    BackupDamaged,
    /// Not allowed by the person.
    NoConsent,
    /// Not there (any more).
    NotFound,
    /// More than fits.
    TooLarge,
    /// Not a web address.
    BadLink,
    /// Not at this moment.
    NotNow,
    /// Something unforeseen.
    Internal,
}

impl From<ClientError> for UiError {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Locked => Self::Locked,
            ClientError::WrongPassphrase { wait_seconds } => Self::WrongPassphrase { wait_seconds },
            ClientError::WrongRecoveryCode { wait_seconds } => Self::WrongRecoveryCode { wait_seconds },
            ClientError::TooSoon { wait_seconds } => Self::TooSoon { wait_seconds },
            ClientError::MistypedRecoveryCode => Self::RecoveryCodeMistyped,
            ClientError::WeakPassphrase => Self::WeakPassphrase,
            ClientError::NoKeychain => Self::NoKeychain,
            ClientError::BadLink => Self::BadLink,
            ClientError::NotNow => Self::NotNow,
            ClientError::Malformed => Self::Internal,
            ClientError::Vault(error) => error.into(),
        }
    }
}

impl From<VaultError> for UiError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::WrongPassphrase => Self::WrongPassphrase { wait_seconds: 0 },
            VaultError::WrongRecoveryCode => Self::WrongRecoveryCode { wait_seconds: 0 },
            VaultError::NotInKeychain => Self::NoKeychain,
            VaultError::NotABackup => Self::NotABackup,
            VaultError::BackupDamaged => Self::BackupDamaged,
            VaultError::KeyFileMissing => Self::KeyFileMissing,
            VaultError::KeyFileDamaged => Self::KeyFileDamaged,
            VaultError::VaultMissing => Self::VaultMissing,
            VaultError::VaultDamaged => Self::VaultDamaged,
            VaultError::VaultNewer => Self::VaultNewer,
            VaultError::VaultInUse => Self::VaultInUse,
            VaultError::DiskFull => Self::DiskFull,
            VaultError::ReadOnlyFolder => Self::ReadOnlyFolder,
            VaultError::NoConsent(_) => Self::NoConsent,
            VaultError::NotFound => Self::NotFound,
            VaultError::TooLarge => Self::TooLarge,
            VaultError::VaultExists => Self::NotNow,
            VaultError::Crypto(_) | VaultError::Io(_) | VaultError::Database(_) => {
                tracing::error!(%error, "unforeseen");
                Self::Internal
            }
        }
    }
}

impl From<tauri::Error> for UiError {
    fn from(error: tauri::Error) -> Self {
        tracing::error!(%error, "the window system failed");
        Self::Internal
    }
}
