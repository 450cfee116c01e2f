//! What joining asks, and what of it is kept.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::*;

/// Everything that the two requests of joining hold, down to the last field.
const ASKED: &[&str] = &[
    // Who may join, and as whom the server knows the account.
    "JoinBeginRequest.invitation",
    "JoinBeginRequest.account",
    "JoinBeginRequest.registration",
    // How to reach the person, and in which language the one mail is written.
    "JoinBeginRequest.email",
    "JoinBeginRequest.language",
    "JoinRequest.ticket",
    "JoinRequest.mail_code",
    "JoinRequest.name",
    "JoinRequest.phone",
    // Keys that the server cannot use, and what it cannot read.
    "JoinRequest.credential",
    "JoinRequest.code",
    "JoinRequest.epoch",
    "JoinRequest.device",
    "Credential.record",
    "Credential.passphrase_key",
    "CodeKeys.auth_key",
    "CodeKeys.seal_key",
    "CodeKeys.for_devices",
    "Epoch.number",
    "Epoch.statement",
    "Epoch.wraps",
    "Epoch.set",
    "Epoch.identity",
    "Wrap.way",
    "Wrap.sealed",
    "DeviceKeys.device",
    "DeviceKeys.sign_key",
    "DeviceKeys.seal_key",
    "DeviceKeys.name",
    "DeviceKeys.platform",
    "Identity.sign_key",
    "Identity.seal_key",
    "Identity.statement",
    // What the law asks for.
    "JoinRequest.statement_version",
    "JoinRequest.terms_version",
    "JoinRequest.adult",
    "JoinRequest.copy",
];

/// The fields of a schema and of those that it names.
fn fields(schemas: &Value, name: &str, found: &mut BTreeSet<String>) {
    let properties = schemas[name]["properties"].as_object().expect("fields");
    for (field, schema) in properties {
        found.insert(format!("{name}.{field}"));
        for named in schema.to_string().split("#/components/schemas/").skip(1) {
            let named = named.split('"').next().expect("a name");
            if schemas[named]["properties"].is_object() {
                fields(schemas, named, found);
            }
        }
    }
}

#[test]
fn h1_joining_asks_what_is_listed_and_keeps_nothing_beyond_it() {
    let alone = Alone::begin(Engine::Sqlite, 2);
    let told: Value = super::super::server::client()
        .get(format!("{}/openapi.json", alone.running.address))
        .send()
        .expect("an answer")
        .json()
        .expect("JSON");
    let schemas = &told["components"]["schemas"];
    let mut asked = BTreeSet::new();
    fields(schemas, "JoinBeginRequest", &mut asked);
    fields(schemas, "JoinRequest", &mut asked);
    let listed: BTreeSet<String> = ASKED.iter().map(ToString::to_string).collect();
    assert_eq!(asked, listed);
    let needed = schemas["JoinRequest"]["required"].as_array().expect("a list");
    assert!(!needed.contains(&Value::from("phone")) && needed.contains(&Value::from("name")));

    // Whoever leaves the optional field empty joins, and nothing is kept in its place.
    let (bare, full) = (Profile::default(), Profile::default());
    let (client, _) = join(&alone.running, &bare, &alone.running.codes[0], &BRAM);
    let view = client.contact().expect("an answer").joined.expect("an account");
    assert_eq!(view.phone, None);
    let (client, _) = join(&alone.running, &full, &alone.running.codes[1], &NOOR);
    let view = client.contact().expect("an answer").joined.expect("an account");
    assert_eq!(view.phone.as_deref(), NOOR.phone);
    let rows = alone.rows();
    let contacts: Vec<_> = rows.iter().filter(|row| row.table == "contact").collect();
    let phones = contacts.iter().filter(|row| row.value("phone_sealed").is_some());
    assert_eq!((contacts.len(), phones.count()), (2, 1));

    // Whatever lies there has its reason in the decision, column by column.
    let reasons = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/adr/0013-fields.json");
    let reasons: BTreeMap<String, Value> =
        serde_json::from_slice(&fs::read(reasons).expect("a list")).expect("JSON");
    for row in &rows {
        for (column, _) in &row.values {
            let reason = &reasons[&row.table]["columns"][column];
            assert!(reason.is_string(), "{}.{column} has no reason", row.table);
        }
    }
}
