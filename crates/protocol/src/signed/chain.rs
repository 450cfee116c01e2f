//! The account's chain: both kinds of header, one after the other (docs/adr/0014).

use super::{AccountId, ChangeHeader, DeviceId, EpochHeader, Head, HeaderHash, SignedError, VerifyingKey};

/// Which kind of header some bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderKind {
    /// It begins an epoch.
    Epoch,
    /// It moves the head otherwise.
    Change,
}

/// A header of either kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Header {
    /// It begins an epoch.
    Epoch(EpochHeader),
    /// It moves the head otherwise.
    Change(ChangeHeader),
}

impl HeaderKind {
    /// Its number, on the wire and in tables.
    #[must_use]
    pub const fn number(self) -> u64 {
        match self {
            Self::Epoch => 0,
            Self::Change => 1,
        }
    }

    /// The kind of this number.
    ///
    /// # Errors
    /// [`SignedError::Senseless`] for any other.
    pub const fn from_number(number: u64) -> Result<Self, SignedError> {
        match number {
            0 => Ok(Self::Epoch),
            1 => Ok(Self::Change),
            _ => Err(SignedError::Senseless("kind")),
        }
    }
}

impl Header {
    /// Reads a header of one kind. Nothing of it is checked yet.
    ///
    /// # Errors
    /// Everything that [`Header::to_bytes`] would not have written.
    pub fn from_bytes(kind: HeaderKind, bytes: &[u8]) -> Result<Self, SignedError> {
        match kind {
            HeaderKind::Epoch => EpochHeader::from_bytes(bytes).map(Self::Epoch),
            HeaderKind::Change => ChangeHeader::from_bytes(bytes).map(Self::Change),
        }
    }

    /// The header as it travels.
    ///
    /// # Errors
    /// Never in practice.
    pub fn to_bytes(&self) -> Result<Vec<u8>, SignedError> {
        match self {
            Self::Epoch(header) => header.to_bytes(),
            Self::Change(header) => header.to_bytes(),
        }
    }

    /// Which kind it is.
    #[must_use]
    pub const fn kind(&self) -> HeaderKind {
        match self {
            Self::Epoch(_) => HeaderKind::Epoch,
            Self::Change(_) => HeaderKind::Change,
        }
    }

    /// Whose.
    #[must_use]
    pub const fn account(&self) -> AccountId {
        match self {
            Self::Epoch(header) => header.statement().account,
            Self::Change(header) => header.statement().account,
        }
    }

    /// Its place in the chain, from 1.
    #[must_use]
    pub const fn sequence(&self) -> u64 {
        match self {
            Self::Epoch(header) => header.statement().sequence,
            Self::Change(header) => header.statement().sequence,
        }
    }

    /// What it follows; nothing before the first.
    #[must_use]
    pub const fn before(&self) -> Option<HeaderHash> {
        match self {
            Self::Epoch(header) => header.statement().before,
            Self::Change(header) => Some(header.statement().before),
        }
    }

    /// The epoch after it.
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        match self {
            Self::Epoch(header) => header.statement().number,
            Self::Change(header) => header.statement().epoch,
        }
    }

    /// The device that made it.
    #[must_use]
    pub const fn device(&self) -> DeviceId {
        match self {
            Self::Epoch(header) => header.statement().device,
            Self::Change(header) => header.statement().device,
        }
    }

    /// The head that was known where the chain goes on from another one.
    #[must_use]
    pub fn restart(&self) -> Option<Head> {
        match self {
            Self::Epoch(_) => None,
            Self::Change(header) => header.statement().restart(),
        }
    }

    /// By what the next one follows it.
    ///
    /// # Errors
    /// Never in practice.
    pub fn hash(&self) -> Result<HeaderHash, SignedError> {
        match self {
            Self::Epoch(header) => header.hash(),
            Self::Change(header) => header.hash(),
        }
    }

    /// Its place and its hash.
    ///
    /// # Errors
    /// Never in practice.
    pub fn head(&self) -> Result<Head, SignedError> {
        Ok(Head {
            sequence: self.sequence(),
            hash: self.hash()?,
        })
    }

    /// Whether this device made it.
    ///
    /// # Errors
    /// [`SignedError::Signature`] when not.
    pub fn check_signature(&self, device: &VerifyingKey) -> Result<(), SignedError> {
        match self {
            Self::Epoch(header) => header.check_signature(device),
            Self::Change(header) => header.check_signature(device),
        }
    }

    /// Whether it stands directly after a header of the same chain; beyond it and the head that a restart names, where one does.
    ///
    /// # Errors
    /// [`SignedError::Senseless`] when not.
    pub fn check_after(
        &self,
        account: AccountId,
        before: Head,
        restart: Option<Head>,
    ) -> Result<(), SignedError> {
        let next = before.next_beyond(restart)?;
        let follows = self.account() == account
            && self.before() == Some(next.before)
            && self.sequence() == next.sequence;
        follows.then_some(()).ok_or(SignedError::Senseless("place"))
    }
}

/// Whether headers follow a head one after the other, and the head that they lead to. A restart lets its own header leave places out, or the
/// header of the epoch that begins with it; so no stretch may end between these two.
///
/// # Errors
/// [`SignedError::Senseless`] where one does not.
pub fn check_stretch(account: AccountId, before: Head, headers: &[Header]) -> Result<Head, SignedError> {
    let mut head = before;
    let mut rest = headers;
    while let Some((header, further)) = rest.split_first() {
        let place = header.check_after(account, head, header.restart());
        match (header, further.first().and_then(Header::restart)) {
            (Header::Epoch(_), Some(restart)) if place.is_err() => {
                header.check_after(account, head, Some(restart))?;
            }
            _ => place?,
        }
        (head, rest) = (header.head()?, further);
    }
    Ok(head)
}
