//! Sealing: what waits becomes one push, stored before it is sent.

use regie_crypto::{account::NewEpoch, head::HeadKeys, make_random, record::derive_record_id};
use regie_domain::{
    attachment::State,
    record::{AnyRecord, Kind},
};
use regie_protocol::{
    account::device::{SignOutRequest, Which},
    purpose::CopyOnServer,
    signed::{self, ChangeHeader, ChangeStatement, Entry, Head, Next},
    sync::{
        BlobId, Envelope, Label, PushRequest, RecordId, RestartRequest, Revision, Wire,
        envelope::padded_length, limits::BLOB_ROWS,
    },
    wire::{Blob, Fixed},
};
use regie_sync::{Parcel, Seal, SealWhat, SealedPush};
use regie_vault::{
    Vault,
    account::OwnDevice,
    sync::{Change, NewPush, Pushed, What},
};

use crate::{
    AccountError, Client, ClientError,
    account::{Ways, epoch_on_wire},
    attachment::keeps_all,
};

use super::{
    Running,
    checking::{Set, known_set, roll_of, summed},
    damaged,
    keys::EpochKeys,
    restarting::Restart,
};

/// What stands on an envelope beside what is sealed, at most, with nonce and tag.
const AROUND: usize = 256;

/// What is sent, and whereto: as it is stored.
#[derive(Debug)]
pub(super) enum Parcelled {
    /// [`PushRequest`] as it travels.
    Push(Vec<u8>),
    /// [`SignOutRequest`] with an epoch.
    SignOut(Vec<u8>),
    /// [`RestartRequest`] as it travels.
    Restart(Vec<u8>),
}

const PUSH: u8 = 0;
const SIGN_OUT: u8 = 1;
const RESTART: u8 = 2;

impl Parcelled {
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, ClientError> {
        match bytes.split_first() {
            Some((&PUSH, body)) => Ok(Self::Push(body.to_vec())),
            Some((&SIGN_OUT, body)) => Ok(Self::SignOut(body.to_vec())),
            Some((&RESTART, body)) => Ok(Self::Restart(body.to_vec())),
            _ => Err(damaged()),
        }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let (kind, body) = match self {
            Self::Push(body) => (PUSH, body),
            Self::SignOut(body) => (SIGN_OUT, body),
            Self::Restart(body) => (RESTART, body),
        };
        [&[kind], body.as_slice()].concat()
    }

