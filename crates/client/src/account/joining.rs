//! Joining by invitation, and logging in on a further device.

use regie_crypto::{
    Passphrase,
    account::{AccountKey, CodeKeys, DevicePublic, KnownWay, NewEpoch},
    device::DeviceKeys,
    identity::Identity,
    login::{PassphraseKeys, Registered, Registering},
    make_random,
    recovery::RecoveryCode,
};
use regie_protocol::{
    Language,
    account::{
        device::{self as wire, CODE, DeviceAddRequest, DeviceAddResponse, Epoch, PASSPHRASE, Wrap},
        join::{self, JoinBeginRequest, JoinBeginResponse, JoinRequest, JoinResponse},
        path,
    },
    purpose::Asked,
    signed::{AccountId, InvitationCode},
    wire::{Blob, Fixed},
};
use regie_vault::{
    RecoveryWay, Vault,
    account::{Account, KeptEpoch, OwnDevice, Part},
    settings::Setting,
};

use super::{
    AccountError, AccountView, JoinBegin, JoinForm, LogInBy, LogInForm, RequestContent, RequestPurpose,
    agreeing,
    changes::duplicate,
    login::{Along, Proven, code_on_wire, code_way, passphrase_way, wrap_for_passphrase},
    naming,
    server::{Looked, check_invitation},
    work::{Era, Turn},
};
use crate::{
    Client, ClientError, Stage, keys,
    net::{Outgoing, Reach},
    strength,
};

/// The purpose that a copy on the server rests on.
pub(super) const COPY: &str = "copy_on_server";
const LONGEST_NAME: usize = 80;

/// A joining that was begun. It rests in memory alone.
pub(crate) struct Joining {
    pub(super) email: String,
    account: AccountId,
    ticket: Blob,
    record: Vec<u8>,
    passphrase: PassphraseKeys,
    looked: Looked,
    code: InvitationCode,
    /// Made once: when no answer came, the same goes out again.
    made: Option<Made>,
}

struct Made {
    device: DeviceKeys,
    epoch: NewEpoch,
}

impl std::fmt::Debug for Joining {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Joining(…)")
    }
}

impl Client {
    pub(super) fn begin_to_join(
        &self,
        begin: &JoinBegin,
        language: Language,
    ) -> Result<AccountView, ClientError> {
        let (_turn, era) = (self.account.turn(), self.era());
        self.with_vault(|vault| not_joined(vault))?;
        self.with_proof(|vault| vault.check_passphrase(&begin.passphrase))?;
        let looked = self.looked()?;
        let (reach, code) = (looked.reach()?, looked.code.clone());
        let code = code.ok_or(AccountError::MistypedInvitation)?;
        let (begun, request) = Registering::begin(&begin.passphrase)?;
        let (email, account) = (begin.email.trim().to_owned(), AccountId(make_random()?));
        let body = JoinBeginRequest {
            invitation: Fixed(code.hash().0),
            account: Fixed(account.0),
            email: email.clone(),
            language,
            registration: Blob(request),
        };
        let request = join_request(path::JOIN_BEGIN, &body, RequestContent::Contact)?;
        let answer: JoinBeginResponse = self.ask_for(&reach, &request)?;
        let server = &looked.deployment.keys.opaque;
        let Registered { record, keys } = begun.finish(&begin.passphrase, &answer.registration.0, server)?;
        let joining = Joining {
            email,
            account,
            ticket: answer.ticket,
            record,
            passphrase: keys,
            looked,
            code,
            made: None,
        };
        self.state_of(&era)?.begun.joining = Some(joining);
        self.account()
    }

    pub(super) fn join_now(&self, form: &JoinForm) -> Result<AccountView, ClientError> {
        let (mut turn, era) = (self.account.turn(), self.era());
        if !form.adult {
            return Err(AccountError::TooYoung.into());
        }
        let code = RecoveryCode::parse(&form.recovery_code)?;
        self.with_vault(|vault| not_joined(vault))?;
        let folder = self.vault_folder();
        self.attempt(&mut self.state(), || Vault::check_recovery_code(&folder, &code))?;
        let code = CodeKeys::derive(&code)?;
        // Taken out, so that nothing is held while the server is asked; locking meanwhile leaves nothing to put back.
        let joining = self.state().begun.joining.take();
        let mut joining = joining.ok_or(AccountError::NotConfirmed)?;
        let sent = self.send_joining(&mut joining, form, &code);
        let answer = match sent {
            Ok(answer) => answer,
            Err(error) => {
                if let Ok(mut state) = self.state_of(&era) {
                    state.begun.joining = Some(joining);
                }
                return Err(error);
            }
        };
        check_invitation(&answer.invitation.0, &joining.looked.root, &joining.code)?;
        self.enter_joined(&era, joining, form, &code, &mut turn, &answer.nonce)?;
        drop(turn);
        self.state().begun = super::Begun::default();
        self.account()
    }

