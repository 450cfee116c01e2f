//! Searching what was written: how text is indexed, what a person types into the search field, how a hit is shown.
//!
//! Words are cut as SQLite's `unicode61` tokenizer cuts them: runs of letters, digits and combining marks; case and
//! accents do not matter. Beside each word its stem is indexed, by Snowball's rules for the language of the
//! paragraph.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hasher;

use regie_protocol::Language;
use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

const SNIPPET_CHARS: usize = 140;
const LEAD_CHARS: usize = 40;
/// Beginnings up to this many letters have an index of their own.
pub const INDEXED_PREFIX: usize = 5;
const MOST_TERMS: usize = 16;
/// How much of a text is looked at to tell its language, in bytes.
const LANGUAGE_SAMPLE: usize = 1200;
/// Where Unicode's supplementary private use area A begins, and half of its letters.
const PRIVATE: u32 = 0xF_0000;
const LETTERS: u32 = 0x7FFE;
/// So many words are remembered at most, by language.
const MOST_KNOWN: usize = 1 << 16;
const LANGUAGES: [Language; 2] = [Language::Nl, Language::En];

/// What the index holds of one record: folded words with single spaces between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Indexed {
    /// The title that the person gave.
    pub title: String,
    /// The tags.
    pub tags: String,
    /// The text.
    pub words: String,
    /// Stems of all of these that differ from their words, each as two letters that stand for it and its language.
    pub stems: String,
}

impl Indexed {
    /// What is to be indexed of a record; `text` is plain, without marks of Markdown.
    #[must_use]
    pub fn of(title: &str, tags: &[String], text: &str) -> Self {
        Indexer::default().index(title, tags, text)
    }
}

/// Makes many records ready for the index: words come back, and so do their stems. It holds words that were written, so it is
/// to go with the work.
#[derive(Default)]
pub struct Indexer {
    /// What a folded word adds to the index.
    dutch: HashMap<String, Option<Code>>,
    english: HashMap<String, Option<Code>>,
}

impl Indexer {
    /// As [`Indexed::of`].
    #[must_use]
    pub fn index(&mut self, title: &str, tags: &[String], text: &str) -> Indexed {
        let mut stems = BTreeSet::new();
        // Who writes in two languages changes between paragraphs.
        let mut spoken: Vec<Language> = Vec::new();
        let mut words = String::with_capacity(text.len());
        for paragraph in text.lines().filter(|line| !line.trim().is_empty()) {
            let languages = languages_of(paragraph);
            for language in languages {
                if !spoken.contains(language) {
                    spoken.push(*language);
                }
            }
            self.add(paragraph, languages, &mut words, &mut stems);
        }
        let spoken = if spoken.is_empty() {
            &LANGUAGES[..]
        } else {
            &spoken
        };
        let (mut title_words, mut tag_words) = (String::new(), String::new());
        self.add(title, spoken, &mut title_words, &mut stems);
        for tag in tags {
            self.add(tag, spoken, &mut tag_words, &mut stems);
        }
        Indexed {
            title: title_words,
            tags: tag_words,
            words,
            stems: stems.into_iter().map(as_words).collect::<Vec<_>>().join(" "),
        }
    }

    fn add(&mut self, text: &str, languages: &[Language], folded: &mut String, stems: &mut BTreeSet<Code>) {
        for (_, word) in words(text) {
            if !folded.is_empty() {
                folded.push(' ');
            }
            let start = folded.len();
            fold_onto(folded, word);
            let word = folded.get(start..).unwrap_or_default();
            stems.extend(languages.iter().filter_map(|language| self.code(*language, word)));
        }
    }

    fn code(&mut self, language: Language, word: &str) -> Option<Code> {
        let known = match language {
            Language::Nl => &mut self.dutch,
            Language::En => &mut self.english,
        };
        if let Some(code) = known.get(word) {
            return *code;
        }
        let stem = stem(language, word);
        let code = (stem != word).then(|| coded(&stem, language));
        if known.len() >= MOST_KNOWN {
            known.clear();
        }
        known.insert(word.to_owned(), code);
        code
    }
}

/// A stem as it stands in the index, see [`coded`].
type Code = [char; 2];

fn as_words([first, second]: Code) -> String {
    [first, ' ', second].into_iter().collect()
}

