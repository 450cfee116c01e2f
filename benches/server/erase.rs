//! Erasing a large account, and what others wait for meanwhile.
//!
//! There are no records on a server yet. So the account's own log is filled, which erasing takes by the same batches as whatever comes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::Context;
use hpke::{
    Deserializable, Kem, OpModeS, Serializable, aead::ChaCha20Poly1305, kdf::HkdfSha256,
    kem::X25519HkdfSha256,
};
use regie_protocol::account::{
    change::{EraseResponse, TicketRequest},
    path,
};
use regie_protocol::signed::{Signed, Ticket, ticket};
use regie_protocol::wire::Blob;

use super::asking::Line;
use super::direct::Direct;
use super::running::{Engine, Person, Place, Postgres, Started, random, runtime};
use super::{Sizes, asking};
use crate::figure::{Bar, Figure, highest_but_one_percent, in_ms, median};

const LONGEST_WAIT_MS: f64 = 100.0;
/// Beyond what joining wrote.
const FIRST: usize = 1_000;

pub(super) fn measure(engine: Engine, postgres: &Postgres, sizes: Sizes) -> anyhow::Result<[Figure; 2]> {
    let place = Place::make(engine, postgres)?;
    let mut people = place.people(2 * (sizes.rounds + 1) + 1)?;
    let other = people.pop().context("somebody else")?;
    let server = place.start()?;
    let mut direct = Direct::open(&place)?;
    let (mut ours, mut bare, mut waits) = (Vec::new(), Vec::new(), Vec::new());
    for (round, pair) in people.chunks_exact(2).enumerate() {
        let [goes, stays] = pair else { continue };
        for person in pair {
            fill(&mut direct, person, sizes.rows)?;
        }
        direct.settle()?;
        let mut delete = || delete(&mut direct, stays);
        // In turns, so that neither always finds what the other has left.
        let before = if round % 2 == 0 { Some(delete()?) } else { None };
        let (took, waited) = erase(&server, &place, goes, &other)?;
        let deleted = before.map_or_else(delete, Ok)?;
        if round > 0 {
            ours.push(took);
            bare.push(deleted);
            waits.extend(waited);
        }
    }
    let asked = waits.len();
    Ok([
        Figure {
            name: engine.name("server.erase", "server.erase_pg"),
            unit: "ms",
            ours: median(ours),
            baseline: Some(median(bare)),
            bar: Bar::times(3.0),
            beside: format!("{} rows of its own log: one bare DELETE of as many", sizes.rows),
        },
        Figure {
            name: engine.name("server.erase_wait", "server.erase_wait_pg"),
            unit: "ms",
            ours: highest_but_one_percent(waits),
            baseline: Some(LONGEST_WAIT_MS),
            bar: Bar::times(1.0),
            beside: format!(
                "p99 of {asked} requests of somebody else meanwhile; the longest that is allowed"
            ),
        },
    ])
}

fn fill(direct: &mut Direct, person: &Person, rows: usize) -> anyhow::Result<()> {
    let (account, actor, hash) = (
        direct.literal(&person.account),
        direct.literal(&person.device),
        direct.literal(&[9; 32]),
    );
    let last = FIRST + rows - 1;
    direct.run(&format!(
        "INSERT INTO log (account_id, number, at, action, actor, before_hash, row_hash)
        WITH RECURSIVE n (i) AS (SELECT {FIRST} UNION ALL SELECT i + 1 FROM n WHERE i < {last})
        SELECT {account}, i, 0, 'seat.read', {actor}, {hash}, {hash} FROM n"
    ))
}

/// Milliseconds.
fn delete(direct: &mut Direct, person: &Person) -> anyhow::Result<f64> {
    let account = direct.literal(&person.account);
    let statement = format!("DELETE FROM log WHERE account_id = {account}");
    let began = Instant::now();
    direct.run(&statement)?;
    Ok(in_ms(began.elapsed()))
}

/// From the ticket to its receipt; and how long each request of somebody else took until then. Theirs reads, opens what is sealed and
/// writes: where there is one writer, it waits for the same one.
fn erase(
    server: &Started,
    place: &Place,
    person: &Person,
    other: &Person,
) -> anyhow::Result<(f64, Vec<f64>)> {
    let request = TicketRequest {
        ticket: ticket(place, person)?,
    };
    let others = asking::signed_by(server.address, std::slice::from_ref(other), path::ACCOUNT)?;
    let others = others.into_iter().next().context("a request")?;
    let (address, ended) = (server.address, AtomicBool::new(false));
    runtime()?.block_on(async {
        let (mut own, mut theirs) = (Line::connect(address, 0).await?, Line::connect(address, 1).await?);
        theirs.ask(others.clone()).await?;
        let erasing = async {
            let began = Instant::now();
            let answer: anyhow::Result<EraseResponse> = own.post(path::TICKET, &request).await;
            let took = in_ms(began.elapsed());
            ended.store(true, Ordering::Relaxed);
            answer.map(|_| took)
        };
        let waiting = async {
            let mut waits = Vec::new();
            while !ended.load(Ordering::Relaxed) {
                let began = Instant::now();
                theirs.ask(others.clone()).await?;
                waits.push(in_ms(began.elapsed()));
            }
            anyhow::Ok(waits)
        };
        let (took, waits) = tokio::join!(erasing, waiting);
        Ok((took?, waits?))
    })
}

/// As a device makes it before its keys die.
fn ticket(place: &Place, person: &Person) -> anyhow::Result<Blob> {
    let (account, device) = person.ids();
    let ticket = Ticket {
        account,
        device,
        id: random()?,
    };
    let plain = Signed::sign(&ticket, &person.key())?.to_bytes()?;
    let fault = |error| anyhow::anyhow!("HPKE: {error}");
    let public = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(&place.keys.tickets.0).map_err(fault)?;
    let (encapsulated, sealed) = hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeS::Base,
        &public,
        ticket::INFO,
        &plain,
        &[],
    )
    .map_err(fault)?;
    Ok(Blob([encapsulated.to_bytes().as_slice(), &sealed].concat()))
}
