//! Files that come from the server, chunk by chunk. A row says which are here, so that it goes on where it stopped.

use std::fs::{File, FileTimes};
use std::io::{Seek, SeekFrom, Write};
use std::time::SystemTime;

use regie_crypto::chunk;
use regie_domain::{
    AttachmentId,
    attachment::{Blob, BlobKey, Manifest, State},
};
use rusqlite::{OptionalExtension, params};

use super::{COMING, DAY, IS_COMING, Reader, leave, sealed_as, set_here};
use crate::{
    Vault, VaultError,
    attachment::{New, carrying, put, put_preview, twins},
    files,
};

impl Vault {
    /// Begins to keep the file of an attachment, or goes on: how its blob is sealed, and which chunks are here. `None` when all of it is.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] when there is no such attachment; [`VaultError::DiskFull`] when there would be no room left to write in;
    /// what the database or the file system says.
    pub fn begin_coming(&mut self, id: AttachmentId) -> Result<Option<(chunk::Blob, Vec<u32>)>, VaultError> {
        let manifest = self.attachment(id)?;
        let blob = sealed_as(&manifest)?;
        let of = blob.id().0;
        if self.has_file(of)? {
            return Ok(None);
        }
        let begun = self.attachment_file(of).with_extension(COMING).is_file();
        let here = match self.chunks_here(of)? {
            Some(here) if begun => here,
            _ => Vec::new(),
        };
        if here.len() == blob.chunks() as usize {
            self.end_coming(&manifest)?;
            return Ok(None);
        }
        let shape = blob.shape();
        let came = here.iter().filter_map(|place| shape.sealed_length(*place));
        let came = u64::try_from(came.sum::<usize>()).unwrap_or(u64::MAX);
        self.ask_for_room(shape.bytes().saturating_sub(came))?;
        if here.is_empty() {
            self.write(|transaction| {
                transaction
                    .prepare_cached(
                        "INSERT INTO attachment_file (blob, state, fetched) VALUES (?1, ?2, 1)
                         ON CONFLICT (blob) DO UPDATE SET state = excluded.state, fetched = 1, chunks = NULL",
                    )?
                    .execute(params![of, IS_COMING])?;
                Ok(())
            })?;
        }
        Ok(Some((blob, here)))
    }

    /// Keeps a chunk that opened, at its place; it is on the disk when this returns. With the last one the content is checked, and the file is
    /// here. Nothing happens when it is here already, or was deleted meanwhile.
    ///
    /// # Errors
    /// [`VaultError::VaultDamaged`] when the whole is not what the manifest says: all of it was removed. What the database or the file system
    /// says.
    pub fn keep_chunk(&mut self, id: AttachmentId, place: u32, sealed: &[u8]) -> Result<(), VaultError> {
        let manifest = self.attachment(id)?;
        let blob = sealed_as(&manifest)?;
        let Some(mut here) = self.chunks_here(blob.id().0)? else {
            return Ok(());
        };
        let shape = blob.shape();
        let offset = shape.offset(place).ok_or(VaultError::NotFound)?;
        if shape.sealed_length(place) != Some(sealed.len()) {
            return Err(VaultError::VaultDamaged);
        }
        let mut file = files::open_private(&self.attachment_file(blob.id().0).with_extension(COMING))?;
        file.seek(SeekFrom::Start(offset))?;
        file.write_all(sealed)?;
        file.sync_data()?;
        if !here.contains(&place) {
            here.push(place);
        }
        let places: Vec<u8> = here
            .iter()
            .filter_map(|place| u8::try_from(*place).ok())
            .collect();
        self.write(|transaction| {
            transaction
                .prepare_cached("UPDATE attachment_file SET chunks = ?2 WHERE blob = ?1 AND state = ?3")?
                .execute(params![blob.id().0, places, IS_COMING])?;
            Ok(())
        })?;
        if here.len() == blob.chunks() as usize {
            self.end_coming(&manifest)?;
        }
        Ok(())
    }

