//! Photos and recordings that come in with their entries: whole, once, and gone again when that is taken back.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;

use data_encoding::HEXLOWER;
use regie_client::{Client, ClientError, ImportOutcome, LeftOutView};
use regie_tests::{Profile, bytes::contains, draft, photo, recording};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

use crate::take_along::{bring_in, export, items, look, photos};

const DATA: &str = "data.json";
const CHECKSUMS: &str = "checksums.sha256";

fn files(profile: &Profile) -> usize {
    let folder = profile.folder().join("attachments");
    fs::read_dir(folder).map_or(0, |files| files.count())
}

/// An entry with a text and two photos in an order of their own, and one that is nothing but a recording and a photo.
fn live(client: &Client) -> [Uuid; 2] {
    let first = client.diary_save(draft("Aan de kade")).expect("saves").id;
    for number in [1, 2] {
        client.attach_bytes(Some(first), &photo(number)).expect("adds");
    }
    let ids = attached(client, first);
    client
        .attachment_describe(first, ids[1], "De kade in mei")
        .expect("describes");
    client.attachment_move(first, ids[1], 0).expect("moves");
    let second = client.attach_bytes(None, &recording()).expect("adds").entry;
    client.attach_bytes(Some(second), &photo(3)).expect("adds");
    [first, second]
}

/// An archive with so many entries, each with a photo.
pub(crate) fn archive_of_photos(from: &Profile, many: u8, path: &Path) {
    let client = from.begin();
    for number in 0..many {
        client.attach_bytes(None, &photo(number)).expect("adds");
    }
    export(&client, path);
}

fn attached(client: &Client, entry: Uuid) -> Vec<Uuid> {
    let view = client.diary_entry(entry).expect("an entry");
    view.attachments.iter().map(|one| one.id).collect()
}

/// What an entry shows: descriptions and contents, in their order.
fn shown(client: &Client, entry: Uuid) -> Vec<(String, Vec<u8>)> {
    let view = client.diary_entry(entry).expect("an entry");
    let one = |one: regie_client::AttachmentView| {
        let content = client.attachment_original(one.id).expect("is here");
        (one.description, content.to_vec())
    };
    view.attachments.into_iter().map(one).collect()
}

/// The parts of an archive.
fn parts(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut zip = ZipArchive::new(File::open(path).expect("a file")).expect("a zip");
    let all = (0..zip.len()).map(|at| {
        let mut part = zip.by_index(at).expect("a part");
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes).expect("bytes");
        (part.name().expect("a name").into_owned(), bytes)
    });
    all.collect()
}

fn pack(parts: &BTreeMap<String, Vec<u8>>, path: &Path) {
    let mut zip = ZipWriter::new(File::create(path).expect("a file"));
    for (name, bytes) in parts {
        zip.start_file(name.as_str(), SimpleFileOptions::default())
            .expect("a part");
        zip.write_all(bytes).expect("writes");
    }
    zip.finish().expect("a zip");
}

/// As whoever makes an archive of their own would: every hash is right.
fn vouch(parts: &mut BTreeMap<String, Vec<u8>>) {
    let hash = |bytes: &[u8]| HEXLOWER.encode(&Sha256::digest(bytes));
    let mut text = String::from_utf8(parts[DATA].clone()).expect("text");
    let data: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    for content in data["attachments"].as_array().expect("a list") {
        let content = &content["content"];
        let name = content["part"].as_str().expect("a name");
        let told =
            |bytes: u64, hash: &str| format!("\"part\":\"{name}\",\"bytes\":{bytes},\"sha256\":\"{hash}\"");
        let before = told(
            content["bytes"].as_u64().expect("a number"),
            content["sha256"].as_str().expect("a hash"),
        );
        assert!(text.contains(&before));
        let now = &parts[name];
        text = text.replacen(&before, &told(now.len() as u64, &hash(now)), 1);
    }
    parts.insert(DATA.to_owned(), text.into_bytes());
    let list: String = (parts.iter().filter(|(name, _)| *name != CHECKSUMS))
        .map(|(name, bytes)| format!("{}  {name}\n", hash(bytes)))
        .collect();
    parts.insert(CHECKSUMS.to_owned(), list.into_bytes());
}

