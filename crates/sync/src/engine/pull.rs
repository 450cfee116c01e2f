//! Pulling: what came is followed header by header, laid aside, compared at the head, and only then taken in.

use super::{Doing, Engine, Out};
use crate::{
    Aim, Alarm, Anchor, Answer, Ask, Change, Check, Checked, Deletions, DeviceId, Effect, Entry, Fit, Head,
    Header, HeaderHash, HeaderKind, Mismatch, Notice, Page, Passage, Pull, PushFate, PushKind, Question,
    Signer, Stage, Standing, TakeIn, Verified, Verify, follow, plan_deletions,
};

/// What following a stretch of headers came to.
enum Stretch {
    /// It follows.
    Follows(Box<Pull>, Vec<Signer>),
    /// Another history begins in it.
    Restarts(DeviceId, HeaderHash),
    /// A header by this device's key that it does not hold.
    Copy,
    /// This device takes part no longer.
    Out,
    /// It does not follow.
    Wrong(Alarm),
}

impl Engine {
    /// A pull from the known head, or the first one.
    fn new_pull(&self) -> Pull {
        let (passage, stage) = match self.snapshot.head {
            Some(_) => (Passage::Ordinary, Stage::Up),
            None => (Passage::First, Stage::Anchor),
        };
        Pull {
            passage,
            stage,
            tip: self.snapshot.head,
            roll: self.snapshot.roll.clone(),
            records: 0,
            epoch: None,
            landed: false,
            again: false,
            joined: Vec::new(),
            out: Vec::new(),
            came: 0,
            found: None,
        }
    }

    /// A pull of everything.
    pub(super) fn whole_pull(&self, passage: Passage) -> Pull {
        Pull {
            passage,
            stage: Stage::Anchor,
            ..self.new_pull()
        }
    }

    /// The next step of a pull.
    pub(super) fn pull_on(&mut self, out: &mut Out) {
        let new = self.new_pull();
        let pull = self.snapshot.pull.get_or_insert(new);
        let ask = match (pull.stage, pull.tip) {
            (Stage::Through { sequence, .. }, Some(tip)) => Ask::Headers {
                after: sequence,
                to: tip.sequence,
            },
            (Stage::Down { from }, _) => Ask::Down { from },
            (Stage::Up, Some(after)) => Ask::Up { after },
            (Stage::Differing, _) => Ask::Differing,
            (Stage::Reached, Some(_)) => return self.reached(out),
            (_, _) => Ask::Anchor,
        };
        self.ask(ask, out);
    }

    /// While it is stopped the engine only looks whether the server shows again what it showed, or another device went on.
    pub(super) fn look_again(&mut self, out: &mut Out) {
        self.rhythm.confirmed(self.listening);
        if let Some(after) = self.snapshot.head {
            self.ask(Ask::Up { after }, out);
        }
    }

    pub(super) fn answered(&mut self, ask: Ask, answer: Answer, out: &mut Out) {
        match answer {
            Answer::Failed => self.rhythm.failed(None),
            Answer::Refused(refusal) => self.refused(refusal, out),
            answer if matches!(self.snapshot.standing, Standing::Stopped(_)) => {
                self.looked(&answer, out);
            }
            answer => {
                self.rhythm.answered();
                if self.snapshot.standing == Standing::NoCopy {
                    self.snapshot.standing = Standing::Fine;
                }
                match (ask, answer) {
                    (Ask::Up { .. }, Answer::Same) => self.same(out),
                    (Ask::Anchor, Answer::Anchor(anchor)) => self.anchored(anchor, out),
                    (Ask::Up { after }, Answer::Page(page)) => self.page_up(after, &page, out),
                    (Ask::Down { from }, Answer::Page(page)) => self.page_down(from, &page, out),
                    (Ask::Headers { .. }, Answer::Page(page)) => self.page_through(&page, out),
                    (Ask::Differing, Answer::Page(page)) => self.page_differing(&page, out),
                    // Not an answer to what was asked.
                    _ => self.rhythm.failed(None),
                }
            }
        }
    }

