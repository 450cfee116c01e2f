//! The story of a person's choices: what each one was, beside the one before it.

mod record;

pub use record::{Event, History, travels};
use regie_protocol::purpose::Ground;

/// A choice about a purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Whether it was switched on.
    pub given: bool,
    /// Version of the purpose that the person read.
    pub version: u32,
}

/// What a choice was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Said yes.
    Given,
    /// Said yes to a new text.
    Renewed,
    /// Said no when asked.
    Declined,
    /// Took a yes back.
    Withdrawn,
    /// Objected to a use that rests on a legitimate interest.
    Objected,
}

impl Step {
    /// What a choice was, beside the last one about the same purpose.
    #[must_use]
    pub const fn of(before: Option<Choice>, now: Choice, ground: Ground) -> Self {
        match (before, now.given) {
            (Some(before), true) if before.given && before.version < now.version => Self::Renewed,
            (_, true) => Self::Given,
            (_, false) if matches!(ground, Ground::LegitimateInterest) => Self::Objected,
            (Some(before), false) if before.given => Self::Withdrawn,
            (_, false) => Self::Declined,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_told_by_the_one_before_it() {
        let (yes, no, newer) = (choice(true, 1), choice(false, 1), choice(true, 2));
        for (before, now, ground, told) in [
            (None, yes, Ground::Consent, Step::Given),
            (None, no, Ground::Consent, Step::Declined),
            (Some(no), yes, Ground::Consent, Step::Given),
            (Some(yes), no, Ground::OwnChoice, Step::Withdrawn),
            (Some(no), no, Ground::OwnChoice, Step::Declined),
            (Some(yes), newer, Ground::Consent, Step::Renewed),
            (Some(yes), yes, Ground::Consent, Step::Given),
            (Some(no), newer, Ground::Consent, Step::Given),
            (None, no, Ground::LegitimateInterest, Step::Objected),
            (Some(yes), no, Ground::LegitimateInterest, Step::Objected),
        ] {
            assert_eq!(Step::of(before, now, ground), told, "{before:?} {now:?}");
        }
    }

    const fn choice(given: bool, version: u32) -> Choice {
        Choice { given, version }
    }
}
