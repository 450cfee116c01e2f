//! Pushing: sealed, stored, sent byte for byte until it is known what became of it.

use std::mem;

use super::{Doing, Engine, Out, Proof};
use crate::{
    Alarm, Change, Delivery, Device, Effect, Notice, Passage, Pull, PushKind, Seal, SealWhat, SealedPush,
    Standing, StoredPush,
};

impl Engine {
    fn seal(&mut self, kind: PushKind, seal: Seal, out: &mut Out) {
        self.rhythm.sealing();
        self.doing = Doing::Sealing(kind);
        out.push(Effect::Seal(seal));
    }

    pub(super) fn seal_changes(&mut self, out: &mut Out) {
        let seal = Seal {
            after: self.snapshot.head,
            what: SealWhat::Changes,
            joins: self.joins(),
        };
        self.seal(PushKind::Changes, seal, out);
    }

    pub(super) fn seal_epoch(&mut self, out: &mut Out) {
        let seal = Seal {
            after: self.snapshot.head,
            what: SealWhat::Epoch {
                to: self.stays().collect(),
            },
            joins: false,
        };
        self.seal(PushKind::Epoch, seal, out);
    }

    pub(super) fn seal_all_new(&mut self, out: &mut Out) {
        let seal = Seal {
            after: self.snapshot.head,
            what: SealWhat::AllNew {
                to: self.stays().collect(),
            },
            joins: false,
        };
        self.seal(PushKind::AllNew, seal, out);
    }

    pub(super) fn seal_begin_again(&mut self, out: &mut Out) {
        let seal = Seal {
            after: self.snapshot.head,
            what: SealWhat::BeginAgain {
                to: self.stays().collect(),
            },
            joins: false,
        };
        self.seal(PushKind::BeginAgain, seal, out);
    }

    pub(super) fn seal_restart(&mut self, pull: &Pull, was_true: bool, out: &mut Out) {
        let Some(names) = self.snapshot.head else {
            return;
        };
        let seal = Seal {
            after: pull.tip,
            what: SealWhat::Restart {
                names,
                roll: self.snapshot.roll.clone(),
                shown: pull.roll.clone(),
            },
            joins: self.joins(),
        };
        self.seal(PushKind::Restart { was_true }, seal, out);
    }

    fn stays(&self) -> impl Iterator<Item = Device> {
        let gone = |device: &&Device| !self.snapshot.without.contains(&device.id);
        self.snapshot.roll.devices().iter().filter(gone).copied()
    }

    pub(super) fn sealed(&mut self, kind: PushKind, push: Option<SealedPush>, out: &mut Out) {
        let Some(push) = push else {
            match kind {
                // Over what the server shows this device cannot vouch.
                PushKind::Restart { .. } => self.stop(Alarm::OtherEpochs, out),
                PushKind::AllNew => self.proof = Proof::None,
                _ => self.waiting = 0,
            }
            return;
        };
        if kind == PushKind::AllNew {
            self.proof = Proof::Used(push.first);
        }
        self.snapshot.push = Some(StoredPush {
            kind,
            first: push.first,
            head: push.head,
            records: push.records,
            more: push.more,
            by: self.snapshot.me.id,
            roll: push.roll,
        });
        out.write(Change::StorePush);
    }

    pub(super) fn send(&mut self, out: &mut Out) {
        let number = self.next_number();
        self.doing = Doing::Sending(number);
        out.push(Effect::Send(number));
    }

    pub(super) fn delivered(&mut self, delivery: Delivery, out: &mut Out) {
        match delivery {
            Delivery::Stored { sequence } => {
                let place = self.snapshot.push.as_ref().map(|push| push.head.sequence);
                self.news |= place.is_some_and(|place| place < sequence);
                self.noted(out);
            }
            Delivery::Ahead { sequence } => self.another_is_ahead(sequence, out),
            Delivery::WrongEpoch => {
                let head = self.snapshot.head.map_or(0, |head| head.sequence);
                self.another_is_ahead(head, out);
            }
            Delivery::NotWhole => {
                // What was signed is remembered: should it stand in the chain all the same, it is known again.
                self.rhythm.failed(None);
                self.rhythm.changed(crate::Pen::Up, self.live);
                if self.forget_push() {
                    out.write(Change::DropPush);
                }
            }
            Delivery::ProofEnded => self.proof(false),
            Delivery::Refused(refusal) => self.refused(refusal, out),
            Delivery::Failed => self.rhythm.failed(None),
        }
    }

    /// The stored push is the head.
    pub(super) fn noted(&mut self, out: &mut Out) {
        let Some(push) = self.snapshot.push.take() else {
            return;
        };
        self.snapshot.head = Some(push.head);
        let before = mem::replace(&mut self.snapshot.roll, push.roll);
        let mut tell = Vec::new();
        match push.kind {
            PushKind::Changes => {}
            PushKind::Epoch | PushKind::AllNew => self.epoch_began(push.kind),
            PushKind::BeginAgain => {
                self.snapshot.wants_copy = false;
                self.snapshot.standing = Standing::Fine;
            }
            PushKind::Restart { .. } => {
                self.snapshot.pull = None;
                let (roll, out) = (&self.snapshot.roll, &self.snapshot.without);
                let left = before.devices().iter().map(|device| device.id);
                let left = left.filter(|id| roll.device(*id).is_none() && !out.contains(id));
                tell.extend(left.map(Notice::LeftBehind));
                if push.first != push.head.hash {
                    self.epoch_began(push.kind);
                }
            }
        }
        self.heard();
        self.rhythm.pushed();
        let more = push.more || push.kind != PushKind::Changes;
        self.doing = Doing::Settling { tell, more };
        out.write(Change::NotePush(push.kind));
    }

    /// An epoch stands in the chain: whoever it left out is out, and whoever waited for a new passphrase has it.
    pub(super) fn epoch_began(&mut self, kind: PushKind) {
        let roll = &self.snapshot.roll;
        self.snapshot.without.retain(|id| roll.device(*id).is_some());
        if kind == PushKind::AllNew {
            self.proof = Proof::None;
        }
    }

    /// A refusal alone drops nothing: what came first is pulled, and what was pushed is dropped when that is noted. A restart and a copy begun
    /// again rest on what the server showed, and begin anew.
    fn another_is_ahead(&mut self, sequence: u64, out: &mut Out) {
        self.rhythm.answered();
        self.news = true;
        let head = self.snapshot.head.map_or(0, |head| head.sequence);
        match self.snapshot.push.as_ref().map(|push| push.kind) {
            Some(PushKind::Restart { was_true }) => {
                let older = sequence < head;
                self.forget_push();
                self.snapshot.pull = older.then(|| self.whole_pull(Passage::FromHere { was_true }));
                out.write(Change::DropAside { push: true });
            }
            Some(PushKind::BeginAgain) => {
                self.forget_push();
                self.snapshot.standing = Standing::Fine;
                out.write(Change::DropPush);
            }
            _ => self.rival = true,
        }
    }
}
