//! What a person waits for in the vault, against the same statements run directly.

mod direct;

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use regie_client::Client;
use regie_crypto::kdf::{Cost, SALT_BYTES, derive_from_passphrase};
use regie_domain::diary::{Glance, glance, plain_text};
use uuid::Uuid;

use crate::corpus::{Corpus, Text};
use crate::figure::{Figure, Report, in_ms, median};
use crate::profile::{self, SetClock};
use crate::texts::Dice;
use crate::{place, profile::passphrase};
use direct::Filled;

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
    /// Number of entries to choose from.
    fn entries(&self) -> usize;
    /// Reads the `at`th entry; length of its text.
    fn open_one(&mut self, at: usize) -> anyhow::Result<usize>;
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
    ids: Vec<Uuid>,
}

impl Store for Ours {
    fn add(&mut self, entry: &Prepared<'_>) -> anyhow::Result<()> {
        self.clock.set(&entry.text.written);
        profile::save(&self.client, &entry.text.markdown)?;
        Ok(())
    }

    fn newest50(&mut self) -> anyhow::Result<usize> {
        Ok(
            black_box(self.client.diary_page(&DiaryFilter::default(), None, 50)?)
                .entries
                .len(),
        )
    }

    fn entries(&self) -> usize {
        self.ids.len()
    }

    fn open_one(&mut self, at: usize) -> anyhow::Result<usize> {
        let id = self.ids.get(at).context("no such entry")?;
        Ok(black_box(self.client.diary_entry(*id)?).markdown.len())
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
    // Before the vault is opened: from then on SQLCipher guards the memory of every database in the process.
    let plain = plain(&folder.path().join("plain.db"), corpus)?;
    let encrypted = Filled::make(&folder.path().join("encrypted.db"), true, corpus)?;
    let profile = folder.path().join("profile");
    let ids = profile::fill(&profile, corpus)?;
    let clock = SetClock::at(&last.written);
    let mut ours = Ours {
        client: Client::new(&profile, clock.clone()),
        clock,
        ids,
    };
    let mut encrypted = encrypted.open()?;
    report.print(&unlock(&ours.client)?)?;
    for (operation, plain) in OPERATIONS.into_iter().zip(plain) {
        let stores: [&mut dyn Store; 2] = [&mut ours, &mut encrypted];
        let [ours, baseline] = in_turns(operation, stores, corpus)?;
        report.print(&Figure {
            name: operation.name,
            unit: "ms",
            ours,
            baseline: Some(baseline),
            bar: None,
            beside: format!("{:.2}× plain SQLite ({plain:.3} ms)", ours / plain),
        })?;
    }
    Ok(())
}

/// What is done to a store, and how one sample of it is taken.
#[derive(Clone, Copy)]
struct Operation {
    name: &'static str,
    sample: fn(&mut dyn Store, &Corpus, usize) -> anyhow::Result<Duration>,
}

const OPERATIONS: [Operation; 3] = [
    Operation {
        name: "store.newest50",
        sample: newest50,
    },
    Operation {
        name: "store.open_one",
        sample: open_one,
    },
    Operation {
        name: "store.add",
        sample: add,
    },
];

/// The same operations on a file without a key, one median each.
fn plain(path: &Path, corpus: &Corpus) -> anyhow::Result<Vec<f64>> {
    let mut plain = Filled::make(path, false, corpus)?.open()?;
    let medians = OPERATIONS.into_iter().map(|operation| {
        let store: &mut dyn Store = &mut plain;
        let [median] = in_turns(operation, [store], corpus)?;
        Ok(median)
    });
    medians.collect()
}

/// Passphrase to open vault, against the key derivation alone.
fn unlock(client: &Client) -> anyhow::Result<Figure> {
    let (mut ours, mut argon2) = (Vec::new(), Vec::new());
    let passphrase = passphrase();
    for round in 0..=ROUNDS {
        client.lock()?;
        let unlock = || timed(|| Ok(client.unlock(&passphrase)?));
        let (whole, derivation) = if round % 2 == 0 {
            let whole = unlock()?;
            (whole, derivation()?)
        } else {
            let derivation = derivation()?;
            (unlock()?, derivation)
        };
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

/// Samples of each store in turns, as medians; the store that begins changes every round.
fn in_turns<const N: usize>(
    operation: Operation,
    mut stores: [&mut dyn Store; N],
    corpus: &Corpus,
) -> anyhow::Result<[f64; N]> {
    let mut samples = [const { Vec::new() }; N];
    for round in 0..=ROUNDS {
        for turn in 0..N {
            let at = (round + turn) % N;
            let (Some(store), Some(taken)) = (stores.get_mut(at), samples.get_mut(at)) else {
                continue;
            };
            let duration = (operation.sample)(&mut **store, corpus, round)?;
            if round > 0 {
                taken.push(in_ms(duration));
            }
        }
    }
    Ok(samples.map(median))
}

fn newest50(store: &mut dyn Store, _: &Corpus, _: usize) -> anyhow::Result<Duration> {
    mean(LISTS, || {
        black_box(store.newest50()?);
        Ok(())
    })
}

/// Entries from anywhere in the diary, the same places in every store.
fn open_one(store: &mut dyn Store, _: &Corpus, round: usize) -> anyhow::Result<Duration> {
    let mut dice = Dice::seeded(u64::try_from(round)?);
    let count = u64::try_from(store.entries())?;
    mean(OPENS, || {
        let at = usize::try_from(dice.below(count))?;
        black_box(store.open_one(at)?);
        Ok(())
    })
}

/// Further entries with texts of the corpus, each durable before the next.
fn add(store: &mut dyn Store, corpus: &Corpus, round: usize) -> anyhow::Result<Duration> {
    let begin = round * ADDS % corpus.texts().len();
    let texts = corpus.texts().iter().cycle().skip(begin).take(ADDS);
    let mut entries = texts.map(Prepared::of).collect::<Vec<_>>().into_iter();
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
