//! The part of a FHIR R4B `Questionnaire` that an instrument uses.
//!
//! Source: <https://hl7.org/fhir/R4B/questionnaire.html>; Dutch texts stand in the standard extension
//! `http://hl7.org/fhir/StructureDefinition/translation`.

use regie_protocol::OwnedText;
use serde::Deserialize;

const TRANSLATION: &str = "http://hl7.org/fhir/StructureDefinition/translation";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Questionnaire {
    pub(crate) resource_type: String,
    pub(crate) url: String,
    pub(crate) version: String,
    pub(crate) language: String,
    pub(crate) title: String,
    #[serde(rename = "_title", default)]
    pub(crate) title_more: Element,
    pub(crate) item: Vec<Item>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Item {
    pub(crate) link_id: String,
    pub(crate) text: String,
    #[serde(rename = "_text", default)]
    pub(crate) text_more: Element,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) item: Vec<Item>,
    #[serde(default)]
    pub(crate) answer_option: Vec<AnswerOption>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AnswerOption {
    pub(crate) value_coding: Coding,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Coding {
    pub(crate) code: String,
    pub(crate) display: String,
    #[serde(rename = "_display", default)]
    pub(crate) display_more: Element,
}

/// What FHIR JSON keeps beside a primitive value.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Element {
    #[serde(default)]
    extension: Vec<Extension>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Extension {
    url: String,
    value_code: Option<String>,
    value_string: Option<String>,
    #[serde(default)]
    extension: Vec<Extension>,
}

impl Element {
    /// The text in both languages, when the Dutch translation is there.
    pub(crate) fn with_base(&self, english: &str) -> Option<OwnedText> {
        let dutch = self
            .extension
            .iter()
            .filter(|one| one.url == TRANSLATION)
            .find_map(|one| {
                let part = |name: &str| one.extension.iter().find(|part| part.url == name);
                let language = part("lang")?.value_code.as_deref()?;
                (language == "nl")
                    .then(|| part("content")?.value_string.clone())
                    .flatten()
            })?;
        let complete = !dutch.trim().is_empty() && !english.trim().is_empty();
        complete.then(|| OwnedText {
            nl: dutch,
            en: english.to_owned(),
        })
    }
}
