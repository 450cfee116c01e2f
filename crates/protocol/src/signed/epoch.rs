//! What begins an epoch of an account's key: who made it, after what, and to which keys it was sealed (docs/adr/0011).
//!
//! It is a header of the account's chain like any other ([`super::chain`]), signed by the device and under a MAC of the new key: a server can withhold one and cannot make one.
//! A public key that stands in it was vouched for by a device; the word of a server alone is never enough to seal to a key.

use super::{
    AccountId, DeviceId, Fields, Head, Reader, SealingKey, SignedError, SigningKey, SumBytes, VerifyingKey,
    canonical, vouched::Vouched,
};

const CONTEXT: &str = "regie/1/epoch";
const HASH_CONTEXT: &str = "regie/1/epoch header";
/// The sum over the records of a chain that has none.
const NO_RECORDS: SumBytes = [0; 32];
/// Ways that an account may have: its devices, the passphrase, the code.
const MOST_WAYS: usize = 1024;
const LONGEST_WAY: usize = 64;
const LONGEST_SEALED: usize = 256;

/// The hash of a header, by which the next one follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HeaderHash(pub [u8; 32]);

/// One way to the key: which public key it was sealed to, and the hash of what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedWay {
    /// As [`crate::account::device::Way`].
    pub way: String,
    /// The public key.
    pub key: SealingKey,
    /// BLAKE3 of the wrap.
    pub wrap: [u8; 32],
}

/// What is said of an epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochStatement {
    /// Whose key: the chain's id.
    pub account: AccountId,
    /// Its place in the chain, from 1.
    pub sequence: u64,
    /// The header before; nothing before the first.
    pub before: Option<HeaderHash>,
    /// The epoch's number, from 1.
    pub number: u64,
    /// The device that made it.
    pub device: DeviceId,
    /// How many records there are under the new key: none yet.
    pub records: u64,
    /// All ways to the key, in order of their names.
    pub ways: Vec<SealedWay>,
    /// The key of the epoch before, sealed under this one's; nothing in the first.
    pub key_before: Vec<u8>,
}

/// A statement with its MAC and its signature, as it travels. What it says is worth nothing until both were checked.
#[derive(Clone, PartialEq, Eq)]
pub struct EpochHeader {
    vouched: Vouched,
    statement: EpochStatement,
}

impl EpochStatement {
    fn fields(&self) -> Fields {
        let before = self.before.map_or(Vec::new(), |hash| hash.0.to_vec());
        let ways = self.ways.iter().fold(Fields::default(), |list, way| {
            let way = Fields::default()
                .text(&way.way)
                .bytes(&way.key.0)
                .bytes(&way.wrap);
            list.nested(way)
        });
        Fields::default()
            .bytes(&self.account.0)
            .number(self.sequence)
            .bytes(&before)
            .number(self.number)
            .bytes(&self.device.0)
            .number(self.records)
            .nested(ways)
            .bytes(&self.key_before)
    }

    fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        let (account, sequence) = (AccountId(fields.bytes()?), fields.number()?);
        let before = match fields.any_bytes()? {
            none if none.is_empty() => None,
            hash => Some(HeaderHash(hash.try_into().map_err(|_| SignedError::Malformed)?)),
        };
        let (number, device, records) = (fields.number()?, DeviceId(fields.bytes()?), fields.number()?);
        let (mut list, mut ways) = (fields.nested()?, Vec::new());
        while !list.is_done() {
            let mut way = list.nested()?;
            ways.push(SealedWay {
                way: way.text()?,
                key: SealingKey(way.bytes()?),
                wrap: way.bytes()?,
            });
            way.end()?;
        }
        Ok(Self {
            account,
            sequence,
            before,
            number,
            device,
            records,
            ways,
            key_before: fields.any_bytes()?,
        })
    }

    fn check(&self) -> Result<(), SignedError> {
        let first = self.number == 1;
        if self.number == 0 || first != self.before.is_none() || first != self.key_before.is_empty() {
            return Err(SignedError::Senseless("number"));
        }
        if self.sequence < self.number || (self.sequence == 1) != first {
            return Err(SignedError::Senseless("place"));
        }
        let in_order = self.ways.is_sorted_by(|one, next| one.way < next.way);
        let lengths = self
            .ways
            .iter()
            .all(|way| (1..=LONGEST_WAY).contains(&way.way.len()));
        let several = (1..=MOST_WAYS).contains(&self.ways.len());
        if !in_order || !lengths || !several || self.key_before.len() > LONGEST_SEALED {
            return Err(SignedError::Senseless("list of ways"));
        }
        Ok(())
    }

    /// The public key that this way was sealed to.
    #[must_use]
    pub fn key_of(&self, way: &str) -> Option<SealingKey> {
        self.ways
            .iter()
            .find(|sealed| sealed.way == way)
            .map(|way| way.key)
    }
}

impl EpochHeader {
    /// Vouches for a statement with the MAC's key of the new epoch, and signs it as the device.
    ///
    /// # Errors
    /// What makes no sense in it.
    pub fn make(
        statement: EpochStatement,
        mac_key: &[u8; 32],
        device: &SigningKey,
    ) -> Result<Self, SignedError> {
        statement.check()?;
        let bytes = canonical::encode(statement.fields())?;
        let vouched = Vouched::make(bytes, CONTEXT, mac_key, &NO_RECORDS, device)?;
        Ok(Self { vouched, statement })
    }

    /// Reads a header. Nothing is checked before [`EpochHeader::check_mac`] and [`EpochHeader::check_signature`].
    ///
    /// # Errors
    /// Everything that [`EpochHeader::to_bytes`] would not have written.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SignedError> {
        let vouched = Vouched::from_bytes(bytes)?;
        let statement = canonical::decode(&vouched.bytes, EpochStatement::read, EpochStatement::fields)?;
        statement.check()?;
        Ok(Self { vouched, statement })
    }

    /// The header as it travels.
    ///
    /// # Errors
    /// Never in practice.
    pub fn to_bytes(&self) -> Result<Vec<u8>, SignedError> {
        self.vouched.to_bytes()
    }

    /// By what the next one follows it.
    ///
    /// # Errors
    /// Never in practice.
    pub fn hash(&self) -> Result<HeaderHash, SignedError> {
        Ok(HeaderHash(blake3::derive_key(HASH_CONTEXT, &self.to_bytes()?)))
    }

    /// Its place and its hash.
    ///
    /// # Errors
    /// Never in practice.
    pub fn head(&self) -> Result<Head, SignedError> {
        Ok(Head {
            sequence: self.statement.sequence,
            hash: self.hash()?,
        })
    }

    /// What it says.
    #[must_use]
    pub const fn statement(&self) -> &EpochStatement {
        &self.statement
    }

    /// Whether somebody who holds the epoch's key made it, in constant time.
    ///
    /// # Errors
    /// [`SignedError::Signature`] when not.
    pub fn check_mac(&self, mac_key: &[u8; 32]) -> Result<(), SignedError> {
        self.vouched.check_mac(mac_key, &NO_RECORDS)
    }

    /// Whether this device made it.
    ///
    /// # Errors
    /// [`SignedError::Signature`] when not.
    pub fn check_signature(&self, device: &VerifyingKey) -> Result<(), SignedError> {
        self.vouched.check_signature(CONTEXT, device)
    }

    /// Whether it begins the epoch after another one's, in the same chain. Between the two other headers may lie, so that the hash is looked at
    /// only where there are none; that no epoch was put in another's place shows by the MACs, each under the key that the later one holds
    /// sealed, and by the roll.
    ///
    /// # Errors
    /// [`SignedError::Senseless`] when not.
    pub fn check_follows(&self, before: &Self) -> Result<(), SignedError> {
        let (this, last) = (&self.statement, &before.statement);
        let directly = last.sequence.checked_add(1) == Some(this.sequence);
        let follows = this.account == last.account
            && last.number.checked_add(1) == Some(this.number)
            && last.sequence < this.sequence
            && (!directly || this.before == Some(before.hash()?));
        follows.then_some(()).ok_or(SignedError::Senseless("place"))
    }
}

