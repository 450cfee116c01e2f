//! Starting when the person logs in to the computer.

use std::path::Path;

use auto_launch::{AutoLaunch, AutoLaunchBuilder};

/// The argument by which a start at login is told from one by hand.
pub(crate) const ARGUMENT: &str = "--at-login";

/// Whether Regie starts at login; `None` where it cannot be arranged.
pub(crate) fn is_on(profile: &Path) -> Option<bool> {
    entry(profile)?.is_enabled().ok()
}

/// Arranges that Regie starts at login, or no longer does; whether that worked.
pub(crate) fn set(profile: &Path, on: bool) -> bool {
    let Some(entry) = entry(profile) else {
        return false;
    };
    let done = match (on, entry.is_enabled().unwrap_or(true)) {
        (true, _) => entry.enable(),
        (false, true) => entry.disable(),
        (false, false) => Ok(()),
    };
    done.inspect_err(|_| tracing::warn!("the start at login could not be arranged"))
        .is_ok()
}

fn entry(profile: &Path) -> Option<AutoLaunch> {
    if !is_looked_at() {
        return None;
    }
    let program = std::env::current_exe().ok()?;
    let usual = crate::usual_profile().is_some_and(|usual| usual == profile);
    let mut arguments = vec![ARGUMENT.to_owned()];
    if !usual {
        arguments.extend(["--profile".into(), quoted(profile.to_str()?)]);
    }
    let name = if usual {
        "Regie".into()
    } else {
        format!("Regie {}", crate::instance::mark(profile))
    };
    AutoLaunchBuilder::new()
        .set_app_name(&name)
        .set_app_path(&quoted(program.to_str()?))
        .set_args(&arguments)
        .build()
        .ok()
}

/// Desktops look for entries in the folder for settings, and the library always writes to the usual one.
#[cfg(target_os = "linux")]
fn is_looked_at() -> bool {
    dirs::config_dir()
        .is_some_and(|folder| dirs::home_dir().is_some_and(|home| folder == home.join(".config")))
}

#[cfg(not(target_os = "linux"))]
fn is_looked_at() -> bool {
    true
}

/// One word of the `Exec` line of a desktop entry, as the Desktop Entry Specification quotes it.
#[cfg(target_os = "linux")]
fn quoted(word: &str) -> String {
    let mut quoted = String::from("\"");
    for sign in word.chars() {
        match sign {
            // Once for the quotes, and once more since the line is a string with escapes.
            '"' | '`' | '$' => quoted.push_str("\\\\"),
            '\\' => quoted.push_str("\\\\\\"),
            '%' => quoted.push('%'),
            _ => {}
        }
        quoted.push(sign);
    }
    quoted.push('"');
    quoted
}

#[cfg(not(target_os = "linux"))]
fn quoted(word: &str) -> String {
    word.into()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_blanks_and_signs_stays_one_word() {
        assert_eq!(quoted("/home/sam/Mijn map"), "\"/home/sam/Mijn map\"");
        assert_eq!(quoted("/a$b\"c"), r#""/a\\$b\\"c""#);
        assert_eq!(quoted(r"/a\b"), r#""/a\\\\b""#);
        assert_eq!(quoted("/100%"), "\"/100%%\"");
    }
}
