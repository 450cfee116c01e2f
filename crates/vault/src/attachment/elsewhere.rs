//! Files of attachments once more, beside the copies of the vault in a folder that the person chose: each once, under the name that it has
//! beside the vault. They never change, and whoever has no copy of the vault reads nothing in them.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use regie_crypto::chunk;
use regie_protocol::sync::blob::BlobId;
use uuid::Uuid;

use super::{
    Id,
    file::{COMING, read_chunk},
};
use crate::{Vault, VaultError, backup, files};

/// The folder of these files, which may not be there yet.
#[derive(Clone, Debug)]
pub struct Elsewhere(PathBuf);

/// A file of that folder, to be read chunk by chunk.
#[derive(Debug)]
pub struct Copied(File);

/// What lies there under a blob's name.
struct Found {
    blob: Id,
    path: PathBuf,
    kept: Kept,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kept {
    /// An attachment names it.
    Named,
    /// None does any more, and so many deletions were listed when that was seen.
    UnnamedAt(u64),
    /// It was being written when something stopped.
    Begun,
}

impl Vault {
    /// The blobs that attachments have.
    ///
    /// # Errors
    /// What the database says.
    pub fn blobs(&self) -> Result<HashSet<[u8; 16]>, VaultError> {
        let mut query = self.connection.prepare_cached("SELECT blob FROM attachment")?;
        let blobs = query.query_map([], |row| row.get(0))?;
        Ok(blobs.collect::<Result<_, _>>()?)
    }
}

impl Elsewhere {
    /// Beside the copies of a vault in this folder, which other people's copies may share.
    #[must_use]
    pub fn beside(copies: &Path, vault: Uuid) -> Self {
        Self(copies.join(format!("regie-attachments-{}", backup::piece(vault))))
    }

    /// Copies what lacks of these blobs from the folder beside the vault. A file is on the disk before it has its name; one that went
    /// meanwhile is passed over.
    ///
    /// # Errors
    /// What the file system says; the next time it is gone on with.
    pub fn bring(&self, from: &Path, blobs: &HashSet<[u8; 16]>) -> Result<(), VaultError> {
        let mut there = HashSet::new();
        for found in self.list()?.iter().filter(|found| found.kept != Kept::Begun) {
            if blobs.contains(&found.blob) {
                there.insert(found.blob);
                if found.kept != Kept::Named {
                    files::rename_durably(&found.path, &self.path(found.blob))?;
                }
            }
        }
        for blob in blobs.difference(&there) {
            let mut file = match File::open(from.join(name(*blob))) {
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                file => file?,
            };
            files::create_private_folder(&self.0)?;
            let path = self.path(*blob);
            let coming = path.with_extension(COMING);
            let copied = files::create_private(&coming).and_then(|mut copy| {
                io::copy(&mut file, &mut copy)?;
                copy.sync_all()?;
                files::rename_durably(&coming, &path)
            });
            if copied.is_err() {
                // The first failure is the one to tell.
                let _ = fs::remove_file(&coming);
            }
            copied?;
        }
        Ok(())
    }

    /// Lets go what no attachment names, once no copy beside it does: each of them knows `known` of the `listed` deletions at least. Until
    /// then a copy that is brought back finds it.
    ///
    /// # Errors
    /// What the file system says.
    pub fn let_go(&self, named: &HashSet<[u8; 16]>, listed: u64, known: u64) -> Result<(), VaultError> {
        for Found { blob, path, kept } in self.list()? {
            match kept {
                Kept::Begun => fs::remove_file(path)?,
                _ if named.contains(&blob) => {}
                Kept::UnnamedAt(since) if known < since => {}
                Kept::Named if known < listed => {
                    files::rename_durably(&path, &path.with_extension(listed.to_string()))?;
                }
                _ => fs::remove_file(path)?,
            }
        }
        Ok(())
    }

    /// Goes on under the mark of the key that took the place of this one's.
    ///
    /// # Errors
    /// What the file system says.
    pub fn become_of(&self, other: &Self) -> Result<(), VaultError> {
        if !self.0.is_dir() {
            return Ok(());
        }
        if !other.0.exists() {
            return Ok(files::rename_durably(&self.0, &other.0)?);
        }
        for found in self.list()? {
            let to = found.path.file_name().map(|name| other.0.join(name));
            if let Some(to) = to.filter(|to| !to.exists()) {
                fs::rename(&found.path, to)?;
            }
        }
        files::sync_folder(&other.0)?;
        Ok(fs::remove_dir_all(&self.0)?)
    }

    /// Opens the file of a blob; `None` where there is none.
    ///
    /// # Errors
    /// What the file system says.
    pub fn open(&self, blob: BlobId) -> Result<Option<Copied>, VaultError> {
        let mut path = self.path(blob.0);
        if !path.exists() {
            let unnamed = |found: &Found| found.blob == blob.0 && found.kept != Kept::Begun;
            let Some(found) = self.list()?.into_iter().find(unnamed) else {
                return Ok(None);
            };
            path = found.path;
        }
        Ok(Some(Copied(File::open(path)?)))
    }

    fn path(&self, blob: Id) -> PathBuf {
        self.0.join(name(blob))
    }

    /// Blobs by their names; whatever else lies there is not ours.
    fn list(&self) -> Result<Vec<Found>, VaultError> {
        let entries = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let paths = entries
            .map(|entry| Ok(entry?.path()))
            .collect::<io::Result<Vec<_>>>()?;
        Ok(paths.into_iter().filter_map(found).collect())
    }
}

impl Copied {
    /// A chunk of the blob, as it rests and travels; it opened.
    ///
    /// # Errors
    /// [`VaultError::VaultDamaged`] when it is not what was kept; what the file system says.
    pub fn chunk(&mut self, blob: &chunk::Blob, place: u32) -> Result<Vec<u8>, VaultError> {
        let sealed = read_chunk(&mut self.0, blob, place)?;
        chunk::open_chunk(blob, place, &sealed).map_err(|_| VaultError::VaultDamaged)?;
        Ok(sealed)
    }
}

fn found(path: PathBuf) -> Option<Found> {
    let stem = data_encoding::HEXLOWER
        .decode(path.file_stem()?.to_str()?.as_bytes())
        .ok()?;
    let kept = match path.extension() {
        None => Kept::Named,
        Some(ending) if ending == COMING => Kept::Begun,
        Some(ending) => Kept::UnnamedAt(ending.to_str()?.parse().ok()?),
    };
    let blob = Id::try_from(stem.as_slice()).ok()?;
    Some(Found { blob, path, kept })
}

fn name(blob: Id) -> String {
    data_encoding::HEXLOWER.encode(&blob)
}
