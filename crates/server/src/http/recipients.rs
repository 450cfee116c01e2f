//! Everybody who gets data, and where they rest (V11): as data for the app, and as a page.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, header::VARY},
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use regie_protocol::{
    Language, Text,
    processor::{self, Country, Recipient, Register},
};

use super::{
    App, contacts,
    language::{Asked, wants},
    page::Page,
};

const TITLE: Text = Text {
    nl: "Wie gegevens krijgt",
    en: "Who gets data",
};
const NOBODY: Text = Text {
    nl: "Niemand anders dan wie deze server beheert.",
    en: "Nobody but those who run this server.",
};
const ROLE: Text = Text {
    nl: "Rol",
    en: "Role",
};
const PURPOSE: Text = Text {
    nl: "Waarvoor",
    en: "What for",
};
const AGREEMENT: Text = Text {
    nl: "Afspraak",
    en: "Agreement",
};
const COUNTRY: Text = Text {
    nl: "Land",
    en: "Country",
};
const PARENT: Text = Text {
    nl: "Land van het moederbedrijf",
    en: "Country of the parent company",
};
const REMOTE: Text = Text {
    nl: "Beheer op afstand vanuit",
    en: "Remote access from",
};
const RESTS: Text = Text {
    nl: "Waar gegevens staan",
    en: "Where data rest",
};
const STORAGE: Text = Text {
    nl: "De server",
    en: "The server",
};
const BACKUP: Text = Text {
    nl: "Reservekopieën",
    en: "Backups",
};
const INSIDE: Text = Text {
    nl: "Niets gaat buiten de Europese Economische Ruimte. Met een land daarbuiten start deze server niet.",
    en: "Nothing leaves the European Economic Area. With a country outside it this server does not start.",
};

/// The register: as data, or as a page when HTML is asked for.
#[utoipa::path(
    get, path = processor::PATH, tag = "openness", params(Asked),
    responses((status = 200, content((Register = "application/json"), (String = "text/html")))),
)]
pub(super) async fn register(
    State(app): State<Arc<App>>,
    Asked(language): Asked,
    headers: HeaderMap,
) -> Response {
    let register = &app.config.register;
    if wants(&headers, "text/html", "application/json") {
        page(register, language)
    } else {
        let vary = [(VARY, HeaderValue::from_static("accept, accept-language"))];
        (vary, Json(register)).into_response()
    }
}

fn page(register: &Register, language: Language) -> Response {
    let say = |text: Text| text.in_language(language);
    let page = Page {
        language,
        path: processor::PATH,
        title: say(TITLE),
    };
    page.answer(&html! {
        h1 { (say(TITLE)) }
        p { (say(INSIDE)) }
        @if register.recipients.is_empty() { p { (say(NOBODY)) } }
        @for one in &register.recipients { (recipient(one, language)) }
        h2 { (say(RESTS)) }
        dl {
            @for (place, countries) in [(STORAGE, &register.regions.storage), (BACKUP, &register.regions.backup)] {
                @if !countries.is_empty() {
                    dt { (say(place)) }
                    dd { (names(countries, language)) }
                }
            }
        }
        (contacts::section(&register.operator, language))
    })
}

fn recipient(one: &Recipient, language: Language) -> Markup {
    let say = |text: Text| text.in_language(language);
    html! {
        section.recipient {
            h2 { (one.name) }
            dl {
                dt { (say(ROLE)) } dd { (say(one.role.text())) }
                dt { (say(PURPOSE)) } dd { (one.purpose.in_language(language)) }
                dt { (say(AGREEMENT)) } dd { (one.agreement.in_language(language)) }
                dt { (say(COUNTRY)) } dd { (one.country.name(language)) }
                @if let Some(parent) = &one.parent_country {
                    dt { (say(PARENT)) } dd { (parent.name(language)) }
                }
                @if !one.remote_access.is_empty() {
                    dt { (say(REMOTE)) } dd { (names(&one.remote_access, language)) }
                }
            }
        }
    }
}

fn names(countries: &[Country], language: Language) -> String {
    let names: Vec<&str> = countries.iter().map(|country| country.name(language)).collect();
    names.join(", ")
}