    /// The tip is the head.
    fn same(&mut self, out: &mut Out) {
        let Some(mut pull) = self.snapshot.pull.take() else {
            return;
        };
        if pull.passage == Passage::Ordinary && pull.tip == self.snapshot.head {
            self.nothing_new(out);
        } else {
            pull.stage = Stage::Reached;
            self.snapshot.pull = Some(pull);
        }
    }

    fn nothing_new(&mut self, out: &mut Out) {
        self.snapshot.pull = None;
        self.snapshot.wants_copy = false;
        self.heard();
        let refused = std::mem::take(&mut self.rival);
        if refused {
            // It said that another was ahead, and shows none.
            self.rhythm.failed(None);
        }
        let Some(push) = &self.snapshot.push else {
            return;
        };
        if push.by != self.snapshot.me.id {
            self.snapshot.push = None;
            self.send_soon();
            out.write(Change::DropPush);
        } else if refused && push.kind.begins_epoch() || self.is_unproven(push) {
            // Where nothing is ahead, a device came or went since it was sealed: it is sealed anew, to those that are there. One whose proof
            // ended is given up: should it arrive all the same, it is known again.
            self.forget_push();
            out.write(Change::DropPush);
        }
    }

    fn page_up(&mut self, asked: Head, page: &Page, out: &mut Out) {
        let Some(pull) = self.snapshot.pull.clone() else {
            return;
        };
        let (sequence, hash) = page.head;
        if sequence == asked.sequence && hash == asked.hash {
            return self.same(out);
        }
        if sequence <= asked.sequence {
            return self.older(&pull, sequence, hash, out);
        }
        let records = page.records;
        match self.stretch(pull, page) {
            Stretch::Follows(mut pull, signers) => {
                let tip = pull.tip.map_or((0, asked.hash), |tip| (tip.sequence, tip.hash));
                if tip.0 != page.reached || page.reached > sequence {
                    return self.stop(Alarm::BrokenChain, out);
                }
                if page.reached == sequence {
                    if tip.1 != hash {
                        return self.stop(Alarm::BrokenChain, out);
                    }
                    pull.stage = Stage::Reached;
                } else if page.reached <= asked.sequence {
                    return self.rhythm.failed(None);
                }
                pull.came += records;
                self.check(pull, signers, out);
            }
            other => self.off_the_path(other, out),
        }
    }

    /// The server shows less than was shown before.
    fn older(&mut self, pull: &Pull, sequence: u64, hash: HeaderHash, out: &mut Out) {
        match self.snapshot.head {
            Some(head) if pull.passage == Passage::Ordinary && sequence == head.sequence => {
                self.stop_unless_same(hash, head, out);
            }
            Some(head) if pull.passage == Passage::Ordinary && sequence < head.sequence => {
                self.doing = Doing::Recalling(sequence, hash);
                out.push(Effect::Recall { sequence });
            }
            // Less than this pull saw, but no less than what was verified: it begins anew.
            _ => {
                self.snapshot.pull = None;
                self.rhythm.failed(None);
                self.news = true;
                out.write(Change::DropAside { push: false });
            }
        }
    }

    fn stop_unless_same(&mut self, hash: HeaderHash, head: Head, out: &mut Out) {
        if hash == head.hash {
            self.snapshot.pull = None;
            self.news = true;
            out.write(Change::DropAside { push: false });
        } else {
            self.stop(Alarm::Fork, out);
        }
    }

    pub(super) fn recalled(
        &mut self,
        known: Option<HeaderHash>,
        sequence: u64,
        told: HeaderHash,
        out: &mut Out,
    ) {
        let head = self.snapshot.head.map_or(0, |head| head.sequence);
        let missing = head.saturating_sub(sequence);
        let alarm = match known {
            Some(known) if known == told => Alarm::OlderState { missing },
            Some(_) => Alarm::Fork,
            None => Alarm::OlderUnknown { missing },
        };
        self.stop(alarm, out);
    }

