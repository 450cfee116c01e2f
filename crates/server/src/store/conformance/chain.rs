//! The chain of an account, what is pushed under it, and what is read of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::at_once;
use crate::store::testing::*;
use crate::store::*;

on_both!(
    of_pushes_at_once_exactly_one_is_stored_and_the_others_hear_the_head,
    a_push_that_is_sent_again_is_stored_whatever_came_after,
    an_old_body_goes_with_the_push_that_replaces_it,
    a_push_that_may_not_be_leaves_nothing_behind,
    a_signed_out_device_and_one_of_another_account_push_nothing,
    pages_upwards_meet_what_changed_meanwhile_at_its_later_place,
    pages_downwards_bring_the_newest_first_and_end_at_the_bottom,
    headers_come_in_pages_none_of_which_ends_behind_an_epoch,
    nothing_new_is_told_as_the_same,
    what_is_there_is_listed_by_id_and_fetched_by_id,
    an_epoch_beside_records_comes_with_the_header_that_vouches_for_them,
    a_copy_that_is_withdrawn_takes_its_records_and_pushing_waits_for_a_new_epoch,
    a_restart_alone_leaves_places_out_and_puts_lost_epochs_back,
    a_thousand_records_are_pushed_and_pulled_at_once,
    what_was_pushed_is_there_after_opening_again,
);

const LIMITS: PageLimits = PageLimits {
    records: 1000,
    bytes: 1 << 20,
};

/// Pages that hold little.
const fn few(records: i64) -> PageLimits {
    PageLimits {
        records,
        bytes: 1 << 20,
    }
}

/// Somebody's device, which numbers its requests.
struct Pushing<'s> {
    store: &'s Store,
    account: AccountId,
    device: DeviceId,
    number: i64,
}

impl<'s> Pushing<'s> {
    fn of(store: &'s Store, new: &NewAccount) -> Self {
        Self {
            store,
            account: new.account,
            device: new.device.device,
            number: 0,
        }
    }

    async fn send(&mut self, push: NewPush) -> Result<Pushed, StoreError> {
        self.number += 1;
        self.store
            .push(self.account, self.device, self.number, push)
            .await
    }

    async fn head(&self) -> Head {
        self.store.head(self.account).await.unwrap()
    }

    /// Pushes records behind the head; gives the new head.
    async fn put(&mut self, records: Vec<NewRecord>) -> Head {
        let push = push_after(self.head().await, 1, records);
        let head = push.header.head();
        assert_eq!(self.send(push).await, Ok(Pushed::Stored(head)));
        head
    }

    /// All pages after a head, one after the other, as a device reads them.
    async fn pull_all(&self, mut after: Head, limits: PageLimits) -> (Head, Vec<PageUp>) {
        let mut pages = Vec::new();
        loop {
            let pulled = self
                .store
                .pull(self.account, after.sequence, after.hash, limits)
                .await;
            let Pulled::Page(page) = pulled.unwrap() else {
                return (after, pages);
            };
            // What follows a page is asked for after its last header, whose hash a device works out by itself.
            let hash = if page.to == page.head.sequence {
                page.head.hash
            } else {
                [0; 32]
            };
            after = Head {
                sequence: page.to,
                hash,
            };
            pages.push(page);
        }
    }
}

fn ids(records: &[StoredRecord]) -> Vec<RecordId> {
    records.iter().map(|record| record.record).collect()
}

