//! A moment as a person lived it: the instant, the offset then in force, and the zone's name.

use chrono::{DateTime, FixedOffset};

/// Date, time and time zone kept as written; moving house does not move the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The instant with the offset from UTC that held there and then.
    pub at: DateTime<FixedOffset>,
    /// IANA name of the zone, such as `Europe/Amsterdam`.
    pub zone: String,
}
