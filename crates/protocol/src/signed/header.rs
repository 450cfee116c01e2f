//! What moves the head of an account's chain, but for what begins an epoch: how many records there are after it, who belongs to the account, and,
//! by a MAC that no server can make, which records these are (docs/adr/0014).

use super::{
    AccountId, DeviceId, DevicePublic, Fields, HeaderHash, Reader, RollHash, SignedError, SigningKey,
    SumBytes, VerifyingKey, canonical, vouched::Vouched,
};

const CONTEXT: &str = "regie/1/header";
const HASH_CONTEXT: &str = "regie/1/header";
/// Longest header, as it travels.
pub const LONGEST: usize = 16 * 1024;
/// Most entries of one header.
pub const MOST_ENTRIES: usize = 64;
/// Highest number in a header: what databases count up to.
pub(crate) const HIGHEST: u64 = i64::MAX.unsigned_abs();

/// A header by its place and its hash; the newest of a chain is the chain's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Head {
    /// Its place in the chain, from 1.
    pub sequence: u64,
    /// Its hash.
    pub hash: HeaderHash,
}

/// Where the next header goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Next {
    /// Its place.
    pub sequence: u64,
    /// What it follows.
    pub before: HeaderHash,
}

/// What a header tells besides; most tell nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A device belongs to the account from now on.
    Joined(DevicePublic),
    /// A device was signed out.
    Out(DeviceId),
    /// The chain goes on from an older state or another branch than this one, which the device knew.
    Restart(Head),
}

/// What is said of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeStatement {
    /// Whose: the chain's id.
    pub account: AccountId,
    /// Its place in the chain: one more than the header's before, or than the one that a restart names, whichever is higher.
    pub sequence: u64,
    /// The header before, of either kind.
    pub before: HeaderHash,
    /// The epoch that is.
    pub epoch: u64,
    /// The device that made it.
    pub device: DeviceId,
    /// How many live records there are after it.
    pub records: u64,
    /// Who belongs to the account after it.
    pub roll: RollHash,
    /// Joined in order of their devices, out likewise, then a restart.
    pub entries: Vec<Entry>,
}

/// A statement with its MAC and its signature, as it travels. What it says is worth nothing until both were checked.
#[derive(Clone, PartialEq, Eq)]
pub struct ChangeHeader {
    vouched: Vouched,
    statement: ChangeStatement,
}

impl Head {
    /// Where the header after this one goes.
    ///
    /// # Errors
    /// [`SignedError::Senseless`] after the last place there can be.
    pub fn next(self) -> Result<Next, SignedError> {
        self.next_beyond(None)
    }

    /// The same, where it is also to be beyond the head that a restart names.
    ///
    /// # Errors
    /// As [`Head::next`].
    pub fn next_beyond(self, restart: Option<Self>) -> Result<Next, SignedError> {
        let last = restart.map_or(self.sequence, |known| known.sequence.max(self.sequence));
        let sequence = last.checked_add(1).filter(|next| *next <= HIGHEST);
        Ok(Next {
            sequence: sequence.ok_or(SignedError::Senseless("place"))?,
            before: self.hash,
        })
    }

    pub(crate) fn fields(self) -> Fields {
        Fields::default().number(self.sequence).bytes(&self.hash.0)
    }

    pub(crate) fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        Ok(Self {
            sequence: fields.number()?,
            hash: HeaderHash(fields.bytes()?),
        })
    }

    pub(crate) fn read_all(mut fields: Reader) -> Result<Self, SignedError> {
        let head = Self::read(&mut fields)?;
        fields.end()?;
        Ok(head)
    }
}

impl Entry {
    const fn rank(&self) -> (u8, DeviceId) {
        match self {
            Self::Joined(device) => (0, device.device),
            Self::Out(device) => (1, *device),
            Self::Restart(_) => (2, DeviceId([0; 16])),
        }
    }

    fn fields(&self) -> Fields {
        match self {
            Self::Joined(device) => device.append_to(Fields::default().text("joined")),
            Self::Out(device) => Fields::default().text("out").bytes(&device.0),
            Self::Restart(head) => Fields::default()
                .text("restart")
                .number(head.sequence)
                .bytes(&head.hash.0),
        }
    }

    fn read(mut fields: Reader) -> Result<Self, SignedError> {
        let entry = match fields.text()?.as_str() {
            "joined" => Self::Joined(DevicePublic::read(&mut fields)?),
            "out" => Self::Out(DeviceId(fields.bytes()?)),
            "restart" => Self::Restart(Head::read(&mut fields)?),
            _ => return Err(SignedError::Senseless("entry")),
        };
        fields.end()?;
        Ok(entry)
    }
}

impl ChangeStatement {
    fn fields(&self) -> Fields {
        let entries = self.entries.iter();
        Fields::default()
            .bytes(&self.account.0)
            .number(self.sequence)
            .bytes(&self.before.0)
            .number(self.epoch)
            .bytes(&self.device.0)
            .number(self.records)
            .bytes(&self.roll.0)
            .nested(entries.fold(Fields::default(), |list, entry| list.nested(entry.fields())))
    }

    fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        let (account, sequence) = (AccountId(fields.bytes()?), fields.number()?);
        let (before, epoch) = (HeaderHash(fields.bytes()?), fields.number()?);
        let (device, records) = (DeviceId(fields.bytes()?), fields.number()?);
        let (roll, mut list) = (RollHash(fields.bytes()?), fields.nested()?);
        let mut entries = Vec::new();
        while !list.is_done() {
            entries.push(Entry::read(list.nested()?)?);
        }
        Ok(Self {
            account,
            sequence,
            before,
            epoch,
            device,
            records,
            roll,
            entries,
        })
    }

    fn check(&self) -> Result<(), SignedError> {
        if self.epoch == 0 || self.sequence <= self.epoch || self.sequence > HIGHEST {
            return Err(SignedError::Senseless("place"));
        }
        if self.records > HIGHEST {
            return Err(SignedError::Senseless("number of records"));
        }
        let in_order = self.entries.is_sorted_by(|one, next| one.rank() < next.rank());
        let contradicts = |entry: &Entry| match entry {
            Entry::Joined(device) => self.entries.contains(&Entry::Out(device.device)),
            Entry::Out(_) => false,
            Entry::Restart(head) => head.sequence == 0 || head.sequence >= self.sequence,
        };
        if !in_order || self.entries.len() > MOST_ENTRIES || self.entries.iter().any(contradicts) {
            return Err(SignedError::Senseless("list of entries"));
        }
        Ok(())
    }

    /// The head that was known where the chain goes on from another one.
    #[must_use]
    pub fn restart(&self) -> Option<Head> {
        self.entries.iter().find_map(|entry| match entry {
            Entry::Restart(head) => Some(*head),
            Entry::Joined(_) | Entry::Out(_) => None,
        })
    }
}

impl ChangeHeader {
    /// Puts the entries in order, vouches for the statement and the sum of all records after it with the epoch's key for headers, and signs as
    /// the device.
    ///
    /// # Errors
    /// What makes no sense in it.
    pub fn make(
        mut statement: ChangeStatement,
        mac_key: &[u8; 32],
        sum: &SumBytes,
        device: &SigningKey,
    ) -> Result<Self, SignedError> {
        statement.entries.sort_by_key(Entry::rank);
        statement.check()?;
        let bytes = canonical::encode(statement.fields())?;
        let vouched = Vouched::make(bytes, CONTEXT, mac_key, sum, device)?;
        Ok(Self { vouched, statement })
    }

    /// Reads a header. Nothing is checked before [`ChangeHeader::check_signature`] and, at the head, [`ChangeHeader::check_mac`].
    ///
    /// # Errors
    /// Everything that [`ChangeHeader::to_bytes`] would not have written.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SignedError> {
        if bytes.len() > LONGEST {
            return Err(SignedError::TooLong);
        }
        let vouched = Vouched::from_bytes(bytes)?;
        let statement = canonical::decode(&vouched.bytes, ChangeStatement::read, ChangeStatement::fields)?;
        statement.check()?;
        Ok(Self { vouched, statement })
    }

    /// The header as it travels.
    ///
    /// # Errors
    /// Never in practice: 64 entries are far below the limit.
    pub fn to_bytes(&self) -> Result<Vec<u8>, SignedError> {
        self.vouched.to_bytes()
    }

    /// By what the next one follows it: it names this header with this signature.
    ///
    /// # Errors
    /// Never in practice.
    pub fn hash(&self) -> Result<HeaderHash, SignedError> {
        Ok(HeaderHash(blake3::derive_key(HASH_CONTEXT, &self.to_bytes()?)))
    }

    /// What it says.
    #[must_use]
    pub const fn statement(&self) -> &ChangeStatement {
        &self.statement
    }

    /// Whether somebody made it who holds the epoch's key and these records, in constant time.
    ///
    /// # Errors
    /// [`SignedError::Signature`] when not.
    pub fn check_mac(&self, mac_key: &[u8; 32], sum: &SumBytes) -> Result<(), SignedError> {
        self.vouched.check_mac(mac_key, sum)
    }

    /// Whether this device made it.
    ///
    /// # Errors
    /// [`SignedError::Signature`] when not.
    pub fn check_signature(&self, device: &VerifyingKey) -> Result<(), SignedError> {
        self.vouched.check_signature(CONTEXT, device)
    }
}

