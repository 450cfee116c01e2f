//! Tickets of deletion: a device's word, made before its keys died, and redeemed whenever a network is there.

use std::sync::Arc;

use axum::{Json, extract::State};
use hpke::{
    Deserializable, OpModeR, aead::ChaCha20Poly1305, kdf::HkdfSha256, kem::X25519HkdfSha256, single_shot_open,
};
use regie_protocol::{
    Problem, ProblemCode,
    account::{
        change::{EraseResponse, TicketRequest},
        path,
    },
    signed::{Signed, Ticket, VerifyingKey, ticket},
    wire::Blob,
};

use super::{
    body::Body,
    erase::{erase_whole, erased_before, given},
    refused::internal,
};
use crate::{
    error::Refusal,
    http::{App, language::Asked},
    keys::Keys,
    store::{AccountId, DeviceId, StoreError},
};

/// The one suite that tickets are sealed with.
type Kem = X25519HkdfSha256;

/// Redeems a ticket. One that was redeemed before changes nothing and is answered as before.
#[utoipa::path(
    post, path = path::TICKET, tag = "account", request_body = TicketRequest, params(Asked),
    responses(
        (status = 200, body = EraseResponse),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn redeem(
    State(app): State<Arc<App>>,
    Asked(language): Asked,
    Body(request): Body<TicketRequest>,
) -> Result<Json<EraseResponse>, Refusal> {
    let signed = open(&app.accounts.keys, &request.ticket)?;
    // Whom it names is not yet believed: it says by whose key it is to be checked.
    let claimed = claimed(&signed)?;
    let (account, device) = (AccountId(claimed.account.0), DeviceId(claimed.device.0));
    if let Some(entry) = erased_before(&app, account).await? {
        return given(&app, &entry, claimed.id.to_vec());
    }
    let key = match app.accounts.store.device_keys(account, device).await {
        Err(StoreError::NotFound) => return Err(ProblemCode::SignedOut.into()),
        found => found?.sign_key,
    };
    let ticket = VerifyingKey::from_bytes(&key)
        .and_then(|key| signed.open_at_any_time(&key))
        .map_err(|_| ProblemCode::NotSigned)?;
    let entry = erase_whole(&app, account, language).await?;
    given(&app, &entry, ticket.id.to_vec())
}

fn claimed(signed: &Signed<Ticket>) -> Result<Ticket, Refusal> {
    let read = <Ticket as regie_protocol::signed::Statement>::from_bytes(signed.bytes());
    read.map_err(|_| ProblemCode::Malformed.into())
}

/// Opens what was sealed to the server's key for tickets: the one thing that it opens.
fn open(keys: &Keys, sealed: &Blob) -> Result<Signed<Ticket>, Refusal> {
    let private = <Kem as hpke::Kem>::PrivateKey::from_bytes(keys.tickets.expose())
        .map_err(|_| internal("the key for tickets"))?;
    let (encapsulated, sealed) = sealed
        .0
        .split_first_chunk::<{ ticket::ENCAPSULATED }>()
        .ok_or(ProblemCode::Malformed)?;
    let opened = <Kem as hpke::Kem>::EncappedKey::from_bytes(encapsulated).and_then(|encapsulated| {
        single_shot_open::<ChaCha20Poly1305, HkdfSha256, Kem>(
            &OpModeR::Base,
            &private,
            &encapsulated,
            ticket::INFO,
            sealed,
            &[],
        )
    });
    let opened = opened.map_err(|_| ProblemCode::Malformed)?;
    Signed::from_bytes(&opened).map_err(|_| ProblemCode::Malformed.into())
}
