//! The chains: one for each account, which goes with it, and one for what staff do. Each row holds the hash of the one
//! before, so that none can be changed, left out or moved without breaking it.

use super::account::require_active;
use super::live::Concerns;
use super::tx::{Row, Tx, values};
use super::{AccountId, Moment, Pseudonym, Store, StoreError};

const FIRST: [u8; 32] = [0; 32];

/// A row of an account's own chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// Counted from 1.
    pub number: i64,
    /// When.
    pub at: Moment,
    /// What was done, by a fixed name.
    pub action: String,
    /// By whom: a device, a pseudonym of staff, or a part of the server.
    pub actor: Vec<u8>,
    /// The hash of the row before.
    pub before: [u8; 32],
    /// The hash of this row.
    pub hash: [u8; 32],
}

/// A row of the chain of the staff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffLogEntry {
    /// The row.
    pub entry: LogEntry,
    /// To what it was done: an account by its pseudonym, an organisation, or nothing.
    pub subject: Vec<u8>,
}

impl Store {
    /// Adds a row to an account's chain.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such account.
    pub async fn append_log(
        &self,
        account: AccountId,
        action: &'static str,
        actor: Vec<u8>,
        now: Moment,
    ) -> Result<(), StoreError> {
        self.write(move |tx| {
            let actor = actor.clone();
            Box::pin(async move {
                require_active(tx, account).await?;
                append(tx, account, action, &actor, now).await
            })
        })
        .await
    }

    /// The rows of an account's chain after a number, oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn log(&self, account: AccountId, after: i64, limit: i64) -> Result<Vec<LogEntry>, StoreError> {
        self.glance(move |tx| {
            Box::pin(async move {
                let find = "SELECT number, at, action, actor, before_hash, row_hash FROM log
                    WHERE account_id = ?1 AND number > ?2 ORDER BY number LIMIT ?3";
                let rows = tx.rows(find, values![account, after, limit]).await?;
                rows.iter().map(entry).collect()
            })
        })
        .await
    }

    /// Adds a row to the chain of the staff; gives its hash.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn append_staff_log(
        &self,
        action: &'static str,
        actor: Pseudonym,
        subject: Vec<u8>,
        now: Moment,
    ) -> Result<[u8; 32], StoreError> {
        self.write(move |tx| {
            let subject = subject.clone();
            Box::pin(async move { append_staff(tx, action, &actor.0, &subject, now).await })
        })
        .await
    }

    /// The rows of the chain of the staff after a number, oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn staff_log(&self, after: i64, limit: i64) -> Result<Vec<StaffLogEntry>, StoreError> {
        self.peek(move |tx| {
            Box::pin(async move {
                let find = "SELECT number, at, action, actor, before_hash, row_hash, subject FROM staff_log
                    WHERE number > ?1 ORDER BY number LIMIT ?2";
                let rows = tx.rows(find, values![after, limit]).await?;
                let staff = |row: &Row| {
                    Ok(StaffLogEntry {
                        entry: entry(row)?,
                        subject: row.get(6)?,
                    })
                };
                rows.iter().map(staff).collect()
            })
        })
        .await
    }
}

/// Adds a row to an account's chain, within the transaction of what it tells; the account's devices hear that there is news.
pub(crate) async fn append(
    tx: &mut dyn Tx,
    account: AccountId,
    action: &str,
    actor: &[u8],
    now: Moment,
) -> Result<(), StoreError> {
    append_unheard(tx, account, action, actor, now).await?;
    tx.tell(Concerns::Account(account, actor)).await
}

/// The same for what a device's own question leaves: were it news, asking would be, and would never end.
pub(crate) async fn append_unheard(
    tx: &mut dyn Tx,
    account: AccountId,
    action: &str,
    actor: &[u8],
    now: Moment,
) -> Result<(), StoreError> {
    let last = "SELECT number, row_hash FROM log WHERE account_id = ?1 ORDER BY number DESC LIMIT 1";
    let (number, before) = following(tx.row(last, values![account]).await?)?;
    let hash = hash(&account.0, number, now, action, &[actor], &before);
    let insert = "INSERT INTO log (account_id, number, at, action, actor, before_hash, row_hash)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let values = values![account, number, now, action, actor, before, hash];
    tx.run(insert, values).await.map(|_| ())
}

async fn append_staff(
    tx: &mut dyn Tx,
    action: &str,
    actor: &[u8],
    subject: &[u8],
    now: Moment,
) -> Result<[u8; 32], StoreError> {
    let last = "SELECT number, row_hash FROM staff_log ORDER BY number DESC LIMIT 1";
    let (number, before) = following(tx.row(last, values![]).await?)?;
    let hash = hash(STAFF, number, now, action, &[actor, subject], &before);
    let insert = "INSERT INTO staff_log (number, at, action, actor, subject, before_hash, row_hash)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let values = values![number, now, action, actor, subject, before, hash];
    tx.run(insert, values).await?;
    Ok(hash)
}

/// The chain that is nobody's account.
const STAFF: &[u8] = b"staff";

fn following(last: Option<Row>) -> Result<(i64, [u8; 32]), StoreError> {
    match last {
        Some(row) => Ok((row.get::<i64>(0)? + 1, row.get(1)?)),
        None => Ok((1, FIRST)),
    }
}

fn entry(row: &Row) -> Result<LogEntry, StoreError> {
    Ok(LogEntry {
        number: row.get(0)?,
        at: row.get(1)?,
        action: row.get(2)?,
        actor: row.get(3)?,
        before: row.get(4)?,
        hash: row.get(5)?,
    })
}

/// BLAKE3 over all fields in their order: numbers little-endian, everything else behind its length.
fn hash(chain: &[u8], number: i64, at: Moment, action: &str, who: &[&[u8]], before: &[u8; 32]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key("regie/1/log");
    let mut put = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    put(chain);
    put(&number.to_le_bytes());
    put(&at.0.to_le_bytes());
    put(action.as_bytes());
    who.iter().for_each(|part| put(part));
    put(before);
    *hasher.finalize().as_bytes()
}

/// Whether rows of an account's chain follow one another, the first of them after `before` (`None` at the beginning).
#[must_use]
pub fn is_unbroken(account: AccountId, before: Option<(i64, [u8; 32])>, rows: &[LogEntry]) -> bool {
    follow(before, rows.iter(), |row| {
        hash(
            &account.0,
            row.number,
            row.at,
            &row.action,
            &[&row.actor],
            &row.before,
        )
    })
}

/// The same for the chain of the staff.
#[must_use]
pub fn is_unbroken_staff(before: Option<(i64, [u8; 32])>, rows: &[StaffLogEntry]) -> bool {
    let mut subjects = rows.iter().map(|row| row.subject.as_slice());
    follow(before, rows.iter().map(|row| &row.entry), |row| {
        let subject = subjects.next().unwrap_or_default();
        hash(
            STAFF,
            row.number,
            row.at,
            &row.action,
            &[&row.actor, subject],
            &row.before,
        )
    })
}

fn follow<'r>(
    before: Option<(i64, [u8; 32])>,
    mut rows: impl Iterator<Item = &'r LogEntry>,
    mut expected: impl FnMut(&LogEntry) -> [u8; 32],
) -> bool {
    let mut last = before.unwrap_or((0, FIRST));
    rows.all(|row| {
        let follows = row.number == last.0 + 1 && row.before == last.1 && row.hash == expected(row);
        last = (row.number, row.hash);
        follows
    })
}
