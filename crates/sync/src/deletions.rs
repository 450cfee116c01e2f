//! The guard against losing much at once: other devices' deletions that nobody confirmed stop and ask.

/// One confirmed deletion of many, as its tombstones tell it inside what is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bulk {
    /// How many records the person said yes to.
    pub told: u64,
    /// How many of those that are live here would go now.
    pub arriving: u64,
}

/// What a pull would delete here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// How many live records there are here.
    pub live: u64,
    /// How many of them would go by a tombstone that belongs to no confirmed deletion.
    pub deletions: u64,
    /// How many would go by each confirmed deletion.
    pub bulk: Vec<Bulk>,
}

/// What becomes of the deletions of a pull.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletions {
    /// They are done.
    Apply,
    /// The person is asked first.
    Ask {
        /// How many would go.
        deletions: u64,
        /// Out of how many.
        of: u64,
    },
}

/// More than this many, and more than a fifth of all, stop and ask.
const FEW: u64 = 20;
const ONE_IN: u64 = 5;

/// Whether a pull may delete what it says. A confirmed deletion lets through as many as the person said yes to, and none beyond.
#[must_use]
pub fn plan_deletions(census: &Census) -> Deletions {
    let beyond = |bulk: &Bulk| bulk.arriving.saturating_sub(bulk.told);
    let unconfirmed = census
        .bulk
        .iter()
        .map(beyond)
        .fold(census.deletions, u64::saturating_add);
    if unconfirmed > FEW && unconfirmed.saturating_mul(ONE_IN) > census.live {
        Deletions::Ask {
            deletions: unconfirmed,
            of: census.live,
        }
    } else {
        Deletions::Apply
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_deletions_that_nobody_confirmed_ask_first() {
        let told = |title: &str, live, deletions, bulk: &[(u64, u64)], asks: Option<u64>| {
            let bulk = bulk.iter().map(|&(told, arriving)| Bulk { told, arriving });
            let census = Census {
                live,
                deletions,
                bulk: bulk.collect(),
            };
            let expected = asks.map_or(Deletions::Apply, |deletions| Deletions::Ask {
                deletions,
                of: live,
            });
            assert_eq!(plan_deletions(&census), expected, "{title}");
        };
        told("nothing goes", 100, 0, &[], None);
        told("all twenty of a small diary", 20, 20, &[], None);
        told("all 21 of a small diary", 21, 21, &[], Some(21));
        told("a fifth of a diary", 500, 100, &[], None);
        told("one more than a fifth", 500, 101, &[], Some(101));
        told("everything, after a yes", 300, 0, &[(300, 300)], None);
        told("part of a confirmed deletion", 300, 0, &[(300, 120)], None);
        told("a yes to few does not cover many", 300, 0, &[(5, 300)], Some(295));
        told("a yes to some covers no others", 300, 90, &[(100, 100)], Some(90));
        told(
            "two deletions, each confirmed",
            300,
            10,
            &[(100, 100), (150, 150)],
            None,
        );
    }
}
