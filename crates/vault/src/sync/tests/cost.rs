use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use super::*;

/// How many pieces the search index has.
fn pieces(vault: &Vault) -> u32 {
    vault
        .connection
        .query_row("SELECT count(DISTINCT segid) FROM search_idx", [], |row| {
            row.get(0)
        })
        .expect("a count")
}

#[test]
fn marking_does_not_make_the_search_index_write_out_each_entry_of_many() {
    for mut device in [Device::alone(), Device::synced()] {
        let entries: Vec<Entry> = (1..=40)
            .map(|number| entry(number, "Een dag met woorden"))
            .collect();
        let (consent, before) = (device.keep(), pieces(&device.vault));
        device.vault.save_entries(&consent, &entries).expect("saves");
        assert_eq!(pieces(&device.vault), before + 1, "one piece for one transaction");
    }
}

#[test]
fn what_waits_is_read_along_the_table_and_found_by_an_index() {
    let device = Device::synced();
    let plan = |sql: &str, values: &[&dyn rusqlite::ToSql]| -> Vec<String> {
        let mut plan = device
            .vault
            .connection
            .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
            .expect("a plan");
        let steps = plan.query_map(values, |row| row.get(3)).expect("steps");
        steps.collect::<Result<_, _>>().expect("steps")
    };
    let waiting = plan(outbox::WAITING, &[&1, &"", &10]);
    assert_eq!(
        waiting,
        [
            "SEARCH change USING PRIMARY KEY ((kind,local)>(?,?))",
            "CORRELATED SCALAR SUBQUERY 2",
            "SEARCH sync_push_record USING COVERING INDEX sync_push_record_by_local (kind=? AND local=?)",
            "SEARCH record USING PRIMARY KEY (id=?) LEFT-JOIN",
            "CORRELATED SCALAR SUBQUERY 1",
            "SEARCH sync_record USING COVERING INDEX sync_record_by_local (kind=? AND local=?)",
        ]
    );
    for (sql, step) in [
        (
            "SELECT id FROM sync_record WHERE kind = ?1 AND local = ?2",
            "SEARCH sync_record USING COVERING INDEX sync_record_by_local (kind=? AND local=?)",
        ),
        (
            "SELECT 1 FROM sync_push_record WHERE kind = ?1 AND local = ?2",
            "SEARCH sync_push_record USING COVERING INDEX sync_push_record_by_local (kind=? AND local=?)",
        ),
        (
            "SELECT kind, local FROM sync_change WHERE id = ?1 AND ?2 IS NOT NULL",
            "SEARCH sync_change USING COVERING INDEX sync_change_by_id (id=?)",
        ),
    ] {
        assert!(
            plan(sql, &[&1, &""]).contains(&step.to_owned()),
            "{sql}: {:?}",
            plan(sql, &[&1, &""])
        );
    }
}

#[test]
fn a_record_costs_about_130_bytes_and_a_tombstone_less() {
    let mut device = Device::synced();
    let count = 20_000_u32;
    let fill = |device: &mut Device, deleted: bool| {
        let before = bytes(&device.vault);
        device
            .sync(|syncing| {
                for _ in 0..count {
                    let id = RecordId(regie_crypto::make_random::<16>()?);
                    let local = local::Local::id(Uuid::from_bytes(regie_crypto::make_random::<16>()?));
                    let known = Known {
                        id,
                        kind: 1,
                        revision: Revision([1; 16]),
                        hash: EnvelopeHash([2; 32]),
                        parent: None,
                        deleted,
                    };
                    put_known(syncing.transaction, &known, (!deleted).then_some(&local))?;
                }
                Ok(())
            })
            .expect("fills");
        (bytes(&device.vault) - before) / i64::from(count)
    };
    let live = fill(&mut device, false);
    let tombstone = fill(&mut device, true);
    assert!((100..=210).contains(&live), "{live}");
    assert!((60..=130).contains(&tombstone), "{tombstone}");
}

/// What the table of records and its index take.
fn bytes(vault: &Vault) -> i64 {
    let (pages, free): (i64, i64) = vault
        .connection
        .query_row(
            "SELECT page_count, freelist_count FROM pragma_page_count, pragma_freelist_count",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .expect("a size");
    (pages - free) * 4096
}

/// How many steps the database's machine takes for this.
fn steps(device: &mut Device, work: impl FnOnce(&mut Device)) -> u64 {
    let counted = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&counted);
    let each = move || {
        count.fetch_add(1, Ordering::Relaxed);
        false
    };
    device
        .vault
        .connection
        .progress_handler(1, Some(each))
        .expect("counts");
    work(device);
    device
        .vault
        .connection
        .progress_handler(1, None::<fn() -> bool>)
        .expect("counts no more");
    counted.load(Ordering::Relaxed)
}

