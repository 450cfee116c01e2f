//! Proving who one is to the server, and what comes of it: the account key, checked against everything that is known already.

use regie_crypto::{
    CryptoError, Key, Passphrase,
    account::{AccountKey, CodeForDevices, CodeKeys, KnownWay},
    login::{LoggingIn, PassphraseKeys, Registering},
    recovery::RecoveryCode,
};
use regie_protocol::{
    account::{
        change::{PassphraseBeginRequest, PassphraseBeginResponse, PassphraseRequest, PassphraseResponse},
        device::{self, Epoch, Wrap},
        join,
        login::{
            CODE_CONTEXT, CodeLoginBeginRequest, CodeLoginBeginResponse, CodeLoginRequest, LoginBeginRequest,
            LoginBeginResponse, LoginRequest, LoginResponse,
        },
        path,
    },
    signed::{AccountId, EpochHeader, SealingKey},
    wire::{Blob, Fixed},
};
use regie_vault::account::KeptEpoch;

use super::{AccountError, RequestContent, RequestPurpose};
use crate::{
    Client, ClientError,
    net::{Outgoing, Reach},
};

/// Somebody proved who they are.
pub(super) struct Proven {
    pub(super) account: AccountId,
    pub(super) generation: i64,
    /// To be shown with what asks for it.
    pub(super) proof: Blob,
    /// Of all epochs, the newest first. Empty where the server has no copy, and nothing is known here.
    pub(super) keys: Vec<AccountKey>,
    /// Of all epochs, the oldest first.
    pub(super) headers: Vec<EpochHeader>,
    pub(super) code: CodeForDevices,
    /// The wraps of passphrase and code went with the copy on the server.
    pub(super) gone: bool,
}

/// What is known already: a server must say the same.
pub(super) struct Known {
    pub(super) account: AccountId,
    /// The newest first.
    pub(super) epochs: Vec<KeptEpoch>,
}

/// A new passphrase that nobody asked for yet.
pub(super) struct Registered {
    pub(super) ticket: Blob,
    pub(super) after_generation: i64,
    pub(super) record: Blob,
    pub(super) keys: PassphraseKeys,
}

/// A new passphrase that the server has taken.
pub(super) struct Taken {
    pub(super) keys: PassphraseKeys,
    pub(super) generation: i64,
}

/// What changes together with a passphrase.
#[derive(Default)]
pub(super) struct Along {
    pub(super) code: Option<join::CodeKeys>,
    pub(super) epoch: Option<Epoch>,
    pub(super) wraps: Vec<Wrap>,
}

impl Proven {
    pub(super) fn newest(&self) -> Result<&AccountKey, AccountError> {
        self.keys.first().ok_or(AccountError::NoCopy)
    }

    /// All epochs, as the vault keeps them.
    pub(super) fn kept(&self) -> Result<Vec<KeptEpoch>, ClientError> {
        kept(&self.keys, &self.headers)
    }
}

/// Keys, the newest first, with their headers, the oldest first.
pub(super) fn kept(keys: &[AccountKey], headers: &[EpochHeader]) -> Result<Vec<KeptEpoch>, ClientError> {
    let pairs = keys.iter().zip(headers.iter().rev());
    pairs
        .map(|(key, header)| {
            Ok(KeptEpoch {
                key: AccountKey::from_key(key.account(), key.epoch(), key.expose().duplicate()),
                header: header.to_bytes().map_err(CryptoError::from)?,
            })
        })
        .collect()
}

impl Client {
    /// Logs in by passphrase.
    pub(super) fn log_in(
        &self,
        reach: &Reach,
        server: &[u8; 32],
        email: &str,
        passphrase: &Passphrase,
        factor: Option<&str>,
        known: Option<&Known>,
    ) -> Result<(Proven, PassphraseKeys), ClientError> {
        let (last, keys) = self.last_message(reach, server, email, passphrase)?;
        let end = LoginRequest {
            factor: factor.map(str::to_owned),
            ..last
        };
        let answer: LoginResponse = self.ask_for(reach, &log_in_request(path::LOGIN, &end)?)?;
        if answer.passphrase_key.0 != keys.opening.sealing_key()?.0 {
            return Err(AccountError::BadAnswer.into());
        }
        let open = |account, epoch, wrap: &[u8]| {
            let (opening, vouch) = (&keys.opening, Some(&keys.vouch));
            AccountKey::unwrap_from(account, epoch, device::PASSPHRASE, opening, vouch, wrap)
        };
        let proven = read_login(answer, open, known)?;
        Ok((proven, keys))
    }

