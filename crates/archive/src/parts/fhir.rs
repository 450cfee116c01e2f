//! `fhir/bundle.json`: questionnaires, responses and scores as one FHIR R4B Bundle (<https://hl7.org/fhir/R4B/>), one resource a
//! line. Nobody is named in it: its subject is "the person who made this archive".

use std::{
    borrow::Cow,
    io::{self, Write},
};

use regie_domain::meter::{self, Dimension, Instrument};
use regie_protocol::Language;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{made_id, rounded, said, sheets::answers, time};
use crate::{
    ArchiveError, Reason,
    model::Run,
    pack::Pack,
    source::{About, Source},
};

/// Name of the part.
pub(crate) const NAME: &str = "fhir/bundle.json";

const SCORES: &str = "https://regie.example/fhir/CodeSystem/score";
const SUBJECT: &str = r#""subject":{"display":"The person who made this archive"}"#;
const RESTRICTED: &str = r#""tag":[{"system":"https://regie.example/fhir/CodeSystem/use","code":"restricted","display":"Kept and readable, not to be used for anything else"}]"#;
const SURVEY: &str = r#""category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"survey","display":"Survey"}]}]"#;
const SKIPPED: &str = r#"{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"asked-declined"}]}"#;

pub(crate) fn write(pack: &mut Pack<'_>, source: &dyn Source, about: &About) -> Result<(), ArchiveError> {
    let mut forms = source
        .catalogue()
        .iter()
        .map(|one| Form::of(one, source, about.language))
        .collect::<Result<Vec<_>, _>>()?;
    pack.begin(NAME)?;
    write!(
        pack,
        r#"{{"resourceType":"Bundle","type":"collection","timestamp":"{}","entry":["#,
        time(&about.made.at)
    )?;
    let mut out = Entries { pack, first: true };
    source.runs(&mut |run| {
        let form = forms.iter_mut().find(|form| form.is_of(&run));
        if let Some(form) = form
            .as_ref()
            .filter(|_| !about.given_only && run.finished.is_some())
        {
            form.scores(&mut out, &run)?;
        }
        response(&mut out, &run, form.as_deref())?;
        if let Some(form) = form {
            form.used = true;
        }
        Ok(())
    })?;
    // Shipped ones always, so that the Bundle is never empty; others where a response needs them.
    for form in forms.iter().filter(|form| form.used || form.shipped) {
        let id = made_id(&[
            b"questionnaire",
            form.instrument.id.as_bytes(),
            form.instrument.version.as_bytes(),
        ]);
        out.begin(id)?;
        out.pack.write_all(form.file.as_bytes())?;
        out.pack.write_all(b"}")?;
    }
    pack.write_all(b"\n]}\n")?;
    Ok(())
}

/// The entries of the Bundle.
struct Entries<'p, 'w> {
    pack: &'p mut Pack<'w>,
    first: bool,
}

impl Entries<'_, '_> {
    fn begin(&mut self, id: Uuid) -> io::Result<()> {
        let before = if std::mem::take(&mut self.first) { "" } else { "," };
        write!(
            self.pack,
            "{before}\n{{\"fullUrl\":\"urn:uuid:{id}\",\"resource\":"
        )
    }
}

/// An instrument and the texts of it that responses and scores repeat, written out once.
struct Form<'a> {
    instrument: &'a Instrument,
    file: Cow<'a, str>,
    shipped: bool,
    used: bool,
    canonical: String,
    group: String,
    questions: Vec<Question>,
    codes: Vec<(String, String)>,
    derivation: String,
    language: Language,
}

struct Question {
    id: String,
    begin: String,
    answers: Vec<(u8, String)>,
}

#[derive(Deserialize)]
struct File {
    questionnaire: serde_json::Value,
}

