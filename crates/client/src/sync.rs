//! Sync: runs the engine over vault and network. What is done next the engine decides ([`regie_sync`]); here it is done.
//!
//! One step at a time: whoever runs it holds [`Work::running`], and the vault only as long as a transaction takes, never while it
//! waits for the network.

mod answers;
mod asked;
mod asking;
pub mod blobs;
mod came;
mod carrying;
mod checking;
mod comparing;
mod fetching;
mod gathering;
mod keys;
mod restarting;
mod sealing;
mod stock;
mod taking;
mod views;

use std::collections::VecDeque;
use std::sync::{
    Condvar, Mutex, MutexGuard, PoisonError, TryLockError,
    atomic::{AtomicBool, Ordering},
};
use std::thread;
use std::time::{Duration, Instant};

use regie_crypto::{account::NewEpoch, make_random};
use regie_domain::{AttachmentId, EntryId, seal::Seal};
use regie_protocol::{
    purpose::{CopyOnServer, Marker},
    signed::{AccountId, DevicePublic, Head, HeaderHash},
};
use regie_sync::{
    Change, Device, Effect, Engine, Event, Notice, Pen, Question, Snapshot, Status, Time, Write,
};
use regie_vault::{Vault, VaultError, account::Part, settings::Setting};

use crate::{AccountError, Client, ClientError, account::AskedNew};

pub use asked::{SyncAsked, SyncWhat};
pub use came::{OriginalPart, OriginalView, OriginalsView};
pub use carrying::Carried;
pub use comparing::{SyncCode, SyncCompared};
pub use stock::LeftOverView;
pub use views::{NoRoomView, SyncAlarm, SyncDecision, SyncNotice, SyncQuestion, SyncState, SyncView};

use answers::Held;
use carrying::Carrying;
use checking::Set;
use fetching::Fetching;
use gathering::{Gathered, Waiting};
use keys::EpochKeys;
use sealing::{Ahead, Made, Sealed};

/// A step without news comes this often, where nothing asks for an earlier one.
const AT_THE_LATEST: Duration = Duration::from_secs(30);
/// After a step that went wrong here, not at the server.
const AFTER_TROUBLE: Duration = Duration::from_secs(10);
/// Who writes in an entry and pauses so long has put the pen down.
const PEN_RESTS: Duration = Duration::from_secs(90);
/// So long after an entry was closed, what is saved of it may still come.
const CLOSING: Duration = Duration::from_secs(2);
/// Others get at the vault between two batches that are indexed.
const BETWEEN_INDEXING: Duration = Duration::from_millis(2);
/// So many notices wait for the window at most.
const MOST_NOTICES: usize = 32;

/// What belongs to no vault.
#[derive(Debug, Default)]
pub(crate) struct Work {
    running: Mutex<Option<Running>>,
    /// What attachments are made of, on its way.
    carrying: Mutex<Carrying>,
    told: Mutex<Told>,
    bell: Bell,
    /// The person asks for what found no room to be tried again.
    asks_for_room: AtomicBool,
    /// The person said that what the server keeps and no device knows may go, however much it is.
    may_drop: AtomicBool,
    /// Originals were fetched to be taken along, or before the copy ends: none goes again until that is done, or the vault is closed.
    holds_originals: AtomicBool,
    /// The vault is being closed: what is under way ends, and nothing begins.
    closing: AtomicBool,
    /// A new passphrase and code that wait for the epoch with which they go.
    asked_new: Mutex<Option<AskedNew>>,
}

/// As long as it is held nothing is synced.
pub(crate) struct Closing<'a>(&'a Work);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.closing.store(false, Ordering::Release);
        // Whatever rang meanwhile was told to nobody.
        self.0.written();
    }
}

/// What the window is told, without waiting for a step under way.
#[derive(Debug, Default)]
struct Told {
    status: Option<Status>,
    notices: VecDeque<Notice>,
    /// How often anything was told.
    told: u64,
    /// The photo or recording that was asked for last: it does not go while it is shown.
    shown: Option<AttachmentId>,
}

/// Wakes whoever waits for something to do.
#[derive(Debug, Default)]
struct Bell {
    rung: Mutex<Rung>,
    sound: Condvar,
}

