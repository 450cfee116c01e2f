//! Backups: one file each, with the encrypted database and its key file inside. See docs/adr/0006.
//!
//! The file is a tar archive of four members in this order: a description in JSON, the key file twice, the database.
//! The key files have a fixed size, so that another passphrase can be written into the file in place, one copy after
//! the other: a crash between them leaves one old and one new, both whole.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, FixedOffset};
use regie_crypto::{Key, Passphrase, recovery::RecoveryCode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    DATABASE, Successor, Vault, VaultError, copy, database,
    deletion::{Deletions, Mark},
    erase, files,
    keys::{self, KeyFile},
    migrations, replace,
    settings::Setting,
};

/// How a backup's file name ends.
pub const ENDING: &str = "regie-backup";
/// The newest format that is read, and the one that is written.
const FORMAT: u32 = 1;
const DESCRIPTION: &str = "regie-backup.json";
const DATABASE_MEMBER: &str = "vault.db";
const KEY_MEMBERS: [&str; 2] = ["vault.key", "vault.key.copy"];
/// Room for a key file, in bytes; the rest is blank space.
const KEY_ROOM: usize = 8 * 1024;

/// Far above what stands before the database.
const BEFORE_DATABASE: u64 = 256 * 1024;

/// What stands in the description.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Description {
    format: u32,
    /// Which vault key the database is under.
    vault: Uuid,
    /// When it was made, RFC 3339.
    made: DateTime<FixedOffset>,
    /// Up to where it knows the list of deletions: what was deleted later is still in it.
    deletions: Mark,
    /// Size of the database in bytes.
    bytes: u64,
    /// BLAKE3 of the database, against damage; alteration is caught by the pages' own authentication.
    blake3: String,
}

#[derive(Deserialize)]
struct FormatOnly {
    format: u32,
}

/// A backup, as far as can be told without a key.
#[derive(Clone, Debug)]
pub struct Backup {
    path: PathBuf,
    description: Description,
    key_file: KeyFile,
    /// Whether both places hold that key file.
    keys_agree: bool,
    key_places: [u64; 2],
    database_place: u64,
}

