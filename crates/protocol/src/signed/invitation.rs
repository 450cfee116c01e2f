//! An invitation: the root vouches for the hash of a code, so that a server cannot invite by itself.

use super::{CodeHash, Fields, InvitationCode, OrganisationId, Period, Reader, SignedError, Statement};

/// One seat that was bought, for whoever brings its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// What the organisation ends it by; no two of one root are the same.
    pub number: u64,
    /// The hash of its code.
    pub code: CodeHash,
    /// Whose seat it is.
    pub organisation: OrganisationId,
    /// From when until when it can be used.
    pub period: Period,
}

impl Invitation {
    /// Whether this code is meant.
    #[must_use]
    pub fn is_for(&self, code: &InvitationCode) -> bool {
        self.code == code.hash()
    }
}

impl Statement for Invitation {
    const CONTEXT: &'static str = "regie/1/invitation";

    fn fields(&self) -> Fields {
        let fields = Fields::default()
            .number(self.number)
            .bytes(&self.code.0)
            .bytes(&self.organisation.0);
        self.period.write(fields)
    }

    fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        Ok(Self {
            number: fields.number()?,
            code: CodeHash(fields.bytes()?),
            organisation: OrganisationId(fields.bytes()?),
            period: Period::read(fields)?,
        })
    }

    fn check(&self) -> Result<(), SignedError> {
        if self.number == 0 {
            return Err(SignedError::Senseless("number"));
        }
        self.period.check()
    }

    fn period(&self) -> Option<Period> {
        Some(self.period)
    }
}
