//! What vouches for a whole set of records: a number for each, the sum of all, a MAC over it in the head, and the code that people compare
//! (docs/adr/0014).

use std::ops::{Add, Sub};

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

    /// Whose.
    #[must_use]
    pub const fn account(&self) -> AccountId {
        self.account
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

/// One record more.
impl Add<Number> for Sum {
    type Output = Self;

    fn add(self, number: Number) -> Self {
        let mut carry = false;
        let mut sum = self.0;
        for (one, other) in sum.iter_mut().zip(number.0) {
            let (added, over) = one.overflowing_add(other);
            let (added, over_again) = added.overflowing_add(carry.into());
            (*one, carry) = (added, over || over_again);
        }
        Self(sum)
    }
}

/// One record less.
impl Sub<Number> for Sum {
    type Output = Self;

    fn sub(self, number: Number) -> Self {
        let mut borrow = false;
        let mut sum = self.0;
        for (one, other) in sum.iter_mut().zip(number.0) {
            let (left, under) = one.overflowing_sub(other);
            let (left, under_again) = left.overflowing_sub(borrow.into());
            (*one, borrow) = (left, under || under_again);
        }
        Self(sum)
    }
}

impl FromIterator<Number> for Sum {
    fn from_iter<I: IntoIterator<Item = Number>>(numbers: I) -> Self {
        numbers.into_iter().fold(Self::EMPTY, Add::add)
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

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};
    use regie_protocol::signed::{DeviceId, Entry, HeaderHash, RollHash};

    use super::*;

    type Record = ([u8; 16], [u8; 16], [u8; 32]);

    fn keys(account: u8, epoch: u64, byte: u8) -> HeadKeys {
        let key = AccountKey::from_key(AccountId([account; 16]), epoch, Key::from_bytes([byte; 32]));
        HeadKeys::derive(&key).expect("keys")
    }

    fn number(keys: &HeadKeys, (id, revision, hash): &Record) -> Number {
        keys.number(RecordId(*id), Revision(*revision), EnvelopeHash(*hash))
    }

    fn sum(keys: &HeadKeys, records: &[Record]) -> Sum {
        records.iter().map(|record| number(keys, record)).collect()
    }

    fn statement(records: u64) -> ChangeStatement {
        ChangeStatement {
            account: AccountId([1; 16]),
            sequence: 9,
            before: HeaderHash([2; 32]),
            epoch: 2,
            device: DeviceId([3; 16]),
            records,
            roll: RollHash([4; 32]),
            entries: Vec::new(),
        }
    }

    /// Addition as it is taught in school, from the last byte to the first.
    fn added_by_hand(one: [u8; 32], other: [u8; 32]) -> [u8; 32] {
        let mut sum = [0; 32];
        let mut carry = 0;
        for at in (0..32).rev() {
            carry += u16::from(one[at]) + u16::from(other[at]);
            sum[at] = (carry % 256).try_into().expect("a byte");
            carry /= 256;
        }
        sum
    }

    proptest! {
        #[test]
        fn a_sum_knows_no_order_and_what_was_added_can_be_taken_away(
            records in vec(any::<Record>(), 1..20), more: Record, shuffled in any::<prop::sample::Index>()
        ) {
            let keys = keys(1, 2, 3);
            let all = sum(&keys, &records);
            let mut other = records.clone();
            other.rotate_left(shuffled.index(records.len()));
            other.reverse();
            prop_assert_eq!(sum(&keys, &other), all);
            prop_assert_eq!(all + number(&keys, &more) - number(&keys, &more), all);
            prop_assert_eq!(all - number(&keys, &more) + number(&keys, &more), all);
            let none = records.iter().fold(all, |sum, record| sum - number(&keys, record));
            prop_assert_eq!(none, Sum::EMPTY);
            prop_assert_eq!(Sum::from_bytes(&all.to_bytes()), all);
            // One missing, or one twice, is another set.
            prop_assert_ne!(sum(&keys, &records[1..]), all);
            prop_assert_ne!(all + number(&keys, &records[0]), all);
        }

        #[test]
        fn a_sum_is_that_of_big_endian_numbers_modulo_two_to_the_256(
            one in prop_oneof![Just([0xff; 32]), any::<[u8; 32]>()], other in prop_oneof![Just([0xff; 32]), any::<[u8; 32]>()]
        ) {
            let added = Sum::from_bytes(&one) + Number(limbs(&other));
            prop_assert_eq!(added.to_bytes(), added_by_hand(one, other));
            prop_assert_eq!((added - Number(limbs(&other))).to_bytes(), one);
        }

        #[test]
        fn a_header_vouches_for_this_set_alone(records in vec(any::<Record>(), 1..8), at: prop::sample::Index) {
            let (keys, device) = (keys(1, 2, 3), SigningKey::from_seed(&[5; 32]));
            let (all, count) = (sum(&keys, &records), records.len() as u64);
            let header = keys.make_header(statement(count), &all, &device)?;
            prop_assert_eq!(keys.check_header(&header, &all, count), Ok(()));
            let mut wrong = records.clone();
            wrong.remove(at.index(records.len()));
            prop_assert!(keys.check_header(&header, &sum(&keys, &wrong), count).is_err(), "one was left out");
            let mut wrong = records.clone();
            wrong[at.index(records.len())].1[0] ^= 1;
            prop_assert!(keys.check_header(&header, &sum(&keys, &wrong), count).is_err(), "one is an older one");
            prop_assert!(keys.check_header(&header, &all, count + 1).is_err(), "one of them is a tombstone");
        }
    }

    #[test]
    fn numbers_and_headers_are_of_one_account_and_one_epoch() {
        let (right, device) = (keys(1, 2, 3), SigningKey::from_seed(&[5; 32]));
        let record = ([1; 16], [2; 16], [3; 32]);
        let header = right
            .make_header(statement(0), &Sum::EMPTY, &device)
            .expect("a header");
        for other in [keys(9, 2, 3), keys(1, 3, 3), keys(1, 2, 9)] {
            assert!(other.check_header(&header, &Sum::EMPTY, 0).is_err());
        }
        for other in [keys(9, 2, 3), keys(1, 2, 9)] {
            assert!(number(&right, &record) != number(&other, &record));
        }
        for wrong in [keys(9, 2, 3), keys(1, 3, 3)] {
            assert!(wrong.make_header(statement(0), &Sum::EMPTY, &device).is_err());
        }
        // Each part of a record makes another number, and no part runs on into the next.
        for other in [
            ([4; 16], [2; 16], [3; 32]),
            ([1; 16], [4; 16], [3; 32]),
            ([1; 16], [2; 16], [4; 32]),
        ] {
            assert!(number(&right, &record) != number(&right, &other));
        }
        let restarted = ChangeStatement {
            entries: vec![Entry::Out(DeviceId([6; 16]))],
            ..statement(0)
        };
        let other = right
            .make_header(restarted, &Sum::EMPTY, &device)
            .expect("a header");
        assert_ne!(other.hash(), header.hash());
    }

    #[test]
    fn two_devices_show_one_code_for_one_head_and_another_for_any_other() {
        let head = |sequence, byte| Head {
            sequence,
            hash: HeaderHash([byte; 32]),
        };
        let code = |keys: &HeadKeys, head| keys.derive_comparison(head).expect("a code").to_string();
        let ours = keys(1, 2, 3);
        let shown = code(&ours, head(104, 7));
        assert_eq!(code(&keys(1, 2, 3), head(104, 7)), shown);
        assert_eq!((shown.len(), shown.find('-')), (9, Some(4)), "{shown}");
        for other in [
            code(&ours, head(103, 7)),
            code(&ours, head(104, 8)),
            code(&keys(1, 2, 4), head(104, 7)),
        ] {
            assert_ne!(other, shown);
        }
    }

    #[test]
    fn nothing_of_a_sum_is_printed() {
        let printed = format!("{:?} {:?} {:?}", Sum::EMPTY, Number([1; 4]), keys(1, 2, 3));
        assert_eq!(printed, "Sum(…) Number(…) HeadKeys(epoch 2)");
    }
}
