//! What is written is read back as it was, or refused for a reason that is named.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

#[path = "support/mod.rs"]
mod support;

use std::{
    collections::BTreeMap,
    io::{self, Cursor, Read},
};

use proptest::{collection, option, prelude::*, sample::select};
use regie_archive::{
    ArchiveError, Reason,
    export::{Parts, Written, write_archive},
    model::{Attached, Choice, ConsentAct, Entry, Item, Media, Moment, Restriction, Run},
    pack::{CHECKSUMS, Pack},
    read::{self, DATA, Heading},
    seal::{self, Sealing, Secret, SecretString, x25519},
    source::{About, Source},
};
use sha2::{Digest, Sha256};
use support::{Photo, Plain, Records, about, moment, sample};
use uuid::Uuid;

fn write(records: &Records, about: &About, parts: &Parts, sealing: &Sealing) -> (Vec<u8>, Written) {
    let mut file = Vec::new();
    let written = write_archive(&mut file, records, about, parts, sealing, None).expect("a whole archive");
    (file, written)
}

fn plain() -> Vec<u8> {
    write(&sample(), &about(), &Parts::ALL, &Sealing::Plain).0
}

fn read_file(file: &[u8], secret: Option<&Secret>) -> Result<(Heading, Vec<Item>), ArchiveError> {
    read_parts(&mut Plain::open(seal::open(Cursor::new(file), secret)?)?)
}

fn read_parts(parts: &mut dyn read::Parts) -> Result<(Heading, Vec<Item>), ArchiveError> {
    let mut items = Vec::new();
    let heading = read::read_archive(parts, &mut |item| {
        items.push(item);
        Ok(())
    })?;
    Ok((heading, items))
}

/// Which one, whether it is a photo, whether a preview in its place, and its bytes.
type Came = (Uuid, bool, bool, Vec<u8>);

/// The bytes of photos and recordings, as they come in.
fn arriving(file: &[u8], secret: Option<&Secret>) -> Result<Vec<Came>, ArchiveError> {
    attachments_of(&mut Plain::open(seal::open(Cursor::new(file), secret)?)?)
}

/// The ids of those that can be read to their ends; each other one told so once.
fn photos_that_are_whole(parts: &mut dyn read::Parts) -> Vec<Uuid> {
    let mut whole = Vec::new();
    let read = read::attachments(parts, &mut |one, from| {
        match std::io::copy(from, &mut std::io::sink()) {
            Ok(_) => whole.push(one.id),
            Err(_) => assert_eq!(from.read(&mut [0; 9]).expect("has ended"), 0),
        }
        Ok(())
    });
    read.expect("what was heard ends nothing");
    whole
}

fn attachments_of(parts: &mut dyn read::Parts) -> Result<Vec<Came>, ArchiveError> {
    let mut all = Vec::new();
    read::attachments(parts, &mut |one, from| {
        let mut bytes = Vec::new();
        let read = from.read_to_end(&mut bytes);
        read.map_err(|error| ArchiveError::reading("attachments", error))?;
        all.push((one.id, one.is_photo, one.preview, bytes));
        Ok(())
    })?;
    Ok(all)
}

fn bad<T: std::fmt::Debug>(result: Result<T, ArchiveError>) -> (String, Reason) {
    match result.expect_err("refused") {
        ArchiveError::Bad { part, reason } => (part, reason),
        other => panic!("{other:?}"),
    }
}

/// Each way of sealing, with what opens it.
fn sealings() -> [(Sealing, Option<Secret>); 3] {
    let words = || SecretString::from("vier losse woorden".to_owned());
    let key = x25519::Identity::generate();
    let cheap = Sealing::Passphrase {
        secret: words(),
        work: 2,
    };
    [
        (Sealing::Plain, None),
        (cheap, Some(Secret::Passphrase(words()))),
        (Sealing::Recipient(key.to_public()), Some(Secret::Key(key))),
    ]
}

fn within(bytes: usize, text: &str) -> String {
    let end = text.floor_char_boundary(bytes);
    text.get(..end).expect("a boundary").to_owned()
}

