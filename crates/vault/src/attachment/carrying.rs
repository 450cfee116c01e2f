//! What is to travel of attachments: which blobs are to be sent, kept and dropped, and what is wanted from the server.

use std::collections::BTreeSet;

use regie_crypto::chunk::Blob as Sealed;
use regie_domain::{
    AttachmentId,
    attachment::{Manifest, State},
    record::Kind as RecordKind,
};
use regie_protocol::sync::blob::{BlobId, Shape};
use rusqlite::{OptionalExtension, Transaction};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{AFTER_MANIFEST, MANIFEST, Place, file, manifest, of, put, put_preview};
use crate::{
    Vault, VaultError,
    settings::Setting,
    snapshot::Days,
    sync::{base, local::Local},
};

/// The newest entry that names it, for an order in which what is looked at first comes first.
const NEWEST_FIRST: &str = "(SELECT max(e.written_ms) FROM attachment_of AS n JOIN diary_entry AS e ON e.id = n.entry \
     WHERE n.attachment = a.id) DESC, a.id DESC";

/// What a server had no room for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoRoom {
    /// Blobs that are here alone.
    pub blobs: BTreeSet<Uuid>,
    /// How many megabytes the server keeps for them, where it said so.
    pub megabytes: Option<u32>,
}

impl NoRoom {
    /// Whether the blob of this attachment waits for room.
    #[must_use]
    pub fn is_for(&self, manifest: &Manifest) -> bool {
        self.blobs.contains(&Uuid::from_bytes(manifest.blob.id))
    }
}

impl Vault {
    /// Blobs that are here and not on the server, of attachments that other devices know already; oldest first.
    ///
    /// # Errors
    /// What the database says.
    pub fn blobs_to_send(&self) -> Result<Vec<(BlobId, Shape)>, VaultError> {
        let mut query = self.connection.prepare_cached(
            "SELECT a.blob, a.bytes FROM attachment AS a JOIN attachment_file AS f ON f.blob = a.blob AND f.state = 2
             WHERE a.state IN (1, 3) AND EXISTS (
                 SELECT 1 FROM sync_record WHERE kind = ?1 AND local = a.id AND deleted = 0
             ) ORDER BY a.id",
        )?;
        let rows = query.query_and_then([RecordKind::Attachment.number()], |row| {
            let bytes: i64 = row.get(1)?;
            let bytes = u64::try_from(bytes).map_err(|_| VaultError::VaultDamaged)?;
            let shape = Shape::of_content(bytes).ok_or(VaultError::VaultDamaged)?;
            Ok((BlobId(row.get(0)?), shape))
        })?;
        rows.collect()
    }

    /// Those of them that never were on a server, by what they belong to.
    ///
    /// # Errors
    /// What the database says.
    pub fn never_sent(&self) -> Result<Vec<(AttachmentId, BlobId)>, VaultError> {
        let mut query = self.connection.prepare_cached(
            "SELECT a.id, a.blob FROM attachment AS a JOIN attachment_file AS f ON f.blob = a.blob AND f.state = 2
             WHERE a.state = 1 AND EXISTS (
                 SELECT 1 FROM sync_record WHERE kind = ?1 AND local = a.id AND deleted = 0
             ) ORDER BY a.id",
        )?;
        let rows = query.query_map([RecordKind::Attachment.number()], |row| {
            Ok((AttachmentId(Uuid::from_bytes(row.get(0)?)), BlobId(row.get(1)?)))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The newest attachment whose preview is not here, without those that are to be left out.
    ///
    /// # Errors
    /// What the database says.
    pub fn preview_wanted(
        &self,
        leave_out: &dyn Fn(&Manifest) -> bool,
    ) -> Result<Option<Manifest>, VaultError> {
        self.first_wanted(
            "a.state IN (1, 2) AND NOT EXISTS (SELECT 1 FROM attachment_preview WHERE attachment = a.id)
             AND NOT EXISTS (SELECT 1 FROM attachment_file WHERE blob = a.blob AND state = 2)",
            leave_out,
        )
    }

    /// The newest attachment that is on the server and not here, without those that are to be left out.
    ///
    /// # Errors
    /// What the database says.
    pub fn original_wanted(
        &self,
        leave_out: &dyn Fn(&Manifest) -> bool,
    ) -> Result<Option<Manifest>, VaultError> {
        self.first_wanted(
            "a.state = 2 AND NOT EXISTS (SELECT 1 FROM attachment_file WHERE blob = a.blob AND state = 2)",
            leave_out,
        )
    }

    /// Attachments that entries of these days name and whose originals are not on this device, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub fn originals_not_here(&self, days: Days) -> Result<Vec<(Manifest, Place)>, VaultError> {
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT {MANIFEST} FROM attachment AS a WHERE EXISTS (
                 SELECT 1 FROM attachment_of AS n JOIN diary_entry AS e ON e.id = n.entry
                 WHERE n.attachment = a.id AND n.let_go_ms IS NULL AND e.deleted_ms IS NULL AND e.day BETWEEN ?1 AND ?2
             ) ORDER BY {NEWEST_FIRST}"
        ))?;
        let mut not_here = Vec::new();
        for one in query.query_and_then([days.from, days.to], manifest)? {
            let one = one?;
            let place = self.place_of(&one)?;
            if place != Place::Here {
                not_here.push((one, place));
            }
        }
        Ok(not_here)
    }

