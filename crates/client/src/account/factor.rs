//! The second factor: digits of a moment (RFC 6238), made on this device. It is shown once, and set when its digits were typed.

use data_encoding::BASE32_NOPAD;
use regie_crypto::{Passphrase, make_random};
use regie_protocol::{
    account::{
        change::{FactorRequest, NewFactor},
        path,
    },
    wire::Fixed,
};
use serde::Serialize;
use specta::Type;
use zeroize::Zeroizing;

use super::{AccountError, AccountView, RequestContent, RequestPurpose, changes::There};
use crate::{Client, ClientError, net::Outgoing};

const ONE_TIME_CODES: usize = 10;
/// Signs of a group, as it is shown.
const GROUP: usize = 4;

/// A second factor that is not set yet. It is shown once.
#[derive(Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FactorView {
    /// The secret, in groups, for typing it into a program that makes the digits.
    pub secret: Vec<String>,
    /// The same for a QR code; it names nobody.
    pub uri: String,
    /// For when the digits are not at hand; each is taken once.
    pub one_time_codes: Vec<String>,
}

/// The same, until it is set or Regie locks.
pub(crate) struct Begun {
    secret: Zeroizing<[u8; 20]>,
    codes: Vec<Zeroizing<String>>,
}

impl Begun {
    fn make() -> Result<Self, ClientError> {
        let codes = (0..ONE_TIME_CODES).map(|_| one_time_code());
        Ok(Self {
            secret: Zeroizing::new(make_random()?),
            codes: codes.collect::<Result<_, _>>()?,
        })
    }

    fn view(&self) -> FactorView {
        let secret = BASE32_NOPAD.encode(self.secret.as_slice());
        FactorView {
            uri: format!("otpauth://totp/Regie?secret={secret}&issuer=Regie"),
            secret: groups(&secret),
            one_time_codes: self.codes.iter().map(|code| code.to_string()).collect(),
        }
    }
}

impl std::fmt::Debug for Begun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Begun(…)")
    }
}

impl Client {
    /// Makes a second factor and shows it; nothing is asked of the server yet.
    ///
    /// # Errors
    /// [`ClientError::Locked`], [`AccountError::NotJoined`].
    pub fn begin_factor(&self) -> Result<FactorView, ClientError> {
        self.own()?;
        let begun = Begun::make()?;
        let view = begun.view();
        let mut state = self.state();
        if state.vault.is_none() {
            return Err(ClientError::Locked);
        }
        state.begun.factor = Some(begun);
        Ok(view)
    }

    /// Sets the second factor that was begun. `factor` is the one that was on before, where there was one.
    ///
    /// # Errors
    /// [`AccountError::LoginFailed`] for other digits; [`ClientError::NotNow`] when none was begun; as [`Client::change_passphrase_with_factor`].
    pub fn set_factor(
        &self,
        passphrase: &Passphrase,
        digits: &str,
        factor: Option<&str>,
    ) -> Result<AccountView, ClientError> {
        let new = {
            let state = self.state();
            let begun = state.begun.factor.as_ref().ok_or(ClientError::NotNow)?;
            NewFactor {
                secret: Fixed(*begun.secret),
                digits: digits.chars().filter(|sign| !sign.is_whitespace()).collect(),
                one_time_codes: begun.codes.iter().map(|code| code.to_string()).collect(),
            }
        };
        self.change_factor(passphrase, Some(new), factor)?;
        self.state().begun.factor = None;
        self.account()
    }

    /// Takes the second factor away.
    ///
    /// # Errors
    /// As [`Client::change_passphrase_with_factor`].
    pub fn remove_factor(
        &self,
        passphrase: &Passphrase,
        factor: Option<&str>,
    ) -> Result<AccountView, ClientError> {
        self.change_factor(passphrase, None, factor)?;
        self.account()
    }

    fn change_factor(
        &self,
        passphrase: &Passphrase,
        new: Option<NewFactor>,
        factor: Option<&str>,
    ) -> Result<(), ClientError> {
        self.prove(passphrase)?;
        let _turn = self.account.turn();
        let there = There::of(self.own()?)?;
        let (proven, _) = self.prove_to(&there, passphrase, factor)?;
        let is_on = new.is_some();
        let request = Outgoing::post(
            path::FACTOR,
            &FactorRequest { factor: new },
            RequestPurpose::NewKeys,
            RequestContent::Keys,
        )?;
        self.ask(&there.reach, &request.with_proof(&proven.proof))
            .map_err(AccountError::from)?
            .succeeded()?;
        self.change_account(|account| account.has_factor = is_on)
    }
}

/// Fifty random bits, as two groups of five signs.
fn one_time_code() -> Result<Zeroizing<String>, ClientError> {
    let bytes = Zeroizing::new(make_random::<7>()?);
    let signs = Zeroizing::new(BASE32_NOPAD.encode(bytes.as_slice()));
    let (one, other) = (signs.get(..5), signs.get(5..10));
    let parts = one.zip(other).ok_or(ClientError::Malformed)?;
    Ok(Zeroizing::new(format!("{}-{}", parts.0, parts.1)))
}

fn groups(signs: &str) -> Vec<String> {
    let group = |part: &[u8]| String::from_utf8_lossy(part).into_owned();
    signs.as_bytes().chunks(GROUP).map(group).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_factor_is_shown_with_ten_codes_and_names_nobody() {
        let begun = Begun::make().expect("a factor");
        let view = begun.view();
        let secret = view.secret.concat();
        assert_eq!(
            BASE32_NOPAD.decode(secret.as_bytes()).ok(),
            Some(begun.secret.to_vec())
        );
        assert_eq!(
            view.uri,
            format!("otpauth://totp/Regie?secret={secret}&issuer=Regie")
        );
        let codes: BTreeSet<_> = view.one_time_codes.iter().collect();
        assert_eq!(codes.len(), ONE_TIME_CODES);
        for code in codes {
            // Never taken for digits: ten signs, and six are asked.
            assert_eq!(
                (
                    code.len(),
                    code.chars().filter(char::is_ascii_alphanumeric).count()
                ),
                (11, 10)
            );
        }
        assert_ne!(Begun::make().expect("a factor").secret, begun.secret);
    }
}
