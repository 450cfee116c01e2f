//! A recording of 50 MiB on its way to the server, beside the same bytes in plain requests of the same size into one plain table.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Context;
use regie_client::{Client, SystemClock};

use super::Sizes;
use super::devices::{Host, sync};
use super::floor;
use crate::corpus::Corpus;
use crate::figure::{Bar, Figure, Report, in_ms, median};
use crate::server::running::Postgres;
use crate::{place, profile};

/// What the further process is told.
pub(super) const PART: &str = "attachment";
const TIME: &str = "sync.attachment";
const MEMORY: &str = "sync.attachment_memory";
const MOST_MEMORY_MIB: f64 = 32.0;
/// As large as a recording is that somebody would wait for.
const SIZE: usize = 50 << 20;
const SIZE_IN_SHORT: usize = 2 << 20;
/// As the app asks: so many bytes of a blob in one request.
const REQUEST: usize = 4 << 20;
/// Looks at what is left to carry, at most.
const MOST_LOOKS: usize = 1_000;

pub(super) fn measure(postgres: &Postgres, sizes: Sizes, report: &mut Report) -> anyhow::Result<()> {
    if ![TIME, MEMORY].iter().any(|name| report.wants(name)) {
        return Ok(());
    }
    let recording = recording(if sizes.part > 1 { SIZE_IN_SHORT } else { SIZE });
    let folder = place::on_disk()?;
    let mut host = Host::start(postgres, 2 * sizes.rounds)?;
    let (mut ours, mut plain, mut adding, mut memory) = (vec![], vec![], vec![], vec![]);
    for round in 0..sizes.rounds {
        let at = |name: &str| folder.path().join(format!("{name}-{round}"));
        if round % 2 == 0 {
            plain.push(in_ms(floor::upload_bytes(&at("floor"), &recording, REQUEST)?));
        }
        let (client, took) = with_recording(&mut host, &at("one"), &recording)?;
        adding.push(in_ms(took));
        let began = Instant::now();
        carry(&client)?;
        ours.push(in_ms(began.elapsed()));
        client.lock()?;
        if round % 2 == 1 {
            plain.push(in_ms(floor::upload_bytes(&at("floor"), &recording, REQUEST)?));
        }
        let (client, _) = with_recording(&mut host, &at("two"), &recording)?;
        client.lock()?;
        drop(client);
        memory.push(in_a_process(&host, &at("two"))?);
        for used in ["one", "two"] {
            fs::remove_dir_all(at(used))?;
        }
    }
    let figures = [
        Figure {
            name: TIME,
            unit: "ms",
            ours: median(ours),
            baseline: Some(median(plain)),
            bar: Bar::times(2.0),
            beside: format!(
                "{} MiB; plain requests into one table; taking it apart and sealing it before: {:.0} ms",
                recording.len() >> 20,
                median(adding)
            ),
        },
        Figure {
            name: MEMORY,
            unit: "MiB",
            ours: median(memory),
            baseline: Some(MOST_MEMORY_MIB),
            bar: Bar::times(1.0),
            beside: "more than before it; the most that is allowed".into(),
        },
    ];
    for figure in &figures {
        if report.wants(figure.name) {
            report.print(figure)?;
        }
    }
    Ok(())
}

/// A device that joined, synced, and added the recording; and how long adding took.
fn with_recording(host: &mut Host, folder: &Path, recording: &[u8]) -> anyhow::Result<(Client, Duration)> {
    let corpus = Corpus::generate(1);
    profile::make_empty(folder, &corpus)?;
    let (client, _) = host.join(folder)?;
    sync(&client)?;
    let entry = profile::save(&client, corpus.texts().first().context("a text")?)?;
    let began = Instant::now();
    let added = client.attach_bytes(Some(entry), recording)?;
    anyhow::ensure!(added.added.len() == 1, "the recording was refused");
    let took = began.elapsed();
    // The text is there, as it is when somebody has a large recording: what is measured is what follows.
    client.sync_now()?;
    Ok((client, took))
}

/// Until the server has all of it, and the entry's other devices can know that.
fn carry(client: &Client) -> anyhow::Result<()> {
    for _ in 0..MOST_LOOKS {
        if !client.sync_carry()?.more {
            sync(client)?;
            return Ok(());
        }
    }
    anyhow::bail!("it never ends")
}

fn in_a_process(host: &Host, folder: &Path) -> anyhow::Result<f64> {
    let root = data_encoding::HEXLOWER.encode(host.root().as_bytes());
    let output = Command::new(std::env::current_exe()?)
        .args(["--sync-part", PART, &root])
        .arg(folder)
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    let said = String::from_utf8_lossy(&output.stderr);
    text.trim().parse().with_context(|| said.into_owned())
}

/// The further process: carries, and says by how much memory grew at most, in MiB.
pub(super) fn carry_apart(root: &str, folder: &str) -> anyhow::Result<()> {
    regie_vault::memory::guard()?;
    let root = super::root(root)?;
    let client = Client::new(Path::new(folder), SystemClock).with_roots(&[root]);
    client.unlock(&profile::passphrase())?;
    // A question before it, so that connection and buffers of asking are there already.
    client.sync_now()?;
    // Linux begins to look for the peak anew.
    fs::write("/proc/self/clear_refs", "5")?;
    let before = crate::store::greatest_so_far()?;
    carry(&client)?;
    println!("{}", crate::store::greatest_so_far()? - before);
    Ok(client.lock()?)
}

/// Frames of MPEG-1 layer III at 320 kbit/s and 44.1 kHz, until there are so many bytes. Nobody decodes what is in them.
fn recording(size: usize) -> Vec<u8> {
    const HEAD: [u8; 4] = [0xFF, 0xFB, 0xE0, 0x00];
    /// 144 · 320,000 / 44,100, without the padding.
    const FRAME: usize = 1_044;
    let mut bytes = Vec::with_capacity(size + FRAME);
    let mut state = 1_u64;
    while bytes.len() < size {
        let end = bytes.len() + FRAME;
        bytes.extend(HEAD);
        while bytes.len() < end {
            // A linear congruential generator (Knuth, MMIX); its top bits, never those of a head.
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            bytes.push((state >> 57) as u8);
        }
    }
    bytes
}
