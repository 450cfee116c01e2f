//! The letters that a sheet is set in: those of the window, as files that ship with the program.

use std::sync::{Arc, LazyLock};

use resvg::usvg::fontdb::Database;
use unicode_segmentation::UnicodeSegmentation;

macro_rules! font {
    ($name:literal) => {
        include_bytes!(concat!("../../../content/fonts/", $name, ".ttf"))
    };
}

const TEXT: &[u8] = font!("atkinson-hyperlegible-next-400");
const STRONG: &[u8] = font!("atkinson-hyperlegible-next-600");
const HEADING: &[u8] = font!("fraunces-400");

/// One of the letters in use.
#[derive(Clone, Copy)]
pub(super) enum Face {
    Text,
    Strong,
    Heading,
}

impl Face {
    pub(super) const fn family(self) -> &'static str {
        match self {
            Self::Text | Self::Strong => "Atkinson Hyperlegible Next",
            Self::Heading => "Fraunces",
        }
    }

    pub(super) const fn weight(self) -> u16 {
        match self {
            Self::Strong => 600,
            Self::Text | Self::Heading => 400,
        }
    }

    const fn bytes(self) -> &'static [u8] {
        match self {
            Self::Text => TEXT,
            Self::Strong => STRONG,
            Self::Heading => HEADING,
        }
    }
}

/// All of them, and none of the system's.
pub(super) fn all() -> Arc<Database> {
    static ALL: LazyLock<Arc<Database>> = LazyLock::new(|| {
        let mut database = Database::new();
        for font in [TEXT, STRONG, HEADING] {
            database.load_font_data(font.to_vec());
        }
        Arc::new(database)
    });
    ALL.clone()
}

/// Breaks words into lines of at most `width` points; a word that is longer by itself is broken too.
pub(super) fn lines(words: &str, face: Face, size: f32, width: f32) -> Vec<String> {
    let measure = Measure::of(face, size);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in words.split_whitespace() {
        let longer = if line.is_empty() {
            word.to_owned()
        } else {
            format!("{line} {word}")
        };
        if measure.width(&longer) <= width {
            line = longer;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for sign in word.graphemes(true) {
            if !line.is_empty() && measure.width(&line) + measure.width(sign) > width {
                lines.push(std::mem::take(&mut line));
            }
            line.push_str(sign);
        }
    }
    lines.push(line);
    lines
}

struct Measure {
    face: Option<ttf_parser::Face<'static>>,
    size: f32,
}

impl Measure {
    fn of(face: Face, size: f32) -> Self {
        Self {
            face: ttf_parser::Face::parse(face.bytes(), 0).ok(),
            size,
        }
    }

    /// In points, without kerning; a sign from elsewhere counts as wide.
    fn width(&self, words: &str) -> f32 {
        words.chars().map(|sign| self.advance(sign)).sum()
    }

    fn advance(&self, sign: char) -> f32 {
        let known = self.face.as_ref().and_then(|face| {
            let advance = face.glyph_hor_advance(face.glyph_index(sign)?)?;
            Some(f32::from(advance) / f32::from(face.units_per_em()))
        });
        known.unwrap_or(1.0) * self.size
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_whole_where_they_fit_and_no_line_is_too_wide() {
        let long = "Arbeidsongeschiktheidsverzekeringsmaatschappijmedewerkersbijeenkomst";
        let text = format!("Een {long} op een gewone dag met Łódź en 日本");
        for width in [60.0, 120.0, 483.0] {
            let set = lines(&text, Face::Text, 11.0, width);
            let measure = Measure::of(Face::Text, 11.0);
            assert!(set.iter().all(|line| measure.width(line) <= width), "{set:?}");
            assert_eq!(set.concat().replace(' ', ""), text.replace(' ', ""));
        }
        assert_eq!(lines("een twee", Face::Strong, 13.0, 483.0), ["een twee"]);
    }
}
