//! Dates as other programs write them, and the moment they mean where the writer was.

use std::sync::LazyLock;

use chrono::{
    DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Offset, SubsecRound, TimeDelta,
    TimeZone, Utc,
};
use chrono_tz::Tz;
use regex::{Captures, Regex};

use crate::model::Moment;

/// What a date says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// An instant; the clock of the place is not told.
    Instant(DateTime<Utc>),
    /// An instant with the offset that held there.
    Offset(DateTime<FixedOffset>),
    /// What a clock showed.
    Clock(NaiveDateTime),
    /// A day.
    Day(NaiveDate),
}

/// An entry of which only the day is known stands at noon: it keeps its day in every zone that is near.
const NOON: u32 = 12;

impl Written {
    /// The moment that is meant: in the zone that the journal names, else in the reader's own.
    pub(super) fn moment(self, named: Option<Tz>, own: Tz) -> Option<Moment> {
        let zone = named.unwrap_or(own);
        let at = match self {
            Self::Instant(at) => at.with_timezone(&zone).fixed_offset(),
            Self::Offset(at) => at,
            Self::Clock(clock) => on_the_clock(clock, zone)?,
            Self::Day(day) => on_the_clock(day.and_hms_opt(NOON, 0, 0)?, zone)?,
        };
        // A clock that showed 23:59:60 is a second that the vault does not know.
        let at = match at.timestamp_subsec_nanos() {
            nanos @ 1_000_000_000.. => {
                at.checked_sub_signed(TimeDelta::nanoseconds(i64::from(nanos) - 999_999_999))?
            }
            _ => at,
        };
        if !(1000..=9999).contains(&at.year()) || !(1000..=9999).contains(&at.to_utc().year()) {
            return None;
        }
        Some(Moment {
            at: at.trunc_subsecs(3),
            zone: named.map_or_else(|| zone_at(at, zone), |named| named.name().to_owned()),
        })
    }

    /// The day that it names.
    pub(super) fn day(self) -> Option<NaiveDate> {
        match self {
            Self::Clock(clock) => Some(clock.date()),
            Self::Day(day) => Some(day),
            Self::Instant(_) | Self::Offset(_) => None,
        }
    }
}

/// A zone whose clock showed that offset: the one meant, or the plain offset when it fits another place.
fn zone_at(at: DateTime<FixedOffset>, zone: Tz) -> String {
    let offset = at.offset().local_minus_utc();
    if zone
        .offset_from_utc_datetime(&at.naive_utc())
        .fix()
        .local_minus_utc()
        == offset
    {
        return zone.name().to_owned();
    }
    match (offset % 3600, offset / 3600) {
        (0, 0) => "Etc/UTC".to_owned(),
        // These names count the other way round.
        (0, hours @ -12..=14) => format!("Etc/GMT{:+}", -hours),
        _ => zone.name().to_owned(),
    }
}

/// The first instant at which the clock showed that. One that was skipped lies as far behind the gap as it lies in it.
fn on_the_clock(clock: NaiveDateTime, zone: Tz) -> Option<DateTime<FixedOffset>> {
    if let Some(at) = zone.from_local_datetime(&clock).earliest() {
        return Some(at.fixed_offset());
    }
    let before = (1..=16)
        .filter_map(|steps| clock.checked_sub_signed(TimeDelta::hours(3 * steps)))
        .find_map(|earlier| zone.offset_from_local_datetime(&earlier).latest())?;
    let instant = clock.checked_sub_offset(before.fix())?;
    Some(zone.from_utc_datetime(&instant).fixed_offset())
}

/// A zone by its IANA name, in whatever case.
pub(super) fn zone(name: &str) -> Option<Tz> {
    let name = name.trim();
    let known = || {
        chrono_tz::TZ_VARIANTS
            .iter()
            .find(|zone| zone.name().eq_ignore_ascii_case(name))
            .copied()
    };
    name.parse().ok().or_else(known)
}

