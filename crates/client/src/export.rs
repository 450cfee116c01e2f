//! A copy of everything, or of a choice: for the person, or for another party. Made on the device, read from one state of
//! the vault while writing goes on, and written to the place that the person chose and nowhere else.

mod along;
mod out;

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use chrono::NaiveDate;
use regie_archive::{
    ArchiveError,
    export::{self, Parts},
    pack::Pack,
    report,
    seal::{self, Sealed, Sealing},
    source::About,
};
use regie_vault::{Vault, VaultError, settings::Setting, snapshot::Days};
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{Client, ClientError, NotHereView, Passphrase, strength};
use along::Along;
use out::{Out, Stoppable};

/// What is to go out.
#[derive(Clone, Debug, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ExportRequest {
    /// As what.
    pub form: ExportForm,
    /// Whether the diary goes along.
    pub diary: bool,
    /// Whether checks, pulses and check-ins go along.
    pub checks: bool,
    /// The first day, ISO 8601; `None` for no bound.
    pub from: Option<String>,
    /// The last day, included, ISO 8601; `None` for no bound.
    pub to: Option<String>,
    /// Which further forms an archive holds beside the data itself.
    pub parts: ExportParts,
    /// Only what the person gave, for another party: no scores, no choices, no settings.
    pub given_only: bool,
}

/// The form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum ExportForm {
    /// An archive of open formats.
    Archive,
    /// The report to read, as PDF; several volumes come in a zip.
    Pdf,
    /// The report to read, as one HTML page.
    Html,
}

/// Forms in an archive.
#[derive(Clone, Copy, Debug, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a box that the person ticks"
)]
pub struct ExportParts {
    /// FHIR R4B.
    pub fhir: bool,
    /// Markdown files.
    pub markdown: bool,
    /// Sheets.
    pub csv: bool,
    /// The report, as HTML and PDF.
    pub report: bool,
}

/// How an export is protected.
pub enum ExportProtection {
    /// Encrypted to a passphrase.
    Passphrase(Passphrase),
    /// Encrypted to somebody's age key.
    Recipient(String),
    /// Not at all: whoever has the file can read it.
    Plain,
}

/// What would go out.
#[derive(Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ExportPlanView {
    /// Diary entries.
    pub entries: u32,
    /// Checks, pulses and check-ins.
    pub results: u32,
    /// What an archive would have a small picture of, or nothing, as it is not on this device.
    pub not_here: NotHereView,
}

/// What went out.
#[derive(Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ExportedView {
    /// Where it lies.
    pub path: String,
    /// Size in bytes.
    pub bytes: u32,
    /// Diary entries in it.
    pub entries: u32,
    /// Checks, pulses and check-ins in it.
    pub results: u32,
    /// Whether it is encrypted.
    pub encrypted: bool,
}

/// An export or import under way, for whoever shows how far it is and whoever stops it.
#[derive(Debug, Default)]
pub(crate) struct Job {
    stopped: AtomicBool,
    done: AtomicU32,
    all: AtomicU32,
}

impl Job {
    pub(crate) fn expect(&self, all: u32) {
        self.all.store(all, Ordering::Relaxed);
    }

    /// One more record is done.
    ///
    /// # Errors
    /// When it was stopped.
    pub(crate) fn step(&self) -> Result<(), ArchiveError> {
        self.done.fetch_add(1, Ordering::Relaxed);
        self.go_on()
    }

    /// So much is done.
    pub(crate) fn reach(&self, done: u32) {
        self.done.store(done, Ordering::Relaxed);
    }

    pub(crate) fn go_on(&self) -> Result<(), ArchiveError> {
        if self.stopped.load(Ordering::Relaxed) {
            Err(ArchiveError::Stopped)
        } else {
            Ok(())
        }
    }

    /// Percent.
    fn progress(&self) -> u32 {
        let (done, all) = (
            self.done.load(Ordering::Relaxed),
            self.all.load(Ordering::Relaxed),
        );
        // Never more than is certain, and whole only when it has ended.
        (u64::from(done) * 100 / u64::from(all.max(1))).min(99) as u32
    }
}

impl Client {
    /// How much would go out.
    ///
    /// # Errors
    /// [`ClientError::Malformed`] for a day that is none; [`ClientError::Locked`].
    pub fn plan_export(&self, request: &ExportRequest) -> Result<ExportPlanView, ClientError> {
        let days = request.days()?;
        self.with_vault(|vault| {
            let (entries, results) = vault.count_days(days)?;
            // A report has small pictures in any case.
            let not_here = match request.diary && request.form == ExportForm::Archive {
                true => vault.originals_not_here(days)?,
                false => Vec::new(),
            };
            Ok(ExportPlanView {
                not_here: NotHereView::of(&not_here),
                entries: if request.diary { entries } else { 0 },
                results: if request.checks { results } else { 0 },
            })
        })
    }