#[derive(Debug, Default)]
struct Rung {
    events: Vec<Event>,
    /// Something was written.
    written: bool,
    /// The pen was put down: what waited for it goes.
    raised: bool,
    pen: Option<(EntryId, Instant)>,
    /// When an entry was closed: what of it is saved just then is not written by a pen.
    closed: Option<Instant>,
}

/// What rang.
struct News {
    events: Vec<Event>,
    pen: Pen,
    /// Whether the pen was put down just now.
    raised: bool,
}

/// An engine at work, while a vault is open.
struct Running {
    engine: Engine,
    account: AccountId,
    /// Which opening of the vault: another one, maybe another vault.
    session: u64,
    keys: EpochKeys,
    /// The page that came last.
    held: Option<Held>,
    /// Pages before it that are still to be kept.
    gathered: Gathered,
    /// The push that was sealed and is not stored yet.
    made: Option<Made>,
    /// The push of changes that was stored last.
    sealed: Option<Sealed>,
    /// What is to follow it, sealed while it was on its way.
    ahead: Option<Ahead>,
    /// It arrived; that is noted in one transaction with the storing of what follows.
    arrived: Option<Write>,
    /// The epoch that begins with it: its key is kept once it stands in the chain.
    epoch: Option<NewEpoch>,
    /// The head that was compared last, and its set.
    verified: Option<(HeaderHash, Set)>,
    /// Changes that the engine was told of, and how many of them are on their way.
    waiting: Waiting,
    on_its_way: u64,
    wakes: Option<Time>,
}

impl Work {
    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn asked_new(&self) -> MutexGuard<'_, Option<AskedNew>> {
        self.asked_new.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ring(&self, with: impl FnOnce(&mut Rung)) {
        with(&mut self.bell.rung.lock().unwrap_or_else(PoisonError::into_inner));
        self.bell.sound.notify_all();
    }

    /// What the seal says of it.
    pub(crate) fn seal(&self) -> Seal {
        match &self.told().status {
            None | Some(Status::NoCopy { .. }) => Seal::OnlyHere,
            Some(Status::UpToDate { .. }) => Seal::Copied,
            Some(Status::First(_) | Status::Fetching(_)) => Seal::Fetching,
            Some(Status::Asking(_)) => Seal::Asking,
            Some(Status::Stopped(_)) => Seal::Stopped,
            Some(
                Status::Waiting { .. }
                | Status::Sending { .. }
                | Status::SignedOut
                | Status::UnknownAccount { .. }
                | Status::TooOld,
            ) => Seal::CopyBehind,
        }
    }

    /// Something was written: there may be something to send.
    pub(crate) fn written(&self) {
        self.ring(|rung| rung.written = true);
    }

    /// The server says that there is news.
    pub(crate) fn poked(&self) {
        self.ring(|rung| rung.events.push(Event::Poke));
    }

    /// The person looks at this original.
    pub(crate) fn shows(&self, id: AttachmentId) {
        self.told().shown = Some(id);
    }

    /// Whether originals that are here stay, however little room there is.
    pub(crate) fn hold_originals(&self, holds: bool) {
        self.holds_originals.store(holds, Ordering::Release);
    }

    /// Whether a stream of news is open.
    pub(crate) fn listens(&self, open: bool) {
        self.ring(|rung| rung.events.push(Event::Listening { open }));
    }

    /// The person writes in this entry.
    pub(crate) fn pen_down(&self, entry: EntryId) {
        self.ring(|rung| {
            if rung.closed.is_none_or(|at| at.elapsed() >= CLOSING) {
                rung.pen = Some((entry, Instant::now()));
            }
        });
    }

