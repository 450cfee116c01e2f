//! One result on a sheet of paper or as a picture, by the person's own act. One drawing in SVG makes both.

mod letters;
mod output;

use std::fmt::Display;
use std::path::Path;

use chrono::{DateTime, FixedOffset, Locale};
use regie_protocol::{Language, Text};
use regie_vault::write_for_person;
use serde::{Deserialize, Serialize};
use specta::Type;
use uuid::Uuid;
use xmlwriter::{Indent, Options, XmlWriter};

use super::{ChangeKind, DimensionView, ResultView};
use crate::{Client, ClientError};
use letters::{Face, lines};

/// What a result is saved as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum SheetFormat {
    /// A picture, PNG.
    Picture,
    /// A tagged PDF, A4.
    Pdf,
}

impl SheetFormat {
    /// The ending of its file's name.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Picture => "png",
            Self::Pdf => "pdf",
        }
    }
}

impl Client {
    /// Writes one result as a picture or a PDF where the person said. The note stays behind: it is theirs alone.
    ///
    /// # Errors
    /// [`regie_vault::VaultError::NotFound`]; [`ClientError::Locked`]; what the disk says.
    pub fn save_result(&self, id: Uuid, format: SheetFormat, path: &Path) -> Result<(), ClientError> {
        let result = self.meter_result(id)?;
        let sheet = Sheet::of(&result, self.language());
        let bytes = match format {
            SheetFormat::Picture => output::picture(&sheet),
            SheetFormat::Pdf => output::pdf(&sheet),
        };
        let bytes = bytes.ok_or(ClientError::Malformed)?;
        Ok(write_for_person(path, &bytes)?)
    }
}

/// Width of a sheet in points, that of A4.
const WIDTH: f32 = 595.0;
const MARGIN: f32 = 56.0;
const INNER: f32 = WIDTH - 2.0 * MARGIN;

const INK: &str = "#1f2a26";
const QUIET: &str = "#55625c";
const RULE: &str = "#8a8375";
const PRIMARY: &str = "#1f5b4e";

/// A drawing in pieces, from top to bottom.
struct Sheet {
    language: Language,
    title: String,
    blocks: Vec<Block>,
}

/// One piece of it, `height` points high.
struct Block {
    role: Role,
    height: f32,
    /// SVG elements, from the block's own top left corner.
    svg: String,
}

/// What a piece is to somebody who does not see it.
enum Role {
    Heading(u16, String),
    Paragraph,
    /// A drawing, in words.
    Drawing(String),
}

const OF_HUNDRED: Text = Text {
    nl: "van 100",
    en: "out of 100",
};
const NOT_ENOUGH: Text = Text {
    nl: "Niet genoeg antwoorden voor een getal.",
    en: "Not enough answers for a number.",
};
const PROVISIONAL: Text = Text {
    nl: "Voorlopig:",
    en: "Provisional:",
};
const INTENDED_USE: Text = Text {
    nl: "Wat dit niet is: dit vat je eigen antwoorden samen, naast je eigen eerdere antwoorden. Het is geen diagnose en geen advies, er zijn geen grenzen voor goed of slecht, en het is niet bedoeld voor beslissingen over zorg of werk.",
    en: "What this is not: it sums up your own answers, beside your own earlier ones. It is not a diagnosis and no advice, there are no limits for good or bad, and it is not meant for decisions about care or work.",
};

impl Sheet {
    fn of(result: &ResultView, language: Language) -> Self {
        let mut sheet = Self {
            language,
            title: result.title.clone(),
            blocks: Vec::new(),
        };
        sheet.text("Regie", &Style::WORDMARK, Role::Paragraph);
        let heading = Role::Heading(1, result.title.clone());
        sheet.text(&result.title, &Style::TITLE, heading);
        let taken = format!("{} · {}", day(&result.taken_at, language), result.period);
        sheet.text(&taken, &Style::QUIET, Role::Paragraph);
        sheet.gap(18.0);
        for dimension in result.overall.iter().chain(&result.dimensions) {
            sheet.dimension(dimension);
        }
        sheet.gap(12.0);
        sheet.text(INTENDED_USE.in_language(language), &Style::BODY, Role::Paragraph);
        let source = if result.provisional {
            format!("{} {}", PROVISIONAL.in_language(language), result.source)
        } else {
            result.source.clone()
        };
        sheet.gap(4.0);
        sheet.text(&source, &Style::QUIET, Role::Paragraph);
        sheet
    }