prop_compose! {
    fn any_moment()(
        ms in -2_208_988_800_000_i64..7_258_118_400_000,
        minutes in -14 * 60..=14 * 60_i32,
        zone in select(&["Europe/Amsterdam", "Pacific/Apia", "UTC", "Etc/GMT+12"][..]),
    ) -> Moment {
        let offset = chrono::FixedOffset::east_opt(minutes * 60).expect("an offset");
        let at = chrono::DateTime::from_timestamp_millis(ms).expect("a time").with_timezone(&offset);
        Moment { at, zone: zone.into() }
    }
}

fn any_restriction() -> impl Strategy<Value = Option<Restriction>> {
    option::of((any_moment(), any::<String>()).prop_map(|(since, reason)| Restriction { since, reason }))
}

prop_compose! {
    fn any_entry()(
        id in any::<u128>(),
        written in any_moment(),
        edited in any_moment(),
        title in any::<String>(),
        mood in option::of(1..=5_u8),
        tags in collection::vec(any::<String>().prop_filter("not empty", |tag| !tag.is_empty()), 0..=24),
        markdown in any::<String>(),
        attached in collection::btree_map(0..5_u128, any::<String>(), 0..5),
        restriction in any_restriction(),
    ) -> Entry {
        Entry {
            id: Uuid::from_u128(id),
            written,
            edited: edited.at.to_utc(),
            title: within(400, &title),
            mood,
            tags: tags.into_iter().map(|tag| within(80, &tag)).collect(),
            markdown,
            attachments: attached
                .into_iter()
                .map(|(id, description)| Attached { id: Uuid::from_u128(id), description })
                .collect(),
            restriction,
        }
    }
}

prop_compose! {
    fn any_run()(
        id in any::<u128>(),
        (instrument, version) in select(&[("vitality-16", "1.0.0"), ("check-in-2", "1.0.0"), ("mine_4", "1.0.0"), ("gone", "7")][..]),
        started in any_moment(),
        finished in option::of((any_moment(), option::of(any_moment()))),
        position in 0..=150_u32,
        note in any::<String>(),
        answers in collection::btree_map("[a-z][0-9._-]{0,3}|mood|energy", option::of(any::<u8>()), 0..20),
        restriction in any_restriction(),
    ) -> Run {
        let corrected = finished.as_ref().and_then(|(_, at)| at.as_ref()).map(|moment| moment.at.to_utc());
        Run {
            id: Uuid::from_u128(id),
            instrument: instrument.into(),
            instrument_version: version.into(),
            started,
            finished: finished.map(|(moment, _)| moment),
            position,
            note,
            answers,
            corrected,
            restriction,
        }
    }
}

/// One for each id that an entry may name.
fn any_attachments() -> impl Strategy<Value = Vec<Photo>> {
    let kinds = select(&[Media::Jpeg, Media::Opus, Media::Aac, Media::Mp3][..]);
    let bytes = option::of(collection::vec(any::<u8>(), 0..300));
    collection::vec((kinds, bytes, any::<bool>()), 5..=5).prop_map(|all| {
        let one = |(number, (media, bytes, preview)): (usize, (Media, Option<Vec<u8>>, bool))| Photo {
            id: Uuid::from_u128(number as u128),
            media,
            bytes,
            preview: preview && media.is_photo(),
        };
        all.into_iter().enumerate().map(one).collect()
    })
}

