//! What may honestly be said about a change between a person's own results.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::instrument::Reliability;

/// From so many results on, the newest included, a person's own variability says something.
pub const FEWEST_RESULTS: usize = 8;
/// So many of the newest earlier results are compared with: what was usual lately, not years ago.
pub const COMPARED_WITH: usize = 24;
/// Two-sided chance of staying inside the band when nothing changed.
const INSIDE: f64 = 0.95;

/// What may be said about the newest of a row of results.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// Too few results to say anything.
    TooFew,
    /// Chance alone can do this much.
    Unclear(Band),
    /// Above what chance alone does.
    Higher(Band),
    /// Below what chance alone does.
    Lower(Band),
}

/// Where a result lies when nothing changed, 19 times out of 20.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// Lower edge as a score, within 0–100.
    pub low: f64,
    /// Upper edge as a score, within 0–100.
    pub high: f64,
    /// Number of earlier results that it is made of.
    pub of: usize,
    /// How it was worked out.
    pub basis: Basis,
}

/// How a band was worked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// From the person's own variability.
    OwnVariability,
    /// From the published reliability of the instrument.
    Reliability,
}

impl Change {
    /// The band, where there is one.
    #[must_use]
    pub fn band(&self) -> Option<Band> {
        match self {
            Self::TooFew => None,
            Self::Unclear(band) | Self::Higher(band) | Self::Lower(band) => Some(*band),
        }
    }
}

/// Compares a result with the `earlier` ones (scores 0–100, oldest first). `step` is the smallest difference that the
/// answers can express; a difference of one step is never called a change.
///
/// With a published reliability it is the reliable change index: the newest result against the one before it, with the
/// standard error of the difference `√2 · sd · √(1 − r)` and 1.96 of it to either side. Source: Jacobson & Truax (1991),
/// *Journal of Consulting and Clinical Psychology* 59(1), 12–19.
///
/// Otherwise it is a prediction interval from the person's own results, once there are [`FEWEST_RESULTS`]: mean of the m
/// earlier ones ± `t · s · √(1 + 1/m)`. s² is half the mean squared successive difference of those m, so that a slow
/// drift does not count as noise; t has `2(m − 1)² / (3m − 4)` degrees of freedom, after the variance of that estimator.
/// Source: von Neumann, Kent, Bellinson & Hart (1941), *Annals of Mathematical Statistics* 12(2), 153–162. The newest
/// result is no part of its own yardstick.
#[must_use]
pub fn change(earlier: &[f64], newest: f64, step: f64, reliability: Option<&Reliability>) -> Change {
    let recent = earlier
        .get(earlier.len().saturating_sub(COMPARED_WITH)..)
        .unwrap_or_default();
    let found = match reliability {
        Some(published) => recent.last().map(|before| (*before, reliable_width(published))),
        None if earlier.len() + 1 < FEWEST_RESULTS => None,
        None => own_width(recent),
    };
    let Some((middle, width)) = found else {
        return Change::TooFew;
    };
    let width = width.max(step);
    let band = Band {
        low: (middle - width).max(0.0),
        high: (middle + width).min(100.0),
        of: if reliability.is_some() { 1 } else { recent.len() },
        basis: if reliability.is_some() {
            Basis::Reliability
        } else {
            Basis::OwnVariability
        },
    };
    // Sums of the same scores in another order may differ in their last digits.
    let beyond = width + 1e-9;
    if newest - middle > beyond {
        Change::Higher(band)
    } else if middle - newest > beyond {
        Change::Lower(band)
    } else {
        Change::Unclear(band)
    }
}

fn reliable_width(published: &Reliability) -> f64 {
    const Z: f64 = 1.96;
    Z * published.sd * (2.0 * (1.0 - published.coefficient)).sqrt()
}

