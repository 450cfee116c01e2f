//! News of a server, also of two instances on one PostgreSQL: one in this process, one as a process of its own.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};

use regie_client::{
    AccountView, ClientError, InTouch, JoinBegin, JoinForm, JoinedView, LogInBy, LogInForm, RequestPurpose,
    SignOut,
};
use regie_protocol::{Language, account::path};
use regie_tests::server::{Engine, Mail, Running};
use regie_tests::{KEEP, PASSPHRASE, Profile, begin, passphrase};
use rustix::process::Signal;
use serde_json::json;

use super::{Child, Duration, Instant, Stdio, client, fs, program};

const NOOR: &str = "noor@thuis.example";
const SAM: &str = "sam@thuis.example";
const NEW: &str = "zeven lantaarns dansen buiten";
/// Waits for what comes from elsewhere.
const SOON: Duration = Duration::from_secs(20);
/// By then every notice was mailed.
const NOTICED: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(100);
/// Longer than a request may take there.
const LONGER: Duration = Duration::from_secs(7);

/// A process on the same database, keys, ledger and configuration.
struct Other {
    child: Child,
    address: String,
}

impl Other {
    /// Begins one, and puts its address into the deployment beside the first.
    fn beside(server: &mut Running) -> Self {
        let port = {
            let free = TcpListener::bind("127.0.0.1:0").expect("a port");
            free.local_addr().expect("an address").port()
        };
        let address = format!("http://127.0.0.1:{port}");
        name_in_deployment(server, &address);
        let child = program(server.folder.path())
            .env("REGIE__SERVER__LISTEN", format!("127.0.0.1:{port}"))
            // A stream is not bound by the time for a request.
            .env("REGIE__LIMITS__REQUEST_SECONDS", "5")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("starts");
        let other = Self { child, address };
        let began = Instant::now();
        while !client()
            .get(format!("{}/ready", other.address))
            .send()
            .is_ok_and(|answer| answer.status().is_success())
        {
            assert!(began.elapsed() < SOON, "it is not ready");
            std::thread::sleep(LOOK);
        }
        other
    }

