//! An instrument: statements from a FHIR `Questionnaire`, and a scoring file beside it, checked when loaded.

use std::collections::BTreeSet;

use regie_protocol::OwnedText;
use serde::Deserialize;

use super::fhir::{Item, Questionnaire};

/// A checked instrument: every statement belongs to exactly one dimension and can be answered on one scale.
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
    /// The answers, lowest first.
    pub options: Vec<AnswerOption>,
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
    /// Lowest and highest answer.
    pub scale: Scale,
    /// The dimensions.
    pub subscales: Vec<Subscale>,
    /// The mean of the dimensions.
    pub overall: Overall,
    /// When there are too few answers.
    pub missing: Missing,
    /// The range of a score.
    pub map: Mapping,
    /// How long it takes, in minutes.
    pub minutes: u8,
    /// What it asks about.
    pub about: OwnedText,
    /// Where statements and scoring come from.
    pub source: OwnedText,
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
}

/// The score over all dimensions.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overall {
    /// What it is called.
    pub name: OwnedText,
    /// The dimensions that it is the mean of.
    pub of: Vec<String>,
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

/// One thing that is wrong with an instrument, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct InstrumentError {
    /// Path within the file, such as `scoring.subscales[energy].items`.
    pub place: String,
    /// What is wrong there.
    pub problem: String,
}

impl Instrument {
    /// Reads and checks the two files of an instrument.
    ///
    /// # Errors
    /// Everything that is wrong with them, each with its place.
    pub fn load(questionnaire: &str, scoring: &str) -> Result<Self, Vec<InstrumentError>> {
        let questionnaire: Questionnaire = parse("questionnaire", questionnaire)?;
        let scoring: Scoring = parse("scoring", scoring)?;
        let mut check = Check::default();
        let instrument = check.instrument(&questionnaire, scoring);
        if check.errors.is_empty() {
            instrument.ok_or_else(Vec::new)
        } else {
            Err(check.errors)
        }
    }

    /// The ids of all statements, each once.
    fn statement_ids(&self) -> BTreeSet<&str> {
        self.statements
            .iter()
            .map(|statement| statement.id.as_str())
            .collect()
    }
}

fn parse<'a, T: Deserialize<'a>>(file: &str, json: &'a str) -> Result<T, Vec<InstrumentError>> {
    serde_json::from_str(json).map_err(|error| {
        let place = format!("{file}, line {}, column {}", error.line(), error.column());
        vec![InstrumentError {
            place,
            problem: "not readable as such a file".into(),
        }]
    })
}

#[derive(Default)]
struct Check {
    errors: Vec<InstrumentError>,
}

impl Check {
    fn require(&mut self, holds: bool, place: &str, problem: &str) {
        if !holds {
            self.errors.push(InstrumentError {
                place: place.into(),
                problem: problem.into(),
            });
        }
    }

    fn instrument(&mut self, from: &Questionnaire, scoring: Scoring) -> Option<Instrument> {
        self.require(
            from.resource_type == "Questionnaire",
            "questionnaire.resourceType",
            "must be Questionnaire",
        );
        self.require(
            from.language == "en",
            "questionnaire.language",
            "the base language must be en",
        );
        let id = from.url.rsplit('/').next().unwrap_or_default();
        self.require(
            id == scoring.instrument,
            "scoring.instrument",
            "does not name this questionnaire",
        );
        self.require(
            from.version == scoring.version,
            "scoring.version",
            "does not name this version",
        );

        let title = self.text("questionnaire.title", from.title_more.with_base(&from.title));
        let group = from.item.first();
        self.require(
            from.item.len() == 1 && group.is_some_and(|item| item.kind == "group"),
            "questionnaire.item",
            "must be one group",
        );
        let group = group?;
        let period = self.text(
            "questionnaire.item[0].text",
            group.text_more.with_base(&group.text),
        );
        let statements: Vec<_> = group
            .item
            .iter()
            .filter_map(|item| self.statement(item))
            .collect();
        let options = group
            .item
            .first()
            .map(|item| self.options(item))
            .unwrap_or_default();
        for item in &group.item {
            let place = format!("questionnaire.item[{}].answerOption", item.link_id);
            let same = self.options(item) == options;
            self.require(same, &place, "every statement must have the same answers");
        }
        self.scoring(&scoring, &statements, &options);
        let instrument = Instrument {
            id: id.into(),
            version: from.version.clone(),
            title: title?,
            period: period?,
            statements,
            options,
            scoring,
        };
        let unique = instrument.statement_ids().len() == instrument.statements.len();
        self.require(unique, "questionnaire.item", "linkIds must be unique");
        Some(instrument)
    }

    fn text(&mut self, place: &str, text: Option<OwnedText>) -> Option<OwnedText> {
        self.require(text.is_some(), place, "needs a text and its Dutch translation");
        text
    }

    fn statement(&mut self, item: &Item) -> Option<Statement> {
        let place = format!("questionnaire.item[{}]", item.link_id);
        self.require(item.kind == "choice", &format!("{place}.type"), "must be choice");
        self.require(
            item.item.is_empty(),
            &format!("{place}.item"),
            "a statement holds no further items",
        );
        let text = self.text(&format!("{place}.text"), item.text_more.with_base(&item.text))?;
        Some(Statement {
            id: item.link_id.clone(),
            text,
        })
    }

