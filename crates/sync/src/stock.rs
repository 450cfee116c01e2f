//! Taking stock: what the server keeps of photos and recordings, beside what the devices know of them at the same head (docs/adr/0015).

use std::collections::{BTreeMap, BTreeSet};

use regie_protocol::sync::{BlobId, blob::Shape};

use crate::{Census, Deletions, plan_deletions};

/// A blob that a living manifest names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedBlob {
    /// Which one.
    pub id: BlobId,
    /// How it is cut.
    pub shape: Shape,
    /// Whether the devices agreed that it is on the server.
    pub there: bool,
}

/// What differs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stock {
    /// Kept, and named by nobody.
    pub unnamed: Vec<BlobId>,
    /// Said to be there, and not kept, or cut in another way: nobody could open it.
    pub lost: Vec<BlobId>,
    /// Whether what nobody names may be dropped; many at once stop and ask.
    pub dropping: Option<Deletions>,
}

/// Compares the two. Both are of the same head, or it is not to be called.
#[must_use]
pub fn take_stock(kept: &BTreeMap<BlobId, Shape>, named: &[NamedBlob]) -> Stock {
    let names: BTreeSet<_> = named.iter().map(|named| named.id).collect();
    let is_lost = |named: &&NamedBlob| named.there && kept.get(&named.id) != Some(&named.shape);
    let unnamed: Vec<_> = kept
        .keys()
        .filter(|blob| !names.contains(blob))
        .copied()
        .collect();
    let count = |list: usize| u64::try_from(list).unwrap_or(u64::MAX);
    let census = Census {
        live: count(kept.len()),
        deletions: count(unnamed.len()),
        bulk: Vec::new(),
    };
    Stock {
        lost: named.iter().filter(is_lost).map(|named| named.id).collect(),
        dropping: (!unnamed.is_empty()).then(|| plan_deletions(&census)),
        unnamed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(bytes: u64) -> Shape {
        Shape::of_content(bytes).expect("a shape")
    }

    fn named(id: u8, there: bool) -> NamedBlob {
        NamedBlob {
            id: BlobId([id; 16]),
            shape: shape(1_000_000),
            there,
        }
    }

    fn kept(ids: impl IntoIterator<Item = u8>) -> BTreeMap<BlobId, Shape> {
        ids.into_iter()
            .map(|id| (BlobId([id; 16]), shape(1_000_000)))
            .collect()
    }

    #[test]
    fn what_nobody_names_goes_and_what_is_not_there_is_lost() {
        let mut there = kept([1, 2, 3]);
        there.insert(BlobId([6; 16]), shape(9_000_000));
        let known = [
            named(1, true),
            // On its way, and found missing before: nothing new.
            named(4, false),
            named(5, true),
            // Cut otherwise than it was sealed.
            named(6, true),
            // It arrived, and nobody was told yet.
            named(3, false),
        ];
        let stock = take_stock(&there, &known);
        assert_eq!(stock.unnamed, [BlobId([2; 16])]);
        assert_eq!(stock.lost, [5, 6].map(|id| BlobId([id; 16])));
        assert_eq!(stock.dropping, Some(Deletions::Apply));
        assert_eq!(take_stock(&kept([1]), &[named(1, true)]), Stock::default());
    }

    #[test]
    fn many_that_nobody_names_stop_and_ask() {
        let of = |unnamed: u8, all: u8| {
            let known: Vec<_> = (unnamed..all).map(|id| named(id, true)).collect();
            take_stock(&kept(0..all), &known).dropping
        };
        assert_eq!(of(20, 20), Some(Deletions::Apply), "not more than 20");
        assert_eq!(of(21, 105), Some(Deletions::Apply), "not more than a fifth");
        let asks = Deletions::Ask {
            deletions: 22,
            of: 105,
        };
        assert_eq!(of(22, 105), Some(asks));
    }
}
