//! Sending and fetching what attachments are made of (docs/adr/0015): one request at a time, so that a sentence waits for one at most. What came
//! is opened before it is kept; what is sent is read as it rests.

use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use regie_crypto::chunk::{Blob, open_chunk};
use regie_protocol::{
    purpose::CopyOnServer,
    sync::{
        BlobGetRequest, BlobGetResponse, BlobId, BlobLookRequest, BlobPutRequest, BlobStanding, Wire,
        blob::Shape, limits::BLOB_CHUNKS, path,
    },
};

use crate::{
    AccountError, Client, ClientError,
    account::{RequestContent, RequestPurpose},
    net::Outgoing,
};

/// After a request that took so long, the next one takes a single chunk along: a sentence is not to wait longer.
const SLOW: Duration = Duration::from_secs(5);
/// So many blobs are begun at once, preview first: fewer than a server has open for an account.
const BEGUN: usize = 32;
/// A server without room is asked again after so long, the second time after twice that, and so on.
const ROOM_SOONEST: Duration = Duration::from_mins(5);
const ROOM_LATEST: Duration = Duration::from_hours(6);

/// Where chunks rest on this device, in files that only look like noise.
pub trait Shelf {
    /// A chunk as it rests and travels; nothing where it is not here.
    ///
    /// # Errors
    /// What the disk or the database says.
    fn chunk(&mut self, blob: BlobId, place: u32) -> Result<Option<Vec<u8>>, ClientError>;

    /// Keeps a chunk that opened. It is on the disk when this returns.
    ///
    /// # Errors
    /// What the disk or the database says; no room among it.
    fn keep(&mut self, blob: &Blob, place: u32, sealed: &[u8], plain: &[u8]) -> Result<(), ClientError>;
}

/// The server, and how long it took to answer.
pub trait Relay {
    /// Asks what is there.
    ///
    /// # Errors
    /// What the network or the server says.
    fn look(&mut self, request: &BlobLookRequest) -> Result<BlobStanding, ClientError>;

    /// Puts chunks.
    ///
    /// # Errors
    /// What the network or the server says.
    fn put(&mut self, request: &BlobPutRequest) -> Result<(BlobStanding, Duration), ClientError>;

    /// Gets chunks.
    ///
    /// # Errors
    /// What the network or the server says.
    fn get(&mut self, request: &BlobGetRequest) -> Result<(BlobGetResponse, Duration), ClientError>;
}

/// How many chunks go at once. It begins with one: whether the way is slow is not known yet, and a server waits half a minute at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pace(usize);

impl Default for Pace {
    fn default() -> Self {
        Self(1)
    }
}

impl Pace {
    fn learn(&mut self, took: Duration) {
        self.0 = if took < SLOW { BLOB_CHUNKS } else { 1 };
    }
}

/// What one step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// There is more to do.
    More,
    /// All chunks of this blob are with the server: the next push may keep it.
    Sent(BlobId),
    /// The file is not here whole: nothing more of this blob can be sent.
    NotHere(BlobId),
    /// The server has other bytes under this id: it can never be whole there, and gets a new one.
    Differs(BlobId),
    /// The server has no room for this blob; it waits until there may be some.
    NoRoom {
        /// Which one.
        blob: BlobId,
        /// How many megabytes the server keeps for them, where it says so.
        megabytes: Option<u32>,
    },
    /// An old one is going under this id: that takes the server a moment.
    NotYet(BlobId),
    /// Nothing is left to send.
    Done,
}

/// A blob on its way to the server.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Upload {
    blob: BlobId,
    shape: Shape,
    /// What the server lacks; nothing until it was asked.
    lacking: Option<Vec<u32>>,
}

/// What the server had no room for. Where it has none for the smallest, it has none for the others: that one alone is tried again.
#[derive(Debug, Default)]
struct Refused {
    uploads: Vec<Upload>,
    /// The one that was tried again last.
    again: Option<BlobId>,
    /// How much the server keeps for them, where it said so.
    megabytes: Option<u32>,
    /// Not before then.
    until: Option<Instant>,
    /// So often it was asked in vain.
    times: u32,
}

impl Refused {
    fn smallest(&self) -> Option<&Upload> {
        self.uploads.iter().min_by_key(|upload| upload.shape.bytes())
    }

