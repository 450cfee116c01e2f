//! What a device does.

use crate::{Aim, Device, Head, Notice, Passage, PushKind, Roll, Signer, Snapshot, Status, Time};

/// Which question or sending an answer belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(pub u64);

/// What a device does.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// One transaction of the vault; always the first effect.
    Write(Box<Write>),
    /// Asks the server. Answered by [`crate::Event::Answered`].
    Ask(Number, Ask),
    /// Checks the page that just came. Answered by [`crate::Event::Checked`].
    Check(Check),
    /// Compares what came with what the head vouches for. Answered by [`crate::Event::Verified`].
    Verify(Box<Verify>),
    /// Looks for the hash at a place among those that are remembered. Answered by [`crate::Event::Recalled`].
    Recall {
        /// The place.
        sequence: u64,
    },
    /// Makes a push out of what waits and holds it in memory. Answered by [`crate::Event::Sealed`].
    Seal(Seal),
    /// Sends the stored push, byte for byte. Answered by [`crate::Event::Delivered`].
    Send(Number),
    /// Sums up all rows under the present key, and compares with the sum beside the head. Answered by [`crate::Event::Summed`].
    SumAnew,
    /// Drops this device's keys, makes new ones, and logs in as another device. Answered by [`crate::Event::Became`].
    BecomeNew,
    /// Drops this device's keys: it is signed out. A login makes it another device, by [`crate::Event::Became`].
    DropKeys,
    /// Tick at this moment; takes the place of an earlier wish. A tick too early does no harm.
    WakeAt(Time),
    /// Where syncing stands now.
    Show(Status),
    /// What the person is told once.
    Tell(Notice),
}

/// One transaction: the change, and the snapshot with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Write {
    /// What else is written.
    pub change: Change,
    /// Where the engine stands afterwards.
    pub snapshot: Snapshot,
}

/// What a transaction changes besides the snapshot.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Nothing.
    Nothing,
    /// All pages that lie aside go; what a first sync shows stays, with its marks.
    DropAside {
        /// Whether the stored push goes too, as [`Change::DropPush`] says.
        push: bool,
    },
    /// The bytes of the anchor's header, and its hash, lie aside.
    KeepAnchor,
    /// The page that was checked lies aside: its records, each one in the place of one with a lower sequence, its headers' hashes, and the
    /// bytes of its last header.
    KeepPage {
        /// Whether its records are shown at once, marked "not yet checked" (where [`crate::plan_shown`] says so).
        shown: bool,
    },
    /// What lies aside is taken in, and the head noted. Answered by [`crate::Event::Settled`].
    TakeIn(TakeIn),
    /// The push that was sealed is stored.
    StorePush,
    /// The stored push is the head now: what it carries is known, waits no longer unless it was changed since it was sealed, and is the new
    /// merge base; the hash of its header is remembered; its bytes go. Answered by [`crate::Event::Settled`].
    NotePush(PushKind),
    /// The stored push goes, and what it carries waits on. Sealed envelopes are kept if their epoch is still the present one.
    DropPush,
}

/// How what lies aside is taken in: in one transaction, record by record.
///
/// 1. The stored push, by its fate.
/// 2. Each record aside by [`crate::plan_record`]; where the passage is of a whole set, each row that did not come by [`crate::plan_left`].
/// 3. Head, sum (under the head's epoch), roll and hashes are noted, the marks "not yet checked" go, and nothing lies aside any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TakeIn {
    /// The head that was verified.
    pub head: Head,
    /// What becomes of the stored push.
    pub push: PushFate,
    /// By which way the set came.
    pub passage: Passage,
    /// For [`crate::plan_record`].
    pub aim: Aim,
    /// Whether the person said no to deletions that nobody confirmed: then [`Aim::KeepDeleted`] holds for those.
    pub keep_deleted: bool,
    /// Whether only records above this place are the set: the copy was begun again there.
    pub after: u64,
}

/// What becomes of the stored push when a pull is taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushFate {
    /// There is none.
    None,
    /// It stands in the chain that came: first of all it is noted as [`Change::NotePush`] says.
    Landed(PushKind),
    /// Another won: its headers go, what it carries waits on as [`Change::DropPush`] says.
    Lost,
}

/// A question to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Head, devices, epochs. Whoever runs the engine checks them as [`crate::Anchor::fits`] says.
    Anchor,
    /// The page of records and headers pushed after this header; "the same" if it is the head.
    Up {
        /// The last header that was followed.
        after: Head,
    },
    /// The page of records pushed at this place and below it, newest first, without headers.
    Down {
        /// From here on.
        from: u64,
    },
    /// Headers alone, after one place and up to another.
    Headers {
        /// After this place.
        after: u64,
        /// Up to this one, included.
        to: u64,
    },
    /// All ids, revisions and hashes once more, and then the records that differ from what lies aside; what is not listed is dropped from
    /// there. Several requests, told as one page with no headers.
    Differing,
}

/// What is to be checked of the page that came. In the order of the headers: each signature under its key, each epoch's MAC over the empty
/// sum, its wrap for this device, and that the key of the epoch before is the one that is known; then each record is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// For each header of the page, in order, under which key its signature has to fit. Empty for a page whose headers were only followed
    /// by their hashes.
    pub signers: Vec<Signer>,
}

/// What is to be compared: the MAC of the head over the sum, the number of live records, and the hash of the roll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verify {
    /// The head; its bytes lie aside, or beside the known head if nothing came.
    pub head: Head,
    /// Who takes part, as followed.
    pub roll: Roll,
    /// Whether the set is what lies aside alone, without the rows that are known.
    pub whole: bool,
    /// Only records above this place count as lying aside.
    pub after: u64,
    /// Whether the known sum is made anew from the rows first, and compared with the one that was kept.
    pub anew: bool,
    /// Whether differences are counted.
    pub differences: bool,
}

/// What is to be sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    /// The header that the push follows.
    pub after: Option<Head>,
    /// What kind of push.
    pub what: SealWhat,
    /// Whether this device's `joined` goes with it.
    pub joins: bool,
}

/// What kind of push is to be sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SealWhat {
    /// What waits, closed by [`crate::Parcel`]; with a `joined` also if nothing does. What was sealed before is used as it is, unless it was changed since or its epoch ended;
    /// sealed anew it keeps its revision, changed since it gets another.
    Changes,
    /// A new epoch, and a second header with the whole set under the new key. It is sealed to these devices, and to those that are known by
    /// their sealed names and did not join yet.
    Epoch {
        /// Who takes part from then on.
        to: Vec<Device>,
    },
    /// The same, with a new passphrase and code: those of who just proved who they are.
    AllNew {
        /// Who takes part from then on.
        to: Vec<Device>,
    },
    /// A new epoch over the empty set.
    BeginAgain {
        /// Who takes part from then on.
        to: Vec<Device>,
    },
    /// A header over the set that lies aside, as found; `restart` names the known head. Its place is one beyond the greater of both. Where the
    /// server lost epochs their headers are put back, and another epoch begins in the same request; where it shows further ones, it stands in
    /// the newest.
    Restart {
        /// The head that is named.
        names: Head,
        /// Who takes part, and in which epochs, as this device knows it.
        roll: Roll,
        /// The same, as the server tells it.
        shown: Roll,
    },
}
