//! Purposes: for what data may be used, on which ground, and what a person is told before choosing.
//!
//! A purpose is data. A new one is added to [`ALL`], ships as off, and is asked once; code that rests on it
//! names its marker type, so that a consent for one purpose can never serve another.

use serde::{Deserialize, Serialize};

use crate::language::Text;

/// The ground on which a field is kept (GDPR art. 6 and 9; the first is outside the regulation).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// The person keeps it for themselves on their own device; nobody else processes it.
    OwnChoice,
    /// Consent, explicit where the data concern health (art. 6.1.a, 9.2.a).
    Consent,
    /// Needed for what the person asked for (art. 6.1.b).
    Contract,
    /// A law demands it (art. 6.1.c).
    LegalDuty,
    /// A legitimate interest, open to objection (art. 6.1.f).
    LegitimateInterest,
}

impl Ground {
    /// The ground as a person reads it.
    #[must_use]
    pub const fn text(self) -> Text {
        match self {
            Self::OwnChoice => Text {
                nl: "Je eigen keuze, op je eigen apparaat",
                en: "Your own choice, on your own device",
            },
            Self::Consent => Text {
                nl: "Jouw toestemming",
                en: "Your consent",
            },
            Self::Contract => Text {
                nl: "Nodig voor wat je vraagt",
                en: "Needed for what you ask",
            },
            Self::LegalDuty => Text {
                nl: "Een wettelijke plicht",
                en: "A legal duty",
            },
            Self::LegitimateInterest => Text {
                nl: "Een gerechtvaardigd belang",
                en: "A legitimate interest",
            },
        }
    }
}

/// A purpose that is switched on and off by the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purpose {
    /// Permanent name; stands in consent records.
    pub id: &'static str,
    /// Counts up whenever the meaning changes; an older consent then no longer covers it.
    pub version: u32,
    /// The ground of processing under this purpose.
    pub ground: Ground,
    /// What the switch says.
    pub title: Text,
    /// One or two sentences beside the switch.
    pub text: Text,
    /// Which data.
    pub data: Text,
    /// Who receives them.
    pub recipients: Text,
    /// For how long.
    pub retention: Text,
}

/// Marks, as a type, the purpose on which a piece of code rests.
pub trait Marker {
    /// The purpose that is meant.
    const PURPOSE: Purpose;
}

/// Keeping check results and the diary on this device.
#[derive(Debug)]
pub enum KeepOnDevice {}

impl Marker for KeepOnDevice {
    const PURPOSE: Purpose = Purpose {
        id: "keep_on_device",
        version: 1,
        ground: Ground::OwnChoice,
        title: Text {
            nl: "Mijn checks en dagboek bewaren op dit apparaat",
            en: "Keep my checks and diary on this device",
        },
        text: Text {
            nl: "Nodig om ze bij te houden. Versleuteld; alleen jij hebt de sleutel.",
            en: "Needed to keep track of them. Encrypted; only you hold the key.",
        },
        data: Text {
            nl: "Je antwoorden, je notities erbij en wat je in je dagboek schrijft.",
            en: "Your answers, your notes on them, and what you write in your diary.",
        },
        recipients: Text {
            nl: "Niemand.",
            en: "Nobody.",
        },
        retention: Text {
            nl: "Tot je het zelf verwijdert.",
            en: "Until you delete it yourself.",
        },
    };
}

/// Every purpose that this version knows, in the order in which they are asked.
pub const ALL: &[Purpose] = &[KeepOnDevice::PURPOSE];

/// The purpose with this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Purpose> {
    ALL.iter().find(|purpose| purpose.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_every_text_speaks_both_languages() {
        for (position, purpose) in ALL.iter().enumerate() {
            assert_eq!(
                ALL.iter().position(|other| other.id == purpose.id),
                Some(position)
            );
            for text in [
                purpose.title,
                purpose.text,
                purpose.data,
                purpose.recipients,
                purpose.retention,
            ] {
                assert!(!text.nl.is_empty() && !text.en.is_empty(), "{}", purpose.id);
                assert!(text.nl != text.en, "{}", purpose.id);
            }
        }
    }
}
