//! When to remind. A pure rule: schedule, past, zone and now go in, a moment comes out.
//!
//! An occasion has at most one reminder for each day of its schedule. What was missed while nothing ran comes once, for
//! the latest day, and not as a pile. Quiet hours put a reminder off until they end. A day on which the thing was done already
//! needs no reminder.

mod record;

use chrono::{DateTime, Datelike, Days, MappedLocalTime, NaiveDate, TimeDelta, TimeZone, Timelike, Utc};
use regie_protocol::Text;
use serde::{Deserialize, Serialize};
use specta::Type;

/// Minutes in a day.
const DAY: u16 = 24 * 60;
/// A schedule names weekdays: within so many days each of them has come.
const WEEK: u64 = 7;

/// All that a reminder says: whoever reads it over a shoulder learns that Regie is installed, and nothing else.
pub const TEXT: Text = Text {
    nl: "Even een moment voor jezelf?",
    en: "A moment for yourself?",
};

/// What a person can be reminded of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// The check.
    Check,
    /// The weekly pulse.
    Pulse,
    /// Writing in the diary.
    Diary,
}

impl Occasion {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Check, Self::Pulse, Self::Diary];
}

/// One value for each occasion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PerOccasion<T: Default> {
    /// Of the check.
    pub check: T,
    /// Of the pulse.
    pub pulse: T,
    /// Of the diary.
    pub diary: T,
}

impl<T: Default> PerOccasion<T> {
    /// The value of one.
    #[must_use]
    pub fn of(&self, occasion: Occasion) -> &T {
        match occasion {
            Occasion::Check => &self.check,
            Occasion::Pulse => &self.pulse,
            Occasion::Diary => &self.diary,
        }
    }

    /// The value of one, to be changed.
    pub fn of_mut(&mut self, occasion: Occasion) -> &mut T {
        match occasion {
            Occasion::Check => &mut self.check,
            Occasion::Pulse => &mut self.pulse,
            Occasion::Diary => &mut self.diary,
        }
    }
}

/// On which days, at what time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Rhythm {
    /// Whether it reminds at all.
    pub on: bool,
    /// Weekdays, Monday first.
    pub days: [bool; 7],
    /// Minutes after midnight, below 1440.
    pub minute: u16,
}

/// Hours without a reminder, every day; over midnight when they end earlier than they begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Quiet {
    /// Whether there are any.
    pub on: bool,
    /// First minute after midnight.
    pub from: u16,
    /// The minute after the last.
    pub to: u16,
}

/// What a person chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Schedule {
    /// When to remind of what.
    pub rhythms: PerOccasion<Rhythm>,
    /// When not to.
    pub quiet: Quiet,
}

impl Default for Schedule {
    /// Everything off; the days and times are what is offered to who turns one on.
    fn default() -> Self {
        let on = |days: &[usize], minute| Rhythm {
            on: false,
            days: std::array::from_fn(|day| days.contains(&day)),
            minute,
        };
        Self {
            rhythms: PerOccasion {
                check: on(&[5], 10 * 60),
                pulse: on(&[4], 16 * 60),
                diary: on(&[0, 1, 2, 3, 4, 5, 6], 20 * 60 + 30),
            },
            quiet: Quiet {
                on: true,
                from: 22 * 60,
                to: 7 * 60,
            },
        }
    }
}

impl Schedule {
    /// Whether every time lies within a day, and everything that is on has a day.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let sound =
            |rhythm: &Rhythm| rhythm.minute < DAY && (!rhythm.on || rhythm.days.iter().any(|day| *day));
        Occasion::ALL
            .iter()
            .all(|occasion| sound(self.rhythms.of(*occasion)))
            && self.quiet.from < DAY
            && self.quiet.to < DAY
    }
}

/// What is known of one occasion's past.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// Only what is due after this moment counts: when the rhythm was chosen.
    pub since: DateTime<Utc>,
    /// The latest day that had its reminder.
    pub reminded: Option<NaiveDate>,
}

/// A reminder to come, or one that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The day it is for.
    pub day: NaiveDate,
    /// When to give it; now when it is due.
    pub at: DateTime<Utc>,
}

