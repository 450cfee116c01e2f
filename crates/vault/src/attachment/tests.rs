use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, TimeDelta};
use regie_domain::{diary::Entry, moment::Moment};
use regie_protocol::purpose::Marker;

use super::*;
use crate::deletion::{Deletions, Kind, Period};
use crate::tests::new_vault;

fn now() -> Moment {
    Moment {
        at: DateTime::parse_from_rfc3339("2026-11-27T21:14:00+01:00").expect("a moment"),
        zone: "Europe/Amsterdam".into(),
    }
}

fn utc(seconds: i64) -> DateTime<Utc> {
    now().at.to_utc() + TimeDelta::seconds(seconds)
}

struct Home {
    folder: tempfile::TempDir,
    vault: Vault,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut vault = new_vault(&folder.path().join("vault"));
        vault
            .record_choice(&KeepOnDevice::PURPOSE, true, &now())
            .expect("a choice");
        Self { folder, vault }
    }

    fn entry(&mut self, number: u128) -> EntryId {
        let entry = Entry {
            id: EntryId(Uuid::from_u128(number)),
            own_title: String::new(),
            mood: None,
            tags: Vec::new(),
            markdown: "Gewandeld".into(),
            written: now(),
            edited: utc(0),
            caret: None,
            attachments: Vec::new(),
        };
        let consent = self.vault.consent().expect("consent");
        self.vault.save_entry(&consent, &entry).expect("saves");
        entry.id
    }

    fn attach(&mut self, entry: EntryId, bytes: &[u8]) -> Result<AttachmentId, VaultError> {
        let consent = self.vault.consent().expect("consent");
        self.vault.attach(&consent, entry, &photo(bytes), utc(0))
    }

    fn files(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.folder.path().join("attachments"));
        let mut names: Vec<_> = files
            .into_iter()
            .flatten()
            .map(|file| file.expect("a file").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    fn rows(&self, table: &str) -> u32 {
        self.vault
            .connection
            .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))
            .expect("a count")
    }

    fn list(&self) -> PathBuf {
        self.folder.path().join("deletions")
    }

    fn finish(&mut self, seconds: i64) {
        let day = NaiveDate::from_ymd_opt(2026, 12, 27).expect("a day");
        let list = self.list();
        self.vault
            .finish_deletions(utc(seconds), &list, day)
            .expect("finishes");
    }

    /// The program is started again after it was killed here.
    fn again(self) -> Self {
        let Self { folder, vault } = self;
        drop(vault);
        let passphrase = regie_crypto::Passphrase::new("kaars muur zwemt lachend".into());
        let vault = Vault::open(&folder.path().join("vault"), &passphrase).expect("opens");
        Self { folder, vault }
    }
}

fn photo(bytes: &[u8]) -> New<'_> {
    New {
        media: Media::Jpeg,
        bytes,
        extent: Extent::Dots { width: 4, height: 3 },
        preview: b"small",
    }
}

#[test]
fn a_photo_of_some_chunks_comes_back_as_it_was_and_its_file_shows_nothing_of_it() {
    let mut home = Home::new();
    let entry = home.entry(1);
    let bytes: Vec<u8> = (0..=250_u8).cycle().take(2_500_000).collect();
    let id = home.attach(entry, &bytes).expect("adds");
    assert_eq!(
        home.vault.attachment_original(id).expect("a photo").as_slice(),
        bytes
    );
    assert_eq!(home.vault.attachment_preview(id).expect("a preview"), b"small");
    let named = home.vault.attachments_of(entry).expect("a list");
    assert_eq!((named.len(), &named[0].place), (1, &Place::Here));
    let [name]: [String; 1] = home.files().try_into().expect("one file");
    let path = home.folder.path().join("attachments").join(name);
    let file = std::fs::read(&path).expect("reads");
    let shape = chunk::Blob::make_random(2_500_000).expect("a blob").shape();
    assert_eq!(file.len() as u64, shape.bytes());
    let piece = &bytes[..64];
    assert!(!file.windows(64).any(|window| window == piece));
    let modified = path.metadata().expect("data").modified().expect("a time");
    let day = modified.duration_since(std::time::UNIX_EPOCH).expect("later");
    assert_eq!(day.as_secs(), 946_684_800, "1 January 2000 for all");
    let sealed = home.vault.sealed_chunk(id, 3).expect("a chunk");
    assert!(file.ends_with(&sealed));

    // One bit, in the middle.
    let mut damaged = file;
    damaged[1_500_000] ^= 1;
    std::fs::write(&path, damaged).expect("writes");
    assert_eq!(
        home.vault.attachment_original(id).err(),
        Some(VaultError::VaultDamaged)
    );
    std::fs::remove_file(&path).expect("removes");
    assert_eq!(
        home.vault.attachment_original(id).err(),
        Some(VaultError::NotFound)
    );
    assert_eq!(
        home.vault.attachments_of(entry).expect("a list")[0].place,
        Place::Lost
    );
}

