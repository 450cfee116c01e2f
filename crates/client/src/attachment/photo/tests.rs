use std::io;
use std::time::{Duration, Instant};

use image::{ImageEncoder, Rgb, Rgba, RgbaImage, codecs::png::PngEncoder, codecs::webp::WebPEncoder};
use proptest::prelude::*;

use super::*;

/// Left red, right blue, and a grain that no encoder makes small.
fn picture(width: u32, height: u32) -> RgbImage {
    let mut state = 1_u32;
    RgbImage::from_fn(width, height, |x, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let grain = u8::try_from(state >> 28).unwrap_or_default();
        if x < width / 2 {
            Rgb([230 + grain, grain, 0])
        } else {
            Rgb([0, grain, 230 + grain])
        }
    })
}

fn jpeg(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 90)
        .encode_image(picture)
        .expect("a JPEG");
    bytes
}

fn png(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new(&mut bytes);
    let (width, height) = picture.dimensions();
    encoder
        .write_image(picture, width, height, image::ExtendedColorType::Rgb8)
        .expect("a PNG");
    bytes
}

/// A segment with EXIF: the place, the camera, and how the picture is to be turned.
fn with_exif(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0*\0\0\0\x08".to_vec();
    // Orientation, the maker, and where the place stands: three fields, then no further list.
    exif.extend([0, 3]);
    exif.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]);
    exif.extend([0x01, 0x0F, 0, 2, 0, 0, 0, 14, 0, 0, 0, 50]);
    exif.extend([0x88, 0x25, 0, 4, 0, 0, 0, 1, 0, 0, 0, 64]);
    exif.extend([0, 0, 0, 0]);
    exif.extend(b"KITCHEN-CAMERA");
    exif.extend([0, 1, 0, 1, 0, 2, 0, 0, 0, 2, b'N', 0, 0, 0, 0, 0, 0, 0]);
    exif.extend(b"52.3702N-4.8952E");
    let mut bytes = jpeg[..2].to_vec();
    bytes.extend([0xFF, 0xE1]);
    bytes.extend(u16::try_from(exif.len() + 2).expect("short").to_be_bytes());
    bytes.extend(exif);
    bytes.extend(&jpeg[2..]);
    bytes
}

fn holds(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}

fn shown(jpeg: &[u8]) -> RgbImage {
    image::load_from_memory_with_format(jpeg, ImageFormat::Jpeg)
        .expect("a picture")
        .into_rgb8()
}

fn is_red(picture: &RgbImage, x: u32, y: u32) -> bool {
    let [red, _, blue] = picture.get_pixel(x, y).0;
    red > 180 && blue < 80
}

#[test]
fn a_place_a_camera_and_a_smaller_picture_stay_in_the_file_and_the_photo_stands_upright() {
    // 6: to be turned a quarter to the right; what was left is above then.
    let file = with_exif(&jpeg(&picture(400, 300)), 6);
    assert!(holds(&file, b"52.3702N") && holds(&file, b"KITCHEN"));
    let photo = take(&file[..]).expect("a photo");
    assert_eq!((photo.width, photo.height), (300, 400));
    for kept in [&photo.jpeg, &photo.preview] {
        for gone in [&b"52.3702N"[..], b"KITCHEN", b"Exif", b"MM\0*"] {
            assert!(!holds(kept, gone));
        }
        let shown = shown(kept);
        assert!(is_red(&shown, shown.width() / 2, shown.height() / 8));
        assert!(!is_red(&shown, shown.width() / 2, shown.height() * 7 / 8));
    }
    assert!(photo.preview.len() <= PREVIEW_BYTES);
    assert_eq!(shown(&photo.preview).dimensions(), (240, 320));
}

#[test]
fn what_was_kept_once_is_kept_byte_for_byte_and_anything_more_in_a_file_is_not() {
    let photo = take(&png(&picture(300, 200))[..]).expect("a photo");
    assert_eq!(take(&photo.jpeg[..]).expect("the same").jpeg, photo.jpeg);

    let mut behind = photo.jpeg.clone();
    behind.extend(b"52.3702N-4.8952E");
    let mut said = photo.jpeg[..2].to_vec();
    said.extend(b"\xFF\xFE\0\x12KITCHEN-SECRET!!");
    said.extend(&photo.jpeg[2..]);
    for file in [behind, said, with_exif(&photo.jpeg, 1)] {
        let kept = take(&file[..]).expect("a photo").jpeg;
        assert!(!holds(&kept, b"52.3702N") && !holds(&kept, b"KITCHEN"));
        assert!(plain_frame(&kept).is_some());
    }
}

#[test]
fn a_large_photo_becomes_smaller_and_what_can_be_seen_through_is_laid_on_white() {
    let photo = take(&jpeg(&picture(5_400, 300))[..]).expect("a photo");
    assert_eq!((photo.width, photo.height), (2_560, 142));
    assert_eq!(shown(&photo.jpeg).dimensions(), (2_560, 142));

    let clear = RgbaImage::from_fn(64, 64, |x, _| {
        if x < 32 {
            Rgba([0, 0, 0, 0])
        } else {
            Rgba([0, 0, 0, 128])
        }
    });
    for webp in [false, true] {
        let mut bytes = Vec::new();
        if webp {
            WebPEncoder::new_lossless(&mut bytes)
                .write_image(&clear, 64, 64, image::ExtendedColorType::Rgba8)
                .expect("a WebP");
        } else {
            PngEncoder::new(&mut bytes)
                .write_image(&clear, 64, 64, image::ExtendedColorType::Rgba8)
                .expect("a PNG");
        }
        let shown = shown(&take(&bytes[..]).expect("a photo").jpeg);
        assert!(shown.get_pixel(8, 32).0.iter().all(|colour| *colour > 250));
        assert!(
            shown
                .get_pixel(56, 32)
                .0
                .iter()
                .all(|colour| (120..=135).contains(colour))
        );
    }
}

