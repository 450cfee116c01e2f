//! Locking, unlocking, forgetting the passphrase, starting over.

use chrono::TimeDelta;
use regie_client::{ClientError, Settings, Stage};
use regie_domain::seal::Seal;
use regie_tests::{PASSPHRASE, Profile, bytes::files, draft, passphrase};

#[test]
fn while_locked_nothing_is_answered() {
    let profile = Profile::default();
    let client = profile.begin();
    let entry = client.diary_save(draft("Achter slot")).expect("saves").id;
    client.lock().expect("locks");
    assert_eq!(client.seal(), Seal::Locked);
    assert_eq!(client.diary_entry(entry).err(), Some(ClientError::Locked));
    assert_eq!(client.today().err(), Some(ClientError::Locked));
    assert_eq!(client.my_data().err(), Some(ClientError::Locked));
    assert_eq!(client.diary_save(draft("x")).err(), Some(ClientError::Locked));
    assert_eq!(client.recovery_code().err(), Some(ClientError::Locked));
    assert!(!client.help_now().lines.is_empty(), "help is there all the same");
    assert_eq!(client.unlock(&passphrase(PASSPHRASE)), Ok(Stage::Open));
    assert_eq!(
        client.diary_entry(entry).expect("an entry").markdown,
        "Achter slot"
    );
}

#[test]
fn guessing_is_slowed_and_a_restart_does_not_help() {
    let profile = Profile::default();
    profile.begin().lock().expect("locks");
    let client = profile.start();
    let wrong = passphrase("niet deze maar een andere");
    let waits: Vec<_> = (0..3).map(|_| client.unlock(&wrong).err()).collect();
    let answer = |wait_seconds| Some(ClientError::WrongPassphrase { wait_seconds });
    assert_eq!(waits, [answer(0), answer(0), answer(1)]);
    assert_eq!(
        client.unlock(&passphrase(PASSPHRASE)),
        Err(ClientError::TooSoon { wait_seconds: 1 })
    );
    drop(client);
    let client = profile.start();
    assert_eq!(client.stage(), Stage::Locked { wait_seconds: 1 });
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert_eq!(
        client.unlock(&wrong).err(),
        Some(ClientError::WrongPassphrase { wait_seconds: 2 })
    );
    std::thread::sleep(std::time::Duration::from_millis(2100));
    assert_eq!(client.unlock(&passphrase(PASSPHRASE)), Ok(Stage::Open));
    client.lock().expect("locks");
    assert_eq!(client.stage(), Stage::Locked { wait_seconds: 0 });
}

#[test]
fn a_forgotten_passphrase_is_replaced_with_the_recovery_code() {
    let profile = Profile::default();
    let client = profile.begin();
    let entry = client.diary_save(draft("Nog te lezen")).expect("saves").id;
    let code = client
        .recovery_code()
        .expect("a code")
        .groups
        .join(" ")
        .to_lowercase();
    client.lock().expect("locks");

    assert_eq!(
        client.check_recovery_code("0000 1111"),
        Err(ClientError::MistypedRecoveryCode)
    );
    let foreign = Profile::default()
        .begin()
        .recovery_code()
        .expect("a code")
        .groups
        .join("-");
    assert_eq!(
        client.check_recovery_code(&foreign),
        Err(ClientError::WrongRecoveryCode { wait_seconds: 0 })
    );
    assert_eq!(client.check_recovery_code(&code), Ok(()));
    let new = passphrase("vier groene theepotten dansen");
    assert_eq!(
        client.unlock_with_recovery_code(&code, &passphrase("zwak")),
        Err(ClientError::WeakPassphrase)
    );
    assert_eq!(client.unlock_with_recovery_code(&code, &new), Ok(Stage::Open));
    assert_eq!(
        client.diary_entry(entry).expect("an entry").markdown,
        "Nog te lezen"
    );
    client.lock().expect("locks");
    assert_eq!(
        client.unlock(&passphrase(PASSPHRASE)).err(),
        Some(ClientError::WrongPassphrase { wait_seconds: 0 })
    );
    assert_eq!(client.unlock(&new), Ok(Stage::Open));
}