    fn send_joining(
        &self,
        joining: &mut Joining,
        form: &JoinForm,
        code: &CodeKeys,
    ) -> Result<JoinResponse, ClientError> {
        let reach = joining.looked.reach()?;
        let made = match joining.made.take() {
            Some(made) => made,
            None => make(joining.account, &joining.passphrase, code)?,
        };
        let made = joining.made.insert(made);
        let key = &made.epoch.key;
        let body = JoinRequest {
            ticket: joining.ticket.clone(),
            mail_code: form.mail_code.trim().to_owned(),
            name: tidy(&form.name)?,
            phone: given(form.phone.as_deref()),
            credential: join::Credential {
                record: Blob(joining.record.clone()),
                passphrase_key: Fixed(joining.passphrase.opening.sealing_key()?.0),
            },
            code: code_on_wire(code, key)?,
            epoch: epoch_on_wire(&made.epoch, Ways::All, &made.device)?,
            device: device_on_wire(key, &made.device, &device_name(&form.device_name))?,
            statement_version: self.notices.statement().version,
            terms_version: form.terms_version,
            adult: form.adult,
            copy: form.copy,
        };
        let request = join_request(path::JOIN, &body, RequestContent::Contact)?;
        Ok(self.ask_for(&reach, &request)?)
    }

    fn enter_joined(
        &self,
        era: &Era,
        joining: Joining,
        form: &JoinForm,
        code: &CodeKeys,
        turn: &mut Turn,
        nonce: &Blob,
    ) -> Result<(), ClientError> {
        let made = joining.made.ok_or(AccountError::NotConfirmed)?;
        let now = self.clock.now();
        let today = now.at.timestamp().div_euclid(86_400);
        let account = Account {
            id: joining.account,
            root: *joining.looked.root.as_bytes(),
            deployment: joining.looked.signed,
            address: joining.looked.address.to_string(),
            email: joining.email,
            name: tidy(&form.name)?,
            phone: given(form.phone.as_deref()),
            since_day: today,
            generation: 1,
            passphrase_key: joining.passphrase.opening.sealing_key()?,
            passphrase_vouch: joining.passphrase.vouch,
            code_key: code.opening.sealing_key()?,
            code_vouch: duplicate(&code.vouch),
            seat_ended: false,
            has_factor: false,
            copy_day: form.copy.then_some(today),
            part: Part::Takes,
            contact: Some(now.at.to_utc()),
        };
        let epoch = KeptEpoch {
            header: made
                .epoch
                .header
                .to_bytes()
                .map_err(regie_crypto::CryptoError::from)?,
            key: made.epoch.key,
        };
        let public = made.device.public()?;
        turn.keep(public.device, &nonce.0);
        let own = OwnDevice {
            keys: made.device,
            name: device_name(&form.device_name),
        };
        let copy = self.notices.purpose(COPY);
        self.with_vault_of(era, |vault| {
            vault.enter_account(&account, &[epoch], &[public], &own)?;
            if let Some(copy) = copy {
                vault.record_choice(copy, form.copy, &now)?;
            }
            agreeing::keep(vault, form.terms_version, now.at.timestamp())?;
            // The code was typed whole: it is known.
            vault.clear_setting(Setting::RecoveryCode)?;
            keys::code_was_rehearsed(vault, now.at.date_naive())
        })
    }

