use regie_protocol::{Language, ProblemCode, processor::Register, statement};

use super::*;

const NAMES: [(Language, &str); 2] = [(Language::Nl, "nl"), (Language::En, "en")];

/// Every address without login that shows a page.
fn pages() -> Vec<String> {
    let mut pages = vec!["/statement".to_owned(), "/recipients".to_owned()];
    pages.extend(
        statement::ALL
            .iter()
            .map(|one| format!("/statement/{}", one.version)),
    );
    pages.extend(
        ProblemCode::ALL
            .iter()
            .map(|code| format!("/problems/{}", code.id())),
    );
    pages
}

#[test]
fn h17_v28_the_newest_statement_and_every_earlier_one_are_there_without_login_in_both_languages() {
    let server = Server::start(PUBLIC);
    for (language, name) in NAMES {
        let newest = statement::newest();
        let by_header = server.get_with(
            "/statement",
            &[("Accept-Language", name), ("Accept", "text/markdown")],
        );
        assert_eq!(header(&by_header, "content-language"), name);
        assert_eq!(header(&by_header, "content-type"), "text/markdown; charset=utf-8");
        assert_eq!(by_header.text().expect("text"), newest.markdown(language));
        let by_name = server.get(&format!("/statement.md?lang={name}"));
        assert_eq!(by_name.text().expect("text"), newest.markdown(language));
        for one in statement::ALL {
            let number = one.version;
            let markdown = server.get(&format!("/statement/{number}.md?lang={name}"));
            assert_eq!(markdown.text().expect("text"), one.markdown(language));
            let page = server.get(&format!("/statement/{number}?lang={name}"));
            assert_eq!(header(&page, "content-type"), "text/html; charset=utf-8");
            let page = page.text().expect("text");
            assert!(page.contains(&format!("<html lang=\"{name}\">")));
            let title = one.markdown(language).lines().next().expect("a line");
            assert!(page.contains(&format!("<h1>{}</h1>", title.trim_start_matches("# "))));
            assert!(page.contains("privacy@example.nl") && page.contains("Autoriteit Persoonsgegevens"));
        }
    }
    // Liked best wins; the address wins over it.
    let page = server.get_with("/statement", &[("Accept-Language", "fr, nl;q=0.9, en;q=0.1")]);
    assert_eq!(header(&page, "content-language"), "nl");
    let page = server.get_with("/statement?lang=en", &[("Accept-Language", "nl")]);
    assert_eq!(header(&page, "content-language"), "en");
    for nothing in [
        "/statement/0",
        "/statement/99",
        "/statement/02",
        "/statement/+2",
        "/statement/x.md",
    ] {
        assert_eq!(server.get(nothing).status(), 404, "{nothing}");
    }
}

#[test]
fn h16_no_page_sets_a_cookie_runs_a_script_or_fetches_from_elsewhere() {
    // More pages than one address may ask for at once.
    let server = Server::start_with(PUBLIC, &[("REGIE__LIMITS__BURST", "1000")]);
    let others = [
        "/style.css",
        "/openapi.json",
        "/health",
        "/.well-known/security.txt",
        "/nothing",
    ];
    for path in pages().iter().map(String::as_str).chain(others) {
        let response = server.get_with(path, &[("Accept", "text/html")]);
        for absent in ["set-cookie", "server", "x-powered-by", "etag"] {
            assert!(!response.headers().contains_key(absent), "{path}: {absent}");
        }
        let policy = header(&response, "content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'self';") && !policy.contains("unsafe"));
        assert_eq!(header(&response, "referrer-policy"), "no-referrer");
        assert_eq!(header(&response, "x-content-type-options"), "nosniff");
        assert!(header(&response, "strict-transport-security").starts_with("max-age="));
        assert!(response.headers().contains_key("cache-control"));
    }
    for path in pages() {
        let page = server.get_with(&path, &[("Accept", "text/html")]);
        assert_eq!(page.status(), 200, "{path}");
        let page = page.text().expect("text");
        for part in [
            "<script",
            "<img",
            "<iframe",
            "<form",
            "<object",
            " src=",
            " style=",
            "@import",
            "javascript:",
        ] {
            assert!(!page.contains(part), "{path}: {part}");
        }
        let sheets: Vec<_> = page.match_indices("<link").collect();
        assert!(
            sheets.len() == 1 && page.contains("<link rel=\"stylesheet\" href=\"/style.css\">"),
            "{path}"
        );
    }
    let sheet = server.get("/style.css").text().expect("text");
    assert!(!sheet.contains("url(") && !sheet.contains("@import"));
}

