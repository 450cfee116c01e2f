//! The register of roles, and the chains of the log.

use std::sync::Arc;

use super::at_once;
use crate::store::testing::*;
use crate::store::*;

on_both!(
    the_register_of_roles_keeps_what_the_root_signed,
    chains_of_the_log_cannot_be_altered_unseen,
    chains_stay_unbroken_when_many_write_at_once,
);

async fn the_register_of_roles_keeps_what_the_root_signed(bed: &Bed) {
    assert_eq!(bed.store.all_staff().await, Ok(vec![]));
    let store = &bed.store;
    let noor = Staff {
        staff: StaffId(bytes()),
        name: "Noor".into(),
        role: "coach".into(),
        pseudonym: Pseudonym(bytes()),
        secrecy_day: Some(NOW.day()),
        screened_until_day: Some(NOW.day() + 300),
        trained_until_day: None,
        ended_day: None,
    };
    store.put_staff(noor.clone()).await.unwrap();
    assert_eq!(store.staff(noor.staff).await, Ok(noor.clone()));
    let trained = Staff {
        trained_until_day: Some(NOW.day() + 100),
        ..noor
    };
    store.put_staff(trained.clone()).await.unwrap();
    assert_eq!(store.staff(trained.staff).await, Ok(trained.clone()));
    assert_eq!(store.all_staff().await, Ok(vec![trained.clone()]));
    assert_eq!(store.staff(StaffId(bytes())).await, Err(StoreError::NotFound));

    let certificate = Certificate {
        serial: Serial(bytes()),
        staff: trained.staff,
        statement: vec![4; 150],
        until: NOW.plus(90 * 86_400),
    };
    store.put_certificate(certificate.clone()).await.unwrap();
    store.put_certificate(certificate.clone()).await.unwrap();
    let forged = Certificate {
        statement: vec![5; 150],
        ..certificate.clone()
    };
    assert_eq!(store.put_certificate(forged).await, Err(StoreError::Exists));
    let stranger = Certificate {
        staff: StaffId(bytes()),
        serial: Serial(bytes()),
        ..certificate.clone()
    };
    assert_eq!(store.put_certificate(stranger).await, Err(StoreError::NotFound));
    assert_eq!(
        store.certificates(trained.staff, NOW).await,
        Ok(vec![certificate.clone()])
    );
    assert_eq!(
        store.certificates(trained.staff, certificate.until).await,
        Ok(vec![])
    );

    assert_eq!(store.revocations().await, Err(StoreError::NotFound));
    let list = |number| Revocations {
        number,
        made: NOW,
        statement: vec![6; 60],
    };
    store.put_revocations(list(4)).await.unwrap();
    for number in [4, 3] {
        assert_eq!(store.put_revocations(list(number)).await, Err(StoreError::Stale));
    }
    store.put_revocations(list(5)).await.unwrap();
    assert_eq!(store.revocations().await, Ok(list(5)));
}

async fn chains_of_the_log_cannot_be_altered_unseen(bed: &Bed) {
    let store = &bed.store;
    let account = join(store, "anne@example.org").await.account;
    for (second, action) in ["login", "export", "login"].into_iter().enumerate() {
        store
            .append_log(account, action, b"device".to_vec(), NOW.plus(second as i64))
            .await
            .unwrap();
    }
    let rows = store.log(account, 0, 100).await.unwrap();
    assert_eq!(
        rows.iter().map(|row| row.number).collect::<Vec<_>>(),
        [1, 2, 3, 4]
    );
    assert!(is_unbroken(account, None, &rows));
    let second = Some((rows[1].number, rows[1].hash));
    assert!(is_unbroken(
        account,
        second,
        &store.log(account, 2, 100).await.unwrap()
    ));
    assert_eq!(store.log(account, 1, 2).await.unwrap(), rows[1..3]);
    assert!(
        !is_unbroken(AccountId(bytes()), None, &rows),
        "another account's chain"
    );
    assert!(!is_unbroken(account, None, &rows[1..]), "one left out");
    let altered = |change: fn(&mut LogEntry)| {
        let mut rows = rows.clone();
        change(&mut rows[2]);
        is_unbroken(account, None, &rows)
    };
    assert!(!altered(|row| row.at = row.at.plus(1)));
    assert!(!altered(|row| row.action.push('s')));
    assert!(!altered(|row| row.actor[0] ^= 1));
    assert!(!altered(|row| row.number += 1));

    let pseudonym = store.account(account).await.unwrap().pseudonym;
    let mut last = [0; 32];
    for action in ["contact.read", "invitation.ended"] {
        last = store
            .append_staff_log(action, Pseudonym([1; 16]), pseudonym.0.to_vec(), NOW)
            .await
            .unwrap();
    }
    let rows = store.staff_log(0, 100).await.unwrap();
    assert!(is_unbroken_staff(None, &rows));
    assert_eq!(rows.last().unwrap().entry.hash, last);
    let mut altered = rows.clone();
    altered[0].subject[0] ^= 1;
    assert!(!is_unbroken_staff(None, &altered));
    assert!(!is_unbroken_staff(None, &store.staff_log(1, 100).await.unwrap()));
}

async fn chains_stay_unbroken_when_many_write_at_once(bed: &Bed) {
    let account = join(&bed.store, "anne@example.org").await.account;
    let acts: Vec<_> = (0..10)
        .map(|_| {
            move |store: Arc<Store>| async move {
                store.append_log(account, "at.once", vec![1], NOW).await.unwrap();
                store
                    .append_staff_log("at.once", Pseudonym([1; 16]), vec![], NOW)
                    .await
                    .unwrap();
            }
        })
        .collect();
    at_once(bed, acts).await;
    let rows = bed.store.log(account, 0, 100).await.unwrap();
    assert_eq!((rows.len(), is_unbroken(account, None, &rows)), (11, true));
    let rows = bed.store.staff_log(0, 100).await.unwrap();
    assert_eq!((rows.len(), is_unbroken_staff(None, &rows)), (10, true));
}
