//! The help pages: at hand in every state.

use regie_domain::guide;
use serde::Serialize;
use specta::Type;

use crate::Client;

/// The pages that fit.
#[derive(Debug, PartialEq, Eq, Serialize, Type)]
pub struct GuideView {
    /// Best fit first; without a query all, in order.
    pub pages: Vec<GuidePageView>,
}

/// One page in the language in use.
#[derive(Debug, PartialEq, Eq, Serialize, Type)]
pub struct GuidePageView {
    /// Name of the page.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its text.
    pub markdown: String,
}

impl Client {
    /// The help pages that have every word of the query; all for an empty one.
    #[must_use]
    pub fn guide(&self, query: &str) -> GuideView {
        let language = self.language();
        let pages = guide::find(query, language)
            .into_iter()
            .map(|page| GuidePageView {
                id: page.id.into(),
                title: page.title(language).into(),
                markdown: page.markdown(language).into(),
            });
        GuideView {
            pages: pages.collect(),
        }
    }
}
