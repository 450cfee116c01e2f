//! What attachments are made of, carried between vault and server: one request at a time, while nothing that was written waits to be
//! sent. What is done is never remembered: the vault says what is wanted, and the server what it has. So it goes on wherever it stopped.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{MutexGuard, PoisonError, atomic::Ordering};
use std::time::{Duration, Instant};

use regie_crypto::chunk::Blob;
use regie_domain::{
    AttachmentId,
    attachment::{Manifest, State, plan_room},
};
use regie_protocol::sync::{BlobId, BlobLookRequest, BlobStanding, path};
use regie_sync::Status;
use regie_vault::{Vault, VaultError, settings::Setting};

use crate::{AccountError, Client, ClientError, attachment::keeps_all};

use super::{
    Work,
    blobs::{Download, Fetched, Memory, Shelf, Step, Uploads},
    sealing::Parcelled,
    tell,
};

/// After an error: the network is gone, or the server is.
const AFTER_ERROR: Duration = Duration::from_secs(30);
/// What another device has not sent yet is looked for again.
pub(super) const NOT_YET: Duration = Duration::from_mins(2);
/// What found no room, or is not what it is to be, waits so long.
pub(super) const WAITS: Duration = Duration::from_hours(1);

/// What one step of carrying came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// Whether there is more to do.
    pub more: bool,
    /// Whether what the window shows is another now.
    pub news: bool,
}

impl Carried {
    const MORE: Self = Self {
        more: true,
        news: false,
    };
    pub(super) const NEWS: Self = Self {
        more: true,
        news: true,
    };
}

/// What is on its way while a vault is open.
#[derive(Debug, Default)]
pub(super) struct Carrying {
    uploads: Uploads,
    memory: Memory,
    /// What is left alone until then, as long as the same is said of it: whether it is on the server.
    aside: LaidAside,
    /// So many attachments were known to be deleted when there was no room.
    deleted: u64,
    /// No room was found since stock was taken last.
    pub(super) room_is_short: bool,
    /// Stock is not taken before then.
    pub(super) stock_rests: Option<Instant>,
    /// What was sealed anew since an epoch began that is not noted yet.
    fresh: BTreeSet<BlobId>,
    /// Nothing is fetched until then: the disk is full.
    full: Option<Instant>,
    rests: Option<Instant>,
    more: bool,
}

impl Carrying {
    fn lay_aside(&mut self, blob: BlobId, there: bool, wait: Duration) {
        self.aside.insert(blob, (Instant::now() + wait, there));
    }

    /// Text comes all the same, and what is here is sent; fetching is tried again by itself.
    fn stop_fetching(&mut self) -> Carried {
        self.full = Some(Instant::now() + WAITS);
        Carried::MORE
    }

    /// Whether this one is not fetched now.
    fn leaves_out(&self, wanted: &Manifest) -> bool {
        is_aside(
            &self.aside,
            BlobId(wanted.blob.id),
            wanted.blob.state == State::There,
        )
    }
}

type LaidAside = BTreeMap<BlobId, (Instant, bool)>;

fn is_aside(aside: &LaidAside, blob: BlobId, there: bool) -> bool {
    aside.get(&blob).is_some_and(|(_, then)| *then == there)
}

impl Work {
    fn carrying(&self) -> MutexGuard<'_, Carrying> {
        self.carrying.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the chain is in order, and nothing else is under way.
    fn may_carry(&self) -> bool {
        matches!(
            self.told().status,
            Some(Status::UpToDate { .. } | Status::Waiting { .. })
        )
    }
}

impl Client {
    /// Makes one request at most for what attachments are made of: previews that are wanted, what is to be sent, then originals. Nothing
    /// is fetched before the head was verified.
    ///
    /// # Errors
    /// [`ClientError::Locked`]; what the network, the server, the disk or the database says. It goes on where it stopped.
    pub fn sync_carry(&self) -> Result<Carried, ClientError> {
        if self.sync.is_closing() {
            return Err(ClientError::Locked);
        }
        if !self.sync.may_carry() {
            return Ok(Carried::default());
        }
        let mut carrying = self.sync.carrying();
        let done = self.carry(&mut carrying);
        self.keep_requests();
        carrying.more = done.as_ref().is_ok_and(|done| done.more);
        carrying.rests = done.is_err().then(|| Instant::now() + AFTER_ERROR);
        done
    }

    /// The same for the thread that syncs, which leaves it alone for a while after an error. Tells whether the window has to look.
    pub(super) fn carry_on(&self) -> bool {
        let rests = self.sync.carrying().rests;
        if rests.is_some_and(|until| until > Instant::now()) {
            return false;
        }
        match self.sync_carry() {
            Ok(carried) => carried.news,
            Err(error) => {
                tell(&error);
                false
            }
        }
    }

