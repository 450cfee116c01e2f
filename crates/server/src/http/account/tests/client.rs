//! What an app does, as far as the server can tell.

use std::sync::{
    Mutex,
    atomic::{AtomicU64, Ordering},
};

use axum::{
    body::Body,
    http::{Method, Request},
};
use hpke::{
    Deserializable, Kem, OpModeS, Serializable, aead::ChaCha20Poly1305, kdf::HkdfSha256,
    kem::X25519HkdfSha256,
};
use opaque_ke::{
    ClientLogin, ClientLoginFinishParameters, ClientRegistration, ClientRegistrationFinishParameters,
    CredentialResponse, RegistrationResponse,
};
use rand_core_06::OsRng;
use regie_protocol::{
    Language,
    account::{
        NonceResponse,
        device::{DeviceAddRequest, DeviceAddResponse, DeviceKeys, Epoch, Identity, Wrap, way_of},
        header,
        join::{CodeKeys, Credential, JoinBeginRequest, JoinBeginResponse, JoinRequest, JoinResponse},
        login::{
            CODE_CONTEXT, CodeLoginBeginRequest, CodeLoginBeginResponse, CodeLoginRequest, LoginBeginRequest,
            LoginBeginResponse, LoginRequest, LoginResponse,
        },
        path,
    },
    opaque::Suite,
    signed::{
        self, BodyHash, CodeHash, EpochHeader, EpochStatement, Nonce, SealedWay, SealingKey, SigningKey,
        Ticket, ticket,
    },
    statement,
    wire::{Blob, Fixed},
};
use serde::Serialize;

use super::{Answer, Server, base64, random, request};

/// A device of somebody.
pub(super) struct Device {
    pub(super) id: [u8; 16],
    pub(super) key: SigningKey,
    pub(super) numbers: AtomicU64,
    pub(super) nonce: Mutex<Vec<u8>>,
}

impl Device {
    pub(super) fn new() -> Self {
        Self {
            id: random(),
            key: SigningKey::from_seed(&random()),
            numbers: AtomicU64::new(0),
            nonce: Mutex::default(),
        }
    }

    pub(super) fn keys(&self) -> DeviceKeys {
        DeviceKeys {
            device: Fixed(self.id),
            sign_key: Fixed(*self.key.verifying_key().as_bytes()),
            seal_key: Fixed(random()),
            name: blob(),
            platform: blob(),
        }
    }
}

/// Somebody with an account.
pub(super) struct Person {
    pub(super) account: [u8; 16],
    pub(super) email: String,
    pub(super) passphrase: String,
    pub(super) code: SigningKey,
    pub(super) device: Device,
    pub(super) invitation: CodeHash,
}

/// Something that the server cannot look into.
pub(super) fn blob() -> Blob {
    Blob(random::<80>().to_vec())
}

/// What begins an epoch; each one before was made by the person's first device.
pub(super) fn epoch_header(person: &Person, maker: &Device, number: u64) -> EpochHeader {
    let before = (number > 1).then(|| epoch_header(person, &person.device, number - 1));
    let statement = EpochStatement {
        account: signed::AccountId(person.account),
        sequence: number,
        before: before.map(|header| header.hash().expect("a hash")),
        number,
        device: signed::DeviceId(maker.id),
        records: 0,
        ways: vec![SealedWay {
            way: "code".into(),
            key: SealingKey([3; 32]),
            wrap: [4; 32],
        }],
        key_before: if number == 1 { Vec::new() } else { vec![5; 72] },
    };
    EpochHeader::make(statement, &[6; 32], &maker.key).expect("a header")
}

pub(super) fn epoch(person: &Person, maker: &Device, number: u64, devices: &[&Device]) -> Epoch {
    let mut ways = vec!["passphrase".to_owned(), "code".to_owned()];
    ways.extend(devices.iter().map(|device| way_of(device.id)));
    Epoch {
        number: i64::try_from(number).expect("a number"),
        statement: Blob(epoch_header(person, maker, number).to_bytes().expect("bytes")),
        wraps: ways.into_iter().map(|way| Wrap { way, sealed: blob() }).collect(),
        set: None,
        identity: Identity {
            sign_key: Fixed(*SigningKey::from_seed(&random()).verifying_key().as_bytes()),
            seal_key: Fixed(random()),
            statement: blob(),
        },
    }
}

pub(super) fn code_keys(code: &SigningKey) -> CodeKeys {
    CodeKeys {
        auth_key: Fixed(*code.verifying_key().as_bytes()),
        seal_key: Fixed(random()),
        for_devices: blob(),
    }
}

