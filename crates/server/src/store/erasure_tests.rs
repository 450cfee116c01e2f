//! What is left of an account when it was erased: nothing, on both stores, in any form, and whatever happens meanwhile.

use std::sync::Arc;

use data_encoding::{BASE64, BASE64URL, HEXLOWER, HEXUPPER};

use super::testing::*;
use super::*;

on_both!(
    v15_erasure_leaves_nothing,
    v15_no_value_of_an_erased_account_is_found_in_any_form,
    v15_coming_back_looks_like_never_having_come,
    an_erasure_that_was_interrupted_after_any_batch_is_finished_at_the_next_start,
    an_account_that_is_being_erased_is_found_and_entered_by_nobody,
    who_was_erased_stays_erased_when_a_backup_is_restored,
    while_one_account_is_erased_others_go_on,
);

async fn v15_erasure_leaves_nothing(bed: &Bed) {
    let (store, ledger) = (&bed.store, bed.ledger());
    let (other, _) = seed_every_table(bed, "other@example.org").await;
    let kept = store.rows_owned_by(other.account).await.unwrap();
    let (new, _) = seed_every_table(bed, "anne@example.org").await;
    assert_eq!(store.rows_owned_by(new.account).await.unwrap(), kept);
    for (table, rows) in rows_by_table(bed, new.account).await {
        assert!(
            rows > 0,
            "{table} was not seeded: the test would prove nothing for it"
        );
    }

    store
        .erase_account(new.account, ledger.clone(), NOW, NOW.plus(1000))
        .await
        .unwrap();
    assert_eq!(store.rows_owned_by(new.account).await.unwrap(), 0);
    for (table, rows) in rows_by_table(bed, new.account).await {
        assert_eq!(rows, 0, "{table}, which the catalogue knows");
    }
    assert_eq!(
        store.rows_owned_by(other.account).await.unwrap(),
        kept,
        "somebody else's rows stay"
    );
    assert_eq!(ledger.entries().unwrap().len(), 1);
    let again = store
        .erase_account(new.account, ledger.clone(), NOW, NOW.plus(1000))
        .await;
    assert_eq!(again, Err(StoreError::NotFound));
    assert_eq!(ledger.entries().unwrap().len(), 1);
}

/// How many rows each table has that owns, names or counts by an account, as the catalogue tells which do.
async fn rows_by_table(bed: &Bed, account: AccountId) -> Vec<(String, i64)> {
    let mut all = Vec::new();
    for column in catalogue(bed).await {
        let id = match column.name.as_str() {
            "account_id" => tx::Value::from(account),
            "subject_hash" | "counted_hash" => tx::Value::from(bed.keys.index.account(&account.0)),
            _ => continue,
        };
        let sql = format!("SELECT COUNT(*) FROM {} WHERE {} = ?1", column.table, column.name);
        let count = bed.store.peek(move |tx| {
            let (sql, id) = (sql.clone(), id.clone());
            Box::pin(async move { tx.count(&sql, vec![id]).await })
        });
        all.push((column.table, count.await.unwrap()));
    }
    assert!(all.len() > 14, "the catalogue was read");
    all
}

/// A value as it could stand somewhere.
fn forms(value: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = vec![
        value.to_vec(),
        HEXLOWER.encode(value).into_bytes(),
        HEXUPPER.encode(value).into_bytes(),
    ];
    // Within a longer text, base64 begins at any of three places; the signs at the ends then depend on neighbours.
    for shift in 0..3 {
        let shifted = [vec![0; shift], value.to_vec()].concat();
        for alphabet in [BASE64, BASE64URL] {
            let text = alphabet.encode(&shifted);
            let own = text
                .get(if shift == 0 { 0 } else { 4 }..text.len() - 4)
                .unwrap_or_default();
            if own.len() >= 8 {
                forms.push(own.as_bytes().to_vec());
            }
        }
    }
    if let Ok(text) = std::str::from_utf8(value) {
        forms.push(text.encode_utf16().flat_map(u16::to_le_bytes).collect());
        forms.push(text.encode_utf16().flat_map(u16::to_be_bytes).collect());
        forms.push(text.to_uppercase().into_bytes());
    }
    forms
}

