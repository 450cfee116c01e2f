//! Checking a receipt of deletion: whether the server that a deployment names said so, and what it said.

use std::{
    fs,
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use chrono::{DateTime, SecondsFormat};
use clap::Args;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER, HEXLOWER_PERMISSIVE};
use regie_protocol::signed::{
    AccountId, Deployment, Moment, Receipt, Signed, SignedError, Statement, VerifyingKey,
};
use thiserror::Error;

/// Longest file that is read.
const LONGEST: u64 = 64 * 1024;

/// Checks a receipt of deletion against a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct VerifyReceipt {
    /// The receipt, as it was saved or in base64url.
    pub file: PathBuf,
    /// The signed deployment that the receipt is said to come from.
    #[arg(long, value_name = "FILE", default_value = "deployment.signed")]
    pub deployment: PathBuf,
    /// The root's public key in hexadecimal, as `operator show` tells it; without it the deployment is taken at its word.
    #[arg(long, value_name = "KEY")]
    pub root: Option<String>,
    /// The account's id in hexadecimal, to see whether it is the one that is meant.
    #[arg(long, value_name = "ID")]
    pub account: Option<String>,
}

/// Why a receipt says nothing.
#[derive(Debug, Error)]
pub enum ReceiptError {
    /// A file cannot be read.
    #[error("{path}: {error}")]
    Disk {
        /// Which.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The root's key is none.
    #[error("--root is no public key")]
    Root,
    /// The account's id is none.
    #[error("--account is no id of an account")]
    Account,
    /// The deployment does not hold.
    #[error("the deployment cannot be relied on: {0}")]
    Deployment(SignedError),
    /// The receipt does not hold.
    #[error("this receipt is not this deployment's: {0}")]
    Receipt(SignedError),
    /// It is of another deployment, with the same key.
    #[error("this receipt is another deployment's")]
    OtherDeployment,
    /// It is about another account.
    #[error("this receipt is about another account")]
    OtherAccount,
    /// What was found cannot be shown.
    #[error("{0}")]
    Output(#[from] io::Error),
}

/// Checks a receipt and says what it says.
///
/// # Errors
/// Why it says nothing; then nothing was shown.
pub fn verify(what: &VerifyReceipt, out: &mut dyn Write) -> Result<(), ReceiptError> {
    let deployment = deployment(what)?;
    let signed = Signed::<Receipt>::from_bytes(&read(&what.file)?).map_err(ReceiptError::Receipt)?;
    let receipt = signed
        .open_at_any_time(&deployment.keys.receipts)
        .map_err(ReceiptError::Receipt)?;
    if receipt.deployment != deployment.id {
        return Err(ReceiptError::OtherDeployment);
    }
    if let Some(id) = &what.account {
        let id = hexadecimal(id).ok_or(ReceiptError::Account)?;
        if Receipt::account_hash(AccountId(id)) != receipt.account {
            return Err(ReceiptError::OtherAccount);
        }
    }
    writeln!(out, "This receipt holds.")?;
    writeln!(
        out,
        "From:           {} / {}",
        deployment.names.nl, deployment.names.en
    )?;
    writeln!(out, "Reference:      {}", HEXLOWER.encode(&receipt.reference))?;
    writeln!(out, "Account (hash): {}", HEXLOWER.encode(&receipt.account))?;
    writeln!(out, "Erased:         {}", shown(receipt.at))?;
    writeln!(out, "Backups until:  {}", shown(receipt.backups_until))?;
    if what.root.is_none() {
        writeln!(
            out,
            "Whether the deployment is the operator's was not asked: that takes --root."
        )?;
    }
    Ok(())
}

fn deployment(what: &VerifyReceipt) -> Result<Deployment, ReceiptError> {
    let signed =
        Signed::<Deployment>::from_bytes(&read(&what.deployment)?).map_err(ReceiptError::Deployment)?;
    match &what.root {
        Some(root) => {
            let key = hexadecimal(root).and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
            signed.open_at_any_time(&key.ok_or(ReceiptError::Root)?)
        }
        None => Deployment::from_bytes(signed.bytes()),
    }
    .map_err(ReceiptError::Deployment)
}

/// A file's bytes; of text in base64url, what it stands for.
fn read(path: &Path) -> Result<Vec<u8>, ReceiptError> {
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(LONGEST).read_to_end(&mut bytes))
        .map_err(|error| ReceiptError::Disk {
            path: path.to_owned(),
            error,
        })?;
    let decoded = BASE64URL_NOPAD.decode(bytes.trim_ascii());
    Ok(decoded.unwrap_or(bytes))
}

fn hexadecimal<const N: usize>(text: &str) -> Option<[u8; N]> {
    let bytes = HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes()).ok()?;
    bytes.try_into().ok()
}

