//! When to ask, when to send, when to try again. Jitter comes out of a seed that is handed in.

use crate::{Pen, Span, Time};

/// How often the server is asked while no stream tells of news.
const POLL: Span = Span::minutes(5);
/// The same while one does: news may still be lost.
const POLL_LISTENING: Span = Span::minutes(60);
/// An entry under the pen goes this often.
const UNDER_THE_PEN: Span = Span::minutes(1);
/// The same while another device is live.
const LIVE: Span = Span::seconds(2);
/// The first wait after a failure, which doubles up to the longest.
const FIRST_WAIT: Span = Span::seconds(1);
const LONGEST_WAIT: Span = Span::minutes(5);
/// All rows are summed this often.
const SUM: Span = Span::days(7);

/// When something is due.
#[derive(Clone, Debug)]
pub struct Rhythm {
    random: fastrand::Rng,
    seen: Time,
    failures: u32,
    retry: Option<Time>,
    poll: Option<Time>,
    push: Option<Time>,
    pushed: Option<Time>,
}

impl Rhythm {
    /// Nothing is due yet. The seed should be random: it keeps devices from knocking at the same moment.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self {
            random: fastrand::Rng::with_seed(seed),
            seen: Time::default(),
            failures: 0,
            retry: None,
            poll: None,
            push: None,
            pushed: None,
        }
    }

    /// Notes what the clock says. A clock that was put back takes everything that is due with it, so that nothing waits for years.
    pub fn see(&mut self, now: Time) {
        if let Some(back) = self.seen.since(now) {
            let all = [&mut self.retry, &mut self.poll, &mut self.push, &mut self.pushed];
            for time in all.into_iter().flatten() {
                time.0 = time.0.saturating_sub(back.0);
            }
        }
        self.seen = now;
    }

    /// A request failed: the next waits twice as long, with jitter, and at least as long as the server said.
    pub fn failed(&mut self, at_least: Option<Span>) {
        let doubled = FIRST_WAIT.0.saturating_mul(1 << self.failures.min(20));
        let wait = doubled.min(LONGEST_WAIT.0);
        let wait = self.random.u64(wait / 2..=wait);
        self.failures = self.failures.saturating_add(1);
        self.retry = Some(self.seen + Span(wait.max(at_least.unwrap_or_default().0)));
    }

    /// A request was answered.
    pub fn answered(&mut self) {
        self.failures = 0;
        self.retry = None;
    }

    /// Whether a failure forbids asking yet.
    #[must_use]
    pub fn is_backing_off(&self) -> bool {
        self.retry.is_some_and(|retry| self.seen < retry)
    }

    /// The head was confirmed: the next question is due in a while.
    pub fn confirmed(&mut self, listening: bool) {
        let span = if listening { POLL_LISTENING } else { POLL };
        self.poll = Some(self.seen + self.about(span));
    }

    /// Whether it is time to ask again.
    #[must_use]
    pub fn asks(&self) -> bool {
        self.poll.is_some_and(|poll| poll <= self.seen)
    }

    /// Something was written.
    pub fn changed(&mut self, pen: Pen, live: bool) {
        let due = match pen {
            Pen::Up => self.seen,
            Pen::Down if live => self.live(),
            Pen::Down => self.seen + self.about(UNDER_THE_PEN),
        };
        self.push = Some(self.push.map_or(due, |earlier| earlier.min(due)));
    }

    /// Another device is in use: what waits for its minute goes sooner.
    pub fn other_is_live(&mut self) {
        let live = self.live();
        self.push = self.push.map(|push| push.min(live));
    }

    /// What waits is taken up.
    pub const fn sealing(&mut self) {
        self.push = None;
    }

    /// A push arrived.
    pub const fn pushed(&mut self) {
        self.pushed = Some(self.seen);
    }

    /// Whether what waits is due.
    #[must_use]
    pub fn sends(&self) -> bool {
        self.push.is_some_and(|push| push <= self.seen)
    }

    /// Whether what waits goes by itself, now or later.
    #[must_use]
    pub const fn will_send(&self) -> bool {
        self.push.is_some()
    }

    /// Whether all rows are to be summed again. A sum said to be of a later day is none that counts.
    #[must_use]
    pub fn sums(&self, last: Option<Time>) -> bool {
        last.and_then(|last| self.seen.since(last))
            .is_none_or(|ago| ago >= SUM)
    }

    /// The next moment at which something is due.
    #[must_use]
    pub fn next(&self) -> Option<Time> {
        let coming = |due: &Time| *due > self.seen;
        let due = [self.poll, self.push].into_iter().flatten().filter(coming).min();
        match (self.retry, due) {
            (Some(retry), _) if self.seen < retry => Some(retry),
            (_, due) => due,
        }
    }

    fn live(&self) -> Time {
        self.pushed
            .map_or(self.seen, |pushed| self.seen.max(pushed + LIVE))
    }

    /// A fifth more or less.
    fn about(&mut self, span: Span) -> Span {
        let fifth = span.0 / 5;
        Span(self.random.u64(span.0 - fifth..=span.0 + fifth))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Time = Time(1_000_000_000);

    fn at(now: Time) -> Rhythm {
        let mut rhythm = Rhythm::seeded(7);
        rhythm.see(now);
        rhythm
    }

    fn wait(rhythm: &Rhythm, now: Time) -> u64 {
        rhythm
            .next()
            .and_then(|next| next.since(now))
            .expect("something is due")
            .0
    }

    #[test]
    fn what_is_written_goes_at_once_under_the_pen_once_a_minute_and_live_after_two_seconds() {
        let mut rhythm = at(NOW);
        rhythm.changed(Pen::Up, false);
        assert!(rhythm.sends() && rhythm.will_send());
        rhythm.sealing();
        assert!(!rhythm.will_send());

        let mut rhythm = at(NOW);
        rhythm.changed(Pen::Down, false);
        assert!(!rhythm.sends() && (48_000..=72_000).contains(&wait(&rhythm, NOW)));
        let first = wait(&rhythm, NOW);
        rhythm.see(NOW + Span::seconds(40));
        rhythm.changed(Pen::Down, false);
        assert_eq!(wait(&rhythm, NOW), first, "further letters put nothing off");
        rhythm.changed(Pen::Up, false);
        assert!(rhythm.sends(), "closing the entry sends it");

        let mut rhythm = at(NOW);
        rhythm.pushed();
        rhythm.changed(Pen::Down, true);
        assert_eq!(wait(&rhythm, NOW), 2000);
        let mut rhythm = at(NOW);
        rhythm.changed(Pen::Down, false);
        rhythm.other_is_live();
        assert!(
            rhythm.sends(),
            "another device came: what waits for its minute goes"
        );
    }

    #[test]
    fn each_failure_waits_longer_up_to_five_minutes_and_an_answer_ends_it() {
        let mut rhythm = at(NOW);
        let waits: Vec<u64> = (0..12)
            .map(|_| {
                rhythm.failed(None);
                wait(&rhythm, NOW)
            })
            .collect();
        assert!((500..=1000).contains(&waits[0]) && waits.iter().all(|wait| *wait <= 300_000));
        assert!(waits.last().is_some_and(|last| *last >= 150_000));
        assert!(rhythm.is_backing_off());
        rhythm.answered();
        assert!(!rhythm.is_backing_off());
        rhythm.failed(Some(Span::minutes(30)));
        assert_eq!(wait(&rhythm, NOW), 30 * 60_000, "the server's word is heeded");
    }

    #[test]
    fn all_rows_are_summed_weekly_and_a_day_to_come_counts_for_nothing() {
        let rhythm = at(NOW + Span::days(100));
        assert!(rhythm.sums(None) && rhythm.sums(Some(NOW + Span::days(93))));
        assert!(!rhythm.sums(Some(NOW + Span::days(94))));
        assert!(rhythm.sums(Some(NOW + Span::days(400))));
    }

    proptest! {
        #[test]
        fn a_clock_that_is_put_back_by_years_makes_nothing_wait_for_years(back in 1_u64..900_000_000, seed: u64) {
            let mut rhythm = Rhythm::seeded(seed);
            rhythm.see(NOW);
            rhythm.confirmed(false);
            rhythm.changed(Pen::Down, false);
            rhythm.failed(None);
            let earlier = Time(NOW.0 - back);
            rhythm.see(earlier);
            prop_assert!(wait(&rhythm, earlier) <= 72_000);
            rhythm.answered();
            prop_assert!(wait(&rhythm, earlier) <= 72_000);
        }
    }
}
