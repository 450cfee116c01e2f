//! Time, as it is handed in: nothing here reads a clock.

use std::ops::Add;

use serde::{Deserialize, Serialize};

/// A moment of this device's clock, in milliseconds since 1970. The clock may be wrong by years and may be put right at any time: order
/// never rests on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Time(pub u64);

/// A length of time, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span(pub u64);

impl Span {
    /// So many seconds.
    #[must_use]
    pub const fn seconds(count: u64) -> Self {
        Self(count * 1000)
    }

    /// So many minutes.
    #[must_use]
    pub const fn minutes(count: u64) -> Self {
        Self::seconds(count * 60)
    }

    /// So many days.
    #[must_use]
    pub const fn days(count: u64) -> Self {
        Self::minutes(count * 60 * 24)
    }
}

impl Add<Span> for Time {
    type Output = Self;

    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Time {
    /// How long ago another moment was; nothing when the clock says that it is still to come.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Option<Span> {
        match self.0.checked_sub(earlier.0) {
            Some(span) => Some(Span(span)),
            None => None,
        }
    }
}