#[test]
fn the_same_photo_in_two_entries_is_one_file_and_goes_with_the_last() {
    let mut home = Home::new();
    let (one, other) = (home.entry(1), home.entry(2));
    let id = home.attach(one, b"the same").expect("adds");
    assert_eq!(home.attach(other, b"the same"), Ok(id));
    assert_eq!((home.files().len(), home.rows("attachment")), (1, 1));
    home.vault.delete_entry(one, utc(0)).expect("deletes");
    home.finish(60);
    assert_eq!((home.files().len(), home.rows("attachment_of")), (1, 1));
    assert!(home.vault.attachment_original(id).is_ok());
    home.vault
        .let_attachment_go(other, id, utc(100))
        .expect("takes out");
    home.finish(99);
    assert_eq!(home.files().len(), 1, "it can still be taken back");
    home.vault.take_attachment_back(other, id).expect("takes back");
    home.vault
        .let_attachment_go(other, id, utc(100))
        .expect("takes out");
    home.finish(100);
    for table in [
        "attachment",
        "attachment_of",
        "attachment_preview",
        "attachment_file",
    ] {
        assert_eq!(home.rows(table), 0, "{table}");
    }
    assert_eq!(home.files(), Vec::<String>::new());
    assert_eq!(
        home.vault.take_attachment_back(other, id),
        Err(VaultError::NotFound)
    );
    assert!(
        home.vault
            .gone(&home.list())
            .expect("a list")
            .holds(id.0.as_bytes())
    );
}

#[test]
fn a_photo_goes_with_a_kind_that_is_deleted_and_with_a_list_that_is_applied() {
    let mut home = Home::new();
    let (one, other) = (home.entry(1), home.entry(2));
    home.attach(one, b"a").expect("adds");
    home.attach(other, b"a").expect("adds");
    let kept = home.attach(other, b"b").expect("adds");
    let (list, day) = (home.list(), NaiveDate::from_ymd_opt(2026, 12, 27).expect("a day"));
    let gone = home
        .vault
        .delete_period(&[Kind::Entries], Period::default(), &list, day)
        .expect("deletes");
    home.vault.list_deletions(&list).expect("lists");
    assert_eq!((gone, home.files().len(), home.rows("attachment")), (2, 0, 0));
    // As a restored copy from before would have it again, under the id that was listed.
    let entry = home.entry(3);
    let id = home.attach(entry, b"b").expect("adds");
    let rename = "UPDATE attachment SET id = ?2 WHERE id = ?1";
    home.vault
        .connection
        .execute(rename, params![id.0.as_bytes(), kept.0.as_bytes()])
        .expect("renames");
    let deletions = Deletions::load(&list).expect("a list");
    assert_eq!(home.vault.apply_deletions(&deletions), Ok(0), "of entries");
    assert_eq!((home.files().len(), home.rows("attachment")), (0, 0));
}

