//! How the account's use cases ask a server: one after the other, each request noted, those of a device signed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::BASE64URL_NOPAD;
use regie_crypto::device::DeviceKeys;
use regie_protocol::{
    Language, ProblemCode,
    account::{NonceResponse, header, path},
    signed::{self, AccountId, BodyHash, Deployment, DeviceId, Nonce, Signed, VerifyingKey},
    sync::Wire,
};
use regie_vault::{
    Vault, VaultError,
    account::{Account, Part, Request},
};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    AccountError, RequestContent, RequestPurpose, details::Moving, factor::Making, handed::Handed,
    joining::Joining, pairing::Pairing, roots, server::Looked,
};
use crate::{
    Client, ClientError, State,
    net::{Answer, Failure, Method, Net, Outgoing, Reach},
};

/// So long requests are kept.
pub(super) const KEPT: TimeDelta = TimeDelta::days(90);

/// What belongs to no vault.
#[derive(Debug)]
pub(crate) struct Work {
    /// Held by the one use case that speaks with a server. Taken before the state, never while that is held.
    turn: Mutex<Turn>,
    pub(super) net: Net,
    /// Roots that came with the program.
    pub(super) roots: Vec<VerifyingKey>,
    /// Requests that were made while no vault was open, or somebody else had it.
    unnoted: Mutex<Vec<Request>>,
    /// A link that waits for an open vault.
    pub(super) handed: Handed,
}

impl Default for Work {
    fn default() -> Self {
        Self {
            turn: Mutex::default(),
            net: Net::default(),
            roots: roots::built_in(),
            unnoted: Mutex::default(),
            handed: Handed::default(),
        }
    }
}

/// The right to ask.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    /// For the next request of this device.
    nonce: Option<(DeviceId, Nonce)>,
}

/// From one unlocking to the next lock. What was begun in one goes nowhere in another: somebody else may be there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Era(Arc<()>);

impl PartialEq for Era {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// What is begun, and forgotten when Regie locks.
#[derive(Debug, Default)]
pub(crate) struct Begun {
    era: Era,
    pub(super) looked: Option<Looked>,
    pub(super) joining: Option<Joining>,
    pub(super) pairing: Option<Pairing>,
    pub(super) making: Making,
    pub(super) moving: Option<Moving>,
    pub(super) noticed: Noticed,
}

/// What the server last said is announced: in seconds since 1970.
#[derive(Debug, Default)]
pub(crate) struct Noticed {
    pub(super) lifting: Option<i64>,
    pub(super) deletion: Option<i64>,
    pub(super) codes_left: Option<i64>,
}

/// What is told to a server when Regie locks.
pub(crate) struct Farewell {
    pub(super) reach: Reach,
    pub(super) request: Outgoing,
}

impl Begun {
    /// Of a pairing under way the other device hears at once.
    pub(crate) fn farewell(&self) -> Option<Farewell> {
        self.pairing.as_ref().and_then(Pairing::farewell)
    }
}

/// This device, ready to ask.
pub(crate) struct Me {
    pub(super) account: AccountId,
    pub(super) keys: DeviceKeys,
    pub(super) deployment: Deployment,
    pub(super) reach: Reach,
    language: Language,
    /// That of its last request that changed something.
    number: u64,
}

impl Work {
    pub(crate) fn turn(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unnoted(&self) -> MutexGuard<'_, Vec<Request>> {
        self.unnoted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends what waits for a server: whoever locks does not wait for it.
    pub(crate) fn stop(&self) {
        self.net.stop();
    }
}

impl Turn {
    /// A nonce that came with an answer.
    pub(super) fn keep(&mut self, device: DeviceId, nonce: &[u8]) {
        self.nonce = Nonce::from_bytes(nonce).ok().map(|nonce| (device, nonce));
    }

    fn take(&mut self, device: DeviceId) -> Option<Nonce> {
        self.nonce
            .take()
            .filter(|(of, _)| *of == device)
            .map(|(_, nonce)| nonce)
    }
}

impl Client {
    /// Sends one request, and notes it.
    pub(super) fn ask(&self, reach: &Reach, request: &Outgoing) -> Result<Answer, Failure> {
        self.ask_in(self.language(), reach, request)
    }

    fn ask_in(&self, language: Language, reach: &Reach, request: &Outgoing) -> Result<Answer, Failure> {
        // Mails about what was done come in the person's language.
        let request = &request
            .clone()
            .with_header("accept-language", language.code().to_owned());
        let answer = self.account.net.send(reach, request);
        // Where nothing may go, nothing went.
        if !matches!(answer, Err(Failure::NotAllowed)) {
            self.note(request, answer.as_ref().ok());
        }
        answer
    }

    /// Asks, and reads the answer.
    pub(super) fn ask_for<T: DeserializeOwned>(
        &self,
        reach: &Reach,
        request: &Outgoing,
    ) -> Result<T, AccountError> {
        self.ask(reach, request)?.read()
    }

