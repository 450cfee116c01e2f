//! Questions that the page must not answer for the person: a small window of its own, with its own short list of
//! commands and its text from here.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU32, Ordering},
};

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
    /// Put a backup in the vault's place.
    Restore,
    /// Replace every key and write the vault anew.
    ReplaceKeys,
    /// Delete a vault that was set aside on a day.
    DeleteAside { day: String },
    /// Delete so many records for good, also from backups, or until when copies are left; and whether vaults that were
    /// set aside may keep them.
    Delete {
        count: u32,
        backups_too: bool,
        set_aside: bool,
        until: Option<String>,
    },
    /// Delete the vault and all that belongs to it; copies in this folder stay.
    DeleteEverything { elsewhere: Option<String> },
    /// Write a copy that anybody can read.
    ExportPlain,
    /// Take back an import of so many records.
    UndoImport { count: u32 },
    /// Sign a device out, perhaps the one in hand, perhaps one that was lost.
    SignOut { name: String, here: bool, lost: bool },
    /// Sign every other device out.
    SignOutOthers,
    /// Sign every device out.
    SignOutAll,
    /// Have the copy on the server erased.
    EndCopy,
    /// Delete the account on this server, and everything here; copies in this folder stay.
    Leave {
        server: String,
        elsewhere: Option<String>,
    },
    /// Leave Regie for a web page on this host.
    OpenLink { host: String },
}

const KEPT_ASIDE: Text = Text {
    nl: "In een opzijgezette kluis kan het nog staan; die verwijder je apart.",
    en: "It may still be in a vault that was set aside; you delete that separately.",
};

/// The question under way.
#[derive(Default)]
pub(crate) struct Questions(Mutex<Option<Pending>>);

struct Pending {
    /// A yes to one question must never count for the next.
    number: u32,
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

    /// The question under way: its number and its wording.
    pub(crate) fn asked(&self, language: Language) -> Option<(u32, Wording)> {
        let place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        place
            .as_ref()
            .map(|pending| (pending.number, pending.question.wording(language)))
    }

