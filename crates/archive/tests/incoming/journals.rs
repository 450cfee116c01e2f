//! Journals as other programs write them: what comes in stands in `tests/journals/expected`.

use std::{
    collections::BTreeMap,
    fs,
    io::{Cursor, Write},
    path::Path,
};

use regie_archive::{
    ArchiveError,
    export::write_archive,
    incoming::{Incoming, Origin},
    model::{Item, LeftOut},
    seal::Sealing,
};
use tempfile::tempdir;
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

use crate::{folder, take_in, written};

/// Compares with what is expected; `UPDATE_EXPECTED=1` writes it anew, to be read before it is kept.
fn assert_expected(name: &str, items: &[Item]) {
    let shown: Vec<_> = items
        .iter()
        .map(|item| match item {
            Item::Entry(entry) => serde_json::to_string_pretty(entry).unwrap(),
            Item::LeftOut(why) => format!("left out: {why:?}"),
            other => panic!("{other:?}"),
        })
        .collect();
    let shown = shown.join("\n") + "\n";
    let path = folder("journals/expected").join(name);
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(&path, &shown).unwrap();
    }
    let expected = fs::read_to_string(&path)
        .unwrap_or_default()
        .replace("\r\n", "\n");
    assert_eq!(shown, expected, "{name}");
}

