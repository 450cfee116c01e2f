//! What a person waits for in the vault, against the same statements run directly.

pub(crate) mod direct;
mod sought;

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use regie_client::{Client, DiaryFilter};
use regie_crypto::kdf::{Cost, SALT_BYTES, derive_from_passphrase};
use regie_domain::{
    diary::{Glance, glance, plain_text},
    search::Indexed,
};
use regie_vault::Vault;
use uuid::Uuid;

use crate::corpus::{Corpus, Text};
use crate::figure::{Bar, Figure, Report, in_ms, median};
use crate::profile::{self, SetClock};
use crate::texts::Dice;
use crate::{place, profile::passphrase};
use direct::{Direct, Filled};
pub(crate) use sought::Sought;

/// Samples of each figure; one more is taken first and left out.
const ROUNDS: usize = 9;
/// Samples of an import, each of which takes a while.
const IMPORTS: usize = 5;
/// A sample is the mean over this many: enough to hold the log's moves into the database as well.
const ADDS: usize = 100;
const DELETES: usize = 50;
const LISTS: usize = 50;
const OPENS: usize = 200;
const SEARCHES: usize = 10;
/// From this many entries on, costs are compared with those of a tenth of them.
const GROWN: usize = 100_000;

/// What is measured, on the vault and on the baselines alike.
trait Store {
    /// Closes and opens again, so that nothing is cached but what the system caches of the file.
    fn reopen(&mut self) -> anyhow::Result<()>;
    fn add(&mut self, entry: &Prepared<'_>) -> anyhow::Result<()>;
    /// Number of rows read.
    fn newest50(&mut self) -> anyhow::Result<usize>;
    /// Number of entries to choose from.
    fn entries(&self) -> usize;
    /// Reads the `at`th entry; length of its text.
    fn open_one(&mut self, at: usize) -> anyhow::Result<usize>;
    /// Number of hits shown, at most 50.
    fn search(&mut self, query: &Sought) -> anyhow::Result<usize>;
    fn delete(&mut self, at: usize) -> anyhow::Result<()>;
}

/// A text with what the vault works out from it, so that the baselines need not.
struct Prepared<'a> {
    id: Uuid,
    text: &'a Text,
    glance: Glance,
    indexed: Indexed,
}

impl<'a> Prepared<'a> {
    fn of(text: &'a Text) -> Self {
        let words = plain_text(&text.markdown);
        Self {
            id: Uuid::now_v7(),
            text,
            glance: glance(&text.title, &words),
            indexed: Indexed::of(&text.title, &text.tags, &words),
        }
    }
}

/// Regie's own vault, through the client.
struct Ours {
    client: Client,
    clock: SetClock,
    ids: Vec<Uuid>,
}

impl Ours {
    fn make(profile: &Path, corpus: &Corpus) -> anyhow::Result<Self> {
        let last = corpus.texts().last().context("no texts")?;
        let ids = profile::fill(profile, corpus)?;
        let clock = SetClock::at(&last.written);
        Ok(Self {
            client: Client::new(profile, clock.clone()),
            clock,
            ids,
        })
    }
}

impl Store for Ours {
    fn reopen(&mut self) -> anyhow::Result<()> {
        self.client.lock()?;
        self.client.unlock(&passphrase())?;
        Ok(())
    }

    fn add(&mut self, entry: &Prepared<'_>) -> anyhow::Result<()> {
        self.clock.set(&entry.text.written);
        profile::save(&self.client, entry.text)?;
        Ok(())
    }

    fn newest50(&mut self) -> anyhow::Result<usize> {
        let page = self.client.diary_page(&DiaryFilter::default(), None, 50)?;
        Ok(black_box(page).entries.len())
    }

    fn entries(&self) -> usize {
        self.ids.len()
    }

    fn open_one(&mut self, at: usize) -> anyhow::Result<usize> {
        let id = self.ids.get(at).context("no such entry")?;
        Ok(black_box(self.client.diary_entry(*id)?).markdown.len())
    }

    fn search(&mut self, query: &Sought) -> anyhow::Result<usize> {
        Ok(black_box(self.client.diary_search(&query.typed, 50)?).hits.len())
    }

    fn delete(&mut self, at: usize) -> anyhow::Result<()> {
        let id = self.ids.get(at).context("no such entry")?;
        self.client.diary_delete(*id)?;
        Ok(())
    }
}

