//! An invitation from a picture of its code. The picture comes from anywhere: what it is, how large it is and what stands in it are looked
//! at before anything is taken, and nothing is taken but an invitation.

use std::{
    fs::File,
    io::{Cursor, Read},
    path::Path,
};

use image::{GrayImage, ImageFormat, ImageReader, Limits, imageops};
use regie_protocol::signed::{InvitationCode, JoinLink};
use zeroize::Zeroizing;

use super::AccountError;
use crate::ClientError;

/// A photo of a phone is smaller, in bytes.
const LARGEST: u64 = 32 * 1024 * 1024;
/// So wide and high it is at most, and so many dots it has.
const LONGEST_SIDE: u32 = 12_000;
const MOST_DOTS: u64 = 64_000_000;
/// What decoding may take of memory, in bytes.
const MOST_MEMORY: u64 = 512 * 1024 * 1024;
/// A code is looked for in a smaller picture first: that is quicker, and takes the grain out of a photo.
const SMALL: u32 = 1_200;
/// And in no larger one than this. What is sharper than that is a drawing, which stays one when it is made smaller.
const LARGE: u32 = 2_048;
/// The reader tries each pair of corners with each corner, and copies the picture each time: a picture full of them would keep it busy
/// for hours. A code has three.
const MOST_CORNERS: usize = 24;

/// The invitation in a picture: a link, or a code.
pub(super) fn invitation_in(path: &Path) -> Result<String, ClientError> {
    let picture = read(path)?;
    let texts = texts_in(&picture);
    if texts.is_empty() {
        return Err(AccountError::NoCodeInPicture.into());
    }
    only(&texts, invitation).ok_or_else(|| AccountError::NoInvitationInPicture.into())
}

/// The one that is wanted; nothing where there is none, or there are several of which nobody knows which one is meant.
pub(super) fn only(texts: &[Zeroizing<String>], wanted: fn(&str) -> Option<String>) -> Option<String> {
    let mut found: Vec<String> = texts.iter().filter_map(|text| wanted(text)).collect();
    found.sort_unstable();
    found.dedup();
    <[String; 1]>::try_from(found).ok().map(|[one]| one)
}

fn read(path: &Path) -> Result<GrayImage, ClientError> {
    let no_picture = |_| ClientError::from(AccountError::NotAPicture);
    let file = File::open(path).map_err(no_picture)?;
    let mut bytes = Vec::new();
    file.take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(no_picture)?;
    let too_large = || ClientError::from(AccountError::PictureTooLarge);
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LARGEST {
        return Err(too_large());
    }
    let reader = || {
        let reader = ImageReader::new(Cursor::new(&bytes)).with_guessed_format();
        let mut reader = reader.map_err(|_| AccountError::NotAPicture)?;
        if !matches!(reader.format(), Some(ImageFormat::Png | ImageFormat::Jpeg)) {
            return Err(AccountError::NotAPicture);
        }
        let mut limits = Limits::default();
        limits.max_image_width = Some(LONGEST_SIDE);
        limits.max_image_height = Some(LONGEST_SIDE);
        limits.max_alloc = Some(MOST_MEMORY);
        reader.limits(limits);
        Ok(reader)
    };
    // Its size is asked before any of it is decoded.
    let (width, height) = reader()?.into_dimensions().map_err(|error| refused(&error))?;
    if u64::from(width) * u64::from(height) > MOST_DOTS {
        return Err(too_large());
    }
    let picture = reader()?.decode().map_err(|error| refused(&error))?;
    Ok(picture.into_luma8())
}

fn refused(error: &image::ImageError) -> AccountError {
    match error {
        image::ImageError::Limits(_) => AccountError::PictureTooLarge,
        _ => AccountError::NotAPicture,
    }
}

