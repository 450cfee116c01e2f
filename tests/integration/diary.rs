//! Writing, finding again, deleting.

use chrono::TimeDelta;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use regie_client::{ClientError, EntryDraft, PlaceView};
use regie_tests::{Profile, draft};
use regie_vault::VaultError;

#[test]
fn what_was_written_comes_back_whatever_the_signs() {
    let profile = Profile::default();
    let client = profile.begin();
    let mut runner = TestRunner::new(Config {
        cases: 200,
        ..Config::default()
    });
    let outcome = runner.run(&any::<String>(), |text| {
        let id = client.diary_save(draft(&text)).expect("saves").id;
        prop_assert_eq!(client.diary_entry(id).expect("an entry").markdown, text);
        Ok(())
    });
    outcome.expect("every text comes back");
}

#[test]
fn the_list_goes_back_in_time_page_by_page_without_gaps_or_doubles() {
    let profile = Profile::default();
    let client = profile.begin();
    for number in 0..125 {
        client
            .diary_save(draft(&format!("Dag {number}\n\nen meer")))
            .expect("saves");
        // Several entries share a moment.
        profile.clock.pass(TimeDelta::seconds(i64::from(number % 3 == 0)));
    }
    let (mut titles, mut before) = (Vec::new(), None);
    loop {
        let page = client.diary_page(before.as_deref(), 20).expect("a page");
        assert_eq!(page.total, 125);
        titles.extend(page.entries.into_iter().map(|row| row.title));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    let expected: Vec<_> = (0..125).rev().map(|number| format!("Dag {number}")).collect();
    assert_eq!(titles, expected);
}

#[test]
fn an_entry_keeps_the_time_and_zone_in_which_it_was_begun() {
    let profile = Profile::default();
    let client = profile.begin();
    let id = client.diary_save(draft("Begonnen")).expect("saves").id;
    profile.clock.pass(TimeDelta::days(3));
    client
        .diary_save(EntryDraft {
            id: Some(id),
            markdown: "Later verder".into(),
            caret: 5,
        })
        .expect("saves");
    let entry = client.diary_entry(id).expect("an entry");
    assert_eq!(entry.written_at, "2026-11-23T21:14:00+01:00");
    assert_eq!(entry.zone, "Europe/Amsterdam");
    assert_eq!(entry.edited_at, "2026-11-26T20:14:00+00:00");
    assert_eq!(entry.caret, Some(5));
}

#[test]
fn search_finds_words_without_accents_and_beginnings_and_forgets_the_deleted() {
    let profile = Profile::default();
    let client = profile.begin();
    let walk = client
        .diary_save(draft("Met een **café** als doel gewandeld, écht waar"))
        .expect("saves")
        .id;
    client.diary_save(draft("Thuis gebleven")).expect("saves");
    let found = |typed: &str| -> Vec<uuid::Uuid> {
        let hits = client.diary_search(typed).expect("a search").hits;
        hits.into_iter().map(|hit| hit.entry.id).collect()
    };
    for typed in ["cafe", "CAFÉ", "gewand", "echt waar", "doel cafe"] {
        assert_eq!(found(typed), [walk], "{typed}");
    }
    for typed in ["caf waar", "\"", "* OR", "café NOT doel", "col:café^2"] {
        assert!(found(typed).is_empty(), "{typed}");
    }
    client.diary_delete(walk).expect("deletes");
    assert!(found("cafe").is_empty());
    client.diary_undo_delete(walk).expect("takes back");
    assert_eq!(found("cafe"), [walk]);
}

#[test]
fn a_deletion_can_be_taken_back_and_then_is_final() {
    let profile = Profile::default();
    let client = profile.begin();
    let id = client.diary_save(draft("Weg ermee")).expect("saves").id;
    client.diary_delete(id).expect("deletes");
    assert_eq!(
        client.diary_entry(id).err(),
        Some(ClientError::Vault(VaultError::NotFound))
    );
    let late = client.diary_save(EntryDraft {
        id: Some(id),
        markdown: "toch".into(),
        caret: 0,
    });
    assert_eq!(
        late.err(),
        Some(ClientError::Vault(VaultError::NotFound)),
        "a late save does not bring it back"
    );
    profile.clock.pass(TimeDelta::seconds(10));
    client.tick().expect("ticks");
    client.diary_undo_delete(id).expect("takes back");
    assert_eq!(client.diary_entry(id).expect("an entry").markdown, "Weg ermee");

    client.diary_delete(id).expect("deletes");
    profile.clock.pass(TimeDelta::seconds(61));
    client.tick().expect("ticks");
    assert_eq!(
        client.diary_undo_delete(id).err(),
        Some(ClientError::Vault(VaultError::NotFound))
    );

    let other = client.diary_save(draft("Ook weg")).expect("saves").id;
    client.diary_delete(other).expect("deletes");
    client.lock().expect("locks");
    drop(client);
    assert_eq!(
        profile.reopen().diary_undo_delete(other).err(),
        Some(ClientError::Vault(VaultError::NotFound))
    );
}

#[test]
fn today_leads_back_to_where_writing_stopped() {
    let profile = Profile::default();
    let client = profile.begin();
    let id = client
        .diary_save(EntryDraft {
            id: None,
            markdown: "Hier was ik".into(),
            caret: 4,
        })
        .expect("saves")
        .id;
    client
        .diary_place(Some(PlaceView { entry: id, caret: 9 }))
        .expect("stores");
    drop(client);
    let today = profile.reopen().today().expect("a view");
    assert_eq!(
        today.continue_entry.map(|row| row.title),
        Some("Hier was ik".into())
    );
    assert_eq!(today.caret, Some(9));
}

#[test]
fn an_entry_beyond_measure_is_refused() {
    let client_profile = Profile::default();
    let client = client_profile.begin();
    let refused = client.diary_save(draft(&"a".repeat(3 * 1024 * 1024)));
    assert_eq!(refused.err(), Some(ClientError::Vault(VaultError::TooLarge)));
}
