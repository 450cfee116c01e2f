//! The engine itself: what is done next, and who is told.

mod decide;
mod pull;
mod push;

use std::mem;

use crate::{
    Alarm, Ask, Change, Effect, Event, HeaderHash, Notice, Number, Passage, Progress, Pull, PushKind,
    Refusal, Rhythm, Settled, Snapshot, Span, Standing, Status, StoredPush, Time, Write,
};

/// One device's side of sync.
#[derive(Clone, Debug)]
pub struct Engine {
    snapshot: Snapshot,
    doing: Doing,
    rhythm: Rhythm,
    now: Time,
    number: u64,
    waiting: u64,
    up: bool,
    listening: bool,
    live: bool,
    /// There may be something new at the server.
    news: bool,
    /// The stored push was told that another is ahead.
    rival: bool,
    /// The sum is to be made anew from the rows.
    unsummed: bool,
    proof: Proof,
    too_old: bool,
    shown: Option<Status>,
    wakes: Option<Time>,
}

/// What the engine waits for.
#[derive(Clone, Debug, PartialEq)]
enum Doing {
    Nothing,
    Asking(Number, Ask),
    Recalling(u64, HeaderHash),
    /// The pull as it is once the page is kept.
    Checking(Box<Pull>),
    Verifying {
        anew: bool,
    },
    Settling {
        tell: Vec<Notice>,
        more: bool,
    },
    Sealing(PushKind),
    Sending(Number),
    Summing,
    Becoming,
}

/// Whether somebody just proved who they are, and waits for a new passphrase and code with an epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Proof {
    None,
    Holds,
    /// It holds, and the push that begins with this header rests on it.
    Used(HeaderHash),
}

/// What one event leads to.
#[derive(Default)]
struct Out {
    change: Option<Change>,
    effects: Vec<Effect>,
}

impl Out {
    fn write(&mut self, change: Change) {
        debug_assert!(self.change.is_none(), "one transaction for each event");
        self.change = Some(change);
    }

    fn push(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    fn tell(&mut self, notice: Notice) {
        self.push(Effect::Tell(notice));
    }
}

impl Engine {
    /// An engine that goes on from what is stored. The seed should be random. Its first event is [`Event::Started`].
    #[must_use]
    pub fn open(snapshot: Snapshot, seed: u64) -> Self {
        Self {
            snapshot,
            doing: Doing::Nothing,
            rhythm: Rhythm::seeded(seed),
            now: Time::default(),
            number: 0,
            waiting: 0,
            up: true,
            listening: false,
            live: false,
            news: true,
            rival: false,
            unsummed: false,
            proof: Proof::None,
            too_old: false,
            shown: None,
            wakes: None,
        }
    }

    /// Where the engine stands.
    #[must_use]
    pub const fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Whether the answer to this question is still waited for; what comes with any other can be dropped unread.
    #[must_use]
    pub const fn waits_for(&self, number: Number) -> bool {
        matches!(self.doing, Doing::Asking(of, _) | Doing::Sending(of) if of.0 == number.0)
    }

    /// What is to be done, given what happened. An answer that nothing waits for is dropped.
    pub fn handle(&mut self, now: Time, event: Event) -> Vec<Effect> {
        self.now = now;
        self.rhythm.see(now);
        let mut out = Out::default();
        self.take(event, &mut out);
        self.go_on(&mut out);
        self.show(&mut out);
        self.wake(&mut out);
        let mut effects = out.effects;
        if let Some(change) = out.change {
            let snapshot = self.snapshot.clone();
            effects.insert(0, Effect::Write(Box::new(Write { change, snapshot })));
        }
        effects
    }

