//! Blobs: chunks that are put, kept by a push, got, and gone.

use crate::store::testing::*;
use crate::store::*;

on_both!(
    chunks_are_put_looked_at_and_got_and_the_same_bytes_again_change_nothing,
    other_bytes_in_a_place_and_another_cut_are_refused,
    a_blob_is_kept_by_a_push_when_it_is_whole_and_not_before,
    a_blob_that_was_dropped_is_nobodys_at_once_and_its_chunks_go,
    large_blobs_are_deleted_by_sixteen_mebibytes,
    an_open_blob_goes_seven_days_after_its_last_chunk,
    room_is_asked_for_the_whole_blob_before_anything_of_it_is_kept,
    a_copy_that_is_withdrawn_takes_its_blobs_and_they_can_be_put_again,
    nobody_else_gets_a_blob,
    what_is_kept_is_listed_in_pages,
    an_account_with_large_blobs_is_erased_bit_by_bit,
);

const DAY: i64 = 86_400;

/// Somebody's device, which numbers its requests.
struct Putting<'s> {
    store: &'s Store,
    account: AccountId,
    device: DeviceId,
    number: i64,
}

impl<'s> Putting<'s> {
    fn of(store: &'s Store, new: &NewAccount) -> Self {
        Self {
            store,
            account: new.account,
            device: new.device.device,
            number: 0,
        }
    }

    fn next(&mut self) -> (DeviceId, i64) {
        self.number += 1;
        (self.device, self.number)
    }

    async fn put_in(
        &mut self,
        chunks: &NewChunks,
        room: BlobRoom,
        now: Moment,
    ) -> Result<StoredBlob, StoreError> {
        let by = self.next();
        self.store
            .put_chunks(self.account, by, chunks.clone(), room, now)
            .await
    }

    async fn put(&mut self, chunks: &NewChunks) -> Result<StoredBlob, StoreError> {
        self.put_in(chunks, ROOM, NOW).await
    }

    async fn push(&mut self, keep: Vec<BlobId>, drop: Vec<BlobId>) -> Result<Pushed, StoreError> {
        let head = self.store.head(self.account).await.unwrap();
        let mut push = push_after(head, 1, vec![record()]);
        (push.keep, push.drop) = (keep, drop);
        let (device, number) = self.next();
        self.store.push(self.account, device, number, push).await
    }

    async fn keep(&mut self, chunks: &NewChunks) {
        self.put(chunks).await.unwrap();
        let pushed = self.push(vec![chunks.blob], Vec::new()).await;
        assert!(matches!(pushed, Ok(Pushed::Stored(_))), "{pushed:?}");
    }

    async fn look(&self, blob: BlobId) -> Option<StoredBlob> {
        self.store.look_at_blob(self.account, blob).await.unwrap()
    }

    async fn get(&self, blob: BlobId, from: i64, count: i64) -> Vec<Vec<u8>> {
        self.store.chunks(self.account, blob, from, count).await.unwrap()
    }
}

/// Some of a blob's chunks.
fn part(of: &NewChunks, from: usize, count: usize) -> NewChunks {
    NewChunks {
        from: i64::try_from(from).unwrap(),
        chunks: of.chunks[from..from + count].to_vec(),
        ..of.clone()
    }
}

/// A blob of so many chunks.
fn blob_of(count: usize, size: usize) -> NewChunks {
    let chunks: Vec<_> = (0..count)
        .map(|number| bytes::<32>().repeat(size / 32 + number % 2))
        .collect();
    NewChunks {
        blob: BlobId::make_random().unwrap(),
        count: i64::try_from(count).unwrap(),
        bytes: i64::try_from(chunks.iter().map(Vec::len).sum::<usize>()).unwrap(),
        from: 0,
        chunks,
    }
}

async fn rows(store: &Store, table: &'static str) -> i64 {
    let count = format!("SELECT COUNT(*) FROM {table}");
    store
        .peek(move |tx| {
            let count = count.clone();
            Box::pin(async move { tx.count(&count, tx::values![]).await })
        })
        .await
        .unwrap()
}

