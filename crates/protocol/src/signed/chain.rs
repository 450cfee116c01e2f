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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signed::{
        ChangeStatement, Entry, EpochStatement, Next, RollHash, SealedWay, SealingKey, SigningKey,
    };

    const ACCOUNT: AccountId = AccountId([1; 16]);
    const DEVICE: DeviceId = DeviceId([2; 16]);

    fn key() -> SigningKey {
        SigningKey::from_seed(&[3; 32])
    }

    fn change(next: Next, entries: Vec<Entry>) -> Header {
        let statement = ChangeStatement {
            account: ACCOUNT,
            sequence: next.sequence,
            before: next.before,
            epoch: 1,
            device: DEVICE,
            records: 0,
            roll: RollHash([0; 32]),
            entries,
        };
        Header::Change(ChangeHeader::make(statement, &[4; 32], &[0; 32], &key()).expect("a header"))
    }

    fn epoch(number: u64, next: Option<Next>) -> Header {
        let statement = EpochStatement {
            account: ACCOUNT,
            sequence: next.map_or(1, |next| next.sequence),
            before: next.map(|next| next.before),
            number,
            device: DEVICE,
            records: 0,
            ways: vec![SealedWay {
                way: "code".into(),
                key: SealingKey([5; 32]),
                wrap: [6; 32],
            }],
            key_before: if number == 1 { Vec::new() } else { vec![7; 72] },
        };
        Header::Epoch(EpochHeader::make(statement, &[4; 32], &key()).expect("a header"))
    }

    fn head(header: &Header) -> Head {
        header.head().expect("a head")
    }

    fn after(header: &Header) -> Next {
        head(header).next().expect("a place")
    }

    /// An epoch, two changes, an epoch, a change.
    fn chain() -> Vec<Header> {
        let mut chain = vec![epoch(1, None)];
        for number in 2..=5 {
            let next = after(chain.last().expect("a header"));
            chain.push(match number {
                4 => epoch(2, Some(next)),
                _ => change(next, Vec::new()),
            });
        }
        chain
    }

    #[test]
    fn headers_of_both_kinds_follow_each_other_and_none_is_left_out_doubled_or_moved() {
        let chain = chain();
        let (first, rest) = (head(&chain[0]), &chain[1..]);
        assert_eq!(check_stretch(ACCOUNT, first, rest), Ok(head(&chain[4])));
        assert_eq!(check_stretch(ACCOUNT, first, &[]), Ok(first));
        let refused = |headers: Vec<Header>| check_stretch(ACCOUNT, first, &headers).is_err();
        for at in 0..rest.len() - 1 {
            let mut missing = rest.to_vec();
            missing.remove(at);
            assert!(refused(missing), "{at}");
            let mut doubled = rest.to_vec();
            doubled.insert(at, rest[at].clone());
            assert!(refused(doubled), "{at}");
            let mut swapped = rest.to_vec();
            swapped.swap(at, at + 1);
            assert!(refused(swapped), "{at}");
        }
        assert!(check_stretch(AccountId([9; 16]), first, rest).is_err());
        let other = Head { sequence: 2, ..first };
        assert!(check_stretch(ACCOUNT, other, rest).is_err());
    }

    #[test]
    fn a_restart_alone_leaves_places_out() {
        let chain = chain();
        let (found, known) = (
            head(&chain[1]),
            Head {
                sequence: 100,
                hash: HeaderHash([9; 32]),
            },
        );
        let next = found.next_beyond(Some(known)).expect("a place");
        assert_eq!(next.sequence, 101);
        let restarted = change(next, vec![Entry::Restart(known)]);
        let further = change(after(&restarted), Vec::new());
        let both = [restarted, further];
        assert_eq!(check_stretch(ACCOUNT, found, &both), Ok(head(&both[1])));
        assert!(check_stretch(ACCOUNT, found, &[change(next, Vec::new())]).is_err());
        let near = change(
            after(&chain[1]),
            vec![Entry::Restart(Head { sequence: 2, ..known })],
        );
        assert!(
            check_stretch(ACCOUNT, found, &[near]).is_ok(),
            "another branch of the same length"
        );
        // With an epoch in the same request the places before that one are left out.
        let begun = epoch(2, Some(next));
        let second = change(after(&begun), vec![Entry::Restart(known)]);
        let pair = [begun.clone(), second];
        assert_eq!(check_stretch(ACCOUNT, found, &pair), Ok(head(&pair[1])));
        assert!(check_stretch(ACCOUNT, found, std::slice::from_ref(&begun)).is_err());
        let unrelated = change(after(&begun), Vec::new());
        assert!(check_stretch(ACCOUNT, found, &[begun, unrelated]).is_err());
        // A chain under a new id: the first epoch has the first place.
        let anew = head(&chain[0]);
        let next = anew.next_beyond(Some(known)).expect("a place");
        let named = change(next, vec![Entry::Restart(known)]);
        assert!(check_stretch(ACCOUNT, anew, &[named]).is_ok());
    }

    #[test]
    fn neither_kind_passes_for_the_other() {
        for header in chain() {
            let bytes = header.to_bytes().expect("bytes");
            let (right, wrong) = match header.kind() {
                HeaderKind::Epoch => (HeaderKind::Epoch, HeaderKind::Change),
                HeaderKind::Change => (HeaderKind::Change, HeaderKind::Epoch),
            };
            assert_eq!(Header::from_bytes(right, &bytes), Ok(header));
            assert!(Header::from_bytes(wrong, &bytes).is_err());
            assert_eq!(HeaderKind::from_number(right.number()), Ok(right));
        }
        assert!(HeaderKind::from_number(2).is_err());
    }
}
