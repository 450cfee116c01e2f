//! Contact with the server of the account, where there is one. Without an account nothing here asks anybody anything.

use std::sync::Arc;
use std::time::{Duration, Instant};

use regie_client::{AccountError, Client, ClientError, Stage};
use tauri::{AppHandle, Manager};

/// How often is looked whether it is time.
const LOOK: Duration = Duration::from_secs(10);
/// How often the server is asked what is new, while the vault is open.
const ASK: Duration = Duration::from_mins(5);
/// How often deletions that wait for a network are tried.
const REDEEM: Duration = Duration::from_mins(2);

/// Asks the server after unlocking and now and then, and hands in what waits for a network. It has a thread of its own: an answer may
/// be long in coming.
pub(crate) fn watch(app: AppHandle) {
    std::thread::spawn(move || {
        let (mut asked, mut redeemed) = (None, None);
        loop {
            std::thread::sleep(LOOK);
            let core = app.state::<Arc<Client>>();
            if due(&mut redeemed, REDEEM) {
                told(&core.redeem_tickets());
            }
            if core.stage() != Stage::Open {
                asked = None;
            } else if due(&mut asked, ASK) && core.account().is_ok_and(|account| account.joined.is_some()) {
                told(&core.contact());
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
        Err(error) => tracing::info!(%error, "the server was asked"),
    }
}
