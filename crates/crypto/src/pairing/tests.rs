use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

const ACCOUNT: AccountId = AccountId([7; 16]);
const PLACE: Place = Place {
    number: 4821,
    root: [3; 32],
};

fn secret(bytes: [u8; SECRET_BYTES]) -> PairingSecret {
    PairingSecret(bytes)
}

/// Both ends, where nobody is in between.
fn met(new: [u8; SECRET_BYTES], old: [u8; SECRET_BYTES]) -> Result<(Channel, Channel), CryptoError> {
    let offering = Offering::begin(&secret(new))?;
    let (entering, reply) = Entering::begin(&secret(old), PLACE, ACCOUNT, &offering.commitment())?;
    let (waiting, opening) = offering.meet(PLACE, &reply)?;
    let (channel, confirmation) = entering.meet(&opening)?;
    Ok((waiting.confirm(&confirmation)?, channel))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn one_code_gives_both_the_same_digits_and_a_wrong_one_never_agrees(code: [u8; 5], other: [u8; 5]) {
        let (new, old) = met(code, code)?;
        prop_assert_eq!(new.digits(), old.digits());
        prop_assert!(new.digits().len() == 6 && new.digits().bytes().all(|digit| digit.is_ascii_digit()));
        prop_assert_eq!((new.account(), old.account()), (ACCOUNT, ACCOUNT));
        let sealed = new.seal(5, b"keys")?;
        prop_assert_eq!(&**old.open(5, &sealed)?, b"keys");
        let sealed = old.seal(6, b"parcel")?;
        prop_assert_eq!(&**new.open(6, &sealed)?, b"parcel");
        if code != other {
            prop_assert_eq!(met(code, other).err(), Some(CryptoError::WrongKey));
        }
    }

    #[test]
    fn whatever_is_altered_on_the_way_is_refused(code: [u8; 5], which in 0_usize..4, at: prop::sample::Index, flip in 1_u8..) {
        let alter = |step: usize, bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            let at = at.index(bytes.len());
            if step == which { bytes[at] ^= flip; }
            bytes
        };
        let whole = (|| -> Result<_, CryptoError> {
            let offering = Offering::begin(&secret(code))?;
            let (entering, reply) = Entering::begin(&secret(code), PLACE, ACCOUNT, &alter(0, &offering.commitment()))?;
            let (waiting, opening) = offering.meet(PLACE, &alter(1, &reply))?;
            let (_, confirmation) = entering.meet(&alter(2, &opening))?;
            waiting.confirm(&alter(3, &confirmation))
        })();
        prop_assert!(whole.is_err());
    }

    #[test]
    fn a_sealed_message_opens_whole_in_its_step_and_for_the_other_one(
        message: Vec<u8>, step: i64, other: i64, cut: prop::sample::Index
    ) {
        let (new, old) = met([1; 5], [1; 5])?;
        let sealed = new.seal(step, &message)?;
        prop_assert!(other == step || old.open(other, &sealed).is_err(), "another step");
        prop_assert!(old.open(step, &sealed[..cut.index(sealed.len())]).is_err(), "cut");
        prop_assert!(new.open(step, &sealed).is_err(), "sent back");
        let (_, stranger) = met([1; 5], [1; 5])?;
        prop_assert!(stranger.open(step, &sealed).is_err(), "another conversation");
        prop_assert_eq!(&**old.open(step, &sealed)?, &message);
        prop_assert!(sealed.len() % PADDED == new.seal(step, b"")?.len() % PADDED, "its length tells little");
    }

    #[test]
    fn a_code_is_read_as_it_was_written_however_it_is_typed(bytes: [u8; 5], number in 1000_u32..=999_999) {
        let written = secret(bytes).written(number)?;
        let groups: Vec<_> = written.split('-').collect();
        prop_assert!(groups.len() == 3 && groups[1].len() == 4 && groups[2].len() == 4);
        for typed in [written.to_string(), written.to_lowercase(), written.replace('-', " "), written.replace('-', "")] {
            let read = PairingCode::parse(&typed)?;
            prop_assert_eq!((read.number, read.secret.0), (number, bytes));
        }
    }

    #[test]
    fn no_typed_text_and_no_message_breaks_anything(text in ".{0,24}", bytes: Vec<u8>) {
        let _ = PairingCode::parse(&text);
        let offering = Offering::begin(&secret([1; 5]))?;
        let (entering, _) = Entering::begin(&secret([1; 5]), PLACE, ACCOUNT, &offering.commitment())?;
        prop_assert!(offering.meet(PLACE, &bytes).is_err());
        prop_assert!(entering.meet(&bytes).is_err());
    }
}

