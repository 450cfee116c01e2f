//! Taking in what comes from elsewhere: Regie's own archive, or another journal. First a look at all of it, which changes
//! nothing; then one transaction; and for a day one step back.

mod arrive;
mod attached;
mod texts;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};

use chrono::TimeDelta;
use regie_archive::{
    ArchiveError,
    incoming::{Incoming, Origin},
    model::LeftOut,
    seal::{self, Lock},
};
use regie_domain::{AttachmentId, moment::Moment};
use regie_protocol::purpose::KeepOnDevice;
use regie_vault::{
    VaultError,
    attachment::bring::{Brought, Without},
    import::{Arrival, Fate, Outlook, Tally},
};
use serde::Serialize;
use specta::Type;

use crate::{Client, ClientError, Passphrase, consent, export::Job, meter::instruments::Catalogue};
use arrive::Arrivals;

/// So long an import can be taken back.
const TAKEN_BACK_WITHIN: TimeDelta = TimeDelta::days(1);

/// What a file turned out to be.
#[derive(Debug, PartialEq, Eq, Serialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ImportLook {
    /// It can come in.
    Ready {
        /// What would.
        preview: ImportPreview,
    },
    /// It is encrypted.
    Locked {
        /// To a passphrase; else to a key.
        passphrase: bool,
        /// What was tried did not open it.
        wrong: bool,
    },
    /// It cannot come in; nothing was changed.
    Refused {
        /// Which part of the file; empty: the file as a whole.
        part: String,
        /// Why, in a sentence.
        problem: String,
    },
}

/// What would come in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ImportPreview {
    /// From what.
    pub origin: ImportOrigin,
    /// Name of the file or folder.
    pub name: String,
    /// Diary entries that would be added.
    pub entries: u32,
    /// Checks, pulses and check-ins that would be added.
    pub results: u32,
    /// Questionnaires that would be added.
    pub instruments: u32,
    /// Photos that would be added with the entries.
    pub photos: u32,
    /// Recordings that would be added with them.
    pub sounds: u32,
    /// Records that are here already.
    pub there: u32,
    /// Records of which another version is here: both stay.
    pub differ: u32,
    /// The first day, ISO 8601.
    pub first: Option<String>,
    /// The last day, ISO 8601.
    pub last: Option<String>,
    /// What does not come along, and why.
    pub left_out: Vec<LeftOutView>,
    /// Whether checks and diary may be written at this moment.
    pub may_write: bool,
}

/// Something that does not come along.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
pub struct LeftOutView {
    /// What, and why.
    pub what: String,
    /// How often.
    pub count: u32,
}

/// Where something comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum ImportOrigin {
    /// An archive of Regie.
    Regie,
    /// Day One.
    DayOne,
    /// Daylio.
    Daylio,
    /// Markdown and text files.
    Files,
}

/// What came in.
#[derive(Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ImportedView {
    /// Diary entries that were added.
    pub entries: u32,
    /// Checks, pulses and check-ins that were added.
    pub results: u32,
    /// Photos that were added.
    pub photos: u32,
    /// Recordings that were added.
    pub sounds: u32,
    /// Records that were here already.
    pub there: u32,
    /// What turned out not to come along, and why.
    pub left_out: Vec<LeftOutView>,
}

/// What an import turned out to be.
#[derive(Debug, PartialEq, Eq, Serialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum ImportOutcome {
    /// It is in.
    Done {
        /// What came in.
        imported: ImportedView,
    },
    /// It cannot come in; nothing was changed.
    Refused {
        /// Which part of the file; empty: the file as a whole.
        part: String,
        /// Why, in a sentence.
        problem: String,
    },
}

/// An import that can still be taken back.
#[derive(Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ImportRow {
    /// Which one.
    pub id: u32,
    /// From what.
    pub origin: ImportOrigin,
    /// When it came in, RFC 3339.
    pub at: String,
    /// Until when it can be taken back, RFC 3339.
    pub until: String,
    /// How many records came in.
    pub records: u32,
}

/// What taking back did.
#[derive(Debug, PartialEq, Eq, Serialize, Type)]
pub struct UndoneView {
    /// Records that went.
    pub removed: u32,
    /// Records that stay, since they were changed after they came in.
    pub kept: u32,
}

/// How the person opens an encrypted archive.
pub enum ImportSecret {
    /// With a passphrase.
    Passphrase(Passphrase),
    /// With an age key.
    Key(Passphrase),
}

/// What the person chose, until it is in or left.
pub(crate) struct Chosen {
    path: PathBuf,
    secret: Option<seal::Secret>,
    looked: Option<Looked>,
}

/// What the file was when it was looked at.
#[derive(Clone, Copy)]
struct Looked {
    origin: ImportOrigin,
    fingerprint: [u8; 32],
    records: usize,
    attachments: usize,
}

