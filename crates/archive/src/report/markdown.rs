//! What a person wrote, as a tree of blocks. Both forms of the report are made from the tree, never from the Markdown, so
//! that nothing in it can become a mark of theirs.

use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use serde::Serialize;

/// Deeper lists and quotes are flattened: no page has room for them, and no stack either.
const DEEPEST: usize = 8;

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "t", rename_all = "lowercase")]
pub(super) enum Block {
    /// A paragraph.
    P { c: Vec<Inline> },
    /// A heading, from 1; a level never skips the one before it.
    Heading { level: u8, c: Vec<Inline> },
    /// A quotation.
    Quote { c: Vec<Block> },
    /// A list; with a start it is numbered.
    List {
        start: Option<u64>,
        tight: bool,
        items: Vec<Vec<Block>>,
    },
    /// Lines set as they are.
    Code { lines: Vec<String> },
    /// A break between two thoughts.
    Rule,
}

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "t", rename_all = "lowercase")]
pub(super) enum Inline {
    /// Words.
    Text { v: String },
    /// Bold.
    Strong { c: Vec<Inline> },
    /// Italic.
    Em { c: Vec<Inline> },
    /// Code.
    Code { v: String },
    /// A new line.
    Break,
    /// A link to the web, with its address where the words do not show it.
    Link {
        to: String,
        shown: Option<String>,
        c: Vec<Inline>,
    },
}

/// What is open while events come in.
enum Open {
    Blocks(Kind, Vec<Block>),
    Inlines(Kind, Vec<Inline>),
}

enum Kind {
    Root,
    Quote,
    List {
        start: Option<u64>,
        items: Vec<Vec<Block>>,
        loose: bool,
    },
    Item,
    P,
    Heading(u8),
    Strong,
    Em,
    Link(String),
    Image(String),
    /// Too deep, or nothing of ours: its content goes to what is around it.
    Through,
}

/// The blocks of a CommonMark text; raw HTML is text like any other.
pub(super) fn blocks(markdown: &str, image: &str) -> Vec<Block> {
    let mut tree = Tree {
        open: vec![Open::Blocks(Kind::Root, Vec::new())],
        code: None,
        levels: Vec::new(),
        image,
    };
    for event in Parser::new_ext(markdown, Options::empty()) {
        tree.take(event);
    }
    tree.end()
}

/// Signs that are seen, or that shape others; controls have no place on a page.
pub(super) fn clean(text: &str) -> String {
    let seen = |sign: &char| {
        (!sign.is_control() || matches!(sign, '\n' | '\t'))
            && !matches!(
                *sign,
                '\u{feff}' | '\u{fffe}' | '\u{ffff}' | '\u{202a}'..='\u{202e}'
            )
    };
    text.chars().filter(seen).collect()
}

struct Tree<'a> {
    open: Vec<Open>,
    code: Option<String>,
    /// Levels of headings that the text itself used, each deeper than the one before.
    levels: Vec<HeadingLevel>,
    image: &'a str,
}

