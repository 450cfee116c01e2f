//! The help pages: how Regie works, in a handful of short texts that are at hand without a network and while locked.

use regie_protocol::Language;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// One page in both languages. Its first line is its title.
#[derive(Clone, Copy, Debug)]
pub struct GuidePage {
    /// Name of the page, the same in every language.
    pub id: &'static str,
    nl: &'static str,
    en: &'static str,
}

macro_rules! pages {
    ($($id:literal),+ $(,)?) => {
        &[$(GuidePage {
            id: $id,
            nl: include_str!(concat!("../content/guide/", $id, ".nl.md")),
            en: include_str!(concat!("../content/guide/", $id, ".en.md")),
        }),+]
    };
}

/// Every page, in the order in which they are listed.
pub const PAGES: &[GuidePage] = pages![
    "writing",
    "check",
    "lock",
    "recovery",
    "backups",
    "take-along",
    "bring-in",
    "people",
    "account",
    "reminders",
    "keyboard",
    "purpose",
];

impl GuidePage {
    /// The title.
    #[must_use]
    pub fn title(&self, language: Language) -> &'static str {
        let first = self.whole(language).lines().next().unwrap_or_default();
        first.trim_start_matches('#').trim()
    }

    /// Markdown without the title.
    #[must_use]
    pub fn markdown(&self, language: Language) -> &'static str {
        let whole = self.whole(language);
        whole.split_once('\n').map_or("", |(_, rest)| rest.trim())
    }

    fn whole(&self, language: Language) -> &'static str {
        match language {
            Language::Nl => self.nl,
            Language::En => self.en,
        }
    }
}

/// The pages on which every word of the query begins a word, those with all of them in the title first. An empty query finds all.
#[must_use]
pub fn find(query: &str, language: Language) -> Vec<&'static GuidePage> {
    let wanted = words(query);
    let has_all = |text: &str| {
        let there = words(text);
        wanted
            .iter()
            .all(|wanted| there.iter().any(|word| word.starts_with(wanted.as_str())))
    };
    let mut found: Vec<_> = PAGES
        .iter()
        .filter(|page| has_all(page.whole(language)))
        .collect();
    found.sort_by_key(|page| !has_all(page.title(language)));
    found
}

/// In small letters and without accents.
fn words(text: &str) -> Vec<String> {
    let plain: String = text.nfd().filter(|sign| !is_combining_mark(*sign)).collect();
    plain
        .to_lowercase()
        .split(|sign: char| !sign.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(query: &str, language: Language) -> Vec<&'static str> {
        find(query, language).iter().map(|page| page.id).collect()
    }

    #[test]
    fn every_page_has_a_title_and_a_text_in_both_languages_and_the_same_headings() {
        for page in PAGES {
            let headings = |language| page.markdown(language).matches("## ").count();
            assert_eq!(headings(Language::Nl), headings(Language::En), "{}", page.id);
            for language in Language::ALL {
                assert!(page.whole(language).starts_with("# "), "{}", page.id);
                assert!(page.markdown(language).len() > 200, "{}", page.id);
                assert!(!page.whole(language).contains('!'), "{} shouts", page.id);
            }
        }
    }

    #[test]
    fn pages_are_found_by_beginnings_of_words_and_titles_come_first() {
        assert_eq!(ids("", Language::En).len(), PAGES.len());
        assert_eq!(ids("herinn", Language::Nl).first(), Some(&"reminders"));
        assert_eq!(ids("RECOVERY code", Language::En).first(), Some(&"recovery"));
        assert!(
            ids("één", Language::Nl).contains(&"lock"),
            "accents do not matter"
        );
        assert!(ids("een", Language::Nl).contains(&"lock"));
        assert!(
            ids("passphrase zebra", Language::En).is_empty(),
            "every word counts"
        );
    }
}
