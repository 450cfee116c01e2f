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
        which in 0..ALL.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        head in any::<bool>(),
    ) {
        let mut file = ALL[which].0.to_vec();
        for (at, byte) in changes {
            // The tables stand at the ends.
            let at = if head { at.index(file.len().min(700)) } else { file.len() - 1 - at.index(file.len().min(1_500)) };
            file[at] = byte;
        }
        let begun = Instant::now();
        if let Ok(sound) = take(&file[..]) {
            prop_assert!(frames(&sound).is_some());
            prop_assert!(sound.milliseconds <= LONGEST);
            prop_assert!(sound.bytes.len() <= file.len() * 2 + 1_000);
        }
        prop_assert!(begun.elapsed() < Duration::from_secs(5));
    }
}
