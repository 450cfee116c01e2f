//! The ledger: what was erased and must stay so after a backup is restored. It lies apart from the database and its
//! backups, only grows, and is on the disk before anything else is done.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;

use super::{AccountId, Moment};

const HEAD: &str = "regie-ledger/1";

/// What can go wrong with the ledger. While it does, nothing is erased and nobody is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// It cannot be read or written.
    #[error("the ledger: {0}")]
    Io(io::ErrorKind),
    /// A line is not as it was written.
    #[error("the ledger is damaged")]
    Damaged,
}

/// What stays done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The account was erased.
    Erased,
    /// The copy on the server was withdrawn.
    CopyWithdrawn,
    /// A copy was wanted again: what was withdrawn before is not withdrawn any more.
    CopyWanted,
}

/// A row of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerEntry {
    /// Whose: a random id.
    pub account: AccountId,
    /// What.
    pub what: What,
    /// When.
    pub at: Moment,
    /// When the last backup that could still hold it has gone, and with it this row.
    pub backups_until: Moment,
}

/// Somewhere apart from the database where rows only come.
pub trait Ledger: Send + Sync {
    /// Adds a row; it is on the disk when this returns.
    ///
    /// # Errors
    /// [`LedgerError`] when it is not.
    fn append(&self, entry: &LedgerEntry) -> Result<(), LedgerError>;

    /// All rows, oldest first.
    ///
    /// # Errors
    /// [`LedgerError::Damaged`] when one of them is not as it was written.
    fn entries(&self) -> Result<Vec<LedgerEntry>, LedgerError>;

    /// How many rows there ever were. A backup notes it; a database that was restored is served only when the ledger
    /// reaches as far.
    ///
    /// # Errors
    /// As [`Self::entries`].
    fn reaches(&self) -> Result<u64, LedgerError>;

    /// Forgets the rows whose last backup has gone.
    ///
    /// # Errors
    /// [`LedgerError`] when they are still there.
    fn forget(&self, now: Moment) -> Result<(), LedgerError>;
}

/// A ledger in a file: a line for each row, each with a hash over itself and the line before. Several processes may
/// share it.
#[derive(Debug)]
pub struct FileLedger {
    path: PathBuf,
}

/// A file as it was read.
struct Content {
    forgotten: u64,
    entries: Vec<LedgerEntry>,
    last: blake3::Hash,
    /// Where the last whole line ends.
    end: u64,
}

impl FileLedger {
    /// Opens a ledger, or begins one. A line that a crash left half written was never acknowledged, and goes.
    ///
    /// # Errors
    /// [`LedgerError`] when the file cannot be used.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        let ledger = Self {
            path: path.to_owned(),
        };
        if !path.try_exists()? {
            match ledger.write(0, &[], true) {
                Err(LedgerError::Io(io::ErrorKind::AlreadyExists)) => {}
                begun => begun?,
            }
        }
        let (mut file, content) = ledger.locked()?;
        if file.seek(SeekFrom::End(0))? != content.end {
            file.set_len(content.end)?;
            file.sync_all()?;
        }
        Ok(ledger)
    }

    /// The file, held against other processes until it is dropped, with what it says.
    fn locked(&self) -> Result<(File, Content), LedgerError> {
        loop {
            let mut file = OpenOptions::new().read(true).write(true).open(&self.path)?;
            file.lock()?;
            // While this one waited, another process may have put a shorter file in its place.
            if !is_still(&file, &self.path)? {
                continue;
            }
            let mut text = String::new();
            file.read_to_string(&mut text)?;
            let content = read(&text)?;
            return Ok((file, content));
        }
    }

    /// Puts a whole file in the place of the one that is there; the first one in nobody's place.
    fn write(&self, forgotten: u64, entries: &[LedgerEntry], is_first: bool) -> Result<(), LedgerError> {
        let folder = self
            .path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let head = format!("{HEAD} {forgotten}");
        let mut last = blake3::hash(head.as_bytes());
        let mut text = head + "\n";
        for entry in entries {
            let (line, hash) = line(entry, &last);
            text.push_str(&line);
            last = hash;
        }
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        let put = if is_first {
            file.persist_noclobber(&self.path)
        } else {
            file.persist(&self.path)
        };
        put.map_err(|error| error.error)?;
        Ok(File::open(folder)?.sync_all()?)
    }
}

impl Ledger for FileLedger {
    fn append(&self, entry: &LedgerEntry) -> Result<(), LedgerError> {
        let (mut file, content) = self.locked()?;
        file.set_len(content.end)?;
        file.seek(SeekFrom::Start(content.end))?;
        file.write_all(line(entry, &content.last).0.as_bytes())?;
        Ok(file.sync_all()?)
    }

    fn entries(&self) -> Result<Vec<LedgerEntry>, LedgerError> {
        Ok(self.locked()?.1.entries)
    }

    fn reaches(&self) -> Result<u64, LedgerError> {
        let (_, content) = self.locked()?;
        Ok(content.forgotten + content.entries.len() as u64)
    }

    fn forget(&self, now: Moment) -> Result<(), LedgerError> {
        let (_file, content) = self.locked()?;
        let kept: Vec<_> = content
            .entries
            .iter()
            .filter(|entry| entry.backups_until > now)
            .copied()
            .collect();
        if kept.len() == content.entries.len() {
            return Ok(());
        }
        let forgotten = content.entries.len() - kept.len();
        self.write(content.forgotten + forgotten as u64, &kept, false)
    }
}

impl From<io::Error> for LedgerError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::InvalidData => Self::Damaged,
            kind => Self::Io(kind),
        }
    }
}

#[cfg(unix)]
fn is_still(file: &File, path: &Path) -> Result<bool, LedgerError> {
    use std::os::unix::fs::MetadataExt;
    let (own, there) = (file.metadata()?, fs::metadata(path)?);
    Ok(own.ino() == there.ino() && own.dev() == there.dev())
}

