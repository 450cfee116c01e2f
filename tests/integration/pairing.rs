//! A new device comes to an account by one that is there: over real HTTP, with a server that may do what it likes.

use std::thread;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use regie_client::{
    AccountError, Client, ClientError, PairEnd, PairForm, PairOffer, PairState, Passphrase, RequestPurpose,
    RequestView, SignOut, Stage,
};
use regie_tests::server::{Engine, Running};
use regie_tests::{KEEP, PASSPHRASE, Profile, draft, passphrase};

use crate::account::{EMAIL, NEW, WRITTEN, by_passphrase, further, join, joined, reopen, start, told};
use crate::account_recovery::Factor;

/// As a person does who says yes to the device that is shown.
trait LetIn {
    fn let_in(&self, words: &Passphrase, factor: Option<&str>) -> Result<(), ClientError>;
}

impl LetIn for Client {
    fn let_in(&self, words: &Passphrase, factor: Option<&str>) -> Result<(), ClientError> {
        let shown = self.pair_newcomer().ok_or(ClientError::NotNow)?;
        self.pair_finish(&shown, words, factor)
    }
}

#[test]
fn a_yes_is_for_the_device_that_was_shown_and_for_no_other() {
    drop(Profile::default().begin());
    let mut server = Running::begin();
    let first = join(&mut server).client;
    let (_profile, second) = newcomer(&server);
    agreed(&first, &second);
    let shown = first.pair_newcomer().expect("a new device");
    first.pair_stop();
    let (_other, third) = newcomer(&server);
    agreed(&first, &third);
    let finished = first.pair_finish(&shown, &passphrase(PASSPHRASE), None);
    assert_eq!(finished, Err(ClientError::NotNow));
    assert_eq!(names(&first), ["Laptop"]);
    assert_eq!(first.let_in(&passphrase(PASSPHRASE), None), Ok(()));
    wait_for(&third, |state| *state == PairState::Done);
    assert_eq!(ended(&second), PairEnd::Stopped);
}

/// A device with a vault of its own, whose person looked at the server.
fn newcomer(server: &Running) -> (Profile, Client) {
    let profile = Profile::default();
    let client = start(server, &profile);
    client
        .create_vault(&passphrase(NEW), &[KEEP.into()])
        .expect("a vault");
    assert_eq!(client.finish_first_run(), Ok(Stage::Open));
    client.look_at_server(&server.address, None).expect("a server");
    (profile, client)
}

fn offer(client: &Client) -> PairOffer {
    let form = PairForm {
        device_name: "Telefoon".into(),
    };
    client.pair_offer(&form).expect("a code")
}

fn state(client: &Client) -> PairState {
    client.pair_state().expect("a state")
}

