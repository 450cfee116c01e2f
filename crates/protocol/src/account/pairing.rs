//! Bringing a new device to an account by one that is there, over a mailbox of the server (docs/adr/0011).
//!
//! The mailbox holds one message at a time. The two take turns, and each step is said once: whoever says the next one has read the last. The new
//! device shows the token that it got when it opened the mailbox; the other one signs its requests.

use serde::{Deserialize, Serialize};

use super::device::DeviceKeys;
use crate::wire::{Blob, Fixed};

/// For how long a mailbox is there, in seconds.
pub const LASTS: i64 = 10 * 60;
/// For how much longer at most the last message waits for the new device, in seconds.
pub const WAITS: i64 = 2 * 60;

/// The new device's commitment to [`OPENING`].
pub const COMMITMENT: i64 = 1;
/// The other one's part of the key exchange.
pub const REPLY: i64 = 2;
/// The new device's part, and its proof that it has the key.
pub const OPENING: i64 = 3;
/// The other one's proof.
pub const CONFIRMATION: i64 = 4;
/// The new device's keys: its person said that the digits are the same.
pub const AGREEMENT: i64 = 5;
/// What a device of the account needs; said by [`FinishRequest`] alone.
pub const PARCEL: i64 = 6;

/// Longest message of [`SayRequest`], in bytes.
pub const LONGEST_SAID: usize = 1024;
/// Longest message of [`FinishRequest`], in bytes.
pub const LONGEST_PARCEL: usize = 256 * 1024;

/// Opens a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = PairOpenRequest))]
pub struct OpenRequest {
    /// The message of [`COMMITMENT`].
    pub commitment: Fixed<32>,
}

/// The mailbox is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = PairOpenResponse))]
pub struct OpenResponse {
    /// By what it is found: four digits, more where many wait.
    pub number: u32,
    /// Whoever has it is the new device.
    pub token: Fixed<32>,
    /// For how many seconds it is there.
    pub seconds: i64,
}

/// A device of an account comes to a mailbox. Nobody can after it. The problem is `pairing-unknown` where there is none, and `pairing-used` where
/// somebody was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = PairEnterRequest))]
pub struct EnterRequest {
    /// Of [`OpenResponse`].
    pub number: u32,
}

/// Asks what was said last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = PairLookRequest))]
pub struct LookRequest {
    /// Of [`OpenResponse`].
    pub number: u32,
    /// Of [`OpenResponse`]; absent where a device signs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Fixed<32>>,
}

/// What was said last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = PairLookResponse))]
pub struct LookResponse {
    /// Which step it is.
    pub step: i64,
    /// The message; empty where it ended.
    pub message: Blob,
    /// Why it ended, where the other device ended it. The mailbox goes with this answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ending>,
    /// For how many seconds more the mailbox is there.
    pub seconds: i64,
}

/// Says the next step. The same again changes nothing; another message for a step that was said, or for one that is not next, is `stale`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = PairSayRequest))]
pub struct SayRequest {
    /// Of [`OpenResponse`].
    pub number: u32,
    /// As with [`LookRequest::token`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Fixed<32>>,
    /// Which step.
    pub step: i64,
    /// The message.
    pub message: Blob,
}

/// Ends a mailbox. Where the last message lies there, the new device is in by [`Ending::Done`]; by any other end of its own, and by [`Ending::Untaken`] of
/// who let it in, it is signed out again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = PairEndRequest))]
pub struct EndRequest {
    /// Of [`OpenResponse`].
    pub number: u32,
    /// As with [`LookRequest::token`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Fixed<32>>,
    /// Why.
    pub why: Ending,
}

/// Why a mailbox ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = PairEnding))]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The new device has what it needs: nothing is left to tell.
    Done,
    /// Another code was typed.
    WrongCode,
    /// The digits differ.
    Differ,
    /// Somebody stopped.
    Stopped,
    /// The new device did not take what was left for it: who let it in takes that back, and it is signed out.
    Untaken,
    /// What arrived is not what was sent.
    Damaged,
}

/// Adds the new device and leaves it what it needs, both or neither. Signed by a device of the account, with a proof of the same account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = PairFinishRequest))]
pub struct FinishRequest {
    /// Of [`OpenResponse`].
    pub number: u32,
    /// The new device.
    pub device: DeviceKeys,
    /// The epoch whose key it gets; where another one began meanwhile, the problem is `stale`.
    pub epoch: i64,
    /// That epoch's key, sealed to the device. Where the wraps went with the copy on the server, it is not kept.
    pub wrap: Blob,
    /// The message of [`PARCEL`].
    pub message: Blob,
}
