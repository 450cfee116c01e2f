//! New passphrases and codes of an account. The server takes one first, all of it or nothing; the vault's own key file follows once a login
//! with it held. Without a network nothing changes, and the old one holds everywhere.

use bytes::Bytes;
use regie_crypto::{
    Key, Passphrase,
    account::{CodeKeys, NewEpoch, derive_code_vouch},
    login::PassphraseKeys,
    recovery::RecoveryCode,
    seal::Vouch,
};
use regie_protocol::{
    account::{
        change::{CodeChangeRequest, PassphraseResponse},
        device::{Epoch, Wrap},
        path,
    },
    signed::{DeviceId, Head},
    wire::Blob,
};
use regie_sync::{Event, Order};
use regie_vault::account::{OwnDevice, Part};

use super::{
    AccountError, AccountView, RequestContent, RequestPurpose,
    devices::{Own, next_after},
    joining::{Ways, epoch_on_wire},
    login::{Along, Known, Proven, Registered, code_on_wire, code_way, passphrase_way, wrap_for_passphrase},
    work::{Turn, deployment_of},
};
use crate::{
    Client, ClientError,
    net::{Outgoing, Reach},
    strength,
};

/// A server that was asked before, as it is kept.
pub(super) struct There {
    pub(super) reach: Reach,
    pub(super) server: [u8; 32],
    pub(super) email: String,
    known: Known,
}

impl There {
    pub(super) fn of(own: Own) -> Result<Self, ClientError> {
        let deployment = deployment_of(&own.account)?;
        Ok(Self {
            reach: Reach::of(&deployment).preferring(&own.account.address),
            server: deployment.keys.opaque,
            email: own.account.email.clone(),
            known: own.into_known(),
        })
    }
}

impl Client {
    /// Whether the vault is one of an account that is to follow what changes here. Once signed out, the vault is on its own.
    pub(crate) fn follows_account(&self) -> Result<bool, ClientError> {
        self.with_vault(|vault| Ok(vault.account()?.is_some_and(|account| account.part != Part::Out)))
    }

    /// Gives the account another passphrase. Nothing was changed in the vault's key file yet.
    pub(crate) fn account_passphrase(
        &self,
        current: &Passphrase,
        new: &Passphrase,
        factor: Option<&str>,
    ) -> Result<(), ClientError> {
        strength::require_enough(new)?;
        self.with_proof(|vault| vault.check_passphrase(current))?;
        let _turn = self.account.turn();
        let there = There::of(self.own()?)?;
        let (proven, _) = self.prove_to(&there, current, factor)?;
        self.take_epochs(&proven)?;
        let given = self.give_passphrase(&there.reach, &there.server, &proven, new, |keys| {
            let wrap = wrap_for_passphrase(proven.newest()?, keys)?;
            Ok(Along {
                wraps: vec![wrap],
                ..Along::default()
            })
        });
        match (given, factor) {
            // A code of the second factor is taken once: the server's word has to do, until the next contact.
            (Ok(taken), Some(_)) => self.keep_passphrase(&taken.keys, taken.generation),
            // A login shows that it holds, also where the answer to the change was lost.
            (Ok(_) | Err(ClientError::Account(AccountError::Offline)), None) => {
                let (proven, keys) = self.prove_to(&there, new, None)?;
                self.keep_passphrase(&keys, proven.generation)
            }
            (Err(error), _) => Err(error),
        }
    }

    fn keep_passphrase(&self, keys: &PassphraseKeys, generation: i64) -> Result<(), ClientError> {
        let key = keys.opening.sealing_key()?;
        self.change_account(|account| {
            account.generation = generation;
            account.passphrase_key = key;
            account.passphrase_vouch = duplicate(&keys.vouch);
        })
    }

    /// Gives the account another recovery code.
    pub(crate) fn account_code(
        &self,
        passphrase: &Passphrase,
        code: &RecoveryCode,
        factor: Option<&str>,
    ) -> Result<(), ClientError> {
        self.with_proof(|vault| vault.check_passphrase(passphrase))?;
        let _turn = self.account.turn();
        let there = There::of(self.own()?)?;
        let (proven, _) = self.prove_to(&there, passphrase, factor)?;
        self.take_epochs(&proven)?;
        let (key, code) = (proven.newest()?, CodeKeys::derive(code)?);
        let body = CodeChangeRequest {
            code: code_on_wire(&code, key)?,
            epoch: i64::try_from(key.epoch()).map_err(|_| AccountError::BadAnswer)?,
            wrap: Blob(key.wrap_for(&code_way(&code)?)?),
        };
        let request = Outgoing::post(path::CODE, &body, RequestPurpose::NewKeys, RequestContent::Keys)?;
        self.ask(&there.reach, &request.with_proof(&proven.proof))
            .map_err(AccountError::from)?
            .succeeded()?;
        let sealing = code.opening.sealing_key()?;
        self.change_account(|account| {
            account.code_key = sealing;
            account.code_vouch = code.vouch;
        })
    }

