//! What was deleted stays deleted: also in backups, and after a restore.
//!
//! A list outside the vault holds one keyed hash per deleted record. The key lies in the vault, so that to anybody else
//! the list is noise. A restore applies it, and a local backup can be cleaned by it.

use std::collections::HashSet;
use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use chrono::{DateTime, NaiveDate, Utc};
use regie_crypto::Key;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{
    Vault, VaultError,
    attachment::{self, recording},
    database, diary, files, restriction, search,
    settings::{self, Setting},
    sync,
};

const HASH_BYTES: usize = 32;

type Hash = [u8; HASH_BYTES];

/// The list of what was deleted, in the order in which it was.
#[derive(Clone, Debug, Default)]
pub struct Deletions {
    listed: Vec<Hash>,
    all: HashSet<Hash>,
}

/// Up to where a copy knows the list: how many deletions, and the last of them. Another computer has another list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    count: u64,
    last: String,
}

impl Deletions {
    /// Reads the list; a piece of a hash that a power cut left at its end is passed over.
    ///
    /// # Errors
    /// What the file system says; a list that is not there is empty.
    pub fn load(path: &Path) -> Result<Self, VaultError> {
        if !path.exists() {
            return Ok(Self::default());
        }
        let bytes = fs::read(path)?;
        let (hashes, _) = bytes.as_chunks::<HASH_BYTES>();
        Ok(Self {
            listed: hashes.to_vec(),
            all: hashes.iter().copied().collect(),
        })
    }

    /// How many deletions there are.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.listed.len() as u64
    }

    /// The end of the list.
    #[must_use]
    pub fn mark(&self) -> Mark {
        let last = self.listed.last();
        Mark {
            count: self.count(),
            last: last
                .map(|hash| data_encoding::HEXLOWER.encode(hash))
                .unwrap_or_default(),
        }
    }

    /// How many deletions of this list a copy with this mark knows.
    #[must_use]
    pub fn known_at(&self, mark: &Mark) -> u64 {
        let place = usize::try_from(mark.count)
            .ok()
            .and_then(|count| count.checked_sub(1));
        let there = place.and_then(|place| self.listed.get(place));
        let same = there.is_some_and(|hash| data_encoding::HEXLOWER.encode(hash) == mark.last);
        if same { mark.count } else { 0 }
    }

    /// Adds hashes to the list; they are on the disk when it returns, or the list is as it was.
    fn append(path: &Path, hashes: &[Hash]) -> Result<(), VaultError> {
        let new = !path.exists();
        let mut file = files::open_private(path)?;
        let length = file.metadata()?.len();
        let whole = length - length % HASH_BYTES as u64;
        file.set_len(whole)?;
        file.seek(SeekFrom::Start(whole))?;
        let written = file
            .write_all(hashes.as_flattened())
            .and_then(|()| file.sync_all());
        if written.is_err() {
            // The first failure is the one to tell; a piece that stays is noise.
            let _ = file.set_len(whole);
        }
        written?;
        if new && let Some(folder) = path.parent() {
            files::sync_folder(folder)?;
        }
        Ok(())
    }
}

/// What was deleted for good, for whoever asks for single records.
pub struct Gone {
    key: Zeroizing<[u8; 32]>,
    hashes: HashSet<Hash>,
}

impl Gone {
    pub(crate) fn holds(&self, id: &Id) -> bool {
        !self.hashes.is_empty() && self.hashes.contains(&hash(&self.key, *id))
    }
}

/// A promise about backups: by when they are cleaned, up to which entry of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// The last day on which they may hold it.
    pub day: NaiveDate,
    /// How many deletions of the list they know by then.
    pub count: u64,
}

/// A kind of record that a person can delete as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Entries of the diary.
    Entries,
    /// Checks.
    Checks,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Entries, Self::Checks];

    /// Its store in the data map.
    #[must_use]
    pub const fn store(self) -> &'static str {
        match self {
            Self::Entries => "diary_entry",
            Self::Checks => "meter_run",
        }
    }

    /// The day under which a record is shown, as a person would say it; a check that waits lies on the day of its begin.
    const fn day(self) -> &'static str {
        match self {
            Self::Entries => "date(written_ms / 1000 + written_offset_s, 'unixepoch')",
            Self::Checks => {
                "date(coalesce(finished_ms, started_ms) / 1000 + coalesce(finished_offset_s, started_offset_s), 'unixepoch')"
            }
        }
    }
}

