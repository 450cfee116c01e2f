//! Voice notes that are recorded in the window.

use std::fs;

use chrono::TimeDelta;
use regie_client::{
    AttachmentError, AttachmentKind, BackupChoice, BackupSecret, Client, ClientError, DiaryFilter,
    RecordingPiece, Settings,
};
use regie_tests::{
    AS_RECORDED, KEEP, PASSPHRASE, Profile, bytes::contains, draft, pages::plain_pages, passphrase, photo,
    piece,
};
use regie_vault::{VaultError, backup::Backup};
use uuid::Uuid;

const NOT_FOUND: Option<ClientError> = Some(ClientError::Vault(VaultError::NotFound));

/// Says all of it, in pieces of a second.
fn say(client: &Client, entry: Option<Uuid>, file: &[u8]) -> Uuid {
    let id = client.recording_begin(entry).expect("begins").id;
    for (number, bytes) in (0..).zip(file.chunks(4_000)) {
        client
            .recording_piece(&piece(id, entry, number, bytes))
            .expect("keeps");
    }
    id
}

fn only_entry(client: &Client) -> Uuid {
    let page = client
        .diary_page(&DiaryFilter::default(), None, 9)
        .expect("a page");
    assert_eq!(page.entries.len(), 1);
    page.entries[0].id
}

#[test]
fn what_was_said_becomes_a_recording_of_the_entry_and_its_pieces_go() {
    for file in AS_RECORDED {
        let profile = Profile::default();
        let client = profile.begin();
        let entry = client.diary_save(draft("Aan de kade")).expect("saves").id;
        let rules = client.recording_begin(Some(entry)).expect("begins");
        assert_eq!(
            (rules.bits_per_second, rules.channels, rules.piece_seconds),
            (32_000, 1, 5)
        );
        assert_eq!((rules.most_seconds, rules.told_before_seconds), (3_600, 300));
        assert_eq!(client.recording(), Ok(None), "nothing was said yet");
        let id = say(&client, Some(entry), file);
        assert_eq!(
            client.recording_begin(Some(entry)).err(),
            Some(ClientError::NotNow)
        );
        let kept = client.recording_keep(id, Some(entry)).expect("keeps");
        assert_eq!((kept.entry, kept.added.len()), (entry, 1));
        let sound = &kept.added[0];
        assert_eq!(
            (sound.kind, sound.seconds.is_some_and(|s| (4..=5).contains(&s))),
            (AttachmentKind::Sound, true)
        );
        client.attachment_original(sound.id).expect("plays");
        assert_eq!(client.recording(), Ok(None));
        assert_eq!(client.recording_keep(id, Some(entry)).err(), NOT_FOUND);
        client.recording_begin(Some(entry)).expect("another one");
    }
}

#[test]
fn after_a_crash_or_a_lock_it_is_offered_and_kept_where_it_was_said() {
    let profile = Profile::default();
    let client = profile.begin();
    let entry = client.diary_save(draft("Aan de kade")).expect("saves").id;
    // Killed in the middle of a piece: the file ends anywhere.
    let id = say(&client, Some(entry), &AS_RECORDED[0][..11_111]);
    drop(client);
    profile.clock.pass(TimeDelta::hours(9));
    let client = profile.reopen();
    let waits = client.recording().expect("reads").expect("a recording");
    assert_eq!((waits.id, waits.entry, waits.seconds), (id, Some(entry), 3));
    assert_eq!(waits.begun_at, "2026-11-23T21:14:00+01:00");
    client.lock().expect("locks");
    assert_eq!(client.recording().err(), Some(ClientError::Locked));
    client.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
    let kept = client.recording_keep(id, None).expect("keeps");
    assert_eq!(kept.entry, entry);
    assert!(
        kept.added[0]
            .seconds
            .is_some_and(|seconds| (2..=4).contains(&seconds))
    );
}

#[test]
fn without_an_entry_it_begins_one_of_its_own_day() {
    let profile = Profile::default();
    let client = profile.begin();
    // Before the first word, and in an entry that was deleted meanwhile.
    let id = say(&client, None, AS_RECORDED[1]);
    profile.clock.pass(TimeDelta::hours(9));
    client.touch();
    let kept = client.recording_keep(id, None).expect("keeps");
    let view = client.diary_entry(kept.entry).expect("an entry");
    assert_eq!(
        (
            view.written_at.as_str(),
            view.markdown.as_str(),
            view.attachments.len()
        ),
        ("2026-11-23T21:14:00+01:00", "", 1)
    );
    client.diary_delete(kept.entry).expect("deletes");
    let id = say(&client, Some(kept.entry), AS_RECORDED[0]);
    let kept = client.recording_keep(id, Some(kept.entry)).expect("keeps");
    assert_eq!(only_entry(&client), kept.entry);
}

#[test]
fn speaking_keeps_the_lock_waiting_and_silence_does_not() {
    let profile = Profile::default();
    let client = profile.begin();
    let settings = Settings {
        lock_after_minutes: 1,
    };
    client.save_settings(settings).expect("stores");
    let id = client.recording_begin(None).expect("begins").id;
    for number in 0..60 {
        profile.clock.pass(TimeDelta::seconds(5));
        assert_eq!(client.tick(), Ok(false), "piece {number}");
        client
            .recording_piece(&piece(id, None, number, b"word"))
            .expect("keeps");
    }
    // What is refused is no speaking.
    profile.clock.pass(TimeDelta::seconds(50));
    assert_eq!(
        client.recording_piece(&piece(id, None, 99, b"word")).err(),
        NOT_FOUND
    );
    profile.clock.pass(TimeDelta::seconds(10));
    assert_eq!(client.tick(), Ok(true));
    let refused = client.recording_piece(&piece(id, None, 60, b"word")).err();
    assert_eq!(refused, Some(ClientError::Locked));
    client.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
    assert_eq!(
        client.recording().expect("reads").map(|waits| waits.seconds),
        Some(60)
    );
}