    fn first_wanted(
        &self,
        which: &str,
        leave_out: &dyn Fn(&Manifest) -> bool,
    ) -> Result<Option<Manifest>, VaultError> {
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT {MANIFEST} FROM attachment AS a WHERE {which} AND EXISTS (
                 SELECT 1 FROM attachment_of WHERE attachment = a.id
             ) ORDER BY {NEWEST_FIRST}"
        ))?;
        debug_assert_eq!(query.column_count(), AFTER_MANIFEST);
        for wanted in query.query_and_then([], manifest)? {
            let wanted = wanted?;
            if !leave_out(&wanted) {
                return Ok(Some(wanted));
            }
        }
        Ok(None)
    }

    /// How the blob of an attachment is sealed.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] when there is none; what the database says.
    pub fn sealed_blob(&self, id: AttachmentId) -> Result<Sealed, VaultError> {
        file::sealed_as(&self.attachment(id)?)
    }

    /// The attachment that has this blob.
    ///
    /// # Errors
    /// What the database says.
    pub fn attachment_with(&self, blob: BlobId) -> Result<Option<AttachmentId>, VaultError> {
        let id: Option<[u8; 16]> = self
            .connection
            .prepare_cached("SELECT id FROM attachment WHERE blob = ?1")?
            .query_row([blob.0], |row| row.get(0))
            .optional()?;
        Ok(id.map(|id| AttachmentId(Uuid::from_bytes(id))))
    }

    /// Keeps a preview that came; of a recording it is empty, and that is noted, so that it is fetched once.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] when the attachment was deleted meanwhile; [`VaultError::DiskFull`] when there would be no room left to
    /// write in; what the database says.
    pub fn keep_preview(&mut self, id: AttachmentId, jpeg: &[u8]) -> Result<(), VaultError> {
        self.ask_for_room(jpeg.len() as u64)?;
        self.write(|transaction| {
            if of(transaction, id)?.is_none() {
                return Err(VaultError::NotFound);
            }
            if jpeg.is_empty() {
                transaction
                    .prepare_cached(
                        "INSERT INTO attachment_preview (attachment, jpeg) VALUES (?1, x'') ON CONFLICT DO NOTHING",
                    )?
                    .execute([id.0.as_bytes()])?;
            }
            put_preview(transaction, id, jpeg)
        })
    }

    /// Notes where the bytes of an attachment are, for the other devices too. Nothing happens where that is known, or where it is
    /// gone by now.
    ///
    /// # Errors
    /// What the database says.
    pub fn set_blob_state(&mut self, blob: BlobId, state: State) -> Result<(), VaultError> {
        let Some(id) = self.attachment_with(blob)? else {
            return Ok(());
        };
        let mut known = self.attachment(id)?;
        let state = state.rounded();
        let is_so = match (&known.blob.state, &state) {
            (State::Lost { .. }, State::Lost { .. }) | (State::There, State::There) => true,
            (one, other) => one == other,
        };
        if is_so {
            return Ok(());
        }
        known.blob.state = state;
        self.write(|transaction| {
            keep_base(transaction, id)?;
            put(transaction, &known)
        })
    }

    /// Of a blob that the server has not got whole: it is coming where its file is here, and lost where not.
    ///
    /// # Errors
    /// What the database says.
    pub fn blob_is_not_whole(
        &mut self,
        blob: BlobId,
        now: chrono::DateTime<chrono::Utc>,
    ) -> Result<(), VaultError> {
        let state = if self.has_file(blob.0)? {
            State::Coming {
                from: self.own_name()?,
            }
        } else {
            State::Lost { since: now }
        };
        self.set_blob_state(blob, state)
    }

    /// Blobs that are to go from the server, in order of their ids: at most so many.
    ///
    /// # Errors
    /// What the database says.
    pub fn blobs_to_drop(&self, most: usize) -> Result<Vec<BlobId>, VaultError> {
        let mut query = self.connection.prepare_cached(
            "SELECT blob FROM attachment_file WHERE state IN (4, 5)
             AND NOT EXISTS (SELECT 1 FROM attachment WHERE blob = attachment_file.blob) ORDER BY blob LIMIT ?1",
        )?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let rows = query.query_map([most], |row| Ok(BlobId(row.get(0)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// These are to go from the server, which keeps them though no device knows them.
    ///
    /// # Errors
    /// What the database says.
    pub fn drop_unknown_blobs(&mut self, blobs: &[BlobId]) -> Result<(), VaultError> {
        self.write(|transaction| {
            for blob in blobs {
                transaction
                    .prepare_cached(
                        "INSERT INTO attachment_file (blob, state, fetched) VALUES (?1, 5, 0) ON CONFLICT DO NOTHING",
                    )?
                    .execute([blob.0])?;
            }
            Ok(())
        })
    }

    /// The server heard that these go.
    ///
    /// # Errors
    /// What the database says.
    pub fn blobs_dropped(&mut self, blobs: &[BlobId]) -> Result<(), VaultError> {
        if blobs.is_empty() {
            return Ok(());
        }
        self.write(|transaction| {
            for blob in blobs {
                transaction
                    .prepare_cached("DELETE FROM attachment_file WHERE blob = ?1 AND state = 5")?
                    .execute([blob.0])?;
                transaction
                    .prepare_cached("UPDATE attachment_file SET state = 3 WHERE blob = ?1 AND state = 4")?
                    .execute([blob.0])?;
            }
            Ok(())
        })
    }

    /// Notes that the server had no room for a blob; it counts until the blob is there, or is gone.
    ///
    /// # Errors
    /// What the database says.
    pub fn note_no_room(&mut self, blob: BlobId, megabytes: Option<u32>) -> Result<(), VaultError> {
        let mut known = self.without_room()?;
        if known.blobs.insert(Uuid::from_bytes(blob.0)) || known.megabytes != megabytes {
            known.megabytes = megabytes;
            self.set_setting(Setting::NoRoom, &known)?;
        }
        Ok(())
    }

    /// What the server had no room for, and is not there by now.
    ///
    /// # Errors
    /// What the database says.
    pub fn without_room(&self) -> Result<NoRoom, VaultError> {
        let mut known: NoRoom = self.setting(Setting::NoRoom)?.unwrap_or_default();
        if known.blobs.is_empty() || !self.is_synced()? {
            return Ok(NoRoom::default());
        }
        let mut waits = self
            .connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM attachment WHERE blob = ?1 AND state <> 2)")?;
        for blob in std::mem::take(&mut known.blobs) {
            if waits.query_row([blob.as_bytes()], |row| row.get(0))? {
                known.blobs.insert(blob);
            }
        }
        Ok(known)
    }

    /// How many attachments all devices know to be deleted: it only grows.
    ///
    /// # Errors
    /// What the database says.
    pub fn attachments_deleted(&self) -> Result<u64, VaultError> {
        let count: i64 = self
            .connection
            .prepare_cached("SELECT count(*) FROM sync_record WHERE kind = ?1 AND deleted = 1")?
            .query_row([RecordKind::Attachment.number()], |row| row.get(0))?;
        u64::try_from(count).map_err(|_| VaultError::VaultDamaged)
    }

    /// What this device is called among those of its account; empty where there is none.
    pub(super) fn own_name(&self) -> Result<String, VaultError> {
        Ok(self.own_device()?.map(|own| own.name).unwrap_or_default())
    }
}

/// What the devices agreed on, before it is changed.
pub(super) fn keep_base(transaction: &Transaction<'_>, id: AttachmentId) -> Result<(), VaultError> {
    base::keep(transaction, RecordKind::Attachment, &Local::id(id.0))
}
