//! Who else handles data, and where: the register of recipients, and the border that nothing crosses (V11, V12).
//!
//! The server refuses to start with a country outside the European Economic Area, and the app shows the same register by
//! the same rule: what one of them calls inside, the other does too.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    contact::Contacts,
    language::{Language, OwnedText, Text},
};

/// Where a server shows its register, without login: `GET`, [`Register`] as JSON.
pub const PATH: &str = "/recipients";

/// Code, Dutch and English name of the countries of the European Economic Area: those of the European Union, Iceland,
/// Liechtenstein and Norway.
///
/// Parts of a country with a code of their own (Greenland, Réunion, Svalbard) do not stand here: whoever means such a
/// part means another place, and has to find out first what holds there.
const EEA: &[(&str, &str, &str)] = &[
    ("AT", "Oostenrijk", "Austria"),
    ("BE", "België", "Belgium"),
    ("BG", "Bulgarije", "Bulgaria"),
    ("CY", "Cyprus", "Cyprus"),
    ("CZ", "Tsjechië", "Czechia"),
    ("DE", "Duitsland", "Germany"),
    ("DK", "Denemarken", "Denmark"),
    ("EE", "Estland", "Estonia"),
    ("ES", "Spanje", "Spain"),
    ("FI", "Finland", "Finland"),
    ("FR", "Frankrijk", "France"),
    ("GR", "Griekenland", "Greece"),
    ("HR", "Kroatië", "Croatia"),
    ("HU", "Hongarije", "Hungary"),
    ("IE", "Ierland", "Ireland"),
    ("IS", "IJsland", "Iceland"),
    ("IT", "Italië", "Italy"),
    ("LI", "Liechtenstein", "Liechtenstein"),
    ("LT", "Litouwen", "Lithuania"),
    ("LU", "Luxemburg", "Luxembourg"),
    ("LV", "Letland", "Latvia"),
    ("MT", "Malta", "Malta"),
    ("NL", "Nederland", "the Netherlands"),
    ("NO", "Noorwegen", "Norway"),
    ("PL", "Polen", "Poland"),
    ("PT", "Portugal", "Portugal"),
    ("RO", "Roemenië", "Romania"),
    ("SE", "Zweden", "Sweden"),
    ("SI", "Slovenië", "Slovenia"),
    ("SK", "Slowakije", "Slovakia"),
];

/// A country by its two letters (ISO 3166-1 alpha-2).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(try_from = "String", into = "String")]
pub struct Country(String);

impl Country {
    /// The Netherlands, whose authority holds unless an operator says otherwise.
    #[must_use]
    pub fn netherlands() -> Self {
        Self("NL".to_owned())
    }

    /// Whether it belongs to the European Economic Area. A code that nobody knows does not.
    #[must_use]
    pub fn in_eea(&self) -> bool {
        self.names().is_some()
    }

    /// The country as a person reads it; outside the area its two letters.
    #[must_use]
    pub fn name(&self, language: Language) -> &str {
        match (self.names(), language) {
            (Some((nl, _)), Language::Nl) => nl,
            (Some((_, en)), Language::En) => en,
            (None, _) => &self.0,
        }
    }

    /// Its two letters.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.0
    }

    fn names(&self) -> Option<(&'static str, &'static str)> {
        let found = EEA.iter().find(|(code, _, _)| *code == self.0);
        found.map(|&(_, nl, en)| (nl, en))
    }
}

impl TryFrom<String> for Country {
    type Error = NotACountry;

    fn try_from(code: String) -> Result<Self, NotACountry> {
        if code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase()) {
            Ok(Self(code))
        } else {
            Err(NotACountry)
        }
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.0
    }
}

/// What was given is no country code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotACountry;

impl fmt::Display for NotACountry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a country is two capital letters (ISO 3166-1), such as NL")
    }
}

impl std::error::Error for NotACountry {}

/// What a recipient is to the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Decides together with the operator what data are used for (GDPR art. 26).
    JointController,
    /// Belongs to the same group of companies.
    Group,
    /// Handles data for the operator and on its instruction alone (GDPR art. 28).
    Processor,
}

impl Role {
    /// The role as a person reads it.
    #[must_use]
    pub const fn text(self) -> Text {
        match self {
            Self::JointController => Text {
                nl: "Beslist mee (gezamenlijk verantwoordelijk)",
                en: "Decides too (joint controller)",
            },
            Self::Group => Text {
                nl: "Hoort bij hetzelfde bedrijf",
                en: "Belongs to the same company",
            },
            Self::Processor => Text {
                nl: "Werkt in opdracht (verwerker)",
                en: "Works on instruction (processor)",
            },
        }
    }
}

