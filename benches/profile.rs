//! A profile with a filled vault, made through the client as the app would.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use regie_client::{Client, Clock, EntryAbout, EntryDraft, Passphrase};
use regie_domain::moment::Moment;
use regie_protocol::{
    Language,
    purpose::{KeepOnDevice, Marker},
};
use regie_vault::Vault;
use uuid::Uuid;

use crate::corpus::{Corpus, Text};
use crate::place;

/// Opens every vault made here.
pub(crate) const PASSPHRASE: &str = "kaars muur zwemt lachend";

/// A clock that stands where it was set.
#[derive(Clone)]
pub(crate) struct SetClock(Arc<Mutex<Moment>>);

impl SetClock {
    pub(crate) fn at(moment: &Moment) -> Self {
        Self(Arc::new(Mutex::new(moment.clone())))
    }

    pub(crate) fn set(&self, moment: &Moment) {
        moment.clone_into(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Clock for SetClock {
    fn now(&self) -> Moment {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn system_language(&self) -> Language {
        Language::En
    }
}

/// So many entries at a time: a diary that grew, not one that was written at once.
pub(crate) const AT_ONCE: usize = 250;

/// Makes a profile in `folder` with every text of the corpus in its diary; returns the entries' ids.
pub(crate) fn fill(folder: &Path, corpus: &Corpus) -> anyhow::Result<Vec<Uuid>> {
    let filled_in_memory = place::in_memory().and_then(|memory| {
        let ids = write_all(memory.path(), corpus).ok()?;
        Some((memory, ids))
    });
    match filled_in_memory {
        Some((memory, ids)) => {
            place::copy(memory.path(), folder)?;
            Ok(ids)
        }
        None => write_all(folder, corpus),
    }
}

fn write_all(folder: &Path, corpus: &Corpus) -> anyhow::Result<Vec<Uuid>> {
    make_empty(folder, corpus)?;
    let mut vault = Vault::open(&folder.join("vault"), &passphrase())?;
    let consent = vault.consent()?;
    let entries: Vec<_> = corpus.texts().iter().map(Text::entry).collect();
    for some in entries.chunks(AT_ONCE) {
        vault.save_entries(&consent, some)?;
    }
    vault.close()?;
    Ok(entries.iter().map(|entry| entry.id.0).collect())
}

/// Makes a profile with an empty vault in it.
pub(crate) fn make_empty(folder: &Path, corpus: &Corpus) -> anyhow::Result<()> {
    let first = corpus.texts().first().context("no texts")?;
    let client = Client::new(folder, SetClock::at(&first.written));
    client.create_vault(&passphrase(), &[KeepOnDevice::PURPOSE.id.to_owned()])?;
    client.finish_first_run()?;
    Ok(client.lock()?)
}

/// Saves a text as a new entry.
pub(crate) fn save(client: &Client, text: &Text) -> anyhow::Result<Uuid> {
    let draft = EntryDraft {
        id: None,
        markdown: text.markdown.clone(),
        caret: 0,
        about: Some(EntryAbout {
            own_title: text.title.clone(),
            tags: text.tags.clone(),
            ..EntryAbout::default()
        }),
    };
    Ok(client.diary_save(draft)?.id)
}

pub(crate) fn passphrase() -> Passphrase {
    Passphrase::new(PASSPHRASE.to_owned())
}
