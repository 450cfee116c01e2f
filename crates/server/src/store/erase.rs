//! Erasing an account. A short first transaction makes it unreachable, then its rows go: on SQLite, where there is one writer, in
//! batches, so that nobody else waits; on PostgreSQL the many first, by themselves. A crash between two of them costs nothing but the
//! time until the next start.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ledger::{Ledger, LedgerEntry, What};
use super::live::Concerns;
use super::tx::{Tx, values};
use super::{AccountId, Engine, Held, Moment, Store, StoreError, Subject, account, blob, chain, invitation};

/// So many rows go in one transaction where everybody else who writes waits for it.
const BATCH: i64 = 1000;
/// And so many bytes of records.
const BATCH_BYTES: i64 = 8 << 20;

/// Every table that an account owns, with the rest of its key; what refers to another stands before it.
pub(crate) const OWNED: &[(&str, &str)] = &[
    ("chunk", "blob_id, number"),
    ("blob", "blob_id"),
    ("record", "record_id"),
    ("head", ""),
    ("wrap", "epoch, way"),
    ("epoch", "number"),
    ("header", "sequence"),
    ("factor_code", "code_hash"),
    ("credential", ""),
    ("device", "device_id"),
    ("mail_code", "purpose"),
    ("identity", ""),
    ("contact", ""),
    ("seat_of", ""),
    ("log", "number"),
    ("outbox", "mail_id"),
];

/// Of these, those in which an account may have very many rows.
const LARGE: &[&str] = &["log"];

/// Tables that name an account under another key.
pub(crate) const NAMING: &[(&str, &str)] = &[("address_lookup", "account_id"), ("pairing", "account_id")];

/// Tables that count by an account's hash.
pub(crate) const COUNTING: &[(&str, &str)] = &[("login_begun", "subject_hash"), ("rate", "counted_hash")];

/// How far an erasure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Erasing {
    /// There may be more.
    More,
    /// Nothing is left.
    Done,
}

impl Store {
    /// Erases an account, from the ledger to the last row.
    ///
    /// # Errors
    /// As [`Self::begin_erasure`]. After an error later on, [`Self::finish_erasures`] goes on where it stopped.
    pub async fn erase_account(
        &self,
        account: AccountId,
        ledger: Arc<dyn Ledger>,
        now: Moment,
        backups_until: Moment,
    ) -> Result<(), StoreError> {
        self.begin_erasure(account, ledger, now, backups_until).await?;
        self.finish_erasure(account).await
    }

    async fn finish_erasure(&self, account: AccountId) -> Result<(), StoreError> {
        let batch = match self.engine {
            Engine::Sqlite(_) => Some(BATCH),
            Engine::Postgres(_) => {
                self.erase_chunks(account).await?;
                self.erase_large(account).await?;
                None
            }
        };
        while self.erase_batch(account, batch).await? == Erasing::More {}
        Ok(())
    }

    /// In a serialisable transaction PostgreSQL notes down each row that is read, which costs more than deleting it. Nobody reaches these
    /// rows any more; what came in meanwhile goes with the rest, in the last transaction.
    async fn erase_large(&self, account: AccountId) -> Result<(), StoreError> {
        for table in LARGE {
            self.single(move |tx| {
                Box::pin(async move {
                    let delete = format!("DELETE FROM {table} WHERE account_id = ?1");
                    tx.run(&delete, values![account]).await
                })
            })
            .await?;
        }
        Ok(())
    }

    /// By so many bytes at once: no transaction is to delete gigabytes.
    async fn erase_chunks(&self, account: AccountId) -> Result<(), StoreError> {
        let delete = delete_some("chunk", "blob_id, number");
        loop {
            let delete = delete.clone();
            let gone = self.single(move |tx| {
                let delete = delete.clone();
                Box::pin(async move { tx.run(&delete, values![account, blob::BATCH_OF_LARGEST]).await })
            });
            if gone.await? == 0 {
                return Ok(());
            }
        }
    }

    /// Writes the erasure down in the ledger and makes the account unreachable. The ledger comes first: what stands in it
    /// is erased at the next start, whatever happens now.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such account, [`StoreError::Unavailable`] when the ledger cannot be
    /// written; then nothing was changed.
    pub async fn begin_erasure(
        &self,
        account: AccountId,
        ledger: Arc<dyn Ledger>,
        now: Moment,
        backups_until: Moment,
    ) -> Result<(), StoreError> {
        self.account(account).await?;
        note(ledger, account, What::Erased, now, backups_until).await?;
        self.make_unreachable(account).await.map(|_| ())
    }

