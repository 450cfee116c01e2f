//! What the person decides and what is wanted.

use super::{Engine, Out, Proof};
use crate::{Alarm, Change, Decision, Order, Passage, Question, Standing};

impl Engine {
    pub(super) fn ordered(&mut self, order: Order, out: &mut Out) {
        match order {
            Order::BeginEpoch { without } => {
                for id in without {
                    if !self.snapshot.without.contains(&id) {
                        self.snapshot.without.push(id);
                    }
                }
                self.news = true;
                out.write(Change::Nothing);
            }
            Order::KeepCopyAgain => {
                self.snapshot.wants_copy = true;
                self.news = true;
                if self.snapshot.standing == Standing::NoCopy && self.forget_push() {
                    out.write(Change::DropPush);
                } else {
                    out.write(Change::Nothing);
                }
            }
            Order::SumAnew => self.unsummed = true,
        }
    }

    /// A person waits for it: nothing is put off. Once it ended, what rested on it may have arrived or not, and the server is asked.
    pub(super) fn proof(&mut self, holds: bool) {
        self.proof = if holds { Proof::Holds } else { Proof::None };
        self.news = true;
        self.rhythm.answered();
    }

    pub(super) fn decided(&mut self, decision: Decision, out: &mut Out) {
        let standing = self.snapshot.standing.clone();
        match (decision, standing) {
            (Decision::Yes, Standing::Asking(_) | Standing::PutOff(_)) => self.take_in(false, out),
            (Decision::No, Standing::Asking(Question::ManyDeletions { .. })) => self.take_in(true, out),
            (Decision::No, Standing::Asking(question)) => {
                self.snapshot.standing = Standing::PutOff(question);
                out.write(Change::Nothing);
            }
            (Decision::GoOnFromHere, standing) => self.go_on_from_here(&standing, out),
            (Decision::CodesDiffer, Standing::Fine | Standing::Asking(_)) => self.stop(Alarm::Fork, out),
            (Decision::FetchAnew, Standing::Stopped(alarm)) if !alarm.keeps_asking() => {
                let passage = match self.snapshot.head {
                    Some(_) => Passage::Anew,
                    None => Passage::First,
                };
                self.begin_whole(passage, out);
            }
            (Decision::TryAgain, Standing::Stopped(_) | Standing::UnknownAccount { .. }) => {
                self.snapshot.standing = Standing::Fine;
                self.try_again();
                out.write(Change::Nothing);
            }
            (Decision::TryAgain, _) => self.try_again(),
            _ => {}
        }
    }

    fn try_again(&mut self) {
        self.cancel();
        self.too_old = false;
        self.news = true;
        self.rhythm.answered();
    }

    /// Where the server shows another history, this device's counts; what the server shows is added to it.
    fn go_on_from_here(&mut self, standing: &Standing, out: &mut Out) {
        let another = matches!(
            standing,
            Standing::Stopped(
                Alarm::OlderState { .. }
                    | Alarm::OlderUnknown { .. }
                    | Alarm::Fork
                    | Alarm::SetDiffers
                    | Alarm::BrokenChain
                    | Alarm::StrangeDevice { .. }
            ) | Standing::Asking(Question::Restarted { .. })
                | Standing::PutOff(Question::Restarted { .. })
        );
        if !another || self.snapshot.head.is_none() {
            return;
        }
        let (head, standing) = (
            self.snapshot.head.map_or(0, |head| head.sequence),
            standing.clone(),
        );
        let found = match standing {
            Standing::Stopped(Alarm::OlderState { missing }) => head.checked_sub(missing),
            _ => None,
        };
        let was_true = found.is_some();
        self.begin_whole(Passage::FromHere { was_true }, out);
        if let Some(pull) = &mut self.snapshot.pull {
            pull.found = found;
        }
    }

    fn begin_whole(&mut self, passage: Passage, out: &mut Out) {
        self.snapshot.standing = Standing::Fine;
        self.snapshot.pull = Some(self.whole_pull(passage));
        let push = self.forget_push();
        self.rival = false;
        self.try_again();
        out.write(Change::DropAside { push });
    }
}
