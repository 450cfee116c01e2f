//! What the root gave out. Nothing in it is secret; without it a number could be given twice.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use data_encoding::HEXLOWER;
use regie_protocol::{
    Role,
    signed::{Moment, VerifyingKey},
};
use serde::{Deserialize, Serialize};

use super::{OperatorError, dates, files};

const NAME: &str = "register.json";
const FORMAT: u32 = 1;

/// The register of a root.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Register {
    format: u32,
    root: String,
    fingerprint: String,
    /// When something was signed last, in seconds since 1970.
    pub(super) last_use: u64,
    /// The servers of the deployment that was signed last.
    pub(super) addresses: Vec<String>,
    /// The number of the next invitation.
    pub(super) next_invitation: u64,
    /// The serial of the next certificate.
    pub(super) next_serial: u64,
    /// Every certificate.
    pub(super) certificates: Vec<Given>,
    /// The number of the last list of revocations; 0 before the first.
    pub(super) last_list: u64,
    /// The serials on it.
    pub(super) revoked: BTreeSet<u64>,
}

/// A certificate that was given.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    pub(super) serial: u64,
    pub(super) role: Role,
    /// The fingerprint of the holder's key.
    pub(super) holder: String,
    /// Its end, in seconds since 1970.
    pub(super) until: u64,
}

impl Register {
    pub(super) fn new(root: &VerifyingKey, now: Moment) -> Self {
        Self {
            format: FORMAT,
            root: HEXLOWER.encode(root.as_bytes()),
            fingerprint: root.fingerprint().to_string(),
            last_use: now.0,
            addresses: Vec::new(),
            next_invitation: 1,
            next_serial: 1,
            certificates: Vec::new(),
            last_list: 0,
            revoked: BTreeSet::new(),
        }
    }

    pub(super) fn read(folder: &Path) -> Result<Self, OperatorError> {
        let bytes = std::fs::read(folder.join(NAME)).map_err(|_| OperatorError::Register)?;
        let register: Self = serde_json::from_slice(&bytes).map_err(|_| OperatorError::Register)?;
        let root = register.root().ok_or(OperatorError::Register)?;
        let whole = register.format == FORMAT
            && register.fingerprint == root.fingerprint().to_string()
            && register.next_invitation > 0
            && register.revoked.iter().all(|serial| register.knows(*serial))
            && register.certificates.iter().all(|one| register.knows(one.serial));
        if whole {
            Ok(register)
        } else {
            Err(OperatorError::Register)
        }
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), OperatorError> {
        let mut text = serde_json::to_vec_pretty(self).map_err(|_| OperatorError::Register)?;
        text.push(b'\n');
        files::replace(&folder.join(NAME), &text)
    }

    /// Whose register it is.
    pub(super) fn root(&self) -> Option<VerifyingKey> {
        let bytes = HEXLOWER.decode(self.root.as_bytes()).ok()?;
        VerifyingKey::from_bytes(&bytes.try_into().ok()?).ok()
    }

    /// Whether a certificate with this serial was given.
    pub(super) fn knows(&self, serial: u64) -> bool {
        (1..self.next_serial).contains(&serial)
    }

    pub(super) fn show(&self, now: Moment, out: &mut dyn Write) -> Result<(), OperatorError> {
        writeln!(out, "Servers:      {}", self.addresses.join(", "))?;
        writeln!(out, "Invitations:  {}", self.next_invitation.saturating_sub(1))?;
        writeln!(
            out,
            "Revocations:  list {}, {} on it",
            self.last_list,
            self.revoked.len()
        )?;
        for one in self.certificates.iter().filter(|one| now < Moment(one.until)) {
            let revoked = if self.revoked.contains(&one.serial) {
                ", revoked"
            } else {
                ""
            };
            let (role, until) = (one.role.text().en, dates::day(Moment(one.until))?);
            writeln!(
                out,
                "Certificate {}: {role} until {until}{revoked}, {}",
                one.serial, one.holder
            )?;
        }
        Ok(())
    }
}
