use chrono::DateTime;
use uuid::Uuid;

use super::{Case, Go, Stay, at, check};
use crate::{
    AttachmentId, EntryId,
    attachment::{
        Attached, Blob, BlobKey, Content, Extent, LONGEST_DESCRIPTION, MOST_MERGED, MOST_NAMED, Manifest,
        Media, State,
    },
    diary::{Entry, EntryRecord},
    record::Record,
};

/// An entry that names these, with their descriptions.
fn naming(list: &[(u128, &str)]) -> EntryRecord {
    let attachments = list.iter().map(|(id, description)| Attached {
        id: AttachmentId(Uuid::from_u128(*id)),
        description: (*description).to_owned(),
    });
    let entry = Entry {
        id: EntryId(Uuid::from_u128(7)),
        own_title: String::new(),
        mood: None,
        tags: Vec::new(),
        markdown: "Gewandeld.".to_owned(),
        written: at("2026-05-03T08:00:00+02:00"),
        edited: at("2026-05-03T08:05:00+02:00").at.to_utc(),
        caret: None,
        attachments: attachments.collect(),
    };
    EntryRecord::new(entry, None)
}

#[test]
fn the_list_of_an_entry_merges_as_a_set_and_its_descriptions_as_texts() {
    let cases: Vec<Case<EntryRecord>> = vec![
        (
            "a photo here, nothing there: it is in",
            Some(naming(&[])),
            naming(&[(1, "")]),
            naming(&[]),
            naming(&[(1, "")]),
            Go,
        ),
        (
            "a photo on each device: both are in",
            Some(naming(&[])),
            naming(&[(1, "")]),
            naming(&[(2, "")]),
            naming(&[(1, ""), (2, "")]),
            Go,
        ),
        (
            "the same photo put in on both: it is in once",
            Some(naming(&[])),
            naming(&[(1, "")]),
            naming(&[(1, "")]),
            naming(&[(1, "")]),
            Go,
        ),
        (
            "taken out here, left alone there: out",
            Some(naming(&[(1, ""), (2, "")])),
            naming(&[(2, "")]),
            naming(&[(1, ""), (2, "")]),
            naming(&[(2, "")]),
            Go,
        ),
        (
            "each took out another: both are out",
            Some(naming(&[(1, ""), (2, ""), (3, "")])),
            naming(&[(1, ""), (2, "")]),
            naming(&[(2, ""), (3, "")]),
            naming(&[(2, "")]),
            Go,
        ),
        (
            "taken out here, described there: out, for whoever took it out had seen it",
            Some(naming(&[(1, "")])),
            naming(&[]),
            naming(&[(1, "De kade.")]),
            naming(&[]),
            Go,
        ),
        (
            "moved here, another put in there: the new order, with the new one behind",
            Some(naming(&[(1, ""), (2, "")])),
            naming(&[(2, ""), (1, "")]),
            naming(&[(1, ""), (2, ""), (3, "")]),
            naming(&[(2, ""), (1, ""), (3, "")]),
            Go,
        ),
        (
            "described here, moved there: both hold",
            Some(naming(&[(1, ""), (2, "")])),
            naming(&[(1, "De kade."), (2, "")]),
            naming(&[(2, ""), (1, "")]),
            naming(&[(2, ""), (1, "De kade.")]),
            Go,
        ),
        (
            "described on both devices: both descriptions, one after the other",
            Some(naming(&[(1, "")])),
            naming(&[(1, "De kade.")]),
            naming(&[(1, "In mei.")]),
            naming(&[(1, "De kade. In mei.")]),
            Stay,
        ),
        (
            "without a common beginning nobody can tell what was taken out: all of both",
            None,
            naming(&[(1, ""), (2, "")]),
            naming(&[(2, ""), (3, "")]),
            naming(&[(1, ""), (2, ""), (3, "")]),
            Go,
        ),
    ];
    check(&cases);
}

