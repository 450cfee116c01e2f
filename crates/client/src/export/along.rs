//! What goes along, read from the vault page by page.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use regie_archive::{
    ArchiveError, model,
    source::{Each, Source},
};
use regie_domain::{
    diary::{Entry, Mood},
    meter::{Answer, Instrument},
    moment::Moment,
    restriction::Restriction,
};
use regie_protocol::purpose::{self, Ground};
use regie_vault::{
    Vault, VaultError,
    meter::Run,
    snapshot::{Days, RunsFrom, Snapshot},
};
use uuid::Uuid;

use super::{ExportRequest, Job};
use crate::{ClientError, lock, meter::instruments::Catalogue};

/// So many records are read at once.
const PAGE: u32 = 200;

/// One state of the vault, and what of it goes along.
pub(super) struct Along {
    snapshot: Snapshot,
    days: Days,
    diary: bool,
    checks: bool,
    counts: (u32, u32),
    instruments: Vec<model::Instrument>,
    catalogue: Vec<Cow<'static, Instrument>>,
    choices: Vec<model::Choice>,
    settings: model::Settings,
    restrictions: HashMap<Option<Uuid>, model::Restriction>,
    job: Arc<Job>,
    /// Why the vault could not be read; the archive knows only that it could not.
    refused: RefCell<Option<VaultError>>,
}

impl Along {
    pub(super) fn of(
        vault: &mut Vault,
        request: &ExportRequest,
        days: Days,
        reminders: serde_json::Value,
        job: Arc<Job>,
    ) -> Result<Self, ClientError> {
        let catalogue = Catalogue::of(vault)?.into_all();
        let stored = vault.instruments()?;
        let settings = [
            (
                "lockAfterMinutes".to_owned(),
                lock::lock_after_minutes(vault)?.into(),
            ),
            ("reminders".to_owned(), reminders),
        ];
        let choices = vault.choices()?.into_iter().map(choice).collect();
        let snapshot = vault.snapshot()?;
        let counts = snapshot.counts(days)?;
        let restrictions = snapshot.restrictions()?;
        Ok(Self {
            diary: request.diary,
            checks: request.checks,
            days,
            counts,
            instruments: if request.checks {
                stored.into_iter().map(instrument).collect()
            } else {
                Vec::new()
            },
            catalogue,
            choices,
            settings: settings.into(),
            restrictions: restrictions
                .into_iter()
                .map(|(record, restriction)| (record, along(restriction)))
                .collect(),
            snapshot,
            job,
            refused: RefCell::default(),
        })
    }

    pub(super) const fn job(&self) -> &Arc<Job> {
        &self.job
    }

    pub(super) fn entries(&self) -> u32 {
        if self.diary { self.counts.0 } else { 0 }
    }

    pub(super) fn results(&self) -> u32 {
        if self.checks { self.counts.1 } else { 0 }
    }

    /// What the person is told of an error: that it was stopped, or what the vault or the disk said.
    pub(super) fn told(&self, error: ArchiveError) -> ClientError {
        if self.job.go_on().is_err() {
            return ClientError::Stopped;
        }
        match (error, self.refused.take()) {
            // Locking took the vault away.
            (_, Some(VaultError::VaultInUse)) => ClientError::Stopped,
            (_, Some(refused)) => refused.into(),
            (ArchiveError::Disk(error), None) => error.into(),
            (ArchiveError::Stopped, None) => ClientError::Stopped,
            (_, None) => ClientError::Malformed,
        }
    }

    fn read<T>(&self, read: Result<T, VaultError>) -> Result<T, ArchiveError> {
        read.map_err(|error| {
            *self.refused.borrow_mut() = Some(error);
            ArchiveError::Refused
        })
    }

    fn restriction_of(&self, record: Uuid) -> Option<model::Restriction> {
        self.restrictions.get(&Some(record)).cloned()
    }
}

impl Source for Along {
    fn entries(&self, each: Each<'_, model::Entry>) -> Result<(), ArchiveError> {
        if !self.diary {
            return Ok(());
        }
        let mut after = i64::MIN;
        loop {
            let page = self.read(self.snapshot.entries(self.days, after, PAGE))?;
            let Some((last, _)) = page.last() else {
                return Ok(());
            };
            after = *last;
            for (_, entry) in page {
                self.job.step()?;
                let restriction = self.restriction_of(entry.id.0);
                each(entry_along(entry, restriction))?;
            }
        }
    }

    fn runs(&self, each: Each<'_, model::Run>) -> Result<(), ArchiveError> {
        if !self.checks {
            return Ok(());
        }
        let mut from = RunsFrom::Finished(i64::MIN);
        loop {
            let (page, next) = self.read(self.snapshot.runs(self.days, from, PAGE))?;
            if page.is_empty() && matches!(from, RunsFrom::Paused(_)) {
                return Ok(());
            }
            from = next;
            for run in page {
                self.job.step()?;
                let restriction = self.restriction_of(run.id.0);
                each(run_along(run, restriction))?;
            }
        }
    }

    fn instruments(&self) -> &[model::Instrument] {
        &self.instruments
    }

    fn catalogue(&self) -> &[Cow<'static, Instrument>] {
        &self.catalogue
    }

    fn choices(&self) -> &[model::Choice] {
        &self.choices
    }

    fn restriction(&self) -> Option<&model::Restriction> {
        self.restrictions.get(&None)
    }

    fn settings(&self) -> &model::Settings {
        &self.settings
    }
}

fn moment(moment: Moment) -> model::Moment {
    model::Moment {
        at: moment.at,
        zone: moment.zone,
    }
}

fn along(restriction: Restriction) -> model::Restriction {
    model::Restriction {
        since: moment(restriction.since),
        reason: restriction.reason,
    }
}

fn entry_along(entry: Entry, restriction: Option<model::Restriction>) -> model::Entry {
    model::Entry {
        id: entry.id.0,
        written: moment(entry.written),
        edited: entry.edited,
        title: entry.own_title,
        mood: entry.mood.map(Mood::value),
        tags: entry.tags,
        markdown: entry.markdown,
        restriction,
    }
}

fn run_along(run: Run, restriction: Option<model::Restriction>) -> model::Run {
    let answers = run.answers.into_iter().map(|(item, answer)| {
        let value = match answer {
            Answer::Value(value) => Some(value),
            Answer::Skipped => None,
        };
        (item, value)
    });
    model::Run {
        id: run.id.0,
        instrument: run.instrument,
        instrument_version: run.instrument_version,
        started: moment(run.started),
        finished: run.finished.map(moment),
        position: run.position,
        note: run.note,
        answers: answers.collect(),
        corrected: run.corrected,
        restriction,
    }
}

fn instrument(stored: regie_vault::instruments::StoredInstrument) -> model::Instrument {
    model::Instrument {
        id: stored.id,
        version: stored.version,
        added: moment(stored.added),
        file: stored.file,
    }
}

fn choice(event: regie_vault::consent::ConsentEvent) -> model::Choice {
    let interest = purpose::in_version(&event.purpose, event.purpose_version)
        .is_some_and(|purpose| purpose.ground == Ground::LegitimateInterest);
    model::Choice {
        act: match (event.given, interest) {
            (true, _) => model::ConsentAct::Given,
            (false, false) => model::ConsentAct::Withdrawn,
            (false, true) => model::ConsentAct::Objected,
        },
        purpose: event.purpose,
        purpose_version: event.purpose_version,
        statement_version: event.statement_version,
        at: moment(event.at),
    }
}
