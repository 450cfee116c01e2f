//! The texts that fill a vault: from a file of JSON lines, or made up from a seed, over ten years.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::Context;
use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use regie_domain::{
    EntryId,
    diary::{Entry, tidy_tag},
    moment::Moment,
};
use serde::Deserialize;
use uuid::Uuid;

use crate::texts::{Dice, Phrases};

const SEED: u64 = 0x5245_4749;
const DAYS: u32 = 3652;
const SHORTEST: u64 = 400;
const LONGEST: u64 = 1200;
const TAGS: [&str; 8] = [
    "werk", "thuis", "slaap", "family", "walking", "rust", "energy", "vrienden",
];

/// Diary texts in the order in which they are written.
pub(crate) struct Corpus {
    texts: Vec<Text>,
}

/// One of them.
#[derive(Clone)]
pub(crate) struct Text {
    pub(crate) written: Moment,
    pub(crate) title: String,
    pub(crate) tags: Vec<String>,
    pub(crate) markdown: String,
}

#[derive(Deserialize)]
struct Line {
    date: String,
    #[serde(default)]
    title: Option<String>,
    body: String,
    #[serde(default)]
    tags: Vec<String>,
}

impl Corpus {
    /// The first `entries` lines of a file.
    pub(crate) fn read(file: &Path, entries: usize) -> anyhow::Result<Self> {
        let name = || format!("the corpus {}", file.display());
        let lines = BufReader::new(File::open(file).with_context(name)?).lines();
        let texts = lines
            .take(entries)
            .enumerate()
            .map(|(at, line)| Text::parse(&line?).with_context(|| format!("{}, line {}", name(), at + 1)))
            .collect::<anyhow::Result<Vec<_>>>()?;
        anyhow::ensure!(
            texts.len() == entries,
            "{} has {} entries, not {entries}",
            name(),
            texts.len()
        );
        Ok(Self { texts })
    }

    /// Made-up texts, the same ones every time: seven of ten in Dutch.
    pub(crate) fn generate(entries: usize) -> Self {
        let mut dice = Dice::seeded(SEED);
        let (dutch, english) = (Phrases::dutch(), Phrases::english());
        let texts = (0..entries).map(|at| {
            let phrases = if dice.below(10) < 7 { &dutch } else { &english };
            Text {
                written: moment(at, entries, &mut dice),
                title: phrases.say("title", &mut dice),
                tags: tags(&mut dice),
                markdown: markdown(phrases, &mut dice),
            }
        });
        Self {
            texts: texts.collect(),
        }
    }

    /// Every `nth` text.
    pub(crate) fn thinned(&self, nth: usize) -> Self {
        Self {
            texts: self.texts.iter().step_by(nth).cloned().collect(),
        }
    }

    /// All of them.
    pub(crate) fn texts(&self) -> &[Text] {
        &self.texts
    }
}

impl Text {
    fn parse(line: &str) -> anyhow::Result<Self> {
        let line: Line = serde_json::from_str(line)?;
        Ok(Self {
            written: at_home(parse_date(&line.date)?),
            title: line.title.unwrap_or_default(),
            tags: line.tags.iter().filter_map(|tag| tidy_tag(tag)).collect(),
            markdown: line.body,
        })
    }

    /// As a diary entry with an id of its own.
    pub(crate) fn entry(&self) -> Entry {
        Entry {
            id: EntryId(Uuid::now_v7()),
            own_title: self.title.clone(),
            mood: None,
            tags: self.tags.clone(),
            markdown: self.markdown.clone(),
            written: self.written.clone(),
            edited: self.written.at.to_utc(),
            caret: None,
            attachments: Vec::new(),
        }
    }
}

fn parse_date(text: &str) -> anyhow::Result<DateTime<FixedOffset>> {
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Ok(moment);
    }
    let day = || NaiveDate::parse_from_str(text, "%Y-%m-%d").map(|day| day.and_time(NaiveTime::MIN));
    let local: NaiveDateTime = text.parse().or_else(|_| day()).context("not a date")?;
    Ok(local.and_utc().fixed_offset())
}

/// The `at`th of `entries` moments, spread evenly over ten years.
fn moment(at: usize, entries: usize, dice: &mut Dice) -> Moment {
    let step = f64::from(DAYS) * 86_400.0 / to_f64(entries);
    let jitter = to_f64(usize::try_from(dice.below(1000)).unwrap_or_default()) / 1000.0;
    let after =
        TimeDelta::try_milliseconds(to_i64((to_f64(at) + jitter) * step * 1000.0)).unwrap_or_default();
    let begin = NaiveDate::from_ymd_opt(2016, 11, 1).unwrap_or_default();
    at_home(begin.and_time(NaiveTime::MIN).and_utc().fixed_offset() + after)
}

/// The moment as lived in the Netherlands, give or take the nights on which the clock changes.
fn at_home(at: DateTime<FixedOffset>) -> Moment {
    let hours = if (4..=10).contains(&at.month()) { 2 } else { 1 };
    let at = FixedOffset::east_opt(hours * 3600).map_or(at, |offset| at.with_timezone(&offset));
    Moment {
        at,
        zone: "Europe/Amsterdam".into(),
    }
}

/// None, one or two.
fn tags(dice: &mut Dice) -> Vec<String> {
    let bound = u64::try_from(TAGS.len()).unwrap_or_default();
    let mut tag = || {
        TAGS.get(usize::try_from(dice.below(bound * 2)).ok()?)
            .map(|&tag| tag.to_owned())
    };
    [tag(), tag()].into_iter().flatten().collect()
}

fn markdown(phrases: &Phrases, dice: &mut Dice) -> String {
    let length = usize::try_from(SHORTEST + dice.below(LONGEST - SHORTEST)).unwrap_or_default();
    let mut text = String::new();
    let mut left_in_paragraph = 3;
    while text.len() < length {
        if left_in_paragraph == 0 {
            left_in_paragraph = 3 + dice.below(3);
            text.push_str("\n\n");
        } else if !text.is_empty() {
            text.push(' ');
        }
        left_in_paragraph -= 1;
        text.push_str(&phrases.say("sentence", dice));
    }
    text
}

#[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 entries")]
fn to_f64(number: usize) -> f64 {
    number as f64
}

#[expect(clippy::cast_possible_truncation, reason = "ten years in milliseconds")]
fn to_i64(number: f64) -> i64 {
    number as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_texts_are_of_the_promised_size_and_order() {
        let corpus = Corpus::generate(500);
        let size: usize = corpus.texts().iter().map(|text| text.markdown.len()).sum();
        assert!((700..950).contains(&(size / 500)), "{}", size / 500);
        assert!(corpus.texts().is_sorted_by_key(|text| text.written.at));
        let [first, .., last] = corpus.texts() else {
            panic!("texts")
        };
        assert!((last.written.at - first.written.at).num_days() > 3600);
        assert!(
            !corpus
                .texts()
                .iter()
                .any(|text| text.markdown.contains(['{', '}']))
        );
    }

    #[test]
    fn a_line_of_a_file_is_read() {
        for date in ["2020-05-01", "2020-05-01T12:00:00", "2020-05-01T12:00:00+02:00"] {
            let line = format!(
                r#"{{"id":"7","date":"{date}","lang":"nl","title":"Kop","body":"Tekst.","tags":["\u0023werk"]}}"#
            );
            let text = Text::parse(&line).expect("reads");
            assert_eq!((text.title.as_str(), text.markdown.as_str()), ("Kop", "Tekst."));
            assert_eq!(text.tags, ["werk"]);
            assert_eq!(text.written.at.date_naive().to_string(), "2020-05-01");
        }
    }
}
