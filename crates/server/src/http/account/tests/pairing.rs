//! Mailboxes of two devices over HTTP: whose they are, how large, how many; and what adding a device by one asks.

use axum::http::{HeaderName, HeaderValue, Method};
use regie_protocol::{
    ProblemCode,
    account::{
        device::DevicesResponse,
        header,
        login::LoginResponse,
        pairing::{
            AGREEMENT, CONFIRMATION, EndRequest, Ending, EnterRequest, FinishRequest, LASTS, LONGEST_SAID,
            LookRequest, LookResponse, OPENING, OpenRequest, OpenResponse, PARCEL, REPLY, SayRequest, WAITS,
        },
        path,
    },
    wire::{Blob, Fixed},
};

use super::{
    Answer, Server, base64,
    client::{Device, Person, blob},
    random,
};

struct Mailbox {
    number: u32,
    token: Fixed<32>,
}

impl Server {
    async fn mailbox(&self) -> Mailbox {
        let body = OpenRequest {
            commitment: Fixed([1; 32]),
        };
        let opened: OpenResponse = self.post(path::PAIR, &body).await.ok();
        assert!((1000..=9999).contains(&opened.number) && opened.seconds == LASTS);
        Mailbox {
            number: opened.number,
            token: opened.token,
        }
    }

    async fn enter(&self, person: &Person, number: u32) -> Answer {
        self.post_as(person, &person.device, path::PAIR_ENTER, &EnterRequest { number })
            .await
    }

    async fn look(&self, mailbox: &Mailbox) -> Answer {
        let body = LookRequest {
            number: mailbox.number,
            token: Some(mailbox.token),
        };
        self.post(path::PAIR_LOOK, &body).await
    }

    /// The steps up to the one in which the new device gave its keys.
    async fn agreed(&self, person: &Person, mailbox: &Mailbox) {
        self.enter(person, mailbox.number).await.done();
        for step in [REPLY, OPENING, CONFIRMATION, AGREEMENT] {
            let is_new = step % 2 == 1;
            let body = say(mailbox, step, is_new, 40);
            match is_new {
                true => self.post(path::PAIR_SAY, &body).await.done(),
                false => self
                    .post_as(person, &person.device, path::PAIR_SAY, &body)
                    .await
                    .done(),
            }
        }
    }

    async fn finish(&self, person: &Person, proof: &Blob, body: &FinishRequest) -> Answer {
        let bytes = serde_json::to_vec(body).expect("writes");
        let mut request = self.signed(person, &person.device, Method::POST, path::PAIR_FINISH, bytes);
        let value = HeaderValue::from_str(&base64(&proof.0)).expect("a value");
        request
            .headers_mut()
            .insert(HeaderName::from_static(header::PROOF), value);
        self.ask_as(&person.device, request).await
    }

    async fn proof(&self, person: &Person) -> Blob {
        let welcome: LoginResponse = self.login(&person.email, &person.passphrase).await.ok();
        welcome.proof
    }
}

