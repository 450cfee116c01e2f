//! Running a server, by `regie-server admin`: what the root signed is installed, organisations and staff are kept.
//!
//! What is done is written into the hash-chained log of the staff first. No command tells whether a code was used, or
//! joins one with an account: the organisation that paid must not be able to ask (L6), and so nobody can.

mod install;
mod organisations;
mod staff;

use std::io::{self, Write};

use clap::{Args, Subcommand};
use data_encoding::HEXLOWER;
use regie_protocol::signed::SignedError;
use thiserror::Error;
use uuid::Uuid;

use crate::{
    config::{Config, ConfigError},
    error::ServerError,
    keys::{KeyError, Keys},
    opening::{self, Environment},
    store::{Moment, Pseudonym, StaffId, Store, StoreError, is_unbroken_staff},
};

pub use install::{Install, InstallCertificate};
pub use organisations::{Invitation, Organisation};
pub use staff::Staff;

/// Keeps the registers of a server, and installs what the root signed.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct Admin {
    /// Who does it: an id in the register of staff. Without it, the log says that it was done at the machine.
    #[arg(long = "as", global = true, value_name = "ID")]
    pub actor: Option<Uuid>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Shows the public keys that belong into the description of the deployment; makes keys on a new server.
    Keys,
    /// The deployment, as the root signed it.
    #[command(subcommand)]
    Deployment(Install),
    /// The list of what was revoked, as the root signed it.
    #[command(subcommand)]
    Revocations(Install),
    /// Organisations that buy seats.
    #[command(subcommand)]
    Organisation(Organisation),
    /// A batch of invitations, as the root signed it.
    #[command(subcommand)]
    Invitations(Install),
    /// A single invitation.
    #[command(subcommand)]
    Invitation(Invitation),
    /// How many seats are taken: counted once a week, in steps of five, absent below ten.
    Seats,
    /// The register of staff.
    #[command(subcommand)]
    Staff(Staff),
    /// A certificate, as the root signed it.
    #[command(subcommand)]
    Certificate(InstallCertificate),
    /// Shows the log of the staff, and whether its chain is unbroken.
    Log,
}

