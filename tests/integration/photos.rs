//! Photos on their way between devices: over real HTTP, with the server as it ships.

use std::fs;
use std::time::{Duration, Instant};

use regie_client::{
    AccountError, AttachmentPlace, AttachmentView, Client, ClientError, DiaryFilter, SyncState,
};
use regie_tests::{PASSPHRASE, Profile, bytes, draft, photo, server::Running};
use uuid::Uuid;

use crate::account::{by_passphrase, further, join, reopen, server, told};

fn sync(client: &Client) {
    let view = client.sync_now().expect("syncs");
    assert_eq!((&view.state, view.waiting), (&SyncState::UpToDate, 0), "{view:?}");
}

/// Carries until nothing is left; how many requests, or looks, that took.
fn carry(client: &Client) -> usize {
    for number in 1..200 {
        if !client.sync_carry().expect("carries").more {
            return number;
        }
    }
    panic!("it never ends");
}

/// Text, then what it names, then what is known of that.
fn all(client: &Client) {
    sync(client);
    carry(client);
    sync(client);
}

fn further_device(server: &Running) -> (Profile, Client) {
    let (profile, phone) = further(server, by_passphrase(PASSPHRASE), "Telefoon").expect("logs in");
    told(&phone);
    sync(&phone);
    (profile, phone)
}

fn only(client: &Client, entry: Uuid) -> AttachmentView {
    let view = client.diary_entry(entry).expect("an entry");
    let [one] = <[_; 1]>::try_from(view.attachments).expect("one photo");
    one
}

/// The one file of attachments, as it rests.
fn file(profile: &Profile) -> Vec<u8> {
    let files = bytes::files(&profile.folder().join("attachments"));
    assert_eq!(files.len(), 1);
    files.into_values().next().expect("a file")
}

/// From the middle of the content. One of them may lie across two pages of a database.
fn pieces(sealed: &[u8]) -> Vec<Vec<u8>> {
    let middle = &sealed[sealed.len() / 2..];
    [0, 1_000, 2_000].map(|at| middle[at..][..48].to_vec()).to_vec()
}

fn server_has(server: &Running, pieces: &[Vec<u8>]) -> bool {
    let sought = bytes::Sought::of(pieces);
    bytes::files(&server.data())
        .values()
        .any(|file| sought.is_in(file))
}

