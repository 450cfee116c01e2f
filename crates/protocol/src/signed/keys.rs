//! Keys that sign, and what is signed with them: Ed25519 over a context and bytes.

use std::fmt;

use ed25519_dalek::Signer;

use super::{Fingerprint, SignedError};

/// A signature.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; 64]);

impl Signature {
    /// A signature as it travels; whether it fits shows when it is verified.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// The signature as it travels.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

/// The secret half of a pair of keys. It wipes itself when dropped.
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// The key of these 32 bytes, which must be random or derived from something secret.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// The public half.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(self.0.verifying_key())
    }

    /// Signs bytes for one purpose.
    #[must_use]
    pub fn sign(&self, context: &str, bytes: &[u8]) -> Signature {
        Signature(self.0.sign(&message(context, bytes)).to_bytes())
    }
}

/// The public half of a pair of keys.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct VerifyingKey(ed25519_dalek::VerifyingKey);

impl VerifyingKey {
    /// Reads a public key.
    ///
    /// # Errors
    /// [`SignedError::Key`] for what is none, and for a weak one, under which one signature fits many messages.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, SignedError> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| SignedError::Key)?;
        if key.is_weak() {
            Err(SignedError::Key)
        } else {
            Ok(Self(key))
        }
    }

    /// The key as it travels.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Whether this key signed these bytes for this purpose, by the strict rules: a signature has one form.
    ///
    /// # Errors
    /// [`SignedError::Signature`] when it did not.
    pub fn verify(&self, context: &str, bytes: &[u8], signature: &Signature) -> Result<(), SignedError> {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        self.0
            .verify_strict(&message(context, bytes), &signature)
            .map_err(|_| SignedError::Signature)
    }

    /// What people compare.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self)
    }
}

/// A public key to seal to: X25519.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SealingKey(pub [u8; 32]);

/// The length keeps a context from running on into the bytes.
fn message(context: &str, bytes: &[u8]) -> Vec<u8> {
    let length = (context.len() as u64).to_be_bytes();
    [&length, context.as_bytes(), bytes].concat()
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerifyingKey(…)")
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_for_one_purpose_fits_no_other_however_it_is_cut() {
        let key = SigningKey::from_seed(&[7; 32]);
        let signature = key.sign("regie/1/a", b"bc");
        let public = key.verifying_key();
        assert_eq!(public.verify("regie/1/a", b"bc", &signature), Ok(()));
        for (context, bytes) in [("regie/1/ab", "c"), ("regie/1/", "abc"), ("regie/1/b", "bc")] {
            let verified = public.verify(context, bytes.as_bytes(), &signature);
            assert_eq!(verified, Err(SignedError::Signature), "{context}");
        }
    }

    #[test]
    fn a_weak_key_is_no_key() {
        let mut one = [0; 32];
        one[0] = 1;
        for weak in [[0; 32], one] {
            assert_eq!(VerifyingKey::from_bytes(&weak), Err(SignedError::Key));
        }
    }
}
