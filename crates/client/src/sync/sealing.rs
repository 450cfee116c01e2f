//! Sealing: what waits becomes one push, stored before it is sent. Where more waits, the next one is sealed while that is on its way.

use std::{sync::mpsc::sync_channel, thread};

use bytes::{Buf, Bytes};
use regie_crypto::{
    account::{AccountKey, NewEpoch},
    head::HeadKeys,
    make_random,
    record::derive_record_id,
};
use regie_domain::{
    attachment::State,
    record::{AnyRecord, Kind},
};
use regie_protocol::{
    account::{
        change::PassphraseRequest,
        device::{self, SignOutRequest, Which},
    },
    purpose::CopyOnServer,
    signed::{self, ChangeHeader, ChangeStatement, Entry, Head, HeaderHash, Next},
    sync::{
        BlobId, Envelope, EnvelopeHash, Label, PushRequest, RecordId, RestartRequest, Revision, Wire,
        envelope::padded_length, limits::BLOB_ROWS,
    },
    wire::{Blob, Fixed},
};
use regie_sync::{Change as Written, Delivery, Effect, Parcel, PushKind, Seal, SealWhat, SealedPush};
use regie_vault::{
    Vault,
    account::OwnDevice,
    sync::{Change, NewPush, Pushed, Room, What},
};

use crate::{
    AccountError, Client, ClientError,
    account::{AskedNew, Ways, epoch_on_wire},
    attachment::keeps_all,
};

use super::{
    Running, answers,
    checking::{Set, known_set, roll_of, summed},
    damaged,
    keys::{Epoch, EpochKeys},
    restarting::Restart,
};

/// What stands on an envelope beside what is sealed, at most, with nonce and tag.
const AROUND: usize = 256;
/// So many changes are handed over at once to be sealed, and so many times that may wait.
const TOGETHER: usize = 32;
const WAITING: usize = 4;

/// What is sent, and whereto: as it is stored.
#[derive(Debug)]
pub(super) enum Parcelled {
    /// [`PushRequest`] as it travels.
    Push(Bytes),
    /// [`SignOutRequest`] with an epoch.
    SignOut(Bytes),
    /// [`RestartRequest`] as it travels.
    Restart(Bytes),
    /// [`PassphraseRequest`] with an epoch. It goes with a proof, which is kept nowhere.
    AllNew(Bytes),
}

pub(super) const PUSH: u8 = 0;
pub(super) const SIGN_OUT: u8 = 1;
pub(super) const RESTART: u8 = 2;
const ALL_NEW: u8 = 3;

impl Parcelled {
    pub(super) fn from_bytes(bytes: impl Into<Bytes>) -> Result<Self, ClientError> {
        let mut bytes = bytes.into();
        let kind = bytes.try_get_u8().map_err(|_| damaged())?;
        match kind {
            PUSH => Ok(Self::Push(bytes)),
            SIGN_OUT => Ok(Self::SignOut(bytes)),
            RESTART => Ok(Self::Restart(bytes)),
            ALL_NEW => Ok(Self::AllNew(bytes)),
            _ => Err(damaged()),
        }
    }

    /// The headers in it, in order.
    pub(super) fn headers(&self) -> Result<Vec<signed::Header>, ClientError> {
        let change = |bytes: &[u8]| ChangeHeader::from_bytes(bytes).map(signed::Header::Change);
        let epoch = |bytes: &[u8]| signed::EpochHeader::from_bytes(bytes).map(signed::Header::Epoch);
        let of = |begun: Option<device::Epoch>| {
            let begun = begun.ok_or(damaged())?;
            let mut headers = vec![epoch(&begun.statement.0).map_err(|_| damaged())?];
            if let Some(set) = &begun.set {
                headers.push(change(&set.0).map_err(|_| damaged())?);
            }
            Ok(headers)
        };
        match self {
            Self::Push(bytes) => {
                let push = PushRequest::from_bytes(bytes).map_err(|_| damaged())?;
                Ok(vec![change(&push.header).map_err(|_| damaged())?])
            }
            Self::SignOut(json) => {
                let request: SignOutRequest = serde_json::from_slice(json).map_err(|_| damaged())?;
                of(request.epoch)
            }
            Self::AllNew(json) => {
                let request: PassphraseRequest = serde_json::from_slice(json).map_err(|_| damaged())?;
                of(request.epoch)
            }
            Self::Restart(bytes) => {
                let request = RestartRequest::from_bytes(bytes).map_err(|_| damaged())?;
                let begun = epoch(&request.epoch.header).map_err(|_| damaged())?;
                Ok(vec![begun, change(&request.header).map_err(|_| damaged())?])
            }
        }
    }

