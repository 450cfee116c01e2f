//! What happens to a device.

use regie_protocol::signed::{DeviceId, HeaderHash};
use serde::{Deserialize, Serialize};

use crate::{Census, Decision, Device, Differences, Head, Header, Number, RecordId, Roll};

/// What happens to a device.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The vault is open and so many changes wait. The first event of every engine.
    Started {
        /// How many records wait to be sent.
        waiting: u64,
    },
    /// There is a network, or there is none.
    Network {
        /// Whether there is one.
        up: bool,
    },
    /// The stream of news is open, or it broke.
    Listening {
        /// Whether it is open.
        open: bool,
    },
    /// The server says that there is news.
    Poke,
    /// Another device of the person is in use at this moment, or no longer.
    OtherDevice {
        /// Whether one is.
        live: bool,
    },
    /// Something was written here, and is stored.
    Changed {
        /// How many records wait now.
        waiting: u64,
        /// Whether the person is still writing in it.
        pen: Pen,
    },
    /// The moment came that [`crate::Effect::WakeAt`] named.
    Tick,
    /// The answer to an [`crate::Effect::Ask`].
    Answered {
        /// Of which question.
        number: Number,
        /// The answer.
        answer: Answer,
    },
    /// What came of an [`crate::Effect::Check`].
    Checked(Checked),
    /// What came of an [`crate::Effect::Verify`].
    Verified(Verified),
    /// What came of an [`crate::Effect::Recall`]: the hash that is known at that place.
    Recalled(Option<HeaderHash>),
    /// What came of an [`crate::Effect::Seal`]: nothing when nothing waits.
    Sealed(Option<SealedPush>),
    /// The answer to an [`crate::Effect::Send`].
    Delivered {
        /// Of which sending.
        number: Number,
        /// The answer.
        delivery: Delivery,
    },
    /// A [`crate::Change::TakeIn`] or [`crate::Change::NotePush`] is stored.
    Settled(Settled),
    /// What came of an [`crate::Effect::SumAnew`].
    Summed {
        /// Whether the sum kept beside the head is that of the rows.
        fits: bool,
    },
    /// This device has new keys and is logged in under a new id, as [`crate::Effect::BecomeNew`] asked.
    Became(Device),
    /// Somebody just proved who they are, to give the account a new passphrase and code: a new epoch goes with it, in one request, as soon as
    /// this device is at the head. Or that proof ended: what rests on it is not sent any more, and what became of it is asked.
    Proof {
        /// Whether it holds. None does after a start.
        holds: bool,
    },
    /// Something that the person or the program wants.
    Ordered(Order),
    /// The person decided.
    Decided(Decision),
}

/// Whether the person still writes in what changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pen {
    /// They do: it goes once a minute.
    Down,
    /// They do not: it goes at once.
    Up,
}

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// A new epoch that these devices cannot read: they were signed out as lost or stolen.
    BeginEpoch {
        /// Who is left out.
        without: Vec<DeviceId>,
    },
    /// The copy on the server was withdrawn and is wanted again; all that is here goes there anew.
    KeepCopyAgain,
    /// The rows were migrated: the sum is made anew from them.
    SumAnew,
}

/// Why the server does not do what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// This device is signed out.
    SignedOut,
    /// There is no such account.
    UnknownAccount,
    /// No copy is kept.
    NoCopy,
    /// This app's version is too old.
    TooOld,
    /// The number of the request was used already: another device has the same keys.
    NumberUsed,
    /// Come again later; after so many seconds at the earliest, if it said.
    Later(Option<u32>),
}

/// What the server answers to a question.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// The head is the one that the question named.
    Same,
    /// A page.
    Page(Page),
    /// Where to begin.
    Anchor(Anchor),
    /// A refusal.
    Refused(Refusal),
    /// Nothing came, or nothing that could be read.
    Failed,
}

/// A page, as read. Its records stay with whoever runs the engine until they are kept or dropped.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The head at the moment of the page, as the server tells it.
    pub head: (u64, HeaderHash),
    /// The headers that come with it, in order.
    pub headers: Vec<Header>,
    /// How many records it brings.
    pub records: u64,
    /// Up to which place it goes, or down to which, itself included.
    pub reached: u64,
}

/// Where a device begins that knows nothing, or nothing that still holds: the head, who takes part, and the epochs.
#[derive(Clone, Debug, PartialEq)]
pub struct Anchor {
    /// The head's header.
    pub head: Header,
    /// Who takes part and which epochs there were, as the server tells it; its hash stands in the head.
    pub roll: Roll,
    /// Whether the newest epoch's MAC, the keys of those before, the names, and the hash of the roll fit, and the head's signature with them.
    pub fits: bool,
    /// Whether each of its epochs was begun by a device of the account, and this device has its key.
    pub opens: bool,
}

/// What came of checking a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// All signatures fit, each epoch opens, each record opens.
    Fits,
    /// A signature, or an epoch's MAC, does not fit.
    BadHeader,
    /// An epoch was not sealed to this device.
    NotForThisDevice,
    /// The key of an epoch could not be asked for just now: nothing is known of the page, and it is asked for again.
    NotNow,
    /// These records do not open.
    DoesNotOpen(Vec<RecordId>),
}

/// Whether what came is what the head vouches for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Sum, number of live records and roll are those of the head.
    Fits,
    /// They are not.
    Differs,
    /// Asked to sum anew: the sum that was kept is not that of the rows.
    Damaged,
}

/// What came of comparing.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    /// Whether it fits.
    pub fit: Fit,
    /// What would be deleted here.
    pub census: Census,
    /// How it differs from what is here; asked for between two histories only.
    pub differences: Differences,
}

/// A push that is sealed and not stored yet. Its bytes stay with whoever runs the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedPush {
    /// The hash of its first header.
    pub first: HeaderHash,
    /// Its last header, as a head.
    pub head: Head,
    /// How many records it carries.
    pub records: u64,
    /// Whether more waits than went in.
    pub more: bool,
    /// Who takes part after it, as its last header says.
    pub roll: Roll,
}

/// What the server answers to a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It stands at its place, byte for byte.
    Stored {
        /// The head's place by now.
        sequence: u64,
    },
    /// Another header is ahead.
    Ahead {
        /// The head's place.
        sequence: u64,
    },
    /// It is of an epoch that ended.
    WrongEpoch,
    /// It would keep something that is not there whole: it can never be stored, and what it held is sealed anew.
    NotWhole,
    /// The proof that it rests on does not hold, or no more: it may be stored or not.
    ProofEnded,
    /// A refusal.
    Refused(Refusal),
    /// Nothing came, or nothing that could be read: it may be stored or not.
    Failed,
}

/// What is so after a change of many records was stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// How many records wait now.
    pub waiting: u64,
    /// What was taken in.
    pub taken: Taken,
}

/// What a pull brought, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// New here.
    pub new: u64,
    /// Changed elsewhere.
    pub changed: u64,
    /// Deleted elsewhere.
    pub deleted: u64,
    /// Changed on both sides and merged.
    pub merged: u64,
    /// Deleted on one side and edited on the other: kept.
    pub kept: u64,
    /// The person is asked about them.
    pub asked: u64,
    /// Of a version that this app does not read.
    pub too_new: u64,
}

impl Taken {
    /// Whether anything came.
    #[must_use]
    pub fn is_any(&self) -> bool {
        *self != Self::default()
    }
}