async fn of_pushes_at_once_exactly_one_is_stored_and_the_others_hear_the_head(bed: &Bed) {
    let new = join(&bed.store, "anne@example.org").await;
    let mut devices = vec![new.device.device];
    for number in 1..4 {
        let next = device();
        devices.push(next.device);
        let added = bed
            .store
            .add_device(new.account, new.by(number), next, 1, vec![1; 80], NOW);
        added.await.unwrap();
    }
    for round in 0..5 {
        let head = bed.store.head(new.account).await.unwrap();
        let acts: Vec<_> = devices
            .iter()
            .map(|device| {
                let (device, push) = (*device, push_after(head, 1, vec![record(), record()]));
                move |store: Arc<Store>| async move {
                    let pushed = store.push(new.account, device, 10 + round, push.clone()).await;
                    (push, pushed.unwrap())
                }
            })
            .collect();
        let outcomes = at_once(bed, acts).await;
        let won: Vec<_> = outcomes
            .iter()
            .filter(|(_, pushed)| matches!(pushed, Pushed::Stored(_)))
            .collect();
        assert_eq!(won.len(), 1, "round {round}");
        let there = won[0].0.header.head();
        for (_, pushed) in &outcomes {
            assert!([Pushed::Stored(there), Pushed::Ahead(there)].contains(pushed));
        }
        assert_eq!(bed.store.head(new.account).await, Ok(there));
        let records = bed
            .store
            .pull_down(new.account, there.sequence, LIMITS)
            .await
            .unwrap()
            .records;
        assert_eq!(
            i64::try_from(records.len()).unwrap(),
            2 * (round + 1),
            "of the others nothing was written"
        );
    }
}

async fn a_push_that_is_sent_again_is_stored_whatever_came_after(bed: &Bed) {
    let new = join(&bed.store, "anne@example.org").await;
    let mut phone = Pushing::of(&bed.store, &new);
    let first = push_after(phone.head().await, 1, vec![record()]);
    let head = first.header.head();
    assert_eq!(phone.send(first.clone()).await, Ok(Pushed::Stored(head)));
    assert_eq!(phone.send(first.clone()).await, Ok(Pushed::Stored(head)));
    let later = phone
        .put(vec![NewRecord {
            record: first.records[0].record,
            ..record()
        }])
        .await;
    assert_eq!(phone.send(first.clone()).await, Ok(Pushed::Stored(later)));
    let records = bed
        .store
        .pull_down(new.account, later.sequence, LIMITS)
        .await
        .unwrap()
        .records;
    assert_ne!(
        records[0].envelope, first.records[0].envelope,
        "nothing old comes back"
    );

    // The same number around the same bytes is no new change either; around another header it is.
    let again = bed
        .store
        .push(new.account, new.device.device, 1, first.clone())
        .await;
    assert_eq!(again, Ok(Pushed::Stored(later)));
    let other = push_after(later, 1, Vec::new());
    let used = bed
        .store
        .push(new.account, new.device.device, phone.number - 1, other);
    assert_eq!(used.await, Err(StoreError::Repeated));
    // One byte less is another header, at a place that is taken.
    let mut cut = first;
    cut.header.bytes.pop();
    assert_eq!(phone.send(cut).await, Ok(Pushed::Ahead(later)));
}

async fn an_old_body_goes_with_the_push_that_replaces_it(bed: &Bed) {
    let new = join(&bed.store, "anne@example.org").await;
    let mut phone = Pushing::of(&bed.store, &new);
    let (old, beside) = (record(), record());
    phone.put(vec![old.clone(), beside.clone()]).await;
    let tombstone = NewRecord {
        record: old.record,
        deleted: true,
        ..record()
    };
    let head = phone.put(vec![tombstone.clone()]).await;
    let all = every_value(bed).await;
    let is_there = |envelope: &Vec<u8>| all.iter().any(|(_, value)| value == envelope);
    assert!(!is_there(&old.envelope) && is_there(&tombstone.envelope) && is_there(&beside.envelope));
    let records = bed
        .store
        .pull_down(new.account, head.sequence, LIMITS)
        .await
        .unwrap()
        .records;
    let told: Vec<_> = records
        .iter()
        .map(|one| (one.record, one.sequence, one.deleted))
        .collect();
    assert_eq!(
        told,
        [
            (old.record, head.sequence, true),
            (beside.record, head.sequence - 1, false)
        ]
    );
}

