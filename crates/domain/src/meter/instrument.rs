//! An instrument: statements from a FHIR `Questionnaire`, and a scoring file beside it. `load.rs` reads and checks both;
//! docs/instruments.md describes them for whoever writes one.

use chrono::NaiveDate;
use regie_protocol::OwnedText;
use serde::Deserialize;

/// A checked instrument: every statement belongs to exactly one dimension, and all are answered on one scale.
#[derive(Clone, Debug)]
pub struct Instrument {
    /// Permanent name, such as `vitality-16`.
    pub id: String,
    /// Version of statements and scoring together.
    pub version: String,
    /// What it is called.
    pub title: OwnedText,
    /// The period that the statements are about.
    pub period: OwnedText,
    /// The statements, in the order of asking.
    pub statements: Vec<Statement>,
    /// How answers become scores.
    pub scoring: Scoring,
}

/// One statement.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The `linkId` of its item.
    pub id: String,
    /// The statement itself.
    pub text: OwnedText,
    /// The answers, lowest first: the same places for every statement, not always the same words.
    pub options: Vec<AnswerOption>,
}

/// One answer that can be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerOption {
    /// Its place on the scale.
    pub value: u8,
    /// Its word.
    pub label: OwnedText,
}

/// The scoring file.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scoring {
    /// The instrument that is meant.
    pub instrument: String,
    /// The version that is meant.
    pub version: String,
    /// No validation study stands behind it.
    pub provisional: bool,
    /// How often it is offered.
    #[serde(default)]
    pub rhythm: Rhythm,
    /// All statements on one page, with room for one line of one's own.
    #[serde(default)]
    pub one_page: bool,
    /// Lowest and highest answer.
    pub scale: Scale,
    /// The dimensions.
    pub subscales: Vec<Subscale>,
    /// The mean of the dimensions, where it means something.
    #[serde(default)]
    pub overall: Option<Overall>,
    /// When there are too few answers.
    pub missing: Missing,
    /// The range of a score.
    pub map: Mapping,
    /// How long it takes, in minutes; 0 for seconds.
    pub minutes: u8,
    /// What it asks about.
    pub about: OwnedText,
    /// Where statements and scoring come from.
    pub source: OwnedText,
}

/// How often an instrument is offered by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rhythm {
    /// Never; the person begins it.
    #[default]
    Whenever,
    /// Once a week.
    Weekly,
    /// Once a day.
    Daily,
}

impl Rhythm {
    /// Days from one offer to the next; `None`: it does not offer itself.
    #[must_use]
    pub const fn days(self) -> Option<u8> {
        match self {
            Self::Whenever => None,
            Self::Weekly => Some(7),
            Self::Daily => Some(1),
        }
    }

    /// Whether it is offered on a day, when it was taken last on `last`.
    #[must_use]
    pub fn is_due(self, last: Option<NaiveDate>, today: NaiveDate) -> bool {
        let Some(days) = self.days().map(i64::from) else {
            return false;
        };
        // A clock that was set back must not silence it.
        last.is_none_or(|last| (today - last).num_days().abs() >= days)
    }
}

/// Lowest and highest answer.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scale {
    /// Lowest.
    pub min: u8,
    /// Highest.
    pub max: u8,
}

/// A dimension and the statements that it is the mean of.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subscale {
    /// Permanent name, such as `energy`.
    pub id: String,
    /// What it is called.
    pub name: OwnedText,
    /// Ids of its statements.
    pub items: Vec<String>,
    /// Those of them that point the other way.
    pub reversed: Vec<String>,
    /// What a study published about how exactly it measures.
    #[serde(default)]
    pub reliability: Option<Reliability>,
}

/// The score over all dimensions.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overall {
    /// What it is called.
    pub name: OwnedText,
    /// The dimensions that it is the mean of.
    pub of: Vec<String>,
    /// What a study published about how exactly it measures.
    #[serde(default)]
    pub reliability: Option<Reliability>,
}

/// Published figures behind a reliable change index.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reliability {
    /// Reliability coefficient, above 0 and below 1.
    pub coefficient: f64,
    /// Standard deviation of the score (0–100) in the group that was studied.
    pub sd: f64,
    /// The study.
    pub source: String,
}

/// The rule for missing answers.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Missing {
    /// A dimension has a score when at least this share of its statements is answered, 0–1.
    pub min_answered_share: f64,
}

/// The range that scores are mapped to.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Lowest and highest score.
    pub to: [u8; 2],
    /// The only method known: percent of maximum possible.
    pub method: String,
}

impl Instrument {
    /// What a study published about a dimension, or about `overall`.
    #[must_use]
    pub fn reliability(&self, dimension: &str) -> Option<&Reliability> {
        match self.subscale(dimension) {
            Some(subscale) => subscale.reliability.as_ref(),
            None => self.scoring.overall.as_ref()?.reliability.as_ref(),
        }
    }

    /// What a dimension, or `overall`, is called.
    #[must_use]
    pub fn name_of(&self, dimension: &str) -> Option<&OwnedText> {
        match self.subscale(dimension) {
            Some(subscale) => Some(&subscale.name),
            None => self.scoring.overall.as_ref().map(|overall| &overall.name),
        }
    }

    /// The smallest difference in score that the answers of a dimension can express: one answer, one place further.
    #[must_use]
    pub fn smallest_step(&self, dimension: &str) -> f64 {
        let scale = f64::from(self.scoring.scale.max - self.scoring.scale.min);
        match self.subscale(dimension) {
            Some(subscale) => 100.0 / (scale * count(subscale.items.len())),
            None => {
                let parts = self
                    .scoring
                    .overall
                    .as_ref()
                    .map_or(&[][..], |overall| &overall.of);
                let finest = parts.iter().map(|part| self.smallest_step(part));
                finest.fold(100.0, f64::min) / count(parts.len())
            }
        }
    }

    pub(crate) fn subscale(&self, id: &str) -> Option<&Subscale> {
        self.scoring.subscales.iter().find(|one| one.id == id)
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "an instrument has far fewer than 2^52 statements"
)]
fn count(of: usize) -> f64 {
    of.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_rhythm_is_offered_once_in_it_and_the_rest_never() {
        let day = |day| NaiveDate::from_ymd_opt(2026, 11, day).expect("a day");
        let today = day(23);
        for (rhythm, last, due) in [
            (Rhythm::Daily, None, true),
            (Rhythm::Daily, Some(day(23)), false),
            (Rhythm::Daily, Some(day(22)), true),
            (Rhythm::Weekly, Some(day(17)), false),
            (Rhythm::Weekly, Some(day(16)), true),
            (Rhythm::Daily, Some(day(30)), true),
            (Rhythm::Whenever, None, false),
        ] {
            assert_eq!(rhythm.is_due(last, today), due, "{rhythm:?} after {last:?}");
        }
    }
}
