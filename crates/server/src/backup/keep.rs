//! Which backups there are, when the next one is due, and which have had their time. A name tells both moments, so that
//! the folder needs no list.

use std::{fs, io, path::Path};

use chrono::{DateTime, NaiveDateTime};

use crate::{config::Backup, store::Moment};

/// What a backup begins with while it is made.
pub(super) const UNFINISHED: &str = ".backup-";
/// No backup takes so many seconds; what is older was left by a run that was killed.
const TOO_LONG: u64 = 24 * 3600;
const BEGIN: &str = "regie-";
const BETWEEN: &str = "-until-";
const END: &str = ".backup.age";
const FORM: &str = "%Y%m%dT%H%M%SZ";

/// The name of a backup.
pub(super) fn name(made: Moment, until: Moment) -> String {
    format!("{BEGIN}{}{BETWEEN}{}{END}", written(made), written(until))
}

fn written(moment: Moment) -> String {
    DateTime::from_timestamp(moment.0, 0)
        .map(|date| date.format(FORM).to_string())
        .unwrap_or_default()
}

/// When a backup of this name was made, and until when it is kept; `None` for what is none.
fn read(name: &str) -> Option<(Moment, Moment)> {
    let moments = name.strip_prefix(BEGIN)?.strip_suffix(END)?;
    let (made, until) = moments.split_once(BETWEEN)?;
    let moment = |text: &str| {
        let date = NaiveDateTime::parse_from_str(text, FORM).ok()?;
        Some(Moment(date.and_utc().timestamp()))
    };
    Some((moment(made)?, moment(until)?))
}

fn all(folder: &Path) -> io::Result<Vec<(String, Moment, Moment)>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if let Some((made, until)) = read(&name) {
            found.push((name, made, until));
        }
    }
    Ok(found)
}

/// Whether the newest backup in a folder is older than it should be.
pub(crate) fn is_due(folder: &Path, config: &Backup, now: Moment) -> io::Result<bool> {
    let newest = all(folder)?.into_iter().map(|(_, made, _)| made).max();
    Ok(newest.is_none_or(|newest| newest.plus(i64::from(config.every_hours) * 3600) <= now))
}

/// Deletes what has had its time, by its name and by what is configured now; gives how many went. What is no backup stays.
pub(crate) fn forget_old(folder: &Path, config: &Backup, now: Moment) -> io::Result<usize> {
    let mut gone = 0;
    for (name, made, until) in all(folder)? {
        if until.min(made.plus(i64::from(config.keep_days) * 86_400)) <= now {
            fs::remove_file(folder.join(name))?;
            gone += 1;
        }
    }
    forget_unfinished(folder)?;
    Ok(gone)
}

/// A run that was killed leaves what it was making; that too holds who was deleted since.
fn forget_unfinished(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let is_unfinished = entry.file_name().to_string_lossy().starts_with(UNFINISHED);
        let age = entry.metadata()?.modified()?.elapsed().unwrap_or_default();
        if is_unfinished && age.as_secs() > TOO_LONG {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_is_due_and_goes_by_its_name_and_what_is_none_stays() {
        let folder = tempfile::tempdir().unwrap();
        let config = Backup {
            folder: None,
            keep_days: 30,
            every_hours: 24,
        };
        let (made, day) = (Moment(1_795_737_601), 86_400);
        assert!(is_due(&folder.path().join("nowhere"), &config, made).unwrap());
        let long = name(made, made.plus(60 * day));
        let short = name(made.plus(day), made.plus(3 * day));
        assert_eq!(read(&long), Some((made, made.plus(60 * day))));
        for name in [
            long.as_str(),
            short.as_str(),
            "regie.db",
            "regie-x-until-y.backup.age",
        ] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let due = |now| is_due(folder.path(), &config, now).unwrap();
        assert!(!due(made.plus(2 * day - 1)) && due(made.plus(2 * day)));
        let forget = |now| forget_old(folder.path(), &config, now).unwrap();
        assert_eq!(forget(made.plus(3 * day - 1)), 0);
        assert_eq!(forget(made.plus(3 * day)), 1);
        assert_eq!(
            forget(made.plus(30 * day - 1)),
            0,
            "kept as long as is configured"
        );
        assert_eq!(forget(made.plus(30 * day)), 1);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn what_a_killed_run_was_making_goes_and_what_is_being_made_stays() {
        let folder = tempfile::tempdir().unwrap();
        let config = Backup {
            folder: None,
            keep_days: 30,
            every_hours: 24,
        };
        for (name, age) in [
            (".backup-old", TOO_LONG + 60),
            (".backup-new", 60),
            (".other", TOO_LONG + 60),
        ] {
            let file = fs::File::create(folder.path().join(name)).unwrap();
            let then = std::time::SystemTime::now() - std::time::Duration::from_secs(age);
            file.set_modified(then).unwrap();
        }
        forget_old(folder.path(), &config, Moment(0)).unwrap();
        let left: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(left.len(), 2);
        assert!(!folder.path().join(".backup-old").exists());
    }
}
