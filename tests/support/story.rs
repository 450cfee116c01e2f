//! A process of its own for stories in which the program is killed, starved of disk, or looked into.
//!
//! `regie-story MODE FOLDER`; the passphrase comes from standard input, so that it stands nowhere else in memory.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use regie_client::{
    BackupSchedule, Client, DiaryFilter, EntryDraft, JoinBegin, JoinForm, LeaveKind, LogInBy, LogInForm,
    PairForm, PairState, Passphrase, SystemClock, SystemKeychain,
};
use regie_protocol::{Language, signed::VerifyingKey};
use regie_tests::{KEEP, PASSPHRASE, TestClock, bytes::files, passphrase};
use uuid::Uuid;

const ANOTHER: &str = "zeven lantaarns dansen buiten";

#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (mode, folder) = (
        arguments.next().expect("a mode"),
        arguments.next().expect("a folder"),
    );
    let client = Client::new(Path::new(&folder), SystemClock);
    match mode.as_str() {
        "write" => write_until_killed(&client),
        "save-once" => save_once(&client),
        "fill" => {
            regie_tests::begin(&client, &[KEEP]);
            fill_the_disk(&client, Path::new(&folder), 400_000);
        }
        "fill-on" => {
            client.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
            // The first saves after a bulk write merge what it left of the index: some 5 MB at once.
            fill_the_disk(&client, Path::new(&folder), 10_000_000);
        }
        "change-passphrase" => change_until_killed(&client, false),
        "replace-keys" => change_until_killed(&client, true),
        "quick-unlock" => quick_unlock(client.with_keychain(SystemKeychain)),
        "back-up" => back_up_until_killed(&client),
        "export" => export_until_killed(&client, Path::new(&folder)),
        "import" => {
            let from = Path::new(&folder).with_extension("texts");
            texts(&from, 40);
            import_until_killed(&client, &from);
        }
        "import-photos" => import_until_killed(&client, &Path::new(&folder).with_extension("zip")),
        "photos-without-room" => photos_without_room(&client, Path::new(&folder)),
        "stick-without-room" => stick_without_room(Path::new(&folder)),
        "copies-without-room" => copies_without_room(&client, Path::new(&folder)),
        "delete" => delete_until_killed(&client),
        "delete-without-room" => delete_without_room(&client, Path::new(&folder)),
        "delete-everything" => delete_everything(&client),
        "keys-without-room" => keys_without_room(&client, Path::new(&folder)),
        "week" => week(Path::new(&folder)),
        "new-device" => new_device(Path::new(&folder)),
        "new-device-without-room" => new_device_without_room(Path::new(&folder)),
        "sync" => sync(Path::new(&folder)),
        "sync-without-room" => sync_without_room(Path::new(&folder)),
        "paired" => paired_until_killed(Path::new(&folder)),
        "paired-without-room" => paired_without_room(Path::new(&folder)),
        "stage" => say(&format!("{:?}", client.stage())),
        "unlock-lock" => unlock_and_lock(&client),
        other => panic!("unknown mode {other}"),
    }
}

