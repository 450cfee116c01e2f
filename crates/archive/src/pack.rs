//! The archive as a zip, written as a stream: one part after the other, each hashed on its way, the hashes as the last part.

use std::{
    io::{self, BufWriter, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use chrono::{Datelike, Timelike};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use zip::{
    CompressionMethod, DateTime, ZipWriter,
    write::{SimpleFileOptions, StreamWriter},
};

use crate::{ArchiveError, Reason, model::Moment};

/// Name of the part that holds the hashes of all others, in the form that `sha256sum -c` reads.
pub const CHECKSUMS: &str = "checksums.sha256";

/// Bytes gathered before they are hashed and compressed.
const AHEAD: usize = 64 * 1024;

/// An archive that is being written. What is written to it goes into the part begun last.
///
/// One that is dropped before [`Pack::finish`] has no directory, so that no program takes it for a whole archive.
pub struct Pack<'w> {
    // Falls before `zip`, which would write the directory when dropped.
    gate: Gate,
    zip: ZipWriter<StreamWriter<Gated<'w>>>,
    options: SimpleFileOptions,
    ahead: Vec<u8>,
    part: Option<String>,
    digest: Sha256,
    checksums: Vec<u8>,
    bytes: u64,
    parts: u64,
}

impl std::fmt::Debug for Pack<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pack")
            .field("parts", &self.parts)
            .finish_non_exhaustive()
    }
}

/// Once it falls, nothing more reaches the sink.
struct Gate(Arc<AtomicBool>);

impl Drop for Gate {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

struct Gated<'w> {
    shut: Arc<AtomicBool>,
    out: BufWriter<Box<dyn Write + 'w>>,
}

impl Write for Gated<'_> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        if self.shut.load(Ordering::Relaxed) {
            return Ok(data.len());
        }
        self.out.write(data)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl<'w> Pack<'w> {
    /// An empty archive; every part bears the time `made`.
    pub fn new(sink: impl Write + 'w, made: &Moment) -> Self {
        let shut = Arc::new(AtomicBool::new(false));
        let gated = Gated {
            shut: Arc::clone(&shut),
            out: BufWriter::with_capacity(AHEAD, Box::new(sink)),
        };
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(dos_time(made))
            .unix_permissions(0o644);
        Self {
            gate: Gate(shut),
            zip: ZipWriter::new_stream(gated).set_auto_large_file(),
            options,
            ahead: Vec::with_capacity(AHEAD),
            part: None,
            digest: Sha256::new(),
            checksums: Vec::new(),
            bytes: 0,
            parts: 0,
        }
    }

    /// Ends the part before and begins another one.
    ///
    /// # Errors
    /// [`Reason::BadName`] for a name that is not plain ASCII or leads elsewhere; the disk.
    pub fn begin(&mut self, name: &str) -> Result<(), ArchiveError> {
        self.begin_as(name, self.options)
    }

    /// As [`Pack::begin`], for what is compressed already: it is stored as it is.
    ///
    /// # Errors
    /// As [`Pack::begin`].
    pub fn begin_stored(&mut self, name: &str) -> Result<(), ArchiveError> {
        self.begin_as(name, self.options.compression_method(CompressionMethod::Stored))
    }

    fn begin_as(&mut self, name: &str, options: SimpleFileOptions) -> Result<(), ArchiveError> {
        if !is_plain(name) {
            return Err(ArchiveError::bad(name, Reason::BadName));
        }
        self.end()?;
        self.zip.start_file(name, options).map_err(io::Error::from)?;
        self.part = Some(name.to_owned());
        self.parts += 1;
        Ok(())
    }

    /// A whole part at once.
    ///
    /// # Errors
    /// As [`Pack::begin`].
    pub fn whole(&mut self, name: &str, content: &[u8]) -> Result<(), ArchiveError> {
        self.begin(name)?;
        self.write_all(content)?;
        Ok(())
    }

    /// Number of parts begun, and bytes written into them before compression.
    #[must_use]
    pub const fn written(&self) -> (u64, u64) {
        (self.parts, self.bytes + self.ahead.len() as u64)
    }

    /// Writes the checksums and the directory, and flushes.
    ///
    /// # Errors
    /// The disk.
    pub fn finish(mut self) -> Result<(), ArchiveError> {
        self.end()?;
        let checksums = std::mem::take(&mut self.checksums);
        self.whole(CHECKSUMS, &checksums)?;
        self.pass_on()?;
        let Self { zip, gate: _gate, .. } = self;
        let mut out = zip.finish().map_err(io::Error::from)?.into_inner();
        out.flush()?;
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        self.pass_on()?;
        let Some(name) = self.part.take() else {
            return Ok(());
        };
        let digest = self.digest.finalize_reset();
        writeln!(self.checksums, "{}  {name}", HEXLOWER.encode_display(&digest))
    }

    fn pass_on(&mut self) -> io::Result<()> {
        self.digest.update(&self.ahead);
        self.zip.write_all(&self.ahead)?;
        self.bytes += self.ahead.len() as u64;
        self.ahead.clear();
        Ok(())
    }
}

