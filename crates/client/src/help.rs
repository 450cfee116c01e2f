//! "Help now": at hand in every state.

use regie_domain::help::{self, HelpKind};
use serde::Serialize;
use specta::Type;

use crate::Client;

/// Whom to call.
#[derive(Serialize, Type)]
pub struct HelpView {
    /// Most urgent first.
    pub lines: Vec<HelpLineView>,
}

/// One place to turn to.
#[derive(Serialize, Type)]
pub struct HelpLineView {
    /// `emergency`, `crisis` or `doctor`.
    pub kind: String,
    /// Who answers.
    pub name: String,
    /// The number as it is dialled.
    pub number: Option<String>,
    /// When to call.
    pub note: String,
}

impl Client {
    /// Whom to call.
    #[must_use]
    pub fn help_now(&self) -> HelpView {
        let language = self.language();
        let lines = help::shipped()
            .unwrap_or_default()
            .into_iter()
            .map(|line| HelpLineView {
                kind: match line.kind {
                    HelpKind::Emergency => "emergency",
                    HelpKind::Crisis => "crisis",
                    HelpKind::Doctor => "doctor",
                }
                .into(),
                name: line.name.in_language(language).into(),
                number: line.number,
                note: line.note.in_language(language).into(),
            });
        HelpView {
            lines: lines.collect(),
        }
    }
}
