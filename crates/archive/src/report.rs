//! The readable report: checks and diary as a page for any browser and as tagged PDFs, to keep or to hand to somebody.
//!
//! What is said about scores is worked out here anew by the rules of the screens, never stored.

mod chart;
mod diary;
mod html;
mod markdown;
mod pdf;
mod results;
mod texts;
mod volumes;

pub use html::html;
pub use pdf::{Stopped, pdf};
pub use volumes::{Volume, volumes, years};

use chrono::NaiveDate;

use crate::source::About;
use results::{Days, Gathered};
use texts::Say;

/// What stands on the cover, and before the first chart.
struct Front {
    title: String,
    period: Option<String>,
    facts: Vec<String>,
    about: Vec<&'static str>,
    how: Vec<&'static str>,
}

impl Front {
    /// `entries` and `spans` are what this report holds; `days` the year that it is about, if it is about one.
    fn of(about: &About, gathered: &Gathered<'_>, entries: usize, days: Days, span: Days) -> Self {
        let say = Say(about.language);
        let counts: Vec<_> = gathered
            .groups
            .iter()
            .map(|group| (group.instrument, group.count(days)))
            .filter(|(_, count)| *count > 0)
            .collect();
        let title = match (entries > 0, counts.is_empty()) {
            (true, true) => texts::DIARY,
            (false, false) => texts::CHECKS,
            _ => texts::DIARY_AND_CHECKS,
        };
        let mut facts = Vec::new();
        if entries > 0 {
            facts.push(say.entries(entries));
        }
        facts.extend(counts.iter().map(|(instrument, count)| {
            say.results_of(
                &markdown::clean(instrument.title.in_language(about.language)),
                *count,
            )
        }));
        let scored = !about.given_only && !counts.is_empty();
        let how = [
            texts::HOW_SCORE,
            texts::HOW_MISSING,
            texts::HOW_NOISE,
            texts::HOW_CHANCE,
            texts::HOW_FORMULA,
        ];
        let mut lines = vec![texts::ABOUT_USE, texts::ABOUT_NOT, texts::ABOUT_HELD];
        if about.given_only {
            lines.push(texts::GIVEN_ONLY);
        }
        Self {
            title: say.the(title).to_owned(),
            period: about.period.or(span).map(|(from, to)| say.period(from, to)),
            facts,
            about: lines.into_iter().map(|text| say.the(text)).collect(),
            how: how
                .into_iter()
                .filter(|_| scored)
                .map(|text| say.the(text))
                .collect(),
        }
    }
}

/// The longer of two spans of days.
fn wider(span: Days, day: NaiveDate) -> Days {
    let (from, to) = span.unwrap_or((day, day));
    Some((from.min(day), to.max(day)))
}

fn made(about: &About) -> String {
    Say(about.language).made(about.made.at.date_naive(), &about.program)
}
