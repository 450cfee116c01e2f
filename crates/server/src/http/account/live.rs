//! The stream of one device: that there is news, and nothing of what it is.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::{HeaderName, HeaderValue},
    response::{
        IntoResponse, Response, Sse,
        sse::{Event, KeepAlive},
    },
};
use futures_util::stream::unfold;
use regie_protocol::{
    Problem, ProblemCode,
    account::{live, path},
};

use super::signed::Asks;
use crate::{
    error::Refusal,
    http::App,
    live::{Said, Stream},
};

/// How often a quiet stream shows that it is there: routers forget a connection over which nothing goes.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// A stream of events without content: `poke`, when there is something to ask for, `records`, when it is records alone, and `end`. A device has one; a newer one ends the older.
#[utoipa::path(
    get, path = path::LIVE, tag = "account",
    responses(
        (status = 200, content_type = "text/event-stream", body = String),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn live(State(app): State<Arc<App>>, Asks(caller): Asks) -> Result<Response, Refusal> {
    let stream = Stream::open(&app, caller.account, caller.device)
        .await?
        .ok_or(ProblemCode::NotReady)?;
    let events = unfold(stream, async |mut stream| {
        let said = stream.next().await?;
        Some((Ok::<_, Infallible>(event(said)), stream))
    });
    let sse = Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT));
    // A proxy that gathers an answer before it hands it on would hold every poke back.
    let unheld = (
        HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    );
    Ok(([unheld], sse).into_response())
}

fn event(said: Said) -> Event {
    Event::default().event(match said {
        Said::Poke => live::POKE,
        Said::Records => live::RECORDS,
        Said::End => live::END,
    })
}
