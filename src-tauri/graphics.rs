//! How windows are drawn where there is no graphics card.

use tauri::WebviewWindow;

/// Whether programs can draw with a graphics card: by a render node, or by what stands for it in Linux on Windows.
#[cfg(target_os = "linux")]
fn has_card() -> bool {
    let nodes = std::fs::read_dir("/dev/dri").into_iter().flatten().flatten();
    let mut names = nodes.map(|node| node.file_name());
    names.any(|name| name.to_string_lossy().starts_with("renderD"))
        || std::path::Path::new("/dev/dxg").exists()
}

/// Without a graphics card WebKit would imitate one on the processor, for a third more memory and a quarter more time to
/// the first frame; the processor draws the page itself then. Virtual machines and remote desktops are such places.
#[cfg(target_os = "linux")]
pub fn draw_directly_without_a_card(window: &WebviewWindow) {
    use webkit2gtk::{HardwareAccelerationPolicy, SettingsExt, WebViewExt};
    if has_card() {
        return;
    }
    let set = window.with_webview(|view| {
        if let Some(settings) = WebViewExt::settings(&view.inner()) {
            settings.set_hardware_acceleration_policy(HardwareAccelerationPolicy::Never);
        }
    });
    if let Err(error) = set {
        tracing::warn!(%error, "the window is drawn the long way");
    }
}

/// Other platforms choose by themselves.
#[cfg(not(target_os = "linux"))]
pub fn draw_directly_without_a_card(_: &WebviewWindow) {}
