//! The binary as it is typed: from nothing to a server with invitations, a backup, and back.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread,
    time::Duration,
};

struct Machine(tempfile::TempDir);

impl Machine {
    fn begin() -> Self {
        let machine = Self(tempfile::tempdir().expect("a folder"));
        fs::write(machine.at("passphrase"), "kaars muur zwemt lachend onder regen\n").expect("writes");
        machine
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, line: &str, environment: &[(&str, &str)]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_regie-server"))
            .args(line.split_whitespace())
            .current_dir(self.0.path())
            .envs(environment.iter().copied())
            .output()
            .expect("runs")
    }

    /// What it says when it does it.
    fn says(&self, line: &str) -> String {
        let output = self.run(line, &[]);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{line}: {errors}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// What it says when it refuses.
    fn refuses(&self, line: &str, environment: &[(&str, &str)]) -> String {
        let output = self.run(line, environment);
        assert!(!output.status.success(), "{line}");
        let said = [output.stdout, output.stderr].concat();
        String::from_utf8(said).expect("text")
    }

    fn operator(&self, line: &str) -> String {
        self.says(&format!(
            "operator --folder root --passphrase-file passphrase {line}"
        ))
    }
}

/// The lines of docs/operations.md.
#[test]
fn from_nothing_to_invitations_a_backup_and_back_in_the_lines_that_the_page_tells() {
    let machine = Machine::begin();
    machine.operator("init");
    let shown = machine.operator("show");
    let root = shown.lines().find_map(|line| line.strip_prefix("Public key:"));
    let keys = machine.says("--data data admin keys");
    assert_eq!(machine.says("admin keys --data data"), keys, "made once");
    let description = format!(
        "id = \"8d9f0a52-6f0e-4a86-8a55-1d1b2f0a7c11\"\nfrom = \"2026-01-01\"\nuntil = \"2099-12-31\"\n\
         addresses = [\"https://regie.example\"]\n[names]\nnl = \"Regie\"\nen = \"Regie\"\n{keys}"
    );
    fs::write(machine.at("deployment.toml"), description).expect("writes");
    machine.operator("sign-deployment deployment.toml");
    let install = "--data data admin deployment install deployment.signed";
    assert!(machine.refuses(install, &[]).contains("deployment.root"));
    let configuration = format!("[deployment]\nroot = \"{}\"\n", root.expect("a key").trim());
    fs::write(machine.at("data/regie-server.toml"), configuration).expect("writes");
    machine.says(install);
    let organisation = machine
        .says("--data data admin organisation add --name Bakkerij --seats 3 --until 2099-12-31")
        .trim()
        .to_owned();
    machine.operator(&format!(
        "sign-invitations --organisation {organisation} --count 3 --until 2099-12-31 --out batch"
    ));
    let said = machine.says("--data data admin invitations install batch/for-the-server/invitations.signed");
    assert_eq!(said, "3 invitations for Bakkerij.\n");
    machine.says("--data data --check");

    let said = machine.says("--data data backup --out backups");
    let name = said.split(": ").next().expect("a name").to_owned();
    assert!(machine.at(&name).is_file(), "{said}");
    let restore = format!("--data data restore {name}");
    assert!(
        machine
            .refuses(&restore, &[])
            .contains("there is a database already")
    );
    for part in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(machine.at(&format!("data/regie.db{part}")));
    }
    assert!(
        machine
            .says(&format!("{restore} --only-check"))
            .contains("Nothing was changed")
    );
    assert!(!machine.at("data/regie.db").exists());
    assert!(machine.says(&restore).contains("Restored"));
    assert!(
        machine
            .says("--data data admin organisation list")
            .contains(&organisation)
    );
    let log = machine.says("--data data admin log");
    for action in [
        "deployment.installed",
        "backup.made",
        "backup.restored",
        "Unbroken, 5 rows",
    ] {
        assert!(log.contains(action), "{action} in {log}");
    }
    only_its_owner_reads(&machine.at("data"));
    only_its_owner_reads(&machine.at("backups"));
}

fn only_its_owner_reads(folder: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).expect("metadata").permissions().mode() & 0o077;
        assert_eq!(mode(folder), 0, "{}", folder.display());
        for name in ["keys", "ledger"] {
            let path = folder.join(name);
            assert!(!path.exists() || mode(&path) == 0, "{}", path.display());
        }
    }
}

