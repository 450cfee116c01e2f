//! Pairing (docs/adr/0011): a new device shows a code, a device of the account types it, people compare six digits on both, and the one that is there
//! lets the new one in.
//!
//! What is under way rests in memory alone and goes when Regie locks. A network that comes and goes ends nothing: each look at the mailbox tells whose
//! turn it is, and a message that did not arrive is said again.

mod parcel;
mod views;

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use qrcode::{EcLevel, QrCode, render::svg};
use regie_crypto::{
    CryptoError,
    device::DeviceKeys,
    pairing::{Channel, Entering, Offering, PairingCode, PairingSecret, Place, Unconfirmed},
};
use regie_protocol::{
    account::{pairing as wire, path},
    signed::{AccountId, Head},
    wire::{Blob, Fixed},
};
use regie_vault::account::{Account, KeptEpoch, OwnDevice, Part};
use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use super::{
    AccountError, RequestContent, RequestPurpose,
    changes::There,
    joining::{device_name, not_joined},
    server::Looked,
    work::{Era, Farewell, Turn},
};
use crate::{
    Client, ClientError,
    net::{Outgoing, Reach},
    sync::set_given_head,
};
use parcel::{Newcomer, Parcel};
pub use views::{PairEnd, PairForm, PairNewcomer, PairOffer, PairState};

/// For so long the new device may take what was left for it; then it is gone. Less than the mailbox waits, so that it can be taken back.
const TAKES: TimeDelta = TimeDelta::seconds(wire::WAITS - 30);
/// After a look that found nothing new, the next one waits so long: each of them stands in the list of requests.
const PAUSE: Duration = Duration::from_secs(2);

/// A pairing under way, or how it ended.
pub(crate) struct Pairing {
    era: Era,
    place: Place,
    role: Role,
    until: DateTime<Utc>,
    /// Whatever the server says, it lasts no longer.
    deadline: DateTime<Utc>,
    pause: Option<Instant>,
    /// What this side said last: again, where it did not arrive.
    said: Option<(i64, Vec<u8>)>,
    /// The last step of the other side that was taken.
    heard: i64,
    stage: Stage,
}

/// Which of the two this is.
enum Role {
    New(Box<Arriving>),
    There(AccountId),
}

/// What the new device brings.
struct Arriving {
    token: Zeroizing<[u8; 32]>,
    looked: Looked,
    reach: Reach,
    name: String,
}

enum Stage {
    /// New: its code is shown.
    Offered(Offering),
    /// New: waits for the proof.
    Unconfirmed(Unconfirmed),
    /// There: the code was typed.
    Entered(PairingSecret),
    /// There: waits for what was committed to.
    Replied(Entering),
    /// People compare; the newcomer is there where the other side was quicker.
    Comparing(Channel, Option<Newcomer>),
    /// New: its person said yes.
    Waiting(Channel, DeviceKeys),
    /// There: its person said yes, and the other side's has not yet.
    Agreed(Channel),
    /// There: both said yes.
    LettingIn(Channel, Newcomer),
    /// There: it is let in, and has until then to take what was left for it.
    LetIn(DateTime<Utc>),
    /// New: all arrived, and has to be written.
    Arrived(Box<Arrived>),
    /// New: it is in, and the other side has to hear.
    In,
    Done,
    Ended(PairEnd),
}

/// What the new device becomes.
struct Arrived {
    account: Account,
    epochs: Vec<KeptEpoch>,
    own: OwnDevice,
    /// The head that the other device knows.
    head: Option<Head>,
}

impl std::fmt::Debug for Pairing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pairing(…)")
    }
}

impl Stage {
    const fn is_over(&self) -> bool {
        matches!(self, Self::Done | Self::Ended(_))
    }
}

impl Pairing {
    fn token(&self) -> Option<Fixed<32>> {
        match &self.role {
            Role::New(arriving) => Some(Fixed(*arriving.token)),
            Role::There(_) => None,
        }
    }

