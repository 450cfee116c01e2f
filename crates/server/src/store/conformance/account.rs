//! Joining, and what an account says of itself.

use std::sync::Arc;

use super::{at_once, wins};
use crate::store::testing::*;
use crate::store::*;

on_both!(
    joining_brings_everything_and_sent_again_answers_the_same,
    joining_that_is_refused_leaves_nothing,
    of_two_who_redeem_one_invitation_at_once_exactly_one_joins,
    of_two_who_join_with_one_address_at_once_exactly_one_does,
    name_and_number_change_and_the_number_goes_where_none_is_given,
    an_address_changes_with_its_look_up_and_its_codes_or_not_at_all,
    of_two_who_move_to_one_address_at_once_exactly_one_does,
    a_copy_that_is_withdrawn_takes_its_wraps_and_comes_back_by_a_new_epoch_alone,
    choices_and_days_of_use_are_kept,
);

async fn joining_brings_everything_and_sent_again_answers_the_same(bed: &Bed) {
    let store = &bed.store;
    let newest = migrations::newest(migrations::SQLITE);
    assert_eq!(store.schema_version().await, Ok(newest));
    let (_, secrets) = invite(store, 1).await;
    let new = new_account(secrets[0], "Anne@Example.org ");
    let usable = store.usable_invitation(secrets[0], NOW).await.unwrap();
    let joined = store.create_account(new.clone(), NOW).await.unwrap();
    assert_eq!(joined.invitation, usable, "as the root signed it");
    assert_eq!(
        store.usable_invitation(secrets[0], NOW).await,
        Err(StoreError::InvitationUsed)
    );
    assert_eq!(
        store.create_account(new.clone(), NOW).await,
        Ok(joined),
        "its answer may have been lost"
    );

    let account = store.account(new.account).await.unwrap();
    assert_eq!((account.created_day, account.seen_day), (NOW.day(), NOW.day()));
    assert_eq!(
        (account.credential_id, account.credential_generation),
        (new.credential_id, 1)
    );
    assert_eq!(
        (account.copy_consented_day, account.verified_day),
        (Some(NOW.day()), Some(NOW.day())),
        "the address was proven before"
    );
    assert_eq!(
        store.account_by_address(bed.address("anne@example.org")).await,
        Ok(new.account)
    );
    assert_eq!(store.contact(new.account).await.unwrap(), new.contact);
    assert_eq!(store.identity(new.account).await.unwrap(), new.epoch.identity);
    let devices = store.devices(new.account).await.unwrap();
    assert_eq!(
        devices.iter().map(|listed| &listed.device).collect::<Vec<_>>(),
        [&new.device]
    );
    let epochs = store.epochs(new.account, 0).await.unwrap();
    assert_eq!(
        epochs,
        [Epoch {
            number: 1,
            statement: new.epoch.statement.bytes.clone()
        }]
    );
    assert_eq!(store.epoch(new.account).await, Ok(1));
    assert_eq!(store.epoch(AccountId(bytes())).await, Err(StoreError::NotFound));
    for wrap in &new.epoch.wraps {
        assert_eq!(
            store.wrap(new.account, wrap.way).await,
            Ok((1, wrap.sealed.clone()))
        );
    }
    assert_eq!(store.seat_state(new.account, NOW).await, Ok(SeatState::Lasts));
    store.set_verified(new.account, NOW).await.unwrap();
    assert_eq!(
        store.account(new.account).await.unwrap().verified_day,
        Some(NOW.day())
    );
    for sealed in ["Anne@Example.org", "Wilhelmina", "+31612345678"] {
        let stored = every_value(bed).await;
        let is_there = |(_, value): &(String, Vec<u8>)| {
            value.windows(sealed.len()).any(|part| part == sealed.as_bytes())
        };
        assert!(!stored.iter().any(is_there), "{sealed} lies open");
    }
}

