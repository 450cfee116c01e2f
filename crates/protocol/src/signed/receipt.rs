//! A receipt: the server's word, for anybody to check, that an account was erased, and when its last backup will have gone.

use super::{AccountId, DeploymentId, Fields, Moment, Reader, SignedError, Statement};

const ACCOUNT_CONTEXT: &str = "regie/1/receipt account";
/// What a receipt may be found by is no longer than this.
pub const LONGEST_REFERENCE: usize = 64;

/// What was erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Erased {
    /// The account, with every row that belonged to it.
    Account,
}

/// What the deployment's key for receipts vouches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Whose servers.
    pub deployment: DeploymentId,
    /// What the person wanted it to be found by.
    pub reference: Vec<u8>,
    /// [`Receipt::account_hash`]: whoever holds the id can tell that it is meant, and nobody else learns it.
    pub account: [u8; 32],
    /// What was erased.
    pub what: Erased,
    /// When.
    pub at: Moment,
    /// When the last backup that could hold it has gone.
    pub backups_until: Moment,
}

impl Receipt {
    /// An account as a receipt names it.
    #[must_use]
    pub fn account_hash(account: AccountId) -> [u8; 32] {
        blake3::derive_key(ACCOUNT_CONTEXT, &account.0)
    }
}

impl Statement for Receipt {
    const CONTEXT: &'static str = "regie/1/receipt";

    fn fields(&self) -> Fields {
        let what = match self.what {
            Erased::Account => 1,
        };
        Fields::default()
            .bytes(&self.deployment.0)
            .bytes(&self.reference)
            .bytes(&self.account)
            .number(what)
            .number(self.at.0)
            .number(self.backups_until.0)
    }

    fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        Ok(Self {
            deployment: DeploymentId(fields.bytes()?),
            reference: fields.any_bytes()?,
            account: fields.bytes()?,
            what: match fields.number()? {
                1 => Erased::Account,
                _ => return Err(SignedError::Senseless("kind")),
            },
            at: Moment(fields.number()?),
            backups_until: Moment(fields.number()?),
        })
    }

    fn check(&self) -> Result<(), SignedError> {
        if self.reference.len() > LONGEST_REFERENCE {
            return Err(SignedError::Senseless("reference"));
        }
        if self.backups_until < self.at {
            return Err(SignedError::Senseless("end of backups"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::signed::{Signed, SigningKey};

    proptest! {
        #[test]
        fn a_receipt_is_checked_by_its_key_and_names_its_account_to_who_knows_it(
            deployment: [u8; 16], account: [u8; 16], other: [u8; 16], at: u32, days: u8,
            reference in prop::collection::vec(any::<u8>(), 0..=LONGEST_REFERENCE)
        ) {
            let at = Moment(at.into());
            let receipt = Receipt {
                deployment: DeploymentId(deployment), reference, what: Erased::Account, at,
                account: Receipt::account_hash(AccountId(account)),
                backups_until: at.plus_days(days.into()),
            };
            let (key, wrong) = (SigningKey::from_seed(&[1; 32]), SigningKey::from_seed(&[2; 32]));
            let bytes = Signed::sign(&receipt, &key)?.to_bytes()?;
            let read = Signed::<Receipt>::from_bytes(&bytes)?;
            prop_assert!(read.open(&wrong.verifying_key(), Moment(0)).is_err());
            prop_assert!(!bytes.windows(16).any(|part| part == account));
            prop_assert_eq!(receipt.account == Receipt::account_hash(AccountId(other)), account == other);
            prop_assert_eq!(read.open(&key.verifying_key(), Moment(0))?, receipt);
        }
    }

    #[test]
    fn a_receipt_that_makes_no_sense_is_not_signed() {
        let receipt = || Receipt {
            deployment: DeploymentId([1; 16]),
            reference: vec![0; LONGEST_REFERENCE],
            account: [2; 32],
            what: Erased::Account,
            at: Moment(10),
            backups_until: Moment(10),
        };
        assert!(receipt().to_bytes().is_ok());
        let long = Receipt {
            reference: vec![0; LONGEST_REFERENCE + 1],
            ..receipt()
        };
        assert_eq!(long.to_bytes(), Err(SignedError::Senseless("reference")));
        let early = Receipt {
            backups_until: Moment(9),
            ..receipt()
        };
        assert_eq!(early.to_bytes(), Err(SignedError::Senseless("end of backups")));
    }
}
