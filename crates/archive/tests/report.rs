//! The readable report, as whoever opens it meets it.

#![allow(
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::unwrap_used,
    missing_docs,
    reason = "a test"
)]

mod sample;

use regie_archive::{
    ArchiveError,
    model::Run,
    report,
    source::{About, Source},
};
use regie_protocol::Language;
use sample::{a_year, about, empty, entry, held, moment, run};

fn page(source: &dyn Source, about: &About) -> String {
    let mut page = Vec::new();
    report::html(&mut page, source, about).expect("a page");
    String::from_utf8(page).expect("text")
}

/// Without the style, which has letters in it.
fn body(page: &str) -> &str {
    page.split_once("<body>").expect("a body").1
}

fn pdfs(source: &dyn Source, about: &About) -> Vec<Vec<u8>> {
    let volumes = report::volumes(source).expect("volumes");
    let all = volumes
        .iter()
        .map(|volume| report::pdf(source, about, volume, &|| false));
    all.collect::<Result<_, _>>().expect("a pdf")
}

fn is_strict(pdf: &[u8]) -> bool {
    pdf.starts_with(b"%PDF-1.7") && pdf.windows(7).any(|part| part == b"pdfuaid")
}

#[test]
fn a_year_is_strict_pdf_ua_1_and_a_whole_page_in_both_languages() {
    let year = a_year(2026);
    for (language, tag, words) in [
        (
            Language::Nl,
            "nl-NL",
            [
                "Je verloop",
                "stemming: licht",
                "Stilgezet sinds 3 maart 2026. Reden: ",
            ],
        ),
        (
            Language::En,
            "en-GB",
            ["Over time", "mood: light", "On hold since 3 March 2026. Reason: "],
        ),
    ] {
        let about = about(language);
        assert!(
            pdfs(&year, &about).iter().all(|pdf| is_strict(pdf)),
            "{language:?}"
        );
        let page = page(&year, &about);
        assert!(page.contains(&format!("<html lang=\"{tag}\">")));
        for said in words {
            assert!(body(&page).contains(said), "{said}");
        }
        assert!(page.ends_with("</main></body></html>\n"));
    }
}

#[test]
fn a_page_runs_nothing_loads_nothing_and_its_headings_skip_no_level() {
    let page = page(&a_year(2026), &about(Language::Nl));
    assert!(page.contains("default-src 'none'; style-src 'sha256-"));
    let body = body(&page);
    for refused in [
        "<script", " style=", " src=", "<link", "<img", " on", "<iframe", "url(",
    ] {
        let found = body.match_indices(refused).find(|(at, _)| {
            // Words of the diary may hold " on"; inside a tag nothing may.
            let before = &body[..*at];
            before.rfind('<') > before.rfind('>') || refused.starts_with('<')
        });
        assert!(found.is_none(), "{refused}");
    }
    let mut before = 0;
    for (at, _) in body.match_indices("<h") {
        let Some(level) = body[at + 2..].chars().next().and_then(|sign| sign.to_digit(10)) else {
            continue;
        };
        assert!(level <= before + 1, "h{level} after h{before}");
        before = level;
    }
    assert_eq!(body.matches("<h1").count(), 1);
}

#[test]
fn whatever_was_written_is_shown_as_text() {
    let hostile = "\"><script>alert(1)</script><img src=x onerror=alert(1)> #read(\"/etc/passwd\") {{x}}";
    let mut source = empty();
    let mut written = entry(moment(2026, 5, 1, 8, 0), hostile, hostile);
    written.tags = vec![hostile.into()];
    written.restriction = Some(held(hostile));
    source.entries.push(written);
    let mut taken = run("pulse-4", moment(2026, 5, 2, 8, 0), |_| 50.0);
    taken.note = hostile.into();
    source.runs.push(taken);
    let page = page(&source, &about(Language::En));
    let body = body(&page);
    assert!(!body.contains("<script") && !body.contains("<img"), "{body}");
    assert!(
        body.matches("&lt;script&gt;alert(1)&lt;/script&gt;").count() >= 5,
        "{body}"
    );
    assert!(
        pdfs(&source, &about(Language::En))
            .iter()
            .all(|pdf| is_strict(pdf))
    );
}

fn ten(change: impl Fn(u32, &mut Run)) -> sample::Sample {
    let mut source = empty();
    for month in 1..=10 {
        let score = if month == 10 { 100.0 } else { 50.0 };
        let mut taken = run("vitality-16", moment(2026, month, 7, 20, 0), |_| score);
        change(month, &mut taken);
        source.runs.push(taken);
    }
    source
}

