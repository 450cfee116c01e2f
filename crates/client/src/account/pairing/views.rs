//! What the window is told about a pairing, and what it hands in.

use regie_crypto::account::DevicePublic;
use serde::{Deserialize, Serialize};
use specta::Type;

/// What is asked on the new device. Its vault's own first run asked what is allowed on it; joining an account asks for nothing more.
#[derive(Clone, Debug, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PairForm {
    /// What this device is to be called in the list of devices.
    pub device_name: String,
}

/// What the new device shows.
#[derive(Clone, Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PairOffer {
    /// To type on the other device: a number and two groups of four signs.
    pub code: String,
    /// The same to scan, as SVG.
    pub qr_svg: String,
    /// Until when it can be used, RFC 3339, by this device's clock.
    pub ends_at: String,
}

/// Where a pairing stands, as this device knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(tag = "step", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum PairState {
    /// There is none.
    None,
    /// The other device is waited for.
    Waiting {
        /// Until when at most, RFC 3339.
        ends_at: String,
    },
    /// People compare what both devices show.
    Compare {
        /// Six digits.
        digits: String,
    },
    /// This side said that they are the same; the other one is not ready yet.
    Agreed,
    /// On the device that is there: it asks its passphrase.
    Passphrase,
    /// On the device that is there: the new one was let in, and has to take what was left for it.
    Arriving,
    /// The new device is one of the account's.
    Done,
    /// It ended without that.
    Ended {
        /// Why.
        why: PairEnd,
    },
}

/// The new device that is to be let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairNewcomer {
    /// What it calls itself.
    pub name: String,
    /// What it shows.
    pub digits: String,
    /// Which device it is: a yes is for this one.
    pub(super) public: DevicePublic,
}

/// Why a pairing ended without a new device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum PairEnd {
    /// Its time is over.
    Expired,
    /// Another code was typed than the one that is shown, or somebody altered what was said.
    WrongCode,
    /// The digits differ: somebody may be in between.
    Differ,
    /// One of the two stopped.
    Stopped,
    /// The server does not let the device in.
    Refused,
    /// What arrived is not what was sent.
    Damaged,
    /// The new device was let in and did not come: it locked or closed before. It was signed out again.
    Untaken,
}
