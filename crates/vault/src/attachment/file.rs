//! The sealed bytes of attachments, in files beside the vault: one a blob, named by its random id, chunk behind chunk as they travel.
//!
//! No crash leaves a file that no row knows. A row is there before its file is begun, and goes after it is gone. Files of which no
//! row knows are not touched: they may belong to a vault that was set aside.

mod coming;

use std::fs::{self, File, FileTimes};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use chrono::NaiveDate;
use regie_crypto::{Key, chunk};
use regie_domain::{
    AttachmentId,
    attachment::{Manifest, Spare},
    record::Kind,
};
use regie_protocol::sync::blob::{BlobId, Shape};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::New;
use crate::{Vault, VaultError, files, sync::base};

/// The folder beside the vault.
const FOLDER: &str = "attachments";
/// How a file is called that is being written.
pub(super) const COMING: &str = "coming";
/// So much room stays free, so that the next sentence can always be saved.
const RESERVE: u64 = 64 * 1024 * 1024;
/// The day that all of them bear: 1 January 2000.
const DAY: Duration = Duration::from_secs(946_684_800);

/// States of a row, as in migrations/0006.sql.
const IS_COMING: u8 = 1;
const IS_HERE: u8 = 2;
const IS_LEAVING: u8 = 3;
/// Here and on the server.
const IS_LEAVING_BOTH: u8 = 4;
/// Here it is gone.
const IS_LEAVING_SERVER: u8 = 5;

