//! The shape of `data.json`: which fields, in which order, read without ever holding a list.

use std::{cell::Cell, collections::HashSet, fmt, marker::PhantomData};

use chrono::NaiveDate;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use uuid::Uuid;

use super::{DATA, Heading};
use crate::{
    ArchiveError, Reason,
    limits::{LONGEST_RECORD, Limited, MOST_ATTACHMENTS},
    model::{Attachment, Choice, Entry, FORMAT, Item, LeftOut, Moment, Restriction},
    source::Each,
};

/// The whole of it. An error that is not about JSON is left in `stopped`.
pub(super) struct Document<'a, 'e> {
    pub(super) room: &'a Cell<u64>,
    pub(super) each: Each<'e, Item>,
    /// Takes each attachment, in their order.
    pub(super) attachment: &'a mut dyn FnMut(Attachment),
    pub(super) stopped: &'a mut Option<ArchiveError>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Field {
    Format,
    Program,
    Made,
    Period,
    GivenOnly,
    Instruments,
    Attachments,
    Entries,
    Runs,
    Restriction,
    Choices,
    Settings,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Period {
    from: NaiveDate,
    to: NaiveDate,
}

/// What was met so far.
#[derive(Default)]
struct Met {
    fields: Vec<Field>,
    program: Option<String>,
    made: Option<Moment>,
    period: Option<(NaiveDate, NaiveDate)>,
    given_only: Option<bool>,
    left_out: bool,
    format: u32,
    attachments: HashSet<Uuid>,
}

impl Document<'_, '_> {
    pub(super) fn read<'de, D: Deserializer<'de>>(self, from: D) -> Result<Heading, D::Error> {
        from.deserialize_map(self)
    }

    fn field<'de, A: MapAccess<'de>>(
        &mut self,
        field: Field,
        met: &mut Met,
        from: &mut A,
    ) -> Result<(), A::Error> {
        self.room.set(LONGEST_RECORD);
        match field {
            Field::Format => {
                met.format = from.next_value()?;
                self.format(met.format)?;
            }
            Field::Program => met.program = Some(from.next_value()?),
            Field::Made => met.made = Some(from.next_value()?),
            Field::Period => met.period = Some(from.next_value::<Period>().map(|it| (it.from, it.to))?),
            Field::GivenOnly => met.given_only = Some(from.next_value()?),
            Field::Instruments => self.list(from, Item::Instrument)?,
            Field::Attachments => self.attachments(met, from)?,
            Field::Entries => self.entries(met, from)?,
            Field::Runs => self.list(from, Item::Run)?,
            Field::Restriction => {
                let restriction: Restriction = from.next_value()?;
                within(&restriction)?;
                met.left_out = true;
            }
            Field::Choices => {
                from.next_value_seed(List::new(self.room, |_: Choice| {
                    met.left_out = true;
                    true
                }))?;
            }
            Field::Settings => met.left_out |= from.next_value::<Passed>()?.0,
        }
        Ok(())
    }

    fn format<E: Error>(&mut self, format: u32) -> Result<(), E> {
        match format {
            1 | FORMAT => Ok(()),
            0 => Err(E::custom("no format")),
            _ => self.stop(ArchiveError::bad(DATA, Reason::Newer)),
        }
    }

    fn attachments<'de, A: MapAccess<'de>>(&mut self, met: &mut Met, from: &mut A) -> Result<(), A::Error> {
        let (take, known) = (&mut self.attachment, &mut met.attachments);
        let mut is_sound = true;
        from.next_value_seed(List::new(self.room, |one: Attachment| {
            is_sound = known.len() < MOST_ATTACHMENTS && known.insert(one.id);
            if is_sound {
                take(one);
            }
            is_sound
        }))
    }

    /// Entries, which name only what the archive has told of.
    fn entries<'de, A: MapAccess<'de>>(&mut self, met: &Met, from: &mut A) -> Result<(), A::Error> {
        let (each, stopped) = (&mut self.each, &mut self.stopped);
        from.next_value_seed(List::new(self.room, |entry: Entry| {
            let mut named = entry.attachments.iter();
            if named.any(|one| !met.attachments.contains(&one.id)) {
                return false;
            }
            let taken = each(Item::Entry(entry));
            let goes_on = taken.is_ok();
            **stopped = taken.err();
            goes_on
        }))
    }

