//! Devices of the account: whose they are is checked here, and not taken from the server. Signing out, and new epochs.

use regie_crypto::{
    CryptoError,
    account::{AccountKey, DevicePublic, KnownWay, NewEpoch, epoch_of},
};
use regie_protocol::{
    account::{
        device::{self as wire, DevicesResponse, EpochsResponse, SignOutRequest, Which},
        path,
    },
    signed::{DeviceId, EpochHeader, Head, Next, SealingKey, VerifyingKey},
    sync::{HeadRequest, HeadResponse, path as sync_path},
    wire::{Blob, Fixed},
};
use regie_sync::{Event, Order};
use regie_vault::{
    account::{Account, KeptEpoch, Part},
    settings::Setting,
};

use super::{
    AccountError, DeviceView, RequestContent, RequestPurpose, SignOut,
    joining::{Ways, device_way, epoch_on_wire},
    login::{Known, check_goes_on, kept, read_headers},
    moments,
    work::{Me, Turn},
};
use crate::{Client, ClientError};

/// A device in the list, with what this one knows of it by itself.
pub(super) struct Listed {
    pub(super) public: DevicePublic,
    pub(super) checked: bool,
    pub(super) signed_out: bool,
    pub(super) view: DeviceView,
}

/// What this device knows of its account.
pub(super) struct Own {
    pub(super) account: Account,
    /// The newest first.
    pub(super) epochs: Vec<KeptEpoch>,
    known: Vec<DevicePublic>,
}

impl Own {
    pub(super) fn newest(&self) -> Result<&KeptEpoch, AccountError> {
        self.epochs.first().ok_or(AccountError::NewPassphraseNeeded)
    }

    pub(super) fn last_header(&self) -> Result<EpochHeader, AccountError> {
        EpochHeader::from_bytes(&self.newest()?.header).map_err(|_| AccountError::BadAnswer)
    }

    pub(super) fn into_known(self) -> Known {
        Known {
            account: self.account.id,
            epochs: self.epochs,
        }
    }
}

impl Client {
    pub(super) fn own(&self) -> Result<Own, ClientError> {
        self.with_vault(|vault| {
            Ok(Own {
                account: vault.account()?.ok_or(AccountError::NotJoined)?,
                epochs: vault.epochs()?,
                known: vault.known_devices()?,
            })
        })
    }

    pub(super) fn list_devices(&self) -> Result<Vec<DeviceView>, ClientError> {
        let mut turn = self.account.turn();
        let me = self.me()?;
        self.follow_epochs(&mut turn, &me)?;
        let listed = self.look_at_devices(&mut turn, &me)?;
        Ok(listed.into_iter().map(|listed| listed.view).collect())
    }

    /// Reads the list, checks each device, and keeps which ones held.
    pub(super) fn look_at_devices(&self, turn: &mut Turn, me: &Me) -> Result<Vec<Listed>, ClientError> {
        let answer: DevicesResponse = self.signed_get(turn, me, path::DEVICES, RequestPurpose::Devices)?;
        let own = self.own()?;
        let newest = own.last_header().ok();
        let listed: Vec<_> = answer
            .devices
            .iter()
            .map(|device| check(device, &own, newest.as_ref(), me.keys.id()))
            .collect();
        let held: Vec<_> = listed
            .iter()
            .filter(|listed| listed.checked)
            .map(|listed| listed.public)
            .collect();
        let changed = SealingKey(answer.code_key.0) != own.account.code_key
            || SealingKey(answer.passphrase_key.0) != own.account.passphrase_key;
        // Another device may have given this one its name.
        let name = listed.iter().find(|listed| listed.view.this_one);
        let name = name
            .map(|listed| listed.view.name.as_str())
            .filter(|name| !name.is_empty());
        self.with_vault(|vault| {
            vault.set_known_devices(&held)?;
            if let Some(name) = name {
                vault.rename_own_device(name)?;
            }
            Ok(())
        })?;
        if changed && own.account.part == Part::Takes {
            self.change_account(|account| account.part = Part::Behind)?;
        }
        Ok(listed)
    }

