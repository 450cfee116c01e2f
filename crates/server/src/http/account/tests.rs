//! The whole contract, asked in process on a store of its own; and a client that does what an app does, but for wraps: those are
//! random bytes, since the server cannot look inside.

/// Runs each of these on both stores, as tests of their own.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
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

mod blobs;
mod client;
mod contact;
mod joining;
mod leaving;
mod lifting;
mod live;
mod login;
mod pairing;
mod requests;
mod secrecy;
mod story;
mod sync;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header::CONTENT_TYPE},
};
use data_encoding::BASE64URL_NOPAD;
use hpke::{Deserializable, Kem, Serializable, kem::X25519HkdfSha256};
use opaque_ke::ServerSetup;
use regie_protocol::{
    OwnedText, Problem, ProblemCode,
    opaque::Suite,
    signed::{
        self, Address, CodeHash, Deployment, DeploymentId, DeploymentKeys, Period, SealingKey, Signed,
        SigningKey, Statement,
    },
};
use serde::{Serialize, de::DeserializeOwned};
use tempfile::TempDir;
use tower::ServiceExt;

use crate::{
    accounts::{Accounts, Deployed},
    config::{Config, Options},
    http::{self, App},
    keys::Keys,
    letter::Letter,
    store::{Invitation, Moment, Organisation, OrganisationId, SecretHash, testing::Bed},
};

/// A server, asked without a network.
pub(super) struct Server {
    pub(super) app: Arc<App>,
    router: Router,
    root: SigningKey,
    organisation: OrganisationId,
    invited: AtomicU64,
    /// Whether other instances can be on its store.
    is_shared: bool,
    _folder: TempDir,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// What it says; fails where it was refused.
    pub(super) fn ok<T: DeserializeOwned>(&self) -> T {
        assert!(self.status.is_success(), "{:?} {}", self.status, self.text());
        serde_json::from_slice(&self.body).expect("the contract's answer")
    }

    /// That all is done, and nothing to say.
    pub(super) fn done(&self) {
        assert_eq!(
            (self.status, self.body.len()),
            (StatusCode::NO_CONTENT, 0),
            "{}",
            self.text()
        );
    }

