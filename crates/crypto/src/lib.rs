//! Operations on keys and bytes: derive, wrap, seal, log in, recovery codes. No storage, no network, no record kinds.
//!
//! Keys have one direction: a key that wraps keys never touches data. Each primitive comes from a published
//! crate; this crate only fixes parameters, domain separation and the rules for using them.

pub mod account;
pub mod chunk;
pub mod device;
pub mod head;
pub mod identity;
pub mod kdf;
pub mod key;
pub mod login;
pub mod pairing;
mod random;
pub mod record;
pub mod recovery;
pub mod seal;
pub mod wrap;

pub use key::{Key, Passphrase};

/// What can go wrong with keys. Deliberately says nothing about the values involved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CryptoError {
    /// The wrap does not open: another key, or altered bytes.
    #[error("the key does not fit the wrap")]
    WrongKey,
    /// A stored parameter is outside what this version accepts.
    #[error("key derivation parameters out of bounds")]
    Parameters,
    /// A recovery code that cannot have been issued: length, sign or check group is off.
    #[error("the recovery code has a typing error")]
    MistypedCode,
    /// What a server answered is by another key than its deployment's, or makes no sense.
    #[error("another server")]
    OtherServer,
    /// The operating system gave no randomness.
    #[error("no randomness from the operating system")]
    Randomness,
}

/// `N` random bytes from the operating system.
///
/// # Errors
/// [`CryptoError::Randomness`] when the operating system gives none.
pub fn make_random<const N: usize>() -> Result<[u8; N], CryptoError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| CryptoError::Randomness)?;
    Ok(bytes)
}
