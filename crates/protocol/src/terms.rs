//! The terms of use: what a person and the operator of a server promise each other. They are accepted apart from any consent,
//! and only by somebody who joins.

use crate::language::{Language, Text};

/// One version of the terms.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Counts up with each published text.
    pub version: u32,
    /// The day from which it holds, ISO 8601.
    pub date: &'static str,
    /// What changed for the person against the one before; nothing for the first.
    pub changes: &'static [Text],
    /// The text as Markdown.
    pub text: Text,
}

impl Terms {
    /// The text as Markdown.
    #[must_use]
    pub const fn markdown(&self, language: Language) -> &'static str {
        self.text.in_language(language)
    }
}

pub(crate) const FIRST: Terms = Terms {
    version: 1,
    date: "2026-11-28",
    changes: &[],
    text: Text {
        nl: include_str!("../content/terms-1.nl.md"),
        en: include_str!("../content/terms-1.en.md"),
    },
};

/// Every published version, oldest first. A text that shipped is never edited: another one is a version of its own.
pub const ALL: &[Terms] = &[FIRST];

/// The version in force.
#[must_use]
pub fn newest() -> &'static Terms {
    ALL.last().unwrap_or(&FIRST)
}

/// One published version.
#[must_use]
pub fn in_version(version: u32) -> Option<&'static Terms> {
    ALL.iter().find(|one| one.version == version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l1_the_terms_are_versioned_short_in_both_languages_and_say_that_they_are_not_consent() {
        for (before, after) in ALL.iter().zip(ALL.iter().skip(1)) {
            assert!(after.version == before.version + 1 && after.date > before.date);
            assert!(!after.changes.is_empty(), "whoever is asked anew is told why");
        }
        assert_eq!(
            newest().version,
            in_version(newest().version).expect("is there").version
        );
        for terms in ALL {
            let sections = Language::ALL.map(|language| {
                let text = terms.markdown(language);
                let head = text.lines().nth(2).expect("a head");
                assert!(head.contains(&terms.version.to_string()), "{head}");
                assert!(
                    (200..600).contains(&text.split_whitespace().count()),
                    "{language:?}"
                );
                text.lines().filter(|line| line.starts_with("## ")).count()
            });
            assert_eq!(sections[0], sections[1]);
            assert!(terms.text.nl.contains("geen toestemming") && terms.text.en.contains("not consent"));
            assert!(terms.text.nl.contains("18 jaar of ouder") && terms.text.en.contains("18 or older"));
        }
    }
}
