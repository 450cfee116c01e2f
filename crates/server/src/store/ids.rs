//! Ids, hashes and moments as types of their own. None of them prints itself: no log line may name an account.

use std::fmt;

use super::StoreError;
use super::tx::{FromValue, Value};

macro_rules! bytes {
    ($(#[$text:meta])* $name:ident, $length:literal) => {
        $(#[$text])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub [u8; $length]);

        impl $name {
            /// A new random one.
            ///
            /// # Errors
            /// [`StoreError::Randomness`] when the operating system gives none.
            pub fn make_random() -> Result<Self, StoreError> {
                let mut bytes = [0; $length];
                getrandom::fill(&mut bytes).map_err(|_| StoreError::Randomness)?;
                Ok(Self(bytes))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }

        impl From<$name> for Value {
            fn from(id: $name) -> Self {
                Self::Bytes(id.0.to_vec())
            }
        }

        impl FromValue for $name {
            fn from_value(value: Value) -> Result<Self, StoreError> {
                <[u8; $length]>::from_value(value).map(Self)
            }
        }
    };
}

bytes! {
    /// An account, by a random id that its first device makes.
    AccountId, 16
}
bytes! {
    /// A device of an account.
    DeviceId, 16
}
bytes! {
    /// A record of an account, by a random id that the device makes.
    RecordId, 16
}
bytes! {
    /// A blob of an account, by a random id that the device makes.
    BlobId, 16
}
bytes! {
    /// What OPAQUE's keys of an account hang on.
    CredentialId, 32
}
bytes! {
    /// By what name an account stands in the chain of the staff. The mapping goes with the account.
    Pseudonym, 16
}
bytes! {
    /// An organisation that bought seats.
    OrganisationId, 16
}
bytes! {
    /// A place that was paid for, and taken.
    SeatId, 16
}
bytes! {
    /// The hash of an invitation's secret.
    SecretHash, 32
}
bytes! {
    /// Somebody in the register of roles.
    StaffId, 16
}
bytes! {
    /// A certificate.
    Serial, 16
}
bytes! {
    /// A mail that waits.
    MailId, 16
}
bytes! {
    /// A login that was begun.
    AttemptId, 16
}
bytes! {
    /// The hash of the token by which a new device comes to its mailbox.
    TokenHash, 32
}
bytes! {
    /// The hash of a code: one that was mailed, or a second factor's that works once.
    CodeHash, 32
}
bytes! {
    /// One running service among several that share a database.
    Instance, 16
}

/// A moment in whole seconds since 1970, UTC. Every method takes it as an argument; the store reads no clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub i64);

impl Moment {
    /// The day it is on, as days since 1970.
    #[must_use]
    pub const fn day(self) -> i64 {
        self.0.div_euclid(86_400)
    }

    /// The week it is in, Monday first, counted since the first one of 1970.
    #[must_use]
    pub const fn week(self) -> i64 {
        (self.day() + 3).div_euclid(7)
    }

    /// Some seconds later.
    #[must_use]
    pub const fn plus(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }
}

impl From<Moment> for Value {
    fn from(moment: Moment) -> Self {
        Self::Integer(moment.0)
    }
}

impl FromValue for Moment {
    fn from_value(value: Value) -> Result<Self, StoreError> {
        i64::from_value(value).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_begins_on_monday() {
        let monday = Moment(4 * 86_400); // 5 January 1970
        assert_eq!(monday.week(), monday.plus(7 * 86_400 - 1).week());
        assert_eq!(monday.plus(-1).week() + 1, monday.week());
    }
}
