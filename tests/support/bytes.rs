//! Looking for traces: files as they are, and texts in the forms in which they could hide.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use aho_corasick::AhoCorasick;
use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER};

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
                match fs::read(&path) {
                    Ok(bytes) => drop(found.insert(path, bytes)),
                    // A log that its database has just closed.
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                    Err(error) => panic!("bytes: {error}"),
                }
            }
        }
    }
    found
}

/// The forms in which a text could have been left behind: UTF-8, UTF-16, hexadecimal, and base64 of both in either alphabet at each of
/// its three alignments (without the signs that depend on what stands beside it).
#[must_use]
pub fn forms(text: &str) -> Vec<Vec<u8>> {
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut forms = forms_of(text.as_bytes());
    forms.extend(forms_of(&utf16));
    forms
}

/// The forms in which bytes could have been left behind: as they are, hexadecimal, base64 as above.
#[must_use]
pub fn forms_of(bytes: &[u8]) -> Vec<Vec<u8>> {
    let hex = HEXLOWER.encode(bytes);
    let mut forms = vec![bytes.to_vec(), hex.to_uppercase().into_bytes(), hex.into_bytes()];
    for shift in 0..3 {
        let shifted = [vec![0; shift], bytes.to_vec()].concat();
        let mut alphabets = [BASE64_NOPAD, BASE64URL_NOPAD]
            .map(|alphabet| alphabet.encode(&shifted))
            .to_vec();
        alphabets.dedup();
        for encoded in alphabets {
            let own = shift + usize::from(shift > 0);
            // The last sign holds bits of what follows.
            let inner = encoded.get(own..encoded.len() - 2).expect("more bytes");
            forms.push(inner.as_bytes().to_vec());
        }
    }
    forms
}

/// Many byte strings that are looked for at once.
pub struct Sought(AhoCorasick);

impl Sought {
    /// These forms.
    #[must_use]
    pub fn of(forms: &[Vec<u8>]) -> Self {
        Self(AhoCorasick::new(forms).expect("not too many"))
    }

    /// Whether any of them stands in here.
    #[must_use]
    pub fn is_in(&self, hay: &[u8]) -> bool {
        self.0.is_match(hay)
    }
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
        planted.push(
            BASE64URL_NOPAD
                .encode(b"\xff\xfe>>??kanarie-zingt-9137")
                .into_bytes(),
        );
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