    /// The blobs that it keeps, and those that it drops.
    pub(super) fn blobs(&self) -> Result<(Vec<BlobId>, Vec<BlobId>), ClientError> {
        let Self::Push(bytes) = self else {
            return Ok(<_>::default());
        };
        let push = PushRequest::from_bytes(bytes).map_err(|_| damaged())?;
        Ok((push.keep, push.drop))
    }

    /// The envelopes in it.
    pub(super) fn envelopes(&self) -> Result<Vec<(Envelope, Vec<u8>)>, ClientError> {
        let Self::Push(bytes) = self else {
            return Ok(Vec::new());
        };
        let push = PushRequest::from_bytes(bytes).map_err(|_| damaged())?;
        let read = |bytes: Vec<u8>| Envelope::from_bytes(&bytes).map(|envelope| (envelope, bytes));
        push.envelopes
            .into_iter()
            .map(read)
            .collect::<Result<_, _>>()
            .map_err(|_| damaged())
    }
}

/// A push that was sealed, until it is stored.
pub(super) struct Made {
    pub(super) push: NewPush,
    /// How often something had been written here by then ([`Vault::writes`]).
    pub(super) writes: u64,
    /// Of one of changes.
    pub(super) sealed: Option<Sealed>,
}

impl Made {
    /// One without records.
    pub(super) fn bare(sequence: u64, hash: HeaderHash, kind: u8, body: Vec<u8>) -> Self {
        Self {
            push: NewPush {
                sequence,
                hash,
                bytes: as_stored(kind, body),
                records: Vec::new(),
            },
            writes: 0,
            sealed: None,
        }
    }
}

/// What noting a push of changes takes, and sealing what follows it: after a start it is read from what is stored.
pub(super) struct Sealed {
    pub(super) hash: HeaderHash,
    pub(super) header: signed::Header,
    /// The set that the header vouches for.
    pub(super) set: Set,
    /// The blobs that go with it.
    pub(super) drop: Vec<BlobId>,
    /// As it is stored: what was written just now is not read back.
    pub(super) bytes: Bytes,
}

/// A push that was sealed while the one before it was on its way.
pub(super) struct Ahead {
    after: regie_sync::Head,
    made: Made,
    sealed: SealedPush,
}

/// What is sealed of a push, and the set with it. Where much is read, it is sealed beside the reading.
struct Sealing {
    records: Vec<Pushed>,
    envelopes: Vec<Vec<u8>>,
    set: Set,
}

/// What changes are sealed onto.
struct Onto<'s> {
    after: regie_sync::Head,
    roll: &'s regie_sync::Roll,
    joins: bool,
    /// The push on its way, where this is sealed ahead.
    behind: Option<&'s Sealed>,
}

/// Whether what is done leaves it to the next push to note the one that arrived.
pub(super) const fn goes_on(effect: &Effect) -> bool {
    match effect {
        Effect::Write(write) => matches!(write.change, Written::StorePush),
        Effect::Seal(seal) => matches!(seal.what, SealWhat::Changes),
        Effect::WakeAt(_) | Effect::Show(_) | Effect::Tell(_) => true,
        _ => false,
    }
}

