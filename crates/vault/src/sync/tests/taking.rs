use super::*;

const THEIRS: RecordId = RecordId([77; 16]);

fn written(record: &AnyRecord) -> Vec<u8> {
    record.write().expect("a content")
}

fn run_record(number: u128, note: &str) -> RunRecord {
    let run = run(number);
    RunRecord {
        id: run.id,
        instrument: run.instrument,
        instrument_version: run.instrument_version,
        started: run.started,
        finished: Some(now()),
        position: 2,
        note: note.into(),
        corrected: Some(utc(0)),
        answers: run.answers,
        hold: Some(hold("eerst nakijken")),
    }
    .rounded()
}

#[test]
fn each_kind_comes_in_as_it_went_out() {
    let held = EntryRecord::new(
        entry(1, "# Eerste dag\n\nMet *accenten* en 🌊."),
        Some(hold("later")),
    );
    let choice = |given| regie_domain::consent::Event {
        purpose: LookBack::PURPOSE.id.into(),
        purpose_version: 1,
        statement_version: 1,
        given,
        at: now(),
    };
    let records = [
        AnyRecord::Entry(held),
        AnyRecord::Run(run_record(2, "zwaar")),
        AnyRecord::Instrument(InstrumentRecord {
            id: "eigen".into(),
            version: "1".into(),
            added: now(),
            file: "{}".into(),
        }),
        AnyRecord::Settings(regie_domain::settings::Settings {
            language: Some(regie_protocol::Language::Nl),
            prompts: Some(false),
            statement_seen: Some(3),
        }),
        AnyRecord::Reminders(regie_domain::reminder::Schedule::default()),
        AnyRecord::Consent(regie_domain::consent::History::new([choice(true), choice(false)])),
        AnyRecord::Hold(Everything::new(Some(hold("rust")))),
        AnyRecord::Attachment(super::attached::manifest(8)),
    ];
    assert_eq!(records.len(), Kind::ALL.len());
    let mut device = Device::synced();
    for (record, first) in (1_u8..).zip(&records) {
        let id = first
            .name()
            .map_or(RecordId([record + 100; 16]), |name| named(first.kind(), &name));
        let content = written(first);
        // Twice: into no row, and over one.
        for _ in 0..2 {
            let theirs = device.theirs(id, first.kind(), false);
            device
                .take_in(theirs, Outcome::Take(content.clone()))
                .expect("takes in");
            let here = device.vault.here(id, None).expect("reads");
            assert_eq!(
                (here.mine, here.known),
                (Mine::Unchanged, Some(theirs)),
                "{:?}",
                first.kind()
            );
            let there = AnyRecord::read(&here.content.expect("a content")).expect("a record");
            match (&there, first) {
                // The choice by which this device syncs stays beside what came.
                (AnyRecord::Consent(there), AnyRecord::Consent(first)) => {
                    assert!(first.events().iter().all(|event| there.events().contains(event)));
                }
                _ => assert_eq!(there, *first),
            }
        }
    }
    assert!(device.waiting().is_empty(), "other devices know it");
    assert_eq!(
        device.finds("accenten") + device.finds("zwaar") + device.finds("thuis"),
        3
    );
    let given = device
        .vault
        .last_choice(&LookBack::PURPOSE)
        .expect("reads")
        .expect("a choice");
    assert!(!given.given);
    let caret = device
        .vault
        .entry(EntryId(Uuid::from_u128(1)))
        .expect("an entry")
        .caret;
    assert_eq!(caret, None);
}

#[test]
fn of_what_there_is_one_of_a_second_record_is_only_noted() {
    let mut device = Device::synced();
    let settings = |seen| {
        AnyRecord::Settings(regie_domain::settings::Settings {
            statement_seen: Some(seen),
            ..Default::default()
        })
    };
    for (id, seen) in [(named(Kind::Settings, &[]), 1), (THEIRS, 9)] {
        let theirs = device.theirs(id, Kind::Settings, false);
        device
            .take_in(theirs, Outcome::Take(written(&settings(seen))))
            .expect("takes in");
        assert_eq!(device.vault.known(id), Ok(Some(theirs)));
    }
    assert_eq!(device.vault.setting(Setting::StatementSeen), Ok(Some(1)));
}