async fn joining_that_is_refused_leaves_nothing(bed: &Bed) {
    let store = &bed.store;
    let (organisation, secrets) = invite(store, 4).await;
    let taken = new_account(secrets[0], "anne@example.org");
    store.create_account(taken.clone(), NOW).await.unwrap();
    store.end_invitation(organisation, 3, NOW).await.unwrap();
    let before = every_value(bed).await;
    let with = |secret: SecretHash, email: &str| new_account(secret, email);
    let mut missing_wrap = with(secrets[1], "wim@example.org");
    missing_wrap.epoch.wraps.pop();
    let mut same_id = with(secrets[1], "wim@example.org");
    same_id.account = taken.account;
    for (new, expected) in [
        (
            with(SecretHash(bytes()), "wim@example.org"),
            StoreError::InvitationUnknown,
        ),
        (with(secrets[0], "wim@example.org"), StoreError::InvitationUsed),
        (with(secrets[2], "wim@example.org"), StoreError::InvitationEnded),
        (with(secrets[1], "ANNE@example.org"), StoreError::AddressTaken),
        (missing_wrap, StoreError::WrapsDiffer),
        (same_id, StoreError::Exists),
    ] {
        assert_eq!(store.create_account(new, NOW).await, Err(expected.clone()));
        assert_eq!(every_value(bed).await, before, "{expected:?}");
    }
    let early = with(secrets[3], "wim@example.org");
    assert_eq!(
        store.create_account(early, NOW.plus(-2000)).await,
        Err(StoreError::InvitationEnded)
    );
}

async fn of_two_who_redeem_one_invitation_at_once_exactly_one_joins(bed: &Bed) {
    let (_, secrets) = invite(&bed.store, 6).await;
    for (round, secret) in secrets.into_iter().enumerate() {
        let acts: Vec<_> = (0..4)
            .map(|person| {
                let new = new_account(secret, &format!("person{person}.{round}@example.org"));
                move |store: Arc<Store>| async move { store.create_account(new, NOW).await }
            })
            .collect();
        assert_eq!(wins(&at_once(bed, acts).await, &StoreError::InvitationUsed), 1);
    }
    assert_eq!(bed.store.last_seen_until(NOW.day(), 100).await.unwrap().len(), 6);
}

async fn of_two_who_join_with_one_address_at_once_exactly_one_does(bed: &Bed) {
    let (_, secrets) = invite(&bed.store, 4).await;
    let acts: Vec<_> = secrets
        .into_iter()
        .map(|secret| {
            let new = new_account(secret, "anne@example.org");
            move |store: Arc<Store>| async move { store.create_account(new, NOW).await }
        })
        .collect();
    assert_eq!(wins(&at_once(bed, acts).await, &StoreError::AddressTaken), 1);
    assert_eq!(bed.store.last_seen_until(NOW.day(), 100).await.unwrap().len(), 1);
}

async fn name_and_number_change_and_the_number_goes_where_none_is_given(bed: &Bed) {
    let store = &bed.store;
    let anne = join(store, "anne@example.org").await;
    let (account, before) = (anne.account, store.contact(anne.account).await.unwrap());
    let set = async |number, name: &str, phone: Option<&str>| {
        let phone = phone.map(Into::into);
        store
            .set_contact(account, anne.by(number), name.into(), phone, NOW)
            .await
    };
    for (number, name, phone) in [
        (1, "Anne", Some("+31201234567")),
        (2, "An", Some("112")),
        (3, "An", None),
    ] {
        assert_eq!(set(number, name, phone).await, Ok(()));
        let read = store.contact(account).await.unwrap();
        assert_eq!((read.name.as_str(), read.phone.as_deref()), (name, phone));
        assert_eq!(read.email, before.email);
    }
    assert_eq!(set(3, "Piet", None).await, Err(StoreError::Repeated));
    assert_eq!(store.contact(account).await.unwrap().name, "An");
    let log = store.log(account, 0, 10).await.unwrap();
    assert_eq!(
        log.iter()
            .filter(|entry| entry.action == "contact.changed")
            .count(),
        3
    );
}

