//! A server that shows an older state, or two histories: what the person reads, and how they go on from a device.

use regie_client::{
    Client, DiaryFilter, EntryDraft, SignOut, SyncAlarm, SyncCompared, SyncDecision, SyncNotice,
    SyncQuestion, SyncState,
};
use regie_tests::server::Running;
use regie_tests::{PASSPHRASE, Profile, draft, passphrase};

use crate::account::{Member, WRITTEN, by_passphrase, further, join, server, told};

fn texts(client: &Client) -> Vec<String> {
    let page = client
        .diary_page(&DiaryFilter::default(), None, 50)
        .expect("a page");
    let rows = page.entries.iter();
    let mut texts: Vec<_> = rows
        .map(|row| client.diary_entry(row.id).expect("an entry").markdown)
        .collect();
    texts.sort();
    texts
}

fn sync(client: &Client) {
    let view = client.sync_now().expect("syncs");
    assert_eq!((&view.state, view.waiting), (&SyncState::UpToDate, 0), "{view:?}");
}

fn state(client: &Client) -> SyncState {
    client.sync_now().expect("a view").state
}

fn write(client: &Client, text: &str) -> uuid::Uuid {
    client.diary_save(draft(text)).expect("saves").id
}

fn edit(client: &Client, markdown: &str, to: &str) {
    let page = client
        .diary_page(&DiaryFilter::default(), None, 50)
        .expect("a page");
    let mut ids = page.entries.iter().map(|row| row.id);
    let id = ids.find(|id| client.diary_entry(*id).expect("an entry").markdown == markdown);
    client
        .diary_save(EntryDraft {
            id: Some(id.expect("the entry")),
            ..draft(to)
        })
        .expect("saves");
}

fn delete(member: &Member, entry: uuid::Uuid) {
    member.client.diary_delete(entry).expect("deletes");
    member.profile.clock.pass(chrono::TimeDelta::minutes(1));
    member.client.tick().expect("ticks");
}

fn two(server: &mut Running) -> (Member, Profile, Client) {
    let laptop = join(server);
    sync(&laptop.client);
    let (profile, phone) = further(server, by_passphrase(PASSPHRASE), "Telefoon").expect("logs in");
    told(&phone);
    sync(&phone);
    sync(&laptop.client);
    (laptop, profile, phone)
}

#[test]
fn a_server_that_was_set_back_stops_the_devices_and_the_person_goes_on_from_one() {
    let mut server = server();
    let (laptop, _profile, phone) = two(&mut server);
    let doomed = write(&laptop.client, "Gaat later weg.");
    sync(&laptop.client);
    sync(&phone);
    let kept = server.keep_state();
    write(&laptop.client, "Na de reservekopie, op de laptop.");
    edit(&laptop.client, WRITTEN, "Herschreven na de reservekopie.");
    delete(&laptop, doomed);
    sync(&laptop.client);
    sync(&phone);
    write(&phone, "Na de reservekopie, op de telefoon.");
    sync(&phone);
    let all = texts(&phone);
    sync(&laptop.client);
    assert_eq!(texts(&laptop.client), all);
    server.set_back(&kept);

    // Stopped, and nothing was taken away; an older state is fetched by nobody's mistake.
    for client in [&laptop.client, &phone] {
        let stopped = state(client);
        let SyncState::Stopped {
            alarm: SyncAlarm::OlderState { missing },
        } = stopped
        else {
            panic!("{stopped:?}");
        };
        assert_eq!(missing, 2, "one push of each");
        assert_eq!(texts(client), all);
        let after = client.sync_decide(SyncDecision::FetchAnew).expect("a view");
        assert!(matches!(after.state, SyncState::Stopped { .. }), "{after:?}");
        assert_eq!(texts(client), all);
    }
    // Writing goes on meanwhile.
    write(&laptop.client, "Terwijl het stilstond.");

    laptop
        .client
        .sync_decide(SyncDecision::GoOnFromHere)
        .expect("goes on");
    sync(&laptop.client);
    let asked = state(&phone);
    let SyncState::Asking {
        question: SyncQuestion::AnotherHistory { restarted: true, .. },
    } = asked
    else {
        panic!("{asked:?}");
    };
    assert_eq!(texts(&phone), all, "nothing changes before the yes");
    phone.sync_decide(SyncDecision::Yes).expect("says yes");
    sync(&phone);
    sync(&laptop.client);
    let mut all = all;
    all.push("Terwijl het stilstond.".into());
    all.sort();
    assert_eq!(texts(&laptop.client), all);
    assert_eq!(texts(&phone), all, "and what was deleted does not return");

    // The server holds all of it again: whoever comes new reads it.
    let (_new, tablet) = with_tablet(&server);
    assert_eq!(texts(&tablet), all);
}