    fn view(&self) -> PairState {
        match &self.stage {
            Stage::Offered(_) | Stage::Unconfirmed(_) | Stage::Entered(_) | Stage::Replied(_) => {
                PairState::Waiting {
                    ends_at: self.until.to_rfc3339(),
                }
            }
            Stage::Comparing(channel, _) => PairState::Compare {
                digits: channel.digits().to_owned(),
            },
            Stage::Waiting(..) | Stage::Agreed(_) | Stage::Arrived(_) | Stage::In => PairState::Agreed,
            Stage::LetIn(_) => PairState::Arriving,
            Stage::LettingIn(..) => PairState::Passphrase,
            Stage::Done => PairState::Done,
            Stage::Ended(why) => PairState::Ended { why: *why },
        }
    }

    /// Takes the other side's next message. Where it is not what it should be, that is the end.
    fn take(&mut self, message: &[u8], now: DateTime<Utc>) -> Result<(), PairEnd> {
        let stage = std::mem::replace(&mut self.stage, Stage::Ended(PairEnd::Damaged));
        let (place, damaged) = (self.place, |_| PairEnd::Damaged);
        self.stage = match (stage, &self.role) {
            (Stage::Offered(offering), _) => {
                let (waiting, opening) = offering.meet(place, message).map_err(damaged)?;
                self.said = Some((wire::OPENING, opening));
                Stage::Unconfirmed(waiting)
            }
            (Stage::Unconfirmed(waiting), _) => {
                Stage::Comparing(waiting.confirm(message).map_err(why)?, None)
            }
            (Stage::Entered(secret), Role::There(account)) => {
                let begun = Entering::begin(&secret, place, *account, message);
                let (entering, reply) = begun.map_err(damaged)?;
                self.said = Some((wire::REPLY, reply));
                Stage::Replied(entering)
            }
            (Stage::Replied(entering), _) => {
                let (channel, confirmation) = entering.meet(message).map_err(why)?;
                self.said = Some((wire::CONFIRMATION, confirmation));
                Stage::Comparing(channel, None)
            }
            (Stage::Comparing(channel, None), Role::There(_)) => {
                let newcomer = newcomer(&channel, message)?;
                Stage::Comparing(channel, Some(newcomer))
            }
            (Stage::Agreed(channel), Role::There(_)) => {
                let newcomer = newcomer(&channel, message)?;
                Stage::LettingIn(channel, newcomer)
            }
            // The answer to it was lost: the device was let in.
            (Stage::LettingIn(..), Role::There(_)) => Stage::LetIn(now + TAKES),
            (Stage::Waiting(channel, keys), Role::New(arriving)) => {
                let opened = channel.open(wire::PARCEL, message).map_err(damaged)?;
                let arrived = arrived(&opened, channel.account(), keys, arriving, now);
                Stage::Arrived(Box::new(arrived.map_err(|_| PairEnd::Damaged)?))
            }
            _ => return Err(PairEnd::Damaged),
        };
        Ok(())
    }

    /// What the other side is told when Regie locks, where a request without this device's keys can say it.
    pub(super) fn farewell(&self) -> Option<Farewell> {
        let Role::New(arriving) = &self.role else {
            return None;
        };
        let why = match self.stage {
            Stage::Done | Stage::Ended(_) => return None,
            Stage::In => wire::Ending::Done,
            _ => wire::Ending::Stopped,
        };
        let body = wire::EndRequest {
            number: self.place.number,
            token: self.token(),
            why,
        };
        Some(Farewell {
            reach: arriving.reach.clone(),
            request: request(path::PAIR_END, &body).ok()?,
        })
    }

