//! Reminders: chosen in the open app, given while it is locked too.

use chrono::{DateTime, Days, FixedOffset, NaiveDate, Utc};
use chrono_tz::Tz;
use regie_domain::{
    meter::Rhythm,
    moment::Moment,
    reminder::{self, Due, Occasion, Past, PerOccasion, Schedule, TEXT},
};
use regie_vault::{
    Vault,
    diary::{Filter, From},
};
use serde::Serialize;
use specta::Type;

use crate::{
    Client, ClientError, State,
    device::{DeviceFile, Reminders},
    meter::instruments::Catalogue,
};

/// What is chosen, and when the next one comes.
#[derive(Debug, PartialEq, Serialize, Type)]
pub struct RemindersView {
    /// What is chosen.
    pub schedule: Schedule,
    /// When the next one comes, RFC 3339 in the offset that will then hold; `None` when all are off.
    pub next: Option<String>,
    /// Whether this device reminds; what is chosen holds for the person's other devices too.
    pub here: bool,
}

/// When each was last done.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Done {
    last: PerOccasion<Option<DateTime<Utc>>>,
    /// The first day on which there is something to do again, where that is known.
    offered: PerOccasion<Option<NaiveDate>>,
}

impl Done {
    /// As the open vault tells. What cannot be read counts as not done: a reminder too many does no harm.
    pub(crate) fn seen(vault: &Vault) -> Self {
        let mut done = Self::default();
        let written = vault.entries(&Filter::default(), From::Newest, 1);
        let entry = written.unwrap_or_default();
        done.last.diary = entry.first().map(|entry| entry.written.at.to_utc());
        let Ok(catalogue) = Catalogue::of(vault) else {
            return done;
        };
        let taken = |rhythm| -> Vec<Option<DateTime<FixedOffset>>> {
            let ids = catalogue.with_rhythm(rhythm).map(|one| one.id.as_str());
            ids.map(|id| vault.last_taken(id).ok().flatten()).collect()
        };
        let newest =
            |taken: &[Option<DateTime<FixedOffset>>]| taken.iter().flatten().max().map(DateTime::to_utc);
        let weekly = taken(Rhythm::Weekly);
        done.last.check = newest(&taken(Rhythm::Whenever));
        done.last.pulse = newest(&weekly);
        // As Today offers: each of them a week after it was taken, and one that was never taken at once.
        let week = Days::new(Rhythm::Weekly.days().unwrap_or_default().into());
        let again = |last: Option<DateTime<FixedOffset>>| last?.date_naive().checked_add_days(week);
        done.offered.pulse = weekly.into_iter().map(again).min().flatten();
        done
    }
}

impl Client {
    /// What is chosen.
    ///
    /// # Errors
    /// [`ClientError::Locked`].
    pub fn reminders(&self) -> Result<RemindersView, ClientError> {
        let now = self.clock.now();
        let state = self.state();
        let vault = state.vault.as_ref().ok_or(ClientError::Locked)?;
        Ok(view(&state.device.reminders, &Done::seen(vault), &now))
    }

    /// Chooses when to be reminded. What changes counts from now on.
    ///
    /// # Errors
    /// [`ClientError::Locked`]; [`ClientError::Malformed`] for a time outside the day, or a reminder without a day; what the disk
    /// says.
    pub fn save_reminders(&self, schedule: Schedule) -> Result<RemindersView, ClientError> {
        if !schedule.is_sound() {
            return Err(ClientError::Malformed);
        }
        if self.state().vault.is_none() {
            return Err(ClientError::Locked);
        }
        let since = self.clock.now().at.to_utc();
        self.change_device(|device| {
            device.reminders.follow(schedule, since);
        })?;
        self.try_to_mirror();
        self.reminders()
    }

