//! What the stories share: a profile in a folder of its own, a clock that can be set, and ways to look at bytes.

pub mod between;
pub mod bytes;
pub mod pages;
pub mod server;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, FixedOffset, TimeDelta};
use regie_client::{AnswerChoice, Client, Clock, DiaryFilter, EntryDraft, Passphrase, RecordingPiece, Stage};
use regie_domain::moment::Moment;
use regie_protocol::Language;
use tempfile::TempDir;

/// A passphrase that passes.
pub const PASSPHRASE: &str = "kaars muur zwemt lachend";
/// The purpose that checks and diary rest on.
pub const KEEP: &str = "keep_on_device";
/// The purpose that showing what was written on this day rests on.
pub const LOOK_BACK: &str = "look_back";

/// A clock that goes only when it is told to.
#[derive(Clone)]
pub struct TestClock(Arc<Mutex<DateTime<FixedOffset>>>);

impl Default for TestClock {
    fn default() -> Self {
        let start = DateTime::parse_from_rfc3339("2026-11-23T21:14:00+01:00").expect("a moment");
        Self(Arc::new(Mutex::new(start)))
    }
}

impl TestClock {
    /// Lets time pass; backwards too.
    pub fn pass(&self, time: TimeDelta) {
        *self.0.lock().expect("a clock") += time;
    }
}

impl Clock for TestClock {
    fn now(&self) -> Moment {
        Moment {
            at: *self.0.lock().expect("a clock"),
            zone: "Europe/Amsterdam".into(),
        }
    }

    fn system_language(&self) -> Language {
        Language::Nl
    }
}

/// A profile in a temporary folder.
pub struct Profile {
    root: TempDir,
    /// Its clock.
    pub clock: TestClock,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            root: tempfile::tempdir().expect("a folder"),
            clock: TestClock::default(),
        }
    }
}

impl Profile {
    /// The profile's folder.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.root.path().join("profile")
    }

    /// The vault's folder.
    #[must_use]
    pub fn vault(&self) -> PathBuf {
        self.folder().join("vault")
    }

    /// A new folder outside the profile, for copies.
    #[must_use]
    pub fn stick(&self) -> PathBuf {
        let folder = self.folder().with_extension("stick");
        std::fs::create_dir(&folder).expect("a folder");
        folder
    }

    /// Starts the program on it.
    #[must_use]
    pub fn start(&self) -> Client {
        Client::new(&self.folder(), self.clock.clone())
    }

    /// Starts what a next version of the program could be: with a made-up purpose, text and statement.
    #[must_use]
    pub fn start_next(&self) -> Client {
        self.start().with_notices(regie_protocol::made_up::next())
    }

    /// A new vault, open, with consent to keep.
    #[must_use]
    pub fn begin(&self) -> Client {
        let client = self.start();
        begin(&client, &[KEEP]);
        client
    }

    /// Starts the program and unlocks.
    #[must_use]
    pub fn reopen(&self) -> Client {
        let client = self.start();
        assert_eq!(client.unlock(&passphrase(PASSPHRASE)), Ok(Stage::Open));
        client
    }
}

/// Goes through the first run.
pub fn begin(client: &Client, consents: &[&str]) {
    let consents: Vec<String> = consents.iter().map(|&id| id.to_owned()).collect();
    client
        .create_vault(&passphrase(PASSPHRASE), &consents)
        .expect("a vault");
    assert_eq!(client.finish_first_run(), Ok(Stage::Open));
}

/// A passphrase as typed.
#[must_use]
pub fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text.to_owned())
}