    /// "Somebody knew it": passphrase, code and epoch at once. What is to be kept of it is handed back: the vault that it belongs to is made
    /// meanwhile.
    pub(crate) fn account_all_new(
        &self,
        current: &Passphrase,
        new: &Passphrase,
        code: &RecoveryCode,
        factor: Option<&str>,
    ) -> Result<AllNew, ClientError> {
        let mut turn = self.account.turn();
        let me = self.me()?;
        let there = There::of(self.own()?)?;
        let (proven, _) = match self.prove_to(&there, current, factor) {
            // It was done before, and nobody heard of it.
            Err(ClientError::Account(AccountError::LoginFailed)) => self.prove_to(&there, new, factor)?,
            proven => proven?,
        };
        self.take_epochs(&proven)?;
        let synced = self.with_vault(|vault| Ok(vault.sync_head()?.is_some()))?;
        if synced {
            let asked = AskedNew {
                registered: self.register_passphrase(&there.reach, &there.server, &proven, new)?,
                code: CodeKeys::derive(code)?,
                reach: there.reach.clone(),
                proof: proven.proof.clone(),
                sealed: None,
            };
            drop(turn);
            if let Some(done) = self.all_new_with_records(asked)? {
                return Ok(done);
            }
            // Where syncing stands still, what somebody knew ends all the same.
            turn = self.account.turn();
        }
        let listed = self.look_at_devices(&mut turn, &me)?;
        let code = CodeKeys::derive(code)?;
        let head = self.chain_head(&mut turn, &me)?;
        let mut made = None;
        let taken = self.give_passphrase(&there.reach, &there.server, &proven, new, |keys| {
            if synced {
                let (key, way) = (proven.newest()?, code_way(&code)?);
                let sealed = Blob(key.wrap_for(&way)?);
                return Ok(Along {
                    code: Some(code_on_wire(&code, key)?),
                    epoch: None,
                    wraps: vec![wrap_for_passphrase(key, keys)?, Wrap { way: way.way, sealed }],
                });
            }
            let ways = vec![passphrase_way(keys)?, code_way(&code)?];
            let epoch = self.epoch_by_new_ways(ways, &me, &listed, next_after(head)?)?;
            let along = Along {
                code: Some(code_on_wire(&code, &epoch.key)?),
                epoch: Some(epoch_on_wire(&epoch, Ways::where_gone(proven.gone), &me.keys)?),
                wraps: Vec::new(),
            };
            made = Some(epoch);
            Ok(along)
        })?;
        Ok(AllNew {
            epoch: made.map_or(Begun::Follows, |epoch| Begun::Here(Box::new(epoch))),
            passphrase: taken.keys,
            generation: taken.generation,
            code,
        })
    }

    /// The same where records are synced: the engine has the epoch sealed at the head, with a header that vouches for all of them. `None` where
    /// it does not get there, and nothing was asked for.
    fn all_new_with_records(&self, asked: AskedNew) -> Result<Option<AllNew>, ClientError> {
        *self.sync.asked_new() = Some(asked);
        let sent = self
            .sync_with(vec![Event::Proof { holds: true }])
            // An answer that was lost: sent once more it is refused, and the chain tells.
            .and_then(|()| self.sync_with(vec![Event::Network { up: true }]));
        // Nobody waits for it after this: what is not known to have arrived is given up, once the server was asked.
        let told = self.sync_with(vec![Event::Proof { holds: false }]);
        let Some(asked) = self.sync.asked_new().take() else {
            return Err(ClientError::Locked);
        };
        let Some(sealed) = asked.sealed else {
            return sent.and(told).map(|()| None);
        };
        let (landed, known) = self.with_vault(|vault| {
            let landed = vault.header_hash(sealed.sequence)? == Some(sealed.hash);
            Ok((landed, vault.push_to_send()?.is_none()))
        })?;
        match (landed, known) {
            (true, _) => Ok(Some(AllNew {
                epoch: Begun::There,
                generation: asked.registered.after_generation.saturating_add(1),
                passphrase: asked.registered.keys,
                code: asked.code,
            })),
            (false, true) => sent.and(told).and(Err(AccountError::Changed.into())),
            (false, false) => Err(AccountError::Unsure.into()),
        }
    }

