//! What a person wrote, as HTML.

use pulldown_cmark_escape::{FmtWriter, escape_html};

use crate::report::markdown::{Block, Inline};

/// Deepest heading that HTML has.
const DEEPEST: u8 = 6;

/// A block of what was written; its headings lie below those of the report.
pub(super) fn write_block(html: &mut String, block: &Block) {
    match block {
        Block::P { c } => wrapped(html, "p", c),
        Block::Heading { level, c } => {
            wrapped(html, &format!("h{}", level.saturating_add(4).min(DEEPEST)), c);
        }
        Block::Quote { c } => {
            html.push_str("<blockquote>");
            c.iter().for_each(|block| write_block(html, block));
            html.push_str("</blockquote>\n");
        }
        Block::List { start, tight, items } => {
            let name = if start.is_some() { "ol" } else { "ul" };
            match start {
                Some(start) if *start != 1 => html.push_str(&format!("<ol start=\"{start}\">")),
                _ => html.push_str(&format!("<{name}>")),
            }
            for item in items {
                html.push_str("<li>");
                for block in item {
                    match block {
                        Block::P { c } if *tight => c.iter().for_each(|one| write_inline(html, one)),
                        block => write_block(html, block),
                    }
                }
                html.push_str("</li>\n");
            }
            html.push_str(&format!("</{name}>\n"));
        }
        Block::Code { lines } => {
            html.push_str("<pre><code>");
            html.push_str(&escaped(&lines.join("\n")));
            html.push_str("</code></pre>\n");
        }
        Block::Rule => html.push_str("<hr>\n"),
    }
}

fn wrapped(html: &mut String, name: &str, inlines: &[Inline]) {
    html.push_str(&format!("<{name}>"));
    inlines.iter().for_each(|one| write_inline(html, one));
    html.push_str(&format!("</{name}>\n"));
}

fn write_inline(html: &mut String, inline: &Inline) {
    let mut around = |open: &str, c: &[Inline], close: &str| {
        html.push_str(open);
        c.iter().for_each(|one| write_inline(html, one));
        html.push_str(close);
    };
    match inline {
        Inline::Text { v } => html.push_str(&escaped(v)),
        Inline::Strong { c } => around("<strong>", c, "</strong>"),
        Inline::Em { c } => around("<em>", c, "</em>"),
        Inline::Code { v } => html.push_str(&format!("<code>{}</code>", escaped(v))),
        Inline::Break => html.push_str("<br>\n"),
        Inline::Link { to, shown, c } => {
            around(
                &format!("<a href=\"{}\" rel=\"noopener noreferrer\">", escaped(to)),
                c,
                "</a>",
            );
            if let Some(shown) = shown {
                html.push_str(&format!(" <span class=\"address\">({})</span>", escaped(shown)));
            }
        }
    }
}

/// Text as HTML shows it.
pub(super) fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + text.len() / 16);
    // Writing into a string cannot fail.
    let _ = escape_html(FmtWriter(&mut html), text);
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_comes_out_as_text_whatever_it_looks_like() {
        let markdown = "<script>alert(1)</script>\n\n# <b>x</b>\n\n[a](https://example.org/\"><img src=x>) `</code>`\n\n    </pre>";
        let mut html = String::new();
        for block in crate::report::markdown::blocks(markdown, "beeld") {
            write_block(&mut html, &block);
        }
        let allowed = [
            "<p>", "</p>", "<h5>", "</h5>", "<code>", "</code>", "<pre>", "</pre>",
        ];
        let mut rest = html.clone();
        for tag in allowed {
            rest = rest.replace(tag, "");
        }
        assert!(!rest.contains('<'), "{html}");
        assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{html}");
    }
}
