//! From answers to scores.

use std::collections::BTreeMap;

use super::instrument::{AnswerOption, Instrument, Subscale};

/// What a person did with one statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A place on the scale.
    Value(u8),
    /// Passed over on purpose.
    Skipped,
}

/// Answers by statement id.
pub type Answers = BTreeMap<String, Answer>;

/// One score with what it rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Dimension {
    /// Id of the subscale, or `overall`.
    pub id: String,
    /// 0–100, unrounded; `None`: not enough answers.
    pub score: Option<f64>,
    /// Mean answer on the instrument's own scale, reversed statements turned round.
    pub mean: Option<f64>,
    /// Number of statements answered.
    pub answered: usize,
    /// Number of statements.
    pub of: usize,
}

/// All scores of one taking.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    /// Over all dimensions, where the instrument has such a score.
    pub overall: Option<Dimension>,
    /// Each dimension, in the order of the scoring file.
    pub dimensions: Vec<Dimension>,
}

impl Instrument {
    /// Scores a set of answers. Answers to unknown statements or outside the scale do not count.
    ///
    /// A dimension is the mean of its answered statements (person-mean), mapped to
    /// `100 × (mean − min) / (max − min)`, the percent of maximum possible: Cohen, Cohen, Aiken & West (1999),
    /// *Multivariate Behavioral Research* 34(3), 315–346. It has no score when less than the stated share is answered. The
    /// overall score is the mean of the dimensions that it names, and exists only when all of them do.
    #[must_use]
    pub fn score(&self, answers: &Answers) -> Scores {
        let dimensions: Vec<_> = self
            .scoring
            .subscales
            .iter()
            .map(|subscale| self.dimension(subscale, answers))
            .collect();
        let overall = self
            .scoring
            .overall
            .as_ref()
            .map(|overall| self.overall(&overall.of, &dimensions));
        Scores { overall, dimensions }
    }

    /// The answer word nearest to the mean of a dimension, or of `overall`, halves upward; `None` where its statements are
    /// answered in different words.
    #[must_use]
    pub fn nearest_option(&self, dimension: &str, mean: f64) -> Option<&AnswerOption> {
        let items = self.subscale(dimension).map(|subscale| &subscale.items);
        let mut scales = self
            .statements
            .iter()
            .filter(|statement| items.is_none_or(|items| items.contains(&statement.id)))
            .map(|statement| &statement.options);
        let options = scales.next()?;
        if scales.any(|other| other != options) {
            return None;
        }
        options.iter().rev().min_by(|a, b| {
            let distance = |value: u8| (f64::from(value) - mean).abs();
            distance(a.value).total_cmp(&distance(b.value))
        })
    }

    fn overall(&self, of: &[String], dimensions: &[Dimension]) -> Dimension {
        let parts: Vec<_> = dimensions.iter().filter(|part| of.contains(&part.id)).collect();
        let mean = parts
            .iter()
            .map(|part| part.mean)
            .collect::<Option<Vec<_>>>()
            .and_then(|means| mean_of(&means));
        Dimension {
            id: "overall".into(),
            score: mean.map(|mean| self.to_score(mean)),
            mean,
            answered: parts.iter().map(|part| part.answered).sum(),
            of: parts.iter().map(|part| part.of).sum(),
        }
    }

