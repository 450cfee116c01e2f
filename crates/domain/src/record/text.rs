//! Texts, merged by sentences: a sentence of before stays where both sides kept it, and whatever either side wrote stays where
//! it was put. Where both rewrote the same sentence, both sentences stand there. Words are never merged: that doubles text
//! without anybody seeing it.
//!
//! Differences are found by `similar`, twice and against the same base; its search is bounded, and so is the number of
//! sentences: beyond it paragraphs are compared, and beyond that whole texts.

use std::collections::HashMap;
use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};
use unicode_segmentation::UnicodeSegmentation;

/// So many pieces of a text are compared: a book has some ten thousand sentences.
const MOST_PIECES: usize = 32 * 1024;
/// A line of this length, or with so long a stretch without a letter, is no prose: it is one piece. The rules for sentences
/// look ahead as far as there is no letter, which would be quadratic.
const LONGEST_LINE: usize = 32 * 1024;
const LONGEST_STRETCH: usize = 160;
const BASE: usize = 0;
const ONE: usize = 1;
const OTHER: usize = 2;

/// Three ways in one text. `one` and `other` come in an order that every device agrees on.
pub(super) fn merge(base: &str, one: &str, other: &str) -> String {
    let texts = [base, one, other];
    let pieces = [sentences, paragraphs]
        .into_iter()
        .map(|split| texts.map(split))
        .find(|split| split.iter().all(|pieces| pieces.len() <= MOST_PIECES))
        .unwrap_or_else(|| texts.map(|text| vec![Piece::of(text)]));
    Three::of(pieces).text()
}

/// A stretch of one of two texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Whole sentences, with the blank behind them.
    pub text: String,
    /// Whether only this text has it.
    pub only_here: bool,
}

/// Two texts beside each other, sentence by sentence: what both have, and what only one has. Together the stretches of each are its text.
#[must_use]
pub fn compare(one: &str, other: &str) -> [Vec<Stretch>; 2] {
    let texts = [one, other];
    let pieces = [sentences, paragraphs]
        .into_iter()
        .map(|split| texts.map(split))
        .find(|split| split.iter().all(|pieces| pieces.len() <= MOST_PIECES))
        .unwrap_or_else(|| texts.map(|text| vec![Piece::of(text)]));
    let words = |pieces: &[Piece<'_>]| pieces.iter().map(|piece| piece.words.to_owned()).collect();
    let [ones, others]: [Vec<String>; 2] = pieces.each_ref().map(|pieces| words(pieces));
    let mut stretches = [Vec::new(), Vec::new()];
    for op in capture_diff_slices(Algorithm::Myers, &ones, &others) {
        let same = matches!(op, DiffOp::Equal { .. });
        let ranges = [op.old_range(), op.new_range()];
        for ((stretches, pieces), range) in stretches.iter_mut().zip(&pieces).zip(ranges) {
            let pieces = pieces.get(range).unwrap_or_default();
            let text: String = pieces
                .iter()
                .flat_map(|piece| [piece.words, piece.blank])
                .collect();
            if !text.is_empty() {
                stretches.push(Stretch {
                    text,
                    only_here: !same,
                });
            }
        }
    }
    stretches
}

/// Words, and the blank that stands behind them. Only the words are compared.
#[derive(Clone, Copy, Debug, Default)]
struct Piece<'a> {
    words: &'a str,
    blank: &'a str,
}

impl<'a> Piece<'a> {
    fn of(text: &'a str) -> Self {
        let words = text.trim_end();
        Self {
            words,
            blank: text.get(words.len()..).unwrap_or_default(),
        }
    }
}

/// Ends every piece of a text where `ends` says so; blank ones belong to the piece before.
fn pieces<'a>(text: &'a str, parts: impl Iterator<Item = &'a str>) -> Vec<Piece<'a>> {
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    let mut end = 0;
    for part in parts {
        end += part.len();
        match pieces.last_mut() {
            Some(last) if part.trim_end().is_empty() => {
                let start = end - part.len() - last.blank.len();
                last.blank = text.get(start..end).unwrap_or_default();
            }
            _ => pieces.push(Piece::of(part)),
        }
    }
    pieces
}

