//! Going on from this device, where the server shows an older state or another branch: a header over what the server holds, as it was found,
//! which names the head that this device knows. What this device has beyond it follows as changes do.

use regie_crypto::{account::NewEpoch, head::HeadKeys};
use regie_protocol::{
    signed::{Entry, Head, Roll},
    sync::{EpochBegun, PushRequest, RestartRequest, Wire},
};
use regie_sync::{PushFate, PushKind, SealedPush, TakeIn};
use regie_vault::{Vault, account::OwnDevice, sync};

use crate::{
    AccountError, Client, ClientError,
    account::{Ways, epoch_on_wire},
};

use super::{
    Running,
    checking::{Set, kept_header, roll_of},
    damaged,
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
    /// Whether the server lost epochs too.
    pub(super) epochs_lost: bool,
    /// Whether this device's `joined` goes with it.
    pub(super) joins: bool,
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
        if !restart.epochs_lost {
            return self.with_vault(|vault| seal(vault, running, restart));
        }
        let shown = running.engine.snapshot().pull.as_ref();
        let shown = shown.map_or(&[][..], |pull| pull.roll.epochs());
        if shown.is_empty() || !restart.roll.epochs().starts_with(shown) {
            return Ok(None);
        }
        let lost_after = shown.len();
        let next = as_head(restart.after).next_beyond(Some(as_head(restart.names)));
        // A server that was set back may list again whom this device knows to be out.
        let stays = |device| restart.roll.device(device).is_some();
        let epoch = self.next_epoch_at(next.map_err(|_| damaged())?, stays)?;
        self.with_vault(|vault| seal_with_epoch(vault, running, restart, lost_after, epoch))
    }
}

fn entries(own: &OwnDevice, restart: &Restart<'_>) -> Result<Vec<Entry>, ClientError> {
    let joined = restart.joins.then(|| own.keys.public().map(Entry::Joined));
    let mut entries: Vec<_> = joined.transpose()?.into_iter().collect();
    entries.push(Entry::Restart(as_head(restart.names)));
    Ok(entries)
}

fn seal(
    vault: &mut Vault,
    running: &mut Running,
    restart: &Restart<'_>,
) -> Result<Option<SealedPush>, ClientError> {
    let own = vault.own_device()?.ok_or(AccountError::SignedOut)?;
    let entries = entries(&own, restart)?;
    let next = as_head(restart.after).next_beyond(Some(as_head(restart.names)));
    let next = next.map_err(|_| damaged())?;
    let keys = &mut running.keys;
    let roll = roll_of(vault, keys, restart.roll)?.ok_or(damaged())?;
    let roll = roll.with(&entries).map_err(|_| damaged())?;
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
    }))
}

/// The epochs that were lost are put back, and another begins, for their wraps are gone: whoever was shut out stays so.
fn seal_with_epoch(
    vault: &mut Vault,
    running: &mut Running,
    restart: &Restart<'_>,
    lost_after: usize,
    epoch: NewEpoch,
) -> Result<Option<SealedPush>, ClientError> {
    let own = vault.own_device()?.ok_or(AccountError::SignedOut)?;
    let entries = entries(&own, restart)?;
    let first = epoch.header.head().map_err(|_| damaged())?;
    let next = first.next().map_err(|_| damaged())?;
    let known = restart.roll.epochs().len();
    let before = roll_of(vault, &mut running.keys, restart.roll)?.ok_or(damaged())?;
    let roll = before.with_epoch(&epoch.header).map_err(|_| damaged())?;
    if !keeps_all(&before, &roll, running) {
        return Ok(None);
    }
    let roll = roll.with(&entries).map_err(|_| damaged())?;
    let heads = HeadKeys::derive(&epoch.key)?;
    let set = set_aside(vault, &heads)?;
    let header = make_header(&heads, &own, next, (&roll, entries), &set)?;
    let hash = header.hash().map_err(|_| damaged())?;
    let begun = epoch_on_wire(&epoch, Ways::All, &own.keys)?;
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
    };
    running.epoch = Some(epoch);
    Ok(Some(sealed))
}

/// Whether the epoch is sealed to each device that takes part: one that the server lost with its state would be shut out by nobody's word.
fn keeps_all(before: &Roll, after: &Roll, running: &Running) -> bool {
    let without = &running.engine.snapshot().without;
    let stays: Vec<_> = before
        .devices()
        .filter(|device| !without.contains(&device.device))
        .collect();
    stays.into_iter().eq(after.devices())
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