    fn take(&mut self, event: Event, out: &mut Out) {
        match (event, mem::replace(&mut self.doing, Doing::Nothing)) {
            (Event::Answered { number, answer }, Doing::Asking(of, ask)) if number == of => {
                self.answered(ask, answer, out);
            }
            (Event::Recalled(hash), Doing::Recalling(sequence, told)) => {
                self.recalled(hash, sequence, told, out);
            }
            (Event::Checked(checked), Doing::Checking(pull)) => self.checked(checked, *pull, out),
            (Event::Verified(verified), Doing::Verifying { anew }) => self.verified(&verified, anew, out),
            (Event::Settled(settled), Doing::Settling { tell, more }) => {
                self.settled(settled, tell, more, out);
            }
            (Event::Sealed(push), Doing::Sealing(kind)) => self.sealed(kind, push, out),
            (Event::Delivered { number, delivery }, Doing::Sending(of)) if number == of => {
                self.delivered(delivery, out);
            }
            (Event::Summed { fits }, Doing::Summing) => self.summed(fits, out),
            // Whatever was under way was asked as another device.
            (Event::Became(device), _) => self.became(device, out),
            (event, doing) => {
                self.doing = doing;
                self.happened(event, out);
            }
        }
    }

    /// What may happen at any time.
    fn happened(&mut self, event: Event, out: &mut Out) {
        match event {
            Event::Started { waiting } => {
                self.waiting = waiting;
                self.send_soon();
                if self.snapshot.restored && self.snapshot.pull.is_none() {
                    // What lay aside when the backup was made.
                    out.write(Change::DropAside { push: false });
                }
            }
            Event::Network { up } => {
                self.up = up;
                self.news |= up;
                self.rhythm.answered();
            }
            Event::Listening { open } => {
                self.listening = open;
                self.news |= open;
            }
            Event::Poke => self.news = true,
            // It may have come too early: what is due is named again.
            Event::Tick => self.wakes = None,
            Event::OtherDevice { live } => {
                self.live = live;
                if live {
                    self.rhythm.other_is_live();
                }
            }
            Event::Changed { waiting, pen } => {
                self.waiting = waiting;
                self.rhythm.changed(pen, self.live);
            }
            Event::Proof { holds } => self.proof(holds),
            Event::Ordered(order) => self.ordered(order, out),
            Event::Decided(decision) => self.decided(decision, out),
            _ => {}
        }
    }

    /// The next thing, if nothing is under way and nothing forbids it.
    fn go_on(&mut self, out: &mut Out) {
        if self.doing != Doing::Nothing || self.too_old {
            return;
        }
        let stopped = match &self.snapshot.standing {
            Standing::BecomesNew => {
                self.doing = Doing::Becoming;
                out.push(Effect::BecomeNew);
                return;
            }
            Standing::Stopped(alarm) if alarm.keeps_asking() => true,
            Standing::Fine | Standing::NoCopy => false,
            _ => return,
        };
        if !self.up || self.rhythm.is_backing_off() {
            return;
        }
        if stopped {
            if self.news || self.rhythm.asks() {
                self.look_again(out);
            }
        } else if self.snapshot.standing == Standing::NoCopy {
            self.go_on_without_copy(out);
        } else if self.has_to_send() {
            self.send(out);
        } else if self.has_to_ask() {
            self.pull_on(out);
        } else {
            self.go_on_at_the_head(out);
        }
    }

    /// Where no copy is kept nothing is sent, unless it is wanted again.
    fn go_on_without_copy(&mut self, out: &mut Out) {
        match (self.snapshot.wants_copy, &self.snapshot.push) {
            (true, Some(_)) => self.send(out),
            (true, None) => self.seal_begin_again(out),
            (false, _) if self.news || self.rhythm.asks() => self.pull_on(out),
            (false, _) => {}
        }
    }

    fn go_on_at_the_head(&mut self, out: &mut Out) {
        let joins = self.joins();
        if self.proof != Proof::None && !joins {
            self.seal_all_new(out);
        } else if !self.snapshot.without.is_empty() && !joins {
            self.seal_epoch(out);
        } else if joins || (self.waiting > 0 && self.rhythm.sends()) {
            self.seal_changes(out);
        } else if self.unsummed || (self.waiting == 0 && self.rhythm.sums(self.snapshot.summed)) {
            self.doing = Doing::Summing;
            out.push(Effect::SumAnew);
        }
    }

    /// Whether this device's `joined` is still to be pushed.
    fn joins(&self) -> bool {
        self.snapshot.roll.device(self.snapshot.me.id).is_none()
    }

    /// A push that another device signed, before this one had keys of its own, is not sent, nor is one whose proof ended: a pull tells its fate.
    fn has_to_send(&self) -> bool {
        let push = self.snapshot.push.as_ref();
        let is_ours = |push: &StoredPush| push.by == self.snapshot.me.id && !self.is_unproven(push);
        !self.rival && push.is_some_and(is_ours)
    }