#[test]
fn a_code_is_a_number_and_two_groups_and_look_alikes_are_what_was_meant() {
    let read = PairingCode::parse("1O2l k7qf-9m2x").expect("a code");
    assert_eq!(read.number, 1021);
    for typed in [
        "",
        "K7QF-9M2X",
        "821-K7QF-9M2X",
        "0821-K7QF-9M2X",
        "4821-K7QF-9M2",
        "4821-K7QF-9M2X-A",
        "4821-K7QF-9M2U",
        "+821-K7QF-9M2X",
        "1234567-K7QF-9M2X",
        "4821-K7QF-9Mé",
    ] {
        assert_eq!(
            PairingCode::parse(typed).err(),
            Some(CryptoError::MistypedCode),
            "{typed}"
        );
    }
}

/// Somebody in between who filmed the code, and does all that the protocol lets them do.
#[test]
fn who_is_in_between_and_knows_the_code_meets_other_digits() {
    let code = [9; 5];
    let mut differ = 0;
    for _ in 0..32 {
        let new = Offering::begin(&secret(code)).expect("begins");
        let posing_as_new = Offering::begin(&secret(code)).expect("begins");
        let (posing_as_old, to_new) =
            Entering::begin(&secret(code), PLACE, ACCOUNT, &new.commitment()).expect("begins");
        let (old, reply) =
            Entering::begin(&secret(code), PLACE, ACCOUNT, &posing_as_new.commitment()).expect("begins");
        let (waiting, opening) = new.meet(PLACE, &to_new).expect("meets");
        let (with_new, confirmation) = posing_as_old.meet(&opening).expect("meets");
        let new = waiting.confirm(&confirmation).expect("confirms");
        let (_, opening) = posing_as_new.meet(PLACE, &reply).expect("meets");
        let (old, _) = old.meet(&opening).expect("meets");
        assert_eq!(with_new.digits(), new.digits(), "who is in between sees them");
        differ += usize::from(new.digits() != old.digits());
    }
    assert!(differ >= 31, "{differ} of 32 differ");
}

/// Whoever is in between would try parts until the digits fit. The commitment comes before they could know what to fit.
#[test]
fn another_part_than_the_one_that_was_committed_to_is_refused_though_the_code_is_right() {
    let code = [9; 5];
    let (first, second) = (
        Offering::begin(&secret(code)).expect("begins"),
        Offering::begin(&secret(code)).expect("begins"),
    );
    let (entering, reply) =
        Entering::begin(&secret(code), PLACE, ACCOUNT, &first.commitment()).expect("begins");
    let (_, opening) = second.meet(PLACE, &reply).expect("meets");
    assert_eq!(entering.meet(&opening).err(), Some(CryptoError::Parameters));
}

#[test]
fn another_mailbox_another_server_and_another_account_are_another_conversation() {
    let code = [9; 5];
    let elsewhere = [
        Place {
            number: 4822,
            ..PLACE
        },
        Place {
            root: [4; 32],
            ..PLACE
        },
    ];
    for place in elsewhere {
        let offering = Offering::begin(&secret(code)).expect("begins");
        let (entering, reply) =
            Entering::begin(&secret(code), PLACE, ACCOUNT, &offering.commitment()).expect("begins");
        let (_, opening) = offering.meet(place, &reply).expect("meets");
        assert_eq!(entering.meet(&opening).err(), Some(CryptoError::WrongKey));
    }
    let offering = Offering::begin(&secret(code)).expect("begins");
    let (entering, reply) =
        Entering::begin(&secret(code), PLACE, ACCOUNT, &offering.commitment()).expect("begins");
    let other = canonical::decode(
        &reply,
        |fields| Ok((fields.any_bytes()?, fields.bytes()?, fields.bytes::<16>()?)),
        |(part, nonce, account)| reply_of(part, nonce, AccountId(*account)),
    )
    .expect("reads");
    let posed = canonical::encode(reply_of(&other.0, &other.1, AccountId([8; 16]))).expect("writes");
    let (_, opening) = offering.meet(PLACE, &posed).expect("meets");
    assert_eq!(entering.meet(&opening).err(), Some(CryptoError::WrongKey));
}

#[test]
fn nothing_prints_a_secret_and_each_exchange_has_digits_of_its_own() {
    let (new, _) = met([1; 5], [1; 5]).expect("meets");
    let shown = format!("{new:?} {:?}", secret([0xab; 5]));
    assert_eq!(shown, "Channel(…) PairingSecret(…)");
    let digits: BTreeSet<String> = (0..40)
        .map(|_| met([1; 5], [1; 5]).expect("meets").0.digits().to_owned())
        .collect();
    assert!(digits.len() >= 39, "{} of 40", digits.len());
}
