//! Purposes: for what data may be used, on which ground, and what a person is told before choosing.
//!
//! A purpose is data. A new one is added to [`ALL`] and asked once; there is no field for a default, so it ships as off.
//! Code that rests on it names its marker type, so that a consent for one purpose can never serve another. A purpose
//! whose meaning changes is added anew with the next version, before the one that it follows, which stays: the story of a
//! person's choices shows the text that was read then.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{language::Text, notices::Notices};

/// What a store belongs to, for a person who looks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// What the person wrote, answered and added.
    Yours,
    /// What the person decided.
    Choices,
    /// What keeps all of it on this device: keys, files, copies.
    Device,
    /// What belongs to the account at a server.
    Account,
    /// What devices need to stay alike.
    Syncing,
}

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

/// Who is asked about a purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Everybody, from the first run on.
    FromTheStart,
    /// Whoever joins a server, and nobody else.
    OnJoining,
}

/// A purpose that is switched on and off by the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purpose {
    /// Permanent name; stands in consent records.
    pub id: &'static str,
    /// Counts up whenever the meaning changes; an older consent then no longer covers it.
    pub version: u32,
    /// Who is asked about it.
    pub asked: Asked,
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
        asked: Asked::FromTheStart,
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

/// Showing by itself what was written on the same day in earlier years.
#[derive(Debug)]
pub enum LookBack {}

impl Marker for LookBack {
    const PURPOSE: Purpose = Purpose {
        id: "look_back",
        version: 1,
        asked: Asked::FromTheStart,
        ground: Ground::OwnChoice,
        title: Text {
            nl: "Laten zien wat ik op deze dag schreef",
            en: "Show what I wrote on this day",
        },
        text: Text {
            nl: "Bij Vandaag en in de kalender, uit eerdere jaren. Regie kijkt alleen naar de datum, op dit apparaat.",
            en: "On Today and in the calendar, from earlier years. Regie looks only at the date, on this device.",
        },
        data: Text {
            nl: "Titel en begin van wat je in je dagboek schreef, en de dag waarop.",
            en: "Title and beginning of what you wrote in your diary, and the day on which you did.",
        },
        recipients: Text {
            nl: "Niemand anders dan jij.",
            en: "Nobody but you.",
        },
        retention: Text {
            nl: "Er wordt niets extra bewaard.",
            en: "Nothing more is kept for it.",
        },
    };
}

/// Keeping an encrypted copy on the server that the person joined.
#[derive(Debug)]
pub enum CopyOnServer {}

impl Marker for CopyOnServer {
    const PURPOSE: Purpose = Purpose {
        id: "copy_on_server",
        version: 1,
        asked: Asked::OnJoining,
        ground: Ground::Consent,
        title: Text {
            nl: "Een versleutelde kopie op de server",
            en: "An encrypted copy on the server",
        },
        text: Text {
            nl: "Zo staat wat je schrijft straks op al je apparaten. De server kan het niet lezen. Neem je dit terug, dan wordt de kopie daar gewist; je kluis blijft.",
            en: "So that what you write can be on all your devices. The server cannot read it. If you take this back, the copy there is erased; your vault stays.",
        },
        data: Text {
            nl: "Je dagboek, je checks, je notities en je keuzes, versleuteld voordat ze dit apparaat verlaten. De server ziet hoe groot de pakketjes zijn en wanneer ze komen.",
            en: "Your diary, your checks, your notes and your choices, encrypted before they leave this device. The server sees how large the parcels are and when they come.",
        },
        recipients: Text {
            nl: "De server waarbij je je aansloot, die het niet kan openen. Verder niemand.",
            en: "The server that you joined, which cannot open it. Nobody else.",
        },
        retention: Text {
            nl: "Tot je dit terugneemt of je account verwijdert. In reservekopieën van de server nog tot de laatste daarvan weggaat.",
            en: "Until you take this back or delete your account. In backups of the server until the last of those goes.",
        },
    };
}

/// Every version of every purpose: in the order in which they are asked, the newest version of each first.
pub const ALL: &[Purpose] = &[KeepOnDevice::PURPOSE, LookBack::PURPOSE, CopyOnServer::PURPOSE];

/// The newest version of the purpose with this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Purpose> {
    Notices::SHIPPED.purpose(id)
}

/// One version of a purpose, as it was read then.
#[must_use]
pub fn in_version(id: &str, version: u32) -> Option<&'static Purpose> {
    Notices::SHIPPED.purpose_in_version(id, version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l1_v2_a_copy_on_the_server_rests_on_consent_and_is_asked_on_joining_alone() {
        let on_joining = ALL.iter().filter(|one| one.asked == Asked::OnJoining);
        let found: Vec<_> = on_joining.map(|one| (one.id, one.ground)).collect();
        assert_eq!(found, [("copy_on_server", Ground::Consent)]);
    }

    #[test]
    fn every_version_stands_once_and_every_text_speaks_both_languages() {
        for (position, purpose) in ALL.iter().enumerate() {
            let same = |other: &Purpose| (other.id, other.version) == (purpose.id, purpose.version);
            assert_eq!(ALL.iter().position(same), Some(position));
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
