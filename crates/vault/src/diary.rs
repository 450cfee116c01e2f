//! Diary entries in the vault.

use chrono::{DateTime, Utc};
use regie_domain::{
    EntryId,
    diary::{Entry, LONGEST_BYTES, glance, plain_text},
    moment::Moment,
    search::Query,
};
use regie_protocol::purpose::KeepOnDevice;
use rusqlite::{OptionalExtension, Row, Transaction, named_params, params};
use uuid::Uuid;

use crate::{
    Vault, VaultError,
    consent::Consent,
    database,
    settings::{self, Setting},
    time,
};

/// A row of the diary's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedEntry {
    /// Which entry.
    pub id: EntryId,
    /// First line.
    pub title: String,
    /// What follows.
    pub preview: String,
    /// When it was begun.
    pub written: Moment,
    /// When it was last saved.
    pub edited: DateTime<Utc>,
    /// Its place in the list.
    pub place: Place,
}

/// A place in the list, to go on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// When the entry was begun, in milliseconds since 1970.
    pub written_ms: i64,
    /// Its row.
    pub seq: i64,
}

/// What a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The entry.
    pub entry: ListedEntry,
    /// Its words, without marks.
    pub words: String,
}

const LISTED: &str = "seq, id, written_ms, written_offset_s, written_zone, edited_ms, title, preview";

impl Vault {
    /// Stores an entry, new or changed, and that writing stopped there; durable when it returns.
    ///
    /// # Errors
    /// [`VaultError::NoConsent`] when consent was withdrawn meanwhile, [`VaultError::TooLarge`], or what the
    /// database says.
    pub fn save_entry(&mut self, consent: &Consent<KeepOnDevice>, entry: &Entry) -> Result<(), VaultError> {
        if entry.markdown.len() > LONGEST_BYTES {
            return Err(VaultError::TooLarge);
        }
        let words = plain_text(&entry.markdown);
        let glance = glance(&words);
        let (written_ms, written_offset_s) = time::columns(&entry.written);
        self.write(|transaction| {
            consent.check(transaction)?;
            let seq: i64 = transaction
                .prepare_cached(include_str!("../sql/save_entry.sql"))?
                .query_row(
                    named_params! {
                        ":id": entry.id.0.as_bytes(),
                        ":written_ms": written_ms,
                        ":written_offset_s": written_offset_s,
                        ":written_zone": entry.written.zone,
                        ":edited_ms": entry.edited.timestamp_millis(),
                        ":caret": entry.caret,
                        ":title": glance.title,
                        ":preview": glance.preview,
                        ":markdown": entry.markdown,
                    },
                    |row| row.get(0),
                )
                .optional()?
                // A save that comes after the deletion of the same entry must not bring it back.
                .ok_or(VaultError::NotFound)?;
            remove_words(transaction, seq)?;
            add_words(transaction, seq, &words)?;
            settings::put(transaction, Setting::DiaryPlace, &Some(entry.id.0))
        })
    }

    /// Remembers at which entry and where in it writing stopped, or that the diary was left.
    ///
    /// # Errors
    /// What the database says.
    pub fn set_diary_place(&mut self, place: Option<(EntryId, u32)>) -> Result<(), VaultError> {
        self.write(|transaction| {
            if let Some((id, caret)) = place {
                transaction
                    .prepare_cached("UPDATE diary_entry SET caret = ?2 WHERE id = ?1")?
                    .execute(params![id.0.as_bytes(), caret])?;
            }
            settings::put(transaction, Setting::DiaryPlace, &place.map(|(id, _)| id.0))
        })
    }

    /// The entry at which writing stopped, when it is still there.
    ///
    /// # Errors
    /// What the database says.
    pub fn diary_place(&self) -> Result<Option<(ListedEntry, Option<u32>)>, VaultError> {
        let Some(id) = self.setting::<Option<Uuid>>(Setting::DiaryPlace)?.flatten() else {
            return Ok(None);
        };
        let caret = "SELECT caret FROM diary_entry WHERE id = ?1 AND deleted_ms IS NULL";
        let caret = self
            .connection
            .prepare_cached(caret)?
            .query_row([id.as_bytes()], |row| row.get(0))
            .optional()?;
        caret
            .map(|caret| Ok((self.listed_entry(EntryId(id))?, caret)))
            .transpose()
    }