fn shown(moment: Moment) -> String {
    i64::try_from(moment.0)
        .ok()
        .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
        .map_or_else(String::new, |date| {
            date.to_rfc3339_opts(SecondsFormat::Secs, true)
        })
}

#[cfg(test)]
mod tests {
    use regie_protocol::{
        OwnedText,
        signed::{Address, DeploymentId, DeploymentKeys, Erased, Period, SealingKey, SigningKey},
    };

    use super::*;

    fn statement(receipts: &SigningKey) -> Deployment {
        Deployment {
            id: DeploymentId([3; 16]),
            names: OwnedText {
                nl: "Voorbeeld".into(),
                en: "Example".into(),
            },
            addresses: vec![Address::parse("https://regie.example.nl").expect("an address")],
            keys: DeploymentKeys {
                receipts: receipts.verifying_key(),
                tickets: SealingKey([4; 32]),
                opaque: [5; 32],
            },
            period: Period {
                from: Moment(0),
                until: Moment(2_000_000_000),
            },
        }
    }

    fn receipt(deployment: u8) -> Receipt {
        Receipt {
            deployment: DeploymentId([deployment; 16]),
            reference: vec![0xab; 16],
            account: Receipt::account_hash(AccountId([6; 16])),
            what: Erased::Account,
            at: Moment(1_800_000_000),
            backups_until: Moment(1_802_678_400),
        }
    }

    #[test]
    fn a_receipt_holds_for_its_deployment_its_root_and_its_account_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let [root, receipts, other] = [1, 2, 9].map(|seed| SigningKey::from_seed(&[seed; 32]));
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            fs::write(&path, bytes).expect("writes");
            path
        };
        let signed = Signed::sign(&statement(&receipts), &root).expect("signs");
        let deployment = write("deployment", &signed.to_bytes().expect("bytes"));
        let signed = |receipt: &Receipt, key| {
            Signed::sign(receipt, key)
                .expect("signs")
                .to_bytes()
                .expect("bytes")
        };
        let good = signed(&receipt(3), &receipts);
        let hex = |key: &SigningKey| Some(HEXLOWER.encode(key.verifying_key().as_bytes()));
        let check = |file: PathBuf, root: Option<String>, account: Option<String>| {
            let mut out = Vec::new();
            let what = VerifyReceipt {
                file,
                deployment: deployment.clone(),
                root,
                account,
            };
            let checked = verify(&what, &mut out).map_err(|error| error.to_string());
            let said = String::from_utf8(out).expect("text");
            assert!(checked.is_ok() || said.is_empty(), "{said}");
            checked.map(|()| said)
        };
        let text = BASE64URL_NOPAD.encode(&good) + "\n";
        for file in [write("bytes", &good), write("text", text.as_bytes())] {
            let said = check(file.clone(), hex(&root), Some("06".repeat(16))).expect("holds");
            assert!(
                said.contains("2027-01-15T08:00:00Z") && said.contains("2027-02-15T08:00:00Z"),
                "{said}"
            );
            assert!(said.contains("Example") && !said.contains("--root"), "{said}");
            assert!(check(file.clone(), None, None).expect("holds").contains("--root"));
            assert!(check(file.clone(), hex(&other), None).is_err());
            assert!(check(file.clone(), Some("00".into()), None).is_err());
            assert!(check(file, None, Some("07".repeat(16))).is_err());
        }
        for (name, bytes) in [
            ("another key", signed(&receipt(3), &other)),
            ("another deployment", signed(&receipt(8), &receipts)),
            ("nothing", Vec::new()),
            ("cut", good.iter().copied().take(good.len() - 1).collect()),
        ] {
            assert!(check(write(name, &bytes), hex(&root), None).is_err(), "{name}");
        }
    }
}
