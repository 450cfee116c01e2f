//! The result of one taking, and what may be said about it beside the person's earlier ones.

use chrono::{DateTime, FixedOffset};
use regie_domain::{
    RunId,
    meter::{
        Dimension, Instrument, Scores,
        change::{self, Basis, Change, FEWEST_RESULTS},
    },
    restriction::Use,
};
use regie_protocol::Language;
use regie_vault::{Vault, VaultError};
use serde::Serialize;
use specta::Type;
use uuid::Uuid;

use super::{count, instruments::Catalogue, rounded};
use crate::{Client, ClientError, RestrictionView, restriction};

/// Enough earlier results to compare with, also when some of them lack a score.
const LOOKED_BACK: u32 = 64;

/// The result of a check.
#[derive(Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ResultView {
    /// Which one.
    pub id: Uuid,
    /// Permanent name of the instrument.
    pub instrument: String,
    /// Title of the instrument.
    pub title: String,
    /// The period that the statements were about.
    pub period: String,
    /// When it was finished, RFC 3339.
    pub taken_at: String,
    /// IANA zone of then and there.
    pub zone: String,
    /// Over all dimensions, where the instrument has such a score.
    pub overall: Option<DimensionView>,
    /// Each dimension.
    pub dimensions: Vec<DimensionView>,
    /// The person's own note.
    pub note: String,
    /// When answers or date were last put right, RFC 3339.
    pub corrected_at: Option<String>,
    /// It is on hold.
    pub restriction: Option<RestrictionView>,
    /// Where statements and scoring come from.
    pub source: String,
    /// No validation study stands behind it.
    pub provisional: bool,
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
    /// Beside the person's earlier results; `None` without a score, and while it is on hold.
    pub change: Option<ChangeView>,
}

/// What may be said about a change.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
pub struct ChangeView {
    /// What is said.
    pub kind: ChangeKind,
    /// Number of results so far, this one included.
    pub results: u32,
    /// From so many on something is said.
    pub needed: u32,
    /// Number of earlier results that it is compared with; 0 when nothing is said.
    pub of: u32,
    /// Lower edge of what chance alone does, 0–100.
    pub low: Option<f64>,
    /// Upper edge of what chance alone does, 0–100.
    pub high: Option<f64>,
    /// Worked out from the published reliability of the instrument, not from the person's own results.
    pub published: bool,
}

/// What is said about a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum ChangeKind {
    /// Too few results to say anything.
    TooFew,
    /// No clear change.
    Unclear,
    /// Clearly higher.
    Higher,
    /// Clearly lower.
    Lower,
}

impl Client {
    /// The result of a finished check.
    ///
    /// # Errors
    /// [`VaultError::NotFound`]; [`ClientError::Locked`]; what the database says.
    pub fn meter_result(&self, id: Uuid) -> Result<ResultView, ClientError> {
        let language = self.language();
        self.with_vault(|vault| {
            let run = vault.run(RunId(id))?;
            let finished = run.finished.clone().ok_or(VaultError::NotFound)?;
            let catalogue = Catalogue::of(vault)?;
            let instrument = catalogue.of_run(&run)?;
            let comparable = vault.may_use(Use::Compare, id)?;
            let earlier = scores_before(vault, instrument, finished.at.timestamp_millis())?;
            let scores = instrument.score(&run.answers);
            let view = |dimension: &Dimension| {
                let mut view = DimensionView::of(dimension, instrument, &earlier, language);
                view.change = view.change.filter(|_| comparable);
                view
            };
            Ok(ResultView {
                id,
                instrument: instrument.id.clone(),
                title: instrument.title.in_language(language).into(),
                period: instrument.period.in_language(language).into(),
                taken_at: finished.at.to_rfc3339(),
                zone: finished.zone,
                overall: scores.overall.as_ref().map(view),
                dimensions: scores.dimensions.iter().map(view).collect(),
                note: run.note,
                corrected_at: run.corrected.map(|at| at.to_rfc3339()),
                restriction: restriction::of(vault, id)?,
                source: instrument.scoring.source.in_language(language).into(),
                provisional: instrument.scoring.provisional,
            })
        })
    }
}

/// When, and what came out of it.
pub(super) type Scored = (DateTime<FixedOffset>, Scores);

/// What was taken before a moment (milliseconds since 1970) with the same instrument, oldest first.
pub(super) fn scores_before(
    vault: &Vault,
    instrument: &Instrument,
    before_ms: i64,
) -> Result<Vec<Scored>, ClientError> {
    let mut earlier: Vec<_> = vault
        .taken_before(&instrument.id, &instrument.version, before_ms, LOOKED_BACK)?
        .iter()
        .map(|taken| (taken.at, instrument.score(&taken.answers)))
        .collect();
    earlier.reverse();
    Ok(earlier)
}

/// The score of one dimension, or of `overall`.
pub(super) fn score_in(scores: &Scores, dimension: &str) -> Option<f64> {
    let all = scores.dimensions.iter().chain(scores.overall.as_ref());
    all.filter(|one| one.id == dimension).find_map(|one| one.score)
}

/// What may be said about a score beside the earlier ones.
pub(super) fn change_of(
    instrument: &Instrument,
    dimension: &str,
    earlier: &[Scored],
    newest: f64,
) -> ChangeView {
    let row: Vec<f64> = earlier
        .iter()
        .filter_map(|(_, scores)| score_in(scores, dimension))
        .collect();
    let said = change::change(
        &row,
        newest,
        instrument.smallest_step(dimension),
        instrument.reliability(dimension),
    );
    let band = said.band();
    let published = instrument.reliability(dimension).is_some();
    ChangeView {
        kind: match said {
            Change::TooFew => ChangeKind::TooFew,
            Change::Unclear(_) => ChangeKind::Unclear,
            Change::Higher(_) => ChangeKind::Higher,
            Change::Lower(_) => ChangeKind::Lower,
        },
        results: count(row.len() + 1),
        needed: if published { 2 } else { count(FEWEST_RESULTS) },
        of: band.map_or(0, |band| count(band.of)),
        low: band.map(|band| band.low),
        high: band.map(|band| band.high),
        published: band.map_or(published, |band| band.basis == Basis::Reliability),
    }
}

impl DimensionView {
    fn of(dimension: &Dimension, instrument: &Instrument, earlier: &[Scored], language: Language) -> Self {
        let nearest = dimension
            .mean
            .and_then(|mean| instrument.nearest_option(&dimension.id, mean));
        let name = instrument.name_of(&dimension.id);
        Self {
            name: name.map_or_else(String::new, |name| name.in_language(language).into()),
            score: dimension.score.map(rounded),
            label: nearest.map(|option| option.label.in_language(language).into()),
            answered: count(dimension.answered),
            of: count(dimension.of),
            change: dimension
                .score
                .map(|score| change_of(instrument, &dimension.id, earlier, score)),
            id: dimension.id.clone(),
        }
    }
}
