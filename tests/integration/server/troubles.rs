use regie_protocol::{Problem, ProblemCode};

use super::*;

const TIGHT: &[(&str, &str)] = &[
    ("REGIE__LIMITS__BODY_BYTES", "2000"),
    ("REGIE__LIMITS__REQUEST_SECONDS", "1"),
    ("REGIE__LIMITS__BURST", "20"),
    ("REGIE__LIMITS__REQUESTS_PER_MINUTE", "60"),
];

/// Reads a problem and checks that it says the same in every place.
fn problem(response: Response) -> ProblemCode {
    let status = response.status().as_u16();
    assert_eq!(header(&response, "content-type"), "application/problem+json");
    assert_eq!(header(&response, "cache-control"), "no-store");
    let id = header(&response, "x-request-id").to_owned();
    let problem: Problem = response.json().expect("a problem");
    assert_eq!((problem.status, problem.code.status()), (status, status));
    assert_eq!(problem.kind, format!("/problems/{}", problem.code.id()));
    assert_eq!(problem.instance, Some(format!("urn:uuid:{id}")));
    problem.code
}

#[test]
fn every_refusal_is_a_problem_with_a_code_whoever_refused() {
    let server = Server::start_with("", TIGHT);
    let post = |path: &str| client().post(format!("{}{path}", server.url));
    let mut seen = vec![
        problem(server.get("/nothing/here")),
        problem(server.get("/problems/no-such-code")),
        problem(server.get("/statement?lang=de")),
        problem(server.get("/story/panic")),
        problem(server.get("/story/stuck")),
        problem(post("/story/json").body("{}").send().expect("an answer")),
        problem(
            post("/statement")
                .body(vec![b'x'; 3000])
                .send()
                .expect("an answer"),
        ),
    ];
    // Without a length said beforehand the bytes are counted as they come.
    let unmeasured = reqwest::blocking::Body::new(std::io::repeat(b'x').take(3000));
    seen.push(problem(
        post("/story/body").body(unmeasured).send().expect("an answer"),
    ));
    let just = post("/story/body")
        .body(vec![b'x'; 2000])
        .send()
        .expect("an answer");
    assert_eq!(just.text().expect("text"), "2000");
    let wrong_method = post("/statement").send().expect("an answer");
    assert_eq!(header(&wrong_method, "allow"), "GET,HEAD");
    seen.push(problem(wrong_method));
    // Its folder is taken away: it runs, and cannot work.
    fs::remove_dir_all(server.folder.path().join("data")).expect("removes");
    assert_eq!(server.get("/health").status(), 200);
    seen.push(problem(server.get("/ready")));
    while !seen.contains(&ProblemCode::TooManyRequests) {
        let response = server.get("/style.css");
        if response.status() != 200 {
            seen.push(problem(response));
        }
    }
    // Those about accounts follow, and are met where accounts are tried.
    let any_server = ProblemCode::ALL
        .into_iter()
        .take_while(|code| *code != ProblemCode::InvitationUnknown);
    for code in any_server {
        assert!(seen.contains(&code), "{code:?} in {seen:?}");
    }
}

#[test]
fn an_address_that_asks_too_much_is_told_when_to_come_back() {
    let limits = [
        ("REGIE__LIMITS__BURST", "3"),
        ("REGIE__LIMITS__REQUESTS_PER_MINUTE", "60"),
    ];
    let server = Server::start_with(PUBLIC, &limits);
    let ask = |forwarded: &str| server.get_with("/style.css", &[("X-Forwarded-For", forwarded)]);
    for _ in 0..3 {
        assert_eq!(ask("203.0.113.7").status(), 200);
    }
    // What stands before the proxy's own word is the client's claim, and buys nothing.
    let refused = ask("198.51.100.1, 203.0.113.7");
    let wait: u64 = header(&refused, "retry-after").parse().expect("seconds");
    assert_eq!(problem(refused), ProblemCode::TooManyRequests);
    assert!((1..=2).contains(&wait), "{wait}");
    assert_eq!(ask("203.0.113.8").status(), 200);
    for _ in 0..10 {
        let watched = server.get_with("/health", &[("X-Forwarded-For", "203.0.113.7")]);
        assert_eq!(watched.status(), 200);
    }
    std::thread::sleep(Duration::from_secs(wait));
    assert_eq!(ask("203.0.113.7").status(), 200);
}

#[test]
fn without_a_stated_proxy_nobody_gets_new_limits_by_a_header() {
    let server = Server::start_with(
        "",
        &[
            ("REGIE__LIMITS__BURST", "3"),
            ("REGIE__LIMITS__REQUESTS_PER_MINUTE", "1"),
        ],
    );
    let ask = |number: u32| {
        let forwarded = format!("203.0.113.{number}");
        server
            .get_with("/style.css", &[("X-Forwarded-For", &forwarded)])
            .status()
            .as_u16()
    };
    assert_eq!([1, 2, 3, 4].map(ask), [200, 200, 200, 429]);
}

#[test]
fn a_head_that_trickles_in_is_not_waited_for() {
    use std::io::Write as _;
    let server = Server::start_with("", TIGHT);
    let address = server.url.trim_start_matches("http://");
    let mut stream = std::net::TcpStream::connect(address).expect("connects");
    stream
        .write_all(b"GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        .expect("writes");
    let began = Instant::now();
    let mut rest = Vec::new();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .expect("a limit");
    let _closed = stream.read_to_end(&mut rest).expect("it is closed");
    assert!(began.elapsed() < Duration::from_secs(5));
}
