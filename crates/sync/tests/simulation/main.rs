//! Made-up devices run the engine that ships, over vaults, a network and a server in memory.
//!
//! `REGIE_WORLDS` says how many worlds; `REGIE_SEED` runs one of them alone.

// A world may panic: that is how it fails.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::large_enum_variant,
    clippy::needless_pass_by_value,
    missing_docs,
    unreachable_pub
)]

mod device;
mod lies;
mod proofs;
mod server;
mod toy;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use world::{Proven, World};

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// One world from its beginning to its end.
fn live_through(seed: u64) -> Proven {
    let mut dice = fastrand::Rng::with_seed(!seed);
    let rough = dice.f64() * 0.3;
    let crashes = if dice.bool() { dice.f64() * 0.02 } else { 0.0 };
    let mut world = World::seeded(seed)
        .devices(dice.usize(2..=5))
        .rough(rough, dice.f64() * 0.2, crashes);
    world.random_edits(dice.usize(20..60));
    world.heal().settle();
    assert_eq!(world.disagreement(), None);
    world.check_truth();
    world.proven
}

#[test]
fn whatever_happens_all_devices_agree_and_no_writing_is_lost() {
    if let Some(seed) = number("REGIE_SEED") {
        live_through(seed);
        return;
    }
    let worlds = number("REGIE_WORLDS").unwrap_or(10_000);
    let next = AtomicU64::new(0);
    let seen = Mutex::new(Proven::default());
    let failed = thread::scope(|scope| {
        let run = || {
            let mut failed = Vec::new();
            while let Some(seed) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|seed| *seed < worlds) {
                match catch_unwind(AssertUnwindSafe(|| live_through(seed))) {
                    Ok(proven) => seen.lock().expect("figures").add(proven),
                    Err(_) => failed.push(seed),
                }
            }
            failed
        };
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(run)).collect();
        let ended = threads
            .into_iter()
            .flat_map(|thread| thread.join().expect("a thread"));
        ended.collect::<Vec<u64>>()
    });
    assert!(
        failed.is_empty(),
        "worlds {failed:?} went wrong: run one alone with REGIE_SEED"
    );
    let seen = seen.into_inner().expect("figures");
    println!("{worlds} worlds: {seen:?}");
    let all = seen.landed.min(seen.given_up).min(seen.late) > 0;
    assert!(all || worlds < 10_000, "no world had all of it: {seen:?}");
}
