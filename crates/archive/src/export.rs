//! Writing an archive: which parts, in which order, sealed how. docs/export-format.md describes what comes out.

use std::io::Write;

use crate::{
    ArchiveError,
    model::Attachment,
    pack::Pack,
    parts::{attachments, consent, diary, fhir, json, readme, sheets},
    seal::{Sealed, Sealing},
    source::{About, Source},
};

/// The parts that a person can leave out. `data.json`, its schema, the two pages to read first and the checksums are always there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// `diary/`: Markdown files.
    pub diary: bool,
    /// `csv/`: tables.
    pub csv: bool,
    /// `fhir/bundle.json`.
    pub fhir: bool,
    /// `consent.json`; never when only what the person gave goes out.
    pub consent: bool,
}

impl Parts {
    /// All of them.
    pub const ALL: Self = Self {
        diary: true,
        csv: true,
        fhir: true,
        consent: true,
    };
    /// None but those that are always there.
    pub const NONE: Self = Self {
        diary: false,
        csv: false,
        fhir: false,
        consent: false,
    };
}

/// How many records went out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Diary entries.
    pub entries: u64,
    /// Checks, pulses and check-ins.
    pub runs: u64,
    /// Instruments that were brought along.
    pub instruments: u64,
    /// Choices about purposes.
    pub choices: u64,
    /// Photos.
    pub photos: u64,
    /// Recordings.
    pub recordings: u64,
    /// Photos of which only a small picture is there.
    pub previews: u64,
    /// Photos and recordings of which nothing is there.
    pub missing: u64,
}

impl Counts {
    pub(crate) fn attachment(&mut self, one: &Attachment) {
        let counted = if one.media.is_photo() {
            &mut self.photos
        } else {
            &mut self.recordings
        };
        *counted += 1;
        self.previews += u64::from(one.content.as_ref().is_some_and(|content| content.preview));
        self.missing += u64::from(one.content.is_none());
    }
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Records.
    pub counts: Counts,
    /// Files inside the archive.
    pub parts: u64,
    /// Bytes in them, before compression.
    pub bytes: u64,
}

/// Writes further parts, such as a report under `report/`.
pub type Extra<'a> = &'a mut dyn FnMut(&mut Pack<'_>) -> Result<(), ArchiveError>;

/// Writes a whole archive, as a stream: memory holds one record, the names and checksums of the parts, and some buffers. After an
/// error what reached the sink is no archive, and whoever called throws it away.
///
/// # Errors
/// Those of the source and of `extra`; the disk.
pub fn write_archive(
    sink: impl Write,
    source: &dyn Source,
    about: &About,
    parts: &Parts,
    sealing: &Sealing,
    extra: Option<Extra<'_>>,
) -> Result<Written, ArchiveError> {
    let mut sealed = Sealed::new(sealing, sink)?;
    let written = write_parts(&mut sealed, source, about, parts, extra)?;
    sealed.finish()?;
    Ok(written)
}

fn write_parts(
    sink: impl Write,
    source: &dyn Source,
    about: &About,
    parts: &Parts,
    extra: Option<Extra<'_>>,
) -> Result<Written, ArchiveError> {
    let mut pack = Pack::new(sink, &about.made);
    let kept = attachments::write(&mut pack, source)?;
    let counts = json::write(&mut pack, source, about, &kept)?;
    let (name, schema) = json::SCHEMA;
    pack.whole(name, schema.as_bytes())?;
    if parts.fhir {
        fhir::write(&mut pack, source, about)?;
    }
    if parts.diary {
        diary::write(&mut pack, source, about, &kept)?;
    }
    if parts.csv {
        sheets::write(&mut pack, source, about)?;
    }
    if parts.consent && !about.given_only {
        consent::write(&mut pack, source, about)?;
    }
    let report = extra.is_some();
    if let Some(extra) = extra {
        extra(&mut pack)?;
    }
    readme::write(&mut pack, about, parts, counts, report)?;
    let (written, bytes) = pack.written();
    pack.finish()?;
    Ok(Written {
        counts,
        parts: written + 1,
        bytes,
    })
}