#[test]
fn a_crash_at_any_step_leaves_no_file_that_nobody_knows() {
    for step in [
        "a row",
        "a piece",
        "a whole file",
        "a name that it keeps",
        "going",
    ] {
        let mut home = Home::new();
        let entry = home.entry(1);
        let strange = home.folder.path().join("attachments/of-another-vault");
        home.attach(entry, b"stays").expect("adds");
        std::fs::write(&strange, b"?").expect("writes");
        let stays = home.files();
        let blob = chunk::Blob::make_random(100).expect("a blob");
        let name = data_encoding::HEXLOWER.encode(&blob.id().0);
        let path = home.folder.path().join("attachments").join(&name);
        home.vault.begin_file(&blob).expect("begins");
        match step {
            "a row" => {}
            "a piece" => std::fs::write(path.with_extension("coming"), b"piece").expect("writes"),
            _ => home.vault.write_file(&blob, &photo(&[7; 100])).expect("writes"),
        }
        let mut expected = stays;
        if step == "a name that it keeps" {
            let write = |transaction: &Transaction<'_>| file::set_here(transaction, blob.id().0);
            home.vault.write(write).expect("commits");
            expected.push(name);
            expected.sort();
        }
        if step == "going" {
            let sql = "UPDATE attachment_file SET state = 3 WHERE blob = ?1";
            home.vault.connection.execute(sql, [blob.id().0]).expect("goes");
        }
        let known = expected.len() - 1;
        let home = home.again();
        assert_eq!(home.files(), expected, "{step}");
        assert_eq!(home.rows("attachment_file") as usize, known, "{step}");
        assert_eq!(home.vault.attachments_of(entry).expect("a list").len(), 1);
    }
}

#[test]
fn what_may_not_be_kept_leaves_nothing_behind() {
    let mut home = Home::new();
    let entry = home.entry(1);
    for number in 0..MOST_NAMED {
        home.attach(entry, &[u8::try_from(number).expect("small")])
            .expect("adds");
    }
    assert_eq!(home.attach(entry, b"one more"), Err(VaultError::TooLarge));
    let gone = EntryId(Uuid::from_u128(9));
    assert_eq!(home.attach(gone, b"nowhere"), Err(VaultError::NotFound));
    let under_way = home.vault.consent().expect("consent");
    home.vault
        .record_choice(&KeepOnDevice::PURPOSE, false, &now())
        .expect("a choice");
    let other = home.vault.attach(&under_way, entry, &photo(b"withdrawn"), utc(0));
    assert_eq!(other, Err(VaultError::NoConsent(KeepOnDevice::PURPOSE.id)));
    assert_eq!(
        (home.files().len(), home.rows("attachment_file")),
        (MOST_NAMED, 24)
    );
}

#[test]
fn they_are_described_and_moved_and_one_that_was_taken_out_is_in_again_where_it_stood() {
    let mut home = Home::new();
    let entry = home.entry(1);
    let ids: Vec<_> = [b"a", b"b", b"c"]
        .iter()
        .map(|bytes| home.attach(entry, *bytes).expect("adds"))
        .collect();
    let consent = home.vault.consent().expect("consent");
    home.vault
        .move_attachment(&consent, (entry, ids[2]), 0, utc(5))
        .expect("moves");
    home.vault
        .describe_attachment(&consent, (entry, ids[0]), "De kade.", utc(6))
        .expect("describes");
    let read = home.vault.entry(entry).expect("an entry");
    let order: Vec<_> = read.attachments.iter().map(|one| one.id).collect();
    assert_eq!(order, [ids[2], ids[0], ids[1]]);
    assert_eq!(
        (read.attachments[1].description.as_str(), read.edited),
        ("De kade.", utc(6))
    );
    home.vault
        .let_attachment_go(entry, ids[0], utc(7))
        .expect("takes out");
    assert_eq!(home.vault.entry(entry).expect("an entry").attachments.len(), 2);
    assert_eq!(home.attach(entry, b"a"), Ok(ids[0]));
    assert_eq!(
        home.vault.entry(entry).expect("an entry").attachments,
        read.attachments
    );
    let listed = home.vault.listed_entry(entry).expect("a row");
    assert_eq!((listed.photos, listed.sounds), (3, 0));
}

