//! Contact with the server of the account, where there is one. Without an account nothing here asks anybody anything.

use std::sync::Arc;
use std::time::{Duration, Instant};

use regie_client::{AccountError, Client, ClientError, InTouch};
use tauri::{AppHandle, Manager};

use crate::{tray::Tray, window};

/// How often is looked whether anything is to be done; news comes by itself.
const LOOK: Duration = Duration::from_secs(1);
/// How long syncing rests at most where nothing wakes it: what is written does, news of the server, and an unlocking.
const REST: Duration = Duration::from_secs(30);
/// How often deletions that wait for a network are tried.
const REDEEM: Duration = Duration::from_mins(2);

/// Hears while the vault is open that there is news, and asks for it; hands in what waits for a network. It has a thread of its own: an
/// answer may be long in coming.
pub(crate) fn watch(app: AppHandle) {
    std::thread::spawn(move || {
        let (mut in_touch, mut redeemed) = (InTouch::default(), None);
        loop {
            let core = app.state::<Arc<Client>>();
            if in_touch.step(&core, LOOK)
                && let Some(page) = window::main(&app)
            {
                window::tell(&page, "account");
            }
            if due(&mut redeemed, REDEEM) {
                told(&core.redeem_tickets());
            }
        }
    });
}

/// Sends what is written and takes in what comes, while the vault is open. A thread of its own: a first sync takes a while.
pub(crate) fn sync(app: AppHandle) {
    std::thread::spawn(move || {
        loop {
            let core = app.state::<Arc<Client>>();
            if core.sync_step(REST)
                && let Some(page) = window::main(&app)
            {
                window::tell(&page, "account");
                // Another device may have chosen another language.
                app.state::<Tray>().speak();
            }
        }
    });
}

fn due(last: &mut Option<Instant>, every: Duration) -> bool {
    let due = last.is_none_or(|last| last.elapsed() >= every);
    if due {
        *last = Some(Instant::now());
    }
    due
}

/// No network is normal, and so is a vault that was locked meanwhile; what the person has to know, the account says itself.
fn told<T>(done: &Result<T, ClientError>) {
    match done {
        Ok(_) | Err(ClientError::Locked | ClientError::Account(AccountError::Offline)) => {}
        Err(error) => tracing::info!(%error, "tickets wait for another time"),
    }
}
