//! What goes along, read from the vault page by page.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{self, Read};
use std::sync::{Arc, mpsc};
use std::thread;

use regie_archive::{
    ArchiveError, model,
    source::{Bytes, Each, EachHeld, Held, Source},
};
use regie_domain::{
    AttachmentId,
    attachment::{Attached, Extent, Manifest, Media},
    diary::{Entry, Mood},
    meter::{Answer, Instrument},
    moment::Moment,
    restriction::Restriction,
};
use regie_protocol::purpose::{self, Ground};
use regie_vault::{
    Vault, VaultError,
    attachment::file::Reader,
    meter::Run,
    snapshot::{Days, RunsFrom, Snapshot},
};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{ExportRequest, Job};
use crate::{ClientError, lock, meter::instruments::Catalogue};

/// So many records are read at once.
const PAGE: u32 = 200;
/// So many pages wait at most.
const PAGES_AHEAD: usize = 2;

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

    /// Hands out one: whole, or small where the whole is not here, or its name alone.
    fn attachment(&self, manifest: &Manifest, each: EachHeld<'_>) -> Result<(), ArchiveError> {
        let (size, milliseconds) = match manifest.content.extent {
            Extent::Dots { width, height } => (Some((width, height)), None),
            Extent::Lasts { milliseconds } => (None, Some(milliseconds)),
        };
        let media = media(manifest.content.media);
        let held = |bytes| Held {
            id: manifest.id.0,
            media,
            size,
            milliseconds,
            bytes,
        };
        if self.opens_whole(manifest)?
            && let Some(reader) = self.read(self.snapshot.open_attachment(manifest))?
        {
            let mut whole = Whole {
                along: self,
                reader,
                piece: Zeroizing::default(),
                taken: 0,
            };
            return each(held(Bytes::Whole(&mut whole)));
        }
        let preview = if media.is_photo() {
            self.read(self.snapshot.attachment_preview(manifest.id))?
        } else {
            None
        };
        match &preview {
            Some(jpeg) => each(held(Bytes::Preview(&mut jpeg.as_slice()))),
            None => each(held(Bytes::None)),
        }
    }

    /// Read to its end before any of it goes out: one file that is damaged must not keep everything else from going along.
    fn opens_whole(&self, manifest: &Manifest) -> Result<bool, ArchiveError> {
        let Some(mut reader) = self.read(self.snapshot.open_attachment(manifest))? else {
            return Ok(false);
        };
        loop {
            self.job.go_on()?;
            match self.snapshot.next_piece(&mut reader) {
                Ok(Some(_)) => {}
                Ok(None) => return Ok(true),
                Err(VaultError::VaultDamaged) => return Ok(false),
                Err(error) => return self.read(Err(error)),
            }
        }
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
        let (snapshot, days) = (&self.snapshot, self.days);
        let mut after = Some(i64::MIN);
        let pages = || {
            let page = snapshot.entries(days, after?, PAGE);
            after = page.as_ref().ok().and_then(|page| Some(page.last()?.0));
            Some(page).filter(|page| page.as_ref().map_or(true, |page| !page.is_empty()))
        };
        ahead(pages, |page| {
            for (_, entry) in self.read(page)? {
                self.job.step()?;
                let restriction = self.restriction_of(entry.id.0);
                each(entry_along(entry, restriction))?;
            }
            Ok(())
        })
    }

    fn runs(&self, each: Each<'_, model::Run>) -> Result<(), ArchiveError> {
        if !self.checks {
            return Ok(());
        }
        let (snapshot, days) = (&self.snapshot, self.days);
        let mut from = Some(RunsFrom::Finished(i64::MIN));
        let pages = || {
            let page = snapshot.runs(days, from?, PAGE);
            let ended =
                matches!((&page, from), (Ok((runs, _)), Some(RunsFrom::Paused(_))) if runs.is_empty());
            from = page.as_ref().ok().map(|(_, next)| *next);
            (!ended).then(|| page.map(|(runs, _)| runs))
        };
        ahead(pages, |page| {
            for run in self.read(page)? {
                self.job.step()?;
                let restriction = self.restriction_of(run.id.0);
                each(run_along(run, restriction))?;
            }
            Ok(())
        })
    }

    fn attachments(&self, each: EachHeld<'_>) -> Result<(), ArchiveError> {
        if !self.diary {
            return Ok(());
        }
        let mut after = AttachmentId(Uuid::nil());
        loop {
            let page = self.read(self.snapshot.attachments(self.days, after, PAGE))?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = last.id;
            for manifest in &page {
                self.job.go_on()?;
                self.attachment(manifest, &mut *each)?;
            }
        }
    }

    fn preview(&self, id: Uuid) -> Result<Option<Vec<u8>>, ArchiveError> {
        self.read(self.snapshot.attachment_preview(AttachmentId(id)))
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

/// The content of an attachment, opened piece by piece as it is read.
struct Whole<'a> {
    along: &'a Along,
    reader: Reader,
    piece: Zeroizing<Vec<u8>>,
    taken: usize,
}

impl Read for Whole<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.taken >= self.piece.len() {
            let next = self.along.snapshot.next_piece(&mut self.reader);
            match self.along.read(next).map_err(io::Error::other)? {
                Some(piece) => (self.piece, self.taken) = (piece, 0),
                None => return Ok(0),
            }
        }
        let mut rest = self.piece.get(self.taken..).unwrap_or_default();
        let count = rest.read(buffer)?;
        self.taken += count;
        Ok(count)
    }
}

const fn media(media: Media) -> model::Media {
    match media {
        Media::Jpeg => model::Media::Jpeg,
        Media::Opus => model::Media::Opus,
        Media::Aac => model::Media::Aac,
        Media::Mp3 => model::Media::Mp3,
    }
}

/// Takes pages while the next ones are read beside it; the first error ends both.
fn ahead<T: Send>(
    mut pages: impl FnMut() -> Option<T> + Send,
    mut take: impl FnMut(T) -> Result<(), ArchiveError>,
) -> Result<(), ArchiveError> {
    let (send, ready) = mpsc::sync_channel(PAGES_AHEAD);
    thread::scope(|scope| {
        scope.spawn(move || {
            while let Some(page) = pages() {
                if send.send(page).is_err() {
                    // Whoever takes them has stopped.
                    break;
                }
            }
        });
        ready.into_iter().try_for_each(&mut take)
    })
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
        attachments: entry.attachments.into_iter().map(attached).collect(),
        restriction,
    }
}

fn attached(one: Attached) -> model::Attached {
    model::Attached {
        id: one.id.0,
        description: one.description,
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
