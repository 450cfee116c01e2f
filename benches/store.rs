//! What a person waits for in the vault, against the same statements run directly.

mod direct;

use std::hint::black_box;
use std::time::{Duration, Instant};

use regie_client::Client;
use regie_crypto::kdf::{Cost, SALT_BYTES, derive_from_passphrase};
use regie_domain::diary::{Glance, glance, plain_text};
use uuid::Uuid;

use crate::corpus::{Corpus, Text};
use crate::figure::{Figure, Report, in_ms, median};
use crate::profile::{self, SetClock};
use crate::texts::Dice;
use crate::{place, profile::passphrase};
use direct::Direct;

/// Samples of each figure; one more is taken first and left out.
const ROUNDS: usize = 9;
/// A sample is the mean over this many: enough to hold the log's moves into the database as well.
const ADDS: usize = 100;
const LISTS: usize = 50;
const OPENS: usize = 200;

/// What is measured, on the vault and on the baselines alike.
trait Store {
    fn add(&mut self, entry: &Prepared<'_>) -> anyhow::Result<()>;
    /// Number of rows read.
    fn newest50(&mut self) -> anyhow::Result<usize>;
    /// Length of the entry's text.
    fn open_one(&mut self, id: Uuid) -> anyhow::Result<usize>;
}

/// A text with what the vault works out from it, so that the baselines need not.
struct Prepared<'a> {
    text: &'a Text,
    words: String,
    glance: Glance,
}

impl<'a> Prepared<'a> {
    fn of(text: &'a Text) -> Self {
        let words = plain_text(&text.markdown);
        Self {
            text,
            glance: glance(&words),
            words,
        }
    }
}

/// Regie's own vault, through the client.
struct Ours {
    client: Client,
    clock: SetClock,
}

impl Store for Ours {
    fn add(&mut self, entry: &Prepared<'_>) -> anyhow::Result<()> {
        self.clock.set(&entry.text.written);
        profile::save(&self.client, &entry.text.markdown)?;
        Ok(())
    }

    fn newest50(&mut self) -> anyhow::Result<usize> {
        Ok(black_box(self.client.diary_page(None, 50)?).entries.len())
    }

    fn open_one(&mut self, id: Uuid) -> anyhow::Result<usize> {
        Ok(black_box(self.client.diary_entry(id)?).markdown.len())
    }
}

/// `store.*`: printed as they are taken.
pub(crate) fn measure(corpus: &Corpus, report: &mut Report) -> anyhow::Result<()> {
    let folder = place::on_disk()?;
    let Some(last) = corpus.texts().last() else {
        return Ok(());
    };
    eprintln!(
        "filling a vault and two baselines with {} entries …",
        corpus.texts().len()
    );
    let ids = profile::fill(&folder.path().join("profile"), corpus)?;
    let mut encrypted = Direct::fill(&folder.path().join("encrypted.db"), true, corpus, &ids)?;
    let mut plain = Direct::fill(&folder.path().join("plain.db"), false, corpus, &ids)?;
    let clock = SetClock::at(&last.written);
    let mut ours = Ours {
        client: Client::new(&folder.path().join("profile"), clock.clone()),
        clock,
    };

    if std::env::var("X").is_err() { report.print(&unlock(&ours.client)?)?; } else { ours.client.unlock(&passphrase())?; }
    let mut stores: [&mut dyn Store; 3] = [&mut ours, &mut encrypted, &mut plain];
    report.print(&compare("store.newest50", &mut stores, newest50)?)?;
    report.print(&compare("store.open_one", &mut stores, |store, round| {
        open_one(store, &ids, round)
    })?)?;
    report.print(&compare("store.add", &mut stores, |store, round| {
        add(store, corpus, round)
    })?)
}

/// Passphrase to open vault, against the key derivation alone.
fn unlock(client: &Client) -> anyhow::Result<Figure> {
    let (mut ours, mut argon2) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        client.lock()?;
        let passphrase = passphrase();
        let whole = timed(|| Ok(client.unlock(&passphrase)?))?;
        let derivation = derivation()?;
        if round > 0 {
            ours.push(in_ms(whole));
            argon2.push(in_ms(derivation));
        }
    }
    let (ours, baseline) = (median(ours), median(argon2));
    Ok(Figure {
        name: "store.unlock",
        unit: "ms",
        ours,
        baseline: Some(baseline),
        bar: None,
        beside: format!("{:+.1} ms on Argon2id", ours - baseline),
    })
}

/// One run of the key derivation that guards every vault.
pub(crate) fn derivation() -> anyhow::Result<Duration> {
    let passphrase = passphrase();
    timed(|| {
        Ok(derive_from_passphrase(
            &passphrase,
            &[7; SALT_BYTES],
            Cost::STANDARD,
        )?)
    })
}

/// Takes samples of the three stores in turns; the one that begins changes every round.
fn compare(
    name: &'static str,
    stores: &mut [&mut dyn Store; 3],
    sample: impl Fn(&mut dyn Store, usize) -> anyhow::Result<Duration>,
) -> anyhow::Result<Figure> {
    let mut samples: [Vec<f64>; 3] = Default::default();
    for round in 0..=ROUNDS {
        for turn in 0..stores.len() {
            let at = (round + turn) % stores.len();
            let (Some(store), Some(taken)) = (stores.get_mut(at), samples.get_mut(at)) else {
                continue;
            };
            let duration = sample(&mut **store, round)?;
            if round > 0 {
                taken.push(in_ms(duration));
            }
        }
    }
    let [ours, encrypted, plain] = samples.map(median);
    Ok(Figure {
        name,
        unit: "ms",
        ours,
        baseline: Some(encrypted),
        bar: None,
        beside: format!("{:.2}× plain SQLite ({plain:.3} ms)", ours / plain),
    })
}

fn newest50(store: &mut dyn Store, _: usize) -> anyhow::Result<Duration> {
    mean(LISTS, || {
        black_box(store.newest50()?);
        Ok(())
    })
}

/// Entries from anywhere in the diary, the same ones for every store.
fn open_one(store: &mut dyn Store, ids: &[Uuid], round: usize) -> anyhow::Result<Duration> {
    let mut dice = Dice::seeded(u64::try_from(round)?);
    let count = u64::try_from(ids.len())?;
    mean(OPENS, || {
        let at = usize::try_from(dice.below(count))?;
        if let Some(id) = ids.get(at) {
            black_box(store.open_one(*id)?);
        }
        Ok(())
    })
}

/// Further entries with texts of the corpus, each durable before the next.
fn add(store: &mut dyn Store, corpus: &Corpus, round: usize) -> anyhow::Result<Duration> {
    let texts = corpus
        .texts()
        .iter()
        .cycle()
        .skip(round * ADDS % corpus.texts().len());
    let mut entries = texts.take(ADDS).map(Prepared::of).collect::<Vec<_>>().into_iter();
    mean(ADDS, || entries.next().map_or(Ok(()), |entry| store.add(&entry)))
}

fn mean(times: usize, mut work: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<Duration> {
    let whole = timed(|| (0..times).try_for_each(|_| work()))?;
    Ok(whole / u32::try_from(times)?)
}

fn timed<T>(work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<Duration> {
    let start = Instant::now();
    black_box(work()?);
    Ok(start.elapsed())
}