    /// The person said that the digits are the same.
    fn agree(&mut self) -> Result<(), ClientError> {
        let stage = std::mem::replace(&mut self.stage, Stage::Ended(PairEnd::Damaged));
        self.stage = match (stage, &self.role) {
            (Stage::Comparing(channel, _), Role::New(arriving)) => {
                let keys = DeviceKeys::make_random()?;
                let newcomer = Newcomer::of(&keys, arriving.name.clone())?;
                let sealed = channel.seal(wire::AGREEMENT, &newcomer.to_bytes()?)?;
                self.said = Some((wire::AGREEMENT, sealed));
                Stage::Waiting(channel, keys)
            }
            (Stage::Comparing(channel, Some(newcomer)), Role::There(_)) => {
                Stage::LettingIn(channel, newcomer)
            }
            (Stage::Comparing(channel, None), Role::There(_)) => Stage::Agreed(channel),
            (stage, _) => {
                self.stage = stage;
                return Err(ClientError::NotNow);
            }
        };
        self.pause = None;
        Ok(())
    }
}

/// A proof that does not hold is another code, or somebody who altered something; what makes no sense is damage.
const fn why(error: CryptoError) -> PairEnd {
    match error {
        CryptoError::WrongKey => PairEnd::WrongCode,
        _ => PairEnd::Damaged,
    }
}

fn newcomer(channel: &Channel, message: &[u8]) -> Result<Newcomer, PairEnd> {
    let opened = channel
        .open(wire::AGREEMENT, message)
        .map_err(|_| PairEnd::Damaged)?;
    Newcomer::from_bytes(&opened).map_err(|_| PairEnd::Damaged)
}

fn arrived(
    opened: &[u8],
    id: AccountId,
    keys: DeviceKeys,
    arriving: &Arriving,
    now: DateTime<Utc>,
) -> Result<Arrived, ClientError> {
    let parcel = Parcel::from_bytes(opened).map_err(|_| AccountError::BadAnswer)?;
    let own = OwnDevice {
        keys,
        name: arriving.name.clone(),
    };
    let (epochs, head) = (parcel.epochs(id, &own)?, parcel.head);
    let account = Account {
        id,
        root: *arriving.looked.root.as_bytes(),
        deployment: arriving.looked.signed.clone(),
        address: arriving.looked.address.to_string(),
        email: parcel.email,
        name: String::new(),
        phone: None,
        since_day: now.timestamp().div_euclid(86_400),
        generation: parcel.generation,
        passphrase_key: parcel.passphrase_key,
        passphrase_vouch: parcel.passphrase_vouch,
        code_key: parcel.code_key,
        code_vouch: parcel.code_vouch,
        seat_ended: false,
        has_factor: false,
        copy_day: None,
        // The vault has a passphrase and a code of its own, until a login proves the account's here.
        part: Part::Behind,
        contact: Some(now),
    };
    Ok(Arrived {
        account,
        epochs,
        own,
        head,
    })
}

impl Client {
    pub(super) fn offer_pairing(&self, form: &PairForm) -> Result<PairOffer, ClientError> {
        let (mut turn, era) = (self.account.turn(), self.era());
        if self.state().vault.is_none() {
            return Err(ClientError::NotNow);
        }
        self.with_vault(|vault| not_joined(vault))?;
        let looked = self.looked()?;
        let reach = looked.reach()?;
        self.drop_pairing(&mut turn);
        let secret = PairingSecret::make_random()?;
        let offering = Offering::begin(&secret)?;
        let commitment = offering.commitment();
        let body = wire::OpenRequest {
            commitment: Fixed(commitment),
        };
        let answer: wire::OpenResponse = self.ask_for(&reach, &request(path::PAIR, &body)?)?;
        let code = secret.written(answer.number)?;
        // A number that no code can have would only be found out on the other device.
        PairingCode::parse(&code).map_err(|_| AccountError::BadAnswer)?;
        let until = self.until(answer.seconds);
        let offer = PairOffer {
            code: code.to_string(),
            qr_svg: drawn(&code)?,
            ends_at: until.to_rfc3339(),
        };
        let arriving = Arriving {
            token: Zeroizing::new(answer.token.0),
            name: device_name(&form.device_name),
            reach,
            looked,
        };
        let place = Place {
            number: answer.number,
            root: *arriving.looked.root.as_bytes(),
        };
        self.keep_pairing(Pairing {
            era,
            place,
            role: Role::New(Box::new(arriving)),
            until,
            deadline: self.until(wire::LASTS + wire::WAITS),
            pause: None,
            said: Some((wire::COMMITMENT, commitment.to_vec())),
            heard: 0,
            stage: Stage::Offered(offering),
        })?;
        Ok(offer)
    }

