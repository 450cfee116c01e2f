//! Text as other programs keep it, made into the Markdown that an entry is.

use std::{borrow::Cow, cell::RefCell};

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag as MarkdownTag};
use regie_domain::diary::plain_text;

/// Text of a file: by its byte order mark, else UTF-8, else as Windows in Western Europe wrote it. `None`: no text.
pub(super) fn decode(bytes: &[u8]) -> Option<String> {
    let text = match Encoding::for_bom(bytes) {
        Some((encoding, _)) => encoding.decode_with_bom_removal(bytes).0,
        None => match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
        },
    };
    (!text.contains('\0')).then(|| tidy(&text))
}

/// A field of a file that is read in pieces, so that no mark tells its encoding.
pub(super) fn decode_field(bytes: &[u8]) -> String {
    match UTF_8.decode_without_bom_handling_and_without_replacement(bytes) {
        Some(text) => tidy(&text),
        None => tidy(&WINDOWS_1252.decode_without_bom_handling(bytes).0),
    }
}

/// One kind of line end, and no signs that nobody can see or type.
pub(super) fn tidy(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let unseen = |sign: char| sign.is_control() && !matches!(sign, '\n' | '\t');
    match text.contains(unseen) {
        true => text.replace(unseen, ""),
        false => text,
    }
}

/// Markdown that reads as this text does, line by line.
pub(super) fn escape(text: &str) -> String {
    let mut markdown = String::with_capacity(text.len() + text.len() / 16);
    let mut blank = true;
    for line in text.lines().map(str::trim) {
        if line.is_empty() {
            blank = true;
            continue;
        }
        match (markdown.is_empty(), blank) {
            (true, _) => {}
            (false, true) => markdown.push_str("\n\n"),
            (false, false) => markdown.push_str("\\\n"),
        }
        blank = false;
        escape_line(line, &mut markdown);
    }
    markdown
}

fn escape_line(line: &str, markdown: &mut String) {
    let number = line.len() - line.trim_start_matches(|sign: char| sign.is_ascii_digit()).len();
    let mut signs = line.char_indices().peekable();
    while let Some((at, sign)) = signs.next() {
        let next = signs.peek().map(|(_, next)| *next);
        let is_mark = match sign {
            '\\' | '`' | '*' | '_' | '[' | ']' | '~' => true,
            '<' => next.is_some_and(|next| next.is_ascii_alphabetic() || matches!(next, '/' | '!' | '?')),
            '&' => next.is_some_and(|next| next == '#' || next.is_ascii_alphanumeric()),
            '#' | '>' | '+' | '-' | '=' | '|' | ':' => at == 0,
            '.' | ')' => number > 0 && at == number,
            _ => false,
        };
        if is_mark {
            markdown.push('\\');
        }
        markdown.push(sign);
    }
}

/// The title that a text opens with as a heading of the first level, and what comes after it. Not when nothing does.
pub(super) fn split_title(markdown: &str) -> Option<(String, &str)> {
    let start = markdown.len() - markdown.trim_start_matches('\n').len();
    let (line, rest) = markdown.get(start..)?.split_once('\n')?;
    let mut events = Parser::new_ext(line, Options::empty());
    let Some(Event::Start(MarkdownTag::Heading {
        level: HeadingLevel::H1,
        ..
    })) = events.next()
    else {
        return None;
    };
    let title = plain_text(line).trim().to_owned();
    let rest = rest.trim_start_matches('\n');
    (!title.is_empty() && !rest.trim().is_empty()).then_some((title, rest))
}

/// The text without images whose address begins so, and how many there were.
pub(super) fn without_images(markdown: &str, address: &str) -> (String, usize) {
    let mut kept = String::with_capacity(markdown.len());
    let (mut from, mut count) = (0, 0);
    for (event, range) in Parser::new_ext(markdown, Options::empty()).into_offset_iter() {
        let Event::Start(MarkdownTag::Image { dest_url, .. }) = event else {
            continue;
        };
        if !dest_url.starts_with(address) || range.start < from {
            continue;
        }
        kept.push_str(markdown.get(from..range.start).unwrap_or_default());
        from = range.end;
        count += 1;
        // An image that had its lines to itself leaves none behind.
        if kept.is_empty() || kept.ends_with("\n\n") {
            let rest = markdown.get(from..).unwrap_or_default();
            from += rest.len() - rest.trim_start_matches('\n').len();
        }
    }
    kept.push_str(markdown.get(from..).unwrap_or_default());
    (kept.trim_end().to_owned(), count)
}

/// Plain text of a note that may be HTML, as newer Daylios write them.
pub(super) fn from_html(note: &str) -> Cow<'_, str> {
    const TAGS: [&str; 16] = [
        "br", "br/", "div", "p", "b", "i", "u", "s", "strong", "em", "ul", "ol", "li", "span", "h1", "h2",
    ];
    let is_html = note.split('<').skip(1).any(|after| {
        let name = after
            .trim_start_matches('/')
            .split(['>', ' '])
            .next()
            .unwrap_or_default();
        TAGS.contains(&name.to_ascii_lowercase().as_str()) && after.contains('>')
    });
    if !is_html {
        return Cow::Borrowed(note);
    }
    let tokens = Tokenizer::new(Plain::default(), TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(note.into());
    let _ = tokens.feed(&input);
    tokens.end();
    Cow::Owned(tokens.sink.text.take())
}