impl Client {
    /// Seals what the engine asked for; `None` when there is nothing to seal.
    pub(super) fn seal_push(
        &self,
        running: &mut Running,
        seal: &Seal,
    ) -> Result<Option<SealedPush>, ClientError> {
        let Some(after) = seal.after else {
            return Ok(None);
        };
        match &seal.what {
            SealWhat::Changes => {
                if let Some(ahead) = self.take_ahead(running, after, seal.joins)? {
                    running.made = Some(ahead.made);
                    return Ok(Some(ahead.sealed));
                }
                self.note_arrived(running)?;
                let list = self.deletions_file();
                let clean_by = self.cleaned_by();
                let made = self.with_vault(|vault| {
                    vault.join_twins(!keeps_all(vault)?)?;
                    // What no entry names at this head goes with this push.
                    vault.delete_unnamed((&list, clean_by))?;
                    let Running { engine, keys, .. } = running;
                    let onto = Onto {
                        after,
                        roll: &engine.snapshot().roll,
                        joins: seal.joins,
                        behind: None,
                    };
                    seal_changes(vault, keys, &onto)
                })?;
                let (made, sealed) = made.unzip();
                running.made = made;
                Ok(sealed)
            }
            SealWhat::Epoch { .. } => {
                let epoch = self.next_epoch(as_head(after))?;
                self.with_vault(|vault| seal_epoch(vault, running, epoch, None))
            }
            SealWhat::AllNew { .. } => {
                let Some(epoch) = self.next_epoch_all_new(as_head(after))? else {
                    return Ok(None);
                };
                let mut asked = self.sync.asked_new();
                let Some(asked) = asked.as_mut() else {
                    return Ok(None);
                };
                self.with_vault(|vault| seal_epoch(vault, running, epoch, Some(asked)))
            }
            SealWhat::Restart { names, roll, shown } => {
                let restart = Restart {
                    after,
                    names: *names,
                    roll,
                    shown,
                };
                self.seal_restart(running, &restart)
            }
            // It is not asked for: a copy that is wanted again is begun as a first one.
            SealWhat::BeginAgain { .. } => Ok(None),
        }
    }

    /// Sends the stored push; what is to follow it is sealed while the server takes it in.
    pub(super) fn send_and_go_on(&self, running: &mut Running) -> Result<Delivery, ClientError> {
        let push = running.engine.snapshot().push.as_ref();
        let after = push.filter(|push| push.more).map(|push| push.head);
        running.ahead.take_if(|ahead| Some(ahead.after) != after);
        let stored = running
            .sealed
            .as_ref()
            .map(|sealed| (sealed.hash, sealed.bytes.clone()));
        self.send_push(stored, || {
            if after.is_some() && running.ahead.is_none() {
                // What goes wrong here does so again when it is asked for.
                running.ahead = self.seal_ahead(running).unwrap_or_default();
            }
        })
    }

    /// Seals what follows the push that is on its way; `None` where that is not known yet.
    fn seal_ahead(&self, running: &mut Running) -> Result<Option<Ahead>, ClientError> {
        let Running {
            engine, keys, sealed, ..
        } = running;
        let (Some(push), Some(behind)) = (&engine.snapshot().push, sealed) else {
            return Ok(None);
        };
        if push.kind != PushKind::Changes || behind.hash != push.head.hash {
            return Ok(None);
        }
        let onto = Onto {
            after: push.head,
            roll: &push.roll,
            joins: false,
            behind: Some(behind),
        };
        self.with_vault(|vault| {
            let made = seal_changes(vault, keys, &onto)?;
            Ok(made.map(|(made, sealed)| Ahead {
                after: push.head,
                made,
                sealed,
            }))
        })
    }

    /// What was sealed ahead, where it is what would be sealed now.
    fn take_ahead(
        &self,
        running: &mut Running,
        after: regie_sync::Head,
        joins: bool,
    ) -> Result<Option<Ahead>, ClientError> {
        let Some(ahead) = running.ahead.take() else {
            return Ok(None);
        };
        let writes = self.with_vault(|vault| Ok(vault.writes()))?;
        // What was deleted meanwhile does not go.
        Ok((ahead.after == after && ahead.made.writes == writes && !joins).then_some(ahead))
    }
}

fn as_head(head: regie_sync::Head) -> Head {
    Head {
        sequence: head.sequence,
        hash: head.hash,
    }
}

