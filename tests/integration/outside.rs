//! What goes out, opened and checked by programs that are not Regie's: whoever takes it along needs none of ours.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use regie_archive::seal::{ExposeSecret, x25519};
use regie_client::{ExportForm, ExportParts, ExportProtection, ExportRequest};
use regie_protocol::Language;
use regie_tests::Profile;

use crate::take_along::{everything, live};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the project")
        .to_owned()
}

/// Runs a program of another's; what it says.
fn run(program: impl AsRef<std::ffi::OsStr>, arguments: &[&std::ffi::OsStr]) -> String {
    let program = program.as_ref();
    let output = Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{program:?} (scripts/install test): {error}"));
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{program:?} {arguments:?}: {said}");
    said
}

fn unpack(archive: &Path, to: &Path) {
    let mut archive = zip::ZipArchive::new(File::open(archive).expect("a file")).expect("a zip");
    archive.extract(to).expect("unpacks");
}

#[test]
fn v21_an_archive_is_opened_and_found_right_by_programs_of_others() {
    let profile = Profile::default();
    let client = profile.begin();
    live(&client, &profile);
    let stick = profile.stick();
    let identity = x25519::Identity::generate();
    let (sealed, opened, key) = (
        stick.join("a.zip.age"),
        stick.join("a.zip"),
        stick.join("key.txt"),
    );
    fs::write(&key, identity.to_string().expose_secret()).expect("writes");
    let request = ExportRequest {
        parts: ExportParts {
            report: true,
            ..everything().parts
        },
        ..everything()
    };
    let recipient = ExportProtection::Recipient(identity.to_public().to_string());
    client.export(&request, &recipient, &sealed).expect("an export");
    let paths = [
        Path::new("--decrypt"),
        Path::new("--identity"),
        &key,
        Path::new("--output"),
        &opened,
        &sealed,
    ];
    run("age", &paths.map(Path::as_os_str));
    let folder = stick.join("unpacked");
    unpack(&opened, &folder);
    let python = root().join("target/outside/bin/python");
    let said = run(
        &python,
        &[
            root().join("tests/outside/check_archive.py").as_os_str(),
            folder.as_os_str(),
        ],
    );
    assert!(said.contains("all right"), "{said}");
}

#[test]
fn l10_the_report_is_a_tagged_pdf_with_its_words_and_is_drawn_for_looking_at() {
    let profile = Profile::default();
    let client = profile.begin();
    live(&client, &profile);
    let stick = profile.stick();
    let pictures = root().join("out/report");
    fs::create_dir_all(&pictures).expect("a folder");
    for (language, name, title, words) in [
        (
            Language::Nl,
            "nl",
            "Inhoud",
            "niet bedoeld om een ziekte vast te stellen",
        ),
        (Language::En, "en", "Contents", "not meant to diagnose"),
    ] {
        client.set_language(language).expect("stores");
        let pdf = stick.join(format!("{name}.pdf"));
        let request = ExportRequest {
            form: ExportForm::Pdf,
            ..everything()
        };
        client
            .export(&request, &ExportProtection::Plain, &pdf)
            .expect("an export");
        run("qpdf", &["--check".as_ref(), pdf.as_os_str()]);
        let info = run("pdfinfo", &[pdf.as_os_str()]);
        assert!(info.contains("Tagged:          yes"), "{info}");
        assert!(
            info.lines()
                .any(|line| line.starts_with("Title:") && line.ends_with("2026")),
            "{info}"
        );
        let meta = run("pdfinfo", &["-meta".as_ref(), pdf.as_os_str()]);
        assert!(meta.contains("pdfuaid:part>1<"), "{meta}");
        let structure = run("pdfinfo", &["-struct-text".as_ref(), pdf.as_os_str()]);
        for part in ["Document", "H1", "Table", "Figure", "L "] {
            assert!(structure.contains(part), "{part} is missing in {structure}");
        }
        let text = run("pdftotext", &["-layout".as_ref(), pdf.as_os_str(), "-".as_ref()]);
        assert!(text.contains(title) && text.contains("Dag \"1\""), "{text}");
        let flowing = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flowing.contains(words), "{flowing}");
        let out = pictures.join(name);
        run(
            "pdftoppm",
            &[
                "-r".as_ref(),
                "70".as_ref(),
                "-png".as_ref(),
                pdf.as_os_str(),
                out.as_os_str(),
            ],
        );
    }
    assert!(fs::read_dir(&pictures).expect("a folder").count() >= 4);
}
