//! The sync engine: what a device does next, given what happened (docs/adr/0014).
//!
//! Events in, effects out. The engine opens nothing, sums nothing, stores and sends nothing: whoever runs it carries its
//! effects out over vault and network, in the order in which they come, and tells what came of them. So it needs no clock,
//! no randomness and no IO, and thousands of made-up devices run the code that ships.
//!
//! # How effects are carried out
//!
//! - **Each [`Effect::Write`] is one transaction**, and the [`Snapshot`] that it brings is stored in that same transaction. There
//!   is at most one in what [`Engine::handle`] returns, and it comes first: nothing is sent before it is stored.
//! - An engine whose write failed (the disk is full) is thrown away, and another is opened from the snapshot that is stored.
//!   The same holds after a crash, wherever it happened.
//! - Every other effect may fail, be lost or be done twice without harm. An answer that no longer fits is dropped.
//! - One question to the server is under way at a time; what answers it bears its [`Number`].
//! - What asks nobody else (checking, comparing, recalling, sealing, summing, and a write that settles) is done at once, and its answer is
//!   the engine's next event.

mod chain;
mod deletions;
mod effect;
mod engine;
mod event;
mod parcel;
mod record;
mod rhythm;
mod snapshot;
mod status;
mod stock;
mod time;

pub use chain::{Device, Entry, Follow, Head, Header, HeaderKind, Mismatch, Roll, Signer, follow};
pub use deletions::{Bulk, Census, Deletions, plan_deletions};
pub use effect::{Ask, Change, Check, Effect, Number, PushFate, Seal, SealWhat, TakeIn, Verify, Write};
pub use engine::Engine;
pub use event::{
    Anchor, Answer, Checked, Delivery, Event, Fit, Order, Page, Pen, Refusal, SealedPush, Settled, Taken,
    Verified,
};
pub use parcel::{MOST_BYTES, MOST_RECORDS, Parcel};
pub use record::{
    Aim, Base, Doubt, Here, Known, Mine, Plan, Sealed, Theirs, plan_left, plan_record, plan_shown,
};
pub use rhythm::Rhythm;
pub use snapshot::{Passage, Pull, PushKind, Snapshot, Stage, Standing, StoredPush};
pub use status::{Alarm, Decision, Differences, Notice, Progress, Question, Status};
pub use stock::{NamedBlob, Stock, take_stock};
pub use time::{Span, Time};

pub use regie_protocol::signed::{AccountId, DeviceId, HeaderHash};

/// The id of a record: sixteen random bytes, made once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct RecordId(pub [u8; 16]);

/// What names one writing of a record, however often it is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Revision(pub [u8; 16]);

/// What names one sealing of a writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct EnvelopeHash(pub [u8; 32]);
