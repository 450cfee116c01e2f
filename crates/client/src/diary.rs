//! The diary's use cases.

mod calendar;
pub(crate) mod moving;
mod settings;
mod timeline;
mod together;

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use regie_domain::{
    EntryId,
    diary::{Entry, LONGEST_TITLE, Mood, plain_text, tidy_tag},
    moment::Moment,
    search::{Highlighter, Query, fold},
};
use regie_protocol::purpose::KeepOnDevice;
use regie_vault::{
    Vault, VaultError,
    diary::{Count, Filter, From, ListedEntry},
    search::Target,
};
use serde::{Deserialize, Serialize};
use specta::Type;
use uuid::Uuid;

pub use calendar::{DayMarkView, DayView};
pub use settings::DiarySettings;

use self::together::Together;

use crate::{AttachmentView, Client, ClientError, RestrictionView, attachment, meter, restriction};

/// How long a deletion can be taken back: the ten seconds that the window offers, and time to hesitate over them.
pub(crate) const UNDO_WINDOW: TimeDelta = TimeDelta::seconds(45);
const LARGEST_PAGE: u32 = 200;
const MOST_HITS: u32 = 500;

/// An entry in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct EntryRow {
    /// Which entry.
    pub id: Uuid,
    /// Own title or first line.
    pub title: String,
    /// What follows.
    pub preview: String,
    /// From 1 to 5, when the person said so.
    pub mood: Option<u8>,
    /// Tags.
    pub tags: Vec<String>,
    /// When it was begun, RFC 3339 with the offset of then and there.
    pub written_at: String,
    /// IANA zone of then and there.
    pub zone: String,
    /// How many photos it has.
    pub photos: u32,
    /// How many recordings it has.
    pub sounds: u32,
}

/// Which entries; all when nothing is said.
#[derive(Clone, Debug, Default, Deserialize, Type)]
#[serde(rename_all = "camelCase", default)]
pub struct DiaryFilter {
    /// Only those with this tag.
    pub tag: Option<String>,
    /// Only those with this mood, from 1 to 5.
    pub mood: Option<u8>,
    /// Only those of this day (`yyyymmdd`) or later.
    pub from: Option<i32>,
    /// Only those of this day (`yyyymmdd`) or earlier.
    pub to: Option<i32>,
}

/// Number of entries of a day or month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
pub struct DiaryCount {
    /// `yyyymmdd` or `yyyymm`.
    pub of: i32,
    /// Entries.
    pub entries: u32,
}

/// A tag in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
pub struct TagView {
    /// The tag.
    pub name: String,
    /// Entries that have it.
    pub entries: u32,
    /// Whether it may be offered: not all of those are on hold.
    pub offered: bool,
}

/// A page of the list.
#[derive(Debug, Serialize, Type)]
pub struct DiaryPageView {
    /// Newest first.
    pub entries: Vec<EntryRow>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
}

/// An entry to read or edit.
#[derive(Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct EntryView {
    /// Which entry.
    pub id: Uuid,
    /// The title that the person gave; empty without one.
    pub own_title: String,
    /// From 1 to 5, when the person said so.
    pub mood: Option<u8>,
    /// Tags.
    pub tags: Vec<String>,
    /// CommonMark, exactly as saved.
    pub markdown: String,
    /// When it was begun, RFC 3339 with the offset of then and there.
    pub written_at: String,
    /// IANA zone of then and there.
    pub zone: String,
    /// When it was last saved, RFC 3339.
    pub edited_at: String,
    /// Where the editor stood.
    pub caret: Option<u32>,
    /// It is on hold.
    pub restriction: Option<RestrictionView>,
    /// Photos and recordings, in the person's order.
    pub attachments: Vec<AttachmentView>,
}

/// What the editor hands over.
#[derive(Clone, Debug, Deserialize, Type)]
pub struct EntryDraft {
    /// `None` for a new entry.
    pub id: Option<Uuid>,
    /// CommonMark.
    pub markdown: String,
    /// Where the editor stands.
    pub caret: u32,
    /// What stands around the text; what is stored stays when it is not given.
    #[serde(default)]
    pub about: Option<EntryAbout>,
}

/// What stands around an entry's text.
#[derive(Clone, Debug, Default, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct EntryAbout {
    /// A title; empty for none.
    pub own_title: String,
    /// From 1 to 5.
    pub mood: Option<u8>,
    /// Tags, as typed.
    pub tags: Vec<String>,
    /// Another date and time, RFC 3339 with the offset of then and there; the stored one stays when it is not given.
    #[serde(default)]
    pub written_at: Option<String>,
}

