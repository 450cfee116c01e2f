//! Reads the files of an instrument and checks them; whatever is wrong is named with its place.

use std::collections::BTreeSet;

use regie_protocol::{OwnedText, Text};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    claims::{self, claim_in},
    fhir::{Item, Questionnaire},
    instrument::{AnswerOption, Instrument, Reliability, Scoring, Statement},
};

/// Longest file, in bytes.
pub const LONGEST_FILE: usize = 512 * 1024;
const MOST_STATEMENTS: usize = 150;
const MOST_ON_ONE_PAGE: usize = 6;
const MOST_OPTIONS: usize = 11;
const LONGEST_TEXT: usize = 600;
/// What a clinical instrument brings along; found anywhere among the names of fields, without regard to case or hyphens.
const CLINICAL: [&str; 9] = [
    "cutoff",
    "cutpoint",
    "clinical",
    "threshold",
    "severity",
    "diagnos",
    "norms",
    "percentile",
    "riskscore",
];
/// Code systems of care: an instrument that brings a code from one of them is a clinical one, or is meant as one.
const CLINICAL_CODES: [&str; 7] = ["loinc", "snomed", "/icd", "icd10", "icd11", "dsm", "icpc"];
/// Contexts of use that do not speak of care.
const PLAIN_CONTEXTS: [&str; 3] = ["age", "gender", "program"];
/// Questionnaires that are taken to find a disease, by the names that they go by.
const CLINICAL_SCALES: [&str; 17] = [
    " phq ",
    " phq2 ",
    " phq9 ",
    " gad7 ",
    " hads ",
    " bdi ",
    " bdi2 ",
    " dass ",
    " dass21 ",
    " dass42 ",
    " cesd ",
    " 4dkl ",
    " scl90 ",
    " pcl5 ",
    " audit c ",
    " ubos ",
    " mbi ",
];
/// Parts of a questionnaire that would change what an answer means, and that Regie does not follow.
const NOT_FOLLOWED: [&str; 4] = ["enableWhen", "answerValueSet", "initial", "repeats"];

/// One thing that is wrong with an instrument, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {}", problem.en)]
pub struct InstrumentError {
    /// Path within the file, such as `scoring.subscales[energy].items`.
    pub place: String,
    /// What is wrong there.
    pub problem: OwnedText,
}

/// An instrument as one file, for whoever brings one along.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    questionnaire: Value,
    scoring: Value,
}

impl Instrument {
    /// Reads and checks the two files of an instrument.
    ///
    /// # Errors
    /// Everything that is wrong with them, each with its place.
    pub fn load(questionnaire: &str, scoring: &str) -> Result<Self, Vec<InstrumentError>> {
        let (questionnaire, scoring) = (parse("questionnaire", questionnaire), parse("scoring", scoring));
        let (questionnaire, scoring) = both(questionnaire, scoring)?;
        Self::check(questionnaire, scoring)
    }

    /// Reads and checks an instrument that is one file: an object with `questionnaire` and `scoring`.
    ///
    /// # Errors
    /// As [`Instrument::load`]; also for more than [`LONGEST_FILE`] bytes.
    pub fn load_file(json: &str) -> Result<Self, Vec<InstrumentError>> {
        if json.len() > LONGEST_FILE {
            return Err(vec![wrong("file", "", TOO_LARGE)]);
        }
        let file: File = typed("file", parse("file", json)?)?;
        Self::check(file.questionnaire, file.scoring)
    }

    fn check(questionnaire: Value, scoring: Value) -> Result<Self, Vec<InstrumentError>> {
        let mut check = Check::default();
        check.anywhere("questionnaire", &questionnaire);
        check.anywhere("scoring", &scoring);
        let shapes = both(
            typed::<Questionnaire>("questionnaire", questionnaire),
            typed::<Scoring>("scoring", scoring),
        );
        let instrument = match shapes {
            Ok((questionnaire, scoring)) => check.instrument(&questionnaire, scoring),
            Err(errors) => {
                check.errors.extend(errors);
                None
            }
        };
        let errors = check.told_once();
        instrument.filter(|_| errors.is_empty()).ok_or(errors)
    }
}

