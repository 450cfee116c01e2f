//! What can go wrong with a vault, each in a way that the person can be told.

use std::io;

use regie_crypto::CryptoError;
use rusqlite::ErrorCode;

/// Every variant leaves what was stored as it was. No variant carries content, a key or a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The passphrase does not open the key file.
    #[error("wrong passphrase")]
    WrongPassphrase,
    /// The recovery code is well formed and does not open the key file.
    #[error("wrong recovery code")]
    WrongRecoveryCode,
    /// The keychain of this computer does not open it (any more).
    #[error("not in the keychain")]
    NotInKeychain,
    /// Not a backup of Regie.
    #[error("not a backup")]
    NotABackup,
    /// A backup that is not as it was made.
    #[error("backup damaged")]
    BackupDamaged,
    /// There is a vault and no key file.
    #[error("key file missing")]
    KeyFileMissing,
    /// Neither copy of the key file can be read.
    #[error("key file damaged")]
    KeyFileDamaged,
    /// There is a key file and no vault.
    #[error("vault missing")]
    VaultMissing,
    /// The key is right and the vault cannot be read.
    #[error("vault damaged")]
    VaultDamaged,
    /// Made by a newer version of the program.
    #[error("vault from a newer version")]
    VaultNewer,
    /// There is a vault already.
    #[error("vault exists")]
    VaultExists,
    /// Another process holds it.
    #[error("vault in use")]
    VaultInUse,
    /// No room left on the disk.
    #[error("disk full")]
    DiskFull,
    /// The folder cannot be written to.
    #[error("folder read-only")]
    ReadOnlyFolder,
    /// The purpose that this rests on is not consented to (any more).
    #[error("no consent for {0}")]
    NoConsent(&'static str),
    /// The purpose that this rests on was consented to in an older version; it rests until it is consented to anew.
    #[error("consent for {0} is to an older version")]
    ConsentOutdated(&'static str),
    /// Nothing has this id.
    #[error("not found")]
    NotFound,
    /// More than may be stored in one piece.
    #[error("too large")]
    TooLarge,
    /// Randomness or key derivation failed.
    #[error(transparent)]
    Crypto(CryptoError),
    /// Another failure of the file system.
    #[error("input or output failed: {0:?}")]
    Io(io::ErrorKind),
    /// Another failure of the database; the number is SQLite's extended result code.
    #[error("database failed: {0}")]
    Database(i32),
}

impl From<io::Error> for VaultError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => Self::ReadOnlyFolder,
            kind => Self::Io(kind),
        }
    }
}

/// SQLite's own messages may quote what a person typed, so only the code is kept.
impl From<rusqlite::Error> for VaultError {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::SqliteFailure(failure, _) => match failure.code {
                ErrorCode::DiskFull => Self::DiskFull,
                // The log's index is laid out before it is used, which fails for want of room alone.
                _ if failure.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE => Self::DiskFull,
                ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied => {
                    Self::ReadOnlyFolder
                }
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::VaultInUse,
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::VaultDamaged,
                ErrorCode::TooBig => Self::TooLarge,
                _ => Self::Database(failure.extended_code),
            },
            rusqlite::Error::QueryReturnedNoRows => Self::NotFound,
            // A value of another type or shape than this program stores.
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..) => Self::VaultDamaged,
            _ => Self::Database(0),
        }
    }
}

impl From<CryptoError> for VaultError {
    fn from(error: CryptoError) -> Self {
        match error {
            CryptoError::Parameters => Self::KeyFileDamaged,
            other => Self::Crypto(other),
        }
    }
}
