//! The key file: which key wraps which. Nothing else decides that.
//!
//! The vault key is random. It is wrapped by Argon2id(passphrase), by HKDF(recovery code) and, where the person wants
//! it, by a random key in the platform's keychain; SQLCipher gets HKDF(vault key) as its raw key. The file is kept
//! twice; a generation number tells which copy is newer.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use regie_crypto::{
    CryptoError, Key, Passphrase,
    account::CodeKeys,
    kdf::{Cost, SALT_BYTES, derive_from_passphrase, derive_subkey},
    make_random,
    recovery::RecoveryCode,
    wrap::{unwrap_key, wrap_key},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{VaultError, files::write_atomically};

/// The newest format that is read.
const FORMAT: u32 = 2;
/// What is written as long as nothing of a newer format is in use, so that an older program still opens the vault.
const PLAIN_FORMAT: u32 = 1;
const FILE: &str = "vault.key";
const COPY: &str = "vault.key.copy";
/// Far above what a key file needs; a larger one is not ours.
pub(crate) const LARGEST: u64 = 64 * 1024;

/// What stands in the file, as JSON. The checksum tells damage from a wrong passphrase; it is no protection
/// against alteration, which the wraps' own tags are.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyFile {
    format: u32,
    generation: u64,
    vault: Uuid,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: [u8; SALT_BYTES],
    #[serde(with = "hex_bytes")]
    passphrase_wrap: Vec<u8>,
    #[serde(with = "hex_bytes")]
    recovery_wrap: Vec<u8>,
    /// Empty while quick unlock is off.
    #[serde(with = "hex_bytes", default, skip_serializing_if = "Vec::is_empty")]
    keychain_wrap: Vec<u8>,
    checksum: String,
}

/// By what a vault opens when its passphrase is forgotten.
#[derive(Clone, Copy)]
pub enum RecoveryWay<'a> {
    /// By its own recovery code.
    Code(&'a RecoveryCode),
    /// By the code of the account, of which a further device knows only what opens key files
    /// ([`regie_crypto::account::CodeKeys::for_devices`]).
    OfAccount(&'a Key),
}

impl RecoveryWay<'_> {
    const fn material(&self) -> &[u8] {
        match self {
            Self::Code(code) => code.expose(),
            Self::OfAccount(key) => key.expose(),
        }
    }
}

/// Only the version, for a file whose further shape may be unknown.
#[derive(Deserialize)]
struct FormatOnly {
    format: u32,
}

impl KeyFile {
    /// A new vault key under a passphrase and a recovery code.
    pub(crate) fn make(
        passphrase: &Passphrase,
        recovery: RecoveryWay<'_>,
    ) -> Result<(Self, Key), VaultError> {
        let vault_key = Key::make_random()?;
        let mut file = Self {
            format: PLAIN_FORMAT,
            generation: 1,
            vault: Uuid::from_bytes(make_random()?),
            memory_kib: 0,
            passes: 0,
            lanes: 0,
            salt: [0; SALT_BYTES],
            passphrase_wrap: Vec::new(),
            recovery_wrap: Vec::new(),
            keychain_wrap: Vec::new(),
            checksum: String::new(),
        };
        file.wrap_with_passphrase(&vault_key, passphrase)?;
        file.wrap_for_recovery(&vault_key, recovery)?;
        Ok((file, vault_key))
    }

    /// How often it was renewed: of two files of one vault the higher one holds the later ways in.
    pub(crate) const fn generation(&self) -> u64 {
        self.generation
    }

    pub(crate) const fn is_older_than(&self, other: &Self) -> bool {
        self.generation < other.generation
    }

    /// Never steps back behind a generation that was seen.
    pub(crate) fn go_on_from(&mut self, seen: u64) {
        self.generation = self.generation.max(seen);
    }

    /// Which vault key this file wraps.
    pub(crate) const fn vault(&self) -> Uuid {
        self.vault
    }

    /// The same vault key under another passphrase.
    pub(crate) fn with_passphrase(
        &self,
        vault_key: &Key,
        passphrase: &Passphrase,
    ) -> Result<Self, VaultError> {
        let mut file = self.next();
        file.wrap_with_passphrase(vault_key, passphrase)?;
        Ok(file)
    }

    /// The same vault key under another recovery code.
    pub(crate) fn with_recovery(
        &self,
        vault_key: &Key,
        recovery: RecoveryWay<'_>,
    ) -> Result<Self, VaultError> {
        let mut file = self.next();
        file.wrap_for_recovery(vault_key, recovery)?;
        Ok(file)
    }

