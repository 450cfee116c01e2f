//! Everything on hold, as it travels. Whether one record is on hold travels with that record.

use super::Restriction;
use crate::record::{Kind, Merged, Record, RecordError, fields::Fields, wire};

/// Whether everything is on hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Everything {
    hold: Option<Restriction>,
}

impl Everything {
    /// With times to the millisecond, as they are kept.
    #[must_use]
    pub fn new(hold: Option<Restriction>) -> Self {
        Self {
            hold: hold.map(|hold| Restriction {
                since: wire::round(hold.since),
                ..hold
            }),
        }
    }

    /// Why and since when; `None`: it was released.
    #[must_use]
    pub const fn hold(&self) -> Option<&Restriction> {
        self.hold.as_ref()
    }
}

impl Record for Everything {
    const KIND: Kind = Kind::Hold;
    const VERSION: u16 = 1;

    fn encode(&self) -> Result<Vec<u8>, RecordError> {
        wire::check_hold(self.hold.as_ref())?;
        wire::encode(&(self.hold.as_ref().map(wire::hold_parts),))
    }

    fn decode(_: u16, body: &[u8]) -> Result<Self, RecordError> {
        let (hold,): (Option<wire::HoldParts>,) = wire::decode(body)?;
        Ok(Self::new(hold.map(wire::hold).transpose()?))
    }

    /// Rest wins: released on one device and given another reason on the other, it stays on hold.
    fn join(base: Option<&Self>, one: &Self, other: &Self) -> Merged<Self> {
        let mut fields = Fields::default();
        let hold = fields.hold((base.map(|base| &base.hold), &one.hold, &other.hold));
        fields.into(Self { hold }, None)
    }

    /// There is one for each account.
    fn name(&self) -> Option<Vec<u8>> {
        Some(Vec::new())
    }
}
