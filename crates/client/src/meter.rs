//! Taking a check, a pulse or a check-in. `meter/` holds what comes of it: results, the trend, sheets; and the instruments.

pub(crate) mod instruments;
mod result;
mod sheet;
mod trend;

use chrono::NaiveDateTime;
use regie_domain::{
    RunId,
    meter::{
        self, Answer, Instrument,
        instrument::{AnswerOption, Statement},
    },
    moment::Moment,
};
use regie_protocol::{Language, OwnedText, purpose::KeepOnDevice};
use regie_vault::{Vault, VaultError, meter::Run};
use serde::{Deserialize, Serialize};
use specta::Type;
use uuid::Uuid;

pub use instruments::{AddedView, InstrumentFaultView};
pub use result::{ChangeKind, ChangeView, DimensionView, ResultView};
pub use sheet::SheetFormat;
pub use trend::{GrainView, PointView, SeriesView, TrendView};

use crate::{Client, ClientError, WritingView, consent, diary::moving::in_zone};
use instruments::Catalogue;

/// So many come at once.
const LISTED_RESULTS: usize = 100;

/// What the check's first screen shows.
#[derive(Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct MeterView {
    /// What can be taken.
    pub instruments: Vec<InstrumentView>,
    /// Those that wait to be gone on with, at most one of each instrument.
    pub paused: Vec<RunSummary>,
    /// The newest finished ones, newest first.
    pub results: Vec<ResultRow>,
    /// Where the earlier ones begin, for [`Client::meter_results`]; `None`: there are none.
    pub earlier: Option<Uuid>,
    /// Whether answers may be kept at this moment.
    pub may_write: bool,
    /// What a write would meet, and so why they may not be.
    pub writing: WritingView,
}

/// A stretch of the list of results.
#[derive(Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ResultsPage {
    /// Newest first.
    pub results: Vec<ResultRow>,
    /// Where the earlier ones begin; `None`: there are none.
    pub earlier: Option<Uuid>,
}

/// An instrument before it is taken.
#[derive(Debug, Serialize, Type)]
pub struct InstrumentView {
    /// Permanent name.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// What it asks about.
    pub about: String,
    /// Number of statements.
    pub statements: u32,
    /// How long it takes.
    pub minutes: u8,
    /// Where it comes from.
    pub source: String,
    /// No validation study stands behind it.
    pub provisional: bool,
    /// All statements stand on one page, with room for one line.
    #[serde(rename = "onePage")]
    pub one_page: bool,
}

/// A paused check.
#[derive(Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RunSummary {
    /// Which one.
    pub id: Uuid,
    /// Permanent name of the instrument.
    pub instrument: String,
    /// Title of the instrument.
    pub title: String,
    /// When it was begun, RFC 3339.
    pub started_at: String,
    /// Number of statements answered or passed over.
    pub answered: u32,
    /// Number of statements.
    pub of: u32,
}

/// A check being taken.
#[derive(Debug, Serialize, Type)]
pub struct RunView {
    /// Which one.
    pub id: Uuid,
    /// Title of the instrument.
    pub title: String,
    /// The period that the statements are about.
    pub period: String,
    /// The statements in order.
    pub items: Vec<StatementItem>,
    /// Answers so far.
    pub answers: Vec<ItemAnswer>,
    /// The statement to show, from 0.
    pub position: u32,
}

/// A statement.
#[derive(Debug, Serialize, Type)]
pub struct StatementItem {
    /// Its id.
    pub id: String,
    /// The statement itself.
    pub text: String,
    /// The answers that can be given, lowest first.
    pub options: Vec<AnswerOptionView>,
}

/// An answer that can be given.
#[derive(Debug, Serialize, Type)]
pub struct AnswerOptionView {
    /// Its place on the scale.
    pub value: u8,
    /// Its word.
    pub label: String,
}

/// The answer to one statement.
#[derive(Debug, Serialize, Deserialize, Type)]
pub struct ItemAnswer {
    /// Id of the statement.
    pub item: String,
    /// What was answered.
    pub answer: AnswerChoice,
}

