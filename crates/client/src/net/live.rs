//! A stream of events: read as it comes, bounded, and believed for nothing but that there is something to ask for.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
    mpsc,
};
use std::time::Duration;

use regie_protocol::account::live;
use reqwest::Response;
use tokio::sync::{Notify, oneshot};
use tokio::time::timeout;

/// As the type of an answer.
pub(super) const EVENTS: &str = "text/event-stream";
/// How long a stream may live; a later one takes its place.
pub(super) const LONGEST: Duration = Duration::from_hours(12);
/// A stream over which not even a heartbeat came for so long is none any more: the server sends one every half minute.
const SILENT: Duration = Duration::from_secs(90);
/// Longest line that is read.
const LINE: usize = 1024;
/// So many events wait for whoever hears; one is as good as several.
const WAITING: usize = 4;

/// What the server says over a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// There is something to ask for.
    Poke,
    /// There are records to ask for, and nothing else.
    Records,
    /// It will not say anything more to this device.
    End,
}

/// What came within a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Event(Event),
    Nothing,
    /// The stream is over.
    Over,
}

/// A stream, until it is dropped.
#[derive(Debug)]
pub(crate) struct Line {
    events: mpsc::Receiver<Event>,
    /// A poke that found no room: what waits before it may be of records alone.
    owed: Arc<AtomicBool>,
    _held: oneshot::Sender<()>,
}

impl Line {
    /// Waits for what comes next.
    pub(crate) fn next(&self, wait: Duration) -> Next {
        if self.owed.swap(false, Ordering::AcqRel) {
            return Next::Event(Event::Poke);
        }
        match self.events.recv_timeout(wait) {
            Ok(event) => Next::Event(event),
            Err(mpsc::RecvTimeoutError::Timeout) => Next::Nothing,
            Err(mpsc::RecvTimeoutError::Disconnected) => Next::Over,
        }
    }
}

/// Reads an answer that is a stream, on the runtime of the way out.
pub(super) fn follow(mut response: Response, stop: Arc<Notify>) -> Line {
    // From here on it is heard, also before the task begins.
    let stopped = stop.notified_owned();
    let (sender, events) = mpsc::sync_channel(WAITING);
    let (held, released) = oneshot::channel();
    let owed = Arc::new(AtomicBool::new(false));
    let owing = Arc::clone(&owed);
    tokio::spawn(async move {
        let reading = async {
            let mut reader = Reader::default();
            while let Ok(Ok(Some(piece))) = timeout(SILENT, response.chunk()).await {
                let Some(read) = reader.read(&piece) else {
                    return;
                };
                for event in read {
                    match sender.try_send(event) {
                        // Where enough wait already, one more says nothing new, but for one that asks for more than they do.
                        Err(mpsc::TrySendError::Full(Event::Poke)) => owing.store(true, Ordering::Release),
                        Err(mpsc::TrySendError::Disconnected(_)) => return,
                        Ok(()) | Err(mpsc::TrySendError::Full(_)) => {}
                    }
                }
            }
        };
        tokio::select! {
            () = stopped => {}
            _ = released => {}
            () = reading => {}
        }
    });
    Line {
        events,
        owed,
        _held: held,
    }
}

/// Takes a stream apart, by the rules of server-sent events as far as they are used.
#[derive(Debug, Default)]
struct Reader {
    line: Vec<u8>,
    event: Option<Event>,
}

impl Reader {
    /// The events that are whole by now; nothing when it is no stream of ours.
    fn read(&mut self, piece: &[u8]) -> Option<Vec<Event>> {
        let mut whole = Vec::new();
        for &byte in piece {
            if byte != b'\n' {
                if self.line.len() >= LINE {
                    return None;
                }
                self.line.push(byte);
                continue;
            }
            let line = std::mem::take(&mut self.line);
            let line = line.strip_suffix(b"\r").unwrap_or(&line);
            if line.is_empty() {
                whole.extend(self.event.take());
            } else if let Some(name) = line.strip_prefix(b"event:") {
                self.event = named(name.strip_prefix(b" ").unwrap_or(name));
            }
        }
        Some(whole)
    }
}

/// What is not known here was made for later versions.
fn named(name: &[u8]) -> Option<Event> {
    match name {
        name if name == live::POKE.as_bytes() => Some(Event::Poke),
        name if name == live::RECORDS.as_bytes() => Some(Event::Records),
        name if name == live::END.as_bytes() => Some(Event::End),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STREAM: &[u8] =
        b": alive\n\nevent: poke\ndata:\n\nevent: records\ndata:\n\nevent: later\ndata: x\n\ndata: x\n\r\nevent:end\r\ndata: \r\n\r\nevent: poke\n";

    proptest! {
        #[test]
        fn a_stream_reads_the_same_however_it_is_cut(cuts in proptest::collection::vec(0..STREAM.len(), 0..8)) {
            let mut cuts = cuts;
            cuts.extend([0, STREAM.len()]);
            cuts.sort_unstable();
            let mut reader = Reader::default();
            let mut events = Vec::new();
            for cut in cuts.windows(2) {
                events.extend(reader.read(&STREAM[cut[0]..cut[1]]).expect("a stream"));
            }
            // What has no end yet is no event.
            prop_assert_eq!(events, vec![Event::Poke, Event::Records, Event::End]);
        }

        #[test]
        fn a_line_without_end_is_no_stream(piece in proptest::collection::vec(b' '..b'~', 1..300)) {
            let mut reader = Reader::default();
            let read = (0..=LINE / piece.len() + 1).find(|_| reader.read(&piece).is_none());
            prop_assert!(read.is_some());
            prop_assert!(reader.line.len() <= LINE);
        }
    }
}