/// A date as a program or a person writes it in a field of its own.
pub(super) fn parse(typed: &str) -> Option<Written> {
    let typed = typed
        .trim()
        .trim_start_matches("[[")
        .trim_end_matches("]]")
        .trim();
    if typed.len() > 64 {
        return None;
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(typed) {
        return Some(match typed.ends_with(['Z', 'z']) {
            true => Written::Instant(at.to_utc()),
            false => Written::Offset(at),
        });
    }
    for format in [
        "%Y-%m-%d %H:%M:%S%.f %z",
        "%Y-%m-%dT%H:%M:%S%.f%z",
        "%Y-%m-%d %H:%M %z",
        "%Y-%m-%dT%H:%M%z",
    ] {
        if let Ok(at) = DateTime::parse_from_str(typed, format) {
            return Some(Written::Offset(at));
        }
    }
    for format in [
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%dT%H:%M",
        "%Y/%m/%d %H:%M",
    ] {
        if let Ok(clock) = NaiveDateTime::parse_from_str(typed, format) {
            return Some(Written::Clock(clock));
        }
    }
    ["%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%d-%m-%Y"]
        .into_iter()
        .find_map(|format| NaiveDate::parse_from_str(typed, format).ok())
        .map(Written::Day)
}

/// `2026-11-27`, with or without a time behind it.
static DASHED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?:^|\D)(?<y>\d{4})[-_. ](?<m>\d{2})[-_. ](?<d>\d{2})(?:[T _-]+(?<h>\d{2})[.:h-]?(?<i>\d{2})(?:[.:-]?\d{2})?)?(?:\D|$)").ok()
});
/// `20261127`, `202611272114`: of a year that a diary could be of, for other numbers have eight digits too.
static COMPACT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?:^|\D)(?<y>(?:19|20)\d{2})(?<m>\d{2})(?<d>\d{2})(?:[T _-]?(?<h>\d{2})[.:h-]?(?<i>\d{2})(?:[.:-]?\d{2})?)?(?:\D|$)").ok()
});
/// `27-11-2026`, as it is written in the Netherlands.
static DAY_FIRST: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?:^|\D)(?<d>\d{1,2})[-_. ](?<m>\d{1,2})[-_. ](?<y>\d{4})(?:[T _-]+(?<h>\d{2})[.:h-]?(?<i>\d{2}))?(?:\D|$)").ok()
});
/// `2026/11/27…`, `2026-11/27…`, `2026/11 november/27…`.
static FOLDERS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?:^|/)(?<y>\d{4})[-/](?<m>\d{2})(?:[^\d/][^/]*)?/(?<d>\d{1,2})(?:\D[^/]*)?$").ok()
});

/// The date in a file's path below the folder that was chosen: in its name, else in its folders.
pub(super) fn in_path(path: &str) -> Option<Written> {
    let name = path.rsplit('/').next().unwrap_or(path);
    [&DASHED, &COMPACT, &DAY_FIRST]
        .into_iter()
        .find_map(|pattern| captured(&(*pattern).as_ref()?.captures(name)?))
        .or_else(|| captured(&FOLDERS.as_ref()?.captures(path)?))
}

fn captured(found: &Captures<'_>) -> Option<Written> {
    let number = |name| found.name(name)?.as_str().parse::<u32>().ok();
    let year = i32::try_from(number("y")?).ok()?;
    let day = NaiveDate::from_ymd_opt(year, number("m")?, number("d")?)?;
    if !(1000..=9999).contains(&year) {
        return None;
    }
    let time = number("h")
        .zip(number("i"))
        .and_then(|(hour, minute)| NaiveTime::from_hms_opt(hour, minute, 0));
    Some(match time {
        Some(time) => Written::Clock(day.and_time(time)),
        None => Written::Day(day),
    })
}

/// A time of day such as `20:30`, `20.30`, `8:30 PM` or `8:30 p.m.`.
pub(super) fn time_of_day(typed: &str) -> Option<NaiveTime> {
    let mut numbers = typed
        .split(|sign: char| !sign.is_ascii_digit())
        .filter(|number| !number.is_empty())
        .map(|number| number.parse::<u32>().ok());
    let (hour, minute) = (numbers.next()??, numbers.next()??);
    let half = typed
        .chars()
        .find(|sign| sign.is_alphabetic())
        .map(|sign| sign.to_ascii_lowercase());
    let hour = match half {
        Some('a') if hour == 12 => 0,
        Some('p') if hour < 12 => hour + 12,
        _ => hour,
    };
    NaiveTime::from_hms_opt(hour, minute, 0)
}

