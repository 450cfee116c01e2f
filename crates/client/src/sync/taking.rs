//! What the engine writes: each change is one transaction, with where the engine stands.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use regie_domain::{
    record::{self, Kind, MergedBytes, RecordError},
    search::Indexer,
};
use regie_protocol::{
    purpose::{CopyOnServer, KeepOnDevice},
    signed::{self, DevicePublic},
    sync::{BlobId, Envelope, RecordId},
};
use regie_sync::{
    Aim, Base, Change, Doubt, EnvelopeHash, Here, Passage, Plan, PushFate, PushKind, Revision, Sealed,
    Settled, TakeIn, Taken, Theirs, Write, plan_left, plan_record, plan_shown,
};
use regie_vault::{
    Vault, VaultError,
    consent::Consent,
    sync::{self, Arrived, Aside, Known, Mine, NewPush, Originals, Outcome, Syncing},
};

use crate::{Client, ClientError};

use super::{
    Running, answers,
    answers::HeldRecord,
    came, carrying,
    checking::{AT_ONCE, Set, confirmed, kept_header, known_set, newest_header, read_header, verified_set},
    damaged, forget_given_head,
    keys::EpochKeys,
    restarting,
    sealing::Parcelled,
};

impl Client {
    /// Writes what the engine decided, and where it stands, in one transaction.
    pub(super) fn write_for_sync(
        &self,
        running: &mut Running,
        write: &Write,
    ) -> Result<Settled, ClientError> {
        if let Change::KeepPage { shown } = write.change
            && running.held.as_ref().is_some_and(|held| held.listed.is_none())
        {
            self.gather_page(running, write, shown)?;
            return Ok(Settled {
                waiting: running.waiting.number,
                taken: Taken::default(),
            });
        }
        self.keep_gathered(running)?;
        if let Change::NotePush(PushKind::Changes) = write.change
            && running.ahead.is_some()
        {
            let arrived = std::mem::take(&mut running.on_its_way);
            running.waiting.number = running.waiting.number.saturating_sub(arrived);
            running.arrived = Some(write.clone());
            return Ok(Settled {
                waiting: running.waiting.number,
                taken: Taken::default(),
            });
        }
        self.write_now(running, write)
    }

    /// Notes the push that arrived, where nothing follows it.
    pub(super) fn note_arrived(&self, running: &mut Running) -> Result<(), ClientError> {
        let Some(write) = running.arrived.take() else {
            return Ok(());
        };
        // What the engine was told stays: what was written since is told as a change.
        let told = running.waiting;
        self.write_now(running, &write)?;
        running.waiting = told;
        Ok(())
    }

    fn write_now(&self, running: &mut Running, write: &Write) -> Result<Settled, ClientError> {
        if let Change::NotePush(_) | Change::TakeIn(_) = write.change {
            // The key of one that lost would take the place of the one that won.
            let landed = match write.change {
                Change::TakeIn(order) => matches!(order.push, PushFate::Landed(_)),
                _ => true,
            };
            if let Some(epoch) = running.epoch.take().filter(|_| landed) {
                self.keep_epoch(epoch)?;
            }
            self.learn_epochs(running, write.snapshot.head.map_or(0, |head| head.epoch))?;
        }
        let progress = progress_of(write)?;
        let (list, clean_by) = (self.deletions_file(), self.cleaned_by());
        let now = self.clock.now().at.to_utc();
        let settled = self.with_vault(|vault| {
            self.note_unhurried(vault);
            if let Some(head) = write.snapshot.head {
                carrying::note_first_epoch(vault, head.epoch)?;
            }
            // What is read before the transaction holds in it: nobody else holds the vault meanwhile.
            let arrived = running.arrived.take();
            let arrived = arrived.map(|arrived| Task::of(vault, running, &arrived));
            let mut arrived = arrived.transpose()?;
            let mut task = Task::of(vault, running, write)?;
            let dropped: Vec<_> = arrived
                .iter_mut()
                .chain([&mut task])
                .flat_map(Task::dropped)
                .collect();
            let (taken, came) = vault.sync((&list, clean_by), |syncing| {
                if let Some(arrived) = arrived {
                    arrived.apply(syncing, &running.keys, now)?;
                }
                let taken = task.apply(syncing, &running.keys, now)?;
                syncing.set_progress(&progress)?;
                Ok::<_, ClientError>(taken)
            })?;
            came::mark(vault, &came)?;
            // After a crash before this the server hears it once more.
            vault.blobs_dropped(&dropped)?;
            if write.snapshot.given.is_none() && write.snapshot.head.is_some() {
                forget_given_head(vault)?;
            }
            running.count(vault, &write.change)?;
            Ok(Settled {
                waiting: running.waiting.number,
                taken,
            })
        })?;
        match write.change {
            Change::DropPush => running.epoch = None,
            Change::DropAside { push: true } => (running.held, running.epoch) = (None, None),
            Change::KeepPage { .. } | Change::DropAside { .. } => running.held = None,
            _ => {}
        }
        Ok(settled)
    }
}

