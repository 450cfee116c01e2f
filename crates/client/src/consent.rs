//! What the person allows, and the story of their choices.

use std::collections::HashMap;

use regie_domain::consent::{Choice as Chosen, Step};
use regie_protocol::{
    Language, Notices,
    purpose::{Asked, Ground, KeepOnDevice, Purpose},
};
use regie_vault::{
    Vault, VaultError,
    consent::{Choice, ConsentEvent},
};
use serde::Serialize;
use specta::Type;

use crate::{Client, ClientError};

/// A purpose as the person reads it, with the choice made.
#[derive(Clone, Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PurposeView {
    /// Permanent name.
    pub id: String,
    /// Version of the purpose.
    pub version: u32,
    /// What the switch says.
    pub title: String,
    /// A sentence beside it.
    pub text: String,
    /// Which data.
    pub data: String,
    /// Who receives them.
    pub recipients: String,
    /// For how long.
    pub retention: String,
    /// On which ground.
    pub ground: String,
    /// Whether it is on.
    pub given: bool,
    /// When the last choice was made, RFC 3339; `None` when it was never asked.
    pub since: Option<String>,
    /// It was on, and its text has changed since: it rests until the person says yes to the new one.
    pub renew: bool,
}

/// What a choice was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum StepView {
    /// Said yes.
    Given,
    /// Said yes to a new text.
    Renewed,
    /// Said no when asked.
    Declined,
    /// Took a yes back.
    Withdrawn,
    /// Objected to a use that rests on a legitimate interest.
    Objected,
}

/// One choice of the story, with the text as it was read then.
#[derive(Clone, Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ChoiceView {
    /// What it was.
    pub step: StepView,
    /// When, RFC 3339 with the offset of then and there.
    pub at: String,
    /// IANA zone of then and there.
    pub zone: String,
    /// Permanent name of the purpose.
    pub purpose: String,
    /// Version of the purpose that was read.
    pub version: u32,
    /// Version of the statement that held then; `None` where that was not kept yet.
    pub statement: Option<u32>,
    /// What the switch said.
    pub title: String,
    /// What was read; `None` when this program does not know that version.
    pub read: Option<ReadView>,
}

/// The text of a purpose as it was read.
#[derive(Clone, Debug, Serialize, Type)]
pub struct ReadView {
    /// The sentence beside the switch.
    pub text: String,
    /// Which data.
    pub data: String,
    /// Who receives them.
    pub recipients: String,
    /// For how long.
    pub retention: String,
    /// On which ground.
    pub ground: String,
}

/// What a write would meet at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum WritingView {
    /// Checks and diary may be written.
    Allowed,
    /// The person did not allow it, or took it back.
    Off,
    /// They allowed it, and the text has changed since.
    Outdated,
}

impl Client {
    /// Every purpose, with the choice made where a vault is open.
    ///
    /// # Errors
    /// What the database says.
    pub fn purposes(&self) -> Result<Vec<PurposeView>, ClientError> {
        let language = self.language();
        let state = self.state();
        views(&self.notices, state.vault.as_ref(), language)
    }

    /// Switches a purpose on or off; it holds at once, also for what is under way.
    ///
    /// # Errors
    /// [`ClientError::Locked`]; [`ClientError::Malformed`] for an unknown purpose, and for one that a server hears of; what
    /// the disk says.
    pub fn set_consent(&self, purpose: &str, given: bool) -> Result<(), ClientError> {
        let purpose = self.notices.purpose(purpose).ok_or(ClientError::Malformed)?;
        if purpose.asked == Asked::OnJoining {
            return Err(ClientError::Malformed);
        }
        let now = self.clock.now();
        self.with_vault(|vault| Ok(vault.record_choice(purpose, given, &now)?))
    }

    /// Every choice that was ever made, newest first, with the text as it was read then.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the database says.
    pub fn consent_story(&self) -> Result<Vec<ChoiceView>, ClientError> {
        let language = self.language();
        let events = self.with_vault(|vault| Ok(vault.choices()?))?;
        let mut last: HashMap<String, Chosen> = HashMap::new();
        let mut story: Vec<_> = events
            .into_iter()
            .map(|event| {
                let now = Chosen {
                    given: event.given,
                    version: event.purpose_version,
                };
                let before = last.insert(event.purpose.clone(), now);
                told(&self.notices, event, before, language)
            })
            .collect();
        story.reverse();
        Ok(story)
    }
}

