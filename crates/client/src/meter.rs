//! Taking a check, and its result.

use regie_domain::{
    RunId,
    meter::{self, Answer, Dimension, Instrument},
};
use regie_protocol::{Language, OwnedText, purpose::KeepOnDevice};
use regie_vault::{VaultError, meter::Run};
use serde::{Deserialize, Serialize};
use specta::Type;
use uuid::Uuid;

use crate::{Client, ClientError, consent};

const LISTED_RESULTS: u32 = 200;

/// What the check's first screen shows.
#[derive(Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct MeterView {
    /// What can be taken.
    pub instruments: Vec<InstrumentView>,
    /// The check that waits to be gone on with.
    pub paused: Option<RunSummary>,
    /// Finished ones, newest first.
    pub results: Vec<ResultRow>,
    /// Whether answers may be kept at this moment.
    pub may_write: bool,
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
}

/// A paused check.
#[derive(Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RunSummary {
    /// Which one.
    pub id: Uuid,
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
    /// The answers that can be given, lowest first.
    pub options: Vec<AnswerOptionView>,
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
#[derive(Debug, Serialize, Type)]
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
#[derive(Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ResultRow {
    /// Which one.
    pub id: Uuid,
    /// Title of the instrument.
    pub title: String,
    /// When it was finished, RFC 3339.
    pub taken_at: String,
    /// Overall score, 0–100; `None`: not enough answers.
    pub overall: Option<u8>,
}

/// A score in words and figures.
#[derive(Debug, Serialize, Type)]
pub struct DimensionView {
    /// Id of the dimension, or `overall`.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// 0–100, rounded; `None`: not enough answers.
    pub score: Option<u8>,
    /// The answer word nearest to the mean answer.
    pub label: Option<String>,
    /// Number of statements answered.
    pub answered: u32,
    /// Number of statements.
    pub of: u32,
}

/// The result of a check.
#[derive(Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ResultView {
    /// Which one.
    pub id: Uuid,
    /// Title of the instrument.
    pub title: String,
    /// The period that the statements were about.
    pub period: String,
    /// When it was finished, RFC 3339.
    pub taken_at: String,
    /// IANA zone of then and there.
    pub zone: String,
    /// Over all dimensions.
    pub overall: DimensionView,
    /// Each dimension.
    pub dimensions: Vec<DimensionView>,
    /// The person's own note.
    pub note: String,
    /// Where statements and scoring come from.
    pub source: String,
}

impl Client {
    /// What the check's first screen shows.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the database says.
    pub fn meter_overview(&self) -> Result<MeterView, ClientError> {
        let language = self.language();
        let instruments = instruments()?;
        self.with_vault(|vault| {
            Ok(MeterView {
                paused: vault
                    .paused_run()?
                    .map(|run| summary(&run, language))
                    .transpose()?,
                results: result_rows(&vault.finished_runs(LISTED_RESULTS)?, language)?,
                instruments: instruments
                    .iter()
                    .map(|one| InstrumentView::of(one, language))
                    .collect(),
                may_write: consent::may_write(vault),
            })
        })
    }

    /// Begins a check.
    ///
    /// # Errors
    /// [`VaultError::NoConsent`]; [`ClientError::Malformed`] for an unknown instrument; [`ClientError::Locked`]; what the
    /// disk says.
    pub fn meter_start(&self, instrument: &str) -> Result<RunView, ClientError> {
        let instrument = instruments()?
            .iter()
            .find(|one| one.id == instrument)
            .ok_or(ClientError::Malformed)?;
        let run = Run {
            id: RunId(Uuid::now_v7()),
            instrument: instrument.id.clone(),
            instrument_version: instrument.version.clone(),
            started: self.clock.now(),
            finished: None,
            position: 0,
            note: String::new(),
            answers: meter::Answers::new(),
        };
        self.with_vault(|vault| {
            let consent = vault.consent::<KeepOnDevice>()?;
            Ok(vault.add_run(&consent, &run)?)
        })?;
        Ok(run_view(&run, instrument, self.language()))
    }

    /// A check to go on with.
    ///
    /// # Errors
    /// [`VaultError::NotFound`]; [`ClientError::Locked`]; what the database says.
    pub fn meter_run(&self, id: Uuid) -> Result<RunView, ClientError> {
        let run = self.with_vault(|vault| Ok(vault.run(RunId(id))?))?;
        Ok(run_view(&run, instrument_of(&run)?, self.language()))
    }

