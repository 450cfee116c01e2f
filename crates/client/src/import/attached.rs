//! Photos and recordings beside the entries that name them: held to what the file says of each, and taken apart as any that is added. One that
//! is damaged stays out and keeps nothing else back.

use std::io::{self, Read};

use regie_archive::{ArchiveError, incoming::Incoming};
use regie_protocol::purpose::KeepOnDevice;
use regie_vault::{
    attachment::bring::{Brought, hash_of},
    deletion::Gone,
};

use super::Stop;
use crate::{
    Client,
    attachment::{MOST_READ, take_photo, take_sound},
    export::Job,
};

impl Client {
    /// Looks at all of them: which are whole, and which are here already. Nothing is taken apart yet.
    pub(super) fn foresee(&self, incoming: &mut Incoming, job: &Job, gone: &Gone) -> Result<Brought, Stop> {
        let mut brought = Brought::default();
        let mut failed = None;
        let read = incoming.attachments(&mut |arriving, from| {
            job.go_on()?;
            if arriving.preview {
                return pass_over(from);
            }
            let mut from = from.take(MOST_READ);
            match if_whole(hash_of(&mut from))?.filter(|_| from.limit() > 0) {
                None => brought.refuse(arriving.id),
                Some(hash) => self
                    .with_vault(|vault| {
                        let one = (arriving.id, hash);
                        Ok(vault.foresee_attachment(&mut brought, gone, one, arriving.is_photo)?)
                    })
                    .map_err(|error| {
                        failed = Some(error);
                        ArchiveError::Refused
                    })?,
            }
            Ok(())
        });
        match failed {
            Some(error) => Err(Stop::Client(error)),
            None => read.map_err(Stop::Archive).map(|()| brought),
        }
    }

    /// Takes all of them apart, and seals what is new into files. The vault is held for each only while it is sealed.
    pub(super) fn bring(
        &self,
        incoming: &mut Incoming,
        job: &Job,
        brought: &mut Brought,
    ) -> Result<(), Stop> {
        let gone = self.with_vault(|vault| {
            vault.consent::<KeepOnDevice>()?;
            Ok(vault.gone(&self.deletions_file())?)
        });
        let gone = gone.map_err(Stop::Client)?;
        let mut failed = None;
        let read = incoming.attachments(&mut |arriving, from| {
            job.step()?;
            if arriving.preview {
                return pass_over(from);
            }
            let mut bytes = Vec::new();
            let whole = if_whole(from.take(MOST_READ).read_to_end(&mut bytes))?;
            let take = if arriving.is_photo { take_photo } else { take_sound };
            let Some(taken) = whole.and_then(|_| take(&bytes).ok()) else {
                brought.refuse(arriving.id);
                return Ok(());
            };
            drop(bytes);
            let sealed = self.with_vault(|vault| {
                let consent = vault.consent::<KeepOnDevice>()?;
                Ok(vault.bring_attachment(&consent, brought, &gone, arriving.id, &taken.as_new())?)
            });
            sealed.map_err(|error| {
                failed = Some(error);
                ArchiveError::Refused
            })
        });
        match failed {
            Some(error) => Err(Stop::Client(error)),
            None => read.map_err(Stop::Archive),
        }
    }
}

/// What was read, or nothing where the file is not what it should be; else why reading cannot go on.
fn if_whole<T>(read: io::Result<T>) -> Result<Option<T>, ArchiveError> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(error) => match ArchiveError::reading("", error) {
            ArchiveError::Bad { .. } => Ok(None),
            other => Err(other),
        },
    }
}

/// A small picture in place of a photo is none that could be kept as one.
fn pass_over(from: &mut dyn Read) -> Result<(), ArchiveError> {
    if_whole(io::copy(from, &mut io::sink())).map(drop)
}
