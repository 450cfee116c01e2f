//! Pairing: two devices that share a short code come to a key, show people six digits that only they share, and seal to each other.
//!
//! SPAKE2 lets whoever does not know the code try one code in one exchange. Whoever does know it, from a film of the screen, and is in between, meets
//! the digits: they are made of all that was said. So that nobody can try parts until the digits fit, the new device commits itself to its part
//! before it sees the other one's (docs/adr/0011).

use regie_protocol::signed::{
    AccountId, Fields, canonical,
    signs::{self, alphabet},
};
use spake2::{Ed25519Group, Identity, Password, Spake2};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    CryptoError, Key,
    kdf::derive_subkey,
    make_random,
    random::Generator,
    seal::{open, seal},
};

const SECRET_BYTES: usize = 5;
const SECRET_SIGNS: usize = 8;
const NONCE_BYTES: usize = 32;
/// What is sealed is filled up to a multiple of this.
const PADDED: usize = 64;
const COMMITMENT: &str = "regie/1/pairing commitment";
const TRANSCRIPT: &str = "regie/1/pairing transcript";
const NEW: &[u8] = b"regie/1/pairing/new";
const OLD: &[u8] = b"regie/1/pairing/old";
/// Smallest and largest number of a mailbox: four to six digits.
const NUMBERS: std::ops::RangeInclusive<u32> = 1000..=999_999;

/// What the new device keeps to itself and shows: 40 random bits.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct PairingSecret([u8; SECRET_BYTES]);

/// The whole code: by which number the mailbox is found, and the secret.
pub struct PairingCode {
    /// The server gave it.
    pub number: u32,
    /// The server never learns it.
    pub secret: PairingSecret,
}

/// What both ends know without each other, and must agree about.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The mailbox.
    pub number: u32,
    /// The root that vouches for the server.
    pub root: [u8; 32],
}

/// The new device, before it knows of the other one.
pub struct Offering {
    exchange: Box<Spake2<Ed25519Group>>,
    part: Vec<u8>,
    nonce: [u8; NONCE_BYTES],
    commitment: [u8; 32],
}

/// The new device, which waits for the other one's proof.
pub struct Unconfirmed {
    expected: Key,
    channel: Channel,
}

/// The device that is there, which waits for what was committed to.
pub struct Entering {
    exchange: Box<Spake2<Ed25519Group>>,
    part: Vec<u8>,
    nonce: [u8; NONCE_BYTES],
    commitment: [u8; 32],
    account: AccountId,
    place: Place,
}

/// Both have the same key, and know it.
pub struct Channel {
    account: AccountId,
    digits: String,
    sealing: Key,
    opening: Key,
}

/// All keys of one exchange.
struct Keys {
    proof_of_new: Key,
    proof_of_old: Key,
    from_new: Key,
    from_old: Key,
    digits: String,
}

impl PairingSecret {
    /// A new random one.
    ///
    /// # Errors
    /// [`CryptoError::Randomness`].
    pub fn make_random() -> Result<Self, CryptoError> {
        make_random().map(Self)
    }

    /// The code as it is shown: the number, and two groups of four signs.
    ///
    /// # Errors
    /// Never in practice; the alphabet is checked by a test.
    pub fn written(&self, number: u32) -> Result<Zeroizing<String>, CryptoError> {
        let signs = Zeroizing::new(alphabet()?.encode(&self.0));
        Ok(Zeroizing::new(format!("{number}-{}", *signs::grouped(&signs))))
    }

    fn password(&self) -> Password {
        Password::new(self.0)
    }
}

impl PairingCode {
    /// Reads a code as typed: case, look-alikes, spaces and hyphens do not matter.
    ///
    /// # Errors
    /// [`CryptoError::MistypedCode`] when none looks like it.
    pub fn parse(typed: &str) -> Result<Self, CryptoError> {
        let signs = signs::tidy(typed);
        let split = signs.len().checked_sub(SECRET_SIGNS);
        let (number, secret) = split
            .and_then(|split| signs.split_at_checked(split))
            .ok_or(CryptoError::MistypedCode)?;
        let digits: String = number.chars().map(digit).collect();
        let is_number = digits.chars().all(|sign| sign.is_ascii_digit());
        let number = digits
            .parse()
            .ok()
            .filter(|number| is_number && NUMBERS.contains(number));
        let secret = alphabet()?
            .decode(secret.as_bytes())
            .map(Zeroizing::new)
            .map_err(|_| CryptoError::MistypedCode)?;
        let secret =
            <[u8; SECRET_BYTES]>::try_from(secret.as_slice()).map_err(|_| CryptoError::MistypedCode)?;
        Ok(Self {
            number: number.ok_or(CryptoError::MistypedCode)?,
            secret: PairingSecret(secret),
        })
    }
}

