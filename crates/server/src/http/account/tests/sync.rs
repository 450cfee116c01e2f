//! Sync over HTTP: what two devices push and pull, and what is refused.

use axum::{
    body::Body,
    http::{HeaderValue, Method, Request, StatusCode, header::CONTENT_TYPE},
};
use regie_protocol::{
    ProblemCode,
    account::{
        change::CopyRequest,
        device::{SignOutRequest, Which},
        path as account_path,
    },
    signed::{
        self, ChangeHeader, ChangeStatement, DevicePublic, Entry, EpochHeader, EpochStatement, Head, Header,
        RollHash, SealedWay, SealingKey,
    },
    sync::{
        Envelope, EnvelopeHash, EpochBegun, FetchRequest, FetchResponse, HeadRequest, HeadResponse,
        HeadersRequest, HeadersResponse, Label, ListRequest, ListResponse, Page, PullRequest, PullResponse,
        PushRequest, PushResponse, RecordId, RestartRequest, Revision, VersionsResponse, Wire, limits, path,
    },
    wire::{Blob, Fixed},
};

use super::{
    Answer, Server,
    client::{Device, Person, blob, epoch},
    random,
};

on_both!(
    what_one_device_pushes_the_other_pulls_and_both_come_to_the_same_head,
    an_epoch_comes_with_sign_out_and_the_header_that_vouches_or_not_at_all,
    a_server_that_was_set_back_is_told_the_epochs_that_it_lost,
);

impl Answer {
    pub(super) fn said<T: Wire>(&self) -> T {
        assert!(self.status.is_success(), "{:?} {}", self.status, self.text());
        assert_eq!(self.headers[CONTENT_TYPE], "application/cbor");
        T::from_bytes(&self.body).expect("the contract's answer")
    }
}

/// An envelope of the smallest size, of which nobody could open a byte.
pub(super) fn envelope(id: RecordId, epoch: u64, deleted: bool) -> Vec<u8> {
    let label = Label {
        epoch,
        id,
        revision: Revision(random()),
        parent: None,
        deleted,
    };
    let sealed = random::<1064>().to_vec();
    Envelope { label, sealed }.to_bytes().expect("an envelope")
}

pub(super) fn record() -> RecordId {
    RecordId(random())
}

fn statement(person: &Person, device: &Device, head: Head, epoch: u64) -> ChangeStatement {
    ChangeStatement {
        account: signed::AccountId(person.account),
        sequence: head.sequence + 1,
        before: head.hash,
        epoch,
        device: signed::DeviceId(device.id),
        records: 1,
        roll: RollHash(random()),
        entries: Vec::new(),
    }
}

fn made(statement: ChangeStatement, device: &Device) -> ChangeHeader {
    ChangeHeader::make(statement, &random(), &random(), &device.key).expect("a header")
}

pub(super) fn push(
    person: &Person,
    device: &Device,
    head: Head,
    epoch: u64,
    envelopes: Vec<Vec<u8>>,
) -> PushRequest {
    let header = made(statement(person, device, head, epoch), device);
    PushRequest {
        header: header.to_bytes().expect("bytes"),
        envelopes,
        keep: Vec::new(),
        drop: Vec::new(),
    }
}

fn head_of(push: &PushRequest) -> Head {
    let header = ChangeHeader::from_bytes(&push.header).expect("a header");
    Header::Change(header).head().expect("a head")
}

impl Server {
    pub(super) async fn head_of(&self, person: &Person) -> Head {
        let account = crate::store::AccountId(person.account);
        let head = self.app.accounts.store.head(account).await.expect("a head");
        Head {
            sequence: head.sequence.unsigned_abs(),
            hash: signed::HeaderHash(head.hash),
        }
    }

    fn says(&self, person: &Person, device: &Device, target: &str, body: Vec<u8>) -> Request<Body> {
        let mut request = self.signed(person, device, Method::POST, target, body);
        let kind = HeaderValue::from_static("application/cbor");
        request.headers_mut().insert(CONTENT_TYPE, kind);
        request
    }

    /// Says something as a device.
    pub(super) async fn say(
        &self,
        person: &Person,
        device: &Device,
        target: &str,
        said: &impl Wire,
    ) -> Answer {
        let body = said.to_bytes().expect("bytes");
        let request = self.says(person, device, target, body);
        self.ask_as(device, request).await
    }

    async fn page(&self, person: &Person, device: &Device, request: PullRequest) -> Page {
        match self.say(person, device, path::PULL, &request).await.said() {
            PullResponse::Page(page) => page,
            PullResponse::Same => panic!("there is something"),
        }
    }
}

