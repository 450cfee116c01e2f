//! Changing the ways in.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use regie_client::{
    BackupChoice, BackupSecret, Client, ClientError, Keychain, KeychainError, RehearsalAnswer, Stage,
};
use regie_tests::{PASSPHRASE, Profile, bytes::files, draft, passphrase};
use regie_vault::{
    Vault,
    backup::{Backup, Secret},
};
use zeroize::Zeroizing;

const NEW: &str = "vier groene theepotten dansen";
const THIRD: &str = "zeven stille fietsers fluiten";
const WRONG: &str = "verkeerd maar lang genoeg";

fn opens(profile: &Profile, text: &str) -> bool {
    profile.start().unlock(&passphrase(text)) == Ok(Stage::Open)
}

/// The copies in a folder, by whether they open with a passphrase.
fn copies_that_open(folder: &Path, text: &str) -> Vec<bool> {
    let secret = passphrase(text);
    let copies = Backup::list(folder).expect("a folder");
    let opens = |copy: &Backup| {
        let place = tempfile::tempdir().expect("a folder");
        let vault = place.path().join("vault");
        Vault::prepare_restore(copy, Secret::Passphrase(&secret), &vault, |_| Ok(())).is_ok()
    };
    copies.iter().map(opens).collect()
}

fn only_file(folder: &Path) -> PathBuf {
    let mut files = fs::read_dir(folder).expect("a folder");
    let file = files.next().expect("a file").expect("a file").path();
    assert!(files.next().is_none(), "one file only");
    file
}

#[test]
fn a_changed_passphrase_opens_the_vault_and_every_copy_within_reach() {
    let profile = Profile::default();
    let client = profile.begin();
    client.diary_save(draft("Blijft leesbaar")).expect("saves");
    client.back_up_now().expect("a backup");
    let stick = profile.folder().with_extension("stick");
    let drawer = profile.folder().with_extension("drawer");
    fs::create_dir(&stick).expect("a folder");
    client.set_backup_folder(&stick).expect("copies");
    fs::rename(&stick, &drawer).expect("out it goes");

    assert_eq!(
        client
            .change_passphrase(&passphrase(WRONG), &passphrase(NEW))
            .err(),
        Some(ClientError::WrongPassphrase { wait_seconds: 0 })
    );
    assert_eq!(
        client
            .change_passphrase(&passphrase(PASSPHRASE), &passphrase("zwak"))
            .err(),
        Some(ClientError::WeakPassphrase)
    );
    let copies = client
        .change_passphrase(&passphrase(PASSPHRASE), &passphrase(NEW))
        .expect("changes");
    let local = client.local_backups().expect("backups");
    assert_eq!(copies.renewed as usize, local.len());
    assert_eq!(
        copies.out_of_reach,
        Some(stick.display().to_string()),
        "said, not hidden"
    );
    client.lock().expect("locks");
    drop(client);
    assert!(opens(&profile, NEW) && !opens(&profile, PASSPHRASE));

    let client = profile.start();
    let choice = BackupChoice::Local {
        name: local[0].name.clone(),
    };
    let secret = |text| BackupSecret::Passphrase(passphrase(text));
    assert!(client.restore(&choice, &secret(PASSPHRASE)).is_err());
    client.restore(&choice, &secret(NEW)).expect("restores");

    // Back in reach, the copies on the stick follow by themselves.
    fs::rename(&drawer, &stick).expect("back it is");
    profile.clock.pass(TimeDelta::seconds(10));
    client.tick().expect("ticks");
    let copy = fs::read_dir(&stick)
        .expect("a folder")
        .next()
        .expect("a copy")
        .expect("a copy")
        .path();
    client.choose_backup(&copy).expect("a backup");
    assert!(
        client
            .restore(&BackupChoice::Chosen, &secret(PASSPHRASE))
            .is_err()
    );
    client
        .restore(&BackupChoice::Chosen, &secret(NEW))
        .expect("restores");
}

/// Whatever the disk refuses on the way: what is told is what opens, and the new code is shown.
#[test]
fn new_keys_that_are_in_force_are_told_although_a_copy_cannot_follow() {
    for place in ["vault/vault.key.new", "backups"] {
        let profile = Profile::default();
        let client = profile.begin();
        let in_the_way = profile.folder().join(place);
        let copies_follow = place != "backups";
        if copies_follow {
            fs::create_dir_all(&in_the_way).expect("a folder");
        } else {
            fs::write(&in_the_way, "not a folder").expect("a file");
        }
        let copies = client
            .change_passphrase(&passphrase(PASSPHRASE), &passphrase(NEW))
            .expect("changes");
        assert_eq!(copies.failed, !copies_follow, "{place}");
        let made = client.new_recovery_code(&passphrase(NEW)).expect("a code");
        let code = made.code.groups.join("-");
        assert_eq!(client.check_recovery_code(&code), Ok(()), "{place}");
        client.lock().expect("locks");
        drop(client);
        assert!(opens(&profile, NEW) && !opens(&profile, PASSPHRASE), "{place}");

        let client = profile.start();
        client.unlock(&passphrase(NEW)).expect("unlocks");
        let keys = client
            .replace_all_keys(&passphrase(NEW), &passphrase(PASSPHRASE))
            .expect("replaces");
        assert_eq!(keys.copies.failed, !copies_follow, "{place}");
        let code = keys.code.groups.join("-");
        assert_eq!(client.check_recovery_code(&code), Ok(()), "{place}");
        client.lock().expect("locks");
        drop(client);
        assert!(opens(&profile, PASSPHRASE) && !opens(&profile, NEW), "{place}");
    }
}