impl Tree<'_> {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.close(tag),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => self.text(&text),
            Event::Code(text) => self.inline(Inline::Code { v: clean(&text) }),
            Event::SoftBreak => self.text(" "),
            Event::HardBreak => self.inline(Inline::Break),
            Event::Rule => self.block(Block::Rule),
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        let deep = self.open.len() > DEEPEST * 2;
        let open = match tag {
            Tag::Paragraph | Tag::HtmlBlock => Open::Inlines(Kind::P, Vec::new()),
            Tag::Heading { level, .. } => Open::Inlines(Kind::Heading(self.level(level)), Vec::new()),
            Tag::CodeBlock(_) => {
                self.code = Some(String::new());
                return;
            }
            _ if deep => Open::Inlines(Kind::Through, Vec::new()),
            Tag::BlockQuote(_) => Open::Blocks(Kind::Quote, Vec::new()),
            Tag::List(start) => Open::Blocks(
                Kind::List {
                    start,
                    items: Vec::new(),
                    loose: false,
                },
                Vec::new(),
            ),
            Tag::Item => Open::Blocks(Kind::Item, Vec::new()),
            Tag::Strong => Open::Inlines(Kind::Strong, Vec::new()),
            Tag::Emphasis => Open::Inlines(Kind::Em, Vec::new()),
            Tag::Link { dest_url, .. } => Open::Inlines(Kind::Link(address(&dest_url)), Vec::new()),
            Tag::Image { dest_url, .. } => Open::Inlines(Kind::Image(address(&dest_url)), Vec::new()),
            _ => Open::Inlines(Kind::Through, Vec::new()),
        };
        self.open.push(open);
    }

    fn close(&mut self, tag: TagEnd) {
        if tag == TagEnd::CodeBlock {
            let code = self.code.take().unwrap_or_default();
            let lines = clean(&code)
                .lines()
                .map(|line| line.replace('\t', "    "))
                .collect();
            return self.block(Block::Code { lines });
        }
        if self.open.len() < 2 {
            return;
        }
        match self.open.pop() {
            Some(Open::Blocks(kind, blocks)) => self.end_blocks(kind, blocks),
            Some(Open::Inlines(kind, inlines)) => self.end_inlines(kind, inlines),
            None => {}
        }
    }

    fn end_blocks(&mut self, kind: Kind, blocks: Vec<Block>) {
        match kind {
            Kind::Quote if !blocks.is_empty() => self.block(Block::Quote { c: blocks }),
            Kind::List {
                start,
                mut items,
                loose,
            } => {
                // Words of items that lay too deep to be ones.
                if !blocks.is_empty() {
                    items.push(blocks);
                }
                if !items.is_empty() {
                    self.block(Block::List {
                        start,
                        tight: !loose,
                        items,
                    });
                }
            }
            Kind::Item => match self.open.last_mut() {
                Some(Open::Blocks(Kind::List { items, loose, .. }, _)) => {
                    *loose |= blocks.iter().filter(|one| matches!(one, Block::P { .. })).count() > 1;
                    items.push(blocks);
                }
                _ => blocks.into_iter().for_each(|one| self.block(one)),
            },
            _ => {}
        }
    }

    fn end_inlines(&mut self, kind: Kind, c: Vec<Inline>) {
        match kind {
            Kind::P if !c.is_empty() => self.block(Block::P { c }),
            Kind::Heading(level) if !c.is_empty() => self.block(Block::Heading { level, c }),
            Kind::Strong => self.inline(Inline::Strong { c }),
            Kind::Em => self.inline(Inline::Em { c }),
            Kind::Link(to) => self.link(to, c),
            Kind::Image(to) => {
                let said = words(&c);
                let sign = if said.is_empty() {
                    format!("[{}: {to}]", self.image)
                } else {
                    format!("[{}: {said}, {to}]", self.image)
                };
                self.text(&sign);
            }
            Kind::Through if !c.is_empty() => {
                c.into_iter().for_each(|one| self.inline(one));
                self.inline(Inline::Break);
            }
            _ => {}
        }
    }

    /// A link leads to the web or nowhere; where it would lead is always to be read.
    fn link(&mut self, to: String, c: Vec<Inline>) {
        let said = words(&c);
        let lower = to.to_ascii_lowercase();
        let shown = (said.trim() != to).then(|| to.clone());
        if lower.starts_with("https://") || lower.starts_with("http://") {
            let c = if said.trim().is_empty() {
                vec![Inline::Text { v: to.clone() }]
            } else {
                c
            };
            let shown = shown.filter(|_| !said.trim().is_empty());
            return self.inline(Inline::Link { to, shown, c });
        }
        c.into_iter().for_each(|one| self.inline(one));
        if let Some(shown) = shown.filter(|shown| !shown.is_empty()) {
            self.text(&format!(" ({shown})"));
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(code) = &mut self.code {
            code.push_str(text);
            return;
        }
        let v = clean(text).replace('\n', " ");
        if let Some(Open::Inlines(_, inlines)) = self.open.last_mut()
            && let Some(Inline::Text { v: before }) = inlines.last_mut()
        {
            before.push_str(&v);
        } else if !v.is_empty() {
            self.inline(Inline::Text { v });
        }
    }

    fn inline(&mut self, inline: Inline) {
        match self.open.last_mut() {
            Some(Open::Inlines(_, inlines)) => inlines.push(inline),
            // Words of a tight list item stand in no paragraph of their own.
            Some(Open::Blocks(_, blocks)) => match blocks.last_mut() {
                Some(Block::P { c }) => c.push(inline),
                _ => blocks.push(Block::P { c: vec![inline] }),
            },
            None => {}
        }
    }

    fn block(&mut self, block: Block) {
        let place = self
            .open
            .iter_mut()
            .rev()
            .find(|open| matches!(open, Open::Blocks(..)));
        if let Some(Open::Blocks(_, blocks)) = place {
            blocks.push(block);
        }
    }

    /// The level of a heading when none is skipped.
    fn level(&mut self, level: HeadingLevel) -> u8 {
        self.levels.retain(|above| *above < level);
        self.levels.push(level);
        u8::try_from(self.levels.len()).unwrap_or(6)
    }

    fn end(mut self) -> Vec<Block> {
        match self.open.drain(..).next() {
            Some(Open::Blocks(_, blocks)) => blocks,
            _ => Vec::new(),
        }
    }
}