#[test]
fn what_is_set_aside_takes_its_files_along_also_after_a_crash_on_the_way() {
    let mut home = Home::new();
    let entry = home.entry(1);
    home.attach(entry, b"a").expect("adds");
    let folder = home.folder.path().join("vault");
    home.vault.close().expect("closes");
    std::fs::rename(home.folder.path().join("attachments"), folder.join("attachments")).expect("renames");
    Vault::settle(&folder).expect("settles");
    assert!(home.folder.path().join("attachments").exists());
    let day = NaiveDate::from_ymd_opt(2026, 12, 27).expect("a day");
    let name = Vault::set_aside(&folder, day).expect("sets aside");
    assert!(!home.folder.path().join("attachments").exists());
    let aside = crate::aside::Aside::list(&folder).expect("a list");
    assert!(aside[0].bytes() > 64 * 1024, "its size counts");
    aside[0].remove().expect("removes");
    assert!(!home.folder.path().join(name).exists());
}

const ME: Uuid = Uuid::from_u128(7);

impl Home {
    fn say(&mut self, number: u32, part: u32, bytes: &[u8]) -> Result<(), VaultError> {
        self.say_in(ME, Some(EntryId(Uuid::from_u128(1))), (number, part), bytes)
    }

    fn say_in(
        &mut self,
        recording: Uuid,
        entry: Option<EntryId>,
        (number, part): (u32, u32),
        bytes: &[u8],
    ) -> Result<(), VaultError> {
        let consent = self.vault.consent()?;
        let piece = recording::Piece {
            recording,
            entry,
            number,
            part,
            said_ms: 5_000 * (number + 1),
            bytes,
        };
        self.vault.keep_piece(&consent, &piece, &now())
    }

    fn said(&self) -> Option<String> {
        let parts = self.vault.recorded(ME).ok()?;
        let text = |part: &zeroize::Zeroizing<Vec<u8>>| String::from_utf8(part.to_vec()).expect("a text");
        Some(parts.iter().map(text).collect::<Vec<_>>().join("|"))
    }

    fn throw_away(&mut self) {
        let day = NaiveDate::from_ymd_opt(2026, 12, 27).expect("a day");
        let list = self.list();
        self.vault.erase_recording(ME, &list, day).expect("erases");
    }
}

#[test]
fn what_was_said_is_there_after_a_crash_in_its_order_and_parts() {
    let mut home = Home::new();
    let entry = home.entry(1);
    assert_eq!((home.vault.recording(), home.said()), (Ok(None), None));
    for (number, part, bytes) in [(0, 0, &b"een "[..]), (1, 0, b"twee"), (2, 1, b"drie ")] {
        home.say(number, part, bytes).expect("keeps");
    }
    let home = home.again();
    let waiting = home.vault.recording().expect("reads").expect("a recording");
    let expected = recording::Recording {
        id: ME,
        entry: Some(entry),
        begun: now(),
        said_ms: 15_000,
    };
    assert_eq!(waiting, expected);
    assert_eq!(home.said().as_deref(), Some("een twee|drie "));
    assert_eq!(home.vault.recorded(Uuid::nil()).err(), Some(VaultError::NotFound));
}

#[test]
fn only_what_follows_is_kept_and_the_last_piece_may_come_again() {
    let mut home = Home::new();
    home.entry(1);
    let other = Uuid::from_u128(8);
    assert_eq!(
        home.say(1, 0, b"x"),
        Err(VaultError::NotFound),
        "nothing was begun"
    );
    home.say(0, 0, b"een").expect("keeps");
    home.say(0, 0, b"een twee").expect("again, and more");
    assert_eq!(home.say(2, 0, b"x"), Err(VaultError::NotFound), "one is missing");
    assert_eq!(home.say_in(other, None, (1, 0), b"x"), Err(VaultError::NotFound));
    assert_eq!(
        home.say_in(other, None, (0, 0), b"x"),
        Err(VaultError::NotFound),
        "one at a time"
    );
    home.say(1, 0, b" drie").expect("keeps");
    assert_eq!(home.say(0, 0, b"x"), Err(VaultError::NotFound), "that was before");
    assert_eq!(home.said().as_deref(), Some("een twee drie"));
    home.throw_away();
    assert_eq!(
        home.say(2, 0, b"x"),
        Err(VaultError::NotFound),
        "it was thrown away"
    );
    assert_eq!((home.said(), home.rows("recording")), (None, 0));
}