#[test]
fn what_only_the_other_device_wrote_is_added_when_one_goes_on_that_was_behind() {
    let mut server = server();
    let (laptop, _profile, phone) = two(&mut server);
    let kept = server.keep_state();
    write(&phone, "De laptop zag dit nooit.");
    sync(&phone);
    server.set_back(&kept);
    assert!(matches!(state(&phone), SyncState::Stopped { .. }));
    // The laptop knows no more than the server does, and goes on unknowingly.
    write(&laptop.client, "Op de laptop, erna.");
    sync(&laptop.client);
    // To the phone that is another history.
    let stopped = state(&phone);
    assert!(matches!(stopped, SyncState::Stopped { .. }), "{stopped:?}");
    phone.sync_decide(SyncDecision::GoOnFromHere).expect("goes on");
    sync(&phone);
    let both = ["De laptop zag dit nooit.", WRITTEN, "Op de laptop, erna."];
    let mut both = both.map(str::to_owned).to_vec();
    both.sort();
    assert_eq!(texts(&phone), both);
    let followed = state(&laptop.client);
    if let SyncState::Asking { .. } = followed {
        laptop.client.sync_decide(SyncDecision::Yes).expect("says yes");
    }
    sync(&laptop.client);
    assert_eq!(texts(&laptop.client), both);
}

#[test]
fn a_server_set_back_before_an_epoch_gets_the_epoch_back_and_the_lost_device_stays_out() {
    let mut server = server();
    let (laptop, _profile, phone) = two(&mut server);
    let (_lost, tablet) = with_tablet(&server);
    sync(&laptop.client);
    sync(&phone);
    let kept = server.keep_state();
    sign_out(&laptop.client, "Tablet", true);
    write(&laptop.client, "Na de diefstal.");
    sync(&laptop.client);
    sync(&phone);
    server.set_back(&kept);
    assert!(matches!(state(&laptop.client), SyncState::Stopped { .. }));
    laptop
        .client
        .sync_decide(SyncDecision::GoOnFromHere)
        .expect("goes on");
    sync(&laptop.client);
    let asked = state(&phone);
    assert!(matches!(asked, SyncState::Asking { .. }), "{asked:?}");
    phone.sync_decide(SyncDecision::Yes).expect("says yes");
    sync(&phone);
    assert_eq!(texts(&phone), texts(&laptop.client));
    let shut_out = state(&tablet);
    assert_ne!(shut_out, SyncState::UpToDate);
    assert!(!texts(&tablet).contains(&"Na de diefstal.".to_owned()));
}

/// A further device that has all that there is.
fn with_tablet(server: &Running) -> (Profile, Client) {
    let (profile, tablet) = further(server, by_passphrase(PASSPHRASE), "Tablet").expect("logs in");
    told(&tablet);
    sync(&tablet);
    (profile, tablet)
}

fn sign_out(client: &Client, name: &str, lost: bool) {
    let devices = client.devices().expect("devices").into_iter();
    let mut named = devices.filter(|device| device.name == name && device.signed_out.is_none());
    let which = SignOut::One(named.next().expect("a device").id);
    client.sign_out(&which, lost).expect("signs out");
}

/// Says yes to what is asked, and goes on from here where nothing else does.
fn go_on(client: &Client) {
    for _ in 0..4 {
        match state(client) {
            SyncState::Asking { .. } => client.sync_decide(SyncDecision::Yes).expect("says yes"),
            SyncState::Stopped { .. } => client.sync_decide(SyncDecision::GoOnFromHere).expect("goes on"),
            _ => return,
        };
    }
    panic!("{:?}", state(client));
}