    /// Begins a login by passphrase; gives its last message, without a second factor.
    pub(super) fn last_message(
        &self,
        reach: &Reach,
        server: &[u8; 32],
        email: &str,
        passphrase: &Passphrase,
    ) -> Result<(LoginRequest, PassphraseKeys), ClientError> {
        let (begun, request) = LoggingIn::begin(passphrase)?;
        let begin = LoginBeginRequest {
            email: email.to_owned(),
            request: Blob(request),
        };
        let begin = log_in_request(path::LOGIN_BEGIN, &begin)?;
        let answer: LoginBeginResponse = self.ask_for(reach, &begin)?;
        let done = begun
            .finish(passphrase, &answer.response.0, server)
            .map_err(|error| match error {
                CryptoError::WrongKey => AccountError::LoginFailed,
                _ => AccountError::OtherServer,
            })?;
        let last = LoginRequest {
            ticket: answer.ticket,
            finalization: Blob(done.finalization),
            factor: None,
        };
        Ok((last, done.keys))
    }

    /// Logs in by recovery code.
    pub(super) fn log_in_by_code(
        &self,
        reach: &Reach,
        email: &str,
        code: &RecoveryCode,
        factor: Option<&str>,
        known: Option<&Known>,
    ) -> Result<(Proven, CodeKeys), ClientError> {
        let (last, keys) = self.last_message_by_code(reach, email, code)?;
        let end = CodeLoginRequest {
            factor: factor.map(str::to_owned),
            ..last
        };
        let answer: LoginResponse = self.ask_for(reach, &log_in_request(path::CODE_LOGIN, &end)?)?;
        let open = |account, epoch, wrap: &[u8]| {
            let (opening, vouch) = (&keys.opening, Some(&keys.vouch));
            AccountKey::unwrap_from(account, epoch, device::CODE, opening, vouch, wrap)
        };
        let proven = read_login(answer, open, known)?;
        // Only who knows the code, or the account key, could have sealed this.
        let same = proven.code.key.expose() == keys.for_devices.expose();
        if same && proven.code.sealing_key == keys.opening.sealing_key()? {
            Ok((proven, keys))
        } else {
            Err(AccountError::BadAnswer.into())
        }
    }

    /// Begins a login by recovery code; gives its last message, without a second factor.
    pub(super) fn last_message_by_code(
        &self,
        reach: &Reach,
        email: &str,
        code: &RecoveryCode,
    ) -> Result<(CodeLoginRequest, CodeKeys), ClientError> {
        let keys = CodeKeys::derive(code)?;
        let begin = CodeLoginBeginRequest {
            email: email.to_owned(),
        };
        let answer: CodeLoginBeginResponse =
            self.ask_for(reach, &log_in_request(path::CODE_LOGIN_BEGIN, &begin)?)?;
        let signature = keys.auth.sign(CODE_CONTEXT, &answer.ticket.0);
        let last = CodeLoginRequest {
            ticket: answer.ticket,
            signature: Fixed(*signature.as_bytes()),
            factor: None,
        };
        Ok((last, keys))
    }

    /// Registers another passphrase; nothing changes by it yet.
    pub(super) fn register_passphrase(
        &self,
        reach: &Reach,
        server: &[u8; 32],
        proven: &Proven,
        passphrase: &Passphrase,
    ) -> Result<Registered, ClientError> {
        let (begun, request) = Registering::begin(passphrase)?;
        let begin = PassphraseBeginRequest {
            registration: Blob(request),
        };
        let begin = new_keys_request(path::PASSPHRASE_BEGIN, &begin)?.with_proof(&proven.proof);
        let answer: PassphraseBeginResponse = self.ask_for(reach, &begin)?;
        let done = begun.finish(passphrase, &answer.registration.0, server)?;
        Ok(Registered {
            ticket: answer.ticket,
            after_generation: proven.generation,
            record: Blob(done.record),
            keys: done.keys,
        })
    }

    /// Gives the server another passphrase, and what changes with it; all of it or nothing.
    pub(super) fn give_passphrase(
        &self,
        reach: &Reach,
        server: &[u8; 32],
        proven: &Proven,
        passphrase: &Passphrase,
        along: impl FnOnce(&PassphraseKeys) -> Result<Along, ClientError>,
    ) -> Result<Taken, ClientError> {
        let registered = self.register_passphrase(reach, server, proven, passphrase)?;
        let end = registered.with(along(&registered.keys)?)?;
        let end = new_keys_request(path::PASSPHRASE, &end)?.with_proof(&proven.proof);
        let answer: PassphraseResponse = self.ask_for(reach, &end)?;
        Ok(Taken {
            keys: registered.keys,
            generation: answer.generation,
        })
    }
}