    /// The epoch that goes with what was asked for, after a header of the chain; nothing where nobody asks any more.
    pub(crate) fn next_epoch_all_new(&self, after: Head) -> Result<Option<NewEpoch>, ClientError> {
        let mut turn = self.account.turn();
        let me = self.me()?;
        let listed = self.look_at_devices(&mut turn, &me)?;
        let asked = self.sync.asked_new();
        let Some(asked) = asked.as_ref() else {
            return Ok(None);
        };
        let ways = vec![passphrase_way(&asked.registered.keys)?, code_way(&asked.code)?];
        let epoch = self.epoch_by_new_ways(ways, &me, &listed, next_after(after)?)?;
        Ok(Some(epoch))
    }

    /// Gives the account what was asked for, as it was sealed.
    pub(crate) fn send_all_new(&self, json: Bytes) -> Result<(), ClientError> {
        let _turn = self.account.turn();
        let asked = self.sync.asked_new();
        let (reach, proof) = match asked.as_ref() {
            Some(asked) => (asked.reach.clone(), asked.proof.clone()),
            None => return Err(AccountError::LoginFailed.into()),
        };
        drop(asked);
        let request = Outgoing::post_json(
            path::PASSPHRASE,
            json,
            RequestPurpose::NewKeys,
            RequestContent::Keys,
        );
        let _: PassphraseResponse = self.ask_for(&reach, &request.with_proof(&proof))?;
        Ok(())
    }

    /// Keeps what came of [`Client::account_all_new`], in the vault that took the other's place.
    pub(crate) fn keep_all_new(&self, new: AllNew) -> Result<(), ClientError> {
        let (passphrase_key, code_key) = (
            new.passphrase.opening.sealing_key()?,
            new.code.opening.sealing_key()?,
        );
        let follows = matches!(new.epoch, Begun::Follows);
        if let Begun::Here(epoch) = new.epoch {
            self.keep_epoch(*epoch)?;
        }
        self.change_account(|account| {
            account.generation = new.generation;
            account.passphrase_key = passphrase_key;
            account.passphrase_vouch = new.passphrase.vouch;
            account.code_key = code_key;
            account.code_vouch = new.code.vouch;
            account.part = Part::Takes;
        })?;
        if follows {
            let nobody = vec![DeviceId([0; 16])];
            self.sync_with(vec![Event::Ordered(Order::BeginEpoch { without: nobody })])?;
        }
        Ok(())
    }

    pub(super) fn catch_up_now(
        &self,
        current: &Passphrase,
        account: Option<&Passphrase>,
        factor: Option<&str>,
        email: Option<&str>,
    ) -> Result<AccountView, ClientError> {
        self.with_proof(|vault| vault.check_passphrase(current))?;
        let mut turn = self.account.turn();
        self.follow_before_login(&mut turn);
        let there = There::of(self.own()?)?.by_address(email);
        let passphrase = account.unwrap_or(current);
        let (proven, keys) = self.prove_to(&there, passphrase, factor)?;
        self.take_epochs(&proven)?;
        let added = self.add_device_again(&mut turn, &there, &proven)?;
        self.with_proof(|vault| vault.follow_account(current, account, Some(&proven.code.key)))?;
        self.keep_caught_up(&proven, &keys, added)?;
        if email.is_some() {
            self.change_account(|account| account.email = there.email)?;
        }
        drop(turn);
        self.contact_or_not();
        self.account()
    }

    pub(super) fn finish_recovery_now(
        &self,
        code: &str,
        passphrase: &Passphrase,
        factor: Option<&str>,
    ) -> Result<AccountView, ClientError> {
        let code = RecoveryCode::parse(code)?;
        self.with_proof(|vault| vault.check_passphrase(passphrase))?;
        let mut turn = self.account.turn();
        let there = There::of(self.own()?)?;
        let known = Some(&there.known);
        let (mut proven, _) = self.log_in_by_code(&there.reach, &there.email, &code, factor, known)?;
        self.take_epochs(&proven)?;
        // What was proven holds until the passphrase changes.
        let added = self.add_device_again(&mut turn, &there, &proven)?;
        let taken = self.give_passphrase(&there.reach, &there.server, &proven, passphrase, |keys| {
            let wrap = wrap_for_passphrase(proven.newest()?, keys)?;
            Ok(Along {
                wraps: vec![wrap],
                ..Along::default()
            })
        })?;
        proven.generation = taken.generation;
        self.keep_caught_up(&proven, &taken.keys, added)?;
        drop(turn);
        self.contact_or_not();
        self.account()
    }

