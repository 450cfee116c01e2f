//! What holds for every merge, whatever was written.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use chrono::{DateTime, TimeDelta};
use proptest::{collection::vec, option, prelude::*, sample::select};
use regie_protocol::Language;
use uuid::Uuid;

use super::{AnyRecord, Merged, Record, Tombstone, head, read, text, write};
use crate::{
    AttachmentId, EntryId, RunId,
    attachment::{Attached, Blob, BlobKey, Content, Extent, Manifest, Media, State},
    consent::{Event, History},
    diary::{Entry, EntryRecord, Mood},
    meter::{Answer, InstrumentRecord, RunRecord},
    moment::Moment,
    reminder::{PerOccasion, Quiet, Rhythm, Schedule},
    restriction::{Everything, Restriction},
    search::fold,
    settings::Settings,
};

fn moment() -> impl Strategy<Value = Moment> {
    (0..3_i64, select(vec!["Europe/Amsterdam", "UTC"])).prop_map(|(days, zone)| Moment {
        at: (DateTime::UNIX_EPOCH + TimeDelta::days(20_000 + days)).fixed_offset(),
        zone: zone.to_owned(),
    })
}

fn hold() -> impl Strategy<Value = Option<Restriction>> {
    let reason = select(vec!["", "Klacht.", "Klopt niet."]);
    let hold = (moment(), reason).prop_map(|(since, reason)| Restriction {
        since,
        reason: reason.to_owned(),
    });
    option::of(hold)
}

/// Few sentences, so that two texts have some in common; now and then anything at all.
fn markdown() -> impl Strategy<Value = String> {
    let sentences = vec![
        "Een.",
        "Twee!",
        "Drie?",
        "Vier.",
        "- vijf",
        "# Zes",
        "zeven",
        "",
        "  acht",
        "日本。",
    ];
    let blanks = vec![" ", "\n", "\n\n", "  \n", "\r\n", ""];
    let pair = (select(sentences), select(blanks)).prop_map(|(sentence, blank)| format!("{sentence}{blank}"));
    prop_oneof![
        9 => vec(pair, 0..8).prop_map(|pairs| pairs.concat()),
        1 => any::<String>(),
    ]
}

fn entry() -> impl Strategy<Value = EntryRecord> {
    let title = select(vec!["", "a", "b", "c"]);
    let tags = vec(select(vec!["a", "A", "b", "ç", "C"]), 0..4);
    (
        markdown(),
        title,
        0..7_u8,
        tags,
        moment(),
        moment(),
        hold(),
        attached(),
    )
        .prop_map(
            |(markdown, title, mood, tags, written, edited, hold, attachments)| {
                let entry = Entry {
                    id: EntryId(Uuid::from_u128(7)),
                    own_title: title.to_owned(),
                    mood: Mood::new(mood),
                    tags: tags.into_iter().map(str::to_owned).collect(),
                    markdown,
                    written,
                    edited: edited.at.to_utc(),
                    caret: None,
                    attachments,
                };
                EntryRecord::new(entry, hold)
            },
        )
}

fn attached() -> impl Strategy<Value = Vec<Attached>> {
    let described = select(vec!["", "De kade.", "De kade. In mei."]);
    let one = (1..5_u128, described).prop_map(|(id, description)| Attached {
        id: AttachmentId(Uuid::from_u128(id)),
        description: description.to_owned(),
    });
    vec(one, 0..4)
}

fn manifest() -> impl Strategy<Value = Manifest> {
    let state = prop_oneof![
        Just(State::There),
        moment().prop_map(|moment| State::Lost {
            since: moment.at.to_utc()
        }),
        select(vec!["", "telefoon"]).prop_map(|from| State::Coming {
            from: from.to_owned()
        }),
    ];
    (state, 0..2_u8, 0..2_u8, 0..10_u8).prop_map(|(state, id, key, other)| Manifest {
        id: AttachmentId(Uuid::from_u128(8)),
        content: Content {
            media: Media::Jpeg,
            bytes: 1_000,
            hash: [other / 9; 32],
            extent: Extent::Dots { width: 4, height: 3 },
        },
        blob: Blob {
            state,
            id: [id; 16],
            key: BlobKey([key; 32]),
        },
    })
}