/// The languages whose stems a paragraph gets: one when it can be told, both when not.
fn languages_of(text: &str) -> &'static [Language] {
    let end = text.floor_char_boundary(LANGUAGE_SAMPLE);
    let sample = text.get(..end).unwrap_or(text);
    let detector = whatlang::Detector::with_allowlist(vec![whatlang::Lang::Nld, whatlang::Lang::Eng]);
    match detector.detect(sample) {
        Some(told) if told.is_reliable() && told.lang() == whatlang::Lang::Nld => &[Language::Nl],
        Some(told) if told.is_reliable() => &[Language::En],
        _ => &LANGUAGES,
    }
}

fn stem(language: Language, folded: &str) -> String {
    thread_local! {
        static DUTCH: Stemmer = Stemmer::create(Algorithm::Dutch);
        static ENGLISH: Stemmer = Stemmer::create(Algorithm::English);
    }
    let by = match language {
        Language::Nl => &DUTCH,
        Language::En => &ENGLISH,
    };
    by.with(|stemmer| stemmer.stem(folded).into_owned())
}

/// A stem in the index: two letters of Unicode's private use, one of each half of [`PRIVATE`], that follow from language and
/// stem. So it is never taken for a word, and has no beginnings, each of which would cost as much to index as the stem. That
/// two stems share their letters is as good as impossible: there are 2³⁰ pairs.
fn coded(stem: &str, language: Language) -> Code {
    let mut hasher = fnv::FnvHasher::default();
    hasher.write(&[u8::from(language == Language::En)]);
    hasher.write(stem.as_bytes());
    let hash = hasher.finish();
    let letter = |half: u32, bits: u64| {
        let offset = u32::try_from(bits % u64::from(LETTERS)).unwrap_or_default();
        char::from_u32(PRIVATE + half * LETTERS + offset).unwrap_or(char::REPLACEMENT_CHARACTER)
    };
    [letter(0, hash >> 40), letter(1, hash)]
}

/// One thing that must be there.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    /// Folded: one word, or the words of a phrase.
    words: Vec<String>,
    /// The last word may go on.
    open: bool,
}

/// A search for records that hold all of what was typed: words in any of their forms, "phrases" as they are, the last
/// word also as a beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    terms: Vec<Term>,
}

impl Query {
    /// Reads what was typed; `None` when there is no word in it.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        let mut terms = Vec::new();
        for (part, piece) in typed.split(['"', '“', '”', '„']).enumerate() {
            let folded = words(piece).map(|(_, word)| fold(word));
            if part % 2 == 1 {
                let words: Vec<_> = folded.take(MOST_TERMS).collect();
                if !words.is_empty() {
                    terms.push(Term { words, open: false });
                }
            } else {
                terms.extend(folded.map(|word| Term {
                    words: vec![word],
                    open: false,
                }));
            }
        }
        terms.truncate(MOST_TERMS);
        let still_typing = typed
            .chars()
            .next_back()
            .is_some_and(|sign| sign.is_alphanumeric() || is_combining_mark(sign));
        if let Some(last) = terms.last_mut() {
            // One letter begins nearly everything, and has no index of its own: it is a word.
            let long = last
                .words
                .last()
                .is_some_and(|word| word.chars().nth(1).is_some());
            last.open = still_typing && long;
        }
        (!terms.is_empty()).then_some(Self { terms })
    }

    /// The query in the language of FTS5. Every word is quoted, so nothing typed is read as syntax.
    #[must_use]
    pub fn to_fts5(&self) -> String {
        let all: Vec<_> = self.terms.iter().map(Term::to_fts5).collect();
        all.join(" AND ")
    }

    /// The folded beginning that a row must hold, when it is longer than the index of beginnings tells; a row that
    /// holds one of the [`Self::longer_forms`] is right too.
    #[must_use]
    pub fn longer_beginning(&self) -> Option<&str> {
        let term = self.terms.last().filter(|term| term.open)?;
        let word = term.words.last().filter(|_| term.words.len() == 1)?;
        (word.chars().count() > INDEXED_PREFIX).then_some(word)
    }

    /// Other forms of the word of [`Self::longer_beginning`], stems as the index holds them.
    #[must_use]
    pub fn longer_forms(&self) -> Vec<String> {
        self.longer_beginning().map(forms).unwrap_or_default()
    }
}

