//! The list of certificates that ended before their time. Its number only grows; the newest list says all.

use std::collections::BTreeSet;

use super::{Fields, Moment, Reader, SignedError, Statement};

/// Days after which a list counts as none for a new grant or share.
pub const FRESH_DAYS: u64 = 14;

/// Every serial that was revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocations {
    /// Which list it is; each further one has a higher number.
    pub number: u64,
    /// When it was signed.
    pub date: Moment,
    /// The serials.
    pub serials: BTreeSet<u64>,
}

impl Revocations {
    /// Whether it takes the place of another. An older list never does, whenever it arrives.
    #[must_use]
    pub const fn is_newer_than(&self, other: &Self) -> bool {
        self.number > other.number
    }

    /// Whether it is too old to rest a new grant or share on.
    #[must_use]
    pub fn too_old_for_new_grants(&self, now: Moment) -> bool {
        self.date.plus_days(FRESH_DAYS) < now
    }

    /// Whether a certificate was revoked.
    #[must_use]
    pub fn has(&self, serial: u64) -> bool {
        self.serials.contains(&serial)
    }
}

impl Statement for Revocations {
    const CONTEXT: &'static str = "regie/1/revocations";

    fn fields(&self) -> Fields {
        let serials = self.serials.iter();
        Fields::default()
            .number(self.number)
            .number(self.date.0)
            .nested(serials.fold(Fields::default(), |list, serial| list.number(*serial)))
    }

    // Serials out of order or twice would be written otherwise, and are refused as that.
    fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        let (number, date, mut list) = (fields.number()?, Moment(fields.number()?), fields.nested()?);
        let mut serials = BTreeSet::new();
        while !list.is_done() {
            serials.insert(list.number()?);
        }
        Ok(Self {
            number,
            date,
            serials,
        })
    }

    fn check(&self) -> Result<(), SignedError> {
        if self.number == 0 {
            return Err(SignedError::Senseless("number"));
        }
        if self.has(0) {
            return Err(SignedError::Senseless("serial"));
        }
        Ok(())
    }
}