#[cfg(not(unix))]
fn is_still(_: &File, _: &Path) -> Result<bool, LedgerError> {
    Ok(true)
}

/// A row as a line, with the hash that it ends with.
fn line(entry: &LedgerEntry, before: &blake3::Hash) -> (String, blake3::Hash) {
    let what = match entry.what {
        What::Erased => "erased",
        What::CopyWithdrawn => "copy-withdrawn",
        What::CopyWanted => "copy-wanted",
    };
    let account = HEXLOWER.encode(&entry.account.0);
    let fields = format!("{account} {what} {} {}", entry.at.0, entry.backups_until.0);
    let mut hasher = blake3::Hasher::new_derive_key("regie/1/ledger");
    hasher.update(before.as_bytes());
    hasher.update(fields.as_bytes());
    let hash = hasher.finalize();
    (format!("{fields} {}\n", hash.to_hex()), hash)
}

fn read(text: &str) -> Result<Content, LedgerError> {
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let mut lines = whole.lines();
    let head = lines.next().ok_or(LedgerError::Damaged)?;
    let forgotten = head
        .strip_prefix(HEAD)
        .and_then(|number| number.trim().parse().ok())
        .ok_or(LedgerError::Damaged)?;
    let mut last = blake3::hash(head.as_bytes());
    let mut entries = Vec::new();
    for found in lines {
        let entry = parse(found).ok_or(LedgerError::Damaged)?;
        let (expected, hash) = line(&entry, &last);
        if expected.trim_end() != found {
            return Err(LedgerError::Damaged);
        }
        entries.push(entry);
        last = hash;
    }
    Ok(Content {
        forgotten,
        entries,
        last,
        end: whole.len() as u64 + 1,
    })
}

fn parse(line: &str) -> Option<LedgerEntry> {
    let mut fields = line.split(' ');
    let account = HEXLOWER.decode(fields.next()?.as_bytes()).ok()?;
    let what = match fields.next()? {
        "erased" => What::Erased,
        "copy-withdrawn" => What::CopyWithdrawn,
        "copy-wanted" => What::CopyWanted,
        _ => return None,
    };
    Some(LedgerEntry {
        account: AccountId(account.try_into().ok()?),
        what,
        at: Moment(fields.next()?.parse().ok()?),
        backups_until: Moment(fields.next()?.parse().ok()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn entry(id: u8, until: i64) -> LedgerEntry {
        LedgerEntry {
            account: AccountId([id; 16]),
            what: What::Erased,
            at: Moment(1000),
            backups_until: Moment(until),
        }
    }

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger");
        (folder, path)
    }

    #[test]
    fn rows_come_back_in_their_order_and_go_when_their_last_backup_has_gone() {
        let (_folder, path) = folder();
        let ledger = FileLedger::open(&path).unwrap();
        for row in [entry(1, 50), entry(2, 70), entry(3, 60)] {
            ledger.append(&row).unwrap();
        }
        let again = FileLedger::open(&path).unwrap();
        assert_eq!(
            again.entries().unwrap(),
            [entry(1, 50), entry(2, 70), entry(3, 60)]
        );
        again.forget(Moment(60)).unwrap();
        assert_eq!(ledger.entries().unwrap(), [entry(2, 70)]);
        ledger.append(&entry(4, 90)).unwrap();
        assert_eq!(again.entries().unwrap(), [entry(2, 70), entry(4, 90)]);
        assert_eq!(again.reaches().unwrap(), 4, "what was forgotten still counts");
    }

    #[test]
    fn a_line_that_a_crash_cut_off_goes_and_the_next_one_stands_whole() {
        let (_folder, path) = folder();
        FileLedger::open(&path).unwrap().append(&entry(1, 50)).unwrap();
        let whole = fs::read(&path).unwrap();
        let ledger = FileLedger::open(&path).unwrap();
        ledger.append(&entry(2, 50)).unwrap();
        let longer = fs::read(&path).unwrap();
        for cut in whole.len()..longer.len() {
            fs::write(&path, longer.get(..cut).unwrap()).unwrap();
            let ledger = FileLedger::open(&path).unwrap();
            assert_eq!(ledger.entries().unwrap(), [entry(1, 50)], "{cut}");
            ledger.append(&entry(3, 50)).unwrap();
            assert_eq!(ledger.entries().unwrap(), [entry(1, 50), entry(3, 50)], "{cut}");
        }
    }

    #[test]
    fn a_line_that_was_altered_left_out_or_moved_is_noticed() {
        let (_folder, path) = folder();
        let ledger = FileLedger::open(&path).unwrap();
        for id in 1..4 {
            ledger.append(&entry(id, 50)).unwrap();
        }
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let [head, one, two, three] = lines.as_slice() else {
            panic!("{text}")
        };
        let altered = one.replacen("01", "09", 1);
        for lines in [
            [head, altered.as_str(), two, three],
            [head, two, one, three],
            [head, two, three, three],
        ] {
            fs::write(&path, lines.join("\n") + "\n").unwrap();
            assert_eq!(ledger.entries().unwrap_err(), LedgerError::Damaged);
            assert!(FileLedger::open(&path).is_err());
        }
    }

    #[test]
    fn rows_of_many_threads_all_come_in() {
        let (_folder, path) = folder();
        FileLedger::open(&path).unwrap();
        std::thread::scope(|scope| {
            for id in 0..8 {
                let path = &path;
                scope.spawn(move || FileLedger::open(path).unwrap().append(&entry(id, 50)).unwrap());
            }
        });
        assert_eq!(FileLedger::open(&path).unwrap().entries().unwrap().len(), 8);
    }
}