    pub(super) fn log_in_here(&self, form: &LogInForm) -> Result<Stage, ClientError> {
        let mut turn = self.account.turn();
        let (passphrase, code) = match &form.by {
            LogInBy::Passphrase(passphrase) => (passphrase, None),
            LogInBy::Code { code, new } => {
                strength::require_enough(new)?;
                (new, Some(RecoveryCode::parse(code)?))
            }
        };
        if form.consents.iter().any(|id| self.notices.purpose(id).is_none()) {
            return Err(ClientError::Malformed);
        }
        let open = {
            let mut state = self.state();
            self.ready(&mut state)?;
            state.vault.is_some()
        };
        if open {
            // A vault that was begun here joins the account: its passphrase is the account's.
            self.with_vault(|vault| not_joined(vault))?;
            self.with_proof(|vault| vault.check_passphrase(passphrase))?;
        } else if self.vault_folder().exists() {
            return Err(ClientError::NotNow);
        }
        let looked = self.looked()?;
        let (reach, server) = (looked.reach()?, looked.deployment.keys.opaque);
        let (email, factor) = (form.email.trim(), form.factor.as_deref());
        let name = device_name(&form.device_name);
        let (proven, keys, own) = match &code {
            None => {
                let (proven, keys) = self.log_in(&reach, &server, email, passphrase, factor, None)?;
                let own = self.add_device(&mut turn, &reach, &proven, name)?;
                (proven, keys, own)
            }
            Some(code) => {
                let (mut proven, _) = self.log_in_by_code(&reach, email, code, factor, None)?;
                // What was proven holds until the passphrase changes.
                let own = self.add_device(&mut turn, &reach, &proven, name)?;
                let taken = self.give_passphrase(&reach, &server, &proven, passphrase, |keys| {
                    let wrap = wrap_for_passphrase(proven.newest()?, keys)?;
                    Ok(Along {
                        wraps: vec![wrap],
                        ..Along::default()
                    })
                })?;
                proven.generation = taken.generation;
                (proven, taken.keys, own)
            }
        };
        self.enter_logged_in(&looked, email, &proven, keys, &own, passphrase, &form.consents)?;
        drop(turn);
        self.state().begun = super::Begun::default();
        if let Err(error) = self.contact() {
            tracing::debug!(%error, "what the account says comes with the next contact");
        }
        Ok(self.stage())
    }

    /// Makes this a device of the account.
    pub(super) fn add_device(
        &self,
        turn: &mut Turn,
        reach: &Reach,
        proven: &Proven,
        name: String,
    ) -> Result<OwnDevice, ClientError> {
        let (key, keys) = (proven.newest()?, DeviceKeys::make_random()?);
        let public = keys.public()?;
        let body = DeviceAddRequest {
            device: device_on_wire(key, &keys, &name)?,
            epoch: i64::try_from(key.epoch()).map_err(|_| AccountError::BadAnswer)?,
            wrap: Blob(key.wrap_for(&device_way(&public))?),
        };
        let request = Outgoing::post(
            path::DEVICES,
            &body,
            RequestPurpose::Devices,
            RequestContent::Keys,
        )?;
        let answer: DeviceAddResponse = self.ask_for(reach, &request.with_proof(&proven.proof))?;
        turn.keep(public.device, &answer.nonce.0);
        Ok(OwnDevice { keys, name })
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "all that a login brought, on its way into the vault"
    )]
    fn enter_logged_in(
        &self,
        looked: &Looked,
        email: &str,
        proven: &Proven,
        keys: PassphraseKeys,
        own: &OwnDevice,
        passphrase: &Passphrase,
        consents: &[String],
    ) -> Result<(), ClientError> {
        let now = self.clock.now();
        let account = Account {
            id: proven.account,
            root: *looked.root.as_bytes(),
            deployment: looked.signed.clone(),
            address: looked.address.to_string(),
            email: email.to_owned(),
            name: String::new(),
            phone: None,
            since_day: now.at.timestamp().div_euclid(86_400),
            generation: proven.generation,
            passphrase_key: keys.opening.sealing_key()?,
            passphrase_vouch: keys.vouch,
            code_key: proven.code.sealing_key,
            code_vouch: regie_crypto::account::derive_code_vouch(&proven.code.key)?,
            seat_ended: false,
            has_factor: false,
            copy_day: None,
            part: Part::Takes,
            contact: Some(now.at.to_utc()),
        };
        let (epochs, public) = (proven.kept()?, own.keys.public()?);
        let mut state = self.state();
        self.ready(&mut state)?;
        if let Some(vault) = state.vault.as_mut() {
            vault.follow_account(passphrase, None, Some(&proven.code.key))?;
            vault.enter_account(&account, &epochs, &[public], own)?;
            vault.clear_setting(Setting::RecoveryCode)?;
            return Ok(());
        }
        let recovery = RecoveryWay::OfAccount(&proven.code.key);
        let made = Vault::create_with(&self.vault_folder(), passphrase, recovery, |vault| {
            vault.set_notices(self.notices);
            // What was not asked here is not answered here: other choices come from the account's other devices.
            let asked = self
                .notices
                .purposes()
                .filter(|one| one.asked == Asked::FromTheStart);
            for purpose in asked {
                vault.record_choice(purpose, consents.iter().any(|id| id == purpose.id), &now)?;
            }
            vault.set_setting(Setting::StatementSeen, &self.notices.statement().version)?;
            // There is no code to write down: it is the account's.
            vault.set_setting(Setting::FirstRunDone, &true)?;
            vault.enter_account(&account, &epochs, &[public], own)
        });
        let mut vault = made?.with_notices(self.notices);
        self.note_what_waits(&mut vault);
        state.vault = Some(vault);
        state.begin_session(now.at.to_utc());
        Ok(())
    }
}

