//! `csv/`: entries, results and check-ins for a spreadsheet. RFC 4180 in UTF-8 with a mark at its beginning, by which
//! spreadsheets know it.
//!
//! A spreadsheet would run a cell that begins with one of [`ACTIVE`] as a formula. Such a cell gets an apostrophe before it, and
//! so does one that begins with an apostrophe: taking one away from the beginning of every text gives back what was written.

use std::{borrow::Cow, fmt::Display, io::Write};

use csv::{Terminator, WriterBuilder};
use regie_domain::meter::{Answer, Answers, Instrument};
use regie_protocol::Language;

use super::{rounded, said, time};
use crate::{
    ArchiveError,
    model::{Moment, Run},
    pack::Pack,
    source::{About, Source},
};

const ACTIVE: [char; 12] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠', '\''];

pub(crate) fn write(pack: &mut Pack<'_>, source: &dyn Source, about: &About) -> Result<(), ArchiveError> {
    entries(Sheet::begin(pack, "csv/entries.csv")?, source)?;
    results(Sheet::begin(pack, "csv/results.csv")?, source, about)?;
    check_ins(Sheet::begin(pack, "csv/check-ins.csv")?, source, about)
}

fn entries(mut sheet: Sheet<'_, '_>, source: &dyn Source) -> Result<(), ArchiveError> {
    sheet.header([
        "id",
        "date",
        "zone",
        "edited",
        "title",
        "mood",
        "tags",
        "restricted",
        "text",
    ])?;
    source.entries(&mut |entry| {
        sheet.plain(entry.id)?;
        sheet.moment(Some(&entry.written))?;
        sheet.plain(time(&entry.edited))?;
        sheet.text(&entry.title)?;
        sheet.number(entry.mood)?;
        sheet.text(&entry.tags.join(", "))?;
        sheet.plain(entry.restriction.is_some())?;
        sheet.text(&entry.markdown)?;
        sheet.line()
    })?;
    sheet.end()
}

const RESULTS: [&str; 14] = [
    "id",
    "started",
    "finished",
    "zone",
    "instrument",
    "version",
    "title",
    "restricted",
    "kind",
    "name",
    "text",
    "value",
    "word",
    "of",
];

/// One line for each score, answer and note, told apart by `kind`: questionnaires differ in what they ask.
fn results(mut sheet: Sheet<'_, '_>, source: &dyn Source, about: &About) -> Result<(), ArchiveError> {
    sheet.header(RESULTS)?;
    source.runs(&mut |run| {
        let instrument = instrument_of(source, &run);
        if instrument.is_some_and(|one| one.scoring.one_page) {
            return Ok(());
        }
        let language = about.language;
        let mut line = |kind: &str, name: &str, text: &str, value: Option<String>, word: &str, of: &str| {
            sheet.plain(run.id)?;
            sheet.span(&run)?;
            sheet.run_of(&run, instrument, language)?;
            sheet.plain(run.restriction.is_some())?;
            sheet.plain(kind)?;
            sheet.text(name)?;
            sheet.text(text)?;
            sheet.number(value)?;
            sheet.text(word)?;
            sheet.plain(of)?;
            sheet.line()
        };
        if let Some(instrument) = instrument.filter(|_| !about.given_only && run.finished.is_some()) {
            let scores = instrument.score(&answers(&run));
            for one in scores.overall.iter().chain(&scores.dimensions) {
                let name = instrument
                    .name_of(&one.id)
                    .map_or("", |name| said(name, language));
                let value = one.score.map(|score| rounded(score).to_string());
                let of = format!("{}/{}", one.answered, one.of);
                line("score", &one.id, name, value, "", &of)?;
            }
        }
        for (id, answer) in &run.answers {
            let statement = instrument.and_then(|one| one.statements.iter().find(|other| other.id == *id));
            let text = statement.map_or("", |one| said(&one.text, language));
            let option =
                statement.and_then(|one| one.options.iter().find(|option| Some(option.value) == *answer));
            let word = option.map_or("", |option| said(&option.label, language));
            let kind = if answer.is_some() { "answer" } else { "skipped" };
            line(kind, id, text, answer.map(|value| value.to_string()), word, "")?;
        }
        if !run.note.is_empty() || run.answers.is_empty() {
            line("note", "", &run.note, None, "", "")?;
        }
        Ok(())
    })?;
    sheet.end()
}