#[test]
fn what_another_device_changed_takes_its_place_and_the_caret_stays() {
    let mut device = Device::synced();
    device.save(&entry(1, "Regen"));
    device.push();
    let id = device.id(1);
    let theirs = device.theirs(id, Kind::Entry, false);
    let moved = Entry {
        written: Moment {
            at: now().at - TimeDelta::days(400),
            ..now()
        },
        tags: vec!["werk".into()],
        ..entry(1, "Zonneschijn")
    };
    device
        .take_in(theirs, Outcome::Take(content(&moved)))
        .expect("takes in");
    let here = device.vault.entry(moved.id).expect("an entry");
    assert_eq!(
        (here.markdown.as_str(), here.caret, &here.tags),
        ("Zonneschijn", Some(3), &moved.tags)
    );
    assert_eq!(
        [
            device.finds("regen"),
            device.finds("zonneschijn"),
            device.finds("thuis")
        ],
        [0, 1, 0]
    );
    let tags: Vec<String> = device
        .vault
        .tags()
        .expect("tags")
        .into_iter()
        .map(|tag| tag.name)
        .collect();
    assert_eq!(tags, ["werk"]);
    assert_eq!(device.vault.changes_waiting(), Ok(0));
}

#[test]
fn a_merged_text_waits_rests_on_theirs_and_offers_both_originals_for_a_month() {
    let mut device = Device::synced();
    device.save(&entry(1, "Samen"));
    device.push();
    let id = device.id(1);
    device.save(&entry(1, "Van mij"));
    let changes = device.changes();
    let push = device.seal(changes);
    device.store(&push);
    let theirs = device.theirs(id, Kind::Entry, false);
    let (consent, both) = (device.keep(), content(&entry(1, "Van mij. Van jou.")));
    let arrived = Arrived {
        theirs,
        outcome: Outcome::Merge {
            theirs: content(&entry(1, "Van jou")),
            merged: both.clone(),
            originals: Some(Originals {
                merged: utc(0),
                mine: content(&entry(1, "Van mij")),
                theirs: content(&entry(1, "Van jou")),
            }),
            apart: Some(content(&entry(9, "Wat niet paste"))),
        },
    };
    device
        .sync(|syncing| {
            syncing.drop_push(&mut |_| None)?;
            syncing.take_in(&consent, &arrived, &mut Indexer::default())
        })
        .expect("merges");
    let here = device.vault.here(id, None).expect("reads");
    assert_eq!((here.content, here.mine), (Some(both), Mine::Changed));
    assert_eq!(here.base, Some(content(&entry(1, "Van jou"))));
    assert!(here.sealed.is_none());
    let changes = device.changes();
    assert_eq!(changes.len(), 2, "and what did not fit");
    let merged = changes.iter().find(|change| change.id == id).expect("it waits");
    assert_eq!((merged.parent, merged.revision), (Some(theirs.hash), None));

    let entry_id = EntryId(Uuid::from_u128(1));
    let originals = device
        .vault
        .entry_originals(entry_id)
        .expect("reads")
        .expect("originals");
    assert_eq!(originals.mine, content(&entry(1, "Van mij")));
    device.push();
    assert!(device.vault.entry_originals(entry_id).expect("reads").is_some());
    device.vault.forget_originals(utc(-1)).expect("forgets");
    assert!(device.vault.entry_originals(entry_id).expect("reads").is_some());
    device.vault.forget_originals(utc(30)).expect("forgets");
    assert!(device.vault.entry_originals(entry_id).expect("reads").is_none());
}

#[test]
fn a_merge_that_is_what_came_waits_for_nothing() {
    let mut device = Device::synced();
    device.save(&entry(1, "Samen"));
    device.push();
    device.save(&entry(1, "Hetzelfde"));
    let (id, same) = (device.id(1), content(&entry(1, "Hetzelfde")));
    let theirs = device.theirs(id, Kind::Entry, false);
    let merge = Outcome::Merge {
        theirs: same.clone(),
        merged: same,
        originals: None,
        apart: None,
    };
    device.take_in(theirs, merge).expect("merges");
    assert_eq!(
        (device.vault.changes_waiting(), device.rows("sync_base")),
        (Ok(0), 0)
    );
}

