//! Writing, finding again, deleting.

use chrono::TimeDelta;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use regie_client::{ClientError, DiaryFilter, EntryAbout, EntryDraft, HitKind, PlaceView};
use regie_tests::{LOOK_BACK, Profile, draft, take_check};
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
        let page = client
            .diary_page(&DiaryFilter::default(), before.as_deref(), 20)
            .expect("a page");
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
            about: None,
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
        let hits = client.diary_search(typed, 50).expect("a search").hits;
        hits.into_iter().map(|hit| hit.entry.id).collect()
    };
    for typed in ["cafe", "CAFÉ", "gewand", "echt waar", "doel cafe"] {
        assert_eq!(found(typed), [walk], "{typed}");
    }
    for typed in ["ca waar", "\"", "* OR", "café NOT doel", "col:café^2"] {
        assert!(found(typed).is_empty(), "{typed}");
    }
    client.diary_delete(walk).expect("deletes");
    assert!(found("cafe").is_empty());
    client.diary_undo_delete(walk).expect("takes back");
    assert_eq!(found("cafe"), [walk]);
}

#[test]
fn search_finds_other_forms_phrases_tags_and_notes_and_puts_the_most_relevant_first() {
    let profile = Profile::default();
    let client = profile.begin();
    let save = |markdown: &str, title: &str, tags: &[&str]| {
        profile.clock.pass(TimeDelta::days(1));
        let about = EntryAbout {
            own_title: title.into(),
            tags: tags.iter().map(|&tag| tag.into()).collect(),
            ..EntryAbout::default()
        };
        client
            .diary_save(EntryDraft {
                about: Some(about),
                ..draft(markdown)
            })
            .expect("saves")
            .id
    };
    let titled = save(
        "Een lange dag op kantoor met veel mensen.",
        "De vergadering",
        &["werk"],
    );
    let often = save(
        "Vergadering na vergadering, en dan nog een vergadering. We hebben het gehad vandaag.",
        "",
        &[],
    );
    let once = save(
        "Vanmorgen was er een vergadering, daarna ben ik naar huis gegaan, heb ik gegeten en lang geslapen.",
        "",
        &[],
    );
    let plural = save(
        "De vergaderingen van deze week waren lang en ik was er moe van.",
        "",
        &[],
    );
    let english = save(
        "We were walking along the river and talked about the meeting of the day.",
        "",
        &["Werk"],
    );
    profile.clock.pass(TimeDelta::days(1));
    let check = take_check(&client, 3);
    client
        .meter_annotate(check, "Na de vergadering ingevuld")
        .expect("stores");

    let found = |typed: &str| -> Vec<uuid::Uuid> {
        let hits = client.diary_search(typed, 50).expect("a search").hits;
        hits.into_iter().map(|hit| hit.entry.id).collect()
    };
    let hits = found("vergadering ");
    assert_eq!(hits.first(), Some(&titled), "a title counts most");
    let rank = |id| hits.iter().position(|hit| *hit == id).expect("a hit");
    assert!(rank(often) < rank(once), "often says more than once");
    assert!(
        rank(once) < rank(plural),
        "the word itself says more than another form"
    );
    assert_eq!(hits.len(), 5);
    assert!(hits.contains(&check));
    assert_eq!(found("walks river "), [english]);
    assert_eq!(found("\"deze week\""), [plural]);
    assert!(found("\"week deze\"").is_empty());
    assert_eq!(
        found("geslap"),
        [once],
        "a beginning longer than the index of beginnings"
    );
    let mut tagged = found("werk");
    tagged.sort();
    let mut expected = [titled, english];
    expected.sort();
    assert_eq!(tagged, expected);
    let notes = client.diary_search("ingevuld", 50).expect("a search").hits;
    assert!(
        notes
            .iter()
            .all(|hit| hit.kind == HitKind::Note && hit.entry.id == check)
    );
    client.meter_delete(check).expect("deletes");
    assert!(found("ingevuld").is_empty());
}

