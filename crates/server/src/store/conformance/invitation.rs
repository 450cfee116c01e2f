//! Organisations, seats and invitations.

use crate::store::testing::*;
use crate::store::*;

on_both!(
    an_invitation_ends_the_same_way_used_or_not,
    an_organisation_learns_coarse_totals_once_a_week,
    a_batch_of_invitations_comes_in_whole_and_once,
    with_a_contract_its_invitations_and_seats_end_and_nothing_else_does,
);

async fn an_invitation_ends_the_same_way_used_or_not(bed: &Bed) {
    let store = &bed.store;
    let (organisation, secrets) = invite(store, 2).await;
    let used = new_account(secrets[0], "anne@example.org");
    store.create_account(used.clone(), NOW).await.unwrap();
    let ends = [
        store.end_invitation(organisation, 1, NOW).await,
        store.end_invitation(organisation, 2, NOW).await,
        store.end_invitation(organisation, 1, NOW.plus(60)).await,
    ];
    assert_eq!(ends, [Ok(()), Ok(()), Ok(())]);
    assert_eq!(
        store.end_invitation(organisation, 3, NOW).await,
        Err(StoreError::NotFound)
    );
    assert_eq!(
        store.end_invitation(OrganisationId(bytes()), 1, NOW).await,
        Err(StoreError::NotFound)
    );
    assert_eq!(
        store.seat_state(used.account, NOW).await,
        Ok(SeatState::Ended(NOW.day()))
    );
    assert!(store.account(used.account).await.is_ok(), "the account stays");
    let actions: Vec<_> = store
        .log(used.account, 0, 10)
        .await
        .unwrap()
        .into_iter()
        .map(|row| row.action)
        .collect();
    assert_eq!(
        actions,
        ["account.created", "seat.read"],
        "each reading of the seat stands in its own chain"
    );
    let late = store
        .create_account(new_account(secrets[1], "wim@example.org"), NOW)
        .await;
    assert_eq!(late, Err(StoreError::InvitationEnded));
    assert_eq!(
        store.seat_state(AccountId(bytes()), NOW).await,
        Err(StoreError::NotFound)
    );
}

async fn an_organisation_learns_coarse_totals_once_a_week(bed: &Bed) {
    let store = &bed.store;
    let (organisation, secrets) = invite(store, 16).await;
    let week = 7 * 86_400;
    let join = async |range: std::ops::Range<usize>| {
        for number in range {
            let new = new_account(secrets[number], &format!("person{number}@example.org"));
            store.create_account(new, NOW).await.unwrap();
        }
    };
    join(0..9).await;
    assert_eq!(store.seats_taken(organisation, NOW).await, Ok(None));
    join(9..16).await;
    assert_eq!(
        store.seats_taken(organisation, NOW).await,
        Ok(None),
        "the total of this week is told already"
    );
    assert_eq!(
        store.seats_taken(organisation, NOW.plus(week)).await,
        Ok(Some(15))
    );
    for number in 1..=7 {
        store.end_invitation(organisation, number, NOW).await.unwrap();
    }
    assert_eq!(
        store.seats_taken(organisation, NOW.plus(week)).await,
        Ok(Some(15))
    );
    assert_eq!(
        store.seats_taken(organisation, NOW.plus(2 * week)).await,
        Ok(None)
    );
    assert_eq!(
        store.seats_taken(OrganisationId(bytes()), NOW).await,
        Err(StoreError::NotFound)
    );
}

async fn a_batch_of_invitations_comes_in_whole_and_once(bed: &Bed) {
    let store = &bed.store;
    let (organisation, _) = invite(store, 2).await;
    let batch = vec![invitation(3), invitation(4)];
    assert_eq!(
        store
            .put_invitations(OrganisationId(bytes()), batch.clone())
            .await,
        Err(StoreError::NotFound)
    );
    store.put_invitations(organisation, batch.clone()).await.unwrap();
    store.put_invitations(organisation, batch).await.unwrap();
    let before = every_value(bed).await;
    let clash = vec![invitation(5), invitation(1)];
    assert_eq!(
        store.put_invitations(organisation, clash).await,
        Err(StoreError::Exists)
    );
    assert_eq!(every_value(bed).await, before, "all or none");

    let listed = store.organisations().await.unwrap();
    assert_eq!(listed.len(), 1);
    let renamed = Organisation {
        name: "Drukkerij".into(),
        seats: 9,
        ..listed[0].clone()
    };
    store.put_organisation(renamed.clone()).await.unwrap();
    assert_eq!(store.organisations().await, Ok(vec![renamed]));
}

async fn with_a_contract_its_invitations_and_seats_end_and_nothing_else_does(bed: &Bed) {
    let store = &bed.store;
    let (organisation, secrets) = invite(store, 2).await;
    let (_, others) = invite(store, 2).await;
    let (one, other) = (
        new_account(secrets[0], "one@example.org"),
        new_account(others[0], "other@example.org"),
    );
    for new in [&one, &other] {
        store.create_account(new.clone(), NOW).await.unwrap();
    }
    store.end_organisation(organisation, NOW).await.unwrap();
    store.end_organisation(organisation, NOW).await.unwrap();
    assert_eq!(
        store.seat_state(one.account, NOW).await,
        Ok(SeatState::Ended(NOW.day()))
    );
    assert_eq!(store.seat_state(other.account, NOW).await, Ok(SeatState::Lasts));
    let late = |secret, email: &str| store.create_account(new_account(secret, email), NOW.plus(1));
    assert_eq!(
        late(secrets[1], "late@example.org").await,
        Err(StoreError::InvitationEnded)
    );
    assert!(late(others[1], "late@example.org").await.is_ok());
    let unknown = OrganisationId::make_random().unwrap();
    assert_eq!(
        store.end_organisation(unknown, NOW).await,
        Err(StoreError::NotFound)
    );
    let ended = store.organisations().await.unwrap();
    let ended = ended.iter().find(|found| found.organisation == organisation);
    assert_eq!(ended.unwrap().until_day, NOW.day());
}
