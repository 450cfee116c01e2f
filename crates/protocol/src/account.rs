//! What an app and a server say to each other about an account: paths, and the bodies of requests and answers.
//!
//! Three kinds of requests: anybody's; those with a [`login::LoginResponse::proof`], by somebody who just proved to know the passphrase or
//! the code; and those that a device signs ([`crate::signed::request`]), whose headers are in [`header`]. A change by a device bears a number
//! that only grows; the same request again is answered `repeated`, and changes nothing. A change that has nothing to say is answered with an
//! empty body (204).

pub mod change;
pub mod contact;
pub mod device;
pub mod join;
pub mod login;
pub mod pairing;

use serde::{Deserialize, Serialize};

use crate::wire::{Blob, Fixed};

/// The oldest version of the protocol that this program speaks.
pub const OLDEST: u32 = 1;
/// The newest version of the protocol that this program speaks.
pub const NEWEST: u32 = 1;

/// Where everything is.
pub mod path {
    /// `GET`, anybody: [`super::DeploymentResponse`].
    pub const DEPLOYMENT: &str = "/v1/deployment";
    /// `POST`, anybody: [`super::join::InvitationRequest`].
    pub const INVITATION: &str = "/v1/invitation";
    /// `POST`, anybody: [`super::join::JoinBeginRequest`].
    pub const JOIN_BEGIN: &str = "/v1/join/begin";
    /// `POST`, anybody: [`super::join::JoinRequest`].
    pub const JOIN: &str = "/v1/join";
    /// `POST`, anybody: [`super::login::LoginBeginRequest`].
    pub const LOGIN_BEGIN: &str = "/v1/login/begin";
    /// `POST`, anybody: [`super::login::LoginRequest`].
    pub const LOGIN: &str = "/v1/login";
    /// `POST`, anybody: [`super::login::CodeLoginBeginRequest`].
    pub const CODE_LOGIN_BEGIN: &str = "/v1/login/code/begin";
    /// `POST`, anybody: [`super::login::CodeLoginRequest`].
    pub const CODE_LOGIN: &str = "/v1/login/code";
    /// `GET`, anybody, `?device=`: [`super::NonceResponse`].
    pub const NONCE: &str = "/v1/nonce";
    /// `GET`, signed: [`super::AccountResponse`].
    pub const ACCOUNT: &str = "/v1/account";
    /// `GET`, signed: [`super::device::DevicesResponse`]; `POST`, with a proof: [`super::device::DeviceAddRequest`].
    pub const DEVICES: &str = "/v1/devices";
    /// `POST`, anybody: [`super::pairing::OpenRequest`].
    pub const PAIR: &str = "/v1/pair";
    /// `POST`, signed: [`super::pairing::EnterRequest`].
    pub const PAIR_ENTER: &str = "/v1/pair/enter";
    /// `POST`, signed by the device that is there, or with the token of the new one: [`super::pairing::LookRequest`].
    pub const PAIR_LOOK: &str = "/v1/pair/look";
    /// `POST`, as before: [`super::pairing::SayRequest`].
    pub const PAIR_SAY: &str = "/v1/pair/say";
    /// `POST`, as before: [`super::pairing::EndRequest`].
    pub const PAIR_END: &str = "/v1/pair/end";
    /// `POST`, signed and with a proof: [`super::pairing::FinishRequest`].
    pub const PAIR_FINISH: &str = "/v1/pair/finish";
    /// `POST`, signed: [`super::device::SignOutRequest`].
    pub const SIGN_OUT: &str = "/v1/devices/sign-out";
    /// `POST`, signed: [`super::device::RenameRequest`].
    pub const RENAME: &str = "/v1/devices/rename";
    /// `GET`, signed, `?after=`: [`super::device::EpochsResponse`].
    pub const EPOCHS: &str = "/v1/epochs";
    /// `POST`, with a proof: [`super::change::PassphraseBeginRequest`].
    pub const PASSPHRASE_BEGIN: &str = "/v1/passphrase/begin";
    /// `POST`, with a proof: [`super::change::PassphraseRequest`].
    pub const PASSPHRASE: &str = "/v1/passphrase";
    /// `POST`, with a proof: [`super::change::CodeChangeRequest`].
    pub const CODE: &str = "/v1/code";
    /// `POST`, with a proof: [`super::change::FactorRequest`].
    pub const FACTOR: &str = "/v1/factor";
    /// `POST`, anybody with two of passphrase, code and a device of the account, or with one of passphrase and code:
    /// [`super::change::FactorLiftRequest`].
    pub const FACTOR_LIFT: &str = "/v1/factor/lift";
    /// `POST`, signed: [`super::change::ObjectRequest`].
    pub const OBJECT: &str = "/v1/object";
    /// `GET`, signed: a stream of events ([`super::live`]).
    pub const LIVE: &str = "/v1/live";
    /// `POST`, signed: [`super::contact::ContactRequest`].
    pub const CONTACT: &str = "/v1/contact";
    /// `POST`, with a proof: [`super::contact::AddressBeginRequest`].
    pub const ADDRESS_BEGIN: &str = "/v1/contact/address/begin";
    /// `POST`, signed: [`super::contact::AddressRequest`].
    pub const ADDRESS: &str = "/v1/contact/address";
    /// `POST`, signed: [`super::change::TermsRequest`].
    pub const TERMS: &str = "/v1/terms";
    /// `POST`, signed: [`super::change::CopyRequest`].
    pub const COPY: &str = "/v1/copy";
    /// `GET`, signed, `?after=`: [`super::LogResponse`].
    pub const LOG: &str = "/v1/log";
    /// `POST`, with a proof: [`super::change::EraseRequest`].
    pub const ERASE: &str = "/v1/erase";
    /// `POST`, anybody: [`super::change::EraseMailBeginRequest`].
    pub const ERASE_MAIL_BEGIN: &str = "/v1/erase/mail/begin";
    /// `POST`, anybody with the code of that mail: [`super::change::EraseMailRequest`].
    pub const ERASE_MAIL: &str = "/v1/erase/mail";
    /// `POST`, anybody who has one: [`super::change::TicketRequest`].
    pub const TICKET: &str = "/v1/tickets";
}