    /// Gives up a file that comes, with what came of it.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] when there is no such attachment; what the database or the file system says.
    pub fn stop_coming(&mut self, id: AttachmentId) -> Result<(), VaultError> {
        let blob = self.attachment(id)?.blob.id;
        if self.chunks_here(blob)?.is_some() {
            self.give_up_file(blob)?;
        }
        Ok(())
    }

    /// All chunks are here: what they hold is compared with what it is to be.
    fn end_coming(&mut self, manifest: &Manifest) -> Result<(), VaultError> {
        let of = manifest.blob.id;
        let path = self.attachment_file(of);
        let coming = path.with_extension(COMING);
        let mut reader = Reader {
            file: File::open(&coming)?,
            blob: sealed_as(manifest)?,
            next: 1,
            hasher: blake3::Hasher::new(),
            hash: manifest.content.hash,
        };
        loop {
            match reader.next_piece() {
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(VaultError::VaultDamaged) => {
                    self.give_up_file(of)?;
                    return Err(VaultError::VaultDamaged);
                }
                Err(error) => return Err(error),
            }
        }
        let file = files::open_private(&coming)?;
        let day = SystemTime::UNIX_EPOCH + DAY;
        file.set_times(FileTimes::new().set_accessed(day).set_modified(day))?;
        file.sync_all()?;
        files::rename_durably(&coming, &path)?;
        let waited = self.write(|transaction| {
            set_here(transaction, of)?;
            twins::came(transaction, manifest.id)
        })?;
        if waited { self.unlink_unread() } else { Ok(()) }
    }

    /// Which chunks of a file that comes are here; `None` when none comes.
    fn chunks_here(&self, blob: [u8; 16]) -> Result<Option<Vec<u32>>, VaultError> {
        let row: Option<(u8, Option<Vec<u8>>)> = self
            .connection
            .prepare_cached("SELECT state, chunks FROM attachment_file WHERE blob = ?1")?
            .query_row([blob], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        Ok(match row {
            Some((IS_COMING, places)) => {
                Some(places.unwrap_or_default().into_iter().map(u32::from).collect())
            }
            _ => None,
        })
    }

    /// Seals an attachment that is here anew, under another id and another key: the server has something else under the one it had.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] when its bytes are elsewhere; [`VaultError::DiskFull`]; what the database or the file system says.
    pub fn seal_attachment_anew(&mut self, id: AttachmentId) -> Result<(), VaultError> {
        let content = self.attachment_original(id)?;
        let preview = match self.attachment_preview(id) {
            Err(VaultError::NotFound) => Vec::new(),
            preview => preview?,
        };
        let known = self.attachment(id)?.content;
        let new = New {
            media: known.media,
            bytes: &content,
            extent: known.extent,
            preview: &preview,
        };
        self.seal_anew(id, &new)
    }

    /// Seals the content of an attachment under another id and another key: nobody has what it was made of so far, or it goes.
    pub(in crate::attachment) fn seal_anew(
        &mut self,
        id: AttachmentId,
        new: &New<'_>,
    ) -> Result<(), VaultError> {
        let mut manifest = self.attachment(id)?;
        let blob = chunk::Blob::make_random(manifest.content.bytes).map_err(|_| VaultError::TooLarge)?;
        manifest.blob = Blob {
            state: State::Coming {
                from: self.own_name()?,
            },
            id: blob.id().0,
            key: BlobKey(*blob.key().expose()),
        };
        self.begin_file(&blob)?;
        let sealed = self.write_file(&blob, new).and_then(|()| {
            self.write(|transaction| {
                carrying::keep_base(transaction, id)?;
                leave(transaction, *id.0.as_bytes())?;
                put(transaction, &manifest)?;
                put_preview(transaction, id, new.preview)?;
                set_here(transaction, blob.id().0)
            })
        });
        if sealed.is_err() {
            // The first failure is the one to tell; what stays is removed at the next unlocking.
            let _ = self.give_up_file(blob.id().0);
        }
        sealed?;
        self.unlink_leaving()
    }
}
