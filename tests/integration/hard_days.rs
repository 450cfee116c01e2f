//! Hard days of syncing: either side is killed at any moment, the disk is full, clocks are wrong by years. Nothing is lost and nothing
//! comes twice.

use std::collections::BTreeMap;
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicU64, Ordering},
    mpsc::sync_channel,
};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use regie_client::{
    AccountError, Client, ClientError, DiaryFilter, EntryDraft, Stage, SyncDecision, SyncState,
};
use regie_protocol::{account::path, sync::path as sync_path};
use regie_tests::between::Between;
use regie_tests::server::Running;
use regie_tests::{PASSPHRASE, Profile, copy_all, draft, life, passphrase};

use crate::account::{Member, NEW, by_passphrase, further, join, reopen, server, told};
use crate::crash::crashes;
use crate::new_device::Story;

/// So many entries are on their way.
const MANY: usize = 300;
const LONG: usize = 5;

fn synced(client: &Client) {
    let view = client.sync_now().expect("syncs");
    assert_eq!((&view.state, view.waiting), (&SyncState::UpToDate, 0), "{view:?}");
}

fn write(client: &Client, many: usize, about: &str) {
    for number in 0..many {
        let text = format!(
            "{about} {number}. {}",
            "Vandaag liep ik langs het water. ".repeat(12)
        );
        client.diary_save(draft(&text)).expect("saves");
    }
}

/// Entries of which few fit into one push, and of which the server is told in order.
fn write_long(client: &Client, many: usize, bytes: usize, about: &str) {
    for number in 0..many {
        let text = format!("{about} {number}. ") + &"Water. ".repeat(bytes / 7);
        client.diary_save(draft(&text)).expect("saves");
    }
}

/// A laptop, and a phone that is up to date and closed.
fn two(server: &mut Running) -> (Member, Profile) {
    let laptop = join(server);
    synced(&laptop.client);
    let (profile, phone) = further(server, by_passphrase(PASSPHRASE), "Telefoon").expect("logs in");
    told(&phone);
    synced(&phone);
    synced(&laptop.client);
    phone.lock().expect("locks");
    (laptop, profile)
}

/// How often each text is there.
fn counted(client: &Client) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for entry in life(client) {
        *counted.entry(entry.text().1).or_default() += 1;
    }
    counted
}

/// Runs a sync in a process of its own and kills it after a part of the time that it takes; whether it was through by then.
fn killed_in_a_sync(server: &Running, profile: &Profile, after: Duration) -> bool {
    let mut story = Story::on(server, "sync", profile);
    assert_eq!(story.next(), "ready", "the vault opens after each kill");
    std::thread::sleep(after);
    !story.kill().is_empty()
}

/// How long a sync takes where nobody kills it.
fn undisturbed(server: &Running, profile: &Profile) -> Duration {
    let mut story = Story::on(server, "sync", profile);
    assert_eq!(story.next(), "ready");
    let began = Instant::now();
    assert_eq!(story.next(), "UpToDate, 0 wait");
    let took = began.elapsed();
    drop(story.kill());
    took
}

/// Different moments, the same in each run.
fn moment(crash: u64, crashes: u64, took: Duration) -> Duration {
    took.mul_f64((crash as f64 + 0.5) / crashes as f64)
}

#[test]
fn killed_while_it_fetches_all_comes_once_in_the_end() {
    let mut server = server();
    let (laptop, phone) = two(&mut server);
    write(&laptop.client, MANY, "Van de laptop");
    synced(&laptop.client);
    let expected = life(&laptop.client);
    let copy = || {
        let copy = Profile::default();
        copy_all(&phone.folder(), &copy.folder());
        copy
    };
    let took = undisturbed(&server, &copy());
    let (crashes, mut through) = (crashes(16), 0);
    for crash in 0..crashes {
        // One who only fetches may be copied: it says nothing that another copy has not said.
        let profile = copy();
        through += u64::from(killed_in_a_sync(&server, &profile, moment(crash, crashes, took)));
        let client = reopen(&server, &profile, PASSPHRASE);
        let there = life(&client);
        assert!(there.len() == 1 || there == expected, "{} are there", there.len());
        synced(&client);
        assert_eq!(life(&client), expected);
    }
    assert!(through < crashes, "it was never killed in time");
}

