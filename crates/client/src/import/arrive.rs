//! From what stands in a file to what the vault takes in, by the program's own rules.

use regie_archive::{
    model::{self, Item, LeftOut},
    seal,
};
use regie_domain::{
    AttachmentId, EntryId, RunId,
    attachment::Attached,
    diary::{Entry, LONGEST_BYTES, Mood},
    meter::{Answer, Answers, Instrument},
    moment::Moment,
    restriction::Restriction,
};
use regie_vault::{import::Arrival, instruments::StoredInstrument, meter::Run};

use super::ImportSecret;
use crate::{
    ClientError,
    meter::instruments::{Catalogue, is_shipped},
};

/// What arrives, with the instruments that came before.
pub(super) struct Arrivals(Catalogue);

impl Arrivals {
    pub(super) const fn of(catalogue: Catalogue) -> Self {
        Self(catalogue)
    }

    /// The record, or why it does not come along.
    pub(super) fn take(&mut self, item: Item) -> Result<Arrival, LeftOut> {
        match item {
            Item::LeftOut(what) => Err(what),
            Item::Instrument(one) => self.instrument(one),
            Item::Entry(entry) => self::entry(entry),
            Item::Run(run) => self.run(run),
        }
    }

    fn instrument(&mut self, one: model::Instrument) -> Result<Arrival, LeftOut> {
        let loaded = Instrument::load_file(&one.file).map_err(|_| LeftOut::UnknownInstrument)?;
        if (&loaded.id, &loaded.version) != (&one.id, &one.version) || is_shipped(&loaded.id) {
            return Err(LeftOut::UnknownInstrument);
        }
        if self.0.exact(&one.id, &one.version).is_none() {
            self.0.add(loaded);
        }
        Ok(Arrival::Instrument(StoredInstrument {
            id: one.id,
            version: one.version,
            added: moment(one.added),
            file: one.file,
        }))
    }

    fn run(&self, run: model::Run) -> Result<Arrival, LeftOut> {
        let instrument = self
            .0
            .exact(&run.instrument, &run.instrument_version)
            .ok_or(LeftOut::UnknownInstrument)?;
        let mut answers = Answers::new();
        for (item, value) in run.answers {
            let statement = instrument
                .statements
                .iter()
                .find(|statement| statement.id == item);
            let known = statement.is_some_and(|statement| {
                value.is_none_or(|value| statement.options.iter().any(|option| option.value == value))
            });
            if !known {
                return Err(LeftOut::UnknownInstrument);
            }
            answers.insert(item, value.map_or(Answer::Skipped, Answer::Value));
        }
        let most = u32::try_from(instrument.statements.len()).unwrap_or(u32::MAX);
        let restriction = run.restriction.map(restriction);
        let run = Run {
            id: RunId(run.id),
            instrument: run.instrument,
            instrument_version: run.instrument_version,
            started: moment(run.started),
            finished: run.finished.map(moment),
            position: run.position.min(most),
            note: run.note,
            answers,
            corrected: run.corrected,
        };
        Ok(Arrival::Run(run, restriction))
    }
}

fn entry(entry: model::Entry) -> Result<Arrival, LeftOut> {
    if entry.markdown.len() > LONGEST_BYTES {
        return Err(LeftOut::TooLong);
    }
    let restriction = entry.restriction.map(restriction);
    let entry = Entry {
        id: EntryId(entry.id),
        own_title: entry.title,
        mood: entry.mood.and_then(Mood::new),
        tags: entry.tags,
        markdown: entry.markdown,
        written: moment(entry.written),
        edited: entry.edited,
        caret: None,
        attachments: entry.attachments.into_iter().map(attached).collect(),
    };
    Ok(Arrival::Entry(entry, restriction))
}

fn attached(one: model::Attached) -> Attached {
    Attached {
        id: AttachmentId(one.id),
        description: one.description,
    }
}

fn moment(moment: model::Moment) -> Moment {
    Moment {
        at: moment.at,
        zone: moment.zone,
    }
}

fn restriction(restriction: model::Restriction) -> Restriction {
    Restriction {
        since: moment(restriction.since),
        reason: restriction.reason,
    }
}

pub(super) fn secret(secret: &ImportSecret) -> Result<seal::Secret, ClientError> {
    Ok(match secret {
        ImportSecret::Passphrase(passphrase) => {
            seal::Secret::Passphrase(passphrase.expose().to_owned().into())
        }
        ImportSecret::Key(text) => {
            seal::Secret::Key(seal::identity(text.expose()).map_err(|_| ClientError::BadRecipient)?)
        }
    })
}
