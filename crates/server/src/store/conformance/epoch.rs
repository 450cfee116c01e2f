//! Epochs, passphrases and recovery codes.

use std::sync::Arc;

use super::{at_once, wins};
use crate::store::testing::*;
use crate::store::*;

on_both!(
    of_two_epochs_begun_at_once_exactly_one_begins,
    of_two_passphrases_changed_at_once_exactly_one_counts,
    an_epoch_leaves_no_device_behind_and_lets_no_other_in,
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
