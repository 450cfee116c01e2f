//! A voice note under way, piece by piece as the window hands it over: one at most. What a crash or a lock leaves of it waits until it is kept
//! or thrown away.

use std::path::Path;

use chrono::NaiveDate;
use regie_domain::{
    EntryId,
    attachment::sound::{LARGEST_PIECE, LARGEST_SOUND},
    moment::Moment,
};
use regie_protocol::purpose::KeepOnDevice;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::Id;
use crate::{Vault, VaultError, consent::Consent, deletion::Period, time};

/// What was said since the piece before.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'a> {
    /// Of which recording.
    pub recording: Uuid,
    /// The entry that it is said in; none before that has a word.
    pub entry: Option<EntryId>,
    /// Counted from 0. The last one may come again.
    pub number: u32,
    /// The part of the recording that it belongs to: each pause begins another, which can be read by itself.
    pub part: u32,
    /// How much was said up to its end.
    pub said_ms: u32,
    /// The bytes.
    pub bytes: &'a [u8],
}

/// A recording that was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// Which one.
    pub id: Uuid,
    /// The entry that it was said in, as long as that is there.
    pub entry: Option<EntryId>,
    /// When its first piece came.
    pub begun: Moment,
    /// How much was said.
    pub said_ms: u32,
}

impl Vault {
    /// Keeps a piece of a recording; its first begins it.
    ///
    /// # Errors
    /// [`VaultError::NoConsent`]; [`VaultError::NotFound`] when it is not the one that follows, as of a recording that was thrown away;
    /// [`VaultError::TooLarge`]; [`VaultError::DiskFull`] when there would be no room left to write in; what the database says.
    pub fn keep_piece(
        &mut self,
        consent: &Consent<KeepOnDevice>,
        piece: &Piece<'_>,
        now: &Moment,
    ) -> Result<(), VaultError> {
        if piece.bytes.len() > LARGEST_PIECE {
            return Err(VaultError::TooLarge);
        }
        let length = u64::try_from(piece.bytes.len()).map_err(|_| VaultError::TooLarge)?;
        self.ask_for_room(length)?;
        let (at_ms, at_offset_s) = time::columns(now);
        self.write(|transaction| {
            consent.check(transaction)?;
            let (last, bytes) = last_piece(transaction)?;
            let follows = last.map_or(piece.number == 0, |(recording, number)| {
                recording == *piece.recording.as_bytes()
                    && (piece.number == number || number.checked_add(1) == Some(piece.number))
            });
            if !follows {
                return Err(VaultError::NotFound);
            }
            if bytes.saturating_add(length) > LARGEST_SOUND {
                return Err(VaultError::TooLarge);
            }
            transaction
                .prepare_cached(
                    "INSERT INTO recording (number, id, part, entry, said_ms, at_ms, at_offset_s, at_zone, piece)
                     VALUES (?1, ?2, ?3, (SELECT id FROM diary_entry WHERE id = ?4), ?5, ?6, ?7, ?8, ?9)
                     ON CONFLICT (number) DO UPDATE SET part = excluded.part, entry = excluded.entry,
                         said_ms = excluded.said_ms, piece = excluded.piece",
                )?
                .execute(params![
                    piece.number,
                    piece.recording.as_bytes(),
                    piece.part,
                    piece.entry.map(|entry| *entry.0.as_bytes()),
                    piece.said_ms,
                    at_ms,
                    at_offset_s,
                    now.zone,
                    piece.bytes
                ])?;
            Ok(())
        })
    }

    /// The recording that was begun and neither kept nor thrown away.
    ///
    /// # Errors
    /// What the database says.
    pub fn recording(&self) -> Result<Option<Recording>, VaultError> {
        let begun: Option<(Id, i64, i32, String)> = self
            .connection
            .prepare_cached("SELECT id, at_ms, at_offset_s, at_zone FROM recording ORDER BY number LIMIT 1")?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
            .optional()?;
        let Some((id, at_ms, offset_s, zone)) = begun else {
            return Ok(None);
        };
        let (entry, said_ms): (Option<Id>, u32) = self
            .connection
            .prepare_cached("SELECT entry, said_ms FROM recording ORDER BY number DESC LIMIT 1")?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(Some(Recording {
            id: Uuid::from_bytes(id),
            entry: entry.map(|entry| EntryId(Uuid::from_bytes(entry))),
            begun: time::moment(at_ms, offset_s, zone)?,
            said_ms,
        }))
    }