async fn a_push_that_may_not_be_leaves_nothing_behind(bed: &Bed) {
    let new = join(&bed.store, "anne@example.org").await;
    let mut phone = Pushing::of(&bed.store, &new);
    let head = phone.put(vec![record()]).await;
    let before = every_value(bed).await;
    let one = record();
    let push = |epoch, records| push_after(head, epoch, records);
    let moved = |change: fn(&mut NewHeader)| {
        let mut push = push(1, vec![record()]);
        change(&mut push.header);
        push
    };
    for (refused, push) in [
        (StoreError::EpochEnded, push(2, vec![record()])),
        (StoreError::EpochEnded, push(0, vec![record()])),
        (StoreError::Misplaced, push(1, vec![one.clone(), record(), one])),
        (StoreError::Misplaced, moved(|header| header.sequence += 1)),
        (
            StoreError::Misplaced,
            moved(|header| header.restarts = Some(header.sequence)),
        ),
        (
            StoreError::Misplaced,
            moved(|header| {
                (header.restarts, header.sequence) = (Some(header.sequence + 5), header.sequence + 7);
            }),
        ),
    ] {
        assert_eq!(phone.send(push).await, Err(refused));
    }
    for push in [
        moved(|header| header.before = Some([7; 32])),
        moved(|header| header.before = None),
    ] {
        assert_eq!(phone.send(push).await, Ok(Pushed::Ahead(head)));
    }
    assert_eq!(every_value(bed).await, before);
    let keys = bed
        .store
        .device_keys(new.account, new.device.device)
        .await
        .unwrap();
    assert_eq!(keys.last_number, 1, "no number was used up");
}

async fn a_signed_out_device_and_one_of_another_account_push_nothing(bed: &Bed) {
    let (new, other) = (
        join(&bed.store, "anne@example.org").await,
        join(&bed.store, "bob@example.org").await,
    );
    let tablet = device();
    let added = bed
        .store
        .add_device(new.account, new.by(1), tablet.clone(), 1, vec![1; 80], NOW);
    added.await.unwrap();
    let head = bed.store.head(new.account).await.unwrap();
    let who = Who::One(tablet.device);
    bed.store
        .sign_out(new.account, new.by(2), who, None, NOW)
        .await
        .unwrap();
    for device in [tablet.device, other.device.device, DeviceId(bytes())] {
        let push = push_after(head, 1, vec![record()]);
        let refused = bed.store.push(new.account, device, 9, push).await;
        assert_eq!(refused, Err(StoreError::NotFound));
    }
    assert_eq!(bed.store.head(new.account).await, Ok(head));
    // Each account has a chain of its own: what one pushed no other one reads, or finds in its way.
    let shared = record();
    let mut phone = Pushing {
        number: 9,
        ..Pushing::of(&bed.store, &new)
    };
    let mut bobs = Pushing::of(&bed.store, &other);
    let (one, two) = (
        phone.put(vec![shared.clone()]).await,
        bobs.put(vec![shared]).await,
    );
    for (account, head) in [(new.account, one), (other.account, two)] {
        let page = bed.store.pull_down(account, i64::MAX, LIMITS).await.unwrap();
        assert_eq!((page.head, page.records.len()), (head, 1));
    }
}

