//! Mailed codes, what is announced, mails that wait.

use std::sync::Arc;

use super::at_once;
use crate::store::testing::*;
use crate::store::*;

on_both!(
    a_mailed_code_ends_with_its_tries_its_time_and_its_use,
    what_was_announced_falls_due_unless_somebody_objects,
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
        };
        store.put_mail_code(account, notice).await.unwrap();
        assert_eq!(store.announced(account, CodePurpose::Delete).await, Ok(due));
    }
    assert_eq!(
        store.due_codes(CodePurpose::Delete, due.plus(-1), 10).await,
        Ok(vec![])
    );
    assert_eq!(
        store.drop_mail_code(wim.account, CodePurpose::Delete).await,
        Ok(true)
    );
    assert_eq!(
        store.drop_mail_code(wim.account, CodePurpose::Delete).await,
        Ok(false)
    );
    store.sweep(due.plus(1)).await.unwrap();
    assert_eq!(
        store.due_codes(CodePurpose::Delete, due, 10).await,
        Ok(vec![anne.account])
    );
    assert_eq!(
        store.due_codes(CodePurpose::LiftFactor, due, 10).await,
        Ok(vec![])
    );
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
