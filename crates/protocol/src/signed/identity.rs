//! The keys by which other people know an account, and its own device's word for them.

use super::{AccountId, DeviceId, Fields, Reader, SealingKey, SignedError, Statement, VerifyingKey};

/// What a device of the account says about its keys for other people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdentityStatement {
    /// Whose.
    pub account: AccountId,
    /// Which device says so.
    pub device: DeviceId,
    /// The epoch that they were made in.
    pub epoch: u64,
    /// Others check by it.
    pub sign_key: VerifyingKey,
    /// Others seal to it.
    pub seal_key: SealingKey,
}

impl Statement for IdentityStatement {
    const CONTEXT: &'static str = "regie/1/identity";

    fn fields(&self) -> Fields {
        Fields::default()
            .bytes(&self.account.0)
            .bytes(&self.device.0)
            .number(self.epoch)
            .bytes(self.sign_key.as_bytes())
            .bytes(&self.seal_key.0)
    }

    fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        Ok(Self {
            account: AccountId(fields.bytes()?),
            device: DeviceId(fields.bytes()?),
            epoch: fields.number()?,
            sign_key: VerifyingKey::from_bytes(&fields.bytes()?)?,
            seal_key: SealingKey(fields.bytes()?),
        })
    }

    fn check(&self) -> Result<(), SignedError> {
        if self.epoch == 0 {
            return Err(SignedError::Senseless("epoch"));
        }
        Ok(())
    }
}