    /// Answers this question, if it is still under way.
    pub(crate) fn answer(&self, number: u32, yes: bool) {
        let mut place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pending) = place.take_if(|pending| pending.number == number) {
            // Whoever asked may have gone.
            let _ = pending.answer.send(yes);
        }
    }

    fn refuse(&self) {
        if let Some(pending) = self.put(None) {
            let _ = pending.answer.send(false);
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
            Self::Restore => (
                Text {
                    nl: "Deze kopie terugzetten?",
                    en: "Restore this backup?",
                },
                Text {
                    nl: "Wat er nu in Regie staat, wordt opzijgezet onder een nieuwe naam. Er wordt niets verwijderd. Daarna zie je alles zoals het in de kopie staat.",
                    en: "What is in Regie now is set aside under a new name. Nothing is deleted. After that you see everything as it is in the backup.",
                },
                Text {
                    nl: "Terugzetten",
                    en: "Restore",
                },
            ),
            Self::ReplaceKeys => (
                Text {
                    nl: "Alle sleutels vervangen?",
                    en: "Replace all keys?",
                },
                Text {
                    nl: "Je oude wachtzin en herstelcode werken dan niet meer. De kopieën hier en op de plek die je koos worden vervangen door één nieuwe. Opzijgezette kluizen met de oude sleutel gaan voorgoed weg. Andere kopieën openen nog met de oude wachtzin: gooi die zelf weg.",
                    en: "Your old passphrase and recovery code will no longer work. The backups here and in the place that you chose are replaced by a new one. Vaults set aside under the old key go for good. Other copies still open with the old passphrase: throw those away yourself.",
                },
                Text {
                    nl: "Vervangen",
                    en: "Replace",
                },
            ),
            Self::DeleteAside { .. } => (
                Text {
                    nl: "Opzijgezette kluis verwijderen?",
                    en: "Delete this vault?",
                },
                Text {
                    nl: "De kluis die op {day} is opzijgezet, gaat voorgoed weg, met alles wat erin staat. Wat nu in Regie staat, blijft.",
                    en: "The vault that was set aside on {day} goes for good, with all that is in it. What is in Regie now stays.",
                },
                Text {
                    nl: "Verwijderen",
                    en: "Delete",
                },
            ),
            Self::Delete {
                backups_too: true, ..
            } => (
                Text {
                    nl: "Voorgoed verwijderen?",
                    en: "Delete for good?",
                },
                Text {
                    nl: "Dit gaat weg: {count}. Ook uit de kopieën op dit apparaat. Je kunt het niet terughalen.",
                    en: "This goes: {count}. Also from the backups on this device. You cannot get it back.",
                },
                Text {
                    nl: "Verwijderen",
                    en: "Delete",
                },
            ),
            Self::Delete { .. } => (
                Text {
                    nl: "Voorgoed verwijderen?",
                    en: "Delete for good?",
                },
                Text {
                    nl: "Dit gaat weg: {count}. Je kunt het niet terughalen. In kopieën op dit apparaat staat het nog tot uiterlijk {until}.",
                    en: "This goes: {count}. You cannot get it back. In backups on this device it stays until {until} at the latest.",
                },
                Text {
                    nl: "Verwijderen",
                    en: "Delete",
                },
            ),
            Self::DeleteEverything { elsewhere: None } => (
                Text {
                    nl: "Alles verwijderen?",
                    en: "Delete everything?",
                },
                Text {
                    nl: "Je kluis, opzijgezette kluizen, alle kopieën op dit apparaat en je instellingen gaan voorgoed weg. Niemand kan ze terughalen, ook jij niet.",
                    en: "Your vault, vaults that were set aside, all backups on this device and your settings go for good. Nobody can get them back, and neither can you.",
                },
                Text {
                    nl: "Alles verwijderen",
                    en: "Delete everything",
                },
            ),
            Self::DeleteEverything { .. } => (
                Text {
                    nl: "Alles verwijderen?",
                    en: "Delete everything?",
                },
                Text {
                    nl: "Je kluis, opzijgezette kluizen, alle kopieën op dit apparaat en je instellingen gaan voorgoed weg. Niemand kan ze terughalen, ook jij niet. De kopieën in {elsewhere} blijven staan; gooi die zelf weg als je dat wilt.",
                    en: "Your vault, vaults that were set aside, all backups on this device and your settings go for good. Nobody can get them back, and neither can you. The copies in {elsewhere} stay; throw those away yourself if you want to.",
                },
                Text {
                    nl: "Alles verwijderen",
                    en: "Delete everything",
                },
            ),
            Self::ExportPlain => (
                Text {
                    nl: "Zonder slot bewaren?",
                    en: "Save without a lock?",
                },
                Text {
                    nl: "Iedereen die dit bestand krijgt of vindt, kan alles lezen wat erin staat.",
                    en: "Anybody who gets or finds this file can read all that is in it.",
                },
                Text {
                    nl: "Zonder slot bewaren",
                    en: "Save without a lock",
                },
            ),
            Self::UndoImport { .. } => (
                Text {
                    nl: "Binnenhalen ongedaan maken?",
                    en: "Undo bringing in?",
                },
                Text {
                    nl: "Wat toen binnenkwam gaat voorgoed weg: {count}. Wat je daarna hebt veranderd, blijft.",
                    en: "What came in then goes for good: {count}. What you changed afterwards stays.",
                },
                Text {
                    nl: "Ongedaan maken",
                    en: "Undo",
                },
            ),
            Self::SignOut { here: true, .. } => (
                Text {
                    nl: "Dit apparaat afmelden?",
                    en: "Sign this device out?",
                },
                Text {
                    nl: "Dit apparaat hoort dan niet meer bij je account. Je kluis en je dagboek blijven hier, en Regie blijft werken.",
                    en: "This device then no longer belongs to your account. Your vault and your diary stay here, and Regie keeps working.",
                },
                Text {
                    nl: "Afmelden",
                    en: "Sign out",
                },
            ),
            Self::SignOut { lost: true, .. } => (
                Text {
                    nl: "Als kwijt melden?",
                    en: "Report as lost?",
                },
                Text {
                    nl: "{name} wordt meteen geweigerd, en je account krijgt een nieuwe sleutel die dat apparaat niet heeft. Wat er al op staat, gaat niet weg: dat ligt achter je wachtzin.",
                    en: "{name} is refused at once, and your account gets a new key which that device does not have. What is on it already does not go: it lies behind your passphrase.",
                },
                Text {
                    nl: "Afmelden",
                    en: "Sign out",
                },
            ),
            Self::SignOut { .. } => (
                Text {
                    nl: "Apparaat afmelden?",
                    en: "Sign this device out?",
                },
                Text {
                    nl: "{name} hoort dan niet meer bij je account. Wat erop staat, blijft daar.",
                    en: "{name} then no longer belongs to your account. What is on it stays there.",
                },
                Text {
                    nl: "Afmelden",
                    en: "Sign out",
                },
            ),
            Self::SignOutOthers => (
                Text {
                    nl: "Alle andere apparaten afmelden?",
                    en: "Sign all other devices out?",
                },
                Text {
                    nl: "Alleen dit apparaat hoort dan nog bij je account. Wat op de andere staat, blijft daar.",
                    en: "Only this device then belongs to your account. What is on the others stays there.",
                },
                Text {
                    nl: "Afmelden",
                    en: "Sign out",
                },
            ),
            Self::SignOutAll => (
                Text {
                    nl: "Alle apparaten afmelden?",
                    en: "Sign all devices out?",
                },
                Text {
                    nl: "Ook dit apparaat hoort dan niet meer bij je account. Wat op je apparaten staat, blijft daar. Met je wachtzin of herstelcode kom je er weer bij.",
                    en: "This device too then no longer belongs to your account. What is on your devices stays there. With your passphrase or recovery code you can come back.",
                },
                Text {
                    nl: "Afmelden",
                    en: "Sign out",
                },
            ),
            Self::EndCopy => (
                Text {
                    nl: "Geen kopie meer op de server?",
                    en: "No copy on the server any more?",
                },
                Text {
                    nl: "Wat daar versleuteld van je staat, wordt gewist. Je kluis en je dagboek blijven op dit apparaat, en je account blijft. Er kan geen ander apparaat bij komen tot je weer een kopie wilt.",
                    en: "What lies there of yours, encrypted, is erased. Your vault and your diary stay on this device, and your account stays. No further device can come to it until you want a copy again.",
                },
                Text {
                    nl: "Wissen",
                    en: "Erase",
                },
            ),
            Self::Leave { elsewhere, .. } => (
                Text {
                    nl: "Account en alles verwijderen?",
                    en: "Delete account and everything?",
                },
                if elsewhere.is_some() {
                    Text {
                        nl: "Je account bij {server}, je kluis, opzijgezette kluizen, alle kopieën op dit apparaat en je instellingen gaan voorgoed weg. Niemand kan ze terughalen. De kopieën in {elsewhere} blijven staan; gooi die zelf weg als je dat wilt.",
                        en: "Your account at {server}, your vault, vaults that were set aside, all backups on this device and your settings go for good. Nobody can get them back. The copies in {elsewhere} stay; throw those away yourself if you want to.",
                    }
                } else {
                    Text {
                        nl: "Je account bij {server}, je kluis, opzijgezette kluizen, alle kopieën op dit apparaat en je instellingen gaan voorgoed weg. Niemand kan ze terughalen, ook jij niet.",
                        en: "Your account at {server}, your vault, vaults that were set aside, all backups on this device and your settings go for good. Nobody can get them back, and neither can you.",
                    }
                },
                Text {
                    nl: "Alles verwijderen",
                    en: "Delete everything",
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
        let text = match (self, text.in_language(language)) {
            (Self::SignOut { name, .. }, text) => text.replace("{name}", name),
            (Self::Leave { server, elsewhere }, text) => text
                .replace("{server}", server)
                .replace("{elsewhere}", elsewhere.as_deref().unwrap_or_default()),
            (Self::OpenLink { host }, text) => text.replace("{host}", host),
            (Self::UndoImport { count }, text) => text.replace("{count}", &pieces(*count, language)),
            (Self::DeleteAside { day }, text) => text.replace("{day}", &say_day(day, language)),
            (
                Self::Delete {
                    count,
                    until,
                    set_aside,
                    ..
                },
                text,
            ) => {
                let until = until.as_deref().map(|day| say_day(day, language));
                let text = text
                    .replace("{count}", &pieces(*count, language))
                    .replace("{until}", &until.unwrap_or_default());
                if *set_aside {
                    format!("{text} {}", KEPT_ASIDE.in_language(language))
                } else {
                    text
                }
            }
            (Self::DeleteEverything { elsewhere }, text) => {
                text.replace("{elsewhere}", elsewhere.as_deref().unwrap_or_default())
            }
            (_, text) => text.into(),
        };
        let no = Text { nl: "Nee", en: "No" };
        Wording {
            title: title.in_language(language).into(),
            text,
            yes: yes.in_language(language).into(),
            no: no.in_language(language).into(),
        }
    }
}

fn pieces(count: u32, language: Language) -> String {
    match (count, language) {
        (1, Language::Nl) => "1 stuk".into(),
        (1, Language::En) => "1 record".into(),
        (count, Language::Nl) => format!("{count} stukken"),
        (count, Language::En) => format!("{count} records"),
    }
}

/// A day as people write it: "23 december 2026".
fn say_day(iso: &str, language: Language) -> String {
    const MONTHS: [Text; 12] = [
        Text {
            nl: "januari",
            en: "January",
        },
        Text {
            nl: "februari",
            en: "February",
        },
        Text {
            nl: "maart",
            en: "March",
        },
        Text {
            nl: "april",
            en: "April",
        },
        Text { nl: "mei", en: "May" },
        Text {
            nl: "juni",
            en: "June",
        },
        Text {
            nl: "juli",
            en: "July",
        },
        Text {
            nl: "augustus",
            en: "August",
        },
        Text {
            nl: "september",
            en: "September",
        },
        Text {
            nl: "oktober",
            en: "October",
        },
        Text {
            nl: "november",
            en: "November",
        },
        Text {
            nl: "december",
            en: "December",
        },
    ];
    let mut parts = iso.split('-');
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let number = |text: Option<&str>| text.and_then(|text| text.parse::<usize>().ok());
    let month = number(month).and_then(|month| MONTHS.get(month.checked_sub(1)?));
    match (year, month, number(day)) {
        (Some(year), Some(month), Some(day)) => format!("{day} {} {year}", month.in_language(language)),
        _ => iso.into(),
    }
}

/// Asks, and waits for the answer. A second question, a closed window or a lock is a no.
pub(crate) async fn ask(app: &AppHandle, question: Question) -> bool {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let (answer, answered) = oneshot::channel();
    close(app);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    app.state::<Questions>().put(Some(Pending {
        number,
        question,
        answer,
    }));
    if let Err(error) = open(app, number) {
        tracing::error!(%error, "the question could not be asked");
        app.state::<Questions>().refuse();
    }
    let yes = answered.await.unwrap_or(false);
    close(app);
    yes
}

/// Ends a question under way with a no.
pub(crate) fn close(app: &AppHandle) {
    app.state::<Questions>().refuse();
    if let Some(window) = app.get_webview_window(LABEL) {
        let _ = window.destroy();
    }
}

fn open(app: &AppHandle, number: u32) -> tauri::Result<()> {
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
            app.state::<Questions>().answer(number, false);
        }
    });
    Ok(())
}