    /// The same vault key also under a key that the platform's keychain keeps.
    pub(crate) fn with_keychain(&self, vault_key: &Key, keychain: &Key) -> Result<Self, VaultError> {
        let mut file = self.next();
        file.keychain_wrap = wrap_key(keychain, vault_key, &file.context("keychain"))?;
        file.format = FORMAT;
        Ok(file)
    }

    /// Without the way in by the keychain.
    pub(crate) fn without_keychain(&self) -> Self {
        self.next().bare()
    }

    /// The same without the keychain, which is no way into a copy that travels or a vault that was set aside.
    pub(crate) fn bare(&self) -> Self {
        Self {
            format: PLAIN_FORMAT,
            keychain_wrap: Vec::new(),
            ..self.clone()
        }
    }

    /// Whether the keychain is a way in.
    pub(crate) const fn has_keychain(&self) -> bool {
        !self.keychain_wrap.is_empty()
    }

    fn next(&self) -> Self {
        Self {
            generation: self.generation.saturating_add(1),
            ..self.clone()
        }
    }

    pub(crate) fn open_with_passphrase(&self, passphrase: &Passphrase) -> Result<Key, VaultError> {
        let wrapping = self.passphrase_key(passphrase)?;
        unwrap_key(&wrapping, &self.passphrase_wrap, &self.context("passphrase"))
            .map_err(|error| wrong_key(error, VaultError::WrongPassphrase))
    }