/// Every purpose in force, with the choice made.
pub(crate) fn views(
    notices: &Notices,
    vault: Option<&Vault>,
    language: Language,
) -> Result<Vec<PurposeView>, ClientError> {
    let mut views = Vec::new();
    for purpose in notices.purposes() {
        let choice = vault.map(|vault| vault.last_choice(purpose)).transpose()?;
        let view = PurposeView::of(purpose, choice.flatten(), language);
        match purpose.asked {
            Asked::FromTheStart => views.push(view),
            Asked::OnJoining => views.extend(of_account(view, vault)?),
        }
    }
    Ok(views)
}

/// What joining asks is the account's: where there is none nobody is asked, and what was chosen on another device holds here.
fn of_account(view: PurposeView, vault: Option<&Vault>) -> Result<Option<PurposeView>, ClientError> {
    let account = vault.map(Vault::account).transpose()?.flatten();
    Ok(account.map(|account| PurposeView {
        given: account.copy_day.is_some() && !view.renew,
        ..view
    }))
}

impl PurposeView {
    pub(crate) fn of(purpose: &Purpose, choice: Option<Choice>, language: Language) -> Self {
        let on = choice.as_ref().is_some_and(|choice| choice.given);
        let newest = choice
            .as_ref()
            .is_some_and(|choice| choice.version == purpose.version);
        Self {
            id: purpose.id.into(),
            version: purpose.version,
            title: purpose.title.in_language(language).into(),
            text: purpose.text.in_language(language).into(),
            data: purpose.data.in_language(language).into(),
            recipients: purpose.recipients.in_language(language).into(),
            retention: purpose.retention.in_language(language).into(),
            ground: purpose.ground.text().in_language(language).into(),
            given: on && newest,
            since: choice.map(|choice| choice.at),
            renew: on && !newest,
        }
    }
}

fn told(notices: &Notices, event: ConsentEvent, before: Option<Chosen>, language: Language) -> ChoiceView {
    let newest = notices.purpose(&event.purpose);
    let read = notices.purpose_in_version(&event.purpose, event.purpose_version);
    let now = Chosen {
        given: event.given,
        version: event.purpose_version,
    };
    let ground = read.or(newest).map_or(Ground::Consent, |purpose| purpose.ground);
    ChoiceView {
        step: Step::of(before, now, ground).into(),
        at: event.at.at.to_rfc3339(),
        zone: event.at.zone,
        title: read.or(newest).map_or_else(
            || event.purpose.clone(),
            |purpose| purpose.title.in_language(language).into(),
        ),
        purpose: event.purpose,
        version: event.purpose_version,
        statement: Some(event.statement_version).filter(|version| *version > 0),
        read: read.map(|purpose| ReadView {
            text: purpose.text.in_language(language).into(),
            data: purpose.data.in_language(language).into(),
            recipients: purpose.recipients.in_language(language).into(),
            retention: purpose.retention.in_language(language).into(),
            ground: purpose.ground.text().in_language(language).into(),
        }),
    }
}

impl From<Step> for StepView {
    fn from(step: Step) -> Self {
        match step {
            Step::Given => Self::Given,
            Step::Renewed => Self::Renewed,
            Step::Declined => Self::Declined,
            Step::Withdrawn => Self::Withdrawn,
            Step::Objected => Self::Objected,
        }
    }
}

/// Whether checks and diary may be written at this moment.
pub(crate) fn may_write(vault: &Vault) -> bool {
    writing(vault) == WritingView::Allowed
}

/// What a write would meet at this moment.
pub(crate) fn writing(vault: &Vault) -> WritingView {
    match vault.consent::<KeepOnDevice>() {
        Ok(_) => WritingView::Allowed,
        Err(VaultError::ConsentOutdated(_)) => WritingView::Outdated,
        Err(_) => WritingView::Off,
    }
}
