//! Tickets of deletion: redeemed late, again, by a thief, or made up.

use regie_protocol::{
    ProblemCode,
    account::{
        change::{EraseResponse, TicketRequest},
        device::{SignOutRequest, Which},
        path,
    },
    signed::{self, Receipt, SigningKey},
    wire::{Blob, Fixed},
};

use super::{Server, client::blob, opened, random};
use crate::{letter::Kind, store::AccountId};

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_finishes_a_deletion_once_and_comes_again_as_a_receipt() {
    let server = Server::sqlite().await;
    let anne = server.joined("anne@example.org").await;
    let wim = server.joined("wim@example.org").await;
    let ticket = TicketRequest {
        ticket: server.ticket(anne.account, anne.device.id, &anne.device.key),
    };
    // Whenever a network is there.
    server.later(90 * 86_400);
    let receipt = async || {
        let answer: EraseResponse = server.post(path::TICKET, &ticket).await.ok();
        opened::<Receipt>(&answer.receipt.0, &server.deployment().keys.receipts)
    };
    let first = receipt().await;
    assert_eq!(
        first.account,
        Receipt::account_hash(signed::AccountId(anne.account))
    );
    assert_eq!(
        (first.reference.len(), first.deployment),
        (16, server.deployment().id)
    );
    let store = &server.app.accounts.store;
    assert_eq!(store.rows_owned_by(AccountId(anne.account)).await, Ok(0));
    assert_eq!(
        server.mails_to(&anne.email).await.pop().expect("a mail").kind,
        Kind::AccountErased
    );
    server.later(60);
    assert_eq!(receipt().await, first, "the same word, and no other deletion");
    assert!(server.mails_to(&anne.email).await.is_empty());
    assert!(store.account(AccountId(wim.account)).await.is_ok());
    assert!(store.unfinished_erasures().await.expect("asked").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_that_no_device_of_the_account_made_deletes_nothing() {
    let server = Server::sqlite().await;
    let anne = server.joined("anne@example.org").await;
    let wim = server.joined("wim@example.org").await;
    let second = server
        .added(&server.login(&anne.email, &anne.passphrase).await.ok())
        .await;
    let old = server.ticket(anne.account, second.id, &second.key);
    let out = SignOutRequest {
        which: Which::One(Fixed(second.id)),
        epoch: None,
    };
    server
        .post_as(&anne, &anne.device, path::SIGN_OUT, &out)
        .await
        .done();
    let stranger = SigningKey::from_seed(&random());
    let mut altered = server.ticket(anne.account, anne.device.id, &anne.device.key);
    altered.0[50] ^= 1;
    let elsewhere = Server::sqlite().await;
    for (what, ticket, code) in [
        (
            "another's key",
            server.ticket(anne.account, anne.device.id, &wim.device.key),
            ProblemCode::NotSigned,
        ),
        (
            "a stranger's key",
            server.ticket(anne.account, anne.device.id, &stranger),
            ProblemCode::NotSigned,
        ),
        (
            "another's device",
            server.ticket(anne.account, wim.device.id, &wim.device.key),
            ProblemCode::SignedOut,
        ),
        ("a device that was signed out", old, ProblemCode::SignedOut),
        (
            "an account that never was",
            server.ticket(random(), random(), &stranger),
            ProblemCode::SignedOut,
        ),
        ("altered", altered, ProblemCode::Malformed),
        (
            "for another server",
            elsewhere.ticket(anne.account, anne.device.id, &anne.device.key),
            ProblemCode::Malformed,
        ),
        ("random", blob(), ProblemCode::Malformed),
        ("short", Blob(vec![7; 31]), ProblemCode::Malformed),
    ] {
        let answer = server.post(path::TICKET, &TicketRequest { ticket }).await;
        assert_eq!(answer.refused(), code, "{what}");
    }
    assert!(
        server
            .app
            .accounts
            .store
            .account(AccountId(anne.account))
            .await
            .is_ok()
    );
}