#[test]
fn a_password_is_never_told_whatever_goes_wrong_with_it() {
    let machine = Machine::begin();
    let url = "postgresql://regie:hunter2@127.0.0.1:1/regie?connect_timeout=1";
    let database = [("REGIE__DATABASE__URL", url)];
    let mail = [
        ("REGIE__MAIL__SMTP", "smtp://regie:hunter2@mail.example"),
        ("REGIE__MAIL__FROM", "Regie <regie@example.nl>"),
    ];
    let checked = machine.run("--data data --check", &[database.as_slice(), &mail].concat());
    assert!(checked.status.success());
    let said = String::from_utf8([checked.stdout, checked.stderr].concat()).expect("text");
    assert!(
        said.contains("127.0.0.1/regie") && said.contains("smtp://mail.example"),
        "{said}"
    );
    assert!(!said.contains("hunter2"), "{said}");
    for (line, environment) in [
        ("--data data", database.as_slice()),
        ("--data data admin seats", &database),
        ("--data data backup --out b", &database),
        (
            "--data data",
            &[("REGIE__DATABASE__URL", "postgresql://regie:hunter2@db.example/x")],
        ),
        (
            "--data data",
            &[("REGIE__MAIL__SMTP", "mail://regie:hunter2@mail.example")],
        ),
    ] {
        let said = machine.refuses(line, environment);
        assert!(!said.contains("hunter2"), "{said}");
    }
    assert!(
        !machine.at("data/keys").exists(),
        "no keys are made for a database that does not answer"
    );
}

/// PostgreSQL, until it is dropped.
struct Postgres(Child, String);

impl Postgres {
    fn begin() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/postgres");
        let mut child = Command::new(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("scripts/postgres");
        let mut url = String::new();
        let output = child.stdout.take().expect("its output");
        BufReader::new(output).read_line(&mut url).expect("a line");
        Self(child, url.trim().to_owned())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // It stops when its standard input closes.
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

#[test]
fn what_was_acknowledged_is_there_and_the_log_is_unbroken_whoever_is_killed() {
    let postgres = Postgres::begin();
    for url in [None, Some(postgres.1.as_str())] {
        let machine = Machine::begin();
        let environment: Vec<_> = url.map(|url| ("REGIE__DATABASE__URL", url)).into_iter().collect();
        let listed = |line: &str| {
            let output = machine.run(line, &environment);
            let said = String::from_utf8([output.stdout, output.stderr].concat()).expect("text");
            assert!(output.status.success(), "{line}: {said}");
            said
        };
        listed("--data data admin keys");
        listed("--data data admin seats");
        let add = "--data data admin organisation add --name Bakkerij --seats 3 --until 2099-12-31";
        let mut acknowledged = Vec::new();
        for round in 0..5 {
            let children: Vec<Child> = (0..6)
                .map(|_| {
                    Command::new(env!("CARGO_BIN_EXE_regie-server"))
                        .args(add.split_whitespace())
                        .current_dir(machine.0.path())
                        .envs(environment.iter().copied())
                        .stdout(Stdio::piped())
                        .stderr(Stdio::piped())
                        .spawn()
                        .expect("starts")
                })
                .collect();
            for (number, mut child) in children.into_iter().enumerate() {
                if number % 2 == 0 {
                    // At another moment each time.
                    thread::sleep(Duration::from_millis(round * 7));
                    child.kill().expect("kills");
                }
                let output = child.wait_with_output().expect("ends");
                acknowledged.extend(
                    String::from_utf8(output.stdout)
                        .expect("text")
                        .lines()
                        .map(str::to_owned),
                );
            }
        }
        assert!(acknowledged.len() >= 15, "{acknowledged:?}");
        let there = listed("--data data admin organisation list");
        for id in &acknowledged {
            assert!(there.contains(id), "{id} in {there}");
        }
        let log = listed("--data data admin log");
        assert!(
            log.matches("organisation.added").count() >= there.lines().count(),
            "{log}"
        );
        assert!(log.contains("Unbroken"), "{log}");
    }
}
