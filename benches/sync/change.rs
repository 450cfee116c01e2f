//! One change, from the save on one device to where it can be read on another; and the question whether there is anything new.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread::{Scope, scope, sleep};
use std::time::{Duration, Instant};

use anyhow::Context;
use regie_client::{Client, InTouch};
use tempfile::TempDir;

use super::Sizes;
use super::devices::{Host, sync};
use crate::corpus::Corpus;
use crate::figure::{Bar, Figure, Report, in_ms, median};
use crate::server::running::Postgres;
use crate::{place, profile};

const CHANGE: &str = "sync.one_change";
const NOTHING: &str = "sync.nothing_new";
const REQUESTS: &str = "sync.nothing_new_asks";
/// What a cost is compared with that does not grow.
const FEW: usize = 1_000;
/// As the app's own threads look.
const LOOK: Duration = Duration::from_secs(1);
/// Between two changes: who writes now and then, not without end.
const BETWEEN: Duration = Duration::from_millis(2_200);
const PATIENCE: Duration = Duration::from_secs(30);

/// Two devices of one account that have seen everything.
struct Pair {
    one: Client,
    two: Client,
    _folder: TempDir,
}

/// What was measured on a pair.
#[derive(Default)]
struct Taken {
    change: f64,
    nothing: f64,
    asks: f64,
}

pub(super) fn measure(
    corpus: &Corpus,
    postgres: &Postgres,
    sizes: Sizes,
    report: &mut Report,
) -> anyhow::Result<()> {
    if ![CHANGE, NOTHING, REQUESTS].iter().any(|name| report.wants(name)) {
        return Ok(());
    }
    let mut host = Host::start(postgres, 2)?;
    let all = corpus.texts().len();
    let few = (all > FEW).then(|| corpus.thinned(all / FEW));
    let mut taken = |corpus: &Corpus| -> anyhow::Result<Taken> {
        let pair = Pair::make(&mut host, corpus)?;
        let mut taken = Taken::default();
        if report.wants(CHANGE) {
            taken.change = pair.change(sizes, corpus)?;
        }
        (taken.nothing, taken.asks) = pair.nothing_new(sizes)?;
        Ok(taken)
    };
    let at_few = few.as_ref().map(&mut taken).transpose()?;
    let ours = taken(corpus)?;
    let beside = |what: &str| match &few {
        Some(few) => format!("{what}; with {}", few.texts().len()),
        None => what.to_owned(),
    };
    let figures = [
        Figure {
            name: CHANGE,
            unit: "ms",
            ours: ours.change,
            baseline: at_few.as_ref().map(|few| few.change),
            bar: Bar::times(1.2),
            beside: beside("p50 from saved to readable elsewhere"),
        },
        Figure {
            name: NOTHING,
            unit: "ms",
            ours: ours.nothing,
            baseline: at_few.as_ref().map(|few| few.nothing),
            bar: Bar::times(1.2),
            beside: beside("one question, one answer"),
        },
        Figure {
            name: REQUESTS,
            unit: "",
            ours: ours.asks,
            baseline: Some(1.0),
            bar: Bar::times(1.0),
            beside: "requests of a device that finds nothing new".into(),
        },
    ];
    for figure in &figures {
        if report.wants(figure.name) {
            report.print(figure)?;
        }
    }
    Ok(())
}

impl Pair {
    fn make(host: &mut Host, corpus: &Corpus) -> anyhow::Result<Self> {
        let folder = place::on_disk()?;
        let at = |name: &str| folder.path().join(name);
        eprintln!("two devices with {} entries …", corpus.texts().len());
        profile::fill(&at("one"), corpus)?;
        let (one, email) = host.join(&at("one"))?;
        sync(&one)?;
        let two = host.log_in(&at("two"), &email)?;
        sync(&two)?;
        sync(&one)?;
        Ok(Self {
            one,
            two,
            _folder: folder,
        })
    }

    /// Milliseconds, with every thread at work that the app has.
    fn change(&self, sizes: Sizes, corpus: &Corpus) -> anyhow::Result<f64> {
        let stop = AtomicBool::new(false);
        scope(|scope| {
            let listening = [&self.one, &self.two].map(|client| listen(scope, client, &stop));
            let stepped = [&self.one, &self.two].map(|client| work(scope, client, &stop));
            let taken = self.changes(sizes, corpus, &listening, &stepped);
            stop.store(true, Ordering::Relaxed);
            taken.map(median)
        })
    }

    fn changes(
        &self,
        sizes: Sizes,
        corpus: &Corpus,
        listening: &[Receiver<()>; 2],
        [_, stepped]: &[Receiver<()>; 2],
    ) -> anyhow::Result<Vec<f64>> {
        for line in listening {
            line.recv_timeout(PATIENCE).context("a device hears of nothing")?;
        }
        let mut taken = Vec::new();
        let texts = corpus.texts().iter().cycle().take(sizes.changes + 1);
        for (number, text) in texts.enumerate() {
            sleep(BETWEEN);
            while stepped.try_recv().is_ok() {}
            let began = Instant::now();
            let id = profile::save(&self.one, text)?;
            self.one.pen_up();
            // Looked for when the other device did something: looking all the time would be in its way.
            while self.two.diary_entry(id).is_err() {
                anyhow::ensure!(began.elapsed() < PATIENCE, "a change does not come");
                stepped.recv_timeout(PATIENCE).context("a change does not come")?;
            }
            if number > 0 {
                taken.push(in_ms(began.elapsed()));
            }
        }
        Ok(taken)
    }

    /// Milliseconds and requests of one question.
    fn nothing_new(&self, sizes: Sizes) -> anyhow::Result<(f64, f64)> {
        sync(&self.one)?;
        sync(&self.two)?;
        let before = self.two.requests()?.len();
        let mut taken = Vec::new();
        for _ in 0..sizes.questions {
            let began = Instant::now();
            sync(&self.two)?;
            taken.push(in_ms(began.elapsed()));
        }
        let asked = self.two.requests()?.len().saturating_sub(before);
        let each = f64::from(u32::try_from(asked)?) / f64::from(u32::try_from(sizes.questions)?);
        Ok((median(taken), each))
    }
}

/// The thread of the app that hears of news; tells once when it does.
fn listen<'scope>(
    scope: &'scope Scope<'scope, '_>,
    client: &'scope Client,
    stop: &'scope AtomicBool,
) -> Receiver<()> {
    let (live, is_live) = mpsc::channel();
    scope.spawn(move || {
        let (mut in_touch, mut told) = (InTouch::default(), false);
        while !stop.load(Ordering::Relaxed) {
            in_touch.step(client, LOOK);
            if in_touch.is_live() && !told {
                // Whoever waits may have given up.
                told = live.send(()).is_ok();
            }
        }
    });
    is_live
}

/// The thread of the app that syncs; tells after each step.
fn work<'scope>(
    scope: &'scope Scope<'scope, '_>,
    client: &'scope Client,
    stop: &'scope AtomicBool,
) -> Receiver<()> {
    let (step, stepped) = mpsc::channel();
    scope.spawn(move || {
        while !stop.load(Ordering::Relaxed) {
            client.sync_step(LOOK);
            // Whoever waits may have given up.
            step.send(()).ok();
        }
    });
    stepped
}
