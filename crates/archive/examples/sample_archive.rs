//! Writes a sample archive into a folder, closed and unpacked, for tools that are not ours:
//! `cargo run -p regie-archive --example sample_archive -- FOLDER [recipient AGE1… | passphrase WORDS | given]`.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    reason = "a tool for tests"
)]

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use regie_archive::{
    export::{Parts, write_archive},
    seal::{Sealing, SecretString, recipient},
};

#[path = "../tests/support/mod.rs"]
mod support;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut about = support::about();
    let (folder, sealing) = match arguments.as_slice() {
        [folder] => (folder, Sealing::Plain),
        [folder, "given"] => {
            about.given_only = true;
            (folder, Sealing::Plain)
        }
        [folder, "recipient", key] => (folder, Sealing::Recipient(recipient(key).expect("a key of age"))),
        [folder, "passphrase", words] => (
            folder,
            Sealing::passphrase(SecretString::from((*words).to_owned())),
        ),
        _ => panic!("sample_archive FOLDER [recipient AGE1… | passphrase WORDS | given]"),
    };
    let folder = PathBuf::from(folder);
    fs::create_dir_all(&folder).expect("a folder");
    let sealed = !matches!(sealing, Sealing::Plain);
    let path = folder.join(if sealed { "archive.zip.age" } else { "archive.zip" });
    let file = File::create(&path).expect("a file");
    let records = support::with_photos();
    let written =
        write_archive(file, &records, &about, &Parts::ALL, &sealing, None).expect("a whole archive");
    println!("{}: {written:?}", path.display());
    if !sealed {
        unpack(&path, &folder.join("unpacked"));
    }
}

fn unpack(archive: &Path, folder: &Path) {
    let file = File::open(archive).expect("the archive");
    zip::ZipArchive::new(file)
        .and_then(|mut zip| zip.extract(folder))
        .expect("a whole zip");
}
