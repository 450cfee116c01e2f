//! Who runs the server, who else gets data, and where: complete where anybody but this machine gets here, and never outside
//! the European Economic Area.

use regie_protocol::{
    OwnedText,
    contact::{Contact, Contacts, dutch_authority},
    processor::{Country, Recipient, Regions, Register, Role, outside_eea},
};
use url::Url;

use super::{Faults, file};

const BOTH: &str = "is a text in both languages, none of them empty";

pub(super) fn contacts(faults: &mut Faults, file: file::Operator) -> Contacts {
    Contacts {
        name: words(faults, "operator.name", file.name),
        controller: contact(faults, "controller", file.controller),
        privacy_officer: contact(faults, "privacy_officer", file.privacy_officer),
        complaints_officer: contact(faults, "complaints_officer", file.complaints_officer),
        authority: match file.authority {
            Some(given) => contact(faults, "authority", Some(given)),
            None => dutch_authority(),
        },
        security: contact(faults, "security", file.security),
    }
}

fn words(faults: &mut Faults, key: &str, given: Option<file::Words>) -> OwnedText {
    let text = match given {
        None => return OwnedText::default(),
        Some(file::Words::Same(text)) => OwnedText {
            nl: text.clone(),
            en: text,
        },
        Some(file::Words::Each(text)) => text,
    };
    for one in [&text.nl, &text.en] {
        if one.trim().is_empty() || one.chars().any(char::is_control) {
            faults.add(key, BOTH);
            break;
        }
    }
    text
}

fn contact(faults: &mut Faults, role: &str, given: Option<file::Contact>) -> Contact {
    let key = format!("operator.{role}");
    let Some(given) = given else {
        return Contact::default();
    };
    let mut each = |part: &str, text: Option<String>, holds: fn(&str) -> bool, reason: &str| {
        if text
            .as_deref()
            .is_some_and(|text| text.trim().is_empty() || !holds(text))
        {
            faults.add(format!("{key}.{part}"), reason);
        }
        text
    };
    let contact = Contact {
        name: OwnedText::default(),
        post: each("post", given.post, is_lines, "is an address in lines"),
        email: each("email", given.email, is_email, "is an e-mail address"),
        phone: each(
            "phone",
            given.phone,
            is_phone,
            "is a phone number, such as +31 20 123 4567",
        ),
        web: each("web", given.web, is_page, "is a page that begins with https://"),
    };
    Contact {
        name: words(faults, &format!("{key}.name"), given.name),
        ..contact
    }
}

fn is_lines(text: &str) -> bool {
    text.chars().all(|sign| sign == '\n' || !sign.is_control())
}

fn is_email(text: &str) -> bool {
    let plain = text
        .chars()
        .all(|sign| sign.is_ascii_graphic() && !"<>\"(),:;\\".contains(sign));
    let parts = text.split_once('@');
    plain && parts.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'))
}

fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    digits >= 3
        && text
            .chars()
            .all(|sign| sign.is_ascii_digit() || "+ -()".contains(sign))
}

fn is_page(text: &str) -> bool {
    text.parse::<Url>().is_ok_and(|url| url.scheme() == "https") && !text.chars().any(char::is_whitespace)
}

pub(super) fn recipients(faults: &mut Faults, given: Vec<file::Recipient>) -> Vec<Recipient> {
    let each = given.into_iter().enumerate();
    each.map(|(position, one)| recipient(faults, &format!("recipients[{position}]"), one))
        .collect()
}