/// The way into a vault.
#[derive(Clone, Copy, Debug)]
pub enum Secret<'a> {
    /// The passphrase.
    Passphrase(&'a Passphrase),
    /// The recovery code, and the passphrase that takes the place of the forgotten one.
    Code {
        /// The code.
        code: &'a RecoveryCode,
        /// The new passphrase.
        passphrase: &'a Passphrase,
    },
    /// The key that the platform's keychain keeps.
    Keychain(&'a Key),
}

impl Backup {
    /// Looks at a backup without a key and without reading its database.
    ///
    /// # Errors
    /// [`VaultError::NotABackup`] for any other file, [`VaultError::VaultNewer`] for one of a newer program,
    /// [`VaultError::BackupDamaged`] when both key files are unreadable, or what the file system says.
    pub fn read(path: &Path) -> Result<Self, VaultError> {
        // A pipe would keep whoever opens it waiting.
        if !fs::metadata(path)?.is_file() {
            return Err(VaultError::NotABackup);
        }
        // Names and headers are read into memory whole, and a hostile file's may be of any size.
        let mut archive = tar::Archive::new(File::open(path)?.take(BEFORE_DATABASE));
        let mut members = archive.entries().map_err(|_| VaultError::NotABackup)?;
        let mut next = |name: &str| -> Result<(u64, Option<Vec<u8>>, u64), VaultError> {
            let mut member = members
                .next()
                .ok_or(VaultError::NotABackup)?
                .map_err(|_| VaultError::NotABackup)?;
            let fits = member.path().is_ok_and(|path| path.as_os_str() == name);
            if !fits {
                return Err(VaultError::NotABackup);
            }
            let (place, size) = (member.raw_file_position(), member.size());
            let mut bytes = None;
            if size <= keys::LARGEST && name != DATABASE_MEMBER {
                let mut content = Vec::new();
                member
                    .read_to_end(&mut content)
                    .map_err(|_| VaultError::BackupDamaged)?;
                bytes = Some(content);
            }
            Ok((place, bytes, size))
        };
        let (_, description, _) = next(DESCRIPTION)?;
        let description = description.ok_or(VaultError::NotABackup)?;
        let format: FormatOnly = serde_json::from_slice(&description).map_err(|_| VaultError::NotABackup)?;
        if format.format > FORMAT {
            return Err(VaultError::VaultNewer);
        }
        let description: Description =
            serde_json::from_slice(&description).map_err(|_| VaultError::NotABackup)?;
        let [one, other] = KEY_MEMBERS;
        let (one_place, one, _) = next(one)?;
        let (other_place, other, _) = next(other)?;
        let keys_agree = one.is_some() && one == other;
        let key_file = |bytes: Option<Vec<u8>>| KeyFile::from_bytes(&bytes.ok_or(VaultError::BackupDamaged)?);
        let key_file = KeyFile::newest(key_file(one), key_file(other)).map_err(|error| match error {
            VaultError::VaultNewer => error,
            _ => VaultError::BackupDamaged,
        })?;
        let (database_place, _, size) = next(DATABASE_MEMBER)?;
        if size != description.bytes || fs::metadata(path)?.len() < database_place + size {
            return Err(VaultError::BackupDamaged);
        }
        Ok(Self {
            path: path.to_owned(),
            description,
            key_file,
            keys_agree,
            key_places: [one_place, other_place],
            database_place,
        })
    }

    /// The backups in a folder, newest first; files that are none are passed over.
    ///
    /// # Errors
    /// What the file system says; a folder that is not there holds none.
    pub fn list(folder: &Path) -> Result<Vec<Self>, VaultError> {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry?;
            let path = entry.path();
            if path.extension() == Some(ENDING.as_ref())
                && entry.file_type()?.is_file()
                && let Ok(backup) = Self::read(&path)
            {
                found.push(backup);
            }
        }
        found.sort_by(|one, other| other.age().cmp(&one.age()));
        Ok(found)
    }

    /// Of two backups of the same second the one with the longer name is newer.
    fn age(&self) -> (DateTime<FixedOffset>, Option<&std::ffi::OsStr>) {
        (self.description.made, self.path.file_stem())
    }

    /// Its file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// When it was made.
    #[must_use]
    pub const fn made(&self) -> DateTime<FixedOffset> {
        self.description.made
    }

    /// Which vault key it is under.
    #[must_use]
    pub const fn vault(&self) -> Uuid {
        self.description.vault
    }

    /// Up to where it knows the list of deletions.
    #[must_use]
    pub const fn deletions(&self) -> &Mark {
        &self.description.deletions
    }

    /// How often its key file was renewed.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.key_file.generation()
    }

    /// The same for a restore on a computer that has seen a newer key file of this vault: changes go on from there, so
    /// that they reach copies that are newer than this one.
    #[must_use]
    pub fn after_generation(mut self, seen: u64) -> Self {
        self.key_file.go_on_from(seen);
        self
    }

    /// Size of the database inside, in bytes.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.description.bytes
    }

    /// Copies the file into another folder; whole or not at all. Returns where it is.
    ///
    /// # Errors
    /// What the file system says.
    pub fn copy_to(&self, folder: &Path) -> Result<PathBuf, VaultError> {
        let name = self.path.file_name().ok_or(VaultError::NotABackup)?;
        let target = folder.join(name);
        let unfinished = target.with_extension("unfinished");
        let copied = files::create_private(&unfinished)
            .and_then(|mut copy| {
                io::copy(&mut File::open(&self.path)?, &mut copy)?;
                copy.sync_all()
            })
            .and_then(|()| fs::rename(&unfinished, &target));
        if copied.is_err() {
            // The first failure is the one to tell.
            let _ = fs::remove_file(&unfinished);
        }
        copied?;
        files::sync_folder(folder)?;
        Ok(target)
    }

    /// Removes the file, its keys first.
    ///
    /// # Errors
    /// What the file system says; [`tidy`] goes on with it.
    pub fn remove(&self) -> Result<(), VaultError> {
        // Without its keys no list would name it: what a crash leaves must bear a name that is tidied up.
        let path = self.path.with_extension("unfinished");
        fs::rename(&self.path, &path)?;
        discard(&path)
    }

    /// Writes a key file over both copies inside, one after the other.
    fn write_key(&self, place: u64, bytes: &[u8]) -> Result<(), VaultError> {
        let mut file = File::options().write(true).open(&self.path)?;
        file.seek(SeekFrom::Start(place))?;
        file.write_all(&padded(bytes)?)?;
        Ok(file.sync_all()?)
    }

    /// Unpacks the database into a folder, and says whether it is as it was made.
    fn unpack(&self, to: &Path) -> Result<(), VaultError> {
        let mut from = File::open(&self.path)?;
        from.seek(SeekFrom::Start(self.database_place))?;
        let mut target = File::options().write(true).create_new(true).open(to)?;
        let mut hasher = blake3::Hasher::new();
        let mut left = self.description.bytes;
        let mut buffer = vec![0; 256 * 1024];
        while left > 0 {
            let room = usize::try_from(left).unwrap_or(buffer.len()).min(buffer.len());
            let piece = buffer.get_mut(..room).ok_or(VaultError::BackupDamaged)?;
            from.read_exact(piece).map_err(|_| VaultError::BackupDamaged)?;
            hasher.update(piece);
            target.write_all(piece)?;
            left = left.saturating_sub(room as u64);
        }
        target.sync_all()?;
        if hasher.finalize().to_hex().as_str() == self.description.blake3 {
            Ok(())
        } else {
            Err(VaultError::BackupDamaged)
        }
    }
}