#[test]
fn what_cannot_be_read_stays_until_it_is_saved_as_a_file_or_thrown_away() {
    let profile = Profile::default();
    let client = profile.begin();
    let noise = vec![0x5A; 30_000];
    let id = say(&client, None, &noise);
    let refused = client.recording_keep(id, None).err();
    assert_eq!(refused, Some(ClientError::Attachment(AttachmentError::Unknown)));
    let page = client
        .diary_page(&DiaryFilter::default(), None, 9)
        .expect("a page");
    assert!(page.entries.is_empty(), "no entry was begun for it");
    let target = profile
        .stick()
        .join(client.recording_file_name(id).expect("a name"));
    client.recording_save_as(id, &target).expect("saves");
    assert_eq!(fs::read(&target).expect("a file"), noise);
    assert!(client.recording().expect("reads").is_some());
    assert_eq!(client.recording_throw_away(id), Ok(None));
    assert_eq!(client.recording(), Ok(None));
    assert_eq!(client.recording_file_name(id).err(), NOT_FOUND);

    let id = say(&client, None, AS_RECORDED[0]);
    let name = client.recording_file_name(id).expect("a name");
    assert_eq!(name, "opname.webm");
}

#[test]
fn a_full_entry_refuses_it_before_and_after() {
    let profile = Profile::default();
    let client = profile.begin();
    let entry = client.diary_save(draft("Aan de kade")).expect("saves").id;
    for number in 0..23 {
        client.attach_bytes(Some(entry), &photo(number)).expect("adds");
    }
    let id = say(&client, Some(entry), AS_RECORDED[0]);
    client.attach_bytes(Some(entry), &photo(23)).expect("adds");
    let full = Some(ClientError::Attachment(AttachmentError::Full));
    assert_eq!(client.recording_keep(id, Some(entry)).err(), full);
    assert!(client.recording().expect("reads").is_some(), "and it stays");
    client.recording_throw_away(id).expect("throws away");
    assert_eq!(client.recording_begin(Some(entry)).err(), full);
}

#[test]
fn v4_without_consent_nothing_that_is_said_is_kept() {
    let profile = Profile::default();
    let client = profile.begin();
    let id = say(&client, None, AS_RECORDED[0]);
    client.set_consent(KEEP, false).expect("withdraws");
    let no_consent =
        |error: Option<ClientError>| matches!(error, Some(ClientError::Vault(VaultError::NoConsent(_))));
    assert!(!client.may_record());
    assert!(no_consent(
        client.recording_piece(&piece(id, None, 4, b"word")).err()
    ));
    assert!(no_consent(client.recording_begin(None).err()));
    assert!(no_consent(client.recording_keep(id, None).err()));
    client.recording_throw_away(id).expect("this can always be done");
    client.set_consent(KEEP, true).expect("gives");
    assert!(client.may_record());
}

#[test]
fn v22_what_was_thrown_away_is_in_no_page_and_no_backup() {
    let profile = Profile::default();
    let client = profile.begin();
    let plain = |what: &[u8]| contains(&plain_pages(&profile.vault()), what);
    // Within one page: what is longer lies in several.
    let word = &AS_RECORDED[0][9_000..9_200];
    let id = say(&client, None, AS_RECORDED[0]);
    client.lock().expect("locks");
    assert!(plain(word));
    client.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
    client.back_up_now().expect("a backup");
    let until = client.recording_throw_away(id).expect("throws away");
    assert_eq!(until.as_deref(), Some("2026-12-23"), "a backup holds it");
    client.clean_backups().expect("cleans");
    client.lock().expect("locks");
    for what in [word, id.as_bytes()] {
        assert!(!plain(what), "in the vault");
    }
    let copies = Backup::list(&profile.folder().join("backups")).expect("backups");
    assert!(!copies.is_empty());
    for copy in copies {
        let other = Profile::default();
        let elsewhere = other.start();
        elsewhere.choose_backup(copy.path()).expect("a backup");
        let secret = BackupSecret::Passphrase(passphrase(PASSPHRASE));
        elsewhere
            .restore(&BackupChoice::Chosen, &secret)
            .expect("restores");
        assert_eq!(elsewhere.recording(), Ok(None), "in a backup");
    }
    // Kept, it is in its own sealed file alone.
    client.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
    let id = say(&client, None, AS_RECORDED[0]);
    client.recording_keep(id, None).expect("keeps");
    client.lock().expect("locks");
    for what in [word, id.as_bytes()] {
        assert!(!plain(what), "in the vault");
    }
}

#[test]
fn a_piece_of_another_time_changes_nothing() {
    let profile = Profile::default();
    let client = profile.begin();
    let id = say(&client, None, AS_RECORDED[0]);
    client.recording_keep(id, None).expect("keeps");
    // The answer was lost, and the page sends it again.
    let late = RecordingPiece {
        said_ms: 9_000,
        ..piece(id, None, 3, b"late")
    };
    assert_eq!(client.recording_piece(&late).err(), NOT_FOUND);
    assert_eq!(client.recording(), Ok(None));
}
