//! Which header may follow which, and whose signature counts: what shows as soon as a header is read.
//!
//! Signatures and MACs are checked by whoever runs the engine; here stands under which key a signature has to fit.

use regie_protocol::signed::{AccountId, DeviceId, HeaderHash};
use serde::{Deserialize, Serialize};

/// A verified state of the account: the newest header that was checked with the whole set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Its place in the chain.
    pub sequence: u64,
    /// Its hash.
    pub hash: HeaderHash,
    /// The epoch under whose key it stands.
    pub epoch: u64,
}

/// A device of the account, as its `joined` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Its id.
    pub id: DeviceId,
    /// The public key under which its signatures fit.
    pub signing: [u8; 32],
    /// The public key to which epochs are sealed.
    pub sealing: [u8; 32],
}

/// All epochs and all devices of the account, as they are after one header. Its hash stands in that header.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roll {
    epochs: Vec<HeaderHash>,
    devices: Vec<Device>,
}

impl Roll {
    /// A roll as a server tells it. The MAC at the head says whether it is the right one.
    #[must_use]
    pub fn claimed(epochs: Vec<HeaderHash>, devices: impl IntoIterator<Item = Device>) -> Self {
        let mut roll = Self {
            epochs,
            devices: Vec::new(),
        };
        devices.into_iter().for_each(|device| roll.join(device));
        roll
    }

    /// The hashes of all epochs' headers, oldest first.
    #[must_use]
    pub fn epochs(&self) -> &[HeaderHash] {
        &self.epochs
    }

    /// All devices, in order of their ids.
    #[must_use]
    pub fn devices(&self) -> &[Device] {
        &self.devices
    }

    /// A device, if it belongs to the account.
    #[must_use]
    pub fn device(&self, id: DeviceId) -> Option<&Device> {
        self.devices.iter().find(|device| device.id == id)
    }

    fn join(&mut self, device: Device) {
        self.devices.retain(|known| known.id != device.id);
        let place = self.devices.partition_point(|known| known.id < device.id);
        self.devices.insert(place, device);
    }

    fn out(&mut self, id: DeviceId) {
        self.devices.retain(|device| device.id != id);
    }

    fn begin_epoch(&mut self, hash: HeaderHash, sealed_to: &[DeviceId]) {
        self.epochs.push(hash);
        self.devices.retain(|device| sealed_to.contains(&device.id));
    }
}

/// What a header says besides its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A device takes part from here on.
    Joined(Device),
    /// A device takes part no longer.
    Out(DeviceId),
    /// The person goes on from a device that knew a head of another history.
    Restart {
        /// That head's place.
        sequence: u64,
        /// That head's hash.
        hash: HeaderHash,
    },
}

/// Of which kind a header is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderKind {
    /// A new epoch begins: under its key there is nothing yet.
    Epoch {
        /// Its number.
        number: u64,
        /// The devices to which its key was sealed; every other one takes part no longer.
        sealed_to: Vec<DeviceId>,
    },
    /// Everything else.
    Change {
        /// The epoch under whose key it stands.
        epoch: u64,
        /// Mostly none.
        entries: Vec<Entry>,
    },
}

/// A header as it was read: nothing of it is checked yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The chain's id.
    pub account: AccountId,
    /// Its place.
    pub sequence: u64,
    /// The hash of the header before; nothing before the first.
    pub before: Option<HeaderHash>,
    /// Its own hash, made from its bytes.
    pub hash: HeaderHash,
    /// The device that made it.
    pub device: DeviceId,
    /// How many live records there are after it.
    pub records: u64,
    /// What it is.
    pub kind: HeaderKind,
}

impl Header {
    /// The epoch under whose key it stands.
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        match &self.kind {
            HeaderKind::Epoch { number, .. } => *number,
            HeaderKind::Change { epoch, .. } => *epoch,
        }
    }

    /// Itself as a head.
    #[must_use]
    pub const fn as_head(&self) -> Head {
        Head {
            sequence: self.sequence,
            hash: self.hash,
            epoch: self.epoch(),
        }
    }

    /// What it says besides its numbers.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            HeaderKind::Epoch { .. } => &[],
            HeaderKind::Change { entries, .. } => entries,
        }
    }

    /// Whether it begins another history than the one before it.
    #[must_use]
    pub fn restarts(&self) -> bool {
        let restart = |entry: &Entry| matches!(entry, Entry::Restart { .. });
        self.entries().iter().any(restart)
    }
}

/// Under which key a header's signature has to fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signer {
    /// This key, which the chain names.
    Key([u8; 32]),
    /// The key in the device's name, sealed under the account's key (docs/adr/0011). Epochs alone may be signed so.
    ByName(DeviceId),
}

/// Why a header does not follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// It is of another account's chain.
    OtherAccount,
    /// Its place, or the header that it names as the one before.
    Place,
    /// It begins anew from a history that is not the one known here.
    Restarts,
    /// Its epoch is not the present one.
    Epoch,
    /// Its device does not take part.
    Signer,
}

/// A header that follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Follow {
    /// Under which key its signature has to fit.
    pub signer: Signer,
    /// Who takes part after it.
    pub roll: Roll,
}

/// Whether a header follows another, and who takes part after it.
///
/// # Errors
/// Why it does not.
pub fn follow(
    account: AccountId,
    tip: Option<&Head>,
    roll: &Roll,
    header: &Header,
) -> Result<Follow, Mismatch> {
    if header.account != account {
        return Err(Mismatch::OtherAccount);
    }
    check_place(tip, header)?;
    let epoch = tip.map_or(0, |tip| tip.epoch);
    let mut after = roll.clone();
    let signer = match &header.kind {
        HeaderKind::Epoch { number, sealed_to } => {
            if *number != epoch + 1 {
                return Err(Mismatch::Epoch);
            }
            after.begin_epoch(header.hash, sealed_to);
            roll.device(header.device)
                .map_or(Signer::ByName(header.device), |device| {
                    Signer::Key(device.signing)
                })
        }
        HeaderKind::Change { epoch: of, entries } => {
            if *of != epoch {
                return Err(Mismatch::Epoch);
            }
            let joining = entries.iter().find_map(|entry| match entry {
                Entry::Joined(device) if device.id == header.device => Some(device),
                _ => None,
            });
            let device = roll.device(header.device).or(joining);
            let key = device.ok_or(Mismatch::Signer)?.signing;
            entries.iter().for_each(|entry| match entry {
                Entry::Joined(device) => after.join(*device),
                Entry::Out(id) => after.out(*id),
                Entry::Restart { .. } => {}
            });
            Signer::Key(key)
        }
    };
    Ok(Follow { signer, roll: after })
}

/// A gap in the numbers is allowed to a restart alone.
fn check_place(tip: Option<&Head>, header: &Header) -> Result<(), Mismatch> {
    let (sequence, hash) = tip.map_or((0, None), |tip| (tip.sequence, Some(tip.hash)));
    let next = header.sequence == sequence + 1;
    let beyond = header.restarts() && header.sequence > sequence;
    if header.before == hash && (next || beyond) {
        Ok(())
    } else if header.restarts() {
        Err(Mismatch::Restarts)
    } else {
        Err(Mismatch::Place)
    }
}
