//! Accounts over HTTP. The contract, paths and bodies, is [`regie_protocol::account`]; here are its handlers, one file for each
//! concern, with what is turned from the wire's types into the store's and back.

mod address;
mod body;
mod cbor;
mod change;
mod code;
mod contact;
mod device;
mod erase;
mod erase_mail;
mod factor;
mod join;
mod lift;
mod limits;
mod live;
mod login;
mod look;
mod mailed;
mod notice;
mod pairing;
mod proof;
mod refused;
mod seal;
mod signed;
mod sync;
mod ticket;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use utoipa_axum::{router::OpenApiRouter, routes};

use super::App;
pub(crate) use erase_mail::delete_due;
pub(crate) use lift::lift_due;
pub(super) use signed::{NonceKey, bring_nonce, signing_device};
pub(super) use sync::routes as sync_routes;

/// Every route of the contract, with what it says of itself.
pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(look::deployment))
        .routes(routes!(look::nonce_for))
        .routes(routes!(look::account))
        .routes(routes!(look::log))
        .routes(routes!(live::live))
        .routes(routes!(join::invitation))
        .routes(routes!(join::begin))
        .routes(routes!(join::join))
        .routes(routes!(login::begin))
        .routes(routes!(login::login))
        .routes(routes!(code::begin))
        .routes(routes!(code::login))
        .routes(routes!(device::list, device::add))
        .routes(routes!(device::sign_out))
        .routes(routes!(pairing::open))
        .routes(routes!(pairing::enter))
        .routes(routes!(pairing::look))
        .routes(routes!(pairing::say))
        .routes(routes!(pairing::end))
        .routes(routes!(pairing::finish))
        .routes(routes!(device::rename))
        .routes(routes!(device::epochs))
        .routes(routes!(change::passphrase_begin))
        .routes(routes!(change::passphrase))
        .routes(routes!(change::code))
        .routes(routes!(change::copy))
        .routes(routes!(change::terms))
        .routes(routes!(contact::set))
        .routes(routes!(contact::begin))
        .routes(routes!(contact::confirm))
        .routes(routes!(factor::set))
        .routes(routes!(lift::lift))
        .routes(routes!(lift::object))
        .routes(routes!(erase::erase))
        .routes(routes!(erase_mail::begin))
        .routes(routes!(erase_mail::confirm))
        .routes(routes!(ticket::redeem))
}
