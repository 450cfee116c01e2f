//! Who runs a server, and whom a person turns to with which question.

use serde::{Deserialize, Serialize};

use crate::language::OwnedText;

/// One address for questions. At least one way to reach it is given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// Who answers.
    #[serde(default, skip_serializing_if = "OwnedText::is_empty")]
    pub name: OwnedText,
    /// Where a letter goes, in lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post: Option<String>,
    /// An e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// A phone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// A page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub web: Option<String>,
}

impl Contact {
    /// Whether nobody was named, as on a server for one machine.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Everybody whom a person may need.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Contacts {
    /// What this server calls itself.
    pub name: OwnedText,
    /// Who is responsible for the data.
    pub controller: Contact,
    /// Who watches over privacy there (GDPR art. 37).
    #[serde(default, skip_serializing_if = "Contact::is_empty")]
    pub privacy_officer: Contact,
    /// Who handles complaints.
    #[serde(default, skip_serializing_if = "Contact::is_empty")]
    pub complaints_officer: Contact,
    /// The authority that anybody can turn to (GDPR art. 77).
    pub authority: Contact,
    /// Where a hole is reported.
    pub security: Contact,
}

/// The Dutch authority, which holds where an operator names no other.
#[must_use]
pub fn dutch_authority() -> Contact {
    Contact {
        name: OwnedText {
            nl: "Autoriteit Persoonsgegevens".into(),
            en: "Autoriteit Persoonsgegevens (Dutch Data Protection Authority)".into(),
        },
        post: Some("Postbus 93374\n2509 AJ Den Haag".into()),
        email: None,
        phone: Some("+31 88 1805 250".into()),
        web: Some("https://autoriteitpersoonsgegevens.nl".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Language, statement};

    #[test]
    fn the_dutch_authority_is_reached_as_the_statement_says() {
        let authority = dutch_authority();
        for language in Language::ALL {
            let text = statement::newest().markdown(language);
            assert!(text.contains(authority.name.in_language(language)));
            assert!(text.contains("Postbus 93374") && text.contains("88 1805 250"));
        }
    }
}
