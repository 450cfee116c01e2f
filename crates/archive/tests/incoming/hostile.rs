//! Every file in `tests/hostile`, and what must be said of it. Those too large to keep are made here.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Cursor, Read, Write},
    time::{Duration, Instant},
};

use regie_archive::{
    ArchiveError, Reason,
    export::{Parts, write_archive},
    incoming::{Incoming, Origin},
    model::LeftOut,
    pack::CHECKSUMS,
    read::DATA,
    seal::{Sealing, Secret, SecretString},
    unpack::{Limits, Unpacked},
};
use tempfile::tempdir;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use crate::{HOME, folder, refusal, sorted, support, take_in, written};

const PART: &str = "2026-11-27.md";

#[test]
fn every_hostile_file_is_refused_with_its_part_and_reason() {
    use Reason::{Altered, BadName, BadShape, Damaged, Link, Locked, TooLarge, Unknown};
    let refusals: BTreeMap<&str, (&str, Reason)> = BTreeMap::from([
        ("name-parent.zip", ("../../2026-11-27.md", BadName)),
        ("name-inner-parent.zip", ("dagboek/../../2026-11-27.md", BadName)),
        ("name-absolute.zip", ("/etc/2026-11-27.md", BadName)),
        ("name-drive.zip", ("C:/2026-11-27.md", BadName)),
        ("name-backslash.zip", ("..\\2026-11-27.md", BadName)),
        ("name-dot.zip", ("./2026-11-27.md", BadName)),
        ("name-empty-step.zip", ("dagboek//2026-11-27.md", BadName)),
        ("name-nul.zip", ("2026-11-27\0.md", BadName)),
        ("name-not-utf8.zip", ("2026-11-27\u{fffd}.md", BadName)),
        ("name-twice.zip", (PART, BadName)),
        ("name-twice-but-for-case.zip", ("REGEN.MD", BadName)),
        ("name-of-file-and-folder.zip", ("regen/", BadName)),
        ("symlink.zip", (PART, Link)),
        ("device.zip", (PART, BadShape)),
        ("method.zip", (PART, Unknown)),
        ("encrypted.zip", (PART, Locked)),
        ("size-too-small.zip", (PART, Damaged)),
        ("size-too-large.zip", (PART, Damaged)),
        ("packed-size-beyond-the-end.zip", (PART, Damaged)),
        ("starts-beyond-the-end.zip", (PART, Damaged)),
        ("wrong-checksum.zip", (PART, Altered)),
        ("broken-stream.zip", (PART, Damaged)),
        ("more-parts-claimed-than-there-are.zip", ("", Damaged)),
        ("four-billion-parts.zip", ("", Damaged)),
        ("bomb.zip", (PART, TooLarge)),
        ("bomb-in-zips.zip", ("", Unknown)),
        ("bomb-shared-bytes.zip", ("2026-01-02.md", Damaged)),
        ("bomb-quoted.zip", ("2026-01-01.md", Damaged)),
        ("broken.json", ("", Damaged)),
        ("cut-off-before-entries.json", ("", Damaged)),
        ("foreign.json", ("", Unknown)),
        ("foreign-entries.json", ("", Unknown)),
        ("a-list.json", ("", Unknown)),
        ("entries-are-words.json", ("", BadShape)),
        ("text-is-a-number.json", ("", BadShape)),
        ("something-behind.json", ("", Damaged)),
        ("deep.json", ("", Unknown)),
        ("deep-in-a-known-field.json", ("", BadShape)),
        ("date-is-a-number.json", ("", Damaged)),
        ("not-utf8.json", ("", Damaged)),
        ("lone-surrogate.json", ("", Damaged)),
        ("open-quote.csv", ("", Damaged)),
        ("short-line.csv", ("", Damaged)),
        ("foreign.csv", ("", Unknown)),
    ]);
    let come_in = [
        "deep-in-an-unknown-field.json",
        "giant-numbers.json",
        "strange-dates.json",
        "many-tags.json",
        "nul.csv",
        "windows-1252.csv",
        "strange-dates.csv",
        "notes",
        "make.py",
    ];
    for found in fs::read_dir(folder("hostile")).unwrap() {
        let path = found.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let started = Instant::now();
        match refusals.get(name) {
            Some((part, reason)) => assert_eq!(refusal(&path), ((*part).to_owned(), *reason), "{name}"),
            None => assert!(come_in.contains(&name), "{name} has no expectation"),
        }
        assert!(
            started.elapsed() < Duration::from_secs(5),
            "{name} takes too long"
        );
    }
    for name in refusals.keys().chain(&come_in) {
        assert!(folder("hostile").join(name).exists(), "{name} is gone");
    }
}

