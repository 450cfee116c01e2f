//! Going on from this device, where the server shows an older state or another branch: a header over what the server holds, as it was found,
//! which names the head that this device knows. What this device has beyond it follows as changes do.

use regie_crypto::{account::NewEpoch, head::HeadKeys};
use regie_protocol::{
    signed::{DeviceId, DevicePublic, Entry, Head},
    sync::{EpochBegun, PushRequest, RestartRequest, Wire},
};
use regie_sync::{PushFate, PushKind, SealedPush, TakeIn};
use regie_vault::{Vault, account::OwnDevice, sync};

use crate::{
    AccountError, Client, ClientError,
    account::{Ways, epoch_on_wire},
};

use super::{
    Running, answers,
    checking::{Set, kept_header, roll_of},
    damaged,
    keys::EpochKeys,
    sealing::{Made, PUSH, Parcelled, RESTART, make_header},
    taking::Taking,
};

/// What a restart follows, and what it names.
pub(super) struct Restart<'a> {
    /// The head that the server shows.
    pub(super) after: regie_sync::Head,
    /// The head that this device knows.
    pub(super) names: regie_sync::Head,
    /// Who takes part, as this device knows it.
    pub(super) roll: &'a regie_sync::Roll,
    /// The same, as the server tells it.
    pub(super) shown: &'a regie_sync::Roll,
}

const fn as_head(head: regie_sync::Head) -> Head {
    Head {
        sequence: head.sequence,
        hash: head.hash,
    }
}

impl Client {
    /// Seals a restart; `None` where the server shows epochs that are not this device's: over those nothing can be vouched for.
    pub(super) fn seal_restart(
        &self,
        running: &mut Running,
        restart: &Restart<'_>,
    ) -> Result<Option<SealedPush>, ClientError> {
        let (ours, shown) = (restart.roll.epochs(), restart.shown.epochs());
        if shown.is_empty() {
            return Ok(None);
        }
        if shown.starts_with(ours) {
            // Who came in the other history is one of the account's where this device reads their names.
            self.read_names()?;
            return self.with_vault(|vault| seal(vault, running, restart));
        }
        if !ours.starts_with(shown) {
            return Ok(None);
        }
        let next = as_head(restart.after).next_beyond(Some(as_head(restart.names)));
        // A server that was set back may list again whom this device knows to be out.
        let me = running.engine.snapshot().me.id;
        let stays = |device| device == me || restart.roll.device(device).is_some();
        let epoch = self.next_epoch_at(next.map_err(|_| damaged())?, stays)?;
        self.with_vault(|vault| seal_with_epoch(vault, running, restart, epoch))
    }
}

/// What the header says so that whoever follows the server's history to it comes to the same devices; and that it is a restart.
fn entries(shown: &regie_sync::Roll, stay: &[DevicePublic], restart: &Restart<'_>) -> Vec<Entry> {
    let comes = |device: &&DevicePublic| shown.device(device.device).is_none();
    let comes = stay.iter().filter(comes).copied().map(Entry::Joined);
    let goes = |id: &DeviceId| stay.iter().all(|device| device.device != *id);
    let goes = shown.devices().iter().map(|device| device.id).filter(goes);
    let restarts = Entry::Restart(as_head(restart.names));
    comes.chain(goes.map(Entry::Out)).chain([restarts]).collect()
}

/// Who takes part where the server lost no epoch: whom this device knows, and of those that the server names besides, each whose name it read.
/// Where an epoch began in the other history, a device of the account said to whom it was sealed.
fn stay(
    vault: &Vault,
    own: &OwnDevice,
    restart: &Restart<'_>,
    keys: &mut EpochKeys,
) -> Result<Vec<DevicePublic>, ClientError> {
    let (me, known) = (own.keys.public()?, vault.known_devices()?);
    let newest = &keys.own(vault, restart.after.epoch)?.header;
    let further = restart.shown.epochs().len() > restart.roll.epochs().len();
    let sealed_to =
        |device: &DevicePublic| !further || newest.statement().key_of(&device.way()) == Some(device.seal_key);
    let ours = restart.roll.devices().iter().map(answers::public);
    let ours: Vec<_> = ours.filter(sealed_to).collect();
    let shown = restart.shown.devices().iter().map(answers::public);
    let shown = shown.filter(|device| known.contains(device) && !ours.contains(device));
    let mut stay: Vec<_> = ours.iter().copied().chain(shown).collect();
    if !stay.contains(&me) {
        stay.push(me);
    }
    Ok(stay)
}

