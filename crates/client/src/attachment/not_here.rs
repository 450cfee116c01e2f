//! Originals that are not on this device: how many and how large they are, and fetching them before a copy is taken along or the one on the
//! server ends.

use regie_domain::attachment::Manifest;
use regie_protocol::sync::blob::Shape;
use regie_vault::{VaultError, attachment::Place, snapshot::Days};
use serde::Serialize;
use specta::Type;

use crate::{Client, ClientError, export::ExportRequest};

/// Photos and recordings of which the whole is not on this device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct NotHereView {
    /// Photos that the server has.
    pub photos: u32,
    /// Recordings that the server has.
    pub sounds: u32,
    /// How large these are together.
    pub bytes: u64,
    /// How many are not on the server either: another device has them, or nobody.
    pub out_of_reach: u32,
}

impl NotHereView {
    pub(crate) fn of(not_here: &[(Manifest, Place)]) -> Self {
        let mut view = Self::default();
        for (manifest, place) in not_here {
            let content = &manifest.content;
            let counted = match place {
                Place::Server if content.media.is_photo() => &mut view.photos,
                Place::Server => &mut view.sounds,
                _ => &mut view.out_of_reach,
            };
            *counted += 1;
            if *place == Place::Server {
                view.bytes = view.bytes.saturating_add(content.bytes);
            }
        }
        view
    }
}

impl Client {
    /// What of all photos and recordings is not on this device.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the database says.
    pub fn originals_not_here(&self) -> Result<NotHereView, ClientError> {
        let not_here = self.with_vault(|vault| Ok(vault.originals_not_here(Days::default())?))?;
        Ok(NotHereView::of(&not_here))
    }

    /// Fetches what the server has of what would be taken along, or of everything. What came stays until that is done: none makes room
    /// meanwhile. Waits until it is done, as [`Client::export`] does, and tells and stops as that one; begun again it goes on where it stopped.
    /// Returns what is still not here: what the server has not got is passed over.
    ///
    /// # Errors
    /// [`ClientError::NotNow`] while a copy is under way; [`ClientError::Stopped`] when the person stopped it or locking did;
    /// [`VaultError::DiskFull`] when there is no room for more; [`ClientError::Locked`]; what the network or the disk says.
    pub fn fetch_originals(&self, along: Option<&ExportRequest>) -> Result<NotHereView, ClientError> {
        let days = along.map_or(Ok(Days::default()), ExportRequest::days)?;
        let (job, _ends) = self.begin_job()?;
        self.sync.hold_originals(true);
        let not_here = || self.with_vault(|vault| Ok(vault.originals_not_here(days)?));
        let mut wanted = not_here()?;
        wanted.retain(|(_, place)| *place == Place::Server);
        let chunks = |manifest: &Manifest| {
            let shape = Shape::of_content(manifest.content.bytes);
            shape.map_or(0, |shape| shape.chunks())
        };
        job.expect(wanted.iter().map(|(manifest, _)| chunks(manifest)).sum());
        let mut done = 0;
        for (manifest, _) in &wanted {
            let all = done + chunks(manifest);
            let fetched = self.fetch_original(manifest.id, &mut |lacking| {
                job.reach(all.saturating_sub(lacking));
                job.go_on().map_err(|_| ClientError::Stopped)
            });
            if job.go_on().is_err() {
                return Err(ClientError::Stopped);
            }
            match fetched {
                // Deleted meanwhile, or the server has it no more: that is counted.
                Ok(()) | Err(ClientError::Vault(VaultError::NotFound)) => {}
                Err(error) => return Err(error),
            }
            done = all;
            job.reach(done);
        }
        Ok(NotHereView::of(&not_here()?))
    }
}
