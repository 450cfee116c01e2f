//! What starting costs in the real window, against a bare window of the same build.

pub(crate) mod memory;
pub(crate) mod window;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use anyhow::Context;

use crate::corpus::Corpus;
use crate::figure::{Bar, Figure, Report, in_ms, median};
use crate::place;
use crate::profile::{self, PASSPHRASE};
use crate::store::derivation;
use window::{Display, Window};

/// Samples of each figure; one more is taken first and left out.
const ROUNDS: usize = 7;
/// Until a window that has been drawn has come to rest.
const REST: Duration = Duration::from_secs(2);

/// What windows are opened on.
struct Bench {
    display: Display,
    home: PathBuf,
    profile: PathBuf,
    regie: PathBuf,
    bare: PathBuf,
}

/// A window that has been drawn and has come to rest.
struct Started {
    drawn_ms: f64,
    memory_mib: f64,
}

/// `start.*`: printed as they are taken.
pub(crate) fn measure(corpus: &Corpus, report: &mut Report) -> anyhow::Result<()> {
    let folder = place::on_disk()?;
    let bench = Bench::prepare(folder.path(), corpus)?;
    let [lock, memory] = bench.lock()?;
    report.print(&lock)?;
    report.print(&memory)?;
    report.print(&bench.today()?)?;
    report.print(&bench.binary()?)?;
    if let Some(deb) = deb()? {
        report.print(&deb)?;
    } else {
        eprintln!("no .deb has been built: ./bench start --deb");
    }
    Ok(())
}

impl Bench {
    fn prepare(folder: &Path, corpus: &Corpus) -> anyhow::Result<Self> {
        let binaries = place::binaries()?;
        let (home, profile) = (folder.join("home"), folder.join("profile"));
        fs::create_dir_all(&home)?;
        eprintln!("filling a vault with {} entries …", corpus.texts().len());
        profile::fill(&profile, corpus)?;
        Ok(Self {
            display: Display::start()?,
            home,
            profile,
            regie: binaries.join("regie"),
            bare: binaries.join("regie-bare"),
        })
    }

    fn open_regie(&self) -> anyhow::Result<Window> {
        let arguments = [OsStr::new("--profile"), self.profile.as_os_str()];
        Window::open(&self.regie, &arguments, &self.display, &self.home)
    }

    fn open_bare(&self) -> anyhow::Result<Window> {
        Window::open(&self.bare, &[], &self.display, &self.home)
    }

    /// `start.lock` and `start.memory`, from the same windows; which of the two opens first changes every round.
    fn lock(&self) -> anyhow::Result<[Figure; 2]> {
        let (mut ours, mut bare) = (Vec::new(), Vec::new());
        for round in 0..=ROUNDS {
            let regie = || Started::measure(&self.open_regie()?, "lock");
            let nothing = || Started::measure(&self.open_bare()?, "bare");
            let (with, without) = if round % 2 == 0 {
                let with = regie()?;
                (with, nothing()?)
            } else {
                let without = nothing()?;
                (regie()?, without)
            };
            if round > 0 {
                ours.push(with);
                bare.push(without);
            }
        }
        let of =
            |windows: &[Started], value: fn(&Started) -> f64| median(windows.iter().map(value).collect());
        let drawn = |windows: &[Started]| of(windows, |window| window.drawn_ms);
        let memory = |windows: &[Started]| of(windows, |window| window.memory_mib);
        Ok([
            Figure {
                name: "start.lock",
                unit: "ms",
                ours: drawn(&ours),
                baseline: Some(drawn(&bare)),
                bar: Bar::times(1.25),
                beside: "bare window".into(),
            },
            Figure {
                name: "start.memory",
                unit: "MiB",
                ours: memory(&ours),
                baseline: Some(memory(&bare)),
                bar: Bar::times(1.2),
                beside: "bare window".into(),
            },
        ])
    }

    /// `start.today`: from the key that submits the passphrase to the home screen, against the key derivation alone.
    fn today(&self) -> anyhow::Result<Figure> {
        let (mut ours, mut argon2) = (Vec::new(), Vec::new());
        for round in 0..=ROUNDS {
            let window = self.open_regie()?;
            window.wait_for("lock")?;
            window.type_text(PASSPHRASE)?;
            let pressed = window.press("Return")?;
            let drawn = window.wait_for("today")?;
            drop(window);
            let derivation = derivation()?;
            if round > 0 {
                ours.push(in_ms(drawn - pressed));
                argon2.push(in_ms(derivation));
            }
        }
        let (ours, baseline) = (median(ours), median(argon2));
        Ok(Figure {
            name: "start.today",
            unit: "ms",
            ours,
            baseline: Some(baseline),
            bar: Bar::plus(300.0),
            beside: format!("{:+.0} ms on Argon2id", ours - baseline),
        })
    }

    fn binary(&self) -> anyhow::Result<Figure> {
        Ok(Figure {
            name: "start.binary",
            unit: "MB",
            ours: megabytes(&self.regie)?,
            baseline: Some(megabytes(&self.bare)?),
            bar: None,
            beside: "bare window".into(),
        })
    }
}

impl Started {
    fn measure(window: &Window, screen: &str) -> anyhow::Result<Self> {
        let drawn = window.wait_for(screen)?;
        sleep(REST);
        Ok(Self {
            drawn_ms: in_ms(drawn - window.started()),
            memory_mib: memory::proportional_mib(window.id())?,
        })
    }
}

/// Size of the package, when one has been built.
fn deb() -> anyhow::Result<Option<Figure>> {
    let Ok(files) = fs::read_dir(place::binaries()?.join("bundle/deb")) else {
        return Ok(None);
    };
    let packages = files
        .filter_map(|file| Some(file.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|kind| kind == "deb"));
    let newest = packages.max_by_key(|path| fs::metadata(path).and_then(|data| data.modified()).ok());
    let Some(package) = newest else {
        return Ok(None);
    };
    Ok(Some(Figure {
        name: "start.deb",
        unit: "MB",
        ours: megabytes(&package)?,
        baseline: None,
        bar: None,
        beside: String::new(),
    }))
}

#[expect(clippy::cast_precision_loss, reason = "no file here comes near 2^52 bytes")]
fn megabytes(file: &Path) -> anyhow::Result<f64> {
    let data = fs::metadata(file).with_context(|| format!("{} is not built", file.display()))?;
    Ok(data.len() as f64 / 1e6)
}