fn recipient(faults: &mut Faults, key: &str, given: file::Recipient) -> Recipient {
    let country_key = format!("{key}.country");
    if given.country.is_none() {
        faults.add(&country_key, "say in which country it is");
    }
    let mut required = |part: &str, given: Option<file::Words>| {
        let key = format!("{key}.{part}");
        if given.is_none() {
            faults.add(&key, BOTH);
        }
        words(faults, &key, given)
    };
    let (purpose, agreement) = (
        required("purpose", given.purpose),
        required("agreement", given.agreement),
    );
    let name = given.name.unwrap_or_default();
    if name.trim().is_empty() {
        faults.add(format!("{key}.name"), "is the name that it is registered under");
    }
    Recipient {
        name,
        role: role(faults, &format!("{key}.role"), given.role.as_deref()),
        purpose,
        agreement,
        country: given
            .country
            .map_or_else(Country::netherlands, |code| country(faults, &country_key, code)),
        parent_country: given
            .parent_country
            .map(|code| country(faults, &format!("{key}.parent_country"), code)),
        remote_access: countries(faults, &format!("{key}.remote_access"), &given.remote_access),
    }
}

fn role(faults: &mut Faults, key: &str, given: Option<&str>) -> Role {
    let read = match given {
        Some("joint_controller") => Ok(Role::JointController),
        Some("group") => Ok(Role::Group),
        Some("processor") => Ok(Role::Processor),
        _ => Err("is one of joint_controller, group, processor"),
    };
    faults.or(key, read, Role::Processor)
}

fn country(faults: &mut Faults, key: &str, code: String) -> Country {
    faults.or(key, Country::try_from(code), Country::netherlands())
}

fn countries(faults: &mut Faults, key: &str, codes: &[String]) -> Vec<Country> {
    let each = codes.iter().enumerate();
    each.map(|(position, code)| country(faults, &format!("{key}[{position}]"), code.clone()))
        .collect()
}

pub(super) fn regions(faults: &mut Faults, given: &file::Regions) -> Regions {
    Regions {
        storage: countries(faults, "regions.storage", &given.storage),
        backup: countries(faults, "regions.backup", &given.backup),
    }
}

/// V12: the server does not start with anything outside.
pub(super) fn inside(faults: &mut Faults, register: &Register) {
    for outside in outside_eea(&register.recipients, &register.regions) {
        let reason = format!("{} is outside the European Economic Area", outside.country.code());
        faults.add(outside.key, reason);
    }
}

/// Names for a server that nobody but this machine reaches: it needs no set-up, and pretends to be nobody's.
pub(super) fn made_up(register: &mut Register) {
    let who = &mut register.operator;
    for (name, nl, en) in [
        (&mut who.name, "Regie op deze computer", "Regie on this computer"),
        (&mut who.controller.name, "Jij zelf", "Yourself"),
    ] {
        if name.nl.is_empty() {
            *name = OwnedText {
                nl: nl.into(),
                en: en.into(),
            };
        }
    }
    if who.security.email.is_none() && who.security.web.is_none() {
        who.security.email = Some("security@localhost".into());
    }
}

/// Whoever lets others in says who they are.
pub(super) fn complete(faults: &mut Faults, register: &Register) {
    let who = &register.operator;
    if who.name.nl.is_empty() {
        faults.add("operator.name", "say what this server calls itself");
    }
    for (key, contact) in [
        ("controller", &who.controller),
        ("privacy_officer", &who.privacy_officer),
        ("complaints_officer", &who.complaints_officer),
        ("authority", &who.authority),
    ] {
        let reached = [&contact.post, &contact.email, &contact.phone, &contact.web];
        if contact.name.nl.is_empty() || reached.iter().all(|way| way.is_none()) {
            faults.add(
                format!("operator.{key}"),
                "has a name, and post, email, phone or web",
            );
        }
    }
    if who.controller.post.is_none() {
        faults.add("operator.controller.post", "says where a letter goes");
    }
    if who.security.email.is_none() && who.security.web.is_none() {
        faults.add("operator.security", "has an email or a web page");
    }
    for (key, countries) in [
        ("regions.storage", &register.regions.storage),
        ("regions.backup", &register.regions.backup),
    ] {
        if countries.is_empty() {
            faults.add(key, "say in which countries, such as [\"NL\"]");
        }
    }
}