    fn height(&self) -> f32 {
        2.0 * MARGIN + self.blocks.iter().map(|block| block.height).sum::<f32>()
    }

    fn gap(&mut self, height: f32) {
        if let Some(last) = self.blocks.last_mut() {
            last.height += height;
        }
    }

    fn text(&mut self, words: &str, style: &Style, role: Role) {
        let mut drawing = Drawing::default();
        let lines = lines(words, style.face, style.size, INNER);
        for (line, at) in lines.iter().zip(1u16..) {
            drawing.words(
                line,
                style,
                0.0,
                f32::from(at) * style.leading - 0.3 * style.leading,
            );
        }
        let count = u16::try_from(lines.len()).unwrap_or(u16::MAX);
        self.blocks.push(Block {
            role,
            height: f32::from(count) * style.leading + style.after,
            svg: drawing.end(),
        });
    }

    fn dimension(&mut self, dimension: &DimensionView) {
        let language = self.language;
        let hue = hue(&dimension.id);
        let mut name = Drawing::default();
        name.element("path", &[("d", &mark(&dimension.id, 6.0, 12.0)), ("fill", &hue)]);
        let named = lines(&dimension.name, Style::NAME.face, Style::NAME.size, INNER - 90.0);
        for (line, at) in named.iter().zip(0u16..) {
            name.words(line, &Style::NAME, 20.0, 17.0 + 18.0 * f32::from(at));
        }
        if let Some(score) = dimension.score {
            name.right(&score.to_string(), &Style::SCORE, INNER, 20.0);
        }
        let more = u16::try_from(named.len().saturating_sub(1)).unwrap_or_default();
        self.blocks.push(Block {
            role: Role::Heading(2, dimension.name.clone()),
            height: 28.0 + 18.0 * f32::from(more),
            svg: name.end(),
        });
        let Some(score) = dimension.score else {
            self.text(NOT_ENOUGH.in_language(language), &Style::BODY, Role::Paragraph);
            self.gap(14.0);
            return;
        };
        let said = format!("{score} {}", OF_HUNDRED.in_language(language));
        self.blocks.push(Block {
            role: Role::Drawing(said),
            height: 22.0,
            svg: track(score, dimension, hue),
        });
        self.text(&words_of(dimension, language), &Style::BODY, Role::Paragraph);
        self.gap(14.0);
    }
}

/// A line from 0 to 100 with the score on it, and the band of what chance does.
fn track(score: u8, dimension: &DimensionView, hue: &str) -> String {
    let (from, to) = (22.0, INNER - 30.0);
    let at = |score: f32| from + (to - from) * score / 100.0;
    let mut drawing = Drawing::default();
    drawing.words("0", &Style::TINY, 8.0, 14.0);
    drawing.words("100", &Style::TINY, to + 8.0, 14.0);
    if let Some((low, high)) = dimension
        .change
        .as_ref()
        .and_then(|change| change.low.zip(change.high))
    {
        #[expect(clippy::cast_possible_truncation, reason = "a score between 0 and 100")]
        let (low, high) = (at(low as f32), at(high as f32));
        drawing.element(
            "rect",
            &[
                ("x", &low),
                ("y", &4.0),
                ("width", &(high - low)),
                ("height", &12.0),
                ("rx", &3.0),
                ("fill", &hue),
                ("fill-opacity", &0.14),
            ],
        );
    }
    drawing.element(
        "path",
        &[
            ("d", &format!("M{from} 10H{to}")),
            ("stroke", &RULE),
            ("stroke-width", &1.0),
        ],
    );
    let d = mark(&dimension.id, at(f32::from(score)), 10.0);
    drawing.element("path", &[("d", &d), ("fill", &hue)]);
    drawing.end()
}

