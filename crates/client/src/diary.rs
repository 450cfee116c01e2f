//! The diary's use cases.

use chrono::TimeDelta;
use regie_domain::{
    EntryId,
    diary::Entry,
    search::{self, Query},
};
use regie_protocol::purpose::KeepOnDevice;
use regie_vault::diary::{ListedEntry, Place};
use serde::{Deserialize, Serialize};
use specta::Type;
use uuid::Uuid;

use crate::{Client, ClientError};

/// How long a deletion can be taken back: the ten seconds that the window offers, and time to hesitate over them.
pub(crate) const UNDO_WINDOW: TimeDelta = TimeDelta::seconds(45);
const LARGEST_PAGE: u32 = 200;
const SEARCH_HITS: u32 = 50;

/// An entry in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct EntryRow {
    /// Which entry.
    pub id: Uuid,
    /// First line.
    pub title: String,
    /// What follows.
    pub preview: String,
    /// When it was begun, RFC 3339 with the offset of then and there.
    pub written_at: String,
    /// IANA zone of then and there.
    pub zone: String,
}

/// A page of the list.
#[derive(Debug, Serialize, Type)]
pub struct DiaryPageView {
    /// Newest first.
    pub entries: Vec<EntryRow>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
    /// Number of entries in all.
    pub total: u32,
}

/// An entry to read or edit.
#[derive(Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct EntryView {
    /// Which entry.
    pub id: Uuid,
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
}

/// The answer to a save.
#[derive(Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SavedView {
    /// Which entry it is.
    pub id: Uuid,
    /// When it was saved, RFC 3339.
    pub saved_at: String,
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
    /// Newest first.
    pub hits: Vec<SearchHit>,
    /// There were more than are listed.
    pub more: bool,
}

/// One hit.
#[derive(Debug, Serialize, Type)]
pub struct SearchHit {
    /// The entry.
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
    /// [`ClientError::Malformed`] for a foreign `before`; [`ClientError::Locked`]; what the database says.
    pub fn diary_page(&self, before: Option<&str>, limit: u32) -> Result<DiaryPageView, ClientError> {
        let place = before.map(parse_place).transpose()?;
        let limit = limit.clamp(1, LARGEST_PAGE);
        self.with_vault(|vault| {
            let mut entries = vault.entries_before(place, limit + 1)?;
            let more = entries.len() > usize::try_from(limit).unwrap_or(usize::MAX);
            entries.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            let next = entries
                .last()
                .filter(|_| more)
                .map(|entry| format!("{}.{}", entry.place.written_ms, entry.place.seq));
            Ok(DiaryPageView {
                entries: entries.into_iter().map(EntryRow::from).collect(),
                next,
                total: vault.count_entries()?,
            })
        })
    }

    /// One entry.
    ///
    /// # Errors
    /// [`regie_vault::VaultError::NotFound`]; [`ClientError::Locked`]; what the database says.
    pub fn diary_entry(&self, id: Uuid) -> Result<EntryView, ClientError> {
        self.with_vault(|vault| {
            let entry = vault.entry(EntryId(id))?;
            Ok(EntryView {
                id,
                markdown: entry.markdown,
                written_at: entry.written.at.to_rfc3339(),
                zone: entry.written.zone,
                edited_at: entry.edited.to_rfc3339(),
                caret: entry.caret,
            })
        })
    }

    /// Stores an entry, new or changed, and where the editor stands; durable when it returns.
    ///
    /// # Errors
    /// [`regie_vault::VaultError::NoConsent`]; [`regie_vault::VaultError::NotFound`] when the entry was deleted; [`ClientError::Locked`]; what the
    /// disk says.
    pub fn diary_save(&self, draft: EntryDraft) -> Result<SavedView, ClientError> {
        let now = self.clock.now();
        self.with_vault(|vault| {
            let consent = vault.consent::<KeepOnDevice>()?;
            let id = draft.id.unwrap_or_else(Uuid::now_v7);
            let written = match draft.id {
                Some(id) => vault.listed_entry(EntryId(id))?.written,
                None => now.clone(),
            };
            let edited = now.at.to_utc();
            let entry = Entry {
                id: EntryId(id),
                markdown: draft.markdown,
                written,
                edited,
                caret: Some(draft.caret),
            };
            vault.save_entry(&consent, &entry)?;
            Ok(SavedView {
                id,
                saved_at: edited.to_rfc3339(),
            })
        })
    }

    /// Remembers where the editor stands, or that it was left.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the disk says.
    pub fn diary_place(&self, place: Option<PlaceView>) -> Result<(), ClientError> {
        let place = place.map(|place| (EntryId(place.entry), place.caret));
        self.with_vault(|vault| Ok(vault.set_diary_place(place)?))
    }

    /// Deletes an entry; it can be taken back for ten seconds, and is gone for good within a minute.
    ///
    /// # Errors
    /// [`regie_vault::VaultError::NotFound`]; [`ClientError::Locked`]; what the disk says.
    pub fn diary_delete(&self, id: Uuid) -> Result<(), ClientError> {
        let now = self.clock.now().at.to_utc();
        self.with_vault(|vault| Ok(vault.delete_entry(EntryId(id), now)?))
    }

    /// Takes a deletion back.
    ///
    /// # Errors
    /// [`regie_vault::VaultError::NotFound`] when it is gone for good.
    pub fn diary_undo_delete(&self, id: Uuid) -> Result<(), ClientError> {
        self.with_vault(|vault| Ok(vault.undelete_entry(EntryId(id))?))
    }

    /// Entries that hold all the words typed, the last one as a beginning.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the database says.
    pub fn diary_search(&self, typed: &str) -> Result<SearchView, ClientError> {
        let Some(query) = Query::parse(typed) else {
            return Ok(SearchView {
                hits: Vec::new(),
                more: false,
            });
        };
        self.with_vault(|vault| {
            let mut found = vault.search_entries(&query, SEARCH_HITS + 1)?;
            let limit = usize::try_from(SEARCH_HITS).unwrap_or(usize::MAX);
            let more = found.len() > limit;
            found.truncate(limit);
            let hits = found.into_iter().map(|found| SearchHit {
                snippet: search::snippet(&found.words, &query)
                    .into_iter()
                    .map(|piece| SnippetPart {
                        text: piece.text,
                        hit: piece.hit,
                    })
                    .collect(),
                entry: found.entry.into(),
            });
            Ok(SearchView {
                hits: hits.collect(),
                more,
            })
        })
    }
}

impl From<ListedEntry> for EntryRow {
    fn from(entry: ListedEntry) -> Self {
        Self {
            id: entry.id.0,
            title: entry.title,
            preview: entry.preview,
            written_at: entry.written.at.to_rfc3339(),
            zone: entry.written.zone,
        }
    }
}

fn parse_place(text: &str) -> Result<Place, ClientError> {
    let parts = text
        .split_once('.')
        .and_then(|(ms, seq)| Some((ms.parse().ok()?, seq.parse().ok()?)));
    parts
        .map(|(written_ms, seq)| Place { written_ms, seq })
        .ok_or(ClientError::Malformed)
}