    pub(super) fn enter_pairing(&self, code: &str) -> Result<(), ClientError> {
        let (mut turn, era) = (self.account.turn(), self.era());
        let code = PairingCode::parse(code).map_err(|_| AccountError::MistypedPairing)?;
        let (me, own) = (self.me()?, self.own()?);
        if own.account.part != Part::Takes {
            return Err(AccountError::NewPassphraseNeeded.into());
        }
        self.drop_pairing(&mut turn);
        let body = wire::EnterRequest { number: code.number };
        self.signed(&mut turn, &me, &request(path::PAIR_ENTER, &body)?)?;
        let mut pairing = Pairing {
            era,
            place: Place {
                number: code.number,
                root: own.account.root,
            },
            role: Role::There(me.account),
            until: self.until(wire::LASTS),
            deadline: self.until(wire::LASTS + wire::WAITS),
            pause: None,
            said: None,
            heard: 0,
            stage: Stage::Entered(code.secret),
        };
        // It entered: whatever comes of the first look, the next one goes on from there.
        if let Err(error) = self.go_on(&mut turn, &mut pairing) {
            tracing::debug!(%error, "the first look at the mailbox comes later");
        }
        self.keep_pairing(pairing)
    }

    pub(super) fn go_on_pairing(&self) -> Result<PairState, ClientError> {
        let mut turn = self.account.turn();
        let Some(mut pairing) = self.take_pairing() else {
            return Ok(PairState::None);
        };
        let was_over = pairing.stage.is_over();
        let gone_on = self.go_on(&mut turn, &mut pairing);
        let view = pairing.view();
        self.keep_pairing(pairing)?;
        drop(turn);
        if !was_over
            && view == PairState::Done
            && let Err(error) = self.contact()
        {
            tracing::debug!(%error, "what the account says comes with the next contact");
        }
        gone_on.map(|()| view)
    }

    pub(super) fn compare_in_pairing(&self, same: bool) -> Result<(), ClientError> {
        let mut turn = self.account.turn();
        let mut pairing = self.take_pairing().ok_or(ClientError::NotNow)?;
        let said = if !same && !pairing.stage.is_over() {
            self.end(&mut turn, &mut pairing, PairEnd::Differ);
            Ok(())
        } else if same {
            pairing.agree().map(|()| {
                // What does not arrive now is said with the next look.
                if let Err(error) = self.go_on(&mut turn, &mut pairing) {
                    tracing::debug!(%error, "the answer is said with the next look");
                }
            })
        } else {
            Err(ClientError::NotNow)
        };
        self.keep_pairing(pairing)?;
        said
    }

    pub(super) fn newcomer_of_pairing(&self) -> Option<PairNewcomer> {
        // While a look is under way the pairing is in its hands.
        let _turn = self.account.turn();
        match &self.state().begun.pairing.as_ref()?.stage {
            Stage::LettingIn(channel, newcomer) => Some(PairNewcomer {
                name: newcomer.name.clone(),
                digits: channel.digits().to_owned(),
                public: newcomer.public,
            }),
            _ => None,
        }
    }

