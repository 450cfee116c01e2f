use super::{Case, Go, at, check};
use crate::{
    consent::{Event, History, travels},
    record::Record,
};

const LOOK_BACK: &str = "look_back";

/// A yes or a no to looking back, at an hour of one day.
fn event(given: bool, hour: u8) -> Event {
    Event {
        purpose: LOOK_BACK.to_owned(),
        purpose_version: 1,
        statement_version: 3,
        given,
        at: at(&format!("2026-05-03T{hour:02}:00:00+02:00")),
    }
}

/// `+8 -9` is a yes at eight and a no at nine.
fn history(choices: &str) -> History {
    let events = choices.split_whitespace().map(|choice| {
        let (sign, hour) = choice.split_at(1);
        event(sign == "+", hour.parse().expect("an hour"))
    });
    History::new(events)
}

fn holds(history: &History) -> bool {
    history.last(LOOK_BACK).expect("a choice").given
}

#[test]
fn a_withdrawal_is_never_lost_and_no_clock_gives_a_consent_back() {
    let one = |title, base: Option<&str>, mine: &str, theirs: &str, expected: &str| {
        (
            title,
            base.map(history),
            history(mine),
            history(theirs),
            history(expected),
            Go,
        )
    };
    let cases: Vec<Case<History>> = vec![
        one(
            "withdrawn on one device: withdrawn everywhere",
            Some("+8"),
            "+8 -9",
            "+8",
            "+8 -9",
        ),
        one(
            "given again by who knew that it was withdrawn: given",
            Some("+8 -9"),
            "+8 -9 +10",
            "+8 -9",
            "+8 -9 +10",
        ),
        one(
            "given here, withdrawn there, neither knowing: withdrawn",
            Some("-8"),
            "-8 +9 -10",
            "-8 +11",
            "-8 +11 +9 -10",
        ),
        one(
            "the same where the consent says that it is younger by years",
            Some("+8"),
            "+8 -9",
            "+8 +23",
            "+8 +23 -9",
        ),
        one(
            "given on both: one consent after the other",
            Some("-8"),
            "-8 +10",
            "-8 +9",
            "-8 +9 +10",
        ),
        one(
            "withdrawn on both: both withdrawals stay in the history",
            Some("+8"),
            "+8 -10",
            "+8 -9",
            "+8 -9 -10",
        ),
        one(
            "withdrawn and given again here, withdrawn there: withdrawn",
            Some("+8"),
            "+8 -9 +11",
            "+8 -10",
            "+8 -9 +11 -10",
        ),
        one(
            "devices that never met: the one that said no",
            None,
            "+8",
            "-7",
            "+8 -7",
        ),
        one(
            "without a base: a consent that knew the withdrawal counts",
            None,
            "+8 -9 +10",
            "-9",
            "+8 -9 +10",
        ),
        one(
            "without a base, in another order: who knew more counts",
            None,
            "+7 +8 -9",
            "+8 +7",
            "+7 +8 -9",
        ),
        one(
            "the same choices on both are there once",
            None,
            "+8 -9",
            "+8 -9",
            "+8 -9",
        ),
        one("one has no history at all: the other's", None, "", "+8", "+8"),
    ];
    check(&cases);
    let held: Vec<bool> = cases.iter().map(|case| holds(&case.4)).collect();
    let (no, yes) = (false, true);
    assert_eq!(held, [no, yes, no, no, yes, no, no, no, yes, no, no, yes]);
}

#[test]
fn a_consent_to_a_newer_text_holds_beside_one_to_the_older() {
    let newer = Event {
        purpose_version: 2,
        ..event(true, 7)
    };
    let (one, other) = (History::new([newer.clone()]), history("+9"));
    let merged = History::merge(None, &one, &other).value;
    assert_eq!(merged.last(LOOK_BACK), Some(&newer));
}

#[test]
fn purposes_do_not_touch_each_other() {
    let copy = |given, hour| Event {
        purpose: "compare".to_owned(),
        ..event(given, hour)
    };
    let base = History::new([event(true, 8), copy(true, 8)]);
    let one = History::new([event(true, 8), event(false, 9), copy(true, 8)]);
    let other = History::new([event(true, 8), copy(true, 8), copy(false, 9), copy(true, 10)]);
    let merged = History::merge(Some(&base), &one, &other).value;
    assert!(!holds(&merged));
    assert_eq!(merged.last("compare"), Some(&copy(true, 10)));
    assert_eq!(merged.events().len(), 5);
}

#[test]
fn a_choice_about_this_device_stays_with_this_device() {
    let here = Event {
        purpose: "keep_on_device".to_owned(),
        ..event(false, 9)
    };
    assert!(!travels(&here.purpose) && travels(LOOK_BACK));
    assert_eq!(History::new([here, event(true, 8)]), history("+8"));
}
