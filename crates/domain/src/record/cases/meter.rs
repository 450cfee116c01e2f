use uuid::Uuid;

use super::{Case, Go, Stay, at, check, hold};
use crate::{
    RunId,
    meter::{Answer, InstrumentRecord, RunRecord},
};

const BEGUN: &str = "2026-05-03T08:00:00+02:00";
const DONE: &str = "2026-05-03T08:04:00+02:00";

/// Answers as digits, `-` for skipped and `.` for not yet; where the person is follows.
fn paused(answers: &str) -> RunRecord {
    let given = answers.chars().enumerate().filter_map(|(at, sign)| {
        let answer = match sign {
            '.' => return None,
            '-' => Answer::Skipped,
            digit => Answer::Value(u8::try_from(digit.to_digit(10)?).ok()?),
        };
        Some((format!("s{at}"), answer))
    });
    let answers = given.collect::<std::collections::BTreeMap<_, _>>();
    RunRecord {
        id: RunId(Uuid::from_u128(9)),
        instrument: "pulse-4".to_owned(),
        instrument_version: "1".to_owned(),
        started: at(BEGUN),
        finished: None,
        position: u32::try_from(answers.len()).expect("few"),
        note: String::new(),
        corrected: None,
        answers,
        hold: None,
    }
}

fn finished(answers: &str) -> RunRecord {
    RunRecord {
        finished: Some(at(DONE)),
        ..paused(answers)
    }
}

fn noted(note: &str) -> RunRecord {
    RunRecord {
        note: note.to_owned(),
        ..finished("3344")
    }
}

fn corrected(answers: &str, when: &str) -> RunRecord {
    RunRecord {
        corrected: Some(at(when).at.to_utc()),
        ..finished(answers)
    }
}

#[test]
fn checks_pulses_and_check_ins_are_merged_without_a_result_that_nobody_gave() {
    let cases: Vec<Case<RunRecord>> = vec![
        (
            "a check that was gone on with on one device goes on from there",
            Some(paused("33")),
            paused("334"),
            paused("33"),
            paused("334"),
            Go,
        ),
        (
            "different statements were answered on two devices: all answers are there",
            Some(paused("3")),
            paused("34"),
            RunRecord {
                position: 2,
                ..paused("3.2")
            },
            RunRecord {
                position: 2,
                ..paused("342")
            },
            Go,
        ),
        (
            "the same statements with different answers: the one that came farther, whole",
            Some(paused("3")),
            paused("3444"),
            paused("322"),
            paused("3444"),
            Stay,
        ),
        (
            "finished on one, gone on with differently on the other: the finished one, whole",
            Some(paused("33")),
            finished("3322"),
            paused("3355"),
            finished("3322"),
            Stay,
        ),
        (
            "finished on both with different answers: one of them whole, never a mixture",
            Some(paused("33")),
            finished("3351"),
            finished("3315"),
            finished("3315"),
            Stay,
        ),
        (
            "finished on one, and the other had only answered alike: finished",
            Some(paused("33")),
            finished("3344"),
            paused("334"),
            finished("3344"),
            Go,
        ),
        (
            "two notes on one result: both",
            Some(noted("")),
            noted("Slecht geslapen."),
            noted("Veel vergaderd."),
            noted("Veel vergaderd. Slecht geslapen."),
            Stay,
        ),
        (
            "a note here and a corrected answer there: both",
            Some(finished("3344")),
            noted("Slecht geslapen."),
            corrected("3341", "2026-05-04T10:00:00+02:00"),
            RunRecord {
                note: "Slecht geslapen.".to_owned(),
                ..corrected("3341", "2026-05-04T10:00:00+02:00")
            },
            Go,
        ),
        (
            "two answers were put right, one on each device: both are right",
            Some(finished("3344")),
            corrected("1344", "2026-05-04T10:00:00+02:00"),
            corrected("3341", "2026-05-05T10:00:00+02:00"),
            corrected("1341", "2026-05-05T10:00:00+02:00"),
            Go,
        ),
        (
            "one answer was put right in two ways: the lower, and both can be seen",
            Some(finished("3344")),
            corrected("3342", "2026-05-04T10:00:00+02:00"),
            corrected("3341", "2026-05-05T10:00:00+02:00"),
            corrected("3341", "2026-05-05T10:00:00+02:00"),
            Stay,
        ),
        (
            "skipped on one and answered on the other, afterwards: answered",
            Some(finished("3344")),
            corrected("334-", "2026-05-04T10:00:00+02:00"),
            corrected("3342", "2026-05-05T10:00:00+02:00"),
            corrected("3342", "2026-05-05T10:00:00+02:00"),
            Stay,
        ),
        (
            "the day was put right on both: the earlier day, and both can be seen",
            Some(finished("3344")),
            RunRecord {
                finished: Some(at("2026-05-02T08:00:00+02:00")),
                ..finished("3344")
            },
            RunRecord {
                finished: Some(at("2026-05-01T08:00:00+02:00")),
                ..finished("3344")
            },
            RunRecord {
                finished: Some(at("2026-05-01T08:00:00+02:00")),
                ..finished("3344")
            },
            Stay,
        ),
        (
            "put on hold on one device, a note on the other: on hold, with the note",
            Some(finished("3344")),
            RunRecord {
                hold: Some(hold(DONE, "Niet van mij.")),
                ..finished("3344")
            },
            noted("Veel vergaderd."),
            RunRecord {
                hold: Some(hold(DONE, "Niet van mij.")),
                ..noted("Veel vergaderd.")
            },
            Go,
        ),
    ];
    check(&cases);
}