    /// What the server shows while syncing is stopped.
    fn looked(&mut self, answer: &Answer, out: &mut Out) {
        self.rhythm.answered();
        let shows_again = match answer {
            Answer::Same => true,
            Answer::Page(page) => match self.stretch(self.new_pull(), page) {
                Stretch::Follows(..) => !page.headers.is_empty(),
                restart @ Stretch::Restarts(..) => {
                    self.snapshot.standing = Standing::Fine;
                    return self.off_the_path(restart, out);
                }
                _ => false,
            },
            _ => false,
        };
        let older = matches!(
            self.snapshot.standing,
            Standing::Stopped(Alarm::OlderState { .. } | Alarm::OlderUnknown { .. })
        );
        if shows_again && older {
            self.snapshot.standing = Standing::Fine;
            self.news = true;
            out.write(Change::Nothing);
            out.tell(Notice::Recovered);
        }
    }

    /// Follows the headers of a page after the tip of a pull.
    fn stretch(&self, mut pull: Pull, page: &Page) -> Stretch {
        let (account, me) = (self.snapshot.account, self.snapshot.me.id);
        let mut signers = Vec::new();
        for (place, header) in page.headers.iter().enumerate() {
            // An epoch that begins with a restart stands before it, with the same gap.
            let restart = page.headers.get(place + 1).filter(|next| next.restarts());
            let followed = follow(account, pull.tip.as_ref(), &pull.roll, header);
            let follow = match (followed, &header.kind, restart) {
                (Ok(follow), ..) => follow,
                (Err(Mismatch::Restarts), ..) => return Stretch::Restarts(header.device, header.hash),
                (Err(Mismatch::Place | Mismatch::Epoch), HeaderKind::Epoch { .. }, Some(_)) => {
                    return Stretch::Restarts(header.device, header.hash);
                }
                (Err(mismatch), ..) => {
                    return match restart_in(page, place) {
                        Some(later) if mismatch == Mismatch::Place => {
                            Stretch::Restarts(later.device, later.hash)
                        }
                        _ => Stretch::Wrong(self.alarm(mismatch, &pull, header)),
                    };
                }
            };
            let ours = self.snapshot.push.as_ref();
            let landed = ours.is_some_and(|push| push.first == header.hash || push.head.hash == header.hash);
            if header.device == me && !landed && !self.snapshot.signed.contains(&header.hash) {
                return Stretch::Copy;
            }
            if pull.roll.device(me).is_some() && follow.roll.device(me).is_none() {
                return Stretch::Out;
            }
            pull.landed |= landed;
            note_devices(&mut pull, header);
            signers.push(follow.signer);
            pull.roll = follow.roll;
            pull.records = header.records;
            pull.tip = Some(header.as_head());
        }
        Stretch::Follows(Box::new(pull), signers)
    }

    /// A header that stands at the next place and does not follow the known head belongs to another history; any other is a broken one.
    fn alarm(&self, mismatch: Mismatch, pull: &Pull, header: &Header) -> Alarm {
        let next = |head: Head| head.sequence + 1 == header.sequence;
        match mismatch {
            Mismatch::Signer => Alarm::StrangeDevice {
                device: header.device,
            },
            Mismatch::Place
                if pull.passage == Passage::Ordinary
                    && pull.tip == self.snapshot.head
                    && self.snapshot.head.is_some_and(next) =>
            {
                Alarm::Fork
            }
            _ => Alarm::BrokenChain,
        }
    }