    fn note(&self, request: &Outgoing, answer: Option<&Answer>) {
        let noted = noted(request, answer, self.clock.now().at.to_utc());
        self.account.unnoted().push(noted);
        if request.purpose != RequestPurpose::Sync {
            if let Some(vault) = self.state().vault.as_mut() {
                self.note_what_waits(vault);
            }
            return;
        }
        // No answer of syncing waits for who has the vault, nor for the disk: whoever syncs notes it with what comes of it.
        let mut state = match self.state.try_lock() {
            Ok(state) => state,
            Err(TryLockError::Poisoned(state)) => state.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        if let Some(vault) = state.vault.as_mut() {
            self.note_unhurried(vault);
        }
    }

    /// Sends what nobody waits for: Regie locks. It stands in the list like any other request.
    pub(crate) fn tell(&self, vault: &mut Vault, farewell: &Farewell) {
        self.account.net.tell(&farewell.reach, &farewell.request);
        let noted = noted(&farewell.request, None, self.clock.now().at.to_utc());
        self.account.unnoted().push(noted);
        self.note_what_waits(vault);
    }

    /// The same where the vault is closed already.
    pub(super) fn tell_without_vault(&self, reach: &Reach, request: &Outgoing) {
        self.account.net.tell(reach, request);
        self.note(request, None);
    }

    /// Notes what was asked while there was no vault, or somebody else had it.
    pub(crate) fn note_what_waits(&self, vault: &mut Vault) {
        self.note_unhurried(vault);
        if let Err(error) = vault.make_durable() {
            tracing::warn!(%error, "what was asked may not be on the disk");
        }
    }

    /// The same where a durable transaction follows.
    pub(crate) fn note_unhurried(&self, vault: &mut Vault) {
        let waiting = std::mem::take(&mut *self.account.unnoted());
        if waiting.is_empty() {
            return;
        }
        let before = self.clock.now().at.to_utc() - KEPT;
        if let Err(error) = vault.note_requests(&waiting, before) {
            tracing::warn!(%error, "requests could not be noted");
        }
    }

    /// To be asked before a server is.
    pub(super) fn era(&self) -> Era {
        self.state().begun.era.clone()
    }

    /// The state, unless Regie was locked since.
    pub(super) fn state_of(&self, era: &Era) -> Result<MutexGuard<'_, State>, ClientError> {
        let state = self.state();
        if state.vault.is_some() && state.begun.era == *era {
            Ok(state)
        } else {
            Err(ClientError::Locked)
        }
    }

    /// The vault, unless Regie was locked since.
    pub(super) fn with_vault_of<T>(
        &self,
        era: &Era,
        work: impl FnOnce(&mut Vault) -> Result<T, ClientError>,
    ) -> Result<T, ClientError> {
        work(self.state_of(era)?.vault.as_mut().ok_or(ClientError::Locked)?)
    }

    /// This device, where it takes part in an account.
    pub(crate) fn me(&self) -> Result<Me, ClientError> {
        let language = self.language();
        self.with_vault(|vault| {
            let account = vault.account()?.ok_or(AccountError::NotJoined)?;
            let own = vault.own_device()?.ok_or(AccountError::SignedOut)?;
            let deployment = deployment_of(&account)?;
            Ok(Me {
                account: account.id,
                keys: own.keys,
                reach: Reach::of(&deployment).preferring(&account.address),
                deployment,
                language,
                number: vault.last_number()?,
            })
        })
    }

    /// Sends a request that this device signs. The number of one that changes something is used once; the same request goes out a second time only
    /// when no answer came.
    pub(crate) fn signed(&self, turn: &mut Turn, me: &Me, request: &Outgoing) -> Result<Answer, ClientError> {
        self.signed_as(turn, me, request, None)
    }

    /// The same under a number that was taken since the turn is held.
    pub(crate) fn signed_as(
        &self,
        turn: &mut Turn,
        me: &Me,
        request: &Outgoing,
        mut taken: Option<u64>,
    ) -> Result<Answer, ClientError> {
        let device = me.keys.id();
        let mut nonce = turn.take(device);
        let mut was_stale = false;
        loop {
            let fresh = match nonce.take() {
                Some(nonce) => nonce,
                None => self.nonce(me)?,
            };
            let number = match taken.take() {
                _ if request.reads => me.number.max(1),
                Some(number) => number,
                None => self.with_vault(|vault| Ok(vault.next_number()?))?,
            };
            let signed = signed_by(me, request, number, fresh)?;
            let ask = || self.ask_in(me.language, &me.reach, &signed);
            let (answer, again) = match ask() {
                Err(Failure::Lost) if request.method == Method::Post => {
                    (ask().map_err(AccountError::from)?, true)
                }
                answer => (answer.map_err(AccountError::from)?, false),
            };
            if let Some(nonce) = &answer.nonce {
                turn.keep(device, nonce);
            }
            match answer.problem().map(|problem| problem.code) {
                Some(ProblemCode::NonceStale) if !was_stale => {
                    was_stale = true;
                    nonce = turn.take(device);
                }
                // The first of the two was heard.
                Some(ProblemCode::Repeated) if again => return Ok(Answer::done()),
                Some(ProblemCode::Repeated) => {
                    // Somebody else uses this device's keys: a copy of it, or this is the copy.
                    self.with_vault(|vault| Ok(vault.forget_own_device()?))?;
                    return Err(AccountError::SignedOut.into());
                }
                Some(ProblemCode::SignedOut) => {
                    // A server's word: nothing is deleted by it.
                    self.change_account(|account| account.part = Part::Out)?;
                    return Err(AccountError::SignedOut.into());
                }
                _ => {
                    answer.succeeded()?;
                    return Ok(answer);
                }
            }
        }
    }