async fn what_one_device_pushes_the_other_pulls_and_both_come_to_the_same_head(server: Server) {
    let anne = server.joined("anne@example.org").await;
    let (phone, laptop) = (&anne.device, server.further(&anne).await);
    let versions: VersionsResponse = server.get(path::VERSIONS).await.ok();
    assert_eq!(versions, VersionsResponse::THIS);
    let start = server.head_of(&anne).await;
    let (one, two) = (record(), record());

    // Both push behind the same head: the first one is stored, the other one pulls.
    let first = push(&anne, phone, start, 1, vec![envelope(one, 1, false)]);
    let rival = push(&anne, &laptop, start, 1, vec![envelope(two, 1, false)]);
    let there = head_of(&first);
    let said: PushResponse = server.say(&anne, phone, path::PUSH, &first).await.said();
    assert_eq!(said, PushResponse::Stored(there));
    let said: PushResponse = server.say(&anne, &laptop, path::PUSH, &rival).await.said();
    assert_eq!(said, PushResponse::Ahead(there));
    let page = server.page(&anne, &laptop, PullRequest::After(start)).await;
    assert_eq!((page.head, page.to), (there, there.sequence));
    let headers = page.read_headers().expect("headers");
    let reached = signed::chain::check_stretch(signed::AccountId(anne.account), start, &headers);
    assert_eq!(reached, Ok(there), "a device can follow them");
    assert_eq!(page.records[0].envelope, first.envelopes[0]);
    let joined = Entry::Joined(public(&laptop));
    let mut second = statement(&anne, &laptop, there, 1);
    second.entries = vec![joined];
    let second = PushRequest {
        header: made(second, &laptop).to_bytes().expect("bytes"),
        envelopes: rival.envelopes,
        keep: Vec::new(),
        drop: Vec::new(),
    };
    let there = head_of(&second);
    let said: PushResponse = server.say(&anne, &laptop, path::PUSH, &second).await.said();
    assert_eq!(said, PushResponse::Stored(there));
    // Its answer was lost: the same bytes under another number.
    let said: PushResponse = server.say(&anne, &laptop, path::PUSH, &second).await.said();
    assert_eq!(said, PushResponse::Stored(there));
    let same = server
        .say(&anne, phone, path::PULL, &PullRequest::After(there))
        .await;
    assert_eq!(same.said::<PullResponse>(), PullResponse::Same);

    let down = server.page(&anne, phone, PullRequest::Down(there.sequence)).await;
    let ids: Vec<_> = down
        .records
        .iter()
        .map(|record| record.read_envelope().expect("one").label.id)
        .collect();
    assert_eq!((ids, down.to, down.headers.len()), (vec![two, one], 1, 0));
    let standing: HeadResponse = server.say(&anne, phone, path::HEAD, &HeadRequest).await.said();
    assert_eq!(standing.head.header().expect("a header").head(), Ok(there));
    assert_eq!(
        standing.devices,
        [public(&laptop)],
        "who joined by a header, and nobody by the list alone"
    );
    standing.read_roll().expect("a roll");
    let all = HeadersRequest {
        after: 0,
        to: there.sequence,
    };
    let all: HeadersResponse = server.say(&anne, phone, path::HEADERS, &all).await.said();
    assert_eq!((all.head, all.headers.len()), (there, 3));

    let list: ListResponse = server
        .say(&anne, phone, path::LIST, &ListRequest { after: None })
        .await
        .said();
    let mut expected = [(one, &first.envelopes[0]), (two, &second.envelopes[0])];
    expected.sort();
    let rows: Vec<_> = list.rows.iter().map(|row| (row.id, row.hash)).collect();
    assert_eq!((list.head, list.more), (there, false));
    assert_eq!(rows, expected.map(|(id, bytes)| (id, EnvelopeHash::of(bytes))));
    let mut ids = vec![one, record()];
    ids.sort();
    let fetched: FetchResponse = server
        .say(&anne, phone, path::FETCH, &FetchRequest { ids })
        .await
        .said();
    assert_eq!(fetched.records.len(), 1);
    assert_eq!(fetched.records[0].envelope, first.envelopes[0]);
}

/// A device as a header names it; the server compares its keys with nothing.
fn public(device: &Device) -> DevicePublic {
    DevicePublic {
        device: signed::DeviceId(device.id),
        sign_key: *device.key.verifying_key().as_bytes(),
        seal_key: SealingKey([9; 32]),
    }
}

