//! Whose server this is and whom to turn to, under the statement and beside the register.

use maud::{Markup, html};
use regie_protocol::{
    Language, Text,
    contact::{Contact, Contacts},
};

const WHOSE: Text = Text {
    nl: "Van wie deze server is",
    en: "Whose server this is",
};
const CONTROLLER: Text = Text {
    nl: "Verantwoordelijk voor de gegevens",
    en: "Responsible for the data",
};
const PRIVACY: Text = Text {
    nl: "Vragen over privacy (functionaris gegevensbescherming)",
    en: "Questions about privacy (data protection officer)",
};
const COMPLAINTS: Text = Text {
    nl: "Klachten",
    en: "Complaints",
};
const AUTHORITY: Text = Text {
    nl: "Toezichthouder",
    en: "Supervisory authority",
};
const SECURITY: Text = Text {
    nl: "Een lek melden",
    en: "Reporting a security hole",
};

/// Everybody whom a person may need; who was not named is left out.
pub(super) fn section(contacts: &Contacts, language: Language) -> Markup {
    let people = [
        (CONTROLLER, &contacts.controller),
        (PRIVACY, &contacts.privacy_officer),
        (COMPLAINTS, &contacts.complaints_officer),
        (AUTHORITY, &contacts.authority),
        (SECURITY, &contacts.security),
    ];
    html! {
        section {
            h2 { (WHOSE.in_language(language)) }
            p { (contacts.name.in_language(language)) }
            dl {
                @for (role, contact) in people {
                    @if !contact.is_empty() {
                        dt { (role.in_language(language)) }
                        dd { (reached(contact, language)) }
                    }
                }
            }
        }
    }
}

fn reached(contact: &Contact, language: Language) -> Markup {
    html! {
        address {
            @if !contact.name.in_language(language).is_empty() { (contact.name.in_language(language)) "\n" }
            @if let Some(post) = &contact.post { (post) "\n" }
            @if let Some(phone) = &contact.phone {
                a href={ "tel:" (phone.replace(' ', "")) } { (phone) } "\n"
            }
            @if let Some(email) = &contact.email { a href={ "mailto:" (email) } { (email) } "\n" }
            @if let Some(web) = &contact.web { a href=(web) { (web) } "\n" }
        }
    }
}
