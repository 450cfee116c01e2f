use std::fs;

use tempfile::TempDir;

use super::*;

/// A server for others, with everything that it must say.
const WHOLE: &str = r#"
[server]
listen = "0.0.0.0:8080"
public_url = "https://regie.example.nl"
proxy = true

[operator]
name = "Regie bij Voorbeeld"
controller = { name = "Voorbeeld BV", post = "Straat 1\n1234 AB Plaats", email = "hallo@example.nl" }
privacy_officer = { name = "A. Jansen", email = "privacy@example.nl" }
complaints_officer = { name = { nl = "Klachtenbureau", en = "Complaints desk" }, phone = "+31 20 123 4567" }
security = { name = "Beheer", email = "security@example.nl" }

[[recipients]]
name = "Opslag BV"
role = "processor"
purpose = { nl = "De machines", en = "The machines" }
agreement = { nl = "Verwerkersovereenkomst, 2026", en = "Processing agreement, 2026" }
country = "NL"
parent_country = "DE"
remote_access = ["NL", "NO"]

[regions]
storage = ["NL"]
backup = ["DE"]
"#;

fn load_with(text: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("one.toml");
    fs::write(&file, text).expect("writes");
    let options = Options {
        data: Some(folder.path().to_owned()),
        config: Some(file),
        ..Options::default()
    };
    let pairs = environment
        .iter()
        .map(|&(name, text)| (name.to_owned(), text.to_owned()));
    Config::load(&options, pairs)
}

fn load(text: &str) -> Result<Config, ConfigError> {
    load_with(text, &[])
}

fn faults(loaded: Result<Config, ConfigError>) -> Vec<String> {
    let faults = loaded.expect_err("faults").0;
    faults.into_iter().map(|fault| fault.key).collect()
}

#[test]
fn a_folder_alone_is_enough_and_stays_on_this_machine() {
    let options = Options {
        data: Some("somewhere".into()),
        ..Options::default()
    };
    let config = Config::load(&options, []).expect("a configuration");
    assert!(config.listen.ip().is_loopback() && !config.is_public());
    assert_eq!(config.metrics, Metrics::Beside);
    assert!(!config.register.operator.name.nl.is_empty());
    assert_eq!(faults(Config::load(&Options::default(), [])), ["server.data"]);
}

#[test]
fn a_whole_configuration_holds_and_hides_the_metrics() {
    let config = load(WHOLE).expect("a configuration");
    assert!(config.is_public());
    assert_eq!(config.metrics, Metrics::Off);
    let register = &config.register;
    assert_eq!(register.recipients[0].remote_access[1].code(), "NO");
    assert_eq!(register.operator.complaints_officer.name.en, "Complaints desk");
    assert_eq!(register.operator.authority.name.nl, "Autoriteit Persoonsgegevens");
}

#[test]
fn an_unknown_key_is_refused_by_its_name_wherever_it_stands() {
    for (text, key) in [
        ("[server]\nlissten = \"127.0.0.1:1\"", "server.lissten"),
        ("[serfer]", "serfer"),
        (
            "[[recipients]]\nname = \"A\"\nland = \"NL\"",
            "recipients[0].land",
        ),
        ("[operator.controller]\nfax = \"1\"", "operator.controller.fax"),
    ] {
        let error = load(text).expect_err(key);
        assert_eq!(error.0[0].key, key);
        assert!(error.to_string().contains("unknown field"), "{error}");
    }
    let error = load_with("", &[("REGIE__SERVER__PROXXY", "true")]).expect_err("unknown");
    assert_eq!(error.0[0].key, "server.proxxy");
}

