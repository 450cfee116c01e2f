//! Writing prompts: a question to begin with, for who wants one.

use regie_domain::restriction::Use;
use regie_protocol::OwnedText;
use serde::Serialize;
use specta::Type;

use crate::{Client, ClientError};

/// Leads from one day's prompt to the next; shares no divisor with the number of prompts, so that all of them come by.
const STRIDE: usize = 19;

/// A question to begin with.
#[derive(Debug, Serialize, Type)]
pub struct PromptView {
    /// In the language in use.
    pub text: String,
    /// How many others were asked for today before it.
    pub turn: u32,
}

impl Client {
    /// The prompt of this day and place, the same one all day; with `turn` another one. It follows from the date alone, never
    /// from what was written. `None` when prompts are turned off, or everything is on hold.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the database says.
    pub fn diary_prompt(&self, turn: u32) -> Result<Option<PromptView>, ClientError> {
        if !self.diary_settings()?.prompts
            || !self.with_vault(|vault| Ok(vault.may_use_anything(Use::Suggest)?))?
        {
            return Ok(None);
        }
        let today = chrono::Datelike::num_days_from_ce(&self.clock.now().at.date_naive());
        let language = self.language();
        let text = choose(&shipped().map_err(|_| ClientError::Malformed)?, today, turn)
            .map(|prompt| prompt.in_language(language).to_owned());
        Ok(text.map(|text| PromptView { text, turn }))
    }
}

/// The prompts that ship with the program.
fn shipped() -> Result<Vec<OwnedText>, serde_json::Error> {
    serde_json::from_str(include_str!("../content/prompts.json"))
}

/// `day` counts days in the common era.
fn choose(prompts: &[OwnedText], day: i32, turn: u32) -> Option<&OwnedText> {
    let count = prompts.len();
    let (day, turn) = (usize::try_from(day).ok()?, usize::try_from(turn).ok()?);
    let place = (day % count.max(1)) * STRIDE + turn % count.max(1);
    prompts.get(place % count.max(1))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_prompt_comes_by_once_before_one_returns_by_day_and_by_asking_on() {
        let prompts = shipped().expect("prompts");
        assert!(prompts.len() >= 40);
        let days: HashSet<_> = (739_000..)
            .take(prompts.len())
            .filter_map(|day| choose(&prompts, day, 0).map(|prompt| &prompt.nl))
            .collect();
        let turns: HashSet<_> = (0..)
            .take(prompts.len())
            .filter_map(|turn| choose(&prompts, 739_000, turn).map(|prompt| &prompt.en))
            .collect();
        assert_eq!((days.len(), turns.len()), (prompts.len(), prompts.len()));
    }

    #[test]
    fn a_prompt_asks_and_neither_praises_nor_pushes() {
        for prompt in shipped().expect("prompts") {
            for text in [&prompt.nl, &prompt.en] {
                assert!(!text.contains('!') && text.ends_with(['?', '.']), "{text}");
                assert!((15..100).contains(&text.chars().count()), "{text}");
            }
        }
    }
}