/// Waits, as a screen does, until the pairing stands where it should.
fn wait_for(client: &Client, passes: impl Fn(&PairState) -> bool) -> PairState {
    let began = Instant::now();
    loop {
        let now = state(client);
        if passes(&now) {
            return now;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{now:?}");
        thread::sleep(Duration::from_millis(50));
    }
}

fn ended(client: &Client) -> PairEnd {
    match wait_for(client, |state| matches!(state, PairState::Ended { .. })) {
        PairState::Ended { why } => why,
        other => panic!("{other:?}"),
    }
}

/// Looks at both in turns, as two screens do, until both show digits; gives each one's.
fn digits(first: &Client, second: &Client) -> (String, String) {
    let began = Instant::now();
    loop {
        let (one, other) = (state(first), state(second));
        if let (PairState::Compare { digits: one }, PairState::Compare { digits: other }) = (&one, &other) {
            return (one.clone(), other.clone());
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{one:?} {other:?}");
        thread::sleep(Duration::from_millis(50));
    }
}

/// Both until the digits are shown; gives the code.
fn compared(first: &Client, second: &Client) -> String {
    let code = offer(second).code;
    first.pair_enter(&code).expect("enters");
    assert!(matches!(state(second), PairState::Waiting { .. }));
    let (one, other) = digits(first, second);
    assert_eq!(one, other);
    assert!(one.len() == 6 && one.bytes().all(|digit| digit.is_ascii_digit()));
    code
}

/// Both until the passphrase is asked.
fn agreed(first: &Client, second: &Client) {
    compared(first, second);
    second.pair_compare(true).expect("says yes");
    first.pair_compare(true).expect("says yes");
    wait_for(first, |state| *state == PairState::Passphrase);
}

fn names(client: &Client) -> Vec<String> {
    let devices = client.devices().expect("devices");
    assert!(devices.iter().all(|device| device.checked));
    let mut names: Vec<_> = devices.into_iter().map(|device| device.name).collect();
    names.sort_unstable();
    names
}

/// The database of a server that its operator opened.
fn database(server: &Running) -> rusqlite::Connection {
    rusqlite::Connection::open(server.data().join("regie.db")).expect("a database")
}

/// Those that go on, or hold anything that was said.
fn mailboxes(server: &Running) -> i64 {
    database(server)
        .query_row(
            "SELECT COUNT(*) FROM pairing WHERE ended IS NULL OR length(message) > 0",
            [],
            |row| row.get(0),
        )
        .expect("a number")
}

fn a_second_device_comes_on(engine: Engine) {
    drop(Profile::default().begin());
    let mut server = Running::begin_on(engine, 1);
    let first = join(&mut server);
    let (profile, second) = newcomer(&server);
    let offered = offer(&second);
    let groups: Vec<usize> = offered.code.split('-').map(str::len).collect();
    assert_eq!(groups, [4, 4, 4], "{}", offered.code);
    assert!(offered.qr_svg.contains("<svg") && !offered.ends_at.is_empty());
    assert_eq!(
        state(&second),
        PairState::Waiting {
            ends_at: offered.ends_at
        }
    );

    let client = &first.client;
    let typed = offered.code.to_lowercase().replace('-', " ");
    client.pair_enter(&typed).expect("enters");
    let (shown, there) = digits(client, &second);
    assert_eq!(shown, there);
    client.pair_compare(true).expect("says yes");
    assert_eq!(state(client), PairState::Agreed);
    let early = client.let_in(&passphrase(PASSPHRASE), None);
    assert_eq!(early, Err(ClientError::NotNow), "the other side said nothing yet");
    second.pair_compare(true).expect("says yes");
    assert_eq!(state(&second), PairState::Agreed);
    wait_for(client, |state| *state == PairState::Passphrase);
    let newcomer = client.pair_newcomer().expect("a new device");
    assert_eq!((newcomer.name.as_str(), newcomer.digits), ("Telefoon", shown));
    let wrong = client.let_in(&passphrase(NEW), None);
    assert_eq!(wrong, Err(ClientError::WrongPassphrase { wait_seconds: 0 }));
    assert_eq!(names(client), ["Laptop"], "nobody came in yet");
    assert!(second.account().expect("a view").joined.is_none());
    let mails = server.mails_to(EMAIL).len();
    client.let_in(&passphrase(PASSPHRASE), None).expect("lets it in");
    assert_eq!(
        state(client),
        PairState::Arriving,
        "it was let in, and is not in yet"
    );
    wait_for(&second, |state| *state == PairState::Done);
    wait_for(client, |state| *state == PairState::Done);
    // A notice stands in the line before the change, and waits until the change was surely made.
    server.go_ahead(31);
    let _ = server.mail_to(EMAIL, |mail| mail.subject.contains("apparaat"));
    assert_eq!(server.mails_to(EMAIL).len(), mails + 1);
    if engine == Engine::Sqlite {
        assert_eq!(mailboxes(&server), 0, "nothing of it is left");
    }

    let view = joined(&second);
    assert_eq!(
        (view.email.as_str(), view.name.as_str()),
        (EMAIL, "Noor Waterman")
    );
    for client in [client, &second] {
        assert_eq!(names(client), ["Laptop", "Telefoon"]);
        let requests = client.requests().expect("a list");
        assert!(
            requests
                .iter()
                .any(|request| request.purpose == RequestPurpose::Pair)
        );
    }
    let log = second.account_log(0).expect("it signs its requests");
    assert_eq!(log.iter().filter(|line| line.what == "device.added").count(), 1);
    second
        .diary_save(draft(WRITTEN))
        .expect("what was allowed in its vault is allowed");

    // The vault keeps its passphrase until a login proves the account's here; then it is the account's, and so is the code on paper.
    assert!(view.needs_new_passphrase);
    drop(second);
    let second = reopen(&server, &profile, NEW);
    let refused = second.catch_up(&passphrase(NEW), None, None);
    assert_eq!(refused.err(), Some(AccountError::LoginFailed.into()));
    let view = second.catch_up(&passphrase(NEW), Some(&passphrase(PASSPHRASE)), None);
    assert!(
        !view
            .expect("catches up")
            .joined
            .expect("an account")
            .needs_new_passphrase
    );
    drop(second);
    let second = reopen(&server, &profile, PASSPHRASE);
    drop(second);
    let second = start(&server, &profile);
    let opened = second.unlock_with_recovery_code(&first.code, &passphrase(PASSPHRASE));
    assert_eq!(opened, Ok(Stage::Open));
    drop(second);

    let second = reopen(&server, &profile, PASSPHRASE);
    let devices = client.devices().expect("devices");
    let id = devices
        .iter()
        .find(|device| device.name == "Telefoon")
        .expect("it")
        .id
        .clone();
    client.sign_out(&SignOut::One(id), true).expect("signs out");
    assert_eq!(told(client).epoch, 2);
    assert_eq!(second.contact().err(), Some(AccountError::SignedOut.into()));
}

#[test]
fn a_second_device_comes_by_one_that_is_there_and_each_knows_the_other() {
    a_second_device_comes_on(Engine::Sqlite);
}

#[test]
fn a_second_device_comes_by_one_that_is_there_on_postgresql_too() {
    a_second_device_comes_on(Engine::Postgres);
}

#[test]
fn a_code_is_tried_once_and_by_nobody_else() {
    drop(Profile::default().begin());
    let mut server = Running::begin();
    let first = join(&mut server).client;
    let (_profile, second) = newcomer(&server);
    let trouble = |code: &str| first.pair_enter(code).err();
    for mistyped in ["", "4821", "4821-K7QF-9M2", "4821-K7QF-9M2U"] {
        assert_eq!(trouble(mistyped), Some(AccountError::MistypedPairing.into()));
    }
    assert_eq!(
        trouble("999999-0000-0000"),
        Some(AccountError::PairingUnknown.into())
    );

    let code = offer(&second).code;
    let last = if code.ends_with('7') { '8' } else { '7' };
    let wrong = format!("{}{last}", &code[..code.len() - 1]);
    first.pair_enter(&wrong).expect("it cannot be known yet");
    state(&second);
    assert_eq!(ended(&first), PairEnd::WrongCode);
    assert_eq!(ended(&second), PairEnd::WrongCode);
    assert_eq!(mailboxes(&server), 0);
    assert_eq!(
        trouble(&code),
        Some(AccountError::PairingUnknown.into()),
        "it had its try"
    );

    let code = offer(&second).code;
    first.pair_enter(&code).expect("enters");
    let (_tablet, third) = further(&server, by_passphrase(PASSPHRASE), "Tablet").expect("logs in");
    assert_eq!(
        third.pair_enter(&code).err(),
        Some(AccountError::PairingUsed.into())
    );
    assert_eq!(third.pair_state(), Ok(PairState::None));
    let (one, other) = digits(&first, &second);
    assert_eq!(one, other, "who was there first goes on");
    assert_eq!(names(&first), ["Laptop", "Tablet"]);

    // What has no vault, is an account's already, or was told nothing of a server shows no code.
    let form = PairForm {
        device_name: "Telefoon".into(),
    };
    let bare = start(&server, &Profile::default());
    assert_eq!(bare.pair_offer(&form).err(), Some(ClientError::NotNow));
    assert_eq!(first.pair_offer(&form).err(), Some(AccountError::Joined.into()));
    let unlooked = Profile::default();
    let unlooked = unlooked.begin();
    assert_eq!(
        unlooked.pair_offer(&form).err(),
        Some(AccountError::NotConfirmed.into())
    );
    assert_eq!(
        unlooked.pair_enter(&code).err(),
        Some(AccountError::NotJoined.into())
    );
}

#[test]
fn each_side_may_stop_and_differ_at_any_time_and_nothing_is_left() {
    drop(Profile::default().begin());
    let mut server = Running::begin();
    let member = join(&mut server);
    let first = member.client;
    let (profile, second) = newcomer(&server);
    let nobody_came = |server: &Running| {
        assert_eq!(mailboxes(server), 0);
        assert_eq!(names(&first), ["Laptop"]);
        assert!(second.account().expect("a view").joined.is_none());
    };

    let code = offer(&second).code;
    second.pair_stop();
    assert_eq!(
        first.pair_enter(&code).err(),
        Some(AccountError::PairingUnknown.into())
    );
    assert_eq!(state(&second), PairState::None);
    nobody_came(&server);

    first.pair_enter(&offer(&second).code).expect("enters");
    first.pair_stop();
    assert_eq!(ended(&second), PairEnd::Stopped);
    nobody_came(&server);

    for (says, hears) in [(&first, &second), (&second, &first)] {
        compared(&first, &second);
        says.pair_stop();
        assert_eq!((state(says), ended(hears)), (PairState::None, PairEnd::Stopped));
        nobody_came(&server);
        compared(&first, &second);
        hears.pair_compare(true).expect("says yes");
        says.pair_compare(false).expect("says no");
        assert_eq!((ended(says), ended(hears)), (PairEnd::Differ, PairEnd::Differ));
        assert_eq!(says.pair_compare(true), Err(ClientError::NotNow));
        nobody_came(&server);
    }

    agreed(&first, &second);
    second.pair_stop();
    first.let_in(&passphrase(PASSPHRASE), None).expect("an answer");
    assert_eq!(ended(&first), PairEnd::Stopped);
    nobody_came(&server);

    // Locking forgets it, and tells the other side.
    compared(&first, &second);
    second.lock().expect("locks");
    second.unlock(&passphrase(NEW)).expect("opens");
    assert_eq!(state(&second), PairState::None);
    assert_eq!(ended(&first), PairEnd::Stopped);
    nobody_came(&server);

    second.look_at_server(&server.address, None).expect("a server");
    compared(&first, &second);
    server.go_ahead(601);
    member.profile.clock.pass(TimeDelta::seconds(601));
    profile.clock.pass(TimeDelta::seconds(601));
    assert_eq!(ended(&first), PairEnd::Expired);

    second.look_at_server(&server.address, None).expect("a server");
    let code = offer(&second).code;
    assert_eq!(mailboxes(&server), 1, "what had its time is gone");
    server.go_ahead(601);
    profile.clock.pass(TimeDelta::seconds(601));
    assert_eq!(
        first.pair_enter(&code).err(),
        Some(AccountError::PairingUnknown.into())
    );
    assert_eq!(ended(&second), PairEnd::Expired);
    assert_eq!(names(&first), ["Laptop"]);
}

#[test]
fn a_device_comes_in_though_the_copy_on_the_server_was_ended_and_brings_no_wrap_back() {
    drop(Profile::default().begin());
    let mut server = Running::begin();
    let first = join(&mut server).client;
    first.want_copy(false).expect("ends it");
    let wraps = |server: &Running| -> i64 {
        let count = database(server).query_row("SELECT COUNT(*) FROM wrap", [], |row| row.get(0));
        count.expect("a number")
    };
    assert_eq!(wraps(&server), 0);
    let by_login = further(&server, by_passphrase(PASSPHRASE), "Tablet");
    assert_eq!(by_login.err(), Some(AccountError::NoCopy.into()));
    let (_profile, second) = newcomer(&server);
    agreed(&first, &second);
    first.let_in(&passphrase(PASSPHRASE), None).expect("lets it in");
    wait_for(&second, |state| *state == PairState::Done);
    assert_eq!(names(&second), ["Laptop", "Telefoon"]);
    assert_eq!(wraps(&server), 0);
    // Once it is wanted again, both go on.
    first.want_copy(true).expect("wants it");
    second
        .catch_up(&passphrase(NEW), Some(&passphrase(PASSPHRASE)), None)
        .expect("catches up");
    assert_eq!((told(&first).epoch, told(&second).epoch), (2, 2));
}

/// What somebody at the server does to a message.
#[derive(Clone, Copy, Debug)]
enum Harm {
    Alter,
    Cut,
    Skip,
}

impl Harm {
    /// Does it to the message of this step; `false` where another step is said.
    fn is_done(self, database: &rusqlite::Connection, step: i64) -> bool {
        let find = "SELECT message FROM pairing WHERE step = ?1 AND ended IS NULL";
        let Ok(mut message) = database.query_row(find, [step], |row| row.get::<_, Vec<u8>>(0)) else {
            return false;
        };
        let mut next = step;
        match self {
            Self::Alter => *message.last_mut().expect("a byte") ^= 1,
            Self::Cut => drop(message.pop()),
            Self::Skip => next += 2,
        }
        let put = "UPDATE pairing SET message = ?1, step = ?2 WHERE ended IS NULL";
        database
            .execute(put, rusqlite::params![message, next])
            .expect("a statement")
            == 1
    }
}

/// Goes on with both until it ended, with somebody at the server who does harm to one step.
fn with_somebody_at_the_server(server: &Running, first: &Client, second: &Client, step: i64, harm: Harm) {
    let database = database(server);
    let code = offer(second).code;
    let mut done = harm.is_done(&database, step);
    first.pair_enter(&code).expect("enters");
    let began = Instant::now();
    let is_over = |state: &PairState| matches!(state, PairState::Ended { .. } | PairState::Done);
    let mut ends = [PairState::None, PairState::None];
    while !ends.iter().all(is_over) {
        assert!(began.elapsed() < Duration::from_secs(30), "{step}: {ends:?}");
        for (client, end) in [second, first].into_iter().zip(&mut ends) {
            done = done || harm.is_done(&database, step);
            *end = state(client);
            match end {
                PairState::Compare { .. } => client.pair_compare(true).expect("says yes"),
                PairState::Passphrase => client.let_in(&passphrase(PASSPHRASE), None).expect("an answer"),
                _ => {}
            }
        }
        thread::sleep(Duration::from_millis(50));
    }
    assert!(done, "{step}: nobody did anything");
    let caught = |end: &PairState| {
        let why = |why| PairState::Ended { why };
        *end == why(PairEnd::WrongCode) || *end == why(PairEnd::Damaged)
    };
    assert!(ends.iter().all(caught), "{step} {harm:?}: {ends:?}");
    assert!(second.account().expect("a view").joined.is_none());
}

#[test]
fn a_server_that_alters_or_skips_what_was_said_is_caught() {
    drop(Profile::default().begin());
    let mut server = Running::begin();
    let first = join(&mut server).client;
    let (_profile, second) = newcomer(&server);
    for step in 1..=5 {
        with_somebody_at_the_server(&server, &first, &second, step, Harm::Alter);
    }
    with_somebody_at_the_server(&server, &first, &second, 3, Harm::Cut);
    with_somebody_at_the_server(&server, &first, &second, 4, Harm::Skip);
    assert_eq!(names(&first), ["Laptop"]);
    // What was altered last is seen by the new device, which was let in and is out again.
    with_somebody_at_the_server(&server, &first, &second, 6, Harm::Alter);
    assert_eq!(living(&first), ["Laptop"]);
}

/// The names of devices that are not signed out.
fn living(client: &Client) -> Vec<String> {
    let devices = client.devices().expect("devices");
    let living = devices.into_iter().filter(|device| device.signed_out.is_none());
    living.map(|device| device.name).collect()
}

#[test]
fn a_new_device_that_locks_before_it_is_in_is_not_left_in_the_list_as_if_it_were() {
    drop(Profile::default().begin());
    let mut server = Running::begin();
    let member = join(&mut server);
    let first = member.client;
    let (_profile, second) = newcomer(&server);
    let come_back = || {
        second.unlock(&passphrase(NEW)).expect("opens");
        assert_eq!(state(&second), PairState::None);
        second.look_at_server(&server.address, None).expect("a server");
    };

    // It says so itself: before it is let in, nobody gets that far.
    agreed(&first, &second);
    second.lock().expect("locks");
    let stopped = |state: &PairState| {
        matches!(
            state,
            PairState::Ended {
                why: PairEnd::Stopped
            }
        )
    };
    wait_for(&first, stopped);
    assert_eq!(
        first.let_in(&passphrase(PASSPHRASE), None),
        Err(ClientError::NotNow)
    );
    come_back();
    let told = second.requests().expect("a list");
    let unheard = |row: &RequestView| row.purpose == RequestPurpose::Pair && row.received.is_none();
    assert_eq!(
        told.iter().filter(|row| unheard(row)).count(),
        1,
        "it stands in the list"
    );

    // And after that, while what it needs is waiting for it.
    agreed(&first, &second);
    first.let_in(&passphrase(PASSPHRASE), None).expect("lets it in");
    assert_eq!(state(&first), PairState::Arriving);
    second.lock().expect("locks");
    assert_eq!(ended(&first), PairEnd::Untaken);
    assert_eq!(living(&first), ["Laptop"]);
    come_back();

    // One that cannot say it any more is missed after a while.
    agreed(&first, &second);
    first.let_in(&passphrase(PASSPHRASE), None).expect("lets it in");
    drop(second);
    assert_eq!(state(&first), PairState::Arriving);
    member.profile.clock.pass(TimeDelta::seconds(91));
    assert_eq!(ended(&first), PairEnd::Untaken);
    assert_eq!(living(&first), ["Laptop"]);
    assert_eq!(mailboxes(&server), 0, "nothing of it is left");
    assert!(
        first.devices().expect("devices").len() == 3,
        "what was let in stands there as signed out"
    );
}

#[test]
fn a_network_that_goes_ends_nothing_and_a_second_factor_is_asked() {
    drop(Profile::default().begin());
    let mut server = Running::begin();
    let first = join(&mut server).client;
    let factor = Factor::set(&mut server, &first, PASSPHRASE);
    let (_profile, second) = newcomer(&server);
    let offline = || Some(ClientError::from(AccountError::Offline));
    let code = offer(&second).code;
    server.stop();
    assert_eq!(first.pair_enter(&code).err(), offline());
    assert_eq!(second.pair_state().err(), offline());
    server.start_again();
    first.pair_enter(&code).expect("enters");
    let (one, other) = digits(&first, &second);
    assert_eq!(one, other);

    server.stop();
    for client in [&first, &second] {
        client.pair_compare(true).expect("what was said is said later");
    }
    assert_eq!(first.pair_state().err(), offline());
    server.start_again();
    wait_for(&second, |state| *state == PairState::Agreed);
    wait_for(&first, |state| *state == PairState::Passphrase);
    let finish = |digits: Option<&str>| first.let_in(&passphrase(PASSPHRASE), digits).err();
    assert_eq!(finish(None), Some(AccountError::FactorNeeded.into()));
    assert_eq!(finish(Some("000000")), Some(AccountError::LoginFailed.into()));
    let digits = factor.digits(&mut server);
    server.stop();
    assert_eq!(finish(Some(&digits)), offline());
    assert!(first.pair_newcomer().is_some(), "it may be tried again");
    server.start_again();
    let digits = factor.digits(&mut server);
    assert_eq!(finish(Some(&digits)), None);
    wait_for(&second, |state| *state == PairState::Done);
    assert_eq!(names(&second), ["Laptop", "Telefoon"]);
    assert!(told(&second).factor_on);
}

#[test]
fn a_pairing_ends_by_the_own_clock_of_each_device_whatever_the_server_says_of_the_time() {
    drop(Profile::default().begin());
    let mut server = Running::begin();
    let member = join(&mut server);
    let first = member.client;
    let (profile, second) = newcomer(&server);
    // Ten minutes, and two that the last message may wait; the server's clock stands still.
    let longest = TimeDelta::seconds(12 * 60);
    let long_ago = |server: &Running| {
        let later = "UPDATE pairing SET ends_at = ends_at + 86400";
        database(server).execute(later, []).expect("a statement");
    };

    compared(&first, &second);
    long_ago(&server);
    profile.clock.pass(longest - TimeDelta::seconds(1));
    assert!(matches!(state(&second), PairState::Compare { .. }));
    profile.clock.pass(TimeDelta::seconds(2));
    assert_eq!(ended(&second), PairEnd::Expired);
    assert_eq!(ended(&first), PairEnd::Stopped, "it tells the other side");

    compared(&first, &second);
    long_ago(&server);
    second.pair_compare(true).expect("says yes");
    member.profile.clock.pass(longest + TimeDelta::seconds(1));
    assert_eq!(ended(&first), PairEnd::Expired);
    assert_eq!(first.pair_compare(true), Err(ClientError::NotNow));
    assert_eq!(ended(&second), PairEnd::Stopped);
    assert_eq!(
        (names(&first), mailboxes(&server)),
        (vec!["Laptop".to_owned()], 0)
    );
}