#[test]
fn a_device_that_was_signed_out_before_another_was_lost_stays_out_and_the_rest_go_on() {
    let mut server = server();
    let (laptop, _profile, phone) = two(&mut server);
    let mut others = Vec::new();
    for name in ["Tablet", "Werk"] {
        let (profile, other) = further(&server, by_passphrase(PASSPHRASE), name).expect("logs in");
        told(&other);
        sync(&other);
        others.push((profile, other));
    }
    sync(&laptop.client);
    sign_out(&laptop.client, "Tablet", false);
    sign_out(&laptop.client, "Werk", true);
    write(&laptop.client, "Daarna.");
    sync(&laptop.client);
    sync(&phone);
    write(&phone, "En daarna.");
    sync(&phone);
    sync(&laptop.client);
    assert_eq!(texts(&phone), texts(&laptop.client));
}

#[test]
fn where_the_server_lost_an_epoch_and_a_device_the_person_goes_on_and_that_device_comes_back() {
    let mut server = server();
    let (laptop, _profile, phone) = two(&mut server);
    let kept = server.keep_state();
    let (_new, tablet) = with_tablet(&server);
    write(&tablet, "Op het tablet.");
    sync(&tablet);
    sync(&laptop.client);
    sign_out(&laptop.client, "Telefoon", true);
    write(&laptop.client, "Na het verlies.");
    sync(&laptop.client);
    sync(&tablet);
    write(&tablet, "Nog niet verzonden.");
    let all = texts(&tablet);
    server.set_back(&kept);

    assert!(matches!(state(&laptop.client), SyncState::Stopped { .. }));
    laptop
        .client
        .sync_decide(SyncDecision::GoOnFromHere)
        .expect("goes on");
    let view = laptop.client.sync_now().expect("a view");
    assert_eq!((&view.state, view.waiting), (&SyncState::UpToDate, 0), "{view:?}");
    assert!(view.notices.contains(&SyncNotice::LeftBehind), "{view:?}");
    // Whoever was lost stays out.
    assert_ne!(state(&phone), SyncState::UpToDate);
    assert!(!texts(&phone).contains(&"Na het verlies.".to_owned()));
    // The server knows no tablet: all of it stays, and after a login it takes part again.
    assert_eq!(
        (state(&tablet), texts(&tablet)),
        (SyncState::SignedOut, all.clone())
    );
    tablet
        .catch_up(&passphrase(PASSPHRASE), None, None)
        .expect("a device again");
    go_on(&tablet);
    sync(&tablet);
    go_on(&laptop.client);
    sync(&laptop.client);
    sync(&tablet);
    assert_eq!(texts(&tablet), all);
    assert_eq!(texts(&laptop.client), all);
    assert!(!texts(&phone).contains(&"Na het verlies.".to_owned()));
}

#[test]
fn where_a_device_came_that_the_server_lost_the_others_follow_whoever_goes_on() {
    let mut server = server();
    let (laptop, _profile, phone) = two(&mut server);
    let kept = server.keep_state();
    let (_new, _tablet) = with_tablet(&server);
    sync(&laptop.client);
    sync(&phone);
    server.set_back(&kept);
    assert!(matches!(state(&laptop.client), SyncState::Stopped { .. }));
    laptop
        .client
        .sync_decide(SyncDecision::GoOnFromHere)
        .expect("goes on");
    write(&laptop.client, "Vanaf de laptop.");
    sync(&laptop.client);
    go_on(&phone);
    sync(&phone);
    assert_eq!(texts(&phone), texts(&laptop.client));
}

