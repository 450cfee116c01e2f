use std::time::{Duration, Instant};

use ogg::PacketReader;
use proptest::prelude::*;

use super::*;

// Made by fixtures/make.sh.
const OGG: &[u8] = include_bytes!("../fixtures/note.ogg");
const WEBM: &[u8] = include_bytes!("../fixtures/note.webm");
const M4A: &[u8] = include_bytes!("../fixtures/note.m4a");
const PIECES: &[u8] = include_bytes!("../fixtures/pieces.mp4");
const VIDEO: &[u8] = include_bytes!("../fixtures/video.mp4");
const MP3: &[u8] = include_bytes!("../fixtures/note.mp3");
// As web views hand them out while they record: made with MediaRecorder at 32 kbit/s, by Chromium and by WebKitGTK 2.50.
const CHROMIUM: &[u8] = include_bytes!("../fixtures/chromium.webm");
const WEBKITGTK: &[u8] = include_bytes!("../fixtures/webkitgtk.mp4");
const ALL: [(&[u8], Packing); 6] = [
    (OGG, Packing::Opus),
    (WEBM, Packing::Opus),
    (M4A, Packing::Aac),
    (PIECES, Packing::Aac),
    (VIDEO, Packing::Aac),
    (MP3, Packing::Mp3),
];

fn holds(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}

/// The packets in what was packed, read by other means than they were written.
fn frames(sound: &Sound) -> Option<usize> {
    match sound.packing {
        Packing::Opus => {
            let mut reader = PacketReader::new(Cursor::new(&sound.bytes));
            let mut count = 0_usize;
            let mut ends = false;
            while let Some(packet) = reader.read_packet().ok()? {
                count += 1;
                ends = packet.last_in_stream();
            }
            ends.then_some(count.checked_sub(2)?)
        }
        Packing::Aac => {
            let (mut rest, mut count) = (&sound.bytes[..], 0);
            while let [0xFF, 0xF1, _, a, b, c, _, ..] = rest {
                let length = usize::from(a & 3) << 11 | usize::from(*b) << 3 | usize::from(c >> 5);
                rest = rest.get(length..)?;
                count += 1;
            }
            rest.is_empty().then_some(count)
        }
        Packing::Mp3 => sound.bytes.starts_with(&[0xFF]).then_some(1),
    }
}

#[test]
fn the_sound_comes_out_of_every_container_and_names_and_places_stay_in_it() {
    for (file, packing) in ALL {
        let sound = take(file).expect("a recording");
        assert_eq!(sound.packing, packing);
        assert!(
            (1_950..=2_150).contains(&sound.milliseconds),
            "{packing:?} {}",
            sound.milliseconds
        );
        assert!(frames(&sound).is_some_and(|frames| frames > 0), "{packing:?}");
        for gone in [
            &b"KITCHEN"[..],
            b"52.3702N",
            b"Lavf",
            b"ID3",
            b"mdat",
            b"moov",
            b"TAG",
        ] {
            assert!(!holds(&sound.bytes, gone), "{packing:?}");
        }
        assert!(sound.bytes.len() < file.len() + 200);
        assert_eq!(take(file).expect("again"), sound);
    }
    assert!(
        holds(OGG, b"KITCHEN") && holds(WEBM, b"KITCHEN") && holds(M4A, b"KITCHEN") && holds(MP3, b"KITCHEN")
    );
}

#[test]
fn packing_what_was_packed_changes_nothing() {
    for (file, _) in ALL {
        let once = take(file).expect("a recording");
        assert_eq!(take(&once.bytes[..]).expect("again"), once);
    }
}

fn recorded(parts: &[&[u8]]) -> Result<Sound, Refused> {
    take_recorded(parts.iter().map(|part| Zeroizing::new(part.to_vec())).collect())
}

#[test]
fn what_a_web_view_recorded_is_as_long_as_it_took() {
    for (file, packing, length) in [
        (CHROMIUM, Packing::Opus, 4_100..=4_400),
        (WEBKITGTK, Packing::Aac, 3_400..=3_750),
    ] {
        let sound = recorded(&[file]).expect("a recording");
        assert_eq!(sound.packing, packing);
        assert!(
            length.contains(&sound.milliseconds),
            "{packing:?} {}",
            sound.milliseconds
        );
        assert!(frames(&sound).is_some_and(|frames| frames > 0));
        // What comes back from an archive is the same.
        assert_eq!(take(&sound.bytes[..]).expect("again"), sound);
    }
}

#[test]
fn a_recording_that_was_cut_off_gives_all_that_was_said_before() {
    for (file, kbit) in [(CHROMIUM, 33), (WEBKITGTK, 40)] {
        let whole = recorded(&[file]).expect("a recording");
        let mut last = 0;
        for end in (HARDLY_ANYTHING..=file.len()).step_by(37) {
            let Ok(sound) = recorded(&[&file[..end]]) else {
                assert!(end < 6_000, "{end} of {}", file.len());
                continue;
            };
            assert!(
                (last..=whole.milliseconds).contains(&sound.milliseconds),
                "cut at {end}"
            );
            assert!(frames(&sound).is_some(), "cut at {end}");
            last = sound.milliseconds;
            // No more than a second is lost.
            let came = u64::try_from(end * 8 / kbit).expect("a length");
            assert!(
                sound.milliseconds + 1_300 > came.min(whole.milliseconds),
                "cut at {end}"
            );
        }
    }
}