#[test]
fn whatever_was_written_is_found_by_each_of_its_words_in_any_case_and_accent_and_by_its_beginnings() {
    let profile = Profile::default();
    let client = profile.begin();
    let mut runner = TestRunner::new(Config {
        cases: 60,
        ..Config::default()
    });
    let words = proptest::collection::vec("[a-zéëïöü]{2,12}", 1..12);
    let outcome = runner.run(
        &(words, any::<proptest::sample::Index>(), 1usize..12),
        |(words, at, length)| {
            let id = client.diary_save(draft(&words.join(" "))).expect("saves").id;
            let word = at.get(&words);
            let beginning: String = word.chars().take(length.max(2)).collect();
            let whole = format!("{} ", word.to_uppercase());
            for typed in [
                whole.as_str(),
                beginning.as_str(),
                &beginning.replace('é', "e\u{301}"),
            ] {
                let hits = client.diary_search(typed, 500).expect("a search").hits;
                prop_assert!(
                    hits.iter().any(|hit| hit.entry.id == id),
                    "{:?} in {:?}",
                    typed,
                    words
                );
            }
            client.diary_delete(id).expect("deletes");
            let hits = client.diary_search(&whole, 500).expect("a search").hits;
            prop_assert!(hits.iter().all(|hit| hit.entry.id != id));
            Ok(())
        },
    );
    outcome.expect("all is found");
}

/// As written, as typed.
const DUTCH: [(&str, &str); 8] = [
    ("vergaderingen", "vergadering"),
    ("wandeling", "wandelingen"),
    ("katten", "kat"),
    ("gedachte", "gedachten"),
    ("collega's", "collega"),
    ("ideeën", "IDEEEN"),
    ("rustige", "rustig"),
    ("Cafés", "cafes"),
];
const ENGLISH: [(&str, &str); 8] = [
    ("walking", "walks"),
    ("meetings", "meeting"),
    ("cities", "city"),
    ("Naïvely", "naive"),
    ("talked", "talking"),
    ("quietly", "quiet"),
    ("friends", "friend"),
    ("résumés", "resume"),
];

#[test]
fn what_was_written_is_found_by_other_forms_of_its_words_also_between_those_of_another_language() {
    let profile = Profile::default();
    let client = profile.begin();
    let mut runner = TestRunner::new(Config {
        cases: 40,
        ..Config::default()
    });
    let dutch = proptest::sample::subsequence(DUTCH.to_vec(), 1..=3);
    let english = proptest::sample::subsequence(ENGLISH.to_vec(), 1..=3);
    let outcome = runner.run(&(dutch, english, 0..3), |(dutch, english, which)| {
        let words = |pairs: &[(&str, &str)]| pairs.iter().map(|pair| pair.0).collect::<Vec<_>>().join(", ");
        let nl = format!(
            "Vandaag dacht ik aan {} en daarna heb ik lang geslapen.",
            words(&dutch)
        );
        let en = format!(
            "Today I was thinking about {} and then I slept for hours.",
            words(&english)
        );
        let (text, pairs) = match which {
            0 => (nl, dutch),
            1 => (en, english),
            _ => (format!("{nl}\n\n{en}"), [dutch, english].concat()),
        };
        let id = client.diary_save(draft(&text)).expect("saves").id;
        for (written, typed) in pairs {
            for typed in [
                format!("{typed} "),
                format!("{} ", typed.to_uppercase()),
                format!("{written} "),
            ] {
                let hits = client.diary_search(&typed, 50).expect("a search").hits;
                prop_assert!(
                    hits.iter().any(|hit| hit.entry.id == id),
                    "{:?} in {:?}",
                    typed,
                    text
                );
            }
        }
        client.diary_delete(id).expect("deletes");
        Ok(())
    });
    outcome.expect("all is found");
}

