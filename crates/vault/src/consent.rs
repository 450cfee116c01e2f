//! Consent: what the person chose, and the proof of it that every write of health data must show.

pub(crate) mod record;

use std::marker::PhantomData;

use chrono::{DateTime, FixedOffset};
use regie_domain::{moment::Moment, record::Kind};
use regie_protocol::{
    Notices,
    purpose::{Marker, Purpose},
};
use rusqlite::{Connection, OptionalExtension, params};

use crate::{
    Vault, VaultError,
    sync::{base, local::Local},
};

/// Proof that purpose `P` is consented to. Only a vault gives it out, and a write checks it again, so that a
/// withdrawal also stops what was already under way.
///
/// With it, a write compiles:
/// ```
/// # use regie_domain::diary::Entry;
/// # use regie_protocol::purpose::KeepOnDevice;
/// # use regie_vault::{Vault, VaultError, consent::Consent};
/// fn write(vault: &mut Vault, entry: &Entry) -> Result<(), VaultError> {
///     let consent = vault.consent::<KeepOnDevice>()?;
///     vault.save_entry(&consent, entry)
/// }
/// ```
/// Without it, the same does not:
/// ```compile_fail,E0061
/// # use regie_domain::diary::Entry;
/// # use regie_vault::{Vault, VaultError};
/// fn write(vault: &mut Vault, entry: &Entry) -> Result<(), VaultError> {
///     vault.save_entry(entry)
/// }
/// ```
/// And it cannot be made up:
/// ```compile_fail,E0451
/// # use regie_protocol::purpose::KeepOnDevice;
/// # use regie_vault::consent::Consent;
/// let forged = Consent::<KeepOnDevice> { generation: 1, version: 1, purpose: std::marker::PhantomData };
/// ```
#[derive(Debug)]
pub struct Consent<P> {
    generation: i64,
    version: u32,
    purpose: PhantomData<P>,
}

/// The last choice about a purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Whether it was given or withdrawn.
    pub given: bool,
    /// Version of the purpose that the person read.
    pub version: u32,
    /// When, RFC 3339 with offset.
    pub at: String,
}

/// One choice of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentEvent {
    /// Id of the purpose.
    pub purpose: String,
    /// Version of the purpose that the person read.
    pub purpose_version: u32,
    /// Version of the statement that held then; 0 where that was not kept yet.
    pub statement_version: u32,
    /// Whether it was given or withdrawn.
    pub given: bool,
    /// When, and in which zone.
    pub at: Moment,
}

impl<P: Marker> Consent<P> {
    /// Refuses when another choice has been made since this proof was given out.
    pub(crate) fn check(&self, connection: &Connection) -> Result<(), VaultError> {
        let generation = in_force(connection, P::PURPOSE.id, self.version)?;
        if generation == self.generation {
            Ok(())
        } else {
            Err(VaultError::NoConsent(P::PURPOSE.id))
        }
    }
}

impl Vault {
    /// The same with other purposes and another statement than this version of the program has.
    #[must_use]
    pub const fn with_notices(mut self, notices: Notices) -> Self {
        self.notices = notices;
        self
    }

    /// Purposes and statement by which choices are made and looked at.
    pub const fn set_notices(&mut self, notices: Notices) {
        self.notices = notices;
    }

    /// Proof of consent to `P`.
    ///
    /// # Errors
    /// [`VaultError::NoConsent`] when it was never given or was withdrawn; [`VaultError::ConsentOutdated`] when it was given
    /// to an older version.
    pub fn consent<P: Marker>(&self) -> Result<Consent<P>, VaultError> {
        let newest = self.notices.purpose(P::PURPOSE.id);
        let version = newest.ok_or(VaultError::NoConsent(P::PURPOSE.id))?.version;
        Ok(Consent {
            generation: in_force(&self.connection, P::PURPOSE.id, version)?,
            version,
            purpose: PhantomData,
        })
    }