/// What stands in the codes of a picture.
pub(super) fn texts_in(picture: &GrayImage) -> Vec<Zeroizing<String>> {
    let (width, height) = picture.dimensions();
    let longest = width.max(height);
    let sizes = [SMALL, LARGE].into_iter().filter(|size| *size < longest);
    let sizes = sizes.chain((longest <= LARGE).then_some(longest));
    let mut found = sizes.map(|size| {
        let scaled = |side: u32| {
            let scaled = u64::from(side) * u64::from(size) / u64::from(longest);
            u32::try_from(scaled).unwrap_or(size).max(1)
        };
        if size == longest {
            texts_as_they_are(picture)
        } else {
            texts_as_they_are(&imageops::thumbnail(picture, scaled(width), scaled(height)))
        }
    });
    found.find(|texts| !texts.is_empty()).unwrap_or_default()
}

fn texts_as_they_are(picture: &GrayImage) -> Vec<Zeroizing<String>> {
    let side = |side: u32| usize::try_from(side).unwrap_or_default();
    let dot = |x: usize, y: usize| {
        let (x, y) = (
            u32::try_from(x).unwrap_or(u32::MAX),
            u32::try_from(y).unwrap_or(u32::MAX),
        );
        picture.get_pixel_checked(x, y).map_or(u8::MAX, |dot| dot.0[0])
    };
    let (width, height) = picture.dimensions();
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(side(width), side(height), dot);
    // Its colours have no name outside the reader.
    let dark = rqrr::PreparedImage::prepare_from_bitmap(1, 1, |_, _| true).get_pixel_at(0, 0);
    let is_dark = |x: usize, y: usize| prepared.get_pixel_at(x, y) == dark;
    if corners(side(width), side(height), is_dark) > MOST_CORNERS {
        return Vec::new();
    }
    let grids = prepared.detect_grids();
    let texts = grids.iter().filter_map(|grid| grid.decode().ok());
    texts.map(|(_, text)| Zeroizing::new(text)).collect()
}

/// How many places look like the corner of a code (ISO/IEC 18004, "finder pattern"): along a line and across it dark, light, three
/// times dark, light, dark.
fn corners(width: usize, height: usize, is_dark: impl Fn(usize, usize) -> bool) -> usize {
    let mut corners = 0;
    for y in 0..height {
        let (mut runs, mut begun) = ([0_usize; 5], 0);
        for x in 1..=width {
            if x < width && is_dark(x, y) == is_dark(x - 1, y) {
                continue;
            }
            runs.rotate_left(1);
            runs[4] = x - begun;
            begun = x;
            let middle = x - runs[4] - runs[3] - runs[2].div_ceil(2);
            // Each once: at the first line of its heart.
            let is_first = y > 0 && !is_dark(middle, y - 1);
            if is_dark(x - 1, y) && is_corner(&runs) && is_first {
                let down = |from: usize, dark: bool| {
                    (from..height)
                        .take_while(|line| is_dark(middle, *line) == dark)
                        .count()
                };
                let up = |from: usize, dark: bool| {
                    (0..from)
                        .rev()
                        .take_while(|line| is_dark(middle, *line) == dark)
                        .count()
                };
                let heart = down(y, true);
                let (under, over) = (down(y + heart, false), up(y, false));
                let runs = [
                    up(y - over, true),
                    over,
                    heart,
                    under,
                    down(y + heart + under, true),
                ];
                corners += usize::from(is_corner(&runs));
            }
        }
    }
    corners
}

/// Whether five runs are as 1 to 1 to 3 to 1 to 1, as roughly as the reader takes it.
fn is_corner(runs: &[usize; 5]) -> bool {
    let part = runs.iter().sum::<usize>() as f32 / 7.0;
    let parts = [1.0, 1.0, 3.0, 1.0, 1.0];
    part >= 1.0
        && runs
            .iter()
            .zip(parts)
            .all(|(run, wanted)| (*run as f32 - wanted * part).abs() <= part)
}