impl Term {
    fn to_fts5(&self) -> String {
        match self.words.as_slice() {
            [word] => {
                let mut any: Vec<_> = forms(word).iter().map(|form| format!("\"{form}\"")).collect();
                // The word itself counts beside what it begins, so it comes first.
                any.push(format!("\"{word}\""));
                if self.open {
                    let end = word.char_indices().nth(INDEXED_PREFIX);
                    let end = end.map_or(word.len(), |(end, _)| end);
                    any.push(format!("\"{}\"*", word.get(..end).unwrap_or(word)));
                }
                format!("({})", any.join(" OR "))
            }
            phrase => format!("\"{}\"{}", phrase.join(" "), if self.open { "*" } else { "" }),
        }
    }

    /// Where a phrase that begins this text ends in it.
    fn end_of_phrase(&self, text: &str) -> Option<usize> {
        let mut there = words(text);
        let mut end = None;
        for (at, wanted) in self.words.iter().enumerate() {
            let (start, word) = there.next()?;
            let folded = fold(word);
            let open = self.open && at + 1 == self.words.len();
            if folded != *wanted && !(open && folded.starts_with(wanted)) {
                return None;
            }
            end = Some(start + word.len());
        }
        end
    }
}

/// With what every word of this stem begins: stemming takes endings off and changes two letters at most before them, as in
/// "waarheden", "waarheid".
fn kept_by_stemming(stem: &str) -> &str {
    let end = stem.char_indices().rev().nth(1).map_or(0, |(end, _)| end);
    stem.get(..end).unwrap_or_default()
}

/// The stems of a word, as words and as the index holds them, without the word itself.
fn forms(word: &str) -> Vec<String> {
    let stems = LANGUAGES.map(|language| (stem(language, word), language));
    let plain = stems.iter().map(|(stem, _)| stem.clone());
    let coded = stems
        .iter()
        .map(|(stem, language)| as_words(coded(stem, *language)));
    let all: BTreeSet<_> = plain.chain(coded).filter(|form| form != word).collect();
    all.into_iter().collect()
}

/// A piece of a line; `hit` where it matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The text as written.
    pub text: String,
    /// Whether the search found this word.
    pub hit: bool,
}

/// Shows hits of one query: what was found out about a word holds for all texts.
#[derive(Debug)]
pub struct Highlighter<'a> {
    /// With what words and phrases begin.
    beginnings: Vec<char>,
    /// Bytes with which a word that begins so can begin: accents and case are seen later.
    first_bytes: [bool; 256],
    /// Single words of the query, each with its stems.
    wanted: Vec<(&'a str, bool, [String; 2])>,
    phrases: Vec<&'a Term>,
    /// Folded words that begin like a wanted one, and whether they are a form of it.
    met: HashMap<String, bool>,
    folded: String,
}

