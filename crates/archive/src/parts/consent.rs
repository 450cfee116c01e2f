//! `consent.json`: choices about purposes as consent records and receipts, in the structure of ISO/IEC TS 27560:2023 with its
//! names of fields. One record for each purpose, its events oldest first.

use std::io;

use regie_protocol::{
    Language,
    purpose::{self, Asked},
};
use serde::Serialize;

use super::{made_id, time};
use crate::{
    ArchiveError,
    model::{Choice, ConsentAct},
    pack::Pack,
    source::{About, Source},
};

/// Name of the part.
pub(crate) const NAME: &str = "consent.json";
const STRUCTURE: &str = "ISO/IEC TS 27560:2023";
const PRINCIPAL: &str = "urn:regie:the-person-who-made-this-archive";
const DEVICE: &str = "urn:regie:this-device";
const OPERATOR: &str = "urn:regie:the-operator-of-the-server-that-was-joined";
const SERVER: &str = "urn:regie:the-server-that-was-joined";

#[derive(Serialize)]
struct File<'a> {
    schema_version: &'static str,
    consent_records: &'a [Record<'a>],
    consent_receipts: Vec<Receipt<'a>>,
}

#[derive(Serialize)]
struct Record<'a> {
    schema_version: &'static str,
    record_id: String,
    pii_principal_id: &'static str,
    pii_processing: Vec<Processing<'a>>,
    party_identification: [Party; 1],
    events: Vec<Event<'a>>,
}

#[derive(Serialize)]
struct Processing<'a> {
    privacy_notice: Vec<String>,
    language: &'static str,
    purposes: [Purpose<'a>; 1],
}

#[derive(Serialize)]
struct Purpose<'a> {
    purpose: &'a str,
    purpose_version: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose_text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lawful_basis: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pii_information: Option<[Information; 1]>,
    pii_controllers: [&'static str; 1],
    storage_locations: [&'static str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    retention_period: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient_third_parties: Option<[&'static str; 1]>,
    withdrawal_method: &'static str,
}

#[derive(Serialize)]
struct Information {
    pii_type: &'static str,
}

#[derive(Serialize)]
struct Party {
    party_id: &'static str,
    party_role: &'static str,
}

#[derive(Serialize)]
struct Event<'a> {
    event_time: String,
    event_zone: &'a str,
    entity_id: &'static str,
    event_type: &'static str,
    event_state: &'static str,
    purpose_version: u32,
    privacy_notice: String,
}

#[derive(Serialize)]
struct Receipt<'a> {
    schema_version: &'static str,
    receipt_id: String,
    pii_principal_id: &'static str,
    receipt_time: String,
    consent_record: &'a Record<'a>,
}

pub(crate) fn write(pack: &mut Pack<'_>, source: &dyn Source, about: &About) -> Result<(), ArchiveError> {
    let mut records: Vec<Record<'_>> = Vec::new();
    for choice in source.choices() {
        let name = choice.purpose.as_str();
        let at = records.iter_mut().find(|record| record.is_about(name));
        match at {
            Some(record) => record.add(choice, about.language),
            None => records.push(Record::begin(choice, about.language)),
        }
    }
    let consent_receipts = records.iter().map(|record| record.receipt(about)).collect();
    let file = File {
        schema_version: STRUCTURE,
        consent_records: &records,
        consent_receipts,
    };
    pack.begin(NAME)?;
    serde_json::to_writer_pretty(pack, &file).map_err(io::Error::from)?;
    Ok(())
}

impl<'a> Record<'a> {
    fn begin(choice: &'a Choice, language: Language) -> Self {
        let first = time(&choice.at.at);
        let id = made_id(&[b"consent record", choice.purpose.as_bytes(), first.as_bytes()]);
        let mut record = Self {
            schema_version: STRUCTURE,
            record_id: id.to_string(),
            pii_principal_id: PRINCIPAL,
            pii_processing: Vec::new(),
            party_identification: [Party {
                party_id: PRINCIPAL,
                party_role: "PII principal, who alone holds the data and the key on this device",
            }],
            events: Vec::new(),
        };
        record.add(choice, language);
        record
    }

    fn is_about(&self, purpose: &str) -> bool {
        self.pii_processing
            .iter()
            .flat_map(|one| &one.purposes)
            .any(|one| one.purpose == purpose)
    }

    fn add(&mut self, choice: &'a Choice, language: Language) {
        let notice = notice(choice.statement_version);
        let version = choice.purpose_version;
        let mut versions = self.pii_processing.iter_mut();
        let known = versions.find(|one| one.purposes.iter().any(|one| one.purpose_version == version));
        match known {
            Some(known) if known.privacy_notice.contains(&notice) => {}
            Some(known) => known.privacy_notice.push(notice.clone()),
            None => self
                .pii_processing
                .push(processing(choice, notice.clone(), language)),
        }
        let given_before = self.events.iter().any(|event| event.event_state == "given");
        let (event_type, event_state) = match choice.act {
            ConsentAct::Given => ("explicit", "given"),
            ConsentAct::Withdrawn if given_before => ("withdrawal", "withdrawn"),
            ConsentAct::Withdrawn => ("refusal", "refused"),
            ConsentAct::Objected => ("objection", "objected"),
        };
        self.events.push(Event {
            event_time: time(&choice.at.at),
            event_zone: &choice.at.zone,
            entity_id: PRINCIPAL,
            event_type,
            event_state,
            purpose_version: version,
            privacy_notice: notice,
        });
    }

    fn receipt(&'a self, about: &About) -> Receipt<'a> {
        let made = time(&about.made.at);
        Receipt {
            schema_version: STRUCTURE,
            receipt_id: made_id(&[b"consent receipt", self.record_id.as_bytes(), made.as_bytes()])
                .to_string(),
            pii_principal_id: PRINCIPAL,
            receipt_time: made,
            consent_record: self,
        }
    }
}

/// The text of the version that was read; none for a version that this program does not know.
fn processing(choice: &Choice, notice: String, language: Language) -> Processing<'_> {
    let known = purpose::in_version(&choice.purpose, choice.purpose_version);
    let on_server = known.is_some_and(|one| one.asked == Asked::OnJoining);
    Processing {
        privacy_notice: vec![notice],
        language: language.code(),
        purposes: [Purpose {
            purpose: &choice.purpose,
            purpose_version: choice.purpose_version,
            purpose_text: known.map(|one| {
                format!(
                    "{}. {}",
                    one.title.in_language(language),
                    one.text.in_language(language)
                )
            }),
            lawful_basis: known.map(|one| one.ground.text().in_language(language)),
            pii_information: known.map(|one| {
                [Information {
                    pii_type: one.data.in_language(language),
                }]
            }),
            pii_controllers: [if on_server { OPERATOR } else { PRINCIPAL }],
            storage_locations: [if on_server { SERVER } else { DEVICE }],
            retention_period: known.map(|one| one.retention.in_language(language)),
            recipient_third_parties: known.map(|one| [one.recipients.in_language(language)]),
            withdrawal_method: match language {
                Language::Nl => "In Regie, bij Mijn gegevens: één schakelaar.",
                Language::En => "In Regie, under My data: one switch.",
            },
        }],
    }
}

fn notice(version: u32) -> String {
    match version {
        0 => "urn:regie:privacy-statement".to_owned(),
        version => format!("urn:regie:privacy-statement:{version}"),
    }
}
