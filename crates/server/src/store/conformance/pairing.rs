//! Mailboxes of two devices that come together.

use std::sync::Arc;

use super::{at_once, wins};
use crate::store::testing::*;
use crate::store::*;

on_both!(
    two_devices_take_turns_and_nobody_else_reads_or_says_anything,
    one_device_enters_whoever_comes_at_once,
    a_mailbox_ends_with_its_time_and_its_number_is_free_then,
    who_ends_it_leaves_the_reason_and_nothing_else_until_the_other_was_told,
    the_new_device_and_its_last_message_come_together_or_not_at_all,
    no_wrap_comes_back_by_a_new_device_when_the_copy_was_withdrawn,
    a_new_device_that_did_not_come_is_signed_out_and_one_that_came_stays,
);

/// One that was opened just now.
async fn opened(store: &Store) -> (u32, Side) {
    let (number, token) = (mailbox(), TokenHash(bytes()));
    let ends = NOW.plus(600);
    store
        .open_pairing(number, token, vec![1], NOW, ends)
        .await
        .unwrap();
    (number, Side::New(token))
}

fn there(new: &NewAccount, number: i64) -> Side {
    Side::There(new.account, new.by(number))
}

async fn said(store: &Store, number: u32, side: Side) -> (i64, Vec<u8>) {
    let said = store.look_at_pairing(number, side, NOW).await.unwrap();
    (said.step, said.message)
}

async fn two_devices_take_turns_and_nobody_else_reads_or_says_anything(bed: &Bed) {
    let store = &bed.store;
    let (anne, wim) = (
        join(store, "anne@example.org").await,
        join(store, "wim@example.org").await,
    );
    let (number, new) = opened(store).await;
    let say = |side, step, message: u8| store.say_in_pairing(number, side, step, vec![message], NOW);
    assert_eq!(say(new, 3, 3).await, Err(StoreError::Stale), "nobody is there");
    let early = store.look_at_pairing(number, there(&anne, 1), NOW).await;
    assert_eq!(early, Err(StoreError::NotFound), "it did not enter");
    store
        .enter_pairing(number, anne.account, anne.by(1), NOW)
        .await
        .unwrap();
    assert_eq!(said(store, number, there(&anne, 0)).await, (1, vec![1]));

    assert_eq!(say(there(&anne, 2), 2, 2).await, Ok(()));
    assert_eq!(say(there(&anne, 2), 2, 2).await, Err(StoreError::Repeated));
    assert_eq!(say(there(&anne, 3), 2, 2).await, Ok(()), "the same again");
    assert_eq!(
        say(there(&anne, 4), 2, 9).await,
        Err(StoreError::Stale),
        "another message"
    );
    assert_eq!(
        say(there(&anne, 4), 3, 9).await,
        Err(StoreError::Stale),
        "not its turn"
    );
    assert_eq!(say(new, 5, 9).await, Err(StoreError::Stale), "not the next step");
    assert_eq!(say(new, 3, 3).await, Ok(()));
    assert_eq!(
        said(store, number, new).await,
        (3, vec![3]),
        "one message at a time"
    );

    for stranger in [there(&wim, 1), Side::New(TokenHash(bytes()))] {
        assert_eq!(say(stranger, 4, 9).await, Err(StoreError::NotFound));
        let end = store
            .end_pairing(number, stranger, PairingEnd::Stopped, NOW)
            .await;
        assert_eq!(end, Err(StoreError::NotFound));
        let look = store.look_at_pairing(number, stranger, NOW).await;
        assert_eq!(look, Err(StoreError::NotFound));
    }
    let second = device();
    store
        .add_device(anne.account, anne.by(4), second.clone(), 1, vec![1], NOW)
        .await
        .unwrap();
    let author = Author::Device {
        device: second.device,
        number: 1,
    };
    let other = Side::There(anne.account, author);
    assert_eq!(
        store.look_at_pairing(number, other, NOW).await,
        Err(StoreError::NotFound),
        "another device of the same account did not enter"
    );
}

async fn one_device_enters_whoever_comes_at_once(bed: &Bed) {
    let store = &bed.store;
    let mut people = Vec::new();
    for name in 0..4 {
        people.push(join(store, &format!("anne{name}@example.org")).await);
    }
    let (number, _) = opened(store).await;
    let acts: Vec<_> = people
        .iter()
        .map(|person| {
            let (account, author) = (person.account, person.by(1));
            move |store: Arc<Store>| async move { store.enter_pairing(number, account, author, NOW).await }
        })
        .collect();
    let entered = at_once(bed, acts).await;
    assert_eq!(wins(&entered, &StoreError::Exists), 1);
    let winner = entered.iter().position(Result::is_ok).unwrap();
    let again = |at: i64| {
        let person = &people[winner];
        store.enter_pairing(number, person.account, person.by(at), NOW)
    };
    assert_eq!(again(2).await, Ok(()), "it said nothing yet");
    store
        .say_in_pairing(number, there(&people[winner], 3), 2, vec![2], NOW)
        .await
        .unwrap();
    assert_eq!(again(4).await, Err(StoreError::Exists), "it had its try");
}

