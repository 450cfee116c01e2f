//! Changes of an account: passphrase, code, the copy on the server, the end.

use serde::{Deserialize, Serialize};

use super::device::{Epoch, Wrap};
use super::join::{CodeKeys, Credential};
use super::login::{CodeLoginRequest, LoginRequest};
use crate::wire::{Blob, Fixed};

/// Begins a new passphrase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PassphraseBeginRequest {
    /// OPAQUE's registration request.
    pub registration: Blob,
}

/// The answer to [`PassphraseBeginRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PassphraseBeginResponse {
    /// OPAQUE's registration response.
    pub registration: Blob,
    /// To hand back; the server's own, sealed, good for half an hour.
    pub ticket: Blob,
}

/// A new passphrase, with everything that changes with it: all or nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PassphraseRequest {
    /// Of [`PassphraseBeginResponse`].
    pub ticket: Blob,
    /// The generation that it follows.
    pub after_generation: i64,
    /// The new passphrase.
    pub credential: Credential,
    /// A new recovery code, when somebody knew the old one.
    pub code: Option<CodeKeys>,
    /// A new epoch with all its wraps; without one, `wraps` replace those of the epoch that is.
    pub epoch: Option<Epoch>,
    /// The wraps that change within the epoch that is: the passphrase's, and the code's with a new code; none where they went with the copy.
    pub wraps: Vec<Wrap>,
}

/// The new passphrase holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PassphraseResponse {
    /// Its generation.
    pub generation: i64,
}

/// A person agrees to a later version of the terms than the one that they joined with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TermsRequest {
    /// Which version: the newest one here.
    pub version: u32,
}

/// A new recovery code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CodeChangeRequest {
    /// The code.
    pub code: CodeKeys,
    /// The epoch that is.
    pub epoch: i64,
    /// Its key, sealed to the code.
    pub wrap: Blob,
}

/// Sets a second factor, or takes it away. What was before is gone, its one-time codes too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FactorRequest {
    /// The new one; nothing takes it away.
    pub factor: Option<NewFactor>,
}

/// A second factor: digits of a moment (RFC 6238: HMAC-SHA-1, six digits, half a minute), made on the device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewFactor {
    /// Its secret, 20 bytes.
    pub secret: Fixed<20>,
    /// Six digits of now: whoever sets it has it.
    pub digits: String,
    /// Ten one-time codes, for when it is not at hand.
    pub one_time_codes: Vec<String>,
}

/// Lifts the second factor without it. Two of passphrase, code and a device that signs the request lift it at once. Passphrase or code alone
/// begin 14 days of notice, in which any device can object. Each is the last message of a login that was begun; whatever second factor
/// stands in it is not looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FactorLiftRequest {
    /// That the passphrase is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passphrase: Option<LoginRequest>,
    /// That the recovery code is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<CodeLoginRequest>,
}

/// What came of a request to lift the second factor, or to delete the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NoticeResponse {
    /// When it is done unless a device objects, in seconds since 1970-01-01; absent where it is done.
    pub due: Option<i64>,
}

/// What is announced before it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Announced {
    /// The second factor is lifted.
    FactorLift,
    /// The account is deleted.
    Deletion,
}

/// A device objects to what was announced: it is not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ObjectRequest {
    /// To what.
    pub to: Announced,
}

/// Asks for a code by mail, to delete an account whose passphrase and recovery code are lost. The answer is the same whether or not somebody
/// has the address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EraseMailBeginRequest {
    /// The address.
    pub email: String,
}

/// Begins 14 days of notice, after which the account is deleted unless a device objects. Answered by [`NoticeResponse`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EraseMailRequest {
    /// The address.
    pub email: String,
    /// The code from the mail.
    pub mail_code: String,
}

/// Whether an encrypted copy is wanted on the server. Where not, what is there goes, and with it every wrap of the account key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CopyRequest {
    /// Whether it is.
    pub wanted: bool,
    /// A new epoch, when it is wanted again: its wraps take the place of those that went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<Epoch>,
}

/// Erases the account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EraseRequest {
    /// What the person wants the receipt to be found by; random, at most 64 bytes.
    pub reference: Blob,
}

/// A ticket that a device made before its keys died.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TicketRequest {
    /// [`crate::signed::ticket`].
    pub ticket: Blob,
}

/// The account is gone, or was already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EraseResponse {
    /// [`crate::signed::Receipt`]: what was erased, when, and until when backups hold it; signed by the deployment's key for receipts.
    pub receipt: Blob,
}
