//! Day One: JSON with all entries of a journal, alone or in a zip beside its photos.
//!
//! Read as a stream: one entry is held at a time. Text is Markdown already; its formatting a second time (`richText`) is passed over.

use std::{
    cell::Cell,
    collections::BTreeMap,
    fmt,
    io::{self, BufReader, Read},
};

use chrono::DateTime;
use chrono_tz::Tz;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::{
    Budget, Draft, EachItem,
    dates::{self, Written},
    derive_id, text,
};
use crate::{
    ArchiveError, Reason,
    model::{Attached, Item, LeftOut},
    read::Arriving,
};
use uuid::Uuid;

/// Bytes that one entry may take in the file, formatting and lists of photos included.
const LONGEST_ENTRY: u64 = 32 << 20;

/// What JSON turns out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// A journal of Day One, as far as can be seen; reading it tells the rest.
    Journal,
    /// JSON of another kind.
    Other,
    /// No JSON, or JSON that is broken.
    Broken,
}

/// Bytes in which a journal must begin to list its entries.
const BEGINNING: u64 = 4 << 20;

/// Whether this is a journal of Day One: an object with a list of entries, of which the first has a date and a text.
///
/// # Errors
/// The disk, and faults of the zip around it.
pub fn look(reader: impl Read) -> Result<Look, ArchiveError> {
    let found = Cell::new(false);
    let mut about = About::default();
    let outcome = read_entries(reader, "", BEGINNING, &mut about, &mut |raw| {
        found.set(raw.creation_date.is_some() && (raw.uuid.is_some() || raw.text.is_some()));
        Err(ArchiveError::Stopped)
    });
    Ok(match outcome {
        Ok(()) if about.metadata && about.entries => Look::Journal,
        Err(ArchiveError::Stopped) if found.get() => Look::Journal,
        Ok(()) | Err(ArchiveError::Stopped) => Look::Other,
        Err(ArchiveError::Bad { reason, .. }) => match reason {
            Reason::Damaged | Reason::TooLarge if about.entries => Look::Journal,
            Reason::BadShape if about.metadata => Look::Journal,
            Reason::Damaged => Look::Broken,
            Reason::TooLarge | Reason::BadShape => Look::Other,
            _ => return outcome.map(|()| Look::Other),
        },
        Err(error) => return Err(error),
    })
}

/// Hands out all entries of a journal. `part`: the name of the file inside the zip, to name in a fault.
///
/// # Errors
/// Those of `each`; [`ArchiveError::Bad`] for JSON that is broken, or of another shape.
pub fn read(
    reader: impl Read,
    part: &str,
    zone: Tz,
    media: &Media,
    each: EachItem<'_>,
) -> Result<(), ArchiveError> {
    let mut about = About::default();
    read_entries(reader, part, LONGEST_ENTRY, &mut about, &mut |raw| {
        raw.hand_in(zone, media, each)
    })?;
    match about.entries {
        true => Ok(()),
        false => Err(ArchiveError::bad(part, Reason::BadShape)),
    }
}

/// An entry as it stands in the file; `null` counts as absent.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    uuid: Option<String>,
    creation_date: Option<String>,
    modified_date: Option<String>,
    time_zone: Option<String>,
    text: Option<String>,
    tags: Option<Vec<String>>,
    #[serde(alias = "isStarred")]
    starred: Option<bool>,
    #[serde(default)]
    photos: Listed,
    #[serde(default)]
    videos: Count,
    #[serde(default)]
    audios: Listed,
    #[serde(default)]
    pdf_attachments: Count,
    location: Option<IgnoredAny>,
    weather: Option<IgnoredAny>,
    user_activity: Option<IgnoredAny>,
    music: Option<IgnoredAny>,
    steps: Option<IgnoredAny>,
}

/// What marks a starred entry among tags, in no language.
const STAR: &str = "★";

