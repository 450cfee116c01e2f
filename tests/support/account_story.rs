//! A complete little server for the window's stories, as a process of its own. It says on one line where it is, and then does what
//! each line asks: `stop`, `start`, or `admin` with the words of `regie-server admin`. It ends with its input.

use std::io::{self, BufRead};

use regie_tests::server::{Engine, Running};
use serde_json::json;

fn main() {
    let mut server = Running::begin_on(Engine::Sqlite, 3);
    println!(
        "{}",
        json!({
            "address": server.address,
            "fingerprint": server.root.fingerprint().to_string(),
            "codes": server.codes,
            "organisation": server.organisation,
            "mails": server.mails_folder(),
        })
    );
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        let said = match line.split_once(' ') {
            Some(("admin", words)) => server.admin(words),
            _ if line == "stop" => {
                server.stop();
                String::new()
            }
            _ if line == "start" => {
                server.start_again();
                String::new()
            }
            _ => panic!("not a word that is known: {line}"),
        };
        println!("{}", json!({ "said": said }));
    }
    server.stop();
}