/// A backup that only has to be packed: its database is encrypted and stands still, and no key is needed any more.
#[derive(Debug)]
pub struct Unpacked {
    path: PathBuf,
    description: Description,
    key_file: KeyFile,
    database: PathBuf,
    /// Whether the database is a copy, and goes when it is packed.
    copied: bool,
}

impl Unpacked {
    /// Packs it.
    ///
    /// # Errors
    /// What the file system says; no piece of the backup stays then.
    pub fn pack(self) -> Result<Backup, VaultError> {
        if let Some(folder) = self.path.parent() {
            files::create_private_folder(folder)?;
        }
        pack(
            &self.path,
            self.description.clone(),
            &self.key_file,
            &self.database,
        )?;
        Backup::read(&self.path)
    }
}

impl Drop for Unpacked {
    fn drop(&mut self) {
        if self.copied {
            // What stays is tidied up.
            let _ = fs::remove_file(&self.database);
        }
    }
}

impl Vault {
    /// Begins a backup in a folder, which is made when it is not there: copies the database.
    ///
    /// # Errors
    /// What the database or the file system says; no piece of the backup stays then.
    pub fn begin_backup(
        &self,
        folder: &Path,
        made: DateTime<FixedOffset>,
        deletions: Mark,
    ) -> Result<Unpacked, VaultError> {
        files::create_private_folder(folder)?;
        let mut unpacked = self.unpacked(folder, made, deletions);
        unpacked.database = unpacked.path.with_extension("database-unfinished");
        unpacked.copied = true;
        remove_if_there(&unpacked.database)?;
        copy::copy(
            &self.connection,
            &unpacked.database,
            &self.database_key,
            &mut |_| (),
        )?;
        Ok(unpacked)
    }

    /// Makes a backup in a folder, which is made when it is not there.
    ///
    /// # Errors
    /// What the database or the file system says; no piece of the backup stays then.
    pub fn back_up(
        &self,
        folder: &Path,
        made: DateTime<FixedOffset>,
        deletions: Mark,
    ) -> Result<Backup, VaultError> {
        self.begin_backup(folder, made, deletions)?.pack()
    }