    /// Records that the person switched a purpose on or off. It holds at once.
    ///
    /// # Errors
    /// What the database says.
    pub fn record_choice(
        &mut self,
        purpose: &Purpose,
        given: bool,
        moment: &Moment,
    ) -> Result<(), VaultError> {
        let statement = self.notices.statement().version;
        self.write(|transaction| {
            base::keep(transaction, Kind::Consent, &Local::only())?;
            transaction
                .prepare_cached(
                    "INSERT INTO consent_event (purpose, purpose_version, given, at, zone, statement_version)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![
                    purpose.id,
                    purpose.version,
                    given,
                    moment.at.to_rfc3339(),
                    moment.zone,
                    statement
                ])?;
            Ok(())
        })
    }

    /// Every choice that was ever made, oldest first.
    ///
    /// # Errors
    /// What the database says.
    pub fn choices(&self) -> Result<Vec<ConsentEvent>, VaultError> {
        choices(&self.connection)
    }

    /// Takes over the last choices of the vault whose place this one takes: what was withdrawn after a backup was made
    /// stays withdrawn. Choices that were made later, on another computer, hold.
    ///
    /// # Errors
    /// What the database says.
    pub fn carry_choices(&mut self, from: &Self) -> Result<(), VaultError> {
        type Event = (String, u32, bool, String, String, u32);
        let mut events = from.connection.prepare(
            "SELECT purpose, purpose_version, given, at, zone, statement_version FROM consent_event ORDER BY seq",
        )?;
        let read = |row: &rusqlite::Row<'_>| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
                row.get(5)?,
            ))
        };
        let events: Vec<Event> = events.query_map([], read)?.collect::<Result<_, _>>()?;
        self.write(|transaction| {
            base::keep(transaction, Kind::Consent, &Local::only())?;
            for event in &events {
                let last: Option<Event> = transaction
                    .prepare_cached(
                        "SELECT purpose, purpose_version, given, at, zone, statement_version FROM consent_event
                         WHERE purpose = ?1 ORDER BY seq DESC LIMIT 1",
                    )?
                    .query_row([&event.0], read)
                    .optional()?;
                // In a history that goes on from the backup's the order tells; else the moment does.
                let place = last
                    .as_ref()
                    .and_then(|last| events.iter().rposition(|event| event == last));
                let later = match (&last, place) {
                    (Some(_), Some(place)) => events.iter().skip(place + 1).any(|later| later == event),
                    (Some(last), None) => moment(&event.3) > moment(&last.3),
                    (None, _) => true,
                };
                if later {
                    transaction
                        .prepare_cached(
                            "INSERT INTO consent_event (purpose, purpose_version, given, at, zone, statement_version)
                             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                        )?
                        .execute(params![event.0, event.1, event.2, event.3, event.4, event.5])?;
                }
            }
            Ok(())
        })
    }

    /// The last choice about a purpose; `None` when it was never asked.
    ///
    /// # Errors
    /// What the database says.
    pub fn last_choice(&self, purpose: &Purpose) -> Result<Option<Choice>, VaultError> {
        Ok(self
            .connection
            .prepare_cached(
                "SELECT given, purpose_version, at FROM consent_event WHERE purpose = ?1 ORDER BY seq DESC LIMIT 1",
            )?
            .query_row([purpose.id], |row| {
                Ok(Choice { given: row.get(0)?, version: row.get(1)?, at: row.get(2)? })
            })
            .optional()?)
    }
}

/// As [`Vault::choices`].
pub(crate) fn choices(connection: &Connection) -> Result<Vec<ConsentEvent>, VaultError> {
    let mut query = connection.prepare_cached(
        "SELECT purpose, purpose_version, statement_version, given, at, zone FROM consent_event ORDER BY seq",
    )?;
    let rows = query.query_and_then([], |row| {
        let at: String = row.get(4)?;
        Ok(ConsentEvent {
            purpose: row.get(0)?,
            purpose_version: row.get(1)?,
            statement_version: row.get(2)?,
            given: row.get(3)?,
            at: Moment {
                at: moment(&at).ok_or(VaultError::VaultDamaged)?,
                zone: row.get(5)?,
            },
        })
    })?;
    rows.collect()
}

fn moment(text: &str) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc3339(text).ok()
}

/// Number of the event that gave the consent in force to a version of a purpose.
fn in_force(connection: &Connection, purpose: &'static str, version: u32) -> Result<i64, VaultError> {
    let last: Option<(i64, bool, u32)> = connection
        .prepare_cached(
            "SELECT seq, given, purpose_version FROM consent_event WHERE purpose = ?1 ORDER BY seq DESC LIMIT 1",
        )?
        .query_row([purpose], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    match last {
        Some((generation, true, given_to)) if given_to == version => Ok(generation),
        Some((_, true, _)) => Err(VaultError::ConsentOutdated(purpose)),
        _ => Err(VaultError::NoConsent(purpose)),
    }
}