impl<'a> Highlighter<'a> {
    /// For the hits of this query.
    #[must_use]
    pub fn of(query: &'a Query) -> Self {
        let single = |term: &'a Term| match term.words.as_slice() {
            [word] => Some((
                word.as_str(),
                term.open,
                LANGUAGES.map(|language| stem(language, word)),
            )),
            _ => None,
        };
        let beginnings: Vec<char> = (query.terms.iter())
            .filter_map(|term| term.words.first()?.chars().next())
            .collect();
        let is_first =
            |byte: u8| !byte.is_ascii() || beginnings.contains(&char::from(byte.to_ascii_lowercase()));
        Self {
            first_bytes: std::array::from_fn(|byte| u8::try_from(byte).is_ok_and(is_first)),
            beginnings,
            wanted: query.terms.iter().filter_map(single).collect(),
            phrases: query.terms.iter().filter(|term| term.words.len() > 1).collect(),
            met: HashMap::new(),
            folded: String::new(),
        }
    }

    /// The text around its first hit, in pieces.
    #[must_use]
    pub fn snippet(&mut self, plain: &str) -> Vec<Piece> {
        let mut hit = self.next_hit(plain, 0);
        let first = hit.map_or(0, |(start, _)| start);
        let from = plain
            .get(..first)
            .and_then(|lead| lead.char_indices().rev().nth(LEAD_CHARS))
            .map_or(0, |(place, _)| place);
        let rest = plain.get(from..).unwrap_or_default();
        let to = rest
            .char_indices()
            .nth(SNIPPET_CHARS)
            .map_or(plain.len(), |(place, _)| from + place);
        let excerpt = plain.get(..to).unwrap_or_default();

        let mut pieces = Vec::new();
        let mut done = from;
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
        // A word that is cut off at the end of the excerpt is looked at as it stands there.
        hit = hit
            .filter(|(_, end)| *end <= to)
            .or_else(|| self.next_hit(excerpt, from));
        while let Some((start, end)) = hit {
            push(excerpt.get(done..start).unwrap_or_default(), false);
            push(excerpt.get(start..end).unwrap_or_default(), true);
            done = end;
            hit = self.next_hit(excerpt, done);
        }
        push(excerpt.get(done..).unwrap_or_default(), false);
        if to < plain.len() {
            push("…", false);
        }
        pieces
    }

    /// Where the first hit from a place on begins and ends. Nearly every word begins unlike what is sought, which its first byte tells.
    fn next_hit(&mut self, text: &str, from: usize) -> Option<(usize, usize)> {
        let first_bytes = self.first_bytes;
        let may_begin = |byte: u8| first_bytes.get(usize::from(byte)) == Some(&true);
        let bytes = text.bytes().enumerate().skip(from);
        bytes.filter(|(_, byte)| may_begin(*byte)).find_map(|(start, _)| {
            let (before, rest) = text.split_at_checked(start)?;
            if before.chars().next_back().is_some_and(|sign| !is_outside(sign)) {
                return None;
            }
            let word = rest.split(is_outside).next().filter(|word| !word.is_empty())?;
            self.hit(text, start, word).map(|end| (start, end))
        })
    }

    /// Where the hit that begins with this word of the text ends.
    fn hit(&mut self, text: &str, start: usize, word: &str) -> Option<usize> {
        let first = word.as_bytes().first()?;
        if self.first_bytes.get(usize::from(*first)) != Some(&true) {
            return None;
        }
        self.folded.clear();
        fold_onto(&mut self.folded, word);
        let begins = self.folded.chars().next()?;
        if !self.beginnings.contains(&begins) {
            return None;
        }
        let rest = text.get(start..)?;
        let phrase = self
            .phrases
            .iter()
            .filter_map(|phrase| phrase.end_of_phrase(rest))
            .max();
        if let Some(end) = phrase {
            return Some(start + end);
        }
        let folded = self.folded.as_str();
        let is_form = match self.met.get(folded) {
            Some(known) => *known,
            None => {
                let is_form = self.wanted.iter().any(|(wanted, open, stems)| {
                    folded == *wanted
                        || *open && folded.starts_with(wanted)
                        || LANGUAGES.iter().zip(stems).any(|(language, known)| {
                            folded.starts_with(kept_by_stemming(known)) && stem(*language, folded) == *known
                        })
                });
                self.met.insert(folded.to_owned(), is_form);
                is_form
            }
        };
        is_form.then_some(start + word.len())
    }
}

/// Whether a sign stands between words.
fn is_outside(sign: char) -> bool {
    !(sign.is_alphanumeric() || !sign.is_ascii() && is_combining_mark(sign))
}

fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    text.split(is_outside).filter_map(move |word| {
        let at = start;
        let separator = text.get(at + word.len()..).and_then(|rest| rest.chars().next());
        start = at + word.len() + separator.map_or(0, char::len_utf8);
        (!word.is_empty()).then_some((at, word))
    })
}

/// Without case and accents.
#[must_use]
pub fn fold(word: &str) -> String {
    let mut folded = String::with_capacity(word.len());
    fold_onto(&mut folded, word);
    folded
}

