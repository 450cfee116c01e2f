//! Who gets data from the server, as it says itself: asked when the person wants to read it, and kept for when there is no network.

use regie_protocol::{
    Language,
    contact::{Contact, Contacts},
    processor::{self, Country, Recipient, Register, outside_eea},
};
use regie_vault::settings::Setting;
use serde::{Deserialize, Serialize};
use specta::Type;

use super::{AccountError, RequestPurpose, work::deployment_of};
use crate::{
    Client, ClientError,
    net::{Outgoing, Reach},
};

/// A register is shorter than this, in bytes: it is kept in the vault.
const LONGEST: u32 = 64 * 1024;

/// Everybody who gets data, and where data rest; in the language in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RecipientsView {
    /// When the server said so, RFC 3339.
    pub asked: String,
    /// What the server calls itself.
    pub server: String,
    /// Everybody but who runs the server.
    pub recipients: Vec<RecipientView>,
    /// Countries where the server stands.
    pub storage: Vec<String>,
    /// Countries where its backups lie.
    pub backup: Vec<String>,
    /// Somewhere in it stands a country outside the European Economic Area.
    pub outside: bool,
    /// Whom to turn to; who was not named is left out.
    pub contacts: Vec<ContactRow>,
}

/// Somebody who gets data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RecipientView {
    /// Its name in the register of companies.
    pub name: String,
    /// What it is to the operator.
    pub role: String,
    /// What it gets data for.
    pub purpose: String,
    /// On which agreement.
    pub agreement: String,
    /// Where it is.
    pub country: String,
    /// Where the company that owns it is.
    pub parent_country: Option<String>,
    /// From where people can get at its machines.
    pub remote_access: Vec<String>,
}

/// Whom a person turns to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ContactRow {
    /// With which question.
    pub role: ContactRole,
    /// Who answers; empty where it is not said.
    pub name: String,
    /// Post, e-mail, phone and page, as far as they were given.
    pub ways: Vec<String>,
}

/// With which question a person turns to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum ContactRole {
    /// Who is responsible for the data.
    Controller,
    /// Who watches over privacy there.
    PrivacyOfficer,
    /// Who handles complaints.
    ComplaintsOfficer,
    /// The authority that anybody can turn to.
    Authority,
    /// Where a hole is reported.
    Security,
}

/// As it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    asked: String,
    register: Register,
}

impl Client {
    pub(super) fn kept_recipients(&self) -> Result<Option<RecipientsView>, ClientError> {
        let kept: Option<Kept> = self.with_vault(|vault| Ok(vault.setting(Setting::Recipients)?))?;
        Ok(kept.map(|kept| view(kept, self.language())))
    }

    pub(super) fn ask_recipients_now(&self) -> Result<RecipientsView, ClientError> {
        let register = {
            let _turn = self.account.turn();
            let account = self.own()?.account;
            let reach = Reach::of(&deployment_of(&account)?).preferring(&account.address);
            let request = Outgoing::get(processor::PATH, RequestPurpose::Recipients);
            let answer = self.ask(&reach, &request).map_err(AccountError::from)?;
            answer.succeeded()?;
            if answer.bytes() > LONGEST {
                return Err(AccountError::BadAnswer.into());
            }
            answer.read()?
        };
        let kept = Kept {
            asked: self.clock.now().at.to_rfc3339(),
            register,
        };
        self.with_vault(|vault| Ok(vault.set_setting(Setting::Recipients, &kept)?))?;
        Ok(view(kept, self.language()))
    }
}

fn view(kept: Kept, language: Language) -> RecipientsView {
    let Kept { asked, register } = kept;
    let outside = !outside_eea(&register.recipients, &register.regions).is_empty();
    RecipientsView {
        asked,
        server: register.operator.name.in_language(language).to_owned(),
        contacts: contacts(&register.operator, language),
        recipients: register
            .recipients
            .iter()
            .map(|one| recipient(one, language))
            .collect(),
        storage: names(&register.regions.storage, language),
        backup: names(&register.regions.backup, language),
        outside,
    }
}

fn recipient(one: &Recipient, language: Language) -> RecipientView {
    let name = |country: &Country| country.name(language).to_owned();
    RecipientView {
        name: one.name.clone(),
        role: one.role.text().in_language(language).to_owned(),
        purpose: one.purpose.in_language(language).to_owned(),
        agreement: one.agreement.in_language(language).to_owned(),
        country: name(&one.country),
        parent_country: one.parent_country.as_ref().map(name),
        remote_access: names(&one.remote_access, language),
    }
}

fn names(countries: &[Country], language: Language) -> Vec<String> {
    let names = countries.iter().map(|country| country.name(language).to_owned());
    names.collect()
}

fn contacts(all: &Contacts, language: Language) -> Vec<ContactRow> {
    let row = |(role, contact): (ContactRole, &Contact)| {
        let ways = [&contact.post, &contact.email, &contact.phone, &contact.web];
        ContactRow {
            role,
            name: contact.name.in_language(language).to_owned(),
            ways: ways.into_iter().flatten().cloned().collect(),
        }
    };
    [
        (ContactRole::Controller, &all.controller),
        (ContactRole::PrivacyOfficer, &all.privacy_officer),
        (ContactRole::ComplaintsOfficer, &all.complaints_officer),
        (ContactRole::Authority, &all.authority),
        (ContactRole::Security, &all.security),
    ]
    .into_iter()
    .filter(|(_, contact)| !contact.is_empty())
    .map(row)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_register_is_read_in_either_language_and_a_country_outside_the_area_is_told() {
        let text = r#"{
            "operator": {
                "name": {"nl": "Regie van Voorbeeld", "en": "Regie by Example"},
                "controller": {"name": {"nl": "Voorbeeld BV", "en": "Voorbeeld BV"}, "email": "vraag@voorbeeld.example"},
                "authority": {"web": "https://autoriteit.example"},
                "security": {}
            },
            "recipients": [{
                "name": "Opslag BV", "role": "processor",
                "purpose": {"nl": "Opslag", "en": "Storage"},
                "agreement": {"nl": "Overeenkomst van 1 mei 2026", "en": "Agreement of 1 May 2026"},
                "country": "DE", "parent_country": "US"
            }],
            "regions": {"storage": ["NL"], "backup": ["BE", "NL"]}
        }"#;
        let kept = || Kept {
            asked: "2026-11-27T20:00:00+00:00".into(),
            register: serde_json::from_str(text).expect("a register"),
        };
        let nl = view(kept(), Language::Nl);
        assert_eq!((nl.server.as_str(), nl.outside), ("Regie van Voorbeeld", true));
        assert_eq!(nl.recipients[0].country, "Duitsland");
        assert_eq!(nl.recipients[0].parent_country.as_deref(), Some("US"));
        assert_eq!(nl.recipients[0].role, "Werkt in opdracht (verwerker)");
        let en = view(kept(), Language::En);
        assert_eq!(en.recipients[0].purpose, "Storage");
        assert_eq!(en.backup, ["Belgium", "the Netherlands"]);
        let roles: Vec<_> = en.contacts.iter().map(|row| row.role).collect();
        assert_eq!(roles, [ContactRole::Controller, ContactRole::Authority]);
        assert_eq!(en.contacts[0].ways, ["vraag@voorbeeld.example"]);
    }
}
