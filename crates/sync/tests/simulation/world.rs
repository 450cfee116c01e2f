//! A made-up world in one thread: its time jumps to whatever comes next, its network loses, repeats and reorders, its devices crash anywhere.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque};

use regie_sync::{
    AccountId, Alarm, Answer, Ask, Change, Checked, Decision, Delivery, Device, DeviceId, Effect, Engine,
    Event, HeaderKind, Notice, Number, Order, Pen, Question, RecordId, Refusal, SealWhat, Snapshot, Standing,
    Status, Time,
};

use crate::device::{Held, Row, Vault};
use crate::server::{Parts, Proof, Push, Server};
use crate::toy::{Content, Signed, roll_hash};

const MINUTE: u64 = 60_000;
/// What the clocks say when the world begins.
const EPOCH: u64 = 1_764_000_000_000;

pub struct Peer {
    pub vault: Vault,
    pub engine: Option<Engine>,
    held: Held,
    boot: u64,
    pub online: bool,
    skew: i64,
    /// The keys that a login of this device opened.
    logged_in: BTreeMap<u64, u64>,
    backups: Vec<Vault>,
    pub told: Vec<Notice>,
    pub shown: Option<Status>,
}

#[derive(Clone)]
enum Message {
    Event(Event),
    ToServer(DeviceId, Number, Request),
    FromServer(Number, Response),
    Boot,
    LogIn,
}

#[derive(Clone)]
enum Request {
    Ask(Ask),
    /// With the number that this device gives to no other request.
    Push(u64, Push, Option<Proof>),
}

#[derive(Clone)]
enum Response {
    Answer(Answer, Parts),
    Delivery(Delivery),
}

struct Due {
    at: u64,
    number: u64,
    peer: usize,
    boot: u64,
    message: Message,
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}
impl Eq for Due {}
impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

/// What really happened, as nobody in the world knows it.
#[derive(Default)]
struct Truth {
    /// Each sentence: of which record, written on which device.
    sentences: BTreeMap<u32, (RecordId, usize)>,
    /// Sentences that somebody took out.
    removed: BTreeSet<u32>,
    /// Sentences that a device lost because a backup was brought back on it before they were sent.
    lost: BTreeSet<u32>,
    /// What a server took.
    accepted: BTreeSet<u32>,
    /// Records of which a server took a tombstone.
    buried: BTreeSet<RecordId>,
    /// Each deletion: what stood there, and on which device.
    deletions: Vec<(RecordId, Content, usize)>,
    /// Records whose deletions somebody did not want.
    kept: BTreeSet<RecordId>,
}

/// What the network does with a push that rests on a proof.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fate {
    Arrives,
    RequestLost,
    AnswerLost,
    /// The first of them, after so long.
    Late(u64),
}

/// What became of pushes that rest on a proof.
#[derive(Clone, Copy, Debug, Default)]
pub struct Proven {
    pub landed: u64,
    pub given_up: u64,
    /// Given up, and arrived all the same.
    pub late: u64,
}

impl Proven {
    pub fn add(&mut self, other: Self) {
        self.landed += other.landed;
        self.given_up += other.given_up;
        self.late += other.late;
    }
}

/// What a lying server does to an answer for a device.
pub type Lie = Box<dyn Fn(&Server, &Ask, &mut Answer, &mut Parts)>;

pub struct World {
    pub random: fastrand::Rng,
    time: u64,
    count: u64,
    pub server: Server,
    pub peers: Vec<Peer>,
    due: BinaryHeap<Reverse<Due>>,
    drops: f64,
    repeats: f64,
    crashes: f64,
    truth: Truth,
    next: u32,
    /// Which device is lied to, and how.
    pub lie: Option<(usize, Lie)>,
    /// Whether a stop is a fault of this world: the server is honest.
    honest: bool,
    /// What the person answers to questions; yes if nothing is said.
    pub answers: bool,
    pub fate: Fate,
    pub proven: Proven,
}

impl World {
    pub fn seeded(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let account = AccountId(random.u128(..).to_be_bytes());
        Self {
            random,
            time: 0,
            count: 0,
            server: Server::new(account),
            peers: Vec::new(),
            due: BinaryHeap::new(),
            drops: 0.0,
            repeats: 0.0,
            crashes: 0.0,
            truth: Truth::default(),
            next: 0,
            lie: None,
            honest: true,
            answers: true,
            fate: Fate::Arrives,
            proven: Proven::default(),
        }
    }

