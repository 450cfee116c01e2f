//! A ticket: a device's word, made before its keys died, that its account is to be erased.
//!
//! It is signed by the device and sealed to the deployment's key for tickets by HPKE (RFC 9180, base mode: X25519, HKDF-SHA-256,
//! ChaCha20-Poly1305), with [`INFO`] and nothing as associated data. What travels is the encapsulated key, 32 bytes, and then
//! [`crate::signed::Signed`] in its one encoding, sealed. Handed in twice it changes nothing; whoever steals it can only finish the deletion.

use super::{AccountId, DeviceId, Fields, Reader, SignedError, Statement};

/// HPKE's info for a ticket.
pub const INFO: &[u8] = b"regie/1/ticket";
/// Bytes of HPKE's encapsulated key, which stand first.
pub const ENCAPSULATED: usize = 32;

/// That an account is to be erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Which account.
    pub account: AccountId,
    /// Which of its devices says so.
    pub device: DeviceId,
    /// Random; the receipt is found by it.
    pub id: [u8; 16],
}

impl Statement for Ticket {
    const CONTEXT: &'static str = "regie/1/erase";

    fn fields(&self) -> Fields {
        Fields::default()
            .bytes(&self.account.0)
            .bytes(&self.device.0)
            .bytes(&self.id)
    }

    fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        Ok(Self {
            account: AccountId(fields.bytes()?),
            device: DeviceId(fields.bytes()?),
            id: fields.bytes()?,
        })
    }

    fn check(&self) -> Result<(), SignedError> {
        Ok(())
    }
}
