//! Photos on their way between devices: over real HTTP, with the server as it ships.

use std::fs;
use std::time::{Duration, Instant};

use regie_client::{
    AccountError, AttachmentPlace, AttachmentView, Client, ClientError, DiaryFilter, LeftOverView,
    NotHereView, SignOut, SyncDecision, SyncState,
};
use regie_crypto::{
    Key,
    chunk::{Blob, open_chunk},
};
use regie_domain::AttachmentId;
use regie_protocol::sync::BlobId;
use regie_tests::{PASSPHRASE, Profile, bytes, draft, passphrase, photo, recording, server::Running};
use regie_vault::Vault;
use uuid::Uuid;

use crate::account::{by_passphrase, further, join, joined, reopen, server, told};
use crate::take_along::{bring_in, everything, export, photos};

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
fn a_server_without_room_is_told_of_and_tried_again_when_there_is_some() {
    let mut server = server();
    let laptop = join(&mut server);
    let client = &laptop.client;
    sync(client);
    let (_profile, phone) = further_device(&server);
    let add = |number: u8| {
        let entry = client.diary_save(draft("Aan het water")).expect("saves").id;
        let added = client.attach_bytes(Some(entry), &photo(number)).expect("adds");
        (entry, added.added[0].id)
    };
    let (first, first_photo) = add(1);
    all(client);
    let one = file(&laptop.profile).len() as u64;

    // There is room for one and a half.
    server.with_room(one * 3 / 2);
    let (second, _) = add(2);
    let (third, _) = add(3);
    sync(client);
    carry(client);
    let no_room = AttachmentPlace::NoRoom { megabytes: Some(0) };
    for entry in [second, third] {
        assert_eq!(only(client, entry).place, no_room);
    }
    let told = client.sync_view().expect("a view").no_room.expect("it is told");
    assert_eq!((told.count, told.megabytes), (2, Some(0)));
    assert_eq!(carry(client), 1, "nothing is sent in vain");
    // What is written goes on as always, and the others know where the photos are.
    client.diary_save(draft("Verder")).expect("saves");
    sync(client);
    sync(&phone);
    carry(&phone);
    assert!(matches!(
        only(&phone, second).place,
        AttachmentPlace::Coming { .. }
    ));
    assert_eq!(only(&phone, first).place, AttachmentPlace::Here);

    // Deleting makes room.
    client.attachment_remove(first, first_photo).expect("takes out");
    laptop.profile.clock.pass(chrono::TimeDelta::seconds(61));
    client.tick().expect("ticks");
    all(client);
    let places = [second, third].map(|entry| only(client, entry).place);
    assert!(
        places.contains(&AttachmentPlace::Here) && places.contains(&no_room),
        "{places:?}"
    );
    assert_eq!(client.sync_view().expect("a view").no_room.expect("one").count, 1);

    // And so does whoever runs the server, which is seen when it is tried again. Who asks to sync asks for that too.
    carry(client);
    server.with_room(one * 9);
    assert_eq!(carry(client), 1, "not before its time");
    all(client);
    assert_eq!(client.sync_view().expect("a view").no_room, None);
    sync(&phone);
    carry(&phone);
    for entry in [second, third] {
        for client in [client, &phone] {
            assert_eq!(only(client, entry).place, AttachmentPlace::Here);
        }
    }
}