/// A week with an account, from the first look at the server to the last. What it needs to know comes line by line.
fn week(folder: &Path) {
    let mut lines = std::io::stdin().lines().map(|line| line.expect("a line"));
    let mut next = || lines.next().expect("a line");
    let (address, root, invitation, mails) = (next(), next(), next(), next());
    let root = data_encoding::HEXLOWER.decode(root.as_bytes()).expect("a key");
    let root = VerifyingKey::from_bytes(&root.try_into().expect("a key")).expect("a key");
    let clock = TestClock::default();
    let client = Client::new(folder, clock.clone()).with_roots(&[root]);
    regie_tests::begin(&client, &[KEEP]);
    let recovery = client.recovery_code().expect("a code").groups.join("-");
    client
        .look_at_server(&address, Some(&invitation))
        .expect("a server");
    client.look_at_invitation().expect("an invitation");
    let email = "noor@thuis.example";
    let begun = JoinBegin {
        email: email.into(),
        passphrase: passphrase(PASSPHRASE),
    };
    client.begin_joining(&begun, Language::Nl).expect("begins");
    let mail = regie_tests::server::wait_for_mail(Path::new(&mails), email);
    let form = JoinForm {
        mail_code: mail.code().expect("a code"),
        name: "Noor".into(),
        phone: None,
        recovery_code: recovery,
        terms_version: 1,
        adult: true,
        copy: true,
        device_name: "Laptop".into(),
    };
    client.join(&form).expect("joins");
    for day in 1..=7 {
        client
            .diary_save(regie_tests::draft(&format!(
                "Dag {day}, [met een koppeling](https://elders.example/{day})"
            )))
            .expect("saves");
        if day == 2 {
            regie_tests::take_check(&client, 2);
        }
        client.contact().expect("an answer");
        client.devices().expect("devices");
        client.account_log(0).expect("a log");
        if day == 4 {
            client
                .change_passphrase(&passphrase(PASSPHRASE), &passphrase(ANOTHER))
                .expect("changes");
        }
        client.back_up_now().expect("a backup");
        client.lock().expect("locks");
        clock.pass(chrono::TimeDelta::days(1));
        let words = if day < 4 { PASSPHRASE } else { ANOTHER };
        client.unlock(&passphrase(words)).expect("unlocks");
        say(&format!("day {day}"));
    }
    say(&format!("asked {}", client.requests().expect("a list").len()));
    let left = client
        .leave(LeaveKind::Everything, &passphrase(ANOTHER), None)
        .expect("leaves");
    assert!(left.confirmed);
    say("left");
}

/// The server of a story, as it comes line by line: where it is, and its root.
struct There {
    address: String,
    root: VerifyingKey,
}

impl There {
    fn read(next: &mut impl FnMut() -> String) -> Self {
        let (address, root) = (next(), next());
        let root = data_encoding::HEXLOWER.decode(root.as_bytes()).expect("a key");
        let root = VerifyingKey::from_bytes(&root.try_into().expect("a key")).expect("a key");
        Self { address, root }
    }

    /// A program that looked at it.
    fn look_from(&self, folder: &Path) -> Client {
        let client = Client::new(folder, SystemClock).with_roots(&[self.root]);
        client.look_at_server(&self.address, None).expect("a server");
        client
    }
}

fn line() -> String {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).expect("a line");
    line.trim_end().to_owned()
}

fn logged_in(client: &Client) -> Option<regie_client::ClientError> {
    let form = LogInForm {
        email: "noor@thuis.example".into(),
        by: LogInBy::Passphrase(passphrase(PASSPHRASE)),
        factor: None,
        device_name: "Telefoon".into(),
        consents: vec![KEEP.into()],
    };
    client.log_in_on_new_device(&form).err()
}

/// Logs in on a new device, to be killed at any moment.
fn new_device(folder: &Path) {
    let client = There::read(&mut line).look_from(folder);
    say("ready");
    say(&format!("{:?}", logged_in(&client)));
}

/// The same on a disk with no room for a vault.
fn new_device_without_room(folder: &Path) {
    let client = There::read(&mut line).look_from(folder);
    // Room for SQLite's index in shared memory, and none for a vault.
    let filler = fill_up(folder, 36_000);
    say(&format!("{:?}", logged_in(&client)));
    say(&format!("{:?}", client.stage()));
    std::fs::remove_file(filler).expect("removes");
    say(&format!("with room: {:?}", logged_in(&client)));
    say(&format!("{:?}", client.stage()));
    let devices = client.devices().expect("devices");
    let known = devices.iter().all(|device| device.checked);
    say(&format!("knows the others: {known}"));
}

/// A device of an account, unlocked.
fn of_an_account(folder: &Path) -> Client {
    let there = There::read(&mut line);
    let client = Client::new(folder, SystemClock).with_roots(&[there.root]);
    client.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
    client
}

/// Syncs once, to be killed at any moment.
fn sync(folder: &Path) {
    let client = of_an_account(folder);
    say("ready");
    let view = client.sync_now().expect("syncs");
    say(&format!("{:?}, {} wait", view.state, view.waiting));
    // Whoever started it kills it.
    line();
}

