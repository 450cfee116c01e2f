//! Diary entries: Markdown as written, and what a list shows of it.

mod record;

use chrono::{DateTime, Datelike, Utc};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use unicode_segmentation::UnicodeSegmentation;

pub use record::EntryRecord;

use crate::{EntryId, attachment::Attached, moment::Moment};

const TITLE_GRAPHEMES: usize = 80;
const PREVIEW_GRAPHEMES: usize = 160;
/// Longest entry that is accepted, in bytes of Markdown: about 300,000 words.
pub const LONGEST_BYTES: usize = 2 * 1024 * 1024;

/// Longest own title, in bytes.
pub const LONGEST_TITLE: usize = 400;
/// Most tags on one entry, and the length of each in bytes.
pub const MOST_TAGS: usize = 24;
/// Longest tag, in bytes.
pub const LONGEST_TAG: usize = 80;

/// How somebody felt, on a scale of five that says nothing about better or worse days than others have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mood(u8);

impl Mood {
    /// From 1 (heavy) to 5 (light); `None` outside.
    #[must_use]
    pub fn new(value: u8) -> Option<Self> {
        (1..=5).contains(&value).then_some(Self(value))
    }

    /// From 1 to 5.
    #[must_use]
    pub fn value(self) -> u8 {
        self.0
    }
}

/// A calendar day where the writer was, as the number `yyyymmdd`.
#[must_use]
pub fn day_of(moment: &Moment) -> i32 {
    let date = moment.at.date_naive();
    date.year() * 10_000 + i32::try_from(date.month() * 100 + date.day()).unwrap_or_default()
}

/// A tag as it is kept: without the sign before it, without space around or doubled; `None` when nothing is left.
#[must_use]
pub fn tidy_tag(typed: &str) -> Option<String> {
    let words: Vec<_> = typed
        .trim_start_matches(['#', ' '])
        .split(|sign: char| sign.is_whitespace() || sign.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    let tag = words.join(" ");
    let end = tag.floor_char_boundary(LONGEST_TAG);
    let tag = tag.get(..end).unwrap_or_default().trim_end().to_owned();
    (!tag.is_empty()).then_some(tag)
}

/// A diary entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which one.
    pub id: EntryId,
    /// The title that the person gave; empty when they gave none.
    pub own_title: String,
    /// How they felt, when they said so.
    pub mood: Option<Mood>,
    /// Tags, tidied.
    pub tags: Vec<String>,
    /// CommonMark, exactly as saved.
    pub markdown: String,
    /// When and where it was begun.
    pub written: Moment,
    /// When it was last saved.
    pub edited: DateTime<Utc>,
    /// Where the editor stood; opaque to the core.
    pub caret: Option<u32>,
    /// The photos and voice notes that it names, in their order.
    pub attachments: Vec<Attached>,
}

/// What a list shows of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glance {
    /// The first line that says something, shortened.
    pub title: String,
    /// What follows it, shortened.
    pub preview: String,
}

/// The words of a Markdown text, one line a block, without its marks. Images give their description; raw HTML
/// is text like any other.
#[must_use]
pub fn plain_text(markdown: &str) -> String {
    let mut text = String::with_capacity(markdown.len());
    for event in Parser::new_ext(markdown, Options::empty()) {
        match event {
            Event::Text(part) | Event::Code(part) | Event::Html(part) | Event::InlineHtml(part) => {
                text.push_str(&part)
            }
            Event::SoftBreak => text.push(' '),
            Event::HardBreak
            | Event::End(TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item | TagEnd::CodeBlock)
            | Event::Start(Tag::Item) => text.push('\n'),
            _ => {}
        }
    }
    text
}

/// Title and preview of an entry, from its own title and its [`plain_text`].
#[must_use]
pub fn glance(own_title: &str, plain: &str) -> Glance {
    let mut lines = plain.lines().map(str::trim).filter(|line| !line.is_empty());
    let title = match own_title.trim() {
        "" => lines.next().unwrap_or_default(),
        own => own,
    };
    let mut preview = String::new();
    for line in lines {
        if preview.len() > PREVIEW_GRAPHEMES * 8 {
            break;
        }
        if !preview.is_empty() {
            preview.push(' ');
        }
        preview.push_str(line);
    }
    Glance {
        title: shorten(title, TITLE_GRAPHEMES),
        preview: shorten(&preview, PREVIEW_GRAPHEMES),
    }
}

/// At most `limit` graphemes, cut at a word where one ends nearby, with an ellipsis.
fn shorten(text: &str, limit: usize) -> String {
    let Some((cut, _)) = text.grapheme_indices(true).nth(limit) else {
        return text.to_owned();
    };
    let head = text.get(..cut).unwrap_or(text);
    let kept = head
        .rfind(' ')
        .filter(|space| *space > cut * 2 / 3)
        .and_then(|space| head.get(..space))
        .unwrap_or(head);
    format!("{}…", kept.trim_end_matches([' ', ',', '.', ';', ':']))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_list_shows_words_and_no_marks() {
        let plain = plain_text(
            "# Eerst *wandelen*\n\nVanochtend **lukte** het\\* om\nte gaan.\n\n- schoenen\n- [route](https://x.example)\n\n<b>los</b>",
        );
        assert_eq!(
            glance("", &plain),
            Glance {
                title: "Eerst wandelen".into(),
                preview: "Vanochtend lukte het* om te gaan. schoenen route <b>los</b>".into()
            }
        );
    }

    #[test]
    fn an_own_title_leaves_the_first_line_to_the_preview_and_tags_are_tidied() {
        let glance = glance(" Maandag ", "Eerste regel\nTweede");
        assert_eq!(
            (glance.title.as_str(), glance.preview.as_str()),
            ("Maandag", "Eerste regel Tweede")
        );
        assert_eq!(tidy_tag(" #werk \n thuis ").as_deref(), Some("werk thuis"));
        assert_eq!(tidy_tag("# \t"), None);
        assert!(tidy_tag(&"ë".repeat(200)).is_some_and(|tag| tag.len() <= LONGEST_TAG));
    }

    #[test]
    fn a_long_line_is_cut_at_a_word() {
        let glance = glance("", &"woord, ".repeat(40));
        assert!(
            glance.title.ends_with("woord…") && glance.title.chars().count() <= TITLE_GRAPHEMES + 1,
            "{}",
            glance.title
        );
    }

    proptest! {
        #[test]
        fn any_text_has_a_glance_of_bounded_length(markdown in any::<String>()) {
            let glance = glance("", &plain_text(&markdown));
            prop_assert!(glance.title.graphemes(true).count() <= TITLE_GRAPHEMES + 1);
            prop_assert!(glance.preview.graphemes(true).count() <= PREVIEW_GRAPHEMES + 1);
        }
    }
}
