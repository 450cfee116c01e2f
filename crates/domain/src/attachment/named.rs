//! The list of an entry: what it names, in which order, and what is told of it to who cannot see.

use std::collections::BTreeSet;

use super::{LONGEST_DESCRIPTION, MOST_MERGED};
use crate::{AttachmentId, record::fields::Fields};

/// One that an entry names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    /// Which one.
    pub id: AttachmentId,
    /// What is to be seen or heard, in the person's words; empty when they said nothing.
    pub description: String,
}

/// The list with each named once, where it stood first.
pub(crate) fn tidied(list: Vec<Attached>) -> Vec<Attached> {
    let mut seen = BTreeSet::new();
    list.into_iter().filter(|one| seen.insert(one.id)).collect()
}

/// As a set: what either side took out goes, what either put in stays, behind what was there. Descriptions merge as texts. The
/// order is that of the side that changed it.
pub(crate) fn merge(
    fields: &mut Fields,
    base: Option<&[Attached]>,
    one: &[Attached],
    other: &[Attached],
) -> Vec<Attached> {
    let base = base.unwrap_or_default();
    let (first, second) = if is_in_order_of(one, base) {
        (other, one)
    } else {
        (one, other)
    };
    let mut merged: Vec<Attached> = first
        .iter()
        .filter_map(|mine| match (find(base, mine.id), find(second, mine.id)) {
            (before, Some(theirs)) => Some(Attached {
                id: mine.id,
                description: fields.note(
                    before.map(|before| before.description.as_str()),
                    &mine.description,
                    &theirs.description,
                    LONGEST_DESCRIPTION,
                ),
            }),
            (None, None) => Some(mine.clone()),
            (Some(_), None) => None,
        })
        .collect();
    let added = second
        .iter()
        .filter(|theirs| find(base, theirs.id).is_none() && find(first, theirs.id).is_none());
    merged.extend(added.cloned());
    if merged.len() > MOST_MERGED {
        fields.give_way();
        merged.truncate(MOST_MERGED);
    }
    merged
}

fn find(list: &[Attached], id: AttachmentId) -> Option<&Attached> {
    list.iter().find(|one| one.id == id)
}

/// Whether what both name stands in the same order, so that the other side's order is the one that somebody chose.
fn is_in_order_of(list: &[Attached], base: &[Attached]) -> bool {
    let common = |from: &[Attached], of: &[Attached]| -> Vec<AttachmentId> {
        let named = from.iter().filter(|one| find(of, one.id).is_some());
        named.map(|one| one.id).collect()
    };
    !base.is_empty() && common(list, base) == common(base, list)
}
