use std::time::Instant;

use super::*;

#[test]
fn a_folder_is_all_that_a_server_for_this_machine_needs() {
    let began = Instant::now();
    let server = Server::start("");
    let ready = server.get("/ready");
    println!("server.cold_start {} ms", began.elapsed().as_millis());
    assert_eq!(ready.status(), 200);
    assert_eq!(ready.json::<Value>().expect("JSON")["status"], "ready");
    assert_eq!(
        server.get("/health").json::<Value>().expect("JSON")["status"],
        "alive"
    );
    assert!(server.url.starts_with("http://127.0.0.1:"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = fs::metadata(server.folder.path().join("data")).expect("a folder");
        assert_eq!(folder.permissions().mode() & 0o777, 0o700);
    }
    let said = server.stop();
    let configuration = said
        .lines()
        .filter(|line| line.contains("\"message\":\"configuration\""));
    assert_eq!(configuration.count(), 1, "{said}");
}

#[test]
fn v12_the_server_refuses_to_start_with_anything_outside_the_area_and_names_it() {
    for (inside, outside, key) in [
        (
            "country = \"NL\"",
            "country = \"US\"",
            "recipients[0].country: US",
        ),
        (
            "parent_country = \"DE\"",
            "parent_country = \"US\"",
            "recipients[0].parent_country: US",
        ),
        (
            "remote_access = [\"NO\"]",
            "remote_access = [\"NO\", \"IN\"]",
            "recipients[0].remote_access[1]: IN",
        ),
        (
            "storage = [\"NL\"]",
            "storage = [\"GB\"]",
            "regions.storage[0]: GB",
        ),
        ("backup = [\"FI\"]", "backup = [\"CH\"]", "regions.backup[0]: CH"),
    ] {
        assert!(PUBLIC.contains(inside), "{inside}");
        let said = refused(&PUBLIC.replacen(inside, outside, 1), &[]);
        assert!(
            said.contains(key) && said.contains("outside the European Economic Area"),
            "{said}"
        );
    }
    // On this machine alone too, and from the environment too.
    let said = refused("", &[("REGIE__REGIONS__BACKUP", "[\"US\"]")]);
    assert!(said.contains("regions.backup[0]: US"), "{said}");
    Server::start(PUBLIC).stop();
}

#[test]
fn an_unknown_key_is_refused_by_its_name() {
    let said = refused("[limits]\nbody_bites = 5", &[]);
    assert!(said.contains("limits.body_bites: unknown field"), "{said}");
    let said = refused("", &[("REGIE__LIMITS__BODY_BITES", "5")]);
    assert!(said.contains("limits.body_bites: unknown field"), "{said}");
}

#[test]
fn plain_http_beyond_this_machine_is_refused_without_a_stated_proxy() {
    let bare = PUBLIC
        .replace("proxy = true", "")
        .replace("127.0.0.1:0", "0.0.0.0:0");
    let said = refused(&bare, &[]);
    assert!(
        said.contains("server.listen: plain HTTP is spoken on this machine alone"),
        "{said}"
    );
    let said = refused("", &[("REGIE__SERVER__LISTEN", "0.0.0.0:0")]);
    for key in [
        "server.listen",
        "server.public_url",
        "operator.name",
        "operator.controller",
        "regions.storage",
    ] {
        assert!(said.contains(&format!("\n  {key}: ")), "{key} in {said}");
    }
}

#[test]
fn a_configuration_can_be_checked_without_starting() {
    let folder = tempfile::tempdir().expect("a folder");
    write_configuration(folder.path(), PUBLIC);
    let output = program(folder.path()).arg("--check").output().expect("runs");
    let said = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success());
    assert!(
        said.contains("https://regie.example.nl/") && said.lines().count() == 1,
        "{said}"
    );
}

#[test]
fn two_servers_do_not_take_one_address() {
    let first = Server::start("");
    let taken = first.url.trim_start_matches("http://").to_owned();
    let said = refused("", &[("REGIE__SERVER__LISTEN", &taken)]);
    assert!(said.contains(&format!("cannot listen on {taken}")), "{said}");
}