/// What begins an epoch behind a head, with wraps for these devices.
fn begins(person: &Person, maker: &Device, head: Head, number: u64) -> EpochHeader {
    let statement = EpochStatement {
        account: signed::AccountId(person.account),
        sequence: head.sequence + 1,
        before: Some(head.hash),
        number,
        device: signed::DeviceId(maker.id),
        records: 0,
        ways: vec![SealedWay {
            way: "code".into(),
            key: SealingKey([3; 32]),
            wrap: [4; 32],
        }],
        key_before: vec![5; 72],
    };
    EpochHeader::make(statement, &[6; 32], &maker.key).expect("a header")
}

async fn an_epoch_comes_with_sign_out_and_the_header_that_vouches_or_not_at_all(server: Server) {
    let anne = server.joined("anne@example.org").await;
    let (phone, tablet) = (&anne.device, server.further(&anne).await);
    let start = server.head_of(&anne).await;
    let first = push(&anne, phone, start, 1, vec![envelope(record(), 1, false)]);
    let there = head_of(&first);
    server
        .say(&anne, phone, path::PUSH, &first)
        .await
        .said::<PushResponse>();

    let out = |header: &EpochHeader, set: Option<ChangeHeader>| SignOutRequest {
        which: Which::One(Fixed(tablet.id)),
        epoch: Some(regie_protocol::account::device::Epoch {
            statement: Blob(header.to_bytes().expect("bytes")),
            set: set.map(|set| Blob(set.to_bytes().expect("bytes"))),
            ..epoch(&anne, phone, 2, &[phone])
        }),
    };
    let begun = begins(&anne, phone, there, 2);
    let behind = begun.head().expect("a head");
    let set = |maker: &Device, head| Some(made(statement(&anne, maker, head, 2), maker));
    let stale = begins(&anne, phone, start, 2);
    for (code, request) in [
        (ProblemCode::HeaderRefused, out(&begun, None)),
        (ProblemCode::HeaderRefused, out(&begun, set(phone, there))),
        (ProblemCode::HeaderRefused, out(&begun, set(&tablet, behind))),
        (
            ProblemCode::HeaderRefused,
            out(&begins(&anne, &tablet, there, 2), set(phone, behind)),
        ),
        (
            ProblemCode::HeadMoved,
            out(&stale, set(phone, stale.head().expect("a head"))),
        ),
    ] {
        let refused = server
            .post_as(&anne, phone, account_path::SIGN_OUT, &request)
            .await;
        assert_eq!(refused.refused(), code);
        assert_eq!(server.head_of(&anne).await, there, "all of it or nothing");
    }
    let set = made(statement(&anne, phone, behind, 2), phone);
    let request = out(&begun, Some(set.clone()));
    server
        .post_as(&anne, phone, account_path::SIGN_OUT, &request)
        .await
        .done();
    let there = Header::Change(set).head().expect("a head");
    assert_eq!(server.head_of(&anne).await, there);

    let late = push(&anne, &tablet, there, 2, Vec::new());
    let refused = server.say(&anne, &tablet, path::PUSH, &late).await;
    assert_eq!(refused.refused(), ProblemCode::SignedOut);
    let old = push(&anne, phone, there, 1, vec![envelope(record(), 1, false)]);
    let refused = server.say(&anne, phone, path::PUSH, &old).await;
    assert_eq!(refused.refused(), ProblemCode::EpochEnded);
    let new = push(&anne, phone, there, 2, vec![envelope(record(), 2, false)]);
    server
        .say(&anne, phone, path::PUSH, &new)
        .await
        .said::<PushResponse>();

    // Without a copy here nothing is taken.
    let there = server.head_of(&anne).await;
    let no_copy = CopyRequest {
        wanted: false,
        epoch: None,
    };
    server
        .post_as(&anne, phone, account_path::COPY, &no_copy)
        .await
        .done();
    let late = push(&anne, phone, there, 2, Vec::new());
    let refused = server.say(&anne, phone, path::PUSH, &late).await;
    assert_eq!(refused.refused(), ProblemCode::NoCopy);
    let page = server.page(&anne, phone, PullRequest::Down(there.sequence)).await;
    assert_eq!((page.head, page.records.len()), (there, 0));
}

