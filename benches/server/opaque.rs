//! OPAQUE without stretching: the device's Argon2id is the device's, and the server never sees whether it was there.

use opaque_ke::ksf::Identity;
use opaque_ke::{
    CipherSuite, ClientLogin, ClientLoginFinishParameters, ClientRegistration,
    ClientRegistrationFinishParameters, CredentialResponse, Ristretto255, ServerRegistration, ServerSetup,
    TripleDh,
};
use rand_core_06::OsRng;
use regie_protocol::opaque::Suite;

pub(super) const PASSPHRASE: &[u8] = b"kaars muur zwemt lachend";

/// The protocol's suite, but for what the device does alone.
pub(super) struct Unstretched;

impl CipherSuite for Unstretched {
    type OprfCs = Ristretto255;
    type KeyExchange = TripleDh<Ristretto255, sha2_010::Sha512>;
    type Ksf = Identity;
}

/// What a server keeps of the passphrase.
pub(super) fn record(setup: &ServerSetup<Suite>, credential_id: &[u8]) -> anyhow::Result<Vec<u8>> {
    let begun = ClientRegistration::<Unstretched>::start(&mut OsRng, PASSPHRASE).map_err(fault)?;
    let request =
        opaque_ke::RegistrationRequest::<Suite>::deserialize(&begun.message.serialize()).map_err(fault)?;
    let answer = ServerRegistration::<Suite>::start(setup, request, credential_id).map_err(fault)?;
    let answer = opaque_ke::RegistrationResponse::<Unstretched>::deserialize(&answer.message.serialize())
        .map_err(fault)?;
    let parameters = ClientRegistrationFinishParameters::default();
    let ended = begun
        .state
        .finish(&mut OsRng, PASSPHRASE, answer, parameters)
        .map_err(fault)?;
    Ok(ended.message.serialize().to_vec())
}

/// A login that was begun, and its first message.
pub(super) fn begin() -> anyhow::Result<(ClientLogin<Unstretched>, Vec<u8>)> {
    let begun = ClientLogin::<Unstretched>::start(&mut OsRng, PASSPHRASE).map_err(fault)?;
    let message = begun.message.serialize().to_vec();
    Ok((begun.state, message))
}

/// Its last message.
pub(super) fn end(state: ClientLogin<Unstretched>, response: &[u8]) -> anyhow::Result<Vec<u8>> {
    let response = CredentialResponse::<Unstretched>::deserialize(response).map_err(fault)?;
    let parameters = ClientLoginFinishParameters::default();
    let ended = state
        .finish(&mut OsRng, PASSPHRASE, response, parameters)
        .map_err(fault)?;
    Ok(ended.message.serialize().to_vec())
}

/// Its errors are no errors of the standard library's.
pub(super) fn fault(error: opaque_ke::errors::ProtocolError) -> anyhow::Error {
    anyhow::anyhow!("OPAQUE: {error:?}")
}
