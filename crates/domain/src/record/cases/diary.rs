use uuid::Uuid;

use super::{Case, Go, Stay, at, check, hold};
use crate::{
    EntryId,
    diary::{Entry, EntryRecord, LONGEST_BYTES, LONGEST_TITLE, MOST_TAGS, Mood},
    record::Record,
    restriction::Restriction,
};

fn entry(markdown: &str) -> Entry {
    Entry {
        id: EntryId(Uuid::from_u128(7)),
        own_title: String::new(),
        mood: None,
        tags: Vec::new(),
        markdown: markdown.to_owned(),
        written: at("2026-05-03T08:00:00+02:00"),
        edited: at("2026-05-03T08:05:00+02:00").at.to_utc(),
        caret: None,
        attachments: Vec::new(),
    }
}

fn text(markdown: &str) -> EntryRecord {
    EntryRecord::new(entry(markdown), None)
}

fn with(change: impl FnOnce(&mut Entry)) -> EntryRecord {
    let mut entry = entry("Gewandeld.");
    change(&mut entry);
    EntryRecord::new(entry, None)
}

fn titled(title: &str) -> EntryRecord {
    with(|entry| entry.own_title = title.to_owned())
}

fn mood(value: u8) -> EntryRecord {
    with(|entry| entry.mood = Mood::new(value))
}

fn tagged(tags: &[&str]) -> EntryRecord {
    with(|entry| entry.tags = tags.iter().map(|tag| (*tag).to_owned()).collect())
}

fn written(when: &str) -> EntryRecord {
    with(|entry| entry.written = at(when))
}

fn held(hold: Restriction) -> EntryRecord {
    EntryRecord::new(entry("Gewandeld."), Some(hold))
}

#[test]
fn a_text_that_was_written_on_two_devices_is_one_text_with_all_of_it() {
    let cases: Vec<Case<EntryRecord>> = vec![
        (
            "only one device wrote: its text stands, and nobody is told anything",
            Some(text("Vroeg op.")),
            text("Vroeg op. Koffie buiten."),
            text("Vroeg op."),
            text("Vroeg op. Koffie buiten."),
            Go,
        ),
        (
            "both devices wrote the very same: it stands once",
            Some(text("Vroeg op.")),
            text("Vroeg op. Koffie buiten."),
            text("Vroeg op. Koffie buiten."),
            text("Vroeg op. Koffie buiten."),
            Go,
        ),
        (
            "one wrote at the beginning, the other at the end: both are there",
            Some(text("Koffie buiten.")),
            text("Vroeg op. Koffie buiten."),
            text("Koffie buiten. Daarna gewandeld."),
            text("Vroeg op. Koffie buiten. Daarna gewandeld."),
            Stay,
        ),
        (
            "both went on at the end: one after the other, each whole",
            Some(text("Vroeg op.")),
            text("Vroeg op. Appels geplukt."),
            text("Vroeg op. Brood gebakken."),
            text("Vroeg op. Appels geplukt. Brood gebakken."),
            Stay,
        ),
        (
            "both rewrote the same sentence: both sentences stay, and no word is mixed",
            Some(text("Vroeg op. Het regende. Koffie buiten.")),
            text("Vroeg op. Het regende hard. Koffie buiten."),
            text("Vroeg op. Het regende zacht. Koffie buiten."),
            text("Vroeg op. Het regende hard. Het regende zacht. Koffie buiten."),
            Stay,
        ),
        (
            "they rewrote sentences beside each other: each is in its place",
            Some(text("Een. Twee. Drie.")),
            text("Eerst. Twee. Drie."),
            text("Een. Tweede. Drie."),
            text("Eerst. Tweede. Drie."),
            Stay,
        ),
        (
            "one took a sentence out, the other wrote elsewhere: it is out",
            Some(text("Vroeg op. Ruzie gehad. Koffie buiten.")),
            text("Vroeg op. Koffie buiten."),
            text("Vroeg op. Ruzie gehad. Koffie buiten. Goed geslapen."),
            text("Vroeg op. Koffie buiten. Goed geslapen."),
            Stay,
        ),
        (
            "one took a sentence out that the other rewrote: what was rewritten stays",
            Some(text("Vroeg op. Ruzie gehad. Koffie buiten.")),
            text("Vroeg op. Koffie buiten."),
            text("Vroeg op. Ruzie gehad, en bijgelegd. Koffie buiten."),
            text("Vroeg op. Ruzie gehad, en bijgelegd. Koffie buiten."),
            Stay,
        ),
        (
            "one cleared the text, the other added a sentence: the new sentence is there",
            Some(text("Vroeg op. Koffie buiten.")),
            text(""),
            text("Vroeg op. Koffie buiten. Goed geslapen."),
            text("Goed geslapen."),
            Stay,
        ),
        (
            "both added a paragraph: both are paragraphs of their own",
            Some(text("Vroeg op.")),
            text("Vroeg op.\n\nAppels geplukt."),
            text("Vroeg op.\n\nBrood gebakken."),
            text("Vroeg op.\n\nAppels geplukt.\n\nBrood gebakken."),
            Stay,
        ),
        (
            "both added to a list: every point is a point",
            Some(text("- appels\n- brood")),
            text("- appels\n- brood\n- kaas"),
            text("- appels\n- brood\n- melk"),
            text("- appels\n- brood\n- kaas\n- melk"),
            Stay,
        ),
        (
            "one went on in the line, the other began a paragraph: both as they were meant",
            Some(text("Vroeg op.")),
            text("Vroeg op. Appels geplukt."),
            text("Vroeg op.\n\nBrood gebakken."),
            text("Vroeg op. Appels geplukt.\n\nBrood gebakken."),
            Stay,
        ),
        (
            "both added the same sentence and then one more each: the same one stands once",
            Some(text("Vroeg op.")),
            text("Vroeg op. Gewandeld. Appels geplukt."),
            text("Vroeg op. Gewandeld. Brood gebakken."),
            text("Vroeg op. Gewandeld. Appels geplukt. Brood gebakken."),
            Stay,
        ),
        (
            "nobody knows what it was before: all of both stays, what is the same once",
            None,
            text("Vroeg op. Gewandeld. Laat naar bed."),
            text("Vroeg op. Brood gebakken. Laat naar bed."),
            text("Vroeg op. Gewandeld. Brood gebakken. Laat naar bed."),
            Stay,
        ),
        (
            "one moved a paragraph that the other went on with: nothing of either is gone",
            Some(text("Een.\n\nTwee.\n\nDrie.")),
            text("Twee.\n\nDrie.\n\nEen."),
            text("Een. Met meer.\n\nTwee.\n\nDrie."),
            text("Met meer.\n\nTwee.\n\nDrie.\n\nEen."),
            Stay,
        ),
    ];
    check(&cases);
}

