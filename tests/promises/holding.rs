//! Putting on hold, and putting right.

use chrono::TimeDelta;
use regie_client::{
    AnswerChoice, BackupChoice, BackupSecret, Client, ClientError, EntryAbout, EntryDraft, HitKind,
    ItemAnswer, PlaceView, SheetFormat,
};
use regie_domain::seal::Seal;
use regie_tests::{KEEP, LOOK_BACK, PASSPHRASE, Profile, draft, passphrase, take, take_check};
use regie_vault::VaultError;
use uuid::Uuid;

fn newest_change(client: &Client) -> Option<u32> {
    let trend = client.meter_trend(None, None).expect("a trend");
    let overall = trend.series.into_iter().find(|one| one.dimension == "overall")?;
    Some(overall.change?.results)
}

fn points(client: &Client) -> u32 {
    let trend = client.meter_trend(None, None).expect("a trend");
    let overall = trend.series.iter().find(|one| one.dimension == "overall");
    overall.map_or(0, |one| one.results)
}

/// Three checks, three entries, tags; a year later. What there is of them, oldest first.
fn lived(profile: &Profile) -> (Client, Vec<Uuid>, Vec<Uuid>) {
    let client = profile.begin();
    client.set_consent(LOOK_BACK, true).expect("stores");
    let (mut checks, mut entries) = (Vec::new(), Vec::new());
    for (number, tag) in ["werk", "thuis", "ziek"].into_iter().enumerate() {
        checks.push(take_check(&client, 3 + u8::try_from(number).expect("small")));
        let written = EntryDraft {
            about: Some(EntryAbout {
                tags: vec![tag.into()],
                ..EntryAbout::default()
            }),
            ..draft(&format!("Dag {number}"))
        };
        entries.push(client.diary_save(written).expect("saves").id);
        profile.clock.pass(TimeDelta::hours(1));
    }
    profile.clock.pass(TimeDelta::days(365));
    profile.clock.pass(TimeDelta::hours(-3));
    client.touch();
    (client, checks, entries)
}

#[test]
fn v23_what_is_on_hold_is_read_found_and_taken_along_and_used_for_nothing_else() {
    let profile = Profile::default();
    let (client, checks, entries) = lived(&profile);
    let (check, entry) = (checks[2], entries[2]);
    client
        .diary_place(Some(PlaceView { entry, caret: 2 }))
        .expect("stores");
    let today = client.today().expect("a view");
    assert_eq!(today.last_result.map(|row| row.id), Some(check));
    assert_eq!(today.continue_entry.map(|row| row.id), Some(entry));
    assert_eq!((points(&client), newest_change(&client)), (3, Some(3)));

    for record in [check, entry] {
        client
            .put_on_hold(Some(record), " Hierover loopt een gesprek ")
            .expect("stores");
    }
    // Its own hand.
    let shown = client.diary_entry(entry).expect("an entry");
    let restriction = shown.restriction.expect("on hold");
    assert_eq!(restriction.reason, "Hierover loopt een gesprek");
    assert_eq!(client.diary_search("Dag 2", 5).expect("a search").hits.len(), 1);
    let result = client.meter_result(check).expect("a result");
    assert!(result.restriction.is_some() && result.overall.as_ref().is_some_and(|one| one.score.is_some()));
    let file = profile.folder().join("uitslag.pdf");
    client
        .save_result(check, SheetFormat::Pdf, &file)
        .expect("takes it along");
    let list = client.meter_overview().expect("a view").results;
    assert!(list.iter().any(|row| row.id == check));
    client
        .diary_save(EntryDraft {
            id: Some(entry),
            ..draft("Dag 2, verbeterd")
        })
        .expect("is put right");
    // Everything else.
    assert_eq!((points(&client), newest_change(&client)), (2, Some(2)));
    assert_eq!(client.meter_trend(None, None).expect("a trend").held, 1);
    assert!(
        result.overall.expect("a score").change.is_none(),
        "not compared itself"
    );
    let later = take_check(&client, 4);
    let later = client
        .meter_result(later)
        .expect("a result")
        .overall
        .expect("a score");
    assert_eq!(
        later.change.map(|change| change.results),
        Some(3),
        "two earlier ones and itself"
    );
    let today = client.today().expect("a view");
    assert!(today.continue_entry.is_none());
    assert_ne!(today.last_result.map(|row| row.id), Some(check));
    let comes_by = client.diary_on_this_day().expect("a list");
    assert_eq!(comes_by.len(), 2);
    assert!(comes_by.iter().all(|row| row.id != entry));
    let tags = client.diary_tags().expect("tags");
    let offered: Vec<_> = tags.iter().map(|tag| (tag.name.as_str(), tag.offered)).collect();
    assert_eq!(offered, [("thuis", true), ("werk", true), ("ziek", false)]);

    let held = client.on_hold().expect("a list");
    assert!(held.all.is_none());
    let rows: Vec<_> = held.records.iter().map(|row| (row.kind, row.id)).collect();
    assert_eq!(rows, [(HitKind::Entry, entry), (HitKind::Note, check)]);

    client.release(Some(check)).expect("releases");
    client.release(Some(entry)).expect("releases");
    assert_eq!(points(&client), 4);
    assert_eq!(client.diary_on_this_day().expect("a list").len(), 3);
    assert!(client.on_hold().expect("a list").records.is_empty());
}

