//! The root key at rest: sealed by age with a passphrase, as text, so that it can also be kept on paper.

use std::io::{Read, Write};
use std::path::Path;

use age::{
    DecryptError, Decryptor, Encryptor, Identity,
    armor::{ArmoredReader, ArmoredWriter, Format},
    scrypt,
    secrecy::{ExposeSecret, SecretString},
};
use regie_protocol::signed::SigningKey;
use zeroize::Zeroizing;
use zxcvbn::{Score, zxcvbn};

use super::{OperatorError, files};

/// Work before a passphrase is tried, as a power of two: 256 MiB of memory, and about a second.
pub const WORK: u8 = 18;
/// The most work that a file may ask for.
const MOST_WORK: u8 = 22;
const NAME: &str = "root.age";
/// What the sealed text begins with: it tells a root from any other file of age.
const HEAD: &[u8] = b"regie/1/root\n";
/// Longest file that is read as a root.
const LONGEST: usize = 16 * 1024;

/// Reads the sealed root in a folder.
pub(super) fn read(folder: &Path) -> Result<Vec<u8>, OperatorError> {
    let path = folder.join(NAME);
    match std::fs::read(&path) {
        Ok(sealed) if sealed.len() <= LONGEST => Ok(sealed),
        Ok(_) => Err(OperatorError::DamagedRoot),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(OperatorError::NoRoot(folder.to_owned()))
        }
        Err(error) => Err(OperatorError::disk(&path, error)),
    }
}

/// Writes a new sealed root into a folder.
pub(super) fn write(folder: &Path, sealed: &[u8]) -> Result<(), OperatorError> {
    files::write_inside(&folder.join(NAME), sealed)
}

/// Seals the seed of a root.
pub(super) fn seal(seed: &[u8; 32], secret: &SecretString, work: u8) -> Result<Vec<u8>, OperatorError> {
    let mut recipient = scrypt::Recipient::new(secret.clone());
    recipient.set_work_factor(work.clamp(1, MOST_WORK));
    let encryptor = Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient))
        .map_err(|error| std::io::Error::other(error.to_string()))?;
    let armor = ArmoredWriter::wrap_output(Vec::new(), Format::AsciiArmor)?;
    let mut stream = encryptor.wrap_output(armor)?;
    stream.write_all(HEAD)?;
    stream.write_all(seed)?;
    Ok(stream.finish()?.finish()?)
}

/// Opens a sealed root.
pub(super) fn open(sealed: &[u8], secret: &SecretString) -> Result<SigningKey, OperatorError> {
    let mut identity = scrypt::Identity::new(secret.clone());
    identity.set_max_work_factor(MOST_WORK);
    let decryptor = Decryptor::new(ArmoredReader::new(sealed)).map_err(|_| OperatorError::DamagedRoot)?;
    let mut stream = decryptor
        .decrypt(std::iter::once(&identity as &dyn Identity))
        .map_err(|error| match error {
            DecryptError::NoMatchingKeys
            | DecryptError::KeyDecryptionFailed
            | DecryptError::DecryptionFailed => OperatorError::WrongPassphrase,
            _ => OperatorError::DamagedRoot,
        })?;
    // Room for all of it at once: a buffer that grows leaves copies behind.
    let mut text = Zeroizing::new(Vec::with_capacity(LONGEST));
    stream
        .read_to_end(&mut text)
        .map_err(|_| OperatorError::DamagedRoot)?;
    let seed = text
        .strip_prefix(HEAD)
        .and_then(|seed| <&[u8; 32]>::try_from(seed).ok());
    seed.map(SigningKey::from_seed).ok_or(OperatorError::DamagedRoot)
}

/// Refuses a passphrase that could be guessed by whoever gets the file.
pub(super) fn require_strong(secret: &SecretString) -> Result<(), OperatorError> {
    if zxcvbn(secret.expose_secret(), &[]).score() == Score::Four {
        Ok(())
    } else {
        Err(OperatorError::Weak)
    }
}

/// Refuses a slip of the fingers.
pub(super) fn require_same(one: &SecretString, other: &SecretString) -> Result<(), OperatorError> {
    if one.expose_secret() == other.expose_secret() {
        Ok(())
    } else {
        Err(OperatorError::Differ)
    }
}

/// The first line of a file.
pub(super) fn passphrase_in(file: &Path) -> Result<SecretString, OperatorError> {
    let text = std::fs::read_to_string(file)
        .map(Zeroizing::new)
        .map_err(|error| OperatorError::disk(file, error))?;
    Ok(SecretString::from(
        text.lines().next().unwrap_or_default().to_owned(),
    ))
}
