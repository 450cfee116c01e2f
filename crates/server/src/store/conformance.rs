//! One suite for both stores: what each method promises, and what happens when two come at once.

mod account;
mod blob;
mod chain;
mod device;
mod epoch;
mod invitation;
mod log;
mod login;
mod mail;
mod pairing;
mod shared;

use std::sync::Arc;

use super::{Store, StoreError, testing::Bed};

/// Does the same many times at once; gives what came of each.
async fn at_once<R, F, G>(bed: &Bed, acts: Vec<F>) -> Vec<R>
where
    R: Send + 'static,
    F: FnOnce(Arc<Store>) -> G,
    G: Future<Output = R> + Send + 'static,
{
    let running: Vec<_> = acts
        .into_iter()
        .map(|act| tokio::spawn(act(Arc::clone(&bed.store))))
        .collect();
    let mut done = Vec::new();
    for one in running {
        done.push(one.await.unwrap());
    }
    done
}

fn wins<R>(outcomes: &[Result<R, StoreError>], lost: &StoreError) -> usize {
    let others = outcomes.iter().filter_map(|outcome| outcome.as_ref().err());
    for error in others {
        assert_eq!(error, lost);
    }
    outcomes.iter().filter(|outcome| outcome.is_ok()).count()
}