    pub(super) fn finish_pairing(
        &self,
        shown: &PairNewcomer,
        passphrase: &regie_crypto::Passphrase,
        factor: Option<&str>,
    ) -> Result<(), ClientError> {
        self.with_proof(|vault| vault.check_passphrase(passphrase))?;
        let mut turn = self.account.turn();
        let mut pairing = self.take_pairing().ok_or(ClientError::NotNow)?;
        let finished = self.let_in(&mut turn, &mut pairing, shown, passphrase, factor);
        self.keep_pairing(pairing)?;
        finished
    }

    /// Proves to the server who this is, and adds the new device with what it needs, in one request.
    fn let_in(
        &self,
        turn: &mut Turn,
        pairing: &mut Pairing,
        shown: &PairNewcomer,
        passphrase: &regie_crypto::Passphrase,
        factor: Option<&str>,
    ) -> Result<(), ClientError> {
        // The yes was for the device that was shown, and for no other that came meanwhile.
        let Stage::LettingIn(channel, newcomer) = &pairing.stage else {
            return Err(ClientError::NotNow);
        };
        if newcomer.public != shown.public || channel.digits() != shown.digits {
            return Err(ClientError::NotNow);
        }
        let (me, there) = (self.me()?, There::of(self.own()?)?);
        let (proven, keys) = self.prove_to(&there, passphrase, factor)?;
        self.take_epochs(&proven)?;
        let key = proven.newest()?;
        let head = self.with_vault(|vault| Ok(vault.sync_head()?))?.map(|head| Head {
            sequence: head.sequence,
            hash: head.hash,
        });
        let parcel = Parcel::of(&proven, keys, there.email, newcomer, head)?;
        let body = wire::FinishRequest {
            number: pairing.place.number,
            device: newcomer.on_wire(key)?,
            epoch: i64::try_from(key.epoch()).map_err(|_| AccountError::BadAnswer)?,
            wrap: parcel.wrap(),
            message: Blob(channel.seal(wire::PARCEL, &Zeroizing::new(parcel.to_bytes()?))?),
        };
        let request = request(path::PAIR_FINISH, &body)?.with_proof(&proven.proof);
        match self.signed(turn, &me, &request) {
            Ok(_) => {
                pairing.stage = Stage::LetIn(self.clock.now().at.to_utc() + TAKES);
                Ok(())
            }
            Err(error @ ClientError::Account(AccountError::PairingUnknown | AccountError::Changed)) => {
                // The other side stopped, or another epoch began: the next look tells which.
                pairing.pause = None;
                self.go_on(turn, pairing)?;
                if pairing.stage.is_over() || matches!(pairing.stage, Stage::LetIn(_)) {
                    Ok(())
                } else {
                    Err(error)
                }
            }
            Err(error) => Err(error),
        }
    }

    pub(super) fn stop_pairing(&self) {
        let mut turn = self.account.turn();
        self.drop_pairing(&mut turn);
    }

    /// Ends a pairing under way, and forgets how one ended.
    fn drop_pairing(&self, turn: &mut Turn) {
        let Some(mut pairing) = self.take_pairing() else {
            return;
        };
        if let Stage::Waiting(..) | Stage::Arrived(_) | Stage::In = pairing.stage {
            // Where the other device let it in a moment ago, it is in: nothing stays half done.
            pairing.pause = None;
            if let Err(error) = self.go_on(turn, &mut pairing) {
                tracing::debug!(%error, "whether it was let in is not known");
            }
        }
        // Whoever let a device in and looks away takes nothing back by that.
        if !pairing.stage.is_over() && !matches!(pairing.stage, Stage::LetIn(_) | Stage::In) {
            self.end(turn, &mut pairing, PairEnd::Stopped);
        }
    }

    /// Taken out, so that nothing is held while the server is asked; locking meanwhile leaves nothing to put back, and unlocking neither.
    fn take_pairing(&self) -> Option<Pairing> {
        self.state().begun.pairing.take()
    }

