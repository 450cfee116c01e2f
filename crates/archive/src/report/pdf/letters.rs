//! The letters of the report: those of the window, and for signs that they lack what the system has.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use fontdb::{Database, ID};
use serde_json::Value;
use ttf_parser::{Face, Permissions};
use typst::{foundations::Bytes, text::Font};

/// Stands where no letter is found.
const PLACEHOLDER: char = '¤';
/// Without a space for so long, a line is broken anywhere.
const LONGEST_WORD: usize = 48;
const MAY_BREAK: char = '\u{200b}';

macro_rules! font {
    ($name:literal) => {
        include_bytes!(concat!("../../../../client/content/fonts/", $name, ".ttf"))
    };
}

/// Family, weight, slant and file of all that ship with the program.
pub(crate) const SHIPPED: [(&str, u16, &str, &[u8]); 5] = [
    ("Fraunces", 400, "normal", font!("fraunces-400")),
    (
        "Atkinson Hyperlegible Next",
        400,
        "normal",
        font!("atkinson-hyperlegible-next-400"),
    ),
    (
        "Atkinson Hyperlegible Next",
        400,
        "italic",
        font!("atkinson-hyperlegible-next-400-italic"),
    ),
    (
        "Atkinson Hyperlegible Next",
        600,
        "normal",
        font!("atkinson-hyperlegible-next-600"),
    ),
    (
        "Atkinson Hyperlegible Next",
        600,
        "italic",
        font!("atkinson-hyperlegible-next-600-italic"),
    ),
];

fn shipped() -> &'static [Font] {
    static FONTS: LazyLock<Vec<Font>> = LazyLock::new(|| {
        SHIPPED
            .iter()
            .filter_map(|(.., bytes)| Font::new(Bytes::new(*bytes), 0))
            .collect()
    });
    &FONTS
}

/// What a text is set in, once every sign in it has a letter.
pub(super) struct Letters {
    pub(super) fonts: Vec<Font>,
    /// Some signs had none, and a placeholder stands for them.
    pub(super) lacking: bool,
}

/// Finds letters for all strings in `data`; where there is none, the sign gives way to a placeholder.
pub(super) fn fit(data: &mut Value) -> Letters {
    let mut fonts = shipped().to_vec();
    let mut missing = BTreeSet::new();
    each_string(data, "", &mut |_, text| {
        missing.extend(text.chars().filter(|sign| !sign.is_ascii() && !unseen(*sign)));
    });
    missing.retain(|sign| !shipped().iter().any(|font| has(font, *sign)));
    if !missing.is_empty() {
        fonts.extend(of_the_system(&mut missing));
    }
    each_string(data, "", &mut |name, text| {
        if text.chars().any(|sign| missing.contains(&sign)) {
            *text = text
                .chars()
                .map(|sign| {
                    if missing.contains(&sign) {
                        PLACEHOLDER
                    } else {
                        sign
                    }
                })
                .collect();
        }
        if name != "svg" && name != "alt" {
            break_long_words(text);
        }
    });
    Letters {
        fonts,
        lacking: !missing.is_empty(),
    }
}

/// Signs that only shape others, or say where a line may break.
fn unseen(sign: char) -> bool {
    matches!(sign, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}')
}

fn has(font: &Font, sign: char) -> bool {
    font.info().coverage.contains(u32::from(sign))
}

/// Visits every string but addresses that links lead to, with the name that it stands under.
fn each_string(value: &mut Value, name: &str, visit: &mut impl FnMut(&str, &mut String)) {
    match value {
        Value::String(text) => visit(name, text),
        Value::Array(all) => all.iter_mut().for_each(|one| each_string(one, name, visit)),
        Value::Object(all) => {
            for (name, one) in all.iter_mut().filter(|(name, _)| *name != "to" && *name != "t") {
                each_string(one, name, visit);
            }
        }
        _ => {}
    }
}

