//! Leaving: the account on the server, by its receipt, or by a ticket that waits outside the vault for a network.

use std::fs;
use std::path::{Path, PathBuf};

use regie_crypto::{Passphrase, make_random, seal::seal_to};
use regie_protocol::{
    account::{
        change::{EraseRequest, EraseResponse, TicketRequest},
        path,
    },
    signed::{Deployment, Receipt, Signed, Ticket, VerifyingKey, ticket},
    wire::{Blob, Fixed},
};
use regie_vault::{create_private_folder, write_atomically, write_for_person};
use serde::{Deserialize, Serialize};

use super::{
    AccountError, LeaveKind, LeaveView, ReceiptView, RequestContent, RequestPurpose, work::deployment_of,
};
use crate::{
    Client, ClientError,
    net::{Outgoing, Reach},
};

const FORMAT: u32 = 1;
/// Far above what such a file needs.
const LARGEST: u64 = 256 * 1024;

/// A deletion that was begun: a ticket until the server has answered, its receipt afterwards. It tells nobody's address, and holds no key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TicketFile {
    format: u32,
    id: Fixed<16>,
    /// RFC 3339.
    made: String,
    /// The operator's root that the person confirmed.
    root: Fixed<32>,
    /// Whose servers, signed by that root.
    deployment: Blob,
    /// [`Receipt::account_hash`].
    account: Fixed<32>,
    /// Sealed to the deployment's key for tickets; empty once the server has answered.
    ticket: Blob,
    /// Signed by the deployment's key for receipts; empty until then.
    receipt: Blob,
}

impl TicketFile {
    fn read(file: &Path) -> Result<Self, ClientError> {
        if fs::metadata(file)?.len() > LARGEST {
            return Err(ClientError::Malformed);
        }
        let read: Self = serde_json::from_slice(&fs::read(file)?).map_err(|_| ClientError::Malformed)?;
        if read.format == FORMAT {
            Ok(read)
        } else {
            Err(ClientError::Malformed)
        }
    }

    fn bytes(&self) -> Result<Vec<u8>, ClientError> {
        serde_json::to_vec_pretty(self).map_err(|_| ClientError::Malformed)
    }

    fn deployment(&self) -> Result<Deployment, AccountError> {
        let root = VerifyingKey::from_bytes(&self.root.0).map_err(AccountError::of_signed)?;
        Signed::<Deployment>::from_bytes(&self.deployment.0)
            .and_then(|signed| signed.open_at_any_time(&root))
            .map_err(AccountError::of_signed)
    }

    /// Whether these bytes are the deployment's receipt for this very deletion.
    fn check(&self, receipt: &[u8]) -> Result<(), AccountError> {
        let deployment = self.deployment()?;
        let receipt = Signed::<Receipt>::from_bytes(receipt)
            .and_then(|signed| signed.open_at_any_time(&deployment.keys.receipts))
            .map_err(|_| AccountError::BadAnswer)?;
        let same = receipt.deployment == deployment.id
            && receipt.account == self.account.0
            && receipt.reference == self.id.0;
        same.then_some(()).ok_or(AccountError::BadAnswer)
    }

    fn answered(&mut self, receipt: Blob) -> Result<(), AccountError> {
        self.check(&receipt.0)?;
        self.receipt = receipt;
        self.ticket = Blob::default();
        Ok(())
    }

    fn waits(&self) -> bool {
        self.receipt.0.is_empty()
    }

    pub(super) fn view(&self) -> ReceiptView {
        ReceiptView {
            id: data_encoding::HEXLOWER.encode(&self.id.0),
            made: self.made.clone(),
            confirmed: !self.waits() && self.check(&self.receipt.0).is_ok(),
        }
    }

    fn name(&self) -> String {
        format!("{}.json", data_encoding::HEXLOWER.encode(&self.id.0))
    }
}

impl Client {
    pub(super) fn leave_now(
        &self,
        kind: LeaveKind,
        passphrase: &Passphrase,
        factor: Option<&str>,
    ) -> Result<LeaveView, ClientError> {
        self.prove(passphrase)?;
        if kind == LeaveKind::OnlyCopy {
            self.want_copy_now(false)?;
            let waits = self.with_vault(|vault| Ok(vault.waiting_changes()?))?;
            return Ok(LeaveView {
                file: None,
                confirmed: waits.is_empty(),
            });
        }
        let mut file = self.begin_leaving()?;
        match self.erase_online(&mut file, passphrase, factor) {
            Ok(()) => {}
            // The ticket does it later. It is on the disk before any key dies.
            Err(ClientError::Account(AccountError::Offline | AccountError::Busy { .. })) => {
                self.make_ticket(&mut file)?;
            }
            Err(error) => return Err(error),
        }
        let path = self.keep_ticket(&file)?;
        let confirmed = !file.waits();
        self.delete_everything(passphrase)?;
        Ok(LeaveView {
            file: Some(path.display().to_string()),
            confirmed,
        })
    }