#[test]
fn what_is_on_hold_is_shown_and_counts_in_no_chart_and_no_comparison() {
    let about = about(Language::En);
    let free = page(&ten(|_, _| {}), &about);
    assert!(free.contains("Vitality check: 10 results") && free.contains("clearly higher"));
    let one = page(
        &ten(|month, run| run.restriction = (month == 10).then(|| held("not mine"))),
        &about,
    );
    assert!(one.contains("Vitality check: 9 results from") && !one.contains("clearly higher"));
    assert!(one.contains("On hold since 3 March 2026. Reason: not mine"));
    let mut all = ten(|_, _| {});
    all.restriction = Some(held(""));
    let all = page(&all, &about);
    assert!(!all.contains("<figure") && all.contains("Everything is on hold"));
    assert!(all.contains("7 Oct 2026, 20:00"));
}

#[test]
fn for_another_party_there_are_answers_and_no_scores() {
    let mut about = about(Language::Nl);
    about.given_only = true;
    let source = ten(|_, _| {});
    let page = page(&source, &about);
    assert!(!page.contains("<figure") && !page.contains("class=\"score\"") && !page.contains("id=\"how\""));
    assert!(page.contains("<th scope=\"row\" dir=\"auto\">"));
    assert!(pdfs(&source, &about).iter().all(|pdf| is_strict(pdf)));
}

#[test]
fn nothing_only_checks_and_only_a_diary_are_reports_too() {
    let mut diary = empty();
    diary
        .entries
        .push(entry(moment(2025, 12, 31, 23, 50), "", "Vuurwerk"));
    diary.entries.push(entry(moment(2026, 1, 1, 0, 10), "Nieuw", ""));
    let about = about(Language::Nl);
    for (source, title, years) in [
        (empty(), "<h1>Dagboek en checks</h1>", vec![]),
        (ten(|_, _| {}), "<h1>Checks</h1>", vec![2026]),
        (diary, "<h1>Dagboek</h1>", vec![2025, 2026]),
    ] {
        assert!(page(&source, &about).contains(title), "{title}");
        assert_eq!(report::years(&source).expect("years"), years);
        let pdfs = pdfs(&source, &about);
        assert_eq!(pdfs.len(), years.len().max(1));
        assert!(pdfs.iter().all(|pdf| is_strict(pdf)), "{title}");
    }
}

#[test]
fn a_long_diary_becomes_a_pdf_a_year_and_parts_of_a_year() {
    let mut source = empty();
    for month in 1..=12 {
        source
            .entries
            .push(entry(moment(2025, month, 1, 8, 0), "", &"woord ".repeat(29_000)));
    }
    source.entries.push(entry(moment(2026, 1, 1, 8, 0), "", "kort"));
    let volumes = report::volumes(&source).expect("volumes");
    let names: Vec<_> = volumes.iter().map(|volume| volume.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "report/regie-2025-01.pdf",
            "report/regie-2025-02.pdf",
            "report/regie-2025-03.pdf",
            "report/regie-2026.pdf"
        ]
    );
}

#[test]
fn a_report_that_is_stopped_stops() {
    struct Stopped(sample::Sample);
    impl Source for Stopped {
        fn entries(
            &self,
            _: regie_archive::source::Each<'_, regie_archive::model::Entry>,
        ) -> Result<(), ArchiveError> {
            Err(ArchiveError::Stopped)
        }
        fn runs(&self, each: regie_archive::source::Each<'_, Run>) -> Result<(), ArchiveError> {
            self.0.runs(each)
        }
        fn attachments(&self, _: regie_archive::source::EachHeld<'_>) -> Result<(), ArchiveError> {
            Ok(())
        }

        fn preview(&self, _: uuid::Uuid) -> Result<Option<Vec<u8>>, ArchiveError> {
            Ok(None)
        }

        fn instruments(&self) -> &[regie_archive::model::Instrument] {
            self.0.instruments()
        }
        fn catalogue(&self) -> &[std::borrow::Cow<'static, regie_domain::meter::Instrument>] {
            self.0.catalogue()
        }
        fn choices(&self) -> &[regie_archive::model::Choice] {
            self.0.choices()
        }
        fn restriction(&self) -> Option<&regie_archive::model::Restriction> {
            self.0.restriction()
        }
        fn settings(&self) -> &regie_archive::model::Settings {
            self.0.settings()
        }
    }
    let mut page = Vec::new();
    let made = report::html(&mut page, &Stopped(empty()), &about(Language::Nl));
    assert!(matches!(made, Err(ArchiveError::Stopped)));
    assert!(page.is_empty());
}