/// What was there when the editor began, or was last saved: what a draft rests on.
#[derive(Clone, Debug, Deserialize, Type)]
pub struct EntryBase {
    /// CommonMark.
    pub markdown: String,
    /// What stood around it.
    pub about: EntryAbout,
}

/// The answer to a save.
#[derive(Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SavedView {
    /// Which entry it is.
    pub id: Uuid,
    /// When it was saved, RFC 3339.
    pub saved_at: String,
    /// The entry, where it had come changed from another device meanwhile and is now what both wrote.
    pub merged: Option<EntryView>,
    /// Whether it is a new one: the entry was deleted on another device while it was written in.
    pub anew: bool,
}

/// Where writing stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Type)]
pub struct PlaceView {
    /// Which entry.
    pub entry: Uuid,
    /// Where in it.
    pub caret: u32,
}

/// What a search found.
#[derive(Debug, Serialize, Type)]
pub struct SearchView {
    /// Most relevant first.
    pub hits: Vec<SearchHit>,
    /// There were more than are listed.
    pub more: bool,
    /// So many hits were ranked by relevance.
    pub ranked: u32,
    /// There are older hits beyond the ranked ones.
    pub older: bool,
}

/// What a hit leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum HitKind {
    /// A diary entry.
    Entry,
    /// The note on a check or check-in; the row's id is the run's.
    Note,
}

/// One hit.
#[derive(Debug, Serialize, Type)]
pub struct SearchHit {
    /// What it leads to.
    pub kind: HitKind,
    /// The entry, or the check with the note.
    pub entry: EntryRow,
    /// The text around the hit.
    pub snippet: Vec<SnippetPart>,
}

/// A piece of text.
#[derive(Debug, Serialize, Type)]
pub struct SnippetPart {
    /// As written.
    pub text: String,
    /// Whether it matched.
    pub hit: bool,
}

impl Client {
    /// A page of the list, newest first, from where `before` (the last page's `next`) says.
    ///
    /// # Errors
    /// [`ClientError::Malformed`] for a foreign `before` or filter; [`ClientError::Locked`]; what the database says.
    pub fn diary_page(
        &self,
        filter: &DiaryFilter,
        before: Option<&str>,
        limit: u32,
    ) -> Result<DiaryPageView, ClientError> {
        let filter = filter.checked()?;
        let from = match before {
            Some(place) => From::Before(place.parse().map_err(|_| ClientError::Malformed)?),
            None => From::Newest,
        };
        let limit = limit.clamp(1, LARGEST_PAGE);
        self.with_vault(|vault| {
            let mut entries = vault.entries(&filter, from, limit + 1)?;
            let more = cut(&mut entries, limit);
            let next = entries
                .last()
                .filter(|_| more)
                .map(|entry| entry.place.to_string());
            Ok(DiaryPageView {
                entries: entries.into_iter().map(EntryRow::from).collect(),
                next,
            })
        })
    }

    /// Tags in use, most used first.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the database says.
    pub fn diary_tags(&self) -> Result<Vec<TagView>, ClientError> {
        self.with_vault(|vault| {
            let view = |tag: regie_vault::diary::UsedTag| TagView {
                name: tag.name,
                entries: tag.entries,
                offered: tag.offered,
            };
            Ok(vault.tags()?.into_iter().map(view).collect())
        })
    }

    /// One entry.
    ///
    /// # Errors
    /// [`regie_vault::VaultError::NotFound`]; [`ClientError::Locked`]; what the database says.
    pub fn diary_entry(&self, id: Uuid) -> Result<EntryView, ClientError> {
        self.with_vault(|vault| {
            let entry = vault.entry(EntryId(id))?;
            view(vault, entry)
        })
    }

    /// Stores an entry, new or changed, in place of what is there, and where the editor stands; durable when it returns. For who has
    /// read it just now; who was writing in it meanwhile says what that rests on ([`Client::diary_save_on`]).
    ///
    /// # Errors
    /// [`ClientError::Malformed`] for a mood or date that cannot be; [`regie_vault::VaultError::NoConsent`];
    /// [`regie_vault::VaultError::NotFound`] when the entry was deleted; [`ClientError::Locked`]; what the disk says.
    pub fn diary_save(&self, draft: EntryDraft) -> Result<SavedView, ClientError> {
        self.diary_save_on(draft, None)
    }