async fn a_mailbox_ends_with_its_time_and_its_number_is_free_then(bed: &Bed) {
    let store = &bed.store;
    let anne = join(store, "anne@example.org").await;
    let (number, new) = opened(store).await;
    let token = TokenHash(bytes());
    let open = |at: i64| store.open_pairing(number, token, vec![1], NOW.plus(at), NOW.plus(at + 600));
    assert_eq!(open(599).await, Err(StoreError::Exists));
    let late = NOW.plus(600);
    assert!(store.look_at_pairing(number, new, NOW.plus(599)).await.is_ok());
    assert_eq!(
        store.look_at_pairing(number, new, late).await,
        Err(StoreError::NotFound)
    );
    let enter = store.enter_pairing(number, anne.account, anne.by(1), late).await;
    assert_eq!(enter, Err(StoreError::NotFound));
    assert_eq!(open(600).await, Ok(()));
    assert_eq!(
        store.look_at_pairing(number, new, late).await,
        Err(StoreError::NotFound),
        "it is another one's now"
    );
    assert_eq!(store.sweep(NOW.plus(1199)).await, Ok(0));
    assert_eq!(store.sweep(NOW.plus(1200)).await, Ok(1));
}

async fn who_ends_it_leaves_the_reason_and_nothing_else_until_the_other_was_told(bed: &Bed) {
    let store = &bed.store;
    let anne = join(store, "anne@example.org").await;
    let gone = Err(StoreError::NotFound);
    let (number, new) = opened(store).await;
    let end = |side, why| store.end_pairing(number, side, why, NOW);
    assert_eq!(end(new, PairingEnd::Stopped).await, Ok(()));
    assert_eq!(
        store.look_at_pairing(number, new, NOW).await.map(|_| ()),
        gone,
        "nobody had to be told"
    );
    let (number, new) = opened(store).await;
    store
        .enter_pairing(number, anne.account, anne.by(1), NOW)
        .await
        .unwrap();
    let said = |side, step, message| store.say_in_pairing(number, side, step, message, NOW);
    said(there(&anne, 2), 2, b"something said".to_vec())
        .await
        .unwrap();
    let differ = store
        .end_pairing(number, there(&anne, 3), PairingEnd::Differ, NOW)
        .await;
    assert_eq!(differ, Ok(()));
    let left = every_value(bed).await;
    assert!(!left.iter().any(|(_, value)| value == b"something said"));
    assert_eq!(said(new, 3, vec![3]).await, Err(StoreError::Stale));
    let told = store.look_at_pairing(number, new, NOW).await.unwrap();
    assert_eq!((told.ended, told.message), (Some(PairingEnd::Differ), Vec::new()));
    let later = NOW.plus(119);
    let again = store.look_at_pairing(number, new, later).await.unwrap();
    assert_eq!(again.ended, told.ended, "an answer may have been lost");
    let late = store.look_at_pairing(number, new, NOW.plus(120)).await;
    assert_eq!(late.map(|_| ()), gone);
    let rows = store.rows_owned_by(anne.account).await.unwrap();
    let (number, _) = opened(store).await;
    store
        .enter_pairing(number, anne.account, anne.by(4), NOW)
        .await
        .unwrap();
    assert_eq!(store.rows_owned_by(anne.account).await, Ok(rows + 1));
}

async fn the_new_device_and_its_last_message_come_together_or_not_at_all(bed: &Bed) {
    let store = &bed.store;
    let anne = join(store, "anne@example.org").await;
    let account = anne.account;
    let (number, new) = opened(store).await;
    store
        .enter_pairing(number, account, anne.by(1), NOW)
        .await
        .unwrap();
    let added = Added {
        device: device(),
        epoch: 1,
        wrap: vec![7; 80],
        step: 6,
        message: b"parcel".to_vec(),
        waits: NOW.plus(590 + 120),
    };
    let late = NOW.plus(590);
    let finish =
        |at: i64, added: &Added| store.finish_pairing(number, account, anne.by(at), added.clone(), late);
    assert_eq!(
        finish(2, &added).await,
        Err(StoreError::Stale),
        "it is not its turn"
    );
    let side = there(&anne, 2);
    store.say_in_pairing(number, side, 2, vec![2], NOW).await.unwrap();
    store.say_in_pairing(number, new, 3, vec![3], NOW).await.unwrap();
    let side = there(&anne, 3);
    store.say_in_pairing(number, side, 4, vec![4], NOW).await.unwrap();
    store.say_in_pairing(number, new, 5, vec![5], NOW).await.unwrap();
    let old = Added {
        epoch: 2,
        ..added.clone()
    };
    assert_eq!(finish(4, &old).await, Err(StoreError::Stale), "another epoch");
    let taken = Added {
        device: anne.device.clone(),
        ..added.clone()
    };
    assert_eq!(finish(4, &taken).await, Err(StoreError::Exists));
    assert_eq!(store.devices(account).await.unwrap().len(), 1, "nothing came");
    assert_eq!(
        said(store, number, new).await,
        (5, vec![5]),
        "and nothing was said"
    );

    assert_eq!(finish(4, &added).await, Ok(()));
    // Whoever did not hear that it was done, and stops, takes nothing from the device that is in.
    let stopped = store
        .end_pairing(number, there(&anne, 5), PairingEnd::Stopped, late)
        .await;
    assert_eq!(stopped, Ok(()));
    let parcel = store.look_at_pairing(number, new, late.plus(119)).await.unwrap();
    assert_eq!(
        (parcel.step, parcel.message.as_slice()),
        (6, b"parcel".as_slice())
    );
    assert_eq!(parcel.ends, added.waits, "it waits a little longer");
    assert_eq!(store.devices(account).await.unwrap().len(), 2);
    let way = Way::Device(added.device.device);
    assert_eq!(store.wrap(account, way).await, Ok((1, vec![7; 80])));
    let log = store.log(account, 0, 100).await.unwrap();
    assert_eq!(log.last().unwrap().action, "device.added");
    assert!(is_unbroken(account, None, &log));
    assert_eq!(finish(6, &added).await, Err(StoreError::Stale));
    let done = store.end_pairing(number, new, PairingEnd::Done, late).await;
    assert_eq!(done, Ok(()));
    assert_eq!(
        store.look_at_pairing(number, there(&anne, 0), late).await,
        Err(StoreError::NotFound)
    );
}

