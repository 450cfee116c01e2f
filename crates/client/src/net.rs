//! The one way out: requests to the servers of a confirmed deployment, and to nothing else (V11).
//!
//! It has a thread of its own, so that it may be called from anywhere. No proxy of the surroundings, no redirect, no cookie and no cache; a
//! server's answer is hostile until it was read.

mod live;
mod reach;
mod worker;

use std::sync::{
    OnceLock,
    atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use regie_protocol::{
    Problem,
    account::header,
    signed::Address,
    sync::{self, Wire},
    wire::Blob,
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    AccountError,
    account::{RequestContent, RequestPurpose},
};

pub(crate) use live::{Event, Line, Next};
pub(crate) use reach::Reach;
use worker::Worker;

/// Largest body of an answer that is read.
pub(crate) const LARGEST_ANSWER: usize = sync::limits::LONGEST_MESSAGE;
const JSON: &str = "application/json";

/// A request on its way.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
    pub(crate) purpose: RequestPurpose,
    pub(crate) content: RequestContent,
    /// Whether it changes nothing at the server, which notes nothing of it.
    pub(crate) reads: bool,
    /// Whether the answer is a stream of events.
    pub(crate) streams: bool,
    /// Of what the body is, and the answer.
    pub(crate) media: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Post,
}

impl Method {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// What came back: of a server that may lie.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// A fresh nonce for the next signed request.
    pub(crate) nonce: Option<Vec<u8>>,
    wait_seconds: u32,
    is_problem: bool,
    body: Vec<u8>,
    line: Option<Line>,
}

/// Why nothing came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It cannot be reached, or is not who it says it is; nothing was sent.
    Unreachable,
    /// No answer came; whether it was heard is not known.
    Lost,
    /// It answered more than it may.
    TooMuch,
    /// The person locked the vault meanwhile.
    Stopped,
    /// An address that is not the deployment's; nothing was sent.
    NotAllowed,
}

impl From<Failure> for AccountError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unreachable | Failure::Lost | Failure::Stopped => Self::Offline,
            Failure::TooMuch => Self::BadAnswer,
            Failure::NotAllowed => Self::OtherServer,
        }
    }
}

impl Outgoing {
    pub(crate) fn get(target: impl Into<String>, purpose: RequestPurpose) -> Self {
        Self {
            method: Method::Get,
            target: target.into(),
            headers: Vec::new(),
            body: Bytes::new(),
            purpose,
            content: RequestContent::Nothing,
            reads: true,
            streams: false,
            media: JSON,
        }
    }

    pub(crate) fn stream(target: impl Into<String>, purpose: RequestPurpose) -> Self {
        Self {
            streams: true,
            ..Self::get(target, purpose)
        }
    }

    pub(crate) fn post<T: Serialize>(
        target: &str,
        body: &T,
        purpose: RequestPurpose,
        content: RequestContent,
    ) -> Result<Self, AccountError> {
        Ok(Self {
            method: Method::Post,
            target: target.to_owned(),
            headers: Vec::new(),
            body: serde_json::to_vec(body)
                .map_err(|_| AccountError::Refused)?
                .into(),
            purpose,
            content,
            reads: false,
            streams: false,
            media: JSON,
        })
    }

    /// Bytes that were made before, in the form of [`sync::wire`].
    pub(crate) fn post_bytes(
        target: &str,
        body: impl Into<Bytes>,
        purpose: RequestPurpose,
        content: RequestContent,
    ) -> Self {
        Self {
            method: Method::Post,
            target: target.to_owned(),
            headers: Vec::new(),
            body: body.into(),
            purpose,
            content,
            reads: false,
            streams: false,
            media: sync::MEDIA_TYPE,
        }
    }

    /// The same in JSON.
    pub(crate) fn post_json(
        target: &str,
        body: impl Into<Bytes>,
        purpose: RequestPurpose,
        content: RequestContent,
    ) -> Self {
        Self {
            media: JSON,
            ..Self::post_bytes(target, body, purpose, content)
        }
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(crate) fn with_proof(self, proof: &Blob) -> Self {
        self.with_header(header::PROOF, data_encoding::BASE64URL_NOPAD.encode(&proof.0))
    }
}

impl Answer {
    /// It was done: by an earlier one of the same request, whose answer was lost.
    pub(crate) const fn done() -> Self {
        Self {
            status: 204,
            nonce: None,
            wait_seconds: 0,
            is_problem: false,
            body: Vec::new(),
            line: None,
        }
    }

