//! Settings as records that travel.

use regie_domain::{reminder::Schedule, settings::Settings};
use rusqlite::{Connection, Transaction};
use serde_json::{Map, Value};

use super::{Setting, get, put, remove};
use crate::{
    VaultError,
    sync::{Row, there},
};

/// In the diary's own setting.
const PROMPTS: &str = "prompts";

/// What the person chose for themselves, as it travels.
pub(crate) fn read(connection: &Connection) -> Result<Row, VaultError> {
    let offers: Option<Map<String, Value>> = get(connection, Setting::DiaryOffers)?;
    there(&Settings {
        language: get(connection, Setting::Language)?,
        prompts: offers.and_then(|offers| offers.get(PROMPTS)?.as_bool()),
        statement_seen: get(connection, Setting::StatementSeen)?,
    })
}

/// Writes it. What the person never chose anywhere is not chosen here either.
pub(crate) fn write(transaction: &Transaction<'_>, chosen: &Settings) -> Result<(), VaultError> {
    let mut offers: Map<String, Value> = get(transaction, Setting::DiaryOffers)?.unwrap_or_default();
    match chosen.prompts {
        Some(prompts) => {
            offers.insert(PROMPTS.to_owned(), Value::Bool(prompts));
            put(transaction, Setting::DiaryOffers, &offers)?;
        }
        None => remove(transaction, Setting::DiaryOffers)?,
    }
    match chosen.language {
        Some(language) => put(transaction, Setting::Language, &language)?,
        None => remove(transaction, Setting::Language)?,
    }
    match chosen.statement_seen {
        Some(version) => put(transaction, Setting::StatementSeen, &version),
        None => remove(transaction, Setting::StatementSeen),
    }
}

/// When to remind of what, as it travels.
pub(crate) fn read_reminders(connection: &Connection) -> Result<Row, VaultError> {
    there(&get::<Schedule>(connection, Setting::Reminders)?.unwrap_or_default())
}

/// Writes it.
pub(crate) fn write_reminders(transaction: &Transaction<'_>, schedule: &Schedule) -> Result<(), VaultError> {
    put(transaction, Setting::Reminders, schedule)
}