    pub(crate) fn open_with_recovery_code(&self, code: &RecoveryCode) -> Result<Key, VaultError> {
        let open = |way: RecoveryWay<'_>| -> Result<Key, VaultError> {
            unwrap_key(
                &self.recovery_key(way)?,
                &self.recovery_wrap,
                &self.context("recovery"),
            )
            .map_err(|error| wrong_key(error, VaultError::WrongRecoveryCode))
        };
        open(RecoveryWay::Code(code)).or_else(|error| match error {
            VaultError::WrongRecoveryCode => {
                open(RecoveryWay::OfAccount(&CodeKeys::derive(code)?.for_devices))
            }
            other => Err(other),
        })
    }

    pub(crate) fn open_with_keychain(&self, keychain: &Key) -> Result<Key, VaultError> {
        unwrap_key(keychain, &self.keychain_wrap, &self.context("keychain"))
            .map_err(|error| wrong_key(error, VaultError::NotInKeychain))
    }

    /// The raw key for SQLCipher.
    pub(crate) fn database_key(&self, vault_key: &Key) -> Result<Key, VaultError> {
        Ok(derive_subkey(
            vault_key.expose(),
            self.vault.as_bytes(),
            b"regie sqlcipher raw key v1",
        )?)
    }

    fn wrap_with_passphrase(&mut self, vault_key: &Key, passphrase: &Passphrase) -> Result<(), VaultError> {
        let Cost {
            memory_kib,
            passes,
            lanes,
        } = Cost::STANDARD;
        (self.memory_kib, self.passes, self.lanes) = (memory_kib, passes, lanes);
        self.salt = make_random()?;
        let wrapping = self.passphrase_key(passphrase)?;
        self.passphrase_wrap = wrap_key(&wrapping, vault_key, &self.context("passphrase"))?;
        Ok(())
    }

    fn wrap_for_recovery(&mut self, vault_key: &Key, recovery: RecoveryWay<'_>) -> Result<(), VaultError> {
        let recovery_key = self.recovery_key(recovery)?;
        self.recovery_wrap = wrap_key(&recovery_key, vault_key, &self.context("recovery"))?;
        Ok(())
    }

    fn passphrase_key(&self, passphrase: &Passphrase) -> Result<Key, VaultError> {
        let cost = Cost {
            memory_kib: self.memory_kib,
            passes: self.passes,
            lanes: self.lanes,
        };
        Ok(derive_from_passphrase(passphrase, &self.salt, cost)?)
    }

    fn recovery_key(&self, recovery: RecoveryWay<'_>) -> Result<Key, VaultError> {
        Ok(derive_subkey(
            recovery.material(),
            self.vault.as_bytes(),
            b"regie recovery wrap v1",
        )?)
    }

    /// Associated data of a wrap: it belongs to this vault, this use and, for the passphrase, this cost.
    fn context(&self, which: &str) -> Vec<u8> {
        let cost = match which {
            "passphrase" => format!("{}/{}/{}", self.memory_kib, self.passes, self.lanes),
            _ => String::new(),
        };
        format!("regie key file 1/{}/{which}/{cost}", self.vault).into_bytes()
    }

    /// Writes both copies of a new vault.
    pub(crate) fn save(&self, folder: &Path) -> Result<(), VaultError> {
        let bytes = self.to_bytes()?;
        write_atomically(&folder.join(FILE), &bytes)?;
        write_atomically(&folder.join(COPY), &bytes)?;
        Ok(())
    }

    /// Takes the place of an older key file, one copy after the other: a crash between them leaves one old and one new,
    /// both whole. From the first copy on it is in force, since the newer one is read: what happens after that is no
    /// error, and the next opening makes the second copy good.
    pub(crate) fn replace(&self, folder: &Path) -> Result<(), VaultError> {
        let bytes = self.to_bytes()?;
        let [one, other] = Self::paths(folder);
        if let Err(error) = write_atomically(&one, &bytes)
            && fs::read(&one).ok().as_ref() != Some(&bytes)
        {
            return Err(error.into());
        }
        let _ = write_atomically(&other, &bytes);
        Ok(())
    }

    /// The newer of the two readable copies, and whether both were whole and equal.
    pub(crate) fn load(folder: &Path) -> Result<(Self, bool), VaultError> {
        let copies = [FILE, COPY].map(|name| read(&folder.join(name)));
        let whole = matches!(&copies, [Ok(one), Ok(other)] if one.checksum == other.checksum);
        let mut worst = VaultError::KeyFileMissing;
        let mut newest: Option<Self> = None;
        for copy in copies {
            match copy {
                Ok(file)
                    if newest
                        .as_ref()
                        .is_none_or(|newest| newest.generation < file.generation) =>
                {
                    newest = Some(file)
                }
                Ok(_) | Err(VaultError::KeyFileMissing) => {}
                Err(VaultError::VaultNewer) => return Err(VaultError::VaultNewer),
                Err(error) => worst = error,
            }
        }
        newest.map(|file| (file, whole)).ok_or(worst)
    }

    /// Where the two copies lie.
    pub(crate) fn paths(folder: &Path) -> [PathBuf; 2] {
        [folder.join(FILE), folder.join(COPY)]
    }

    /// What stands in the file.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, VaultError> {
        let sealed = Self {
            checksum: self.compute_checksum()?,
            ..self.clone()
        };
        serde_json::to_vec_pretty(&sealed).map_err(|_| VaultError::Io(ErrorKind::InvalidData))
    }

    /// Reads what [`KeyFile::to_bytes`] made; blank space behind it does not matter.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, VaultError> {
        let format: FormatOnly = serde_json::from_slice(bytes).map_err(|_| VaultError::KeyFileDamaged)?;
        if format.format > FORMAT {
            return Err(VaultError::VaultNewer);
        }
        let file: Self = serde_json::from_slice(bytes).map_err(|_| VaultError::KeyFileDamaged)?;
        if file.compute_checksum()? == file.checksum {
            Ok(file)
        } else {
            Err(VaultError::KeyFileDamaged)
        }
    }

    /// The newer of two copies.
    pub(crate) fn newest(
        one: Result<Self, VaultError>,
        other: Result<Self, VaultError>,
    ) -> Result<Self, VaultError> {
        match (one, other) {
            (Ok(one), Ok(other)) if other.generation > one.generation => Ok(other),
            (Ok(one), _) => Ok(one),
            (Err(_), other) => other,
        }
    }

    fn compute_checksum(&self) -> Result<String, VaultError> {
        let bare = Self {
            checksum: String::new(),
            ..self.clone()
        };
        let bytes = serde_json::to_vec(&bare).map_err(|_| VaultError::Io(ErrorKind::InvalidData))?;
        Ok(blake3::hash(&bytes).to_hex().to_string())
    }
}

fn wrong_key(error: CryptoError, wrong: VaultError) -> VaultError {
    if error == CryptoError::WrongKey {
        wrong
    } else {
        error.into()
    }
}

fn read(path: &Path) -> Result<KeyFile, VaultError> {
    let bytes = match fs::metadata(path) {
        Ok(data) if data.len() > LARGEST => return Err(VaultError::KeyFileDamaged),
        Ok(_) => fs::read(path).map_err(unreadable)?,
        Err(error) => return Err(unreadable(error)),
    };
    KeyFile::from_bytes(&bytes)
}

fn unreadable(error: io::Error) -> VaultError {
    if error.kind() == ErrorKind::NotFound {
        VaultError::KeyFileMissing
    } else {
        error.into()
    }
}

