//! One of everything that is said, whatever it says.

use std::collections::BTreeSet;

use proptest::{collection::vec, option, prelude::*};
use regie_protocol::{
    account::device::Identity,
    signed::{DeviceId, DevicePublic, Head, HeaderHash, HeaderKind, SealingKey},
    sync::{
        BlobChunks, BlobGetRequest, BlobGetResponse, BlobId, BlobListRequest, BlobListResponse,
        BlobLookRequest, BlobPutRequest, BlobStanding, BlobWithdrawRequest, EnvelopeHash, EpochBegun,
        FetchRequest, FetchResponse, HeadRequest, HeadResponse, HeaderBytes, HeadersRequest, HeadersResponse,
        ListRequest, ListResponse, ListRow, Page, PullRequest, PullResponse, PushRequest, PushResponse,
        RecordId, RestartRequest, Revision, SealedRecord, blob::Shape,
    },
    wire::{Blob, Fixed},
};

fn blob() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..40)
}

fn blobs() -> impl Strategy<Value = Vec<Vec<u8>>> {
    vec(blob(), 0..4)
}

fn heads() -> impl Strategy<Value = Head> {
    any::<(u64, [u8; 32])>().prop_map(|(sequence, hash)| Head {
        sequence,
        hash: HeaderHash(hash),
    })
}

fn header_bytes() -> impl Strategy<Value = HeaderBytes> {
    (any::<bool>(), blob()).prop_map(|(epoch, bytes)| HeaderBytes {
        kind: if epoch {
            HeaderKind::Epoch
        } else {
            HeaderKind::Change
        },
        bytes,
    })
}

fn records() -> impl Strategy<Value = Vec<SealedRecord>> {
    let record = (any::<u64>(), blob()).prop_map(|(sequence, envelope)| SealedRecord { sequence, envelope });
    vec(record, 0..4)
}

/// In order, none twice.
fn ids() -> impl Strategy<Value = Vec<[u8; 16]>> {
    vec(any::<[u8; 16]>(), 0..5)
        .prop_map(|ids| ids.into_iter().collect::<BTreeSet<_>>().into_iter().collect())
}

pub fn pushes() -> impl Strategy<Value = PushRequest> {
    (blob(), blobs(), ids(), ids()).prop_map(|(header, envelopes, keep, drop)| PushRequest {
        header,
        envelopes,
        drop: drop
            .into_iter()
            .filter(|id| !keep.contains(id))
            .map(BlobId)
            .collect(),
        keep: keep.into_iter().map(BlobId).collect(),
    })
}

pub fn push_answers() -> impl Strategy<Value = PushResponse> {
    (any::<bool>(), heads()).prop_map(|(stored, head)| {
        if stored {
            PushResponse::Stored(head)
        } else {
            PushResponse::Ahead(head)
        }
    })
}

pub fn restarts() -> impl Strategy<Value = RestartRequest> {
    let wraps = vec(("[a-z/]{1,12}", blob()), 0..4);
    (blobs(), blob(), wraps, blob()).prop_map(|(put_back, begun, wraps, header)| RestartRequest {
        put_back,
        epoch: EpochBegun {
            header: begun,
            wraps,
            identity: Identity {
                sign_key: Fixed([8; 32]),
                seal_key: Fixed([9; 32]),
                statement: Blob(vec![10, 11]),
            },
        },
        header,
    })
}

pub fn pulls() -> impl Strategy<Value = PullRequest> {
    (any::<bool>(), heads()).prop_map(|(after, head)| {
        if after {
            PullRequest::After(head)
        } else {
            PullRequest::Down(head.sequence)
        }
    })
}

pub fn pull_answers() -> impl Strategy<Value = PullResponse> {
    let pages = (heads(), any::<u64>(), vec(header_bytes(), 0..4), records());
    option::of(pages).prop_map(|page| {
        page.map_or(PullResponse::Same, |(head, to, headers, records)| {
            PullResponse::Page(Page {
                head,
                to,
                headers,
                records,
            })
        })
    })
}

pub fn head_questions() -> impl Strategy<Value = HeadRequest> {
    Just(HeadRequest)
}

pub fn head_answers() -> impl Strategy<Value = HeadResponse> {
    (header_bytes(), blobs(), ids(), any::<[u8; 32]>()).prop_map(|(head, epochs, ids, key)| HeadResponse {
        head,
        epochs,
        devices: ids
            .into_iter()
            .map(|id| DevicePublic {
                device: DeviceId(id),
                sign_key: key,
                seal_key: SealingKey(key),
            })
            .collect(),
    })
}