fn seal_changes(
    vault: &Vault,
    keys: &mut EpochKeys,
    onto: &Onto<'_>,
) -> Result<Option<(Made, SealedPush)>, ClientError> {
    let own = vault.own_device()?.ok_or(AccountError::SignedOut)?;
    let me = own.keys.public()?;
    let epoch = onto.after.epoch;
    let (mut parcel, mut more) = (Parcel::default(), false);
    let mut room = |bytes: usize| {
        let fits = parcel.takes(
            padded_length(bytes + 1)
                .unwrap_or(usize::MAX)
                .saturating_add(AROUND),
        );
        more |= !fits;
        fits
    };
    let mut drop = vault.blobs_to_drop(BLOB_ROWS)?;
    let set = match onto.behind {
        Some(behind) => {
            drop.retain(|blob| !behind.drop.contains(blob));
            behind.set
        }
        None => known_set(vault, keys, epoch)?,
    };
    let roll = roll_of(vault, keys, onto.roll)?.ok_or(damaged())?;
    keys.own(vault, epoch)?;
    keys.own(vault, 1)?;
    let kept = keys.read_before(epoch)?;
    let names = &keys.read_before(1)?.account;
    let Sealing {
        records,
        envelopes,
        set,
    } = read_and_seal(vault, names, kept, set, &mut room)?;
    if records.is_empty() && !onto.joins {
        return Ok(None);
    }
    let keep = kept_by(&records)?;
    let entries: Vec<_> = onto.joins.then_some(Entry::Joined(me)).into_iter().collect();
    let next = as_head(onto.after).next().map_err(|_| damaged())?;
    let roll = roll.with(&entries).map_err(|_| damaged())?;
    let header = make_header(&kept.heads, &own, next, (&roll, entries), &set)?;
    let hash = header.hash().map_err(|_| damaged())?;
    let request = PushRequest {
        header: header.to_bytes().map_err(|_| damaged())?,
        envelopes,
        keep,
        drop: drop.clone(),
    };
    let bytes = as_stored(PUSH, request.into_bytes().map_err(|_| damaged())?);
    let sealed = SealedPush {
        first: hash,
        head: regie_sync::Head {
            sequence: next.sequence,
            hash,
            epoch,
        },
        records: u64::try_from(records.len()).unwrap_or(u64::MAX),
        more,
        roll: answers::roll(&roll),
    };
    let push = NewPush {
        sequence: next.sequence,
        hash,
        bytes: bytes.clone(),
        records,
    };
    let made = Made {
        push,
        writes: vault.writes(),
        sealed: Some(Sealed {
            hash,
            header: signed::Header::Change(header),
            set,
            drop,
            bytes,
        }),
    };
    Ok(Some((made, sealed)))
}

/// What is sent, with what it is before it.
fn as_stored(kind: u8, mut body: Vec<u8>) -> Bytes {
    body.insert(0, kind);
    body.into()
}

/// Reads what waits, as long as there is room, and seals it beside that where it is much.
fn read_and_seal(
    vault: &Vault,
    names: &AccountKey,
    kept: &Epoch,
    set: Set,
    room: Room<'_>,
) -> Result<Sealing, ClientError> {
    let consent = vault.consent::<CopyOnServer>()?;
    // What one push names begins alike: wherever rows lie in the order of ids, these lie together.
    let begins: [u8; 6] = make_random()?;
    let mut name = |kind: Kind, name: Option<&[u8]>| match name {
        Some(name) => Ok(derive_record_id(names, kind.number(), name)?),
        None => {
            let mut id: [u8; 16] = make_random()?;
            id.iter_mut().zip(begins).for_each(|(byte, begin)| *byte = begin);
            Ok(RecordId(id))
        }
    };
    thread::scope(|scope| {
        let (mut some, mut beside) = (Vec::new(), None);
        vault.each_change(&consent, None, room, &mut name, &mut |change| {
            some.push(change);
            if some.len() < TOGETHER {
                return;
            }
            let (give, _) = beside.get_or_insert_with(|| {
                let (give, taken) = sync_channel::<Vec<Change>>(WAITING);
                let seal = move || Sealing::of(set).seal(kept, taken.into_iter().flatten());
                (give, scope.spawn(seal))
            });
            // Refused where sealing has failed, which is told below.
            give.send(std::mem::take(&mut some)).ok();
        })?;
        match beside {
            Some((give, sealing)) => {
                give.send(some).ok();
                drop(give);
                sealing.join().unwrap_or_else(|_| Err(damaged()))
            }
            None => Sealing::of(set).seal(kept, some),
        }
    })
}

/// The blobs that these changes say are on the server: it keeps them from then on, in order of their ids.
fn kept_by(records: &[Pushed]) -> Result<Vec<BlobId>, ClientError> {
    let mut keep = Vec::new();
    for Pushed { change, .. } in records {
        if let What::Content(content) = &change.what
            && change.kind == Kind::Attachment.number()
            && let AnyRecord::Attachment(manifest) = AnyRecord::read(content).map_err(|_| damaged())?
            && manifest.blob.state == State::There
        {
            keep.push(BlobId(manifest.blob.id));
        }
    }
    keep.sort_unstable();
    keep.dedup();
    Ok(keep)
}

impl Sealing {
    const fn of(set: Set) -> Self {
        Self {
            records: Vec::new(),
            envelopes: Vec::new(),
            set,
        }
    }

