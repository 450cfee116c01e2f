//! Whoever asks about addresses learns nothing: neither by what is answered nor by how long it takes.

use std::{
    collections::BTreeSet,
    io::Write,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use regie_protocol::{
    Language, ProblemCode,
    account::{
        join::JoinBeginRequest,
        login::{
            CodeLoginBeginRequest, CodeLoginBeginResponse, CodeLoginRequest, LoginBeginRequest,
            LoginBeginResponse,
        },
        path,
    },
    signed::SigningKey,
    wire::{Blob, Fixed},
};
use serde::Serialize;
use serde_json::Value;

use super::{Answer, Server, client::registration, random};

const ROUNDS: usize = 200;
const NOBODY: &str = "nobody@example.org";

fn begin(email: &str) -> LoginBeginRequest {
    let begun =
        opaque_ke::ClientLogin::<regie_protocol::opaque::Suite>::start(&mut rand_core_06::OsRng, b"a guess");
    LoginBeginRequest {
        email: email.to_owned(),
        request: Blob(begun.expect("begins").message.serialize().to_vec()),
    }
}

/// An answer without what is random in it: status, headers' names, fields with the lengths of their texts.
fn shape(answer: &Answer) -> (u16, BTreeSet<String>, Vec<(String, usize)>) {
    let body: Value = serde_json::from_slice(&answer.body).expect("JSON");
    let fields = body.as_object().expect("an object").iter();
    let fields = fields.map(|(name, value)| (name.clone(), value.as_str().map_or(0, str::len)));
    let headers = answer.headers.keys().map(ToString::to_string).collect();
    (answer.status.as_u16(), headers, fields.collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_nobody_has_is_answered_in_the_same_shape_and_the_same_way_each_time() {
    let server = Server::sqlite().await;
    let anne = server.joined("anne@example.org").await;
    let known = server.post(path::LOGIN_BEGIN, &begin(&anne.email)).await;
    let unknown = server.post(path::LOGIN_BEGIN, &begin(NOBODY)).await;
    assert_eq!(shape(&known), shape(&unknown));

    // The same request gives the same evaluation each time, for either: an answer made up anew would tell.
    for email in [&anne.email, NOBODY] {
        let begin = begin(email);
        let evaluated = async || {
            let answer: LoginBeginResponse = server.post(path::LOGIN_BEGIN, &begin).await.ok();
            answer.response.0[..32].to_vec()
        };
        assert_eq!(evaluated().await, evaluated().await, "{email}");
    }

    let code = SigningKey::from_seed(&random());
    let mut last = Vec::new();
    for email in [&anne.email, NOBODY] {
        let begin = CodeLoginBeginRequest {
            email: email.to_owned(),
        };
        let answer = server.post(path::CODE_LOGIN_BEGIN, &begin).await;
        let begun: CodeLoginBeginResponse = answer.ok();
        let signature = code.sign(regie_protocol::account::login::CODE_CONTEXT, &begun.ticket.0);
        let request = CodeLoginRequest {
            ticket: begun.ticket,
            signature: Fixed(*signature.as_bytes()),
            factor: None,
        };
        let ended = server.post(path::CODE_LOGIN, &request).await;
        assert_eq!(ended.refused(), ProblemCode::LoginFailed);
        last.push((shape(&answer), shape(&ended)));
    }
    assert_eq!(last[0], last[1]);
    let mut last = Vec::new();
    for email in [&anne.email, NOBODY] {
        let ended = server.login(email, "a guess").await;
        assert_eq!(ended.refused(), ProblemCode::LoginFailed);
        last.push(shape(&ended));
    }
    assert_eq!(last[0], last[1]);
}

/// How long answers take for a known and for an unknown address, asked in turns; the middle of each.
async fn middles(
    server: &Server,
    target: &str,
    known: &impl Serialize,
    unknown: &impl Serialize,
) -> [Duration; 2] {
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        // Few at once, so that no limit comes in between.
        server.later(900);
        for turn in [round % 2, 1 - round % 2] {
            let began = Instant::now();
            let answer = if turn == 0 {
                server.post(target, known).await
            } else {
                server.post(target, unknown).await
            };
            times[turn].push(began.elapsed());
            assert!(answer.status.is_success(), "{}", answer.text());
        }
    }
    times.map(|mut times| {
        times.sort();
        times[times.len() / 2]
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_nobody_has_is_answered_as_fast() {
    let server = Server::sqlite().await;
    let anne = server.joined("anne@example.org").await;
    let by_passphrase = middles(&server, path::LOGIN_BEGIN, &begin(&anne.email), &begin(NOBODY)).await;
    let code = |email: &str| CodeLoginBeginRequest {
        email: email.to_owned(),
    };
    let by_code = middles(&server, path::CODE_LOGIN_BEGIN, &code(&anne.email), &code(NOBODY)).await;
    // Joining with a taken address and with a free one: the mails are others, and nothing else.
    let invitation = server.invite().await;
    let (_, registration) = registration("x");
    let join = |email: &str| JoinBeginRequest {
        invitation: Fixed(invitation.0),
        account: Fixed(random()),
        email: email.to_owned(),
        language: Language::Nl,
        registration: registration.clone(),
    };
    let joining = middles(&server, path::JOIN_BEGIN, &join(&anne.email), &join(NOBODY)).await;
    for [known, unknown] in [by_passphrase, by_code, joining] {
        let ratio = known.as_secs_f64() / unknown.as_secs_f64();
        assert!((0.8..1.25).contains(&ratio), "{known:?} {unknown:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_address_nor_name_nor_code_lies_open_in_the_store() {
    let server = Server::sqlite().await;
    let anne = server.person("anne@example.org").await;
    let request = server.joining(&anne).await;
    server
        .post(path::JOIN, &request)
        .await
        .ok::<regie_protocol::account::join::JoinResponse>();
    server
        .login(&anne.email, &anne.passphrase)
        .await
        .ok::<regie_protocol::account::login::LoginResponse>();
    let mut read = 0;
    for file in std::fs::read_dir(server._folder.path()).expect("a folder") {
        let file = file.expect("a file").path();
        if !file.is_file() {
            continue;
        }
        let bytes = std::fs::read(file).expect("reads");
        read += bytes.len();
        let code = request.mail_code.replace('-', "");
        for secret in [
            anne.email.as_str(),
            "+31612345678",
            &request.mail_code,
            &code,
            &anne.passphrase,
        ] {
            let is_there = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(!is_there, "{secret}");
        }
    }
    assert!(read > 10_000, "the store was read");
}

/// Lines of the log, as they are written.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("lines").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_line_of_the_log_names_an_address_an_account_or_a_device() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let server = Server::sqlite().await;
    let anne = server.joined("anne@example.org").await;
    server.login(&anne.email, "a guess").await.refused();
    let welcome: regie_protocol::account::login::LoginResponse =
        server.login(&anne.email, &anne.passphrase).await.ok();
    let second = server.added(&welcome).await;
    server.get_as(&anne, &second, path::ACCOUNT).await;
    server.nonce(&second).await;
    let ticket = server.ticket(anne.account, second.id, &second.key);
    let ticket = regie_protocol::account::change::TicketRequest { ticket };
    server
        .post(path::TICKET, &ticket)
        .await
        .ok::<regie_protocol::account::change::EraseResponse>();
    server.get_as(&anne, &second, path::ACCOUNT).await.refused();

    let log = String::from_utf8(lines.0.lock().expect("lines").clone()).expect("text");
    assert!(
        log.contains(path::LOGIN_BEGIN) && log.contains(path::TICKET),
        "{log}"
    );
    let mut secrets = vec![
        "anne".to_owned(),
        "31612345678".to_owned(),
        anne.passphrase.clone(),
    ];
    for id in [anne.account, anne.device.id, second.id] {
        secrets.extend([
            super::base64(&id),
            data_encoding::HEXLOWER.encode(&id),
            format!("{id:?}"),
        ]);
    }
    for secret in secrets {
        assert!(!log.contains(&secret), "{secret} in {log}");
    }
}
