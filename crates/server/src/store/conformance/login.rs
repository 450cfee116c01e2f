//! Logins, and the second factor.

use std::sync::Arc;

use super::at_once;
use crate::store::testing::*;
use crate::store::*;

on_both!(
    login_asks_alike_for_everybody_and_finds_only_who_is_there,
    a_begun_login_counts_until_it_is_settled,
    many_logins_begun_at_once_pass_no_limit,
    a_second_factor_and_its_codes_work_once,
);

async fn login_asks_alike_for_everybody_and_finds_only_who_is_there(bed: &Bed) {
    let store = &bed.store;
    let new = join(store, "anne@example.org").await;
    let found = store
        .find_login(bed.address(" ANNE@example.org"))
        .await
        .unwrap()
        .unwrap();
    let expected = Login {
        account: new.account,
        credential_id: new.credential_id,
        generation: 1,
        credential: new.credential.clone(),
        code: new.code.clone(),
        has_factor: false,
    };
    assert_eq!(found, expected);
    assert_eq!(store.login_of(new.account).await, Ok(expected));
    assert_eq!(
        store.find_login(bed.address("nobody@example.org")).await,
        Ok(None)
    );
    assert_eq!(
        store.account_by_address(bed.address("nobody@example.org")).await,
        Err(StoreError::NotFound)
    );
    assert_eq!(
        store.login_of(AccountId(bytes())).await,
        Err(StoreError::NotFound)
    );
}

const LIMITS: LoginLimits = LoginLimits {
    by_subject: 3,
    by_network: 5,
    within: 600,
};

async fn a_begun_login_counts_until_it_is_settled(bed: &Bed) {
    let store = &bed.store;
    let new = join(store, "anne@example.org").await;
    let (known, unknown) = (
        Subject::Account(new.account),
        Subject::Unknown(bed.address("nobody@example.org")),
    );
    for (subject, network) in [(known, "192.0.2.1"), (unknown, "192.0.2.2")] {
        let network = bed.network(network);
        let begin = |seconds| store.begin_login(subject, network, LIMITS, NOW.plus(seconds));
        let Begun::Counted(settled) = begin(0).await.unwrap() else {
            panic!("the first is allowed")
        };
        for seconds in [1, 2] {
            assert!(matches!(begin(seconds).await.unwrap(), Begun::Counted(_)));
        }
        assert_eq!(begin(3).await, Ok(Begun::TooMany(NOW.plus(600))), "{subject:?}");
        store.settle_login(subject, settled).await.unwrap();
        assert_eq!(
            store.settle_login(subject, settled).await,
            Err(StoreError::NotFound)
        );
        assert!(
            matches!(begin(4).await.unwrap(), Begun::Counted(_)),
            "what was right counts no more"
        );
        assert_eq!(begin(5).await, Ok(Begun::TooMany(NOW.plus(601))));
        assert!(
            matches!(begin(601).await.unwrap(), Begun::Counted(_)),
            "with time there is room again"
        );
    }
    let network = bed.network("192.0.2.9");
    for number in 0..6 {
        let subject = Subject::Unknown(bed.address(&format!("guess{number}@example.org")));
        let begun = store.begin_login(subject, network, LIMITS, NOW).await.unwrap();
        assert_eq!(
            matches!(begun, Begun::TooMany(_)),
            number == 5,
            "one network, many addresses"
        );
    }
    assert!(store.sweep(NOW.plus(2 * 86_400)).await.unwrap() > 8);
}

async fn many_logins_begun_at_once_pass_no_limit(bed: &Bed) {
    let (subject, network) = (
        Subject::Unknown(bed.address("nobody@example.org")),
        bed.network("192.0.2.1"),
    );
    let acts: Vec<_> =
        (0..12)
            .map(|_| {
                move |store: Arc<Store>| async move { store.begin_login(subject, network, LIMITS, NOW).await }
            })
            .collect();
    let begun = at_once(bed, acts).await;
    let counted = begun
        .iter()
        .filter(|begun| matches!(begun, Ok(Begun::Counted(_))))
        .count();
    let refused = begun
        .iter()
        .filter(|begun| matches!(begun, Ok(Begun::TooMany(_))))
        .count();
    assert_eq!((counted, refused), (3, 9), "{begun:?}");
}

async fn a_second_factor_and_its_codes_work_once(bed: &Bed) {
    let store = &bed.store;
    let new = join(store, "anne@example.org").await;
    let account = new.account;
    let codes = [CodeHash(bytes()), CodeHash(bytes())];
    assert_eq!(store.factor(account).await, Ok(None));
    assert_eq!(
        store.take_factor_step(account, 1).await,
        Ok(false),
        "there is none yet"
    );
    let factor = NewFactor {
        secret: vec![9; 20],
        step: 6,
        codes: codes.to_vec(),
    };
    store
        .set_factor(account, new.by(1), Some(factor), NOW)
        .await
        .unwrap();
    let factor = store.factor(account).await.unwrap().unwrap();
    assert_eq!((factor.secret, factor.codes_left), (vec![9; 20], 2));
    assert!(store.login_of(account).await.unwrap().has_factor);
    for (step, is_new) in [(6, false), (7, true), (7, false), (6, false), (8, true)] {
        assert_eq!(store.take_factor_step(account, step).await, Ok(is_new), "{step}");
    }
    assert_eq!(store.take_factor_code(account, codes[0]).await, Ok(true));
    assert_eq!(store.take_factor_code(account, codes[0]).await, Ok(false));
    assert_eq!(store.factor(account).await.unwrap().unwrap().codes_left, 1);
    store.set_factor(account, new.by(2), None, NOW).await.unwrap();
    assert_eq!(store.factor(account).await, Ok(None));
    assert_eq!(
        store.take_factor_code(account, codes[1]).await,
        Ok(false),
        "its codes went with it"
    );
}
