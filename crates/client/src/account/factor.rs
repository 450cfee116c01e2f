//! The second factor: made on the device, set with its digits, taken away with it, and lifted without it as docs/adr/0013 says. Beside it the
//! deletion of an account whose passphrase and code are lost.

use std::path::Path;

use data_encoding::BASE32_NOPAD;
use qrcode::{EcLevel, QrCode};
use regie_crypto::{Passphrase, make_random, recovery::RecoveryCode};
use regie_protocol::{
    Text,
    account::{
        change::{
            Announced, EraseMailBeginRequest, EraseMailRequest, FactorLiftRequest, FactorRequest, NewFactor,
            NoticeResponse, ObjectRequest,
        },
        path,
    },
    signed::signs,
    wire::Fixed,
};
use regie_vault::write_for_person;
use zeroize::Zeroizing;

use super::{
    AccountError, AccountView, FactorLift, FactorView, NoticeKind, RequestContent, RequestPurpose,
    changes::There, moments,
};
use crate::{Client, ClientError, net::Outgoing};

/// So many one-time codes come with it.
const CODES: usize = 10;
/// Random bytes of each: ten signs.
const CODE_BYTES: usize = 7;
const CODE_SIGNS: usize = 10;
/// Under which name an app for second factors shows it.
const ISSUER: &str = "Regie";

const SHEET: Text = Text {
    nl: "Regie: eenmalige codes voor de tweede stap\r\n\r\n{codes}\r\n\r\nGemaakt op {day}.\r\n\r\n\
         Met een eenmalige code log je in als je je tweede stap niet bij de hand hebt. Elke code werkt een keer.\r\n\
         Een eenmalige code is niet genoeg om in te loggen: je wachtzin of herstelcode hoort erbij.\r\n",
    en: "Regie: one-time codes for the second step\r\n\r\n{codes}\r\n\r\nMade on {day}.\r\n\r\n\
         With a one-time code you log in when your second step is not at hand. Each code works once.\r\n\
         A one-time code is not enough to log in: your passphrase or recovery code goes with it.\r\n",
};

/// A second factor that was begun, and the codes of one that was set: until they are put away, or Regie locks.
#[derive(Default)]
pub(crate) struct Making {
    secret: Option<Zeroizing<[u8; 20]>>,
    codes: Vec<Zeroizing<String>>,
}

impl std::fmt::Debug for Making {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Making(…)")
    }
}

impl Client {
    pub(super) fn begin_factor_here(&self) -> Result<FactorView, ClientError> {
        self.own()?;
        let secret = Zeroizing::new(make_random::<20>()?);
        let view = shown(&secret)?;
        self.state().begun.making = Making {
            secret: Some(secret),
            codes: Vec::new(),
        };
        Ok(view)
    }

    pub(super) fn set_factor_now(
        &self,
        digits: &str,
        passphrase: &Passphrase,
        factor: Option<&str>,
    ) -> Result<Vec<String>, ClientError> {
        self.with_proof(|vault| vault.check_passphrase(passphrase))?;
        let era = self.era();
        let secret = self.state().begun.making.secret.clone();
        let secret = secret.ok_or(ClientError::NotNow)?;
        let codes = make_codes()?;
        let new = NewFactor {
            secret: Fixed(*secret),
            digits: digits.to_owned(),
            one_time_codes: codes.iter().map(|code| code.to_string()).collect(),
        };
        self.tell_factor(Some(new), passphrase, factor)?;
        let given = codes.iter().map(|code| code.to_string()).collect();
        // Locked meanwhile, they stand on the screen that goes, and nowhere else.
        if let Ok(mut state) = self.state_of(&era) {
            state.begun.making = Making { secret: None, codes };
        }
        Ok(given)
    }

    pub(super) fn take_factor_away_now(
        &self,
        passphrase: &Passphrase,
        factor: &str,
    ) -> Result<AccountView, ClientError> {
        self.with_proof(|vault| vault.check_passphrase(passphrase))?;
        self.tell_factor(None, passphrase, Some(factor))?;
        self.account_view()
    }