#[test]
fn parts_between_pauses_are_one_recording_and_a_press_without_a_word_is_nothing() {
    for (file, other) in [(CHROMIUM, WEBKITGTK), (WEBKITGTK, CHROMIUM)] {
        let one = recorded(&[file]).expect("a recording");
        let two = recorded(&[file, &file[..150], file, b""]).expect("a recording");
        assert_eq!(frames(&two), frames(&one).map(|frames| frames * 2));
        assert!(two.milliseconds.abs_diff(one.milliseconds * 2) <= 2);
        // One recorder made both, or something is wrong.
        assert_eq!(recorded(&[file, other]), Err(Refused::Damaged));
    }
    for nothing in [&[&b""[..]][..], &[&WEBKITGTK[..800]], &[]] {
        assert_eq!(recorded(nothing), Err(Refused::Damaged));
    }
}

#[test]
fn what_is_no_sound_in_the_middle_is_not_left_out_in_silence() {
    for file in [CHROMIUM, WEBKITGTK] {
        let mut broken = file.repeat(12);
        let (from, to) = (file.len() / 3, file.len() * 2 / 3);
        broken[from..to].fill(0x5A);
        assert_eq!(recorded(&[&broken]), Err(Refused::Damaged));
        assert_eq!(recorded(&[file, &broken]), Err(Refused::Damaged));
    }
    assert_eq!(recorded(&[&[0x5A; 40_000]]), Err(Refused::Unknown));
}

#[test]
fn of_more_than_an_hour_the_first_hour_is_kept() {
    let parts: Vec<&[u8]> = std::iter::repeat_n(CHROMIUM, 60 * 60 / 4 + 10).collect();
    let sound = recorded(&parts).expect("a recording");
    assert!((LONGEST_SOUND - 120..=LONGEST_SOUND).contains(&sound.milliseconds));
    assert_eq!(
        take(&sound.bytes[..]).expect("as a file").milliseconds,
        sound.milliseconds
    );
}

#[test]
fn an_hour_is_the_most() {
    let frame = {
        let once = take(MP3).expect("a recording");
        let frames = 2_000 * 24_000 / 1_000 / 576;
        once.bytes[..once.bytes.len() / (frames + 2)].to_vec()
    };
    let length = frame.len();
    // 24 ms each.
    let hour = frame.repeat(60 * 60 * 1000 / 24 + 10);
    assert!(length > 0);
    assert_eq!(take(&hour[..]), Err(Refused::TooLong));
    assert_eq!(take(io::repeat(0xFF)), Err(Refused::TooLarge));
}

#[test]
fn what_is_not_taken_is_named() {
    for (file, refused) in [
        (&b"RIFF\0\0\0\0WAVEfmt "[..], Refused::Kind("WAV")),
        (b"fLaC\0\0\0\x22", Refused::Kind("FLAC")),
        (b"\0\0\0\x18ftypheic\0\0\0\0", Refused::Kind("HEIC")),
        (b"hello", Refused::Unknown),
        (b"", Refused::Unknown),
    ] {
        assert_eq!(take(file), Err(refused));
    }
}

#[test]
fn a_file_that_was_cut_anywhere_is_refused_or_gives_what_came_before_the_cut() {
    for (file, _) in ALL {
        let whole = take(file).expect("a recording");
        // At every byte where tables stand, at many between.
        let tables = (0..1_200).chain(file.len() - 800..file.len());
        for end in tables.chain((1_200..file.len() - 800).step_by(11)) {
            if let Ok(sound) = take(&file[..end]) {
                assert!(sound.milliseconds <= whole.milliseconds);
                assert!(frames(&sound).is_some(), "cut at {end}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]
    #[test]
    fn a_hostile_container_is_refused_or_gives_whole_packets_and_keeps_nobody_waiting(
        which in 0..ALL.len() + 2,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        head in any::<bool>(),
    ) {
        let files = ALL.iter().map(|(file, _)| *file).chain([CHROMIUM, WEBKITGTK]);
        let mut file = files.collect::<Vec<_>>()[which].to_vec();
        for (at, byte) in changes {
            // The tables stand at the ends.
            let at = if head { at.index(file.len().min(700)) } else { file.len() - 1 - at.index(file.len().min(1_500)) };
            file[at] = byte;
        }
        let begun = Instant::now();
        for sound in [take(&file[..]), recorded(&[&file])].into_iter().flatten() {
            prop_assert!(frames(&sound).is_some());
            prop_assert!(sound.milliseconds <= LONGEST_SOUND);
            prop_assert!(sound.bytes.len() <= file.len() * 2 + 1_000);
        }
        prop_assert!(begun.elapsed() < Duration::from_secs(5));
    }
}
