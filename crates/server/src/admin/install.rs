//! Installing what the root signed. Nothing is taken that its public key, of the configuration, does not vouch for.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use clap::Subcommand;
use regie_protocol::signed::{self, Certificate, Revocations, Signed, VerifyingKey};
use uuid::Uuid;

use super::{AdminError, Desk, moment};
use crate::{
    opening,
    store::{self, Invitation, Moment, OrganisationId, SecretHash, Serial, StaffId, StoreError},
};

/// Installing a file.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum Install {
    /// Checks a file that `regie-server operator` wrote, and takes it.
    Install {
        /// The file.
        file: PathBuf,
    },
}

/// Installing a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum InstallCertificate {
    /// Checks a file that `regie-server operator` wrote, and takes it for somebody.
    Install {
        /// The file.
        file: PathBuf,
        /// Whose it is: an id in the register of staff.
        #[arg(long)]
        staff: Uuid,
    },
}

/// Longest batch of invitations that is read.
const LONGEST_BATCH: u64 = 16 << 20;

fn root(desk: &Desk<'_>) -> Result<VerifyingKey, AdminError> {
    desk.config.deployment.root.ok_or(AdminError::NoRoot)
}

fn read(file: &Path, longest: u64) -> Result<Vec<u8>, AdminError> {
    if std::fs::metadata(file)?.len() > longest {
        return Err(AdminError::Refused("the file is too long"));
    }
    Ok(std::fs::read(file)?)
}

/// Now, as statements count.
fn signed_moment(now: Moment) -> signed::Moment {
    signed::Moment(u64::try_from(now.0).unwrap_or_default())
}

/// A moment of a statement, as the store counts.
fn stored(moment: signed::Moment) -> Result<Moment, AdminError> {
    let seconds = i64::try_from(moment.0);
    seconds
        .map(Moment)
        .map_err(|_| AdminError::Refused("a date is out of reach"))
}

pub(super) async fn deployment(desk: &mut Desk<'_>, what: &Install) -> Result<(), AdminError> {
    let Install::Install { file } = what;
    let bytes = read(file, 64 * 1024)?;
    let deployed = opening::read_deployment(&bytes, &desk.config.deployment, &desk.keys)?;
    deployed.deployment.period.check_at(signed_moment(desk.now))?;
    desk.note("deployment.installed", deployed.deployment.id.0.to_vec())
        .await?;
    replace(&desk.config.deployment.file, &bytes)?;
    writeln!(desk.out, "{}", deployed.deployment.names.en)?;
    for address in &deployed.deployment.addresses {
        writeln!(desk.out, "{address}")?;
    }
    let until = moment(stored(deployed.deployment.period.until)?);
    writeln!(
        desk.out,
        "Installed, until {until}. A server that runs takes it when it starts anew."
    )?;
    Ok(())
}

/// Puts a file in the place of the one that is there, whole or not at all.
fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

pub(super) async fn revocations(desk: &mut Desk<'_>, what: &Install) -> Result<(), AdminError> {
    let Install::Install { file } = what;
    let statement = read(file, 1 << 20)?;
    let list = Signed::<Revocations>::from_bytes(&statement)?.open_at_any_time(&root(desk)?)?;
    let number = i64::try_from(list.number).map_err(|_| AdminError::Refused("the number is out of reach"))?;
    let new = store::Revocations {
        number,
        made: stored(list.date)?,
        statement,
    };
    let before = match desk.store.revocations().await {
        Err(StoreError::NotFound) => 0,
        found => found?.number,
    };
    if number <= before {
        return Err(AdminError::Refused(
            "a list with this number, or a higher one, is there",
        ));
    }
    desk.note("revocations.installed", number.to_le_bytes().to_vec())
        .await?;
    desk.store.put_revocations(new).await?;
    writeln!(desk.out, "List {number}, {} on it.", list.serials.len())?;
    if list.too_old_for_new_grants(signed_moment(desk.now)) {
        writeln!(
            desk.out,
            "It is older than 14 days: for new grants it counts as none."
        )?;
    }
    Ok(())
}

pub(super) async fn invitations(desk: &mut Desk<'_>, what: &Install) -> Result<(), AdminError> {
    let Install::Install { file } = what;
    let (root, bytes) = (root(desk)?, read(file, LONGEST_BATCH)?);
    let mut batch: Vec<(OrganisationId, Invitation)> = Vec::new();
    for signed in Signed::<signed::Invitation>::many_from_bytes(&bytes)? {
        let said = signed.open_at_any_time(&root)?;
        let number =
            i64::try_from(said.number).map_err(|_| AdminError::Refused("a number is out of reach"))?;
        batch.push((
            OrganisationId(said.organisation.0),
            Invitation {
                secret: SecretHash(said.code.0),
                number,
                signature: signed.signature().as_bytes().to_vec(),
                from: stored(said.period.from)?,
                until: stored(said.period.until)?,
            },
        ));
    }
    let organisation = match batch.first() {
        Some((organisation, _)) => *organisation,
        None => return Err(AdminError::Refused("the batch is empty")),
    };
    if batch.iter().any(|(other, _)| *other != organisation) {
        return Err(AdminError::Refused("the batch is of several organisations"));
    }
    let known = desk.store.organisations().await?;
    let known = known.into_iter().find(|known| known.organisation == organisation);
    let known = known.ok_or(AdminError::Refused(
        "no organisation has the id of this batch: add it first",
    ))?;
    let count = batch.len();
    desk.note("invitations.installed", organisation.0.to_vec())
        .await?;
    let batch = batch.into_iter().map(|(_, invitation)| invitation).collect();
    desk.store.put_invitations(organisation, batch).await?;
    writeln!(desk.out, "{count} invitations for {}.", known.name)?;
    Ok(())
}

pub(super) async fn certificate(desk: &mut Desk<'_>, what: &InstallCertificate) -> Result<(), AdminError> {
    let InstallCertificate::Install { file, staff } = what;
    let (staff, statement) = (StaffId(staff.into_bytes()), read(file, 64 * 1024)?);
    let signed = Signed::<Certificate>::from_bytes(&statement)?;
    let certificate = signed.open(&root(desk)?, signed_moment(desk.now))?;
    let person = desk.store.staff(staff).await?;
    if person.role != certificate.role.id() {
        return Err(AdminError::Refused(
            "the certificate is of another role than this person has in the register",
        ));
    }
    if revoked(desk, certificate.serial).await? {
        return Err(AdminError::Refused("the certificate was revoked"));
    }
    desk.note("certificate.installed", staff.0.to_vec()).await?;
    let until = stored(certificate.period.until)?;
    let new = store::Certificate {
        serial: serial(certificate.serial),
        staff,
        statement,
        until,
    };
    desk.store.put_certificate(new).await?;
    writeln!(
        desk.out,
        "{}, {}, serial {}, until {}.",
        person.name,
        certificate.role.text().en,
        certificate.serial,
        moment(until)
    )?;
    Ok(())
}

async fn revoked(desk: &Desk<'_>, serial: u64) -> Result<bool, AdminError> {
    match desk.store.revocations().await {
        Err(StoreError::NotFound) => Ok(false),
        found => {
            let list = Signed::<Revocations>::from_bytes(&found?.statement)?;
            Ok(list.open_at_any_time(&root(desk)?)?.has(serial))
        }
    }
}

/// A serial as the store keeps it: the number, big-endian, at the end.
fn serial(number: u64) -> Serial {
    Serial(u128::from(number).to_be_bytes())
}