/// A registration that was begun.
pub(super) fn registration(passphrase: &str) -> (ClientRegistration<Suite>, Blob) {
    let begun = ClientRegistration::start(&mut OsRng, passphrase.as_bytes()).expect("begins");
    (begun.state, Blob(begun.message.serialize().to_vec()))
}

/// What comes of it.
pub(super) fn registered(state: ClientRegistration<Suite>, passphrase: &str, response: &Blob) -> Credential {
    let response = RegistrationResponse::deserialize(&response.0).expect("a response");
    let parameters = ClientRegistrationFinishParameters::default();
    let ended = state
        .finish(&mut OsRng, passphrase.as_bytes(), response, parameters)
        .expect("ends");
    Credential {
        record: Blob(ended.message.serialize().to_vec()),
        passphrase_key: Fixed(random()),
    }
}

impl Server {
    /// Begins to join.
    pub(super) async fn join_begin(&self, person: &Person, registration: Blob) -> Answer {
        let begin = JoinBeginRequest {
            invitation: Fixed(person.invitation.0),
            account: Fixed(person.account),
            email: person.email.clone(),
            language: Language::Nl,
            registration,
        };
        self.post(path::JOIN_BEGIN, &begin).await
    }

    /// A person who is about to join.
    pub(super) async fn person(&self, email: &str) -> Person {
        Person {
            account: random(),
            email: email.to_owned(),
            passphrase: "zes woorden die niemand raadt".to_owned(),
            code: SigningKey::from_seed(&random()),
            device: Device::new(),
            invitation: self.invite().await,
        }
    }

    /// Everything that a person brings to join, after the mail came.
    pub(super) async fn joining(&self, person: &Person) -> JoinRequest {
        let (state, registration) = registration(&person.passphrase);
        let begun: JoinBeginResponse = self.join_begin(person, registration).await.ok();
        let code = self
            .mails_to(&person.email)
            .await
            .pop()
            .expect("a mail")
            .code
            .clone();
        JoinRequest {
            mail_code: code.expect("a code"),
            credential: registered(state, &person.passphrase, &begun.registration),
            ..join_request(person, begun.ticket)
        }
    }

    /// Somebody who joined.
    pub(super) async fn joined(&self, email: &str) -> Person {
        let person = self.person(email).await;
        let request = self.joining(&person).await;
        let joined: JoinResponse = self.post(path::JOIN, &request).await.ok();
        *person.device.nonce.lock().expect("a nonce") = joined.nonce.0;
        person
    }

    pub(super) async fn nonce(&self, device: &Device) -> Vec<u8> {
        let target = format!("{}?device={}", path::NONCE, base64(&device.id));
        self.get(&target).await.ok::<NonceResponse>().nonce.0
    }

    /// A request that a device of an account signs.
    pub(super) fn signed(
        &self,
        person: &Person,
        device: &Device,
        method: Method,
        target: &str,
        body: Vec<u8>,
    ) -> Request<Body> {
        let number = device.numbers.fetch_add(1, Ordering::Relaxed) + 1;
        let nonce = device.nonce.lock().expect("a nonce").clone();
        let said = signed::Request {
            method: method.as_str(),
            target,
            body: BodyHash::of(&body),
            account: signed::AccountId(person.account),
            device: signed::DeviceId(device.id),
            number,
            nonce: Nonce::from_bytes(&nonce).expect("a nonce"),
        };
        let signature = said.sign(&device.key).expect("signs");
        let headers = [
            (header::ACCOUNT, base64(&person.account)),
            (header::DEVICE, base64(&device.id)),
            (header::NUMBER, number.to_string()),
            (header::NONCE, base64(&nonce)),
            (header::SIGNATURE, base64(signature.as_bytes())),
        ];
        request(method, target, &headers, Body::from(body))
    }

    /// Asks as a device, and takes the fresh nonce.
    pub(super) async fn ask_as(&self, device: &Device, request: Request<Body>) -> Answer {
        let answer = self.ask(request).await;
        let fresh = answer.headers[header::NONCE].as_bytes();
        *device.nonce.lock().expect("a nonce") =
            data_encoding::BASE64URL_NOPAD.decode(fresh).expect("a nonce");
        answer
    }

    pub(super) async fn get_as(&self, person: &Person, device: &Device, target: &str) -> Answer {
        let request = self.signed(person, device, Method::GET, target, Vec::new());
        self.ask_as(device, request).await
    }

