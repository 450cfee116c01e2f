//! Frozen examples of what accounts are made of: what was sealed once is opened as long as there is an account. A change of a format shows
//! here, and is then another version under another name.

#![allow(clippy::expect_used, missing_docs, reason = "tests")]

use std::path::PathBuf;

use data_encoding::HEXLOWER;
use regie_crypto::{
    Key,
    account::{AccountKey, CodeKeys, KnownWay, derive_code_vouch},
    device::DeviceKeys,
    head::{HeadKeys, Sum},
    identity::{Identity, derive_safety_number},
    record::RecordKey,
    recovery::RecoveryCode,
    seal::{OpeningKey, Vouch},
};
use regie_protocol::{
    signed::{AccountId, ChangeStatement, DeviceId, EpochHeader, Head, HeaderHash, RollHash},
    sync::{Envelope, EnvelopeHash, Label, RecordId, Revision},
};
use serde_json::{Value, json};

const ACCOUNT: AccountId = AccountId([6; 16]);

fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

fn bytes(value: &Value) -> Vec<u8> {
    HEXLOWER
        .decode(value.as_str().expect("a text").as_bytes())
        .expect("hexadecimal")
}

fn device() -> DeviceKeys {
    DeviceKeys::from_parts(
        DeviceId([7; 16]),
        Key::from_bytes([8; 32]),
        OpeningKey::from_key(Key::from_bytes([9; 32])),
    )
}

fn key(epoch: u64, byte: u8) -> AccountKey {
    AccountKey::from_key(ACCOUNT, epoch, Key::from_bytes([byte; 32]))
}

/// The code of all examples.
fn code() -> RecoveryCode {
    let path = place("code.txt");
    if std::env::var_os("REGIE_FREEZE").is_some() && !path.exists() {
        let made = RecoveryCode::make_random().expect("a code");
        let groups: Vec<_> = made
            .groups()
            .expect("a code")
            .iter()
            .map(|group| group.to_string())
            .collect();
        std::fs::write(&path, format!("{}\n", groups.join("-"))).expect("a file");
    }
    let written = std::fs::read_to_string(path).expect("a code");
    RecoveryCode::parse(written.trim()).expect("a code")
}

fn place(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/vectors/account")
        .join(name)
}

/// What is derived has one value for ever.
fn derived() -> Value {
    let code = CodeKeys::derive(&code()).expect("keys");
    let identity = |key: &AccountKey| Identity::derive(key).and_then(|one| one.public());
    let (one, other) = (
        identity(&key(1, 1)).expect("keys"),
        identity(&key(2, 2)).expect("keys"),
    );
    let public = device().public().expect("keys");
    json!({
        "records": hex(key(1, 1).derive_record_key().expect("a key").expose()),
        "identity_sign_key": hex(one.sign_key.as_bytes()),
        "identity_seal_key": hex(&one.seal_key.0),
        "safety_number": derive_safety_number(&one, &other).expect("a number"),
        "device_sign_key": hex(&public.sign_key),
        "device_seal_key": hex(&public.seal_key.0),
        "code_auth_key": hex(code.auth.verifying_key().as_bytes()),
        "code_seal_key": hex(&code.opening.sealing_key().expect("a key").0),
        "code_for_devices": hex(code.for_devices.expose()),
        "code_vouch": hex(derive_code_vouch(&code.for_devices).expect("a key").expose()),
    })
}

/// What is sealed with randomness is frozen once, and opened ever after.
fn sealed() -> Value {
    let (device, code) = (device(), CodeKeys::derive(&code()).expect("keys"));
    let public = device.public().expect("keys");
    let vouch = Vouch::from_key(Key::from_bytes([10; 32]));
    let opening = OpeningKey::from_key(Key::from_bytes([11; 32]));
    let ways = || {
        [
            KnownWay {
                way: public.way(),
                key: public.seal_key,
                vouch: None,
            },
            KnownWay {
                way: "passphrase".into(),
                key: opening.sealing_key().expect("a key"),
                vouch: Some(&vouch),
            },
        ]
    };
    let first = AccountKey::begin_first(ACCOUNT, public.device, &device.signing(), &ways());
    let first = first.expect("an epoch");
    let second = first
        .key
        .begin_next(
            first.header.head().and_then(Head::next).expect("a place"),
            public.device,
            &device.signing(),
            &ways(),
        )
        .expect("an epoch");
    json!({
        "headers": [
            hex(&first.header.to_bytes().expect("bytes")),
            hex(&second.header.to_bytes().expect("bytes")),
        ],
        "wraps": second.wraps.iter().map(|(_, wrap)| hex(wrap)).collect::<Vec<_>>(),
        "name": hex(&second.key.seal_for_list("name", &public, "Laptop").expect("seals")),
        "code": hex(&first.key.seal_code(&code).expect("seals")),
    })
}

