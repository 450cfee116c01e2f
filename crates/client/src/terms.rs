//! The terms of use, at hand without a network: read before joining, and afterwards. Where the server's are later ones than those that were
//! agreed to, the person is told and asked; until they agree, the earlier ones hold.

use regie_protocol::{purpose::Asked, terms::Terms};
use regie_vault::{Vault, VaultError, settings::Setting};
use serde::Serialize;
use specta::Type;

use crate::{BlockView, Client, ClientError, PurposeView, statement::compare};

/// A version of the terms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
pub struct TermsView {
    /// Counts up with each published text.
    pub version: u32,
    /// From when it holds, ISO 8601.
    pub date: String,
    /// The text as Markdown.
    pub markdown: String,
}

/// A later version of the terms, against the one that was agreed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
pub struct TermsChangesView {
    /// The version that was agreed to.
    pub from: u32,
    /// The version that is asked about.
    pub to: u32,
    /// From when it holds, ISO 8601.
    pub date: String,
    /// What changed for the person, newest first.
    pub changes: Vec<String>,
    /// The whole text, in order.
    pub blocks: Vec<BlockView>,
}

impl Client {
    /// The terms of use in force, in the language in use.
    #[must_use]
    pub fn terms(&self) -> TermsView {
        self.terms_view(self.notices.terms())
    }

    /// A published version of the terms; `None` for one that came after this program.
    #[must_use]
    pub fn terms_in(&self, version: u32) -> Option<TermsView> {
        let found = self.notices.terms_in_version(version);
        found.map(|found| self.terms_view(found))
    }

    /// What changed in the terms of the server since the person agreed; `None` where nothing is asked, or where the later version came
    /// after this program.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the database says.
    pub fn terms_changes(&self) -> Result<Option<TermsChangesView>, ClientError> {
        let language = self.language();
        let asked = self.with_vault(|vault| Ok(asked(vault)?))?;
        let text = |version| self.notices.terms_in_version(version);
        let Some((from, to)) = asked.and_then(|(from, to)| text(from).zip(text(to))) else {
            return Ok(None);
        };
        let later = self.notices.terms.iter().rev();
        let later = later.filter(|one| one.version > from.version && one.version <= to.version);
        Ok(Some(TermsChangesView {
            from: from.version,
            to: to.version,
            date: to.date.into(),
            changes: later
                .flat_map(|one| {
                    one.changes
                        .iter()
                        .map(|text| text.in_language(language).to_owned())
                })
                .collect(),
            blocks: compare(from.markdown(language), to.markdown(language)),
        }))
    }

    fn terms_view(&self, terms: &Terms) -> TermsView {
        TermsView {
            version: terms.version,
            date: terms.date.into(),
            markdown: terms.markdown(self.language()).into(),
        }
    }

    /// The purpose that joining asks about, as nobody has chosen yet.
    #[must_use]
    pub fn purpose_of_joining(&self) -> Option<PurposeView> {
        let mut purposes = self.notices.purposes();
        let found = purposes.find(|one| one.asked == Asked::OnJoining);
        found.map(|purpose| PurposeView::of(purpose, None, self.language()))
    }
}

/// The version that was agreed to, and the later one at the server that the person has not agreed to yet.
pub(crate) fn asked(vault: &Vault) -> Result<Option<(u32, u32)>, VaultError> {
    let agreed: Option<u32> = vault.setting(Setting::TermsAgreed)?;
    let there: Option<u32> = vault.setting(Setting::TermsThere)?;
    Ok(agreed.zip(there).filter(|(agreed, there)| there > agreed))
}
