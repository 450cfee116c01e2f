//! Names that lead nowhere else.

use crate::Reason;

/// Longest name of a part, in bytes, with its folders.
const LONGEST_NAME: usize = 1024;

/// The name, when it is one that can stand below any folder of any system.
pub(crate) fn check_name(raw: &[u8]) -> Result<&str, Reason> {
    let name = std::str::from_utf8(raw).map_err(|_| Reason::BadName)?;
    let drive = matches!(raw, [letter, b':', ..] if letter.is_ascii_alphabetic());
    let odd = |sign: char| sign == '\\' || sign.is_control();
    let below = name.strip_suffix('/').unwrap_or(name);
    let step = |step: &str| matches!(step, "" | "." | "..");
    if drive || name.len() > LONGEST_NAME || name.contains(odd) || below.split('/').any(step) {
        return Err(Reason::BadName);
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_stay_below_are_taken() {
        for good in [
            "a",
            "a/b.md",
            "a/",
            "2026-11-27 21:14.md",
            "ë/…/日記.txt",
            "..a/b..",
        ] {
            assert_eq!(check_name(good.as_bytes()), Ok(good));
        }
        for bad in [
            "",
            "/",
            "/etc/passwd",
            "../a",
            "a/../b",
            "a/..",
            "./a",
            "a//b",
            "C:\\a",
            "c:a",
            "C:/a",
            "a\\b",
            "a\0b",
            "a\nb",
        ] {
            assert_eq!(check_name(bad.as_bytes()), Err(Reason::BadName), "{bad:?}");
        }
        assert_eq!(check_name(b"caf\xe9"), Err(Reason::BadName));
        assert_eq!(check_name("x".repeat(1025).as_bytes()), Err(Reason::BadName));
    }
}