    pub(super) fn has_more_to_carry(&self) -> bool {
        self.sync.carrying().more && self.sync.may_carry()
    }

    fn carry(&self, carrying: &mut Carrying) -> Result<Carried, ClientError> {
        let now = Instant::now();
        carrying.aside.retain(|_, (until, _)| *until > now);
        carrying.full = carrying.full.filter(|until| *until > now);
        self.seal_anew(carrying)?;
        let (mut to_send, preview) = self.with_vault(|vault| {
            if !vault.is_synced()? || !vault.is_checked()? {
                return Ok((Vec::new(), None));
            }
            let wanted = vault.preview_wanted(&|wanted| carrying.leaves_out(wanted))?;
            Ok((vault.blobs_to_send()?, wanted))
        })?;
        if carrying.full.is_none()
            && let Some(wanted) = preview
        {
            return self.carry_preview(carrying, &wanted);
        }
        let (aside, uploads) = (&carrying.aside, &mut carrying.uploads);
        to_send.retain(|(blob, _)| !is_aside(aside, *blob, false));
        uploads.set(&to_send);
        if uploads.waits_for_room() {
            let deleted = self.with_vault(|vault| Ok(vault.attachments_deleted()?))?;
            if self.sync.asked_for_room() || deleted > carrying.deleted {
                uploads.room_was_made();
            }
            uploads.ask_for_room(now);
        }
        if !carrying.uploads.is_done() {
            return self.carry_up(carrying);
        }
        if let Some(taken) = self.take_stock(carrying)? {
            return Ok(taken);
        }
        let wanted = self.with_vault(|vault| {
            if !keeps_all(vault)? {
                self.make_room(vault)?;
                return Ok(None);
            }
            if carrying.full.is_some() || !vault.is_synced()? || !vault.is_checked()? {
                return Ok(None);
            }
            Ok(vault.original_wanted(&|wanted| carrying.leaves_out(wanted))?)
        })?;
        match wanted {
            Some(wanted) => self.carry_original(carrying, &wanted),
            None => Ok(Carried::default()),
        }
    }

    /// A device that was signed out knows the keys of what it was told of. What never was whole on the server goes there under another
    /// id and another key, in the new epoch; the next push drops what was sent of it.
    fn seal_anew(&self, carrying: &mut Carrying) -> Result<(), ClientError> {
        let (epoch, never_sent) = self.with_vault(|vault| {
            let newest = vault.newest_epoch()?;
            let carried: Option<u64> = vault.setting(Setting::CarriedEpoch)?;
            let never_sent = match newest == carried {
                true => Vec::new(),
                false => vault.never_sent()?,
            };
            Ok((newest.filter(|_| newest != carried), never_sent))
        })?;
        let Some(epoch) = epoch else {
            return Ok(());
        };
        let mut all = true;
        for (id, blob) in never_sent {
            if self.sync.is_closing() {
                return Err(ClientError::Locked);
            }
            if carrying.fresh.contains(&blob) {
                continue;
            }
            if is_aside(&carrying.aside, blob, false) {
                all = false;
                continue;
            }
            let sealed = self.with_vault(|vault| {
                vault.seal_attachment_anew(id)?;
                Ok(BlobId(vault.attachment(id)?.blob.id))
            });
            match sealed {
                Ok(blob) => {
                    carrying.fresh.insert(blob);
                }
                // What cannot be read whole is not sent as it was.
                Err(ClientError::Vault(VaultError::NotFound | VaultError::VaultDamaged)) => {
                    carrying.lay_aside(blob, false, WAITS);
                    all = false;
                }
                Err(error) => return Err(error),
            }
        }
        if all {
            carrying.fresh.clear();
            self.with_vault(|vault| Ok(vault.set_setting(Setting::CarriedEpoch, &epoch)?))?;
        }
        Ok(())
    }

    fn carry_up(&self, carrying: &mut Carrying) -> Result<Carried, ClientError> {
        let step = self.send_blobs(&mut carrying.uploads, &mut OnShelf(self))?;
        match step {
            Step::More => return Ok(Carried::MORE),
            Step::Done => return Ok(Carried::default()),
            // The next push keeps it, and says so to the other devices.
            Step::Sent(blob) => self.with_vault(|vault| Ok(vault.set_blob_state(blob, State::There)?))?,
            Step::NotHere(blob) => carrying.lay_aside(blob, false, WAITS),
            Step::NotYet(blob) => carrying.lay_aside(blob, false, NOT_YET),
            Step::NoRoom { blob, megabytes } => {
                carrying.room_is_short = true;
                // Who asked has the answer.
                self.sync.asked_for_room();
                carrying.deleted = self.with_vault(|vault| {
                    vault.note_no_room(blob, megabytes)?;
                    Ok(vault.attachments_deleted()?)
                })?;
            }
            Step::Differs(blob) => {
                carrying.lay_aside(blob, false, WAITS);
                self.with_vault(|vault| match vault.attachment_with(blob)? {
                    Some(id) => Ok(vault.seal_attachment_anew(id)?),
                    None => Ok(()),
                })?;
            }
        }
        Ok(Carried::NEWS)
    }