    /// Ends what is under way as soon as it can, and lets nothing begin.
    pub(crate) fn close(&self) -> Closing<'_> {
        self.closing.store(true, Ordering::Release);
        Closing(self)
    }

    fn asked_for_room(&self) -> bool {
        self.asks_for_room.swap(false, Ordering::AcqRel)
    }

    fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    /// Drops keys and whatever else belongs to an open vault; whether it could, for a step under way still holds them. To be called while
    /// the vault is not held.
    pub(crate) fn try_to_forget(&self) -> bool {
        match self.running.try_lock() {
            Ok(mut running) => *running = None,
            Err(TryLockError::Poisoned(running)) => *running.into_inner() = None,
            Err(TryLockError::WouldBlock) => return false,
        }
        match self.carrying.try_lock() {
            Ok(mut carrying) => *carrying = Carrying::default(),
            Err(TryLockError::Poisoned(carrying)) => *carrying.into_inner() = Carrying::default(),
            Err(TryLockError::WouldBlock) => return false,
        }
        self.may_drop.store(false, Ordering::Release);
        *self.asked_new() = None;
        self.hold_originals(false);
        *self.told() = Told::default();
        self.ring(|rung| *rung = Rung::default());
        true
    }

    /// Waits until something is to be done, at most so long; takes what rang.
    fn wait(&self, at_most: Duration) -> News {
        let rung = self.bell.rung.lock().unwrap_or_else(PoisonError::into_inner);
        let nothing = |rung: &mut Rung| rung.events.is_empty() && !rung.written && !rung.raised;
        let (mut rung, _) = self
            .bell
            .sound
            .wait_timeout_while(rung, at_most, nothing)
            .unwrap_or_else(PoisonError::into_inner);
        let writes = rung.pen.is_some_and(|(_, since)| since.elapsed() < PEN_RESTS);
        if !writes {
            rung.pen = None;
        }
        rung.written = false;
        News {
            events: std::mem::take(&mut rung.events),
            pen: if writes { Pen::Down } else { Pen::Up },
            raised: std::mem::take(&mut rung.raised),
        }
    }
}

impl Client {
    /// Where syncing stands, for the seal and the screen.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the database says.
    pub fn sync_view(&self) -> Result<SyncView, ClientError> {
        let (waiting, checked, no_room, left_over) = self.with_vault(|vault| {
            Ok((
                vault.changes_waiting()?,
                vault.is_checked()?,
                vault.without_room()?,
                stock::left_over(vault)?,
            ))
        })?;
        let told = self.sync.told();
        Ok(SyncView {
            no_room: NoRoomView::of(&no_room),
            left_over,
            ..SyncView::of(told.status.as_ref(), told.notices.iter(), waiting, checked)
        })
    }

    /// The person read what was told.
    pub fn sync_read(&self) {
        self.sync.told().notices.clear();
    }

    /// The person decided.
    ///
    /// # Errors
    /// What the database says.
    pub fn sync_decide(&self, decision: SyncDecision) -> Result<SyncView, ClientError> {
        let anew = match (&self.sync.told().status, decision) {
            (Some(Status::Asking(question)), SyncDecision::Yes) => {
                matches!(question, Question::BegunAgain { .. })
            }
            _ => false,
        };
        if anew {
            // A copy begun again has other ids: what it holds is compared with what is here by what the records are, and nothing here is dropped.
            *self.sync.running() = None;
            self.with_vault(|vault| Ok(vault.forget_sync()?))?;
            return self.sync_now();
        }
        match decision.for_engine() {
            Some(decision) => self.sync_with(vec![Event::Decided(decision)])?,
            None => self.decide_on_left_over(decision == SyncDecision::DropLeftOver)?,
        }
        self.sync_view()
    }

    /// The entry under the pen was closed: what was written in it goes now.
    pub fn pen_up(&self) {
        self.sync.ring(|rung| {
            rung.closed = Some(Instant::now());
            rung.pen = None;
            rung.raised = true;
        });
    }

    /// Waits for something to do, at most so long, and does it; for a thread of its own, which calls this again and again. Tells whether
    /// what the window shows may be another now.
    pub fn sync_step(&self, at_most: Duration) -> bool {
        let wait = {
            let running = self.sync.running();
            let wakes = running.as_ref().and_then(|running| running.wakes);
            wakes.map_or(AT_THE_LATEST, |wakes| {
                Duration::from_millis(wakes.0.saturating_sub(self.sync_time().0))
            })
        };
        // What is on its way goes on at once; text that waits goes first all the same.
        let wait = if self.has_more_to_carry() {
            Duration::ZERO
        } else {
            wait
        };
        let mut news = self.sync.wait(wait.min(at_most));
        if !self.is_open() {
            // However it was closed.
            self.sync.try_to_forget();
            return false;
        }
        if news.raised
            && let Ok(waiting @ 1..) = self.with_vault(|vault| Ok(vault.changes_waiting()?))
        {
            news.events.push(Event::Changed {
                waiting: waiting.into(),
                pen: Pen::Up,
            });
        }
        news.events.push(Event::Tick);
        let shown = || {
            let language = self.language();
            let told = self.sync.told();
            (told.status.clone(), told.notices.len(), told.told, language)
        };
        let before = shown();
        if let Err(error) = self.sync_with_pen(news.events, news.pen) {
            tell(&error);
            thread::sleep(AFTER_TROUBLE.min(at_most));
            return shown() != before;
        }
        let carried = self.carry_on();
        carried || shown() != before
    }