/// The next reminder of one occasion, `None` when it is off. `done` is the day, in this zone, on which the thing was last
/// done; before the day `offered` there is nothing to do.
#[must_use]
pub fn next<Z: TimeZone>(
    rhythm: &Rhythm,
    quiet: &Quiet,
    past: &Past,
    done: Option<NaiveDate>,
    offered: Option<NaiveDate>,
    zone: &Z,
    now: DateTime<Utc>,
) -> Option<Due> {
    if !rhythm.on {
        return None;
    }
    let today = now.with_timezone(zone).date_naive();
    let tomorrow = today.checked_add_days(Days::new(1))?;
    // A day far ahead was noted while the clock was wrong.
    let sound = |day: Option<NaiveDate>, latest: NaiveDate| day.filter(|day| *day <= latest);
    let next_week = tomorrow.checked_add_days(Days::new(WEEK))?;
    let settled = sound(past.reminded, tomorrow)
        .max(sound(done, tomorrow))
        .max(sound(offered, next_week).and_then(|day| day.pred_opt()));
    let since = past.since.min(now);
    let wanted = |day: &NaiveDate| {
        let weekday = usize::try_from(day.weekday().num_days_from_monday()).unwrap_or_default();
        rhythm.days.get(weekday) == Some(&true) && settled.is_none_or(|settled| *day > settled)
    };
    let due = |day: NaiveDate| Some((day, first_instant(zone, day, rhythm.minute)?));

    let missed = (0..=WEEK)
        .filter_map(|ago| today.checked_sub_days(Days::new(ago)))
        .filter(wanted)
        .filter_map(due)
        .find(|(_, at)| *at <= now && *at > since);
    if let Some((day, at)) = missed {
        let planned = after_quiet(quiet, zone, at);
        // What was missed waits for the end of the quiet hours that hold now.
        let at = if planned > now {
            planned
        } else {
            after_quiet(quiet, zone, now)
        };
        return Some(Due { day, at });
    }
    (0..=2 * WEEK + 1)
        .filter_map(|ahead| today.checked_add_days(Days::new(ahead)))
        .filter(wanted)
        .filter_map(due)
        .find(|(_, at)| *at > now)
        .map(|(day, at)| Due {
            day,
            at: after_quiet(quiet, zone, at),
        })
}

/// `at` itself, or the end of the quiet hours in which it lies.
fn after_quiet<Z: TimeZone>(quiet: &Quiet, zone: &Z, at: DateTime<Utc>) -> DateTime<Utc> {
    let local = at.with_timezone(zone);
    let minute = u16::try_from(local.hour() * 60 + local.minute()).unwrap_or_default();
    let within = if quiet.from <= quiet.to {
        (quiet.from..quiet.to).contains(&minute)
    } else {
        minute >= quiet.from || minute < quiet.to
    };
    if !quiet.on || !within {
        return at;
    }
    let ends = if minute < quiet.to { 0 } else { 1 };
    let end = local
        .date_naive()
        .checked_add_days(Days::new(ends))
        .and_then(|day| instants(zone, day, quiet.to).map(|(_, last)| last));
    end.unwrap_or(at)
}

/// When a clock on the wall first shows this minute of this day.
fn first_instant<Z: TimeZone>(zone: &Z, day: NaiveDate, minute: u16) -> Option<DateTime<Utc>> {
    instants(zone, day, minute).map(|(first, _)| first)
}

