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

    /// Whether all rows are to be summed again. A sum said to be of a later day is none that counts.
    #[must_use]
    pub fn sums(&self, last: Option<Time>) -> bool {
        last.and_then(|last| self.seen.since(last))
            .is_none_or(|ago| ago >= SUM)
    }

    /// The next moment at which something is due.
    #[must_use]
    pub fn next(&self) -> Option<Time> {
        let due = [self.poll, self.push].into_iter().flatten().min();
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
