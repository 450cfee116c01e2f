//! What devices read of a chain and its records, in pages. Each page is read in one state of the database and tells the head of that state.

use super::chain::{self, HeaderKind};
use super::tx::{Row, Tx, values};
use super::{AccountId, Epoch, Head, RecordId, Store, StoreError, epoch};

/// A page holds at most so many records, and so many bytes of envelopes, and as many of headers; but always one of each where there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageLimits {
    /// Records.
    pub records: i64,
    /// Bytes.
    pub bytes: i64,
}

/// So many headers are on one page at most, and so few fit on one whatever their length.
const MOST_HEADERS: i64 = 8192;
const FEW_HEADERS: i64 = 16;

/// An envelope in its record's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRecord {
    /// Which record.
    pub record: RecordId,
    /// The place of the header that brought it.
    pub sequence: i64,
    /// Whether it says that the record is deleted.
    pub deleted: bool,
    /// As it was pushed.
    pub envelope: Vec<u8>,
}

/// A header in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredHeader {
    /// Its place.
    pub sequence: i64,
    /// What it is.
    pub kind: HeaderKind,
    /// As it was pushed.
    pub bytes: Vec<u8>,
}

/// A page on the way up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageUp {
    /// The head of the state that was read.
    pub head: Head,
    /// As far as the page goes, this place included. Where it is the head, this is the last one.
    pub to: i64,
    /// What came last in each record's place, by the order of its header.
    pub records: Vec<StoredRecord>,
    /// All headers of this stretch, in their order. It never ends between what begins an epoch and the header behind that.
    pub headers: Vec<StoredHeader>,
}

/// A page on the way down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageDown {
    /// The head of the state that was read.
    pub head: Head,
    /// As far down as the page goes, this place included; 1 where nothing lies further down.
    pub to: i64,
    /// The newest changes first.
    pub records: Vec<StoredRecord>,
}

/// A page by the order of ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageById {
    /// The head of the state that was read.
    pub head: Head,
    /// The records.
    pub records: Vec<StoredRecord>,
    /// Whether there are further ones.
    pub more: bool,
}

/// Where an account stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The newest header.
    pub head: StoredHeader,
    /// All epochs, oldest first.
    pub epochs: Vec<Epoch>,
    /// The headers of the chain that say who belongs to the account, in their order.
    pub of_devices: Vec<StoredHeader>,
}

/// What came of asking for what is new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pulled {
    /// The head is the one that was named.
    Same,
    /// There is more.
    Page(PageUp),
}

impl Store {
    /// What was pushed after the head that somebody knows, in the order of the chain, with the headers of that stretch. Where it still is the
    /// head, one row says so.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such account, [`StoreError::NoCopy`] where none is kept.
    pub async fn pull(
        &self,
        account: AccountId,
        after: i64,
        known: [u8; 32],
        limits: PageLimits,
    ) -> Result<Pulled, StoreError> {
        // An account that keeps no copy has a head all the same, which nobody is to take for one.
        let head = self.glance(move |tx| Box::pin(head_of_copy(tx, account))).await?;
        if head.hash == known {
            return Ok(Pulled::Same);
        }
        let page = self.snapshot(move |tx| Box::pin(page_up(tx, account, after, limits)));
        page.await.map(Pulled::Page)
    }

    /// What was pushed at a place and below it, the newest first.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such account.
    pub async fn pull_down(
        &self,
        account: AccountId,
        from: i64,
        limits: PageLimits,
    ) -> Result<PageDown, StoreError> {
        self.snapshot(move |tx| Box::pin(page_down(tx, account, from, limits)))
            .await
    }

    /// The headers after a place, up to another one, with the head of that state.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such account.
    pub async fn headers(
        &self,
        account: AccountId,
        after: i64,
        to: i64,
        limits: PageLimits,
    ) -> Result<(Head, Vec<StoredHeader>), StoreError> {
        self.snapshot(move |tx| {
            Box::pin(async move {
                let head = require_head(tx, account).await?;
                let to = headers_until(tx, account, (after, to.min(head.sequence)), limits).await?;
                Ok((head, read_headers(tx, account, (after, to)).await?))
            })
        })
        .await
    }

    /// The records after an id, in the order of ids, with the head of that state: for looking whether all of them are there.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such account.
    pub async fn records_after(
        &self,
        account: AccountId,
        after: Option<RecordId>,
        limits: PageLimits,
    ) -> Result<PageById, StoreError> {
        self.snapshot(move |tx| Box::pin(page_by_id(tx, account, after, limits)))
            .await
    }

    /// Those of these records that are there, by the order of their ids, as many as a page holds, with the head of that state.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such account.
    pub async fn fetch(
        &self,
        account: AccountId,
        ids: Vec<RecordId>,
        limits: PageLimits,
    ) -> Result<(Head, Vec<StoredRecord>), StoreError> {
        self.snapshot(move |tx| {
            let ids = ids.clone();
            Box::pin(async move {
                let head = require_head(tx, account).await?;
                Ok((head, read_these(tx, account, &ids, limits).await?))
            })
        })
        .await
    }

