//! The words of mails, in both languages. Short and quiet; no link, and no name of the person.

use regie_protocol::{Language, OwnedText, language::Text};

use super::Written;
use crate::letter::{Kind, Letter};

struct Words {
    subject: Text,
    text: Text,
}

/// What a letter says, by an operator of this name whose backups are kept for so many days.
pub(crate) fn written(letter: &Letter, name: &OwnedText, backup_days: u32) -> Written {
    let language: Language = letter.language;
    let (words, name) = (words(letter.kind), name.in_language(language));
    let text = words.text.in_language(language).replace("{name}", name);
    let text = text.replace("{days}", &backup_days.to_string());
    let text = text.replace("{code}", letter.code.as_deref().unwrap_or_default());
    Written {
        subject: words.subject.in_language(language).to_owned(),
        text: format!("{text}\n\n{name}\n"),
    }
}

const fn words(kind: Kind) -> Words {
    match kind {
        Kind::JoinCode => Words {
            subject: Text {
                nl: "Je code voor Regie",
                en: "Your code for Regie",
            },
            text: Text {
                nl: "Typ deze code in Regie:\n\n    {code}\n\nDe code werkt een half uur.\n\n\
                     Heb je hier niet om gevraagd? Dan hoef je niets te doen. Zonder de code verandert er niets.",
                en: "Type this code in Regie:\n\n    {code}\n\nThe code works for half an hour.\n\n\
                     Did you not ask for it? Then there is nothing to do. Without the code nothing changes.",
            },
        },
        Kind::AddressTaken => Words {
            subject: Text {
                nl: "Je hebt al een account",
                en: "You already have an account",
            },
            text: Text {
                nl: "Iemand wilde met dit adres een account maken bij {name}. Je hebt er al een.\n\n\
                     Was jij het? Open Regie en kies ervoor om in te loggen met je wachtzin. \
                     Was jij het niet? Dan hoef je niets te doen. Er is niets veranderd.",
                en: "Somebody wanted to make an account with this address at {name}. You already have one.\n\n\
                     Was it you? Open Regie and choose to log in with your passphrase. \
                     Was it not you? Then there is nothing to do. Nothing has changed.",
            },
        },
        Kind::DeviceAdded => Words {
            subject: Text {
                nl: "Een nieuw apparaat bij je account",
                en: "A new device in your account",
            },
            text: Text {
                nl: "Er is een apparaat bij je account gekomen.\n\n\
                     Was jij het? Dan hoef je niets te doen. Was jij het niet? Open Regie op een ander apparaat. \
                     Meld het nieuwe apparaat af en kies een nieuwe wachtzin.",
                en: "A device was added to your account.\n\n\
                     Was it you? Then there is nothing to do. Was it not you? Open Regie on another device. \
                     Sign out the new device and choose a new passphrase.",
            },
        },
        Kind::DeviceSignedOut => Words {
            subject: Text {
                nl: "Een apparaat is afgemeld",
                en: "A device was signed out",
            },
            text: Text {
                nl: "Een apparaat van je account is afgemeld. Wat daarop stond, staat er nog; het haalt niets nieuws meer op.\n\n\
                     Was jij het niet? Open Regie en kies een nieuwe wachtzin.",
                en: "A device of your account was signed out. What was on it is still there; it fetches nothing new any more.\n\n\
                     Was it not you? Open Regie and choose a new passphrase.",
            },
        },
        Kind::PassphraseChanged => Words {
            subject: Text {
                nl: "Je wachtzin is veranderd",
                en: "Your passphrase was changed",
            },
            text: Text {
                nl: "De wachtzin van je account is veranderd. Op je andere apparaten vraagt Regie naar de nieuwe.\n\n\
                     Was jij het niet? Open Regie met je herstelcode en kies een nieuwe wachtzin.",
                en: "The passphrase of your account was changed. On your other devices Regie asks for the new one.\n\n\
                     Was it not you? Open Regie with your recovery code and choose a new passphrase.",
            },
        },
        Kind::CodeChanged => Words {
            subject: Text {
                nl: "Je herstelcode is vervangen",
                en: "Your recovery code was replaced",
            },
            text: Text {
                nl: "Je account heeft een nieuwe herstelcode. De oude werkt niet meer.\n\n\
                     Was jij het niet? Open Regie, kies een nieuwe wachtzin en maak een nieuwe herstelcode.",
                en: "Your account has a new recovery code. The old one does not work any more.\n\n\
                     Was it not you? Open Regie, choose a new passphrase and make a new recovery code.",
            },
        },
        Kind::AccountErased => Words {
            subject: Text {
                nl: "Je account is verwijderd",
                en: "Your account was deleted",
            },
            text: Text {
                nl: "Je account bij {name} is verwijderd. Op de server is er niets meer van je. \
                     In versleutelde back-ups staat het nog hooguit {days} dagen; daarna is het daar ook weg.\n\n\
                     Dit is het laatste bericht dat je van ons krijgt.",
                en: "Your account at {name} was deleted. Nothing of yours is left on the server. \
                     Encrypted backups hold it for {days} days at most; then it is gone there too.\n\n\
                     This is the last message that you get from us.",
            },
        },
        Kind::CodeUsed => Words {
            subject: Text {
                nl: "Je herstelcode is gebruikt",
                en: "Your recovery code was used",
            },
            text: Text {
                nl: "Iemand is met je herstelcode in je account gekomen.\n\n\
                     Was jij het? Dan hoef je niets te doen. Was jij het niet? Open Regie, kies een nieuwe wachtzin \
                     en maak een nieuwe herstelcode.",
                en: "Somebody got into your account with your recovery code.\n\n\
                     Was it you? Then there is nothing to do. Was it not you? Open Regie, choose a new passphrase \
                     and make a new recovery code.",
            },
        },
        Kind::FactorSet => Words {
            subject: Text {
                nl: "Je tweede stap bij inloggen staat aan",
                en: "Your second step of logging in is on",
            },
            text: Text {
                nl: "Je account heeft een nieuwe tweede stap bij inloggen. Een oude tweede stap en de oude eenmalige codes werken niet meer.\n\n\
                     Was jij het niet? Open Regie op je apparaat, haal de tweede stap weg en kies een nieuwe wachtzin.",
                en: "Your account has a new second step of logging in. An old second step and the old one-time codes do not work any more.\n\n\
                     Was it not you? Open Regie on your device, take the second step away and choose a new passphrase.",
            },
        },
        Kind::FactorLifted => Words {
            subject: Text {
                nl: "Je tweede stap bij inloggen is weg",
                en: "Your second step of logging in is gone",
            },
            text: Text {
                nl: "Inloggen op je account gaat nu zonder tweede stap.\n\n\
                     Was jij het niet? Open Regie, kies een nieuwe wachtzin, maak een nieuwe herstelcode en zet de tweede stap weer aan.",
                en: "Logging in to your account now goes without a second step.\n\n\
                     Was it not you? Open Regie, choose a new passphrase, make a new recovery code and turn the second step on again.",
            },
        },
        Kind::LiftBegun => Words {
            subject: Text {
                nl: "Over 14 dagen gaat je tweede stap weg",
                en: "In 14 days your second step goes away",
            },
            text: Text {
                nl: "Iemand die je wachtzin of herstelcode weet, vroeg om je tweede stap bij inloggen weg te halen. \
                     Dat gebeurt over 14 dagen.\n\n\
                     Was jij het? Dan hoef je niets te doen. Was jij het niet? Open Regie op een van je apparaten en kies \
                     onder Account voor: Dat was ik niet. Kies daarna een nieuwe wachtzin.",
                en: "Somebody who knows your passphrase or recovery code asked to take away your second step of logging in. \
                     That happens in 14 days.\n\n\
                     Was it you? Then there is nothing to do. Was it not you? Open Regie on one of your devices and choose \
                     under Account: That was not me. Then choose a new passphrase.",
            },
        },
        Kind::LiftStopped => Words {
            subject: Text {
                nl: "Je tweede stap blijft aan",
                en: "Your second step stays on",
            },
            text: Text {
                nl: "Op een van je apparaten is gezegd dat je tweede stap bij inloggen niet weg mag. Die blijft aan.",
                en: "On one of your devices it was said that your second step of logging in is not to go. It stays on.",
            },
        },
        Kind::DeletionCode => Words {
            subject: Text {
                nl: "Je code om je account te verwijderen",
                en: "Your code to delete your account",
            },
            text: Text {
                nl: "Typ deze code in Regie als je je account bij {name} wilt verwijderen:\n\n    {code}\n\nDe code werkt een half uur. \
                     Na de code duurt het nog 14 dagen voor alles weg is.\n\n\
                     Heb je hier niet om gevraagd? Dan hoef je niets te doen. Zonder de code verandert er niets.",
                en: "Type this code in Regie if you want to delete your account at {name}:\n\n    {code}\n\nThe code works for half an hour. \
                     After the code it takes 14 days until everything is gone.\n\n\
                     Did you not ask for it? Then there is nothing to do. Without the code nothing changes.",
            },
        },
        Kind::DeletionBegun => Words {
            subject: Text {
                nl: "Over 14 dagen wordt je account verwijderd",
                en: "In 14 days your account is deleted",
            },
            text: Text {
                nl: "Iemand vroeg met een code uit een mail aan dit adres om je account bij {name} te verwijderen. \
                     Dat gebeurt over 14 dagen. Niemand kan lezen wat erin staat, ook dan niet.\n\n\
                     Was jij het? Dan hoef je niets te doen. Was jij het niet? Open Regie op een van je apparaten en kies \
                     onder Account voor: Dat was ik niet.",
                en: "Somebody asked with a code from a mail to this address to delete your account at {name}. \
                     That happens in 14 days. Nobody can read what is in it, not then either.\n\n\
                     Was it you? Then there is nothing to do. Was it not you? Open Regie on one of your devices and choose \
                     under Account: That was not me.",
            },
        },
        Kind::DeletionStopped => Words {
            subject: Text {
                nl: "Je account blijft",
                en: "Your account stays",
            },
            text: Text {
                nl: "Op een van je apparaten is gezegd dat je account niet weg mag. Het blijft zoals het is.",
                en: "On one of your devices it was said that your account is not to go. It stays as it is.",
            },
        },
        Kind::CopyWithdrawn => Words {
            subject: Text {
                nl: "Er staat geen kopie meer op de server",
                en: "There is no copy on the server any more",
            },
            text: Text {
                nl: "De versleutelde kopie op de server is weg, omdat daarom gevraagd is. Op je apparaten staat alles er nog. \
                     In versleutelde back-ups staat de kopie nog hooguit {days} dagen.\n\n\
                     Was jij het niet? Open Regie en kies een nieuwe wachtzin.",
                en: "The encrypted copy on the server is gone, because that was asked for. Everything is still on your devices. \
                     Encrypted backups hold the copy for {days} days at most.\n\n\
                     Was it not you? Open Regie and choose a new passphrase.",
            },
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Kind; 16] = [
        Kind::FactorSet,
        Kind::FactorLifted,
        Kind::LiftBegun,
        Kind::LiftStopped,
        Kind::DeletionCode,
        Kind::DeletionBegun,
        Kind::DeletionStopped,
        Kind::JoinCode,
        Kind::AddressTaken,
        Kind::DeviceAdded,
        Kind::DeviceSignedOut,
        Kind::PassphraseChanged,
        Kind::CodeChanged,
        Kind::CodeUsed,
        Kind::CopyWithdrawn,
        Kind::AccountErased,
    ];

    const fn has_code(kind: Kind) -> bool {
        matches!(kind, Kind::JoinCode | Kind::DeletionCode)
    }

    fn letter(kind: Kind, language: Language) -> Letter {
        Letter {
            kind,
            language,
            to: "anne@example.org".into(),
            code: has_code(kind).then(|| "ABCD-2345".into()),
        }
    }

    #[test]
    fn a_mail_says_what_happened_without_a_link_a_gap_or_the_address() {
        let name = OwnedText {
            nl: "Regie van Voorbeeld".into(),
            en: "Regie by Example".into(),
        };
        let mut subjects = std::collections::BTreeSet::new();
        for kind in ALL {
            for language in Language::ALL {
                let Written { subject, text } = written(&letter(kind, language), &name, 31);
                let whole = format!("{subject}\n{text}");
                for never in ["http", "www", "{", "}", "anne", "@", "!", "  \n"] {
                    assert!(!whole.contains(never), "{never:?} in {whole}");
                }
                assert!(!subject.contains('\n') && subject.len() < 78, "{subject}");
                assert!(text.ends_with(&format!("\n\n{}\n", name.in_language(language))));
                assert_eq!(text.contains("\n    ABCD-2345\n"), has_code(kind), "{text}");
                let holds_days = matches!(kind, Kind::CopyWithdrawn | Kind::AccountErased);
                assert_eq!(text.contains("31 da"), holds_days, "{text}");
                assert!(subjects.insert(subject), "each has a subject of its own");
            }
        }
    }
}