    /// Does all there is to do now, as if the server had news.
    ///
    /// # Errors
    /// [`ClientError::Locked`]; what the database says. What the server or the network says is no error: [`Client::sync_view`] tells it.
    pub fn sync_now(&self) -> Result<SyncView, ClientError> {
        self.sync.asks_for_room.store(true, Ordering::Release);
        // A network that is up again is asked for news; a poke beside it would be one question more.
        self.sync_with(vec![Event::Network { up: true }])?;
        self.sync_view()
    }

    pub(crate) fn sync_with(&self, events: Vec<Event>) -> Result<(), ClientError> {
        self.sync_with_pen(events, Pen::Up)
    }

    fn sync_with_pen(&self, events: Vec<Event>, pen: Pen) -> Result<(), ClientError> {
        let mut running = self.sync.running();
        let done = self.step(&mut running, events, pen);
        self.keep_requests();
        done?;
        self.index_behind()
    }

    fn step(&self, running: &mut Option<Running>, events: Vec<Event>, pen: Pen) -> Result<(), ClientError> {
        match self.run_or_drop(running, events, pen) {
            // What was sealed was deleted just then: what is left is sealed by another one.
            Err(ClientError::Vault(VaultError::NotFound)) => self.run_or_drop(running, Vec::new(), pen)?,
            done => done?,
        }
        if self.mirror()? {
            // What the person chose here goes along.
            self.run_or_drop(running, vec![Event::Poke], Pen::Up)?;
        }
        Ok(())
    }

    fn run_or_drop(
        &self,
        running: &mut Option<Running>,
        events: Vec<Event>,
        pen: Pen,
    ) -> Result<(), ClientError> {
        let done = match self.sync.is_closing() {
            true => Err(ClientError::Locked),
            false => self.run(running, events, pen),
        };
        if done.is_err() {
            // An engine whose write failed is thrown away; another one goes on from what is stored.
            *running = None;
        }
        done
    }

    /// What was asked is on the disk, as far as somebody is there whose vault it is.
    fn keep_requests(&self) {
        if let Some(vault) = self.state().vault.as_mut() {
            self.note_what_waits(vault);
        }
    }

    /// Indexes what came in bulk, some at a time, so that whoever reads or writes meanwhile gets at the vault.
    fn index_behind(&self) -> Result<(), ClientError> {
        while self.with_vault(|vault| Ok(vault.index_some()?))? {
            if self.sync.is_closing() {
                return Err(ClientError::Locked);
            }
            thread::sleep(BETWEEN_INDEXING);
        }
        Ok(())
    }

    fn run(&self, slot: &mut Option<Running>, events: Vec<Event>, pen: Pen) -> Result<(), ClientError> {
        let counted = slot.as_ref().map(|running| running.waiting);
        let Some(ready) = self.ready_to_sync(counted)? else {
            *slot = None;
            self.sync.told().status = None;
            return Ok(());
        };
        let stays = slot
            .as_ref()
            .is_some_and(|running| running.session == ready.session && running.account == ready.account);
        let mut first = Vec::new();
        if !stays {
            *slot = Some(self.open_engine(&ready)?);
            first.push(Event::Started {
                waiting: ready.waiting.number,
            });
        }
        let Some(running) = slot.as_mut() else {
            return Ok(());
        };
        if running.engine.snapshot().me != ready.me {
            first.push(Event::Became(ready.me));
        }
        if stays && ready.waiting.number != running.waiting.number {
            first.push(Event::Changed {
                waiting: ready.waiting.number,
                pen,
            });
        }
        running.waiting = ready.waiting;
        let waiting = first.into_iter().chain(events).collect();
        thread::scope(|scope| self.run_on(running, &mut Fetching::begin(self, scope), waiting))
    }

