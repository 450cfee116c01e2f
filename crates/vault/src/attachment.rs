//! Photos and voice notes: what is known of each, who names it, and when it goes (docs/adr/0015). Their bytes: [`mod@file`].

pub(crate) mod along;
pub mod bring;
mod carrying;
pub mod elsewhere;
pub mod file;
pub mod largest;
pub(crate) mod record;
pub mod recording;
mod twins;

#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use regie_crypto::chunk;
use regie_domain::{
    AttachmentId, EntryId,
    attachment::{
        Attached, Blob, BlobKey, Content, Extent, LONGEST_DESCRIPTION, MOST_NAMED, Manifest, Media, State,
    },
    record::Kind as RecordKind,
};
use regie_protocol::purpose::KeepOnDevice;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use uuid::Uuid;

pub use carrying::NoRoom;

use crate::{
    Vault, VaultError,
    consent::Consent,
    deletion::Erasing,
    sync::{base, local::Local},
    time,
};

/// Where the bytes of an attachment can be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// On this device.
    Here,
    /// On the server.
    Server,
    /// On another device, which has not sent them yet: its name, where it has one.
    Coming {
        /// The name; empty when it is not known.
        from: String,
    },
    /// Nowhere that is known.
    Lost,
}

/// An attachment as an entry names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// What is known of it.
    pub manifest: Manifest,
    /// What the person wrote with it.
    pub description: String,
    /// Where its bytes are.
    pub place: Place,
}

/// What is to be kept.
#[derive(Clone, Copy, Debug)]
pub struct New<'a> {
    /// What it is packed as.
    pub media: Media,
    /// The bytes, as they are kept.
    pub bytes: &'a [u8],
    /// How much there is to see or to hear.
    pub extent: Extent,
    /// The same small, as JPEG, of 24 KiB at most; empty for none.
    pub preview: &'a [u8],
}

const MANIFEST: &str = "a.id, a.media, a.bytes, a.hash, a.width, a.height, a.milliseconds, a.blob, a.key, a.state, a.device, \
     a.lost_ms";
/// Where a column stands that comes after those of [`MANIFEST`].
const AFTER_MANIFEST: usize = 12;

type Id = [u8; 16];

impl Vault {
    /// Keeps a photo or a voice note and lets an entry name it. What is there already is named once more and kept once; what was lost is
    /// sealed anew.
    ///
    /// # Errors
    /// [`VaultError::NoConsent`]; [`VaultError::NotFound`] when the entry was deleted; [`VaultError::TooLarge`] when it names as many
    /// as it may, or for more than can be kept in one piece; [`VaultError::DiskFull`] when there would be no room left to write in.
    /// Nothing was added then.
    pub fn attach(
        &mut self,
        consent: &Consent<KeepOnDevice>,
        entry: EntryId,
        new: &New<'_>,
        now: DateTime<Utc>,
    ) -> Result<AttachmentId, VaultError> {
        consent.check(&self.connection)?;
        let hash = *blake3::hash(new.bytes).as_bytes();
        if let Some(known) = self.find_attachment(&hash)? {
            self.mend(known, new)?;
            self.write(|transaction| {
                consent.check(transaction)?;
                name(transaction, entry, known, now)
            })?;
            return Ok(known);
        }
        may_name_more(&self.connection, entry)?;
        let id = AttachmentId(Uuid::now_v7());
        let manifest = self.seal_new(id, hash, new)?;
        let added = self.write(|transaction| {
            consent.check(transaction)?;
            put(transaction, &manifest)?;
            put_preview(transaction, id, new.preview)?;
            name(transaction, entry, id, now)?;
            file::set_here(transaction, manifest.blob.id)
        });
        if added.is_err() {
            // The first failure is the one to tell; what stays is removed at the next unlocking.
            let _ = self.give_up_file(manifest.blob.id);
        }
        added.map(|()| id)
    }

    /// What has the content of an attachment that is nowhere seals it anew: whoever adds it again has given it back.
    fn mend(&mut self, id: AttachmentId, new: &New<'_>) -> Result<(), VaultError> {
        match self.place_of(&self.attachment(id)?)? {
            Place::Lost => self.seal_anew(id, new),
            _ => Ok(()),
        }
    }