#[test]
fn over_an_epoch_that_another_device_began_in_the_other_history_the_person_goes_on() {
    let mut server = server();
    let (laptop, _profile, phone) = two(&mut server);
    let (_lost, tablet) = with_tablet(&server);
    sync(&laptop.client);
    sync(&phone);
    let kept = server.keep_state();
    write(&phone, "De laptop zag dit nooit.");
    sync(&phone);
    server.set_back(&kept);
    sign_out(&laptop.client, "Tablet", true);
    write(&laptop.client, "Na de diefstal.");
    sync(&laptop.client);

    let stopped = state(&phone);
    assert!(matches!(stopped, SyncState::Stopped { .. }), "{stopped:?}");
    phone.sync_decide(SyncDecision::GoOnFromHere).expect("goes on");
    sync(&phone);
    go_on(&laptop.client);
    sync(&laptop.client);
    sync(&phone);
    let mut all = ["De laptop zag dit nooit.", WRITTEN, "Na de diefstal."].map(str::to_owned);
    all.sort();
    assert_eq!(texts(&phone), all);
    assert_eq!(texts(&laptop.client), all);
    write(&phone, "Samen verder.");
    sync(&phone);
    sync(&laptop.client);
    assert_eq!(texts(&phone), texts(&laptop.client));
    assert_ne!(state(&tablet), SyncState::UpToDate);
    assert!(!texts(&tablet).contains(&"Na de diefstal.".to_owned()));
}

#[test]
fn where_two_histories_each_began_an_epoch_nobody_goes_on_over_the_other_ones_and_nothing_is_lost() {
    let mut server = server();
    let (laptop, _profile, phone) = two(&mut server);
    let (_lost, _tablet) = with_tablet(&server);
    sync(&laptop.client);
    sync(&phone);
    let kept = server.keep_state();
    sign_out(&laptop.client, "Tablet", true);
    write(&laptop.client, "In het ene leven.");
    sync(&laptop.client);
    server.set_back(&kept);
    sign_out(&phone, "Tablet", true);
    write(&phone, "In het andere leven.");
    sync(&phone);

    assert!(matches!(state(&laptop.client), SyncState::Stopped { .. }));
    let before = texts(&laptop.client);
    laptop
        .client
        .sync_decide(SyncDecision::GoOnFromHere)
        .expect("a view");
    let told = SyncState::Stopped {
        alarm: SyncAlarm::OtherEpochs,
    };
    assert_eq!(state(&laptop.client), told);
    assert_eq!(texts(&laptop.client), before);
    write(&laptop.client, "Schrijven gaat door.");
    assert_eq!(texts(&laptop.client).len(), before.len() + 1);
    // The other one never notices.
    sync(&phone);
    assert!(texts(&phone).contains(&"In het andere leven.".to_owned()));
}

#[test]
fn two_devices_compare_what_they_see_and_find_two_histories() {
    let mut server = server();
    let (laptop, _profile, phone) = two(&mut server);
    sync(&phone);
    let code = |client: &Client| client.sync_code().expect("reads").expect("a code");
    let (here, there) = (code(&laptop.client), code(&phone));
    assert_eq!(here, there);
    let compare =
        |client: &Client, number, typed: &str| client.sync_compare(number, typed).expect("compares");
    let spoken = there.code.to_lowercase().replace('-', " ");
    assert_eq!(compare(&laptop.client, there.number, &spoken), SyncCompared::Same);
    assert_eq!(
        compare(&laptop.client, there.number + 1, &spoken),
        SyncCompared::Behind
    );
    assert_eq!(
        compare(&laptop.client, there.number, "K7QM"),
        SyncCompared::NoCode
    );

    // The server shows each its own.
    let kept = server.keep_state();
    write(&phone, "In het ene leven.");
    sync(&phone);
    server.set_back(&kept);
    write(&laptop.client, "In het andere leven.");
    sync(&laptop.client);
    let (here, there) = (code(&laptop.client), code(&phone));
    assert_eq!(here.number, there.number);
    assert_eq!(
        compare(&laptop.client, there.number, &there.code),
        SyncCompared::Differs
    );
    write(&laptop.client, "Nog een, verder dan de telefoon.");
    sync(&laptop.client);
    assert_eq!(
        compare(&laptop.client, there.number, &there.code),
        SyncCompared::Differs,
        "also where one is further"
    );

    laptop
        .client
        .sync_decide(SyncDecision::CodesDiffer)
        .expect("says so");
    let stopped = SyncState::Stopped {
        alarm: SyncAlarm::Fork,
    };
    assert_eq!(state(&laptop.client), stopped);
    laptop
        .client
        .sync_decide(SyncDecision::GoOnFromHere)
        .expect("goes on");
    sync(&laptop.client);
    let asked = state(&phone);
    assert!(matches!(asked, SyncState::Asking { .. }), "{asked:?}");
    phone.sync_decide(SyncDecision::Yes).expect("says yes");
    sync(&phone);
    sync(&laptop.client);
    let mut all: Vec<String> = [
        WRITTEN,
        "In het andere leven.",
        "In het ene leven.",
        "Nog een, verder dan de telefoon.",
    ]
    .map(str::to_owned)
    .to_vec();
    all.sort();
    assert_eq!(texts(&laptop.client), all);
    assert_eq!(texts(&phone), all);
}

