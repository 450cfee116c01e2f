//! A photo as it is kept: its dots, encoded anew, and nothing else of the file that it came in. A place, a day, a camera or a smaller
//! picture that was cut away stays in that file.

use std::{
    io::{Cursor, Read},
    sync::{Mutex, PoisonError},
};

use image::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbImage,
    codecs::jpeg::JpegEncoder, imageops, metadata::Orientation,
};
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

use super::{PREVIEW_BYTES, Refused, apart, named, read};

/// A photo of a phone is smaller, in bytes.
const LARGEST: u64 = 32 * 1024 * 1024;
/// So wide and high it is at most, and so many dots it has.
const LONGEST_SIDE: u32 = 12_000;
const MOST_DOTS: u64 = 64_000_000;
/// What decoding may take of memory, in bytes.
const MOST_MEMORY: u64 = 256 * 1024 * 1024;
/// A profile of colours is smaller, in bytes; one that is not is not looked at.
const LARGEST_PROFILE: usize = 1024 * 1024;
/// What is kept: the longest side in dots, the most bytes, and how closely it is encoded, tried in this order.
const SIDE: u32 = 2_560;
const MOST_BYTES: usize = 4 * 1024 * 1024;
const QUALITIES: [u8; 3] = [85, 75, 65];
/// The same for its preview.
const PREVIEW_SIDE: u32 = 320;
const PREVIEW_QUALITIES: [u8; 4] = [80, 70, 60, 45];

/// One at a time: each may take a quarter of a gigabyte while it is decoded.
static ONE: Mutex<()> = Mutex::new(());

/// A photo as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Photo {
    /// The picture, as JPEG.
    pub(crate) jpeg: Vec<u8>,
    /// The same, small, as JPEG that fits the room of a preview.
    pub(crate) preview: Vec<u8>,
    /// Dots of a line.
    pub(crate) width: u32,
    /// Lines.
    pub(crate) height: u32,
}

/// Takes the photo out of a file. What it is stands in the file, whatever its name says.
///
/// # Errors
///
/// Says why it is not taken.
pub(crate) fn take(source: impl Read) -> Result<Photo, Refused> {
    let bytes = read(source, LARGEST)?;
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    apart(move || taken(bytes))
}

fn taken(bytes: Vec<u8>) -> Result<Photo, Refused> {
    let picture = decode(&bytes)?;
    let (width, height) = picture.dimensions();
    let preview = encode(&picture, PREVIEW_SIDE, &PREVIEW_QUALITIES, PREVIEW_BYTES)?.0;
    // What an archive brings back stays what it was, byte for byte: each encoding anew would lose a little.
    if bytes.len() <= MOST_BYTES && is_plain(&bytes, width, height) {
        return Ok(Photo {
            jpeg: bytes,
            preview,
            width,
            height,
        });
    }
    let (jpeg, (width, height)) = encode(&picture, SIDE, &QUALITIES, MOST_BYTES)?;
    Ok(Photo {
        jpeg,
        preview,
        width,
        height,
    })
}

/// The dots of a file, upright, in sRGB, on white, and no more of them than are kept.
fn decode(bytes: &[u8]) -> Result<RgbImage, Refused> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format();
    let mut reader = reader.map_err(|_| Refused::Damaged)?;
    if !matches!(
        reader.format(),
        Some(ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP)
    ) {
        return Err(named(bytes));
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| refused(&error))?;
    // Asked before anything is decoded.
    let (width, height) = decoder.dimensions();
    if width > LONGEST_SIDE || height > LONGEST_SIDE || u64::from(width) * u64::from(height) > MOST_DOTS {
        return Err(Refused::TooLarge);
    }
    if decoder.total_bytes() > MOST_MEMORY {
        return Err(Refused::TooLarge);
    }
    if width == 0 || height == 0 {
        return Err(Refused::Damaged);
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let profile = decoder.icc_profile().ok().flatten();
    let picture = DynamicImage::from_decoder(decoder).map_err(|error| refused(&error))?;
    let is_grey = !picture.color().has_color();
    // Made smaller before anything else: what follows then needs a fraction of the memory.
    let picture = smaller(on_white(picture), SIDE);
    let mut picture = DynamicImage::ImageRgb8(picture.into_rgb8());
    picture.apply_orientation(orientation);
    let picture = picture.into_rgb8();
    Ok(match profile {
        Some(profile) if profile.len() <= LARGEST_PROFILE => {
            to_srgb(&picture, &profile, is_grey).unwrap_or(picture)
        }
        _ => picture,
    })
}

fn refused(error: &ImageError) -> Refused {
    match error {
        ImageError::Limits(_) => Refused::TooLarge,
        _ => Refused::Damaged,
    }
}

/// Lays what can be seen through on white, where it lies: a copy would double the memory.
fn on_white(picture: DynamicImage) -> DynamicImage {
    if !picture.color().has_alpha() {
        return DynamicImage::ImageRgb8(picture.into_rgb8());
    }
    let mut picture = picture.into_rgba8();
    for dot in picture.pixels_mut() {
        let [red, green, blue, alpha] = dot.0;
        let laid = |colour: u8| {
            let (colour, alpha) = (u32::from(colour), u32::from(alpha));
            u8::try_from((colour * alpha + 255 * (255 - alpha) + 127) / 255).unwrap_or(u8::MAX)
        };
        dot.0 = [laid(red), laid(green), laid(blue), u8::MAX];
    }
    DynamicImage::ImageRgba8(picture)
}

