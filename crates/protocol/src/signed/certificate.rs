//! A certificate: the root says that the holder of two keys has a role, for 90 days at most.

use crate::role::Role;

use super::{
    Fields, Moment, Period, Reader, Revocations, SealingKey, Signed, SignedError, Statement, VerifyingKey,
};

/// Longest time for which a role is given.
pub const MOST_DAYS: u64 = 90;

/// The role of whoever holds these keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The holder's key to sign.
    pub signing: VerifyingKey,
    /// The holder's key to receive.
    pub sealing: SealingKey,
    /// What they are for others.
    pub role: Role,
    /// What it is revoked by; no two of one root are the same.
    pub serial: u64,
    /// From when until when.
    pub period: Period,
}

/// For what a certificate is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// For what was granted or shared before.
    Existing,
    /// For a new grant or share: that needs a list of revocations of these days.
    NewGrant,
}

impl Certificate {
    /// The certificate, if the root vouches for it, it is valid now and it was not revoked.
    ///
    /// # Errors
    /// Those of [`Signed::open`]; [`SignedError::Revoked`]; [`SignedError::ListTooOld`] for a new grant.
    pub fn accept(
        signed: &Signed<Self>,
        root: &VerifyingKey,
        list: &Revocations,
        purpose: Use,
        now: Moment,
    ) -> Result<Self, SignedError> {
        let certificate = signed.open(root, now)?;
        if list.has(certificate.serial) {
            return Err(SignedError::Revoked);
        }
        if purpose == Use::NewGrant && list.too_old_for_new_grants(now) {
            return Err(SignedError::ListTooOld);
        }
        Ok(certificate)
    }
}

impl Statement for Certificate {
    const CONTEXT: &'static str = "regie/1/certificate";

    fn fields(&self) -> Fields {
        let fields = Fields::default()
            .bytes(self.signing.as_bytes())
            .bytes(&self.sealing.0)
            .text(self.role.id())
            .number(self.serial);
        self.period.write(fields)
    }

    fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        Ok(Self {
            signing: VerifyingKey::from_bytes(&fields.bytes()?)?,
            sealing: SealingKey(fields.bytes()?),
            role: Role::from_id(&fields.text()?).ok_or(SignedError::Senseless("role"))?,
            serial: fields.number()?,
            period: Period::read(fields)?,
        })
    }

    fn check(&self) -> Result<(), SignedError> {
        if !self.role.needs_certificate() {
            return Err(SignedError::Senseless("role"));
        }
        if self.serial == 0 {
            return Err(SignedError::Senseless("serial"));
        }
        if self.period.is_longer_than_days(MOST_DAYS) {
            return Err(SignedError::Senseless("period"));
        }
        self.period.check()
    }

    fn period(&self) -> Option<Period> {
        Some(self.period)
    }
}
