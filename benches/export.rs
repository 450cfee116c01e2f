//! What it costs to take everything along and to bring it in again.

use std::ffi::OsString;
use std::fs::{self, File};
use std::hint::black_box;
use std::io::{BufWriter, Read, Write};
use std::path::Path;
use std::time::Instant;

use anyhow::Context;
use regie_archive::{model, pack::Pack};
use regie_client::{
    Client, ClientError, ExportForm, ExportParts, ExportProtection, ExportRequest, ImportLook, ImportOutcome,
    SystemClock,
};
use regie_domain::meter::{self, Answer};
use regie_vault::{Vault, meter::Run};
use uuid::Uuid;

use crate::corpus::{Corpus, Text};
use crate::figure::{Bar, Figure, Report, in_ms, median};
use crate::place;
use crate::profile::{self, SetClock, passphrase};
use crate::store::{derivation_memory, greatest_memory};

/// Samples of each figure; one more export is taken first and left out.
const ROUNDS: usize = 5;
/// Checks in the vault: about one a week.
const CHECKS: usize = 500;
const MOST_MEMORY_MIB: f64 = 128.0;
const LONGEST_CANCEL_MS: f64 = 1000.0;

/// What the child process of [`crate::store::greatest_memory`] is told, to measure an export.
pub(crate) const MEMORY_OF_EXPORT: &str = "export";

fn everything() -> ExportRequest {
    ExportRequest {
        form: ExportForm::Archive,
        diary: true,
        checks: true,
        from: None,
        to: None,
        parts: ExportParts {
            fhir: true,
            markdown: true,
            csv: true,
            report: false,
        },
        given_only: false,
    }
}

/// `export.*`: printed as they are taken.
pub(crate) fn measure(corpus: &Corpus, report: &mut Report) -> anyhow::Result<()> {
    let folder = place::on_disk()?;
    let at = |name: &str| folder.path().join(name);
    eprintln!("filling a vault with {} entries …", corpus.texts().len());
    regie_vault::memory::guard()?;
    profile::fill(&at("profile"), corpus)?;
    take_checks(&at("profile"), corpus)?;
    let memory = memory(&at("profile"), &at("memory.zip"))?;
    let last = corpus.texts().last().context("no texts")?;
    let client = Client::new(&at("profile"), SetClock::at(&last.written));
    client.unlock(&passphrase())?;
    report.print(&archive(&client, folder.path(), corpus)?)?;
    report.print(&memory)?;
    report.print(&cancel(&client, &at("stopped.zip"))?)?;
    client.lock()?;
    report.print(&import(folder.path(), corpus)?)
}

/// Checks over the years of the corpus, straight into the vault.
fn take_checks(profile: &Path, corpus: &Corpus) -> anyhow::Result<()> {
    let shipped = meter::shipped().map_err(|_| anyhow::anyhow!("a broken instrument"))?;
    let instrument = shipped.first().context("no instrument")?;
    let mut vault = Vault::open(&profile.join("vault"), &passphrase())?;
    let consent = vault.consent()?;
    let step = (corpus.texts().len() / CHECKS).max(1);
    for (at, text) in corpus.texts().iter().step_by(step).enumerate() {
        let answers = instrument
            .statements
            .iter()
            .enumerate()
            .map(|(place, statement)| {
                let option = statement.options.get((at + place) % statement.options.len());
                (
                    statement.id.clone(),
                    option.map_or(Answer::Skipped, |option| Answer::Value(option.value)),
                )
            });
        let run = Run {
            id: regie_domain::RunId(Uuid::now_v7()),
            instrument: instrument.id.clone(),
            instrument_version: instrument.version.clone(),
            started: text.written.clone(),
            finished: Some(text.written.clone()),
            position: 0,
            note: text.title.clone(),
            answers: answers.collect(),
            corrected: None,
        };
        vault.add_run(&consent, &run)?;
    }
    Ok(vault.close()?)
}

/// All four forms, against the same bytes, already rendered, into the same kind of archive.
fn archive(client: &Client, folder: &Path, corpus: &Corpus) -> anyhow::Result<Figure> {
    let (path, copy, lines) = (
        folder.join("ours.zip"),
        folder.join("baseline.zip"),
        folder.join("lines.zip"),
    );
    export(client, &path)?;
    let rendered = unpacked(&path)?;
    let (mut ours, mut baseline, mut plain) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(timed(|| export(client, &path))?);
        baseline.push(timed(|| pack(&copy, &rendered))?);
        plain.push(timed(|| json_lines(&lines, corpus))?);
    }
    let (ours, plain) = (median(ours), median(plain));
    Ok(Figure {
        name: "export.archive",
        unit: "ms",
        ours,
        baseline: Some(median(baseline)),
        bar: Bar::times(1.5),
        beside: format!("{:.1}× plain JSON lines in a zip", ours / plain),
    })
}

/// Greatest memory of a process that unlocks and exports.
fn memory(profile: &Path, out: &Path) -> anyhow::Result<Figure> {
    let arguments = [
        MEMORY_OF_EXPORT.into(),
        profile.as_os_str().to_owned(),
        out.as_os_str().to_owned(),
    ];
    let ours = (0..ROUNDS)
        .map(|_| greatest_memory(&arguments))
        .collect::<Result<Vec<_>, _>>()?;
    let derivation = derivation_memory(ROUNDS)?;
    Ok(Figure {
        name: "export.memory",
        unit: "MiB",
        ours: median(ours),
        baseline: Some(derivation),
        bar: Bar::plus(MOST_MEMORY_MIB - derivation),
        beside: format!("Argon2id alone; {MOST_MEMORY_MIB} MiB in all"),
    })
}

