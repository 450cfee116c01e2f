//! Epochs, passphrases and recovery codes.

use std::sync::Arc;

use super::{at_once, wins};
use crate::store::testing::*;
use crate::store::*;

on_both!(
    of_two_epochs_begun_at_once_exactly_one_begins,
    of_two_passphrases_changed_at_once_exactly_one_counts,
    an_epoch_leaves_no_device_behind_and_lets_no_other_in,
    an_epoch_publishes_the_keys_by_which_others_know_the_account,
    once_the_copy_was_ended_an_epoch_leaves_wraps_for_devices_alone_and_each_only_until_it_was_taken,
    a_new_passphrase_comes_with_its_wrap_and_with_a_new_code_and_epoch_where_asked,
);

async fn of_two_epochs_begun_at_once_exactly_one_begins(bed: &Bed) {
    let new = join(&bed.store, "anne@example.org").await;
    let (account, first) = (new.account, new.device.device);
    for number in 2..6 {
        let acts: Vec<_> = (0..3)
            .map(|_| {
                let next = epoch(number, &[first]);
                move |store: Arc<Store>| async move {
                    store
                        .begin_epoch(account, Author::Proven, next.clone(), NOW)
                        .await
                        .map(|()| next)
                }
            })
            .collect();
        let outcomes = at_once(bed, acts).await;
        assert_eq!(wins(&outcomes, &StoreError::Stale), 1);
        let won = outcomes.into_iter().find_map(Result::ok).unwrap();
        let wrap = won
            .wraps
            .iter()
            .find(|wrap| wrap.way == Way::Device(first))
            .unwrap();
        assert_eq!(
            bed.store.wrap(account, Way::Device(first)).await,
            Ok((number, wrap.sealed.clone()))
        );
    }
    assert_eq!(bed.store.epochs(account, 3).await.unwrap().len(), 2);
}

async fn of_two_passphrases_changed_at_once_exactly_one_counts(bed: &Bed) {
    let new = join(&bed.store, "anne@example.org").await;
    let account = new.account;
    let acts: Vec<_> = (0..4)
        .map(|_| {
            let change = replacement(1);
            move |store: Arc<Store>| async move {
                store
                    .replace_credential(account, Author::Proven, change.clone(), NOW)
                    .await
                    .map(|_| change)
            }
        })
        .collect();
    let outcomes = at_once(bed, acts).await;
    assert_eq!(wins(&outcomes, &StoreError::Stale), 1);
    let won = outcomes.into_iter().find_map(Result::ok).unwrap();
    let login = bed.store.login_of(account).await.unwrap();
    assert_eq!((login.credential, login.generation), (won.credential, 2));
    let wrap = bed.store.wrap(account, Way::Passphrase).await.unwrap();
    assert_eq!(
        wrap,
        (1, won.wraps[0].sealed.clone()),
        "record and wrap are of one change"
    );
}

fn replacement(after_generation: i64) -> Replacement {
    Replacement {
        after_generation,
        credential_id: CredentialId(bytes()),
        credential: credential(),
        code: None,
        epoch: None,
        wraps: vec![Wrap {
            way: Way::Passphrase,
            sealed: bytes::<80>().to_vec(),
        }],
    }
}

async fn an_epoch_leaves_no_device_behind_and_lets_no_other_in(bed: &Bed) {
    let store = &bed.store;
    let new = join(store, "anne@example.org").await;
    let (account, first, second) = (new.account, new.device.device, device());
    store
        .add_device(account, new.by(1), second.clone(), 1, vec![7; 80], NOW)
        .await
        .unwrap();
    assert_eq!(
        store.wrap(account, Way::Device(second.device)).await,
        Ok((1, vec![7; 80]))
    );
    for devices in [
        vec![first],
        vec![first, second.device, DeviceId(bytes())],
        vec![first, first],
    ] {
        let differs = store
            .begin_epoch(account, new.by(2), epoch(2, &devices), NOW)
            .await;
        assert_eq!(differs, Err(StoreError::WrapsDiffer));
    }
    for number in [1, 3] {
        let stale = store
            .begin_epoch(account, new.by(2), epoch(number, &[first, second.device]), NOW)
            .await;
        assert_eq!(stale, Err(StoreError::Stale));
    }
    store
        .begin_epoch(account, new.by(2), epoch(2, &[first, second.device]), NOW)
        .await
        .unwrap();
    let late = store
        .add_device(account, new.by(3), device(), 1, vec![8], NOW)
        .await;
    assert_eq!(late, Err(StoreError::Stale), "its wrap is of the epoch before");
    let twice = store
        .add_device(account, new.by(3), second, 2, vec![8], NOW)
        .await;
    assert_eq!(twice, Err(StoreError::Exists));
    let epochs: Vec<_> = store
        .epochs(account, 0)
        .await
        .unwrap()
        .iter()
        .map(|epoch| epoch.number)
        .collect();
    assert_eq!(epochs, [1, 2]);
}

