//! Records in memory to export from, a zip to read back from, and a sample of everything.
#![allow(dead_code, reason = "not every test uses all of it")]
#![allow(unreachable_pub, missing_docs, reason = "a module of tests")]
#![allow(
    clippy::expect_used,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "a module of tests"
)]

use std::{
    borrow::Cow,
    io::{Read, Seek},
};

use regie_archive::{
    ArchiveError, Reason,
    model::{
        Attached, Choice, ConsentAct, Entry, Instrument, Item, LeftOut, Media, Moment, Restriction, Run,
        Settings,
    },
    read,
    source::{About, Bytes, Each, EachHeld, Held, Source},
};
use regie_domain::meter;
use regie_protocol::Language;
use uuid::Uuid;
use zip::{ZipArchive, result::ZipError};

/// Everything that one person has.
#[derive(Clone, Debug, Default)]
pub struct Records {
    pub entries: Vec<Entry>,
    pub runs: Vec<Run>,
    pub instruments: Vec<Instrument>,
    pub catalogue: Vec<Cow<'static, meter::Instrument>>,
    pub choices: Vec<Choice>,
    pub restriction: Option<Restriction>,
    pub settings: Settings,
    pub attachments: Vec<Photo>,
}

/// A photo or a recording in memory.
#[derive(Clone, Debug)]
pub struct Photo {
    pub id: Uuid,
    pub media: Media,
    pub bytes: Option<Vec<u8>>,
    pub preview: bool,
}

impl Records {
    /// What comes back from an archive of them.
    pub fn items(&self, given_only: bool) -> Vec<Item> {
        let mut items: Vec<_> = self.instruments.iter().cloned().map(Item::Instrument).collect();
        items.extend(self.entries.iter().cloned().map(Item::Entry));
        items.extend(self.runs.iter().cloned().map(Item::Run));
        let private = !given_only && (!self.choices.is_empty() || !self.settings.is_empty());
        if private || self.restriction.is_some() {
            items.push(Item::LeftOut(LeftOut::SettingsAndChoices));
        }
        items
    }
}

impl Source for Records {
    fn entries(&self, each: Each<'_, Entry>) -> Result<(), ArchiveError> {
        self.entries.iter().cloned().try_for_each(each)
    }

    fn runs(&self, each: Each<'_, Run>) -> Result<(), ArchiveError> {
        self.runs.iter().cloned().try_for_each(each)
    }

    fn attachments(&self, each: EachHeld<'_>) -> Result<(), ArchiveError> {
        for one in &self.attachments {
            let mut bytes = one.bytes.as_deref();
            let bytes = match &mut bytes {
                None => Bytes::None,
                Some(from) if one.preview => Bytes::Preview(from),
                Some(from) => Bytes::Whole(from),
            };
            let is_photo = one.media.is_photo();
            each(Held {
                id: one.id,
                media: one.media,
                size: is_photo.then_some((640, 480)),
                milliseconds: (!is_photo).then_some(61_000),
                bytes,
            })?;
        }
        Ok(())
    }

    fn preview(&self, id: Uuid) -> Result<Option<Vec<u8>>, ArchiveError> {
        let found = self
            .attachments
            .iter()
            .find(|one| one.id == id && one.media.is_photo());
        Ok(found.and_then(|one| one.bytes.clone()))
    }

    fn instruments(&self) -> &[Instrument] {
        &self.instruments
    }

    fn catalogue(&self) -> &[Cow<'static, meter::Instrument>] {
        &self.catalogue
    }

    fn choices(&self) -> &[Choice] {
        &self.choices
    }

    fn restriction(&self) -> Option<&Restriction> {
        self.restriction.as_ref()
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }
}

/// A zip as it is, without bounds: for what was just written here.
pub struct Plain<R>(ZipArchive<R>);

impl<R: Read + Seek> Plain<R> {
    pub fn open(source: R) -> Result<Self, ArchiveError> {
        ZipArchive::new(source)
            .map(Self)
            .map_err(|error| unreadable("", error))
    }

    pub fn names(&self) -> Vec<String> {
        self.0
            .file_names()
            .map(|name| name.expect("a name").into_owned())
            .collect()
    }
}