#[test]
fn photos_and_recordings_come_in_once_are_told_beforehand_and_go_when_that_is_taken_back() {
    let (here, there) = (Profile::default(), Profile::default());
    let client = here.begin();
    let entries = live(&client);
    let stick = here.stick();
    let archive = stick.join("alles.zip");
    export(&client, &archive);

    let other = there.begin();
    let preview = look(&other, &archive);
    assert_eq!((preview.entries, preview.photos, preview.sounds), (2, 3, 1));
    assert_eq!(files(&there), 0, "a look changes nothing");
    let imported = bring_in(&other, &archive);
    assert_eq!((imported.entries, imported.photos, imported.sounds), (2, 3, 1));
    assert_eq!(imported.left_out, []);
    for entry in entries {
        assert_eq!(shown(&other, entry), shown(&client, entry));
        assert_eq!(attached(&other, entry), attached(&client, entry));
        for id in attached(&other, entry) {
            // Made anew, of the photo itself.
            let has = |client: &Client| client.attachment_preview(id).is_ok();
            assert_eq!(has(&other), has(&client));
        }
    }
    let kept = shown(&other, entries[0]);
    assert_eq!(kept[0].0, "De kade in mei");

    let again = look(&other, &archive);
    assert_eq!(
        (again.entries, again.photos, again.there, again.differ),
        (0, 0, 2, 0)
    );
    let again = bring_in(&other, &archive);
    assert_eq!(
        (again.entries, again.photos, again.sounds, again.there),
        (0, 0, 0, 2)
    );
    assert_eq!(files(&there), 4, "and nothing lies there that no entry names");

    // What is described otherwise since stays, with its photos.
    other
        .attachment_describe(entries[0], attached(&other, entries[0])[1], "Van later")
        .expect("describes");
    let row = other.imports().expect("a list").remove(0);
    let undone = other.undo_import(row.id).expect("undoes");
    assert_eq!((undone.removed, undone.kept), (1, 1));
    assert_eq!((files(&there), shown(&other, entries[0]).len()), (2, 2));

    // What is deleted for good comes in again, beside what was kept.
    let preview = look(&other, &archive);
    assert_eq!(
        (preview.entries, preview.differ, preview.photos, preview.sounds),
        (2, 1, 1, 1)
    );
    let imported = bring_in(&other, &archive);
    assert_eq!((imported.entries, imported.photos, imported.sounds), (2, 1, 1));
    assert_eq!(files(&there), 4, "a photo that is here is kept once");
    let preview = look(&other, &archive);
    assert_eq!((preview.entries, preview.there, preview.photos), (0, 2, 0));
    other.lock().expect("locks");
    drop(other);
    let other = there.reopen();
    assert_eq!(files(&there), 4);
    assert_eq!(bring_in(&other, &archive).entries, 0);
}

#[test]
fn a_photo_that_an_entry_of_ones_own_has_is_kept_once_and_stays_when_an_import_is_taken_back() {
    let (here, there) = (Profile::default(), Profile::default());
    let client = here.begin();
    let [first, _] = live(&client);
    let archive = here.stick().join("alles.zip");
    export(&client, &archive);
    let other = there.begin();
    let own = other.attach_bytes(None, &photo(1)).expect("adds").entry;
    let preview = look(&other, &archive);
    assert_eq!((preview.photos, preview.sounds), (2, 1));
    let imported = bring_in(&other, &archive);
    assert_eq!((imported.photos, imported.sounds), (2, 1));
    assert_eq!(shown(&other, first), shown(&client, first));
    assert_eq!(attached(&other, first)[1], attached(&other, own)[0]);
    assert_eq!(look(&other, &archive).there, 2);
    let row = other.imports().expect("a list").remove(0);
    assert_eq!(other.undo_import(row.id).expect("undoes").removed, 2);
    assert_eq!((files(&there), shown(&other, own).len()), (1, 1));
}

