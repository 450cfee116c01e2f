//! What a person has to say about one record. Nothing waits for it.

use chrono::{DateTime, FixedOffset};
use regie_domain::{
    diary::{glance, plain_text},
    record::AnyRecord,
    search::Indexer,
};
use regie_protocol::{purpose::KeepOnDevice, sync::RecordId};
use serde::Serialize;
use specta::Type;

use crate::{Client, ClientError};

/// A record that was deleted on one device and written on another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SyncAsked {
    /// Which one, for the answer.
    pub id: String,
    /// What it is.
    pub what: SyncWhat,
    /// An entry's own title or first line; empty where it has none.
    pub title: String,
    /// When it was written or begun, RFC 3339.
    pub at: String,
    /// Whether it was deleted on this device; else it was on another, and here something was not sent.
    pub deleted_here: bool,
}

/// What a record is to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum SyncWhat {
    /// An entry of the diary.
    Entry,
    /// A check, or a questionnaire.
    Check,
}

impl SyncAsked {
    fn of(asked: &regie_vault::sync::Asked) -> Option<Self> {
        let of = |what, title: String, at: DateTime<FixedOffset>| Self {
            id: data_encoding::HEXLOWER.encode(&asked.id.0),
            what,
            title,
            at: at.to_rfc3339(),
            deleted_here: asked.deleted_here,
        };
        match AnyRecord::read(&asked.content).ok()? {
            AnyRecord::Entry(record) => {
                let entry = record.entry();
                let title = glance(&entry.own_title, &plain_text(&entry.markdown)).title;
                Some(of(SyncWhat::Entry, title, entry.written.at))
            }
            AnyRecord::Run(record) => Some(of(SyncWhat::Check, String::new(), record.started.at)),
            _ => None,
        }
    }
}

impl Client {
    /// What a person has to say about single records, the newest first.
    ///
    /// # Errors
    /// [`ClientError::Locked`]; what the database says.
    pub fn sync_asked(&self) -> Result<Vec<SyncAsked>, ClientError> {
        let asked = self.with_vault(|vault| Ok(vault.asked()?))?;
        let mut asked: Vec<_> = asked.iter().filter_map(SyncAsked::of).collect();
        asked.sort_by(|one, other| other.at.cmp(&one.at));
        Ok(asked)
    }

    /// The person said whether a record is kept, on all devices, or let go on all.
    ///
    /// # Errors
    /// [`ClientError::Malformed`] for an id that is none; what the database says.
    pub fn sync_answer(&self, id: &str, keep: bool) -> Result<Vec<SyncAsked>, ClientError> {
        let bytes = data_encoding::HEXLOWER.decode(id.as_bytes()).ok();
        let bytes: Option<[u8; 16]> = bytes.and_then(|bytes| bytes.try_into().ok());
        let id = RecordId(bytes.ok_or(ClientError::Malformed)?);
        let (list, clean_by) = (self.deletions_file(), self.cleaned_by());
        self.with_vault(|vault| {
            let asked = vault.asked()?;
            // Answered twice, or no longer asked: what was said first holds.
            let Some(asked) = asked.iter().find(|asked| asked.id == id) else {
                return Ok(());
            };
            let keep_mine = keep != asked.deleted_here;
            let consent = vault.consent::<KeepOnDevice>()?;
            vault.sync((&list, clean_by), |syncing| {
                syncing.answer(&consent, id, keep_mine, &mut Indexer::default())?;
                Ok::<_, ClientError>(())
            })
        })?;
        self.sync.written();
        self.sync_asked()
    }
}