#[test]
fn a_recording_has_limits_and_needs_consent() {
    use regie_domain::attachment::sound::{LARGEST_PIECE, LARGEST_SOUND};
    let mut home = Home::new();
    home.entry(1);
    let large = vec![1; LARGEST_PIECE + 1];
    assert_eq!(home.say(0, 0, &large), Err(VaultError::TooLarge));
    let piece = &large[1..];
    let pieces =
        u32::try_from(LARGEST_SOUND).expect("a size") / u32::try_from(LARGEST_PIECE).expect("a size");
    for number in 0..pieces {
        home.say(number, 0, piece).expect("keeps");
    }
    assert_eq!(home.say(pieces, 0, b"x"), Err(VaultError::TooLarge));
    assert_eq!(home.rows("recording"), pieces);
    home.vault
        .record_choice(&KeepOnDevice::PURPOSE, false, &now())
        .expect("a choice");
    assert!(matches!(home.say(pieces, 0, b"x"), Err(VaultError::NoConsent(_))));
    home.throw_away();
    assert_eq!(home.rows("recording"), 0, "without consent too");
}

#[test]
fn an_entry_that_goes_leaves_what_was_said_and_a_period_takes_it_along() {
    let mut home = Home::new();
    let entry = home.entry(1);
    home.say(0, 0, b"een").expect("keeps");
    home.vault.delete_entry(entry, utc(0)).expect("deletes");
    home.finish(60);
    let waiting = home.vault.recording().expect("reads").expect("a recording");
    assert_eq!((waiting.entry, home.said().as_deref()), (None, Some("een")));
    // A page that does not know it yet.
    home.say(1, 0, b" twee").expect("keeps");
    assert_eq!(home.said().as_deref(), Some("een twee"));

    let day = NaiveDate::from_ymd_opt(2026, 12, 27).expect("a day");
    let list = home.list();
    let on = |day: u32| Period {
        from: NaiveDate::from_ymd_opt(2026, 11, day),
        to: NaiveDate::from_ymd_opt(2026, 11, day),
    };
    for (kind, period, left) in [
        (Kind::Entries, on(28), 2),
        (Kind::Checks, Period::default(), 2),
        (Kind::Entries, on(27), 0),
    ] {
        home.vault
            .delete_period(&[kind], period, &list, day)
            .expect("deletes");
        assert_eq!(home.rows("recording"), left, "{kind:?} {period:?}");
    }
}

#[test]
fn no_restore_brings_back_what_was_thrown_away() {
    let mut home = Home::new();
    home.entry(1);
    home.say(0, 0, b"een").expect("keeps");
    let folder = home.folder.path().join("vault");
    let copy = home.folder.path().join("copy");
    std::fs::create_dir(&copy).expect("a folder");
    home.vault.empty_log().expect("empties");
    for file in std::fs::read_dir(&folder).expect("a folder") {
        let file = file.expect("a file");
        std::fs::copy(file.path(), copy.join(file.file_name())).expect("copies");
    }
    home.throw_away();
    let passphrase = regie_crypto::Passphrase::new("kaars muur zwemt lachend".into());
    let mut earlier = Vault::open(&copy, &passphrase).expect("opens");
    assert!(earlier.recording().expect("reads").is_some());
    let deletions = Deletions::load(&home.list()).expect("a list");
    earlier.apply_deletions(&deletions).expect("applies");
    assert_eq!(earlier.recording(), Ok(None));
}
