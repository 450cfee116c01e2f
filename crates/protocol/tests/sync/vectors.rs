//! Frozen examples: what was said once is read as long as anybody says it. A change of a form shows here, and is then another version.

use std::path::PathBuf;

use data_encoding::HEXLOWER;
use regie_protocol::{
    account::device::Identity,
    signed::{
        AccountId, ChangeHeader, ChangeStatement, DeviceId, DevicePublic, Entry, EpochHeader, EpochStatement,
        Head, HeaderHash, HeaderKind, Roll, RollHash, SealedWay, SealingKey, SigningKey,
    },
    sync::{
        BlobChunks, BlobGetRequest, BlobGetResponse, BlobId, BlobListRequest, BlobListResponse,
        BlobLookRequest, BlobPutRequest, BlobStanding, BlobWithdrawRequest, Envelope, EnvelopeHash,
        EpochBegun, FetchRequest, FetchResponse, HeadRequest, HeadResponse, HeaderBytes, HeadersRequest,
        HeadersResponse, Label, ListRequest, ListResponse, ListRow, Page, PullRequest, PullResponse,
        PushRequest, PushResponse, RecordId, RestartRequest, Revision, SealedRecord, Wire,
        blob::Shape,
        envelope::{SEAL_BYTES, SMALLEST_CONTENT},
    },
    wire::{Blob, Fixed},
};
use serde_json::{Value, json};

const ACCOUNT: AccountId = AccountId([6; 16]);
const DEVICE: DeviceId = DeviceId([7; 16]);
const MAC_KEY: [u8; 32] = [0x6d; 32];
const SUM: [u8; 32] = [0x73; 32];

fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

fn bytes(value: &Value) -> Vec<u8> {
    let text = value.as_str().expect("a text");
    HEXLOWER.decode(text.as_bytes()).expect("hexadecimal")
}

fn frozen(name: &str, now: &Value) -> Value {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/sync");
    let path = folder.join(name).with_extension("json");
    if std::env::var_os("REGIE_FREEZE").is_some() && !path.exists() {
        std::fs::create_dir_all(&folder).expect("a folder");
        let text = serde_json::to_string_pretty(now).expect("a text");
        std::fs::write(&path, format!("{text}\n")).expect("a file");
    }
    let text = std::fs::read_to_string(&path).expect("a frozen example");
    serde_json::from_str(&text).expect("a frozen example")
}

fn key() -> SigningKey {
    SigningKey::from_seed(&[0x64; 32])
}

fn device(byte: u8) -> DevicePublic {
    DevicePublic {
        device: DeviceId([byte; 16]),
        sign_key: *key().verifying_key().as_bytes(),
        seal_key: SealingKey([byte; 32]),
    }
}

fn head(sequence: u64) -> Head {
    Head {
        sequence,
        hash: HeaderHash([8; 32]),
    }
}

fn epoch() -> EpochHeader {
    let statement = EpochStatement {
        account: ACCOUNT,
        sequence: 1,
        before: None,
        number: 1,
        device: DEVICE,
        records: 0,
        ways: vec![SealedWay {
            way: device(7).way(),
            key: SealingKey([7; 32]),
            wrap: [9; 32],
        }],
        key_before: Vec::new(),
    };
    EpochHeader::make(statement, &MAC_KEY, &key()).expect("a header")
}

fn statement() -> ChangeStatement {
    ChangeStatement {
        account: ACCOUNT,
        sequence: 70_000,
        before: HeaderHash([8; 32]),
        epoch: 2,
        device: DEVICE,
        records: 300,
        roll: RollHash([10; 32]),
        entries: vec![
            Entry::Joined(device(7)),
            Entry::Out(DeviceId([12; 16])),
            Entry::Restart(head(69_999)),
        ],
    }
}

fn header() -> ChangeHeader {
    ChangeHeader::make(statement(), &MAC_KEY, &SUM, &key()).expect("a header")
}

fn envelope() -> Envelope {
    Envelope {
        label: Label {
            epoch: 2,
            id: RecordId([13; 16]),
            revision: Revision([14; 16]),
            parent: Some(EnvelopeHash([15; 32])),
            deleted: true,
        },
        sealed: vec![16; SMALLEST_CONTENT + SEAL_BYTES],
    }
}

#[test]
fn a_header_is_made_and_read_as_ever() {
    let whole = header().to_bytes().expect("bytes");
    let now = json!({
        "context": "regie/1/header",
        "mac_key": hex(&MAC_KEY),
        "sum": hex(&SUM),
        "key": hex(key().verifying_key().as_bytes()),
        "whole": hex(&whole),
        "hash": hex(&header().hash().expect("a hash").0),
    });
    let frozen = frozen("header", &now);
    assert_eq!(frozen, now);
    let read = ChangeHeader::from_bytes(&bytes(&frozen["whole"])).expect("reads");
    assert_eq!(read.statement(), &statement());
    assert_eq!(read.check_mac(&MAC_KEY, &SUM), Ok(()));
    assert_eq!(read.check_signature(&key().verifying_key()), Ok(()));
}

#[test]
fn a_roll_has_one_hash_for_ever() {
    let roll = Roll::from_parts(&[epoch()], &[device(9), device(7)]).expect("a roll");
    let now = json!({
        "epoch": hex(&epoch().to_bytes().expect("bytes")),
        "devices": [hex(&[7; 16]), hex(&[9; 16])],
        "hash": hex(&roll.hash().expect("a hash").0),
    });
    assert_eq!(frozen("roll", &now), now);
}

