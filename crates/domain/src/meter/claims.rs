//! A lint for texts against the intended use: Regie does not diagnose, prevent, monitor, predict, treat or alleviate
//! disease, so no text of an instrument or a screen may sound as if it did.

use std::collections::BTreeMap;

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Folded beginnings of words; with a space before it a word begins there, with one behind it ends there.
const CLAIMS: [&str; 75] = [
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
    " depressed ",
    " prevents ",
    " prevention of ",
    " monitors ",
    " detects ",
    " burned out ",
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
    "depressief",
    " opgebrand ",
    " voorkomt ",
    " preventie van ",
    " detecteert ",
    " verlicht klachten",
    " prognose",
];

/// Words that deny what comes soon after them.
const DENIALS: [&str; 29] = [
    "not", "no", "never", "nor", "without", "cannot", "neither", "dont", "doesnt", "didnt", "isnt", "arent",
    "wasnt", "werent", "cant", "wont", "wouldnt", "shouldnt", "couldnt", "niet", "geen", "nooit", "zonder",
    "noch", "nimmer", "evenmin", "none", "niets", "nothing",
];
/// "Not only" denies nothing.
const ONLY: [&str; 7] = ["only", "just", "merely", "simply", "alleen", "slechts", "enkel"];
/// What comes after them stands on its own.
const TURNS: [&str; 7] = ["but", "however", "yet", "it", "maar", "doch", "echter"];
/// After a comma or an "and" they begin a new statement.
const SUBJECTS: [&str; 12] = [
    "this", "you", "we", "they", "regie", "het", "dit", "je", "u", "we", "wij", "ze",
];
/// A denial reaches so many words; a claim that it denies hands it on, as in "not meant to diagnose, treat or cure".
const REACH: usize = 6;

/// The first claim in a text, as a folded piece of it. A sentence that denies what it names ("this is not a diagnosis")
/// makes no claim.
#[must_use]
pub fn claim_in(text: &str) -> Option<&'static str> {
    text.split(['.', '!', '?', ';', ':', '\n'])
        .find_map(claim_in_sentence)
}

fn claim_in_sentence(sentence: &str) -> Option<&'static str> {
    let folded = folded(sentence);
    let claims = claims_at(&folded);
    if claims.is_empty() {
        return None;
    }
    let words: Vec<&str> = folded.split_whitespace().collect();
    let (mut reach, mut handed_on) = (0, false);
    for (at, word) in words.iter().copied().enumerate() {
        let next = words.get(at + 1).copied().unwrap_or_default();
        let joins = matches!(word, "," | "and" | "en");
        if TURNS.contains(&word) || (joins && SUBJECTS.contains(&next)) || (word == "," && !handed_on) {
            (reach, handed_on) = (0, false);
        } else if DENIALS.contains(&word) && !ONLY.contains(&next) {
            (reach, handed_on) = (REACH, false);
        } else if let Some(claim) = claims.get(&at) {
            if reach == 0 {
                return Some(claim);
            }
            (reach, handed_on) = (REACH, true);
        } else if word == "," && next == "te" {
            reach = REACH;
        } else if word != "," {
            reach = reach.saturating_sub(1);
        }
    }
    None
}

/// Claims by the word that they begin in.
fn claims_at(folded: &str) -> BTreeMap<usize, &'static str> {
    let spaces = |end: usize| folded.bytes().take(end).filter(|byte| *byte == b' ').count();
    let found = |claim: &'static str| {
        let matches = folded.match_indices(claim);
        matches.map(move |(at, _)| (spaces(at + usize::from(claim.starts_with(' '))) - 1, claim))
    };
    CLAIMS.into_iter().flat_map(found).collect()
}

/// Lower case, without accents, one space between words and around the whole, words with hyphens as one, and commas as
/// words.
pub(super) fn folded(sentence: &str) -> String {
    let mut folded = String::from(" ");
    for sign in sentence.nfkd().filter(|sign| !is_combining_mark(*sign)) {
        match sign {
            sign if sign.is_alphanumeric() => folded.extend(sign.to_lowercase()),
            '-' | '\u{2010}' | '\u{2011}' | '\u{ad}' | '\'' | '’' => {}
            ',' if folded.ends_with(' ') => folded.push_str(", "),
            ',' => folded.push_str(" , "),
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
    use regie_protocol::{
        Language,
        purpose::{self, Purpose},
        statement, terms,
    };

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
            "This instrument diagnoses depression",
            "Je bent overspannen",
            "Hiermee kunt u een burn-out herkennen",
            "Are you depressed?",
            "Prevents and monitors what wears you down",
            "No account is needed, and this detects what is wrong with you",
            "Zonder wachttijd, diagnose in drie minuten",
            "It does not diagnose, but it does treat",
            "Geen account en geen internet nodig om vast te stellen dat je overspannen bent",
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
            "Regie is not meant to diagnose, prevent, monitor, predict, treat or alleviate disease.",
            "Deze score zegt niet dat je ziek of overspannen bent.",
        ] {
            assert_eq!(claim_in(text), None, "{text}");
        }
    }

    #[test]
    fn no_text_of_regie_makes_a_claim() {
        let strings = |file: &str| -> Vec<String> {
            let value: serde_json::Value = serde_json::from_str(file).expect("JSON");
            let mut all = Vec::new();
            let mut left = vec![value];
            while let Some(value) = left.pop() {
                match value {
                    serde_json::Value::String(text) => all.push(text),
                    serde_json::Value::Array(values) => left.extend(values),
                    serde_json::Value::Object(fields) => {
                        left.extend(fields.into_iter().map(|(_, value)| value))
                    }
                    _ => {}
                }
            }
            all
        };
        let mut texts: Vec<String> = [
            include_str!("../../../../ui/messages/nl.json"),
            include_str!("../../../../ui/messages/en.json"),
            include_str!("../../../client/content/prompts.json"),
            include_str!("../../content/help.json"),
        ]
        .into_iter()
        .flat_map(strings)
        .collect();
        assert!(texts.len() > 800, "{}", texts.len());
        for language in Language::ALL {
            for page in crate::guide::PAGES {
                texts.extend([page.title(language), page.markdown(language)].map(str::to_owned));
            }
            for statement in statement::ALL {
                texts.push(statement.markdown(language).to_owned());
            }
            for terms in terms::ALL {
                texts.push(terms.markdown(language).to_owned());
            }
            for Purpose {
                title,
                text,
                data,
                recipients,
                retention,
                ..
            } in purpose::ALL
            {
                let said = [title, text, data, recipients, retention];
                texts.extend(said.map(|text| text.in_language(language).to_owned()));
            }
        }
        let found: Vec<_> = texts
            .iter()
            .flat_map(|text| text.split("\n\n"))
            .filter_map(|text| Some((claim_in(text)?, text)))
            .collect();
        assert_eq!(found, []);
    }
}
