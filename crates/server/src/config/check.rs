//! What must hold of every value. All that does not is told at once, so that nobody starts ten times.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use regie_protocol::processor::Register;
use url::Url;

use super::{Config, ConfigError, Fault, Limits, Metrics, Options, Tls, file, is_loopback};

mod kept;
mod register;

/// Where the server listens unless told otherwise: on this machine alone.
const LISTEN: &str = "127.0.0.1:7340";

/// What was found not to hold so far.
#[derive(Debug, Default)]
struct Faults(Vec<Fault>);

impl Faults {
    fn add(&mut self, key: impl Into<String>, reason: impl Into<String>) {
        self.0.push(Fault {
            key: key.into(),
            reason: reason.into(),
        });
    }

    /// The value, or what stands for it while the rest is still being checked.
    fn or<T, E: std::fmt::Display>(&mut self, key: &str, value: Result<T, E>, instead: T) -> T {
        value.unwrap_or_else(|reason| {
            self.add(key, reason.to_string());
            instead
        })
    }
}

pub(super) fn check(options: &Options, file: file::File) -> Result<Config, ConfigError> {
    let mut faults = Faults::default();
    let server = file.server;
    let data = options.data.clone().or(server.data).unwrap_or_default();
    if data.as_os_str().is_empty() {
        faults.add("server.data", "say where everything is kept, by --data DIR");
    }
    let (database, mail) = (
        kept::database(&mut faults, file.database, &data),
        kept::mail(&mut faults, file.mail, &data),
    );
    let mut config = Config {
        database,
        keys: file.keys.file.unwrap_or_else(|| data.join("keys")),
        ledger: file.ledger.file.unwrap_or_else(|| data.join("ledger")),
        deployment: kept::deployment(&mut faults, file.deployment, &data),
        mail,
        backup: kept::backup(&mut faults, file.backup),
        data,
        listen: address(
            &mut faults,
            "server.listen",
            server.listen.as_deref().unwrap_or(LISTEN),
        ),
        public_url: server.public_url.and_then(|text| public_url(&mut faults, &text)),
        tls: tls(&mut faults, file.tls),
        proxy: server.proxy.unwrap_or(false),
        metrics: Metrics::Off,
        level: level(&mut faults, file.log.level.as_deref()),
        limits: limits(&mut faults, &file.limits),
        stop: Duration::from_secs(within(
            &mut faults,
            "server.stop_seconds",
            server.stop_seconds,
            20,
            0..=600,
        )),
        register: Register {
            operator: register::contacts(&mut faults, file.operator),
            recipients: register::recipients(&mut faults, file.recipients),
            regions: register::regions(&mut faults, &file.regions),
        },
    };
    let metrics = metrics(&mut faults, &config, file.metrics.listen.as_deref());
    encrypted(&mut faults, &config);
    register::inside(&mut faults, &config.register);
    if config.is_public() {
        if config.public_url.is_none() {
            faults.add(
                "server.public_url",
                "say where people reach this server, such as https://regie.example.nl",
            );
        }
        register::complete(&mut faults, &config.register);
    } else {
        register::made_up(&mut config.register);
    }
    if faults.0.is_empty() {
        Ok(Config { metrics, ..config })
    } else {
        Err(ConfigError(faults.0))
    }
}

fn address(faults: &mut Faults, key: &str, text: &str) -> SocketAddr {
    let instead = SocketAddr::from(([127, 0, 0, 1], 0));
    let read = text
        .parse()
        .map_err(|_| "is an address with a port, such as 0.0.0.0:443");
    faults.or(key, read, instead)
}

fn public_url(faults: &mut Faults, text: &str) -> Option<Url> {
    let read = text.parse::<Url>().ok().filter(|url| {
        let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
        url.host().is_some() && url.path() == "/" && plain && url.fragment().is_none()
    });
    let right = read.filter(|url| url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url)));
    if right.is_none() {
        let reason =
            "is https://, a name, a port where it is not 443, and no path; http:// on this machine alone";
        faults.add("server.public_url", reason);
    }
    right
}