/// What was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum AnswerChoice {
    /// A place on the scale.
    Value {
        /// Which.
        value: u8,
    },
    /// Passed over.
    Skipped,
}

/// A finished check in a list.
#[derive(Clone, Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ResultRow {
    /// Which one.
    pub id: Uuid,
    /// Permanent name of the instrument.
    pub instrument: String,
    /// Title of the instrument.
    pub title: String,
    /// When it was finished, RFC 3339.
    pub taken_at: String,
    /// Overall score, 0–100, where the instrument has one; `None`: not enough answers.
    pub overall: Option<u8>,
    /// What the overall score is called; `None`: the instrument has none.
    pub overall_name: Option<String>,
    /// The answer words of the dimensions, for an instrument without an overall score.
    pub words: Vec<String>,
}

impl Client {
    /// What the check's first screen shows.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the database says.
    pub fn meter_overview(&self) -> Result<MeterView, ClientError> {
        let language = self.language();
        self.with_vault(|vault| {
            let catalogue = Catalogue::of(vault)?;
            let ResultsPage { results, earlier } = results_page(vault, &catalogue, None, language)?;
            Ok(MeterView {
                paused: vault
                    .paused_runs()?
                    .iter()
                    .filter_map(|run| summary(&catalogue, run, language))
                    .collect(),
                results,
                earlier,
                instruments: catalogue
                    .offered()
                    .map(|one| InstrumentView::of(one, language))
                    .collect(),
                may_write: consent::may_write(vault),
                writing: consent::writing(vault),
            })
        })
    }

    /// Results before those that were listed already; `earlier` is what came with them.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the database says.
    pub fn meter_results(&self, earlier: Uuid) -> Result<ResultsPage, ClientError> {
        let language = self.language();
        self.with_vault(|vault| results_page(vault, &Catalogue::of(vault)?, Some(RunId(earlier)), language))
    }

    /// Begins a check, or goes on with the paused one of the same instrument.
    ///
    /// # Errors
    /// [`regie_vault::VaultError::NoConsent`]; [`ClientError::Malformed`] for an unknown instrument; [`ClientError::Locked`]; what the
    /// disk says.
    pub fn meter_start(&self, instrument: &str) -> Result<RunView, ClientError> {
        let (now, language) = (self.clock.now(), self.language());
        self.with_vault(|vault| {
            let catalogue = Catalogue::of(vault)?;
            let instrument = catalogue.named(instrument).ok_or(ClientError::Malformed)?;
            let consent = vault.consent::<KeepOnDevice>()?;
            let same = |run: &Run| {
                (&run.instrument, &run.instrument_version) == (&instrument.id, &instrument.version)
            };
            if let Some(paused) = vault.paused_runs()?.into_iter().find(same) {
                return Ok(run_view(&paused, instrument, language));
            }
            let run = begun(instrument, now);
            vault.add_run(&consent, &run)?;
            Ok(run_view(&run, instrument, language))
        })
    }

    /// The page of an instrument whose statements stand together, before anything is kept.
    ///
    /// # Errors
    /// [`ClientError::Malformed`] for an instrument of another form; [`ClientError::Locked`]; what the database says.
    pub fn meter_page(&self, instrument: &str) -> Result<RunView, ClientError> {
        let (now, language) = (self.clock.now(), self.language());
        self.with_vault(|vault| {
            let catalogue = Catalogue::of(vault)?;
            let instrument = catalogue
                .named(instrument)
                .filter(|one| one.scoring.one_page)
                .ok_or(ClientError::Malformed)?;
            Ok(run_view(&begun(instrument, now), instrument, language))
        })
    }