#[test]
fn what_was_deleted_elsewhere_goes_with_base_and_originals_and_onto_the_list() {
    let mut device = Device::synced();
    device.save(&entry(1, "Regen"));
    device.push();
    let id = device.id(1);
    device
        .vault
        .restrict(Some(Uuid::from_u128(1)), &hold("later"))
        .expect("holds");
    let theirs = device.theirs(id, Kind::Entry, true);
    device.take_in(theirs, Outcome::Delete).expect("deletes");
    assert_eq!((device.vault.count_entries(), device.finds("regen")), (Ok(0), 0));
    for table in ["sync_base", "sync_original", "sync_change", "restriction", "tag"] {
        assert_eq!(device.rows(table), 0, "{table}");
    }
    assert!(
        device
            .vault
            .known(id)
            .expect("reads")
            .expect("a tombstone")
            .deleted
    );
    let gone = device.vault.gone(&device.list).expect("a list");
    assert!(gone.holds(Uuid::from_u128(1).as_bytes()));
    assert_eq!(
        deletion::Deletions::load(&device.list).expect("a list").count(),
        1
    );
    assert_eq!(device.vault.cleaning_due().expect("reads").len(), 1);
    let here = device.vault.here(id, None).expect("reads");
    assert_eq!((here.mine, here.content), (Mine::Unchanged, None));
}

#[test]
fn what_comes_is_found_where_something_stood_that_goes_with_it() {
    for is_looked_up in [false, true] {
        let mut device = Device::synced();
        device.save(&entry(1, "Regen"));
        device.push();
        let id = device.id(1);
        let consent = device.keep();
        let gone = Arrived {
            theirs: device.theirs(id, Kind::Entry, true),
            outcome: Outcome::Delete,
        };
        let (theirs, new) = (
            device.theirs_of_many(RecordId([9; 16])),
            content(&entry(2, "Zon")),
        );
        let taken = device.sync(|syncing| {
            let mut indexer = Indexer::default();
            syncing.take_in(&consent, &gone, &mut indexer)?;
            if is_looked_up {
                let outcome = Outcome::Take(new);
                return syncing.take_in(&consent, &Arrived { theirs, outcome }, &mut indexer);
            }
            syncing.take_if_new(&consent, &theirs, &new).map(|_| ())
        });
        assert_eq!(taken, Ok(()), "{is_looked_up}");
        let found = (device.finds("regen"), device.finds("zon"));
        assert_eq!(found, (0, 1), "{is_looked_up}");
    }
}

#[test]
fn an_edit_outlives_a_deletion_elsewhere_and_an_edit_elsewhere_one_here() {
    let mut device = Device::synced();
    device.save(&entry(1, "Een"));
    device.save(&entry(2, "Twee"));
    device.push();
    let (one, two) = (device.id(1), device.id(2));
    device.save(&entry(1, "Een en meer"));
    let tombstone = device.theirs(one, Kind::Entry, true);
    device.take_in(tombstone, Outcome::Keep).expect("keeps");
    let change = device.changes().pop().expect("it waits");
    assert_eq!(
        (change.id, change.parent, change.revision),
        (one, Some(tombstone.hash), None)
    );
    device.push();
    assert!(!device.vault.known(one).expect("reads").expect("known").deleted);

    device.delete(2);
    assert_eq!(device.vault.here(two, None).expect("reads").mine, Mine::Deleted);
    let theirs = device.theirs(two, Kind::Entry, false);
    let edited = content(&entry(2, "Twee elders"));
    device.take_in(theirs, Outcome::Take(edited)).expect("revives");
    device.finish();
    let there = device.vault.entry(EntryId(Uuid::from_u128(2))).expect("an entry");
    assert_eq!(
        (there.markdown.as_str(), device.finds("elders")),
        ("Twee elders", 1)
    );
    assert_eq!(device.vault.changes_waiting(), Ok(0));
}