    pub fn lying(mut self) -> Self {
        self.honest = false;
        self
    }

    pub fn devices(mut self, count: usize) -> Self {
        for _ in 0..count {
            self.add_device();
        }
        self
    }

    pub fn rough(mut self, drops: f64, repeats: f64, crashes: f64) -> Self {
        (self.drops, self.repeats, self.crashes) = (drops, repeats, crashes);
        self
    }

    fn make_device(&mut self) -> Device {
        let mut bytes = || {
            let mut bytes = [0; 32];
            self.random.fill(&mut bytes);
            bytes
        };
        let (id, signing, sealing) = (bytes(), bytes(), bytes());
        Device {
            id: DeviceId(id[..16].try_into().expect("16 bytes")),
            signing,
            sealing,
        }
    }

    pub fn add_device(&mut self) -> usize {
        let me = self.make_device();
        if self.server.headers.is_empty() {
            let key = self.random.u64(..);
            self.server.begin(me, key);
        }
        self.server.devices.insert(me.id, me);
        let snapshot = Snapshot::begin(self.server.account, me, None);
        let vault = Vault::new(snapshot, self.server.keys());
        self.add_peer(vault)
    }

    fn add_peer(&mut self, vault: Vault) -> usize {
        let years = self.random.i64(-3..=3);
        self.peers.push(Peer {
            vault,
            engine: None,
            held: Held::default(),
            boot: 0,
            online: true,
            skew: years * 365 * 24 * 60 * MINUTE.cast_signed(),
            logged_in: self.server.keys(),
            backups: Vec::new(),
            told: Vec::new(),
            shown: None,
        });
        let peer = self.peers.len() - 1;
        self.boot(peer);
        peer
    }

    // --- time ---

    fn later(&mut self, peer: usize, after: u64, message: Message) {
        self.count += 1;
        let boot = self.peers[peer].boot;
        self.due.push(Reverse(Due {
            at: self.time + after,
            number: self.count,
            peer,
            boot,
            message,
        }));
    }

    fn chance(&mut self, of: f64) -> bool {
        of > 0.0 && self.random.f64() < of
    }

    fn latency(&mut self) -> u64 {
        if self.random.u8(..) < 20 {
            self.random.u64(1000..20_000)
        } else {
            self.random.u64(5..200)
        }
    }

    pub fn run_for(&mut self, millis: u64) {
        let until = self.time + millis;
        let mut steps = 0;
        while self.due.peek().is_some_and(|due| due.0.at <= until) {
            let Some(Reverse(due)) = self.due.pop() else { break };
            self.time = due.at;
            self.deliver(due);
            steps += 1;
            assert!(steps < 200_000, "the world never comes to rest");
        }
        self.time = until;
    }

    fn now(&self, peer: usize) -> Time {
        let now = EPOCH.cast_signed() + self.time.cast_signed() + self.peers[peer].skew;
        Time(now.max(0).cast_unsigned())
    }

    fn deliver(&mut self, due: Due) {
        let (peer, same_run) = (due.peer, self.peers[due.peer].boot == due.boot);
        match due.message {
            // What left arrives, even if the device died since.
            Message::ToServer(by, number, request) => {
                let rests = matches!(&request, Request::Push(_, push, _) if push.all_new);
                match self.fate {
                    Fate::RequestLost if rests => {}
                    Fate::AnswerLost if rests => self.at_server(peer, u64::MAX, by, number, request),
                    Fate::Late(after) if rests => {
                        self.fate = Fate::Arrives;
                        self.later(peer, after, Message::ToServer(by, number, request));
                    }
                    _ => self.at_server(peer, due.boot, by, number, request),
                }
            }
            _ if !same_run => {}
            Message::Boot => self.boot(peer),
            Message::LogIn => self.log_in(peer),
            Message::Event(event) => {
                if event == (Event::Proof { holds: false }) {
                    self.peers[peer].held.proof = None;
                }
                self.happens(peer, event);
            }
            Message::FromServer(number, response) => match response {
                Response::Delivery(delivery) => self.happens(peer, Event::Delivered { number, delivery }),
                Response::Answer(mut answer, parts) => {
                    if let Answer::Anchor(anchor) = &mut answer {
                        anchor.fits &= self.anchor_fits(peer, &parts, anchor);
                    }
                    // A page that nobody waits for replaces none: the shipped client holds one for each question.
                    let before = self.peers[peer].held.page.replace(parts);
                    let waits = self.peers[peer]
                        .engine
                        .as_ref()
                        .is_some_and(|engine| engine.waits_for(number));
                    if !waits {
                        self.peers[peer].held.page = before;
                    }
                    self.happens(peer, Event::Answered { number, answer });
                }
            },
        }
    }

