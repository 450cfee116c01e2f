//! Bad luck with files: each has its own message, and not one byte changes.

use std::fs;
use std::process::{Command, Stdio};

use chrono::TimeDelta;
use regie_client::{ClientError, Clock, DiaryFilter, Stage};
use regie_domain::{EntryId, diary::Entry, moment::Moment};
use regie_tests::{PASSPHRASE, Profile, bytes::files, copy_folder, draft, passphrase};
use regie_vault::{Vault, VaultError};

/// A profile with a little life in it, closed.
fn lived_in() -> Profile {
    let profile = Profile::default();
    let client = profile.begin();
    for number in 0..40 {
        client
            .diary_save(draft(&format!(
                "Dag {number}. {}",
                "Vandaag liep ik langs het water. ".repeat(20)
            )))
            .expect("saves");
    }
    client.lock().expect("locks");
    profile
}

/// The same profile with one file changed.
fn with_file(profile: &Profile, name: &str, change: impl FnOnce(&mut Vec<u8>)) -> Profile {
    let copy = Profile::default();
    copy_folder(&profile.vault(), &copy.vault());
    let path = copy.vault().join(name);
    let mut bytes = fs::read(&path).expect("reads");
    change(&mut bytes);
    fs::write(path, bytes).expect("writes");
    copy
}

fn unlock_error(profile: &Profile) -> Option<ClientError> {
    let before = files(&profile.vault());
    let error = profile.start().unlock(&passphrase(PASSPHRASE)).err();
    let mut after = files(&profile.vault());
    // SQLite's own empty log and its index in shared memory hold no data.
    after.retain(|path, bytes| {
        before.contains_key(path) || !bytes.is_empty() && path.extension() != Some("db-shm".as_ref())
    });
    assert!(
        error.is_none() || before == after,
        "the vault was changed by a failed opening"
    );
    error
}

#[test]
fn a_wrong_passphrase_is_told_from_a_broken_file_and_changes_nothing() {
    let profile = lived_in();
    let before = files(&profile.vault());
    let error = profile
        .start()
        .unlock(&passphrase("verkeerd maar lang genoeg"))
        .err();
    assert_eq!(error, Some(ClientError::WrongPassphrase { wait_seconds: 0 }));
    assert_eq!(before, files(&profile.vault()));
}

#[test]
fn a_flipped_bit_anywhere_in_the_vault_is_damage_and_nothing_else() {
    let profile = lived_in();
    let length = fs::metadata(profile.vault().join("vault.db"))
        .expect("a file")
        .len();
    for step in 0..40 {
        let place = usize::try_from(length * step / 40 + step * 97 % 4096)
            .expect("a place")
            .min(length as usize - 1);
        let damaged = with_file(&profile, "vault.db", |bytes| bytes[place] ^= 1 << (step % 8));
        let error = unlock_error(&damaged);
        assert_eq!(
            error,
            Some(ClientError::Vault(VaultError::VaultDamaged)),
            "at byte {place} of {length}"
        );
    }
}

#[test]
fn a_truncated_vault_is_damage() {
    let profile = lived_in();
    let length = usize::try_from(
        fs::metadata(profile.vault().join("vault.db"))
            .expect("a file")
            .len(),
    )
    .expect("small");
    for kept in [
        0,
        1,
        15,
        16,
        100,
        4095,
        4096,
        4097,
        length / 2,
        length - 4096,
        length - 1,
    ] {
        let damaged = with_file(&profile, "vault.db", |bytes| bytes.truncate(kept));
        assert_eq!(
            unlock_error(&damaged),
            Some(ClientError::Vault(VaultError::VaultDamaged)),
            "{kept} of {length} kept"
        );
    }
}

#[test]
fn one_bad_key_file_is_repaired_and_two_are_damage() {
    let profile = lived_in();
    for flip in [0, 40, 200, 400] {
        let damaged = with_file(&profile, "vault.key", |bytes| bytes[flip] ^= 1);
        assert_eq!(unlock_error(&damaged), None, "byte {flip}");
        let whole = files(&damaged.vault());
        assert_eq!(
            whole[&damaged.vault().join("vault.key")],
            whole[&damaged.vault().join("vault.key.copy")]
        );

        let damaged = with_file(&profile, "vault.key", |bytes| bytes[flip] ^= 1);
        fs::write(damaged.vault().join("vault.key.copy"), b"{").expect("writes");
        assert_eq!(damaged.start().stage(), Stage::Broken(VaultError::KeyFileDamaged));
        assert_eq!(
            unlock_error(&damaged),
            Some(ClientError::Vault(VaultError::KeyFileDamaged))
        );
    }
}

