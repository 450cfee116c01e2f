use std::net::{IpAddr, Ipv4Addr};

use super::*;

#[test]
fn asked_to_stop_it_answers_what_is_under_way_and_ends_within_a_second() {
    let mut server = Server::start("");
    let url = format!("{}/story/slow", server.url);
    // A connection that waits for nothing keeps nobody up.
    let idle = client();
    idle.get(format!("{}/health", server.url))
        .send()
        .expect("an answer");
    let under_way = std::thread::spawn(move || client().get(url).send().and_then(Response::text));
    std::thread::sleep(Duration::from_millis(150));
    let asked = Instant::now();
    server.signal(rustix::process::Signal::TERM);
    std::thread::sleep(Duration::from_millis(50));
    assert!(
        client().get(format!("{}/health", server.url)).send().is_err(),
        "nobody new is let in"
    );
    let status = server
        .ended(Duration::from_secs(1))
        .expect("it ends within a second");
    println!("server.stop {} ms", asked.elapsed().as_millis());
    assert!(status.success());
    assert_eq!(under_way.join().expect("a thread").expect("an answer"), "at last");
}

#[test]
fn what_does_not_end_by_itself_is_ended_at_the_deadline() {
    let mut server = Server::start_with("", &[("REGIE__SERVER__STOP_SECONDS", "1")]);
    let url = format!("{}/story/stuck", server.url);
    let stuck = std::thread::spawn(move || client().get(url).send().is_err());
    std::thread::sleep(Duration::from_millis(150));
    server.signal(rustix::process::Signal::INT);
    assert!(server.ended(Duration::from_secs(3)).expect("it ends").success());
    assert!(stuck.join().expect("a thread"));
}

#[test]
fn the_log_of_a_run_holds_routes_and_times_and_nothing_about_anybody() {
    let server = Server::start_with(PUBLIC, &[("REGIE__LOG__LEVEL", "debug")]);
    // Addresses of this machine that nothing else has.
    let from = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 77));
    let builder = builder().local_address(from).user_agent("traceable-agent");
    let client = builder.build().expect("a client");
    for path in [
        "/statement/2?lang=nl&note=traceable-query",
        "/traceable-path?note=traceable-query",
        "/problems/traceable-path",
        "/story/panic?note=traceable-query",
    ] {
        let _answer = client
            .get(format!("{}{path}", server.url))
            .header("X-Forwarded-For", "203.0.113.77")
            .header("Cookie", "name=traceable-cookie")
            .header("X-Request-Id", "traceable-id")
            .send()
            .expect("an answer");
    }
    let body = client
        .post(format!("{}/story/json", server.url))
        .body("traceable-body");
    let _answer = body
        .header("Content-Type", "application/json")
        .send()
        .expect("an answer");
    let log = server.stop();
    for trace in ["traceable", "203.0.113.77", "127.0.0.77", "what a stranger wrote"] {
        assert!(!log.contains(trace), "{trace} in {log}");
    }
    let requests: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .filter(|event: &Value| event["message"] == "request")
        .collect();
    let told: Vec<_> = requests
        .iter()
        .map(|event| (event["route"].as_str(), event["status"].as_u64()))
        .collect();
    assert_eq!(
        told,
        [
            (Some("/statement/{version}"), Some(200)),
            (Some("none"), Some(404)),
            (Some("/problems/{code}"), Some(404)),
            (Some("/story/panic"), Some(500)),
            (Some("/story/json"), Some(400)),
        ]
    );
    for event in &requests {
        assert!(
            event["request"].as_str().is_some_and(|id| id.len() == 36),
            "{event}"
        );
        assert!(
            event["milliseconds"].as_f64().is_some_and(|time| time >= 0.0),
            "{event}"
        );
    }
    assert!(
        log.contains("\"message\":\"panic\""),
        "a panic is told by its place"
    );
}

