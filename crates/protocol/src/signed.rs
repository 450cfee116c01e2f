//! What is signed, and how: statements of the operator's root, requests and tickets of a device, receipts of a server (docs/adr/0012), headers of
//! an account's chain (docs/adr/0014).
//!
//! A statement has exactly one encoding, deterministic CBOR (RFC 8949, 4.2), and what reads differently from how it would be
//! written is refused. Its context stands, with its length, before what is signed: a signature for one purpose never fits
//! another. Nothing here has a clock or makes randomness; both are arguments.

pub mod address;
pub mod canonical;
pub mod certificate;
pub mod chain;
pub mod code;
pub mod deployment;
pub mod epoch;
pub mod fingerprint;
pub mod header;
pub mod id;
pub mod identity;
pub mod invitation;
pub mod keys;
pub mod link;
pub mod moment;
pub mod receipt;
pub mod request;
pub mod revocations;
pub mod roll;
pub mod signs;
pub mod ticket;
mod vouched;

use std::{fmt, marker::PhantomData};

use thiserror::Error;

pub use address::Address;
pub use canonical::{Fields, Reader};
pub use certificate::{Certificate, Use};
pub use chain::{Header, HeaderKind};
pub use code::{CodeHash, InvitationCode};
pub use deployment::{Deployment, DeploymentKeys};
pub use epoch::{EpochHeader, EpochStatement, HeaderHash, SealedWay};
pub use fingerprint::Fingerprint;
pub use header::{ChangeHeader, ChangeStatement, Entry, Head, Next};
pub use id::{AccountId, DeploymentId, DeviceId, OrganisationId};
pub use identity::IdentityStatement;
pub use invitation::Invitation;
pub use keys::{SealingKey, Signature, SigningKey, VerifyingKey};
pub use link::JoinLink;
pub use moment::{Moment, Period};
pub use receipt::{Erased, Receipt};
pub use request::{BodyHash, Nonce, Request};
pub use revocations::Revocations;
pub use roll::{DevicePublic, Roll, RollHash};
pub use ticket::Ticket;
pub use vouched::SumBytes;

/// Why something signed, or something typed, is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SignedError {
    /// It cannot be read at all.
    #[error("it cannot be read")]
    Malformed,
    /// It is longer than anything of its kind.
    #[error("it is too long")]
    TooLong,
    /// It can be read, and would be written otherwise.
    #[error("it is not written in the one way")]
    NotCanonical,
    /// It is of a version that this program does not know.
    #[error("it is of another version")]
    Version,
    /// It can be read, and its named part makes no sense.
    #[error("its {0} makes no sense")]
    Senseless(&'static str),
    /// The bytes are no public key, or a weak one.
    #[error("it is no public key")]
    Key,
    /// The signature is by another key, for another purpose, or over other bytes.
    #[error("the signature does not fit")]
    Signature,
    /// It is valid later.
    #[error("it is not valid yet")]
    NotYet,
    /// It was valid until now.
    #[error("it has ended")]
    Over,
    /// The certificate's serial is on the list of revocations.
    #[error("it was revoked")]
    Revoked,
    /// The list of revocations is too old for a new grant.
    #[error("the list of revocations is too old")]
    ListTooOld,
    /// The code or fingerprint cannot have been issued: a sign is wrong, missing or one too many.
    #[error("it was mistyped")]
    Mistyped,
    /// It is no address of a server.
    #[error("it is no address of a server")]
    Address,
    /// It is no link of Regie's.
    #[error("it is no link of Regie's")]
    Link,
}

/// Something that a key vouches for.
pub trait Statement: Sized {
    /// Its purpose, which is signed with it.
    const CONTEXT: &'static str;

    /// Its parts, in their fixed order.
    fn fields(&self) -> Fields;

    /// The same parts, read.
    ///
    /// # Errors
    /// What cannot be read.
    fn read(fields: &mut Reader) -> Result<Self, SignedError>;

    /// Whether it makes sense: asked before it is signed and after it was read.
    ///
    /// # Errors
    /// What makes none.
    fn check(&self) -> Result<(), SignedError>;

    /// From when until when it is valid; nothing where other rules decide.
    fn period(&self) -> Option<Period> {
        None
    }