/// Collects what a page would show.
#[derive(Default)]
struct Plain {
    text: RefCell<String>,
}

impl TokenSink for Plain {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut text = self.text.borrow_mut();
        match token {
            Token::CharacterTokens(signs) => text.push_str(&signs.replace('\u{a0}', " ")),
            Token::TagToken(Tag { kind, name, .. }) => match (&*name, kind) {
                ("br", _) => text.push('\n'),
                ("p" | "h1" | "h2" | "ul" | "ol", TagKind::EndTag) => text.push_str("\n\n"),
                ("div", _) | ("p" | "h1" | "h2" | "ul" | "ol", _)
                    if !text.is_empty() && !text.ends_with('\n') =>
                {
                    text.push('\n');
                }
                ("li", TagKind::StartTag) => {
                    if !text.is_empty() && !text.ends_with('\n') {
                        text.push('\n');
                    }
                    text.push_str("• ");
                }
                _ => {}
            },
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_is_read_in_the_encodings_that_occur() {
        let said = "Één dag: €5, “ja”.";
        let utf16 = |mark: &[u8], to: fn(u16) -> [u8; 2]| {
            [mark, &said.encode_utf16().flat_map(to).collect::<Vec<_>>()].concat()
        };
        let windows = WINDOWS_1252.encode(said).0.into_owned();
        for bytes in [
            said.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", said.as_bytes()].concat(),
            utf16(b"\xff\xfe", u16::to_le_bytes),
            utf16(b"\xfe\xff", u16::to_be_bytes),
            windows,
        ] {
            assert_eq!(decode(&bytes).as_deref(), Some(said));
        }
        assert_eq!(decode(b"\x89PNG\r\n\x1a\n\0\0\0"), None);
        assert_eq!(decode_field(b"caf\xe9\0\r\nx"), "café\nx");
    }

    #[test]
    fn plain_text_keeps_its_lines_and_marks() {
        let markdown = escape("  - melk\n# 3\n1. ei\n\n\n*nou* <b> &amp; a_b_ \\ [x](y)\n2026\n===\n  ");
        assert_eq!(
            markdown,
            "\\- melk\\\n\\# 3\\\n1\\. ei\n\n\\*nou\\* \\<b> \\&amp; a\\_b\\_ \\\\ \\[x\\](y)\\\n2026\\\n\\==="
        );
    }

    #[test]
    fn html_of_a_note_is_read_as_a_page_shows_it() {
        let html = "Eerst <b>dit</b> &amp; dat.<br>Dan&nbsp;dit.<div>En:</div><ul><li>een</li><li>twee</li></ul><p>Slot</p>";
        assert_eq!(
            from_html(html).trim(),
            "Eerst dit & dat.\nDan dit.\nEn:\n• een\n• twee\n\nSlot"
        );
        for plain in ["1 < 2 en 3 > 2", "ik <3 jou", "a &amp; b", "kies <iets> moois"] {
            assert_eq!(from_html(plain), plain);
        }
    }

    #[test]
    fn a_heading_at_the_top_is_the_title_when_text_follows() {
        let split = |text| split_title(text);
        assert_eq!(
            split("# Een *dag*\\.\n\nTekst"),
            Some(("Een dag.".into(), "Tekst"))
        );
        assert_eq!(
            split("\n#  Dag #\nTekst\n\nmeer"),
            Some(("Dag".into(), "Tekst\n\nmeer"))
        );
        for text in [
            "# Alleen dit",
            "# Alleen dit\n\n",
            "## Lager\n\nTekst",
            "#tag\n\nTekst",
            "Tekst\n# Later",
            "#\n\nTekst",
            "",
        ] {
            assert_eq!(split(text), None, "{text:?}");
        }
    }

    #[test]
    fn images_of_a_program_go_and_those_of_others_stay() {
        let text = "![](dayone-moment://AB)\n\nOchtend ![](dayone-moment:/video/CD) hier.\n\n![](dayone-moment://EF)\n\n![x](https://x.example/y.png)\n\n`![](dayone-moment://GH)`\n\n![](dayone-moment://IJ)";
        assert_eq!(
            without_images(text, "dayone-moment:"),
            (
                "Ochtend  hier.\n\n![x](https://x.example/y.png)\n\n`![](dayone-moment://GH)`".into(),
                4
            )
        );
    }

    /// What a reader sees: lines with something in them.
    fn lines(text: &str) -> Vec<String> {
        text.lines()
            .map(|line| line.trim().to_owned())
            .filter(|line| !line.is_empty())
            .collect()
    }

    proptest! {
        #[test]
        fn any_plain_text_reads_the_same_as_markdown(text in "[ -~\n\té]{0,80}|\\PC{0,40}(\n\\PC{0,20}){0,3}") {
            let text = tidy(&text);
            prop_assert_eq!(lines(&plain_text(&escape(&text))), lines(&text), "{:?}", escape(&text));
        }

        #[test]
        fn no_bytes_are_too_odd_to_be_decoded(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&bytes);
            let text = decode_field(&bytes);
            let _ = from_html(&text);
            let _ = split_title(&text);
            let _ = without_images(&text, "dayone-moment:");
        }
    }
}
