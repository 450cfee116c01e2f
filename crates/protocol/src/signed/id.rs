//! Names that mean nothing: sixteen random bytes each, made by whoever begins the thing.

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($($(#[$about:meta])* $name:ident),* $(,)?) => {$(
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub [u8; 16]);
    )*};
}

id! {
    /// An account.
    AccountId,
    /// A device of an account.
    DeviceId,
    /// A deployment: one operator's servers.
    DeploymentId,
    /// An organisation that bought seats.
    OrganisationId,
}
