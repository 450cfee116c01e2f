//! The device's side of OPAQUE (RFC 9807): the passphrase leaves it in no form. What comes of a login is what only the passphrase gives: the
//! key that the account key is sealed to.

use opaque_ke::{
    ClientLogin, ClientLoginFinishParameters, ClientRegistration, ClientRegistrationFinishParameters,
    CredentialResponse, RegistrationResponse, errors::ProtocolError,
};
use regie_protocol::opaque::Suite;
use zeroize::Zeroize;

use crate::{
    CryptoError, Key, Passphrase,
    kdf::derive_subkey,
    random::Generator,
    seal::{OpeningKey, Vouch},
};

/// The server's own key in OPAQUE, as the deployment names it.
pub type ServerKey = [u8; 32];

/// What a passphrase gives, with the help of its server.
pub struct PassphraseKeys {
    /// The account key is sealed to it.
    pub opening: OpeningKey,
    /// Tells that a device of the account sealed it, not the server.
    pub vouch: Vouch,
}

/// A passphrase on its way to the server.
pub struct Registering(ClientRegistration<Suite>);

/// A passphrase, as the server is to keep it.
pub struct Registered {
    /// OPAQUE's record.
    pub record: Vec<u8>,
    /// What it gives here.
    pub keys: PassphraseKeys,
}

/// A login under way.
pub struct LoggingIn(ClientLogin<Suite>);

/// A login that holds on this side.
pub struct LoggedIn {
    /// The last message to the server.
    pub finalization: Vec<u8>,
    /// What the passphrase gives.
    pub keys: PassphraseKeys,
}

impl Registering {
    /// Begins to register a passphrase; the bytes go to the server.
    ///
    /// # Errors
    /// [`CryptoError::Randomness`].
    pub fn begin(passphrase: &Passphrase) -> Result<(Self, Vec<u8>), CryptoError> {
        let begun =
            ClientRegistration::<Suite>::start(&mut Generator::make()?, passphrase.expose().as_bytes())
                .map_err(|_| CryptoError::Parameters)?;
        Ok((Self(begun.state), begun.message.serialize().to_vec()))
    }

    /// Ends it with the server's answer.
    ///
    /// # Errors
    /// [`CryptoError::OtherServer`] when it is by another key than the deployment's, or makes no sense.
    pub fn finish(
        self,
        passphrase: &Passphrase,
        answer: &[u8],
        server: &ServerKey,
    ) -> Result<Registered, CryptoError> {
        let answer = RegistrationResponse::deserialize(answer).map_err(|_| CryptoError::OtherServer)?;
        let mut done = self
            .0
            .finish(
                &mut Generator::make()?,
                passphrase.expose().as_bytes(),
                answer,
                ClientRegistrationFinishParameters::default(),
            )
            .map_err(|_| CryptoError::OtherServer)?;
        let keys = PassphraseKeys::take(&mut done.export_key, &done.server_s_pk.serialize(), server)?;
        Ok(Registered {
            record: done.message.serialize().to_vec(),
            keys,
        })
    }
}

impl LoggingIn {
    /// Begins a login; the bytes go to the server.
    ///
    /// # Errors
    /// [`CryptoError::Randomness`].
    pub fn begin(passphrase: &Passphrase) -> Result<(Self, Vec<u8>), CryptoError> {
        let begun = ClientLogin::<Suite>::start(&mut Generator::make()?, passphrase.expose().as_bytes())
            .map_err(|_| CryptoError::Parameters)?;
        Ok((Self(begun.state), begun.message.serialize().to_vec()))
    }

    /// Ends it with the server's answer.
    ///
    /// # Errors
    /// [`CryptoError::WrongKey`] for another passphrase, or where there is no such account; [`CryptoError::OtherServer`] when the answer
    /// makes no sense, or is by another key than the deployment's.
    pub fn finish(
        self,
        passphrase: &Passphrase,
        answer: &[u8],
        server: &ServerKey,
    ) -> Result<LoggedIn, CryptoError> {
        let answer = CredentialResponse::deserialize(answer).map_err(|_| CryptoError::OtherServer)?;
        let mut done = self
            .0
            .finish(
                &mut Generator::make()?,
                passphrase.expose().as_bytes(),
                answer,
                ClientLoginFinishParameters::default(),
            )
            .map_err(|error| match error {
                ProtocolError::InvalidLoginError => CryptoError::WrongKey,
                _ => CryptoError::OtherServer,
            })?;
        done.session_key.zeroize();
        let keys = PassphraseKeys::take(&mut done.export_key, &done.server_s_pk.serialize(), server)?;
        Ok(LoggedIn {
            finalization: done.message.serialize().to_vec(),
            keys,
        })
    }
}