#[test]
fn killed_while_it_sends_all_is_there_once_on_the_other_device() {
    let mut server = server();
    let (laptop, phone) = two(&mut server);
    let (crashes, mut through) = (crashes(12), 0);
    let mut took = Duration::ZERO;
    for crash in 0..=crashes {
        let client = reopen(&server, &phone, PASSPHRASE);
        write(&client, 60, &format!("Van de telefoon, keer {crash}"));
        // More than one push holds: what follows is sealed while the first is on its way.
        write_long(
            &client,
            LONG,
            300_000,
            &format!("Lang van de telefoon, keer {crash}"),
        );
        client.lock().expect("locks");
        drop(client);
        if crash == 0 {
            took = undisturbed(&server, &phone);
        } else {
            let after = moment(crash - 1, crashes, took);
            through += u64::from(killed_in_a_sync(&server, &phone, after));
        }
        // What came so far came whole and once.
        synced(&laptop.client);
        assert!(counted(&laptop.client).values().all(|count| *count == 1));
    }
    assert!(through < crashes, "it was never killed in time");
    let client = reopen(&server, &phone, PASSPHRASE);
    synced(&client);
    synced(&laptop.client);
    assert_eq!(life(&client), life(&laptop.client));
    let there = usize::try_from(crashes + 1).expect("few") * (60 + LONG) + 1;
    assert_eq!(
        counted(&laptop.client).len(),
        there,
        "nothing is lost and nothing is there twice"
    );
}

#[test]
fn what_is_deleted_while_others_are_on_their_way_is_never_sent() {
    let between = Between::open();
    let mut server = Running::begin_behind(&between, 1);
    let laptop = join(&mut server);
    synced(&laptop.client);
    // One fills a push.
    write_long(&laptop.client, 3, 700_000, "Lang");
    let page = laptop.client.diary_page(&DiaryFilter::default(), None, 3);
    let mut ids: Vec<_> = page.expect("a page").entries.iter().map(|row| row.id).collect();
    // They go in this order.
    ids.sort_unstable();
    let second = ids[1];
    let (passes, passing) = sync_channel(1);
    let (deleted, goes_on) = sync_channel(1);
    let (goes_on, pushes) = (Mutex::new(goes_on), Arc::new(AtomicU64::new(0)));
    let counted = Arc::clone(&pushes);
    between.does(move |asked, way| {
        let is_long = asked.path() == sync_path::PUSH && asked.body.len() > 600_000;
        if is_long && counted.fetch_add(1, Ordering::Relaxed) == 0 {
            passes.send(()).expect("somebody waits");
            goes_on.lock().expect("one").recv().expect("it goes on");
        }
        way.pass(asked)
    });
    let client = &laptop.client;
    std::thread::scope(|scope| {
        scope.spawn(move || {
            passing.recv().expect("it passes");
            // By now the second is sealed.
            std::thread::sleep(Duration::from_secs(1));
            client.diary_delete(second).expect("deletes");
            deleted.send(()).expect("it waits");
        });
        client.sync_now().expect("syncs");
    });
    assert_eq!(pushes.load(Ordering::Relaxed), 2, "the first and the third");
    let (_profile, phone) = further(&server, by_passphrase(PASSPHRASE), "Telefoon").expect("logs in");
    told(&phone);
    synced(&phone);
    assert_eq!(life(&phone), life(&laptop.client));
}

#[test]
fn a_disk_that_is_full_takes_nothing_in_and_all_of_it_once_there_is_room() {
    let mut server = server();
    let (laptop, phone) = two(&mut server);
    write(&laptop.client, MANY, "Van de laptop");
    synced(&laptop.client);
    let mount = tempfile::tempdir().expect("a folder");
    let script = format!(
        "set -e; mount -t tmpfs -o size=16m tmpfs \"$DISK\"; cp -r '{}/.' \"$DISK\"; \
         exec \"$STORY\" sync-without-room \"$DISK\"",
        phone.folder().display()
    );
    let mut command = Command::new("unshare");
    command
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", &script])
        .env("DISK", mount.path())
        .env("STORY", env!("CARGO_BIN_EXE_regie-story"));
    let lines = Story::begin(&server, command).rest();
    let all = MANY + 1;
    let expected = [
        "there: 1".to_owned(),
        "Err(Vault(DiskFull))".to_owned(),
        "there: 1".to_owned(),
        "with room: Ok(UpToDate)".to_owned(),
        format!("there: {all}"),
    ];
    assert_eq!(lines, expected);
}

