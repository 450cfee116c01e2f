//! Photos and recordings of entries.

use std::fs;
use std::path::Path;

use chrono::TimeDelta;
use regie_client::{AttachmentError, AttachmentPlace, ClientError, DiaryFilter};
use regie_tests::{KEEP, Profile, bytes::contains, draft, pages::plain_pages, photo};
use regie_vault::{VaultError, backup::Backup};

fn files(profile: &Profile) -> usize {
    let folder = profile.folder().join("attachments");
    fs::read_dir(folder).map_or(0, |files| files.count())
}

fn later(profile: &Profile, client: &regie_client::Client) {
    profile.clock.pass(TimeDelta::seconds(61));
    client.tick().expect("ticks");
}

#[test]
fn a_photo_is_added_seen_after_unlocking_described_taken_out_taken_back_and_gone() {
    let profile = Profile::default();
    let client = profile.begin();
    let id = client.diary_save(draft("Aan de kade")).expect("saves").id;
    let added = client.attach_bytes(Some(id), &photo(1)).expect("adds");
    assert_eq!((added.entry, added.added.len()), (id, 1));
    client.lock().expect("locks");
    let refused = client.attach_bytes(Some(id), &photo(2)).err();
    assert_eq!(refused, Some(ClientError::Locked));

    drop(client);
    let client = profile.reopen();
    let view = client.diary_entry(id).expect("an entry");
    let [one] = &view.attachments[..] else {
        panic!("{} attachments", view.attachments.len())
    };
    assert_eq!(
        (one.width, one.height, &one.place),
        (Some(480), Some(360), &AttachmentPlace::Here)
    );
    let original = client.attachment_original(one.id).expect("a photo");
    assert!(original.starts_with(&[0xFF, 0xD8]), "encoded anew, as JPEG");
    let preview = client.attachment_preview(one.id).expect("a small picture");
    assert!(preview.starts_with(&[0xFF, 0xD8]) && preview.len() < 24 * 1024);
    client
        .attachment_describe(id, one.id, " De kade in mei. ")
        .expect("describes");
    let row = |client: &regie_client::Client| {
        let page = client
            .diary_page(&DiaryFilter::default(), None, 9)
            .expect("a page");
        (page.entries[0].photos, page.entries[0].sounds)
    };
    assert_eq!(row(&client), (1, 0));

    client.attachment_remove(id, one.id).expect("takes out");
    assert_eq!(row(&client), (0, 0));
    profile.clock.pass(TimeDelta::seconds(10));
    client.tick().expect("ticks");
    client.attachment_undo_remove(id, one.id).expect("takes back");
    let view = client.diary_entry(id).expect("an entry");
    assert_eq!(view.attachments[0].description, "De kade in mei.");

    // What is written meanwhile changes nothing of what the entry has.
    let again = regie_client::EntryDraft {
        id: Some(id),
        ..draft("Aan de kade, en verder")
    };
    client.diary_save(again).expect("saves");
    assert_eq!(client.diary_entry(id).expect("an entry").attachments.len(), 1);
    client.attachment_remove(id, one.id).expect("takes out");
    later(&profile, &client);
    assert_eq!(files(&profile), 0);
    let gone = Some(ClientError::Vault(VaultError::NotFound));
    assert_eq!(client.attachment_undo_remove(id, one.id).err(), gone);
    assert_eq!(client.attachment_original(one.id).err(), gone);
    assert_eq!(client.attachment_preview(one.id).err(), gone);
}