#[test]
fn v18_whoever_finds_a_hole_reads_where_to_report_it() {
    let server = Server::start(PUBLIC);
    let response = server.get("/.well-known/security.txt");
    assert_eq!(header(&response, "content-type"), "text/plain; charset=utf-8");
    let text = response.text().expect("text");
    let lines: Vec<(&str, &str)> = text
        .lines()
        .map(|line| line.split_once(": ").expect("a field"))
        .collect();
    let field = |name: &str| lines.iter().find(|(field, _)| *field == name).expect(name).1;
    assert_eq!(field("Contact"), "mailto:security@example.nl");
    assert_eq!(field("Preferred-Languages"), "nl, en");
    assert_eq!(
        field("Canonical"),
        "https://regie.example.nl/.well-known/security.txt"
    );
    let expires = chrono::DateTime::parse_from_rfc3339(field("Expires")).expect("a moment");
    let left = std::time::SystemTime::from(expires).duration_since(std::time::SystemTime::now());
    let days = left.expect("not over").as_secs() / 86_400;
    assert!((30..365).contains(&days), "{days}");
}

#[test]
fn the_register_of_recipients_is_there_as_data_and_as_a_page() {
    let server = Server::start(PUBLIC);
    let register: Register = server.get("/recipients").json().expect("a register");
    assert_eq!(
        register.recipients[0]
            .parent_country
            .as_ref()
            .expect("a parent")
            .code(),
        "DE"
    );
    assert_eq!(register.operator.controller.name.en, "Voorbeeld BV");
    assert_eq!(register.regions.backup[0].code(), "FI");
    // Nobody but this machine gets there: who was not named is left out, and it reads the same.
    let alone: Value = Server::start("").get("/recipients").json().expect("JSON");
    assert!(alone["operator"].get("privacy_officer").is_none());
    let alone: Register = serde_json::from_value(alone).expect("a register");
    assert!(alone.recipients.is_empty() && alone.operator.privacy_officer.is_empty());
    for (name, words) in [
        (
            "nl",
            [
                "Opslag &amp; Zonen BV",
                "Werkt in opdracht",
                "De machines",
                "Duitsland",
                "Noorwegen",
                "Finland",
            ],
        ),
        (
            "en",
            [
                "Opslag &amp; Zonen BV",
                "Works on instruction",
                "The machines",
                "Germany",
                "Norway",
                "Finland",
            ],
        ),
    ] {
        let page = server.get_with(
            &format!("/recipients?lang={name}"),
            &[("Accept", "text/html,*/*;q=0.8")],
        );
        let page = page.text().expect("text");
        for word in words {
            assert!(page.contains(word), "{word} in {page}");
        }
    }
}

#[test]
fn the_description_names_every_route_and_each_of_them_answers() {
    let server = Server::start("");
    let document: Value = server.get("/openapi.json").json().expect("JSON");
    assert!(document["openapi"].as_str().expect("a version").starts_with("3."));
    let paths = document["paths"].as_object().expect("paths");
    for path in [
        "/health",
        "/ready",
        "/statement",
        "/statement/{version}",
        "/recipients",
        "/.well-known/security.txt",
    ] {
        assert!(paths.contains_key(path), "{path}");
    }
    for (path, operations) in paths {
        let path = path.replace("{version}", "1").replace("{code}", "not-found");
        if !path.starts_with("/v1/") {
            assert_eq!(server.get(&path).status(), 200, "{path}");
            continue;
        }
        // What is about accounts asks for more than nothing, and says so in one of the ways that it names.
        for (method, operation) in operations.as_object().expect("operations") {
            let answer = match method.as_str() {
                "get" => server.get(&path),
                _ => super::client()
                    .post(format!("{}{path}", server.url))
                    .header("content-type", "application/json")
                    .body("{}")
                    .send()
                    .expect("an answer"),
            };
            let status = answer.status().as_u16();
            let named = operation["responses"].as_object().expect("answers");
            assert!(
                named.contains_key(&status.to_string()),
                "{method} {path}: {status}"
            );
        }
    }
    let codes = &document["components"]["schemas"]["ProblemCode"]["enum"];
    for code in ProblemCode::ALL {
        assert!(
            codes.as_array().expect("codes").contains(&code.id().into()),
            "{code:?}"
        );
    }
}
