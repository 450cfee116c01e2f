//! Encryption with [age](https://age-encryption.org/v1), to a passphrase or to somebody's key, and the way back. Any age tool
//! opens what is sealed here.

use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};

use age::{
    DecryptError, Decryptor, EncryptError, Encryptor, Identity,
    armor::ArmoredReader,
    scrypt,
    stream::{StreamReader, StreamWriter},
};
pub use age::{
    secrecy::{ExposeSecret, SecretString},
    x25519,
};
use thiserror::Error;

use crate::{ArchiveError, Reason};

/// Work before a passphrase is tried, as a power of two: the least that OWASP advises for scrypt with blocks of 8, in 128 MiB.
pub const WORK: u8 = 17;
/// The most work that a file may ask for: 1 GiB of memory and some seconds. age's own tools ask for 18.
pub const MOST_WORK: u8 = 20;
/// Longest header that is read: hundreds of recipients.
const LONGEST_HEADER: u64 = 64 * 1024;
const BINARY: &[u8] = b"age-encryption.org/";
const ARMORED: &[u8] = b"-----BEGIN AGE ENCRYPTED FILE-----";

/// How an archive is closed.
#[derive(Clone)]
pub enum Sealing {
    /// Not at all.
    Plain,
    /// To a passphrase.
    Passphrase {
        /// The passphrase.
        secret: SecretString,
        /// Work before it can be tried, as a power of two; [`WORK`] but in tests.
        work: u8,
    },
    /// To a key of age: only who has the secret key opens it.
    Recipient(x25519::Recipient),
}

impl Sealing {
    /// To a passphrase.
    #[must_use]
    pub fn passphrase(secret: SecretString) -> Self {
        Self::Passphrase { secret, work: WORK }
    }
}

impl std::fmt::Debug for Sealing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Plain => "Plain",
            Self::Passphrase { .. } => "Passphrase",
            Self::Recipient(_) => "Recipient",
        })
    }
}

/// A sink that encrypts what is written to it. Without [`Sealed::finish`] its last piece is missing, and whoever opens it is
/// told so.
pub struct Sealed<W: Write>(Out<W>);

enum Out<W: Write> {
    Plain(W),
    Age(StreamWriter<W>),
}

impl<W: Write> Sealed<W> {
    /// Writes the header and wraps the sink.
    ///
    /// # Errors
    /// The disk.
    pub fn new(sealing: &Sealing, out: W) -> Result<Self, ArchiveError> {
        let encryptor = match sealing {
            Sealing::Plain => return Ok(Self(Out::Plain(out))),
            Sealing::Passphrase { secret, work } => {
                let mut recipient = scrypt::Recipient::new(secret.clone());
                recipient.set_work_factor((*work).clamp(1, MOST_WORK));
                encrypt(&recipient)
            }
            Sealing::Recipient(recipient) => encrypt(recipient),
        };
        let encryptor = encryptor.map_err(|error| match error {
            EncryptError::Io(error) => error,
            other => io::Error::other(other.to_string()),
        })?;
        Ok(Self(Out::Age(encryptor.wrap_output(out)?)))
    }

    /// Writes the last piece and flushes.
    ///
    /// # Errors
    /// The disk.
    pub fn finish(self) -> Result<W, ArchiveError> {
        let mut out = match self.0 {
            Out::Plain(out) => out,
            Out::Age(stream) => stream.finish()?,
        };
        out.flush()?;
        Ok(out)
    }
}

fn encrypt(recipient: &dyn age::Recipient) -> Result<Encryptor, EncryptError> {
    Encryptor::with_recipients(std::iter::once(recipient))
}

impl<W: Write> std::fmt::Debug for Sealed<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealed")
    }
}

impl<W: Write> Write for Sealed<W> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            Out::Plain(out) => out.write(data),
            Out::Age(stream) => stream.write(data),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Out::Plain(out) => out.flush(),
            Out::Age(stream) => stream.flush(),
        }
    }
}

