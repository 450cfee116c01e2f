//! What was written in a world, by whom, and what of it has to be there at its end.

use std::collections::{BTreeMap, BTreeSet};

use regie_tests::Lived;
use uuid::Uuid;

/// What was written and deleted, as the person knows it.
#[derive(Default)]
pub(super) struct Truth {
    entries: BTreeMap<Uuid, Story>,
    sentences: u32,
}

#[derive(Default)]
struct Story {
    written: Vec<Sentence>,
    deleted: Vec<Deletion>,
}

struct Sentence {
    number: u32,
    by: usize,
    /// Whether the server acknowledged it.
    kept: bool,
    /// It may be gone: its device was lost, or put back to before it, and had not sent it.
    unsure: bool,
}

struct Deletion {
    by: usize,
    /// What stood in the entry for whoever deleted it.
    seen: BTreeSet<u32>,
    kept: bool,
    unsure: bool,
}

/// A sentence that stands nowhere else.
pub(super) fn sentence(number: u32) -> String {
    format!("Zin {number}.")
}

fn numbers(text: &str) -> BTreeSet<u32> {
    let after = text.split("Zin ").skip(1);
    after
        .filter_map(|rest| rest.split_once('.')?.0.parse().ok())
        .collect()
}

impl Truth {
    pub(super) fn next(&mut self) -> u32 {
        self.sentences += 1;
        self.sentences
    }

    pub(super) fn wrote(&mut self, by: usize, entry: Uuid, number: u32) {
        self.entries.entry(entry).or_default().written.push(Sentence {
            number,
            by,
            kept: false,
            unsure: false,
        });
    }

    pub(super) fn deleted(&mut self, by: usize, entry: Uuid, text: &str) {
        self.entries.entry(entry).or_default().deleted.push(Deletion {
            by,
            seen: numbers(text),
            kept: false,
            unsure: false,
        });
    }

    /// The server has all that this device wrote.
    pub(super) fn acknowledged(&mut self, by: usize) {
        for story in self.entries.values_mut() {
            let sentences = story.written.iter_mut().filter(|sentence| sentence.by == by);
            sentences.for_each(|sentence| sentence.kept = true);
            let deletions = story.deleted.iter_mut().filter(|deletion| deletion.by == by);
            deletions.for_each(|deletion| deletion.kept = true);
        }
    }

    /// What this device did not send may be gone.
    pub(super) fn lost(&mut self, by: usize) {
        for story in self.entries.values_mut() {
            let sentences = story.written.iter_mut();
            sentences
                .filter(|sentence| sentence.by == by && !sentence.kept)
                .for_each(|sentence| sentence.unsure = true);
            let deletions = story.deleted.iter_mut();
            deletions
                .filter(|deletion| deletion.by == by && !deletion.kept)
                .for_each(|deletion| deletion.unsure = true);
        }
    }

    /// What is missing of what has to be there, and what returned.
    pub(super) fn wrongs(&self, life: &[Lived]) -> Vec<String> {
        let texts: BTreeMap<Uuid, String> = life.iter().cloned().map(Lived::text).collect();
        let mut wrongs = Vec::new();
        for (id, story) in &self.entries {
            let there = texts.get(id).map(|text| numbers(text));
            let seen: BTreeSet<u32> = story
                .deleted
                .iter()
                .flat_map(|deletion| deletion.seen.iter().copied())
                .collect();
            for sentence in story.written.iter().filter(|sentence| !sentence.unsure) {
                let stays = !seen.contains(&sentence.number);
                if stays
                    && !there
                        .as_ref()
                        .is_some_and(|there| there.contains(&sentence.number))
                {
                    wrongs.push(format!("sentence {} of {} is lost", sentence.number, sentence.by));
                }
            }
            let knew_all = |deletion: &Deletion| {
                let all = story.written.iter();
                all.map(|sentence| sentence.number)
                    .all(|number| deletion.seen.contains(&number))
            };
            let gone = story
                .deleted
                .iter()
                .any(|deletion| !deletion.unsure && knew_all(deletion));
            if gone && there.is_some() {
                wrongs.push(format!("an entry that was deleted returned: {there:?}"));
            }
        }
        wrongs
    }
}