/// A life of so many entries, the newest first, as a first sync brings them.
fn life(count: u32) -> Vec<Entry> {
    let day = |number: u32| Entry {
        written: Moment {
            at: now().at + TimeDelta::days(number.into()),
            ..now()
        },
        ..entry(number.into(), &format!("Een dag met woorden, de {number}e"))
    };
    (1..=count).rev().map(day).collect()
}

fn come(device: &mut Device, entries: &[Entry]) {
    let (consent, mut brought) = (device.keep(), Vec::new());
    for entry in entries {
        let id = RecordId((entry.id.0.as_u128() << 64).to_be_bytes());
        brought.push((device.theirs_of_many(id), content(entry)));
    }
    device
        .sync(|syncing| {
            for (theirs, content) in &brought {
                assert!(syncing.take_if_new(&consent, theirs, content)?);
                syncing.lay_aside(&Aside {
                    theirs: *theirs,
                    sequence: 1,
                    envelope: None,
                })?;
            }
            Ok(())
        })
        .expect("takes in");
}

fn index(device: &mut Device) {
    while device.vault.index_some().expect("indexes") {}
}

#[test]
fn what_is_new_costs_little_more_than_writing_it_here_would() {
    let entries = life(1_000);
    let mut here = Device::synced();
    let consent = here.keep();
    let written = steps(&mut here, |device| {
        device.vault.save_entries(&consent, &entries).expect("saves");
    });
    let mut device = Device::synced();
    let came = steps(&mut device, |device| {
        come(device, &entries);
        index(device);
    });
    assert!(
        came < written + written / 2,
        "{came} steps, {written} for writing"
    );
}

#[test]
fn a_life_that_comes_newest_first_is_indexed_behind_it_and_is_all_found() {
    let mut device = Device::synced();
    let before = pieces(&device.vault);
    let entries = life(300);
    for page in entries.chunks(100) {
        come(&mut device, page);
    }
    assert_eq!(device.rows("diary_entry"), 300, "all can be read");
    assert_eq!(pieces(&device.vault), before, "nothing was indexed yet");
    // What happens meanwhile is neither lost nor there twice.
    device.save(&Entry {
        markdown: "Anders geworden".into(),
        ..entries[7].clone()
    });
    device.delete(1);
    assert!(device.vault.index_some().is_ok_and(|more| !more), "all in one go");
    assert!(
        pieces(&device.vault) <= before + 3,
        "written out in the order of places"
    );
    assert_eq!(device.finds("woorden"), 298);
    assert_eq!(device.finds("anders"), 1);
    device
        .vault
        .undelete_entry(EntryId(Uuid::from_u128(1)))
        .expect("takes it back");
    assert_eq!(device.finds("woorden"), 299);
    assert_eq!(device.vault.index_some(), Ok(false), "nothing is left");
    // One change from another device is found at once.
    come(&mut device, &[entry(4_711, "Een enkele gedachte")]);
    assert_eq!(device.finds("gedachte"), 1);
    assert!(
        device.changes().iter().all(|change| change.known.is_some()),
        "nothing that came goes out as new"
    );
}

#[test]
fn what_may_be_here_already_is_not_taken_for_new() {
    let mut device = Device::synced();
    device.save(&entry(1, "Hier geschreven"));
    let consent = device.keep();
    let mine = entry(1, "Daar geschreven");
    let theirs = device.theirs_of_many(RecordId([9; 16]));
    let is_new = device.sync(|syncing| syncing.take_if_new(&consent, &theirs, &content(&mine)));
    assert_eq!(is_new, Ok(false), "a row of the same id is there");
    let (other, twice) = (
        content(&entry(2, "Nieuw")),
        content(&entry(3, "Onder hetzelfde kenmerk")),
    );
    let taken = device.sync(|syncing| {
        Ok((
            syncing.take_if_new(&consent, &theirs, &other)?,
            syncing.take_if_new(&consent, &theirs, &twice)?,
        ))
    });
    assert_eq!(taken, Ok((true, false)), "a record comes once");
}

#[test]
fn a_push_that_arrived_costs_the_same_steps_however_much_still_waits() {
    let arriving = |waiting: u32| {
        let mut device = Device::synced();
        let consent = device.keep();
        device
            .vault
            .save_entries(&consent, &life(waiting))
            .expect("saves");
        let mut changes = device.changes();
        changes.truncate(20);
        let push = device.seal(changes);
        steps(&mut device, |device| {
            device.store(&push);
            device.arrive(&push);
            assert!(
                device
                    .vault
                    .changes_waiting_at_most(20)
                    .is_ok_and(|few| few == 20)
            );
        })
    };
    let (few, many) = (arriving(50), arriving(2_000));
    assert!(many < few + few / 4, "{many} steps, {few} with a short outbox");
}