/// The text as an invitation that can be typed; nothing where it is none.
pub(super) fn invitation(text: &str) -> Option<String> {
    let text = text.trim();
    if let Ok(link) = JoinLink::parse(text) {
        // An address alone is none: there is nothing to join with.
        link.code.as_ref()?;
        return link.written().ok().map(|link| (*link).clone());
    }
    let code = InvitationCode::parse(text).ok()?;
    code.written().ok().map(|code| (*code).clone())
}

#[cfg(test)]
pub(super) mod tests {
    use image::{DynamicImage, Luma};
    use qrcode::QrCode;
    use regie_protocol::signed::Address;

    use super::*;

    pub(in crate::account) fn link() -> String {
        let link = JoinLink {
            server: Address::parse("https://regie.example").expect("an address"),
            code: Some(InvitationCode::from_random([7; 16])),
        };
        (*link.written().expect("a link")).clone()
    }

    /// Codes beside each other on paper, each dot so many wide.
    pub(in crate::account) fn drawn(texts: &[&str], dot: u32) -> GrayImage {
        let codes: Vec<_> = texts
            .iter()
            .map(|text| QrCode::new(text).expect("a code"))
            .collect();
        let width = |code: &QrCode| u32::try_from(code.width()).expect("a width") + 8;
        let high = codes.iter().map(&width).max().unwrap_or(40) * dot;
        let wide = codes.iter().map(|code| width(code) * dot).sum::<u32>().max(40);
        let mut picture = GrayImage::from_pixel(wide, high, Luma([240]));
        let mut left = 0;
        for code in &codes {
            let colors = code.to_colors();
            for (place, color) in colors.iter().enumerate() {
                if *color == qrcode::Color::Light {
                    continue;
                }
                let (x, y) = (place % code.width(), place / code.width());
                for (dx, dy) in (0..dot).flat_map(|dx| (0..dot).map(move |dy| (dx, dy))) {
                    let at = |place: usize| (u32::try_from(place).expect("a place") + 4) * dot;
                    picture.put_pixel(left + at(x) + dx, at(y) + dy, Luma([20]));
                }
            }
            left += width(code) * dot;
        }
        picture
    }