    fn begin_leaving(&self) -> Result<TicketFile, ClientError> {
        let made = self.clock.now().at.to_rfc3339();
        let account = self.own()?.account;
        Ok(TicketFile {
            format: FORMAT,
            id: Fixed(make_random()?),
            made,
            root: Fixed(account.root),
            account: Fixed(Receipt::account_hash(account.id)),
            deployment: Blob(account.deployment),
            ticket: Blob::default(),
            receipt: Blob::default(),
        })
    }

    fn erase_online(
        &self,
        file: &mut TicketFile,
        passphrase: &Passphrase,
        factor: Option<&str>,
    ) -> Result<(), ClientError> {
        let _turn = self.account.turn();
        let own = self.own()?;
        let deployment = deployment_of(&own.account)?;
        let reach = Reach::of(&deployment).preferring(&own.account.address);
        let (server, email) = (deployment.keys.opaque, own.account.email.clone());
        let known = own.into_known();
        let (proven, _) = self.log_in(&reach, &server, &email, passphrase, factor, Some(&known))?;
        let body = EraseRequest {
            reference: Blob(file.id.0.to_vec()),
        };
        let request = leave_request(path::ERASE, &body)?.with_proof(&proven.proof);
        let answer: EraseResponse = self.ask_for(&reach, &request)?;
        Ok(file.answered(answer.receipt)?)
    }

    fn make_ticket(&self, file: &mut TicketFile) -> Result<(), ClientError> {
        let me = self.me()?;
        let said = Ticket {
            account: me.account,
            device: me.keys.id(),
            id: file.id.0,
        };
        let signed = Signed::sign(&said, &me.keys.signing())
            .and_then(|signed| signed.to_bytes())
            .map_err(AccountError::of_signed)?;
        let to = me.deployment.keys.tickets;
        file.ticket = Blob(seal_to(&to, &signed, ticket::INFO, b"", None)?);
        Ok(())
    }

    fn tickets_folder(&self) -> PathBuf {
        self.profile.join("tickets")
    }

    fn keep_ticket(&self, file: &TicketFile) -> Result<PathBuf, ClientError> {
        let folder = self.tickets_folder();
        create_private_folder(&folder)?;
        let path = folder.join(file.name());
        write_atomically(&path, &file.bytes()?)?;
        Ok(path)
    }

    pub(super) fn ticket_files(&self) -> Result<Vec<TicketFile>, ClientError> {
        let folder = match fs::read_dir(self.tickets_folder()) {
            Ok(folder) => folder,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let mut files = Vec::new();
        for entry in folder {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == "json")
                && let Ok(file) = TicketFile::read(&path)
            {
                files.push(file);
            }
        }
        files.sort_by(|one, other| other.made.cmp(&one.made));
        Ok(files)
    }

    pub(super) fn tickets_waiting(&self) -> u32 {
        let files = self.ticket_files().unwrap_or_default();
        u32::try_from(files.iter().filter(|file| file.waits()).count()).unwrap_or(u32::MAX)
    }

    pub(super) fn redeem_waiting(&self) -> Result<Vec<ReceiptView>, ClientError> {
        let _turn = self.account.turn();
        let mut views = Vec::new();
        let mut trouble = None;
        for mut file in self.ticket_files()? {
            if file.waits() {
                match self.redeem(&mut file) {
                    Ok(()) => {
                        self.keep_ticket(&file)?;
                    }
                    // Another one's server may answer.
                    Err(error) => trouble = Some(error),
                }
            }
            views.push(file.view());
        }
        trouble.map_or(Ok(views), Err)
    }

    pub(super) fn redeem_file(&self, path: &Path) -> Result<ReceiptView, ClientError> {
        let _turn = self.account.turn();
        let mut file = TicketFile::read(path)?;
        if file.waits() {
            // It is kept first: what was asked once is done, also when there is no network now.
            self.keep_ticket(&file)?;
            self.redeem(&mut file)?;
            self.keep_ticket(&file)?;
        }
        Ok(file.view())
    }