/// The server in a process of its own, on what a server in this process left behind.
fn begin_process(server: &Running) -> Child {
    let child = Command::new(env!("CARGO_BIN_EXE_regie-server-story"))
        .arg("--data")
        .arg(server.data())
        .env("REGIE__SERVER__LISTEN", server.listens())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts");
    let began = Instant::now();
    while TcpStream::connect(server.listens()).is_err() {
        assert!(began.elapsed() < Duration::from_secs(20), "it does not listen");
        std::thread::sleep(Duration::from_millis(10));
    }
    child
}

#[test]
fn a_server_that_is_killed_at_any_moment_has_all_that_it_acknowledged() {
    let between = Between::open();
    let mut server = Running::begin_behind(&between, 1);
    let (laptop, phone) = two(&mut server);
    let client = &laptop.client;
    server.stop();
    let mut acknowledged = 0;
    let mut written = 0;
    for crash in 0..crashes(12) {
        let mut child = begin_process(&server);
        let dies = Duration::from_millis(30 + crash * 7919 % 400);
        let began = Instant::now();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(dies);
                child.kill().expect("kills");
                child.wait().expect("ends");
            });
            while began.elapsed() < dies {
                client
                    .diary_save(draft(&format!("Stuk {written}.")))
                    .expect("saves");
                written += 1;
                let view = client.sync_now().expect("a view");
                match view.state {
                    SyncState::UpToDate if view.waiting == 0 => acknowledged = written,
                    SyncState::Waiting { .. } | SyncState::Sending | SyncState::UpToDate => {}
                    state => panic!("a server that was killed is no liar: {state:?}"),
                }
            }
        });
        // A device that reads what is there finds all that was acknowledged.
        let mut child = begin_process(&server);
        let reader = Profile::default();
        copy_all(&phone.folder(), &reader.folder());
        let reader = reopen(&server, &reader, PASSPHRASE);
        synced(&reader);
        let there = counted(&reader);
        for number in 0..acknowledged {
            assert_eq!(
                there.get(&format!("Stuk {number}.")),
                Some(&1),
                "of {acknowledged}"
            );
        }
        drop(reader);
        child.kill().expect("kills");
        child.wait().expect("ends");
    }
    assert!(
        acknowledged > 0,
        "it was always killed before it acknowledged anything"
    );
    server.start_again();
    synced(client);
    let phone = reopen(&server, &phone, PASSPHRASE);
    synced(&phone);
    assert_eq!(life(&phone), life(client));
    assert_eq!(counted(client).len(), usize::try_from(written).expect("few") + 1);
}

#[test]
fn clocks_that_are_wrong_by_years_decide_nothing_and_delay_nothing() {
    let mut server = server();
    let (laptop, profile) = two(&mut server);
    let phone = reopen(&server, &profile, PASSPHRASE);
    profile.clock.pass(TimeDelta::days(-4000));
    laptop.profile.clock.pass(TimeDelta::days(3000));
    let id = life(&laptop.client).swap_remove(0).text().0;
    // Who read the other's words and wrote after them wrote last, whatever the clocks say.
    edit_of(&laptop.client, id, "Eerst op de laptop.");
    synced(&laptop.client);
    synced(&phone);
    let text = |client: &Client| client.diary_entry(id).expect("an entry").markdown;
    assert_eq!(text(&phone), "Eerst op de laptop.");
    edit_of(&phone, id, "Daarna op de telefoon.");
    synced(&phone);
    synced(&laptop.client);
    assert_eq!(text(&laptop.client), "Daarna op de telefoon.");
    edit_of(&laptop.client, id, "En weer op de laptop.");
    synced(&laptop.client);
    synced(&phone);
    assert_eq!(text(&phone), "En weer op de laptop.");

    // A deletion of years ago, by a clock, holds all the same, and an edit that had not seen it outlives it.
    let second = laptop.client.diary_save(draft("Een tweede.")).expect("saves").id;
    let third = laptop.client.diary_save(draft("Een derde.")).expect("saves").id;
    synced(&laptop.client);
    synced(&phone);
    for id in [second, third] {
        phone.diary_delete(id).expect("deletes");
    }
    // Locking makes them final.
    phone.lock().expect("locks");
    phone.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
    edit_of(&laptop.client, third, "Een derde, en hier bewerkt.");
    synced(&phone);
    synced(&laptop.client);
    synced(&phone);
    assert_eq!(life(&phone), life(&laptop.client));
    let texts = counted(&phone);
    assert!(!texts.contains_key("Een tweede.") && texts.contains_key("Een derde, en hier bewerkt."));

    // A clock that is put right, back by ten years, makes nothing wait.
    laptop.profile.clock.pass(TimeDelta::days(-3000));
    profile.clock.pass(TimeDelta::days(4000));
    phone.diary_save(draft("Met goede klokken.")).expect("saves");
    synced(&phone);
    synced(&laptop.client);
    assert_eq!(life(&phone), life(&laptop.client));
}

