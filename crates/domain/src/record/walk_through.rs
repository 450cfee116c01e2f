//! The walk-through of docs/adding-a-record-kind.md, as a compiler and a test read it.

#![expect(unreachable_pub, reason = "the page shows what is public elsewhere")]

use std::cmp::Reverse;

use super::{
    Kind, Merged, Record, RecordError,
    fields::Fields,
    read,
    wire::{self, LONGEST_NAME},
    write,
};

impl Kind {
    /// Stands in for a number of its own.
    #[expect(non_upper_case_globals, reason = "written as a kind is")]
    const Walk: Self = Self::Settings;
}

// The page shows what follows.
/// Longest thoughts, in bytes.
const LONGEST_THOUGHTS: usize = 64 * 1024;

/// A walk to remember.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walk {
    /// What it is called.
    pub name: String,
    /// How far it went.
    pub metres: u32,
    /// What came up on the way.
    pub thoughts: String,
}

impl Walk {
    fn check(&self) -> Result<(), RecordError> {
        wire::within(self.name.len(), LONGEST_NAME)?;
        wire::within(self.thoughts.len(), LONGEST_THOUGHTS)
    }
}

impl Record for Walk {
    const KIND: Kind = Kind::Walk;
    const VERSION: u16 = 1;

    fn encode(&self) -> Result<Vec<u8>, RecordError> {
        self.check()?;
        wire::encode(&(&self.name, self.metres, &self.thoughts))
    }

    fn decode(_: u16, body: &[u8]) -> Result<Self, RecordError> {
        let (name, metres, thoughts) = wire::decode(body)?;
        let walk = Self {
            name,
            metres,
            thoughts,
        };
        walk.check()?;
        Ok(walk)
    }

    /// Both names, the longer way, all thoughts.
    fn join(base: Option<&Self>, one: &Self, other: &Self) -> Merged<Self> {
        let mut fields = Fields::default();
        let name = base.map(|walk| walk.name.as_str());
        let metres = (base.map(|walk| &walk.metres), &one.metres, &other.metres);
        let thoughts = base.map(|walk| walk.thoughts.as_str());
        let walk = Self {
            name: fields.line(name, &one.name, &other.name, LONGEST_NAME),
            metres: fields.lower(metres, |metres| Reverse(*metres)),
            thoughts: fields.note(thoughts, &one.thoughts, &other.thoughts, LONGEST_THOUGHTS),
        };
        fields.into(walk, None)
    }
}
// Up to here.

const SOURCE: &str = include_str!("walk_through.rs");
const PAGE: &str = include_str!("../../../../docs/adding-a-record-kind.md");

#[test]
fn the_page_about_adding_a_kind_shows_code_that_works() {
    let shown = SOURCE.split("what follows.\n").nth(1).expect("a beginning");
    let shown = shown.split("// Up to here.").next().expect("an end");
    assert!(
        PAGE.contains(shown.trim()),
        "the page shows the code of this file"
    );
    let walk = |name: &str, metres, thoughts: &str| Walk {
        name: name.to_owned(),
        metres,
        thoughts: thoughts.to_owned(),
    };
    let base = walk("Bos", 4000, "Stil.");
    let (mine, theirs) = (
        walk("Bos", 5000, "Stil. Een ree."),
        walk("Duin", 4200, "Stil. Wind."),
    );
    let merged = Walk::merge(Some(&base), &mine, &theirs);
    assert_eq!(merged.value, walk("Duin", 5000, "Stil. Een ree. Wind."));
    assert!(merged.originals);
    let content = write(&merged.value).expect("a content");
    assert_eq!(read(&content), Ok(merged.value));
}