/// Mean of the scores, and how far the next one lies from it at most when nothing changes.
#[expect(clippy::cast_precision_loss, reason = "two dozen values")]
fn own_width(scores: &[f64]) -> Option<(f64, f64)> {
    let m = scores.len() as f64;
    let mean = scores.iter().sum::<f64>() / m;
    let squares: f64 = scores
        .iter()
        .zip(scores.iter().skip(1))
        .map(|(one, next)| (next - one).powi(2))
        .sum();
    let s = (squares / (m - 1.0) / 2.0).sqrt();
    let freedom = 2.0 * (m - 1.0).powi(2) / (3.0 * m - 4.0);
    let t = StudentsT::new(0.0, 1.0, freedom)
        .ok()?
        .inverse_cdf(0.5 + INSIDE / 2.0);
    Some((mean, t * s * (1.0 + 1.0 / m).sqrt()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STEP: f64 = 100.0 / 30.0;

    fn kind(change: Change) -> i8 {
        match change {
            Change::TooFew | Change::Unclear(_) => 0,
            Change::Higher(_) => 1,
            Change::Lower(_) => -1,
        }
    }

    #[test]
    fn the_formula_gives_what_was_worked_out_by_hand() {
        // Differences 4, -4, 4, -4, 4, -4: mean square 16, s = √8; 72/17 degrees of freedom, t = 2.7164.
        let earlier = [50.0, 54.0, 50.0, 54.0, 50.0, 54.0, 50.0];
        let band = change(&earlier, 52.0, 1.0, None).band().expect("a band");
        let (mean, width) = (362.0 / 7.0, 2.7164 * 8f64.sqrt() * (8.0f64 / 7.0).sqrt());
        assert!((band.low - (mean - width)).abs() < 0.02, "{band:?}");
        assert!((band.high - (mean + width)).abs() < 0.02, "{band:?}");
        assert_eq!(kind(change(&earlier, 59.0, 1.0, None)), 0);
        assert_eq!(kind(change(&earlier, 61.0, 1.0, None)), 1);
        assert_eq!(kind(change(&earlier, 43.0, 1.0, None)), -1);
    }

    #[test]
    fn a_published_reliability_gives_the_reliable_change_index() {
        let published = Reliability {
            coefficient: 0.88,
            sd: 16.0,
            source: "a study".into(),
        };
        // 1.96 · 16 · √(2 · 0.12) = 15.36
        let said = |newest| kind(change(&[20.0, 50.0], newest, STEP, Some(&published)));
        assert_eq!([said(34.0), said(35.0), said(65.0), said(66.0)], [-1, 0, 0, 1]);
        assert_eq!(change(&[], 50.0, STEP, Some(&published)), Change::TooFew);
    }

    #[test]
    fn one_answer_one_place_further_is_never_a_change() {
        let same = [50.0; 12];
        assert_eq!(kind(change(&same, 50.0 + STEP, STEP, None)), 0);
        assert_eq!(kind(change(&same, 50.0 + 2.0 * STEP, STEP, None)), 1);
    }

    #[test]
    fn of_results_that_only_chance_moves_about_one_in_twenty_is_called_changed() {
        // A fixed linear congruential row; sums of twelve are nearly normal.
        let mut state: u64 = 20_261_123;
        let mut chance = move || {
            (0..12).fold(-6.0, |sum, _| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                sum + f64::from(u32::try_from(state >> 32).expect("32 bits")) / f64::from(u32::MAX)
            })
        };
        for results in [8, 24] {
            let called = (0..4000)
                .filter(|_| {
                    let row: Vec<f64> = (1..results).map(|_| 50.0 + 8.0 * chance()).collect();
                    kind(change(&row, 50.0 + 8.0 * chance(), 0.01, None)) != 0
                })
                .count();
            assert!(
                (120..=290).contains(&called),
                "{called} of 4000 with {results} results"
            );
        }
    }

    prop_compose! {
        fn row()(scores in proptest::collection::vec(20.0..80.0f64, 0..40), newest in 20.0..80.0f64) -> (Vec<f64>, f64) {
            (scores, newest)
        }
    }

    proptest! {
        #[test]
        fn nothing_is_said_before_the_eighth_result((scores, newest) in row()) {
            let said = change(&scores, newest, STEP, None);
            prop_assert_eq!(said == Change::TooFew, scores.len() + 1 < FEWEST_RESULTS);
        }

        #[test]
        fn moving_every_result_by_the_same_changes_nothing((scores, newest) in row(), by in -20.0..20.0f64) {
            let moved: Vec<f64> = scores.iter().map(|score| score + by).collect();
            prop_assert_eq!(kind(change(&scores, newest, STEP, None)), kind(change(&moved, newest + by, STEP, None)));
        }

        #[test]
        fn turning_every_result_round_turns_the_statement_round((scores, newest) in row()) {
            let turned: Vec<f64> = scores.iter().map(|score| 100.0 - score).collect();
            prop_assert_eq!(kind(change(&scores, newest, STEP, None)), -kind(change(&turned, 100.0 - newest, STEP, None)));
        }

        #[test]
        fn a_result_inside_its_band_is_no_change_and_one_further_out_stays_one((scores, newest) in row()) {
            if let Some(band) = change(&scores, newest, STEP, None).band() {
                let inside = (band.low..=band.high).contains(&newest);
                prop_assert_eq!(kind(change(&scores, newest, STEP, None)) == 0, inside);
                for further in [newest + 5.0, newest - 5.0] {
                    let (now, then) = (kind(change(&scores, newest, STEP, None)), kind(change(&scores, further, STEP, None)));
                    let onward = if further > newest { then >= now } else { then <= now };
                    prop_assert!(onward);
                }
            }
        }

        #[test]
        fn what_lies_far_back_no_longer_counts((scores, newest) in row(), old in proptest::collection::vec(0.0..100.0f64, 1..9)) {
            prop_assume!(scores.len() >= COMPARED_WITH);
            let longer: Vec<f64> = old.into_iter().chain(scores.iter().copied()).collect();
            prop_assert_eq!(change(&scores, newest, STEP, None), change(&longer, newest, STEP, None));
        }
    }
}
