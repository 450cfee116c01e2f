//! Erasures that were interrupted, the ledger, and what has had its time.

use std::sync::Arc;

use super::Lease;
use crate::{
    accounts::Accounts,
    backup::{self, BackupError, Origin},
    config::Config,
    store::{Erasing, Instance, Moment, StoreError},
};

/// How long an instance has a job, in seconds.
const LEASE: i64 = 120;

/// Goes on with erasures that were interrupted, and notes how far the ledger reaches.
pub(super) async fn finish(accounts: &Accounts, instance: Instance, now: Moment) -> Result<(), StoreError> {
    let store = &accounts.store;
    let ledger = Arc::clone(&accounts.ledger);
    let reached = tokio::task::spawn_blocking(move || ledger.reaches()).await;
    let reached = reached
        .map_err(|_| StoreError::Unavailable)?
        .map_err(|_| StoreError::Unavailable)?;
    if reached > store.ledger_reached().await? {
        store.note_ledger(reached).await?;
    }
    if store.unfinished_erasures().await?.is_empty() {
        return Ok(());
    }
    let lease = Lease { store, instance, now };
    if let Some(accounts) = lease.of("erasure", LEASE, store.finish_erasures()).await? {
        tracing::info!(accounts, "erasures finished");
    }
    Ok(())
}

/// Forgets what has had its time, in the store and in the ledger.
pub(super) async fn sweep(accounts: &Accounts, instance: Instance, now: Moment) -> Result<(), StoreError> {
    let store = &accounts.store;
    let forgotten = async {
        let rows = store.sweep(now).await?;
        let ledger = Arc::clone(&accounts.ledger);
        tokio::task::spawn_blocking(move || ledger.forget(now))
            .await
            .map_err(|_| StoreError::Unavailable)?
            .map_err(|_| StoreError::Unavailable)?;
        tracing::debug!(rows, "swept");
        Ok(())
    };
    let lease = Lease { store, instance, now };
    lease.of("sweep", LEASE, forgotten).await.map(drop)
}

/// Deletes blobs that were dropped, and open ones that nobody came back to.
pub(super) async fn delete_blobs(
    accounts: &Accounts,
    instance: Instance,
    now: Moment,
) -> Result<(), StoreError> {
    let store = &accounts.store;
    if !store.has_blobs_to_delete(now).await? {
        return Ok(());
    }
    let deleted = async {
        store.let_open_blobs_go(now).await?;
        // Each step is short; another instance that takes the lease meanwhile does the same work.
        while store.delete_going().await? == Erasing::More {}
        Ok(())
    };
    let lease = Lease { store, instance, now };
    lease.of("blobs", LEASE, deleted).await.map(drop)
}

/// How long an instance has the making of a backup, in seconds.
const BACKUP_LEASE: i64 = 3600;

/// Makes a backup where one is due, and forgets those whose time is over.
pub(super) async fn back_up(
    accounts: &Accounts,
    config: &Config,
    instance: Instance,
    now: Moment,
) -> Result<(), BackupError> {
    let Some(folder) = &config.backup.folder else {
        return Ok(());
    };
    let store = &accounts.store;
    if !backup::is_due(folder, &config.backup, now)? {
        return Ok(());
    }
    let origin = Origin {
        store,
        keys: &accounts.keys,
        ledger: Arc::clone(&accounts.ledger),
        config,
    };
    let lease = Lease { store, instance, now };
    let made = backup::make(origin, folder, now);
    if let Some((_, rows)) = lease.of("backup", BACKUP_LEASE, made).await? {
        let gone = backup::forget_old(folder, &config.backup, now)?;
        tracing::info!(rows, gone, "a backup was made");
    }
    Ok(())
}

/// Takes what was erased out of the database's own files.
pub(super) async fn purge(accounts: &Accounts, instance: Instance, now: Moment) -> Result<(), StoreError> {
    let store = &accounts.store;
    let lease = Lease { store, instance, now };
    // Where somebody reads just now it fails.
    lease.of("purge", LEASE, store.purge()).await.map(drop)
}

#[cfg(test)]
mod tests;
