//! How records travel, and what a device and a server say to each other about them (docs/adr/0014).
//!
//! Which versions a server speaks is told in JSON, to anybody ([`VersionsResponse`]); a device takes the newest that both know ([`agree`]).
//! Everything else is a list in CBOR, in the one encoding of [`crate::signed::canonical`], which begins with its version. What was refused is told
//! as a [`crate::Problem`], in JSON whatever the version. Requests are posted, and signed by the device.

pub mod blob;
pub mod blobs;
pub mod envelope;
pub mod limits;
pub mod padding;
pub mod pull;
pub mod push;
pub mod wire;

use serde::{Deserialize, Serialize};

pub use blob::BlobId;
pub use blobs::{
    BlobChunks, BlobGetRequest, BlobGetResponse, BlobListRequest, BlobListResponse, BlobLookRequest,
    BlobPutRequest, BlobStanding, BlobWithdrawRequest,
};
pub use envelope::{Envelope, EnvelopeHash, Label, RecordId, Revision};
pub use pull::{
    FetchRequest, FetchResponse, HeadRequest, HeadResponse, HeadersRequest, HeadersResponse, ListRequest,
    ListResponse, ListRow, Page, PullRequest, PullResponse, SealedRecord,
};
pub use push::{EpochBegun, PushRequest, PushResponse, RestartRequest};
pub use wire::{HeaderBytes, Wire};

/// The oldest version of what is said here that this program speaks.
pub const OLDEST: u32 = 1;
/// The newest version of what is said here that this program speaks.
pub const NEWEST: u32 = 1;
/// The media type of requests and answers.
pub const MEDIA_TYPE: &str = "application/cbor";

/// Where everything is.
pub mod path {
    /// `GET`, anybody: [`super::VersionsResponse`], in JSON.
    pub const VERSIONS: &str = "/v1/sync";
    /// [`super::PushRequest`], answered by [`super::PushResponse`].
    pub const PUSH: &str = "/v1/sync/push";
    /// [`super::PullRequest`], answered by [`super::PullResponse`].
    pub const PULL: &str = "/v1/sync/pull";
    /// [`super::HeadRequest`], answered by [`super::HeadResponse`].
    pub const HEAD: &str = "/v1/sync/head";
    /// [`super::HeadersRequest`], answered by [`super::HeadersResponse`].
    pub const HEADERS: &str = "/v1/sync/headers";
    /// [`super::ListRequest`], answered by [`super::ListResponse`].
    pub const LIST: &str = "/v1/sync/list";
    /// [`super::FetchRequest`], answered by [`super::FetchResponse`].
    pub const FETCH: &str = "/v1/sync/fetch";
    /// [`super::RestartRequest`], answered by [`super::PushResponse`].
    pub const RESTART: &str = "/v1/sync/restart";
    /// [`super::BlobPutRequest`], answered by [`super::BlobStanding`].
    pub const BLOB_PUT: &str = "/v1/sync/blobs/put";
    /// [`super::BlobLookRequest`], answered by [`super::BlobStanding`].
    pub const BLOB_LOOK: &str = "/v1/sync/blobs/look";
    /// [`super::BlobGetRequest`], answered by [`super::BlobGetResponse`].
    pub const BLOB_GET: &str = "/v1/sync/blobs/get";
    /// [`super::BlobWithdrawRequest`], answered by [`super::BlobStanding`].
    pub const BLOB_WITHDRAW: &str = "/v1/sync/blobs/withdraw";
    /// [`super::BlobListRequest`], answered by [`super::BlobListResponse`].
    pub const BLOB_LIST: &str = "/v1/sync/blobs/list";
}

/// Which versions a server speaks. Later ones may say more in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VersionsResponse {
    /// The oldest.
    pub oldest: u32,
    /// The newest.
    pub newest: u32,
}

/// Why a device and a server have no version in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Apart {
    /// The server speaks later versions only.
    #[error("this program is too old")]
    ProgramTooOld,
    /// The server speaks earlier versions only.
    #[error("the server is too old")]
    ServerTooOld,
}

impl VersionsResponse {
    /// The versions of this program.
    pub const THIS: Self = Self {
        oldest: OLDEST,
        newest: NEWEST,
    };
}

/// The newest version that a device and a server both speak.
///
/// # Errors
/// [`Apart`] when there is none.
pub fn agree(device: VersionsResponse, server: VersionsResponse) -> Result<u32, Apart> {
    if server.oldest > device.newest {
        Err(Apart::ProgramTooOld)
    } else if server.newest < device.oldest {
        Err(Apart::ServerTooOld)
    } else {
        Ok(device.newest.min(server.newest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_that_both_speak_is_taken_and_who_is_too_old_is_told() {
        let speaks = |oldest, newest| VersionsResponse { oldest, newest };
        assert_eq!(agree(speaks(1, 3), speaks(2, 5)), Ok(3));
        assert_eq!(agree(speaks(2, 5), speaks(1, 3)), Ok(3));
        assert_eq!(agree(speaks(1, 1), speaks(1, 1)), Ok(1));
        assert_eq!(agree(speaks(1, 2), speaks(3, 4)), Err(Apart::ProgramTooOld));
        assert_eq!(agree(speaks(3, 4), speaks(1, 2)), Err(Apart::ServerTooOld));
        let later: VersionsResponse =
            serde_json::from_str(r#"{"oldest":1,"newest":9,"colour":"green"}"#).expect("reads");
        assert_eq!(agree(VersionsResponse::THIS, later), Ok(NEWEST));
    }
}