    fn seal(mut self, kept: &Epoch, changes: impl IntoIterator<Item = Change>) -> Result<Self, ClientError> {
        for change in changes {
            let (pushed, envelope) = seal_one(kept, change, &mut self.set)?;
            self.records.push(pushed);
            self.envelopes.push(envelope);
        }
        Ok(self)
    }
}

/// Seals one change, and counts it in the place of what is known of it.
fn seal_one(kept: &Epoch, change: Change, set: &mut Set) -> Result<(Pushed, Vec<u8>), ClientError> {
    let (known, epoch) = (change.known, kept.records.epoch());
    let before = change
        .envelope
        .as_deref()
        .and_then(|bytes| Envelope::from_bytes(bytes).ok());
    let envelope = match before.filter(|envelope| envelope.label.epoch == epoch) {
        Some(envelope) => envelope,
        None => {
            let label = Label {
                epoch,
                id: change.id,
                revision: match change.revision {
                    Some(revision) => revision,
                    None => Revision(make_random()?),
                },
                parent: change.parent,
                deleted: matches!(change.what, What::Tombstone(_)),
            };
            kept.records.seal(label, change.what.bytes())?
        }
    };
    let bytes = envelope.to_bytes().map_err(|_| damaged())?;
    let (hash, revision) = (EnvelopeHash::of(&bytes), envelope.label.revision);
    if let Some(known) = known {
        set.without(&kept.heads, &known);
    }
    set.sum = set.sum + kept.heads.number(change.id, revision, hash);
    set.live += u64::from(!envelope.label.deleted);
    Ok((
        Pushed {
            change,
            revision,
            hash,
        },
        bytes,
    ))
}

pub(super) fn make_header(
    heads: &HeadKeys,
    own: &OwnDevice,
    next: Next,
    (roll, entries): (&signed::Roll, Vec<Entry>),
    set: &Set,
) -> Result<ChangeHeader, ClientError> {
    let statement = ChangeStatement {
        account: heads.account(),
        sequence: next.sequence,
        before: next.before,
        epoch: heads.epoch(),
        device: own.keys.id(),
        records: set.live,
        roll: roll.hash().map_err(|_| damaged())?,
        entries,
    };
    Ok(heads.make_header(statement, &set.sum, &own.keys.signing())?)
}

/// An epoch with the header after it, which vouches for the whole set under the new key. Whoever was lost is signed out already: the epoch
/// shuts them out. With `asked` a new passphrase and code go along.
fn seal_epoch(
    vault: &Vault,
    running: &mut Running,
    epoch: NewEpoch,
    asked: Option<&mut AskedNew>,
) -> Result<Option<SealedPush>, ClientError> {
    let own = vault.own_device()?.ok_or(AccountError::SignedOut)?;
    let first = epoch.header.head().map_err(|_| damaged())?;
    let next = first.next().map_err(|_| damaged())?;
    let snapshot = running.engine.snapshot();
    let roll = roll_of(vault, &mut running.keys, &snapshot.roll)?.ok_or(damaged())?;
    let roll = roll.with_epoch(&epoch.header).map_err(|_| damaged())?;
    let heads = HeadKeys::derive(&epoch.key)?;
    let set = summed(vault, &heads)?;
    let header = make_header(&heads, &own, next, (&roll, Vec::new()), &set)?;
    let last = Head {
        sequence: next.sequence,
        hash: header.hash().map_err(|_| damaged())?,
    };
    let mut begun = epoch_on_wire(&epoch, Ways::All, &own.keys)?;
    begun.set = Some(Blob(header.to_bytes().map_err(|_| damaged())?));
    let (kind, body) = match asked {
        Some(asked) => (ALL_NEW, asked.seal(&epoch, begun, last)?),
        None => {
            let lost = snapshot.without.first().copied().unwrap_or(own.keys.id());
            let request = SignOutRequest {
                which: Which::One(Fixed(lost.0)),
                epoch: Some(begun),
            };
            (SIGN_OUT, serde_json::to_vec(&request).map_err(|_| damaged())?)
        }
    };
    running.made = Some(Made::bare(last.sequence, last.hash, kind, body));
    let sealed = SealedPush {
        first: first.hash,
        head: regie_sync::Head {
            sequence: last.sequence,
            hash: last.hash,
            epoch: epoch.key.epoch(),
        },
        records: 0,
        more: false,
        roll: answers::roll(&roll),
    };
    running.epoch = Some(epoch);
    Ok(Some(sealed))
}
