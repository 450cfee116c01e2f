//! Blobs: sealed chunks of attachments (docs/adr/0015). Chunks come before the push that keeps them, and go after the one that drops them; which
//! blobs an account has changes with its head, in one transaction.

use std::sync::Arc;

use super::tx::{FromValue, Insert, Row, Tx, Value, values};
use super::{AccountId, BlobId, DeviceId, Erasing, Head, Moment, Store, StoreError, chain, device};

/// How long an open blob waits for its next chunk, or for the push that keeps it.
const OPEN_SECONDS: i64 = 7 * 86_400;
/// So many bytes of chunks go in one transaction, and so many chunks.
const BATCH_BYTES: i64 = 16 << 20;
const BATCH_CHUNKS: i64 = 256;
/// Chunks of the largest size that are as many bytes: where only rows are counted.
pub(super) const BATCH_OF_LARGEST: i64 = 16;

/// How a blob stands. One that is going is nobody's any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlobState {
    /// It is being put.
    Open,
    /// A push kept it.
    Kept,
}

/// Chunks of a blob that follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewChunks {
    /// Of which blob.
    pub blob: BlobId,
    /// How many it has.
    pub count: i64,
    /// How many bytes all of them are.
    pub bytes: i64,
    /// The place of the first of these.
    pub from: i64,
    /// As they travel.
    pub chunks: Vec<Vec<u8>>,
}

/// What an account may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobRoom {
    /// Bytes of all its blobs.
    pub bytes: i64,
    /// Blobs that are open at once.
    pub open: i64,
    /// Bytes of these.
    pub open_bytes: i64,
}

/// What is there of a blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBlob {
    /// How it stands.
    pub state: BlobState,
    /// How many chunks it has.
    pub count: i64,
    /// How many bytes all of them are.
    pub bytes: i64,
    /// The places of those that are there, in order.
    pub there: Vec<i64>,
}

/// A page of blobs that are kept, each with how many chunks it has and how many bytes those are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobPage {
    /// The head of the state that was read.
    pub head: Head,
    /// In order of the ids.
    pub rows: Vec<(BlobId, i64, i64)>,
    /// Whether there are further ones.
    pub more: bool,
}

impl Store {
    /// Puts chunks, all or none of them. The room for the whole blob is asked with the first that comes. Bytes that are there already are left
    /// as they are.
    ///
    /// # Errors
    /// [`StoreError::NoCopy`] where none is kept, [`StoreError::NoRoom`] and [`StoreError::TooManyOpen`] for a new blob,
    /// [`StoreError::BlobDiffers`] where other bytes lie or the blob is cut in another way, [`StoreError::Stale`] for one that is just being
    /// deleted, [`StoreError::Repeated`] for a request's number, [`StoreError::NotFound`] when the device may not speak.
    pub async fn put_chunks(
        &self,
        account: AccountId,
        (device, number): (DeviceId, i64),
        new: NewChunks,
        room: BlobRoom,
        now: Moment,
    ) -> Result<StoredBlob, StoreError> {
        let hash = |chunk: &Vec<u8>| *blake3::hash(chunk).as_bytes();
        let hashes: Vec<[u8; 32]> = new.chunks.iter().map(hash).collect();
        let new = Arc::new((new, hashes));
        self.write(move |tx| {
            let new = Arc::clone(&new);
            Box::pin(async move {
                require_copy(tx, account).await?;
                device::advance(tx, account, device, number).await?;
                put(tx, account, &new.0, &new.1, room, now).await?;
                look(tx, account, new.0.blob).await?.ok_or(StoreError::Stale)
            })
        })
        .await
    }

    /// What is there of a blob; nothing for one that is unknown or going.
    ///
    /// # Errors
    /// [`StoreError::NoCopy`] where none is kept, [`StoreError::NotFound`] when there is no such account.
    pub async fn look_at_blob(
        &self,
        account: AccountId,
        blob: BlobId,
    ) -> Result<Option<StoredBlob>, StoreError> {
        self.snapshot(move |tx| {
            Box::pin(async move {
                require_copy(tx, account).await?;
                look(tx, account, blob).await
            })
        })
        .await
    }