fn sentences(text: &str) -> Vec<Piece<'_>> {
    let lines = text.split_inclusive('\n');
    let parts = lines.flat_map(|line| {
        let prose = is_prose(line);
        let (sentences, whole) = if prose { (line, "") } else { ("", line) };
        sentences
            .split_sentence_bounds()
            .chain((!whole.is_empty()).then_some(whole))
    });
    pieces(text, parts)
}

fn paragraphs(text: &str) -> Vec<Piece<'_>> {
    pieces(text, text.split_inclusive("\n\n"))
}

fn is_prose(line: &str) -> bool {
    let mut stretch = 0;
    line.len() <= LONGEST_LINE
        && line.chars().all(|sign| {
            stretch = if sign.is_alphabetic() { 0 } else { stretch + 1 };
            stretch <= LONGEST_STRETCH
        })
}

/// What became of the base on one side.
struct Side {
    /// Where each piece of the base stands; `None`: it was taken out or rewritten.
    kept: Vec<Option<usize>>,
    /// What was written before each piece of the base, and behind the last.
    added: Vec<Range<usize>>,
}

impl Side {
    fn of(base: &[u32], side: &[u32]) -> Self {
        let mut kept = vec![None; base.len()];
        let mut added = vec![0..0; base.len() + 1];
        let mut add = |before: usize, from: usize, count: usize| {
            if let Some(range) = added.get_mut(before) {
                let start = if range.start == range.end {
                    from
                } else {
                    range.start
                };
                *range = start..from + count;
            }
        };
        for op in capture_diff_slices(Algorithm::Myers, base, side) {
            match op {
                DiffOp::Equal {
                    old_index,
                    new_index,
                    len,
                } => {
                    let places = kept.iter_mut().skip(old_index).take(len);
                    places.zip(new_index..).for_each(|(place, at)| *place = Some(at));
                }
                DiffOp::Insert {
                    old_index,
                    new_index,
                    new_len,
                }
                | DiffOp::Replace {
                    old_index,
                    new_index,
                    new_len,
                    ..
                } => add(old_index, new_index, new_len),
                DiffOp::Delete { .. } => {}
            }
        }
        Self { kept, added }
    }
}

/// Where a piece of the merged text stands in base, one side and the other.
type Places = [Option<usize>; 3];

struct Three<'a> {
    pieces: [Vec<Piece<'a>>; 3],
    /// A number for each piece, the same for the same words.
    numbers: [Vec<u32>; 3],
}

impl<'a> Three<'a> {
    fn of(pieces: [Vec<Piece<'a>>; 3]) -> Self {
        let mut seen: HashMap<&str, u32> = HashMap::new();
        let numbers = pieces.each_ref().map(|pieces| {
            let number = |piece: &Piece<'a>| {
                let next = u32::try_from(seen.len()).unwrap_or(u32::MAX);
                *seen.entry(piece.words).or_insert(next)
            };
            pieces.iter().map(number).collect()
        });
        Self { pieces, numbers }
    }

    fn text(&self) -> String {
        let [base, one, other] = self.numbers.each_ref();
        let (one, other) = (Side::of(base, one), Side::of(base, other));
        let mut merged: Vec<Places> = Vec::new();
        for (at, (ones, others)) in one.added.iter().zip(&other.added).enumerate() {
            self.both(&mut merged, ones, others);
            if let (Some(Some(one)), Some(Some(other))) = (one.kept.get(at), other.kept.get(at)) {
                merged.push([Some(at), Some(*one), Some(*other)]);
            }
        }
        let mut text = String::new();
        for (at, places) in merged.iter().enumerate() {
            text.push_str(self.words(places));
            text.push_str(match merged.get(at + 1) {
                Some(next) => self.blank_between(places, next),
                None => self.blank_at_end(),
            });
        }
        text
    }

