//! Requests that a device signs (docs/adr/0012).
//!
//! The clock in it is the server's: a device's may be wrong. The nonce needs no table, because it is a MAC over device and time; the
//! key of that MAC is the server's alone.

use super::{
    AccountId, DeviceId, Fields, Moment, Signature, SignedError, SigningKey, VerifyingKey, canonical,
};

const CONTEXT: &str = "regie/1/request";
const NONCE_CONTEXT: &str = "regie/1/nonce";
/// For how long a nonce is good.
pub const NONCE_SECONDS: u64 = 10 * 60;
/// How far apart the clocks of several servers of one deployment may be.
const CLOCKS_APART: u64 = 60;

/// The hash of a request's body, an empty one too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyHash(pub [u8; 32]);

impl BodyHash {
    /// Of a body at hand. Of one that streams: BLAKE3 over its bytes.
    #[must_use]
    pub fn of(body: &[u8]) -> Self {
        Self(*blake3::hash(body).as_bytes())
    }
}

/// What a server hands out before a request: when it did, and that it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nonce {
    /// When it was handed out, by the server's clock.
    pub at: Moment,
    /// The server's MAC over [`Nonce::input`].
    pub mac: [u8; 32],
}

impl Nonce {
    /// Bytes of a nonce as it travels.
    pub const BYTES: usize = 40;

    /// What the server's MAC is made over.
    ///
    /// # Errors
    /// Never in practice.
    pub fn input(device: DeviceId, at: Moment) -> Result<Vec<u8>, SignedError> {
        canonical::encode(
            Fields::default()
                .text(NONCE_CONTEXT)
                .bytes(&device.0)
                .number(at.0),
        )
    }

    /// Whether it is of these minutes, by the server's clock.
    #[must_use]
    pub fn is_fresh(&self, now: Moment) -> bool {
        self.at <= now.plus_seconds(CLOCKS_APART) && now < self.at.plus_seconds(NONCE_SECONDS)
    }

    /// Whether its MAC is this one, in constant time.
    #[must_use]
    pub fn has_mac(&self, mac: &[u8; 32]) -> bool {
        blake3::Hash::from_bytes(self.mac) == blake3::Hash::from_bytes(*mac)
    }

    /// The nonce as it travels.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        [self.at.0.to_be_bytes().as_slice(), &self.mac].concat()
    }

    /// Reads a nonce as it travels.
    ///
    /// # Errors
    /// [`SignedError::Malformed`] when it has another length.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SignedError> {
        let (at, mac) = bytes.split_first_chunk().ok_or(SignedError::Malformed)?;
        Ok(Self {
            at: Moment(u64::from_be_bytes(*at)),
            mac: mac.try_into().map_err(|_| SignedError::Malformed)?,
        })
    }
}

/// All of a request that a device's signature covers.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// Path and query, as they stand in the request.
    pub target: &'a str,
    /// The hash of the body.
    pub body: BodyHash,
    /// Whose device it is.
    pub account: AccountId,
    /// Which device.
    pub device: DeviceId,
    /// Grows with each request of the device.
    pub number: u64,
    /// The server's.
    pub nonce: Nonce,
}

impl Request<'_> {
    /// What is signed.
    ///
    /// # Errors
    /// Never in practice.
    pub fn to_bytes(&self) -> Result<Vec<u8>, SignedError> {
        let fields = Fields::default()
            .text(self.method)
            .text(self.target)
            .bytes(&self.body.0)
            .bytes(&self.account.0)
            .bytes(&self.device.0)
            .number(self.number)
            .bytes(&self.nonce.to_bytes());
        canonical::encode(fields)
    }

    /// Signs it with the device's key.
    ///
    /// # Errors
    /// Never in practice.
    pub fn sign(&self, key: &SigningKey) -> Result<Signature, SignedError> {
        Ok(key.sign(CONTEXT, &self.to_bytes()?))
    }

    /// Whether the device signed it. Whether the nonce is the server's, and whether the number grew, is asked apart.
    ///
    /// # Errors
    /// [`SignedError::Signature`] when it did not.
    pub fn verify(&self, key: &VerifyingKey, signature: &Signature) -> Result<(), SignedError> {
        key.verify(CONTEXT, &self.to_bytes()?, signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request<'static> {
        Request {
            method: "POST",
            target: "/v1/records?after=7",
            body: BodyHash::of(b"body"),
            account: AccountId([1; 16]),
            device: DeviceId([2; 16]),
            number: 3,
            nonce: Nonce {
                at: Moment(1_000),
                mac: [4; 32],
            },
        }
    }

    #[test]
    fn a_signature_covers_every_part_of_a_request() {
        let (key, other) = (SigningKey::from_seed(&[5; 32]), SigningKey::from_seed(&[6; 32]));
        let (right, public) = (request(), key.verifying_key());
        let signature = right.sign(&key).expect("signs");
        assert_eq!(right.verify(&public, &signature), Ok(()));
        let mut wrong = [right; 10];
        wrong[0].method = "GET";
        wrong[1].target = "/v1/records?after=8";
        wrong[2].target = "/v1/records";
        wrong[3].body = BodyHash::of(b"");
        wrong[4].account = AccountId([2; 16]);
        wrong[5].device = DeviceId([1; 16]);
        wrong[6].number = 4;
        wrong[7].nonce.at = Moment(1_001);
        wrong[8].nonce.mac[31] ^= 1;
        (wrong[9].method, wrong[9].target) = ("POST/v1", "/records?after=7");
        for (at, wrong) in wrong.iter().enumerate() {
            assert_eq!(
                wrong.verify(&public, &signature),
                Err(SignedError::Signature),
                "{at}"
            );
        }
        assert!(right.verify(&other.verifying_key(), &signature).is_err());
    }

    #[test]
    fn a_nonce_is_good_for_ten_minutes_of_the_servers_clock() {
        let nonce = request().nonce;
        for (now, fresh) in [
            (939, false),
            (940, true),
            (1_000, true),
            (1_599, true),
            (1_600, false),
        ] {
            assert_eq!(nonce.is_fresh(Moment(now)), fresh, "{now}");
        }
        assert!(nonce.has_mac(&[4; 32]));
        assert!(!nonce.has_mac(&[5; 32]));
        let bytes = nonce.to_bytes();
        assert_eq!(bytes.len(), Nonce::BYTES);
        assert_eq!(Nonce::from_bytes(&bytes), Ok(nonce));
        for wrong in [&bytes[1..], &[bytes.as_slice(), &[0]].concat(), &[]] {
            assert_eq!(Nonce::from_bytes(wrong), Err(SignedError::Malformed));
        }
        let input = |device, at| Nonce::input(DeviceId([device; 16]), Moment(at)).expect("bytes");
        assert_ne!(input(1, 5), input(2, 5));
        assert_ne!(input(1, 5), input(1, 6));
    }
}
