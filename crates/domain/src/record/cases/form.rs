//! The form on the wire. These bytes stand in records that people have: they never change.

use std::collections::BTreeMap;

use chrono::DateTime;
use regie_protocol::Language;
use uuid::Uuid;

use crate::{
    AttachmentId, EntryId, RunId,
    attachment::{Attached, Blob, BlobKey, Content, Extent, Manifest, Media, State},
    consent::{Event, History},
    diary::{Entry, EntryRecord, LONGEST_BYTES},
    meter::{Answer, InstrumentRecord, RunRecord},
    moment::Moment,
    record::{AnyRecord, Confirmed, Kind, LONGEST_CONTENT, RecordError, Tombstone, head, merge, read, write},
    reminder::Schedule,
    restriction::Everything,
    settings::Settings,
};

/// Bytes as they are read aloud; blanks are for the eye.
fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter_map(|sign| sign.to_digit(16))
        .map(|digit| u8::try_from(digit).expect("a digit"))
        .collect();
    digits.chunks(2).map(|pair| (pair[0] << 4) | pair[1]).collect()
}

fn epoch() -> Moment {
    Moment {
        at: DateTime::UNIX_EPOCH.fixed_offset(),
        zone: "UTC".to_owned(),
    }
}

fn entry() -> EntryRecord {
    let entry = Entry {
        id: EntryId(Uuid::from_u128(7)),
        own_title: String::new(),
        mood: None,
        tags: vec!["b".to_owned(), "A".to_owned(), "a".to_owned()],
        markdown: "Ja".to_owned(),
        written: epoch(),
        edited: DateTime::UNIX_EPOCH,
        caret: Some(3),
        attachments: vec![Attached {
            id: AttachmentId(Uuid::from_u128(8)),
            description: "x".to_owned(),
        }],
    };
    EntryRecord::new(entry, None)
}

/// One record of each kind, and its bytes.
fn samples() -> Vec<(AnyRecord, &'static str)> {
    let run = RunRecord {
        id: RunId(Uuid::from_u128(9)),
        instrument: "p".to_owned(),
        instrument_version: "1".to_owned(),
        started: epoch(),
        finished: None,
        position: 2,
        note: String::new(),
        corrected: None,
        answers: BTreeMap::from([
            ("a".to_owned(), Answer::Value(3)),
            ("b".to_owned(), Answer::Skipped),
        ]),
        hold: None,
    };
    let instrument = InstrumentRecord {
        id: "p".to_owned(),
        version: "1".to_owned(),
        added: epoch(),
        file: "{}".to_owned(),
    };
    let settings = Settings {
        language: Some(Language::En),
        prompts: Some(true),
        statement_seen: Some(3),
    };
    let choice = Event {
        purpose: "look_back".to_owned(),
        purpose_version: 1,
        statement_version: 3,
        given: true,
        at: epoch(),
    };
    let manifest = Manifest {
        id: AttachmentId(Uuid::from_u128(8)),
        content: Content {
            media: Media::Jpeg,
            bytes: 1_000,
            hash: [2; 32],
            extent: Extent::Dots { width: 4, height: 3 },
        },
        blob: Blob {
            state: State::Coming { from: "p".to_owned() },
            id: [3; 16],
            key: BlobKey([4; 32]),
        },
    };
    vec![
        (
            AnyRecord::Entry(entry()),
            "83 01 02 89 50 00000000000000000000000000000007 60 f6 82 6141 6162 83 00 00 63555443 00 f6 624a61 \
             81 82 50 00000000000000000000000000000008 6178",
        ),
        (
            AnyRecord::Run(run),
            "83 02 01 8a 50 00000000000000000000000000000009 6170 6131 83 00 00 63555443 f6 02 f6 \
             82 82 6161 03 82 6162 f6 f6 60",
        ),
        (
            AnyRecord::Instrument(instrument),
            "83 03 01 84 6170 6131 83 00 00 63555443 627b7d",
        ),
        (AnyRecord::Settings(settings), "83 04 01 83 62656e f5 03"),
        (
            AnyRecord::Reminders(Schedule::default()),
            "83 05 01 82 83 83 f4 87 f4f4f4f4f4f5f4 190258 83 f4 87 f4f4f4f4f5f4f4 1903c0 83 f4 87 f5f5f5f5f5f5f5 1904ce \
             83 f5 190528 1901a4",
        ),
        (
            AnyRecord::Consent(History::new([choice])),
            "83 06 01 81 85 696c6f6f6b5f6261636b 01 03 f5 83 00 00 63555443",
        ),
        (AnyRecord::Hold(Everything::default()), "83 07 01 81 f6"),
        (
            AnyRecord::Attachment(manifest),
            "83 08 01 83 50 00000000000000000000000000000008 \
             85 01 1903e8 5820 0202020202020202020202020202020202020202020202020202020202020202 04 03 \
             83 83 01 6170 f6 50 03030303030303030303030303030303 \
             5820 0404040404040404040404040404040404040404040404040404040404040404",
        ),
    ]
}

