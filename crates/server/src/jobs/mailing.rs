//! Sending what waits: the oldest first, again after a failure, each time a longer while later.

use super::Lease;
use crate::{
    config::Config,
    letter::Letter,
    mail::{NotSent, Way, texts},
    store::{Instance, Mail, Moment, Store, StoreError},
};

/// How long an instance has the job before it must ask again, in seconds: longer than one mail takes at worst.
const LEASE: i64 = 120;
/// So many mails are read at once.
const SOME: i64 = 20;
/// The first pause after a failure, in seconds; each further one is twice as long.
const FIRST_PAUSE: i64 = 30;
/// The longest pause.
const LONGEST_PAUSE: i64 = 6 * 3600;
/// After so many tries (about four days) it is given up.
const TRIES: i64 = 24;
/// A code ends after half an hour; by then it was tried so often.
const TRIES_OF_A_CODE: i64 = 6;

/// Sends every mail that is due.
pub(super) async fn send_due(
    store: &Store,
    config: &Config,
    way: &Way,
    instance: Instance,
    now: Moment,
) -> Result<(), StoreError> {
    // A look costs less than a lease, and mostly nothing waits.
    if store.due_mails(now, 1).await?.is_empty() {
        return Ok(());
    }
    let sent = async {
        let mails = store.due_mails(now, SOME).await?;
        let began = std::time::Instant::now();
        for mail in mails {
            // Whoever has the lease next begins where this one stopped.
            if began.elapsed().as_secs() > 60 {
                break;
            }
            send(store, config, way, &mail, now).await?;
        }
        Ok(())
    };
    let lease = Lease { store, instance, now };
    lease.of("mail", LEASE, sent).await.map(drop)
}

async fn send(store: &Store, config: &Config, way: &Way, mail: &Mail, now: Moment) -> Result<(), StoreError> {
    let Some(letter) = Letter::from_bytes(&mail.content) else {
        tracing::error!("a mail cannot be read and is dropped");
        return store.drop_mail(mail.account, mail.mail).await;
    };
    let most = if letter.code.is_some() {
        TRIES_OF_A_CODE
    } else {
        TRIES
    };
    // A day more than backups are kept: one may be made while this is sent.
    let days = config.backup.keep_days + 1;
    let written = texts::written(&letter, &config.register.operator.name, days);
    match way.send(&letter.to, mail.mail, &written).await {
        Ok(()) => {
            tracing::debug!("a mail was sent");
            store.drop_mail(mail.account, mail.mail).await
        }
        Err(error) if error == NotSent::Address || mail.tries + 1 >= most => {
            tracing::error!(%error, "a mail is given up");
            store.drop_mail(mail.account, mail.mail).await
        }
        Err(error) => {
            tracing::warn!(%error, tries = mail.tries + 1, "a mail was not sent");
            let due = now.plus(pause(mail.tries));
            store.delay_mail(mail.account, mail.mail, due).await
        }
    }
}

/// How long to wait after so many tries.
fn pause(tries: i64) -> i64 {
    let doublings = u32::try_from(tries.clamp(0, 20)).unwrap_or_default();
    (FIRST_PAUSE << doublings).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests;