/// Why nothing was done.
#[derive(Debug, Error)]
pub enum AdminError {
    /// The configuration does not hold.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Keys, store or deployment cannot be used.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The store refuses.
    #[error("the store: {0}")]
    Store(#[from] StoreError),
    /// The keys cannot be used.
    #[error("the keys: {0}")]
    Keys(#[from] KeyError),
    /// What the root signed cannot be taken.
    #[error("the file is refused: {0}")]
    Signed(#[from] SignedError),
    /// Nobody said whose word is taken.
    #[error("say whose word is taken: deployment.root is the root's public key (regie-server operator show)")]
    NoRoot,
    /// Something else is wrong with what was asked.
    #[error("{0}")]
    Refused(&'static str),
    /// The chain of the log does not hold.
    #[error("the log is broken after row {0}: somebody changed the database by hand")]
    BrokenLog(i64),
    /// The disk or the terminal.
    #[error(transparent)]
    System(#[from] io::Error),
}

/// What a run meets.
pub(crate) struct Desk<'a> {
    config: &'a Config,
    keys: Keys,
    store: Store,
    actor: Pseudonym,
    now: Moment,
    out: &'a mut (dyn Write + Send),
}

/// Whoever works at the machine without saying who they are.
pub(crate) const AT_THE_MACHINE: Pseudonym = Pseudonym([0; 16]);

/// Does what was asked; shows nothing secret.
///
/// # Errors
/// Why nothing was done.
pub async fn run(
    admin: &Admin,
    config: &Config,
    environment: Environment<'_>,
    now: Moment,
    out: &mut (dyn Write + Send),
) -> Result<(), AdminError> {
    crate::serve::prepare_data(config)?;
    let (keys, _) = opening::keys(config, environment).await?;
    if admin.command == Command::Keys {
        return show_keys(&keys, out);
    }
    let store = opening::store(config, &keys).await?;
    let actor = match admin.actor {
        None => AT_THE_MACHINE,
        Some(id) => store.staff(StaffId(id.into_bytes())).await?.pseudonym,
    };
    let mut desk = Desk {
        config,
        keys,
        store,
        actor,
        now,
        out,
    };
    match &admin.command {
        Command::Keys => Ok(()),
        Command::Deployment(what) => install::deployment(&mut desk, what).await,
        Command::Revocations(what) => install::revocations(&mut desk, what).await,
        Command::Organisation(what) => organisations::organisation(&mut desk, what).await,
        Command::Invitations(what) => install::invitations(&mut desk, what).await,
        Command::Invitation(what) => organisations::invitation(&mut desk, what).await,
        Command::Seats => organisations::seats(&mut desk).await,
        Command::Staff(what) => staff::staff(&mut desk, what).await,
        Command::Certificate(what) => install::certificate(&mut desk, what).await,
        Command::Log => log(&mut desk).await,
    }
}

impl Desk<'_> {
    /// Writes down what is about to be done: nothing happens that does not stand there.
    async fn note(&self, action: &'static str, subject: Vec<u8>) -> Result<(), StoreError> {
        let noted = self.store.append_staff_log(action, self.actor, subject, self.now);
        noted.await.map(|_| ())
    }
}

fn show_keys(keys: &Keys, out: &mut dyn Write) -> Result<(), AdminError> {
    let public = keys.public()?;
    writeln!(out, "[keys]")?;
    for (name, key) in [
        ("receipts", public.receipts.as_bytes()),
        ("tickets", &public.tickets.0),
        ("opaque", &public.opaque),
    ] {
        writeln!(out, "{name} = \"{}\"", HEXLOWER.encode(key))?;
    }
    Ok(())
}

/// So many rows of the log are read at once.
const PAGE: i64 = 500;

async fn log(desk: &mut Desk<'_>) -> Result<(), AdminError> {
    let mut last = None;
    loop {
        let after = last.map_or(0, |(number, _)| number);
        let rows = desk.store.staff_log(after, PAGE).await?;
        for row in &rows {
            if !is_unbroken_staff(last, std::slice::from_ref(row)) {
                return Err(AdminError::BrokenLog(after_of(last)));
            }
            let (entry, subject) = (&row.entry, HEXLOWER.encode(&row.subject));
            let actor = if entry.actor == AT_THE_MACHINE.0 {
                "at the machine".to_owned()
            } else {
                HEXLOWER.encode(&entry.actor)
            };
            let at = moment(entry.at);
            writeln!(
                desk.out,
                "{} {at} {} {subject} by {actor}",
                entry.number, entry.action
            )?;
            last = Some((entry.number, entry.hash));
        }
        if rows.is_empty() {
            break;
        }
    }
    let (count, hash) = last.unwrap_or((0, [0; 32]));
    writeln!(
        desk.out,
        "Unbroken, {count} rows. Write down the last hash: {}",
        HEXLOWER.encode(&hash)
    )?;
    Ok(())
}

fn after_of(last: Option<(i64, [u8; 32])>) -> i64 {
    last.map_or(0, |(number, _)| number)
}

/// A moment, to read.
fn moment(at: Moment) -> String {
    chrono::DateTime::from_timestamp(at.0, 0)
        .map(|date| date.format("%Y-%m-%dT%H:%M:%SZ").to_string())
        .unwrap_or_default()
}

/// A day, to read.
fn day(days: i64) -> String {
    chrono::DateTime::from_timestamp(days.saturating_mul(86_400), 0)
        .map(|date| date.format("%Y-%m-%d").to_string())
        .unwrap_or_default()
}

/// A day as it is kept: days since 1970.
fn days(date: chrono::NaiveDate) -> i64 {
    date.signed_duration_since(chrono::DateTime::UNIX_EPOCH.date_naive())
        .num_days()
}
