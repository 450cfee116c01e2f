//! A PDF is made as a whole, in memory, so a long diary becomes several: one a year, and parts of a year.

use std::collections::BTreeSet;
use std::ops::Range;

use chrono::Datelike;

use crate::{ArchiveError, source::Source};

/// Bytes of Markdown in one volume, an entry counting for [`AN_ENTRY`] by itself: about 250 pages, and as many
/// megabytes while they are set.
const MOST: usize = 700_000;
const AN_ENTRY: usize = 800;

/// One PDF: what it is called in the archive, and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// Name inside the archive, such as `report/regie-2026.pdf`.
    pub name: String,
    /// The year that it is about; absent when there is nothing at all.
    pub year: Option<i32>,
    /// Which part of how many of that year.
    pub part: (usize, usize),
    /// Places of its entries among all, oldest first.
    pub(super) entries: Range<usize>,
}

impl Volume {
    /// Charts and results stand in the first part of their year.
    pub(super) fn has_results(&self) -> bool {
        self.part.0 == 1
    }
}

/// The years in which something was written or finished, oldest first.
///
/// # Errors
/// Whatever keeps records from being read.
pub fn years(source: &dyn Source) -> Result<Vec<i32>, ArchiveError> {
    let mut years = BTreeSet::new();
    source.entries(&mut |entry| {
        years.insert(entry.written.at.year());
        Ok(())
    })?;
    source.runs(&mut |run| {
        years.extend(run.finished.map(|finished| finished.at.year()));
        Ok(())
    })?;
    Ok(years.into_iter().collect())
}

/// The PDFs that a report consists of; at least one.
///
/// # Errors
/// Whatever keeps records from being read.
pub fn volumes(source: &dyn Source) -> Result<Vec<Volume>, ArchiveError> {
    let mut weights: Vec<Weight> = Vec::new();
    source.entries(&mut |entry| {
        // Beside the date line a year may seem to end twice; it ends once.
        let before = weights.last().map_or(i32::MIN, |one| one.year);
        weights.push(Weight {
            year: entry.written.at.year().max(before),
            month: entry.written.at.month(),
            bytes: entry.markdown.len() + AN_ENTRY,
        });
        Ok(())
    })?;
    let mut volumes = Vec::new();
    let mut from = 0;
    for year in years(source)? {
        let rest = weights.get(from..).unwrap_or_default();
        let count = rest.iter().take_while(|one| one.year == year).count();
        let parts = parts(rest.get(..count).unwrap_or_default());
        let of = parts.len();
        for (part, entries) in (1..).zip(parts) {
            volumes.push(Volume {
                name: if of == 1 {
                    format!("report/regie-{year}.pdf")
                } else {
                    format!("report/regie-{year}-{part:02}.pdf")
                },
                year: Some(year),
                part: (part, of),
                entries: from + entries.start..from + entries.end,
            });
        }
        from += count;
    }
    if volumes.is_empty() {
        volumes.push(Volume {
            name: "report/regie.pdf".into(),
            year: None,
            part: (1, 1),
            entries: 0..0,
        });
    }
    Ok(volumes)
}

struct Weight {
    year: i32,
    month: u32,
    bytes: usize,
}

/// A year in parts that begin with a month where that is possible; one empty part without entries.
fn parts(year: &[Weight]) -> Vec<Range<usize>> {
    let mut parts = Vec::from([Range::default()]);
    let mut held = 0;
    let mut end = 0;
    for month in year.chunk_by(|one, next| one.month == next.month) {
        let whole: usize = month.iter().map(|one| one.bytes).sum();
        let mut cut = held > 0 && held + whole > MOST;
        for one in month {
            cut |= held > 0 && held + one.bytes > MOST;
            if cut {
                parts.push(end..end);
                (held, cut) = (0, false);
            }
            held += one.bytes;
            end += 1;
            if let Some(part) = parts.last_mut() {
                part.end = end;
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn year(months: &[(u32, usize, usize)]) -> Vec<Weight> {
        let entries = months
            .iter()
            .flat_map(|(month, count, bytes)| std::iter::repeat_n((*month, *bytes), *count));
        entries
            .map(|(month, bytes)| Weight {
                year: 2026,
                month,
                bytes,
            })
            .collect()
    }

    #[test]
    fn a_long_year_is_cut_between_months_and_a_long_month_between_entries() {
        assert_eq!(parts(&[]), std::slice::from_ref(&(0..0)));
        assert_eq!(
            parts(&year(&[(1, 30, 3_000), (2, 20, 3_000)])),
            std::slice::from_ref(&(0..50))
        );
        let long = year(&[(1, 200, 1_700), (2, 190, 1_700), (3, 200, 1_700)]);
        assert_eq!(parts(&long), [0..390, 390..590]);
        let month = year(&[(1, 10, 3_000), (2, 3, 2_000_000)]);
        assert_eq!(parts(&month), [0..10, 10..11, 11..12, 12..13]);
    }

    proptest! {
        #[test]
        fn parts_hold_every_entry_once_and_none_is_too_heavy_for_more_than_one(
            months in proptest::collection::vec((1usize..60, 800usize..400_000), 0..12)
        ) {
            let months: Vec<_> = (1..).zip(&months).map(|(month, (count, bytes))| (month, *count, *bytes)).collect();
            let year = year(&months);
            let parts = parts(&year);
            let mut end = 0;
            for part in &parts {
                prop_assert_eq!(part.start, end);
                end = part.end;
                let bytes: usize = year[part.clone()].iter().map(|one| one.bytes).sum();
                prop_assert!(bytes <= MOST || part.len() == 1);
            }
            prop_assert_eq!(end, year.len());
        }
    }
}
