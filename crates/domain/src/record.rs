//! Records: what travels between a person's devices, and how two versions of one become one again.
//!
//! A record's **content** is the CBOR list of kind, version and body; it is what a device seals into an envelope. Who deletes
//! a record seals a [`Tombstone`] in its place. A kind is one implementation of [`Record`] beside its type and one line in
//! [`Kind`]; docs/adding-a-record-kind.md shows how.
//!
//! Merging has three sides: the version that both devices had last (`base`), and what became of it on each. It is the same on
//! every device, whichever of the two is called "mine". Nothing that somebody wrote is dropped without a word: see
//! [`Merged::originals`].

pub(crate) mod fields;
mod text;
mod tombstone;
pub(crate) mod wire;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod walk_through;

pub use text::{Stretch, compare};
pub use tombstone::{Confirmed, Tombstone};

use crate::{attachment, consent, diary, meter, reminder, restriction, settings};

/// The longest content that is read or written: below what an envelope holds.
pub const LONGEST_CONTENT: usize = 2_500 * 1024;

/// Why a content is not read, not written or not merged. Nothing of what it says stands in an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Not what any version of this program writes.
    #[error("the record is malformed")]
    Malformed,
    /// More than a field, or a record, holds.
    #[error("the record is too long")]
    TooLong,
    /// Written by a newer program: it is kept as it is, shown as such, and not written to.
    #[error("kind {kind}, version {version} of a record is not known yet")]
    TooNew {
        /// Number of the kind.
        kind: u16,
        /// Version of the kind.
        version: u16,
    },
    /// Contents of two kinds, or of another than was said.
    #[error("the record is of another kind")]
    OtherKind,
}

/// What two versions became.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged<T> {
    /// The one version.
    pub value: T,
    /// Whether both versions that it was made of are to be kept, and offered, for 30 days: a text is no longer as either
    /// side wrote it, or a value had to give way.
    pub originals: bool,
    /// What did not fit, to become a record of its own in the same push: only where two texts are too long for one.
    pub apart: Option<T>,
}

impl<T> Merged<T> {
    /// One version that nothing gave way for.
    #[must_use]
    pub const fn plain(value: T) -> Self {
        Self {
            value,
            originals: false,
            apart: None,
        }
    }

    fn try_map<U>(
        self,
        mut change: impl FnMut(T) -> Result<U, RecordError>,
    ) -> Result<Merged<U>, RecordError> {
        Ok(Merged {
            value: change(self.value)?,
            originals: self.originals,
            apart: self.apart.map(change).transpose()?,
        })
    }
}

/// A kind of record, implemented beside its type.
pub trait Record: Clone + PartialEq {
    /// Its number on the wire, for good.
    const KIND: Kind;
    /// Counts up when the body changes. Older ones stay readable and are never written again.
    const VERSION: u16;

    /// The body, in CBOR of one form.
    ///
    /// # Errors
    /// [`RecordError::TooLong`] when a limit of the kind is exceeded.
    fn encode(&self) -> Result<Vec<u8>, RecordError>;

    /// Reads a body of this version or an earlier one. Bytes in another form than [`Record::encode`] gives are refused by
    /// whoever calls: see [`read`].
    ///
    /// # Errors
    /// [`RecordError::Malformed`], [`RecordError::TooLong`].
    fn decode(version: u16, body: &[u8]) -> Result<Self, RecordError>;

    /// Makes one of two that both differ from `base` and from each other. [`Record::merge`] calls it with the two sides in
    /// an order that both devices agree on, so that whatever it decides is decided alike everywhere.
    fn join(base: Option<&Self>, one: &Self, other: &Self) -> Merged<Self>;

    /// What there is one of in an account, whoever makes it first: its record's id follows from this and the kind, under a
    /// key of the account. `None`: each has a random id.
    fn name(&self) -> Option<Vec<u8>> {
        None
    }

    /// Merges three ways. The same with both sides exchanged; whatever only one side changed is that side's; two that are
    /// equal stay what they are. Without a base nobody can tell a deletion from something new, so that all of both stays.
    fn merge(base: Option<&Self>, mine: &Self, theirs: &Self) -> Merged<Self> {
        if let Some(kept) = fields::only_change(base, mine, theirs) {
            return Merged::plain(kept.clone());
        }
        if mine.encode().ok() <= theirs.encode().ok() {
            Self::join(base, mine, theirs)
        } else {
            Self::join(base, theirs, mine)
        }
    }
}