const fn digit(sign: char) -> char {
    match sign {
        'o' | 'O' => '0',
        'i' | 'I' | 'l' | 'L' => '1',
        other => other,
    }
}

impl Offering {
    /// Begins, on the new device.
    ///
    /// # Errors
    /// [`CryptoError::Randomness`].
    pub fn begin(secret: &PairingSecret) -> Result<Self, CryptoError> {
        let (new, old) = (Identity::new(NEW), Identity::new(OLD));
        let (exchange, part) = Spake2::start_a_with_rng(&secret.password(), &new, &old, Generator::make()?);
        let nonce = make_random()?;
        Ok(Self {
            exchange: Box::new(exchange),
            commitment: commit(&part, &nonce)?,
            part,
            nonce,
        })
    }

    /// To be said first: it binds to the part, and tells nothing of it.
    #[must_use]
    pub const fn commitment(&self) -> [u8; 32] {
        self.commitment
    }

    /// Takes the other one's part, and gives what was committed to, with the proof of the key.
    ///
    /// # Errors
    /// [`CryptoError::Parameters`] for what is no part.
    pub fn meet(self, place: Place, reply: &[u8]) -> Result<(Unconfirmed, Vec<u8>), CryptoError> {
        let (their_part, their_nonce, account) = canonical::decode(
            reply,
            |fields| Ok((fields.any_bytes()?, fields.bytes()?, AccountId(fields.bytes()?))),
            |(part, nonce, account): &(Vec<u8>, [u8; NONCE_BYTES], AccountId)| {
                reply_of(part, nonce, *account)
            },
        )?;
        let said = Said {
            place,
            account,
            commitment: &self.commitment,
            new: (&self.part, &self.nonce),
            old: (&their_part, &their_nonce),
        };
        let keys = said.keys(*self.exchange, &their_part)?;
        let opening = opening_of(&self.part, &self.nonce, keys.proof_of_new.expose());
        let waiting = Unconfirmed {
            expected: keys.proof_of_old,
            channel: Channel::new(account, keys.digits, keys.from_new, keys.from_old),
        };
        Ok((waiting, canonical::encode(opening)?))
    }
}

impl Unconfirmed {
    /// Checks the other one's proof.
    ///
    /// # Errors
    /// [`CryptoError::WrongKey`] when another code was typed, or somebody altered what was said.
    pub fn confirm(self, confirmation: &[u8]) -> Result<Channel, CryptoError> {
        if is_proof(&self.expected, confirmation) {
            Ok(self.channel)
        } else {
            Err(CryptoError::WrongKey)
        }
    }
}

impl Entering {
    /// Begins, on the device that is there, once the new one committed itself; gives what it is told.
    ///
    /// # Errors
    /// [`CryptoError::Randomness`]; [`CryptoError::Parameters`] for what is no commitment.
    pub fn begin(
        secret: &PairingSecret,
        place: Place,
        account: AccountId,
        commitment: &[u8],
    ) -> Result<(Self, Vec<u8>), CryptoError> {
        let (new, old) = (Identity::new(NEW), Identity::new(OLD));
        let (exchange, part) = Spake2::start_b_with_rng(&secret.password(), &new, &old, Generator::make()?);
        let nonce = make_random()?;
        let reply = canonical::encode(reply_of(&part, &nonce, account))?;
        let begun = Self {
            exchange: Box::new(exchange),
            part,
            nonce,
            commitment: commitment.try_into().map_err(|_| CryptoError::Parameters)?,
            account,
            place,
        };
        Ok((begun, reply))
    }

    /// Takes what was committed to, and gives the proof of the key.
    ///
    /// # Errors
    /// [`CryptoError::WrongKey`] when another code was typed, or somebody altered what was said; [`CryptoError::Parameters`] when it is not what was
    /// committed to.
    pub fn meet(self, opening: &[u8]) -> Result<(Channel, Vec<u8>), CryptoError> {
        let (their_part, their_nonce, proof) = canonical::decode(
            opening,
            |fields| Ok((fields.any_bytes()?, fields.bytes()?, fields.bytes()?)),
            |(part, nonce, proof): &(Vec<u8>, [u8; NONCE_BYTES], [u8; Key::BYTES])| {
                opening_of(part, nonce, proof)
            },
        )?;
        if commit(&their_part, &their_nonce)? != self.commitment {
            return Err(CryptoError::Parameters);
        }
        let said = Said {
            place: self.place,
            account: self.account,
            commitment: &self.commitment,
            new: (&their_part, &their_nonce),
            old: (&self.part, &self.nonce),
        };
        let keys = said.keys(*self.exchange, &their_part)?;
        if !is_proof(&keys.proof_of_new, &proof) {
            return Err(CryptoError::WrongKey);
        }
        let confirmation = keys.proof_of_old.expose().to_vec();
        let channel = Channel::new(self.account, keys.digits, keys.from_old, keys.from_new);
        Ok((channel, confirmation))
    }
}