    /// Keeps one answer, and the statement to go on at; durable when it returns.
    ///
    /// # Errors
    /// [`ClientError::Malformed`] for an unknown statement or answer; [`VaultError::NoConsent`]; [`VaultError::NotFound`];
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
            let instrument = instrument_of(&stored)?;
            let answer = match answer {
                AnswerChoice::Value { value } => Answer::Value(value),
                AnswerChoice::Skipped => Answer::Skipped,
            };
            let offered = |value: &u8| instrument.options.iter().any(|option| option.value == *value);
            let known = instrument.statements.iter().any(|statement| statement.id == item);
            let fits = match &answer {
                Answer::Value(value) => offered(value),
                Answer::Skipped => true,
            };
            if !known || !fits || usize::try_from(position).is_ok_and(|at| at > instrument.statements.len()) {
                return Err(ClientError::Malformed);
            }
            let consent = vault.consent::<KeepOnDevice>()?;
            Ok(vault.save_answer(&consent, stored.id, item, answer, position)?)
        })
    }

    /// Finishes a check.
    ///
    /// # Errors
    /// [`VaultError::NoConsent`]; [`VaultError::NotFound`]; [`ClientError::Locked`]; what the disk says.
    pub fn meter_finish(&self, run: Uuid) -> Result<ResultView, ClientError> {
        let now = self.clock.now();
        self.with_vault(|vault| {
            let consent = vault.consent::<KeepOnDevice>()?;
            Ok(vault.finish_run(&consent, RunId(run), &now)?)
        })?;
        self.meter_result(run)
    }

    /// The result of a finished check.
    ///
    /// # Errors
    /// [`VaultError::NotFound`]; [`ClientError::Locked`]; what the database says.
    pub fn meter_result(&self, id: Uuid) -> Result<ResultView, ClientError> {
        let run = self.with_vault(|vault| Ok(vault.run(RunId(id))?))?;
        let finished = run.finished.clone().ok_or(VaultError::NotFound)?;
        let instrument = instrument_of(&run)?;
        let scores = instrument.score(&run.answers);
        let language = self.language();
        let name_of = |id: &str| {
            instrument
                .scoring
                .subscales
                .iter()
                .find(|one| one.id == id)
                .map(|one| &one.name)
        };
        let view = |dimension: &Dimension| {
            DimensionView::of(dimension, name_of(&dimension.id), instrument, language)
        };
        Ok(ResultView {
            id,
            title: instrument.title.in_language(language).into(),
            period: instrument.period.in_language(language).into(),
            taken_at: finished.at.to_rfc3339(),
            zone: finished.zone,
            overall: view(&scores.overall),
            dimensions: scores.dimensions.iter().map(view).collect(),
            note: run.note,
            source: instrument.scoring.source.in_language(language).into(),
        })
    }

    /// Changes the note on a result.
    ///
    /// # Errors
    /// [`VaultError::NoConsent`]; [`VaultError::NotFound`]; [`VaultError::TooLarge`]; [`ClientError::Locked`].
    pub fn meter_annotate(&self, id: Uuid, note: &str) -> Result<(), ClientError> {
        self.with_vault(|vault| {
            let consent = vault.consent::<KeepOnDevice>()?;
            Ok(vault.annotate_run(&consent, RunId(id), note)?)
        })
    }

    /// Deletes a check, paused or finished; as [`Client::diary_delete`].
    ///
    /// # Errors
    /// [`VaultError::NotFound`]; [`ClientError::Locked`]; what the disk says.
    pub fn meter_delete(&self, id: Uuid) -> Result<(), ClientError> {
        let now = self.clock.now().at.to_utc();
        self.with_vault(|vault| Ok(vault.delete_run(RunId(id), now)?))
    }

    /// Takes a deletion back.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] when it is gone for good.
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
        }
    }
}

impl DimensionView {
    fn of(
        dimension: &Dimension,
        name: Option<&OwnedText>,
        instrument: &Instrument,
        language: Language,
    ) -> Self {
        let nearest = dimension.mean.and_then(|mean| instrument.nearest_option(mean));
        Self {
            id: dimension.id.clone(),
            name: name
                .unwrap_or(&instrument.scoring.overall.name)
                .in_language(language)
                .into(),
            score: dimension.score.map(rounded),
            label: nearest.map(|option| option.label.in_language(language).into()),
            answered: count(dimension.answered),
            of: count(dimension.of),
        }
    }
}

/// Finished checks as a list shows them.
pub(crate) fn result_rows(runs: &[Run], language: Language) -> Result<Vec<ResultRow>, ClientError> {
    let row = |run: &Run| {
        let instrument = instrument_of(run)?;
        Ok(ResultRow {
            id: run.id.0,
            title: instrument.title.in_language(language).into(),
            taken_at: run.finished.as_ref().unwrap_or(&run.started).at.to_rfc3339(),
            overall: instrument.score(&run.answers).overall.score.map(rounded),
        })
    };
    runs.iter().map(row).collect()
}

/// A paused check as a card shows it.
pub(crate) fn summary(run: &Run, language: Language) -> Result<RunSummary, ClientError> {
    let instrument = instrument_of(run)?;
    Ok(RunSummary {
        id: run.id.0,
        title: instrument.title.in_language(language).into(),
        started_at: run.started.at.to_rfc3339(),
        answered: count(run.answers.len()),
        of: count(instrument.statements.len()),
    })
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
            .map(|one| StatementItem {
                id: one.id.clone(),
                text: text(&one.text),
            })
            .collect(),
        options: instrument
            .options
            .iter()
            .map(|one| AnswerOptionView {
                value: one.value,
                label: text(&one.label),
            })
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

fn instruments() -> Result<&'static [Instrument], ClientError> {
    meter::shipped().map_err(|errors| {
        for error in errors {
            tracing::error!(%error, "a shipped instrument is broken");
        }
        ClientError::Malformed
    })
}

/// The name of an instrument; its id when it is not known any more.
pub(crate) fn title_of(instrument: &str, language: Language) -> String {
    let known = instruments()
        .ok()
        .and_then(|all| all.iter().find(|one| one.id == instrument));
    known.map_or_else(|| instrument.into(), |one| one.title.in_language(language).into())
}

/// The instrument in the version that was taken.
fn instrument_of(run: &Run) -> Result<&'static Instrument, ClientError> {
    let same = |one: &&Instrument| one.id == run.instrument && one.version == run.instrument_version;
    instruments()?
        .iter()
        .find(same)
        .ok_or(ClientError::Vault(VaultError::VaultNewer))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a score is between 0 and 100"
)]
fn rounded(score: f64) -> u8 {
    score.round() as u8
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