async fn chunks_are_put_looked_at_and_got_and_the_same_bytes_again_change_nothing(bed: &Bed) {
    let new = join(&bed.store, "anne@example.org").await;
    let (mut phone, blob) = (Putting::of(&bed.store, &new), blob_of(6, 4096));
    assert_eq!(phone.look(blob.blob).await, None);
    let there = |there: &[i64]| StoredBlob {
        state: BlobState::Open,
        count: 6,
        bytes: blob.bytes,
        there: there.to_vec(),
    };
    assert_eq!(phone.put(&part(&blob, 0, 2)).await, Ok(there(&[0, 1])));
    // Out of turn, and over what is there already.
    assert_eq!(phone.put(&part(&blob, 4, 1)).await, Ok(there(&[0, 1, 4])));
    assert_eq!(
        phone.get(blob.blob, 0, 4).await,
        blob.chunks[..2],
        "until the first that lacks"
    );
    assert_eq!(phone.get(blob.blob, 2, 4).await, Vec::<Vec<u8>>::new());
    assert_eq!(phone.put(&part(&blob, 0, 4)).await, Ok(there(&[0, 1, 2, 3, 4])));
    let before = every_value(bed).await.len();
    assert_eq!(phone.put(&part(&blob, 1, 3)).await, Ok(there(&[0, 1, 2, 3, 4])));
    assert_eq!(
        every_value(bed).await.len(),
        before,
        "the same answer, and nothing new"
    );
    phone.put(&part(&blob, 5, 1)).await.unwrap();
    assert_eq!(phone.get(blob.blob, 0, 4).await, blob.chunks[..4]);
    assert_eq!(phone.get(blob.blob, 4, 4).await, blob.chunks[4..]);
    let again = bed.open_again().await;
    assert_eq!(
        again.chunks(new.account, blob.blob, 0, 6).await.unwrap(),
        blob.chunks
    );
    // A request that somebody sends once more changes nothing.
    let by = (phone.device, phone.number);
    let repeated = bed
        .store
        .put_chunks(new.account, by, part(&blob, 0, 1), ROOM, NOW)
        .await;
    assert_eq!(repeated, Err(StoreError::Repeated));
}

async fn other_bytes_in_a_place_and_another_cut_are_refused(bed: &Bed) {
    let new = join(&bed.store, "anne@example.org").await;
    let (mut phone, blob) = (Putting::of(&bed.store, &new), blob_of(4, 256));
    phone.put(&part(&blob, 0, 2)).await.unwrap();
    let mut other = part(&blob, 1, 2);
    other.chunks[0][7] ^= 1;
    assert_eq!(phone.put(&other).await, Err(StoreError::BlobDiffers));
    let longer = NewChunks {
        count: 5,
        ..part(&blob, 2, 1)
    };
    assert_eq!(phone.put(&longer).await, Err(StoreError::BlobDiffers));
    let larger = NewChunks {
        bytes: blob.bytes + 1,
        ..part(&blob, 2, 1)
    };
    assert_eq!(phone.put(&larger).await, Err(StoreError::BlobDiffers));
    let there = phone.look(blob.blob).await.unwrap().there;
    assert_eq!(there, [0, 1], "nothing of a put that was refused is there");
    // What is kept is not altered either.
    phone.number += 3;
    phone.keep(&blob).await;
    assert_eq!(phone.put(&other).await, Err(StoreError::BlobDiffers));
    assert_eq!(phone.get(blob.blob, 0, 4).await, blob.chunks);
}

async fn a_blob_is_kept_by_a_push_when_it_is_whole_and_not_before(bed: &Bed) {
    let new = join(&bed.store, "anne@example.org").await;
    let (mut phone, blob) = (Putting::of(&bed.store, &new), blob_of(3, 256));
    phone.put(&part(&blob, 0, 2)).await.unwrap();
    let head = bed.store.head(new.account).await.unwrap();
    for keep in [vec![blob.blob], vec![BlobId::make_random().unwrap()]] {
        assert_eq!(phone.push(keep, Vec::new()).await, Err(StoreError::BlobNotWhole));
    }
    assert_eq!(
        bed.store.head(new.account).await,
        Ok(head),
        "nothing of that push was taken"
    );
    phone.put(&part(&blob, 2, 1)).await.unwrap();
    phone.push(vec![blob.blob], Vec::new()).await.unwrap();
    assert_eq!(phone.look(blob.blob).await.unwrap().state, BlobState::Kept);
    phone
        .push(vec![blob.blob], Vec::new())
        .await
        .expect("kept already");
    let by = phone.next();
    let withdrawn = bed.store.withdraw_blob(new.account, by, blob.blob).await;
    assert_eq!(
        withdrawn,
        Err(StoreError::Exists),
        "only a push drops what is kept"
    );
}