fn edit_of(client: &Client, id: uuid::Uuid, markdown: &str) {
    client
        .diary_save(EntryDraft {
            id: Some(id),
            ..draft(markdown)
        })
        .expect("saves");
}

/// A laptop and a phone behind somebody who sees what is asked, and cuts the line where a new passphrase is.
struct Watched {
    laptop: Member,
    _profile: Profile,
    phone: Client,
    _server: Running,
    between: Between,
    /// Paths of what was asked, and whether an epoch went with a new passphrase.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Watched {
    fn begin() -> Self {
        let between = Between::open();
        let mut server = Running::begin_behind(&between, 2);
        let (laptop, profile) = two(&mut server);
        let phone = reopen(&server, &profile, PASSPHRASE);
        synced(&phone);
        let asked = Arc::new(Mutex::new(Vec::new()));
        Self {
            laptop,
            _profile: profile,
            phone,
            _server: server,
            between,
            asked,
        }
    }

    /// Loses the request for a new passphrase, or the answer to it, and whatever comes after.
    fn cuts(&self, after: bool) {
        let cut = AtomicBool::new(false);
        self.between.does(move |asked, way| {
            if cut.load(Ordering::Relaxed) {
                return None;
            }
            if asked.path() == path::PASSPHRASE {
                cut.store(true, Ordering::Relaxed);
                let _lost = after.then(|| way.pass(asked));
                return None;
            }
            way.pass(asked)
        });
    }

    fn all_new(&self) -> Result<String, ClientError> {
        let made = self
            .laptop
            .client
            .replace_all_keys(&passphrase(PASSPHRASE), &passphrase(NEW))?;
        Ok(made.code.groups.join("-"))
    }

    /// Everybody takes part by the new passphrase, and nothing of what was written is missing.
    fn ends(&self, epoch: u32) {
        let laptop = &self.laptop.client;
        write(laptop, 1, "Erna op de laptop");
        synced(laptop);
        write(&self.phone, 1, "Erna op de telefoon");
        synced(&self.phone);
        assert!(told(&self.phone).needs_new_passphrase);
        self.phone
            .catch_up(&passphrase(PASSPHRASE), Some(&passphrase(NEW)), None)
            .expect("catches up");
        synced(&self.phone);
        synced(laptop);
        assert_eq!(counted(laptop), counted(&self.phone));
        assert!(counted(laptop).values().all(|times| *times == 1));
        for client in [laptop, &self.phone] {
            let view = told(client);
            assert_eq!((view.epoch, view.needs_new_passphrase), (epoch, false));
        }
    }
}

#[test]
fn what_somebody_knew_ends_in_one_request_with_its_epoch_where_records_are_synced() {
    let watched = Watched::begin();
    write(&watched.laptop.client, 3, "Onderweg");
    let asked = Arc::clone(&watched.asked);
    watched.between.does(move |said, way| {
        let text = String::from_utf8_lossy(&said.body);
        let with_epoch = text.contains("\"statement\"");
        let line = format!("{} {with_epoch}", said.path());
        asked.lock().expect("a list").push(line);
        way.pass(said)
    });
    watched.all_new().expect("replaces");
    let asked = watched.asked.lock().expect("a list").clone();
    let changes = |place: &str| {
        let of = asked.iter().filter(|line| line.starts_with(&format!("{place} ")));
        of.map(|line| line.ends_with("true")).collect::<Vec<_>>()
    };
    assert_eq!(changes(path::PASSPHRASE), [true], "{asked:?}");
    assert_eq!(changes(path::SIGN_OUT), Vec::<bool>::new());
    watched.between.is_honest();
    watched.ends(2);
}

