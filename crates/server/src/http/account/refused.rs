//! What a refusal of the store, or of something sealed, is outward.

use axum::extract::rejection::{BytesRejection, JsonRejection};
use regie_protocol::{ProblemCode, signed::SignedError};

use crate::{error::Refusal, store::StoreError};

/// Whoever asks is proven by then: what is not found is the account itself, which is gone.
impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        let code = match error {
            StoreError::NotFound => ProblemCode::SignedOut,
            StoreError::Exists | StoreError::AddressTaken => ProblemCode::Exists,
            StoreError::InvitationUnknown => ProblemCode::InvitationUnknown,
            StoreError::InvitationUsed => ProblemCode::InvitationUsed,
            StoreError::InvitationEnded => ProblemCode::InvitationEnded,
            StoreError::Stale => ProblemCode::Stale,
            StoreError::Repeated => ProblemCode::Repeated,
            StoreError::WrapsDiffer => ProblemCode::WrapsDiffer,
            StoreError::NoCopy => ProblemCode::NoCopy,
            StoreError::EpochEnded => ProblemCode::EpochEnded,
            StoreError::HeadMoved => ProblemCode::HeadMoved,
            StoreError::BlobDiffers => ProblemCode::BlobDiffers,
            StoreError::BlobNotWhole => ProblemCode::BlobNotWhole,
            StoreError::NoRoom => ProblemCode::NoRoom,
            StoreError::TooManyOpen => ProblemCode::TooManyOpen,
            StoreError::Misplaced => ProblemCode::HeaderRefused,
            StoreError::Unavailable | StoreError::Contended => {
                tracing::warn!(%error, "store");
                ProblemCode::NotReady
            }
            StoreError::Newer
            | StoreError::Damaged
            | StoreError::Database(_)
            | StoreError::WrongKey
            | StoreError::Randomness => {
                tracing::error!(%error, "store");
                ProblemCode::Internal
            }
        };
        code.into()
    }
}

/// What this server itself signs or encodes fits, or something is wrong with it.
impl From<SignedError> for Refusal {
    fn from(error: SignedError) -> Self {
        tracing::error!(%error, "signing");
        ProblemCode::Internal.into()
    }
}

impl From<JsonRejection> for Refusal {
    fn from(rejection: JsonRejection) -> Self {
        match rejection {
            JsonRejection::JsonDataError(_) => ProblemCode::Malformed.into(),
            JsonRejection::JsonSyntaxError(_) => ProblemCode::BadRequest.into(),
            JsonRejection::MissingJsonContentType(_) => ProblemCode::UnsupportedMedia.into(),
            JsonRejection::BytesRejection(rejection) => rejection.into(),
            _ => ProblemCode::BadRequest.into(),
        }
    }
}

impl From<BytesRejection> for Refusal {
    fn from(rejection: BytesRejection) -> Self {
        ProblemCode::of_status(rejection.status().as_u16()).into()
    }
}

/// A fault that is none of the caller's.
pub(super) fn internal(what: &'static str) -> Refusal {
    tracing::error!(what, "internal");
    ProblemCode::Internal.into()
}
