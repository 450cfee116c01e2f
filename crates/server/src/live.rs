//! Streams that are open: each waits for news of its account. What it says to a device it looks up first, so that news may come twice, too
//! late, or be made up, and nobody hears more than that there is something to ask for.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{broadcast::error::RecvError, watch},
    time::{Instant, sleep_until},
};

use crate::{
    http::{App, metrics},
    store::{AccountId, DeviceId, Mark, News, StoreError},
};

/// Over how long everybody's streams look whether they are still anybody's, and then tell their devices to ask: never all at once.
const LOOKING: Duration = Duration::from_secs(5);
const TELLING: Duration = Duration::from_secs(120);

/// The streams of this instance.
#[derive(Default)]
pub struct Streams {
    open: Mutex<HashMap<Mark, Vec<Open>>>,
    next: AtomicU64,
    closed: AtomicBool,
}

struct Open {
    number: u64,
    device: Mark,
    line: watch::Sender<Heard>,
}

/// How often a stream heard something, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Heard {
    own: u64,
    others: u64,
    records: u64,
    anybody: u64,
}

/// What a stream says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// There is something to ask for.
    Poke,
    /// There are records to ask for, and nothing else.
    Records,
    /// The device is none of an account any more.
    End,
}

/// One stream, until it is dropped.
pub(crate) struct Stream {
    app: Arc<App>,
    account: AccountId,
    device: DeviceId,
    mark: Mark,
    number: u64,
    line: watch::Receiver<Heard>,
    heard: Heard,
    /// When everybody's news is looked into here, and when it is told.
    look: Option<Instant>,
    tell: Option<Instant>,
    ended: bool,
}

impl Streams {
    fn open(&self) -> MutexGuard<'_, HashMap<Mark, Vec<Open>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// No stream is open any more, and none opens again: the server stops.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.open().clear();
    }

    fn hear(&self, news: News) {
        let open = self.open();
        match news {
            News::Account { account, by } => {
                for one in open.get(&account).into_iter().flatten() {
                    one.line.send_modify(|heard| {
                        if one.device == by {
                            heard.own += 1;
                        } else {
                            heard.others += 1;
                        }
                    });
                }
            }
            // Who pushed them has them.
            News::Records { account, by } => {
                for one in open.get(&account).into_iter().flatten() {
                    if one.device != by {
                        one.line.send_modify(|heard| heard.records += 1);
                    }
                }
            }
            News::Anybody | News::Missed => {
                for one in open.values().flatten() {
                    one.line.send_modify(|heard| heard.anybody += 1);
                }
            }
        }
    }

    fn close_one(&self, account: Mark, number: u64) {
        let mut open = self.open();
        if let Some(streams) = open.get_mut(&account) {
            streams.retain(|one| one.number != number);
            if streams.is_empty() {
                open.remove(&account);
            }
        }
    }
}

impl Stream {
    /// Opens one for a device; one that it had here before ends. Nothing when the server stops.
    pub(crate) async fn open(
        app: &Arc<App>,
        account: AccountId,
        device: DeviceId,
    ) -> Result<Option<Self>, StoreError> {
        let (store, streams) = (&app.accounts.store, &app.streams);
        let (mark, own) = (store.mark(&account.0), store.mark(&device.0));
        let (sender, line) = watch::channel(Heard::default());
        let number = streams.next.fetch_add(1, Ordering::Relaxed);
        {
            let mut open = streams.open();
            if streams.closed.load(Ordering::SeqCst) {
                return Ok(None);
            }
            let of_account = open.entry(mark).or_default();
            of_account.retain(|one| one.device != own);
            of_account.push(Open {
                number,
                device: own,
                line: sender,
            });
        }
        metrics::stream_opened();
        let stream = Self {
            app: Arc::clone(app),
            account,
            device,
            mark,
            number,
            line,
            heard: Heard::default(),
            look: None,
            tell: None,
            ended: false,
        };
        // Signed out since the request was checked, it was before there was a stream to hear of it.
        store.device_keys(account, device).await?;
        Ok(Some(stream))
    }

    /// What there is to say next; nothing when there will be nothing more.
    pub(crate) async fn next(&mut self) -> Option<Said> {
        while !self.ended {
            let next = self.look.into_iter().chain(self.tell).min();
            tokio::select! {
                changed = self.line.changed() => changed.ok()?,
                () = sleep_until(next.unwrap_or_else(Instant::now)), if next.is_some() => {}
            }
            let (before, heard) = (self.heard, *self.line.borrow_and_update());
            self.heard = heard;
            if heard.anybody != before.anybody {
                self.look.get_or_insert_with(|| Instant::now() + part_of(LOOKING));
                self.tell.get_or_insert_with(|| Instant::now() + part_of(TELLING));
            }
            let now = Instant::now();
            let is_due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
            let is_named = heard.own != before.own || heard.others != before.others;
            let is_told = is_due(self.tell) || heard.others != before.others;
            let has_records = heard.records != before.records;
            if !is_named && !is_told && !has_records && !is_due(self.look) {
                continue;
            }
            self.look = None;
            // In a box: a stream that waits is not to hold room for what is seldom looked up.
            let looked = Box::pin(self.app.accounts.store.device_keys(self.account, self.device));
            match looked.await {
                Ok(_) => {}
                Err(StoreError::NotFound) => {
                    self.ended = true;
                    return Some(Said::End);
                }
                // The device comes again, and is looked at then.
                Err(_) => return None,
            }
            if is_told {
                self.tell = None;
                return Some(Said::Poke);
            }
            if has_records {
                return Some(Said::Records);
            }
        }
        None
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.app.streams.close_one(self.mark, self.number);
        metrics::stream_closed();
    }
}

/// Hears news from now on until it is dropped, and hands it to the streams that it concerns.
pub(crate) fn hear(app: Arc<App>) -> impl Future<Output = ()> + Send {
    let mut news = app.accounts.store.hear();
    async move {
        let handing = async {
            loop {
                match news.recv().await {
                    Ok(news) => app.streams.hear(news),
                    Err(RecvError::Lagged(_)) => app.streams.hear(News::Missed),
                    Err(RecvError::Closed) => return,
                }
            }
        };
        tokio::join!(handing, app.accounts.store.listen());
    }
}

/// A part of a time, by chance.
fn part_of(whole: Duration) -> Duration {
    let mut chance = [0; 2];
    // Without chance it is the whole.
    if getrandom::fill(&mut chance).is_err() {
        return whole;
    }
    whole * u32::from(u16::from_le_bytes(chance)) / u32::from(u16::MAX)
}