#[test]
fn tags_mood_title_and_date_are_the_persons_to_set_and_to_filter_by() {
    let profile = Profile::default();
    let client = profile.begin();
    let plain = client.diary_save(draft("Gewoon")).expect("saves").id;
    profile.clock.pass(TimeDelta::days(400));
    let about = |written_at: Option<&str>| EntryAbout {
        own_title: " Zee ".into(),
        mood: Some(4),
        tags: vec![
            "#Buiten ".into(),
            "buiten".into(),
            "lange  wandeling".into(),
            " ".into(),
        ],
        written_at: written_at.map(str::to_owned),
    };
    let save = |id, about| {
        client.diary_save(EntryDraft {
            id,
            about: Some(about),
            ..draft("Naar zee")
        })
    };
    let sea = save(None, about(None)).expect("saves").id;
    let entry = client.diary_entry(sea).expect("an entry");
    assert_eq!((entry.own_title.as_str(), entry.mood), ("Zee", Some(4)));
    assert_eq!(entry.tags, ["Buiten", "lange wandeling"]);
    let listed = |filter: DiaryFilter| -> Vec<uuid::Uuid> {
        let page = client.diary_page(&filter, None, 50).expect("a page");
        page.entries.into_iter().map(|row| row.id).collect()
    };
    let by_tag = |tag: &str| DiaryFilter {
        tag: Some(tag.into()),
        ..DiaryFilter::default()
    };
    assert_eq!(listed(DiaryFilter::default()), [sea, plain]);
    assert_eq!(listed(by_tag("BUITEN")), [sea]);
    assert!(listed(by_tag("binnen")).is_empty());
    let mood = |mood| DiaryFilter {
        mood: Some(mood),
        ..DiaryFilter::default()
    };
    assert_eq!(listed(mood(4)), [sea]);
    assert!(listed(mood(3)).is_empty());
    let until = DiaryFilter {
        to: Some(20_261_231),
        ..DiaryFilter::default()
    };
    assert_eq!(listed(until.clone()), [plain]);
    let months: Vec<_> = client
        .diary_months(&DiaryFilter::default())
        .expect("months")
        .iter()
        .map(|month| (month.of, month.entries))
        .collect();
    assert_eq!(months, [(202_712, 1), (202_611, 1)]);

    // The date is corrected: the entry moves, with its tags and words.
    let moved = about(Some("2025-11-23T08:00:00+01:00"));
    save(Some(sea), moved).expect("saves");
    assert_eq!(listed(until), [plain, sea]);
    assert_eq!(listed(by_tag("buiten")), [sea]);
    assert_eq!(client.diary_search("zee", 5).expect("a search").hits.len(), 1);
    assert_eq!(client.diary_days(202_511).expect("days").len(), 1);
    profile.clock.pass(TimeDelta::days(-400));
    client.set_consent(LOOK_BACK, true).expect("stores");
    let earlier: Vec<_> = client
        .diary_on_this_day()
        .expect("a list")
        .into_iter()
        .map(|row| row.id)
        .collect();
    assert_eq!(earlier, [sea]);

    // A save of the text alone leaves what stands around it.
    client
        .diary_save(EntryDraft {
            id: Some(sea),
            ..draft("Naar zee en terug")
        })
        .expect("saves");
    assert_eq!(client.diary_entry(sea).expect("an entry").tags.len(), 2);
    assert_eq!(
        save(
            None,
            EntryAbout {
                mood: Some(6),
                ..about(None)
            }
        )
        .err(),
        Some(ClientError::Malformed)
    );
    client.diary_delete(sea).expect("deletes");
    assert!(client.diary_tags().expect("tags").is_empty());
}