    /// Stores an entry that was written in upon `base`. Where it came changed from another device since, both stay: they are brought
    /// together as in syncing, with both texts to read for a month. Where it was deleted there, the words begin a new entry.
    ///
    /// # Errors
    /// As [`Client::diary_save`]; not found is an entry that was deleted here and can be taken back, or that has no words.
    pub fn diary_save_on(
        &self,
        draft: EntryDraft,
        base: Option<EntryBase>,
    ) -> Result<SavedView, ClientError> {
        let now = self.clock.now();
        self.with_vault(|vault| {
            let consent = vault.consent::<KeepOnDevice>()?;
            let edited = now.at.to_utc();
            let row = draft.id.map(|id| vault.entry(EntryId(id))).transpose();
            let anew = row == Err(VaultError::NotFound) && base.is_some() && is_gone(vault, &draft)?;
            let row = if anew { None } else { row? };
            let mine = draft.put_on(row.clone().unwrap_or_else(|| begun(now)), edited)?;
            let Together {
                entry,
                apart,
                originals,
            } = match &row {
                Some(row) => together::resting_on(base, row, mine.clone(), vault)?,
                None => Together::plain(mine.clone()),
            };
            let is_both = !together::reads_the_same(&entry, &mine);
            if is_both {
                vault.save_both(&consent, &entry, apart.as_ref(), originals.as_ref())?;
            } else {
                vault.save_entry(&consent, &entry)?;
            }
            self.sync.pen_down(entry.id);
            Ok(SavedView {
                id: entry.id.0,
                saved_at: edited.to_rfc3339(),
                merged: is_both.then(|| view(vault, entry)).transpose()?,
                anew,
            })
        })
    }

    /// Remembers where the editor stands, or that it was left.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the disk says.
    pub fn diary_place(&self, place: Option<PlaceView>) -> Result<(), ClientError> {
        let place = place.map(|place| (EntryId(place.entry), place.caret));
        if place.is_none() {
            self.pen_up();
        }
        self.with_vault(|vault| Ok(vault.set_diary_place(place)?))
    }

    /// Deletes an entry; it can be taken back for ten seconds, and is gone for good within a minute. Returns the day on
    /// which the last local copy of it goes, ISO 8601; `None` when there is no copy.
    ///
    /// # Errors
    /// [`regie_vault::VaultError::NotFound`]; [`ClientError::Locked`]; what the disk says.
    pub fn diary_delete(&self, id: Uuid) -> Result<Option<String>, ClientError> {
        let now = self.clock.now().at.to_utc();
        self.with_vault(|vault| {
            vault.delete_entry(EntryId(id), now)?;
            Ok(self.leaves_copies_by(vault))
        })
    }

    /// Takes a deletion back.
    ///
    /// # Errors
    /// [`regie_vault::VaultError::NotFound`] when it is gone for good.
    pub fn diary_undo_delete(&self, id: Uuid) -> Result<(), ClientError> {
        self.with_vault(|vault| Ok(vault.undelete_entry(EntryId(id))?))
    }

    /// What holds all that was typed, most relevant first: entries and notes on checks.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the database says.
    pub fn diary_search(&self, typed: &str, limit: u32) -> Result<SearchView, ClientError> {
        let Some(query) = Query::parse(typed) else {
            return Ok(SearchView {
                hits: Vec::new(),
                more: false,
                ranked: 0,
                older: false,
            });
        };
        let limit = usize::try_from(limit.clamp(1, MOST_HITS)).unwrap_or(usize::MAX);
        let language = self.language();
        self.with_vault(|vault| {
            let found = vault.search(&query)?;
            let mut highlighter = Highlighter::of(&query);
            let shown = found.places.get(..limit).unwrap_or(&found.places);
            let hits = vault.targets(shown)?.into_iter();
            let hits = hits.map(|target| hit(vault, target, &mut highlighter, language));
            Ok(SearchView {
                hits: hits.collect::<Result<_, _>>()?,
                more: found.places.len() > limit || found.older,
                ranked: u32::try_from(found.ranked).unwrap_or(u32::MAX),
                older: found.older,
            })
        })
    }
}