#[test]
fn no_copy_falls_back_to_an_older_passphrase_and_none_keeps_two() {
    let profile = Profile::default();
    let client = profile.begin();
    let (stick, drawer) = (
        profile.folder().with_extension("stick"),
        profile.folder().with_extension("drawer"),
    );
    fs::create_dir(&stick).expect("a folder");
    client.set_backup_folder(&stick).expect("copies");
    fs::rename(&stick, &drawer).expect("out it goes");
    let backups = profile.folder().join("backups");
    let local = only_file(&backups);
    let before = fs::read(&local).expect("reads");
    client
        .change_passphrase(&passphrase(PASSPHRASE), &passphrase(NEW))
        .expect("changes");
    let care = || {
        client.touch();
        profile.clock.pass(TimeDelta::days(1));
        client.touch();
        client.tick().expect("ticks");
    };

    // As a crash leaves it between the two places of a copy.
    let after = fs::read(&local).expect("reads");
    let first = (0..after.len())
        .find(|&place| after[place] != before[place])
        .expect("changed");
    let torn = [&after[..first + 6000], &before[first + 6000..]].concat();
    assert!(torn != after && torn != before);
    fs::write(&local, torn).expect("writes");
    care();
    assert_eq!(
        fs::read(&local).expect("reads"),
        after,
        "both places are alike again"
    );

    // The copy in the drawer has the old passphrase, and the vault made of it too: newer copies keep theirs.
    client.choose_backup(&only_file(&drawer)).expect("a backup");
    let secret = BackupSecret::Passphrase(passphrase(PASSPHRASE));
    client.restore(&BackupChoice::Chosen, &secret).expect("restores");
    care();
    assert_eq!(copies_that_open(&backups, NEW).last(), Some(&true));
    assert_eq!(copies_that_open(&backups, PASSPHRASE).last(), Some(&false));
    // What is changed after that is newer than all of them.
    client
        .change_passphrase(&passphrase(PASSPHRASE), &passphrase(THIRD))
        .expect("changes");
    assert!(copies_that_open(&backups, THIRD).iter().all(|opens| *opens));
}

#[test]
fn a_vault_set_aside_follows_new_keys_and_goes_when_somebody_knew_them() {
    let profile = Profile::default();
    drop(profile.begin());
    let keychain = TestKeychain::default();
    *keychain.0.lock().expect("a keychain") = Some(BTreeMap::new());
    let client = profile.start().with_keychain(keychain.clone());
    client.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
    let stick = profile.stick();
    client.set_backup_folder(&stick).expect("copies");
    client
        .switch_quick_unlock_on(&passphrase(PASSPHRASE))
        .expect("switches");
    let choice = BackupChoice::Local {
        name: client.local_backups().expect("backups")[0].name.clone(),
    };
    let secret = BackupSecret::Passphrase(passphrase(PASSPHRASE));
    let name = client
        .restore(&choice, &secret)
        .expect("restores")
        .expect("a name");
    let aside = profile.folder().join(&name);
    assert_eq!(Vault::keychain_way(&aside).map(|(_, on)| on), Ok(false));
    assert_eq!(keychain.with(|kept| kept.len()), Ok(0));

    client
        .change_passphrase(&passphrase(PASSPHRASE), &passphrase(NEW))
        .expect("changes");
    assert!(Vault::open(&aside, &passphrase(PASSPHRASE)).is_err());
    drop(Vault::open(&aside, &passphrase(NEW)).expect("opens"));

    profile.clock.pass(TimeDelta::minutes(1));
    let keys = client
        .replace_all_keys(&passphrase(NEW), &passphrase(THIRD))
        .expect("replaces");
    assert!(!keys.copies.failed);
    for old in [PASSPHRASE, NEW] {
        for (path, _) in files(&profile.folder()) {
            let folder = path.parent().expect("a folder");
            if path.file_name() == Some("vault.key".as_ref()) {
                assert!(
                    Vault::open(folder, &passphrase(old)).is_err(),
                    "{}",
                    path.display()
                );
            }
        }
        assert_eq!(copies_that_open(&stick, old), [false]);
    }
    assert!(!aside.exists());
    assert_eq!(
        copies_that_open(&stick, THIRD),
        [true],
        "one new copy for the old one"
    );
}

