//! A code in front of the camera. The page hands over small grey frames, one at a time; each is looked through and dropped, and nothing is
//! taken but the code that was asked for.

use image::GrayImage;
use regie_crypto::pairing::PairingCode;
use serde::{Deserialize, Serialize};
use specta::Type;

use super::{AccountError, picture};
use crate::ClientError;

/// So wide and high a frame is at most: a code that fills a third of it is read, and looking takes a fraction of a second.
pub const LONGEST_FRAME_SIDE: u32 = 640;

/// One frame of a camera, in grey, row by row.
pub struct Frame {
    /// Dots in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// A byte for each dot, dark to light.
    pub dots: Vec<u8>,
}

impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Frame(…)")
    }
}

/// What code is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum CodeKind {
    /// An invitation: a link, or a code.
    Invitation,
    /// What a new device shows.
    Pairing,
}

/// What was seen in a frame.
#[derive(Clone, PartialEq, Eq, Serialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum FrameSeen {
    /// No code.
    Nothing,
    /// A code that is not the one looked for, or several that are.
    Other,
    /// The code, as it is typed.
    Found {
        /// What stands in it.
        text: String,
    },
}

impl std::fmt::Debug for FrameSeen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Nothing => "Nothing",
            Self::Other => "Other",
            Self::Found { .. } => "Found(…)",
        })
    }
}

pub(super) fn code_in(kind: CodeKind, frame: Frame) -> Result<FrameSeen, ClientError> {
    let Frame { width, height, dots } = frame;
    if width.max(height) > LONGEST_FRAME_SIDE {
        return Err(AccountError::PictureTooLarge.into());
    }
    let fits = usize::try_from(u64::from(width) * u64::from(height)) == Ok(dots.len());
    let picture = GrayImage::from_raw(width, height, dots).filter(|_| fits && width > 0 && height > 0);
    let texts = picture::texts_in(&picture.ok_or(AccountError::NotAPicture)?);
    if texts.is_empty() {
        return Ok(FrameSeen::Nothing);
    }
    let wanted = match kind {
        CodeKind::Invitation => picture::invitation,
        CodeKind::Pairing => pairing_code,
    };
    Ok(picture::only(&texts, wanted).map_or(FrameSeen::Other, |text| FrameSeen::Found { text }))
}

/// The text as the code of a new device; nothing where it is none.
fn pairing_code(text: &str) -> Option<String> {
    let code = PairingCode::parse(text.trim()).ok()?;
    code.secret.written(code.number).ok().map(|code| (*code).clone())
}

#[cfg(test)]
mod tests {
    use image::{Luma, imageops};
    use regie_crypto::pairing::PairingSecret;

    use super::super::picture::tests::{drawn, link};
    use super::*;

    /// What a camera makes of it: on a table, a little out of focus, with grain.
    fn seen_by_camera(texts: &[&str]) -> GrayImage {
        let code = drawn(texts, 6);
        let mut table = GrayImage::from_pixel(640, 480, Luma([150]));
        let wide = if texts.len() > 1 { 560 } else { 300 };
        let high = code.height() * wide / code.width();
        let code = imageops::resize(&code, wide, high, imageops::FilterType::Triangle);
        imageops::replace(&mut table, &code, 50, 90);
        let mut frame = imageops::blur(&table, 0.8);
        // The same grain each time.
        let mut state = 1_u32;
        for dot in frame.pixels_mut() {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            dot.0[0] = dot.0[0].saturating_add(u8::try_from(state >> 28).expect("four bits"));
        }
        frame
    }

    fn look(kind: CodeKind, picture: &GrayImage) -> Result<FrameSeen, ClientError> {
        let (width, height) = picture.dimensions();
        let dots = picture.as_raw().clone();
        code_in(kind, Frame { width, height, dots })
    }

    fn pairing() -> String {
        let secret = PairingSecret::make_random().expect("randomness");
        (*secret.written(4821).expect("a code")).clone()
    }

    #[test]
    fn the_code_that_was_asked_for_is_read_from_a_frame_and_no_other_one() {
        let found = |text: &String| Ok(FrameSeen::Found { text: text.clone() });
        let link = link();
        // A single frame does not always do; a camera gives many.
        let pairing = (0..5)
            .map(|_| pairing())
            .find(|code| look(CodeKind::Pairing, &seen_by_camera(&[code])) == found(code))
            .expect("most are read at once");
        let (invited, paired) = (seen_by_camera(&[&link]), seen_by_camera(&[&pairing]));
        assert_eq!(look(CodeKind::Invitation, &invited), found(&link));
        assert_eq!(look(CodeKind::Pairing, &paired), found(&pairing));
        assert_eq!(look(CodeKind::Pairing, &invited), Ok(FrameSeen::Other));
        assert_eq!(look(CodeKind::Invitation, &paired), Ok(FrameSeen::Other));
        let foreign = seen_by_camera(&["https://evil.example/join?code=1"]);
        let two = seen_by_camera(&[&link, &link.replace("regie.example", "regle.example")]);
        for picture in [&foreign, &two] {
            assert_eq!(look(CodeKind::Invitation, picture), Ok(FrameSeen::Other));
        }
        let empty = GrayImage::from_pixel(640, 480, Luma([90]));
        assert_eq!(look(CodeKind::Invitation, &empty), Ok(FrameSeen::Nothing));
        assert!(!format!("{:?}", look(CodeKind::Pairing, &paired)).contains(&pairing));
    }

    #[test]
    fn a_frame_that_is_too_large_or_not_what_it_says_is_refused() {
        let of = |width, height, bytes| {
            let dots = vec![200; bytes];
            code_in(CodeKind::Invitation, Frame { width, height, dots })
        };
        let too_large = Err(AccountError::PictureTooLarge.into());
        assert_eq!(of(641, 1, 641), too_large);
        assert_eq!(of(u32::MAX, u32::MAX, 0), too_large);
        let no_picture = Err(AccountError::NotAPicture.into());
        for (width, height, bytes) in [(0, 0, 0), (640, 0, 0), (640, 480, 307_199), (640, 480, 307_201)] {
            assert_eq!(of(width, height, bytes), no_picture, "{width} {height} {bytes}");
        }
        assert_eq!(of(1, 1, 1), Ok(FrameSeen::Nothing));
    }
}
