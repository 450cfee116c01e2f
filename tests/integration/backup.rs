//! Backups made by themselves and by hand, kept elsewhere, and restored from every place where that is offered.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::TimeDelta;
use regie_client::DiaryFilter;
use regie_client::{BackupChoice, BackupSchedule, BackupSecret, Client, ClientError, DeletionRequest, Stage};
use regie_tests::{
    PASSPHRASE, Profile, begin, bytes::files, copy_folder, draft, passphrase, photo, take_check,
};
use regie_vault::{VaultError, backup::Backup};

const LATER_PASSPHRASE: &str = "vier groene theepotten dansen";

fn titles(client: &Client) -> Vec<String> {
    let page = client
        .diary_page(&DiaryFilter::default(), None, 50)
        .expect("a page");
    page.entries.into_iter().map(|row| row.title).collect()
}

fn in_force() -> BackupSecret {
    BackupSecret::Passphrase(passphrase(PASSPHRASE))
}

fn backup_files(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = Backup::list(folder)
        .expect("a folder")
        .iter()
        .map(|backup| backup.path().to_owned())
        .collect();
    found.sort();
    found
}

/// Waits for what is done apart from everything else.
fn until(done: impl Fn() -> bool) {
    for _ in 0..1000 {
        if done() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("it never came");
}

fn newest(client: &Client) -> BackupChoice {
    let local = client.local_backups().expect("backups");
    BackupChoice::Local {
        name: local[0].name.clone(),
    }
}

/// A week and a half of life: something is written each day, and nothing on the last two.
#[test]
fn after_each_day_with_changes_there_is_a_backup_and_seven_are_kept() {
    let profile = Profile::default();
    let client = profile.begin();
    for day in 0..9 {
        client.diary_save(draft(&format!("Dag {day}"))).expect("saves");
        client.lock().expect("locks");
        client.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
        client
            .diary_save(draft(&format!("Later op dag {day}")))
            .expect("saves");
        client.lock().expect("locks");
        profile.clock.pass(TimeDelta::days(1));
        client.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
    }
    // What was written after the day's backup is in one by the next day.
    profile.clock.pass(TimeDelta::seconds(10));
    client.tick().expect("ticks");
    let view = client.backups().expect("a view");
    assert_eq!((view.local.len(), view.changed), (7, false));
    let before: Vec<_> = view.local;
    for _ in 0..2 {
        client
            .diary_page(&DiaryFilter::default(), None, 50)
            .expect("only looks");
        client.lock().expect("locks");
        profile.clock.pass(TimeDelta::days(1));
        client.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
        profile.clock.pass(TimeDelta::seconds(10));
        client.tick().expect("ticks");
    }
    assert_eq!(
        client.local_backups().expect("backups"),
        before,
        "a day without changes makes none"
    );

    client.delete_period(&all_entries(true)).expect("deletes");
    client.restore(&newest(&client), &in_force()).expect("restores");
    assert_eq!(titles(&client), Vec::<String>::new(), "and deleted stays deleted");
}

/// The files of photos and recordings that lie beside copies.
fn originals(stick: &Path) -> Vec<PathBuf> {
    let beside = |path: &PathBuf| path.to_string_lossy().contains("regie-attachments-");
    files(stick).into_keys().filter(beside).collect()
}

fn brought_to_a_new_computer(copy: &Path) -> (Profile, Client) {
    let elsewhere = Profile::default();
    let fresh = elsewhere.start();
    fresh.choose_backup(copy).expect("a backup");
    fresh
        .restore(&BackupChoice::Chosen, &in_force())
        .expect("restores");
    (elsewhere, fresh)
}

/// The first photo of the newest entry.
fn photo_of(client: &Client) -> Result<Vec<u8>, ClientError> {
    let page = client.diary_page(&DiaryFilter::default(), None, 1)?;
    let entry = client.diary_entry(page.entries[0].id)?;
    Ok(client.attachment_original(entry.attachments[0].id)?.to_vec())
}

/// The computer is lost; what is on the stick is all there is, and no server has anything.
#[test]
fn photos_go_to_the_stick_once_and_come_from_there_on_a_new_computer() {
    let profile = Profile::default();
    let client = profile.begin();
    let id = client.diary_save(draft("Met een foto")).expect("saves").id;
    client.attach_bytes(Some(id), &photo(1)).expect("adds");
    let original = photo_of(&client).expect("a photo");
    let stick = profile.stick();
    client.set_backup_folder(&stick).expect("copies");
    let [lies] = &originals(&stick)[..] else {
        panic!("{:?}", originals(&stick))
    };
    let sealed = fs::read(lies).expect("a file");
    assert!(!sealed.starts_with(&[0xFF, 0xD8]), "nobody sees it there");
    // A program that was killed while it copied leaves a piece; the next copy begins it anew.
    fs::rename(lies, lies.with_extension("coming")).expect("renames");
    profile.clock.pass(TimeDelta::seconds(1));
    assert_eq!(client.back_up_now().expect("copies").copied, Some(true));
    assert_eq!(originals(&stick), std::slice::from_ref(lies));

    let copy = backup_files(&stick).remove(0);
    let (_elsewhere, fresh) = brought_to_a_new_computer(&copy);
    assert_eq!(photo_of(&fresh), Ok(original.clone()));
    fresh.lock().expect("locks");
    fresh.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
    assert_eq!(photo_of(&fresh), Ok(original.clone()));

    // A damaged one is left out, and the text is there. From a folder that is chosen later, whole again, it comes after all.
    let mut broken = sealed.clone();
    let middle = broken.len() / 2;
    broken[middle] ^= 1;
    fs::write(lies, &broken).expect("writes");
    let (elsewhere, fresh) = brought_to_a_new_computer(&copy);
    assert_eq!(titles(&fresh), ["Met een foto"]);
    assert_eq!(photo_of(&fresh), Err(ClientError::Vault(VaultError::NotFound)));
    fs::write(lies, &sealed).expect("writes");
    fresh.set_backup_folder(&stick).expect("copies");
    elsewhere.clock.pass(TimeDelta::days(1));
    fresh.touch();
    fresh.tick().expect("ticks");
    assert_eq!(photo_of(&fresh), Ok(original));
}

/// Somebody knew the passphrase, and later the photo is deleted: neither leaves behind what nobody needs, or takes what a copy still needs.
#[test]
fn photos_on_the_stick_outlive_new_keys_and_go_with_the_last_copy_that_knew_them() {
    let profile = Profile::default();
    let client = profile.begin();
    let id = client.diary_save(draft("Met een foto")).expect("saves").id;
    client.attach_bytes(Some(id), &photo(1)).expect("adds");
    let stick = profile.stick();
    client.set_backup_folder(&stick).expect("copies");
    let before = originals(&stick);
    client
        .replace_all_keys(&passphrase(PASSPHRASE), &passphrase(LATER_PASSPHRASE))
        .expect("replaces");
    let after = originals(&stick);
    assert_eq!((before.len(), after.len()), (1, 1));
    assert_eq!(before[0].file_name(), after[0].file_name());
    assert_ne!(before, after, "under the mark of the new key");

    client.diary_delete(id).expect("deletes");
    profile.clock.pass(TimeDelta::days(1));
    client.touch();
    client.tick().expect("ticks");
    assert_eq!(originals(&stick).len(), 1, "a copy there still names it");
    client.clean_backups().expect("cleans");
    assert_eq!(originals(&stick), Vec::<PathBuf>::new());
}

fn all_entries(backups_too: bool) -> DeletionRequest {
    DeletionRequest {
        kinds: vec!["diary_entry".into()],
        from: None,
        to: None,
        backups_too,
    }
}

#[test]
fn on_a_new_computer_the_passphrase_or_the_code_brings_everything_back() {
    let profile = Profile::default();
    let client = profile.begin();
    let code = client.recovery_code().expect("a code").groups.join("-");
    client.diary_save(draft("Op de oude computer")).expect("saves");
    take_check(&client, 4);
    let stick = profile.stick();
    let made = client.set_backup_folder(&stick).expect("copies");
    assert_eq!(made.copied, Some(true));
    let copy = backup_files(&stick).pop().expect("a copy");

    let secrets = [
        (in_force(), PASSPHRASE),
        (
            BackupSecret::Code(code.to_lowercase(), passphrase(LATER_PASSPHRASE)),
            LATER_PASSPHRASE,
        ),
    ];
    for (secret, opens_with) in secrets {
        let elsewhere = Profile::default();
        let fresh = elsewhere.start();
        assert!(matches!(fresh.stage(), Stage::FirstRun(_)));
        fresh.choose_backup(&copy).expect("a backup");
        let wrong = BackupSecret::Passphrase(passphrase("verkeerd maar lang genoeg"));
        assert_eq!(
            fresh.restore(&BackupChoice::Chosen, &wrong),
            Err(ClientError::WrongPassphrase { wait_seconds: 0 })
        );
        assert!(
            matches!(fresh.stage(), Stage::FirstRun(_)),
            "nothing was put in place"
        );
        assert_eq!(fresh.restore(&BackupChoice::Chosen, &secret), Ok(None));
        assert_eq!(fresh.stage(), Stage::Open);
        assert_eq!(titles(&fresh), ["Op de oude computer"]);
        assert_eq!(
            fresh.meter_overview().expect("a view").results[0].overall,
            Some(50)
        );
        fresh.lock().expect("locks");
        assert_eq!(fresh.unlock(&passphrase(opens_with)), Ok(Stage::Open));
        fresh.diary_save(draft("En hier gaat het verder")).expect("saves");
    }
}

#[test]
fn a_damaged_vault_is_set_aside_whole_and_the_backup_takes_its_place() {
    let profile = Profile::default();
    let client = profile.begin();
    client.diary_save(draft("Was er nog")).expect("saves");
    client.lock().expect("locks");
    client.tick().expect("packs the backup");
    let database = profile.vault().join("vault.db");
    let mut bytes = fs::read(&database).expect("reads");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&database, &bytes).expect("writes");
    let damaged = Err(ClientError::Vault(VaultError::VaultDamaged));
    assert_eq!(client.unlock(&passphrase(PASSPHRASE)), damaged);
    for name in ["vault.key", "vault.key.copy"] {
        fs::write(profile.vault().join(name), b"{").expect("writes");
    }
    assert_eq!(client.stage(), Stage::Broken(VaultError::KeyFileDamaged));
    let before: Vec<_> = files(&profile.vault()).into_values().collect();

    let aside = client.restore(&newest(&client), &in_force()).expect("restores");
    assert_eq!(aside.as_deref(), Some("set-aside-2026-11-23"));
    assert_eq!(titles(&client), ["Was er nog"]);
    let kept: Vec<_> = files(&profile.folder().join("set-aside-2026-11-23"))
        .into_values()
        .collect();
    assert_eq!(kept, before, "not one byte of it is another");
}

