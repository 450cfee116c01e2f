//! What was announced and is due: a second factor that is lifted, an account that is deleted. Whoever objects later is too late.

use std::sync::Arc;

use super::Lease;
use crate::{
    error::Refusal,
    http::{self, App},
    store::{CodePurpose, Instance, StoreError},
};

/// How long an instance has the job, in seconds.
const LEASE: i64 = 120;
/// So many are done at once.
const SOME: i64 = 20;

/// Does what is due.
pub(super) async fn do_due(app: &Arc<App>, instance: Instance) -> Result<(), StoreError> {
    let (store, now) = (&app.accounts.store, app.now());
    let lifts = store.due_codes(CodePurpose::LiftFactor, now, SOME).await?;
    let deletions = store.due_codes(CodePurpose::Delete, now, SOME).await?;
    if lifts.is_empty() && deletions.is_empty() {
        return Ok(());
    }
    let done = async {
        for (account, language) in lifts {
            told(http::lift_due(app, account, language).await);
        }
        for (account, language) in deletions {
            told(http::delete_due(app, account, language).await);
        }
        Ok(())
    };
    let lease = Lease { store, instance, now };
    lease.of("notices", LEASE, done).await.map(drop)
}

/// One that cannot be done does not keep the others; it is tried again.
fn told(outcome: Result<(), Refusal>) {
    match outcome {
        Ok(()) => tracing::info!("done, as announced"),
        Err(refusal) => tracing::error!(code = refusal.code.id(), "what was announced could not be done"),
    }
}
