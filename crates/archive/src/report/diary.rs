//! An entry as a report shows it.

use chrono::{DateTime, FixedOffset};
use serde::Serialize;

use super::{
    markdown::{Block, blocks, clean},
    texts::{self, Say},
};
use crate::model::Entry;

/// An entry in words and blocks.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    #[serde(skip)]
    pub(super) at: DateTime<FixedOffset>,
    /// Its title, or its date when it has none.
    pub(super) heading: String,
    /// Its date; absent where it is the heading.
    pub(super) when: Option<String>,
    pub(super) mood: Option<String>,
    pub(super) tags: Option<String>,
    pub(super) held: Option<String>,
    /// How many photos and recordings it has, and what the person wrote about them.
    pub(super) attached: Option<String>,
    pub(super) body: Vec<Block>,
}

impl Shown {
    pub(super) fn of(entry: &Entry, say: Say) -> Self {
        let at = entry.written.at;
        let title = clean(entry.title.trim()).replace('\n', " ");
        let when = say.moment(at);
        let (heading, when) = if title.is_empty() {
            (when, None)
        } else {
            (title, Some(when))
        };
        let tags: Vec<_> = entry.tags.iter().map(|tag| clean(tag)).collect();
        let held = entry.restriction.as_ref().map(|restriction| {
            let reason = clean(&restriction.reason).replace('\n', " ");
            say.held(restriction.since.at.date_naive(), &reason)
        });
        let described = entry
            .attachments
            .iter()
            .map(|one| clean(one.description.trim()).replace('\n', " "));
        let described: Vec<_> = described.filter(|words| !words.is_empty()).collect();
        Self {
            at,
            heading,
            when,
            mood: entry.mood.and_then(|mood| say.mood(mood)),
            tags: say.tags(&tags),
            held,
            attached: say.attached(entry.attachments.len(), &described),
            body: blocks(&entry.markdown, say.the(texts::IMAGE)),
        }
    }
}
