//! One suite for both stores: what each method promises, and what happens when two come at once.

use std::sync::Arc;

use super::testing::*;
use super::*;

on_both!(
    joining_brings_everything_and_sent_again_answers_the_same,
    joining_that_is_refused_leaves_nothing,
    of_two_who_redeem_one_invitation_at_once_exactly_one_joins,
    of_two_who_join_with_one_address_at_once_exactly_one_does,
    of_two_epochs_begun_at_once_exactly_one_begins,
    of_two_passphrases_changed_at_once_exactly_one_counts,
    a_request_that_is_sent_again_or_out_of_turn_is_refused,
    an_epoch_leaves_no_device_behind_and_lets_no_other_in,
    a_new_passphrase_comes_with_its_wrap_and_with_a_new_code_and_epoch_where_asked,
    a_device_that_was_signed_out_is_refused_at_once_and_forgotten_in_time,
    login_asks_alike_for_everybody_and_finds_only_who_is_there,
    a_begun_login_counts_until_it_is_settled,
    many_logins_begun_at_once_pass_no_limit,
    a_second_factor_and_its_codes_work_once,
    a_mailed_code_ends_with_its_tries_its_time_and_its_use,
    what_was_announced_falls_due_unless_somebody_objects,
    mails_wait_sealed_until_they_are_sent,
    contact_changes_with_its_look_up_or_not_at_all,
    a_copy_that_is_withdrawn_takes_its_wraps_and_comes_back_by_a_new_epoch_alone,
    choices_and_days_of_use_are_kept,
    an_invitation_ends_the_same_way_used_or_not,
    an_organisation_learns_coarse_totals_once_a_week,
    a_batch_of_invitations_comes_in_whole_and_once,
    the_register_of_roles_keeps_what_the_root_signed,
    chains_of_the_log_cannot_be_altered_unseen,
    chains_stay_unbroken_when_many_write_at_once,
    a_job_is_had_by_one_instance_at_a_time,
    requests_are_counted_together_by_all_instances,
    the_database_opens_with_its_own_keys_alone_and_with_a_key_that_replaces_the_outer_one,
    what_was_acknowledged_is_there_after_opening_again,
    how_far_the_ledger_reached_only_grows,
    with_a_contract_its_invitations_and_seats_end_and_nothing_else_does,
);

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

async fn how_far_the_ledger_reached_only_grows(bed: &Bed) {
    assert_eq!(bed.store.ledger_reached().await, Ok(0));
    for (noted, reached) in [(3, 3), (2, 3), (7, 7)] {
        bed.store.note_ledger(noted).await.unwrap();
        assert_eq!(bed.open_again().await.ledger_reached().await, Ok(reached));
    }
}