    /// Why it was refused.
    pub(super) fn refused(&self) -> ProblemCode {
        assert!(!self.status.is_success(), "{}", self.text());
        let problem: Problem = serde_json::from_slice(&self.body).expect("a problem");
        assert_eq!(self.headers[CONTENT_TYPE], Problem::MEDIA_TYPE);
        assert_eq!(
            (problem.status, problem.code.status()),
            (self.status.as_u16(), problem.status)
        );
        problem.code
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Server {
    pub(super) async fn sqlite() -> Self {
        Self::on(Bed::sqlite().await).await
    }

    pub(super) async fn postgres() -> Self {
        Self::on(Bed::postgres().await).await
    }

    /// One that has so much room for the attachments of an account.
    pub(super) async fn with_room(bytes: u64) -> Self {
        let name = "REGIE__LIMITS__ATTACHMENT_BYTES".to_owned();
        Self::configured(Bed::sqlite().await, [(name, bytes.to_string())]).await
    }

    async fn on(bed: Bed) -> Self {
        Self::configured(bed, []).await
    }

    async fn configured<const N: usize>(bed: Bed, environment: [(String, String); N]) -> Self {
        let (ledger, is_shared) = (bed.ledger(), !bed.is_sqlite());
        let Bed {
            store, keys, folder, ..
        } = bed;
        let options = Options {
            data: Some(folder.path().join("data")),
            ..Options::default()
        };
        let config = Config::load(&options, environment).expect("a configuration");
        let root = SigningKey::from_seed(&[1; 32]);
        let organisation = OrganisationId::make_random().expect("an id");
        let accounts = Accounts {
            opaque: ServerSetup::<Suite>::deserialize(keys.opaque.expose()).expect("a set-up"),
            deployed: Some(deployed(&keys, &root)),
            keys: Arc::new(keys),
            ledger,
            store,
        };
        let new = Organisation {
            organisation,
            name: "Bakkerij".into(),
            seats: 100,
            until_day: 30_000,
        };
        accounts
            .store
            .put_organisation(new)
            .await
            .expect("an organisation");
        let app = Arc::new(App::new(config, accounts, Vec::new()));
        Self {
            router: http::router(&app, Router::new()),
            app,
            root,
            organisation,
            invited: AtomicU64::new(0),
            is_shared,
            _folder: folder,
        }
    }

    /// Some seconds pass.
    pub(super) fn later(&self, seconds: i64) {
        self.app.go_ahead(seconds);
    }

    /// One more invitation, good for a year.
    pub(super) async fn invite(&self) -> CodeHash {
        let now = self.app.now();
        self.invite_for(&self.root, now.plus(-10), now.plus(365 * 86_400))
            .await
    }

    pub(super) async fn invite_for(&self, root: &SigningKey, from: Moment, until: Moment) -> CodeHash {
        let number = self.invited.fetch_add(1, Ordering::Relaxed) + 1;
        let code = CodeHash(random());
        let statement = signed::Invitation {
            number,
            code,
            organisation: signed::OrganisationId(self.organisation.0),
            period: Period {
                from: super::signed::outward(from),
                until: super::signed::outward(until),
            },
        };
        let signed = Signed::sign(&statement, root).expect("signs");
        let invitation = Invitation {
            secret: SecretHash(code.0),
            number: i64::try_from(number).expect("a number"),
            signature: signed.signature().as_bytes().to_vec(),
            from,
            until,
        };
        let store = &self.app.accounts.store;
        store
            .put_invitations(self.organisation, vec![invitation])
            .await
            .expect("a batch");
        code
    }

    /// Mails that wait for an address, oldest first. They are taken out of the line.
    pub(super) async fn mails_to(&self, email: &str) -> Vec<Letter> {
        let store = &self.app.accounts.store;
        let waiting = store
            .due_mails(self.app.now().plus(60), 1000)
            .await
            .expect("mails");
        let mut letters = Vec::new();
        for mail in waiting {
            let letter = Letter::from_bytes(&mail.content).expect("a letter");
            if letter.to == email {
                store.drop_mail(mail.account, mail.mail).await.expect("drops");
                letters.push(letter);
            }
        }
        letters
    }

    pub(super) async fn get(&self, target: &str) -> Answer {
        self.ask(request(Method::GET, target, &[], Body::empty())).await
    }

    pub(super) async fn post(&self, target: &str, body: &impl Serialize) -> Answer {
        self.post_with(target, &[], body).await
    }

    pub(super) async fn post_with(
        &self,
        target: &str,
        headers: &[(&str, String)],
        body: &impl Serialize,
    ) -> Answer {
        let body = Body::from(serde_json::to_vec(body).expect("writes"));
        self.ask(request(Method::POST, target, headers, body)).await
    }

    pub(super) async fn ask(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.expect("a body").to_vec();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    pub(super) fn deployment(&self) -> &Deployment {
        &self
            .app
            .accounts
            .deployed
            .as_ref()
            .expect("a deployment")
            .deployment
    }
}

pub(super) fn request(method: Method, target: &str, headers: &[(&str, String)], body: Body) -> Request<Body> {
    let mut request = Request::builder()
        .method(method)
        .uri(target)
        .header(CONTENT_TYPE, "application/json");
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    request.body(body).expect("a request")
}

fn deployed(keys: &Keys, root: &SigningKey) -> Deployed {
    let setup = ServerSetup::<Suite>::deserialize(keys.opaque.expose()).expect("a set-up");
    let private = <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(keys.tickets.expose()).expect("a key");
    let tickets = X25519HkdfSha256::sk_to_pk(&private).to_bytes();
    let deployment = Deployment {
        id: DeploymentId([3; 16]),
        names: OwnedText {
            nl: "Voorbeeld".into(),
            en: "Example".into(),
        },
        addresses: vec![Address::parse("https://regie.example.nl").expect("an address")],
        keys: DeploymentKeys {
            receipts: SigningKey::from_seed(keys.receipts.expose()).verifying_key(),
            tickets: SealingKey(tickets.as_slice().try_into().expect("32 bytes")),
            opaque: setup
                .keypair()
                .public()
                .serialize()
                .as_slice()
                .try_into()
                .expect("32 bytes"),
        },
        period: Period {
            from: signed::Moment(0),
            until: signed::Moment(u64::MAX / 4),
        },
    };
    Deployed {
        root: root.verifying_key(),
        signed: Signed::sign(&deployment, root).expect("signs"),
        deployment,
    }
}

pub(super) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("randomness");
    bytes
}

pub(super) fn base64(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

/// A statement as it travels, opened by a key.
pub(super) fn opened<T: Statement>(bytes: &[u8], key: &signed::VerifyingKey) -> T {
    Signed::<T>::from_bytes(bytes)
        .and_then(|signed| signed.open_at_any_time(key))
        .expect("it holds")
}