/// Both, or what is wrong with either.
fn both<A, B>(
    one: Result<A, Vec<InstrumentError>>,
    other: Result<B, Vec<InstrumentError>>,
) -> Result<(A, B), Vec<InstrumentError>> {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok((one, other)),
        (one, other) => {
            let errors = one.err().into_iter().chain(other.err());
            Err(errors.flatten().collect())
        }
    }
}

/// How an item is called in a place: by its name where that says which one it is, else by its number.
fn called<'a>(names: impl Iterator<Item = &'a str> + Clone, at: usize) -> String {
    let name = names.clone().nth(at).filter(|name| is_name(name));
    match name {
        Some(name) if names.filter(|other| other == &name).count() == 1 => name.to_owned(),
        _ => at.to_string(),
    }
}

fn is_name(name: &str) -> bool {
    let plain = |sign: char| sign.is_ascii_alphanumeric() || "._-".contains(sign);
    (1..=64).contains(&name.len()) && name.chars().all(plain)
}

const TOO_LARGE: Text = Text {
    nl: "is groter dan 512 kB",
    en: "is larger than 512 kB",
};

fn wrong(place: &str, subject: &str, problem: Text) -> InstrumentError {
    let say = |text: &str| match subject {
        "" => text.to_owned(),
        _ => format!("{subject} {text}"),
    };
    InstrumentError {
        place: place.into(),
        problem: OwnedText {
            nl: say(problem.nl),
            en: say(problem.en),
        },
    }
}

fn parse(file: &str, json: &str) -> Result<Value, Vec<InstrumentError>> {
    serde_json::from_str(json).map_err(|error| {
        let place = format!("{file}, line {}, column {}", error.line(), error.column());
        let problem = Text {
            nl: "is hier geen leesbaar JSON-bestand",
            en: "is not readable JSON here",
        };
        vec![wrong(&place, "", problem)]
    })
}

/// What serde says about a value quotes names of fields and never more than a word of their content.
fn typed<T: DeserializeOwned>(file: &str, value: Value) -> Result<T, Vec<InstrumentError>> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let place = if path == "." {
            file.to_owned()
        } else {
            format!("{file}.{path}")
        };
        let said: String = error.inner().to_string().chars().take(160).collect();
        let problem = OwnedText {
            nl: format!("heeft niet de vorm die erbij hoort ({said})"),
            en: format!("does not have the shape that belongs there ({said})"),
        };
        vec![InstrumentError { place, problem }]
    })
}

#[derive(Default)]
struct Check {
    errors: Vec<InstrumentError>,
}

impl Check {
    fn require(&mut self, holds: bool, place: &str, nl: &'static str, en: &'static str) {
        self.require_of("", holds, place, nl, en);
    }

    fn require_of(&mut self, subject: &str, holds: bool, place: &str, nl: &'static str, en: &'static str) {
        if !holds {
            self.errors.push(wrong(place, subject, Text { nl, en }));
        }
    }

    /// What one fault says twice at one place is said once; a clinical field need not be an unknown one too.
    fn told_once(self) -> Vec<InstrumentError> {
        let mut told: Vec<InstrumentError> = Vec::new();
        for error in self.errors {
            let unknown = error.problem.en.contains("unknown field");
            if !told
                .iter()
                .any(|one| *one == error || (unknown && one.place == error.place))
            {
                told.push(error);
            }
        }
        told
    }