#[test]
fn what_stands_beside_a_text_is_merged_field_by_field() {
    let cases: Vec<Case<EntryRecord>> = vec![
        (
            "one gave a title, the other a mood: it has both, and nothing gave way",
            Some(text("Gewandeld.")),
            titled("Zondag"),
            mood(4),
            with(|entry| {
                entry.own_title = "Zondag".to_owned();
                entry.mood = Mood::new(4);
            }),
            Go,
        ),
        (
            "two titles: both, beside each other",
            Some(titled("")),
            titled("Zondag"),
            titled("Bij oma"),
            titled("Bij oma / Zondag"),
            Stay,
        ),
        (
            "one title goes on where the other ends: the longer says both",
            Some(titled("")),
            titled("Zondag"),
            titled("Zondag bij oma"),
            titled("Zondag bij oma"),
            Stay,
        ),
        (
            "a title that one took off and the other put right stays",
            Some(titled("Zonag")),
            titled(""),
            titled("Zondag"),
            titled("Zondag"),
            Stay,
        ),
        (
            "two moods: the heavier one, and both can be seen",
            Some(mood(3)),
            mood(5),
            mood(2),
            mood(2),
            Stay,
        ),
        (
            "a mood that one took off and the other changed stays",
            Some(mood(3)),
            with(|entry| entry.mood = None),
            mood(4),
            mood(4),
            Stay,
        ),
        (
            "tags are a set: what either put on is on, what either took off is off",
            Some(tagged(&["werk", "slaap"])),
            tagged(&["werk", "slaap", "tuin"]),
            tagged(&["werk", "muziek"]),
            tagged(&["werk", "tuin", "muziek"]),
            Go,
        ),
        (
            "the same tag in other letters is one tag, as it was written before",
            Some(tagged(&["Café"])),
            tagged(&["Café", "tuin"]),
            tagged(&["cafe", "werk"]),
            tagged(&["cafe", "tuin", "werk"]),
            Go,
        ),
        (
            "two corrected the date: the earlier one, and both can be seen",
            Some(written("2026-05-03T08:00:00+02:00")),
            written("2026-05-02T08:00:00+02:00"),
            written("2026-05-01T21:00:00-05:00"),
            written("2026-05-01T21:00:00-05:00"),
            Stay,
        ),
        (
            "one corrected the date, the other wrote: the place's own clock comes along",
            Some(text("Gewandeld.")),
            written("2026-05-01T21:00:00-05:00"),
            text("Gewandeld. Moe."),
            with(|entry| {
                entry.written = at("2026-05-01T21:00:00-05:00");
                entry.markdown = "Gewandeld. Moe.".to_owned();
            }),
            Go,
        ),
        (
            "put on hold on one device while the other wrote: on hold, and nothing is lost",
            Some(text("Gewandeld.")),
            held(hold("2026-06-01T09:00:00+02:00", "Klopt niet.")),
            text("Gewandeld. Moe."),
            EntryRecord::new(
                entry("Gewandeld. Moe."),
                Some(hold("2026-06-01T09:00:00+02:00", "Klopt niet.")),
            ),
            Go,
        ),
        (
            "put on hold on both: since the earlier day, with both reasons",
            Some(text("Gewandeld.")),
            held(hold("2026-06-01T09:00:00+02:00", "Klopt niet.")),
            held(hold("2026-06-03T09:00:00+02:00", "Wordt nagevraagd.")),
            held(hold("2026-06-01T09:00:00+02:00", "Klopt niet. Wordt nagevraagd.")),
            Stay,
        ),
        (
            "released on one, another reason on the other: it rests",
            Some(held(hold("2026-06-01T09:00:00+02:00", ""))),
            text("Gewandeld."),
            held(hold("2026-06-01T09:00:00+02:00", "Klopt niet.")),
            held(hold("2026-06-01T09:00:00+02:00", "Klopt niet.")),
            Stay,
        ),
        (
            "released on one while the other gave a mood: released",
            Some(held(hold("2026-06-01T09:00:00+02:00", ""))),
            text("Gewandeld."),
            EntryRecord::new(
                Entry {
                    mood: Mood::new(4),
                    ..entry("Gewandeld.")
                },
                Some(hold("2026-06-01T09:00:00+02:00", "")),
            ),
            mood(4),
            Go,
        ),
    ];
    check(&cases);
}

