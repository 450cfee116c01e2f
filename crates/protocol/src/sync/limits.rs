//! How much goes at once.

/// Longest envelope: an entry of 2 MiB of text and what stands around it.
pub const LONGEST_ENVELOPE: usize = 5 * 512 * 1024;
/// A push, or a page, is closed before its envelopes are more bytes than this; headers come in pages of the same.
pub const PART_BYTES: usize = 1024 * 1024;
/// A push, or a page, is closed before it has more records than this.
pub const PART_RECORDS: usize = 1_000;
/// Rows of a list of what is there.
pub const LIST_ROWS: usize = 10_000;
/// Chunks of a blob that go at once, the preview apart.
pub const BLOB_CHUNKS: usize = 4;
/// Rows of a list of blobs, and blobs that one push keeps, or drops.
pub const BLOB_ROWS: usize = 1_000;
/// Longest request, and longest answer: four chunks of a blob and its preview, with what stands around them.
pub const LONGEST_MESSAGE: usize = 4 * 1024 * 1024 + 64 * 1024;
/// Most epochs' headers in one message, and most devices.
pub const MOST: usize = 1_024;

/// What fits into one push or one page: one thing always, and then as much as there is room.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    bytes: usize,
    count: usize,
    most: usize,
}

impl Room {
    /// The room for records of a push, or of a page.
    pub const RECORDS: Self = Self {
        bytes: 0,
        count: 0,
        most: PART_RECORDS,
    };
    /// The room for headers of a page.
    pub const HEADERS: Self = Self {
        most: usize::MAX,
        ..Self::RECORDS
    };

    /// Takes something of this many bytes in; whether there was room for it. Nothing changes where there was none.
    pub const fn take(&mut self, bytes: usize) -> bool {
        self.take_many(bytes, 1)
    }

    /// The same for several things that belong together, as the records of one header.
    pub const fn take_many(&mut self, bytes: usize, count: usize) -> bool {
        let (all, things) = (self.bytes.saturating_add(bytes), self.count.saturating_add(count));
        let fits = self.count == 0 || (all <= PART_BYTES && things <= self.most);
        if fits {
            (self.bytes, self.count) = (all, things);
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_always_fits_and_further_ones_as_long_as_there_is_room() {
        let mut room = Room::RECORDS;
        assert!(room.take(LONGEST_ENVELOPE), "the longest goes alone");
        assert!(!room.take(0));
        let mut room = Room::RECORDS;
        assert!(
            room.take(PART_BYTES - 1) && !room.take(2) && room.take(1),
            "a smaller one may follow"
        );
        let mut room = Room::RECORDS;
        assert!((0..PART_RECORDS).all(|_| room.take(1)) && !room.take(1));
        let mut room = Room::RECORDS;
        assert!(room.take_many(5, PART_RECORDS) && !room.take_many(5, 1));
        let mut room = Room::HEADERS;
        assert!((0..4_000).all(|_| room.take(218)) && !room.take(PART_BYTES));
    }
}
