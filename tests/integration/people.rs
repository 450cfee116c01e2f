//! Several people on one computer.

use regie_client::{Appearance, ClientError, Contrast, FirstRunStep, PeopleView, Stage, Theme};
use regie_domain::{
    reminder::{Quiet, Rhythm, Schedule},
    seal::Seal,
};
use regie_protocol::Language;
use regie_tests::{KEEP, PASSPHRASE, Profile, begin, bytes::files, draft, passphrase};
use uuid::Uuid;

const OTHER: &str = "vier groene theepotten dansen";

fn id(people: &PeopleView, name: &str) -> Uuid {
    people
        .people
        .iter()
        .find(|person| person.name == name)
        .expect("somebody")
        .id
}

#[test]
fn two_people_each_open_only_their_own_vault_and_the_first_ones_files_stay_where_they_are() {
    let profile = Profile::default();
    let client = profile.begin();
    let hers = client.diary_save(draft("Van Noor alleen")).expect("saves").id;
    client.lock().expect("locks");
    let before = files(&profile.vault());
    assert!(
        client.people().people.is_empty(),
        "whoever is alone has no chooser"
    );

    let people = client.add_person(Some("Noor"), "  Sam ").expect("adds");
    let (noor, sam) = (id(&people, "Noor"), id(&people, "Sam"));
    assert_eq!(people.chosen, Some(noor));
    assert_eq!(client.leave_person(), Ok(Stage::Choose));
    assert_eq!(client.seal(), Seal::Locked);
    assert_eq!(client.folder(), profile.folder());
    for refused in [
        client.unlock(&passphrase(PASSPHRASE)).err(),
        client.set_language(Language::En).err(),
        client.create_vault(&passphrase(OTHER), &[]).err(),
        client.start_over().err(),
    ] {
        assert_eq!(refused, Some(ClientError::NotNow), "nobody is chosen");
    }

    assert_eq!(
        client.choose_person(sam),
        Ok(Stage::FirstRun(FirstRunStep::Welcome))
    );
    client
        .create_vault(&passphrase(OTHER), &[KEEP.into()])
        .expect("a vault");
    client.finish_first_run().expect("ends");
    let his = client.diary_save(draft("Van Sam alleen")).expect("saves").id;
    assert_eq!(
        client.diary_entry(hers).err().map(|_| ()),
        Some(()),
        "another's entry"
    );
    assert_eq!(
        client.choose_person(noor),
        Err(ClientError::NotNow),
        "not while open"
    );
    assert_eq!(client.leave_person(), Err(ClientError::NotNow));
    client.lock().expect("locks");
    assert_eq!(
        client.unlock(&passphrase(PASSPHRASE)),
        Err(ClientError::WrongPassphrase { wait_seconds: 0 }),
        "another's passphrase"
    );
    assert_eq!(files(&profile.vault()), before, "not a byte of hers was touched");

    drop(client);
    let client = profile.start();
    assert_eq!(client.stage(), Stage::Choose, "asked anew at each start");
    assert_eq!(client.choose_person(noor), Ok(Stage::Locked { wait_seconds: 0 }));
    client.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
    assert_eq!(
        client.diary_entry(hers).expect("an entry").markdown,
        "Van Noor alleen"
    );
    assert!(client.diary_entry(his).is_err());
    client.lock().expect("locks");
    assert!(
        matches!(client.stage(), Stage::Locked { .. }),
        "back to her own lock"
    );
}

