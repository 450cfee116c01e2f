use typst::layout::{Frame, FrameItem};

use super::{desk, *};

/// Every text that stands on the pages, line after line.
fn set(sheets: &Sheets) -> String {
    let desk = desk::Desk::with(sheets, &|| false).expect("data");
    let document = desk.document().expect("a document");
    let mut all = String::new();
    for page in document.pages() {
        texts(&page.frame, &mut all);
    }
    desk::forget();
    all
}

fn texts(frame: &Frame, all: &mut String) {
    for (_, item) in frame.items() {
        match item {
            FrameItem::Text(text) => all.push_str(&text.text),
            FrameItem::Group(group) => texts(&group.frame, all),
            _ => {}
        }
    }
}

fn sheets(heading: &str, markdown: &str) -> Sheets {
    let say = Say(regie_protocol::Language::Nl);
    let at = "2026-11-23T21:14:00+01:00".parse().expect("a moment");
    let entry = Shown {
        at,
        heading: heading.to_owned(),
        when: Some(heading.to_owned()),
        mood: None,
        tags: Some(heading.to_owned()),
        held: Some(heading.to_owned()),
        attached: Some(heading.to_owned()),
        body: super::super::markdown::blocks(markdown, "beeld"),
    };
    let row = Row {
        when: heading.to_owned(),
        cells: vec![results::Cell {
            score: "64".into(),
            label: Some(heading.to_owned()),
        }],
        note: Some(heading.to_owned()),
        held: Some(heading.to_owned()),
    };
    Sheets {
        lang: "nl",
        region: "NL",
        title: heading.to_owned(),
        period: None,
        date: Date {
            year: 2026,
            month: 11,
            day: 23,
        },
        facts: Vec::new(),
        unprotected: "",
        words: Words::of(say),
        about: Part {
            title: "Over",
            text: Vec::new(),
            parts: Vec::new(),
        },
        charts: Vec::new(),
        results: vec![Results {
            title: heading.to_owned(),
            about: vec![heading.to_owned()],
            head: vec!["Wanneer".into(), heading.to_owned()],
            rows: vec![row],
            runs: Vec::new(),
        }],
        result_notes: Vec::new(),
        months: vec![Month {
            title: "november 2026".into(),
            entries: vec![entry],
        }],
        nothing: None,
        placeholders: None,
    }
}

#[test]
fn what_was_written_is_set_as_text_even_where_typst_would_read_it_as_code() {
    let hostile = r##"#read("/etc/passwd") $x^2$ *a* _b_ <l> @ref `c` = "#eval" // weg \n"##;
    let all = set(&sheets(
        hostile,
        &format!("{hostile}\n\n- #panic()\n\n    #set page(width: 1pt)\n"),
    ));
    let flat = |text: &str| text.split_whitespace().collect::<String>();
    let (all, title) = (flat(&all), flat(hostile));
    assert!(all.matches(&title).count() >= 7, "{all}");
    for part in ["#read(\"/etc/passwd\")$x^2$", "#panic()", "#setpage(width:1pt)"] {
        assert!(all.contains(part), "{part} in {all}");
    }
}

#[test]
fn a_volume_is_pdf_ua_1_also_with_deep_lists_strange_signs_and_endless_words() {
    let deep = "> - ".repeat(60) + "diep";
    let markdown = format!(
        "### Kop\n\n# Hoger\n\n{}\n\n{deep}\n\n1. een\n   - twee\n\n---\n\n\u{1f600}\u{200d}\u{1f525} \u{10fffd} שלום \u{202e}om\u{0}\u{7}\n\n![x](y) [a](https://example.org/{})",
        "z".repeat(4_000),
        "p/".repeat(400)
    );
    let made = desk::typeset(&sheets("Eerst \u{10fffd} wandelen", &markdown), &|| false).expect("a pdf");
    let text = String::from_utf8_lossy(&made);
    assert!(text.contains("pdfuaid"), "PDF/UA-1 is claimed");
}

#[test]
fn whoever_stops_while_pages_are_set_waits_for_none_of_them() {
    let asked = std::sync::atomic::AtomicU32::new(0);
    let stopped = || asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) > 3;
    let made = desk::typeset(&sheets("Dag", "Een *lange* tekst."), &stopped);
    assert!(matches!(made, Err(ArchiveError::Stopped)), "{made:?}");
}
