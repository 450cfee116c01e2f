//! The account key: one for each epoch, random, made by a device. All else of the account is derived from it; each further epoch holds the key
//! of the one before, sealed under its own (docs/adr/0011).

pub use regie_protocol::signed::DevicePublic;
use regie_protocol::signed::{
    AccountId, DeviceId, EpochHeader, EpochStatement, Fields, Next, SealedWay, SealingKey, SignedError,
    SigningKey, canonical,
};

use crate::{
    CryptoError, Key,
    kdf::derive_subkey,
    recovery::RecoveryCode,
    seal::{OpeningKey, Vouch, open, seal, seal_to},
};

const WRAP: &[u8] = b"regie/1/account key";
/// What is sealed for the list of devices is filled up to a multiple of this.
const PADDED: usize = 64;
const EPOCH_BYTES: usize = 8;

/// The account key of one epoch.
pub struct AccountKey {
    account: AccountId,
    epoch: u64,
    key: Key,
}

/// A way to the account key, as a device knows it by itself or by the word of another of its account.
pub struct KnownWay<'a> {
    /// `passphrase`, `code` or a device.
    pub way: String,
    /// The public key.
    pub key: SealingKey,
    /// Where who opens it could not tell otherwise who sealed it.
    pub vouch: Option<&'a Vouch>,
}

/// A new epoch, ready for the server.
pub struct NewEpoch {
    /// Its key.
    pub key: AccountKey,
    /// What begins it.
    pub header: EpochHeader,
    /// The key for each way.
    pub wraps: Vec<(String, Vec<u8>)>,
}

/// What the recovery code gives.
pub struct CodeKeys {
    /// By its signature the code proves itself.
    pub auth: SigningKey,
    /// The account key is sealed to it.
    pub opening: OpeningKey,
    /// Tells that a device of the account sealed it, not the server.
    pub vouch: Vouch,
    /// Further devices wrap their vault key under it; it opens nothing on the server.
    pub for_devices: Key,
}

/// What the account keeps about its code for its own devices, sealed under the account key.
pub struct CodeForDevices {
    /// As [`CodeKeys::for_devices`].
    pub key: Key,
    /// The public key that the code's wrap is sealed to.
    pub sealing_key: SealingKey,
    /// The epoch that it was sealed in.
    pub epoch: u64,
}

impl CodeKeys {
    /// What this code gives.
    ///
    /// # Errors
    /// Never in practice.
    pub fn derive(code: &RecoveryCode) -> Result<Self, CryptoError> {
        let part = |name: &str| derive_subkey(code.expose(), b"", name.as_bytes());
        let for_devices = part("regie/1/code device")?;
        Ok(Self {
            auth: SigningKey::from_seed(part("regie/1/code auth")?.expose()),
            opening: OpeningKey::from_key(part("regie/1/code seal key")?),
            vouch: derive_code_vouch(&for_devices)?,
            for_devices,
        })
    }
}

/// The vouch for the code's way, which the account's devices can derive as well.
///
/// # Errors
/// Never in practice.
pub fn derive_code_vouch(for_devices: &Key) -> Result<Vouch, CryptoError> {
    derive_subkey(for_devices.expose(), b"", b"regie/1/code vouch").map(Vouch::from_key)
}

impl AccountKey {
    /// A key that was kept.
    #[must_use]
    pub const fn from_key(account: AccountId, epoch: u64, key: Key) -> Self {
        Self { account, epoch, key }
    }

