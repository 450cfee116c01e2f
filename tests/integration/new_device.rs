//! The moment in which a new device is written: killed or without room it is a device of the account afterwards, or none, and never half of one.

use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use regie_client::{Client, PairEnd, PairState, Stage};
use regie_tests::server::Running;
use regie_tests::{PASSPHRASE, Profile, passphrase};

use crate::account::{Member, join, server, start};
use crate::crash::crashes;

/// A story in a process of its own that was told where the server is.
pub(crate) struct Story {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    // What it reads from: it ends when this does.
    _input: ChildStdin,
}

impl Story {
    pub(crate) fn begin(server: &Running, mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let mut input = child.stdin.take().expect("a pipe");
        let root = data_encoding::HEXLOWER.encode(server.root.as_bytes());
        writeln!(input, "{}\n{root}", server.address).expect("writes");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        Self {
            child,
            lines,
            _input: input,
        }
    }

    pub(crate) fn on(server: &Running, mode: &str, profile: &Profile) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_regie-story"));
        command.args([mode.as_ref(), profile.folder().as_os_str()]);
        Self::begin(server, command)
    }

    /// With a small disk of its own at the folder.
    fn on_a_small_disk(server: &Running, mode: &str, profile: &Profile) -> Self {
        let folder = profile.folder();
        std::fs::create_dir_all(&folder).expect("a folder");
        let script =
            format!("set -e; mount -t tmpfs -o size=6m tmpfs \"$DISK\"; exec \"$STORY\" {mode} \"$DISK\"");
        let mut command = Command::new("unshare");
        command
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", &script])
            .env("DISK", &folder)
            .env("STORY", env!("CARGO_BIN_EXE_regie-story"));
        Self::begin(server, command)
    }

    pub(crate) fn next(&mut self) -> String {
        self.lines.next().expect("a line").expect("text")
    }

    /// Kills it; whatever it said before that.
    pub(crate) fn kill(mut self) -> Vec<String> {
        self.child.kill().expect("kills");
        self.child.wait().expect("ends");
        self.lines.map_while(Result::ok).collect()
    }

    pub(crate) fn rest(mut self) -> Vec<String> {
        let said = self.lines.by_ref().map_while(Result::ok).collect();
        assert!(self.child.wait().expect("ends").success());
        said
    }
}

/// The names of devices that are not signed out; each of them is one of the account's.
fn living(client: &Client) -> Vec<String> {
    let devices = client.devices().expect("devices");
    assert!(devices.iter().all(|device| device.checked));
    let living = devices.into_iter().filter(|device| device.signed_out.is_none());
    let mut names: Vec<_> = living.map(|device| device.name).collect();
    names.sort_unstable();
    names
}

#[test]
fn killed_while_a_new_device_logs_in_it_has_a_whole_vault_or_none() {
    let mut server = server();
    let member = join(&mut server);
    // How long it takes where nobody kills it.
    let whole = Profile::default();
    let mut story = Story::on(&server, "new-device", &whole);
    assert_eq!(story.next(), "ready");
    let began = Instant::now();
    assert_eq!(story.next(), "None");
    let (took, crashes) = (began.elapsed(), crashes(12));
    drop(story.rest());
    for crash in 0..crashes {
        // A login that was begun and never ended counts as a failure, for a day.
        server.go_ahead(86_401);
        // Most of the time goes into Argon2id, at the beginning; the vault is written at the end.
        let part = 0.3 + 0.7 * (crash as f64 + 0.5) / crashes as f64;
        let profile = Profile::default();
        let mut story = Story::on(&server, "new-device", &profile);
        assert_eq!(story.next(), "ready");
        // The last one is killed once it is in, however slow this machine became since it was timed.
        let was_in = crash + 1 == crashes && story.next() == "None";
        if !was_in {
            std::thread::sleep(took.mul_f64(part));
        }
        let acknowledged = story.kill().iter().any(|line| line == "None") || was_in;

        let client = start(&server, &profile);
        match client.stage() {
            Stage::Locked { .. } => {
                client.unlock(&passphrase(PASSPHRASE)).expect("a whole vault");
                assert!(client.account().expect("a view").joined.is_some());
                assert!(living(&client).contains(&"Telefoon".to_owned()));
            }
            stage => {
                assert!(!acknowledged, "{stage:?} after it was in");
                client.look_at_server(&server.address, None).expect("a server");
                let form = regie_client::LogInForm {
                    email: crate::account::EMAIL.into(),
                    by: crate::account::by_passphrase(PASSPHRASE),
                    factor: None,
                    device_name: "Telefoon".into(),
                    consents: Vec::new(),
                };
                assert_eq!(
                    client.log_in_on_new_device(&form),
                    Ok(Stage::Open),
                    "it may be tried again"
                );
            }
        }
    }
    assert!(living(&member.client).contains(&"Laptop".to_owned()));
}