#[test]
fn of_very_many_hits_the_newest_are_ranked_and_that_is_said() {
    let profile = Profile::default();
    let client = profile.begin();
    client.lock().expect("locks");
    drop(client);
    let mut vault = regie_vault::Vault::open(
        &profile.vault(),
        &regie_tests::passphrase(regie_tests::PASSPHRASE),
    )
    .expect("opens");
    let consent = vault.consent().expect("consent");
    let begin = chrono::DateTime::parse_from_rfc3339("2020-01-01T08:00:00+01:00").expect("a date");
    let entries: Vec<_> = (0..2100_i64)
        .map(|day| {
            let at = begin + TimeDelta::hours(day);
            regie_domain::diary::Entry {
                id: regie_domain::EntryId(uuid::Uuid::now_v7()),
                own_title: String::new(),
                mood: None,
                tags: Vec::new(),
                markdown: format!("Gewandeld, keer {day}"),
                written: regie_domain::moment::Moment {
                    at,
                    zone: "Europe/Amsterdam".into(),
                },
                edited: at.to_utc(),
                caret: None,
                attachments: Vec::new(),
            }
        })
        .collect();
    // In whatever order they arrive, hits come by their dates.
    vault.save_entries(&consent, entries.iter().rev()).expect("saves");
    vault.close().expect("closes");
    let client = profile.reopen();
    let found = client.diary_search("gewandeld", 50).expect("a search");
    assert_eq!(
        (found.ranked, found.older, found.more, found.hits.len()),
        (2000, true, true, 50)
    );
    assert_eq!(found.hits[0].entry.id, entries.last().expect("one").id.0);
    let rare = client.diary_search("keer 7", 50).expect("a search");
    assert!(!rare.older && rare.hits.iter().any(|hit| hit.entry.id == entries[7].id.0));
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
        about: None,
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
            about: None,
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

#[test]
fn the_list_is_whole_by_month_and_position_under_every_filter() {
    let profile = Profile::default();
    let client = profile.begin();
    for number in 0..70u32 {
        let about = EntryAbout {
            mood: Some(u8::try_from(number % 5 + 1).expect("small")),
            tags: if number % 2 == 0 {
                vec!["even".into()]
            } else {
                Vec::new()
            },
            ..EntryAbout::default()
        };
        client
            .diary_save(EntryDraft {
                about: Some(about),
                ..draft(&format!("Dag {number}"))
            })
            .expect("saves");
        profile.clock.pass(TimeDelta::hours(30));
    }
    let all = DiaryFilter::default();
    let even = DiaryFilter {
        tag: Some("even".into()),
        ..DiaryFilter::default()
    };
    let mood = DiaryFilter {
        mood: Some(2),
        tag: Some("Even".into()),
        // February has no 31st.
        to: Some(20_270_231),
        ..DiaryFilter::default()
    };
    let mut counts = Vec::new();
    for filter in [all, even, mood] {
        let page = client.diary_page(&filter, None, 200).expect("a page");
        let by_page: Vec<_> = page.entries.into_iter().map(|row| row.id).collect();
        let mut by_position = Vec::new();
        for month in client.diary_months(&filter).expect("months") {
            for skip in (0..month.entries).step_by(7) {
                let rows = client.diary_rows(&filter, month.of, skip, 7).expect("rows");
                assert_eq!(
                    rows.len(),
                    usize::try_from((month.entries - skip).min(7)).expect("few")
                );
                by_position.extend(rows.into_iter().map(|row| row.id));
            }
        }
        assert_eq!(by_position, by_page);
        counts.push(by_page.len());
    }
    assert_eq!(counts, [70, 35, 7]);
}

#[test]
fn the_calendar_knows_what_each_day_holds_and_the_same_day_in_earlier_years() {
    let profile = Profile::default();
    let client = profile.begin();
    client.set_consent(LOOK_BACK, true).expect("stores");
    let old = client.diary_save(draft("Een jaar eerder")).expect("saves").id;
    profile.clock.pass(TimeDelta::days(365));
    let check = take_check(&client, 4);
    let entry = client.diary_save(draft("Vandaag")).expect("saves").id;
    let days = client.diary_days(202_711).expect("days");
    assert_eq!(days.len(), 1);
    assert_eq!(
        (days[0].day, days[0].entries, days[0].results),
        (20_271_123, 1, 1)
    );
    let day = client.diary_day(20_271_123).expect("a day");
    let ids = |rows: Vec<regie_client::EntryRow>| rows.into_iter().map(|row| row.id).collect::<Vec<_>>();
    assert_eq!(ids(day.entries), [entry]);
    assert_eq!(day.results.iter().map(|row| row.id).collect::<Vec<_>>(), [check]);
    assert_eq!(ids(day.earlier), [old]);
    assert_eq!(ids(client.diary_on_this_day().expect("a list")), [old]);

    let mut settings = client.diary_settings().expect("settings");
    assert!(client.diary_prompt(0).expect("a prompt").is_some());
    settings.prompts = false;
    client.save_diary_settings(settings).expect("stores");
    client.set_consent(LOOK_BACK, false).expect("stores");
    assert!(client.diary_on_this_day().expect("a list").is_empty());
    assert!(client.diary_prompt(0).expect("none").is_none());
    assert!(client.diary_day(20_271_130).expect("a day").entries.is_empty());
    assert!(client.diary_days(-7).expect("nonsense is empty").is_empty());
}

#[test]
fn v20_a_wrong_date_is_corrected_by_the_clock_of_the_place_where_it_was_written() {
    let profile = Profile::default();
    let client = profile.begin();
    let id = client.diary_save(draft("Over de zomer")).expect("saves").id;
    let moved = client.diary_move(id, "2026-07-01T08:15").expect("moves");
    assert_eq!(moved.written_at, "2026-07-01T08:15:00+02:00");
    assert_eq!(moved.zone, "Europe/Amsterdam");
    assert_eq!(moved.markdown, "Over de zomer");
    let months = client.diary_months(&DiaryFilter::default()).expect("months");
    assert_eq!(months.iter().map(|month| month.of).collect::<Vec<_>>(), [202_607]);
    assert_eq!(client.diary_search("zomer", 5).expect("a search").hits.len(), 1);
    for nonsense in ["", "2026-02-30T08:00", "2026-07-01T25:00", "2026-07-01"] {
        assert_eq!(
            client.diary_move(id, nonsense).err(),
            Some(ClientError::Malformed),
            "{nonsense}"
        );
    }
    client.set_consent("keep_on_device", false).expect("withdraws");
    assert!(matches!(
        client.diary_move(id, "2026-07-02T08:15").err(),
        Some(ClientError::Vault(VaultError::NoConsent(_)))
    ));
}
