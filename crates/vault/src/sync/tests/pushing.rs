use super::*;

#[test]
fn nothing_is_kept_for_other_devices_before_the_copy_is_wanted_and_then_all_that_is_here_waits() {
    let mut device = Device::alone();
    device.save(&entry(1, "Een"));
    let consent = device.keep();
    device.vault.add_run(&consent, &run(2)).expect("adds");
    device.save(&entry(3, "Weg"));
    device.delete(3);
    for table in TABLES {
        assert_eq!(device.rows(table), 0, "{table}");
    }
    device.begin();
    assert_eq!(
        device.waiting(),
        [
            (Kind::Entry, hex(1)),
            (Kind::Run, hex(2)),
            (Kind::Consent, String::new())
        ]
    );
    device.begin();
    assert_eq!(device.vault.changes_waiting(), Ok(3), "twice is once");
}

#[test]
fn every_write_of_what_travels_waits_to_be_pushed_and_keeps_what_was_agreed_on() {
    let mut device = Device::alone();
    device.save(&entry(1, "Een"));
    let keep = device.keep();
    device.vault.add_run(&keep, &run(2)).expect("adds");
    let finished = Run {
        finished: Some(now()),
        ..run(3)
    };
    device.vault.add_run(&keep, &finished).expect("adds");
    device
        .vault
        .set_setting(Setting::StatementSeen, &1)
        .expect("sets");
    device
        .vault
        .set_setting(Setting::Reminders, &regie_domain::reminder::Schedule::default())
        .expect("sets");
    device.vault.restrict(None, &hold("alles")).expect("holds");
    device.vault.lift(None).expect("lifts");
    device.begin();
    device.push();
    device.vault.restrict(None, &hold("rust")).expect("holds");
    device.push();

    let list = device.list.clone();
    let day = NaiveDate::from_ymd_opt(2026, 12, 27).expect("a day");
    type Write<'a> = Box<dyn FnOnce(&mut Vault) -> Result<(), VaultError> + 'a>;
    let one = EntryId(Uuid::from_u128(1));
    let (two, three) = (RunId(Uuid::from_u128(2)), RunId(Uuid::from_u128(3)));
    let keep = |vault: &Vault| vault.consent::<KeepOnDevice>().expect("consent");
    let writes: [(&str, Kind, bool, Write<'_>); 20] = [
        (
            "an entry that is changed",
            Kind::Entry,
            true,
            Box::new(|vault| vault.save_entry(&keep(vault), &entry(1, "Een en meer"))),
        ),
        (
            "tags alone",
            Kind::Entry,
            true,
            Box::new(|vault| {
                vault.save_entry(
                    &keep(vault),
                    &Entry {
                        tags: vec!["werk".into()],
                        ..entry(1, "Een en meer")
                    },
                )
            }),
        ),
        (
            "an entry that is put on hold",
            Kind::Entry,
            true,
            Box::new(|vault| vault.restrict(Some(one.0), &hold("later"))),
        ),
        (
            "an entry that is released",
            Kind::Entry,
            true,
            Box::new(|vault| vault.lift(Some(one.0))),
        ),
        (
            "a new entry",
            Kind::Entry,
            false,
            Box::new(|vault| vault.save_entry(&keep(vault), &entry(4, "Vier"))),
        ),
        (
            "many entries",
            Kind::Entry,
            false,
            Box::new(|vault| vault.save_entries(&keep(vault), [&entry(5, "Vijf"), &entry(6, "Zes")])),
        ),
        (
            "an answer",
            Kind::Run,
            true,
            Box::new(|vault| vault.save_answer(&keep(vault), two, "c", Answer::Value(1), 1)),
        ),
        (
            "a check that is finished",
            Kind::Run,
            true,
            Box::new(|vault| vault.finish_run(&keep(vault), two, &now())),
        ),
        (
            "a note",
            Kind::Run,
            true,
            Box::new(|vault| vault.annotate_run(&keep(vault), three, "zwaar")),
        ),
        (
            "a correction",
            Kind::Run,
            true,
            Box::new(|vault| {
                let answers = [("a".into(), Answer::Value(1))].into();
                vault.correct_run(&keep(vault), three, &answers, &now(), utc(0))
            }),
        ),
        (
            "a result that is put on hold",
            Kind::Run,
            true,
            Box::new(|vault| vault.restrict(Some(three.0), &hold("later"))),
        ),
        (
            "a setting that travels",
            Kind::Settings,
            true,
            Box::new(|vault| vault.set_setting(Setting::StatementSeen, &2)),
        ),
        (
            "a setting that is taken back",
            Kind::Settings,
            true,
            Box::new(|vault| vault.clear_setting(Setting::StatementSeen)),
        ),
        (
            "reminders",
            Kind::Reminders,
            true,
            Box::new(|vault| vault.clear_setting(Setting::Reminders)),
        ),
        (
            "a choice",
            Kind::Consent,
            true,
            Box::new(|vault| vault.record_choice(&LookBack::PURPOSE, true, &now())),
        ),
        (
            "everything that is released",
            Kind::Hold,
            true,
            Box::new(|vault| vault.lift(None)),
        ),
        (
            "an instrument",
            Kind::Instrument,
            false,
            Box::new(|vault| {
                vault.add_instrument(&StoredInstrument {
                    id: "eigen".into(),
                    version: "1".into(),
                    added: now(),
                    file: "{}".into(),
                })
            }),
        ),
        (
            "an instrument that is removed",
            Kind::Instrument,
            false,
            Box::new(|vault| vault.remove_instrument("eigen", "1")),
        ),
        (
            "an entry that is gone for good",
            Kind::Entry,
            false,
            Box::new(|vault| {
                vault.delete_entry(one, utc(0))?;
                vault.finish_deletions(utc(1), &list, day)
            }),
        ),
        (
            "a kind that is deleted",
            Kind::Run,
            false,
            Box::new(|vault| {
                let checks = [deletion::Kind::Checks];
                vault
                    .delete_period(&checks, Period::default(), &list, day)
                    .map(|_| ())
            }),
        ),
    ];
    for (what, kind, has_base, write) in writes {
        assert_eq!(device.rows("sync_change"), 0, "{what}");
        write(&mut device.vault).expect(what);
        let waiting = device.waiting();
        assert!(
            !waiting.is_empty() && waiting.iter().all(|(waits, _)| *waits == kind),
            "{what}: {waiting:?}"
        );
        assert_eq!(device.rows("sync_base") == 1, has_base, "{what}");
        device.push();
        assert_eq!(device.rows("sync_base"), 0, "{what}: agreed on again");
    }
}

#[test]
fn what_stays_on_the_device_does_not_wait() {
    let mut device = Device::synced();
    device.save(&entry(1, "Een"));
    device.push();
    let vault = &mut device.vault;
    let place = Some((EntryId(Uuid::from_u128(1)), 7));
    vault.set_diary_place(place).expect("a place");
    vault.set_setting(Setting::LockAfterMinutes, &5).expect("sets");
    vault
        .record_choice(&KeepOnDevice::PURPOSE, true, &now())
        .expect("a choice about this device");
    vault
        .delete_entry(EntryId(Uuid::from_u128(1)), utc(0))
        .expect("deletes");
    vault
        .undelete_entry(EntryId(Uuid::from_u128(1)))
        .expect("takes it back");
    assert!(device.waiting().is_empty());
}

#[test]
fn every_table_that_travels_has_its_triggers_and_new_entries_and_runs_have_none() {
    let device = Device::alone();
    let mut query = device
        .vault
        .connection
        .prepare("SELECT tbl_name || ' ' || name FROM sqlite_schema WHERE type = 'trigger' ORDER BY 1")
        .expect("a query");
    let rows = query.query_map([], |row| row.get(0)).expect("rows");
    let triggers: Vec<String> = rows.collect::<Result<_, _>>().expect("rows");
    assert_eq!(
        triggers,
        [
            "attachment sync_attachment_added",
            "attachment sync_attachment_changed",
            "attachment sync_attachment_deleted",
            "attachment sync_attachment_gone",
            "attachment_of sync_named",
            "attachment_of sync_named_no_more",
            "attachment_of sync_named_otherwise",
            "consent_event sync_choice_added",
            "diary_entry sync_entry_changed",
            "diary_entry sync_entry_deleted",
            "diary_entry sync_entry_gone",
            "instrument sync_instrument_added",
            "instrument sync_instrument_deleted",
            "meter_run sync_run_changed",
            "meter_run sync_run_deleted",
            "meter_run sync_run_gone",
            "restriction sync_hold_added",
            "restriction sync_hold_changed",
            "restriction sync_hold_lifted",
            "setting sync_reminders_added",
            "setting sync_reminders_changed",
            "setting sync_reminders_removed",
            "setting sync_setting_added",
            "setting sync_setting_changed",
            "setting sync_setting_removed",
        ]
    );
}

#[test]
fn a_write_that_does_not_happen_marks_nothing() {
    let mut device = Device::synced();
    let failed = device.vault.write(|transaction| -> Result<(), VaultError> {
        transaction.execute("INSERT INTO restriction (record, since_ms, since_offset_s, since_zone, reason) VALUES (x'', 0, 0, '', '')", [])?;
        let marked: u32 = transaction.query_row("SELECT count(*) FROM sync_change", [], |row| row.get(0))?;
        assert_eq!(marked, 1, "in the same transaction");
        Err(VaultError::DiskFull)
    });
    assert_eq!(failed, Err(VaultError::DiskFull));
    assert_eq!(device.rows("sync_change"), 0);
    assert_eq!(device.rows("restriction"), 0);
}

#[test]
fn what_is_changed_while_it_is_on_its_way_waits_again_and_rests_on_what_was_sent() {
    let mut device = Device::synced();
    device.save(&entry(1, "Een"));
    device.push();
    device.save(&entry(1, "Twee"));
    let changes = device.changes();
    let push = device.seal(changes);
    device.store(&push);
    device.save(&entry(1, "Drie"));
    device.save(&entry(1, "Vier"));
    let here = device.vault.here(device.id(1), None).expect("reads");
    assert_eq!(here.base, Some(content(&entry(1, "Een"))), "what all know");
    let sealed = here.sealed.expect("on its way");
    assert_eq!(
        (sealed.changed_since, sealed.content),
        (true, Some(content(&entry(1, "Twee"))))
    );

    device.arrive(&push);
    let here = device.vault.here(device.id(1), None).expect("reads");
    assert_eq!(here.base, Some(content(&entry(1, "Twee"))));
    assert_eq!(
        (here.mine, here.content),
        (Mine::Changed, Some(content(&entry(1, "Vier"))))
    );
    let change = device.changes().pop().expect("it waits");
    assert_eq!(
        (change.parent, change.revision),
        (Some(push.records[0].hash), None)
    );
    assert_eq!(
        device.sync(|syncing| syncing.acknowledge_push(push.hash)),
        Ok(false),
        "an answer that comes late"
    );
}

#[test]
fn what_is_changed_between_sealing_and_storing_waits_again() {
    let mut device = Device::synced();
    device.save(&entry(1, "Een"));
    let changes = device.changes();
    let push = device.seal(changes);
    device.save(&entry(1, "Twee"));
    device.store(&push);
    device.arrive(&push);
    let here = device.vault.here(device.id(1), None).expect("reads");
    assert_eq!(
        (here.base, here.mine),
        (Some(content(&entry(1, "Een"))), Mine::Changed)
    );
}

#[test]
fn a_push_that_lost_waits_again_under_its_revision_unless_it_was_changed_since() {
    let mut device = Device::synced();
    device.save(&entry(1, "Een"));
    device.save(&entry(2, "Twee"));
    let changes = device.changes();
    let push = device.seal(changes);
    device.store(&push);
    assert_eq!(device.vault.changes_waiting(), Ok(2));
    assert!(device.changes().is_empty(), "it is on its way");
    device.save(&entry(2, "Twee en meer"));
    assert!(device.changes().is_empty(), "it waits for what is on its way");
    device
        .sync(|syncing| syncing.drop_push(&mut |id| Some(id.0.to_vec())))
        .expect("drops");
    assert!(device.vault.stored_push().expect("reads").is_none());
    let waits = device.changes();
    let [one, two] = waits.as_slice() else {
        panic!("{waits:?}");
    };
    let sealed = &push.records[0];
    assert_eq!((one.id, one.revision), (sealed.change.id, Some(sealed.revision)));
    assert_eq!(one.envelope.as_deref(), Some(one.id.0.as_slice()));
    assert_eq!(
        (two.id, two.revision, &two.envelope),
        (push.records[1].change.id, None, &None)
    );
}

#[test]
fn what_was_deleted_goes_as_a_tombstone_once_it_cannot_be_taken_back() {
    let mut device = Device::synced();
    device.save(&entry(1, "Een"));
    let sent = device.push();
    device.save(&entry(2, "Nooit verstuurd"));
    device.delete(1);
    device.delete(2);
    assert!(device.changes().is_empty(), "both can still be taken back");
    device.finish();
    let changes = device.changes();
    let [change] = changes.as_slice() else {
        panic!("nobody hears of what was never sent: {changes:?}");
    };
    assert_eq!(
        (change.id, change.parent),
        (sent.records[0].change.id, Some(sent.records[0].hash))
    );
    let What::Tombstone(tombstone) = &change.what else {
        panic!("{change:?}");
    };
    let tombstone = Tombstone::read(tombstone).expect("a tombstone");
    assert_eq!(
        (tombstone.kind, tombstone.confirmed),
        (Kind::Entry.number(), None)
    );
    let id = change.id;
    device.push();
    assert!(
        device
            .vault
            .known(id)
            .expect("reads")
            .expect("a tombstone")
            .deleted
    );
    let local: Option<Vec<u8>> = device
        .vault
        .connection
        .query_row("SELECT local FROM sync_record WHERE id = ?1", [id.0], |row| {
            row.get(0)
        })
        .expect("a row");
    assert_eq!(local, None, "nothing of it is kept");
    let consent = device.copy();
    device
        .sync(|syncing| syncing.send_all_again(&consent))
        .expect("sends again");
    let again: Vec<_> = device
        .changes()
        .into_iter()
        .filter(|change| change.id == id)
        .collect();
    assert!(matches!(again[0].what, What::Tombstone(_)));
    assert_eq!(
        again[0].revision,
        device.vault.known(id).expect("reads").map(|known| known.revision)
    );
    device.push();
    assert_eq!(device.vault.changes_waiting(), Ok(0));
}

#[test]
fn a_kind_that_is_deleted_says_in_each_tombstone_that_it_was_one_deletion() {
    let mut device = Device::synced();
    for number in 1..=3 {
        device.save(&entry(number, "Een"));
    }
    device.push();
    let day = NaiveDate::from_ymd_opt(2026, 12, 27).expect("a day");
    let (kinds, list) = ([deletion::Kind::Entries], device.list.clone());
    let gone = device.vault.delete_period(&kinds, Period::default(), &list, day);
    assert_eq!(gone, Ok(3));
    let confirmed: Vec<_> = device
        .changes()
        .iter()
        .map(|change| {
            Tombstone::read(change.what.bytes())
                .expect("a tombstone")
                .confirmed
        })
        .collect();
    assert_eq!(confirmed.len(), 3);
    let first = confirmed[0].expect("a confirmed deletion");
    assert_eq!(first.count, 3);
    assert!(confirmed.iter().all(|one| *one == Some(first)));
}

#[test]
fn what_is_wanted_again_goes_under_the_revisions_that_it_has_and_a_later_change_still_has_its_base() {
    let mut device = Device::synced();
    device.save(&entry(1, "Een"));
    device.push();
    let consent = device.copy();
    device
        .sync(|syncing| syncing.send_all_again(&consent))
        .expect("sends again");
    let known = device.vault.known(device.id(1)).expect("reads").expect("known");
    let again = device.changes();
    let again = again
        .iter()
        .find(|change| change.id == known.id)
        .expect("it goes again");
    assert_eq!(
        (again.revision, again.parent),
        (Some(known.revision), known.parent)
    );
    device.save(&entry(1, "Twee"));
    let here = device.vault.here(known.id, None).expect("reads");
    assert_eq!(here.base, Some(content(&entry(1, "Een"))));
}

#[test]
fn without_consent_nothing_is_read_to_be_sent_nor_stored() {
    let mut device = Device::synced();
    device.save(&entry(1, "Een"));
    let (consent, changes) = (device.copy(), device.changes());
    let push = device.seal(changes);
    device
        .vault
        .record_choice(&CopyOnServer::PURPOSE, false, &now())
        .expect("withdraws");
    let refused = Err(VaultError::NoConsent(CopyOnServer::PURPOSE.id));
    let stored = device.sync(|syncing| syncing.store_push(&consent, &push));
    assert_eq!(stored, refused);
    let mut name = |_: Kind, _: Option<&[u8]>| Ok(RecordId([0; 16]));
    let read = device
        .vault
        .each_change(&consent, None, &mut |_| true, &mut name, &mut |_| {});
    assert_eq!(read, refused);
    assert!(device.vault.stored_push().expect("reads").is_none());
}

#[test]
fn a_push_is_filled_up_to_its_room_and_leaves_the_entry_under_the_pen() {
    let mut device = Device::synced();
    let entries: Vec<Entry> = (1..=600).map(|number| entry(number, "Een")).collect();
    let keep = device.keep();
    device.vault.save_entries(&keep, &entries).expect("saves");
    let consent = device.copy();
    let mut left = 500;
    let mut name = |_: Kind, _: Option<&[u8]>| Ok(RecordId([9; 16]));
    let except = Some(EntryId(Uuid::from_u128(2)));
    let mut room = |_: usize| {
        left -= 1;
        left >= 0
    };
    let mut changes = Vec::new();
    device
        .vault
        .each_change(&consent, except, &mut room, &mut name, &mut |change| {
            changes.push(change);
        })
        .expect("changes");
    assert_eq!(changes.len(), 500);
    assert!(
        !changes
            .iter()
            .any(|change| change.what.bytes() == content(&entry(2, "Een")))
    );
    assert_eq!(changes[0].what.bytes(), content(&entry(1, "Een")), "oldest first");
}

#[test]
fn leaving_forgets_everything_about_syncing_and_nothing_that_was_written() {
    let mut device = Device::synced();
    device.save(&entry(1, "Een"));
    device.push();
    device.save(&entry(1, "Twee"));
    device.save(&entry(2, "Twee"));
    let changes = device.changes();
    let push = device.seal(changes);
    device.store(&push);
    device.save(&entry(1, "Drie"));
    device.vault.forget_sync().expect("forgets");
    for table in TABLES {
        assert_eq!(device.rows(table), 0, "{table}");
    }
    assert_eq!(device.vault.count_entries(), Ok(2));
    device.save(&entry(1, "Vier"));
    assert_eq!(device.rows("sync_change"), 0);
    let none = device.sync(|syncing| syncing.drop_push(&mut |_| None));
    assert_eq!(none, Err(VaultError::NotFound));
}

#[test]
fn what_was_deleted_since_it_was_sealed_is_found_even_where_it_can_be_taken_back() {
    let mut device = Device::synced();
    device.save(&entry(1, "Een"));
    device.save(&entry(2, "Twee"));
    let changes = device.changes();
    let push = device.seal(changes);
    assert_eq!(device.vault.is_deleted_since(&push), Ok(false));
    device.save(&entry(1, "Een en meer"));
    assert_eq!(
        device.vault.is_deleted_since(&push),
        Ok(false),
        "changed is not deleted"
    );
    device.delete(2);
    assert_eq!(device.vault.is_deleted_since(&push), Ok(true));
    let two = EntryId(Uuid::from_u128(2));
    device.vault.undelete_entry(two).expect("takes back");
    assert_eq!(device.vault.is_deleted_since(&push), Ok(false));
    device.delete(2);
    device.finish();
    assert_eq!(device.vault.is_deleted_since(&push), Ok(true));
}

#[test]
fn the_number_of_its_request_is_on_the_disk_with_a_push_and_used_once() {
    let mut device = Device::synced();
    let own = "INSERT INTO own_device (one, id, sign_seed, opening_key, name, number)
        VALUES (1, zeroblob(16), zeroblob(32), zeroblob(32), '', 6)";
    device.vault.connection.execute(own, []).expect("a device");
    device.save(&entry(1, "Een"));
    let changes = device.changes();
    let push = device.seal(changes);
    let consent = device.copy();
    let failed = device.sync(|syncing| {
        syncing.store_push(&consent, &push)?;
        Err::<(), _>(VaultError::DiskFull)
    });
    assert_eq!(failed, Err(VaultError::DiskFull));
    assert_eq!(device.vault.last_number(), Ok(6));
    device.store(&push);
    assert_eq!(device.vault.last_number(), Ok(7));
    let numbers = [device.vault.next_number(), device.vault.next_number()];
    assert_eq!(numbers, [Ok(7), Ok(8)]);
    assert_eq!(device.vault.last_number(), Ok(8));
}