impl Vault {
    /// The content of an attachment that is on this device.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] when its bytes are elsewhere; [`VaultError::VaultDamaged`] when they are not what was kept.
    pub fn attachment_original(&self, id: AttachmentId) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let mut reader = self.open_attachment(id)?;
        let room = usize::try_from(reader.blob.bytes()).map_err(|_| VaultError::TooLarge)?;
        let mut content = Zeroizing::new(Vec::with_capacity(room));
        while let Some(piece) = reader.next_piece()? {
            content.extend_from_slice(&piece);
        }
        Ok(content)
    }

    /// Opens an attachment that is on this device, to be read chunk by chunk; the vault may be used meanwhile.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] when its bytes are elsewhere; what the file system says.
    pub fn open_attachment(&self, id: AttachmentId) -> Result<Reader, VaultError> {
        let manifest = self.attachment(id)?;
        if !self.has_file(manifest.blob.id)? {
            return Err(VaultError::NotFound);
        }
        Reader::new(File::open(self.attachment_file(manifest.blob.id))?, &manifest)
    }

    /// A chunk of an attachment that is on this device, as it rests and travels.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] when it is elsewhere, or has no such chunk; what the file system says.
    pub fn sealed_chunk(&self, id: AttachmentId, number: u32) -> Result<Vec<u8>, VaultError> {
        let manifest = self.attachment(id)?;
        if !self.has_file(manifest.blob.id)? {
            return Err(VaultError::NotFound);
        }
        let mut file = File::open(self.attachment_file(manifest.blob.id))?;
        read_chunk(&mut file, &sealed_as(&manifest)?, number)
    }

    /// The folder of attachments, beside the vault.
    #[must_use]
    pub fn attachments_folder(vault: &Path) -> PathBuf {
        vault.with_file_name(FOLDER)
    }

    /// Whether the bytes of a blob are on this device, whole.
    pub(super) fn has_file(&self, blob: [u8; 16]) -> Result<bool, VaultError> {
        Ok(is_here(&self.connection, blob)? && self.attachment_file(blob).is_file())
    }

    fn attachment_file(&self, blob: [u8; 16]) -> PathBuf {
        path(&self.folder, blob)
    }

    /// Asks for room, and notes that a file is coming.
    pub(super) fn begin_file(&mut self, blob: &chunk::Blob) -> Result<(), VaultError> {
        self.ask_for_room(blob.shape().bytes())?;
        let id = blob.id().0;
        self.write(|transaction| {
            transaction
                .prepare_cached("INSERT INTO attachment_file (blob, state, fetched) VALUES (?1, ?2, 0)")?
                .execute(params![id, IS_COMING])?;
            Ok(())
        })
    }

    /// Asks for room for so many bytes of files; the reserve stays.
    pub(super) fn ask_for_room(&self, bytes: u64) -> Result<(), VaultError> {
        let folder = Self::attachments_folder(&self.folder);
        files::create_private_folder(&folder)?;
        let wanted = bytes.saturating_add(RESERVE);
        if room_in(&folder)?.is_some_and(|room| room < wanted) {
            return Err(VaultError::DiskFull);
        }
        Ok(())
    }

    /// Seals what is new into its file, chunk by chunk; it is on the disk under its name when this returns.
    pub(super) fn write_file(&self, blob: &chunk::Blob, new: &New<'_>) -> Result<(), VaultError> {
        let path = self.attachment_file(blob.id().0);
        let coming = path.with_extension(COMING);
        let mut file = files::create_private(&coming)?;
        file.write_all(&chunk::seal_chunk(blob, 0, new.preview)?)?;
        let mut rest = new.bytes;
        for number in 1..blob.chunks() {
            let length = blob.content_length(number).ok_or(VaultError::TooLarge)?;
            let (piece, behind) = rest.split_at_checked(length).ok_or(VaultError::TooLarge)?;
            file.write_all(&chunk::seal_chunk(blob, number, piece)?)?;
            rest = behind;
        }
        let day = SystemTime::UNIX_EPOCH + DAY;
        file.set_times(FileTimes::new().set_accessed(day).set_modified(day))?;
        file.sync_all()?;
        Ok(files::rename_durably(&coming, &path)?)
    }

    /// Whether a file is noted as coming, of an addition.
    pub(super) fn is_coming(&self, blob: [u8; 16]) -> Result<bool, VaultError> {
        let sql =
            "SELECT EXISTS (SELECT 1 FROM attachment_file WHERE blob = ?1 AND state = ?2 AND fetched = 0)";
        let mut query = self.connection.prepare_cached(sql)?;
        Ok(query.query_row(params![blob, IS_COMING], |row| row.get(0))?)
    }

    /// Removes what was begun: the piece, then its row.
    pub(super) fn give_up_file(&mut self, blob: [u8; 16]) -> Result<(), VaultError> {
        self.remove_file(blob)?;
        self.forget_file(blob)
    }

    /// Ends what a crash interrupted: additions that were not whole go, and so do files that were going.
    pub(crate) fn settle_attachments(&mut self) -> Result<(), VaultError> {
        let begun: Vec<[u8; 16]> = self
            .connection
            .prepare_cached("SELECT blob FROM attachment_file WHERE state = ?1 AND fetched = 0")?
            .query_map([IS_COMING], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for blob in begun {
            self.give_up_file(blob)?;
        }
        self.unlink_leaving()
    }

    /// Unlinks files whose keys are gone, and forgets them.
    pub(crate) fn unlink_leaving(&mut self) -> Result<(), VaultError> {
        let leaving: Vec<[u8; 16]> = self
            .connection
            .prepare_cached("SELECT blob FROM attachment_file WHERE state IN (?1, ?2)")?
            .query_map([IS_LEAVING, IS_LEAVING_BOTH], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for blob in leaving {
            self.give_up_file(blob)?;
        }
        Ok(())
    }

    fn remove_file(&self, blob: [u8; 16]) -> Result<(), VaultError> {
        let path = self.attachment_file(blob);
        for path in [path.with_extension(COMING), path] {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        let folder = Self::attachments_folder(&self.folder);
        if folder.exists() {
            files::sync_folder(&folder)?;
        }
        Ok(())
    }

    fn forget_file(&mut self, blob: [u8; 16]) -> Result<(), VaultError> {
        self.write(|transaction| {
            transaction
                .prepare_cached("DELETE FROM attachment_file WHERE blob = ?1 AND state IN (?2, ?3)")?
                .execute(params![blob, IS_COMING, IS_LEAVING])?;
            transaction
                .prepare_cached("UPDATE attachment_file SET state = ?3 WHERE blob = ?1 AND state = ?2")?
                .execute(params![blob, IS_LEAVING_BOTH, IS_LEAVING_SERVER])?;
            Ok(())
        })
    }

    /// How many bytes of originals are here, and which of them may go: those of which the devices agreed that the server has them.
    ///
    /// # Errors
    /// What the database says.
    pub fn originals_here(&self) -> Result<(u64, Vec<Spare>), VaultError> {
        let mut query = self.connection.prepare_cached(
            "SELECT a.id, a.bytes, f.shown_day, a.state = 2
                 AND EXISTS (SELECT 1 FROM sync_record WHERE kind = ?1 AND local = a.id AND deleted = 0)
                 AND NOT EXISTS (SELECT 1 FROM sync_change WHERE kind = ?1 AND local = a.id)
                 AND NOT EXISTS (SELECT 1 FROM sync_push_record WHERE kind = ?1 AND local = a.id)
             FROM attachment AS a JOIN attachment_file AS f ON f.blob = a.blob AND f.state = ?2",
        )?;
        let mut rows = query.query(params![Kind::Attachment.number(), IS_HERE])?;
        let (mut held, mut spare) = (0_u64, Vec::new());
        while let Some(row) = rows.next()? {
            let bytes: i64 = row.get(1)?;
            let shape = u64::try_from(bytes).ok().and_then(Shape::of_content);
            let bytes = shape.ok_or(VaultError::VaultDamaged)?.bytes();
            let day: Option<i32> = row.get(2)?;
            held = held.saturating_add(bytes);
            if row.get(3)? {
                spare.push(Spare {
                    id: AttachmentId(Uuid::from_bytes(row.get(0)?)),
                    bytes,
                    shown: day.and_then(NaiveDate::from_epoch_days),
                });
            }
        }
        Ok((held, spare))
    }

    /// How much room there is for files; `None` where it is not known before.
    ///
    /// # Errors
    /// What the file system says.
    pub fn free_room(&self) -> Result<Option<u64>, VaultError> {
        Ok(room_in(&self.folder)?)
    }

    /// Lets originals go from this device; whoever shows them fetches them again. Nothing happens while an earlier state is read, which
    /// may need them.
    ///
    /// # Errors
    /// What the database or the file system says.
    pub fn let_originals_go(&mut self, ids: &[AttachmentId]) -> Result<(), VaultError> {
        if ids.is_empty() || self.is_read() {
            return Ok(());
        }
        let (_, spare) = self.originals_here()?;
        self.write(|transaction| {
            for one in spare.iter().filter(|one| ids.contains(&one.id)) {
                transaction
                    .prepare_cached(
                        "UPDATE attachment_file SET state = ?2
                         WHERE blob = (SELECT blob FROM attachment WHERE id = ?1)",
                    )?
                    .execute(params![one.id.0.as_bytes(), IS_LEAVING])?;
            }
            Ok(())
        })?;
        self.unlink_leaving()
    }

    /// Notes the day on which an original that is here was shown.
    ///
    /// # Errors
    /// What the database says.
    pub fn note_shown(&mut self, id: AttachmentId, day: NaiveDate) -> Result<(), VaultError> {
        self.write(|transaction| {
            transaction
                .prepare_cached(
                    "UPDATE attachment_file SET shown_day = ?2
                     WHERE blob = (SELECT blob FROM attachment WHERE id = ?1) AND shown_day IS NOT ?2",
                )?
                .execute(params![id.0.as_bytes(), day.to_epoch_days()])?;
            Ok(())
        })
    }

    /// How many files of attachments there are.
    #[must_use]
    pub fn count_attachment_files(&self) -> u64 {
        let files = fs::read_dir(Self::attachments_folder(&self.folder));
        files.into_iter().flatten().flatten().count() as u64
    }

    /// How many bytes all files of attachments are.
    pub(crate) fn attachment_bytes(&self) -> u64 {
        bytes_in(&Self::attachments_folder(&self.folder))
    }
}

/// Reads an attachment chunk by chunk.
pub struct Reader {
    file: File,
    blob: chunk::Blob,
    next: u32,
    hasher: blake3::Hasher,
    hash: [u8; 32],
}

impl Reader {
    pub(super) fn new(file: File, manifest: &Manifest) -> Result<Self, VaultError> {
        Ok(Self {
            file,
            blob: sealed_as(manifest)?,
            next: 1,
            hasher: blake3::Hasher::new(),
            hash: manifest.content.hash,
        })
    }

    /// The next piece of the content, a megabyte at most; `None` at the end.
    ///
    /// # Errors
    /// [`VaultError::VaultDamaged`] when the file is not what was kept; what the file system says.
    pub fn next_piece(&mut self) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        if self.next >= self.blob.chunks() {
            let whole = self.hasher.finalize() == self.hash;
            return if whole {
                Ok(None)
            } else {
                Err(VaultError::VaultDamaged)
            };
        }
        let sealed = read_chunk(&mut self.file, &self.blob, self.next)?;
        let opened = chunk::open_chunk(&self.blob, self.next, &sealed);
        let piece = opened.map_err(|_| VaultError::VaultDamaged)?;
        self.hasher.update(&piece);
        self.next += 1;
        Ok(Some(piece))
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reader(…)")
    }
}

pub(super) fn read_chunk(file: &mut File, blob: &chunk::Blob, number: u32) -> Result<Vec<u8>, VaultError> {
    let shape = blob.shape();
    let (offset, length) = shape
        .offset(number)
        .zip(shape.sealed_length(number))
        .ok_or(VaultError::NotFound)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut sealed = vec![0; length];
    file.read_exact(&mut sealed).map_err(|error| match error.kind() {
        ErrorKind::UnexpectedEof => VaultError::VaultDamaged,
        _ => error.into(),
    })?;
    Ok(sealed)
}

/// The small picture that lies in front of the content in a file.
pub(super) fn read_preview(path: &Path, manifest: &Manifest) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let blob = sealed_as(manifest)?;
    let sealed = read_chunk(&mut File::open(path)?, &blob, 0)?;
    chunk::open_chunk(&blob, 0, &sealed).map_err(|_| VaultError::VaultDamaged)
}

