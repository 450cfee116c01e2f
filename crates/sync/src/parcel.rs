//! How much travels at once.

/// Where a push or a page is closed. One envelope may be larger: then it travels alone.
pub const MOST_BYTES: usize = 1024 * 1024;
/// How many records travel at once at most.
pub const MOST_RECORDS: usize = 1000;

/// A push that is being filled. It holds at least one record, however large that is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parcel {
    bytes: usize,
    records: usize,
}

impl Parcel {
    /// Whether one more envelope of so many bytes still goes in; if so it counts as taken.
    pub const fn takes(&mut self, bytes: usize) -> bool {
        let sum = self.bytes.saturating_add(bytes);
        let fits = self.records == 0 || (sum <= MOST_BYTES && self.records < MOST_RECORDS);
        if fits {
            self.bytes = sum;
            self.records += 1;
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_push_is_closed_at_a_mebibyte_or_a_thousand_records_and_holds_at_least_one() {
        let filled = |size| {
            let mut parcel = Parcel::default();
            std::iter::repeat_n(size, 5000)
                .take_while(|size| parcel.takes(*size))
                .count()
        };
        assert_eq!(filled(1), MOST_RECORDS);
        assert_eq!(filled(MOST_BYTES / 4), 4);
        assert_eq!(filled(MOST_BYTES / 4 + 1), 3);
        assert_eq!(filled(MOST_BYTES * 2), 1);
    }
}
