//! A complete little server for the window's stories, as a process of its own. It says on one line where it is, and then does what
//! each line asks: `stop`, `start`, `admin` with the words of `regie-server admin`, `scan` with a picture (PNG in base64), or
//! `digits` with the secret of a second factor. It ends with its input.

use std::io::{self, BufRead};

use data_encoding::{BASE32_NOPAD, BASE64};

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
            Some(("scan", picture)) => scan(picture),
            Some(("digits", secret)) => digits(secret, server.now()),
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

/// What the code on a picture says.
fn scan(picture: &str) -> String {
    let bytes = BASE64.decode(picture.as_bytes()).expect("base64");
    let picture = image::load_from_memory(&bytes).expect("a picture").to_luma8();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
        picture.get_pixel(x as u32, y as u32).0[0]
    });
    let codes = prepared.detect_grids();
    let [code] = codes.as_slice() else {
        panic!("{} codes", codes.len())
    };
    code.decode().expect("a code that can be read").1
}

/// What an app for second factors shows now.
fn digits(secret: &str, moment: i64) -> String {
    let secret = BASE32_NOPAD.decode(secret.as_bytes()).expect("a secret");
    let factor = totp_rs::Builder::new().with_secret(secret).build();
    let moment = u64::try_from(moment).expect("a moment");
    factor.expect("a factor").generate(moment).to_string()
}