#[test]
fn v23_with_everything_on_hold_all_rests_and_the_seal_says_so() {
    let profile = Profile::default();
    let (client, checks, entries) = lived(&profile);
    assert_eq!(client.seal(), Seal::OnlyHere);
    client.put_on_hold(None, "").expect("stores");
    drop(client);
    let client = profile.reopen();
    assert_eq!(client.seal(), Seal::Paused);
    let today = client.today().expect("a view");
    assert!(today.on_hold.is_some() && today.offers.is_empty() && today.last_result.is_none());
    assert!(client.diary_prompt(0).expect("none").is_none());
    assert!(client.diary_on_this_day().expect("a list").is_empty());
    let trend = client.meter_trend(None, None).expect("a trend");
    assert!(trend.on_hold && trend.series.is_empty());
    let result = client.meter_result(checks[2]).expect("a result");
    assert!(
        result
            .overall
            .is_some_and(|one| one.score.is_some() && one.change.is_none())
    );
    assert_eq!(
        client.diary_entry(entries[0]).expect("an entry").markdown,
        "Dag 0"
    );
    assert_eq!(client.diary_search("Dag", 9).expect("a search").hits.len(), 3);
    client.meter_delete(checks[0]).expect("deletes");
    assert!(client.on_hold().expect("a view").all.is_some());

    client.release(None).expect("releases");
    assert_eq!((client.seal(), points(&client)), (Seal::OnlyHere, 2));
}

#[test]
fn v23_pausing_needs_no_consent_outlives_a_restore_and_goes_with_what_it_was_on() {
    let profile = Profile::default();
    let client = profile.begin();
    let entry = client.diary_save(draft("in de kopie")).expect("saves").id;
    client.back_up_now().expect("a backup");
    let later = client.diary_save(draft("na de kopie")).expect("saves").id;
    client.set_consent(KEEP, false).expect("stores");
    for record in [Some(entry), Some(later), None] {
        client.put_on_hold(record, "eerst uitzoeken").expect("stores");
    }
    let nobody = client.put_on_hold(Some(Uuid::nil()), "").err();
    assert_eq!(nobody, Some(ClientError::Vault(VaultError::NotFound)));
    let name = client.local_backups().expect("backups").remove(0).name;
    client
        .restore(
            &BackupChoice::Local { name },
            &BackupSecret::Passphrase(passphrase(PASSPHRASE)),
        )
        .expect("restores");
    let held = client.on_hold().expect("a list");
    assert_eq!(held.all.map(|all| all.reason).as_deref(), Some("eerst uitzoeken"));
    assert_eq!(held.records.iter().map(|row| row.id).collect::<Vec<_>>(), [entry]);

    client.diary_delete(entry).expect("deletes");
    client.diary_undo_delete(entry).expect("takes back");
    assert_eq!(
        client.on_hold().expect("a list").records.len(),
        1,
        "not lost by an undo"
    );
    client.diary_delete(entry).expect("deletes");
    profile.clock.pass(TimeDelta::minutes(2));
    client.tick().expect("ticks");
    client.release(None).expect("releases");
    let counts = client.my_data().expect("a view").counts;
    let marks = counts.iter().find(|count| count.kind == "restriction");
    assert_eq!(marks.map(|count| count.count), Some(0));
}

#[test]
fn v20_answers_and_date_of_a_finished_check_are_put_right_and_it_says_so() {
    let profile = Profile::default();
    let client = profile.begin();
    let first = take_check(&client, 4);
    client.meter_annotate(first, "kanarienotitie").expect("stores");
    profile.clock.pass(TimeDelta::days(1));
    take_check(&client, 4);
    profile.clock.pass(TimeDelta::days(1));
    client.touch();
    assert_eq!(client.meter_result(first).expect("a result").corrected_at, None);
    let run = client.meter_run(first).expect("its statements and answers");
    assert_eq!((run.items.len(), run.answers.len()), (16, 16));
    let answers: Vec<_> = run
        .items
        .iter()
        .map(|item| ItemAnswer {
            item: item.id.clone(),
            answer: AnswerChoice::Value { value: 7 },
        })
        .collect();
    let same = client.meter_correct(first, &run.answers, Some("2026-11-23T21:14"));
    assert_eq!(same.expect("a result").corrected_at, None, "nothing was changed");
    let corrected = client
        .meter_correct(first, &answers, Some("2026-11-25T08:00"))
        .expect("a result");
    assert_eq!(corrected.overall.and_then(|one| one.score), Some(69));
    assert_eq!(corrected.taken_at, "2026-11-25T08:00:00+01:00");
    assert_eq!(
        corrected.corrected_at.as_deref(),
        Some("2026-11-25T20:14:00+00:00")
    );
    let order: Vec<_> = client.meter_overview().expect("a view").results;
    assert_eq!(order[0].id, first, "by its new date");
    let found = client.diary_search("kanarienotitie", 5).expect("a search").hits;
    assert_eq!(found.len(), 1, "its note is found once, at its new place");
    assert_eq!(found[0].entry.written_at, "2026-11-25T08:00:00+01:00");
    let day = client.diary_day(20_261_123).expect("a day");
    assert!(day.results.is_empty());

    let wrong = [ItemAnswer {
        item: "nope".into(),
        answer: AnswerChoice::Value { value: 1 },
    }];
    let refused = client.meter_correct(first, &wrong, None).err();
    assert_eq!(refused, Some(ClientError::Malformed));
    let refused = client.meter_correct(first, &[], Some("gisteren")).err();
    assert_eq!(refused, Some(ClientError::Malformed));
    let paused = client.meter_start("vitality-16").expect("a check").id;
    let refused = client.meter_correct(paused, &answers, None).err();
    assert_eq!(
        refused,
        Some(ClientError::Vault(VaultError::NotFound)),
        "it is not finished"
    );
    let check_in = take(&client, "pulse-4", 3);
    client.set_consent(KEEP, false).expect("stores");
    let refused = client
        .meter_correct(check_in, &[], Some("2026-11-20T08:00"))
        .err();
    assert_eq!(refused, Some(ClientError::Vault(VaultError::NoConsent(KEEP))));
}