async fn pages_upwards_meet_what_changed_meanwhile_at_its_later_place(bed: &Bed) {
    let new = join(&bed.store, "anne@example.org").await;
    let mut phone = Pushing::of(&bed.store, &new);
    let start = phone.head().await;
    let records: Vec<_> = (0..6).map(|_| record()).collect();
    for record in &records {
        phone.put(vec![record.clone()]).await;
    }
    let pull = |after: Head| bed.store.pull(new.account, after.sequence, after.hash, few(2));
    let Ok(Pulled::Page(first)) = pull(start).await else {
        panic!("a page")
    };
    assert_eq!(ids(&first.records), [records[0].record, records[1].record]);
    assert_eq!((first.to, first.head), (start.sequence + 2, phone.head().await));
    assert_eq!(
        first.headers.len(),
        2,
        "the headers of this stretch and no others"
    );

    // The next one on the way and one that was read already are changed before the second page.
    let changed = |old: &NewRecord| NewRecord {
        record: old.record,
        ..record()
    };
    let (again, next) = (changed(&records[0]), changed(&records[2]));
    let last = phone.put(vec![again.clone(), next.clone()]).await;
    let from = Head {
        sequence: first.to,
        hash: [0; 32],
    };
    let (reached, pages) = phone.pull_all(from, few(2)).await;
    assert_eq!(reached, last, "it ends at the head that was reached then");
    let mut held = BTreeMap::new();
    let all = [vec![first], pages].concat();
    for record in all.iter().flat_map(|page| &page.records) {
        held.insert(record.record, record.envelope.clone());
    }
    let mut expected: BTreeMap<_, _> = records
        .iter()
        .map(|record| (record.record, record.envelope.clone()))
        .collect();
    expected.extend([again, next].map(|record| (record.record, record.envelope)));
    assert_eq!(held, expected);
    let places: Vec<_> = all
        .iter()
        .flat_map(|page| &page.headers)
        .map(|header| header.sequence)
        .collect();
    assert_eq!(
        places,
        (start.sequence + 1..=last.sequence).collect::<Vec<_>>(),
        "the chain has no gap"
    );
    assert!(all.iter().all(|page| page.records.len() <= 2));
}

async fn pages_downwards_bring_the_newest_first_and_end_at_the_bottom(bed: &Bed) {
    let new = join(&bed.store, "anne@example.org").await;
    let mut phone = Pushing::of(&bed.store, &new);
    let mut pushed = Vec::new();
    for count in [1, 3, 2, 1] {
        let records: Vec<_> = (0..count).map(|_| record()).collect();
        pushed.push(ids_of(&records));
        phone.put(records).await;
    }
    let (mut from, mut pages) = (i64::MAX, Vec::new());
    while from > 0 {
        let page = bed.store.pull_down(new.account, from, few(2)).await.unwrap();
        assert_eq!(page.head, phone.head().await);
        from = page.to - 1;
        pages.push(ids(&page.records));
    }
    pushed.reverse();
    let sorted = |mut ids: Vec<RecordId>| {
        ids.sort();
        ids
    };
    // What came with one header stays together, though it be more than a page holds.
    let expected: Vec<_> = pushed.into_iter().map(sorted).collect();
    assert_eq!(pages.iter().cloned().map(sorted).collect::<Vec<_>>(), expected);
    let empty = bed.store.pull_down(new.account, 1, LIMITS).await.unwrap();
    assert_eq!((empty.to, empty.records.len()), (1, 0));

    // A page is closed by bytes as by number.
    let narrow = PageLimits {
        records: 1000,
        bytes: 2000,
    };
    let page = bed.store.pull_down(new.account, i64::MAX, narrow).await.unwrap();
    assert_eq!(page.records.len(), 1);
}

fn ids_of(records: &[NewRecord]) -> Vec<RecordId> {
    records.iter().map(|record| record.record).collect()
}

async fn headers_come_in_pages_none_of_which_ends_behind_an_epoch(bed: &Bed) {
    let new = join(&bed.store, "anne@example.org").await;
    let mut phone = Pushing::of(&bed.store, &new);
    let first = Head {
        sequence: 0,
        hash: [0; 32],
    };
    for _ in 0..30 {
        phone.put(Vec::new()).await;
    }
    let next = epoch_after(phone.head().await, 2, &[phone.device], true);
    phone.number += 1;
    bed.store
        .begin_epoch(new.account, new.by(phone.number), next.clone(), NOW)
        .await
        .unwrap();
    let head = next.vouching.as_ref().unwrap().head();
    assert_eq!(phone.head().await, head);
    for bytes in [300, 700, 1500, 100_000] {
        let limits = PageLimits { records: 1000, bytes };
        let (reached, pages) = phone.pull_all(first, limits).await;
        assert_eq!(reached, head);
        for page in &pages {
            let last = page.headers.last().unwrap();
            assert!(
                last.kind == HeaderKind::Change,
                "{} of {bytes} bytes",
                last.sequence
            );
            assert_eq!(last.sequence, page.to);
        }
        let (mut after, mut alone) = (0, Vec::new());
        while after < head.sequence {
            let page = bed
                .store
                .headers(new.account, after, i64::MAX, limits)
                .await
                .unwrap();
            assert_eq!(page.0, head);
            after = page.1.last().unwrap().sequence;
            alone.extend(page.1);
        }
        let together: Vec<_> = pages.into_iter().flat_map(|page| page.headers).collect();
        assert_eq!(alone, together);
        assert_eq!(alone.len(), 33);
    }
    let some = bed.store.headers(new.account, 3, 5, LIMITS).await.unwrap().1;
    assert_eq!(
        some.iter().map(|header| header.sequence).collect::<Vec<_>>(),
        [4, 5]
    );
}