    pub(super) async fn post_as(
        &self,
        person: &Person,
        device: &Device,
        target: &str,
        body: &impl Serialize,
    ) -> Answer {
        let body = serde_json::to_vec(body).expect("writes");
        let request = self.signed(person, device, Method::POST, target, body);
        self.ask_as(device, request).await
    }

    /// A login as far as its last message.
    pub(super) async fn last_message(&self, email: &str, passphrase: &str) -> Result<LoginRequest, Answer> {
        let begun = ClientLogin::<Suite>::start(&mut OsRng, passphrase.as_bytes()).expect("begins");
        let begin = LoginBeginRequest {
            email: email.to_owned(),
            request: Blob(begun.message.serialize().to_vec()),
        };
        let answer = self.post(path::LOGIN_BEGIN, &begin).await;
        if !answer.status.is_success() {
            return Err(answer);
        }
        let response: LoginBeginResponse = answer.ok();
        let credential = CredentialResponse::deserialize(&response.response.0).expect("a response");
        let parameters = ClientLoginFinishParameters::default();
        let ended = begun
            .state
            .finish(&mut OsRng, passphrase.as_bytes(), credential, parameters);
        Ok(LoginRequest {
            ticket: response.ticket,
            // A wrong passphrase shows on the device already; who guesses sends something all the same.
            finalization: Blob(ended.map_or(random::<64>().to_vec(), |ended| {
                ended.message.serialize().to_vec()
            })),
            factor: None,
        })
    }

    pub(super) async fn login(&self, email: &str, passphrase: &str) -> Answer {
        match self.last_message(email, passphrase).await {
            Ok(last) => self.post(path::LOGIN, &last).await,
            Err(refused) => refused,
        }
    }

    pub(super) async fn code_login_request(&self, email: &str, code: &SigningKey) -> CodeLoginRequest {
        let begin = CodeLoginBeginRequest {
            email: email.to_owned(),
        };
        let begun: CodeLoginBeginResponse = self.post(path::CODE_LOGIN_BEGIN, &begin).await.ok();
        let signature = code.sign(CODE_CONTEXT, &begun.ticket.0);
        CodeLoginRequest {
            ticket: begun.ticket,
            signature: Fixed(*signature.as_bytes()),
            factor: None,
        }
    }

    pub(super) async fn code_login(&self, email: &str, code: &SigningKey) -> Answer {
        let request = self.code_login_request(email, code).await;
        self.post(path::CODE_LOGIN, &request).await
    }

    /// Adds a device by a proof.
    pub(super) async fn added(&self, welcome: &LoginResponse) -> Device {
        let device = Device::new();
        let add = DeviceAddRequest {
            device: device.keys(),
            epoch: welcome.epoch,
            wrap: blob(),
        };
        let answer = self.post_with(path::DEVICES, &proof(welcome), &add).await;
        *device.nonce.lock().expect("a nonce") = answer.ok::<DeviceAddResponse>().nonce.0;
        device
    }

    /// A ticket of deletion, as a device makes it before its keys die.
    pub(super) fn ticket(&self, account: [u8; 16], device: [u8; 16], key: &SigningKey) -> Blob {
        let ticket = Ticket {
            account: signed::AccountId(account),
            device: signed::DeviceId(device),
            id: random(),
        };
        let plain = signed::Signed::sign(&ticket, key)
            .expect("signs")
            .to_bytes()
            .expect("bytes");
        let public = self.deployment().keys.tickets.0;
        let public = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(&public).expect("a key");
        let (encapsulated, sealed) =
            hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
                &OpModeS::Base,
                &public,
                ticket::INFO,
                &plain,
                &[],
            )
            .expect("seals");
        Blob([encapsulated.to_bytes().as_slice(), &sealed].concat())
    }
}

pub(super) fn proof(welcome: &LoginResponse) -> [(&'static str, String); 1] {
    [(header::PROOF, base64(&welcome.proof.0))]
}

/// Everything but what the mail and OPAQUE bring.
pub(super) fn join_request(person: &Person, ticket: Blob) -> JoinRequest {
    JoinRequest {
        ticket,
        mail_code: String::new(),
        name: "Anne".into(),
        phone: Some("+31612345678".into()),
        credential: Credential {
            record: blob(),
            passphrase_key: Fixed(random()),
        },
        code: code_keys(&person.code),
        epoch: epoch(person, &person.device, 1, &[&person.device]),
        device: person.device.keys(),
        statement_version: statement::newest().version,
        terms_version: regie_protocol::terms::newest().version,
        adult: true,
        copy: true,
    }
}
