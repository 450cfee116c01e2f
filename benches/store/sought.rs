//! What is searched for: words picked from the corpus by how often they occur, so that any corpus will do.

use std::collections::{HashMap, HashSet};

use anyhow::Context;
use regie_domain::search::{Query, fold};

use crate::corpus::Corpus;

/// A search as typed, and what the vault makes of it.
pub(crate) struct Sought {
    pub(crate) typed: String,
    pub(crate) fts5: String,
}

impl Sought {
    /// The searches of `store.search_*`, each with its name and that of its growth.
    pub(crate) fn in_corpus(corpus: &Corpus) -> anyhow::Result<Vec<(&'static str, &'static str, Self)>> {
        let mut counts: HashMap<String, usize> = HashMap::new();
        for text in corpus.texts() {
            let words = text.markdown.split(|sign: char| !sign.is_alphabetic());
            let long = words.filter(|word| word.chars().count() >= 5).map(fold);
            for word in long.collect::<HashSet<_>>() {
                *counts.entry(word).or_default() += 1;
            }
        }
        let mut words: Vec<_> = counts.into_iter().collect();
        words.sort_by(|(one, often), (other, oftener)| oftener.cmp(often).then(one.cmp(other)));
        let name = |at: usize| {
            words
                .get(at)
                .map(|(word, _)| word.as_str())
                .context("too few words")
        };
        let (common, second) = (name(0)?, name(1)?);
        let rare = words
            .iter()
            .rev()
            .find(|(_, count)| *count >= 3)
            .context("no rare word")?;
        let beginning: String = common.chars().take(4).collect();
        let whole = |typed: &str| Self::typed(&format!("{typed} "));
        Ok(vec![
            ("store.search_word", "grown.search_word", whole(common)?),
            (
                "store.search_two_words",
                "grown.search_two_words",
                whole(&format!("{common} {second}"))?,
            ),
            (
                "store.search_prefix",
                "grown.search_prefix",
                Self::typed(&beginning)?,
            ),
            ("store.search_rare", "grown.search_rare", whole(&rare.0)?),
        ])
    }

    fn typed(typed: &str) -> anyhow::Result<Self> {
        let query = Query::parse(typed).context("no word")?;
        Ok(Self {
            typed: typed.to_owned(),
            fts5: query.to_fts5(),
        })
    }
}