    /// Reads the names of all devices, so that each which is the account's is known here.
    pub(crate) fn read_names(&self) -> Result<(), ClientError> {
        let mut turn = self.account.turn();
        let me = self.me()?;
        self.look_at_devices(&mut turn, &me).map(|_| ())
    }

    pub(super) fn sign_devices_out(
        &self,
        which: &SignOut,
        lost: bool,
    ) -> Result<Vec<DeviceView>, ClientError> {
        let mut turn = self.account.turn();
        let me = self.me()?;
        let own_id = me.keys.id();
        let target = match which {
            SignOut::One(id) => Which::One(Fixed(read_id(id)?.0)),
            SignOut::Others => Which::Others,
            SignOut::All => Which::All,
        };
        self.follow_epochs(&mut turn, &me)?;
        let listed = self.look_at_devices(&mut turn, &me)?;
        let goes = |device: DeviceId| match target {
            Which::One(one) => one.0 == device.0,
            Which::Others => device != own_id,
            Which::All => true,
        };
        let synced = self.with_vault(|vault| Ok(vault.sync_head()?.is_some()))?;
        // Where records are synced, an epoch comes with a header that vouches for all of them, which may take a while: whoever was lost goes
        // at once.
        let epoch = match lost && !synced {
            true => {
                let after = self.chain_head(&mut turn, &me)?;
                Some(self.epoch_without(&me, &listed, goes, next_after(after)?)?)
            }
            false => None,
        };
        let gone = self.with_vault(|vault| Ok(vault.setting(Setting::KeysGone)?.unwrap_or(false)))?;
        let on_wire = |epoch| epoch_on_wire(epoch, Ways::where_gone(gone), &me.keys);
        let body = SignOutRequest {
            which: target,
            epoch: epoch.as_ref().map(on_wire).transpose()?,
        };
        self.signed_post(
            &mut turn,
            &me,
            path::SIGN_OUT,
            &body,
            RequestPurpose::SignOut,
            RequestContent::Keys,
        )?;
        if let Some(epoch) = epoch {
            self.keep_epoch(epoch)?;
        }
        if goes(own_id) {
            self.with_vault(|vault| Ok(vault.forget_own_device()?))?;
            return Ok(Vec::new());
        }
        if lost && synced {
            drop(turn);
            let gone = listed.iter().filter(|listed| goes(listed.public.device));
            let without = gone.map(|listed| listed.public.device).collect();
            self.sync_with(vec![Event::Ordered(Order::BeginEpoch { without })])?;
            turn = self.account.turn();
        }
        let listed = self.look_at_devices(&mut turn, &me)?;
        Ok(listed.into_iter().map(|listed| listed.view).collect())
    }

    /// A new epoch for all that stay: each public key is one that this device vouches for.
    pub(super) fn epoch_without(
        &self,
        me: &Me,
        listed: &[Listed],
        goes: impl Fn(DeviceId) -> bool,
        next: Next,
    ) -> Result<NewEpoch, ClientError> {
        let own = self.own()?;
        if own.account.part != Part::Takes {
            // The passphrase's or the code's key is known from the server alone.
            return Err(AccountError::NewPassphraseNeeded.into());
        }
        epoch_by(&own, account_ways(&own.account), me, listed, goes, next)
    }

    /// An epoch that goes with a new passphrase and code.
    pub(super) fn epoch_by_new_ways(
        &self,
        ways: Vec<KnownWay<'_>>,
        me: &Me,
        listed: &[Listed],
        next: Next,
    ) -> Result<NewEpoch, ClientError> {
        epoch_by(&self.own()?, ways, me, listed, |_| false, next)
    }

    /// Where the account's chain stands, by the server's word: headers of records may stand behind the last epoch, also where no copy is kept
    /// any more. An epoch that follows another one is refused there, and one that follows a lie shows as such on the other devices.
    pub(super) fn chain_head(&self, turn: &mut Turn, me: &Me) -> Result<Head, ClientError> {
        let purpose = RequestPurpose::Account;
        let answer: HeadResponse = self.signed_wire(turn, me, sync_path::HEAD, &HeadRequest, purpose)?;
        let head = answer.head.header().and_then(|header| header.head());
        Ok(head.map_err(|_| AccountError::BadAnswer)?)
    }