    /// Where the account stands: for a device that read no header yet.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such account.
    pub async fn standing(&self, account: AccountId) -> Result<Standing, StoreError> {
        self.snapshot(move |tx| Box::pin(standing(tx, account))).await
    }
}

async fn head_of_copy(tx: &mut dyn Tx, account: AccountId) -> Result<Head, StoreError> {
    let find = "SELECT head.sequence, head.hash, account.copy_consented_day FROM head
        JOIN account ON account.account_id = head.account_id WHERE head.account_id = ?1";
    let row = tx
        .row(find, values![account])
        .await?
        .ok_or(StoreError::NotFound)?;
    if row.get::<Option<i64>>(2)?.is_none() {
        return Err(StoreError::NoCopy);
    }
    Ok(Head {
        sequence: row.get(0)?,
        hash: row.get(1)?,
    })
}

async fn standing(tx: &mut dyn Tx, account: AccountId) -> Result<Standing, StoreError> {
    let head = require_head(tx, account).await?;
    let before = head.sequence.saturating_sub(1);
    let newest = read_headers(tx, account, (before, head.sequence)).await?;
    let of_devices = "SELECT sequence, kind, bytes FROM header
        WHERE account_id = ?1 AND of_devices = 1 ORDER BY sequence";
    let of_devices = tx.rows(of_devices, values![account]).await?;
    Ok(Standing {
        head: newest.into_iter().next().ok_or(StoreError::Damaged)?,
        epochs: epoch::read(tx, account, 0).await?,
        of_devices: of_devices.into_iter().map(header).collect::<Result<_, _>>()?,
    })
}

async fn require_head(tx: &mut dyn Tx, account: AccountId) -> Result<Head, StoreError> {
    chain::head(tx, account).await?.ok_or(StoreError::NotFound)
}

async fn page_up(
    tx: &mut dyn Tx,
    account: AccountId,
    after: i64,
    limits: PageLimits,
) -> Result<PageUp, StoreError> {
    let head = require_head(tx, account).await?;
    let find = "SELECT sequence, CAST(LENGTH(envelope) AS BIGINT) FROM record
        WHERE account_id = ?1 AND sequence > ?2 ORDER BY sequence LIMIT ?3";
    let rows = tx.rows(find, values![account, after, limits.records + 1]).await?;
    let to = last_that_fits(&rows, limits)?.unwrap_or_else(|| head.sequence.max(after));
    let to = headers_until(tx, account, (after, to), limits).await?;
    let mut headers = read_headers(tx, account, (after, to)).await?;
    let to = end_well(tx, account, head, to, &mut headers).await?;
    let read = "SELECT record_id, sequence, deleted, envelope FROM record
        WHERE account_id = ?1 AND sequence > ?2 AND sequence <= ?3 ORDER BY sequence, record_id";
    let rows = tx.rows(read, values![account, after, to]).await?;
    Ok(PageUp {
        head,
        to,
        records: rows.into_iter().map(stored).collect::<Result<_, _>>()?,
        headers,
    })
}

/// Behind what begins an epoch the next header may leave places out, if it restarts: whoever reads the one needs the other beside it. Such an
/// end is left to the next page, or, where the page has nothing else, taken along with it.
async fn end_well(
    tx: &mut dyn Tx,
    account: AccountId,
    head: Head,
    mut to: i64,
    headers: &mut Vec<StoredHeader>,
) -> Result<i64, StoreError> {
    while to < head.sequence && headers.last().is_some_and(|last| last.kind == HeaderKind::Epoch) {
        match headers
            .iter()
            .rposition(|header| header.kind != HeaderKind::Epoch)
        {
            Some(other) => {
                headers.truncate(other + 1);
                to = headers.last().map_or(to, |last| last.sequence);
            }
            None => {
                let next = "SELECT sequence, kind, bytes FROM header
                    WHERE account_id = ?1 AND sequence > ?2 ORDER BY sequence LIMIT 1";
                let next = tx.row(next, values![account, to]).await?;
                headers.push(header(next.ok_or(StoreError::Damaged)?)?);
                to = headers.last().map_or(to, |last| last.sequence);
            }
        }
    }
    Ok(to)
}

async fn page_down(
    tx: &mut dyn Tx,
    account: AccountId,
    from: i64,
    limits: PageLimits,
) -> Result<PageDown, StoreError> {
    let head = require_head(tx, account).await?;
    let find = "SELECT sequence, CAST(LENGTH(envelope) AS BIGINT) FROM record
        WHERE account_id = ?1 AND sequence <= ?2 ORDER BY sequence DESC LIMIT ?3";
    let rows = tx.rows(find, values![account, from, limits.records + 1]).await?;
    let to = last_that_fits(&rows, limits)?.unwrap_or(1);
    let read = "SELECT record_id, sequence, deleted, envelope FROM record
        WHERE account_id = ?1 AND sequence <= ?2 AND sequence >= ?3 ORDER BY sequence DESC, record_id";
    let rows = tx.rows(read, values![account, from, to]).await?;
    Ok(PageDown {
        head,
        to,
        records: rows.into_iter().map(stored).collect::<Result<_, _>>()?,
    })
}

