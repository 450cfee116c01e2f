//! What moving through a long diary costs in the real window, against a static page of the same rows: no framework, nothing
//! loaded on demand, every row laid out before the clock runs.

use std::ffi::OsStr;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use regie_client::{Client, DiaryFilter, EntryRow};

use crate::corpus::Corpus;
use crate::figure::{Bar, Figure, Report, in_ms, median};
use crate::place;
use crate::profile::{self, PASSPHRASE, SetClock};
use crate::start::{
    memory,
    window::{Display, Window},
};

/// Months to go to, by the keys of the list of months: the oldest, the newest, and in between. The first is left out of the
/// figure.
const JUMPS: [&[&str]; 12] = [
    &["End"],
    &["Home"],
    &["Next", "Next", "Next", "Next", "Next"],
    &["Next", "Next"],
    &["Prior", "Prior", "Prior"],
    &["Down"],
    &["End"],
    &["Prior", "Prior", "Up", "Up"],
    &["Home"],
    &["Next", "Down", "Down"],
    &["End"],
    &["Prior", "Prior", "Prior", "Prior"],
];
/// Screens to scroll by, and the time between two of them.
const SCREENS: u32 = 30;
const BETWEEN: Duration = Duration::from_millis(120);
/// Until a window has come to rest.
const REST: Duration = Duration::from_secs(2);
/// Until every row of the static page is laid out, which is not measured.
const LAYING_OUT: Duration = Duration::from_secs(600);
const ROUNDS: usize = 3;

/// Moments and processor time of one window.
#[derive(Default)]
struct Costs {
    jumps_ms: Vec<f64>,
    scrolls_ms: Vec<f64>,
}

/// `window.*`: printed as they are taken.
pub(crate) fn measure(corpus: &Corpus, report: &mut Report) -> anyhow::Result<()> {
    let folder = place::on_disk()?;
    let (home, profile) = (folder.path().join("home"), folder.path().join("profile"));
    fs::create_dir_all(&home)?;
    eprintln!("filling a vault with {} entries …", corpus.texts().len());
    profile::fill(&profile, corpus)?;
    let page = folder.path().join("rows.html");
    fs::write(&page, static_page(&profile, corpus)?)?;

    let (binaries, display) = (place::binaries()?, Display::start()?);
    let (mut ours, mut fixed) = (Costs::default(), Costs::default());
    for _ in 0..ROUNDS {
        let arguments = [OsStr::new("--profile"), profile.as_os_str()];
        let window = Window::open(&binaries.join("regie"), &arguments, &display, &home)?;
        window.wait_for("lock")?;
        window.type_text(PASSPHRASE)?;
        window.press("Return")?;
        window.wait_for("today")?;
        window.press("alt+3")?;
        window.wait_for("diary")?;
        ours.take(&window)?;
        drop(window);

        let arguments = [OsStr::new("--rows"), page.as_os_str()];
        let window = Window::open(&binaries.join("regie-bare"), &arguments, &display, &home)?;
        window.wait_up_to(LAYING_OUT, "diary")?;
        window.focus()?;
        fixed.take(&window)?;
    }
    report.print(&Figure {
        name: "window.month",
        unit: "ms",
        ours: median(ours.jumps_ms),
        baseline: Some(median(fixed.jumps_ms)),
        bar: Bar::times(2.0),
        beside: "static page of all rows".into(),
    })?;
    report.print(&Figure {
        name: "window.scroll",
        unit: "ms",
        ours: median(ours.scrolls_ms),
        baseline: Some(median(fixed.scrolls_ms)),
        bar: Bar::times(2.0),
        beside: format!("processor time for {SCREENS} screens"),
    })
}

impl Costs {
    /// Jumps and scrolls in a window that shows the list.
    fn take(&mut self, window: &Window) -> anyhow::Result<()> {
        sleep(REST);
        for (at, keys) in JUMPS.iter().enumerate() {
            window.press("ctrl+g")?;
            sleep(BETWEEN);
            for key in *keys {
                window.press(key)?;
            }
            sleep(BETWEEN);
            let pressed = window.press("Return")?;
            let drawn = window.wait_for("diary-month")?;
            if at > 0 {
                self.jumps_ms.push(in_ms(drawn - pressed));
            }
            sleep(BETWEEN);
        }
        sleep(REST);
        let before = memory::processor_time(window.id())?;
        for _ in 0..SCREENS {
            window.press("Next")?;
            sleep(BETWEEN);
        }
        sleep(REST);
        let after = memory::processor_time(window.id())?;
        self.scrolls_ms.push(in_ms(after.saturating_sub(before)));
        Ok(())
    }
}

/// A page with every row of the diary, by month, in the markup of Regie's own rows.
fn static_page(profile: &Path, corpus: &Corpus) -> anyhow::Result<String> {
    let clock = corpus.texts().last().map(|text| SetClock::at(&text.written));
    let clock = clock.ok_or_else(|| anyhow::anyhow!("no texts"))?;
    let client = Client::new(profile, clock);
    client.unlock(&profile::passphrase())?;
    let all = DiaryFilter::default();
    let mut page = String::from(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\" /><title>Rows</title>\
         <link rel=\"stylesheet\" href=\"/rows.css\" /><script type=\"module\" src=\"/rows.js\"></script></head>\
         <body><div class=\"list\" tabindex=\"0\">",
    );
    for month in client.diary_months(&all)? {
        write!(page, "<h2>{}</h2><ul>", month.of)?;
        let mut skip = 0;
        while skip < month.entries {
            for row in client.diary_rows(&all, month.of, skip, 200)? {
                write_row(&mut page, &row)?;
                skip += 1;
            }
        }
        page.push_str("</ul>");
    }
    page.push_str("</div></body></html>");
    Ok(page)
}

fn write_row(page: &mut String, row: &EntryRow) -> std::fmt::Result {
    let plain = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    write!(
        page,
        "<li><button><span class=\"when\">{}</span><span class=\"title\">{}</span><span class=\"preview\">{}</span></button></li>",
        row.written_at,
        plain(&row.title),
        plain(&row.preview),
    )
}
