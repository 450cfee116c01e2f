//! How far the ledger reached. A database that was restored is served only beside a ledger that reaches as far: with a
//! shorter one, who was deleted since would be there again.

use super::tx::values;
use super::{Store, StoreError};

impl Store {
    /// Notes how many rows the ledger ever had. It only grows.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn note_ledger(&self, reached: u64) -> Result<(), StoreError> {
        let reached = i64::try_from(reached).map_err(|_| StoreError::Damaged)?;
        self.single(move |tx| {
            Box::pin(async move {
                let note = "INSERT INTO ledger_mark (one, reached) VALUES (1, ?1) ON CONFLICT (one) DO UPDATE
                    SET reached = excluded.reached WHERE ledger_mark.reached < excluded.reached";
                tx.run(note, values![reached]).await.map(|_| ())
            })
        })
        .await
    }

    /// How many rows the ledger had when that was noted last.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn ledger_reached(&self) -> Result<u64, StoreError> {
        self.peek(|tx| {
            Box::pin(async move {
                let reached = tx
                    .count("SELECT COALESCE(MAX(reached), 0) FROM ledger_mark", values![])
                    .await?;
                u64::try_from(reached).map_err(|_| StoreError::Damaged)
            })
        })
        .await
    }
}
