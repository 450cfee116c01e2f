//! Daylio: a CSV with a line for each time that somebody said how they were.
//!
//! Columns are known by their names in English, else by their order, which is the same in every language: `full_date, date, weekday,
//! time, mood, activities`, then the scales that newer ones have, a title, and the note. Old ones begin with a year.

use std::{
    cell::Cell,
    collections::HashMap,
    io::{self, Read},
    rc::Rc,
};

use chrono::NaiveDate;
use chrono_tz::Tz;
use csv::{ByteRecord, ReaderBuilder};
use uuid::Uuid;

use super::{
    Budget, Draft, EachItem,
    dates::{self, Written},
    derive_id,
    mood::mood,
    text,
};
use crate::{
    ArchiveError, Reason,
    model::{Item, LeftOut},
};

/// Bytes that one line may take.
const LONGEST_LINE: u64 = 8 << 20;
/// Lines that one file may have.
const MOST_LINES: u64 = 1_000_000;
/// Bytes in which the heading and a first line must stand.
const HEADING: u64 = 64 * 1024;
/// Signs that programs put between fields.
const BETWEEN: [u8; 3] = [b',', b';', b'\t'];

/// Whether a text that begins so is an export of Daylio.
#[must_use]
pub fn is_daylio(reader: impl Read) -> bool {
    let mut start = Vec::new();
    reader.take(HEADING).read_to_end(&mut start).is_ok() && recognise(&start).is_some()
}

/// Hands out all lines as entries. `part`: the name of the file, to name in a fault.
///
/// # Errors
/// Those of `each`; [`ArchiveError::Bad`] for a file of another shape.
pub fn read(mut reader: impl Read, part: &str, zone: Tz, each: EachItem<'_>) -> Result<(), ArchiveError> {
    let mut start = Vec::new();
    let read = reader.by_ref().take(HEADING).read_to_end(&mut start);
    read.map_err(|error| ArchiveError::reading(part, error))?;
    let layout = recognise(&start).ok_or_else(|| ArchiveError::bad(part, Reason::BadShape))?;

    let open = Rc::new(Cell::new(false));
    let quotes = Quotes {
        reader: start.chain(reader),
        open: Rc::clone(&open),
    };
    let budget = Budget::new(quotes, part, LONGEST_LINE);
    let left = budget.left();
    let mut csv = ReaderBuilder::new().delimiter(layout.between).from_reader(budget);
    let mut record = ByteRecord::new();
    let mut twins = HashMap::new();
    while csv
        .read_byte_record(&mut record)
        .map_err(|error| fault(error, part))?
    {
        left.set(LONGEST_LINE);
        if csv.position().record() > MOST_LINES {
            return Err(ArchiveError::bad(part, Reason::TooLarge));
        }
        // The rest of a file that was cut off inside a field looks like one last, long field.
        if csv.is_done() && open.get() {
            return Err(ArchiveError::bad(part, Reason::Damaged));
        }
        layout.hand_in(&record, zone, &mut twins, each)?;
    }
    match open.get() {
        true => Err(ArchiveError::bad(part, Reason::Damaged)),
        false => Ok(()),
    }
}

fn fault(error: csv::Error, part: &str) -> ArchiveError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => ArchiveError::reading(part, error),
        // A line with fewer fields than the heading: cut off.
        _ => ArchiveError::bad(part, Reason::Damaged),
    }
}

/// Which column is what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Layout {
    between: u8,
    /// The first column is a year, and the day stands in the second.
    by_year: bool,
    scales: Option<usize>,
    title: Option<usize>,
    note: usize,
}

const TIME: usize = 3;
const MOOD: usize = 4;
const ACTIVITIES: usize = 5;