prop_compose! {
    fn any_records()(
        entries in collection::vec(any_entry(), 0..8),
        runs in collection::vec(any_run(), 0..8),
        brings in any::<bool>(),
        acts in collection::vec((select(&["keep_on_device", "other"][..]), select(&[ConsentAct::Given, ConsentAct::Withdrawn, ConsentAct::Objected][..]), any_moment(), any::<u32>()), 0..5),
        restriction in any_restriction(),
        settings in collection::btree_map(any::<String>(), any::<String>().prop_map(serde_json::Value::from), 0..3),
        attachments in any_attachments(),
    ) -> Records {
        let (brought, checked) = support::brought();
        let mut catalogue = support::shipped();
        if brings {
            catalogue.push(std::borrow::Cow::Owned(checked));
        }
        let choice = |(purpose, act, at, version): (&str, ConsentAct, Moment, u32)| Choice {
            purpose: purpose.into(),
            purpose_version: version,
            statement_version: version / 2,
            act,
            at,
        };
        Records {
            entries,
            runs,
            instruments: brings.then_some(brought).into_iter().collect(),
            catalogue,
            choices: acts.into_iter().map(choice).collect(),
            restriction,
            settings,
            attachments,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_is_written_is_read_back_as_it_was_however_it_was_sealed(
        records in any_records(),
        given_only in any::<bool>(),
        parts in any::<[bool; 4]>(),
    ) {
        let [diary, csv, fhir, consent] = parts;
        let parts = Parts { diary, csv, fhir, consent };
        let about = About { given_only, ..about() };
        for (sealing, secret) in sealings() {
            let (file, written) = write(&records, &about, &parts, &sealing);
            let (heading, items) = read_file(&file, secret.as_ref()).expect("a whole archive");
            prop_assert_eq!(&items, &records.items(given_only));
            prop_assert_eq!(heading.given_only, given_only);
            prop_assert_eq!(&heading.made, &about.made);
            prop_assert_eq!(written.counts.entries, records.entries.len() as u64);
            prop_assert_eq!(written.counts.runs, records.runs.len() as u64);
            let whole: Vec<_> = (records.attachments.iter())
                .filter_map(|one| Some((one.id, one.media.is_photo(), one.preview, one.bytes.clone()?)))
                .collect();
            prop_assert_eq!(arriving(&file, secret.as_ref()).expect("whole"), whole);
            prop_assert_eq!(written.counts.photos + written.counts.recordings, 5);
        }
    }
}

#[test]
fn an_archive_holds_the_parts_that_were_chosen_and_the_same_records_make_the_same_file() {
    let names = |parts: &Parts, about: &About| {
        let (file, written) = write(&sample(), about, parts, &Sealing::Plain);
        assert_eq!(file, write(&sample(), about, parts, &Sealing::Plain).0);
        let names = Plain::open(Cursor::new(file)).expect("a zip").names();
        assert_eq!(written.parts, names.len() as u64);
        names
    };
    let always = [
        DATA,
        "regie-data-2.schema.json",
        "LEESMIJ.txt",
        "README.txt",
        CHECKSUMS,
    ];
    assert_eq!(names(&Parts::NONE, &about()), always);
    let all = names(&Parts::ALL, &about());
    for name in [
        "fhir/bundle.json",
        "diary/2025/2025-10-26-0230.md",
        "diary/2025/2025-10-26-0230-2.md",
        "diary/2026/2026-11-26-0705-3.md",
        "csv/entries.csv",
        "csv/results.csv",
        "csv/check-ins.csv",
        "consent.json",
    ] {
        assert!(all.iter().any(|one| one == name), "{name} in {all:?}");
    }
    assert_eq!(all.len(), 11 + always.len());
    let given = names(
        &Parts::ALL,
        &About {
            given_only: true,
            ..about()
        },
    );
    assert!(!given.iter().any(|name| name == "consent.json"));
}

fn text_of(file: &[u8], name: &str) -> String {
    let mut parts = Plain::open(Cursor::new(file)).expect("a zip");
    io::read_to_string(read::Parts::open(&mut parts, name).expect("there")).expect("text")
}

#[test]
fn for_another_party_nothing_that_was_worked_out_goes_along() {
    let all = write(&sample(), &about(), &Parts::ALL, &Sealing::Plain).0;
    let about = About {
        given_only: true,
        ..about()
    };
    let given = write(&sample(), &about, &Parts::ALL, &Sealing::Plain).0;
    for (part, worked_out) in [
        ("fhir/bundle.json", "\"Observation\""),
        ("csv/results.csv", ",score,"),
        (DATA, "\"choices\""),
        (DATA, "\"settings\""),
    ] {
        assert!(text_of(&all, part).contains(worked_out), "{part}");
        assert!(!text_of(&given, part).contains(worked_out), "{part}");
    }
    assert!(text_of(&given, "LEESMIJ.txt").contains("alleen wat iemand zelf heeft gegeven"));
}

#[test]
fn the_pages_to_read_first_count_what_is_there_and_say_what_it_is_not() {
    let mut extra = |pack: &mut Pack<'_>| pack.whole("report/report.html", b"<p>");
    let mut file = Vec::new();
    let period =
        chrono::NaiveDate::from_ymd_opt(2026, 1, 1).zip(chrono::NaiveDate::from_ymd_opt(2026, 12, 31));
    let about = About { period, ..about() };
    write_archive(
        &mut file,
        &sample(),
        &about,
        &Parts::ALL,
        &Sealing::Plain,
        Some(&mut extra),
    )
    .expect("whole");
    let (dutch, english) = (text_of(&file, "LEESMIJ.txt"), text_of(&file, "README.txt"));
    for said in [
        "6 dagboekberichten",
        "24 checks",
        "1 eigen vragenlijst\n",
        "1 januari 2026",
        "27 november 2026",
        "report/",
        "niet versleuteld",
    ] {
        assert!(dutch.contains(said), "{said} in {dutch}");
    }
    for said in [
        "6 diary entries",
        "1 questionnaire of your own\n",
        "31 December 2026",
        "report/",
        "not encrypted",
        "not meant to diagnose",
    ] {
        assert!(english.contains(said), "{said} in {english}");
    }
    assert!(!text_of(&plain(), "README.txt").contains("report/"));
}

#[test]
fn cut_off_anywhere_it_is_refused_as_damaged_and_no_changed_byte_changes_what_is_read() {
    let records = sample();
    for (sealing, secret) in sealings() {
        let (file, _) = write(&records, &about(), &Parts::ALL, &sealing);
        let step = file.len() / 80;
        for end in (0..file.len()).step_by(step).chain(file.len() - 30..file.len()) {
            let cut = &file[..end];
            // So short that it says neither what it is nor how it was closed.
            if end < 40 {
                assert!(read_file(cut, secret.as_ref()).is_err(), "cut at {end}");
            } else {
                assert_eq!(
                    bad(read_file(cut, secret.as_ref())),
                    (String::new(), Reason::Damaged),
                    "cut at {end}"
                );
            }
        }
        let sealed = secret.is_some();
        for at in (0..file.len()).step_by(step).chain(file.len() - 60..file.len()) {
            let mut changed = file.clone();
            changed[at] ^= 0x04;
            match read_file(&changed, secret.as_ref()) {
                // Times and system of a zip's parts, which nobody reads.
                Ok((_, items)) => assert!(!sealed && items == records.items(false), "changed at {at}"),
                Err(error) => assert!(matches!(error, ArchiveError::Bad { .. }), "{error:?} at {at}"),
            }
        }
    }
}

#[test]
fn stopped_in_the_middle_what_was_written_opens_nowhere() {
    struct Stopping(Records);
    impl Source for Stopping {
        fn entries(&self, each: regie_archive::source::Each<'_, Entry>) -> Result<(), ArchiveError> {
            each(self.0.entries[0].clone())?;
            Err(ArchiveError::Stopped)
        }
        fn runs(&self, each: regie_archive::source::Each<'_, Run>) -> Result<(), ArchiveError> {
            self.0.runs(each)
        }
        fn attachments(&self, each: regie_archive::source::EachHeld<'_>) -> Result<(), ArchiveError> {
            self.0.attachments(each)
        }
        fn preview(&self, id: Uuid) -> Result<Option<Vec<u8>>, ArchiveError> {
            self.0.preview(id)
        }

        fn instruments(&self) -> &[regie_archive::model::Instrument] {
            self.0.instruments()
        }
        fn catalogue(&self) -> &[std::borrow::Cow<'static, regie_domain::meter::Instrument>] {
            self.0.catalogue()
        }
        fn choices(&self) -> &[Choice] {
            self.0.choices()
        }
        fn restriction(&self) -> Option<&Restriction> {
            self.0.restriction()
        }
        fn settings(&self) -> &regie_archive::model::Settings {
            self.0.settings()
        }
    }
    for (sealing, secret) in sealings() {
        let mut file = Vec::new();
        let stopped = write_archive(
            &mut file,
            &Stopping(sample()),
            &about(),
            &Parts::ALL,
            &sealing,
            None,
        );
        assert!(matches!(stopped, Err(ArchiveError::Stopped)));
        assert!(read_file(&file, secret.as_ref()).is_err());
    }
}

/// Parts by name, each of which a test can change; the checksums are right again afterwards.
struct Loose(BTreeMap<String, Vec<u8>>);

impl Loose {
    fn of(file: &[u8]) -> Self {
        let mut parts = Plain::open(Cursor::new(file)).expect("a zip");
        let mut loose = BTreeMap::new();
        for name in parts.names() {
            let mut content = Vec::new();
            read::Parts::open(&mut parts, &name)
                .expect("there")
                .read_to_end(&mut content)
                .expect("whole");
            loose.insert(name, content);
        }
        Self(loose)
    }

    fn with_data(data: String) -> Self {
        let line = format!(
            "{}  {DATA}\n",
            data_encoding::HEXLOWER.encode(&Sha256::digest(&data))
        );
        Self(BTreeMap::from([
            (DATA.into(), data.into_bytes()),
            (CHECKSUMS.into(), line.into_bytes()),
        ]))
    }
}

impl read::Parts for Loose {
    fn open(&mut self, name: &str) -> Result<Box<dyn Read + '_>, ArchiveError> {
        let part = self
            .0
            .get(name)
            .ok_or_else(|| ArchiveError::bad(name, Reason::Missing))?;
        Ok(Box::new(part.as_slice()))
    }
}

#[test]
fn a_part_that_was_altered_or_taken_out_is_named() {
    let file = plain();
    for name in [
        DATA,
        "LEESMIJ.txt",
        "csv/results.csv",
        "diary/2025/2025-10-26-0230-2.md",
    ] {
        let mut altered = Loose::of(&file);
        altered.0.get_mut(name).expect("there").push(b' ');
        assert_eq!(bad(read_parts(&mut altered)), (name.to_owned(), Reason::Altered));
        let mut without = Loose::of(&file);
        without.0.remove(name);
        assert_eq!(bad(read_parts(&mut without)), (name.to_owned(), Reason::Missing));
    }
    let mut unlisted = Loose::of(&file);
    let list = String::from_utf8(unlisted.0[CHECKSUMS].clone()).expect("text");
    let without: String = list
        .lines()
        .filter(|line| !line.ends_with(DATA))
        .map(|line| format!("{line}\n"))
        .collect();
    unlisted.0.insert(CHECKSUMS.into(), without.into_bytes());
    assert_eq!(bad(read_parts(&mut unlisted)), (DATA.to_owned(), Reason::Altered));
    for list in [
        "hallo",
        "00  data.json",
        &format!("{}  ../data.json", "0".repeat(64)),
    ] {
        let mut foreign = Loose::of(&file);
        foreign.0.insert(CHECKSUMS.into(), list.as_bytes().to_vec());
        assert_eq!(
            bad(read_parts(&mut foreign)),
            (CHECKSUMS.to_owned(), Reason::BadShape),
            "{list}"
        );
    }
}

#[test]
fn data_of_another_shape_is_refused_whole_and_for_its_reason() {
    let records = sample();
    let data = text_of(&plain(), DATA);
    let with = |from: &str, to: &str| {
        assert!(data.contains(from), "{from}");
        read_parts(&mut Loose::with_data(data.replacen(from, to, 1)))
    };
    assert_eq!(
        with("Regie 0.1.0", "Regie 0.2.0").expect("whole").1,
        records.items(false)
    );
    assert_eq!(
        with("\"tags\":[", "\"tags\": [\n ").expect("whole").1,
        records.items(false)
    );
    let long = |length: usize| format!("\"markdown\":\"{}", "x".repeat(length));
    for (from, to, reason) in [
        ("\"format\":2", "\"format\":3", Reason::Newer),
        ("\"format\":2,", "\"format\":3,\"new\":[", Reason::Newer),
        // Format 1 had no list of attachments.
        ("\"format\":2", "\"format\":1", Reason::BadShape),
        ("\"format\":2", "\"format\":0", Reason::BadShape),
        ("\"format\":2", "\"format\":\"2\"", Reason::BadShape),
        ("\"format\":2,\n", "", Reason::BadShape),
        ("{\"format\"", "{\"new\":1,\"format\"", Reason::BadShape),
        ("\"givenOnly\":false", "\"givenOnly\":true", Reason::BadShape),
        ("\"givenOnly\"", "\"givenonly\"", Reason::BadShape),
        ("\"entries\":[", "\"entries\":[],\"entries\":[", Reason::BadShape),
        ("\"mood\":1", "\"mood\":6", Reason::BadShape),
        ("\"mood\":1", "\"mood\":1,\"weather\":3", Reason::BadShape),
        ("\"tags\":[\"werk\"", "\"tags\":[\"\"", Reason::BadShape),
        (
            "\"tags\":[]",
            &format!("\"tags\":[{}\"a\"]", "\"a\",".repeat(24)),
            Reason::BadShape,
        ),
        (
            "\"zone\":\"Europe/Amsterdam\"",
            "\"zone\":\"Europe / Amsterdam\"",
            Reason::BadShape,
        ),
        (
            "\"at\":\"2025-10-26T02:30:00",
            "\"at\":\"2025-10-36T02:30:00",
            Reason::BadShape,
        ),
        ("\"markdown\":\"", &long(2 * 1024 * 1024), Reason::BadShape),
        ("\"markdown\":\"", &long(14 * 1024 * 1024), Reason::TooLarge),
        ("\"position\":16", "\"position\":151", Reason::BadShape),
        ("\"answers\":{", "\"answers\":{\"a b\":1,", Reason::BadShape),
        ("\"answers\":{", "\"answers\":{\"x\":1,\"x\":1,", Reason::BadShape),
        ("\"act\":\"given\"", "\"act\":\"sold\"", Reason::BadShape),
        ("\"settings\":{", "\"settings\":[", Reason::BadShape),
        ("\"runs\":[", "\"runs\":{", Reason::BadShape),
        ("\"runs\":[", "\"runs\":", Reason::BadShape),
        ("\"made\":{", "\"made\":{{", Reason::Damaged),
    ] {
        let shown: String = to.chars().take(60).collect();
        assert_eq!(bad(with(from, to)), (DATA.to_owned(), reason), "{from} → {shown}");
    }
    for end in (0..data.len() - 2).step_by(97) {
        let Some(cut) = data.get(..end) else { continue };
        let (part, reason) = bad(read_parts(&mut Loose::with_data(cut.to_owned())));
        assert_eq!((part.as_str(), reason), (DATA, Reason::Damaged), "cut at {end}");
    }
    assert_eq!(
        bad(read_parts(&mut Loose::with_data(format!("{data}{{}}")))),
        (DATA.to_owned(), Reason::Damaged)
    );
}

#[test]
fn a_record_without_end_is_refused_before_memory_is_full() {
    struct Endless(&'static str, &'static str);
    impl read::Parts for Endless {
        fn open(&mut self, _: &str) -> Result<Box<dyn Read + '_>, ArchiveError> {
            struct Repeat(&'static [u8], usize);
            impl Read for Repeat {
                fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
                    let mut sign = self.0.iter().copied().cycle().skip(self.1 % self.0.len());
                    to.fill_with(|| sign.next().expect("endless"));
                    self.1 += to.len();
                    Ok(to.len())
                }
            }
            Ok(Box::new(self.0.as_bytes().chain(Repeat(self.1.as_bytes(), 0))))
        }
    }
    let read = |start, again| bad(read::read(&mut Endless(start, again), &mut |_| Ok(())));
    for (start, again) in [
        ("{\"format\":1,\"program\":\"", "x"),
        ("{\"format\":1,\"settings\":{\"a\":", "[[],\n"),
        ("{\"format\":1,\"settings\":{\"a\":[", "0,\n"),
        ("{\"format\":1,\"entries\":[{\"markdown\":\"", "x"),
        ("{\"format\":1,", "\n"),
        ("{\"format\":1,\"entries\":[", "\n"),
    ] {
        assert_eq!(read(start, again).1, Reason::TooLarge, "{start}{again}");
    }
    assert_eq!(read("{\"format\":1,\"settings\":", "[").1, Reason::BadShape);
    // Caught sooner: more of them than a record may have.
    assert_eq!(
        read("{\"format\":1,\"entries\":[{\"tags\":[", "\"a\",\n").1,
        Reason::BadShape
    );
    assert_eq!(
        read("{\"format\":1,\"runs\":[{\"answers\":{", "\"a\":1,\n").1,
        Reason::BadShape
    );
}

