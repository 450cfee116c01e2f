//! A life's writing from a device to the server, and from there to a new device.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use anyhow::Context;
use regie_client::{Client, DiaryFilter};
use regie_vault::Vault;

use super::Sizes;
use super::devices::{Host, log_in, sync};
use super::floor::Floor;
use crate::corpus::{Corpus, Text};
use crate::figure::{Bar, Figure, Report, in_ms, median};
use crate::server::running::Postgres;
use crate::start::memory::processor_time;
use crate::{place, profile};

/// What the further process is told.
pub(super) const PART: &str = "first";
/// So many entries are a first page.
const FIRST: usize = 50;
const MOST_MEMORY_MIB: f64 = 128.0;
/// Processor time of a server is told for so many records.
const RECORDS: f64 = 10_000.0;
const NAMES: [&str; 5] = [
    "sync.upload",
    "sync.download",
    "sync.first50",
    "sync.memory",
    "server.cpu",
];

/// One sample of each, in milliseconds.
#[derive(Default)]
struct Samples {
    upload: Vec<f64>,
    floor: Vec<f64>,
    download: Vec<f64>,
    import: Vec<f64>,
    first: Vec<f64>,
    cpu_up: Vec<f64>,
    cpu_down: Vec<f64>,
    cpu_floor: Vec<f64>,
}

pub(super) fn measure(
    corpus: &Corpus,
    postgres: &Postgres,
    sizes: Sizes,
    report: &mut Report,
) -> anyhow::Result<()> {
    let wants = |names: &[&str]| names.iter().any(|name| report.wants(name));
    if !wants(&NAMES) {
        return Ok(());
    }
    let goes_up = wants(&["sync.upload", "server.cpu"]);
    let comes_down = wants(&["sync.download", "sync.first50", "server.cpu"]);
    let folder = place::on_disk()?;
    let at = |name: &str| folder.path().join(name);
    eprintln!(
        "filling a vault and a baseline with {} entries …",
        corpus.texts().len()
    );
    profile::fill(&at("filled"), corpus)?;
    let mut floor = goes_up.then(|| Floor::make(folder.path(), corpus)).transpose()?;
    let mut host = Host::start(postgres, sizes.rounds)?;
    let (mut samples, mut last) = (Samples::default(), None);
    for round in 0..sizes.rounds {
        let (one, two) = (at(&format!("one-{round}")), at(&format!("two-{round}")));
        place::copy(&at("filled"), &one)?;
        // In turns, so that neither always finds what the other has left.
        if round % 2 == 0 {
            samples.take_floor(floor.as_mut(), folder.path(), round)?;
        }
        let email = samples.upload(&mut host, &one)?;
        if round % 2 == 1 {
            samples.take_floor(floor.as_mut(), folder.path(), round)?;
        }
        if comes_down {
            samples.download(&host, &two, &email, corpus)?;
            samples.import(&at("import"), corpus)?;
        }
        for used in [&one, &two] {
            fs::remove_dir_all(used).ok();
        }
        last = Some(email);
        if !comes_down && !goes_up {
            break;
        }
    }
    for figure in samples.figures(corpus.texts().len()) {
        if report.wants(figure.name) && figure.ours.is_finite() {
            report.print(&figure)?;
        }
    }
    if report.wants("sync.memory") {
        let email = last.context("an account")?;
        report.print(&memory(&host, folder.path(), &email, sizes, corpus)?)?;
    }
    Ok(())
}

impl Samples {
    fn take_floor(&mut self, floor: Option<&mut Floor>, folder: &Path, round: usize) -> anyhow::Result<()> {
        let Some(floor) = floor else { return Ok(()) };
        let took = floor.upload(folder, round)?;
        self.floor.push(in_ms(took.whole));
        self.cpu_floor.push(in_ms(took.server));
        Ok(())
    }

    /// From the first record that waits to the last that is acknowledged; the address of the account.
    fn upload(&mut self, host: &mut Host, folder: &Path) -> anyhow::Result<String> {
        let (client, email) = host.join(folder)?;
        let server = host.server.child.id();
        let (began, spent) = (Instant::now(), processor_time(server)?);
        sync(&client)?;
        self.upload.push(in_ms(began.elapsed()));
        self.cpu_up
            .push(in_ms(processor_time(server)?.saturating_sub(spent)));
        client.lock()?;
        Ok(email)
    }