    /// A new epoch after a header of the chain, for all devices that are not signed out.
    pub(crate) fn next_epoch(&self, after: Head) -> Result<NewEpoch, ClientError> {
        self.next_epoch_at(next_after(after)?, |_| true)
    }

    /// The same for some of them, at a place of the chain, which a restart may have put farther on. A server that was set back may list again
    /// who was signed out: whoever does not stay is signed out anew before, for no epoch is taken that leaves a listed device behind.
    pub(crate) fn next_epoch_at(
        &self,
        next: Next,
        stays: impl Fn(DeviceId) -> bool,
    ) -> Result<NewEpoch, ClientError> {
        let mut turn = self.account.turn();
        let me = self.me()?;
        let mut listed = self.look_at_devices(&mut turn, &me)?;
        let goes = |listed: &&Listed| !listed.signed_out && !stays(listed.public.device);
        let gone: Vec<_> = listed.iter().filter(goes).map(|one| one.public.device).collect();
        for device in &gone {
            let body = SignOutRequest {
                which: Which::One(Fixed(device.0)),
                epoch: None,
            };
            let (purpose, content) = (RequestPurpose::SignOut, RequestContent::Keys);
            self.signed_post(&mut turn, &me, path::SIGN_OUT, &body, purpose, content)?;
        }
        if !gone.is_empty() {
            listed = self.look_at_devices(&mut turn, &me)?;
        }
        self.epoch_without(&me, &listed, |device| !stays(device), next)
    }

    pub(crate) fn keep_epoch(&self, epoch: NewEpoch) -> Result<(), ClientError> {
        let header = epoch.header.to_bytes().map_err(CryptoError::from)?;
        let kept = KeptEpoch {
            key: epoch.key,
            header,
        };
        self.with_vault(|vault| Ok(vault.add_epochs(&[kept])?))
    }

    /// Whether what a further device needs went with the copy on the server.
    pub(super) fn keys_are_gone(&self, gone: bool) -> Result<(), ClientError> {
        self.with_vault(|vault| {
            if vault.setting(Setting::KeysGone)?.unwrap_or(false) != gone {
                vault.set_setting(Setting::KeysGone, &gone)?;
            }
            Ok(())
        })
    }

    /// Takes over epochs that other devices began: each by a device of the account, after the one before, under its own key.
    pub(crate) fn follow_epochs(&self, turn: &mut Turn, me: &Me) -> Result<(), ClientError> {
        let own = self.own()?;
        let newest = own.newest()?;
        let after = newest.key.epoch();
        let target = format!("{}?after={after}", path::EPOCHS);
        let answer: EpochsResponse = self.signed_get(turn, me, &target, RequestPurpose::Account)?;
        self.keys_are_gone(answer.gone)?;
        if answer.epochs.is_empty() {
            return Ok(());
        }
        // Whoever began it may have come after this device last looked.
        self.look_at_devices(turn, me)?;
        let own = self.own()?;
        let mut headers: Vec<_> = own
            .epochs
            .iter()
            .rev()
            .map(|epoch| EpochHeader::from_bytes(&epoch.header).map_err(|_| AccountError::BadAnswer))
            .collect::<Result<_, _>>()?;
        let further = read_headers(&answer.epochs)?;
        for header in &further {
            signed_by_known(header, &own.known)?;
        }
        headers.extend(further);
        let epoch = u64::try_from(answer.epoch).map_err(|_| AccountError::BadAnswer)?;
        if answer.wrap.0.is_empty() {
            return Err(AccountError::NewPassphraseNeeded.into());
        }
        let way = wire::way_of(me.keys.id().0);
        let key = AccountKey::unwrap_from(me.account, epoch, &way, me.keys.opening(), None, &answer.wrap.0)
            .map_err(|_| AccountError::BadAnswer)?;
        let keys = key.all_from(&headers).map_err(|_| AccountError::BadAnswer)?;
        let all = kept(&keys, &headers)?;
        check_goes_on(me.account, &keys, &headers, &own.into_known())?;
        self.with_vault(|vault| Ok(vault.add_epochs(&all)?))
    }
}