impl std::fmt::Debug for EpochHeader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "EpochHeader({})", self.statement.number)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn statement(number: u64, before: Option<HeaderHash>) -> EpochStatement {
        let way = |name: &str, byte| SealedWay {
            way: name.to_owned(),
            key: SealingKey([byte; 32]),
            wrap: [byte + 1; 32],
        };
        EpochStatement {
            account: AccountId([1; 16]),
            sequence: number,
            before,
            number,
            device: DeviceId([2; 16]),
            records: 0,
            ways: vec![way("code", 3), way("device/0202", 5), way("passphrase", 7)],
            key_before: if number == 1 { Vec::new() } else { vec![9; 72] },
        }
    }

    fn header(number: u64, before: Option<HeaderHash>) -> EpochHeader {
        EpochHeader::make(statement(number, before), &[4; 32], &key()).expect("a header")
    }

    fn key() -> SigningKey {
        SigningKey::from_seed(&[6; 32])
    }

    proptest! {
        #[test]
        fn every_altered_byte_of_a_header_is_told(place in 0_usize..600, flip in 1_u8..) {
            let bytes = header(2, Some(HeaderHash([8; 32]))).to_bytes()?;
            let place = place % bytes.len();
            let mut altered = bytes.clone();
            if let Some(byte) = altered.get_mut(place) { *byte ^= flip; }
            let told = EpochHeader::from_bytes(&altered)
                .map_or(true, |header| header.check_signature(&key().verifying_key()).is_err());
            prop_assert!(told, "byte {} of {}", place, bytes.len());
            prop_assert!(EpochHeader::from_bytes(&bytes)?.check_signature(&key().verifying_key()).is_ok());
        }
    }

    #[test]
    fn a_header_is_of_one_device_one_key_and_one_place() {
        let (first, other_key) = (header(1, None), SigningKey::from_seed(&[7; 32]));
        let second = header(2, first.hash().ok());
        assert!(second.check_mac(&[4; 32]).is_ok() && second.check_mac(&[5; 32]).is_err());
        assert!(second.check_signature(&other_key.verifying_key()).is_err());
        assert!(second.check_follows(&first).is_ok());
        assert!(first.check_follows(&second).is_err());
        assert!(second.check_follows(&header(1, None)).is_ok(), "the same header");
        let forged = EpochHeader::make(statement(1, None), &[9; 32], &key()).expect("a header");
        assert!(second.check_follows(&forged).is_err());
        let third = header(3, first.hash().ok());
        assert!(third.check_follows(&first).is_err(), "one was left out");
    }

    #[test]
    fn a_statement_that_makes_no_sense_is_not_made() {
        let refused = |change: fn(&mut EpochStatement)| {
            let mut wrong = statement(2, Some(HeaderHash([8; 32])));
            change(&mut wrong);
            EpochHeader::make(wrong, &[4; 32], &key()).is_err()
        };
        assert!(!refused(|_| ()));
        assert!(refused(|statement| statement.number = 0));
        assert!(refused(|statement| statement.before = None));
        assert!(refused(|statement| statement.key_before.clear()));
        assert!(refused(|statement| statement.sequence = 1));
        assert!(refused(|statement| statement.ways.clear()));
        assert!(refused(|statement| statement.ways.reverse()));
        assert!(refused(|statement| statement
            .ways
            .push(statement.ways[2].clone())));
        assert!(refused(|statement| statement.key_before = vec![0; 257]));
    }
}
