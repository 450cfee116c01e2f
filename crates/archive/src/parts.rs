//! What an archive is made of: each part writes itself from the source into the pack, record by record.

pub(crate) mod attachments;
pub(crate) mod consent;
pub(crate) mod diary;
pub(crate) mod fhir;
pub(crate) mod json;
pub(crate) mod readme;
pub(crate) mod sheets;

use chrono::{DateTime, SecondsFormat, TimeZone};
use regie_protocol::{Language, OwnedText};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A time as JSON, YAML and FHIR write it: to the millisecond, with its offset.
fn time<Z: TimeZone<Offset: std::fmt::Display>>(at: &DateTime<Z>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, false)
}

/// An id of what has none in the vault: always the same for the same thing.
fn made_id(of: &[&[u8]]) -> Uuid {
    let mut digest = Sha256::new();
    for part in of {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(digest.finalize()) {
        *to = from;
    }
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

fn said(text: &OwnedText, language: Language) -> &str {
    text.in_language(language)
}

/// Two decimals are more than any score can mean.
fn rounded(score: f64) -> f64 {
    (score * 100.0).round() / 100.0
}