    fn run_on(
        &self,
        running: &mut Running,
        fetching: &mut Fetching<'_, '_>,
        mut waiting: VecDeque<Event>,
    ) -> Result<(), ClientError> {
        while let Some(event) = waiting.pop_front() {
            // Whoever locks does not wait for a life's writing to come.
            if self.sync.is_closing() {
                return Err(ClientError::Locked);
            }
            for effect in running.engine.handle(self.sync_time(), event) {
                if !gathering::may_wait(&effect) {
                    self.keep_gathered(running)?;
                }
                if !sealing::goes_on(&effect) {
                    self.note_arrived(running)?;
                }
                waiting.extend(self.carry_out(running, fetching, effect)?);
            }
        }
        self.keep_gathered(running)?;
        self.note_arrived(running)
    }

    /// Whether this vault syncs: it is of an account, with a copy that is wanted, and this device takes part.
    fn ready_to_sync(&self, counted: Option<Waiting>) -> Result<Option<Ready>, ClientError> {
        let (session, now) = (self.state().session, self.clock.now());
        self.with_vault(|vault| {
            let Some(account) = vault.account()? else {
                return Ok(None);
            };
            let Some(own) = vault.own_device()? else {
                return Ok(None);
            };
            if account.part == Part::Out || account.copy_day.is_none() || !crate::consent::may_write(vault) {
                return Ok(None);
            }
            if let Some(copy) = self.notices.purpose(CopyOnServer::PURPOSE.id)
                && vault.last_choice(copy)?.is_none()
            {
                // The account's own choice, made on the device that joined: this one takes part in what was chosen there.
                vault.record_choice(copy, true, &now)?;
            }
            let consent = match vault.consent::<CopyOnServer>() {
                Ok(consent) => consent,
                Err(VaultError::NoConsent(_) | VaultError::ConsentOutdated(_)) => return Ok(None),
                Err(error) => return Err(error.into()),
            };
            if !vault.is_synced()? {
                vault.begin_sync(&consent)?;
            }
            Ok(Some(Ready {
                account: account.id,
                session,
                me: as_device(&own.keys.public()?),
                waiting: Waiting::count(vault, counted)?,
            }))
        })
    }

    fn open_engine(&self, ready: &Ready) -> Result<Running, ClientError> {
        let stored = self.with_vault(|vault| Ok(vault.sync_progress()?))?;
        let snapshot = match stored {
            Some(bytes) => {
                let stored: Snapshot = ciborium::from_reader(bytes.as_slice()).map_err(|_| damaged())?;
                stored.opened_as(ready.me)
            }
            None => Snapshot::begin(
                ready.account,
                ready.me,
                self.with_vault(|vault| given_head(vault))?,
            ),
        };
        Ok(Running {
            engine: Engine::open(snapshot, u64::from_le_bytes(make_random()?)),
            account: ready.account,
            session: ready.session,
            keys: EpochKeys::default(),
            held: None,
            gathered: Gathered::default(),
            made: None,
            sealed: None,
            ahead: None,
            arrived: None,
            epoch: None,
            verified: None,
            waiting: ready.waiting,
            on_its_way: 0,
            wakes: None,
        })
    }

    /// A backup was brought back: what was not sent in it may have been sent since, and deleted elsewhere.
    pub(crate) fn syncs_as_restored(&self, vault: &mut Vault) -> Result<(), VaultError> {
        let snapshot = vault
            .sync_progress()?
            .and_then(|bytes| ciborium::from_reader::<Snapshot, _>(bytes.as_slice()).ok());
        // What cannot be read is no reason to refuse what the person wrote.
        let Some(snapshot) = snapshot else {
            return Ok(());
        };
        let me = snapshot.me;
        let mut progress = Vec::new();
        ciborium::into_writer(&snapshot.restored_as(me), &mut progress)
            .map_err(|_| VaultError::VaultDamaged)?;
        vault.sync((&self.deletions_file(), self.cleaned_by()), |syncing| {
            syncing.set_progress(&progress)
        })
    }