/// Where the engine stands, as it is stored.
pub(super) fn progress_of(write: &Write) -> Result<Vec<u8>, ClientError> {
    let mut progress = Vec::new();
    ciborium::into_writer(&write.snapshot, &mut progress).map_err(|_| damaged())?;
    Ok(progress)
}

/// What one transaction is to do, with all that it needs from outside it.
enum Task {
    Nothing,
    DropAside(Option<Envelopes>),
    Keep {
        records: Vec<HeldRecord>,
        listed: Option<Vec<RecordId>>,
        headers: Vec<(u64, signed::HeaderHash)>,
        tip: Option<Vec<u8>>,
        shown: Option<Consent<KeepOnDevice>>,
    },
    TakeIn(Box<Taking>),
    Store(Consent<CopyOnServer>, NewPush),
    Note(Noting),
    Drop(Envelopes),
}

/// Sealed envelopes by their records: those that are still good.
type Envelopes = HashMap<RecordId, Vec<u8>>;

/// The stored push has arrived.
struct Noting {
    hash: signed::HeaderHash,
    head: sync::Head,
    headers: Vec<(u64, signed::HeaderHash)>,
    devices: Vec<DevicePublic>,
    dropped: Vec<BlobId>,
}

/// What lies aside is taken in.
pub(super) struct Taking {
    order: TakeIn,
    consent: Consent<KeepOnDevice>,
    landed: Option<signed::HeaderHash>,
    lost: Option<Envelopes>,
    head: sync::Head,
    /// Hashes that are remembered with it; those of what came were when it was laid aside.
    headers: Vec<(u64, signed::HeaderHash)>,
    devices: Vec<DevicePublic>,
    /// Entries that came.
    came: Vec<RecordId>,
}

impl Task {
    fn of(vault: &Vault, running: &mut Running, write: &Write) -> Result<Self, ClientError> {
        let devices = devices_of(&write.snapshot);
        let epoch = write.snapshot.head.map_or(0, |head| head.epoch);
        Ok(match &write.change {
            Change::Nothing => Self::Nothing,
            Change::DropAside { push } => {
                Self::DropAside(push.then(|| still_good(vault, epoch)).transpose()?)
            }
            Change::KeepPage { .. } | Change::KeepAnchor => keep(running)?,
            Change::TakeIn(order) => Self::TakeIn(Box::new(Taking {
                order: *order,
                consent: vault.consent()?,
                landed: match order.push {
                    PushFate::Landed(_) => vault.stored_push()?.map(|push| push.hash),
                    PushFate::None | PushFate::Lost => None,
                },
                lost: match order.push {
                    PushFate::Lost => Some(still_good(vault, order.head.epoch)?),
                    PushFate::None | PushFate::Landed(_) => None,
                },
                head: verified_head(vault, running, order)?,
                headers: Vec::new(),
                devices,
                came: Vec::new(),
            })),
            Change::StorePush => {
                let made = running.made.take().ok_or(damaged())?;
                if made.writes != vault.writes() && vault.is_deleted_since(&made.push)? {
                    return Err(VaultError::NotFound.into());
                }
                running.sealed = made.sealed;
                Self::Store(vault.consent()?, made.push)
            }
            Change::NotePush(PushKind::Changes | PushKind::Epoch | PushKind::AllNew) => {
                note(vault, running, epoch, devices)?
            }
            Change::NotePush(PushKind::Restart { was_true }) => {
                Self::TakeIn(Box::new(restarting::note(vault, running, write, *was_true)?))
            }
            Change::NotePush(PushKind::BeginAgain) => return Err(ClientError::NotNow),
            Change::DropPush => Self::Drop(still_good(vault, epoch)?),
        })
    }