    fn list<'de, A: MapAccess<'de>, T: Deserialize<'de> + Limited>(
        &mut self,
        from: &mut A,
        item: fn(T) -> Item,
    ) -> Result<(), A::Error> {
        let (each, stopped) = (&mut self.each, &mut self.stopped);
        from.next_value_seed(List::new(self.room, |record| {
            let taken = each(item(record));
            let goes_on = taken.is_ok();
            **stopped = taken.err();
            goes_on
        }))
    }

    fn stop<E: Error>(&mut self, error: ArchiveError) -> Result<(), E> {
        *self.stopped = Some(error);
        Err(E::custom("stopped"))
    }
}

fn within<E: Error>(record: &impl Limited) -> Result<(), E> {
    if record.is_within_limits() {
        Ok(())
    } else {
        Err(E::custom("beyond the limits"))
    }
}

impl<'de> Visitor<'de> for Document<'_, '_> {
    type Value = Heading;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an archive of Regie")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut from: A) -> Result<Heading, A::Error> {
        let mut met = Met::default();
        while let Some(field) = from.next_key::<Field>()? {
            // Of an archive of a later format nothing else is read.
            let first = met.fields.is_empty();
            let after = |one, other| met.fields.contains(&one) && field == other;
            let before =
                !after(Field::Runs, Field::Instruments) && !after(Field::Entries, Field::Attachments);
            if first != (field == Field::Format) || met.fields.contains(&field) || !before {
                return Err(A::Error::custom("a field that is not in its place"));
            }
            met.fields.push(field);
            self.field(field, &mut met, &mut from)?;
            self.room.set(LONGEST_RECORD);
        }
        let heading = met.heading()?;
        if met.left_out {
            let left_out = Item::LeftOut(LeftOut::SettingsAndChoices);
            if let Err(error) = (self.each)(left_out) {
                self.stop(error)?;
            }
        }
        Ok(heading)
    }
}

impl Met {
    fn heading<E: Error>(&self) -> Result<Heading, E> {
        use Field::{Attachments, Choices, Entries, Instruments, Runs, Settings};
        let has = |field: &Field| self.fields.contains(field);
        let given_only = self.given_only.ok_or_else(|| E::missing_field("givenOnly"))?;
        let always = [Instruments, Entries, Runs].iter().all(has) && has(&Attachments) == (self.format > 1);
        let not_given = [Choices, Settings];
        let fitting = if given_only {
            !not_given.iter().any(has)
        } else {
            not_given.iter().all(has)
        };
        let program = self.program.clone().filter(|program| program.len() <= 100);
        let made = self.made.clone().filter(Limited::is_within_limits);
        match (program, made) {
            (Some(program), Some(made)) if always && fitting => Ok(Heading {
                program,
                made,
                period: self.period,
                given_only,
            }),
            _ => Err(E::custom("other fields than it should have")),
        }
    }
}

/// A list whose records are handed on one by one, each with a new ration; `take` says whether to go on.
struct List<'a, T, F> {
    room: &'a Cell<u64>,
    take: F,
    of: PhantomData<T>,
}

impl<'a, T: Limited, F: FnMut(T) -> bool> List<'a, T, F> {
    fn new(room: &'a Cell<u64>, take: F) -> Self {
        let of = PhantomData;
        Self { room, take, of }
    }
}

impl<'de, T: Deserialize<'de> + Limited, F: FnMut(T) -> bool> DeserializeSeed<'de> for List<'_, T, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de, T: Deserialize<'de> + Limited, F: FnMut(T) -> bool> Visitor<'de> for List<'_, T, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of records")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut from: A) -> Result<(), A::Error> {
        while let Some(record) = from.next_element::<T>()? {
            within(&record)?;
            if !(self.take)(record) {
                return Err(A::Error::custom("stopped"));
            }
            self.room.set(LONGEST_RECORD);
        }
        Ok(())
    }
}

/// Settings: passed over, but for whether there are any.
struct Passed(bool);

impl<'de> Deserialize<'de> for Passed {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Settings;
        impl<'de> Visitor<'de> for Settings {
            type Value = Passed;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("settings")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Passed, A::Error> {
                let mut any = false;
                while from.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
                    any = true;
                }
                Ok(Passed(any))
            }
        }
        from.deserialize_map(Settings)
    }
}
