//! Deleting a kind, a period, everything; what it leaves behind is what the screen said.

use std::fs;
use std::path::Path;

use chrono::TimeDelta;
use regie_client::{BackupChoice, BackupSecret, Client, ClientError, DeletionRequest, DiaryFilter, Stage};
use regie_tests::{
    PASSPHRASE, Profile,
    bytes::{contains, forms},
    draft,
    pages::plain_pages,
    passphrase, take, take_check,
};
use regie_vault::{
    Vault, VaultError,
    backup::{Backup, Secret},
    deletion::{Kind, Period},
};

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

#[test]
fn a_period_is_deleted_by_the_days_on_which_it_was_lived() {
    let profile = Profile::default();
    let client = profile.begin();
    for day in 23..=27 {
        client.diary_save(draft(&format!("Dag {day}"))).expect("saves");
        profile.clock.pass(TimeDelta::days(1));
    }
    take_check(&client, 5);
    let middle = request(
        &["diary_entry", "meter_run"],
        Some("2026-11-24"),
        Some("2026-11-26"),
        false,
    );
    let plan = client.plan_deletion(&middle).expect("a plan");
    assert_eq!((plan.count, plan.copies), (3, 0));
    let deleted = client.delete_period(&middle).expect("deletes");
    assert_eq!(
        (deleted.count, deleted.copies_until),
        (3, None),
        "there is no copy to wait for"
    );
    let left: Vec<_> = client
        .diary_page(&DiaryFilter::default(), None, 9)
        .expect("a page")
        .entries;
    assert_eq!(
        left.iter().map(|row| row.title.as_str()).collect::<Vec<_>>(),
        ["Dag 27", "Dag 23"]
    );
    assert_eq!(client.diary_search("Dag 25", 50).expect("a search").hits.len(), 0);

    let kind = request(&["meter_run"], None, None, false);
    assert_eq!(client.delete_period(&kind).expect("deletes").count, 1);
    assert_eq!(
        (count(&client, "meter_run"), count(&client, "meter_answer")),
        (0, 0)
    );
    for wrong in [
        request(&[], None, None, false),
        request(&["setting"], None, None, false),
        request(&["diary_entry"], Some("gisteren"), None, false),
    ] {
        assert_eq!(client.delete_period(&wrong).err(), Some(ClientError::Malformed));
    }
}

#[test]
fn a_check_lies_on_the_day_that_is_shown_the_one_on_which_it_was_finished() {
    let profile = Profile::default();
    let client = profile.begin();
    let run = client.meter_start("pulse-4").expect("a run");
    profile.clock.pass(TimeDelta::days(2));
    let id = take(&client, "pulse-4", 4);
    assert_eq!(id, run.id, "begun on the 23rd, finished on the 25th");
    client.meter_start("vitality-16").expect("one that waits");
    let planned = |day: &str| {
        let request = request(&["meter_run"], Some(day), Some(day), false);
        client.plan_deletion(&request).expect("a plan").count
    };
    assert_eq!((planned("2026-11-23"), planned("2026-11-25")), (0, 2));
    let day = request(&["meter_run"], Some("2026-11-25"), Some("2026-11-25"), false);
    client.delete_period(&day).expect("deletes");
    assert_eq!(count(&client, "meter_run"), 0);
}

/// Pages are encrypted, so the canary is looked for in every file opened with its key: not one page may hold it.
#[test]
fn deletion_leaves_no_trace_in_any_page_of_the_vault_or_of_a_cleaned_backup() {
    let profile = Profile::default();
    let client = profile.begin();
    let canary = "kanariezangnooitmeer";
    let entry = client
        .diary_save(draft(&format!(
            "# {canary}\n\n{}",
            format!("{canary} woorden ").repeat(400)
        )))
        .expect("saves")
        .id;
    client.put_on_hold(Some(entry), canary).expect("stores");
    client
        .meter_annotate(take_check(&client, 2), canary)
        .expect("stores");
    client.back_up_now().expect("a backup");
    let plain = |folder: &Path| {
        let bytes = plain_pages(folder);
        forms(canary).iter().any(|form| contains(&bytes, form))
    };
    client.lock().expect("locks");
    assert!(plain(&profile.vault()), "the finder finds it while it is there");
    client.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
    let all = request(&["diary_entry", "meter_run"], None, None, true);
    client.delete_period(&all).expect("deletes");
    client.lock().expect("locks");
    assert!(!plain(&profile.vault()), "in the vault");
    for copy in Backup::list(&profile.folder().join("backups")).expect("backups") {
        let other = Profile::default();
        fs::create_dir_all(other.folder()).expect("a folder");
        let secret = passphrase(PASSPHRASE);
        let successor =
            Vault::prepare_restore(&copy, Secret::Passphrase(&secret), &other.vault(), |_| Ok(()))
                .expect("a vault");
        drop(Vault::install(&other.vault(), successor, None).expect("installs"));
        assert!(!plain(&other.vault()), "in a backup");
    }
}