fn finds(hay: &[u8], needle: &[u8]) -> bool {
    needle.len() <= hay.len() && hay.windows(needle.len()).any(|part| part == needle)
}

async fn v15_no_value_of_an_erased_account_is_found_in_any_form(bed: &Bed) {
    let (new, mut values) = seed_every_table(bed, "anne.wilhelmina@example.org").await;
    let seat = seat_of(bed, new.account).await;
    values.push(seat.0.to_vec());
    let forms: Vec<_> = values.iter().flat_map(|value| forms(value)).collect();
    let found = |values: &[(String, Vec<u8>)]| -> Vec<String> {
        let is_found = |(_, value): &&(String, Vec<u8>)| forms.iter().any(|form| finds(value, form));
        values
            .iter()
            .filter(is_found)
            .map(|(table, _)| table.clone())
            .collect()
    };
    let before = found(&every_value(bed).await);
    assert!(before.len() > 20, "the search finds what is there: {before:?}");

    bed.store
        .erase_account(new.account, bed.ledger(), NOW, NOW.plus(1000))
        .await
        .unwrap();
    assert_eq!(found(&every_value(bed).await), Vec::<String>::new());
    bed.store.purge().await.unwrap();
    if bed.is_sqlite() {
        for file in [bed.file(), bed.file().with_extension("db-wal")] {
            let content = std::fs::read(&file).unwrap();
            let left = values.iter().filter(|value| finds(&content, value)).count();
            assert_eq!(left, 0, "{}", file.display());
        }
    }
}

async fn seat_of(bed: &Bed, account: AccountId) -> SeatId {
    let held = bed.store.held.clone();
    let find = "SELECT seat_sealed FROM seat_of WHERE account_id = ?1";
    let sealed: Vec<u8> = bed
        .store
        .peek(move |tx| Box::pin(async move { tx.row(find, tx::values![account]).await?.unwrap().get(0) }))
        .await
        .unwrap();
    SeatId(
        held.open("seat_of", "seat_sealed", &account.0, &sealed)
            .unwrap()
            .try_into()
            .unwrap(),
    )
}

async fn v15_coming_back_looks_like_never_having_come(bed: &Bed) {
    let store = &bed.store;
    let (organisation, secrets) = invite(store, 1).await;
    let before = every_value(bed).await;
    let new = new_account(secrets[0], "anne@example.org");
    let joined = store.create_account(new.clone(), NOW).await.unwrap();
    store
        .erase_account(new.account, bed.ledger(), NOW, NOW.plus(1000))
        .await
        .unwrap();
    assert_eq!(
        every_value(bed).await,
        before,
        "what the organisation could look at is as it was"
    );

    let again = new_account(secrets[0], "anne@example.org");
    assert_eq!(store.create_account(again.clone(), NOW).await.unwrap(), joined);
    assert_eq!(store.log(again.account, 0, 10).await.unwrap().len(), 1);
    assert_eq!(
        store.account_by_address(bed.address("anne@example.org")).await,
        Ok(again.account)
    );
    store.end_invitation(organisation, 1, NOW).await.unwrap();
    let state = store.seat_state(again.account, NOW).await.unwrap();
    assert_eq!(state, SeatState::Ended(NOW.day()));
}

async fn an_erasure_that_was_interrupted_after_any_batch_is_finished_at_the_next_start(bed: &Bed) {
    for batches in 0..12 {
        let (new, _) = seed_every_table(bed, &format!("anne{batches}@example.org")).await;
        let account = new.account;
        bed.store
            .begin_erasure(account, bed.ledger(), NOW, NOW.plus(1000))
            .await
            .unwrap();
        for _ in 0..batches {
            bed.store.erase_batch(account, Some(1)).await.unwrap();
        }
        let after_crash = bed.open_again().await;
        let left = after_crash.rows_owned_by(account).await.unwrap();
        assert!(batches > 8 || left > 0, "{batches}: it was under way");
        assert_eq!(
            after_crash.finish_erasures().await.unwrap(),
            usize::from(left > 0),
            "{batches}"
        );
        assert_eq!(after_crash.rows_owned_by(account).await.unwrap(), 0);
        assert_eq!(after_crash.unfinished_erasures().await.unwrap(), []);
    }
}

