//! Giving roles and ending them.

use std::path::PathBuf;

use clap::{Args, builder::PossibleValuesParser, builder::TypedValueParser};
use regie_protocol::{
    Role,
    signed::{Certificate, Period, Revocations, SealingKey, Signed, VerifyingKey, certificate},
};

use super::{Desk, Opened, OperatorError, dates, deployment, files, register::Given};

/// Whose role, and where to.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct SignCertificate {
    /// The holder's public key to sign (Ed25519), in hexadecimal.
    #[arg(long, value_parser = signing_key)]
    pub signing_key: VerifyingKey,
    /// The holder's public key to receive (X25519), in hexadecimal.
    #[arg(long, value_parser = sealing_key)]
    pub sealing_key: SealingKey,
    /// What they are to be.
    #[arg(long, value_parser = roles())]
    pub role: Role,
    /// For how many days, from now.
    #[arg(long, default_value_t = certificate::MOST_DAYS, value_parser = clap::value_parser!(u64).range(1..=certificate::MOST_DAYS))]
    pub days: u64,
    /// The file to write; `certificate-SERIAL.signed`, if it is left out.
    #[arg(long)]
    pub out: Option<PathBuf>,
}

/// What ends, and where to.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct Revoke {
    /// The serials of certificates to end; none to only renew the list.
    pub serials: Vec<u64>,
    /// The file to write; `revocations-NUMBER.signed`, if it is left out.
    #[arg(long)]
    pub out: Option<PathBuf>,
}

pub(super) fn sign(
    what: &SignCertificate,
    root: &mut Opened,
    desk: &mut Desk<'_>,
) -> Result<(), OperatorError> {
    let serial = root.register.next_serial;
    let named = || PathBuf::from(format!("certificate-{serial}.signed"));
    let out = what.out.clone().unwrap_or_else(named);
    files::must_be_free(&out)?;
    let until = desk.now.plus_days(what.days);
    let certificate = Certificate {
        signing: what.signing_key,
        sealing: what.sealing_key,
        role: what.role,
        serial,
        period: Period {
            from: desk.now,
            until,
        },
    };
    let signed = Signed::sign(&certificate, &root.key)?.to_bytes()?;
    let holder = what.signing_key.fingerprint().to_string();
    root.note(|register| {
        register.next_serial = serial.saturating_add(1);
        register.certificates.push(Given {
            serial,
            role: what.role,
            holder: holder.clone(),
            until: until.0,
        });
    })?;
    files::write_new(&out, &signed)?;
    let (role, until) = (what.role.text().en, dates::day(until)?);
    writeln!(
        desk.out,
        "{role}, serial {serial}, until {until}: {}",
        out.display()
    )?;
    writeln!(desk.out, "Compare with the holder: {holder}")?;
    Ok(())
}

pub(super) fn revoke(what: &Revoke, root: &mut Opened, desk: &mut Desk<'_>) -> Result<(), OperatorError> {
    if let Some(unknown) = what.serials.iter().find(|serial| !root.register.knows(**serial)) {
        return Err(OperatorError::Serial(*unknown));
    }
    let number = root.register.last_list.saturating_add(1);
    let named = || PathBuf::from(format!("revocations-{number}.signed"));
    let out = what.out.clone().unwrap_or_else(named);
    files::must_be_free(&out)?;
    // From here on they are on every list, also when this run does not get to write its own.
    root.note(|register| {
        register.last_list = number;
        register.revoked.extend(&what.serials);
    })?;
    let list = Revocations {
        number,
        date: desk.now,
        serials: root.register.revoked.clone(),
    };
    files::write_new(&out, &Signed::sign(&list, &root.key)?.to_bytes()?)?;
    let (count, date) = (list.serials.len(), dates::day(desk.now)?);
    writeln!(
        desk.out,
        "List {number} of {date}, {count} on it: {}",
        out.display()
    )?;
    Ok(())
}

fn signing_key(text: &str) -> Result<VerifyingKey, String> {
    let bytes = sealing_key(text)?.0;
    VerifyingKey::from_bytes(&bytes).map_err(|error| error.to_string())
}

fn sealing_key(text: &str) -> Result<SealingKey, String> {
    deployment::key(text)
        .map(SealingKey)
        .ok_or_else(|| "a key has 64 hexadecimal signs".to_owned())
}

fn roles() -> impl TypedValueParser<Value = Role> {
    let certified = Role::ALL.into_iter().filter(|role| role.needs_certificate());
    PossibleValuesParser::new(certified.map(Role::id)).try_map(|id| Role::from_id(&id).ok_or("no role"))
}
