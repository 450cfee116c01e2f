//! A statement of the account's chain with its MAC and its signature, as it travels. Both kinds of header are one.

use super::{Fields, Reader, Signature, SignedError, SigningKey, VerifyingKey, canonical};

/// The sum over a set of records, as 32 bytes, big-endian. It never leaves the devices.
pub type SumBytes = [u8; 32];

/// A statement's encoding, a MAC over it and the sum, and a device's signature over both.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Vouched {
    pub(super) bytes: Vec<u8>,
    mac: [u8; 32],
    signature: Signature,
}

impl Vouched {
    pub(super) fn make(
        bytes: Vec<u8>,
        context: &str,
        mac_key: &[u8; 32],
        sum: &SumBytes,
        device: &SigningKey,
    ) -> Result<Self, SignedError> {
        let mac = mac_of(mac_key, &bytes, sum);
        let signature = device.sign(context, &signed_part(&bytes, &mac)?);
        Ok(Self {
            bytes,
            mac,
            signature,
        })
    }

    /// Nothing is checked yet.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, SignedError> {
        canonical::decode(bytes, Self::read, Self::fields)
    }

    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, SignedError> {
        canonical::encode(self.fields())
    }

    /// In constant time.
    pub(super) fn check_mac(&self, key: &[u8; 32], sum: &SumBytes) -> Result<(), SignedError> {
        let right = blake3::Hash::from_bytes(mac_of(key, &self.bytes, sum));
        if right == blake3::Hash::from_bytes(self.mac) {
            Ok(())
        } else {
            Err(SignedError::Signature)
        }
    }

    pub(super) fn check_signature(&self, context: &str, device: &VerifyingKey) -> Result<(), SignedError> {
        device.verify(context, &signed_part(&self.bytes, &self.mac)?, &self.signature)
    }

    fn fields(&self) -> Fields {
        Fields::default()
            .bytes(&self.bytes)
            .bytes(&self.mac)
            .bytes(self.signature.as_bytes())
    }

    fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        let (bytes, mac) = (fields.any_bytes()?, fields.bytes()?);
        let signature = Signature::from_bytes(fields.bytes()?);
        fields.end()?;
        Ok(Self {
            bytes,
            mac,
            signature,
        })
    }
}

/// The length keeps the encoding from running on into the sum.
fn mac_of(key: &[u8; 32], bytes: &[u8], sum: &SumBytes) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_keyed(key);
    hasher.update(&(bytes.len() as u64).to_be_bytes());
    hasher.update(bytes).update(sum);
    *hasher.finalize().as_bytes()
}

fn signed_part(bytes: &[u8], mac: &[u8; 32]) -> Result<Vec<u8>, SignedError> {
    canonical::encode(Fields::default().bytes(bytes).bytes(mac))
}