impl Registered {
    /// What is asked for with it.
    pub(super) fn with(&self, along: Along) -> Result<PassphraseRequest, ClientError> {
        let Along { code, epoch, wraps } = along;
        Ok(PassphraseRequest {
            ticket: self.ticket.clone(),
            after_generation: self.after_generation,
            credential: join::Credential {
                record: self.record.clone(),
                passphrase_key: Fixed(self.keys.opening.sealing_key()?.0),
            },
            code,
            epoch,
            wraps,
        })
    }
}

fn log_in_request<T: serde::Serialize>(target: &str, body: &T) -> Result<Outgoing, AccountError> {
    Outgoing::post(target, body, RequestPurpose::LogIn, RequestContent::Keys)
}

fn new_keys_request<T: serde::Serialize>(target: &str, body: &T) -> Result<Outgoing, AccountError> {
    Outgoing::post(target, body, RequestPurpose::NewKeys, RequestContent::Keys)
}

/// The wrap of a key for a new passphrase.
pub(super) fn wrap_for_passphrase(key: &AccountKey, keys: &PassphraseKeys) -> Result<Wrap, ClientError> {
    let way = passphrase_way(keys)?;
    let sealed = Blob(key.wrap_for(&way)?);
    Ok(Wrap { way: way.way, sealed })
}

pub(super) fn passphrase_way(keys: &PassphraseKeys) -> Result<KnownWay<'_>, ClientError> {
    Ok(KnownWay {
        way: device::PASSPHRASE.to_owned(),
        key: keys.opening.sealing_key()?,
        vouch: Some(&keys.vouch),
    })
}

pub(super) fn code_way(keys: &CodeKeys) -> Result<KnownWay<'_>, ClientError> {
    Ok(KnownWay {
        way: device::CODE.to_owned(),
        key: keys.opening.sealing_key()?,
        vouch: Some(&keys.vouch),
    })
}

/// The code as the server keeps it.
pub(super) fn code_on_wire(keys: &CodeKeys, under: &AccountKey) -> Result<join::CodeKeys, ClientError> {
    Ok(join::CodeKeys {
        auth_key: Fixed(*keys.auth.verifying_key().as_bytes()),
        seal_key: Fixed(keys.opening.sealing_key()?.0),
        for_devices: Blob(under.seal_code(keys)?),
    })
}

pub(super) fn read_headers(blobs: &[Blob]) -> Result<Vec<EpochHeader>, AccountError> {
    blobs
        .iter()
        .map(|blob| EpochHeader::from_bytes(&blob.0).map_err(|_| AccountError::BadAnswer))
        .collect()
}

/// Checks what a login brought: the key opens for who proved themselves, it vouches for the whole chain, the chain goes on from what is known
/// here, and the code's key is one that a device of the account vouched for.
fn read_login(
    answer: LoginResponse,
    open: impl FnOnce(AccountId, u64, &[u8]) -> Result<AccountKey, CryptoError>,
    known: Option<&Known>,
) -> Result<Proven, ClientError> {
    let account = AccountId(answer.account.0);
    let headers = read_headers(&answer.epochs)?;
    let last = headers.last().ok_or(AccountError::BadAnswer)?;
    let epoch = u64::try_from(answer.epoch).map_err(|_| AccountError::BadAnswer)?;
    if last.statement().number != epoch {
        return Err(AccountError::BadAnswer.into());
    }
    let gone = answer.wrap.0.is_empty();
    let newest = if gone {
        // The copy on the server was withdrawn, and the wraps went with it.
        let own = known.and_then(|known| known.epochs.first());
        let own = own.ok_or(AccountError::NoCopy)?;
        AccountKey::from_key(account, own.key.epoch(), own.key.expose().duplicate())
    } else {
        open(account, epoch, &answer.wrap.0).map_err(|_| AccountError::BadAnswer)?
    };
    let keys = newest.all_from(&headers).map_err(|_| AccountError::BadAnswer)?;
    if let Some(known) = known {
        check_goes_on(account, &keys, &headers, known)?;
    }
    let code = AccountKey::open_code(&keys, &answer.for_devices.0).map_err(|_| AccountError::BadAnswer)?;
    let vouched = code.epoch == epoch || last.statement().key_of(device::CODE) == Some(code.sealing_key);
    if !vouched || SealingKey(answer.code_key.0) != code.sealing_key {
        return Err(AccountError::BadAnswer.into());
    }
    Ok(Proven {
        account,
        generation: answer.generation,
        proof: answer.proof,
        keys,
        headers,
        code,
        gone,
    })
}