    fn add(&mut self, upload: Upload, now: Instant) {
        if self.until.is_none_or(|until| until <= now) {
            let pause = ROOM_SOONEST.saturating_mul(1 << self.times.min(16));
            self.until = Some(now + pause.min(ROOM_LATEST));
            self.times += 1;
        }
        self.uploads.push(upload);
    }
}

/// Blobs that are to be sent. What is there already is asked, never remembered: so it goes on wherever it stopped.
#[derive(Debug, Default)]
pub struct Uploads {
    /// Their previews are with the server, or not asked for yet.
    waiting: VecDeque<Upload>,
    /// Their previews are there.
    begun: VecDeque<Upload>,
    refused: Refused,
    pace: Pace,
}

impl Uploads {
    /// Sends these and no others, each once; what is under way of them goes on.
    pub fn set(&mut self, wanted: &[(BlobId, Shape)]) {
        let mut new: BTreeSet<_> = wanted.iter().map(|(blob, _)| *blob).collect();
        let mut stays = |upload: &Upload| new.remove(&upload.blob);
        self.begun.retain(&mut stays);
        self.waiting.retain(&mut stays);
        self.refused.uploads.retain(&mut stays);
        let new = wanted.iter().filter(|(blob, _)| new.remove(blob));
        self.waiting.extend(new.map(|(blob, shape)| Upload {
            blob: *blob,
            shape: *shape,
            lacking: None,
        }));
    }

    /// Tries one again that found no room, when it is time to.
    pub fn ask_for_room(&mut self, now: Instant) {
        let mut under_way = self.waiting.iter().chain(&self.begun);
        let is_tried = under_way.any(|upload| Some(upload.blob) == self.refused.again);
        if !is_tried
            && self.refused.until.is_some_and(|until| until <= now)
            && let Some(smallest) = self.refused.smallest().map(|upload| upload.blob)
        {
            let again = self
                .refused
                .uploads
                .extract_if(.., |upload| upload.blob == smallest);
            self.waiting.extend(again);
            self.refused.again = Some(smallest);
        }
    }

    /// There is room, or may be: what found none is tried again.
    pub fn room_was_made(&mut self) {
        self.waiting.extend(std::mem::take(&mut self.refused).uploads);
    }

    /// Whether there was no room for any.
    #[must_use]
    pub fn waits_for_room(&self) -> bool {
        !self.refused.uploads.is_empty()
    }

    /// Whether nothing can be sent now.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.waiting.is_empty() && self.begun.is_empty()
    }

    /// Makes one request at most. After an error the server is asked anew the next time.
    ///
    /// # Errors
    /// What the network, the server or the shelf says.
    pub fn step(&mut self, relay: &mut dyn Relay, shelf: &mut dyn Shelf) -> Result<Step, ClientError> {
        let previews = self.begun.len() < BEGUN && !self.waiting.is_empty();
        let next = if previews {
            self.waiting.pop_front()
        } else {
            self.begun.pop_front()
        };
        let Some(mut upload) = next else {
            return Ok(Step::Done);
        };
        let blob = upload.blob;
        let is_tried_again = self.refused.again == Some(blob);
        let full = self.refused.smallest().filter(|_| !is_tried_again);
        let full = full.map(|upload| upload.shape.bytes());
        match advance(&mut upload, (&mut self.pace, full), relay, shelf) {
            Ok(Step::More) => {
                self.put_back(upload);
                Ok(Step::More)
            }
            Ok(Step::Sent(_)) => {
                if self.refused.again == Some(blob) {
                    self.room_was_made();
                }
                Ok(Step::Sent(blob))
            }
            Err(ClientError::Account(AccountError::NoRoom { megabytes })) => {
                upload.lacking = None;
                self.refused.add(upload, Instant::now());
                self.refused.megabytes = megabytes.or(self.refused.megabytes);
                Ok(Step::NoRoom {
                    blob,
                    megabytes: self.refused.megabytes,
                })
            }
            Err(ClientError::Account(AccountError::Changed)) => Ok(Step::NotYet(blob)),
            Err(ClientError::Account(AccountError::BlobDiffers)) => Ok(Step::Differs(blob)),
            Err(error) => {
                upload.lacking = None;
                self.waiting.push_front(upload);
                Err(error)
            }
            ended => ended,
        }
    }

    fn put_back(&mut self, upload: Upload) {
        match upload.lacking.as_deref() {
            Some([first, ..]) if *first > 0 => self.begun.push_front(upload),
            _ => self.waiting.push_front(upload),
        }
    }
}

