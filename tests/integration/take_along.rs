//! Taking everything along and bringing it in again: nothing lost, nothing twice, and whatever is wrong changes nothing.

use std::fs;
use std::path::Path;

use chrono::TimeDelta;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use regie_archive::{
    incoming::Incoming,
    model::{Attached, Item},
    seal::Secret,
};
use regie_client::{
    AnswerChoice, Client, ClientError, EntryAbout, EntryDraft, ExportForm, ExportParts, ExportProtection,
    ExportRequest, ExportedView, ImportLook, ImportOutcome, ImportPreview, ImportSecret, ImportedView,
};
use regie_tests::{PASSPHRASE, Profile, draft, passphrase, photo, recording, take, take_check};
use regie_vault::VaultError;

const ALL_PARTS: ExportParts = ExportParts {
    fhir: true,
    markdown: true,
    csv: true,
    report: false,
};

/// Everything, as an archive of all parts but the report.
pub(crate) fn everything() -> ExportRequest {
    ExportRequest {
        form: ExportForm::Archive,
        diary: true,
        checks: true,
        from: None,
        to: None,
        parts: ALL_PARTS,
        given_only: false,
    }
}

pub(crate) fn export(client: &Client, path: &Path) -> ExportedView {
    client
        .export(&everything(), &ExportProtection::Plain, path)
        .expect("an export")
}

/// What comes out of an archive, in a form that can be compared.
pub(crate) fn items(path: &Path) -> Vec<Item> {
    let mut all = Vec::new();
    let mut incoming = Incoming::open(path, None, &|| false).expect("an archive");
    incoming
        .read(chrono_tz::UTC, &mut |item| {
            if !matches!(item, Item::LeftOut(_)) {
                all.push(item);
            }
            Ok(())
        })
        .expect("a whole archive");
    all
}

