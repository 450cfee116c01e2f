//! Leaving: without a network first, the receipt in anybody's hands, and a new start.

use regie_client::{AccountError, LeaveKind, LogInBy, LogInForm};
use regie_server::receipt::{self, VerifyReceipt};

use super::*;

fn verified(server: &Running, file: &Path, account: Option<String>) -> Result<String, String> {
    let mut out = Vec::new();
    let what = VerifyReceipt {
        file: file.to_owned(),
        deployment: server.folder.path().join("deployment.signed"),
        root: Some(data_encoding::HEXLOWER.encode(server.root.as_bytes())),
        account,
    };
    receipt::verify(&what, &mut out).map_err(|error| error.to_string())?;
    Ok(String::from_utf8(out).expect("text"))
}

#[test]
fn v3_v22_leaving_without_a_network_ends_at_the_next_contact_and_a_new_start_finds_nothing_of_it() {
    let mut alone = Alone::begin(Engine::Sqlite, 1);
    let code = alone.running.code();
    let profile = Profile::default();
    let (client, _) = join(&alone.running, &profile, &code, &NOOR);
    let rows = alone.rows();
    let account = rows.iter().find(|row| row.table == "account").expect("a row");
    let account = data_encoding::HEXLOWER.encode(account.value("account_id").expect("an id"));
    client.diary_save(draft("Over het weggaan")).expect("saves");

    alone.stop();
    let left = client
        .leave(LeaveKind::Everything, &passphrase(PASSPHRASE), None)
        .expect("leaves");
    assert!(!left.confirmed && !profile.vault().exists());
    drop(client);
    alone.start();
    // The next start with a network.
    let client = profile.start().with_roots(&[alone.running.root]);
    let receipts = client.redeem_tickets().expect("redeems");
    assert!(receipts.len() == 1 && receipts[0].confirmed);
    let place = profile.stick().join("bewijs");
    let saved = client.save_receipt(&receipts[0].id, &place).expect("saves");

    let said = verified(&alone.running, &saved, Some(account.clone())).expect("it holds");
    assert!(said.contains("This receipt holds."), "{said}");
    let other = account.chars().rev().collect();
    assert!(
        verified(&alone.running, &saved, Some(other)).is_err(),
        "of another account it says nothing"
    );
    let mut broken = fs::read(&saved).expect("a receipt");
    let middle = broken.len() / 2;
    broken[middle] ^= 1;
    fs::write(place.with_extension("broken"), &broken).expect("writes");
    assert!(verified(&alone.running, &place.with_extension("broken"), None).is_err());

    // Nobody gets in any more, and nothing is kept but the line that keeps it so.
    let stranger = Profile::default();
    let again = stranger.start().with_roots(&[alone.running.root]);
    again
        .look_at_server(&alone.running.address, None)
        .expect("a server");
    let form = LogInForm {
        email: NOOR.email.into(),
        by: LogInBy::Passphrase(passphrase(PASSPHRASE)),
        factor: None,
        device_name: "Tablet".into(),
        consents: vec![KEEP.into()],
    };
    let refused = again.log_in_on_new_device(&form).err();
    assert_eq!(refused, Some(AccountError::LoginFailed.into()));
    let owned = alone
        .rows()
        .iter()
        .filter(|row| row.value("account_id").is_some())
        .count();
    assert!(owned <= 1, "at most the last mail waits");

    // The same address, the same code: a new life, with nothing of the old one.
    let anew = Profile::default();
    let (client, _) = join(&alone.running, &anew, &code, &NOOR);
    let view = client.contact().expect("an answer").joined.expect("an account");
    assert_eq!((view.epoch, client.devices().expect("devices").len()), (1, 1));
    assert_eq!(client.account_log(0).expect("a log")[0].number, 1);
    let accounts: Vec<_> = alone
        .rows()
        .into_iter()
        .filter(|row| row.table == "account")
        .collect();
    let ids: Vec<_> = accounts
        .iter()
        .map(|row| data_encoding::HEXLOWER.encode(row.value("account_id").expect("an id")))
        .collect();
    assert!(ids.len() == 1 && ids[0] != account);
}