fn say(mailbox: &Mailbox, step: i64, is_new: bool, bytes: usize) -> SayRequest {
    SayRequest {
        number: mailbox.number,
        token: is_new.then_some(mailbox.token),
        step,
        message: Blob(vec![7; bytes]),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_is_for_who_has_its_token_and_for_the_device_that_entered() {
    let server = Server::sqlite().await;
    let (anne, wim) = (
        server.joined("anne@example.org").await,
        server.joined("wim@example.org").await,
    );
    let mailbox = server.mailbox().await;
    let other = Mailbox {
        token: Fixed(random()),
        ..mailbox
    };
    assert_eq!(server.look(&other).await.refused(), ProblemCode::PairingUnknown);
    let bare = LookRequest {
        number: mailbox.number,
        token: None,
    };
    assert_eq!(
        server.post(path::PAIR_LOOK, &bare).await.refused(),
        ProblemCode::NotSigned
    );
    assert_eq!(
        server.enter(&anne, 999_999).await.refused(),
        ProblemCode::PairingUnknown
    );
    server.enter(&anne, mailbox.number).await.done();
    assert_eq!(
        server.enter(&wim, mailbox.number).await.refused(),
        ProblemCode::PairingUsed
    );
    let look = server.post_as(&wim, &wim.device, path::PAIR_LOOK, &bare).await;
    assert_eq!(look.refused(), ProblemCode::PairingUnknown);
    let look = server.post_as(&anne, &anne.device, path::PAIR_LOOK, &bare).await;
    let said: LookResponse = look.ok();
    assert_eq!((said.step, said.message), (1, Blob(vec![1; 32])));

    // The right token does not stand in for the turn, nor for a length that is no message.
    let early = server
        .post(path::PAIR_SAY, &say(&mailbox, OPENING, true, 40))
        .await;
    assert_eq!(early.refused(), ProblemCode::Stale);
    for (step, bytes) in [(REPLY, 0), (REPLY, LONGEST_SAID + 1), (PARCEL, 40), (1, 40)] {
        let body = say(&mailbox, step, false, bytes);
        let refused = server.post_as(&anne, &anne.device, path::PAIR_SAY, &body).await;
        assert_eq!(refused.refused(), ProblemCode::Malformed, "{step} {bytes}");
    }
    let end = EndRequest {
        number: mailbox.number,
        token: Some(other.token),
        why: Ending::Stopped,
    };
    server.post(path::PAIR_END, &end).await.done();
    assert_eq!(server.look(&mailbox).await.ok::<LookResponse>().ended, None);
    let end = EndRequest {
        token: None,
        why: Ending::Differ,
        ..end
    };
    server
        .post_as(&anne, &anne.device, path::PAIR_END, &end)
        .await
        .done();
    let told: LookResponse = server.look(&mailbox).await.ok();
    assert_eq!(
        (told.ended, told.message),
        (Some(Ending::Differ), Blob::default())
    );
    server.later(WAITS);
    assert_eq!(server.look(&mailbox).await.refused(), ProblemCode::PairingUnknown);

    let mailbox = server.mailbox().await;
    server.later(LASTS);
    assert_eq!(server.look(&mailbox).await.refused(), ProblemCode::PairingUnknown);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_comes_by_a_signature_and_a_proof_of_the_same_account_and_all_are_told() {
    let server = Server::sqlite().await;
    let (anne, wim) = (
        server.joined("anne@example.org").await,
        server.joined("wim@example.org").await,
    );
    let mailbox = server.mailbox().await;
    server.agreed(&anne, &mailbox).await;
    let new = Device::new();
    let body = FinishRequest {
        number: mailbox.number,
        device: new.keys(),
        epoch: 1,
        wrap: blob(),
        message: Blob(vec![9; 5000]),
    };
    let _ = server.mails_to("anne@example.org").await;
    let (own, others) = (server.proof(&anne).await, server.proof(&wim).await);
    let unsigned = [(header::PROOF, base64(&own.0))];
    let refused = server.post_with(path::PAIR_FINISH, &unsigned, &body).await;
    assert_eq!(refused.refused(), ProblemCode::NotSigned);
    let unproven = server
        .post_as(&anne, &anne.device, path::PAIR_FINISH, &body)
        .await;
    assert_eq!(unproven.refused(), ProblemCode::ProofNeeded);
    let refused = server.finish(&anne, &others, &body).await;
    assert_eq!(refused.refused(), ProblemCode::ProofNeeded, "somebody else's");
    let refused = server.finish(&wim, &others, &body).await;
    assert_eq!(refused.refused(), ProblemCode::PairingUnknown, "it did not enter");
    assert!(
        server.mails_to("anne@example.org").await.is_empty(),
        "nothing to tell"
    );
    *new.nonce.lock().expect("a nonce") = server.nonce(&new).await;
    let nobody = server.get_as(&anne, &new, path::DEVICES).await;
    assert_eq!(nobody.refused(), ProblemCode::SignedOut);

    server.finish(&anne, &own, &body).await.done();
    server.finish(&anne, &own, &body).await.done();
    assert_eq!(server.mails_to("anne@example.org").await.len(), 1);
    let parcel: LookResponse = server.look(&mailbox).await.ok();
    assert_eq!((parcel.step, parcel.message), (PARCEL, body.message.clone()));
    *new.nonce.lock().expect("a nonce") = server.nonce(&new).await;
    let listed: DevicesResponse = server.get_as(&anne, &new, path::DEVICES).await.ok();
    assert_eq!(listed.devices.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn mailboxes_and_tries_at_them_are_counted() {
    let server = Server::sqlite().await;
    let anne = server.joined("anne@example.org").await;
    for _ in 0..20 {
        let refused = server.enter(&anne, 1000).await.refused();
        assert_eq!(refused, ProblemCode::PairingUnknown);
    }
    let refused = server.enter(&anne, 1000).await.refused();
    assert_eq!(refused, ProblemCode::TooManyRequests);
    for _ in 0..60 {
        server.mailbox().await;
    }
    let body = OpenRequest {
        commitment: Fixed([1; 32]),
    };
    let refused = server.post(path::PAIR, &body).await;
    assert_eq!(refused.refused(), ProblemCode::TooManyRequests);
    server.later(3600);
    server.mailbox().await;
}