#[test]
fn a_device_that_was_signed_out_opens_nothing_that_is_sent_afterwards() {
    let mut server = server();
    let laptop = join(&mut server);
    let client = &laptop.client;
    sync(client);
    let (profile, stolen) = further_device(&server);
    let entry = client.diary_save(draft("Onderweg")).expect("saves").id;
    let added = client.attach_bytes(Some(entry), &photo(4)).expect("adds");
    let id = added.added[0].id;
    let original = client.attachment_original(id).expect("a photo");
    sync(client);
    sync(&stolen);
    // It asks, and puts the small picture; then the other device is signed out.
    for _ in 0..2 {
        assert!(client.sync_carry().expect("carries").more);
    }
    stolen.lock().expect("locks");
    drop(stolen);
    let known = {
        let vault = Vault::open(&profile.vault(), &passphrase(PASSPHRASE)).expect("opens");
        vault.sealed_blob(AttachmentId(id)).expect("how it is sealed")
    };
    let before = file(&laptop.profile);
    let opens = |sealed: &[u8], as_blob: &Blob| {
        let shape = as_blob.shape();
        (0..shape.chunks()).any(|place| {
            let at = usize::try_from(shape.offset(place).expect("a place")).expect("small");
            let chunk = &sealed[at..][..shape.sealed_length(place).expect("a place")];
            open_chunk(as_blob, place, chunk).is_ok()
        })
    };
    assert!(opens(&before, &known), "it knows the key of what was under way");
    let devices = client.devices().expect("devices");
    let out = devices.into_iter().find(|device| !device.this_one).expect("one");
    client.sign_out(&SignOut::One(out.id), true).expect("signs out");

    all(client);
    all(client);
    let now = file(&laptop.profile);
    let name = bytes::files(&laptop.profile.folder().join("attachments"));
    let name = name.into_keys().next().expect("a file");
    let name = name.file_name().expect("a name").to_string_lossy().into_owned();
    let new_id = data_encoding::HEXLOWER.decode(name.as_bytes()).expect("an id");
    let new_id = BlobId(new_id.try_into().expect("16 bytes"));
    assert_ne!(new_id, known.id());
    let key = Key::from_bytes(*known.key().expose());
    let forged = Blob::from_parts(new_id, key, known.bytes()).expect("a blob");
    assert!(!opens(&now, &known) && !opens(&now, &forged));

    // It went, all of it, under the new key alone; and what was under way is gone.
    assert_eq!(only(client, entry).place, AttachmentPlace::Here);
    let (_profile, phone) = further_device(&server);
    carry(&phone);
    assert_eq!(*phone.attachment_original(id).expect("a photo"), *original);
    let began = Instant::now();
    loop {
        server.stop();
        let (old, new) = (
            server_has(&server, &pieces(&before[..20_000])),
            server_has(&server, &pieces(&now)),
        );
        server.start_again();
        assert!(new);
        if !old {
            break;
        }
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "it stays on the server"
        );
        std::thread::sleep(Duration::from_secs(3));
    }
}

/// Its database, while it does not run.
fn beside(server: &mut Running, change: impl FnOnce(&rusqlite::Connection)) {
    server.stop();
    change(&rusqlite::Connection::open(server.data().join("regie.db")).expect("a database"));
    server.start_again();
}

/// Keeps so many blobs more, that no device ever heard of.
fn leave_over(server: &mut Running, count: u32) {
    beside(server, |database| {
        for _ in 0..count {
            let sql = "INSERT INTO blob (account_id, blob_id, chunks, bytes, state, open_until)
                SELECT account_id, randomblob(16), chunks, bytes, 'kept', 0 FROM blob LIMIT 1";
            assert_eq!(database.execute(sql, []), Ok(1));
        }
    });
}

/// The blobs that it keeps.
fn kept(server: &mut Running) -> Vec<Vec<u8>> {
    let mut kept = Vec::new();
    beside(server, |database| {
        let sql = "SELECT blob_id FROM blob WHERE state = 'kept' ORDER BY blob_id";
        let mut query = database.prepare(sql).expect("a query");
        let rows = query.query_map([], |row| row.get(0)).expect("rows");
        kept = rows.collect::<Result<_, _>>().expect("ids");
    });
    kept
}

