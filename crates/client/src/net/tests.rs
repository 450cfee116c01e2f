use std::io::{Read, Write};
use std::net::TcpListener;

use proptest::prelude::*;
use regie_protocol::{
    OwnedText,
    account::path,
    processor,
    signed::{Deployment, DeploymentId, DeploymentKeys, Moment, Period, SealingKey, SigningKey},
};

use super::*;

fn deployment(addresses: &[&str]) -> Deployment {
    Deployment {
        id: DeploymentId([1; 16]),
        names: OwnedText {
            nl: "Proef".into(),
            en: "Trial".into(),
        },
        addresses: addresses
            .iter()
            .map(|address| Address::parse(address).expect("an address"))
            .collect(),
        keys: DeploymentKeys {
            receipts: SigningKey::from_seed(&[2; 32]).verifying_key(),
            tickets: SealingKey([3; 32]),
            opaque: [4; 32],
        },
        period: Period {
            from: Moment(0),
            until: Moment(1),
        },
    }
}

fn get(target: &str) -> Outgoing {
    Outgoing::get(target, RequestPurpose::Account)
}

/// Answers one connection with these bytes, and hands back what was asked.
fn once(answer: Vec<u8>) -> (String, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let served = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let (mut asked, mut piece) = (Vec::new(), [0; 4096]);
        while !asked.windows(4).any(|end| end == b"\r\n\r\n") {
            let read = stream.read(&mut piece).expect("reads");
            asked.extend_from_slice(&piece[..read]);
        }
        let _ = stream.write_all(&answer);
        String::from_utf8_lossy(&asked).into_owned()
    });
    (address, served)
}

proptest! {
    #[test]
    fn whatever_is_asked_goes_to_an_address_of_the_deployment(
        target in prop_oneof!["/v1/.{0,30}", ".{0,30}", "@evil.example/v1/x", "/v1/\\\\evil.example", "/recipients.{0,3}"],
        port in 1024_u16..
    ) {
        let known = deployment(&["https://regie.example", "https://andere.example:8443"]);
        let reach = Reach::of(&known);
        for address in &known.addresses {
            if let Some(url) = reach.url(address, &target) {
                prop_assert_eq!(url.origin().ascii_serialization(), address.as_str());
                prop_assert!((url.path().starts_with("/v1/") || target == processor::PATH) && url.username().is_empty());
            }
        }
        let other = Address::parse(&format!("https://regie.example:{port}"))?;
        prop_assert!(known.has_address(&other) || reach.url(&other, "/v1/account").is_none());
        let look = Reach::Look(other.clone());
        prop_assert_eq!(look.url(&other, &target).is_some(), target == path::DEPLOYMENT);
        prop_assert!(look.url(&other, path::DEPLOYMENT).is_some());
    }
}

#[test]
fn a_request_says_nothing_of_who_asks_and_follows_no_redirect() {
    let (address, served) = once(
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/elsewhere\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n".to_vec(),
    );
    let net = Net::default();
    let answer = net
        .send(&Reach::of(&deployment(&[&address])), &get("/v1/account"))
        .expect("an answer");
    assert_eq!(answer.status, 302);
    assert_eq!(answer.succeeded(), Err(AccountError::BadAnswer));
    let asked = served.join().expect("served").to_lowercase();
    let lines: Vec<_> = asked.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(lines.first(), Some(&"get /v1/account http/1.1"));
    let mut names: Vec<_> = lines
        .iter()
        .skip(1)
        .filter_map(|line| line.split(':').next())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["accept", "host", "user-agent"]);
    assert!(asked.contains("user-agent: regie\r\n"));
    assert!(!net.is_offline());
}

#[test]
fn hostile_answers_are_refused_and_nobody_is_offline() {
    let endless = [
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9000000\r\n\r\n".to_vec(),
        vec![b'x'; 9_000_000],
    ]
    .concat();
    let (address, _served) = once(endless);
    let sent = Net::default().send(&Reach::of(&deployment(&[&address])), &get("/v1/account"));
    assert_eq!(sent.err(), Some(Failure::TooMuch));
    let problem = r#"{"type":"x","title":"x","status":429,"code":"too-many-requests"}"#;
    let answer =
        |head: &str, body: &str| format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    for (body, error) in [
        (answer("200 OK", "{\"no\""), AccountError::BadAnswer),
        (answer("404 Not Found", "no"), AccountError::BadAnswer),
        (answer("502 Bad Gateway", "no"), AccountError::Offline),
        (
            answer(
                "429 X\r\nRetry-After: 7\r\nContent-Type: application/problem+json",
                problem,
            ),
            AccountError::Busy { wait_seconds: 7 },
        ),
    ] {
        let (address, _served) = once(body.into_bytes());
        let answer = Net::default().send(&Reach::of(&deployment(&[&address])), &get("/v1/account"));
        let read = answer.expect("an answer").read::<Vec<u8>>();
        assert_eq!(read.err(), Some(error));
    }
}

#[test]
fn the_next_address_is_tried_and_nobody_there_is_no_fault() {
    let (address, served) = once(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]".to_vec());
    let gone = "http://127.0.0.1:9";
    let net = Net::default();
    let answer = net
        .send(&Reach::of(&deployment(&[gone, &address])), &get("/v1/account"))
        .expect("an answer");
    assert_eq!(answer.read::<Vec<u8>>(), Ok(Vec::new()));
    served.join().expect("served");
    let sent = net.send(&Reach::of(&deployment(&[gone])), &get("/v1/account"));
    assert_eq!(sent.err(), Some(Failure::Unreachable));
    assert!(net.is_offline());
}

#[test]
fn locking_ends_a_request_that_waits() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let net = std::sync::Arc::new(Net::default());
    let waiting = {
        let (net, reach) = (std::sync::Arc::clone(&net), Reach::of(&deployment(&[&address])));
        std::thread::spawn(move || net.send(&reach, &get("/v1/account")).err())
    };
    let _held = listener.accept().expect("a connection");
    while !waiting.is_finished() {
        net.stop();
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_eq!(waiting.join().expect("ends"), Some(Failure::Stopped));
}
