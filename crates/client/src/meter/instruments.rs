//! The instruments: those that ship, and those that a person or an operator brought along as a file.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::io::Read;
use std::path::Path;

use regie_domain::meter::{self, Instrument, InstrumentError, LONGEST_FILE, Rhythm};
use regie_protocol::Language;
use regie_vault::{Vault, VaultError, instruments::StoredInstrument, meter::Run};
use serde::Serialize;
use specta::Type;

use crate::{Client, ClientError};

/// So many faults are told at once.
const MOST_FAULTS: usize = 20;

/// An instrument that was brought along.
#[derive(Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AddedView {
    /// Permanent name.
    pub id: String,
    /// Its version.
    pub version: String,
    /// What it is called.
    pub title: String,
    /// Where it comes from.
    pub source: String,
    /// When it was added, RFC 3339.
    pub added_at: String,
    /// Number of results and paused runs that need it; while there are any it cannot be removed.
    pub runs: u32,
}

/// One thing that is wrong with a file.
#[derive(Debug, PartialEq, Eq, Serialize, Type)]
pub struct InstrumentFaultView {
    /// Where in the file.
    pub place: String,
    /// What is wrong there.
    pub problem: String,
}

/// All instruments at hand, the shipped ones first.
pub(crate) struct Catalogue(Vec<Cow<'static, Instrument>>);

impl Catalogue {
    pub(crate) fn of(vault: &Vault) -> Result<Self, ClientError> {
        let shipped = meter::shipped().map_err(|errors| {
            for error in errors {
                tracing::error!(%error, "a shipped instrument is broken");
            }
            ClientError::Malformed
        })?;
        let mut all: Vec<_> = shipped.iter().map(Cow::Borrowed).collect();
        for stored in vault.instruments()? {
            match Instrument::load_file(&stored.file) {
                Ok(instrument) => all.push(Cow::Owned(instrument)),
                Err(errors) => tracing::warn!(faults = errors.len(), "an added instrument cannot be used"),
            }
        }
        Ok(Self(all))
    }

    /// All of them.
    pub(crate) fn into_all(self) -> Vec<Cow<'static, Instrument>> {
        self.0
    }

    /// One more, which is about to be brought along.
    pub(crate) fn add(&mut self, instrument: Instrument) {
        self.0.push(Cow::Owned(instrument));
    }

    /// What can be taken: of each instrument the version that came last.
    pub(crate) fn offered(&self) -> impl Iterator<Item = &Instrument> {
        let newest = |id: &str| self.0.iter().rposition(|one| one.id == id);
        self.0
            .iter()
            .enumerate()
            .filter(move |(at, one)| newest(&one.id) == Some(*at))
            .map(|(_, one)| one.as_ref())
    }

    /// What is offered under this name.
    pub(crate) fn named(&self, id: &str) -> Option<&Instrument> {
        self.offered().find(|one| one.id == id)
    }

    /// Those that are offered by themselves.
    pub(crate) fn with_rhythm(&self, rhythm: Rhythm) -> impl Iterator<Item = &Instrument> {
        self.offered().filter(move |one| one.scoring.rhythm == rhythm)
    }

    /// The instrument in the version that was taken.
    pub(crate) fn of_run(&self, run: &Run) -> Result<&Instrument, ClientError> {
        self.exact(&run.instrument, &run.instrument_version)
            .ok_or(ClientError::Vault(VaultError::VaultNewer))
    }

    /// For lists: the order in which they are offered, and of each the newest version first.
    pub(crate) fn place(&self, one: &Instrument) -> (Option<usize>, Reverse<Option<usize>>) {
        let version = |other: &Cow<'_, Instrument>| other.id == one.id && other.version == one.version;
        (
            self.0.iter().position(|other| other.id == one.id),
            Reverse(self.0.iter().position(version)),
        )
    }

    pub(crate) fn exact(&self, id: &str, version: &str) -> Option<&Instrument> {
        self.0
            .iter()
            .map(Cow::as_ref)
            .find(|one| one.id == id && one.version == version)
    }
}

/// Whether this is the name of one of Regie's own.
pub(crate) fn is_shipped(id: &str) -> bool {
    let shipped = meter::shipped().unwrap_or_default();
    shipped.iter().any(|one| one.id == id)
}