    /// Closes the vault and drops its keys; its file can be packed as it lies, until it is opened again.
    ///
    /// # Errors
    /// As [`Vault::close`]; closed all the same.
    pub fn close_for_backup(
        mut self,
        folder: &Path,
        made: DateTime<FixedOffset>,
        deletions: Mark,
    ) -> Result<Unpacked, VaultError> {
        let unpacked = self.unpacked(folder, made, deletions);
        let name = unpacked.path.file_name().unwrap_or_default().to_string_lossy();
        let promised = self.set_setting(Setting::BackupAtLock, &name);
        self.close()?;
        promised.map(|()| unpacked)
    }

    /// Notes, when it has been opened, whether the backup was packed after it had closed.
    ///
    /// # Errors
    /// What the database says.
    pub fn note_backup_at_lock(&mut self, folder: &Path) -> Result<(), VaultError> {
        let Some(name) = self.setting::<String>(Setting::BackupAtLock)? else {
            return Ok(());
        };
        if Backup::read(&folder.join(name)).is_ok_and(|backup| self.owns(&backup)) {
            self.mark_backed_up(self.writes())?;
        }
        self.clear_setting(Setting::BackupAtLock)
    }

    fn unpacked(&self, folder: &Path, made: DateTime<FixedOffset>, deletions: Mark) -> Unpacked {
        Unpacked {
            path: free_name(folder, made, self.key_file.vault()),
            description: Description {
                format: FORMAT,
                vault: self.key_file.vault(),
                made,
                deletions,
                bytes: 0,
                blake3: String::new(),
            },
            key_file: self.key_file.clone(),
            database: self.folder.join(DATABASE),
            copied: false,
        }
    }

    /// Whether a backup is under this vault's present key.
    #[must_use]
    pub fn owns(&self, backup: &Backup) -> bool {
        backup.vault() == self.key_file.vault()
    }

    /// Writes the present key file into a backup of this vault that has an older one, so that the present passphrase
    /// opens it too. Returns whether it had another. In a backup of a vault that was newer than this restored one the
    /// newer passphrase stays.
    ///
    /// # Errors
    /// What the file system says; the backup opens with the old or with the present passphrase then.
    pub fn renew_keys(&self, backup: &Backup) -> Result<bool, VaultError> {
        if !self.owns(backup) {
            return Ok(false);
        }
        let newer = if backup.key_file.is_older_than(&self.key_file) {
            &self.key_file
        } else if backup.keys_agree {
            return Ok(false);
        } else {
            // A crash between the two places left the old one in the other.
            &backup.key_file
        };
        let bytes = newer.bare().to_bytes()?;
        for place in backup.key_places {
            backup.write_key(place, &bytes)?;
        }
        Ok(true)
    }

    /// Takes out of a backup of this vault what was deleted since; the file is replaced, whole or not at all.
    ///
    /// # Errors
    /// What the database or the file system says; the backup is as it was then.
    pub fn clean(&self, backup: &Backup, deletions: &Deletions) -> Result<(), VaultError> {
        let place = backup.path.with_extension("cleaning");
        remove_folder_if_there(&place)?;
        files::create_private_folder(&place)?;
        let cleaned = self.clean_in(&place, backup, deletions);
        // The first failure is the one to tell.
        let _ = fs::remove_dir_all(&place);
        cleaned
    }

    fn clean_in(&self, place: &Path, backup: &Backup, deletions: &Deletions) -> Result<(), VaultError> {
        let database = place.join(DATABASE);
        backup.unpack(&database)?;
        let mut connection = database::open(&database, &self.database_key)?;
        migrations::migrate(&mut connection)?;
        let mut inside = Self::of(connection, place, self.key_file.clone(), &self.database_key)?;
        inside.apply_deletions(deletions)?;
        inside.close()?;
        let description = Description {
            deletions: deletions.mark(),
            ..backup.description.clone()
        };
        pack(&backup.path, description, &self.key_file, &database)
    }

