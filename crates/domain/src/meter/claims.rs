//! A lint for texts against the intended use: Regie does not diagnose, prevent, monitor, predict, treat or alleviate
//! disease, so no text of an instrument or a screen may sound as if it did.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Folded beginnings of words; with a space before it a word begins there, with one behind it ends there.
const CLAIMS: [&str; 64] = [
    // Both languages.
    "diagnos",
    "therap",
    "depressi",
    "syndrom",
    "symptom",
    "psychiat",
    "patholog",
    "patient",
    "burnout",
    " burn out",
    " screening",
    " adhd ",
    " ptsd ",
    " ptss ",
    // English.
    " treat ",
    " treats ",
    " treated ",
    " treating ",
    " treatment",
    " cure ",
    " cures ",
    " cured ",
    " curing ",
    " heals ",
    " healing ",
    " remedy ",
    " remedies ",
    " disease",
    " illness",
    " disorder",
    " anxiety ",
    " anxious ",
    " clinical",
    " medical",
    " medicine",
    " medication",
    " cut off",
    " cutoff",
    " predicts ",
    " predict ",
    " prognos",
    " alleviat",
    " relapse",
    // Dutch.
    " behandel",
    " genees",
    " genez",
    " ziek ",
    " zieke ",
    " ziekte",
    "stoornis",
    " aandoening",
    "syndroom",
    "symptomen",
    " klinisch",
    " medisch",
    " medicijn",
    " medicatie",
    "overspannen",
    " afkapwaarde",
    " afkappunt",
    " voorspel",
    " angstig",
    " verlicht klachten",
    " prognose",
];

const DENIALS: [&str; 12] = [
    "not", "no", "never", "nor", "without", "cannot", "neither", "niet", "geen", "nooit", "zonder", "noch",
];
const NO_DENIALS: [&str; 5] = [
    " not only ",
    " not just ",
    " not merely ",
    " niet alleen ",
    " niet slechts ",
];

/// The first claim in a text, as a folded piece of it. A sentence that denies what it names ("this is not a diagnosis")
/// makes no claim.
#[must_use]
pub fn claim_in(text: &str) -> Option<&'static str> {
    text.split(['.', '!', '?', ';', '\n']).find_map(claim_in_sentence)
}

fn claim_in_sentence(sentence: &str) -> Option<&'static str> {
    let words = folded(sentence);
    let mut before = words.clone();
    for phrase in NO_DENIALS {
        before = before.replace(phrase, " ");
    }
    CLAIMS.into_iter().find(|claim| {
        let Some((left, _)) = before.split_once(claim) else {
            return words.contains(claim);
        };
        !left
            .split(' ')
            .any(|word| DENIALS.contains(&word) || word.ends_with("nt"))
    })
}

/// Lower case, without accents, one space between words and around the whole, words with hyphens as one.
fn folded(sentence: &str) -> String {
    let mut folded = String::from(" ");
    for sign in sentence.nfkd().filter(|sign| !is_combining_mark(*sign)) {
        match sign {
            sign if sign.is_alphanumeric() => folded.extend(sign.to_lowercase()),
            '-' | '\u{2010}' | '\u{2011}' | '\u{ad}' | '\'' | '’' => {}
            _ if folded.ends_with(' ') => {}
            _ => folded.push(' '),
        }
    }
    if !folded.ends_with(' ') {
        folded.push(' ');
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_found_however_it_is_written() {
        for text in [
            "This test diagnoses burn-out.",
            "Meet of je een BÜRN‑OUT hebt",
            "Treats low mood",
            "A score below 40 means a depressive disorder",
            "Onder de afkapwaarde heb je hulp nodig",
            "Helpt bij de behandeling van vermoeidheid",
            "Slaapstoornissen in beeld",
            "Not only a diary: it predicts how you will feel",
            "Dit is niet alleen een dagboek, het voorspelt ook",
            "Dit is geen dagboek. Het stelt een diagnose.",
        ] {
            assert!(claim_in(text).is_some(), "{text}");
        }
    }

    #[test]
    fn denials_and_plain_words_are_no_claims() {
        for text in [
            "This sums up your own answers and is not a diagnosis.",
            "Regie is niet bedoeld om ziekten vast te stellen of te behandelen.",
            "Ik had deze week muziek in mijn hoofd.",
            "Wat je op dit scherm ziet, is van jou.",
            "I had energy left for something fun.",
            "It doesn't diagnose anything.",
        ] {
            assert_eq!(claim_in(text), None, "{text}");
        }
    }

    #[test]
    fn no_text_of_a_screen_makes_a_claim() {
        let languages = [
            include_str!("../../../../ui/messages/nl.json"),
            include_str!("../../../../ui/messages/en.json"),
        ];
        let mut found = Vec::new();
        for file in languages {
            let messages: serde_json::Map<String, serde_json::Value> =
                serde_json::from_str(file).expect("messages");
            assert!(messages.len() > 200);
            for (key, message) in messages {
                found.extend(claim_in(&message.to_string()).map(|claim| format!("{key}: {claim}")));
            }
        }
        assert_eq!(found, Vec::<String>::new());
    }
}