    /// Refuses a protection that protects nothing, before the person is asked where the file goes.
    ///
    /// # Errors
    /// [`ClientError::WeakPassphrase`]; [`ClientError::BadRecipient`].
    pub fn check_protection(&self, protection: &ExportProtection) -> Result<(), ClientError> {
        sealing(protection).map(|_| ())
    }

    /// A name for the file, which tells nothing of what is in it.
    ///
    /// # Errors
    /// [`ClientError::Malformed`] for a day that is none; [`ClientError::Locked`].
    pub fn export_name(&self, request: &ExportRequest, encrypted: bool) -> Result<String, ClientError> {
        let day = self.clock.now().at.date_naive();
        let several = request.form == ExportForm::Pdf && self.volumes(request)?.len() > 1;
        let ending = match request.form {
            ExportForm::Archive => "zip",
            ExportForm::Pdf if several => "zip",
            ExportForm::Pdf => "pdf",
            ExportForm::Html => "html",
        };
        let sealed = if encrypted { ".age" } else { "" };
        Ok(format!("regie-{day}.{ending}{sealed}"))
    }

    /// Writes an export to the file that the person chose; it takes the file's place only when it is whole. Waits until it
    /// is done: [`Client::export_progress`] and [`Client::stop_export`] are for others meanwhile.
    ///
    /// # Errors
    /// [`ClientError::NotNow`] while another one is under way; [`ClientError::WeakPassphrase`]; [`ClientError::BadRecipient`];
    /// [`ClientError::Stopped`] when the person stopped it or locking did; [`ClientError::Locked`]; what the disk says. No piece of it
    /// stays then.
    pub fn export(
        &self,
        request: &ExportRequest,
        protection: &ExportProtection,
        path: &Path,
    ) -> Result<ExportedView, ClientError> {
        let sealing = sealing(protection)?;
        let (job, _ends) = self.begin_job()?;
        // Whoever locks at this very moment has stopped it.
        let stopped = |error| {
            if job.go_on().is_err() {
                ClientError::Stopped
            } else {
                error
            }
        };
        let (along, about) = self.along(request, &job).map_err(stopped)?;
        let beside = out::beside(path);
        // Noted before it is there: a file that nobody knows of would stay after a crash. A vault that takes no note, on a full
        // disk, may be taken along all the same; one that locked meanwhile forgets it at the next unlocking.
        let _ = self.with_vault(|vault| Ok(vault.set_setting(Setting::CopyUnderWay, &beside)?));
        let exported = write(request, &along, &about, &sealing, path, beside);
        let _ = self.with_vault(|vault| Ok(vault.clear_setting(Setting::CopyUnderWay)?));
        self.sync.hold_originals(false);
        let exported = exported.map_err(|error| along.told(error))?;
        self.state().exported = Some(path.to_owned());
        Ok(ExportedView {
            path: path.display().to_string(),
            bytes: u32::try_from(exported).unwrap_or(u32::MAX),
            entries: along.entries(),
            results: along.results(),
            encrypted: !matches!(sealing, Sealing::Plain),
        })
    }

    /// How far the export or import under way is, in percent; `None` when there is none.
    #[must_use]
    pub fn export_progress(&self) -> Option<u32> {
        self.job().as_ref().map(|job| job.progress())
    }

    /// Stops the export or import under way; nothing of it stays.
    pub fn stop_export(&self) {
        if let Some(job) = self.job().as_ref() {
            job.stopped.store(true, Ordering::Relaxed);
        }
    }

    /// Where the last export of this session went.
    ///
    /// # Errors
    /// [`ClientError::NotNow`] when there was none.
    pub fn exported(&self) -> Result<PathBuf, ClientError> {
        self.state().exported.clone().ok_or(ClientError::NotNow)
    }

    /// Reads a recipient's public key from what the person pasted or from a file's text: the key itself, as it is kept.
    ///
    /// # Errors
    /// [`ClientError::BadRecipient`].
    pub fn recipient(&self, text: &str) -> Result<String, ClientError> {
        let key = seal::recipient(text).map_err(|_| ClientError::BadRecipient)?;
        Ok(key.to_string())
    }

    /// One job at a time. It ends when what is returned is dropped.
    pub(crate) fn begin_job(&self) -> Result<(Arc<Job>, Ends<'_>), ClientError> {
        let mut held = self.job();
        if held.is_some() {
            return Err(ClientError::NotNow);
        }
        let job = Arc::new(Job::default());
        *held = Some(Arc::clone(&job));
        Ok((job, Ends(self)))
    }

    fn along(&self, request: &ExportRequest, job: &Arc<Job>) -> Result<(Along, About), ClientError> {
        let days = request.days()?;
        let (language, now) = (self.language(), self.clock.now());
        let about = About {
            made: regie_archive::model::Moment {
                at: now.at,
                zone: now.zone,
            },
            program: env!("CARGO_PKG_VERSION").into(),
            language,
            period: request.period()?,
            given_only: request.given_only,
        };
        let reminders =
            serde_json::to_value(self.reminders()?.schedule).map_err(|_| ClientError::Malformed)?;
        let along = self.with_vault(|vault| Along::of(vault, request, days, reminders, Arc::clone(job)))?;
        Ok((along, about))
    }

