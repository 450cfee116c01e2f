//! "Today": where the person was, and the next small step.

use serde::Serialize;
use specta::Type;

use crate::{Client, ClientError, EntryRow, ResultRow, RunSummary, consent, keys, meter, recovery};

/// What the home screen shows.
#[derive(Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct TodayView {
    /// The entry at which writing stopped.
    pub continue_entry: Option<EntryRow>,
    /// Where in it.
    pub caret: Option<u32>,
    /// The check that waits to be gone on with.
    pub paused_run: Option<RunSummary>,
    /// The newest result.
    pub last_result: Option<ResultRow>,
    /// Whether checks and diary may be written at this moment.
    pub may_write: bool,
    /// Whether the recovery code has been rehearsed.
    pub recovery_rehearsed: bool,
    /// Whether to offer a check of the recovery code: a quarter has passed since the last.
    pub recovery_check_due: bool,
}

impl Client {
    /// What the home screen shows.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the database says.
    pub fn today(&self) -> Result<TodayView, ClientError> {
        let language = self.language();
        let today = self.clock.now().at.date_naive();
        self.with_vault(|vault| {
            let place = vault.diary_place()?;
            Ok(TodayView {
                caret: place.as_ref().and_then(|(_, caret)| *caret),
                continue_entry: place.map(|(entry, _)| entry.into()),
                paused_run: vault
                    .paused_run()?
                    .map(|run| meter::summary(&run, language))
                    .transpose()?,
                last_result: meter::result_rows(&vault.finished_runs(1)?, language)?.pop(),
                may_write: consent::may_write(vault),
                recovery_rehearsed: recovery::is_rehearsed(vault)?,
                recovery_check_due: keys::check_is_due(vault, today)?,
            })
        })
    }
}