/// `full`: the server has no room for so many bytes.
fn advance(
    upload: &mut Upload,
    (pace, full): (&mut Pace, Option<u64>),
    relay: &mut dyn Relay,
    shelf: &mut dyn Shelf,
) -> Result<Step, ClientError> {
    let blob = upload.blob;
    let standing = match &upload.lacking {
        None => relay.look(&BlobLookRequest { blob })?,
        Some(lacking) => {
            let run = next_run(lacking, pace.0);
            let mut chunks = Vec::with_capacity(run.len());
            for place in run {
                let Some(chunk) = shelf.chunk(blob, *place)? else {
                    return Ok(Step::NotHere(blob));
                };
                chunks.push(chunk);
            }
            let Some(from) = run.first() else {
                return Ok(Step::Sent(blob));
            };
            let request = BlobPutRequest {
                blob,
                shape: upload.shape,
                from: *from,
                chunks,
            };
            let (standing, took) = relay.put(&request)?;
            pace.learn(took);
            standing
        }
    };
    let lacking = match standing {
        // As it would answer to the first chunk.
        BlobStanding::Unknown if full.is_some_and(|full| upload.shape.bytes() >= full) => {
            return Err(AccountError::NoRoom { megabytes: None }.into());
        }
        BlobStanding::Unknown => (0..upload.shape.chunks()).collect(),
        BlobStanding::Open(there) | BlobStanding::Kept(there) if there.shape == upload.shape => {
            there.lacking()
        }
        BlobStanding::Open(_) | BlobStanding::Kept(_) => return Ok(Step::Differs(blob)),
    };
    if lacking.is_empty() {
        return Ok(Step::Sent(blob));
    }
    if upload.lacking.as_ref() == Some(&lacking) {
        // It said yes and has not got it: the same again would go on for ever.
        return Err(AccountError::BadAnswer.into());
    }
    upload.lacking = Some(lacking);
    Ok(Step::More)
}

/// What goes in one request: the preview alone, else chunks that follow each other.
fn next_run(lacking: &[u32], most: usize) -> &[u32] {
    let follow = lacking
        .iter()
        .zip(lacking.first().copied().unwrap_or_default()..)
        .take_while(|(place, next)| *place == next)
        .count();
    let most = if lacking.first() == Some(&0) { 1 } else { most };
    lacking.get(..follow.min(most)).unwrap_or_default()
}

/// What one step of fetching came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// There is more to fetch.
    More,
    /// All that was wanted is here.
    Whole,
    /// The server has not got this chunk, or what it gave does not open: it was asked twice.
    Lost {
        /// Which chunk.
        place: u32,
        /// Whether it gave something else in its place.
        wrong: bool,
    },
}

/// What outlives a download: how fast the way is, and the chunk that failed once.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Memory {
    pace: Pace,
    failed: Option<(BlobId, u32)>,
    /// How many chunks were still wanted.
    pub(super) lacking: u32,
}

/// A blob on its way from the server.
#[derive(Debug)]
pub struct Download<'b> {
    blob: &'b Blob,
    /// Places that are wanted and not here, in order.
    wanted: Vec<u32>,
    pace: Pace,
    /// The chunk that failed once.
    failed: Option<u32>,
}

impl<'b> Download<'b> {
    /// Fetches its preview.
    #[must_use]
    pub fn of_preview(blob: &'b Blob) -> Self {
        Self::of(blob, vec![0])
    }

    /// Fetches all of it but for what is here already: the preview too, so that it rests as it was sent.
    #[must_use]
    pub fn of_all(blob: &'b Blob, here: &[u32]) -> Self {
        let places = 0..blob.chunks();
        Self::of(blob, places.filter(|place| !here.contains(place)).collect())
    }

    /// Goes on with what an earlier download of this blob, or of another one, found out.
    #[must_use]
    pub(super) fn remembering(mut self, memory: Memory) -> Self {
        self.pace = memory.pace;
        self.failed = memory
            .failed
            .filter(|(blob, _)| *blob == self.blob.id())
            .map(|(_, place)| place);
        self
    }

