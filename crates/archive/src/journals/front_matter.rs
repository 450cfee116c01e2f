//! The few lines of YAML that may stand before a note.
//!
//! Read as events, so that nothing refers to anything: an alias counts as no value, and a hundred lines cannot become a billion.

use saphyr_parser::{Event, Parser, ScalarStyle};

/// Longest block that is looked at.
const LONGEST: usize = 16 * 1024;

/// Fields in their order; a field with a list has several values.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct FrontMatter {
    fields: Vec<(String, Value)>,
}

/// What stands behind a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// One thing, as it was written.
    One(String),
    /// A list.
    Many(Vec<String>),
}

impl FrontMatter {
    /// The first of these fields that holds one value.
    pub(super) fn one(&self, names: &[&str]) -> Option<&str> {
        let mut values = names.iter().flat_map(|name| self.find(name));
        values.find_map(|value| match value {
            Value::One(text) => Some(text.as_str()),
            Value::Many(_) => None,
        })
    }

    /// All values of these fields; one that is no list is split at commas, or else at spaces.
    pub(super) fn many(&self, names: &[&str]) -> Vec<String> {
        let mut all = Vec::new();
        for value in names.iter().flat_map(|name| self.find(name)) {
            match value {
                Value::Many(list) => all.extend(list.iter().cloned()),
                Value::One(text) if text.contains(',') => all.extend(text.split(',').map(str::to_owned)),
                Value::One(text) => all.extend(text.split_whitespace().map(str::to_owned)),
            }
        }
        all
    }

    /// Whether the field is there, if only by its name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(field, _)| field == name)
    }

    fn find<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a Value> + use<'a, 'n> {
        let named = self.fields.iter().filter(move |(field, _)| field == name);
        named.map(|(_, value)| value)
    }
}

/// Front matter and the text behind it. A block that is no plain list of fields is text like any other.
pub(super) fn split(text: &str) -> (FrontMatter, &str) {
    let Some(inside) = text.strip_prefix("---\n") else {
        return (FrontMatter::default(), text);
    };
    let mut at = 0;
    for line in inside.split_inclusive('\n') {
        if at > LONGEST {
            break;
        }
        if matches!(line.trim_end(), "---" | "...") {
            let (block, rest) = inside.split_at(at);
            let rest = rest.get(line.len()..).unwrap_or_default();
            return match read(block) {
                Some(fields) => (fields, rest),
                None => (FrontMatter::default(), text),
            };
        }
        at += line.len();
    }
    (FrontMatter::default(), text)
}

fn read(block: &str) -> Option<FrontMatter> {
    let mut found = FrontMatter::default();
    // How deep it is, the field that is being read, and the list that it holds.
    let (mut depth, mut field, mut list) = (0_usize, None::<String>, None::<Vec<String>>);
    for event in Parser::new_from_str(block) {
        match (event.ok()?.0, depth) {
            (Event::MappingStart(..), 0) => depth = 1,
            (Event::Scalar(..) | Event::Alias(_) | Event::SequenceStart(..), 0) => return None,
            // Something else than a word as the name of a field.
            (Event::MappingStart(..) | Event::SequenceStart(..) | Event::Alias(_), 1) if field.is_none() => {
                return None;
            }
            (Event::MappingStart(..), _) => depth += 1,
            (Event::SequenceStart(..), _) => {
                if depth == 1 {
                    list = Some(Vec::new());
                }
                depth += 1;
            }
            (Event::MappingEnd | Event::SequenceEnd, _) => {
                depth = depth.saturating_sub(1);
                if depth == 1 {
                    let name = field.take()?;
                    found
                        .fields
                        .push((name, Value::Many(list.take().unwrap_or_default())));
                }
            }
            (Event::Scalar(text, style, ..), 1) => match field.take() {
                None => field = Some(text.trim().to_lowercase()),
                Some(name) => found.fields.push((name, value(&text, style))),
            },
            (Event::Scalar(text, ..), 2) => {
                if let Some(list) = &mut list {
                    list.push(text.into_owned());
                }
            }
            (Event::Alias(_), 1) => found.fields.push((field.take()?, Value::Many(Vec::new()))),
            _ => {}
        }
    }
    (depth == 0).then_some(found)
}

fn value(text: &str, style: ScalarStyle) -> Value {
    match style == ScalarStyle::Plain && matches!(text, "" | "~" | "null" | "Null" | "NULL") {
        true => Value::Many(Vec::new()),
        false => Value::One(text.trim().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fields_are_read_and_the_text_begins_behind_them() {
        let (fields, rest) = split(
            "---\nTitle: \"Een: dag\"\ndate: 2026-11-27\ntags: [werk, 'thuis en tuin']\nkeywords:\n  - a\n  - b: c\nplace:\n  lat: 1\n  list: [x]\nmood: 4\nempty:\n---\n\nTekst\n---\n",
        );
        assert_eq!(fields.one(&["titel", "title"]), Some("Een: dag"));
        assert_eq!(fields.one(&["date"]), Some("2026-11-27"));
        assert_eq!(fields.many(&["tags"]), ["werk", "thuis en tuin"]);
        assert_eq!(fields.many(&["keywords"]), ["a"]);
        assert_eq!((fields.one(&["lat"]), fields.one(&["mood"])), (None, Some("4")));
        assert_eq!(
            (fields.one(&["empty"]), fields.has("empty"), fields.has("x")),
            (None, true, false)
        );
        assert_eq!(rest, "\nTekst\n---\n");
    }

    #[test]
    fn tags_in_one_line_are_split_at_commas_or_spaces() {
        let tags = |text: &str| split(&format!("---\ntags: {text}\n---\n")).0.many(&["tags"]);
        assert_eq!(tags("werk, thuis en tuin"), ["werk", " thuis en tuin"]);
        assert_eq!(tags("werk thuis"), ["werk", "thuis"]);
    }

    #[test]
    fn what_only_looks_like_front_matter_is_text() {
        for text in [
            "---\nZomaar een zin.\n---\nTekst",
            "---\n- a\n- b\n---\n",
            "---\na: [\n---\n",
            "---\na: 1\n",
            "----\na: 1\n---\n",
            "--- \na: 1\n---\n",
            "Tekst\n---\na: 1\n---\n",
            "---\n{{date}}: x: y\n---\n",
        ] {
            assert_eq!(split(text), (FrontMatter::default(), text), "{text:?}");
        }
        let long = format!("---\na: {}\n---\n", "x".repeat(LONGEST));
        assert_eq!(split(&long).1, long);
    }

    #[test]
    fn aliases_are_not_followed() {
        let mut bomb = String::from("---\ndate: 2026-11-27\na0: &a0 [lol, lol, lol]\n");
        for level in 1..60 {
            let below = level - 1;
            bomb += &format!("a{level}: &a{level} [*a{below}, *a{below}, *a{below}, *a{below}]\n");
        }
        bomb += "tags: *a59\n---\nTekst\n";
        let (fields, rest) = split(&bomb);
        assert_eq!((fields.one(&["date"]), rest), (Some("2026-11-27"), "Tekst\n"));
        assert!(fields.many(&["tags"]).is_empty() && fields.many(&["a59"]).is_empty());
    }

    proptest! {
        #[test]
        fn any_block_is_front_matter_or_text(block in "[-a-c:&*!|>%@`\"'{}\\[\\],#? \n\t0-9é]{0,120}|\\PC{0,60}") {
            let text = format!("---\n{block}\n---\nTekst");
            let (_, rest) = split(&text);
            prop_assert!(text.ends_with(rest));
        }
    }
}
