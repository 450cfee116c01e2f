//! Whether an address is one that mail can be sent to, by its form alone.

use regie_protocol::ProblemCode;

use crate::error::Refusal;

/// Longest address, and longest part before its sign (RFC 5321, 4.5.3.1).
const LONGEST: usize = 254;
const LONGEST_LOCAL: usize = 64;
/// Longest step of a domain (RFC 1035, 2.3.4).
const LONGEST_STEP: usize = 63;

/// The address without white space around it.
pub(super) fn mailable(address: &str) -> Result<&str, Refusal> {
    let address = address.trim();
    let is_good = address.len() <= LONGEST
        && address
            .rsplit_once('@')
            .is_some_and(|(local, domain)| is_local(local) && is_domain(domain));
    if is_good {
        Ok(address)
    } else {
        Err(ProblemCode::AddressRefused.into())
    }
}

/// Without quotes: nobody has such an address, and many programs read it wrongly.
fn is_local(local: &str) -> bool {
    let is_sign =
        |sign: char| sign.is_alphanumeric() || (sign.is_ascii() && "!#$%&'*+-/=?^_`{|}~".contains(sign));
    local.len() <= LONGEST_LOCAL
        && local
            .split('.')
            .all(|step| !step.is_empty() && step.chars().all(is_sign))
}

/// A name with at least two steps; no address of a machine, where mail of strangers would be delivered inside.
fn is_domain(domain: &str) -> bool {
    let is_step = |step: &str| {
        (1..=LONGEST_STEP).contains(&step.len())
            && !step.starts_with('-')
            && !step.ends_with('-')
            && step.chars().all(|sign| sign.is_alphanumeric() || sign == '-')
    };
    let last_is_name = domain
        .rsplit('.')
        .next()
        .is_some_and(|last| !last.chars().all(|sign| sign.is_ascii_digit()));
    domain.contains('.') && last_is_name && domain.split('.').all(is_step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_by_its_form_and_what_would_go_elsewhere_is_refused() {
        for good in [
            "anne@example.org",
            " anne.de-vries+regie@mail.example.co.uk\n",
            "rené@müller.example",
            "o'neill@example.org",
        ] {
            assert_eq!(mailable(good), Ok(good.trim()), "{good}");
        }
        let long = format!("{}@example.org", "a".repeat(65));
        for bad in [
            "",
            "anne",
            "@example.org",
            "anne@",
            "anne@localhost",
            "anne@127.0.0.1",
            "anne@[127.0.0.1]",
            "anne..b@example.org",
            "anne@example.org, wim@example.org",
            "anne@exa mple.org",
            "anne@example.org\r\nBcc: wim@example.org",
            "Anne <anne@example.org>",
            "\"a b\"@example.org",
            "anne@-example.org",
            "anne@example..org",
            long.as_str(),
        ] {
            assert_eq!(mailable(bad), Err(ProblemCode::AddressRefused.into()), "{bad}");
        }
    }
}
