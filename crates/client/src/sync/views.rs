//! What the window is told about syncing.

use regie_sync::{Alarm, Decision, Notice, Progress, Question, Status, Taken, Time};
use regie_vault::attachment::NoRoom;
use serde::{Deserialize, Serialize};
use specta::Type;

use super::stock::LeftOverView;

/// Where syncing stands. Reading, writing and taking along go on in each of these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SyncView {
    /// Where it stands.
    pub state: SyncState,
    /// So many changes of this device are not on the server yet.
    pub waiting: u32,
    /// When the server last confirmed what this device knows, RFC 3339.
    pub heard: Option<String>,
    /// Whether all that came from other devices is checked; until a first sync ends it is not.
    pub checked: bool,
    /// What happened and was not read yet, the oldest first.
    pub notices: Vec<SyncNotice>,
    /// What is not sent because the server has no room for it; nothing where all of it has.
    pub no_room: Option<NoRoomView>,
    /// What the server keeps and no device knows, where it is so much that the person is asked.
    pub left_over: Option<LeftOverView>,
}

/// The server has no room for more photos and recordings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct NoRoomView {
    /// So many wait for some.
    pub count: u32,
    /// How many megabytes the server keeps for them, where it says so.
    pub megabytes: Option<u32>,
}

impl NoRoomView {
    pub(super) fn of(no_room: &NoRoom) -> Option<Self> {
        let count = u32::try_from(no_room.blobs.len()).unwrap_or(u32::MAX);
        (count > 0).then_some(Self {
            count,
            megabytes: no_room.megabytes,
        })
    }
}

/// Where syncing stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum SyncState {
    /// Nothing is synced: there is no account, or no copy is wanted on the server.
    Off,
    /// All that is here is there.
    UpToDate,
    /// Changes wait.
    Waiting {
        /// Whether the server can be reached, as far as known.
        online: bool,
    },
    /// A first sync: what comes is shown, and not checked yet.
    First {
        /// So many entries are here.
        done: u32,
        /// Of so many, as far as known.
        of: u32,
    },
    /// What is new is fetched.
    Fetching {
        /// So many records came.
        done: u32,
        /// Of so many, as far as known.
        of: u32,
    },
    /// What waits is sent.
    Sending,
    /// The person is asked; until then nothing is taken in or sent.
    Asking {
        /// What.
        question: SyncQuestion,
    },
    /// Syncing stopped. Nothing was overwritten.
    Stopped {
        /// Why.
        alarm: SyncAlarm,
    },
    /// This device was signed out.
    SignedOut,
    /// The server does not know the account any more.
    UnknownAccount,
    /// No copy is kept on the server, it says.
    NoCopy,
    /// This program is too old for the server.
    TooOld,
}

/// Why syncing stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum SyncAlarm {
    /// The server shows a state that was true once: a backup, or a lie.
    OlderState {
        /// So many changes are missing there.
        missing: u32,
    },
    /// It shows an older state; whether it was ever true, this device cannot tell.
    OlderUnknown {
        /// So many changes are missing there.
        missing: u32,
    },
    /// It shows another history than this device knows.
    Fork,
    /// The person wanted to go on from here, over keys of the account that this device has not got.
    OtherEpochs,
    /// What it sent does not follow what came before, or is signed by nobody of the account.
    BrokenChain,
    /// Something was signed by a device that does not take part.
    StrangeDevice,
    /// Records do not open.
    DoesNotOpen {
        /// How many.
        records: u32,
    },
    /// What came is not what the person's devices wrote: something is missing, or old.
    SetDiffers,
    /// What this device kept does not fit itself: its own damage.
    DamagedHere,
}

/// What the person is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum SyncQuestion {
    /// Other devices deleted so much that it may be a mistake.
    ManyDeletions {
        /// So many would go here.
        deletions: u32,
        /// Out of so many.
        of: u32,
    },
    /// Another device went on from another history, or began the copy again.
    AnotherHistory {
        /// There alone.
        only_there: u32,
        /// Here alone; it will be added.
        only_here: u32,
        /// On both sides, and not the same.
        differing: u32,
        /// Whether another device went on from what it knew; else the copy was begun again.
        restarted: bool,
    },
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum SyncNotice {
    /// A device takes part from now on.
    NewDevice,
    /// A device takes part no longer.
    DeviceOut,
    /// The server does not know a device any more: it was gone on without it.
    LeftBehind,
    /// This was a copy of another device.
    IsACopy,
    /// The first sync ended, and everything fits.
    FirstDone,
    /// What came from other devices.
    Took {
        /// New here.
        new: u32,
        /// Changed elsewhere.
        changed: u32,
        /// Deleted elsewhere.
        deleted: u32,
        /// Edited on both sides: both texts are there.
        merged: u32,
        /// Deleted on one side and edited on the other: kept.
        kept: u32,
    },
    /// The server shows again what this device knows.
    Recovered,
    /// A newer program wrote what this one cannot read; it is kept as it is.
    TooNew {
        /// How much.
        records: u32,
    },
}

