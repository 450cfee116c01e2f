//! Moments in columns: milliseconds since 1970 (UTC), offset in seconds, zone name.

use chrono::{DateTime, FixedOffset, Utc};
use regie_domain::moment::Moment;

use crate::VaultError;

pub(crate) fn utc(ms: i64) -> Result<DateTime<Utc>, VaultError> {
    DateTime::from_timestamp_millis(ms).ok_or(VaultError::VaultDamaged)
}

pub(crate) fn moment(ms: i64, offset_s: i32, zone: String) -> Result<Moment, VaultError> {
    let offset = FixedOffset::east_opt(offset_s).ok_or(VaultError::VaultDamaged)?;
    Ok(Moment {
        at: utc(ms)?.with_timezone(&offset),
        zone,
    })
}

/// The first two columns of a moment.
pub(crate) fn columns(moment: &Moment) -> (i64, i32) {
    (moment.at.timestamp_millis(), moment.at.offset().local_minus_utc())
}