pub(crate) fn look(client: &Client, path: &Path) -> ImportPreview {
    client.choose_import(path);
    match client.look_at_import(None).expect("a look") {
        ImportLook::Ready { preview } => preview,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn bring_in(client: &Client, path: &Path) -> ImportedView {
    look(client, path);
    match client.import().expect("an import") {
        ImportOutcome::Done { imported } => imported,
        other => panic!("{other:?}"),
    }
}

/// A life in small: entries with everything that an entry can have, checks of every kind, one paused.
pub(crate) fn live(client: &Client, profile: &Profile) {
    for (number, mood) in [(1, Some(2)), (2, None), (3, Some(5))] {
        profile.clock.pass(TimeDelta::hours(30));
        client
            .diary_save(EntryDraft {
                about: Some(EntryAbout {
                    own_title: if number == 2 {
                        String::new()
                    } else {
                        format!("Dag \"{number}\": 'n titel")
                    },
                    mood,
                    tags: vec!["werk".into(), "Überstunden, óók 🌧".into()],
                    written_at: None,
                }),
                ..draft(&format!(
                    "# Kop\n\n=SOM(1;2) **vet** {number}\n\n- a\n- b\n\n---\n\n> \u{202e}om\u{202c}"
                ))
            })
            .expect("saves");
    }
    take_check(client, 5);
    profile.clock.pass(TimeDelta::days(1));
    let id = take(client, "pulse-4", 3);
    client
        .meter_annotate(id, "Druk, \"heel\" druk\nen toch goed")
        .expect("a note");
    let paused = client.meter_start("vitality-16").expect("a run");
    client
        .meter_answer(paused.id, "e1", AnswerChoice::Skipped, 1)
        .expect("an answer");
}

#[test]
fn an_archive_comes_back_into_a_new_vault_whole_and_only_once() {
    let (here, there) = (Profile::default(), Profile::default());
    let client = here.begin();
    live(&client, &here);
    let stick = here.stick();
    let archive = stick.join("alles.zip");
    let exported = export(&client, &archive);
    assert_eq!((exported.entries, exported.results), (3, 3));
    assert_eq!(
        fs::read_dir(&stick).expect("a folder").count(),
        1,
        "nothing stays beside it"
    );

    let other = there.begin();
    let preview = look(&other, &archive);
    assert_eq!(
        (preview.entries, preview.results, preview.there, preview.differ),
        (3, 3, 0, 0)
    );
    assert_eq!(preview.first.as_deref(), Some("2026-11-25"));
    let imported = bring_in(&other, &archive);
    assert_eq!((imported.entries, imported.results, imported.there), (3, 3, 0));
    let again = bring_in(&other, &archive);
    assert_eq!((again.entries, again.results, again.there), (0, 0, 6));
    let back = stick.join("terug.zip");
    export(&other, &back);
    assert_eq!(items(&back), items(&archive));
    // It is found, listed and goes on like anything written here.
    assert_eq!(other.diary_search("vet", 10).expect("a search").hits.len(), 3);
    assert_eq!(other.meter_overview().expect("a view").paused.len(), 1);
    assert_eq!(
        bring_in(&client, &archive).entries,
        0,
        "where it came from it is already"
    );
}

#[test]
fn v25_export_then_import_equals_the_original_whatever_was_written() {
    let (here, there) = (Profile::default(), Profile::default());
    let (client, other) = (here.begin(), there.begin());
    let stick = here.stick();
    let (archive, back) = (stick.join("a.zip"), stick.join("b.zip"));
    let mut runner = TestRunner::new(Config {
        cases: 24,
        ..Config::default()
    });
    let entry = (
        any::<String>(),
        "\\PC{0,40}",
        proptest::option::of(1u8..=5),
        proptest::collection::vec("\\PC{0,30}", 0..5),
        0i64..400_000_000,
        proptest::collection::vec((0u8..4, "\\PC{0,30}"), 0..4),
    );
    let outcome = runner.run(&proptest::collection::vec(entry, 1..6), |entries| {
        for (markdown, own_title, mood, tags, later, attached) in entries {
            let drafted = EntryDraft {
                about: Some(EntryAbout {
                    own_title,
                    mood,
                    tags,
                    written_at: None,
                }),
                ..draft(&markdown)
            };
            let entry = client.diary_save(drafted).expect("saves").id;
            for (number, description) in attached {
                let bytes = if number == 0 { recording() } else { photo(number) };
                let added = client.attach_bytes(Some(entry), &bytes).expect("adds").added;
                client
                    .attachment_describe(entry, added[0].id, &description)
                    .expect("describes");
                client.attachment_move(entry, added[0].id, 0).expect("moves");
            }
            here.clock.pass(TimeDelta::milliseconds(later));
        }
        export(&client, &archive);
        bring_in(&other, &archive);
        export(&other, &back);
        prop_assert_eq!(items(&back), items(&archive));
        let (back, all) = (photos(&back, None), photos(&archive, None));
        prop_assert!(back == all && all.iter().all(|(_, preview, _)| !preview));
        Ok(())
    });
    outcome.expect("every life comes back");
}

#[test]
fn what_was_changed_here_stays_beside_what_comes_in() {
    let profile = Profile::default();
    let client = profile.begin();
    let id = client.diary_save(draft("Zoals het was")).expect("saves").id;
    let archive = profile.stick().join("toen.zip");
    export(&client, &archive);
    client
        .diary_save(EntryDraft {
            id: Some(id),
            ..draft("Zoals ik het nu zie")
        })
        .expect("saves");
    let preview = look(&client, &archive);
    assert_eq!((preview.entries, preview.differ, preview.there), (1, 1, 0));
    assert_eq!(bring_in(&client, &archive).entries, 1);
    assert_eq!(
        client.diary_entry(id).expect("an entry").markdown,
        "Zoals ik het nu zie"
    );
    assert_eq!(client.diary_search("zoals", 10).expect("a search").hits.len(), 2);
    assert_eq!(bring_in(&client, &archive).entries, 0, "and it comes in once");
}

#[test]
fn what_was_deleted_can_be_brought_back_and_no_restore_takes_it_away_again() {
    let profile = Profile::default();
    let client = profile.begin();
    let id = client.diary_save(draft("Weg en weer terug")).expect("saves").id;
    let archive = profile.stick().join("voor.zip");
    export(&client, &archive);
    client.diary_delete(id).expect("deletes");
    client.lock().expect("locks");
    client.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
    assert_eq!(bring_in(&client, &archive).entries, 1);
    client.back_up_now().expect("a backup");
    let newest = client.backups().expect("a list").local.remove(0).name;
    client
        .restore(
            &regie_client::BackupChoice::Local { name: newest },
            &regie_client::BackupSecret::Passphrase(passphrase(PASSPHRASE)),
        )
        .expect("restores");
    assert_eq!(client.diary_search("terug", 10).expect("a search").hits.len(), 1);
}

#[test]
fn for_a_day_an_import_is_taken_back_in_one_step_without_what_was_changed_since() {
    let (here, there) = (Profile::default(), Profile::default());
    let client = here.begin();
    live(&client, &here);
    let archive = here.stick().join("alles.zip");
    export(&client, &archive);
    let other = there.begin();
    let own = other.diary_save(draft("Van hier")).expect("saves").id;
    bring_in(&other, &archive);
    let page = other.diary_page(&Default::default(), None, 10).expect("a page");
    let changed = page
        .entries
        .iter()
        .find(|row| row.id != own)
        .expect("one that came in")
        .id;
    other
        .diary_save(EntryDraft {
            id: Some(changed),
            ..draft("Hier verder geschreven")
        })
        .expect("saves");
    let row = other.imports().expect("a list").remove(0);
    assert_eq!(row.records, 6);
    let undone = other.undo_import(row.id).expect("undoes");
    assert_eq!((undone.removed, undone.kept), (5, 1));
    let left = other
        .diary_page(&Default::default(), None, 10)
        .expect("a page")
        .entries;
    assert_eq!(left.len(), 2, "one's own, and what was changed");
    assert!(other.imports().expect("a list").is_empty());

    bring_in(&other, &archive);
    there.clock.pass(TimeDelta::hours(25));
    other.touch();
    other.tick().expect("a tick");
    assert!(
        other.imports().expect("a list").is_empty(),
        "after a day it is what it is"
    );
}

#[test]
fn a_sealed_archive_opens_with_its_passphrase_or_key_alone() {
    let profile = Profile::default();
    let client = profile.begin();
    client
        .diary_save(draft("Alleen voor wie de sleutel heeft"))
        .expect("saves");
    let stick = profile.stick();
    let weak = ExportProtection::Passphrase(passphrase("1234"));
    let path = stick.join("a.zip.age");
    assert_eq!(
        client.export(&everything(), &weak, &path).err(),
        Some(ClientError::WeakPassphrase)
    );
    let own = ExportProtection::Passphrase(passphrase("vlieger anker maandag tulp"));
    client.export(&everything(), &own, &path).expect("an export");
    let bytes = fs::read(&path).expect("reads");
    assert!(bytes.starts_with(b"age-encryption.org/v1"));
    client.choose_import(&path);
    let locked = |wrong| ImportLook::Locked {
        passphrase: true,
        wrong,
    };
    assert_eq!(client.look_at_import(None), Ok(locked(false)));
    let wrong = ImportSecret::Passphrase(passphrase("vlieger anker maandag roos"));
    assert_eq!(client.look_at_import(Some(&wrong)), Ok(locked(true)));
    let right = ImportSecret::Passphrase(passphrase("vlieger anker maandag tulp"));
    let looked = client.look_at_import(Some(&right)).expect("a look");
    assert!(matches!(looked, ImportLook::Ready { preview } if preview.there == 1));

    // Cut off anywhere it is refused, and nothing has changed.
    let cut = stick.join("b.zip.age");
    for length in [bytes.len() - 1, bytes.len() / 2, 200] {
        fs::write(&cut, bytes.get(..length).expect("a piece")).expect("writes");
        client.choose_import(&cut);
        let looked = client.look_at_import(Some(&right)).expect("a look");
        assert!(
            matches!(looked, ImportLook::Refused { .. }),
            "{length}: {looked:?}"
        );
        assert_eq!(client.import().err(), Some(ClientError::NotNow));
    }
}

/// What an archive has of photos and recordings: which, whether only a small picture, and the bytes.
pub(crate) fn photos(path: &Path, secret: Option<&Secret>) -> Vec<(uuid::Uuid, bool, Vec<u8>)> {
    let mut all = Vec::new();
    let mut incoming = Incoming::open(path, secret, &|| false).expect("an archive");
    incoming
        .attachments(&mut |arriving, from| {
            let mut bytes = Vec::new();
            from.read_to_end(&mut bytes).expect("a whole part");
            all.push((arriving.id, arriving.preview, bytes));
            Ok(())
        })
        .expect("all parts");
    all
}

#[test]
fn photos_go_along_whole_with_their_descriptions_and_small_where_the_whole_is_not_here_or_damaged() {
    let profile = Profile::default();
    let client = profile.begin();
    let entry = client.diary_save(draft("Aan de kade")).expect("saves").id;
    for number in [1, 2] {
        client.attach_bytes(Some(entry), &photo(number)).expect("adds");
    }
    let view = client.diary_entry(entry).expect("an entry");
    let ids: Vec<_> = view.attachments.iter().map(|one| one.id).collect();
    client
        .attachment_describe(entry, ids[0], "De kade in mei")
        .expect("describes");
    // Taken out a moment ago: it can come back, and does not go along.
    client.attach_bytes(Some(entry), &photo(3)).expect("adds");
    let third = client.diary_entry(entry).expect("an entry").attachments[2].id;
    client.attachment_remove(entry, third).expect("takes out");
    let kept = |id: &uuid::Uuid| {
        let original = client.attachment_original(*id).expect("a photo");
        (*id, false, original.to_vec())
    };
    let mut whole: Vec<_> = ids.iter().map(kept).collect();
    whole.sort();

    let stick = profile.stick();
    let archive = stick.join("alles.zip");
    export(&client, &archive);
    assert_eq!(photos(&archive, None), whole);
    let named = items(&archive).into_iter().find_map(|item| match item {
        Item::Entry(entry) => Some(entry.attachments),
        _ => None,
    });
    let expected = [(ids[0], "De kade in mei"), (ids[1], "")].map(|(id, text)| Attached {
        id,
        description: text.to_owned(),
    });
    assert_eq!(named.as_deref(), Some(&expected[..]));

    let sealed = stick.join("alles.zip.age");
    let own = ExportProtection::Passphrase(passphrase("vlieger anker maandag tulp"));
    client.export(&everything(), &own, &sealed).expect("an export");
    let secret = Secret::Passphrase("vlieger anker maandag tulp".to_owned().into());
    assert_eq!(photos(&sealed, Some(&secret)), whole);

    // Without the diary none goes along.
    let none = stick.join("niets.zip");
    let without = ExportRequest {
        diary: false,
        ..everything()
    };
    client
        .export(&without, &ExportProtection::Plain, &none)
        .expect("an export");
    assert_eq!(photos(&none, None), []);

    // The copy is made all the same when files are damaged at their ends, or gone.
    let preview = |id: &uuid::Uuid| (*id, true, client.attachment_preview(*id).expect("a picture"));
    let mut expected: Vec<_> = ids.iter().map(preview).collect();
    expected.sort();
    let files = || {
        let files = fs::read_dir(profile.folder().join("attachments")).expect("a folder");
        files.map(|file| file.expect("a file").path()).collect::<Vec<_>>()
    };
    for file in files() {
        let mut bytes = fs::read(&file).expect("reads");
        *bytes.last_mut().expect("a byte") ^= 1;
        fs::write(&file, bytes).expect("writes");
    }
    let damaged = stick.join("beschadigd.zip");
    export(&client, &damaged);
    assert_eq!(photos(&damaged, None), expected);
    for file in files() {
        fs::remove_file(file).expect("removes");
    }
    let small = stick.join("klein.zip");
    export(&client, &small);
    assert_eq!(photos(&small, None), expected);
}

#[test]
fn an_export_ends_at_once_when_it_is_stopped_or_regie_locks_and_leaves_nothing() {
    let profile = Profile::default();
    let client = profile.begin();
    for number in 0..400 {
        client
            .diary_save(draft(&format!("Dag {number} {}", "woord ".repeat(400))))
            .expect("saves");
    }
    let stick = profile.stick();
    for lock in [false, true] {
        let path = stick.join("lang.zip");
        let outcome = std::thread::scope(|scope| {
            let exporting = scope.spawn(|| client.export(&everything(), &ExportProtection::Plain, &path));
            while client.export_progress().is_none() && !exporting.is_finished() {
                std::thread::yield_now();
            }
            let began = std::time::Instant::now();
            if lock {
                client.lock().expect("locks")
            } else {
                client.stop_export()
            }
            let outcome = exporting.join().expect("ends");
            (outcome, began.elapsed())
        });
        assert_eq!(outcome.0.err(), Some(ClientError::Stopped));
        assert_eq!(
            fs::read_dir(&stick).expect("a folder").count(),
            0,
            "no piece stays"
        );
        assert_eq!(client.export_progress(), None);
        client.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
    }
}

#[test]
fn while_a_copy_is_made_writing_and_deleting_go_on_and_the_copy_shows_one_moment() {
    let profile = Profile::default();
    let client = profile.begin();
    let mut ids = Vec::new();
    for number in 0..200 {
        ids.push(
            client
                .diary_save(draft(&format!("Dag {number} {}", "woord ".repeat(300))))
                .expect("saves")
                .id,
        );
    }
    let path = profile.stick().join("tijdens.zip");
    std::thread::scope(|scope| {
        let exporting = scope.spawn(|| export(&client, &path));
        while client.export_progress().is_none() && !exporting.is_finished() {
            std::thread::yield_now();
        }
        for id in ids.iter().rev().take(20) {
            client.diary_delete(*id).expect("deletes");
        }
        client
            .diary_save(draft("Onder het meenemen geschreven"))
            .expect("saves");
        profile.clock.pass(TimeDelta::minutes(1));
        client.touch();
        client
            .tick()
            .expect("deletions wait for the reader without an error");
        let exported = exporting.join().expect("ends");
        assert!((180..=201).contains(&exported.entries), "{exported:?}");
        let read = items(&path).len();
        assert_eq!(read, exported.entries as usize);
    });
    client.tick().expect("and are made final now");
    let log = fs::metadata(profile.vault().join("vault.db-wal")).map_or(0, |log| log.len());
    // The last note that all is listed; twenty entries would be more.
    assert!(log < 20_000, "what was deleted is in the log no more: {log}");
}

#[test]
fn without_consent_all_can_be_taken_along_and_nothing_comes_in() {
    let profile = Profile::default();
    let client = profile.begin();
    client.diary_save(draft("Van voor de pauze")).expect("saves");
    client.set_consent(regie_tests::KEEP, false).expect("withdraws");
    let archive = profile.stick().join("toch.zip");
    assert_eq!(export(&client, &archive).entries, 1);
    assert!(!look(&client, &archive).may_write);
    assert_eq!(
        client.import().err(),
        Some(ClientError::Vault(VaultError::NoConsent(regie_tests::KEEP)))
    );
}
