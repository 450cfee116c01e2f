//! The chain of an account's headers, and what is pushed under them (docs/adr/0014): the server moves the head by compare-and-swap, and
//! keeps what it cannot read.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::live::Concerns;
use super::tx::{Insert, Tx, Value, values};
use super::{
    AccountId, Author, BlobId, DeviceId, Moment, NewEpoch, RecordId, Store, StoreError, blob, device, epoch,
    epoch::Ways,
};

/// The newest header of an account's chain, by its place and its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its place, from 1.
    pub sequence: i64,
    /// The hash by which the next one follows it.
    pub hash: [u8; 32],
}

/// Which kind of header some bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderKind {
    /// It begins an epoch.
    Epoch,
    /// It moves the head otherwise.
    Change,
}

impl HeaderKind {
    pub(super) const fn number(self) -> i64 {
        match self {
            Self::Epoch => 0,
            Self::Change => 1,
        }
    }

    pub(super) const fn find(number: i64) -> Result<Self, StoreError> {
        match number {
            0 => Ok(Self::Epoch),
            1 => Ok(Self::Change),
            _ => Err(StoreError::Damaged),
        }
    }
}

/// A header that is to follow the head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewHeader {
    /// Its place.
    pub sequence: i64,
    /// The hash of the header before; nothing before the first.
    pub before: Option<[u8; 32]>,
    /// Its own hash.
    pub hash: [u8; 32],
    /// The place that it names where it goes on from another head than a device knew: it leaves out places up to there.
    pub restarts: Option<i64>,
    /// Whether it says who belongs to the account.
    pub of_devices: bool,
    /// As it travels.
    pub bytes: Vec<u8>,
}

impl NewHeader {
    /// The head that it makes.
    #[must_use]
    pub const fn head(&self) -> Head {
        Head {
            sequence: self.sequence,
            hash: self.hash,
        }
    }

    /// Whether its place is the next one, or the one beyond what a restart names.
    fn has_its_place(&self, head: Head, restarts: Option<i64>) -> bool {
        let last = restarts.map_or(head.sequence, |named| named.max(head.sequence));
        last.checked_add(1) == Some(self.sequence)
    }
}

/// An envelope for a record's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRecord {
    /// Which record.
    pub record: RecordId,
    /// Whether it says that the record is deleted.
    pub deleted: bool,
    /// As it travels.
    pub envelope: Vec<u8>,
}

/// A header with the envelopes that belong to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPush {
    /// The epoch under whose key all of it is.
    pub epoch: i64,
    /// The header.
    pub header: NewHeader,
    /// One for each record.
    pub records: Vec<NewRecord>,
    /// Blobs that are kept from now on.
    pub keep: Vec<BlobId>,
    /// Blobs that go.
    pub drop: Vec<BlobId>,
}

/// An epoch with which a device goes on from an older state of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRestart {
    /// The statements of epochs that the server lost, by their numbers, oldest first.
    pub put_back: Vec<(i64, Vec<u8>)>,
    /// The epoch that begins; the header behind it names the head that the device knew.
    pub epoch: NewEpoch,
}

/// What became of a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// It is there, since now or before; the head may be a later one.
    Stored(Head),
    /// Another header stands where this one was to stand; nothing was written.
    Ahead(Head),
}

impl Store {
    /// Takes a push: header and envelopes, all or nothing. Sent again byte for byte it is answered as stored, whatever came after.
    ///
    /// # Errors
    /// [`StoreError::NoCopy`] where the account keeps no copy here, [`StoreError::EpochEnded`] for another epoch than the one that is,
    /// [`StoreError::Misplaced`] when the header skips a place or a record comes twice, [`StoreError::BlobNotWhole`] for a blob that is to be
    /// kept and lacks something, [`StoreError::Repeated`] for a request's number,
    /// and [`StoreError::NotFound`] when the device may not speak.
    pub async fn push(
        &self,
        account: AccountId,
        device: DeviceId,
        number: i64,
        push: NewPush,
    ) -> Result<Pushed, StoreError> {
        let push = Arc::new(push);
        self.write(move |tx| {
            let push = Arc::clone(&push);
            Box::pin(async move { take(tx, account, device, number, &push).await })
        })
        .await
    }

    /// Goes on from an older state that lost epochs: puts them back beside the chain and begins another, all or nothing. Sent again it is
    /// answered as [`Store::push`] is.
    ///
    /// # Errors
    /// As [`Store::push`], and as [`Store::begin_epoch`].
    pub async fn restart(
        &self,
        account: AccountId,
        device: DeviceId,
        number: i64,
        restart: NewRestart,
        now: Moment,
    ) -> Result<Pushed, StoreError> {
        let restart = Arc::new(restart);
        self.write(move |tx| {
            let restart = Arc::clone(&restart);
            Box::pin(async move { go_on(tx, account, (device, number), &restart, now).await })
        })
        .await
    }

    /// The head of an account's chain.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such account.
    pub async fn head(&self, account: AccountId) -> Result<Head, StoreError> {
        self.peek(move |tx| Box::pin(async move { head(tx, account).await?.ok_or(StoreError::NotFound) }))
            .await
    }
}

