//! A second factor that is set, and lifted without it; an account that goes by its address. What days do is told by stories from outside.

use regie_protocol::{
    ProblemCode,
    account::{
        AccountResponse,
        change::{
            Announced, EraseMailBeginRequest, EraseMailRequest, FactorLiftRequest, FactorRequest, NewFactor,
            NoticeResponse, ObjectRequest,
        },
        login::LoginResponse,
        path,
    },
    wire::Fixed,
};
use totp_rs::Builder;

use super::{
    Answer, Server,
    client::{Person, proof},
    random,
};
use crate::letter::Kind;

const DAY: i64 = 24 * 60 * 60;

fn new_factor(server: &Server, secret: [u8; 20]) -> FactorRequest {
    let totp = Builder::new()
        .with_secret(secret.to_vec())
        .build()
        .expect("a factor");
    let now = u64::try_from(server.app.now().0).expect("a moment");
    FactorRequest {
        factor: Some(NewFactor {
            secret: Fixed(secret),
            digits: totp.generate(now).to_string(),
            one_time_codes: (0..10).map(|number| format!("ABCD-EFGH-{number:02}")).collect(),
        }),
    }
}

async fn with_factor(server: &Server, email: &str) -> Person {
    let person = server.joined(email).await;
    let welcome: LoginResponse = server.login(&person.email, &person.passphrase).await.ok();
    let new = new_factor(server, random());
    server
        .post_with(path::FACTOR, &proof(&welcome), &new)
        .await
        .done();
    person
}

async fn by_passphrase(server: &Server, person: &Person) -> FactorLiftRequest {
    let last = server.last_message(&person.email, &person.passphrase).await;
    FactorLiftRequest {
        passphrase: Some(last.expect("begun")),
        code: None,
    }
}

async fn by_code(server: &Server, person: &Person) -> FactorLiftRequest {
    FactorLiftRequest {
        passphrase: None,
        code: Some(server.code_login_request(&person.email, &person.code).await),
    }
}

fn due(answer: &Answer) -> Option<i64> {
    answer.ok::<NoticeResponse>().due
}