    /// Keeps a whole page at once: its answers, with one line as the note. What is not among the answers was passed over.
    ///
    /// # Errors
    /// [`ClientError::Malformed`] without any answer, or with one that cannot be; [`regie_vault::VaultError::NoConsent`];
    /// [`regie_vault::VaultError::TooLarge`]; [`ClientError::Locked`]; what the disk says.
    pub fn meter_check_in(
        &self,
        instrument: &str,
        answers: &[ItemAnswer],
        note: &str,
    ) -> Result<Uuid, ClientError> {
        let now = self.clock.now();
        self.with_vault(|vault| {
            let catalogue = Catalogue::of(vault)?;
            let instrument = catalogue
                .named(instrument)
                .filter(|one| one.scoring.one_page)
                .ok_or(ClientError::Malformed)?;
            let mut run = begun(instrument, now.clone());
            for one in answers {
                run.answers
                    .insert(one.item.clone(), checked(instrument, &one.item, one.answer)?);
            }
            if !says_something(&run.answers) {
                return Err(ClientError::Malformed);
            }
            run.finished = Some(now);
            run.note = note.trim().to_owned();
            let consent = vault.consent::<KeepOnDevice>()?;
            vault.add_run(&consent, &run)?;
            Ok(run.id.0)
        })
    }

    /// A check to go on with.
    ///
    /// # Errors
    /// [`regie_vault::VaultError::NotFound`]; [`ClientError::Locked`]; what the database says.
    pub fn meter_run(&self, id: Uuid) -> Result<RunView, ClientError> {
        let language = self.language();
        self.with_vault(|vault| {
            let run = vault.run(RunId(id))?;
            Ok(run_view(&run, Catalogue::of(vault)?.of_run(&run)?, language))
        })
    }

    /// Keeps one answer, and the statement to go on at; durable when it returns.
    ///
    /// # Errors
    /// [`ClientError::Malformed`] for an unknown statement or answer; [`regie_vault::VaultError::NoConsent`]; [`regie_vault::VaultError::NotFound`];
    /// [`ClientError::Locked`]; what the disk says.
    pub fn meter_answer(
        &self,
        run: Uuid,
        item: &str,
        answer: AnswerChoice,
        position: u32,
    ) -> Result<(), ClientError> {
        self.with_vault(|vault| {
            let stored = vault.run(RunId(run))?;
            let catalogue = Catalogue::of(vault)?;
            let instrument = catalogue.of_run(&stored)?;
            let answer = checked(instrument, item, answer)?;
            if usize::try_from(position).is_ok_and(|at| at > instrument.statements.len()) {
                return Err(ClientError::Malformed);
            }
            let consent = vault.consent::<KeepOnDevice>()?;
            Ok(vault.save_answer(&consent, stored.id, item, answer, position)?)
        })
    }

    /// Finishes a check.
    ///
    /// # Errors
    /// [`regie_vault::VaultError::NoConsent`]; [`regie_vault::VaultError::NotFound`]; [`ClientError::Locked`]; what the disk says.
    pub fn meter_finish(&self, run: Uuid) -> Result<ResultView, ClientError> {
        let now = self.clock.now();
        self.with_vault(|vault| {
            let consent = vault.consent::<KeepOnDevice>()?;
            Ok(vault.finish_run(&consent, RunId(run), &now)?)
        })?;
        self.meter_result(run)
    }

    /// Changes the note on a result.
    ///
    /// # Errors
    /// [`regie_vault::VaultError::NoConsent`]; [`regie_vault::VaultError::NotFound`]; [`regie_vault::VaultError::TooLarge`]; [`ClientError::Locked`].
    pub fn meter_annotate(&self, id: Uuid, note: &str) -> Result<(), ClientError> {
        self.with_vault(|vault| {
            let consent = vault.consent::<KeepOnDevice>()?;
            Ok(vault.annotate_run(&consent, RunId(id), note)?)
        })
    }