/// A photo that is like no other, as PNG.
#[must_use]
pub fn photo(number: u8) -> Vec<u8> {
    let number = u32::from(number);
    let at = |place: u32| u8::try_from(place % 256).unwrap_or_default();
    let dots = image::RgbImage::from_fn(480, 360, |x, y| {
        image::Rgb([at(number * 37), at(x * 3 + number * 11), at(y * 5)])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    dots.write_to(&mut bytes, image::ImageFormat::Png)
        .expect("a picture");
    bytes.into_inner()
}

/// Two seconds of sound, as Opus in Ogg with a name and a place in it.
#[must_use]
pub fn recording() -> Vec<u8> {
    include_bytes!("../../crates/client/src/attachment/fixtures/note.ogg").to_vec()
}

/// A piece of a recording, each of a second.
#[must_use]
pub fn piece(recording: uuid::Uuid, entry: Option<uuid::Uuid>, number: u32, bytes: &[u8]) -> RecordingPiece {
    RecordingPiece {
        recording,
        entry,
        number,
        part: 0,
        said_ms: (number + 1) * 1_000,
        bytes: bytes.to_vec(),
    }
}

/// What a web view hands out while it records: Chromium (Opus in WebM, 4.3 s) and WebKitGTK (AAC in fragments of MP4, 3.6 s).
pub const AS_RECORDED: [&[u8]; 2] = [
    include_bytes!("../../crates/client/src/attachment/fixtures/chromium.webm"),
    include_bytes!("../../crates/client/src/attachment/fixtures/webkitgtk.mp4"),
];

/// A new entry as the editor hands it over.
#[must_use]
pub fn draft(markdown: &str) -> EntryDraft {
    EntryDraft {
        id: None,
        markdown: markdown.to_owned(),
        caret: 0,
        about: None,
    }
}

/// Takes a whole check, every statement answered with the same value; its id.
pub fn take_check(client: &Client, value: u8) -> uuid::Uuid {
    take(client, "vitality-16", value)
}

/// A whole run of an instrument, with this answer everywhere.
pub fn take(client: &Client, instrument: &str, value: u8) -> uuid::Uuid {
    let run = client.meter_start(instrument).expect("a run");
    for (position, item) in run.items.iter().enumerate() {
        let next = u32::try_from(position + 1).expect("a position");
        client
            .meter_answer(run.id, &item.id, AnswerChoice::Value { value }, next)
            .expect("an answer");
    }
    client.meter_finish(run.id).expect("a result").id
}

/// An entry with all that travels of it, to be compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lived {
    written: String,
    id: uuid::Uuid,
    title: String,
    mood: Option<u8>,
    tags: Vec<String>,
    markdown: String,
    edited: String,
    restricted: bool,
}

impl Lived {
    /// Which entry, and its text.
    #[must_use]
    pub fn text(self) -> (uuid::Uuid, String) {
        (self.id, self.markdown)
    }
}

/// Every entry that is there, the oldest first.
#[must_use]
pub fn life(client: &Client) -> Vec<Lived> {
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let page = client.diary_page(&DiaryFilter::default(), before.as_deref(), 200);
        let page = page.expect("a page");
        for row in &page.entries {
            let entry = client.diary_entry(row.id).expect("an entry");
            all.push(Lived {
                written: entry.written_at,
                id: entry.id,
                title: entry.own_title,
                mood: entry.mood,
                tags: entry.tags,
                markdown: entry.markdown,
                edited: entry.edited_at,
                restricted: entry.restriction.is_some(),
            });
        }
        before = page.next;
        if before.is_none() {
            all.sort();
            return all;
        }
    }
}

/// The names of what lies in a folder, in order.
#[must_use]
pub fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<_> = entries
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("a name")
        })
        .collect();
    names.sort();
    names
}

/// Copies the files of a folder.
pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for file in std::fs::read_dir(from).expect("a folder") {
        let file = file.expect("a file");
        std::fs::copy(file.path(), to.join(file.file_name())).expect("a copy");
    }
}

/// Copies a folder with all that is below it.
pub fn copy_all(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        match entry.file_type().expect("a type").is_dir() {
            true => copy_all(&from, &to),
            false => drop(std::fs::copy(from, to).expect("a copy")),
        }
    }
}