impl std::fmt::Debug for ChangeHeader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ChangeHeader({})", self.statement.sequence)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::signed::SealingKey;

    const MAC_KEY: [u8; 32] = [4; 32];
    const SUM: SumBytes = [5; 32];

    fn key() -> SigningKey {
        SigningKey::from_seed(&[6; 32])
    }

    fn device(byte: u8) -> DevicePublic {
        DevicePublic {
            device: DeviceId([byte; 16]),
            sign_key: [byte; 32],
            seal_key: SealingKey([byte; 32]),
        }
    }

    fn known(sequence: u64) -> Head {
        Head {
            sequence,
            hash: HeaderHash([9; 32]),
        }
    }

    fn statement(entries: Vec<Entry>) -> ChangeStatement {
        ChangeStatement {
            account: AccountId([1; 16]),
            sequence: 70_000,
            before: HeaderHash([8; 32]),
            epoch: 3,
            device: DeviceId([2; 16]),
            records: 70_000,
            roll: RollHash([7; 32]),
            entries,
        }
    }

    fn header(entries: Vec<Entry>) -> ChangeHeader {
        ChangeHeader::make(statement(entries), &MAC_KEY, &SUM, &key()).expect("a header")
    }

    proptest! {
        #[test]
        fn every_altered_byte_of_a_header_is_told(place: prop::sample::Index, flip in 1_u8..) {
            let bytes = header(vec![Entry::Joined(device(3)), Entry::Restart(known(60_000))]).to_bytes()?;
            let mut altered = bytes.clone();
            altered[place.index(bytes.len())] ^= flip;
            let told = ChangeHeader::from_bytes(&altered)
                .map_or(true, |header| header.check_signature(&key().verifying_key()).is_err());
            prop_assert!(told);
            prop_assert!(ChangeHeader::from_bytes(&bytes)?.check_signature(&key().verifying_key()).is_ok());
        }
    }

    #[test]
    fn a_header_vouches_for_one_sum_under_one_key_by_one_device() {
        let header = header(Vec::new());
        assert_eq!(header.check_mac(&MAC_KEY, &SUM), Ok(()));
        assert!(header.check_mac(&[3; 32], &SUM).is_err());
        assert!(header.check_mac(&MAC_KEY, &[6; 32]).is_err());
        let other = SigningKey::from_seed(&[7; 32]).verifying_key();
        assert!(header.check_signature(&other).is_err());
    }

    #[test]
    fn a_header_has_the_size_that_was_worked_out() {
        let whole = |entries| header(entries).to_bytes().expect("bytes").len();
        assert_eq!(
            canonical::encode(statement(Vec::new()).fields()).map(|bytes| bytes.len()),
            Ok(115)
        );
        assert_eq!(whole(Vec::new()), 218);
        assert_eq!(whole(vec![Entry::Joined(device(3))]), 311);
        let most = (0..64).map(|byte| Entry::Joined(device(byte))).collect();
        assert!(whole(most) < LONGEST);
    }

    #[test]
    fn entries_have_one_order_and_contradict_nothing() {
        let mixed = vec![
            Entry::Restart(known(60_000)),
            Entry::Out(DeviceId([5; 16])),
            Entry::Joined(device(4)),
            Entry::Joined(device(3)),
        ];
        let made = header(mixed);
        let order = [3, 4].map(|byte| Entry::Joined(device(byte)));
        assert_eq!(made.statement().entries[..2], order);
        assert_eq!(made.statement().restart(), Some(known(60_000)));
        let refused = |entries: Vec<Entry>| {
            ChangeHeader::make(statement(entries), &MAC_KEY, &SUM, &key()).err()
                == Some(SignedError::Senseless("list of entries"))
        };
        assert!(refused(vec![Entry::Joined(device(3)), Entry::Joined(device(3))]));
        assert!(refused(vec![
            Entry::Joined(device(3)),
            Entry::Out(DeviceId([3; 16]))
        ]));
        assert!(refused(vec![Entry::Out(DeviceId([3; 16])); 2]));
        assert!(refused(vec![Entry::Restart(known(1)), Entry::Restart(known(2))]));
        assert!(refused(vec![Entry::Restart(known(70_000))]), "from beyond itself");
        assert!(refused(vec![Entry::Restart(known(0))]));
        assert!(refused((0..65).map(|byte| Entry::Joined(device(byte))).collect()));
        // The same entries in another order, as a device would write them that did not sort.
        let unsorted = statement(vec![Entry::Joined(device(4)), Entry::Joined(device(3))]);
        let bytes = canonical::encode(unsorted.fields()).expect("bytes");
        let vouched = Vouched::make(bytes, CONTEXT, &MAC_KEY, &SUM, &key()).expect("a header");
        let read = ChangeHeader::from_bytes(&vouched.to_bytes().expect("bytes"));
        assert_eq!(read, Err(SignedError::Senseless("list of entries")));
    }

    #[test]
    fn a_statement_that_makes_no_sense_is_not_made() {
        let refused = |change: fn(&mut ChangeStatement)| {
            let mut wrong = statement(Vec::new());
            change(&mut wrong);
            ChangeHeader::make(wrong, &MAC_KEY, &SUM, &key()).is_err()
        };
        assert!(!refused(|_| ()));
        assert!(refused(|statement| statement.epoch = 0));
        assert!(
            refused(|statement| statement.sequence = 3),
            "epochs have places too"
        );
        assert!(refused(|statement| statement.sequence = HIGHEST + 1));
        assert!(refused(|statement| statement.records = HIGHEST + 1));
        let last = known(HIGHEST).next();
        assert_eq!(last, Err(SignedError::Senseless("place")));
        assert!(ChangeHeader::from_bytes(&vec![0; LONGEST + 1]) == Err(SignedError::TooLong));
    }
}