    fn off_the_path(&mut self, stretch: Stretch, out: &mut Out) {
        match stretch {
            Stretch::Follows(..) => {}
            Stretch::Restarts(by, hash) => {
                let ours = self.snapshot.push.as_ref().is_some_and(|push| push.first == hash);
                if ours && by == self.snapshot.me.id {
                    self.snapshot.pull = None;
                    return self.noted(out);
                }
                self.snapshot.pull = Some(self.whole_pull(Passage::Restarted { by }));
                out.write(Change::DropAside { push: false });
            }
            Stretch::Copy => self.become_new(out),
            Stretch::Out => self.signed_out(out),
            Stretch::Wrong(alarm) => self.stop(alarm, out),
        }
    }

    fn anchored(&mut self, anchor: Anchor, out: &mut Out) {
        let Some(mut pull) = self.snapshot.pull.clone() else {
            return;
        };
        let tip = anchor.head.as_head();
        let goes_on_from_here = matches!(pull.passage, Passage::FromHere { .. });
        if anchor.head.account != self.snapshot.account || !(anchor.fits || goes_on_from_here) {
            return self.stop(Alarm::BrokenChain, out);
        }
        if goes_on_from_here && !anchor.opens {
            return self.stop(Alarm::OtherEpochs, out);
        }
        let known = self.snapshot.head.map(|head| (head.sequence, head.hash));
        let least = self.snapshot.given.or(known);
        pull.stage = Stage::Down { from: tip.sequence };
        if let Some((sequence, hash)) = least
            && !goes_on_from_here
        {
            if tip.sequence < sequence {
                let missing = sequence - tip.sequence;
                return self.stop(Alarm::OlderUnknown { missing }, out);
            }
            if tip.sequence == sequence && tip.hash != hash {
                return self.stop(Alarm::Fork, out);
            }
            if self.snapshot.given.is_some() && tip.sequence > sequence {
                pull.stage = Stage::Through { sequence, hash };
            }
        }
        pull.tip = Some(tip);
        pull.roll = anchor.roll;
        pull.records = anchor.head.records;
        pull.came = 0;
        self.snapshot.pull = Some(pull);
        out.write(Change::KeepAnchor);
    }

    /// Headers between the head that a pairing gave and the anchor: followed by their hashes alone, for the anchor vouches for the rest.
    fn page_through(&mut self, page: &Page, out: &mut Out) {
        let Some(pull) = &mut self.snapshot.pull else {
            return;
        };
        let (Stage::Through { sequence, hash }, Some(tip)) = (pull.stage, pull.tip) else {
            return;
        };
        let mut reached = (sequence, hash);
        for header in &page.headers {
            let next = header.sequence == reached.0 + 1 || header.restarts();
            if !next || header.before != Some(reached.1) {
                return self.stop(Alarm::Fork, out);
            }
            reached = (header.sequence, header.hash);
        }
        if page.headers.is_empty() {
            return self.rhythm.failed(None);
        }
        if reached.0 >= tip.sequence {
            if reached.1 != tip.hash {
                return self.stop(Alarm::Fork, out);
            }
            pull.stage = Stage::Down { from: tip.sequence };
        } else {
            pull.stage = Stage::Through {
                sequence: reached.0,
                hash: reached.1,
            };
        }
    }

    fn page_down(&mut self, from: u64, page: &Page, out: &mut Out) {
        let Some(mut pull) = self.snapshot.pull.clone() else {
            return;
        };
        if page.reached > from {
            return self.rhythm.failed(None);
        }
        pull.came += page.records;
        pull.stage = if page.reached <= 1 {
            Stage::Up
        } else {
            Stage::Down {
                from: page.reached - 1,
            }
        };
        self.check(Box::new(pull), Vec::new(), out);
    }

    fn page_differing(&mut self, page: &Page, out: &mut Out) {
        let Some(mut pull) = self.snapshot.pull.clone() else {
            return;
        };
        pull.came += page.records;
        pull.stage = Stage::Up;
        self.check(Box::new(pull), Vec::new(), out);
    }

    fn check(&mut self, pull: Box<Pull>, signers: Vec<Signer>, out: &mut Out) {
        self.doing = Doing::Checking(pull);
        out.push(Effect::Check(Check { signers }));
    }

