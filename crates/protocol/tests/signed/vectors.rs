//! One frozen example of everything that is signed or typed. A change of a format shows here, and is then another version with
//! another context, never another file.

use std::{collections::BTreeSet, path::PathBuf};

use data_encoding::HEXLOWER;
use regie_protocol::{
    OwnedText, Role,
    signed::{
        AccountId, Address, BodyHash, Certificate, Deployment, DeploymentId, DeploymentKeys, DeviceId,
        EpochHeader, EpochStatement, Erased, HeaderHash, IdentityStatement, Invitation, InvitationCode,
        JoinLink, Moment, Nonce, OrganisationId, Period, Receipt, Request, Revocations, SealedWay,
        SealingKey, Signed, SigningKey, Statement, Ticket,
    },
};
use serde_json::{Value, json};

/// 27 November 2026.
const FROM: Moment = Moment(1_795_737_600);

fn root() -> SigningKey {
    SigningKey::from_seed(&[0x52; 32])
}

fn period(days: u64) -> Period {
    Period {
        from: FROM,
        until: FROM.plus_days(days),
    }
}

fn code() -> InvitationCode {
    InvitationCode::from_random(*b"sixteen bytes ok")
}

fn deployment() -> Deployment {
    Deployment {
        id: DeploymentId([0xd0; 16]),
        names: OwnedText {
            nl: "Regie van Vitaal Werken".to_owned(),
            en: "Regie by Vitaal Werken".to_owned(),
        },
        addresses: ["https://regie.example", "https://regie.example:8443"]
            .map(|address| Address::parse(address).expect("an address"))
            .to_vec(),
        keys: DeploymentKeys {
            receipts: SigningKey::from_seed(&[1; 32]).verifying_key(),
            tickets: SealingKey([2; 32]),
            opaque: [3; 32],
        },
        period: period(365),
    }
}

fn invitation() -> Invitation {
    Invitation {
        number: 1_234,
        code: code().hash(),
        organisation: OrganisationId([0x0a; 16]),
        period: period(180),
    }
}

fn certificate() -> Certificate {
    Certificate {
        signing: SigningKey::from_seed(&[4; 32]).verifying_key(),
        sealing: SealingKey([5; 32]),
        role: Role::Coach,
        serial: 42,
        period: period(90),
    }
}

fn revocations() -> Revocations {
    Revocations {
        number: 9,
        date: FROM,
        serials: BTreeSet::from([3, 41, 70_000]),
    }
}

fn request() -> Request<'static> {
    Request {
        method: "PUT",
        target: "/v1/account/contact?part=email",
        body: BodyHash::of(b"{}"),
        account: AccountId([6; 16]),
        device: DeviceId([7; 16]),
        number: 300,
        nonce: Nonce {
            at: FROM,
            mac: [8; 32],
        },
    }
}

fn statement_vector<T: Statement + PartialEq + std::fmt::Debug>(statement: &T) -> Value {
    let signed = Signed::sign(statement, &root()).expect("signs");
    json!({
        "context": T::CONTEXT,
        "key": HEXLOWER.encode(root().verifying_key().as_bytes()),
        "bytes": HEXLOWER.encode(signed.bytes()),
        "signature": HEXLOWER.encode(signed.signature().as_bytes()),
        "whole": HEXLOWER.encode(&signed.to_bytes().expect("bytes")),
    })
}

fn frozen(name: &str, now: &Value) -> Value {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/signed");
    let path = folder.join(name).with_extension("json");
    if std::env::var_os("REGIE_FREEZE").is_some() && !path.exists() {
        std::fs::create_dir_all(&folder).expect("a folder");
        let text = serde_json::to_string_pretty(now).expect("a text");
        std::fs::write(&path, format!("{text}\n")).expect("a file");
    }
    let text = std::fs::read_to_string(&path).expect("a frozen example");
    serde_json::from_str(&text).expect("a frozen example")
}

/// The frozen bytes are what is written today, and read as what they said.
fn keeps<T: Statement + PartialEq + std::fmt::Debug>(name: &str, statement: &T) {
    let now = statement_vector(statement);
    let frozen = frozen(name, &now);
    assert_eq!(frozen, now);
    let whole = frozen["whole"].as_str().expect("bytes");
    let signed = Signed::<T>::from_bytes(&HEXLOWER.decode(whole.as_bytes()).expect("hexadecimal"));
    let read = signed.and_then(|signed| signed.open(&root().verifying_key(), FROM));
    assert_eq!(read.as_ref(), Ok(statement));
}