    /// The blobs that went with a push that arrived.
    fn dropped(&mut self) -> Vec<BlobId> {
        match self {
            Self::Note(noting) => std::mem::take(&mut noting.dropped),
            _ => Vec::new(),
        }
    }

    fn apply(
        self,
        syncing: &mut Syncing<'_>,
        keys: &EpochKeys,
        now: DateTime<Utc>,
    ) -> Result<(Taken, Vec<RecordId>), ClientError> {
        match self {
            Self::Nothing => {}
            Self::DropAside(push) => {
                if let Some(mut envelopes) = push {
                    syncing.drop_push(&mut |id| envelopes.remove(&id))?;
                }
                syncing.drop_asides()?;
            }
            Self::Keep {
                records,
                listed,
                headers,
                tip,
                shown,
            } => {
                if let Some(listed) = listed {
                    syncing.keep_asides(&listed)?;
                }
                lay_aside(syncing, records, shown.as_ref())?;
                syncing.note_headers(&headers)?;
                if let Some(tip) = tip {
                    syncing.set_tip(&tip)?;
                }
                if shown.is_some() {
                    syncing.show_unchecked()?;
                }
            }
            Self::TakeIn(taking) => return taking.apply(syncing, keys, now),
            Self::Store(consent, push) => syncing.store_push(&consent, &push)?,
            Self::Note(noting) => noting.apply(syncing)?,
            Self::Drop(mut envelopes) => syncing.drop_push(&mut |id| envelopes.remove(&id))?,
        }
        Ok(<_>::default())
    }
}

/// Who takes part, as the vault keeps it.
pub(super) fn devices_of(snapshot: &regie_sync::Snapshot) -> Vec<DevicePublic> {
    snapshot.roll.devices().iter().map(answers::public).collect()
}

/// The envelopes of the stored push, where its epoch is still the present one.
fn still_good(vault: &Vault, epoch: u64) -> Result<Envelopes, ClientError> {
    let Some(stored) = vault.stored_push()? else {
        return Ok(Envelopes::new());
    };
    let envelopes = Parcelled::from_bytes(stored.bytes)?.envelopes()?.into_iter();
    let good = envelopes.filter(|(envelope, _)| envelope.label.epoch == epoch);
    Ok(good.map(|(envelope, bytes)| (envelope.label.id, bytes)).collect())
}

/// A page that is not gathered with others: nothing of it is shown.
fn keep(running: &mut Running) -> Result<Task, ClientError> {
    let held = running.held.take().unwrap_or_default();
    Ok(Task::Keep {
        records: held.records,
        listed: held.listed,
        headers: hashes_of(&held.headers)?,
        tip: held.headers.last().map(kept_header).transpose()?,
        shown: None,
    })
}

/// Headers by their places and hashes.
pub(super) fn hashes_of(headers: &[signed::Header]) -> Result<Vec<(u64, signed::HeaderHash)>, ClientError> {
    let place = |header: &signed::Header| Ok((header.sequence(), header.hash().map_err(|_| damaged())?));
    headers.iter().map(place).collect()
}

fn note(
    vault: &Vault,
    running: &mut Running,
    epoch: u64,
    devices: Vec<DevicePublic>,
) -> Result<Task, ClientError> {
    let (_, hash) = vault.push_on_its_way()?.ok_or(damaged())?;
    let (headers, set, dropped) = match running.sealed.take() {
        Some(sealed) if sealed.hash == hash => (vec![sealed.header], sealed.set, sealed.drop),
        _ => {
            let stored = vault.push_to_send()?.ok_or(damaged())?;
            let parcelled = Parcelled::from_bytes(stored.bytes)?;
            let set = noted_set(vault, running, epoch)?;
            (parcelled.headers()?, set, parcelled.blobs()?.1)
        }
    };
    let last = headers.last().ok_or(damaged())?;
    Ok(Task::Note(Noting {
        hash,
        head: sync::Head {
            sequence: last.sequence(),
            hash: last.hash().map_err(|_| damaged())?,
            header: kept_header(last)?,
            sum: set.sum.to_bytes(),
        },
        headers: hashes_of(&headers)?,
        devices,
        dropped,
    }))
}