impl<R: Read + Seek> read::Parts for Plain<R> {
    fn open(&mut self, name: &str) -> Result<Box<dyn Read + '_>, ArchiveError> {
        match self.0.by_name(name) {
            Ok(part) => Ok(Box::new(part)),
            Err(ZipError::FileNotFound) => Err(ArchiveError::bad(name, Reason::Missing)),
            Err(error) => Err(unreadable(name, error)),
        }
    }
}

fn unreadable(part: &str, error: ZipError) -> ArchiveError {
    ArchiveError::reading(part, error.into())
}

pub fn moment(at: &str) -> Moment {
    Moment {
        at: at.parse().expect("a time"),
        zone: "Europe/Amsterdam".into(),
    }
}

pub fn about() -> About {
    About {
        made: moment("2026-11-27T10:00:00.000+01:00"),
        program: "0.1.0".into(),
        language: Language::Nl,
        period: None,
        given_only: false,
    }
}

pub fn shipped() -> Vec<Cow<'static, meter::Instrument>> {
    let shipped = meter::shipped().expect("whole instruments");
    shipped.iter().map(Cow::Borrowed).collect()
}

/// An instrument as somebody would bring it along: the shipped pulse under another name.
pub fn brought() -> (Instrument, meter::Instrument) {
    let pulse = meter::shipped()
        .expect("whole")
        .iter()
        .find(|one| one.id == "pulse-4")
        .expect("there");
    let rename = |text: &str| text.replace("pulse-4", "mine_4");
    let questionnaire = rename(meter::questionnaire("pulse-4", &pulse.version).expect("there"));
    let scoring = rename(include_str!(
        "../../../domain/content/instruments/pulse-4.scoring.json"
    ));
    let questionnaire = questionnaire.replace("\"id\": \"mine_4\"", "\"id\": \"mine-4\"");
    let file = format!("{{\"questionnaire\":{questionnaire},\"scoring\":{scoring}}}");
    let checked = meter::Instrument::load_file(&file).expect("a whole instrument");
    let record = Instrument {
        id: checked.id.clone(),
        version: checked.version.clone(),
        added: moment("2026-11-01T09:00:00.000+01:00"),
        file,
    };
    (record, checked)
}

fn id(number: u128) -> Uuid {
    uuid::Builder::from_custom_bytes((number * 0x9e37_79b9_7f4a_7c15).to_be_bytes()).into_uuid()
}

fn entry(number: u128, at: &str, title: &str, tags: &[&str], markdown: &str) -> Entry {
    Entry {
        id: id(number),
        written: moment(at),
        edited: "2026-11-26T20:15:30.250Z".parse().expect("a time"),
        title: title.into(),
        mood: u8::try_from(number % 6).ok().filter(|mood| *mood > 0),
        tags: tags.iter().map(|&tag| tag.into()).collect(),
        markdown: markdown.into(),
        attachments: Vec::new(),
        restriction: (number % 4 == 3).then(|| Restriction {
            since: moment("2026-11-20T12:00:00.000+01:00"),
            reason: "Dit klopt niet meer".into(),
        }),
    }
}

fn run(number: u128, of: &meter::Instrument, at: &str, finished: bool, skip: usize) -> Run {
    let scale = of.scoring.scale;
    let reached = if finished { of.statements.len() } else { 3 };
    let answers = of
        .statements
        .iter()
        .enumerate()
        .take(reached)
        .map(|(at, statement)| {
            let value =
                scale.min + u8::try_from((at * 7 + number as usize) % usize::from(scale.max)).expect("small");
            (statement.id.clone(), (at % 9 != skip).then_some(value))
        });
    Run {
        id: id(1000 + number),
        instrument: of.id.clone(),
        instrument_version: of.version.clone(),
        started: moment(at),
        finished: finished.then(|| moment(at)),
        position: u32::try_from(reached).expect("small"),
        note: if number.is_multiple_of(2) {
            "=drukke dag, \"veel\" te doen\nmaar goed".into()
        } else {
            String::new()
        },
        answers: answers.collect(),
        corrected: (number % 5 == 4 && finished).then(|| "2026-11-26T21:00:00Z".parse().expect("a time")),
        restriction: (number % 7 == 6).then(|| Restriction {
            since: moment("2026-11-20T12:00:00.000+01:00"),
            reason: String::new(),
        }),
    }
}

