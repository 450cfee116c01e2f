//! A made-up next version of purposes, statement and terms, so that what happens when they change can be seen before it does.
//!
//! Keeping on the device gets another text, a purpose that rests on a legitimate interest is new, and the statement
//! says so. The terms give thirty days of notice more.

use std::sync::OnceLock;

use crate::{
    language::Text,
    notices::Notices,
    purpose::{Asked, Ground, KeepOnDevice, Marker, Purpose},
    statement::Statement,
    terms::Terms,
};

/// The new purpose.
pub const COUNTS: &str = "made_up_counts";

/// What the next version could say.
#[must_use]
pub fn next() -> Notices {
    static NEXT: OnceLock<Notices> = OnceLock::new();
    *NEXT.get_or_init(|| {
        let changed = Purpose {
            version: KeepOnDevice::PURPOSE.version + 1,
            text: Text {
                nl: "Nodig om ze bij te houden. Versleuteld; ook op je tweede apparaat, als je dat koppelt.",
                en: "Needed to keep track of them. Encrypted; on your second device too, if you link one.",
            },
            recipients: Text {
                nl: "Je eigen tweede apparaat.",
                en: "Your own second device.",
            },
            ..KeepOnDevice::PURPOSE
        };
        let mut purposes = vec![changed];
        purposes.extend(Notices::SHIPPED.purposes);
        purposes.push(counts());
        let mut statements = Notices::SHIPPED.statements.to_vec();
        statements.push(statement());
        let mut all_terms = Notices::SHIPPED.terms.to_vec();
        all_terms.push(terms());
        Notices {
            purposes: purposes.leak(),
            statements: statements.leak(),
            terms: all_terms.leak(),
        }
    })
}

const fn counts() -> Purpose {
    Purpose {
        id: COUNTS,
        version: 1,
        asked: Asked::FromTheStart,
        ground: Ground::LegitimateInterest,
        title: Text {
            nl: "Tellen hoe vaak Regie wordt geopend",
            en: "Count how often Regie is opened",
        },
        text: Text {
            nl: "Om te weten of het programma goed werkt. Verzonnen, voor een test.",
            en: "To know whether the program works well. Made up, for a test.",
        },
        data: Text {
            nl: "Hoe vaak, nooit wat je schrijft.",
            en: "How often, never what you write.",
        },
        recipients: Text {
            nl: "De makers van Regie.",
            en: "The makers of Regie.",
        },
        retention: Text {
            nl: "Een maand.",
            en: "One month.",
        },
    }
}

fn statement() -> Statement {
    let before = Notices::SHIPPED.statement();
    Statement {
        version: before.version + 1,
        date: "2027-03-01",
        changes: &[
            Text {
                nl: "Je kunt een tweede apparaat koppelen. Daarom vraagt Regie opnieuw of het je checks en dagboek mag bewaren.",
                en: "You can link a second device. That is why Regie asks again whether it may keep your checks and diary.",
            },
            Text {
                nl: "Als je dat goedvindt, telt Regie hoe vaak het wordt geopend.",
                en: "If you agree, Regie counts how often it is opened.",
            },
        ],
        text: Text {
            nl: edited(
                before.text.nl,
                &format!("Versie {}, 1 maart 2027", before.version + 1),
                (
                    "werkt alleen op dit apparaat, tenzij",
                    "werkt op dit apparaat, en op een tweede dat je koppelt, tenzij",
                ),
                (
                    "Niemand. Regie verkoopt niets",
                    "Je eigen tweede apparaat, en verder niemand. Regie verkoopt niets",
                ),
                "Als je dat goedvindt, telt Regie hoe vaak het wordt geopend. Nooit wat je schrijft.",
            ),
            en: edited(
                before.text.en,
                &format!("Version {}, 1 March 2027", before.version + 1),
                (
                    "works on this device only, unless",
                    "works on this device, and on a second one that you link, unless",
                ),
                (
                    "Nobody. Regie sells nothing",
                    "Your own second device, and nobody else. Regie sells nothing",
                ),
                "If you agree, Regie counts how often it is opened. Never what you write.",
            ),
        },
    }
}

fn terms() -> Terms {
    let before = Notices::SHIPPED.terms();
    Terms {
        version: before.version + 1,
        date: "2027-03-01",
        changes: &[Text {
            nl: "De organisatie zegt het 60 dagen van tevoren als ze met de server stopt. Dat was 30.",
            en: "The organisation tells you 60 days before it stops the server. That was 30.",
        }],
        text: Text {
            nl: edited(
                before.text.nl,
                &format!("Versie {}, 1 maart 2027", before.version + 1),
                ("minstens 30 dagen", "minstens 60 dagen"),
                (
                    "Een server kan even weg zijn.",
                    "Een server kan een dag weg zijn.",
                ),
                "Verzonnen, voor een test.",
            ),
            en: edited(
                before.text.en,
                &format!("Version {}, 1 March 2027", before.version + 1),
                ("at least 30 days", "at least 60 days"),
                (
                    "A server can be away for a while.",
                    "A server can be away for a day.",
                ),
                "Made up, for a test.",
            ),
        },
    }
}

/// A text with another head, two changed sentences, and a paragraph more at its end.
fn edited(
    text: &str,
    head: &str,
    (one, by_one): (&str, &str),
    (other, by_other): (&str, &str),
    more: &str,
) -> &'static str {
    let mut lines: Vec<&str> = text.trim_end().lines().collect();
    if let Some(line) = lines.get_mut(2) {
        *line = head;
    }
    let text = lines.join("\n").replace(one, by_one).replace(other, by_other);
    format!("{text}\n\n{more}\n").leak()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_made_up_version_differs_where_it_says_so() {
        let (next, shipped) = (next(), Notices::SHIPPED);
        assert_eq!(next.purposes().count(), shipped.purposes().count() + 1);
        for language in crate::Language::ALL {
            for (text, before) in [
                (next.statement().text, shipped.statement().text),
                (next.terms().text, shipped.terms().text),
            ] {
                let (text, before) = (text.in_language(language), before.in_language(language));
                let lines = |text: &'static str| text.lines().filter(|line| !line.is_empty());
                let same = lines(text).filter(|line| lines(before).any(|one| one == *line));
                assert_eq!(same.count(), lines(before).count() - 3, "{language:?}");
            }
        }
    }
}
