//! Several devices, one life: over real HTTP, with the server as it ships.

use regie_client::{
    BackupChoice, BackupSecret, Client, ClientError, DiaryFilter, EntryAbout, EntryBase, EntryDraft, SignOut,
    SyncDecision, SyncNotice, SyncState, SyncView,
};
use regie_domain::reminder::Schedule;
use regie_protocol::Language;
use regie_tests::server::Running;
use regie_tests::{PASSPHRASE, Profile, bytes, draft, passphrase, take_check};
use regie_vault::VaultError;

use crate::account::{Member, WRITTEN, by_passphrase, further, join, joined, server, told};

fn texts(client: &Client) -> Vec<String> {
    let page = client
        .diary_page(&DiaryFilter::default(), None, 50)
        .expect("a page");
    let mut texts: Vec<_> = page
        .entries
        .iter()
        .map(|row| client.diary_entry(row.id).expect("an entry").markdown)
        .collect();
    texts.sort();
    texts
}

fn sync(client: &Client) -> SyncView {
    let view = client.sync_now().expect("syncs");
    assert_eq!((&view.state, view.waiting), (&SyncState::UpToDate, 0), "{view:?}");
    view
}

fn edit(client: &Client, markdown: &str, change: impl Fn(&str) -> String) {
    let page = client
        .diary_page(&DiaryFilter::default(), None, 50)
        .expect("a page");
    let entry = page
        .entries
        .iter()
        .map(|row| client.diary_entry(row.id).expect("an entry"))
        .find(|entry| entry.markdown == markdown)
        .expect("the entry");
    client
        .diary_save(EntryDraft {
            id: Some(entry.id),
            ..draft(&change(&entry.markdown))
        })
        .expect("saves");
}

/// A further device, which has seen everything.
fn newcomer(server: &Running, name: &str) -> (Profile, Client) {
    let (profile, client) = further(server, by_passphrase(PASSPHRASE), name).expect("logs in");
    told(&client);
    sync(&client);
    (profile, client)
}

/// A laptop that joined and a phone that logged in, both synced.
fn two(server: &mut Running) -> (Member, Profile, Client) {
    let laptop = join(server);
    sync(&laptop.client);
    let (profile, phone) = newcomer(server, "Telefoon");
    (laptop, profile, phone)
}

#[test]
fn what_is_written_on_one_device_is_read_on_the_other() {
    let mut server = server();
    let (laptop, _profile, phone) = two(&mut server);
    assert_eq!(texts(&phone), [WRITTEN]);
    let written = SyncNotice::Took {
        new: 1,
        changed: 0,
        deleted: 0,
        merged: 0,
        kept: 0,
    };
    let told = phone.sync_view().expect("a view").notices;
    assert_eq!(
        told,
        [SyncNotice::FirstDone, written],
        "settings and choices are no news"
    );
    // Found there too.
    assert_eq!(
        phone.diary_search("ijsvogel", 50).expect("a search").hits.len(),
        1
    );

    phone
        .diary_save(draft("Op de telefoon geschreven."))
        .expect("saves");
    let check = take_check(&phone, 4);
    phone.meter_annotate(check, "onderweg").expect("stores");
    sync(&phone);
    sync(&laptop.client);
    assert_eq!(texts(&laptop.client), ["Op de telefoon geschreven.", WRITTEN]);
    assert_eq!(
        laptop.client.meter_result(check).expect("a result").note,
        "onderweg"
    );

    // Deleted here, gone there.
    let page = laptop
        .client
        .diary_page(&DiaryFilter::default(), None, 50)
        .expect("a page");
    laptop.client.diary_delete(page.entries[0].id).expect("deletes");
    laptop.profile.clock.pass(chrono::TimeDelta::minutes(1));
    laptop.client.tick().expect("ticks");
    sync(&laptop.client);
    sync(&phone);
    assert_eq!(texts(&phone), texts(&laptop.client));
    assert_eq!(texts(&phone).len(), 1);
}

