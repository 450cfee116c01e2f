//! What the engine says: where syncing stands, what stops it, what is to be told, what is asked. Texts are made of it elsewhere.

use regie_protocol::signed::DeviceId;
use serde::{Deserialize, Serialize};

use crate::{RecordId, Time};

/// How far a stretch of work is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// So many records are here.
    pub done: u64,
    /// Of so many, as far as known.
    pub of: u64,
}

/// Where syncing stands, for the seal. Reading, writing and export go on in each of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// All that is here is there, as far as this device heard.
    UpToDate {
        /// When the server last confirmed it.
        heard: Option<Time>,
    },
    /// So many changes wait: for the network, for a moment, or for the pen to be put down.
    Waiting {
        /// How many.
        changes: u64,
        /// When the server was last heard.
        heard: Option<Time>,
        /// Whether the server can be reached, as far as known.
        online: bool,
    },
    /// The first sync: what comes is shown, marked "not yet checked".
    First(Progress),
    /// Fetching what is new.
    Fetching(Progress),
    /// Sending what waits here.
    Sending {
        /// How many changes wait.
        changes: u64,
    },
    /// The person is asked; until then nothing is taken in or sent.
    Asking(Question),
    /// Syncing stopped, and overwrote nothing.
    Stopped(Alarm),
    /// This device was signed out, says the server or the chain.
    SignedOut,
    /// The server does not know this account any more; since when.
    UnknownAccount {
        /// When the server first said so.
        since: Time,
    },
    /// No copy is kept on the server, it says; nothing is sent.
    NoCopy {
        /// How many changes wait.
        changes: u64,
    },
    /// This app is too old to sync with the server.
    TooOld,
}

/// Why syncing stopped. What was written here is safe in each case, and is kept to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Alarm {
    /// The server shows a state that was true once: a backup brought back, or a lie.
    OlderState {
        /// How many headers are missing there.
        missing: u64,
    },
    /// The server shows an older place in the chain, and this device no longer remembers what stood there: it cannot tell whether that was
    /// ever true.
    OlderUnknown {
        /// How many headers are missing there.
        missing: u64,
    },
    /// The server shows another history than this device knows, or the person saw two codes that differ.
    Fork,
    /// The person wanted to go on from here, and the server shows epochs that this device has no key of, or that no device it knows began: over
    /// what is sealed in them it cannot vouch.
    OtherEpochs,
    /// A header does not follow, or its signature does not fit.
    BrokenChain,
    /// A header by a device that does not take part.
    StrangeDevice {
        /// Which.
        device: DeviceId,
    },
    /// Records that do not open: altered, or put in another's place. They are set aside.
    DoesNotOpen {
        /// Which.
        records: Vec<RecordId>,
    },
    /// What came is not the set that the head vouches for: something is missing, or old. Asked twice.
    SetDiffers,
    /// The same at the end of a first sync.
    FirstDiffers,
    /// What this device kept does not fit itself: its own damage, and nobody's lie.
    DamagedHere,
}

impl Alarm {
    /// Whether the server is still asked now and then, without taking anything in: it may show again what it showed before, or a device of
    /// the person may have gone on.
    #[must_use]
    pub const fn keeps_asking(&self) -> bool {
        matches!(
            self,
            Self::OlderState { .. } | Self::OlderUnknown { .. } | Self::Fork | Self::OtherEpochs
        )
    }
}

/// How two histories differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Differences {
    /// Records that are there alone.
    pub only_there: u64,
    /// Records that are here alone; they will be added.
    pub only_here: u64,
    /// Records that are on both sides and not the same.
    pub differing: u64,
    /// Deleted there and live here.
    pub deleted_there: u64,
    /// Live there and deleted here.
    pub deleted_here: u64,
}

/// What the person is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Question {
    /// Other devices deleted so much that it may be a mistake.
    ManyDeletions {
        /// How many would go.
        deletions: u64,
        /// Out of how many.
        of: u64,
    },
    /// Another device went on from another history.
    Restarted {
        /// Which device.
        by: DeviceId,
        /// What differs.
        differences: Differences,
    },
    /// The copy on the server was ended and begun again.
    BegunAgain {
        /// By which device.
        by: DeviceId,
        /// What differs.
        differences: Differences,
    },
}

/// What the person decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Yes to what was asked.
    Yes,
    /// No: many deletions are not done, and what they would take stays and goes out again. To another history no means: not now.
    No,
    /// Go on from this device: its state is the one that counts, and nothing that others alone have is lost.
    GoOnFromHere,
    /// The codes of two devices differ.
    CodesDiffer,
    /// Fetch everything once more and check it anew.
    FetchAnew,
    /// Ask the server again.
    TryAgain,
}

/// What is told once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A device takes part from now on.
    NewDevice(DeviceId),
    /// A device takes part no longer.
    DeviceOut(DeviceId),
    /// The server does not know this device any more: it was gone on without it, and it takes part again after a login.
    LeftBehind(DeviceId),
    /// This was a copy of another device of the person's; it takes part as a device of its own now.
    IsACopy,
    /// The first sync ended and everything fits. With another device at hand, compare.
    FirstDone,
    /// What a pull brought.
    Took(crate::Taken),
    /// The server shows again what this device knows.
    Recovered,
    /// Another device wrote a version that this app cannot read; it is kept as it is.
    TooNew {
        /// How many records.
        records: u64,
    },
}