async fn nothing_new_is_told_as_the_same(bed: &Bed) {
    let new = join(&bed.store, "anne@example.org").await;
    let mut phone = Pushing::of(&bed.store, &new);
    let head = phone.put(vec![record()]).await;
    let pull = |sequence, hash| bed.store.pull(new.account, sequence, hash, LIMITS);
    assert_eq!(pull(head.sequence, head.hash).await, Ok(Pulled::Same));
    // Whoever knows more, or another head, is told the one that is here.
    for (sequence, hash) in [(head.sequence + 10, [1; 32]), (head.sequence, [1; 32])] {
        let Ok(Pulled::Page(page)) = pull(sequence, hash).await else {
            panic!("a page")
        };
        assert_eq!((page.head, page.records.len(), page.headers.len()), (head, 0, 0));
    }
    let unknown = bed.store.pull(AccountId(bytes()), 0, [0; 32], LIMITS).await;
    assert_eq!(unknown, Err(StoreError::NotFound));
}

async fn what_is_there_is_listed_by_id_and_fetched_by_id(bed: &Bed) {
    let new = join(&bed.store, "anne@example.org").await;
    let mut phone = Pushing::of(&bed.store, &new);
    let mut records: Vec<_> = (0..5).map(|_| record()).collect();
    let head = phone.put(records.clone()).await;
    records.sort_by_key(|record| record.record);
    let (mut after, mut listed) = (None, Vec::new());
    loop {
        let page = bed.store.records_after(new.account, after, few(2)).await.unwrap();
        assert_eq!(page.head, head);
        after = page.records.last().map(|record| record.record);
        listed.extend(page.records);
        if !page.more {
            break;
        }
    }
    assert_eq!(ids(&listed), ids_of(&records));
    let asked = vec![records[1].record, RecordId([0; 16]), records[3].record];
    let fetched = bed.store.fetch(new.account, asked.clone(), LIMITS).await.unwrap();
    assert_eq!(
        (fetched.0, ids(&fetched.1)),
        (head, vec![records[1].record, records[3].record])
    );
    assert_eq!(fetched.1[0].envelope, records[1].envelope);
    let narrow = PageLimits {
        records: 1000,
        bytes: 1,
    };
    let fetched = bed.store.fetch(new.account, asked, narrow).await.unwrap();
    assert_eq!(ids(&fetched.1), [records[1].record], "one at least");
}

