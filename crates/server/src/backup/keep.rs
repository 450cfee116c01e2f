//! Which backups there are, when the next one is due, and which have had their time. A name tells both moments, so that
//! the folder needs no list.

use std::{fs, io, path::Path};

use chrono::{DateTime, NaiveDateTime};

use crate::{config::Backup, store::Moment};

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
    Ok(gone)
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
}
