//! Logins that fail, are kept, come again, or need a second factor.

use regie_protocol::{
    ProblemCode,
    account::{
        change::{EraseRequest, PassphraseBeginRequest, PassphraseBeginResponse, PassphraseRequest},
        device::DeviceAddRequest,
        login::{LoginBeginRequest, LoginResponse},
        path,
    },
    signed::SigningKey,
    wire::Blob,
};
use totp_rs::Builder;

use super::{
    Server, base64,
    client::{Device, blob, proof, registered, registration},
    random,
};
use crate::{
    http::account::factor,
    store::{AccountId, Author, NewFactor},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_was_begun_counts_until_it_is_ended_for_those_who_exist_and_those_who_do_not() {
    let server = Server::sqlite().await;
    let anne = server.joined("anne@example.org").await;
    let right = server
        .last_message(&anne.email, &anne.passphrase)
        .await
        .expect("begun");
    let (_, begin) = begin(&anne.email);
    for email in [&anne.email, "nobody@example.org"] {
        let begin = LoginBeginRequest {
            email: email.to_owned(),
            ..begin.clone()
        };
        // Whoever guesses stays away with the last message, since its absence is all that the server learns.
        for tried in 0..10 {
            let answer = server.post(path::LOGIN_BEGIN, &begin).await;
            if tried == 9 && email == anne.email {
                assert_eq!(
                    answer.refused(),
                    ProblemCode::TooManyRequests,
                    "with the right one under way"
                );
            } else {
                assert!(answer.status.is_success(), "{tried} {}", answer.text());
            }
        }
        let refused = server.post(path::LOGIN_BEGIN, &begin).await;
        assert_eq!(refused.refused(), ProblemCode::TooManyRequests);
        let wait: i64 = refused.headers["retry-after"]
            .to_str()
            .expect("text")
            .parse()
            .expect("seconds");
        assert!((3500..=3601).contains(&wait), "{wait}");
        let code = regie_protocol::account::login::CodeLoginBeginRequest {
            email: email.to_owned(),
        };
        let by_code = server.post(path::CODE_LOGIN_BEGIN, &code).await;
        assert_eq!(
            by_code.refused(),
            ProblemCode::TooManyRequests,
            "counted together"
        );
    }
    server.post(path::LOGIN, &right).await.ok::<LoginResponse>();
    server.later(3601);
    server
        .login(&anne.email, &anne.passphrase)
        .await
        .ok::<LoginResponse>();
}

fn begin(
    email: &str,
) -> (
    opaque_ke::ClientLogin<regie_protocol::opaque::Suite>,
    LoginBeginRequest,
) {
    let begun = opaque_ke::ClientLogin::start(&mut rand_core_06::OsRng, b"a guess").expect("begins");
    let request = LoginBeginRequest {
        email: email.to_owned(),
        request: Blob(begun.message.serialize().to_vec()),
    };
    (begun.state, request)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_ends_once_in_its_time_by_its_own_ticket_alone() {
    let server = Server::sqlite().await;
    let anne = server.joined("anne@example.org").await;
    let wim = server.joined("wim@example.org").await;
    let failed =
        async |request: &_| server.post(path::LOGIN, request).await.refused() == ProblemCode::LoginFailed;

    let right = server
        .last_message(&anne.email, &anne.passphrase)
        .await
        .expect("begun");
    let mut mixed = right.clone();
    mixed.ticket = server
        .last_message(&wim.email, &wim.passphrase)
        .await
        .expect("begun")
        .ticket;
    assert!(failed(&mixed).await, "another's ticket");
    let mut altered = right.clone();
    altered.ticket.0[40] ^= 1;
    assert!(failed(&altered).await);
    let mut odd = right.clone();
    odd.finalization = Blob(vec![1, 2, 3]);
    assert!(failed(&odd).await);
    server.post(path::LOGIN, &right).await.ok::<LoginResponse>();
    assert!(failed(&right).await, "used up");

    let late = server
        .last_message(&anne.email, &anne.passphrase)
        .await
        .expect("begun");
    server.later(301);
    assert!(failed(&late).await);

    let by_code = server.code_login_request(&anne.email, &anne.code).await;
    let mut for_login = right.clone();
    for_login.ticket = by_code.ticket.clone();
    assert!(failed(&for_login).await, "a ticket for something else");
    let foreign = server
        .code_login_request(&anne.email, &SigningKey::from_seed(&random()))
        .await;
    assert_eq!(
        server.post(path::CODE_LOGIN, &foreign).await.refused(),
        ProblemCode::LoginFailed
    );
    let mut moved = by_code.clone();
    moved.ticket = foreign.ticket;
    assert_eq!(
        server.post(path::CODE_LOGIN, &moved).await.refused(),
        ProblemCode::LoginFailed
    );
    server
        .post(path::CODE_LOGIN, &by_code)
        .await
        .ok::<LoginResponse>();
    assert_eq!(
        server.post(path::CODE_LOGIN, &by_code).await.refused(),
        ProblemCode::LoginFailed
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_asked_and_no_step_code_or_ticket_is_taken_twice_or_guessed() {
    let server = Server::sqlite().await;
    let anne = server.joined("anne@example.org").await;
    let (store, keys, account) = (
        &server.app.accounts.store,
        &server.app.accounts.keys,
        AccountId(anne.account),
    );
    let secret = random::<20>().to_vec();
    let one_time = factor::code_hash(keys, account, "ABCD-1234");
    store
        .set_factor(
            account,
            Author::Proven,
            Some(NewFactor {
                secret: secret.clone(),
                step: 0,
                codes: vec![one_time],
            }),
            server.app.now(),
        )
        .await
        .expect("a factor");
    let totp = Builder::new().with_secret(secret).build().expect("a factor");
    let digits = |ahead: i64| {
        totp.generate(u64::try_from(server.app.now().0 + ahead).expect("a moment"))
            .to_string()
    };

    let mut last = server
        .last_message(&anne.email, &anne.passphrase)
        .await
        .expect("begun");
    assert_eq!(
        server.post(path::LOGIN, &last).await.refused(),
        ProblemCode::FactorNeeded
    );
    last.factor = Some(digits(-300));
    assert_eq!(
        server.post(path::LOGIN, &last).await.refused(),
        ProblemCode::LoginFailed
    );
    let now = digits(0);
    last.factor = Some(now.chars().flat_map(|digit| [digit, ' ']).collect());
    server.post(path::LOGIN, &last).await.ok::<LoginResponse>();

    let mut again = server
        .last_message(&anne.email, &anne.passphrase)
        .await
        .expect("begun");
    again.factor = Some(now);
    assert_eq!(
        server.post(path::LOGIN, &again).await.refused(),
        ProblemCode::LoginFailed,
        "the step was used"
    );
    again.factor = Some("abcd 1234".into());
    server.post(path::LOGIN, &again).await.ok::<LoginResponse>();
    let mut by_code = server.code_login_request(&anne.email, &anne.code).await;
    assert_eq!(
        server.post(path::CODE_LOGIN, &by_code).await.refused(),
        ProblemCode::FactorNeeded
    );
    by_code.factor = Some("ABCD1234".into());
    assert_eq!(
        server.post(path::CODE_LOGIN, &by_code).await.refused(),
        ProblemCode::LoginFailed,
        "used up"
    );
    server.later(60);
    by_code.factor = Some(digits(0));
    server
        .post(path::CODE_LOGIN, &by_code)
        .await
        .ok::<LoginResponse>();

    server.later(60);
    let mut guessed = server
        .last_message(&anne.email, &anne.passphrase)
        .await
        .expect("begun");
    for _ in 0..3 {
        guessed.factor = Some(digits(-900));
        assert_eq!(
            server.post(path::LOGIN, &guessed).await.refused(),
            ProblemCode::LoginFailed
        );
    }
    guessed.factor = Some(digits(0));
    assert_eq!(
        server.post(path::LOGIN, &guessed).await.refused(),
        ProblemCode::TooManyRequests,
        "no fourth guess"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_is_good_for_ten_minutes_for_its_account_and_its_passphrase() {
    let server = Server::sqlite().await;
    let anne = server.joined("anne@example.org").await;
    let wim = server.joined("wim@example.org").await;
    let welcome: LoginResponse = server.login(&anne.email, &anne.passphrase).await.ok();
    let (_, begin) = registration("een nieuwe");
    let begin = PassphraseBeginRequest { registration: begin };
    let add = DeviceAddRequest {
        device: Device::new().keys(),
        epoch: 1,
        wrap: blob(),
    };

    let mut forged = welcome.proof.0.clone();
    forged[60] ^= 1;
    for headers in [
        vec![],
        vec![("regie-proof", base64(&forged))],
        vec![("regie-proof", base64(&welcome.wrap.0))],
    ] {
        let refused = |answer: super::Answer| assert_eq!(answer.refused(), ProblemCode::ProofNeeded);
        refused(server.post_with(path::PASSPHRASE_BEGIN, &headers, &begin).await);
        refused(server.post_with(path::DEVICES, &headers, &add).await);
        refused(
            server
                .post_with(path::ERASE, &headers, &EraseRequest::default())
                .await,
        );
    }
    // A begun passphrase is its own account's.
    let (state, registration) = registration("een nieuwe");
    let begun: PassphraseBeginResponse = server
        .post_with(
            path::PASSPHRASE_BEGIN,
            &proof(&welcome),
            &PassphraseBeginRequest { registration },
        )
        .await
        .ok();
    let change = PassphraseRequest {
        ticket: begun.ticket,
        after_generation: 1,
        credential: registered(state, "een nieuwe", &begun.registration),
        code: None,
        epoch: None,
        wraps: Vec::new(),
    };
    let others: LoginResponse = server.login(&wim.email, &wim.passphrase).await.ok();
    let foreign = server.post_with(path::PASSPHRASE, &proof(&others), &change).await;
    assert_eq!(foreign.refused(), ProblemCode::ProofNeeded);
    let ahead = PassphraseRequest {
        after_generation: 2,
        ..change.clone()
    };
    let ahead = server.post_with(path::PASSPHRASE, &proof(&welcome), &ahead).await;
    assert_eq!(ahead.refused(), ProblemCode::Stale);

    let added = async |request| server.post_with(path::DEVICES, &proof(&welcome), request).await;
    assert!(added(&add).await.status.is_success());
    assert!(
        added(&add).await.status.is_success(),
        "its answer may have been lost"
    );
    let taken = DeviceAddRequest {
        device: regie_protocol::account::device::DeviceKeys {
            device: add.device.device,
            ..Device::new().keys()
        },
        ..add.clone()
    };
    assert_eq!(added(&taken).await.refused(), ProblemCode::Exists);
    let stale = DeviceAddRequest {
        device: Device::new().keys(),
        epoch: 2,
        wrap: blob(),
    };
    assert_eq!(added(&stale).await.refused(), ProblemCode::Stale);
    server.later(601);
    assert_eq!(
        added(&stale).await.refused(),
        ProblemCode::ProofNeeded,
        "ten minutes"
    );
}