/// What the child process does, after the derivation of the key.
pub(crate) fn session(arguments: &[OsString]) -> anyhow::Result<()> {
    let [profile, out] = arguments else {
        anyhow::bail!("a profile and a file");
    };
    let client = Client::new(Path::new(profile), SystemClock);
    client.unlock(&passphrase())?;
    export(&client, Path::new(out))
}

/// From the button to the end of the export, in its middle.
fn cancel(client: &Client, path: &Path) -> anyhow::Result<Figure> {
    let mut took = Vec::new();
    for _ in 0..ROUNDS {
        let (outcome, waited) = std::thread::scope(|scope| {
            let exporting = scope.spawn(|| client.export(&everything(), &ExportProtection::Plain, path));
            while client.export_progress().is_none_or(|percent| percent < 40) && !exporting.is_finished() {
                std::thread::yield_now();
            }
            let began = Instant::now();
            client.stop_export();
            (exporting.join(), in_ms(began.elapsed()))
        });
        let outcome = outcome.map_err(|_| anyhow::anyhow!("the export failed"))?;
        anyhow::ensure!(outcome.err() == Some(ClientError::Stopped), "it was not stopped");
        took.push(waited);
    }
    Ok(Figure {
        name: "export.cancel",
        unit: "ms",
        ours: median(took),
        baseline: Some(LONGEST_CANCEL_MS),
        bar: Bar::times(1.0),
        beside: "the longest that is allowed".into(),
    })
}

/// An archive of the entries into a new vault, against the same entries handed over (`store.import`).
fn import(folder: &Path, corpus: &Corpus) -> anyhow::Result<Figure> {
    let source = folder.join("entries");
    profile::fill(&source, corpus)?;
    let last = corpus.texts().last().context("no texts")?;
    let client = Client::new(&source, SetClock::at(&last.written));
    client.unlock(&passphrase())?;
    let path = folder.join("entries.zip");
    export(&client, &path)?;
    client.lock()?;
    let entries: Vec<_> = corpus.texts().iter().map(Text::entry).collect();
    let (mut ours, mut baseline, mut looks) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let profile = folder.join(format!("import-{round}"));
        profile::make_empty(&profile, corpus)?;
        let client = Client::new(&profile, SetClock::at(&last.written));
        client.unlock(&passphrase())?;
        client.choose_import(&path);
        looks.push(timed(|| {
            anyhow::ensure!(
                matches!(client.look_at_import(None)?, ImportLook::Ready { .. }),
                "it cannot come in"
            );
            Ok(())
        })?);
        ours.push(timed(|| {
            let outcome = client.import()?;
            let whole = matches!(&outcome, ImportOutcome::Done { imported }
                if usize::try_from(imported.entries).is_ok_and(|count| count == entries.len()));
            anyhow::ensure!(whole, "it did not all come in");
            Ok(())
        })?);
        client.lock()?;
        fs::remove_dir_all(&profile)?;

        profile::make_empty(&profile, corpus)?;
        let mut vault = Vault::open(&profile.join("vault"), &passphrase())?;
        let consent = vault.consent()?;
        baseline.push(timed(|| Ok(vault.save_entries(&consent, &entries)?))?);
        vault.close()?;
        fs::remove_dir_all(&profile)?;
    }
    Ok(Figure {
        name: "export.import",
        unit: "ms",
        ours: median(ours),
        baseline: Some(median(baseline)),
        bar: Bar::times(1.5),
        beside: format!("store.import; the look before it {:.0} ms", median(looks)),
    })
}

fn export(client: &Client, path: &Path) -> anyhow::Result<()> {
    black_box(client.export(&everything(), &ExportProtection::Plain, path)?);
    Ok(())
}

/// Every part of an archive with its bytes.
fn unpacked(path: &Path) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let mut archive = zip::ZipArchive::new(File::open(path)?)?;
    (0..archive.len())
        .map(|at| {
            let mut part = archive.by_index(at)?;
            let mut bytes = Vec::new();
            part.read_to_end(&mut bytes)?;
            Ok((part.name()?.into_owned(), bytes))
        })
        .filter(|part| !matches!(part, Ok((name, _)) if name == regie_archive::pack::CHECKSUMS))
        .collect()
}

fn pack(path: &Path, parts: &[(String, Vec<u8>)]) -> anyhow::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, File::create(path)?);
    let mut pack = Pack::new(&mut out, &made());
    for (name, bytes) in parts {
        pack.whole(name, bytes)?;
    }
    pack.finish()?;
    out.flush()?;
    Ok(out.get_ref().sync_all()?)
}

fn json_lines(path: &Path, corpus: &Corpus) -> anyhow::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, File::create(path)?);
    let mut pack = Pack::new(&mut out, &made());
    pack.begin("entries.jsonl")?;
    for text in corpus.texts() {
        let line = serde_json::json!({
            "date": text.written.at, "title": text.title, "body": text.markdown, "tags": text.tags,
        });
        writeln!(pack, "{line}")?;
    }
    pack.finish()?;
    out.flush()?;
    Ok(out.get_ref().sync_all()?)
}

fn made() -> model::Moment {
    model::Moment {
        at: chrono::DateTime::UNIX_EPOCH.fixed_offset(),
        zone: "UTC".into(),
    }
}

/// Milliseconds.
fn timed(work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<f64> {
    let start = Instant::now();
    work()?;
    Ok(in_ms(start.elapsed()))
}