fn run() -> impl Strategy<Value = RunRecord> {
    let answers = vec(
        select(vec![
            None,
            Some(Answer::Skipped),
            Some(Answer::Value(1)),
            Some(Answer::Value(4)),
        ]),
        4,
    );
    (
        markdown(),
        answers,
        moment(),
        option::of(moment()),
        option::of(moment()),
        0..5_u32,
        hold(),
    )
        .prop_map(
            |(note, answers, started, finished, corrected, position, hold)| RunRecord {
                id: RunId(Uuid::from_u128(9)),
                instrument: "pulse-4".to_owned(),
                instrument_version: "1".to_owned(),
                started,
                finished,
                position,
                note,
                corrected: corrected.map(|corrected| corrected.at.to_utc()),
                answers: answers
                    .into_iter()
                    .enumerate()
                    .filter_map(|(at, answer)| Some((format!("s{at}"), answer?)))
                    .collect::<BTreeMap<_, _>>(),
                hold,
            },
        )
}

fn instrument() -> impl Strategy<Value = InstrumentRecord> {
    (moment(), select(vec!["{}", "[]"])).prop_map(|(added, file)| InstrumentRecord {
        id: "x".to_owned(),
        version: "1".to_owned(),
        added,
        file: file.to_owned(),
    })
}

fn settings() -> impl Strategy<Value = Settings> {
    let language = option::of(select(vec![Language::Nl, Language::En]));
    (language, any::<Option<bool>>(), option::of(0..3_u32)).prop_map(|(language, prompts, statement_seen)| {
        Settings {
            language,
            prompts,
            statement_seen,
        }
    })
}

fn schedule() -> impl Strategy<Value = Schedule> {
    let rhythm = || {
        (any::<bool>(), any::<[bool; 7]>(), 0..3_u16).prop_map(|(on, days, minute)| Rhythm {
            on: on && days.contains(&true),
            days,
            minute,
        })
    };
    let quiet = (any::<bool>(), 0..3_u16, 0..3_u16).prop_map(|(on, from, to)| Quiet { on, from, to });
    (rhythm(), rhythm(), rhythm(), quiet).prop_map(|(check, pulse, diary, quiet)| Schedule {
        rhythms: PerOccasion { check, pulse, diary },
        quiet,
    })
}

fn event() -> impl Strategy<Value = Event> {
    let purpose = select(vec!["look_back", "compare"]);
    (purpose, 1..3_u32, any::<bool>(), moment()).prop_map(|(purpose, purpose_version, given, at)| Event {
        purpose: purpose.to_owned(),
        purpose_version,
        statement_version: 1,
        given,
        at,
    })
}

fn history() -> impl Strategy<Value = History> {
    vec(event(), 0..6).prop_map(History::new)
}

fn everything() -> impl Strategy<Value = Everything> {
    hold().prop_map(Everything::new)
}

/// The laws of one merge.
fn merges<R: Record + Debug>(base: Option<&R>, one: &R, other: &R) -> Result<Merged<R>, TestCaseError> {
    let merged = R::merge(base, one, other);
    prop_assert_eq!(
        &merged,
        &R::merge(base, other, one),
        "the same whichever is called mine"
    );
    prop_assert_eq!(
        R::merge(base, one, one),
        Merged::plain(one.clone()),
        "equal sides stay"
    );
    if let Some(base) = base {
        prop_assert_eq!(R::merge(Some(base), base, one), Merged::plain(one.clone()));
        prop_assert_eq!(R::merge(Some(base), one, base), Merged::plain(one.clone()));
    }
    for record in [one, &merged.value] {
        let content = write(record).expect("a content");
        prop_assert_eq!(
            &read::<R>(&content).expect("reads"),
            record,
            "it travels as it is"
        );
    }
    Ok(merged)
}

/// Edits and syncs of three devices around one server that takes a version only from who has seen the one before.
fn settles<R: Record + Debug>(first: R, steps: Vec<(usize, Option<R>)>) -> Result<(), TestCaseError> {
    let (mut server, mut newest) = (first.clone(), 0);
    let mut devices: Vec<(R, R, usize)> = vec![(first.clone(), first, 0); 3];
    let ends = [0, 1, 2, 0, 1, 2].map(|device| (device, None));
    for (device, edit) in steps.into_iter().chain(ends) {
        let (base, mine, seen) = devices.get_mut(device).expect("a device");
        if let Some(edit) = edit {
            *mine = edit;
            continue;
        }
        if *seen != newest {
            *mine = R::merge(Some(base), mine, &server).value;
            (*base, *seen) = (server.clone(), newest);
        }
        if mine != base {
            newest += 1;
            server = mine.clone();
            (*base, *seen) = (server.clone(), newest);
        }
    }
    for (_, mine, _) in &devices {
        prop_assert_eq!(mine, &server);
    }
    Ok(())
}