#[test]
fn an_entry_that_was_deleted_elsewhere_under_the_pen_goes_on_as_a_new_one() {
    let mut server = server();
    let (laptop, _profile, phone) = two(&mut server);
    let entries = |client: &Client| {
        let page = client.diary_page(&DiaryFilter::default(), None, 50);
        page.expect("a page").entries
    };
    let id = entries(&phone)[0].id;
    let open = phone.diary_entry(id).expect("an entry");
    laptop.client.diary_delete(id).expect("deletes");
    laptop.profile.clock.pass(chrono::TimeDelta::minutes(1));
    laptop.client.tick().expect("ticks");
    sync(&laptop.client);
    sync(&phone);
    let write_on = |id, words: &str, before: &str| {
        let about = EntryAbout {
            own_title: String::new(),
            mood: Some(4),
            tags: Vec::new(),
            written_at: None,
        };
        let draft = EntryDraft {
            id: Some(id),
            about: Some(about.clone()),
            ..draft(words)
        };
        let base = EntryBase {
            markdown: before.into(),
            about,
        };
        phone.diary_save_on(draft, Some(base))
    };
    let empty = write_on(id, " ", &open.markdown).err();
    assert_eq!(
        empty,
        Some(VaultError::NotFound.into()),
        "nothing begins without words"
    );
    let words = format!("{WRITTEN} Hij dook.");
    let saved = write_on(id, &words, &open.markdown).expect("saves");
    assert!(saved.anew && saved.id != id);
    let again = write_on(saved.id, &format!("{words} Diep."), &words).expect("saves");
    assert_eq!((again.anew, again.id), (false, saved.id));
    sync(&phone);
    sync(&laptop.client);
    for client in [&phone, &laptop.client] {
        assert_eq!(texts(client), [format!("{words} Diep.")]);
    }

    // What was deleted here and can be taken back does not come back by itself.
    phone.diary_delete(saved.id).expect("deletes");
    let late = write_on(saved.id, "Te laat", &words).err();
    assert_eq!(late, Some(VaultError::NotFound.into()));
}

#[test]
fn an_entry_that_both_edited_offline_has_both_texts_on_both() {
    let mut server = server();
    let (laptop, _profile, phone) = two(&mut server);
    edit(&laptop.client, WRITTEN, |text| {
        format!("{text} Hij dook twee keer.")
    });
    edit(&phone, WRITTEN, |text| format!("Eerst regen. {text}"));
    sync(&laptop.client);
    sync(&phone);
    sync(&laptop.client);
    let both = format!("Eerst regen. {WRITTEN} Hij dook twee keer.");
    assert_eq!(texts(&phone), [both.as_str()]);
    assert_eq!(texts(&laptop.client), [both.as_str()]);
}

#[test]
fn what_came_while_the_pen_was_down_stays_beside_what_was_under_it() {
    let mut server = server();
    let (laptop, _profile, phone) = two(&mut server);
    let page = phone
        .diary_page(&DiaryFilter::default(), None, 1)
        .expect("a page");
    let id = page.entries[0].id;
    let resting_on = |markdown: &str| {
        let about = EntryAbout::default();
        Some(EntryBase {
            markdown: markdown.to_owned(),
            about,
        })
    };
    let save = |markdown: &str, base: Option<EntryBase>| {
        let under_the_pen = EntryDraft {
            id: Some(id),
            ..draft(markdown)
        };
        phone.diary_save_on(under_the_pen, base).expect("saves")
    };
    let there = format!("{WRITTEN} Hij dook twee keer.");
    edit(&laptop.client, WRITTEN, |_| there.clone());
    sync(&laptop.client);
    sync(&phone);

    let first = format!("Eerst regen. {WRITTEN}");
    let both = format!("Eerst regen. {there}");
    let merged = save(&first, resting_on(WRITTEN)).merged.expect("both");
    assert_eq!(merged.markdown, both);
    let originals = || phone.entry_originals(id).expect("reads").expect("both texts");
    assert_eq!(originals().here.markdown, first);
    assert_eq!(originals().there.markdown, there);

    // Typed on before the answer was there: it rests on what was sent, and what came is still told by the first time.
    let second = format!("Eerst regen, toen zon. {WRITTEN}");
    let merged = save(&second, resting_on(&first)).merged.expect("both");
    let all = format!("Eerst regen, toen zon. {there}");
    assert_eq!(merged.markdown, all);
    assert_eq!(originals().here.markdown, second);
    assert_eq!(originals().there.markdown, there);

    // What rests on all of it takes its place.
    let last = format!("{all} Klaar.");
    assert!(save(&last, resting_on(&all)).merged.is_none());
    sync(&phone);
    sync(&laptop.client);
    assert_eq!(texts(&phone), [last.as_str()]);
    assert_eq!(texts(&laptop.client), [last.as_str()]);
}