    /// Opens a backup, checks every page of it, and makes a vault of it that can take the place of the one in a
    /// folder ([`Vault::install`]). `apply` applies later deletions.
    ///
    /// # Errors
    /// A different one for each cause; nothing has been replaced then.
    pub fn prepare_restore(
        backup: &Backup,
        secret: Secret<'_>,
        folder: &Path,
        apply: impl FnOnce(&mut Self) -> Result<(), VaultError>,
    ) -> Result<Successor, VaultError> {
        let vault_key = backup.key_file.open(secret)?;
        let place = replace::begin(folder)?;
        let made = Self::restore_in(&place, backup, &vault_key, secret, apply);
        if made.is_err() {
            // The first failure is the one to tell.
            let _ = fs::remove_dir_all(&place);
        }
        made
    }

    fn restore_in(
        place: &Path,
        backup: &Backup,
        vault_key: &Key,
        secret: Secret<'_>,
        apply: impl FnOnce(&mut Self) -> Result<(), VaultError>,
    ) -> Result<Successor, VaultError> {
        let database = place.join(DATABASE);
        backup.unpack(&database)?;
        let mut key_file = backup.key_file.clone();
        if let Secret::Code { passphrase, .. } = secret {
            key_file = key_file.with_passphrase(vault_key, passphrase)?;
        }
        key_file.save(place)?;
        let database_key = key_file.database_key(vault_key)?;
        let damaged = |error| match error {
            VaultError::VaultDamaged => VaultError::BackupDamaged,
            other => other,
        };
        let mut connection = database::open(&database, &database_key).map_err(damaged)?;
        if !database::is_whole(&connection)? {
            return Err(VaultError::BackupDamaged);
        }
        migrations::migrate(&mut connection)?;
        let mut vault = Self::of(connection, place, key_file.clone(), &database_key)?;
        vault.settle_codes(vault_key)?;
        // A restored vault may be a copy of one that lives on: it is another device.
        vault.forget_own_device()?;
        apply(&mut vault)?;
        vault.close()?;
        Ok(Successor {
            key_file,
            database_key,
        })
    }
}

/// Writes a backup's file: temporary file, sync, rename, sync of the folder.
fn pack(
    path: &Path,
    mut description: Description,
    key_file: &KeyFile,
    database: &Path,
) -> Result<(), VaultError> {
    let mut hasher = blake3::Hasher::new();
    description.bytes = io::copy(&mut File::open(database)?, &mut hasher)?;
    description.blake3 = hasher.finalize().to_hex().to_string();
    let unfinished = path.with_extension("unfinished");
    let written = write_archive(&unfinished, &description, key_file, database)
        .and_then(|()| Ok(fs::rename(&unfinished, path)?));
    if written.is_err() {
        // The first failure is the one to tell.
        let _ = fs::remove_file(&unfinished);
    }
    written?;
    Ok(path.parent().map_or(Ok(()), files::sync_folder)?)
}

fn write_archive(
    path: &Path,
    description: &Description,
    key_file: &KeyFile,
    database: &Path,
) -> Result<(), VaultError> {
    let mut archive = tar::Builder::new(files::create_private(path)?);
    let seconds = u64::try_from(description.made.timestamp()).unwrap_or(0);
    let json = serde_json::to_vec_pretty(description).map_err(|_| VaultError::TooLarge)?;
    let key = padded(&key_file.bare().to_bytes()?)?;
    append(
        &mut archive,
        DESCRIPTION,
        seconds,
        json.len() as u64,
        json.as_slice(),
    )?;
    for name in KEY_MEMBERS {
        append(&mut archive, name, seconds, key.len() as u64, key.as_slice())?;
    }
    append(
        &mut archive,
        DATABASE_MEMBER,
        seconds,
        description.bytes,
        File::open(database)?,
    )?;
    Ok(archive.into_inner()?.sync_all()?)
}

