//! A device in memory: it carries out the engine's effects over a vault that survives a crash, as the shipped client does over the real one.

use std::collections::{BTreeMap, BTreeSet};

use regie_sync::{
    Aim, Base, Bulk, Census, Change, Checked, Device, DeviceId, Differences, Doubt, EnvelopeHash, Fit,
    HeaderHash, HeaderKind, Here, Known, Mine, Parcel, Passage, Plan, PushFate, PushKind, RecordId, Revision,
    Roll, Seal, SealWhat, Sealed, SealedPush, Settled, Signer, Snapshot, TakeIn, Taken, Theirs, Verified,
    Verify, plan_left, plan_record, plan_shown,
};
use regie_sync::{Entry, Header};

use crate::server::{Parts, Proof, Push};
use crate::toy::{Content, Envelope, Signed, number, roll_hash};

/// How many records a push carries here: few, so that there are many pushes.
const PUSH: usize = 3;

/// What is known of a record, with its text as merge base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    pub known: Known,
    pub content: Content,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub noted: Option<Noted>,
    pub content: Option<Content>,
    pub here: Here,
    /// Counts the writings in it.
    pub change: u64,
    /// What was sealed, and of which writing.
    pub sealed: Option<(Envelope, u64)>,
    /// The revision under which it waits, if it has one already.
    pub revision: Option<Revision>,
    pub bulk: Option<(u64, u64)>,
    pub unchecked: bool,
}

impl Row {
    const EMPTY: Self = Self {
        noted: None,
        content: None,
        here: Here::Unchanged,
        change: 0,
        sealed: None,
        revision: None,
        bulk: None,
        unchecked: false,
    };