async fn kinds(server: &Server, email: &str) -> Vec<Kind> {
    server
        .mails_to(email)
        .await
        .iter()
        .map(|letter| letter.kind)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_factor_is_set_by_its_digits_and_voids_every_proof_that_was_made_without_it() {
    let server = Server::sqlite().await;
    let anne = server.joined("anne@example.org").await;
    let welcome: LoginResponse = server.login(&anne.email, &anne.passphrase).await.ok();
    let right = new_factor(&server, random());
    let changed = |change: &dyn Fn(&mut NewFactor)| {
        let mut request = right.clone();
        change(request.factor.as_mut().expect("a factor"));
        request
    };
    for (wrong, code) in [
        (changed(&|new| new.digits = "0".into()), ProblemCode::LoginFailed),
        (
            changed(&|new| new.secret = Fixed(random())),
            ProblemCode::LoginFailed,
        ),
        (
            changed(&|new| drop(new.one_time_codes.pop())),
            ProblemCode::Malformed,
        ),
        (
            changed(&|new| new.one_time_codes[0] = "ABCD-EFGH-01".into()),
            ProblemCode::Malformed,
        ),
        (
            changed(&|new| new.one_time_codes[0] = "123456".into()),
            ProblemCode::Malformed,
        ),
    ] {
        let answer = server.post_with(path::FACTOR, &proof(&welcome), &wrong).await;
        assert_eq!(answer.refused(), code);
    }
    server
        .post_with(path::FACTOR, &proof(&welcome), &right)
        .await
        .done();
    let off = FactorRequest::default();
    for request in [&right, &off] {
        let answer = server.post_with(path::FACTOR, &proof(&welcome), request).await;
        assert_eq!(answer.refused(), ProblemCode::ProofNeeded);
    }
    let mut last = server
        .last_message(&anne.email, &anne.passphrase)
        .await
        .expect("begun");
    last.factor = right.factor.as_ref().map(|new| new.digits.clone());
    let used = server.post(path::LOGIN, &last).await.refused();
    assert_eq!(
        used,
        ProblemCode::LoginFailed,
        "these digits were taken when it was set"
    );
    last.factor = Some("abcd efgh 07".into());
    let welcome: LoginResponse = server.post(path::LOGIN, &last).await.ok();
    server
        .post_with(path::FACTOR, &proof(&welcome), &off)
        .await
        .done();
    server
        .login(&anne.email, &anne.passphrase)
        .await
        .ok::<LoginResponse>();
    let told = kinds(&server, &anne.email).await;
    assert!(
        told.contains(&Kind::FactorSet) && told.contains(&Kind::FactorLifted),
        "{told:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_of_passphrase_code_and_device_lift_it_at_once_and_only_where_they_are_of_one_account() {
    let server = Server::sqlite().await;
    let anne = with_factor(&server, "anne@example.org").await;
    let wim = with_factor(&server, "wim@example.org").await;
    let is_on = async || {
        let said: AccountResponse = server.get_as(&anne, &anne.device, path::ACCOUNT).await.ok();
        said.has_factor
    };
    let mixed = FactorLiftRequest {
        code: by_code(&server, &wim).await.code,
        ..by_passphrase(&server, &anne).await
    };
    assert_eq!(
        server.post(path::FACTOR_LIFT, &mixed).await.refused(),
        ProblemCode::LoginFailed
    );
    let of_anne = by_passphrase(&server, &anne).await;
    let foreign = server
        .post_as(&wim, &wim.device, path::FACTOR_LIFT, &of_anne)
        .await;
    assert_eq!(foreign.refused(), ProblemCode::LoginFailed);
    let nothing = FactorLiftRequest::default();
    let alone = server
        .post_as(&anne, &anne.device, path::FACTOR_LIFT, &nothing)
        .await;
    assert_eq!(alone.refused(), ProblemCode::Malformed);
    assert!(is_on().await);

    let begins = by_passphrase(&server, &anne).await;
    let day = due(&server.post(path::FACTOR_LIFT, &begins).await).expect("a notice");
    assert_eq!((day - server.app.now().0 + 5) / DAY, 14);
    let again = server.post(path::FACTOR_LIFT, &begins).await;
    assert_eq!(again.refused(), ProblemCode::LoginFailed, "the message was taken");
    let said: AccountResponse = server.get_as(&anne, &anne.device, path::ACCOUNT).await.ok();
    assert_eq!(
        (said.lifts_factor_at, said.factor_codes_left, said.deletes_at),
        (Some(day), 10, None)
    );
    let no = ObjectRequest {
        to: Announced::FactorLift,
    };
    server
        .post_as(&anne, &anne.device, path::OBJECT, &no)
        .await
        .done();
    let twice = server.post_as(&anne, &anne.device, path::OBJECT, &no).await;
    assert_eq!(twice.refused(), ProblemCode::Stale);
    assert!(is_on().await);

    let with_device = by_code(&server, &anne).await;
    let answer = server
        .post_as(&anne, &anne.device, path::FACTOR_LIFT, &with_device)
        .await;
    assert_eq!(due(&answer), None);
    assert!(!is_on().await);
    let both = FactorLiftRequest {
        code: by_code(&server, &wim).await.code,
        ..by_passphrase(&server, &wim).await
    };
    assert_eq!(due(&server.post(path::FACTOR_LIFT, &both).await), None);
    server
        .login(&wim.email, &wim.passphrase)
        .await
        .ok::<LoginResponse>();
    let told = kinds(&server, &anne.email).await;
    for kind in [Kind::LiftBegun, Kind::LiftStopped, Kind::FactorLifted] {
        assert_eq!(told.iter().filter(|one| **one == kind).count(), 1, "{told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_by_address_answers_everybody_alike_and_takes_the_mailed_code_once() {
    let server = Server::sqlite().await;
    let anne = server.joined("anne@example.org").await;
    let begin = |email: &str| EraseMailBeginRequest {
        email: email.to_owned(),
    };
    let confirm = |email: &str, code: &str| EraseMailRequest {
        email: email.to_owned(),
        mail_code: code.to_owned(),
    };
    for email in [anne.email.as_str(), "nobody@example.org"] {
        server.post(path::ERASE_MAIL_BEGIN, &begin(email)).await.done();
    }
    let mut code = None;
    for _ in 0..200 {
        let letters = server.mails_to(&anne.email).await;
        code = letters
            .iter()
            .find(|one| one.kind == Kind::DeletionCode)
            .and_then(|one| one.code.clone());
        if code.is_some() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let code = code.expect("a code");
    assert!(server.mails_to("nobody@example.org").await.is_empty());
    for (email, typed) in [
        (anne.email.as_str(), "ABCD-EFGH"),
        ("nobody@example.org", &code),
        (&anne.email, ""),
    ] {
        let answer = server.post(path::ERASE_MAIL, &confirm(email, typed)).await;
        assert_eq!(answer.refused(), ProblemCode::MailCodeWrong);
    }
    let day = due(&server.post(path::ERASE_MAIL, &confirm(&anne.email, &code)).await).expect("a notice");
    assert_eq!((day - server.app.now().0 + 5) / DAY, 14);
    let again = server.post(path::ERASE_MAIL, &confirm(&anne.email, &code)).await;
    assert_eq!(again.refused(), ProblemCode::MailCodeWrong);
    let said: AccountResponse = server.get_as(&anne, &anne.device, path::ACCOUNT).await.ok();
    assert_eq!(said.deletes_at, Some(day));
    // Until then everything goes on.
    server
        .login(&anne.email, &anne.passphrase)
        .await
        .ok::<LoginResponse>();
    for _ in 0..3 {
        server
            .post(path::ERASE_MAIL_BEGIN, &begin(&anne.email))
            .await
            .done();
    }
    let fifth = server.post(path::ERASE_MAIL_BEGIN, &begin(&anne.email)).await;
    fifth.done();
    let many = server.post(path::ERASE_MAIL_BEGIN, &begin(&anne.email)).await;
    assert_eq!(many.refused(), ProblemCode::TooManyRequests);
}