/// Why reading ended before its end.
enum Stop {
    Archive(ArchiveError),
    Client(ClientError),
    /// The file is no longer the one that was looked at.
    Changed,
}

impl From<VaultError> for Stop {
    fn from(error: VaultError) -> Self {
        Self::Client(error.into())
    }
}

impl Client {
    /// Remembers a file or folder that was chosen in a dialog of the system.
    pub fn choose_import(&self, path: &Path) {
        self.state().chosen_import = Some(Chosen {
            path: path.to_owned(),
            secret: None,
            looked: None,
        });
    }

    /// Lets go of what was chosen.
    pub fn leave_import(&self) {
        self.state().chosen_import = None;
    }

    /// Looks through all of what was chosen; nothing is changed. Stopped as an export is.
    ///
    /// # Errors
    /// [`ClientError::NotNow`] when nothing is chosen or something else is under way; [`ClientError::Stopped`];
    /// [`ClientError::Locked`]; what the disk says.
    pub fn look_at_import(&self, secret: Option<&ImportSecret>) -> Result<ImportLook, ClientError> {
        let (job, _ends) = self.begin_job()?;
        let language = self.language();
        let path = self.chosen_path()?;
        let passphrase = match lock_of(&path) {
            Ok(lock) => lock == Lock::Passphrase,
            Err(error) => return texts::look(error, false, language),
        };
        let Ok(secret) = secret.map(arrive::secret).transpose() else {
            return Ok(ImportLook::Locked {
                passphrase,
                wrong: true,
            });
        };
        let mut incoming = match Incoming::open(&path, secret.as_ref(), &|| job.go_on().is_err()) {
            Ok(incoming) => incoming,
            Err(error) => return texts::look(error, passphrase, language),
        };
        let seen = match self.look_through(&mut incoming, &job) {
            Ok(seen) => seen,
            Err(Stop::Client(error)) => return Err(error),
            Err(Stop::Archive(error)) => {
                job.go_on().map_err(|_| ClientError::Stopped)?;
                return texts::look(error, passphrase, language);
            }
            Err(Stop::Changed) => return Err(ClientError::NotNow),
        };
        let may_write = self.with_vault(|vault| Ok(consent::may_write(vault)))?;
        let mut state = self.state();
        let chosen = state.chosen_import.as_mut().filter(|chosen| chosen.path == path);
        let chosen = chosen.ok_or(ClientError::NotNow)?;
        chosen.secret = secret;
        chosen.looked = Some(Looked {
            origin: incoming.origin.into(),
            fingerprint: incoming.fingerprint,
            records: seen.records(),
            attachments: seen.attachments,
        });
        Ok(ImportLook::Ready {
            preview: seen.preview(incoming.origin, &path, may_write, language),
        })
    }

    /// Everything that would come in, counted.
    fn look_through(&self, incoming: &mut Incoming, job: &Job) -> Result<Seen, Stop> {
        let begun = self.with_vault(|vault| Ok((Catalogue::of(vault)?, vault.gone(&self.deletions_file())?)));
        let (catalogue, gone) = begun.map_err(Stop::Client)?;
        let brought = self.foresee(incoming, job, &gone)?;
        let mut arrivals = Arrivals::of(catalogue);
        let mut seen = Seen {
            attachments: brought.count(),
            ..Seen::default()
        };
        let mut failed = None;
        let read = incoming.read(self.zone(), &mut |item| {
            job.step()?;
            match arrivals.take(item) {
                Err(left_out) => seen.left_out(left_out, 1),
                Ok(arrival) => {
                    let outlook = self.with_vault(|vault| Ok(vault.outlook(&arrival, &brought, &gone)?));
                    let outlook = outlook.map_err(|error| {
                        failed = Some(error);
                        ArchiveError::Refused
                    })?;
                    seen.arrival(&arrival, &outlook, &brought);
                }
            }
            Ok(())
        });
        match failed {
            Some(error) => Err(Stop::Client(error)),
            None => read.map_err(Stop::Archive).map(|()| seen),
        }
    }

