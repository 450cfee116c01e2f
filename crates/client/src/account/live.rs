//! Staying in touch: a stream over which the server says that there is news, and asking now and then where there is none.

use std::time::{Duration, Instant};

use regie_crypto::make_random;
use regie_protocol::account::path;

use super::{AccountError, RequestPurpose};
use crate::{
    Client, ClientError, Stage,
    net::{Event, Line, Next, Outgoing},
};

/// How often the server is asked what is new, whatever a stream says; and how often where there is none.
const ASK: Duration = Duration::from_mins(15);
const ASK_WITHOUT: Duration = Duration::from_mins(5);
/// How long it asks nothing after it asked, however often a stream says that there is news.
const BETWEEN: Duration = Duration::from_secs(2);
/// How often is looked whether there is an account.
const LOOK: Duration = Duration::from_secs(5);
/// How long is waited before a stream is tried again: at first, and at most.
const FIRST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_mins(5);
/// A stream that lasted so long was a good one.
const GOOD: Duration = Duration::from_mins(1);

/// A stream of the account, while the vault is open.
#[derive(Debug)]
struct Live {
    line: Line,
    since: Instant,
}

/// Stays in touch with the server of the account, where there is one: for a thread of its own, which calls [`InTouch::step`] again and
/// again. Without an account it asks nobody anything.
#[derive(Debug, Default)]
pub struct InTouch {
    live: Option<Live>,
    retry: Retry,
    asked: Option<Instant>,
    /// Something is to be asked for as soon as [`BETWEEN`] has gone by.
    poked: bool,
    /// When it was looked last whether there is an account.
    looked: Option<(Instant, bool)>,
    /// Whether nobody was found, as it was told last.
    told_offline: bool,
}

/// When a stream is tried again.
#[derive(Debug, Default)]
struct Retry {
    wait: Duration,
    not_before: Option<Instant>,
}

impl Retry {
    fn is_due(&self, now: Instant) -> bool {
        self.not_before.is_none_or(|at| at <= now)
    }

    /// Longer each time, and for each device another time: they all lost the same server at once.
    fn failed(&mut self, now: Instant, chance: u8) {
        self.wait = (self.wait * 2).clamp(FIRST, LONGEST);
        let half = self.wait / 2;
        self.not_before = Some(now + half + half * u32::from(chance) / u32::from(u8::MAX));
    }

    fn succeeded(&mut self) {
        *self = Self::default();
    }
}

impl InTouch {
    /// Waits at most so long for news, and does what it asks for. Tells whether the account was looked at anew, or the server was lost or
    /// found, so that whoever shows it shows what is now.
    pub fn step(&mut self, client: &Client, wait: Duration) -> bool {
        let is_open = client.stage() == Stage::Open;
        if !is_open {
            *self = Self::default();
        }
        if !is_open || !self.is_joined(client) {
            std::thread::sleep(wait);
            return false;
        }
        let is_new = self.listen(client, wait);
        let offline = client.account.net.is_offline();
        let was_offline = std::mem::replace(&mut self.told_offline, offline);
        is_new || offline != was_offline
    }

    /// Whether a stream is open.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.live.is_some()
    }

    fn listen(&mut self, client: &Client, wait: Duration) -> bool {
        let was_live = self.is_live();
        let is_new = self.listen_on(client, wait);
        if was_live != self.is_live() {
            client.sync.listens(self.is_live());
        }
        is_new
    }

    fn listen_on(&mut self, client: &Client, wait: Duration) -> bool {
        let now = Instant::now();
        if self.live.is_none() && self.retry.is_due(now) {
            self.open(client, now);
        }
        let every = if self.is_live() { ASK } else { ASK_WITHOUT };
        if self.asked.is_none_or(|asked| asked.elapsed() >= every) {
            return self.ask(client);
        }
        let rests = self.asked.is_some_and(|asked| asked.elapsed() < BETWEEN);
        if self.poked && !rests {
            return self.ask(client);
        }
        match self.next(wait) {
            // A server that pokes without end makes nobody ask without end.
            Next::Event(Event::Poke) => {
                client.sync.poked();
                self.poked = true;
                !rests && self.ask(client)
            }
            Next::Event(Event::Records) => {
                client.sync.poked();
                false
            }
            // What it means the server says to whoever asks, signed: its word over a stream ends nothing here.
            Next::Event(Event::End) => {
                self.lose();
                self.ask(client)
            }
            Next::Over => {
                self.lose();
                false
            }
            Next::Nothing => false,
        }
    }

    fn is_joined(&mut self, client: &Client) -> bool {
        match self.looked {
            Some((at, is_joined)) if at.elapsed() < LOOK => is_joined,
            _ => {
                let is_joined = client.account().is_ok_and(|account| account.joined.is_some());
                self.looked = Some((Instant::now(), is_joined));
                is_joined
            }
        }
    }

    fn open(&mut self, client: &Client, now: Instant) {
        match client.open_stream() {
            Ok(line) => {
                self.live = Some(Live { line, since: now });
                // What changed while there was none.
                self.asked = None;
            }
            Err(error) => {
                tell(&error);
                self.retry.failed(now, chance());
            }
        }
    }

    fn ask(&mut self, client: &Client) -> bool {
        self.asked = Some(Instant::now());
        self.poked = false;
        match client.contact() {
            Ok(_) => true,
            Err(error) => {
                tell(&error);
                // The account itself says what the person has to know.
                !matches!(
                    error,
                    ClientError::Locked | ClientError::Account(AccountError::Offline)
                )
            }
        }
    }

    fn next(&self, wait: Duration) -> Next {
        match &self.live {
            Some(live) => live.line.next(wait),
            None => {
                std::thread::sleep(wait);
                Next::Nothing
            }
        }
    }

    fn lose(&mut self) {
        let was_good = self.live.take().is_some_and(|live| live.since.elapsed() >= GOOD);
        if was_good {
            self.retry.succeeded();
        }
        self.retry.failed(Instant::now(), chance());
    }
}

/// No network is normal, and so is a vault that was locked meanwhile.
fn tell(error: &ClientError) {
    if !matches!(
        error,
        ClientError::Locked | ClientError::Account(AccountError::Offline)
    ) {
        tracing::info!(%error, "the server was asked");
    }
}

fn chance() -> u8 {
    // Without chance the wait is the longest.
    let [chance] = make_random::<1>().unwrap_or([u8::MAX]);
    chance
}

impl Client {
    /// Opens the stream of this device. It ends when Regie locks.
    fn open_stream(&self) -> Result<Line, ClientError> {
        let mut turn = self.account.turn();
        let me = self.me()?;
        let request = Outgoing::stream(path::LIVE, RequestPurpose::Live);
        let answer = self.signed(&mut turn, &me, &request)?;
        Ok(answer.into_line().ok_or(AccountError::BadAnswer)?)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_server_that_is_gone_is_tried_less_and_less_often_and_never_given_up(chances in proptest::collection::vec(0_u8.., 1..40)) {
            let (mut retry, mut now) = (Retry::default(), Instant::now());
            prop_assert!(retry.is_due(now));
            let mut before = Duration::ZERO;
            for chance in chances {
                retry.failed(now, chance);
                prop_assert!(!retry.is_due(now));
                let waited = (1..).map(|seconds| Duration::from_secs(1) * seconds)
                    .find(|wait| retry.is_due(now + *wait))
                    .expect("it comes");
                prop_assert!(waited <= LONGEST);
                prop_assert!(waited * 2 >= before, "{waited:?} after {before:?}");
                (now, before) = (now + waited, waited);
            }
            retry.succeeded();
            prop_assert!(retry.is_due(now));
        }
    }
}
