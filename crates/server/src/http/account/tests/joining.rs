//! Joining that is refused, and what it is refused for.

use regie_protocol::{
    ProblemCode,
    account::{
        join::{InvitationRequest, JoinBeginResponse, JoinRequest, JoinResponse},
        path,
    },
    signed::SigningKey,
    wire::{Blob, Fixed},
};

use super::{
    Server,
    client::{Device, Person, blob, epoch, join_request, registration},
    random,
};
use crate::letter::Kind;

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_unknown_used_ended_or_not_the_roots_and_says_so_before_any_work() {
    let server = Server::sqlite().await;
    let now = server.app.now();
    let anne = server.joined("anne@example.org").await;
    let ended = server
        .invite_for(&server.root, now.plus(-100), now.plus(-1))
        .await;
    let later = server
        .invite_for(&server.root, now.plus(100), now.plus(200))
        .await;
    let forged = server
        .invite_for(&SigningKey::from_seed(&[9; 32]), now.plus(-1), now.plus(100))
        .await;
    let taken_back = server.invite().await;
    let number = i64::try_from(server.invited.load(std::sync::atomic::Ordering::Relaxed)).expect("a number");
    let store = &server.app.accounts.store;
    store
        .end_invitation(server.organisation, number, now)
        .await
        .expect("ends");
    for (invitation, code) in [
        (random(), ProblemCode::InvitationUnknown),
        (anne.invitation.0, ProblemCode::InvitationUsed),
        (ended.0, ProblemCode::InvitationEnded),
        (later.0, ProblemCode::InvitationEnded),
        (taken_back.0, ProblemCode::InvitationEnded),
        (forged.0, ProblemCode::InvitationUnknown),
    ] {
        let ask = InvitationRequest {
            invitation: Fixed(invitation),
        };
        assert_eq!(server.post(path::INVITATION, &ask).await.refused(), code);
        let person = Person {
            invitation: regie_protocol::signed::CodeHash(invitation),
            ..server.person("wim@example.org").await
        };
        let (_, registration) = registration("x");
        assert_eq!(server.join_begin(&person, registration).await.refused(), code);
    }
    assert!(server.mails_to("wim@example.org").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_joins_proves_the_address_is_an_adult_and_knows_the_newest_terms() {
    let server = Server::sqlite().await;
    let anne = server.person("anne@example.org").await;
    let right = server.joining(&anne).await;
    let refused = async |request: JoinRequest| server.post(path::JOIN, &request).await.refused();
    for (code, request) in [
        (
            ProblemCode::TooYoung,
            JoinRequest {
                adult: false,
                ..right.clone()
            },
        ),
        (
            ProblemCode::TermsOutdated,
            JoinRequest {
                statement_version: 1,
                ..right.clone()
            },
        ),
        (
            ProblemCode::TermsOutdated,
            JoinRequest {
                terms_version: 0,
                ..right.clone()
            },
        ),
        (
            ProblemCode::MailCodeWrong,
            JoinRequest {
                mail_code: "ABCD-EFGH".into(),
                ..right.clone()
            },
        ),
        (
            ProblemCode::MailCodeWrong,
            JoinRequest {
                mail_code: String::new(),
                ..right.clone()
            },
        ),
        (
            ProblemCode::MailCodeWrong,
            JoinRequest {
                ticket: blob(),
                ..right.clone()
            },
        ),
        (
            ProblemCode::Malformed,
            JoinRequest {
                name: " \n".into(),
                ..right.clone()
            },
        ),
        (
            ProblemCode::Malformed,
            JoinRequest {
                phone: Some("1".repeat(33)),
                ..right.clone()
            },
        ),
        (
            ProblemCode::Malformed,
            JoinRequest {
                device: regie_protocol::account::device::DeviceKeys {
                    sign_key: Fixed([0; 32]),
                    ..right.device.clone()
                },
                ..right.clone()
            },
        ),
        (
            ProblemCode::WrapsDiffer,
            JoinRequest {
                epoch: epoch(&anne, &anne.device, 1, &[&anne.device, &Device::new()]),
                ..right.clone()
            },
        ),
    ] {
        let what = format!("{code:?}");
        assert_eq!(refused(request).await, code, "{what}");
    }
    let mut record = right.clone();
    record.credential.record = blob();
    assert_eq!(refused(record).await, ProblemCode::Malformed);
    let lower = JoinRequest {
        mail_code: right.mail_code.to_lowercase().replace('-', " "),
        ..right
    };
    server.post(path::JOIN, &lower).await.ok::<JoinResponse>();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailed_code_is_not_guessed_and_had_its_time_after_half_an_hour() {
    let server = Server::sqlite().await;
    let anne = server.person("anne@example.org").await;
    let right = server.joining(&anne).await;
    for _ in 0..10 {
        let wrong = JoinRequest {
            mail_code: "ABCD-EFGH".into(),
            ..right.clone()
        };
        assert_eq!(
            server.post(path::JOIN, &wrong).await.refused(),
            ProblemCode::MailCodeWrong
        );
    }
    assert_eq!(
        server.post(path::JOIN, &right).await.refused(),
        ProblemCode::TooManyRequests,
        "with the right one too"
    );

    let late = server.joining(&anne).await;
    server.later(30 * 60 + 1);
    assert_eq!(
        server.post(path::JOIN, &late).await.refused(),
        ProblemCode::MailCodeWrong
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_gets_few_mails_and_must_be_one() {
    let server = Server::sqlite().await;
    let anne = server.person("anne@example.org").await;
    let (_, registration) = registration("x");
    for _ in 0..5 {
        server
            .join_begin(&anne, registration.clone())
            .await
            .ok::<JoinBeginResponse>();
    }
    assert_eq!(
        server.join_begin(&anne, registration.clone()).await.refused(),
        ProblemCode::TooManyRequests
    );
    assert_eq!(server.mails_to(&anne.email).await.len(), 5);
    let other = Person {
        email: "anne@localhost".into(),
        ..anne
    };
    assert_eq!(
        server.join_begin(&other, registration).await.refused(),
        ProblemCode::AddressRefused
    );
    let other = Person {
        email: "wim@example.org".into(),
        ..other
    };
    assert_eq!(
        server.join_begin(&other, Blob(vec![1; 32])).await.refused(),
        ProblemCode::Malformed
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_taken_is_told_by_mail_alone() {
    let server = Server::sqlite().await;
    let anne = server.joined("anne@example.org").await;
    let again = server.person(" Anne@Example.org").await;
    let free = server.person("wim@example.org").await;
    let (_, registration) = registration("x");
    let taken = server.join_begin(&again, registration.clone()).await;
    let open = server.join_begin(&free, registration).await;
    assert_eq!(taken.status, open.status);
    let [taken, open]: [JoinBeginResponse; 2] = [taken.ok(), open.ok()];
    assert_eq!(taken.registration.0.len(), open.registration.0.len());
    let length = |answer: &JoinBeginResponse, email: &str| answer.ticket.0.len() - email.trim().len();
    assert_eq!(length(&taken, &again.email), length(&open, &free.email));
    let told = server.mails_to("Anne@Example.org").await;
    assert_eq!((told[0].kind, &told[0].code), (Kind::AddressTaken, &None));
    assert_eq!(server.mails_to(&free.email).await[0].kind, Kind::JoinCode);
    // No code is ever the right one, and trying tells no more than with a free one.
    for answer in [taken, open] {
        let request = JoinRequest {
            mail_code: "ABCD-EFGH".into(),
            ..join_request(&again, answer.ticket)
        };
        assert_eq!(
            server.post(path::JOIN, &request).await.refused(),
            ProblemCode::MailCodeWrong
        );
    }
    server
        .login(&anne.email, &anne.passphrase)
        .await
        .ok::<regie_protocol::account::login::LoginResponse>();
}