#[test]
fn where_no_answer_comes_it_is_said_and_done_once_more_it_is_whole_also_after_a_start() {
    for starts_anew in [false, true] {
        let watched = Watched::begin();
        watched.cuts(true);
        let unsure = ClientError::Account(AccountError::Unsure);
        assert_eq!(watched.all_new(), Err(unsure));
        // The vault opens as before, and writing goes on.
        write(&watched.laptop.client, 2, "Intussen");
        if starts_anew {
            watched.laptop.client.lock().expect("locks");
            let opened = watched.laptop.client.unlock(&passphrase(PASSPHRASE));
            assert_eq!(opened, Ok(Stage::Open));
        }
        watched.between.is_honest();
        // Syncing goes on by the chain alone: nobody waits for the person.
        write(&watched.phone, 1, "Op de telefoon");
        synced(&watched.phone);
        synced(&watched.laptop.client);
        assert_eq!(told(&watched.laptop.client).epoch, 2);
        assert!(told(&watched.laptop.client).needs_new_passphrase);
        let code = watched.all_new().expect("once more");
        watched.ends(3);
        assert_eq!(watched.laptop.client.check_recovery_code(&code), Ok(()));
        assert_eq!(watched.phone.check_recovery_code(&code), Ok(()));
    }
}

#[test]
fn where_the_request_is_lost_it_is_given_up_and_what_was_written_goes_out() {
    let watched = Watched::begin();
    watched.cuts(false);
    let unsure = ClientError::Account(AccountError::Unsure);
    assert_eq!(watched.all_new(), Err(unsure));
    write(&watched.laptop.client, 2, "Intussen");
    watched.between.is_honest();
    synced(&watched.laptop.client);
    synced(&watched.phone);
    assert_eq!(counted(&watched.laptop.client), counted(&watched.phone));
    let view = told(&watched.laptop.client);
    assert_eq!((view.epoch, view.needs_new_passphrase), (1, false));
    watched.all_new().expect("once more");
    watched.ends(2);
}

#[test]
fn where_syncing_stands_still_what_somebody_knew_ends_all_the_same_and_the_epoch_follows() {
    let watched = Watched::begin();
    let laptop = &watched.laptop.client;
    laptop.sync_decide(SyncDecision::CodesDiffer).expect("says so");
    watched.all_new().expect("replaces");
    assert_eq!(told(laptop).epoch, 1);
    laptop.sync_decide(SyncDecision::TryAgain).expect("decides");
    synced(laptop);
    watched.ends(2);
}

#[test]
fn every_request_of_a_sync_stands_in_the_list() {
    let between = Between::open();
    let mut server = Running::begin_behind(&between, 1);
    let laptop = join(&mut server);
    synced(&laptop.client);
    let asked = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&asked);
    between.does(move |request, way| {
        counted.fetch_add(1, Ordering::Relaxed);
        way.pass(request)
    });
    let noted_in_a_sync = |client: &Client| {
        let listed = || client.requests().expect("a list").len();
        let (before, asked_before) = (listed(), asked.load(Ordering::Relaxed));
        synced(client);
        let asked = asked.load(Ordering::Relaxed) - asked_before;
        assert_eq!(u64::try_from(listed() - before).expect("few"), asked);
        asked
    };
    // One fills a push: the next is sealed while it is on its way, and the vault is held when the answer comes.
    write_long(&laptop.client, 4, 700_000, "Lang");
    assert!(noted_in_a_sync(&laptop.client) > 4);
    let (_profile, phone) = further(&server, by_passphrase(PASSPHRASE), "Telefoon").expect("logs in");
    told(&phone);
    // Pages are asked for while others are kept.
    assert!(noted_in_a_sync(&phone) > 4);
}