    /// Whether a push rests on a proof that ended.
    fn is_unproven(&self, push: &StoredPush) -> bool {
        push.kind == PushKind::AllNew && self.proof != Proof::Used(push.first)
    }

    fn has_to_ask(&self) -> bool {
        let under_way = self.snapshot.pull.is_some() || self.snapshot.push.is_some();
        under_way || self.news || self.rhythm.asks()
    }

    fn next_number(&mut self) -> Number {
        self.number += 1;
        Number(self.number)
    }

    fn ask(&mut self, ask: Ask, out: &mut Out) {
        // What is heard of from here on may be newer than the answer.
        self.news = false;
        let number = self.next_number();
        self.doing = Doing::Asking(number, ask);
        out.push(Effect::Ask(number, ask));
    }

    /// What waits waits for nothing more than the line.
    fn send_soon(&mut self) {
        if self.waiting > 0 {
            self.rhythm.changed(crate::Pen::Up, self.live);
        }
    }

    /// The server confirmed the head, or took a push.
    fn heard(&mut self) {
        self.snapshot.heard = Some(self.now);
        self.rhythm.answered();
        self.rhythm.confirmed(self.listening);
    }

    fn settled(&mut self, settled: Settled, tell: Vec<Notice>, more: bool, out: &mut Out) {
        self.waiting = settled.waiting;
        // What was changed again while it was on its way waits as it did before: nobody told of it.
        if more || !self.rhythm.will_send() {
            self.send_soon();
        }
        tell.into_iter().for_each(|notice| out.tell(notice));
        if settled.taken.too_new > 0 {
            out.tell(Notice::TooNew {
                records: settled.taken.too_new,
            });
        }
        if settled.taken.is_any() {
            out.tell(Notice::Took(settled.taken));
        }
    }

    fn summed(&mut self, fits: bool, out: &mut Out) {
        self.unsummed = false;
        if fits {
            self.snapshot.summed = Some(self.now);
            out.write(Change::Nothing);
        } else {
            self.stop(Alarm::DamagedHere, out);
        }
    }

    /// What is under way no longer counts; its answer is dropped. A transaction that was stored is waited for.
    fn cancel(&mut self) {
        if !matches!(self.doing, Doing::Settling { .. }) {
            self.doing = Doing::Nothing;
        }
    }

    /// Syncing stops. What lies aside was not used and goes; what waits here goes on waiting.
    fn stop(&mut self, alarm: Alarm, out: &mut Out) {
        self.cancel();
        self.snapshot.pull = None;
        self.snapshot.standing = Standing::Stopped(alarm);
        self.rhythm.confirmed(self.listening);
        self.rival = false;
        self.proof = Proof::None;
        out.write(Change::DropAside { push: false });
    }

    fn refused(&mut self, refusal: Refusal, out: &mut Out) {
        self.rhythm.answered();
        match refusal {
            Refusal::SignedOut => self.signed_out(out),
            Refusal::UnknownAccount => {
                self.snapshot.standing = Standing::UnknownAccount { since: self.now };
                out.write(Change::Nothing);
            }
            Refusal::NoCopy => self.no_copy(out),
            Refusal::TooOld => self.too_old = true,
            Refusal::NumberUsed => self.become_new(out),
            Refusal::Later(seconds) => {
                let least = seconds.map(|seconds| Span::seconds(seconds.into()));
                self.rhythm.failed(least);
            }
        }
    }

    /// Nothing is claimed, so nothing is verified. A push that was sent may have arrived before: it is kept, unless all begins again.
    fn no_copy(&mut self, out: &mut Out) {
        self.news = false;
        self.rival = false;
        self.rhythm.confirmed(self.listening);
        if matches!(self.snapshot.standing, Standing::Stopped(_)) {
            return;
        }
        self.snapshot.pull = None;
        let push = self.snapshot.wants_copy && self.forget_push();
        if push || self.snapshot.standing != Standing::NoCopy {
            self.snapshot.standing = Standing::NoCopy;
            out.write(Change::DropAside { push });
        }
    }

