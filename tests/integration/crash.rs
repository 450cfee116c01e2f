//! Killed at any moment: what was acknowledged is there.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use regie_archive::{incoming::Incoming, model::Item};
use regie_tests::{PASSPHRASE, Profile};

/// How often the writer is killed; `REGIE_CRASHES` sets another number.
const CRASHES: u64 = 500;

/// The passphrase that the first one is changed to, and back.
const OTHER_PASSPHRASE: &str = "vier groene theepotten dansen";

#[derive(Default)]
struct Expected {
    /// Entry and the number of its last acknowledged text.
    saved: BTreeMap<String, u64>,
    /// Deletions begun: the entry may be there or not.
    unsure: BTreeSet<String>,
    deleted: BTreeSet<String>,
}

#[test]
fn every_acknowledged_write_survives_a_kill_at_any_moment() {
    let crashes = std::env::var("REGIE_CRASHES")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(CRASHES);
    let profile = Profile::default();
    drop(profile.begin());
    let mut expected = Expected::default();
    for crash in 0..crashes {
        let mut child = story("write", &profile.folder());
        // A spread over several writes, different each time and the same in each run.
        let patience = Duration::from_micros(crash * 7919 % 60_000);
        run_until_killed(&mut child, patience, &mut expected);
    }
    let mut child = story("write", &profile.folder());
    run_until_killed(&mut child, Duration::ZERO, &mut expected);
    assert!(
        expected.saved.len() as u64 > crashes,
        "the writer hardly wrote: {}",
        expected.saved.len()
    );
}

fn run_until_killed(child: &mut Child, patience: Duration, expected: &mut Expected) {
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe"))
        .lines()
        .map_while(Result::ok);
    let mut there = BTreeMap::new();
    for line in lines.by_ref() {
        if line == "ready" {
            break;
        }
        let (id, number) = line
            .strip_prefix("there ")
            .and_then(|rest| rest.split_once(' '))
            .expect("a known line");
        there.insert(id.to_owned(), number.parse::<u64>().expect("a number"));
    }
    compare(expected, &there);

    std::thread::sleep(patience);
    child.kill().expect("kills");
    child.wait().expect("ends");
    for line in lines {
        let mut words = line.split(' ');
        match (words.next(), words.next(), words.next()) {
            (Some("saved"), Some(id), Some(number)) => {
                expected
                    .saved
                    .insert(id.into(), number.parse().expect("a number"));
            }
            (Some("deleting"), Some(id), None) => {
                expected.unsure.insert(id.into());
            }
            (Some("deleted"), Some(id), None) => {
                expected.deleted.insert(id.into());
            }
            // The last line may be cut by the kill.
            _ => break,
        }
    }
}

fn compare(expected: &mut Expected, there: &BTreeMap<String, u64>) {
    for (id, acknowledged) in &expected.saved {
        match there.get(id) {
            Some(number) => assert!(
                number >= acknowledged,
                "{id} went back from {acknowledged} to {number}"
            ),
            None => assert!(expected.unsure.contains(id), "{id} with {acknowledged} is lost"),
        }
    }
    assert!(
        expected.deleted.iter().all(|id| !there.contains_key(id)),
        "a deleted entry came back"
    );
    // What was not acknowledged is settled now, one way or the other.
    expected.saved = there.clone();
    expected.unsure.clear();
}