    /// Up to so many chunks from a place on, until the first that is not there.
    ///
    /// # Errors
    /// As [`Store::look_at_blob`].
    pub async fn chunks(
        &self,
        account: AccountId,
        blob: BlobId,
        from: i64,
        count: i64,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        self.snapshot(move |tx| {
            Box::pin(async move {
                require_copy(tx, account).await?;
                read_chunks(tx, account, blob, from, count).await
            })
        })
        .await
    }

    /// Takes a blob back that no push kept; nothing happens where there is none.
    ///
    /// # Errors
    /// [`StoreError::Exists`] for one that is kept, [`StoreError::Repeated`] for a request's number, [`StoreError::NotFound`] when the
    /// device may not speak.
    pub async fn withdraw_blob(
        &self,
        account: AccountId,
        (device, number): (DeviceId, i64),
        blob: BlobId,
    ) -> Result<(), StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                device::advance(tx, account, device, number).await?;
                let found =
                    "SELECT COUNT(*) FROM blob WHERE account_id = ?1 AND blob_id = ?2 AND state = 'kept'";
                if tx.count(found, values![account, blob]).await? > 0 {
                    return Err(StoreError::Exists);
                }
                drop_blob(tx, account, blob).await
            })
        })
        .await
    }

    /// The blobs that are kept, after an id, with the head of that state.
    ///
    /// # Errors
    /// As [`Store::look_at_blob`].
    pub async fn blobs_after(
        &self,
        account: AccountId,
        after: Option<BlobId>,
        most: i64,
    ) -> Result<BlobPage, StoreError> {
        self.snapshot(move |tx| {
            Box::pin(async move {
                require_copy(tx, account).await?;
                page(tx, account, after, most).await
            })
        })
        .await
    }

    /// Lets go of open blobs whose time is over; gives how many.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn let_open_blobs_go(&self, now: Moment) -> Result<u64, StoreError> {
        self.single(move |tx| {
            Box::pin(async move {
                let end = "UPDATE blob SET state = 'going' WHERE state = 'open' AND open_until <= ?1";
                tx.run(end, values![now]).await
            })
        })
        .await
    }

    /// Whether blobs are going, or open ones are to go.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn has_blobs_to_delete(&self, now: Moment) -> Result<bool, StoreError> {
        self.glance(move |tx| {
            Box::pin(async move {
                let find = "SELECT blob_id FROM blob WHERE state = 'going' LIMIT 1";
                if tx.row(find, values![]).await?.is_some() {
                    return Ok(true);
                }
                let find = "SELECT blob_id FROM blob WHERE state = 'open' AND open_until <= ?1 LIMIT 1";
                Ok(tx.row(find, values![now]).await?.is_some())
            })
        })
        .await
    }

    /// Deletes some chunks of blobs that are going, 16 MiB at the most, or, where none is left, these blobs themselves.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn delete_going(&self) -> Result<Erasing, StoreError> {
        self.write(|tx| Box::pin(delete_some(tx))).await
    }
}

async fn require_copy(tx: &mut dyn Tx, account: AccountId) -> Result<(), StoreError> {
    let find = "SELECT copy_consented_day FROM account WHERE account_id = ?1 AND state = 'active'";
    let row = tx
        .row(find, values![account])
        .await?
        .ok_or(StoreError::NotFound)?;
    match row.get::<Option<i64>>(0)? {
        Some(_) => Ok(()),
        None => Err(StoreError::NoCopy),
    }
}

async fn put(
    tx: &mut dyn Tx,
    account: AccountId,
    new: &NewChunks,
    hashes: &[[u8; 32]],
    room: BlobRoom,
    now: Moment,
) -> Result<(), StoreError> {
    let find = "SELECT state, chunks, bytes FROM blob WHERE account_id = ?1 AND blob_id = ?2";
    let until = now.plus(OPEN_SECONDS);
    match tx.row(find, values![account, new.blob]).await? {
        None => {
            require_room(tx, account, new.bytes, room).await?;
            let insert = "INSERT INTO blob (account_id, blob_id, chunks, bytes, state, open_until)
                VALUES (?1, ?2, ?3, ?4, 'open', ?5)";
            let values = values![account, new.blob, new.count, new.bytes, until];
            tx.run(insert, values).await?;
        }
        Some(row) if row.get::<String>(0)? == "going" => return Err(StoreError::Stale),
        Some(row) if (row.get::<i64>(1)?, row.get::<i64>(2)?) != (new.count, new.bytes) => {
            return Err(StoreError::BlobDiffers);
        }
        Some(_) => {
            let longer = "UPDATE blob SET open_until = ?3
                WHERE account_id = ?1 AND blob_id = ?2 AND state = 'open'";
            tx.run(longer, values![account, new.blob, until]).await?;
        }
    }
    put_missing(tx, account, new, hashes).await
}