    pub(super) fn checked(&mut self, checked: Checked, pull: Pull, out: &mut Out) {
        match checked {
            Checked::Fits => {
                let shown = pull.passage == Passage::First;
                self.snapshot.pull = Some(pull);
                out.write(Change::KeepPage { shown });
            }
            Checked::BadHeader => self.stop(Alarm::BrokenChain, out),
            Checked::NotForThisDevice => self.signed_out(out),
            Checked::NotNow => self.rhythm.failed(None),
            Checked::DoesNotOpen(records) => self.stop(Alarm::DoesNotOpen { records }, out),
        }
    }

    /// At the head: what came is compared with what the head vouches for.
    fn reached(&mut self, out: &mut Out) {
        let Some(pull) = self.snapshot.pull.clone() else {
            return;
        };
        if let Passage::FromHere { was_true } = pull.passage {
            // Whoever pushed since then knew nothing of what is missing there: what they wrote is older than nothing.
            let was_true = was_true && pull.found.is_some() && pull.found == pull.tip.map(|tip| tip.sequence);
            return self.seal_restart(&pull, was_true, out);
        }
        if pull.passage == Passage::Ordinary && pull.tip == self.snapshot.head {
            return self.nothing_new(out);
        }
        let anew = pull.again || pull.epoch.is_some() || pull.passage.is_whole();
        self.verify(&pull, anew, out);
    }

    fn verify(&mut self, pull: &Pull, anew: bool, out: &mut Out) {
        let Some(head) = pull.tip else { return };
        self.doing = Doing::Verifying { anew };
        let asks = matches!(
            pull.passage,
            Passage::Restarted { .. } | Passage::BegunAgain { .. }
        );
        out.push(Effect::Verify(Box::new(Verify {
            head,
            roll: pull.roll.clone(),
            whole: pull.passage.is_whole(),
            after: after(pull),
            // The whole set rests on no row of this device.
            anew: anew && !pull.passage.is_whole(),
            differences: asks,
        })));
    }

    pub(super) fn verified(&mut self, verified: &Verified, anew: bool, out: &mut Out) {
        let Some(pull) = self.snapshot.pull.clone() else {
            return;
        };
        match verified.fit {
            Fit::Damaged => self.stop(Alarm::DamagedHere, out),
            Fit::Differs => self.differs(pull, anew, out),
            Fit::Fits => self.fits(verified, &pull, anew, out),
        }
    }

    fn fits(&mut self, verified: &Verified, pull: &Pull, anew: bool, out: &mut Out) {
        if anew {
            self.snapshot.summed = Some(self.now);
        }
        let differences = verified.differences;
        let question = match (pull.passage, plan_deletions(&verified.census)) {
            (Passage::Restarted { by }, _) => Some(Question::Restarted { by, differences }),
            (Passage::BegunAgain { by }, _) => Some(Question::BegunAgain { by, differences }),
            (_, Deletions::Ask { deletions, of }) => Some(Question::ManyDeletions { deletions, of }),
            (_, Deletions::Apply) => None,
        };
        match question {
            Some(question) => {
                self.snapshot.standing = Standing::Asking(question);
                out.write(Change::Nothing);
            }
            None => self.take_in(false, out),
        }
    }

    /// First the own rows are summed anew, then the copy may have been begun again, then it is asked once more, and then it stops.
    fn differs(&mut self, mut pull: Pull, anew: bool, out: &mut Out) {
        if !anew {
            return self.verify(&pull, true, out);
        }
        if let (Passage::Ordinary, Some((_, by))) = (pull.passage, pull.epoch) {
            pull.passage = Passage::BegunAgain { by };
            self.verify(&pull, true, out);
            self.snapshot.pull = Some(pull);
            return;
        }
        if pull.again {
            let alarm = if pull.passage == Passage::First {
                Alarm::FirstDiffers
            } else {
                Alarm::SetDiffers
            };
            return self.stop(alarm, out);
        }
        let again = match pull.passage {
            Passage::Ordinary | Passage::BegunAgain { .. } => {
                out.write(Change::DropAside { push: false });
                self.new_pull()
            }
            _ => {
                pull.stage = Stage::Differing;
                pull
            }
        };
        self.snapshot.pull = Some(Pull { again: true, ..again });
    }