/// Whether a chain is the one that is known, or a longer one that begins with it.
pub(super) fn check_goes_on(
    account: AccountId,
    keys: &[AccountKey],
    headers: &[EpochHeader],
    known: &Known,
) -> Result<(), AccountError> {
    let has = |epoch: &KeptEpoch| {
        let key = keys.iter().find(|key| key.epoch() == epoch.key.epoch());
        let same_key = key.is_some_and(|key: &AccountKey| same(key.expose(), epoch.key.expose()));
        same_key
            && headers
                .iter()
                .any(|header| header.to_bytes().is_ok_and(|bytes| bytes == epoch.header))
    };
    if account == known.account && known.epochs.iter().all(has) {
        Ok(())
    } else {
        Err(AccountError::BadAnswer)
    }
}

fn same(one: &Key, other: &Key) -> bool {
    one.expose() == other.expose()
}

#[cfg(test)]
mod tests {
    use regie_crypto::{
        account::NewEpoch,
        device::DeviceKeys,
        seal::{OpeningKey, Vouch},
    };
    use regie_protocol::signed::Head;

    use super::*;

    const ACCOUNT: AccountId = AccountId([7; 16]);

    /// An account with its passphrase, its code and two epochs.
    struct Life {
        passphrase: PassphraseKeys,
        code: CodeKeys,
        epochs: Vec<NewEpoch>,
    }

    fn code() -> CodeKeys {
        let code = RecoveryCode::make_random().expect("a code");
        CodeKeys::derive(&code).expect("keys")
    }

    fn live() -> Life {
        let passphrase = PassphraseKeys {
            opening: OpeningKey::make_random().expect("a key"),
            vouch: Vouch::from_key(Key::make_random().expect("a key")),
        };
        let (code, device) = (code(), DeviceKeys::make_random().expect("keys"));
        let (id, signing) = (device.id(), device.signing());
        let ways = [
            passphrase_way(&passphrase).expect("a way"),
            code_way(&code).expect("a way"),
        ];
        let first = AccountKey::begin_first(ACCOUNT, id, &signing, &ways).expect("an epoch");
        let next = first.header.head().and_then(Head::next).expect("a place");
        let second = first.key.begin_next(next, id, &signing, &ways);
        let epochs = vec![first, second.expect("an epoch")];
        Life {
            passphrase,
            code,
            epochs,
        }
    }

    impl Life {
        fn answer(&self) -> LoginResponse {
            let last = self.epochs.last().expect("an epoch");
            let wrap = last.wraps.iter().find(|(way, _)| way == device::PASSPHRASE);
            let header = |epoch: &NewEpoch| Blob(epoch.header.to_bytes().expect("bytes"));
            LoginResponse {
                account: Fixed(ACCOUNT.0),
                generation: 3,
                epoch: 2,
                wrap: Blob(wrap.expect("a wrap").1.clone()),
                epochs: self.epochs.iter().map(header).collect(),
                for_devices: Blob(self.epochs[0].key.seal_code(&self.code).expect("seals")),
                passphrase_key: Fixed(self.passphrase.opening.sealing_key().expect("a key").0),
                code_key: Fixed(self.code.opening.sealing_key().expect("a key").0),
                proof: Blob(vec![1]),
            }
        }

        fn read(&self, answer: LoginResponse, known: Option<&Known>) -> Option<ClientError> {
            let open = |account, epoch, wrap: &[u8]| {
                let PassphraseKeys { opening, vouch } = &self.passphrase;
                AccountKey::unwrap_from(account, epoch, device::PASSPHRASE, opening, Some(vouch), wrap)
            };
            read_login(answer, open, known).err()
        }

        fn known(&self, epochs: usize) -> Known {
            let copy =
                |key: &AccountKey| AccountKey::from_key(ACCOUNT, key.epoch(), key.expose().duplicate());
            let known = self.epochs.iter().take(epochs);
            let keys: Vec<_> = known.rev().map(|epoch| copy(&epoch.key)).collect();
            let headers: Vec<_> = self
                .epochs
                .iter()
                .take(epochs)
                .map(|epoch| epoch.header.clone())
                .collect();
            Known {
                account: ACCOUNT,
                epochs: kept(&keys, &headers).expect("epochs"),
            }
        }
    }

