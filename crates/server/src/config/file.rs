//! What stands in the file and in the environment, as written.

use std::{fs, io, path::PathBuf, str::FromStr};

use serde::{Deserialize, Deserializer, de};
use toml::{Table, Value};

use super::{ConfigError, Hidden, Options};

/// The name of the file in the data folder.
const FILE: &str = "regie-server.toml";
/// What every variable begins with; the parts of a key stand behind it, parted by two underscores.
const PREFIX: &str = "REGIE__";

/// The file, key by key. A key that does not stand here is refused.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    pub(super) server: Server,
    pub(super) tls: Tls,
    pub(super) metrics: Metrics,
    pub(super) log: Log,
    pub(super) limits: Limits,
    pub(super) operator: Operator,
    pub(super) recipients: Vec<Recipient>,
    pub(super) regions: Regions,
    pub(super) database: Database,
    pub(super) keys: Keys,
    pub(super) ledger: Ledger,
    pub(super) deployment: Deployment,
    pub(super) mail: Mail,
    pub(super) backup: Backup,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Database {
    pub(super) url: Option<Hidden>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Keys {
    pub(super) file: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Ledger {
    pub(super) file: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Deployment {
    pub(super) file: Option<PathBuf>,
    pub(super) root: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Mail {
    pub(super) folder: Option<PathBuf>,
    pub(super) smtp: Option<Hidden>,
    pub(super) from: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Backup {
    pub(super) folder: Option<PathBuf>,
    #[serde(deserialize_with = "typed")]
    pub(super) keep_days: Option<u64>,
    #[serde(deserialize_with = "typed")]
    pub(super) every_hours: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Server {
    pub(super) data: Option<PathBuf>,
    pub(super) listen: Option<String>,
    pub(super) public_url: Option<String>,
    #[serde(deserialize_with = "typed")]
    pub(super) proxy: Option<bool>,
    #[serde(deserialize_with = "typed")]
    pub(super) stop_seconds: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Tls {
    pub(super) certificate: Option<PathBuf>,
    pub(super) key: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Metrics {
    pub(super) listen: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Log {
    pub(super) level: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Limits {
    #[serde(deserialize_with = "typed")]
    pub(super) body_bytes: Option<u64>,
    #[serde(deserialize_with = "typed")]
    pub(super) request_seconds: Option<u64>,
    #[serde(deserialize_with = "typed")]
    pub(super) requests_per_minute: Option<u64>,
    #[serde(deserialize_with = "typed")]
    pub(super) burst: Option<u64>,
    #[serde(deserialize_with = "typed")]
    pub(super) attachment_bytes: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Operator {
    pub(super) name: Option<Words>,
    pub(super) controller: Option<Contact>,
    pub(super) privacy_officer: Option<Contact>,
    pub(super) complaints_officer: Option<Contact>,
    pub(super) authority: Option<Contact>,
    pub(super) security: Option<Contact>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Contact {
    pub(super) name: Option<Words>,
    pub(super) post: Option<String>,
    pub(super) email: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) web: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Recipient {
    pub(super) name: Option<String>,
    pub(super) role: Option<String>,
    pub(super) purpose: Option<Words>,
    pub(super) agreement: Option<Words>,
    pub(super) country: Option<String>,
    pub(super) parent_country: Option<String>,
    pub(super) remote_access: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Regions {
    pub(super) storage: Vec<String>,
    pub(super) backup: Vec<String>,
}

/// A text: the same in every language, or one for each.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a text, or a table with nl and en")]
pub(super) enum Words {
    Same(String),
    Each(regie_protocol::OwnedText),
}

/// A number or a yes; from the environment both come as text.
fn typed<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + FromStr,
{
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a whole number, or true or false")]
    enum Either<T> {
        Typed(T),
        Text(String),
    }
    match Either::deserialize(deserializer)? {
        Either::Typed(value) => Ok(Some(value)),
        Either::Text(text) => text
            .parse()
            .map(Some)
            .map_err(|_| de::Error::custom("a text where a number, or true or false, is expected")),
    }
}

/// Reads the file, if there is one, and lays the environment over it.
pub(super) fn read(
    options: &Options,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<File, ConfigError> {
    let mut table = read_file(options)?;
    for (name, text) in environment {
        if let Some(path) = name.strip_prefix(PREFIX) {
            let keys: Vec<String> = path.split("__").map(str::to_ascii_lowercase).collect();
            put(&mut table, &keys, value(&name, text)?)
                .map_err(|()| ConfigError::one(&name, "stands where the file has another kind of value"))?;
        }
    }
    serde_path_to_error::deserialize(table).map_err(|error| {
        let reason = error.inner().message().to_owned();
        ConfigError::one(error.path().to_string(), reason)
    })
}

fn read_file(options: &Options) -> Result<Table, ConfigError> {
    let beside = || options.data.as_ref().map(|data| data.join(FILE));
    let Some(path) = options.config.clone().or_else(beside) else {
        return Ok(Table::new());
    };
    let place = path.display().to_string();
    match fs::read_to_string(&path) {
        Ok(text) => text
            .parse()
            .map_err(|error: toml::de::Error| ConfigError::one(place, where_in(&text, &error))),
        Err(error) if error.kind() == io::ErrorKind::NotFound && options.config.is_none() => Ok(Table::new()),
        Err(error) => Err(ConfigError::one(place, format!("cannot be read: {error}"))),
    }
}

/// Line and reason; the line itself may hold what nobody should read on a screen.
fn where_in(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.map_or(1, |before| before.matches('\n').count() + 1);
    format!("line {line}: {}", error.message())
}

/// Text stays text, since a phone number is one too; what begins as a list or table is read as TOML.
fn value(name: &str, text: String) -> Result<Value, ConfigError> {
    if !text.starts_with(['[', '{']) {
        return Ok(Value::String(text));
    }
    let line: Result<Table, _> = format!("value = {text}").parse();
    let value = line.ok().and_then(|mut table| table.remove("value"));
    value.ok_or_else(|| ConfigError::one(name, "begins as a list or table of TOML and is none"))
}

fn put(table: &mut Table, keys: &[String], value: Value) -> Result<(), ()> {
    match keys {
        [] => Err(()),
        [last] => {
            table.insert(last.clone(), value);
            Ok(())
        }
        [first, rest @ ..] => {
            let inner = table
                .entry(first.clone())
                .or_insert_with(|| Value::Table(Table::new()));
            put(inner.as_table_mut().ok_or(())?, rest, value)
        }
    }
}