/// What is known, with the stored push in it: after a start, for what was sealed before.
fn noted_set(vault: &Vault, running: &mut Running, epoch: u64) -> Result<Set, ClientError> {
    let stored = vault.stored_push()?.ok_or(damaged())?;
    let mut set = known_set(vault, &mut running.keys, epoch)?;
    let heads = &running.keys.own(vault, epoch)?.heads;
    for record in &stored.records {
        if let Some(before) = vault.known(record.id)? {
            set.without(heads, &before);
        }
        set.with(heads, record);
    }
    Ok(set)
}

/// The head that was verified, with the sum of its set.
fn verified_head(vault: &Vault, running: &mut Running, order: &TakeIn) -> Result<sync::Head, ClientError> {
    let kept = newest_header(vault)?;
    let header = read_header(&kept)?;
    let hash = header.hash().map_err(|_| damaged())?;
    if hash != order.head.hash {
        return Err(damaged());
    }
    let set = match running.verified {
        Some((of, set)) if of == hash => set,
        _ => verified_set(
            vault,
            &mut running.keys,
            order.head.epoch,
            order.passage.is_whole(),
            order.after,
        )?,
    };
    Ok(sync::Head {
        sequence: header.sequence(),
        hash,
        header: kept,
        sum: set.sum.to_bytes(),
    })
}

impl Noting {
    fn apply(&self, syncing: &mut Syncing<'_>) -> Result<(), ClientError> {
        syncing.acknowledge_push(self.hash)?;
        syncing.set_head(&self.head)?;
        syncing.note_headers(&self.headers)?;
        Ok(syncing.set_roll(&self.devices)?)
    }
}

/// Lays records aside; in a first sync they are shown at once, marked, where nothing was changed here. In the order of their ids, in which
/// they lie.
pub(super) fn lay_aside(
    syncing: &mut Syncing<'_>,
    mut records: Vec<HeldRecord>,
    shown: Option<&Consent<KeepOnDevice>>,
) -> Result<(), ClientError> {
    records.sort_by_key(|record| record.envelope.label.id);
    let mut indexer = Indexer::default();
    let mut known_here = Vec::new();
    for record in records {
        let theirs = record.known();
        if let Some(consent) = shown
            && !syncing.take_if_new(consent, &theirs, &record.content)?
        {
            known_here.push(record);
            continue;
        }
        syncing.lay_aside(&Aside {
            theirs,
            sequence: record.sequence,
            envelope: shown.is_none().then_some(record.bytes),
        })?;
    }
    syncing.write_fresh()?;
    for record in known_here {
        show(syncing, record, shown, &mut indexer)?;
    }
    Ok(())
}

/// Shows what came, where it may be something that is here.
fn show(
    syncing: &mut Syncing<'_>,
    record: HeldRecord,
    shown: Option<&Consent<KeepOnDevice>>,
    indexer: &mut Indexer,
) -> Result<(), ClientError> {
    let (theirs, sequence) = (record.known(), record.sequence);
    let mut envelope = Some(record.bytes);
    if let Some(consent) = shown {
        let content = record.content;
        let here = syncing.here(theirs.id, (!theirs.deleted).then_some(&content))?;
        if plan_shown(&mine(&here)) {
            let outcome = match (theirs.deleted, readable(&content)) {
                (true, _) => Outcome::Note,
                (false, true) => Outcome::Take(content),
                (false, false) => Outcome::Later(content),
            };
            syncing.take_in(consent, &Arrived { theirs, outcome }, indexer)?;
            envelope = None;
        }
    }
    Ok(syncing.lay_aside(&Aside {
        theirs,
        sequence,
        envelope,
    })?)
}

impl Taking {
    /// A restart that stands in the chain.
    pub(super) const fn of_restart(
        order: TakeIn,
        consent: Consent<KeepOnDevice>,
        landed: signed::HeaderHash,
        head: sync::Head,
        headers: Vec<(u64, signed::HeaderHash)>,
        devices: Vec<DevicePublic>,
    ) -> Self {
        Self {
            order,
            consent,
            landed: Some(landed),
            lost: None,
            head,
            headers,
            devices,
            came: Vec::new(),
        }
    }