    fn carry_out(
        &self,
        running: &mut Running,
        fetching: &mut Fetching<'_, '_>,
        effect: Effect,
    ) -> Result<Option<Event>, ClientError> {
        Ok(match effect {
            Effect::Write(write) => {
                let settles = matches!(write.change, Change::TakeIn(_) | Change::NotePush(_));
                let settled = self.write_for_sync(running, &write)?;
                settles.then_some(Event::Settled(settled))
            }
            Effect::Ask(number, ask) => {
                let answer = self.ask_for_sync(running, fetching, ask)?;
                Some(Event::Answered { number, answer })
            }
            Effect::Check(check) => Some(Event::Checked(self.check_page(running, &check)?)),
            Effect::Verify(verify) => Some(Event::Verified(self.verify_set(running, &verify)?)),
            Effect::Recall { sequence } => Some(Event::Recalled(
                self.with_vault(|vault| Ok(vault.header_hash(sequence)?))?,
            )),
            Effect::Seal(seal) => Some(Event::Sealed(self.seal_push(running, &seal)?)),
            Effect::Send(number) => Some(Event::Delivered {
                number,
                delivery: self.send_and_go_on(running)?,
            }),
            Effect::SumAnew => Some(Event::Summed {
                fits: self.sum_anew(running)?,
            }),
            Effect::BecomeNew | Effect::DropKeys => {
                // A login makes it a device again; until then nothing here is touched.
                self.with_vault(|vault| {
                    if let Some(mut account) = vault.account()? {
                        account.part = Part::Out;
                        vault.set_account(&account)?;
                    }
                    Ok(vault.forget_own_device()?)
                })?;
                None
            }
            Effect::WakeAt(at) => {
                running.wakes = Some(at);
                None
            }
            Effect::Show(status) => {
                self.sync.told().status = Some(status);
                None
            }
            Effect::Tell(notice) => {
                let mut told = self.sync.told();
                told.told += 1;
                let notices = &mut told.notices;
                notices.push_back(notice);
                while notices.len() > MOST_NOTICES {
                    notices.pop_front();
                }
                None
            }
        })
    }

    fn sync_time(&self) -> Time {
        let now = self.clock.now().at.timestamp_millis();
        Time(u64::try_from(now).unwrap_or_default())
    }
}

/// A vault that syncs.
struct Ready {
    account: AccountId,
    session: u64,
    me: Device,
    waiting: Waiting,
}

/// Whether the server has no room for something that is here.
pub(crate) fn waits_for_room(vault: &Vault) -> bool {
    vault
        .without_room()
        .is_ok_and(|no_room| !no_room.blobs.is_empty())
}

/// The head that a pairing handed over: a first sync goes through it, or stops.
fn given_head(vault: &Vault) -> Result<Option<(u64, HeaderHash)>, ClientError> {
    let given: Option<(u64, [u8; 32])> = vault.setting(Setting::GivenHead)?;
    Ok(given.map(|(sequence, hash)| (sequence, HeaderHash(hash))))
}

pub(crate) fn set_given_head(vault: &mut Vault, head: Head) -> Result<(), ClientError> {
    Ok(vault.set_setting(Setting::GivenHead, &(head.sequence, head.hash.0))?)
}

fn forget_given_head(vault: &mut Vault) -> Result<(), ClientError> {
    if vault.setting::<(u64, [u8; 32])>(Setting::GivenHead)?.is_some() {
        vault.clear_setting(Setting::GivenHead)?;
    }
    Ok(())
}

/// What this device keeps cannot be what it wrote.
const fn damaged() -> ClientError {
    ClientError::Vault(VaultError::VaultDamaged)
}

fn as_device(public: &DevicePublic) -> Device {
    Device {
        id: public.device,
        signing: public.sign_key,
        sealing: public.seal_key.0,
    }
}

/// No network is normal, and so is a vault that was locked meanwhile.
fn tell(error: &ClientError) {
    if !matches!(
        error,
        ClientError::Locked | ClientError::Account(AccountError::Offline)
    ) {
        tracing::warn!(%error, "syncing went wrong here");
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Running(…)")
    }
}