    /// Puts a finished check right: its answers, as many as are given, and its date and time by the wall clock
    /// (`2026-11-23T21:14`) of the zone in which it was taken. What stays as it was is not a correction.
    ///
    /// # Errors
    /// [`ClientError::Malformed`] for an unknown statement or answer, for a page without any answer, or for what is no date
    /// and time; [`VaultError::NoConsent`]; [`VaultError::NotFound`] when it is not finished; [`ClientError::Locked`]; what
    /// the disk says.
    pub fn meter_correct(
        &self,
        id: Uuid,
        answers: &[ItemAnswer],
        local: Option<&str>,
    ) -> Result<ResultView, ClientError> {
        let now = self.clock.now().at.to_utc();
        self.with_vault(|vault| {
            let consent = vault.consent::<KeepOnDevice>()?;
            let run = vault.run(RunId(id))?;
            let before = run.finished.as_ref().ok_or(VaultError::NotFound)?;
            let catalogue = Catalogue::of(vault)?;
            let instrument = catalogue.of_run(&run)?;
            let mut corrected = run.answers.clone();
            for one in answers {
                corrected.insert(one.item.clone(), checked(instrument, &one.item, one.answer)?);
            }
            if instrument.scoring.one_page && !says_something(&corrected) {
                return Err(ClientError::Malformed);
            }
            let finished = match local {
                Some(local) => moved(before, local)?,
                None => before.clone(),
            };
            if corrected != run.answers || finished != *before {
                vault.correct_run(&consent, run.id, &corrected, &finished, now)?;
            }
            Ok(())
        })?;
        self.meter_result(id)
    }

    /// Deletes a check, paused or finished; as [`Client::diary_delete`].
    ///
    /// # Errors
    /// [`regie_vault::VaultError::NotFound`]; [`ClientError::Locked`]; what the disk says.
    pub fn meter_delete(&self, id: Uuid) -> Result<Option<String>, ClientError> {
        let now = self.clock.now().at.to_utc();
        self.with_vault(|vault| {
            vault.delete_run(RunId(id), now)?;
            Ok(self.leaves_copies_by(vault))
        })
    }

    /// Takes a deletion back.
    ///
    /// # Errors
    /// [`regie_vault::VaultError::NotFound`] when it is gone for good.
    pub fn meter_undo_delete(&self, id: Uuid) -> Result<(), ClientError> {
        self.with_vault(|vault| Ok(vault.undelete_run(RunId(id))?))
    }
}

impl InstrumentView {
    fn of(instrument: &Instrument, language: Language) -> Self {
        Self {
            id: instrument.id.clone(),
            title: instrument.title.in_language(language).into(),
            about: instrument.scoring.about.in_language(language).into(),
            statements: count(instrument.statements.len()),
            minutes: instrument.scoring.minutes,
            source: instrument.scoring.source.in_language(language).into(),
            provisional: instrument.scoring.provisional,
            one_page: instrument.scoring.one_page,
        }
    }
}

fn results_page(
    vault: &Vault,
    catalogue: &Catalogue,
    after: Option<RunId>,
    language: Language,
) -> Result<ResultsPage, ClientError> {
    let mut runs = vault.finished_runs(after, count(LISTED_RESULTS + 1))?;
    let there_are_more = runs.len() > LISTED_RESULTS;
    runs.truncate(LISTED_RESULTS);
    Ok(ResultsPage {
        results: result_rows(catalogue, &runs, language),
        earlier: runs.last().filter(|_| there_are_more).map(|run| run.id.0),
    })
}

/// Finished checks as a list shows them; what an older program cannot read is left out.
pub(crate) fn result_rows(catalogue: &Catalogue, runs: &[Run], language: Language) -> Vec<ResultRow> {
    let row = |run: &Run| {
        let instrument = catalogue.of_run(run).ok()?;
        let scores = instrument.score(&run.answers);
        let overall = instrument.scoring.overall.as_ref();
        let words = scores.dimensions.iter().filter_map(|dimension| {
            let nearest = instrument.nearest_option(&dimension.id, dimension.mean?)?;
            Some(nearest.label.in_language(language).to_owned())
        });
        Some(ResultRow {
            id: run.id.0,
            instrument: instrument.id.clone(),
            title: instrument.title.in_language(language).into(),
            taken_at: run.finished.as_ref().unwrap_or(&run.started).at.to_rfc3339(),
            overall: scores.overall.as_ref().and_then(|whole| whole.score).map(rounded),
            overall_name: overall.map(|one| one.name.in_language(language).into()),
            words: if overall.is_some() {
                Vec::new()
            } else {
                words.collect()
            },
        })
    };
    runs.iter().filter_map(row).collect()
}