async fn put_missing(
    tx: &mut dyn Tx,
    account: AccountId,
    new: &NewChunks,
    hashes: &[[u8; 32]],
) -> Result<(), StoreError> {
    let find = "SELECT number, hash FROM chunk
        WHERE account_id = ?1 AND blob_id = ?2 AND number >= ?3 ORDER BY number LIMIT ?4";
    let most = i64::try_from(new.chunks.len()).map_err(|_| StoreError::BlobDiffers)?;
    let mut there = Vec::new();
    for row in tx.rows(find, values![account, new.blob, new.from, most]).await? {
        there.push((row.get::<i64>(0)?, row.get::<[u8; 32]>(1)?));
    }
    let mut rows = Vec::new();
    for ((chunk, hash), number) in new.chunks.iter().zip(hashes).zip(new.from..) {
        match there.iter().find(|(place, _)| *place == number) {
            Some((_, same)) if same == hash => {}
            Some(_) => return Err(StoreError::BlobDiffers),
            None => rows.push(values![account, new.blob, number, *hash, chunk.as_slice()]),
        }
    }
    let insert = Insert {
        table: "chunk",
        columns: &["account_id", "blob_id", "number", "hash", "bytes"],
        on_conflict: "",
    };
    tx.put_rows(insert, rows).await
}

/// A blob that is being deleted takes no room: it does so for moments.
async fn require_room(
    tx: &mut dyn Tx,
    account: AccountId,
    bytes: i64,
    room: BlobRoom,
) -> Result<(), StoreError> {
    let find = "SELECT state, COUNT(*), CAST(SUM(bytes) AS BIGINT) FROM blob
        WHERE account_id = ?1 AND state <> 'going' GROUP BY state";
    let (mut all, mut open, mut open_bytes) = (bytes, 1, bytes);
    for row in tx.rows(find, values![account]).await? {
        let (count, sum): (i64, i64) = (row.get(1)?, row.get(2)?);
        all += sum;
        if row.get::<String>(0)? == "open" {
            open += count;
            open_bytes += sum;
        }
    }
    if all > room.bytes {
        Err(StoreError::NoRoom)
    } else if open > room.open || open_bytes > room.open_bytes {
        Err(StoreError::TooManyOpen)
    } else {
        Ok(())
    }
}

impl FromValue for BlobState {
    fn from_value(value: Value) -> Result<Self, StoreError> {
        match String::from_value(value)?.as_str() {
            "open" => Ok(Self::Open),
            "kept" => Ok(Self::Kept),
            _ => Err(StoreError::Damaged),
        }
    }
}

async fn look(tx: &mut dyn Tx, account: AccountId, blob: BlobId) -> Result<Option<StoredBlob>, StoreError> {
    let find = "SELECT state, chunks, bytes FROM blob
        WHERE account_id = ?1 AND blob_id = ?2 AND state <> 'going'";
    let Some(row) = tx.row(find, values![account, blob]).await? else {
        return Ok(None);
    };
    let places = "SELECT number FROM chunk WHERE account_id = ?1 AND blob_id = ?2 ORDER BY number";
    let places = tx.rows(places, values![account, blob]).await?;
    Ok(Some(StoredBlob {
        state: row.get(0)?,
        count: row.get(1)?,
        bytes: row.get(2)?,
        there: places.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?,
    }))
}

