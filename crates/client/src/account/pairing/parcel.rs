//! What the two devices seal to each other: the new one's keys, and what a device of the account needs.

use regie_crypto::{
    CryptoError, Key,
    account::{AccountKey, DevicePublic, derive_code_vouch},
    device::DeviceKeys,
    login::PassphraseKeys,
    seal::Vouch,
};
use regie_protocol::{
    account::device as wire,
    signed::{
        AccountId, DeviceId, EpochHeader, Fields, Head, HeaderHash, SealingKey, SignedError, canonical,
    },
    wire::Blob,
};
use regie_vault::account::{KeptEpoch, OwnDevice};

use super::super::{
    AccountError,
    joining::{device_way, public_on_wire},
    login::{Proven, kept},
    naming,
};
use crate::ClientError;

/// The new device, as it introduces itself.
pub(super) struct Newcomer {
    pub(super) public: DevicePublic,
    pub(super) name: String,
    platform: String,
}

impl Newcomer {
    pub(super) fn of(keys: &DeviceKeys, name: String) -> Result<Self, CryptoError> {
        Ok(Self {
            public: keys.public()?,
            name,
            platform: std::env::consts::OS.to_owned(),
        })
    }

    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, CryptoError> {
        Ok(canonical::encode(self.fields())?)
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, SignedError> {
        let read = canonical::decode(
            bytes,
            |fields| {
                Ok(Self {
                    public: DevicePublic {
                        device: DeviceId(fields.bytes()?),
                        sign_key: fields.bytes()?,
                        seal_key: SealingKey(fields.bytes()?),
                    },
                    name: fields.text()?,
                    platform: fields.text()?,
                })
            },
            Self::fields,
        )?;
        let fits = |text: &str| {
            (1..=naming::LONGEST).contains(&text.chars().count()) && text.chars().all(naming::is_plain)
        };
        if fits(&read.name) && fits(&read.platform) {
            Ok(read)
        } else {
            Err(SignedError::Malformed)
        }
    }

    fn fields(&self) -> Fields {
        Fields::default()
            .bytes(&self.public.device.0)
            .bytes(&self.public.sign_key)
            .bytes(&self.public.seal_key.0)
            .text(&self.name)
            .text(&self.platform)
    }

    pub(super) fn on_wire(&self, key: &AccountKey) -> Result<wire::DeviceKeys, ClientError> {
        public_on_wire(key, &self.public, &self.name, &self.platform)
    }
}

/// What a device of the account needs. The account key in it is sealed to the new device's own key besides.
pub(super) struct Parcel {
    epoch: u64,
    wrap: Vec<u8>,
    pub(super) generation: i64,
    pub(super) passphrase_key: SealingKey,
    pub(super) passphrase_vouch: Vouch,
    pub(super) code_key: SealingKey,
    pub(super) code_vouch: Vouch,
    pub(super) email: String,
    headers: Vec<Vec<u8>>,
    /// The head that the other device knows; none where nothing is synced.
    pub(super) head: Option<Head>,
}

impl Parcel {
    /// For a new device, by one that just logged in.
    pub(super) fn of(
        proven: &Proven,
        keys: PassphraseKeys,
        email: String,
        newcomer: &Newcomer,
        head: Option<Head>,
    ) -> Result<Self, ClientError> {
        let key = proven.newest()?;
        let headers = proven.headers.iter().map(EpochHeader::to_bytes);
        Ok(Self {
            epoch: key.epoch(),
            wrap: key.wrap_for(&device_way(&newcomer.public))?,
            generation: proven.generation,
            passphrase_key: keys.opening.sealing_key()?,
            passphrase_vouch: keys.vouch,
            code_key: proven.code.sealing_key,
            code_vouch: derive_code_vouch(&proven.code.key)?,
            email,
            headers: headers.collect::<Result<_, _>>().map_err(CryptoError::from)?,
            head,
        })
    }