#[test]
fn what_the_person_is_asked_about_is_neither_sent_nor_lost() {
    let mut device = Device::synced();
    device.save(&entry(1, "Een"));
    device.save(&entry(2, "Twee"));
    device.push();
    let (one, two) = (device.id(1), device.id(2));
    device.save(&entry(1, "Een en meer"));
    device.delete(2);
    device.finish();
    let (gone, there) = (
        device.theirs(one, Kind::Entry, true),
        device.theirs(two, Kind::Entry, false),
    );
    device.take_in(gone, Outcome::Ask(None)).expect("asks");
    let elsewhere = content(&entry(2, "Twee elders"));
    device
        .take_in(there, Outcome::Ask(Some(elsewhere)))
        .expect("asks");
    assert!(device.changes().is_empty());
    assert_eq!(device.vault.count_entries(), Ok(1));

    let consent = device.keep();
    let mut answer = |id, keep| {
        device
            .sync(|syncing| syncing.answer(&consent, id, keep, &mut Indexer::default()))
            .expect("answers");
    };
    answer(one, true);
    answer(two, false);
    let waits = device.changes();
    assert_eq!(
        (waits.len(), waits[0].id, waits[0].parent),
        (1, one, Some(gone.hash))
    );
    let back = device.vault.entry(EntryId(Uuid::from_u128(2))).expect("an entry");
    assert_eq!(back.markdown, "Twee elders");
    assert_eq!(device.rows("sync_later"), 0);
    let again = device.sync(|syncing| syncing.answer(&consent, one, true, &mut Indexer::default()));
    assert_eq!(again, Err(VaultError::NotFound));
}

#[test]
fn the_same_entry_on_two_devices_that_never_synced_is_one_record() {
    let mut device = Device::alone();
    device.save(&entry(1, "Uit dezelfde reservekopie"));
    device.begin();
    let theirs = content(&entry(1, "Uit dezelfde reservekopie"));
    let here = device.vault.here(THEIRS, Some(&theirs)).expect("reads");
    assert_eq!(
        (here.known, here.mine, here.content.as_ref()),
        (None, Mine::Changed, Some(&theirs))
    );
    let known = device.theirs(THEIRS, Kind::Entry, false);
    let merge = Outcome::Merge {
        theirs: theirs.clone(),
        merged: theirs,
        originals: None,
        apart: None,
    };
    device.take_in(known, merge).expect("merges");
    assert_eq!((device.id(1), device.vault.count_entries()), (THEIRS, Ok(1)));

    // Another record that calls itself the same does not take its row.
    let other = device.theirs(RecordId([78; 16]), Kind::Entry, false);
    let second = content(&entry(1, "Een ander stuk"));
    assert_eq!(
        device.vault.here(other.id, Some(&second)).expect("reads").content,
        None
    );
    device.take_in(other, Outcome::Take(second)).expect("takes in");
    assert_eq!(device.vault.count_entries(), Ok(2));
    let first = device.vault.entry(EntryId(Uuid::from_u128(1))).expect("an entry");
    assert_eq!(first.markdown, "Uit dezelfde reservekopie");
}

#[test]
fn what_a_newer_program_wrote_is_kept_as_it_came_and_not_written_over() {
    let mut device = Device::synced();
    device.save(&entry(1, "Een"));
    device.push();
    let id = device.id(1);
    let newer = [&[0x83, 0x01, 0x18, 0x63][..], b"\x80"].concat();
    let theirs = device.theirs(id, Kind::Entry, false);
    device.take_in(theirs, Outcome::Later(newer)).expect("keeps");
    device.save(&entry(1, "Een en meer"));
    assert!(device.changes().is_empty(), "it waits for a newer program");
    assert_eq!(device.vault.known(id).expect("reads"), Some(theirs));
    assert_eq!(device.vault.readable_now(), Ok(Vec::new()));

    let readable = content(&entry(1, "Nieuwer"));
    let theirs = device.theirs(id, Kind::Entry, false);
    device
        .take_in(theirs, Outcome::Later(readable.clone()))
        .expect("keeps");
    assert_eq!(device.vault.readable_now(), Ok(vec![(id, readable.clone())]));
    device.take_in(theirs, Outcome::Take(readable)).expect("takes in");
    assert_eq!(device.vault.readable_now(), Ok(Vec::new()));
}

