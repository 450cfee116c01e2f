//! Photos and recordings that come in with an import: each is sealed into its file first, which is coming until the one transaction of the
//! import stores what is known of it. What a crash leaves of them goes at the next unlocking, as of any addition.

use std::collections::{HashMap, HashSet};
use std::io::{self, Read};
use std::path::Path;

use regie_domain::{
    AttachmentId,
    attachment::{Attached, Manifest},
};
use regie_protocol::purpose::KeepOnDevice;
use rusqlite::{Connection, Transaction};
use uuid::Uuid;

use super::{New, file, of, put, put_preview};
use crate::{Vault, VaultError, consent::Consent, deletion::Gone, import::next_mark};

/// What comes in beside the entries that name it, by the ids under which they do.
#[derive(Debug, Default)]
pub struct Brought {
    ids: HashMap<Uuid, AttachmentId>,
    hashes: HashMap<[u8; 32], AttachmentId>,
    new: HashMap<AttachmentId, Fresh>,
    damaged: HashSet<Uuid>,
}

/// One that is not here yet.
#[derive(Debug)]
struct Fresh {
    is_photo: bool,
    /// How it was sealed; nothing of one that was only looked at.
    sealed: Option<Manifest>,
}

/// What an entry names and does without, since it did not come in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Without {
    /// It is not there.
    pub absent: u32,
    /// It is there and damaged, or not what was written.
    pub damaged: u32,
}

impl Without {
    pub(crate) fn add(&mut self, other: Self) {
        self.absent += other.absent;
        self.damaged += other.damaged;
    }
}

/// What content is found again by.
///
/// # Errors
/// Those of reading it.
pub fn hash_of(from: impl Read) -> io::Result<[u8; 32]> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(from)?;
    Ok(hasher.finalize().into())
}

impl Brought {
    /// Notes that what has this id is not whole: it does not come in.
    pub fn refuse(&mut self, id: Uuid) {
        self.damaged.insert(id);
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.ids.len() + self.damaged.len()
    }

    /// Whether this is new, and a photo; nothing of what is here already.
    #[must_use]
    pub fn is_new_photo(&self, id: AttachmentId) -> Option<bool> {
        self.new.get(&id).map(|fresh| fresh.is_photo)
    }

    /// What an entry names, by the ids under which it is here or comes in: each once.
    pub(crate) fn settle(
        &self,
        connection: &Connection,
        list: &[Attached],
    ) -> Result<(Vec<Attached>, Without), VaultError> {
        let (mut named, mut without) = (Vec::<Attached>::new(), Without::default());
        for one in list {
            let id = self.ids.get(&one.id.0).copied().unwrap_or(one.id);
            // What is here may have been deleted since it was looked up.
            if !self.new.contains_key(&id) && of(connection, id)?.is_none() {
                let counted = match self.damaged.contains(&one.id.0) {
                    true => &mut without.damaged,
                    false => &mut without.absent,
                };
                *counted += 1;
            } else if named.iter().all(|other| other.id != id) {
                let description = one.description.clone();
                named.push(Attached { id, description });
            }
        }
        Ok((named, without))
    }

    /// Stores what is known of one that was sealed, the first time that an entry names it. Whether it was a photo.
    pub(crate) fn store(
        &self,
        transaction: &Transaction<'_>,
        vault: &Path,
        id: AttachmentId,
    ) -> Result<Option<bool>, VaultError> {
        let Some(Fresh { is_photo, sealed }) = self.new.get(&id) else {
            return Ok(None);
        };
        if of(transaction, id)?.is_some() {
            return Ok(None);
        }
        let manifest = sealed.as_ref().ok_or(VaultError::NotFound)?;
        let path = file::path(vault, manifest.blob.id);
        put(transaction, manifest)?;
        put_preview(transaction, id, &file::read_preview(&path, manifest)?)?;
        file::set_here(transaction, manifest.blob.id)?;
        Ok(Some(*is_photo))
    }

    fn note(&mut self, id: Uuid, hash: [u8; 32], here: AttachmentId) {
        self.ids.insert(id, here);
        self.hashes.insert(hash, here);
    }
}

impl Vault {
    /// What would become of a photo or a recording with these bytes, as far as can be said before it is taken apart.
    ///
    /// # Errors
    /// What the database says.
    pub fn foresee_attachment(
        &self,
        brought: &mut Brought,
        gone: &Gone,
        (id, hash): (Uuid, [u8; 32]),
        is_photo: bool,
    ) -> Result<(), VaultError> {
        if let Some(known) = self.find_brought(brought, &hash)? {
            brought.note(id, hash, known);
            return Ok(());
        }
        let mut mark = id;
        while gone.holds(mark.as_bytes()) {
            mark = next_mark(mark, [0; 16]);
        }
        let mark = AttachmentId(mark);
        if of(&self.connection, mark)?.is_none() {
            let sealed = None;
            brought.new.insert(mark, Fresh { is_photo, sealed });
        }
        brought.note(id, hash, mark);
        Ok(())
    }

    /// Seals a photo or a recording that comes in into its file. What is here already, or came before, is kept once; what was lost is whole
    /// again at once, whatever becomes of the import. Its id is the one that
    /// it comes with, or where that is taken or was deleted one that follows from it.
    ///
    /// # Errors
    /// [`VaultError::NoConsent`]; [`VaultError::TooLarge`]; [`VaultError::DiskFull`] when there would be no room left to write in; what the
    /// database or the file system says. [`Vault::leave_brought`] is to follow, as after the import.
    pub fn bring_attachment(
        &mut self,
        consent: &Consent<KeepOnDevice>,
        brought: &mut Brought,
        gone: &Gone,
        id: Uuid,
        new: &New<'_>,
    ) -> Result<(), VaultError> {
        consent.check(&self.connection)?;
        let hash = *blake3::hash(new.bytes).as_bytes();
        if let Some(known) = self.find_brought(brought, &hash)? {
            brought.note(id, hash, known);
            return match brought.new.contains_key(&known) {
                true => Ok(()),
                false => self.mend(known, new),
            };
        }
        let mut mark = id;
        while gone.holds(mark.as_bytes())
            || brought.new.contains_key(&AttachmentId(mark))
            || of(&self.connection, AttachmentId(mark))?.is_some()
        {
            mark = next_mark(mark, [0; 16]);
        }
        let mark = AttachmentId(mark);
        let sealed = Some(self.seal_new(mark, hash, new)?);
        let is_photo = new.media.is_photo();
        brought.new.insert(mark, Fresh { is_photo, sealed });
        brought.note(id, hash, mark);
        Ok(())
    }

    /// Removes the files of what came and is not known: the import did not happen, or no entry that came in names it.
    ///
    /// # Errors
    /// What the database or the file system says; what stays goes at the next unlocking.
    pub fn leave_brought(&mut self, brought: &Brought) -> Result<(), VaultError> {
        let sealed = brought.new.values().filter_map(|fresh| fresh.sealed.as_ref());
        for blob in sealed.map(|manifest| manifest.blob.id) {
            if self.is_coming(blob)? {
                self.give_up_file(blob)?;
            }
        }
        Ok(())
    }

    fn find_brought(&self, brought: &Brought, hash: &[u8; 32]) -> Result<Option<AttachmentId>, VaultError> {
        match brought.hashes.get(hash) {
            Some(known) => Ok(Some(*known)),
            None => self.find_attachment(hash),
        }
    }
}