impl Raw {
    fn hand_in(self, own: Tz, media: &Media, each: EachItem<'_>) -> Result<(), ArchiveError> {
        let instant = |typed: &Option<String>| DateTime::parse_from_rfc3339(typed.as_deref()?).ok();
        let zone = self.time_zone.as_deref().and_then(dates::zone);
        let written =
            instant(&self.creation_date).and_then(|at| Written::Instant(at.to_utc()).moment(zone, own));
        let edited = instant(&self.modified_date)
            .and_then(|at| Written::Instant(at.to_utc()).moment(None, chrono_tz::UTC));

        let (markdown, shown) =
            text::without_images(&text::tidy(&self.text.unwrap_or_default()), "dayone-moment:");
        let listed = [
            self.photos.count,
            self.videos.0,
            self.audios.count,
            self.pdf_attachments.0,
        ];
        let attachments = media.of_entry(&self.photos.names, &self.audios.names);
        let all = listed.iter().sum::<usize>().max(shown);
        for _ in attachments.len()..all {
            each(Item::LeftOut(LeftOut::Attachment))?;
        }
        let circumstances = [
            self.location,
            self.weather,
            self.user_activity,
            self.music,
            self.steps,
        ];
        if circumstances.iter().any(Option::is_some) {
            each(Item::LeftOut(LeftOut::Circumstance))?;
        }
        let Some(written) = written else {
            return each(Item::LeftOut(LeftOut::NoDate));
        };
        if markdown.trim().is_empty() && attachments.is_empty() {
            return each(Item::LeftOut(LeftOut::Empty));
        }
        let mut tags = self.tags.unwrap_or_default();
        if self.starred == Some(true) {
            tags.insert(0, STAR.to_owned());
        }
        let date = written.at.to_rfc3339();
        let id = match &self.uuid {
            Some(uuid) => derive_id("day one", &[uuid.to_ascii_uppercase().as_bytes()]),
            None => derive_id("day one without id", &[date.as_bytes(), markdown.as_bytes()]),
        };
        let (title, markdown) = match text::split_title(&markdown) {
            Some((title, rest)) => (title, rest.to_owned()),
            None => (String::new(), markdown),
        };
        let draft = Draft {
            id,
            written,
            edited: edited.map(|moment| moment.at.to_utc()),
            title,
            mood: None,
            tags,
            markdown,
            attachments,
            restriction: None,
        };
        draft.hand_in(each)
    }
}

/// So many photos and recordings can be added to an entry.
const MOST_NAMED: usize = 24;

/// Photos and recordings that lie beside journals, each named after the MD5 of what it holds.
#[derive(Debug, Default)]
pub struct Media(BTreeMap<(bool, String), String>);

impl Media {
    /// Those among the names of a zip or a folder.
    pub fn of<'n>(names: impl Iterator<Item = &'n str>) -> Self {
        let one = |name: &'n str| {
            let (folder, file) = name.rsplit_once('/')?;
            let is_photo = match folder.rsplit('/').next()? {
                "photos" => true,
                "audios" => false,
                _ => return None,
            };
            let (md5, _) = file.split_once('.')?;
            is_md5(md5).then(|| ((is_photo, md5.to_ascii_lowercase()), name.to_owned()))
        };
        Self(names.filter_map(one).collect())
    }

    /// What an entry that lists these names, as far as it is there.
    fn of_entry(&self, photos: &[String], audios: &[String]) -> Vec<Attached> {
        let photos = photos.iter().map(|md5| (true, md5.to_ascii_lowercase()));
        let audios = audios.iter().map(|md5| (false, md5.to_ascii_lowercase()));
        let mut attached: Vec<Attached> = Vec::new();
        for key in photos.chain(audios).filter(|key| self.0.contains_key(key)) {
            let id = media_id(&key);
            if attached.len() < MOST_NAMED && attached.iter().all(|one| one.id != id) {
                let description = String::new();
                attached.push(Attached { id, description });
            }
        }
        attached
    }

    /// Each of them, with the name of its file.
    pub fn files(&self) -> impl Iterator<Item = (Arriving, &str)> {
        self.0.iter().map(|(key, name)| {
            let arriving = Arriving {
                id: media_id(key),
                is_photo: key.0,
                preview: false,
            };
            (arriving, name.as_str())
        })
    }
}

fn media_id((is_photo, md5): &(bool, String)) -> Uuid {
    let kind = if *is_photo {
        "day one photo"
    } else {
        "day one recording"
    };
    derive_id(kind, &[md5.as_bytes()])
}

fn is_md5(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|sign| sign.is_ascii_hexdigit())
}

