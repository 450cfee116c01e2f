//! What several instances share: leases of jobs, and counts of requests.

use super::login::Subject;
use super::tx::values;
use super::{CodeHash, Instance, Moment, Store, StoreError};
use crate::keys::NetworkHash;

/// What requests are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// An account, or an address that nobody has.
    Subject(Subject),
    /// A network address.
    Network(NetworkHash),
    /// Something that may be tried a few times only, such as a code that was mailed.
    Tried(CodeHash),
}

impl Store {
    /// Takes a job for some seconds, or keeps it; `false` when another instance has it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn take_lease(
        &self,
        job: &'static str,
        holder: Instance,
        seconds: i64,
        now: Moment,
    ) -> Result<bool, StoreError> {
        self.single(move |tx| {
            Box::pin(async move {
                let take = "INSERT INTO job (name, holder, until_at) VALUES (?1, ?2, ?3) ON CONFLICT (name) DO UPDATE
                    SET holder = excluded.holder, until_at = excluded.until_at
                    WHERE job.holder = excluded.holder OR job.until_at <= ?4";
                let values = values![job, holder, now.plus(seconds), now];
                Ok(tx.run(take, values).await? == 1)
            })
        })
        .await
    }

    /// Gives a job back; one that another instance has stays with it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn release_lease(&self, job: &'static str, holder: Instance) -> Result<(), StoreError> {
        self.single(move |tx| {
            Box::pin(async move {
                let release = "DELETE FROM job WHERE name = ?1 AND holder = ?2";
                tx.run(release, values![job, holder]).await.map(|_| ())
            })
        })
        .await
    }

    /// Gives every job back that this instance has.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn release_leases(&self, holder: Instance) -> Result<(), StoreError> {
        self.single(move |tx| {
            Box::pin(async move {
                tx.run("DELETE FROM job WHERE holder = ?1", values![holder])
                    .await
                    .map(|_| ())
            })
        })
        .await
    }

    /// Counts a request; gives how many there were in its period of so many seconds, this one included.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_request(
        &self,
        counted: Counted,
        seconds: i64,
        now: Moment,
    ) -> Result<i64, StoreError> {
        let hash = match counted {
            Counted::Subject(subject) => subject.hash(&self.held).0,
            Counted::Network(network) => network.0,
            Counted::Tried(what) => what.0,
        };
        let period = now.0 - now.0.rem_euclid(seconds.max(1));
        self.single(move |tx| {
            Box::pin(async move {
                let count = "INSERT INTO rate (counted_hash, period, requests) VALUES (?1, ?2, 1)
                    ON CONFLICT (counted_hash, period) DO UPDATE SET requests = rate.requests + 1
                    RETURNING requests";
                tx.count(count, values![hash, period]).await
            })
        })
        .await
    }
}
