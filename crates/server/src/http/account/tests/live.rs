//! Streams: what they say, to whom, and when they end.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, BodyDataStream},
    http::{HeaderMap, Method, StatusCode, header::CONTENT_TYPE},
};
use futures_util::StreamExt;
use regie_protocol::{
    ProblemCode,
    account::{
        change::CopyRequest,
        device::{SignOutRequest, Which},
        login::LoginResponse,
        path,
    },
    sync::{PushResponse, path::PUSH},
    wire::Fixed,
};
use tokio::{task::JoinHandle, time::timeout};
use tower::ServiceExt;

use super::{
    Server,
    client::{Device, Person},
    sync::push,
};
use crate::{
    live,
    store::{AccountId, News},
};

/// Longer than anything takes here.
const SOON: Duration = Duration::from_secs(20);
/// Nothing that is said is said so late.
const QUIET: Duration = Duration::from_millis(400);
const POKE: &str = "event: poke\n\n";
const RECORDS: &str = "event: records\n\n";
const END: &str = "event: end\n\n";

struct Open {
    headers: HeaderMap,
    body: BodyDataStream,
}

impl Open {
    /// What it says next; nothing when it is over.
    async fn said(&mut self) -> Option<String> {
        let piece = timeout(SOON, self.body.next()).await.expect("in time")?;
        Some(String::from_utf8(piece.expect("a piece").to_vec()).expect("text"))
    }

    async fn is_quiet(&mut self) -> bool {
        timeout(QUIET, self.body.next()).await.is_err()
    }
}

impl Server {
    /// Hears the news, as a server that runs does.
    async fn hearing(&self) -> JoinHandle<()> {
        let mut news = self.app.accounts.store.hear();
        let hearing = tokio::spawn(live::hear(Arc::clone(&self.app)));
        // What was missed before is told first; streams that open later hear nothing of it.
        if self.is_shared {
            let first = timeout(SOON, news.recv()).await.expect("in time");
            assert_eq!(first, Ok(News::Missed));
        }
        hearing
    }

    async fn open(&self, person: &Person, device: &Device) -> Open {
        *device.nonce.lock().expect("a nonce") = self.nonce(device).await;
        let request = self.signed(person, device, Method::GET, path::LIVE, Vec::new());
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        assert_eq!(response.status(), StatusCode::OK);
        let (parts, body) = response.into_parts();
        Open {
            headers: parts.headers,
            body: Body::into_data_stream(body),
        }
    }

    pub(super) async fn further(&self, person: &Person) -> Device {
        let welcome: LoginResponse = self.login(&person.email, &person.passphrase).await.ok();
        self.added(&welcome).await
    }

    async fn want_copy(&self, person: &Person, device: &Device) {
        let copy = CopyRequest {
            wanted: true,
            epoch: None,
        };
        self.post_as(person, device, path::COPY, &copy).await.done();
    }
}

async fn a_stream_tells_other_devices_that_there_is_news_and_nothing_of_what(server: Server) {
    let hearing = server.hearing().await;
    let anne = server.joined("anne@example.org").await;
    let bob = server.joined("bob@example.org").await;
    let phone = server.further(&anne).await;
    let mut own = server.open(&anne, &anne.device).await;
    let mut others = server.open(&anne, &phone).await;
    let mut strangers = server.open(&bob, &bob.device).await;
    assert_eq!(others.headers[CONTENT_TYPE], "text/event-stream");
    // It may have come with the news that others told before.
    while !others.is_quiet().await {}

    server.want_copy(&anne, &anne.device).await;
    assert_eq!(others.said().await.as_deref(), Some(POKE));
    assert!(own.is_quiet().await && strangers.is_quiet().await);
    // Asking is no news: were it, two devices would keep each other asking.
    let asked = server.get_as(&anne, &phone, path::ACCOUNT).await;
    assert!(asked.status.is_success());
    assert!(own.is_quiet().await && others.is_quiet().await);

    // A newer stream of the same device takes the place of the older, which ends without a word.
    let mut newer = server.open(&anne, &phone).await;
    assert_eq!(others.said().await, None);
    server.want_copy(&anne, &anne.device).await;
    assert_eq!(newer.said().await.as_deref(), Some(POKE));
    let head = server.head_of(&anne).await;
    let pushed = push(&anne, &anne.device, head, 1, Vec::new());
    let pushed = server.say(&anne, &anne.device, PUSH, &pushed).await;
    assert!(matches!(pushed.said(), PushResponse::Stored(_)));
    assert_eq!(newer.said().await.as_deref(), Some(RECORDS), "records alone");
    assert!(own.is_quiet().await && strangers.is_quiet().await);

    server.app.begin_to_stop();
    for stream in [&mut own, &mut newer, &mut strangers] {
        assert_eq!(stream.said().await, None, "stopping ends every stream");
    }
    let late = server.get_as(&anne, &anne.device, path::LIVE).await;
    assert_eq!(late.refused(), ProblemCode::NotReady);
    hearing.abort();
}

async fn a_stream_ends_at_once_when_its_device_is_signed_out_or_the_account_is_erased(server: Server) {
    let hearing = server.hearing().await;
    let anne = server.joined("anne@example.org").await;
    let phone = server.further(&anne).await;
    let mut own = server.open(&anne, &anne.device).await;
    let mut signed_out = server.open(&anne, &phone).await;
    while !signed_out.is_quiet().await {}
    while !own.is_quiet().await {}
    let out = SignOutRequest {
        which: Which::One(Fixed(phone.id)),
        epoch: None,
    };
    server
        .post_as(&anne, &anne.device, path::SIGN_OUT, &out)
        .await
        .done();
    assert_eq!(signed_out.said().await.as_deref(), Some(END));
    assert_eq!(signed_out.said().await, None);
    let refused = server.get_as(&anne, &phone, path::LIVE).await.refused();
    assert_eq!(refused, ProblemCode::SignedOut);
    assert!(own.is_quiet().await);

    let accounts = &server.app.accounts;
    let now = server.app.now();
    accounts
        .store
        .erase_account(AccountId(anne.account), Arc::clone(&accounts.ledger), now, now)
        .await
        .expect("erases");
    assert_eq!(own.said().await.as_deref(), Some(END));
    assert_eq!(own.said().await, None);
    hearing.abort();
}

macro_rules! on_both {
    ($($name:ident),*) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(super::Server::sqlite().await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(super::Server::postgres().await).await;
            })*
        }
    };
}

on_both!(
    a_stream_tells_other_devices_that_there_is_news_and_nothing_of_what,
    a_stream_ends_at_once_when_its_device_is_signed_out_or_the_account_is_erased
);