async fn a_blob_that_was_dropped_is_nobodys_at_once_and_its_chunks_go(bed: &Bed) {
    let new = join(&bed.store, "anne@example.org").await;
    let mut phone = Putting::of(&bed.store, &new);
    let (dropped, open, stays) = (blob_of(3, 256), blob_of(3, 256), blob_of(3, 256));
    phone.keep(&dropped).await;
    phone.put(&open).await.unwrap();
    phone.keep(&stays).await;
    phone.push(Vec::new(), vec![dropped.blob]).await.unwrap();
    let by = phone.next();
    bed.store.withdraw_blob(new.account, by, open.blob).await.unwrap();
    for gone in [&dropped, &open] {
        assert_eq!(phone.look(gone.blob).await, None);
        assert_eq!(phone.get(gone.blob, 0, 4).await, Vec::<Vec<u8>>::new());
        assert_eq!(
            phone.put(gone).await,
            Err(StoreError::Stale),
            "while it is being deleted"
        );
        let kept = phone.push(vec![gone.blob], Vec::new()).await;
        assert_eq!(kept, Err(StoreError::BlobNotWhole));
    }
    assert_eq!(bed.store.has_blobs_to_delete(NOW).await, Ok(true));
    while bed.store.delete_going().await.unwrap() == Erasing::More {}
    assert_eq!(bed.store.has_blobs_to_delete(NOW).await, Ok(false));
    assert_eq!(
        (rows(&bed.store, "blob").await, rows(&bed.store, "chunk").await),
        (1, 3)
    );
    assert_eq!(phone.get(stays.blob, 0, 4).await, stays.chunks);
    // What nobody knows is dropped and taken back as if it had gone.
    phone.push(Vec::new(), vec![dropped.blob]).await.unwrap();
    let by = phone.next();
    bed.store.withdraw_blob(new.account, by, open.blob).await.unwrap();
}

async fn large_blobs_are_deleted_by_sixteen_mebibytes(bed: &Bed) {
    let new = join(&bed.store, "anne@example.org").await;
    let (mut phone, blob) = (Putting::of(&bed.store, &new), blob_of(20, 1 << 20));
    for from in (0..20).step_by(4) {
        phone.put(&part(&blob, from, 4)).await.unwrap();
    }
    phone.push(vec![blob.blob], Vec::new()).await.unwrap();
    phone.push(Vec::new(), vec![blob.blob]).await.unwrap();
    assert_eq!(bed.store.delete_going().await, Ok(Erasing::More));
    assert_eq!(
        rows(&bed.store, "chunk").await,
        5,
        "fifteen, and one would be more"
    );
    assert_eq!(bed.store.delete_going().await, Ok(Erasing::More));
    assert_eq!(
        (rows(&bed.store, "chunk").await, rows(&bed.store, "blob").await),
        (0, 1)
    );
    assert_eq!(bed.store.delete_going().await, Ok(Erasing::Done));
    assert_eq!(rows(&bed.store, "blob").await, 0);
}