    fn anchor_fits(&mut self, peer: usize, parts: &Parts, anchor: &regie_sync::Anchor) -> bool {
        let me = self.peers[peer].vault.snapshot.me.id;
        let begun = self.server.headers.iter().filter(|signed| signed.key.is_some());
        for signed in begun {
            if let (HeaderKind::Epoch { number, sealed_to }, Some(key)) = (&signed.header.kind, signed.key) {
                let known = self.peers[peer].logged_in.get(number).copied();
                if sealed_to.contains(&me) || known == Some(key) {
                    self.peers[peer].vault.keys.insert(*number, key);
                }
            }
        }
        let keys = self.server.keys();
        let newest = keys.keys().max().copied().unwrap_or_default();
        if self.peers[peer].vault.keys.contains_key(&newest) {
            self.peers[peer].vault.keys.extend(keys);
        }
        let head = &parts.headers[0];
        let by = anchor
            .roll
            .device(head.header.device)
            .or(self.server.devices.get(&head.header.device));
        let signed = by.is_some_and(|device| head.is_by(device.signing));
        let roll = head.key.is_some() || head.roll == roll_hash(&anchor.roll);
        signed && roll && head.clone().rehash().header.hash == head.header.hash
    }

    // --- network ---

    fn send(&mut self, peer: usize, number: Number, request: Request) {
        let failed = match &request {
            Request::Ask(_) => Event::Answered {
                number,
                answer: Answer::Failed,
            },
            Request::Push(..) => Event::Delivered {
                number,
                delivery: Delivery::Failed,
            },
        };
        self.later(peer, 30_000, Message::Event(failed));
        let by = self.peers[peer].vault.snapshot.me.id;
        let copies = 1 + usize::from(self.chance(self.repeats));
        for _ in 0..copies {
            if self.peers[peer].online && !self.chance(self.drops) {
                let after = self.latency();
                self.later(peer, after, Message::ToServer(by, number, request.clone()));
            }
        }
    }

    fn at_server(&mut self, peer: usize, boot: u64, by: DeviceId, number: Number, request: Request) {
        let response = match request {
            Request::Ask(ask) => {
                let (mut answer, mut parts) = self.server.answer(by, ask, &self.peers[peer].vault.aside);
                if let Some((lied_to, lie)) = &self.lie
                    && *lied_to == peer
                {
                    lie(&self.server, &ask, &mut answer, &mut parts);
                }
                Response::Answer(answer, parts)
            }
            Request::Push(sent, push, proof) => {
                let before = self.server.head().header.sequence;
                let proof = proof.filter(|proof| proof.until > self.time);
                let proof = proof.map(|proof| proof.generation);
                let delivery = self.server.push(by, sent, &push, proof);
                if push.all_new && matches!(delivery, Delivery::Stored { .. }) {
                    let first = push.headers[0].header.hash;
                    let late = self.peers[peer].vault.snapshot.signed.contains(&first);
                    self.proven.late += u64::from(late);
                    self.proven.landed += 1;
                }
                if matches!(delivery, Delivery::Stored { .. }) {
                    let sentences = push.envelopes.iter().flat_map(|envelope| &envelope.content);
                    self.truth.accepted.extend(sentences);
                    let deleted = push.envelopes.iter().filter(|envelope| envelope.deleted);
                    self.truth.buried.extend(deleted.map(|envelope| envelope.id));
                }
                if self.server.head().header.sequence > before {
                    self.poke_all_but(peer);
                }
                Response::Delivery(delivery)
            }
        };
        if self.peers[peer].boot == boot && self.peers[peer].online && !self.chance(self.drops) {
            let after = self.latency();
            self.later(peer, after, Message::FromServer(number, response));
        }
    }

    fn poke_all_but(&mut self, from: usize) {
        for peer in 0..self.peers.len() {
            if peer != from && self.peers[peer].online && !self.chance(self.drops) {
                let after = self.latency();
                self.later(peer, after, Message::Event(Event::Poke));
            }
        }
    }