/// The picture with a longest side of this many dots at most.
fn smaller(picture: DynamicImage, side: u32) -> DynamicImage {
    let longest = picture.width().max(picture.height());
    if longest <= side {
        return picture;
    }
    let (width, height) = fitting(picture.width(), picture.height(), side);
    // Averages of whole areas need no memory beside; only between near sizes do they look coarse.
    if longest / 2 >= side {
        picture.thumbnail_exact(width, height)
    } else {
        picture.resize_exact(width, height, imageops::FilterType::CatmullRom)
    }
}

fn fitting(width: u32, height: u32, side: u32) -> (u32, u32) {
    let longest = u64::from(width.max(height)).max(1);
    let scaled = |length: u32| {
        let scaled = (u64::from(length) * u64::from(side) + longest / 2) / longest;
        u32::try_from(scaled).unwrap_or(side).max(1)
    };
    (scaled(width), scaled(height))
}

/// The same colours in sRGB; nothing where the profile cannot be read or is for another kind of picture.
fn to_srgb(picture: &RgbImage, profile: &[u8], is_grey: bool) -> Option<RgbImage> {
    let profile = ColorProfile::new_from_slice(profile).ok()?;
    let layout = match profile.color_space {
        DataColorSpace::Rgb if !is_grey => Layout::Rgb,
        DataColorSpace::Gray if is_grey => Layout::Gray,
        _ => return None,
    };
    let srgb = ColorProfile::new_srgb();
    let options = TransformOptions::default();
    let transform = profile
        .create_transform_8bit(layout, &srgb, Layout::Rgb, options)
        .ok()?;
    let (width, height) = picture.dimensions();
    let mut converted = RgbImage::new(width, height);
    let line = usize::try_from(width).ok()?.checked_mul(3)?;
    for (from, to) in picture
        .as_raw()
        .chunks_exact(line)
        .zip(converted.chunks_exact_mut(line))
    {
        if layout == Layout::Gray {
            let grey: Vec<u8> = from.iter().step_by(3).copied().collect();
            transform.transform(&grey, to).ok()?;
        } else {
            transform.transform(from, to).ok()?;
        }
    }
    Some(converted)
}

/// A JPEG of at most so many dots a side and so many bytes: encoded less closely first, then smaller.
fn encode(
    picture: &RgbImage,
    side: u32,
    qualities: &[u8],
    most: usize,
) -> Result<(Vec<u8>, (u32, u32)), Refused> {
    let mut side = side.min(picture.width().max(picture.height()));
    let mut small = DynamicImage::ImageRgb8(picture.clone());
    while side > 0 {
        small = smaller(small, side);
        for quality in qualities {
            let mut jpeg = Vec::new();
            let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, *quality);
            encoder.encode_image(&small).map_err(|_| Refused::Damaged)?;
            if jpeg.len() <= most {
                return Ok((jpeg, (small.width(), small.height())));
            }
        }
        side = side * 3 / 4;
    }
    Err(Refused::TooLarge)
}

/// Whether a JPEG has the segments that our own encoder writes, one scan that ends where the file does, and nothing that could say where,
/// when or by what it was made.
fn is_plain(bytes: &[u8], width: u32, height: u32) -> bool {
    plain_frame(bytes).is_some_and(|(w, h)| (u32::from(w), u32::from(h)) == (width, height))
        && width <= SIDE
        && height <= SIDE
}

/// Width and height of a plain JPEG (ITU-T T.81, annex B).
fn plain_frame(bytes: &[u8]) -> Option<(u16, u16)> {
    let mut rest = bytes.strip_prefix(&[0xFF, 0xD8])?;
    let mut frame = None;
    let mut begins = true;
    loop {
        let [0xFF, marker, high, low, tail @ ..] = rest else {
            return None;
        };
        let length = usize::from(u16::from_be_bytes([*high, *low])).checked_sub(2)?;
        let (segment, after) = tail.split_at_checked(length)?;
        match marker {
            // JFIF as it is written first, without a small picture.
            0xE0 if begins
                && segment.starts_with(b"JFIF\0")
                && segment.len() == 14
                && segment.ends_with(&[0, 0]) => {}
            0xDB | 0xC4 => {}
            0xC0 if frame.is_none() => {
                let [8, h1, h2, w1, w2, 1 | 3, ..] = segment else {
                    return None;
                };
                frame = Some((u16::from_be_bytes([*w1, *w2]), u16::from_be_bytes([*h1, *h2])));
            }
            0xDA => return scan_ends(after).then_some(frame).flatten(),
            _ => return None,
        }
        begins = false;
        rest = after;
    }
}

/// Whether the bytes of a scan go on to the mark of the end, which is the last thing there is.
fn scan_ends(bytes: &[u8]) -> bool {
    let Some(scan) = bytes.strip_suffix(&[0xFF, 0xD9]) else {
        return false;
    };
    let marks = scan
        .windows(2)
        .filter(|pair| matches!(pair, [0xFF, mark] if *mark != 0));
    marks.count() == 0 && scan.last() != Some(&0xFF)
}

#[cfg(test)]
mod tests;