async fn an_address_changes_with_its_look_up_and_its_codes_or_not_at_all(bed: &Bed) {
    let store = &bed.store;
    let (anne, _) = (
        join(store, "anne@example.org").await,
        join(store, "wim@example.org").await,
    );
    let account = anne.account;
    let later = NOW.plus(5 * 86_400);
    let code = |purpose| MailCode {
        purpose,
        hash: CodeHash(bytes()),
        expires: later.plus(1000),
        tries: 3,
        language: regie_protocol::Language::Nl,
    };
    let (mailed, announced) = (code(CodePurpose::Recover), code(CodePurpose::Delete));
    store.put_mail_code(account, mailed).await.unwrap();
    store.announce(account, announced, NOW).await.unwrap();
    let set = async |number, email: &str| {
        let email = zeroize::Zeroizing::new(email.to_owned());
        store.set_address(account, anne.by(number), email, later).await
    };
    let before = store.contact(account).await.unwrap();
    assert_eq!(set(1, "wim@example.org").await, Err(StoreError::AddressTaken));
    assert_eq!(store.contact(account).await.unwrap(), before);
    assert_eq!(
        store.account_by_address(bed.address("anne@example.org")).await,
        Ok(account)
    );
    assert_eq!(
        store
            .device_keys(account, anne.device.device)
            .await
            .unwrap()
            .last_number,
        0
    );

    assert_eq!(
        set(1, "Anne@Example.org").await,
        Ok(()),
        "its own, written otherwise"
    );
    assert_eq!(store.contact(account).await.unwrap().email, "Anne@Example.org");
    assert_eq!(
        store.account_by_address(bed.address("anne@example.org")).await,
        Ok(account)
    );
    assert_eq!(set(1, "anne@example.net").await, Err(StoreError::Repeated));
    assert_eq!(set(2, "anne@example.net").await, Ok(()));
    let read = store.contact(account).await.unwrap();
    assert_eq!(
        (read.email.as_str(), &read.name, &read.phone),
        ("anne@example.net", &before.name, &before.phone)
    );
    assert_eq!(
        store.account(account).await.unwrap().verified_day,
        Some(later.day())
    );
    assert_eq!(
        store.account_by_address(bed.address("anne@example.net")).await,
        Ok(account)
    );
    assert_eq!(
        store.account_by_address(bed.address("anne@example.org")).await,
        Err(StoreError::NotFound)
    );
    let taken = store
        .take_mail_code(account, mailed.purpose, mailed.hash, later)
        .await;
    assert_eq!(taken, Ok(Taken::None), "mailed to the address before");
    let due = store.announced(account, CodePurpose::Delete).await;
    assert_eq!(
        due,
        Ok(announced.expires),
        "what was announced stays, to be objected to"
    );
    join(store, "anne@example.org").await;
}

async fn of_two_who_move_to_one_address_at_once_exactly_one_does(bed: &Bed) {
    let mut people = Vec::new();
    for name in ["anne", "wim", "noor", "sam"] {
        people.push(join(&bed.store, &format!("{name}@example.org")).await);
    }
    let acts: Vec<_> = people
        .into_iter()
        .map(|new| {
            move |store: Arc<Store>| async move {
                let email = zeroize::Zeroizing::new("free@example.org".to_owned());
                store.set_address(new.account, new.by(1), email, NOW).await
            }
        })
        .collect();
    assert_eq!(wins(&at_once(bed, acts).await, &StoreError::AddressTaken), 1);
}