fn script<R: Clone + Debug>(
    edit: impl Strategy<Value = R>,
) -> impl Strategy<Value = Vec<(usize, Option<R>)>> {
    vec((0..3_usize, option::of(edit)), 0..12)
}

macro_rules! laws {
    ($($merges:ident, $settles:ident: $record:ident;)*) => { proptest! { $(
        #[test]
        fn $merges(base in option::of($record()), one in $record(), other in $record()) {
            merges(base.as_ref(), &one, &other)?;
        }

        #[test]
        fn $settles(first in $record(), steps in script($record())) {
            settles(first, steps)?;
        }
    )* } };
}

laws! {
    entries_merge_alike_everywhere, devices_agree_on_an_entry_in_whatever_order_they_meet: entry;
    takings_merge_alike_everywhere, devices_agree_on_a_taking_in_whatever_order_they_meet: run;
    instruments_merge_alike_everywhere, devices_agree_on_an_instrument_in_whatever_order_they_meet: instrument;
    settings_merge_alike_everywhere, devices_agree_on_settings_in_whatever_order_they_meet: settings;
    reminders_merge_alike_everywhere, devices_agree_on_reminders_in_whatever_order_they_meet: schedule;
    histories_merge_alike_everywhere, devices_agree_on_consent_in_whatever_order_they_meet: history;
    holds_merge_alike_everywhere, devices_agree_on_what_rests_in_whatever_order_they_meet: everything;
    manifests_merge_alike_everywhere, devices_agree_on_an_attachment_in_whatever_order_they_meet: manifest;
}

/// Three versions joined in two orders.
fn joined<R: Record>(base: Option<&R>, one: &R, two: &R, three: &R) -> [R; 2] {
    let join = |one: &R, two: &R| R::merge(base, one, two).value;
    [join(&join(one, two), three), join(one, &join(two, three))]
}

fn words(text: &str) -> BTreeSet<String> {
    text::words(text).into_iter().map(str::to_owned).collect()
}

