//! The platform's keychain, as far as quick unlock needs it: a place for one small secret.

use std::sync::mpsc;
use std::time::Duration;

use zeroize::Zeroizing;

/// How long the keychain may take before it counts as not there.
const PATIENCE: Duration = Duration::from_secs(4);
const SERVICE: &str = "nl.regie.app";

/// What quick unlock asks of the platform.
pub trait Keychain: Send + Sync {
    /// Whether a keychain answers.
    fn answers(&self) -> bool;

    /// Keeps a secret under a name.
    ///
    /// # Errors
    /// When the keychain does not answer, or refuses.
    fn keep(&self, name: &str, secret: &[u8]) -> Result<(), KeychainError>;

    /// The secret under a name.
    ///
    /// # Errors
    /// When the keychain does not answer, or refuses.
    fn find(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeychainError>;

    /// Forgets the secret under a name, if there is one.
    ///
    /// # Errors
    /// When the keychain does not answer, or refuses.
    fn forget(&self, name: &str) -> Result<(), KeychainError>;
}

/// The keychain did not answer, or refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the keychain did not answer")]
pub struct KeychainError;

/// No keychain.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoKeychain;

impl Keychain for NoKeychain {
    fn answers(&self) -> bool {
        false
    }

    fn keep(&self, _: &str, _: &[u8]) -> Result<(), KeychainError> {
        Err(KeychainError)
    }

    fn find(&self, _: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeychainError> {
        Err(KeychainError)
    }

    fn forget(&self, _: &str) -> Result<(), KeychainError> {
        Err(KeychainError)
    }
}

/// The real one: Secret Service, Keychain, Credential Manager.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemKeychain;

impl Keychain for SystemKeychain {
    fn answers(&self) -> bool {
        self.find("probe").is_ok()
    }

    fn keep(&self, name: &str, secret: &[u8]) -> Result<(), KeychainError> {
        let secret = Zeroizing::new(secret.to_vec());
        patiently(name, move |entry| entry.set_secret(&secret))
    }

    fn find(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeychainError> {
        patiently(name, |entry| match entry.get_secret() {
            Ok(secret) => Ok(Some(Zeroizing::new(secret))),
            Err(keyring::Error::NoEntry) => Ok(None),
            Err(error) => Err(error),
        })
    }

    fn forget(&self, name: &str) -> Result<(), KeychainError> {
        patiently(name, |entry| match entry.delete_credential() {
            Err(keyring::Error::NoEntry) => Ok(()),
            other => other,
        })
    }
}

/// A keychain may wait for a person, or for ever: it works in a thread of its own, and is given up after a while.
fn patiently<T: Send + 'static>(
    name: &str,
    work: impl FnOnce(&keyring::Entry) -> keyring::Result<T> + Send + 'static,
) -> Result<T, KeychainError> {
    let (done, result) = mpsc::channel();
    let name = name.to_owned();
    std::thread::spawn(move || {
        let worked = keyring::Entry::new(SERVICE, &name).and_then(|entry| work(&entry));
        // Whoever asked may have given up.
        let _ = done.send(worked.map_err(|_| KeychainError));
    });
    result.recv_timeout(PATIENCE).map_err(|_| KeychainError)?
}