async fn an_open_blob_goes_seven_days_after_its_last_chunk(bed: &Bed) {
    let new = join(&bed.store, "anne@example.org").await;
    let mut phone = Putting::of(&bed.store, &new);
    let (left, gone_on, kept) = (blob_of(3, 256), blob_of(3, 256), blob_of(3, 256));
    phone.keep(&kept).await;
    phone.put(&part(&left, 0, 2)).await.unwrap();
    phone.put(&part(&gone_on, 0, 1)).await.unwrap();
    let later = NOW.plus(3 * DAY);
    phone.put_in(&part(&gone_on, 1, 1), ROOM, later).await.unwrap();
    let almost = NOW.plus(7 * DAY - 1);
    assert_eq!(bed.store.has_blobs_to_delete(almost).await, Ok(false));
    assert_eq!(bed.store.let_open_blobs_go(almost).await, Ok(0));
    let week = NOW.plus(7 * DAY);
    assert_eq!(bed.store.has_blobs_to_delete(week).await, Ok(true));
    assert_eq!(bed.store.let_open_blobs_go(week).await, Ok(1));
    assert_eq!(phone.look(left.blob).await, None);
    while bed.store.delete_going().await.unwrap() == Erasing::More {}
    // Who comes back begins anew.
    let anew = phone.put_in(&part(&left, 0, 3), ROOM, week).await.unwrap();
    assert_eq!(anew.there, [0, 1, 2]);
    assert_eq!(bed.store.let_open_blobs_go(NOW.plus(100 * DAY)).await, Ok(2));
    assert_eq!(phone.look(kept.blob).await.unwrap().state, BlobState::Kept);
}

async fn room_is_asked_for_the_whole_blob_before_anything_of_it_is_kept(bed: &Bed) {
    let new = join(&bed.store, "anne@example.org").await;
    let mut phone = Putting::of(&bed.store, &new);
    let blobs: Vec<_> = (0..5).map(|_| blob_of(2, 256)).collect();
    let size = blobs[0].bytes;
    let room = |bytes, open, open_bytes| BlobRoom {
        bytes,
        open,
        open_bytes,
    };
    phone.keep(&blobs[0]).await;
    phone.put(&part(&blobs[1], 0, 1)).await.unwrap();
    let full = phone
        .put_in(&part(&blobs[2], 0, 1), room(3 * size - 1, 9, 9 * size), NOW)
        .await;
    assert_eq!(
        full,
        Err(StoreError::NoRoom),
        "the whole of it counts, not what came"
    );
    let many = phone
        .put_in(&part(&blobs[2], 0, 1), room(9 * size, 1, 9 * size), NOW)
        .await;
    assert_eq!(many, Err(StoreError::TooManyOpen));
    let much = phone
        .put_in(&part(&blobs[2], 0, 1), room(9 * size, 9, 2 * size - 1), NOW)
        .await;
    assert_eq!(much, Err(StoreError::TooManyOpen));
    // What has begun goes on, whatever the room is by now.
    let on = phone.put_in(&part(&blobs[1], 1, 1), room(0, 0, 0), NOW).await;
    assert_eq!(on.unwrap().there, [0, 1]);
    phone
        .put_in(&blobs[2], room(3 * size, 2, 2 * size), NOW)
        .await
        .expect("just enough");
    // What goes makes room at once.
    phone.push(Vec::new(), vec![blobs[0].blob]).await.unwrap();
    phone
        .put_in(&blobs[3], room(3 * size, 3, 3 * size), NOW)
        .await
        .expect("there is room again");
}

async fn a_copy_that_is_withdrawn_takes_its_blobs_and_they_can_be_put_again(bed: &Bed) {
    let new = join(&bed.store, "anne@example.org").await;
    let (mut phone, blob) = (Putting::of(&bed.store, &new), blob_of(3, 256));
    phone.keep(&blob).await;
    let by = Author::Device {
        device: phone.device,
        number: phone.next().1,
    };
    let withdrawn = bed.store.withdraw_copy(new.account, by, bed.ledger(), NOW, NOW);
    withdrawn.await.unwrap();
    assert_eq!(
        bed.store.look_at_blob(new.account, blob.blob).await,
        Err(StoreError::NoCopy)
    );
    assert_eq!(
        bed.store.chunks(new.account, blob.blob, 0, 1).await,
        Err(StoreError::NoCopy)
    );
    assert_eq!(
        bed.store.blobs_after(new.account, None, 10).await,
        Err(StoreError::NoCopy)
    );
    assert_eq!(phone.put(&blob).await, Err(StoreError::NoCopy));
    while bed.store.delete_going().await.unwrap() == Erasing::More {}
    assert_eq!(
        (rows(&bed.store, "chunk").await, rows(&bed.store, "blob").await),
        (0, 0)
    );
    // Wanted again, files are sent as they lie.
    let head = bed.store.head(new.account).await.unwrap();
    let next = epoch_after(head, 2, &[phone.device], false);
    let by = Author::Device {
        device: phone.device,
        number: phone.next().1,
    };
    let want = bed
        .store
        .want_copy(new.account, by, Some(next), bed.ledger(), NOW, NOW);
    want.await.unwrap();
    assert_eq!(phone.put(&blob).await.unwrap().there, [0, 1, 2]);
}