#[test]
fn two_full_lists_put_together_lose_nothing_and_one_description_stays_within_its_limit() {
    let list = |from: u128| -> Vec<(u128, &str)> { (from..).take(MOST_NAMED).map(|id| (id, "")).collect() };
    let merged = EntryRecord::merge(Some(&naming(&[])), &naming(&list(100)), &naming(&list(200)));
    assert_eq!(merged.value.entry().attachments.len(), 2 * MOST_NAMED);
    let many: Vec<(u128, &str)> = (1..=MOST_MERGED as u128).map(|id| (id, "")).collect();
    let more: Vec<(u128, &str)> = (1_001..=1_000 + MOST_MERGED as u128).map(|id| (id, "")).collect();
    let merged = EntryRecord::merge(None, &naming(&many), &naming(&more));
    assert!(merged.originals && merged.value.entry().attachments.len() == MOST_MERGED);
    let long = |letter: &str| letter.repeat(LONGEST_DESCRIPTION);
    let (one, other) = (long("a"), long("b"));
    let merged = EntryRecord::merge(
        Some(&naming(&[(1, "")])),
        &naming(&[(1, &one)]),
        &naming(&[(1, &other)]),
    );
    assert!(merged.originals && merged.value == naming(&[(1, &one)]));
}

fn blob(state: State, number: u8) -> Manifest {
    Manifest {
        id: AttachmentId(Uuid::from_u128(1)),
        content: Content {
            media: Media::Jpeg,
            bytes: 1_234_567,
            hash: [9; 32],
            extent: Extent::Dots {
                width: 2_560,
                height: 1_920,
            },
        },
        blob: Blob {
            state,
            id: [number; 16],
            key: BlobKey([number; 32]),
        },
    }
}

fn coming(from: &str) -> State {
    State::Coming {
        from: from.to_owned(),
    }
}

fn lost(day: i64) -> State {
    State::Lost {
        since: DateTime::from_timestamp(day * 86_400, 0).expect("a day"),
    }
}

#[test]
fn what_is_known_of_a_photo_merges_by_what_is_known_to_be_later() {
    let there = || State::There;
    let other_content = |hash| {
        let mut manifest = blob(there(), 1);
        manifest.content.hash = [hash; 32];
        manifest
    };
    let cases: Vec<Case<Manifest>> = vec![
        (
            "sent from here, still on its way as far as the other knows: there",
            Some(blob(coming("laptop"), 1)),
            blob(there(), 1),
            blob(coming("laptop"), 1),
            blob(there(), 1),
            Go,
        ),
        (
            "found missing here, there as far as the other knows: lost",
            Some(blob(there(), 1)),
            blob(lost(1), 1),
            blob(there(), 1),
            blob(lost(1), 1),
            Go,
        ),
        (
            "sent again from here, missing as far as the other knows: there",
            Some(blob(lost(1), 1)),
            blob(there(), 1),
            blob(lost(1), 1),
            blob(there(), 1),
            Go,
        ),
        (
            "one sent it, the other already found it missing: lost, until who has it looks",
            Some(blob(coming("laptop"), 1)),
            blob(there(), 1),
            blob(lost(1), 1),
            blob(lost(1), 1),
            Go,
        ),
        (
            "both found it missing: since the first day",
            Some(blob(there(), 1)),
            blob(lost(3), 1),
            blob(lost(2), 1),
            blob(lost(2), 1),
            Go,
        ),
        (
            "both know it as coming, from devices of two names: the name that comes first",
            Some(blob(coming(""), 1)),
            blob(coming("telefoon"), 1),
            blob(coming("laptop"), 1),
            blob(coming("laptop"), 1),
            Go,
        ),
        (
            "sealed anew here before it was sent: the new seal, everywhere",
            Some(blob(coming("laptop"), 1)),
            blob(coming("laptop"), 2),
            blob(coming("laptop"), 1),
            blob(coming("laptop"), 2),
            Go,
        ),
        (
            "sealed anew here, and sent with the old seal there: the one that is there",
            Some(blob(coming("laptop"), 1)),
            blob(coming("laptop"), 2),
            blob(there(), 1),
            blob(there(), 1),
            Go,
        ),
        (
            "both sealed it anew: the seal that comes first, with its key",
            Some(blob(coming("laptop"), 1)),
            blob(coming("laptop"), 3),
            blob(coming("laptop"), 2),
            blob(coming("laptop"), 2),
            Go,
        ),
        (
            "without a common beginning: the one that is on the server",
            None,
            blob(coming("laptop"), 1),
            blob(there(), 1),
            blob(there(), 1),
            Go,
        ),
        (
            "two contents under one id, which nobody makes: one of them whole",
            None,
            other_content(4),
            other_content(5),
            other_content(4),
            Go,
        ),
    ];
    check(&cases);
}