pub fn headers_questions() -> impl Strategy<Value = HeadersRequest> {
    any::<(u64, u64)>().prop_map(|(after, to)| HeadersRequest { after, to })
}

pub fn headers_answers() -> impl Strategy<Value = HeadersResponse> {
    (heads(), vec(header_bytes(), 0..4)).prop_map(|(head, headers)| HeadersResponse { head, headers })
}

pub fn lists() -> impl Strategy<Value = ListRequest> {
    any::<Option<[u8; 16]>>().prop_map(|after| ListRequest {
        after: after.map(RecordId),
    })
}

pub fn list_answers() -> impl Strategy<Value = ListResponse> {
    (heads(), ids(), any::<([u8; 16], [u8; 32], bool)>()).prop_map(|(head, ids, (revision, hash, more))| {
        let row = |id| ListRow {
            id: RecordId(id),
            revision: Revision(revision),
            hash: EnvelopeHash(hash),
        };
        ListResponse {
            head,
            more: more && !ids.is_empty(),
            rows: ids.into_iter().map(row).collect(),
        }
    })
}

pub fn fetches() -> impl Strategy<Value = FetchRequest> {
    ids().prop_map(|ids| FetchRequest {
        ids: ids.into_iter().map(RecordId).collect(),
    })
}

pub fn fetch_answers() -> impl Strategy<Value = FetchResponse> {
    (heads(), records()).prop_map(|(head, records)| FetchResponse { head, records })
}

/// Small ones: a preview and one chunk.
fn shapes() -> impl Strategy<Value = Shape> {
    (0_u64..1 << 20).prop_map(|bytes| Shape::of_content(bytes).expect("a shape"))
}

pub fn puts() -> impl Strategy<Value = BlobPutRequest> {
    (any::<([u8; 16], u8)>(), shapes(), 0_u32..2, 1_u32..3).prop_map(|((id, byte), shape, from, count)| {
        let places = from..shape.chunks().min(from + count);
        BlobPutRequest {
            blob: BlobId(id),
            shape,
            from,
            chunks: places
                .map(|place| vec![byte; shape.sealed_length(place).expect("a place")])
                .collect(),
        }
    })
}

pub fn looks() -> impl Strategy<Value = (BlobLookRequest, BlobWithdrawRequest)> {
    any::<[u8; 16]>().prop_map(|id| {
        (
            BlobLookRequest { blob: BlobId(id) },
            BlobWithdrawRequest { blob: BlobId(id) },
        )
    })
}

pub fn standings() -> impl Strategy<Value = BlobStanding> {
    (0..3, 0_u64..100 << 20, vec(any::<bool>(), 101)).prop_map(|(which, bytes, there)| {
        let shape = Shape::of_content(bytes).expect("a shape");
        let there = (0..shape.chunks())
            .zip(there)
            .filter_map(|(place, is_there)| is_there.then_some(place));
        let chunks = BlobChunks {
            shape,
            there: there.collect(),
        };
        match which {
            0 => BlobStanding::Unknown,
            1 => BlobStanding::Open(chunks),
            _ => BlobStanding::Kept(chunks),
        }
    })
}

pub fn gets() -> impl Strategy<Value = BlobGetRequest> {
    (any::<[u8; 16]>(), any::<u32>(), 1_u32..=4).prop_map(|(id, from, count)| BlobGetRequest {
        blob: BlobId(id),
        from,
        count,
    })
}

pub fn get_answers() -> impl Strategy<Value = BlobGetResponse> {
    blobs().prop_map(|chunks| BlobGetResponse { chunks })
}

pub fn blob_lists() -> impl Strategy<Value = BlobListRequest> {
    any::<Option<[u8; 16]>>().prop_map(|after| BlobListRequest {
        after: after.map(BlobId),
    })
}

pub fn blob_list_answers() -> impl Strategy<Value = BlobListResponse> {
    (heads(), ids(), shapes(), any::<bool>()).prop_map(|(head, ids, shape, more)| BlobListResponse {
        head,
        more: more && !ids.is_empty(),
        rows: ids.into_iter().map(|id| (BlobId(id), shape)).collect(),
    })
}
