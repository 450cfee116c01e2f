//! Work that nobody waits for: mails, what was announced, erasures that were interrupted, what has had its time, backups.
//!
//! Every instance tries each job; a row of lease lets one of several on the same database have it. A job that fails is
//! told in the log and tried again.

mod care;
mod mailing;
mod notices;

use std::{future::Future, sync::Arc, time::Duration};

use tokio::{task::JoinSet, time};

use crate::{
    error::ServerError,
    http::App,
    mail::Way,
    store::{Instance, Moment, Store, StoreError},
};

/// How often mails are looked for: somebody may be waiting for a code.
const MAILS: Duration = Duration::from_secs(1);
/// How often what was announced, and blobs that go, are looked at: a look costs next to nothing.
const NOTICES: Duration = Duration::from_secs(3);
/// How often erasures that were interrupted, and the ledger, are looked after.
const SOON: Duration = Duration::from_secs(60);
/// How often what has had its time is forgotten, and whether a backup is due is looked at.
const SELDOM: Duration = Duration::from_secs(600);
/// How often what was erased leaves the database's own files.
const DAILY: Duration = Duration::from_secs(24 * 3600);

/// How soon a job that failed is tried again, the first time.
const AGAIN: Duration = Duration::from_secs(5);

/// The jobs of this instance, until they are ended.
pub(crate) struct Working {
    set: JoinSet<()>,
    app: Arc<App>,
    instance: Instance,
}

impl Working {
    /// Ends them where they are. What one of them was changing is changed whole or not at all; whoever starts next may have each job
    /// at once.
    pub(crate) async fn end(mut self) {
        self.set.shutdown().await;
        if let Err(error) = self.app.accounts.store.release_leases(self.instance).await {
            tracing::warn!(%error, "other instances wait until the leases of this one are over");
        }
    }
}

/// A job that one instance at a time does.
#[derive(Clone, Copy)]
struct Lease<'a> {
    store: &'a Store,
    instance: Instance,
    now: Moment,
}

impl Lease<'_> {
    /// Does the work if no other instance has the job, for at most so many seconds, and gives the job back however the work ended: one
    /// that stayed would turn away a server that starts anew. `None` when another instance has it.
    async fn of<T, E: From<StoreError>>(
        self,
        job: &'static str,
        seconds: i64,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<Option<T>, E> {
        if !self
            .store
            .take_lease(job, self.instance, seconds, self.now)
            .await?
        {
            return Ok(None);
        }
        let done = work.await;
        let released = self.store.release_lease(job, self.instance).await;
        let done = done?;
        released?;
        Ok(Some(done))
    }
}

/// Begins all jobs.
pub(crate) fn begin(app: &Arc<App>) -> Result<Working, ServerError> {
    let instance = Instance::make_random()?;
    let way = Way::new(&app.config.mail).map_err(|_| std::io::Error::other("mail.smtp cannot be used"))?;
    let way = Arc::new(way);
    let mut set = JoinSet::new();
    let own = Arc::clone(app);
    set.spawn(every(MAILS, "mail", move || {
        let (app, way) = (Arc::clone(&own), Arc::clone(&way));
        async move { mailing::send_due(&app.accounts.store, &app.config, &way, instance, app.now()).await }
    }));
    let own = Arc::clone(app);
    set.spawn(every(NOTICES, "notices", move || {
        let app = Arc::clone(&own);
        async move { notices::do_due(&app, instance).await }
    }));
    let own = Arc::clone(app);
    set.spawn(every(SOON, "erasure", move || {
        let app = Arc::clone(&own);
        async move { care::finish(&app.accounts, instance, app.now()).await }
    }));
    let own = Arc::clone(app);
    set.spawn(every(SELDOM, "sweep", move || {
        let app = Arc::clone(&own);
        async move { care::sweep(&app.accounts, instance, app.now()).await }
    }));
    let own = Arc::clone(app);
    set.spawn(every(NOTICES, "blobs", move || {
        let app = Arc::clone(&own);
        async move { care::delete_blobs(&app.accounts, instance, app.now()).await }
    }));
    let own = Arc::clone(app);
    set.spawn(every(SELDOM, "backup", move || {
        let app = Arc::clone(&own);
        async move { care::back_up(&app.accounts, &app.config, instance, app.now()).await }
    }));
    let own = Arc::clone(app);
    set.spawn(every(DAILY, "purge", move || {
        let app = Arc::clone(&own);
        async move { care::purge(&app.accounts, instance, app.now()).await }
    }));
    Ok(Working {
        set,
        app: Arc::clone(app),
        instance,
    })
}

/// Does something again and again; a failure is told, and tried again after a pause that grows.
async fn every<F, T, E>(pause: Duration, job: &'static str, mut act: F)
where
    F: FnMut() -> T + Send,
    T: Future<Output = Result<(), E>> + Send,
    E: std::fmt::Display + Send,
{
    let mut clock = time::interval(pause);
    clock.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
    let mut again = AGAIN;
    loop {
        clock.tick().await;
        match act().await {
            Ok(()) => again = AGAIN,
            Err(error) => {
                tracing::error!(job, %error, "a job failed");
                clock.reset_after(again);
                again = SELDOM.min(again.saturating_mul(2));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_daily_job_that_failed_is_tried_again_within_seconds_and_then_at_its_pace() {
        let (began, done) = (time::Instant::now(), Arc::new(Mutex::new(Vec::new())));
        let noted = Arc::clone(&done);
        let job = every(DAILY, "purge", move || {
            let mut done = noted.lock().expect("not poisoned");
            done.push(began.elapsed().as_secs());
            let result = if done.len() < 3 { Err("busy") } else { Ok(()) };
            async move { result }
        });
        let two_days = Duration::from_secs(2 * 24 * 3600);
        assert!(time::timeout(two_days, job).await.is_err(), "it goes on");
        let done = done.lock().expect("not poisoned");
        assert_eq!(*done, [0, 5, 15, 15 + 24 * 3600]);
    }
}