#[test]
fn without_room_for_a_vault_a_new_device_is_told_and_leaves_no_half_of_one() {
    let mut server = server();
    drop(join(&mut server));
    let profile = Profile::default();
    let story = Story::on_a_small_disk(&server, "new-device-without-room", &profile);
    let said = story.rest();
    assert!(said[0].contains("DiskFull"), "{said:?}");
    assert!(said[1].starts_with("FirstRun"), "{said:?}");
    assert_eq!(said[2..], ["with room: None", "Open", "knows the others: true"]);
}

/// Says yes on the device that is there, and lets the new one in.
fn let_in(member: &Member, code: &str, agreed: impl FnOnce()) {
    let client = &member.client;
    client.pair_enter(code).expect("enters");
    wait_for(client, |state| matches!(state, PairState::Compare { .. }));
    client.pair_compare(true).expect("says yes");
    wait_for(client, |state| *state == PairState::Passphrase);
    agreed();
    let shown = client.pair_newcomer().expect("a new device");
    client
        .pair_finish(&shown, &passphrase(PASSPHRASE), None)
        .expect("lets it in");
}

fn wait_for(client: &Client, passes: impl Fn(&PairState) -> bool) -> PairState {
    let began = Instant::now();
    loop {
        let now = client.pair_state().expect("a state");
        if passes(&now) {
            return now;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{now:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn killed_while_a_device_that_was_let_in_is_written_it_is_in_or_is_signed_out_again() {
    let mut server = server();
    let member = join(&mut server);
    for crash in 0..crashes(8) {
        let profile = Profile::default();
        let mut story = Story::on(&server, "paired", &profile);
        let code = story.next();
        let_in(&member, &code, || assert_eq!(story.next(), "agreed"));
        // It looks every two seconds at most; what it needs is taken and written in the moments after that.
        std::thread::sleep(Duration::from_millis(crash * 300));
        story.kill();

        let client = start(&server, &profile);
        client
            .unlock(&passphrase(PASSPHRASE))
            .expect("its vault is whole");
        let is_in = client.account().expect("a view").joined.is_some();
        if is_in {
            assert!(
                living(&client).contains(&"Telefoon".to_owned()),
                "it is one of the account's"
            );
        }
        if member.client.pair_state().expect("a state") == PairState::Arriving {
            member.profile.clock.pass(chrono::TimeDelta::seconds(91));
        }
        let over = |state: &PairState| matches!(state, PairState::Done | PairState::Ended { .. });
        let end = wait_for(&member.client, over);
        match end {
            PairState::Done => assert!(is_in, "nobody is in who did not come"),
            PairState::Ended { why } => assert_eq!(why, PairEnd::Untaken),
            other => panic!("{other:?}"),
        }
        let there = living(&member.client);
        assert_eq!(
            there.contains(&"Telefoon".to_owned()),
            end == PairState::Done,
            "{there:?}"
        );
        for device in member.client.devices().expect("devices") {
            if device.name == "Telefoon" && device.signed_out.is_none() {
                let one = regie_client::SignOut::One(device.id);
                member.client.sign_out(&one, false).expect("signs out");
            }
        }
    }
}

#[test]
fn without_room_a_device_that_was_let_in_waits_with_what_arrived_and_comes_once_there_is_room() {
    let mut server = server();
    let member = join(&mut server);
    let profile = Profile::default();
    let mut story = Story::on_a_small_disk(&server, "paired-without-room", &profile);
    let code = story.next();
    let_in(&member, &code, || assert_eq!(story.next(), "agreed"));
    let said = story.rest();
    assert!(said[0].contains("DiskFull"), "{said:?}");
    assert_eq!(
        said[1..],
        ["joined: false", "with room: Ok(Done)", "joined: true"]
    );
    wait_for(&member.client, |state| *state == PairState::Done);
    assert_eq!(living(&member.client), ["Laptop", "Telefoon"]);
}