#[test]
fn a_backup_with_a_flipped_bit_or_a_missing_end_replaces_nothing() {
    let profile = Profile::default();
    let client = profile.begin();
    client.diary_save(draft("Onaangeroerd")).expect("saves");
    client.back_up_now().expect("a backup");
    client.lock().expect("locks");
    let folder = profile.folder().join("backups");
    let path = backup_files(&folder).pop().expect("a backup");
    let whole = fs::read(&path).expect("reads");
    let before = files(&profile.vault());
    let mut refused = 0;
    for step in 0..24 {
        let mut bytes = whole.clone();
        let place = whole.len() * step / 24 + step * 31 % 512;
        bytes[place] ^= 1 << (step % 8);
        fs::write(&path, &bytes).expect("writes");
        let outcome = client
            .choose_backup(&path)
            .and_then(|_| client.restore(&BackupChoice::Chosen, &in_force()));
        match outcome {
            // One of the two key files, blank space or the archive's own padding: nothing of the person's is lost.
            Ok(Some(aside)) => {
                assert_eq!(titles(&client), ["Onaangeroerd"], "at byte {place}");
                client.lock().expect("locks");
                fs::remove_dir_all(profile.vault()).expect("removes");
                fs::rename(profile.folder().join(aside), profile.vault()).expect("renames");
            }
            Ok(None) => panic!("there was a vault"),
            Err(ClientError::Vault(VaultError::BackupDamaged | VaultError::NotABackup)) => {
                refused += 1;
                assert_eq!(files(&profile.vault()), before, "at byte {place}");
            }
            Err(other) => panic!("at byte {place}: {other}"),
        }
    }
    assert!(refused >= 16, "only {refused} of 24 were refused");
    for kept in [0, 100, 512, 5000, whole.len() / 2, whole.len() - 8192] {
        fs::write(&path, &whole[..kept]).expect("writes");
        let refused = client
            .choose_backup(&path)
            .and_then(|_| client.restore(&BackupChoice::Chosen, &in_force()));
        assert!(
            matches!(
                refused,
                Err(ClientError::Vault(
                    VaultError::BackupDamaged | VaultError::NotABackup
                ))
            ),
            "{kept} bytes kept: {refused:?}"
        );
    }
    assert_eq!(files(&profile.vault()), before);
}

