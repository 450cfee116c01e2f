//! How a person is reached. Name and number change at a word of a device; the address only after a code that was mailed to the new one.

use serde::{Deserialize, Serialize};

use crate::wire::Blob;

/// What the person wants to be called, and a number where they give one. Both take the place of what was there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ContactRequest {
    /// The name.
    pub name: String,
    /// A number; without one, the one that was there goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

/// Asks for a code by mail to another address. The answer is the same whether or not somebody has it, and nothing changes by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AddressBeginRequest {
    /// The new address.
    pub email: String,
}

/// The answer to [`AddressBeginRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AddressBeginResponse {
    /// To hand back; the server's own, sealed, good for half an hour. It is void with the next passphrase, and with a second factor that
    /// was not shown for it.
    pub ticket: Blob,
}

/// The new address takes the place of the one before, which is told by mail. Signed by a device of the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AddressRequest {
    /// Of [`AddressBeginResponse`].
    pub ticket: Blob,
    /// The code from the mail.
    pub mail_code: String,
}
