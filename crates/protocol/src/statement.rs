//! The privacy statement: versioned, in the program itself, so that it is at hand without a network.

use crate::{
    language::{Language, Text},
    notices::Notices,
};

/// One version of the statement.
#[derive(Clone, Copy, Debug)]
pub struct Statement {
    /// Counts up with each published text.
    pub version: u32,
    /// The day from which it holds, ISO 8601.
    pub date: &'static str,
    /// What changed for the person since the version before, in their words; empty for the first.
    pub changes: &'static [Text],
    /// The text as Markdown.
    pub text: Text,
}

impl Statement {
    /// The text as Markdown.
    #[must_use]
    pub const fn markdown(&self, language: Language) -> &'static str {
        self.text.in_language(language)
    }
}

pub(crate) const FIRST: Statement = Statement {
    version: 1,
    date: "2026-11-23",
    changes: &[],
    text: Text {
        nl: include_str!("../content/statement-1.nl.md"),
        en: include_str!("../content/statement-1.en.md"),
    },
};

const SECOND: Statement = Statement {
    version: 2,
    date: "2026-11-27",
    changes: &[
        Text {
            nl: "Je kunt nu een leesbare kopie van alles meenemen, en dagboeken uit andere apps binnenhalen. Dat gebeurt op dit apparaat.",
            en: "You can now take a readable copy of everything with you, and bring in diaries from other apps. That happens on this device.",
        },
        Text {
            nl: "Je kunt een stuk, een check of alles stilzetten: het blijft leesbaar en wordt nergens voor gebruikt.",
            en: "You can put an entry, a check or everything on hold: it stays readable and is used for nothing.",
        },
        Text {
            nl: "Antwoorden en de datum van een check kun je verbeteren.",
            en: "You can correct the answers and the date of a check.",
        },
        Text {
            nl: "Wat je op deze dag in eerdere jaren schreef, komt alleen nog vanzelf langs als je ja zegt.",
            en: "What you wrote on this day in earlier years comes by itself only if you say yes.",
        },
        Text {
            nl: "Je leest al je keuzes terug, met de tekst die er toen stond.",
            en: "You can read back all your choices, with the text that stood there then.",
        },
    ],
    text: Text {
        nl: include_str!("../content/statement-2.nl.md"),
        en: include_str!("../content/statement-2.en.md"),
    },
};

const THIRD: Statement = Statement {
    version: 3,
    date: "2026-11-28",
    changes: &[
        Text {
            nl: "Je kunt je nu bij een server aansluiten, als je dat wilt. Doe je dat niet, dan verandert er niets: Regie maakt dan geen verbinding.",
            en: "You can now join a server, if you want to. If you do not, nothing changes: Regie then makes no connection.",
        },
        Text {
            nl: "Er staat bij wat zo'n server van je weet, wat hij niet kan lezen, hoelang hij iets bewaart en wie erbij kan.",
            en: "It says what such a server knows of you, what it cannot read, how long it keeps anything, and who can get at it.",
        },
        Text {
            nl: "Een versleutelde kopie op de server staat uit, tot je er zelf ja op zegt. Dat ja kun je altijd terugnemen.",
            en: "An encrypted copy on the server is off until you say yes to it yourself. You can always take that yes back.",
        },
        Text {
            nl: "Je kunt de server verlaten en alles daar laten wissen. Je krijgt een ontvangstbewijs.",
            en: "You can leave the server and have everything there erased. You get a receipt.",
        },
    ],
    text: Text {
        nl: include_str!("../content/statement-3.nl.md"),
        en: include_str!("../content/statement-3.en.md"),
    },
};

/// Every published version, oldest first.
pub const ALL: &[Statement] = &[FIRST, SECOND, THIRD];

/// The version in force.
#[must_use]
pub fn newest() -> &'static Statement {
    Notices::SHIPPED.statement()
}

/// One published version.
#[must_use]
pub fn in_version(version: u32) -> Option<&'static Statement> {
    Notices::SHIPPED.statement_in_version(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_count_up_and_each_new_one_says_what_changed_in_both_languages() {
        for (before, after) in ALL.iter().zip(ALL.iter().skip(1)) {
            assert_eq!(after.version, before.version + 1);
            assert!(after.date > before.date && !after.changes.is_empty());
        }
        for statement in ALL {
            for language in Language::ALL {
                let head = statement.markdown(language).lines().nth(2).unwrap_or_default();
                assert!(head.contains(&statement.version.to_string()), "{head}");
            }
            for change in statement.changes {
                assert!(!change.nl.is_empty() && !change.en.is_empty() && change.nl != change.en);
            }
        }
        assert_eq!(
            newest().version,
            ALL.iter().map(|one| one.version).max().unwrap_or(0)
        );
    }
}