/// Declares the kinds: what each is called, its number on the wire and its type.
macro_rules! kinds {
    ($($(#[$about:meta])* $kind:ident = $number:literal: $record:ty,)*) => {
        /// What a record is. The numbers travel, and are never given to anything else.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum Kind {
            $($(#[$about])* $kind = $number,)*
        }

        impl Kind {
            /// All of them, by number.
            pub const ALL: &'static [Self] = &[$(Self::$kind),*];

            /// Its number on the wire.
            #[must_use]
            pub const fn number(self) -> u16 {
                self as u16
            }

            /// The kind of a number; `None` when a newer program made it.
            #[must_use]
            pub const fn of(number: u16) -> Option<Self> {
                match number {
                    $($number => Some(Self::$kind),)*
                    _ => None,
                }
            }

            /// Which version of it this program writes.
            #[must_use]
            pub const fn version(self) -> u16 {
                match self {
                    $(Self::$kind => <$record as Record>::VERSION,)*
                }
            }
        }

        /// A record of any kind.
        #[derive(Clone, Debug, PartialEq)]
        pub enum AnyRecord {
            $($(#[$about])* $kind($record),)*
        }

        impl AnyRecord {
            /// Reads a content.
            ///
            /// # Errors
            /// As [`read`].
            pub fn read(content: &[u8]) -> Result<Self, RecordError> {
                match known(content)? {
                    $(Kind::$kind => read(content).map(Self::$kind),)*
                }
            }

            /// The content that travels.
            ///
            /// # Errors
            /// As [`write`].
            pub fn write(&self) -> Result<Vec<u8>, RecordError> {
                match self {
                    $(Self::$kind(record) => write(record),)*
                }
            }

            /// What it is.
            #[must_use]
            pub const fn kind(&self) -> Kind {
                match self {
                    $(Self::$kind(_) => Kind::$kind,)*
                }
            }

            /// As [`Record::name`].
            #[must_use]
            pub fn name(&self) -> Option<Vec<u8>> {
                match self {
                    $(Self::$kind(record) => record.name(),)*
                }
            }
        }

        /// Merges contents of a kind three ways, as [`Record::merge`] does. A base that cannot be read counts as none: then all
        /// of both stays.
        ///
        /// # Errors
        /// [`RecordError::OtherKind`], and those of [`read`] and [`write`]; nothing is lost then, for both contents are still
        /// what they were. [`RecordError::TooNew`]: this device waits for a newer program before it writes to this record.
        pub fn merge(
            kind: Kind,
            base: Option<&[u8]>,
            mine: &[u8],
            theirs: &[u8],
        ) -> Result<MergedBytes, RecordError> {
            match kind {
                $(Kind::$kind => merge_contents::<$record>(base, mine, theirs),)*
            }
        }
    };
}

kinds! {
    /// An entry of the diary, with whether it is on hold.
    Entry = 1: diary::EntryRecord,
    /// A taking of a check, a pulse or a check-in, finished or paused, with its answers, its note and whether it is on hold.
    Run = 2: meter::RunRecord,
    /// An instrument that was brought along as a file.
    Instrument = 3: meter::InstrumentRecord,
    /// What a person chose for themselves, on whichever device.
    Settings = 4: settings::Settings,
    /// When to remind of what.
    Reminders = 5: reminder::Schedule,
    /// The choices about purposes.
    Consent = 6: consent::History,
    /// Whether everything is on hold.
    Hold = 7: restriction::Everything,
    /// What is known of a photo or a voice note beside its bytes.
    Attachment = 8: attachment::Manifest,
}

/// What two contents became.
pub type MergedBytes = Merged<Vec<u8>>;

/// Kind and version of a content, as numbers: those of newer programs too.
///
/// # Errors
/// [`RecordError::Malformed`], [`RecordError::TooLong`].
pub fn head(content: &[u8]) -> Result<(u16, u16), RecordError> {
    wire::split(content).map(|(kind, version, _)| (kind, version))
}

/// Reads a content of one kind, in the one form that it has.
///
/// # Errors
/// [`RecordError::TooNew`], [`RecordError::OtherKind`], [`RecordError::Malformed`], [`RecordError::TooLong`].
pub fn read<R: Record>(content: &[u8]) -> Result<R, RecordError> {
    if known(content)? != R::KIND {
        return Err(RecordError::OtherKind);
    }
    let (_, version, body) = wire::split(content)?;
    let record = R::decode(version, body)?;
    // An older version is not written any more: its form was proven by whoever wrote it.
    if version == R::VERSION && record.encode()? != body {
        return Err(RecordError::Malformed);
    }
    Ok(record)
}

/// The content of a record, as it travels.
///
/// # Errors
/// [`RecordError::TooLong`] when it, or a field of it, exceeds its limit.
pub fn write<R: Record>(record: &R) -> Result<Vec<u8>, RecordError> {
    wire::join(R::KIND.number(), R::VERSION, &record.encode()?)
}

/// The kind of a content that this program can read.
fn known(content: &[u8]) -> Result<Kind, RecordError> {
    let (kind, version) = head(content)?;
    Kind::of(kind)
        .filter(|known| version <= known.version())
        .ok_or(RecordError::TooNew { kind, version })
}

fn merge_contents<R: Record>(
    base: Option<&[u8]>,
    mine: &[u8],
    theirs: &[u8],
) -> Result<MergedBytes, RecordError> {
    let (mine, theirs): (R, R) = (read(mine)?, read(theirs)?);
    let base = base.and_then(|base| read(base).ok());
    R::merge(base.as_ref(), &mine, &theirs).try_map(|record| write(&record))
}