/// Days from the first to the last, both included; an open end has no bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// The first day.
    pub from: Option<NaiveDate>,
    /// The last day.
    pub to: Option<NaiveDate>,
}

impl Period {
    pub(crate) fn bounds(self) -> (String, String) {
        let text = |day: Option<NaiveDate>, open: &str| day.map_or(open.to_owned(), |day| day.to_string());
        (text(self.from, "0000-01-01"), text(self.to, "9999-12-31"))
    }
}

type Id = [u8; 16];

impl Vault {
    /// How many rows a table has; `None` for a search index, which only repeats what stands elsewhere.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] for a name that is no table's, or what the database says.
    pub fn count_rows(&self, table: &str) -> Result<Option<u32>, VaultError> {
        let kind: String = self.connection.query_row(
            "SELECT type FROM pragma_table_list WHERE schema = 'main' AND name = ?1",
            [table],
            |row| row.get(0),
        )?;
        if kind == "virtual" {
            return Ok(None);
        }
        // The name is one of the schema's own by now.
        let records = Kind::ALL.iter().any(|kind| kind.store() == table);
        let living = if records { " WHERE deleted_ms IS NULL" } else { "" };
        let count = format!("SELECT count(*) FROM \"{table}\"{living}");
        Ok(Some(self.connection.query_row(&count, [], |row| row.get(0))?))
    }

    /// How many records of a kind lie in a period.
    ///
    /// # Errors
    /// What the database says.
    pub fn count_in_period(&self, kind: Kind, period: Period) -> Result<u32, VaultError> {
        let (table, day) = (kind.store(), kind.day());
        let (from, to) = period.bounds();
        Ok(self.connection.query_row(
            &format!("SELECT count(*) FROM {table} WHERE deleted_ms IS NULL AND {day} BETWEEN ?1 AND ?2"),
            params![from, to],
            |row| row.get(0),
        )?)
    }

    /// Deletes all records of these kinds in a period, for good, in one transaction with the promise by when backups
    /// are cleaned of them. Returns how many they were. [`Vault::list_deletions`] is to follow.
    ///
    /// # Errors
    /// What the database or the file system says; nothing was deleted then.
    pub fn delete_period(
        &mut self,
        kinds: &[Kind],
        period: Period,
        list: &Path,
        clean_by: NaiveDate,
    ) -> Result<u32, VaultError> {
        let (from, to) = period.bounds();
        let mut doomed: Vec<(Kind, Id)> = Vec::new();
        for &kind in kinds {
            let (table, day) = (kind.store(), kind.day());
            let sql = format!("SELECT id FROM {table} WHERE {day} BETWEEN ?1 AND ?2");
            let mut query = self.connection.prepare(&sql)?;
            let ids = query.query_map(params![from, to], |row| row.get(0))?;
            for id in ids {
                doomed.push((kind, id?));
            }
        }
        // What is being said is to become an entry, or part of one.
        let said = match kinds.contains(&Kind::Entries) {
            true => recording::id_in(&self.connection, period)?,
            false => None,
        };
        let gone = self.erase_confirmed(&doomed, (list, clean_by), |_| Ok(()))?;
        if let Some(id) = said {
            self.erase_recording(Uuid::from_bytes(id), list, clean_by)?;
        }
        Ok(gone)
    }

