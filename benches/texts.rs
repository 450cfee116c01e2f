//! Made-up sentences from building blocks: `content/nl.txt` and `content/en.txt`.

use std::collections::HashMap;

/// A repeatable source of choices (SplitMix64).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// A number from 0 to below `bound`.
    pub(crate) const fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % bound
    }
}

/// The building blocks of one language, by section.
pub(crate) struct Phrases(HashMap<&'static str, Vec<&'static str>>);

impl Phrases {
    pub(crate) fn dutch() -> Self {
        Self::parse(include_str!("content/nl.txt"))
    }

    pub(crate) fn english() -> Self {
        Self::parse(include_str!("content/en.txt"))
    }

    fn parse(content: &'static str) -> Self {
        let mut sections: HashMap<_, Vec<_>> = HashMap::new();
        let mut section = "";
        for line in content
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            match line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                Some(name) => section = name,
                None => sections.entry(section).or_default().push(line),
            }
        }
        Self(sections)
    }

    /// A choice from a section, its references filled in.
    pub(crate) fn say(&self, section: &str, dice: &mut Dice) -> String {
        let mut said = String::new();
        let mut rest = self.choose(section, dice);
        while let Some((before, reference, after)) = next_reference(rest) {
            said.push_str(before);
            said.push_str(&self.say(reference, dice));
            rest = after;
        }
        said.push_str(rest);
        said
    }

    fn choose(&self, section: &str, dice: &mut Dice) -> &'static str {
        let choices = self.0.get(section).map(Vec::as_slice).unwrap_or_default();
        let count = u64::try_from(choices.len()).unwrap_or_default().max(1);
        let place = usize::try_from(dice.below(count)).unwrap_or_default();
        choices.get(place).copied().unwrap_or_default()
    }
}

/// What stands before the first `{reference}`, its name, and what stands after it.
fn next_reference(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (reference, after) = rest.split_once('}')?;
    Some((before, reference, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_leads_to_a_section() {
        for Phrases(sections) in [Phrases::dutch(), Phrases::english()] {
            for line in sections.values().flatten() {
                let mut rest = *line;
                while let Some((_, reference, after)) = next_reference(rest) {
                    assert!(sections.contains_key(reference), "{line}");
                    rest = after;
                }
            }
        }
    }

    #[test]
    fn the_same_seed_says_the_same() {
        let say = |seed| Phrases::dutch().say("sentence", &mut Dice::seeded(seed));
        assert_eq!(say(1), say(1));
        assert_ne!(say(1), say(2));
    }
}