    fn redeem(&self, file: &mut TicketFile) -> Result<(), ClientError> {
        let body = TicketRequest {
            ticket: file.ticket.clone(),
        };
        let reach = Reach::of(&file.deployment()?);
        let answer: EraseResponse = self.ask_for(&reach, &leave_request(path::TICKET, &body)?)?;
        Ok(file.answered(answer.receipt)?)
    }

    pub(super) fn save_ticket(&self, id: &str, to: &Path) -> Result<PathBuf, ClientError> {
        let files = self.ticket_files()?;
        let file = files.iter().find(|file| file.view().id == id);
        let file = file.ok_or(ClientError::Malformed)?;
        // A receipt is saved as the server signed it, for whatever checks it; a ticket with all that it needs.
        let bytes = if file.waits() {
            file.bytes()?
        } else {
            file.receipt.0.clone()
        };
        write_for_person(to, &bytes)?;
        Ok(to.to_owned())
    }
}

fn leave_request<T: Serialize>(target: &str, body: &T) -> Result<Outgoing, AccountError> {
    Outgoing::post(target, body, RequestPurpose::Leave, RequestContent::Choice)
}

#[cfg(test)]
mod tests {
    use regie_protocol::{
        OwnedText,
        signed::{
            AccountId, Address, DeploymentId, DeploymentKeys, Erased, Moment, Period, SealingKey, SigningKey,
        },
    };

    use super::*;

    const ACCOUNT: AccountId = AccountId([5; 16]);

    fn file() -> TicketFile {
        let (root, receipts) = (SigningKey::from_seed(&[1; 32]), SigningKey::from_seed(&[2; 32]));
        let deployment = Deployment {
            id: DeploymentId([3; 16]),
            names: OwnedText {
                nl: "Proef".into(),
                en: "Trial".into(),
            },
            addresses: vec![Address::parse("https://regie.example").expect("an address")],
            keys: DeploymentKeys {
                receipts: receipts.verifying_key(),
                tickets: SealingKey([4; 32]),
                opaque: [4; 32],
            },
            period: Period {
                from: Moment(1),
                until: Moment(2),
            },
        };
        let signed = Signed::sign(&deployment, &root).expect("signs");
        TicketFile {
            format: FORMAT,
            id: Fixed([6; 16]),
            made: "2026-11-27T12:00:00+01:00".into(),
            root: Fixed(*root.verifying_key().as_bytes()),
            deployment: Blob(signed.to_bytes().expect("bytes")),
            account: Fixed(Receipt::account_hash(ACCOUNT)),
            ticket: Blob(vec![7; 100]),
            receipt: Blob::default(),
        }
    }

    fn receipt(by: u8, deployment: u8, account: AccountId, reference: u8) -> Blob {
        let receipt = Receipt {
            deployment: DeploymentId([deployment; 16]),
            reference: vec![reference; 16],
            account: Receipt::account_hash(account),
            what: Erased::Account,
            at: Moment(10),
            backups_until: Moment(20),
        };
        let signed = Signed::sign(&receipt, &SigningKey::from_seed(&[by; 32])).expect("signs");
        Blob(signed.to_bytes().expect("bytes"))
    }

    #[test]
    fn only_the_deployments_receipt_for_this_very_deletion_confirms_it() {
        let mut file = file();
        for wrong in [
            receipt(1, 3, ACCOUNT, 6),
            receipt(2, 4, ACCOUNT, 6),
            receipt(2, 3, AccountId([6; 16]), 6),
            receipt(2, 3, ACCOUNT, 7),
            Blob(b"nonsense".to_vec()),
            Blob::default(),
        ] {
            assert_eq!(file.answered(wrong), Err(AccountError::BadAnswer));
            assert!(file.waits() && !file.view().confirmed);
        }
        file.answered(receipt(2, 3, ACCOUNT, 6)).expect("confirms");
        assert!(file.view().confirmed && file.ticket.0.is_empty());
        file.root = Fixed([1; 32]);
        assert!(!file.view().confirmed);
    }

    #[test]
    fn every_field_of_the_file_is_in_the_data_map() {
        let value = serde_json::to_value(file()).expect("json");
        let fields: Vec<_> = value.as_object().expect("an object").keys().cloned().collect();
        assert_eq!(regie_vault::data_map::fields_of("ticket file"), fields);
    }
}
