//! Putting something, or everything, on hold: kept and readable, and used for nothing else.

use regie_domain::{EntryId, RunId, restriction::Restriction};
use regie_protocol::Language;
use regie_vault::{Vault, VaultError};
use serde::Serialize;
use specta::Type;
use uuid::Uuid;

use crate::{Client, ClientError, diary::HitKind, meter};

/// Since when something is on hold, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
pub struct RestrictionView {
    /// RFC 3339 with the offset of then and there.
    pub since: String,
    /// In the person's own words; empty when they did not say.
    pub reason: String,
}

/// A record that is on hold.
#[derive(Clone, Debug, Serialize, Type)]
pub struct HeldRow {
    /// What it is; a note stands for its check.
    pub kind: HitKind,
    /// Which one.
    pub id: Uuid,
    /// Title of the entry, or of the check.
    pub title: String,
    /// When it was written or taken, RFC 3339.
    pub at: String,
    /// Since when it is on hold, and why.
    pub restriction: RestrictionView,
}

/// All that is on hold.
#[derive(Clone, Debug, Serialize, Type)]
pub struct OnHoldView {
    /// Everything is, since then.
    pub all: Option<RestrictionView>,
    /// What is on hold by itself, newest first.
    pub records: Vec<HeldRow>,
}

impl Client {
    /// All that is on hold.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the database says.
    pub fn on_hold(&self) -> Result<OnHoldView, ClientError> {
        let language = self.language();
        self.with_vault(|vault| {
            let mut view = OnHoldView {
                all: None,
                records: Vec::new(),
            };
            for (record, restriction) in vault.restrictions()? {
                match record {
                    None => view.all = Some(restriction.into()),
                    Some(id) => view.records.extend(held(vault, id, restriction, language)?),
                }
            }
            Ok(view)
        })
    }

    /// Puts an entry or a check, or with `None` everything, on hold; what is on hold already gets the new reason.
    ///
    /// # Errors
    /// [`VaultError::NotFound`]; [`VaultError::TooLarge`]; [`ClientError::Locked`]; what the disk says.
    pub fn put_on_hold(&self, record: Option<Uuid>, reason: &str) -> Result<(), ClientError> {
        let restriction = Restriction {
            since: self.clock.now(),
            reason: reason.trim().to_owned(),
        };
        self.with_vault(|vault| Ok(vault.restrict(record, &restriction)?))
    }

    /// Releases it again.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the disk says.
    pub fn release(&self, record: Option<Uuid>) -> Result<(), ClientError> {
        self.with_vault(|vault| Ok(vault.lift(record)?))
    }
}

impl From<Restriction> for RestrictionView {
    fn from(restriction: Restriction) -> Self {
        Self {
            since: restriction.since.at.to_rfc3339(),
            reason: restriction.reason,
        }
    }
}

/// Whether a record is on hold by itself.
pub(crate) fn of(vault: &Vault, record: Uuid) -> Result<Option<RestrictionView>, VaultError> {
    Ok(vault.restriction(Some(record))?.map(RestrictionView::from))
}

/// Nothing for what is deleted and can still be taken back.
fn held(
    vault: &Vault,
    id: Uuid,
    restriction: Restriction,
    language: Language,
) -> Result<Option<HeldRow>, ClientError> {
    let (kind, title, at) = match vault.listed_entry(EntryId(id)) {
        Ok(entry) => (HitKind::Entry, entry.title, entry.written),
        Err(VaultError::NotFound) => match vault.run(RunId(id)) {
            Ok(run) => {
                let title = meter::title_of(vault, &run.instrument, language)?;
                (HitKind::Note, title, run.finished.unwrap_or(run.started))
            }
            Err(VaultError::NotFound) => return Ok(None),
            Err(error) => return Err(error.into()),
        },
        Err(error) => return Err(error.into()),
    };
    Ok(Some(HeldRow {
        kind,
        id,
        title,
        at: at.at.to_rfc3339(),
        restriction: restriction.into(),
    }))
}
