//! Results along time: check, pulse and check-ins on one time line.

use chrono::{DateTime, FixedOffset};
use regie_domain::{
    meter::{
        Instrument,
        trend::{Grain, Point, Sample, group},
    },
    restriction::Use,
};
use regie_protocol::Language;
use regie_vault::{Vault, meter::Taken};
use serde::Serialize;
use specta::Type;

use super::{
    count,
    instruments::{Catalogue, is_shipped},
    result::{ChangeView, Scored, change_of, score_in, scores_before},
    rounded,
};
use crate::{Client, ClientError};

/// Results along time.
#[derive(Debug, Serialize, Type)]
pub struct TrendView {
    /// When the very first result was taken, milliseconds since 1970; `None` without any.
    pub first: Option<i64>,
    /// When the newest was taken.
    pub last: Option<i64>,
    /// Each dimension of each instrument that has results.
    pub series: Vec<SeriesView>,
    /// Everything is on hold: nothing is drawn.
    #[serde(rename = "onHold")]
    pub on_hold: bool,
    /// Number of results that are on hold, each by itself, and so not in it.
    pub held: u32,
}

/// One dimension of one instrument along time.
#[derive(Debug, Serialize, Type)]
pub struct SeriesView {
    /// Permanent name of the instrument.
    pub instrument: String,
    /// Its version.
    pub version: String,
    /// Its title.
    pub title: String,
    /// Id of the dimension, or `overall`.
    pub dimension: String,
    /// What it measures: lines with the same value here may be drawn as one. Regie's own instruments share their
    /// dimensions; one that was brought along shares its own with its other versions and with nothing else.
    pub measures: String,
    /// What the dimension is called.
    pub name: String,
    /// How much one point holds.
    pub grain: GrainView,
    /// The points in the order of time: those that were asked for, and those next to them on either side.
    pub points: Vec<PointView>,
    /// Number of results in the span that was asked for.
    pub results: u32,
    /// The newest score of all, 0–100; `None` when the newest result has none.
    pub newest: Option<u8>,
    /// About the newest result of all; `None` when it has no score.
    pub change: Option<ChangeView>,
    /// When the results that the newest is compared with begin; `None` where nothing is said.
    #[serde(rename = "comparedFrom")]
    pub compared_from: Option<i64>,
    /// No validation study stands behind the instrument.
    pub provisional: bool,
}

/// How much one point holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum GrainView {
    /// One result.
    Each,
    /// The mean of a week.
    Week,
    /// The mean of a month.
    Month,
}

/// One point. Its scores are never NaN, for which the generated type would otherwise leave room.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Type)]
pub struct PointView {
    /// Milliseconds since 1970.
    pub at: i64,
    /// 0–100.
    #[specta(type = u32)]
    pub score: f64,
    /// The lowest in it.
    #[specta(type = u32)]
    pub low: f64,
    /// The highest in it.
    #[specta(type = u32)]
    pub high: f64,
    /// Number of results in it.
    pub count: u32,
}

impl Client {
    /// Results between two moments (milliseconds since 1970), with as much again on either side, so that a hand can
    /// move the chart; without them all.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the database says.
    pub fn meter_trend(&self, from: Option<i64>, to: Option<i64>) -> Result<TrendView, ClientError> {
        let language = self.language();
        self.with_vault(|vault| {
            let on_hold = !vault.may_use_anything(Use::Trend)?;
            let held = vault.results_on_hold()?;
            let Some((first, last)) = vault.span_of_results()? else {
                return Ok(TrendView {
                    first: None,
                    last: None,
                    series: Vec::new(),
                    on_hold,
                    held,
                });
            };
            let span = Span {
                from: from.unwrap_or(first),
                to: to.unwrap_or(last).max(from.unwrap_or(first)),
            };
            let catalogue = Catalogue::of(vault)?;
            let margin = span.to.saturating_sub(span.from);
            let mut taken = Vec::new();
            for (id, version) in vault.instruments_taken()? {
                let Some(instrument) = catalogue.exact(&id, &version) else {
                    continue;
                };
                let runs = vault.taken_between(
                    &id,
                    &version,
                    span.from.saturating_sub(margin),
                    span.to.saturating_add(margin),
                )?;
                taken.push((instrument, runs));
            }
            // In the order in which they are offered, not in which they were taken first; the newest version first.
            taken.sort_by_key(|(instrument, _)| catalogue.place(instrument));
            let mut series = Vec::new();
            for (instrument, runs) in taken {
                series.extend(of_instrument(vault, instrument, &runs, &span, language)?);
            }
            Ok(TrendView {
                first: Some(first),
                last: Some(last),
                series,
                on_hold,
                held,
            })
        })
    }
}