#[test]
fn stock_is_taken_every_month_what_lacks_is_sent_again_and_what_nobody_knows_goes() {
    let mut server = server();
    let laptop = join(&mut server);
    let client = &laptop.client;
    sync(client);
    let entry = client.diary_save(draft("Aan zee")).expect("saves").id;
    let mut ids = Vec::new();
    for number in [5, 6] {
        let added = client.attach_bytes(Some(entry), &photo(number)).expect("adds");
        ids.push(added.added[0].id);
    }
    all(client);
    all(client);
    let known = kept(&mut server);
    assert_eq!(known.len(), 2);

    // The server loses one, and has one too much.
    beside(&mut server, |database| {
        for table in ["chunk", "blob"] {
            let sql = format!("DELETE FROM {table} WHERE blob_id = ?1");
            assert!(database.execute(&sql, [&known[0]]).expect("deletes") > 0);
        }
    });
    leave_over(&mut server, 1);
    all(client);
    let before = kept(&mut server);
    assert!(before.len() == 2 && before != known, "nobody looks every day");

    laptop.profile.clock.pass(chrono::TimeDelta::days(62));
    all(client);
    assert_eq!(kept(&mut server), known);
    let (_profile, phone) = further_device(&server);
    carry(&phone);
    for id in ids {
        let original = client.attachment_original(id).expect("a photo");
        assert_eq!(*phone.attachment_original(id).expect("a photo"), *original);
    }

    // Many at once: the person is asked, and nothing goes before they said so.
    leave_over(&mut server, 25);
    laptop.profile.clock.pass(chrono::TimeDelta::days(62));
    let write_and_sync = || {
        all(client);
        client.diary_save(draft("Verder")).expect("saves");
        sync(client);
    };
    let asked = || client.sync_view().expect("a view").left_over;
    write_and_sync();
    assert_eq!(asked(), Some(LeftOverView { count: 25, of: 27 }));
    client.sync_decide(SyncDecision::KeepLeftOver).expect("decides");
    write_and_sync();
    assert_eq!((asked(), kept(&mut server).len()), (None, 27));
    laptop.profile.clock.pass(chrono::TimeDelta::days(62));
    write_and_sync();
    assert!(asked().is_some());
    client.sync_decide(SyncDecision::DropLeftOver).expect("decides");
    write_and_sync();
    assert_eq!((asked(), kept(&mut server)), (None, known));
}