impl Client {
    /// Reads, checks and keeps an instrument from a file that the person chose. The faults that the file has; none when
    /// it is added now. With any fault nothing is changed.
    ///
    /// # Errors
    /// What the disk says; [`ClientError::Locked`].
    pub fn add_instrument(&self, path: &Path) -> Result<Vec<InstrumentFaultView>, ClientError> {
        let (now, language) = (self.clock.now(), self.language());
        let file = read_bounded(path)?;
        self.with_vault(|vault| {
            let text = String::from_utf8(file).map_err(|_| vec![fault("file", NO_TEXT)]);
            let checked = text.and_then(|text| {
                let instrument = Instrument::load_file(&text)?;
                Ok((instrument, text))
            });
            let (instrument, file) = match checked {
                Ok(good) => good,
                Err(errors) => return Ok(told(errors, language)),
            };
            let catalogue = Catalogue::of(vault)?;
            if is_shipped(&instrument.id) {
                return Ok(told(vec![fault("questionnaire.url", SHIPPED)], language));
            }
            if catalogue.exact(&instrument.id, &instrument.version).is_some() {
                return Ok(told(vec![fault("questionnaire.version", THERE)], language));
            }
            vault.add_instrument(&StoredInstrument {
                id: instrument.id,
                version: instrument.version,
                added: now,
                file,
            })?;
            Ok(Vec::new())
        })
    }

    /// The instruments that were brought along, in the order in which they came.
    ///
    /// # Errors
    /// [`ClientError::Locked`]; what the database says.
    pub fn added_instruments(&self) -> Result<Vec<AddedView>, ClientError> {
        let language = self.language();
        self.with_vault(|vault| {
            let view = |stored: StoredInstrument| {
                let loaded = Instrument::load_file(&stored.file).ok();
                let said = |text: fn(&Instrument) -> &regie_protocol::OwnedText| {
                    loaded
                        .as_ref()
                        .map(|one| text(one).in_language(language).to_owned())
                };
                Ok(AddedView {
                    title: said(|one| &one.title).unwrap_or_else(|| stored.id.clone()),
                    source: said(|one| &one.scoring.source).unwrap_or_default(),
                    runs: vault.count_runs_with(&stored.id, &stored.version)?,
                    id: stored.id,
                    version: stored.version,
                    added_at: stored.added.at.to_rfc3339(),
                })
            };
            vault.instruments()?.into_iter().map(view).collect()
        })
    }

    /// Removes an instrument that was brought along and that no result needs.
    ///
    /// # Errors
    /// [`ClientError::NotNow`] while there are runs of it; [`VaultError::NotFound`]; [`ClientError::Locked`].
    pub fn remove_instrument(&self, id: &str, version: &str) -> Result<(), ClientError> {
        self.with_vault(|vault| {
            if vault.count_runs_with(id, version)? > 0 {
                return Err(ClientError::NotNow);
            }
            Ok(vault.remove_instrument(id, version)?)
        })
    }
}

const NO_TEXT: [&str; 2] = ["is geen tekst in UTF-8", "is not text in UTF-8"];
const SHIPPED: [&str; 2] = [
    "draagt de naam van een vragenlijst van Regie zelf",
    "has the name of one of Regie's own questionnaires",
];
const THERE: [&str; 2] = ["deze versie is er al", "this version is there already"];

fn fault(place: &str, [nl, en]: [&str; 2]) -> InstrumentError {
    InstrumentError {
        place: place.into(),
        problem: regie_protocol::OwnedText {
            nl: nl.into(),
            en: en.into(),
        },
    }
}

fn told(mut errors: Vec<InstrumentError>, language: Language) -> Vec<InstrumentFaultView> {
    let more = errors.len().saturating_sub(MOST_FAULTS);
    errors.truncate(MOST_FAULTS);
    if more > 0 {
        errors.push(InstrumentError {
            place: "…".into(),
            problem: regie_protocol::OwnedText {
                nl: format!("en verder: {more}"),
                en: format!("and more: {more}"),
            },
        });
    }
    let view = |error: InstrumentError| InstrumentFaultView {
        problem: error.problem.in_language(language).into(),
        place: error.place,
    };
    errors.into_iter().map(view).collect()
}

/// The file, or as much of it as shows that it is too long.
fn read_bounded(path: &Path) -> Result<Vec<u8>, ClientError> {
    let mut bytes = Vec::new();
    let most = u64::try_from(LONGEST_FILE).unwrap_or(u64::MAX) + 1;
    std::fs::File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}
