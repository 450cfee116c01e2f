//! What devices push and pull (docs/adr/0014). The server looks at places, signatures and sizes; what a record is, and whether the whole
//! is all there is, only devices can tell.

mod blobs;
mod header;
mod reading;

use std::sync::Arc;

use axum::{Json, extract::State};
use regie_protocol::{
    Problem, ProblemCode,
    signed::{ChangeHeader, EpochHeader, Header},
    sync::{Envelope, PushRequest, PushResponse, RestartRequest, VersionsResponse, path},
    wire::Blob,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::cbor::{Message, Said, Told, unread};
use super::join;
use super::signed::Caller;
use crate::{
    error::Refusal,
    http::{App, metrics},
    store::{self, Pushed, Way},
};

pub(super) use header::{by, of_account, placed, vouching};

/// Every route of sync, with what it says of itself.
pub(in crate::http) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(versions))
        .routes(routes!(push))
        .routes(routes!(restart))
        .routes(routes!(reading::pull))
        .routes(routes!(reading::head))
        .routes(routes!(reading::headers))
        .routes(routes!(reading::list))
        .routes(routes!(reading::fetch))
        .routes(routes!(blobs::put))
        .routes(routes!(blobs::look))
        .routes(routes!(blobs::get))
        .routes(routes!(blobs::withdraw))
        .routes(routes!(blobs::list))
}

/// Which versions of sync this server speaks.
#[utoipa::path(
    get, path = path::VERSIONS, tag = "sync",
    responses((status = 200, body = VersionsResponse)),
)]
async fn versions() -> Json<VersionsResponse> {
    Json(VersionsResponse::THIS)
}

/// Takes one header and the envelopes that belong to it, or nothing of it. The same bytes again are answered as before.
#[utoipa::path(
    post, path = path::PUSH, tag = "sync",
    request_body(content = Message, content_type = "application/cbor"),
    responses(
        (status = 200, body = Message, content_type = "application/cbor"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ),
)]
async fn push(
    State(app): State<Arc<App>>,
    Said(caller, request): Said<PushRequest>,
) -> Result<Told<PushResponse>, Refusal> {
    let (header, envelopes) = request.read_parts().map_err(unread)?;
    let push = new_push(&caller, header, &envelopes, request)?;
    let store = &app.accounts.store;
    let pushed = store
        .push(caller.account, caller.device, caller.number, push)
        .await?;
    told(pushed)
}

fn new_push(
    caller: &Caller,
    header: ChangeHeader,
    envelopes: &[Envelope],
    request: PushRequest,
) -> Result<store::NewPush, Refusal> {
    let header = Header::Change(header);
    header::by(caller, &header)?;
    let record = |(envelope, bytes): (&Envelope, Vec<u8>)| store::NewRecord {
        record: store::RecordId(envelope.label.id.0),
        deleted: envelope.label.deleted,
        envelope: bytes,
    };
    Ok(store::NewPush {
        epoch: header::number(header.epoch())?,
        header: placed(&header, request.header)?,
        records: envelopes.iter().zip(request.envelopes).map(record).collect(),
        keep: request.keep.iter().map(|id| store::BlobId(id.0)).collect(),
        drop: request.drop.iter().map(|id| store::BlobId(id.0)).collect(),
    })
}

/// Goes on from an older state that lost epochs: puts their headers back beside the chain and begins another epoch.
#[utoipa::path(
    post, path = path::RESTART, tag = "sync",
    request_body(content = Message, content_type = "application/cbor"),
    responses(
        (status = 200, body = Message, content_type = "application/cbor"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ),
)]
async fn restart(
    State(app): State<Arc<App>>,
    Said(caller, request): Said<RestartRequest>,
) -> Result<Told<PushResponse>, Refusal> {
    let (put_back, epoch, after) = request.read_parts().map_err(unread)?;
    let restart = new_restart(&caller, put_back, epoch, after, request)?;
    let store = &app.accounts.store;
    let pushed = store
        .restart(caller.account, caller.device, caller.number, restart, app.now())
        .await?;
    told(pushed)
}

fn new_restart(
    caller: &Caller,
    put_back: Vec<EpochHeader>,
    epoch: EpochHeader,
    after: ChangeHeader,
    request: RestartRequest,
) -> Result<store::NewRestart, Refusal> {
    let (epoch, after) = (Header::Epoch(epoch), Header::Change(after));
    header::by(caller, &epoch)?;
    header::by(caller, &after)?;
    let mut lost = Vec::with_capacity(put_back.len());
    for (one, bytes) in put_back.into_iter().zip(request.put_back) {
        let one = Header::Epoch(one);
        of_account(caller.account, &one)?;
        lost.push((header::number(one.epoch())?, header::bounded(bytes)?));
    }
    let wrap = |(way, sealed): (String, Vec<u8>)| -> Result<store::Wrap, Refusal> {
        Ok(store::Wrap {
            way: Way::parse(&way).ok_or(ProblemCode::Malformed)?,
            sealed: join::sealed(Blob(sealed))?,
        })
    };
    Ok(store::NewRestart {
        put_back: lost,
        epoch: store::NewEpoch {
            number: header::number(epoch.epoch())?,
            statement: placed(&epoch, request.epoch.header)?,
            vouching: Some(placed(&after, request.header)?),
            identity: join::identity(request.epoch.identity)?,
            wraps: request
                .epoch
                .wraps
                .into_iter()
                .map(wrap)
                .collect::<Result<_, _>>()?,
        },
    })
}

fn told(pushed: Pushed) -> Result<Told<PushResponse>, Refusal> {
    let (response, outcome) = match pushed {
        Pushed::Stored(head) => (PushResponse::Stored(header::outward(head)?), "stored"),
        Pushed::Ahead(head) => (PushResponse::Ahead(header::outward(head)?), "ahead"),
    };
    metrics::pushed(outcome);
    Ok(Told(response))
}