    fn tell_factor(
        &self,
        factor: Option<NewFactor>,
        passphrase: &Passphrase,
        with: Option<&str>,
    ) -> Result<(), ClientError> {
        let is_on = factor.is_some();
        let body = FactorRequest { factor };
        let request = keys_request(path::FACTOR, &body)?;
        let _turn = self.account.turn();
        let there = There::of(self.own()?)?;
        let (proven, _) = self.prove_to(&there, passphrase, with)?;
        self.ask(&there.reach, &request.with_proof(&proven.proof))
            .map_err(AccountError::from)?
            .succeeded()?;
        self.factor_is(is_on)
    }

    fn factor_is(&self, on: bool) -> Result<(), ClientError> {
        self.state().begun.noticed.lifting = None;
        self.change_account(|account| account.has_factor = on)
    }

    pub(super) fn save_codes(&self, to: &Path) -> Result<(), ClientError> {
        let template = SHEET.in_language(self.language());
        let day = self.clock.now().at.date_naive().to_string();
        let state = self.state();
        let codes = &state.begun.making.codes;
        if codes.is_empty() {
            return Err(ClientError::NotNow);
        }
        let mut list = Zeroizing::new(String::new());
        for code in codes {
            list.push_str("    ");
            list.push_str(code);
            list.push_str("\r\n");
        }
        let sheet = template
            .replace("{codes}", list.trim_end())
            .replace("{day}", &day);
        Ok(write_for_person(to, Zeroizing::new(sheet).as_bytes())?)
    }

    pub(super) fn lift_here(&self, by: &FactorLift) -> Result<AccountView, ClientError> {
        if let Some(passphrase) = &by.passphrase {
            self.with_proof(|vault| vault.check_passphrase(passphrase))?;
        }
        let mut turn = self.account.turn();
        let (me, there) = (self.me()?, There::of(self.own()?)?);
        let body = self.lift_request(&there.reach, &there.server, &there.email, by)?;
        let request = log_in_request(path::FACTOR_LIFT, &body)?;
        // With a device of the account, one way more is enough: it is done at once.
        self.signed(&mut turn, &me, &request)?;
        self.factor_is(false)?;
        self.account_view()
    }

    pub(super) fn lift_elsewhere(&self, email: &str, by: &FactorLift) -> Result<Option<String>, ClientError> {
        let _turn = self.account.turn();
        let looked = self.looked()?;
        let (reach, server) = (looked.reach()?, looked.deployment.keys.opaque);
        let body = self.lift_request(&reach, &server, email.trim(), by)?;
        let answer: NoticeResponse = self.ask_for(&reach, &log_in_request(path::FACTOR_LIFT, &body)?)?;
        Ok(answer.due.map(moments::second))
    }

    fn lift_request(
        &self,
        reach: &crate::net::Reach,
        server: &[u8; 32],
        email: &str,
        by: &FactorLift,
    ) -> Result<FactorLiftRequest, ClientError> {
        let code = by.code.as_deref().map(RecoveryCode::parse).transpose()?;
        let passphrase = by.passphrase.as_ref();
        let passphrase = passphrase.map(|words| self.last_message(reach, server, email, words));
        let code = code.map(|code| self.last_message_by_code(reach, email, &code));
        Ok(FactorLiftRequest {
            passphrase: passphrase.transpose()?.map(|(last, _)| last),
            code: code.transpose()?.map(|(last, _)| last),
        })
    }

    pub(super) fn object_now(&self, to: NoticeKind) -> Result<AccountView, ClientError> {
        {
            let mut turn = self.account.turn();
            let me = self.me()?;
            let body = ObjectRequest {
                to: match to {
                    NoticeKind::FactorLift => Announced::FactorLift,
                    NoticeKind::Deletion => Announced::Deletion,
                },
            };
            self.signed_post(
                &mut turn,
                &me,
                path::OBJECT,
                &body,
                RequestPurpose::Account,
                RequestContent::Choice,
            )?;
        }
        match to {
            NoticeKind::FactorLift => self.state().begun.noticed.lifting = None,
            NoticeKind::Deletion => self.state().begun.noticed.deletion = None,
        }
        self.account_view()
    }