    /// Erases what the person said yes to as a whole: other devices hear that it was one deletion, of so many.
    pub(crate) fn erase_confirmed(
        &mut self,
        doomed: &[(Kind, Id)],
        list: (&Path, NaiveDate),
        also: impl FnOnce(&Transaction<'_>) -> Result<(), VaultError>,
    ) -> Result<u32, VaultError> {
        let deletion = regie_crypto::make_random::<16>()?;
        self.erase_with(doomed, Some(list), |transaction, attachments| {
            sync::confirm_deletion(transaction, deletion, doomed, attachments)?;
            also(transaction)
        })
    }

    /// Makes deletions up to a moment final: overwritten in the database and gone from the log, and known to the list
    /// outside the vault.
    ///
    /// # Errors
    /// What the database or the file system says; it can be tried again.
    pub fn finish_deletions(
        &mut self,
        until: DateTime<Utc>,
        list: &Path,
        clean_by: NaiveDate,
    ) -> Result<(), VaultError> {
        let until_ms = until.timestamp_millis();
        let mut doomed: Vec<(Kind, Id)> = Vec::new();
        for kind in Kind::ALL {
            let sql = match kind {
                Kind::Entries => "SELECT id FROM diary_entry WHERE deleted_ms <= ?1",
                Kind::Checks => "SELECT id FROM meter_run WHERE deleted_ms <= ?1",
            };
            let mut query = self.connection.prepare_cached(sql)?;
            let ids = query.query_map([until_ms], |row| row.get(0))?;
            for id in ids {
                doomed.push((kind, id?));
            }
        }
        if !doomed.is_empty() || attachment::waits_to_go(&self.connection, until)? {
            let mut erasing = self.erasing(Some((list, clean_by)))?;
            self.write(|transaction| {
                for id in attachment::let_go_until(transaction, until)? {
                    erasing.let_go(id);
                }
                for (kind, id) in &doomed {
                    erasing.erase(transaction, *kind, *id)?;
                }
                erasing.end(transaction)
            })?;
        }
        self.list_deletions(list)
    }

    /// Writes onto the list what was deleted, and only that: the list must never name what lives. Until it is there, the
    /// vault keeps it, in the transaction that deleted.
    ///
    /// # Errors
    /// What the database or the file system says; it can be tried again.
    pub fn list_deletions(&mut self, list: &Path) -> Result<(), VaultError> {
        let unlisted = unlisted(&self.connection)?;
        // While an earlier state is read the log still holds what was deleted: it is done when that has ended.
        if unlisted.is_empty() || self.is_read() {
            self.empty_log_at_last()?;
            return self.unlink_unread();
        }
        if !Deletions::load(list)?.listed.ends_with(&unlisted) {
            Deletions::append(list, &unlisted)?;
        }
        database::checkpoint(&self.connection)?;
        self.write(|transaction| settings::remove(transaction, Setting::UnlistedDeletions))?;
        self.unlink_leaving()
    }

    /// Files whose keys are gone go when nobody reads an earlier state any more, in which the keys still are.
    pub(crate) fn unlink_unread(&mut self) -> Result<(), VaultError> {
        if self.is_read() {
            Ok(())
        } else {
            self.unlink_leaving()
        }
    }

    /// By when backups are to be cleaned, of what.
    ///
    /// # Errors
    /// What the database says.
    pub fn cleaning_due(&self) -> Result<Vec<Due>, VaultError> {
        Ok(self.setting(Setting::CleaningDue)?.unwrap_or_default())
    }

    /// Promises that backups are cleaned of all that is listed, by a day.
    ///
    /// # Errors
    /// What the database or the file system says.
    pub fn promise_cleaning(&mut self, day: NaiveDate, list: &Deletions) -> Result<(), VaultError> {
        let count = list.count();
        self.write(|transaction| put_due(transaction, Due { day, count }))
    }

    /// Deletes what the list names.
    ///
    /// # Errors
    /// What the database says.
    pub fn apply_deletions(&mut self, deletions: &Deletions) -> Result<u32, VaultError> {
        let Some(key) = self.deletion_key()? else {
            return Ok(0);
        };
        let mut doomed: Vec<(Kind, Id)> = Vec::new();
        for kind in Kind::ALL {
            let mut query = self
                .connection
                .prepare(&format!("SELECT id FROM {}", kind.store()))?;
            let ids = query.query_map([], |row| row.get(0))?;
            for id in ids {
                let id: Id = id?;
                if deletions.all.contains(&hash(&key, id)) {
                    doomed.push((kind, id));
                }
            }
        }
        let mut listed = attachment::all_ids(&self.connection)?;
        listed.retain(|id| deletions.all.contains(&hash(&key, *id)));
        let said = recording::id(&self.connection)?.filter(|id| deletions.all.contains(&hash(&key, *id)));
        if doomed.is_empty() && listed.is_empty() && said.is_none() {
            return Ok(0);
        }
        let mut erasing = self.erasing(None)?;
        self.write(|transaction| {
            if let Some(id) = said {
                erasing.erase_recording(transaction, id)?;
            }
            for id in listed {
                erasing.erase_attachment(transaction, id)?;
            }
            for (kind, id) in &doomed {
                erasing.erase(transaction, *kind, *id)?;
            }
            erasing.end(transaction)
        })?;
        self.empty_log()?;
        self.unlink_unread()?;
        Ok(u32::try_from(doomed.len()).unwrap_or(u32::MAX))
    }

    /// What was deleted for good, on the list or on its way there.
    ///
    /// # Errors
    /// What the database or the file system says.
    pub fn gone(&self, list: &Path) -> Result<Gone, VaultError> {
        let key = self.deletion_key()?.ok_or(VaultError::VaultDamaged)?;
        let mut hashes = Deletions::load(list)?.all;
        hashes.extend(unlisted(&self.connection)?);
        Ok(Gone { key, hashes })
    }

    /// Records go for good by [`Erasing`] alone. With a list they stand in the vault until they are on it; `also` happens in the same
    /// transaction, and hears which attachments went along.
    pub(crate) fn erase_with(
        &mut self,
        doomed: &[(Kind, Id)],
        list: Option<(&Path, NaiveDate)>,
        also: impl FnOnce(&Transaction<'_>, &[Id]) -> Result<(), VaultError>,
    ) -> Result<u32, VaultError> {
        let mut erasing = self.erasing(list)?;
        self.write(|transaction| {
            for (kind, id) in doomed {
                erasing.erase(transaction, *kind, *id)?;
            }
            let attachments = erasing.end(transaction)?.attachments;
            also(transaction, &attachments)
        })?;
        if list.is_none() {
            self.empty_log()?;
            self.unlink_unread()?;
        }
        Ok(u32::try_from(doomed.len()).unwrap_or(u32::MAX))
    }

    /// Begins erasing: with a list, what goes is told to it.
    pub(crate) fn erasing(&self, list: Option<(&Path, NaiveDate)>) -> Result<Erasing, VaultError> {
        let told = list.map(|(list, day)| -> Result<_, VaultError> {
            Ok(Told {
                key: self.deletion_key()?.ok_or(VaultError::VaultDamaged)?,
                listed: Deletions::load(list)?.count(),
                day,
                hashes: Vec::new(),
            })
        });
        Ok(Erasing {
            told: told.transpose()?,
            places: Vec::new(),
            erased: 0,
            let_go: Vec::new(),
            attachments: Vec::new(),
            keeps_unnamed: false,
        })
    }

    /// The key of the list; made when the vault is first opened by a program that knows lists.
    pub(crate) fn ensure_deletion_key(&mut self) -> Result<(), VaultError> {
        if self.deletion_key()?.is_none() {
            let hex = Zeroizing::new(data_encoding::HEXLOWER.encode(Key::make_random()?.expose()));
            self.write(|transaction| settings::put(transaction, Setting::DeletionKey, &*hex))?;
        }
        Ok(())
    }

    fn deletion_key(&self) -> Result<Option<Zeroizing<[u8; 32]>>, VaultError> {
        let stored: Option<Zeroizing<String>> = self.setting(Setting::DeletionKey)?;
        let decode = |hex: Zeroizing<String>| {
            let bytes = data_encoding::HEXLOWER.decode(hex.as_bytes()).map(Zeroizing::new);
            let bytes = bytes.ok().and_then(|bytes| bytes.as_slice().try_into().ok());
            bytes.map(Zeroizing::new).ok_or(VaultError::VaultDamaged)
        };
        stored.map(decode).transpose()
    }
}

/// Records that are going for good, within one transaction.
pub(crate) struct Erasing {
    told: Option<Told>,
    places: Vec<i64>,
    erased: usize,
    /// Attachments of which a name goes.
    let_go: Vec<Id>,
    /// Those that went.
    attachments: Vec<Id>,
    /// Whether those that nobody names any more stay: the entry that names one may be on its way.
    keeps_unnamed: bool,
}

/// What went.
#[derive(Debug, Default)]
pub(crate) struct Erased {
    /// Everything.
    pub(crate) count: usize,
    /// The attachments in it.
    attachments: Vec<Id>,
}

/// What the list is going to be told.
struct Told {
    key: Zeroizing<[u8; 32]>,
    listed: u64,
    day: NaiveDate,
    hashes: Vec<Hash>,
}

impl Erasing {
    /// One record, with its mark of being on hold.
    pub(crate) fn erase(
        &mut self,
        transaction: &Transaction<'_>,
        kind: Kind,
        id: Id,
    ) -> Result<(), VaultError> {
        if kind == Kind::Entries && !self.keeps_unnamed {
            self.let_go.append(&mut attachment::ids_of(transaction, id)?);
        }
        let sql = match kind {
            Kind::Entries => "DELETE FROM diary_entry WHERE id = ?1 RETURNING place",
            Kind::Checks => "DELETE FROM meter_run WHERE id = ?1 RETURNING place",
        };
        let place: Option<Option<i64>> = transaction
            .prepare_cached(sql)?
            .query_row([id], |row| row.get(0))
            .optional()?;
        self.places.extend(place.flatten());
        restriction::forget(transaction, &id)?;
        if let Some(told) = &mut self.told {
            told.hashes.push(hash(&told.key, id));
        }
        self.erased += 1;
        Ok(())
    }

    /// Attachments that nobody names any more stay until [`Vault::delete_unnamed`].
    pub(crate) fn leaving_unnamed(self) -> Self {
        Self {
            keeps_unnamed: true,
            ..self
        }
    }

    /// An attachment lost a name; without any other it goes.
    pub(crate) fn let_go(&mut self, id: Id) {
        self.let_go.push(id);
    }

    /// An attachment, with whatever names it.
    pub(crate) fn erase_attachment(
        &mut self,
        transaction: &Transaction<'_>,
        id: Id,
    ) -> Result<(), VaultError> {
        if attachment::erase(transaction, id)? {
            if let Some(told) = &mut self.told {
                told.hashes.push(hash(&told.key, id));
            }
            self.attachments.push(id);
            self.erased += 1;
        }
        Ok(())
    }

    /// A recording that became an attachment, or was thrown away.
    pub(crate) fn erase_recording(
        &mut self,
        transaction: &Transaction<'_>,
        id: Id,
    ) -> Result<(), VaultError> {
        if recording::erase(transaction, id)? {
            if let Some(told) = &mut self.told {
                told.hashes.push(hash(&told.key, id));
            }
            self.erased += 1;
        }
        Ok(())
    }

    /// Takes what was erased so far out of the index. To be called before anything is written that may get one of its places.
    pub(crate) fn unindex(&mut self, transaction: &Transaction<'_>) -> Result<(), VaultError> {
        self.places
            .drain(..)
            .try_for_each(|place| search::remove(transaction, place))
    }

    /// What goes with all of them. Those that the list is told stand in the vault until they are on it.
    pub(crate) fn end(mut self, transaction: &Transaction<'_>) -> Result<Erased, VaultError> {
        for id in std::mem::take(&mut self.let_go) {
            if !attachment::is_named(transaction, id)? {
                self.erase_attachment(transaction, id)?;
            }
        }
        if self.erased == 0 {
            return Ok(Erased::default());
        }
        if let Some(told) = self.told.take() {
            let unlisted = [unlisted(transaction)?, told.hashes].concat();
            let count = told.listed.saturating_add(unlisted.len() as u64);
            let hex = data_encoding::HEXLOWER.encode(unlisted.as_flattened());
            settings::put(transaction, Setting::UnlistedDeletions, &hex)?;
            put_due(transaction, Due { day: told.day, count })?;
        }
        diary::forget_unused_tags(transaction)?;
        self.unindex(transaction)?;
        Ok(Erased {
            count: self.erased,
            attachments: self.attachments,
        })
    }
}

/// Hashes of what is deleted and not yet on the list.
fn unlisted(connection: &Connection) -> Result<Vec<Hash>, VaultError> {
    let hex: String = settings::get(connection, Setting::UnlistedDeletions)?.unwrap_or_default();
    let bytes = data_encoding::HEXLOWER.decode(hex.as_bytes());
    let bytes = bytes.map_err(|_| VaultError::VaultDamaged)?;
    Ok(bytes.as_chunks::<HASH_BYTES>().0.to_vec())
}

fn put_due(transaction: &Transaction<'_>, new: Due) -> Result<(), VaultError> {
    let mut due: Vec<Due> = settings::get(transaction, Setting::CleaningDue)?.unwrap_or_default();
    due.retain(|due| due.day != new.day);
    due.push(new);
    settings::put(transaction, Setting::CleaningDue, &due)
}

fn hash(key: &[u8; 32], id: Id) -> Hash {
    *blake3::keyed_hash(key, &id).as_bytes()
}