async fn nobody_else_gets_a_blob(bed: &Bed) {
    let anne = join(&bed.store, "anne@example.org").await;
    let bob = join(&bed.store, "bob@example.org").await;
    let (mut hers, mut his) = (Putting::of(&bed.store, &anne), Putting::of(&bed.store, &bob));
    let blob = blob_of(3, 256);
    hers.keep(&blob).await;
    assert_eq!(his.look(blob.blob).await, None);
    assert_eq!(his.get(blob.blob, 0, 3).await, Vec::<Vec<u8>>::new());
    his.push(Vec::new(), vec![blob.blob]).await.unwrap();
    assert_eq!(
        his.push(vec![blob.blob], Vec::new()).await,
        Err(StoreError::BlobNotWhole)
    );
    assert_eq!(hers.get(blob.blob, 0, 3).await, blob.chunks);
    // The same id in two accounts is two blobs.
    his.put(&part(&blob, 0, 1)).await.unwrap();
    assert_eq!(his.look(blob.blob).await.unwrap().there, [0]);
    // A device of another account, and one that is none, put nothing.
    let by = (his.device, 90);
    let foreign = bed
        .store
        .put_chunks(anne.account, by, blob_of(1, 64), ROOM, NOW)
        .await;
    assert_eq!(foreign, Err(StoreError::NotFound));
}

async fn what_is_kept_is_listed_in_pages(bed: &Bed) {
    let new = join(&bed.store, "anne@example.org").await;
    let mut phone = Putting::of(&bed.store, &new);
    let mut kept: Vec<_> = (0..5).map(|_| blob_of(2, 256)).collect();
    for blob in &kept {
        phone.keep(blob).await;
    }
    phone.put(&blob_of(2, 256)).await.unwrap();
    kept.sort_by_key(|blob| blob.blob);
    let head = bed.store.head(new.account).await.unwrap();
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let page = bed.store.blobs_after(new.account, after, 2).await.unwrap();
        assert_eq!(page.head, head);
        seen.extend(page.rows.iter().copied());
        after = page.rows.last().map(|(id, ..)| *id);
        if !page.more {
            break;
        }
        assert_eq!(page.rows.len(), 2);
    }
    let all: Vec<_> = kept
        .iter()
        .map(|blob| (blob.blob, blob.count, blob.bytes))
        .collect();
    assert_eq!(seen, all, "open ones are not among them");
}

async fn an_account_with_large_blobs_is_erased_bit_by_bit(bed: &Bed) {
    let new = join(&bed.store, "anne@example.org").await;
    let (mut phone, blob) = (Putting::of(&bed.store, &new), blob_of(40, 1024));
    phone.keep(&blob).await;
    let bob = join(&bed.store, "bob@example.org").await;
    Putting::of(&bed.store, &bob).keep(&blob).await;
    bed.store
        .begin_erasure(new.account, bed.ledger(), NOW, NOW)
        .await
        .unwrap();
    assert_eq!(phone.put(&blob).await, Err(StoreError::NotFound));
    // Whatever the limit of rows is, no more chunks go at once than may be 16 MiB.
    assert_eq!(
        bed.store.erase_batch(new.account, Some(1000)).await,
        Ok(Erasing::More)
    );
    assert_eq!(rows(&bed.store, "chunk").await, 40 + 24);
    bed.store.finish_erasures().await.unwrap();
    assert_eq!(bed.store.rows_owned_by(new.account).await, Ok(0));
    assert_eq!(rows(&bed.store, "chunk").await, 40, "somebody else's stay");
}
