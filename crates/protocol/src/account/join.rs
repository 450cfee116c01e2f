//! Joining: an invitation, an address that is proven first, and everything that an account begins with.
//!
//! The address is proven before anything tells whether it is taken: whoever holds an invitation, an employer included, must not be able to
//! ask who takes part. Where it is taken, the mail says so, and no code is ever the right one.

use serde::{Deserialize, Serialize};

use super::device::{DeviceKeys, Epoch};
use crate::wire::{Blob, Fixed};

/// Asks whether an invitation may be used now, before the person does any work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InvitationRequest {
    /// [`crate::signed::CodeHash`].
    pub invitation: Fixed<32>,
}

/// An invitation that may be used now. Otherwise the problem says why not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InvitationResponse {
    /// [`crate::signed::Invitation`], signed by the operator's root.
    pub invitation: Blob,
}

/// Begins joining: a code goes to the address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JoinBeginRequest {
    /// [`crate::signed::CodeHash`].
    pub invitation: Fixed<32>,
    /// The account's id, made by the device.
    pub account: Fixed<16>,
    /// The address.
    pub email: String,
    /// In which language the mail is written, `nl` or `en`.
    pub language: crate::Language,
    /// OPAQUE's registration request.
    pub registration: Blob,
}

/// The answer to [`JoinBeginRequest`], the same whether or not the address is taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JoinBeginResponse {
    /// OPAQUE's registration response.
    pub registration: Blob,
    /// To hand back with [`JoinRequest`]; the server's own, sealed, good for half an hour.
    pub ticket: Blob,
}

/// Joins. Sent again as it was, it is answered as before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JoinRequest {
    /// Of [`JoinBeginResponse`]: it holds invitation, account and address.
    pub ticket: Blob,
    /// The code from the mail.
    pub mail_code: String,
    /// What the person wants to be called.
    pub name: String,
    /// A number, only where the person gave one.
    pub phone: Option<String>,
    /// The passphrase's half of login.
    pub credential: Credential,
    /// The recovery code's half.
    pub code: CodeKeys,
    /// The first epoch.
    pub epoch: Epoch,
    /// The device that joins.
    pub device: DeviceKeys,
    /// Which statement the person saw.
    pub statement_version: u32,
    /// Which terms the person accepted.
    pub terms_version: u32,
    /// The person is 18 or older; otherwise the server refuses.
    pub adult: bool,
    /// Whether the person wants an encrypted copy on the server.
    pub copy: bool,
}

/// The account is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JoinResponse {
    /// [`crate::signed::Invitation`], signed by the operator's root: a server cannot invite by itself.
    pub invitation: Blob,
    /// For the first signed request.
    pub nonce: Blob,
}

/// A passphrase, as the server knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Credential {
    /// OPAQUE's record.
    pub record: Blob,
    /// X25519, derived from OPAQUE's export key.
    pub passphrase_key: Fixed<32>,
}

/// A recovery code, as the server knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CodeKeys {
    /// Ed25519: the code proves itself by its signature.
    pub auth_key: Fixed<32>,
    /// X25519: the account key is sealed to it.
    pub seal_key: Fixed<32>,
    /// What further devices need to wrap their vault under the code, sealed under the account key.
    pub for_devices: Blob,
}