    /// What it found out.
    pub(super) fn memory(&self) -> Memory {
        Memory {
            pace: self.pace,
            failed: self.failed.map(|place| (self.blob.id(), place)),
            lacking: u32::try_from(self.wanted.len()).unwrap_or(u32::MAX),
        }
    }

    /// Fetches its content but for what is here already.
    #[must_use]
    pub fn of_content(blob: &'b Blob, here: &[u32]) -> Self {
        let places = 1..blob.chunks();
        Self::of(blob, places.filter(|place| !here.contains(place)).collect())
    }

    const fn of(blob: &'b Blob, wanted: Vec<u32>) -> Self {
        Self {
            blob,
            wanted,
            pace: Pace(1),
            failed: None,
        }
    }

    /// Makes one request at most. Nothing that does not open is kept.
    ///
    /// # Errors
    /// What the network, the server or the shelf says.
    pub fn step(&mut self, relay: &mut dyn Relay, shelf: &mut dyn Shelf) -> Result<Fetched, ClientError> {
        let run = next_run(&self.wanted, self.pace.0).to_vec();
        let Some(from) = run.first().copied() else {
            return Ok(Fetched::Whole);
        };
        let request = BlobGetRequest {
            blob: self.blob.id(),
            from,
            count: u32::try_from(run.len()).unwrap_or(1),
        };
        let (answer, took) = relay.get(&request)?;
        self.pace.learn(took);
        let (mut kept, mut wrong) = (0, false);
        for (chunk, place) in answer.chunks.iter().zip(&run) {
            let Ok(plain) = open_chunk(self.blob, *place, chunk) else {
                wrong = true;
                break;
            };
            shelf.keep(self.blob, *place, chunk, &plain)?;
            kept += 1;
        }
        self.wanted.drain(..kept);
        if kept == 0 {
            if self.failed == Some(from) {
                return Ok(Fetched::Lost { place: from, wrong });
            }
            self.failed = Some(from);
        }
        Ok(if self.wanted.is_empty() {
            Fetched::Whole
        } else {
            Fetched::More
        })
    }
}

impl Client {
    /// Makes one request at most for what is to be sent. It waits for its turn behind a request that is under way, as any other waits for this one.
    ///
    /// # Errors
    /// [`ClientError::Locked`], no consent for a copy; what the network, the server or the shelf says.
    pub fn send_blobs(&self, uploads: &mut Uploads, shelf: &mut dyn Shelf) -> Result<Step, ClientError> {
        uploads.step(&mut Signed(self), shelf)
    }

    /// Makes one request at most for what is to be fetched.
    ///
    /// # Errors
    /// [`ClientError::Locked`]; what the network, the server or the shelf says.
    pub fn fetch_blob(
        &self,
        download: &mut Download<'_>,
        shelf: &mut dyn Shelf,
    ) -> Result<Fetched, ClientError> {
        download.step(&mut Signed(self), shelf)
    }
}

/// The server of the account, asked as this device.
struct Signed<'c>(&'c Client);

impl Relay for Signed<'_> {
    fn look(&mut self, request: &BlobLookRequest) -> Result<BlobStanding, ClientError> {
        self.0.sync_request(path::BLOB_LOOK, request)
    }

    fn put(&mut self, request: &BlobPutRequest) -> Result<(BlobStanding, Duration), ClientError> {
        // Each put asks anew: the person may have thought better of the copy since the last one.
        self.0
            .with_vault(|vault| Ok(vault.consent::<CopyOnServer>().map(drop)?))?;
        let body = request.to_bytes().map_err(|_| AccountError::Refused)?;
        let post = Outgoing::post_bytes(path::BLOB_PUT, body, RequestPurpose::Sync, RequestContent::Sealed);
        let began = Instant::now();
        let answer = {
            let mut turn = self.0.account.turn();
            let me = self.0.me()?;
            self.0.signed(&mut turn, &me, &post)?
        };
        let took = began.elapsed();
        if answer.is_empty() {
            // It was heard, and what came back was lost.
            return Ok((self.look(&BlobLookRequest { blob: request.blob })?, took));
        }
        Ok((answer.read_wire()?, took))
    }

    fn get(&mut self, request: &BlobGetRequest) -> Result<(BlobGetResponse, Duration), ClientError> {
        let began = Instant::now();
        let answer = self.0.sync_request(path::BLOB_GET, request)?;
        Ok((answer, began.elapsed()))
    }
}

#[cfg(test)]
mod tests;