    pub(super) fn ask_deletion_code(&self, email: &str) -> Result<(), ClientError> {
        let body = EraseMailBeginRequest {
            email: email.trim().to_owned(),
        };
        self.ask_looked(path::ERASE_MAIL_BEGIN, &body)?.succeeded()?;
        Ok(())
    }

    pub(super) fn begin_deletion_now(&self, email: &str, code: &str) -> Result<String, ClientError> {
        let body = EraseMailRequest {
            email: email.trim().to_owned(),
            mail_code: code.to_owned(),
        };
        let answer: NoticeResponse = self.ask_looked(path::ERASE_MAIL, &body)?.read()?;
        Ok(moments::second(answer.due.ok_or(AccountError::BadAnswer)?))
    }

    fn ask_looked<T: serde::Serialize>(
        &self,
        target: &str,
        body: &T,
    ) -> Result<crate::net::Answer, ClientError> {
        let _turn = self.account.turn();
        let reach = self.looked()?.reach()?;
        let request = Outgoing::post(target, body, RequestPurpose::Leave, RequestContent::Contact)?;
        Ok(self.ask(&reach, &request).map_err(AccountError::from)?)
    }
}

fn log_in_request<T: serde::Serialize>(target: &str, body: &T) -> Result<Outgoing, AccountError> {
    Outgoing::post(target, body, RequestPurpose::LogIn, RequestContent::Keys)
}

fn keys_request<T: serde::Serialize>(target: &str, body: &T) -> Result<Outgoing, AccountError> {
    Outgoing::post(target, body, RequestPurpose::NewKeys, RequestContent::Keys)
}

/// A secret as it is shown: to scan, to type, and as it is written down (Key URI Format of authenticator apps). It names
/// nobody: such apps copy what they keep to servers of their own.
fn shown(secret: &[u8; 20]) -> Result<FactorView, ClientError> {
    let signs = Zeroizing::new(BASE32_NOPAD.encode(secret));
    let uri = format!("otpauth://totp/{ISSUER}?secret={}&issuer={ISSUER}", *signs);
    let code = QrCode::with_error_correction_level(&uri, EcLevel::M).map_err(|_| ClientError::Malformed)?;
    let width = code.width();
    let rows = code.to_colors();
    let rows = rows.chunks(width);
    let rows = rows.map(|row| row.iter().map(|dot| *dot == qrcode::Color::Dark).collect());
    let groups = signs.as_bytes().chunks(4);
    Ok(FactorView {
        uri,
        secret: groups
            .map(|group| String::from_utf8_lossy(group).into_owned())
            .collect(),
        qr: rows.collect(),
    })
}

fn make_codes() -> Result<Vec<Zeroizing<String>>, ClientError> {
    let alphabet = signs::alphabet().map_err(AccountError::of_signed)?;
    let make = || -> Result<_, ClientError> {
        let bytes = Zeroizing::new(make_random::<CODE_BYTES>()?);
        let whole = Zeroizing::new(alphabet.encode(bytes.as_slice()));
        let cut: Zeroizing<String> = Zeroizing::new(whole.chars().take(CODE_SIGNS).collect());
        Ok(signs::grouped(&cut))
    };
    (0..CODES).map(|_| make()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_secret_is_shown_as_an_app_for_second_factors_reads_it() {
        let view = shown(b"12345678901234567890").expect("a view");
        assert_eq!(
            view.uri,
            "otpauth://totp/Regie?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Regie"
        );
        assert_eq!(view.secret.concat(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(view.secret.len(), 8);
        let width = view.qr.len();
        assert!(width >= 21 && view.qr.iter().all(|row| row.len() == width));
        // The corner that every reader looks for.
        let dark: Vec<bool> = view.qr[0][..8].to_vec();
        assert_eq!(dark, [true, true, true, true, true, true, true, false]);
    }

    #[test]
    fn one_time_codes_are_ten_different_ones_of_ten_signs() {
        let codes = make_codes().expect("codes");
        let different: BTreeSet<String> = codes.iter().map(|code| code.to_string()).collect();
        assert_eq!(different.len(), 10);
        for code in different {
            assert_eq!(
                code.chars().filter(char::is_ascii_alphanumeric).count(),
                10,
                "{code}"
            );
            assert_eq!(code.chars().nth(4), Some('-'));
        }
    }
}
