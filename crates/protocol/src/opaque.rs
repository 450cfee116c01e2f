//! Login without telling the passphrase: OPAQUE (RFC 9807), with parameters that belong to the protocol's version (docs/adr/0011).
//!
//! Were they measured on each device, an answer of the server would tell whether an account exists.

use argon2::{Algorithm, Argon2, Params, Version};
use opaque_ke::{
    CipherSuite, Ristretto255, TripleDh,
    errors::InternalError,
    generic_array::{ArrayLength, GenericArray},
    ksf::Ksf,
};

/// In kibibytes.
const MEMORY: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 1;
/// RFC 9807, 7: zeros. What makes two people's results differ is the server's oblivious function before it.
const SALT: [u8; 16] = [0; 16];

/// ristretto255, SHA-512, triple Diffie-Hellman, Argon2id.
#[derive(Clone, Copy, Debug)]
pub struct Suite;

impl CipherSuite for Suite {
    type OprfCs = Ristretto255;
    type KeyExchange = TripleDh<Ristretto255, sha2_010::Sha512>;
    type Ksf = Stretching;
}

/// Argon2id with 64 MiB, 3 passes and one lane; on the device alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stretching;

impl Ksf for Stretching {
    fn hash<L: ArrayLength<u8>>(
        &self,
        input: GenericArray<u8, L>,
    ) -> Result<GenericArray<u8, L>, InternalError> {
        let mut output = GenericArray::default();
        let parameters =
            Params::new(MEMORY, PASSES, LANES, Some(output.len())).map_err(|_| InternalError::KsfError)?;
        Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
            .hash_password_into(&input, &SALT, &mut output)
            .map_err(|_| InternalError::KsfError)?;
        Ok(output)
    }
}