    /// Drops a push whose fate is not known, and remembers that this device signed it.
    fn forget_push(&mut self) -> bool {
        let Some(push) = self.snapshot.push.take() else {
            return false;
        };
        self.snapshot.signed.extend([push.first, push.head.hash]);
        let beyond = self.snapshot.signed.len().saturating_sub(16);
        self.snapshot.signed.drain(..beyond);
        true
    }

    fn signed_out(&mut self, out: &mut Out) {
        self.snapshot.standing = Standing::SignedOut;
        out.write(Change::Nothing);
        out.push(Effect::DropKeys);
    }

    fn become_new(&mut self, out: &mut Out) {
        self.snapshot.standing = Standing::BecomesNew;
        out.write(Change::Nothing);
    }

    fn became(&mut self, device: crate::Device, out: &mut Out) {
        let is_copy = self.snapshot.standing == Standing::BecomesNew;
        if is_copy {
            // What waits here may wait on the other one too, or have been sent by it and deleted since: also since the pull that is under way.
            self.snapshot.restored = true;
            self.snapshot.pull = None;
            out.tell(Notice::IsACopy);
        }
        if matches!(
            self.snapshot.standing,
            Standing::BecomesNew | Standing::SignedOut | Standing::UnknownAccount { .. }
        ) {
            self.snapshot.standing = Standing::Fine;
        }
        self.snapshot.me = device;
        self.news = true;
        self.rival = false;
        self.proof = Proof::None;
        self.rhythm.answered();
        out.write(if is_copy {
            Change::DropAside { push: false }
        } else {
            Change::Nothing
        });
    }

    /// Where syncing stands.
    #[must_use]
    pub fn status(&self) -> Status {
        let changes = self.waiting;
        if self.too_old {
            return Status::TooOld;
        }
        match &self.snapshot.standing {
            Standing::Stopped(alarm) => return Status::Stopped(alarm.clone()),
            Standing::Asking(question) | Standing::PutOff(question) => {
                return Status::Asking(question.clone());
            }
            Standing::SignedOut => return Status::SignedOut,
            Standing::UnknownAccount { since } => return Status::UnknownAccount { since: *since },
            Standing::NoCopy => return Status::NoCopy { changes },
            Standing::Fine | Standing::BecomesNew => {}
        }
        let heard = self.snapshot.heard;
        let waits = Status::Waiting {
            changes,
            heard,
            online: self.up && !self.rhythm.is_backing_off(),
        };
        let pull = self.snapshot.pull.as_ref();
        let progress = pull.map(|pull| Progress {
            done: pull.came,
            of: pull.records.max(pull.came),
        });
        match (pull.map(|pull| pull.passage), progress) {
            (Some(Passage::First), Some(progress)) => Status::First(progress),
            _ if !self.up || self.rhythm.is_backing_off() => waits,
            (Some(_), Some(progress)) if progress.done > 0 => Status::Fetching(progress),
            _ if matches!(self.doing, Doing::Sealing(_) | Doing::Sending(_)) => Status::Sending { changes },
            _ if changes > 0 || self.snapshot.push.is_some() => waits,
            _ => Status::UpToDate { heard },
        }
    }

    fn show(&mut self, out: &mut Out) {
        let status = self.status();
        if self.shown.as_ref() != Some(&status) {
            out.push(Effect::Show(status.clone()));
            self.shown = Some(status);
        }
    }