#[test]
fn what_is_taken_in_happens_whole_or_not_at_all_and_only_with_consent() {
    let mut device = Device::synced();
    device.save(&entry(1, "Een"));
    device.push();
    let id = device.id(1);
    let (consent, theirs) = (device.keep(), device.theirs(id, Kind::Entry, true));
    let delete = Arrived {
        theirs,
        outcome: Outcome::Delete,
    };
    let full = device.sync(|syncing| -> Result<(), VaultError> {
        syncing.take_in(&consent, &delete, &mut Indexer::default())?;
        syncing.note_headers(&[(9, HeaderHash([9; 32]))])?;
        Err(VaultError::DiskFull)
    });
    assert_eq!(full, Err(VaultError::DiskFull));
    assert_eq!(
        (device.vault.count_entries(), device.vault.header_hash(9)),
        (Ok(1), Ok(None))
    );
    assert_eq!(
        device
            .vault
            .gone(&device.list)
            .map(|gone| gone.holds(Uuid::from_u128(1).as_bytes())),
        Ok(false)
    );
    device.save(&entry(1, "Een en meer"));
    assert_eq!(device.vault.changes_waiting(), Ok(1), "marks are on again");

    device
        .vault
        .record_choice(&KeepOnDevice::PURPOSE, false, &now())
        .expect("withdraws");
    let refused = device.sync(|syncing| syncing.take_in(&consent, &delete, &mut Indexer::default()));
    assert_eq!(refused, Err(VaultError::NoConsent(KeepOnDevice::PURPOSE.id)));
}

#[test]
fn a_disk_that_is_full_leaves_all_as_it_was() {
    let mut device = Device::synced();
    device.save(&entry(1, "Een"));
    device.push();
    let pages: i64 = device
        .vault
        .connection
        .query_row("PRAGMA page_count", [], |row| row.get(0))
        .expect("a count");
    let limit = |vault: &Vault, pages: i64| {
        vault
            .connection
            .query_row(&format!("PRAGMA max_page_count = {pages}"), [], |row| {
                row.get::<_, i64>(0)
            })
            .expect("a limit");
    };
    limit(&device.vault, pages + 4);
    let theirs = device.theirs(THEIRS, Kind::Entry, false);
    let long = content(&entry(5, &"Een lange dag. ".repeat(20_000)));
    let full = device.take_in(theirs, Outcome::Take(long.clone()));
    assert_eq!(full, Err(VaultError::DiskFull));
    assert_eq!(
        (device.vault.count_entries(), device.vault.known(THEIRS)),
        (Ok(1), Ok(None))
    );
    limit(&device.vault, i64::from(u32::MAX - 1));
    device
        .take_in(theirs, Outcome::Take(long))
        .expect("with room it comes in");
    assert!(device.waiting().is_empty());
}

#[test]
fn what_lies_aside_is_the_newest_of_each_and_goes_when_it_is_not_to_be_used() {
    let mut device = Device::synced();
    let aside = |device: &mut Device, sequence| Aside {
        theirs: device.theirs(THEIRS, Kind::Entry, false),
        sequence,
        envelope: Some(vec![1; 1100]),
    };
    let (newer, older) = (aside(&mut device, 7), aside(&mut device, 6));
    device
        .sync(|syncing| {
            syncing.lay_aside(&newer)?;
            syncing.lay_aside(&older)?;
            syncing.set_tip(b"header 7")?;
            syncing.set_progress(b"halfway")?;
            syncing.note_headers(&[(6, HeaderHash([6; 32])), (7, HeaderHash([7; 32]))])
        })
        .expect("lays aside");
    assert_eq!(device.vault.asides(0, None, 10), Ok(vec![newer.clone()]));
    assert_eq!(device.vault.asides(7, None, 10), Ok(Vec::new()));
    assert_eq!(device.vault.asides(0, Some(THEIRS), 10), Ok(Vec::new()));
    assert_eq!(device.vault.aside(THEIRS), Ok(Some(newer)));
    assert_eq!(device.vault.tip(), Ok(Some(b"header 7".to_vec())));
    assert_eq!(device.vault.sync_progress(), Ok(Some(b"halfway".to_vec())));
    device.sync(|syncing| syncing.drop_asides()).expect("drops");
    assert_eq!(
        (device.vault.count_asides(), device.vault.tip()),
        (Ok(0), Ok(None))
    );
    assert_eq!(device.vault.header_hash(7), Ok(None));
}