    /// All that came of a recording, in the parts between its pauses.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] when there is none; what the database says.
    pub fn recorded(&self, id: Uuid) -> Result<Vec<Zeroizing<Vec<u8>>>, VaultError> {
        let mut query = self
            .connection
            .prepare_cached("SELECT part, piece FROM recording WHERE id = ?1 ORDER BY number")?;
        let mut rows = query.query([id.as_bytes()])?;
        let (mut parts, mut last) = (Vec::<Zeroizing<Vec<u8>>>::new(), None);
        while let Some(row) = rows.next()? {
            let part: u32 = row.get(0)?;
            let piece = row.get_ref(1)?.as_blob().map_err(|_| VaultError::VaultDamaged)?;
            match parts.last_mut().filter(|_| last == Some(part)) {
                Some(whole) => whole.extend_from_slice(piece),
                None => parts.push(Zeroizing::new(piece.to_vec())),
            }
            last = Some(part);
        }
        (!parts.is_empty()).then_some(parts).ok_or(VaultError::NotFound)
    }

    /// The entry of a recording is another one.
    ///
    /// # Errors
    /// What the database says.
    pub fn move_recording(&mut self, id: Uuid, entry: EntryId) -> Result<(), VaultError> {
        self.write(|transaction| {
            transaction
                .prepare_cached("UPDATE recording SET entry = ?2 WHERE id = ?1")?
                .execute([id.as_bytes(), entry.0.as_bytes()])?;
            Ok(())
        })
    }

    /// A recording goes for good, whether it was kept as an attachment or thrown away: backups that hold its pieces hear of it too, so that no
    /// restore brings it back. Nothing happens when it is not there.
    ///
    /// # Errors
    /// What the database or the file system says; it can be tried again.
    pub fn erase_recording(&mut self, id: Uuid, list: &Path, clean_by: NaiveDate) -> Result<(), VaultError> {
        let mut erasing = self.erasing(Some((list, clean_by)))?;
        self.write(|transaction| {
            erasing.erase_recording(transaction, *id.as_bytes())?;
            erasing.end(transaction)
        })?;
        self.list_deletions(list)
    }
}

/// Which recording the last piece is of, and its number; and the bytes of all.
fn last_piece(connection: &Connection) -> Result<(Option<(Id, u32)>, u64), VaultError> {
    let last = connection
        .prepare_cached("SELECT id, number FROM recording ORDER BY number DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let bytes: i64 = connection
        .prepare_cached("SELECT coalesce(sum(length(piece)), 0) FROM recording")?
        .query_row([], |row| row.get(0))?;
    Ok((last, u64::try_from(bytes).map_err(|_| VaultError::VaultDamaged)?))
}

/// The recording that is there.
pub(crate) fn id(connection: &Connection) -> Result<Option<Id>, VaultError> {
    Ok(connection
        .prepare_cached("SELECT id FROM recording LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?)
}

/// The recording that is there, where it was begun in a period.
pub(crate) fn id_in(connection: &Connection, period: Period) -> Result<Option<Id>, VaultError> {
    let (from, to) = period.bounds();
    Ok(connection
        .prepare_cached(
            "SELECT id FROM recording WHERE number = 0
             AND date(at_ms / 1000 + at_offset_s, 'unixepoch') BETWEEN ?1 AND ?2",
        )?
        .query_row([from, to], |row| row.get(0))
        .optional()?)
}

/// Its pieces go. Whether there were any.
pub(crate) fn erase(transaction: &Transaction<'_>, id: Id) -> Result<bool, VaultError> {
    let gone = transaction
        .prepare_cached("DELETE FROM recording WHERE id = ?1")?
        .execute([id])?;
    Ok(gone > 0)
}
