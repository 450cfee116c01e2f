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

/// A rare word stands in so many texts at least.
pub(crate) const RARE: usize = 3;

/// Searches with their names.
pub(crate) type Searches = Vec<(&'static str, &'static str, Sought)>;

impl Sought {
    /// The searches of `store.search_*`, each with its name and that of its growth, and in how many texts the rare word stands: the rarest one
    /// that stands in `rare` of them or more.
    pub(crate) fn in_corpus(corpus: &Corpus, rare: usize) -> anyhow::Result<(Searches, usize)> {
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
        let (rare, texts) = words
            .iter()
            .rev()
            .find(|(_, count)| *count >= rare)
            .context("no rare word")?;
        let beginning: String = common.chars().take(4).collect();
        let whole = |typed: &str| Self::typed(&format!("{typed} "));
        let searches = vec![
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
            ("store.search_rare", "grown.search_rare", whole(rare)?),
        ];
        Ok((searches, *texts))
    }

    fn typed(typed: &str) -> anyhow::Result<Self> {
        let query = Query::parse(typed).context("no word")?;
        Ok(Self {
            typed: typed.to_owned(),
            fts5: query.to_fts5(),
        })
    }
}