#[test]
fn missing_files_are_named() {
    let profile = lived_in();
    let without_keys = with_file(&profile, "vault.key", |_| ());
    for name in ["vault.key", "vault.key.copy"] {
        fs::remove_file(without_keys.vault().join(name)).expect("removes");
    }
    assert_eq!(
        without_keys.start().stage(),
        Stage::Broken(VaultError::KeyFileMissing)
    );
    let without_vault = with_file(&profile, "vault.db", |_| ());
    fs::remove_file(without_vault.vault().join("vault.db")).expect("removes");
    assert_eq!(
        without_vault.start().stage(),
        Stage::Broken(VaultError::VaultMissing)
    );
}

#[test]
fn a_profile_in_use_is_left_alone() {
    let profile = Profile::default();
    let first = profile.begin();
    let second = profile.start();
    assert_eq!(second.stage(), Stage::Broken(VaultError::VaultInUse));
    assert_eq!(
        second.unlock(&passphrase(PASSPHRASE)).err(),
        Some(ClientError::Vault(VaultError::VaultInUse))
    );
    drop(first);
    assert!(matches!(second.stage(), Stage::Locked { .. }));
}

/// Runs a shell line in a mount namespace of its own, with a small disk of its own at the folder.
fn on_a_small_disk(profile: &Profile, line: &str) -> Vec<String> {
    on_a_disk_of("3m", profile, line)
}

fn on_a_disk_of(size: &str, profile: &Profile, line: &str) -> Vec<String> {
    let folder = profile.folder();
    fs::create_dir_all(&folder).expect("a folder");
    let script = format!("set -e; mount -t tmpfs -o size={size} tmpfs \"$DISK\"; {line}");
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", &script])
        .env("DISK", &folder)
        .env("STORY", env!("CARGO_BIN_EXE_regie-story"))
        .stdin(Stdio::null())
        .output()
        .expect("unshare is installed");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(str::to_owned)
        .collect()
}

/// What a disk that fills up, and has room again, makes of the story.
const FULL_AND_ROOM_AGAIN: [&str; 5] = [
    "Vault(DiskFull) after some: true",
    "all readable: true",
    "writes again: true",
    "Locked { wait_seconds: 0 }",
    "count: true",
];

#[test]
fn a_full_disk_is_told_and_loses_nothing() {
    let lines = on_a_small_disk(&Profile::default(), "\"$STORY\" fill \"$DISK\"");
    assert_eq!(lines, FULL_AND_ROOM_AGAIN);
}

