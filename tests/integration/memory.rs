//! What is left in the process after locking: no key, no passphrase, no text.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::process::{Command, Stdio};

use data_encoding::HEXLOWER;
use regie_tests::{PASSPHRASE, Profile, bytes::contains, draft, pages::keys_of};

const TEXT: &str = "De kanarie zong vannacht over iets dat niemand weten mag.";

/// Which of these byte strings stand in the memory of a process.
fn in_memory<'a>(process: u32, needles: &[(&'a str, Vec<u8>)]) -> Vec<&'a str> {
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).expect("a map");
    let mut memory = File::open(format!("/proc/{process}/mem")).expect("the memory of a child");
    let mut found = Vec::new();
    for line in maps.lines().filter(|line| {
        line.split(' ')
            .nth(1)
            .is_some_and(|rights| rights.starts_with("rw"))
    }) {
        let (from, to) = line
            .split(' ')
            .next()
            .and_then(|range| range.split_once('-'))
            .expect("a range");
        let address = |text| u64::from_str_radix(text, 16).expect("an address");
        let (from, to) = (address(from), address(to));
        let mut bytes = vec![0; usize::try_from(to - from).expect("a size")];
        memory.seek(SeekFrom::Start(from)).expect("seeks");
        if memory.read_exact(&mut bytes).is_ok() {
            found.extend(
                needles
                    .iter()
                    .filter(|(_, needle)| contains(&bytes, needle))
                    .map(|(name, _)| *name),
            );
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

#[test]
fn locking_leaves_no_key_no_passphrase_and_no_text_in_memory() {
    let profile = Profile::default();
    let client = profile.begin();
    for _ in 0..30 {
        client.diary_save(draft(TEXT)).expect("saves");
    }
    let code = client.recovery_code().expect("a code").groups.join("-");
    client.lock().expect("locks");
    drop(client);
    let (vault_key, database_key) = keys_of(&profile.vault());
    let needles = [
        ("vault key", vault_key.expose().to_vec()),
        ("database key", database_key.expose().to_vec()),
        (
            "database key in hexadecimal",
            HEXLOWER.encode(database_key.expose()).into_bytes(),
        ),
        ("passphrase", PASSPHRASE.as_bytes().to_vec()),
        ("recovery code", code.into_bytes()),
        ("text", TEXT.as_bytes().to_vec()),
    ];

    let mut child = Command::new(env!("CARGO_BIN_EXE_regie-story"))
        .args(["unlock-lock".as_ref(), profile.folder().as_os_str()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a process");
    let mut input = child.stdin.take().expect("a pipe");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    writeln!(input, "{PASSPHRASE}").expect("writes");
    let opened = lines.next().expect("a line").expect("a line");
    assert_eq!(opened, format!("open {} 30", TEXT.len() * 30));
    assert!(
        in_memory(child.id(), &needles).contains(&"text"),
        "the finder finds the text while the vault is open"
    );
    writeln!(input).expect("writes");
    assert_eq!(lines.next().expect("a line").expect("a line"), "locked");
    assert_eq!(in_memory(child.id(), &needles), Vec::<&str>::new());
    writeln!(input).expect("writes");
    assert!(child.wait().expect("ends").success());
}