mod hex_bytes {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&data_encoding::HEXLOWER.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        data_encoding::HEXLOWER
            .decode(text.as_bytes())
            .map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_map;

    fn sample() -> (KeyFile, Key, RecoveryCode) {
        let code = RecoveryCode::make_random().expect("randomness");
        let (file, key) = KeyFile::make(
            &Passphrase::new("correct paard batterij".into()),
            RecoveryWay::Code(&code),
        )
        .expect("a key file");
        (file, key, code)
    }

    #[test]
    fn both_ways_in_lead_to_the_same_key_and_a_new_passphrase_replaces_the_old() {
        let (file, key, code) = sample();
        assert_eq!(
            file.open_with_recovery_code(&code).expect("opens").expose(),
            key.expose()
        );
        let changed = file
            .with_passphrase(&key, &Passphrase::new("nieuw".into()))
            .expect("wraps");
        assert_eq!(
            changed
                .open_with_passphrase(&Passphrase::new("nieuw".into()))
                .expect("opens")
                .expose(),
            key.expose()
        );
        let old = changed.open_with_passphrase(&Passphrase::new("correct paard batterij".into()));
        assert_eq!(old.err(), Some(VaultError::WrongPassphrase));
    }

    #[test]
    fn the_code_of_the_account_opens_the_vault_of_a_further_device() {
        let (file, key, _) = sample();
        let code = RecoveryCode::make_random().expect("randomness");
        let of_account = CodeKeys::derive(&code).expect("keys").for_devices;
        let further = file
            .with_recovery(&key, RecoveryWay::OfAccount(&of_account))
            .expect("wraps");
        let opened = further.open_with_recovery_code(&code).expect("opens");
        assert_eq!(opened.expose(), key.expose());
        let other = RecoveryCode::make_random().expect("randomness");
        let refused = further.open_with_recovery_code(&other);
        assert_eq!(refused.err(), Some(VaultError::WrongRecoveryCode));
    }

    #[test]
    fn the_keychain_is_a_third_way_in_that_can_be_closed_again() {
        let (file, key, code) = sample();
        let keychain = Key::make_random().expect("randomness");
        assert_eq!(
            file.open_with_keychain(&keychain).err(),
            Some(VaultError::NotInKeychain)
        );
        let third = file.with_keychain(&key, &keychain).expect("wraps");
        let read = KeyFile::from_bytes(&third.to_bytes().expect("bytes")).expect("reads");
        assert_eq!(
            read.open_with_keychain(&keychain).expect("opens").expose(),
            key.expose()
        );
        assert_eq!(read.format, FORMAT);
        let closed = read.without_keychain();
        assert_eq!((closed.format, closed.has_keychain()), (PLAIN_FORMAT, false));
        assert!(closed.open_with_keychain(&keychain).is_err());
        assert!(closed.open_with_recovery_code(&code).is_ok());
    }

    #[test]
    fn one_damaged_copy_is_made_good_by_the_other_and_the_newer_wins() {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, key, _) = sample();
        file.save(folder.path()).expect("saves");
        let newer = file
            .with_passphrase(&key, &Passphrase::new("nieuw".into()))
            .expect("wraps");
        fs::write(folder.path().join(FILE), newer.to_bytes().expect("bytes")).expect("writes");
        let (loaded, whole) = KeyFile::load(folder.path()).expect("loads");
        assert_eq!((loaded.generation, whole), (2, false));

        fs::write(folder.path().join(FILE), b"{\"format\": 1, trunc").expect("writes");
        let (loaded, whole) = KeyFile::load(folder.path()).expect("loads");
        assert_eq!((loaded.generation, whole), (1, false));
        fs::write(folder.path().join(COPY), b"").expect("writes");
        assert_eq!(
            KeyFile::load(folder.path()).err(),
            Some(VaultError::KeyFileDamaged)
        );
        fs::write(folder.path().join(COPY), b"{\"format\": 3, \"other\": 1}").expect("writes");
        assert_eq!(KeyFile::load(folder.path()).err(), Some(VaultError::VaultNewer));
    }

    #[test]
    fn every_field_of_the_file_is_in_the_data_map() {
        let (file, key, _) = sample();
        let keychain = Key::make_random().expect("randomness");
        let all = file.with_keychain(&key, &keychain).expect("wraps");
        let value = serde_json::to_value(all).expect("json");
        let fields: Vec<_> = value.as_object().expect("an object").keys().cloned().collect();
        assert_eq!(data_map::fields_of("key file"), fields);
    }
}
