//! What others may know of the keys, and OPAQUE's set-up, which only its library can make and read.

use opaque_ke::ServerSetup;
use rand_core_06::OsRng;
use regie_protocol::{
    opaque::Suite,
    signed::{DeploymentKeys, SealingKey, SigningKey},
};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use super::{KeyError, Keys, OpaqueSetup, file};

impl Keys {
    /// New keys for a server that has none.
    ///
    /// # Errors
    /// [`KeyError::Randomness`] when the operating system gives none.
    pub fn make() -> Result<Self, KeyError> {
        let setup = ServerSetup::<Suite>::new(&mut OsRng);
        let bytes = Zeroizing::new(setup.serialize().to_vec());
        Self::make_random(OpaqueSetup::from_bytes(bytes))
    }

    /// OPAQUE's set-up, as its library needs it.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] when it is none.
    pub fn opaque_setup(&self) -> Result<ServerSetup<Suite>, KeyError> {
        ServerSetup::deserialize(self.opaque.expose()).map_err(|_| KeyError::Malformed(file::OPAQUE))
    }

    /// The public halves, for the description of the deployment.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] when OPAQUE's set-up is none.
    pub fn public(&self) -> Result<DeploymentKeys, KeyError> {
        let opaque = self.opaque_setup()?.keypair().public().serialize();
        let tickets = StaticSecret::from(*self.tickets.expose());
        Ok(DeploymentKeys {
            receipts: SigningKey::from_seed(self.receipts.expose()).verifying_key(),
            tickets: SealingKey(PublicKey::from(&tickets).to_bytes()),
            opaque: opaque
                .as_slice()
                .try_into()
                .map_err(|_| KeyError::Malformed(file::OPAQUE))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_halves_stay_the_same_in_the_file_and_tell_two_servers_apart() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (Keys::make().unwrap(), Keys::make().unwrap());
        one.write_file(&folder.path().join("keys")).unwrap();
        let read = Keys::read_file(&folder.path().join("keys")).unwrap();
        assert_eq!(read.public().unwrap(), one.public().unwrap());
        let (one, other) = (one.public().unwrap(), other.public().unwrap());
        assert_ne!(one.receipts, other.receipts);
        assert_ne!(one.tickets, other.tickets);
        assert_ne!(one.opaque, other.opaque);
        let broken = OpaqueSetup::from_bytes(Zeroizing::new(vec![7; 128]));
        let broken = Keys::make_random(broken).unwrap();
        assert_eq!(broken.public(), Err(KeyError::Malformed("REGIE_KEY_OPAQUE")));
    }
}
