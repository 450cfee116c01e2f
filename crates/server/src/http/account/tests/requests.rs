//! Requests of devices that somebody repeats, alters, keeps or forges.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, Method, Request},
};
use regie_protocol::{
    Language, ProblemCode,
    account::{
        AccountResponse,
        change::{
            CodeChangeRequest, CopyRequest, PassphraseBeginRequest, PassphraseBeginResponse,
            PassphraseRequest, TicketRequest,
        },
        device::{DeviceAddRequest, SignOutRequest, Which},
        header,
        join::{JoinBeginRequest, JoinRequest},
        login::{LoginRequest, LoginResponse},
        path,
    },
    sync,
    wire::Fixed,
};

use serde_json::{Value, json};

use super::{
    Server, base64,
    client::{Device, Person, blob, epoch, proof, registration},
    random,
};
use crate::store::AccountId;

/// The same request once more.
fn again(request: &Request<Body>, body: &[u8]) -> Request<Body> {
    let mut copy = Request::new(Body::from(body.to_vec()));
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    copy
}

fn with(mut request: Request<Body>, name: &'static str, value: &str) -> Request<Body> {
    let value = HeaderValue::from_str(value).expect("a value");
    request.headers_mut().insert(HeaderName::from_static(name), value);
    request
}

async fn fresh(server: &Server, device: &Device) {
    *device.nonce.lock().expect("a nonce") = server.nonce(device).await;
}

