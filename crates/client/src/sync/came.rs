//! What came from other devices and was not opened here yet, and both texts of what was brought together.

use chrono::TimeDelta;
use regie_domain::{
    EntryId,
    diary::{glance, plain_text},
    record::{self, AnyRecord},
};
use regie_protocol::sync::RecordId;
use regie_vault::{Vault, settings::Setting};
use serde::Serialize;
use specta::Type;
use uuid::Uuid;

use crate::{Client, ClientError};

use super::damaged;

/// Both texts of a merge stay so long.
const ORIGINALS_STAY: TimeDelta = TimeDelta::days(30);
/// So many entries are marked at most; the oldest marks go.
const MOST_MARKED: usize = 500;

/// Both texts from before an entry was brought together from two devices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct OriginalsView {
    /// When they were brought together, RFC 3339.
    pub merged: String,
    /// Until when both stay, RFC 3339.
    pub until: String,
    /// As it stood on this device.
    pub here: OriginalView,
    /// As it came.
    pub there: OriginalView,
}

/// One of both texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct OriginalView {
    /// Its own title or first line.
    pub title: String,
    /// Its text.
    pub markdown: String,
    /// The same in stretches.
    pub parts: Vec<OriginalPart>,
    /// When it was last edited, RFC 3339.
    pub edited: String,
}

/// A stretch of a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct OriginalPart {
    /// Whole sentences.
    pub text: String,
    /// Whether the other text does not have it.
    pub own: bool,
}

impl OriginalView {
    fn of(content: &[u8]) -> Result<Self, ClientError> {
        let AnyRecord::Entry(record) = AnyRecord::read(content).map_err(|_| damaged())? else {
            return Err(damaged());
        };
        let entry = record.entry();
        Ok(Self {
            title: glance(&entry.own_title, &plain_text(&entry.markdown)).title,
            markdown: entry.markdown.clone(),
            parts: Vec::new(),
            edited: entry.edited.to_rfc3339(),
        })
    }
}

impl From<record::Stretch> for OriginalPart {
    fn from(stretch: record::Stretch) -> Self {
        Self {
            text: stretch.text,
            own: stretch.only_here,
        }
    }
}

/// Marks entries that came.
pub(super) fn mark(vault: &mut Vault, came: &[RecordId]) -> Result<(), ClientError> {
    let mut entries = Vec::new();
    for id in came {
        entries.extend(vault.entry_of(*id)?.map(|entry| entry.0));
    }
    if entries.is_empty() {
        return Ok(());
    }
    let mut marked = marked(vault)?;
    marked.retain(|entry| !entries.contains(entry));
    marked.extend(entries);
    let beyond = marked.len().saturating_sub(MOST_MARKED);
    marked.drain(..beyond);
    Ok(vault.set_setting(Setting::CameUnread, &marked)?)
}

fn marked(vault: &Vault) -> Result<Vec<Uuid>, ClientError> {
    Ok(vault.setting(Setting::CameUnread)?.unwrap_or_default())
}

impl Client {
    /// Entries that came from another device, or were changed there, and were not opened here since.
    ///
    /// # Errors
    /// [`ClientError::Locked`]; what the database says.
    pub fn diary_came(&self) -> Result<Vec<Uuid>, ClientError> {
        self.with_vault(|vault| marked(vault))
    }

    /// An entry was opened: it is no longer marked.
    ///
    /// # Errors
    /// As [`Client::diary_came`].
    pub fn diary_seen(&self, entry: Uuid) -> Result<(), ClientError> {
        self.with_vault(|vault| {
            let mut marked = marked(vault)?;
            let before = marked.len();
            marked.retain(|one| *one != entry);
            if marked.len() < before {
                vault.set_setting(Setting::CameUnread, &marked)?;
            }
            Ok(())
        })
    }

    /// Both texts from before an entry was brought together from two devices, while they are kept.
    ///
    /// # Errors
    /// As [`Client::diary_came`].
    pub fn entry_originals(&self, entry: Uuid) -> Result<Option<OriginalsView>, ClientError> {
        let now = self.clock.now().at.to_utc();
        let originals = self.with_vault(|vault| Ok(vault.entry_originals(EntryId(entry))?))?;
        let Some(originals) = originals.filter(|originals| now - originals.merged < ORIGINALS_STAY) else {
            return Ok(None);
        };
        let mut here = OriginalView::of(&originals.mine)?;
        let mut there = OriginalView::of(&originals.theirs)?;
        let [ours, theirs] = record::compare(&here.markdown, &there.markdown);
        here.parts = ours.into_iter().map(OriginalPart::from).collect();
        there.parts = theirs.into_iter().map(OriginalPart::from).collect();
        Ok(Some(OriginalsView {
            merged: originals.merged.to_rfc3339(),
            until: (originals.merged + ORIGINALS_STAY).to_rfc3339(),
            here,
            there,
        }))
    }

    /// The person keeps an entry as it was brought together: both texts go.
    ///
    /// # Errors
    /// As [`Client::diary_came`].
    pub fn forget_entry_originals(&self, entry: Uuid) -> Result<(), ClientError> {
        self.with_vault(|vault| Ok(vault.forget_entry_originals(EntryId(entry))?))
    }

    /// Both texts of merges from a month ago go.
    pub(crate) fn forget_old_originals(&self) -> Result<(), ClientError> {
        let before = self.clock.now().at.to_utc() - ORIGINALS_STAY;
        self.with_vault(|vault| Ok(vault.forget_originals(before)?))
    }
}