    /// Refuses what must not stand anywhere: names of fields, codes, contexts of use, and whatever is said.
    fn anywhere(&mut self, place: &str, value: &Value) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    let place = format!("{place}.{name}");
                    self.field(&place, name, value);
                    self.anywhere(&place, value);
                }
            }
            Value::Array(values) => {
                let name = |value: &Value| -> String {
                    let name = value.get("linkId").or_else(|| value.get("id"));
                    name.and_then(Value::as_str).unwrap_or_default().to_owned()
                };
                let names: Vec<String> = values.iter().map(name).collect();
                for (at, value) in values.iter().enumerate() {
                    let called = called(names.iter().map(String::as_str), at);
                    self.anywhere(&format!("{place}[{called}]"), value);
                }
            }
            Value::String(text) => self.said(place, text),
            Value::Number(_) | Value::Bool(_) | Value::Null => {}
        }
    }

    fn field(&mut self, place: &str, name: &str, value: &Value) {
        let plain: String = name
            .chars()
            .filter(|sign| sign.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect();
        let text = value.as_str().unwrap_or_default().to_lowercase();
        let contexts = value.as_array().filter(|_| name == "useContext");
        let clinical = CLINICAL.iter().any(|word| plain.contains(word))
            || (name == "system" && CLINICAL_CODES.iter().any(|system| text.contains(system)));
        self.clinical(!clinical, place);
        for (at, context) in contexts.into_iter().flatten().enumerate() {
            let kind = context.pointer("/code/code").and_then(Value::as_str);
            let plain = kind.is_some_and(|kind| PLAIN_CONTEXTS.contains(&kind));
            self.clinical(plain, &format!("{place}[{at}].code"));
        }
        self.require(
            !NOT_FOLLOWED.contains(&name),
            place,
            "kent Regie niet; zonder dit zou een antwoord iets anders betekenen",
            "is not known to Regie; without it an answer would mean something else",
        );
    }

    fn clinical(&mut self, holds: bool, place: &str) {
        self.require(
            holds,
            place,
            "klinische grenzen en klinische vragenlijsten laat Regie niet toe",
            "Regie does not admit clinical cut-offs or clinical questionnaires",
        );
    }

    /// The name of a study may stand in its DOI.
    fn said(&mut self, place: &str, text: &str) {
        let words = text.split_inclusive(char::is_whitespace);
        let text: String = words
            .filter(|word| !word.contains("10.") || !word.contains('/'))
            .collect();
        if let Some(claim) = claim_in(&text) {
            self.require_of(
                &format!("“{}”", claim.trim()),
                false,
                place,
                "past niet bij waar Regie voor is: geen diagnose, geen behandeling",
                "does not fit what Regie is for: no diagnosis, no treatment",
            );
        }
        let folded = claims::folded(&text);
        self.clinical(!CLINICAL_SCALES.iter().any(|scale| folded.contains(scale)), place);
    }

    fn instrument(&mut self, from: &Questionnaire, scoring: Scoring) -> Option<Instrument> {
        self.require(
            from.resource_type == "Questionnaire",
            "questionnaire.resourceType",
            "moet Questionnaire zijn",
            "must be Questionnaire",
        );
        self.require(
            from.language == "en",
            "questionnaire.language",
            "de basistaal moet en zijn",
            "the base language must be en",
        );
        let id = from.url.rsplit('/').next().unwrap_or_default();
        self.name("questionnaire.url", id);
        self.name("questionnaire.version", &from.version);
        self.require(
            id == scoring.instrument,
            "scoring.instrument",
            "noemt niet deze vragenlijst",
            "does not name this questionnaire",
        );
        self.require(
            from.version == scoring.version,
            "scoring.version",
            "noemt niet deze versie",
            "does not name this version",
        );

        let title = self.text("questionnaire.title", from.title_more.with_base(&from.title));
        let group = from.item.first();
        self.require(
            from.item.len() == 1 && group.is_some_and(|item| item.kind == "group"),
            "questionnaire.item",
            "moet één groep zijn",
            "must be one group",
        );
        let group = group?;
        let place = format!(
            "questionnaire.item[{}]",
            called([group.link_id.as_str()].into_iter(), 0)
        );
        let period = self.text(&format!("{place}.text"), group.text_more.with_base(&group.text));
        self.require(
            (1..=MOST_STATEMENTS).contains(&group.item.len()),
            &format!("{place}.item"),
            "moet 1 tot 150 uitspraken hebben",
            "must have 1 to 150 statements",
        );
        let names = group.item.iter().map(|item| item.link_id.as_str());
        let mut seen = BTreeSet::new();
        let mut statements = Vec::new();
        for (at, item) in group.item.iter().enumerate().take(MOST_STATEMENTS) {
            let place = format!("{place}.item[{}]", called(names.clone(), at));
            self.name(&format!("{place}.linkId"), &item.link_id);
            self.require(
                seen.insert(item.link_id.as_str()),
                &format!("{place}.linkId"),
                "komt al eerder voor",
                "stands on an earlier statement too",
            );
            statements.extend(self.statement(&place, item, &scoring));
        }
        self.scoring(&scoring, &seen);
        Some(Instrument {
            id: id.into(),
            version: from.version.clone(),
            title: title?,
            period: period?,
            statements,
            scoring,
        })
    }

    /// Names are shown, stored and used in places: letters, digits, dots, hyphens and underscores.
    fn name(&mut self, place: &str, name: &str) {
        self.require(
            is_name(name),
            place,
            "moet 1 tot 64 letters, cijfers, punten of streepjes zijn",
            "must be 1 to 64 letters, digits, dots or hyphens",
        );
    }

    fn text(&mut self, place: &str, text: Option<OwnedText>) -> Option<OwnedText> {
        self.require(
            text.is_some(),
            place,
            "heeft een tekst en de Nederlandse vertaling nodig",
            "needs a text and its Dutch translation",
        );
        if let Some(text) = &text {
            self.words(place, &text.nl);
            self.words(place, &text.en);
        }
        text
    }

    fn both(&mut self, place: &str, text: &OwnedText) {
        let there = !text.nl.trim().is_empty() && !text.en.trim().is_empty();
        self.require(
            there,
            place,
            "heeft een tekst in beide talen nodig",
            "needs a text in both languages",
        );
        self.words(place, &text.nl);
        self.words(place, &text.en);
    }

    fn words(&mut self, place: &str, text: &str) {
        self.require(
            text.chars().count() <= LONGEST_TEXT,
            place,
            "is langer dan 600 tekens",
            "is longer than 600 signs",
        );
        let hidden = |sign: char| {
            sign.is_control()
                || matches!(sign, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        };
        self.require(
            !text.chars().any(hidden),
            place,
            "bevat onzichtbare tekens",
            "holds invisible signs",
        );
    }

    fn statement(&mut self, place: &str, item: &Item, scoring: &Scoring) -> Option<Statement> {
        self.require(
            item.kind == "choice",
            &format!("{place}.type"),
            "moet choice zijn",
            "must be choice",
        );
        self.require(
            item.item.is_empty(),
            &format!("{place}.item"),
            "een uitspraak heeft geen verdere onderdelen",
            "a statement holds no further items",
        );
        let options = self.options(&format!("{place}.answerOption"), item, scoring);
        let text = self.text(&format!("{place}.text"), item.text_more.with_base(&item.text))?;
        Some(Statement {
            id: item.link_id.clone(),
            text,
            options,
        })
    }

    fn options(&mut self, place: &str, item: &Item, scoring: &Scoring) -> Vec<AnswerOption> {
        self.require(
            item.answer_option.len() <= MOST_OPTIONS,
            place,
            "heeft meer dan 11 antwoorden",
            "has more than 11 answers",
        );
        let mut options = Vec::new();
        let mut values = Vec::new();
        for (at, option) in item.answer_option.iter().enumerate().take(MOST_OPTIONS) {
            let place = format!("{place}[{at}].valueCoding");
            let coding = &option.value_coding;
            let label = self.text(
                &format!("{place}.display"),
                coding.display_more.with_base(&coding.display),
            );
            let value = coding.code.parse().ok();
            self.require(
                value.is_some(),
                &format!("{place}.code"),
                "moet een heel getal zijn",
                "must be a whole number",
            );
            values.extend(value);
            options.extend(
                value
                    .zip(label)
                    .map(|(value, label)| AnswerOption { value, label }),
            );
        }
        let scale = (scoring.scale.min..=scoring.scale.max).take(MOST_OPTIONS + 1);
        let whole = values.len() == item.answer_option.len();
        self.require(
            !whole || scale.eq(values),
            place,
            "past niet bij scoring.scale",
            "does not match scoring.scale",
        );
        options
    }

    fn scoring(&mut self, scoring: &Scoring, known: &BTreeSet<&str>) {
        let places = usize::from(scoring.scale.max.saturating_sub(scoring.scale.min)) + 1;
        self.require(
            (2..=MOST_OPTIONS).contains(&places),
            "scoring.scale",
            "moet van 2 tot 11 plaatsen gaan",
            "must have 2 to 11 places",
        );
        self.require(
            scoring.map.method == "percent-of-maximum-possible",
            "scoring.map.method",
            "is onbekend",
            "is not known",
        );
        self.require(
            scoring.map.to == [0, 100],
            "scoring.map.to",
            "moet 0 tot 100 zijn",
            "must be 0 to 100",
        );
        let share = scoring.missing.min_answered_share;
        self.require(
            share > 0.0 && share <= 1.0,
            "scoring.missing.minAnsweredShare",
            "moet boven 0 en hoogstens 1 zijn",
            "must be above 0 and at most 1",
        );
        self.require(
            !scoring.one_page || known.len() <= MOST_ON_ONE_PAGE,
            "scoring.onePage",
            "past alleen bij hoogstens 6 uitspraken",
            "fits at most 6 statements",
        );
        self.both("scoring.about", &scoring.about);
        self.both("scoring.source", &scoring.source);
        self.dimensions(scoring, known);
        if let Some(overall) = &scoring.overall {
            self.both("scoring.overall.name", &overall.name);
            let named: BTreeSet<_> = scoring.subscales.iter().map(|one| one.id.as_str()).collect();
            let mut of = BTreeSet::new();
            for (at, one) in overall.of.iter().enumerate() {
                self.require(
                    named.contains(one.as_str()) && of.insert(one.as_str()),
                    &format!("scoring.overall.of[{at}]"),
                    "moet een dimensie noemen, elk één keer",
                    "must name a dimension, each once",
                );
            }
            self.require(
                !overall.of.is_empty(),
                "scoring.overall.of",
                "mag niet leeg zijn",
                "must not be empty",
            );
            self.reliability("scoring.overall", overall.reliability.as_ref(), scoring);
        }
    }

    fn dimensions(&mut self, scoring: &Scoring, known: &BTreeSet<&str>) {
        let mut placed = BTreeSet::new();
        let mut named = BTreeSet::new();
        let names = scoring.subscales.iter().map(|one| one.id.as_str());
        for (at, subscale) in scoring.subscales.iter().enumerate() {
            let place = format!("scoring.subscales[{}]", called(names.clone(), at));
            self.name(&format!("{place}.id"), &subscale.id);
            self.both(&format!("{place}.name"), &subscale.name);
            self.reliability(&place, subscale.reliability.as_ref(), scoring);
            self.require(
                named.insert(subscale.id.as_str()) && subscale.id != "overall",
                &format!("{place}.id"),
                "elke id mag één keer voorkomen, en overall niet",
                "ids must be unique, and none may be overall",
            );
            let items = format!("{place}.items");
            self.require(
                !subscale.items.is_empty(),
                &items,
                "mag niet leeg zijn",
                "must not be empty",
            );
            for item in &subscale.items {
                let statement = known.contains(item.as_str());
                self.require_of(item, statement, &items, "is geen uitspraak", "is not a statement");
                let first = placed.insert(item.as_str());
                self.require_of(item, first, &items, "telt twee keer mee", "is counted twice");
            }
            for item in &subscale.reversed {
                self.require_of(
                    item,
                    subscale.items.contains(item),
                    &format!("{place}.reversed"),
                    "hoort niet bij deze dimensie",
                    "is not in this dimension",
                );
            }
        }
        for left in known.difference(&placed) {
            self.require_of(
                left,
                false,
                "scoring.subscales",
                "hoort bij geen dimensie",
                "belongs to no dimension",
            );
        }
    }

    fn reliability(&mut self, place: &str, published: Option<&Reliability>, scoring: &Scoring) {
        let Some(published) = published else { return };
        let place = format!("{place}.reliability");
        self.require(
            !scoring.provisional,
            &place,
            "kan niet bij een voorlopige vragenlijst: er is nog geen onderzoek",
            "cannot stand with a provisional instrument: there is no study yet",
        );
        self.require(
            published.coefficient > 0.0 && published.coefficient < 1.0,
            &format!("{place}.coefficient"),
            "moet boven 0 en onder 1 zijn",
            "must be above 0 and below 1",
        );
        // On a scale from 0 to 100 no group can spread wider.
        self.require(
            published.sd > 0.0 && published.sd <= 50.0,
            &format!("{place}.sd"),
            "moet boven 0 en hoogstens 50 zijn, op de schaal van 0 tot 100",
            "must be above 0 and at most 50, on the scale of 0 to 100",
        );
        self.require(
            published.source.trim().len() >= 8,
            &format!("{place}.source"),
            "moet het onderzoek noemen",
            "must name the study",
        );
        self.words(&format!("{place}.source"), &published.source);
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
    fn faults_of_both_files_are_told_at_once_each_with_a_place_of_its_own() {
        let broken = QUESTIONNAIRE
            .replace("\"code\": \"3\"", "\"code\": \"x\"")
            .replace("\"linkId\": \"m2\"", "\"linkId\": \"m1\"")
            .replace("\"linkId\": \"r5\"", "\"linkId\": \"r 5\"")
            .replacen("\"status\"", "\"threshold\": 4, \"status\"", 1);
        let loaded = Instrument::load(&broken, SCORING).expect_err("broken");
        let places: Vec<_> = loaded.iter().map(|error| error.place.as_str()).collect();
        for place in [
            "questionnaire.threshold",
            "questionnaire.item[period].item[e1].answerOption[2].valueCoding.code",
            "questionnaire.item[period].item[e2].answerOption[2].valueCoding.code",
            "questionnaire.item[period].item[4].linkId",
            "questionnaire.item[period].item[13].linkId",
        ] {
            assert_eq!(
                places.iter().filter(|one| *one == &place).count(),
                1,
                "{place} in {places:?}"
            );
        }
        let (one, other) = ("\"title\"", "\"provisional\"");
        let errors = errors(
            &QUESTIONNAIRE.replacen(one, "\"cutOff\"", 1),
            &SCORING.replacen(other, "\"severity\"", 1),
        );
        assert_eq!(
            errors
                .iter()
                .map(|error| error.split(' ').next().unwrap_or_default())
                .collect::<Vec<_>>(),
            ["questionnaire.cutOff:", "scoring.severity:", "questionnaire:"],
            "{errors:?}"
        );
    }

    #[test]
    fn a_study_may_be_cited_whatever_its_doi_says() {
        let cited = SCORING.replace("in 2015.", "in 2015, doi:10.1001/archgenpsychiatry.2015.1");
        assert!(Instrument::load(QUESTIONNAIRE, &cited).is_ok());
    }

    #[test]
    fn what_is_clinical_claims_too_much_or_cannot_be_followed_is_refused_where_it_stands() {
        let translation = "StructureDefinition/translation";
        let in_questionnaire = |from: &str, to: &str| errors(&QUESTIONNAIRE.replacen(from, to, 1), SCORING);
        let in_scoring = |from: &str, to: &str| errors(QUESTIONNAIRE, &SCORING.replacen(from, to, 1));
        let provisional = "\"provisional\": true";
        for (errors, place) in [
            (
                in_questionnaire("had energy left", "had no symptoms and healed; it treats me,"),
                "questionnaire.item[period].item[e1].text: “treats”",
            ),
            (
                in_questionnaire("Vitaliteitscheck", "Burn-outtest"),
                "questionnaire._title.extension[0].extension[1].valueString: “burnout”",
            ),
            (
                in_questionnaire("Never", "Ne\\u202ever"),
                "questionnaire.item[period].item[e1].answerOption[0].valueCoding.display: holds invisible signs",
            ),
            (
                in_questionnaire("\"type\": \"choice\"", "\"enableWhen\": [], \"type\": \"choice\""),
                "questionnaire.item[period].item[e1].enableWhen: is not known",
            ),
            (
                in_questionnaire("\"type\": \"choice\"", "\"type\": \"string\""),
                "questionnaire.item[period].item[e1].type: must be choice",
            ),
            (
                in_questionnaire(
                    "\"status\"",
                    "\"useContext\": [{\"code\": {\"code\": \"focus\"}}], \"status\"",
                ),
                "questionnaire.useContext[0].code: Regie does not admit clinical",
            ),
            (
                in_questionnaire("\"status\"", "\"subjectType\": [\"Patient\"], \"status\""),
                "questionnaire.subjectType[0]: “patient”",
            ),
            (
                in_questionnaire(
                    "\"status\"",
                    "\"code\": [{\"system\": \"http://loinc.org\", \"code\": \"44249-1\"}], \"status\"",
                ),
                "questionnaire.code[0].system: Regie does not admit clinical",
            ),
            (
                in_questionnaire(
                    "\"status\"",
                    "\"purpose\": \"To find who is depressed\", \"status\"",
                ),
                "questionnaire.purpose: “depressed”",
            ),
            (
                in_questionnaire("\"name\": \"", "\"name\": \"PHQ-9 "),
                "questionnaire.name: Regie does not admit clinical",
            ),
            (
                in_questionnaire("\"title\"", "\"headline\""),
                "questionnaire: does not have the shape that belongs there (missing field `title`",
            ),
            (
                in_questionnaire("\"code\": \"3\"", "\"code\": \"9\""),
                "questionnaire.item[period].item[e1].answerOption: does not match scoring.scale",
            ),
            (
                in_scoring(provisional, "\"provisional\": true, \"clinical\": true"),
                "scoring.clinical: Regie does not admit clinical",
            ),
            (
                in_scoring("\"id\": \"energy\"", "\"id\": \"energy\", \"cut-off\": 40"),
                "scoring.subscales[energy].cut-off: Regie does not admit clinical",
            ),
            (
                in_scoring("\"minutes\": 3", "\"minutes\": 3, \"colour\": \"red\""),
                "scoring.colour: does not have the shape",
            ),
            (
                in_scoring("\"nl\": \"Energie\"", "\"nl\": \"Depressie\""),
                "scoring.subscales[energy].name.nl: “depressi”",
            ),
            (
                in_scoring(
                    "\"reversed\": [\"r4\"]",
                    "\"reversed\": [\"r4\"], \"reliability\": {\"coefficient\": 0.9, \"sd\": 12, \"source\": \"Someone (2020)\"}",
                ),
                "scoring.subscales[resilience].reliability: cannot stand with a provisional",
            ),
            (
                errors(
                    &QUESTIONNAIRE.replacen(translation, "StructureDefinition/other", 1),
                    SCORING,
                ),
                "questionnaire.title: needs a text and its Dutch translation",
            ),
            (
                errors("{\n  \"resourceType\": oops", SCORING),
                "questionnaire, line 2, column 19: is not readable JSON here",
            ),
        ] {
            assert!(
                errors.iter().any(|error| error.starts_with(place)),
                "{place} not in {errors:?}"
            );
        }
    }

    #[test]
    fn one_file_holds_a_whole_instrument_and_a_huge_or_deep_one_is_refused() {
        let one = format!("{{\"questionnaire\": {QUESTIONNAIRE}, \"scoring\": {SCORING}}}");
        assert_eq!(Instrument::load_file(&one).map(|it| it.statements.len()), Ok(16));
        let places = |json: &str| -> Vec<String> {
            let errors = Instrument::load_file(json).err().unwrap_or_default();
            errors.into_iter().map(|error| error.place).collect()
        };
        assert_eq!(places(&format!("{one}{}", " ".repeat(LONGEST_FILE))), ["file"]);
        assert_eq!(places(&"[".repeat(100_000)), ["file, line 1, column 128"]);
        assert_eq!(places("{\"questionnaire\": {}}"), ["file"]);
        assert_eq!(
            places("{\"questionnaire\": [], \"scoring\": 7}"),
            ["questionnaire", "scoring"]
        );
    }

    #[test]
    fn published_reliability_is_taken_over_where_a_study_stands_behind_it() {
        let studied = SCORING
            .replace("\"provisional\": true", "\"provisional\": false")
            .replacen("\"reversed\": [\"r4\"]", "\"reversed\": [\"r4\"], \"reliability\": {\"coefficient\": 0.9, \"sd\": 12, \"source\": \"Someone (2020)\"}", 1);
        let instrument = Instrument::load(QUESTIONNAIRE, &studied).expect("whole");
        assert_eq!(instrument.reliability("resilience").map(|it| it.sd), Some(12.0));
        assert!(instrument.reliability("energy").is_none());
        assert!(instrument.reliability("overall").is_none());
        assert!((instrument.smallest_step("energy") - 100.0 / 30.0).abs() < 1e-9);
        assert!((instrument.smallest_step("overall") - 100.0 / 36.0 / 3.0).abs() < 1e-9);
    }
}
