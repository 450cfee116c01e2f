//! Logins by passphrase, from the first message to the last answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use opaque_ke::{
    CredentialFinalization, CredentialRequest, ServerLogin, ServerLoginParameters, ServerRegistration,
    ServerSetup,
};
use rand_core_06::OsRng;
use regie_protocol::account::{
    login::{LoginBeginRequest, LoginBeginResponse, LoginRequest, LoginResponse},
    path,
};
use regie_protocol::opaque::Suite;
use regie_protocol::wire::Blob;
use tokio::sync::Barrier;

use super::asking::Line;
use super::opaque::{self, fault};
use super::running::{Engine, Person, Place, Postgres, Started, runtime};
use super::{Sizes, asking};
use crate::figure::{Figure, median};

const CLIENTS: usize = 16;

pub(super) fn measure(engine: Engine, postgres: &Postgres, sizes: Sizes) -> anyhow::Result<Figure> {
    let place = Place::make(engine, postgres)?;
    let people = place.people(CLIENTS)?;
    let server = place.start()?;
    // Whoever signs is there: the same keys hold for login.
    asking::signed_by(server.address, &people, super::requests::TRIVIAL)?;
    let (mut ours, mut alone) = (Vec::new(), Vec::new());
    for round in 0..=sizes.rounds {
        let logins = in_a_second(&server, &people, sizes.asking, u32::try_from(round)?)?;
        let curves = curves_in_a_second(sizes.asking)?;
        if round > 0 {
            ours.push(logins);
            alone.push(curves);
        }
    }
    Ok(Figure {
        name: engine.name("server.login", "server.login_pg"),
        unit: "/s",
        ours: median(ours),
        baseline: Some(median(alone)),
        bar: None,
        beside: format!("{CLIENTS} clients, no stretching; baseline: the server's curves alone, one core"),
    })
}

fn in_a_second(server: &Started, people: &[Person], asking: Duration, round: u32) -> anyhow::Result<f64> {
    let address = server.address;
    runtime()?.block_on(async {
        let together = Arc::new(Barrier::new(people.len()));
        let clients: Vec<_> = people
            .iter()
            .zip(0..)
            .map(|(person, number)| {
                let (together, email) = (Arc::clone(&together), person.email.clone());
                tokio::spawn(async move {
                    let mut line = Line::connect(address, round * 1024 + number).await?;
                    together.wait().await;
                    let (began, mut logins) = (Instant::now(), 0_u32);
                    while began.elapsed() < asking || logins == 0 {
                        log_in(&mut line, &email).await?;
                        logins += 1;
                    }
                    anyhow::Ok(f64::from(logins) / began.elapsed().as_secs_f64())
                })
            })
            .collect();
        let mut sum = 0.0;
        for client in clients {
            sum += client.await.context("a client")??;
        }
        Ok(sum)
    })
}

async fn log_in(line: &mut Line, email: &str) -> anyhow::Result<LoginResponse> {
    let (state, message) = opaque::begin()?;
    let begin = LoginBeginRequest {
        email: email.to_owned(),
        request: Blob(message),
    };
    let begun: LoginBeginResponse = line.post(path::LOGIN_BEGIN, &begin).await?;
    let last = LoginRequest {
        ticket: begun.ticket,
        finalization: Blob(opaque::end(state, &begun.response.0)?),
        factor: None,
    };
    line.post(path::LOGIN, &last).await
}

/// What a login takes of a server where there is nothing but the library: no network, no store.
fn curves_in_a_second(asking: Duration) -> anyhow::Result<f64> {
    let setup = ServerSetup::<Suite>::new(&mut OsRng);
    let record = opaque::record(&setup, b"one")?;
    let record = ServerRegistration::<Suite>::deserialize(&record).map_err(fault)?;
    let (mut spent, mut logins) = (Duration::ZERO, 0_u32);
    while spent < asking {
        let (state, message) = opaque::begin()?;
        let began = Instant::now();
        let request = CredentialRequest::<Suite>::deserialize(&message).map_err(fault)?;
        let parameters = ServerLoginParameters::default();
        let kept = Some(record.clone());
        let started =
            ServerLogin::start(&mut OsRng, &setup, kept, request, b"one", parameters).map_err(fault)?;
        let response = started.message.serialize();
        spent += began.elapsed();
        let last = opaque::end(state, &response)?;
        let began = Instant::now();
        let last = CredentialFinalization::<Suite>::deserialize(&last).map_err(fault)?;
        let parameters = ServerLoginParameters::default();
        started.state.finish(last, parameters).map_err(fault)?;
        spent += began.elapsed();
        logins += 1;
    }
    Ok(f64::from(logins) / spent.as_secs_f64())
}
