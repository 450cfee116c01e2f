//! Merging field by field. Each rule is a function of the two sides whichever comes first; what gives way is remembered.

use std::collections::BTreeSet;

use super::{Merged, text};
use crate::{
    moment::Moment,
    restriction::{LONGEST_REASON, Restriction},
};

/// Stands between two short texts that were both meant.
const BETWEEN: &str = " / ";

/// The side that is right without asking: both are equal, or only one of them changed.
pub(crate) fn only_change<'a, T: PartialEq>(base: Option<&T>, one: &'a T, other: &'a T) -> Option<&'a T> {
    if one == other || base == Some(other) {
        Some(one)
    } else if base == Some(one) {
        Some(other)
    } else {
        None
    }
}

/// When a moment was, for putting two in order.
pub(crate) fn order(moment: &Moment) -> (i64, i32, &str) {
    super::wire::moment_parts(moment)
}

/// Merges field by field, and remembers whether something gave way.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    gave_way: bool,
}

impl Fields {
    /// A field with one value: where both sides changed it, the one of the lower rank stays.
    pub(crate) fn lower<T: PartialEq + Clone, K: Ord>(
        &mut self,
        (base, one, other): (Option<&T>, &T, &T),
        rank: impl Fn(&T) -> K,
    ) -> T {
        let kept = only_change(base, one, other).unwrap_or_else(|| {
            self.gave_way = true;
            if rank(one) <= rank(other) { one } else { other }
        });
        kept.clone()
    }

    /// A field with one value of which nobody misses the other.
    pub(crate) fn silently<T: PartialEq + Clone, K: Ord>(
        (base, one, other): (Option<&T>, &T, &T),
        rank: impl Fn(&T) -> K,
    ) -> T {
        Self::default().lower((base, one, other), rank)
    }

    /// A text, by sentences; `None` when both together are longer than `limit`.
    pub(crate) fn text(
        &mut self,
        base: Option<&str>,
        one: &str,
        other: &str,
        limit: usize,
    ) -> Option<String> {
        if let Some(kept) = only_change(base.as_ref(), &one, &other) {
            return Some((*kept).to_owned());
        }
        self.gave_way = true;
        let merged = text::merge(base.unwrap_or_default(), one, other);
        (merged.len() <= limit).then_some(merged)
    }

    /// A text beside a record: where both together are too long, the longer one stays and the other is an original.
    pub(crate) fn note(&mut self, base: Option<&str>, one: &str, other: &str, limit: usize) -> String {
        self.text(base, one, other, limit)
            .unwrap_or_else(|| longer(one, other).to_owned())
    }

    /// A line such as a title: where both changed it, both stand there, and one that the other contains is in it already.
    pub(crate) fn line(&mut self, base: Option<&str>, one: &str, other: &str, limit: usize) -> String {
        if let Some(kept) = only_change(base.as_ref(), &one, &other) {
            return (*kept).to_owned();
        }
        self.gave_way = true;
        let parts: BTreeSet<&str> = [one, other]
            .into_iter()
            .flat_map(|line| line.split(BETWEEN))
            .collect();
        let contained = |part: &&&str| parts.iter().any(|other| other != *part && other.contains(**part));
        let kept: Vec<&str> = parts.iter().filter(|part| !contained(part)).copied().collect();
        let both = kept.join(BETWEEN);
        if both.len() <= limit {
            both
        } else {
            longer(one, other).to_owned()
        }
    }

    /// Whether something is on hold: rest wins over release, the earlier day over the later one, and both reasons stay.
    pub(crate) fn hold(
        &mut self,
        (base, one, other): (
            Option<&Option<Restriction>>,
            &Option<Restriction>,
            &Option<Restriction>,
        ),
    ) -> Option<Restriction> {
        if let Some(kept) = only_change(base, one, other) {
            return kept.clone();
        }
        self.gave_way = true;
        let (Some(one), Some(other)) = (one, other) else {
            return one.clone().or_else(|| other.clone());
        };
        let base = base.and_then(Option::as_ref);
        let since = (base.map(|base| &base.since), &one.since, &other.since);
        Some(Restriction {
            since: Self::silently(since, |moment| {
                let (ms, offset_s, zone) = order(moment);
                (ms, offset_s, zone.to_owned())
            }),
            reason: self.note(
                base.map(|base| base.reason.as_str()),
                &one.reason,
                &other.reason,
                LONGEST_REASON,
            ),
        })
    }

    /// Remembers that something gave way.
    pub(crate) const fn give_way(&mut self) {
        self.gave_way = true;
    }

    /// The merged record.
    pub(crate) const fn into<T>(self, value: T, apart: Option<T>) -> Merged<T> {
        Merged {
            value,
            originals: self.gave_way,
            apart,
        }
    }
}

/// The same one on every device, whichever it calls its own.
fn longer<'t>(one: &'t str, other: &'t str) -> &'t str {
    std::cmp::max_by_key(one, other, |text| (text.len(), std::cmp::Reverse(*text)))
}