async fn an_epoch_beside_records_comes_with_the_header_that_vouches_for_them(bed: &Bed) {
    let new = join(&bed.store, "anne@example.org").await;
    let mut phone = Pushing::of(&bed.store, &new);
    let device = phone.device;
    let head = phone.put(vec![record()]).await;
    let begin = |number, epoch| bed.store.begin_epoch(new.account, new.by(number), epoch, NOW);
    let alone = epoch_after(head, 2, &[device], false);
    assert_eq!(begin(5, alone).await, Err(StoreError::Misplaced));
    let behind = epoch_after(
        Head {
            hash: [3; 32],
            ..head
        },
        2,
        &[device],
        true,
    );
    assert_eq!(begin(5, behind).await, Err(StoreError::HeadMoved));
    let mut torn = epoch_after(head, 2, &[device], true);
    torn.vouching.as_mut().unwrap().before = Some(head.hash);
    assert_eq!(begin(5, torn).await, Err(StoreError::Misplaced));
    assert_eq!(
        (phone.head().await, bed.store.epoch(new.account).await),
        (head, Ok(1)),
        "both or neither"
    );

    let stored = push_after(head, 1, vec![record()]);
    let next = epoch_after(head, 2, &[device], true);
    begin(5, next.clone()).await.unwrap();
    let there = next.vouching.as_ref().unwrap().head();
    assert_eq!(phone.head().await, there);
    phone.number = 5;
    assert_eq!(phone.send(stored).await, Err(StoreError::EpochEnded));
    let in_it = push_after(there, 2, vec![record()]);
    assert_eq!(
        phone.send(in_it.clone()).await,
        Ok(Pushed::Stored(in_it.header.head()))
    );

    let standing = bed.store.standing(new.account).await.unwrap();
    assert_eq!(standing.head.bytes, in_it.header.bytes);
    let epochs: Vec<_> = standing
        .epochs
        .iter()
        .map(|epoch| epoch.statement.clone())
        .collect();
    assert_eq!(
        epochs,
        [new.epoch.statement.bytes.clone(), next.statement.bytes.clone()]
    );
    let of_devices: Vec<_> = standing.of_devices.iter().map(|header| header.sequence).collect();
    assert_eq!(of_devices, [1, next.statement.sequence]);
}

async fn a_copy_that_is_withdrawn_takes_its_records_and_pushing_waits_for_a_new_epoch(bed: &Bed) {
    let new = join(&bed.store, "anne@example.org").await;
    let mut phone = Pushing::of(&bed.store, &new);
    let kept = record();
    let head = phone.put(vec![kept.clone(), record()]).await;
    let withdrawn = bed
        .store
        .withdraw_copy(new.account, new.by(5), bed.ledger(), NOW, NOW.plus(1000));
    withdrawn.await.unwrap();
    phone.number = 5;
    let page = bed.store.pull_down(new.account, i64::MAX, LIMITS).await.unwrap();
    assert_eq!((page.head, page.records.len()), (head, 0));
    let headers = bed
        .store
        .headers(new.account, 0, i64::MAX, LIMITS)
        .await
        .unwrap()
        .1;
    assert_eq!(headers.len(), 2, "no device loses its way");
    let late = push_after(head, 1, vec![record()]);
    assert_eq!(phone.send(late).await, Err(StoreError::NoCopy));

    let next = epoch_after(head, 2, &[phone.device], false);
    let want = bed
        .store
        .want_copy(new.account, new.by(7), Some(next.clone()), bed.ledger(), NOW, NOW);
    want.await.unwrap();
    phone.number = 7;
    let again = push_after(next.statement.head(), 2, vec![kept]);
    assert_eq!(
        phone.send(again.clone()).await,
        Ok(Pushed::Stored(again.header.head()))
    );

    // A database from before the withdrawal hears of it from the ledger.
    let forget = bed
        .store
        .withdraw_copy(new.account, new.by(9), bed.ledger(), NOW, NOW.plus(1000));
    forget.await.unwrap();
    let restored = bed.open_again().await;
    restored.replay(&*bed.ledger()).await.unwrap();
    assert_eq!(
        restored
            .pull_down(new.account, i64::MAX, LIMITS)
            .await
            .unwrap()
            .records,
        []
    );
}