    fn keep_pairing(&self, pairing: Pairing) -> Result<(), ClientError> {
        match self.state_of(&pairing.era) {
            Ok(mut state) => {
                state.begun.pairing = Some(pairing);
                Ok(())
            }
            Err(locked) => {
                // Locking did not find it.
                if let Some(Farewell { reach, request }) = pairing.farewell() {
                    self.tell_without_vault(&reach, &request);
                }
                Err(locked)
            }
        }
    }

    /// Does what can be done now: looks whose turn it is, takes what was said, and says what comes next.
    fn go_on(&self, turn: &mut Turn, pairing: &mut Pairing) -> Result<(), ClientError> {
        let waits = pairing.pause.is_some_and(|pause| Instant::now() < pause);
        if pairing.stage.is_over() || waits {
            return Ok(());
        }
        let is_in = matches!(pairing.stage, Stage::LetIn(_) | Stage::In);
        if !is_in && self.clock.now().at.to_utc() > pairing.deadline {
            self.end(turn, pairing, PairEnd::Expired);
            return Ok(());
        }
        let gone_on = match pairing.stage {
            Stage::Arrived(_) => self.arrive(turn, pairing),
            Stage::In => self.tell_in(turn, pairing),
            Stage::LetIn(until) => self.watch(turn, pairing, until),
            _ => self.look_and_answer(turn, pairing),
        };
        let ended = match gone_on {
            // It took what was left for it, and the mailbox went with that.
            Err(ClientError::Account(AccountError::PairingUnknown)) if is_in => {
                pairing.stage = Stage::Done;
                return Ok(());
            }
            Err(ClientError::Account(AccountError::PairingUnknown)) => {
                if self.has_come(turn, pairing)? {
                    pairing.stage = Stage::Done;
                    return Ok(());
                }
                self.gone(pairing)
            }
            Err(ClientError::Account(AccountError::BadAnswer)) => PairEnd::Damaged,
            Err(ClientError::Account(
                AccountError::Refused | AccountError::SignedOut | AccountError::OtherServer,
            )) => PairEnd::Refused,
            gone_on => return gone_on,
        };
        pairing.stage = Stage::Ended(ended);
        Ok(())
    }

    fn look_and_answer(&self, turn: &mut Turn, pairing: &mut Pairing) -> Result<(), ClientError> {
        let body = wire::LookRequest {
            number: pairing.place.number,
            token: pairing.token(),
        };
        let looked: wire::LookResponse = self.ask_mailbox(turn, pairing, path::PAIR_LOOK, &body)?;
        if let Some(ended) = looked.ended {
            pairing.stage = Stage::Ended(of_wire(ended));
            return Ok(());
        }
        pairing.until = self.until(looked.seconds).min(pairing.deadline);
        let said = pairing.said.as_ref().map_or(0, |(step, _)| *step);
        let known = said.max(pairing.heard);
        if looked.step == known.saturating_add(1) {
            let now = self.clock.now().at.to_utc();
            if let Err(why) = pairing.take(&looked.message.0, now) {
                self.end(turn, pairing, why);
                return Ok(());
            }
            pairing.heard = looked.step;
            if let Stage::Arrived(_) = pairing.stage {
                return self.arrive(turn, pairing);
            }
        } else if looked.step != known && looked.step.saturating_add(1) != said {
            self.end(turn, pairing, PairEnd::Damaged);
            return Ok(());
        }
        match &pairing.said {
            Some((step, message)) if *step == looked.step.saturating_add(1) => {
                self.say(turn, pairing, *step, message)
            }
            _ => {
                pairing.pause = Some(Instant::now() + PAUSE);
                Ok(())
            }
        }
    }

    fn say(&self, turn: &mut Turn, pairing: &Pairing, step: i64, message: &[u8]) -> Result<(), ClientError> {
        let body = wire::SayRequest {
            number: pairing.place.number,
            token: pairing.token(),
            step,
            message: Blob(message.to_vec()),
        };
        match self.tell_mailbox(turn, pairing, path::PAIR_SAY, &body) {
            // It was heard before and more was said since, or it ended: the next look tells.
            Err(ClientError::Account(AccountError::Changed)) => Ok(()),
            told => told,
        }
    }