    fn dimension(&self, subscale: &Subscale, answers: &Answers) -> Dimension {
        let scale = self.scoring.scale;
        let values: Vec<f64> = subscale
            .items
            .iter()
            .filter_map(|item| match answers.get(item) {
                Some(Answer::Value(value)) if (scale.min..=scale.max).contains(value) => {
                    let turned = subscale.reversed.contains(item);
                    Some(f64::from(if turned {
                        scale.min + scale.max - value
                    } else {
                        *value
                    }))
                }
                _ => None,
            })
            .collect();
        #[expect(
            clippy::cast_precision_loss,
            reason = "an instrument has far fewer than 2^52 statements"
        )]
        let enough =
            values.len() as f64 >= self.scoring.missing.min_answered_share * subscale.items.len() as f64;
        let mean = mean_of(&values).filter(|_| enough);
        Dimension {
            id: subscale.id.clone(),
            score: mean.map(|mean| self.to_score(mean)),
            mean,
            answered: values.len(),
            of: subscale.items.len(),
        }
    }

    fn to_score(&self, mean: f64) -> f64 {
        let (min, max) = (
            f64::from(self.scoring.scale.min),
            f64::from(self.scoring.scale.max),
        );
        100.0 * (mean - min) / (max - min)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a handful of values")]
fn mean_of(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn vitality() -> &'static Instrument {
        &super::super::shipped().expect("whole instruments")[0]
    }

    fn overall(scores: &Scores) -> Option<f64> {
        scores.overall.as_ref()?.score
    }

    fn all(value: impl Fn(&str) -> Option<Answer>) -> Answers {
        let ids = vitality().statements.iter().map(|statement| statement.id.clone());
        ids.filter_map(|id| value(&id).map(|answer| (id, answer)))
            .collect()
    }

    fn favourable(id: &str, best: bool) -> Answer {
        let reversed = vitality()
            .scoring
            .subscales
            .iter()
            .any(|subscale| subscale.reversed.iter().any(|item| item == id));
        Answer::Value(if best == reversed { 1 } else { 7 })
    }

    #[test]
    fn the_best_answers_give_100_the_worst_0_and_the_middle_50() {
        let vitality = vitality();
        for (answers, expected) in [
            (all(|id| Some(favourable(id, true))), 100.0),
            (all(|id| Some(favourable(id, false))), 0.0),
            (all(|_| Some(Answer::Value(4))), 50.0),
        ] {
            let scores = vitality.score(&answers);
            assert_eq!(overall(&scores), Some(expected));
            assert!(
                scores
                    .dimensions
                    .iter()
                    .all(|dimension| dimension.score == Some(expected))
            );
        }
    }

    #[test]
    fn a_dimension_more_than_half_unanswered_has_no_score_and_never_zero() {
        let vitality = vitality();
        let answer_first = |count: usize| {
            let motivation: Vec<_> = vitality
                .scoring
                .subscales
                .iter()
                .filter(|it| it.id == "motivation")
                .flat_map(|it| it.items.clone())
                .collect();
            all(|id| match motivation.iter().position(|item| item == id) {
                Some(place) if place >= count => Some(Answer::Skipped),
                _ => Some(Answer::Value(4)),
            })
        };
        let half = vitality.score(&answer_first(3));
        assert_eq!(overall(&half), Some(50.0));
        let less = vitality.score(&answer_first(2));
        let motivation = less
            .dimensions
            .iter()
            .find(|dimension| dimension.id == "motivation");
        assert_eq!(
            motivation.map(|it| (it.score, it.answered, it.of)),
            Some((None, 2, 6))
        );
        assert_eq!(overall(&less), None);
        assert_eq!(overall(&vitality.score(&Answers::new())), None);
    }

    #[test]
    fn the_nearest_word_rounds_half_upward() {
        let vitality = vitality();
        for (mean, value) in [(1.0, 1), (4.49, 4), (4.5, 5), (7.0, 7)] {
            assert_eq!(
                vitality.nearest_option("energy", mean).map(|option| option.value),
                Some(value),
                "{mean}"
            );
        }
    }

    prop_compose! {
        fn some_answers()(values in proptest::collection::vec(proptest::option::of(0u8..=9), 16)) -> Answers {
            let ids = vitality().statements.iter().map(|statement| statement.id.clone());
            ids.zip(values).map(|(id, value)| (id, value.map_or(Answer::Skipped, Answer::Value))).collect()
        }
    }

    proptest! {
        #[test]
        fn scores_stay_in_range_and_turning_every_answer_round_mirrors_them(answers in some_answers()) {
            let vitality = vitality();
            let scores = vitality.score(&answers);
            let turned = answers.iter().map(|(id, answer)| (id.clone(), match answer {
                Answer::Value(value @ 1..=7) => Answer::Value(8 - value),
                other => *other,
            })).collect();
            let mirrored = vitality.score(&turned);
            for (one, other) in scores.dimensions.iter().zip(&mirrored.dimensions) {
                prop_assert_eq!(one.score.is_some(), other.score.is_some());
                if let (Some(one), Some(other)) = (one.score, other.score) {
                    prop_assert!((0.0..=100.0).contains(&one));
                    prop_assert!((one + other - 100.0).abs() < 1e-9);
                }
            }
        }

        #[test]
        fn a_more_favourable_answer_never_lowers_a_score(answers in some_answers(), place in 0usize..16) {
            let vitality = vitality();
            let before = vitality.score(&answers);
            let id = vitality.statements.get(place).map(|statement| statement.id.clone()).unwrap_or_default();
            let mut raised = answers;
            if let Some(Answer::Value(value @ 2..=6)) = raised.get_mut(&id) {
                *value = if favourable(&id, true) == Answer::Value(7) { *value + 1 } else { *value - 1 };
            }
            let after = vitality.score(&raised);
            for (one, other) in before.dimensions.iter().zip(&after.dimensions) {
                if let (Some(one), Some(other)) = (one.score, other.score) {
                    prop_assert!(other >= one - 1e-9);
                }
            }
        }
    }
}