/// Photos or recordings of an entry: how many, and the first of them by their MD5.
#[derive(Default)]
struct Listed {
    count: usize,
    names: Vec<String>,
}

impl<'de> Deserialize<'de> for Listed {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct One {
            md5: Option<String>,
        }
        struct Listing;
        impl<'de> Visitor<'de> for Listing {
            type Value = Listed;

            fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                to.write_str("a list")
            }

            fn visit_unit<E>(self) -> Result<Listed, E> {
                Ok(Listed::default())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Listed, A::Error> {
                let mut listed = Listed::default();
                while let Some(one) = list.next_element::<Option<One>>()? {
                    listed.count += 1;
                    let md5 = one.and_then(|one| one.md5).filter(|md5| is_md5(md5));
                    if listed.names.len() < MOST_NAMED {
                        listed.names.extend(md5);
                    }
                }
                Ok(listed)
            }
        }
        from.deserialize_any(Listing)
    }
}

/// How many there are of something that does not come along.
#[derive(Default)]
struct Count(usize);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Counting;
        impl<'de> Visitor<'de> for Counting {
            type Value = Count;

            fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                to.write_str("a list")
            }

            fn visit_unit<E>(self) -> Result<Count, E> {
                Ok(Count(0))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Count, A::Error> {
                let mut count = 0;
                while list.next_element::<IgnoredAny>()?.is_some() {
                    count += 1;
                }
                Ok(Count(count))
            }
        }
        from.deserialize_any(Counting)
    }
}

/// What stood in the file beside its entries.
#[derive(Default)]
struct About {
    entries: bool,
    metadata: bool,
}

type EachRaw<'a> = &'a mut dyn FnMut(Raw) -> Result<(), ArchiveError>;

fn read_entries(
    reader: impl Read,
    part: &str,
    beginning: u64,
    about: &mut About,
    each: EachRaw<'_>,
) -> Result<(), ArchiveError> {
    let budget = Budget::new(reader, part, beginning);
    let left = budget.left();
    let mut reader = BufReader::with_capacity(64 * 1024, budget);
    skip_mark(&mut reader).map_err(|error| ArchiveError::reading(part, error))?;
    let mut refused = None;
    let mut json = serde_json::Deserializer::from_reader(reader);
    let journal = Journal {
        about,
        each: &mut |raw| {
            left.set(LONGEST_ENTRY);
            each(raw).map_err(|error| refused = Some(error))
        },
    };
    let outcome = journal.deserialize(&mut json).and_then(|()| json.end());
    match (refused, outcome) {
        (Some(error), _) => Err(error),
        (None, Ok(())) => Ok(()),
        (None, Err(error)) => Err(fault(error, part)),
    }
}

fn fault(error: serde_json::Error, part: &str) -> ArchiveError {
    use serde_json::error::Category;
    match error.classify() {
        Category::Io => ArchiveError::reading(part, error.into()),
        Category::Data => ArchiveError::bad(part, Reason::BadShape),
        Category::Syntax | Category::Eof => ArchiveError::bad(part, Reason::Damaged),
    }
}

/// Some programs put a byte order mark before JSON.
fn skip_mark(reader: &mut impl io::BufRead) -> io::Result<()> {
    if reader.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
        reader.consume(3);
    }
    Ok(())
}

struct Journal<'a> {
    about: &'a mut About,
    each: &'a mut dyn FnMut(Raw) -> Result<(), ()>,
}

impl<'de> DeserializeSeed<'de> for Journal<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Journal<'_> {
    type Value = ();

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("a journal")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "entries" if self.about.entries => return Err(A::Error::custom("twice")),
                "entries" => {
                    self.about.entries = true;
                    map.next_value_seed(Entries { each: self.each })?;
                }
                "metadata" => {
                    self.about.metadata = true;
                    map.next_value::<IgnoredAny>()?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

struct Entries<'a> {
    each: &'a mut dyn FnMut(Raw) -> Result<(), ()>,
}

impl<'de> DeserializeSeed<'de> for Entries<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = ();

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("a list of entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(raw) = list.next_element::<Raw>()? {
            (self.each)(raw).map_err(|()| A::Error::custom("refused"))?;
        }
        Ok(())
    }
}