/// Why a text gives no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// There is no key in it.
    #[error("no key")]
    None,
    /// This line is no key.
    #[error("line {0} is no key")]
    NotAKey(usize),
    /// This line is a secret key where a public one is asked: it must not be given away.
    #[error("line {0} is a secret key")]
    Secret(usize),
    /// This line is a public key where the secret one is asked.
    #[error("line {0} is a public key")]
    Public(usize),
    /// This line is a key of a kind that Regie does not know: of SSH, of a plugin, or a newer one.
    #[error("line {0} is a key of another kind")]
    OtherKind(usize),
    /// There is more than one.
    #[error("more than one key")]
    Several,
}

/// The public key in a text or the content of a file: one line `age1…`; empty lines and lines that begin with `#` are passed over,
/// unless `public key: age1…` of age's own tool is all there is.
///
/// # Errors
/// What is wrong with it; no line is quoted.
pub fn recipient(text: &str) -> Result<x25519::Recipient, KeyError> {
    let read = |at, line: &str| {
        if line.to_ascii_uppercase().starts_with("AGE-SECRET-KEY-") {
            return Err(KeyError::Secret(at));
        }
        line.parse().map_err(|_| not_a_key(at, line))
    };
    let named: Vec<_> = text.lines().filter_map(named_public).collect();
    match (only(text, read), named.as_slice()) {
        (Err(KeyError::None), [key]) => only(key, read),
        (Err(KeyError::None), [_, _, ..]) => Err(KeyError::Several),
        (found, _) => found,
    }
}

/// What `age-keygen` names a public key in a comment.
fn named_public(line: &str) -> Option<&str> {
    const NAME: &str = "public key:";
    let line = line.trim_start_matches(['\u{feff}', '#', ' ']);
    let (name, key) = line.split_at_checked(NAME.len())?;
    name.eq_ignore_ascii_case(NAME).then(|| key.trim())
}

/// The secret key in a text or the content of a file: one line `AGE-SECRET-KEY-1…`, as `age-keygen` writes it.
///
/// # Errors
/// What is wrong with it; no line is quoted.
pub fn identity(text: &str) -> Result<x25519::Identity, KeyError> {
    only(text, |at, line| {
        line.parse().map_err(|_| match line.parse::<x25519::Recipient>() {
            Ok(_) => KeyError::Public(at),
            Err(_) => not_a_key(at, line),
        })
    })
}

fn only<T>(text: &str, read: impl Fn(usize, &str) -> Result<T, KeyError>) -> Result<T, KeyError> {
    let lines = text
        .trim_start_matches('\u{feff}')
        .lines()
        .map(str::trim)
        .enumerate();
    let mut keys = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let (at, line) = keys.next().ok_or(KeyError::None)?;
    let key = read(at + 1, line)?;
    // A second line that is no key is named as such rather than counted.
    match keys.next() {
        None => Ok(key),
        Some((at, line)) => read(at + 1, line).and(Err(KeyError::Several)),
    }
}

fn not_a_key(at: usize, line: &str) -> KeyError {
    let lower = line.to_ascii_lowercase();
    // A key of age that was copied with a slip has the length of one and a wrong checksum.
    let plugin = lower.starts_with("age1") && lower.len() != 62;
    let other = [
        "ssh-",
        "ecdsa-",
        "sk-ssh-",
        "age-plugin-",
        "age-secret-key-pq-",
        "-----begin",
    ]
    .iter()
    .any(|kind| lower.starts_with(kind));
    let digits = lower.get(4..).is_some_and(|rest| rest.contains('1'));
    if other || (plugin && digits) {
        KeyError::OtherKind(at)
    } else {
        KeyError::NotAKey(at)
    }
}

/// What a file needs before it can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// Nothing: it is not sealed.
    Open,
    /// A passphrase.
    Passphrase,
    /// A secret key.
    Key,
}

/// What opens a sealed file.
#[derive(Clone)]
pub enum Secret {
    /// A passphrase.
    Passphrase(SecretString),
    /// A secret key of age.
    Key(x25519::Identity),
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Passphrase(_) => "Passphrase",
            Self::Key(_) => "Key",
        })
    }
}