    /// The headers in it, in order.
    pub(super) fn headers(&self) -> Result<Vec<signed::Header>, ClientError> {
        let change = |bytes: &[u8]| ChangeHeader::from_bytes(bytes).map(signed::Header::Change);
        let epoch = |bytes: &[u8]| signed::EpochHeader::from_bytes(bytes).map(signed::Header::Epoch);
        let of = |begun: &regie_protocol::account::device::Epoch| {
            let mut headers = vec![epoch(&begun.statement.0)?];
            if let Some(set) = &begun.set {
                headers.push(change(&set.0)?);
            }
            Ok::<_, signed::SignedError>(headers)
        };
        match self {
            Self::Push(bytes) => {
                let push = PushRequest::from_bytes(bytes).map_err(|_| damaged())?;
                Ok(vec![change(&push.header).map_err(|_| damaged())?])
            }
            Self::SignOut(json) => {
                let request: SignOutRequest = serde_json::from_slice(json).map_err(|_| damaged())?;
                of(&request.epoch.ok_or(damaged())?).map_err(|_| damaged())
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
        let after_head = Head {
            sequence: after.sequence,
            hash: after.hash,
        };
        match &seal.what {
            SealWhat::Changes => {
                let list = self.deletions_file();
                let clean_by = self.cleaned_by();
                self.with_vault(|vault| {
                    vault.join_twins(!keeps_all(vault)?)?;
                    // What no entry names at this head goes with this push.
                    vault.delete_unnamed((&list, clean_by))?;
                    seal_changes(vault, running, seal, after_head, after.epoch)
                })
            }
            SealWhat::Epoch { .. } => {
                let epoch = self.next_epoch(after_head)?;
                self.with_vault(|vault| seal_epoch(vault, running, epoch))
            }
            SealWhat::Restart {
                names,
                roll,
                epochs_lost,
            } => {
                let restart = Restart {
                    after,
                    names: *names,
                    roll,
                    epochs_lost: *epochs_lost,
                    joins: seal.joins,
                };
                self.seal_restart(running, &restart)
            }
            // It is not asked for: a copy that is wanted again is begun as a first one.
            SealWhat::BeginAgain { .. } => Ok(None),
        }
    }
}

fn seal_changes(
    vault: &mut Vault,
    running: &mut Running,
    seal: &Seal,
    after: Head,
    epoch: u64,
) -> Result<Option<SealedPush>, ClientError> {
    let consent = vault.consent::<CopyOnServer>()?;
    let own = vault.own_device()?.ok_or(AccountError::SignedOut)?;
    let me = own.keys.public()?;
    let Running { engine, keys, .. } = running;
    let roll = engine.snapshot().roll.clone();
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
    let changes = {
        let names = &keys.own(vault, 1)?.account;
        let mut name = |kind: Kind, name: Option<&[u8]>| match name {
            Some(name) => Ok(derive_record_id(names, kind.number(), name)?),
            None => Ok(RecordId(make_random()?)),
        };
        vault.changes(&consent, None, &mut room, &mut name)?
    };
    if changes.is_empty() && !seal.joins {
        return Ok(None);
    }
    let keep = kept_by(&changes)?;
    let drop = vault.blobs_to_drop(BLOB_ROWS)?;
    let mut set = known_set(vault, keys, epoch)?;
    let (mut records, mut envelopes) = (Vec::new(), Vec::new());
    for change in changes {
        let sealed = seal_one(vault, keys, epoch, change, &mut set)?;
        envelopes.push(sealed.1);
        records.push(sealed.0);
    }
    let entries: Vec<_> = seal.joins.then_some(Entry::Joined(me)).into_iter().collect();
    let next = after.next().map_err(|_| damaged())?;
    let roll = roll_of(vault, keys, &roll)?.ok_or(damaged())?;
    let roll = roll.with(&entries).map_err(|_| damaged())?;
    let header = make_header(&keys.own(vault, epoch)?.heads, &own, next, (&roll, entries), &set)?;
    let header_hash = header.hash().map_err(|_| damaged())?;
    let request = PushRequest {
        header: header.to_bytes().map_err(|_| damaged())?,
        envelopes,
        keep,
        drop,
    };
    let count = u64::try_from(records.len()).unwrap_or(u64::MAX);
    running.sealed = Some((header_hash, set));
    running.made = Some(NewPush {
        sequence: next.sequence,
        hash: header_hash,
        bytes: Parcelled::Push(request.to_bytes().map_err(|_| damaged())?).to_bytes(),
        records,
    });
    Ok(Some(SealedPush {
        first: header_hash,
        head: regie_sync::Head {
            sequence: next.sequence,
            hash: header_hash,
            epoch,
        },
        records: count,
        more,
    }))
}

/// The blobs that these changes say are on the server: it keeps them from then on, in order of their ids.
fn kept_by(changes: &[Change]) -> Result<Vec<BlobId>, ClientError> {
    let mut keep = Vec::new();
    for change in changes {
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

/// Seals one change, and counts it in the place of what is known of it.
fn seal_one(
    vault: &Vault,
    keys: &mut EpochKeys,
    epoch: u64,
    change: Change,
    set: &mut Set,
) -> Result<(Pushed, Vec<u8>), ClientError> {
    let known = change.known;
    let kept = keys.own(vault, epoch)?;
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
    let (hash, revision) = (envelope.hash().map_err(|_| damaged())?, envelope.label.revision);
    if let Some(known) = known {
        set.without(&kept.heads, &known);
    }
    set.sum = set.sum + kept.heads.number(change.id, revision, hash);
    set.live += u64::from(!envelope.label.deleted);
    let bytes = envelope.to_bytes().map_err(|_| damaged())?;
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
/// shuts them out.
fn seal_epoch(
    vault: &Vault,
    running: &mut Running,
    epoch: NewEpoch,
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
    let lost = snapshot.without.first().copied().unwrap_or(own.keys.id());
    let request = SignOutRequest {
        which: Which::One(Fixed(lost.0)),
        epoch: Some(begun),
    };
    let body = serde_json::to_vec(&request).map_err(|_| damaged())?;
    running.made = Some(NewPush {
        sequence: last.sequence,
        hash: last.hash,
        bytes: Parcelled::SignOut(body).to_bytes(),
        records: Vec::new(),
    });
    let sealed = SealedPush {
        first: first.hash,
        head: regie_sync::Head {
            sequence: last.sequence,
            hash: last.hash,
            epoch: epoch.key.epoch(),
        },
        records: 0,
        more: false,
    };
    running.epoch = Some(epoch);
    Ok(Some(sealed))
}
