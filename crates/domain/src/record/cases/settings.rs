use regie_protocol::Language::{self, En, Nl};

use super::{Case, Go, check};
use crate::{
    record::Record,
    reminder::{Occasion, Quiet, Schedule},
    settings::Settings,
};

fn chosen(language: Option<Language>, prompts: Option<bool>, statement_seen: Option<u32>) -> Settings {
    Settings {
        language,
        prompts,
        statement_seen,
    }
}

#[test]
fn settings_are_merged_one_by_one() {
    let none = Settings::default();
    let cases: Vec<Case<Settings>> = vec![
        (
            "language here, prompts there: both hold",
            Some(none),
            chosen(Some(En), None, None),
            chosen(None, Some(false), None),
            chosen(Some(En), Some(false), None),
            Go,
        ),
        (
            "changed on one device only: so everywhere",
            Some(chosen(Some(Nl), Some(true), Some(2))),
            chosen(Some(En), Some(true), Some(2)),
            chosen(Some(Nl), Some(true), Some(2)),
            chosen(Some(En), Some(true), Some(2)),
            Go,
        ),
        (
            "two languages at once: the one whose code comes first",
            Some(none),
            chosen(Some(Nl), None, None),
            chosen(Some(En), None, None),
            chosen(Some(En), None, None),
            Go,
        ),
        (
            "prompts wanted here, not there: not",
            Some(none),
            chosen(None, Some(true), None),
            chosen(None, Some(false), None),
            chosen(None, Some(false), None),
            Go,
        ),
        (
            "turned off and on again here, left alone there: on",
            Some(chosen(None, Some(false), None)),
            chosen(None, Some(true), None),
            chosen(None, Some(false), None),
            chosen(None, Some(true), None),
            Go,
        ),
        (
            "the statement was read on both, a newer one on one: the newer",
            Some(chosen(None, None, Some(1))),
            chosen(None, None, Some(2)),
            chosen(None, None, Some(3)),
            chosen(None, None, Some(3)),
            Go,
        ),
        (
            "a statement was read on one only: read",
            Some(chosen(None, None, Some(1))),
            chosen(None, None, Some(2)),
            chosen(None, None, Some(1)),
            chosen(None, None, Some(2)),
            Go,
        ),
        (
            "two devices that never met: what only one chose holds",
            None,
            chosen(Some(En), None, Some(2)),
            chosen(None, Some(false), None),
            chosen(Some(En), Some(false), Some(2)),
            Go,
        ),
        (
            "two devices that never met and chose alike",
            None,
            chosen(Some(Nl), Some(true), Some(2)),
            chosen(Some(Nl), Some(true), Some(2)),
            chosen(Some(Nl), Some(true), Some(2)),
            Go,
        ),
        (
            "everything changed on both, each its own way",
            Some(chosen(Some(Nl), Some(true), Some(1))),
            chosen(Some(En), Some(false), Some(1)),
            chosen(Some(Nl), Some(true), Some(2)),
            chosen(Some(En), Some(false), Some(2)),
            Go,
        ),
    ];
    check(&cases);
}

const MONDAY: usize = 0;
const TUESDAY: usize = 1;

/// The diary's rhythm on these days, from an otherwise untouched schedule.
fn diary(on: bool, days: &[usize], minute: u16) -> Schedule {
    let mut schedule = Schedule::default();
    let rhythm = schedule.rhythms.of_mut(Occasion::Diary);
    rhythm.on = on;
    rhythm.days = std::array::from_fn(|day| days.contains(&day));
    rhythm.minute = minute;
    schedule
}

fn quiet(on: bool, from: u16, to: u16) -> Schedule {
    Schedule {
        quiet: Quiet { on, from, to },
        ..Schedule::default()
    }
}

#[test]
fn reminders_are_merged_day_by_day_and_in_doubt_the_quieter_way() {
    let evening = 20 * 60;
    let mut pulse = diary(true, &[MONDAY], evening);
    pulse.rhythms.pulse.on = true;
    let mut only_pulse = Schedule::default();
    only_pulse.rhythms.pulse.on = true;
    let mut with_hours = diary(true, &[MONDAY], evening);
    with_hours.quiet = Quiet {
        on: true,
        from: 1200,
        to: 480,
    };
    let before = diary(false, &[MONDAY], evening);
    let mut pulse_off = before;
    pulse_off.rhythms.pulse.on = true;
    let cases: Vec<Case<Schedule>> = vec![
        (
            "the diary here, the pulse there: both remind",
            Some(before),
            diary(true, &[MONDAY], evening),
            pulse_off,
            pulse,
            Go,
        ),
        (
            "a day more here, another there: both days",
            Some(diary(true, &[MONDAY], evening)),
            diary(true, &[MONDAY, TUESDAY], evening),
            diary(true, &[MONDAY, 4], evening),
            diary(true, &[MONDAY, TUESDAY, 4], evening),
            Go,
        ),
        (
            "a day less here, a day more there",
            Some(diary(true, &[MONDAY, TUESDAY], evening)),
            diary(true, &[TUESDAY], evening),
            diary(true, &[MONDAY, TUESDAY, 4], evening),
            diary(true, &[TUESDAY, 4], evening),
            Go,
        ),
        (
            "the last two days were taken off, one on each: what is on has days",
            Some(diary(true, &[MONDAY, TUESDAY], evening)),
            diary(true, &[TUESDAY], evening),
            diary(true, &[MONDAY], evening),
            diary(true, &[MONDAY, TUESDAY], evening),
            Go,
        ),
        (
            "turned off here, another day there: off",
            Some(diary(true, &[MONDAY], evening)),
            diary(false, &[MONDAY], evening),
            diary(true, &[MONDAY, TUESDAY], evening),
            diary(false, &[MONDAY, TUESDAY], evening),
            Go,
        ),
        (
            "two times: the earlier",
            Some(diary(true, &[MONDAY], evening)),
            diary(true, &[MONDAY], evening + 30),
            diary(true, &[MONDAY], evening - 30),
            diary(true, &[MONDAY], evening - 30),
            Go,
        ),
        (
            "another time here, quiet hours there: both",
            Some(diary(true, &[MONDAY], evening + 30)),
            diary(true, &[MONDAY], evening),
            Schedule {
                quiet: with_hours.quiet,
                ..diary(true, &[MONDAY], evening + 30)
            },
            with_hours,
            Go,
        ),
        (
            "two lengths of the quiet hours: the longer",
            Some(quiet(true, 22 * 60, 7 * 60)),
            quiet(true, 21 * 60, 6 * 60),
            quiet(true, 23 * 60, 8 * 60),
            quiet(true, 21 * 60, 8 * 60),
            Go,
        ),
        (
            "devices that never met, quiet on one: quiet",
            None,
            quiet(false, 22 * 60, 7 * 60),
            quiet(true, 22 * 60, 7 * 60),
            quiet(true, 22 * 60, 7 * 60),
            Go,
        ),
        (
            "changed on one device only: so everywhere",
            Some(Schedule::default()),
            only_pulse,
            Schedule::default(),
            only_pulse,
            Go,
        ),
    ];
    check(&cases);
}

#[test]
fn a_schedule_that_nobody_can_keep_does_not_travel() {
    let unsound = diary(true, &[], 20 * 60);
    assert!(unsound.encode().is_err());
}