/// A paused check as a card shows it.
pub(crate) fn summary(catalogue: &Catalogue, run: &Run, language: Language) -> Option<RunSummary> {
    let instrument = catalogue.of_run(run).ok()?;
    Some(RunSummary {
        id: run.id.0,
        instrument: instrument.id.clone(),
        title: instrument.title.in_language(language).into(),
        started_at: run.started.at.to_rfc3339(),
        answered: count(run.answers.len()),
        of: count(instrument.statements.len()),
    })
}

fn begun(instrument: &Instrument, now: Moment) -> Run {
    Run {
        id: RunId(Uuid::now_v7()),
        instrument: instrument.id.clone(),
        instrument_version: instrument.version.clone(),
        started: now,
        finished: None,
        position: 0,
        note: String::new(),
        corrected: None,
        answers: meter::Answers::new(),
    }
}

fn says_something(answers: &meter::Answers) -> bool {
    let mut values = answers.values();
    values.any(|answer| matches!(answer, Answer::Value(_)))
}

/// Another wall clock's time in the zone of a moment; the same minute is the same moment.
fn moved(before: &Moment, local: &str) -> Result<Moment, ClientError> {
    const MINUTES: &str = "%Y-%m-%dT%H:%M";
    if before.at.format(MINUTES).to_string() == local {
        return Ok(before.clone());
    }
    let local = NaiveDateTime::parse_from_str(local, MINUTES).map_err(|_| ClientError::Malformed)?;
    Ok(Moment {
        at: in_zone(local, before).ok_or(ClientError::Malformed)?,
        zone: before.zone.clone(),
    })
}

/// An answer as it is kept, when the statement offers it.
fn checked(instrument: &Instrument, item: &str, answer: AnswerChoice) -> Result<Answer, ClientError> {
    let statement = instrument.statements.iter().find(|one| one.id == item);
    let options = &statement.ok_or(ClientError::Malformed)?.options;
    match answer {
        AnswerChoice::Skipped => Ok(Answer::Skipped),
        AnswerChoice::Value { value } if options.iter().any(|option| option.value == value) => {
            Ok(Answer::Value(value))
        }
        AnswerChoice::Value { .. } => Err(ClientError::Malformed),
    }
}

fn run_view(run: &Run, instrument: &Instrument, language: Language) -> RunView {
    let choice = |answer: &Answer| match answer {
        Answer::Value(value) => AnswerChoice::Value { value: *value },
        Answer::Skipped => AnswerChoice::Skipped,
    };
    let text = |text: &OwnedText| text.in_language(language).to_owned();
    RunView {
        id: run.id.0,
        title: text(&instrument.title),
        period: text(&instrument.period),
        items: instrument
            .statements
            .iter()
            .map(|one| statement_item(one, language))
            .collect(),
        answers: run
            .answers
            .iter()
            .map(|(item, answer)| ItemAnswer {
                item: item.clone(),
                answer: choice(answer),
            })
            .collect(),
        position: run
            .position
            .min(count(instrument.statements.len().saturating_sub(1))),
    }
}

/// The name of an instrument; its id when it is not known any more.
pub(crate) fn title_of(vault: &Vault, instrument: &str, language: Language) -> Result<String, ClientError> {
    let shipped = meter::shipped().unwrap_or_default();
    let say = |one: &Instrument| one.title.in_language(language).to_owned();
    if let Some(one) = shipped.iter().find(|one| one.id == instrument) {
        return Ok(say(one));
    }
    let catalogue = Catalogue::of(vault)?;
    Ok(catalogue.named(instrument).map_or_else(|| instrument.into(), say))
}

pub(crate) fn statement_item(statement: &Statement, language: Language) -> StatementItem {
    let option = |option: &AnswerOption| AnswerOptionView {
        value: option.value,
        label: option.label.in_language(language).into(),
    };
    StatementItem {
        id: statement.id.clone(),
        text: statement.text.in_language(language).into(),
        options: statement.options.iter().map(option).collect(),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a score is between 0 and 100"
)]
pub(crate) fn rounded(score: f64) -> u8 {
    score.round() as u8
}

pub(crate) fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