    fn carry_preview(&self, carrying: &mut Carrying, wanted: &Manifest) -> Result<Carried, ClientError> {
        let sealed = self.with_vault(|vault| Ok(vault.sealed_blob(wanted.id)?))?;
        let mut download = Download::of_preview(&sealed);
        let mut shelf = OnPreviews(self, wanted.id);
        let fetched = loop {
            match self.fetch_blob(&mut download, &mut shelf) {
                Ok(Fetched::More) => {}
                Ok(fetched) => break fetched,
                // It was deleted meanwhile.
                Err(ClientError::Vault(VaultError::NotFound)) => return Ok(Carried::NEWS),
                Err(ClientError::Vault(VaultError::DiskFull)) => return Ok(carrying.stop_fetching()),
                Err(error) => return Err(error),
            }
        };
        match fetched {
            Fetched::Lost { .. } => self.is_lost(carrying, wanted),
            _ => Ok(Carried::NEWS),
        }
    }

    fn carry_original(&self, carrying: &mut Carrying, wanted: &Manifest) -> Result<Carried, ClientError> {
        match self.fetch_some(wanted.id, &mut carrying.memory) {
            Ok(Fetched::More) => Ok(Carried::MORE),
            Ok(Fetched::Whole) | Err(ClientError::Vault(VaultError::NotFound)) => Ok(Carried::NEWS),
            Ok(Fetched::Lost { .. }) | Err(ClientError::Vault(VaultError::VaultDamaged)) => {
                self.is_lost(carrying, wanted)
            }
            Err(ClientError::Vault(VaultError::DiskFull)) => Ok(carrying.stop_fetching()),
            Err(error) => Err(error),
        }
    }

    /// Lets originals go that the server has, where not all are kept and they take too much room.
    fn make_room(&self, vault: &mut Vault) -> Result<(), ClientError> {
        // Whoever may not ask the server keeps what is here; so does whoever fetched it to take it along.
        if !self.sync.may_carry() || !vault.is_checked()? || self.sync.holds_originals.load(Ordering::Acquire)
        {
            return Ok(());
        }
        let (held, mut spare) = vault.originals_here()?;
        let shown = self.sync.told().shown;
        spare.retain(|one| Some(one.id) != shown);
        let free = vault.free_room()?.unwrap_or(u64::MAX);
        Ok(vault.let_originals_go(&plan_room(spare, held, free, self.most_originals))?)
    }

    /// The server does not give it. What was never there is still to come; of what was, the other devices hear.
    fn is_lost(&self, carrying: &mut Carrying, wanted: &Manifest) -> Result<Carried, ClientError> {
        let blob = BlobId(wanted.blob.id);
        if wanted.blob.state != State::There {
            carrying.lay_aside(blob, false, NOT_YET);
            return Ok(Carried::MORE);
        }
        carrying.lay_aside(blob, true, WAITS);
        self.note_lost(blob)?;
        Ok(Carried::NEWS)
    }

    fn note_lost(&self, blob: BlobId) -> Result<(), ClientError> {
        let since = self.clock.now().at.to_utc();
        self.with_vault(|vault| Ok(vault.set_blob_state(blob, State::Lost { since })?))
    }

    /// Makes one request at most for an original.
    fn fetch_some(&self, id: AttachmentId, memory: &mut Memory) -> Result<Fetched, ClientError> {
        let Some((blob, here)) = self.with_vault(|vault| Ok(vault.begin_coming(id)?))? else {
            return Ok(Fetched::Whole);
        };
        let mut download = Download::of_all(&blob, &here).remembering(*memory);
        let fetched = self.fetch_blob(&mut download, &mut OnFile(self, id));
        *memory = download.memory();
        fetched
    }

