//! Checking what came: each header by its signature, each record by opening it, and the whole set by the head's MAC.

use std::collections::BTreeMap;

use regie_crypto::head::{HeadKeys, Sum};
use regie_domain::record::{self, Confirmed, Tombstone};
use regie_protocol::{
    signed::{self, EpochHeader, HeaderKind, Roll, VerifyingKey},
    sync::{Envelope, RecordId},
};
use regie_sync::{Bulk, Census, Check, Checked, Differences, Fit, Signer, Verified, Verify};
use regie_vault::{
    Vault,
    sync::{Known, Mine},
};

use crate::{AccountError, Client, ClientError};

use super::{Running, answers, damaged, keys::EpochKeys};

/// So many records that lie aside are read at once.
pub(super) const AT_ONCE: u32 = 500;

impl Client {
    /// Checks the page that came last. What does not fit is the server's doing, and no error.
    pub(super) fn check_page(&self, running: &mut Running, check: &Check) -> Result<Checked, ClientError> {
        let newest = running.held.as_ref().into_iter().flat_map(|held| &held.headers);
        if let Some(newest) = newest.map(signed::Header::epoch).max()
            && let Err(error) = self.learn_epochs(running, newest)
        {
            tracing::debug!(%error, "an epoch could not be taken over");
            // What did not come is not for want of a key.
            if is_for_later(&error) {
                return Ok(Checked::NotNow);
            }
        }
        let Running { held, keys, .. } = running;
        let Some(held) = held else {
            return Ok(Checked::Fits);
        };
        self.with_vault(|vault| {
            for (header, signer) in held.headers.iter().zip(&check.signers) {
                if !is_signed(vault, header, signer)? {
                    return Ok(Checked::BadHeader);
                }
                if let signed::Header::Epoch(epoch) = header {
                    match keys.of(vault, epoch.statement().number)? {
                        None => return Ok(Checked::NotForThisDevice),
                        Some(kept) if kept.header != *epoch || kept.account.check(epoch).is_err() => {
                            return Ok(Checked::BadHeader);
                        }
                        Some(_) => {}
                    }
                }
            }
            let mut closed = Vec::new();
            for record in &mut held.records {
                keys.of(vault, record.envelope.label.epoch)?;
                let content = keys.open(&record.envelope);
                let read = content.and_then(|content| Some((record::head(&content).ok()?.0, content)));
                match read {
                    Some((kind, content)) => (record.kind, record.content) = (kind, content),
                    None => closed.push(regie_sync::RecordId(record.envelope.label.id.0)),
                }
            }
            Ok(match closed.is_empty() {
                true => Checked::Fits,
                false => Checked::DoesNotOpen(closed),
            })
        })
    }

    /// Compares what lies aside, and what is known, with what the head vouches for.
    pub(super) fn verify_set(&self, running: &mut Running, verify: &Verify) -> Result<Verified, ClientError> {
        self.learn_epochs(running, verify.head.epoch)?;
        self.with_vault(|vault| {
            let keys = &mut running.keys;
            if verify.anew && !is_sum_kept(vault, keys)? {
                return Ok(Verified {
                    fit: Fit::Damaged,
                    census: Census::default(),
                    differences: Differences::default(),
                });
            }
            let set = verified_set(vault, keys, verify.head.epoch, verify.whole, verify.after)?;
            running.verified = Some((verify.head.hash, set));
            let mut sight = Sight::default();
            let fits = fits(vault, keys, verify, &set)?;
            if fits {
                sight.look(vault, keys, verify)?;
            }
            Ok(Verified {
                fit: if fits { Fit::Fits } else { Fit::Differs },
                census: sight.census(vault)?,
                differences: sight.differences,
            })
        })
    }

    /// Whether the sum kept beside the head is that of the rows.
    pub(super) fn sum_anew(&self, running: &mut Running) -> Result<bool, ClientError> {
        self.with_vault(|vault| is_sum_kept(vault, &mut running.keys))
    }
}

/// Whether the same may work a moment later.
pub(super) const fn is_for_later(error: &ClientError) -> bool {
    matches!(
        error,
        ClientError::Account(
            AccountError::Offline | AccountError::Busy { .. } | AccountError::Changed | AccountError::Refused
        )
    )
}

/// The sum of a set, and how many live records are in it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Set {
    pub(super) sum: Sum,
    pub(super) live: u64,
}