impl Channel {
    const fn new(account: AccountId, digits: String, sealing: Key, opening: Key) -> Self {
        Self {
            account,
            digits,
            sealing,
            opening,
        }
    }

    /// Whose account it is about, as the device that is there said.
    #[must_use]
    pub const fn account(&self) -> AccountId {
        self.account
    }

    /// Six digits that people compare.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.digits
    }

    /// Seals the message of a step to the other one.
    ///
    /// # Errors
    /// [`CryptoError::Randomness`].
    pub fn seal(&self, step: i64, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let mut padded = Zeroizing::new(Vec::with_capacity(message.len() + PADDED + 1));
        padded.extend_from_slice(message);
        padded.push(0x80);
        let whole = padded.len().next_multiple_of(PADDED);
        padded.resize(whole, 0);
        seal(&self.sealing, &padded, &step.to_be_bytes())
    }

    /// Opens the other one's message of a step.
    ///
    /// # Errors
    /// [`CryptoError::WrongKey`] for one that was altered, cut, sent back or is of another step.
    pub fn open(&self, step: i64, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let mut opened = open(&self.opening, sealed, &step.to_be_bytes())?;
        let end = opened.iter().rposition(|byte| *byte == 0x80);
        opened.truncate(end.ok_or(CryptoError::WrongKey)?);
        Ok(opened)
    }
}

/// All that was said before there was a key.
struct Said<'a> {
    place: Place,
    account: AccountId,
    commitment: &'a [u8; 32],
    new: (&'a [u8], &'a [u8; NONCE_BYTES]),
    old: (&'a [u8], &'a [u8; NONCE_BYTES]),
}

impl Said<'_> {
    fn keys(&self, exchange: Spake2<Ed25519Group>, their_part: &[u8]) -> Result<Keys, CryptoError> {
        let shared = exchange.finish(their_part).map_err(|_| CryptoError::Parameters)?;
        let shared = Zeroizing::new(shared);
        let fields = Fields::default()
            .number(self.place.number.into())
            .bytes(&self.place.root)
            .bytes(&self.account.0)
            .bytes(self.commitment)
            .bytes(self.old.0)
            .bytes(self.old.1)
            .bytes(self.new.0)
            .bytes(self.new.1);
        let transcript = blake3::derive_key(TRANSCRIPT, &canonical::encode(fields)?);
        let part = |name: &str| derive_subkey(&shared, &transcript, name.as_bytes());
        Ok(Keys {
            proof_of_new: part("regie/1/pairing/proof of new")?,
            proof_of_old: part("regie/1/pairing/proof of old")?,
            from_new: part("regie/1/pairing/from new")?,
            from_old: part("regie/1/pairing/from old")?,
            digits: digits_of(&part("regie/1/pairing/digits")?),
        })
    }
}

/// Of 64 bits, so that no number is likelier than another by anything that counts.
fn digits_of(key: &Key) -> String {
    let bytes = key.expose().first_chunk().copied().unwrap_or_default();
    format!("{:06}", u64::from_be_bytes(bytes) % 1_000_000)
}

fn commit(part: &[u8], nonce: &[u8; NONCE_BYTES]) -> Result<[u8; 32], CryptoError> {
    let whole = canonical::encode(Fields::default().bytes(part).bytes(nonce))?;
    Ok(blake3::derive_key(COMMITMENT, &whole))
}

fn reply_of(part: &[u8], nonce: &[u8; NONCE_BYTES], account: AccountId) -> Fields {
    Fields::default().bytes(part).bytes(nonce).bytes(&account.0)
}

fn opening_of(part: &[u8], nonce: &[u8; NONCE_BYTES], proof: &[u8; Key::BYTES]) -> Fields {
    Fields::default().bytes(part).bytes(nonce).bytes(proof)
}

/// Compared in constant time.
fn is_proof(expected: &Key, given: &[u8]) -> bool {
    let given = <[u8; Key::BYTES]>::try_from(given);
    given.is_ok_and(|given| blake3::Hash::from_bytes(*expected.expose()) == blake3::Hash::from_bytes(given))
}

macro_rules! silent {
    ($($name:ident),*) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )*};
}

silent!(
    PairingSecret,
    PairingCode,
    Offering,
    Unconfirmed,
    Entering,
    Channel
);

#[cfg(test)]
mod tests;
