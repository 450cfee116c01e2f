//! The report as PDFs, typeset by Typst: tagged, PDF/UA-1.
//!
//! The template is ours and fixed; what a person wrote is handed to it as data. Typst has no file, no network and no clock.

mod desk;
pub(super) mod letters;

use chrono::{Datelike, NaiveDate};
use serde::Serialize;

pub use desk::Stopped;

use super::{
    Front, chart,
    diary::Shown,
    html::month_after,
    results::{self, Answered, Days, Gathered, Row},
    texts::{self, Say},
    volumes::Volume,
    wider,
};
use crate::{
    ArchiveError,
    source::{About, Source},
};

/// Width in which charts are drawn; the page makes them a little smaller.
const WIDTH: f64 = 470.0;
/// Rows of a table that are worth a further part beside the first.
const FEW: usize = 6;

/// Makes one PDF of the report.
///
/// # Errors
/// What the source says; [`ArchiveError::Stopped`]; [`ArchiveError::Unmade`] when it cannot be typeset.
pub fn pdf(
    source: &dyn Source,
    about: &About,
    volume: &Volume,
    stopped: Stopped<'_>,
) -> Result<Vec<u8>, ArchiveError> {
    let sheets = Sheets::of(source, about, volume)?;
    desk::typeset(&sheets, stopped)
}

/// All that stands in a volume, in the order of its pages: what the template reads.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Sheets {
    lang: &'static str,
    region: &'static str,
    title: String,
    period: Option<String>,
    date: Date,
    facts: Vec<String>,
    unprotected: &'static str,
    words: Words,
    about: Part,
    charts: Vec<Drawn>,
    results: Vec<Results>,
    result_notes: Vec<String>,
    months: Vec<Month>,
    nothing: Option<&'static str>,
    /// Filled in where a sign has no letter.
    placeholders: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Date {
    year: i32,
    month: u32,
    day: u32,
}

/// The few words that the template itself sets.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Words {
    contents: &'static str,
    trend: &'static str,
    trend_lead: &'static str,
    results: &'static str,
    note: &'static str,
    answer_head: [&'static str; 2],
    diary: &'static str,
}

#[derive(Debug, Serialize)]
struct Part {
    title: &'static str,
    text: Vec<&'static str>,
    parts: Vec<Part>,
}

#[derive(Debug, Serialize)]
struct Drawn {
    title: String,
    svg: String,
    alt: String,
    sentences: Vec<String>,
    tables: Vec<Beside>,
}

/// A table in parts that stand beside each other.
#[derive(Debug, Serialize)]
struct Beside {
    caption: String,
    head: Vec<String>,
    /// How many parts a line of the page has room for.
    beside: usize,
    parts: Vec<Vec<Vec<String>>>,
}

#[derive(Debug, Serialize)]
struct Results {
    title: String,
    about: Vec<String>,
    head: Vec<String>,
    rows: Vec<Row>,
    runs: Vec<Answered>,
}

#[derive(Debug, Serialize)]
struct Month {
    title: String,
    entries: Vec<Shown>,
}

impl Sheets {
    fn of(source: &dyn Source, about: &About, volume: &Volume) -> Result<Self, ArchiveError> {
        let say = Say(about.language);
        let days = volume.days();
        let gathered = if volume.has_results() {
            results::gather(source)?
        } else {
            Gathered::default()
        };
        let (months, span) = months(source, volume, say)?;
        let inside = gathered.groups.iter().flat_map(|group| &group.taken);
        let span = inside
            .map(|one| one.at.date_naive())
            .filter(|day| results::holds(days, *day))
            .fold(span, wider);
        let front = Front::of(about, &gathered, volume.entries.len(), days, span);
        let charts = if about.given_only || source.restriction().is_some() {
            Vec::new()
        } else {
            chart::charts(&gathered.groups, days, say)
        };
        let results = groups(source, about, &gathered, days)?;
        let nothing = (results.is_empty() && months.is_empty()).then(|| say.the(texts::NOTHING));
        let mut facts = front.facts.clone();
        facts.push(super::made(about));
        let made = about.made.at.date_naive();
        Ok(Self {
            lang: about.language.code(),
            region: if about.language.code() == "nl" { "NL" } else { "GB" },
            title: titled(&front, volume, say),
            period: front.period.clone(),
            date: Date {
                year: made.year(),
                month: made.month(),
                day: made.day(),
            },
            facts,
            unprotected: say.the(texts::UNPROTECTED),
            words: Words::of(say),
            about: about_part(source, front, say),
            charts: charts.iter().map(|chart| drawn(chart, say)).collect(),
            results,
            result_notes: gathered.left_out(say),
            months,
            nothing,
            placeholders: None,
        })
    }
}

