//! The keys of one device: they sign its requests, and the account key is sealed to them. They never leave it, in no backup either.

use regie_protocol::signed::{DeviceId, SigningKey};

use crate::{CryptoError, Key, account::DevicePublic, make_random, seal::OpeningKey};

/// A device of an account.
pub struct DeviceKeys {
    device: DeviceId,
    seed: Key,
    opening: OpeningKey,
}

impl DeviceKeys {
    /// A new device.
    ///
    /// # Errors
    /// [`CryptoError::Randomness`].
    pub fn make_random() -> Result<Self, CryptoError> {
        Ok(Self {
            device: DeviceId(make_random()?),
            seed: Key::make_random()?,
            opening: OpeningKey::make_random()?,
        })
    }

    /// A device that was kept.
    #[must_use]
    pub const fn from_parts(device: DeviceId, seed: Key, opening: OpeningKey) -> Self {
        Self {
            device,
            seed,
            opening,
        }
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> DeviceId {
        self.device
    }

    /// Its seed for signing, for keeping it.
    #[must_use]
    pub const fn seed(&self) -> &Key {
        &self.seed
    }

    /// The key that signs.
    #[must_use]
    pub fn signing(&self) -> SigningKey {
        SigningKey::from_seed(self.seed.expose())
    }

    /// The key that opens.
    #[must_use]
    pub const fn opening(&self) -> &OpeningKey {
        &self.opening
    }

    /// What the others know of it.
    ///
    /// # Errors
    /// Never in practice.
    pub fn public(&self) -> Result<DevicePublic, CryptoError> {
        Ok(DevicePublic {
            device: self.device,
            sign_key: *self.signing().verifying_key().as_bytes(),
            seal_key: self.opening.sealing_key()?,
        })
    }
}

impl std::fmt::Debug for DeviceKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeviceKeys(…)")
    }
}
