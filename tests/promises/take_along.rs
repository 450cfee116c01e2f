//! The copy that a person takes along, and what another party gets.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use regie_archive::{
    incoming::Incoming,
    model::Item,
    seal::{self, Secret, x25519},
};
use regie_client::{
    Client, ExportForm, ExportParts, ExportProtection, ExportRequest, ImportLook, ImportOutcome, ImportSecret,
};
use regie_tests::{Profile, draft, passphrase, take, take_check};

fn request(given_only: bool) -> ExportRequest {
    ExportRequest {
        form: ExportForm::Archive,
        diary: true,
        checks: true,
        from: None,
        to: None,
        parts: ExportParts {
            fhir: true,
            markdown: true,
            csv: true,
            report: true,
        },
        given_only,
    }
}

fn parts(path: &Path, secret: Option<&Secret>) -> Vec<(String, String)> {
    let opened = seal::open(File::open(path).expect("a file"), secret).expect("opens");
    let mut archive = zip::ZipArchive::new(opened).expect("a zip");
    (0..archive.len())
        .map(|at| {
            let mut part = archive.by_index(at).expect("a part");
            let mut bytes = Vec::new();
            part.read_to_end(&mut bytes).expect("bytes");
            (
                part.name().expect("a name").into_owned(),
                String::from_utf8_lossy(&bytes).into_owned(),
            )
        })
        .collect()
}

fn live(client: &Client) {
    client.diary_save(draft("Wat ik schreef")).expect("saves");
    let result = take_check(client, 5);
    client
        .meter_annotate(result, "Wat ik erbij zette")
        .expect("a note");
    take(client, "pulse-4", 2);
}

#[test]
fn v21_a_copy_holds_all_that_my_data_counts_in_forms_that_anybody_can_read() {
    let profile = Profile::default();
    let client = profile.begin();
    live(&client);
    let path = profile.stick().join("kopie.zip");
    let exported = client
        .export(&request(false), &ExportProtection::Plain, &path)
        .expect("an export");
    let counts = client.my_data().expect("a view").counts;
    let counted = |kind: &str| {
        counts
            .iter()
            .find(|count| count.kind == kind)
            .map(|count| count.count)
    };
    assert_eq!(Some(exported.entries), counted("diary_entry"));
    assert_eq!(Some(exported.results), counted("meter_run"));

    let parts = parts(&path, None);
    let part = |name: &str| {
        let found = parts.iter().find(|(part, _)| part == name);
        found
            .map(|(_, text)| text.as_str())
            .unwrap_or_else(|| panic!("{name} is missing"))
    };
    let data: serde_json::Value = serde_json::from_str(part("data.json")).expect("JSON");
    let length = |key: &str| {
        data[key]
            .as_array()
            .map(Vec::len)
            .and_then(|length| u32::try_from(length).ok())
    };
    assert_eq!(length("entries"), counted("diary_entry"));
    assert_eq!(length("runs"), counted("meter_run"));
    assert_eq!(length("choices"), counted("consent_event"));
    for name in [
        "fhir/bundle.json",
        "csv/entries.csv",
        "csv/results.csv",
        "report/regie.html",
        "consent.json",
    ] {
        assert!(!part(name).is_empty(), "{name}");
    }
    assert!(
        parts
            .iter()
            .any(|(name, text)| name.starts_with("diary/") && text.contains("Wat ik schreef"))
    );
    assert!(
        parts
            .iter()
            .any(|(name, text)| name.ends_with(".pdf") && text.starts_with("%PDF-"))
    );
}

#[test]
fn v25_what_the_person_gave_goes_to_the_recipient_alone_and_comes_in_there_without_loss() {
    let (here, there) = (Profile::default(), Profile::default());
    let client = here.begin();
    live(&client);
    let identity = x25519::Identity::generate();
    let key = client
        .recipient(&format!("# hun sleutel\n{}\n", identity.to_public()))
        .expect("a key");
    let stick = here.stick();
    let path = stick.join("overdracht.zip.age");
    client
        .export(&request(true), &ExportProtection::Recipient(key), &path)
        .expect("an export");

    let secret = Secret::Key(identity.clone());
    let parts = parts(&path, Some(&secret));
    let data = &parts
        .iter()
        .find(|(name, _)| name == "data.json")
        .expect("data")
        .1;
    let data: serde_json::Value = serde_json::from_str(data).expect("JSON");
    assert!(data.get("choices").is_none() && data.get("settings").is_none());
    assert!(!parts.iter().any(|(name, _)| name == "consent.json"));
    for (name, text) in &parts {
        assert!(!text.contains("\"Observation\""), "{name} holds a score");
    }

    let other = there.begin();
    other.choose_import(&path);
    assert_eq!(
        other.look_at_import(None),
        Ok(ImportLook::Locked {
            passphrase: false,
            wrong: false
        })
    );
    let secret = ImportSecret::Key(passphrase(seal::ExposeSecret::expose_secret(
        &identity.to_string(),
    )));
    let ImportLook::Ready { preview } = other.look_at_import(Some(&secret)).expect("a look") else {
        panic!("it opens with the key");
    };
    assert_eq!((preview.entries, preview.results), (1, 2));
    assert!(matches!(other.import(), Ok(ImportOutcome::Done { imported }) if imported.entries == 1));
    let notes = other.diary_search("erbij", 5).expect("a search").hits;
    assert_eq!(notes.len(), 1, "notes come along");
    let whole = stick.join("alles.zip");
    client
        .export(&request(false), &ExportProtection::Plain, &whole)
        .expect("an export");
    let records = |path: &Path, secret: Option<&Secret>| {
        let mut all = Vec::new();
        let mut incoming = Incoming::open(path, secret, &|| false).expect("an archive");
        let each = &mut |item| {
            if !matches!(item, Item::LeftOut(_)) {
                all.push(item);
            }
            Ok(())
        };
        incoming.read(chrono_tz::UTC, each).expect("reads");
        all
    };
    assert_eq!(
        records(&path, Some(&Secret::Key(identity))),
        records(&whole, None)
    );
}