    // --- a device ---

    pub fn boot(&mut self, peer: usize) {
        let seed = self.random.u64(..);
        let this = &mut self.peers[peer];
        this.boot += 1;
        this.held = Held::default();
        this.shown = None;
        let stored = this.vault.snapshot.clone();
        let bytes = {
            let mut bytes = Vec::new();
            ciborium::into_writer(&stored, &mut bytes).expect("a snapshot is written");
            bytes
        };
        let read: Snapshot = ciborium::from_reader(bytes.as_slice()).expect("a snapshot is read");
        assert_eq!(read, stored);
        this.engine = Some(Engine::open(read, seed));
        let (waiting, online) = (this.vault.waiting(), this.online);
        let signed_out = this.vault.snapshot.standing == Standing::SignedOut;
        self.happens(peer, Event::Started { waiting });
        self.happens(peer, Event::Network { up: online });
        if signed_out {
            self.later(peer, MINUTE, Message::LogIn);
        }
    }

    pub fn crash(&mut self, peer: usize) {
        let this = &mut self.peers[peer];
        this.engine = None;
        this.boot += 1;
        let after = self.random.u64(1000..MINUTE);
        self.later(peer, after, Message::Boot);
    }

    pub fn happens(&mut self, peer: usize, event: Event) {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            let now = self.now(peer);
            let Some(engine) = &mut self.peers[peer].engine else {
                return;
            };
            let effects = engine.handle(now, event);
            let writes = effects
                .iter()
                .filter(|effect| matches!(effect, Effect::Write(_)))
                .count();
            assert!(writes <= 1 && (writes == 0 || matches!(effects[0], Effect::Write(_))));
            for effect in effects {
                if self.chance(self.crashes) {
                    return self.crash(peer);
                }
                events.extend(self.carry_out(peer, effect));
                if self.peers[peer].engine.is_none() {
                    return;
                }
            }
            if self.chance(self.crashes) {
                return self.crash(peer);
            }
        }
    }

    fn carry_out(&mut self, peer: usize, effect: Effect) -> Option<Event> {
        match effect {
            Effect::Write(write) => {
                let this = &mut self.peers[peer];
                if matches!(write.change, Change::DropPush | Change::NotePush(_)) && this.vault.push.is_none()
                {
                    panic!("a push that is not there");
                }
                let unproven = this.vault.push.as_ref().is_some_and(|stored| stored.push.all_new);
                self.proven.given_up += u64::from(unproven && write.change == Change::DropPush);
                let settled =
                    this.vault
                        .write_change(write.change, &write.snapshot, &mut this.held, &mut self.random);
                settled.map(Event::Settled)
            }
            Effect::Ask(number, ask) => {
                self.send(peer, number, Request::Ask(ask));
                None
            }
            Effect::Send(number) => {
                let push = self.peers[peer]
                    .vault
                    .push
                    .as_ref()
                    .expect("a stored push")
                    .push
                    .clone();
                self.count += 1;
                let proof = push
                    .all_new
                    .then(|| self.peers[peer].held.proof.expect("sent by a proof alone"));
                self.send(peer, number, Request::Push(self.count, push, proof));
                None
            }
            Effect::Check(check) => {
                let parts = self.peers[peer].held.page.clone().expect("a page");
                // The key of an epoch is asked for by itself, and that may be lost too.
                let begins = |signed: &Signed| matches!(signed.header.kind, HeaderKind::Epoch { .. });
                if parts.headers.iter().any(begins) && self.chance(self.drops) {
                    return Some(Event::Checked(Checked::NotNow));
                }
                let this = &mut self.peers[peer];
                let devices = &self.server.devices;
                Some(Event::Checked(this.vault.check(
                    &check.signers,
                    &parts,
                    devices,
                    &this.logged_in,
                )))
            }
            Effect::Verify(verify) => Some(Event::Verified(self.peers[peer].vault.verify(&verify))),
            Effect::Recall { sequence } => {
                let hash = self.peers[peer].vault.hashes.get(&sequence).copied();
                Some(Event::Recalled(hash))
            }
            Effect::Seal(mut seal) => {
                if let SealWhat::Epoch { to } | SealWhat::AllNew { to } | SealWhat::BeginAgain { to } =
                    &mut seal.what
                {
                    let without = self.peers[peer].vault.snapshot.without.clone();
                    let others = self.server.devices.values().filter(|device| {
                        !self.server.out.contains(&device.id) && !without.contains(&device.id)
                    });
                    let known: Vec<_> = others.filter(|device| !to.contains(device)).copied().collect();
                    to.extend(known);
                }
                let this = &mut self.peers[peer];
                let stored = this.vault.seal(&seal, &mut self.random);
                let sealed = stored.as_ref().map(|stored| stored.sealed.clone());
                this.held.push = stored;
                Some(Event::Sealed(sealed))
            }
            Effect::SumAnew => Some(Event::Summed {
                fits: self.peers[peer].vault.sum_fits(),
            }),
            Effect::BecomeNew | Effect::DropKeys => {
                self.later(peer, 5000, Message::LogIn);
                None
            }
            Effect::WakeAt(at) => {
                let now = self.now(peer);
                let after = at.since(now).map_or(0, |span| span.0);
                self.later(peer, after, Message::Event(Event::Tick));
                None
            }
            Effect::Show(status) => {
                self.shown(peer, &status);
                self.peers[peer].shown = Some(status);
                None
            }
            Effect::Tell(notice) => {
                self.peers[peer].told.push(notice);
                None
            }
        }
    }

    fn shown(&mut self, peer: usize, status: &Status) {
        match status {
            Status::Stopped(alarm) if self.honest => panic!("device {peer} stopped: {alarm:?}"),
            Status::Asking(question) if self.answers => {
                let no = matches!(question, Question::ManyDeletions { .. }) && self.random.bool();
                if no {
                    let deleted = self.truth.deletions.iter().map(|(id, ..)| *id);
                    self.truth.kept.extend(deleted);
                }
                let decision = if no { Decision::No } else { Decision::Yes };
                let after = self.random.u64(1000..2 * MINUTE);
                self.later(peer, after, Message::Event(Event::Decided(decision)));
            }
            _ => {}
        }
    }

    fn log_in(&mut self, peer: usize) {
        let standing = self.peers[peer].vault.snapshot.standing.clone();
        if !matches!(standing, Standing::BecomesNew | Standing::SignedOut) {
            return;
        }
        let me = self.make_device();
        self.server.devices.insert(me.id, me);
        self.peers[peer].logged_in = self.server.keys();
        self.happens(peer, Event::Became(me));
    }

    // --- what people do ---

    pub fn new_record(&mut self, peer: usize) -> RecordId {
        let id = RecordId(self.random.u128(..).to_be_bytes());
        self.write(peer, id, Pen::Up);
        id
    }

    pub fn write(&mut self, peer: usize, id: RecordId, pen: Pen) {
        let mut content = self.peers[peer].vault.live().remove(&id).unwrap_or_default();
        if content.len() > 2 && self.random.u8(..) < 60 {
            let place = self.random.usize(..content.len());
            let gone = content.iter().copied().nth(place).expect("a sentence");
            content.remove(&gone);
            self.truth.removed.insert(gone);
        }
        self.next += 1;
        content.insert(self.next);
        self.truth.sentences.insert(self.next, (id, peer));
        self.peers[peer].vault.write(id, content);
        let waiting = self.peers[peer].vault.waiting();
        self.happens(peer, Event::Changed { waiting, pen });
    }

    pub fn delete(&mut self, peer: usize, ids: &[RecordId], confirmed: bool) {
        let bulk = confirmed.then(|| (self.random.u64(..), ids.len() as u64));
        for id in ids {
            if let Some(seen) = self.peers[peer].vault.live().remove(id) {
                self.truth.deletions.push((*id, seen, peer));
                let vault = &self.peers[peer].vault;
                // A backup that knows of no sending has no name for what it deletes before it has heard what was sent since.
                if vault.snapshot.restored && vault.rows[id].noted.is_none() {
                    self.truth.kept.insert(*id);
                }
                self.peers[peer].vault.delete(*id, bulk);
            }
        }
        let waiting = self.peers[peer].vault.waiting();
        self.happens(
            peer,
            Event::Changed {
                waiting,
                pen: Pen::Up,
            },
        );
    }

    pub fn set_online(&mut self, peer: usize, up: bool) {
        self.peers[peer].online = up;
        self.happens(peer, Event::Network { up });
    }

    pub fn back_up(&mut self, peer: usize) {
        let vault = self.peers[peer].vault.clone();
        self.peers[peer].backups.push(vault);
    }

    pub fn restore(&mut self, peer: usize) {
        let Some(mut vault) = self.peers[peer].backups.last().cloned() else {
            return;
        };
        let lost = self
            .truth
            .sentences
            .iter()
            .filter(|(sentence, (_, on))| *on == peer && !self.truth.accepted.contains(sentence));
        let lost: Vec<u32> = lost.map(|(sentence, _)| *sentence).collect();
        self.truth.lost.extend(lost);
        // A deletion that was not sent is lost with it, unless it is still on its way.
        let unsent = self
            .truth
            .deletions
            .iter()
            .filter(|(id, _, on)| *on == peer && !self.truth.buried.contains(id));
        let unsent: Vec<RecordId> = unsent.map(|(id, ..)| *id).collect();
        self.truth.kept.extend(unsent);
        let me = self.make_device();
        self.server.devices.insert(me.id, me);
        vault.snapshot = vault.snapshot.restored_as(me);
        let this = &mut self.peers[peer];
        vault.asked.append(&mut this.vault.asked);
        this.vault = vault;
        this.logged_in = self.server.keys();
        this.engine = None;
        this.boot += 1;
        self.boot(peer);
    }

    pub fn copy_profile(&mut self, peer: usize) -> usize {
        let (vault, logged_in) = (self.peers[peer].vault.clone(), self.peers[peer].logged_in.clone());
        // What waits on both can be deleted on one and sent by the other.
        let waits = |(_, row): &(&RecordId, &Row)| row.here != regie_sync::Here::Unchanged;
        let twice = vault.rows.iter().filter(waits).map(|(id, _)| *id);
        self.truth.kept.extend(twice);
        let copy = self.add_peer(vault);
        self.peers[copy].logged_in = logged_in;
        copy
    }

    /// Signs the device of one peer out, as lost or stolen, from another.
    pub fn sign_out(&mut self, from: usize, other: usize) {
        let out = self.peers[other].vault.snapshot.me.id;
        if out == self.peers[from].vault.snapshot.me.id || self.peers[from].engine.is_none() {
            return;
        }
        self.server.out.insert(out);
        self.happens(from, Event::Ordered(Order::BeginEpoch { without: vec![out] }));
    }

    /// Somebody knew passphrase or code: both become new, and an epoch with them, as long as whoever asks for it waits.
    pub fn somebody_knew(&mut self, peer: usize, waits: u64) {
        if self.peers[peer].engine.is_none() {
            return;
        }
        self.peers[peer].held.proof = Some(Proof {
            generation: self.server.generation,
            until: self.time + 10 * MINUTE,
        });
        self.happens(peer, Event::Proof { holds: true });
        self.later(peer, waits, Message::Event(Event::Proof { holds: false }));
    }

    pub fn random_edits(&mut self, count: usize) {
        for _ in 0..count {
            let peer = self.random.usize(..self.peers.len());
            self.random_act(peer);
            let pause = match self.random.u8(0..10) {
                0 => self.random.u64(0..60 * MINUTE),
                1..=4 => 0,
                _ => self.random.u64(0..30_000),
            };
            self.run_for(pause);
        }
    }

    fn random_act(&mut self, peer: usize) {
        let live: Vec<RecordId> = self.peers[peer].vault.live().keys().copied().collect();
        let some = |random: &mut fastrand::Rng| random.choice(&live).copied();
        match self.random.u8(0..100) {
            0..45 => match some(&mut self.random) {
                Some(id) => {
                    let pen = if self.random.bool() { Pen::Up } else { Pen::Down };
                    self.write(peer, id, pen);
                }
                None => drop(self.new_record(peer)),
            },
            45..62 => drop(self.new_record(peer)),
            62..70 => {
                if let Some(id) = some(&mut self.random) {
                    self.delete(peer, &[id], false);
                }
            }
            70..72 => {
                let half = live.len() / 2;
                let confirmed = self.random.bool();
                self.delete(peer, &live[..half], confirmed);
            }
            72..82 => {
                let up = !self.peers[peer].online;
                self.set_online(peer, up);
            }
            82..86 => self.crash(peer),
            86..89 => self.back_up(peer),
            89..90 => self.restore(peer),
            90..91 if self.peers.len() < 6 => drop(self.copy_profile(peer)),
            91..92 => {
                let other = self.random.usize(..self.peers.len());
                self.sign_out(peer, other);
            }
            92..93 => {
                let waits = self.random.u64(10..MINUTE);
                self.fate = match self.random.u8(0..6) {
                    0 => Fate::RequestLost,
                    1 => Fate::AnswerLost,
                    2 | 3 => Fate::Late(self.random.u64(MINUTE / 2..3 * MINUTE)),
                    _ => Fate::Arrives,
                };
                self.somebody_knew(peer, waits);
            }
            93..95 => self.peers[peer].skew = self.random.i64(-40_000_000_000..40_000_000_000),
            95..97 => {
                let open = self.random.bool();
                self.happens(peer, Event::Listening { open });
            }
            97..99 => {
                let live = self.random.bool();
                self.happens(peer, Event::OtherDevice { live });
            }
            _ => {
                self.set_online(peer, false);
                self.run_for(40 * 24 * 60 * MINUTE / 100);
            }
        }
    }

    // --- the end ---

    pub fn heal(&mut self) -> &mut Self {
        (self.drops, self.repeats, self.crashes) = (0.0, 0.0, 0.0);
        self.fate = Fate::Arrives;
        for peer in 0..self.peers.len() {
            self.set_online(peer, true);
        }
        self
    }

    pub fn settle(&mut self) -> &mut Self {
        for _ in 0..200 {
            self.run_for(5 * MINUTE);
            if self.disagreement().is_none() {
                return self;
            }
        }
        self
    }

    /// What is not as it should be once all is quiet.
    pub fn disagreement(&self) -> Option<String> {
        let server: BTreeMap<RecordId, Content> = self
            .server
            .records
            .iter()
            .filter(|(_, (_, envelope))| !envelope.deleted)
            .map(|(id, (_, envelope))| (*id, envelope.content.clone()))
            .collect();
        for (place, peer) in self.peers.iter().enumerate() {
            let vault = &peer.vault;
            if vault.waiting() > 0 || vault.push.is_some() || !vault.aside.is_empty() {
                return Some(format!("device {place} has not sent all: {:?}", peer.shown));
            }
            if vault.snapshot.head.map(|head| head.hash) != Some(self.server.head().header.hash) {
                return Some(format!("device {place} is not at the head: {:?}", peer.shown));
            }
            if vault.live() != server {
                return Some(format!("device {place} holds something else: {:?}", peer.shown));
            }
            if !vault.sum_fits() || vault.rows.values().any(|row| row.unchecked) {
                return Some(format!("device {place} is not in order"));
            }
            if !matches!(peer.shown, Some(Status::UpToDate { .. })) {
                return Some(format!("device {place} says {:?}", peer.shown));
            }
        }
        None
    }

    /// No writing is lost, and nothing deleted returns unless it was edited since.
    pub fn check_truth(&self) {
        let end = self.peers[0].vault.live();
        let asked: BTreeSet<RecordId> = self
            .peers
            .iter()
            .flat_map(|peer| peer.vault.asked.iter().copied())
            .collect();
        let decided = |id: &RecordId| asked.contains(id) || self.truth.kept.contains(id);
        for (sentence, (id, on)) in &self.truth.sentences {
            let mut deletions = self.truth.deletions.iter().filter(|(of, ..)| of == id);
            let free =
                self.truth.removed.contains(sentence) || self.truth.lost.contains(sentence) || decided(id);
            if free || deletions.any(|(_, seen, _)| seen.contains(sentence)) {
                continue;
            }
            let there = end.get(id).is_some_and(|content| content.contains(sentence));
            assert!(there, "sentence {sentence} of device {on} in {id:?} is lost");
        }
        for (id, seen, on) in &self.truth.deletions {
            let Some(content) = end.get(id).filter(|_| !decided(id)) else {
                continue;
            };
            let edited = content.iter().any(|sentence| !seen.contains(sentence));
            assert!(edited, "{id:?}, deleted on device {on}, returned unedited");
        }
    }

    pub fn alarm(&self, peer: usize) -> Option<Alarm> {
        match &self.peers[peer].shown {
            Some(Status::Stopped(alarm)) => Some(alarm.clone()),
            _ => None,
        }
    }

    pub fn refuse(&mut self, peer: usize, refusal: Refusal) {
        let lie: Lie = Box::new(move |_, _, answer, parts| {
            *answer = Answer::Refused(refusal);
            *parts = Parts::default();
        });
        self.lie = Some((peer, lie));
    }
}