    /// Fetches an original that is on the server, as the person waits for it. `goes_on` hears how many chunks lack, and may end it; what came
    /// stays, and the next time it goes on from there.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] when it is not there; [`VaultError::DiskFull`]; [`ClientError::Locked`]; what the network or `goes_on` says.
    pub(crate) fn fetch_original(
        &self,
        id: AttachmentId,
        goes_on: &mut dyn FnMut(u32) -> Result<(), ClientError>,
    ) -> Result<(), ClientError> {
        let manifest = self.with_vault(|vault| Ok(vault.attachment(id)?))?;
        if manifest.blob.state != State::There {
            return Err(VaultError::NotFound.into());
        }
        let (mut memory, mut made_room) = (Memory::default(), false);
        loop {
            if self.sync.is_closing() {
                return Err(ClientError::Locked);
            }
            let fetched = {
                // What is carried by itself may be this very one: no chunk is to come twice.
                let _carrying = self.sync.carrying();
                self.fetch_some(id, &mut memory)
            };
            match fetched {
                Ok(Fetched::More) => goes_on(memory.lacking)?,
                Ok(Fetched::Whole) => return Ok(()),
                Err(ClientError::Vault(VaultError::DiskFull)) if !made_room => {
                    made_room = true;
                    self.with_vault(|vault| match keeps_all(vault)? {
                        true => Err(VaultError::DiskFull.into()),
                        false => self.make_room(vault),
                    })?;
                }
                Ok(Fetched::Lost { .. }) | Err(ClientError::Vault(VaultError::VaultDamaged)) => {
                    self.note_lost(BlobId(manifest.blob.id))?;
                    return Err(VaultError::NotFound.into());
                }
                Err(ClientError::Account(AccountError::NotJoined | AccountError::SignedOut)) => {
                    return Err(VaultError::NotFound.into());
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The server refused a push, since something in it is not there whole: what lacks is no longer said to be there.
    pub(super) fn look_at_kept(&self, push: &Parcelled) -> Result<(), ClientError> {
        let (keep, _) = push.blobs()?;
        let now = self.clock.now().at.to_utc();
        for blob in keep {
            let is_whole = match self.sync_request(path::BLOB_LOOK, &BlobLookRequest { blob }) {
                Ok(BlobStanding::Open(there) | BlobStanding::Kept(there)) => there.lacking().is_empty(),
                Ok(BlobStanding::Unknown) => false,
                // It is looked at when the push is refused again.
                Err(ClientError::Account(_)) => return Ok(()),
                Err(error) => return Err(error),
            };
            if !is_whole {
                self.with_vault(|vault| Ok(vault.blob_is_not_whole(blob, now)?))?;
            }
        }
        Ok(())
    }
}

/// Before anything is told to other devices, the epoch is noted in which they are told.
pub(super) fn note_first_epoch(vault: &mut Vault, epoch: u64) -> Result<(), ClientError> {
    if vault.setting::<u64>(Setting::CarriedEpoch)?.is_none() {
        vault.set_setting(Setting::CarriedEpoch, &epoch)?;
    }
    Ok(())
}

/// Files of the vault, to be sent.
struct OnShelf<'c>(&'c Client);

impl Shelf for OnShelf<'_> {
    fn chunk(&mut self, blob: BlobId, place: u32) -> Result<Option<Vec<u8>>, ClientError> {
        self.0.with_vault(|vault| {
            let Some(id) = vault.attachment_with(blob)? else {
                return Ok(None);
            };
            match vault.sealed_chunk(id, place) {
                // A file that is cut sends nothing more, as one that is gone.
                Err(VaultError::NotFound | VaultError::VaultDamaged) => Ok(None),
                chunk => Ok(Some(chunk?)),
            }
        })
    }

    fn keep(&mut self, _: &Blob, _: u32, _: &[u8], _: &[u8]) -> Result<(), ClientError> {
        Err(ClientError::Malformed)
    }
}

/// Where a preview goes that came.
struct OnPreviews<'c>(&'c Client, AttachmentId);

impl Shelf for OnPreviews<'_> {
    fn chunk(&mut self, _: BlobId, _: u32) -> Result<Option<Vec<u8>>, ClientError> {
        Ok(None)
    }

    fn keep(&mut self, _: &Blob, _: u32, _: &[u8], plain: &[u8]) -> Result<(), ClientError> {
        self.0.with_vault(|vault| Ok(vault.keep_preview(self.1, plain)?))
    }
}

/// The file of one attachment that comes.
struct OnFile<'c>(&'c Client, AttachmentId);

impl Shelf for OnFile<'_> {
    fn chunk(&mut self, _: BlobId, _: u32) -> Result<Option<Vec<u8>>, ClientError> {
        Ok(None)
    }

    fn keep(&mut self, _: &Blob, place: u32, sealed: &[u8], plain: &[u8]) -> Result<(), ClientError> {
        self.0.with_vault(|vault| {
            if place == 0 {
                vault.keep_preview(self.1, plain)?;
            }
            Ok(vault.keep_chunk(self.1, place, sealed)?)
        })
    }
}