    pub(super) fn wrap(&self) -> Blob {
        Blob(self.wrap.clone())
    }

    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, CryptoError> {
        Ok(canonical::encode(self.fields())?)
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, SignedError> {
        let key = |fields: &mut canonical::Reader| fields.bytes().map(SealingKey);
        let vouch = |fields: &mut canonical::Reader| {
            fields
                .bytes()
                .map(|bytes| Vouch::from_key(Key::from_bytes(bytes)))
        };
        canonical::decode(
            bytes,
            |fields| {
                Ok(Self {
                    epoch: fields.number()?,
                    wrap: fields.any_bytes()?,
                    generation: i64::try_from(fields.number()?).map_err(|_| SignedError::Malformed)?,
                    passphrase_key: key(fields)?,
                    passphrase_vouch: vouch(fields)?,
                    code_key: key(fields)?,
                    code_vouch: vouch(fields)?,
                    email: fields.text()?,
                    headers: {
                        let (mut list, mut headers) = (fields.nested()?, Vec::new());
                        while !list.is_done() {
                            headers.push(list.any_bytes()?);
                        }
                        headers
                    },
                    head: {
                        let mut part = fields.nested()?;
                        let head = match part.is_done() {
                            true => None,
                            false => Some(Head {
                                sequence: part.number()?,
                                hash: HeaderHash(part.bytes()?),
                            }),
                        };
                        part.end()?;
                        head
                    },
                })
            },
            Self::fields,
        )
    }

    fn fields(&self) -> Fields {
        let headers = self.headers.iter();
        let headers = headers.fold(Fields::default(), |list, header| list.bytes(header));
        Fields::default()
            .number(self.epoch)
            .bytes(&self.wrap)
            .number(self.generation.unsigned_abs())
            .bytes(&self.passphrase_key.0)
            .bytes(self.passphrase_vouch.expose())
            .bytes(&self.code_key.0)
            .bytes(self.code_vouch.expose())
            .text(&self.email)
            .nested(headers)
            .nested(self.head.map_or_else(Fields::default, |head| {
                Fields::default().number(head.sequence).bytes(&head.hash.0)
            }))
    }

    /// All epochs of the account, checked as after a login: the key opens for this device, and vouches for the whole chain.
    pub(super) fn epochs(&self, account: AccountId, own: &OwnDevice) -> Result<Vec<KeptEpoch>, ClientError> {
        let headers = self.headers.iter();
        let headers = headers
            .map(|bytes| EpochHeader::from_bytes(bytes).map_err(|_| AccountError::BadAnswer))
            .collect::<Result<Vec<_>, _>>()?;
        let last = headers.last().ok_or(AccountError::BadAnswer)?;
        if last.statement().number != self.epoch {
            return Err(AccountError::BadAnswer.into());
        }
        let (way, opening) = (own.keys.public()?.way(), own.keys.opening());
        let key = AccountKey::unwrap_from(account, self.epoch, &way, opening, None, &self.wrap)
            .map_err(|_| AccountError::BadAnswer)?;
        let keys = key.all_from(&headers).map_err(|_| AccountError::BadAnswer)?;
        kept(&keys, &headers)
    }
}

#[cfg(test)]
mod tests {
    use regie_crypto::{account::CodeKeys, recovery::RecoveryCode, seal::OpeningKey};

    use super::*;

    fn newcomer() -> (OwnDevice, Newcomer) {
        let own = OwnDevice {
            keys: DeviceKeys::make_random().expect("keys"),
            name: "Telefoon".into(),
        };
        let newcomer = Newcomer::of(&own.keys, own.name.clone()).expect("a device");
        (own, newcomer)
    }

    /// Somebody who just logged in, in the second epoch.
    fn proven() -> (Proven, PassphraseKeys) {
        let account = AccountId([7; 16]);
        let device = DeviceKeys::make_random().expect("keys");
        let way = [device_way(&device.public().expect("keys"))];
        let (id, signing) = (device.id(), device.signing());
        let first = AccountKey::begin_first(account, id, &signing, &way).expect("an epoch");
        let second = first
            .key
            .begin_next(
                first.header.head().and_then(Head::next).expect("a place"),
                id,
                &signing,
                &way,
            )
            .expect("an epoch");
        let code = CodeKeys::derive(&RecoveryCode::make_random().expect("a code")).expect("keys");
        let sealed = second.key.seal_code(&code).expect("seals");
        let keys = vec![second.key, first.key];
        let code = AccountKey::open_code(&keys, &sealed).expect("opens");
        let proven = Proven {
            account,
            generation: 3,
            proof: Blob::default(),
            keys,
            headers: vec![first.header, second.header],
            code,
            gone: false,
        };
        let passphrase = PassphraseKeys {
            opening: OpeningKey::make_random().expect("a key"),
            vouch: Vouch::from_key(Key::make_random().expect("a key")),
        };
        (proven, passphrase)
    }

    #[test]
    fn a_parcel_opens_for_the_device_it_was_made_for_and_for_no_other() {
        let (own, device) = newcomer();
        let (proven, keys) = proven();
        let account = proven.account;
        let head = Some(Head {
            sequence: 9_000,
            hash: HeaderHash([9; 32]),
        });
        let email = "noor@thuis.example".into();
        let parcel = Parcel::of(&proven, keys, email, &device, head).expect("a parcel");
        let bytes = parcel.to_bytes().expect("bytes");
        let read = Parcel::from_bytes(&bytes).expect("reads");
        assert_eq!((read.email.as_str(), read.generation), ("noor@thuis.example", 3));
        assert_eq!(read.head, head);
        let epochs = read.epochs(account, &own).expect("epochs");
        let numbers: Vec<_> = epochs.iter().map(|kept| kept.key.epoch()).collect();
        assert_eq!(numbers, [2, 1]);
        assert_eq!(epochs[0].key.expose().expose(), proven.keys[0].expose().expose());
        let (other, _) = newcomer();
        assert!(read.epochs(account, &other).is_err(), "another device");
        assert!(read.epochs(AccountId([8; 16]), &own).is_err(), "another account");
        let mut shortened = Parcel::from_bytes(&bytes).expect("reads");
        shortened.headers.remove(0);
        assert!(
            shortened.epochs(account, &own).is_err(),
            "a chain without its beginning"
        );
        for end in 0..bytes.len() {
            assert!(Parcel::from_bytes(&bytes[..end]).is_err(), "{end}");
        }
    }

    #[test]
    fn a_new_device_has_a_name_that_can_be_shown() {
        let (_, device) = newcomer();
        let read = Newcomer::from_bytes(&device.to_bytes().expect("bytes")).expect("reads");
        assert_eq!((read.public, read.name.as_str()), (device.public, "Telefoon"));
        for name in ["", "a\u{7}b", "a\u{202e}b", &"a".repeat(naming::LONGEST + 1)] {
            let (_, mut odd) = newcomer();
            odd.name = name.to_owned();
            assert!(
                Newcomer::from_bytes(&odd.to_bytes().expect("bytes")).is_err(),
                "{name}"
            );
        }
    }
}
