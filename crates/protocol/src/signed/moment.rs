//! Moments as statements carry them.

use super::{Fields, Reader, SignedError};

const DAY: u64 = 24 * 60 * 60;

/// A moment: seconds since the beginning of 1970, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub u64);

impl Moment {
    /// So many seconds later.
    #[must_use]
    pub const fn plus_seconds(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// So many days of 24 hours later.
    #[must_use]
    pub const fn plus_days(self, days: u64) -> Self {
        self.plus_seconds(days.saturating_mul(DAY))
    }
}

/// From a moment until just before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The first moment.
    pub from: Moment,
    /// The first moment after it.
    pub until: Moment,
}

impl Period {
    /// Whether it covers this moment.
    ///
    /// # Errors
    /// [`SignedError::NotYet`] or [`SignedError::Over`].
    pub fn check_at(&self, now: Moment) -> Result<(), SignedError> {
        if now < self.from {
            Err(SignedError::NotYet)
        } else if now >= self.until {
            Err(SignedError::Over)
        } else {
            Ok(())
        }
    }

    /// Whether it is longer than so many days.
    #[must_use]
    pub fn is_longer_than_days(&self, days: u64) -> bool {
        self.from.plus_days(days) < self.until
    }

    pub(super) fn check(&self) -> Result<(), SignedError> {
        if self.from < self.until {
            Ok(())
        } else {
            Err(SignedError::Senseless("period"))
        }
    }

    pub(super) fn write(&self, fields: Fields) -> Fields {
        fields.number(self.from.0).number(self.until.0)
    }

    pub(super) fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        Ok(Self {
            from: Moment(fields.number()?),
            until: Moment(fields.number()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_covers_its_first_moment_and_not_its_end() {
        let period = Period {
            from: Moment(100),
            until: Moment(200),
        };
        for (now, answer) in [
            (99, Err(SignedError::NotYet)),
            (100, Ok(())),
            (199, Ok(())),
            (200, Err(SignedError::Over)),
        ] {
            assert_eq!(period.check_at(Moment(now)), answer, "{now}");
        }
        assert!(!period.is_longer_than_days(1));
        assert!(period.is_longer_than_days(0));
    }
}