/// A vault that was set aside is out of the reach of a deletion: that is told until the person deletes it too.
#[test]
fn what_a_vault_that_was_set_aside_still_holds_is_told_and_can_be_deleted() {
    let profile = Profile::default();
    let client = profile.begin();
    let canary = "kanariezangnooitmeer";
    client.diary_save(draft(canary)).expect("saves");
    client.back_up_now().expect("a backup");
    let choice = regie_client::BackupChoice::Local {
        name: client.local_backups().expect("backups")[0].name.clone(),
    };
    let secret = regie_client::BackupSecret::Passphrase(passphrase(PASSPHRASE));
    let name = client
        .restore(&choice, &secret)
        .expect("restores")
        .expect("a name");
    let all = request(&["diary_entry"], None, None, true);
    assert_eq!(client.plan_deletion(&all).expect("a plan").set_aside, 1);
    let deleted = client.delete_period(&all).expect("deletes");
    let rows = deleted.set_aside;
    assert_eq!((rows.len(), rows[0].day.as_str()), (1, "2026-11-23"));
    assert!(rows[0].name == name && rows[0].bytes > 100_000);
    let aside = profile.folder().join(&name);
    let held = plain_pages(&aside);
    assert!(contains(&held, canary.as_bytes()), "it is told since it is so");
    assert_eq!(count(&client, "set-aside vault"), 1);
    assert_eq!(client.my_data().expect("a view").set_aside, 1);

    let wrong = client.delete_aside("../vault").err();
    assert_eq!(wrong, Some(ClientError::Vault(VaultError::NotFound)));
    assert_eq!(client.delete_aside(&name).expect("deletes"), []);
    assert!(!aside.exists() && profile.vault().exists());
    assert_eq!(client.my_data().expect("a view").set_aside, 0);
    client.lock().expect("locks");
    assert!(client.delete_aside(&name).is_err(), "only who is in may delete");
}

#[test]
fn deleting_everything_goes_on_after_a_crash_and_nothing_opens_meanwhile() {
    let profile = Profile::default();
    let client = profile.begin();
    client.back_up_now().expect("a backup");
    client.lock().expect("locks");
    drop(client);
    // As a crash leaves it right after the first step; one of the keys is where nothing can be overwritten.
    fs::rename(profile.vault(), profile.folder().join("erasing")).expect("renames");
    let key = profile.folder().join("erasing/vault.key");
    fs::remove_file(&key).expect("removes");
    fs::create_dir(&key).expect("a folder");
    let client = profile.start();
    assert!(matches!(client.stage(), Stage::FirstRun(_)));
    assert_eq!(client.local_backups().expect("backups").len(), 0);
    assert!(!profile.folder().join("erasing").exists());
}

#[test]
fn killed_before_the_list_knows_it_what_was_deleted_stays_deleted_and_has_its_day() {
    let profile = Profile::default();
    let client = profile.begin();
    client.diary_save(draft("Weg")).expect("saves");
    client.back_up_now().expect("a backup");
    client.lock().expect("locks");
    drop(client);
    let list = profile.folder().join("deletions");
    let mut vault = Vault::open(&profile.vault(), &passphrase(PASSPHRASE)).expect("opens");
    let day = "2026-12-23".parse().expect("a day");
    let count = vault.delete_period(&[Kind::Entries], Period::default(), &list, day);
    assert_eq!(count, Ok(1));
    drop(vault);
    assert!(!list.exists(), "as a kill leaves it");

    let client = profile.reopen();
    assert_eq!(fs::metadata(&list).expect("a list").len(), 32);
    let view = client.backups().expect("a view");
    assert_eq!(view.deleted_until.as_deref(), Some("2026-12-23"));
    let local = BackupChoice::Local {
        name: view.local[0].name.clone(),
    };
    let secret = BackupSecret::Passphrase(passphrase(PASSPHRASE));
    client.restore(&local, &secret).expect("restores");
    assert_eq!(count_of_entries(&client), 0);
}

fn count_of_entries(client: &Client) -> u32 {
    count(client, "diary_entry")
}

#[test]
fn one_damaged_backup_does_not_keep_the_others_from_being_cleaned() {
    let profile = Profile::default();
    let client = profile.begin();
    let mut paths = Vec::new();
    for day in 0..3 {
        client.diary_save(draft(&format!("Dag {day}"))).expect("saves");
        let made = client.back_up_now().expect("a backup").backups;
        paths.push(profile.folder().join("backups").join(&made.local[0].name));
        profile.clock.pass(TimeDelta::seconds(1));
    }
    let newest = paths.pop().expect("three");
    let mut bytes = fs::read(&newest).expect("reads");
    let place = bytes.len() - 20_000;
    bytes[place] ^= 1;
    fs::write(&newest, bytes).expect("writes");

    let all = request(&["diary_entry"], None, None, true);
    let deleted = client.delete_period(&all).expect("deletes");
    assert_eq!(deleted.count, 3);
    assert!(deleted.copies_until.is_some(), "one still holds it");
    assert!(client.backups().expect("a view").failed, "and that is told");
    for path in paths {
        let other = Profile::default();
        let fresh = other.start();
        fresh.choose_backup(&path).expect("a backup");
        let secret = BackupSecret::Passphrase(passphrase(PASSPHRASE));
        fresh.restore(&BackupChoice::Chosen, &secret).expect("restores");
        assert_eq!(count(&fresh, "diary_entry"), 0, "{}", path.display());
    }
    // Looking after copies is not the end of backing up.
    client.diary_save(draft("Verder")).expect("saves");
    client.lock().expect("locks");
    profile.clock.pass(TimeDelta::days(1));
    client.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
    profile.clock.pass(TimeDelta::seconds(10));
    client.tick().expect("ticks");
    assert!(!client.backups().expect("a view").changed);
}