fn recognise(start: &[u8]) -> Option<Layout> {
    BETWEEN.into_iter().find_map(|between| {
        let mut csv = ReaderBuilder::new()
            .delimiter(between)
            .has_headers(false)
            .flexible(true)
            .from_reader(start);
        let mut line = || {
            let mut record = ByteRecord::new();
            let read = csv.read_byte_record(&mut record).ok()?;
            read.then(|| record.iter().map(text::decode_field).collect::<Vec<_>>())
        };
        let heading = line()?;
        let names: Vec<_> = heading
            .iter()
            .map(|name| name.trim_matches(['\u{feff}', ' ']).to_lowercase())
            .collect();
        let first = line();
        let at = |name: &str| names.iter().position(|found| found == name);
        let told = at("mood") == Some(MOOD)
            && at("activities") == Some(ACTIVITIES)
            && matches!(names.first()?.as_str(), "full_date" | "year");
        let shown = first.as_ref().is_some_and(|first| looks_like_a_line(first));
        if !(7..=9).contains(&names.len()) || !(told || shown) {
            return None;
        }
        let by_year =
            (first.as_ref().and_then(|first| first.first())).is_some_and(|year| year.trim().len() == 4);
        let last = names.len() - 1;
        Some(Layout {
            between,
            by_year,
            scales: if told {
                at("scales")
            } else {
                (last == 8).then_some(6)
            },
            title: if told {
                at("note_title")
            } else {
                (last >= 7).then_some(last - 1)
            },
            note: if told { at("note").unwrap_or(last) } else { last },
        })
    })
}

fn looks_like_a_line(fields: &[String]) -> bool {
    let [first, second, _, time, mood, ..] = fields else {
        return false;
    };
    let day = NaiveDate::parse_from_str(first.trim(), "%Y-%m-%d")
        .ok()
        .or_else(|| dates::day_of_year(first, second));
    day.is_some() && dates::time_of_day(time).is_some() && !mood.trim().is_empty()
}

impl Layout {
    fn hand_in(
        self,
        record: &ByteRecord,
        zone: Tz,
        twins: &mut HashMap<Uuid, u32>,
        each: EachItem<'_>,
    ) -> Result<(), ArchiveError> {
        let field = |index: usize| record.get(index).map(text::decode_field).unwrap_or_default();
        if self.scales.is_some_and(|scales| !field(scales).trim().is_empty()) {
            each(Item::LeftOut(LeftOut::Circumstance))?;
        }
        let (first, time) = (field(0), dates::time_of_day(&field(TIME)));
        let day = match self.by_year {
            true => dates::day_of_year(&first, &field(1)),
            false => NaiveDate::parse_from_str(first.trim(), "%Y-%m-%d").ok(),
        };
        let written = day.and_then(|day| {
            let written = time.map_or(Written::Day(day), |time| Written::Clock(day.and_time(time)));
            written.moment(None, zone)
        });
        let Some(written) = written else {
            return each(Item::LeftOut(LeftOut::NoDate));
        };
        let title = text::from_html(&self.title.map(field).unwrap_or_default())
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        let note = field(self.note);
        let note = text::from_html(&note);
        let word = field(MOOD);
        let felt = mood(&word);
        let own_word = felt.is_none().then_some(word);
        let activities = field(ACTIVITIES);
        let tags = own_word
            .into_iter()
            .chain(activities.split('|').map(str::to_owned));
        // Daylio names its lines nowhere: they are told apart by when and what, and the second of two alike by being that.
        let clock = written.at.format("%Y-%m-%dT%H:%M").to_string();
        let alike = derive_id("daylio", &[clock.as_bytes(), title.as_bytes(), note.as_bytes()]);
        let nth = twins.entry(alike).and_modify(|nth| *nth += 1).or_default();
        let id = match *nth {
            0 => alike,
            nth => derive_id("daylio again", &[alike.as_bytes(), &nth.to_le_bytes()]),
        };
        let draft = Draft {
            id,
            written,
            edited: None,
            title,
            mood: felt,
            tags: tags.collect(),
            markdown: text::escape(&note),
            attachments: Vec::new(),
            restriction: None,
        };
        draft.hand_in(each)
    }
}

/// Counts quotation marks: every field that opens closes, so that their number is even.
struct Quotes<R> {
    reader: R,
    open: Rc<Cell<bool>>,
}

impl<R: Read> Read for Quotes<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        let quotes = buffer.iter().take(count).filter(|byte| **byte == b'"').count();
        self.open.set(self.open.get() ^ (quotes % 2 == 1));
        Ok(count)
    }
}
