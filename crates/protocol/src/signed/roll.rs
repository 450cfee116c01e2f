//! Who belongs to an account after a header: all epochs' headers and all devices (docs/adr/0014).
//!
//! Each header bears the roll's hash, and the head vouches for it: a new device needs no old header to know who belongs.

use std::collections::BTreeMap;

use crate::account::device;

use super::{
    ChangeHeader, DeviceId, Entry, EpochHeader, Fields, Header, HeaderHash, Reader, SealingKey, SignedError,
    VerifyingKey, canonical,
};

const HASH_CONTEXT: &str = "regie/1/roll";

/// A device, as the others know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DevicePublic {
    /// Its id.
    pub device: DeviceId,
    /// Ed25519.
    pub sign_key: [u8; 32],
    /// X25519.
    pub seal_key: SealingKey,
}

/// The hash of a roll.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RollHash(pub [u8; 32]);

/// All epochs' headers, oldest first, and all devices in order of their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roll {
    epochs: Vec<HeaderHash>,
    devices: BTreeMap<DeviceId, DevicePublic>,
}

impl DevicePublic {
    /// The way to the account key that is this device's.
    #[must_use]
    pub fn way(&self) -> String {
        device::way_of(self.device.0)
    }

    pub(crate) fn append_to(&self, fields: Fields) -> Fields {
        fields
            .bytes(&self.device.0)
            .bytes(&self.sign_key)
            .bytes(&self.seal_key.0)
    }

    pub(crate) fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        Ok(Self {
            device: DeviceId(fields.bytes()?),
            sign_key: fields.bytes()?,
            seal_key: SealingKey(fields.bytes()?),
        })
    }

    fn signed(&self, header: &Header) -> Result<(), SignedError> {
        header.check_signature(&VerifyingKey::from_bytes(&self.sign_key)?)
    }
}

impl Roll {
    /// The roll of these epochs' headers, oldest first, and these devices.
    ///
    /// # Errors
    /// [`SignedError::Senseless`] when an epoch is missing, or a device stands in it twice.
    pub fn from_parts(epochs: &[EpochHeader], devices: &[DevicePublic]) -> Result<Self, SignedError> {
        let mut roll = Self::default();
        for header in epochs {
            roll.begin_epoch(header)?;
        }
        for device in devices {
            if roll.devices.insert(device.device, *device).is_some() {
                return Err(SignedError::Senseless("list of devices"));
            }
        }
        Ok(roll)
    }