#[test]
fn every_kind_has_one_form_for_good() {
    let samples = samples();
    let kinds: Vec<_> = samples.iter().map(|(record, _)| record.kind()).collect();
    assert_eq!(kinds, Kind::ALL);
    for (record, bytes) in &samples {
        let content = record.write().expect("a content");
        assert_eq!(content, hex(bytes), "{:?}", record.kind());
        assert_eq!(AnyRecord::read(&content).as_ref(), Ok(record));
        assert_eq!(
            head(&content),
            Ok((record.kind().number(), record.kind().version()))
        );
        assert_eq!(Kind::of(record.kind().number()), Some(record.kind()));
        for length in 0..content.len() {
            assert!(AnyRecord::read(&content[..length]).is_err(), "cut at {length}");
        }
        assert!(AnyRecord::read(&[content.as_slice(), &[0]].concat()).is_err());
    }
}

#[test]
fn what_there_is_one_of_is_named_so_and_the_rest_is_not() {
    let named: Vec<_> = samples()
        .iter()
        .map(|(record, _)| record.name().is_some())
        .collect();
    assert_eq!(named, [false, false, true, true, true, true, true, false]);
}

#[test]
fn another_way_to_write_the_same_is_refused() {
    for (what, bytes) in [
        ("a kind in two bytes", "83 1804 01 83 62656e f5 03"),
        ("a number in two bytes", "83 04 01 83 62656e f5 1803"),
        ("a list without a length", "83 04 01 9f 62656e f5 03 ff"),
        ("a list around it without a length", "9f 04 01 83 62656e f5 03 ff"),
        ("a text in pieces", "83 04 01 83 7f 6165 616e ff f5 03"),
        ("one part more", "83 04 01 84 62656e f5 03 f6"),
        ("one part less", "83 04 01 82 62656e f5"),
        ("a language that there is none of", "83 04 01 83 627878 f5 03"),
        (
            "tags in another order",
            "83 01 02 89 50 00000000000000000000000000000007 60 f6 82 6162 6161 83 00 00 63555443 00 f6 60 80",
        ),
        (
            "a mood beyond the scale",
            "83 01 02 89 50 00000000000000000000000000000007 60 06 80 83 00 00 63555443 00 f6 60 80",
        ),
        (
            "an offset of two days",
            "83 03 01 84 6170 6131 83 00 1a0002a300 63555443 60",
        ),
        (
            "a date in the year 20,000",
            "83 03 01 84 6170 6131 83 1b000205f6f8a38000 00 63555443 60",
        ),
        (
            "answers in another order",
            "83 02 01 8a 50 00000000000000000000000000000009 6170 6131 83 00 00 63555443 f6 02 f6 82 82 6162 03 82 6161 f6 f6 60",
        ),
        (
            "an attachment that is named twice",
            "83 01 02 89 50 00000000000000000000000000000007 60 f6 80 83 00 00 63555443 00 f6 60 \
             82 82 50 00000000000000000000000000000008 60 82 50 00000000000000000000000000000008 60",
        ),
        (
            "a photo that lasts",
            "83 08 01 83 50 00000000000000000000000000000008 \
             85 01 1903e8 5820 0202020202020202020202020202020202020202020202020202020202020202 04 f6 \
             83 83 02 f6 f6 50 03030303030303030303030303030303 \
             5820 0404040404040404040404040404040404040404040404040404040404040404",
        ),
        (
            "an attachment that is there and comes from somewhere",
            "83 08 01 83 50 00000000000000000000000000000008 \
             85 01 1903e8 5820 0202020202020202020202020202020202020202020202020202020202020202 04 03 \
             83 83 02 6170 f6 50 03030303030303030303030303030303 \
             5820 0404040404040404040404040404040404040404040404040404040404040404",
        ),
        ("version 0", "83 04 00 83 62656e f5 03"),
    ] {
        assert_eq!(
            AnyRecord::read(&hex(bytes)),
            Err(RecordError::Malformed),
            "{what}"
        );
    }
}