#[test]
fn a_photo_added_on_one_device_is_seen_on_the_other_and_deleted_there_it_is_gone_everywhere() {
    let mut server = server();
    let laptop = join(&mut server);
    sync(&laptop.client);
    let (profile, phone) = further_device(&server);
    let entry = laptop.client.diary_save(draft("Aan de kade")).expect("saves").id;
    let added = laptop.client.attach_bytes(Some(entry), &photo(1)).expect("adds");
    let id = added.added[0].id;
    let original = laptop.client.attachment_original(id).expect("a photo");
    let preview = laptop.client.attachment_preview(id).expect("a small picture");

    // Text travels first: the other device knows where the photo still is.
    sync(&laptop.client);
    sync(&phone);
    carry(&phone);
    let mine = laptop.client.devices().expect("devices");
    let mine = mine.into_iter().find(|device| device.this_one).expect("this one");
    assert!(!mine.name.is_empty());
    let from = Some(mine.name);
    assert_eq!(only(&phone, entry).place, AttachmentPlace::Coming { from });
    assert!(phone.attachment_preview(id).is_err());

    carry(&laptop.client);
    sync(&laptop.client);
    sync(&phone);
    assert_eq!(only(&phone, entry).place, AttachmentPlace::Server);
    // The small picture first, the whole one when it is asked for.
    phone.sync_carry().expect("carries");
    assert_eq!(phone.attachment_preview(id).expect("a small picture"), preview);
    assert_eq!(only(&phone, entry).place, AttachmentPlace::Server);
    assert_eq!(*phone.attachment_original(id).expect("a photo"), *original);
    assert_eq!(only(&phone, entry).place, AttachmentPlace::Here);
    assert!(
        file(&profile) == file(&laptop.profile),
        "sealed once, for rest and travel"
    );
    all(&phone);
    all(&laptop.client);
    assert_eq!(only(&laptop.client, entry).place, AttachmentPlace::Here);

    // The server has it, and can read nothing of it.
    let sealed = file(&profile);
    server.stop();
    assert!(server_has(&server, &pieces(&sealed)));
    for plain in [&original[..], &preview[..]] {
        let middle = &plain[plain.len() / 2..][..32];
        let open = server_has(&server, &bytes::forms_of(middle));
        assert!(!open, "a photo lies open on the server");
    }
    server.start_again();

    phone.attachment_remove(entry, id).expect("takes out");
    profile.clock.pass(chrono::TimeDelta::seconds(61));
    phone.tick().expect("ticks");
    sync(&phone);
    sync(&laptop.client);
    for (profile, client) in [(&profile, &phone), (&laptop.profile, &laptop.client)] {
        let view = client.diary_entry(entry).expect("an entry");
        assert_eq!(view.attachments.len(), 0);
        let left = fs::read_dir(profile.folder().join("attachments")).map_or(0, Iterator::count);
        assert_eq!(left, 0);
    }
    let began = Instant::now();
    loop {
        server.stop();
        let there = server_has(&server, &pieces(&sealed));
        server.start_again();
        if !there {
            break;
        }
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "it stays on the server"
        );
        // The job that deletes begins with the server, and is not to be ended halfway.
        std::thread::sleep(Duration::from_secs(3));
    }
    // Nothing is dropped twice, and the devices agree.
    phone.diary_save(draft("Verder")).expect("saves");
    sync(&phone);
    sync(&laptop.client);
    let page = laptop
        .client
        .diary_page(&DiaryFilter::default(), None, 9)
        .expect("a page");
    assert_eq!(page.entries.len(), 3);
}

#[test]
fn an_upload_goes_on_where_it_stopped_also_after_the_app_was_started_anew() {
    let mut server = server();
    let laptop = join(&mut server);
    sync(&laptop.client);
    let entry = laptop.client.diary_save(draft("In de trein")).expect("saves").id;
    let added = laptop.client.attach_bytes(Some(entry), &photo(2)).expect("adds");
    let id = added.added[0].id;
    let original = laptop.client.attachment_original(id).expect("a photo");
    sync(&laptop.client);
    // It asks, and puts the small picture; then the network goes.
    for _ in 0..2 {
        assert!(laptop.client.sync_carry().expect("carries").more);
    }
    server.stop();
    let offline = Some(ClientError::Account(AccountError::Offline));
    assert_eq!(laptop.client.sync_carry().err(), offline);
    assert_eq!(laptop.client.sync_carry().err(), offline, "as often as it tries");
    let profile = laptop.profile;
    drop(laptop.client);
    server.start_again();

    let (_profile, phone) = further_device(&server);
    carry(&phone);
    assert!(phone.attachment_preview(id).is_ok(), "previews come early");
    assert!(matches!(
        only(&phone, entry).place,
        AttachmentPlace::Coming { .. }
    ));

    let client = reopen(&server, &profile, PASSPHRASE);
    sync(&client);
    // It asks what is there and puts the one chunk that lacks; then there is nothing more to do.
    assert_eq!(carry(&client), 3);
    sync(&client);
    sync(&phone);
    carry(&phone);
    assert_eq!(only(&phone, entry).place, AttachmentPlace::Here);
    assert_eq!(*phone.attachment_original(id).expect("a photo"), *original);

    // Locked, nothing travels.
    phone.lock().expect("locks");
    assert!(matches!(
        phone.sync_carry(),
        Ok(regie_client::Carried { more: false, .. }) | Err(ClientError::Locked)
    ));
}