fn fold_onto(folded: &mut String, word: &str) {
    if word.is_ascii() {
        let start = folded.len();
        folded.push_str(word);
        if let Some(folded) = folded.get_mut(start..) {
            folded.make_ascii_lowercase();
        }
    } else {
        let bare = word.nfd().filter(|sign| !is_combining_mark(*sign));
        folded.extend(bare.flat_map(char::to_lowercase));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(plain: &str, typed: &str) -> String {
        let pieces = Query::parse(typed)
            .map(|query| Highlighter::of(&query).snippet(plain))
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
    fn a_hit_is_shown_in_its_surroundings_in_whatever_form() {
        assert_eq!(
            shown("Een kop café\nin de zon", "CAFE zo"),
            "Een kop [café] in de [zon]"
        );
        assert_eq!(
            shown("Morgen vier vergaderingen.", "vergadering "),
            "Morgen vier [vergaderingen]."
        );
        assert_eq!(
            shown("De week, deze dag en deze\nweek weer", "\"deze week\" dag"),
            "De week, deze [dag] en [deze week] weer",
            "a phrase as a whole, and none of its words alone"
        );
        let far = format!("{} de lange weg", "de weg ".repeat(30));
        assert!(shown(&far, "\"de lange weg\"").ends_with("[de lange weg]"));
        assert_eq!(
            shown("een eik en e", "e"),
            "een eik en [e]",
            "one letter begins no word"
        );
        let long = format!("{} wandelen", "woord ".repeat(30));
        let shown = shown(&long, "wand");
        assert!(shown.starts_with('…') && shown.ends_with("[wandelen]"), "{shown}");
    }

    #[test]
    fn what_looks_like_syntax_is_only_words() {
        let query = Query::parse("a* NEAR(b) - col:c ^").map(|query| query.to_fts5());
        let any = |word| {
            let stems: BTreeSet<_> = LANGUAGES.map(|language| as_words(coded(word, language))).into();
            let quoted = stems.iter().map(|stem| format!("\"{stem}\" OR "));
            format!("({}\"{word}\")", quoted.collect::<String>())
        };
        let expected = ["a", "near", "b", "col", "c"].map(any).join(" AND ");
        assert_eq!(query.as_deref(), Some(expected.as_str()));
        assert_eq!(Query::parse(" \"*^-: "), None);
        let phrase = Query::parse("\"de lange weg\" th").map(|query| query.to_fts5());
        assert!(
            phrase.is_some_and(|fts| fts.starts_with("\"de lange weg\" AND (") && fts.ends_with("\"th\"*)"))
        );
    }

    #[test]
    fn a_text_is_indexed_by_its_own_language_and_by_both_when_it_cannot_be_told() {
        let dutch = Indexed::of(
            "",
            &[],
            "Vandaag hebben we lang gewandeld langs de rivier en daarna koffie gedronken.",
        );
        let holds = |indexed: &Indexed, stem: &str, language| {
            indexed.stems.contains(&as_words(coded(stem, language)))
        };
        // "koffie" and "hebben" have other stems in each language.
        let stems = |language| [stem(language, "koffie"), stem(language, "hebben")];
        assert!(
            stems(Language::Nl)
                .into_iter()
                .any(|stem| holds(&dutch, &stem, Language::Nl)),
            "{dutch:?}"
        );
        assert!(
            !stems(Language::En)
                .into_iter()
                .any(|stem| holds(&dutch, &stem, Language::En)),
            "{dutch:?}"
        );
        let english = Indexed::of(
            "",
            &[],
            "Today we were walking along the river for hours and then we had some coffees.",
        );
        assert!(
            holds(&english, "walk", Language::En) && !holds(&english, "walk", Language::Nl),
            "{english:?}"
        );
        let unsure = Indexed::of("", &[], "meetings");
        assert!(
            holds(&unsure, "meet", Language::En) && holds(&unsure, "meeting", Language::Nl),
            "{unsure:?}"
        );
    }

    proptest! {
        #[test]
        fn a_word_begins_as_its_stem_does(
            word in "[a-z]{1,6}(heden|heid|eren|ational|iviti|biliti|ying|ies|zen|ven|ely|[a-z]{0,5})"
        ) {
            for language in LANGUAGES {
                let stem = stem(language, &word);
                prop_assert!(word.starts_with(kept_by_stemming(&stem)), "{stem}");
            }
        }

        #[test]
        fn the_first_hit_is_found_as_word_for_word(plain in "[a-zé́ÀÄ ,.\n\"]{0,60}", typed in "[a-zé]{1,3}") {
            if let Some(query) = Query::parse(&typed) {
                let mut highlighter = Highlighter::of(&query);
                let by_words = words(&plain).find(|(start, word)| highlighter.hit(&plain, *start, word).is_some());
                let first = highlighter.next_hit(&plain, 0).map(|(start, _)| start);
                prop_assert_eq!(first, by_words.map(|(start, _)| start));
            }
        }

        #[test]
        fn the_pieces_are_the_text_itself(plain in "\\PC{0,80}", typed in "\\PC{1,8}") {
            if let Some(query) = Query::parse(&typed) {
                let joined: String = Highlighter::of(&query).snippet(&plain).iter().map(|piece| piece.text.clone()).collect();
                let joined = joined.trim_start_matches('…').trim_end_matches('…').to_owned();
                prop_assert!(plain.contains(&joined), "{joined:?}");
            }
        }
    }
}