/// A folder as a zip, below a folder of its own when that is named.
pub(crate) fn zipped(root: &Path, below: &str, more: &[&str]) -> Vec<u8> {
    let mut files = BTreeMap::new();
    gather(root, "", &mut files);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    for name in more {
        files.insert((*name).to_owned(), b"x".to_vec());
    }
    for (name, content) in files {
        zip.start_file(format!("{below}{name}"), options).unwrap();
        zip.write_all(&content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn gather(root: &Path, below: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    for found in fs::read_dir(root.join(below)).unwrap() {
        let found = found.unwrap();
        let name = format!("{below}{}", found.file_name().to_str().unwrap());
        match found.file_type().unwrap().is_dir() {
            true => gather(root, &format!("{name}/"), files),
            false => drop(files.insert(name, fs::read(found.path()).unwrap())),
        }
    }
}

#[test]
fn day_one_comes_in_with_its_zones_titles_and_tags() {
    let (origin, items) = take_in(&folder("journals/day-one/Journal.json")).unwrap();
    assert_eq!(origin, Origin::DayOne);
    assert_expected("day-one.txt", &items);
}

#[test]
fn a_zip_and_a_folder_of_day_one_hold_all_its_journals() {
    let away = tempdir().unwrap();
    let root = folder("journals/day-one");
    let from_folder = take_in(&root).unwrap();
    assert_eq!(from_folder.0, Origin::DayOne);
    let one = take_in(&root.join("Journal.json")).unwrap().1;
    let other = take_in(&root.join("Werk.json")).unwrap().1;
    assert_eq!(from_folder.1, [one, other].concat());
    for below in ["", "Export/"] {
        let zip = zipped(&root, below, &["photos/00000000000000000000000000000000.jpeg"]);
        let path = written(away.path(), "named as nothing", &zip);
        assert_eq!(take_in(&path).unwrap(), from_folder);
    }
    let zip = zipped(
        &root,
        "",
        &["photos/a.jpeg", "lees mij.txt", ".DS_Store", "other.json"],
    );
    let items = take_in(&written(away.path(), "x", &zip)).unwrap().1;
    let foreign = [
        Item::LeftOut(LeftOut::ForeignFile),
        Item::LeftOut(LeftOut::ForeignFile),
    ];
    assert_eq!(items, [from_folder.1, foreign.to_vec()].concat());
}

#[test]
fn photos_of_day_one_come_along_by_the_name_of_what_they_hold() {
    let away = tempdir().unwrap();
    let root = folder("journals/day-one");
    let photo = "photos/d41d8cd98f00b204e9800998ecf8427e.jpeg";
    for below in ["", "Export/"] {
        let path = written(away.path(), "x", &zipped(&root, below, &[photo]));
        let (entries, left_out) = crate::sorted(take_in(&path).unwrap().1);
        let named: Vec<_> = entries.iter().flat_map(|entry| &entry.attachments).collect();
        assert_eq!(named.len(), 1);
        // One less is left out than without its file.
        let without = crate::sorted(take_in(&root).unwrap().1).1;
        assert_eq!(left_out.len() + 1, without.len());
        let mut arrived = Vec::new();
        let mut incoming = Incoming::open(&path, None, &|| false).unwrap();
        let read = incoming.attachments(&mut |one, from| {
            let mut bytes = Vec::new();
            from.read_to_end(&mut bytes)?;
            arrived.push((one.id, one.is_photo, bytes.is_empty()));
            Ok(())
        });
        read.unwrap();
        assert_eq!(
            arrived.iter().map(|one| (one.0, one.1)).collect::<Vec<_>>(),
            [(named[0].id, true)]
        );
    }
}

#[test]
fn daylio_comes_in_in_english_in_dutch_and_from_long_ago() {
    for name in ["daylio-en", "daylio-nl", "daylio-2018"] {
        let (origin, items) = take_in(&folder(&format!("journals/{name}.csv"))).unwrap();
        assert_eq!(origin, Origin::Daylio);
        assert_expected(&format!("{name}.txt"), &items);
    }
}

#[test]
fn a_table_that_another_program_saved_again_is_still_daylio() {
    let away = tempdir().unwrap();
    let mut from = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_path(folder("journals/daylio-nl.csv"))
        .unwrap();
    let mut to = csv::WriterBuilder::new().delimiter(b';').from_writer(Vec::new());
    for line in from.records() {
        to.write_record(&line.unwrap()).unwrap();
    }
    let path = written(away.path(), "x.csv", &to.into_inner().unwrap());
    assert_eq!(
        take_in(&path).unwrap(),
        take_in(&folder("journals/daylio-nl.csv")).unwrap()
    );
}

#[test]
fn notes_come_in_with_the_day_that_they_tell_themselves() {
    let (origin, items) = take_in(&folder("journals/notes")).unwrap();
    assert_eq!(origin, Origin::Files);
    assert_expected("notes.txt", &items);
    let away = tempdir().unwrap();
    let zip = written(away.path(), "x", &zipped(&folder("journals/notes"), "", &[]));
    let by_name = |items: Vec<Item>| {
        let mut shown: Vec<_> = items.iter().map(|item| format!("{item:?}")).collect();
        shown.sort();
        shown
    };
    assert_eq!(by_name(take_in(&zip).unwrap().1), by_name(items));
}

#[test]
fn the_diary_of_an_archive_that_was_unpacked_comes_in_with_its_own_ids() {
    let records = crate::support::with_photos();
    let mut archive = Vec::new();
    let (about, parts) = (crate::support::about(), regie_archive::export::Parts::ALL);
    write_archive(&mut archive, &records, &about, &parts, &Sealing::Plain, None).unwrap();
    let mut zip = ZipArchive::new(Cursor::new(archive)).unwrap();
    let away = tempdir().unwrap();
    zip.extract(away.path()).unwrap();

    let (origin, items) = take_in(&away.path().join("diary")).unwrap();
    assert_eq!(origin, Origin::Files);
    let (mut entries, left_out) = crate::sorted(items);
    // A file with a NUL in it is no text; only a hostile archive could have such an entry.
    let (mut expected, nul): (Vec<_>, Vec<_>) =
        (records.entries.into_iter()).partition(|entry| !entry.markdown.contains('\0'));
    assert_eq!(left_out, vec![LeftOut::ForeignFile; nul.len()]);
    expected.sort_by_key(|entry| entry.id);
    entries.sort_by_key(|entry| entry.id);
    // A file says that an entry is restricted, not since when or why; and lines end as everywhere.
    for (expected, entry) in expected.iter_mut().zip(&entries) {
        assert_eq!(expected.restriction.is_some(), entry.restriction.is_some());
        expected.restriction.clone_from(&entry.restriction);
        expected.markdown = expected.markdown.replace("\r\n", "\n");
        // The links behind the text are no part of it.
        expected.attachments.clear();
    }
    assert_eq!(entries, expected);
}

#[test]
fn a_journal_read_again_has_the_same_ids_and_no_two_entries_share_one() {
    for name in ["day-one", "daylio-en.csv", "daylio-nl.csv", "notes"] {
        let ids = || {
            let items = take_in(&folder("journals").join(name)).unwrap().1;
            let ids = items.into_iter().filter_map(|item| match item {
                Item::Entry(entry) => Some(entry.id),
                _ => None,
            });
            ids.collect::<Vec<_>>()
        };
        let first = ids();
        assert_eq!(first, ids());
        let mut once = first.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), first.len(), "{name}");
    }
}

#[test]
fn another_content_or_name_is_another_fingerprint() {
    let away = tempdir().unwrap();
    let mark = |path: &Path| Incoming::open(path, None, &|| false).unwrap().fingerprint;
    let csv = fs::read(folder("journals/daylio-2018.csv")).unwrap();
    let file = written(away.path(), "a.csv", &csv);
    let before = mark(&file);
    assert_eq!(mark(&written(away.path(), "b.csv", &csv)), before);
    written(away.path(), "a.csv", &[csv.as_slice(), b"\n"].concat());
    assert_ne!(mark(&file), before);

    let notes = tempdir().unwrap();
    let note = written(notes.path(), "2026-11-27.md", b"Regen.");
    let before = mark(notes.path());
    assert_eq!(mark(notes.path()), before);
    fs::rename(&note, notes.path().join("2026-11-28.md")).unwrap();
    assert_ne!(mark(notes.path()), before);
}

#[test]
fn reading_stops_when_it_is_told_to() {
    let path = folder("journals/daylio-nl.csv");
    let stopped = Incoming::open(&path, None, &|| true);
    assert!(matches!(stopped, Err(ArchiveError::Stopped)));
    let mut incoming = Incoming::open(&path, None, &|| false).unwrap();
    let mut seen = 0;
    let outcome = incoming.read(crate::HOME, &mut |_| {
        seen += 1;
        Err(ArchiveError::Stopped)
    });
    assert!(matches!(outcome, Err(ArchiveError::Stopped)) && seen == 1);
}
