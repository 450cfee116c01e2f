//! How a person is reached, and whoever would like to change that for them.

use regie_protocol::{
    ProblemCode,
    account::{
        AccountResponse,
        change::{EraseMailBeginRequest, EraseMailRequest},
        contact::{AddressBeginRequest, AddressBeginResponse, AddressRequest, ContactRequest},
        device::RenameRequest,
        login::LoginResponse,
        path,
    },
    wire::{Blob, Fixed},
};

use super::{
    Answer, Server,
    client::{Person, blob, proof},
};
use crate::letter::Kind;

const NEW: &str = "anne@nieuw.example";

async fn begin_with(server: &Server, welcome: &LoginResponse, email: &str) -> Answer {
    let begin = AddressBeginRequest { email: email.into() };
    server
        .post_with(path::ADDRESS_BEGIN, &proof(welcome), &begin)
        .await
}

async fn welcome(server: &Server, person: &Person) -> LoginResponse {
    server.login(&person.email, &person.passphrase).await.ok()
}

async fn begin(server: &Server, person: &Person, email: &str) -> Blob {
    let welcome = welcome(server, person).await;
    let answer = begin_with(server, &welcome, email).await;
    answer.ok::<AddressBeginResponse>().ticket
}

async fn mailed(server: &Server, email: &str) -> String {
    let letter = server.mails_to(email).await.pop().expect("a mail");
    assert_eq!(letter.kind, Kind::AddressCode);
    letter.code.clone().expect("a code")
}

async fn confirm(server: &Server, person: &Person, ticket: &Blob, code: &str) -> Answer {
    let request = AddressRequest {
        ticket: ticket.clone(),
        mail_code: code.into(),
    };
    server
        .post_as(person, &person.device, path::ADDRESS, &request)
        .await
}

async fn kinds(server: &Server, email: &str) -> Vec<Kind> {
    let letters = server.mails_to(email).await;
    letters.iter().map(|letter| letter.kind).collect()
}

async fn said(server: &Server, person: &Person) -> AccountResponse {
    server.get_as(person, &person.device, path::ACCOUNT).await.ok()
}

