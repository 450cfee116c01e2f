//! Merges as cases: what both devices had, what each made of it, what comes of it.

mod attachment;
mod consent;
mod diary;
mod form;
mod meter;
mod restriction;
mod settings;

use std::collections::HashSet;
use std::fmt::Debug;

use chrono::DateTime;

use super::{Merged, Record, merge, write};
use crate::{moment::Moment, restriction::Restriction};

/// What becomes of the versions that were merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Originals {
    /// Nothing gave way.
    Go,
    /// Both are kept for 30 days.
    Stay,
}
use Originals::{Go, Stay};

/// Title, base, mine, theirs, expected, and what becomes of the originals.
type Case<R> = (&'static str, Option<R>, R, R, R, Originals);

/// Merges every case both ways round, as values and as bytes.
fn check<R: Record + Debug>(cases: &[Case<R>]) {
    assert!(cases.len() >= 10, "{} cases", cases.len());
    let titles: HashSet<_> = cases.iter().map(|case| case.0).collect();
    assert_eq!(titles.len(), cases.len(), "each has a title of its own");
    for (title, base, mine, theirs, expected, originals) in cases {
        let wanted = Merged {
            value: expected.clone(),
            originals: *originals == Stay,
            apart: None,
        };
        for (mine, theirs) in [(mine, theirs), (theirs, mine)] {
            assert_eq!(R::merge(base.as_ref(), mine, theirs), wanted, "{title}");
            let bytes = |record: &R| write(record).expect("a content");
            let base = base.as_ref().map(bytes);
            let merged = merge(R::KIND, base.as_deref(), &bytes(mine), &bytes(theirs));
            let wanted = wanted.clone().try_map(|record| write(&record));
            assert_eq!(merged, wanted, "{title}, as bytes");
        }
    }
}

fn at(text: &str) -> Moment {
    Moment {
        at: DateTime::parse_from_rfc3339(text).expect("a moment"),
        zone: "Europe/Amsterdam".to_owned(),
    }
}

fn hold(since: &str, reason: &str) -> Restriction {
    Restriction {
        since: at(since),
        reason: reason.to_owned(),
    }
}