    /// What both sides wrote at one place; what is the same in both stands once.
    fn both(&self, merged: &mut Vec<Places>, ones: &Range<usize>, others: &Range<usize>) {
        for op in capture_diff_slices(
            Algorithm::Myers,
            self.numbers(ONE, ones),
            self.numbers(OTHER, others),
        ) {
            let (one, other) = (op.old_range(), op.new_range());
            let (one, other) = (
                ones.start + one.start..ones.start + one.end,
                others.start + other.start..others.start + other.end,
            );
            if matches!(op, DiffOp::Equal { .. }) {
                merged.extend(one.zip(other).map(|(one, other)| [None, Some(one), Some(other)]));
            } else {
                merged.extend(one.map(|one| [None, Some(one), None]));
                merged.extend(other.map(|other| [None, None, Some(other)]));
            }
        }
    }

    fn numbers(&self, side: usize, range: &Range<usize>) -> &[u32] {
        let side = self.numbers.get(side);
        side.and_then(|side| side.get(range.clone())).unwrap_or_default()
    }

    fn piece(&self, side: usize, at: usize) -> Piece<'a> {
        let side = self.pieces.get(side);
        side.and_then(|side| side.get(at)).copied().unwrap_or_default()
    }

    fn words(&self, places: &Places) -> &'a str {
        let mut places = places.iter().enumerate().rev();
        let words = places.find_map(|(side, at)| at.map(|at| self.piece(side, at).words));
        words.unwrap_or_default()
    }

    /// As it stands between these two wherever they are neighbours. Those who never were get the wider of what stood behind
    /// the first and before the second.
    fn blank_between(&self, first: &Places, second: &Places) -> &'a str {
        let between = |side: usize| {
            let (first, second) = (first.get(side)?.as_ref()?, second.get(side)?.as_ref()?);
            (first + 1 == *second).then(|| self.piece(side, *first).blank)
        };
        match (between(ONE), between(OTHER)) {
            (Some(one), Some(other)) => changed(between(BASE), one, other),
            (Some(blank), None) | (None, Some(blank)) => blank,
            (None, None) => {
                let behind = |(side, at): (usize, &Option<usize>)| Some(self.piece(side, (*at)?).blank);
                let before = |(side, at): (usize, &Option<usize>)| {
                    Some(self.piece(side, at.as_ref()?.checked_sub(1)?).blank)
                };
                let behind = first.iter().enumerate().filter_map(behind);
                let before = second.iter().enumerate().filter_map(before);
                match behind.chain(before).reduce(wider) {
                    None | Some("") => " ",
                    Some(blank) => blank,
                }
            }
        }
    }

    fn blank_at_end(&self) -> &'a str {
        let [base, one, other] = self
            .pieces
            .each_ref()
            .map(|pieces| pieces.last().map_or("", |piece| piece.blank));
        changed(Some(base), one, other)
    }
}

fn changed<'a>(base: Option<&'a str>, one: &'a str, other: &'a str) -> &'a str {
    if one == other || base == Some(other) {
        one
    } else if base == Some(one) {
        other
    } else {
        wider(one, other)
    }
}

fn wider<'a>(one: &'a str, other: &'a str) -> &'a str {
    let width = |blank: &'a str| (blank.matches('\n').count(), blank.len(), blank);
    if width(one) >= width(other) { one } else { other }
}