#[test]
fn the_head_is_noted_with_its_sum_and_what_came_is_checked_then() {
    let mut device = Device::synced();
    assert_eq!(device.vault.sync_head(), Ok(None));
    let theirs = device.theirs(THEIRS, Kind::Entry, false);
    let shown = Aside {
        theirs,
        sequence: 3,
        envelope: None,
    };
    device
        .sync(|syncing| {
            syncing.show_unchecked()?;
            syncing.lay_aside(&shown)
        })
        .expect("shows");
    device
        .take_in(theirs, Outcome::Take(content(&entry(5, "Van elders"))))
        .expect("shows");
    assert_eq!(device.vault.is_checked(), Ok(false));
    assert_eq!(device.finds("elders"), 1, "it can be read and found");
    let head = Head {
        sequence: 12,
        hash: HeaderHash([12; 32]),
        header: b"a header".to_vec(),
        sum: [5; 32],
    };
    let summed = device.sync(|syncing| syncing.set_sum(&[1; 32], utc(0)));
    assert_eq!(
        summed,
        Err(VaultError::NotFound),
        "without a head there is no sum"
    );
    let hashes: Vec<_> = (3..=HASHES + 12).map(|at| (at, HeaderHash([1; 32]))).collect();
    device
        .sync(|syncing| {
            syncing.note_headers(&hashes)?;
            syncing.set_head(&head)
        })
        .expect("notes");
    assert_eq!(
        (device.vault.sync_head(), device.vault.is_checked()),
        (Ok(Some(head)), Ok(true))
    );
    assert_eq!(device.vault.count_asides(), Ok(0));
    assert_eq!(
        [device.vault.header_hash(12), device.vault.header_hash(13)]
            .map(|hash| hash.expect("reads").is_some()),
        [false, true]
    );
    device
        .sync(|syncing| syncing.set_sum(&[6; 32], utc(7)))
        .expect("sums");
    assert_eq!(
        device.vault.sync_head().expect("reads").expect("a head").sum,
        [6; 32]
    );
    assert_eq!(device.vault.last_summed(), Ok(Some(utc(7))));
    let mut seen = Vec::new();
    let all: Result<(), VaultError> = device.vault.each_known(|known| {
        seen.push(known.id);
        Ok(())
    });
    assert_eq!(all, Ok(()));
    assert!(seen.contains(&THEIRS) && seen.is_sorted());
}

#[test]
fn deleting_leaves_no_word_of_it_in_any_table() {
    let mut device = Device::synced();
    device.save(&entry(1, "begin KANARIE"));
    device.push();
    device.save(&entry(1, "midden KANARIE"));
    let changes = device.changes();
    let push = device.seal(changes);
    device.store(&push);
    device.save(&entry(1, "eind KANARIE"));
    let id = device.id(1);
    let consent = device.keep();
    let theirs = device.theirs(id, Kind::Entry, false);
    let merge = Arrived {
        theirs,
        outcome: Outcome::Merge {
            theirs: content(&entry(1, "elders KANARIE")),
            merged: content(&entry(1, "beide KANARIE")),
            originals: Some(Originals {
                merged: utc(0),
                mine: content(&entry(1, "eind KANARIE")),
                theirs: content(&entry(1, "elders KANARIE")),
            }),
            apart: None,
        },
    };
    device
        .sync(|syncing| {
            syncing.drop_push(&mut |_| None)?;
            syncing.take_in(&consent, &merge, &mut Indexer::default())
        })
        .expect("merges");
    let changes = device.changes();
    let push = device.seal(changes);
    device.store(&push);
    device.save(&entry(1, "nog eens KANARIE"));
    assert!(words_in(&device.vault) > 3, "the test sees them");
    device.delete(1);
    device.finish();
    assert_eq!(words_in(&device.vault), 0);
}

/// In how many values of any table the word stands.
fn words_in(vault: &Vault) -> u32 {
    let mut tables = vault
        .connection
        .prepare("SELECT m.name, c.name FROM sqlite_schema AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table'")
        .expect("a query");
    let columns = tables
        .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))
        .expect("rows");
    let columns: Vec<(String, String)> = columns.collect::<Result<_, _>>().expect("rows");
    columns
        .iter()
        .map(|(table, column)| {
            let sql = format!(
                "SELECT count(*) FROM \"{table}\" WHERE instr(CAST(\"{column}\" AS BLOB), CAST('KANARIE' AS BLOB))
                 OR instr(lower(CAST(\"{column}\" AS TEXT)), 'kanarie')"
            );
            vault
                .connection
                .query_row(&sql, params![], |row| row.get::<_, u32>(0))
                .expect("a count")
        })
        .sum()
}
