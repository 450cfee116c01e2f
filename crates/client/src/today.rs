//! "Today": where the person was, and the next small step.

use chrono::NaiveDate;
use regie_domain::{meter::Rhythm, restriction::Use};
use regie_protocol::Language;
use regie_vault::Vault;
use serde::Serialize;
use specta::Type;

use crate::{
    Client, ClientError, EntryRow, NewsView, RestrictionView, ResultRow, RunSummary, StatementItem,
    WritingView, consent, keys,
    meter::{self, instruments::Catalogue},
    recovery,
};

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
    /// What is offered by itself today: the check-in once a day, the pulse once a week.
    pub offers: Vec<OfferView>,
    /// Whether checks and diary may be written at this moment.
    pub may_write: bool,
    /// What a write would meet, and so why it may not be.
    pub writing: WritingView,
    /// Everything is on hold, since then: nothing is offered.
    pub on_hold: Option<RestrictionView>,
    /// What is new since the person last looked.
    pub news: NewsView,
    /// Whether the recovery code has been rehearsed.
    pub recovery_rehearsed: bool,
    /// Whether the vault's file was found damaged.
    pub damaged: bool,
    /// Whether to offer a check of the recovery code: a quarter has passed since the last.
    pub recovery_check_due: bool,
}

/// An instrument that offers itself.
#[derive(Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct OfferView {
    /// Permanent name.
    pub instrument: String,
    /// What it is called.
    pub title: String,
    /// Number of statements.
    pub statements: u32,
    /// How long it takes, in minutes; 0 for seconds.
    pub minutes: u8,
    /// Its first question, to be answered at once, where all of them stand on one page.
    pub first: Option<StatementItem>,
}

impl Client {
    /// What the home screen shows.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the database says.
    pub fn today(&self) -> Result<TodayView, ClientError> {
        let language = self.language();
        let today = self.clock.now().at.date_naive();
        let damaged = self.state().whole == Some(false);
        let news = self.news()?;
        self.with_vault(|vault| {
            let catalogue = Catalogue::of(vault)?;
            let offers = offers(vault, &catalogue, today, language)?;
            let place = vault.diary_place()?;
            Ok(TodayView {
                caret: place.as_ref().and_then(|(_, caret)| *caret),
                continue_entry: place.map(|(entry, _)| entry.into()),
                paused_run: vault
                    .paused_run()?
                    .and_then(|run| meter::summary(&catalogue, &run, language)),
                last_result: meter::result_rows(&catalogue, vault.newest_run()?.as_slice(), language).pop(),
                offers,
                may_write: consent::may_write(vault),
                writing: consent::writing(vault),
                on_hold: vault.restriction(None)?.map(RestrictionView::from),
                news,
                damaged,
                recovery_rehearsed: recovery::is_rehearsed(vault)?,
                recovery_check_due: keys::check_is_due(vault, today)?,
            })
        })
    }
}

/// Nobody is met by more than one offer before they have a first result.
fn offers(
    vault: &Vault,
    catalogue: &Catalogue,
    today: NaiveDate,
    language: Language,
) -> Result<Vec<OfferView>, ClientError> {
    let mut offers = Vec::new();
    if !consent::may_write(vault) || !vault.may_use_anything(Use::Suggest)? {
        return Ok(offers);
    }
    let newcomer = vault.span_of_results()?.is_none();
    let daily = catalogue.with_rhythm(Rhythm::Daily);
    let weekly = catalogue.with_rhythm(Rhythm::Weekly).filter(|_| !newcomer);
    for instrument in daily.chain(weekly) {
        let last = vault.last_taken(&instrument.id)?.map(|at| at.date_naive());
        if instrument.scoring.rhythm.is_due(last, today) {
            offers.push(OfferView {
                instrument: instrument.id.clone(),
                title: instrument.title.in_language(language).into(),
                statements: meter::count(instrument.statements.len()),
                minutes: instrument.scoring.minutes,
                first: instrument
                    .statements
                    .first()
                    .filter(|_| instrument.scoring.one_page)
                    .map(|first| meter::statement_item(first, language)),
            });
        }
    }
    Ok(offers)
}