    /// Seals what is new into a file of its own, which is on the disk when this returns, and coming until its manifest is stored.
    fn seal_new(&mut self, id: AttachmentId, hash: [u8; 32], new: &New<'_>) -> Result<Manifest, VaultError> {
        let length = u64::try_from(new.bytes.len()).map_err(|_| VaultError::TooLarge)?;
        let blob = chunk::Blob::make_random(length).map_err(|_| VaultError::TooLarge)?;
        if new.preview.len() > chunk::LONGEST_PREVIEW {
            return Err(VaultError::TooLarge);
        }
        let from = self.own_name()?;
        self.begin_file(&blob)?;
        if let Err(error) = self.write_file(&blob, new) {
            // As above.
            let _ = self.give_up_file(blob.id().0);
            return Err(error);
        }
        Ok(Manifest {
            id,
            content: Content {
                media: new.media,
                bytes: length,
                hash,
                extent: new.extent,
            },
            blob: Blob {
                state: State::Coming { from },
                id: blob.id().0,
                key: BlobKey(*blob.key().expose()),
            },
        })
    }

    /// What an entry names, in its order. What is not known yet comes with the records that tell of it.
    ///
    /// # Errors
    /// What the database says.
    pub fn attachments_of(&self, entry: EntryId) -> Result<Vec<Named>, VaultError> {
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT {MANIFEST}, n.description FROM attachment_of AS n JOIN attachment AS a ON a.id = n.attachment
             WHERE n.entry = ?1 AND n.let_go_ms IS NULL ORDER BY n.position, n.attachment"
        ))?;
        let rows = query.query_and_then([entry.0.as_bytes()], |row| {
            let manifest = manifest(row)?;
            Ok(Named {
                place: self.place_of(&manifest)?,
                manifest,
                description: row.get(AFTER_MANIFEST)?,
            })
        })?;
        rows.collect()
    }

    /// What is known of an attachment.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] when there is none; what the database says.
    pub fn attachment(&self, id: AttachmentId) -> Result<Manifest, VaultError> {
        of(&self.connection, id)?.ok_or(VaultError::NotFound)
    }

    /// Everything that is known of attachments, in the order of their ids.
    ///
    /// # Errors
    /// What the database says.
    pub fn attachments(&self) -> Result<Vec<(Manifest, Place)>, VaultError> {
        let mut query = self
            .connection
            .prepare(&format!("SELECT {MANIFEST} FROM attachment AS a ORDER BY a.id"))?;
        let rows = query.query_and_then([], |row| {
            let manifest = manifest(row)?;
            let place = self.place_of(&manifest)?;
            Ok((manifest, place))
        })?;
        rows.collect()
    }

    /// The small picture of a photo, as JPEG.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] when there is none (yet); what the database says.
    pub fn attachment_preview(&self, id: AttachmentId) -> Result<Vec<u8>, VaultError> {
        Ok(self
            .connection
            .prepare_cached("SELECT jpeg FROM attachment_preview WHERE attachment = ?1 AND length(jpeg) > 0")?
            .query_row([id.0.as_bytes()], |row| row.get(0))?)
    }

    /// Keeps what the person wrote with an attachment.
    ///
    /// # Errors
    /// [`VaultError::NoConsent`]; [`VaultError::NotFound`]; [`VaultError::TooLarge`]; what the database says.
    pub fn describe_attachment(
        &mut self,
        consent: &Consent<KeepOnDevice>,
        (entry, id): (EntryId, AttachmentId),
        description: &str,
        now: DateTime<Utc>,
    ) -> Result<(), VaultError> {
        if description.len() > LONGEST_DESCRIPTION {
            return Err(VaultError::TooLarge);
        }
        self.write(|transaction| {
            consent.check(transaction)?;
            touch(transaction, entry, now)?;
            let changed = transaction
                .prepare_cached(
                    "UPDATE attachment_of SET description = ?3 WHERE entry = ?1 AND attachment = ?2 AND let_go_ms IS NULL",
                )?
                .execute(params![entry.0.as_bytes(), id.0.as_bytes(), description])?;
            (changed == 1).then_some(()).ok_or(VaultError::NotFound)
        })
    }

    /// Moves an attachment to another place in the order of an entry; beyond the last place is the last.
    ///
    /// # Errors
    /// [`VaultError::NoConsent`]; [`VaultError::NotFound`]; what the database says.
    pub fn move_attachment(
        &mut self,
        consent: &Consent<KeepOnDevice>,
        (entry, id): (EntryId, AttachmentId),
        to: usize,
        now: DateTime<Utc>,
    ) -> Result<(), VaultError> {
        self.write(|transaction| {
            consent.check(transaction)?;
            touch(transaction, entry, now)?;
            let mut order: Vec<Id> = transaction
                .prepare_cached(
                    "SELECT attachment FROM attachment_of WHERE entry = ?1 ORDER BY let_go_ms IS NOT NULL, position, attachment",
                )?
                .query_map([entry.0.as_bytes()], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            let from = order.iter().position(|one| one == id.0.as_bytes());
            let moved = order.remove(from.ok_or(VaultError::NotFound)?);
            order.insert(to.min(order.len()), moved);
            for (position, one) in order.iter().enumerate() {
                let position = i64::try_from(position).map_err(|_| VaultError::TooLarge)?;
                transaction
                    .prepare_cached(
                        "UPDATE attachment_of SET position = ?3 WHERE entry = ?1 AND attachment = ?2 AND position <> ?3",
                    )?
                    .execute(params![entry.0.as_bytes(), one, position])?;
            }
            Ok(())
        })
    }

    /// Takes an attachment out of an entry so that it can still be taken back until [`Vault::finish_deletions`].
    ///
    /// # Errors
    /// [`VaultError::NotFound`] when the entry does not name it; what the database says.
    pub fn let_attachment_go(
        &mut self,
        entry: EntryId,
        id: AttachmentId,
        now: DateTime<Utc>,
    ) -> Result<(), VaultError> {
        self.set_let_go(entry, id, Some(now))
    }

    /// Takes that back.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] when it is gone for good; what the database says.
    pub fn take_attachment_back(&mut self, entry: EntryId, id: AttachmentId) -> Result<(), VaultError> {
        self.set_let_go(entry, id, None)
    }

    fn set_let_go(
        &mut self,
        entry: EntryId,
        id: AttachmentId,
        at: Option<DateTime<Utc>>,
    ) -> Result<(), VaultError> {
        let changed = self.write(|transaction| {
            Ok(transaction
                .prepare_cached(
                    "UPDATE attachment_of SET let_go_ms = ?3
                     WHERE entry = ?1 AND attachment = ?2 AND (let_go_ms IS NULL) = (?3 IS NOT NULL)",
                )?
                .execute(params![
                    entry.0.as_bytes(),
                    id.0.as_bytes(),
                    at.map(|at| at.timestamp_millis())
                ])?)
        })?;
        (changed == 1).then_some(()).ok_or(VaultError::NotFound)
    }

    /// The attachment with this content.
    fn find_attachment(&self, hash: &[u8; 32]) -> Result<Option<AttachmentId>, VaultError> {
        let id: Option<Id> = self
            .connection
            .prepare_cached(
                "SELECT id FROM attachment WHERE hash = ?1
                 ORDER BY EXISTS (SELECT 1 FROM attachment_of WHERE attachment = id) DESC, id LIMIT 1",
            )?
            .query_row([hash], |row| row.get(0))
            .optional()?;
        Ok(id.map(|id| AttachmentId(Uuid::from_bytes(id))))
    }

    fn place_of(&self, manifest: &Manifest) -> Result<Place, VaultError> {
        if self.has_file(manifest.blob.id)? {
            return Ok(Place::Here);
        }
        // Without a copy there is no server that has it, and nobody sends it.
        let synced = self.is_synced()?;
        Ok(match &manifest.blob.state {
            State::There if synced => Place::Server,
            State::Coming { from } if synced => Place::Coming { from: from.clone() },
            _ => Place::Lost,
        })
    }
}