    fn wake(&mut self, out: &mut Out) {
        let next = self.rhythm.next().filter(|next| *next > self.now);
        if next != self.wakes {
            self.wakes = next;
            if let Some(next) = next {
                out.push(Effect::WakeAt(next));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{AccountId, Answer, Delivery, Device, DeviceId, Head, Order, Roll, SealWhat, Stage};

    use super::*;

    const fn device(number: u8) -> Device {
        Device {
            id: DeviceId([number; 16]),
            signing: [number; 32],
            sealing: [number; 32],
        }
    }

    const fn head(sequence: u64) -> Head {
        Head {
            sequence,
            hash: HeaderHash([7; 32]),
            epoch: 1,
        }
    }

    /// The first device of an account, at a head.
    fn at_a_head() -> Snapshot {
        let mut snapshot = Snapshot::begin(AccountId([1; 16]), device(1), None);
        snapshot.head = Some(head(10));
        snapshot.roll = Roll::claimed(vec![HeaderHash([2; 32])], [device(1), device(2)]);
        snapshot
    }

    fn asked(effects: &[Effect]) -> Option<(Number, Ask)> {
        effects.iter().find_map(|effect| match effect {
            Effect::Ask(number, ask) => Some((*number, *ask)),
            _ => None,
        })
    }

    fn wrote(effects: &[Effect]) -> Option<&Change> {
        match effects.first() {
            Some(Effect::Write(write)) => Some(&write.change),
            _ => None,
        }
    }

    #[test]
    fn a_backup_made_in_the_middle_of_a_pull_begins_it_anew_and_asks_about_what_was_deleted_since() {
        let mut before = Engine::open(at_a_head(), 1);
        before.handle(Time(1), Event::Started { waiting: 1 });
        let mut kept = before.snapshot().clone();
        let pull = kept.pull.as_mut().expect("a pull");
        (pull.stage, pull.tip) = (Stage::Reached, Some(head(11)));

        let mut same = Engine::open(kept.clone().opened_as(device(1)), 2);
        let effects = same.handle(Time(2), Event::Started { waiting: 1 });
        assert!(
            effects.iter().any(|effect| matches!(effect, Effect::Verify(_))),
            "the device that made it goes on"
        );

        let mut back = Engine::open(kept.opened_as(device(3)), 3);
        let effects = back.handle(Time(2), Event::Started { waiting: 1 });
        assert_eq!(wrote(&effects), Some(&Change::DropAside { push: false }));
        let (_, ask) = asked(&effects).expect("asks");
        assert_eq!(ask, Ask::Up { after: head(10) });
        assert!(back.snapshot().restored, "until it has reached the head of today");
    }

    #[test]
    fn an_epoch_that_would_leave_a_new_device_behind_is_sealed_anew() {
        let mut snapshot = at_a_head();
        snapshot.without = vec![device(2).id];
        snapshot.push = Some(StoredPush {
            kind: PushKind::Epoch,
            first: HeaderHash([8; 32]),
            head: head(12),
            records: 0,
            more: false,
            by: device(1).id,
            roll: snapshot.roll.clone(),
        });
        let mut engine = Engine::open(snapshot, 1);
        let effects = engine.handle(Time(1), Event::Started { waiting: 0 });
        let number = effects.iter().find_map(|effect| match effect {
            Effect::Send(number) => Some(*number),
            _ => None,
        });
        let number = number.expect("sends");
        let delivery = Delivery::WrongEpoch;
        let effects = engine.handle(Time(2), Event::Delivered { number, delivery });
        assert_eq!(wrote(&effects), None, "a refusal alone drops nothing");
        let (number, _) = asked(&effects).expect("asks who is ahead");
        let answer = Answer::Same;
        let effects = engine.handle(Time(3), Event::Answered { number, answer });
        assert_eq!(wrote(&effects), Some(&Change::DropPush));
        assert_eq!(engine.snapshot().signed, [HeaderHash([8; 32]), head(12).hash]);
        let effects = engine.handle(Time(10 * 60_000), Event::Tick);
        let seals = |effect: &Effect| matches!(effect, Effect::Seal(seal) if matches!(seal.what, SealWhat::Epoch { .. }));
        let mut next = effects;
        if let Some((number, _)) = asked(&next) {
            let answer = Answer::Same;
            next = engine.handle(Time(11 * 60_000), Event::Answered { number, answer });
        }
        assert!(next.iter().any(seals), "{next:?}");
    }

    #[test]
    fn a_copy_forgets_the_pull_that_was_under_way() {
        let mut engine = Engine::open(at_a_head(), 1);
        engine.handle(Time(1), Event::Started { waiting: 1 });
        let order = Order::BeginEpoch { without: Vec::new() };
        engine.handle(Time(2), Event::Ordered(order));
        engine.snapshot.standing = Standing::BecomesNew;
        let effects = engine.handle(Time(3), Event::Became(device(4)));
        assert_eq!(wrote(&effects), Some(&Change::DropAside { push: false }));
        assert!(engine.snapshot().restored);
    }
}