    fn mine(&self) -> Mine {
        Mine {
            known: self.noted.as_ref().map(|noted| noted.known),
            here: self.here,
            sealed: self.sealed.as_ref().map(|(envelope, change)| Sealed {
                revision: envelope.revision,
                hash: envelope.hash(),
                deleted: envelope.deleted,
                edited_since: *change != self.change,
            }),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Stored {
    pub push: Push,
    /// Which record was sealed, and of which writing.
    pub of: Vec<(RecordId, u64)>,
    pub sealed: SealedPush,
}

/// All that survives a crash.
#[derive(Clone, Debug)]
pub struct Vault {
    pub snapshot: Snapshot,
    pub rows: BTreeMap<RecordId, Row>,
    pub aside: BTreeMap<RecordId, (u64, Envelope)>,
    pub aside_head: Option<Signed>,
    pub aside_hashes: BTreeMap<u64, HeaderHash>,
    pub hashes: BTreeMap<u64, HeaderHash>,
    pub head: Option<Signed>,
    pub sum: u128,
    pub keys: BTreeMap<u64, u64>,
    pub push: Option<Stored>,
    /// Records about which the person was asked.
    pub asked: BTreeSet<RecordId>,
}

/// Where randomness of a device comes from.
pub type Random = fastrand::Rng;

fn revision(random: &mut Random) -> Revision {
    Revision(random.u128(..).to_be_bytes())
}

fn theirs(envelope: &Envelope) -> Theirs {
    Theirs {
        revision: envelope.revision,
        hash: envelope.hash(),
        parent: envelope.parent,
        deleted: envelope.deleted,
    }
}

fn noted(envelope: &Envelope) -> Noted {
    Noted {
        known: Known {
            revision: envelope.revision,
            hash: envelope.hash(),
            parent: envelope.parent,
            deleted: envelope.deleted,
        },
        content: envelope.content.clone(),
    }
}

/// Three ways: what either side added stays, what either side took away goes.
pub fn merge(base: &Content, mine: &Content, theirs: &Content) -> Content {
    let gone = |sentence: &&u32| {
        base.contains(*sentence) && !(mine.contains(*sentence) && theirs.contains(*sentence))
    };
    let all: Content = mine.union(theirs).copied().collect();
    all.iter().filter(|sentence| !gone(sentence)).copied().collect()
}

impl Vault {
    pub fn new(snapshot: Snapshot, keys: BTreeMap<u64, u64>) -> Self {
        Self {
            snapshot,
            rows: BTreeMap::new(),
            aside: BTreeMap::new(),
            aside_head: None,
            aside_hashes: BTreeMap::new(),
            hashes: BTreeMap::new(),
            head: None,
            sum: 0,
            keys,
            push: None,
            asked: BTreeSet::new(),
        }
    }

    pub fn waiting(&self) -> u64 {
        self.rows
            .values()
            .filter(|row| row.here != Here::Unchanged)
            .count() as u64
    }

    /// What the person sees.
    pub fn live(&self) -> BTreeMap<RecordId, Content> {
        let live = |(id, row): (&RecordId, &Row)| row.content.clone().map(|content| (*id, content));
        self.rows.iter().filter_map(live).collect()
    }

    /// The person writes in a record, or begins one.
    pub fn write(&mut self, id: RecordId, content: Content) {
        let row = self.rows.entry(id).or_insert(Row::EMPTY);
        row.content = Some(content);
        row.here = Here::Changed;
        row.change += 1;
        row.revision = None;
        row.bulk = None;
    }

    pub fn delete(&mut self, id: RecordId, bulk: Option<(u64, u64)>) {
        let Some(row) = self.rows.get_mut(&id) else { return };
        row.content = None;
        row.here = Here::Deleted;
        row.change += 1;
        row.revision = None;
        row.bulk = bulk;
        if row.noted.is_none() && row.sealed.is_none() {
            self.rows.remove(&id);
        }
    }

    fn key(&self, epoch: u64) -> u64 {
        self.keys.get(&epoch).copied().unwrap_or_default()
    }

    /// The sum of what is known, under a key.
    pub fn sum_of_rows(&self, key: u64) -> u128 {
        let known = self
            .rows
            .iter()
            .filter_map(|(id, row)| Some((id, row.noted.as_ref()?.known)));
        known
            .map(|(id, known)| number(key, *id, known.revision, known.hash))
            .fold(0, u128::wrapping_add)
    }

    fn live_known(&self) -> u64 {
        let live = |row: &&Row| row.noted.as_ref().is_some_and(|noted| !noted.known.deleted);
        self.rows.values().filter(live).count() as u64
    }

    pub fn sum_fits(&self) -> bool {
        let epoch = self.snapshot.head.map_or(0, |head| head.epoch);
        self.sum == self.sum_of_rows(self.key(epoch))
    }

    // --- what came ---

    /// Signatures under the keys that the engine names, epochs, records.
    pub fn check(
        &mut self,
        signers: &[Signer],
        parts: &Parts,
        devices: &BTreeMap<DeviceId, Device>,
        logged_in: &BTreeMap<u64, u64>,
    ) -> Checked {
        let me = self.snapshot.me.id;
        for (signed, signer) in parts.headers.iter().zip(signers) {
            let key = match signer {
                Signer::Key(key) => Some(*key),
                Signer::ByName(id) => devices.get(id).map(|device| device.signing),
            };
            if key.is_none_or(|key| !signed.is_by(key)) {
                return Checked::BadHeader;
            }
            if let HeaderKind::Epoch { number, sealed_to } = &signed.header.kind {
                let opened = if sealed_to.contains(&me) {
                    signed.key
                } else {
                    logged_in.get(number).copied()
                };
                let Some(key) = opened else {
                    return Checked::NotForThisDevice;
                };
                if !signed.vouches(key, 0) {
                    return Checked::BadHeader;
                }
                self.keys.insert(*number, key);
            }
        }
        let wrong = |(_, envelope): &&(u64, Envelope)| {
            self.keys
                .get(&envelope.epoch)
                .is_none_or(|key| !envelope.opens(*key))
        };
        let unopened: Vec<RecordId> = parts
            .envelopes
            .iter()
            .filter(wrong)
            .map(|(_, envelope)| envelope.id)
            .collect();
        if unopened.is_empty() {
            Checked::Fits
        } else {
            Checked::DoesNotOpen(unopened)
        }
    }

    fn keep_page(&mut self, parts: Parts, shown: bool, differing: bool) {
        if differing {
            // What is not listed any more goes from what lies aside; the toy lists all of it with the page.
            self.aside.retain(|id, _| parts.listed.contains(id));
        }
        for (sequence, envelope) in parts.envelopes {
            let newer = self
                .aside
                .get(&envelope.id)
                .is_none_or(|(known, _)| *known <= sequence || differing);
            if !newer {
                continue;
            }
            if shown {
                let row = self.rows.entry(envelope.id).or_insert(Row::EMPTY);
                if plan_shown(&row.mine()) {
                    row.noted = Some(noted(&envelope));
                    row.content = (!envelope.deleted).then(|| envelope.content.clone());
                    row.unchecked = true;
                }
            }
            self.aside.insert(envelope.id, (sequence, envelope));
        }
        for signed in parts.headers {
            self.aside_hashes
                .insert(signed.header.sequence, signed.header.hash);
            self.aside_head = Some(signed);
        }
    }

    pub fn verify(&self, verify: &Verify) -> Verified {
        let old_epoch = self.snapshot.head.map_or(0, |head| head.epoch);
        if verify.anew && self.snapshot.head.is_some() && self.sum != self.sum_of_rows(self.key(old_epoch)) {
            return Verified {
                fit: Fit::Damaged,
                census: Census::default(),
                differences: Differences::default(),
            };
        }
        let key = self.key(verify.head.epoch);
        let aside: BTreeMap<_, _> = self
            .aside
            .iter()
            .filter(|(_, (at, _))| *at > verify.after)
            .collect();
        let (mut sum, mut live) = if verify.whole {
            (0, 0)
        } else if verify.anew {
            (self.sum_of_rows(key), self.live_known())
        } else {
            (self.sum, self.live_known())
        };
        for (id, (_, envelope)) in &aside {
            let before = self
                .rows
                .get(id)
                .and_then(|row| row.noted.as_ref())
                .filter(|_| !verify.whole);
            if let Some(before) = before {
                sum = sum.wrapping_sub(number(key, **id, before.known.revision, before.known.hash));
                live -= u64::from(!before.known.deleted);
            }
            sum = sum.wrapping_add(envelope.number(key));
            live += u64::from(!envelope.deleted);
        }
        let head = self.aside_head.as_ref().or(self.head.as_ref());
        let fits = head.is_some_and(|signed| {
            let begins = signed.key.is_some();
            signed.header.hash == verify.head.hash
                && signed.vouches(key, sum)
                && signed.header.records == live
                && (begins || signed.roll == roll_hash(&verify.roll))
        });
        Verified {
            fit: if fits { Fit::Fits } else { Fit::Differs },
            census: self.census(&aside),
            differences: if verify.differences {
                self.differences(&aside)
            } else {
                Differences::default()
            },
        }
    }

    fn census(&self, aside: &BTreeMap<&RecordId, &(u64, Envelope)>) -> Census {
        let mut census = Census {
            live: self.rows.values().filter(|row| row.content.is_some()).count() as u64,
            ..Census::default()
        };
        let mut bulks: BTreeMap<u64, Bulk> = BTreeMap::new();
        for (id, (_, envelope)) in aside {
            let goes = self
                .rows
                .get(id)
                .is_some_and(|row| row.content.is_some() && row.here == Here::Unchanged);
            match envelope.bulk {
                _ if !goes || !envelope.deleted => {}
                None => census.deletions += 1,
                Some((bulk, told)) => bulks.entry(bulk).or_insert(Bulk { told, arriving: 0 }).arriving += 1,
            }
        }
        census.bulk = bulks.into_values().collect();
        census
    }

    fn differences(&self, aside: &BTreeMap<&RecordId, &(u64, Envelope)>) -> Differences {
        let mut differences = Differences::default();
        let nothing = Row::EMPTY;
        for (id, (_, envelope)) in aside {
            let row = self.rows.get(id).unwrap_or(&nothing);
            let same = row
                .noted
                .as_ref()
                .is_some_and(|noted| noted.known.revision == envelope.revision);
            match (row.content.is_some(), envelope.deleted) {
                _ if same => {}
                (true, true) => differences.deleted_there += 1,
                (true, false) => differences.differing += 1,
                (false, false) if row.noted.is_some() => differences.deleted_here += 1,
                (false, false) => differences.only_there += 1,
                (false, true) => {}
            }
        }
        let only = |(id, row): &(&RecordId, &Row)| row.content.is_some() && !aside.contains_key(*id);
        differences.only_here = self.rows.iter().filter(only).count() as u64;
        differences
    }

    // --- transactions ---

    /// One transaction. What is answered with [`Settled`] returns it.
    pub fn write_change(
        &mut self,
        change: Change,
        snapshot: &Snapshot,
        held: &mut Held,
        random: &mut Random,
    ) -> Option<Settled> {
        let mut taken = Taken::default();
        let settles = matches!(change, Change::TakeIn(_) | Change::NotePush(_));
        match change {
            Change::Nothing => {}
            Change::DropAside { push } => {
                self.drop_aside();
                if push {
                    self.push = None;
                }
            }
            Change::KeepAnchor => {
                let parts = held.page.take().expect("an anchor");
                self.keep_page(parts, false, false);
            }
            Change::KeepPage { shown } => {
                let parts = held.page.take().expect("a page");
                let differing = parts.differing;
                self.keep_page(parts, shown, differing);
            }
            Change::StorePush => {
                let stored = held.push.take().expect("a push");
                for (envelope, (id, change)) in stored.push.envelopes.iter().zip(&stored.of) {
                    if let Some(row) = self.rows.get_mut(id) {
                        row.sealed = Some((envelope.clone(), *change));
                    }
                }
                self.push = Some(stored);
            }
            Change::NotePush(kind) => self.note_push(kind, &mut taken, random),
            Change::DropPush => self.push = None,
            Change::TakeIn(begun) => self.take_in(&begun, &mut taken, random),
        }
        self.snapshot = snapshot.clone();
        if settles {
            let epoch = self.snapshot.head.map_or(0, |head| head.epoch);
            self.sum = self.sum_of_rows(self.key(epoch));
        }
        settles.then(|| Settled {
            waiting: self.waiting(),
            taken,
        })
    }

    fn drop_aside(&mut self) {
        self.aside.clear();
        self.aside_head = None;
        self.aside_hashes.clear();
    }

    fn note_push(&mut self, kind: PushKind, taken: &mut Taken, random: &mut Random) {
        let stored = self.push.take().expect("a push to note");
        for signed in &stored.push.headers {
            self.hashes.insert(signed.header.sequence, signed.header.hash);
            if let Some(key) = signed.key {
                self.keys.insert(signed.header.epoch(), key);
            }
        }
        self.head = stored.push.headers.last().cloned();
        for (envelope, (id, change)) in stored.push.envelopes.iter().zip(&stored.of) {
            let row = self.rows.entry(*id).or_insert(Row::EMPTY);
            row.noted = Some(noted(envelope));
            if row.change == *change {
                row.here = Here::Unchanged;
                row.revision = None;
            }
            row.sealed = None;
        }
        match kind {
            PushKind::Changes | PushKind::Epoch | PushKind::AllNew => {}
            PushKind::BeginAgain => {
                let all: Vec<RecordId> = self.rows.keys().copied().collect();
                for id in all {
                    let plan = plan_left(Passage::FromHere { was_true: true }, &self.rows[&id].mine());
                    self.apply(id, plan, None, taken, random);
                }
            }
            PushKind::Restart { was_true } => {
                let aim = if was_true { Aim::FromHere } else { Aim::Restarted };
                self.take_records(aim, false, Passage::FromHere { was_true }, 0, taken, random);
                self.drop_aside();
            }
        }
    }

    fn take_in(&mut self, begun: &TakeIn, taken: &mut Taken, random: &mut Random) {
        match begun.push {
            PushFate::None => {}
            PushFate::Landed(kind) => self.note_push(kind, taken, random),
            PushFate::Lost => self.push = None,
        }
        self.take_records(
            begun.aim,
            begun.keep_deleted,
            begun.passage,
            begun.after,
            taken,
            random,
        );
        self.hashes.append(&mut self.aside_hashes);
        if let Some(head) = self.aside_head.take() {
            assert_eq!(head.header.hash, begun.head.hash);
            self.head = Some(head);
        }
        self.drop_aside();
        self.rows.values_mut().for_each(|row| row.unchecked = false);
    }

    fn take_records(
        &mut self,
        aim: Aim,
        keep_deleted: bool,
        passage: Passage,
        after: u64,
        taken: &mut Taken,
        random: &mut Random,
    ) {
        let aside: Vec<Envelope> = self
            .aside
            .values()
            .filter(|(at, _)| *at > after)
            .map(|(_, envelope)| envelope.clone())
            .collect();
        for envelope in &aside {
            let row = self.rows.get(&envelope.id).unwrap_or(&Row::EMPTY);
            let aim = if keep_deleted && envelope.bulk.is_none() {
                Aim::KeepDeleted
            } else {
                aim
            };
            let plan = plan_record(aim, &row.mine(), &theirs(envelope));
            self.apply(envelope.id, plan, Some(envelope), taken, random);
        }
        if passage.is_whole() {
            let came: Vec<RecordId> = aside.iter().map(|envelope| envelope.id).collect();
            let left: Vec<RecordId> = self
                .rows
                .keys()
                .filter(|id| !came.contains(id))
                .copied()
                .collect();
            for id in left {
                let plan = plan_left(passage, &self.rows[&id].mine());
                self.apply(id, plan, None, taken, random);
            }
        }
    }

    fn apply(
        &mut self,
        id: RecordId,
        plan: Plan,
        envelope: Option<&Envelope>,
        taken: &mut Taken,
        random: &mut Random,
    ) {
        let row = self.rows.entry(id).or_insert(Row::EMPTY);
        let content = envelope
            .map(|envelope| envelope.content.clone())
            .unwrap_or_default();
        let was = row.noted.clone();
        let sealed = row.sealed.clone();
        if plan != Plan::Nothing {
            row.noted = envelope.map(noted);
        }
        let take = |row: &mut Row| {
            row.content = Some(content.clone());
            (row.here, row.sealed, row.revision) = (Here::Unchanged, None, None);
        };
        match plan {
            Plan::Nothing | Plan::Note => {}
            Plan::Arrived => {
                let since = sealed.is_some_and(|(_, change)| change != row.change);
                if !since {
                    row.here = Here::Unchanged;
                    row.revision = None;
                }
                row.sealed = None;
            }
            Plan::Take => {
                if row.content.is_some() {
                    taken.changed += 1
                } else {
                    taken.new += 1
                }
                take(row);
            }
            Plan::Revive => {
                taken.kept += 1;
                take(row);
            }
            Plan::Delete => {
                taken.deleted += u64::from(row.content.is_some());
                row.content = None;
                (row.here, row.sealed, row.revision) = (Here::Unchanged, None, None);
            }
            Plan::Merge(base) => {
                taken.merged += 1;
                let base = match base {
                    Base::Known => was.map(|was| was.content),
                    Base::Sealed => sealed.map(|(envelope, _)| envelope.content),
                    Base::None => None,
                };
                let mine = row.content.clone().unwrap_or_default();
                let merged = merge(&base.unwrap_or_default(), &mine, &content);
                row.here = if merged == content {
                    Here::Unchanged
                } else {
                    Here::Changed
                };
                row.content = Some(merged);
                row.change += 1;
                (row.sealed, row.revision) = (None, None);
            }
            Plan::KeepEdited => {
                taken.kept += 1;
                row.here = Here::Changed;
                row.change += 1;
                (row.sealed, row.revision) = (None, None);
            }
            Plan::SendAgain | Plan::DeleteAgain => {
                if row.here == Here::Unchanged {
                    row.revision = was.map(|was| was.known.revision);
                    row.change += 1;
                    row.sealed = None;
                }
                row.here = if plan == Plan::SendAgain {
                    Here::Changed
                } else {
                    Here::Deleted
                };
            }
            Plan::AskPerson(doubt) => {
                taken.asked += 1;
                self.asked.insert(id);
                let keep = random.bool();
                row.change += 1;
                (row.sealed, row.revision) = (None, None);
                match (doubt, keep) {
                    (Doubt::DeletedElsewhere, true) => row.here = Here::Changed,
                    (Doubt::DeletedElsewhere, false) => (row.here, row.content) = (Here::Unchanged, None),
                    (Doubt::DeletedHere, true) => (row.here, row.content) = (Here::Unchanged, Some(content)),
                    (Doubt::DeletedHere, false) => (row.here, row.content) = (Here::Deleted, None),
                }
            }
        }
        if row.noted.is_none() && row.content.is_none() && row.here == Here::Unchanged {
            self.rows.remove(&id);
        }
    }

    // --- sealing ---

    pub fn seal(&self, seal: &Seal, random: &mut Random) -> Option<Stored> {
        let after = seal.after.expect("an account begins with an epoch");
        let me = self.snapshot.me;
        let mut entries = Vec::new();
        if seal.joins {
            entries.push(Entry::Joined(me));
        }
        let next = |sequence, before, records, kind| Header {
            account: self.snapshot.account,
            sequence,
            before: Some(before),
            hash: HeaderHash([0; 32]),
            device: me.id,
            records,
            kind,
        };
        let epoch = |place: u64, number: u64, to: &[Device], random: &mut Random| {
            let key = random.u64(..);
            let sealed_to = to.iter().map(|device| device.id).collect();
            let kind = HeaderKind::Epoch { number, sealed_to };
            let mut signed = Signed::make(next(place, after.hash, 0, kind), 0, key, 0, me.signing);
            signed.key = Some(key);
            (signed, key)
        };
        let change = |place, before: &Signed, number, key, sum, live, roll: &Roll, entries| {
            let kind = HeaderKind::Change {
                epoch: number,
                entries,
            };
            Signed::make(
                next(place, before.header.hash, live, kind),
                roll_hash(roll),
                key,
                sum,
                me.signing,
            )
        };
        let roll_after = |base: &Roll, begun: Option<(HeaderHash, &[Device])>| {
            let mut epochs = base.epochs().to_vec();
            let mut devices: Vec<Device> = base.devices().to_vec();
            if let Some((hash, to)) = begun {
                epochs.push(hash);
                devices.retain(|device| to.iter().any(|stays| stays.id == device.id));
            }
            if seal.joins {
                devices.push(me);
            }
            Roll::claimed(epochs, devices)
        };
        let roll = &self.snapshot.roll;
        match &seal.what {
            SealWhat::Changes => self.seal_changes(seal, entries, random),
            SealWhat::Epoch { to } | SealWhat::AllNew { to } => {
                let (first, key) = epoch(after.sequence + 1, after.epoch + 1, to, random);
                let roll = roll_after(roll, Some((first.header.hash, to)));
                let sum = self.sum_of_rows(key);
                let second = change(
                    after.sequence + 2,
                    &first,
                    after.epoch + 1,
                    key,
                    sum,
                    self.live_known(),
                    &roll,
                    entries,
                );
                let mut stored = stored(vec![first, second], Vec::new(), Vec::new(), false, roll);
                stored.push.all_new = matches!(seal.what, SealWhat::AllNew { .. });
                Some(stored)
            }
            SealWhat::BeginAgain { to } => {
                let (first, _) = epoch(after.sequence + 1, after.epoch + 1, to, random);
                let roll = roll_after(roll, Some((first.header.hash, to)));
                Some(stored(vec![first], Vec::new(), Vec::new(), true, roll))
            }
            SealWhat::Restart { names, roll, shown } => {
                assert_eq!(roll.epochs(), shown.epochs(), "the toy server loses none");
                entries.push(Entry::Restart {
                    sequence: names.sequence,
                    hash: names.hash,
                });
                let key = self.key(after.epoch);
                let numbers = self.aside.values().map(|(_, envelope)| envelope.number(key));
                let sum = numbers.fold(0, u128::wrapping_add);
                let live = self
                    .aside
                    .values()
                    .filter(|(_, envelope)| !envelope.deleted)
                    .count() as u64;
                let place = after.sequence.max(names.sequence) + 1;
                let kind = HeaderKind::Change {
                    epoch: after.epoch,
                    entries,
                };
                let header = next(place, after.hash, live, kind);
                let roll = roll_after(roll, None);
                let signed = Signed::make(header, roll_hash(&roll), key, sum, me.signing);
                Some(stored(vec![signed], Vec::new(), Vec::new(), true, roll))
            }
        }
    }

    fn seal_changes(&self, seal: &Seal, entries: Vec<Entry>, random: &mut Random) -> Option<Stored> {
        let after = seal.after.expect("a head");
        let key = self.key(after.epoch);
        let mut sum = self.sum;
        let mut live = self.live_known();
        let (mut parcel, mut envelopes, mut of) = (Parcel::default(), Vec::new(), Vec::new());
        let waits: Vec<_> = self
            .rows
            .iter()
            .filter(|(_, row)| row.here != Here::Unchanged)
            .collect();
        for (id, row) in &waits {
            if of.len() >= PUSH || !parcel.takes(1000) {
                break;
            }
            let envelope = self.envelope(**id, row, after.epoch, random);
            if let Some(before) = &row.noted {
                sum = sum.wrapping_sub(number(key, **id, before.known.revision, before.known.hash));
                live -= u64::from(!before.known.deleted);
            }
            sum = sum.wrapping_add(envelope.number(key));
            live += u64::from(!envelope.deleted);
            envelopes.push(envelope);
            of.push((**id, row.change));
        }
        if of.is_empty() && !seal.joins {
            return None;
        }
        let more = waits.len() > of.len();
        let devices = self.snapshot.roll.devices().iter().copied();
        let joining = seal.joins.then_some(self.snapshot.me);
        let roll = Roll::claimed(self.snapshot.roll.epochs().to_vec(), devices.chain(joining));
        let header = Header {
            account: self.snapshot.account,
            sequence: after.sequence + 1,
            before: Some(after.hash),
            hash: HeaderHash([0; 32]),
            device: self.snapshot.me.id,
            records: live,
            kind: HeaderKind::Change {
                epoch: after.epoch,
                entries,
            },
        };
        let signed = Signed::make(header, roll_hash(&roll), key, sum, self.snapshot.me.signing);
        Some(stored(vec![signed], envelopes, of, more, roll))
    }

    fn envelope(&self, id: RecordId, row: &Row, epoch: u64, random: &mut Random) -> Envelope {
        let parent: Option<EnvelopeHash> = row.noted.as_ref().map(|noted| noted.known.hash);
        let sealed = row.sealed.as_ref().filter(|(_, change)| *change == row.change);
        if let Some((envelope, _)) = sealed
            && envelope.epoch == epoch
            && envelope.parent == parent
        {
            return envelope.clone();
        }
        let named = sealed.map(|(envelope, _)| envelope.revision).or(row.revision);
        Envelope {
            epoch,
            id,
            revision: named.unwrap_or_else(|| revision(random)),
            parent,
            deleted: row.here == Here::Deleted,
            content: row.content.clone().unwrap_or_default(),
            bulk: row.bulk,
            nonce: random.u64(..),
            tag: 0,
        }
        .seal(self.key(epoch))
    }
}

fn stored(
    headers: Vec<Signed>,
    envelopes: Vec<Envelope>,
    of: Vec<(RecordId, u64)>,
    more: bool,
    roll: Roll,
) -> Stored {
    let sealed = SealedPush {
        first: headers[0].header.hash,
        head: headers.last().expect("a header").header.as_head(),
        records: of.len() as u64,
        more,
        roll,
    };
    Stored {
        push: Push {
            headers,
            envelopes,
            all_new: false,
        },
        of,
        sealed,
    }
}

/// What a device holds in memory between two effects.
#[derive(Default)]
pub struct Held {
    pub page: Option<Parts>,
    pub push: Option<Stored>,
    /// Nothing of it is stored: after a start there is none.
    pub proof: Option<Proof>,
}
