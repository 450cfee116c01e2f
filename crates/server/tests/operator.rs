//! The operator's root: made, used, and verified as a server and an app verify it.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use age::secrecy::SecretString;
use clap::Parser;
use regie_protocol::{
    Role,
    signed::{
        Certificate, Deployment, Fingerprint, Invitation, InvitationCode, JoinLink, Moment, Revocations,
        Signed, SignedError, SigningKey, Use, VerifyingKey,
    },
};
use regie_server::operator::{Desk, Operator, OperatorError, run};

const PASSPHRASE: &str = "kaars muur zwemt lachend onder regen";
const ORGANISATION: &str = "3f0c8f0e-5d0b-4a57-9a55-1c7f2f6a0b11";
/// 27 November 2026.
const NOW: Moment = Moment(1_795_737_600);

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    operator: Operator,
}

/// A folder of its own, and an operator who types.
struct Machine {
    place: tempfile::TempDir,
    typed: Vec<String>,
    now: Moment,
}

impl Machine {
    fn new() -> Self {
        Self {
            place: tempfile::tempdir().expect("a folder"),
            typed: Vec::new(),
            now: NOW,
        }
    }

    /// One with a root and a signed deployment.
    fn begun() -> Self {
        let mut machine = Self::new();
        machine.run("init").expect("a root");
        machine.describe("[\"https://regie.example\", \"https://two.example\"]");
        machine.sign_deployment("deployment.signed").expect("signs");
        machine
    }