/// An epoch for passphrase and code by these ways, and for the devices that stay.
fn epoch_by(
    own: &Own,
    mut ways: Vec<KnownWay<'_>>,
    me: &Me,
    listed: &[Listed],
    goes: impl Fn(DeviceId) -> bool,
    next: Next,
) -> Result<NewEpoch, ClientError> {
    let staying = listed
        .iter()
        .filter(|listed| !listed.signed_out && !goes(listed.public.device));
    for listed in staying {
        if !listed.checked {
            return Err(AccountError::DeviceUnchecked.into());
        }
        ways.push(device_way(&listed.public));
    }
    let newest = &own.newest()?.key;
    Ok(newest.begin_next(next, me.keys.id(), &me.keys.signing(), &ways)?)
}

pub(super) fn next_after(head: Head) -> Result<Next, ClientError> {
    Ok(head.next().map_err(CryptoError::from)?)
}

/// The ways of passphrase and code, as this device knows them by itself.
pub(super) fn account_ways(account: &Account) -> Vec<KnownWay<'_>> {
    vec![
        KnownWay {
            way: wire::PASSPHRASE.to_owned(),
            key: account.passphrase_key,
            vouch: Some(&account.passphrase_vouch),
        },
        KnownWay {
            way: wire::CODE.to_owned(),
            key: account.code_key,
            vouch: Some(&account.code_vouch),
        },
    ]
}

/// A device is one of the account's when it was checked before, when its name is sealed under the newest key, or when it is sealed under an
/// earlier one and the newest epoch was sealed to it. A thief's key is no newest one.
fn check(device: &wire::Device, own: &Own, newest: Option<&EpochHeader>, this: DeviceId) -> Listed {
    let public = DevicePublic {
        device: DeviceId(device.keys.device.0),
        sign_key: device.keys.sign_key.0,
        seal_key: SealingKey(device.keys.seal_key.0),
    };
    let read = |what: &str, sealed: &Blob| -> Option<(String, u64)> {
        let epoch = epoch_of(&sealed.0).ok()?;
        let key = own.epochs.iter().find(|kept| kept.key.epoch() == epoch)?;
        let text = key.key.open_for_list(what, &public, &sealed.0).ok()?;
        Some((text, epoch))
    };
    let name = read("name", &device.keys.name);
    let vouched = name.as_ref().is_some_and(|(_, epoch)| {
        let is_newest = own
            .epochs
            .first()
            .is_some_and(|newest| newest.key.epoch() == *epoch);
        let listed = newest.and_then(|header| header.statement().key_of(&public.way()));
        is_newest || listed == Some(public.seal_key)
    });
    let platform = read("platform", &device.keys.platform);
    Listed {
        public,
        checked: vouched || own.known.contains(&public),
        signed_out: device.signed_out_day.is_some(),
        view: DeviceView {
            id: data_encoding::HEXLOWER.encode(&public.device.0),
            name: name.map(|(name, _)| name).unwrap_or_default(),
            platform: platform.map(|(platform, _)| platform).unwrap_or_default(),
            added: moments::day(device.added_day),
            last_used: moments::day(device.used_day),
            this_one: public.device == this,
            signed_out: device.signed_out_day.map(moments::day),
            checked: vouched || own.known.contains(&public),
        },
    }
}

fn signed_by_known(header: &EpochHeader, known: &[DevicePublic]) -> Result<(), AccountError> {
    let device = header.statement().device;
    let maker = known.iter().find(|one| one.device == device);
    let key = maker.and_then(|maker| VerifyingKey::from_bytes(&maker.sign_key).ok());
    match key {
        Some(key) if header.check_signature(&key).is_ok() => Ok(()),
        _ => Err(AccountError::BadAnswer),
    }
}

