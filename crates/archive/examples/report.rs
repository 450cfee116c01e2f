//! Writes a made-up year as a report, to look at: `cargo run -p regie-archive --example report -- FOLDER`.

#[path = "../tests/sample/mod.rs"]
mod sample;

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::PathBuf;
use std::time::Instant;

use regie_archive::report;
use regie_protocol::Language;

#[allow(clippy::print_stdout, reason = "a tool for whoever changes the report")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("a folder, please")?);
    fs::create_dir_all(&folder)?;
    let year = sample::a_year(2026);
    for (language, name) in [(Language::Nl, "nl"), (Language::En, "en")] {
        for given_only in [false, true] {
            let mut about = sample::about(language);
            about.given_only = given_only;
            let name = if given_only {
                format!("{name}-given")
            } else {
                name.to_owned()
            };
            let mut page = BufWriter::new(File::create(folder.join(format!("{name}.html")))?);
            report::html(&mut page, &year, &about)?;
            for volume in report::volumes(&year)? {
                let start = Instant::now();
                let pdf = report::pdf(&year, &about, &volume, &|| false)?;
                println!(
                    "{name} {}: {} bytes in {:?}",
                    volume.name,
                    pdf.len(),
                    start.elapsed()
                );
                fs::write(folder.join(format!("{name}.pdf")), pdf)?;
            }
        }
    }
    Ok(())
}
