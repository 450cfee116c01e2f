//! Randomness for libraries that ask for a generator: seeded by the operating system, so that what can fail has failed before.

use std::convert::Infallible;

use hpke::rand_core::{TryCryptoRng, TryRng};
use opaque_ke::rand::{CryptoRng, Error, RngCore};
use zeroize::Zeroizing;

use crate::{CryptoError, make_random};

/// BLAKE3's extendable output, keyed with 32 random bytes of the operating system.
pub(crate) struct Generator(blake3::OutputReader);

impl Generator {
    pub(crate) fn make() -> Result<Self, CryptoError> {
        let seed = Zeroizing::new(make_random::<32>()?);
        Ok(Self(
            blake3::Hasher::new_keyed(&seed)
                .update(b"generator")
                .finalize_xof(),
        ))
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill(&mut bytes);
        bytes
    }
}

// For opaque-ke, which speaks an older generation of the traits.
impl RngCore for Generator {
    fn next_u32(&mut self) -> u32 {
        u32::from_le_bytes(self.bytes())
    }

    fn next_u64(&mut self) -> u64 {
        u64::from_le_bytes(self.bytes())
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        self.0.fill(dest);
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), Error> {
        self.0.fill(dest);
        Ok(())
    }
}

impl CryptoRng for Generator {}

// For hpke.
impl TryRng for Generator {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(self.bytes()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(self.bytes()))
    }

    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(dst);
        Ok(())
    }
}

impl TryCryptoRng for Generator {}