fn address(to: &CowStr<'_>) -> String {
    clean(to).replace('\n', "")
}

/// The words of a line.
pub(super) fn words(inlines: &[Inline]) -> String {
    inlines
        .iter()
        .map(|inline| match inline {
            Inline::Text { v } | Inline::Code { v } => v.clone(),
            Inline::Strong { c } | Inline::Em { c } | Inline::Link { c, .. } => words(c),
            Inline::Break => " ".into(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(v: &str) -> Inline {
        Inline::Text { v: v.into() }
    }

    #[test]
    fn a_text_becomes_blocks_with_headings_that_skip_no_level() {
        let all = blocks(
            "### Hoi\n\nEen **wandeling**  \nlangs *het* `kanaal`.\n\n###### Diep\n\n# Hoog\n\n1. een\n2. twee\n   > zei ze",
            "beeld",
        );
        assert_eq!(
            all,
            [
                Block::Heading {
                    level: 1,
                    c: vec![text("Hoi")]
                },
                Block::P {
                    c: vec![
                        text("Een "),
                        Inline::Strong {
                            c: vec![text("wandeling")]
                        },
                        Inline::Break,
                        text("langs "),
                        Inline::Em { c: vec![text("het")] },
                        text(" "),
                        Inline::Code { v: "kanaal".into() },
                        text("."),
                    ]
                },
                Block::Heading {
                    level: 2,
                    c: vec![text("Diep")]
                },
                Block::Heading {
                    level: 1,
                    c: vec![text("Hoog")]
                },
                Block::List {
                    start: Some(1),
                    tight: true,
                    items: vec![
                        vec![Block::P { c: vec![text("een")] }],
                        vec![
                            Block::P {
                                c: vec![text("twee")]
                            },
                            Block::Quote {
                                c: vec![Block::P {
                                    c: vec![text("zei ze")]
                                }]
                            },
                        ],
                    ],
                },
            ]
        );
    }

    #[test]
    fn only_the_web_becomes_a_link_and_an_image_is_named_and_never_loaded() {
        let all = blocks(
            "[klik](javascript:alert(1)) ![de kat](https://evil.example/x.png) <https://example.org> [hier](https://example.org/a)",
            "beeld",
        );
        let link = |c: &str, to: &str, shown: Option<&str>| Inline::Link {
            to: to.into(),
            shown: shown.map(Into::into),
            c: vec![text(c)],
        };
        assert_eq!(
            all,
            [Block::P {
                c: vec![
                    text("klik (javascript:alert(1)) [beeld: de kat, https://evil.example/x.png] "),
                    link("https://example.org", "https://example.org", None),
                    text(" "),
                    link("hier", "https://example.org/a", Some("https://example.org/a")),
                ]
            }]
        );
    }

    fn depth(blocks: &[Block]) -> usize {
        let below = blocks.iter().map(|block| match block {
            Block::Quote { c } => depth(c),
            Block::List { items, .. } => items.iter().map(|item| depth(item)).max().unwrap_or(0),
            _ => 0,
        });
        1 + below.max().unwrap_or(0)
    }

    #[test]
    fn words_of_items_that_lie_too_deep_stay_in_the_list_around_them() {
        let all = blocks(&format!("{}- - zee", "> ".repeat(13)), "beeld");
        assert!(format!("{all:?}").contains("zee"));
    }

    proptest! {
        #[test]
        fn no_text_goes_too_deep_and_no_word_is_lost(
            parts in proptest::collection::vec("(> ){0,40}|( {0,12}- ){1,12}|[*_]{1,9}|#{1,6} |\\[|\\]\\(|<b>|\n|zee", 0..60)
        ) {
            let markdown = parts.concat();
            let all = blocks(&markdown, "beeld");
            prop_assert!(depth(&all) <= 2 * DEEPEST + 2);
            let words = format!("{all:?}").matches("zee").count();
            prop_assert!(words >= regie_domain::diary::plain_text(&markdown).matches("zee").count());
        }
    }
}
