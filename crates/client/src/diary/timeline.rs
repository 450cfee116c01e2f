//! The diary's list by month and position, so that a window needs only the rows it shows.

use chrono::NaiveDate;
use regie_vault::diary::From;

use super::{DiaryCount, DiaryFilter, EntryRow, LARGEST_PAGE, counts};
use crate::{Client, ClientError};

/// Farther into a month than this, rows are not asked for by position.
const LARGEST_SKIP: u32 = 1_000_000;

impl Client {
    /// Number of entries of each month (`yyyymm`) that has any, newest first.
    ///
    /// # Errors
    /// [`ClientError::Malformed`] for a foreign filter; [`ClientError::Locked`]; what the database says.
    pub fn diary_months(&self, filter: &DiaryFilter) -> Result<Vec<DiaryCount>, ClientError> {
        let filter = filter.checked()?;
        self.with_vault(|vault| Ok(counts(vault.diary_months_of(&filter)?)))
    }

    /// At most `limit` entries of a month (`yyyymm`), newest first, after the first `skip` of them.
    ///
    /// # Errors
    /// As [`Client::diary_months`].
    pub fn diary_rows(
        &self,
        filter: &DiaryFilter,
        month: i32,
        skip: u32,
        limit: u32,
    ) -> Result<Vec<EntryRow>, ClientError> {
        let mut filter = filter.checked()?;
        let (first, last) = days_of(month);
        filter.from = Some(filter.from.map_or(first, |from| from.max(first)));
        filter.to = Some(filter.to.map_or(last, |to| to.min(last)));
        let (skip, limit) = (skip.min(LARGEST_SKIP), limit.clamp(1, LARGEST_PAGE));
        self.with_vault(|vault| {
            let rows = vault.entries(&filter, From::Newest, skip.saturating_add(limit))?;
            let skipped = usize::try_from(skip).unwrap_or(usize::MAX);
            Ok(rows.into_iter().skip(skipped).map(EntryRow::from).collect())
        })
    }
}

/// First and last day (`yyyymmdd`) of a month (`yyyymm`).
pub(super) fn days_of(month: i32) -> (i32, i32) {
    let first = month.saturating_mul(100);
    (first.saturating_add(1), real_day(first.saturating_add(31)))
}

/// The day (`yyyymmdd`), or the last one of its month when the month is shorter.
pub(super) fn real_day(day: i32) -> i32 {
    (0..4)
        .map(|fewer| day.saturating_sub(fewer))
        .find(|day| date(*day).is_some())
        .unwrap_or(day)
}

/// A day (`yyyymmdd`) as a date.
pub(super) fn date(day: i32) -> Option<NaiveDate> {
    let month = u32::try_from(day / 100 % 100).ok()?;
    let date = u32::try_from(day % 100).ok()?;
    NaiveDate::from_ymd_opt(day / 10_000, month, date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_ends_on_its_own_last_day() {
        for (month, days) in [
            (202_611, (20_261_101, 20_261_130)),
            (202_802, (20_280_201, 20_280_229)),
            (202_702, (20_270_201, 20_270_228)),
            (202_612, (20_261_201, 20_261_231)),
        ] {
            assert_eq!(days_of(month), days);
        }
        assert_eq!(days_of(i32::MAX), (i32::MAX, i32::MAX), "nonsense stays harmless");
    }
}