    /// Reads something as this device.
    pub(super) fn signed_get<T: DeserializeOwned>(
        &self,
        turn: &mut Turn,
        me: &Me,
        target: &str,
        purpose: RequestPurpose,
    ) -> Result<T, ClientError> {
        let answer = self.signed(turn, me, &Outgoing::get(target, purpose))?;
        Ok(answer.read()?)
    }

    /// Reads something as this device in the form of [`regie_protocol::sync::wire`].
    pub(crate) fn signed_wire<T: Wire>(
        &self,
        turn: &mut Turn,
        me: &Me,
        target: &str,
        said: &impl Wire,
        purpose: RequestPurpose,
    ) -> Result<T, ClientError> {
        let body = said.to_bytes().map_err(|_| AccountError::BadAnswer)?;
        let request = Outgoing {
            reads: true,
            ..Outgoing::post_bytes(target, body, purpose, RequestContent::Nothing)
        };
        Ok(self.signed(turn, me, &request)?.read_wire()?)
    }

    /// Changes something as this device.
    pub(super) fn signed_post<T: Serialize>(
        &self,
        turn: &mut Turn,
        me: &Me,
        target: &str,
        body: &T,
        purpose: RequestPurpose,
        content: RequestContent,
    ) -> Result<(), ClientError> {
        let request = Outgoing::post(target, body, purpose, content)?;
        self.signed(turn, me, &request).map(|_| ())
    }

    fn nonce(&self, me: &Me) -> Result<Nonce, AccountError> {
        let device = BASE64URL_NOPAD.encode(&me.keys.id().0);
        let target = format!("{}?device={device}", path::NONCE);
        let answer: NonceResponse =
            self.ask_for(&me.reach, &Outgoing::get(target, RequestPurpose::Account))?;
        Nonce::from_bytes(&answer.nonce.0).map_err(|_| AccountError::BadAnswer)
    }

    /// Changes what is kept of the account.
    pub(super) fn change_account(&self, change: impl FnOnce(&mut Account)) -> Result<(), ClientError> {
        self.with_vault(|vault| {
            let mut account = vault.account()?.ok_or(AccountError::NotJoined)?;
            change(&mut account);
            Ok(vault.set_account(&account)?)
        })
    }
}

/// The deployment of an account, as its own root signed it. Whether it has ended is asked apart: a device's clock may be wrong.
pub(super) fn deployment_of(account: &Account) -> Result<Deployment, ClientError> {
    let damaged = || ClientError::Vault(VaultError::VaultDamaged);
    let root = VerifyingKey::from_bytes(&account.root).map_err(|_| damaged())?;
    Signed::<Deployment>::from_bytes(&account.deployment)
        .and_then(|signed| signed.open_at_any_time(&root))
        .map_err(|_| damaged())
}

fn signed_by(me: &Me, request: &Outgoing, number: u64, nonce: Nonce) -> Result<Outgoing, AccountError> {
    let whole = signed::Request {
        method: request.method.name(),
        target: &request.target,
        body: BodyHash::of(&request.body),
        account: me.account,
        device: me.keys.id(),
        number,
        nonce,
    };
    let signature = whole
        .sign(&me.keys.signing())
        .map_err(|_| AccountError::Refused)?;
    let encoded = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
    Ok(request
        .clone()
        .with_header(header::ACCOUNT, encoded(&me.account.0))
        .with_header(header::DEVICE, encoded(&me.keys.id().0))
        .with_header(header::NUMBER, number.to_string())
        .with_header(header::NONCE, encoded(&nonce.to_bytes()))
        .with_header(header::SIGNATURE, encoded(signature.as_bytes())))
}

fn noted(request: &Outgoing, answer: Option<&Answer>, at: DateTime<Utc>) -> Request {
    let name = |value: Result<serde_json::Value, serde_json::Error>| {
        let value = value.ok();
        value
            .as_ref()
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    Request {
        at,
        purpose: name(serde_json::to_value(request.purpose)),
        content: name(serde_json::to_value(request.content)),
        sent: u32::try_from(request.body.len()).unwrap_or(u32::MAX),
        received: answer.map(Answer::bytes),
    }
}