#[test]
fn what_came_is_marked_until_it_is_opened_and_both_texts_of_a_merge_stay_for_a_month() {
    let mut server = server();
    let (laptop, _profile, phone) = two(&mut server);
    let entry = write(&phone, "Een zin. En een tweede.");
    sync(&phone);
    sync(&laptop.client);
    let came = || laptop.client.diary_came().expect("reads");
    assert_eq!(came(), [entry]);
    assert!(
        phone.diary_came().expect("reads").is_empty(),
        "nothing of a first sync"
    );
    laptop.client.diary_seen(entry).expect("notes it");
    assert!(came().is_empty());

    edit(
        &laptop.client,
        "Een zin. En een tweede.",
        "Op de laptop. En een tweede.",
    );
    edit(
        &phone,
        "Een zin. En een tweede.",
        "Op de telefoon. En een tweede.",
    );
    sync(&phone);
    sync(&laptop.client);
    sync(&phone);
    assert_eq!(came(), [entry]);
    let both = laptop.client.entry_originals(entry).expect("reads");
    let both = both.expect("both texts");
    assert_eq!(both.here.markdown, "Op de laptop. En een tweede.");
    assert_eq!(both.there.markdown, "Op de telefoon. En een tweede.");
    laptop.profile.clock.pass(chrono::TimeDelta::days(31));
    laptop.client.unlock(&regie_tests::passphrase(PASSPHRASE)).ok();
    assert_eq!(laptop.client.entry_originals(entry).expect("reads"), None);
}

#[test]
fn what_one_history_deleted_and_the_other_still_has_is_asked_about_and_nothing_waits_for_the_answer() {
    let mut server = server();
    let (laptop, _profile, phone) = two(&mut server);
    let disputed = write(&laptop.client, "Blijft dit?");
    sync(&laptop.client);
    sync(&phone);
    let kept = server.keep_state();
    write(&phone, "Alleen op de telefoon.");
    sync(&phone);
    server.set_back(&kept);
    edit(&laptop.client, "Blijft dit?", "Blijft dit, of niet?");
    sync(&laptop.client);
    delete(&laptop, disputed);
    sync(&laptop.client);
    laptop
        .client
        .sync_decide(SyncDecision::CodesDiffer)
        .expect("says so");
    laptop
        .client
        .sync_decide(SyncDecision::GoOnFromHere)
        .expect("goes on");
    sync(&laptop.client);
    let asked = state(&phone);
    assert!(matches!(asked, SyncState::Asking { .. }), "{asked:?}");
    phone.sync_decide(SyncDecision::Yes).expect("says yes");
    phone.sync_now().expect("a view");
    let asked = phone.sync_asked().expect("reads");
    let [asked] = asked.as_slice() else {
        panic!("{asked:?}");
    };
    assert_eq!((asked.title.as_str(), asked.deleted_here), ("Blijft dit?", false));
    assert!(texts(&phone).contains(&"Blijft dit?".to_owned()));
    // Nothing waits for it.
    sync(&laptop.client);
    assert!(texts(&laptop.client).contains(&"Alleen op de telefoon.".to_owned()));
    assert!(!texts(&laptop.client).contains(&"Blijft dit?".to_owned()));

    assert!(phone.sync_answer(&asked.id, true).expect("answers").is_empty());
    sync(&phone);
    sync(&laptop.client);
    assert_eq!(texts(&laptop.client), texts(&phone));
    assert!(texts(&phone).contains(&"Blijft dit?".to_owned()));
}