/// `store.*`: printed as they are taken.
pub(crate) fn measure(corpus: &Corpus, report: &mut Report) -> anyhow::Result<()> {
    let folder = place::on_disk()?;
    let at = |name: &str| folder.path().join(name);
    eprintln!(
        "filling a vault and two baselines with {} entries …",
        corpus.texts().len()
    );
    // As in the app, for every database of this process.
    regie_vault::memory::guard()?;
    let (sought, rare) = Sought::in_corpus(corpus, sought::RARE)?;
    let operations = operations(&sought);
    let mut plain = Filled::make(&at("plain.db"), false, corpus)?.open()?;
    let mut encrypted = Filled::make(&at("encrypted.db"), true, corpus)?.open()?;
    let mut ours = Ours::make(&at("profile"), corpus)?;
    if report.wants("store.memory") {
        report.print(&memory(&at("profile"), &sought)?)?;
    }
    // Also opens the vault.
    let unlocking = unlock(&ours.client)?;
    if report.wants(unlocking.name) {
        report.print(&unlocking)?;
    }
    let mut compare = |ours: &mut Ours, destroys: bool, report: &mut Report| -> anyhow::Result<()> {
        for operation in operations
            .iter()
            .filter(|operation| operation.destroys == destroys)
        {
            if !report.wants(operation.name) {
                continue;
            }
            let stores: [&mut dyn Store; 3] = [ours, &mut encrypted, &mut plain];
            report.print(&compared(operation, stores, corpus)?)?;
        }
        Ok(())
    };
    compare(&mut ours, false, report)?;
    if corpus.texts().len() >= GROWN {
        grown(&mut ours, &at("smaller"), corpus, (&operations, rare), report)?;
    }
    compare(&mut ours, true, report)?;
    if report.wants("store.import") {
        report.print(&import(folder.path(), corpus)?)?;
    }
    Ok(())
}

fn compared(
    operation: &Operation<'_>,
    stores: [&mut dyn Store; 3],
    corpus: &Corpus,
) -> anyhow::Result<Figure> {
    let [ours, baseline, plain] = in_turns([operation; 3], stores, corpus)?;
    Ok(Figure {
        name: operation.name,
        unit: "ms",
        ours,
        baseline: Some(baseline),
        bar: operation.bar,
        beside: format!("{:.2}× plain SQLite ({plain:.3} ms)", ours / plain),
    })
}

/// What is done to a store, and how one sample of it is taken.
struct Operation<'a> {
    name: &'static str,
    grown: Option<&'static str>,
    bar: Option<Bar>,
    /// What it takes away is missed by whatever is measured after it.
    destroys: bool,
    sample: Box<Sample<'a>>,
}

/// Takes one sample of a store, in a round.
type Sample<'a> = dyn Fn(&mut dyn Store, &Corpus, usize) -> anyhow::Result<Duration> + 'a;

fn operations<'a>(sought: &'a [(&'static str, &'static str, Sought)]) -> Vec<Operation<'a>> {
    let operation = |name, grown, (times, plus), sample: fn(&mut dyn Store, &Corpus, usize) -> _| Operation {
        name,
        grown,
        bar: Some(Bar { times, plus }),
        destroys: false,
        sample: Box::new(sample),
    };
    let mut all = vec![
        operation("store.newest50", Some("grown.newest50"), (1.15, 0.1), newest50),
        operation("store.open_one", Some("grown.open_one"), (1.3, 0.1), open_one),
    ];
    all.push(Operation {
        name: "store.newest50_cold",
        grown: None,
        bar: None,
        destroys: false,
        sample: Box::new(newest50_cold),
    });
    all.extend(sought.iter().map(|(name, grown, query)| Operation {
        name,
        grown: Some(grown),
        bar: Some(Bar {
            times: 1.25,
            plus: 0.2,
        }),
        destroys: false,
        sample: Box::new(move |store, _, _| {
            mean(SEARCHES, || {
                anyhow::ensure!(store.search(query)? > 0, "nothing was found");
                Ok(())
            })
        }),
    }));
    all.push(operation("store.add", Some("grown.add"), (1.3, 0.0), add));
    all.push(Operation {
        destroys: true,
        ..operation("store.delete", None, (1.3, 0.0), delete)
    });
    all
}

/// The same operations on this vault and on one of a tenth of the entries, which is asked for words of its own: its rare one has as many
/// hits, since what is asked for may cost.
fn grown(
    ours: &mut Ours,
    folder: &Path,
    corpus: &Corpus,
    (larger, rare): (&[Operation<'_>], usize),
    report: &mut Report,
) -> anyhow::Result<()> {
    let smaller = corpus.thinned(10);
    let mut tenth = Ours::make(folder, &smaller)?;
    tenth.client.unlock(&passphrase())?;
    let (sought, _) = Sought::in_corpus(&smaller, rare)?;
    for (operation, of_tenth) in larger.iter().zip(&operations(&sought)) {
        let Some(name) = operation.grown.filter(|name| report.wants(name)) else {
            continue;
        };
        let stores = [ours as &mut dyn Store, &mut tenth];
        let [ours, baseline] = in_turns([operation, of_tenth], stores, &smaller)?;
        report.print(&Figure {
            name,
            unit: "ms",
            ours,
            baseline: Some(baseline),
            bar: Bar::times(1.5),
            beside: format!("a vault of {}", smaller.texts().len()),
        })?;
    }
    Ok(())
}

/// All entries in one transaction, into a new vault each time.
fn import(folder: &Path, corpus: &Corpus) -> anyhow::Result<Figure> {
    let (mut ours, mut baseline) = (Vec::new(), Vec::new());
    let prepared: Vec<_> = corpus.texts().iter().map(Prepared::of).collect();
    let entries: Vec<_> = corpus.texts().iter().map(Text::entry).collect();
    for round in 0..IMPORTS {
        let profile = folder.join(format!("import-{round}"));
        profile::make_empty(&profile, corpus)?;
        let mut vault = Vault::open(&profile.join("vault"), &passphrase())?;
        let consent = vault.consent()?;
        ours.push(in_ms(timed(|| Ok(vault.save_entries(&consent, &entries)?))?));
        vault.close()?;
        fs::remove_dir_all(&profile)?;
        let file = folder.join(format!("import-{round}.db"));
        let mut direct = Direct::empty(&file)?;
        baseline.push(in_ms(timed(|| direct.import(&prepared))?));
        drop(direct);
        fs::remove_file(&file)?;
    }
    Ok(Figure {
        name: "store.import",
        unit: "ms",
        ours: median(ours),
        baseline: Some(median(baseline)),
        bar: Bar::times(1.5),
        beside: "without stems".into(),
    })
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
        bar: Bar::plus(25.0),
        beside: format!("{:+.1} ms on Argon2id", ours - baseline),
    })
}