async fn an_account_that_is_being_erased_is_found_and_entered_by_nobody(bed: &Bed) {
    let (new, _) = seed_every_table(bed, "anne@example.org").await;
    let (store, account, device) = (&bed.store, new.account, new.device.device);
    store
        .begin_erasure(account, bed.ledger(), NOW, NOW.plus(1000))
        .await
        .unwrap();
    assert_eq!(store.unfinished_erasures().await.unwrap(), [account]);
    assert_eq!(store.find_login(bed.address("anne@example.org")).await, Ok(None));
    assert_eq!(store.account(account).await, Err(StoreError::NotFound));
    assert_eq!(
        store.device_keys(account, device).await,
        Err(StoreError::NotFound)
    );
    assert_eq!(
        store.append_log(account, "late", vec![], NOW).await,
        Err(StoreError::NotFound)
    );
    for author in [new.by(100), Author::Proven] {
        let late = store
            .add_device(account, author, self::device(), 1, vec![1], NOW)
            .await;
        assert_eq!(late, Err(StoreError::NotFound));
    }
    // The address and the code are free from the first transaction on.
    let again = new_account(new.invitation, "anne@example.org");
    store.create_account(again, NOW).await.unwrap();
}

async fn who_was_erased_stays_erased_when_a_backup_is_restored(bed: &Bed) {
    let ledger = bed.ledger();
    let (gone, _) = seed_every_table(bed, "gone@example.org").await;
    let (stays, _) = seed_every_table(bed, "stays@example.org").await;
    // A database as it was before, with a ledger that knows more.
    for (account, what) in [(gone.account, What::Erased), (stays.account, What::CopyWithdrawn)] {
        let entry = LedgerEntry {
            account,
            what,
            at: NOW,
            backups_until: NOW.plus(1000),
        };
        ledger.append(&entry).unwrap();
    }
    let unknown = AccountId(bytes());
    let long_ago = LedgerEntry {
        account: unknown,
        what: What::Erased,
        at: NOW,
        backups_until: NOW.plus(1000),
    };
    ledger.append(&long_ago).unwrap();
    let restored = bed.open_again().await;
    assert_eq!(restored.replay(&*ledger).await.unwrap(), 1);
    assert_eq!(restored.rows_owned_by(gone.account).await.unwrap(), 0);
    let kept = restored.account(stays.account).await.unwrap();
    assert_eq!(kept.copy_consented_day, None);
    assert_eq!(
        restored.replay(&*ledger).await.unwrap(),
        0,
        "once more changes nothing"
    );
}

async fn while_one_account_is_erased_others_go_on(bed: &Bed) {
    let (gone, _) = seed_every_table(bed, "gone@example.org").await;
    let (other, _) = seed_every_table(bed, "other@example.org").await;
    for _ in 0..60 {
        bed.store
            .append_log(gone.account, "more", vec![1], NOW)
            .await
            .unwrap();
    }
    bed.store
        .begin_erasure(gone.account, bed.ledger(), NOW, NOW.plus(1000))
        .await
        .unwrap();
    let (eraser, writer) = (Arc::clone(&bed.store), Arc::clone(&bed.store));
    let erasing = tokio::spawn(async move {
        while eraser.erase_batch(gone.account, Some(2)).await.unwrap() == Erasing::More {}
    });
    let writing = tokio::spawn(async move {
        for number in 10..30 {
            writer
                .note_number(other.account, other.device.device, number)
                .await
                .unwrap();
        }
    });
    erasing.await.unwrap();
    writing.await.unwrap();
    assert_eq!(bed.store.rows_owned_by(gone.account).await.unwrap(), 0);
    assert_eq!(
        bed.store
            .device_keys(other.account, other.device.device)
            .await
            .unwrap()
            .last_number,
        29
    );
}
