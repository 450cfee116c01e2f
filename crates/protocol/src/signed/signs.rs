//! Signs that people read out and type: Crockford's base 32 (<https://www.crockford.com/base32.html>), in groups of four.

use data_encoding::{Encoding, Specification};
use zeroize::Zeroizing;

use super::SignedError;

const GROUP: usize = 4;

/// Crockford's base 32. It has no `I L O U`; look-alikes and small letters are read as what was meant.
///
/// # Errors
/// Never in practice: the signs are a constant.
pub fn alphabet() -> Result<Encoding, SignedError> {
    let mut specification = Specification::new();
    specification.symbols.push_str("0123456789ABCDEFGHJKMNPQRSTVWXYZ");
    specification
        .translate
        .from
        .push_str("abcdefghjkmnpqrstvwxyzoOiIlL");
    specification
        .translate
        .to
        .push_str("ABCDEFGHJKMNPQRSTVWXYZ001111");
    specification.encoding().map_err(|_| SignedError::Malformed)
}

/// What was typed, without what only parts groups.
#[must_use]
pub fn tidy(typed: &str) -> Zeroizing<String> {
    let mut signs = Zeroizing::new(String::with_capacity(typed.len()));
    signs.extend(
        typed
            .chars()
            .filter(|sign| !sign.is_whitespace() && !"-‐‑‒–—−·.".contains(*sign)),
    );
    signs
}

/// Signs in groups of four with hyphens between.
#[must_use]
pub fn grouped(signs: &str) -> Zeroizing<String> {
    let mut groups = Zeroizing::new(String::with_capacity(signs.len() + signs.len() / GROUP));
    for (at, sign) in signs.chars().enumerate() {
        if at > 0 && at % GROUP == 0 {
            groups.push('-');
        }
        groups.push(sign);
    }
    groups
}
