//! Questions that the page must not answer for the person: a small window of its own, with its own short list of
//! commands and its text from here.

use std::sync::{Arc, Mutex, PoisonError};

use regie_client::Client;
use regie_protocol::{Language, Text};
use tauri::{AppHandle, Manager, WindowEvent};
use tokio::sync::oneshot;

use crate::window;

const LABEL: &str = "ask";

/// What is asked.
#[derive(Clone, Debug)]
pub(crate) enum Question {
    /// Set the vault aside and begin anew.
    StartOver,
    /// Show the recovery code.
    RevealCode,
    /// Leave Regie for a web page on this host.
    OpenLink { host: String },
}

/// The question under way.
#[derive(Default)]
pub(crate) struct Questions(Mutex<Option<Pending>>);

struct Pending {
    question: Question,
    answer: oneshot::Sender<bool>,
}

/// Title, text, yes and no.
pub(crate) struct Wording {
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) yes: String,
    pub(crate) no: String,
}

impl Questions {
    fn put(&self, pending: Option<Pending>) -> Option<Pending> {
        let mut place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *place, pending)
    }

    /// The wording of the question under way.
    pub(crate) fn wording(&self, language: Language) -> Option<Wording> {
        let place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        place.as_ref().map(|pending| pending.question.wording(language))
    }

    /// Answers the question under way.
    pub(crate) fn answer(&self, yes: bool) {
        if let Some(pending) = self.put(None) {
            // Whoever asked may have gone.
            let _ = pending.answer.send(yes);
        }
    }
}

impl Question {
    fn wording(&self, language: Language) -> Wording {
        let (title, text, yes) = match self {
            Self::StartOver => (
                Text {
                    nl: "Opnieuw beginnen?",
                    en: "Start over?",
                },
                Text {
                    nl: "Je huidige kluis wordt opzijgezet onder een nieuwe naam. Er wordt niets verwijderd. Met je wachtzin of herstelcode is hij later weer te openen.",
                    en: "Your present vault is set aside under a new name. Nothing is deleted. With your passphrase or recovery code it can be opened again later.",
                },
                Text {
                    nl: "Opzijzetten",
                    en: "Set aside",
                },
            ),
            Self::RevealCode => (
                Text {
                    nl: "Herstelcode laten zien?",
                    en: "Show the recovery code?",
                },
                Text {
                    nl: "Wie de code ziet en je apparaat heeft, kan alles lezen. Kijkt er niemand mee?",
                    en: "Whoever sees the code and has your device can read everything. Is nobody watching?",
                },
                Text {
                    nl: "Laten zien",
                    en: "Show",
                },
            ),
            Self::OpenLink { .. } => (
                Text {
                    nl: "Regie verlaten?",
                    en: "Leave Regie?",
                },
                Text {
                    nl: "Deze link opent in je browser, op {host}. Die website ziet dat je komt.",
                    en: "This link opens in your browser, at {host}. That website sees that you visit.",
                },
                Text {
                    nl: "Openen",
                    en: "Open",
                },
            ),
        };
        let host = if let Self::OpenLink { host } = self {
            host
        } else {
            ""
        };
        let no = Text { nl: "Nee", en: "No" };
        Wording {
            title: title.in_language(language).into(),
            text: text.in_language(language).replace("{host}", host),
            yes: yes.in_language(language).into(),
            no: no.in_language(language).into(),
        }
    }
}

/// Asks, and waits for the answer. A second question, a closed window or a lock is a no.
pub(crate) async fn ask(app: &AppHandle, question: Question) -> bool {
    let (answer, answered) = oneshot::channel();
    close(app);
    app.state::<Questions>().put(Some(Pending { question, answer }));
    if let Err(error) = open(app) {
        tracing::error!(%error, "the question could not be asked");
        app.state::<Questions>().answer(false);
    }
    let yes = answered.await.unwrap_or(false);
    close(app);
    yes
}

/// Ends a question under way with a no.
pub(crate) fn close(app: &AppHandle) {
    app.state::<Questions>().answer(false);
    if let Some(window) = app.get_webview_window(LABEL) {
        let _ = window.destroy();
    }
}

fn open(app: &AppHandle) -> tauri::Result<()> {
    let scale = f64::from(app.state::<Arc<Client>>().appearance().text_size) / 100.0;
    let mut builder = window::closed(app, LABEL, "ask.html")
        .inner_size(480.0 * scale.min(1.4), 320.0 * scale.min(1.6))
        .always_on_top(true)
        .center()
        .focused(true);
    if let Some(main) = window::main(app) {
        builder = builder.parent(&main)?;
    }
    let window = builder.build()?;
    let app = app.clone();
    window.on_window_event(move |event| {
        if let WindowEvent::Destroyed = event {
            app.state::<Questions>().answer(false);
        }
    });
    Ok(())
}
