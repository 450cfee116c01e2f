//! Looking for traces: files as they are, and texts in the forms in which they could hide.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use data_encoding::{BASE64_NOPAD, HEXLOWER};

/// Every file below a folder with its bytes.
#[must_use]
pub fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)
            .expect("a folder")
            .map(|entry| entry.expect("an entry"))
        {
            let path = entry.path();
            if entry.file_type().expect("a type").is_dir() {
                folders.push(path);
            } else if entry.file_type().expect("a type").is_file() {
                let bytes = fs::read(&path).expect("bytes");
                found.insert(path, bytes);
            }
        }
    }
    found
}

/// The forms in which a text could have been left behind: UTF-8, UTF-16, hexadecimal, and base64 of both at each of its three
/// alignments (without the signs that depend on what stands beside it).
#[must_use]
pub fn forms(text: &str) -> Vec<Vec<u8>> {
    let utf8 = text.as_bytes().to_vec();
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let hex = HEXLOWER.encode(&utf8);
    let mut forms = vec![
        utf8.clone(),
        utf16.clone(),
        hex.to_uppercase().into_bytes(),
        hex.into_bytes(),
    ];
    for bytes in [utf8, utf16] {
        for shift in 0..3 {
            let shifted = [vec![0; shift], bytes.clone()].concat();
            let encoded = BASE64_NOPAD.encode(&shifted);
            let inner = encoded.get(shift.div_ceil(1) + usize::from(shift > 0)..encoded.len() - 2);
            forms.push(inner.expect("a longer text").as_bytes().to_vec());
        }
    }
    forms
}

/// Whether one byte string stands in another.
#[must_use]
pub fn contains(hay: &[u8], needle: &[u8]) -> bool {
    hay.windows(needle.len()).any(|window| window == needle)
}

/// Where any of these texts stands in any form, below a folder.
#[must_use]
pub fn traces(folder: &Path, texts: &[&str]) -> Vec<String> {
    let files = files(folder);
    let mut traces = Vec::new();
    for text in texts {
        for (number, form) in forms(text).iter().enumerate() {
            let hits = files.iter().filter(|(_, bytes)| contains(bytes, form));
            traces.extend(hits.map(|(path, _)| format!("{text} (form {number}) in {}", path.display())));
        }
    }
    traces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planted_text_is_found_in_every_form() {
        let folder = tempfile::tempdir().expect("a folder");
        let text = "kanarie-zingt-9137";
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut planted = vec![
            text.as_bytes().to_vec(),
            utf16.clone(),
            HEXLOWER.encode(text.as_bytes()).into_bytes(),
        ];
        for before in ["", "x", "xy", "xyz"] {
            planted.push(
                data_encoding::BASE64
                    .encode(format!("{before}{text}!").as_bytes())
                    .into_bytes(),
            );
            planted.push(
                data_encoding::BASE64
                    .encode(&[before.as_bytes(), &utf16].concat())
                    .into_bytes(),
            );
        }
        for (number, bytes) in planted.iter().enumerate() {
            fs::write(
                folder.path().join("found"),
                [b"before ", bytes.as_slice(), b" after"].concat(),
            )
            .expect("writes");
            assert!(
                !traces(folder.path(), &[text]).is_empty(),
                "form {number} was not found"
            );
        }
        fs::write(folder.path().join("found"), b"kanarie-zingt-9138").expect("writes");
        assert!(traces(folder.path(), &[text]).is_empty());
    }
}