fn append(
    archive: &mut tar::Builder<File>,
    name: &str,
    seconds: u64,
    size: u64,
    content: impl Read,
) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(size);
    header.set_mode(0o600);
    header.set_mtime(seconds);
    archive.append_data(&mut header, name, content)
}

/// Fills the room of a key file up with blank space.
fn padded(bytes: &[u8]) -> Result<Vec<u8>, VaultError> {
    let blank = KEY_ROOM.checked_sub(bytes.len()).ok_or(VaultError::TooLarge)?;
    Ok([bytes, &vec![b' '; blank]].concat())
}

/// A name that tells when, and by a piece of a random number which vault: people may share a stick.
fn free_name(folder: &Path, made: DateTime<FixedOffset>, vault: Uuid) -> PathBuf {
    let plain = format!("regie-{}-{}", made.format("%Y-%m-%d-%H%M%S"), piece(vault));
    let names = std::iter::once(plain.clone()).chain((2..).map(|number| format!("{plain}-{number}")));
    let mut paths = names.map(|name| folder.join(format!("{name}.{ENDING}")));
    paths
        .find(|path| !path.exists())
        .unwrap_or_else(|| folder.join(plain))
}

/// What of a vault's mark stands in names.
pub(crate) fn piece(vault: Uuid) -> String {
    let (first, ..) = vault.as_fields();
    format!("{first:08x}")
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    if path.symlink_metadata().is_ok() {
        fs::remove_file(path)
    } else {
        Ok(())
    }
}

fn remove_folder_if_there(path: &Path) -> io::Result<()> {
    if path.symlink_metadata().is_ok() {
        fs::remove_dir_all(path)
    } else {
        Ok(())
    }
}

/// Removes a file that may be a whole backup: keys first.
fn discard(path: &Path) -> Result<(), VaultError> {
    let regular = path.symlink_metadata().is_ok_and(|data| data.is_file());
    if regular && let Ok(backup) = Backup::read(path) {
        for place in backup.key_places {
            // What cannot be overwritten is to go all the same.
            let _ = backup.write_key(place, &[]);
        }
    }
    Ok(remove_if_there(path)?)
}

/// Removes what an interrupted backup, copy, cleaning or removal left in a folder: pieces that nothing will ever need. In
/// a folder that others may use too, only what bears the mark of one of these vaults.
///
/// # Errors
/// What the file system says.
pub fn tidy(folder: &Path, only: Option<&[Uuid]>) -> Result<(), VaultError> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(());
    };
    for entry in entries {
        let path = entry?.path();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let begun = stem.starts_with("regie-");
        let ours = |vault: &Uuid| begun && stem.split('-').any(|part| part == piece(*vault));
        if only.is_some_and(|vaults| !vaults.iter().any(ours)) {
            continue;
        }
        let ending = path.extension().and_then(|ending| ending.to_str());
        match ending {
            Some("unfinished" | "database-unfinished") => discard(&path)?,
            Some("cleaning") => remove_folder_if_there(&path)?,
            _ => {}
        }
    }
    Ok(())
}

/// Overwrites the keys inside every backup of a folder and removes the folder with all that is in it.
///
/// # Errors
/// What the file system says.
pub fn erase_folder(folder: &Path) -> Result<(), VaultError> {
    for backup in Backup::list(folder).unwrap_or_default() {
        let _ = backup.remove();
    }
    Ok(remove_folder_if_there(folder)?)
}

/// Overwrites the keys of a vault that is to be removed, as far as the disk allows.
pub fn kill_keys(folder: &Path) {
    erase::kill_keys(folder);
}

/// Removes a vault's folder, keys first.
///
/// # Errors
/// What the file system says.
pub fn erase_vault(folder: &Path) -> Result<(), VaultError> {
    if folder.exists() {
        erase::erase_vault(folder)
    } else {
        Ok(())
    }
}