#[test]
fn language_look_and_wrong_tries_are_each_ones_own_and_the_chooser_shows_names_only() {
    let profile = Profile::default();
    let client = profile.begin();
    let large = Appearance {
        theme: Theme::Dark,
        contrast: Contrast::System,
        text_size: 200,
    };
    client.set_appearance(large).expect("stores");
    client.set_language(Language::En).expect("stores");
    client.lock().expect("locks");
    let people = client.add_person(Some("Noor"), "Sam").expect("adds");
    for _ in 0..4 {
        let _ = client.unlock(&passphrase("niet deze maar een andere"));
    }
    assert!(matches!(client.stage(), Stage::Locked { wait_seconds: 1.. }));
    client.leave_person().expect("leaves");
    assert_eq!(client.appearance().text_size, 200, "as large as anybody needs it");
    assert_eq!(client.appearance().theme, Theme::System);
    assert_eq!(client.language(), Language::Nl, "the system's, as the two differ");

    client.choose_person(id(&people, "Sam")).expect("chooses");
    assert_eq!(client.appearance().theme, Theme::System);
    client.leave_person().expect("leaves");
    client.choose_person(id(&people, "Noor")).expect("chooses");
    assert_eq!(client.appearance(), large);
    assert_eq!(client.language(), Language::En);
    assert!(
        matches!(client.stage(), Stage::Locked { wait_seconds: 1.. }),
        "leaving does not shorten the wait"
    );
}

#[test]
fn names_are_refused_kindly_changed_by_their_owner_only_and_go_when_nothing_was_begun() {
    let profile = Profile::default();
    let client = profile.start();
    assert_eq!(
        client.add_person(Some("Noor"), "Sam"),
        Err(ClientError::NotNow),
        "before anything was begun"
    );
    regie_tests::begin(&client, &[KEEP]);
    for (own, other, expected) in [
        ("", "Sam", ClientError::BadName),
        ("Noor", " ", ClientError::BadName),
        ("Noor", "noor", ClientError::NameTaken),
    ] {
        assert_eq!(client.add_person(Some(own), other), Err(expected));
        assert!(
            client.people().people.is_empty(),
            "half a change is none: {own:?}, {other:?}"
        );
    }
    let people = client
        .add_person(Some("Noor"), "Sam")
        .expect("adds, also while open");
    assert_eq!(client.rename_person("Sam"), Err(ClientError::NameTaken));
    let renamed = client.rename_person("Noor de Vries").expect("renames");
    assert_eq!(renamed.people[0].initials, "NV");
    client.lock().expect("locks");
    assert_eq!(
        client.rename_person("Iemand"),
        Err(ClientError::Locked),
        "not without her passphrase"
    );
    assert_eq!(
        client.remove_person(),
        Err(ClientError::NotNow),
        "whoever has a vault stays"
    );
    client.leave_person().expect("leaves");
    client.choose_person(id(&people, "Sam")).expect("chooses");
    client
        .remove_person()
        .expect("goes, as nothing was begun under that name");
    assert_eq!(
        client.stage(),
        Stage::Locked { wait_seconds: 0 },
        "alone again, without a chooser"
    );
    assert_eq!(client.unlock(&passphrase(PASSPHRASE)), Ok(Stage::Open));
}

#[test]
fn nothing_of_the_one_who_hid_is_left_for_the_next() {
    let profile = Profile::default();
    let client = profile.begin();
    let people = client.add_person(Some("Noor"), "Sam").expect("adds");
    let (noor, sam) = (id(&people, "Noor"), id(&people, "Sam"));
    client.lock().expect("locks");
    client.choose_person(sam).expect("chooses");
    begin(&client, &[]);
    let mut schedule = Schedule::default();
    schedule.rhythms.diary = Rhythm {
        on: true,
        days: [true; 7],
        minute: 22 * 60,
    };
    schedule.quiet = Quiet::default();
    client.save_reminders(schedule).expect("stores");
    client.lock().expect("locks");
    client.choose_person(noor).expect("chooses");
    client.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
    client.diary_save(draft("Vandaag geschreven")).expect("saves");
    client.hide("{}".into()).expect("hides");
    client.choose_person(sam).expect("chooses");
    assert!(!client.is_hidden());
    profile.clock.pass(chrono::TimeDelta::hours(1));
    let reminded = client.remind().expect("looks");
    assert!(reminded.is_some(), "Sam has not written today");
    client.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
    assert_eq!(client.take_spot(), None);
}