#[derive(Deserialize)]
struct Questionnaire {
    url: String,
    item: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    link_id: String,
    #[serde(default)]
    item: Vec<Item>,
    #[serde(default)]
    answer_option: Vec<AnswerOption>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct AnswerOption {
    value_coding: Coding,
}

#[derive(Deserialize, Serialize)]
struct Coding {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    system: Option<String>,
    code: String,
    display: String,
}

impl<'a> Form<'a> {
    fn of(instrument: &'a Instrument, source: &dyn Source, language: Language) -> Result<Self, ArchiveError> {
        let shipped = meter::questionnaire(&instrument.id, &instrument.version);
        let file = match shipped {
            Some(file) => Cow::Borrowed(file.trim()),
            None => Cow::Owned(brought(instrument, source)?),
        };
        let questionnaire: Questionnaire = serde_json::from_str(&file).map_err(io::Error::from)?;
        let group = questionnaire.item.into_iter().next();
        let (group_id, items) = group.map(|group| (group.link_id, group.item)).unwrap_or_default();
        let questions = items.iter().map(Question::of).collect::<io::Result<_>>()?;
        let scoring = &instrument.scoring;
        let ids = scoring.subscales.iter().map(|one| one.id.as_str());
        let ids = ids.chain(scoring.overall.as_ref().map(|_| "overall"));
        Ok(Self {
            canonical: json(&format!("{}|{}", questionnaire.url, instrument.version))?,
            group: json(&group_id)?,
            questions,
            codes: ids
                .map(|id| Ok((id.to_owned(), code(instrument, id)?)))
                .collect::<io::Result<_>>()?,
            derivation: json(&derivation(instrument, language))?,
            language,
            instrument,
            shipped: shipped.is_some(),
            used: false,
            file,
        })
    }

    fn is_of(&self, run: &Run) -> bool {
        self.instrument.id == run.instrument && self.instrument.version == run.instrument_version
    }