fn words_of(dimension: &DimensionView, language: Language) -> String {
    let say = |nl: &'static str, en: &'static str| Text { nl, en }.in_language(language);
    let label = dimension.label.as_ref().map(|label| {
        let label = label.to_lowercase();
        match language {
            Language::Nl => format!("Gemiddeld antwoord: {label}."),
            Language::En => format!("Answer on average: {label}."),
        }
    });
    let change = dimension
        .change
        .as_ref()
        .map(|change| match (change.kind, change.published) {
            (ChangeKind::TooFew, _) => say(
                "Nog te weinig uitkomsten om een verandering te noemen.",
                "Too few results yet to speak of a change.",
            ),
            (ChangeKind::Unclear, _) => say("Geen duidelijke verandering.", "No clear change."),
            (ChangeKind::Higher, false) => say(
                "Duidelijk hoger dan de uitkomsten ervoor.",
                "Clearly higher than the results before it.",
            ),
            (ChangeKind::Lower, false) => say(
                "Duidelijk lager dan de uitkomsten ervoor.",
                "Clearly lower than the results before it.",
            ),
            (ChangeKind::Higher, true) => say(
                "Duidelijk hoger dan de vorige keer.",
                "Clearly higher than the time before.",
            ),
            (ChangeKind::Lower, true) => say(
                "Duidelijk lager dan de vorige keer.",
                "Clearly lower than the time before.",
            ),
        });
    let parts: Vec<&str> = label.as_deref().into_iter().chain(change).collect();
    parts.join(" ")
}

fn day(rfc3339: &str, language: Language) -> String {
    let locale = match language {
        Language::Nl => Locale::nl_NL,
        Language::En => Locale::en_GB,
    };
    DateTime::<FixedOffset>::parse_from_rfc3339(rfc3339)
        .map(|at| at.format_localized("%-d %B %Y, %H:%M", locale).to_string())
        .unwrap_or_default()
}

fn hue(dimension: &str) -> &'static str {
    match dimension {
        "energy" => "#a85b12",
        "motivation" => "#1f6f78",
        "resilience" => "#4a4fa3",
        _ => PRIMARY,
    }
}

/// ●▲■, and ◆ for whatever else there is, around a point.
fn mark(dimension: &str, x: f32, y: f32) -> String {
    match dimension {
        "energy" => format!("M{} {y}a5.5 5.5 0 1 0 11 0a5.5 5.5 0 1 0 -11 0Z", x - 5.5),
        "motivation" => format!("M{x} {}l6 11h-12Z", y - 6.0),
        "resilience" => format!("M{} {}h10v10h-10Z", x - 5.0, y - 5.0),
        _ => format!("M{x} {}l6 6l-6 6l-6 -6Z", y - 6.0),
    }
}

struct Style {
    face: Face,
    size: f32,
    leading: f32,
    after: f32,
    colour: &'static str,
}

impl Style {
    const fn new(face: Face, size: f32, leading: f32, after: f32, colour: &'static str) -> Self {
        Self {
            face,
            size,
            leading,
            after,
            colour,
        }
    }

    const WORDMARK: Self = Self::new(Face::Heading, 13.0, 18.0, 18.0, PRIMARY);
    const TITLE: Self = Self::new(Face::Heading, 28.0, 34.0, 2.0, INK);
    const NAME: Self = Self::new(Face::Strong, 13.0, 18.0, 0.0, INK);
    const SCORE: Self = Self::new(Face::Heading, 20.0, 24.0, 0.0, INK);
    const BODY: Self = Self::new(Face::Text, 11.0, 16.5, 4.0, INK);
    const QUIET: Self = Self::new(Face::Text, 10.5, 15.5, 4.0, QUIET);
    const TINY: Self = Self::new(Face::Text, 9.0, 12.0, 0.0, QUIET);
}

/// SVG elements one after the other.
struct Drawing(XmlWriter);

impl Default for Drawing {
    fn default() -> Self {
        let mut writer = XmlWriter::new(Options {
            use_single_quote: false,
            indent: Indent::None,
            attributes_indent: Indent::None,
        });
        writer.set_preserve_whitespaces(true);
        writer.start_element("g");
        Self(writer)
    }
}

impl Drawing {
    fn element(&mut self, name: &str, attributes: &[(&str, &dyn Display)]) {
        self.0.start_element(name);
        for (name, value) in attributes {
            self.0.write_attribute(name, value);
        }
        self.0.end_element();
    }