/// A day such as `18 May` or `mei 18` of a year that stands beside it.
pub(super) fn day_of_year(year: &str, day: &str) -> Option<NaiveDate> {
    const MONTHS: [&[&str]; 12] = [
        &["jan"],
        &["feb"],
        &["mar", "maa", "mrt"],
        &["apr"],
        &["may", "mei"],
        &["jun"],
        &["jul"],
        &["aug"],
        &["sep"],
        &["oct", "okt"],
        &["nov"],
        &["dec"],
    ];
    let words = || day.split(|sign: char| !sign.is_alphanumeric());
    let number = words().find_map(|word| word.parse::<u32>().ok())?;
    let month = words().find_map(|word| {
        let word = word.to_lowercase();
        MONTHS
            .iter()
            .position(|starts| starts.iter().any(|start| word.starts_with(start)))
    })?;
    let year = year
        .trim()
        .parse::<i32>()
        .ok()
        .filter(|year| (1000..=9999).contains(year))?;
    NaiveDate::from_ymd_opt(year, u32::try_from(month).ok()? + 1, number)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: Tz = chrono_tz::Europe::Amsterdam;

    fn moment(typed: &str) -> Option<String> {
        let moment = parse(typed)?.moment(None, HOME)?;
        Some(format!("{} {}", moment.at.to_rfc3339(), moment.zone))
    }

    #[test]
    fn a_date_means_the_moment_that_its_writer_lived() {
        for (typed, meant) in [
            ("2026-07-01", "2026-07-01T12:00:00+02:00 Europe/Amsterdam"),
            ("2026-11-27 21:14", "2026-11-27T21:14:00+01:00 Europe/Amsterdam"),
            (
                "2026-11-27T20:14:00Z",
                "2026-11-27T21:14:00+01:00 Europe/Amsterdam",
            ),
            (
                "2026-11-27T21:14:00.1234567+01:00",
                "2026-11-27T21:14:00.123+01:00 Europe/Amsterdam",
            ),
            ("2026-11-27 21:14:00 -0500", "2026-11-27T21:14:00-05:00 Etc/GMT+5"),
            ("2026-11-27T21:14:00+00:00", "2026-11-27T21:14:00+00:00 Etc/UTC"),
            (
                "2026-11-27T21:14:00+05:30",
                "2026-11-27T21:14:00+05:30 Europe/Amsterdam",
            ),
            ("27-11-2026", "2026-11-27T12:00:00+01:00 Europe/Amsterdam"),
            ("[[2026-11-27]]", "2026-11-27T12:00:00+01:00 Europe/Amsterdam"),
            // Skipped in spring: as far behind the gap. Twice in autumn: the first.
            ("2026-03-29 02:30", "2026-03-29T03:30:00+02:00 Europe/Amsterdam"),
            ("2026-10-25 02:30", "2026-10-25T02:30:00+02:00 Europe/Amsterdam"),
            (
                "2016-12-31T23:59:60Z",
                "2017-01-01T00:59:59.999+01:00 Europe/Amsterdam",
            ),
        ] {
            assert_eq!(moment(typed).as_deref(), Some(meant), "{typed}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for typed in [
            "",
            "0000-00-00",
            "2026-13-01",
            "2026-02-30",
            "9999-12-31T23:59:60Z",
            "{{date}}",
            "-262144-01-01",
            "+99999-01-01",
            "99999999999999999999-01-01",
            "gisteren",
            "2026-11-27T25:00:00Z",
        ] {
            assert_eq!(moment(typed), None, "{typed}");
        }
    }

    #[test]
    fn a_day_that_a_country_skipped_is_followed_by_the_next() {
        let clock = NaiveDate::from_ymd_opt(2011, 12, 30)
            .unwrap()
            .and_hms_opt(NOON, 0, 0)
            .unwrap();
        let at = Written::Clock(clock)
            .moment(Some(chrono_tz::Pacific::Apia), HOME)
            .unwrap()
            .at;
        assert_eq!(at.to_rfc3339(), "2011-12-31T12:00:00+14:00");
    }

    #[test]
    fn names_and_folders_tell_a_day() {
        let day = |y, m, d| Some(Written::Day(NaiveDate::from_ymd_opt(y, m, d).unwrap()));
        let clock = |h, i| {
            let time = NaiveTime::from_hms_opt(h, i, 0).unwrap();
            Some(Written::Clock(
                NaiveDate::from_ymd_opt(2026, 11, 27).unwrap().and_time(time),
            ))
        };
        for (path, meant) in [
            ("2026-11-27.md", day(2026, 11, 27)),
            ("Dagboek 2026-11-27 regen.txt", day(2026, 11, 27)),
            ("20261127.md", day(2026, 11, 27)),
            ("2026-11-27-2114.md", clock(21, 14)),
            ("2026-11-27 21.14.md", clock(21, 14)),
            ("2026-11-27T21:14:09.md", clock(21, 14)),
            ("202611272114 gedachte.md", clock(21, 14)),
            ("27-11-2026.md", day(2026, 11, 27)),
            ("7-11-2026 ziek.md", day(2026, 11, 7)),
            ("2026/11/27.md", day(2026, 11, 27)),
            ("dagboek/2026/11/27 regen.md", day(2026, 11, 27)),
            ("2026-11/27.md", day(2026, 11, 27)),
            ("2026/11 november/27.md", day(2026, 11, 27)),
            ("2026/11/2026-11-26.md", day(2026, 11, 26)),
            ("2026-11-27-9999.md", day(2026, 11, 27)),
            ("0000-00-00.md", None),
            ("2026-02-30.md", None),
            ("12345678.md", None),
            ("0612345678.md", None),
            ("recept.md", None),
        ] {
            assert_eq!(in_path(path), meant, "{path}");
        }
    }

    #[test]
    fn times_and_days_of_old_exports_are_read() {
        let time = |typed| time_of_day(typed).map(|time| time.format("%H:%M").to_string());
        for (typed, meant) in [
            ("8:30 PM", "20:30"),
            ("20:30", "20:30"),
            ("12:05 am", "00:05"),
            ("12:05\u{202f}p.m.", "12:05"),
            ("20.30", "20:30"),
        ] {
            assert_eq!(time(typed).as_deref(), Some(meant));
        }
        assert_eq!((time("avond"), time("25:00"), time("8")), (None, None, None));
        let day = NaiveDate::from_ymd_opt(2018, 5, 18);
        assert_eq!(
            (day_of_year("2018", "18 May"), day_of_year("2018", "mei 18")),
            (day, day)
        );
        assert_eq!(
            (day_of_year("2018", "30 feb"), day_of_year("x", "18 May")),
            (None, None)
        );
    }
}
