//! What vouches for a whole set of records: a number for each, the sum of all, a MAC over it in the head, and the code that people compare
//! (docs/adr/0014).

use regie_protocol::{
    signed::{AccountId, ChangeHeader, ChangeStatement, Fields, Head, SigningKey, canonical, signs},
    sync::{EnvelopeHash, RecordId, Revision},
};
use zeroize::Zeroizing;

use crate::{CryptoError, Key, account::AccountKey};

const LIMBS: usize = 4;
/// Of the comparison's hash, what is shown: 40 bits, eight signs.
const SHOWN_BYTES: usize = 5;

/// An epoch's keys for headers, for the numbers of records, and for comparing.
pub struct HeadKeys {
    account: AccountId,
    epoch: u64,
    header: Key,
    number: Key,
    comparison: Key,
}

/// The number of one record or tombstone, under the key of an epoch.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Number([u64; LIMBS]);

/// The sum of the numbers of a set, modulo 2^256, whatever their order. It never leaves the devices: of many differences a server could combine
/// some until another set gives the same sum.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum([u64; LIMBS]);

impl HeadKeys {
    /// Of an epoch's account key.
    ///
    /// # Errors
    /// Never in practice.
    pub fn derive(key: &AccountKey) -> Result<Self, CryptoError> {
        Ok(Self {
            account: key.account(),
            epoch: key.epoch(),
            header: key.part("regie/1/header")?,
            number: key.part("regie/1/sum")?,
            comparison: key.part("regie/1/comparison")?,
        })
    }

    /// Which epoch's.
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The number of a record or tombstone: one block of BLAKE3.
    #[must_use]
    pub fn number(&self, id: RecordId, revision: Revision, hash: EnvelopeHash) -> Number {
        let mut hasher = blake3::Hasher::new_keyed(self.number.expose());
        hasher.update(&id.0).update(&revision.0).update(&hash.0);
        Number(limbs(hasher.finalize().as_bytes()))
    }

    /// Makes a header: `sum` is that of all records after it.
    ///
    /// # Errors
    /// [`CryptoError::Parameters`] for another account or epoch, and for what makes no sense.
    pub fn make_header(
        &self,
        statement: ChangeStatement,
        sum: &Sum,
        device: &SigningKey,
    ) -> Result<ChangeHeader, CryptoError> {
        if statement.account != self.account || statement.epoch != self.epoch {
            return Err(CryptoError::Parameters);
        }
        Ok(ChangeHeader::make(
            statement,
            self.header.expose(),
            &sum.to_bytes(),
            device,
        )?)
    }

    /// Whether the head vouches for this set: the sum of all its numbers, and how many live records are in it.
    ///
    /// # Errors
    /// [`CryptoError::WrongKey`] when not.
    pub fn check_header(&self, header: &ChangeHeader, sum: &Sum, records: u64) -> Result<(), CryptoError> {
        let statement = header.statement();
        let ours = statement.account == self.account && statement.epoch == self.epoch;
        if !ours || statement.records != records {
            return Err(CryptoError::WrongKey);
        }
        header
            .check_mac(self.header.expose(), &sum.to_bytes())
            .map_err(|_| CryptoError::WrongKey)
    }

    /// The code by which people compare what their devices see: eight signs in two groups, for a header of this epoch.
    ///
    /// # Errors
    /// Never in practice.
    pub fn derive_comparison(&self, head: Head) -> Result<Zeroizing<String>, CryptoError> {
        let fields = Fields::default()
            .bytes(&self.account.0)
            .number(head.sequence)
            .bytes(&head.hash.0);
        let hash = blake3::keyed_hash(self.comparison.expose(), &canonical::encode(fields)?);
        let shown = hash.as_bytes().get(..SHOWN_BYTES).unwrap_or_default();
        Ok(signs::grouped(&signs::alphabet()?.encode(shown)))
    }
}

impl Sum {
    /// Of no record.
    pub const EMPTY: Self = Self([0; LIMBS]);

    /// One record more.
    #[must_use]
    pub fn add(self, number: Number) -> Self {
        let mut carry = false;
        let mut sum = self.0;
        for (one, other) in sum.iter_mut().zip(number.0) {
            let (added, over) = one.overflowing_add(other);
            let (added, over_again) = added.overflowing_add(carry.into());
            (*one, carry) = (added, over || over_again);
        }
        Self(sum)
    }

    /// One record less.
    #[must_use]
    pub fn subtract(self, number: Number) -> Self {
        let mut borrow = false;
        let mut sum = self.0;
        for (one, other) in sum.iter_mut().zip(number.0) {
            let (left, under) = one.overflowing_sub(other);
            let (left, under_again) = left.overflowing_sub(borrow.into());
            (*one, borrow) = (left, under || under_again);
        }
        Self(sum)
    }

    /// As it is kept and as a MAC covers it: big-endian.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (part, limb) in bytes.chunks_exact_mut(8).rev().zip(self.0) {
            part.copy_from_slice(&limb.to_be_bytes());
        }
        bytes
    }

    /// A sum that was kept.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(limbs(bytes))
    }
}

impl FromIterator<Number> for Sum {
    fn from_iter<I: IntoIterator<Item = Number>>(numbers: I) -> Self {
        numbers.into_iter().fold(Self::EMPTY, Self::add)
    }
}

/// The lowest first.
fn limbs(bytes: &[u8; 32]) -> [u64; LIMBS] {
    let mut limbs = [0; LIMBS];
    let (parts, _) = bytes.as_chunks::<8>();
    for (limb, part) in limbs.iter_mut().zip(parts.iter().rev()) {
        *limb = u64::from_be_bytes(*part);
    }
    limbs
}

impl std::fmt::Debug for HeadKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HeadKeys(epoch {})", self.epoch)
    }
}

impl std::fmt::Debug for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Number(…)")
    }
}

impl std::fmt::Debug for Sum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sum(…)")
    }
}