#[test]
fn a_deployment_is_signed_as_ever() {
    keeps("deployment", &deployment());
}

#[test]
fn an_invitation_is_signed_as_ever() {
    keeps("invitation", &invitation());
}

#[test]
fn a_certificate_is_signed_as_ever() {
    keeps("certificate", &certificate());
}

#[test]
fn a_receipt_is_signed_as_ever() {
    let receipt = Receipt {
        deployment: DeploymentId([1; 16]),
        reference: vec![2; 16],
        account: Receipt::account_hash(AccountId([3; 16])),
        what: Erased::Account,
        at: FROM,
        backups_until: FROM.plus_days(36),
    };
    keeps("receipt", &receipt);
}

#[test]
fn a_ticket_is_signed_as_ever() {
    let ticket = Ticket {
        account: AccountId([3; 16]),
        device: DeviceId([4; 16]),
        id: [5; 16],
    };
    keeps("ticket", &ticket);
}

#[test]
fn a_list_of_revocations_is_signed_as_ever() {
    keeps("revocations", &revocations());
}

#[test]
fn a_request_is_signed_as_ever() {
    let key = SigningKey::from_seed(&[0x64; 32]);
    let signature = request().sign(&key).expect("signs");
    let nonce = request().nonce;
    let now = json!({
        "context": "regie/1/request",
        "key": HEXLOWER.encode(key.verifying_key().as_bytes()),
        "bytes": HEXLOWER.encode(&request().to_bytes().expect("bytes")),
        "signature": HEXLOWER.encode(signature.as_bytes()),
        "nonce_input": HEXLOWER.encode(&Nonce::input(request().device, nonce.at).expect("bytes")),
        "nonce": HEXLOWER.encode(&nonce.to_bytes()),
    });
    assert_eq!(frozen("request", &now), now);
}

#[test]
fn a_code_its_hash_its_link_and_the_fingerprint_are_as_ever() {
    let link = JoinLink {
        server: Address::parse("https://regie.example").expect("an address"),
        code: Some(code()),
    };
    let now = json!({
        "secret": HEXLOWER.encode(b"sixteen bytes ok"),
        "code": code().written().expect("a code").as_str(),
        "hash": HEXLOWER.encode(&code().hash().0),
        "link": link.written().expect("a link").as_str(),
        "key": HEXLOWER.encode(root().verifying_key().as_bytes()),
        "fingerprint": root().verifying_key().fingerprint().to_string(),
    });
    assert_eq!(frozen("typed", &now), now);
}

#[test]
fn keys_for_other_people_are_signed_as_ever() {
    let statement = IdentityStatement {
        account: AccountId([6; 16]),
        device: DeviceId([7; 16]),
        epoch: 2,
        sign_key: SigningKey::from_seed(&[8; 32]).verifying_key(),
        seal_key: SealingKey([9; 32]),
    };
    keeps("identity", &statement);
}

#[test]
fn an_epoch_begins_as_ever() {
    let way = |way: &str, byte| SealedWay {
        way: way.to_owned(),
        key: SealingKey([byte; 32]),
        wrap: [byte + 1; 32],
    };
    let statement = EpochStatement {
        account: AccountId([6; 16]),
        sequence: 2,
        before: Some(HeaderHash([8; 32])),
        number: 2,
        device: DeviceId([7; 16]),
        records: 0,
        ways: vec![
            way("code", 10),
            way("device/07070707070707070707070707070707", 12),
            way("passphrase", 14),
        ],
        key_before: vec![9; 72],
    };
    let (mac_key, device) = ([0x6d; 32], SigningKey::from_seed(&[0x64; 32]));
    let header = EpochHeader::make(statement.clone(), &mac_key, &device).expect("a header");
    let now = json!({
        "context": "regie/1/epoch",
        "mac_key": HEXLOWER.encode(&mac_key),
        "key": HEXLOWER.encode(device.verifying_key().as_bytes()),
        "whole": HEXLOWER.encode(&header.to_bytes().expect("bytes")),
        "hash": HEXLOWER.encode(&header.hash().expect("a hash").0),
    });
    let frozen = frozen("epoch", &now);
    assert_eq!(frozen, now);
    let whole = HEXLOWER
        .decode(frozen["whole"].as_str().expect("bytes").as_bytes())
        .expect("hexadecimal");
    let read = EpochHeader::from_bytes(&whole).expect("reads");
    assert_eq!(read.statement(), &statement);
    assert_eq!(read.check_mac(&mac_key), Ok(()));
    assert_eq!(read.check_signature(&device.verifying_key()), Ok(()));
}