async fn another_address_needs_a_login_its_own_code_and_a_device(server: &Server) {
    let mut anne = server.joined("anne@example.org").await;
    server.mails_to(&anne.email).await;
    let wim = server.joined("wim@example.org").await;
    let nobody = AddressBeginRequest { email: NEW.into() };
    let answer = server.post(path::ADDRESS_BEGIN, &nobody).await;
    assert_eq!(answer.refused(), ProblemCode::ProofNeeded);
    let ticket = begin(server, &anne, NEW).await;
    let code = mailed(server, NEW).await;
    assert_eq!(
        said(server, &anne).await.email,
        anne.email,
        "nothing changes by asking"
    );
    for wrong in ["", "AAAA-AAAA", "0000-0000"] {
        let answer = confirm(server, &anne, &ticket, wrong).await;
        assert_eq!(answer.refused(), ProblemCode::MailCodeWrong);
    }
    // Another person's device has nothing of it.
    let foreign = confirm(server, &wim, &ticket, &code).await;
    assert_eq!(foreign.refused(), ProblemCode::MailCodeWrong);
    assert!(
        kinds(server, &anne.email).await.is_empty(),
        "and nobody was told of anything"
    );
    confirm(server, &anne, &ticket, &code.to_lowercase()).await.done();
    assert_eq!(
        kinds(server, &anne.email).await,
        [Kind::AddressChanged],
        "the one before is told"
    );
    confirm(server, &anne, &ticket, &code).await.done();
    assert!(
        kinds(server, NEW).await.is_empty(),
        "an answer that was lost tells nobody twice"
    );
    assert_eq!(said(server, &anne).await.email, NEW);
    let old = server.login(&anne.email, &anne.passphrase).await;
    assert_eq!(old.refused(), ProblemCode::LoginFailed);
    anne.email = NEW.into();
    welcome(server, &anne).await;
    let log = server
        .app
        .accounts
        .store
        .log(crate::store::AccountId(anne.account), 0, 50)
        .await;
    let log = log.expect("a log");
    assert_eq!(
        log.iter()
            .filter(|entry| entry.action == "address.changed")
            .count(),
        1
    );
    // The old one is free again.
    server.joined("anne@example.org").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_address_needs_a_login_its_own_code_and_a_device_on_sqlite() {
    another_address_needs_a_login_its_own_code_and_a_device(&Server::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_address_needs_a_login_its_own_code_and_a_device_on_postgres() {
    another_address_needs_a_login_its_own_code_and_a_device(&Server::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_learns_by_asking_whether_somebody_has_an_address() {
    let server = Server::sqlite().await;
    let (anne, wim) = (
        server.joined("anne@example.org").await,
        server.joined("wim@example.org").await,
    );
    for person in [&anne, &wim] {
        server.mails_to(&person.email).await;
    }
    let welcome = welcome(&server, &anne).await;
    let free = begin_with(&server, &welcome, "wam@example.org").await;
    let taken = begin_with(&server, &welcome, "wim@example.org").await;
    assert_eq!(free.status, taken.status);
    let ticket = |answer: &Answer| answer.ok::<AddressBeginResponse>().ticket;
    assert_eq!(ticket(&free).0.len(), ticket(&taken).0.len());
    assert_eq!(kinds(&server, "wam@example.org").await, [Kind::AddressCode]);
    let letter = server.mails_to(&wim.email).await.pop().expect("a mail");
    assert_eq!((letter.kind, letter.code.as_ref()), (Kind::AddressNotFree, None));
    let guess = confirm(&server, &anne, &ticket(&taken), "0000-0000").await;
    assert_eq!(guess.refused(), ProblemCode::MailCodeWrong);
    // Its own, written otherwise, is no stranger's.
    let ticket = ticket(&begin_with(&server, &welcome, "Anne@Example.org").await);
    let code = mailed(&server, "Anne@Example.org").await;
    confirm(&server, &anne, &ticket, &code).await.done();
    assert_eq!(said(&server, &anne).await.email, "Anne@Example.org");
    for refused in ["anne", "anne@localhost", "a@b.example\r\nBcc: c@d.example"] {
        let answer = begin_with(&server, &welcome, refused).await;
        assert_eq!(answer.refused(), ProblemCode::AddressRefused);
    }
    // Mails to one address, and what one account asks for, have an end.
    let mut refused = None;
    for number in 0..12 {
        let answer = begin_with(&server, &welcome, &format!("anne{number}@example.org")).await;
        if !answer.status.is_success() {
            refused = Some((number, answer.refused()));
            break;
        }
    }
    assert_eq!(refused, Some((7, ProblemCode::TooManyRequests)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_begun_for_another_address_ends_with_its_time_and_with_the_login_that_it_was_begun_by() {
    let server = Server::sqlite().await;
    let anne = server.joined("anne@example.org").await;
    let (late, void) = (
        begin(&server, &anne, NEW).await,
        begin(&server, &anne, "anne@ander.example").await,
    );
    let (code, other) = (
        mailed(&server, NEW).await,
        mailed(&server, "anne@ander.example").await,
    );
    let mixed = confirm(&server, &anne, &late, &other).await;
    assert_eq!(mixed.refused(), ProblemCode::MailCodeWrong);
    let last = server.with_factor(&anne).await;
    let answer = confirm(&server, &anne, &void, &other).await;
    assert_eq!(
        answer.refused(),
        ProblemCode::ProofNeeded,
        "a factor that was not shown"
    );
    let answer = begin_with(&server, &last, "anne@derde.example").await;
    assert_eq!(answer.refused(), ProblemCode::ProofNeeded);
    server.later(31 * 60);
    *anne.device.nonce.lock().expect("a nonce") = server.nonce(&anne.device).await;
    let answer = confirm(&server, &anne, &late, &code).await;
    assert_eq!(
        answer.refused(),
        ProblemCode::MailCodeWrong,
        "its half hour is over"
    );
    assert_eq!(said(&server, &anne).await.email, anne.email);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_went_to_the_address_before_deletes_nothing_at_the_new_one() {
    let server = Server::sqlite().await;
    let anne = server.joined("anne@example.org").await;
    server.mails_to(&anne.email).await;
    let lost = EraseMailBeginRequest {
        email: anne.email.clone(),
    };
    server.post(path::ERASE_MAIL_BEGIN, &lost).await.done();
    let mut letters = Vec::new();
    for _ in 0..200 {
        letters = server.mails_to(&anne.email).await;
        if !letters.is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let old = letters
        .pop()
        .and_then(|letter| letter.code.clone())
        .expect("a code");
    let ticket = begin(&server, &anne, NEW).await;
    let code = mailed(&server, NEW).await;
    confirm(&server, &anne, &ticket, &code).await.done();
    for email in [NEW, "anne@example.org"] {
        let request = EraseMailRequest {
            email: email.into(),
            mail_code: old.clone(),
        };
        let answer = server.post(path::ERASE_MAIL, &request).await;
        assert_eq!(answer.refused(), ProblemCode::MailCodeWrong);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn name_number_and_names_of_devices_change_by_a_device_and_make_sense() {
    let server = Server::sqlite().await;
    let (anne, wim) = (
        server.joined("anne@example.org").await,
        server.joined("wim@example.org").await,
    );
    let set = async |name: &str, phone: Option<&str>| {
        let request = ContactRequest {
            name: name.into(),
            phone: phone.map(Into::into),
        };
        server.post_as(&anne, &anne.device, path::CONTACT, &request).await
    };
    let unsigned = ContactRequest {
        name: "Piet".into(),
        phone: None,
    };
    assert_eq!(
        server.post(path::CONTACT, &unsigned).await.refused(),
        ProblemCode::NotSigned
    );
    set(" Annie ", Some("+31 20 123 45 67")).await.done();
    let read = said(&server, &anne).await;
    assert_eq!(
        (read.name.as_str(), read.phone.as_deref()),
        ("Annie", Some("+31 20 123 45 67"))
    );
    set("Annie", None).await.done();
    assert_eq!(said(&server, &anne).await.phone, None);
    for (name, phone) in [
        ("", None),
        ("a\nb", None),
        (&*"a".repeat(81), None),
        ("Anne", Some("")),
        ("Anne", Some("1\u{0}")),
    ] {
        assert_eq!(
            set(name, phone).await.refused(),
            ProblemCode::Malformed,
            "{name:?} {phone:?}"
        );
    }
    assert_eq!(said(&server, &anne).await.name, "Annie");

    let rename = async |device: [u8; 16], name: Blob| {
        let request = RenameRequest {
            device: Fixed(device),
            name,
        };
        server.post_as(&anne, &anne.device, path::RENAME, &request).await
    };
    rename(anne.device.id, blob()).await.done();
    assert_eq!(
        rename(wim.device.id, blob()).await.refused(),
        ProblemCode::NotFound
    );
    for odd in [Blob(Vec::new()), Blob(vec![1; 4097])] {
        assert_eq!(
            rename(anne.device.id, odd).await.refused(),
            ProblemCode::Malformed
        );
    }
}