    /// Erases up to so many rows; all without a limit.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn erase_batch(&self, account: AccountId, limit: Option<i64>) -> Result<Erasing, StoreError> {
        let held = self.held.clone();
        self.write(move |tx| {
            let held = held.clone();
            Box::pin(async move { erase_some(tx, &held, account, limit).await })
        })
        .await
    }

    /// The accounts whose erasure was begun and not finished.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn unfinished_erasures(&self) -> Result<Vec<AccountId>, StoreError> {
        self.peek(|tx| {
            Box::pin(async move {
                let find = "SELECT account_id FROM account WHERE state = 'erasing'";
                let rows = tx.rows(find, values![]).await?;
                rows.iter().map(|row| row.get(0)).collect()
            })
        })
        .await
    }

    /// Goes on with every erasure that was begun; gives how many came to their end.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn finish_erasures(&self) -> Result<usize, StoreError> {
        let unfinished = self.unfinished_erasures().await?;
        for account in &unfinished {
            self.finish_erasure(*account).await?;
        }
        Ok(unfinished.len())
    }

    /// Does again what the ledger says, at start and before anybody is served: after a backup was restored, who was
    /// erased is erased. Gives how many accounts that were.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the ledger cannot be read to its end: then nobody may be served.
    pub async fn replay(&self, ledger: &dyn Ledger) -> Result<usize, StoreError> {
        let entries = ledger.entries().map_err(|_| StoreError::Damaged)?;
        // Of a copy that was withdrawn and wanted several times, the last word counts.
        let mut copies = BTreeMap::new();
        for entry in entries {
            match entry.what {
                What::Erased => {
                    self.make_unreachable(entry.account).await?;
                }
                What::CopyWithdrawn | What::CopyWanted => {
                    copies.insert(entry.account, entry.what);
                }
            }
        }
        for (account, what) in copies {
            if what == What::CopyWithdrawn {
                self.withdraw_copy_again(account).await?;
            }
        }
        self.finish_erasures().await
    }

    /// How many rows of all tables belong to an account or name it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn rows_owned_by(&self, account: AccountId) -> Result<i64, StoreError> {
        let subject = Subject::Account(account).hash(&self.held);
        self.peek(move |tx| {
            Box::pin(async move {
                let mut rows = 0;
                let owned = OWNED.iter().chain([&("account", "")]);
                let by_id = owned
                    .map(|(table, _)| (*table, "account_id"))
                    .chain(NAMING.iter().copied());
                for (table, column) in by_id {
                    let count = format!("SELECT COUNT(*) FROM {table} WHERE {column} = ?1");
                    rows += tx.count(&count, values![account]).await?;
                }
                for (table, column) in COUNTING {
                    let count = format!("SELECT COUNT(*) FROM {table} WHERE {column} = ?1");
                    rows += tx.count(&count, values![subject]).await?;
                }
                Ok(rows)
            })
        })
        .await
    }

    /// `false` when there is no such account.
    async fn make_unreachable(&self, account: AccountId) -> Result<bool, StoreError> {
        let held = self.held.clone();
        self.write(move |tx| {
            let held = held.clone();
            Box::pin(async move { unreachable(tx, &held, account).await })
        })
        .await
    }

    async fn withdraw_copy_again(&self, account: AccountId) -> Result<(), StoreError> {
        self.write(move |tx| Box::pin(account::forget_copy(tx, account)))
            .await
    }
}

/// Writes a row of the ledger; it is on the disk when this returns.
pub(crate) async fn note(
    ledger: Arc<dyn Ledger>,
    account: AccountId,
    what: What,
    at: Moment,
    backups_until: Moment,
) -> Result<(), StoreError> {
    let entry = LedgerEntry {
        account,
        what,
        at,
        backups_until,
    };
    tokio::task::spawn_blocking(move || ledger.append(&entry))
        .await
        .map_err(|_| StoreError::Unavailable)?
        .map_err(|_| StoreError::Unavailable)
}

/// Without address, credential and devices nobody finds or enters it; and its invitation is free again.
async fn unreachable(tx: &mut dyn Tx, held: &Held, account: AccountId) -> Result<bool, StoreError> {
    let mark = "UPDATE account SET state = 'erasing' WHERE account_id = ?1";
    if tx.run(mark, values![account]).await? == 0 {
        return Ok(false);
    }
    invitation::free(tx, held, account).await?;
    for table in [
        "address_lookup",
        "pairing",
        "factor_code",
        "credential",
        "device",
        "mail_code",
    ] {
        let delete = format!("DELETE FROM {table} WHERE account_id = ?1");
        tx.run(&delete, values![account]).await?;
    }
    tx.tell(Concerns::Account(account, b"erasure")).await?;
    Ok(true)
}

async fn erase_some(
    tx: &mut dyn Tx,
    held: &Held,
    account: AccountId,
    limit: Option<i64>,
) -> Result<Erasing, StoreError> {
    let mut left = limit.map(|limit| limit.max(1));
    for (table, rest) in OWNED {
        let gone = match left {
            Some(left) if *table == "record" => {
                let few = chain::records_within(tx, account, &[], left, BATCH_BYTES).await?;
                let gone = tx.run(&delete_some(table, rest), values![account, few]).await?;
                if few < left && gone > 0 {
                    return Ok(Erasing::More);
                }
                gone
            }
            Some(left) if *table == "chunk" => {
                let few = left.min(blob::BATCH_OF_LARGEST);
                let gone = tx.run(&delete_some(table, rest), values![account, few]).await?;
                if few < left && gone > 0 {
                    return Ok(Erasing::More);
                }
                gone
            }
            Some(left) if !rest.is_empty() => {
                tx.run(&delete_some(table, rest), values![account, left]).await?
            }
            _ => {
                let delete = format!("DELETE FROM {table} WHERE account_id = ?1");
                tx.run(&delete, values![account]).await?
            }
        };
        if let Some(left) = &mut left {
            *left -= i64::try_from(gone).map_err(|_| StoreError::Damaged)?;
            if *left < 1 {
                return Ok(Erasing::More);
            }
        }
    }
    for (table, column) in NAMING {
        let delete = format!("DELETE FROM {table} WHERE {column} = ?1");
        tx.run(&delete, values![account]).await?;
    }
    let subject = Subject::Account(account).hash(held);
    for (table, column) in COUNTING {
        let delete = format!("DELETE FROM {table} WHERE {column} = ?1");
        tx.run(&delete, values![subject]).await?;
    }
    // Last, so that what is found in this state tells what is not finished.
    tx.run("DELETE FROM account WHERE account_id = ?1", values![account])
        .await?;
    Ok(Erasing::Done)
}

fn delete_some(table: &str, rest: &str) -> String {
    format!(
        "DELETE FROM {table} WHERE account_id = ?1 AND ({rest}) IN
            (SELECT {rest} FROM {table} WHERE account_id = ?1 ORDER BY {rest} LIMIT ?2)"
    )
}