#[test]
fn what_is_only_strange_comes_in() {
    let come = |name: &str| sorted(take_in(&folder("hostile").join(name)).unwrap().1);
    let texts = |name: &str| {
        let (entries, left_out) = come(name);
        let texts: Vec<_> = entries.into_iter().map(|entry| entry.markdown).collect();
        (texts, left_out)
    };
    let rained = || vec!["Vandaag regende het.".to_owned()];
    assert_eq!(texts("deep-in-an-unknown-field.json"), (rained(), vec![]));
    assert_eq!(
        texts("giant-numbers.json"),
        (rained(), vec![LeftOut::Circumstance])
    );

    // Six of seven dates are none; a second that the clocks were given extra is one.
    let (entries, left_out) = come("strange-dates.json");
    let at: Vec<_> = entries
        .iter()
        .map(|entry| entry.written.at.to_rfc3339())
        .collect();
    assert_eq!(at, ["2026-11-27T21:14:00+01:00", "2017-01-01T00:59:59.999+01:00"]);
    assert_eq!(left_out, [LeftOut::NoDate; 5]);

    let (entries, left_out) = come("many-tags.json");
    assert_eq!(
        (entries[0].tags.len(), entries[0].tags[23].as_str()),
        (24, "tag 23")
    );
    assert_eq!(left_out, [LeftOut::Tags; 17]);

    assert_eq!(texts("nul.csv"), (vec!["Walked home.".into()], vec![]));
    assert_eq!(
        texts("windows-1252.csv"),
        (vec!["Café, één thee.".into()], vec![])
    );
    let (entries, left_out) = come("strange-dates.csv");
    let at: Vec<_> = entries
        .iter()
        .map(|entry| entry.written.at.to_rfc3339())
        .collect();
    assert_eq!(at, ["2026-11-27T12:00:00+01:00", "2026-11-27T20:30:00+01:00"]);
    assert_eq!(left_out, [LeftOut::NoDate]);
}

#[test]
fn strange_notes_come_in_as_far_as_they_are_text() {
    let (origin, items) = take_in(&folder("hostile/notes")).unwrap();
    assert_eq!(origin, Origin::Files);
    let (entries, left_out) = sorted(items);
    let texts: Vec<_> = entries.iter().map(|entry| entry.markdown.as_str()).collect();
    assert_eq!(
        texts,
        [
            "Café op de hoek.",
            "Thee met één klontje.",
            "Thee\u{fffd}",
            "---\ntitle: 'niet dicht\n---\nEn dan de tekst.",
            &format!("---\na: {}\n---\nDiep.", "[".repeat(5000)),
            "De lijst hierboven is geen tag.",
        ]
    );
    assert!(entries.iter().all(|entry| entry.tags.is_empty()));
    let (no_date, foreign) = (LeftOut::NoDate, LeftOut::ForeignFile);
    assert_eq!(left_out, [no_date, foreign, LeftOut::Empty, no_date, foreign]);
}

#[cfg(unix)]
#[test]
fn links_and_pipes_in_a_folder_are_not_opened() {
    let away = tempdir().unwrap();
    let root = away.path().join("notes");
    fs::create_dir_all(root.join("deep")).unwrap();
    written(&root, PART, b"Regen.");
    written(away.path(), "2026-11-26.md", b"Geheim.");
    std::os::unix::fs::symlink("../2026-11-26.md", root.join("2026-11-26.md")).unwrap();
    std::os::unix::fs::symlink("..", root.join("deep/2026")).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(root.join("2026-11-25.md"))
        .status();
    assert!(made.unwrap().success());
    let (entries, left_out) = sorted(take_in(&root).unwrap().1);
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].markdown, "Regen.");
    assert_eq!(left_out, [LeftOut::ForeignFile; 3]);
    assert_eq!(
        refusal(&root.join("2026-11-25.md")),
        (String::new(), Reason::Unknown)
    );
}

