//! Small values that belong to the open vault, as JSON by name.

pub(crate) mod record;

use regie_domain::record::Kind;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use crate::{
    Vault, VaultError,
    sync::{base, local::Local},
};

/// Names of settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// Minutes without input after which the vault locks.
    LockAfterMinutes,
    /// Whether the vault locks when the computer goes to sleep or its screen is locked.
    LockAtSleep,
    /// The entry at which writing stopped; its caret stands in its row.
    DiaryPlace,
    /// What the diary offers unasked.
    DiaryOffers,
    /// The newest version of the statement that the person has seen.
    StatementSeen,
    /// Whether the first run has ended.
    FirstRunDone,
    /// The recovery code, kept only until it has been rehearsed.
    RecoveryCode,
    /// The recovery code that is becoming the valid one; left only by a crash.
    NextRecoveryCode,
    /// The day from which the person is offered to check the recovery code.
    RecoveryCheckDue,
    /// The key of the list of deletions.
    DeletionKey,
    /// What was deleted and is not yet on the list outside the vault.
    UnlistedDeletions,
    /// By which day, and up to which entry of the list, local backups are to be cleaned.
    CleaningDue,
    /// Where backups go besides, and when.
    BackupPlan,
    /// Whether anything was written since the last backup.
    ChangedSinceBackup,
    /// Name of the backup that was to be packed after the vault had closed.
    BackupAtLock,
    /// Vault keys that somebody may know: local backups under them are to be replaced.
    ReplacedKeys,
    /// By which rules the search index was made.
    SearchRules,
    /// Up to which entry the search index is complete, while some that came in bulk are not in it yet.
    SearchBehind,
    /// The unfinished file of a copy that goes out; left only by a crash.
    CopyUnderWay,
    /// The account's e-mail address as it was before another device changed it, until that was read.
    AddressBefore,
    /// Which terms of use of a server the person agreed to.
    TermsAgreed,
    /// When the person did, in seconds since 1970.
    TermsAgreedAt,
    /// The newest version of the terms at the server, as it last said.
    TermsThere,
    /// Who gets data from the server, as it last said.
    Recipients,
    /// Whether what a further device needs went with the copy on the server.
    KeysGone,
    /// Entries that came from other devices and were not opened here since.
    CameUnread,
    /// The head that a pairing handed over, until a first sync went through it.
    GivenHead,
    /// The epoch up to whose beginning everything on its way has keys that nobody knows who is out since.
    CarriedEpoch,
    /// The day from which stock is to be taken of what the server keeps of photos and recordings.
    StockDue,
    /// How many of those that the server keeps no device knew, and of how many, as long as the person is asked about it.
    StockAsks,
    /// Whether all photos and recordings are kept on this device; where it was never chosen, computers keep them.
    KeepsOriginals,
    /// Which photos and recordings the server had no room for.
    NoRoom,
    /// The person's language, for their other devices; each device has its own outside the vault too.
    Language,
    /// When to remind of what, for the person's other devices; each device has its own outside the vault too.
    Reminders,
}

impl Setting {
    /// The record that it travels in; as in migrations/0005.sql.
    const fn record(self) -> Option<Kind> {
        match self {
            Self::Language | Self::DiaryOffers | Self::StatementSeen => Some(Kind::Settings),
            Self::Reminders => Some(Kind::Reminders),
            _ => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::LockAfterMinutes => "lock_after_minutes",
            Self::LockAtSleep => "lock_at_sleep",
            Self::DiaryPlace => "diary_place",
            Self::DiaryOffers => "diary_offers",
            Self::StatementSeen => "statement_seen",
            Self::FirstRunDone => "first_run_done",
            Self::RecoveryCode => "recovery_code",
            Self::NextRecoveryCode => "next_recovery_code",
            Self::RecoveryCheckDue => "recovery_check_due",
            Self::DeletionKey => "deletion_key",
            Self::UnlistedDeletions => "unlisted_deletions",
            Self::CleaningDue => "cleaning_due",
            Self::BackupPlan => "backup_plan",
            Self::ChangedSinceBackup => "changed_since_backup",
            Self::BackupAtLock => "backup_at_lock",
            Self::ReplacedKeys => "replaced_keys",
            Self::SearchRules => "search_rules",
            Self::SearchBehind => "search_behind",
            Self::CopyUnderWay => "copy_under_way",
            Self::AddressBefore => "address_before",
            Self::TermsAgreed => "terms_agreed",
            Self::TermsAgreedAt => "terms_agreed_at",
            Self::TermsThere => "terms_there",
            Self::Recipients => "recipients",
            Self::KeysGone => "keys_gone",
            Self::CameUnread => "came_unread",
            Self::GivenHead => "given_head",
            Self::CarriedEpoch => "carried_epoch",
            Self::StockDue => "stock_due",
            Self::StockAsks => "stock_asks",
            Self::KeepsOriginals => "keeps_originals",
            Self::NoRoom => "no_room",
            Self::Language => "language",
            Self::Reminders => "reminders",
        }
    }
}

impl Vault {
    /// The value of a setting; `None` when it was never set.
    ///
    /// # Errors
    /// [`VaultError::VaultDamaged`] when the stored value has another shape.
    pub fn setting<T: DeserializeOwned>(&self, setting: Setting) -> Result<Option<T>, VaultError> {
        get(&self.connection, setting)
    }

    /// Sets a value.
    ///
    /// # Errors
    /// What the database says.
    pub fn set_setting<T: Serialize>(&mut self, setting: Setting, value: &T) -> Result<(), VaultError> {
        self.write(|transaction| put(transaction, setting, value))
    }

    /// Forgets a value, also in the log.
    ///
    /// # Errors
    /// What the database says.
    pub fn clear_setting(&mut self, setting: Setting) -> Result<(), VaultError> {
        self.write(|transaction| remove(transaction, setting))?;
        self.empty_log()
    }
}

/// As [`Vault::setting`], within a transaction too.
pub(crate) fn get<T: DeserializeOwned>(
    connection: &Connection,
    setting: Setting,
) -> Result<Option<T>, VaultError> {
    let stored: Option<Zeroizing<String>> = connection
        .prepare_cached("SELECT value FROM setting WHERE name = ?1")?
        .query_row([setting.name()], |row| row.get(0).map(Zeroizing::new))
        .optional()?;
    stored
        .map(|json| serde_json::from_str(&json))
        .transpose()
        .map_err(|_| VaultError::VaultDamaged)
}

/// Sets a value within a transaction.
pub(crate) fn put<T: Serialize>(
    transaction: &Transaction<'_>,
    setting: Setting,
    value: &T,
) -> Result<(), VaultError> {
    let json = serde_json::to_string(value)
        .map(Zeroizing::new)
        .map_err(|_| VaultError::TooLarge)?;
    keep_base(transaction, setting)?;
    transaction
        .prepare_cached(
            "INSERT INTO setting (name, value) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )?
        .execute(params![setting.name(), json.as_str()])?;
    Ok(())
}

/// Forgets a value within a transaction.
pub(crate) fn remove(transaction: &Transaction<'_>, setting: Setting) -> Result<(), VaultError> {
    keep_base(transaction, setting)?;
    transaction.execute("DELETE FROM setting WHERE name = ?1", [setting.name()])?;
    Ok(())
}

fn keep_base(transaction: &Transaction<'_>, setting: Setting) -> Result<(), VaultError> {
    match setting.record() {
        Some(kind) => base::keep(transaction, kind, &Local::only()),
        None => Ok(()),
    }
}