#[test]
fn an_entry_of_the_first_version_is_read_and_goes_on_in_the_second() {
    let first = hex(
        "83 01 01 88 50 00000000000000000000000000000007 60 f6 82 6141 6162 83 00 00 63555443 00 f6 624a61",
    );
    let (mut entry, hold) = entry().into_parts();
    entry.attachments.clear();
    let record = EntryRecord::new(entry, hold);
    assert_eq!(read(&first).as_ref(), Ok(&record));
    let second = write(&record).expect("a content");
    assert_eq!(head(&second), Ok((1, 2)));
    let merged = merge(
        Kind::Entry,
        Some(&first),
        &first,
        &samples()[0].0.write().expect("a content"),
    );
    assert_eq!(merged.map(|merged| merged.value), samples()[0].0.write());
}

#[test]
fn what_a_newer_program_wrote_is_named_and_not_touched() {
    let newer = hex("83 04 02 84 62656e f5 03 f6");
    let unknown = hex("83 1903e8 01 f6");
    let settings = write(&Settings::default()).expect("a content");
    let error = RecordError::TooNew { kind: 4, version: 2 };
    assert_eq!(AnyRecord::read(&newer), Err(error));
    assert_eq!(merge(Kind::Settings, None, &settings, &newer), Err(error));
    assert_eq!(head(&unknown), Ok((1000, 1)));
    assert_eq!(
        AnyRecord::read(&unknown),
        Err(RecordError::TooNew {
            kind: 1000,
            version: 1
        })
    );
}

#[test]
fn kinds_are_not_merged_with_each_other_and_a_broken_base_is_none() {
    let settings = |prompts| Settings {
        prompts: Some(prompts),
        ..Settings::default()
    };
    let bytes = |settings| write(&settings).expect("a content");
    let (on, off) = (bytes(settings(true)), bytes(settings(false)));
    let other = write(&Everything::default()).expect("a content");
    assert_eq!(
        merge(Kind::Settings, None, &on, &other),
        Err(RecordError::OtherKind)
    );
    assert_eq!(merge(Kind::Hold, None, &on, &on), Err(RecordError::OtherKind));
    let merged = merge(Kind::Settings, Some(b"?"), &on, &off).expect("merges");
    assert_eq!(read(&merged.value), Ok(settings(false)));
    assert!(merge(Kind::Settings, None, &on, b"?").is_err());
}

#[test]
fn more_than_a_record_holds_is_neither_written_nor_read() {
    let (mut entry, hold) = entry().into_parts();
    entry.attachments.clear();
    entry.markdown = "a".repeat(LONGEST_BYTES + 1);
    assert_eq!(
        write(&EntryRecord::new(entry.clone(), hold.clone())),
        Err(RecordError::TooLong)
    );
    entry.markdown.truncate(LONGEST_BYTES);
    let content = write(&EntryRecord::new(entry, hold)).expect("a content");
    assert!(content.len() < LONGEST_CONTENT);
    // Behind the text there is only an empty list.
    let length = content.len() - 1 - LONGEST_BYTES;
    let mut longer = content;
    longer.insert(length, b'a');
    longer[length - 1] = 1;
    assert_eq!(AnyRecord::read(&longer), Err(RecordError::TooLong));
    assert_eq!(head(&vec![0x83; LONGEST_CONTENT + 1]), Err(RecordError::TooLong));
}

#[test]
fn a_tombstone_says_the_kind_and_whose_deletion_it_was_and_nothing_else() {
    let single = Tombstone {
        kind: Kind::Entry.number(),
        confirmed: None,
    };
    let confirmed = Confirmed {
        deletion: Uuid::from_u128(5),
        count: 300,
    };
    let many = Tombstone {
        confirmed: Some(confirmed),
        ..single
    };
    for (tombstone, bytes) in [
        (single, "83 01 01 f6"),
        (many, "83 01 01 82 50 00000000000000000000000000000005 19012c"),
        (Tombstone { kind: 1000, ..single }, "83 1903e8 01 f6"),
    ] {
        assert_eq!(tombstone.write(), Ok(hex(bytes)));
        assert_eq!(Tombstone::read(&hex(bytes)), Ok(tombstone));
    }
    assert_eq!(
        Tombstone::read(&hex("83 01 02 f6")),
        Err(RecordError::TooNew { kind: 1, version: 2 })
    );
    for broken in ["83 01 00 f6", "83 01 01 80", "83 01 01 f6 00", "83 01 01", ""] {
        assert_eq!(
            Tombstone::read(&hex(broken)),
            Err(RecordError::Malformed),
            "{broken}"
        );
    }
}