    /// What was verified is taken in and the head noted.
    pub(super) fn take_in(&mut self, keep_deleted: bool, out: &mut Out) {
        let Some(pull) = self.snapshot.pull.take() else {
            return;
        };
        let Some(head) = pull.tip else { return };
        let push = match self.snapshot.push.take() {
            None => PushFate::None,
            Some(push) if pull.landed => PushFate::Landed(push.kind),
            Some(_) => PushFate::Lost,
        };
        let aim = match pull.passage {
            _ if self.snapshot.restored => Aim::Restored,
            Passage::Ordinary | Passage::First => Aim::Ordinary,
            _ => Aim::Restarted,
        };
        let begun = TakeIn {
            head,
            push,
            passage: pull.passage,
            aim,
            keep_deleted,
            after: after(&pull),
        };
        let tell = self.news_of(&pull);
        self.snapshot.head = Some(head);
        let began = pull.epoch.is_some();
        self.snapshot.roll = pull.roll;
        match push {
            PushFate::Landed(kind) if kind.begins_epoch() => self.epoch_began(kind),
            _ if began => self.epoch_began(PushKind::Epoch),
            _ => {}
        }
        self.snapshot.standing = Standing::Fine;
        self.snapshot.given = None;
        self.snapshot.restored = false;
        self.snapshot.wants_copy = false;
        self.rival = false;
        self.heard();
        self.doing = Doing::Settling { tell, more: true };
        out.write(Change::TakeIn(begun));
    }

    fn news_of(&self, pull: &Pull) -> Vec<Notice> {
        let others = |id: &&DeviceId| **id != self.snapshot.me.id;
        let joined = pull.joined.iter().filter(others).copied();
        let out = pull.out.iter().filter(others).copied();
        let first = (pull.passage == Passage::First && pull.came > 0).then_some(Notice::FirstDone);
        joined
            .map(Notice::NewDevice)
            .chain(out.map(Notice::DeviceOut))
            .chain(first)
            .collect()
    }
}

/// Where a device that knew one of two histories is shown the other: the header by which that one was gone on from. What stands before it
/// follows nothing that is known here; the set after it is vouched for as a whole.
fn restart_in(page: &Page, place: usize) -> Option<&Header> {
    let behind = page.headers.get(place..)?;
    let at = behind.iter().position(Header::restarts)?;
    let begins = at.checked_sub(1).and_then(|before| behind.get(before));
    begins
        .filter(|header| matches!(header.kind, HeaderKind::Epoch { .. }))
        .or_else(|| behind.get(at))
}

/// Where the set that lies aside begins: at the epoch over the empty set, where the copy was begun again.
fn after(pull: &Pull) -> u64 {
    match (pull.passage, pull.epoch) {
        (Passage::BegunAgain { .. }, Some((sequence, _))) => sequence,
        _ => 0,
    }
}

fn note_devices(pull: &mut Pull, header: &Header) {
    if let HeaderKind::Epoch { sealed_to, .. } = &header.kind {
        pull.epoch = Some((header.sequence, header.device));
        let left_out = pull.roll.devices().iter().map(|device| device.id);
        let left_out: Vec<_> = left_out.filter(|id| !sealed_to.contains(id)).collect();
        pull.out.extend(left_out);
    }
    for entry in header.entries() {
        match entry {
            Entry::Joined(device) => pull.joined.push(device.id),
            Entry::Out(id) => pull.out.push(*id),
            Entry::Restart { .. } => {}
        }
    }
}
