//! A figure, its bar, and how both are printed.

use std::time::Duration;

use serde::Serialize;

/// A measured value beside what it is compared with.
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) ours: f64,
    pub(crate) baseline: Option<f64>,
    pub(crate) bar: Option<Bar>,
    /// A further comparison, for the table.
    pub(crate) beside: String,
}

/// At most `times` the baseline, or the baseline and `plus`, whichever is more.
#[derive(Clone, Copy)]
pub(crate) struct Bar {
    pub(crate) times: f64,
    pub(crate) plus: f64,
}

impl Bar {
    pub(crate) const fn times(times: f64) -> Option<Self> {
        Some(Self { times, plus: 0.0 })
    }

    pub(crate) const fn plus(plus: f64) -> Option<Self> {
        Some(Self { times: 1.0, plus })
    }

    /// The highest ratio that is within the bar, given this baseline.
    fn highest_ratio(self, baseline: f64) -> f64 {
        self.times.max(1.0 + self.plus / baseline)
    }

    fn text(self, unit: &str) -> String {
        match (self.times > 1.0, self.plus > 0.0) {
            (true, true) => format!("≤ {}× or + {} {unit}", self.times, self.plus),
            (false, true) => format!("≤ baseline + {} {unit}", (self.plus * 10.0).round() / 10.0),
            _ => format!("≤ {}×", self.times),
        }
    }
}

/// Prints figures as they come in.
pub(crate) struct Report {
    json: bool,
    entries: usize,
    only: Option<String>,
    begun: bool,
}

#[derive(Serialize)]
struct Line<'a> {
    name: &'a str,
    entries: usize,
    ours: f64,
    baseline: Option<f64>,
    ratio: Option<f64>,
    /// The highest ratio allowed in this run.
    bar: Option<f64>,
    unit: &'a str,
}

impl Report {
    pub(crate) fn new(json: bool, entries: usize, only: Option<String>) -> Self {
        Self {
            json,
            entries,
            only,
            begun: false,
        }
    }

    /// Whether a figure was asked for.
    pub(crate) fn wants(&self, name: &str) -> bool {
        let names = |parts: &String| parts.split(',').any(|part| name.contains(part));
        self.only.as_ref().is_none_or(names)
    }

    pub(crate) fn print(&mut self, figure: &Figure) -> anyhow::Result<()> {
        let ratio = figure.baseline.map(|baseline| figure.ours / baseline);
        let highest = figure
            .bar
            .zip(figure.baseline)
            .map(|(bar, baseline)| bar.highest_ratio(baseline));
        if self.json {
            let line = Line {
                name: figure.name,
                entries: self.entries,
                ours: rounded(figure.ours),
                baseline: figure.baseline.map(rounded),
                ratio: ratio.map(rounded),
                bar: highest.map(rounded),
                unit: figure.unit,
            };
            println!("{}", serde_json::to_string(&line)?);
        } else {
            self.begin();
            println!("{}", row(figure, ratio, highest).trim_end());
        }
        Ok(())
    }

    fn begin(&mut self) {
        if !self.begun {
            self.begun = true;
            println!("{} diary entries; medians", self.entries);
            println!(
                "{:<22} {:>11} {:>11} {:>7}  {:<28} beside",
                "", "ours", "baseline", "ratio", "bar"
            );
        }
    }
}

fn row(figure: &Figure, ratio: Option<f64>, highest: Option<f64>) -> String {
    let value = |value: f64| format!("{} {}", sized(value), figure.unit);
    let bar = match figure.bar {
        None => "no bar yet".to_owned(),
        Some(bar) => {
            let over = ratio.zip(highest).is_some_and(|(ratio, highest)| ratio > highest);
            format!("{}{}", bar.text(figure.unit), if over { "  OVER" } else { "" })
        }
    };
    format!(
        "{:<22} {:>11} {:>11} {:>7}  {:<28} {}",
        figure.name,
        value(figure.ours),
        figure.baseline.map(value).unwrap_or_default(),
        ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default(),
        bar,
        figure.beside,
    )
}

/// Three digits that count.
fn sized(value: f64) -> String {
    match value.abs() {
        size if size < 1.0 => format!("{value:.3}"),
        size if size < 10.0 => format!("{value:.2}"),
        size if size < 100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

pub(crate) fn in_ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// The middle one; not a number when there is none.
pub(crate) fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    let (low, high) = (samples.len().saturating_sub(1) / 2, samples.len() / 2);
    let at = |place: usize| samples.get(place).copied().unwrap_or(f64::NAN);
    f64::midpoint(at(low), at(high))
}

/// The 99th percentile; not a number when there is none.
pub(crate) fn highest_but_one_percent(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    let at = (samples.len() * 99).div_ceil(100).saturating_sub(1);
    samples.get(at).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert!((median(vec![9.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((median(vec![9.0, 1.0, 2.0, 3.0]) - 2.5).abs() < f64::EPSILON);
        assert!(median(Vec::new()).is_nan());
    }

    #[test]
    fn a_bar_allows_the_more_generous_of_its_two_parts() {
        let bar = Bar {
            times: 1.3,
            plus: 0.1,
        };
        assert!((bar.highest_ratio(0.1) - 2.0).abs() < 1e-9);
        assert!((bar.highest_ratio(10.0) - 1.3).abs() < 1e-9);
    }

    #[test]
    fn one_in_a_hundred_may_wait_longer() {
        let mut samples: Vec<_> = (1..=100).map(f64::from).collect();
        assert!((highest_but_one_percent(samples.clone()) - 99.0).abs() < f64::EPSILON);
        samples.truncate(3);
        assert!((highest_but_one_percent(samples) - 3.0).abs() < f64::EPSILON);
        assert!(highest_but_one_percent(Vec::new()).is_nan());
    }
}