    /// Takes in what was looked at: all of it or nothing, but for photos and recordings that are damaged. Stopped as an export is.
    ///
    /// # Errors
    /// [`ClientError::NotNow`] when nothing was looked at, or something else is under way; [`VaultError::NoConsent`];
    /// [`ClientError::Stopped`]; [`ClientError::Locked`]; what the disk says. Nothing was changed then.
    pub fn import(&self) -> Result<ImportOutcome, ClientError> {
        let (job, _ends) = self.begin_job()?;
        let language = self.language();
        let chosen = self.state().chosen_import.take().ok_or(ClientError::NotNow)?;
        let looked = chosen.looked.ok_or(ClientError::NotNow)?;
        let steps = looked.records.saturating_add(looked.attachments);
        job.expect(u32::try_from(steps).unwrap_or(u32::MAX));
        let mut brought = Brought::default();
        let tally = self.take_in(&chosen, looked, &job, &mut brought);
        // Of one that locked meanwhile, what stays goes at the next unlocking.
        let _ = self.with_vault(|vault| Ok(vault.leave_brought(&brought)?));
        if job.go_on().is_err() && tally.is_err() {
            return Err(ClientError::Stopped);
        }
        match tally {
            Ok(tally) => Ok(ImportOutcome::Done {
                imported: imported(tally, language),
            }),
            Err(Stop::Client(error)) => Err(error),
            Err(Stop::Archive(error)) => texts::outcome(error, language),
            Err(Stop::Changed) => Ok(texts::changed(language)),
        }
    }

    /// First photos and recordings, each into its file; then everything in one transaction.
    fn take_in(
        &self,
        chosen: &Chosen,
        looked: Looked,
        job: &Job,
        brought: &mut Brought,
    ) -> Result<Tally, Stop> {
        let (now, zone) = (self.clock.now(), self.zone());
        let mut incoming = Incoming::open(&chosen.path, chosen.secret.as_ref(), &|| job.go_on().is_err())
            .map_err(Stop::Archive)?;
        if incoming.fingerprint != looked.fingerprint {
            return Err(Stop::Changed);
        }
        self.bring(&mut incoming, job, brought)?;
        let mut feed = |catalogue: Catalogue, hand: regie_vault::import::Hand<'_>| -> Result<(), Stop> {
            let mut arrivals = Arrivals::of(catalogue);
            let read = incoming.read(zone, &mut |item| {
                job.step()?;
                match arrivals.take(item) {
                    Ok(arrival) => hand(arrival).map_err(|_| ArchiveError::Refused),
                    Err(_) => Ok(()),
                }
            });
            read.map_err(Stop::Archive)
        };
        let tally = self.with_vault(|vault| {
            let consent = vault.consent::<KeepOnDevice>()?;
            let catalogue = Catalogue::of(vault)?;
            let list = self.deletions_file();
            let from = (looked.origin.name(), &now);
            Ok(
                vault.import(&consent, &list, from, (brought, looked.records), |hand| {
                    feed(catalogue, hand)
                }),
            )
        });
        tally.map_err(Stop::Client)?
    }

    /// Imports that can still be taken back, newest first.
    ///
    /// # Errors
    /// [`ClientError::Locked`]; what the database says.
    pub fn imports(&self) -> Result<Vec<ImportRow>, ClientError> {
        let earliest = self.clock.now().at.to_utc() - TAKEN_BACK_WITHIN;
        let batches = self.with_vault(|vault| Ok(vault.imports()?))?;
        let row = |batch: regie_vault::import::Batch| {
            Some(ImportRow {
                id: u32::try_from(batch.id).ok()?,
                origin: ImportOrigin::named(&batch.origin)?,
                at: batch.at.to_rfc3339(),
                until: (batch.at + TAKEN_BACK_WITHIN).to_rfc3339(),
                records: batch.records,
            })
        };
        Ok(batches
            .into_iter()
            .filter(|batch| batch.at > earliest)
            .filter_map(row)
            .collect())
    }

    /// Takes an import back, for good; what was changed since stays.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] when it can be taken back no more; [`ClientError::Locked`]; what the disk says.
    pub fn undo_import(&self, id: u32) -> Result<UndoneView, ClientError> {
        if !self.imports()?.iter().any(|row| row.id == id) {
            return Err(VaultError::NotFound.into());
        }
        let list = self.deletions_file();
        let clean_by = self.cleaned_by();
        let (removed, kept) = self.with_vault(|vault| {
            let undone = vault.undo_import(id.into(), &list, clean_by)?;
            vault.list_deletions(&list)?;
            Ok(undone)
        })?;
        Ok(UndoneView { removed, kept })
    }

    /// Lets imports be that can be taken back no more.
    pub(crate) fn forget_imports(&self, vault: &mut regie_vault::Vault) -> Result<(), VaultError> {
        vault.forget_imports(self.clock.now().at.to_utc() - TAKEN_BACK_WITHIN)
    }

    fn chosen_path(&self) -> Result<PathBuf, ClientError> {
        let state = self.state();
        state.vault.as_ref().ok_or(ClientError::Locked)?;
        let chosen = state.chosen_import.as_ref().ok_or(ClientError::NotNow)?;
        Ok(chosen.path.clone())
    }

    fn zone(&self) -> chrono_tz::Tz {
        self.clock.now().zone.parse().unwrap_or(chrono_tz::UTC)
    }
}

