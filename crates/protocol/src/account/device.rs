//! Devices of an account, and the epochs of its key.

use serde::{Deserialize, Serialize};

use crate::wire::{Blob, Fixed};

/// A way to the account key: `passphrase`, `code`, or `device/` and its id in hexadecimal.
pub type Way = String;

/// The way of the passphrase.
pub const PASSPHRASE: &str = "passphrase";
/// The way of the recovery code.
pub const CODE: &str = "code";

/// The way of a device.
#[must_use]
pub fn way_of(device: [u8; 16]) -> Way {
    format!("device/{}", data_encoding::HEXLOWER.encode(&device))
}

/// The device that a way is to, where it is one to a device.
#[must_use]
pub fn device_of(way: &str) -> Option<[u8; 16]> {
    let id = data_encoding::HEXLOWER.decode(way.strip_prefix("device/")?.as_bytes());
    id.ok()?.try_into().ok()
}

/// A device as it introduces itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeviceKeys {
    /// Its random id.
    pub device: Fixed<16>,
    /// Ed25519: signs requests.
    pub sign_key: Fixed<32>,
    /// X25519: the account key is sealed to it.
    pub seal_key: Fixed<32>,
    /// Its name, sealed under the account key.
    pub name: Blob,
    /// What it runs on, sealed under the account key.
    pub platform: Blob,
}

/// The account key, sealed to one way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Wrap {
    /// Which way opens it.
    pub way: Way,
    /// HPKE's bytes.
    pub sealed: Blob,
}

/// An epoch that begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Epoch {
    /// One more than the last; the first is 1.
    pub number: i64,
    /// The statement that begins it.
    pub statement: Blob,
    /// One wrap for each device that stays, the passphrase and the code. Where the copy on the server was ended, those of the devices alone: each
    /// lies there until its device took it.
    pub wraps: Vec<Wrap>,
    /// The header after the statement, [`crate::signed::ChangeHeader`], which vouches under the new key for all records there are; absent where
    /// there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<Blob>,
    /// The keys of this epoch by which other people know the account.
    pub identity: Identity,
}

/// The keys by which other people know an account. They are derived from an epoch's key, and published with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Identity {
    /// Ed25519.
    pub sign_key: Fixed<32>,
    /// X25519.
    pub seal_key: Fixed<32>,
    /// The statement of the account's own device about them.
    pub statement: Blob,
}

/// All devices, the newest first, with those that were signed out in the last 90 days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DevicesResponse {
    /// The devices.
    pub devices: Vec<Device>,
    /// The public key that the passphrase's wrap is sealed to.
    pub passphrase_key: Fixed<32>,
    /// The public key that the code's wrap is sealed to.
    pub code_key: Fixed<32>,
}

/// A device in the list. Days are counted from 1970-01-01, UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Device {
    /// What it brought.
    #[serde(flatten)]
    pub keys: DeviceKeys,
    /// When it came.
    pub added_day: i64,
    /// When it was used last.
    pub used_day: i64,
    /// When it was signed out.
    pub signed_out_day: Option<i64>,
}

/// Adds a device, by somebody who just proved who they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeviceAddRequest {
    /// The device.
    pub device: DeviceKeys,
    /// The epoch whose key it holds; where another one began meanwhile, the problem is `stale`.
    pub epoch: i64,
    /// That epoch's key, sealed to the device.
    pub wrap: Blob,
}

/// The device is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeviceAddResponse {
    /// For its first signed request.
    pub nonce: Blob,
}

/// Gives a device of the account another name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RenameRequest {
    /// Which; its own too.
    pub device: Fixed<16>,
    /// The name, sealed under the account key.
    pub name: Blob,
}

/// Signs devices out: from then on their requests are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignOutRequest {
    /// Which.
    pub which: Which,
    /// A new epoch, where a device was lost or stolen.
    pub epoch: Option<Epoch>,
}

/// Which devices to sign out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// One of them; its own too.
    One(Fixed<16>),
    /// All but the one that asks.
    Others,
    /// All.
    All,
}

/// The epochs after the one that the device knows, with its own wrap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EpochsResponse {
    /// The statements, oldest first.
    pub epochs: Vec<Blob>,
    /// The epoch that is.
    pub epoch: i64,
    /// The key of that epoch, sealed to this device; empty where it was taken before and the wraps went with the copy on the server.
    pub wrap: Blob,
    /// Whether they did: a further device finds none by passphrase or code.
    pub gone: bool,
}