/// What comes over the stream of [`path::LIVE`] (server-sent events without data): that there is something to ask for, and
/// nothing of what it is. A device has one stream; a newer one ends the older without a word.
pub mod live {
    /// Something of the account changed; ask.
    pub const POKE: &str = "poke";
    /// Records were pushed, and nothing else of the account changed; ask for them alone.
    pub const RECORDS: &str = "records";
    /// This device was signed out, or the account is gone; the stream ends.
    pub const END: &str = "end";
}

/// Headers of a request that a device signs; each value is base64url without padding, the number decimal.
pub mod header {
    /// Sixteen bytes.
    pub const ACCOUNT: &str = "regie-account";
    /// Sixteen bytes.
    pub const DEVICE: &str = "regie-device";
    /// Grows with each request.
    pub const NUMBER: &str = "regie-number";
    /// [`crate::signed::Nonce`]; each answer to a signed request brings a fresh one under the same name.
    pub const NONCE: &str = "regie-nonce";
    /// Over [`crate::signed::Request`].
    pub const SIGNATURE: &str = "regie-signature";
    /// [`super::login::LoginResponse::proof`], where one is asked.
    pub const PROOF: &str = "regie-proof";
}

/// Whose server it is, and what it speaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeploymentResponse {
    /// The oldest version of the protocol that it understands.
    pub oldest: u32,
    /// The newest one.
    pub newest: u32,
    /// [`crate::signed::Deployment`], signed by the operator's root.
    pub deployment: Blob,
    /// The public key of that root. It is believed only where it came with the program, or where the person confirmed its fingerprint.
    pub root: Fixed<32>,
    /// [`crate::signed::Revocations`], signed by the same; absent where none was ever made.
    pub revocations: Option<Blob>,
    /// The newest version of the terms.
    pub terms_version: u32,
    /// The newest version of the privacy statement.
    pub statement_version: u32,
}

/// A nonce for one device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NonceResponse {
    /// [`crate::signed::Nonce`].
    pub nonce: Blob,
}

/// An account as its own devices see it. Days are counted from 1970-01-01, UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountResponse {
    /// The day it was made.
    pub created_day: i64,
    /// The address, for showing.
    pub email: String,
    /// What the person wants to be called.
    pub name: String,
    /// Where the person gave one.
    pub phone: Option<String>,
    /// Grows with each new passphrase: a device that knows a smaller one asks for the new passphrase.
    pub generation: i64,
    /// The epoch that is.
    pub epoch: i64,
    /// Which statement the person saw last.
    pub statement_version: i64,
    /// Which terms the person accepted last.
    pub terms_version: i64,
    /// When they did, in seconds since 1970-01-01.
    pub terms_at: i64,
    /// The newest version of the terms here: where it is a later one, the person is asked.
    pub newest_terms: u32,
    /// Since when an encrypted copy is wanted here.
    pub copy_since_day: Option<i64>,
    /// Whether a second factor is on.
    pub has_factor: bool,
    /// How many of its one-time codes are left.
    #[serde(default)]
    pub factor_codes_left: i64,
    /// When it is lifted, in seconds since 1970-01-01, unless a device objects; absent where that was not announced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifts_factor_at: Option<i64>,
    /// When the account is deleted, in seconds since 1970-01-01, unless a device objects; absent where that was not announced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletes_at: Option<i64>,
    /// The place that an organisation paid for.
    pub seat: Seat,
}

/// The place that an organisation paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Seat {
    /// It is there.
    Taken,
    /// It ended. Everything the person has stays.
    Ended,
}

/// The account's own log: who did what, each line bound to the one before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogResponse {
    /// Oldest first; at most as many as one page takes. The next page is after the last one's number.
    pub entries: Vec<LogLine>,
}

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogLine {
    /// From one upwards, without a gap.
    pub number: i64,
    /// When, in seconds since 1970-01-01, UTC.
    pub at: i64,
    /// What, as a permanent code such as `device.added`.
    pub what: String,
    /// By whom: a device's id, or a name such as `login`, as bytes.
    pub who: Blob,
    /// The hash of this line with the one before.
    pub hash: Fixed<32>,
}