#[test]
fn metrics_count_by_route_and_are_never_where_the_public_is() {
    let alone = Server::start("");
    alone.get("/statement/2?lang=nl&note=traceable-query");
    alone.get("/traceable-path");
    let text = alone.get("/metrics").text().expect("text");
    let counted = |line: &&str| line.starts_with("regie_http_requests_total{");
    let lines: Vec<_> = text.lines().filter(counted).collect();
    let wanted = [
        "method=\"GET\"",
        "route=\"/statement/{version}\"",
        "status=\"200\"",
    ];
    assert!(
        lines
            .iter()
            .any(|line| wanted.iter().all(|part| line.contains(part)) && line.ends_with(" 1")),
        "{text}"
    );
    assert!(
        lines
            .iter()
            .any(|line| line.contains("route=\"none\"") && line.contains("status=\"404\""))
    );
    assert!(
        text.contains("regie_http_request_seconds_bucket{route=\"/statement/{version}\",le=\"0.1\"}"),
        "{text}"
    );
    assert!(!text.contains("traceable") && !text.contains("127.0.0.1"));

    let public = Server::start(PUBLIC);
    assert_eq!(public.get("/metrics").status(), 404);
    let apart = Server::start_with(PUBLIC, &[("REGIE__METRICS__LISTEN", "127.0.0.1:0")]);
    assert_eq!(apart.get("/metrics").status(), 404);
    let address = apart.address_of("metrics");
    let own = client()
        .get(format!("http://{address}/metrics"))
        .send()
        .expect("an answer");
    assert!(own.text().expect("text").contains("regie_http_requests_total"));
    let other = client()
        .get(format!("http://{address}/statement"))
        .send()
        .expect("an answer");
    assert_eq!(other.status(), 404);
}

/// Writes a new certificate for `localhost`; itself, as PEM.
fn certificate(folder: &Path) -> String {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).expect("writes");
    fs::write(folder.join("certificate.pem"), made.cert.pem()).expect("writes");
    made.cert.pem()
}

fn trusting(pem: &str) -> Client {
    let root = reqwest::Certificate::from_pem(pem.as_bytes()).expect("a certificate");
    builder().tls_certs_only([root]).build().expect("a client")
}

#[test]
fn a_proxy_before_it_may_speak_either_version_of_http() {
    let server = Server::start("");
    let url = format!("{}/health", server.url);
    let second = builder().http2_prior_knowledge().build().expect("a client");
    for (client, version) in [
        (client(), reqwest::Version::HTTP_11),
        (second, reqwest::Version::HTTP_2),
    ] {
        let answer = client.get(&url).send().expect("an answer");
        assert_eq!((answer.status().as_u16(), answer.version()), (200, version));
    }
}

#[test]
fn it_speaks_tls_itself_and_takes_a_renewed_certificate_while_it_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("text").to_owned();
    let first = certificate(folder.path());
    let (pem, key) = (path("certificate.pem"), path("key.pem"));
    let environment = [
        ("REGIE__TLS__CERTIFICATE", pem.as_str()),
        ("REGIE__TLS__KEY", key.as_str()),
    ];
    let server = Server::start_with("", &environment);
    let port = server.url.rsplit(':').next().expect("a port");
    let url = format!("https://localhost:{port}/health");
    let response = trusting(&first).get(&url).send().expect("an answer");
    assert_eq!(
        (response.status().as_u16(), response.version()),
        (200, reqwest::Version::HTTP_2)
    );
    assert!(
        !response.headers().contains_key("strict-transport-security"),
        "localhost is not ours alone"
    );

    let second = certificate(folder.path());
    assert!(trusting(&second).get(&url).send().is_err());
    server.signal(rustix::process::Signal::HUP);
    let began = Instant::now();
    while trusting(&second).get(&url).send().is_err() {
        assert!(
            began.elapsed() < Duration::from_secs(5),
            "the new one is not taken"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    // A broken pair changes nothing.
    fs::write(folder.path().join("certificate.pem"), "nothing").expect("writes");
    server.signal(rustix::process::Signal::HUP);
    std::thread::sleep(Duration::from_millis(200));
    assert!(trusting(&second).get(&url).send().is_ok());
    assert!(server.stop().contains("the new certificate is not used"));
}

#[test]
fn a_certificate_that_cannot_be_used_stops_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("broken.pem");
    fs::write(&file, "nothing").expect("writes");
    let file = file.to_str().expect("text");
    let said = refused(
        "",
        &[("REGIE__TLS__CERTIFICATE", file), ("REGIE__TLS__KEY", file)],
    );
    assert!(
        said.contains("tls.certificate and tls.key cannot be used"),
        "{said}"
    );
    let said = refused("", &[("REGIE__TLS__CERTIFICATE", file)]);
    assert!(
        said.contains("tls.key: certificate and key go together"),
        "{said}"
    );
}