fn frozen(name: &str, now: impl FnOnce() -> Value) -> Value {
    let path = place(name);
    if std::env::var_os("REGIE_FREEZE").is_some() && !path.exists() {
        let text = serde_json::to_string_pretty(&now()).expect("a text");
        std::fs::write(&path, format!("{text}\n")).expect("a file");
    }
    let text = std::fs::read_to_string(&path).expect("a frozen example");
    serde_json::from_str(&text).expect("a frozen example")
}

fn label() -> Label {
    Label {
        epoch: 2,
        id: RecordId([13; 16]),
        revision: Revision([14; 16]),
        parent: Some(EnvelopeHash([15; 32])),
        deleted: false,
    }
}

fn statement() -> ChangeStatement {
    ChangeStatement {
        account: ACCOUNT,
        sequence: 104,
        before: HeaderHash([8; 32]),
        epoch: 2,
        device: DeviceId([7; 16]),
        records: 1,
        roll: RollHash([10; 32]),
        entries: Vec::new(),
    }
}

/// The numbers of two records, their sum, and what vouches for it.
fn head() -> Value {
    let keys = HeadKeys::derive(&key(2, 2)).expect("keys");
    let number = |byte| keys.number(RecordId([byte; 16]), Revision([14; 16]), EnvelopeHash([15; 32]));
    let one = Sum::EMPTY + number(13);
    let sum = one + number(16);
    let header = keys
        .make_header(statement(), &sum, &device().signing())
        .expect("a header");
    let head = Head {
        sequence: 104,
        hash: header.hash().expect("a hash"),
    };
    json!({
        "number": hex(&one.to_bytes()),
        "sum": hex(&sum.to_bytes()),
        "header": hex(&header.to_bytes().expect("bytes")),
        "hash": hex(&head.hash.0),
        "comparison": keys.derive_comparison(head).expect("a code").as_str(),
    })
}

#[test]
fn a_set_is_vouched_for_as_ever() {
    assert_eq!(frozen("head.json", head), head());
}

#[test]
fn a_record_that_was_sealed_once_opens_as_ever() {
    let frozen = frozen("record.json", || {
        let sealing = RecordKey::derive(&key(2, 2)).expect("a key");
        let envelope = sealing.seal(label(), "Eén zin.".as_bytes()).expect("seals");
        json!({ "envelope": hex(&envelope.to_bytes().expect("bytes")) })
    });
    let envelope = Envelope::from_bytes(&bytes(&frozen["envelope"])).expect("reads");
    assert_eq!(envelope.label, label());
    let content = RecordKey::derive(&key(2, 2)).and_then(|key| key.open(&envelope));
    assert_eq!(content.as_deref().map(Vec::as_slice), Ok("Eén zin.".as_bytes()));
}

#[test]
fn keys_are_derived_as_ever() {
    assert_eq!(frozen("derived.json", derived), derived());
}

#[test]
fn what_was_sealed_once_opens_as_ever() {
    let frozen = frozen("sealed.json", sealed);
    let headers: Vec<_> = [0, 1]
        .map(|at| EpochHeader::from_bytes(&bytes(&frozen["headers"][at])).expect("a header"))
        .into();
    let (device, vouch) = (device(), Vouch::from_key(Key::from_bytes([10; 32])));
    let public = device.public().expect("keys");
    let by_device = AccountKey::unwrap_from(
        ACCOUNT,
        2,
        &public.way(),
        device.opening(),
        None,
        &bytes(&frozen["wraps"][0]),
    );
    let opening = OpeningKey::from_key(Key::from_bytes([11; 32]));
    let by_passphrase = AccountKey::unwrap_from(
        ACCOUNT,
        2,
        "passphrase",
        &opening,
        Some(&vouch),
        &bytes(&frozen["wraps"][1]),
    );
    let (newest, same) = (by_device.expect("opens"), by_passphrase.expect("opens"));
    assert_eq!(newest.expose().expose(), same.expose().expose());
    let keys = newest.all_from(&headers).expect("the whole chain");
    assert_eq!(keys.len(), 2);
    let name = keys[0].open_for_list("name", &public, &bytes(&frozen["name"]));
    assert_eq!(name.as_deref(), Ok("Laptop"));
    let code = AccountKey::open_code(&keys, &bytes(&frozen["code"])).expect("opens");
    let derived = CodeKeys::derive(&self::code()).expect("keys");
    assert_eq!(code.key.expose(), derived.for_devices.expose());
}