/// The most memory that this process had so far, in bytes; 0 where the system does not tell.
fn most_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or(0, |kilobytes| {
        kilobytes.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    })
}

/// A zip of parts that are made as they are read.
fn zip_of(parts: impl Iterator<Item = (String, Vec<u8>)>) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, content) in parts {
        zip.start_file(name, options).unwrap();
        zip.write_all(&content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn a_hundred_thousand_notes_come_in_and_too_many_are_refused_at_once() {
    let away = tempdir().unwrap();
    let note = |number: u32| {
        (
            format!("{}/2026-11-27 {number}.md", number / 1000),
            vec![b'a'; 20],
        )
    };
    let zip = zip_of((0..100_000).map(note));
    let started = Instant::now();
    let (_, items) = take_in(&written(away.path(), "notes.zip", &zip)).unwrap();
    assert_eq!(items.len(), 100_000);
    // The zip itself, and all items twice, which only a test keeps.
    assert!(most_memory() < 320 << 20, "{} MiB", most_memory() >> 20);
    assert!(
        started.elapsed() < Duration::from_secs(60),
        "{:?}",
        started.elapsed()
    );

    let few = Limits {
        files: 99_999,
        ..Limits::LIFE
    };
    let started = Instant::now();
    let refused = Unpacked::open(Cursor::new(zip), few).map(|_| ());
    assert!(
        matches!(refused, Err(ArchiveError::Bad { part, reason: Reason::TooManyFiles }) if part.is_empty())
    );
    assert!(
        started.elapsed() < Duration::from_millis(500),
        "{:?}",
        started.elapsed()
    );
}

#[test]
fn many_parts_that_unpack_to_much_are_stopped_by_their_sum() {
    let zip = zip_of((0..8).map(|number| (format!("{number}.md"), vec![b' '; 1 << 20])));
    let limits = Limits {
        bytes_unpacked_total: 5 << 20,
        ..Limits::LIFE
    };
    let mut zip = Unpacked::open(Cursor::new(zip), limits).unwrap();
    let names: Vec<_> = zip.names().map(str::to_owned).collect();
    let mut refused = Vec::new();
    for name in names {
        let unpacked = io::copy(&mut zip.part(&name).unwrap(), &mut io::sink());
        refused.extend(unpacked.err().map(|error| ArchiveError::reading("", error)));
    }
    assert_eq!(refused.len(), 3);
    assert!(matches!(&refused[0], ArchiveError::Bad { part, reason: Reason::TooLarge } if part == "5.md"));
    zip.rewind();
    assert!(io::copy(&mut zip.part("7.md").unwrap(), &mut io::sink()).is_ok());
}

#[test]
fn a_line_or_an_entry_without_end_is_refused_before_memory_is_full() {
    let away = tempdir().unwrap();
    let endless = |name: &str, start: &str, filling: u8, megabytes: u64| {
        let path = away.path().join(name);
        let mut file = File::create(&path).unwrap();
        file.write_all(start.as_bytes()).unwrap();
        io::copy(&mut io::repeat(filling).take(megabytes << 20), &mut file).unwrap();
        path
    };
    let heading = "full_date,date,weekday,time,mood,activities,note\n2026-11-27,,,20:00,good,,\"";
    for (path, reason) in [
        (endless("a.csv", heading, b'x', 10), Reason::TooLarge),
        (
            endless("b.csv", &heading.replace('"', ""), b',', 10),
            Reason::TooLarge,
        ),
        (
            endless(
                "a.json",
                r#"{"entries": [{"uuid": "A", "creationDate": "2026-11-27T20:14:00Z", "text": ""#,
                b'x',
                34,
            ),
            Reason::TooLarge,
        ),
        (endless("b.json", r#"{"metadata": ""#, b'x', 12), Reason::Unknown),
        (endless("c.json", "{", b' ', 12), Reason::Unknown),
        (endless("d", "", b'\n', 12), Reason::Unknown),
        (endless("e.zip", "PK\x03\x04", b'P', 12), Reason::Damaged),
        (
            endless("f.age", "age-encryption.org/v1\n-> ", b'x', 12),
            Reason::Damaged,
        ),
    ] {
        let started = Instant::now();
        assert_eq!(refusal(&path), (String::new(), reason), "{}", path.display());
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "{} {:?}",
            path.display(),
            started.elapsed()
        );
    }
    assert!(most_memory() < 192 << 20, "{} MiB", most_memory() >> 20);
}

fn archive(sealing: &Sealing) -> Vec<u8> {
    let mut file = Vec::new();
    write_archive(
        &mut file,
        &support::sample(),
        &support::about(),
        &Parts::ALL,
        sealing,
        None,
    )
    .unwrap();
    file
}

#[test]
fn an_archive_of_regie_comes_in_and_asks_for_its_passphrase() {
    let away = tempdir().unwrap();
    let (origin, items) = take_in(&written(away.path(), "a.csv", &archive(&Sealing::Plain))).unwrap();
    assert_eq!((origin, items), (Origin::Regie, support::sample().items(false)));

    let passphrase = |word: &str| SecretString::from(word.to_owned());
    let sealing = Sealing::Passphrase {
        secret: passphrase("regen op het dak"),
        work: 2,
    };
    let sealed = archive(&sealing);
    let path = written(away.path(), "sealed", &sealed);
    let open = |path: &std::path::Path, word: &str| {
        let secret = Secret::Passphrase(passphrase(word));
        let mut incoming = Incoming::open(path, Some(&secret), &|| false)?;
        let mut items = Vec::new();
        incoming.read(HOME, &mut |item| {
            items.push(item);
            Ok(())
        })?;
        Ok::<_, ArchiveError>(items)
    };
    let refused = |outcome: Result<_, ArchiveError>| match outcome {
        Err(ArchiveError::Bad { part, reason }) => (part, reason),
        other => panic!("{other:?}"),
    };
    assert_eq!(refusal(&path), (String::new(), Reason::Locked));
    assert_eq!(
        refused(open(&path, "zon op het dak")),
        (String::new(), Reason::WrongSecret)
    );
    assert_eq!(
        open(&path, "regen op het dak").unwrap(),
        support::sample().items(false)
    );
    let step = sealed.len() / 40;
    for cut in (0..sealed.len()).step_by(step.max(1)) {
        let path = written(away.path(), "cut", &sealed[..cut]);
        let (part, _) = refused(open(&path, "regen op het dak"));
        assert_eq!(part, "", "cut at {cut}");
    }
}

#[test]
fn an_archive_that_lacks_a_part_or_is_of_a_later_format_is_told_so() {
    let away = tempdir().unwrap();
    let mut whole = zip::ZipArchive::new(Cursor::new(archive(&Sealing::Plain))).unwrap();
    let mut parts = BTreeMap::new();
    for index in 0..whole.len() {
        let mut part = whole.by_index(index).unwrap();
        let mut content = Vec::new();
        part.read_to_end(&mut content).unwrap();
        parts.insert(part.name().unwrap().into_owned(), content);
    }
    let refused = |parts: BTreeMap<String, Vec<u8>>| {
        refusal(&written(away.path(), "archive.zip", &zip_of(parts.into_iter())))
    };
    for name in [DATA, CHECKSUMS] {
        let mut parts = parts.clone();
        parts.remove(name);
        assert_eq!(refused(parts), (name.to_owned(), Reason::Missing));
    }
    let mut altered = parts.clone();
    altered.get_mut("README.txt").unwrap().push(b'.');
    assert_eq!(refused(altered), ("README.txt".to_owned(), Reason::Altered));

    let data = String::from_utf8(parts[DATA].clone()).unwrap();
    let later = data.replacen("2", "3", 1);
    assert!(later.contains("\"format\":3"));
    let sum = |bytes: &[u8]| {
        use sha2::Digest;
        data_encoding::HEXLOWER.encode(&sha2::Sha256::digest(bytes))
    };
    let sums = String::from_utf8(parts[CHECKSUMS].clone()).unwrap();
    let sums = sums.replace(&sum(data.as_bytes()), &sum(later.as_bytes()));
    parts.insert(DATA.into(), later.into_bytes());
    parts.insert(CHECKSUMS.into(), sums.into_bytes());
    assert_eq!(refused(parts), (DATA.to_owned(), Reason::Newer));
}