pub(super) fn sealed_as(manifest: &Manifest) -> Result<chunk::Blob, VaultError> {
    let blob = &manifest.blob;
    let key = Key::from_bytes(blob.key.0);
    chunk::Blob::from_parts(BlobId(blob.id), key, manifest.content.bytes)
        .map_err(|_| VaultError::VaultDamaged)
}

/// Where the file of a blob is, of the vault in this folder.
pub(crate) fn path(vault: &Path, blob: [u8; 16]) -> PathBuf {
    Vault::attachments_folder(vault).join(data_encoding::HEXLOWER.encode(&blob))
}

/// Whether a blob's file is noted as whole.
pub(super) fn is_here(connection: &Connection, blob: [u8; 16]) -> Result<bool, VaultError> {
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM attachment_file WHERE blob = ?1 AND state = ?2)")?
        .query_row(params![blob, IS_HERE], |row| row.get(0))?)
}

/// The file is whole and has its name.
pub(super) fn set_here(transaction: &Transaction<'_>, blob: [u8; 16]) -> Result<(), VaultError> {
    let changed = transaction
        .prepare_cached("UPDATE attachment_file SET state = ?2, chunks = NULL WHERE blob = ?1")?
        .execute(params![blob, IS_HERE])?;
    (changed == 1).then_some(()).ok_or(VaultError::NotFound)
}