    /// One entry.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] when there is none, or it is deleted.
    pub fn entry(&self, id: EntryId) -> Result<Entry, VaultError> {
        let mut query = self.connection.prepare_cached(
            "SELECT written_ms, written_offset_s, written_zone, edited_ms, caret, markdown
             FROM diary_entry WHERE id = ?1 AND deleted_ms IS NULL",
        )?;
        let row = query.query_row([id.0.as_bytes()], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
                row.get(5)?,
            ))
        })?;
        let (written_ms, offset, zone, edited_ms, caret, markdown) = row;
        let written = time::moment(written_ms, offset, zone)?;
        Ok(Entry {
            id,
            markdown,
            written,
            edited: time::utc(edited_ms)?,
            caret,
        })
    }

    /// At most `limit` entries older than a place, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub fn entries_before(&self, place: Option<Place>, limit: u32) -> Result<Vec<ListedEntry>, VaultError> {
        let place = place.unwrap_or(Place {
            written_ms: i64::MAX,
            seq: i64::MAX,
        });
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT {LISTED} FROM diary_entry
             WHERE deleted_ms IS NULL AND (written_ms, seq) < (?1, ?2)
             ORDER BY written_ms DESC, seq DESC LIMIT ?3"
        ))?;
        let rows = query.query_and_then(params![place.written_ms, place.seq, limit], listed)?;
        rows.collect()
    }

    /// One entry as the list shows it.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] when there is none, or it is deleted.
    pub fn listed_entry(&self, id: EntryId) -> Result<ListedEntry, VaultError> {
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT {LISTED} FROM diary_entry WHERE id = ?1 AND deleted_ms IS NULL"
        ))?;
        let mut rows = query.query_and_then([id.0.as_bytes()], listed)?;
        rows.next().unwrap_or(Err(VaultError::NotFound))
    }

    /// Number of entries.
    ///
    /// # Errors
    /// What the database says.
    pub fn count_entries(&self) -> Result<u32, VaultError> {
        let count = "SELECT count(*) FROM diary_entry WHERE deleted_ms IS NULL";
        Ok(self
            .connection
            .prepare_cached(count)?
            .query_row([], |row| row.get(0))?)
    }

    /// At most `limit` entries that match, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub fn search_entries(&self, query: &Query, limit: u32) -> Result<Vec<Found>, VaultError> {
        let mut search = self
            .connection
            .prepare_cached(include_str!("../sql/search_entries.sql"))?;
        let rows = search.query_and_then(params![query.to_fts5(), limit], |row| {
            Ok(Found {
                entry: listed(row)?,
                words: row.get("words")?,
            })
        })?;
        rows.collect()
    }

    /// Deletes an entry so that it can still be taken back until [`Vault::purge_deleted`].
    ///
    /// # Errors
    /// [`VaultError::NotFound`] when there is none.
    pub fn delete_entry(&mut self, id: EntryId, now: DateTime<Utc>) -> Result<(), VaultError> {
        self.write(|transaction| {
            let seq = transaction
                .prepare_cached(
                    "UPDATE diary_entry SET deleted_ms = ?2 WHERE id = ?1 AND deleted_ms IS NULL RETURNING seq",
                )?
                .query_row(params![id.0.as_bytes(), now.timestamp_millis()], |row| row.get(0))?;
            remove_words(transaction, seq)
        })
    }

    /// Takes a deletion back.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] when it is gone for good.
    pub fn undelete_entry(&mut self, id: EntryId) -> Result<(), VaultError> {
        self.write(|transaction| {
            let (seq, markdown): (i64, String) = transaction
                .prepare_cached(
                    "UPDATE diary_entry SET deleted_ms = NULL
                     WHERE id = ?1 AND deleted_ms IS NOT NULL RETURNING seq, markdown",
                )?
                .query_row([id.0.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?;
            add_words(transaction, seq, &plain_text(&markdown))
        })
    }

    /// Makes deletions up to a moment final: overwritten in the database and gone from the log. Returns whether
    /// there were any.
    ///
    /// # Errors
    /// What the database says.
    pub fn purge_deleted(&mut self, until: DateTime<Utc>) -> Result<bool, VaultError> {
        let until = until.timestamp_millis();
        let due = "SELECT EXISTS (SELECT 1 FROM diary_entry WHERE deleted_ms <= ?1)
                       OR EXISTS (SELECT 1 FROM meter_run WHERE deleted_ms <= ?1)";
        if !self
            .connection
            .prepare_cached(due)?
            .query_row([until], |row| row.get(0))?
        {
            return Ok(false);
        }
        self.write(|transaction| {
            transaction.execute("DELETE FROM diary_entry WHERE deleted_ms <= ?1", [until])?;
            transaction.execute("DELETE FROM meter_run WHERE deleted_ms <= ?1", [until])?;
            Ok(())
        })?;
        database::checkpoint(&self.connection)?;
        Ok(true)
    }
}

fn add_words(transaction: &Transaction<'_>, seq: i64, words: &str) -> Result<(), VaultError> {
    transaction
        .prepare_cached("INSERT INTO diary_search (rowid, words) VALUES (?1, ?2)")?
        .execute(params![seq, words])?;
    Ok(())
}

fn remove_words(transaction: &Transaction<'_>, seq: i64) -> Result<(), VaultError> {
    transaction
        .prepare_cached("DELETE FROM diary_search WHERE rowid = ?1")?
        .execute([seq])?;
    Ok(())
}

fn listed(row: &Row<'_>) -> Result<ListedEntry, VaultError> {
    let (seq, written_ms) = (row.get("seq")?, row.get("written_ms")?);
    Ok(ListedEntry {
        id: EntryId(Uuid::from_bytes(row.get("id")?)),
        title: row.get("title")?,
        preview: row.get("preview")?,
        written: time::moment(written_ms, row.get("written_offset_s")?, row.get("written_zone")?)?,
        edited: time::utc(row.get("edited_ms")?)?,
        place: Place { written_ms, seq },
    })
}
