//! What is put on hold: kept, readable by its owner, and used for nothing else.

mod record;

pub use record::Everything;

use crate::moment::Moment;

/// Longest reason, in bytes.
pub const LONGEST_REASON: usize = 4 * 1024;

/// Why something is on hold, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restriction {
    /// When it was put on hold.
    pub since: Moment,
    /// In the person's own words; empty when they did not say.
    pub reason: String,
}

/// For what a record can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Its owner reads it, finds it, looks it up in the calendar.
    Read,
    /// Its owner takes it along.
    Export,
    /// Its owner puts it right, writes in it, or deletes it.
    Change,
    /// It is a point of the trend.
    Trend,
    /// Another result is compared with it.
    Compare,
    /// It comes by on the same day of a later year.
    OnThisDay,
    /// It leads to an offer: to go on, to take a check again, a tag to choose.
    Suggest,
    /// When it was made says whether a reminder comes.
    Remind,
}

impl Use {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Read,
        Self::Export,
        Self::Change,
        Self::Trend,
        Self::Compare,
        Self::OnThisDay,
        Self::Suggest,
        Self::Remind,
    ];
}

/// Whether a record may be used for something: what its owner does with it is always theirs; whatever Regie does by itself
/// rests as long as the record, or everything, is on hold. Every place that uses records asks this.
#[must_use]
pub const fn may_use(what: Use, record_on_hold: bool, all_on_hold: bool) -> bool {
    match what {
        Use::Read | Use::Export | Use::Change => true,
        Use::Trend | Use::Compare | Use::OnThisDay | Use::Suggest | Use::Remind => {
            !record_on_hold && !all_on_hold
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_on_hold_stays_in_its_owners_hand_and_is_used_for_nothing_else() {
        for what in Use::ALL {
            let owners = matches!(what, Use::Read | Use::Export | Use::Change);
            assert!(may_use(what, false, false), "{what:?}");
            for (record, all) in [(true, false), (false, true), (true, true)] {
                assert_eq!(may_use(what, record, all), owners, "{what:?}");
            }
        }
    }
}
