//! Many clients that push and pull at once, against the same transactions by hand.

use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use regie_protocol::signed::{ChangeHeader, ChangeStatement, Head, RollHash};
use regie_protocol::sync::{
    Envelope, Label, PullRequest, PullResponse, PushRequest, PushResponse, RecordId, Revision, Wire,
    envelope::{SEAL_BYTES, SMALLEST_CONTENT},
    path,
};
use tokio::sync::Barrier;

use super::Sizes;
use super::bare::{self, Bare};
use crate::figure::{Bar, Figure, Report, highest_but_one_percent, in_ms, median};
use crate::server::asking::{Asked, Line, saying};
use crate::server::running::{Engine, FIRST_HEAD, Person, Place, Postgres, Started, random, runtime};

const LONGEST_WAIT_MS: f64 = 1_000.0;

/// So many clients with so large batches: how often each pushes and pulls in a sample, and what it is called.
struct Load {
    clients: usize,
    batch: usize,
    pushes: usize,
    pulls: usize,
    push: [&'static str; 2],
    pull: [&'static str; 2],
}

const LOADS: [Load; 6] = [
    Load {
        clients: 1,
        batch: 1,
        pushes: 400,
        pulls: 1_000,
        push: ["server.push_1x1", "server.push_1x1_pg"],
        pull: ["server.pull_1x1", "server.pull_1x1_pg"],
    },
    Load {
        clients: 64,
        batch: 1,
        pushes: 20,
        pulls: 60,
        push: ["server.push_64x1", "server.push_64x1_pg"],
        pull: ["server.pull_64x1", "server.pull_64x1_pg"],
    },
    Load {
        clients: 512,
        batch: 1,
        pushes: 5,
        pulls: 10,
        push: ["server.push_512x1", "server.push_512x1_pg"],
        pull: ["server.pull_512x1", "server.pull_512x1_pg"],
    },
    Load {
        clients: 1,
        batch: 200,
        pushes: 60,
        pulls: 100,
        push: ["server.push_1x200", "server.push_1x200_pg"],
        pull: ["server.pull_1x200", "server.pull_1x200_pg"],
    },
    Load {
        clients: 64,
        batch: 200,
        pushes: 3,
        pulls: 6,
        push: ["server.push_64x200", "server.push_64x200_pg"],
        pull: ["server.pull_64x200", "server.pull_64x200_pg"],
    },
    Load {
        clients: 512,
        batch: 200,
        pushes: 1,
        pulls: 2,
        push: ["server.push_512x200", "server.push_512x200_pg"],
        pull: ["server.pull_512x200", "server.pull_512x200_pg"],
    },
];
const PUSH_P99: [&str; 2] = ["server.push_p99", "server.push_p99_pg"];
const PULL_P99: [&str; 2] = ["server.pull_p99", "server.pull_p99_pg"];

/// A push that nobody sent yet.
pub(super) struct Made {
    pub(super) account: [u8; 16],
    pub(super) device: [u8; 16],
    pub(super) number: u64,
    pub(super) before: Head,
    pub(super) head: Head,
    pub(super) request: PushRequest,
    /// The records' ids, one for each envelope.
    pub(super) ids: Vec<[u8; 16]>,
}

/// A device that pushes: its place in the chain of its account.
struct Pusher {
    person: Person,
    head: Head,
    before: Head,
    records: u64,
}

/// Wall time and waits of one sample, in milliseconds.
struct Sample {
    each: f64,
    waits: Vec<f64>,
}

pub(super) fn measure(postgres: &Postgres, sizes: Sizes, report: &mut Report) -> anyhow::Result<()> {
    for (engine, at) in [(Engine::Sqlite, 0), (Engine::Postgres, 1)] {
        let of = |names: [&'static str; 2]| names.get(at).copied().unwrap_or_default();
        let p99 = |load: &Load, name| load.clients == 512 && load.batch == 1 && report.wants(name);
        let wanted = |load: &&Load| {
            [of(load.push), of(load.pull)]
                .iter()
                .any(|name| report.wants(name))
                || p99(load, of(PUSH_P99))
                || p99(load, of(PULL_P99))
        };
        let loads: Vec<_> = LOADS.iter().filter(wanted).collect();
        let Some(most) = loads.iter().map(|load| load.clients.min(sizes.clients)).max() else {
            continue;
        };
        let place = Place::make(engine, postgres)?;
        let mut ours: Vec<_> = place.people(most)?.into_iter().map(Pusher::of).collect();
        let mut theirs: Vec<_> = place.people(most)?.into_iter().map(Pusher::of).collect();
        let server = place.start()?;
        for load in loads {
            let clients = load.clients.min(sizes.clients);
            let (ours, theirs) = (ours.get_mut(..clients), theirs.get_mut(..clients));
            let (ours, theirs) = ours.zip(theirs).context("too few people")?;
            let taken = Taken::take(load, sizes, &place, &server, (ours, theirs))?;
            for figure in taken.figures(load, at) {
                if report.wants(figure.name) {
                    report.print(&figure)?;
                }
            }
        }
    }
    Ok(())
}

/// What was measured under one load.
#[derive(Default)]
struct Taken {
    pushes: Vec<f64>,
    bare_pushes: Vec<f64>,
    push_waits: Vec<f64>,
    pulls: Vec<f64>,
    bare_pulls: Vec<f64>,
    pull_waits: Vec<f64>,
}

impl Taken {
    fn take(
        load: &Load,
        sizes: Sizes,
        place: &Place,
        server: &Started,
        (ours, theirs): (&mut [Pusher], &mut [Pusher]),
    ) -> anyhow::Result<Self> {
        let mut taken = Self::default();
        let bare = Bare::of(place);
        let (pushes, pulls) = (load.pushes.div_ceil(sizes.part), load.pulls.div_ceil(sizes.part));
        for round in 0..sizes.rounds {
            let mut sent = || {
                taken_of(
                    server,
                    round,
                    push_requests(server, ours, pushes, load.batch)?,
                    was_stored,
                )
            };
            // In turns, so that neither always finds what the other has left.
            let before = (round % 2 == 0).then(&mut sent).transpose()?;
            taken
                .bare_pushes
                .push(bare.push(made(theirs, pushes, load.batch)?)?);
            let sample = before.map_or_else(sent, Ok)?;
            taken.pushes.push(sample.each);
            taken.push_waits.extend(sample.waits);
            let asked = pull_requests(server, ours, pulls)?;
            let batch = load.batch;
            let came = move |answer: &[u8]| came_whole(answer, batch);
            let sample = taken_of(server, round, asked, came)?;
            taken.pulls.push(sample.each);
            taken.pull_waits.extend(sample.waits);
            let places: Vec<_> = theirs
                .iter()
                .map(|one| (one.person.account, one.before, one.head))
                .collect();
            taken.bare_pulls.push(bare.pull(&places, pulls, load.batch)?);
        }
        Ok(taken)
    }

    fn figures(self, load: &Load, at: usize) -> Vec<Figure> {
        let of = |names: [&'static str; 2]| names.get(at).copied().unwrap_or_default();
        // What a request costs besides weighs more the less is in it: the bar is for batches as a device fills them.
        let bar = (load.batch == 200).then_some(Bar::times(1.7)).flatten();
        let beside = |what: &str| {
            format!(
                "one of {} clients' {what} of {}, without HTTP",
                load.clients, load.batch
            )
        };
        let mut figures = vec![
            Figure {
                name: of(load.push),
                unit: "ms",
                ours: median(self.pushes),
                baseline: Some(median(self.bare_pushes)),
                bar,
                beside: beside("pushes"),
            },
            Figure {
                name: of(load.pull),
                unit: "ms",
                ours: median(self.pulls),
                baseline: Some(median(self.bare_pulls)),
                bar,
                beside: beside("pulls"),
            },
        ];
        if load.clients == 512 && load.batch == 1 {
            for (names, waits) in [(PUSH_P99, self.push_waits), (PULL_P99, self.pull_waits)] {
                figures.push(Figure {
                    name: of(names),
                    unit: "ms",
                    ours: highest_but_one_percent(waits),
                    baseline: Some(LONGEST_WAIT_MS),
                    bar: Bar::times(1.0),
                    beside: format!(
                        "{} clients, batches of 1; the longest that is allowed",
                        load.clients
                    ),
                });
            }
        }
        figures
    }
}

impl Pusher {
    const fn of(person: Person) -> Self {
        Self {
            person,
            head: FIRST_HEAD,
            before: FIRST_HEAD,
            records: 0,
        }
    }

    /// The next push: so many new records of the smallest size, which is that of most entries.
    fn next(&mut self, batch: usize) -> anyhow::Result<Made> {
        let (account, device) = self.person.ids();
        let next = self.head.next()?;
        self.records += u64::try_from(batch)?;
        let (mut ids, mut envelopes) = (Vec::with_capacity(batch), Vec::with_capacity(batch));
        for _ in 0..batch {
            let id = random()?;
            let label = Label {
                epoch: 1,
                id: RecordId(id),
                revision: Revision(random()?),
                parent: None,
                deleted: false,
            };
            let sealed = random::<{ SMALLEST_CONTENT + SEAL_BYTES }>()?.to_vec();
            envelopes.push(Envelope { label, sealed }.to_bytes()?);
            ids.push(id);
        }
        let statement = ChangeStatement {
            account,
            sequence: next.sequence,
            before: next.before,
            epoch: 1,
            device,
            records: self.records,
            roll: RollHash([8; 32]),
            entries: Vec::new(),
        };
        let header = ChangeHeader::make(statement, &[3; 32], &[4; 32], &self.person.key())?;
        self.before = self.head;
        self.head = Head {
            sequence: next.sequence,
            hash: header.hash()?,
        };
        Ok(Made {
            account: self.person.account,
            device: self.person.device,
            number: next.sequence,
            before: self.before,
            head: self.head,
            request: PushRequest {
                header: header.to_bytes()?,
                envelopes,
                keep: Vec::new(),
                drop: Vec::new(),
            },
            ids,
        })
    }
}

/// The next pushes of each, none of them sent.
fn made(pushers: &mut [Pusher], pushes: usize, batch: usize) -> anyhow::Result<Vec<Vec<Made>>> {
    let of = |pusher: &mut Pusher| (0..pushes).map(|_| pusher.next(batch)).collect();
    pushers.iter_mut().map(of).collect()
}

fn push_requests(
    server: &Started,
    pushers: &mut [Pusher],
    pushes: usize,
    batch: usize,
) -> anyhow::Result<Vec<Vec<Asked>>> {
    let made = made(pushers, pushes, batch)?;
    runtime()?.block_on(async {
        let mut line = Line::connect(server.address, 0).await?;
        let mut all = Vec::with_capacity(pushers.len());
        for (pusher, made) in pushers.iter().zip(made) {
            let nonce = line.nonce(&pusher.person).await?;
            let sign = |made: Made| saying(&pusher.person, nonce, made.number, path::PUSH, &made.request);
            all.push(made.into_iter().map(sign).collect::<Result<Vec<_>, _>>()?);
        }
        Ok(all)
    })
}

/// Each asks again and again for what came with its last push.
fn pull_requests(server: &Started, pushers: &[Pusher], pulls: usize) -> anyhow::Result<Vec<Vec<Asked>>> {
    runtime()?.block_on(async {
        let mut line = Line::connect(server.address, 0).await?;
        let mut all = Vec::with_capacity(pushers.len());
        for pusher in pushers {
            let nonce = line.nonce(&pusher.person).await?;
            // Reading counts no numbers.
            let asks = PullRequest::After(pusher.before);
            all.push(vec![saying(&pusher.person, nonce, 1, path::PULL, &asks)?; pulls]);
        }
        Ok(all)
    })
}

fn was_stored(answer: &[u8]) -> anyhow::Result<()> {
    match PushResponse::from_bytes(answer)? {
        PushResponse::Stored(_) => Ok(()),
        PushResponse::Ahead(_) => anyhow::bail!("a push was not stored"),
    }
}

fn came_whole(answer: &[u8], batch: usize) -> anyhow::Result<()> {
    match PullResponse::from_bytes(answer)? {
        PullResponse::Page(page) => {
            anyhow::ensure!(page.records.len() == batch, "{} records came", page.records.len());
            Ok(())
        }
        PullResponse::Same => anyhow::bail!("nothing came"),
    }
}

/// Each client sends what it has over a connection of its own, one after the other; any error ends it. Answers are read once all came.
fn taken_of(
    server: &Started,
    round: usize,
    requests: Vec<Vec<Asked>>,
    check: impl Fn(&[u8]) -> anyhow::Result<()>,
) -> anyhow::Result<Sample> {
    let (address, clients) = (server.address, requests.len());
    let all: usize = requests.iter().map(Vec::len).sum();
    let first = u32::try_from(round * clients)?;
    let (began, ended, waits, answers) = runtime()?.block_on(async {
        let together = Arc::new(Barrier::new(clients + 1));
        let asking = requests.into_iter().zip(first..).map(|(requests, from)| {
            let together = Arc::clone(&together);
            tokio::spawn(async move {
                let line = Line::connect(address, from).await;
                together.wait().await;
                let (mut line, mut waits, mut last) = (line?, Vec::with_capacity(requests.len()), None);
                for request in requests {
                    let began = Instant::now();
                    last = Some(line.ask(request).await?);
                    waits.push(in_ms(began.elapsed()));
                }
                anyhow::Ok((Instant::now(), waits, last))
            })
        });
        let asking: Vec<_> = asking.collect();
        together.wait().await;
        let began = Instant::now();
        let (mut ended, mut waits, mut answers) = (began, Vec::with_capacity(all), Vec::new());
        for client in asking {
            let (end, own, last) = client.await.context("a client")??;
            ended = ended.max(end);
            waits.extend(own);
            answers.extend(last);
        }
        anyhow::Ok((began, ended, waits, answers))
    })?;
    for answer in answers {
        check(&answer)?;
    }
    Ok(Sample {
        each: bare::each(ended - began, all),
        waits,
    })
}