    #[test]
    fn what_a_login_brings_is_believed_only_when_all_of_it_fits() {
        let (life, other) = (live(), live());
        assert_eq!(life.read(life.answer(), None), None);
        for known in [1, 2] {
            assert_eq!(life.read(life.answer(), Some(&life.known(known))), None);
        }
        let lie = |change: &dyn Fn(&mut LoginResponse)| {
            let mut answer = life.answer();
            change(&mut answer);
            life.read(answer, None)
        };
        let bad = Some(ClientError::Account(AccountError::BadAnswer));
        assert_eq!(lie(&|answer| answer.epoch = 1), bad);
        assert_eq!(lie(&|answer| answer.account = Fixed([8; 16])), bad);
        assert_eq!(lie(&|answer| answer.epochs.clear()), bad);
        assert_eq!(lie(&|answer| drop(answer.epochs.remove(0))), bad);
        assert_eq!(lie(&|answer| answer.epochs.reverse()), bad);
        assert_eq!(lie(&|answer| answer.epochs = other.answer().epochs), bad);
        assert_eq!(lie(&|answer| answer.code_key = Fixed([9; 32])), bad);
        assert_eq!(
            lie(&|answer| answer.for_devices = other.answer().for_devices),
            bad
        );
        assert_eq!(lie(&|answer| answer.wrap = other.answer().wrap), bad);
        let none = Some(ClientError::Account(AccountError::NoCopy));
        assert_eq!(lie(&|answer| answer.wrap = Blob::default()), none);
    }

    #[test]
    fn a_server_cannot_hand_out_a_key_of_its_own_making() {
        let life = live();
        // It knows every public key, and makes a whole account of them.
        let ways = [device::PASSPHRASE, device::CODE].map(|way| KnownWay {
            way: way.to_owned(),
            key: life.passphrase.opening.sealing_key().expect("a key"),
            vouch: None,
        });
        let server = DeviceKeys::make_random().expect("keys");
        let made = AccountKey::begin_first(ACCOUNT, server.id(), &server.signing(), &ways);
        let made = made.expect("an epoch");
        let answer = LoginResponse {
            epoch: 1,
            wrap: Blob(made.wraps[0].1.clone()),
            epochs: vec![Blob(made.header.to_bytes().expect("bytes"))],
            for_devices: Blob(made.key.seal_code(&life.code).expect("seals")),
            ..life.answer()
        };
        let bad = Some(ClientError::Account(AccountError::BadAnswer));
        assert_eq!(life.read(answer, None), bad);
    }

    #[test]
    fn neither_an_older_chain_nor_another_goes_on_from_the_one_that_is_known() {
        let (life, other) = (live(), live());
        let bad = Some(ClientError::Account(AccountError::BadAnswer));
        let (first, second) = (&life.epochs[0], life.known(2));
        let wrap = first.wraps.iter().find(|(way, _)| way == device::PASSPHRASE);
        let older = LoginResponse {
            epoch: 1,
            wrap: Blob(wrap.expect("a wrap").1.clone()),
            epochs: vec![Blob(first.header.to_bytes().expect("bytes"))],
            ..life.answer()
        };
        assert_eq!(life.read(older.clone(), None), None, "a new device cannot tell");
        assert_eq!(life.read(older, Some(&second)), bad);
        assert_eq!(life.read(life.answer(), Some(&other.known(1))), bad);
    }

    #[test]
    fn a_code_that_somebody_with_an_old_key_made_up_is_told() {
        let life = live();
        let forged = code();
        // Whoever had a device in the first epoch has its key; the newest statement names another code.
        let answer = LoginResponse {
            for_devices: Blob(life.epochs[0].key.seal_code(&forged).expect("seals")),
            code_key: Fixed(forged.opening.sealing_key().expect("a key").0),
            ..life.answer()
        };
        let bad = Some(ClientError::Account(AccountError::BadAnswer));
        assert_eq!(life.read(answer, None), bad);
        // Made under the newest key, it is a device's word.
        let newer = LoginResponse {
            for_devices: Blob(life.epochs[1].key.seal_code(&forged).expect("seals")),
            code_key: Fixed(forged.opening.sealing_key().expect("a key").0),
            ..life.answer()
        };
        assert_eq!(life.read(newer, None), None);
    }
}