#[test]
fn it_locks_by_itself_after_idle_time_and_when_the_clock_is_set_back() {
    let profile = Profile::default();
    let client = profile.begin();
    client
        .save_settings(Settings {
            lock_after_minutes: 15,
        })
        .expect("stores");
    profile.clock.pass(TimeDelta::minutes(14));
    assert_eq!(client.tick(), Ok(false));
    client.touch();
    profile.clock.pass(TimeDelta::minutes(14));
    assert_eq!(client.tick(), Ok(false));
    assert!(!client.is_about_to_lock());
    profile.clock.pass(TimeDelta::seconds(58));
    assert_eq!(client.tick(), Ok(false));
    assert!(client.is_about_to_lock(), "time to keep what is under the pen");
    profile.clock.pass(TimeDelta::seconds(2));
    assert_eq!(client.tick(), Ok(true));
    assert!(!client.is_about_to_lock());
    assert_eq!(client.today().err(), Some(ClientError::Locked));

    client.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
    profile.clock.pass(TimeDelta::hours(-2));
    assert_eq!(client.tick(), Ok(true));
}

#[test]
fn what_cannot_be_deleted_for_good_neither_shows_a_locked_diary_nor_locks_out() {
    let profile = Profile::default();
    let client = profile.begin();
    let entry = client.diary_save(draft("Weg ermee")).expect("saves").id;
    let list = profile.folder().join("deletions");
    std::fs::create_dir(&list).expect("in its way");
    client.diary_delete(entry).expect("deletes");
    profile.clock.pass(TimeDelta::minutes(6));
    assert_eq!(client.tick(), Ok(true), "the window must go");
    assert_eq!(client.unlock(&passphrase(PASSPHRASE)), Ok(Stage::Open));
    assert!(client.tick().is_err(), "it is tried again");
    assert!(client.diary_entry(entry).is_err());
    std::fs::remove_dir(&list).expect("out of its way");
    assert_eq!(client.tick(), Ok(false));
    assert_eq!(std::fs::metadata(&list).expect("a list").len(), 32);
}

#[test]
fn starting_over_sets_the_old_vault_aside_whole() {
    let profile = Profile::default();
    let client = profile.begin();
    client.diary_save(draft("Oud leven")).expect("saves");
    assert_eq!(
        client.start_over(),
        Err(ClientError::NotNow),
        "not while it is open"
    );
    client.lock().expect("locks");
    let old: Vec<_> = files(&profile.vault()).into_values().collect();
    assert_eq!(client.start_over(), Ok("set-aside-2026-11-23".into()));
    let aside: Vec<_> = files(&profile.folder().join("set-aside-2026-11-23"))
        .into_values()
        .collect();
    assert_eq!(aside, old);
    regie_tests::begin(&client, &[]);
    client.lock().expect("locks");
    assert_eq!(client.start_over(), Ok("set-aside-2026-11-23-2".into()));
}

#[test]
fn hiding_locks_and_leads_back_once_and_only_after_unlocking() {
    let profile = Profile::default();
    let client = profile.begin();
    client
        .hide(r#"{"place":{"screen":"diary"}}"#.into())
        .expect("hides");
    assert!(client.is_hidden());
    assert!(matches!(client.stage(), Stage::Locked { .. }));
    assert_eq!(client.take_spot(), None, "not before unlocking");
    client.leave_hiding();
    assert!(!client.is_hidden());
    client.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
    assert_eq!(
        client.take_spot().as_deref(),
        Some(r#"{"place":{"screen":"diary"}}"#)
    );
    assert_eq!(client.take_spot(), None, "once");

    client.hide("{}".into()).expect("hides");
    client.leave_hiding();
    client.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
    client.lock().expect("locks");
    client.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
    assert_eq!(client.take_spot(), None, "a lock by itself leads nowhere");

    client.hide("x".repeat(513)).expect("hides");
    client.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
    assert_eq!(client.take_spot(), None, "no room for words");
    assert!(!client.is_hidden());
}

#[test]
fn it_locks_at_sleep_unless_the_person_said_otherwise() {
    let profile = Profile::default();
    let client = profile.begin();
    assert_eq!(client.locks_at_sleep(), Ok(true));
    client.set_lock_at_sleep(false).expect("stores");
    assert_eq!(client.locks_at_sleep(), Ok(false));
    client.lock().expect("locks");
    assert_eq!(client.locks_at_sleep(), Err(ClientError::Locked));
    client.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
    assert_eq!(client.locks_at_sleep(), Ok(false), "kept in the vault");
}
