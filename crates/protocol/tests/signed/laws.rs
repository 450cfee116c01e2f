//! Laws that hold for every statement, whatever it says.

use std::fmt::Debug;

use proptest::prelude::*;
use regie_protocol::signed::{
    Certificate, Deployment, Invitation, Moment, Receipt, Revocations, Signature, Signed, SignedError,
    SigningKey, Statement, Ticket, VerifyingKey,
};

use super::samples::{certificates, deployments, invitations, lists, receipts, tickets};

/// What was signed opens with its key, through any transport, at any moment of its period and at no other.
fn comes_back<T: Statement + Clone + PartialEq + Debug>(
    statement: &T,
    seed: [u8; 32],
) -> Result<(), TestCaseError> {
    let key = SigningKey::from_seed(&seed);
    let public = key.verifying_key();
    let signed = Signed::sign(statement, &key)?;
    let read = Signed::<T>::from_bytes(&signed.to_bytes()?)?;
    prop_assert!(read == signed);
    prop_assert_eq!(&read.open_at_any_time(&public)?, statement);
    if let Some(period) = statement.period() {
        prop_assert_eq!(&read.open(&public, period.from)?, statement);
        prop_assert_eq!(&read.open(&public, Moment(period.until.0 - 1))?, statement);
        prop_assert_eq!(read.open(&public, period.until), Err(SignedError::Over));
        if let Some(before) = period.from.0.checked_sub(1) {
            prop_assert_eq!(read.open(&public, Moment(before)), Err(SignedError::NotYet));
        }
    }
    let many = vec![read.clone(), read];
    prop_assert!(Signed::many_from_bytes(&Signed::many_to_bytes(&many)?)? == many);
    Ok(())
}

/// One bit, wherever it is: of what is said, of the signature, of the key.
fn any_flipped_bit_is_refused<T: Statement>(
    statement: &T,
    seed: [u8; 32],
    at: prop::sample::Index,
) -> Result<(), TestCaseError> {
    let key = SigningKey::from_seed(&seed);
    let public = key.verifying_key();
    let signed = Signed::sign(statement, &key)?;
    let flip = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        let bit = at.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    };
    let other = Signed::<T>::from_parts(flip(signed.bytes()), *signed.signature());
    prop_assert_eq!(
        other.open_at_any_time(&public).err(),
        Some(SignedError::Signature)
    );
    let signature: [u8; 64] = flip(signed.signature().as_bytes()).try_into().expect("64 bytes");
    let other = Signed::<T>::from_parts(signed.bytes().to_vec(), Signature::from_bytes(signature));
    prop_assert_eq!(
        other.open_at_any_time(&public).err(),
        Some(SignedError::Signature)
    );
    let bytes: [u8; 32] = flip(public.as_bytes()).try_into().expect("32 bytes");
    if let Ok(other) = VerifyingKey::from_bytes(&bytes) {
        prop_assert_eq!(
            signed.open_at_any_time(&other).err(),
            Some(SignedError::Signature)
        );
    }
    // The same in transport: it is not read, or does not open.
    if let Ok(other) = Signed::<T>::from_bytes(&flip(&signed.to_bytes()?)) {
        prop_assert!(other.open_at_any_time(&public).is_err());
    }
    // Signed or not, other bytes are another statement or none.
    if let Ok(other) = T::from_bytes(&flip(signed.bytes())) {
        prop_assert_ne!(other.to_bytes()?, signed.bytes());
    }
    Ok(())
}

/// The very bytes of one purpose under the context of each other.
fn fits_no_other_purpose<T: Statement>(statement: &T, seed: [u8; 32]) -> Result<(), TestCaseError> {
    let key = SigningKey::from_seed(&seed);
    let (public, signed) = (key.verifying_key(), Signed::sign(statement, &key)?);
    let contexts = [
        Deployment::CONTEXT,
        Invitation::CONTEXT,
        Certificate::CONTEXT,
        Revocations::CONTEXT,
        Receipt::CONTEXT,
        Ticket::CONTEXT,
        "regie/1/request",
        "",
    ];
    for context in contexts {
        let verified = public.verify(context, signed.bytes(), signed.signature());
        prop_assert_eq!(verified.is_ok(), context == T::CONTEXT, "{}", context);
    }
    Ok(())
}

macro_rules! laws {
    ($($name:ident: $samples:ident),* $(,)?) => {$(
        mod $name {
            use super::*;

            proptest! {
                #![proptest_config(ProptestConfig::with_cases(48))]

                #[test]
                fn comes_back_as_it_was_signed(statement in $samples(), seed: [u8; 32]) {
                    comes_back(&statement, seed)?;
                }

                #[test]
                fn is_refused_with_any_flipped_bit(statement in $samples(), seed: [u8; 32], at: prop::sample::Index) {
                    any_flipped_bit_is_refused(&statement, seed, at)?;
                }

                #[test]
                fn bears_a_signature_for_its_own_purpose_alone(statement in $samples(), seed: [u8; 32]) {
                    fits_no_other_purpose(&statement, seed)?;
                }
            }
        }
    )*};
}

laws! {
    a_deployment: deployments,
    an_invitation: invitations,
    a_certificate: certificates,
    a_list_of_revocations: lists,
    a_receipt: receipts,
    a_ticket: tickets,
}
