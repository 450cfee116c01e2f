//! One life of an account, from its invitation to coming back.

use regie_protocol::{
    ProblemCode,
    account::{
        AccountResponse, DeploymentResponse, LogResponse, Seat,
        change::{
            CodeChangeRequest, EraseRequest, EraseResponse, PassphraseBeginRequest, PassphraseBeginResponse,
            PassphraseRequest, PassphraseResponse,
        },
        device::{DevicesResponse, EpochsResponse, SignOutRequest, Which, Wrap, way_of},
        join::{InvitationRequest, InvitationResponse, JoinResponse},
        login::LoginResponse,
        path,
    },
    signed::{self, Deployment, Receipt, SigningKey},
    wire::{Blob, Fixed},
};

use super::{
    Server,
    client::{Device, Person, blob, code_keys, epoch, proof, registered, registration},
    opened, random,
};
use crate::{letter::Kind, store::AccountId};

#[tokio::test(flavor = "multi_thread")]
async fn an_account_from_its_invitation_to_coming_back_on_sqlite() {
    story(&Server::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_from_its_invitation_to_coming_back_on_postgresql() {
    story(&Server::postgres().await).await;
}

async fn story(server: &Server) {
    let mut anne = joins(server).await;
    let second = second_device(server, &anne).await;
    let welcome = new_passphrase(server, &mut anne, &second).await;
    let third = server.added(&welcome).await;
    loses(server, &anne, &second, third).await;
    let by_code = code(server, &mut anne, &second).await;
    leaves(server, &anne, &by_code, &second).await;
    comes_back(server, anne).await;
}

async fn joins(server: &Server) -> Person {
    let told: DeploymentResponse = server.get(path::DEPLOYMENT).await.ok();
    let deployment: Deployment = opened(&told.deployment.0, &server.root.verifying_key());
    assert_eq!(&deployment, server.deployment());

    let anne = server.person("anne@example.org").await;
    let ask = InvitationRequest {
        invitation: Fixed(anne.invitation.0),
    };
    let invitation: InvitationResponse = server.post(path::INVITATION, &ask).await.ok();
    let invitation: signed::Invitation = opened(&invitation.invitation.0, &server.root.verifying_key());
    assert_eq!(invitation.code, anne.invitation);

    let request = server.joining(&anne).await;
    let joined: JoinResponse = server.post(path::JOIN, &request).await.ok();
    let again: JoinResponse = server.post(path::JOIN, &request).await.ok();
    assert_eq!(
        again.invitation, joined.invitation,
        "its answer may have been lost"
    );
    assert_eq!(
        opened::<signed::Invitation>(&joined.invitation.0, &server.root.verifying_key()),
        invitation
    );
    let used = server.post(path::INVITATION, &ask).await.refused();
    assert_eq!(used, ProblemCode::InvitationUsed);

    *anne.device.nonce.lock().expect("a nonce") = joined.nonce.0;
    let account: AccountResponse = server.get_as(&anne, &anne.device, path::ACCOUNT).await.ok();
    assert_eq!(
        (account.email.as_str(), account.name.as_str()),
        ("anne@example.org", "Anne")
    );
    assert_eq!(
        (account.generation, account.epoch, account.has_factor),
        (1, 1, false)
    );
    assert_eq!(account.seat, Seat::Taken);
    assert!(account.copy_since_day.is_some());
    let devices: DevicesResponse = server.get_as(&anne, &anne.device, path::DEVICES).await.ok();
    assert_eq!(devices.devices.len(), 1);
    assert_eq!(devices.devices[0].keys, request.device);
    assert_eq!(
        (devices.passphrase_key, devices.code_key),
        (request.credential.passphrase_key, request.code.seal_key)
    );
    let epochs: EpochsResponse = server.get_as(&anne, &anne.device, path::EPOCHS).await.ok();
    assert_eq!(epochs.epochs, vec![request.epoch.statement]);
    assert_eq!(epochs.wrap, request.epoch.wraps[2].sealed, "its own");
    anne
}

/// Another device, by the passphrase.
async fn second_device(server: &Server, anne: &Person) -> Device {
    assert_eq!(
        server.login(&anne.email, "another passphrase").await.refused(),
        ProblemCode::LoginFailed
    );
    let welcome: LoginResponse = server.login(" ANNE@example.org", &anne.passphrase).await.ok();
    assert_eq!(
        (welcome.account.0, welcome.generation, welcome.epoch),
        (anne.account, 1, 1)
    );
    assert_eq!(welcome.epochs.len(), 1);
    let second = server.added(&welcome).await;
    let told: Vec<_> = server
        .mails_to(&anne.email)
        .await
        .iter()
        .map(|letter| letter.kind)
        .collect();
    assert_eq!(told, [Kind::DeviceAdded]);
    let devices: DevicesResponse = server.get_as(anne, &second, path::DEVICES).await.ok();
    assert_eq!(devices.devices.len(), 2);
    second
}

/// A new passphrase from the second device; the first one stays.
async fn new_passphrase(server: &Server, anne: &mut Person, second: &Device) -> LoginResponse {
    let welcome: LoginResponse = server.login(&anne.email, &anne.passphrase).await.ok();
    let old = std::mem::replace(&mut anne.passphrase, "zes heel andere woorden".into());
    let (state, registration) = registration(&anne.passphrase);
    let begin = PassphraseBeginRequest { registration };
    let begun: PassphraseBeginResponse = server
        .post_with(path::PASSPHRASE_BEGIN, &proof(&welcome), &begin)
        .await
        .ok();
    let before = credential_id(server, anne).await;
    let change = PassphraseRequest {
        ticket: begun.ticket,
        after_generation: 1,
        credential: registered(state, &anne.passphrase, &begun.registration),
        code: None,
        epoch: None,
        wraps: vec![Wrap {
            way: "passphrase".into(),
            sealed: blob(),
        }],
    };
    let changed: PassphraseResponse = server
        .post_with(path::PASSPHRASE, &proof(&welcome), &change)
        .await
        .ok();
    assert_eq!(changed.generation, 2);
    assert_ne!(
        credential_id(server, anne).await,
        before,
        "no two passphrases hang on one id"
    );
    let void = server
        .post_with(path::PASSPHRASE, &proof(&welcome), &change)
        .await
        .refused();
    assert_eq!(void, ProblemCode::ProofNeeded, "a proof ends with its passphrase");
    assert_eq!(
        server.login(&anne.email, &old).await.refused(),
        ProblemCode::LoginFailed
    );
    let welcome: LoginResponse = server.login(&anne.email, &anne.passphrase).await.ok();
    assert_eq!((welcome.generation, &welcome.wrap), (2, &change.wraps[0].sealed));
    for device in [&anne.device, second] {
        let account: AccountResponse = server.get_as(anne, device, path::ACCOUNT).await.ok();
        assert_eq!(account.generation, 2, "nobody is signed out by it");
    }
    welcome
}

async fn credential_id(server: &Server, person: &Person) -> [u8; 32] {
    let account = server.app.accounts.store.account(AccountId(person.account)).await;
    account.expect("an account").credential_id.0
}

/// The third device is lost: it is refused at once, and the others find the new epoch.
async fn loses(server: &Server, anne: &Person, second: &Device, third: Device) {
    let lost = SignOutRequest {
        which: Which::One(Fixed(third.id)),
        epoch: Some(epoch(anne, &anne.device, 2, &[&anne.device, second])),
    };
    let behind = SignOutRequest {
        epoch: Some(epoch(anne, &anne.device, 2, &[&anne.device])),
        ..lost.clone()
    };
    let differs = server
        .post_as(anne, &anne.device, path::SIGN_OUT, &behind)
        .await
        .refused();
    assert_eq!(
        differs,
        ProblemCode::WrapsDiffer,
        "nobody is left behind by mistake"
    );
    server
        .get_as(anne, &third, path::ACCOUNT)
        .await
        .ok::<AccountResponse>();
    server.mails_to(&anne.email).await;
    server
        .post_as(anne, &anne.device, path::SIGN_OUT, &lost)
        .await
        .done();
    let told: Vec<_> = server
        .mails_to(&anne.email)
        .await
        .iter()
        .map(|letter| letter.kind)
        .collect();
    assert_eq!(told, [Kind::DeviceSignedOut], "what was refused is not told");
    assert_eq!(
        server.get_as(anne, &third, path::ACCOUNT).await.refused(),
        ProblemCode::SignedOut
    );
    let target = format!("{}?after=1", path::EPOCHS);
    let epochs: EpochsResponse = server.get_as(anne, second, &target).await.ok();
    let new = lost.epoch.expect("an epoch");
    let own = new
        .wraps
        .iter()
        .find(|wrap| wrap.way == way_of(second.id))
        .expect("its wrap");
    assert_eq!(
        (epochs.epoch, epochs.epochs, epochs.wrap),
        (2, vec![new.statement], own.sealed.clone())
    );
}

/// The recovery code opens too, and is replaced.
async fn code(server: &Server, anne: &mut Person, second: &Device) -> LoginResponse {
    let welcome: LoginResponse = server.code_login(&anne.email, &anne.code).await.ok();
    assert_eq!(
        (welcome.account.0, welcome.epoch, welcome.epochs.len()),
        (anne.account, 2, 2)
    );
    let new = SigningKey::from_seed(&random());
    let change = CodeChangeRequest {
        code: code_keys(&new),
        epoch: 2,
        wrap: blob(),
    };
    server
        .post_with(path::CODE, &proof(&welcome), &change)
        .await
        .done();
    let old = std::mem::replace(&mut anne.code, new);
    assert_eq!(
        server.code_login(&anne.email, &old).await.refused(),
        ProblemCode::LoginFailed
    );
    let welcome: LoginResponse = server.code_login(&anne.email, &anne.code).await.ok();
    assert_eq!(
        (&welcome.wrap, welcome.code_key),
        (&change.wrap, change.code.seal_key)
    );
    let told = server.mails_to(&anne.email).await;
    let told = |kind| told.iter().filter(|letter| letter.kind == kind).count();
    assert_eq!((told(Kind::CodeUsed), told(Kind::CodeChanged)), (2, 1));

    let log: LogResponse = server.get_as(anne, second, path::LOG).await.ok();
    let what: Vec<_> = log.entries.iter().map(|line| line.what.as_str()).collect();
    for done in [
        "account.created",
        "login.passphrase",
        "device.added",
        "passphrase.changed",
        "epoch.begun",
        "device.signed-out",
        "login.code",
        "code.changed",
    ] {
        assert!(what.contains(&done), "{done} of {what:?}");
    }
    let target = format!("{}?after={}", path::LOG, log.entries[2].number);
    let rest: LogResponse = server.get_as(anne, second, &target).await.ok();
    assert_eq!(rest.entries[..], log.entries[3..]);
    welcome
}

/// Erased, with a receipt that anybody can check, and that comes again.
async fn leaves(server: &Server, anne: &Person, welcome: &LoginResponse, second: &Device) {
    let erase = EraseRequest {
        reference: Blob(random::<16>().to_vec()),
    };
    let erased: EraseResponse = server.post_with(path::ERASE, &proof(welcome), &erase).await.ok();
    let receipt: Receipt = opened(&erased.receipt.0, &server.deployment().keys.receipts);
    assert_eq!(
        (&receipt.reference, receipt.deployment),
        (&erase.reference.0, server.deployment().id)
    );
    assert_eq!(
        receipt.account,
        Receipt::account_hash(signed::AccountId(anne.account))
    );
    assert!(receipt.backups_until > receipt.at);
    let again: EraseResponse = server.post_with(path::ERASE, &proof(welcome), &erase).await.ok();
    assert_eq!(
        opened::<Receipt>(&again.receipt.0, &server.deployment().keys.receipts),
        receipt
    );

    let rows = server
        .app
        .accounts
        .store
        .rows_owned_by(AccountId(anne.account))
        .await;
    assert_eq!(rows, Ok(0));
    for device in [&anne.device, second] {
        assert_eq!(
            server.get_as(anne, device, path::ACCOUNT).await.refused(),
            ProblemCode::SignedOut
        );
    }
    assert_eq!(
        server.login(&anne.email, &anne.passphrase).await.refused(),
        ProblemCode::LoginFailed
    );
    assert_eq!(
        server.code_login(&anne.email, &anne.code).await.refused(),
        ProblemCode::LoginFailed
    );
    let told: Vec<_> = server
        .mails_to(&anne.email)
        .await
        .iter()
        .map(|letter| letter.kind)
        .collect();
    assert_eq!(told, [Kind::AccountErased]);
}

/// The same address and the same invitation: as if never before.
async fn comes_back(server: &Server, before: Person) {
    let anne = Person {
        account: random(),
        device: Device::new(),
        ..before
    };
    let request = server.joining(&anne).await;
    let joined: JoinResponse = server.post(path::JOIN, &request).await.ok();
    *anne.device.nonce.lock().expect("a nonce") = joined.nonce.0;
    let account: AccountResponse = server.get_as(&anne, &anne.device, path::ACCOUNT).await.ok();
    assert_eq!((account.generation, account.epoch), (1, 1));
    let log: LogResponse = server.get_as(&anne, &anne.device, path::LOG).await.ok();
    let what: Vec<_> = log.entries.iter().map(|line| line.what.as_str()).collect();
    assert_eq!(what, ["account.created", "seat.read"]);
    let devices: DevicesResponse = server.get_as(&anne, &anne.device, path::DEVICES).await.ok();
    assert_eq!(devices.devices.len(), 1);
}