    fn volumes(&self, request: &ExportRequest) -> Result<Vec<report::Volume>, ClientError> {
        let (along, _) = self.along(request, &Arc::default())?;
        report::volumes(&along).map_err(|error| along.told(error))
    }
}

/// A job that ends when this is dropped.
pub(crate) struct Ends<'a>(&'a Client);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        *self.0.job() = None;
    }
}

impl ExportParts {
    const fn chosen(self) -> Parts {
        Parts {
            diary: self.markdown,
            csv: self.csv,
            fhir: self.fhir,
            consent: true,
        }
    }
}

impl ExportRequest {
    fn period(&self) -> Result<Option<(NaiveDate, NaiveDate)>, ClientError> {
        let day = |text: &str| text.parse::<NaiveDate>().map_err(|_| ClientError::Malformed);
        match (&self.from, &self.to) {
            (None, None) => Ok(None),
            (Some(from), Some(to)) => {
                let (from, to) = (day(from)?, day(to)?);
                (from <= to)
                    .then_some(Some((from, to)))
                    .ok_or(ClientError::Malformed)
            }
            _ => Err(ClientError::Malformed),
        }
    }

    pub(crate) fn days(&self) -> Result<Days, ClientError> {
        let number = |day: NaiveDate| {
            day.format("%Y%m%d")
                .to_string()
                .parse::<i32>()
                .map_err(|_| ClientError::Malformed)
        };
        Ok(match self.period()? {
            None => Days::default(),
            Some((from, to)) => Days {
                from: number(from)?,
                to: number(to)?,
            },
        })
    }
}

fn sealing(protection: &ExportProtection) -> Result<Sealing, ClientError> {
    Ok(match protection {
        ExportProtection::Plain => Sealing::Plain,
        ExportProtection::Passphrase(passphrase) => {
            strength::require_enough(passphrase)?;
            Sealing::passphrase(passphrase.expose().to_owned().into())
        }
        ExportProtection::Recipient(text) => {
            Sealing::Recipient(seal::recipient(text).map_err(|_| ClientError::BadRecipient)?)
        }
    })
}

/// Removes the unfinished file of a copy at which Regie was killed. On a disk that is not there now it stays, and is looked for
/// again at the next unlocking.
pub(crate) fn remove_unfinished(vault: &mut Vault) -> Result<(), VaultError> {
    let Some(beside) = vault.setting::<PathBuf>(Setting::CopyUnderWay)? else {
        return Ok(());
    };
    if !beside.parent().is_some_and(Path::exists) {
        return Ok(());
    }
    out::remove_unfinished(&beside)?;
    vault.clear_setting(Setting::CopyUnderWay)
}

/// Writes it beside its place first; the size in bytes.
fn write(
    request: &ExportRequest,
    along: &Along,
    about: &About,
    sealing: &Sealing,
    path: &Path,
    beside: PathBuf,
) -> Result<u64, ArchiveError> {
    let out = Out::create(beside, path)?;
    let file = BufWriter::with_capacity(1 << 16, Stoppable::of(out.file(), along.job()));
    match request.form {
        ExportForm::Archive => {
            let parts = request.parts.chosen();
            let mut report = |pack: &mut Pack<'_>| {
                pack.begin("report/regie.html")?;
                report::html(pack, along, about)?;
                add_volumes(pack, along, about, &report::volumes(along)?)
            };
            let extra: Option<export::Extra<'_>> = request.parts.report.then_some(&mut report);
            export::write_archive(file, along, about, &parts, sealing, extra)?;
        }
        ExportForm::Html | ExportForm::Pdf => {
            let mut sealed = Sealed::new(sealing, file)?;
            write_report(request.form, &mut sealed, along, about)?;
            sealed.finish()?.flush()?;
        }
    }
    Ok(out.keep()?)
}

fn write_report(
    form: ExportForm,
    sink: &mut impl Write,
    along: &Along,
    about: &About,
) -> Result<(), ArchiveError> {
    if form == ExportForm::Html {
        return report::html(sink, along, about);
    }
    let volumes = report::volumes(along)?;
    if let [only] = volumes.as_slice() {
        return Ok(sink.write_all(&report::pdf(along, about, only, &stopped(along.job()))?)?);
    }
    let mut pack = Pack::new(sink, &about.made);
    add_volumes(&mut pack, along, about, &volumes)?;
    pack.finish()
}

fn stopped(job: &Job) -> impl Fn() -> bool + Sync {
    move || job.go_on().is_err()
}

fn add_volumes(
    pack: &mut Pack<'_>,
    along: &Along,
    about: &About,
    volumes: &[report::Volume],
) -> Result<(), ArchiveError> {
    for volume in volumes {
        let pdf = report::pdf(along, about, volume, &stopped(along.job()))?;
        pack.whole(&volume.name, &pdf)?;
    }
    Ok(())
}