    /// Chooses whether this device reminds at all. It stays with the device, and counts from now on.
    ///
    /// # Errors
    /// [`ClientError::Locked`]; what the disk says.
    pub fn remind_here(&self, on: bool) -> Result<RemindersView, ClientError> {
        if self.state().vault.is_none() {
            return Err(ClientError::Locked);
        }
        let since = self.clock.now().at.to_utc();
        self.change_device(|device| {
            if std::mem::replace(&mut device.reminders.silent, !on) == on {
                let counts = Past {
                    since,
                    reminded: None,
                };
                for occasion in Occasion::ALL {
                    *device.reminders.past.of_mut(occasion) = counts;
                }
            }
        })?;
        self.reminders()
    }

    /// What is due now, for anybody who uses Regie here: the words to show, once, however much is due. It counts as given
    /// afterwards. To be called every now and then, whether locked or not.
    ///
    /// # Errors
    /// What the disk says; nothing is to be shown then, or it would come again and again.
    pub fn remind(&self) -> Result<Option<&'static str>, ClientError> {
        let now = self.clock.now();
        let mut state = self.state();
        self.hold_profile(&mut state)?;
        let here = state.chosen.is_some().then(|| self.person_folder());
        let mut words = None;
        for folder in self.everybodys_folders(&state) {
            let mine = here.as_ref() == Some(&folder);
            let mut device = if mine {
                state.device.clone()
            } else {
                DeviceFile::load(&folder)
            };
            let mut due = due(&device.reminders, &Done::default(), &now);
            if mine && !due.is_empty() {
                due = self::due(&device.reminders, &state.done(), &now);
            }
            if due.is_empty() {
                continue;
            }
            for (occasion, due) in due {
                device.reminders.past.of_mut(occasion).reminded = Some(due.day);
            }
            device.save(&folder)?;
            let language = device.language.unwrap_or_else(|| self.clock.system_language());
            words = Some(TEXT.in_language(language));
            if mine {
                state.device = device;
            }
        }
        Ok(words)
    }
}

impl State {
    fn done(&self) -> Done {
        self.vault.as_ref().map_or(self.done, Done::seen)
    }
}

fn due(reminders: &Reminders, done: &Done, now: &Moment) -> Vec<(Occasion, Due)> {
    let at = now.at.to_utc();
    coming(reminders, done, now)
        .into_iter()
        .filter(|(_, due)| due.at <= at)
        .collect()
}

fn coming(reminders: &Reminders, done: &Done, now: &Moment) -> Vec<(Occasion, Due)> {
    if reminders.silent {
        return Vec::new();
    }
    let next = |occasion| Some((occasion, next(reminders, occasion, done, now)?));
    Occasion::ALL.into_iter().filter_map(next).collect()
}

/// In the zone that has the moment's name; where the name is unknown, by its offset.
fn next(reminders: &Reminders, occasion: Occasion, done: &Done, now: &Moment) -> Option<Due> {
    let Reminders { schedule, past, .. } = reminders;
    let (rhythm, past) = (schedule.rhythms.of(occasion), past.of(occasion));
    let (done, offered) = (*done.last.of(occasion), *done.offered.of(occasion));
    let at = now.at.to_utc();
    if let Ok(zone) = now.zone.parse::<Tz>() {
        let done = done.map(|done| done.with_timezone(&zone).date_naive());
        reminder::next(rhythm, &schedule.quiet, past, done, offered, &zone, at)
    } else {
        let zone = now.at.offset();
        let done = done.map(|done| done.with_timezone(zone).date_naive());
        reminder::next(rhythm, &schedule.quiet, past, done, offered, zone, at)
    }
}

fn view(reminders: &Reminders, done: &Done, now: &Moment) -> RemindersView {
    let next = coming(reminders, done, now)
        .into_iter()
        .map(|(_, due)| due.at)
        .min();
    let local = |at: DateTime<Utc>| match now.zone.parse::<Tz>() {
        Ok(zone) => at.with_timezone(&zone).to_rfc3339(),
        Err(_) => at.with_timezone(now.at.offset()).to_rfc3339(),
    };
    RemindersView {
        schedule: reminders.schedule,
        next: next.map(local),
        here: !reminders.silent,
    }
}