#[test]
fn a_vault_of_an_older_schema_is_backed_up_before_it_changes_and_its_backup_restores() {
    let frozen = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/schema-1");
    let profile = Profile::default();
    copy_folder(&frozen, &profile.vault());
    let client = profile.reopen();
    let page = client
        .diary_page(&DiaryFilter::default(), None, 50)
        .expect("a page")
        .entries;
    let local = client.local_backups().expect("backups");
    if regie_vault::NEWEST_SCHEMA > 1 {
        assert_eq!(local.len(), 1, "the vault as it was is kept");
    } else {
        client.back_up_now().expect("a backup");
    }
    // A deletion after the change of schema holds for the copy from before it.
    client.diary_save(draft("Nieuw")).expect("saves");
    let aside = client.restore(&newest(&client), &in_force()).expect("restores");
    assert!(aside.is_some());
    assert_eq!(
        client
            .diary_page(&DiaryFilter::default(), None, 50)
            .expect("a page")
            .entries[0]
            .title,
        page[0].title
    );
    client.diary_delete(page[0].id).expect("deletes");
    profile.clock.pass(TimeDelta::minutes(1));
    client.tick().expect("ticks");
    client.restore(&newest(&client), &in_force()).expect("restores");
    assert_eq!(titles(&client), Vec::<String>::new());
}

