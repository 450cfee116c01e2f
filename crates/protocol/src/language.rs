//! The two languages that Regie speaks.

use serde::{Deserialize, Serialize};

/// A language of the interface and of every text that the core owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Dutch.
    Nl,
    /// English.
    En,
}

impl Language {
    /// All languages, in the order in which they are offered.
    pub const ALL: [Self; 2] = [Self::Nl, Self::En];

    /// Its code (ISO 639-1).
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Nl => "nl",
            Self::En => "en",
        }
    }

    /// The language of a BCP 47 or POSIX tag such as `nl-BE` or `nl_NL.UTF-8`; English for all others.
    #[must_use]
    pub fn from_tag(tag: &str) -> Self {
        let primary = tag.split(['-', '_', '.']).next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("nl") {
            Self::Nl
        } else {
            Self::En
        }
    }
}

/// A text that the program itself speaks, in every language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// Dutch.
    pub nl: &'static str,
    /// English.
    pub en: &'static str,
}

impl Text {
    /// The text in one language.
    #[must_use]
    pub const fn in_language(&self, language: Language) -> &'static str {
        match language {
            Language::Nl => self.nl,
            Language::En => self.en,
        }
    }
}

/// A text that came from a data file, in every language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OwnedText {
    /// Dutch.
    pub nl: String,
    /// English.
    pub en: String,
}

impl OwnedText {
    /// Whether nothing was said in any language.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.nl.is_empty() && self.en.is_empty()
    }

    /// The text in one language.
    #[must_use]
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::Nl => &self.nl,
            Language::En => &self.en,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_any_shape_find_their_language() {
        for dutch in ["nl", "nl-BE", "nl_NL.UTF-8", "NL"] {
            assert_eq!(Language::from_tag(dutch), Language::Nl, "{dutch}");
        }
        for other in ["en", "en_GB.UTF-8", "C.UTF-8", "nds", ""] {
            assert_eq!(Language::from_tag(other), Language::En, "{other}");
        }
    }
}
