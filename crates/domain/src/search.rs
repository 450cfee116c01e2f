//! What a person types into the search field, and how a hit is shown.
//!
//! Words are cut as SQLite's `unicode61` tokenizer cuts them: runs of letters, digits and combining marks.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

const SNIPPET_CHARS: usize = 140;
const LEAD_CHARS: usize = 40;

/// A search for entries that hold all of these words, the last one as a beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    words: Vec<String>,
}

impl Query {
    /// Reads what was typed; `None` when there is no word in it.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        let words: Vec<_> = words(typed).map(|(_, word)| word.to_owned()).take(16).collect();
        (!words.is_empty()).then_some(Self { words })
    }

    /// The query in the language of FTS5. Every word is quoted, so nothing typed is read as syntax.
    #[must_use]
    pub fn to_fts5(&self) -> String {
        let quoted: Vec<_> = self.words.iter().map(|word| format!("\"{word}\"")).collect();
        quoted.join(" ") + "*"
    }

    fn matches(&self, word: &str) -> bool {
        let word = fold(word);
        let last = self.words.len() - 1;
        self.words.iter().enumerate().any(|(position, wanted)| {
            let wanted = fold(wanted);
            if position == last {
                word.starts_with(&wanted)
            } else {
                word == wanted
            }
        })
    }
}

/// A piece of a line; `hit` where it matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The text as written.
    pub text: String,
    /// Whether the search found this word.
    pub hit: bool,
}

/// The text around the first hit, in pieces.
#[must_use]
pub fn snippet(plain: &str, query: &Query) -> Vec<Piece> {
    let first = words(plain)
        .find(|(_, word)| query.matches(word))
        .map_or(0, |(start, _)| start);
    let from = plain
        .get(..first)
        .and_then(|lead| lead.char_indices().rev().nth(LEAD_CHARS))
        .map_or(0, |(place, _)| place);
    let rest = plain.get(from..).unwrap_or_default();
    let to = rest
        .char_indices()
        .nth(SNIPPET_CHARS)
        .map_or(rest.len(), |(place, _)| place);
    let excerpt = rest.get(..to).unwrap_or_default();

    let mut pieces = Vec::new();
    let mut done = 0;
    let mut push = |text: &str, hit: bool| {
        if !text.is_empty() {
            pieces.push(Piece {
                text: text.replace('\n', " "),
                hit,
            });
        }
    };
    if from > 0 {
        push("…", false);
    }
    for (start, word) in words(excerpt).filter(|(_, word)| query.matches(word)) {
        push(excerpt.get(done..start).unwrap_or_default(), false);
        push(word, true);
        done = start + word.len();
    }
    push(excerpt.get(done..).unwrap_or_default(), false);
    if to < rest.len() {
        push("…", false);
    }
    pieces
}

fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let outside = |sign: char| !(sign.is_alphanumeric() || is_combining_mark(sign));
    let mut start = 0;
    text.split(outside).filter_map(move |word| {
        let at = start;
        let separator = text.get(at + word.len()..).and_then(|rest| rest.chars().next());
        start = at + word.len() + separator.map_or(0, char::len_utf8);
        (!word.is_empty()).then_some((at, word))
    })
}

/// Case and accents do not matter.
fn fold(word: &str) -> String {
    word.nfd()
        .filter(|sign| !is_combining_mark(*sign))
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn marked(plain: &str, typed: &str) -> String {
        let pieces = Query::parse(typed)
            .map(|query| snippet(plain, &query))
            .unwrap_or_default();
        pieces
            .iter()
            .map(|piece| {
                if piece.hit {
                    format!("[{}]", piece.text)
                } else {
                    piece.text.clone()
                }
            })
            .collect()
    }

    #[test]
    fn a_hit_is_shown_in_its_surroundings() {
        assert_eq!(
            marked("Een kop café\nin de zon", "CAFE zo"),
            "Een kop [café] in de [zon]"
        );
        let long = format!("{} wandelen", "woord ".repeat(30));
        let shown = marked(&long, "wand");
        assert!(shown.starts_with('…') && shown.ends_with("[wandelen]"), "{shown}");
    }

    #[test]
    fn what_looks_like_syntax_is_only_words() {
        let query = Query::parse("\"a* OR NEAR(b) - col:c ^").map(|query| query.to_fts5());
        assert_eq!(
            query.as_deref(),
            Some("\"a\" \"OR\" \"NEAR\" \"b\" \"col\" \"c\"*")
        );
        assert_eq!(Query::parse(" \"*^-: "), None);
    }

    proptest! {
        #[test]
        fn the_pieces_are_the_text_itself(plain in "\\PC{0,80}", typed in "\\PC{1,8}") {
            if let Some(query) = Query::parse(&typed) {
                let joined: String = snippet(&plain, &query).iter().map(|piece| piece.text.clone()).collect();
                let joined = joined.trim_start_matches('…').trim_end_matches('…').to_owned();
                prop_assert!(plain.contains(&joined), "{joined:?}");
            }
        }
    }
}
