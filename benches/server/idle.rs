//! What many quiet streams of [`path::LIVE`] take of a server's memory. Those who listen are a process of their own.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use anyhow::Context;
use regie_protocol::account::path;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde::{Deserialize, Serialize};

use super::Sizes;
use super::asking::Line;
use super::direct::Direct;
use super::running::{Engine, Person, Place, Postgres, Started, random, runtime};
use crate::figure::{Bar, Figure, median};

/// What the further process is told.
pub(super) const PART: &str = "idle";
const MOST_MEMORY_MIB: f64 = 200.0;
/// Devices of one account.
const DEVICES: usize = 100;
/// Of either process, besides the streams.
const OTHER_FILES: u64 = 500;

/// A device that listens. Its key is the account's first device's: who signs is not what is measured.
#[derive(Serialize, Deserialize)]
struct Listener {
    account: [u8; 16],
    device: [u8; 16],
    seed: [u8; 32],
}

pub(super) fn measure(postgres: &Postgres, sizes: Sizes) -> anyhow::Result<Figure> {
    allow_files(u64::try_from(sizes.streams)? + OTHER_FILES)?;
    let place = Place::make(Engine::Sqlite, postgres)?;
    let listeners = listeners(&place, sizes.streams)?;
    let (mut quiet, mut before) = (Vec::new(), Vec::new());
    for _ in 0..sizes.rounds {
        let server = place.start()?;
        before.push(server.memory()?);
        quiet.push(with_streams(&server, &listeners)?);
    }
    Ok(Figure {
        name: "server.idle",
        unit: "MiB",
        ours: median(quiet),
        baseline: Some(MOST_MEMORY_MIB),
        bar: Bar::times(1.0),
        beside: format!(
            "{} streams; the most that is allowed; {:.0} MiB without any",
            sizes.streams,
            median(before)
        ),
    })
}

/// Files that may be open, here and in what is started from here.
fn allow_files(needed: u64) -> anyhow::Result<()> {
    let now = getrlimit(Resource::Nofile);
    if now.current.is_none_or(|current| current >= needed) {
        return Ok(());
    }
    anyhow::ensure!(
        now.maximum.is_none_or(|most| most >= needed),
        "the system allows fewer than {needed} open files: raise the hard limit (ulimit -Hn)"
    );
    let raised = Rlimit {
        current: Some(needed),
        maximum: now.maximum,
    };
    Ok(setrlimit(Resource::Nofile, raised)?)
}

/// Accounts with many devices each, put there in one transaction.
fn listeners(place: &Place, streams: usize) -> anyhow::Result<Vec<Listener>> {
    let people = place.people(streams.div_ceil(DEVICES))?;
    let mut direct = Direct::open(place)?;
    let (mut listeners, mut sql) = (Vec::with_capacity(streams), String::new());
    for number in 0..streams {
        let person = people.get(number / DEVICES).context("an account")?;
        let device = random()?;
        write!(
            sql,
            "INSERT INTO device (account_id, device_id, sign_key, seal_key, name_sealed, platform_sealed,
                added_day, used_day, last_number, signed_out_day)
            SELECT account_id, {}, sign_key, seal_key, name_sealed, platform_sealed, added_day, used_day, 0, NULL
            FROM device WHERE account_id = {} AND device_id = {};",
            direct.literal(&device),
            direct.literal(&person.account),
            direct.literal(&person.device),
        )?;
        listeners.push(Listener {
            account: person.account,
            device,
            seed: person.seed,
        });
    }
    direct.run(sql.trim_end_matches(';'))?;
    Ok(listeners)
}

/// Opens all of them from a further process; the memory of the server then.
fn with_streams(server: &Started, listeners: &[Listener]) -> anyhow::Result<f64> {
    let mut child = Command::new(std::env::current_exe()?)
        .args(["--server-part", PART, &server.address.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut input = child.stdin.take().context("its input")?;
    serde_json::to_writer(&mut input, listeners)?;
    input.write_all(b"\n")?;
    let mut said = String::new();
    let output = child.stdout.take().context("its output")?;
    BufReader::new(output).read_line(&mut said)?;
    let all = said.trim() == listeners.len().to_string();
    let memory = server.memory();
    drop(input);
    child.wait()?;
    anyhow::ensure!(all, "not every stream opened");
    memory
}

/// The further process: opens streams, says how many, and holds them until its input ends.
pub(super) fn hold(address: &str) -> anyhow::Result<()> {
    let address: SocketAddr = address.parse()?;
    let mut input = BufReader::new(std::io::stdin());
    let mut text = String::new();
    input.read_line(&mut text)?;
    let listeners: Vec<Listener> = serde_json::from_str(&text)?;
    let runtime = runtime()?;
    let streams = runtime.block_on(async {
        let mut streams = Vec::with_capacity(listeners.len());
        for (listener, from) in listeners.iter().zip(0..) {
            let person = Person {
                account: listener.account,
                device: listener.device,
                seed: listener.seed,
                email: String::new(),
            };
            let mut line = Line::connect(address, from % 250).await?;
            let request = line.signed(&person, path::LIVE).await?;
            streams.push((line.send(request).await?, line));
        }
        anyhow::Ok(streams)
    })?;
    println!("{}", streams.len());
    input.read_to_string(&mut text)?;
    Ok(())
}