    /// The epoch that is; 0 before the first.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epochs.len() as u64
    }

    /// The hashes of all epochs' headers, oldest first.
    #[must_use]
    pub fn epochs(&self) -> &[HeaderHash] {
        &self.epochs
    }

    /// All devices, in order of their ids.
    pub fn devices(&self) -> impl ExactSizeIterator<Item = &DevicePublic> {
        self.devices.values()
    }

    /// A device of the account.
    #[must_use]
    pub fn find(&self, device: DeviceId) -> Option<&DevicePublic> {
        self.devices.get(&device)
    }

    /// What a header says of it.
    ///
    /// # Errors
    /// Never in practice.
    pub fn hash(&self) -> Result<RollHash, SignedError> {
        let epochs = self.epochs.iter();
        let devices = self.devices.values();
        let fields = Fields::default()
            .nested(epochs.fold(Fields::default(), |list, hash| list.bytes(&hash.0)))
            .nested(devices.fold(Fields::default(), |list, device| {
                list.nested(device.append_to(Fields::default()))
            }));
        Ok(RollHash(blake3::derive_key(
            HASH_CONTEXT,
            &canonical::encode(fields)?,
        )))
    }

    /// The roll after these entries: for whoever makes a header.
    ///
    /// # Errors
    /// [`SignedError::Senseless`] when a device joins that is there with other keys.
    pub fn with(&self, entries: &[Entry]) -> Result<Self, SignedError> {
        let mut next = self.clone();
        for entry in entries {
            match entry {
                Entry::Joined(device) => {
                    let before = next.devices.insert(device.device, *device);
                    if before.is_some_and(|before| before != *device) {
                        return Err(SignedError::Senseless("device"));
                    }
                }
                // A device that never joined may be signed out as well.
                Entry::Out(device) => drop(next.devices.remove(device)),
                Entry::Restart(_) => {}
            }
        }
        Ok(next)
    }

    /// The roll after an epoch began: each device to which it was not sealed is out.
    ///
    /// # Errors
    /// [`SignedError::Senseless`] when it is not the next epoch.
    pub fn with_epoch(&self, header: &EpochHeader) -> Result<Self, SignedError> {
        let mut next = self.clone();
        next.begin_epoch(header)?;
        next.devices
            .retain(|_, device| header.statement().key_of(&device.way()) == Some(device.seal_key));
        Ok(next)
    }

    /// The roll after the header that comes next, if one of the account's devices signed it: one of the roll, one that joins in it, or, for an
    /// epoch, one of `known`, whose sealed names were read. A header's own roll has to be this one.
    ///
    /// Its place in the chain is not looked at ([`super::chain::check_stretch`]), nor is its MAC.
    ///
    /// # Errors
    /// [`SignedError::Signature`] when it is by nobody of the account; [`SignedError::Senseless`] when it says something else.
    pub fn after(&self, header: &Header, known: &[DevicePublic]) -> Result<Self, SignedError> {
        match header {
            Header::Epoch(epoch) => {
                let maker = epoch.statement().device;
                let known = known.iter().find(|one| one.device == maker);
                let maker = self.find(maker).or(known).ok_or(SignedError::Signature)?;
                maker.signed(header)?;
                self.with_epoch(epoch)
            }
            Header::Change(change) => {
                let statement = change.statement();
                let next = self.with(&statement.entries)?;
                let maker = self.find(statement.device).or_else(|| joins_in(change));
                maker.ok_or(SignedError::Signature)?.signed(header)?;
                next.agrees_with(change)?;
                Ok(next)
            }
        }
    }

    /// Whether a head bears this roll and one of its devices signed it: for whoever did not read what came before. Its MAC has to be checked
    /// besides; without it this is a server's word.
    ///
    /// # Errors
    /// [`SignedError::Signature`], [`SignedError::Senseless`].
    pub fn check_head(&self, head: &ChangeHeader) -> Result<(), SignedError> {
        let maker = self.find(head.statement().device).ok_or(SignedError::Signature)?;
        head.check_signature(&VerifyingKey::from_bytes(&maker.sign_key)?)?;
        self.agrees_with(head)
    }

    fn agrees_with(&self, header: &ChangeHeader) -> Result<(), SignedError> {
        let statement = header.statement();
        if statement.epoch != self.epoch() {
            return Err(SignedError::Senseless("epoch"));
        }
        if statement.roll != self.hash()? {
            return Err(SignedError::Senseless("roll"));
        }
        Ok(())
    }

    fn begin_epoch(&mut self, header: &EpochHeader) -> Result<(), SignedError> {
        if self.epoch().checked_add(1) != Some(header.statement().number) {
            return Err(SignedError::Senseless("number"));
        }
        self.epochs.push(header.hash()?);
        Ok(())
    }
}

