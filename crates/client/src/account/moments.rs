//! Days and moments of a server, as they are shown.

use chrono::{DateTime, TimeDelta};
use regie_protocol::signed::Moment;

/// A day that is counted from 1970, ISO 8601; empty for one that cannot be.
pub(super) fn day(day: i64) -> String {
    let seconds = day.checked_mul(86_400);
    let moment = seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    moment.map_or_else(String::new, |moment| moment.date_naive().to_string())
}

/// Seconds since 1970, RFC 3339; empty for what cannot be.
pub(super) fn second(seconds: i64) -> String {
    DateTime::from_timestamp(seconds, 0).map_or_else(String::new, |moment| moment.to_rfc3339())
}

/// The last day before a moment.
pub(super) fn last_day(until: Moment) -> String {
    let seconds = i64::try_from(until.0).ok();
    seconds
        .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
        .and_then(|moment| moment.checked_sub_signed(TimeDelta::seconds(1)))
        .map_or_else(String::new, |moment| moment.date_naive().to_string())
}

/// A server's number, as it is shown.
pub(super) fn number(number: i64) -> u32 {
    u32::try_from(number).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_calendar_knows_shows_as_nothing() {
        assert_eq!(day(0), "1970-01-01");
        assert_eq!(day(20_000), "2024-10-04");
        assert_eq!((day(i64::MAX), second(i64::MIN)), (String::new(), String::new()));
        assert_eq!(second(1), "1970-01-01T00:00:01+00:00");
        assert_eq!(last_day(Moment(86_400)), "1970-01-01");
        assert_eq!(last_day(Moment(u64::MAX)), "");
    }
}