/// Looks how a file is sealed, and goes back to its beginning.
///
/// # Errors
/// The disk; a header of age that is damaged or newer.
pub fn lock_of(source: &mut (impl Read + Seek)) -> Result<Lock, ArchiveError> {
    source.rewind()?;
    let mut head = Vec::with_capacity(ARMORED.len());
    source
        .by_ref()
        .take(ARMORED.len() as u64)
        .read_to_end(&mut head)?;
    source.rewind()?;
    if !head.starts_with(BINARY) && !head.starts_with(ARMORED) {
        return Ok(Lock::Open);
    }
    // The parser takes a header of any length; this keeps a hostile one short before it is read in earnest.
    let short = source.by_ref().take(LONGEST_HEADER);
    let header = Decryptor::new_buffered(BufReader::new(ArmoredReader::new(short)));
    let lock = header.map(|header| match header.is_scrypt() {
        true => Lock::Passphrase,
        false => Lock::Key,
    });
    source.rewind()?;
    lock.map_err(refused)
}

/// A file that is open for reading, whatever it was sealed with.
pub enum Opened<R: Read> {
    /// It was not sealed.
    Plain(R),
    /// Decrypted while it is read.
    Age(Box<StreamReader<ArmoredReader<BufReader<R>>>>),
}

impl<R: Read> std::fmt::Debug for Opened<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Plain(_) => "Plain",
            Self::Age(_) => "Age",
        })
    }
}

/// Opens a file; one that is not sealed needs no secret.
///
/// # Errors
/// [`Reason::Locked`] without a secret, [`Reason::WrongSecret`] when it does not fit, [`Reason::TooCostly`] when trying a
/// passphrase would cost more than [`MOST_WORK`], [`Reason::Damaged`] also when its end is missing, [`Reason::Newer`];
/// the disk.
pub fn open<R: Read + Seek>(mut source: R, secret: Option<&Secret>) -> Result<Opened<R>, ArchiveError> {
    let lock = lock_of(&mut source)?;
    if lock == Lock::Open {
        return Ok(Opened::Plain(source));
    }
    let secret = secret.ok_or_else(|| ArchiveError::bad("", Reason::Locked))?;
    let decryptor = Decryptor::new(ArmoredReader::new(source)).map_err(refused)?;
    let stream = match (secret, lock) {
        (Secret::Passphrase(passphrase), Lock::Passphrase) => {
            let mut identity = scrypt::Identity::new(passphrase.clone());
            identity.set_max_work_factor(MOST_WORK);
            decryptor.decrypt(std::iter::once(&identity as &dyn Identity))
        }
        (Secret::Key(identity), Lock::Key) => decryptor.decrypt(std::iter::once(identity as &dyn Identity)),
        _ => return Err(ArchiveError::bad("", Reason::WrongSecret)),
    };
    let mut stream = stream.map_err(refused)?;
    // The end first: it tells whether the file is whole, and after a failed read the stream must not be used again.
    stream
        .seek(SeekFrom::End(0))
        .and_then(|_| stream.rewind())
        .map_err(|error| ArchiveError::reading("", error))?;
    Ok(Opened::Age(Box::new(stream)))
}

fn refused(error: DecryptError) -> ArchiveError {
    let reason = match error {
        DecryptError::ExcessiveWork { .. } => Reason::TooCostly,
        DecryptError::NoMatchingKeys | DecryptError::KeyDecryptionFailed | DecryptError::DecryptionFailed => {
            Reason::WrongSecret
        }
        DecryptError::UnknownFormat => Reason::Newer,
        DecryptError::Io(error) => return ArchiveError::reading("", error),
        _ => Reason::Damaged,
    };
    ArchiveError::bad("", reason)
}

impl<R: Read> Read for Opened<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(source) => source.read(buffer),
            Self::Age(stream) => stream.read(buffer),
        }
    }
}