#[test]
fn wrong_passphrases_inside_are_slowed_as_at_the_lock() {
    let profile = Profile::default();
    let client = profile.begin();
    for _ in 0..3 {
        assert!(
            client
                .change_passphrase(&passphrase(WRONG), &passphrase(NEW))
                .is_err()
        );
    }
    assert_eq!(
        client.prove(&passphrase(PASSPHRASE)),
        Err(ClientError::TooSoon { wait_seconds: 1 })
    );
    assert!(client.today().is_ok(), "the vault stays open meanwhile");
}

#[test]
fn after_somebody_knew_it_nothing_old_opens_anything_here() {
    let profile = Profile::default();
    let client = profile.begin();
    let old_code = client.recovery_code().expect("a code").groups.join("-");
    for number in 0..30 {
        client
            .diary_save(draft(&format!("Stuk {number} {}", "woorden ".repeat(200))))
            .expect("saves");
    }
    client.back_up_now().expect("a backup");
    let old_copy = profile.folder().with_extension("regie-backup");
    let local = client.local_backups().expect("backups");
    fs::copy(profile.folder().join("backups").join(&local[0].name), &old_copy).expect("copies");
    profile.clock.pass(TimeDelta::minutes(1));

    let keys = client
        .replace_all_keys(&passphrase(PASSPHRASE), &passphrase(NEW))
        .expect("replaces");
    assert_eq!(client.key_progress(), None);
    let new_code = keys.code.groups.join("-");
    assert_ne!(new_code, old_code);
    assert_eq!(
        client.diary_search("woorden", 50).expect("a search").hits.len(),
        30
    );
    let now = client.local_backups().expect("backups");
    assert!(
        now.len() == 1 && now[0].name != local[0].name,
        "old copies gave way to a new one"
    );
    client.lock().expect("locks");
    assert!(client.check_recovery_code(&old_code).is_err());
    assert_eq!(client.check_recovery_code(&new_code), Ok(()));
    drop(client);
    assert!(!opens(&profile, PASSPHRASE) && opens(&profile, NEW));
    let mut names = regie_tests::names(&profile.folder());
    names.retain(|name| name.starts_with("vault"));
    assert_eq!(names, ["vault"], "nothing of the old vault is left");

    // A copy from before, kept elsewhere, still restores with the passphrase of its time.
    let client = profile.start();
    client.choose_backup(&old_copy).expect("a backup");
    let old = BackupSecret::Passphrase(passphrase(PASSPHRASE));
    client.restore(&BackupChoice::Chosen, &old).expect("restores");
    assert_eq!(
        client.diary_search("woorden", 50).expect("a search").hits.len(),
        30
    );
}

#[test]
fn a_new_recovery_code_ends_the_old_one_and_is_rehearsed_like_the_first() {
    let profile = Profile::default();
    let client = profile.begin();
    let old = client.recovery_code().expect("a code").groups.join("-");
    assert!(client.new_recovery_code(&passphrase(WRONG)).is_err());
    assert_eq!(client.check_recovery_code(&old), Ok(()));
    let view = client
        .new_recovery_code(&passphrase(PASSPHRASE))
        .expect("a code")
        .code;
    let new = view.groups.join("-");
    assert!(client.check_recovery_code(&old).is_err());
    assert_eq!(client.check_recovery_code(&new), Ok(()));
    let answers: Vec<_> = view
        .rehearse
        .iter()
        .map(|&position| RehearsalAnswer {
            position,
            group: view.groups[position as usize].clone(),
        })
        .collect();
    assert_eq!(client.rehearse_recovery(&answers), Ok(true));
    let due = |client: &Client| client.today().expect("a view").recovery_check_due;
    assert!(!due(&client));
    profile.clock.pass(TimeDelta::days(92));
    assert!(due(&client), "a quarter later it is offered again");
    client.put_off_recovery_check().expect("stores");
    assert!(!due(&client));
    profile.clock.pass(TimeDelta::days(15));
    assert!(due(&client) && client.confirm_recovery_code(&old).is_err() && due(&client));
    client.confirm_recovery_code(&new).expect("fits");
    assert!(!due(&client));
}

/// A keychain in memory that can be shared, emptied and made not to answer.
#[derive(Clone, Default)]
struct TestKeychain(Arc<Mutex<Option<Kept>>>);

type Kept = BTreeMap<String, Vec<u8>>;

impl TestKeychain {
    fn with<T>(&self, work: impl FnOnce(&mut Kept) -> T) -> Result<T, KeychainError> {
        let mut kept = self.0.lock().expect("a keychain");
        kept.as_mut().map(work).ok_or(KeychainError)
    }
}

