//! A server from nothing, and what whoever runs it can and cannot learn.

use clap::{Args as _, Command as Clap};
use regie_protocol::signed::InvitationCode;
use regie_server::{
    admin::Admin,
    opening,
    store::{
        AccountId, CodeKeys, Contact, CredentialId, DeviceId, Identity, NewAccount, NewCredential, NewDevice,
        NewEpoch, NewHeader, SecretHash, Way, Wrap,
    },
};
use regie_tests::server::{Engine, Running};

use super::*;

fn new_account(code: &str, email: &str) -> NewAccount {
    let device = DeviceId::make_random().expect("randomness");
    let ways = [Way::Passphrase, Way::Code, Way::Device(device)];
    NewAccount {
        account: AccountId::make_random().expect("randomness"),
        credential_id: CredentialId::make_random().expect("randomness"),
        contact: Contact {
            email: email.into(),
            name: "Anne".into(),
            phone: None,
        },
        credential: NewCredential {
            record: vec![1; 192],
            passphrase_key: [2; 32],
        },
        code: CodeKeys {
            auth_key: [3; 32],
            seal_key: [4; 32],
            for_devices: vec![5; 72],
        },
        epoch: NewEpoch {
            number: 1,
            statement: NewHeader {
                sequence: 1,
                before: None,
                hash: [6; 32],
                restarts: None,
                of_devices: true,
                bytes: vec![6; 120],
            },
            vouching: None,
            wraps: ways
                .into_iter()
                .map(|way| Wrap {
                    way,
                    sealed: vec![7; 80],
                })
                .collect(),
            identity: Identity {
                sign_key: [12; 32],
                seal_key: [13; 32],
                statement: vec![14; 100],
            },
        },
        device: NewDevice {
            device,
            sign_key: [8; 32],
            seal_key: [9; 32],
            name_sealed: vec![10; 40],
            platform_sealed: vec![11; 40],
        },
        invitation: SecretHash(InvitationCode::parse(code).expect("a code").hash().0),
        statement_version: 1,
        terms_version: 1,
        copy_consented: true,
    }
}

/// Somebody joins with each of these codes.
fn redeem(server: &Running, codes: &[String]) {
    redeem_as(server, codes, "a");
}

fn redeem_as(server: &Running, codes: &[String], who: &str) {
    let config = server.config();
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(async {
            let accounts = opening::open(&config, &|_| None).await.expect("opens");
            for (number, code) in codes.iter().enumerate() {
                let new = new_account(code, &format!("{who}{number}@example.org"));
                let made = accounts.store.create_account(new, opening::now()).await;
                made.expect("an account");
            }
        });
}

#[test]
fn a_server_from_nothing_is_ready_on_either_store_and_comes_back_after_stopping() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let mut server = Running::begin_on(engine, 3);
        let ready = |address: &str| {
            let answer = client().get(format!("{address}/ready")).send();
            answer.is_ok_and(|answer| answer.status() == 200)
        };
        assert!(ready(&server.address));
        assert_eq!(server.codes.len(), 3);
        let other = server.another_instance();
        assert!(ready(&other));
        server.stop();
        assert!(!ready(&server.address) && !ready(&other));
        server.start_again();
        assert!(ready(&server.address));
    }
}

#[test]
fn l6_nobody_who_runs_a_server_can_tell_used_codes_from_unused_ones() {
    let unused = Running::begin_on(Engine::Sqlite, 9);
    let used = Running::begin_on(Engine::Sqlite, 9);
    redeem(&used, &used.codes);
    let told = |server: &Running| {
        let mut told = String::new();
        for line in [
            "seats".to_owned(),
            "organisation list".to_owned(),
            "staff list".to_owned(),
            format!("invitation end 3 --organisation {}", server.organisation),
            format!("organisation end {}", server.organisation),
            "seats".to_owned(),
        ] {
            told.push_str(&server.admin(&line));
        }
        let log = server.admin("log");
        told.push_str(&format!("{} rows", log.lines().count()));
        told.replace(&server.organisation.to_string(), "ID")
    };
    assert_eq!(told(&used), told(&unused));
    assert!(told(&used).contains("fewer than ten"));

    // Nor is there a command that takes an account, an address or a code, or that lists invitations.
    let mut names = Vec::new();
    collect(&Admin::augment_args(Clap::new("admin")), "", &mut names);
    assert!(names.contains(&"/invitation/end number".to_owned()), "{names:?}");
    for name in &names {
        for never in ["account", "email", "address", "code", "member", "seat "] {
            assert!(!name.contains(never), "{name}");
        }
        assert!(!name.starts_with("/invitation/list") && !name.starts_with("/invitations/list"));
    }
}