    fn at(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    fn describe(&self, addresses: &str) {
        let key = data_encoding::HEXLOWER.encode(SigningKey::from_seed(&[1; 32]).verifying_key().as_bytes());
        let text = format!(
            "id = \"{ORGANISATION}\"\nfrom = \"2026-11-27\"\nuntil = \"2027-11-26\"\naddresses = {addresses}\n\
             [names]\nnl = \"Regie van Voorbeeld\"\nen = \"Regie by Example\"\n\
             [keys]\nreceipts = \"{key}\"\ntickets = \"{key}\"\nopaque = \"{key}\"\n"
        );
        fs::write(self.at("deployment.toml"), text).expect("a file");
    }

    fn sign_deployment(&mut self, out: &str) -> Result<String, OperatorError> {
        let (file, out) = (self.at("deployment.toml"), self.at(out));
        self.run(&format!(
            "sign-deployment {} --out {}",
            file.display(),
            out.display()
        ))
    }

    fn invite(&mut self, count: u64, out: &str) -> Result<String, OperatorError> {
        let out = self.at(out);
        self.run(&format!(
            "sign-invitations --organisation {ORGANISATION} --count {count} --until 2027-05-31 --out {}",
            out.display()
        ))
    }

    fn certify(&mut self, role: &str, out: &str) -> Result<String, OperatorError> {
        let key = data_encoding::HEXLOWER.encode(SigningKey::from_seed(&[9; 32]).verifying_key().as_bytes());
        let out = self.at(out);
        self.run(&format!(
            "sign-certificate --signing-key {key} --sealing-key {key} --role {role} --out {}",
            out.display()
        ))
    }

    fn revoke(&mut self, serials: &str, out: &str) -> Result<String, OperatorError> {
        let out = self.at(out);
        self.run(&format!("revoke {serials} --out {}", out.display()))
    }

    /// Runs one line as it is typed; what is typed unseen is [`PASSPHRASE`], unless something else waits.
    fn run(&mut self, line: &str) -> Result<String, OperatorError> {
        let folder = self.at("root").display().to_string();
        let words = ["regie-server"].into_iter().chain(line.split_whitespace());
        let line = Line::parse_from(words.chain(["--folder", &folder]));
        let (mut out, typed) = (Vec::new(), &mut self.typed);
        let mut ask = |_: &str| {
            let next = if typed.is_empty() {
                PASSPHRASE.to_owned()
            } else {
                typed.remove(0)
            };
            Ok(SecretString::from(next))
        };
        let mut desk = Desk {
            out: &mut out,
            now: self.now,
            ask: &mut ask,
            work: 2,
        };
        run(&line.operator, &mut desk).map(|()| String::from_utf8(out).expect("a text"))
    }

    /// The root's public key, as an operator copies it into a build.
    fn key(&mut self) -> VerifyingKey {
        let shown = self.run("show").expect("shows");
        let line = shown.lines().find_map(|line| line.strip_prefix("Public key:"));
        let bytes = data_encoding::HEXLOWER.decode(line.expect("a key").trim().as_bytes());
        VerifyingKey::from_bytes(&bytes.expect("a key").try_into().expect("a key")).expect("a key")
    }

    fn batch(&self, out: &str) -> Vec<Signed<Invitation>> {
        let bytes = fs::read(self.at(out).join("for-the-server/invitations.signed")).expect("a batch");
        Signed::many_from_bytes(&bytes).expect("a batch")
    }

    fn sheet(&self, out: &str) -> Vec<[String; 3]> {
        let text = fs::read_to_string(self.at(out).join("for-the-organisation/codes.csv"));
        let text = text.expect("a sheet");
        let rows = text.lines().skip(1).map(|line| {
            let parts: Vec<_> = line.split(',').map(str::to_owned).collect();
            parts.try_into().expect("three parts")
        });
        rows.collect()
    }

    fn signed<T: regie_protocol::signed::Statement>(&self, name: &str) -> Signed<T> {
        Signed::from_bytes(&fs::read(self.at(name)).expect("a file")).expect("a statement")
    }
}

/// Every file below a folder.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[test]
fn a_root_is_made_once_sealed_private_and_its_fingerprint_is_that_of_its_key() {
    let mut machine = Machine::new();
    let shown = machine.run("init").expect("a root");
    let key = machine.key();
    let fingerprint = key.fingerprint().to_string();
    assert!(shown.contains(&fingerprint) && machine.run("show").expect("shows").contains(&fingerprint));
    assert_eq!(fingerprint.parse::<Fingerprint>(), Ok(key.fingerprint()));
    let sealed = fs::read_to_string(machine.at("root/root.age")).expect("a root");
    assert!(sealed.starts_with("-----BEGIN AGE ENCRYPTED FILE-----"));
    #[cfg(unix)]
    for path in files_below(&machine.at("root")) {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(&path).expect("a file").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", path.display());
    }
    assert!(matches!(machine.run("init"), Err(OperatorError::Exists(_))));
    assert_eq!(
        fs::read_to_string(machine.at("root/root.age")).expect("a root"),
        sealed
    );
    assert_eq!(machine.key(), key);
}

#[test]
fn a_weak_passphrase_or_a_slip_makes_no_root() {
    let mut machine = Machine::new();
    machine.typed = vec!["welkom2026".to_owned()];
    assert!(matches!(machine.run("init"), Err(OperatorError::Weak)));
    machine.typed = vec![PASSPHRASE.to_owned(), format!("{PASSPHRASE}.")];
    assert!(matches!(machine.run("init"), Err(OperatorError::Differ)));
    assert_eq!(files_below(machine.place.path()), Vec::<PathBuf>::new());
    assert!(matches!(machine.run("show"), Err(OperatorError::NoRoot(_))));
}

#[test]
fn a_wrong_passphrase_signs_nothing_and_uses_up_no_number() {
    let mut machine = Machine::begun();
    machine.typed = vec![format!("{PASSPHRASE} "); 4];
    for refused in [
        machine.invite(3, "a"),
        machine.certify("coach", "b"),
        machine.revoke("", "c"),
        machine.sign_deployment("d"),
    ] {
        assert!(
            matches!(refused, Err(OperatorError::WrongPassphrase)),
            "{refused:?}"
        );
    }
    for out in ["a", "b", "c", "d"] {
        assert!(!machine.at(out).exists(), "{out}");
    }
    machine.invite(1, "a").expect("signs");
    assert_eq!(machine.sheet("a")[0][0], "1");
}

#[test]
fn a_passphrase_can_come_from_a_file() {
    let mut machine = Machine::new();
    fs::write(machine.at("words"), format!("{PASSPHRASE}\r\nsecond line\n")).expect("a file");
    let from_file = format!("--passphrase-file {}", machine.at("words").display());
    machine.typed = vec!["never asked".to_owned()];
    machine.run(&format!("init {from_file}")).expect("a root");
    assert_eq!(machine.typed.len(), 1);
    machine.typed.clear();
    machine
        .revoke("", "list")
        .expect("opens with the same words, typed");
}

#[test]
fn a_signed_deployment_says_what_was_described_for_as_long_as_was_said() {
    let mut machine = Machine::begun();
    let (root, signed) = (machine.key(), machine.signed::<Deployment>("deployment.signed"));
    let deployment = signed.open(&root, NOW).expect("a deployment");
    assert_eq!(deployment.names.nl, "Regie van Voorbeeld");
    let addresses: Vec<_> = deployment.addresses.iter().map(ToString::to_string).collect();
    assert_eq!(addresses, ["https://regie.example", "https://two.example"]);
    let last_day = Moment(NOW.0 + 365 * 86_400 - 1);
    assert!(signed.open(&root, last_day).is_ok());
    assert_eq!(
        signed.open(&root, last_day.plus_seconds(1)),
        Err(SignedError::Over)
    );
    let other = Machine::begun().key();
    assert_eq!(signed.open(&other, NOW), Err(SignedError::Signature));
    assert!(matches!(
        machine.sign_deployment("deployment.signed"),
        Err(OperatorError::Exists(_))
    ));
    for addresses in [
        "[]",
        "[\"http://regie.example\"]",
        "[\"https://regie.example/x\"]",
        "[1]",
    ] {
        machine.describe(addresses);
        assert!(machine.sign_deployment("other").is_err(), "{addresses}");
    }
    assert!(!machine.at("other").exists());
}

#[test]
fn a_batch_for_the_server_holds_no_code_and_each_code_has_the_roots_signature() {
    let mut machine = Machine::begun();
    let shown = machine.invite(25, "batch").expect("signs");
    let (root, sheet, batch) = (machine.key(), machine.sheet("batch"), machine.batch("batch"));
    assert_eq!((sheet.len(), batch.len()), (25, 25));
    let server = fs::read(machine.at("batch/for-the-server/invitations.signed")).expect("a batch");
    let server_text = String::from_utf8_lossy(&server).to_uppercase();
    for ([number, code, link], signed) in sheet.iter().zip(&batch) {
        let invitation = signed.open(&root, NOW).expect("an invitation");
        let read = InvitationCode::parse(code).expect("a code");
        assert_eq!(invitation.number.to_string(), *number);
        assert!(invitation.is_for(&read));
        assert_eq!(
            uuid::Uuid::from_bytes(invitation.organisation.0).to_string(),
            ORGANISATION
        );
        let link = JoinLink::parse(link).expect("a link");
        assert_eq!(link.server.as_str(), "https://regie.example");
        assert!(invitation.is_for(&link.code.expect("a code")));
        let plain = code.replace('-', "");
        assert!(!server_text.contains(&plain) && !server_text.contains(code.as_str()));
        let secret = crockford(&plain);
        assert!(!server.windows(16).any(|bytes| bytes == secret));
        assert!(!shown.contains(code.as_str()));
        let picture = machine.at(&format!("batch/for-the-organisation/qr/{number}.svg"));
        let picture = fs::read_to_string(picture).expect("a picture");
        assert!(picture.contains("<svg") && !picture.contains(code.as_str()));
    }
    let codes: BTreeSet<_> = sheet.iter().map(|row| &row[1]).collect();
    assert_eq!(codes.len(), 25);
    // Nor does anything that stays on the root's machine.
    for path in files_below(&machine.at("root")) {
        let text = String::from_utf8_lossy(&fs::read(&path).expect("a file")).into_owned();
        assert!(
            codes.iter().all(|code| !text.contains(code.as_str())),
            "{}",
            path.display()
        );
    }
}

/// The first 128 bits of a code, read independently of the program.
fn crockford(signs: &str) -> [u8; 16] {
    let values = signs.bytes().map(|sign| {
        let at = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ"
            .iter()
            .position(|one| *one == sign);
        at.expect("a sign") as u128
    });
    let values: Vec<u128> = values.collect();
    let first = values[..25].iter().fold(0, |number, value| (number << 5) | value);
    ((first << 3) | (values[25] >> 2)).to_be_bytes()
}

#[test]
fn two_batches_share_no_number_and_a_failed_one_gives_none_away() {
    let mut machine = Machine::begun();
    machine.invite(3, "one").expect("signs");
    machine
        .invite(2, "nowhere/two")
        .expect_err("there is no such folder");
    machine.invite(4, "three").expect("signs");
    assert!(matches!(
        machine.invite(1, "three"),
        Err(OperatorError::Exists(_))
    ));
    let numbers = |out: &str| -> Vec<u64> {
        machine
            .sheet(out)
            .iter()
            .map(|row| row[0].parse().expect("a number"))
            .collect()
    };
    assert_eq!(numbers("one"), [1, 2, 3]);
    assert_eq!(numbers("three"), [6, 7, 8, 9]);
    for count in [0, 10_001] {
        assert!(matches!(
            machine.invite(count, "four"),
            Err(OperatorError::Count(_))
        ));
    }
}

#[test]
fn invitations_name_only_a_server_that_was_signed() {
    let mut machine = Machine::new();
    machine.run("init").expect("a root");
    assert!(matches!(machine.invite(1, "early"), Err(OperatorError::Server)));
    let mut machine = Machine::begun();
    let line = |server: &str, out: PathBuf| {
        format!(
            "sign-invitations --organisation {ORGANISATION} --count 1 --until 2027-05-31 --server {server} --out {}",
            out.display()
        )
    };
    let slip = line("https://regei.example", machine.at("slip"));
    assert!(matches!(machine.run(&slip), Err(OperatorError::Server)));
    let second = line("two.example", machine.at("second"));
    machine.run(&second).expect("signs");
    let link = JoinLink::parse(&machine.sheet("second")[0][2]).expect("a link");
    assert_eq!(link.server.as_str(), "https://two.example");
    let ended = format!(
        "sign-invitations --organisation {ORGANISATION} --count 1 --until 2026-11-01 --out {}",
        machine.at("ended").display()
    );
    assert!(matches!(machine.run(&ended), Err(OperatorError::Signed(_))));
}

#[test]
fn a_certificate_gives_a_role_for_ninety_days_until_it_is_revoked() {
    let mut machine = Machine::begun();
    let root = machine.key();
    for (role, out) in [("coach", "one"), ("complaints_officer", "two")] {
        machine.certify(role, out).expect("signs");
    }
    machine.revoke("", "first").expect("signs");
    machine.revoke("2", "second").expect("signs");
    machine.now = NOW.plus_days(13);
    machine.revoke("", "third").expect("signs");
    let lists = ["first", "second", "third"].map(|out| {
        machine
            .signed::<Revocations>(out)
            .open(&root, NOW)
            .expect("a list")
    });
    let [first, second, third] = &lists;
    assert_eq!([first.number, second.number, third.number], [1, 2, 3]);
    assert!(third.is_newer_than(second) && second.is_newer_than(first));
    assert_eq!(third.date, machine.now);
    let (one, two) = (machine.signed("one"), machine.signed("two"));
    let accept =
        |signed, list, days| Certificate::accept(signed, &root, list, Use::NewGrant, NOW.plus_days(days));
    let coach = accept(&one, first, 0).expect("a certificate");
    assert_eq!((coach.role, coach.serial), (Role::Coach, 1));
    let officer = accept(&two, first, 0).expect("a certificate");
    assert_eq!((officer.role, officer.serial), (Role::ComplaintsOfficer, 2));
    for (list, days) in [(second, 0), (third, 14)] {
        assert_eq!(accept(&two, list, days), Err(SignedError::Revoked));
    }
    assert_eq!(accept(&one, second, 15), Err(SignedError::ListTooOld));
    assert_eq!(accept(&one, third, 15), Ok(coach));
    assert_eq!(accept(&one, third, 90), Err(SignedError::Over));
    assert!(matches!(
        machine.revoke("3", "typo"),
        Err(OperatorError::Serial(3))
    ));
    assert!(!machine.at("typo").exists());
    let shown = machine.run("show").expect("shows");
    assert!(
        shown.contains("Certificate 2: Complaints officer") && shown.contains("revoked"),
        "{shown}"
    );
}

#[test]
fn a_member_a_longer_time_or_no_key_cannot_even_be_asked_for() {
    let key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let zero = "0".repeat(64);
    let parse = |key: &str, role: &str, days: &str| {
        let words = [
            "regie-server",
            "sign-certificate",
            "--signing-key",
            key,
            "--sealing-key",
            key,
        ];
        let all = words.into_iter().chain(["--role", role, "--days", days]);
        Line::try_parse_from(all).is_ok()
    };
    assert!(parse(key, "coach", "90"));
    assert!(!parse(key, "member", "90"));
    assert!(!parse(key, "coach", "91"));
    assert!(!parse(key, "coach", "0"));
    assert!(!parse(&key[2..], "coach", "90"));
    assert!(!parse(&zero, "coach", "90"));
}

#[test]
fn a_lost_damaged_or_foreign_register_is_never_begun_anew() {
    let mut machine = Machine::begun();
    machine.invite(3, "one").expect("signs");
    let path = machine.at("root/register.json");
    let whole = fs::read(&path).expect("a register");
    let other = Machine::begun();
    let foreign = fs::read(other.at("root/register.json")).expect("a register");
    let cut = whole[..whole.len() / 2].to_vec();
    for (what, bytes) in [("lost", None), ("cut", Some(cut)), ("foreign", Some(foreign))] {
        match bytes {
            Some(bytes) => fs::write(&path, bytes).expect("a file"),
            None => fs::remove_file(&path).expect("gone"),
        }
        assert!(
            matches!(machine.invite(1, "two"), Err(OperatorError::Register)),
            "{what}"
        );
    }
    fs::write(&path, whole).expect("a file");
    machine.invite(1, "two").expect("signs");
    assert_eq!(machine.sheet("two")[0][0], "4");
}

#[test]
fn a_damaged_root_is_told_from_a_wrong_passphrase() {
    let mut machine = Machine::begun();
    let path = machine.at("root/root.age");
    let text = fs::read_to_string(&path).expect("a root");
    fs::write(&path, &text[..text.len() / 2]).expect("a file");
    assert!(matches!(
        machine.revoke("", "list"),
        Err(OperatorError::DamagedRoot)
    ));
    fs::write(&path, "age").expect("a file");
    assert!(matches!(
        machine.revoke("", "list"),
        Err(OperatorError::DamagedRoot)
    ));
}

#[test]
fn a_clock_that_went_back_signs_nothing() {
    let mut machine = Machine::begun();
    machine.now = NOW.plus_days(10);
    machine.revoke("", "first").expect("signs");
    machine.now = NOW.plus_days(9);
    assert!(matches!(machine.revoke("", "second"), Err(OperatorError::Clock)));
    machine.now = NOW.plus_days(10);
    machine.revoke("", "second").expect("signs");
}

#[test]
fn two_runs_do_not_use_a_root_at_once() {
    let mut machine = Machine::begun();
    let held = fs::File::options()
        .write(true)
        .open(machine.at("root/lock"))
        .expect("a lock");
    held.lock().expect("locks");
    assert!(matches!(machine.invite(1, "one"), Err(OperatorError::Busy)));
    drop(held);
    machine.invite(1, "one").expect("signs");
}

/// The run that [`a_killed_run_leaves_a_whole_batch_or_none`] kills; by itself it does nothing.
#[test]
fn a_run_to_be_killed() {
    let Some(place) = std::env::var_os("REGIE_OPERATOR_PLACE").map(PathBuf::from) else {
        return;
    };
    let root = place.join("root").display().to_string();
    let out = place.join("batch").display().to_string();
    let line = format!(
        "sign-invitations --organisation {ORGANISATION} --count 150 --until 2027-05-31 --folder {root} --out {out}"
    );
    let line = Line::parse_from(["regie-server"].into_iter().chain(line.split_whitespace()));
    let mut ask = |_: &str| Ok(SecretString::from(PASSPHRASE.to_owned()));
    let mut desk = Desk {
        out: &mut std::io::sink(),
        now: NOW,
        ask: &mut ask,
        work: 2,
    };
    run(&line.operator, &mut desk).expect("signs");
}

#[test]
fn a_killed_run_leaves_a_whole_batch_or_none_and_its_numbers_are_not_used_again() {
    let mut machine = Machine::begun();
    let root = machine.key();
    let (mut seen, mut killed) = (BTreeSet::new(), 0);
    for milliseconds in [15, 30, 60, 90, 120, 180, 240, 300, 450, 600, 900, 1_500, 60_000] {
        let mut child = Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "a_run_to_be_killed"])
            .env("REGIE_OPERATOR_PLACE", machine.place.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("a run");
        let end = std::time::Instant::now() + Duration::from_millis(milliseconds);
        while std::time::Instant::now() < end && child.try_wait().expect("a child").is_none() {
            std::thread::sleep(Duration::from_millis(2));
        }
        let _ = child.kill();
        child.wait().expect("ended");
        if machine.at("batch").exists() {
            let (sheet, batch) = (machine.sheet("batch"), machine.batch("batch"));
            assert_eq!((sheet.len(), batch.len()), (150, 150), "after {milliseconds} ms");
            assert_eq!(
                files_below(&machine.at("batch/for-the-organisation/qr")).len(),
                150
            );
            for signed in &batch {
                let number = signed.open(&root, NOW).expect("an invitation").number;
                assert!(seen.insert(number), "{number} twice");
            }
            fs::remove_dir_all(machine.at("batch")).expect("gone");
        } else {
            killed += 1;
        }
        machine.key();
    }
    assert!(
        killed > 0 && seen.len() >= 150,
        "{killed} killed, {} given",
        seen.len()
    );
    machine.invite(1, "after").expect("signs");
    assert!(!seen.contains(&machine.sheet("after")[0][0].parse().expect("a number")));
}
