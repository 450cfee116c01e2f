//! `diary/`: each entry as a Markdown file with front matter in YAML.

use std::{
    collections::HashMap,
    fmt::Write as _,
    io::{self, Write},
};

use chrono::{Datelike, Timelike};

use regie_protocol::{Language, Text};

use super::{attachments::Kept, time};
use crate::{
    ArchiveError,
    model::Entry,
    pack::Pack,
    source::{About, Source},
};

/// The line behind which the photos and recordings of an entry stand; a reader of Markdown does not show it.
pub(crate) const MARK: &str = "<!-- regie: attachments -->";

pub(crate) fn write(
    pack: &mut Pack<'_>,
    source: &dyn Source,
    about: &About,
    kept: &Kept,
) -> Result<(), ArchiveError> {
    // How many entries a minute has; a clock that was set back meets earlier ones again.
    let mut minutes: HashMap<i64, u32> = HashMap::new();
    let (mut name, mut quoted) = (String::new(), String::new());
    source.entries(&mut |entry| {
        let at = entry.written.at.naive_local();
        let nth = minutes
            .entry(at.and_utc().timestamp().div_euclid(60))
            .or_default();
        *nth += 1;
        name.clear();
        let (year, month, day) = (at.year(), at.month(), at.day());
        let (hour, minute) = (at.hour(), at.minute());
        let named = write!(
            name,
            "diary/{year:04}/{year:04}-{month:02}-{day:02}-{hour:02}{minute:02}"
        );
        let named = named.and_then(|()| match *nth {
            1 => Ok(()),
            nth => write!(name, "-{nth}"),
        });
        named
            .and_then(|()| name.write_str(".md"))
            .map_err(io::Error::other)?;
        pack.begin(&name)?;
        file(pack, &entry, &mut quoted)?;
        Ok(links(pack, &entry, about.language, kept)?)
    })
}

fn file(to: &mut Pack<'_>, entry: &Entry, quoted: &mut String) -> io::Result<()> {
    let mut field = |to: &mut Pack<'_>, name: &str, text: &str| {
        quote(text, quoted);
        writeln!(to, "{name}: {quoted}")
    };
    to.write_all(b"---\n")?;
    writeln!(to, "id: \"{}\"", entry.id)?;
    writeln!(to, "date: {}", time(&entry.written.at))?;
    field(to, "zone", &entry.written.zone)?;
    writeln!(to, "edited: {}", time(&entry.edited))?;
    if !entry.title.is_empty() {
        field(to, "title", &entry.title)?;
    }
    if let Some(mood) = entry.mood {
        writeln!(to, "mood: {mood}")?;
    }
    if entry.tags.is_empty() {
        to.write_all(b"tags: []\n")?;
    } else {
        to.write_all(b"tags:\n")?;
        for tag in &entry.tags {
            quote(tag, quoted);
            writeln!(to, "  - {quoted}")?;
        }
    }
    writeln!(to, "restricted: {}", entry.restriction.is_some())?;
    to.write_all(b"---\n\n")?;
    to.write_all(entry.markdown.as_bytes())?;
    to.write_all(b"\n")
}

/// Links to what the entry names, behind its text.
fn links(to: &mut Pack<'_>, entry: &Entry, language: Language, kept: &Kept) -> io::Result<()> {
    const PHOTO: Text = Text {
        nl: "Foto",
        en: "Photo",
    };
    const RECORDING: Text = Text {
        nl: "Opname",
        en: "Recording",
    };
    const SMALL: Text = Text {
        nl: "alleen een kleine versie",
        en: "only a small version",
    };
    const MISSING: Text = Text {
        nl: "zit niet in dit archief",
        en: "not in this archive",
    };
    if entry.attachments.is_empty() {
        return Ok(());
    }
    writeln!(to, "\n{MARK}\n")?;
    for attached in &entry.attachments {
        let Some(one) = kept.find(attached.id) else {
            continue;
        };
        let kind = if one.media.is_photo() { PHOTO } else { RECORDING };
        let mut words = escaped(&attached.description);
        if words.is_empty() {
            words.push_str(kind.in_language(language));
        }
        let sign = if one.media.is_photo() { "!" } else { "" };
        match &one.content {
            None => writeln!(to, "- {words} ({})", MISSING.in_language(language))?,
            Some(content) => {
                write!(to, "- {sign}[{words}](../../{})", content.part)?;
                if content.preview {
                    write!(to, " ({})", SMALL.in_language(language))?;
                }
                writeln!(to)?;
            }
        }
    }
    Ok(())
}

/// Words on one line that Markdown shows as they are.
fn escaped(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split(|sign: char| sign.is_whitespace() || sign.is_control()) {
        if word.is_empty() {
            continue;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        for sign in word.chars() {
            if sign.is_ascii_punctuation() {
                line.push('\\');
            }
            line.push(sign);
        }
    }
    line
}

/// A double-quoted scalar of one line that YAML 1.1 and 1.2 read alike: nothing in it is a sign of YAML, a line break or a
/// character that YAML does not allow.
fn quote(text: &str, to: &mut String) {
    to.clear();
    to.push('"');
    for sign in text.chars() {
        match sign {
            '"' => to.push_str("\\\""),
            '\\' => to.push_str("\\\\"),
            '\n' => to.push_str("\\n"),
            '\t' => to.push_str("\\t"),
            '\0'..='\u{1f}'
            | '\u{7f}'..='\u{a0}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}' => {
                // A String takes whatever is written.
                let _ = write!(to, "\\u{:04x}", u32::from(sign));
            }
            other => to.push(other),
        }
    }
    to.push('"');
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn whatever_stands_in_a_title_is_one_line_of_yaml() {
        let mut quoted = String::new();
        for (text, yaml) in [
            ("nee: ja # nee", r#""nee: ja # nee""#),
            ("\"a\\b\"\n---\r", r#""\"a\\b\"\n---\u000d""#),
            ("\u{85}\u{2028}\u{feff}é😀", r#""\u0085\u2028\ufeffé😀""#),
        ] {
            quote(text, &mut quoted);
            assert_eq!(quoted, yaml);
        }
    }
}