#[test]
fn a_save_is_on_the_disk_before_it_is_acknowledged() {
    let profile = Profile::default();
    drop(profile.begin());
    let trace = profile.folder().with_extension("trace");
    let mut child = Command::new("strace")
        .args(["-f", "-y", "-e", "trace=pwrite64,write,fdatasync,fsync", "-o"])
        .arg(&trace)
        .arg(env!("CARGO_BIN_EXE_regie-story"))
        .args(["save-once".as_ref(), profile.folder().as_os_str()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("strace is installed");
    writeln!(child.stdin.as_ref().expect("a pipe"), "{PASSPHRASE}").expect("writes");
    assert!(child.wait().expect("ends").success());

    let (mut unsynced, mut acknowledged, mut written) = (false, 0, 0);
    for line in std::fs::read_to_string(trace).expect("a trace").lines() {
        let to_the_log = line.contains("vault.db-wal>");
        if line.contains("pwrite64(") && to_the_log {
            (unsynced, written) = (true, written + 1);
        } else if (line.contains("fdatasync(") || line.contains("fsync(")) && to_the_log {
            unsynced = false;
        } else if line.contains("write(1") && line.contains("acknowledged") {
            assert!(!unsynced, "acknowledged before the log was synced");
            acknowledged += 1;
        }
    }
    assert!(
        acknowledged == 5 && written >= 5,
        "the trace shows {acknowledged} answers, {written} writes"
    );
}

/// Kills a process at another moment each time; what it said before is handed on. Argon2id takes most of its time, so
/// that a few dozen moments tell more than hundreds.
fn killed_often(mode: &str, crashes: u64, longest: Duration, look: impl FnMut(&Profile, &[String])) {
    killed_often_with(&Profile::default(), mode, crashes, |_| longest, look);
}

fn killed_often_with(
    profile: &Profile,
    mode: &str,
    crashes: u64,
    longest: impl FnOnce(&Profile) -> Duration,
    mut look: impl FnMut(&Profile, &[String]),
) {
    let client = profile.begin();
    for number in 0..12 {
        client
            .diary_save(regie_tests::draft(&format!(
                "Stuk {number} {}",
                "woorden ".repeat(300)
            )))
            .expect("saves");
    }
    client.back_up_now().expect("a backup");
    client.lock().expect("locks");
    drop(client);
    let longest = longest(profile);
    for crash in 0..crashes {
        let mut child = story(mode, &profile.folder());
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe"))
            .lines()
            .map_while(Result::ok);
        let mut said: Vec<String> = lines.by_ref().take_while(|line| line != "ready").collect();
        std::thread::sleep(longest.mul_f64((crash * 37 % 60) as f64 / 60.0));
        child.kill().expect("kills");
        assert!(!child.wait().expect("ends").success());
        said.extend(lines);
        look(profile, &said);
    }
}

/// How long a story takes, from when it is ready to where it says this: a machine that has more to do takes longer.
fn once(mode: &str, profile: &Profile, end: &str) -> Duration {
    let mut child = story(mode, &profile.folder());
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe"))
        .lines()
        .map_while(Result::ok);
    assert!(lines.by_ref().any(|line| line == "ready"));
    let began = Instant::now();
    assert!(lines.by_ref().any(|line| line == end));
    let took = began.elapsed();
    child.kill().expect("kills");
    child.wait().expect("ends");
    took
}

pub(crate) fn crashes(usual: u64) -> u64 {
    let wanted = std::env::var("REGIE_CRASHES")
        .ok()
        .and_then(|text| text.parse().ok());
    wanted.map_or(usual, |wanted: u64| wanted.min(usual))
}

#[test]
fn killed_while_the_passphrase_changes_the_old_or_the_new_one_opens_never_neither() {
    let mut changes = 0;
    killed_often(
        "change-passphrase",
        crashes(60),
        Duration::from_secs(2),
        |_, said| {
            assert_eq!(said.first().map(String::as_str), Some("there 12 12"));
            changes += said.len() - 1;
        },
    );
    assert!(changes > 0, "it was always killed before the first change");
}

#[test]
fn killed_while_all_keys_are_replaced_the_old_or_the_new_ones_open_and_nothing_is_lost() {
    let mut changes = 0;
    killed_often(
        "replace-keys",
        crashes(60),
        Duration::from_secs(4),
        |profile, said| {
            assert_eq!(said.first().map(String::as_str), Some("there 12 12"));
            changes += said.len() - 1;
            assert!(profile.folder().exists());
        },
    );
    assert!(changes > 0, "it was always killed before the first change");
}

#[test]
fn killed_while_backups_are_made_every_backup_that_bears_its_name_is_whole() {
    killed_often("back-up", crashes(25), Duration::from_secs(1), |profile, _| {
        let folder = profile.folder().join("backups");
        let named = std::fs::read_dir(&folder)
            .expect("a folder")
            .filter(|entry| {
                let path = entry.as_ref().expect("an entry").path();
                path.extension() == Some("regie-backup".as_ref())
            })
            .count();
        let client = profile.start();
        let local = client.local_backups().expect("backups");
        assert!(
            local.len() == named && named > 0,
            "{} of {named} are readable",
            local.len()
        );
        let newest = regie_client::BackupChoice::Local {
            name: local[0].name.clone(),
        };
        let secret = regie_client::BackupSecret::Passphrase(regie_tests::passphrase(PASSPHRASE));
        client.restore(&newest, &secret).expect("restores");
        assert_eq!(client.my_data().expect("data").counts[0].count, 12);
    });
}

#[test]
fn killed_while_a_copy_goes_out_what_bears_its_name_is_whole_and_no_piece_stays_beside_it() {
    let (mut pieces, mut whole) = (0, 0);
    killed_often("export", crashes(25), Duration::from_millis(600), |profile, _| {
        let stick = profile.folder().with_extension("stick");
        let names = || regie_tests::names(&stick);
        pieces += names().iter().filter(|name| name.ends_with(".part")).count();
        drop(profile.reopen());
        assert!(names().iter().all(|name| name == "copy.zip"), "{:?}", names());
        if !names().is_empty() {
            whole += 1;
            let mut copy = Incoming::open(&stick.join("copy.zip"), None, &|| false).expect("an archive");
            let mut entries = 0;
            copy.read(chrono_tz::UTC, &mut |item| {
                entries += usize::from(matches!(item, Item::Entry(_)));
                Ok(())
            })
            .expect("a whole archive");
            assert_eq!(entries, 12);
        }
    });
    assert!(
        pieces > 0 && whole > 0,
        "{pieces} killed under way, {whole} whole"
    );
}

#[test]
fn killed_while_texts_come_in_all_of_them_are_there_or_none() {
    let (mut none, mut all) = (0, 0);
    killed_often("import", crashes(25), Duration::from_secs(1), |profile, _| {
        let client = profile.reopen();
        let there = client.my_data().expect("data").counts[0].count;
        let found = client.diary_search("elders", 50).expect("a search").hits.len();
        match (there, found, client.imports().expect("imports").len()) {
            (12, 0, 0) => none += 1,
            (52, 40, 1) => all += 1,
            other => panic!("{other:?}, of 12 here and 40 that come in"),
        }
    });
    assert!(none > 0 && all > 0, "{none} times none, {all} times all");
}

#[test]
fn killed_while_photos_come_in_all_of_them_are_there_with_their_entries_or_none_and_no_file_is_left_over() {
    let (profile, from) = (Profile::default(), Profile::default());
    crate::bring_in::archive_of_photos(&from, 6, &profile.folder().with_extension("zip"));
    let (mut none, mut all, mut under_way) = (0, 0, 0);
    let folder = profile.folder().join("attachments");
    let files = || std::fs::read_dir(&folder).map_or(0, |files| files.count());
    killed_often_with(
        &profile,
        "import-photos",
        crashes(25),
        |profile| once("import-photos", profile, "in").mul_f64(1.5),
        |profile, _| {
            let left = files();
            let client = profile.reopen();
            let there = client.my_data().expect("data").counts[0].count;
            match (there, files(), client.imports().expect("imports").len()) {
                (12, 0, 0) => {
                    none += 1;
                    under_way += u32::from(left > 0);
                }
                (18, 6, 1) => {
                    all += 1;
                    let page = client.diary_page(&Default::default(), None, 30).expect("a page");
                    for row in page.entries.iter().filter(|row| row.photos > 0) {
                        let view = client.diary_entry(row.id).expect("an entry");
                        let original = client.attachment_original(view.attachments[0].id);
                        assert!(original.expect("a photo").starts_with(&[0xFF, 0xD8]));
                    }
                }
                other => panic!("{other:?}, of 12 here and 6 that come in"),
            }
        },
    );
    assert!(
        none > 0 && all > 0 && (under_way > 0 || crashes(25) < 25),
        "{none} times none, {under_way} of them with files half way, {all} times all"
    );
}

/// Each of them is wholly there or wholly gone at the next start, whoever is chosen then.
#[test]
fn killed_while_deleting_everything_somebody_is_whole_or_gone_and_the_others_are_untouched() {
    let passphrase = || regie_tests::passphrase(PASSPHRASE);
    let mut gone = 0;
    for crash in 0..crashes(15) {
        let profile = Profile::default();
        let client = profile.begin();
        client.back_up_now().expect("a backup");
        client.add_person(Some("Noor"), "Sam").expect("adds");
        client.lock().expect("locks");
        let sam = client.people().people[1].id;
        client.choose_person(sam).expect("chooses");
        regie_tests::begin(&client, &[]);
        client.back_up_now().expect("a backup");
        client.lock().expect("locks");
        let sams = client.folder();
        drop(client);
        let before = regie_tests::bytes::files(&sams);

        let mut child = story("delete-everything", &profile.folder());
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        assert!(lines.any(|line| line.is_ok_and(|line| line == "ready")));
        // The first one before anything was done, the others anywhere between the steps that follow the first.
        while crash > 0 && profile.vault().exists() {
            std::thread::yield_now();
        }
        std::thread::sleep(Duration::from_micros(crash * 1_319 % 6_000));
        child.kill().expect("kills");
        child.wait().expect("ends");

        let client = profile.start();
        let stage = client.stage();
        let people = client.people().people;
        assert!(!profile.folder().join("erasing").exists());
        if people.iter().any(|person| person.name == "Noor") {
            client.choose_person(people[0].id).expect("chooses");
            client.unlock(&passphrase()).expect("unlocks");
            assert_eq!(client.local_backups().expect("backups").len(), 1);
        } else {
            gone += 1;
            assert_eq!(stage, regie_client::Stage::Locked { wait_seconds: 0 }, "Sam's");
            let left = regie_tests::names(&profile.folder());
            assert_eq!(left, ["people", "profile.json", "regie.lock"]);
            client.unlock(&passphrase()).expect("unlocks");
            client.lock().expect("locks");
        }
        if gone == 0 {
            assert_eq!(regie_tests::bytes::files(&sams), before);
        }
    }
    assert!(gone > 0, "it was always killed before the first step");
}

#[test]
fn killed_while_deleting_from_backups_too_it_is_gone_from_all_after_the_next_start() {
    killed_often("delete", crashes(25), Duration::from_secs(2), |profile, said| {
        if !said.iter().any(|line| line == "deleted") {
            return;
        }
        // The writer lives by the true clock.
        let [here, there] = [
            regie_client::Clock::now(&profile.clock).at,
            regie_client::Clock::now(&regie_client::SystemClock).at,
        ];
        profile.clock.pass(there - here);
        let client = profile.reopen();
        // Time for looking after copies.
        profile.clock.pass(chrono::TimeDelta::seconds(10));
        client.touch();
        client.tick().expect("ticks");
        let there = titles(&client);
        let secret = regie_client::BackupSecret::Passphrase(regie_tests::passphrase(PASSPHRASE));
        for row in client.local_backups().expect("backups") {
            let other = Profile::default();
            let elsewhere = other.start();
            let path = profile.folder().join("backups").join(row.name);
            elsewhere.choose_backup(&path).expect("a backup");
            let chosen = regie_client::BackupChoice::Chosen;
            elsewhere.restore(&chosen, &secret).expect("restores");
            let held = titles(&elsewhere);
            assert!(
                held.iter().all(|title| there.contains(title)),
                "{held:?} of {there:?}"
            );
        }
    });
}

fn titles(client: &regie_client::Client) -> Vec<String> {
    let all = regie_client::DiaryFilter::default();
    let page = client.diary_page(&all, None, 50).expect("a page");
    page.entries.into_iter().map(|row| row.title).collect()
}

fn story(mode: &str, folder: &Path) -> Child {
    let child = Command::new(env!("CARGO_BIN_EXE_regie-story"))
        .args([mode.as_ref(), folder.as_os_str()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a process");
    let mut input = child.stdin.as_ref().expect("a pipe");
    writeln!(input, "{PASSPHRASE}\n{OTHER_PASSPHRASE}").expect("writes");
    child
}