#[test]
fn an_envelope_is_written_bound_and_read_as_ever() {
    let now = json!({
        "whole": hex(&envelope().to_bytes().expect("bytes")),
        "bound": hex(&envelope().label.bound_to(ACCOUNT).expect("bytes")),
        "hash": hex(&envelope().hash().expect("a hash").0),
    });
    let frozen = frozen("envelope", &now);
    assert_eq!(frozen, now);
    assert_eq!(Envelope::from_bytes(&bytes(&frozen["whole"])), Ok(envelope()));
}

/// One message of each kind, by its name.
fn said(name: &str, said: &(impl Wire + PartialEq + std::fmt::Debug)) -> (String, Value) {
    let written = said.to_bytes().expect("bytes");
    (name.to_owned(), hex(&written).into())
}

fn read<T: Wire + PartialEq + std::fmt::Debug>(frozen: &Value, name: &str, said: &T) {
    assert_eq!(T::from_bytes(&bytes(&frozen[name])).as_ref(), Ok(said), "{name}");
}

macro_rules! as_ever {
    ($name:literal, $($what:literal: $said:expr),* $(,)?) => {{
        let now = Value::Object([$(said($what, &$said)),*].into_iter().collect());
        let frozen = frozen($name, &now);
        assert_eq!(frozen, now);
        $(read(&frozen, $what, &$said);)*
    }};
}

#[test]
fn what_is_said_of_pushes_is_said_as_ever() {
    let header = || header().to_bytes().expect("bytes");
    let epoch = || epoch().to_bytes().expect("bytes");
    as_ever!(
        "push",
        "push": PushRequest { header: header(), envelopes: vec![vec![1, 2], vec![3]], keep: vec![BlobId([18; 16])], drop: vec![BlobId([19; 16]), BlobId([20; 16])] },
        "joining": PushRequest { header: header(), envelopes: Vec::new(), keep: Vec::new(), drop: Vec::new() },
        "stored": PushResponse::Stored(head(70_000)),
        "ahead": PushResponse::Ahead(head(70_001)),
        "restart": RestartRequest {
            put_back: vec![epoch()],
            epoch: EpochBegun { header: epoch(), wraps: vec![("code".into(), vec![4, 5])], identity: Identity { sign_key: Fixed([8; 32]), seal_key: Fixed([9; 32]), statement: Blob(vec![10, 11]) } },
            header: header(),
        },
    );
}

#[test]
fn what_is_said_of_pulls_is_said_as_ever() {
    let record = |sequence| SealedRecord {
        sequence,
        envelope: vec![6, 7],
    };
    let headers = || {
        vec![HeaderBytes {
            kind: HeaderKind::Change,
            bytes: vec![8, 9],
        }]
    };
    as_ever!(
        "pull",
        "after": PullRequest::After(head(100)),
        "down": PullRequest::Down(9_000),
        "same": PullResponse::Same,
        "page": PullResponse::Page(Page {
            head: head(140), to: 120, headers: headers(), records: vec![record(105), record(120)],
        }),
        "head question": HeadRequest,
        "head": HeadResponse {
            head: HeaderBytes { kind: HeaderKind::Epoch, bytes: vec![10] },
            epochs: vec![vec![10]],
            devices: vec![device(7), device(9)],
        },
        "headers question": HeadersRequest { after: 100, to: 140 },
        "headers": HeadersResponse { head: head(140), headers: headers() },
        "list question": ListRequest { after: None },
        "next list question": ListRequest { after: Some(RecordId([13; 16])) },
        "list": ListResponse {
            head: head(140),
            rows: vec![ListRow { id: RecordId([13; 16]), revision: Revision([14; 16]), hash: EnvelopeHash([15; 32]) }],
            more: true,
        },
        "fetch question": FetchRequest { ids: vec![RecordId([13; 16]), RecordId([17; 16])] },
        "fetch": FetchResponse { head: head(140), records: vec![record(105)] },
    );
}

#[test]
fn what_is_said_of_blobs_is_said_as_ever() {
    let blob = BlobId([18; 16]);
    let shape = Shape::of_content(3 << 20).expect("a shape");
    let chunks = || BlobChunks {
        shape,
        there: vec![0, 2],
    };
    as_ever!(
        "blobs",
        "put": BlobPutRequest { blob, shape: Shape::of_content(9).expect("a shape"), from: 0, chunks: vec![vec![21; 24 * 1024 + SEAL_BYTES]] },
        "look": BlobLookRequest { blob },
        "withdraw": BlobWithdrawRequest { blob },
        "unknown": BlobStanding::Unknown,
        "open": BlobStanding::Open(chunks()),
        "kept": BlobStanding::Kept(chunks()),
        "get": BlobGetRequest { blob, from: 1, count: 4 },
        "got": BlobGetResponse { chunks: vec![vec![22, 23]] },
        "list question": BlobListRequest { after: None },
        "next list question": BlobListRequest { after: Some(blob) },
        "list": BlobListResponse { head: head(140), rows: vec![(blob, shape)], more: true },
    );
}

#[test]
fn what_is_bound_to_a_chunk_is_bound_as_ever() {
    let shape = Shape::of_content(3 << 20).expect("a shape");
    let now = json!({
        "size": shape.size(),
        "chunks": shape.chunks(),
        "bound": hex(&shape.bound_to(BlobId([18; 16]), 2).expect("bytes")),
    });
    assert_eq!(frozen("chunk", &now), now);
}
