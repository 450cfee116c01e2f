//! Places: a record's date and its key in one number, so that rows and search hits lie in the order of their dates, also
//! those that arrive late.
//!
//! From the top: milliseconds since 1970 (47 bits and a sign), kind (3 bits), a counter (13 bits).

use rusqlite::Connection;

use crate::VaultError;

const COUNTER_BITS: u32 = 13;
const KIND_BITS: u32 = 3;
const LARGEST_COUNTER: i64 = (1 << COUNTER_BITS) - 1;
/// As many records of one kind as this times [`LARGEST_COUNTER`] may bear the same date.
const LONGEST_SPILL_MS: i64 = 10_000;

/// What a place leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A diary entry.
    Entry,
    /// A finished run of an instrument.
    Run,
}

impl Kind {
    const fn number(self) -> i64 {
        match self {
            Self::Entry => 0,
            Self::Run => 1,
        }
    }

    const fn greatest_place(self) -> &'static str {
        match self {
            Self::Entry => "SELECT max(place) FROM diary_entry WHERE place BETWEEN ?1 AND ?2",
            Self::Run => "SELECT max(place) FROM meter_run WHERE place BETWEEN ?1 AND ?2",
        }
    }

    /// The kind of record at a place.
    pub(crate) const fn at(place: i64) -> Option<Self> {
        match (place >> COUNTER_BITS) & ((1 << KIND_BITS) - 1) {
            0 => Some(Self::Entry),
            1 => Some(Self::Run),
            _ => None,
        }
    }
}

/// The first place of a millisecond; every place of earlier ones is smaller.
pub(crate) fn first_of(ms: i64) -> i64 {
    ms.saturating_mul(1 << (COUNTER_BITS + KIND_BITS))
}

/// A free place for a record of that date. When thousands bear the same one, the later of them lie a little after it.
pub(crate) fn free(connection: &Connection, kind: Kind, ms: i64) -> Result<i64, VaultError> {
    for ms in ms..ms.saturating_add(LONGEST_SPILL_MS) {
        let first = first_of(ms).saturating_add(kind.number() << COUNTER_BITS);
        let last = first.saturating_add(LARGEST_COUNTER);
        let greatest: Option<i64> = connection
            .prepare_cached(kind.greatest_place())?
            .query_row([first, last], |row| row.get(0))?;
        match greatest {
            None => return Ok(first),
            Some(place) if place < last => return Ok(place + 1),
            Some(_) => {}
        }
    }
    Err(VaultError::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_follow_dates_and_say_their_kind() {
        let database = Connection::open_in_memory().expect("a database");
        let tables =
            "CREATE TABLE diary_entry (place INTEGER PRIMARY KEY); CREATE TABLE meter_run (place INTEGER)";
        database.execute_batch(tables).expect("tables");
        let put = |ms| {
            let place = free(&database, Kind::Entry, ms).expect("a place");
            database
                .execute("INSERT INTO diary_entry VALUES (?1)", [place])
                .expect("a row");
            assert_eq!(Kind::at(place), Some(Kind::Entry), "{ms}");
            place
        };
        let (late, early, ancient, same) = (put(1_764_000_000_000), put(5), put(-40_000_000_000_000), put(5));
        assert!(ancient < early && early < same && same < late);
        assert!(same < first_of(6) && early >= first_of(5));
        let run = free(&database, Kind::Run, 5).expect("a place");
        assert_eq!(Kind::at(run), Some(Kind::Run));
        for _ in 0..LARGEST_COUNTER {
            put(5);
        }
        assert!(put(5) >= first_of(6), "the later ones lie after it");
    }
}
