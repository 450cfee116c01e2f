//! Results as a report shows them: scored again from their answers, instrument by instrument.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset, NaiveDate};
use regie_domain::meter::{Answer, Answers, Dimension, Instrument};
use serde::Serialize;

use super::{
    markdown::clean,
    texts::{self, Say},
};
use crate::{ArchiveError, model::Run, source::Source};

/// More columns of scores than this stand below each other in one.
const MOST_COLUMNS: usize = 5;

/// First and last day, both included; without it all days.
pub(super) type Days = Option<(NaiveDate, NaiveDate)>;

pub(super) fn holds(days: Days, day: NaiveDate) -> bool {
    days.is_none_or(|(from, to)| (from..=to).contains(&day))
}

/// What was taken with one version of one instrument, oldest first.
pub(super) struct Group<'a> {
    pub(super) instrument: &'a Instrument,
    pub(super) taken: Vec<Taken>,
}

/// One finished taking.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    pub(super) at: DateTime<FixedOffset>,
    /// By the places of [`Group::dimensions`].
    pub(super) scores: Vec<Option<f64>>,
    /// Kept, and not used.
    pub(super) held: bool,
}

/// All that was taken, and what cannot be shown of it.
#[derive(Default)]
pub(super) struct Gathered<'a> {
    pub(super) groups: Vec<Group<'a>>,
    pub(super) unfinished: usize,
    pub(super) unknown: usize,
}

impl<'a> Group<'a> {
    /// Ids of what it measures: the overall score first, where there is one.
    pub(super) fn dimensions(&self) -> Vec<&'a str> {
        dimensions(self.instrument)
    }

    /// Its title, with the version where another version stands beside it.
    pub(super) fn title(&self, all: &[Group<'_>], say: Say) -> String {
        let title = clean(self.instrument.title.in_language(say.0));
        let other = all.iter().any(|one| {
            one.instrument.id == self.instrument.id && one.instrument.version != self.instrument.version
        });
        if other {
            format!("{title} {}", clean(&self.instrument.version))
        } else {
            title
        }
    }

    /// What it asks about, and what stands behind its scores.
    pub(super) fn about(&self, given_only: bool, say: Say) -> Vec<String> {
        let period = clean(self.instrument.period.in_language(say.0));
        let scoring = &self.instrument.scoring;
        if given_only {
            return vec![period];
        }
        let source = clean(scoring.source.in_language(say.0));
        let source = if scoring.provisional {
            format!("{} {source}", say.the(texts::PROVISIONAL))
        } else {
            source
        };
        vec![period, source]
    }

    /// Number of results on these days.
    pub(super) fn count(&self, days: Days) -> usize {
        self.taken
            .iter()
            .filter(|one| holds(days, one.at.date_naive()))
            .count()
    }

    /// Whether this is what a run was taken with.
    pub(super) fn is_of(&self, run: &Run) -> bool {
        is_of(self.instrument, run)
    }
}

fn is_of(instrument: &Instrument, run: &Run) -> bool {
    instrument.id == run.instrument && instrument.version == run.instrument_version
}

pub(super) fn dimensions(instrument: &Instrument) -> Vec<&str> {
    let overall = instrument.scoring.overall.as_ref().map(|_| "overall");
    let parts = instrument.scoring.subscales.iter().map(|one| one.id.as_str());
    overall.into_iter().chain(parts).collect()
}

impl Gathered<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.unfinished == 0 && self.unknown == 0
    }

    /// What does not stand among the results, in sentences.
    pub(super) fn left_out(&self, say: Say) -> Vec<String> {
        let unfinished = (self.unfinished > 0).then(|| say.unfinished(self.unfinished));
        let unknown = (self.unknown > 0).then(|| say.unknown(self.unknown));
        unfinished.into_iter().chain(unknown).collect()
    }
}

/// Reads all runs; keeps of each its moment and its scores.
pub(super) fn gather<'a>(source: &'a dyn Source) -> Result<Gathered<'a>, ArchiveError> {
    let catalogue = source.catalogue();
    let mut taken: BTreeMap<usize, Vec<Taken>> = BTreeMap::new();
    let mut gathered = Gathered::default();
    source.runs(&mut |run| {
        let Some(finished) = &run.finished else {
            gathered.unfinished += 1;
            return Ok(());
        };
        let Some(place) = catalogue.iter().position(|one| is_of(one, &run)) else {
            gathered.unknown += 1;
            return Ok(());
        };
        if let Some(instrument) = catalogue.get(place) {
            taken.entry(place).or_default().push(Taken {
                at: finished.at,
                scores: scored(instrument, &run).iter().map(|one| one.score).collect(),
                held: run.restriction.is_some(),
            });
        }
        Ok(())
    })?;
    for (place, mut taken) in taken {
        taken.sort_by_key(|one| one.at);
        if let Some(instrument) = catalogue.get(place) {
            gathered.groups.push(Group { instrument, taken });
        }
    }
    Ok(gathered)
}