proptest! {
    #[test]
    fn no_sentence_that_anybody_wrote_is_lost(
        base in option::of(entry()),
        one in entry(),
        other in entry(),
    ) {
        let merged = EntryRecord::merge(base.as_ref(), &one, &other);
        let before = base.map(|base| words(&base.entry().markdown)).unwrap_or_default();
        for side in [&one, &other] {
            for sentence in words(&side.entry().markdown).difference(&before) {
                prop_assert!(merged.value.entry().markdown.contains(sentence), "{sentence:?}");
            }
        }
        let sides = [&one, &other].map(|side| &side.entry().markdown);
        let neither = !sides.contains(&&merged.value.entry().markdown);
        prop_assert!(!neither || merged.originals, "a text that nobody wrote so has its originals");
    }

    #[test]
    fn a_photo_that_either_device_put_in_stays_and_one_that_either_took_out_goes(
        base in option::of(entry()),
        one in entry(),
        other in entry(),
    ) {
        let ids = |record: &EntryRecord| -> BTreeSet<Uuid> {
            record.entry().attachments.iter().map(|one| one.id.0).collect()
        };
        let before = base.as_ref().map(ids).unwrap_or_default();
        let (one_has, other_has) = (ids(&one), ids(&other));
        let merged = ids(&EntryRecord::merge(base.as_ref(), &one, &other).value);
        for id in before.iter().chain(&one_has).chain(&other_has) {
            let in_both = one_has.contains(id) && other_has.contains(id);
            let put_in = !before.contains(id);
            prop_assert_eq!(merged.contains(id), in_both || put_in, "{}", id);
        }
    }

    #[test]
    fn what_only_one_device_rewrote_stands_as_it_was_written(base in markdown(), one in markdown()) {
        prop_assert_eq!(text::merge(&base, &one, &base).replace(char::is_whitespace, ""), one.replace(char::is_whitespace, ""));
    }

    #[test]
    fn settings_are_the_same_in_whatever_order_three_devices_meet(
        base in option::of(settings()), one in settings(), two in settings(), three in settings(),
    ) {
        let [left, right] = joined(base.as_ref(), &one, &two, &three);
        prop_assert_eq!(left, right);
    }

    #[test]
    fn an_instrument_is_the_same_in_whatever_order_three_devices_meet(
        base in option::of(instrument()), one in instrument(), two in instrument(), three in instrument(),
    ) {
        let [left, right] = joined(base.as_ref(), &one, &two, &three);
        prop_assert_eq!(left, right);
    }

    #[test]
    fn what_stands_beside_a_text_is_the_same_in_whatever_order_three_devices_meet(
        base in option::of(entry()), one in entry(), two in entry(), three in entry(),
    ) {
        let beside = |record: EntryRecord| {
            let (entry, hold) = record.into_parts();
            let tags: Vec<String> = entry.tags.iter().map(|tag| fold(tag)).collect();
            (entry.own_title, entry.mood, tags, entry.written, hold.map(|hold| hold.since))
        };
        let [left, right] = joined(base.as_ref(), &one, &two, &three).map(beside);
        prop_assert_eq!(left, right);
    }

    #[test]
    fn no_choice_is_lost_and_the_same_holds_in_whatever_order_three_devices_meet(
        // Histories of one account have their beginning in common.
        base in history(), mine in vec(event(), 0..3), yours in vec(event(), 0..3), theirs in vec(event(), 0..3),
    ) {
        // Nobody's choice is made in the same minute as another's.
        let on = |device: i64, more: Vec<Event>| {
            let minutes = (device * 10..).map(TimeDelta::minutes);
            let more = more.into_iter().zip(minutes).map(|(mut event, minutes)| {
                event.at.at += TimeDelta::minutes(1) + minutes;
                event
            });
            History::new(base.events().iter().cloned().chain(more))
        };
        let sides = [on(0, mine), on(1, yours), on(2, theirs)];
        let [one, two, three] = &sides;
        let joined = joined(Some(&base), one, two, three);
        for purpose in ["look_back", "compare"] {
            let last = |history: &History| history.last(purpose).cloned();
            let given = joined.each_ref().map(|joined| last(joined).map(|event| event.given));
            prop_assert_eq!(given[0], given[1]);
            // Somebody withdrew, and nobody who knew it gave it again.
            let withdrawn = sides
                .iter()
                .any(|side| last(side) != last(&base) && last(side).is_some_and(|event| !event.given));
            prop_assert!(!withdrawn || given[0] == Some(false));
        }
        for event in sides.iter().flat_map(History::events) {
            prop_assert!(joined.iter().all(|joined| joined.events().contains(event)));
        }
    }

    #[test]
    fn whatever_bytes_come_they_are_refused_or_have_the_one_form(
        bytes in vec(any::<u8>(), 0..96),
        (kind, version) in (0..11_u8, 0..3_u8),
    ) {
        for content in [bytes.clone(), [&[0x83, kind, version], bytes.as_slice()].concat()] {
            let _ = head(&content);
            // What an older version wrote is written anew in the form of today.
            if let Ok(record) = AnyRecord::read(&content)
                && head(&content).is_ok_and(|(_, version)| version == record.kind().version())
            {
                prop_assert_eq!(record.write(), Ok(content.clone()));
            }
            if let Ok(tombstone) = Tombstone::read(&content) {
                prop_assert_eq!(tombstone.write(), Ok(content.clone()));
            }
        }
    }

    #[test]
    fn a_content_with_one_byte_changed_is_refused_or_has_the_one_form(
        entry in entry(), run in run(), history in history(), at in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        for record in [AnyRecord::Entry(entry), AnyRecord::Run(run), AnyRecord::Consent(history)] {
            let mut content = record.write().expect("a content");
            *at.get_mut(&mut content) = byte;
            if let Ok(record) = AnyRecord::read(&content)
                && head(&content).is_ok_and(|(_, version)| version == record.kind().version())
            {
                prop_assert_eq!(record.write(), Ok(content.clone()));
            }
        }
    }
}