#[test]
fn the_environment_lies_over_the_file_and_text_stays_text() {
    let config = load_with(
        WHOLE,
        &[
            ("REGIE__LIMITS__BURST", "7"),
            ("REGIE__SERVER__LISTEN", "127.0.0.1:9"),
            ("REGIE__OPERATOR__CONTROLLER__PHONE", "+31201234567"),
            ("REGIE__REGIONS__STORAGE", "[\"SE\", \"FI\"]"),
            ("REGIE_UNRELATED", "x"),
        ],
    )
    .expect("a configuration");
    assert_eq!(config.limits.burst, 7);
    assert_eq!(config.listen.to_string(), "127.0.0.1:9");
    let phone = config.register.operator.controller.phone;
    assert_eq!(phone.as_deref(), Some("+31201234567"));
    assert_eq!(codes(&config.register.regions.storage), ["SE", "FI"]);
}

#[test]
fn everything_that_does_not_hold_is_told_at_once() {
    let found = faults(load(
        r#"
[server]
listen = "localhost"
public_url = "http://regie.example.nl/path"
stop_seconds = 1000
[tls]
key = "nowhere.pem"
[log]
level = "chatty"
[limits]
body_bytes = 1
request_seconds = 0
[operator.controller]
email = "a b@c"
web = "ftp://x"
[[recipients]]
role = "friend"
country = "Nederland"
"#,
    ));
    assert_eq!(
        found,
        [
            "server.listen",
            "server.public_url",
            "tls.certificate",
            "log.level",
            "limits.body_bytes",
            "limits.request_seconds",
            "server.stop_seconds",
            "operator.controller.email",
            "operator.controller.web",
            "recipients[0].purpose",
            "recipients[0].agreement",
            "recipients[0].name",
            "recipients[0].role",
            "recipients[0].country",
        ]
    );
}

#[test]
fn plain_http_reaches_this_machine_alone_unless_a_proxy_is_stated() {
    let open = WHOLE.replace("proxy = true", "");
    assert_eq!(faults(load(&open)), ["server.listen"]);
    let hidden = open.replace("0.0.0.0:8080", "127.0.0.1:8080");
    assert_eq!(faults(load(&hidden)), ["server.proxy"]);
    let bare = faults(load("[server]\nlisten = \"[::]:80\""));
    assert!(bare.contains(&"server.listen".into()) && bare.contains(&"operator.name".into()));
}

#[test]
fn whoever_lets_others_in_says_who_they_are() {
    for (missing, key) in [
        ("name = \"Regie bij Voorbeeld\"", "operator.name"),
        (
            "post = \"Straat 1\\n1234 AB Plaats\", ",
            "operator.controller.post",
        ),
        (", email = \"privacy@example.nl\"", "operator.privacy_officer"),
        (", phone = \"+31 20 123 4567\"", "operator.complaints_officer"),
        (", email = \"security@example.nl\"", "operator.security"),
        ("storage = [\"NL\"]", "regions.storage"),
        ("backup = [\"DE\"]", "regions.backup"),
        ("public_url = \"https://regie.example.nl\"", "server.public_url"),
    ] {
        assert!(WHOLE.contains(missing), "{missing}");
        assert_eq!(faults(load(&WHOLE.replace(missing, ""))), [key], "{missing}");
    }
}

#[test]
fn v12_no_place_outside_the_area_is_taken() {
    for (inside, outside, key) in [
        ("country = \"NL\"", "country = \"US\"", "recipients[0].country"),
        (
            "parent_country = \"DE\"",
            "parent_country = \"US\"",
            "recipients[0].parent_country",
        ),
        ("\"NO\"]", "\"GB\"]", "recipients[0].remote_access[1]"),
        (
            "storage = [\"NL\"]",
            "storage = [\"NL\", \"CH\"]",
            "regions.storage[1]",
        ),
        ("backup = [\"DE\"]", "backup = [\"US\"]", "regions.backup[0]"),
    ] {
        let error = load(&WHOLE.replacen(inside, outside, 1)).expect_err(key);
        assert_eq!(error.0.len(), 1, "{error}");
        assert_eq!(error.0[0].key, key);
        assert!(error.to_string().contains("outside the European Economic Area"));
    }
}