fn scored(instrument: &Instrument, run: &Run) -> Vec<Dimension> {
    let answer = |value: &Option<u8>| value.map_or(Answer::Skipped, Answer::Value);
    let answers: Answers = run
        .answers
        .iter()
        .map(|(id, value)| (id.clone(), answer(value)))
        .collect();
    let scores = instrument.score(&answers);
    scores.overall.into_iter().chain(scores.dimensions).collect()
}

/// One result as a row of a table.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) when: String,
    pub(super) cells: Vec<Cell>,
    pub(super) note: Option<String>,
    pub(super) held: Option<String>,
}

/// One score in figures and words.
#[derive(Debug, Serialize)]
pub(super) struct Cell {
    pub(super) score: String,
    pub(super) label: Option<String>,
}

/// One taking as it was answered.
#[derive(Debug, Serialize)]
pub(super) struct Answered {
    pub(super) when: String,
    pub(super) note: Option<String>,
    pub(super) held: Option<String>,
    /// Statement and answer.
    pub(super) answers: Vec<[String; 2]>,
}

/// The heads of the columns of a table of results.
pub(super) fn head(instrument: &Instrument, say: Say) -> Vec<String> {
    let names: Vec<_> = dimensions(instrument)
        .into_iter()
        .map(|id| name(instrument, id, say))
        .collect();
    let first = std::iter::once(say.the(texts::WHEN).to_owned());
    if names.len() > MOST_COLUMNS {
        return first
            .chain(std::iter::once(say.the(texts::OUTCOME).to_owned()))
            .collect();
    }
    first.chain(names).collect()
}

/// A finished run as a row below [`head`].
pub(super) fn row(instrument: &Instrument, run: &Run, at: DateTime<FixedOffset>, say: Say) -> Row {
    let scored = scored(instrument, run);
    let cells: Vec<_> = scored.iter().map(|one| cell(instrument, one, say)).collect();
    let cells = if cells.len() > MOST_COLUMNS {
        let parts: Vec<_> = scored
            .iter()
            .zip(&cells)
            .map(|(one, cell)| format!("{}: {}", name(instrument, &one.id, say), cell.in_one()))
            .collect();
        vec![Cell {
            score: String::new(),
            label: Some(parts.join("; ")),
        }]
    } else {
        cells
    };
    Row {
        when: say.short_moment(at),
        cells,
        note: note(run),
        held: held(run, say),
    }
}

/// A finished run as statements and answers.
pub(super) fn answered(instrument: &Instrument, run: &Run, at: DateTime<FixedOffset>, say: Say) -> Answered {
    let answers = instrument.statements.iter().filter_map(|statement| {
        let answer = match run.answers.get(&statement.id)? {
            None => say.the(texts::SKIPPED).to_owned(),
            Some(value) => statement
                .options
                .iter()
                .find(|option| option.value == *value)
                .map_or_else(
                    || value.to_string(),
                    |option| option.label.in_language(say.0).to_owned(),
                ),
        };
        Some([clean(statement.text.in_language(say.0)), clean(&answer)])
    });
    Answered {
        when: say.moment(at),
        note: note(run),
        held: held(run, say),
        answers: answers.collect(),
    }
}

impl Cell {
    fn in_one(&self) -> String {
        match &self.label {
            Some(label) => format!("{} ({label})", self.score),
            None => self.score.clone(),
        }
    }
}

fn cell(instrument: &Instrument, dimension: &Dimension, say: Say) -> Cell {
    let nearest = dimension
        .mean
        .and_then(|mean| instrument.nearest_option(&dimension.id, mean));
    Cell {
        score: dimension
            .score
            .map_or_else(|| "–".into(), |score| format!("{score:.0}")),
        label: nearest.map(|option| clean(option.label.in_language(say.0)).to_lowercase()),
    }
}

pub(super) fn name(instrument: &Instrument, dimension: &str, say: Say) -> String {
    let name = instrument.name_of(dimension);
    name.map_or_else(String::new, |name| clean(name.in_language(say.0)))
}

fn note(run: &Run) -> Option<String> {
    let note = clean(run.note.trim()).replace('\n', " ");
    (!note.is_empty()).then_some(note)
}

fn held(run: &Run, say: Say) -> Option<String> {
    let restriction = run.restriction.as_ref()?;
    Some(say.held(
        restriction.since.at.date_naive(),
        &clean(&restriction.reason).replace('\n', " "),
    ))
}
