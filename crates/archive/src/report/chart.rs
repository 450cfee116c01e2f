//! Results along time: which lines a chart has, what its table holds and what its sentences say. Both forms of the report
//! show the same.

mod draw;

pub(super) use draw::ON_PAPER;

use chrono::{DateTime, FixedOffset, NaiveDate};
use regie_domain::meter::{
    self, Instrument, change,
    trend::{self, Grain, Point, Sample},
};
use serde::Serialize;

use super::{
    markdown::clean,
    results::{Days, Group, Taken, holds, name},
    texts::{self, Say},
};

/// One thing measured along time.
#[derive(Debug)]
pub(super) struct Chart {
    pub(super) title: String,
    /// The first instrument's, then shorter ones that measure the same.
    pub(super) lines: Vec<Line>,
    /// What the chart says, in sentences.
    pub(super) sentences: Vec<String>,
    /// What it is, in a line.
    pub(super) label: String,
    pub(super) tables: Vec<Table>,
}

/// The results of one instrument in it.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) dimension: String,
    pub(super) label: String,
    pub(super) points: Vec<Point>,
    grain: Grain,
    band: Option<Band>,
    said: Option<String>,
}

/// What chance alone does, and from which result to which.
#[derive(Clone, Copy, Debug)]
pub(super) struct Band {
    pub(super) from: DateTime<FixedOffset>,
    pub(super) to: DateTime<FixedOffset>,
    pub(super) low: f64,
    pub(super) high: f64,
}

