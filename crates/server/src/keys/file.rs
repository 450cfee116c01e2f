//! The file of keys, and the environment that can stand in for it: the same names, one to a line.
//!
//! It is made once, by an explicit call; a service that finds no keys stops instead of making others, for with other
//! keys nothing that it stored would open.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroizing;

use super::{IndexKey, KeyError, Keys, OpaqueSetup, Secret, WrappingKey};

const COLUMNS: &str = "REGIE_KEY_COLUMNS";
const COLUMNS_BEFORE: &str = "REGIE_KEY_COLUMNS_BEFORE";
const INDEX: &str = "REGIE_KEY_INDEX";
pub(super) const OPAQUE: &str = "REGIE_KEY_OPAQUE";
const RECEIPTS: &str = "REGIE_KEY_RECEIPTS";
const TICKETS: &str = "REGIE_KEY_TICKETS";
const BACKUPS: &str = "REGIE_KEY_BACKUPS";
const NONCES: &str = "REGIE_KEY_NONCES";

/// The names under which keys stand in the file and in the environment.
pub const NAMES: [&str; 8] = [
    COLUMNS,
    COLUMNS_BEFORE,
    INDEX,
    OPAQUE,
    RECEIPTS,
    TICKETS,
    BACKUPS,
    NONCES,
];

const HEAD: &str = "# Keys of a Regie server. Without them nothing that it stored opens; with them and its database, contact data does.\n";

impl Keys {
    /// Writes keys to a new file that only the service may read. It is there whole or not at all.
    ///
    /// # Errors
    /// [`KeyError::Exists`] when there is a file already, [`KeyError::Io`] when it cannot be written.
    pub fn write_file(&self, path: &Path) -> Result<(), KeyError> {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        // Made with permissions 0600.
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|error| io(&error))?;
        file.write_all(HEAD.as_bytes())
            .and_then(|()| file.write_all(self.lines().as_bytes()))
            .and_then(|()| file.as_file().sync_all())
            .map_err(|error| io(&error))?;
        file.persist_noclobber(path)
            .map_err(|error| match error.error.kind() {
                io::ErrorKind::AlreadyExists => KeyError::Exists,
                _ => io(&error.error),
            })?;
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(|error| io(&error))
    }

    /// Reads keys from their file.
    ///
    /// # Errors
    /// [`KeyError::NotPrivate`] when others may read it, [`KeyError::Io`] when it cannot be read, and what is wrong with
    /// a key in it.
    pub fn read_file(path: &Path) -> Result<Self, KeyError> {
        let file = File::open(path).map_err(|error| io(&error))?;
        check_private(&file)?;
        let mut text = Zeroizing::new(String::with_capacity(4096));
        io::Read::read_to_string(&mut io::Read::take(file, 64 * 1024), &mut text)
            .map_err(|error| io(&error))?;
        let mut found = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let named = line
                .split_once('=')
                .filter(|(name, _)| NAMES.contains(name))
                .ok_or(KeyError::UnknownLine(number + 1))?;
            found.push(named);
        }
        Self::read(|name| {
            let (_, value) = found.iter().find(|(found, _)| *found == name)?;
            Some(Zeroizing::new((*value).to_owned()))
        })
    }

    /// Keys from the environment; `None` when it names none of them.
    ///
    /// # Errors
    /// [`KeyError::Missing`] when it names some and not all, and what is wrong with one of them.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, KeyError> {
        let variable = |name: &str| variable(name).map(Zeroizing::new);
        if NAMES.iter().all(|name| variable(name).is_none()) {
            return Ok(None);
        }
        Self::read(variable).map(Some)
    }

    fn read(value: impl Fn(&str) -> Option<Zeroizing<String>>) -> Result<Self, KeyError> {
        let bytes = |name: &'static str| -> Result<Zeroizing<Vec<u8>>, KeyError> {
            let text = value(name).ok_or(KeyError::Missing(name))?;
            BASE64URL_NOPAD
                .decode(text.trim().as_bytes())
                .map(Zeroizing::new)
                .map_err(|_| KeyError::Malformed(name))
        };
        let secret = |name: &'static str| -> Result<Secret, KeyError> {
            let bytes = bytes(name)?;
            let bytes = <&[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| KeyError::Malformed(name))?;
            Ok(Secret::from_bytes(bytes))
        };
        let before = match secret(COLUMNS_BEFORE) {
            Err(KeyError::Missing(_)) => None,
            other => Some(WrappingKey::new(other?)),
        };
        Ok(Self {
            columns: WrappingKey::new(secret(COLUMNS)?),
            columns_before: before,
            index: IndexKey::new(secret(INDEX)?),
            opaque: OpaqueSetup::from_bytes(bytes(OPAQUE)?),
            receipts: secret(RECEIPTS)?,
            tickets: secret(TICKETS)?,
            backups: secret(BACKUPS)?,
            nonces: secret(NONCES)?,
        })
    }

    fn lines(&self) -> Zeroizing<String> {
        // Reserved up front: a growing string would leave unwiped pieces behind.
        let mut lines = Zeroizing::new(String::with_capacity(4096 + self.opaque.expose().len() * 2));
        let mut line = |name: &str, bytes: &[u8]| {
            lines.push_str(name);
            lines.push('=');
            BASE64URL_NOPAD.encode_append(bytes, &mut lines);
            lines.push('\n');
        };
        line(COLUMNS, self.columns.secret().expose());
        if let Some(before) = &self.columns_before {
            line(COLUMNS_BEFORE, before.secret().expose());
        }
        line(INDEX, self.index.secret().expose());
        line(OPAQUE, self.opaque.expose());
        line(RECEIPTS, self.receipts.expose());
        line(TICKETS, self.tickets.expose());
        line(BACKUPS, self.backups.expose());
        line(NONCES, self.nonces.expose());
        lines
    }
}