async fn a_copy_that_is_withdrawn_takes_its_wraps_and_comes_back_by_a_new_epoch_alone(bed: &Bed) {
    let (store, ledger) = (&bed.store, bed.ledger());
    let new = join(store, "anne@example.org").await;
    let (account, device) = (new.account, new.device.device);
    let replayed = async || {
        store.replay(&*ledger).await.unwrap();
        store.account(account).await.unwrap().copy_consented_day
    };
    let withdrawn = store
        .withdraw_copy(account, new.by(1), ledger.clone(), NOW, NOW.plus(1000))
        .await;
    assert_eq!(withdrawn, Ok(()));
    for wrap in &new.epoch.wraps {
        assert_eq!(store.wrap(account, wrap.way).await, Err(StoreError::NotFound));
    }
    assert_eq!(
        store.epochs(account, 0).await.unwrap().len(),
        1,
        "devices know their epochs"
    );
    // What changes meanwhile brings none back, and so no half of them.
    let changed = Replacement {
        after_generation: 1,
        credential_id: CredentialId(bytes()),
        credential: credential(),
        code: None,
        epoch: None,
        wraps: Vec::new(),
    };
    let generation = store
        .replace_credential(account, Author::Proven, changed, NOW)
        .await;
    assert_eq!(generation, Ok(2));
    let renewed = store
        .replace_code(account, Author::Proven, code(), 1, vec![3; 80], NOW)
        .await;
    assert_eq!(renewed, Ok(()));
    assert_eq!(store.wrap(account, Way::Code).await, Err(StoreError::NotFound));
    let want = |number, epoch| store.want_copy(account, new.by(number), epoch, ledger.clone(), NOW, NOW);
    assert_eq!(want(2, None).await, Err(StoreError::WrapsDiffer));
    assert_eq!(replayed().await, None);
    let next = epoch(2, &[device]);
    assert_eq!(want(2, Some(next.clone())).await, Ok(()));
    assert_eq!(want(2, Some(next.clone())).await, Err(StoreError::Repeated));
    assert_eq!(
        replayed().await,
        Some(NOW.day()),
        "the last word counts, on the same day too"
    );
    assert_eq!(
        store.wrap(account, Way::Device(device)).await,
        Ok((2, next.wraps[2].sealed.clone()))
    );
    assert_eq!(want(3, None).await, Ok(()), "wanted already");
    let repeated = store
        .withdraw_copy(account, new.by(3), ledger.clone(), NOW, NOW.plus(1000))
        .await;
    assert_eq!(repeated, Err(StoreError::Repeated));
    assert_eq!(
        replayed().await,
        Some(NOW.day()),
        "what is refused leaves no trace in the ledger"
    );
}

async fn choices_and_days_of_use_are_kept(bed: &Bed) {
    let store = &bed.store;
    let new = join(store, "anne@example.org").await;
    let (account, device) = (new.account, new.device.device);
    store
        .withdraw_copy(account, new.by(1), bed.ledger(), NOW, NOW)
        .await
        .unwrap();
    assert_eq!(store.account(account).await.unwrap().terms_at, NOW);
    let accepted = NOW.plus(60);
    store.accept_terms(account, new.by(2), 4, accepted).await.unwrap();
    // Neither an earlier version nor the same once more changes what was agreed to, or stands in the log.
    let lines = store.log(account, 0, 100).await.unwrap().len();
    for (number, version) in [(4, 3), (5, 4)] {
        store
            .accept_terms(account, new.by(number), version, NOW.plus(90))
            .await
            .unwrap();
    }
    assert_eq!(store.log(account, 0, 100).await.unwrap().len(), lines);
    let later = NOW.plus(3 * 86_400);
    store.note_use(account, device, later).await.unwrap();
    store.note_use(account, device, NOW).await.unwrap();
    let read = store.account(account).await.unwrap();
    assert_eq!(
        (
            read.copy_consented_day,
            read.statement_version,
            read.terms_version,
            read.terms_at
        ),
        (None, 1, 4, accepted)
    );
    assert_eq!(
        read.seen_day,
        later.day(),
        "a clock that went back changes nothing"
    );
    assert_eq!(
        store.device_keys(account, device).await.unwrap().used_day,
        later.day()
    );
    assert_eq!(store.devices(account).await.unwrap()[0].used_day, later.day());
    assert_eq!(store.last_seen_until(later.day() - 1, 10).await, Ok(vec![]));
    assert_eq!(store.last_seen_until(later.day(), 10).await, Ok(vec![account]));
}