#[test]
fn a_broken_file_is_told_by_its_line_without_what_stands_there() {
    let error = load("[server]\nlisten = \"secret")
        .expect_err("broken")
        .to_string();
    assert!(error.contains("line 2") && !error.contains("secret"), "{error}");
    let options = Options {
        config: Some("/nowhere/at/all.toml".into()),
        ..Options::default()
    };
    assert!(Config::load(&options, []).is_err());
}

#[test]
fn what_is_kept_lies_in_the_folder_unless_it_is_said_otherwise() {
    let options = Options {
        data: Some("somewhere".into()),
        ..Options::default()
    };
    let config = Config::load(&options, []).expect("a configuration");
    let within = |name: &str| std::path::Path::new("somewhere").join(name);
    assert_eq!(config.database, Database::Sqlite(within("regie.db")));
    assert_eq!((config.keys, config.ledger), (within("keys"), within("ledger")));
    assert_eq!(config.deployment.file, within("deployment"));
    assert_eq!(config.mail, Mail::Folder(within("mails")));
    assert_eq!((config.backup.folder, config.backup.keep_days), (None, 30));

    let root = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let config = load(&format!(
        "[database]\nurl = \"postgresql://regie:secret@db.example/regie?sslmode=require\"\n\
         [keys]\nfile = \"/k\"\n[ledger]\nfile = \"/l\"\n[deployment]\nroot = \"{root}\"\n\
         [mail]\nsmtp = \"smtp://regie:secret@mail.example:587\"\nfrom = \"Regie <regie@example.nl>\"\n\
         [backup]\nfolder = \"/b\"\nkeep_days = 14\nevery_hours = 6\n"
    ))
    .expect("a configuration");
    assert!(config.deployment.root.is_some());
    assert_eq!(config.database.to_string(), "PostgreSQL db.example/regie");
    assert_eq!(config.mail.to_string(), "smtp://mail.example:587");
    assert!(matches!(&config.mail, Mail::Smtp { url, .. } if url.expose().ends_with("?tls=required")));
    assert!(!format!("{config:?}").contains("secret"), "{config:?}");
}

#[test]
fn database_and_mails_leave_this_machine_encrypted_alone() {
    let url = |url: &str| load(&format!("[database]\nurl = \"{url}\""));
    for good in [
        "postgresql://localhost/regie",
        "host=/run/postgresql dbname=regie",
        "postgresql://[::1]/regie",
        "postgresql://db.example/regie?sslmode=require",
    ] {
        assert!(url(good).is_ok(), "{good}");
    }
    for bad in [
        "postgresql://secret@db.example/regie",
        "postgresql://localhost,db.example/regie",
        "host=localhost hostaddr=192.0.2.1 dbname=regie",
        "postgresql://secret:secret@host:port:secret/",
        "dbname=regie",
    ] {
        let error = url(bad).expect_err(bad);
        assert_eq!(error.0[0].key, "database.url", "{bad}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    let smtp = |url: &str| load(&format!("[mail]\nsmtp = \"{url}\"\nfrom = \"regie@example.nl\""));
    for good in [
        "smtp://127.0.0.1:2525",
        "smtp://localhost",
        "smtps://u:p@mail.example",
    ] {
        let config = smtp(good).expect(good);
        assert!(
            matches!(config.mail, Mail::Smtp { url, .. } if !url.expose().contains("tls")),
            "{good}"
        );
    }
    for bad in [
        "mail.example",
        "http://mail.example",
        "smtp://secret@mail.example?tls=opportunistic",
    ] {
        let error = smtp(bad).expect_err(bad);
        assert_eq!(error.0[0].key, "mail.smtp");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    assert_eq!(faults(load("[mail]\nsmtp = \"smtp://localhost\"")), ["mail.from"]);
    assert_eq!(
        faults(load(
            "[mail]\nfrom = \"nobody\"\n[deployment]\nroot = \"00\"\n[backup]\nkeep_days = 0"
        )),
        ["mail.from", "deployment.root", "backup.keep_days"]
    );
}