/// What an entry names, with what was taken out and can be taken back: until then it counts.
pub(crate) fn named(connection: &Connection, entry: EntryId, all: bool) -> Result<Vec<Attached>, VaultError> {
    let mut query = connection.prepare_cached(
        "SELECT attachment, description FROM attachment_of WHERE entry = ?1 AND (?2 OR let_go_ms IS NULL)
         ORDER BY position, attachment",
    )?;
    let rows = query.query_map(params![entry.0.as_bytes(), all], |row| {
        Ok(Attached {
            id: AttachmentId(Uuid::from_bytes(row.get(0)?)),
            description: row.get(1)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Lets an entry name exactly these, as other devices have it. What waits to be gone stays waiting.
pub(crate) fn set_named(
    transaction: &Transaction<'_>,
    entry: EntryId,
    list: &[Attached],
) -> Result<(), VaultError> {
    for before in named(transaction, entry, true)? {
        if !list.iter().any(|one| one.id == before.id) {
            transaction
                .prepare_cached("DELETE FROM attachment_of WHERE entry = ?1 AND attachment = ?2")?
                .execute(params![entry.0.as_bytes(), before.id.0.as_bytes()])?;
        }
    }
    for (position, one) in list.iter().enumerate() {
        let position = i64::try_from(position).map_err(|_| VaultError::TooLarge)?;
        transaction
            .prepare_cached(
                "INSERT INTO attachment_of (entry, attachment, position, description) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (entry, attachment) DO UPDATE SET position = excluded.position,
                     description = excluded.description",
            )?
            .execute(params![
                entry.0.as_bytes(),
                one.id.0.as_bytes(),
                position,
                one.description
            ])?;
    }
    Ok(())
}

/// Lets an entry name one more, behind the others. One that was being taken out is in again, where it stood.
fn name(
    transaction: &Transaction<'_>,
    entry: EntryId,
    id: AttachmentId,
    now: DateTime<Utc>,
) -> Result<(), VaultError> {
    let again = transaction
        .prepare_cached("UPDATE attachment_of SET let_go_ms = NULL WHERE entry = ?1 AND attachment = ?2")?
        .execute(params![entry.0.as_bytes(), id.0.as_bytes()])?;
    if again > 0 {
        return Ok(());
    }
    may_name_more(transaction, entry)?;
    touch(transaction, entry, now)?;
    transaction
        .prepare_cached(
            "INSERT INTO attachment_of (entry, attachment, position, description)
             SELECT ?1, ?2, coalesce(max(position) + 1, 0), '' FROM attachment_of WHERE entry = ?1",
        )?
        .execute(params![entry.0.as_bytes(), id.0.as_bytes()])?;
    Ok(())
}

fn may_name_more(connection: &Connection, entry: EntryId) -> Result<(), VaultError> {
    if named(connection, entry, false)?.len() < MOST_NAMED {
        Ok(())
    } else {
        Err(VaultError::TooLarge)
    }
}

/// An entry that is about to change.
fn touch(transaction: &Transaction<'_>, entry: EntryId, now: DateTime<Utc>) -> Result<(), VaultError> {
    base::keep(transaction, RecordKind::Entry, &Local::id(entry.0))?;
    let there = transaction
        .prepare_cached("UPDATE diary_entry SET edited_ms = ?2 WHERE id = ?1 AND deleted_ms IS NULL")?
        .execute(params![entry.0.as_bytes(), now.timestamp_millis()])?;
    (there == 1).then_some(()).ok_or(VaultError::NotFound)
}

/// What was taken out up to a moment is named no more.
pub(crate) fn let_go_until(
    transaction: &Transaction<'_>,
    until: DateTime<Utc>,
) -> Result<Vec<Id>, VaultError> {
    let until = until.timestamp_millis();
    let let_go: Vec<(Id, Id)> = transaction
        .prepare_cached("SELECT entry, attachment FROM attachment_of WHERE let_go_ms <= ?1")?
        .query_map([until], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for (entry, id) in &let_go {
        base::keep(
            transaction,
            RecordKind::Entry,
            &Local::id(Uuid::from_bytes(*entry)),
        )?;
        transaction
            .prepare_cached("DELETE FROM attachment_of WHERE entry = ?1 AND attachment = ?2")?
            .execute([entry, id])?;
    }
    Ok(let_go.into_iter().map(|(_, id)| id).collect())
}

/// Whether something was taken out up to a moment.
pub(crate) fn waits_to_go(connection: &Connection, until: DateTime<Utc>) -> Result<bool, VaultError> {
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM attachment_of WHERE let_go_ms <= ?1)")?
        .query_row([until.timestamp_millis()], |row| row.get(0))?)
}

/// Whether any entry names it, those included that can be taken back.
pub(crate) fn is_named(connection: &Connection, id: Id) -> Result<bool, VaultError> {
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM attachment_of WHERE attachment = ?1)")?
        .query_row([id], |row| row.get(0))?)
}

/// The attachments that an entry names.
pub(crate) fn ids_of(connection: &Connection, entry: Id) -> Result<Vec<Id>, VaultError> {
    let mut query = connection.prepare_cached("SELECT attachment FROM attachment_of WHERE entry = ?1")?;
    let rows = query.query_map([entry], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Those that no entry names, and that wait for nothing.
pub(crate) fn unnamed(connection: &Connection) -> Result<Vec<Id>, VaultError> {
    let mut query = connection.prepare_cached(&format!(
        "SELECT y.id FROM attachment AS y
         WHERE NOT EXISTS (SELECT 1 FROM attachment_of WHERE attachment = y.id) AND NOT ({})",
        twins::WAITS
    ))?;
    let rows = query.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// All of them.
pub(crate) fn all_ids(connection: &Connection) -> Result<Vec<Id>, VaultError> {
    let mut query = connection.prepare("SELECT id FROM attachment")?;
    let rows = query.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Its row, key and preview go, its names with them, and its file is to follow. Whether it was there.
pub(crate) fn erase(transaction: &Transaction<'_>, id: Id) -> Result<bool, VaultError> {
    file::leave(transaction, id)?;
    for entry in naming(transaction, id)? {
        base::keep(
            transaction,
            RecordKind::Entry,
            &Local::id(Uuid::from_bytes(entry)),
        )?;
    }
    transaction
        .prepare_cached("DELETE FROM attachment_of WHERE attachment = ?1")?
        .execute([id])?;
    let gone = transaction
        .prepare_cached("DELETE FROM attachment WHERE id = ?1")?
        .execute([id])?;
    Ok(gone > 0)
}

/// The entries that name it.
fn naming(connection: &Connection, id: Id) -> Result<Vec<Id>, VaultError> {
    let mut query = connection.prepare_cached("SELECT entry FROM attachment_of WHERE attachment = ?1")?;
    let rows = query.query_map([id], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Another device deleted it. Where an entry names it that was changed here since, it lives on under a new id, from what is here of
/// it; else it goes.
pub(crate) fn gone_elsewhere(
    transaction: &Transaction<'_>,
    erasing: &mut Erasing,
    id: Id,
) -> Result<(), VaultError> {
    let entry = RecordKind::Entry.number();
    let changed: bool = transaction
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM attachment_of AS n JOIN sync_change AS c ON c.kind = ?2 AND c.local = n.entry
             WHERE n.attachment = ?1 AND n.let_go_ms IS NULL)",
        )?
        .query_row(params![id, entry], |row| row.get(0))?;
    if !changed {
        return erasing.erase_attachment(transaction, id);
    }
    let new = Uuid::now_v7();
    transaction
        .prepare_cached(
            "DELETE FROM attachment_of WHERE attachment = ?1
             AND NOT EXISTS (SELECT 1 FROM sync_change WHERE kind = ?2 AND local = entry)",
        )?
        .execute(params![id, entry])?;
    transaction
        .prepare_cached("UPDATE attachment_of SET attachment = ?2 WHERE attachment = ?1")?
        .execute(params![id, new.as_bytes()])?;
    transaction
        .prepare_cached(
            "UPDATE attachment SET id = ?2, state = 1, device = '', lost_ms = NULL WHERE id = ?1",
        )?
        .execute(params![id, new.as_bytes()])?;
    crate::sync::mark(transaction, RecordKind::Attachment, &Local::id(new))
}

/// What is known of it.
pub(crate) fn of(connection: &Connection, id: AttachmentId) -> Result<Option<Manifest>, VaultError> {
    let mut query =
        connection.prepare_cached(&format!("SELECT {MANIFEST} FROM attachment AS a WHERE a.id = ?1"))?;
    let mut rows = query.query_and_then([id.0.as_bytes()], manifest)?;
    rows.next().transpose()
}

/// Writes what is known of one, whatever stood there.
pub(crate) fn put(transaction: &Transaction<'_>, manifest: &Manifest) -> Result<(), VaultError> {
    let (content, blob) = (&manifest.content, &manifest.blob);
    let (width, height, milliseconds) = match content.extent {
        Extent::Dots { width, height } => (Some(width), Some(height), None),
        Extent::Lasts { milliseconds } => (None, None, Some(stored(milliseconds)?)),
    };
    let (state, device, lost_ms) = match &blob.state {
        State::Coming { from } => (1, from.as_str(), None),
        State::There => (2, "", None),
        State::Lost { since } => (3, "", Some(since.timestamp_millis())),
    };
    transaction
        .prepare_cached(
            "INSERT INTO attachment (
                 id, media, bytes, hash, width, height, milliseconds, blob, key, state, device, lost_ms
             ) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
             ON CONFLICT (id) DO UPDATE SET media = excluded.media, bytes = excluded.bytes, hash = excluded.hash,
                 width = excluded.width, height = excluded.height, milliseconds = excluded.milliseconds,
                 blob = excluded.blob, key = excluded.key, state = excluded.state, device = excluded.device,
                 lost_ms = excluded.lost_ms",
        )?
        .execute(params![
            manifest.id.0.as_bytes(),
            content.media.number(),
            stored(content.bytes)?,
            content.hash,
            width,
            height,
            milliseconds,
            blob.id,
            blob.key.0,
            state,
            device,
            lost_ms
        ])?;
    Ok(())
}

/// Keeps a small picture; an empty one is none.
pub(crate) fn put_preview(
    transaction: &Transaction<'_>,
    id: AttachmentId,
    jpeg: &[u8],
) -> Result<(), VaultError> {
    if !jpeg.is_empty() {
        transaction
            .prepare_cached(
                "INSERT INTO attachment_preview (attachment, jpeg) VALUES (?1, ?2)
                 ON CONFLICT (attachment) DO UPDATE SET jpeg = excluded.jpeg",
            )?
            .execute(params![id.0.as_bytes(), jpeg])?;
    }
    Ok(())
}

fn stored(number: u64) -> Result<i64, VaultError> {
    i64::try_from(number).map_err(|_| VaultError::TooLarge)
}

fn manifest(row: &Row<'_>) -> Result<Manifest, VaultError> {
    let number = |number: i64| u64::try_from(number).map_err(|_| VaultError::VaultDamaged);
    let (width, height): (Option<u32>, Option<u32>) = (row.get(4)?, row.get(5)?);
    let milliseconds: Option<i64> = row.get(6)?;
    let extent = match (width, height, milliseconds) {
        (Some(width), Some(height), None) => Extent::Dots { width, height },
        (None, None, Some(milliseconds)) => Extent::Lasts {
            milliseconds: number(milliseconds)?,
        },
        _ => return Err(VaultError::VaultDamaged),
    };
    let lost_ms: Option<i64> = row.get(11)?;
    let state = match (row.get(9)?, lost_ms) {
        (1_u8, _) => State::Coming { from: row.get(10)? },
        (2, _) => State::There,
        (3, Some(ms)) => State::Lost {
            since: time::utc(ms)?,
        },
        _ => return Err(VaultError::VaultDamaged),
    };
    Ok(Manifest {
        id: AttachmentId(Uuid::from_bytes(row.get(0)?)),
        content: Content {
            media: Media::of(row.get(1)?).ok_or(VaultError::VaultDamaged)?,
            bytes: number(row.get(2)?)?,
            hash: row.get(3)?,
            extent,
        },
        blob: Blob {
            state,
            id: row.get(7)?,
            key: BlobKey(row.get(8)?),
        },
    })
}
