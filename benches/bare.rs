//! A bare window: what any window of this build costs, for `./bench start` to compare Regie's with.
//!
//! With `--rows FILE` it shows that page of rows instead, for `./bench window`. Same size, content policy, privacy mode and way of drawing as Regie's window, and a page of one line that reports its second
//! frame the way Regie's screens do. Nothing else.
#![allow(clippy::print_stderr, reason = "the measurement waits for this line")]

use std::borrow::Cow;

use tauri::{
    Assets, Runtime, WebviewUrl, WebviewWindowBuilder,
    utils::assets::{AssetKey, AssetsIter, CspHash},
};

const PAGE: &str = r#"<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>Bare</title>
    <script type="module" src="/bare.js"></script>
  </head>
  <body><p>Bare</p></body>
</html>"#;

const SCRIPT: &str = r#"
const report = () => window.__TAURI_INTERNALS__.invoke("screen_drawn", { screen: "bare" });
requestAnimationFrame(() => requestAnimationFrame(report));
"#;

const ROWS_STYLE: &str = include_str!("content/rows.css");
const ROWS_SCRIPT: &str = include_str!("content/rows.js");

/// The page and its script, served as Regie's own are.
struct BarePage {
    /// A page of rows, in place of the page of one line.
    rows: Option<String>,
}

impl<R: Runtime> Assets<R> for BarePage {
    fn get(&self, key: &AssetKey) -> Option<Cow<'_, [u8]>> {
        let text = match key.as_ref() {
            "/index.html" => self.rows.as_deref().unwrap_or(PAGE),
            "/rows.css" => ROWS_STYLE,
            "/rows.js" => ROWS_SCRIPT,
            "/bare.js" => SCRIPT,
            _ => return None,
        };
        Some(Cow::Borrowed(text.as_bytes()))
    }

    fn iter(&self) -> Box<AssetsIter<'_>> {
        Box::new(std::iter::empty())
    }

    fn csp_hashes(&self, _: &AssetKey) -> Box<dyn Iterator<Item = CspHash<'_>> + '_> {
        Box::new(std::iter::empty())
    }
}

#[tauri::command(async)]
#[allow(
    clippy::needless_pass_by_value,
    reason = "Tauri hands arguments over by value"
)]
fn screen_drawn(screen: String) {
    eprintln!("regie::drawn: screen={screen:?}");
}

fn main() -> anyhow::Result<()> {
    let mut arguments = pico_args::Arguments::from_env();
    let file: Option<std::path::PathBuf> = arguments.opt_value_from_str("--rows")?;
    let rows = file.map(std::fs::read_to_string).transpose()?;
    tauri::Builder::default()
        .invoke_handler(tauri::generate_handler![screen_drawn])
        .setup(|app| {
            // The capability of Regie's own window, by its label, lets the page report.
            let window = WebviewWindowBuilder::new(app, "main-0", WebviewUrl::App("index.html".into()))
                .title("Bare")
                .inner_size(1180.0, 820.0)
                .incognito(true)
                .build()?;
            regie_lib::draw_directly_without_a_card(&window);
            Ok(())
        })
        .run(tauri::generate_context!(assets = BarePage { rows }))?;
    Ok(())
}