async fn read_chunks(
    tx: &mut dyn Tx,
    account: AccountId,
    blob: BlobId,
    from: i64,
    count: i64,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let find = "SELECT COUNT(*) FROM blob WHERE account_id = ?1 AND blob_id = ?2 AND state <> 'going'";
    if tx.count(find, values![account, blob]).await? == 0 {
        return Ok(Vec::new());
    }
    let read = "SELECT number, bytes FROM chunk
        WHERE account_id = ?1 AND blob_id = ?2 AND number >= ?3 AND number < ?4 ORDER BY number";
    let to = from.saturating_add(count);
    let rows = tx.rows(read, values![account, blob, from, to]).await?;
    let mut chunks = Vec::new();
    for (mut row, number) in rows.into_iter().zip(from..) {
        if row.get::<i64>(0)? != number {
            break;
        }
        chunks.push(row.take(1)?);
    }
    Ok(chunks)
}

async fn page(
    tx: &mut dyn Tx,
    account: AccountId,
    after: Option<BlobId>,
    most: i64,
) -> Result<BlobPage, StoreError> {
    let head = chain::head(tx, account).await?.ok_or(StoreError::NotFound)?;
    // Before every id stands nothing.
    let after = after.map_or(Vec::new(), |id| id.0.to_vec());
    let find = "SELECT blob_id, chunks, bytes FROM blob
        WHERE account_id = ?1 AND blob_id > ?2 AND state = 'kept' ORDER BY blob_id LIMIT ?3";
    let rows = tx.rows(find, values![account, after, most + 1]).await?;
    let mut rows = rows.iter().map(listed).collect::<Result<Vec<_>, _>>()?;
    let most = usize::try_from(most).map_err(|_| StoreError::Damaged)?;
    let more = rows.len() > most;
    rows.truncate(most);
    Ok(BlobPage { head, rows, more })
}

fn listed(row: &Row) -> Result<(BlobId, i64, i64), StoreError> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

/// What a push keeps and drops, in its transaction.
pub(super) async fn settle(
    tx: &mut dyn Tx,
    account: AccountId,
    keep: &[BlobId],
    drop: &[BlobId],
) -> Result<(), StoreError> {
    let kept = "UPDATE blob SET state = 'kept', open_until = 0
        WHERE account_id = ?1 AND blob_id = ?2 AND state <> 'going'
            AND chunks = (SELECT COUNT(*) FROM chunk WHERE account_id = ?1 AND blob_id = ?2)";
    for blob in keep {
        if tx.run(kept, values![account, *blob]).await? != 1 {
            return Err(StoreError::BlobNotWhole);
        }
    }
    for blob in drop {
        drop_blob(tx, account, *blob).await?;
    }
    Ok(())
}

/// From here on nobody gets any of it; its chunks go bit by bit.
async fn drop_blob(tx: &mut dyn Tx, account: AccountId, blob: BlobId) -> Result<(), StoreError> {
    let go = "UPDATE blob SET state = 'going' WHERE account_id = ?1 AND blob_id = ?2";
    tx.run(go, values![account, blob]).await.map(|_| ())
}

/// What goes with the copy on the server: every blob.
pub(super) async fn forget_blobs(tx: &mut dyn Tx, account: AccountId) -> Result<(), StoreError> {
    let go = "UPDATE blob SET state = 'going' WHERE account_id = ?1";
    tx.run(go, values![account]).await.map(|_| ())
}

async fn delete_some(tx: &mut dyn Tx) -> Result<Erasing, StoreError> {
    let find = "SELECT c.account_id, c.blob_id, c.number, CAST(LENGTH(c.bytes) AS BIGINT) FROM blob b
        JOIN chunk c ON c.account_id = b.account_id AND c.blob_id = b.blob_id
        WHERE b.state = 'going' LIMIT ?1";
    let rows = tx.rows(find, values![BATCH_CHUNKS]).await?;
    if rows.is_empty() {
        tx.run("DELETE FROM blob WHERE state = 'going'", values![])
            .await?;
        return Ok(Erasing::Done);
    }
    let delete = "DELETE FROM chunk WHERE account_id = ?1 AND blob_id = ?2 AND number = ?3";
    let mut bytes = 0;
    for row in rows {
        let (account, blob, number): (AccountId, BlobId, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        bytes += row.get::<i64>(3)?;
        if bytes > BATCH_BYTES {
            break;
        }
        tx.run(delete, values![account, blob, number]).await?;
    }
    Ok(Erasing::More)
}