    /// The stream that was asked for, where it was given.
    pub(crate) fn into_line(self) -> Option<Line> {
        self.line
    }

    /// What it says, or why the server refused.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, AccountError> {
        self.succeeded()?;
        serde_json::from_slice(&self.body).map_err(|_| AccountError::BadAnswer)
    }

    /// Whether the server did it.
    pub(crate) fn succeeded(&self) -> Result<(), AccountError> {
        match self.problem() {
            None if (200..300).contains(&self.status) => Ok(()),
            Some(problem) => Err(AccountError::of_problem(&problem, self.wait_seconds)),
            // A router on the way may answer for a server that does not.
            None if (500..600).contains(&self.status) => Err(AccountError::Offline),
            None => Err(AccountError::BadAnswer),
        }
    }

    /// The server's reason.
    pub(crate) fn problem(&self) -> Option<Problem> {
        let refused = !(200..300).contains(&self.status) && self.is_problem;
        refused.then(|| serde_json::from_slice(&self.body).ok()).flatten()
    }

    /// What it says, or why the server refused, in the form of [`sync::wire`].
    pub(crate) fn read_wire<T: Wire>(&self) -> Result<T, AccountError> {
        self.succeeded()?;
        T::from_bytes(&self.body).map_err(|_| AccountError::BadAnswer)
    }

    /// Whether it says nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.body.is_empty()
    }

    pub(crate) fn bytes(&self) -> u32 {
        u32::try_from(self.body.len()).unwrap_or(u32::MAX)
    }
}

/// The way out. Its thread begins with the first request.
#[derive(Debug, Default)]
pub(crate) struct Net {
    worker: OnceLock<Option<Worker>>,
    offline: AtomicBool,
}

impl Net {
    /// Sends a request to the first address of the reach that answers.
    pub(crate) fn send(&self, reach: &Reach, request: &Outgoing) -> Result<Answer, Failure> {
        let mut failure = Failure::NotAllowed;
        for address in reach.addresses() {
            match self.send_to(reach, address, request) {
                Err(next @ (Failure::Unreachable | Failure::NotAllowed)) => failure = next,
                // What changes something is not told twice without knowing of it.
                Err(Failure::Lost) if request.method == Method::Get => failure = Failure::Lost,
                Err(Failure::Stopped) => return Err(Failure::Stopped),
                done => {
                    self.offline
                        .store(matches!(done, Err(Failure::Lost)), Ordering::Relaxed);
                    return done;
                }
            }
        }
        self.offline
            .store(failure != Failure::NotAllowed, Ordering::Relaxed);
        Err(failure)
    }

    fn send_to(&self, reach: &Reach, address: &Address, request: &Outgoing) -> Result<Answer, Failure> {
        // The only place from which anything leaves.
        let url = reach.url(address, &request.target).ok_or(Failure::NotAllowed)?;
        let worker = self.worker.get_or_init(Worker::begin);
        worker.as_ref().ok_or(Failure::Unreachable)?.send(url, request)
    }

    /// Sends a request to the first address of the reach, and waits for nothing.
    pub(crate) fn tell(&self, reach: &Reach, request: &Outgoing) {
        let url = reach
            .addresses()
            .next()
            .and_then(|address| reach.url(address, &request.target));
        if let Some((url, worker)) = url.zip(self.worker.get_or_init(Worker::begin).as_ref()) {
            worker.tell(url, request);
        }
    }

    /// Ends what is under way: whoever waits for it gets [`Failure::Stopped`].
    pub(crate) fn stop(&self) {
        if let Some(Some(worker)) = self.worker.get() {
            worker.stop();
        }
    }

    /// Whether the last try found nobody.
    pub(crate) fn is_offline(&self) -> bool {
        self.offline.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests;
