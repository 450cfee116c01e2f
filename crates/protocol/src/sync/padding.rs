//! Filling up by Padmé, so that few different sizes are seen.

/// How long something becomes that is filled up: by Padmé (Nikitin and others, "Reducing metadata leakage from encrypted files and communication
/// with PURBs", 2019), which adds at most a sixteenth from 256 bytes on and leaves few different sizes. Nothing beyond what a number holds.
#[must_use]
pub const fn padme(length: u64) -> Option<u64> {
    if length < 2 {
        return Some(length);
    }
    // As many of the highest bits stay as it takes to write the exponent.
    let exponent = length.ilog2();
    let kept = exponent.ilog2() + 1;
    let mask = (1_u64 << exponent.saturating_sub(kept)) - 1;
    match length.checked_add(mask) {
        Some(sum) => Some(sum & !mask),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_step_stays_a_step_and_little_is_added(length in 256_u64..1 << 40) {
            let padded = padme(length).expect("a length");
            prop_assert!(padded >= length && padded - length <= length / 16);
            prop_assert_eq!(padme(padded), Some(padded));
            prop_assert!(padme(length + 1) >= Some(padded), "never shorter for more");
        }

        #[test]
        fn any_length_has_an_answer(length: u64) {
            prop_assert!(padme(length).is_none_or(|padded| padded >= length));
        }
    }

    #[test]
    fn short_and_endless_lengths_have_an_answer_too() {
        assert_eq!(
            (0..10).filter_map(padme).collect::<Vec<_>>(),
            [0, 1, 2, 3, 4, 5, 6, 7, 8, 10]
        );
        assert_eq!(padme(u64::MAX), None);
    }
}
