//! Devices and their requests.

use std::sync::Arc;

use super::{at_once, wins};
use crate::store::testing::*;
use crate::store::*;

on_both!(
    a_request_that_is_sent_again_or_out_of_turn_is_refused,
    a_device_that_was_signed_out_is_refused_at_once_and_forgotten_in_time,
    a_device_gets_another_name_from_a_device_of_its_own_account_alone,
);

async fn a_request_that_is_sent_again_or_out_of_turn_is_refused(bed: &Bed) {
    let store = &bed.store;
    let new = join(store, "anne@example.org").await;
    let (account, device) = (new.account, new.device.device);
    store
        .withdraw_copy(account, new.by(5), bed.ledger(), NOW, NOW)
        .await
        .unwrap();
    for number in [5, 4, 0, -1] {
        let again = store
            .want_copy(account, new.by(number), None, bed.ledger(), NOW, NOW)
            .await;
        assert_eq!(again, Err(StoreError::Repeated));
    }
    let stranger = Author::Device {
        device: DeviceId(bytes()),
        number: 9,
    };
    assert_eq!(
        store
            .want_copy(account, stranger, None, bed.ledger(), NOW, NOW)
            .await,
        Err(StoreError::NotFound)
    );
    let other = join(store, "wim@example.org").await;
    let foreign = store
        .want_copy(account, other.by(9), None, bed.ledger(), NOW, NOW)
        .await;
    assert_eq!(foreign, Err(StoreError::NotFound), "another account's device");
    assert_eq!(store.account(account).await.unwrap().copy_consented_day, None);
    assert_eq!(
        store.log(account, 0, 10).await.unwrap().len(),
        2,
        "joining and the first withdrawal"
    );

    // A change that is refused for another reason does not use its number up.
    let stale = store
        .begin_epoch(account, new.by(6), epoch(7, &[device]), NOW)
        .await;
    assert_eq!(stale, Err(StoreError::Stale));
    assert_eq!(store.device_keys(account, device).await.unwrap().last_number, 5);
    let acts: Vec<_> = (0..4)
        .map(|_| move |store: Arc<Store>| async move { store.note_number(account, device, 6).await })
        .collect();
    assert_eq!(wins(&at_once(bed, acts).await, &StoreError::Repeated), 1);
}

async fn a_device_that_was_signed_out_is_refused_at_once_and_forgotten_in_time(bed: &Bed) {
    let store = &bed.store;
    let new = join(store, "anne@example.org").await;
    let (account, first) = (new.account, new.device.device);
    let (stolen, third) = (device(), device());
    for (number, added) in [(1, &stolen), (2, &third)] {
        store
            .add_device(account, new.by(number), added.clone(), 1, vec![1; 80], NOW)
            .await
            .unwrap();
    }

    let who = Who::One(stolen.device);
    let left_behind = store
        .sign_out(account, new.by(3), who, Some(epoch(2, &[first])), NOW)
        .await;
    assert_eq!(left_behind, Err(StoreError::WrapsDiffer));
    assert!(
        store.device_keys(account, stolen.device).await.is_ok(),
        "all of it or nothing"
    );
    let next = epoch(2, &[first, third.device]);
    store
        .sign_out(account, new.by(3), who, Some(next), NOW)
        .await
        .unwrap();
    assert_eq!(
        store.device_keys(account, stolen.device).await,
        Err(StoreError::NotFound)
    );
    assert_eq!(
        store.wrap(account, Way::Device(stolen.device)).await,
        Err(StoreError::NotFound)
    );
    let thief = Author::Device {
        device: stolen.device,
        number: 100,
    };
    assert_eq!(
        store.withdraw_copy(account, thief, bed.ledger(), NOW, NOW).await,
        Err(StoreError::NotFound)
    );
    assert_eq!(
        store.sign_out(account, new.by(4), who, None, NOW).await,
        Err(StoreError::NotFound)
    );

    store
        .sign_out(account, new.by(4), Who::AllBut(first), None, NOW)
        .await
        .unwrap();
    assert_eq!(
        store.device_keys(account, third.device).await,
        Err(StoreError::NotFound)
    );
    let signed_out = |devices: Vec<Device>| devices.iter().filter(|one| one.signed_out_day.is_some()).count();
    assert_eq!(signed_out(store.devices(account).await.unwrap()), 2);
    let day = 86_400;
    store.sweep(NOW.plus(89 * day)).await.unwrap();
    assert_eq!(store.devices(account).await.unwrap().len(), 3);
    assert_eq!(store.sweep(NOW.plus(90 * day)).await, Ok(2));
    assert_eq!(store.devices(account).await.unwrap().len(), 1);

    store
        .sign_out(account, Author::Proven, Who::All, None, NOW)
        .await
        .unwrap();
    assert_eq!(store.device_keys(account, first).await, Err(StoreError::NotFound));
}

async fn a_device_gets_another_name_from_a_device_of_its_own_account_alone(bed: &Bed) {
    let store = &bed.store;
    let new = join(store, "anne@example.org").await;
    let (account, first, second) = (new.account, new.device.device, device());
    store
        .add_device(account, new.by(1), second.clone(), 1, vec![1; 80], NOW)
        .await
        .unwrap();
    let other = join(store, "wim@example.org").await;
    let rename = async |author, device, name: u8| {
        store
            .rename_device(account, author, device, vec![name; 60], NOW)
            .await
    };
    assert_eq!(rename(new.by(2), second.device, 7).await, Ok(()));
    assert_eq!(
        rename(new.by(2), second.device, 8).await,
        Err(StoreError::Repeated)
    );
    let (stranger, unknown) = (other.by(9), DeviceId(bytes()));
    assert_eq!(
        rename(stranger, second.device, 8).await,
        Err(StoreError::NotFound)
    );
    assert_eq!(
        rename(new.by(3), other.device.device, 8).await,
        Err(StoreError::NotFound)
    );
    assert_eq!(rename(new.by(3), unknown, 8).await, Err(StoreError::NotFound));
    store
        .sign_out(account, new.by(3), Who::One(second.device), None, NOW)
        .await
        .unwrap();
    assert_eq!(
        rename(new.by(4), second.device, 8).await,
        Err(StoreError::NotFound)
    );
    let devices = store.devices(account).await.unwrap();
    let read = |id| devices.iter().find(|one| one.device.device == id).unwrap();
    assert_eq!(
        read(second.device).device,
        NewDevice {
            name_sealed: vec![7; 60],
            ..second
        }
    );
    assert_eq!(read(first).device, new.device, "of the others nothing changed");
    let log = store.log(account, 0, 10).await.unwrap();
    let renamed: Vec<_> = log
        .iter()
        .filter(|entry| entry.action == "device.renamed")
        .collect();
    assert_eq!(renamed.len(), 1);
    assert_eq!(renamed[0].actor, first.0);
}