impl<R: Read + Seek> Seek for Opened<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Self::Plain(source) => source.seek(to),
            Self::Age(stream) => stream.seek(to),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn sealed(sealing: &Sealing, content: &[u8]) -> Vec<u8> {
        let mut sealed = Sealed::new(sealing, Vec::new()).expect("a sink");
        sealed.write_all(content).expect("room");
        sealed.finish().expect("whole")
    }

    fn passphrase(words: &str) -> SecretString {
        SecretString::from(words.to_owned())
    }

    fn cheap() -> Sealing {
        Sealing::Passphrase {
            secret: passphrase("vier losse woorden"),
            work: 2,
        }
    }

    fn reason<T: std::fmt::Debug>(result: Result<T, ArchiveError>) -> Reason {
        match result.expect_err("refused") {
            ArchiveError::Bad { reason, .. } => reason,
            other => panic!("{other:?}"),
        }
    }

    /// Three pieces of age, the last one short.
    fn content() -> Vec<u8> {
        (0..40_000_u32).flat_map(u32::to_le_bytes).collect()
    }

    #[test]
    fn what_was_sealed_opens_with_its_secret_anywhere_in_it_and_with_no_other() {
        let key = x25519::Identity::generate();
        let content = content();
        let right = Secret::Passphrase(passphrase("vier losse woorden"));
        let wrong = Secret::Passphrase(passphrase("vier andere woorden"));
        let (mine, other) = (
            Secret::Key(key.clone()),
            Secret::Key(x25519::Identity::generate()),
        );
        for (sealing, lock, right, wrong) in [
            (cheap(), Lock::Passphrase, &right, [&wrong, &mine]),
            (
                Sealing::Recipient(key.to_public()),
                Lock::Key,
                &mine,
                [&other, &right],
            ),
        ] {
            let file = sealed(&sealing, &content);
            assert_eq!(lock_of(&mut Cursor::new(&file)).expect("a header"), lock);
            assert_eq!(reason(open(Cursor::new(&file), None)), Reason::Locked);
            for wrong in wrong {
                assert_eq!(reason(open(Cursor::new(&file), Some(wrong))), Reason::WrongSecret);
            }
            let mut opened = open(Cursor::new(&file), Some(right)).expect("open");
            for at in [80_000_usize, 3, 65_534, 0] {
                let mut piece = [0; 70_000];
                opened.seek(SeekFrom::Start(at as u64)).expect("seek");
                opened.read_exact(&mut piece).expect("read");
                assert_eq!(&piece[..], &content[at..at + 70_000], "at {at}");
            }
            assert_eq!(opened.seek(SeekFrom::End(0)).expect("its length"), 160_000);
        }
    }

    #[test]
    fn a_sealed_file_that_was_cut_off_or_changed_anywhere_never_reads_as_whole() {
        let secret = Secret::Passphrase(passphrase("vier losse woorden"));
        let file = sealed(&cheap(), &content());
        let read = |file: &[u8]| -> Result<u64, ArchiveError> {
            let mut opened = open(Cursor::new(file), Some(&secret))?;
            let mut out = io::sink();
            io::copy(&mut opened, &mut out).map_err(|error| ArchiveError::reading("", error))
        };
        assert_eq!(read(&file).expect("whole"), 160_000);
        let piece = 65_536 + 16;
        let ends = [
            30,
            60,
            100,
            150,
            151,
            167,
            168,
            200,
            piece,
            150 + piece,
            150 + 2 * piece,
            file.len() - 1,
        ];
        for end in ends {
            assert_eq!(reason(read(&file[..end])), Reason::Damaged, "cut at {end}");
        }
        for at in (0..200).step_by(3).chain((200..file.len()).step_by(8191)) {
            let mut changed = file.clone();
            changed[at] ^= 0x10;
            // In its first signs it is no age file any more, and is read as something else.
            let other = at < BINARY.len();
            assert!(read(&changed).is_err() || other, "changed at {at}");
        }
    }

    #[test]
    fn a_file_that_was_left_in_the_middle_is_not_whole() {
        let mut out = Vec::new();
        let mut sealed = Sealed::new(&cheap(), &mut out).expect("a sink");
        sealed.write_all(&content()).expect("room");
        drop(sealed);
        let secret = Secret::Passphrase(passphrase("vier losse woorden"));
        assert_eq!(reason(open(Cursor::new(&out), Some(&secret))), Reason::Damaged);
        assert_eq!(
            lock_of(&mut Cursor::new(&out)).expect("its header is there"),
            Lock::Passphrase
        );
    }

    #[test]
    fn a_file_that_asks_for_hours_of_work_is_refused_at_once() {
        let file = sealed(&cheap(), b"x");
        let text = String::from_utf8_lossy(&file).into_owned();
        let line = text.lines().nth(1).expect("the passphrase's line");
        for work in [21, 30, 63] {
            let costly = format!("{}{work}", line.strip_suffix('2').expect("its work"));
            let at = text.find('\n').expect("a line") + 1;
            let mut hostile = file[..at].to_vec();
            hostile.extend_from_slice(costly.as_bytes());
            hostile.extend_from_slice(&file[at + line.len()..]);
            let secret = Secret::Passphrase(passphrase("vier losse woorden"));
            assert_eq!(
                reason(open(Cursor::new(hostile), Some(&secret))),
                Reason::TooCostly,
                "{work}"
            );
        }
    }

    #[test]
    fn a_header_without_end_is_not_read_to_its_end() {
        let mut endless = b"age-encryption.org/v1\n".to_vec();
        for _ in 0..20_000 {
            endless.extend_from_slice(b"-> X25519 TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCc\nEmECAEcKN+n/Vs9SbWiV+Hu0r+E8R77DdWYyd83nw7U\n");
        }
        assert_eq!(reason(lock_of(&mut Cursor::new(endless))), Reason::Damaged);
    }

    #[test]
    fn an_armored_file_opens_too() {
        let key = x25519::Identity::generate();
        let encryptor = encrypt(&key.to_public()).expect("a recipient");
        let armored = age::armor::ArmoredWriter::wrap_output(Vec::new(), age::armor::Format::AsciiArmor);
        let mut stream = encryptor.wrap_output(armored.expect("armor")).expect("a header");
        stream.write_all(&content()).expect("room");
        let file = stream.finish().and_then(|armor| armor.finish()).expect("whole");
        let mut opened = open(Cursor::new(file), Some(&Secret::Key(key))).expect("open");
        opened.seek(SeekFrom::End(-4)).expect("its end");
        let mut last = Vec::new();
        opened.read_to_end(&mut last).expect("read");
        assert_eq!(last, 39_999_u32.to_le_bytes());
        opened.rewind().expect("the beginning");
        let mut all = Vec::new();
        opened.read_to_end(&mut all).expect("read");
        assert!(all == content());
    }

    #[test]
    fn a_key_is_found_in_a_text_and_what_is_none_is_named() {
        use age::secrecy::ExposeSecret;
        let key = x25519::Identity::generate();
        let public = key.to_public().to_string();
        let secret = key.to_string().expose_secret().to_owned();
        let file = format!("\u{feff}# created: 2026-11-27\r\n# public key: {public}\r\n\r\n  {public}\r\n");
        assert_eq!(recipient(&file).expect("a key").to_string(), public);
        assert_eq!(
            identity(&format!("# x\n{secret}\n"))
                .expect("a key")
                .to_public()
                .to_string(),
            public
        );
        assert_eq!(
            recipient(&format!("# public key: {public}\n"))
                .expect("a key")
                .to_string(),
            public
        );
        assert_eq!(
            recipient(&format!("# public key: {public}\n{secret}\n")).err(),
            Some(KeyError::Secret(2)),
            "a secret is never taken for what it is not"
        );
        // One key in 32 ends in a q itself.
        let other = if public.ends_with('q') { "p" } else { "q" };
        let slip = public.replace(public.chars().last().expect("a sign"), other);
        for (text, error) in [
            ("", KeyError::None),
            ("# age1\n", KeyError::None),
            ("hallo", KeyError::NotAKey(1)),
            (&slip, KeyError::NotAKey(1)),
            (&format!("#\n{secret}"), KeyError::Secret(2)),
            ("ssh-ed25519 AAAA", KeyError::OtherKind(1)),
            ("age1pq1qqqq", KeyError::OtherKind(1)),
            (&format!("{public}\n{public}"), KeyError::Several),
            (&format!("{public}\nhallo"), KeyError::NotAKey(2)),
        ] {
            assert_eq!(recipient(text).err(), Some(error), "{text}");
        }
        assert_eq!(identity(&public).err(), Some(KeyError::Public(1)));
    }
}
