//! Reminders: chosen while open, given while locked, and never a pile.

use chrono::TimeDelta;
use regie_client::{Client, ClientError};
use regie_domain::reminder::{Quiet, Rhythm, Schedule};
use regie_tests::{PASSPHRASE, Profile, draft, passphrase, take, take_check};

/// Every day at this hour; nothing else, no quiet hours.
fn diary_at(hour: u16) -> Schedule {
    let mut schedule = Schedule::default();
    schedule.rhythms.diary = Rhythm {
        on: true,
        days: [true; 7],
        minute: hour * 60,
    };
    schedule.quiet = Quiet::default();
    schedule
}

fn reminded(client: &Client) -> bool {
    client.remind().expect("looks").is_some()
}

#[test]
fn nothing_reminds_until_it_is_chosen_and_then_also_behind_the_lock_and_after_a_closed_month() {
    let profile = Profile::default();
    let client = profile.begin();
    profile.clock.pass(TimeDelta::days(9));
    assert!(!reminded(&client), "off until chosen");
    assert_eq!(client.reminders().expect("reads").next, None);

    let view = client.save_reminders(diary_at(20)).expect("stores");
    assert_eq!(
        view.next.as_deref(),
        Some("2026-12-03T20:00:00+01:00"),
        "tonight's has passed"
    );
    client.lock().expect("locks");
    assert_eq!(client.reminders().err(), Some(ClientError::Locked));
    assert_eq!(
        client.save_reminders(diary_at(9)).err(),
        Some(ClientError::Locked)
    );
    profile.clock.pass(TimeDelta::hours(22));
    assert!(!reminded(&client));
    profile.clock.pass(TimeDelta::hours(1));
    assert_eq!(client.remind(), Ok(Some("Even een moment voor jezelf?")));
    assert!(!reminded(&client), "once");

    drop(client);
    profile.clock.pass(TimeDelta::days(31));
    let client = profile.start();
    assert!(reminded(&client), "one at the next start");
    assert!(!reminded(&client), "and not thirty");
}

#[test]
fn what_is_due_together_comes_together_and_a_day_on_which_it_was_done_is_left_in_peace() {
    let profile = Profile::default();
    let client = profile.begin();
    let mut schedule = diary_at(22);
    schedule.rhythms.check = schedule.rhythms.diary;
    schedule.rhythms.pulse = schedule.rhythms.diary;
    client.save_reminders(schedule).expect("stores");
    profile.clock.pass(TimeDelta::hours(1));
    assert!(reminded(&client));
    assert!(!reminded(&client), "three at once are one notification");

    client.save_reminders(diary_at(22)).expect("stores");
    profile.clock.pass(TimeDelta::hours(12));
    client.diary_save(draft("Vandaag al geschreven")).expect("saves");
    profile.clock.pass(TimeDelta::hours(12));
    assert!(!reminded(&client), "written today");
    profile.clock.pass(TimeDelta::hours(23));
    client.diary_save(draft("Ook vandaag")).expect("saves");
    client.lock().expect("locks");
    profile.clock.pass(TimeDelta::hours(1));
    assert!(!reminded(&client), "also known behind the lock");

    client.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
    let mut checks = Schedule::default();
    checks.rhythms.check = schedule.rhythms.check;
    checks.quiet = Quiet::default();
    client.save_reminders(checks).expect("stores");
    profile.clock.pass(TimeDelta::hours(23));
    take_check(&client, 4);
    profile.clock.pass(TimeDelta::hours(1));
    assert!(!reminded(&client), "a check was taken today");
    profile.clock.pass(TimeDelta::hours(24));
    assert!(reminded(&client));
}

#[test]
fn reminders_are_each_ones_own_come_for_all_and_say_nothing_about_anybody() {
    let profile = Profile::default();
    let client = profile.begin();
    client.save_reminders(diary_at(22)).expect("stores");
    client.add_person(Some("Noor"), "Sam").expect("adds");
    client.lock().expect("locks");
    client.leave_person().expect("leaves");
    profile.clock.pass(TimeDelta::hours(1));
    assert_eq!(
        client.remind(),
        Ok(Some("Even een moment voor jezelf?")),
        "nobody has chosen their name yet"
    );
    assert!(!reminded(&client));
}

#[test]
fn an_impossible_schedule_is_refused_and_what_rests_outside_the_vault_is_days_and_times() {
    let profile = Profile::default();
    let client = profile.begin();
    client.diary_save(draft("kanarie in de mijn")).expect("saves");
    let mut without_days = diary_at(20);
    without_days.rhythms.diary.days = [false; 7];
    for impossible in [without_days, diary_at(24)] {
        assert_eq!(
            client.save_reminders(impossible).err(),
            Some(ClientError::Malformed)
        );
    }
    client.save_reminders(diary_at(20)).expect("stores");
    let file = std::fs::read_to_string(profile.folder().join("device.json")).expect("a file");
    let file: serde_json::Value = serde_json::from_str(&file).expect("json");
    let kept = file["reminders"].as_object().expect("an object");
    assert_eq!(kept.keys().collect::<Vec<_>>(), ["past", "schedule", "silent"]);
    let agreed = file["agreed"].as_object().expect("an object");
    assert_eq!(agreed.keys().collect::<Vec<_>>(), ["language", "schedule"]);
    assert!(!file.to_string().contains("kanarie"));
}

#[test]
fn an_added_questionnaire_counts_as_what_it_is_and_nobody_is_reminded_of_what_is_not_offered() {
    let profile = Profile::default();
    let client = profile.begin();
    let pulse = include_str!("../../crates/domain/content/instruments/pulse-4.questionnaire.json");
    let scoring = include_str!("../../crates/domain/content/instruments/pulse-4.scoring.json");
    let path = profile.folder().with_file_name("own.json");
    for (name, rhythm) in [("pulse-of-work", "whenever"), ("look-back", "weekly")] {
        let own = format!("{{\"questionnaire\": {pulse}, \"scoring\": {scoring}}}")
            .replace("pulse-4", name)
            .replace("weekly", rhythm)
            .replace(
                &format!("\"title\": \"{rhythm} pulse\""),
                "\"title\": \"Weekly pulse\"",
            );
        std::fs::write(&path, own).expect("writes");
        assert_eq!(client.add_instrument(&path), Ok(Vec::new()));
    }
    let mut schedule = diary_at(22);
    schedule.rhythms.pulse = schedule.rhythms.diary;
    schedule.rhythms.diary.on = false;
    client.save_reminders(schedule).expect("stores");
    // At 22:05 each evening.
    profile.clock.pass(TimeDelta::minutes(65));
    assert!(reminded(&client));
    let evenings = |taken: &[&str]| {
        profile.clock.pass(TimeDelta::hours(22));
        for id in taken {
            take(&client, id, 4);
        }
        profile.clock.pass(TimeDelta::hours(2));
        reminded(&client)
    };
    assert!(evenings(&["pulse-of-work"]), "that is a check");
    assert!(!evenings(&["look-back"]), "one was done today");
    assert!(evenings(&[]), "the pulse is offered");
    assert!(!evenings(&["pulse-4"]));
    for _ in 0..4 {
        assert!(!evenings(&[]), "Today offers none");
    }
    assert!(evenings(&[]), "the first is offered again");
}