/// The pieces of a text, for tests.
#[cfg(test)]
pub(super) fn words(text: &str) -> Vec<&str> {
    sentences(text).into_iter().map(|piece| piece.words).collect()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    /// In a build for tests, on a machine that does other things too: a quadratic merge would take hours.
    const BOUND: Duration = Duration::from_secs(60);
    const LONGEST: usize = 2 * 1024 * 1024;

    fn numbered(numbers: impl Iterator<Item = usize>) -> String {
        let mut text: String = numbers
            .map(|number| format!("Zin {number} gaat over iets.\n"))
            .collect();
        text.truncate(LONGEST);
        text
    }

    #[test]
    fn two_texts_beside_each_other_are_whole_and_say_what_only_one_has() {
        let one = "Op de laptop. En een tweede.\n\nSlot.";
        let other = "Op de telefoon. En een tweede.\n\nSlot.";
        let both = compare(one, other);
        for (stretches, text) in both.iter().zip([one, other]) {
            let whole: String = stretches.iter().map(|stretch| stretch.text.as_str()).collect();
            assert_eq!(whole, text);
        }
        let only = both.map(|stretches| {
            let only = stretches.into_iter().filter(|stretch| stretch.only_here);
            only.map(|stretch| stretch.text).collect::<Vec<_>>()
        });
        assert_eq!(only, [["Op de laptop. "], ["Op de telefoon. "]]);
        assert!(
            compare(one, one)
                .iter()
                .flatten()
                .all(|stretch| !stretch.only_here)
        );
        assert_eq!(compare("", ""), [vec![], vec![]]);
    }

    #[test]
    fn the_longest_texts_are_merged_in_bounded_time_whatever_they_are() {
        let count = MOST_PIECES;
        let plain = numbered(0..count);
        let shuffled = numbered((0..count).map(|number| number * 7919 % count));
        let reversed = numbered((0..count).rev());
        let fresh = numbered(count..2 * count);
        let dots = ". ".repeat(LONGEST / 2);
        let brackets = format!("a.{}", ")".repeat(LONGEST - 2));
        let lines = "\n".repeat(LONGEST);
        for (what, base, one, other) in [
            ("sentences in another order", &plain, &shuffled, &reversed),
            ("nothing in common", &plain, &fresh, &shuffled),
            ("no base", &String::new(), &plain, &shuffled),
            ("dots", &dots, &plain, &dots.replace(". . ", ".. ")),
            (
                "a line of brackets",
                &brackets,
                &format!("{brackets}a"),
                &format!("b{brackets}"),
            ),
            ("empty lines", &lines, &lines.replace("\n\n\n", "\n"), &plain),
        ] {
            let begun = Instant::now();
            let merged = merge(base, one, other);
            let took = begun.elapsed();
            assert!(took < BOUND, "{what}: {took:?}");
            assert!(!merged.is_empty(), "{what}");
        }
    }

    #[test]
    fn a_text_of_a_book_is_still_merged_by_sentences() {
        let book = numbered(0..30_000);
        let one = book.replace("Zin 17 gaat over iets.", "Zin 17 gaat over mij.");
        let other = book.replace("Zin 18 gaat over iets.", "Zin 18 gaat over jou.");
        let both = one.replace("Zin 18 gaat over iets.", "Zin 18 gaat over jou.");
        assert_eq!(merge(&book, &one, &other), both);
    }

    #[test]
    fn more_sentences_than_are_compared_are_merged_by_paragraphs_and_then_whole() {
        let paragraphs = |numbers: Range<usize>| -> Vec<String> {
            numbers
                .map(|number| format!("Ja {number}. Nee. Ja. Nee. Ja. Nee."))
                .collect()
        };
        let base = paragraphs(0..10_000);
        let (mut one, mut other) = (base.clone(), base.clone());
        one[3] = "Anders. Ja.".to_owned();
        other[4] = "Anders. Nee.".to_owned();
        let mut both = one.clone();
        both[4] = other[4].clone();
        let text = |paragraphs: &[String]| paragraphs.join("\n\n");
        assert_eq!(merge(&text(&base), &text(&one), &text(&other)), text(&both));
        let (one, other) = ("Ja.\n\n".repeat(50_000), "Nee.\n\n".repeat(50_000));
        assert_eq!(merge("", &one, &other), format!("{one}{other}"));
    }
}
