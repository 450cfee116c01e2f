//! The terms of use, at hand without a network: read before joining, and afterwards.

use regie_protocol::{purpose::Asked, terms};
use serde::Serialize;
use specta::Type;

use crate::{Client, PurposeView};

/// The version of the terms in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
pub struct TermsView {
    /// Counts up with each published text.
    pub version: u32,
    /// From when it holds, ISO 8601.
    pub date: String,
    /// The text as Markdown.
    pub markdown: String,
}

impl Client {
    /// The terms of use in force, in the language in use.
    #[must_use]
    pub fn terms(&self) -> TermsView {
        self.terms_view(terms::newest())
    }

    /// A published version of the terms; `None` for one that came after this program.
    #[must_use]
    pub fn terms_in(&self, version: u32) -> Option<TermsView> {
        terms::in_version(version).map(|found| self.terms_view(found))
    }

    fn terms_view(&self, terms: &terms::Terms) -> TermsView {
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