    /// Its one encoding.
    ///
    /// # Errors
    /// What makes no sense in it.
    fn to_bytes(&self) -> Result<Vec<u8>, SignedError> {
        self.check()?;
        canonical::encode(self.fields())
    }

    /// Reads its one encoding.
    ///
    /// # Errors
    /// Everything that [`Statement::to_bytes`] would not have written.
    fn from_bytes(bytes: &[u8]) -> Result<Self, SignedError> {
        let statement = canonical::decode(bytes, Self::read, Self::fields)?;
        statement.check()?;
        Ok(statement)
    }
}

/// A statement with its signature, as it travels. What it says can be had only together with a key that vouches for it.
#[derive(Clone, PartialEq, Eq)]
pub struct Signed<T> {
    bytes: Vec<u8>,
    signature: Signature,
    statement: PhantomData<T>,
}

impl<T: Statement> Signed<T> {
    /// Signs a statement.
    ///
    /// # Errors
    /// What makes no sense in it.
    pub fn sign(statement: &T, key: &SigningKey) -> Result<Self, SignedError> {
        let bytes = statement.to_bytes()?;
        let signature = key.sign(T::CONTEXT, &bytes);
        Ok(Self::from_parts(bytes, signature))
    }

    /// Bytes and signature that were kept apart; nothing is checked before it is opened.
    #[must_use]
    pub const fn from_parts(bytes: Vec<u8>, signature: Signature) -> Self {
        Self {
            bytes,
            signature,
            statement: PhantomData,
        }
    }

    /// What it says, if the key vouches for it and it is valid now.
    ///
    /// # Errors
    /// [`SignedError::Signature`] before anything else was read; [`SignedError::NotYet`], [`SignedError::Over`].
    pub fn open(&self, key: &VerifyingKey, now: Moment) -> Result<T, SignedError> {
        let statement = self.open_at_any_time(key)?;
        statement.period().map_or(Ok(()), |period| period.check_at(now))?;
        Ok(statement)
    }

    /// What it says, if the key vouches for it, valid now or not: to show it, or to tell that it has ended.
    ///
    /// # Errors
    /// [`SignedError::Signature`] before anything else was read.
    pub fn open_at_any_time(&self, key: &VerifyingKey) -> Result<T, SignedError> {
        key.verify(T::CONTEXT, &self.bytes, &self.signature)?;
        T::from_bytes(&self.bytes)
    }

    /// The statement's encoding, as it was signed.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The signature over it.
    #[must_use]
    pub const fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Both together, for a file or the wire.
    ///
    /// # Errors
    /// Never in practice.
    pub fn to_bytes(&self) -> Result<Vec<u8>, SignedError> {
        canonical::encode(self.fields())
    }

    /// Reads both; nothing is checked before it is opened.
    ///
    /// # Errors
    /// Everything that [`Signed::to_bytes`] would not have written.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SignedError> {
        canonical::decode(bytes, Self::read, Self::fields)
    }

    /// Many of one kind in one piece.
    ///
    /// # Errors
    /// Never in practice.
    pub fn many_to_bytes(many: &[Self]) -> Result<Vec<u8>, SignedError> {
        canonical::encode(Self::many_fields(many))
    }

    /// Reads many of one kind; nothing is checked before each is opened. The caller bounds the length.
    ///
    /// # Errors
    /// Everything that [`Signed::many_to_bytes`] would not have written.
    pub fn many_from_bytes(bytes: &[u8]) -> Result<Vec<Self>, SignedError> {
        let read = |fields: &mut Reader| {
            let mut many = Vec::new();
            while !fields.is_done() {
                many.push(Self::read(&mut fields.nested()?)?);
            }
            Ok(many)
        };
        canonical::decode_long(bytes, read, |many| Self::many_fields(many))
    }

    fn fields(&self) -> Fields {
        Fields::default()
            .bytes(&self.bytes)
            .bytes(self.signature.as_bytes())
    }

    fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        let bytes = fields.any_bytes()?;
        let signature = Signature::from_bytes(fields.bytes()?);
        fields.end()?;
        Ok(Self::from_parts(bytes, signature))
    }

    fn many_fields(many: &[Self]) -> Fields {
        many.iter()
            .fold(Fields::default(), |fields, one| fields.nested(one.fields()))
    }
}

impl<T: Statement> fmt::Debug for Signed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signed({})", T::CONTEXT)
    }
}
