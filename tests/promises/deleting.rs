//! Deleting, with backups about.

use std::fs;

use chrono::TimeDelta;
use regie_client::{BackupChoice, BackupSecret, Client, ClientError, DeletionRequest, DiaryFilter, Stage};
use regie_tests::{PASSPHRASE, Profile, copy_folder, draft, passphrase, take_check};
use regie_vault::backup::Backup;

fn request(kinds: &[&str], from: Option<&str>, to: Option<&str>, backups_too: bool) -> DeletionRequest {
    DeletionRequest {
        kinds: kinds.iter().map(|&kind| kind.into()).collect(),
        from: from.map(Into::into),
        to: to.map(Into::into),
        backups_too,
    }
}

fn count(client: &Client, kind: &str) -> u32 {
    let data = client.my_data().expect("a view");
    let found = data.counts.iter().find(|count| count.kind == kind);
    found.expect("a known kind").count
}

fn titles(client: &Client) -> Vec<String> {
    let page = client
        .diary_page(&DiaryFilter::default(), None, 50)
        .expect("a page");
    page.entries.into_iter().map(|row| row.title).collect()
}

fn in_force() -> BackupSecret {
    BackupSecret::Passphrase(passphrase(PASSPHRASE))
}

fn newest(client: &Client) -> BackupChoice {
    let local = client.local_backups().expect("backups");
    BackupChoice::Local {
        name: local[0].name.clone(),
    }
}

/// Entries that stand in the backups on this device, by opening each of them on another computer.
fn in_backups(profile: &Profile, word: &str) -> usize {
    let folder = profile.folder().join("backups");
    let copies = Backup::list(&folder).expect("backups");
    let holds = copies.iter().filter(|copy| {
        let other = Profile::default();
        let client = other.start();
        client.choose_backup(copy.path()).expect("a backup");
        let secret = BackupSecret::Passphrase(passphrase(PASSPHRASE));
        client.restore(&BackupChoice::Chosen, &secret).expect("restores");
        !client.diary_search(word, 50).expect("a search").hits.is_empty()
    });
    holds.count()
}

#[test]
fn v22_deleted_is_gone_from_backups_too_at_once_or_by_the_day_that_was_said() {
    let profile = Profile::default();
    let client = profile.begin();
    client.diary_save(draft("kanarie-eerst")).expect("saves");
    let single = client.diary_save(draft("kanarie-los")).expect("saves").id;
    client.diary_save(draft("kanarie-blijft")).expect("saves");
    client.back_up_now().expect("a backup");
    profile.clock.pass(TimeDelta::days(1));
    client.touch();
    client.diary_save(draft("kanarie-tweede")).expect("saves");
    client.back_up_now().expect("a backup");
    assert_eq!(in_backups(&profile, "kanarie-eerst"), 2);

    // One entry, in the diary: by the day that My data names.
    let told = client.diary_delete(single).expect("deletes");
    assert_eq!(told.as_deref(), Some("2026-12-24"), "in the undo bar");
    profile.clock.pass(TimeDelta::minutes(1));
    client.tick().expect("ticks");
    assert_eq!(
        client.my_data().expect("a view").deleted_until.as_deref(),
        Some("2026-12-24")
    );
    assert_eq!(in_backups(&profile, "kanarie-los"), 2, "until then");

    // A period, from backups too: at once.
    let today = request(&["diary_entry"], Some("2026-11-24"), Some("2026-11-24"), true);
    let deleted = client.delete_period(&today).expect("deletes");
    assert_eq!((deleted.count, deleted.copies_until), (1, None));
    for gone in ["kanarie-tweede", "kanarie-los"] {
        assert_eq!(in_backups(&profile, gone), 0, "{gone}");
    }
    assert_eq!(in_backups(&profile, "kanarie-blijft"), 2, "the rest is whole");

    // Left to its day: there the day before, gone on it.
    let all = request(&["diary_entry"], None, Some("2026-11-23"), false);
    let until = client.delete_period(&all).expect("deletes").copies_until;
    assert_eq!(until.as_deref(), Some("2026-12-24"));
    profile.clock.pass(TimeDelta::days(29));
    for (days, expected) in [(0, 2), (1, 0)] {
        profile.clock.pass(TimeDelta::days(days));
        client.lock().expect("locks");
        client.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
        profile.clock.pass(TimeDelta::seconds(10));
        client.tick().expect("ticks");
        assert_eq!(in_backups(&profile, "kanarie-blijft"), expected);
    }
    assert_eq!(client.my_data().expect("a view").deleted_until, None);
}

#[test]
fn v3_deleting_everything_leaves_the_app_as_new() {
    let profile = Profile::default();
    let client = profile.begin();
    client.diary_save(draft("Alles weg")).expect("saves");
    client.lock().expect("locks");
    client.start_over().expect("sets aside");
    regie_tests::begin(&client, &[]);
    client.set_tray(true).expect("stores");
    client.back_up_now().expect("a backup");
    assert_eq!(
        client
            .delete_everything(&passphrase("verkeerd maar lang genoeg"))
            .err(),
        Some(ClientError::WrongPassphrase { wait_seconds: 0 })
    );
    assert_eq!(client.stage(), Stage::Open);
    let stage = client
        .delete_everything(&passphrase(PASSPHRASE))
        .expect("deletes");
    assert_eq!(stage, Stage::FirstRun(regie_client::FirstRunStep::Welcome));
    let left: Vec<_> = fs::read_dir(profile.folder())
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    assert_eq!(left, ["regie.lock"]);
    regie_tests::begin(&client, &[]);
    assert_eq!(count(&client, "diary_entry"), 0);
}

#[test]
fn h10_a_restore_goes_back_in_time_but_not_behind_a_deletion() {
    let profile = Profile::default();
    let client = profile.begin();
    let doomed = client.diary_save(draft("Verdwijnt")).expect("saves").id;
    let stays = client
        .diary_save(draft("Blijft, eerste versie"))
        .expect("saves")
        .id;
    let result = take_check(&client, 6);
    client.back_up_now().expect("a backup");
    client.diary_delete(doomed).expect("deletes");
    client.meter_delete(result).expect("deletes");
    profile.clock.pass(TimeDelta::minutes(1));
    client.tick().expect("ticks");
    client
        .diary_save(regie_client::EntryDraft {
            id: Some(stays),
            about: None,
            markdown: "Blijft, tweede versie".into(),
            caret: 0,
        })
        .expect("saves");

    let aside = client.restore(&newest(&client), &in_force()).expect("restores");
    assert_eq!(titles(&client), ["Blijft, eerste versie"]);
    assert_eq!(
        client.diary_search("verdwijnt", 50).expect("a search").hits.len(),
        0
    );
    assert!(client.meter_overview().expect("a view").results.is_empty());

    // The vault from before is whole, under its name.
    let other = Profile::default();
    let aside = profile.folder().join(aside.expect("a name"));
    copy_folder(&aside, &other.vault());
    assert_eq!(titles(&other.reopen()), ["Blijft, tweede versie"]);
}