/// Milliseconds since 1970.
struct Span {
    from: i64,
    to: i64,
}

impl Span {
    fn holds(&self, at: DateTime<FixedOffset>) -> bool {
        (self.from..=self.to).contains(&at.timestamp_millis())
    }
}

fn of_instrument(
    vault: &Vault,
    instrument: &Instrument,
    runs: &[Taken],
    span: &Span,
    language: Language,
) -> Result<Vec<SeriesView>, ClientError> {
    let scored: Vec<Scored> = runs
        .iter()
        .map(|run| (run.at, instrument.score(&run.answers)))
        .collect();
    let newest = vault
        .taken_before(&instrument.id, &instrument.version, i64::MAX, 1)?
        .pop();
    let newest = newest.map(|taken| (taken.at, instrument.score(&taken.answers)));
    let earlier = match &newest {
        Some((at, _)) => scores_before(vault, instrument, at.timestamp_millis())?,
        None => Vec::new(),
    };
    let shipped = is_shipped(&instrument.id);
    let overall = instrument.scoring.overall.as_ref().map(|_| "overall");
    let dimensions = overall
        .into_iter()
        .chain(instrument.scoring.subscales.iter().map(|one| one.id.as_str()));
    let view = |dimension: &str| {
        let samples: Vec<Sample> = scored
            .iter()
            .filter_map(|(at, scores)| {
                let score = score_in(scores, dimension)?;
                Some(Sample { at: *at, score })
            })
            .collect();
        let asked: Vec<Sample> = samples.iter().filter(|one| span.holds(one.at)).copied().collect();
        let grain = Grain::for_samples(&asked);
        let score = newest
            .as_ref()
            .and_then(|(_, scores)| score_in(scores, dimension));
        let change = score.map(|score| change_of(instrument, dimension, &earlier, score));
        let reach = change.as_ref().map_or(0, |change| change.of);
        let reach = usize::try_from(reach).unwrap_or(usize::MAX);
        SeriesView {
            instrument: instrument.id.clone(),
            version: instrument.version.clone(),
            title: instrument.title.in_language(language).into(),
            dimension: dimension.into(),
            measures: if shipped {
                dimension.into()
            } else {
                format!("{} {dimension}", instrument.id)
            },
            name: instrument
                .name_of(dimension)
                .map_or_else(String::new, |name| name.in_language(language).into()),
            grain: grain.into(),
            points: group(&samples, grain).into_iter().map(PointView::from).collect(),
            results: count(asked.len()),
            newest: score.map(rounded),
            compared_from: earlier
                .iter()
                .rev()
                .filter(|(_, scores)| score_in(scores, dimension).is_some())
                .take(reach)
                .last()
                .map(|(at, _)| at.timestamp_millis()),
            change,
            provisional: instrument.scoring.provisional,
        }
    };
    Ok(dimensions.map(view).collect())
}

impl From<Grain> for GrainView {
    fn from(grain: Grain) -> Self {
        match grain {
            Grain::Each => Self::Each,
            Grain::Week => Self::Week,
            Grain::Month => Self::Month,
        }
    }
}

impl From<Point> for PointView {
    fn from(point: Point) -> Self {
        Self {
            at: point.at.timestamp_millis(),
            score: tenths(point.score),
            low: tenths(point.low),
            high: tenths(point.high),
            count: count(point.count),
        }
    }
}

fn tenths(score: f64) -> f64 {
    (score * 10.0).round() / 10.0
}