#[test]
fn a_clock_that_is_wrong_by_years_decides_nothing_but_the_time_that_is_shown() {
    let wrong = |markdown: &str| {
        let mut entry = entry(markdown);
        entry.edited = at("2041-01-01T00:00:00+01:00").at.to_utc();
        EntryRecord::new(entry, None)
    };
    let merged = EntryRecord::merge(
        Some(&text("Een. Twee.")),
        &wrong("Een."),
        &text("Een. Twee. Drie."),
    );
    assert_eq!(merged.value, wrong("Een. Drie."));
}

#[test]
fn two_texts_that_are_too_long_for_one_entry_become_two_entries() {
    let long = |word: &str, spare: usize| word.repeat((LONGEST_BYTES - spare) / word.len());
    let (one, other) = (long("Alles anders. ", 0), long("Nooit meer zo. ", 1024));
    let merged = EntryRecord::merge(None, &text(&one), &text(&other));
    let apart = merged.apart.expect("an entry beside it");
    assert!(merged.originals);
    assert_eq!(
        (&merged.value.entry().markdown, &apart.entry().markdown),
        (&one, &other)
    );
    assert_ne!(merged.value.entry().id, apart.entry().id);
    let again = EntryRecord::merge(None, &text(&other), &text(&one));
    assert_eq!(again.apart, Some(apart), "the same id wherever it is merged");
}

#[test]
fn more_titles_and_tags_than_an_entry_holds_are_kept_as_originals() {
    let title = |letter: &str| titled(&letter.repeat(LONGEST_TITLE - 1));
    let merged = EntryRecord::merge(Some(&titled("")), &title("a"), &title("b"));
    assert!(merged.originals && merged.value == title("a"));
    let tags = |letter: char| -> Vec<String> {
        (0..MOST_TAGS)
            .map(|number| format!("{letter}{number:02}"))
            .collect()
    };
    let tagged = |letter: char| with(|entry| entry.tags = tags(letter));
    let merged = EntryRecord::merge(None, &tagged('a'), &tagged('b'));
    assert!(merged.originals && merged.value == tagged('a'));
}
