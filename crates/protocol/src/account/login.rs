//! Proving to know the passphrase (OPAQUE) or the recovery code (a signature). For an account that does not exist the answers are alike,
//! in content and in time, up to the last one, which is `login-failed` for every reason.

use serde::{Deserialize, Serialize};

use crate::wire::{Blob, Fixed};

/// What the recovery code's signature is for.
pub const CODE_CONTEXT: &str = "regie/1/code login";

/// Begins a login by passphrase. It counts as a failure until [`LoginRequest`] arrives and holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LoginBeginRequest {
    /// The address.
    pub email: String,
    /// OPAQUE's credential request.
    pub request: Blob,
}

/// The answer to [`LoginBeginRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LoginBeginResponse {
    /// OPAQUE's credential response.
    pub response: Blob,
    /// To hand back; the server's own, sealed, good for five minutes.
    pub ticket: Blob,
}

/// Ends a login by passphrase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LoginRequest {
    /// Of [`LoginBeginResponse`].
    pub ticket: Blob,
    /// OPAQUE's credential finalization.
    pub finalization: Blob,
    /// Six digits of the second factor, or one of its one-time codes. Where it is needed and missing, the problem is `factor-needed`, and the same
    /// request may come again with it.
    pub factor: Option<String>,
}

/// Begins a login by recovery code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CodeLoginBeginRequest {
    /// The address.
    pub email: String,
}

/// The answer to [`CodeLoginBeginRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CodeLoginBeginResponse {
    /// To sign and hand back; the server's own, sealed, good for five minutes.
    pub ticket: Blob,
}

/// Ends a login by recovery code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CodeLoginRequest {
    /// Of [`CodeLoginBeginResponse`].
    pub ticket: Blob,
    /// Over the ticket, for [`CODE_CONTEXT`], by the code's own key.
    pub signature: Fixed<64>,
    /// As with [`LoginRequest::factor`].
    pub factor: Option<String>,
}

/// The person proved who they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LoginResponse {
    /// Whose.
    pub account: Fixed<16>,
    /// The passphrase's generation.
    pub generation: i64,
    /// The epoch that is.
    pub epoch: i64,
    /// The key of that epoch, sealed to the way that was proven; empty where the wraps went with the copy on the server.
    pub wrap: Blob,
    /// All epochs' statements, oldest first: each holds the key of the one before.
    pub epochs: Vec<Blob>,
    /// [`super::join::CodeKeys::for_devices`].
    pub for_devices: Blob,
    /// The public key that the passphrase's wrap is sealed to.
    pub passphrase_key: Fixed<32>,
    /// The public key that the code's wrap is sealed to.
    pub code_key: Fixed<32>,
    /// That this was proven: good for ten minutes, in [`super::header::PROOF`].
    pub proof: Blob,
}
