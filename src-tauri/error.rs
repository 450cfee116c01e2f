//! What the window is told when a command fails; it has the words for each code.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use regie_client::{AccountError, AttachmentError, ClientError};
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
    /// Allowed by the person under a text that has changed since.
    ConsentOutdated,
    /// Not there (any more).
    NotFound,
    /// More than fits.
    TooLarge,
    /// Not a web address.
    BadLink,
    /// Not the public key of a recipient.
    BadRecipient,
    /// The person stopped it, or locking did.
    Stopped,
    /// Nothing that can be a name.
    BadName,
    /// Somebody here has that name.
    NameTaken,
    /// Not at this moment.
    NotNow,
    /// Something with the account or its server.
    Account { why: AccountError },
    /// A file that is not taken as a photo or recording.
    Attachment { why: AttachmentError },
    /// Something unforeseen.
    Internal,
}

impl From<ClientError> for UiError {
    fn from(error: ClientError) -> Self {
        let told = match error {
            ClientError::Locked => Self::Locked,
            ClientError::WrongPassphrase { wait_seconds } => Self::WrongPassphrase { wait_seconds },
            ClientError::WrongRecoveryCode { wait_seconds } => Self::WrongRecoveryCode { wait_seconds },
            ClientError::TooSoon { wait_seconds } => Self::TooSoon { wait_seconds },
            ClientError::MistypedRecoveryCode => Self::RecoveryCodeMistyped,
            ClientError::WeakPassphrase => Self::WeakPassphrase,
            ClientError::NoKeychain => Self::NoKeychain,
            ClientError::BadLink => Self::BadLink,
            ClientError::BadRecipient => Self::BadRecipient,
            ClientError::Stopped => Self::Stopped,
            ClientError::BadName => Self::BadName,
            ClientError::NameTaken => Self::NameTaken,
            ClientError::NotNow => Self::NotNow,
            ClientError::Malformed => Self::Internal,
            ClientError::Account(why) => Self::Account { why },
            ClientError::Attachment(why) => Self::Attachment { why },
            ClientError::Vault(error) => error.into(),
        };
        told.note();
        told
    }
}

/// Codes of faults since the start, each with how often. In memory only.
static SEEN: Mutex<BTreeMap<String, u32>> = Mutex::new(BTreeMap::new());

/// What went wrong since the start, for the report.
pub(crate) fn seen() -> Vec<(String, u32)> {
    let seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    seen.iter().map(|(code, times)| (code.clone(), *times)).collect()
}

impl UiError {
    /// Counts a fault. What a person typed wrong is none, and nobody's business.
    fn note(&self) {
        if matches!(
            self,
            Self::Locked
                | Self::WrongPassphrase { .. }
                | Self::TooSoon { .. }
                | Self::RecoveryCodeMistyped
                | Self::WrongRecoveryCode { .. }
                | Self::WeakPassphrase
                | Self::BadLink
                | Self::BadRecipient
                | Self::Stopped
                | Self::BadName
                | Self::NameTaken
                | Self::Attachment { .. }
        ) || matches!(self, Self::Account { why } if !matches!(why, AccountError::BadAnswer | AccountError::Refused))
        {
            return;
        }
        let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
        let times = seen.entry(format!("{self:?}")).or_default();
        *times = times.saturating_add(1);
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
            VaultError::ConsentOutdated(_) => Self::ConsentOutdated,
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
        Self::Internal.note();
        Self::Internal
    }
}