impl Words {
    fn of(say: Say) -> Self {
        Self {
            contents: say.the(texts::CONTENTS),
            trend: say.the(texts::TREND),
            trend_lead: say.the(texts::TREND_LEAD),
            results: say.the(texts::RESULTS),
            note: say.the(texts::NOTE),
            answer_head: [say.the(texts::STATEMENT), say.the(texts::ANSWER)],
            diary: say.the(texts::DIARY),
        }
    }
}

fn titled(front: &Front, volume: &Volume, say: Say) -> String {
    let title = match volume.year {
        Some(year) => format!("{} {year}", front.title),
        None => front.title.clone(),
    };
    match volume.part {
        (_, 1) => title,
        (part, of) => say.part(&title, part, of),
    }
}

fn about_part(source: &dyn Source, front: Front, say: Say) -> Part {
    let mut text = front.about;
    if source.restriction().is_some() {
        text.push(say.the(texts::ALL_HELD));
    }
    let how = Part {
        title: say.the(texts::HOW),
        text: front.how,
        parts: Vec::new(),
    };
    Part {
        title: say.the(texts::ABOUT),
        text,
        parts: [how].into_iter().filter(|part| !part.text.is_empty()).collect(),
    }
}

fn drawn(chart: &chart::Chart, say: Say) -> Drawn {
    let beside = |table: &chart::Table| {
        let beside = if table.head.len() > 2 { 2 } else { 3 };
        let parts = table.rows.chunks(table.rows.len().div_ceil(beside).max(FEW));
        Beside {
            caption: table.caption.clone(),
            head: table.head.clone(),
            beside,
            parts: parts.map(<[Vec<String>]>::to_vec).collect(),
        }
    };
    Drawn {
        title: chart.title.clone(),
        svg: chart.svg(WIDTH, "", &[("style", "", chart::ON_PAPER)], say),
        alt: format!("{} {}", chart.label, chart.sentences.join(" ")),
        sentences: chart.sentences.clone(),
        tables: chart.tables.iter().map(beside).collect(),
    }
}

fn groups(
    source: &dyn Source,
    about: &About,
    gathered: &Gathered<'_>,
    days: Days,
) -> Result<Vec<Results>, ArchiveError> {
    let say = Say(about.language);
    let mut all: Vec<_> = gathered
        .groups
        .iter()
        .map(|group| Results {
            title: group.title(&gathered.groups, say),
            about: group.about(about.given_only, say),
            head: results::head(group.instrument, say),
            rows: Vec::new(),
            runs: Vec::new(),
        })
        .collect();
    if all.is_empty() {
        return Ok(all);
    }
    source.runs(&mut |run| {
        let Some(at) = run.finished.as_ref().map(|finished| finished.at) else {
            return Ok(());
        };
        let of = gathered.groups.iter().zip(&mut all);
        let Some((group, shown)) = of.into_iter().find(|(group, _)| group.is_of(&run)) else {
            return Ok(());
        };
        if !results::holds(days, at.date_naive()) {
            return Ok(());
        }
        if about.given_only {
            shown
                .runs
                .push(results::answered(group.instrument, &run, at, say));
        } else {
            shown.rows.push(results::row(group.instrument, &run, at, say));
        }
        Ok(())
    })?;
    all.retain(|one| !one.rows.is_empty() || !one.runs.is_empty());
    Ok(all)
}

fn months(source: &dyn Source, volume: &Volume, say: Say) -> Result<(Vec<Month>, Days), ArchiveError> {
    let mut months: Vec<Month> = Vec::new();
    let (mut place, mut span, mut month) = (0, None, None::<NaiveDate>);
    if volume.entries.is_empty() {
        return Ok((months, span));
    }
    source.entries(&mut |entry| {
        let here = volume.entries.contains(&place);
        place += 1;
        if !here {
            return Ok(());
        }
        let day = entry.written.at.date_naive();
        span = wider(span, day);
        let this = month_after(month.as_ref(), day);
        if month != Some(this) {
            months.push(Month {
                title: say.month(this),
                entries: Vec::new(),
            });
            month = Some(this);
        }
        if let Some(last) = months.last_mut() {
            last.entries.push(Shown::of(&entry, say));
        }
        Ok(())
    })?;
    Ok((months, span))
}

impl Volume {
    /// The days of its year.
    fn days(&self) -> Days {
        let year = self.year?;
        NaiveDate::from_ymd_opt(year, 1, 1).zip(NaiveDate::from_ymd_opt(year, 12, 31))
    }
}

#[cfg(test)]
mod tests;
