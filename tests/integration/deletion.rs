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
    passphrase, take_check,
};
use regie_vault::{
    Vault,
    backup::{Backup, Secret},
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
    client.diary_delete(single).expect("deletes");
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

/// Pages are encrypted, so the canary is looked for in every file opened with its key: not one page may hold it.
#[test]
fn deletion_leaves_no_trace_in_any_page_of_the_vault_or_of_a_cleaned_backup() {
    let profile = Profile::default();
    let client = profile.begin();
    let canary = "kanariezangnooitmeer";
    client
        .diary_save(draft(&format!(
            "# {canary}\n\n{}",
            format!("{canary} woorden ").repeat(400)
        )))
        .expect("saves");
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

#[test]
fn v3_deleting_everything_leaves_the_app_as_new() {
    let profile = Profile::default();
    let client = profile.begin();
    client.diary_save(draft("Alles weg")).expect("saves");
    client.lock().expect("locks");
    client.start_over().expect("sets aside");
    regie_tests::begin(&client, &[]);
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
fn deleting_everything_goes_on_after_a_crash_and_nothing_opens_meanwhile() {
    let profile = Profile::default();
    let client = profile.begin();
    client.back_up_now().expect("a backup");
    client.lock().expect("locks");
    drop(client);
    // As a crash leaves it right after the first step.
    fs::rename(profile.vault(), profile.folder().join("erasing")).expect("renames");
    let client = profile.start();
    assert!(matches!(client.stage(), Stage::FirstRun(_)));
    assert_eq!(client.local_backups().expect("backups").len(), 0);
    assert!(!profile.folder().join("erasing").exists());
}
