//! Days as the operator types them, and moments as statements carry them. A day begins and ends in UTC.

use chrono::{DateTime, Days, NaiveDate, NaiveTime};
use regie_protocol::signed::Moment;

use super::OperatorError;

/// The first moment of a day.
pub(super) fn begin(day: NaiveDate) -> Result<Moment, OperatorError> {
    let seconds = day.and_time(NaiveTime::MIN).and_utc().timestamp();
    u64::try_from(seconds)
        .map(Moment)
        .map_err(|_| OperatorError::Date)
}

/// The first moment after a day.
pub(super) fn end(day: NaiveDate) -> Result<Moment, OperatorError> {
    begin(day.checked_add_days(Days::new(1)).ok_or(OperatorError::Date)?)
}

/// A moment, to read.
pub(super) fn day(moment: Moment) -> Result<String, OperatorError> {
    let seconds = i64::try_from(moment.0).map_err(|_| OperatorError::Date)?;
    let date = DateTime::from_timestamp(seconds, 0).ok_or(OperatorError::Date)?;
    Ok(date.format("%Y-%m-%d %H:%M UTC").to_string())
}
