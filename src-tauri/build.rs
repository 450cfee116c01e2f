//! Embeds the window's configuration and lists the commands that each window may be given.

fn main() {
    tauri_build::build();
}