async fn a_new_passphrase_comes_with_its_wrap_and_with_a_new_code_and_epoch_where_asked(bed: &Bed) {
    let store = &bed.store;
    let new = join(store, "anne@example.org").await;
    let (account, first) = (new.account, new.device.device);
    let change = replacement(1);
    assert_eq!(
        store
            .replace_credential(account, new.by(1), change.clone(), NOW)
            .await,
        Ok(2)
    );
    let login = store.login_of(account).await.unwrap();
    assert_eq!(
        (&login.credential, &login.code),
        (&change.credential, &new.code),
        "the code stays"
    );
    assert_eq!(
        store.wrap(account, Way::Passphrase).await.unwrap().1,
        change.wraps[0].sealed
    );
    assert_eq!(
        store.wrap(account, Way::Device(first)).await.unwrap().1,
        new.epoch.wraps[2].sealed
    );

    let stray = Wrap {
        way: Way::Device(first),
        sealed: vec![1; 80],
    };
    for wraps in [Vec::new(), vec![change.wraps[0].clone(), stray]] {
        let partial = Replacement {
            wraps,
            ..replacement(2)
        };
        let refused = store.replace_credential(account, new.by(2), partial, NOW).await;
        assert_eq!(
            refused,
            Err(StoreError::WrapsDiffer),
            "a passphrase and what it opens go together"
        );
    }
    let knew = Replacement {
        code: Some(code()),
        epoch: Some(epoch(2, &[first])),
        ..replacement(2)
    };
    assert_eq!(
        store
            .replace_credential(account, new.by(2), knew.clone(), NOW)
            .await,
        Ok(3)
    );
    let login = store.login_of(account).await.unwrap();
    assert_eq!(Some(login.code), knew.code);
    assert_eq!(store.wrap(account, Way::Code).await.unwrap().0, 2);
    let skipped = Replacement {
        epoch: Some(epoch(4, &[first])),
        ..replacement(3)
    };
    assert_eq!(
        store.replace_credential(account, new.by(3), skipped, NOW).await,
        Err(StoreError::Stale)
    );
    let login = store.login_of(account).await.unwrap();
    assert_eq!(
        (login.generation, login.credential),
        (3, knew.credential),
        "all of it or nothing"
    );
    assert_eq!(
        login.credential_id, knew.credential_id,
        "no two passphrases hang on one id"
    );

    let renewed = code();
    let stale = store
        .replace_code(account, new.by(3), renewed.clone(), 1, vec![3; 80], NOW)
        .await;
    assert_eq!(stale, Err(StoreError::Stale));
    store
        .replace_code(account, new.by(3), renewed.clone(), 2, vec![3; 80], NOW)
        .await
        .unwrap();
    assert_eq!(store.login_of(account).await.unwrap().code, renewed);
    assert_eq!(store.wrap(account, Way::Code).await, Ok((2, vec![3; 80])));
}

async fn an_epoch_publishes_the_keys_by_which_others_know_the_account(bed: &Bed) {
    let store = &bed.store;
    let new = join(store, "anne@example.org").await;
    let (account, first) = (new.account, new.device.device);
    let (lost, knew) = (epoch(2, &[first]), epoch(3, &[first]));
    store
        .add_device(account, new.by(1), device(), 1, vec![1; 80], NOW)
        .await
        .unwrap();
    let others = Who::AllBut(first);
    let differs = store
        .sign_out(account, new.by(2), others, Some(epoch(2, &[])), NOW)
        .await;
    assert_eq!(differs, Err(StoreError::WrapsDiffer));
    let published = store.identity(account).await.unwrap();
    assert_eq!(published, new.epoch.identity, "all of it or nothing");
    store
        .sign_out(account, new.by(2), others, Some(lost.clone()), NOW)
        .await
        .unwrap();
    assert_eq!(store.identity(account).await.unwrap(), lost.identity);
    let all_new = Replacement {
        code: Some(code()),
        epoch: Some(knew.clone()),
        ..replacement(1)
    };
    store
        .replace_credential(account, new.by(3), all_new, NOW)
        .await
        .unwrap();
    assert_eq!(store.identity(account).await.unwrap(), knew.identity);
    let log = store.log(account, 0, 100).await.unwrap();
    for told in ["epoch.begun", "identity.changed"] {
        assert_eq!(log.iter().filter(|line| line.action == told).count(), 2, "{told}");
    }
}

