//! Everything that is kept, told to the person whose it is; and the settings of the open vault.

use regie_protocol::{
    Language,
    purpose::{self, Topic},
};
use regie_vault::{
    data_map::{self, Store},
    deletion::{Deletions, Kind},
    settings::Setting,
};
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{Client, ClientError, lock, recovery};

/// What is kept, and where.
#[derive(Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct MyDataView {
    /// How much of each kind.
    pub counts: Vec<CountView>,
    /// Size of the vault on disk in bytes.
    pub bytes: u32,
    /// Where it lies.
    pub folder: String,
    /// Every stored field.
    pub map: Vec<DataMapRow>,
    /// Whether the recovery code has been rehearsed.
    pub recovery_rehearsed: bool,
    /// The day on which the last local copy of something deleted goes, ISO 8601; `None` when there is none.
    pub deleted_until: Option<String>,
    /// How many vaults were set aside: what was deleted may still be in those, with no day on which it goes.
    pub set_aside: u32,
}

/// How much there is of one kind.
#[derive(Debug, Serialize, Type)]
pub struct CountView {
    /// Technical name of the kind.
    pub kind: String,
    /// What it belongs to.
    pub topic: Topic,
    /// Its name for a person.
    pub title: String,
    /// How many.
    pub count: u32,
    /// What for.
    pub why: String,
    /// On which ground.
    pub ground: String,
    /// Whether the person wrote or answered it, and can delete it as a kind or for a period.
    pub deletable: bool,
}

/// One stored field.
#[derive(Serialize, Type)]
pub struct DataMapRow {
    /// What the store belongs to.
    pub topic: Topic,
    /// Name of the store for a person.
    pub kind: String,
    /// Technical name of the field.
    pub field: String,
    /// What it is.
    pub what: String,
    /// What for.
    pub purpose: String,
    /// On which ground.
    pub ground: String,
    /// Until when.
    pub retention: String,
    /// Who receives it.
    pub recipients: String,
}

/// Settings of the open vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// Minutes without input after which Regie locks, 1–60.
    pub lock_after_minutes: u32,
}

impl Client {
    /// What is kept.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the database says.
    pub fn my_data(&self) -> Result<MyDataView, ClientError> {
        let language = self.language();
        let stores = data_map::stores().map_err(|_| ClientError::Malformed)?;
        let folder = self.vault_folder().display().to_string();
        let backups = self.local_backups()?.len();
        let aside = self.set_aside()?.len();
        let tickets = self.receipts()?.len();
        let deletions = Deletions::load(&self.deletions_file())?.count();
        self.with_vault(|vault| {
            let count = |store: &Store| -> Result<Option<u32>, ClientError> {
                let files = |number| Some(u32::try_from(number).unwrap_or(u32::MAX));
                Ok(match store.store.as_str() {
                    "backup" => files(backups as u64),
                    "set-aside vault" => files(aside as u64),
                    "deletion list" => files(deletions),
                    "ticket file" => files(tickets as u64),
                    "key file" | "device file" | "profile file" => Some(1),
                    "attachment file" => files(vault.count_attachment_files()),
                    table => vault.count_rows(table)?,
                })
            };
            let mut counts = Vec::new();
            for store in &stores {
                if let Some(count) = count(store)? {
                    counts.push(counted(store, count, language));
                }
            }
            // What the person wrote and answered comes first.
            counts.sort_by_key(|count| !count.deletable);
            Ok(MyDataView {
                counts,
                bytes: u32::try_from(vault.bytes_on_disk()).unwrap_or(u32::MAX),
                folder,
                map: stores.iter().flat_map(|store| rows(store, language)).collect(),
                recovery_rehearsed: recovery::is_rehearsed(vault)?,
                deleted_until: self.deleted_until(vault)?.map(|day| day.to_string()),
                set_aside: u32::try_from(aside).unwrap_or(u32::MAX),
            })
        })
    }

    /// Settings of the open vault.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the database says.
    pub fn settings(&self) -> Result<Settings, ClientError> {
        self.with_vault(|vault| {
            Ok(Settings {
                lock_after_minutes: lock::lock_after_minutes(vault)?,
            })
        })
    }

    /// Stores the settings.
    ///
    /// # Errors
    /// [`ClientError::Malformed`] outside the bounds; [`ClientError::Locked`]; what the disk says.
    pub fn save_settings(&self, settings: Settings) -> Result<(), ClientError> {
        if !(1..=60).contains(&settings.lock_after_minutes) {
            return Err(ClientError::Malformed);
        }
        self.with_vault(|vault| {
            Ok(vault.set_setting(Setting::LockAfterMinutes, &settings.lock_after_minutes)?)
        })
    }
}

fn counted(store: &Store, count: u32, language: Language) -> CountView {
    CountView {
        kind: store.store.clone(),
        topic: store.topic,
        title: store.title.in_language(language).into(),
        count,
        why: store.why.in_language(language).into(),
        ground: store.ground.text().in_language(language).into(),
        deletable: Kind::ALL.iter().any(|kind| kind.store() == store.store),
    }
}

fn rows(store: &Store, language: Language) -> Vec<DataMapRow> {
    let nobody = <purpose::KeepOnDevice as purpose::Marker>::PURPOSE.recipients;
    let row = |(field, what): (&String, &regie_protocol::OwnedText)| DataMapRow {
        topic: store.topic,
        kind: store.title.in_language(language).into(),
        field: field.clone(),
        what: what.in_language(language).into(),
        purpose: store.why.in_language(language).into(),
        ground: store.ground.text().in_language(language).into(),
        retention: store.retention.in_language(language).into(),
        recipients: store.recipients.as_ref().map_or_else(
            || nobody.in_language(language).into(),
            |who| who.in_language(language).into(),
        ),
    };
    store.fields.iter().map(row).collect()
}