async fn a_server_that_was_set_back_is_told_the_epochs_that_it_lost(server: Server) {
    let anne = server.joined("anne@example.org").await;
    let phone = &anne.device;
    let there = server.head_of(&anne).await;
    // What the server lost: 2 at a place of its own, and a head beyond it.
    let elsewhere = Head {
        sequence: 5,
        hash: signed::HeaderHash([7; 32]),
    };
    let lost = begins(&anne, phone, elsewhere, 2);
    let known = Head {
        sequence: 9,
        hash: signed::HeaderHash([8; 32]),
    };
    let mut next = begins(
        &anne,
        phone,
        Head {
            sequence: known.sequence,
            ..there
        },
        3,
    );
    let restart = |next: &EpochHeader, entries| {
        let mut behind = statement(&anne, phone, next.head().expect("a head"), 3);
        behind.entries = entries;
        RestartRequest {
            put_back: vec![lost.to_bytes().expect("bytes")],
            epoch: EpochBegun {
                header: next.to_bytes().expect("bytes"),
                wraps: epoch(&anne, phone, 3, &[phone])
                    .wraps
                    .into_iter()
                    .map(|wrap| (wrap.way, wrap.sealed.0))
                    .collect(),
                identity: epoch(&anne, phone, 3, &[phone]).identity,
            },
            header: made(behind, phone).to_bytes().expect("bytes"),
        }
    };
    let entries = vec![Entry::Restart(known), Entry::Joined(public(phone))];
    let none = server
        .say(&anne, phone, path::RESTART, &restart(&next, Vec::new()))
        .await;
    assert_eq!(none.refused(), ProblemCode::Malformed, "a restart says so");
    let request = restart(&next, entries.clone());
    let said: PushResponse = server.say(&anne, phone, path::RESTART, &request).await.said();
    let reached = server.head_of(&anne).await;
    assert_eq!((said, reached.sequence), (PushResponse::Stored(reached), 11));
    let said: PushResponse = server.say(&anne, phone, path::RESTART, &request).await.said();
    assert_eq!(said, PushResponse::Stored(reached));
    let standing: HeadResponse = server.say(&anne, phone, path::HEAD, &HeadRequest).await.said();
    let (epochs, _) = standing.read_roll().expect("a roll");
    assert_eq!(
        epochs
            .iter()
            .map(|one| one.statement().number)
            .collect::<Vec<_>>(),
        [1, 2, 3]
    );
    assert_eq!(standing.devices, [public(phone)]);
    let page = server.page(&anne, phone, PullRequest::After(there)).await;
    let headers = page.read_headers().expect("headers");
    let account = signed::AccountId(anne.account);
    assert_eq!(
        signed::chain::check_stretch(account, there, &headers),
        Ok(reached)
    );

    let elsewhere = Head {
        hash: there.hash,
        ..reached
    };
    next = begins(&anne, phone, elsewhere, 3);
    let behind = server
        .say(&anne, phone, path::RESTART, &restart(&next, entries))
        .await;
    assert_eq!(behind.refused(), ProblemCode::EpochEnded);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_refused_by_name_and_changes_nothing() {
    let server = Server::sqlite().await;
    let (anne, bob) = (
        server.joined("anne@example.org").await,
        server.joined("bob@example.org").await,
    );
    let (phone, other) = (&anne.device, server.further(&anne).await);
    let there = server.head_of(&anne).await;
    let id = record();
    let with = |header: ChangeHeader, envelopes| PushRequest {
        header: header.to_bytes().expect("bytes"),
        envelopes,
        keep: Vec::new(),
        drop: Vec::new(),
    };
    let by_other = made(statement(&anne, phone, there, 1), &other);
    let of_bob = made(statement(&bob, phone, there, 1), phone);
    let mut skips = statement(&anne, phone, there, 1);
    skips.sequence += 1;
    let twice = vec![envelope(id, 1, false), envelope(id, 1, false)];
    let right = || made(statement(&anne, phone, there, 1), phone);
    for (code, request) in [
        (ProblemCode::HeaderRefused, with(by_other, Vec::new())),
        (ProblemCode::HeaderRefused, with(of_bob, Vec::new())),
        (
            ProblemCode::HeaderRefused,
            push(&anne, &other, there, 1, Vec::new()),
        ),
        (ProblemCode::HeaderRefused, with(made(skips, phone), Vec::new())),
        (
            ProblemCode::EpochEnded,
            push(&anne, phone, Head { sequence: 4, ..there }, 3, Vec::new()),
        ),
        (ProblemCode::Malformed, with(right(), twice)),
        (
            ProblemCode::Malformed,
            with(right(), vec![envelope(id, 2, false)]),
        ),
        (ProblemCode::Malformed, with(right(), vec![vec![0; 1139]])),
        (
            ProblemCode::Malformed,
            PushRequest {
                header: blob().0,
                envelopes: Vec::new(),
                keep: Vec::new(),
                drop: Vec::new(),
            },
        ),
    ] {
        let refused = server.say(&anne, phone, path::PUSH, &request).await;
        assert_eq!(refused.refused(), code);
    }
    let good = with(right(), vec![envelope(id, 1, false)])
        .to_bytes()
        .expect("bytes");
    let json = server.signed(&anne, phone, Method::POST, path::PUSH, good.clone());
    assert_eq!(
        server.ask_as(phone, json).await.refused(),
        ProblemCode::UnsupportedMedia
    );
    let mut later = good.clone();
    later[1] = 2;
    let later = server.says(&anne, phone, path::PUSH, later);
    assert_eq!(
        server.ask_as(phone, later).await.refused(),
        ProblemCode::ServerTooOld
    );
    let unsigned = super::request(Method::POST, path::PUSH, &[], Body::from(good));
    assert_eq!(server.ask(unsigned).await.refused(), ProblemCode::NotSigned);
    let long = server.says(&anne, phone, path::PUSH, vec![0; limits::LONGEST_MESSAGE + 1]);
    assert_eq!(
        server.ask_as(phone, long).await.refused(),
        ProblemCode::BodyTooLarge
    );
    let long = vec![b' '; (1 << 20) + 1];
    let long = server.signed(&anne, phone, Method::POST, account_path::COPY, long);
    assert_eq!(
        server.ask_as(phone, long).await.refused(),
        ProblemCode::BodyTooLarge,
        "elsewhere as before"
    );
    assert_eq!(server.head_of(&anne).await, there);

    // More than other bodies may be.
    let number = limits::LONGEST_ENVELOPE * 7 / 8;
    let sealed = regie_protocol::sync::envelope::padded_length(number).expect("a length") + 40;
    let whole = Envelope::from_bytes(&envelope(id, 1, false)).expect("an envelope");
    let large = Envelope {
        sealed: vec![7; sealed],
        ..whole
    }
    .to_bytes()
    .expect("an envelope");
    let large = push(&anne, phone, there, 1, vec![large]);
    let said: PushResponse = server.say(&anne, phone, path::PUSH, &large).await.said();
    assert_eq!(said, PushResponse::Stored(head_of(&large)));
    let page = server.page(&anne, phone, PullRequest::After(there)).await;
    assert_eq!(page.records[0].envelope, large.envelopes[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_byte_of_any_message_is_a_fault_of_the_server() {
    let server = Server::sqlite().await;
    let anne = server.joined("anne@example.org").await;
    let phone = &anne.device;
    let there = server.head_of(&anne).await;
    let first = push(&anne, phone, there, 1, vec![envelope(record(), 1, false)]);
    let bytes = |said: &dyn Fn() -> Vec<u8>| said();
    let messages: [(&str, Vec<u8>); 6] = [
        (path::PUSH, bytes(&|| first.to_bytes().expect("bytes"))),
        (
            path::PULL,
            bytes(&|| PullRequest::After(there).to_bytes().expect("bytes")),
        ),
        (
            path::PULL,
            bytes(&|| PullRequest::Down(7).to_bytes().expect("bytes")),
        ),
        (
            path::HEADERS,
            bytes(&|| {
                HeadersRequest {
                    after: 1,
                    to: u64::MAX,
                }
                .to_bytes()
                .expect("bytes")
            }),
        ),
        (
            path::LIST,
            bytes(&|| {
                ListRequest {
                    after: Some(record()),
                }
                .to_bytes()
                .expect("bytes")
            }),
        ),
        (
            path::FETCH,
            bytes(&|| FetchRequest { ids: vec![record()] }.to_bytes().expect("bytes")),
        ),
    ];
    let mut asked = 0;
    for (target, message) in messages {
        let step = (message.len() / 60).max(1);
        for place in (0..message.len()).step_by(step) {
            let mut altered = message.clone();
            altered[place] ^= 1 << (place % 8);
            let cut = message[..place].to_vec();
            for body in [altered, cut] {
                let request = server.says(&anne, phone, target, body);
                let answer = server.ask_as(phone, request).await;
                assert_ne!(
                    answer.status,
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "{target} at {place}"
                );
                asked += 1;
            }
        }
    }
    assert!(asked > 300, "{asked}");
}