/// Greatest memory of a process that unlocks, lists, opens, searches and writes, against one that only derives a key.
fn memory(profile: &Path, sought: &[(&'static str, &'static str, Sought)]) -> anyhow::Result<Figure> {
    let mut session = vec![profile.as_os_str().to_owned()];
    session.extend(
        sought
            .iter()
            .map(|(_, _, query)| std::ffi::OsString::from(&query.typed)),
    );
    let ours = (0..5)
        .map(|_| greatest_memory(&session))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Figure {
        name: "store.memory",
        unit: "MiB",
        ours: median(ours),
        baseline: Some(derivation_memory(5)?),
        bar: Bar::plus(64.0),
        beside: "Argon2id alone".into(),
    })
}

/// Greatest resident size, in MiB, of a process of its own that does what [`session`] does.
pub(crate) fn greatest_memory(arguments: &[std::ffi::OsString]) -> anyhow::Result<f64> {
    let output = std::process::Command::new(std::env::current_exe()?)
        .arg("--memory-of")
        .args(arguments)
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    text.trim().parse().context("no number")
}

/// The same of one that only derives a key.
pub(crate) fn derivation_memory(rounds: usize) -> anyhow::Result<f64> {
    let taken = (0..rounds).map(|_| greatest_memory(&[]));
    Ok(median(taken.collect::<Result<Vec<_>, _>>()?))
}

/// What is measured, in a process of its own: without arguments the key derivation, else a session on a profile
/// with these searches. Returns the greatest resident size in MiB.
pub(crate) fn session(arguments: &[std::ffi::OsString]) -> anyhow::Result<f64> {
    match arguments.split_first() {
        None => {
            derivation()?;
        }
        Some((what, arguments)) if what == crate::export::MEMORY_OF_EXPORT => {
            crate::export::session(arguments)?;
        }
        Some((profile, searches)) => {
            let client = Client::new(Path::new(profile), regie_client::SystemClock);
            client.unlock(&passphrase())?;
            let page = client.diary_page(&DiaryFilter::default(), None, 200)?;
            for row in &page.entries {
                black_box(client.diary_entry(row.id)?);
            }
            black_box(client.diary_months(&DiaryFilter::default())?);
            for typed in searches {
                black_box(client.diary_search(&typed.to_string_lossy(), 50)?);
            }
            let texts = Corpus::generate(100);
            for text in texts.texts() {
                profile::save(&client, text)?;
            }
            client.lock()?;
        }
    }
    greatest_so_far()
}

/// The greatest resident size of this process, in MiB.
pub(crate) fn greatest_so_far() -> anyhow::Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let kib = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: f64 = kib.context("no VmHWM")?.trim().trim_end_matches(" kB").parse()?;
    Ok(kib / 1024.0)
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
    operations: [&Operation<'_>; N],
    mut stores: [&mut dyn Store; N],
    corpus: &Corpus,
) -> anyhow::Result<[f64; N]> {
    let mut samples = [const { Vec::new() }; N];
    for round in 0..=ROUNDS {
        for turn in 0..N {
            let at = (round + turn) % N;
            let (Some(store), Some(taken), Some(operation)) =
                (stores.get_mut(at), samples.get_mut(at), operations.get(at))
            else {
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

/// The first list after opening.
fn newest50_cold(store: &mut dyn Store, _: &Corpus, _: usize) -> anyhow::Result<Duration> {
    store.reopen()?;
    timed(|| store.newest50())
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

/// Entries from anywhere in the diary, none twice.
fn delete(store: &mut dyn Store, _: &Corpus, round: usize) -> anyhow::Result<Duration> {
    let step = store.entries() / (DELETES * (ROUNDS + 1) + 1);
    let mut at = round * DELETES * step;
    mean(DELETES, || {
        at += step;
        store.delete(at)
    })
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
