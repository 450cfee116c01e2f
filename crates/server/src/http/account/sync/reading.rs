//! What devices read: what is new, the newest first, headers, what is there at all.

use std::sync::Arc;

use axum::extract::State;
use regie_protocol::{
    Problem,
    signed::{EpochHeader, Header, Roll},
    sync::{
        Envelope, EnvelopeHash, FetchRequest, FetchResponse, HeadRequest, HeadResponse, HeadersRequest,
        HeadersResponse, ListRequest, ListResponse, ListRow, Page, PullRequest, PullResponse, SealedRecord,
        limits, path,
    },
};

use super::super::{
    cbor::{Message, Said, Told},
    refused::internal,
};
use super::header::{as_bytes, outward, place};
use crate::{
    error::Refusal,
    http::App,
    store::{PageLimits, Pulled, RecordId, Standing, StoredRecord},
};

const PAGE: PageLimits = PageLimits {
    records: limits::PART_RECORDS as i64,
    bytes: limits::PART_BYTES as i64,
};
/// Envelopes that are read for one page of a list; their hashes are all that is told of them.
const LIST: PageLimits = PageLimits {
    records: limits::LIST_ROWS as i64,
    bytes: 16 << 20,
};

/// What was pushed after a head, with the headers of that stretch; or what was pushed at a place and below it, the newest first.
#[utoipa::path(
    post, path = path::PULL, tag = "sync",
    request_body(content = Message, content_type = "application/cbor"),
    responses(
        (status = 200, body = Message, content_type = "application/cbor"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn pull(
    State(app): State<Arc<App>>,
    Said(caller, request): Said<PullRequest>,
) -> Result<Told<PullResponse>, Refusal> {
    let store = &app.accounts.store;
    let page = match request {
        PullRequest::After(head) => {
            let pulled = store
                .pull(caller.account, inward(head.sequence), head.hash.0, PAGE)
                .await?;
            let Pulled::Page(page) = pulled else {
                return Ok(Told(PullResponse::Same));
            };
            Page {
                head: outward(page.head)?,
                to: place(page.to)?,
                headers: page.headers.into_iter().map(as_bytes).collect(),
                records: sealed(page.records)?,
            }
        }
        PullRequest::Down(from) => {
            let page = store.pull_down(caller.account, inward(from), PAGE).await?;
            Page {
                head: outward(page.head)?,
                to: place(page.to)?,
                headers: Vec::new(),
                records: sealed(page.records)?,
            }
        }
    };
    Ok(Told(PullResponse::Page(page)))
}

/// Where the account stands: its head, its epochs, and the devices that its headers name.
#[utoipa::path(
    post, path = path::HEAD, tag = "sync",
    request_body(content = Message, content_type = "application/cbor"),
    responses(
        (status = 200, body = Message, content_type = "application/cbor"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn head(
    State(app): State<Arc<App>>,
    Said(caller, HeadRequest): Said<HeadRequest>,
) -> Result<Told<HeadResponse>, Refusal> {
    let standing = app.accounts.store.standing(caller.account).await?;
    let roll = roll(&standing)?;
    Ok(Told(HeadResponse {
        head: as_bytes(standing.head),
        epochs: standing.epochs.into_iter().map(|epoch| epoch.statement).collect(),
        devices: roll.devices().copied().collect(),
    }))
}

/// Who belongs to the account, by its headers. What makes no sense in one is left out: it is for devices to judge.
fn roll(standing: &Standing) -> Result<Roll, Refusal> {
    let damaged = |_| internal("a header");
    let mut roll = Roll::default();
    for header in &standing.of_devices {
        let header = as_bytes(header.clone()).header().map_err(damaged)?;
        let next = match &header {
            Header::Epoch(begins) => {
                // Those that were put back beside the chain come before the one that began with them.
                for epoch in &standing.epochs {
                    let is_between =
                        place(epoch.number)? > roll.epoch() && place(epoch.number)? < header.epoch();
                    if is_between {
                        let beside = EpochHeader::from_bytes(&epoch.statement).map_err(damaged)?;
                        roll = roll.with_epoch(&beside).unwrap_or(roll);
                    }
                }
                roll.with_epoch(begins)
            }
            Header::Change(change) => roll.with(&change.statement().entries),
        };
        roll = next.unwrap_or(roll);
    }
    Ok(roll)
}

/// Headers alone, in pages.
#[utoipa::path(
    post, path = path::HEADERS, tag = "sync",
    request_body(content = Message, content_type = "application/cbor"),
    responses(
        (status = 200, body = Message, content_type = "application/cbor"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn headers(
    State(app): State<Arc<App>>,
    Said(caller, request): Said<HeadersRequest>,
) -> Result<Told<HeadersResponse>, Refusal> {
    let store = &app.accounts.store;
    let (after, to) = (inward(request.after), inward(request.to));
    let (head, headers) = store.headers(caller.account, after, to, PAGE).await?;
    Ok(Told(HeadersResponse {
        head: outward(head)?,
        headers: headers.into_iter().map(as_bytes).collect(),
    }))
}

/// What is there at all: ids, revisions and hashes, in pages.
#[utoipa::path(
    post, path = path::LIST, tag = "sync",
    request_body(content = Message, content_type = "application/cbor"),
    responses(
        (status = 200, body = Message, content_type = "application/cbor"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Said(caller, request): Said<ListRequest>,
) -> Result<Told<ListResponse>, Refusal> {
    let after = request.after.map(|id| RecordId(id.0));
    let store = &app.accounts.store;
    let page = store.records_after(caller.account, after, LIST).await?;
    let (head, more) = (outward(page.head)?, page.more);
    // Megabytes are read and hashed.
    let rows = tokio::task::spawn_blocking(move || page.records.iter().map(listed).collect::<Result<_, _>>());
    Ok(Told(ListResponse {
        head,
        rows: rows.await.map_err(|_| internal("a list"))??,
        more,
    }))
}

fn listed(record: &StoredRecord) -> Result<ListRow, Refusal> {
    let envelope = Envelope::from_bytes(&record.envelope)?;
    Ok(ListRow {
        id: envelope.label.id,
        revision: envelope.label.revision,
        hash: EnvelopeHash::of(&record.envelope),
    })
}

/// Some records by their ids.
#[utoipa::path(
    post, path = path::FETCH, tag = "sync",
    request_body(content = Message, content_type = "application/cbor"),
    responses(
        (status = 200, body = Message, content_type = "application/cbor"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn fetch(
    State(app): State<Arc<App>>,
    Said(caller, request): Said<FetchRequest>,
) -> Result<Told<FetchResponse>, Refusal> {
    let ids = request.ids.iter().map(|id| RecordId(id.0)).collect();
    let (head, records) = app.accounts.store.fetch(caller.account, ids, PAGE).await?;
    Ok(Told(FetchResponse {
        head: outward(head)?,
        records: sealed(records)?,
    }))
}

fn sealed(records: Vec<StoredRecord>) -> Result<Vec<SealedRecord>, Refusal> {
    let one = |record: StoredRecord| {
        Ok(SealedRecord {
            sequence: place(record.sequence)?,
            envelope: record.envelope,
        })
    };
    records.into_iter().map(one).collect()
}

/// A place that is asked for: beyond the last that can be there is nothing.
fn inward(place: u64) -> i64 {
    i64::try_from(place).unwrap_or(i64::MAX)
}