/// What the person decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum SyncDecision {
    /// Yes to what was asked.
    Yes,
    /// No.
    No,
    /// Fetch everything once more, and check it.
    FetchAnew,
    /// Ask the server again.
    TryAgain,
    /// Go on from this device: what it knows counts, and nothing that others alone have is lost.
    GoOnFromHere,
    /// The codes of two devices differ.
    CodesDiffer,
    /// Photos and recordings that no device knows may go from the server.
    DropLeftOver,
    /// They stay there.
    KeepLeftOver,
}

impl SyncDecision {
    /// What the engine is told; nothing of what is no matter of its.
    pub(super) const fn for_engine(self) -> Option<Decision> {
        Some(match self {
            Self::Yes => Decision::Yes,
            Self::No => Decision::No,
            Self::FetchAnew => Decision::FetchAnew,
            Self::TryAgain => Decision::TryAgain,
            Self::GoOnFromHere => Decision::GoOnFromHere,
            Self::CodesDiffer => Decision::CodesDiffer,
            Self::DropLeftOver | Self::KeepLeftOver => return None,
        })
    }
}

impl SyncView {
    pub(super) fn of<'a>(
        status: Option<&Status>,
        notices: impl Iterator<Item = &'a Notice>,
        waiting: u32,
        checked: bool,
    ) -> Self {
        Self {
            state: status.map_or(SyncState::Off, state),
            waiting,
            heard: status.and_then(heard),
            checked,
            notices: notices.map(notice).collect(),
            no_room: None,
            left_over: None,
        }
    }
}

fn state(status: &Status) -> SyncState {
    let part = |Progress { done, of }: &Progress| (small(*done), small(*of));
    match status {
        Status::UpToDate { .. } => SyncState::UpToDate,
        Status::Waiting { online, .. } => SyncState::Waiting { online: *online },
        Status::First(progress) => {
            let (done, of) = part(progress);
            SyncState::First { done, of }
        }
        Status::Fetching(progress) => {
            let (done, of) = part(progress);
            SyncState::Fetching { done, of }
        }
        Status::Sending { .. } => SyncState::Sending,
        Status::Asking(question) => SyncState::Asking {
            question: match question {
                Question::ManyDeletions { deletions, of } => SyncQuestion::ManyDeletions {
                    deletions: small(*deletions),
                    of: small(*of),
                },
                Question::Restarted { differences, .. } | Question::BegunAgain { differences, .. } => {
                    SyncQuestion::AnotherHistory {
                        only_there: small(differences.only_there),
                        only_here: small(differences.only_here),
                        differing: small(
                            differences.differing + differences.deleted_here + differences.deleted_there,
                        ),
                        restarted: matches!(question, Question::Restarted { .. }),
                    }
                }
            },
        },
        Status::Stopped(alarm) => SyncState::Stopped {
            alarm: self::alarm(alarm),
        },
        Status::SignedOut => SyncState::SignedOut,
        Status::UnknownAccount { .. } => SyncState::UnknownAccount,
        Status::NoCopy { .. } => SyncState::NoCopy,
        Status::TooOld => SyncState::TooOld,
    }
}

fn alarm(alarm: &Alarm) -> SyncAlarm {
    match alarm {
        Alarm::OlderState { missing } => SyncAlarm::OlderState {
            missing: small(*missing),
        },
        Alarm::OlderUnknown { missing } => SyncAlarm::OlderUnknown {
            missing: small(*missing),
        },
        Alarm::Fork => SyncAlarm::Fork,
        Alarm::OtherEpochs => SyncAlarm::OtherEpochs,
        Alarm::BrokenChain => SyncAlarm::BrokenChain,
        Alarm::StrangeDevice { .. } => SyncAlarm::StrangeDevice,
        Alarm::DoesNotOpen { records } => SyncAlarm::DoesNotOpen {
            records: u32::try_from(records.len()).unwrap_or(u32::MAX),
        },
        Alarm::SetDiffers | Alarm::FirstDiffers => SyncAlarm::SetDiffers,
        Alarm::DamagedHere => SyncAlarm::DamagedHere,
    }
}

fn notice(notice: &Notice) -> SyncNotice {
    match notice {
        Notice::NewDevice(_) => SyncNotice::NewDevice,
        Notice::DeviceOut(_) => SyncNotice::DeviceOut,
        Notice::LeftBehind(_) => SyncNotice::LeftBehind,
        Notice::IsACopy => SyncNotice::IsACopy,
        Notice::FirstDone => SyncNotice::FirstDone,
        Notice::Took(Taken {
            new,
            changed,
            deleted,
            merged,
            kept,
            ..
        }) => SyncNotice::Took {
            new: small(*new),
            changed: small(*changed),
            deleted: small(*deleted),
            merged: small(*merged),
            kept: small(*kept),
        },
        Notice::Recovered => SyncNotice::Recovered,
        Notice::TooNew { records } => SyncNotice::TooNew {
            records: small(*records),
        },
    }
}

fn heard(status: &Status) -> Option<String> {
    let heard = match status {
        Status::UpToDate { heard } | Status::Waiting { heard, .. } => *heard,
        _ => None,
    };
    let Time(milliseconds) = heard?;
    let at = chrono::DateTime::from_timestamp_millis(i64::try_from(milliseconds).ok()?)?;
    Some(at.to_rfc3339())
}

fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
