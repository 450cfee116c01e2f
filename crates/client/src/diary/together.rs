//! What was under the pen while the same entry came changed from another device: both stay.

use regie_domain::{
    diary::{Entry, EntryRecord},
    record::{self, AnyRecord, Kind, MergedBytes},
    search::fold,
};
use regie_vault::{Vault, VaultError, sync::Originals};

use super::EntryBase;
use crate::ClientError;

/// An entry as it is to be stored.
pub(super) struct Together {
    pub(super) entry: Entry,
    /// What two texts that are too long for one entry leave over.
    pub(super) apart: Option<Entry>,
    /// Both texts, where neither side wrote what is stored.
    pub(super) originals: Option<Originals>,
}

impl Together {
    /// One text that nothing gave way for.
    pub(super) const fn plain(entry: Entry) -> Self {
        Self {
            entry,
            apart: None,
            originals: None,
        }
    }
}

/// What is to be stored of an entry that was written in upon `base`, given the row as it stands.
pub(super) fn resting_on(
    base: Option<EntryBase>,
    row: &Entry,
    mine: Entry,
    vault: &Vault,
) -> Result<Together, ClientError> {
    let Some(base) = base else {
        return Ok(Together::plain(mine));
    };
    let mut before = row.clone();
    before.markdown = base.markdown;
    base.about.put_on(&mut before)?;
    if reads_the_same(&before, row) || reads_the_same(&mine, row) {
        return Ok(Together::plain(mine));
    }
    merge(&before, row, mine, vault)
}

fn merge(before: &Entry, row: &Entry, mine: Entry, vault: &Vault) -> Result<Together, ClientError> {
    let (id, caret, now) = (mine.id, mine.caret, mine.edited);
    // Whether it is on hold is no part of a draft: the row keeps it.
    let content =
        |entry: Entry| record::write(&EntryRecord::new(entry, None)).map_err(|_| VaultError::TooLarge);
    let (mine, theirs) = (content(mine)?, content(row.clone())?);
    let merged = record::merge(Kind::Entry, Some(&content(before.clone())?), &mine, &theirs);
    let MergedBytes {
        value,
        originals,
        apart,
    } = merged.map_err(|_| VaultError::VaultDamaged)?;
    let originals = if originals {
        Some(Originals {
            merged: now,
            theirs: came(vault, before)?.unwrap_or(theirs),
            mine,
        })
    } else {
        None
    };
    Ok(Together {
        entry: Entry {
            id,
            caret,
            edited: now,
            ..entry_of(&value)?
        },
        apart: apart.as_deref().map(entry_of).transpose()?,
        originals,
    })
}

/// What came, where these very words were brought together with it before: the pen went on meanwhile, and what both texts were is told
/// by the first time.
fn came(vault: &Vault, before: &Entry) -> Result<Option<Vec<u8>>, ClientError> {
    let Some(kept) = vault.entry_originals(before.id)? else {
        return Ok(None);
    };
    let goes_on = reads_the_same(&entry_of(&kept.mine)?, before);
    Ok(goes_on.then_some(kept.theirs))
}

fn entry_of(content: &[u8]) -> Result<Entry, ClientError> {
    match AnyRecord::read(content) {
        Ok(AnyRecord::Entry(record)) => Ok(record.into_parts().0),
        _ => Err(VaultError::VaultDamaged.into()),
    }
}

/// Whether two are one in all that a draft says. How a tag is spelled is no difference: the diary has one spelling for all.
pub(super) fn reads_the_same(one: &Entry, other: &Entry) -> bool {
    let tags = |entry: &Entry| {
        let mut tags: Vec<_> = entry.tags.iter().map(|tag| fold(tag)).collect();
        tags.sort_unstable();
        tags
    };
    one.markdown == other.markdown
        && one.own_title == other.own_title
        && one.mood == other.mood
        && tags(one) == tags(other)
}