#[test]
fn files_are_chosen_several_at_once_and_what_is_none_is_named() {
    let profile = Profile::default();
    let client = profile.begin();
    let folder = profile.stick();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        fs::write(&path, bytes).expect("writes");
        path
    };
    let paths = [
        write("kade.png", &photo(1)),
        write("brief.pdf", b"%PDF-1.7 and so on"),
        write("zee.png", &photo(2)),
    ];
    let files_added = client.attach_files(None, &paths).expect("adds");
    assert_eq!(files_added.added.len(), 2);
    let pdf = ClientError::Attachment(AttachmentError::Kind { name: "PDF" });
    assert_eq!(files_added.refused, [("brief.pdf".to_owned(), pdf)]);
    let view = client
        .diary_entry(files_added.entry)
        .expect("the entry that was made");
    assert_eq!((view.markdown.as_str(), view.attachments.len()), ("", 2));
    let order = [view.attachments[1].id, view.attachments[0].id];
    client.attachment_move(view.id, order[0], 0).expect("moves");
    let view = client.diary_entry(view.id).expect("an entry");
    assert_eq!([view.attachments[0].id, view.attachments[1].id], order);

    assert_eq!(client.attach_files(None, &paths[1..2]).err(), Some(pdf));
    later(&profile, &client);
    assert_eq!(
        client.my_data().expect("data").counts[0].count,
        1,
        "no empty entry stays"
    );
    let target = folder.join(client.attachment_file_name(order[0]).expect("a name"));
    client.attachment_save_as(order[0], &target).expect("saves");
    let saved = fs::read(&target).expect("a file");
    assert_eq!(saved, *client.attachment_original(order[0]).expect("a photo"));
    for number in 10..32 {
        client.attach_bytes(Some(view.id), &photo(number)).expect("adds");
    }
    let full = Some(ClientError::Attachment(AttachmentError::Full));
    assert_eq!(client.attach_bytes(Some(view.id), &photo(99)).err(), full);
    assert_eq!(files(&profile), 24);
}

#[test]
fn without_consent_no_photo_is_kept() {
    let profile = Profile::default();
    let client = profile.begin();
    let id = client.diary_save(draft("Aan de kade")).expect("saves").id;
    client.set_consent(KEEP, false).expect("withdraws");
    let refused = client.attach_bytes(Some(id), &photo(1)).err();
    assert!(
        matches!(refused, Some(ClientError::Vault(VaultError::NoConsent(_)))),
        "{refused:?}"
    );
    assert_eq!(files(&profile), 0);
}

#[test]
fn a_photo_that_was_taken_out_leaves_no_trace_in_any_page_nor_any_file() {
    let profile = Profile::default();
    let client = profile.begin();
    let id = client.diary_save(draft("Aan de kade")).expect("saves").id;
    let view = client.attach_bytes(Some(id), &photo(1)).expect("adds").added[0].clone();
    let canary = "kanariezangnooitmeer";
    client
        .attachment_describe(id, view.id, canary)
        .expect("describes");
    let preview = client.attachment_preview(view.id).expect("a small picture");
    // Within one page: what is longer lies in several.
    let piece = preview[preview.len() / 2..][..200].to_vec();
    let plain = |folder: &Path, what: &[u8]| contains(&plain_pages(folder), what);
    client.lock().expect("locks");
    assert!(plain(&profile.vault(), &piece) && plain(&profile.vault(), canary.as_bytes()));
    drop(client);
    let client = profile.reopen();
    client.back_up_now().expect("a backup");
    client.attachment_remove(id, view.id).expect("takes out");
    later(&profile, &client);
    client.clean_backups().expect("cleans");
    client.lock().expect("locks");
    for what in [piece.as_slice(), canary.as_bytes(), view.id.as_bytes()] {
        assert!(!plain(&profile.vault(), what), "in the vault");
    }
    assert_eq!(files(&profile), 0);
    assert!(
        !Backup::list(&profile.folder().join("backups"))
            .expect("backups")
            .is_empty()
    );
}

#[test]
fn deleting_everything_takes_the_files_too() {
    let profile = Profile::default();
    let client = profile.begin();
    client.attach_bytes(None, &photo(1)).expect("adds");
    assert_eq!(files(&profile), 1);
    let passphrase = regie_tests::passphrase(regie_tests::PASSPHRASE);
    client.delete_everything(&passphrase).expect("deletes");
    assert!(!profile.folder().join("attachments").exists());
}