fn collect(command: &Clap, path: &str, names: &mut Vec<String>) {
    for argument in command.get_arguments() {
        names.push(format!("{path} {}", argument.get_id()));
    }
    for inner in command.get_subcommands() {
        let path = format!("{path}/{}", inner.get_name());
        names.push(path.clone());
        collect(inner, &path, names);
    }
}

#[test]
fn l6_totals_are_coarse_and_stay_for_a_week() {
    let mut server = Running::begin_on(Engine::Sqlite, 13);
    redeem(&server, &server.codes);
    assert!(
        server
            .admin("seats")
            .contains("Bakkerij: 1000 bought, about 10 taken")
    );
    // Two more would make it fifteen.
    let more = server.invite(2);
    redeem_as(&server, &more, "b");
    assert!(
        server.admin("seats").contains("about 10 taken"),
        "told once a week"
    );
}

#[test]
fn what_the_root_of_the_configuration_did_not_sign_is_refused() {
    let (server, other) = (Running::begin(), Running::begin());
    let at = |running: &Running, name: &str| running.folder.path().join(name).display().to_string();
    // The batch of another root, for this very organisation.
    other.operator(&format!(
        "sign-invitations --organisation {} --count 2 --until 2099-12-31 --out {}",
        server.organisation,
        at(&other, "foreign")
    ));
    let foreign = format!(
        "invitations install {}/for-the-server/invitations.signed",
        at(&other, "foreign")
    );
    assert!(
        server
            .try_admin(&foreign)
            .expect_err("refused")
            .contains("signature")
    );
    // Another root's deployment; and one of the right root that names another server's keys.
    let deployment = |file: &str| server.try_admin(&format!("deployment install {file}"));
    assert!(
        deployment(&at(&other, "deployment.signed"))
            .expect_err("refused")
            .contains("signature")
    );
    let text = fs::read_to_string(server.folder.path().join("deployment.toml")).expect("a description");
    let keys = |text: &str| {
        text.lines()
            .find(|line| line.starts_with("opaque"))
            .expect("a key")
            .to_owned()
    };
    let strange = text.replace(&keys(&text), &keys(&other.admin("keys")));
    fs::write(server.folder.path().join("strange.toml"), strange).expect("writes");
    server.operator(&format!(
        "sign-deployment {} --out {}",
        at(&server, "strange.toml"),
        at(&server, "strange.signed")
    ));
    let error = deployment(&at(&server, "strange.signed")).expect_err("refused");
    assert!(
        error.contains("its key for opaque is not the one that this server holds"),
        "{error}"
    );
    assert!(
        deployment(&at(&server, "deployment.signed")).is_ok(),
        "its own, once more"
    );
    // A list of revocations goes forward alone.
    for number in [1, 2] {
        server.operator(&format!(
            "revoke --out {}",
            at(&server, &format!("list-{number}"))
        ));
    }
    let revoked = |number: i32| {
        server.try_admin(&format!(
            "revocations install {}",
            at(&server, &format!("list-{number}"))
        ))
    };
    assert!(revoked(2).is_ok());
    assert!(revoked(1).expect_err("older").contains("higher"));
}

#[test]
fn v16_staff_have_dates_and_a_certificate_of_their_own_role_and_what_is_done_stays_in_the_log() {
    let server = Running::begin_on(Engine::Sqlite, 1);
    let id =
        server.admin("staff add --name Noor --role coach --secrecy 2026-01-01 --screened-until 2099-01-01");
    let id = id.trim();
    assert!(
        server.admin("staff list").contains("may not act"),
        "the training is missing"
    );
    let _ = server.admin(&format!("staff change {id} --trained-until 2099-01-01"));
    assert!(server.admin("staff list").contains("coach: may act"));
    let key = data_encoding::HEXLOWER.encode(server.root.as_bytes());
    for (role, fits) in [("complaints_officer", false), ("coach", true)] {
        let file = server.folder.path().join(role);
        server.operator(&format!(
            "sign-certificate --signing-key {key} --sealing-key {key} --role {role} --out {}",
            file.display()
        ));
        let line = format!("certificate install {} --staff {id} --as {id}", file.display());
        assert_eq!(server.try_admin(&line).is_ok(), fits, "{role}");
    }
    let log = server.admin("log");
    for action in [
        "deployment.installed",
        "invitations.installed",
        "staff.added",
        "staff.changed",
    ] {
        assert!(log.contains(action), "{action} in {log}");
    }
    assert_eq!(log.matches("certificate.installed").count(), 1);
    assert_eq!(log.matches("by at the machine").count() + 2, log.lines().count());
    assert!(log.contains("Unbroken"));

    let database = rusqlite::Connection::open(server.data().join("regie.db")).expect("a database");
    let changed = database.execute("UPDATE staff_log SET action = 'staff.left' WHERE number = 3", []);
    assert_eq!(changed, Ok(1));
    let broken = server.try_admin("log").expect_err("broken");
    assert!(broken.contains("broken after row 2"), "{broken}");
}