pub(super) fn not_joined(vault: &Vault) -> Result<(), ClientError> {
    match vault.account()? {
        Some(_) => Err(AccountError::Joined.into()),
        None => Ok(()),
    }
}

fn join_request<T: serde::Serialize>(
    target: &str,
    body: &T,
    content: RequestContent,
) -> Result<Outgoing, AccountError> {
    Outgoing::post(target, body, RequestPurpose::Join, content)
}

fn make(account: AccountId, passphrase: &PassphraseKeys, code: &CodeKeys) -> Result<Made, ClientError> {
    let device = DeviceKeys::make_random()?;
    let public = device.public()?;
    let ways = [passphrase_way(passphrase)?, code_way(code)?, device_way(&public)];
    let epoch = AccountKey::begin_first(account, public.device, &device.signing(), &ways)?;
    Ok(Made { device, epoch })
}

pub(super) fn device_way(device: &DevicePublic) -> KnownWay<'static> {
    KnownWay {
        way: device.way(),
        key: device.seal_key,
        vouch: None,
    }
}

/// To whom an epoch's key lies sealed at the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ways {
    /// Devices, passphrase and code.
    All,
    /// Devices alone: the wraps of passphrase and code went with the copy on the server, and come back with it.
    Devices,
}

impl Ways {
    /// What a server takes that says whether the others went.
    pub(super) const fn where_gone(gone: bool) -> Self {
        if gone { Self::Devices } else { Self::All }
    }
}

/// An epoch as a device begins it, with the keys of it by which other people know the account. Its statement names every way, so that devices
/// know the keys of passphrase and code by it also where no wrap for them goes out.
pub(crate) fn epoch_on_wire(epoch: &NewEpoch, ways: Ways, device: &DeviceKeys) -> Result<Epoch, ClientError> {
    let identity = Identity::derive(&epoch.key)?;
    let public = identity.public()?;
    let goes = |way: &str| ways == Ways::All || ![PASSPHRASE, CODE].contains(&way);
    let wraps = epoch
        .wraps
        .iter()
        .filter(|(way, _)| goes(way))
        .map(|(way, sealed)| Wrap {
            way: way.clone(),
            sealed: Blob(sealed.clone()),
        });
    Ok(Epoch {
        number: i64::try_from(epoch.key.epoch()).map_err(|_| AccountError::BadAnswer)?,
        statement: Blob(epoch.header.to_bytes().map_err(regie_crypto::CryptoError::from)?),
        wraps: wraps.collect(),
        set: None,
        identity: wire::Identity {
            sign_key: Fixed(*public.sign_key.as_bytes()),
            seal_key: Fixed(public.seal_key.0),
            statement: Blob(identity.vouch(&epoch.key, device)?),
        },
    })
}

pub(super) fn device_on_wire(
    key: &AccountKey,
    device: &DeviceKeys,
    name: &str,
) -> Result<wire::DeviceKeys, ClientError> {
    public_on_wire(key, &device.public()?, name, std::env::consts::OS)
}

/// The same for a device that somebody else has.
pub(super) fn public_on_wire(
    key: &AccountKey,
    public: &DevicePublic,
    name: &str,
    platform: &str,
) -> Result<wire::DeviceKeys, ClientError> {
    Ok(wire::DeviceKeys {
        device: Fixed(public.device.0),
        sign_key: Fixed(public.sign_key),
        seal_key: Fixed(public.seal_key.0),
        name: Blob(key.seal_for_list("name", public, name)?),
        platform: Blob(key.seal_for_list("platform", public, platform)?),
    })
}

pub(super) fn tidy(name: &str) -> Result<String, ClientError> {
    let name = name.trim();
    let fits =
        !name.is_empty() && name.chars().count() <= LONGEST_NAME && !name.chars().any(char::is_control);
    fits.then(|| name.to_owned()).ok_or(ClientError::BadName)
}

/// A number, where one was given.
pub(super) fn given(phone: Option<&str>) -> Option<String> {
    let phone = phone.map(str::trim).filter(|phone| !phone.is_empty());
    phone.map(str::to_owned)
}

pub(super) fn device_name(typed: &str) -> String {
    let signs = typed.trim().chars().filter(|sign| naming::is_plain(*sign));
    let name: String = signs.take(naming::LONGEST).collect();
    if name.is_empty() {
        std::env::consts::OS.to_owned()
    } else {
        name
    }
}