/// The sample, and a photo, a recording, a photo of which only a preview is there, and one of which nothing is.
pub fn with_photos() -> Records {
    let mut records = sample();
    let photo = |number: u128, media, bytes: Option<&[u8]>, preview| Photo {
        id: id(2_000 + number),
        media,
        bytes: bytes.map(<[u8]>::to_vec),
        preview,
    };
    records.attachments = vec![
        photo(1, Media::Jpeg, Some(&[0xFF, 0xD8, 0xFF, 0xD9]), false),
        photo(2, Media::Opus, Some(b"OggS"), false),
        photo(3, Media::Jpeg, Some(b"small"), true),
        photo(4, Media::Jpeg, None, false),
    ];
    let names = |numbers: &[u128], description: &str| {
        let one = |number: &u128| Attached {
            id: id(2_000 + number),
            description: description.into(),
        };
        numbers.iter().map(one).collect()
    };
    records.entries[0].attachments = names(&[1, 2], "[Zee](evil) *\n- duin");
    records.entries[4].attachments = names(&[3, 4, 1], "");
    records
}

/// Something of every kind, with what other tools trip over: quotes, formulas, line ends, other scripts, the same minute twice, a
/// clock that was set back.
pub fn sample() -> Records {
    let (brought, checked) = brought();
    let mut catalogue = shipped();
    let shipped = meter::shipped().expect("whole");
    let mut runs = Vec::new();
    for (number, of) in shipped.iter().chain([&checked]).cycle().take(24).enumerate() {
        let at = format!("2026-11-{:02}T08:{number:02}:00.000+01:00", number + 1);
        runs.push(run(number as u128, of, &at, number % 6 != 5, number % 9));
    }
    catalogue.push(Cow::Owned(checked));
    let choice = |purpose: &str, act, at: &str| Choice {
        purpose: purpose.into(),
        purpose_version: 1,
        statement_version: 1,
        act,
        at: moment(at),
    };
    Records {
        attachments: Vec::new(),
        entries: vec![
            entry(1, "2025-10-26T02:30:00.000+02:00", "", &[], "Nog zomertijd.\n"),
            entry(
                2,
                "2025-10-26T02:30:00.000+01:00",
                "Wintertijd: \"nu\" # echt",
                &["werk", "thuis, tuin"],
                "De klok ging terug.\r\nTweede regel.",
            ),
            entry(
                3,
                "2026-11-25T23:59:59.999+01:00",
                "---\nx: 'y'",
                &["=1+1", "- a", "null"],
                "=SUM(A1:A9)\n\n---\ntitle: nee\n---\n",
            ),
            entry(
                4,
                "2026-11-26T07:05:00.000+01:00",
                "Ή καλημέρα 😀",
                &["日本", "é"],
                "# Kop\n\nTekst met \u{2028} en \u{0} en \u{7f} en \u{85}.\n",
            ),
            entry(
                5,
                "2026-11-26T07:05:30.000+01:00",
                "'aangehaald'",
                &["+31"],
                "@iemand schreef: \"a;b,c\"\t\n",
            ),
            entry(6, "2026-11-26T07:05:59.000+01:00", "x", &[], ""),
        ],
        runs,
        instruments: vec![brought],
        catalogue,
        choices: vec![
            choice(
                "keep_on_device",
                ConsentAct::Given,
                "2025-10-01T09:00:00.000+02:00",
            ),
            choice(
                "keep_on_device",
                ConsentAct::Withdrawn,
                "2026-02-01T09:00:00.000+01:00",
            ),
            choice(
                "keep_on_device",
                ConsentAct::Given,
                "2026-02-02T09:00:00.000+01:00",
            ),
            choice(
                "later_purpose",
                ConsentAct::Withdrawn,
                "2026-02-03T09:00:00.000+01:00",
            ),
        ],
        restriction: None,
        settings: Settings::from([
            ("theme".to_owned(), serde_json::json!("dark")),
            (
                "reminders".to_owned(),
                serde_json::json!([{"at": "20:00", "days": [1, 5]}]),
            ),
        ]),
    }
}