#[test]
fn whoever_takes_the_records_can_stop_at_any_of_them() {
    let file = plain();
    let mut parts = Plain::open(Cursor::new(&file)).expect("a zip");
    let all = sample().items(false).len();
    for refuse_at in [0, 1, 5, 20, all - 1] {
        let mut seen = 0;
        let refused = read::read(&mut parts, &mut |_| {
            seen += 1;
            if seen > refuse_at {
                Err(ArchiveError::Refused)
            } else {
                Ok(())
            }
        });
        assert!(matches!(refused, Err(ArchiveError::Refused)), "{refuse_at}");
        assert_eq!(seen, refuse_at + 1);
    }
}

#[test]
fn more_parts_than_an_old_zip_can_have_are_read_back() {
    let mut file = Vec::new();
    let mut pack = Pack::new(&mut file, &moment("2026-11-27T10:00:00+01:00"));
    for number in 0..66_000 {
        pack.begin(&format!("diary/{number}.md")).expect("room");
    }
    pack.whole(DATA, b"{}").expect("room");
    pack.finish().expect("a whole archive");
    let mut parts = Plain::open(Cursor::new(file)).expect("a zip");
    assert_eq!(parts.names().len(), 66_002);
    assert_eq!(
        bad(read::read(&mut parts, &mut |_| Ok(()))),
        (DATA.to_owned(), Reason::BadShape)
    );
}