#[test]
fn without_room_for_a_copy_backups_and_new_keys_leave_everything_as_it_was() {
    let lines = on_a_disk_of(
        "14m",
        &Profile::default(),
        "\"$STORY\" keys-without-room \"$DISK\"",
    );
    let expected = [
        "Some(Vault(DiskFull))",
        "Some(Vault(DiskFull))",
        "as it was: true",
        "readable: 40",
        "with room: None",
        "with room: None",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_deletion_for_which_there_is_no_room_puts_nothing_on_the_list() {
    let lines = on_a_disk_of(
        "12m",
        &Profile::default(),
        "\"$STORY\" delete-without-room \"$DISK\"",
    );
    let expected = [
        "Some(Vault(DiskFull))",
        "there: 40",
        "after cleaning and a restore: 40",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn without_room_nothing_goes_out_in_pieces_and_nothing_comes_in_by_halves() {
    let lines = on_a_disk_of(
        "14m",
        &Profile::default(),
        "\"$STORY\" copies-without-room \"$DISK\"",
    );
    let expected = [
        "Some(Vault(DiskFull))",
        "left beside it: 0",
        "Some(Vault(DiskFull))",
        "there: 40",
        "to another disk: None",
        "with room: None",
        "with room: Ok(400)",
        "there: 440",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_stick_that_fills_among_the_photos_keeps_what_is_whole_says_so_and_takes_the_rest_later() {
    let lines = on_a_disk_of(
        "4m",
        &Profile::default(),
        "\"$STORY\" stick-without-room \"$DISK\"",
    );
    let expected = [
        "failed: true, damaged: false",
        "copies: 2, photos: 1, others: 0",
        "Some(Vault(DiskFull))",
        "copies: 2, photos: 1, others: 0",
        "with room: None",
        "copies: 3, photos: 3, others: 0",
        "failed: false",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn without_room_for_all_photos_none_comes_in_and_what_is_written_still_finds_room() {
    let (profile, from) = (Profile::default(), Profile::default());
    crate::bring_in::archive_of_photos(&from, 24, &profile.folder().with_extension("zip"));
    let lines = on_a_disk_of("100m", &profile, "\"$STORY\" photos-without-room \"$DISK\"");
    let expected = [
        "Some(Vault(DiskFull))",
        "there: 1, files: 0",
        "with room: Ok(24)",
        "there: 26, files: 24",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_read_only_folder_is_told() {
    let lines = on_a_small_disk(
        &Profile::default(),
        "mount -o remount,ro \"$DISK\"; \"$STORY\" stage \"$DISK\"",
    );
    assert_eq!(lines, ["Broken(ReadOnlyFolder)"]);
}

/// How many entries a long life leaves; fewer in `./test quick`.
fn many() -> usize {
    let given = std::env::var("REGIE_ENTRIES").ok();
    given.map_or(100_000, |number| number.parse().expect("a number"))
}

#[test]
fn bad_luck_at_the_scale_of_a_life() {
    let profile = lived_long(many());
    let bytes = |name| fs::metadata(profile.vault().join(name)).expect("a file").len();
    let length = usize::try_from(bytes("vault.db")).expect("small");
    let settled = |profile: &Profile| {
        let client = profile.reopen();
        profile.clock.pass(TimeDelta::seconds(10));
        client.look_for_damage().expect("looks");
        client
    };
    let whole = with_file(&profile, "vault.db", |_| ());
    let client = settled(&whole);
    assert!(!client.today().expect("today").damaged, "nothing is wrong");
    client.diary_save(draft("En vandaag.")).expect("saves");
    client.look_for_damage().expect("looks once");
    drop(client);

    // One bit, far from what is read at first: everything else opens, and the person is told.
    for part in [3, 5, 7] {
        let damaged = with_file(&profile, "vault.db", |bytes| bytes[length * part / 10] ^= 4);
        let client = settled(&damaged);
        assert!(client.today().expect("today").damaged, "at {part} tenths");
        let page = client
            .diary_page(&DiaryFilter::default(), None, 50)
            .expect("a page");
        assert_eq!(page.entries.len(), 50);
        // What cannot be read cannot be looked after either.
        let _ = client.tick();
        // Where the settings themselves are hit, that is what is told.
        match client.backups() {
            Ok(backups) => assert!(backups.failed && backups.damaged, "and not that the disk is full"),
            Err(error) => assert_eq!(Some(error), Some(ClientError::Vault(VaultError::VaultDamaged))),
        }
    }
    let first = with_file(&profile, "vault.db", |bytes| bytes[20] ^= 4);
    let damage = Some(ClientError::Vault(VaultError::VaultDamaged));
    assert_eq!(unlock_error(&first), damage);
    for kept in [length / 3, length - 4096, length - 1] {
        let truncated = with_file(&profile, "vault.db", |bytes| bytes.truncate(kept));
        assert_eq!(unlock_error(&truncated), damage, "{kept} of {length} kept");
    }
    for (name, flip) in [("vault.key", 40), ("vault.key.copy", 200)] {
        let damaged = with_file(&profile, name, |bytes| bytes[flip] ^= 1);
        assert_eq!(unlock_error(&damaged), None, "{name} is repaired from the other");
    }

    let room = format!("{}k", length / 1024 + 20_480);
    let line = format!(
        "cp -r '{}' \"$DISK/vault\"; \"$STORY\" fill-on \"$DISK\"",
        profile.vault().display()
    );
    let lines = on_a_disk_of(&room, &Profile::default(), &line);
    assert_eq!(lines, FULL_AND_ROOM_AGAIN);
}

/// A vault with as many entries as that, closed.
fn lived_long(entries: usize) -> Profile {
    let profile = Profile::default();
    profile.begin().lock().expect("locks");
    let mut vault = Vault::open(&profile.vault(), &passphrase(PASSPHRASE)).expect("a vault");
    let consent = vault.consent().expect("a consent");
    let begin = profile.clock.now().at - TimeDelta::days(3650);
    let entries: Vec<_> = (0..entries)
        .map(|number| {
            let at = begin + TimeDelta::minutes(i64::try_from(number).expect("small") * 50);
            Entry {
                id: EntryId(uuid::Uuid::now_v7()),
                own_title: String::new(),
                mood: None,
                tags: Vec::new(),
                markdown: format!("Dag {number}. {}", "Vandaag liep ik langs het water. ".repeat(8)),
                written: Moment {
                    at,
                    zone: "Europe/Amsterdam".into(),
                },
                edited: at.to_utc(),
                caret: None,
                attachments: Vec::new(),
            }
        })
        .collect();
    for some in entries.chunks(5_000) {
        vault.save_entries(&consent, some).expect("saves");
    }
    vault.close().expect("closes");
    profile
}