    fn read_back(picture: &GrayImage, format: ImageFormat) -> Result<String, ClientError> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("picture");
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::ImageLuma8(picture.clone())
            .write_to(&mut bytes, format)
            .expect("writes");
        std::fs::write(&path, bytes.into_inner()).expect("writes");
        invitation_in(&path)
    }

    #[test]
    fn an_invitation_is_read_from_a_picture_as_a_screen_or_a_camera_makes_it() {
        let link = link();
        let code = (*InvitationCode::from_random([7; 16]).written().expect("a code")).clone();
        for (text, dot) in [(&link, 3), (&link, 8), (&code, 4), (&link, 32)] {
            let picture = drawn(&[text], dot);
            for format in [ImageFormat::Png, ImageFormat::Jpeg] {
                assert_eq!(read_back(&picture, format).as_ref(), Ok(text), "{dot} {format:?}");
            }
        }
        // Beside another code, and turned.
        let both = drawn(&["https://example.org", &link], 6);
        assert_eq!(read_back(&both, ImageFormat::Png).as_ref(), Ok(&link));
        let turned = imageops::rotate90(&drawn(&[&link], 6));
        assert_eq!(read_back(&turned, ImageFormat::Png).as_ref(), Ok(&link));
    }

    #[test]
    fn a_picture_full_of_corners_is_put_down_at_once() {
        // Twelve by twelve corners of codes, and a code between them that would be read.
        let mut picture = drawn(&[&link()], 4);
        let (width, height) = picture.dimensions();
        assert_eq!(texts_as_they_are(&picture).len(), 1);
        let mut tiled = GrayImage::from_pixel(width + 480, height.max(480), Luma([240]));
        imageops::replace(&mut tiled, &picture, 0, 0);
        for (row, column) in (0..12).flat_map(|row| (0..12).map(move |column| (row, column))) {
            for (dx, dy) in (0..28).flat_map(|dx| (0..28).map(move |dy| (dx, dy))) {
                let ring = |place: u32| place / 4;
                let edge = ring(dx).min(ring(dy)).min(6 - ring(dx)).min(6 - ring(dy));
                if edge != 1 {
                    tiled.put_pixel(width + column * 40 + dx, row * 40 + dy, Luma([20]));
                }
            }
        }
        picture = tiled;
        let at = |place: usize| u32::try_from(place).expect("a place");
        let dark = |x: usize, y: usize| picture.get_pixel(at(x), at(y)).0[0] < 128;
        assert!(corners(picture.width() as usize, picture.height() as usize, dark) >= 144);
        assert!(texts_as_they_are(&picture).is_empty());
    }

    #[test]
    fn anything_but_one_invitation_is_refused_with_its_own_reason() {
        let refused = |picture: &GrayImage| read_back(picture, ImageFormat::Png).err();
        let none = Some(AccountError::NoCodeInPicture.into());
        assert_eq!(refused(&drawn(&[], 4)), none);
        let no_invitation = Some(AccountError::NoInvitationInPicture.into());
        let other = link().replace("regie.example", "regle.example");
        for texts in [
            vec!["https://evil.example/join?code=1"],
            vec!["regie://join?server=http%3A%2F%2Fregie.example"],
            vec!["regie://join?server=https%3A%2F%2Fregie.example"],
            vec!["regie://pair?server=https%3A%2F%2Fregie.example"],
            vec!["WIFI:S:thuis;T:WPA;P:geheim;;"],
            vec![link().as_str(), other.as_str()],
        ] {
            assert_eq!(refused(&drawn(&texts, 6)), no_invitation, "{texts:?}");
        }
    }

    #[test]
    fn what_is_no_picture_or_a_bomb_is_refused_before_it_is_decoded() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        let of = |bytes: &[u8]| {
            std::fs::write(&path, bytes).expect("writes");
            invitation_in(&path).err()
        };
        let not_a_picture = Some(AccountError::NotAPicture.into());
        assert_eq!(of(b""), not_a_picture);
        assert_eq!(of(b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>"), not_a_picture);
        assert_eq!(of(b"GIF89a\x01\x00\x01\x00\x00\x00\x00;"), not_a_picture);
        // The head of a picture of 60,000 by 60,000 dots, and nothing behind it.
        let mut png = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR".to_vec();
        png.extend([0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60, 8, 0, 0, 0, 0]);
        let sum = crc32(&png[12..]);
        png.extend(sum.to_be_bytes());
        png.extend(b"\x00\x00\x00\x00IDAT\x35\xaf\x06\x1e");
        assert_eq!(of(&png), Some(AccountError::PictureTooLarge.into()));
        let large = vec![0; usize::try_from(LARGEST).expect("a size") + 1];
        assert_eq!(of(&large), Some(AccountError::PictureTooLarge.into()));
        assert_eq!(invitation_in(folder.path()).err(), not_a_picture);
        let mut cut = Cursor::new(Vec::new());
        DynamicImage::ImageLuma8(drawn(&[&link()], 4))
            .write_to(&mut cut, ImageFormat::Png)
            .expect("writes");
        let cut = cut.into_inner();
        assert_eq!(of(&cut[..cut.len() / 2]), not_a_picture);
    }

    /// The sum at the end of each part of a PNG (ISO 3309).
    fn crc32(bytes: &[u8]) -> u32 {
        let one = |sum: u32, byte: &u8| {
            (0..8).fold(sum ^ u32::from(*byte), |sum, _| match sum & 1 {
                1 => (sum >> 1) ^ 0xedb8_8320,
                _ => sum >> 1,
            })
        };
        !bytes.iter().fold(u32::MAX, one)
    }
}