    /// The vault becomes one of the account's. It keeps its passphrase and its code: the account's come with the first login here.
    fn arrive(&self, turn: &mut Turn, pairing: &mut Pairing) -> Result<(), ClientError> {
        let Stage::Arrived(arrived) = &pairing.stage else {
            return Err(ClientError::NotNow);
        };
        let public = arrived.own.keys.public()?;
        self.with_vault_of(&pairing.era, |vault| {
            not_joined(vault)?;
            if let Some(head) = arrived.head {
                set_given_head(vault, head)?;
            }
            Ok(vault.enter_account(&arrived.account, &arrived.epochs, &[public], &arrived.own)?)
        })?;
        pairing.stage = Stage::In;
        self.tell_in(turn, pairing)
    }

    /// Tells the other side that this device is in: until it hears, it watches.
    fn tell_in(&self, turn: &mut Turn, pairing: &mut Pairing) -> Result<(), ClientError> {
        let body = wire::EndRequest {
            number: pairing.place.number,
            token: pairing.token(),
            why: wire::Ending::Done,
        };
        self.tell_mailbox(turn, pairing, path::PAIR_END, &body)?;
        pairing.stage = Stage::Done;
        Ok(())
    }

    /// Looks whether the new device took what was left for it. One that locked or closed before never does: then it is taken back.
    fn watch(&self, turn: &mut Turn, pairing: &mut Pairing, until: DateTime<Utc>) -> Result<(), ClientError> {
        let body = wire::LookRequest {
            number: pairing.place.number,
            token: None,
        };
        let looked: wire::LookResponse = self.ask_mailbox(turn, pairing, path::PAIR_LOOK, &body)?;
        pairing.stage = match looked.ended {
            Some(wire::Ending::Damaged) => Stage::Ended(PairEnd::Damaged),
            Some(_) => Stage::Ended(PairEnd::Untaken),
            None if self.clock.now().at.to_utc() > until => {
                let body = wire::EndRequest {
                    number: pairing.place.number,
                    token: None,
                    why: wire::Ending::Untaken,
                };
                self.tell_mailbox(turn, pairing, path::PAIR_END, &body)?;
                Stage::Ended(PairEnd::Untaken)
            }
            None => {
                pairing.pause = Some(Instant::now() + PAUSE);
                return Ok(());
            }
        };
        Ok(())
    }

    /// Ends it here, whatever the network says, and tells the other side where there is one.
    fn end(&self, turn: &mut Turn, pairing: &mut Pairing, why: PairEnd) {
        pairing.stage = Stage::Ended(why);
        let told = match why {
            PairEnd::WrongCode => wire::Ending::WrongCode,
            PairEnd::Differ => wire::Ending::Differ,
            PairEnd::Damaged => wire::Ending::Damaged,
            PairEnd::Stopped | PairEnd::Expired | PairEnd::Refused | PairEnd::Untaken => {
                wire::Ending::Stopped
            }
        };
        self.tell_end(turn, pairing, told);
    }

    fn tell_end(&self, turn: &mut Turn, pairing: &Pairing, why: wire::Ending) {
        let body = wire::EndRequest {
            number: pairing.place.number,
            token: pairing.token(),
            why,
        };
        if let Err(error) = self.tell_mailbox(turn, pairing, path::PAIR_END, &body) {
            tracing::debug!(%error, "the mailbox ends with its time");
        }
    }

    fn tell_mailbox<T: Serialize>(
        &self,
        turn: &mut Turn,
        pairing: &Pairing,
        target: &str,
        body: &T,
    ) -> Result<(), ClientError> {
        let request = request(target, body)?;
        match &pairing.role {
            Role::New(arriving) => {
                let answer = self.ask(&arriving.reach, &request).map_err(AccountError::from)?;
                Ok(answer.succeeded()?)
            }
            Role::There(_) => self.signed(turn, &self.me()?, &request).map(|_| ()),
        }
    }

