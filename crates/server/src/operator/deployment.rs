//! Signing what is said of the servers.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Args;
use data_encoding::HEXLOWER_PERMISSIVE;
use regie_protocol::{
    OwnedText,
    signed::{Address, Deployment, DeploymentId, DeploymentKeys, Period, SealingKey, Signed, VerifyingKey},
};
use serde::Deserialize;
use uuid::Uuid;

use super::{Desk, Opened, OperatorError, dates, files};

/// Which deployment, and where to.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct SignDeployment {
    /// The description (TOML); docs/operations.md has an example.
    pub file: PathBuf,
    /// The file to write.
    #[arg(long, default_value = "deployment.signed")]
    pub out: PathBuf,
}

/// The description, as it is written by hand.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    id: Uuid,
    names: OwnedText,
    addresses: Vec<String>,
    keys: Keys,
    from: NaiveDate,
    /// The last day.
    until: NaiveDate,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    receipts: String,
    tickets: String,
    opaque: String,
}

pub(super) fn sign(
    what: &SignDeployment,
    root: &mut Opened,
    desk: &mut Desk<'_>,
) -> Result<(), OperatorError> {
    files::must_be_free(&what.out)?;
    let deployment = described(what)?;
    let signed = Signed::sign(&deployment, &root.key)?.to_bytes()?;
    let addresses: Vec<_> = deployment.addresses.iter().map(ToString::to_string).collect();
    root.note(|register| register.addresses = addresses)?;
    files::write_new(&what.out, &signed)?;
    let OwnedText { nl, en } = &deployment.names;
    writeln!(desk.out, "{nl} / {en}")?;
    for address in &deployment.addresses {
        writeln!(desk.out, "{address}")?;
    }
    let until = dates::day(deployment.period.until)?;
    writeln!(desk.out, "Signed until {until}: {}", what.out.display())?;
    Ok(())
}

fn described(what: &SignDeployment) -> Result<Deployment, OperatorError> {
    let text = std::fs::read_to_string(&what.file).map_err(|error| OperatorError::disk(&what.file, error))?;
    let wrong = |what: &dyn std::fmt::Display| OperatorError::Description(what.to_string());
    let description: Description = toml::from_str(&text).map_err(|error| wrong(&error))?;
    let addresses = description.addresses.iter().map(|address| {
        Address::parse(address).map_err(|error| OperatorError::Description(format!("{address}: {error}")))
    });
    let key = |name, text| key(text).ok_or_else(|| wrong(&format!("{name} is no key")));
    let Keys {
        receipts,
        tickets,
        opaque,
    } = &description.keys;
    Ok(Deployment {
        id: DeploymentId(description.id.into_bytes()),
        addresses: addresses.collect::<Result<_, _>>()?,
        keys: DeploymentKeys {
            receipts: VerifyingKey::from_bytes(&key("receipts", receipts)?)?,
            tickets: SealingKey(key("tickets", tickets)?),
            opaque: key("opaque", opaque)?,
        },
        period: Period {
            from: dates::begin(description.from)?,
            until: dates::end(description.until)?,
        },
        names: description.names,
    })
}

/// 32 bytes in hexadecimal, in any case.
pub(super) fn key(text: &str) -> Option<[u8; 32]> {
    let bytes = HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes()).ok()?;
    bytes.try_into().ok()
}
