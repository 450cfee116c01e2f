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
        ["SEARCH sync_change USING PRIMARY KEY ((kind,local)>(?,?))"]
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