fn copy(wanted: bool) -> Vec<u8> {
    serde_json::to_vec(&CopyRequest { wanted, epoch: None }).expect("writes")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_sent_again_or_out_of_turn_changes_nothing() {
    let server = Server::sqlite().await;
    let anne = server.joined("anne@example.org").await;
    let body = copy(true);
    let [first, second] =
        [0, 1].map(|_| server.signed(&anne, &anne.device, Method::POST, path::COPY, body.clone()));
    let replayed = again(&second, &body);
    server.ask_as(&anne.device, second).await.done();
    assert_eq!(
        server.ask_as(&anne.device, replayed).await.refused(),
        ProblemCode::Repeated
    );
    assert_eq!(
        server.ask_as(&anne.device, first).await.refused(),
        ProblemCode::Repeated,
        "an older number"
    );
    let log = server
        .app
        .accounts
        .store
        .log(AccountId(anne.account), 0, 10)
        .await
        .expect("a log");
    assert_eq!(log.iter().filter(|line| line.action == "copy.wanted").count(), 1);
    // Reading twice what the device may read anyway harms nobody.
    let read = server.signed(&anne, &anne.device, Method::GET, path::ACCOUNT, Vec::new());
    let twice = again(&read, b"");
    server.ask(read).await.ok::<AccountResponse>();
    server.ask(twice).await.ok::<AccountResponse>();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_part_of_a_request_is_held_by_its_signature() {
    let server = Server::sqlite().await;
    let anne = server.joined("anne@example.org").await;
    let wim = server.joined("wim@example.org").await;
    let signed = |device: &Device, person: &Person, target: &str, body: &[u8]| {
        server.signed(person, device, Method::POST, target, body.to_vec())
    };
    let body = copy(false);
    let own = |target| signed(&anne.device, &anne, target, &body);

    let mut elsewhere = own(path::COPY);
    *elsewhere.uri_mut() = path::SIGN_OUT.parse().expect("a target");
    let mut with_query = own(path::COPY);
    *with_query.uri_mut() = format!("{}?lang=nl", path::COPY).parse().expect("a target");
    let mut without_query = server.signed(
        &anne,
        &anne.device,
        Method::GET,
        &format!("{}?after=1", path::LOG),
        Vec::new(),
    );
    *without_query.uri_mut() = path::LOG.parse().expect("a target");
    let mut other_method = own(path::DEVICES);
    *other_method.method_mut() = Method::GET;
    let other_body = again(&own(path::COPY), &copy(true));
    let number = with(own(path::COPY), header::NUMBER, "77");
    let signature = with(own(path::COPY), header::SIGNATURE, &base64(&random::<64>()));
    let foreign = Device {
        id: anne.device.id,
        ..Device::new()
    };
    fresh(&server, &foreign).await;
    let foreign = signed(&foreign, &anne, path::COPY, &body);
    for (what, request) in [
        ("another target", elsewhere),
        ("a query more", with_query),
        ("a query less", without_query),
        ("another method", other_method),
        ("another body", other_body),
        ("another number", number),
        ("another signature", signature),
        ("another key", foreign),
    ] {
        assert_eq!(
            server.ask(request).await.refused(),
            ProblemCode::NotSigned,
            "{what}"
        );
    }
    // A device of another account, or of none.
    let account = with(own(path::COPY), header::ACCOUNT, &base64(&wim.account));
    assert_eq!(server.ask(account).await.refused(), ProblemCode::SignedOut);
    let stranger = Device::new();
    fresh(&server, &stranger).await;
    let stranger = signed(&stranger, &anne, path::COPY, &body);
    assert_eq!(server.ask(stranger).await.refused(), ProblemCode::SignedOut);
    for name in [
        header::ACCOUNT,
        header::DEVICE,
        header::NUMBER,
        header::NONCE,
        header::SIGNATURE,
    ] {
        let mut missing = own(path::COPY);
        missing.headers_mut().remove(name);
        assert_eq!(
            server.ask(missing).await.refused(),
            ProblemCode::NotSigned,
            "{name}"
        );
        let odd = with(own(path::COPY), name, "+1");
        assert_eq!(server.ask(odd).await.refused(), ProblemCode::NotSigned, "{name}");
    }
    let account: AccountResponse = server.get_as(&anne, &anne.device, path::ACCOUNT).await.ok();
    assert!(account.copy_since_day.is_some(), "nothing of it was done");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nonce_is_the_servers_for_one_device_and_for_ten_minutes_and_each_answer_brings_another() {
    let server = Server::sqlite().await;
    let anne = server.joined("anne@example.org").await;
    let old = anne.device.nonce.lock().expect("a nonce").clone();
    server.later(601);
    let stale = server.get_as(&anne, &anne.device, path::ACCOUNT).await;
    assert_eq!(stale.refused(), ProblemCode::NonceStale);
    assert_ne!(
        *anne.device.nonce.lock().expect("a nonce"),
        old,
        "the refusal brought one"
    );
    server
        .get_as(&anne, &anne.device, path::ACCOUNT)
        .await
        .ok::<AccountResponse>();

    let wim = server.joined("wim@example.org").await;
    let others = wim.device.nonce.lock().expect("a nonce").clone();
    let mut altered = server.nonce(&anne.device).await;
    altered[7] ^= 1;
    let mut forged = server.nonce(&anne.device).await;
    forged[39] ^= 1;
    for nonce in [others, altered, forged] {
        *anne.device.nonce.lock().expect("a nonce") = nonce;
        let request = server.get_as(&anne, &anne.device, path::ACCOUNT).await;
        assert_eq!(request.refused(), ProblemCode::NonceStale);
    }
    let elsewhere = Server::sqlite().await;
    *anne.device.nonce.lock().expect("a nonce") = elsewhere.nonce(&anne.device).await;
    let request = server.get_as(&anne, &anne.device, path::ACCOUNT).await;
    assert_eq!(request.refused(), ProblemCode::NonceStale, "another server's");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_signs_others_out_or_itself_and_days_of_use_are_noted() {
    let server = Server::sqlite().await;
    let anne = server.joined("anne@example.org").await;
    let welcome = server.login(&anne.email, &anne.passphrase).await.ok();
    let (second, third) = (server.added(&welcome).await, server.added(&welcome).await);
    server.later(86_400);
    fresh(&server, &second).await;
    let used = |devices: &[regie_protocol::account::device::Device], id| {
        devices
            .iter()
            .find(|one| one.keys.device.0 == id)
            .expect("there")
            .used_day
    };
    let list: regie_protocol::account::device::DevicesResponse =
        server.get_as(&anne, &second, path::DEVICES).await.ok();
    let today = server.app.now().day();
    assert_eq!(
        (used(&list.devices, second.id), used(&list.devices, third.id)),
        (today, today - 1)
    );

    let out = |which| SignOutRequest { which, epoch: None };
    let unknown = server
        .post_as(&anne, &second, path::SIGN_OUT, &out(Which::One(Fixed([9; 16]))))
        .await;
    assert_eq!(unknown.refused(), ProblemCode::NotFound);
    let stale = SignOutRequest {
        which: Which::Others,
        epoch: Some(epoch(&anne, &second, 3, &[&second])),
    };
    assert_eq!(
        server
            .post_as(&anne, &second, path::SIGN_OUT, &stale)
            .await
            .refused(),
        ProblemCode::Stale
    );
    let odd = SignOutRequest {
        which: Which::Others,
        epoch: Some({
            let mut odd = epoch(&anne, &second, 2, &[&second]);
            odd.wraps[0].way = "elsewhere".into();
            odd
        }),
    };
    assert_eq!(
        server
            .post_as(&anne, &second, path::SIGN_OUT, &odd)
            .await
            .refused(),
        ProblemCode::Malformed
    );
    server
        .post_as(&anne, &second, path::SIGN_OUT, &out(Which::Others))
        .await
        .done();
    fresh(&server, &anne.device).await;
    fresh(&server, &third).await;
    for device in [&anne.device, &third] {
        assert_eq!(
            server.get_as(&anne, device, path::ACCOUNT).await.refused(),
            ProblemCode::SignedOut
        );
    }
    server
        .post_as(&anne, &second, path::SIGN_OUT, &out(Which::All))
        .await
        .done();
    assert_eq!(
        server.get_as(&anne, &second, path::ACCOUNT).await.refused(),
        ProblemCode::SignedOut
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_is_withdrawn_with_its_wraps_and_wanted_again_by_a_new_epoch() {
    let server = Server::sqlite().await;
    let anne = server.joined("anne@example.org").await;
    let device = &anne.device;
    let want = |wanted, epoch| CopyRequest { wanted, epoch };
    server
        .post_as(&anne, device, path::COPY, &want(false, None))
        .await
        .done();
    let account: AccountResponse = server.get_as(&anne, device, path::ACCOUNT).await.ok();
    assert_eq!((account.copy_since_day, account.epoch), (None, 1));
    let welcome: regie_protocol::account::login::LoginResponse =
        server.login(&anne.email, &anne.passphrase).await.ok();
    assert!(welcome.wrap.0.is_empty(), "nothing opens what is not there");
    let bare = server.post_as(&anne, device, path::COPY, &want(true, None)).await;
    assert_eq!(bare.refused(), ProblemCode::WrapsDiffer);
    let next = epoch(&anne, device, 2, &[device]);
    server
        .post_as(&anne, device, path::COPY, &want(true, Some(next.clone())))
        .await
        .done();
    let welcome: regie_protocol::account::login::LoginResponse =
        server.login(&anne.email, &anne.passphrase).await.ok();
    assert_eq!((welcome.epoch, &welcome.wrap), (2, &next.wraps[0].sealed));
    let older = SignOutRequest {
        which: Which::One(Fixed(device.id)),
        epoch: None,
    };
    let body = serde_json::to_vec(&older).expect("writes");
    let unsigned = super::request(
        Method::POST,
        path::SIGN_OUT,
        &[(header::PROOF, base64(&blob().0))],
        Body::from(body),
    );
    assert_eq!(server.ask(unsigned).await.refused(), ProblemCode::NotSigned);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_names_every_path_of_the_contract_and_no_other() {
    let server = Server::sqlite().await;
    let document: serde_json::Value = server.get("/openapi.json").await.ok();
    let paths = document["paths"].as_object().expect("paths");
    let contract = [
        path::DEPLOYMENT,
        path::INVITATION,
        path::JOIN_BEGIN,
        path::JOIN,
        path::LOGIN_BEGIN,
        path::LOGIN,
        path::CODE_LOGIN_BEGIN,
        path::CODE_LOGIN,
        path::NONCE,
        path::ACCOUNT,
        path::DEVICES,
        path::PAIR,
        path::PAIR_ENTER,
        path::PAIR_LOOK,
        path::PAIR_SAY,
        path::PAIR_END,
        path::PAIR_FINISH,
        path::RENAME,
        path::CONTACT,
        path::TERMS,
        path::ADDRESS_BEGIN,
        path::ADDRESS,
        path::SIGN_OUT,
        path::EPOCHS,
        path::PASSPHRASE_BEGIN,
        path::PASSPHRASE,
        path::CODE,
        path::FACTOR,
        path::FACTOR_LIFT,
        path::OBJECT,
        path::COPY,
        path::LIVE,
        path::LOG,
        path::ERASE,
        path::ERASE_MAIL_BEGIN,
        path::ERASE_MAIL,
        path::TICKET,
        sync::path::VERSIONS,
        sync::path::PUSH,
        sync::path::RESTART,
        sync::path::PULL,
        sync::path::HEAD,
        sync::path::HEADERS,
        sync::path::LIST,
        sync::path::FETCH,
        sync::path::BLOB_PUT,
        sync::path::BLOB_LOOK,
        sync::path::BLOB_GET,
        sync::path::BLOB_WITHDRAW,
        sync::path::BLOB_LIST,
    ];
    for path in contract {
        assert!(paths.contains_key(path), "{path}");
    }
    let others: Vec<_> = paths
        .keys()
        .filter(|path| path.starts_with("/v1/") && !contract.contains(&path.as_str()))
        .collect();
    assert!(others.is_empty(), "{others:?}");
    assert!(paths[path::DEVICES]["post"].is_object() && paths[path::DEVICES]["get"].is_object());
    for (bytes, signs) in [(16, 22), (32, 43), (64, 86)] {
        let fixed = &document["components"]["schemas"][format!("Fixed{bytes}")];
        assert_eq!(
            (&fixed["minLength"], &fixed["maxLength"]),
            (&json!(signs), &json!(signs))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_not_what_the_contract_says_is_refused_as_a_problem_and_never_a_fault() {
    let server = Server::sqlite().await;
    let anne = server.joined("anne@example.org").await;
    let anybody = [
        path::INVITATION,
        path::JOIN_BEGIN,
        path::JOIN,
        path::LOGIN_BEGIN,
        path::LOGIN,
        path::CODE_LOGIN_BEGIN,
        path::CODE_LOGIN,
        path::FACTOR_LIFT,
        path::ERASE_MAIL_BEGIN,
        path::ERASE_MAIL,
        path::TICKET,
    ];
    let of_devices = [path::SIGN_OUT, path::COPY, path::OBJECT];
    let bodies: [(&[u8], ProblemCode); 4] = [
        (b"", ProblemCode::BadRequest),
        (b"{", ProblemCode::BadRequest),
        (b"[]", ProblemCode::Malformed),
        (
            br#"{"ticket":7,"invitation":"AA","email":[]}"#,
            ProblemCode::Malformed,
        ),
    ];
    for (body, code) in bodies {
        for target in anybody {
            let request = super::request(Method::POST, target, &[], Body::from(body.to_vec()));
            assert_eq!(server.ask(request).await.refused(), code, "{target}");
        }
        for target in of_devices {
            let request = server.signed(&anne, &anne.device, Method::POST, target, body.to_vec());
            assert_eq!(
                server.ask_as(&anne.device, request).await.refused(),
                code,
                "{target}"
            );
        }
    }
    let mut text = super::request(Method::POST, path::LOGIN_BEGIN, &[], Body::from("{}"));
    text.headers_mut()
        .insert("content-type", HeaderValue::from_static("text/plain"));
    assert_eq!(server.ask(text).await.refused(), ProblemCode::UnsupportedMedia);
    for (target, code) in [
        ("/v1/nonce", ProblemCode::BadRequest),
        ("/v1/nonce?device=AA", ProblemCode::BadRequest),
        ("/v1/nothing", ProblemCode::NotFound),
        (path::LOGIN, ProblemCode::MethodNotAllowed),
    ] {
        assert_eq!(server.get(target).await.refused(), code, "{target}");
    }
}

fn value_of(body: &impl serde::Serialize) -> Value {
    serde_json::to_value(body).expect("writes")
}

/// A value with one of its leaves replaced, for each leaf and each of these.
fn altered(value: &Value, instead: &[Value]) -> Vec<Value> {
    let within = |inner: Vec<Value>, put: &dyn Fn(&mut Value, Value)| -> Vec<Value> {
        inner
            .into_iter()
            .map(|one| {
                let mut whole = value.clone();
                put(&mut whole, one);
                whole
            })
            .collect()
    };
    match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, inner)| within(altered(inner, instead), &|whole, one| whole[name] = one))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .flat_map(|(at, inner)| within(altered(inner, instead), &|whole, one| whole[at] = one))
            .collect(),
        _ => instead.to_vec(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_value_in_any_place_of_any_body_is_a_fault_of_the_server() {
    let server = Server::sqlite().await;
    let anne = server.joined("anne@example.org").await;
    let welcome: LoginResponse = server.login(&anne.email, &anne.passphrase).await.ok();
    let wim = server.person("wim@example.org").await;
    let joining = server.joining(&wim).await;
    let (_, registration) = registration("x");
    let sign_out = SignOutRequest {
        which: Which::One(Fixed(random())),
        epoch: Some(epoch(&anne, &anne.device, 2, &[&anne.device])),
    };
    let passphrase = PassphraseRequest {
        ticket: server
            .post_with(
                path::PASSPHRASE_BEGIN,
                &proof(&welcome),
                &PassphraseBeginRequest {
                    registration: registration.clone(),
                },
            )
            .await
            .ok::<PassphraseBeginResponse>()
            .ticket,
        after_generation: 2,
        credential: joining.credential.clone(),
        code: Some(joining.code.clone()),
        epoch: Some(epoch(&anne, &anne.device, 2, &[&anne.device])),
        wraps: Vec::new(),
    };
    let add = DeviceAddRequest {
        device: Device::new().keys(),
        epoch: 7,
        wrap: blob(),
    };
    let code = CodeChangeRequest {
        code: joining.code.clone(),
        epoch: 7,
        wrap: blob(),
    };
    let begin = JoinBeginRequest {
        invitation: Fixed(random()),
        account: Fixed(random()),
        email: "x@example.org".into(),
        language: Language::En,
        registration: registration.clone(),
    };
    let last = server.last_message(&anne.email, "a guess").await.expect("begun");
    let last = LoginRequest {
        factor: Some("123456".into()),
        ..last
    };
    let by_code = server.code_login_request(&anne.email, &wim.code).await;

    let bodies: [(&str, Value); 11] = [
        (path::JOIN_BEGIN, value_of(&begin)),
        (
            path::JOIN,
            value_of(&JoinRequest {
                mail_code: "ABCD-EFGH".into(),
                ..joining.clone()
            }),
        ),
        (path::LOGIN, value_of(&last)),
        (path::CODE_LOGIN, value_of(&by_code)),
        (path::SIGN_OUT, value_of(&sign_out)),
        (
            path::COPY,
            value_of(&CopyRequest {
                wanted: true,
                epoch: Some(epoch(&anne, &anne.device, 7, &[&anne.device])),
            }),
        ),
        (path::PASSPHRASE, value_of(&passphrase)),
        (path::CODE, value_of(&code)),
        (path::DEVICES, value_of(&add)),
        (
            path::TICKET,
            value_of(&TicketRequest {
                ticket: server.ticket(random(), random(), &anne.device.key),
            }),
        ),
        (
            path::PASSPHRASE_BEGIN,
            value_of(&PassphraseBeginRequest { registration }),
        ),
    ];
    let odd = [
        Value::Null,
        json!(0),
        json!(-1),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(1.5),
        json!(""),
        json!("A"),
        json!("AAAA"),
        json!("\u{0}"),
        json!("A".repeat(70_000)),
        json!([]),
        json!({}),
        json!(true),
    ];
    let mut asked = 0;
    for (target, body) in &bodies {
        for body in altered(body, &odd) {
            let bytes = serde_json::to_vec(&body).expect("writes");
            let mut request = server.signed(&anne, &anne.device, Method::POST, target, bytes);
            let (name, proof) = &proof(&welcome)[0];
            request = with(request, name, proof);
            let answer = server.ask(request).await;
            assert!(!answer.status.is_server_error(), "{target} {}", answer.text());
            asked += 1;
        }
    }
    assert!(asked > 1000, "{asked}");
}
