//! A week with an account, with every connection of the program written down by the system.

use std::io::Write;

use super::*;

/// Internet addresses in a line of the trace, with their ports.
fn addresses(line: &str) -> Option<(u16, &str)> {
    let (_, rest) = line.split_once("sin_port=htons(")?;
    let (port, rest) = rest.split_once(')')?;
    let (_, rest) = rest.split_once("inet_addr(\"")?;
    Some((port.parse().ok()?, rest.split('"').next()?))
}

#[test]
fn v11_in_a_week_with_an_account_the_program_connects_to_the_configured_server_and_to_nothing_else() {
    let mut server = Running::begin();
    let code = server.code();
    let profile = Profile::default();
    let trace = profile.folder().with_extension("trace");
    let mut child = Command::new("strace")
        .args([
            "-f",
            "-e",
            "trace=socket,connect,bind,sendto,sendmsg,sendmmsg",
            "-o",
        ])
        .arg(&trace)
        .arg(env!("CARGO_BIN_EXE_regie-story"))
        .args(["week".as_ref(), profile.folder().as_os_str()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("strace is installed");
    let root = data_encoding::HEXLOWER.encode(server.root.as_bytes());
    let mails = server.mails_folder().display().to_string();
    let mut input = child.stdin.take().expect("a pipe");
    for word in [&server.address, &root, &code, &mails] {
        writeln!(input, "{word}").expect("writes");
    }
    drop(input);
    let output = child.wait_with_output().expect("ends");
    let said = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success(), "{said}");
    assert_eq!(said.matches("day ").count(), 7, "{said}");
    assert!(said.contains("left"), "{said}");

    let port: u16 = server
        .address
        .rsplit(':')
        .next()
        .expect("a port")
        .parse()
        .expect("a number");
    let trace = File::open(trace).expect("a trace");
    let trace = std::io::read_to_string(trace).expect("text");
    let mut connected = 0;
    for line in trace.lines() {
        assert!(
            !line.contains("AF_INET6") && !line.contains("SOCK_DGRAM"),
            "{line}"
        );
        let Some((to, host)) = addresses(line) else {
            // Not even to a program on this machine: whatever has an address that is not the internet's.
            assert!(!line.contains("connect(") && !line.contains("AF_UNIX"), "{line}");
            continue;
        };
        assert_eq!((to, host), (port, "127.0.0.1"), "{line}");
        connected += 1;
    }
    // It keeps a connection for as long as there is one.
    assert!(connected > 0, "the trace shows connections");
    let asked = said.lines().find_map(|line| line.strip_prefix("asked "));
    let asked: usize = asked.expect("a number").parse().expect("a number");
    assert!(asked > 25, "the week was full: {asked}");
}