fn instrument(file: &str, added: &str) -> InstrumentRecord {
    InstrumentRecord {
        id: "rust-6".to_owned(),
        version: "1".to_owned(),
        added: at(added),
        file: file.to_owned(),
    }
}

#[test]
fn an_instrument_is_one_file_and_never_a_mixture_of_two() {
    const MAY: &str = "2026-05-03T08:00:00+02:00";
    const JUNE: &str = "2026-06-03T08:00:00+02:00";
    const ELSEWHERE: &str = "2026-05-03T03:00:00-05:00";
    let one = |title,
               base: Option<(&str, &str)>,
               mine: (&str, &str),
               theirs: (&str, &str),
               expected: (&str, &str),
               originals| {
        let record = |(file, added): (&str, &str)| instrument(file, added);
        (
            title,
            base.map(record),
            record(mine),
            record(theirs),
            record(expected),
            originals,
        )
    };
    let cases: Vec<Case<InstrumentRecord>> = vec![
        one(
            "the same file on both devices is there once",
            None,
            ("{a}", MAY),
            ("{a}", MAY),
            ("{a}", MAY),
            Go,
        ),
        one(
            "added later on the other device: the day of the first",
            None,
            ("{a}", JUNE),
            ("{a}", MAY),
            ("{a}", MAY),
            Go,
        ),
        one(
            "added in another time zone: the earlier instant",
            None,
            ("{a}", MAY),
            ("{a}", ELSEWHERE),
            ("{a}", MAY),
            Go,
        ),
        one(
            "two files of one name: the first, whole",
            None,
            ("{a}", JUNE),
            ("{b}", MAY),
            ("{b}", MAY),
            Stay,
        ),
        one(
            "two files of one name at one moment: either, but the same everywhere",
            None,
            ("{a}", MAY),
            ("{b}", MAY),
            ("{a}", MAY),
            Stay,
        ),
        one(
            "one device has another file, the other what both had: the other file",
            Some(("{a}", MAY)),
            ("{b}", JUNE),
            ("{a}", MAY),
            ("{b}", JUNE),
            Go,
        ),
        one(
            "a file that both replaced alike",
            Some(("{a}", MAY)),
            ("{b}", JUNE),
            ("{b}", JUNE),
            ("{b}", JUNE),
            Go,
        ),
        one(
            "a file that both replaced differently: the one added first",
            Some(("{a}", MAY)),
            ("{c}", JUNE),
            ("{b}", ELSEWHERE),
            ("{b}", ELSEWHERE),
            Stay,
        ),
        one(
            "a file that both replaced alike on different days: the first day",
            Some(("{a}", MAY)),
            ("{b}", JUNE),
            ("{b}", ELSEWHERE),
            ("{b}", ELSEWHERE),
            Go,
        ),
        one(
            "an empty file is no better than another",
            None,
            ("", JUNE),
            ("{b}", MAY),
            ("{b}", MAY),
            Stay,
        ),
    ];
    check(&cases);
}
