//! Photos and recordings as they stood at the moment of a snapshot. What is deleted meanwhile keeps its file until the snapshot ends.

use std::fs::File;

use regie_domain::{
    AttachmentId, EntryId,
    attachment::{Attached, Manifest},
};
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{MANIFEST, file, manifest};
use crate::{
    VaultError,
    snapshot::{Days, Snapshot},
};

impl Snapshot {
    /// At most `limit` attachments that entries of these days name, each once, in the order of their ids; the nil id begins.
    ///
    /// # Errors
    /// As [`Snapshot::entries`].
    pub fn attachments(
        &self,
        days: Days,
        after: AttachmentId,
        limit: u32,
    ) -> Result<Vec<Manifest>, VaultError> {
        self.read(|connection| {
            let mut query = connection.prepare_cached(&format!(
                "SELECT {MANIFEST} FROM attachment AS a WHERE a.id > ?1 AND EXISTS (
                     SELECT 1 FROM attachment_of AS n JOIN diary_entry AS e ON e.id = n.entry
                     WHERE n.attachment = a.id AND n.let_go_ms IS NULL AND e.deleted_ms IS NULL
                         AND e.day BETWEEN ?2 AND ?3)
                 ORDER BY a.id LIMIT ?4"
            ))?;
            let rows =
                query.query_and_then(params![after.0.as_bytes(), days.from, days.to, limit], manifest)?;
            rows.collect()
        })
    }

    /// The small picture of a photo, as JPEG; `None` where there is none.
    ///
    /// # Errors
    /// As [`Snapshot::entries`].
    pub fn attachment_preview(&self, id: AttachmentId) -> Result<Option<Vec<u8>>, VaultError> {
        self.read(|connection| {
            let jpeg = connection
                .prepare_cached("SELECT jpeg FROM attachment_preview WHERE attachment = ?1")?
                .query_row([id.0.as_bytes()], |row| row.get(0))
                .optional()?;
            Ok(jpeg)
        })
    }

    /// Opens an attachment, to be read by [`Snapshot::next_piece`]; `None` where its bytes are elsewhere.
    ///
    /// # Errors
    /// As [`Snapshot::entries`]; what the file system says.
    pub fn open_attachment(&self, manifest: &Manifest) -> Result<Option<file::Reader>, VaultError> {
        let path = self.attachment_file(manifest.blob.id);
        let here = self.read(|connection| file::is_here(connection, manifest.blob.id))?;
        if !here || !path.is_file() {
            return Ok(None);
        }
        file::Reader::new(File::open(path)?, manifest).map(Some)
    }

    /// The next piece of an attachment, a megabyte at most; `None` at the end. Nothing more is read once the vault is closed.
    ///
    /// # Errors
    /// As [`Snapshot::entries`], and those of [`file::Reader::next_piece`].
    pub fn next_piece(&self, reader: &mut file::Reader) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        self.read(|_| reader.next_piece())
    }
}

/// What an entry names and is known here: the rest comes with the records that tell of it.
pub(crate) fn named(connection: &Connection, entry: EntryId) -> Result<Vec<Attached>, VaultError> {
    let mut query = connection.prepare_cached(
        "SELECT n.attachment, n.description FROM attachment_of AS n JOIN attachment AS a ON a.id = n.attachment
         WHERE n.entry = ?1 AND n.let_go_ms IS NULL ORDER BY n.position, n.attachment",
    )?;
    let rows = query.query_map([entry.0.as_bytes()], |row| {
        Ok(Attached {
            id: AttachmentId(Uuid::from_bytes(row.get(0)?)),
            description: row.get(1)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