/// Somebody other than the operator who gets data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Recipient {
    /// Its name in the register of companies.
    pub name: String,
    /// What it is to the operator.
    pub role: Role,
    /// What it gets data for.
    pub purpose: OwnedText,
    /// On which agreement it does so, and of when.
    pub agreement: OwnedText,
    /// Where it is.
    pub country: Country,
    /// Where the company that owns it is, when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_country: Option<Country>,
    /// From where people can get at its machines.
    #[serde(default)]
    pub remote_access: Vec<Country>,
}

/// Where data rest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Regions {
    /// Where the server and its store stand.
    pub storage: Vec<Country>,
    /// Where the server's backups lie.
    pub backup: Vec<Country>,
}

/// Everybody who gets data from the operator, and everywhere that data rest. Shown without login, and in the app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Register {
    /// Who runs the server, and whom to turn to.
    pub operator: Contacts,
    /// Everybody else.
    pub recipients: Vec<Recipient>,
    /// Where data rest.
    pub regions: Regions,
}

/// A country outside the European Economic Area, and where in the register it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outside {
    /// Its place, such as `recipients[0].parent_country`.
    pub key: String,
    /// The country.
    pub country: Country,
}

/// Every place of recipients and regions that lies outside the European Economic Area.
#[must_use]
pub fn outside_eea(recipients: &[Recipient], regions: &Regions) -> Vec<Outside> {
    let list = |key: String, countries: &[Country]| {
        let each = countries.iter().enumerate();
        each.map(|(position, country)| (format!("{key}[{position}]"), country.clone()))
            .collect::<Vec<_>>()
    };
    let mut places = Vec::new();
    for (position, one) in recipients.iter().enumerate() {
        let key = format!("recipients[{position}]");
        places.push((format!("{key}.country"), one.country.clone()));
        places.extend(
            one.parent_country
                .clone()
                .map(|parent| (format!("{key}.parent_country"), parent)),
        );
        places.extend(list(format!("{key}.remote_access"), &one.remote_access));
    }
    places.extend(list("regions.storage".into(), &regions.storage));
    places.extend(list("regions.backup".into(), &regions.backup));
    places
        .into_iter()
        .filter(|(_, country)| !country.in_eea())
        .map(|(key, country)| Outside { key, country })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn country(code: &str) -> Country {
        Country::try_from(code.to_owned()).expect("a country")
    }

    fn recipient() -> Recipient {
        let text = || OwnedText {
            nl: "Opslag".into(),
            en: "Storage".into(),
        };
        Recipient {
            name: "Voorbeeld BV".into(),
            role: Role::Processor,
            purpose: text(),
            agreement: text(),
            country: country("NL"),
            parent_country: None,
            remote_access: vec![],
        }
    }

    #[test]
    fn the_area_has_thirty_countries_each_once_with_a_name_in_both_languages() {
        assert_eq!(EEA.len(), 30);
        for (position, (code, nl, en)) in EEA.iter().enumerate() {
            assert_eq!(EEA.iter().position(|(other, _, _)| other == code), Some(position));
            assert!(country(code).in_eea() && !nl.is_empty() && !en.is_empty());
        }
    }

    #[test]
    fn neighbours_namesakes_and_what_is_no_code_are_not_inside() {
        for outside in ["GB", "CH", "US", "EU", "UK", "EL", "GL", "RE", "SJ", "XX", "ZZ"] {
            assert!(!country(outside).in_eea(), "{outside}");
        }
        for wrong in ["nl", "N", "NLD", "", "N ", "Nl", "ÄB", "Nederland"] {
            assert_eq!(Country::try_from(wrong.to_owned()), Err(NotACountry), "{wrong}");
        }
    }

    #[test]
    fn every_way_out_of_the_area_is_found_and_named() {
        let inside = Regions {
            storage: vec![country("NL")],
            backup: vec![country("DE"), country("NO")],
        };
        assert_eq!(outside_eea(&[recipient()], &inside), []);
        let owned = Recipient {
            parent_country: Some(country("US")),
            remote_access: vec![country("IE"), country("IN")],
            ..recipient()
        };
        let away = Recipient {
            country: country("GB"),
            ..recipient()
        };
        let regions = Regions {
            storage: vec![country("CH")],
            backup: vec![country("NL"), country("CA")],
        };
        let found: Vec<_> = outside_eea(&[recipient(), owned, away], &regions)
            .into_iter()
            .map(|one| format!("{} {}", one.key, one.country.code()))
            .collect();
        assert_eq!(
            found,
            [
                "recipients[1].parent_country US",
                "recipients[1].remote_access[1] IN",
                "recipients[2].country GB",
                "regions.storage[0] CH",
                "regions.backup[1] CA",
            ]
        );
    }
}
