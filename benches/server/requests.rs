//! A signed request that asks for next to nothing, by one client and by many.

use super::running::{Engine, Place, Postgres};
use super::{Sizes, asking, direct};
use crate::figure::{Bar, Figure, Report, median};

/// The smallest signed route: a page of the account's own log behind its end. It is one look-up more than the baseline makes.
pub(super) const TRIVIAL: &str = "/v1/log?after=1000000";
const MANY: usize = 512;
const CLIENTS: [(usize, &str, &str); 3] = [
    (1, "server.requests_1", "server.requests_1_pg"),
    (64, "server.requests_64", "server.requests_64_pg"),
    (MANY, "server.requests_512", "server.requests_512_pg"),
];

pub(super) fn measure(
    engine: Engine,
    postgres: &Postgres,
    sizes: Sizes,
    report: &mut Report,
) -> anyhow::Result<()> {
    let wanted: Vec<_> = CLIENTS
        .into_iter()
        .map(|(clients, sqlite, on_postgres)| (clients, engine.name(sqlite, on_postgres)))
        .filter(|(_, name)| report.wants(name))
        .collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let place = Place::make(engine, postgres)?;
    let people = place.people(MANY)?;
    let (server, baseline) = (place.start()?, direct::start(&place)?);
    for (clients, name) in wanted {
        // Anew each time: what a nonce proves holds for ten minutes.
        let few: Vec<_> = people.iter().take(clients).cloned().collect();
        let requests = asking::signed_by(server.address, &few, TRIVIAL)?;
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for round in 0..=sizes.rounds {
            let from = u32::try_from(round)?;
            let mut turns = [(server.address, &mut ours), (baseline.address, &mut theirs)];
            if round % 2 == 1 {
                turns.reverse();
            }
            for (address, samples) in turns {
                let took = asking::under_load(address, &requests, sizes.asking, from)?;
                if round > 0 {
                    samples.push(took);
                }
            }
        }
        let ours = median(ours);
        report.print(&Figure {
            name,
            unit: "µs",
            ours,
            baseline: Some(median(theirs)),
            bar: Bar::times(1.5),
            beside: format!(
                "axum, one signature, one look-up; ours {:.0} a second",
                1e6 / ours
            ),
        })?;
    }
    Ok(())
}