#[test]
fn a_phone_lets_go_of_what_it_showed_longest_ago_and_never_of_an_only_copy() {
    let mut server = server();
    let laptop = join(&mut server);
    sync(&laptop.client);
    let entry = laptop.client.diary_save(draft("In de bergen")).expect("saves").id;
    let ids = [7, 8, 9].map(|number| {
        let added = laptop.client.attach_bytes(Some(entry), &photo(number));
        added.expect("adds").added[0].id
    });
    all(&laptop.client);
    let files = bytes::files(&laptop.profile.folder().join("attachments"));
    let one = files.into_values().next().expect("a file").len() as u64;

    let (profile, phone) = further_device(&server);
    // There is room for two and a half.
    let phone = phone.with_most_originals(one * 5 / 2);
    phone.keep_all_attachments(false).expect("chooses");
    let here = |phone: &Client, entry: Uuid| -> Vec<bool> {
        let view = phone.diary_entry(entry).expect("an entry");
        let places = view.attachments.into_iter().map(|one| one.place);
        places.map(|place| place == AttachmentPlace::Here).collect()
    };
    carry(&phone);
    assert_eq!(here(&phone, entry), [false; 3], "small pictures are enough");
    for id in ids {
        phone.attachment_original(id).expect("a photo");
        carry(&phone);
        profile.clock.pass(chrono::TimeDelta::days(1));
    }
    assert_eq!(here(&phone, entry), [false, true, true]);
    phone.attachment_original(ids[0]).expect("it comes again");
    carry(&phone);
    assert_eq!(here(&phone, entry), [true, false, true]);

    // What the server has not got stays, however little room there is; so does what is looked at.
    let phone = phone.with_most_originals(0);
    let own = phone.diary_save(draft("Zelf gezien")).expect("saves").id;
    let added = phone.attach_bytes(Some(own), &photo(10)).expect("adds");
    let id = added.added[0].id;
    let original = phone.attachment_original(id).expect("a photo");
    phone.attachment_original(ids[0]).expect("a photo");
    carry(&phone);
    assert_eq!(
        (here(&phone, entry), here(&phone, own)),
        (vec![true, false, false], vec![true])
    );
    sync(&phone);
    carry(&phone);
    carry(&phone);
    assert_eq!(here(&phone, own), [true], "it was sent, and no push keeps it yet");
    sync(&phone);
    carry(&phone);
    assert_eq!(here(&phone, own), [false]);
    assert_eq!(*phone.attachment_original(id).expect("a photo"), *original);

    phone.keep_all_attachments(true).expect("chooses");
    carry(&phone);
    assert_eq!(
        (here(&phone, entry), here(&phone, own)),
        (vec![true; 3], vec![true])
    );
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

/// A laptop with so many photos and a recording, all of it on the server, and a phone that has small pictures and no room for more.
fn laptop_and_full_phone(server: &mut Running, number: u8) -> (Profile, Client, Profile, Client, Uuid) {
    let laptop = join(server);
    sync(&laptop.client);
    let entry = laptop.client.diary_save(draft("Op reis")).expect("saves").id;
    for number in 0..number {
        let added = laptop.client.attach_bytes(Some(entry), &photo(number + 20));
        added.expect("adds");
    }
    let added = laptop.client.attach_bytes(Some(entry), &recording());
    added.expect("adds");
    all(&laptop.client);
    let (profile, phone) = further_device(server);
    let phone = phone.with_most_originals(0);
    phone.keep_all_attachments(false).expect("chooses");
    carry(&phone);
    (laptop.profile, laptop.client, profile, phone, entry)
}

fn originals_here(profile: &Profile) -> usize {
    fs::read_dir(profile.folder().join("attachments")).map_or(0, Iterator::count)
}

#[test]
fn what_is_not_on_a_phone_is_counted_before_it_is_taken_along_and_fetched_as_far_as_the_server_has_it() {
    let mut server = server();
    let (_laptop, client, profile, phone, entry) = laptop_and_full_phone(&mut server, 8);
    let attached = client.diary_entry(entry).expect("an entry").attachments;
    let bytes: u64 = attached.iter().map(|one| u64::from(one.bytes)).sum();
    let counted = || phone.plan_export(&everything()).expect("a plan").not_here;
    let all_there = NotHereView {
        photos: 8,
        sounds: 1,
        bytes,
        out_of_reach: 0,
    };
    assert_eq!(counted(), all_there);
    assert_eq!(phone.originals_not_here(), Ok(all_there));
    let of_the_laptop = client.originals_not_here().expect("a count");
    assert_eq!(of_the_laptop, NotHereView::default());

    // Without: small pictures, marked as such, and the recording is missing.
    let stick = profile.stick();
    let archive = stick.join("zonder.zip");
    export(&phone, &archive);
    let small = photos(&archive, None);
    assert_eq!(small.len(), 8);
    assert!(small.iter().all(|(_, preview, _)| *preview));

    // Without a network nothing comes; stopped on the way, what came is here, and stays though there is no room.
    server.stop();
    let offline = Err(ClientError::Account(AccountError::Offline));
    assert_eq!(phone.fetch_originals(Some(&everything())), offline);
    server.start_again();
    let stopped = std::thread::scope(|scope| {
        let fetching = scope.spawn(|| phone.fetch_originals(Some(&everything())));
        while originals_here(&profile) < 2 && !fetching.is_finished() {
            std::thread::yield_now();
        }
        phone.stop_export();
        fetching.join().expect("ends")
    });
    assert_eq!(stopped, Err(ClientError::Stopped));
    let left = counted();
    assert!((1..9).contains(&(left.photos + left.sounds)), "{left:?}");
    carry(&phone);
    assert_eq!(counted(), left, "it goes on where it stopped");

    // The server lacks one: the others come all the same.
    let here = bytes::files(&profile.folder().join("attachments"));
    let here: Vec<_> = here
        .into_keys()
        .filter_map(|path| path.file_stem().map(|name| name.to_owned()))
        .collect();
    let is_here = |blob: &Vec<u8>| {
        here.iter()
            .any(|name| *name == *data_encoding::HEXLOWER.encode(blob))
    };
    let missing = kept(&mut server).into_iter().find(|blob| !is_here(blob));
    beside(&mut server, |database| {
        let sql = "DELETE FROM chunk WHERE blob_id = ?1";
        assert!(
            database
                .execute(sql, [missing.expect("one that is not here")])
                .expect("deletes")
                > 0
        );
    });
    sync(&phone);
    let fetched = phone.fetch_originals(Some(&everything())).expect("fetches");
    let one_lost = NotHereView {
        out_of_reach: 1,
        ..NotHereView::default()
    };
    assert_eq!((fetched, counted()), (one_lost, one_lost));
    assert_eq!(phone.export_progress(), None);
    export(&phone, &archive);
    let whole = photos(&archive, None);
    assert_eq!(whole.iter().filter(|(_, preview, _)| !preview).count(), 8);
    for (id, preview, content) in &whole {
        if !preview {
            assert_eq!(*content, *client.attachment_original(*id).expect("a photo"));
        }
    }
    // Taken along, they make room again.
    sync(&phone);
    carry(&phone);
    sync(&phone);
    carry(&phone);
    assert!(originals_here(&profile) <= 1, "but for what is shown");
}

#[test]
fn before_the_copy_ends_what_only_the_server_has_can_be_fetched_and_nothing_stands_in_the_way() {
    for fetches in [true, false] {
        let mut server = server();
        let (_laptop, _client, _profile, phone, entry) = laptop_and_full_phone(&mut server, 2);
        assert_eq!(phone.originals_not_here().expect("a count").photos, 2);
        if fetches {
            let left = phone.fetch_originals(None).expect("fetches");
            assert_eq!(left, NotHereView::default());
            carry(&phone);
        } else {
            server.stop();
        }
        phone.want_copy(false).expect("ends at once");
        assert!(joined(&phone).copy_since.is_none());
        let view = phone.diary_entry(entry).expect("an entry");
        for one in view.attachments {
            let kept = phone.attachment_original(one.id).is_ok();
            assert_eq!(kept, fetches);
            let place = if fetches {
                AttachmentPlace::Here
            } else {
                AttachmentPlace::Lost
            };
            assert_eq!(one.place, place, "no server has it any more");
            let small = phone.attachment_preview(one.id).is_ok();
            assert_eq!(small, one.seconds.is_none());
        }
        assert_eq!(phone.originals_not_here().expect("a count").photos, 0);
    }
}

#[test]
fn the_same_photo_added_on_two_devices_apart_is_one() {
    for laptop_first in [true, false] {
        let mut server = server();
        let laptop = join(&mut server);
        sync(&laptop.client);
        let (profile, phone) = further_device(&server);
        // Both without a network.
        let here = [(&laptop.profile, &laptop.client), (&profile, &phone)];
        let entries = here.map(|(_, client)| {
            let entry = client.diary_save(draft("Op de dijk")).expect("saves").id;
            client.attach_bytes(Some(entry), &photo(30)).expect("adds");
            let id = only(client, entry).id;
            client
                .attachment_describe(entry, id, "De dijk")
                .expect("describes");
            entry
        });
        let (first, second) = if laptop_first { (0, 1) } else { (1, 0) };
        all(here[first].1);
        let (other_profile, other) = here[second];
        let own = file(other_profile);
        sync(other);
        let id = only(here[first].1, entries[first]).id;
        assert_eq!(only(other, entries[second]).id, id);
        assert!(file(other_profile) == own, "the only copy in reach stays");
        carry(other);
        assert!(
            file(other_profile) == file(here[first].0),
            "until the other is here"
        );
        sync(other);
        for (_, client) in here {
            all(client);
            for entry in entries {
                let one = only(client, entry);
                assert_eq!((one.id, one.place), (id, AttachmentPlace::Here));
                assert_eq!(one.description, "De dijk");
            }
        }
        assert_eq!(kept(&mut server).len(), 1);
        let mut blobs = 0;
        beside(&mut server, |database| {
            let sql = "SELECT count(*) FROM blob";
            blobs = database.query_row(sql, [], |row| row.get(0)).expect("a count");
        });
        assert_eq!(blobs, 1, "of the other it never heard");
        // Deleted in both entries it is gone.
        for entry in entries {
            other.attachment_remove(entry, id).expect("takes out");
        }
        other_profile.clock.pass(chrono::TimeDelta::seconds(61));
        other.tick().expect("ticks");
        sync(other);
        sync(here[first].1);
        for (profile, _) in here {
            assert_eq!(originals_here(profile), 0);
        }
    }
}

#[test]
fn the_same_photo_that_is_still_coming_from_another_device_is_there_twice() {
    let mut server = server();
    let laptop = join(&mut server);
    sync(&laptop.client);
    let (profile, phone) = further_device(&server);
    let entries = [&laptop.client, &phone].map(|client| {
        let entry = client.diary_save(draft("Op de dijk")).expect("saves").id;
        client.attach_bytes(Some(entry), &photo(31)).expect("adds");
        entry
    });
    // Text alone came from the laptop.
    sync(&laptop.client);
    all(&phone);
    all(&laptop.client);
    all(&phone);
    let ids = [only(&phone, entries[0]).id, only(&phone, entries[1]).id];
    assert_ne!(ids[0], ids[1]);
    assert_eq!(originals_here(&profile), 2);
    assert_eq!(kept(&mut server).len(), 2);
}

#[test]
fn a_photo_that_was_lost_is_whole_again_when_the_same_is_added_or_brought_in() {
    let mut server = server();
    let laptop = join(&mut server);
    let client = &laptop.client;
    sync(client);
    let entry = client.diary_save(draft("Aan zee")).expect("saves").id;
    client.attach_bytes(Some(entry), &photo(40)).expect("adds");
    let archive = laptop.profile.stick().join("alles.zip");
    export(client, &archive);
    let id = only(client, entry).id;
    let original = client.attachment_original(id).expect("a photo").to_vec();
    all(client);
    let (profile, phone) = further_device(&server);
    phone.keep_all_attachments(false).expect("chooses");
    carry(&phone);
    let again = |client: &Client| {
        let added = client.attach_bytes(Some(entry), &photo(40)).expect("adds");
        assert_eq!(added.added[0].place, AttachmentPlace::Here);
    };
    let from_archive = |client: &Client| {
        assert_eq!(bring_in(client, &archive).entries, 0);
    };
    let ways: [&dyn Fn(&Client); 2] = [&again, &from_archive];
    for give_back in ways {
        // The server loses it, and so does the laptop's disk.
        beside(&mut server, |database| {
            for table in ["chunk", "blob"] {
                let sql = format!("DELETE FROM {table}");
                assert!(database.execute(&sql, []).expect("deletes") > 0);
            }
        });
        for path in bytes::files(&laptop.profile.folder().join("attachments")).into_keys() {
            fs::remove_file(path).expect("removes");
        }
        assert!(phone.attachment_original(id).is_err());
        sync(&phone);
        sync(client);
        assert_eq!(only(client, entry).place, AttachmentPlace::Lost);
        give_back(client);
        assert_eq!(only(client, entry).place, AttachmentPlace::Here);
        assert_eq!(*client.attachment_original(id).expect("a photo"), original);
        all(client);
        sync(&phone);
        carry(&phone);
        assert_eq!(*phone.attachment_original(id).expect("a photo"), original);
        for path in bytes::files(&profile.folder().join("attachments")).into_keys() {
            fs::remove_file(path).expect("removes");
        }
    }
}

#[test]
fn the_largest_come_first_once_each_with_the_newest_entry_that_has_them() {
    let profile = Profile::default();
    let client = profile.begin();
    let older = client.attach_bytes(None, &photo(1)).expect("adds").entry;
    profile.clock.pass(chrono::TimeDelta::days(1));
    let newer = client.diary_save(draft("Aan de kade")).expect("saves").id;
    for bytes in [recording(), photo(1), photo(2)] {
        client.attach_bytes(Some(newer), &bytes).expect("adds");
    }
    let largest = client.largest_attachments().expect("a list");
    let sizes: Vec<_> = largest.rows.iter().map(|row| row.attachment.bytes).collect();
    assert!(sizes.is_sorted_by(|one, other| one >= other), "{sizes:?}");
    assert_eq!((largest.count, largest.rows.len()), (3, 3));
    assert_eq!(
        largest.bytes,
        sizes.iter().map(|size| u64::from(*size)).sum::<u64>()
    );
    for row in &largest.rows {
        assert_eq!((row.entry, row.title.as_str()), (newer, "Aan de kade"));
    }
    // What was taken out a moment ago is not offered; where another entry has it, that one is.
    let shared = only(&client, older).id;
    client.attachment_remove(newer, shared).expect("takes out");
    let largest = client.largest_attachments().expect("a list");
    let row = largest.rows.iter().find(|row| row.attachment.id == shared);
    assert_eq!(row.expect("it is listed").entry, older);
    client.attachment_remove(older, shared).expect("takes out");
    assert_eq!(client.largest_attachments().expect("a list").count, 2);
}