impl PassphraseKeys {
    /// What OPAQUE's export key gives, which ends with it; nothing where the answer is by another key than the deployment's.
    fn take(export: &mut [u8], answered: &[u8], server: &ServerKey) -> Result<Self, CryptoError> {
        let keys = Self::derive(export);
        export.zeroize();
        if answered == server {
            keys
        } else {
            Err(CryptoError::OtherServer)
        }
    }

    fn derive(export: &[u8]) -> Result<Self, CryptoError> {
        let part = |name: &str| -> Result<Key, CryptoError> { derive_subkey(export, b"", name.as_bytes()) };
        Ok(Self {
            opening: OpeningKey::from_key(part("regie/1/passphrase seal key")?),
            vouch: Vouch::from_key(part("regie/1/passphrase vouch")?),
        })
    }
}

#[cfg(test)]
mod tests {
    use opaque_ke::{
        CredentialFinalization, CredentialRequest, RegistrationRequest, RegistrationUpload, ServerLogin,
        ServerLoginParameters, ServerRegistration, ServerSetup,
    };

    use super::*;

    struct Server {
        setup: ServerSetup<Suite>,
        record: Option<ServerRegistration<Suite>>,
    }

    impl Server {
        fn new() -> Self {
            Self {
                setup: ServerSetup::new(&mut Generator::make().expect("randomness")),
                record: None,
            }
        }

        fn key(&self) -> ServerKey {
            let key = self.setup.keypair().public().serialize();
            key.as_slice().try_into().expect("32 bytes")
        }

        fn answer_registration(&self, request: &[u8]) -> Vec<u8> {
            let request = RegistrationRequest::deserialize(request).expect("a request");
            let answer = ServerRegistration::<Suite>::start(&self.setup, request, b"account");
            answer.expect("an answer").message.serialize().to_vec()
        }

        fn register(&mut self, passphrase: &Passphrase) -> PassphraseKeys {
            let (begun, request) = Registering::begin(passphrase).expect("begins");
            let answer = self.answer_registration(&request);
            let done = begun.finish(passphrase, &answer, &self.key()).expect("ends");
            let upload = RegistrationUpload::deserialize(&done.record).expect("a record");
            self.record = Some(ServerRegistration::finish(upload));
            done.keys
        }

        fn log_in(&self, passphrase: &Passphrase, key: &ServerKey) -> Result<PassphraseKeys, CryptoError> {
            let (begun, request) = LoggingIn::begin(passphrase)?;
            let request = CredentialRequest::deserialize(&request).expect("a request");
            let started = ServerLogin::start(
                &mut Generator::make()?,
                &self.setup,
                self.record.clone(),
                request,
                b"account",
                ServerLoginParameters::default(),
            );
            let started = started.expect("an answer");
            let done = begun.finish(passphrase, &started.message.serialize(), key)?;
            let last = CredentialFinalization::deserialize(&done.finalization).expect("a message");
            let held = started.state.finish(last, ServerLoginParameters::default());
            held.expect("the server sees that it holds");
            Ok(done.keys)
        }
    }

    fn passphrase(text: &str) -> Passphrase {
        Passphrase::new(text.into())
    }

    #[test]
    fn a_passphrase_gives_the_same_keys_at_each_login_and_another_gives_none() {
        let mut server = Server::new();
        let right = passphrase("kaars muur zwemt lachend");
        let registered = server.register(&right);
        let again = server.log_in(&right, &server.key()).expect("logs in");
        assert_eq!(registered.opening.expose(), again.opening.expose());
        assert_eq!(registered.vouch.expose(), again.vouch.expose());
        assert_ne!(registered.vouch.expose(), registered.opening.expose());
        let wrong = server.log_in(&passphrase("kaars muur zwemt huilend"), &server.key());
        assert_eq!(wrong.err(), Some(CryptoError::WrongKey));

        server.record = None;
        let nobody = server.log_in(&right, &server.key());
        assert_eq!(
            nobody.err(),
            Some(CryptoError::WrongKey),
            "as with a wrong passphrase"
        );
    }

    #[test]
    fn a_server_with_another_key_than_the_deployments_is_told() {
        let mut server = Server::new();
        let right = passphrase("kaars muur zwemt lachend");
        server.register(&right);
        let other = Server::new().key();
        assert_eq!(
            server.log_in(&right, &other).err(),
            Some(CryptoError::OtherServer)
        );
        let (begun, request) = Registering::begin(&right).expect("begins");
        let answer = server.answer_registration(&request);
        assert_eq!(
            begun.finish(&right, &answer, &other).err(),
            Some(CryptoError::OtherServer)
        );
        let (begun, _) = LoggingIn::begin(&right).expect("begins");
        assert_eq!(
            begun.finish(&right, b"nonsense", &other).err(),
            Some(CryptoError::OtherServer)
        );
    }
}
