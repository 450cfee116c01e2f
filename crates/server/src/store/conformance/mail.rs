//! Mailed codes, what is announced, mails that wait.

use std::sync::Arc;

use regie_protocol::Language;

use super::at_once;
use crate::store::testing::*;
use crate::store::*;

on_both!(
    a_mailed_code_ends_with_its_tries_its_time_and_its_use,
    what_was_announced_falls_due_unless_somebody_objects,
    a_factor_is_lifted_when_its_notice_has_passed_and_not_before_or_after_a_new_one,
    mails_wait_sealed_until_they_are_sent,
);

async fn a_mailed_code_ends_with_its_tries_its_time_and_its_use(bed: &Bed) {
    let store = &bed.store;
    let account = join(store, "anne@example.org").await.account;
    let (right, wrong) = (CodeHash(bytes()), CodeHash(bytes()));
    let code = |purpose| MailCode {
        purpose,
        hash: right,
        expires: NOW.plus(3600),
        tries: 3,
        language: Language::Nl,
    };
    let take = |hash, seconds| store.take_mail_code(account, CodePurpose::Verify, hash, NOW.plus(seconds));
    assert_eq!(take(right, 0).await, Ok(Taken::None));
    store
        .put_mail_code(account, code(CodePurpose::Recover))
        .await
        .unwrap();
    assert_eq!(take(right, 0).await, Ok(Taken::None), "it is for something else");

    store
        .put_mail_code(account, code(CodePurpose::Verify))
        .await
        .unwrap();
    assert_eq!(take(wrong, 0).await, Ok(Taken::Wrong(2)));
    assert_eq!(take(right, 3600).await, Ok(Taken::None), "its time is over");
    assert_eq!(take(right, 3599).await, Ok(Taken::Right));
    assert_eq!(take(right, 0).await, Ok(Taken::None), "it was used");

    store
        .put_mail_code(account, code(CodePurpose::Verify))
        .await
        .unwrap();
    for left in [2, 1, 0] {
        assert_eq!(take(wrong, 0).await, Ok(Taken::Wrong(left)));
    }
    assert_eq!(take(right, 0).await, Ok(Taken::None), "its tries are used up");
    let stranger = store
        .put_mail_code(AccountId(bytes()), code(CodePurpose::Verify))
        .await;
    assert_eq!(stranger, Err(StoreError::NotFound));

    store
        .put_mail_code(account, code(CodePurpose::Verify))
        .await
        .unwrap();
    let acts: Vec<_> = (0..4)
        .map(|_| {
            move |store: Arc<Store>| async move {
                store
                    .take_mail_code(account, CodePurpose::Verify, right, NOW)
                    .await
                    .unwrap()
            }
        })
        .collect();
    let taken = at_once(bed, acts).await;
    assert_eq!(
        taken.iter().filter(|taken| **taken == Taken::Right).count(),
        1,
        "{taken:?}"
    );
    store.sweep(NOW.plus(3600)).await.unwrap();
    assert_eq!(
        store.announced(account, CodePurpose::Recover).await,
        Err(StoreError::NotFound)
    );
}