fn tls(faults: &mut Faults, file: file::Tls) -> Option<Tls> {
    let mut there = |key: &str, path: &PathBuf| {
        if !path.is_file() {
            faults.add(key, "there is no such file");
        }
    };
    match (file.certificate, file.key) {
        (None, None) => None,
        (Some(certificate), Some(key)) => {
            there("tls.certificate", &certificate);
            there("tls.key", &key);
            Some(Tls { certificate, key })
        }
        (certificate, _) => {
            let missing = if certificate.is_none() {
                "tls.certificate"
            } else {
                "tls.key"
            };
            faults.add(missing, "certificate and key go together");
            None
        }
    }
}

fn level(faults: &mut Faults, text: Option<&str>) -> tracing::Level {
    let read = match text.unwrap_or("info") {
        "error" => Ok(tracing::Level::ERROR),
        "warn" => Ok(tracing::Level::WARN),
        "info" => Ok(tracing::Level::INFO),
        "debug" => Ok(tracing::Level::DEBUG),
        _ => Err("is one of error, warn, info, debug"),
    };
    faults.or("log.level", read, tracing::Level::INFO)
}

fn within(
    faults: &mut Faults,
    key: &str,
    value: Option<u64>,
    unless_given: u64,
    range: std::ops::RangeInclusive<u64>,
) -> u64 {
    let value = value.unwrap_or(unless_given);
    if !range.contains(&value) {
        faults.add(key, format!("is from {} to {}", range.start(), range.end()));
    }
    value
}

fn limits(faults: &mut Faults, file: &file::Limits) -> Limits {
    let body = within(
        faults,
        "limits.body_bytes",
        file.body_bytes,
        1 << 20,
        1024..=64 << 20,
    );
    let seconds = within(
        faults,
        "limits.request_seconds",
        file.request_seconds,
        30,
        1..=600,
    );
    let per_minute = within(
        faults,
        "limits.requests_per_minute",
        file.requests_per_minute,
        300,
        1..=100_000,
    );
    let burst = within(faults, "limits.burst", file.burst, 60, 1..=100_000);
    let attachments = within(
        faults,
        "limits.attachment_bytes",
        file.attachment_bytes,
        4 << 30,
        0..=1 << 50,
    );
    Limits {
        body_bytes: usize::try_from(body).unwrap_or(usize::MAX),
        request: Duration::from_secs(seconds),
        per_minute: u32::try_from(per_minute).unwrap_or(u32::MAX),
        burst: u32::try_from(burst).unwrap_or(u32::MAX),
        attachment_bytes: attachments,
    }
}

fn metrics(faults: &mut Faults, config: &Config, listen: Option<&str>) -> Metrics {
    let Some(text) = listen else {
        return if config.is_public() {
            Metrics::Off
        } else {
            Metrics::Beside
        };
    };
    let address = address(faults, "metrics.listen", text);
    if address == config.listen && address.port() != 0 {
        faults.add("metrics.listen", "is another address than server.listen");
    }
    Metrics::Apart(address)
}

fn encrypted(faults: &mut Faults, config: &Config) {
    if config.tls.is_some() || config.proxy {
        return;
    }
    if !config.listen.ip().is_loopback() {
        let reason = "plain HTTP is spoken on this machine alone: give tls.certificate and tls.key, \
                      or server.proxy = true when a proxy before it speaks TLS";
        faults.add("server.listen", reason);
    } else if config
        .public_url
        .as_ref()
        .is_some_and(|url| url.scheme() == "https")
    {
        let reason = "server.public_url says https, and this server speaks plain HTTP: \
                      set server.proxy = true, or give tls.certificate and tls.key";
        faults.add("server.proxy", reason);
    }
}