impl Set {
    pub(super) fn with(&mut self, keys: &HeadKeys, known: &Known) {
        self.sum = self.sum + keys.number(known.id, known.revision, known.hash);
        self.live += u64::from(!known.deleted);
    }

    pub(super) fn without(&mut self, keys: &HeadKeys, known: &Known) {
        self.sum = self.sum - keys.number(known.id, known.revision, known.hash);
        self.live = self.live.saturating_sub(u64::from(!known.deleted));
    }
}

/// The set that is known, as it is counted in this epoch: from the sum beside the head where that is of the same epoch.
pub(super) fn known_set(vault: &Vault, keys: &mut EpochKeys, epoch: u64) -> Result<Set, ClientError> {
    if let Some(head) = vault.sync_head()? {
        let header = read_header(&head.header)?;
        if header.epoch() == epoch {
            return Ok(Set {
                sum: Sum::from_bytes(&head.sum),
                live: live_after(&header),
            });
        }
    }
    summed(vault, &keys.own(vault, epoch)?.heads)
}

/// The set that the head would vouch for: what is known, or nothing, with what lies aside in its place.
pub(super) fn verified_set(
    vault: &Vault,
    keys: &mut EpochKeys,
    epoch: u64,
    whole: bool,
    after: u64,
) -> Result<Set, ClientError> {
    let mut set = match whole {
        true => Set::default(),
        false => known_set(vault, keys, epoch)?,
    };
    let heads = &keys.own(vault, epoch)?.heads;
    vault.each_aside(after, |theirs, known| {
        if !whole && let Some(before) = known {
            set.without(heads, before);
        }
        set.with(heads, theirs);
        Ok::<_, ClientError>(())
    })?;
    Ok(set)
}

/// The set of all that is known, from the rows themselves.
pub(super) fn summed(vault: &Vault, heads: &HeadKeys) -> Result<Set, ClientError> {
    let mut set = Set::default();
    vault.each_known(|known| {
        set.with(heads, known);
        Ok::<_, ClientError>(())
    })?;
    Ok(set)
}

fn is_sum_kept(vault: &Vault, keys: &mut EpochKeys) -> Result<bool, ClientError> {
    let Some(head) = vault.sync_head()? else {
        return Ok(true);
    };
    let epoch = read_header(&head.header)?.epoch();
    let set = summed(vault, &keys.own(vault, epoch)?.heads)?;
    Ok(set.sum.to_bytes() == head.sum)
}

fn live_after(header: &signed::Header) -> u64 {
    match header {
        signed::Header::Epoch(_) => 0,
        signed::Header::Change(change) => change.statement().records,
    }
}

/// A header as it is kept: its kind, and itself.
pub(super) fn kept_header(header: &signed::Header) -> Result<Vec<u8>, ClientError> {
    let kind = u8::try_from(header.kind().number()).unwrap_or(u8::MAX);
    let mut kept = vec![kind];
    kept.extend(header.to_bytes().map_err(|_| damaged())?);
    Ok(kept)
}

/// The last header that came, or, where none did, the head's: as it is kept.
pub(super) fn newest_header(vault: &Vault) -> Result<Vec<u8>, ClientError> {
    match vault.tip()? {
        Some(tip) => Ok(tip),
        None => Ok(vault.sync_head()?.ok_or(damaged())?.header),
    }
}

pub(super) fn read_header(kept: &[u8]) -> Result<signed::Header, ClientError> {
    let (kind, bytes) = kept.split_first().ok_or(damaged())?;
    let kind = HeaderKind::from_number((*kind).into()).map_err(|_| damaged())?;
    signed::Header::from_bytes(kind, bytes).map_err(|_| damaged())
}

/// The roll of the engine, as headers hash it.
pub(super) fn roll_of(
    vault: &Vault,
    keys: &mut EpochKeys,
    roll: &regie_sync::Roll,
) -> Result<Option<Roll>, ClientError> {
    let count = roll.epochs().len();
    keys.of(vault, u64::try_from(count).unwrap_or(u64::MAX))?;
    let headers: Vec<EpochHeader> = keys.headers(count);
    let devices: Vec<_> = roll.devices().iter().map(answers::public).collect();
    let Ok(made) = Roll::from_parts(&headers, &devices) else {
        return Ok(None);
    };
    Ok((made.epochs() == roll.epochs()).then_some(made))
}