    /// Ends it as a power cut does.
    fn kill(&mut self) {
        let id = i32::try_from(self.child.id()).expect("an id");
        let process = rustix::process::Pid::from_raw(id).expect("a process");
        rustix::process::kill_process(process, Signal::KILL).expect("kills");
        self.child.wait().expect("ends");
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The root signs the deployment anew, with one more address.
fn name_in_deployment(server: &mut Running, address: &str) {
    let folder = server.folder.path();
    let (description, signed) = (folder.join("deployment.toml"), folder.join("both.signed"));
    let text = fs::read_to_string(&description).expect("a description");
    let both = format!("addresses = [\"{}\", \"{address}\"]", server.address);
    let text = text.replace(&format!("addresses = [\"{}\"]", server.address), &both);
    assert!(text.contains(address));
    fs::write(&description, text).expect("writes");
    let line = format!(
        "sign-deployment {} --out {}",
        description.display(),
        signed.display()
    );
    server.operator(&line);
    server.stop();
    let _ = server.admin(&format!("deployment install {}", signed.display()));
    server.start_again();
}

/// Somebody with an account, on a first or a further device.
struct Member {
    client: regie_client::Client,
    _profile: Profile,
}

impl Member {
    fn on(server: &Running) -> Self {
        let profile = Profile::default();
        Self {
            client: profile.start().with_roots(&[server.root]),
            _profile: profile,
        }
    }

    /// Joins by one instance, and speaks with it from then on.
    fn join(server: &mut Running, address: &str, email: &str) -> Self {
        let invitation = server.code();
        let member = Self::on(server);
        let client = &member.client;
        begin(client, &[KEEP]);
        let code = client.recovery_code().expect("a code").groups.join("-");
        client
            .look_at_server(address, Some(&invitation))
            .expect("a server");
        let begun = JoinBegin {
            email: email.into(),
            passphrase: passphrase(PASSPHRASE),
        };
        client.begin_joining(&begun, Language::Nl).expect("begins");
        let mail = server.mail_to(email, |mail| Mail::code(mail).is_some());
        let form = JoinForm {
            mail_code: mail.code().expect("a code"),
            name: "Iemand".into(),
            phone: None,
            recovery_code: code,
            terms_version: 1,
            adult: true,
            copy: true,
            device_name: "Laptop".into(),
        };
        client.join(&form).expect("joins");
        member
    }

    /// A further device, by one instance.
    fn further(server: &Running, address: &str, email: &str, name: &str) -> Result<Self, ClientError> {
        let member = Self::on(server);
        member.client.look_at_server(address, None)?;
        member.client.log_in_on_new_device(&LogInForm {
            email: email.into(),
            by: LogInBy::Passphrase(passphrase(PASSPHRASE)),
            factor: None,
            device_name: name.into(),
            consents: vec![KEEP.into()],
        })?;
        Ok(member)
    }

    fn joined(&self) -> JoinedView {
        self.client.account().expect("a view").joined.expect("an account")
    }

    fn told(&self) -> JoinedView {
        self.client
            .contact()
            .expect("an answer")
            .joined
            .expect("an account")
    }

    /// What the account's log says was done, oldest first.
    fn done(&self) -> Vec<String> {
        let (mut done, mut after) = (Vec::new(), 0);
        loop {
            let page = self.client.account_log(after).expect("a log");
            let Some(last) = page.last() else {
                return done;
            };
            after = last.number;
            done.extend(page.into_iter().map(|line| line.what));
        }
    }
}

/// Goes on being in touch until something is so.
fn until(
    touch: &mut InTouch,
    member: &Member,
    what: &str,
    is_so: impl Fn(&InTouch, &Member) -> bool,
) -> Duration {
    let began = Instant::now();
    while !is_so(touch, member) {
        touch.step(&member.client, LOOK);
        assert!(began.elapsed() < SOON, "{what}");
    }
    began.elapsed()
}

/// Goes on for a while, so that what was told before is done with.
fn settle(touch: &mut InTouch, member: &Member) {
    until(touch, member, "a stream", |touch, _| touch.is_live());
    let began = Instant::now();
    while began.elapsed() < LONGER {
        touch.step(&member.client, LOOK);
    }
    assert!(touch.is_live(), "a stream outlasts the time for a request");
}

#[test]
fn what_is_done_on_one_instance_is_heard_on_the_other_at_once_and_a_sign_out_ends_its_stream() {
    let mut server = Running::begin_on(Engine::Postgres, 1);
    let other = Other::beside(&mut server);
    let here = server.address.clone();
    let laptop = Member::join(&mut server, &here, NOOR);
    let phone = Member::further(&server, &other.address, NOOR, "Telefoon").expect("logs in");
    let mut touch = InTouch::default();
    settle(&mut touch, &phone);
    assert!(!phone.joined().needs_new_passphrase);

    laptop
        .client
        .change_passphrase_with_factor(&passphrase(PASSPHRASE), &passphrase(NEW), None)
        .expect("changes");
    let took = until(&mut touch, &phone, "news", |_, phone| {
        phone.joined().needs_new_passphrase
    });
    assert!(took < Duration::from_secs(5), "{took:?}");

    let devices = laptop.client.devices().expect("devices");
    let id = devices
        .iter()
        .find(|one| !one.this_one)
        .expect("a phone")
        .id
        .clone();
    laptop
        .client
        .sign_out(&SignOut::One(id), false)
        .expect("signs out");
    let took = until(&mut touch, &phone, "the end", |touch, phone| {
        phone.joined().signed_out && !touch.is_live()
    });
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert!(phone.client.is_open(), "a server's word wipes nothing");
    let requests = phone.client.requests().expect("a list");
    let streams = requests.iter().filter(|row| row.purpose == RequestPurpose::Live);
    assert!((1..=3).contains(&streams.count()), "one row for each stream");

    // Half a minute after what they tell of, notices are due, and both instances look for them each second.
    let began = Instant::now();
    while subjects(&server).len() < 4 {
        assert!(began.elapsed() < NOTICED, "{:?}", subjects(&server));
        std::thread::sleep(LOOK);
    }
    std::thread::sleep(Duration::from_secs(3));
    let subjects = subjects(&server);
    assert!(subjects.values().all(|count| *count == 1), "{subjects:?}");
}

/// What was mailed, and how often each.
fn subjects(server: &Running) -> BTreeMap<String, usize> {
    let mut subjects = BTreeMap::new();
    for mail in server.mails_to(NOOR) {
        *subjects.entry(mail.subject).or_insert(0) += 1;
    }
    subjects
}

/// Goes on until whoever is told to look sees that something is so.
fn shown(touch: &mut InTouch, member: &Member, what: &str, is_so: impl Fn(&AccountView) -> bool) {
    let began = Instant::now();
    while !(touch.step(&member.client, LOOK) && is_so(&member.client.account().expect("a view"))) {
        assert!(began.elapsed() < SOON, "{what}");
    }
}

#[test]
fn a_server_that_goes_and_comes_back_is_lost_and_found_and_what_changed_is_heard() {
    let mut server = Running::begin_on(Engine::Sqlite, 1);
    let here = server.address.clone();
    let laptop = Member::join(&mut server, &here, NOOR);
    let phone = Member::further(&server, &here, NOOR, "Telefoon").expect("logs in");
    let mut touch = InTouch::default();
    until(&mut touch, &phone, "a stream", |touch, _| touch.is_live());

    let began = Instant::now();
    server.stop();
    assert!(began.elapsed() < Duration::from_secs(5), "no stream holds it up");
    shown(&mut touch, &phone, "lost", |view| view.offline);
    assert!(!touch.is_live());

    server.start_again();
    laptop
        .client
        .change_passphrase_with_factor(&passphrase(PASSPHRASE), &passphrase(NEW), None)
        .expect("changes");
    shown(&mut touch, &phone, "found", |view| {
        let joined = view.joined.as_ref();
        !view.offline && joined.is_some_and(|joined| joined.needs_new_passphrase)
    });

    until(&mut touch, &phone, "a stream", |touch, _| touch.is_live());
    phone.client.lock().expect("locks");
    assert!(
        !touch.step(&phone.client, LOOK) && !touch.is_live(),
        "a locked app listens to nobody"
    );
}

#[test]
fn tries_are_counted_on_all_instances_alike() {
    let mut server = Running::begin_on(Engine::Postgres, 1);
    let other = Other::beside(&mut server);
    let begin = |address: &str| {
        let request = client()
            .post(format!("{address}{}", path::CODE_LOGIN_BEGIN))
            .json(&json!({ "email": NOOR }));
        request.send().expect("an answer").status().as_u16()
    };
    let addresses = [&server.address, &other.address];
    let tried: Vec<u16> = addresses
        .into_iter()
        .cycle()
        .take(12)
        .map(|address| begin(address))
        .collect();
    assert_eq!(tried, [[200; 10].as_slice(), &[429; 2]].concat());
}

#[test]
fn an_instance_that_is_killed_under_load_loses_nothing_acknowledged_and_everybody_goes_on() {
    let mut server = Running::begin_on(Engine::Postgres, 2);
    let mut other = Other::beside(&mut server);
    // All speak with the instance that will be killed.
    let there = other.address.clone();
    let noor = Member::join(&mut server, &there, NOOR);
    let sam = Member::join(&mut server, &there, SAM);
    let dead = AtomicBool::new(false);
    let (choices, devices) = std::thread::scope(|scope| {
        let choosing = scope.spawn(|| choose_until(&noor, &dead));
        let adding = scope.spawn(|| add_until(&server, &there, &dead));
        std::thread::sleep(Duration::from_secs(4));
        other.kill();
        dead.store(true, Ordering::SeqCst);
        (choosing.join().expect("choices"), adding.join().expect("devices"))
    });
    let done = noor.done();
    for (what, wanted) in [("copy.wanted", true), ("copy.withdrawn", false)] {
        let acknowledged = choices.iter().filter(|one| **one == wanted).count();
        let stand = done.iter().filter(|one| *one == what).count();
        assert!(stand >= acknowledged, "{what}: {stand} of {acknowledged}");
    }
    let last = *choices.last().expect("a choice");
    assert_eq!(noor.told().copy_since.is_some(), last);
    let listed = sam.client.devices().expect("devices");
    for (name, device) in &devices {
        assert!(listed.iter().any(|one| one.name == *name), "{name} is gone");
        assert!(!device.told().signed_out, "{name} is refused");
    }
}

/// Wants a copy and does not want it, in turn; what was acknowledged, until three choices after the end of an instance.
fn choose_until(member: &Member, dead: &AtomicBool) -> Vec<bool> {
    let (mut acknowledged, mut after, mut wanted) = (Vec::new(), 0, false);
    while after < 3 {
        let was_dead = dead.load(Ordering::SeqCst);
        let view = member.client.want_copy(wanted).expect("enters");
        if !view.joined.expect("an account").change_waits {
            acknowledged.push(wanted);
            after += u32::from(was_dead);
        }
        wanted = !wanted;
    }
    acknowledged
}

/// Adds devices; those that were acknowledged, until two after the end of an instance.
fn add_until(server: &Running, address: &str, dead: &AtomicBool) -> Vec<(String, Member)> {
    let (mut acknowledged, mut after) = (Vec::new(), 0);
    for number in 0.. {
        let was_dead = dead.load(Ordering::SeqCst);
        let (name, at) = (
            format!("Apparaat {number}"),
            if was_dead {
                server.address.as_str()
            } else {
                address
            },
        );
        // A login that was under way when the instance ended may be lost; then nobody was told that it was done.
        if let Ok(device) = Member::further(server, at, SAM, &name) {
            acknowledged.push((name, device));
            after += u32::from(was_dead);
        }
        if after == 2 {
            break;
        }
        assert!(number < 60, "nobody goes on");
    }
    acknowledged
}

#[test]
fn a_server_that_pokes_without_end_is_asked_every_two_seconds_and_no_more_often() {
    let mut server = Running::begin_on(Engine::Sqlite, 1);
    let here = server.address.clone();
    let laptop = Member::join(&mut server, &here, NOOR);
    let phone = Member::further(&server, &here, NOOR, "Telefoon").expect("logs in");
    let mut touch = InTouch::default();
    until(&mut touch, &phone, "a stream", |touch, _| touch.is_live());
    let id = laptop.client.devices().expect("devices")[0].id.clone();
    // One look at the devices belongs to each time that it asks.
    let asked = || {
        let requests = phone.client.requests().expect("a list");
        requests
            .iter()
            .filter(|row| row.purpose == RequestPurpose::Devices)
            .count()
    };
    let (before, began, done) = (asked(), Instant::now(), AtomicBool::new(false));
    let pokes = std::thread::scope(|scope| {
        let poking = scope.spawn(|| {
            let mut pokes = 0;
            while !done.load(Ordering::Relaxed) {
                let name = format!("Telefoon {pokes}");
                laptop.client.rename_device(&id, &name).expect("renames");
                pokes += 1;
            }
            pokes
        });
        while began.elapsed() < Duration::from_secs(9) {
            touch.step(&phone.client, LOOK);
        }
        done.store(true, Ordering::Relaxed);
        poking.join().expect("it ran")
    });
    let (times, seconds) = (asked() - before, began.elapsed().as_secs());
    let most = usize::try_from(seconds).expect("few") / 2 + 1;
    assert!(pokes > 3 * most, "{pokes} pokes in {seconds} s are not many");
    assert!((3..=most).contains(&times), "{times} times in {seconds} s");
}