/// Of rows of place and length, in either order, the last place all of whose rows fit on a page; nothing where all of them do. What came with one header stays
/// together, so that a place is all that has to be named to go on.
fn last_that_fits(rows: &[Row], limits: PageLimits) -> Result<Option<i64>, StoreError> {
    let (mut bytes, mut whole, mut at) = (0, None, None);
    for (row, number) in rows.iter().zip(1..) {
        let sequence: i64 = row.get(0)?;
        if at != Some(sequence) {
            (whole, at) = (at, Some(sequence));
        }
        bytes += row.get::<i64>(1)?;
        if bytes > limits.bytes || number > limits.records {
            return Ok(whole.or(at));
        }
    }
    Ok(None)
}

/// As far as the headers of a stretch fit on a page.
async fn headers_until(
    tx: &mut dyn Tx,
    account: AccountId,
    (after, until): (i64, i64),
    limits: PageLimits,
) -> Result<i64, StoreError> {
    if until.saturating_sub(after) <= FEW_HEADERS {
        return Ok(until);
    }
    let find = "SELECT sequence, CAST(LENGTH(bytes) AS BIGINT) FROM header
        WHERE account_id = ?1 AND sequence > ?2 AND sequence <= ?3 ORDER BY sequence LIMIT ?4";
    let rows = tx
        .rows(find, values![account, after, until, MOST_HEADERS + 1])
        .await?;
    let limits = PageLimits {
        records: MOST_HEADERS,
        ..limits
    };
    Ok(last_that_fits(&rows, limits)?.unwrap_or(until))
}

async fn read_headers(
    tx: &mut dyn Tx,
    account: AccountId,
    (after, until): (i64, i64),
) -> Result<Vec<StoredHeader>, StoreError> {
    let read = "SELECT sequence, kind, bytes FROM header
        WHERE account_id = ?1 AND sequence > ?2 AND sequence <= ?3 ORDER BY sequence";
    let rows = tx.rows(read, values![account, after, until]).await?;
    rows.into_iter().map(header).collect()
}

fn header(mut row: Row) -> Result<StoredHeader, StoreError> {
    Ok(StoredHeader {
        sequence: row.get(0)?,
        kind: HeaderKind::find(row.get(1)?)?,
        bytes: row.take(2)?,
    })
}

async fn page_by_id(
    tx: &mut dyn Tx,
    account: AccountId,
    after: Option<RecordId>,
    limits: PageLimits,
) -> Result<PageById, StoreError> {
    let head = require_head(tx, account).await?;
    // Before every id stands nothing.
    let after = after.map_or(Vec::new(), |id| id.0.to_vec());
    let fit = chain::records_within(tx, account, &after, limits.records, limits.bytes).await?;
    let read = "SELECT record_id, sequence, deleted, envelope FROM record
        WHERE account_id = ?1 AND record_id > ?2 ORDER BY record_id LIMIT ?3";
    let rows = tx.rows(read, values![account, after, fit]).await?;
    let records: Vec<_> = rows.into_iter().map(stored).collect::<Result<_, _>>()?;
    let more = match records.last() {
        None => false,
        Some(last) => {
            let further = "SELECT record_id FROM record WHERE account_id = ?1 AND record_id > ?2 LIMIT 1";
            tx.row(further, values![account, last.record]).await?.is_some()
        }
    };
    Ok(PageById { head, records, more })
}

async fn read_these(
    tx: &mut dyn Tx,
    account: AccountId,
    ids: &[RecordId],
    limits: PageLimits,
) -> Result<Vec<StoredRecord>, StoreError> {
    let length =
        "SELECT CAST(LENGTH(envelope) AS BIGINT) FROM record WHERE account_id = ?1 AND record_id = ?2";
    let read =
        "SELECT record_id, sequence, deleted, envelope FROM record WHERE account_id = ?1 AND record_id = ?2";
    let (mut records, mut bytes, mut count) = (Vec::new(), 0, 0);
    for id in ids {
        let Some(row) = tx.row(length, values![account, *id]).await? else {
            continue;
        };
        (bytes, count) = (bytes + row.get::<i64>(0)?, count + 1);
        if !records.is_empty() && (bytes > limits.bytes || count > limits.records) {
            break;
        }
        if let Some(row) = tx.row(read, values![account, *id]).await? {
            records.push(stored(row)?);
        }
    }
    Ok(records)
}

fn stored(mut row: Row) -> Result<StoredRecord, StoreError> {
    Ok(StoredRecord {
        record: row.get(0)?,
        sequence: row.get(1)?,
        deleted: row.get::<i64>(2)? == 1,
        envelope: row.take(3)?,
    })
}
