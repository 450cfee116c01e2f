//! The configuration: a file, the environment over it, and every value checked before anything listens.
//!
//! `regie-server --data DIR` needs none of it: then the server speaks on this machine alone, under a made-up name.

mod check;
mod file;
mod kept;

use std::{ffi::OsString, fmt, net::SocketAddr, path::PathBuf, time::Duration};

use regie_protocol::processor::Register;
use thiserror::Error;
use url::Url;

use crate::{
    admin::Admin,
    backup::{BackUp, Restore},
    operator::Operator,
    receipt::VerifyReceipt,
};

pub use kept::{Backup, Database, DeploymentFile, Hidden, Mail};

/// What is said on the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq, clap::Parser)]
#[command(
    name = "regie-server",
    version,
    about = "Regie's server, which cannot read what it keeps"
)]
pub struct Options {
    /// The folder for everything that the server keeps; made when it is not there.
    #[arg(long, value_name = "DIR", global = true)]
    pub data: Option<PathBuf>,
    /// The configuration; without it DIR/regie-server.toml, when there is one.
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// Checks the configuration, says what it comes to, and ends.
    #[arg(long)]
    pub check: bool,
    /// Other work than serving.
    #[command(subcommand)]
    pub work: Option<Work>,
}

/// What the binary does beside serving.
#[derive(Clone, Debug, PartialEq, Eq, clap::Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one for each run")]
pub enum Work {
    /// Keeps the root key of a deployment, on a machine without a network.
    Operator(Operator),
    /// Checks a receipt of deletion.
    VerifyReceipt(VerifyReceipt),
    /// Keeps the registers of a server, and installs what the root signed.
    Admin(Admin),
    /// Makes an encrypted backup now.
    Backup(BackUp),
    /// Fills an empty place with a backup; who was deleted since stays deleted.
    Restore(Restore),
}

impl Options {
    /// What this process was started with; ends it where that is not understood.
    #[must_use]
    pub fn from_arguments() -> Self {
        clap::Parser::parse()
    }
}

/// A configuration that holds.
#[derive(Clone, Debug)]
pub struct Config {
    /// The folder for everything that is kept.
    pub data: PathBuf,
    /// Where it listens.
    pub listen: SocketAddr,
    /// Where people reach it; without it, this machine alone.
    pub public_url: Option<Url>,
    /// Certificate and key, when it speaks TLS itself.
    pub tls: Option<Tls>,
    /// Whether a proxy stands before it, whose word about a client's address is taken.
    pub proxy: bool,
    /// Where the metrics are.
    pub metrics: Metrics,
    /// How much is logged.
    pub level: tracing::Level,
    /// What a request may take.
    pub limits: Limits,
    /// How long requests under way may take when the server is asked to stop.
    pub stop: Duration,
    /// Who runs it, who else gets data, and where they rest.
    pub register: Register,
    /// Where accounts are kept.
    pub database: Database,
    /// The file of keys.
    pub keys: PathBuf,
    /// The file of the ledger.
    pub ledger: PathBuf,
    /// What the root said of this server.
    pub deployment: DeploymentFile,
    /// How mails go out.
    pub mail: Mail,
    /// Where backups go, and for how long.
    pub backup: Backup,
}

/// The files of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// The certificate and those that vouch for it, as PEM.
    pub certificate: PathBuf,
    /// Its key, as PEM.
    pub key: PathBuf,
}

/// Where the metrics are. Never where the public is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metrics {
    /// Nowhere.
    Off,
    /// Beside everything else, since nobody but this machine gets there.
    Beside,
    /// On an address of their own.
    Apart(SocketAddr),
}

/// What a request may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many bytes a body may have.
    pub body_bytes: usize,
    /// How long a request may take from its head to its answer, and a head to arrive.
    pub request: Duration,
    /// How many requests one address may make in a minute, in the long run.
    pub per_minute: u32,
    /// How many of them at once.
    pub burst: u32,
    /// How many bytes of attachments an account may have.
    pub attachment_bytes: u64,
}

/// A value that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its key, such as `server.listen`.
    pub key: String,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.key, self.reason)
    }
}

/// Why a configuration does not hold: everything that is wrong with it, at once.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the configuration does not hold:{}", lines(.0))]
pub struct ConfigError(pub Vec<Fault>);

impl ConfigError {
    fn one(key: impl Into<String>, reason: impl Into<String>) -> Self {
        Self(vec![Fault {
            key: key.into(),
            reason: reason.into(),
        }])
    }
}

fn lines(faults: &[Fault]) -> String {
    faults.iter().map(|fault| format!("\n  {fault}")).collect()
}

impl Config {
    /// Reads file and environment and checks them.
    ///
    /// # Errors
    /// With every key that is unknown or whose value does not hold.
    pub fn load(
        options: &Options,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let file = file::read(options, environment)?;
        check::check(options, file)
    }

    /// The same with the environment of this process.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn of_this_process(options: &Options) -> Result<Self, ConfigError> {
        let text = |text: OsString| text.to_string_lossy().into_owned();
        let environment = std::env::vars_os().map(|(name, value)| (text(name), text(value)));
        Self::load(options, environment)
    }

    /// Whether anybody but this machine gets here; then only by TLS.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.proxy
            || !self.listen.ip().is_loopback()
            || self.public_url.as_ref().is_some_and(|url| !is_loopback(url))
    }

    /// Writes one line about what holds; there is nothing secret in it.
    pub(crate) fn log(&self) {
        let text = |value: Option<String>| value.unwrap_or_default();
        tracing::info!(
            version = env!("CARGO_PKG_VERSION"),
            name = %self.register.operator.name.en,
            data = %self.data.display(),
            listen = %self.listen,
            public_url = text(self.public_url.as_ref().map(Url::to_string)),
            public = self.is_public(),
            tls = self.tls.is_some(),
            proxy = self.proxy,
            metrics = ?self.metrics,
            log_level = %self.level,
            body_bytes = self.limits.body_bytes,
            request_seconds = self.limits.request.as_secs(),
            requests_per_minute = self.limits.per_minute,
            burst = self.limits.burst,
            attachment_bytes = self.limits.attachment_bytes,
            stop_seconds = self.stop.as_secs(),
            recipients = self.register.recipients.len(),
            storage = ?codes(&self.register.regions.storage),
            backup = ?codes(&self.register.regions.backup),
            database = %self.database,
            keys = %self.keys.display(),
            ledger = %self.ledger.display(),
            deployment = %self.deployment.file.display(),
            root = text(self.deployment.root.map(|root| root.fingerprint().to_string())),
            mail = %self.mail,
            backup_folder = text(self.backup.folder.as_ref().map(|folder| folder.display().to_string())),
            backup_keep_days = self.backup.keep_days,
            backup_every_hours = self.backup.every_hours,
            "configuration"
        );
    }

    /// Says what whoever lets others in will hardly want so.
    pub(crate) fn warn(&self) {
        if self.is_public() && self.backup.folder.is_none() {
            tracing::warn!("no backups are made: backup.folder is not set");
        }
        if self.is_public() && matches!(self.mail, Mail::Folder(_)) {
            tracing::warn!("mails go nowhere but into a folder: mail.smtp is not set");
        }
    }
}

fn codes(countries: &[regie_protocol::processor::Country]) -> Vec<&str> {
    countries
        .iter()
        .map(regie_protocol::processor::Country::code)
        .collect()
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests;