fn photos() -> (Records, Vec<u8>) {
    let records = support::with_photos();
    let file = write(&records, &about(), &Parts::ALL, &Sealing::Plain).0;
    (records, file)
}

#[test]
fn photos_and_recordings_are_parts_of_their_own_and_what_lacks_is_counted_in_the_page_to_read_first() {
    let (records, file) = photos();
    let ids: Vec<_> = records.attachments.iter().map(|one| one.id).collect();
    let mut zip = zip::ZipArchive::new(Cursor::new(&file)).expect("a zip");
    for (id, ending) in [(ids[0], "jpg"), (ids[1], "opus"), (ids[2], "jpg")] {
        let part = zip.by_name(&format!("attachments/{id}.{ending}")).expect("there");
        assert_eq!(part.compression(), zip::CompressionMethod::Stored);
    }
    let dutch = text_of(&file, "LEESMIJ.txt");
    for said in [
        "  3 foto's\n",
        "  1 opname\n",
        "van 1 foto zit alleen een kleine versie",
        "1 foto of opname zit er niet in",
    ] {
        assert!(dutch.contains(said), "{said} in {dutch}");
    }
    let first = text_of(&file, "diary/2025/2025-10-26-0230.md");
    assert!(
        first.contains(
            "\n<!-- regie: attachments -->\n\n- ![\\[Zee\\]\\(evil\\) \\* \\- duin](../../attachments/"
        ),
        "{first}"
    );
    assert!(
        first.contains(&format!("](../../attachments/{}.opus)\n", ids[1])),
        "{first}"
    );
    let last = text_of(&file, "diary/2026/2026-11-26-0705-2.md");
    for said in [
        "- ![Foto](../../attachments/",
        "(alleen een kleine versie)\n",
        "- Foto (zit niet in dit archief)\n",
    ] {
        assert!(last.contains(said), "{said} in {last}");
    }
    // Without any, nothing is said of them.
    assert!(!text_of(&plain(), "README.txt").contains("photo"));
}