impl Keychain for TestKeychain {
    fn answers(&self) -> bool {
        self.with(|_| ()).is_ok()
    }

    fn keep(&self, name: &str, secret: &[u8]) -> Result<(), KeychainError> {
        self.with(|kept| drop(kept.insert(name.into(), secret.into())))
    }

    fn find(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeychainError> {
        self.with(|kept| kept.get(name).cloned().map(Zeroizing::new))
    }

    fn forget(&self, name: &str) -> Result<(), KeychainError> {
        self.with(|kept| drop(kept.remove(name)))
    }
}

#[test]
fn quick_unlock_is_off_by_default_and_never_the_only_way_in() {
    let profile = Profile::default();
    let keychain = TestKeychain::default();
    let start = || profile.start().with_keychain(keychain.clone());
    drop(profile.begin());
    let client = start();
    client.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
    let view = client.quick_unlock();
    assert!(!view.available && !view.on);
    assert_eq!(
        client.switch_quick_unlock_on(&passphrase(PASSPHRASE)),
        Err(ClientError::NoKeychain)
    );

    *keychain.0.lock().expect("a keychain") = Some(BTreeMap::new());
    assert!(client.switch_quick_unlock_on(&passphrase(WRONG)).is_err());
    let view = client
        .switch_quick_unlock_on(&passphrase(PASSPHRASE))
        .expect("switches");
    assert!(view.available && view.on);
    client.lock().expect("locks");
    assert_eq!(client.unlock_quickly(), Ok(Stage::Open));
    // A new passphrase leaves it on; the passphrase always works beside it.
    client
        .change_passphrase(&passphrase(PASSPHRASE), &passphrase(NEW))
        .expect("changes");
    client.lock().expect("locks");
    assert_eq!(client.unlock_quickly(), Ok(Stage::Open));
    client.lock().expect("locks");
    drop(client);
    let kept = keychain.0.lock().expect("a keychain").take();
    let client = start();
    assert_eq!(client.unlock_quickly(), Err(ClientError::NoKeychain));
    assert_eq!(client.unlock(&passphrase(NEW)), Ok(Stage::Open));
    *keychain.0.lock().expect("a keychain") = kept;

    // Off: the keychain is empty, and an old key in it would open nothing.
    let old = keychain.0.lock().expect("a keychain").clone();
    assert!(!client.switch_quick_unlock_off().expect("switches").on);
    assert_eq!(keychain.with(|kept| kept.len()), Ok(0));
    *keychain.0.lock().expect("a keychain") = old;
    client.lock().expect("locks");
    assert_eq!(client.unlock_quickly(), Err(ClientError::NoKeychain));
    client.unlock(&passphrase(NEW)).expect("unlocks");
    client.switch_quick_unlock_on(&passphrase(NEW)).expect("switches");
    client
        .replace_all_keys(&passphrase(NEW), &passphrase(PASSPHRASE))
        .expect("replaces");
    assert!(!client.quick_unlock().on, "whoever knew it gets no other way in");
    client
        .switch_quick_unlock_on(&passphrase(PASSPHRASE))
        .expect("switches");
    client
        .delete_everything(&passphrase(PASSPHRASE))
        .expect("deletes");
    assert_eq!(keychain.with(|kept| kept.len()), Ok(0));
}

/// With the real Secret Service: gnome-keyring in a session bus of its own.
#[test]
fn quick_unlock_works_with_the_keychain_of_a_linux_desktop() {
    let profile = Profile::default();
    drop(profile.begin());
    let home = tempfile::tempdir().expect("a folder");
    let script = "printf 'slot' | gnome-keyring-daemon --unlock --components=secrets > /dev/null 2>&1; \
                  \"$STORY\" quick-unlock \"$PROFILE\"";
    let output = std::process::Command::new("dbus-run-session")
        .args(["--", "sh", "-c", script])
        .env("HOME", home.path())
        .env("XDG_DATA_HOME", home.path().join("data"))
        .env("XDG_RUNTIME_DIR", home.path())
        .env("STORY", env!("CARGO_BIN_EXE_regie-story"))
        .env("PROFILE", profile.folder())
        .output()
        .expect("dbus-run-session is installed");
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    let expected = [
        "answers true",
        "on true",
        "Ok(Open)",
        "off false",
        "Err(NoKeychain)",
    ];
    assert_eq!(said.lines().collect::<Vec<_>>(), expected, "{errors}");
}

#[test]
fn where_no_keychain_answers_quick_unlock_is_not_offered() {
    let profile = Profile::default();
    drop(profile.begin());
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_regie-story"))
        .args(["quick-unlock".as_ref(), profile.folder().as_os_str()])
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
        .output()
        .expect("a process");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "answers false\n");
}