#[test]
fn a_device_that_was_lost_is_shut_out_and_the_others_go_on() {
    let mut server = server();
    let (laptop, _profile, phone) = two(&mut server);
    let lost = laptop
        .client
        .devices()
        .expect("devices")
        .into_iter()
        .find(|device| device.name == "Telefoon")
        .expect("the phone");
    laptop
        .client
        .sign_out(&SignOut::One(lost.id), true)
        .expect("signs out");
    laptop.client.diary_save(draft("Na de diefstal.")).expect("saves");
    sync(&laptop.client);
    assert_eq!(joined(&laptop.client).epoch, 2);
    let stopped = phone.sync_now().expect("a view");
    assert_ne!(stopped.state, SyncState::UpToDate);
    assert_eq!(texts(&phone), [WRITTEN], "what it held it holds, and nothing new");
    // A device that comes later reads all of it.
    let (_new, tablet) = newcomer(&server, "Tablet");
    assert_eq!(texts(&tablet), ["Na de diefstal.", WRITTEN]);
}

#[test]
fn h10_a_server_can_read_nothing_of_what_travels_between_devices() {
    let mut server = server();
    let (laptop, _profile, phone) = two(&mut server);
    phone
        .diary_save(draft("Op zolder regende het zacht."))
        .expect("saves");
    let check = take_check(&phone, 4);
    phone.meter_annotate(check, "onderweg naar huis").expect("stores");
    sync(&phone);
    sync(&laptop.client);
    assert_eq!(texts(&laptop.client).len(), 2);
    server.stop();
    let files = bytes::files(&server.data());
    for secret in [WRITTEN, "ijsvogel", "Op zolder regende", "onderweg naar huis"] {
        for form in bytes::forms(secret) {
            let found = files.values().find(|bytes| bytes::contains(bytes, &form));
            assert!(found.is_none(), "{secret} lies on the server");
        }
    }
}

#[test]
fn a_copy_that_was_ended_is_begun_again_and_nothing_is_there_twice() {
    let mut server = server();
    let (laptop, _profile, phone) = two(&mut server);
    laptop.client.want_copy(false).expect("ends it");
    assert_eq!(laptop.client.sync_now().expect("a view").state, SyncState::Off);
    laptop
        .client
        .diary_save(draft("Zonder kopie geschreven."))
        .expect("saves");
    assert_eq!(phone.sync_now().expect("a view").state, SyncState::NoCopy);
    assert_eq!(texts(&phone), [WRITTEN], "a server's word takes nothing away");

    laptop.client.want_copy(true).expect("begins it again");
    sync(&laptop.client);
    let asked = phone.sync_now().expect("a view").state;
    assert!(matches!(asked, SyncState::Asking { .. }), "{asked:?}");
    phone.sync_decide(SyncDecision::Yes).expect("says yes");
    sync(&phone);
    sync(&laptop.client);
    let all = [WRITTEN, "Zonder kopie geschreven."];
    assert_eq!(texts(&phone), all);
    assert_eq!(texts(&laptop.client), all);
}

