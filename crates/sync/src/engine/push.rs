//! Pushing: sealed, stored, sent byte for byte until it is known what became of it.

use super::{Doing, Engine, Out};
use crate::{
    Alarm, Change, Delivery, Device, DeviceId, Effect, Passage, Pull, PushKind, Seal, SealWhat, SealedPush,
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
                epochs_lost: pull.roll.epochs() != self.snapshot.roll.epochs(),
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
            if let PushKind::Restart { .. } = kind {
                // Over what the server shows this device cannot vouch.
                return self.stop(Alarm::Fork, out);
            }
            self.waiting = 0;
            return;
        };
        let to: Vec<DeviceId> = self.stays().map(|device| device.id).collect();
        let mut roll = self.snapshot.roll.clone();
        let begins = matches!(kind, PushKind::Epoch | PushKind::BeginAgain);
        if begins || push.first != push.head.hash {
            roll.begin_epoch(push.first, &to);
        }
        if self.joins() && !begins {
            roll.join(self.snapshot.me);
        }
        self.snapshot.push = Some(StoredPush {
            kind,
            first: push.first,
            head: push.head,
            records: push.records,
            more: push.more,
            by: self.snapshot.me.id,
            roll,
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
        self.snapshot.roll = push.roll;
        match push.kind {
            PushKind::Changes => {}
            PushKind::Epoch => {
                let roll = &self.snapshot.roll;
                self.snapshot.without.retain(|id| roll.device(*id).is_some());
            }
            PushKind::BeginAgain => {
                self.snapshot.wants_copy = false;
                self.snapshot.standing = Standing::Fine;
            }
            PushKind::Restart { .. } => self.snapshot.pull = None,
        }
        self.heard();
        self.rhythm.pushed();
        let more = push.more || push.kind != PushKind::Changes;
        self.doing = Doing::Settling {
            tell: Vec::new(),
            more,
        };
        out.write(Change::NotePush(push.kind));
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