    fn apply(
        mut self,
        syncing: &mut Syncing<'_>,
        keys: &EpochKeys,
        now: DateTime<Utc>,
    ) -> Result<(Taken, Vec<RecordId>), ClientError> {
        if let Some(hash) = self.landed {
            syncing.acknowledge_push(hash)?;
        }
        if let Some(mut envelopes) = self.lost.take() {
            syncing.drop_push(&mut |id| envelopes.remove(&id))?;
        }
        let (mut taken, mut indexer, mut after) = (Taken::default(), Indexer::default(), None);
        loop {
            let some = syncing.asides(self.order.after, after, AT_ONCE)?;
            let Some(last) = some.last() else { break };
            after = Some(last.theirs.id);
            for aside in &some {
                self.take(syncing, keys, aside, now, &mut indexer, &mut taken)?;
            }
        }
        if self.order.passage.is_whole() {
            self.look_at_the_rest(syncing)?;
        }
        syncing.set_head(&self.head)?;
        syncing.note_headers(&self.headers)?;
        syncing.set_roll(&self.devices)?;
        Ok((taken, self.came))
    }

    fn take(
        &mut self,
        syncing: &mut Syncing<'_>,
        keys: &EpochKeys,
        aside: &Aside,
        now: DateTime<Utc>,
        indexer: &mut Indexer,
        taken: &mut Taken,
    ) -> Result<(), ClientError> {
        let theirs = aside.theirs;
        // What is shown already lies in its row.
        let Some(bytes) = &aside.envelope else {
            if !theirs.deleted {
                count(taken, Plan::Take, &NOT_HERE, &theirs);
            }
            return Ok(());
        };
        let envelope = Envelope::from_bytes(bytes).map_err(|_| damaged())?;
        let content = keys.open(&envelope).ok_or(damaged())?;
        let aim = match (self.order.aim, self.order.keep_deleted) {
            (Aim::Ordinary, true) if theirs.deleted && confirmed(&content).is_none() => Aim::KeepDeleted,
            (aim, _) => aim,
        };
        let of_new = plan_record(aim, &mine(&NOT_HERE), &as_theirs(&theirs));
        if of_new == Plan::Take && syncing.take_if_new(&self.consent, &theirs, &content)? {
            count(taken, Plan::Take, &NOT_HERE, &theirs);
            if self.order.passage != Passage::First && is_news(Plan::Take, &theirs) {
                self.came.push(theirs.id);
            }
            return Ok(());
        }
        syncing.write_fresh()?;
        let here = syncing.here(theirs.id, (!theirs.deleted).then_some(&content))?;
        let plan = match plan_record(aim, &mine(&here), &as_theirs(&theirs)) {
            // Nothing of an attachment's own is lost: what an entry that was changed here names lives on under another id.
            Plan::KeepEdited | Plan::AskPerson(Doubt::DeletedElsewhere)
                if theirs.deleted && Kind::of(theirs.kind) == Some(Kind::Attachment) =>
            {
                Plan::Delete
            }
            plan => plan,
        };
        count(taken, plan, &here, &theirs);
        if self.order.passage != Passage::First && is_news(plan, &theirs) {
            self.came.push(theirs.id);
        }
        if !theirs.deleted && !readable(&content) && plan != Plan::Nothing {
            taken.too_new += 1;
            let outcome = Outcome::Later(content);
            return Ok(syncing.take_in(&self.consent, &Arrived { theirs, outcome }, indexer)?);
        }
        let Some(outcome) = outcome(plan, &here, content, now)? else {
            return Ok(());
        };
        Ok(syncing.take_in(&self.consent, &Arrived { theirs, outcome }, indexer)?)
    }

    /// What is here and not in the whole set that came goes out again: "not listed" never means "deleted".
    fn look_at_the_rest(&self, syncing: &mut Syncing<'_>) -> Result<(), ClientError> {
        syncing.write_fresh()?;
        for id in syncing.known_beside_asides(self.order.after)? {
            let here = syncing.here(id, None)?;
            if let Plan::SendAgain | Plan::DeleteAgain = plan_left(self.order.passage, &mine(&here)) {
                syncing.send_unknown_again(id)?;
            }
        }
        Ok(())
    }
}

/// A record that is new here, and as one was before a first sync showed it.
const NOT_HERE: sync::Here = sync::Here {
    known: None,
    mine: Mine::Unchanged,
    sealed: None,
    content: None,
    base: None,
};

fn readable(content: &[u8]) -> bool {
    record::AnyRecord::read(content).is_ok()
}