async fn once_the_copy_was_ended_an_epoch_leaves_wraps_for_devices_alone_and_each_only_until_it_was_taken(
    bed: &Bed,
) {
    let store = &bed.store;
    let new = join(store, "anne@example.org").await;
    let (account, first, second, lost) = (new.account, new.device.device, device(), device());
    for (number, added) in [(1, &second), (2, &lost)] {
        store
            .add_device(account, new.by(number), added.clone(), 1, vec![1; 80], NOW)
            .await
            .unwrap();
    }
    let stay = [first, second.device];
    store
        .took_wrap(account, first, 1)
        .await
        .expect("with a copy it changes nothing");
    assert!(store.wrap(account, Way::Device(first)).await.is_ok());
    store
        .withdraw_copy(account, new.by(3), bed.ledger(), NOW, NOW)
        .await
        .unwrap();
    let who = Who::One(lost.device);
    for refused in [epoch(2, &stay), epoch_for_devices(2, &[first])] {
        let differs = store.sign_out(account, new.by(4), who, Some(refused), NOW).await;
        assert_eq!(differs, Err(StoreError::WrapsDiffer));
    }
    let next = epoch_for_devices(2, &stay);
    store
        .sign_out(account, new.by(4), who, Some(next.clone()), NOW)
        .await
        .unwrap();
    let missing = async |way| store.wrap(account, way).await == Err(StoreError::NotFound);
    assert!(missing(Way::Passphrase).await && missing(Way::Code).await);
    assert!(!store.has_wraps(account).await.unwrap());
    let of_second = next
        .wraps
        .iter()
        .find(|wrap| wrap.way == Way::Device(second.device));
    assert_eq!(
        store.wrap(account, Way::Device(second.device)).await,
        Ok((2, of_second.unwrap().sealed.clone())),
        "who stays is not left behind"
    );
    store.took_wrap(account, first, 2).await.unwrap();
    assert!(missing(Way::Device(first)).await);
    assert!(!missing(Way::Device(second.device)).await);
    store.took_wrap(account, second.device, 1).await.unwrap();
    assert!(!missing(Way::Device(second.device)).await, "of another epoch");
    store.took_wrap(account, second.device, 2).await.unwrap();
    assert!(missing(Way::Device(second.device)).await);

    // "Somebody knew it" brings none back either, nor does a device that is added.
    let all_new = Replacement {
        code: Some(code()),
        epoch: Some(epoch_for_devices(3, &stay)),
        ..replacement(1)
    };
    let with_all = Replacement {
        epoch: Some(epoch(3, &stay)),
        ..all_new.clone()
    };
    let differs = store.replace_credential(account, new.by(5), with_all, NOW).await;
    assert_eq!(differs, Err(StoreError::WrapsDiffer));
    store
        .replace_credential(account, new.by(5), all_new, NOW)
        .await
        .unwrap();
    let third = device();
    store
        .add_device(account, new.by(6), third.clone(), 3, vec![1; 80], NOW)
        .await
        .unwrap();
    assert!(missing(Way::Device(third.device)).await && missing(Way::Passphrase).await);

    // Wanted again, it brings them all.
    let all = [first, second.device, third.device];
    let bare = store
        .want_copy(
            account,
            new.by(7),
            Some(epoch_for_devices(4, &all)),
            bed.ledger(),
            NOW,
            NOW,
        )
        .await;
    assert_eq!(bare, Err(StoreError::WrapsDiffer));
    store
        .want_copy(account, new.by(7), Some(epoch(4, &all)), bed.ledger(), NOW, NOW)
        .await
        .unwrap();
    for way in [Way::Passphrase, Way::Code, Way::Device(third.device)] {
        assert_eq!(store.wrap(account, way).await.unwrap().0, 4);
    }
}