async fn what_was_announced_falls_due_unless_somebody_objects(bed: &Bed) {
    let store = &bed.store;
    let (anne, wim) = (
        join(store, "anne@example.org").await,
        join(store, "wim@example.org").await,
    );
    let due = NOW.plus(14 * 86_400);
    for account in [anne.account, wim.account] {
        let notice = MailCode {
            purpose: CodePurpose::Delete,
            hash: CodeHash(bytes()),
            expires: due,
            tries: 1,
            language: Language::Nl,
        };
        assert_eq!(store.announce(account, notice, NOW).await, Ok(due));
        // Asking again makes it neither shorter nor longer.
        for expires in [NOW, due.plus(1)] {
            let again = MailCode { expires, ..notice };
            assert_eq!(store.announce(account, again, NOW).await, Ok(due));
        }
        assert_eq!(store.announced(account, CodePurpose::Delete).await, Ok(due));
    }
    assert_eq!(
        store.due_codes(CodePurpose::Delete, due.plus(-1), 10).await,
        Ok(vec![])
    );
    let object = |new: &NewAccount, number, at| {
        let (account, author) = (new.account, new.by(number));
        async move { store.object(account, author, CodePurpose::Delete, at).await }
    };
    assert_eq!(object(&wim, 1, due.plus(-1)).await, Ok(()));
    assert_eq!(object(&wim, 2, due.plus(-1)).await, Err(StoreError::Stale));
    assert_eq!(object(&anne, 1, due).await, Err(StoreError::Stale), "too late");
    store.sweep(due.plus(1)).await.unwrap();
    assert_eq!(
        store.due_codes(CodePurpose::Delete, due, 10).await,
        Ok(vec![(anne.account, Language::Nl)])
    );
    assert_eq!(
        store.due_codes(CodePurpose::LiftFactor, due, 10).await,
        Ok(vec![])
    );
}

async fn a_factor_is_lifted_when_its_notice_has_passed_and_not_before_or_after_a_new_one(bed: &Bed) {
    let store = &bed.store;
    let new = join(store, "anne@example.org").await;
    let (account, due) = (new.account, NOW.plus(100));
    let factor = || {
        Some(NewFactor {
            secret: vec![9; 20],
            step: 1,
            codes: vec![CodeHash(bytes())],
        })
    };
    let notice = MailCode {
        purpose: CodePurpose::LiftFactor,
        hash: CodeHash(bytes()),
        expires: due,
        tries: 1,
        language: Language::En,
    };
    store.set_factor(account, new.by(1), factor(), NOW).await.unwrap();
    store.announce(account, notice, NOW).await.unwrap();
    store.set_factor(account, new.by(2), factor(), NOW).await.unwrap();
    assert_eq!(store.lift_due_factor(account, due).await, Ok(false), "a new one");
    store.announce(account, notice, NOW).await.unwrap();
    assert_eq!(store.lift_due_factor(account, due.plus(-1)).await, Ok(false));
    assert!(store.factor(account).await.unwrap().is_some());
    assert_eq!(store.lift_due_factor(account, due).await, Ok(true));
    assert_eq!(store.factor(account).await, Ok(None));
    assert_eq!(store.lift_due_factor(account, due).await, Ok(false));
    let log = store.log(account, 0, 100).await.unwrap();
    let last = log.last().unwrap();
    assert_eq!(
        (last.action.as_str(), last.actor.as_slice()),
        ("factor.lifted", b"notice".as_slice())
    );
    assert!(is_unbroken(account, None, &log));
}

async fn mails_wait_sealed_until_they_are_sent(bed: &Bed) {
    let store = &bed.store;
    let account = join(store, "anne@example.org").await.account;
    let first = store
        .put_mail(account, b"one to anne@example.org".to_vec(), NOW)
        .await
        .unwrap();
    let second = store
        .put_mail(account, b"two to anne@example.org".to_vec(), NOW.plus(60))
        .await
        .unwrap();
    let is_open = |(_, value): &(String, Vec<u8>)| value.windows(4).any(|part| part == b"anne");
    assert!(!every_value(bed).await.iter().any(is_open));
    let due = store.due_mails(NOW, 10).await.unwrap();
    assert_eq!(due.len(), 1);
    assert_eq!(
        (due[0].mail, due[0].content.as_slice()),
        (first, b"one to anne@example.org".as_slice())
    );
    store.delay_mail(account, first, NOW.plus(120)).await.unwrap();
    let order: Vec<_> = store.due_mails(NOW.plus(120), 10).await.unwrap();
    assert_eq!(
        order
            .iter()
            .map(|mail| (mail.mail, mail.tries))
            .collect::<Vec<_>>(),
        [(second, 0), (first, 1)]
    );
    store.drop_mail(account, second).await.unwrap();
    assert_eq!(store.due_mails(NOW.plus(120), 10).await.unwrap().len(), 1);
}
