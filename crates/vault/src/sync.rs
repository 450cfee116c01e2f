//! What the vault keeps so that devices of one account can agree: which record is known under which id, what changed since,
//! what was last agreed on, and the head that vouches for the whole set (docs/adr/0014).
//!
//! Nothing of it is there before the copy is wanted ([`Vault::begin_sync`]). From then on each write of what travels marks its
//! record as changed: by triggers (migrations/0005.sql), so that no write can forget to, but for what is added, which [`base::added`] marks. What two devices agreed on is kept
//! from the first change until the other devices know it ([`base::keep`]).

mod arriving;
mod aside;
mod asked;
pub(crate) mod base;
mod chain;
mod fresh;
pub(crate) mod local;
mod outbox;
mod rows;
mod whole;

#[cfg(test)]
mod tests;

use std::path::Path;

use chrono::NaiveDate;
use regie_domain::record::{AnyRecord, Kind};
use regie_protocol::{
    purpose::CopyOnServer,
    sync::{EnvelopeHash, RecordId, Revision},
};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::{
    Vault, VaultError, attachment,
    consent::Consent,
    deletion::Erasing,
    settings::{self, Setting},
};

pub use arriving::{Arrived, Here, Mine, OnItsWay, Outcome};
pub use aside::Aside;
pub use asked::Asked;
pub use base::Originals;
pub use chain::{HASHES, Head};
pub use outbox::{Change, Naming, NewPush, Pushed, Room, StoredPush, What};
pub(crate) use outbox::{confirm_deletion, mark_changed_kind as mark};
pub(crate) use rows::{Row, there};

/// A record or tombstone that other devices know, in the writing that they know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Which one.
    pub id: RecordId,
    /// Number of its kind; also that of a newer program's.
    pub kind: u16,
    /// Which writing.
    pub revision: Revision,
    /// Its envelope.
    pub hash: EnvelopeHash,
    /// The envelope that it was made from.
    pub parent: Option<EnvelopeHash>,
    /// Whether it is a tombstone.
    pub deleted: bool,
}

/// How many records of a kind other devices know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// Number of the kind.
    pub kind: u16,
    /// Records.
    pub live: u32,
    /// Tombstones.
    pub deleted: u32,
}

/// One transaction of syncing: whatever is done by it happens as one, or not at all.
pub struct Syncing<'a> {
    transaction: &'a Transaction<'a>,
    erasing: Erasing,
    /// Whether rows are being written that other devices know already.
    quiet: bool,
    /// Whether tags may be unused now.
    tags: bool,
    /// What came, is new here, and has no row yet.
    fresh: Vec<AnyRecord>,
    /// Places of entries that are not indexed yet.
    unindexed: Vec<i64>,
    /// Attachments that other devices deleted.
    let_go: Vec<[u8; 16]>,
    /// The number that the next request bears.
    number: Option<u64>,
}

impl Vault {
    /// From here on records are kept ready for other devices; all that is here waits to be pushed. Nothing happens when it was
    /// so already.
    ///
    /// # Errors
    /// [`VaultError::NoConsent`]; what the database says.
    pub fn begin_sync(&mut self, consent: &Consent<CopyOnServer>) -> Result<(), VaultError> {
        self.write(|transaction| {
            consent.check(transaction)?;
            if is_on(transaction)? {
                return Ok(());
            }
            transaction.execute(
                "INSERT INTO sync_state (one, marks, unchecked) VALUES (1, 1, 0)",
                [],
            )?;
            outbox::mark_all(transaction)
        })
    }

    /// Whether records are kept ready for other devices.
    ///
    /// # Errors
    /// What the database says.
    pub fn is_synced(&self) -> Result<bool, VaultError> {
        is_on(&self.connection)
    }

    /// Forgets everything about syncing, also in the log, and nothing that was written: the account was left, or is another.
    ///
    /// # Errors
    /// What the database says.
    pub fn forget_sync(&mut self) -> Result<(), VaultError> {
        if !self.is_synced()? {
            return Ok(());
        }
        self.write(|transaction| {
            // What refers to others goes first.
            for table in TABLES {
                transaction.execute(&format!("DELETE FROM {table}"), [])?;
            }
            for setting in [
                Setting::CarriedEpoch,
                Setting::StockDue,
                Setting::StockAsks,
                Setting::NoRoom,
            ] {
                settings::remove(transaction, setting)?;
            }
            attachment::file::forget_server(transaction)
        })?;
        self.empty_log()
    }