/// One line for each check-in; a column for each statement of the questionnaires that are one page.
fn check_ins(mut sheet: Sheet<'_, '_>, source: &dyn Source, about: &About) -> Result<(), ArchiveError> {
    let mut asked: Vec<&str> = Vec::new();
    for instrument in source.catalogue().iter().filter(|one| one.scoring.one_page) {
        for statement in &instrument.statements {
            if !asked.contains(&statement.id.as_str()) {
                asked.push(&statement.id);
            }
        }
    }
    let before = [
        "id",
        "started",
        "finished",
        "zone",
        "instrument",
        "version",
        "title",
    ];
    sheet.header(
        before
            .into_iter()
            .chain(asked.iter().copied())
            .chain(["note", "restricted"]),
    )?;
    source.runs(&mut |run| {
        let Some(instrument) = instrument_of(source, &run).filter(|one| one.scoring.one_page) else {
            return Ok(());
        };
        sheet.plain(run.id)?;
        sheet.span(&run)?;
        sheet.run_of(&run, Some(instrument), about.language)?;
        for id in &asked {
            sheet.number(run.answers.get(*id).copied().flatten())?;
        }
        sheet.text(&run.note)?;
        sheet.plain(run.restriction.is_some())?;
        sheet.line()
    })?;
    sheet.end()
}

/// The instrument, in the version that was taken.
pub(crate) fn instrument_of<'a>(source: &'a dyn Source, run: &Run) -> Option<&'a Instrument> {
    let mut catalogue = source.catalogue().iter().map(AsRef::as_ref);
    catalogue.find(|one| one.id == run.instrument && one.version == run.instrument_version)
}

/// The answers, as the rules that score them take them.
pub(crate) fn answers(run: &Run) -> Answers {
    let answer = |value: &Option<u8>| value.map_or(Answer::Skipped, Answer::Value);
    run.answers
        .iter()
        .map(|(id, value)| (id.clone(), answer(value)))
        .collect()
}

struct Sheet<'p, 'w> {
    csv: csv::Writer<&'p mut Pack<'w>>,
    cell: Vec<u8>,
}

impl<'p, 'w> Sheet<'p, 'w> {
    fn begin(pack: &'p mut Pack<'w>, name: &str) -> Result<Self, ArchiveError> {
        pack.begin(name)?;
        pack.write_all("\u{feff}".as_bytes())?;
        let csv = WriterBuilder::new()
            .terminator(Terminator::CRLF)
            .from_writer(pack);
        Ok(Self {
            csv,
            cell: Vec::new(),
        })
    }

    fn header<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) -> Result<(), ArchiveError> {
        for name in names {
            self.text(name)?;
        }
        self.line()
    }

    /// What a person wrote or chose to name.
    fn text(&mut self, text: &str) -> Result<(), ArchiveError> {
        self.put(harmless(text).as_bytes())
    }

    /// What this program writes itself and no spreadsheet runs.
    fn plain(&mut self, value: impl Display) -> Result<(), ArchiveError> {
        self.number(Some(value))
    }

    fn number(&mut self, value: Option<impl Display>) -> Result<(), ArchiveError> {
        let mut cell = std::mem::take(&mut self.cell);
        cell.clear();
        if let Some(value) = value {
            write!(cell, "{value}")?;
        }
        self.put(&cell)?;
        self.cell = cell;
        Ok(())
    }

    fn moment(&mut self, moment: Option<&Moment>) -> Result<(), ArchiveError> {
        self.number(moment.map(|moment| time(&moment.at)))?;
        self.text(moment.map_or("", |moment| &moment.zone))
    }

    fn span(&mut self, run: &Run) -> Result<(), ArchiveError> {
        self.plain(time(&run.started.at))?;
        self.number(run.finished.as_ref().map(|moment| time(&moment.at)))?;
        self.text(&run.finished.as_ref().unwrap_or(&run.started).zone)
    }

    fn run_of(
        &mut self,
        run: &Run,
        instrument: Option<&Instrument>,
        language: Language,
    ) -> Result<(), ArchiveError> {
        self.text(&run.instrument)?;
        self.text(&run.instrument_version)?;
        self.text(instrument.map_or("", |one| said(&one.title, language)))
    }

    fn put(&mut self, cell: &[u8]) -> Result<(), ArchiveError> {
        self.csv.write_field(cell).map_err(disk)
    }

    fn line(&mut self) -> Result<(), ArchiveError> {
        self.csv.write_record(None::<&[u8]>).map_err(disk)
    }

    fn end(mut self) -> Result<(), ArchiveError> {
        Ok(self.csv.flush()?)
    }
}

fn disk(error: csv::Error) -> ArchiveError {
    ArchiveError::Disk(error.into())
}

fn harmless(text: &str) -> Cow<'_, str> {
    if text.starts_with(ACTIVE) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"] {
            assert_eq!(harmless(formula), format!("'{formula}"));
        }
        for harmless_text in ["", "a=1", " =1", "“", "é"] {
            assert_eq!(harmless(harmless_text), harmless_text);
        }
    }

    proptest! {
        #[test]
        fn taking_one_apostrophe_away_gives_back_any_text(text in "[=+'@a\\t]{0,4}|\\PC*") {
            let cell = harmless(&text);
            prop_assert_eq!(cell.strip_prefix('\'').unwrap_or(&cell), &text);
        }
    }
}
