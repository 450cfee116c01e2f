//! Photos and voice notes: what is known of one, and how an entry names them (docs/adr/0015).

mod named;
mod record;
pub mod sound;

use std::fmt;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};

pub use named::Attached;
pub(crate) use named::{merge, tidied};

use crate::AttachmentId;

/// An entry names so many at most, when one more is added.
pub const MOST_NAMED: usize = 24;
/// So many stand in an entry at most: what two devices added apart stays.
pub const MOST_MERGED: usize = 4 * MOST_NAMED;
/// Longest description, in bytes.
pub const LONGEST_DESCRIPTION: usize = 2_000;
/// Longest name of the device that has one, in bytes.
pub const LONGEST_DEVICE: usize = 256;

/// So many bytes of originals stay at most on a device that does not keep all.
pub const MOST_ORIGINALS: u64 = 1 << 30;

/// An original that may go from a device: all devices know that the server has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spare {
    /// Which one.
    pub id: AttachmentId,
    /// How many bytes its file has.
    pub bytes: u64,
    /// The day on which it was last shown.
    pub shown: Option<NaiveDate>,
}

/// Which originals go, the least recently shown first, as `held` bytes of them are more than `most`, or than half of the room that is
/// free without them.
#[must_use]
pub fn plan_room(mut spare: Vec<Spare>, held: u64, free: u64, most: u64) -> Vec<AttachmentId> {
    let most = most.min(held.saturating_add(free) / 2);
    spare.sort_by_key(|one| (one.shown, one.id));
    let mut left = held;
    let goes = spare.into_iter().take_while(|one| {
        let is_too_much = left > most;
        left = left.saturating_sub(one.bytes);
        is_too_much
    });
    goes.map(|one| one.id).collect()
}

/// The day on which a device takes stock again: one of the next month, by chance, so that nobody knows it and not all come at once.
#[must_use]
pub fn next_stock(today: NaiveDate, drawn: u64) -> NaiveDate {
    let first = today
        .with_day(1)
        .and_then(|day| day.checked_add_months(Months::new(1)));
    let Some(first) = first else {
        return today;
    };
    let days = u64::from(first.num_days_in_month());
    first.checked_add_days(Days::new(drawn % days)).unwrap_or(first)
}

/// What an attachment is packed as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Media {
    /// A photo, as JPEG.
    Jpeg,
    /// A recording: Opus in Ogg.
    Opus,
    /// A recording: AAC-LC in ADTS.
    Aac,
    /// A recording: MP3, its frames alone.
    Mp3,
}

impl Media {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Jpeg, Self::Opus, Self::Aac, Self::Mp3];

    /// Its number where it is stored, for good.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Jpeg => 1,
            Self::Opus => 2,
            Self::Aac => 3,
            Self::Mp3 => 4,
        }
    }

    /// The one with this number.
    #[must_use]
    pub fn of(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|media| media.number() == number)
    }

    /// How its name ends as a file.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Opus => "opus",
            Self::Aac => "aac",
            Self::Mp3 => "mp3",
        }
    }

    /// Its type as the web names it.
    #[must_use]
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Opus => "audio/ogg",
            Self::Aac => "audio/aac",
            Self::Mp3 => "audio/mpeg",
        }
    }

    /// Whether it is to be looked at, not listened to.
    #[must_use]
    pub const fn is_photo(self) -> bool {
        matches!(self, Self::Jpeg)
    }
}

/// How much of it there is to see or to hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// Of a photo, in dots.
    Dots {
        /// Of a line.
        width: u32,
        /// Lines.
        height: u32,
    },
    /// Of a recording.
    Lasts {
        /// How long.
        milliseconds: u64,
    },
}

/// The key of a blob. It opens that one, and nothing else.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BlobKey(pub [u8; 32]);

impl fmt::Debug for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BlobKey(…)")
    }
}

/// Where the sealed bytes are, as far as all devices know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// On the server.
    There,
    /// They were on the server, and it does not have them whole any more.
    Lost {
        /// When that was found.
        since: DateTime<Utc>,
    },
    /// Never on the server yet.
    Coming {
        /// The name of the device that has them; empty when it has none.
        from: String,
    },
}

/// The sealed bytes: which, under which key, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// Where they are.
    pub state: State,
    /// Its random id.
    pub id: [u8; 16],
    /// Its random key.
    pub key: BlobKey,
}

/// What an attachment is. It never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Content {
    /// What it is packed as.
    pub media: Media,
    /// How long it is.
    pub bytes: u64,
    /// BLAKE3 of it.
    pub hash: [u8; 32],
    /// How much there is to see or to hear.
    pub extent: Extent,
}

/// What is known of an attachment beside its bytes: the record that travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Which one.
    pub id: AttachmentId,
    /// What it is.
    pub content: Content,
    /// Where its bytes are.
    pub blob: Blob,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_recently_shown_make_room_until_what_is_left_fits() {
        let spare = |number: u128, bytes, shown: Option<&str>| Spare {
            id: AttachmentId(uuid::Uuid::from_u128(number)),
            bytes,
            shown: shown.map(|day| day.parse().expect("a day")),
        };
        let all = vec![
            spare(1, 300, Some("2026-11-28")),
            spare(2, 300, Some("2026-11-02")),
            spare(3, 300, None),
            spare(4, 300, Some("2026-11-28")),
        ];
        // 300 bytes more may not go: the server has not got them.
        let goes = |free, most| -> Vec<u128> {
            let ids = plan_room(all.clone(), 1_500, free, most);
            ids.iter().map(|id| id.0.as_u128()).collect()
        };
        assert!(goes(10_000, 1_500).is_empty(), "as much as may be");
        assert_eq!(goes(10_000, 1_499), [3]);
        assert_eq!(goes(10_000, 900), [3, 2]);
        assert_eq!(goes(900, 10_000), [3], "half of what is free without them");
        assert_eq!(goes(0, 10_000), [3, 2, 1]);
        assert_eq!(goes(0, 0), [3, 2, 1, 4], "and never what may not go");
    }

    #[test]
    fn stock_is_taken_on_some_day_of_the_next_month() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        for (today, drawn, next) in [
            ("2026-11-28", 0, "2026-12-01"),
            ("2026-12-31", 30, "2027-01-31"),
            ("2027-01-31", 27, "2027-02-28"),
            ("2027-01-31", 28, "2027-02-01"),
        ] {
            assert_eq!(next_stock(day(today), drawn), day(next), "{today}, {drawn}");
        }
    }
}