/// When a clock on the wall first and last shows this minute of this day: twice in the hour that autumn repeats. What
/// spring leaves out happens when the clocks have jumped.
fn instants<Z: TimeZone>(zone: &Z, day: NaiveDate, minute: u16) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let midnight = day.and_hms_opt(0, 0, 0)?;
    // Up to a whole day has been left out, where a country crossed the date line.
    (0..=i64::from(DAY) + 60)
        .map(|later| midnight + TimeDelta::minutes(i64::from(minute) + later))
        .find_map(|local| match zone.from_local_datetime(&local) {
            MappedLocalTime::Single(at) => Some((at.to_utc(), at.to_utc())),
            MappedLocalTime::Ambiguous(first, last) => Some((first.to_utc(), last.to_utc())),
            MappedLocalTime::None => None,
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::{America::New_York, Europe::Amsterdam, Pacific::Apia, Tz};
    use proptest::prelude::*;

    const NO_QUIET: Quiet = Quiet {
        on: false,
        from: 0,
        to: 0,
    };

    fn daily(hour: u16, minute: u16) -> Rhythm {
        Rhythm {
            on: true,
            days: [true; 7],
            minute: hour * 60 + minute,
        }
    }

    fn at(zone: Tz, text: &str) -> DateTime<Utc> {
        let local = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").expect("a time");
        zone.from_local_datetime(&local)
            .earliest()
            .expect("a moment")
            .to_utc()
    }

    fn past(since: DateTime<Utc>) -> Past {
        Past {
            since,
            reminded: None,
        }
    }

    #[test]
    fn what_spring_leaves_out_comes_when_the_clocks_have_jumped_and_what_autumn_repeats_comes_once() {
        let rhythm = daily(2, 30);
        let saturday = at(Amsterdam, "2026-03-28 12:00");
        let spring = next(
            &rhythm,
            &NO_QUIET,
            &past(saturday),
            None,
            None,
            &Amsterdam,
            saturday,
        )
        .expect("one");
        assert_eq!(spring.at, at(Amsterdam, "2026-03-29 03:00"));

        let before = at(Amsterdam, "2026-10-24 12:00");
        let autumn = next(&rhythm, &NO_QUIET, &past(before), None, None, &Amsterdam, before).expect("one");
        assert_eq!(
            autumn.at.to_rfc3339(),
            "2026-10-25T00:30:00+00:00",
            "the first of the two"
        );
        let given = Past {
            since: before,
            reminded: Some(autumn.day),
        };
        let again = autumn.at + TimeDelta::hours(1);
        let next = next(&rhythm, &NO_QUIET, &given, None, None, &Amsterdam, again).expect("one");
        assert_eq!(next.at, at(Amsterdam, "2026-10-26 02:30"));
    }

    #[test]
    fn three_weeks_closed_bring_one_reminder_and_not_in_quiet_hours() {
        let quiet = Quiet {
            on: true,
            from: 22 * 60,
            to: 7 * 60,
        };
        let mut past = past(at(Amsterdam, "2026-05-01 12:00"));
        let night = at(Amsterdam, "2026-05-22 23:15");
        let due = next(&daily(20, 0), &quiet, &past, None, None, &Amsterdam, night).expect("one");
        assert_eq!(due.at, at(Amsterdam, "2026-05-23 07:00"));
        past.reminded = Some(due.day);
        let next = next(&daily(20, 0), &quiet, &past, None, None, &Amsterdam, due.at).expect("one");
        assert_eq!(next.at, at(Amsterdam, "2026-05-23 20:00"));
    }

    #[test]
    fn flying_west_does_not_bring_the_same_evening_twice() {
        let evening = at(Amsterdam, "2026-06-10 20:00");
        let given = Past {
            since: evening - TimeDelta::days(3),
            reminded: Some(evening.date_naive()),
        };
        let due = next(&daily(20, 0), &NO_QUIET, &given, None, None, &New_York, evening).expect("one");
        assert_eq!(due.at, at(New_York, "2026-06-11 20:00"));
    }

    #[test]
    fn a_day_that_a_country_skipped_and_a_clock_that_was_years_ahead_do_no_harm() {
        let before = at(Apia, "2011-12-29 21:00");
        let due = next(&daily(20, 0), &NO_QUIET, &past(before), None, None, &Apia, before).expect("one");
        assert!(due.at <= at(Apia, "2011-12-31 20:00") && due.at > before);

        let now = at(Amsterdam, "2026-06-10 12:00");
        let wrong = Past {
            since: now + TimeDelta::days(4000),
            reminded: NaiveDate::from_ymd_opt(2040, 1, 1),
        };
        let due = next(&daily(20, 0), &NO_QUIET, &wrong, None, None, &Amsterdam, now).expect("one");
        assert_eq!(due.at, at(Amsterdam, "2026-06-10 20:00"));
    }

    #[test]
    fn what_was_done_today_needs_no_reminder_and_a_rhythm_chosen_now_looks_ahead_only() {
        let now = at(Amsterdam, "2026-06-10 12:00");
        let done = Some(now.date_naive());
        let due = next(&daily(20, 0), &NO_QUIET, &past(now), done, None, &Amsterdam, now).expect("one");
        assert_eq!(due.at, at(Amsterdam, "2026-06-11 20:00"));
        let due = next(&daily(9, 0), &NO_QUIET, &past(now), None, None, &Amsterdam, now).expect("one");
        assert_eq!(due.at, at(Amsterdam, "2026-06-11 09:00"));
    }

    #[test]
    fn what_is_not_offered_yet_is_not_reminded_of() {
        let friday = Rhythm {
            days: std::array::from_fn(|day| day == 4),
            ..daily(16, 0)
        };
        // 11 June 2026 is a Thursday.
        let thursday = at(Amsterdam, "2026-06-11 12:00");
        let done = thursday.date_naive();
        let offered = done.checked_add_days(Days::new(WEEK));
        let next = |done, offered, now| {
            next(
                &friday,
                &NO_QUIET,
                &past(thursday),
                done,
                offered,
                &Amsterdam,
                now,
            )
        };
        let due = next(Some(done), offered, thursday).expect("one");
        assert_eq!(due.at, at(Amsterdam, "2026-06-19 16:00"));
        let saturday = at(Amsterdam, "2026-06-13 12:00");
        let done = saturday.date_naive();
        let due = next(Some(done), done.checked_add_days(Days::new(WEEK)), saturday).expect("one");
        assert_eq!(
            due.at,
            at(Amsterdam, "2026-06-26 16:00"),
            "the first Friday with an offer"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        /// A year from a random day, with both changes of the clock and one flight to New York. The program looks about
        /// once in ten minutes, and is closed now and then. Of two things the one is never done, the other now and then,
        /// and then it is not offered for a week.
        #[test]
        fn over_a_year_of_flights_deeds_and_closed_days_reminders_are_as_promised(
            start in 0_i64..365,
            rhythms in proptest::array::uniform2((proptest::array::uniform7(any::<bool>()), 0_u16..DAY)),
            quiet_on in any::<bool>(),
            from in 0_u16..DAY,
            to in 0_u16..DAY,
            closed in proptest::collection::vec((0_i64..365 * 144, 1_i64..3000), 0..12),
            deeds in proptest::collection::btree_set(0_i64..365 * 144, 0..40),
            flight in 0_i64..365 * 144,
        ) {
            let rhythms = rhythms.map(|(days, minute)| Rhythm { on: true, days, minute });
            let quiet = Quiet { on: quiet_on, from, to };
            let begin = at(Amsterdam, "2026-01-01 00:00") + TimeDelta::days(start);
            let moment = |step: i64| begin + TimeDelta::minutes(step * 10);
            let zone = |step: i64| if step < flight { Amsterdam } else { New_York };
            let day_of = |step: i64| moment(step).with_timezone(&zone(step)).date_naive();
            let open = |step: i64| !closed.iter().any(|(first, long)| (*first..first + long).contains(&step));
            let deed = |which: usize, step: i64| deeds.range(..=step).next_back().copied().filter(|_| which == 1);
            let mut pasts = [past(begin); 2];
            let mut given: [Vec<(NaiveDate, i64)>; 2] = Default::default();
            for step in (0..365 * 144).filter(|step| open(*step)) {
                for (which, rhythm) in rhythms.iter().enumerate() {
                    let last = deed(which, step);
                    let done = last.map(|deed| moment(deed).with_timezone(&zone(step)).date_naive());
                    let offered = last.and_then(|deed| day_of(deed).checked_add_days(Days::new(WEEK)));
                    let look = |past: &Past| next(rhythm, &quiet, past, done, offered, &zone(step), moment(step));
                    let Some(due) = look(&pasts[which]) else { continue };
                    if due.at > moment(step) { continue; }
                    prop_assert!(done.is_none_or(|done| due.day > done), "done by then");
                    prop_assert!(offered.is_none_or(|offered| due.day >= offered), "there was nothing to do");
                    pasts[which].reminded = Some(due.day);
                    given[which].push((due.day, step));
                    prop_assert!(
                        look(&pasts[which]).is_none_or(|due| due.at > moment(step)),
                        "one reminder, and not a pile"
                    );
                }
            }
            for (which, Rhythm { days, minute, .. }) in rhythms.iter().enumerate() {
                let chosen = |day: NaiveDate| days[day.weekday().num_days_from_monday() as usize];
                for (day, step) in &given[which] {
                    let local = moment(*step).with_timezone(&zone(*step));
                    let of_day = u16::try_from(local.hour() * 60 + local.minute()).expect("a minute");
                    let within = if from <= to { (from..to).contains(&of_day) } else { of_day >= from || of_day < to };
                    prop_assert!(!(quiet_on && within), "in quiet hours, {local}");
                    prop_assert!(chosen(*day));
                    let earliest = first_instant(&zone(*step), *day, *minute).expect("an instant");
                    prop_assert!(earliest <= moment(*step), "too early");
                }
                for pair in given[which].windows(2) {
                    prop_assert!(pair[0].0 < pair[1].0, "a day has one reminder");
                }
                // While it ran all day and the next in one place, each chosen day with something to do had its own.
                for ahead in 1..362 {
                    // What waits for the end of quiet hours comes on the next day, which ends later in New York.
                    let steps = (ahead - 1) * 144..(ahead + 3) * 144;
                    let day = day_of(ahead * 144 + 72);
                    // It looks now and then: what quiet hours leave must not lie between two looks.
                    let whole_hours = !quiet_on || (DAY + to - from) % DAY < DAY - 60;
                    let in_one_place = !(steps.start - 144..steps.end).contains(&flight);
                    let idle = deed(which, steps.end).is_none_or(|deed| deed < steps.start - 8 * 144);
                    if chosen(day) && whole_hours && in_one_place && idle && steps.clone().all(open) {
                        prop_assert!(given[which].iter().any(|(of, _)| *of == day), "{day} had none");
                    }
                }
            }
        }
    }
}