/// What is looked up before anything of a push is written, in one query.
const LOOK: &str = "SELECT h.sequence, h.hash, a.copy_consented_day, d.last_number,
        (SELECT MAX(e.number) FROM epoch e WHERE e.account_id = ?1),
        (SELECT s.bytes FROM header s WHERE s.account_id = ?1 AND s.sequence = ?3)
    FROM account a
    JOIN head h ON h.account_id = a.account_id
    JOIN device d ON d.account_id = a.account_id AND d.device_id = ?2 AND d.signed_out_day IS NULL
    WHERE a.account_id = ?1 AND a.state = 'active'";

/// An account as a push finds it.
struct Found {
    head: Head,
    epoch: i64,
    /// Whether this very header stands at its place.
    is_there: bool,
    keeps_copy: bool,
    last_number: i64,
}

async fn look(
    tx: &mut dyn Tx,
    account: AccountId,
    device: DeviceId,
    header: &NewHeader,
) -> Result<Found, StoreError> {
    let row = tx.row(LOOK, values![account, device, header.sequence]).await?;
    let mut row = row.ok_or(StoreError::NotFound)?;
    let there: Option<Vec<u8>> = row.take(5)?;
    Ok(Found {
        head: Head {
            sequence: row.get(0)?,
            hash: row.get(1)?,
        },
        epoch: row.get(4)?,
        is_there: there.as_ref() == Some(&header.bytes),
        keeps_copy: row.get::<Option<i64>>(2)?.is_some(),
        last_number: row.get(3)?,
    })
}

impl Found {
    /// What is to be answered without writing anything, if anything is. `follows` is the header that is to come behind the head.
    fn answer(&self, epoch: i64, number: i64, follows: &NewHeader) -> Result<Option<Pushed>, StoreError> {
        if self.is_there {
            return Ok(Some(Pushed::Stored(self.head)));
        }
        if !self.keeps_copy {
            return Err(StoreError::NoCopy);
        }
        if self.epoch != epoch {
            return Err(StoreError::EpochEnded);
        }
        if follows.before != Some(self.head.hash) {
            return Ok(Some(Pushed::Ahead(self.head)));
        }
        if self.last_number >= number {
            return Err(StoreError::Repeated);
        }
        Ok(None)
    }
}

async fn take(
    tx: &mut dyn Tx,
    account: AccountId,
    device: DeviceId,
    number: i64,
    push: &NewPush,
) -> Result<Pushed, StoreError> {
    let header = &push.header;
    let found = look(tx, account, device, header).await?;
    if let Some(answer) = found.answer(push.epoch, number, header)? {
        return Ok(answer);
    }
    if !header.has_its_place(found.head, header.restarts) {
        return Err(StoreError::Misplaced);
    }
    device::advance(tx, account, device, number).await?;
    follow(tx, account, found.head, HeaderKind::Change, header).await?;
    put_records(tx, account, header.sequence, &push.records).await?;
    blob::settle(tx, account, &push.keep, &push.drop).await?;
    // Who belongs to the account is more than what is written.
    let concerns = match header.of_devices {
        true => Concerns::Account(account, &device.0),
        false => Concerns::Records(account, &device.0),
    };
    tx.tell(concerns).await?;
    Ok(Pushed::Stored(header.head()))
}

async fn go_on(
    tx: &mut dyn Tx,
    account: AccountId,
    (device, number): (DeviceId, i64),
    restart: &NewRestart,
    now: Moment,
) -> Result<Pushed, StoreError> {
    let epoch = &restart.epoch;
    let vouching = epoch.vouching.as_ref().ok_or(StoreError::Misplaced)?;
    let found = look(tx, account, device, vouching).await?;
    let lost = i64::try_from(restart.put_back.len()).map_err(|_| StoreError::Misplaced)?;
    let last = epoch.number.saturating_sub(1).saturating_sub(lost);
    if let Some(answer) = found.answer(last, number, &epoch.statement)? {
        return Ok(answer);
    }
    device::advance(tx, account, device, number).await?;
    let insert = "INSERT INTO epoch (account_id, number, sequence, beside) VALUES (?1, ?2, NULL, ?3)";
    for ((number, bytes), next) in restart.put_back.iter().zip(last.saturating_add(1)..) {
        if *number != next {
            return Err(StoreError::Misplaced);
        }
        tx.run(insert, values![account, *number, bytes.as_slice()])
            .await?;
    }
    let author = Author::Device { device, number };
    let ways = Ways::that_are(tx, account).await?;
    epoch::begin(tx, account, epoch, ways, author, now).await?;
    Ok(Pushed::Stored(vouching.head()))
}

pub(super) async fn head(tx: &mut dyn Tx, account: AccountId) -> Result<Option<Head>, StoreError> {
    let find = "SELECT sequence, hash FROM head WHERE account_id = ?1";
    let Some(row) = tx.row(find, values![account]).await? else {
        return Ok(None);
    };
    Ok(Some(Head {
        sequence: row.get(0)?,
        hash: row.get(1)?,
    }))
}