fn joins_in(header: &ChangeHeader) -> Option<&DevicePublic> {
    let statement = header.statement();
    statement.entries.iter().find_map(|entry| match entry {
        Entry::Joined(device) if device.device == statement.device => Some(device),
        Entry::Joined(_) | Entry::Out(_) | Entry::Restart(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signed::{AccountId, ChangeStatement, EpochStatement, Head, Next, SealedWay, SigningKey};

    const ACCOUNT: AccountId = AccountId([1; 16]);

    fn key(device: u8) -> SigningKey {
        SigningKey::from_seed(&[device; 32])
    }

    fn public(device: u8) -> DevicePublic {
        DevicePublic {
            device: DeviceId([device; 16]),
            sign_key: *key(device).verifying_key().as_bytes(),
            seal_key: SealingKey([device; 32]),
        }
    }

    fn epoch(number: u64, by: u8, to: &[u8], next: Option<Next>) -> EpochHeader {
        let mut ways: Vec<_> = to
            .iter()
            .map(|device| SealedWay {
                way: public(*device).way(),
                key: public(*device).seal_key,
                wrap: [0; 32],
            })
            .collect();
        ways.sort_by(|one, other| one.way.cmp(&other.way));
        let statement = EpochStatement {
            account: ACCOUNT,
            sequence: next.map_or(1, |next| next.sequence),
            before: next.map(|next| next.before),
            number,
            device: DeviceId([by; 16]),
            records: 0,
            ways,
            key_before: if number == 1 { Vec::new() } else { vec![7; 72] },
        };
        EpochHeader::make(statement, &[4; 32], &key(by)).expect("a header")
    }

    fn change(roll: &Roll, by: u8, signed_by: u8, before: Head, entries: &[Entry]) -> Header {
        let statement = ChangeStatement {
            account: ACCOUNT,
            sequence: before.next().expect("a place").sequence,
            before: before.hash,
            epoch: roll.epoch(),
            device: DeviceId([by; 16]),
            records: 0,
            roll: roll.with(entries).and_then(|roll| roll.hash()).expect("a roll"),
            entries: entries.to_vec(),
        };
        let header = ChangeHeader::make(statement, &[4; 32], &[0; 32], &key(signed_by));
        Header::Change(header.expect("a header"))
    }

    /// One epoch, and devices 1 and 2.
    fn roll() -> (Roll, Head) {
        let first = epoch(1, 1, &[1, 2], None);
        let roll = Roll::from_parts(std::slice::from_ref(&first), &[public(2), public(1)]);
        (roll.expect("a roll"), first.head().expect("a head"))
    }

    fn ids(roll: &Roll) -> Vec<u8> {
        roll.devices().map(|device| device.device.0[0]).collect()
    }

    #[test]
    fn a_header_counts_when_its_device_was_there_before_or_joins_in_it() {
        let (roll, head) = roll();
        let after = |header: &Header| roll.after(header, &[]);
        assert_eq!(after(&change(&roll, 1, 1, head, &[])).as_ref(), Ok(&roll));
        assert!(
            after(&change(&roll, 1, 2, head, &[])).is_err(),
            "another signed it"
        );
        assert!(after(&change(&roll, 3, 3, head, &[])).is_err(), "nobody knows it");
        let joined = after(&change(&roll, 3, 3, head, &[Entry::Joined(public(3))])).expect("joins");
        assert_eq!(ids(&joined), [1, 2, 3]);
        // Another one names it: the MAC vouches for that.
        let named = after(&change(&roll, 1, 1, head, &[Entry::Joined(public(3))]));
        assert_eq!(named, Ok(joined.clone()));
        let out = change(&joined, 1, 1, head, &[Entry::Out(DeviceId([3; 16]))]);
        let without = joined.after(&out, &[]).expect("out");
        assert_eq!((ids(&without), &without), (vec![1, 2], &roll));
        assert!(without.after(&change(&without, 3, 3, head, &[]), &[]).is_err());
        let stolen = DevicePublic {
            seal_key: SealingKey([9; 32]),
            ..public(2)
        };
        assert_eq!(
            roll.with(&[Entry::Joined(stolen)]),
            Err(SignedError::Senseless("device"))
        );
    }

    #[test]
    fn a_header_with_another_roll_or_of_another_epoch_is_refused() {
        let (roll, head) = roll();
        let other = roll.with(&[Entry::Joined(public(3))]).expect("a roll");
        let wrong = change(&other, 1, 1, head, &[]);
        assert_eq!(roll.after(&wrong, &[]), Err(SignedError::Senseless("roll")));
        let second = epoch(2, 1, &[1, 2], head.next().ok());
        let later = roll.with_epoch(&second).expect("a roll");
        let wrong = change(&later, 1, 1, second.head().expect("a head"), &[]);
        assert_eq!(roll.after(&wrong, &[]), Err(SignedError::Senseless("epoch")));
        let Header::Change(right) = change(&roll, 1, 1, head, &[]) else {
            unreachable!("a change")
        };
        assert_eq!(roll.check_head(&right), Ok(()));
        assert!(other.check_head(&right).is_err() && later.check_head(&right).is_err());
    }

    #[test]
    fn an_epoch_ends_each_device_to_which_it_was_not_sealed() {
        let (roll, head) = roll();
        let second = epoch(2, 1, &[1], head.next().ok());
        let after = roll.after(&Header::Epoch(second.clone()), &[]).expect("an epoch");
        assert_eq!((ids(&after), after.epoch()), (vec![1], 2));
        assert_eq!(after.epochs()[1], second.hash().expect("a hash"));
        assert!(after.after(&Header::Epoch(second), &[]).is_err(), "twice");
        // One whose sealed name was read begins an epoch before it is on the roll, and is not on it by that.
        let by_new = Header::Epoch(epoch(2, 3, &[1, 2, 3], head.next().ok()));
        assert!(roll.after(&by_new, &[]).is_err());
        assert_eq!(
            roll.after(&by_new, &[public(3)]).map(|roll| ids(&roll)),
            Ok(vec![1, 2])
        );
        let twice = [public(1), public(1)];
        assert!(Roll::from_parts(&[epoch(1, 1, &[1], None)], &twice).is_err());
        assert!(Roll::from_parts(&[epoch(2, 1, &[1], head.next().ok())], &[]).is_err());
    }

    #[test]
    fn the_order_in_which_devices_are_told_changes_nothing() {
        let first = [epoch(1, 1, &[1], None)];
        let hash = |devices: &[u8]| {
            let devices: Vec<_> = devices.iter().map(|device| public(*device)).collect();
            Roll::from_parts(&first, &devices)
                .and_then(|roll| roll.hash())
                .expect("a hash")
        };
        assert_eq!(hash(&[3, 1, 2]), hash(&[1, 2, 3]));
        assert_ne!(hash(&[1, 2]), hash(&[1, 2, 3]));
    }
}