    fn ask_mailbox<T: Serialize, R: DeserializeOwned>(
        &self,
        turn: &mut Turn,
        pairing: &Pairing,
        target: &str,
        body: &T,
    ) -> Result<R, ClientError> {
        let request = request(target, body)?;
        match &pairing.role {
            Role::New(arriving) => Ok(self.ask_for(&arriving.reach, &request)?),
            Role::There(_) => Ok(self.signed(turn, &self.me()?, &request)?.read()?),
        }
    }

    /// Whether the new device is one of the account's already, where the answer that told so was lost.
    fn has_come(&self, turn: &mut Turn, pairing: &Pairing) -> Result<bool, ClientError> {
        let Stage::LettingIn(_, newcomer) = &pairing.stage else {
            return Ok(false);
        };
        let listed = self.look_at_devices(turn, &self.me()?)?;
        Ok(listed
            .iter()
            .any(|listed| listed.public == newcomer.public && !listed.signed_out))
    }

    /// Why a mailbox is not there any more.
    fn gone(&self, pairing: &Pairing) -> PairEnd {
        if self.clock.now().at.to_utc() < pairing.until {
            PairEnd::Stopped
        } else {
            PairEnd::Expired
        }
    }

    /// By this device's clock, which may be another one than the server's.
    fn until(&self, seconds: i64) -> DateTime<Utc> {
        let seconds = seconds.clamp(0, wire::LASTS + wire::WAITS);
        self.clock.now().at.to_utc() + TimeDelta::seconds(seconds)
    }
}

const fn of_wire(ending: wire::Ending) -> PairEnd {
    match ending {
        wire::Ending::WrongCode => PairEnd::WrongCode,
        wire::Ending::Differ => PairEnd::Differ,
        wire::Ending::Damaged => PairEnd::Damaged,
        wire::Ending::Untaken => PairEnd::Untaken,
        wire::Ending::Stopped | wire::Ending::Done => PairEnd::Stopped,
    }
}

fn request<T: Serialize>(target: &str, body: &T) -> Result<Outgoing, AccountError> {
    let content = match target {
        path::PAIR_ENTER | path::PAIR_LOOK | path::PAIR_END => RequestContent::Nothing,
        _ => RequestContent::Keys,
    };
    Outgoing::post(target, body, RequestPurpose::Pair, content)
}

fn drawn(code: &str) -> Result<String, ClientError> {
    let code = QrCode::with_error_correction_level(code, EcLevel::M).map_err(|_| ClientError::Malformed)?;
    Ok(code.render::<svg::Color<'_>>().build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_was_let_in_also_where_the_answer_that_told_so_was_lost() {
        let place = Place {
            number: 4821,
            root: [1; 32],
        };
        let secret = PairingSecret::make_random().expect("a secret");
        let offering = Offering::begin(&secret).expect("begins");
        let account = AccountId([2; 16]);
        let begun = Entering::begin(&secret, place, account, &offering.commitment());
        let (entering, reply) = begun.expect("enters");
        let (_, opening) = offering.meet(place, &reply).expect("meets");
        let (channel, _) = entering.meet(&opening).expect("meets");
        let keys = DeviceKeys::make_random().expect("keys");
        let newcomer = Newcomer::of(&keys, "Telefoon".into()).expect("a device");
        let now = DateTime::UNIX_EPOCH;
        let mut pairing = Pairing {
            era: Era::default(),
            place,
            role: Role::There(account),
            until: now,
            deadline: now,
            pause: None,
            said: Some((wire::CONFIRMATION, vec![4])),
            heard: wire::AGREEMENT,
            stage: Stage::LettingIn(channel, newcomer),
        };
        assert_eq!(pairing.take(b"the parcel that it left itself", now), Ok(()));
        assert_eq!(pairing.view(), PairState::Arriving);
    }
}