#[test]
fn who_brings_a_backup_back_goes_on_from_what_that_one_knew() {
    let mut server = server();
    let (laptop, _profile, phone) = two(&mut server);
    laptop.client.back_up_now().expect("a backup");
    phone.diary_save(draft("Na de reservekopie.")).expect("saves");
    sync(&phone);
    sync(&laptop.client);

    let newest = laptop.client.local_backups().expect("backups").remove(0).name;
    laptop
        .client
        .restore(
            &BackupChoice::Local { name: newest },
            &BackupSecret::Passphrase(passphrase(PASSPHRASE)),
        )
        .expect("restores");
    assert_eq!(texts(&laptop.client), [WRITTEN]);
    laptop
        .client
        .catch_up(&passphrase(PASSPHRASE), None, None)
        .expect("a device again");
    sync(&laptop.client);
    assert_eq!(texts(&laptop.client), ["Na de reservekopie.", WRITTEN]);
    sync(&phone);
    assert_eq!(texts(&phone), texts(&laptop.client));
}

#[test]
fn language_and_reminders_are_the_same_on_each_device_and_each_may_be_silent() {
    let mut server = server();
    let laptop = join(&mut server);
    laptop.client.set_language(Language::En).expect("stores");
    let mut evening = Schedule::default();
    evening.rhythms.diary.on = true;
    evening.rhythms.diary.days = [true; 7];
    evening.rhythms.diary.minute = 21 * 60;
    laptop.client.save_reminders(evening).expect("stores");
    sync(&laptop.client);

    // A device that comes takes over what the account has, also where something was chosen on it before.
    let (profile, phone) = further(&server, by_passphrase(PASSPHRASE), "Telefoon").expect("logs in");
    phone.set_language(Language::Nl).expect("stores");
    told(&phone);
    sync(&phone);
    assert_eq!(phone.language(), Language::En);
    let there = phone.reminders().expect("reads");
    assert_eq!((there.schedule, there.here), (evening, true));
    assert!(there.next.is_some());

    // Silent is each for itself; another time is for both.
    assert_eq!(phone.remind_here(false).expect("stores").next, None);
    phone.set_language(Language::Nl).expect("stores");
    let mut later = evening;
    later.rhythms.diary.minute = 22 * 60;
    phone.save_reminders(later).expect("stores");
    sync(&phone);
    sync(&laptop.client);
    assert_eq!(laptop.client.language(), Language::Nl);
    let here = laptop.client.reminders().expect("reads");
    assert_eq!((here.schedule, here.here), (later, true));

    // Locked, and started anew, each still knows.
    drop(phone);
    let phone = profile.start();
    assert_eq!(phone.language(), Language::Nl);
    profile.clock.pass(chrono::TimeDelta::days(2));
    assert_eq!(phone.remind(), Ok(None), "it is silent");
    laptop.client.lock().expect("locks");
    laptop.profile.clock.pass(chrono::TimeDelta::days(2));
    assert!(laptop.client.remind().expect("looks").is_some());
}

#[test]
fn locking_ends_a_sync_under_way_and_nothing_syncs_while_locked() {
    let mut server = server();
    let (laptop, _profile, _phone) = two(&mut server);
    let client = &laptop.client;
    std::thread::scope(|scope| {
        let syncing = scope.spawn(|| {
            for number in 0..10_000 {
                if let Err(error) = client.sync_now() {
                    return (number, error);
                }
            }
            panic!("it was never locked");
        });
        std::thread::sleep(std::time::Duration::from_millis(300));
        client.lock().expect("locks");
        let (synced, error) = syncing.join().expect("ends");
        assert!(synced > 0);
        assert_eq!(error, ClientError::Locked);
    });
    assert_eq!(client.sync_now().err(), Some(ClientError::Locked));
    client.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
    sync(client);
}