fn hit(
    vault: &Vault,
    target: Target,
    highlighter: &mut Highlighter<'_>,
    language: regie_protocol::Language,
) -> Result<SearchHit, ClientError> {
    let (kind, entry, text) = match target {
        Target::Entry(entry, markdown) => (HitKind::Entry, entry.into(), plain_text(&markdown)),
        Target::Run(id) => {
            let run = vault.run(id)?;
            let moment = run.finished.unwrap_or(run.started);
            let row = EntryRow {
                id: id.0,
                title: meter::title_of(vault, &run.instrument, language)?,
                preview: String::new(),
                mood: None,
                tags: Vec::new(),
                written_at: moment.at.to_rfc3339(),
                zone: moment.zone,
                photos: 0,
                sounds: 0,
            };
            (HitKind::Note, row, run.note)
        }
    };
    let pieces = highlighter.snippet(&text).into_iter();
    Ok(SearchHit {
        kind,
        entry,
        snippet: pieces
            .map(|piece| SnippetPart {
                text: piece.text,
                hit: piece.hit,
            })
            .collect(),
    })
}

impl DiaryFilter {
    fn checked(&self) -> Result<Filter, ClientError> {
        let mood = self
            .mood
            .map(|mood| Mood::new(mood).ok_or(ClientError::Malformed));
        Ok(Filter {
            tag: self.tag.clone(),
            mood: mood.transpose()?,
            from: self.from,
            to: self.to.map(timeline::real_day),
        })
    }
}

/// Whether nothing is left of the entry that these words were written in.
fn is_gone(vault: &Vault, draft: &EntryDraft) -> Result<bool, ClientError> {
    let is_here = draft.id.map(|id| vault.has_entry(EntryId(id))).transpose()?;
    Ok(is_here == Some(false) && !draft.markdown.trim().is_empty())
}

/// A new entry, before its first word.
pub(crate) fn begun(now: Moment) -> Entry {
    Entry {
        id: EntryId(Uuid::now_v7()),
        own_title: String::new(),
        mood: None,
        tags: Vec::new(),
        markdown: String::new(),
        edited: now.at.to_utc(),
        written: now,
        caret: None,
        attachments: Vec::new(),
    }
}

fn view(vault: &Vault, entry: Entry) -> Result<EntryView, ClientError> {
    Ok(EntryView {
        id: entry.id.0,
        own_title: entry.own_title,
        mood: entry.mood.map(Mood::value),
        tags: entry.tags,
        markdown: entry.markdown,
        written_at: entry.written.at.to_rfc3339(),
        zone: entry.written.zone,
        edited_at: entry.edited.to_rfc3339(),
        caret: entry.caret,
        restriction: restriction::of(vault, entry.id.0)?,
        attachments: attachment::views(vault, entry.id)?,
    })
}

impl EntryDraft {
    fn put_on(self, mut entry: Entry, edited: DateTime<Utc>) -> Result<Entry, ClientError> {
        entry.markdown = self.markdown;
        entry.caret = Some(self.caret);
        entry.edited = edited;
        if let Some(about) = self.about {
            about.put_on(&mut entry)?;
        }
        Ok(entry)
    }
}

impl EntryAbout {
    fn put_on(self, entry: &mut Entry) -> Result<(), ClientError> {
        let end = self.own_title.floor_char_boundary(LONGEST_TITLE);
        entry.own_title = self.own_title.get(..end).unwrap_or_default().trim().to_owned();
        let mood = self
            .mood
            .map(|mood| Mood::new(mood).ok_or(ClientError::Malformed));
        entry.mood = mood.transpose()?;
        entry.tags = Vec::new();
        for tag in self.tags.iter().filter_map(|tag| tidy_tag(tag)) {
            if !entry.tags.iter().any(|known| fold(known) == fold(&tag)) {
                entry.tags.push(tag);
            }
        }
        if let Some(written_at) = self.written_at {
            let at: DateTime<FixedOffset> =
                DateTime::parse_from_rfc3339(&written_at).map_err(|_| ClientError::Malformed)?;
            if at != entry.written.at {
                entry.written = Moment {
                    at,
                    zone: entry.written.zone.clone(),
                };
            }
        }
        Ok(())
    }
}

/// Leaves at most `limit`; whether there were more.
fn cut<T>(items: &mut Vec<T>, limit: u32) -> bool {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > limit;
    items.truncate(limit);
    more
}

fn counts(counts: Vec<Count>) -> Vec<DiaryCount> {
    let view = |count: Count| DiaryCount {
        of: count.of,
        entries: count.entries,
    };
    counts.into_iter().map(view).collect()
}

impl std::convert::From<ListedEntry> for EntryRow {
    fn from(entry: ListedEntry) -> Self {
        Self {
            id: entry.id.0,
            title: entry.title,
            preview: entry.preview,
            mood: entry.mood.map(Mood::value),
            tags: entry.tags,
            written_at: entry.written.at.to_rfc3339(),
            zone: entry.written.zone,
            photos: entry.photos,
            sounds: entry.sounds,
        }
    }
}
