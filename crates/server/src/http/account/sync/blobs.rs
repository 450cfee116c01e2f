//! Chunks of blobs that devices put and get. What they belong to stands nowhere here.

use std::sync::Arc;

use axum::extract::State;
use regie_protocol::{
    Problem, ProblemCode,
    sync::{
        BlobChunks, BlobGetRequest, BlobGetResponse, BlobId, BlobListRequest, BlobListResponse,
        BlobLookRequest, BlobPutRequest, BlobStanding, BlobWithdrawRequest,
        blob::{PREVIEW, Shape},
        envelope::SEAL_BYTES,
        limits::BLOB_ROWS,
        path,
    },
};

use super::super::{
    cbor::{Message, Said, Told},
    refused::internal,
};
use super::header::outward;
use crate::{
    error::Refusal,
    http::App,
    store::{self, BlobRoom, BlobState, NewChunks, StoreError, StoredBlob},
};

/// So many blobs of an account may be open at once, and so many bytes of them.
const OPEN: i64 = 64;
const OPEN_BYTES: i64 = 256 << 20;

/// Takes chunks of a blob that follow each other. The same bytes again are answered as before.
#[utoipa::path(
    post, path = path::BLOB_PUT, tag = "sync",
    request_body(content = Message, content_type = "application/cbor"),
    responses(
        (status = 200, body = Message, content_type = "application/cbor"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn put(
    State(app): State<Arc<App>>,
    Said(caller, request): Said<BlobPutRequest>,
) -> Result<Told<BlobStanding>, Refusal> {
    let room = BlobRoom {
        bytes: i64::try_from(app.config.limits.attachment_bytes).unwrap_or(i64::MAX),
        open: OPEN,
        open_bytes: OPEN_BYTES,
    };
    let new = NewChunks {
        blob: inward(request.blob),
        count: request.shape.chunks().into(),
        bytes: i64::try_from(request.shape.bytes()).map_err(|_| ProblemCode::Malformed)?,
        from: request.from.into(),
        chunks: request.chunks,
    };
    let by = (caller.device, caller.number);
    let store = &app.accounts.store;
    let there = store.put_chunks(caller.account, by, new, room, app.now()).await;
    let there = there.map_err(|error| Refusal {
        room: (error == StoreError::NoRoom).then_some(app.config.limits.attachment_bytes),
        ..error.into()
    })?;
    standing(Some(there)).map(Told)
}

/// Tells what is there of a blob.
#[utoipa::path(
    post, path = path::BLOB_LOOK, tag = "sync",
    request_body(content = Message, content_type = "application/cbor"),
    responses(
        (status = 200, body = Message, content_type = "application/cbor"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn look(
    State(app): State<Arc<App>>,
    Said(caller, request): Said<BlobLookRequest>,
) -> Result<Told<BlobStanding>, Refusal> {
    let store = &app.accounts.store;
    let there = store.look_at_blob(caller.account, inward(request.blob)).await?;
    standing(there).map(Told)
}

/// Gives chunks of a blob, up to the first that is not there.
#[utoipa::path(
    post, path = path::BLOB_GET, tag = "sync",
    request_body(content = Message, content_type = "application/cbor"),
    responses(
        (status = 200, body = Message, content_type = "application/cbor"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Said(caller, request): Said<BlobGetRequest>,
) -> Result<Told<BlobGetResponse>, Refusal> {
    let (blob, from, count) = (inward(request.blob), request.from.into(), request.count.into());
    let store = &app.accounts.store;
    let chunks = store.chunks(caller.account, blob, from, count).await?;
    Ok(Told(BlobGetResponse { chunks }))
}

/// Takes a blob back that no push kept.
#[utoipa::path(
    post, path = path::BLOB_WITHDRAW, tag = "sync",
    request_body(content = Message, content_type = "application/cbor"),
    responses(
        (status = 200, body = Message, content_type = "application/cbor"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn withdraw(
    State(app): State<Arc<App>>,
    Said(caller, request): Said<BlobWithdrawRequest>,
) -> Result<Told<BlobStanding>, Refusal> {
    let by = (caller.device, caller.number);
    let store = &app.accounts.store;
    store
        .withdraw_blob(caller.account, by, inward(request.blob))
        .await?;
    standing(None).map(Told)
}

/// The blobs that are kept, in pages.
#[utoipa::path(
    post, path = path::BLOB_LIST, tag = "sync",
    request_body(content = Message, content_type = "application/cbor"),
    responses(
        (status = 200, body = Message, content_type = "application/cbor"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Said(caller, request): Said<BlobListRequest>,
) -> Result<Told<BlobListResponse>, Refusal> {
    let store = &app.accounts.store;
    let page = store
        .blobs_after(caller.account, request.after.map(inward), BLOB_ROWS as i64)
        .await?;
    let row = |(blob, count, bytes): &(store::BlobId, i64, i64)| -> Result<_, Refusal> {
        Ok((BlobId(blob.0), shape(*count, *bytes)?))
    };
    Ok(Told(BlobListResponse {
        head: outward(page.head)?,
        rows: page.rows.iter().map(row).collect::<Result<_, _>>()?,
        more: page.more,
    }))
}

fn inward(blob: BlobId) -> store::BlobId {
    store::BlobId(blob.0)
}

fn standing(there: Option<StoredBlob>) -> Result<BlobStanding, Refusal> {
    let Some(blob) = there else {
        return Ok(BlobStanding::Unknown);
    };
    let places = blob.there.iter().map(|place| u32::try_from(*place));
    let chunks = BlobChunks {
        shape: shape(blob.count, blob.bytes)?,
        there: places.collect::<Result<_, _>>().map_err(|_| internal("a blob"))?,
    };
    Ok(match blob.state {
        BlobState::Open => BlobStanding::Open(chunks),
        BlobState::Kept => BlobStanding::Kept(chunks),
    })
}

/// How a blob is cut, from how many chunks it has and how many bytes those are.
fn shape(count: i64, bytes: i64) -> Result<Shape, Refusal> {
    let size = bytes - PREVIEW as i64 - count * SEAL_BYTES as i64;
    let shape = u64::try_from(size).ok().and_then(Shape::of_size);
    shape.ok_or_else(|| internal("a blob"))
}