async fn joining_brings_everything_and_sent_again_answers_the_same(bed: &Bed) {
    let store = &bed.store;
    assert_eq!(store.schema_version().await, Ok(1));
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
    assert_eq!(store.identity(new.account).await.unwrap(), new.identity);
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
            statement: new.epoch.statement.clone()
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

/// Does the same many times at once; gives what came of each.
async fn at_once<R, F, G>(bed: &Bed, acts: Vec<F>) -> Vec<R>
where
    R: Send + 'static,
    F: FnOnce(Arc<Store>) -> G,
    G: Future<Output = R> + Send + 'static,
{
    let running: Vec<_> = acts
        .into_iter()
        .map(|act| tokio::spawn(act(Arc::clone(&bed.store))))
        .collect();
    let mut done = Vec::new();
    for one in running {
        done.push(one.await.unwrap());
    }
    done
}

fn wins<R>(outcomes: &[Result<R, StoreError>], lost: &StoreError) -> usize {
    let others = outcomes.iter().filter_map(|outcome| outcome.as_ref().err());
    for error in others {
        assert_eq!(error, lost);
    }
    outcomes.iter().filter(|outcome| outcome.is_ok()).count()
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

async fn a_device_that_was_signed_out_is_refused_at_once_and_forgotten_in_time(bed: &Bed) {
    let store = &bed.store;
    let new = join(store, "anne@example.org").await;
    let (account, first) = (new.account, new.device.device);
    let (stolen, third) = (device(), device());
    let token = TokenHash(bytes());
    for (number, added) in [(1, &stolen), (2, &third)] {
        store
            .add_device(account, new.by(number), added.clone(), 1, vec![1; 80], NOW)
            .await
            .unwrap();
    }
    store
        .open_session(account, stolen.device, token, NOW.plus(3600))
        .await
        .unwrap();
    assert_eq!(store.session(account, token, NOW).await, Ok(stolen.device));
    assert_eq!(
        store.session(account, token, NOW.plus(3600)).await,
        Err(StoreError::NotFound)
    );

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
        store.session(account, token, NOW).await,
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

    let token = TokenHash(bytes());
    store
        .open_session(account, first, token, NOW.plus(3600))
        .await
        .unwrap();
    store.close_session(account, token).await.unwrap();
    assert_eq!(
        store.session(account, token, NOW).await,
        Err(StoreError::NotFound)
    );
    store
        .sign_out(account, Author::Proven, Who::All, None, NOW)
        .await
        .unwrap();
    assert_eq!(store.device_keys(account, first).await, Err(StoreError::NotFound));
}

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
    store
        .set_factor(account, new.by(1), Some((vec![9; 20], codes.to_vec())), NOW)
        .await
        .unwrap();
    let factor = store.factor(account).await.unwrap().unwrap();
    assert_eq!((factor.secret, factor.codes_left), (vec![9; 20], 2));
    assert!(store.login_of(account).await.unwrap().has_factor);
    for (step, is_new) in [(7, true), (7, false), (6, false), (8, true)] {
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

async fn contact_changes_with_its_look_up_or_not_at_all(bed: &Bed) {
    let store = &bed.store;
    let (anne, _) = (
        join(store, "anne@example.org").await,
        join(store, "wim@example.org").await,
    );
    let account = anne.account;
    store.set_verified(account, NOW).await.unwrap();
    let contact = |email: &str, phone: Option<&str>| Contact {
        email: email.into(),
        name: "Anne".into(),
        phone: phone.map(Into::into),
    };
    let same = contact("Anne@example.org", None);
    store
        .set_contact(account, anne.by(1), same.clone(), NOW)
        .await
        .unwrap();
    assert_eq!(store.contact(account).await.unwrap(), same);
    assert!(
        store.account(account).await.unwrap().verified_day.is_some(),
        "it is the same address"
    );
    let taken = store
        .set_contact(account, anne.by(2), contact("wim@example.org", None), NOW)
        .await;
    assert_eq!(taken, Err(StoreError::AddressTaken));
    assert_eq!(store.contact(account).await.unwrap(), same);
    let moved = contact("anne@example.net", Some("+31201234567"));
    store
        .set_contact(account, anne.by(2), moved.clone(), NOW)
        .await
        .unwrap();
    assert_eq!(store.contact(account).await.unwrap(), moved);
    assert_eq!(
        store.account(account).await.unwrap().verified_day,
        None,
        "another address is unproven"
    );
    assert_eq!(
        store.account_by_address(bed.address("anne@example.net")).await,
        Ok(account)
    );
    assert_eq!(
        store.account_by_address(bed.address("anne@example.org")).await,
        Err(StoreError::NotFound)
    );
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
    store.set_accepted(account, new.by(2), 3, 4, NOW).await.unwrap();
    let identity = Identity {
        sign_key: bytes(),
        seal_key: bytes(),
        statement: vec![1; 90],
    };
    store
        .set_identity(account, new.by(3), identity.clone(), NOW)
        .await
        .unwrap();
    let later = NOW.plus(3 * 86_400);
    store.note_use(account, device, later).await.unwrap();
    store.note_use(account, device, NOW).await.unwrap();
    let read = store.account(account).await.unwrap();
    assert_eq!(
        (
            read.copy_consented_day,
            read.statement_version,
            read.terms_version
        ),
        (None, 3, 4)
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
    assert_eq!(store.identity(account).await.unwrap(), identity);
    assert_eq!(store.last_seen_until(later.day() - 1, 10).await, Ok(vec![]));
    assert_eq!(store.last_seen_until(later.day(), 10).await, Ok(vec![account]));
}

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