/// How a file is sealed; a folder is not.
fn lock_of(path: &Path) -> Result<Lock, ArchiveError> {
    if path.is_dir() {
        return Ok(Lock::Open);
    }
    seal::lock_of(&mut File::open(path)?)
}

/// What a look counts.
#[derive(Default)]
struct Seen {
    entries: u32,
    results: u32,
    instruments: u32,
    there: u32,
    differ: u32,
    days: Option<(chrono::NaiveDate, chrono::NaiveDate)>,
    left_out: BTreeMap<LeftOut, u32>,
    photos: BTreeSet<AttachmentId>,
    sounds: BTreeSet<AttachmentId>,
    /// All that the file has.
    attachments: usize,
}

impl Seen {
    fn left_out(&mut self, what: LeftOut, count: u32) {
        if count > 0 {
            *self.left_out.entry(what).or_default() += count;
        }
    }

    fn arrival(&mut self, arrival: &Arrival, outlook: &Outlook, brought: &Brought) {
        let Outlook {
            fate,
            ref named,
            without: Without { absent, damaged },
        } = *outlook;
        self.left_out(LeftOut::Attachment, absent);
        self.left_out(LeftOut::Damaged, damaged);
        if fate == Fate::Empty {
            self.left_out(LeftOut::Empty, 1);
            return;
        }
        if fate != Fate::There {
            for id in named {
                if let Some(is_photo) = brought.is_new_photo(*id) {
                    let counted = if is_photo {
                        &mut self.photos
                    } else {
                        &mut self.sounds
                    };
                    counted.insert(*id);
                }
            }
        }
        let moment: Option<&Moment> = match arrival {
            Arrival::Instrument(_) => None,
            Arrival::Entry(entry, _) => Some(&entry.written),
            Arrival::Run(run, _) => Some(run.finished.as_ref().unwrap_or(&run.started)),
        };
        if let Some(day) = moment.map(|moment| moment.at.date_naive()) {
            let (first, last) = self.days.unwrap_or((day, day));
            self.days = Some((first.min(day), last.max(day)));
        }
        let counted = match (fate, arrival) {
            (Fate::There, _) => &mut self.there,
            (_, Arrival::Entry(..)) => &mut self.entries,
            (_, Arrival::Run(..)) => &mut self.results,
            (_, Arrival::Instrument(_)) => &mut self.instruments,
        };
        *counted += 1;
        self.differ += u32::from(fate == Fate::Differs);
    }

    fn records(&self) -> usize {
        usize::try_from(self.entries + self.results + self.instruments + self.there).unwrap_or(usize::MAX)
    }

    fn preview(
        self,
        origin: Origin,
        path: &Path,
        may_write: bool,
        language: regie_protocol::Language,
    ) -> ImportPreview {
        let day = |day: chrono::NaiveDate| day.to_string();
        ImportPreview {
            origin: origin.into(),
            name: path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            entries: self.entries,
            results: self.results,
            instruments: self.instruments,
            photos: count(&self.photos),
            sounds: count(&self.sounds),
            there: self.there,
            differ: self.differ,
            first: self.days.map(|(first, _)| day(first)),
            last: self.days.map(|(_, last)| day(last)),
            left_out: left_out(self.left_out, language),
            may_write,
        }
    }
}

fn count(ids: &BTreeSet<AttachmentId>) -> u32 {
    u32::try_from(ids.len()).unwrap_or(u32::MAX)
}

fn left_out(all: BTreeMap<LeftOut, u32>, language: regie_protocol::Language) -> Vec<LeftOutView> {
    all.into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(what, count)| LeftOutView {
            what: texts::left_out(what).in_language(language).into(),
            count,
        })
        .collect()
}

/// What is damaged is known for certain only now that it was taken apart.
fn imported(tally: Tally, language: regie_protocol::Language) -> ImportedView {
    let without = BTreeMap::from([
        (LeftOut::Damaged, tally.without.damaged),
        (LeftOut::Empty, tally.empty),
    ]);
    ImportedView {
        entries: tally.entries,
        results: tally.runs,
        photos: tally.photos,
        sounds: tally.sounds,
        there: tally.there,
        left_out: left_out(without, language),
    }
}

impl ImportOrigin {
    const ALL: [Self; 4] = [Self::Regie, Self::DayOne, Self::Daylio, Self::Files];

    /// As the vault names it.
    const fn name(self) -> &'static str {
        match self {
            Self::Regie => "regie",
            Self::DayOne => "day_one",
            Self::Daylio => "daylio",
            Self::Files => "files",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|origin| origin.name() == name)
    }
}

impl From<Origin> for ImportOrigin {
    fn from(origin: Origin) -> Self {
        match origin {
            Origin::Regie => Self::Regie,
            Origin::DayOne => Self::DayOne,
            Origin::Daylio => Self::Daylio,
            Origin::Files => Self::Files,
        }
    }
}
