//! Results along time, grouped when there are more than an eye can tell apart.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, TimeDelta};

/// More points than this, two months of days, are grouped by week, or by month.
pub const MOST_POINTS: usize = 62;

/// One score at its moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// When it was taken, as the clock there said.
    pub at: DateTime<FixedOffset>,
    /// 0–100.
    pub score: f64,
}

/// One or more scores as one point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Mean of their moments.
    pub at: DateTime<FixedOffset>,
    /// Their mean.
    pub score: f64,
    /// The lowest of them.
    pub low: f64,
    /// The highest of them.
    pub high: f64,
    /// How many there are.
    pub count: usize,
}

/// How much one point holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grain {
    /// One result.
    Each,
    /// A week, from Monday.
    Week,
    /// A calendar month.
    Month,
}

impl Grain {
    /// The finest grain that shows these samples (in the order of time) as at most [`MOST_POINTS`]; else months.
    #[must_use]
    pub fn for_samples(samples: &[Sample]) -> Self {
        let fits = |grain: &Self| group(samples, *grain).len() <= MOST_POINTS;
        [Self::Each, Self::Week]
            .into_iter()
            .find(fits)
            .unwrap_or(Self::Month)
    }

    /// First day of the stretch of time that a day lies in; `None`: each stands alone.
    fn first_day(self, day: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Each => None,
            Self::Week => Some(day.week(chrono::Weekday::Mon).first_day()),
            Self::Month => day.with_day(1),
        }
    }
}

/// Samples (in the order of time) as points of this grain, in the same order. Days are those of the clock on the wall.
#[must_use]
pub fn group(samples: &[Sample], grain: Grain) -> Vec<Point> {
    samples
        .chunk_by(|one, next| {
            let first = |sample: &Sample| grain.first_day(sample.at.date_naive());
            first(one).is_some() && first(one) == first(next)
        })
        .filter_map(point)
        .collect()
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a month of milliseconds, a few thousand scores"
)]
fn point(samples: &[Sample]) -> Option<Point> {
    let first = samples.first()?;
    let count = samples.len() as f64;
    let later: f64 = samples
        .iter()
        .map(|sample| (sample.at - first.at).num_milliseconds() as f64)
        .sum();
    let scores = || samples.iter().map(|sample| sample.score);
    Some(Point {
        at: first.at + TimeDelta::milliseconds((later / count) as i64),
        score: scores().sum::<f64>() / count,
        low: scores().fold(f64::INFINITY, f64::min),
        high: scores().fold(f64::NEG_INFINITY, f64::max),
        count: samples.len(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn daily(days: i64) -> Vec<Sample> {
        let start = DateTime::parse_from_rfc3339("2016-11-23T21:14:00+01:00").expect("a moment");
        (0..days)
            .map(|day| Sample {
                at: start + TimeDelta::days(day),
                score: f64::from(u32::try_from(day * 37 % 101).expect("small")),
            })
            .collect()
    }

    #[test]
    fn ten_years_of_days_become_months_one_year_weeks_a_month_stays_days() {
        for (days, grain, points) in [
            (3650, Grain::Month, 121),
            (365, Grain::Week, 53),
            (31, Grain::Each, 31),
        ] {
            let samples = daily(days);
            assert_eq!(Grain::for_samples(&samples), grain, "{days} days");
            assert_eq!(group(&samples, grain).len(), points, "{days} days");
        }
    }

    #[test]
    fn a_late_evening_belongs_to_the_day_on_the_wall() {
        let at = |text| Sample {
            at: DateTime::parse_from_rfc3339(text).expect("a moment"),
            score: 50.0,
        };
        // Sunday 23:30 and Monday 00:30 in Amsterdam, both Sunday in UTC.
        let samples = [at("2026-11-22T23:30:00+01:00"), at("2026-11-23T00:30:00+01:00")];
        assert_eq!(group(&samples, Grain::Week).len(), 2);
    }

    proptest! {
        #[test]
        fn grouping_loses_no_result_and_never_leaves_their_range(days in 1i64..900, month in any::<bool>()) {
            let samples = daily(days);
            let points = group(&samples, if month { Grain::Month } else { Grain::Week });
            prop_assert_eq!(points.iter().map(|point| point.count).sum::<usize>(), samples.len());
            let total: f64 = points.iter().map(|point| point.score * point.count as f64).sum();
            let expected: f64 = samples.iter().map(|sample| sample.score).sum();
            prop_assert!((total - expected).abs() < 1e-6);
            prop_assert!(points.iter().all(|point| point.low <= point.score && point.score <= point.high));
            prop_assert!(points.is_sorted_by(|one, next| one.at < next.at));
        }
    }
}