#[test]
fn a_stick_that_is_away_is_no_error_and_gets_its_copy_when_it_is_back() {
    let profile = Profile::default();
    let client = profile.begin();
    let stick = profile.folder().with_extension("stick");
    let drawer = profile.folder().with_extension("drawer");
    fs::create_dir(&stick).expect("a folder");
    client.set_backup_folder(&stick).expect("copies");
    client.set_backup_schedule(BackupSchedule::Daily).expect("stores");
    assert_eq!(backup_files(&stick).len(), 1);

    fs::rename(&stick, &drawer).expect("out it goes");
    profile.clock.pass(TimeDelta::days(1));
    client.diary_save(draft("Zonder stick")).expect("saves");
    client.lock().expect("locks");
    client.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
    let view = client.backups().expect("a view");
    let elsewhere = view.elsewhere.expect("a folder");
    assert!(!elsewhere.reachable && !view.failed);
    assert_eq!(client.back_up_now().expect("a backup").copied, Some(false));

    fs::rename(&drawer, &stick).expect("back it is");
    profile.clock.pass(TimeDelta::days(1));
    client.lock().expect("locks");
    client.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
    profile.clock.pass(TimeDelta::seconds(10));
    let elsewhere = || client.backups().expect("a view").elsewhere.expect("a folder");
    assert!(elsewhere().reachable);
    client.tick().expect("begins to copy");
    until(|| backup_files(&stick).len() == 2 && elsewhere().newest.is_some());

    let other = Profile::default();
    let somebody = other.start();
    begin(&somebody, &[]);
    somebody.set_backup_folder(&stick).expect("copies");
    for _ in 0..9 {
        other.clock.pass(TimeDelta::seconds(1));
        somebody.back_up_now().expect("a backup");
    }
    assert_eq!(
        backup_files(&stick).len(),
        2 + 7,
        "one person's copies never push out another's"
    );
}

#[test]
fn a_backup_made_while_the_clock_was_ahead_never_pushes_out_those_that_follow() {
    let profile = Profile::default();
    let client = profile.begin();
    let stick = profile.stick();
    client.set_backup_folder(&stick).expect("copies");
    let year = TimeDelta::days(365);
    profile.clock.pass(year);
    for _ in 0..7 {
        profile.clock.pass(TimeDelta::seconds(1));
        client.back_up_now().expect("a backup");
    }
    profile.clock.pass(-year);
    for word in ["eerst", "daarna"] {
        client.diary_save(draft(word)).expect("saves");
        profile.clock.pass(TimeDelta::seconds(1));
        assert_eq!(client.back_up_now().expect("a backup").copied, Some(true));
    }
    for folder in [profile.folder().join("backups"), stick] {
        let copies = backup_files(&folder);
        assert_eq!(copies.len(), 7);
        let honest: Vec<_> = copies
            .iter()
            .filter(|copy| copy.to_string_lossy().contains("regie-2026"))
            .collect();
        assert!(honest.len() >= 2, "{copies:?}");
        let other = Profile::default();
        let fresh = other.start();
        fresh
            .choose_backup(honest.last().expect("the newest"))
            .expect("a backup");
        fresh
            .restore(&BackupChoice::Chosen, &in_force())
            .expect("restores");
        assert_eq!(titles(&fresh), ["daarna", "eerst"]);
    }
}

