//! Commands about looking for a code with the camera. Frames are looked through, one at a time, and kept nowhere.

use data_encoding::BASE64;
use regie_client::{AccountError, ClientError, CodeKind, Frame, FrameSeen, LONGEST_FRAME_SIDE};
use serde::Deserialize;
use specta::Type;
use tauri::{State, WebviewWindow};

use super::account::away;
use crate::{
    Core,
    capture::{self, Device, Permit},
    error::UiError,
};

/// The most signs that a frame takes on its way.
const LONGEST: usize = (LONGEST_FRAME_SIDE as usize * LONGEST_FRAME_SIDE as usize).div_ceil(3) * 4;

/// A frame in grey, row by row.
#[derive(Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub(super) struct FrameForm {
    width: u32,
    height: u32,
    /// A byte for each dot, in base64.
    dots: String,
}

/// Whether a camera is looked for here at all.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn may_scan(core: Core<'_>) -> bool {
    capture::is_possible() && core.may_scan()
}

/// The person pressed: the page may ask for the camera, once and soon.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn begin_scan(
    window: WebviewWindow,
    core: Core<'_>,
    permit: State<'_, Permit>,
) -> Result<(), UiError> {
    if !core.may_scan() {
        return Err(UiError::Locked);
    }
    permit.give(Device::Camera, window.label());
    Ok(())
}

/// Looks for a code in a frame of the camera.
#[tauri::command]
#[specta::specta]
pub(super) async fn code_in_frame(
    core: Core<'_>,
    kind: CodeKind,
    frame: FrameForm,
) -> Result<FrameSeen, UiError> {
    away(&core, move |core| core.code_in_frame(kind, read(frame)?)).await
}

fn read(form: FrameForm) -> Result<Frame, ClientError> {
    let FrameForm { width, height, dots } = form;
    if dots.len() > LONGEST {
        return Err(AccountError::PictureTooLarge.into());
    }
    let dots = BASE64
        .decode(dots.as_bytes())
        .map_err(|_| AccountError::NotAPicture)?;
    Ok(Frame { width, height, dots })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_taken_as_large_as_it_may_be_and_no_larger() {
        let of = |signs: usize| {
            let dots = "A".repeat(signs);
            read(FrameForm {
                width: 640,
                height: 640,
                dots,
            })
            .map(|frame| frame.dots.len())
        };
        assert_eq!(of(LONGEST).map(|dots| dots / 640), Ok(640));
        assert_eq!(of(LONGEST + 4), Err(AccountError::PictureTooLarge.into()));
        assert_eq!(of(3), Err(AccountError::NotAPicture.into()));
    }
}