#[test]
fn colours_of_another_profile_come_out_as_they_were_meant() {
    let red = RgbImage::from_pixel(64, 64, Rgb([200, 40, 40]));
    let write = |profile: Option<ColorProfile>| {
        let mut bytes = Vec::new();
        let mut encoder = PngEncoder::new(&mut bytes);
        if let Some(profile) = profile {
            encoder
                .set_icc_profile(profile.encode().expect("a profile"))
                .expect("taken");
        }
        encoder
            .write_image(&red, 64, 64, image::ExtendedColorType::Rgb8)
            .expect("a PNG");
        shown(&take(&bytes[..]).expect("a photo").jpeg)
            .get_pixel(32, 32)
            .0
    };
    let near =
        |one: [u8; 3], other: [u8; 3]| one.iter().zip(other).all(|(one, other)| one.abs_diff(other) <= 4);
    assert!(near(write(None), [200, 40, 40]));
    assert!(near(write(Some(ColorProfile::new_srgb())), [200, 40, 40]));
    // The same numbers mean a stronger red in Display P3.
    let [red, green, _] = write(Some(ColorProfile::new_display_p3()));
    assert!(red > 210 && green < 30, "{red} {green}");
}

#[test]
fn what_is_not_taken_is_named() {
    for (file, refused) in [
        (&b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"[..], Refused::Kind("HEIC")),
        (b"\0\0\0\x18ftypavif\0\0\0\0", Refused::Kind("AVIF")),
        (b"GIF89a\x01\0\x01\0", Refused::Kind("GIF")),
        (b"%PDF-1.7", Refused::Kind("PDF")),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", Refused::Unknown),
        (b"", Refused::Unknown),
    ] {
        assert_eq!(take(file), Err(refused));
    }
    let endless = io::repeat(0xFF);
    assert_eq!(take(endless), Err(Refused::TooLarge));
}

/// A chunk of PNG with its check.
fn chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut crc = u32::MAX;
    for byte in kind.iter().chain(content) {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                crc >> 1 ^ 0xEDB8_8320
            } else {
                crc >> 1
            };
        }
    }
    let mut bytes = u32::try_from(content.len())
        .expect("short")
        .to_be_bytes()
        .to_vec();
    bytes.extend(kind);
    bytes.extend(content);
    bytes.extend((!crc).to_be_bytes());
    bytes
}

#[test]
fn a_picture_that_lies_about_its_size_or_would_fill_the_memory_is_refused_at_once() {
    let begun = Instant::now();
    for (width, height, depth, refused) in [
        (12_001_u32, 1_u32, 8, Refused::TooLarge),
        (u32::MAX >> 1, u32::MAX >> 1, 8, Refused::TooLarge),
        (8_001, 8_000, 8, Refused::TooLarge),
        // 64 million dots of 16 bits and four channels: half a gigabyte.
        (8_000, 8_000, 16, Refused::TooLarge),
        (0, 10, 8, Refused::Damaged),
        (2_000, 2_000, 8, Refused::Damaged),
    ] {
        let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
        let mut head = [width.to_be_bytes(), height.to_be_bytes()].concat();
        head.extend([depth, 6, 0, 0, 0]);
        file.extend(chunk(b"IHDR", &head));
        file.extend(chunk(b"IDAT", b"\x78\x9c\x63\0\0\0\x01\0\x01"));
        file.extend(chunk(b"IEND", b""));
        assert_eq!(take(&file[..]), Err(refused), "{width} {height} {depth}");
    }
    // A JPEG whose head says 65,535 by 65,535.
    let mut lying = jpeg(&picture(16, 16));
    let frame = lying
        .windows(2)
        .position(|mark| mark == [0xFF, 0xC0])
        .expect("a frame");
    lying[frame + 5..frame + 9].fill(0xFF);
    assert_eq!(take(&lying[..]), Err(Refused::TooLarge));
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_file_that_was_cut_anywhere_is_refused_or_gives_a_whole_photo() {
    let mut webp = Vec::new();
    let small = picture(24, 16);
    WebPEncoder::new_lossless(&mut webp)
        .write_image(&small, 24, 16, image::ExtendedColorType::Rgb8)
        .expect("a WebP");
    for file in [jpeg(&small), png(&small), webp, with_exif(&jpeg(&small), 3)] {
        for end in 0..file.len() {
            if let Ok(photo) = take(&file[..end]) {
                assert_eq!(shown(&photo.jpeg).dimensions(), (photo.width, photo.height));
                assert_eq!((photo.width, photo.height), (24, 16));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn a_hostile_file_is_refused_or_gives_a_photo_that_is_plain(
        kind in 0..3, changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
    ) {
        let small = picture(40, 30);
        let mut file = match kind {
            0 => jpeg(&small),
            1 => with_exif(&jpeg(&small), 6),
            _ => png(&small),
        };
        for (at, byte) in changes {
            let at = at.index(file.len());
            file[at] = byte;
        }
        if let Ok(photo) = take(&file[..]) {
            prop_assert!(photo.jpeg.len() <= MOST_BYTES && photo.preview.len() <= PREVIEW_BYTES);
            prop_assert!(photo.width <= SIDE && photo.height <= SIDE);
            prop_assert_eq!(plain_frame(&photo.jpeg).map(|(w, h)| (u32::from(w), u32::from(h))), Some((photo.width, photo.height)));
            prop_assert!(plain_frame(&photo.preview).is_some());
        }
    }
}
