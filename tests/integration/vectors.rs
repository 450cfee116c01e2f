//! Vaults of every shipped schema stay readable.

use std::path::Path;

use regie_client::{DiaryFilter, EntryAbout, EntryDraft};
use regie_tests::{PASSPHRASE, Profile, copy_folder, draft, take_check};

const WRITTEN: &str = "# Eerste dag\n\nMet *accenten* en 🌊: één, twéé.";

#[test]
fn a_vault_of_schema_1_opens_with_all_that_is_in_it() {
    let frozen = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/schema-1");
    let profile = Profile::default();
    copy_folder(&frozen, &profile.vault());
    let client = profile.reopen();
    let entries = client
        .diary_page(&DiaryFilter::default(), None, 50)
        .expect("a page")
        .entries;
    assert_eq!(entries.len(), 1);
    let entry = client.diary_entry(entries[0].id).expect("an entry");
    assert_eq!(
        (entry.markdown.as_str(), entry.written_at.as_str()),
        (WRITTEN, "2026-11-23T21:14:00+01:00")
    );
    let overview = client.meter_overview().expect("a view");
    assert_eq!(overview.results[0].overall, Some(50));
    assert_eq!(
        client
            .meter_result(overview.results[0].id)
            .expect("a result")
            .note,
        "bevroren"
    );
    assert_eq!(
        client
            .diary_search("eerste dag", 50)
            .expect("a search")
            .hits
            .len(),
        1
    );
    assert_eq!(
        client.diary_search("bevroren", 50).expect("a search").hits.len(),
        1
    );
    client.diary_save(draft("En het gaat verder")).expect("saves");
}

#[test]
fn a_vault_of_schema_2_opens_with_all_that_is_in_it() {
    let frozen = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/schema-2");
    let profile = Profile::default();
    copy_folder(&frozen, &profile.vault());
    let client = profile.reopen();
    let page = client
        .diary_page(&DiaryFilter::default(), None, 50)
        .expect("a page");
    let entry = client.diary_entry(page.entries[0].id).expect("an entry");
    assert_eq!(
        (entry.own_title.as_str(), entry.mood, entry.markdown.as_str()),
        ("Begin", Some(4), WRITTEN)
    );
    assert_eq!(entry.tags, ["thuis"]);
    let overview = client.meter_overview().expect("a view");
    assert_eq!(overview.results[0].overall, Some(50));
    for typed in ["eerste dag", "bevroren", "begin", "thuis"] {
        assert_eq!(
            client.diary_search(typed, 50).expect("a search").hits.len(),
            1,
            "{typed}"
        );
    }
    client.diary_save(draft("En het gaat verder")).expect("saves");
}

#[test]
fn a_vault_of_schema_3_opens_with_all_that_is_in_it() {
    let frozen = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/schema-3");
    if std::env::var_os("REGIE_FREEZE").is_some() {
        freeze(&frozen);
    }
    let profile = Profile::default();
    copy_folder(&frozen, &profile.vault());
    let client = profile.reopen();
    let page = client
        .diary_page(&DiaryFilter::default(), None, 50)
        .expect("a page");
    let entry = client.diary_entry(page.entries[0].id).expect("an entry");
    assert_eq!(
        (entry.own_title.as_str(), entry.markdown.as_str()),
        ("Begin", WRITTEN)
    );
    let result = client.meter_overview().expect("a view").results[0].id;
    assert_eq!(client.meter_result(result).expect("a result").note, "bevroren");
    let held = client.on_hold().expect("a view");
    assert!(held.all.is_none());
    assert_eq!(held.records.len(), 1);
    assert_eq!(held.records[0].restriction.reason, "eerst nakijken");
    let story = client.consent_story().expect("a story");
    assert!(!story.is_empty());
    client.diary_save(draft("En het gaat verder")).expect("saves");
}

/// Makes the frozen vault of the present schema; done once, when a schema ships.
fn freeze(folder: &Path) {
    assert!(!folder.exists(), "a shipped vector is never replaced");
    let profile = Profile::default();
    let client = profile.begin();
    let about = EntryAbout {
        own_title: "Begin".into(),
        mood: Some(4),
        tags: vec!["thuis".into()],
        ..EntryAbout::default()
    };
    client
        .diary_save(EntryDraft {
            about: Some(about),
            ..draft(WRITTEN)
        })
        .expect("saves");
    let check = take_check(&client, 4);
    client.meter_annotate(check, "bevroren").expect("stores");
    client.put_on_hold(Some(check), "eerst nakijken").expect("holds");
    client.lock().expect("locks");
    assert_eq!(PASSPHRASE, "kaars muur zwemt lachend");
    copy_folder(&profile.vault(), folder);
}