/// Fetches what is new on a disk with no room for it, and once more with room.
fn sync_without_room(folder: &Path) {
    let client = of_an_account(folder);
    let count = || client.my_data().expect("data").counts[0].count;
    say(&format!("there: {}", count()));
    let filler = fill_up(folder, 60_000);
    say(&format!("{:?}", client.sync_now().map(|view| view.state)));
    say(&format!("there: {}", count()));
    std::fs::remove_file(filler).expect("removes");
    say(&format!(
        "with room: {:?}",
        client.sync_now().map(|view| view.state)
    ));
    say(&format!("there: {}", count()));
}

/// A new device with a vault of its own that shows its code, and says yes to the digits.
fn offered(folder: &Path) -> Client {
    let there = There::read(&mut line);
    let client = Client::new(folder, SystemClock).with_roots(&[there.root]);
    if client.unlock(&passphrase(PASSPHRASE)).is_err() {
        regie_tests::begin(&client, &[KEEP]);
    }
    client.look_at_server(&there.address, None).expect("a server");
    let form = PairForm {
        device_name: "Telefoon".into(),
    };
    say(&client.pair_offer(&form).expect("a code").code);
    loop {
        match client.pair_state().expect("a state") {
            PairState::Compare { .. } => client.pair_compare(true).expect("says yes"),
            PairState::Agreed => return client,
            _ => {}
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

/// Pairs up to the end, to be killed at any moment.
fn paired_until_killed(folder: &Path) {
    let client = offered(folder);
    say("agreed");
    while client.pair_state().expect("a state") != PairState::Done {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    say("done");
    // Whoever started it kills it.
    line();
}

/// Pairs on a disk on which nothing can be written when what it needs arrives.
fn paired_without_room(folder: &Path) {
    let client = offered(folder);
    let filler = fill_up(folder, 0);
    say("agreed");
    let error = loop {
        match client.pair_state() {
            Ok(PairState::Agreed) => std::thread::sleep(std::time::Duration::from_millis(20)),
            other => break other,
        }
    };
    say(&format!("{error:?}"));
    let joined = || client.account().expect("a view").joined.is_some();
    say(&format!("joined: {}", joined()));
    std::fs::remove_file(filler).expect("removes");
    say(&format!("with room: {:?}", client.pair_state()));
    say(&format!("joined: {}", joined()));
}

/// A line to whoever started the story, out at once.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .expect("somebody listens");
}

/// Reads a line without a buffer that would keep it.
fn read_passphrase() -> Passphrase {
    let mut input = File::open("/dev/stdin").expect("standard input");
    let (mut text, mut byte) = (String::with_capacity(256), [0]);
    while input.read(&mut byte).is_ok_and(|count| count == 1) && byte != *b"\n" {
        text.push(char::from(byte[0]));
    }
    Passphrase::new(text)
}

fn wait_for_a_line() {
    let mut byte = [0];
    let mut input = File::open("/dev/stdin").expect("standard input");
    while input.read(&mut byte).is_ok_and(|count| count == 1) && byte != *b"\n" {}
}

/// First tells what is there, then saves, changes and deletes entries until it is killed.
fn write_until_killed(client: &Client) {
    client.unlock(&read_passphrase()).expect("unlocks");
    let mut before = None;
    let mut number = 0;
    loop {
        let page = client
            .diary_page(&DiaryFilter::default(), before.as_deref(), 200)
            .expect("a page");
        for row in page.entries {
            let entry = client.diary_entry(row.id).expect("an entry");
            let told = number_in(&entry.markdown);
            assert_eq!(entry.markdown, text(told), "an entry is torn");
            number = number.max(told);
            say(&format!("there {} {told}", row.id));
        }
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    say("ready");
    let mut last: Option<Uuid> = None;
    for number in number + 1.. {
        let id = last.filter(|_| number % 3 == 0);
        let saved = client
            .diary_save(EntryDraft {
                id,
                markdown: text(number),
                caret: 0,
                about: None,
            })
            .expect("saves");
        say(&format!("saved {} {number}", saved.id));
        last = Some(saved.id);
        if number % 7 == 0 {
            say(&format!("deleting {}", saved.id));
            client.diary_delete(saved.id).expect("deletes");
            say(&format!("deleted {}", saved.id));
            last = None;
        }
    }
}

/// Text number so much: of very different lengths, never the same.
fn text(number: u64) -> String {
    let words = usize::try_from(number * 7919 % 900).expect("a small number");
    format!("{number}: {}", "véél wóórden 🌊 ".repeat(words))
}

fn number_in(text: &str) -> u64 {
    text.split(':')
        .next()
        .and_then(|number| number.parse().ok())
        .expect("a number")
}

fn save_once(client: &Client) {
    client.unlock(&read_passphrase()).expect("unlocks");
    say("unlocked");
    for number in 0..5 {
        client
            .diary_save(EntryDraft {
                id: None,
                markdown: text(number),
                caret: 0,
                about: None,
            })
            .expect("saves");
        say("acknowledged");
    }
}

/// Writes until the disk is full, then shows that nothing acknowledged was lost and that room makes writing possible again.
fn fill_the_disk(client: &Client, folder: &Path, spare_bytes: usize) {
    let count = || client.my_data().expect("data").counts[0].count;
    let before = count();
    let spare = folder.join("spare");
    std::fs::write(&spare, vec![0; spare_bytes]).expect("room for a spare file");
    let mut saved = Vec::new();
    let error = loop {
        match client.diary_save(EntryDraft {
            id: None,
            markdown: "vol ".repeat(2000),
            caret: 0,
            about: None,
        }) {
            Ok(entry) => saved.push(entry.id),
            Err(error) => break error,
        }
    };
    say(&format!("{error:?} after some: {}", saved.len() > 10));
    let readable = saved.iter().all(|id| {
        client
            .diary_entry(*id)
            .is_ok_and(|entry| entry.markdown == "vol ".repeat(2000))
    });
    say(&format!("all readable: {readable}"));
    std::fs::remove_file(spare).expect("removes");
    let again = client.diary_save(EntryDraft {
        id: None,
        markdown: "weer ruimte".into(),
        caret: 0,
        about: None,
    });
    say(&format!("writes again: {}", again.is_ok()));
    // The log may not fit into the database now; it stays beside it, whole.
    let _ = client.lock();
    say(&format!("{:?}", client.stage()));
    client.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
    let added = u32::try_from(saved.len() + 1).expect("few");
    say(&format!("count: {}", count() == before + added));
}

/// Opens with the first or the second passphrase, tells which, and changes it to the other until it is killed.
fn change_until_killed(client: &Client, all_keys: bool) {
    let known = || [read_passphrase(), read_passphrase()];
    let passphrases = known();
    let opens = |number: usize| client.unlock(&passphrases[number]).is_ok();
    let mut present = usize::from(!opens(0));
    assert!(
        present == 0 || opens(1),
        "neither the old nor the new passphrase opens the vault"
    );
    let count = client.my_data().expect("data").counts[0].count;
    let found = client.diary_search("woorden", 50).expect("a search").hits.len();
    say(&format!("there {count} {found}"));
    say("ready");
    loop {
        let next = 1 - present;
        let (current, new) = (&passphrases[present], &passphrases[next]);
        if all_keys {
            client.replace_all_keys(current, new).expect("replaces");
        } else {
            client.change_passphrase(current, new).expect("changes");
        }
        present = next;
        say(&format!("changed {present}"));
    }
}

/// Switches quick unlock on, opens with it, and switches it off.
fn quick_unlock(client: Client) {
    let passphrase = Passphrase::new(regie_tests::PASSPHRASE.into());
    client.unlock(&passphrase).expect("unlocks");
    let available = client.quick_unlock().available;
    say(&format!("answers {available}"));
    if !available {
        return;
    }
    let on = client.switch_quick_unlock_on(&passphrase).expect("switches").on;
    say(&format!("on {on}"));
    client.lock().expect("locks");
    say(&format!("{:?}", client.unlock_quickly()));
    let on = client.switch_quick_unlock_off().expect("switches").on;
    say(&format!("off {on}"));
    client.lock().expect("locks");
    say(&format!("{:?}", client.unlock_quickly()));
}

/// Makes backups until it is killed.
fn back_up_until_killed(client: &Client) {
    client.unlock(&read_passphrase()).expect("unlocks");
    say("ready");
    loop {
        client.back_up_now().expect("a backup");
        say("made");
    }
}

/// Everything as a plain archive of all parts but the report.
fn export(client: &Client, path: &Path) -> Result<(), regie_client::ClientError> {
    let request = regie_client::ExportRequest {
        form: regie_client::ExportForm::Archive,
        diary: true,
        checks: true,
        from: None,
        to: None,
        parts: regie_client::ExportParts {
            fhir: true,
            markdown: true,
            csv: true,
            report: false,
        },
        given_only: false,
    };
    let protection = regie_client::ExportProtection::Plain;
    client.export(&request, &protection, path).map(|_| ())
}

fn export_until_killed(client: &Client, folder: &Path) {
    client.unlock(&read_passphrase()).expect("unlocks");
    let stick = folder.with_extension("stick");
    std::fs::create_dir_all(&stick).expect("a folder");
    say("ready");
    loop {
        export(client, &stick.join("copy.zip")).expect("a copy");
        say("made");
    }
}

/// Brings in a folder of texts.
fn import(client: &Client, folder: &Path) -> Result<u32, regie_client::ClientError> {
    client.choose_import(folder);
    client.look_at_import(None)?;
    match client.import()? {
        regie_client::ImportOutcome::Done { imported } => Ok(imported.entries),
        other => panic!("{other:?}"),
    }
}

/// A folder with so many texts of 4 KB.
fn texts(folder: &Path, many: u32) {
    std::fs::create_dir_all(folder).expect("a folder");
    for number in 0..many {
        let day =
            chrono::NaiveDate::from_ymd_opt(2024, 1, 1).expect("a day") + chrono::Days::new(number.into());
        let text = format!("Tekst {number}. {}", "Van elders. ".repeat(340));
        std::fs::write(folder.join(format!("{day}.md")), text).expect("writes");
    }
}

/// Brings in what lies there and takes it out again, until it is killed.
fn import_until_killed(client: &Client, from: &Path) {
    client.unlock(&read_passphrase()).expect("unlocks");
    say("ready");
    loop {
        for import in client.imports().expect("imports") {
            client.undo_import(import.id).expect("undoes");
        }
        import(client, from).expect("an import");
        say("in");
    }
}

/// On a disk that has room for some photos and not for all, none comes in; with room all do.
fn photos_without_room(client: &Client, folder: &Path) {
    regie_tests::begin(client, &[KEEP]);
    client.diary_save(regie_tests::draft("Van hier")).expect("saves");
    let archive = folder.with_extension("zip");
    // What has to stay free, and a little more.
    let filler = fill_up(folder, 64 * 1024 * 1024 + 800_000);
    let count = || client.my_data().expect("data").counts[0].count;
    let files = || std::fs::read_dir(folder.join("attachments")).map_or(0, |files| files.count());
    say(&format!("{:?}", import(client, &archive).err()));
    say(&format!("there: {}, files: {}", count(), files()));
    client
        .diary_save(regie_tests::draft("Schrijven gaat door"))
        .expect("saves");
    std::fs::remove_file(filler).expect("removes");
    say(&format!("with room: {:?}", import(client, &archive)));
    say(&format!("there: {}, files: {}", count(), files()));
}

/// On a full disk neither a copy goes out nor anything comes in, and all is as it was; with room both work.
fn copies_without_room(client: &Client, folder: &Path) {
    regie_tests::begin(client, &[KEEP]);
    write_forty(client);
    let from = folder.with_extension("texts");
    texts(&from, 400);
    let out = folder.join("out");
    std::fs::create_dir(&out).expect("a folder");
    client.lock().expect("locks");
    client.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
    let filler = fill_up(folder, 24_000);
    say(&format!("{:?}", export(client, &out.join("copy.zip")).err()));
    let left = std::fs::read_dir(&out).expect("a folder").count();
    say(&format!("left beside it: {left}"));
    say(&format!("{:?}", import(client, &from).err()));
    let count = || client.my_data().expect("data").counts[0].count;
    say(&format!("there: {}", count()));
    std::fs::remove_file(filler).expect("removes");
    // Room for SQLite's index in shared memory, and none for its log.
    client.lock().expect("locks");
    let filler = fill_up(folder, 36_000);
    client.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
    let elsewhere = folder.with_extension("zip");
    say(&format!(
        "to another disk: {:?}",
        export(client, &elsewhere).err()
    ));
    std::fs::remove_file(filler).expect("removes");
    say(&format!(
        "with room: {:?}",
        export(client, &out.join("copy.zip")).err()
    ));
    say(&format!("with room: {:?}", import(client, &from)));
    say(&format!("there: {}", count()));
}

/// A stick that fills in the midst of the second of three photos, and has room again.
fn stick_without_room(stick: &Path) {
    let profile = stick.with_extension("profile");
    let clock = TestClock::default();
    let client = Client::new(&profile, clock.clone());
    regie_tests::begin(&client, &[KEEP]);
    client.set_backup_folder(stick).expect("copies");
    client.set_backup_schedule(BackupSchedule::Daily).expect("stores");
    for number in 1..=3 {
        let entry = client
            .diary_save(regie_tests::draft("Met een foto"))
            .expect("saves");
        client
            .attach_bytes(Some(entry.id), &regie_tests::photo(number))
            .expect("adds");
    }
    clock.pass(chrono::TimeDelta::days(1));
    client.lock().expect("locks");
    client.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
    let here = files(&profile.join("attachments"));
    let photo = here.values().map(Vec::len).max().expect("photos") as u64;
    let text = u64::from(client.local_backups().expect("backups")[0].bytes);
    let filler = fill_up(stick, text + photo * 3 / 2);

    let wait_for = |done: &dyn Fn() -> bool| {
        for _ in 0..1000 {
            if done() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
            client.tick().expect("ticks");
        }
    };
    let failed = || client.backups().expect("a view").failed;
    // What is due begins some time after unlocking.
    clock.pass(chrono::TimeDelta::seconds(10));
    wait_for(&failed);
    let view = client.backups().expect("a view");
    say(&format!("failed: {}, damaged: {}", view.failed, view.damaged));
    let there = || {
        let all = files(stick);
        let is_copy = |path: &Path| path.extension().is_some_and(|ending| ending == "regie-backup");
        let copies = all.keys().filter(|path| is_copy(path));
        let copies = copies.filter(|path| client.choose_backup(path).is_ok()).count();
        let whole = |bytes: &Vec<u8>| here.values().any(|one| one == bytes);
        let photos = all.values().filter(|bytes| whole(bytes)).count();
        let others = all.len() - copies - photos - usize::from(filler.exists());
        format!("copies: {copies}, photos: {photos}, others: {others}")
    };
    say(&there());
    clock.pass(chrono::TimeDelta::seconds(1));
    say(&format!("{:?}", client.back_up_now().err()));
    say(&there());
    std::fs::remove_file(&filler).expect("removes");
    clock.pass(chrono::TimeDelta::seconds(1));
    say(&format!("with room: {:?}", client.back_up_now().err()));
    say(&there());
    say(&format!("failed: {}", failed()));
}

/// Writes, backs up, and deletes all of it from backups too, until it is killed.
fn delete_until_killed(client: &Client) {
    client.unlock(&read_passphrase()).expect("unlocks");
    say("ready");
    let all = regie_client::DeletionRequest {
        kinds: vec!["diary_entry".into()],
        from: None,
        to: None,
        backups_too: true,
    };
    for number in 0.. {
        client
            .diary_save(EntryDraft {
                id: None,
                about: None,
                markdown: format!("kanarie {number}"),
                caret: 0,
            })
            .expect("saves");
        client.back_up_now().expect("a backup");
        client.delete_period(&all).expect("deletes");
        say("deleted");
    }
}

/// Deletes everything of the first person on the list.
fn delete_everything(client: &Client) {
    let first = client.people().people[0].id;
    client.choose_person(first).expect("is there");
    let passphrase = read_passphrase();
    client.unlock(&passphrase).expect("unlocks");
    say("ready");
    client.delete_everything(&passphrase).expect("deletes");
    say("deleted");
}

fn write_forty(client: &Client) {
    let words = "vol genoeg ".repeat(2000);
    for _ in 0..40 {
        client
            .diary_save(EntryDraft {
                id: None,
                about: None,
                markdown: words.clone(),
                caret: 0,
            })
            .expect("room for the entries");
    }
}

/// Fills the disk but for so many bytes; the file to remove when there is to be room again.
fn fill_up(folder: &Path, left: u64) -> std::path::PathBuf {
    let filler = folder.join("filler");
    let mut file = File::create(&filler).expect("a file");
    while file.write_all(&[1; 64 * 1024]).is_ok() {}
    drop(file);
    std::fs::File::options()
        .write(true)
        .open(&filler)
        .and_then(|file| file.set_len(file.metadata()?.len() - left))
        .expect("a little room");
    filler
}

/// Deletes everything where there is room for the list and none for the deletion itself; then cleans backups and restores.
fn delete_without_room(client: &Client, folder: &Path) {
    regie_tests::begin(client, &[KEEP]);
    write_forty(client);
    client.lock().expect("locks");
    let passphrase = || Passphrase::new(regie_tests::PASSPHRASE.into());
    client.unlock(&passphrase()).expect("unlocks");
    client.back_up_now().expect("room for a backup");
    let filler = fill_up(folder, 100_000);
    let all = regie_client::DeletionRequest {
        kinds: vec!["diary_entry".into()],
        from: None,
        to: None,
        backups_too: false,
    };
    say(&format!("{:?}", client.delete_period(&all).err()));
    std::fs::remove_file(filler).expect("removes");
    let count = || client.my_data().expect("data").counts[0].count;
    say(&format!("there: {}", count()));
    client.clean_backups().expect("cleans");
    let newest = regie_client::BackupChoice::Local {
        name: client.local_backups().expect("backups")[0].name.clone(),
    };
    let secret = regie_client::BackupSecret::Passphrase(passphrase());
    client.restore(&newest, &secret).expect("restores");
    say(&format!("after cleaning and a restore: {}", count()));
}

/// On a disk with no room for a second copy: a backup and new keys fail, and everything is as it was.
fn keys_without_room(client: &Client, folder: &Path) {
    regie_tests::begin(client, &[KEEP]);
    write_forty(client);
    let vault = folder.join("vault");
    let names = || {
        let mut names: Vec<_> = std::fs::read_dir(folder)
            .expect("a folder")
            .chain(std::fs::read_dir(folder.join("backups")).into_iter().flatten())
            .map(|entry| entry.expect("an entry").file_name())
            .collect();
        names.sort();
        names
    };
    let filler = fill_up(folder, 400_000);
    let keys = || std::fs::read(vault.join("vault.key")).expect("a key file");
    let (before, key_file) = (names(), keys());
    say(&format!("{:?}", client.back_up_now().err()));
    let passphrase = || Passphrase::new(regie_tests::PASSPHRASE.into());
    let new = Passphrase::new("vier groene theepotten dansen".into());
    say(&format!(
        "{:?}",
        client.replace_all_keys(&passphrase(), &new).err()
    ));
    let mut after = names();
    after.retain(|name| name != "backups");
    let mut before = before;
    before.retain(|name| name != "backups");
    say(&format!("as it was: {}", before == after && key_file == keys()));
    let readable = client.diary_search("genoeg", 50).expect("a search").hits.len();
    say(&format!("readable: {readable}"));
    std::fs::remove_file(filler).expect("removes");
    say(&format!("with room: {:?}", client.back_up_now().err()));
    say(&format!(
        "with room: {:?}",
        client.replace_all_keys(&passphrase(), &new).err()
    ));
}

fn unlock_and_lock(client: &Client) {
    client.unlock(&read_passphrase()).expect("unlocks");
    let page = client
        .diary_page(&DiaryFilter::default(), None, 50)
        .expect("a page");
    let long: usize = page
        .entries
        .iter()
        .map(|row| client.diary_entry(row.id).expect("an entry").markdown.len())
        .sum();
    drop(page);
    let found = client.diary_search("kanarie", 50).expect("a search").hits.len();
    say(&format!("open {long} {found}"));
    wait_for_a_line();
    client.lock().expect("locks");
    say("locked");
    wait_for_a_line();
}