#[test]
fn a_damaged_photo_stays_out_and_keeps_nothing_else_back() {
    let (here, there) = (Profile::default(), Profile::default());
    let client = here.begin();
    let [first, second] = live(&client);
    let stick = here.stick();
    let (whole, broken) = (stick.join("alles.zip"), stick.join("stuk.zip"));
    export(&client, &whole);
    let part = |id: Uuid, ending: &str| format!("attachments/{id}.{ending}");
    let mut altered = parts(&whole);
    let [one, other_one] = attached(&client, first)[..] else {
        panic!("two")
    };
    *altered
        .get_mut(&part(one, "jpg"))
        .and_then(|bytes| bytes.last_mut())
        .expect("a byte") ^= 1;
    let [sound, third] = attached(&client, second)[..] else {
        panic!("two")
    };
    altered.remove(&part(sound, "opus"));
    altered.insert(part(third, "jpg"), b"geen foto".to_vec());
    pack(&altered, &broken);

    let other = there.begin();
    let preview = look(&other, &broken);
    assert_eq!((preview.entries, preview.photos, preview.sounds), (1, 1, 0));
    let damaged = |view: &[LeftOutView]| {
        view.iter()
            .map(|one| (one.what.contains("beschadigd"), one.count))
            .collect::<Vec<_>>()
    };
    // The settings beside it, and the entry that is nothing without what is damaged.
    assert!(damaged(&preview.left_out).contains(&(true, 3)));
    let imported = bring_in(&other, &broken);
    assert_eq!((imported.entries, imported.photos, imported.sounds), (1, 1, 0));
    assert_eq!(damaged(&imported.left_out), [(true, 3), (false, 1)]);
    assert_eq!(attached(&other, first), [other_one]);
    assert_eq!(files(&there), 1);
    assert_eq!(bring_in(&other, &broken).there, 1);
    // Where all of it is, the damage takes nothing away and nothing comes in twice.
    let preview = look(&client, &broken);
    assert_eq!((preview.entries, preview.there, preview.differ), (0, 2, 0));
    assert_eq!(bring_in(&client, &broken).there, 2);

    // What only taking apart shows is told afterwards.
    altered_with(&whole, &part(one, "jpg"), b"\xFF\xD8\xFF geen foto", &broken);
    let fresh = Profile::default();
    let other = fresh.begin();
    assert_eq!(look(&other, &broken).photos, 3);
    let imported = bring_in(&other, &broken);
    assert_eq!((imported.entries, imported.photos, imported.sounds), (2, 2, 1));
    assert_eq!(damaged(&imported.left_out), [(true, 1)]);
    assert_eq!(files(&fresh), 3);
}

/// An archive with other bytes in a part, which its hashes vouch for.
fn altered_with(from: &Path, part: &str, bytes: &[u8], to: &Path) {
    let mut altered = parts(from);
    assert!(altered.insert(part.to_owned(), bytes.to_vec()).is_some());
    vouch(&mut altered);
    pack(&altered, to);
}

#[test]
fn an_archive_that_somebody_made_brings_no_place_no_camera_and_no_other_persons_photo_in() {
    let (here, there) = (Profile::default(), Profile::default());
    let client = here.begin();
    let [first, _] = live(&client);
    let stick = here.stick();
    let (whole, made) = (stick.join("alles.zip"), stick.join("gemaakt.zip"));
    export(&client, &whole);
    let id = attached(&client, first)[0];
    let part = format!("attachments/{id}.jpg");
    let plain = parts(&whole)[&part].clone();
    let canary = b"51.9244 N 4.4777 E, Pixel 9";
    let mut tagged = plain[..2].to_vec();
    let length = u16::try_from(canary.len() + 8).expect("short").to_be_bytes();
    tagged.extend([&[0xFF, 0xE1][..], &length, b"Exif\0\0", canary].concat());
    tagged.extend(&plain[2..]);
    altered_with(&whole, &part, &tagged, &made);

    let other = there.begin();
    assert_eq!(bring_in(&other, &made).photos, 3);
    for (_, content) in shown(&other, first) {
        assert!(!contains(&content, canary));
    }
    // The id of a photo that is here is not enough to take its place.
    let before = shown(&client, first);
    let imported = bring_in(&client, &made);
    assert_eq!((imported.entries, imported.photos), (1, 1));
    assert_eq!(shown(&client, first), before);
    assert_eq!(bring_in(&client, &made).entries, 0);
}

#[test]
fn small_pictures_in_place_of_photos_are_left_out_and_nothing_is_twice_where_they_came_from() {
    let (here, there) = (Profile::default(), Profile::default());
    let client = here.begin();
    let [first, _] = live(&client);
    for file in fs::read_dir(here.folder().join("attachments")).expect("a folder") {
        fs::remove_file(file.expect("a file").path()).expect("removes");
    }
    let archive = here.stick().join("klein.zip");
    export(&client, &archive);
    assert!(photos(&archive, None).iter().all(|(_, preview, _)| *preview));
    let preview = look(&client, &archive);
    assert_eq!((preview.entries, preview.there, preview.differ), (0, 2, 0));
    assert_eq!(bring_in(&client, &archive).there, 2);

    let other = there.begin();
    let preview = look(&other, &archive);
    assert_eq!((preview.entries, preview.photos, preview.sounds), (1, 0, 0));
    let counts: Vec<_> = preview.left_out.iter().map(|one| one.count).collect();
    assert_eq!(counts[..2], [4, 1], "four of them, and what is nothing without");
    assert_eq!(bring_in(&other, &archive).entries, 1);
    assert_eq!((attached(&other, first), files(&there)), (vec![], 0));
}