/// The same in figures.
#[derive(Debug, Serialize)]
pub(super) struct Table {
    pub(super) caption: String,
    pub(super) head: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

/// A chart for each thing that was measured on these days. What is on hold counts nowhere.
pub(super) fn charts(groups: &[Group<'_>], days: Days, say: Say) -> Vec<Chart> {
    let mut seen: Vec<(String, Vec<(&Group<'_>, &str)>)> = Vec::new();
    for group in groups {
        for dimension in group.dimensions() {
            let measures = measures(group.instrument, dimension);
            match seen.iter_mut().find(|(known, _)| *known == measures) {
                Some((_, all)) => all.push((group, dimension)),
                None => seen.push((measures, vec![(group, dimension)])),
            }
        }
    }
    let mut charts: Vec<Chart> = Vec::new();
    for (_, all) in seen {
        let lines: Vec<_> = all
            .iter()
            .filter_map(|(group, dimension)| {
                let title = group.title(groups, say);
                line(group, dimension, title, days, say).map(|line| (*group, *dimension, line))
            })
            .collect();
        let Some((group, dimension, _)) = lines.first() else {
            continue;
        };
        let title = name(group.instrument, dimension, say);
        let title = if charts.iter().any(|chart| chart.title == title) {
            format!("{title} · {}", clean(group.instrument.title.in_language(say.0)))
        } else {
            title
        };
        charts.push(Chart::of(
            title,
            lines.into_iter().map(|(.., line)| line).collect(),
            say,
        ));
    }
    charts
}

/// Regie's own instruments share their dimensions; one that was brought along shares its own with its other versions.
fn measures(instrument: &Instrument, dimension: &str) -> String {
    let shipped = meter::shipped().unwrap_or_default();
    if shipped.iter().any(|one| one.id == instrument.id) {
        dimension.to_owned()
    } else {
        format!("{} {dimension}", instrument.id)
    }
}

fn line(group: &Group<'_>, dimension: &str, label: String, days: Days, say: Say) -> Option<Line> {
    let place = group.dimensions().iter().position(|one| *one == dimension)?;
    let used: Vec<&Taken> = group.taken.iter().filter(|one| !one.held).collect();
    let sample = |one: &&Taken| {
        let score = one.scores.get(place).copied().flatten()?;
        Some(Sample { at: one.at, score })
    };
    let inside = |one: &&Taken| holds(days, one.at.date_naive());
    let samples: Vec<_> = used.iter().filter(|one| inside(one)).filter_map(sample).collect();
    if samples.is_empty() {
        return None;
    }
    let grain = Grain::for_samples(&samples);
    let newest = used.iter().rposition(inside)?;
    let earlier: Vec<_> = used.get(..newest)?.iter().filter_map(sample).collect();
    let changed = used.get(newest).and_then(sample).map(|newest| {
        let row: Vec<f64> = earlier.iter().map(|one| one.score).collect();
        let instrument = group.instrument;
        let change = change::change(
            &row,
            newest.score,
            instrument.smallest_step(dimension),
            instrument.reliability(dimension),
        );
        (change, newest.at)
    });
    let band = changed.and_then(|(change, to)| {
        let band = change.band()?;
        let from = earlier.get(earlier.len().saturating_sub(band.of))?.at;
        Some(Band {
            from,
            to,
            low: band.low,
            high: band.high,
        })
    });
    Some(Line {
        dimension: dimension.to_owned(),
        label,
        points: trend::group(&samples, grain),
        grain,
        band,
        said: changed.map(|(change, _)| say.change(&change, earlier.len() + 1)),
    })
}

impl Chart {
    fn of(title: String, lines: Vec<Line>, say: Say) -> Self {
        let mut sentences: Vec<String> = lines.iter().filter_map(|line| line.sentence(say)).collect();
        if let Some(band) = lines.first().and_then(|line| line.band) {
            sentences.push(format!(
                "{} {}",
                say.the(texts::BAND),
                say.band_edges(band.low, band.high)
            ));
        }
        let mut grains: Vec<_> = lines.iter().map(|line| line.grain).collect();
        grains.retain(|grain| *grain != Grain::Each);
        grains.sort();
        grains.dedup();
        let grouped = match (grains.as_slice(), lines.len()) {
            ([], _) => None,
            ([Grain::Week], 1) => Some(texts::WEEKS),
            ([Grain::Month], 1) => Some(texts::MONTHS),
            _ => Some(texts::MIXED),
        };
        sentences.extend(grouped.map(|text| say.the(text).to_owned()));
        let days = lines
            .iter()
            .flat_map(|line| &line.points)
            .map(|one| one.at.date_naive());
        let (first, last) = (days.clone().min(), days.max());
        Self {
            label: first
                .zip(last)
                .map_or_else(|| title.clone(), |(from, to)| say.chart(&title, from, to)),
            tables: lines.iter().map(|line| line.table(&title, say)).collect(),
            title,
            lines,
            sentences,
        }
    }

    /// The band of the line that is asked about.
    pub(super) fn band(&self) -> Option<Band> {
        self.lines.first().and_then(|line| line.band)
    }
}

impl Line {
    fn sentence(&self, say: Say) -> Option<String> {
        let (first, last) = (self.points.first()?, self.points.last()?);
        let count: usize = self.points.iter().map(|point| point.count).sum();
        let (from, to) = (first.at.date_naive(), last.at.date_naive());
        let mut said = if count == 1 {
            say.one(&self.label, from, last.score)
        } else {
            let low = self.points.iter().map(|one| one.low).fold(100.0, f64::min);
            let high = self.points.iter().map(|one| one.high).fold(0.0, f64::max);
            say.course(&self.label, count, [from, to], [low, high, last.score])
        };
        if let Some(change) = &self.said {
            said.push(' ');
            said.push_str(change);
        }
        Some(said)
    }

    fn table(&self, title: &str, say: Say) -> Table {
        let first = match self.grain {
            Grain::Each => texts::DATE,
            Grain::Week => texts::WEEK_OF,
            Grain::Month => texts::MONTH,
        };
        let mut head = vec![say.the(first).to_owned(), say.the(texts::NUMBER).to_owned()];
        if self.grain != Grain::Each {
            head.push(say.the(texts::SPREAD).to_owned());
        }
        let row = |point: &Point| {
            let day = point.at.date_naive();
            let mut row = vec![self.when(day, say), format!("{:.0}", point.score)];
            if self.grain != Grain::Each {
                row.push(format!("{:.0}–{:.0}", point.low, point.high));
            }
            row
        };
        Table {
            caption: format!("{}: {title}", self.label),
            head,
            rows: self.points.iter().map(row).collect(),
        }
    }

    fn when(&self, day: NaiveDate, say: Say) -> String {
        match self.grain {
            Grain::Each => say.short_day(day),
            Grain::Week => say.short_day(day.week(chrono::Weekday::Mon).first_day()),
            Grain::Month => say.month(day),
        }
    }
}
