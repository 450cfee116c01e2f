//! `data.json`: everything without loss, one record a line.

use std::io::{self, Write};

use serde::Serialize;

use crate::{
    ArchiveError,
    export::Counts,
    model::{FORMAT, Instrument},
    pack::Pack,
    parts::attachments::Kept,
    source::{About, Source},
};

/// Name of the part.
pub(crate) const NAME: &str = "data.json";
/// Name and content of the schema that describes it.
pub(crate) const SCHEMA: (&str, &str) = (
    "regie-data-2.schema.json",
    include_str!("../../../../docs/export-format/regie-data-2.schema.json"),
);

#[derive(Serialize)]
struct Period {
    from: chrono::NaiveDate,
    to: chrono::NaiveDate,
}

pub(crate) fn write(
    pack: &mut Pack<'_>,
    source: &dyn Source,
    about: &About,
    kept: &Kept,
) -> Result<Counts, ArchiveError> {
    let mut counts = Counts::default();
    pack.begin(NAME)?;
    write!(pack, "{{\"format\":{FORMAT},\n\"program\":\"Regie ")?;
    escaped(pack, &about.program)?;
    pack.write_all(b"\",\n")?;
    field(pack, "made", &about.made)?;
    if let Some((from, to)) = about.period {
        field(pack, "period", &Period { from, to })?;
    }
    field(pack, "givenOnly", &about.given_only)?;

    // Before the runs, so that whoever reads knows each questionnaire before its results.
    list(pack, "instruments", |each| {
        source.instruments().iter().try_for_each(|one| {
            counts.instruments += 1;
            each(&Line::<Instrument>(one))
        })
    })?;
    pack.write_all(b",\n")?;
    // And each photo before the entries that name it.
    list(pack, "attachments", |each| {
        kept.all().iter().try_for_each(|one| {
            counts.attachment(one);
            each(&Line(one))
        })
    })?;
    pack.write_all(b",\n")?;
    list(pack, "entries", |each| {
        source.entries(&mut |entry| {
            counts.entries += 1;
            each(&Line(&entry))
        })
    })?;
    pack.write_all(b",\n")?;
    list(pack, "runs", |each| {
        source.runs(&mut |run| {
            counts.runs += 1;
            each(&Line(&run))
        })
    })?;
    if let Some(restriction) = source.restriction() {
        pack.write_all(b",\n\"restriction\":")?;
        to_json(pack, restriction)?;
    }
    if !about.given_only {
        pack.write_all(b",\n")?;
        list(pack, "choices", |each| {
            source.choices().iter().try_for_each(|one| {
                counts.choices += 1;
                each(&Line(one))
            })
        })?;
        pack.write_all(b",\n\"settings\":")?;
        to_json(pack, source.settings())?;
    }
    pack.write_all(b"}\n")?;
    Ok(counts)
}

/// A record that can be written, whatever its kind.
trait Record {
    fn write(&self, to: &mut Pack<'_>) -> io::Result<()>;
}

struct Line<'a, T>(&'a T);

impl<T: Serialize> Record for Line<'_, T> {
    fn write(&self, to: &mut Pack<'_>) -> io::Result<()> {
        to_json(to, self.0)
    }
}

type Records<'a> = &'a mut dyn FnMut(&dyn Record) -> Result<(), ArchiveError>;

fn list(
    pack: &mut Pack<'_>,
    name: &str,
    mut records: impl FnMut(Records<'_>) -> Result<(), ArchiveError>,
) -> Result<(), ArchiveError> {
    write!(pack, "\"{name}\":[")?;
    let mut before: &[u8] = b"\n";
    records(&mut |record| {
        pack.write_all(before)?;
        before = b",\n";
        Ok(record.write(pack)?)
    })?;
    pack.write_all(b"]")?;
    Ok(())
}

fn field(pack: &mut Pack<'_>, name: &str, value: &impl Serialize) -> io::Result<()> {
    write!(pack, "\"{name}\":")?;
    to_json(pack, value)?;
    pack.write_all(b",\n")
}

/// Inside quotation marks that stand already.
fn escaped(pack: &mut Pack<'_>, text: &str) -> io::Result<()> {
    let quoted = serde_json::to_string(text)?;
    let inside = quoted.get(1..quoted.len() - 1).unwrap_or_default();
    pack.write_all(inside.as_bytes())
}

pub(crate) fn to_json(to: &mut Pack<'_>, value: &impl Serialize) -> io::Result<()> {
    Ok(serde_json::to_writer(to, value)?)
}