    fn words(&mut self, words: &str, style: &Style, x: f32, y: f32) {
        self.anchored(words, style, x, y, "start");
    }

    fn right(&mut self, words: &str, style: &Style, x: f32, y: f32) {
        self.anchored(words, style, x, y, "end");
    }

    fn anchored(&mut self, words: &str, style: &Style, x: f32, y: f32, anchor: &str) {
        self.0.start_element("text");
        self.0.write_attribute("x", &x);
        self.0.write_attribute("y", &y);
        self.0.write_attribute("font-family", style.face.family());
        self.0.write_attribute("font-weight", &style.face.weight());
        self.0.write_attribute("font-size", &style.size);
        self.0.write_attribute("fill", style.colour);
        self.0.write_attribute("text-anchor", anchor);
        self.0.write_text(words);
        self.0.end_element();
    }

    fn end(self) -> String {
        self.0.end_document()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meter::ChangeView;

    fn dimension(id: &str, name: &str, score: Option<u8>, change: ChangeKind) -> DimensionView {
        DimensionView {
            id: id.into(),
            name: name.into(),
            score,
            label: score.map(|_| "Vaak".into()),
            answered: 5,
            of: 5,
            change: Some(ChangeView {
                kind: change,
                results: 9,
                needed: 8,
                of: 8,
                low: Some(40.0),
                high: Some(66.5),
                published: false,
            }),
        }
    }

    fn result() -> ResultView {
        ResultView {
            id: Uuid::nil(),
            instrument: "vitality-16".into(),
            title: "Vitaliteitscheck <b>&amp; \u{141}\u{f3}d\u{17a}".into(),
            period: "De afgelopen twee weken".into(),
            taken_at: "2026-11-23T21:14:00+01:00".into(),
            zone: "Europe/Amsterdam".into(),
            overall: Some(dimension("overall", "Vitaliteit", Some(55), ChangeKind::Unclear)),
            dimensions: vec![
                dimension("energy", "Energie", Some(70), ChangeKind::Higher),
                dimension("motivation", "Motivatie", Some(100), ChangeKind::TooFew),
                dimension("resilience", "Arbeidsongeschiktheidsverzekeringsmaatschappijmedewerkersbijeenkomst", None, ChangeKind::TooFew),
            ],
            note: "Alleen voor mij".into(),
            corrected_at: None,
            restriction: None,
            source: "De uitspraken zijn door Regie zelf geschreven en voorlopig: er is nog geen onderzoek naar gedaan.".into(),
            provisional: true,
        }
    }

    #[test]
    fn a_result_becomes_a_sharp_picture_and_a_pdf_that_a_screen_reader_can_read() {
        let sheet = Sheet::of(&result(), Language::Nl);
        let picture = output::picture(&sheet).expect("a picture");
        let width = picture
            .get(16..20)
            .map(|bytes| bytes.iter().fold(0u32, |sum, byte| sum * 256 + u32::from(*byte)));
        assert!(picture.starts_with(b"\x89PNG"));
        assert_eq!(width, Some(1488));
        assert!(output::pdf(&sheet).is_some_and(|pdf| pdf.starts_with(b"%PDF-")));
        assert!(output::strict(&sheet).is_some(), "PDF/UA-1 without a fault");
    }

    #[test]
    fn a_sheet_says_what_it_is_not_and_leaves_the_note_behind() {
        for (language, words) in [(Language::Nl, "geen advies"), (Language::En, "not a diagnosis")] {
            let sheet = Sheet::of(&result(), language);
            let all: String = sheet.blocks.iter().map(|block| block.svg.as_str()).collect();
            assert!(all.contains(words), "{all}");
            assert!(!all.contains("Alleen voor mij") && !all.contains("<b>"));
        }
    }

    #[test]
    fn a_result_of_many_dimensions_goes_on_over_pages() {
        let mut many = result();
        many.dimensions = (0..40)
            .map(|_| dimension("mood", "Stemming", Some(50), ChangeKind::Lower))
            .collect();
        let sheet = Sheet::of(&many, Language::En);
        assert!(output::pages(&sheet.blocks).len() >= 4);
        assert!(output::strict(&sheet).is_some());
        assert!(output::picture(&Sheet::of(&many, Language::En)).is_some());
    }
}