    /// From an empty vault of a device that just logged in to all of it, checked; and to the first page that can be read.
    fn download(&mut self, host: &Host, folder: &Path, email: &str, corpus: &Corpus) -> anyhow::Result<()> {
        let client = host.log_in(folder, email)?;
        let server = host.server.child.id();
        let ended = AtomicBool::new(false);
        let all = corpus.texts().len();
        let spent = processor_time(server)?;
        let began = Instant::now();
        let (whole, first) = scope(|scope| {
            let watching = scope.spawn(|| first_page(&client, all.min(FIRST), began, &ended));
            let synced = sync(&client);
            let whole = began.elapsed();
            ended.store(true, Ordering::Relaxed);
            let first = watching.join().map_err(|_| anyhow::anyhow!("nobody watched"))?;
            synced?;
            anyhow::Ok((whole, first?))
        })?;
        self.download.push(in_ms(whole));
        self.first.push(in_ms(first.unwrap_or(whole)));
        self.cpu_down
            .push(in_ms(processor_time(server)?.saturating_sub(spent)));
        let mut came = 0;
        for month in client.diary_months(&DiaryFilter::default())? {
            came += usize::try_from(month.entries)?;
        }
        anyhow::ensure!(came == all, "{came} of {all} entries came");
        Ok(client.lock()?)
    }

    /// All entries in one transaction, into a new vault.
    fn import(&mut self, folder: &Path, corpus: &Corpus) -> anyhow::Result<()> {
        let entries: Vec<_> = corpus.texts().iter().map(Text::entry).collect();
        profile::make_empty(folder, corpus)?;
        let mut vault = Vault::open(&folder.join("vault"), &profile::passphrase())?;
        let consent = vault.consent()?;
        let began = Instant::now();
        vault.save_entries(&consent, &entries)?;
        self.import.push(in_ms(began.elapsed()));
        vault.close()?;
        Ok(fs::remove_dir_all(folder)?)
    }

    fn figures(self, entries: usize) -> [Figure; 4] {
        let download = median(self.download);
        let parts = f64::from(u32::try_from(entries).unwrap_or(u32::MAX)) / RECORDS;
        let (up, down) = (median(self.cpu_up) / parts, median(self.cpu_down) / parts);
        let floor = median(self.cpu_floor) / parts;
        [
            Figure {
                name: "sync.upload",
                unit: "ms",
                ours: median(self.upload),
                baseline: Some(median(self.floor)),
                bar: Bar::times(2.0),
                beside: "plain CBOR into one plain table".into(),
            },
            Figure {
                name: "sync.download",
                unit: "ms",
                ours: download,
                baseline: Some(median(self.import)),
                bar: Bar::times(1.2),
                beside: "an import of the same entries".into(),
            },
            Figure {
                name: "sync.first50",
                unit: "ms",
                ours: median(self.first),
                baseline: Some(download / 10.0),
                bar: Bar::times(1.0),
                beside: format!("until {FIRST} can be read; a tenth of the download"),
            },
            Figure {
                name: "server.cpu",
                unit: "ms",
                ours: up,
                baseline: Some(floor),
                bar: None,
                beside: format!("up, for {RECORDS} records; baseline: the plain table's; down {down:.0} ms"),
            },
        ]
    }
}

/// When a first page can be read; nothing when all of it ended before.
fn first_page(
    client: &Client,
    rows: usize,
    began: Instant,
    ended: &AtomicBool,
) -> anyhow::Result<Option<Duration>> {
    while !ended.load(Ordering::Relaxed) {
        let page = client.diary_page(&DiaryFilter::default(), None, u32::try_from(rows)?)?;
        if page.entries.len() >= rows {
            return Ok(Some(began.elapsed()));
        }
        sleep(Duration::from_millis(2));
    }
    Ok(None)
}

/// The greatest memory of a process while it syncs for the first time.
fn memory(host: &Host, folder: &Path, email: &str, sizes: Sizes, corpus: &Corpus) -> anyhow::Result<Figure> {
    let root = data_encoding::HEXLOWER.encode(host.root().as_bytes());
    let mut taken = Vec::new();
    for round in 0..sizes.rounds {
        let profile = folder.join(format!("memory-{round}"));
        let output = Command::new(std::env::current_exe()?)
            .args(["--sync-part", PART, &host.url(), &root, email])
            .arg(&profile)
            .output()?;
        let text = String::from_utf8(output.stdout)?;
        let said = String::from_utf8_lossy(&output.stderr);
        taken.push(text.trim().parse().with_context(|| said.into_owned())?);
        fs::remove_dir_all(&profile)?;
    }
    Ok(Figure {
        name: "sync.memory",
        unit: "MiB",
        ours: median(taken),
        baseline: Some(MOST_MEMORY_MIB),
        bar: Bar::times(1.0),
        beside: format!("first sync of {}; the most that is allowed", corpus.texts().len()),
    })
}

/// The further process: logs in, syncs, and says how much memory that took at most, in MiB. What the passphrase's derivation took before is
/// not in it.
pub(super) fn first_sync(server: &str, root: &str, email: &str, folder: &str) -> anyhow::Result<()> {
    regie_vault::memory::guard()?;
    let client = log_in(server, super::root(root)?, Path::new(folder), email)?;
    // Linux begins to look for the peak anew.
    fs::write("/proc/self/clear_refs", "5")?;
    sync(&client)?;
    println!("{}", crate::store::greatest_so_far()?);
    Ok(client.lock()?)
}