    /// Begins the first epoch of an account.
    ///
    /// # Errors
    /// [`CryptoError::Randomness`].
    pub fn begin_first(
        account: AccountId,
        device: DeviceId,
        signing: &SigningKey,
        ways: &[KnownWay<'_>],
    ) -> Result<NewEpoch, CryptoError> {
        let key = Self::from_key(account, 1, Key::make_random()?);
        key.begin(device, signing, ways, None, Vec::new())
    }

    /// Begins the epoch after this one, at the next place of the account's chain.
    ///
    /// # Errors
    /// [`CryptoError::Randomness`].
    pub fn begin_next(
        &self,
        next: Next,
        device: DeviceId,
        signing: &SigningKey,
        ways: &[KnownWay<'_>],
    ) -> Result<NewEpoch, CryptoError> {
        let number = self.epoch.checked_add(1).ok_or(CryptoError::Parameters)?;
        let key = Self::from_key(self.account, number, Key::make_random()?);
        let sealing = key.part("regie/1/key before")?;
        let key_before = seal(&sealing, self.key.expose(), &self.place()?)?;
        key.begin(device, signing, ways, Some(next), key_before)
    }

    fn begin(
        self,
        device: DeviceId,
        signing: &SigningKey,
        ways: &[KnownWay<'_>],
        next: Option<Next>,
        key_before: Vec<u8>,
    ) -> Result<NewEpoch, CryptoError> {
        let mut wraps = Vec::new();
        let mut sealed = Vec::new();
        for way in ways {
            let wrap = self.wrap_for(way)?;
            sealed.push(SealedWay {
                way: way.way.clone(),
                key: way.key,
                wrap: *blake3::hash(&wrap).as_bytes(),
            });
            wraps.push((way.way.clone(), wrap));
        }
        sealed.sort_by(|one, other| one.way.cmp(&other.way));
        let statement = EpochStatement {
            account: self.account,
            sequence: next.map_or(1, |next| next.sequence),
            before: next.map(|next| next.before),
            number: self.epoch,
            device,
            records: 0,
            ways: sealed,
            key_before,
        };
        let header = EpochHeader::make(statement, self.part("regie/1/chain")?.expose(), signing)?;
        Ok(NewEpoch {
            key: self,
            header,
            wraps,
        })
    }

    /// Seals the key to a way.
    ///
    /// # Errors
    /// [`CryptoError::Randomness`]; [`CryptoError::Parameters`] for what is no public key.
    pub fn wrap_for(&self, way: &KnownWay<'_>) -> Result<Vec<u8>, CryptoError> {
        let associated = wrap_context(self.account, self.epoch, &way.way)?;
        seal_to(&way.key, self.key.expose(), WRAP, &associated, way.vouch)
    }

    /// Opens what [`AccountKey::wrap_for`] made.
    ///
    /// # Errors
    /// [`CryptoError::WrongKey`] for another key, account, epoch, way or vouch.
    pub fn unwrap_from(
        account: AccountId,
        epoch: u64,
        way: &str,
        opening: &OpeningKey,
        vouch: Option<&Vouch>,
        wrap: &[u8],
    ) -> Result<Self, CryptoError> {
        let opened = opening.open(wrap, WRAP, &wrap_context(account, epoch, way)?, vouch)?;
        Ok(Self::from_key(account, epoch, key_of(&opened)?))
    }

    /// Whether a header begins this key's epoch, by the word of somebody who has the key.
    ///
    /// # Errors
    /// [`CryptoError::WrongKey`] when not.
    pub fn check(&self, header: &EpochHeader) -> Result<(), CryptoError> {
        let statement = header.statement();
        if statement.account != self.account || statement.number != self.epoch {
            return Err(CryptoError::WrongKey);
        }
        header
            .check_mac(self.part("regie/1/chain")?.expose())
            .map_err(|_| CryptoError::WrongKey)
    }

    /// The key of the epoch before, which this one's header holds.
    ///
    /// # Errors
    /// [`CryptoError::WrongKey`] when the header is not this key's, or is the first.
    pub fn before(&self, header: &EpochHeader) -> Result<Self, CryptoError> {
        self.check(header)?;
        let number = self.epoch.checked_sub(1).ok_or(CryptoError::WrongKey)?;
        let place = place_of(self.account, number)?;
        let sealing = self.part("regie/1/key before")?;
        let opened = open(&sealing, &header.statement().key_before, &place)?;
        Ok(Self::from_key(self.account, number, key_of(&opened)?))
    }

    /// All keys, this one first, down to the first epoch's. `headers` are those of all epochs, oldest first; other headers of the chain may lie
    /// between them. Each is checked by its own key, which the later one holds sealed.
    ///
    /// # Errors
    /// [`CryptoError::WrongKey`] when one is missing, altered, or not the account's.
    pub fn all_from(self, headers: &[EpochHeader]) -> Result<Vec<Self>, CryptoError> {
        let mut keys = vec![self];
        let mut later: Option<&EpochHeader> = None;
        for header in headers.iter().rev() {
            if let Some(later) = later {
                later.check_follows(header).map_err(|_| CryptoError::WrongKey)?;
                let before = keys.last().ok_or(CryptoError::WrongKey)?.before(later)?;
                keys.push(before);
            }
            keys.last().ok_or(CryptoError::WrongKey)?.check(header)?;
            later = Some(header);
        }
        match later {
            Some(first) if first.statement().number == 1 => Ok(keys),
            _ => Err(CryptoError::WrongKey),
        }
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

    /// Its bytes, for keeping it in the vault.
    #[must_use]
    pub const fn expose(&self) -> &Key {
        &self.key
    }

    /// The key of the records of this epoch.
    ///
    /// # Errors
    /// Never in practice.
    pub fn derive_record_key(&self) -> Result<Key, CryptoError> {
        self.part("regie/1/records")
    }

    /// The secrets by which other people know the account: for checking, and for sealing.
    ///
    /// # Errors
    /// Never in practice.
    pub(crate) fn derive_identity(&self) -> Result<(Key, Key), CryptoError> {
        Ok((
            self.part("regie/1/identity sign key")?,
            self.part("regie/1/identity seal key")?,
        ))
    }

    /// Seals something for the list of devices. It binds the device's keys: who reads it knows that a device of the account brought them.
    ///
    /// # Errors
    /// [`CryptoError::Randomness`].
    pub fn seal_for_list(
        &self,
        what: &str,
        about: &DevicePublic,
        text: &str,
    ) -> Result<Vec<u8>, CryptoError> {
        let mut bytes = text.as_bytes().to_vec();
        bytes.push(0x80);
        bytes.resize(bytes.len().next_multiple_of(PADDED), 0);
        let sealed = seal(
            &self.part("regie/1/devices")?,
            &bytes,
            &self.list_context(what, about)?,
        )?;
        Ok([self.epoch.to_be_bytes().as_slice(), &sealed].concat())
    }

    /// Opens what [`AccountKey::seal_for_list`] made in this epoch.
    ///
    /// # Errors
    /// [`CryptoError::WrongKey`] for anything else.
    pub fn open_for_list(
        &self,
        what: &str,
        about: &DevicePublic,
        sealed: &[u8],
    ) -> Result<String, CryptoError> {
        let (epoch, sealed) = split_epoch(sealed)?;
        if epoch != self.epoch {
            return Err(CryptoError::WrongKey);
        }
        let opened = open(
            &self.part("regie/1/devices")?,
            sealed,
            &self.list_context(what, about)?,
        )?;
        let end = opened.iter().rposition(|byte| *byte == 0x80);
        let text = end
            .and_then(|end| opened.get(..end))
            .ok_or(CryptoError::WrongKey)?;
        String::from_utf8(text.to_vec()).map_err(|_| CryptoError::WrongKey)
    }

    fn list_context(&self, what: &str, about: &DevicePublic) -> Result<Vec<u8>, CryptoError> {
        let fields = Fields::default()
            .text("regie/1/device")
            .text(what)
            .bytes(&self.account.0)
            .number(self.epoch)
            .bytes(&about.device.0)
            .bytes(&about.sign_key)
            .bytes(&about.seal_key.0);
        Ok(canonical::encode(fields)?)
    }

    /// What further devices need of the code, sealed under this key.
    ///
    /// # Errors
    /// [`CryptoError::Randomness`].
    pub fn seal_code(&self, code: &CodeKeys) -> Result<Vec<u8>, CryptoError> {
        let bytes = zeroize::Zeroizing::new(
            [
                code.for_devices.expose().as_slice(),
                &code.opening.sealing_key()?.0,
            ]
            .concat(),
        );
        let sealed = seal(&self.part("regie/1/code")?, &bytes, &self.place()?)?;
        Ok([self.epoch.to_be_bytes().as_slice(), &sealed].concat())
    }

    /// Opens what [`AccountKey::seal_code`] made, in whichever epoch, by the account's keys.
    ///
    /// # Errors
    /// [`CryptoError::WrongKey`] for anything else.
    pub fn open_code(keys: &[Self], sealed: &[u8]) -> Result<CodeForDevices, CryptoError> {
        let (epoch, sealed) = split_epoch(sealed)?;
        let key = keys
            .iter()
            .find(|key| key.epoch == epoch)
            .ok_or(CryptoError::WrongKey)?;
        let opened = open(&key.part("regie/1/code")?, sealed, &key.place()?)?;
        let (secret, public) = opened
            .split_first_chunk::<{ Key::BYTES }>()
            .ok_or(CryptoError::WrongKey)?;
        Ok(CodeForDevices {
            key: Key::from_bytes(*secret),
            sealing_key: SealingKey(public.try_into().map_err(|_| CryptoError::WrongKey)?),
            epoch,
        })
    }

    fn place(&self) -> Result<Vec<u8>, CryptoError> {
        place_of(self.account, self.epoch)
    }

    pub(crate) fn part(&self, name: &str) -> Result<Key, CryptoError> {
        derive_subkey(self.key.expose(), &self.account.0, name.as_bytes())
    }
}

/// In which epoch something was sealed for the account's own devices.
///
/// # Errors
/// [`CryptoError::WrongKey`] when it is too short.
pub fn epoch_of(sealed: &[u8]) -> Result<u64, CryptoError> {
    split_epoch(sealed).map(|(epoch, _)| epoch)
}

fn split_epoch(sealed: &[u8]) -> Result<(u64, &[u8]), CryptoError> {
    let (epoch, sealed) = sealed
        .split_first_chunk::<EPOCH_BYTES>()
        .ok_or(CryptoError::WrongKey)?;
    Ok((u64::from_be_bytes(*epoch), sealed))
}

fn place_of(account: AccountId, epoch: u64) -> Result<Vec<u8>, CryptoError> {
    Ok(canonical::encode(
        Fields::default().bytes(&account.0).number(epoch),
    )?)
}

fn wrap_context(account: AccountId, epoch: u64, way: &str) -> Result<Vec<u8>, CryptoError> {
    Ok(canonical::encode(
        Fields::default().bytes(&account.0).number(epoch).text(way),
    )?)
}

fn key_of(bytes: &[u8]) -> Result<Key, CryptoError> {
    let bytes = <[u8; Key::BYTES]>::try_from(bytes).map_err(|_| CryptoError::WrongKey)?;
    Ok(Key::from_bytes(bytes))
}

impl From<SignedError> for CryptoError {
    fn from(_: SignedError) -> Self {
        Self::Parameters
    }
}

impl std::fmt::Debug for AccountKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AccountKey(epoch {})", self.epoch)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use regie_protocol::{
        account::device,
        signed::{Head, HeaderHash},
    };

    use super::*;
    use crate::device::DeviceKeys;

    const ACCOUNT: AccountId = AccountId([7; 16]);

    struct Life {
        device: DeviceKeys,
        headers: Vec<EpochHeader>,
        keys: Vec<AccountKey>,
        last: Vec<(String, Vec<u8>)>,
    }

    fn copy(key: &AccountKey) -> AccountKey {
        AccountKey::from_key(key.account, key.epoch, key.key.duplicate())
    }

    fn live(epochs: usize) -> Life {
        let device = DeviceKeys::make_random().expect("keys");
        let public = device.public().expect("keys");
        let ways = || {
            [KnownWay {
                way: public.way(),
                key: public.seal_key,
                vouch: None,
            }]
        };
        let signing = device.signing();
        let first = AccountKey::begin_first(ACCOUNT, public.device, &signing, &ways()).expect("an epoch");
        let mut life = Life {
            device,
            headers: vec![first.header],
            keys: vec![first.key],
            last: first.wraps,
        };
        for _ in 1..epochs {
            let (key, header) = (
                life.keys.last().expect("a key"),
                life.headers.last().expect("a header"),
            );
            let next = key
                .begin_next(
                    header.head().and_then(Head::next).expect("a place"),
                    public.device,
                    &signing,
                    &ways(),
                )
                .expect("an epoch");
            life.headers.push(next.header);
            life.keys.push(next.key);
            life.last = next.wraps;
        }
        life
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn whoever_has_the_newest_key_has_all_earlier_ones_and_nobody_else_has_a_later_one(epochs in 1_usize..6) {
            let life = live(epochs);
            let (_, wrap) = &life.last[0];
            let newest = AccountKey::unwrap_from(
                ACCOUNT, epochs as u64, &life.device.public()?.way(), life.device.opening(), None, wrap,
            )?;
            let all = newest.all_from(&life.headers)?;
            prop_assert_eq!(all.len(), epochs);
            for (found, made) in all.iter().rev().zip(&life.keys) {
                prop_assert_eq!(found.key.expose(), made.key.expose());
            }
            for (at, key) in life.keys.iter().enumerate() {
                for later in life.headers.iter().skip(at + 1) {
                    prop_assert!(key.before(later).is_err() && key.check(later).is_err());
                    // Nor does it open what the header holds.
                    let sealing = key.part("regie/1/key before")?;
                    let place = place_of(ACCOUNT, later.statement().number - 1)?;
                    prop_assert!(open(&sealing, &later.statement().key_before, &place).is_err());
                }
            }
        }

        #[test]
        fn a_chain_with_a_header_missing_doubled_or_of_another_account_is_refused(epochs in 2_usize..5, at in 0_usize..4) {
            let (life, other) = (live(epochs), live(epochs));
            let at = at % epochs;
            let newest = || copy(life.keys.last().expect("a key"));
            prop_assert!(newest().all_from(&life.headers).is_ok());
            let mut missing = life.headers.clone();
            missing.remove(at);
            prop_assert!(newest().all_from(&missing).is_err());
            let mut doubled = life.headers.clone();
            doubled.insert(at, life.headers[at].clone());
            prop_assert!(newest().all_from(&doubled).is_err());
            let mut swapped = life.headers.clone();
            swapped[at] = other.headers[at].clone();
            prop_assert!(newest().all_from(&swapped).is_err());
        }

        #[test]
        fn a_name_is_read_back_and_vouches_for_the_keys_of_its_device(name in ".{0,80}", place in 0_usize..200, flip in 1_u8..) {
            let life = live(2);
            let (key, public) = (life.keys.last().expect("a key"), life.device.public()?);
            let sealed = key.seal_for_list("name", &public, &name)?;
            prop_assert_eq!(epoch_of(&sealed)?, 2);
            prop_assert_eq!(key.open_for_list("name", &public, &sealed)?, name);
            let other = DeviceKeys::make_random()?.public()?;
            for wrong in [
                DevicePublic { device: other.device, ..public },
                DevicePublic { sign_key: other.sign_key, ..public },
                DevicePublic { seal_key: other.seal_key, ..public },
            ] {
                prop_assert!(key.open_for_list("name", &wrong, &sealed).is_err());
            }
            prop_assert!(key.open_for_list("platform", &public, &sealed).is_err());
            prop_assert!(life.keys[0].open_for_list("name", &public, &sealed).is_err());
            let mut altered = sealed;
            let place = place % altered.len();
            altered[place] ^= flip;
            prop_assert!(key.open_for_list("name", &public, &altered).is_err());
        }
    }

    #[test]
    fn epochs_open_each_other_however_many_other_headers_lie_between() {
        let (mut life, public) = (live(1), DeviceKeys::make_random().expect("keys"));
        let (id, signing) = (public.id(), public.signing());
        for sequence in [40, 41, 9_000] {
            // The epoch before is not what it follows: the chain has gone on, but for the one that begins directly after it.
            let direct = life.headers.last().expect("a header").head().and_then(Head::next);
            let between = Next {
                sequence,
                before: HeaderHash([5; 32]),
            };
            let next = if sequence == 41 {
                direct.expect("a place")
            } else {
                between
            };
            let key = life.keys.last().expect("a key");
            let epoch = key.begin_next(
                next,
                id,
                &signing,
                &[KnownWay {
                    way: "code".into(),
                    key: public.opening().sealing_key().expect("a key"),
                    vouch: None,
                }],
            );
            let epoch = epoch.expect("an epoch");
            assert_eq!(epoch.header.statement().before, Some(next.before));
            life.headers.push(epoch.header);
            life.keys.push(epoch.key);
        }
        let newest = || copy(life.keys.last().expect("a key"));
        assert_eq!(newest().all_from(&life.headers).map(|keys| keys.len()), Ok(4));
        for missing in 0..4 {
            let mut headers = life.headers.clone();
            headers.remove(missing);
            assert!(newest().all_from(&headers).is_err(), "{missing}");
        }
    }

    #[test]
    fn a_wrap_is_for_one_account_epoch_and_way_and_by_one_of_their_own() {
        let life = live(1);
        let key = &life.keys[0];
        let opening = OpeningKey::make_random().expect("a key");
        let vouch = Vouch::from_key(Key::make_random().expect("a key"));
        let way = KnownWay {
            way: device::PASSPHRASE.into(),
            key: opening.sealing_key().expect("a key"),
            vouch: Some(&vouch),
        };
        let wrap = key.wrap_for(&way).expect("seals");
        let open = |account, epoch, way: &str, vouch: Option<&Vouch>| {
            AccountKey::unwrap_from(account, epoch, way, &opening, vouch, &wrap).is_ok()
        };
        assert!(open(ACCOUNT, 1, device::PASSPHRASE, Some(&vouch)));
        assert!(!open(AccountId([8; 16]), 1, device::PASSPHRASE, Some(&vouch)));
        assert!(!open(ACCOUNT, 2, device::PASSPHRASE, Some(&vouch)));
        assert!(!open(ACCOUNT, 1, device::CODE, Some(&vouch)));
        // What a server could seal, which knows the public key alone.
        let by_server = KnownWay { vouch: None, ..way };
        let forged = key.wrap_for(&by_server).expect("seals");
        let taken = AccountKey::unwrap_from(ACCOUNT, 1, device::PASSPHRASE, &opening, Some(&vouch), &forged);
        assert!(taken.is_err());
    }

    #[test]
    fn devices_learn_of_the_code_what_opens_key_files_and_nothing_that_opens_the_servers_wraps() {
        let life = live(2);
        let code = RecoveryCode::make_random().expect("a code");
        let keys = CodeKeys::derive(&code).expect("keys");
        let sealed = life.keys[1].seal_code(&keys).expect("seals");
        let read = AccountKey::open_code(&life.keys, &sealed).expect("opens");
        assert_eq!(read.key.expose(), keys.for_devices.expose());
        assert_eq!(Ok(read.sealing_key), keys.opening.sealing_key());
        assert_eq!(read.epoch, 2);
        assert!(AccountKey::open_code(&life.keys[..1], &sealed).is_err());
        assert_ne!(read.key.expose(), keys.opening.expose());
        let vouch = derive_code_vouch(&read.key).expect("a vouch");
        assert_eq!(vouch.expose(), keys.vouch.expose());
    }
}
