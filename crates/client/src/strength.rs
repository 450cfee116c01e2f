//! How hard a passphrase is to guess. The bar is a number of guesses, not a rule about signs.

use regie_crypto::Passphrase;
use serde::Serialize;
use specta::Type;
use zeroize::Zeroizing;
use zxcvbn::{Entropy, Score, feedback::Warning, zxcvbn};

use crate::{Client, ClientError};

/// Words that somebody would try first here: zxcvbn knows English, not Dutch, and not this program.
const LOCAL_WORDS: &str = include_str!("../content/local-words.txt");
const SHORTEST: usize = 8;

/// The strength of a passphrase as typed so far.
#[derive(Debug, PartialEq, Eq, Serialize, Type)]
pub struct StrengthView {
    /// 0 (guessed at once) to 4 (more than 10^10 guesses), as zxcvbn counts.
    pub score: u8,
    /// Whether it will be accepted.
    pub enough: bool,
    /// What would help most.
    pub hint: Option<StrengthHint>,
}

/// What would help most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum StrengthHint {
    /// Nothing typed yet.
    Empty,
    /// Longer.
    TooShort,
    /// Among the passwords that are tried first.
    Common,
    /// A name alone.
    Name,
    /// A pattern of keys.
    Pattern,
    /// A date or year.
    Date,
    /// Repetition.
    Repeat,
    /// A few more words.
    AddWords,
}

impl Client {
    /// How strong a passphrase is.
    #[must_use]
    pub fn passphrase_strength(&self, passphrase: &Passphrase) -> StrengthView {
        measure(passphrase)
    }
}

/// Refuses a passphrase below the bar.
pub(crate) fn require_enough(passphrase: &Passphrase) -> Result<(), ClientError> {
    if measure(passphrase).enough {
        Ok(())
    } else {
        Err(ClientError::WeakPassphrase)
    }
}

fn measure(passphrase: &Passphrase) -> StrengthView {
    let text = passphrase.expose();
    if text.is_empty() {
        return StrengthView {
            score: 0,
            enough: false,
            hint: Some(StrengthHint::Empty),
        };
    }
    let words: Vec<&str> = LOCAL_WORDS.lines().filter(|line| !line.is_empty()).collect();
    // Spaces between the words of a well-known line make it no harder to guess.
    let joined = Zeroizing::new(text.replace([' ', '-', '_', '.'], ""));
    let estimate = [text, joined.as_str()]
        .map(|form| zxcvbn(form, &words))
        .into_iter()
        .min_by_key(Entropy::guesses);
    let Some(estimate) = estimate else {
        return StrengthView {
            score: 0,
            enough: false,
            hint: None,
        };
    };
    let enough = estimate.score() == Score::Four && text.chars().count() >= SHORTEST;
    let warning = estimate.feedback().and_then(zxcvbn::feedback::Feedback::warning);
    let hint = (!enough).then(|| {
        if text.chars().count() < SHORTEST {
            StrengthHint::TooShort
        } else {
            hint(warning)
        }
    });
    StrengthView {
        score: u8::from(estimate.score()),
        enough,
        hint,
    }
}

fn hint(warning: Option<Warning>) -> StrengthHint {
    match warning {
        Some(
            Warning::ThisIsATop10Password
            | Warning::ThisIsATop100Password
            | Warning::ThisIsACommonPassword
            | Warning::ThisIsSimilarToACommonlyUsedPassword,
        ) => StrengthHint::Common,
        Some(
            Warning::NamesAndSurnamesByThemselvesAreEasyToGuess
            | Warning::CommonNamesAndSurnamesAreEasyToGuess,
        ) => StrengthHint::Name,
        Some(
            Warning::StraightRowsOfKeysAreEasyToGuess
            | Warning::ShortKeyboardPatternsAreEasyToGuess
            | Warning::SequencesLikeAbcAreEasyToGuess,
        ) => StrengthHint::Pattern,
        Some(Warning::DatesAreOftenEasyToGuess | Warning::RecentYearsAreEasyToGuess) => StrengthHint::Date,
        Some(
            Warning::RepeatsLikeAaaAreEasyToGuess | Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess,
        ) => StrengthHint::Repeat,
        Some(Warning::AWordByItselfIsEasyToGuess) | None => StrengthHint::AddWords,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> StrengthView {
        measure(&Passphrase::new(text.into()))
    }

    #[test]
    fn strength_counts_and_signs_do_not() {
        for strong in [
            "kaars muur zwemt lachend",
            "juffrouw-eet-dinsdag-radijs",
            "vier groene theepotten dansen",
            "x7#Qv!m2Lk0p",
        ] {
            assert!(of(strong).enough, "{strong}");
        }
        for weak in [
            "",
            "Welkom01!",
            "P@ssw0rd123!",
            "regie",
            "vitaliteit2026",
            "qwertyuiop",
            "wachtwoord1",
            "19-04-1987",
            "dagboekdagboek",
            "ik hou van je",
            "zomer2026!",
        ] {
            assert!(!of(weak).enough, "{weak}");
        }
    }
}
