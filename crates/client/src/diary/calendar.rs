//! The diary by day: what the calendar marks, what a day holds, and the same day in earlier years.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveTime, TimeDelta};
use regie_domain::diary::day_of;
use regie_protocol::purpose::LookBack;
use regie_vault::{
    Vault,
    diary::{Filter, From},
    meter::Run,
};
use serde::Serialize;
use specta::Type;

use super::{
    EntryRow, LARGEST_PAGE,
    timeline::{date, days_of},
};
use crate::{
    Client, ClientError, ResultRow,
    meter::{self, instruments::Catalogue},
};

/// A day with something in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
pub struct DayMarkView {
    /// `yyyymmdd`.
    pub day: i32,
    /// Diary entries.
    pub entries: u32,
    /// Finished checks and check-ins.
    pub results: u32,
}

/// What a day holds.
#[derive(Debug, Serialize, Type)]
pub struct DayView {
    /// Entries, newest first.
    pub entries: Vec<EntryRow>,
    /// Finished checks and check-ins, newest first.
    pub results: Vec<ResultRow>,
    /// Entries of the same date in earlier years, newest first; none unless the person allows that.
    pub earlier: Vec<EntryRow>,
}

impl Client {
    /// The days of a month (`yyyymm`) that have something in them, in order.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the database says.
    pub fn diary_days(&self, month: i32) -> Result<Vec<DayMarkView>, ClientError> {
        let (first, last) = days_of(month);
        self.with_vault(|vault| {
            let mut days: BTreeMap<i32, DayMarkView> = BTreeMap::new();
            let blank = |day| DayMarkView {
                day,
                entries: 0,
                results: 0,
            };
            for count in vault.diary_days(month)? {
                days.entry(count.of).or_insert_with(|| blank(count.of)).entries = count.entries;
            }
            for run in runs_of(vault, first, last)? {
                let day = run.finished.as_ref().map_or(0, day_of);
                days.entry(day).or_insert_with(|| blank(day)).results += 1;
            }
            Ok(days.into_values().collect())
        })
    }

    /// What a day (`yyyymmdd`) holds.
    ///
    /// # Errors
    /// As [`Client::diary_days`].
    pub fn diary_day(&self, day: i32) -> Result<DayView, ClientError> {
        let language = self.language();
        self.with_vault(|vault| {
            let filter = Filter {
                from: Some(day),
                to: Some(day),
                ..Filter::default()
            };
            let runs = runs_of(vault, day, day)?;
            let earlier = if vault.consent::<LookBack>().is_ok() {
                vault.on_this_day(day, LARGEST_PAGE)?
            } else {
                Vec::new()
            };
            Ok(DayView {
                entries: rows(vault.entries(&filter, From::Newest, LARGEST_PAGE)?),
                results: meter::result_rows(&Catalogue::of(vault)?, &runs, language),
                earlier: rows(earlier),
            })
        })
    }

    /// Entries of today's date in earlier years, newest first; none unless the person allows that.
    ///
    /// # Errors
    /// As [`Client::diary_days`].
    pub fn diary_on_this_day(&self) -> Result<Vec<EntryRow>, ClientError> {
        Ok(self.diary_day(day_of(&self.clock.now()))?.earlier)
    }
}

/// Checks and check-ins finished from one day (`yyyymmdd`) to another, both included, by the clock of where that was.
fn runs_of(vault: &Vault, first: i32, last: i32) -> Result<Vec<Run>, ClientError> {
    let (Some(from), Some(to)) = (date(first), date(last)) else {
        return Ok(Vec::new());
    };
    let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
    // No clock is farther from UTC than this.
    let zones = TimeDelta::hours(14);
    let mut runs = vault.finished_runs_between(
        (midnight(from) - zones).timestamp_millis(),
        (midnight(to) + TimeDelta::days(1) + zones).timestamp_millis(),
    )?;
    runs.retain(|run| {
        run.finished
            .as_ref()
            .is_some_and(|at| (first..=last).contains(&day_of(at)))
    });
    Ok(runs)
}

fn rows(entries: Vec<regie_vault::diary::ListedEntry>) -> Vec<EntryRow> {
    entries.into_iter().map(EntryRow::from).collect()
}