    /// After the recovery code opened the vault and set a new passphrase: the server does not know it yet.
    pub(crate) fn account_has_to_follow(&self) -> Result<(), ClientError> {
        if self.follows_account()? {
            self.change_account(|account| account.part = Part::Recovering)?;
        }
        Ok(())
    }

    /// Where the copy on the server was ended, no login brings the key of a later epoch: it lies sealed to this device alone.
    fn follow_before_login(&self, turn: &mut Turn) {
        let followed = self.me().and_then(|me| self.follow_epochs(turn, &me));
        if let Err(error) = followed {
            tracing::debug!(%error, "what a login brings has to do");
        }
    }

    fn contact_or_not(&self) {
        if let Err(error) = self.contact() {
            tracing::debug!(%error, "what the account says comes with the next contact");
        }
    }

    pub(super) fn prove_to(
        &self,
        there: &There,
        passphrase: &Passphrase,
        factor: Option<&str>,
    ) -> Result<(Proven, PassphraseKeys), ClientError> {
        let known = Some(&there.known);
        self.log_in(
            &there.reach,
            &there.server,
            &there.email,
            passphrase,
            factor,
            known,
        )
    }

    pub(super) fn take_epochs(&self, proven: &Proven) -> Result<(), ClientError> {
        let kept = proven.kept()?;
        self.with_vault(|vault| Ok(vault.add_epochs(&kept)?))
    }

    /// Where this vault has no device keys, or was signed out: it becomes a device anew.
    fn add_device_again(
        &self,
        turn: &mut Turn,
        there: &There,
        proven: &Proven,
    ) -> Result<Option<OwnDevice>, ClientError> {
        let (own, part) = self.with_vault(|vault| {
            let part = vault.account()?.map(|account| account.part);
            Ok((vault.own_device()?, part))
        })?;
        match own {
            Some(_) if part != Some(Part::Out) => Ok(None),
            own => {
                let name = own.map_or_else(|| std::env::consts::OS.to_owned(), |own| own.name);
                self.add_device(turn, &there.reach, proven, name).map(Some)
            }
        }
    }

    fn keep_caught_up(
        &self,
        proven: &Proven,
        keys: &PassphraseKeys,
        added: Option<OwnDevice>,
    ) -> Result<(), ClientError> {
        let (epochs, passphrase_key) = (proven.kept()?, keys.opening.sealing_key()?);
        let code_vouch = derive_code_vouch(&proven.code.key)?;
        self.with_vault(|vault| {
            let mut account = vault.account()?.ok_or(AccountError::NotJoined)?;
            account.generation = proven.generation;
            account.passphrase_key = passphrase_key;
            account.passphrase_vouch = duplicate(&keys.vouch);
            account.code_key = proven.code.sealing_key;
            account.code_vouch = code_vouch;
            account.part = Part::Takes;
            match added {
                Some(own) => {
                    let mut devices = vault.known_devices()?;
                    devices.push(own.keys.public()?);
                    vault.enter_account(&account, &epochs, &devices, &own)?;
                }
                None => vault.set_account(&account)?,
            }
            Ok(())
        })
    }
}

/// What "somebody knew it" made.
pub(crate) struct AllNew {
    epoch: Begun,
    passphrase: PassphraseKeys,
    generation: i64,
    code: CodeKeys,
}

/// The epoch that goes with it.
enum Begun {
    /// It is to be kept.
    Here(Box<NewEpoch>),
    /// It stands in the chain, and was kept.
    There,
    /// It follows, as soon as syncing goes on.
    Follows,
}

/// A new passphrase and code that somebody proved to have a right to, until it is known what became of them.
pub(crate) struct AskedNew {
    registered: Registered,
    code: CodeKeys,
    reach: Reach,
    proof: Blob,
    /// The last header of what was sealed with them last.
    sealed: Option<Head>,
}

impl AskedNew {
    /// What is asked for, with the epoch that was sealed for it; `last` is the header that comes with it.
    pub(crate) fn seal(
        &mut self,
        epoch: &NewEpoch,
        begun: Epoch,
        last: Head,
    ) -> Result<Vec<u8>, ClientError> {
        let request = self.registered.with(Along {
            code: Some(code_on_wire(&self.code, &epoch.key)?),
            epoch: Some(begun),
            wraps: Vec::new(),
        })?;
        self.sealed = Some(last);
        serde_json::to_vec(&request).map_err(|_| AccountError::Refused.into())
    }
}

impl std::fmt::Debug for AskedNew {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AskedNew(…)")
    }
}

/// The same once more, for the vault to keep.
pub(super) fn duplicate(vouch: &Vouch) -> Vouch {
    Vouch::from_key(Key::from_bytes(*vouch.expose()))
}