async fn a_restart_alone_leaves_places_out_and_puts_lost_epochs_back(bed: &Bed) {
    let new = join(&bed.store, "anne@example.org").await;
    let mut phone = Pushing::of(&bed.store, &new);
    let head = phone.put(vec![record()]).await;
    let known = head.sequence + 10;
    let mut push = push_after(head, 1, Vec::new());
    (push.header.sequence, push.header.restarts) = (known + 1, Some(known));
    assert_eq!(
        phone.send(push.clone()).await,
        Ok(Pushed::Stored(push.header.head()))
    );
    assert_eq!(
        phone.send(push.clone()).await,
        Ok(Pushed::Stored(push.header.head()))
    );
    let head = phone.put(vec![record()]).await;

    // Epochs were lost too: 2 and 3 are put back, 4 begins beyond what was known.
    let known = head.sequence + 20;
    let mut epoch = epoch_after(head, 4, &[phone.device], true);
    let vouching = epoch.vouching.as_mut().unwrap();
    (epoch.statement.sequence, vouching.sequence) = (known + 1, known + 2);
    vouching.restarts = Some(known);
    let there = vouching.head();
    let restart = NewRestart {
        put_back: vec![(2, vec![2; 120]), (3, vec![3; 120])],
        epoch,
    };
    let go_on = |number, restart| {
        bed.store
            .restart(new.account, new.device.device, number, restart, NOW)
    };
    let skipped = NewRestart {
        put_back: vec![(3, vec![3; 120])],
        ..restart.clone()
    };
    assert_eq!(go_on(50, skipped).await, Err(StoreError::EpochEnded));
    let mut elsewhere = restart.clone();
    elsewhere.epoch.statement.before = Some([9; 32]);
    assert_eq!(go_on(50, elsewhere).await, Ok(Pushed::Ahead(head)));
    assert_eq!(go_on(50, restart.clone()).await, Ok(Pushed::Stored(there)));
    assert_eq!(
        go_on(51, restart.clone()).await,
        Ok(Pushed::Stored(there)),
        "sent again"
    );
    let epochs = bed.store.epochs(new.account, 1).await.unwrap();
    let told: Vec<_> = epochs
        .iter()
        .map(|epoch| (epoch.number, epoch.statement.len()))
        .collect();
    assert_eq!(
        told,
        [(2, 120), (3, 120), (4, restart.epoch.statement.bytes.len())]
    );
    let headers = bed
        .store
        .headers(new.account, head.sequence, i64::MAX, LIMITS)
        .await
        .unwrap()
        .1;
    let places: Vec<_> = headers.iter().map(|header| header.sequence).collect();
    assert_eq!(
        places,
        [known + 1, known + 2],
        "what was put back lies beside the chain"
    );
}

async fn a_thousand_records_are_pushed_and_pulled_at_once(bed: &Bed) {
    let new = join(&bed.store, "anne@example.org").await;
    let mut phone = Pushing::of(&bed.store, &new);
    let start = phone.head().await;
    let records: Vec<_> = (0..1000).map(|_| record()).collect();
    phone.put(records.clone()).await;
    let head = phone
        .put(
            records
                .iter()
                .map(|old| NewRecord {
                    record: old.record,
                    ..record()
                })
                .collect(),
        )
        .await;
    let (reached, pages) = phone
        .pull_all(
            start,
            PageLimits {
                records: 1000,
                bytes: 4 << 20,
            },
        )
        .await;
    assert_eq!((reached, pages.len()), (head, 1));
    assert_eq!(pages[0].records.len(), 1000);
    assert!(
        pages[0]
            .records
            .iter()
            .all(|record| record.sequence == head.sequence)
    );
}

async fn what_was_pushed_is_there_after_opening_again(bed: &Bed) {
    let new = join(&bed.store, "anne@example.org").await;
    let mut phone = Pushing::of(&bed.store, &new);
    let start = phone.head().await;
    let push = push_after(start, 1, vec![record(), record()]);
    let head = push.header.head();
    assert_eq!(phone.send(push.clone()).await, Ok(Pushed::Stored(head)));
    let again = bed.open_again().await;
    let pulled = again.pull(new.account, start.sequence, start.hash, LIMITS).await;
    let Ok(Pulled::Page(page)) = pulled else {
        panic!("a page")
    };
    assert_eq!((page.head, page.records.len()), (head, 2));
    assert_eq!(page.headers[0].bytes, push.header.bytes);
    let sent_again = again.push(new.account, new.device.device, 9, push).await;
    assert_eq!(sent_again, Ok(Pushed::Stored(head)));
}