#[test]
fn an_archive_of_format_1_still_comes_in() {
    let (here, there) = (Profile::default(), Profile::default());
    let client = here.begin();
    client.diary_save(draft("Van vroeger")).expect("saves");
    let archive = here.stick().join("oud.zip");
    export(&client, &archive);
    let mut old = parts(&archive);
    let data = String::from_utf8(old[DATA].clone()).expect("text");
    let data = data
        .replacen("\"format\":2", "\"format\":1", 1)
        .replacen("\"attachments\":[],\n", "", 1);
    assert!(!data.contains("attachments"));
    old.insert(DATA.to_owned(), data.into_bytes());
    let list: String = (old.iter().filter(|(name, _)| *name != CHECKSUMS))
        .map(|(name, bytes)| format!("{}  {name}\n", HEXLOWER.encode(&Sha256::digest(bytes))))
        .collect();
    old.insert(CHECKSUMS.to_owned(), list.into_bytes());
    let before = items(&archive);
    pack(&old, &archive);
    let other = there.begin();
    assert_eq!(bring_in(&other, &archive).entries, 1);
    let back = archive.with_file_name("terug.zip");
    export(&other, &back);
    assert_eq!(items(&back), before);
}

#[test]
fn photos_of_day_one_come_in_with_their_entries_and_once() {
    let profile = Profile::default();
    let client = profile.begin();
    let md5 = "0123456789abcdef0123456789abcdef";
    let journal = format!(
        r#"{{"metadata":{{"version":"1.0"}},"entries":[{{"uuid":"A1","creationDate":"2024-05-03T10:00:00Z",
        "text":"Aan de kade\n\n![](dayone-moment://P1)","photos":[{{"identifier":"P1","md5":"{md5}","type":"png"}}]}}]}}"#
    );
    let path = profile.stick().join("dagboek.zip");
    let parts = BTreeMap::from([
        ("Dagboek.json".to_owned(), journal.into_bytes()),
        (format!("photos/{md5}.png"), photo(1)),
    ]);
    pack(&parts, &path);
    for round in 0..3 {
        let preview = look(&client, &path);
        assert_eq!(
            (preview.entries, preview.photos, preview.differ),
            (1, 1, 0),
            "{round}"
        );
        let imported = bring_in(&client, &path);
        assert_eq!((imported.entries, imported.photos), (1, 1));
        let preview = look(&client, &path);
        assert_eq!((preview.entries, preview.photos, preview.there), (0, 0, 1));
        assert_eq!(bring_in(&client, &path).there, 1);
        let found = client.diary_search("kade", 9).expect("a search").hits;
        assert_eq!(found.len(), 1);
        let row = client.imports().expect("a list").remove(0);
        client.undo_import(row.id).expect("undoes");
        assert_eq!(files(&profile), 0);
    }
}

#[test]
fn stopped_locked_or_changed_on_the_way_nothing_has_come_in_and_no_file_stays() {
    let (here, there) = (Profile::default(), Profile::default());
    let archive = here.stick().join("veel.zip");
    archive_of_photos(&here, 24, &archive);
    let other = there.begin();
    for lock in [false, true] {
        look(&other, &archive);
        let outcome = std::thread::scope(|scope| {
            let importing = scope.spawn(|| other.import());
            // Until some of them lie there.
            while files(&there) < 3 && !importing.is_finished() {
                std::thread::yield_now();
            }
            if lock {
                other.lock().expect("locks");
            } else {
                other.stop_export();
            }
            importing.join().expect("ends")
        });
        assert_eq!(outcome.err(), Some(ClientError::Stopped));
        if lock {
            let secret = regie_tests::passphrase(regie_tests::PASSPHRASE);
            other.unlock(&secret).expect("unlocks");
        }
        assert_eq!(files(&there), 0);
        assert_eq!(other.my_data().expect("data").counts[0].count, 0);
        assert_eq!(other.imports().expect("a list"), []);
    }
    look(&other, &archive);
    let mut bytes = fs::read(&archive).expect("reads");
    bytes.push(0);
    fs::write(&archive, bytes).expect("writes");
    assert!(matches!(other.import(), Ok(ImportOutcome::Refused { .. })));
    assert_eq!(files(&there), 0);
}