#[cfg(unix)]
fn check_private(file: &File) -> Result<(), KeyError> {
    use std::os::unix::fs::PermissionsExt;
    let mode = file.metadata().map_err(|error| io(&error))?.permissions().mode();
    if mode & 0o077 == 0 {
        Ok(())
    } else {
        Err(KeyError::NotPrivate)
    }
}

/// Elsewhere the folder's own list of who may read it has to do.
#[cfg(not(unix))]
fn check_private(file: &File) -> Result<(), KeyError> {
    file.metadata().map(|_| ()).map_err(|error| io(&error))
}

fn io(error: &io::Error) -> KeyError {
    KeyError::Io(error.kind())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;

    use super::*;
    use crate::keys::for_tests;

    #[test]
    fn keys_are_written_once_read_back_and_never_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let keys = for_tests();
        keys.write_file(&path).unwrap();
        assert_eq!(Keys::read_file(&path).unwrap().lines(), keys.lines());
        let before = fs::read(&path).unwrap();
        assert_eq!(for_tests().write_file(&path).unwrap_err(), KeyError::Exists);
        assert_eq!(fs::read(&path).unwrap(), before);
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            1,
            "nothing half written stays"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        for_tests().write_file(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(Keys::read_file(&path).unwrap_err(), KeyError::NotPrivate);
    }

    #[test]
    fn the_environment_gives_all_keys_or_none_and_an_error_names_the_one_that_lacks() {
        let keys = for_tests();
        let lines = keys.lines();
        let mut variables: BTreeMap<String, String> = lines
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let read = |variables: &BTreeMap<String, String>| {
            Keys::from_environment(|name| variables.get(name).cloned())
        };
        assert_eq!(read(&variables).unwrap().unwrap().lines(), lines);
        assert!(read(&BTreeMap::new()).unwrap().is_none());
        variables.remove(TICKETS);
        assert_eq!(read(&variables).unwrap_err(), KeyError::Missing(TICKETS));
        variables.insert(TICKETS.to_owned(), "AAAA".to_owned());
        assert_eq!(read(&variables).unwrap_err(), KeyError::Malformed(TICKETS));
    }

    #[test]
    fn a_line_that_is_not_understood_is_named_by_its_number() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        for_tests().write_file(&path).unwrap();
        let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
        writeln!(file, "REGIE_KEY_COLUMN=AAAA").unwrap();
        let error = Keys::read_file(&path).unwrap_err();
        assert_eq!(error, KeyError::UnknownLine(9));
    }
}