impl Write for Pack<'_> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.write_all(data).map(|()| data.len())
    }

    fn write_all(&mut self, data: &[u8]) -> io::Result<()> {
        if self.ahead.len() + data.len() > AHEAD {
            self.pass_on()?;
        }
        if data.len() < AHEAD {
            self.ahead.extend_from_slice(data);
            return Ok(());
        }
        self.digest.update(data);
        self.zip.write_all(data)?;
        self.bytes += data.len() as u64;
        Ok(())
    }

    /// Does nothing: flushing in the middle of a part would only spoil its compression.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A name that means the same file on every system: ASCII, relative, no way up, nothing that a file system refuses.
#[must_use]
pub fn is_plain(name: &str) -> bool {
    let sign = |sign: u8| sign.is_ascii_alphanumeric() || b"._-/".contains(&sign);
    name.len() <= 200
        && name.bytes().all(sign)
        && name.split('/').all(|part| !part.trim_matches('.').is_empty())
}

fn dos_time(made: &Moment) -> DateTime {
    let at = made.at.naive_local();
    let small = |value: u32| u8::try_from(value).unwrap_or_default();
    DateTime::from_date_and_time(
        u16::try_from(at.year()).unwrap_or_default(),
        small(at.month()),
        small(at.day()),
        small(at.hour()),
        small(at.minute()),
        small(at.second()),
    )
    .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made() -> Moment {
        Moment {
            at: "2026-11-27T10:00:00+01:00".parse().expect("a time"),
            zone: "Europe/Amsterdam".into(),
        }
    }

    #[test]
    fn parts_and_their_checksums_are_read_back_and_the_same_parts_make_the_same_file() {
        let write = || {
            let mut out = Vec::new();
            let mut pack = Pack::new(&mut out, &made());
            pack.whole("a.txt", b"abc").expect("a part");
            pack.begin("b/c.txt").expect("a part");
            for _ in 0..5 {
                pack.write_all(&[7; 50_000]).expect("room");
            }
            pack.write_all(&[8; 200_000]).expect("room");
            assert_eq!(pack.written(), (2, 450_003));
            pack.finish().expect("a whole archive");
            out
        };
        let file = write();
        assert_eq!(file, write());
        let mut zip = zip::ZipArchive::new(io::Cursor::new(file)).expect("a zip");
        let checksums = io::read_to_string(zip.by_name(CHECKSUMS).expect("there")).expect("text");
        assert!(
            checksums
                .starts_with("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a.txt\n")
        );
        let mut content = Vec::new();
        io::copy(&mut zip.by_name("b/c.txt").expect("there"), &mut content).expect("whole");
        assert_eq!(
            (content.len(), content.first(), content.last()),
            (450_000, Some(&7), Some(&8))
        );
        assert!(checksums.contains(&HEXLOWER.encode(&Sha256::digest(&content))));
    }

    #[test]
    fn an_archive_that_was_left_in_the_middle_opens_nowhere() {
        let mut out = Vec::new();
        let mut pack = Pack::new(&mut out, &made());
        pack.whole("a.txt", b"abc").expect("a part");
        drop(pack);
        assert!(zip::ZipArchive::new(io::Cursor::new(out)).is_err());
    }

    #[test]
    fn no_part_has_a_name_that_leads_elsewhere() {
        let mut pack = Pack::new(io::sink(), &made());
        for name in [
            "", "../a", "a/../b", "/a", "a//b", "a/./b", "a/", "é.md", "a\\b", "c:a", "a b",
        ] {
            assert!(
                matches!(
                    pack.begin(name),
                    Err(ArchiveError::Bad {
                        reason: Reason::BadName,
                        ..
                    })
                ),
                "{name}"
            );
        }
        assert!(pack.begin("diary/2026/2026-11-27-1000-2.md").is_ok());
    }
}
