//! The people who share a computer, as far as the chooser may know them: by the names they give.

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// The longest name, in characters as people count them.
pub const LONGEST_NAME: usize = 40;

/// A name as it is kept: without spaces around it and doubled ones within; `None` when nothing is left, it is too long, or holds
/// signs that nobody sees.
#[must_use]
pub fn tidy_name(typed: &str) -> Option<String> {
    let name = typed.split_whitespace().collect::<Vec<_>>().join(" ");
    let name: String = name.nfc().collect();
    let visible = !name.chars().any(|sign| sign.is_control() || is_invisible(sign));
    (1..=LONGEST_NAME)
        .contains(&name.graphemes(true).count())
        .then_some(name)
        .filter(|_| visible)
}

/// Signs that change the direction or leave no mark, by which one name could pass for another.
fn is_invisible(sign: char) -> bool {
    matches!(sign, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Whether two names would be taken for each other.
#[must_use]
pub fn same_name(one: &str, other: &str) -> bool {
    let plain = |name: &str| name.nfkc().collect::<String>().to_lowercase();
    plain(one) == plain(other)
}

/// The first letters of the first and the last word, in capitals.
#[must_use]
pub fn initials(name: &str) -> String {
    let letter = |word: &str| word.graphemes(true).next().map(str::to_uppercase);
    let mut words = name.split_whitespace();
    let first = words.next().and_then(letter);
    let last = words.next_back().and_then(letter);
    first.into_iter().chain(last).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_as_people_write_it_and_cannot_pass_for_another() {
        assert_eq!(tidy_name("  Noor   de Vries "), Some("Noor de Vries".into()));
        for refused in ["", "   ", "Sam\u{202e}", "\u{200b}", &"x".repeat(41)] {
            assert_eq!(tidy_name(refused), None, "{refused:?}");
        }
        assert!(same_name("Zoë", "ZOE\u{308}"));
        assert!(!same_name("Sam", "Sem"));
    }

    #[test]
    fn initials_are_those_of_the_first_and_the_last_word() {
        let of = ["Noor", "noor de Vries", "Élise van den Berg", "ß", "👩‍👩‍👧 Jansen"].map(initials);
        assert_eq!(of, ["N", "NV", "ÉB", "SS", "👩‍👩‍👧J"]);
    }
}
