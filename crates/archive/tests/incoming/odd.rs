//! Any bytes, and any file that was cut off.

use std::{fs, path::Path, time::Duration};

use proptest::{collection::vec, prelude::*};
use regie_archive::{ArchiveError, Reason, incoming::Origin, model::Item};
use tempfile::tempdir;

use crate::{folder, journals::zipped, take_in, written};

/// What comes of a file that was cut off: refused, or nothing but what stood in the whole one.
fn cut_off(whole: &[u8], allowed: impl Fn(usize, &[Item]) -> bool) {
    let away = tempdir().unwrap();
    for cut in 0..whole.len() {
        match take_in(&written(away.path(), "cut", &whole[..cut])) {
            Ok((_, items)) => assert!(allowed(cut, &items), "cut at {cut}: {items:?}"),
            Err(ArchiveError::Bad { reason, .. }) => assert!(
                matches!(reason, Reason::Damaged | Reason::Unknown),
                "cut at {cut}: {reason:?}"
            ),
            Err(other) => panic!("cut at {cut}: {other:?}"),
        }
    }
}

#[test]
fn json_that_was_cut_off_anywhere_is_refused() {
    let whole = fs::read(folder("journals/day-one/Journal.json")).unwrap();
    let end = whole.trim_ascii_end().len();
    cut_off(&whole, |cut, _| cut >= end);
}

#[test]
fn a_zip_that_was_cut_off_anywhere_is_refused() {
    cut_off(
        &zipped(&folder("journals/day-one"), "", &["photos/a.jpeg"]),
        |_, _| false,
    );
    cut_off(&zipped(&folder("journals/notes"), "", &[]), |_, _| false);
}

/// A table has no end of its own: a cut between two lines cannot be told, nor one where the note of a line was about to begin, nor
/// one behind a quotation mark in it, which then looks like the last.
#[test]
fn a_table_that_was_cut_off_is_refused_but_where_it_could_have_ended() {
    for name in ["daylio-en.csv", "daylio-nl.csv", "daylio-2018.csv"] {
        let whole = fs::read(folder("journals").join(name)).unwrap();
        let all = take_in(&folder("journals").join(name)).unwrap().1;
        cut_off(&whole, |cut, items| {
            let Some((last, before)) = items.split_last() else {
                return true;
            };
            let (expected, rest) = all.split_at(before.len());
            let same = match (last, &rest[0]) {
                (Item::Entry(cut_short), Item::Entry(whole)) => {
                    (
                        &cut_short.title,
                        cut_short.mood,
                        &cut_short.tags,
                        &cut_short.written,
                    ) == (&whole.title, whole.mood, &whole.tags, &whole.written)
                        && whole.markdown.starts_with(&cut_short.markdown)
                }
                (left_out, whole) => left_out == whole,
            };
            let could_end = matches!(whole[cut - 1], b',' | b'"');
            before == expected && (*last == rest[0] || (same && could_end))
        });
    }
}

/// Starts of files that a reader knows, so that odd bytes reach it.
const STARTS: [&str; 9] = [
    "",
    "PK\x03\x04",
    "PK\x05\x06",
    "{\"metadata\":{},\"entries\":[",
    "{\"entries\":[{\"creationDate\":\"2026-11-27T20:14:00Z\",\"text\":\"",
    "full_date,date,weekday,time,mood,activities,note\n2026-11-27,x,y,20:00,good,a | b,",
    "full_date;date;weekday;time;mood;activities;note\n",
    "age-encryption.org/v1\n",
    "-----BEGIN AGE ENCRYPTED FILE-----\n",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_refused_or_read_and_never_more(
        start in 0..STARTS.len(),
        bytes in prop_oneof![vec(any::<u8>(), 0..300), "[ -~\n\"{}\\[\\]:,|é]{0,200}".prop_map(String::into_bytes)],
    ) {
        let away = tempdir().unwrap();
        let path = written(away.path(), "odd", &[STARTS[start].as_bytes(), &bytes].concat());
        quietly(&path)?;
    }

    #[test]
    fn any_changed_bytes_of_a_zip_are_refused_or_read(
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let away = tempdir().unwrap();
        let mut zip = zipped(&folder("journals/notes"), "", &[]);
        for (at, byte) in changes {
            let at = at.index(zip.len());
            zip[at] = byte;
        }
        quietly(&written(away.path(), "odd", &zip))?;
    }

    #[test]
    fn any_note_is_read_by_its_folder(
        name in "[a-z0-9 ._-]{1,20}\\.(md|txt)",
        front in "(---\n[a-z]{1,6}: ?[ -~é]{0,20}\n(tags|date|mood|id|zone): ?[ -~]{0,30}\n---\n)?",
        bytes in vec(any::<u8>(), 0..200),
    ) {
        let away = tempdir().unwrap();
        written(away.path(), &format!("n{name}"), &[front.as_bytes(), &bytes].concat());
        let (origin, items) = take_in(away.path()).unwrap();
        prop_assert_eq!((origin, items.is_empty()), (Origin::Files, false));
    }
}

/// Takes it in; what it becomes is the file's affair, how long it takes is not.
fn quietly(path: &Path) -> Result<(), TestCaseError> {
    let started = std::time::Instant::now();
    let outcome = take_in(path);
    prop_assert!(!matches!(
        outcome,
        Err(ArchiveError::Disk(_) | ArchiveError::Refused | ArchiveError::Stopped)
    ));
    prop_assert!(started.elapsed() < Duration::from_secs(5));
    Ok(())
}
