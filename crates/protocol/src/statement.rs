//! The privacy statement: versioned, in the program itself, so that it is at hand without a network.

use crate::language::{Language, Text};

/// One version of the statement.
#[derive(Clone, Copy, Debug)]
pub struct Statement {
    /// Counts up with each published text.
    pub version: u32,
    /// The day from which it holds, ISO 8601.
    pub date: &'static str,
    markdown: Text,
}

impl Statement {
    /// The text as Markdown.
    #[must_use]
    pub const fn markdown(&self, language: Language) -> &'static str {
        self.markdown.in_language(language)
    }
}

const FIRST: Statement = Statement {
    version: 1,
    date: "2026-11-23",
    markdown: Text {
        nl: include_str!("../content/statement-1.nl.md"),
        en: include_str!("../content/statement-1.en.md"),
    },
};

/// Every published version, oldest first.
pub const ALL: &[Statement] = &[FIRST];

/// The version in force.
#[must_use]
pub const fn newest() -> &'static Statement {
    &FIRST
}