pub(super) fn read_id(typed: &str) -> Result<DeviceId, ClientError> {
    let bytes = data_encoding::HEXLOWER
        .decode(typed.as_bytes())
        .map_err(|_| ClientError::Malformed)?;
    bytes.try_into().map(DeviceId).map_err(|_| ClientError::Malformed)
}

#[cfg(test)]
mod tests {
    use regie_crypto::{Key, device::DeviceKeys, seal::Vouch};
    use regie_protocol::signed::AccountId;

    use super::*;
    use crate::account::joining::device_on_wire;

    const ACCOUNT: AccountId = AccountId([7; 16]);

    fn own(epochs: &[&NewEpoch], known: Vec<DevicePublic>) -> Own {
        let vouch = || Vouch::from_key(Key::from_bytes([1; 32]));
        let kept = |epoch: &&NewEpoch| KeptEpoch {
            key: AccountKey::from_key(ACCOUNT, epoch.key.epoch(), epoch.key.expose().duplicate()),
            header: epoch.header.to_bytes().expect("bytes"),
        };
        Own {
            account: Account {
                id: ACCOUNT,
                root: [0; 32],
                deployment: Vec::new(),
                address: String::new(),
                email: String::new(),
                name: String::new(),
                phone: None,
                since_day: 0,
                generation: 1,
                passphrase_key: SealingKey([2; 32]),
                passphrase_vouch: vouch(),
                code_key: SealingKey([3; 32]),
                code_vouch: vouch(),
                seat_ended: false,
                has_factor: false,
                copy_day: None,
                part: Part::Takes,
                contact: None,
            },
            epochs: epochs.iter().rev().map(kept).collect(),
            known,
        }
    }

    fn listed(key: &AccountKey, device: &DeviceKeys) -> wire::Device {
        wire::Device {
            keys: device_on_wire(key, device, "Telefoon").expect("a device"),
            added_day: 1,
            used_day: 1,
            signed_out_day: None,
        }
    }

    #[test]
    fn a_device_is_one_of_ours_by_the_newest_key_the_newest_statement_or_our_own_memory() {
        let made = || DeviceKeys::make_random().expect("keys");
        let (here, early, thief, late) = (made(), made(), made(), made());
        let public = |device: &DeviceKeys| device.public().expect("keys");
        let first = AccountKey::begin_first(
            ACCOUNT,
            here.id(),
            &here.signing(),
            &[device_way(&public(&here)), device_way(&public(&early))],
        )
        .expect("an epoch");
        let second = first
            .key
            .begin_next(
                first.header.head().and_then(Head::next).expect("a place"),
                here.id(),
                &here.signing(),
                &[device_way(&public(&here)), device_way(&public(&early))],
            )
            .expect("an epoch");
        let held = |own: &Own, device: &wire::Device| {
            check(device, own, own.last_header().ok().as_ref(), here.id()).checked
        };
        let now = own(&[&first, &second], Vec::new());
        assert!(held(&now, &listed(&second.key, &late)));
        assert!(held(&now, &listed(&first.key, &early)));
        // Who was there in the first epoch may have its key, and a server may help.
        let forged = listed(&first.key, &thief);
        assert!(!held(&now, &forged));
        assert!(held(&own(&[&first, &second], vec![public(&thief)]), &forged));
        // Another key under a name that is ours.
        for change in [
            |device: &mut wire::Device| device.keys.seal_key = Fixed([9; 32]),
            |device: &mut wire::Device| device.keys.sign_key = Fixed([9; 32]),
            |device: &mut wire::Device| device.keys.device = Fixed([9; 16]),
            |device: &mut wire::Device| device.keys.name = Blob(vec![0; 100]),
        ] {
            let mut altered = listed(&second.key, &late);
            change(&mut altered);
            assert!(!held(&now, &altered));
        }
        assert!(signed_by_known(&second.header, &[public(&here)]).is_ok());
        assert!(signed_by_known(&second.header, &[public(&early)]).is_err());
        let posed = DevicePublic {
            device: here.id(),
            ..public(&thief)
        };
        assert!(signed_by_known(&second.header, &[posed]).is_err());
    }
}
