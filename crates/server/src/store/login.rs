//! Begun logins. Each counts as a failure until its last message arrives, for an account as for an address that nobody
//! has.

use super::tx::{Tx, values};
use super::{AccountId, AttemptId, Held, Moment, Store, StoreError};
use crate::keys::{AddressHash, NetworkHash, SubjectHash};

/// Who tries to log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// An account.
    Account(AccountId),
    /// An address that nobody has.
    Unknown(AddressHash),
}

/// How many may fail within how many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginLimits {
    /// For one account or unknown address.
    pub by_subject: i64,
    /// From one network address.
    pub by_network: i64,
    /// Within so many seconds.
    pub within: i64,
}

/// What became of a login that somebody wants to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It may go on, and counts as a failure until it is settled.
    Counted(AttemptId),
    /// There were too many; the next may begin at this moment.
    TooMany(Moment),
}

impl Subject {
    pub(crate) fn hash(self, held: &Held) -> SubjectHash {
        match self {
            Self::Account(account) => held.index.account(&account.0),
            Self::Unknown(address) => held.index.unknown(&address),
        }
    }
}

impl Store {
    /// Begins a login, where there were not too many.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn begin_login(
        &self,
        subject: Subject,
        network: NetworkHash,
        limits: LoginLimits,
        now: Moment,
    ) -> Result<Begun, StoreError> {
        let subject = subject.hash(&self.held);
        let attempt = AttemptId::make_random()?;
        self.write(move |tx| Box::pin(begin(tx, subject, network, attempt, limits, now)))
            .await
    }

    /// Notes that a login's last message was right: it counts no more.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such login, or it was settled before.
    pub async fn settle_login(&self, subject: Subject, attempt: AttemptId) -> Result<(), StoreError> {
        let subject = subject.hash(&self.held);
        self.single(move |tx| {
            Box::pin(async move {
                let settle = "DELETE FROM login_begun WHERE subject_hash = ?1 AND attempt = ?2";
                match tx.run(settle, values![subject, attempt]).await? {
                    1 => Ok(()),
                    _ => Err(StoreError::NotFound),
                }
            })
        })
        .await
    }
}

async fn begin(
    tx: &mut dyn Tx,
    subject: SubjectHash,
    network: NetworkHash,
    attempt: AttemptId,
    limits: LoginLimits,
    now: Moment,
) -> Result<Begun, StoreError> {
    let since = now.plus(-limits.within);
    let by_subject = "SELECT begun_at FROM login_begun WHERE subject_hash = ?1 AND begun_at > ?2
        ORDER BY begun_at DESC LIMIT 1 OFFSET ?3";
    let by_network = "SELECT begun_at FROM login_begun WHERE network_hash = ?1 AND begun_at > ?2
        ORDER BY begun_at DESC LIMIT 1 OFFSET ?3";
    // The oldest of as many as are allowed: when it has had its time, there is room for one more.
    let one = tx
        .row(by_subject, values![subject, since, limits.by_subject - 1])
        .await?;
    let other = tx
        .row(by_network, values![network, since, limits.by_network - 1])
        .await?;
    let mut until: Option<Moment> = None;
    for row in [one, other].into_iter().flatten() {
        until = until.max(Some(row.get::<Moment>(0)?.plus(limits.within)));
    }
    if let Some(until) = until {
        return Ok(Begun::TooMany(until));
    }
    let insert =
        "INSERT INTO login_begun (subject_hash, attempt, network_hash, begun_at) VALUES (?1, ?2, ?3, ?4)";
    tx.run(insert, values![subject, attempt, network, now]).await?;
    Ok(Begun::Counted(attempt))
}