    fn items(&self, to: &mut Pack<'_>, run: &Run) -> io::Result<()> {
        let mut before = format!(r#","item":[{{"linkId":{},"item":["#, self.group);
        for question in &self.questions {
            let Some(answer) = run.answers.get(&question.id) else {
                continue;
            };
            let known = answer.and_then(|value| question.answers.iter().find(|(other, _)| *other == value));
            let written = match (answer, known) {
                (None, _) => SKIPPED,
                (Some(_), Some((_, written))) => written,
                (Some(_), None) => continue,
            };
            write!(to, "{before}{}{written}]}}", question.begin)?;
            ",".clone_into(&mut before);
        }
        // FHIR knows no empty lists.
        if before == "," {
            to.write_all(b"]}]")?;
        }
        Ok(())
    }

    /// An Observation for each dimension that has a score.
    fn scores(&self, out: &mut Entries<'_, '_>, run: &Run) -> io::Result<()> {
        let scores = self.instrument.score(&answers(run));
        let with_score = scores.overall.iter().chain(&scores.dimensions);
        for (one, score) in with_score.filter_map(|one| one.score.map(|score| (one, score))) {
            self.score(out, run, one, score)?;
        }
        Ok(())
    }

    fn score(&self, out: &mut Entries<'_, '_>, run: &Run, one: &Dimension, score: f64) -> io::Result<()> {
        let code = self.codes.iter().find(|(id, _)| *id == one.id);
        let (Some((_, code)), Some(finished)) = (code, &run.finished) else {
            return Ok(());
        };
        let id = made_id(&[b"score", run.id.as_bytes(), one.id.as_bytes()]);
        out.begin(id)?;
        let to = &mut *out.pack;
        write!(to, r#"{{"resourceType":"Observation","id":"{id}""#)?;
        meta(to, run)?;
        let status = if run.corrected.is_some() {
            "amended"
        } else {
            "final"
        };
        write!(to, r#","status":"{status}",{SURVEY},{code},{SUBJECT}"#)?;
        write!(to, r#","effectiveDateTime":"{}""#, time(&finished.at))?;
        write!(
            to,
            r#","valueQuantity":{{"value":{},"unit":"score from 0 to 100","system":"http://unitsofmeasure.org","code":"{{score}}"}}"#,
            rounded(score)
        )?;
        write!(
            to,
            r#","note":[{{"text":{}}},{{"text":"{}"}}]"#,
            self.derivation,
            match self.language {
                Language::Nl => format!("{} van {} uitspraken beantwoord.", one.answered, one.of),
                Language::En => format!("{} of {} statements answered.", one.answered, one.of),
            }
        )?;
        write!(
            to,
            r#","derivedFrom":[{{"reference":"urn:uuid:{}"}}]}}}}"#,
            run.id
        )
    }
}

impl Question {
    fn of(item: &Item) -> io::Result<Self> {
        let answer = |option: &AnswerOption| {
            let value = option.value_coding.code.parse().ok();
            value.map(|value| Ok((value, serde_json::to_string(option)?)))
        };
        Ok(Self {
            id: item.link_id.clone(),
            begin: format!(r#"{{"linkId":{},"answer":["#, json(&item.link_id)?),
            answers: item
                .answer_option
                .iter()
                .filter_map(answer)
                .collect::<io::Result<_>>()?,
        })
    }
}

fn response(out: &mut Entries<'_, '_>, run: &Run, form: Option<&Form<'_>>) -> io::Result<()> {
    out.begin(run.id)?;
    let to = &mut *out.pack;
    write!(
        to,
        r#"{{"resourceType":"QuestionnaireResponse","id":"{}""#,
        run.id
    )?;
    meta(to, run)?;
    if let Some(form) = form {
        write!(to, r#","questionnaire":{}"#, form.canonical)?;
    }
    let (status, authored) = match (&run.finished, run.corrected) {
        (None, _) => ("in-progress", &run.started),
        (Some(finished), None) => ("completed", finished),
        (Some(finished), Some(_)) => ("amended", finished),
    };
    write!(
        to,
        r#","status":"{status}",{SUBJECT},"authored":"{}""#,
        time(&authored.at)
    )?;
    match form {
        Some(form) => form.items(to, run)?,
        None => bare_items(to, run)?,
    }
    to.write_all(b"}}")
}

/// Answers to a questionnaire that is not at hand: places on its scale.
fn bare_items(to: &mut Pack<'_>, run: &Run) -> io::Result<()> {
    let mut before = r#","item":["#;
    for (id, answer) in &run.answers {
        write!(to, r#"{before}{{"linkId":{},"answer":["#, json(id)?)?;
        match answer {
            Some(value) => write!(to, r#"{{"valueInteger":{value}}}]}}"#)?,
            None => write!(to, "{SKIPPED}]}}")?,
        }
        before = ",";
    }
    if before == "," {
        to.write_all(b"]")?;
    }
    Ok(())
}

fn meta(to: &mut Pack<'_>, run: &Run) -> io::Result<()> {
    let corrected = run
        .corrected
        .map(|at| format!(r#""lastUpdated":"{}""#, time(&at)));
    let restricted = run.restriction.as_ref().map(|_| RESTRICTED.to_owned());
    let parts: Vec<_> = corrected.into_iter().chain(restricted).collect();
    if parts.is_empty() {
        return Ok(());
    }
    write!(to, r#","meta":{{{}}}"#, parts.join(","))
}

/// What was brought along, without what does not belong to the Questionnaire.
fn brought(instrument: &Instrument, source: &dyn Source) -> Result<String, ArchiveError> {
    let mut brought = source.instruments().iter();
    let found = brought.find(|one| one.id == instrument.id && one.version == instrument.version);
    let found = found.ok_or_else(|| ArchiveError::bad(NAME, Reason::Missing))?;
    let file: File = serde_json::from_str(&found.file).map_err(io::Error::from)?;
    Ok(serde_json::to_string(&file.questionnaire).map_err(io::Error::from)?)
}

fn code(instrument: &Instrument, id: &str) -> io::Result<String> {
    #[derive(Serialize)]
    struct Code<'a> {
        coding: [Coded<'a>; 1],
        text: String,
    }
    #[derive(Serialize)]
    struct Coded<'a> {
        system: &'a str,
        code: String,
        display: &'a str,
    }
    // As in the Questionnaire, displays are English.
    let display = instrument.name_of(id).map_or(id, |name| said(name, Language::En));
    let code = Code {
        coding: [Coded {
            system: SCORES,
            code: format!("{}.{id}", instrument.id),
            display,
        }],
        text: format!("{display}, {}", said(&instrument.title, Language::En)),
    };
    Ok(format!("\"code\":{}", serde_json::to_string(&code)?))
}

/// How a score is worked out, and what it is not.
fn derivation(instrument: &Instrument, language: Language) -> String {
    let scale = instrument.scoring.scale;
    let (min, max) = (scale.min, scale.max);
    let provisional = instrument.scoring.provisional;
    match language {
        Language::Nl => format!(
            "Door Regie uitgerekend uit de antwoorden: het gemiddelde van de beantwoorde uitspraken (die de andere kant op wijzen \
             omgekeerd) op een schaal van 0 tot 100: 100 × (gemiddelde − {min}) / ({max} − {min}). Het totaal is het gemiddelde van \
             de onderdelen. Niet bedoeld voor een diagnose of voor beslissingen over zorg of werk.{}",
            if provisional {
                " Voorlopig: er is nog geen onderzoek naar deze vragenlijst gedaan."
            } else {
                ""
            }
        ),
        Language::En => format!(
            "Worked out by Regie from the answers: the mean of the answered statements (those that point the other way turned \
             round) on a scale from 0 to 100: 100 × (mean − {min}) / ({max} − {min}). The overall score is the mean of the parts. \
             Not meant for diagnosis or for decisions about care or work.{}",
            if provisional {
                " Provisional: this questionnaire has not been studied yet."
            } else {
                ""
            }
        ),
    }
}

fn json(text: &str) -> io::Result<String> {
    Ok(serde_json::to_string(text)?)
}
