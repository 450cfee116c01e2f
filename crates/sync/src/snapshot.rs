//! Where the engine stands, as it is stored with each change.

use regie_protocol::signed::{AccountId, DeviceId, HeaderHash};
use serde::{Deserialize, Serialize};

use crate::{Alarm, Device, Head, Question, Roll, Time};

/// Where the engine stands. It is small, whatever the number of records, and is stored in the transaction of each [`crate::Write`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The account.
    pub account: AccountId,
    /// This device.
    pub me: Device,
    /// The head that was verified and noted; nothing before the first.
    pub head: Option<Head>,
    /// Who takes part after it.
    pub roll: Roll,
    /// A head that a pairing handed over: the chain has to go through it.
    pub given: Option<(u64, HeaderHash)>,
    /// Whether what waits here comes out of a backup, or out of a copied profile.
    pub restored: bool,
    /// A pull under way.
    pub pull: Option<Pull>,
    /// The push that is stored.
    pub push: Option<StoredPush>,
    /// The hashes of headers that this device signed and dropped without knowing what became of them.
    pub signed: Vec<HeaderHash>,
    /// A new epoch is wanted that these devices cannot read.
    pub without: Vec<DeviceId>,
    /// The copy on the server was withdrawn and is wanted again.
    pub wants_copy: bool,
    /// What keeps it from going on.
    pub standing: Standing,
    /// When all rows were summed last.
    pub summed: Option<Time>,
    /// When the server last confirmed the head.
    pub heard: Option<Time>,
}

/// Whether the engine may go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// It may.
    Fine,
    /// It stopped.
    Stopped(Alarm),
    /// The person is asked.
    Asking(Question),
    /// The person put a question off.
    PutOff(Question),
    /// This device has to become another one before it goes on.
    BecomesNew,
    /// This device was signed out.
    SignedOut,
    /// The server does not know the account.
    UnknownAccount {
        /// Since when.
        since: Time,
    },
    /// No copy is kept on the server.
    NoCopy,
}

/// By which way a set comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Passage {
    /// What was pushed after the known head.
    Ordinary,
    /// The first sync of a device that knows no head.
    First,
    /// Everything once more, after damage here.
    Anew,
    /// Another device went on from another history: everything, and the person is asked.
    Restarted {
        /// Which device.
        by: DeviceId,
    },
    /// The copy was begun again, after a place: what was pushed since is the whole set, and the person is asked.
    BegunAgain {
        /// Which device.
        by: DeviceId,
    },
    /// The person goes on from this device: everything that the server shows, as it is.
    FromHere {
        /// Whether what it shows was true once.
        was_true: bool,
    },
}

impl Passage {
    /// Whether the set is what comes alone, without the rows that are known.
    #[must_use]
    pub const fn is_whole(self) -> bool {
        !matches!(self, Self::Ordinary)
    }
}

/// How far a pull is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// Head, devices and epochs are to be asked.
    Anchor,
    /// The chain is followed, by hashes, from the head that a pairing gave to the anchor.
    Through {
        /// The place that was reached.
        sequence: u64,
        /// Its hash.
        hash: HeaderHash,
    },
    /// Downwards, newest changes first.
    Down {
        /// From this place on.
        from: u64,
    },
    /// Upwards, after the tip.
    Up,
    /// The set did not fit: what differs is fetched once more.
    Differing,
    /// The head is reached.
    Reached,
}

/// A pull under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pull {
    /// By which way.
    pub passage: Passage,
    /// How far.
    pub stage: Stage,
    /// The last header that was followed.
    pub tip: Option<Head>,
    /// Who takes part after it.
    pub roll: Roll,
    /// How many live records there are at the tip.
    pub records: u64,
    /// The place of the newest epoch in this stretch, and who began it, if one began.
    pub epoch: Option<(u64, DeviceId)>,
    /// Whether the stored push was met in it.
    pub landed: bool,
    /// Whether it was asked once more already, because the set did not fit.
    pub again: bool,
    /// Devices that joined in it.
    pub joined: Vec<DeviceId>,
    /// Devices that went in it.
    pub out: Vec<DeviceId>,
    /// How many records came.
    pub came: u64,
    /// Where the person goes on from here: the place that the server showed, when it was seen to have been true once.
    #[serde(default)]
    pub found: Option<u64>,
}

/// Which kind of push is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PushKind {
    /// What waited.
    Changes,
    /// A new epoch with the whole set.
    Epoch,
    /// The same, with a new passphrase and code. It is taken only while the proof of who asked for them holds, which nobody keeps: after that
    /// the chain alone tells what became of it.
    AllNew,
    /// A new epoch over the empty set: once noted, everything here waits, each under the revision that it has.
    BeginAgain,
    /// Another history was begun over the set that lies aside: once noted, that set is known, and the rest waits by
    /// [`crate::plan_record`] and [`crate::plan_left`].
    Restart {
        /// Whether the set found was true once.
        was_true: bool,
    },
}

impl PushKind {
    /// Whether an epoch begins with it that holds the whole set.
    pub(crate) const fn begins_epoch(self) -> bool {
        matches!(self, Self::Epoch | Self::AllNew)
    }
}

/// The push that is stored; its bytes lie beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredPush {
    /// What kind.
    pub kind: PushKind,
    /// The hash of its first header.
    pub first: HeaderHash,
    /// Its last header, as a head.
    pub head: Head,
    /// How many records it carries.
    pub records: u64,
    /// Whether more waited than went in.
    pub more: bool,
    /// The device that signed it.
    pub by: DeviceId,
    /// Who takes part after it.
    pub roll: Roll,
}

impl Snapshot {
    /// Where a device begins that knows nothing of the chain; `given` is the head that a pairing handed over.
    #[must_use]
    pub fn begin(account: AccountId, me: Device, given: Option<(u64, HeaderHash)>) -> Self {
        Self {
            account,
            me,
            head: None,
            roll: Roll::default(),
            given,
            restored: false,
            pull: None,
            push: None,
            signed: Vec::new(),
            without: Vec::new(),
            wants_copy: false,
            standing: Standing::Fine,
            summed: None,
            heard: None,
        }
    }

    /// As the device that opens it finds it. Whoever has other keys than the ones in it, and was not told to, brought a backup back and
    /// logged in.
    #[must_use]
    pub fn opened_as(self, me: Device) -> Self {
        let told_to = matches!(
            self.standing,
            Standing::BecomesNew | Standing::SignedOut | Standing::UnknownAccount { .. }
        );
        if self.me == me || told_to {
            self
        } else {
            self.restored_as(me)
        }
    }

    /// As it is after a backup was brought back and this device logged in as another one. A pull that was under way then ends at what was
    /// the head then, and knows nothing of what was deleted since: it begins anew.
    #[must_use]
    pub fn restored_as(mut self, me: Device) -> Self {
        self.me = me;
        self.restored = true;
        self.pull = None;
        self.standing = Standing::Fine;
        self
    }
}
