//! Records made ready on one thread while another writes them, handed over some at a time: waking the other one for each would
//! cost more than the work.

use std::iter::Flatten;
use std::sync::mpsc::{self, IntoIter, Receiver, SyncSender};

/// Records that are handed over together.
const TOGETHER: usize = 16;
/// So many times that may wait.
const WAITING: usize = 4;

/// Whoever was to take the records has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused;

/// The giving end. What it still holds is handed over when it is dropped.
pub(crate) struct Giver<T> {
    to: SyncSender<Vec<T>>,
    held: Vec<T>,
}

/// The taking end, which ends when the giver is gone. Taking is done by value: whoever stops must not leave the giver waiting.
pub(crate) struct Taker<T>(Receiver<Vec<T>>);

/// Both ends.
pub(crate) fn hand_over<T>() -> (Giver<T>, Taker<T>) {
    let (to, from) = mpsc::sync_channel(WAITING);
    let held = Vec::with_capacity(TOGETHER);
    (Giver { to, held }, Taker(from))
}

impl<T> IntoIterator for Taker<T> {
    type Item = T;
    type IntoIter = Flatten<IntoIter<Vec<T>>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter().flatten()
    }
}

impl<T> Giver<T> {
    pub(crate) fn give(&mut self, record: T) -> Result<(), Refused> {
        self.held.push(record);
        if self.held.len() < TOGETHER {
            return Ok(());
        }
        let held = std::mem::replace(&mut self.held, Vec::with_capacity(TOGETHER));
        self.to.send(held).map_err(|_| Refused)
    }
}

impl<T> Drop for Giver<T> {
    fn drop(&mut self) {
        // Whoever has ended has said why.
        let _ = self.to.send(std::mem::take(&mut self.held));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_arrive_in_their_order_and_giving_to_nobody_is_refused() {
        let (mut giver, taken) = hand_over();
        let giving = std::thread::spawn(move || (0..1_000).try_for_each(|number| giver.give(number)));
        assert!(taken.into_iter().eq(0..1_000));
        assert_eq!(giving.join().expect("ends"), Ok(()));
        let (mut giver, taken) = hand_over();
        drop(taken);
        assert_eq!((0..1_000).try_for_each(|number| giver.give(number)), Err(Refused));
    }
}