    fn options(&mut self, item: &Item) -> Vec<AnswerOption> {
        let place = format!("questionnaire.item[{}].answerOption", item.link_id);
        let mut options = Vec::new();
        for option in &item.answer_option {
            let coding = &option.value_coding;
            let label = self.text(&place, coding.display_more.with_base(&coding.display));
            let value = coding.code.parse().ok();
            self.require(value.is_some(), &place, "codes must be whole numbers");
            options.extend(
                value
                    .zip(label)
                    .map(|(value, label)| AnswerOption { value, label }),
            );
        }
        options
    }

    fn scoring(&mut self, scoring: &Scoring, statements: &[Statement], options: &[AnswerOption]) {
        let scale: Vec<u8> = (scoring.scale.min..=scoring.scale.max).collect();
        let offered: Vec<u8> = options.iter().map(|option| option.value).collect();
        self.require(
            scale.len() >= 2 && scale == offered,
            "scoring.scale",
            "does not match the answers that are offered",
        );
        self.require(
            scoring.map.method == "percent-of-maximum-possible",
            "scoring.map.method",
            "is not known",
        );
        self.require(scoring.map.to == [0, 100], "scoring.map.to", "must be 0 to 100");
        let share = scoring.missing.min_answered_share;
        self.require(
            share > 0.0 && share <= 1.0,
            "scoring.missing.minAnsweredShare",
            "must be above 0 and at most 1",
        );
        self.require(scoring.minutes > 0, "scoring.minutes", "must be at least 1");

        let known: BTreeSet<&str> = statements.iter().map(|statement| statement.id.as_str()).collect();
        let mut placed = BTreeSet::new();
        for subscale in &scoring.subscales {
            let place = format!("scoring.subscales[{}]", subscale.id);
            self.require(
                !subscale.items.is_empty(),
                &format!("{place}.items"),
                "must not be empty",
            );
            for item in &subscale.items {
                self.require(
                    known.contains(item.as_str()),
                    &format!("{place}.items"),
                    &format!("{item} is not a statement"),
                );
                self.require(
                    placed.insert(item.as_str()),
                    &format!("{place}.items"),
                    &format!("{item} is counted twice"),
                );
            }
            for item in &subscale.reversed {
                self.require(
                    subscale.items.contains(item),
                    &format!("{place}.reversed"),
                    &format!("{item} is not in this dimension"),
                );
            }
        }
        for left in known.difference(&placed) {
            self.require(
                false,
                "scoring.subscales",
                &format!("{left} belongs to no dimension"),
            );
        }
        let named: BTreeSet<_> = scoring
            .subscales
            .iter()
            .map(|subscale| subscale.id.as_str())
            .collect();
        self.require(
            named.len() == scoring.subscales.len(),
            "scoring.subscales",
            "ids must be unique",
        );
        let of: BTreeSet<_> = scoring.overall.of.iter().map(String::as_str).collect();
        self.require(
            !of.is_empty() && of.is_subset(&named),
            "scoring.overall.of",
            "must name dimensions",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUESTIONNAIRE: &str = include_str!("../../content/instruments/vitality-16.questionnaire.json");
    const SCORING: &str = include_str!("../../content/instruments/vitality-16.scoring.json");

    fn errors(questionnaire: &str, scoring: &str) -> Vec<String> {
        let errors = Instrument::load(questionnaire, scoring).err().unwrap_or_default();
        errors.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_shipped_instrument_is_whole() {
        let vitality = Instrument::load(QUESTIONNAIRE, SCORING);
        let vitality = vitality
            .as_ref()
            .map(|it| (it.statements.len(), it.options.len(), it.scoring.provisional));
        assert_eq!(vitality, Ok((16, 7, true)));
    }

    #[test]
    fn every_fault_is_named_with_its_place() {
        let broken = SCORING
            .replacen("\"e1\"", "\"e9\"", 1)
            .replace("percent-of-maximum-possible", "magic")
            .replace("\"minAnsweredShare\": 0.5", "\"minAnsweredShare\": 0");
        let errors = errors(QUESTIONNAIRE, &broken);
        for expected in [
            "scoring.subscales[energy].items: e9 is not a statement",
            "scoring.subscales: e1 belongs to no dimension",
            "scoring.map.method: is not known",
            "scoring.missing.minAnsweredShare: must be above 0 and at most 1",
        ] {
            assert!(
                errors.iter().any(|error| error == expected),
                "{expected} not in {errors:?}"
            );
        }
    }

    #[test]
    fn a_missing_translation_and_a_foreign_field_are_refused() {
        let untranslated =
            QUESTIONNAIRE.replacen("StructureDefinition/translation", "StructureDefinition/other", 1);
        assert_eq!(
            errors(&untranslated, SCORING),
            ["questionnaire.title: needs a text and its Dutch translation"]
        );
        let cutoff = SCORING.replacen("\"provisional\"", "\"clinicalCutOff\": 40, \"provisional\"", 1);
        assert_eq!(errors(QUESTIONNAIRE, &cutoff).len(), 1);
    }
}