#[cfg(unix)]
#[test]
fn what_lies_in_a_shared_folder_neither_holds_the_lock_up_nor_leads_a_copy_astray() {
    let profile = Profile::default();
    let client = profile.begin();
    let stick = profile.stick();
    client.set_backup_folder(&stick).expect("copies");
    client.set_backup_schedule(BackupSchedule::Daily).expect("stores");
    let first = backup_files(&stick).pop().expect("a copy");
    let mark = first
        .file_stem()
        .and_then(|stem| stem.to_str()?.split('-').next_back())
        .expect("a mark")
        .to_owned();
    // A pipe that nobody writes into, what a stick pulled out left, and a link that lies in wait.
    let pipe = stick.join("regie-pipe.regie-backup");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo").success());
    let ours = |ending: &str| stick.join(format!("regie-2026-11-20-101112-{mark}.{ending}"));
    fs::copy(&first, ours("unfinished")).expect("a whole backup");
    fs::create_dir(ours("cleaning")).expect("a folder");
    fs::write(ours("cleaning").join("vault.db"), b"x").expect("writes");
    let foreign = stick.join("regie-2026-11-20-101112-01234567.unfinished");
    fs::write(&foreign, b"somebody else's").expect("writes");
    let bystander = profile.folder().with_extension("txt");
    fs::write(&bystander, b"mine").expect("writes");
    profile.clock.pass(TimeDelta::days(1));
    client.diary_save(draft("Op de stick")).expect("saves");
    let lies_in_wait = stick.join(format!("regie-2026-11-24-211400-{mark}.unfinished"));
    std::os::unix::fs::symlink(&bystander, &lies_in_wait).expect("a link");

    let began = std::time::Instant::now();
    client.lock().expect("locks");
    assert!(began.elapsed() < std::time::Duration::from_secs(2));
    assert_eq!(client.diary_save(draft("x")).err(), Some(ClientError::Locked));
    client.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
    profile.clock.pass(TimeDelta::seconds(10));
    client.tick().expect("looks after copies");
    until(|| backup_files(&stick).len() == 2);
    assert!(!ours("unfinished").exists() && !ours("cleaning").exists() && !lies_in_wait.exists());
    assert!(foreign.exists(), "other people's pieces stay");
    assert_eq!(fs::read(&bystander).expect("reads"), b"mine");
}

#[test]
fn v4_a_restore_brings_back_no_consent_that_was_withdrawn_and_forgets_no_promise() {
    for locked in [false, true] {
        let profile = Profile::default();
        let client = profile.begin();
        let gone = client.diary_save(draft("Nog niet zolang weg")).expect("saves").id;
        client.diary_save(draft("Weg")).expect("saves");
        client.back_up_now().expect("a backup");
        client.set_consent(regie_tests::KEEP, false).expect("withdraws");
        // Could still be taken back.
        client.diary_delete(gone).expect("deletes");
        if locked {
            client.lock().expect("locks");
        }
        client.restore(&newest(&client), &in_force()).expect("restores");
        assert_eq!(titles(&client), ["Weg"], "locked: {locked}");
        let purposes = client.purposes().expect("purposes");
        assert!(purposes.iter().all(|purpose| !purpose.given), "locked: {locked}");
        let until = client.backups().expect("a view").deleted_until;
        assert_eq!(until.as_deref(), Some("2026-12-23"), "locked: {locked}");
        client.set_consent(regie_tests::KEEP, true).expect("gives");
        client.diary_save(draft("Weer")).expect("saves");
    }
}

/// A header may say that a name of many gigabytes follows; what comes from elsewhere may also name a folder to write to.
#[test]
fn a_hostile_backup_fills_no_memory_and_writes_nowhere() {
    let profile = Profile::default();
    let client = profile.begin();
    let hostile = profile.folder().with_extension("regie-backup");
    for kind in [b'L', b'x'] {
        let mut header = [0; 512];
        header[..13].copy_from_slice(b"././@LongLink");
        header[100..107].copy_from_slice(b"0000600");
        header[124..136].copy_from_slice(b"777777777777");
        header[148..156].copy_from_slice(b"        ");
        header[156] = kind;
        header[257..265].copy_from_slice(b"ustar  \0");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        fs::write(&hostile, header).expect("writes");
        let file = fs::File::options().write(true).open(&hostile).expect("opens");
        file.set_len(1 << 36).expect("a file with holes");
        let refused = client.choose_backup(&hostile);
        assert_eq!(refused.err(), Some(ClientError::Vault(VaultError::NotABackup)));
    }

    let stranger = Profile::default();
    let theirs = stranger.begin();
    let place = stranger.folder().with_extension("anywhere");
    fs::create_dir(&place).expect("a folder");
    theirs.set_backup_folder(&place).expect("copies");
    theirs.set_backup_schedule(BackupSchedule::Daily).expect("stores");
    theirs.back_up_now().expect("a backup");
    let copies = backup_files(&stranger.folder().join("backups"));
    client.choose_backup(&copies[copies.len() - 1]).expect("a backup");
    client
        .restore(&BackupChoice::Chosen, &in_force())
        .expect("restores");
    assert!(client.backups().expect("a view").elsewhere.is_none());
}
