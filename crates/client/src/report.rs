//! A report for whoever helps with a problem: what runs where and how, and nothing that anybody wrote.

use std::path::Path;

use regie_domain::reminder::Occasion;
use regie_protocol::{Language, Text};
use regie_vault::write_for_person;
use serde::Serialize;
use specta::Type;

use crate::{Client, ClientError, Contrast, Stage, State, Theme, consent, lock};

/// The report as it would be saved.
#[derive(Debug, PartialEq, Eq, Serialize, Type)]
pub struct ReportView {
    /// Every line of it.
    pub text: String,
}

/// What only the program around the core knows.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// Version of the program.
    pub version: String,
    /// Version of the platform's web view.
    pub web_view: String,
    /// Kind of desktop and display server, in one word each.
    pub desktop: String,
    /// Codes of errors that were shown since the program started, with how often.
    pub errors: Vec<(String, u32)>,
    /// Whether Regie starts at login; `None` where it cannot.
    pub at_login: Option<bool>,
}

struct Report {
    language: Language,
    text: String,
}

impl Report {
    fn line(&mut self, nl: &'static str, en: &'static str, value: &str) {
        let name = Text { nl, en }.in_language(self.language);
        self.text.push_str(&format!("{name}: {value}\n"));
    }

    fn yes_or_no(&self, yes: bool) -> &'static str {
        let word = if yes {
            Text { nl: "aan", en: "on" }
        } else {
            Text { nl: "uit", en: "off" }
        };
        word.in_language(self.language)
    }
}

impl Client {
    /// Writes the report; it is shown before anything is saved.
    #[must_use]
    pub fn report(&self, around: &Surroundings) -> ReportView {
        let stage = self.stage();
        let language = self.language();
        let today = self.clock.now().at.date_naive();
        let mut state = self.state();
        let mut report = Report {
            language,
            text: String::new(),
        };
        report.line("Regie", "Regie", &around.version);
        report.line("Datum", "Date", &today.to_string());
        let platform = format!("{} {}", std::env::consts::OS, std::env::consts::ARCH);
        report.line("Systeem", "System", &platform);
        report.line("Bureaublad", "Desktop", &around.desktop);
        report.line("Webweergave", "Web view", &around.web_view);
        report.line("Toestand", "State", &stage_name(stage));
        about_settings(&mut report, &state, around);
        about_vault(&mut report, &state);
        let errors: Vec<_> = around
            .errors
            .iter()
            .map(|(code, times)| format!("{code} ×{times}"))
            .collect();
        let none = Text {
            nl: "geen",
            en: "none",
        };
        let errors = if errors.is_empty() {
            none.in_language(language).into()
        } else {
            errors.join(", ")
        };
        report.line("Fouten sinds de start", "Errors since the start", &errors);
        state.report = Some(report.text.clone());
        ReportView { text: report.text }
    }

    /// Saves the report that was shown last, byte for byte, where the person says.
    ///
    /// # Errors
    /// [`ClientError::NotNow`] before one was shown; what the file system says.
    pub fn save_report(&self, path: &Path) -> Result<(), ClientError> {
        let state = self.state();
        let report = state.report.as_ref().ok_or(ClientError::NotNow)?;
        Ok(write_for_person(path, report.as_bytes())?)
    }
}

fn about_settings(report: &mut Report, state: &State, around: &Surroundings) {
    report.line("Taal", "Language", report.language.code());
    let look = state.device.appearance();
    let theme = match look.theme {
        Theme::System => "system",
        Theme::Light => "light",
        Theme::Dark => "dark",
    };
    let contrast = match look.contrast {
        Contrast::System => "system",
        Contrast::More => "more",
    };
    let look = format!("{theme}, {contrast}, {}%", look.text_size);
    report.line(
        "Thema, contrast, tekstgrootte",
        "Theme, contrast, text size",
        &look,
    );
    let tray = report.yes_or_no(state.file.tray);
    report.line("Pictogram bij de klok", "Icon beside the clock", tray);
    if let Some(at_login) = around.at_login {
        let at_login = report.yes_or_no(at_login);
        report.line("Start bij aanmelden", "Starts at login", at_login);
    }
    let rhythms = &state.device.reminders.schedule.rhythms;
    let reminds = Occasion::ALL.iter().any(|occasion| rhythms.of(*occasion).on);
    let reminds = report.yes_or_no(reminds);
    report.line("Herinneringen", "Reminders", reminds);
    let shared = report.yes_or_no(state.file.is_shared());
    report.line(
        "Meer mensen op deze computer",
        "Several people on this computer",
        shared,
    );
}

fn about_vault(report: &mut Report, state: &State) {
    let Some(vault) = &state.vault else { return };
    if let Ok(version) = vault.schema_version() {
        report.line("Opbouw van de kluis", "Schema of the vault", &version.to_string());
    }
    report.line(
        "Grootte van de kluis",
        "Size of the vault",
        &rounded_size(vault.bytes_on_disk()),
    );
    let counts = [vault.count_entries(), vault.count_runs()];
    let counts = counts.map(|count| count.map_or("?", magnitude)).join(", ");
    report.line("Dagboekstukken, checks", "Diary entries, checks", &counts);
    if let Ok(minutes) = lock::lock_after_minutes(vault) {
        report.line(
            "Vanzelf op slot na minuten",
            "Locks by itself after minutes",
            &minutes.to_string(),
        );
    }
    let keeps = report.yes_or_no(consent::may_write(vault));
    report.line("Bewaren op dit apparaat", "Keeping on this device", keeps);
}

fn stage_name(stage: Stage) -> String {
    match stage {
        Stage::Choose => "choose".into(),
        Stage::FirstRun(step) => format!("first run, {step:?}"),
        Stage::Locked { .. } => "locked".into(),
        Stage::Open => "open".into(),
        Stage::Broken(error) => format!("broken: {error}"),
    }
}

/// How many, by its number of digits: an exact count would tell how somebody lives.
fn magnitude(count: u32) -> &'static str {
    match count {
        0 => "0",
        1..10 => "1–9",
        10..100 => "10–99",
        100..1_000 => "100–999",
        1_000..10_000 => "1000–9999",
        _ => "10000+",
    }
}

/// Up to the next power of two, in MiB.
fn rounded_size(bytes: u64) -> String {
    let mebibytes = bytes.div_ceil(1024 * 1024).max(1);
    format!("≤ {} MiB", mebibytes.next_power_of_two())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_counts_are_told_roughly() {
        assert_eq!(
            [0, 7, 345, 123_456].map(magnitude),
            ["0", "1–9", "100–999", "10000+"]
        );
        assert_eq!(
            [0, 1_500_000, 300 << 20].map(rounded_size),
            ["≤ 1 MiB", "≤ 2 MiB", "≤ 512 MiB"]
        );
    }
}