/// Puts the head of a chain that has none.
pub(super) async fn put_head(tx: &mut dyn Tx, account: AccountId, head: &Head) -> Result<(), StoreError> {
    let put = "INSERT INTO head (account_id, sequence, hash) VALUES (?1, ?2, ?3)";
    tx.run(put, values![account, head.sequence, head.hash])
        .await
        .map(|_| ())
}

/// Puts what begins an epoch behind the head, and behind that the header that vouches under the new key for what there is.
pub(super) async fn begin_epoch(
    tx: &mut dyn Tx,
    account: AccountId,
    statement: &NewHeader,
    vouching: Option<&NewHeader>,
) -> Result<(), StoreError> {
    match head(tx, account).await? {
        None if statement.before.is_none() && statement.sequence == 1 => {
            put_head(tx, account, &statement.head()).await?;
            put_header(tx, account, HeaderKind::Epoch, statement).await?;
        }
        Some(head) if statement.before == Some(head.hash) => {
            let restarts = vouching.and_then(|vouching| vouching.restarts);
            if !statement.has_its_place(head, restarts) {
                return Err(StoreError::Misplaced);
            }
            follow(tx, account, head, HeaderKind::Epoch, statement).await?;
        }
        _ => return Err(StoreError::HeadMoved),
    }
    match vouching {
        Some(header) => {
            let head = statement.head();
            if header.before != Some(head.hash) || !header.has_its_place(head, header.restarts) {
                return Err(StoreError::Misplaced);
            }
            follow(tx, account, head, HeaderKind::Change, header).await
        }
        // Under the new key an epoch says that there is nothing; beside records that would be no truth.
        None if has_records(tx, account).await? => Err(StoreError::Misplaced),
        None => Ok(()),
    }
}

/// Moves the head from one header to the next, and puts that.
async fn follow(
    tx: &mut dyn Tx,
    account: AccountId,
    head: Head,
    kind: HeaderKind,
    header: &NewHeader,
) -> Result<(), StoreError> {
    let swap = "UPDATE head SET sequence = ?3, hash = ?4 WHERE account_id = ?1 AND hash = ?2";
    let values = values![account, head.hash, header.sequence, header.hash];
    if tx.run(swap, values).await? != 1 {
        // It was read a moment ago: somebody else moved it meanwhile.
        return Err(StoreError::Contended);
    }
    put_header(tx, account, kind, header).await
}

async fn put_header(
    tx: &mut dyn Tx,
    account: AccountId,
    kind: HeaderKind,
    header: &NewHeader,
) -> Result<(), StoreError> {
    let insert = "INSERT INTO header (account_id, sequence, kind, of_devices, bytes)
        VALUES (?1, ?2, ?3, ?4, ?5)";
    let values = values![
        account,
        header.sequence,
        kind.number(),
        i64::from(header.of_devices),
        header.bytes.as_slice()
    ];
    tx.run(insert, values).await.map(|_| ())
}

/// Each envelope takes the place of the record's one before, which goes at once.
async fn put_records(
    tx: &mut dyn Tx,
    account: AccountId,
    sequence: i64,
    records: &[NewRecord],
) -> Result<(), StoreError> {
    let ids: BTreeSet<_> = records.iter().map(|record| record.record).collect();
    if ids.len() < records.len() {
        return Err(StoreError::Misplaced);
    }
    let insert = Insert {
        table: "record",
        columns: &["account_id", "record_id", "sequence", "deleted", "envelope"],
        on_conflict: "ON CONFLICT (account_id, record_id) DO UPDATE
            SET sequence = excluded.sequence, deleted = excluded.deleted, envelope = excluded.envelope",
    };
    let row = |record: &NewRecord| -> Vec<Value> {
        values![
            account,
            record.record,
            sequence,
            i64::from(record.deleted),
            record.envelope.as_slice()
        ]
    };
    tx.put_rows(insert, records.iter().map(row).collect()).await
}

async fn has_records(tx: &mut dyn Tx, account: AccountId) -> Result<bool, StoreError> {
    let find = "SELECT record_id FROM record WHERE account_id = ?1 LIMIT 1";
    Ok(!tx.rows(find, values![account]).await?.is_empty())
}

/// How many records after an id, `most` at the most, are together no longer than so many bytes; one where there is one.
pub(super) async fn records_within(
    tx: &mut dyn Tx,
    account: AccountId,
    after: &[u8],
    most: i64,
    bytes: i64,
) -> Result<i64, StoreError> {
    let find = "SELECT CAST(LENGTH(envelope) AS BIGINT) FROM record
        WHERE account_id = ?1 AND record_id > ?2 ORDER BY record_id LIMIT ?3";
    let (mut fit, mut together) = (0, 0);
    for row in tx.rows(find, values![account, after, most]).await? {
        together += row.get::<i64>(0)?;
        if fit > 0 && together > bytes {
            break;
        }
        fit += 1;
    }
    Ok(fit)
}

/// What goes with the copy on the server: every record. The chain stays, so that no device loses its way.
pub(super) async fn forget_records(tx: &mut dyn Tx, account: AccountId) -> Result<(), StoreError> {
    tx.run("DELETE FROM record WHERE account_id = ?1", values![account])
        .await
        .map(|_| ())
}