    /// Does some syncing in one transaction: all of it, or nothing. What others deleted goes as if it had been deleted here:
    /// onto the list outside the vault, with the promise by when backups are cleaned of it.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] where nothing is synced; what `work`, the database or the file system says.
    pub fn sync<T, E: From<VaultError>>(
        &mut self,
        (list, clean_by): (&Path, NaiveDate),
        work: impl FnOnce(&mut Syncing<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let erasing = self.erasing(Some((list, clean_by)))?.leaving_unnamed();
        let (done, number, erased) = self.write_or(|transaction| {
            if !is_on(transaction)? {
                return Err(VaultError::NotFound.into());
            }
            let mut syncing = Syncing {
                transaction,
                erasing,
                quiet: false,
                tags: false,
                fresh: Vec::new(),
                unindexed: Vec::new(),
                let_go: Vec::new(),
                number: None,
            };
            let done = work(&mut syncing)?;
            Ok::<_, E>((done, syncing.number, syncing.end()?))
        })?;
        self.numbered = number.or(self.numbered);
        if erased > 0 {
            self.list_deletions(list)?;
        }
        Ok(done)
    }

    /// Deletes attachments that no entry names, as after a merge in which both devices took out another of two names. To be called
    /// when everything that came is written. Nothing happens while anything is not verified, or waits for a newer program or an
    /// answer: it may be the entry that names one.
    ///
    /// # Errors
    /// What the database or the file system says.
    pub fn delete_unnamed(&mut self, list: (&Path, NaiveDate)) -> Result<(), VaultError> {
        let unnamed = attachment::unnamed(&self.connection)?;
        if unnamed.is_empty() || !self.is_all_known()? {
            return Ok(());
        }
        let mut erasing = self.erasing(Some(list))?;
        self.write(|transaction| {
            for id in unnamed {
                erasing.erase_attachment(transaction, id)?;
            }
            erasing.end(transaction)
        })?;
        self.list_deletions(list.0)
    }

    /// Whether everything that came is verified and written; what waits for a newer program or an answer is not.
    ///
    /// # Errors
    /// What the database says.
    pub fn is_all_known(&self) -> Result<bool, VaultError> {
        Ok(self
            .connection
            .prepare_cached(
                "SELECT NOT EXISTS (SELECT 1 FROM sync_aside) AND NOT EXISTS (SELECT 1 FROM sync_later)
                     AND NOT EXISTS (SELECT 1 FROM sync_state WHERE unchecked = 1)",
            )?
            .query_row([], |row| row.get(0))?)
    }

    /// What other devices know of a record.
    ///
    /// # Errors
    /// What the database says.
    pub fn known(&self, id: RecordId) -> Result<Option<Known>, VaultError> {
        known(&self.connection, id)
    }

    /// Goes through everything that other devices know, tombstones too, in order of the ids: for a sum from the rows
    /// themselves.
    ///
    /// # Errors
    /// What the database or `each` says.
    pub fn each_known<E: From<VaultError>>(
        &self,
        each: impl FnMut(&Known) -> Result<(), E>,
    ) -> Result<(), E> {
        each_known(&self.connection, each)
    }

    /// How many records of each kind other devices know: what the server holds of this device.
    ///
    /// # Errors
    /// What the database says.
    pub fn synced_counts(&self) -> Result<Vec<Count>, VaultError> {
        let mut query = self.connection.prepare_cached(
            "SELECT kind, count(*) - sum(deleted), sum(deleted) FROM sync_record GROUP BY kind ORDER BY kind",
        )?;
        let rows = query.query_map([], |row| {
            Ok(Count {
                kind: row.get(0)?,
                live: row.get(1)?,
                deleted: row.get(2)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What the engine last wrote down of where it is.
    ///
    /// # Errors
    /// What the database says.
    pub fn sync_progress(&self) -> Result<Option<Vec<u8>>, VaultError> {
        let progress = self
            .connection
            .prepare_cached("SELECT progress FROM sync_state")?
            .query_row([], |row| row.get::<_, Option<Vec<u8>>>(0))
            .optional()?;
        Ok(progress.flatten())
    }
}

impl Syncing<'_> {
    /// Writes down where the engine is.
    ///
    /// # Errors
    /// What the database says.
    pub fn set_progress(&mut self, progress: &[u8]) -> Result<(), VaultError> {
        self.transaction
            .prepare_cached("UPDATE sync_state SET progress = ?1")?
            .execute([progress])?;
        Ok(())
    }

    /// As [`Vault::known`].
    ///
    /// # Errors
    /// What the database says.
    pub fn known(&self, id: RecordId) -> Result<Option<Known>, VaultError> {
        known(self.transaction, id)
    }

    /// As [`Vault::each_known`].
    ///
    /// # Errors
    /// What the database or `each` says.
    pub fn each_known<E: From<VaultError>>(
        &self,
        each: impl FnMut(&Known) -> Result<(), E>,
    ) -> Result<(), E> {
        each_known(self.transaction, each)
    }

    /// Writes without marking: what is written now the other devices know.
    fn quietly(&mut self) -> Result<(), VaultError> {
        if !self.quiet {
            self.transaction.execute("UPDATE sync_state SET marks = 0", [])?;
            self.quiet = true;
        }
        Ok(())
    }

    /// How many records went for good.
    fn end(mut self) -> Result<usize, VaultError> {
        self.index_fresh()?;
        for id in std::mem::take(&mut self.let_go) {
            attachment::gone_elsewhere(self.transaction, &mut self.erasing, id)?;
        }
        if self.tags {
            crate::diary::forget_unused_tags(self.transaction)?;
        }
        let erased = self.erasing.end(self.transaction)?.count;
        if self.quiet {
            self.transaction.execute("UPDATE sync_state SET marks = 1", [])?;
        }
        Ok(erased)
    }
}

/// All tables of syncing, those that refer to others first.
const TABLES: [&str; 11] = [
    "sync_base",
    "sync_original",
    "sync_later",
    "sync_change",
    "sync_push_record",
    "sync_push",
    "sync_aside",
    "sync_header",
    "sync_roll",
    "sync_record",
    "sync_state",
];

const KNOWN: &str = "SELECT id, kind, revision, hash, parent, deleted FROM sync_record";

pub(crate) fn is_on(connection: &Connection) -> Result<bool, VaultError> {
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM sync_state)")?
        .query_row([], |row| row.get(0))?)
}

fn known(connection: &Connection, id: RecordId) -> Result<Option<Known>, VaultError> {
    let mut query = connection.prepare_cached(&format!("{KNOWN} WHERE id = ?1"))?;
    let mut rows = query.query_and_then([id.0], read_known)?;
    rows.next().transpose()
}

fn each_known<E: From<VaultError>>(
    connection: &Connection,
    mut each: impl FnMut(&Known) -> Result<(), E>,
) -> Result<(), E> {
    let mut query = connection
        .prepare(&format!("{KNOWN} ORDER BY id"))
        .map_err(VaultError::from)?;
    let mut rows = query.query([]).map_err(VaultError::from)?;
    while let Some(row) = rows.next().map_err(VaultError::from)? {
        each(&read_known(row)?)?;
    }
    Ok(())
}

fn read_known(row: &rusqlite::Row<'_>) -> Result<Known, VaultError> {
    read_known_at(row, 0)
}

/// From columns that begin at `first`.
fn read_known_at(row: &rusqlite::Row<'_>, first: usize) -> Result<Known, VaultError> {
    Ok(Known {
        id: RecordId(row.get(first)?),
        kind: row.get(first + 1)?,
        revision: Revision(row.get(first + 2)?),
        hash: EnvelopeHash(row.get(first + 3)?),
        parent: parent(row, first + 4)?,
        deleted: row.get(first + 5)?,
    })
}

fn parent(row: &rusqlite::Row<'_>, column: usize) -> Result<Option<EnvelopeHash>, VaultError> {
    let bytes: Vec<u8> = row.get(column)?;
    match bytes.as_slice() {
        [] => Ok(None),
        bytes => bytes
            .try_into()
            .map(|hash| Some(EnvelopeHash(hash)))
            .map_err(|_| VaultError::VaultDamaged),
    }
}

fn parent_bytes(parent: Option<&EnvelopeHash>) -> &[u8] {
    parent.map_or(&[], |hash| &hash.0)
}

/// Notes which writing of a record the other devices know, and which row it is here.
fn put_known(
    transaction: &Transaction<'_>,
    known: &Known,
    local: Option<&local::Local>,
) -> Result<(), VaultError> {
    transaction
        .prepare_cached(
            "INSERT INTO sync_record (id, kind, local, revision, hash, parent, deleted)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, local = excluded.local, revision = excluded.revision,
                 hash = excluded.hash, parent = excluded.parent, deleted = excluded.deleted",
        )?
        .execute(params![
            known.id.0,
            known.kind,
            local,
            known.revision.0,
            known.hash.0,
            parent_bytes(known.parent.as_ref()),
            known.deleted
        ])?;
    Ok(())
}

/// The kind of a number that this program wrote.
fn own_kind(number: u16) -> Result<Kind, VaultError> {
    Kind::of(number).ok_or(VaultError::VaultDamaged)
}
