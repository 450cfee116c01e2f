//! Database, deployment, mails and backups: encrypted wherever they leave this machine.

use std::path::Path;

use data_encoding::HEXLOWER_PERMISSIVE;
use lettre::message::Mailbox;
use regie_protocol::signed::VerifyingKey;
use tokio_postgres::config::{Host, SslMode};
use url::Url;

use super::{Faults, file, is_loopback, within};
use crate::config::{Backup, Database, DeploymentFile, Hidden, Mail};

const DATABASE: &str = "database.url";

pub(super) fn database(faults: &mut Faults, file: file::Database, data: &Path) -> Database {
    let Some(url) = file.url else {
        return Database::Sqlite(data.join("regie.db"));
    };
    let mut shown = String::new();
    match url.expose().parse::<tokio_postgres::Config>() {
        // What its library says may quote the password.
        Err(_) => faults.add(
            DATABASE,
            "is postgresql://user:password@host/name?sslmode=require",
        ),
        Ok(read) => {
            if read.get_hosts().is_empty() {
                faults.add(DATABASE, "names no host");
            }
            let stays = read.get_hosts().iter().all(is_here)
                && read.get_hostaddrs().iter().all(std::net::IpAddr::is_loopback);
            if !stays && read.get_ssl_mode() != SslMode::Require {
                faults.add(
                    DATABASE,
                    "leaves this machine unencrypted: end it with sslmode=require",
                );
            }
            let hosts = read.get_hosts().iter().map(host).collect::<Vec<_>>().join(",");
            shown = format!("{hosts}/{}", read.get_dbname().unwrap_or_default());
        }
    }
    Database::Postgres { url, shown }
}

fn is_here(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name == "localhost"
                || name
                    .parse::<std::net::IpAddr>()
                    .is_ok_and(|address| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

fn host(host: &Host) -> String {
    match host {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(folder) => folder.display().to_string(),
    }
}

pub(super) fn deployment(faults: &mut Faults, file: file::Deployment, data: &Path) -> DeploymentFile {
    let root = file.root.and_then(|text| {
        let bytes = HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes()).ok();
        let key = bytes
            .and_then(|bytes| bytes.try_into().ok())
            .and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
        if key.is_none() {
            faults.add(
                "deployment.root",
                "is the root's public key, as regie-server operator show tells it",
            );
        }
        key
    });
    DeploymentFile {
        file: file.file.unwrap_or_else(|| data.join("deployment")),
        root,
    }
}

pub(super) fn mail(faults: &mut Faults, file: file::Mail, data: &Path) -> Mail {
    let unread = file.from.is_some();
    let from = file.from.and_then(|text| text.parse::<Mailbox>().ok());
    if unread && from.is_none() {
        faults.add("mail.from", "is an address, such as Regie <regie@example.nl>");
    }
    let folder = file.folder.unwrap_or_else(|| data.join("mails"));
    let Some(url) = file.smtp else {
        return Mail::Folder(folder);
    };
    let way = smtp(&url);
    if way.is_none() {
        faults.add(
            "mail.smtp",
            "is smtp://user:password@host:587, or smtps://… for TLS from the beginning",
        );
    }
    if !unread {
        faults.add("mail.from", "say whom mails come from");
    }
    match (way, from) {
        (Some((url, shown)), Some(from)) => Mail::Smtp { url, shown, from },
        _ => Mail::Folder(folder),
    }
}

/// Encrypted from the beginning or by STARTTLS, which is then required; plain on this machine alone.
fn smtp(url: &Hidden) -> Option<(Hidden, String)> {
    let mut read = url.expose().parse::<Url>().ok().filter(|url| {
        let scheme = matches!(url.scheme(), "smtp" | "smtps");
        scheme && url.has_host() && matches!(url.path(), "" | "/") && url.query().is_none()
    })?;
    let host = read.host_str()?;
    let port = read.port().map(|port| format!(":{port}")).unwrap_or_default();
    let shown = format!("{}://{host}{port}", read.scheme());
    // The standard for URLs does not know the scheme, so which machine is meant is read from the text.
    let here = format!("http://{host}/")
        .parse()
        .is_ok_and(|url: Url| is_loopback(&url));
    if read.scheme() == "smtp" && !here {
        read.set_query(Some("tls=required"));
    }
    Some((Hidden::new(read.into()), shown))
}

pub(super) fn backup(faults: &mut Faults, file: file::Backup) -> Backup {
    let keep = within(faults, "backup.keep_days", file.keep_days, 30, 1..=365);
    let every = within(faults, "backup.every_hours", file.every_hours, 24, 1..=168);
    Backup {
        folder: file.folder,
        keep_days: u32::try_from(keep).unwrap_or(u32::MAX),
        every_hours: u32::try_from(every).unwrap_or(u32::MAX),
    }
}
