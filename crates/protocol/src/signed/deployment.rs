//! Whose servers these are: the first thing that an app asks, and the root answers.

use crate::language::OwnedText;

use super::{
    Address, DeploymentId, Fields, Period, Reader, SealingKey, SignedError, Statement, VerifyingKey,
};

const MOST_ADDRESSES: usize = 8;
const LONGEST_NAME: usize = 80;

/// What the operator says of their servers. The app talks to no address outside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// Stays the same as long as the accounts do.
    pub id: DeploymentId,
    /// Whose servers they are, as people read it.
    pub names: OwnedText,
    /// Where they are; at least one.
    pub addresses: Vec<Address>,
    /// With which keys they answer.
    pub keys: DeploymentKeys,
    /// From when until when this holds.
    pub period: Period,
}

/// The public keys of a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeploymentKeys {
    /// Signs receipts of deletions.
    pub receipts: VerifyingKey,
    /// Tickets of deletions are sealed to it.
    pub tickets: SealingKey,
    /// The server's own key in OPAQUE, as it is encoded there (ristretto255).
    pub opaque: [u8; 32],
}

impl Statement for Deployment {
    const CONTEXT: &'static str = "regie/1/deployment";

    fn fields(&self) -> Fields {
        let addresses = self.addresses.iter();
        let fields = Fields::default()
            .bytes(&self.id.0)
            .text(&self.names.nl)
            .text(&self.names.en)
            .nested(addresses.fold(Fields::default(), |list, address| list.text(address.as_str())))
            .bytes(self.keys.receipts.as_bytes())
            .bytes(&self.keys.tickets.0)
            .bytes(&self.keys.opaque);
        self.period.write(fields)
    }

    fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        Ok(Self {
            id: DeploymentId(fields.bytes()?),
            names: OwnedText {
                nl: fields.text()?,
                en: fields.text()?,
            },
            addresses: addresses(fields.nested()?)?,
            keys: DeploymentKeys {
                receipts: VerifyingKey::from_bytes(&fields.bytes()?)?,
                tickets: SealingKey(fields.bytes()?),
                opaque: fields.bytes()?,
            },
            period: Period::read(fields)?,
        })
    }

    fn check(&self) -> Result<(), SignedError> {
        if !is_name(&self.names.nl) || !is_name(&self.names.en) {
            return Err(SignedError::Senseless("name"));
        }
        let twice = |(at, address)| self.addresses.iter().take(at).any(|other| other == address);
        let several = 1..=MOST_ADDRESSES;
        if !several.contains(&self.addresses.len()) || self.addresses.iter().enumerate().any(twice) {
            return Err(SignedError::Senseless("list of addresses"));
        }
        self.period.check()
    }

    fn period(&self) -> Option<Period> {
        Some(self.period)
    }
}

impl Deployment {
    /// Whether the app may talk to this address.
    #[must_use]
    pub fn has_address(&self, address: &Address) -> bool {
        self.addresses.contains(address)
    }
}

fn addresses(mut list: Reader) -> Result<Vec<Address>, SignedError> {
    let mut addresses = Vec::new();
    while !list.is_done() {
        addresses.push(Address::parse(&list.text()?)?);
    }
    Ok(addresses)
}

/// A name that shows as what it is: nothing unseen in it, nothing that turns its direction.
fn is_name(name: &str) -> bool {
    let unseen = |sign: char| {
        sign.is_control()
            || matches!(sign, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
            || matches!(sign, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
    };
    !name.is_empty()
        && name.trim() == name
        && name.chars().count() <= LONGEST_NAME
        && !name.chars().any(unseen)
}
