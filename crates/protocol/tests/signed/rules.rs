//! What each statement may say, and what follows from it.

use std::collections::BTreeSet;

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use regie_protocol::{
    Role,
    signed::{
        Certificate, InvitationCode, Moment, Period, Revocations, Signed, SignedError, SigningKey, Statement,
        Use,
    },
};

use super::samples::{certificates, deployments, invitations};

const DAY: u64 = 86_400;

fn one<T>(samples: impl Strategy<Value = T>) -> T {
    let mut runner = TestRunner::deterministic();
    samples.new_tree(&mut runner).expect("a sample").current()
}

fn list(number: u64, date: u64, serials: &[u64]) -> Revocations {
    Revocations {
        number,
        date: Moment(date),
        serials: BTreeSet::from_iter(serials.iter().copied()),
    }
}

#[test]
fn a_name_or_address_that_deceives_or_is_missing_is_never_signed() {
    let right = one(deployments());
    assert!(right.to_bytes().is_ok());
    for name in [
        "",
        " Regie",
        "Regie\n",
        "Re\u{202e}gie",
        "Regie\u{200b}",
        &"x".repeat(81),
    ] {
        let (mut nl, mut en) = (right.clone(), right.clone());
        nl.names.nl = name.to_owned();
        en.names.en = name.to_owned();
        for wrong in [nl, en] {
            assert_eq!(wrong.to_bytes(), Err(SignedError::Senseless("name")), "{name:?}");
        }
    }
    let (mut none, mut twice) = (right.clone(), right.clone());
    none.addresses.clear();
    twice.addresses = vec![right.addresses[0].clone(); 2];
    for wrong in [none, twice] {
        assert_eq!(wrong.to_bytes(), Err(SignedError::Senseless("list of addresses")));
    }
    assert!(right.has_address(&right.addresses[0]));
}

#[test]
fn a_role_is_given_for_ninety_days_at_most_and_never_to_members() {
    let right = one(certificates());
    let period = |seconds| Period {
        from: Moment(5),
        until: Moment(5 + seconds),
    };
    let with = |seconds| Certificate {
        period: period(seconds),
        ..right
    };
    assert!(with(90 * DAY).to_bytes().is_ok());
    for seconds in [90 * DAY + 1, 0] {
        assert_eq!(with(seconds).to_bytes(), Err(SignedError::Senseless("period")));
    }
    let member = Certificate {
        role: Role::Member,
        ..right
    };
    assert_eq!(member.to_bytes(), Err(SignedError::Senseless("role")));
    // Signed nevertheless, by whoever holds the root and another program, it is refused by who reads it.
    let key = SigningKey::from_seed(&[1; 32]);
    let bytes = with(90 * DAY).to_bytes().expect("bytes");
    let role = right.role.id().as_bytes();
    let at = bytes
        .windows(role.len())
        .position(|part| part == role)
        .expect("its role");
    let mut forged = bytes[..at - 1].to_vec();
    forged.push(0x66);
    forged.extend(b"member");
    forged.extend(&bytes[at + role.len()..]);
    let signature = key.sign(Certificate::CONTEXT, &forged);
    let forged = Signed::<Certificate>::from_parts(forged, signature);
    assert_eq!(
        forged.open(&key.verifying_key(), Moment(5)),
        Err(SignedError::Senseless("role"))
    );
}

#[test]
fn a_revoked_certificate_is_refused_and_a_new_grant_needs_a_list_of_these_days() {
    let key = SigningKey::from_seed(&[1; 32]);
    let root = key.verifying_key();
    let from = Moment(1_000 * DAY);
    let certificate = Certificate {
        serial: 7,
        period: Period {
            from,
            until: from.plus_days(90),
        },
        ..one(certificates())
    };
    let signed = Signed::sign(&certificate, &key).expect("signs");
    let accept = |list: &Revocations, purpose, days| {
        Certificate::accept(&signed, &root, list, purpose, from.plus_days(days))
    };
    let fresh = list(3, from.0, &[6, 8]);
    for (days, purpose, answer) in [
        (0, Use::NewGrant, Ok(certificate)),
        (14, Use::NewGrant, Ok(certificate)),
        (15, Use::NewGrant, Err(SignedError::ListTooOld)),
        (15, Use::Existing, Ok(certificate)),
        (89, Use::Existing, Ok(certificate)),
        (90, Use::Existing, Err(SignedError::Over)),
    ] {
        assert_eq!(accept(&fresh, purpose, days), answer, "{days} {purpose:?}");
    }
    let revoked = list(4, from.0, &[6, 7, 8]);
    for purpose in [Use::Existing, Use::NewGrant] {
        assert_eq!(accept(&revoked, purpose, 1), Err(SignedError::Revoked));
    }
    let other = SigningKey::from_seed(&[2; 32]).verifying_key();
    let accepted = Certificate::accept(&signed, &other, &fresh, Use::Existing, from);
    assert_eq!(accepted, Err(SignedError::Signature));
}

#[test]
fn a_list_gives_way_to_a_higher_number_whatever_their_dates() {
    let (older, newer) = (list(3, 900, &[1]), list(4, 800, &[1, 2]));
    assert!(newer.is_newer_than(&older));
    assert!(!older.is_newer_than(&newer));
    assert!(!older.is_newer_than(&older));
    assert!(!older.too_old_for_new_grants(Moment(900 + 14 * DAY)));
    assert!(older.too_old_for_new_grants(Moment(901 + 14 * DAY)));
}

#[test]
fn serials_out_of_order_or_twice_are_refused() {
    assert_eq!(
        Revocations::from_bytes(&[0x83, 1, 2, 0x82, 3, 4]),
        Ok(list(1, 2, &[3, 4]))
    );
    for bytes in [[0x83, 1, 2, 0x82, 4, 3], [0x83, 1, 2, 0x82, 3, 3]] {
        assert_eq!(Revocations::from_bytes(&bytes), Err(SignedError::NotCanonical));
    }
}

#[test]
fn an_invitation_is_for_one_code() {
    let code = InvitationCode::from_random([3; 16]);
    let mut invitation = one(invitations());
    assert!(!invitation.is_for(&code));
    invitation.code = code.hash();
    assert!(invitation.is_for(&code));
    assert!(!invitation.is_for(&InvitationCode::from_random([4; 16])));
}