/// The file of an attachment goes that was never spoken of to anybody.
pub(super) fn leave_unheard(transaction: &Transaction<'_>, id: [u8; 16]) -> Result<(), VaultError> {
    transaction
        .prepare_cached(
            "UPDATE attachment_file SET state = ?2 WHERE blob = (SELECT blob FROM attachment WHERE id = ?1)",
        )?
        .execute(params![id, IS_LEAVING])?;
    Ok(())
}

/// The file of an attachment goes, and where this device is the one to say so, what the server has of it too.
pub(super) fn leave(transaction: &Transaction<'_>, id: [u8; 16]) -> Result<(), VaultError> {
    let blob: Option<[u8; 16]> = transaction
        .prepare_cached("SELECT blob FROM attachment WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    let Some(blob) = blob else {
        return Ok(());
    };
    if base::marks(transaction)? {
        transaction
            .prepare_cached(
                "INSERT INTO attachment_file (blob, state, fetched) VALUES (?1, ?2, 0)
                 ON CONFLICT (blob) DO UPDATE SET state = excluded.state, chunks = NULL",
            )?
            .execute(params![blob, IS_LEAVING_BOTH])?;
    } else {
        transaction
            .prepare_cached("UPDATE attachment_file SET state = ?2 WHERE blob = ?1")?
            .execute(params![blob, IS_LEAVING])?;
    }
    Ok(())
}

/// Nobody is to hear any more that something goes from a server.
pub(crate) fn forget_server(transaction: &Transaction<'_>) -> Result<(), VaultError> {
    transaction
        .prepare_cached("DELETE FROM attachment_file WHERE state = ?1")?
        .execute([IS_LEAVING_SERVER])?;
    transaction
        .prepare_cached("UPDATE attachment_file SET state = ?2 WHERE state = ?1")?
        .execute([IS_LEAVING_BOTH, IS_LEAVING])?;
    Ok(())
}

/// How many bytes the files of a folder are.
pub(crate) fn bytes_in(folder: &Path) -> u64 {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files
        .filter_map(|file| file.metadata().ok())
        .filter(fs::Metadata::is_file)
        .map(|data| data.len())
        .sum()
}

/// How much room there is for whoever asks; `None` where it is not known before.
fn room_in(folder: &Path) -> io::Result<Option<u64>> {
    #[cfg(unix)]
    {
        let room = rustix::fs::statvfs(folder)?;
        Ok(Some(room.f_bavail.saturating_mul(room.f_frsize)))
    }
    #[cfg(not(unix))]
    {
        let _ = folder;
        Ok(None)
    }
}