#[test]
fn an_archive_of_format_1_is_still_read() {
    let data = text_of(&plain(), DATA);
    let old = data
        .replacen("\"format\":2", "\"format\":1", 1)
        .replacen("\"attachments\":[],\n", "", 1);
    assert_ne!(old.len(), data.len());
    let mut parts = Loose::with_data(old);
    assert_eq!(read_parts(&mut parts).expect("whole").1, sample().items(false));
    assert_eq!(attachments_of(&mut parts).expect("none"), []);
}

#[test]
fn a_photo_that_is_not_what_was_written_is_refused_and_so_is_a_list_that_lies() {
    let (records, file) = photos();
    let id = records.attachments[0].id;
    let part = format!("attachments/{id}.jpg");
    for bytes in [
        &[0xFF, 0xD8, 0xFF, 0xD8][..],
        &[0xFF, 0xD8, 0xFF],
        &[0xFF; 5_000],
        b"",
    ] {
        let mut altered = Loose::of(&file);
        altered.0.insert(part.clone(), bytes.to_vec());
        assert_eq!(bad(attachments_of(&mut altered)), (part.clone(), Reason::Altered));
        // Whoever takes none of it hears of it too.
        assert_eq!(
            bad(read::attachments(&mut altered, &mut |_, _| Ok(()))),
            (part.clone(), Reason::Altered)
        );
        // Whoever heard of it and goes on gets the others, and every record.
        let others = photos_that_are_whole(&mut altered);
        assert_eq!(others, photos_that_are_whole(&mut Loose::of(&file))[1..]);
        assert_eq!(read_parts(&mut altered).expect("records").1, records.items(false));
    }
    let mut without = Loose::of(&file);
    without.0.remove(&part);
    assert_eq!(bad(attachments_of(&mut without)), (part.clone(), Reason::Missing));
    assert_eq!(
        photos_that_are_whole(&mut without),
        photos_that_are_whole(&mut Loose::of(&file))[1..]
    );

    let data = text_of(&file, DATA);
    let more: String = (0..97)
        .map(|number| format!("{{\"id\":\"{}\",\"description\":\"\"}},", Uuid::from_u128(number)))
        .collect();
    for (from, to) in [
        (part.as_str(), "data.json"),
        (part.as_str(), "../../etc/passwd"),
        ("\"type\":\"image/jpeg\"", "\"type\":\"image/svg+xml\""),
        ("\"type\":\"image/jpeg\"", "\"type\":\"audio/ogg\""),
        ("\"bytes\":4,", "\"bytes\":33554433,"),
        ("\"bytes\":4,", "\"bytes\":-1,"),
        ("\"width\":640,", ""),
        ("\"sha256\":\"", "\"sha256\":\"0"),
        // Named and not told of, told of twice, named twice, named too often.
        (
            &format!("\"attachments\":[{{\"id\":\"{id}\""),
            &format!("\"attachments\":[{{\"id\":\"{}\"", Uuid::nil()),
        ),
        ("\"attachments\":[\n", "\"attachments\":[\n],\"attachments\":[\n"),
        (
            "\"description\":\"[Zee",
            &format!("\"description\":\"\"}},{{\"id\":\"{id}\",\"description\":\"[Zee"),
        ),
        ("\"attachments\":[{", &format!("\"attachments\":[{more}{{")),
        (
            "\"description\":\"",
            &format!("\"description\":\"{}", "x".repeat(5_000)),
        ),
    ] {
        assert!(data.contains(from), "{from}");
        let result = read_parts(&mut Loose::with_data(data.replacen(from, to, 1)));
        let shown: String = to.chars().take(60).collect();
        assert_eq!(
            bad(result),
            (DATA.to_owned(), Reason::BadShape),
            "{from} → {shown}"
        );
    }
}

#[test]
fn the_page_shows_small_pictures_within_itself_and_says_how_many_there_are() {
    let (mut records, _) = photos();
    records.entries[0].attachments[0].description = "\"><script>".into();
    let mut page = Vec::new();
    regie_archive::report::html(&mut page, &records, &about()).expect("a page");
    let page = String::from_utf8(page).expect("text");
    assert!(page.contains("img-src data:;"));
    // One photo in two entries; what is no JPEG is not put into a page.
    assert_eq!(page.matches("<img ").count(), 2);
    let shown = "<img alt=\"&quot;&gt;&lt;script&gt;\" src=\"data:image/jpeg;base64,/9j/2Q==\">";
    assert!(page.contains(shown));
    assert!(!page.contains("<script"));
    for said in ["opnamen: 2 (", "opnamen: 3<"] {
        assert!(page.contains(said), "{said}");
    }
}
