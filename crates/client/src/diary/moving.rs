//! Correcting when an entry was written.

use chrono::{DateTime, FixedOffset, MappedLocalTime, NaiveDateTime, TimeZone};
use regie_domain::{EntryId, moment::Moment};
use regie_protocol::purpose::KeepOnDevice;
use uuid::Uuid;

use super::EntryView;
use crate::{Client, ClientError};

impl Client {
    /// Corrects when an entry was written, by the wall clock (`2026-11-23T21:14`) of the zone in which it was written. An
    /// hour that the clock skipped counts from before it; of an hour that came twice the first is meant.
    ///
    /// # Errors
    /// [`ClientError::Malformed`] for what is no date and time; [`regie_vault::VaultError::NoConsent`];
    /// [`regie_vault::VaultError::NotFound`]; [`ClientError::Locked`]; what the disk says.
    pub fn diary_move(&self, id: Uuid, local: &str) -> Result<EntryView, ClientError> {
        let local =
            NaiveDateTime::parse_from_str(local, "%Y-%m-%dT%H:%M").map_err(|_| ClientError::Malformed)?;
        let edited = self.clock.now().at.to_utc();
        self.with_vault(|vault| {
            let consent = vault.consent::<KeepOnDevice>()?;
            let mut entry = vault.entry(EntryId(id))?;
            entry.written = Moment {
                at: in_zone(local, &entry.written).ok_or(ClientError::Malformed)?,
                zone: entry.written.zone,
            };
            entry.edited = edited;
            Ok(vault.save_entry(&consent, &entry)?)
        })?;
        self.diary_entry(id)
    }
}

/// A wall clock's time in the zone of a moment; by that moment's offset where the zone is unknown.
pub(crate) fn in_zone(local: NaiveDateTime, beside: &Moment) -> Option<DateTime<FixedOffset>> {
    let offset = *beside.at.offset();
    let Ok(zone) = beside.zone.parse::<chrono_tz::Tz>() else {
        return offset.from_local_datetime(&local).single();
    };
    match zone.from_local_datetime(&local) {
        MappedLocalTime::Single(at) | MappedLocalTime::Ambiguous(at, _) => Some(at.fixed_offset()),
        // The offset before the gap: an hour earlier is never in the same gap.
        MappedLocalTime::None => {
            let before = local.checked_sub_signed(chrono::TimeDelta::hours(3))?;
            let at = zone.from_local_datetime(&before).earliest()?;
            Some((at + chrono::TimeDelta::hours(3)).fixed_offset())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(local: &str, zone: &str) -> Option<String> {
        let beside = Moment {
            at: DateTime::parse_from_rfc3339("2026-11-23T21:14:00+01:00").expect("a moment"),
            zone: zone.into(),
        };
        let local = NaiveDateTime::parse_from_str(local, "%Y-%m-%dT%H:%M").expect("a time");
        in_zone(local, &beside).map(|at| at.to_rfc3339())
    }

    #[test]
    fn a_corrected_time_has_the_offset_that_held_there_and_then() {
        for (local, zone, expected) in [
            (
                "2026-07-01T08:00",
                "Europe/Amsterdam",
                "2026-07-01T08:00:00+02:00",
            ),
            (
                "2026-01-01T08:00",
                "Europe/Amsterdam",
                "2026-01-01T08:00:00+01:00",
            ),
            // Skipped, and twice.
            (
                "2026-03-29T02:30",
                "Europe/Amsterdam",
                "2026-03-29T03:30:00+02:00",
            ),
            (
                "2026-10-25T02:30",
                "Europe/Amsterdam",
                "2026-10-25T02:30:00+02:00",
            ),
            ("2026-07-01T08:00", "Nowhere/Land", "2026-07-01T08:00:00+01:00"),
        ] {
            assert_eq!(moved(local, zone).as_deref(), Some(expected), "{local} {zone}");
        }
    }
}