/// What a plan does in the vault; `None` where nothing is to be done.
fn outcome(
    plan: Plan,
    here: &sync::Here,
    content: Vec<u8>,
    now: DateTime<Utc>,
) -> Result<Option<Outcome>, ClientError> {
    Ok(Some(match plan {
        Plan::Nothing => return Ok(None),
        Plan::Note => Outcome::Note,
        Plan::Arrived => Outcome::Arrived,
        Plan::Take | Plan::Revive => Outcome::Take(content),
        Plan::Delete => Outcome::Delete,
        Plan::Merge(base) => merged(base, here, content, now)?,
        Plan::KeepEdited => Outcome::Keep,
        Plan::SendAgain | Plan::DeleteAgain => match here.known {
            Some(known) => Outcome::SendAgain(known.revision),
            None => Outcome::Keep,
        },
        Plan::AskPerson(Doubt::DeletedElsewhere) => Outcome::Ask(None),
        Plan::AskPerson(Doubt::DeletedHere) => Outcome::Ask(Some(content)),
    }))
}

fn merged(
    base: Base,
    here: &sync::Here,
    theirs: Vec<u8>,
    now: DateTime<Utc>,
) -> Result<Outcome, ClientError> {
    let Some(mine) = &here.content else {
        return Ok(Outcome::Take(theirs));
    };
    let base = match base {
        Base::Known => here.base.as_deref(),
        Base::Sealed => here.sealed.as_ref().and_then(|sealed| sealed.content.as_deref()),
        Base::None => None,
    };
    let kind = record::AnyRecord::read(mine).map_err(|_| damaged())?.kind();
    match record::merge(kind, base, mine, &theirs) {
        Ok(MergedBytes {
            value,
            originals,
            apart,
        }) => Ok(Outcome::Merge {
            originals: originals.then(|| Originals {
                merged: now,
                mine: mine.clone(),
                theirs: theirs.clone(),
            }),
            theirs,
            merged: value,
            apart,
        }),
        // What is of another kind than it was is no writing of the person's.
        Err(RecordError::OtherKind) => Ok(Outcome::Keep),
        Err(_) => Err(damaged()),
    }
}

/// Whether an entry came, or came changed.
fn is_news(plan: Plan, theirs: &Known) -> bool {
    Kind::of(theirs.kind) == Some(Kind::Entry) && matches!(plan, Plan::Take | Plan::Merge(_) | Plan::Revive)
}

/// Of what came, what the person wrote: settings and choices are merged on every new device, and are no news.
fn count(taken: &mut Taken, plan: Plan, here: &sync::Here, theirs: &Known) {
    if !matches!(Kind::of(theirs.kind), Some(Kind::Entry | Kind::Run)) {
        return;
    }
    match plan {
        Plan::Take if here.content.is_none() => taken.new += 1,
        Plan::Take => taken.changed += 1,
        Plan::Delete => taken.deleted += 1,
        Plan::Merge(_) => taken.merged += 1,
        Plan::KeepEdited | Plan::Revive => taken.kept += u64::from(theirs.deleted || plan == Plan::Revive),
        Plan::AskPerson(_) => taken.asked += 1,
        _ => {}
    }
}

/// A record as it is here, for the engine's plans.
fn mine(here: &sync::Here) -> regie_sync::Mine {
    regie_sync::Mine {
        known: here.known.as_ref().map(|known| regie_sync::Known {
            revision: Revision(known.revision.0),
            hash: EnvelopeHash(known.hash.0),
            parent: known.parent.map(|parent| EnvelopeHash(parent.0)),
            deleted: known.deleted,
        }),
        here: match here.mine {
            Mine::Unchanged => Here::Unchanged,
            Mine::Changed => Here::Changed,
            Mine::Deleted => Here::Deleted,
        },
        sealed: here.sealed.as_ref().map(|sealed| Sealed {
            revision: Revision(sealed.revision.0),
            hash: EnvelopeHash(sealed.hash.0),
            deleted: sealed.deleted,
            edited_since: sealed.changed_since,
        }),
    }
}

fn as_theirs(known: &Known) -> Theirs {
    Theirs {
        revision: Revision(known.revision.0),
        hash: EnvelopeHash(known.hash.0),
        parent: known.parent.map(|parent| EnvelopeHash(parent.0)),
        deleted: known.deleted,
    }
}