fn seal(
    vault: &mut Vault,
    running: &mut Running,
    restart: &Restart<'_>,
) -> Result<Option<SealedPush>, ClientError> {
    let own = vault.own_device()?.ok_or(AccountError::SignedOut)?;
    let next = as_head(restart.after).next_beyond(Some(as_head(restart.names)));
    let next = next.map_err(|_| damaged())?;
    let keys = &mut running.keys;
    let stay = stay(vault, &own, restart, keys)?;
    let entries = entries(restart.shown, &stay, restart);
    let shown = roll_of(vault, keys, restart.shown)?;
    // A device under other keys than this one knows is nobody's.
    let Some(roll) = shown.and_then(|shown| shown.with(&entries).ok()) else {
        return Ok(None);
    };
    let heads = &keys.own(vault, restart.after.epoch)?.heads;
    let set = set_aside(vault, heads)?;
    let header = make_header(heads, &own, next, (&roll, entries), &set)?;
    let hash = header.hash().map_err(|_| damaged())?;
    let request = PushRequest {
        header: header.to_bytes().map_err(|_| damaged())?,
        envelopes: Vec::new(),
        keep: Vec::new(),
        drop: Vec::new(),
    };
    let body = request.into_bytes().map_err(|_| damaged())?;
    running.made = Some(Made::bare(next.sequence, hash, PUSH, body));
    Ok(Some(SealedPush {
        first: hash,
        head: regie_sync::Head {
            sequence: next.sequence,
            hash,
            epoch: restart.after.epoch,
        },
        records: 0,
        more: true,
        roll: answers::roll(&roll),
    }))
}

/// The epochs that were lost are put back, and another begins, for their wraps are gone: whoever was shut out stays so. A device that the
/// server lost with its state is none of the account's until it logs in again: to that one nothing can be sealed.
fn seal_with_epoch(
    vault: &mut Vault,
    running: &mut Running,
    restart: &Restart<'_>,
    epoch: NewEpoch,
) -> Result<Option<SealedPush>, ClientError> {
    let own = vault.own_device()?.ok_or(AccountError::SignedOut)?;
    let first = epoch.header.head().map_err(|_| damaged())?;
    let next = first.next().map_err(|_| damaged())?;
    let known = restart.roll.epochs().len();
    let before = roll_of(vault, &mut running.keys, restart.roll)?.ok_or(damaged())?;
    let me = Entry::Joined(own.keys.public()?);
    let roll = before.with_epoch(&epoch.header).and_then(|roll| roll.with(&[me]));
    let roll = roll.map_err(|_| damaged())?;
    let stay: Vec<_> = roll.devices().copied().collect();
    let entries = entries(restart.shown, &stay, restart);
    let heads = HeadKeys::derive(&epoch.key)?;
    let set = set_aside(vault, &heads)?;
    let header = make_header(&heads, &own, next, (&roll, entries), &set)?;
    let hash = header.hash().map_err(|_| damaged())?;
    let begun = epoch_on_wire(&epoch, Ways::All, &own.keys)?;
    let lost_after = restart.shown.epochs().len();
    let put_back = running.keys.headers(known).into_iter().skip(lost_after);
    let request = RestartRequest {
        put_back: put_back
            .map(|header| header.to_bytes())
            .collect::<Result<_, _>>()
            .map_err(|_| damaged())?,
        epoch: EpochBegun {
            header: begun.statement.0,
            wraps: begun
                .wraps
                .into_iter()
                .map(|wrap| (wrap.way, wrap.sealed.0))
                .collect(),
            identity: begun.identity,
        },
        header: header.to_bytes().map_err(|_| damaged())?,
    };
    let body = request.into_bytes().map_err(|_| damaged())?;
    running.made = Some(Made::bare(next.sequence, hash, RESTART, body));
    let sealed = SealedPush {
        first: first.hash,
        head: regie_sync::Head {
            sequence: next.sequence,
            hash,
            epoch: epoch.key.epoch(),
        },
        records: 0,
        more: true,
        roll: answers::roll(&roll),
    };
    running.epoch = Some(epoch);
    Ok(Some(sealed))
}

/// The set that lies aside, as it is counted under these keys.
fn set_aside(vault: &Vault, heads: &HeadKeys) -> Result<Set, ClientError> {
    let mut set = Set::default();
    vault.each_aside(0, |theirs, _| {
        set.with(heads, theirs);
        Ok::<_, ClientError>(())
    })?;
    Ok(set)
}

/// What is done once a restart stands in the chain: what lies aside is what devices know, and all that is here beyond it waits.
pub(super) fn note(
    vault: &Vault,
    running: &mut Running,
    write: &regie_sync::Write,
    was_true: bool,
) -> Result<Taking, ClientError> {
    let stored = vault.stored_push()?.ok_or(damaged())?;
    let headers = Parcelled::from_bytes(stored.bytes)?.headers()?;
    let last = headers.last().ok_or(damaged())?;
    let head = write.snapshot.head.ok_or(damaged())?;
    let set = set_aside(vault, &running.keys.own(vault, head.epoch)?.heads)?;
    let passage = regie_sync::Passage::FromHere { was_true };
    let order = TakeIn {
        head,
        push: PushFate::Landed(PushKind::Restart { was_true }),
        passage,
        aim: match was_true {
            true => regie_sync::Aim::FromHere,
            false => regie_sync::Aim::Restarted,
        },
        keep_deleted: false,
        after: 0,
    };
    Ok(Taking::of_restart(
        order,
        vault.consent()?,
        stored.hash,
        sync::Head {
            sequence: last.sequence(),
            hash: last.hash().map_err(|_| damaged())?,
            header: kept_header(last)?,
            sum: set.sum.to_bytes(),
        },
        super::taking::hashes_of(&headers)?,
        super::taking::devices_of(&write.snapshot),
    ))
}
