//! When to remind, as it travels. What a device reminded of already stays there: each reminds for itself.

use std::cmp::Reverse;

use super::{Occasion, PerOccasion, Quiet, Rhythm, Schedule};
use crate::record::{Kind, Merged, Record, RecordError, fields::Fields, wire};

type RhythmParts = (bool, [bool; 7], u16);
type Parts = ([RhythmParts; 3], (bool, u16, u16));

impl Record for Schedule {
    const KIND: Kind = Kind::Reminders;
    const VERSION: u16 = 1;

    fn encode(&self) -> Result<Vec<u8>, RecordError> {
        if !self.is_sound() {
            return Err(RecordError::Malformed);
        }
        let Quiet { on, from, to } = self.quiet;
        let parts: Parts = (
            Occasion::ALL.map(|occasion| {
                let rhythm = self.rhythms.of(occasion);
                (rhythm.on, rhythm.days, rhythm.minute)
            }),
            (on, from, to),
        );
        wire::encode(&parts)
    }

    fn decode(_: u16, body: &[u8]) -> Result<Self, RecordError> {
        let (rhythms, (on, from, to)): Parts = wire::decode(body)?;
        let [check, pulse, diary] = rhythms.map(|(on, days, minute)| Rhythm { on, days, minute });
        let schedule = Self {
            rhythms: PerOccasion { check, pulse, diary },
            quiet: Quiet { on, from, to },
        };
        schedule
            .is_sound()
            .then_some(schedule)
            .ok_or(RecordError::Malformed)
    }

    /// Field by field, each day of the week too. Where both devices chose differently, the quieter stays: off, the earlier
    /// minute, the longer silence.
    fn join(base: Option<&Self>, one: &Self, other: &Self) -> Merged<Self> {
        let mut joined = *one;
        for occasion in Occasion::ALL {
            *joined.rhythms.of_mut(occasion) = rhythm(
                base.map(|base| base.rhythms.of(occasion)),
                one.rhythms.of(occasion),
                other.rhythms.of(occasion),
            );
        }
        joined.quiet = quiet(base.map(|base| &base.quiet), &one.quiet, &other.quiet);
        Merged::plain(joined)
    }

    /// There is one for each account.
    fn name(&self) -> Option<Vec<u8>> {
        Some(Vec::new())
    }
}

fn rhythm(base: Option<&Rhythm>, one: &Rhythm, other: &Rhythm) -> Rhythm {
    let on = Fields::silently((base.map(|base| &base.on), &one.on, &other.on), |on| *on);
    let mut days = one.days;
    let sides = one.days.iter().zip(&other.days).enumerate();
    for (day, (at, (one, other))) in days.iter_mut().zip(sides) {
        let before = base.and_then(|base| base.days.get(at));
        *day = Fields::silently((before, one, other), |on| Reverse(*on));
    }
    // One took off Monday and the other Tuesday: what is on has a day.
    if on && !days.contains(&true) {
        days = std::array::from_fn(|day| {
            let on = |rhythm: &Rhythm| rhythm.days.get(day).copied().unwrap_or_default();
            on(one) || on(other)
        });
    }
    Rhythm {
        on,
        days,
        minute: Fields::silently(
            (base.map(|base| &base.minute), &one.minute, &other.minute),
            |minute| *minute,
        ),
    }
}

fn quiet(base: Option<&Quiet>, one: &Quiet, other: &Quiet) -> Quiet {
    Quiet {
        on: Fields::silently((base.map(|base| &base.on), &one.on, &other.on), |on| !*on),
        from: Fields::silently((base.map(|base| &base.from), &one.from, &other.from), |from| {
            *from
        }),
        to: Fields::silently((base.map(|base| &base.to), &one.to, &other.to), |to| Reverse(*to)),
    }
}
