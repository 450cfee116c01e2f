//! What several instances share, and the database itself.

use std::sync::Arc;

use super::at_once;
use crate::store::testing::*;
use crate::store::*;

on_both!(
    a_job_is_had_by_one_instance_at_a_time,
    requests_are_counted_together_by_all_instances,
    the_database_opens_with_its_own_keys_alone_and_with_a_key_that_replaces_the_outer_one,
    what_was_acknowledged_is_there_after_opening_again,
    how_far_the_ledger_reached_only_grows,
);

async fn a_job_is_had_by_one_instance_at_a_time(bed: &Bed) {
    let (store, other) = (&bed.store, bed.open_again().await);
    let (one, two) = (Instance(bytes()), Instance(bytes()));
    assert_eq!(store.take_lease("mail", one, 60, NOW).await, Ok(true));
    assert_eq!(other.take_lease("mail", two, 60, NOW.plus(59)).await, Ok(false));
    assert_eq!(
        other.take_lease("sweep", two, 60, NOW).await,
        Ok(true),
        "another job"
    );
    assert_eq!(
        store.take_lease("mail", one, 60, NOW.plus(59)).await,
        Ok(true),
        "it keeps it"
    );
    assert_eq!(
        other.take_lease("mail", two, 60, NOW.plus(119)).await,
        Ok(true),
        "it did not come back"
    );
    store.release_lease("mail", one).await.unwrap();
    assert_eq!(
        store.take_lease("mail", one, 60, NOW.plus(119)).await,
        Ok(false),
        "it is not its to give"
    );
    other.release_lease("mail", two).await.unwrap();
    assert_eq!(store.take_lease("mail", one, 60, NOW.plus(119)).await, Ok(true));
    assert_eq!(store.take_lease("purge", one, 60, NOW).await, Ok(true));
    store.release_leases(one).await.unwrap();
    for job in ["mail", "purge"] {
        assert_eq!(other.take_lease(job, two, 60, NOW).await, Ok(true), "one stopped");
    }
    assert_eq!(
        store.take_lease("sweep", one, 60, NOW).await,
        Ok(false),
        "the other goes on with its own"
    );
    let acts: Vec<_> = (0..6)
        .map(|_| {
            let instance = Instance(bytes());
            move |store: Arc<Store>| async move { store.take_lease("one", instance, 60, NOW).await.unwrap() }
        })
        .collect();
    assert_eq!(at_once(bed, acts).await.into_iter().filter(|has| *has).count(), 1);
}

async fn requests_are_counted_together_by_all_instances(bed: &Bed) {
    let other = bed.open_again().await;
    let network = Counted::Network(bed.network("192.0.2.1"));
    let start = Moment(NOW.0 - NOW.0 % 60);
    assert_eq!(bed.store.count_request(network, 60, start).await, Ok(1));
    assert_eq!(other.count_request(network, 60, start.plus(59)).await, Ok(2));
    assert_eq!(
        other.count_request(network, 60, start.plus(60)).await,
        Ok(1),
        "another minute"
    );
    let subject = Counted::Subject(Subject::Unknown(bed.address("nobody@example.org")));
    let acts: Vec<_> = (0..10)
        .map(|_| move |store: Arc<Store>| async move { store.count_request(subject, 60, NOW).await.unwrap() })
        .collect();
    let mut counts = at_once(bed, acts).await;
    counts.sort_unstable();
    assert_eq!(counts, (1..=10).collect::<Vec<i64>>());
    assert_eq!(other.sweep(NOW.plus(2 * 86_400)).await, Ok(3));
}

async fn the_database_opens_with_its_own_keys_alone_and_with_a_key_that_replaces_the_outer_one(bed: &Bed) {
    let new = join(&bed.store, "anne@example.org").await;
    let others = crate::keys::for_tests();
    assert_eq!(bed.open_with(&others).await.unwrap_err(), StoreError::WrongKey);
    let duplicate = |secret: &crate::keys::Secret| secret.duplicate();
    let replaced = Keys {
        columns: crate::keys::WrappingKey::new(bytes_as_secret()),
        columns_before: Some(crate::keys::WrappingKey::new(duplicate(
            bed.keys.columns.secret(),
        ))),
        index: IndexKey::new(duplicate(bed.keys.index.secret())),
        ..crate::keys::for_tests()
    };
    let opened = bed.open_with(&replaced).await.unwrap();
    assert_eq!(opened.contact(new.account).await.unwrap(), new.contact);
    let alone = Keys {
        columns_before: None,
        ..replaced
    };
    let opened = bed.open_with(&alone).await.unwrap();
    assert_eq!(
        opened.contact(new.account).await.unwrap(),
        new.contact,
        "the old key is not needed any more"
    );
    assert_eq!(bed.open_with(&bed.keys).await.unwrap_err(), StoreError::WrongKey);
}

fn bytes_as_secret() -> crate::keys::Secret {
    crate::keys::Secret::make_random().unwrap()
}

async fn what_was_acknowledged_is_there_after_opening_again(bed: &Bed) {
    let (new, _) = seed_every_table(bed, "anne@example.org").await;
    let rows = bed.store.rows_owned_by(new.account).await.unwrap();
    let again = bed.open_again().await;
    assert_eq!(again.rows_owned_by(new.account).await, Ok(rows));
    assert_eq!(again.contact(new.account).await.unwrap(), new.contact);
    again.set_verified(new.account, NOW).await.unwrap();
    let read = bed.store.account(new.account).await.unwrap();
    assert_eq!(
        read.verified_day,
        Some(NOW.day()),
        "what one instance wrote the other reads"
    );
    bed.store.purge().await.unwrap();
}

async fn how_far_the_ledger_reached_only_grows(bed: &Bed) {
    assert_eq!(bed.store.ledger_reached().await, Ok(0));
    for (noted, reached) in [(3, 3), (2, 3), (7, 7)] {
        bed.store.note_ledger(noted).await.unwrap();
        assert_eq!(bed.open_again().await.ledger_reached().await, Ok(reached));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgresql_in_which_nothing_was_kept_is_told_from_one_with_a_schema() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), crate::keys::for_tests());
    let place = empty_place(false, folder.path()).await;
    let crate::config::Database::Postgres { url, .. } = place else {
        panic!("PostgreSQL was asked for")
    };
    assert_eq!(Store::is_new_postgres(url.expose()).await, Ok(true));
    Store::open_postgres(url.expose(), &keys).await.unwrap();
    assert_eq!(Store::is_new_postgres(url.expose()).await, Ok(false));
}