fn fits(vault: &Vault, keys: &mut EpochKeys, verify: &Verify, set: &Set) -> Result<bool, ClientError> {
    let header = read_header(&newest_header(vault)?)?;
    if header.hash().map_err(|_| damaged())? != verify.head.hash {
        return Ok(false);
    }
    match &header {
        signed::Header::Epoch(epoch) => {
            let kept = keys.own(vault, verify.head.epoch)?;
            Ok(set.live == 0 && set.sum == Sum::EMPTY && kept.account.check(epoch).is_ok())
        }
        signed::Header::Change(change) => {
            let Some(roll) = roll_of(vault, keys, &verify.roll)? else {
                return Ok(false);
            };
            let kept = keys.own(vault, verify.head.epoch)?;
            let vouched = kept.heads.check_header(change, &set.sum, set.live).is_ok();
            Ok(vouched && roll.hash().map_err(|_| damaged())? == change.statement().roll)
        }
    }
}

fn is_signed(vault: &Vault, header: &signed::Header, signer: &Signer) -> Result<bool, ClientError> {
    let key = match signer {
        Signer::Key(key) => Some(*key),
        Signer::ByName(device) => {
            let known = vault.known_devices()?;
            known
                .iter()
                .find(|one| one.device == *device)
                .map(|one| one.sign_key)
        }
    };
    let key = key.and_then(|key| VerifyingKey::from_bytes(&key).ok());
    Ok(key.is_some_and(|key| header.check_signature(&key).is_ok()))
}

/// The deletion of many that a tombstone belongs to, where the person confirmed one.
pub(super) fn confirmed(content: &[u8]) -> Option<Confirmed> {
    Tombstone::read(content).ok()?.confirmed
}

fn live(vault: &Vault) -> Result<u64, ClientError> {
    let counts = vault.synced_counts()?;
    Ok(counts.iter().map(|count| u64::from(count.live)).sum())
}

/// What would become of what is here.
#[derive(Default)]
struct Sight {
    deletions: u64,
    bulk: BTreeMap<uuid::Uuid, Bulk>,
    differences: Differences,
}

impl Sight {
    fn look(&mut self, vault: &Vault, keys: &mut EpochKeys, verify: &Verify) -> Result<(), ClientError> {
        let mut there = 0;
        vault.each_aside(verify.after, |theirs, known| {
            let lives = known.is_some_and(|known| !known.deleted);
            there += u64::from(known.is_some());
            if theirs.deleted && lives {
                self.would_go(vault, keys, theirs.id)?;
            }
            if verify.differences {
                self.compare(known, theirs);
            }
            Ok::<_, ClientError>(())
        })?;
        if verify.differences {
            self.differences.only_here = live(vault)?.saturating_sub(there);
        }
        Ok(())
    }

    fn would_go(&mut self, vault: &Vault, keys: &mut EpochKeys, id: RecordId) -> Result<(), ClientError> {
        if vault.here(id, None)?.mine != Mine::Unchanged {
            return Ok(());
        }
        let bytes = vault.aside(id)?.and_then(|aside| aside.envelope);
        let confirmed = match bytes.and_then(|bytes| Envelope::from_bytes(&bytes).ok()) {
            Some(envelope) => {
                keys.of(vault, envelope.label.epoch)?;
                keys.open(&envelope).and_then(|content| confirmed(&content))
            }
            None => None,
        };
        match confirmed {
            Some(confirmed) => {
                let bulk = self.bulk.entry(confirmed.deletion).or_insert(Bulk {
                    told: confirmed.count.into(),
                    arriving: 0,
                });
                bulk.arriving += 1;
            }
            None => self.deletions += 1,
        }
        Ok(())
    }

    fn compare(&mut self, known: Option<&Known>, theirs: &Known) {
        let differences = &mut self.differences;
        match known {
            None => differences.only_there += u64::from(!theirs.deleted),
            Some(known) if known.revision == theirs.revision => {}
            Some(known) if !known.deleted && theirs.deleted => differences.deleted_there += 1,
            Some(known) if known.deleted && !theirs.deleted => differences.deleted_here += 1,
            Some(_) => differences.differing += 1,
        }
    }

    fn census(&self, vault: &Vault) -> Result<Census, ClientError> {
        // Counting all is needed only where something would go.
        let live = match self.deletions == 0 && self.bulk.is_empty() {
            true => 0,
            false => live(vault)?,
        };
        Ok(Census {
            live,
            deletions: self.deletions,
            bulk: self.bulk.values().copied().collect(),
        })
    }
}