async fn no_wrap_comes_back_by_a_new_device_when_the_copy_was_withdrawn(bed: &Bed) {
    let store = &bed.store;
    let anne = join(store, "anne@example.org").await;
    let account = anne.account;
    store
        .withdraw_copy(account, anne.by(1), bed.ledger(), NOW, NOW.plus(1000))
        .await
        .unwrap();
    let (number, new) = opened(store).await;
    store
        .enter_pairing(number, account, anne.by(2), NOW)
        .await
        .unwrap();
    for (side, step) in [(there(&anne, 3), 2), (new, 3), (there(&anne, 4), 4), (new, 5)] {
        store
            .say_in_pairing(number, side, step, vec![1], NOW)
            .await
            .unwrap();
    }
    let added = Added {
        device: device(),
        epoch: 1,
        wrap: vec![7; 80],
        step: 6,
        message: b"parcel".to_vec(),
        waits: NOW,
    };
    let way = Way::Device(added.device.device);
    store
        .finish_pairing(number, account, anne.by(5), added, NOW)
        .await
        .unwrap();
    assert_eq!(store.devices(account).await.unwrap().len(), 2);
    assert_eq!(store.wrap(account, way).await, Err(StoreError::NotFound));
}

async fn a_new_device_that_did_not_come_is_signed_out_and_one_that_came_stays(bed: &Bed) {
    let store = &bed.store;
    let anne = join(store, "anne@example.org").await;
    let account = anne.account;
    let mut number_of_request = 0;
    let mut by = || {
        number_of_request += 1;
        number_of_request
    };
    // By whom and how it ends, and whether the device stays.
    for (is_new, why, stays) in [
        (false, PairingEnd::Untaken, false),
        (true, PairingEnd::Stopped, false),
        (true, PairingEnd::Damaged, false),
        (false, PairingEnd::Stopped, true),
        (true, PairingEnd::Done, true),
    ] {
        let (number, new) = opened(store).await;
        store
            .enter_pairing(number, account, anne.by(by()), NOW)
            .await
            .unwrap();
        for step in 2..=5 {
            let side = if step % 2 == 0 { there(&anne, by()) } else { new };
            store
                .say_in_pairing(number, side, step, vec![1], NOW)
                .await
                .unwrap();
        }
        let added = Added {
            device: device(),
            epoch: 1,
            wrap: vec![7; 80],
            step: 6,
            message: b"parcel".to_vec(),
            waits: NOW.plus(120),
        };
        let id = added.device.device;
        store
            .finish_pairing(number, account, anne.by(by()), added, NOW)
            .await
            .unwrap();
        assert!(store.device_keys(account, id).await.is_ok());
        let side = if is_new { new } else { there(&anne, by()) };
        store.end_pairing(number, side, why, NOW).await.unwrap();
        assert_eq!(store.device_keys(account, id).await.is_ok(), stays, "{why:?}");
        let wrap = store.wrap(account, Way::Device(id)).await;
        assert_eq!(wrap.is_ok(), stays, "{why:?}");
        if !stays {
            let other = if is_new { there(&anne, by()) } else { new };
            let told = store.look_at_pairing(number, other, NOW).await.unwrap();
            assert_eq!((told.ended, told.message), (Some(why), Vec::new()));
            // Said twice, or too late by the device itself, it changes nothing more.
            store
                .end_pairing(number, new, PairingEnd::Done, NOW)
                .await
                .unwrap();
            assert!(store.device_keys(account, id).await.is_err());
        }
    }
    let log = store.log(account, 0, 100).await.unwrap();
    let told = |action: &str| log.iter().filter(|line| line.action == action).count();
    assert_eq!((told("device.added"), told("device.signed-out")), (5, 3));
    assert!(is_unbroken(account, None, &log));
}
