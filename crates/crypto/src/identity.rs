//! The keys by which other people know an account, and the number that two people compare.

use regie_protocol::signed::{
    Fields, IdentityStatement, SealingKey, Signed, SigningKey, VerifyingKey, canonical,
};

use crate::{CryptoError, account::AccountKey, device::DeviceKeys, seal::OpeningKey};

const CONTEXT: &str = "regie/1/safety number";
/// Groups of five digits for each of the two.
const GROUPS: usize = 6;

/// The secret halves.
pub struct Identity {
    signing: SigningKey,
    opening: OpeningKey,
    epoch: u64,
}

/// The public halves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdentityPublic {
    /// Others check by it.
    pub sign_key: VerifyingKey,
    /// Others seal to it.
    pub seal_key: SealingKey,
}

impl Identity {
    /// The identity of an epoch: every device of the account has the same, and a device that was signed out as lost has another.
    ///
    /// # Errors
    /// Never in practice.
    pub fn derive(key: &AccountKey) -> Result<Self, CryptoError> {
        let (sign, seal) = key.derive_identity()?;
        Ok(Self {
            signing: SigningKey::from_seed(sign.expose()),
            opening: OpeningKey::from_key(seal),
            epoch: key.epoch(),
        })
    }

    /// The public halves.
    ///
    /// # Errors
    /// Never in practice.
    pub fn public(&self) -> Result<IdentityPublic, CryptoError> {
        Ok(IdentityPublic {
            sign_key: self.signing.verifying_key(),
            seal_key: self.opening.sealing_key()?,
        })
    }

    /// A device's word for them.
    ///
    /// # Errors
    /// Never in practice.
    pub fn vouch(&self, key: &AccountKey, device: &DeviceKeys) -> Result<Vec<u8>, CryptoError> {
        let public = self.public()?;
        let statement = IdentityStatement {
            account: key.account(),
            device: device.id(),
            epoch: self.epoch,
            sign_key: public.sign_key,
            seal_key: public.seal_key,
        };
        Ok(Signed::sign(&statement, &device.signing())?.to_bytes()?)
    }
}

/// Twelve groups of five digits that two people compare: the same for both, whoever asks.
///
/// # Errors
/// Never in practice.
pub fn derive_safety_number(one: &IdentityPublic, other: &IdentityPublic) -> Result<String, CryptoError> {
    let mut halves = [half(one)?, half(other)?];
    halves.sort();
    Ok(halves.concat().join(" "))
}

/// Each group is five digits of 40 bits: what is left over after the last whole hundred thousand is less than one in ten million.
fn half(identity: &IdentityPublic) -> Result<Vec<String>, CryptoError> {
    let fields = Fields::default()
        .bytes(identity.sign_key.as_bytes())
        .bytes(&identity.seal_key.0);
    let digest = blake3::derive_key(CONTEXT, &canonical::encode(fields)?);
    let group = |bytes: &[u8]| {
        let number = bytes
            .iter()
            .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        format!("{:05}", number % 100_000)
    };
    Ok(digest.chunks_exact(5).take(GROUPS).map(group).collect())
}

#[cfg(test)]
mod tests {
    use regie_protocol::signed::{AccountId, Moment};

    use super::*;
    use crate::Key;

    fn key() -> AccountKey {
        AccountKey::from_key(AccountId([3; 16]), 1, Key::make_random().expect("a key"))
    }

    #[test]
    fn two_people_see_one_number_and_with_any_other_key_another() {
        let people: Vec<_> = (0..3)
            .map(|_| {
                Identity::derive(&key())
                    .and_then(|one| one.public())
                    .expect("an identity")
            })
            .collect();
        let number = derive_safety_number(&people[0], &people[1]).expect("a number");
        assert_eq!(derive_safety_number(&people[1], &people[0]), Ok(number.clone()));
        assert_eq!((number.len(), number.split(' ').count()), (71, 12));
        assert!(number.chars().all(|sign| sign == ' ' || sign.is_ascii_digit()));
        for (sign, seal) in [(2, 1), (1, 2)] {
            let mixed = IdentityPublic {
                sign_key: people[sign].sign_key,
                seal_key: people[seal].seal_key,
            };
            assert_ne!(derive_safety_number(&people[0], &mixed), Ok(number.clone()));
        }
    }

    #[test]
    fn a_device_vouches_for_the_identity_of_its_epoch() {
        let (key, device) = (key(), DeviceKeys::make_random().expect("keys"));
        let identity = Identity::derive(&key).expect("an identity");
        let bytes = identity.vouch(&key, &device).expect("a statement");
        let read = Signed::<IdentityStatement>::from_bytes(&bytes)
            .and_then(|signed| signed.open(&device.signing().verifying_key(), Moment(0)))
            .expect("reads");
        assert_eq!(read.sign_key, identity.public().expect("keys").sign_key);
        assert_eq!((read.epoch, read.device), (1, device.id()));
    }
}