fn break_long_words(text: &mut String) {
    if !text
        .split_whitespace()
        .any(|word| word.chars().count() > LONGEST_WORD)
    {
        return;
    }
    let mut broken = String::with_capacity(text.len() + text.len() / 8);
    let mut since = 0;
    for sign in text.chars() {
        since = if sign.is_whitespace() { 0 } else { since + 1 };
        if since > LONGEST_WORD / 2 && !sign.is_alphanumeric() && !unseen(sign) || since > LONGEST_WORD {
            broken.push(MAY_BREAK);
            since = 0;
        }
        broken.push(sign);
    }
    *text = broken;
}

/// The fewest fonts of the system that have the most of these signs; what they have is no longer missing.
fn of_the_system(missing: &mut BTreeSet<char>) -> Vec<Font> {
    let mut system = Database::new();
    system.load_system_fonts();
    let mut offers: Vec<(ID, BTreeSet<char>)> = system
        .faces()
        .filter(|face| face.style == fontdb::Style::Normal)
        .filter_map(|face| {
            let signs = system.with_face_data(face.id, |data, index| offered(data, index, missing))??;
            Some((face.id, signs))
        })
        .collect();
    let mut chosen = Vec::new();
    while !missing.is_empty() {
        let regular = |id: &ID| {
            system
                .face(*id)
                .is_some_and(|face| face.weight == fontdb::Weight::NORMAL)
        };
        let best = offers
            .iter()
            .max_by_key(|(id, signs)| (signs.intersection(missing).count(), regular(id)));
        let Some((id, signs)) = best.cloned() else { break };
        offers.retain(|(other, _)| *other != id);
        let font = system.with_face_data(id, |data, index| Font::new(Bytes::new(data.to_vec()), index));
        if signs.is_disjoint(missing) {
            break;
        }
        if let Some(font) = font.flatten() {
            missing.retain(|sign| !signs.contains(sign));
            chosen.push(font);
        }
    }
    chosen
}

/// Which of these signs a font has, if it may be put into a document.
fn offered(data: &[u8], index: u32, missing: &BTreeSet<char>) -> Option<BTreeSet<char>> {
    let face = Face::parse(data, index).ok()?;
    if matches!(face.permissions(), Some(Permissions::Restricted)) || !face.is_subsetting_allowed() {
        return None;
    }
    let signs: BTreeSet<_> = missing
        .iter()
        .copied()
        .filter(|sign| face.glyph_index(*sign).is_some())
        .collect();
    (!signs.is_empty()).then_some(signs)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_sign_without_a_letter_gives_way_to_a_placeholder_and_addresses_stay() {
        let mut data = json!({"a": ["Gewoon \u{10fffd}", "één"], "to": "https://example.org/\u{10fffd}"});
        let letters = fit(&mut data);
        assert_eq!(
            data,
            json!({"a": ["Gewoon ¤", "één"], "to": "https://example.org/\u{10fffd}"})
        );
        assert!(letters.lacking);
        assert!(shipped().iter().any(|font| has(font, PLACEHOLDER)));
    }

    #[test]
    fn all_that_the_report_itself_says_has_letters_that_ship() {
        let said = include_str!("../texts.rs");
        let lacking = said
            .chars()
            .filter(|sign| !sign.is_ascii() && !shipped().iter().any(|font| has(font, *sign)));
        assert_eq!(lacking.collect::<String>(), "");
    }

    #[test]
    fn a_word_without_end_may_break_and_others_stay_whole() {
        let whole = "Arbeidsongeschiktheidsverzekering is een woord".to_owned();
        let mut text = whole.clone();
        break_long_words(&mut text);
        assert_eq!(text, whole);
        let mut text = "a".repeat(200);
        break_long_words(&mut text);
        assert_eq!(text.matches(MAY_BREAK).count(), 4);
        assert_eq!(text.replace(MAY_BREAK, ""), "a".repeat(200));
    }
}
