//! A complete little server for the window's stories, as a process of its own. It says on one line where it is, and then does what
//! each line asks: `stop`, `start`, `admin` with the words of `regie-server admin`, `scan` with a picture (PNG in base64), `draw` with what
//! the code on such a picture says, or `digits` with the secret of a second factor. It ends with its input.

use std::io::{self, BufRead, Cursor};

use data_encoding::{BASE32_NOPAD, BASE64};
use image::ImageFormat;
use qrcode::{Color, QrCode};
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
            "config": server.data().join("regie-server.toml"),
        })
    );
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        let said = match line.split_once(' ') {
            Some(("admin", words)) => server.admin(words),
            Some(("scan", picture)) => scan(picture),
            Some(("draw", text)) => draw(text),
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

/// A code as it is printed: on white, each of its dots eight wide.
fn draw(text: &str) -> String {
    const DOT: u32 = 8;
    const MARGIN: u32 = 4;
    let code = QrCode::new(text).expect("a code");
    let dots = code.to_colors();
    let width = code.width() as u32;
    let side = (width + 2 * MARGIN) * DOT;
    let picture = image::GrayImage::from_fn(side, side, |x, y| {
        let [x, y] = [x, y].map(|place| (place / DOT).checked_sub(MARGIN).filter(|place| *place < width));
        let dot = x.zip(y).map(|(x, y)| dots[(y * width + x) as usize]);
        image::Luma([if dot == Some(Color::Dark) { 0 } else { 255 }])
    });
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).expect("writes");
    BASE64.encode(&bytes.into_inner())
}

/// What an app for second factors shows now.
fn digits(secret: &str, moment: i64) -> String {
    let secret = BASE32_NOPAD.decode(secret.as_bytes()).expect("a secret");
    let factor = totp_rs::Builder::new().with_secret(secret).build();
    let moment = u64::try_from(moment).expect("a moment");
    factor.expect("a factor").generate(moment).to_string()
}
